// Takes of other speeds: numbers in the film stand as far apart as the speed says, sound is as long as the picture and
// where it belongs, and segments of different speeds join like any others.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { messages } from '../www/onetake/src/elements/messages.ts';
import { expectAccessible } from './support/accessible.ts';
import { installCameras, numberedDevices } from './support/camera.ts';
import { readFilm } from './support/film.ts';
import { exportFilm, latestFilm, openBlankPage, openStudio, playInPage, settleClocks } from './support/studio.ts';
import { expect, expectGoodFilm, statsOf, test } from './support/test.ts';
import type { Page } from '@playwright/test';
import type { Segment } from 'onetake';

const SMALL = { width: 640, height: 360 };

async function openCamera(page: Page, settled?: number): Promise<void> {
  await openBlankPage(page, numberedDevices(SMALL));
  await openStudio(page, { size: SMALL });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
  await settleClocks(page, settled);
}

async function take(page: Page, seconds: number, options: { speed?: number; sound?: 'stretch' | 'mute'; maxDuration?: number }): Promise<Segment[]> {
  await page.evaluate((given) => window.studio.record(given), options);
  await page.waitForTimeout(seconds * 1000);
  return page.evaluate(async () => [...await window.studio.pause()]);
}

/** The whole sound of a file, mono. */
async function pcmOf(path: string): Promise<Float32Array> {
  const { stdout } = await promisify(execFile)('ffmpeg', ['-v', 'error', '-i', path, '-map', '0:a', '-ac', '1', '-ar', '48000', '-f', 'f32le', '-'], { encoding: 'buffer', maxBuffer: 1 << 28 });
  return new Float32Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + (stdout.byteLength & ~3)));
}

/** The middle of what is heard around an instant, by its energy, seconds; NaN for nothing. */
function heardNear(pcm: Float32Array, at: number, reach: number): number {
  let [energy, moment] = [0, 0];
  for (let index = Math.max(0, Math.round((at - reach) * 48000)); index < Math.min(pcm.length, (at + reach) * 48000); index += 1) {
    const loud = (pcm[index] ?? 0) ** 2;
    energy += loud;
    moment += loud * index;
  }
  return energy > 1 ? moment / energy / 48000 : NaN;
}

test('takes of half, double and triple speed hold evenly spaced frames, their sound, and join with one of speed 1', async ({ page }, info) => {
  await openCamera(page);
  const speeds = [2, 1, 0.5, 3];
  for (const speed of speeds) expect(await take(page, 3.2, { speed })).toHaveLength(1);
  const stats = await statsOf(page);
  const exported = await exportFilm(page, info.outputPath('film.mp4'));
  const segments = await page.evaluate(() => [...window.studio.draft.segments]);
  const film = await readFilm(exported.path, { camera: SMALL, fps: 30 });
  expectGoodFilm(film, exported, segments);
  expect(stats.captured).toBe(stats.encoded + stats.thinned + stats.dropped.encoder + stats.dropped.storage + stats.dropped.gpu);
  expect(stats.thinned).toBeGreaterThan(80);
  expect(stats.silence).toBe(0);
  const pcm = await pcmOf(exported.path);
  let start = 0;
  for (const [index, speed] of speeds.entries()) {
    const { duration } = segments[index] ?? { duration: NaN };
    expect(Math.abs(duration - 3.2 / speed)).toBeLessThan(0.25 / speed + 0.1);
    const shown = film.frames.filter(({ pts }) => pts > start - 1e-4 && pts < start + duration - 1e-4);
    const step = Math.max(1, speed);
    const uneven = shown.slice(1).filter(({ number, pts }, before) => {
      const last = shown[before] ?? { number: NaN, pts: NaN };
      return number - last.number !== step || Math.abs((pts - last.pts) * 30 * speed - step) > 0.15 * step;
    });
    // A machine shared with others loses a frame now and then; each is counted, and costs one step.
    expect(uneven.length, JSON.stringify(shown.map(({ number }) => number))).toBeLessThanOrEqual(stats.dropped.source + stats.dropped.encoder);
    // The beep begins with the frame whose number divides by 30, and lasts 40 ms.
    const [first] = shown;
    for (let flash = Math.ceil((first?.number ?? 0) / 30) * 30; ; flash += 30) {
      const at = start + (flash - (first?.number ?? 0)) / 30 / speed + 0.02 / speed;
      if (at > start + duration - 0.1 / Math.min(1, speed)) break;
      if (at < start + 0.1 / Math.min(1, speed)) continue;
      const window = (0.008 + 0.01 * Math.abs(speed - 1)) / speed + 0.005;
      expect(Math.abs(heardNear(pcm, at, 0.06 / Math.min(1, speed)) - at), `${speed} x, beep of ${flash}`).toBeLessThan(window);
    }
    start += duration;
  }
  const played = await playInPage(page, await latestFilm(page));
  expect(played.error).toBe('');
  expect(Math.abs(played.played - exported.duration)).toBeLessThan(0.1);
});

test('a muted take is silent and as long as its pictures, and a limit counts media', async ({ page }, info) => {
  await openCamera(page, 500);
  expect(await take(page, 2, { speed: 2, sound: 'mute' })).toHaveLength(1);
  const exported = await exportFilm(page, info.outputPath('muted.mp4'));
  const film = await readFilm(exported.path, { camera: SMALL, fps: 60 });
  expectGoodFilm(film, exported, await page.evaluate(() => [...window.studio.draft.segments]));
  expect((await pcmOf(exported.path)).every((sample) => Math.abs(sample) < 0.001)).toBe(true);
  expect((await statsOf(page)).silence).toBe(0);
  await page.evaluate(() => window.studio.record({ speed: 0.5, maxDuration: 1 }));
  await page.waitForFunction(() => window.studio.state === 'preview' && window.studio.draft.segments.length === 2, undefined, { timeout: 5000 });
  const [, limited] = await page.evaluate(() => window.studio.draft.segments);
  expect(limited?.duration).toBeLessThanOrEqual(1);
  expect(limited?.duration).toBeGreaterThan(0.9);
});

test('a speed that no take can have is a bad argument', async ({ page }) => {
  await openCamera(page, 0);
  const codes = await page.evaluate(() => Promise.all(
    [0, 0.2, 4.5, NaN, -1, 1.0005, '2' as unknown as number].map((speed) => window.studio.record({ speed }).then(() => speed, (error: { code: string }) => error.code)),
  ));
  expect(codes).toEqual(Array.from({ length: 7 }, () => 'bad_argument'));
  expect(await page.evaluate(() => window.studio.record({ sound: 'off' as 'mute' }).catch((error: { code: string }) => error.code))).toBe('bad_argument');
});

test('the page offers four speeds, by pointer and by keyboard, and films at the one chosen', async ({ page }, info) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await installCameras(page, { ...numberedDevices(SMALL), log: false });
  const t = messages('en');
  await page.goto('/');
  const record = page.getByRole('button', { name: t.record, exact: true });
  await expect(record).toBeVisible();
  const speed = (times: number) => page.getByRole('button', { name: t.speedName(t.speedTimes(times)), exact: true });
  await speed(1).click();
  await expect(page.getByRole('radio')).toHaveCount(4);
  await expect(page.getByRole('radio', { name: t.speedTimes(1) })).toBeFocused();
  await expectAccessible(page);
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('radio', { name: t.speedTimes(2) })).toBeChecked();
  await page.screenshot({ path: info.outputPath('speeds.png') });
  await page.keyboard.press('Escape');
  await expect(page.getByRole('radio')).toHaveCount(0);
  await expect(speed(2)).toBeFocused();
  await speed(2).click();
  await page.getByRole('radio', { name: t.speedTimes(3) }).click();
  await expect(page.getByRole('radio')).toHaveCount(0);
  await record.click();
  await expect(record).toHaveAttribute('aria-pressed', 'true');
  await expect(speed(3)).toBeHidden();
  await page.waitForTimeout(3000);
  await record.click();
  await expect(record).toHaveAttribute('aria-pressed', 'false');
  const length = () => page.locator('onetake-segment-bar').evaluate((bar) => (bar as unknown as { segments: Segment[] }).segments[0]?.duration ?? 0);
  await expect.poll(length).toBeGreaterThan(0.8);
  expect(await length()).toBeLessThan(1.5);
});
