// The last tier: the browser's own recorder films where nothing encodes, and its MP4s become segments like all others. And
// what a browser is told that has neither. What such a file may be is tested natively (tests/paths/imports.rs).

import type { Page, TestInfo } from '@playwright/test';
import { FRONT, MICROPHONE, numberedDevices } from './support/camera.ts';
import { compareSync, decodeMessages, probeFile, readFilm } from './support/film.ts';
import { killWhileFilming } from './support/killed.ts';
import { takeRoute } from './support/routes.ts';
import { exportFilm, heard, latestFilm, openBlankPage, openStudio, patchWorker, playInPage, recordTake, settleClocks } from './support/studio.ts';
import { expect, expectGoodFilm, expectIdentities, statsOf, test } from './support/test.ts';

const SMALL = { width: 640, height: 360 };
/** The processor stays: the generated cameras are logged with it, and without frames the product has no use for it. */
const GONE = "for (const name of ['VideoFrame', 'VideoEncoder', 'AudioEncoder', 'AudioData']) Reflect.deleteProperty(globalThis, name);";

async function openCamera(page: Page, options: Parameters<typeof openStudio>[1] = {}): Promise<void> {
  await takeRoute(page, 'recorder');
  await openBlankPage(page, numberedDevices(SMALL));
  await openStudio(page, { size: SMALL, ...options });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
}

async function filmOf(page: Page, info: TestInfo) {
  const exported = await exportFilm(page, info.outputPath('film.mp4'));
  const segments = await page.evaluate(() => [...window.studio.draft.segments]);
  const film = await readFilm(exported.path, { camera: SMALL, fps: 30 });
  // The recorder's stamps waver by 10 ms and more on a busy machine: two of them may fall into one thirtieth of a second.
  return { exported, segments, film: { ...film, messages: await decodeMessages(exported.path, 48_000) } };
}

/** The code of the error that `code` rejects with. */
function refusal(page: Page, code: string): Promise<string> {
  return page.evaluate((text) => (eval(text) as Promise<unknown>).then(() => 'fine', (error: { code: string }) => error.code), code);
}

test('a browser without WebCodecs films with its own recorder: pause, delete, flip and export as everywhere', async ({ page }, info) => {
  await patchWorker(page, 'studio', GONE);
  await openBlankPage(page, numberedDevices(SMALL));
  await page.evaluate(GONE);
  const found = await page.evaluate(() => window.onetake.probe());
  expect(found).toMatchObject({ tier: 'mediarecorder', capture: 'none', video: ['avc'], audio: ['opus'] });
  expect(found.missing.map(({ feature }) => feature)).toContain('WebCodecs');
  await openStudio(page, { size: SMALL });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
  await settleClocks(page);
  await recordTake(page, 3.3);
  await recordTake(page, 1.5);
  await page.evaluate(() => window.studio.draft.removeLast());
  await page.evaluate(() => window.studio.record());
  await page.waitForTimeout(2200);
  expect(await page.evaluate(() => window.studio.camera.flip())).toBe('environment');
  await page.waitForTimeout(2200);
  await page.evaluate(() => window.studio.pause());
  const stats = await statsOf(page);
  const { exported, segments, film } = await filmOf(page, info);
  const sync = compareSync(film, await page.evaluate(() => window.numberedCameras.log()), 30);
  console.log(`recorder: frames ${film.frames.length}, lost ${film.lost.length}, dropped ${JSON.stringify(stats.dropped)}, silence ${stats.silence.toFixed(3)} s, offset ${sync.absolute.toFixed(3)} ms, spread ${sync.spread.toFixed(3)} ms, inside ${sync.inside.toFixed(3)} ms`);
  expect(segments.map(({ facing, take }) => [facing, take])).toEqual([['user', 1], ['user', 3], ['environment', 3]]);
  expectGoodFilm(film, exported, segments);
  expect(film.segments.map(({ camera }) => camera)).toEqual([1, 1, 2]);
  // By the recorder's own stamps, of pictures too: those of when each reached it, which no clock of the devices can mend. Usually
  // it is less than a millisecond inside a segment and some twenty between two; on a starved machine 99 were seen.
  expect(sync.offsets.length).toBeGreaterThanOrEqual(2);
  expect(sync.inside).toBeLessThanOrEqual(120);
  expect(sync.spread).toBeLessThanOrEqual(120);
  expect(Math.abs(sync.absolute)).toBeLessThanOrEqual(100);
  expect(segments[0]?.duration).toBeGreaterThan(3);
  expect(segments[0]?.duration).toBeLessThan(3.7);
  expect(exported.report.warnings).toEqual(['audio_opus', 'audio_joins']);
  expect(stats).toMatchObject({ captured: stats.encoded, openFrames: 0, passes: 0 });
  const played = await playInPage(page, await latestFilm(page));
  expect(played).toMatchObject({ error: '', width: SMALL.width, height: SMALL.height });
  expect(Math.abs(played.duration - exported.duration)).toBeLessThan(0.05);
  expect(await page.evaluate(() => window.heard.filter(({ event }) => event === 'interrupted' || event === 'error'))).toEqual([]);
});

test('its takes end at their limit, count what they lost, and go when they are discarded', async ({ page }, info) => {
  await openCamera(page);
  await page.evaluate(() => window.studio.record({ maxDuration: 1.5 }));
  await page.waitForFunction(() => window.studio.draft.segments.length === 1);
  await page.waitForFunction(() => window.studio.state === 'preview');
  await page.evaluate(() => window.studio.record());
  await page.waitForTimeout(1200);
  await page.evaluate((device) => window.numberedCameras.stall(device, 400), FRONT);
  await page.waitForTimeout(1500);
  await page.evaluate(() => window.studio.pause());
  const stats = await statsOf(page);
  const { exported, segments, film } = await filmOf(page, info);
  expectGoodFilm(film, exported, segments);
  expectIdentities(stats, segments, film);
  expect(segments[0]?.duration).toBeLessThanOrEqual(1.5);
  expect(segments[0]?.duration).toBeGreaterThan(1.3);
  expect(stats.dropped.source).toBeGreaterThanOrEqual(8);
  // Paused at once it may have written nothing; what it wrote is whole.
  const short = await page.evaluate(async () => (await window.studio.record(), window.studio.pause()));
  expect([0, 1]).toContain(short.length);
  for (const { duration, frames, skew } of short) expect({ skew, whole: duration > 0 && frames > 0 }).toEqual({ skew: 0, whole: true });
  expect(await page.evaluate(() => window.studio.state)).toBe('preview');
  expect(await page.evaluate(() => window.studio.draft.segments.length)).toBe(segments.length + short.length);
  await page.evaluate(() => window.studio.draft.discard());
  expect(await page.evaluate(() => window.studio.draft.segments.length)).toBe(0);
  expect(await recordTake(page, 0.8)).toHaveLength(1);
  await page.evaluate(() => window.studio.close());
});

test('what it cannot do is refused by name before it films', async ({ page }) => {
  await openCamera(page);
  expect(await refusal(page, 'studio.record({ speed: 2 })')).toBe('not_supported');
  expect(await refusal(page, 'studio.setMirror({ recording: true })')).toBe('not_supported');
  expect(await recordTake(page, 1)).toHaveLength(1);
  await page.evaluate(() => {
    window.MediaRecorder = class extends MediaRecorder {
      override start(): void {
        throw new DOMException('no encoder is free', 'NotReadableError');
      }
    };
  });
  expect(await refusal(page, 'studio.record()')).toBe('encoder_failed');
  expect(await page.evaluate(() => window.studio.state)).toBe('preview');
  await page.evaluate(() => {
    // The draft is 640 x 360.
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 320 });
    canvas.getContext('2d')?.fillRect(0, 0, 320, 320);
    return window.studio.camera.start({ stream: canvas.captureStream(30) });
  });
  const refused = await page.evaluate(() => window.studio.record().then(() => null, ({ code, mismatch }: { code: string; mismatch?: unknown }) => ({ code, mismatch })));
  expect(refused).toEqual({ code: 'join_needs_encoding', mismatch: { clips: [], fields: ['size'] } });
  expect(await page.evaluate(() => window.studio.draft.segments.length)).toBe(1);
});

test('a camera torn out, and a recorder that fails, leave what was filmed', async ({ page }, info) => {
  await openCamera(page);
  await page.evaluate(() => {
    const Real = MediaRecorder;
    window.MediaRecorder = class extends Real {
      constructor(stream: MediaStream, options?: MediaRecorderOptions) {
        super(stream, options);
        Object.assign(window, { failRecorder: () => {
          this.dispatchEvent(Object.assign(new Event('error'), { error: new DOMException('it broke', 'UnknownError') }));
          this.stop();
        } });
      }
    };
    return window.studio.record();
  });
  await page.waitForTimeout(1600);
  await page.evaluate(() => (window as unknown as { failRecorder: () => void }).failRecorder());
  expect(await heard(page, 'interrupted')).toEqual({ reason: 'encoder' });
  await page.evaluate(() => void (window.heard.length = 0));
  // WebKitGTK's names MP4 and gives no byte of it.
  await page.evaluate(() => {
    const real = Object.getOwnPropertyDescriptor(Blob.prototype, 'size')!;
    Object.defineProperty(Blob.prototype, 'size', { get: () => 0 });
    Object.assign(window, { giveBytes: () => Object.defineProperty(Blob.prototype, 'size', real) });
  });
  await page.evaluate(() => window.studio.record());
  await page.waitForTimeout(1300);
  expect(await page.evaluate(() => window.studio.pause())).toEqual([]);
  expect(await heard(page, 'interrupted')).toEqual({ reason: 'encoder' });
  await page.evaluate(() => {
    (window as unknown as { giveBytes: () => void }).giveBytes();
    window.heard.length = 0;
  });
  await page.evaluate(() => window.studio.record());
  await page.waitForTimeout(1600);
  await page.evaluate((device) => window.numberedCameras.unplug(device), FRONT);
  expect(await heard(page, 'interrupted')).toEqual({ reason: 'device-lost' });
  const { exported, segments, film } = await filmOf(page, info);
  expect(segments).toHaveLength(2);
  expect(Math.min(...segments.map(({ duration }) => duration))).toBeGreaterThan(1);
  expectGoodFilm(film, exported, segments);
  expect((await statsOf(page)).openFrames).toBe(0);
});

test('a camera that comes before the torn one has given its end takes nothing from the take, nor does what another was refused for', async ({ page }, info) => {
  await openCamera(page);
  await page.evaluate(() => {
    // The pieces of a busy page: they come when the next camera is there already.
    const real = Blob.prototype.arrayBuffer;
    const gate = new Promise<void>((resolve) => Object.assign(window, { openGate: resolve }));
    Blob.prototype.arrayBuffer = async function (this: Blob) {
      if ((window as unknown as { late?: boolean }).late) await gate;
      return real.call(this);
    };
    return window.studio.record();
  });
  await page.waitForTimeout(1600);
  await page.evaluate((device) => {
    Object.assign(window, { late: true });
    window.numberedCameras.unplug(device);
  }, FRONT);
  // A camera that is exchanged while it runs waits for its end, which is behind the gate.
  await page.waitForFunction(() => window.studio.state === 'idle');
  await page.evaluate(() => window.studio.camera.start({ facing: 'environment' }));
  await page.evaluate(() => (window as unknown as { openGate: () => void }).openGate());
  expect(await heard(page, 'interrupted')).toEqual({ reason: 'device-lost' });
  await page.waitForFunction(() => window.studio.draft.segments.length === 1);
  expect(await page.evaluate(() => window.studio.pause().then(() => window.studio.state))).toBe('preview');
  expect(await recordTake(page, 1)).toHaveLength(1);
  // Another size ends the take; it stands against that camera alone.
  await page.evaluate(() => window.studio.record());
  await page.waitForTimeout(1200);
  await page.evaluate(async () => {
    window.heard.length = 0;
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 320 });
    canvas.getContext('2d')?.fillRect(0, 0, 320, 320);
    await window.studio.camera.start({ stream: canvas.captureStream(30) });
    await window.studio.pause();
    await window.studio.camera.start({ facing: 'environment' });
  });
  expect(await recordTake(page, 1)).toHaveLength(1);
  const { exported, segments, film } = await filmOf(page, info);
  expect(segments).toHaveLength(4);
  expect(segments[0]?.duration).toBeGreaterThan(1);
  expectGoodFilm(film, exported, segments);
});

test('a microphone torn out leaves a take that goes on in silence', async ({ page }, info) => {
  await openCamera(page);
  await page.evaluate(() => window.studio.record());
  await page.waitForTimeout(1500);
  await page.evaluate((device) => window.numberedCameras.unplug(device), MICROPHONE);
  await page.waitForTimeout(1500);
  await page.evaluate(() => window.studio.pause());
  await recordTake(page, 1);
  const { exported, segments } = await filmOf(page, info);
  expect(segments).toHaveLength(2);
  expect(segments[0]?.duration).toBeGreaterThan(2.5);
  expect(exported.report).toMatchObject({ joined: 'copy', audio: 'opus', skew: 0 });
  expect((await statsOf(page)).silence).toBeGreaterThan(1);
  const { video, audio } = await probeFile(exported.path);
  expect(Math.abs(video.duration - (audio?.duration ?? 0))).toBeLessThan(0.02);
});

test('a browser that is killed in the middle of a take keeps every fragment that the recorder gave', async ({ baseURL }, info) => {
  const { first, lag, next, page: again } = await killWhileFilming(baseURL, (page) => openCamera(page));
  await openCamera(again);
  const { segments: recovered, seconds, lost } = await heard(again, 'recovered');
  console.log(`recorder, killed: ${seconds.toFixed(3)} s of 4.3 s came back, storedLag said ${lag.toFixed(3)} s`);
  expect({ recovered, lost }).toEqual({ recovered: 1, lost: 0 });
  expect(seconds).toBeGreaterThanOrEqual(1.9);
  expect(seconds).toBeGreaterThanOrEqual(4.3 - lag - 0.1);
  await recordTake(again, 1);
  const { exported, segments, film } = await filmOf(again, info);
  expect(segments.map((segment) => segment.recovered)).toEqual([false, true, false]);
  expect(segments[0]).toEqual(first);
  expectGoodFilm(film, exported, segments);
  await next.close();
});

test('without WebCodecs, and with a recorder of WebM alone, a browser is told that nothing can be filmed', async ({ page }) => {
  await page.addInitScript({ content: `${GONE}
    const supports = MediaRecorder.isTypeSupported;
    MediaRecorder.isTypeSupported = (type) => !type.includes('mp4') && supports.call(MediaRecorder, type);` });
  await openBlankPage(page, null);
  const found = await page.evaluate(() => window.onetake.probe());
  expect(found).toMatchObject({ tier: 'none', capture: 'none', video: [] });
  expect(found.missing.map(({ feature }) => feature)).toContain('MP4 from MediaRecorder');
  expect(await refusal(page, 'onetake.Studio.open({ host: document.body })')).toBe('not_supported');
  // A plain name is believed only where nothing but H.264 can be meant by it; what it says of sound is nothing.
  for (const [others, answer] of [[true, { tier: 'none', audio: [] }], [false, { tier: 'mediarecorder', video: ['avc'], audio: [] }]] as const) {
    const plain = await page.context().newPage();
    await plain.addInitScript({ content: `${GONE}
      MediaRecorder.isTypeSupported = (type) => type === 'video/mp4' || (${others} && /vp09|av01/.test(type));` });
    await openBlankPage(plain, null);
    const { tier, video, audio } = await plain.evaluate(() => window.onetake.probe());
    expect(answer.tier === 'none' ? { tier, audio: [] } : { tier, video, audio }).toEqual(answer);
    await plain.close();
  }
  // With WebCodecs the recorder is of no account.
  const other = await page.context().newPage();
  await other.addInitScript('Reflect.deleteProperty(globalThis, "MediaRecorder")');
  await openBlankPage(other, null);
  expect(await other.evaluate(() => window.onetake.probe())).toMatchObject({ tier: 'webcodecs', capture: 'readable' });
});
