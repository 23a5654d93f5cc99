// Colours of what is drawn, where the browser is slow to say how it codes them.

import { execFileSync } from 'node:child_process';
import { numberedDevices } from './support/camera.ts';
import { exportFilm, openBlankPage, openStudio, patchWorker, recordTake, settleClocks } from './support/studio.ts';
import { expect, test } from './support/test.ts';
import type { Page } from '@playwright/test';

const SMALL = { width: 320, height: 180 };

/**
 * The measurement's encoder, which is handed a picture of a canvas 720 high, answers when it is told to; it says
 * BT.601 of what it codes in BT.709, so that the film shows who heeds it. Of timers, half a minute goes by in three seconds. An
 * encoder that films dies when it is told to; the answer comes on its heels.
 */
const SLOW_TO_ANSWER = `{
  const Real = self.VideoEncoder;
  const { setTimeout } = self;
  self.setTimeout = (call, ms, ...rest) => setTimeout(call, ms > 20_000 ? ms / 10 : ms, ...rest);
  let dies = false;
  let answer;
  const answered = new Promise((resolve) => { answer = resolve; });
  const telling = new BroadcastChannel('drawn-colours');
  telling.onmessage = ({ data }) => data === 'die' ? dies = true : answer();
  const colorSpace = { matrix: 'smpte170m', primaries: 'smpte170m', transfer: 'smpte170m', fullRange: false };
  self.begun = self.measuring = 0;
  self.VideoEncoder = class extends Real {
    #measures = false; #error; #count = 0;
    constructor(init) {
      super({ error: init.error, output: (chunk, metadata) => init.output(chunk, this.#measures ? { decoderConfig: { colorSpace } } : metadata) });
      this.#error = init.error;
    }
    encode(frame, options) {
      if (frame.codedHeight === 720 && frame.format?.startsWith('RGB') && !this.#measures) {
        this.#measures = true;
        self.begun += 1;
        self.measuring += 1;
      }
      this.#count += 1;
      if (dies && this.#count > 10) {
        dies = false;
        super.close();
        queueMicrotask(() => {
          this.#error(new DOMException('the encoder died', 'EncodingError'));
          answer();
        });
      } else if (this.state === 'configured') super.encode(frame, options);
    }
    async flush() {
      await super.flush();
      if (this.#measures) await answered;
    }
    close() {
      if (this.#measures) self.measuring -= 1;
      super.close();
    }
  };
}`;

const tell = (page: Page, word: 'answer' | 'die') => page.evaluate((said) => new BroadcastChannel('drawn-colours').postMessage(said), word);

/** Hardly to be seen, but drawn. */
const draw = (page: Page) => page.evaluate(() => window.studio.setLook([{ name: 'saturation', amount: 0.002 }]));

/** Red, green and blue of each frame, in the mean. */
function means(path: string): number[][] {
  const raw = execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-vf', 'scale=1:1:flags=area', '-fps_mode', 'passthrough', '-enc_time_base', '1:48000', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'], { maxBuffer: 1 << 26 });
  return Array.from({ length: raw.length / 3 }, (_, frame) => [...raw.subarray(frame * 3, frame * 3 + 3)]);
}

/** Waits until so many pictures more are filmed. */
async function filmMore(page: Page, pictures: number): Promise<void> {
  const now = await page.evaluate(() => window.studio.stats.encoded);
  await page.waitForFunction((due) => window.studio.stats.encoded >= due, now + pictures);
}

/** Of light the pictures' numbers change a little; by a matrix the distance of red and blue changes by 7. */
function warmth([red = NaN, , blue = NaN]: number[] = []): number {
  return red - blue;
}

async function openCamera(page: Page): Promise<void> {
  await patchWorker(page, 'studio', SLOW_TO_ANSWER);
  await openBlankPage(page, numberedDevices(SMALL));
  await openStudio(page, { size: SMALL });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
  await settleClocks(page);
}

// As it is in Chromium while a page of another process draws: the answer waits for the end of that.
for (const name of ['late', 'not at all'] as const) {
  test(`a browser that says ${name} how it codes what is drawn keeps no take waiting, and is heeded from then on`, async ({ page }, info) => {
    await openCamera(page);
    await page.evaluate(() => window.studio.record());
    await filmMore(page, 15);
    await draw(page);
    await filmMore(page, 15);
    if (name === 'late') await tell(page, 'answer');
    await filmMore(page, 15);
    const segments = await page.evaluate(async () => [...await window.studio.pause()]);
    expect(segments).toHaveLength(2);
    const exported = await exportFilm(page, info.outputPath('film.mp4'));
    expect(exported.report).toMatchObject({ joined: 'copy', warnings: expect.not.arrayContaining(['colour_matrix']) as string[] });
    const colours = means(exported.path);
    const first = segments[0]?.frames ?? 0;
    const [filmed, drawn, last] = [warmth(colours[first - 2]), warmth(colours[first + 4]), warmth(colours.at(-2))];
    console.log(`filmed ${filmed}, drawn ${drawn}, at last ${last}`);
    expect(Math.abs(filmed - drawn)).toBeLessThanOrEqual(3);
    if (name === 'late') expect(Math.abs(last - drawn)).toBeGreaterThanOrEqual(5);
    else expect(Math.abs(last - drawn)).toBeLessThanOrEqual(3);
    // It is waited for half a minute.
    const worker = page.workers().find((one) => one.url().endsWith('/studio.js'));
    const measurements = () => worker?.evaluate(() => {
      const { begun, measuring } = self as unknown as { begun: number; measuring: number };
      return { begun, measuring };
    });
    await expect.poll(measurements).toEqual({ begun: 1, measuring: 0 });
  });
}

test('an answer that comes while one encoder gives way to another is not lost', async ({ page }, info) => {
  await openCamera(page);
  await draw(page);
  await page.evaluate(() => window.studio.record());
  await filmMore(page, 15);
  await tell(page, 'die');
  await page.waitForFunction(() => window.heard.some(({ event }) => event === 'resumed'));
  await filmMore(page, 15);
  const segments = await page.evaluate(async () => [...await window.studio.pause()]);
  expect(segments).toHaveLength(2);
  const colours = means((await exportFilm(page, info.outputPath('film.mp4'))).path);
  const [before, after] = [warmth(colours[(segments[0]?.frames ?? 0) - 2]), warmth(colours.at(-2))];
  console.log(`before ${before}, after ${after}`);
  expect(Math.abs(after - before)).toBeGreaterThanOrEqual(5);
});

/** Opens a studio of this draft on a camera whose pictures are in RGB. */
async function openPacked(page: Page, draft: string): Promise<void> {
  await openStudio(page, { size: SMALL, audio: false, draft });
  await page.evaluate(({ width, height }) => {
    const data = new Uint8Array(width * height * 4).map((_, at) => [60, 90, 200, 255][at % 4] ?? 0);
    type Generator = MediaStreamTrack & { writable: WritableStream<VideoFrame> };
    const { MediaStreamTrackGenerator } = window as unknown as { MediaStreamTrackGenerator: new (init: { kind: string }) => Generator };
    const track = new MediaStreamTrackGenerator({ kind: 'video' });
    const writer = track.writable.getWriter();
    const picture = () => new VideoFrame(data, { format: 'BGRA', codedWidth: width, codedHeight: height, timestamp: Math.round(performance.now() * 1000) });
    const timer = setInterval(() => writer.write(picture()).catch(() => clearInterval(timer)), 33);
    return window.studio.camera.start({ stream: new MediaStream([track]) });
  }, SMALL);
}

test('of a camera in RGB a late answer changes nothing that the draft began with, and never the way within a segment', async ({ page }) => {
  await patchWorker(page, 'studio', SLOW_TO_ANSWER);
  await openBlankPage(page, null);
  const take = async () => {
    await page.evaluate(() => window.studio.record());
    await filmMore(page, 10);
    await tell(page, 'answer');
    await filmMore(page, 15);
    const { passes } = await page.evaluate(() => window.studio.stats);
    const segments = await page.evaluate(async () => [...await window.studio.pause()]);
    return { passes, segments: segments.length };
  };
  await openPacked(page, 'undrawn');
  expect(await take()).toEqual({ passes: 0, segments: 1 });
  await page.evaluate(() => window.studio.close());
  // A draft whose pictures were drawn in what is believed of them, and which are found to need drawing again.
  await openPacked(page, 'drawn');
  await draw(page);
  await recordTake(page, 0.5);
  await page.evaluate(() => window.studio.close());
  await openPacked(page, 'drawn');
  expect(await take()).toEqual({ passes: 1, segments: 2 });
});
