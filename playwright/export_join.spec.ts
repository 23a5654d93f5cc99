// The film: made of a head and slices of the recordings, it must be what the recordings were, play everywhere, and live
// on while its draft changes. All of it in a profile on disk, because storage behaves otherwise in memory.

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { numberedDevices, type CameraOptions } from './support/camera.ts';
import { mediaSpan, topBoxes } from './support/boxes.ts';
import { clickErrors, readFilm, spread } from './support/film.ts';
import { exportFilm, gotoBlank, latestFilm, openBlankPage, openStudio, playInPage, recordTake, saveBlob, settleClocks } from './support/studio.ts';
import { expect, expectGoodFilm, test, ticks } from './support/test.ts';
import type { Page, TestInfo } from '@playwright/test';

const SMALL = { width: 640, height: 360 };

type Options = Parameters<typeof openStudio>[1];

async function openCamera(page: Page, cameras: CameraOptions = numberedDevices(SMALL), options: Options = {}): Promise<void> {
  await openBlankPage(page, cameras);
  await openAgain(page, options);
}

async function openAgain(page: Page, options: Options = {}): Promise<void> {
  await openStudio(page, { size: SMALL, draft: 'joined', ...options });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
}

const hashOf = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

test('a film plays and seeks to its very end, and the browser and ffprobe agree on its length', async ({ diskPage: page }, info) => {
  await openCamera(page);
  await recordTake(page, 1.5);
  await page.evaluate(() => window.studio.camera.flip());
  await recordTake(page, 1.5);
  const exported = await exportFilm(page, info.outputPath('film.mp4'));
  const segments = await page.evaluate(() => [...window.studio.draft.segments]);
  const film = await readFilm(exported.path, { camera: SMALL, fps: 30 });
  expectGoodFilm(film, exported, segments);
  const handle = await latestFilm(page);
  const whole = await playInPage(page, handle);
  expect(whole.error).toBe('');
  const tick = 1 / 48000;
  expect(Math.abs(whole.duration - film.video.duration)).toBeLessThanOrEqual(tick + 1e-6);
  expect(Math.abs(whole.seekable - whole.duration)).toBeLessThan(1e-6);
  expect(Math.abs(whole.played - whole.duration)).toBeLessThan(0.05);
  expect({ width: whole.width, height: whole.height }).toEqual(SMALL);
  const tail = await playInPage(page, handle, { seekTo: whole.duration - 0.2 });
  expect(tail.error).toBe('');
});

test('a film is its head and the media of the recordings, byte for byte, and reads the same twice', async ({ diskPage: page }, info) => {
  await openCamera(page);
  for (let take = 0; take < 3; take += 1) await recordTake(page, 1.2);
  const exported = await exportFilm(page, info.outputPath('film.mp4'));
  const handle = await latestFilm(page);
  await saveBlob(await handle.evaluateHandle((film) => film.detach()), info.outputPath('detached.mp4'));
  expect(hashOf(info.outputPath('detached.mp4'))).toBe(hashOf(exported.path));
  const spans = (await recordingsOnDisk(page, info)).flatMap((path) => {
    const span = mediaSpan(path);
    return span ? [readFileSync(path).subarray(span.start, span.end)] : [];
  });
  const media = topBoxes(exported.path).find(({ type }) => type === 'mdat');
  let rest = readFileSync(exported.path).subarray(media?.payload, media?.end);
  expect(exported.report.copiedBytes).toBe(rest.length);
  // An export looks at headers only; where the report says how much it read, it is next to nothing.
  const { readBytes = 0 } = exported.report as { readBytes?: number };
  expect(readBytes).toBeLessThan(rest.length / 4);
  let joined = 0;
  while (rest.length > 0) {
    const next = spans.findIndex((span) => span.length > 0 && rest.subarray(0, span.length).equals(span));
    expect(next, `no recording begins like the film at byte ${exported.bytes - rest.length}`).toBeGreaterThanOrEqual(0);
    rest = rest.subarray(spans.splice(next, 1)[0]?.length);
    joined += 1;
  }
  expect(joined).toBe(3);
});

test('a film plays on while another take is recorded, and after that and its own takes are removed', async ({ diskPage: page }, info) => {
  await openCamera(page);
  await recordTake(page, 3);
  const exported = await exportFilm(page, info.outputPath('film.mp4'));
  const handle = await latestFilm(page);
  const playing = playInPage(page, handle, { speed: 1 });
  await recordTake(page, 4);
  const during = await playing;
  expect(during.error).toBe('');
  expect(Math.abs(during.played - exported.duration)).toBeLessThan(0.05);
  await page.evaluate(() => window.studio.draft.removeLast());
  await page.evaluate(() => window.studio.draft.removeLast());
  expect(await page.evaluate(() => window.studio.draft.segments.length)).toBe(0);
  await saveBlob(await handle.evaluateHandle(({ file }) => file), info.outputPath('after.mp4'));
  expect(hashOf(info.outputPath('after.mp4'))).toBe(hashOf(exported.path));
  const after = await playInPage(page, handle);
  expect(after.error).toBe('');
  await handle.evaluate((film) => film.release());
});

test('reload opens the same draft, exports the same bytes, and goes on recording', async ({ diskPage: page }, info) => {
  await openCamera(page);
  await recordTake(page, 1.2);
  await recordTake(page, 1.2);
  const before = await page.evaluate(() => [...window.studio.draft.segments]);
  await exportFilm(page, info.outputPath('before.mp4'));
  await gotoBlank(page);
  await openAgain(page);
  expect(await page.evaluate(() => [...window.studio.draft.segments])).toEqual(before);
  await exportFilm(page, info.outputPath('after.mp4'));
  expect(hashOf(info.outputPath('after.mp4'))).toBe(hashOf(info.outputPath('before.mp4')));
  await recordTake(page, 1.2);
  const exported = await exportFilm(page, info.outputPath('longer.mp4'));
  const segments = await page.evaluate(() => [...window.studio.draft.segments]);
  expect(segments.slice(0, 2)).toEqual(before);
  expectGoodFilm(await readFilm(exported.path, { camera: SMALL, fps: 30 }), exported, segments);
});

for (const codec of ['aac', 'opus'] as const) test(`a click 4800 samples after a frame stays there to the sample in ${codec}, in every order of segments and after removal`, async ({ diskPage: page }, info) => {
  const devices = numberedDevices(SMALL);
  await openCamera(page, { ...devices, microphone: devices.microphone && { ...devices.microphone, sound: 'click' } }, { audio: { codec } });
  await settleClocks(page);
  for (let take = 0; take < 3; take += 1) {
    await recordTake(page, 1.8);
    await page.waitForTimeout(200 + Math.random() * 400);
  }
  // How far the clicks of each camera frame are off, in the order of the film.
  const check = async (name: string) => {
    const exported = await exportFilm(page, info.outputPath(name));
    const film = await readFilm(exported.path, { camera: SMALL, fps: 30, marks: 'click' });
    expect(film.messages).toBe('');
    expect([exported.report.audio, film.audio?.codec]).toEqual([codec, codec]);
    const found = clickErrors(film, 30);
    console.log(`${codec}, ${name}: clicks off by ${found.map(({ segment, error }) => `${segment}: ${error.toFixed(2)}`).join(', ')} samples`);
    expect(new Set(found.map(({ segment }) => segment)).size).toBe(await page.evaluate(() => window.studio.draft.segments.length));
    for (const one of new Set(found.map(({ segment }) => segment))) {
      expect(spread(found.filter(({ segment }) => segment === one).map(({ error }) => error))).toBeLessThanOrEqual(1);
    }
    return found;
  };
  const errors = (found: { number: number; error: number }[]) => new Map(found.map(({ number, error }) => [number, error]));
  const found = await check('in-order.mp4');
  const inOrder = errors(found);
  // Between segments the sound's clock still learns, 0.1 to 0.75 samples seen. What the camera's gives is held until it is
  // off by half a millisecond and follows at once then: on a machine that was busy while it learnt it takes such a step,
  // which is less than a third of a packet, and then stays. A segment that began wrong would be off by packets.
  const steps = found.slice(1).map(({ error }, at) => Math.abs(error - (found[at]?.error ?? NaN))).filter((step) => !(step <= 2));
  expect(steps.length, `steps of ${steps.join(', ')} samples`).toBeLessThanOrEqual(1);
  for (const step of steps) expect(step > 22 && step < 300, `a step of ${step} samples`).toBe(true);
  await page.evaluate(async () => {
    const { draft } = window.studio;
    await draft.move(draft.segments[2]?.id ?? '', 0);
  });
  const moved = errors(await check('moved.mp4'));
  await page.evaluate(async () => {
    const { draft } = window.studio;
    await draft.remove(draft.segments[1]?.id ?? '');
  });
  const removed = errors(await check('removed.mp4'));
  for (const other of [moved, removed]) {
    for (const [number, error] of other) expect(Math.abs(error - (inOrder.get(number) ?? Infinity)), `click after frame ${number}`).toBeLessThanOrEqual(1);
  }
});

test('a film has the layout, title, date and poster that were asked for', async ({ diskPage: page }, info) => {
  await openCamera(page);
  for (let take = 0; take < 2; take += 1) await recordTake(page, 1.2);
  const frames = await page.evaluate(() => window.studio.draft.segments.reduce((sum, segment) => sum + segment.frames, 0));
  const film = await page.evaluateHandle(async () => {
    const canvas = new OffscreenCanvas(90, 160);
    canvas.getContext('2d')?.fillRect(0, 0, 90, 160);
    const poster = await canvas.convertToBlob({ type: 'image/png' });
    const metadata = { title: '海边 Ferien', date: new Date('2026-11-21T10:00:00Z') };
    return (await window.studio.export({ layout: 'fragmented', poster, metadata })).file;
  });
  const path = info.outputPath('fragmented.mp4');
  await saveBlob(film, path);
  expect(topBoxes(path).map(({ type }) => type)).toContain('moof');
  // The poster is a stream without a timescale to ffmpeg, which it warns of.
  const decoded = spawnSync('ffmpeg', ['-v', 'error', '-i', path, '-map', '0', '-f', 'null', '-'], { encoding: 'utf8' });
  expect(decoded.stderr).toBe('');
  const words = ['-v', 'error', '-count_packets', '-show_entries', 'format_tags:stream=codec_name,nb_read_packets', '-of', 'json', path];
  const { streams, format } = JSON.parse(execFileSync('ffprobe', words, { encoding: 'utf8' }));
  expect(format.tags).toMatchObject({ title: '海边 Ferien', creation_time: '2026-11-21T10:00:00.000000Z' });
  expect(streams.map((stream: { codec_name: string }) => stream.codec_name)).toContain('png');
  expect(Number(streams.find((stream: { codec_name: string }) => stream.codec_name === 'h264').nb_read_packets)).toBe(frames);
  const refused = await page.evaluate(() => window.studio.export({ layout: 'upright' as 'faststart' }).catch((error) => error.code));
  expect(refused).toBe('bad_argument');
});

test('an export that is given up leaves the draft as it was', async ({ diskPage: page }, info) => {
  await openCamera(page);
  await recordTake(page, 1);
  const outcome = await page.evaluate(async () => {
    const control = new AbortController();
    control.abort();
    const error = await window.studio.export({ signal: control.signal }).then(() => null, (reason: unknown) => reason);
    return { typed: window.onetake.isOnetakeError(error), segments: window.studio.draft.segments.length };
  });
  expect(outcome).toEqual({ typed: true, segments: 1 });
  const ratios = await page.evaluate(async () => {
    const seen: number[] = [];
    window.films.push(await window.studio.export({ onProgress: ({ ratio }) => seen.push(ratio) }));
    return seen;
  });
  expect(ratios).toEqual([...ratios].sort((a, b) => a - b));
  expect(ratios.at(-1)).toBe(1);
  const handle = await latestFilm(page);
  await saveBlob(await handle.evaluateHandle(({ file }) => file), info.outputPath('film.mp4'));
  expect(ticks(await handle.evaluate(({ duration }) => duration))).toBe((await readFilm(info.outputPath('film.mp4'), { camera: SMALL, fps: 30 })).video.ticks);
});

/** Copies of all files of the origin's private file system that are MP4, in order of name. */
async function recordingsOnDisk(page: Page, info: TestInfo): Promise<string[]> {
  const handle = await page.evaluateHandle(async () => {
    const files: { path: string; file: File }[] = [];
    const walk = async (folder: FileSystemDirectoryHandle, path: string): Promise<void> => {
      for await (const [name, entry] of folder.entries()) {
        if (entry instanceof FileSystemDirectoryHandle) await walk(entry, `${path}${name}/`);
        else files.push({ path: `${path}${name}`, file: await (entry as FileSystemFileHandle).getFile() });
      }
    };
    await walk(await navigator.storage.getDirectory(), '/');
    return files.sort((a, b) => (a.path < b.path ? -1 : 1));
  });
  const names = await handle.evaluate((files) => files.map(({ path }) => path));
  const paths: string[] = [];
  for (const [index, name] of names.entries()) {
    const path = info.outputPath(`disk-${index}-${name.replace(/\W+/g, '-')}`);
    await saveBlob(await handle.evaluateHandle((files, at) => files[at]?.file ?? new Blob(), index), path);
    const start = readFileSync(path).subarray(4, 8).toString('latin1');
    if (start === 'ftyp') paths.push(path);
    else writeFileSync(path, ''); // not a recording: of no further interest
  }
  return paths;
}

test('a film outlives the discard of its draft until it is released', async ({ diskPage: page }, info) => {
  await openCamera(page);
  await recordTake(page, 1.2);
  const { path } = await exportFilm(page, info.outputPath('before.mp4'));
  const filesLeft = () => page.evaluate(async () => {
    let folder = await navigator.storage.getDirectory();
    for (const step of ['onetake', 'drafts', 'joined']) folder = await folder.getDirectoryHandle(step);
    const names: string[] = [];
    for await (const name of folder.keys()) names.push(name);
    return names.filter((name) => name.endsWith('.mp4')).sort();
  });
  await page.evaluate(() => window.studio.draft.discard());
  expect(await page.evaluate(() => [window.studio.draft.segments.length, window.studio.draft.duration])).toEqual([0, 0]);
  expect(await filesLeft()).toEqual(['1.mp4']);
  await page.evaluate(() => window.studio.close());
  await openAgain(page);
  await recordTake(page, 1);
  expect(await filesLeft()).toEqual(['1.mp4', '2.mp4']);
  await saveBlob(await page.evaluateHandle(() => window.films[0]?.file as Blob), info.outputPath('after.mp4'));
  expect(hashOf(info.outputPath('after.mp4'))).toBe(hashOf(path));
  await page.evaluate(() => window.films[0]?.release());
  await page.evaluate(() => window.studio.close());
  await openAgain(page);
  expect(await filesLeft()).toEqual(['2.mp4']);
});
