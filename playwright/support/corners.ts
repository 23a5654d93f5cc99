// A camera that shows four colours in its corners and delivers its pictures in any of the eight ways they can lie, and what of
// them stands in a film.

import { execFileSync } from 'node:child_process';
import { openBlankPage } from './studio.ts';
import { expect } from './test.ts';
import type { Page } from '@playwright/test';
import type { Segment } from 'onetake';

/** Upright. */
export const SIZE = { width: 96, height: 128 };
export const EIGHT = [0, 90, 180, 270].flatMap((rotation) => [{ rotation, flip: false }, { rotation, flip: true }]);
/** `untold`: frames do not say how they lie. `size`: instead of the camera's. `coding`: instead of BT.601 of limited range. */
export type Lie = (typeof EIGHT)[number] & { untold?: boolean; size?: { width: number; height: number }; coding?: { matrix: string; fullRange: boolean } };
/** Colours of the corners, row by row, none like another in any of its parts. */
export const CORNERS = [[190, 60, 60], [60, 190, 60], [60, 60, 190], [170, 170, 60]];

declare global {
  interface Window {
    /** How the camera lies from its next frame on. */
    lie: Lie;
    /** The camera: shows the corners upright, however it lies. */
    cornerCamera(size: { width: number; height: number }): MediaStream;
  }
}

export async function openPage(page: Page): Promise<void> {
  await openBlankPage(page, null);
  await page.evaluate((corners) => {
    window.lie = { rotation: 0, flip: false };
    const picture = ({ width, height }: { width: number; height: number }, { rotation, flip, untold, coding }: Lie) => {
      const [kr, kb] = coding ? [0.2126, 0.0722] : [0.299, 0.114];
      const [black, light, tint] = coding?.fullRange ? [0, 255, 255] : [16, 219, 224];
      const turned = rotation % 180 !== 0;
      const [w, h] = turned ? [height, width] : [width, height];
      const data = new Uint8Array((w * h * 3) / 2);
      for (let y = 0; y < h; y += 1) {
        for (let x = 0; x < w; x += 1) {
          // VideoFrame turns clockwise first and flips then.
          let [p, q] = rotation === 90 ? [h - 1 - y, x] : rotation === 180 ? [w - 1 - x, h - 1 - y] : rotation === 270 ? [y, w - 1 - x] : [x, y];
          if (flip) p = width - 1 - p;
          const [r = 0, g = 0, b = 0] = (corners[(q < height / 2 ? 0 : 2) + (p < width / 2 ? 0 : 1)] ?? []).map((level) => level / 255);
          const luma = kr * r + (1 - kr - kb) * g + kb * b;
          data[y * w + x] = black + light * luma;
          const chroma = w * h + (y >> 1) * (w >> 1) + (x >> 1);
          data[chroma] = 128 + (tint * (b - luma)) / (2 - 2 * kb);
          data[chroma + (w * h) / 4] = 128 + (tint * (r - luma)) / (2 - 2 * kr);
        }
      }
      const init = { format: 'I420', codedWidth: w, codedHeight: h, timestamp: Math.round(performance.now() * 1000), ...(untold ? {} : { rotation, flip }), colorSpace: { primaries: 'smpte170m', transfer: 'smpte170m', ...(coding ?? { matrix: 'smpte170m', fullRange: false }) } };
      return new VideoFrame(data, init as VideoFrameBufferInit);
    };
    window.cornerCamera = (size) => {
      type Generator = MediaStreamTrack & { writable: WritableStream<VideoFrame> };
      const { MediaStreamTrackGenerator } = window as unknown as { MediaStreamTrackGenerator: new (init: { kind: string }) => Generator };
      const track = new MediaStreamTrackGenerator({ kind: 'video' });
      const writer = track.writable.getWriter();
      const timer = setInterval(() => writer.write(picture(window.lie.size ?? size, window.lie)).catch(() => clearInterval(timer)), 33);
      return new MediaStream([track]);
    };
  }, CORNERS);
}

export const start = (page: Page, size = SIZE) => page.evaluate((given) => window.studio.camera.start({ stream: window.cornerCamera(given) }), size);

export async function take(page: Page, seconds = 0.5): Promise<Segment[]> {
  await page.evaluate(() => window.studio.record());
  await page.waitForTimeout(seconds * 1000);
  return page.evaluate(async () => [...await window.studio.pause()]);
}

/** The mean colour around the middle of each corner of each frame. */
export function corners(path: string, { width, height }: { width: number; height: number }, ...options: string[]): number[][][] {
  const raw = execFileSync('ffmpeg', ['-v', 'error', ...options, '-i', path, '-fps_mode', 'passthrough', '-enc_time_base', '1:48000', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'], { maxBuffer: 1 << 28 });
  const bytes = width * height * 3;
  expect(raw.length % bytes).toBe(0);
  return Array.from({ length: raw.length / bytes }, (_, frame) => [[1, 1], [3, 1], [1, 3], [3, 3]].map(([right = 0, down = 0]) => {
    const at = frame * bytes + (Math.floor((height * down) / 4) * width + Math.floor((width * right) / 4)) * 3;
    return [...raw.subarray(at, at + 3)];
  }));
}

/** Which of CORNERS stand where, or what else. */
export const named = (frame: number[][]) => frame.map((color) => {
  const found = CORNERS.findIndex((corner) => corner.every((level, part) => Math.abs(level - (color[part] ?? 0)) <= 14));
  return found < 0 ? color.join() : found;
});
export const UPRIGHT = [0, 1, 2, 3];
export const MIRRORED = [1, 0, 3, 2];
