// A disk that fills up: the studio warns, ends the take before a write fails, and keeps what was acknowledged when one does.

import type { Page } from '@playwright/test';
import type { StudioEvents } from 'onetake';
import { numberedDevices } from './support/camera.ts';
import { readFilm } from './support/film.ts';
import { exportFilm, heard, openBlankPage, openStudio, recordTake } from './support/studio.ts';
import { expect, expectGoodFilm, test } from './support/test.ts';

/** With a key frame each time, a take of these fills its first MiB in seconds. */
const LARGE = { width: 1280, height: 720 };

declare global {
  interface Window {
    /** Bytes that the browser says are left; undefined: the truth. */
    room: number | undefined;
    /** Seconds of the open segment that were said to be stored. */
    acknowledged: number;
  }
}

/** The page's estimate says what a spec wants; the disk itself is as large as ever. */
async function openRoom(page: Page, room: number): Promise<void> {
  await page.addInitScript((left) => {
    window.room = left;
    const estimate = StorageManager.prototype.estimate;
    StorageManager.prototype.estimate = async function (this: StorageManager) {
      return window.room === undefined ? estimate.call(this) : { quota: 1e9, usage: 1e9 - window.room };
    };
  }, room);
  await openBlankPage(page, numberedDevices(LARGE));
  await openStudio(page, { size: LARGE, video: { keyFrameInterval: 0.01 } });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
}

const told = (page: Page) => page.evaluate(() => window.heard.filter(({ event }) => event === 'storage').map(({ value }) => (value as StudioEvents['storage']).secondsLeft));

test('a disk with little room is told of, and the take ends whole before it is full', async ({ diskPage: page }, info) => {
  await openRoom(page, 1e9);
  const [first] = await recordTake(page, 2.5);
  const rate = (first?.bytes ?? 0) / (first?.duration ?? 1);
  expect(await told(page)).toEqual([]);
  await page.evaluate(() => window.studio.record());
  await page.waitForTimeout(2500);
  await page.evaluate((bytes) => (window.room = bytes), 60 * rate + 300_000);
  await expect.poll(() => told(page)).not.toEqual([]);
  const [seconds = 0] = await told(page);
  expect(seconds).toBeGreaterThan(30);
  expect(seconds).toBeLessThan(90);
  expect(await page.evaluate(() => window.studio.state)).toBe('recording');
  await page.evaluate(() => (window.room = 1000));
  expect(await heard(page, 'interrupted')).toEqual({ reason: 'storage-full' });
  expect(await page.evaluate(() => window.studio.state)).toBe('preview');
  const refused = await page.evaluate(() => window.studio.record().catch(({ code }: { code: string }) => code));
  expect(refused).toBe('storage_full');
  // A press that is taken back while the disk is looked at films nothing.
  const back = await page.evaluate(() => Promise.all([window.studio.record().catch(({ code }: { code: string }) => code), window.studio.pause()]));
  expect(back).toEqual(['aborted', []]);
  const segments = await page.evaluate(() => [...window.studio.draft.segments]);
  expect(segments.map(({ recovered }) => recovered)).toEqual([false, false]);
  const exported = await exportFilm(page, info.outputPath('full.mp4'));
  expectGoodFilm(await readFilm(exported.path, { camera: LARGE, fps: 30 }), exported, segments);
  // A take that is removed makes room, and so does a disk that was cleaned meanwhile.
  const kept = await page.evaluate(async () => {
    window.room = undefined;
    await window.studio.draft.removeLast();
    // Before anybody has looked again.
    await window.studio.record();
    await new Promise((resolve) => setTimeout(resolve, 600));
    return (await window.studio.pause()).length;
  });
  expect(kept).toBe(1);
});

test('a write that finds no room ends the take, and every second that was stored is kept', async ({ diskPage: page }, info) => {
  // The estimate knows nothing of it, so the write is the first to fail.
  await openRoom(page, 1e9);
  await recordTake(page, 1.2);
  const session = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  const usage = await page.evaluate(async () => {
    window.room = undefined;
    const { usage = 0 } = await navigator.storage.estimate();
    window.room = 1e9;
    return usage;
  });
  // Chromium gives a growing file 1 MiB, then as much again: the second step does not fit.
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + (3 << 19) });
  await page.evaluate(() => {
    window.acknowledged = 0;
    window.studio.on('time', ({ segment }) => (window.acknowledged = Math.max(window.acknowledged, segment - window.studio.stats.storedLag)));
    return window.studio.record();
  });
  await page.waitForFunction(() => window.heard.some(({ value }) => (value as { reason?: string } | null)?.reason === 'storage-full'), undefined, { timeout: 60_000 });
  const segments = await page.evaluate(() => [...window.studio.draft.segments]);
  expect(segments.map(({ recovered }) => recovered)).toEqual([false, true]);
  expect(segments[1]?.bytes).toBeGreaterThan(500_000);
  // Told ten times a second and whole packets kept: what was said to be stored is there but for these.
  expect(segments[1]?.duration).toBeGreaterThan((await page.evaluate(() => window.acknowledged)) - 0.15);
  expect(await page.evaluate(() => window.studio.state)).toBe('preview');
  const exported = await exportFilm(page, info.outputPath('kept.mp4'));
  expectGoodFilm(await readFilm(exported.path, { camera: LARGE, fps: 30 }), exported, segments);
  await session.send('Storage.overrideQuotaForOrigin', { origin });
  expect(await recordTake(page, 0.8)).toHaveLength(1);
  expect(await page.evaluate(() => window.studio.draft.segments.length)).toBe(3);
});
