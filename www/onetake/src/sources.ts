/**
 * How a later page finds the bytes of an upload again. A film of a draft is a head and slices of files that the store has: the head
 * and the places are kept, and the files until the upload is done. A file of the user's own must be chosen again, and is
 * known by its name, length and date; what it holds is checked by the upload worker.
 */

import { directory } from './disk.js';
import { OnetakeError } from './errors.js';
import { hold, originOf, type Origin } from './film.js';
import type { Source } from './ledgers.js';

type FilmSource = Extract<Source, { kind: 'film' }>;

/** What is known of a Blob. Its files are held until they are let go. */
export async function remember(file: Blob): Promise<{ source: Source; letGo: () => void }> {
  const origin = originOf(file);
  if (origin) {
    const letGo = await hold(origin.files);
    const source: Source = { kind: 'film', type: file.type, ...origin, head: await headOf(file, origin.spans) };
    // A page without files keeps drafts in memory: its films are nobody's after it.
    if (await blobOf(source)) return { source, letGo };
    letGo();
  }
  const { name, lastModified } = file instanceof File ? file : { name: '', lastModified: 0 };
  return { source: { kind: 'file', name, size: file.size, lastModified }, letGo: () => undefined };
}

/** What the bytes are known by before any of them is read. */
export function nameOf(source: Source): string {
  return source.kind === 'film' ? source.files.join(' ') : source.name;
}

/** The bytes again: from the store, or the file that the user chose, if it is one that can be meant. */
export async function restore(source: Source | undefined, chosen: Blob | undefined): Promise<{ file: Blob; letGo: () => void }> {
  if (source?.kind === 'film' && !chosen) {
    const letGo = await hold(source.files);
    const file = await blobOf(source);
    if (file) return { file, letGo };
    letGo();
    throw new OnetakeError('segment_missing', 'never', 'files of the film are gone');
  }
  if (!chosen) throw new OnetakeError('upload_file_wanted', 'after-action', 'the file must be chosen again');
  if (source?.kind === 'file') {
    const { name, lastModified } = chosen instanceof File ? chosen : { name: '', lastModified: 0 };
    // A Blob that was never a file has neither name nor date: what it holds must do.
    const named = source.name === '' || (name === source.name && lastModified === source.lastModified);
    const same = chosen.size === source.size && named;
    if (!same) throw new OnetakeError('upload_file_differs', 'after-action', `${chosen.size} bytes of ${lastModified}, wanted ${source.size} of ${source.lastModified}`);
  }
  return { file: chosen, letGo: () => undefined };
}

/** The Blob of a film whose files are all there as they were; nothing of them is read. */
async function blobOf({ type, files, head, spans }: FilmSource): Promise<Blob | undefined> {
  const open: (Blob | undefined)[] = await Promise.all(files.map(openFile));
  const own = new Blob([head]);
  const parts = spans.map(({ source, start, end }) => (source === null ? own : open[source])?.slice(start, end));
  const whole = parts.every((part) => part !== undefined) ? new Blob(parts as Blob[], { type }) : undefined;
  return whole?.size === lengthOf(spans) ? whole : undefined;
}

/** The film's own bytes at the places that its spans name. Silence is named many times and kept once. */
async function headOf(file: Blob, spans: Origin['spans']): Promise<ArrayBuffer> {
  const own = new Map<string, { at: number; start: number; length: number }>();
  let at = 0;
  for (const { source, start, end } of spans) {
    if (source === null) own.set(`${start} ${end}`, { at, start, length: end - start });
    at += end - start;
  }
  const pieces = [...own.values()];
  const bytes = new Uint8Array(await new Blob(pieces.map(({ at, length }) => file.slice(at, at + length))).arrayBuffer());
  const head = new Uint8Array(Math.max(0, ...pieces.map(({ start, length }) => start + length)));
  let taken = 0;
  for (const { start, length } of pieces) {
    head.set(bytes.subarray(taken, taken + length), start);
    taken += length;
  }
  return head.buffer;
}

function lengthOf(spans: Origin['spans']): number {
  return spans.reduce((sum, { start, end }) => sum + end - start, 0);
}

async function openFile(path: string): Promise<File | undefined> {
  const cut = path.lastIndexOf('/');
  const folder = await directory(path.slice(0, Math.max(cut, 0)), false).catch(() => undefined);
  return folder?.getFileHandle(path.slice(cut + 1)).then((handle) => handle.getFile()).catch(() => undefined);
}
