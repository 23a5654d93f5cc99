// A GPU that cannot keep up, or is lost: frames are refused before any work on them and counted, and nothing else suffers.

import type { Page, Worker } from '@playwright/test';
import { numberedDevices } from './support/camera.ts';
import { readFilm } from './support/film.ts';
import { catchContext, loseContext } from './support/gpu.ts';
import { exportFilm, heard, latestFilm, openBlankPage, openStudio, playInPage, recordTake, settleClocks } from './support/studio.ts';
import { expect, expectGoodFilm, expectIdentities, statsOf, test } from './support/test.ts';

const HD = { width: 1280, height: 720 };
const SMALL = { width: 320, height: 180 };

/** A take that is drawn; its worker, whose context is `gl` there. */
async function filmDrawn(page: Page): Promise<Worker> {
  await openBlankPage(page, numberedDevices(SMALL));
  await openStudio(page, { size: SMALL, mirror: { recording: true } });
  const worker = await catchContext(page);
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
  await settleClocks(page, 500);
  await page.evaluate(() => window.studio.record());
  return worker;
}

test('drawing 1280 x 720 in software costs pictures, each counted, and no sound', async ({ page }, info) => {
  await openBlankPage(page, numberedDevices(HD));
  // A mirrored film must be drawn: five times slower here than pictures come.
  await openStudio(page, { size: HD, mirror: { recording: true } });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
  await settleClocks(page, 500);
  const shown = () => page.evaluate(() => document.querySelector('video')?.getVideoPlaybackQuality().totalVideoFrames ?? 0);
  const before = await shown();
  const segments = await recordTake(page, 4);
  const previewed = await shown() - before;
  const stats = await statsOf(page);
  const exported = await exportFilm(page, info.outputPath('film.mp4'));
  const film = await readFilm(exported.path, { camera: HD, fps: 30, mirrored: true });
  console.log(`passes ${stats.passes}, ${previewed} frames shown by the video, ${stats.encoded} of ${stats.captured} frames encoded, ${JSON.stringify(stats.dropped)}, lost ${film.lost.length}`);
  expect(stats.passes).toBe(1);
  expect(stats.dropped.gpu).toBeGreaterThan(0);
  expect(stats.silence).toBe(0);
  expect(stats.openFrames).toBe(0);
  expect(previewed, 'the preview waits for nobody').toBeGreaterThan(stats.encoded);
  expect(segments).toHaveLength(1);
  expectGoodFilm(film, exported, segments);
  expectIdentities(stats, segments, film);
  const times = film.video.packets.map(({ pts }) => pts);
  expect(times.slice(1).filter((pts, index) => pts <= (times[index] ?? 0))).toEqual([]);
  const played = await playInPage(page, await latestFilm(page));
  expect(played.error).toBe('');
  expect(Math.abs(played.played - exported.duration)).toBeLessThan(0.1);
});

test('a lost GPU costs pictures, counted, and no sound; the take goes on when it is back', async ({ page }, info) => {
  const worker = await filmDrawn(page);
  await page.waitForTimeout(1000);
  await loseContext(worker, 600);
  expect(await heard(page, 'interrupted')).toEqual({ reason: 'gpu-lost', recording: true });
  await heard(page, 'resumed');
  await page.waitForTimeout(1000);
  expect(await page.evaluate(() => window.studio.state)).toBe('recording');
  const segments = await page.evaluate(async () => [...await window.studio.pause()]);
  const stats = await statsOf(page);
  const exported = await exportFilm(page, info.outputPath('film.mp4'));
  const film = await readFilm(exported.path, { camera: SMALL, fps: 30, mirrored: true });
  console.log(`${stats.encoded} of ${stats.captured} frames encoded, ${JSON.stringify(stats.dropped)}, lost ${film.lost.length}`);
  expect(segments).toHaveLength(1);
  expectGoodFilm(film, exported, segments);
  expectIdentities(stats, segments, film);
  expect(stats.dropped.gpu).toBeGreaterThan(5);
  expect(stats).toMatchObject({ silence: 0, openFrames: 0, passes: 1 });
});

test('a GPU that comes back and cannot draw any more costs the unfinished second; the next take is drawn by another worker', async ({ page }, info) => {
  const worker = await filmDrawn(page);
  await page.waitForTimeout(2400);
  await loseContext(worker, 300, true).catch(() => undefined); // the worker ends in the middle of it
  await page.waitForFunction(() => window.heard.some(({ event, value }) => event === 'resumed' && (value as { reason: string }).reason === 'worker'));
  const told = await page.evaluate(() => window.heard.filter(({ event }) => event === 'interrupted' || event === 'resumed').map(({ event, value }) => `${event} ${(value as { reason: string }).reason}`));
  expect(told).toEqual(['interrupted gpu-lost', 'interrupted worker', 'resumed gpu-lost', 'resumed worker']);
  await recordTake(page, 1.2);
  const segments = await page.evaluate(() => [...window.studio.draft.segments]);
  expect(segments.map(({ recovered }) => recovered)).toEqual([true, false]);
  const exported = await exportFilm(page, info.outputPath('film.mp4'));
  expectGoodFilm(await readFilm(exported.path, { camera: SMALL, fps: 30, mirrored: true }), exported, segments);
});
