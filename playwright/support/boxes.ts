// Top-level boxes of an MP4 on disk, and the media spans of a recording: an independent look at what the product's
// own muxer and exporter say they made.

import { closeSync, openSync, readSync, statSync } from 'node:fs';

/** `payload` and `end` are byte offsets in the file. */
export type Box = { type: string; start: number; payload: number; end: number };

/** The top-level boxes in order; a box that reaches past the end of the file throws. */
export function topBoxes(path: string): Box[] {
  const size = statSync(path).size;
  const file = openSync(path, 'r');
  const boxes: Box[] = [];
  try {
    for (let start = 0; start < size;) {
      const head = Buffer.alloc(16);
      readSync(file, head, 0, 16, start);
      const small = head.readUInt32BE(0);
      const length = small === 1 ? Number(head.readBigUInt64BE(8)) : small === 0 ? size - start : small;
      const end = start + length;
      const type = head.toString('latin1', 4, 8);
      if (length < 8 || end > size) throw new Error(`${path}: box ${type} at ${start} is ${length} bytes long, ${size - start} are left`);
      boxes.push({ type, start, payload: start + (small === 1 ? 16 : 8), end });
      start = end;
    }
  } finally {
    closeSync(file);
  }
  return boxes;
}

/** From the first media byte of a fragmented recording to the end of its last `mdat`: what an export refers to. */
export function mediaSpan(path: string): { start: number; end: number } | null {
  const media = topBoxes(path).filter(({ type }) => type === 'mdat');
  const [first, last] = [media[0], media.at(-1)];
  return first && last ? { start: first.payload, end: last.end } : null;
}
