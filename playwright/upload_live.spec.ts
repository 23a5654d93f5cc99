// Uploading a draft while it is being filmed, to a store of our own: nearly all is there when the camera stops, the object is the
// film byte for byte, and nothing of a deleted take is in it. Which part holds what is tested without a browser (tests/paths).

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import type { ExportOptions, UploadOptions } from 'onetake';
import { numberedDevices, type CameraOptions } from './support/camera.ts';
import { decodeMessages, probeFile } from './support/film.ts';
import { withoutFiles } from './support/storage.ts';
import { heard, openBlankPage, openStudio, recordTake } from './support/studio.ts';
import { expect, test as base } from './support/test.ts';
import { Kodo, type Logged, outcome, qetag } from './support/uploads.ts';

const SIZE = { width: 640, height: 360 };
const MB = 1 << 20;

const test = base.extend<{ kodo: Kodo }>({
  kodo: async ({ diskPage }, use, info) => {
    const kodo = new Kodo(info.outputPath('store'));
    await kodo.start();
    await diskPage.exposeFunction('freshToken', () => kodo.token());
    await use(kodo);
    await kodo.kill();
  },
});

/** A camera whose pictures fill the bits that are asked for. */
function grainy(): CameraOptions {
  const devices = numberedDevices(SIZE);
  return { ...devices, log: false, cameras: devices.cameras.map((camera) => ({ ...camera, grain: true })) };
}

async function openCamera(page: Page, draft: string): Promise<void> {
  await openBlankPage(page, grainy());
  await openStudio(page, { size: SIZE, draft, video: { bitrate: 9_000_000 } });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
}

/** Begins `window.up` with the studio. */
async function begin(page: Page, kodo: Kodo, key: string, more: Pick<UploadOptions, 'padHead' | 'moved'> = {}): Promise<void> {
  await page.evaluate((options) => {
    window.seen = [];
    window.up = window.onetake.upload(window.studio, { ...options, token: () => window.freshToken(), onProgress: (progress) => void window.seen.push(progress) });
  }, { key, endpoints: [kodo.address], ...more });
}

/** Bytes of the draft's segments by now. */
const filmed = (page: Page) => page.evaluate(() => window.studio.draft.segments.reduce((sum, { bytes }) => sum + bytes, 0));

const stored = (log: Logged[]) => log.filter(({ route, status }) => route === 'part' && status === 200);
const bytesOf = (log: Logged[]) => stored(log).reduce((sum, { bytes }) => sum + bytes, 0);

/** The film as the studio makes it, and as the store has it, told apart by the first byte that differs. */
async function compare(page: Page, kodo: Kodo, key: string, options: Pick<ExportOptions, 'padHead' | 'order'> = {}): Promise<{ object: Buffer; film: number; differsAt: number }> {
  const object = await kodo.object(key);
  const parts: Buffer[] = [];
  const size = await page.evaluate(async (given) => {
    window.films.push(await window.studio.export(given));
    return window.films.at(-1)?.file.size ?? 0;
  }, options);
  for (let at = 0; at < size; at += 2 * MB) {
    const text = await page.evaluate(async (from) => {
      const bytes = new Uint8Array(await (window.films.at(-1) as { file: Blob }).file.slice(from, from + (2 << 20)).arrayBuffer());
      let latin = '';
      for (let place = 0; place < bytes.length; place += 8192) latin += String.fromCharCode(...bytes.subarray(place, place + 8192));
      return btoa(latin);
    }, at);
    parts.push(Buffer.from(text, 'base64'));
  }
  const film = Buffer.concat(parts);
  let differsAt = -1;
  if (!film.equals(object)) for (differsAt = 0; film[differsAt] === object[differsAt]; differsAt += 1);
  return { object, film: film.length, differsAt };
}

/** Plays an object as somebody who opens its link, and tells where it ended. */
async function play(page: Page, link: string): Promise<number> {
  const viewer = await page.context().newPage();
  await viewer.goto(link);
  const played = await viewer.evaluate(() => new Promise<number>((resolve, reject) => {
    const video = document.querySelector('video') as HTMLVideoElement;
    video.onended = () => resolve(video.currentTime);
    video.onerror = () => reject(new Error(`video: ${video.error?.message}`));
    if (video.error) video.onerror('');
    video.muted = true;
    video.currentTime = 0;
    void video.play();
  }));
  await viewer.close();
  return played;
}

test('nearly all of a film is stored before it ends, and the object is the film and plays', async ({ diskPage: page, kodo }, info) => {
  await openCamera(page, 'live');
  await recordTake(page, 1);
  // What was filmed before goes with it.
  await begin(page, kodo, 'live.mp4');
  await recordTake(page, 3.5);
  await recordTake(page, 2.5);
  const total = await filmed(page);
  expect(total).toBeGreaterThan(5 * MB);
  // All but the first MiB, which goes with the head, and less than a part at the end.
  await expect.poll(async () => bytesOf(await kodo.log())).toBeGreaterThanOrEqual(total - 2 * MB - 65_536);
  const before = bytesOf(await kodo.log());
  expect(await page.evaluate(() => window.up.state)).toBe('sending');
  await page.evaluate(() => window.up.finish());
  expect(await outcome(page)).toMatchObject({ key: 'live.mp4', resumedBytes: 0, warnings: [] });
  const log = await kodo.log();
  expect(stored(log).at(-1)?.part === 1 || stored(log).at(-2)?.part === 1).toBe(true);
  const { object, film, differsAt } = await compare(page, kodo, 'live.mp4');
  expect({ differsAt, bytes: object.length }).toEqual({ differsAt: -1, bytes: film });
  // Each byte once.
  expect(bytesOf(log)).toBe(film);
  expect(bytesOf(log) - before).toBeLessThanOrEqual(2 * MB + 65_536);
  const path = info.outputPath('object.mp4');
  writeFileSync(path, object);
  expect(await decodeMessages(path, 30)).toBe('');
  const seconds = await page.evaluate(() => window.studio.draft.duration);
  expect((await probeFile(path)).video.duration).toBeCloseTo(seconds, 3);
  const played = await play(page, `${kodo.address}/o/onetake/live.mp4`);
  expect(played).toBeCloseTo(seconds, 1);
  expect(await page.evaluate(() => window.onetake.pendingUploads().then((left) => left.length))).toBe(0);
});

test('nothing of a deleted take is in the object, with flips in between and an order of its own', async ({ diskPage: page, kodo }, info) => {
  await openCamera(page, 'cut');
  await begin(page, kodo, 'cut.mp4');
  await recordTake(page, 2);
  await page.evaluate(() => window.studio.record());
  await page.waitForTimeout(1800);
  await page.evaluate(() => window.studio.camera.flip());
  await page.waitForTimeout(1500);
  const deleted = await page.evaluate(async () => (await window.studio.pause()).map(({ id }) => id));
  expect(deleted).toHaveLength(2);
  // Pieces of its pictures, four in each file.
  const samples = await page.evaluate(async (ids) => {
    const files = await Promise.all(ids.map((id) => window.studio.draft.file(id)));
    const pieces = files.flatMap((file) => [0.2, 0.4, 0.6, 0.8].map((place) => file.slice(Math.floor(file.size * place)).slice(0, 48)));
    return Promise.all(pieces.map(async (piece) => [...new Uint8Array(await piece.arrayBuffer())]));
  }, deleted);
  const total = await filmed(page);
  await expect.poll(async () => bytesOf(await kodo.log())).toBeGreaterThanOrEqual(total - 2 * MB - 65_536);
  await page.evaluate(() => window.studio.draft.removeLast());
  await recordTake(page, 2);
  await recordTake(page, 1.2);
  await page.evaluate(async () => {
    const { segments } = window.studio.draft;
    await window.studio.draft.move((segments[2] as { id: string }).id, 1);
    const film = await window.studio.export();
    await window.up.finish(film);
  });
  expect(await outcome(page)).toMatchObject({ key: 'cut.mp4', warnings: [] });
  const { object, film, differsAt } = await compare(page, kodo, 'cut.mp4');
  expect({ differsAt, bytes: object.length }).toEqual({ differsAt: -1, bytes: film });
  expect(samples.filter((piece) => object.includes(Buffer.from(piece)))).toEqual([]);
  // The search finds what is there.
  expect(object.includes(object.subarray(object.length >> 1, (object.length >> 1) + 48))).toBe(true);
  const path = info.outputPath('object.mp4');
  writeFileSync(path, object);
  expect(await decodeMessages(path, 30)).toBe('');
});

test('a take that was moved stays where it was filmed, nothing is sent twice, and the object shows it where it belongs', async ({ diskPage: page, kodo }, info) => {
  await openCamera(page, 'moved');
  await begin(page, kodo, 'kept.mp4');
  for (let take = 0; take < 3; take += 1) await recordTake(page, 2);
  const total = await filmed(page);
  expect(total).toBeGreaterThan(4 * MB);
  await expect.poll(async () => bytesOf(await kodo.log())).toBeGreaterThanOrEqual(total - 2 * MB - 65_536);
  await page.evaluate(async () => {
    const { segments } = window.studio.draft;
    await window.studio.draft.move((segments.at(-1) as { id: string }).id, 0);
    await window.up.finish();
  });
  expect(await outcome(page)).toMatchObject({ key: 'kept.mp4', warnings: [{ code: 'not_progressive', detail: '' }] });
  const { object, film, differsAt } = await compare(page, kodo, 'kept.mp4', { order: 'filmed' });
  expect({ differsAt, bytes: object.length }).toEqual({ differsAt: -1, bytes: film });
  expect(bytesOf(await kodo.log()), 'each byte once').toBe(object.length);
  // The same pictures and sound, in the same order, as of a film that lies as it is shown.
  await begin(page, kodo, 'again.mp4', { moved: 'again' });
  await page.evaluate(() => window.up.finish());
  expect(await outcome(page)).toMatchObject({ key: 'again.mp4', warnings: [] });
  const again = await compare(page, kodo, 'again.mp4');
  expect({ differsAt: again.differsAt, bytes: again.object.length }).toEqual({ differsAt: -1, bytes: again.film });
  const paths = [object, again.object].map((bytes, at) => {
    const path = info.outputPath(`object-${at}.mp4`);
    writeFileSync(path, bytes);
    return path;
  });
  expect(object.equals(again.object)).toBe(false);
  const [kept, sent] = paths.map((path) => execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-map', '0', '-f', 'framemd5', '-'], { encoding: 'utf8', maxBuffer: 1 << 24 }));
  expect(kept).toBe(sent);
  for (const path of paths) expect(await decodeMessages(path, 30)).toBe('');
  const seconds = await page.evaluate(() => window.studio.draft.duration);
  expect(await play(page, `${kodo.address}/o/onetake/kept.mp4`)).toBeCloseTo(seconds, 1);
});

test('one that is given up or whose studio closes sends nothing more; begun again it goes on with what was sent', async ({ diskPage: page, kodo }) => {
  await openCamera(page, 'left');
  await begin(page, kodo, 'left.mp4');
  // There is no film yet: each call hears so, and the upload goes on.
  expect(await page.evaluate(() => Promise.all([0, 1].map(() => window.up.finish().catch(({ code }) => code))))).toEqual(['nothing_to_export', 'nothing_to_export']);
  await page.evaluate(() => window.studio.record());
  await expect.poll(async () => stored(await kodo.log()).length).toBeGreaterThanOrEqual(2);
  await page.evaluate(() => window.up.abort());
  expect(await outcome(page)).toMatchObject({ code: 'aborted' });
  const given = (await kodo.idle()).length;
  await page.waitForTimeout(1500);
  expect(await kodo.log()).toHaveLength(given);
  await page.evaluate(() => window.studio.pause());
  const refused = () => page.evaluate(async () => {
    const left = await window.onetake.pendingUploads();
    const codes = left.map((one) => one.resume({ token: () => window.freshToken() }).result.then(() => '', ({ code }) => code));
    return [left.map(({ key }) => key), await Promise.all(codes)];
  });
  expect(await refused()).toEqual([['left.mp4'], ['upload_draft_wanted']]);
  // Its worker dies over it, too.
  await begin(page, kodo, 'left.mp4');
  await expect.poll(async () => stored((await kodo.log()).slice(given)).length).toBeGreaterThanOrEqual(1);
  // A film that was released is none; the upload goes on.
  expect(await page.evaluate(async () => {
    const film = await window.studio.export();
    film.release();
    return window.up.finish(film).catch(({ code }) => code);
  })).toBe('closed');
  const worker = page.workers().find((one) => one.url().includes('upload'));
  const another = page.waitForEvent('worker', (one) => one.url().includes('upload'));
  await worker?.evaluate(() => void setTimeout(() => { throw new Error('killed by the test'); })).catch(() => undefined);
  await another;
  await page.evaluate(() => window.up.finish());
  const { resumedBytes } = (await outcome(page)) as { resumedBytes: number };
  expect(resumedBytes).toBeGreaterThanOrEqual(2 * MB);
  const { object, film, differsAt } = await compare(page, kodo, 'left.mp4');
  expect({ differsAt, bytes: object.length }).toEqual({ differsAt: -1, bytes: film });
  await begin(page, kodo, 'closed.mp4');
  // Given up while its film is made: nothing holds the film's files then.
  expect(await page.evaluate(async () => {
    for (const film of window.films.splice(0)) film.release();
    const ending = window.up.finish().catch(({ code }) => code);
    await window.up.abort();
    return ending;
  })).toBe('aborted');
  await page.evaluate(() => window.studio.export().then((film) => film.release()));
  await expect.poll(() => page.evaluate(async () => ((await navigator.locks.query()).held ?? []).filter(({ name }) => name?.startsWith('onetake-file-')).length)).toBe(0);
  await begin(page, kodo, 'closed.mp4');
  await recordTake(page, 1.5);
  await page.evaluate(() => window.studio.close());
  expect(await outcome(page)).toMatchObject({ code: 'closed' });
  expect(await page.evaluate(() => window.up.finish().catch((error: { code: string }) => error.code))).toBe('closed');
  const left = (await kodo.idle()).length;
  await page.waitForTimeout(1000);
  expect(await kodo.log()).toHaveLength(left);
  expect(await refused()).toEqual([['closed.mp4'], ['upload_draft_wanted']]);
  await page.evaluate(async () => (await window.onetake.pendingUploads())[0]?.discard());
  expect(await refused()).toEqual([[], []]);
});

test('after the death of a store, a pause and a lost line at its end the object is the film', async ({ diskPage: page, kodo }) => {
  await openCamera(page, 'torn');
  await begin(page, kodo, 'torn.mp4');
  await page.evaluate(() => window.studio.record());
  await expect.poll(async () => stored(await kodo.log()).length).toBeGreaterThanOrEqual(2);
  const store = page.workers().find((one) => one.url().includes('store'));
  await store?.evaluate(() => void setTimeout(() => { throw new Error('killed by the test'); })).catch(() => undefined);
  await heard(page, 'resumed');
  await recordTake(page, 1.5);
  await page.evaluate(() => {
    window.up.pause();
    window.up.finish().catch(() => undefined);
  });
  const state = () => page.evaluate(() => window.up.state);
  await expect.poll(state).toBe('paused');
  await page.context().setOffline(true);
  await page.evaluate(() => window.up.resume());
  await expect.poll(state).toBe('offline');
  expect(await kodo.has('torn.mp4')).toBe(false);
  await page.context().setOffline(false);
  expect(await outcome(page)).toMatchObject({ key: 'torn.mp4', warnings: [] });
  const { object, film, differsAt } = await compare(page, kodo, 'torn.mp4');
  expect({ differsAt, bytes: object.length }).toEqual({ differsAt: -1, bytes: film });
});

test('where takes are in memory, what a deleted draft of the same name had is not sent', async ({ diskPage: page, kodo }, info) => {
  await withoutFiles(page);
  await openCamera(page, 'again');
  await recordTake(page, 1);
  await recordTake(page, 2.5);
  await page.evaluate(() => window.studio.close());
  await page.evaluate(() => window.onetake.deleteDraft('again'));
  await openStudio(page, { size: SIZE, draft: 'again', video: { bitrate: 9_000_000 } });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
  await begin(page, kodo, 'again.mp4', { padHead: true });
  await recordTake(page, 3.6);
  await page.evaluate(() => window.up.finish());
  const { object, film, differsAt } = await compare(page, kodo, 'again.mp4', { padHead: true });
  const path = info.outputPath('object.mp4');
  writeFileSync(path, object);
  // Padded, its hash is that of the content, whatever its parts were.
  expect(await outcome(page)).toMatchObject({ key: 'again.mp4', warnings: [], hash: qetag(path) });
  expect(await decodeMessages(path, 30)).toBe('');
  expect({ differsAt, bytes: object.length }).toEqual({ differsAt: -1, bytes: film });
  // Each byte once.
  expect(bytesOf(await kodo.log())).toBe(film);
});
