// From a camera's frame to the byte in the file: what is delivered is recorded, at the time it was delivered, and what
// is not is counted. Also here: cameras and microphones that are denied, missing, silent, or torn out.

import { readFileSync } from 'node:fs';
import { BACK, FRONT, MICROPHONE, numberedDevices, type CameraOptions } from './support/camera.ts';
import { compareSync, readFilm, type Film } from './support/film.ts';
import { exportFilm, heard, openBlankPage, openStudio, recordTake, settleClocks, startStalls, stopStalls, type ExportedFilm } from './support/studio.ts';
import { expect, expectGoodFilm, expectIdentities, statsOf, test, ticks } from './support/test.ts';
import type { Page, TestInfo } from '@playwright/test';
import type { Device, Segment } from 'onetake';

const HD = { width: 1280, height: 720 };
const SMALL = { width: 640, height: 360 };

/** Opens a studio of the camera's own size on the front camera. */
async function openCamera(page: Page, cameras: CameraOptions, options: Parameters<typeof openStudio>[1] = {}): Promise<void> {
  await openBlankPage(page, cameras);
  await openStudio(page, { size: cameras.cameras[0]?.size ?? SMALL, frameRate: cameras.cameras[0]?.fps ?? 30, ...options });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
}

async function filmOf(page: Page, info: TestInfo, camera = SMALL, fps = 30): Promise<{ film: Film; exported: ExportedFilm; segments: Segment[] }> {
  const exported = await exportFilm(page, info.outputPath('film.mp4'));
  const segments = await page.evaluate(() => [...window.studio.draft.segments]);
  return { film: await readFilm(exported.path, { camera, fps }), exported, segments };
}

test('the package says what this browser can do, and importing it starts nothing', async ({ page }) => {
  await openBlankPage(page, null);
  expect(page.workers()).toEqual([]);
  const found = await page.evaluate(() => window.onetake.probe());
  expect(found).toMatchObject({ tier: 'webcodecs', capture: 'readable', storage: 'opfs' });
  expect(found.video).toContain('avc');
  expect(found.audio).toContain('opus');
});

test('the package lists the codings of pictures that this browser really encodes, and no other', async ({ page }) => {
  await openBlankPage(page, null);
  const { listed, encoders, ways, encoded } = await page.evaluate(async () => {
    const encoded: string[] = [];
    const ways: { codec: string; hardware: boolean; software: boolean }[] = [];
    /** Whether it makes a chunk, in this way. */
    const works = async (codec: string, hardwareAcceleration: HardwareAcceleration) => {
      let chunks = 0;
      const encoder = new VideoEncoder({ output: () => { chunks += 1; }, error: () => undefined });
      const frame = new VideoFrame(new Uint8Array(640 * 480 * 4), { format: 'RGBX', codedWidth: 640, codedHeight: 480, timestamp: 0 });
      try {
        encoder.configure({ codec, width: 640, height: 480, bitrate: 1_000_000, framerate: 30, hardwareAcceleration });
        encoder.encode(frame, { keyFrame: true });
        await encoder.flush();
      } catch {
        // Not this one.
      }
      frame.close();
      if (encoder.state !== 'closed') encoder.close();
      return chunks > 0;
    };
    for (const [name, codec] of [['avc', 'avc1.42e01f'], ['hevc', 'hvc1.1.6.L93.B0'], ['vp9', 'vp09.00.31.08'], ['av1', 'av01.0.05M.08']] as const) {
      if (!(await works(codec, 'no-preference'))) continue;
      encoded.push(name);
      ways.push({ codec: name, hardware: await works(codec, 'prefer-hardware'), software: await works(codec, 'prefer-software') });
    }
    const { video: listed, encoders } = await window.onetake.probe();
    return { listed, encoders, ways, encoded };
  });
  expect(listed).toEqual(encoded);
  expect(encoders).toEqual(ways);
});

test('a take at 720p holds every delivered frame in time with its sound, while the main thread stalls', async ({ page }, info) => {
  await openCamera(page, numberedDevices(HD));
  await startStalls(page);
  await settleClocks(page);
  const taken = await recordTake(page, 4);
  await stopStalls(page);
  const stats = await statsOf(page);
  const { film, exported, segments } = await filmOf(page, info, HD);
  expect(segments).toEqual(taken);
  expect(segments).toHaveLength(1);
  expect(segments[0]).toMatchObject({ facing: 'user', size: HD, rotation: 0, mirrored: false, recovered: false, video: 'avc' });
  expect(segments[0]?.audio).not.toBeNull();
  expect(segments[0]?.duration).toBeGreaterThan(3.5);
  expectGoodFilm(film, exported, segments);
  expectIdentities(stats, segments, film);
  const raw = await page.evaluate(() => window.numberedCameras.log());
  const [first, last] = [film.frames[0]?.number ?? 0, film.frames.at(-1)?.number ?? 0];
  const delivered = raw.video.flatMap(({ frames }) => frames).filter(({ number }) => number > first && number < last).length;
  expect(film.frames.length - 2).toBeLessThanOrEqual(delivered);
  const sync = compareSync(film, raw, 30);
  console.log(`frames ${film.frames.length}, lost ${film.lost.length}, dropped ${JSON.stringify(stats.dropped)}, offset ${sync.absolute.toFixed(3)} ms, inside ${sync.inside.toFixed(3)} ms of ${sync.offsets.length} flashes`);
  expect(sync.offsets.length).toBeGreaterThanOrEqual(3);
  expect(sync.inside).toBeLessThanOrEqual(0.5);
  expect(Math.abs(sync.absolute)).toBeLessThanOrEqual(2);
});

test('the avcC in the film is what the encoder gave as its description, byte for byte', async ({ page }, info) => {
  // Only the worker sees the encoder: what it says is written down on its way.
  const tap = `
    self.descriptions = [];
    self.VideoEncoder = class extends VideoEncoder {
      constructor(init) {
        super({ ...init, output: (chunk, metadata) => {
          const record = metadata?.decoderConfig?.description;
          if (record) self.descriptions.push(Array.from(ArrayBuffer.isView(record) ? new Uint8Array(record.buffer, record.byteOffset, record.byteLength) : new Uint8Array(record)));
          init.output(chunk, metadata);
        } });
      }
    };`;
  await page.route('**/workers/studio.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${await response.text()}\n${tap}` });
  });
  await openCamera(page, numberedDevices(SMALL));
  await recordTake(page, 1.5);
  const { exported } = await filmOf(page, info);
  const studio = page.workers().find((worker) => worker.url().endsWith('/studio.js'));
  const descriptions = await studio?.evaluate(() => (self as unknown as { descriptions: number[][] }).descriptions) ?? [];
  expect(descriptions.length).toBeGreaterThan(0);
  const bytes = readFileSync(exported.path);
  const place = bytes.indexOf('avcC', 0, 'latin1');
  const record = [...bytes.subarray(place + 4, place - 4 + bytes.readUInt32BE(place - 4))];
  expect(record[0]).toBe(1);
  expect(record).toEqual(descriptions.at(-1));
  const told = await page.evaluate(async () => (await window.onetake.inspect(window.films[0]?.file as File)).tracks[0]?.codec);
  expect(told).toBe(`avc1.${Buffer.from(record.slice(1, 4)).toString('hex')}`);
});

for (const { name, change, fps } of [
  { name: '60 frames a second', change: (): CameraOptions => numberedDevices(SMALL, 60), fps: 60 },
  { name: 'a stereo microphone at 44.1 kHz', change: (): CameraOptions => withMicrophone({ rate: 44100, channels: 2 }), fps: 30 },
  { name: 'a microphone whose stamps are on a clock of its own', change: (): CameraOptions => withMicrophone({ ownClock: true }), fps: 30 },
]) {
  test(`sound and picture hold together with ${name}`, async ({ page }, info) => {
    await openCamera(page, change());
    await settleClocks(page);
    await recordTake(page, 3.2);
    const stats = await statsOf(page);
    const { film, exported, segments } = await filmOf(page, info, SMALL, fps);
    expectGoodFilm(film, exported, segments);
    expectIdentities(stats, segments, film);
    expect(film.frames.length).toBeGreaterThan(2.6 * fps);
    const sync = compareSync(film, await page.evaluate(() => window.numberedCameras.log()), fps);
    expect(sync.offsets.length).toBeGreaterThanOrEqual(2);
    expect(sync.inside).toBeLessThanOrEqual(0.5);
    expect(Math.abs(sync.absolute)).toBeLessThanOrEqual(2);
  });
}

test('without a size the picture is the largest 9:16 cut-out, not enlarged', async ({ page }, info) => {
  await openBlankPage(page, numberedDevices(HD));
  await openStudio(page);
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
  await recordTake(page, 1);
  const { film, segments } = await filmOf(page, info, HD);
  const { width, height } = segments[0]?.size ?? { width: 0, height: 0 };
  expect(height).toBeLessThanOrEqual(720);
  expect(height).toBeGreaterThan(700);
  expect(Math.abs(width / height - 9 / 16)).toBeLessThan(0.01);
  expect(film.video.size).toEqual({ width, height });
  expect(film.unreadable).toBe(0);
});

test('media time is told while it is written and ends at the length of the segment', async ({ page }) => {
  await openCamera(page, numberedDevices(SMALL));
  await page.evaluate(() => {
    Object.assign(window, { times: [] });
    window.studio.on('time', ({ segment }) => (window as unknown as { times: number[] }).times.push(segment));
  });
  const [segment] = await recordTake(page, 1.5);
  const times = await page.evaluate(() => (window as unknown as { times: number[] }).times);
  expect(times.length).toBeGreaterThan(3);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(times.at(-1)).toBeLessThanOrEqual((segment?.duration ?? 0) + 1e-9);
  expect(times.at(-1)).toBeGreaterThan((segment?.duration ?? 0) - 0.3);
  expect(await page.evaluate(() => window.heard.filter(({ event }) => event === 'state').map(({ value }) => value))).toEqual(['preview', 'recording', 'preview']);
});

test('frames the camera never delivered are counted, and the film waits for them', async ({ page }, info) => {
  await openCamera(page, numberedDevices(SMALL));
  await page.evaluate(() => window.studio.record());
  await page.waitForTimeout(1000);
  await page.evaluate((device) => window.numberedCameras.stall(device, 400), FRONT);
  await page.waitForTimeout(1500);
  await page.evaluate(() => window.studio.pause());
  const stats = await statsOf(page);
  const { film, exported, segments } = await filmOf(page, info);
  expectGoodFilm(film, exported, segments);
  expectIdentities(stats, segments, film);
  expect(stats.dropped.source).toBeGreaterThanOrEqual(10);
  expect(stats.dropped.source).toBeLessThanOrEqual(film.lost.length + 1);
  expect(film.segments).toHaveLength(1);
  expect(Math.max(...film.frames.slice(1).map(({ pts }, index) => pts - (film.frames[index]?.pts ?? 0)))).toBeGreaterThan(0.35);
});

test('sound the microphone never delivered becomes silence of its length', async ({ page }, info) => {
  await openCamera(page, numberedDevices(SMALL));
  await settleClocks(page);
  await page.evaluate(() => window.studio.record());
  await page.waitForTimeout(1200);
  await page.evaluate((device) => window.numberedCameras.stall(device, 300), MICROPHONE);
  await page.waitForTimeout(2500);
  await page.evaluate(() => window.studio.pause());
  const stats = await statsOf(page);
  const { film, exported, segments } = await filmOf(page, info);
  expectGoodFilm(film, exported, segments);
  expect(Math.abs(stats.silence - 0.3)).toBeLessThan(0.05);
  const sync = compareSync(film, await page.evaluate(() => window.numberedCameras.log()), 30);
  expect(sync.offsets.length).toBeGreaterThanOrEqual(2);
  expect(sync.inside).toBeLessThanOrEqual(0.5);
});

test('a denied camera is an error with a name and a hint, and may be asked for again', async ({ page }) => {
  await openBlankPage(page, { ...numberedDevices(SMALL), camera: 'denied' });
  await openStudio(page, { locale: 'en' });
  const start = () => page.evaluate(() => window.studio.camera.start().then(() => null, (error: unknown) => (window.onetake.isOnetakeError(error) ? { code: error.code, retry: error.retry, hint: error.hint } : { code: String(error), retry: '', hint: '' })));
  const refused = await start();
  expect(refused).toMatchObject({ code: 'camera_denied', retry: 'after-action' });
  expect(refused?.hint).toMatch(/\w+/);
  expect(await page.evaluate(() => window.studio.state)).toBe('idle');
  await page.evaluate(() => window.numberedCameras.permit('camera', 'granted'));
  expect(await start()).toBeNull();
  expect(await page.evaluate(() => window.studio.state)).toBe('preview');
});

test('no camera at all is an error with a name', async ({ page }) => {
  await openBlankPage(page, { ...numberedDevices(SMALL), cameras: [] });
  await openStudio(page);
  const code = await page.evaluate(() => window.studio.camera.start().then(() => null, (error: unknown) => (window.onetake.isOnetakeError(error) ? error.code : String(error))));
  expect(code).toBe('camera_missing');
});

for (const { name, state, change } of [
  { name: 'denied', state: 'denied', change: { microphoneState: 'denied' } },
  { name: 'missing', state: 'missing', change: { microphone: null } },
] as const) {
  test(`with the microphone ${name} the picture is recorded without a sound track`, async ({ page }, info) => {
    await openCamera(page, { ...numberedDevices(SMALL), ...change });
    expect(await page.evaluate(() => window.studio.camera.microphone)).toBe(state);
    await recordTake(page, 1.5);
    const stats = await statsOf(page);
    const { film, exported, segments } = await filmOf(page, info);
    expect(segments[0]?.audio).toBeNull();
    expect(film.audio).toBeNull();
    expectGoodFilm(film, exported, segments);
    expectIdentities(stats, segments, film);
  });
}

test('a camera torn out while recording leaves a whole segment, and another camera goes on', async ({ page }, info) => {
  await openCamera(page, numberedDevices(SMALL));
  await page.evaluate(() => window.studio.record());
  await page.waitForTimeout(1500);
  await page.evaluate((device) => window.numberedCameras.unplug(device), FRONT);
  expect(await heard(page, 'interrupted')).toEqual({ reason: 'device-lost' });
  await heard(page, 'segment');
  const kept = await page.evaluate(() => [...window.studio.draft.segments]);
  expect(kept).toHaveLength(1);
  expect(kept[0]?.duration).toBeGreaterThan(1);
  await page.evaluate((device) => window.studio.camera.use(device), BACK);
  await recordTake(page, 1);
  const { film, exported, segments } = await filmOf(page, info);
  expect(segments.map(({ facing }) => facing)).toEqual(['user', 'environment']);
  expectGoodFilm(film, exported, segments);
  expect(film.segments.map(({ camera }) => camera)).toEqual([1, 2]);
});

test('a microphone torn out while recording leaves the picture and silence', async ({ page }, info) => {
  await openCamera(page, numberedDevices(SMALL));
  await page.evaluate(() => window.studio.record());
  await page.waitForTimeout(1200);
  await page.evaluate((device) => window.numberedCameras.unplug(device), MICROPHONE);
  await page.waitForTimeout(800);
  await page.evaluate(() => window.studio.pause());
  const { film, exported, segments } = await filmOf(page, info);
  expectGoodFilm(film, exported, segments);
  expect(segments.reduce((sum, { duration }) => sum + ticks(duration), 0)).toBeGreaterThan(ticks(1.5));
});

function withMicrophone(change: Partial<NonNullable<CameraOptions['microphone']>>): CameraOptions {
  const devices = numberedDevices(SMALL);
  return { ...devices, microphone: devices.microphone && { ...devices.microphone, ...change } };
}

test('a take ends by itself at the longest duration, within a frame, and says so once', async ({ page }) => {
  await openBlankPage(page, numberedDevices(SMALL));
  await openStudio(page, { size: SMALL, maxDuration: 2 });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
  await recordTake(page, 0.8);
  await page.evaluate(() => window.studio.record());
  await page.waitForFunction(() => window.studio.state === 'preview');
  const { duration, takes } = await page.evaluate(() => ({ duration: window.studio.draft.duration, takes: window.studio.draft.segments.length }));
  expect(takes).toBe(2);
  expect(Math.abs(duration - 2)).toBeLessThanOrEqual(1 / 30);
  expect(await page.evaluate(() => window.heard.filter(({ event }) => event === 'state').map(({ value }) => value))).toEqual(['preview', 'recording', 'preview', 'recording', 'preview']);
  const code = await page.evaluate(() => window.studio.record().then(() => 'recorded', (error: { code: string }) => error.code));
  expect(code).toBe('limit_reached');
});

test('devices are listed with name and facing, and again when one is pulled out or put back', async ({ page }) => {
  await openCamera(page, numberedDevices(SMALL));
  const plain = (devices: Device[]) => devices.map(({ kind, label, facing }) => `${kind} ${label} ${facing}`).sort();
  const all = ['camera Numbered back environment', 'camera Numbered front user', 'microphone Numbered microphone undefined'];
  expect(plain(await page.evaluate(() => window.studio.camera.devices()))).toEqual(all);
  await page.evaluate(() => window.studio.on('devices', (devices) => Object.assign(window, { told: devices })));
  const told = async () => plain(await page.evaluate(() => (window as unknown as { told?: Device[] }).told ?? []));
  await page.evaluate((back) => window.numberedCameras.unplug(back), BACK);
  await expect.poll(told).toEqual(all.slice(1));
  await page.evaluate((back) => window.numberedCameras.plug(back), BACK);
  await expect.poll(told).toEqual(all);
});

test('a size and a rate beyond the camera are wishes; a device that is gone is missing, by our own name', async ({ page }) => {
  await openBlankPage(page, numberedDevices(SMALL));
  const asked = await page.evaluate(async () => {
    const seen: unknown[] = [];
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = (constraints) => {
      seen.push(constraints?.video);
      return open(constraints);
    };
    window.studio = await window.onetake.Studio.open({ host: document.getElementById('host') as HTMLElement, frameRate: 120 });
    await window.studio.camera.start({ facing: 'environment' });
    return seen;
  });
  expect(asked).toEqual([{ facingMode: { ideal: 'environment' }, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 120 } }]);
  const [segment] = await recordTake(page, 1);
  expect(segment).toMatchObject({ facing: 'environment', size: { height: 360 } });
  expect(Math.round((await statsOf(page)).fps)).toBe(30);
  const codes = await page.evaluate(() => Promise.all([window.studio.camera.use('gone'), window.studio.camera.start({ deviceId: 'gone' })].map((call) => call.then(() => '', (error: { code?: string }) => error.code ?? String(error)))));
  expect(codes).toEqual(['camera_missing', 'camera_missing']);
});
