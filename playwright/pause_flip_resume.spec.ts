// Pauses and flips: each segment stands alone, sound and picture are equally long in each of them, and whatever the
// user does between or during takes, the joined film keeps both together.

import { BACK, numberedDevices } from './support/camera.ts';
import { compareSync, decodeMessages, probeFile, readFilm } from './support/film.ts';
import { exportFilm, openBlankPage, openStudio, randomPause, recordTake, saveBlob, settleClocks, startStalls, stopStalls } from './support/studio.ts';
import { expect, expectGoodFilm, expectIdentities, statsOf, test, ticks } from './support/test.ts';
import type { Page, TestInfo } from '@playwright/test';

const SMALL = { width: 640, height: 360 };
const HD = { width: 1280, height: 720 };

async function openCamera(page: Page, size = SMALL): Promise<void> {
  await openBlankPage(page, numberedDevices(size));
  await openStudio(page, { size });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
}

async function filmOf(page: Page, info: TestInfo, size = SMALL) {
  const exported = await exportFilm(page, info.outputPath('film.mp4'));
  const segments = await page.evaluate(() => [...window.studio.draft.segments]);
  return { exported, segments, film: await readFilm(exported.path, { camera: size, fps: 30 }) };
}

test('three takes with pauses and a flip between, under stalls, keep every frame and one offset', async ({ page }, info) => {
  await openCamera(page, HD);
  await startStalls(page);
  await settleClocks(page);
  await recordTake(page, 3.2);
  await randomPause(page);
  expect(await page.evaluate(() => window.studio.camera.flip())).toBe('environment');
  await recordTake(page, 3.2);
  await randomPause(page);
  await recordTake(page, 3.2);
  await stopStalls(page);
  const stats = await statsOf(page);
  const { film, exported, segments } = await filmOf(page, info, HD);
  expect(segments.map(({ facing, take }) => [facing, take])).toEqual([['user', segments[0]?.take], ['environment', segments[1]?.take], ['environment', segments[2]?.take]]);
  expect(new Set(segments.map(({ take }) => take)).size).toBe(3);
  expectGoodFilm(film, exported, segments);
  expectIdentities(stats, segments, film);
  // Whatever is missing never came: nothing was lost by the recorder itself.
  expect(stats.dropped).toMatchObject({ encoder: 0, storage: 0, gpu: 0 });
  const sync = compareSync(film, await page.evaluate(() => window.numberedCameras.log()), 30);
  console.log(`lost ${film.lost.length}, dropped ${JSON.stringify(stats.dropped)}, spread ${sync.spread.toFixed(3)} ms, inside ${sync.inside.toFixed(3)} ms, offset ${sync.absolute.toFixed(3)} ms of ${sync.offsets.length} flashes`);
  expect(new Set(sync.offsets.map(({ segment }) => segment)).size).toBe(3);
  expect(sync.spread).toBeLessThanOrEqual(1);
  expect(sync.inside).toBeLessThanOrEqual(0.5);
  expect(Math.abs(sync.absolute)).toBeLessThanOrEqual(2);
});

test('a flip while recording makes two segments of one take, and the sound runs on', async ({ page }, info) => {
  await openCamera(page);
  await settleClocks(page);
  await page.evaluate(() => window.studio.record());
  await page.waitForTimeout(2200);
  expect(await page.evaluate(() => window.studio.camera.flip())).toBe('environment');
  expect(await page.evaluate(() => window.studio.state)).toBe('recording');
  await page.waitForTimeout(2200);
  const taken = await page.evaluate(async () => [...await window.studio.pause()]);
  expect(taken.map(({ facing }) => facing)).toEqual(['user', 'environment']);
  expect(taken[0]?.take).toBe(taken[1]?.take);
  const stats = await statsOf(page);
  const { film, exported, segments } = await filmOf(page, info);
  expect(segments).toEqual(taken);
  expectGoodFilm(film, exported, segments);
  expectIdentities(stats, segments, film);
  expect(film.segments.map(({ camera }) => camera)).toEqual([1, 2]);
  const raw = await page.evaluate(() => window.numberedCameras.log());
  const [front, back] = film.segments;
  const held = (back?.start ?? NaN) - (film.frames.filter(({ pts }) => pts < (back?.start ?? NaN) - 1e-6).at(-1)?.pts ?? NaN);
  // Both cameras count by one clock. How long nothing is filmed falls to machine and camera; in the film the last picture of the
  // first camera stands for a moment, then comes one that the other gave, and the sound is whole.
  console.log(`flip: ${(((back?.first ?? NaN) - (front?.last ?? NaN)) / 30).toFixed(2)} s from picture to picture, ${held.toFixed(3)} s in the film`);
  expect(held).toBeLessThanOrEqual(0.2);
  expect(raw.video.find(({ device }) => device === BACK)?.frames.some(({ number }) => number === back?.first)).toBe(true);
  expect(stats.silence).toBe(0);
  const sync = compareSync(film, raw, 30);
  expect(sync.spread).toBeLessThanOrEqual(1);
  expect(sync.inside).toBeLessThanOrEqual(0.5);
});

test('a flip while recording to a camera of another size goes on in the draft\'s picture, undrawn', async ({ page }, info) => {
  const devices = numberedDevices(SMALL);
  devices.cameras.filter(({ facing }) => facing === 'environment').forEach((camera) => { camera.size = HD; });
  await openBlankPage(page, devices);
  await openStudio(page, { size: SMALL });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
  await settleClocks(page);
  await page.evaluate(() => window.studio.record());
  await page.waitForTimeout(1200);
  await page.evaluate(() => window.studio.camera.flip());
  await page.waitForTimeout(1200);
  await page.evaluate(() => window.studio.pause());
  const stats = await statsOf(page);
  const { film, exported, segments } = await filmOf(page, info);
  expect(segments.map(({ facing, size }) => [facing, size])).toEqual([['user', SMALL], ['environment', SMALL]]);
  expectGoodFilm(film, exported, segments);
  expectIdentities(stats, segments, film);
  expect(stats.passes).toBe(0);
  expect(exported.report.warnings.filter((warning) => warning.startsWith('colour'))).toEqual([]);
  expect(film.segments.map(({ camera }) => camera)).toEqual([1, 2]);
});

test('many short takes are each as long in sound as in picture', async ({ page }, info) => {
  await openCamera(page);
  for (let take = 0; take < 6; take += 1) {
    await recordTake(page, 0.2 + Math.random() * 0.6);
    await page.waitForTimeout(150 + Math.random() * 300);
  }
  const { film, exported, segments } = await filmOf(page, info);
  expect(segments).toHaveLength(6);
  expectGoodFilm(film, exported, segments);
  const packet = segments[0]?.audio === 'aac' ? 1024 : 960;
  expect(segments.map(({ duration }) => ticks(duration) % packet)).toEqual(segments.map(() => 0));
  expect(film.audio?.packets.length).toBe(segments.reduce((sum, { duration }) => sum + ticks(duration) / packet, 0));
  // Sound packets are all of one length, so a segment of whole packets ends in both tracks where the next key frame stands.
  let edge = 0;
  let first = 0;
  for (const { id, duration, frames } of segments) {
    expect(film.video.packets[first]).toMatchObject({ pts: edge, key: true });
    edge += ticks(duration);
    first += frames;
    const path = info.outputPath(`${id}.mp4`);
    await saveBlob(await page.evaluateHandle((segment) => window.studio.draft.file(segment), id), path);
    const { video, audio } = await probeFile(path);
    expect(await decodeMessages(path, 30), 'each file plays alone').toBe('');
    expect({ video: video.ticks, audio: audio?.ticks, frames: video.packets.length, key: video.packets[0]?.key }).toEqual({ video: ticks(duration), audio: ticks(duration), frames, key: true });
  }
  const end = (packets: { duration: number }[] = []) => packets.reduce((sum, { duration }) => sum + duration, 0);
  expect([end(film.video.packets), end(film.audio?.packets)]).toEqual([edge, edge]);
});

test('a pause right after record keeps what was admitted, or nothing', async ({ page }) => {
  await openCamera(page);
  const taken = await page.evaluate(async () => {
    await window.studio.record();
    return [...await window.studio.pause()];
  });
  const kept = await page.evaluate(() => [...window.studio.draft.segments]);
  expect(kept).toEqual(taken);
  for (const { frames, duration, skew } of taken) {
    expect(frames).toBeGreaterThanOrEqual(1);
    expect(duration).toBeGreaterThan(0);
    expect(skew).toBe(0);
  }
  expect(await page.evaluate(() => window.studio.state)).toBe('preview');
});

test('removeLast takes back a whole take, and the film is that of the others', async ({ page }, info) => {
  await openCamera(page);
  await recordTake(page, 1);
  await page.waitForTimeout(300);
  await page.evaluate(() => window.studio.record());
  await page.waitForTimeout(700);
  await page.evaluate(() => window.studio.camera.flip());
  await page.waitForTimeout(700);
  await page.evaluate(() => window.studio.pause());
  const before = await page.evaluate(() => window.studio.draft.segments.map(({ id }) => id));
  expect(before).toHaveLength(3);
  const after = await page.evaluate(async () => {
    const { draft } = window.studio;
    const array = draft.segments;
    await draft.removeLast();
    return { ids: draft.segments.map(({ id }) => id), changed: draft.segments !== array, frozen: Object.isFrozen(draft.segments), duration: draft.duration };
  });
  expect(after).toMatchObject({ ids: before.slice(0, 1), changed: true, frozen: true });
  await recordTake(page, 1);
  const { film, exported, segments } = await filmOf(page, info);
  expect(segments).toHaveLength(2);
  expectGoodFilm(film, exported, segments);
  expect(film.segments.map(({ camera }) => camera)).toEqual([1, 2]);
});

test('records, pauses and flips at random moments end in a draft that exports', async ({ page }, info) => {
  await openCamera(page);
  // Nobody waits for anybody: half of these calls come while others are under way.
  const refused = await page.evaluate(async () => {
    const { studio } = window;
    const codes = new Set<string>();
    const calls: Promise<unknown>[] = [];
    for (let step = 0; step < 50; step += 1) {
      const dice = Math.random();
      const call = dice < 0.4 ? studio.record() : dice < 0.8 ? studio.pause() : studio.camera.flip();
      calls.push(call.catch((error: { code?: string }) => codes.add(error.code ?? String(error))));
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 120));
    }
    await studio.pause();
    await Promise.all(calls);
    await studio.pause();
    return [...codes];
  });
  expect(refused.filter((code) => !['already_recording', 'aborted', 'camera_missing'].includes(code))).toEqual([]);
  expect(await page.evaluate(() => window.studio.state)).toBe('preview');
  await recordTake(page, 1);
  const { film, exported, segments } = await filmOf(page, info);
  expectGoodFilm(film, exported, segments);
  // Pauses of a frame or two look like lost numbers here, so only the counts are compared.
  const { captured, encoded, dropped } = await statsOf(page);
  expect([encoded, captured]).toEqual([film.video.packets.length, encoded + dropped.encoder + dropped.storage + dropped.gpu]);
});

test('across a flip the preview keeps the last picture until the other camera shows its first', async ({ page }) => {
  await openCamera(page);
  await page.waitForTimeout(500);
  const seen = await page.evaluate(async () => {
    const host = document.getElementById('host');
    const [video, held] = [host?.querySelector('video'), host?.querySelector('canvas')];
    // The front camera's tint is warm, the back one's cold; a canvas that holds nothing is neither.
    const warmth = (layer: CanvasImageSource | null | undefined): number => {
      const context = new OffscreenCanvas(8, 8).getContext('2d', { willReadFrequently: true });
      if (!context || !layer) return NaN;
      context.drawImage(layer, 0, 0, 8, 8);
      return context.getImageData(0, 0, 8, 8).data.reduce((sum, level, at) => sum + (at % 4 === 0 ? level : at % 4 === 2 ? -level : 0), 0) / 64;
    };
    const before = warmth(video);
    const pictures: number[] = [];
    const states: ('video' | 'held' | 'nothing')[] = [];
    const look = () => {
      const holds = held && !held.hidden;
      if (holds) pictures.push(warmth(held));
      states.push(holds ? 'held' : video && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA ? 'video' : 'nothing');
    };
    const timer = setInterval(look, 5);
    await window.studio.camera.flip();
    await new Promise((resolve) => setTimeout(resolve, 100));
    clearInterval(timer);
    look();
    return { kinds: [...new Set(states)], last: states.at(-1), before, held: [Math.min(...pictures), Math.max(...pictures)], after: warmth(video) };
  });
  expect(seen.kinds).not.toContain('nothing');
  expect(seen.kinds).toContain('held');
  expect(seen.last).toBe('video');
  expect(seen.before, JSON.stringify(seen)).toBeGreaterThan(5);
  for (const held of seen.held) expect(Math.abs(held - seen.before), JSON.stringify(seen)).toBeLessThan(3);
  expect(seen.after, JSON.stringify(seen)).toBeLessThan(-5);
});
