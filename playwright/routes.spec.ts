// The ways from a camera to the worker: whichever is taken, what was delivered is in the film or counted as missing, sound
// is whole, and both are equally long. And what happens where a browser has less: no files, no way at all.

import { FRONT, MICROPHONE, numberedDevices, type RawLog } from './support/camera.ts';
import { compareSync, pictureDrift, readFilm, type Film } from './support/film.ts';
import { takeRoute, type Route } from './support/routes.ts';
import { withoutFiles } from './support/storage.ts';
import { exportFilm, gotoBlank, heard, openBlankPage, openStudio, patchWorker, recordTake, settleClocks, startStalls, stopStalls } from './support/studio.ts';
import { expect, expectGoodFilm, expectIdentities, statsOf, test } from './support/test.ts';
import type { Page, TestInfo } from '@playwright/test';

const SMALL = { width: 640, height: 360 };

async function openCamera(page: Page, route: Route): Promise<void> {
  await takeRoute(page, route);
  await openBlankPage(page, numberedDevices(SMALL));
  await openStudio(page, { size: SMALL });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
}

async function filmOf(page: Page, info: TestInfo) {
  const exported = await exportFilm(page, info.outputPath('film.mp4'));
  const segments = await page.evaluate(() => [...window.studio.draft.segments]);
  return { exported, segments, film: await readFilm(exported.path, { camera: SMALL, fps: 30 }) };
}

/**
 * Pictures bear the camera's stamps on every way, and lie in the film as those say. Sound has the microphone's stamps on the first
 * way alone. On the others it passes an audio graph, whose blocks bear nothing but a count of what was rendered (clocks.md 1: it
 * hides gaps and slips): how long sound waits in front of the graph is told by nobody, and changes when one of them is late. In
 * Chromium ten blocks of 10 ms fit in there. So there sound lies late, never early, by that queue at most; more would be ours.
 */
function expectSync(route: Route, film: Film, raw: RawLog): void {
  const sync = compareSync(film, raw, 30);
  const drift = pictureDrift(film, raw);
  console.log(`${route}: offset ${sync.absolute.toFixed(3)} ms, spread ${sync.spread.toFixed(3)} ms, inside ${sync.inside.toFixed(3)} ms of ${sync.offsets.length} flashes, pictures ${drift.toFixed(3)} ms`);
  expect(sync.offsets.length).toBeGreaterThanOrEqual(2);
  expect(drift, 'pictures against their stamps').toBeLessThanOrEqual(PICTURES);
  const { absolute, spread, inside } = SYNC[route === 'readable' ? 'stamps' : 'count'];
  expect(sync.inside).toBeLessThanOrEqual(inside);
  expect(sync.spread).toBeLessThanOrEqual(spread);
  expect(sync.absolute).toBeGreaterThanOrEqual(-2);
  expect(sync.absolute).toBeLessThanOrEqual(absolute);
}

/** Milliseconds. */
const PICTURES = 0.5;
const QUEUE = 100;
const SYNC = { stamps: { absolute: 2, spread: 1, inside: 0.5 }, count: { absolute: QUEUE, spread: QUEUE, inside: QUEUE } };

for (const route of ['readable', 'track', 'callback'] as const) {
  test(`by ${route}, a take holds every picture in time with its sound, while the main thread stalls`, async ({ page }, info) => {
    await openCamera(page, route);
    expect(await page.evaluate(() => window.onetake.probe())).toMatchObject({ tier: 'webcodecs', capture: route, storage: 'opfs' });
    await startStalls(page);
    await settleClocks(page);
    await recordTake(page, 4);
    await stopStalls(page);
    const stats = await statsOf(page);
    const { film, exported, segments } = await filmOf(page, info);
    console.log(`${route}: frames ${film.frames.length}, lost ${film.lost.length}, dropped ${JSON.stringify(stats.dropped)}, silence ${stats.silence.toFixed(3)} s`);
    expect(segments).toHaveLength(1);
    expectGoodFilm(film, exported, segments);
    expectIdentities(stats, segments, film);
    expect(stats.silence).toBeLessThan(0.02);
    expectSync(route, film, await page.evaluate(() => window.numberedCameras.log()));
    expect(film.marks.filter(({ score }) => score > 0.95).length).toBeGreaterThanOrEqual(3);
  });

  test(`by ${route}, pauses and flips leave segments of equal tracks and one offset`, async ({ page }, info) => {
    await openCamera(page, route);
    await settleClocks(page);
    await page.evaluate(() => window.studio.record());
    await page.waitForTimeout(2200);
    expect(await page.evaluate(() => window.studio.camera.flip())).toBe('environment');
    await page.waitForTimeout(2200);
    await page.evaluate(() => window.studio.pause());
    await page.waitForTimeout(300);
    await page.evaluate(() => window.studio.camera.flip());
    await recordTake(page, 2.2);
    const stats = await statsOf(page);
    const { film, exported, segments } = await filmOf(page, info);
    console.log(`${route}: lost ${film.lost.length}, dropped ${JSON.stringify(stats.dropped)}, silence ${stats.silence.toFixed(3)} s`);
    expect(segments.map(({ facing }) => facing)).toEqual(['user', 'environment', 'user']);
    expectGoodFilm(film, exported, segments);
    expectIdentities(stats, segments, film);
    expect(film.segments.map(({ camera }) => camera)).toEqual([1, 2, 1]);
    expect(stats.silence).toBeLessThan(0.02);
    expectSync(route, film, await page.evaluate(() => window.numberedCameras.log()));
    expect(await page.evaluate(() => window.heard.filter(({ event }) => event === 'interrupted'))).toEqual([]);
    await page.evaluate(() => window.studio.camera.stop());
    await page.waitForTimeout(300);
    expect((await statsOf(page)).openFrames).toBe(0);
  });

  test(`by ${route}, a camera torn out leaves a whole segment`, async ({ page }, info) => {
    await openCamera(page, route);
    await page.evaluate(() => window.studio.record());
    await page.waitForTimeout(1500);
    await page.evaluate((device) => window.numberedCameras.unplug(device), FRONT);
    expect(await heard(page, 'interrupted')).toEqual({ reason: 'device-lost' });
    await page.waitForFunction(() => window.studio.draft.segments.length === 1);
    const { film, exported, segments } = await filmOf(page, info);
    expectGoodFilm(film, exported, segments);
    expect(segments[0]?.duration).toBeGreaterThan(1);
  });
}

for (const [name, each] of [['a callback that comes late finds', 7], ['callbacks that are late every one find', 1]] as const) {
  test(`${name} a newer picture, which is in the film once, at its own time`, async ({ page }, info) => {
    await page.addInitScript((nth) => {
      const { requestVideoFrameCallback } = HTMLVideoElement.prototype;
      let count = 0;
      HTMLVideoElement.prototype.requestVideoFrameCallback = function (callback) {
        return requestVideoFrameCallback.call(this, (now, metadata) => {
          count += 1;
          const end = performance.now() + (count % nth === 0 ? 50 : 0);
          while (performance.now() < end);
          callback(now, metadata);
        });
      };
    }, each);
    await openCamera(page, 'callback');
    await settleClocks(page);
    await recordTake(page, 2.5);
    const stats = await statsOf(page);
    const { film, exported, segments } = await filmOf(page, info);
    console.log(`frames ${film.frames.length}, lost ${film.lost.length}, dropped ${JSON.stringify(stats.dropped)}`);
    expectGoodFilm(film, exported, segments);
    expectIdentities(stats, segments, film);
    expect(film.frames.length).toBeGreaterThan(15);
    expect(film.lost.length, 'pictures that were passed over').toBeGreaterThan(0);
    const { source, encoder, storage, gpu } = stats.dropped;
    expect(source, 'each is counted').toBeGreaterThanOrEqual(film.lost.length - encoder - storage - gpu);
    expect(source, 'and once').toBeLessThanOrEqual(film.lost.length);
    const steps = film.frames.slice(1).map(({ pts, number }, index) => (pts - (film.frames[index]?.pts ?? NaN)) / (number - (film.frames[index]?.number ?? NaN)));
    for (const step of steps) expect(Math.abs(step - 1 / 30)).toBeLessThan(0.002);
  });
}

test('what was opened picture by picture is closed again, whoever ends it, and no microphone is missed that was given back', async ({ page }) => {
  // A port that either side has closed is closed on both.
  await patchWorker(page, 'studio', `{
    const { start, close } = MessagePort.prototype;
    self.ports = new Set();
    MessagePort.prototype.start = function () {
      self.ports.add(this);
      return start.call(this);
    };
    MessagePort.prototype.close = function () {
      self.ports.delete(this);
      return close.call(this);
    };
  }`);
  await openCamera(page, 'callback');
  const worker = page.workers().find((one) => one.url().endsWith('studio.js'));
  const open = async () => (await worker?.evaluate(() => (globalThis as unknown as { ports: Set<MessagePort> }).ports.size)) ?? NaN;
  const between = await open();
  await page.evaluate(() => window.studio.camera.stop());
  await expect.poll(open).toBe(between - 2);
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
  await page.evaluate(() => window.studio.camera.start({ facing: 'environment' }));
  await expect.poll(open).toBe(between);
  expect(await page.evaluate(() => window.heard.filter(({ event }) => event === 'interrupted'))).toEqual([]);
  await page.evaluate((device) => window.numberedCameras.unplug(device), MICROPHONE);
  await expect.poll(open).toBe(between - 1);
  expect(await page.evaluate(() => window.studio.camera.microphone)).toBe('missing');
});

test('without files takes are kept in memory, the film says so, and a reload begins anew', async ({ page }, info) => {
  await withoutFiles(page);
  await openBlankPage(page, numberedDevices(SMALL));
  const found = await page.evaluate(() => window.onetake.probe());
  expect(found).toMatchObject({ tier: 'webcodecs', storage: 'memory' });
  expect(found.missing.map(({ feature }) => feature)).toContain('origin private file system');
  await openStudio(page, { size: SMALL });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
  await recordTake(page, 1.2);
  await recordTake(page, 1.2);
  await page.evaluate(() => window.studio.draft.removeLast());
  await recordTake(page, 0.8);
  const { film, exported, segments } = await filmOf(page, info);
  expect(segments).toHaveLength(2);
  expectGoodFilm(film, exported, segments);
  expect(exported.report.warnings).toContain('storage_memory');
  expect(await page.evaluate(async (id) => (await window.studio.draft.file(id)).size, segments[0]?.id ?? '')).toBe(segments[0]?.bytes);
  await gotoBlank(page);
  await openStudio(page, { size: SMALL });
  expect(await page.evaluate(() => window.studio.draft.segments.length)).toBe(0);
  await page.evaluate(() => window.onetake.deleteDraft('another'));
});

test('a browser without a way from camera to encoder says so before it asks for the camera', async ({ page }) => {
  await page.addInitScript(() => {
    for (const name of ['VideoFrame', 'MediaStreamTrackProcessor', 'MediaRecorder']) Reflect.deleteProperty(globalThis, name);
  });
  await openBlankPage(page, null);
  expect(await page.evaluate(() => window.onetake.probe())).toMatchObject({ tier: 'none', capture: 'none' });
  const code = await page.evaluate(() => window.onetake.Studio.open({ host: document.body }).then(() => '', (error: { code: string }) => error.code));
  expect(code).toBe('not_supported');
});
