// The kit proves itself here, without the product: the numbered cameras deliver every frame to a worker of somebody
// else while the main thread stalls, their flashes and beeps are as far apart as they were written, and the reader
// finds in a file exactly what was put there.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import { BACK, FRONT, installCameras, MICROPHONE, numberedDevices, type CameraOptions } from './support/camera.ts';
import { chromeArguments, chromePath } from './support/chrome.ts';
import { clipFlags, soundClip, videoClip } from './support/clips.ts';
import { clickErrors, rawFlashOffsets, readFilm, spread } from './support/film.ts';
import { signal } from './support/signal-in-node.ts';
import { startStalls, stopStalls } from './support/studio.ts';

/** An empty page of a secure origin; these specs need no server. */
async function emptyPage(page: Page, cameras: CameraOptions): Promise<void> {
  await page.route('http://localhost/**', (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>kit</title>' }));
  await installCameras(page, cameras);
  await page.goto('http://localhost/kit.html');
}

/** A stranger's recorder: reads both tracks in a worker of its own through transferred readables and keeps the stamps. */
async function readInWorker(page: Page, constraints: MediaStreamConstraints): Promise<void> {
  await page.evaluate(async (wanted) => {
    const worker = new Worker(URL.createObjectURL(new Blob([`
      const stamps = { video: [], audio: [] };
      onmessage = async ({ data }) => {
        if (!data.readable) return postMessage(stamps);
        for (const reader = data.readable.getReader();;) {
          const { done, value } = await reader.read();
          if (done) return;
          stamps[data.kind].push(value.timestamp);
          value.close();
        }
      };`])));
    const stream = await navigator.mediaDevices.getUserMedia(wanted);
    for (const track of stream.getTracks()) {
      const { readable } = new (window as any).MediaStreamTrackProcessor({ track, maxBufferSize: track.kind === 'video' ? 3 : 500 });
      worker.postMessage({ kind: track.kind, readable }, [readable]);
    }
    Object.assign(window, { stream, stamps: () => new Promise((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.postMessage({});
    }) });
  }, constraints);
}
declare global {
  interface Window { stamps(): Promise<{ video: number[]; audio: number[] }> }
}

test.describe('generated cameras', () => {
  for (const fps of [30, 60] as const) {
    test(`deliver every frame at ${fps} fps and every block to a worker while the main thread stalls`, async ({ page }) => {
      const size = fps === 30 ? { width: 1280, height: 720 } : { width: 640, height: 360 };
      await emptyPage(page, numberedDevices(size, fps));
      await readInWorker(page, { video: { facingMode: 'user' }, audio: true });
      await startStalls(page);
      await page.waitForTimeout(4000);
      await stopStalls(page);
      const { log, stamps } = await page.evaluate(async () => ({ log: await window.numberedCameras.log(), stamps: await window.stamps() }));
      const frames = log.video[0]?.frames ?? [];
      const blocks = log.audio[0]?.blocks ?? [];
      const written = log.written.lanes.find(({ device }) => device === FRONT);
      const numberOf = (stamp: number) => Math.round(((stamp - log.written.stampOrigin) * fps) / 1e6);

      expect(frames.length).toBeGreaterThan(3.5 * fps);
      expect(frames.every(({ readable }) => readable)).toBe(true);
      expect(frames.every(({ number, stamp, camera }) => number === numberOf(stamp) && camera === 1)).toBe(true);
      expect(frames.every(({ number, flash }) => flash === (number % fps === 0))).toBe(true);
      const steps = frames.slice(1).map(({ number }, index) => number - (frames[index]?.number ?? NaN));
      expect({ repeated: steps.filter((step) => step < 1).length, lost: steps.filter((step) => step > 1).length, skipped: written?.skipped }).toEqual({ repeated: 0, lost: 0, skipped: 0 });
      const last = Math.min(numberOf(stamps.video.at(-1) ?? 0), frames.at(-1)?.number ?? 0);
      const read = stamps.video.map(numberOf).filter((number) => number <= last);
      expect(read).toEqual(Array.from({ length: read.length }, (_, index) => (read[0] ?? 0) + index));

      const holes = blocks.slice(1).filter(({ stamp }, index) => Math.abs(stamp - (blocks[index]?.stamp ?? 0) - 10_000) > 250);
      expect(holes.length).toBe(0);
      const offsets = [...rawFlashOffsets(log, fps).values()];
      expect(offsets.length).toBeGreaterThanOrEqual(3);
      expect(spread(offsets)).toBeLessThan(0.05);
      expect(Math.abs(offsets[0] ?? NaN)).toBeLessThan(1);
      const delays = frames.map(({ stamp, arrival }) => arrival - stamp);
      const late = delays.map((delay) => (delay - Math.min(...delays)) / 1000).sort((a, b) => a - b);
      console.log(`${fps} fps: ${frames.length} frames, offset ${offsets[0]?.toFixed(3)} ms, spread ${spread(offsets).toFixed(4)} ms, arrival over min median ${late[late.length >> 1]?.toFixed(2)} max ${late.at(-1)?.toFixed(2)} ms`);
    });
  }

  test('look like two cameras and a microphone, by facing, by id, and after a flip', async ({ page }) => {
    await emptyPage(page, numberedDevices({ width: 640, height: 360 }));
    const seen = await page.evaluate(async () => {
      const settings = async (video: MediaTrackConstraints) => {
        const stream = await navigator.mediaDevices.getUserMedia({ video });
        const [track] = stream.getVideoTracks();
        const face = { ...track?.getSettings(), label: track?.label };
        track?.stop();
        return { facing: face.facingMode, device: face.deviceId, label: face.label, width: face.width, after: track?.readyState };
      };
      const none = await navigator.mediaDevices.getUserMedia({ video: { deviceId: { exact: 'nobody' } } }).catch((error: DOMException) => error.name);
      const devices = (await navigator.mediaDevices.enumerateDevices()).map(({ kind, label }) => `${kind} ${label}`);
      return { user: await settings({ facingMode: 'user' }), back: await settings({ facingMode: { exact: 'environment' } }), byId: await settings({ deviceId: { exact: 'numbered-back' } }), none, devices };
    });
    expect(seen.user).toEqual({ facing: 'user', device: FRONT, label: 'Numbered front', width: 640, after: 'ended' });
    expect(seen.back).toMatchObject({ facing: 'environment', device: BACK });
    expect(seen.byId).toMatchObject({ device: BACK });
    expect(seen.none).toBe('OverconstrainedError');
    expect(seen.devices).toEqual(['audioinput Numbered microphone', 'videoinput Numbered front', 'videoinput Numbered back']);
  });

  test('end when unplugged, starve when stalled, and refuse when denied or missing', async ({ page }) => {
    await emptyPage(page, numberedDevices({ width: 640, height: 360 }));
    await readInWorker(page, { video: { facingMode: 'user' }, audio: true });
    await page.waitForTimeout(500);
    await page.evaluate((device) => window.numberedCameras.stall(device, 300), FRONT);
    await page.waitForTimeout(800);
    const ended = await page.evaluate(async (device) => {
      const [track] = window.stream.getVideoTracks();
      const event = new Promise<string>((resolve) => track?.addEventListener('ended', () => resolve(track.readyState)));
      await window.numberedCameras.unplug(device);
      const again = await navigator.mediaDevices.getUserMedia({ video: { deviceId: { exact: device } } }).catch((error: DOMException) => error.name);
      return { state: await event, sound: window.stream.getAudioTracks()[0]?.readyState, again, log: await window.numberedCameras.log() };
    }, FRONT);
    expect(ended).toMatchObject({ state: 'ended', sound: 'live', again: 'OverconstrainedError' });
    const numbers = ended.log.video[0]?.frames.map(({ number }) => number) ?? [];
    const gap = Math.max(...numbers.slice(1).map((number, index) => number - (numbers[index] ?? NaN)));
    expect(gap).toBeGreaterThanOrEqual(9);
    const refusals = await page.evaluate(async () => {
      const ask = (constraints: MediaStreamConstraints) => navigator.mediaDevices.getUserMedia(constraints).then(() => 'granted', (error: DOMException) => error.name);
      window.numberedCameras.permit('microphone', 'denied');
      const sound = [await ask({ video: true, audio: true }), await ask({ video: true })];
      window.numberedCameras.permit('camera', 'denied');
      const picture = await ask({ video: true });
      await window.numberedCameras.unplug('numbered-back');
      return [...sound, picture, await ask({ video: true })];
    });
    expect(refusals).toEqual(['NotAllowedError', 'granted', 'NotAllowedError', 'NotFoundError']);
  });

  test('show an upright picture with a readable code', async ({ page }, info) => {
    await emptyPage(page, numberedDevices({ width: 1280, height: 720 }));
    await page.setViewportSize({ width: 1280, height: 720 });
    await page.evaluate(async () => {
      const video = document.createElement('video');
      Object.assign(video, { muted: true, srcObject: await navigator.mediaDevices.getUserMedia({ video: true }) });
      document.body.style.margin = '0';
      document.body.append(video);
      await video.play();
    });
    await page.waitForTimeout(300);
    await page.screenshot({ path: info.outputPath('camera.png') });
  });
});

for (const { name, options } of [
  { name: 'mjpeg at 30 fps', options: { size: { width: 1280, height: 720 }, fps: 30, seconds: 4 } },
  { name: 'y4m at 60 fps', options: { size: { width: 640, height: 360 }, fps: 60, seconds: 4 } },
] as const) {
  test(`a file clip, ${name}, arrives numbered and beeping through the browser's own fake device`, async ({ playwright }) => {
    const flags = clipFlags(await videoClip(options), await soundClip(4));
    const browser = await playwright.chromium.launch({ executablePath: chromePath, args: [...chromeArguments, ...flags] });
    const page = await browser.newPage({ permissions: ['camera', 'microphone'] });
    await emptyPage(page, { ...numberedDevices(options.size, options.fps), devices: 'real' });
    await readInWorker(page, { video: { width: options.size.width, frameRate: options.fps }, audio: true });
    await page.waitForTimeout(3000);
    const log = await page.evaluate(() => window.numberedCameras.log());
    await browser.close();
    const frames = log.video[0]?.frames ?? [];
    expect(frames.length).toBeGreaterThan(2.4 * options.fps);
    expect(frames.filter(({ readable }) => !readable)).toEqual([]);
    expect(new Set(frames.map(({ camera }) => camera))).toEqual(new Set([3]));
    const steps = frames.slice(1).map(({ number }, index) => (number - (frames[index]?.number ?? NaN) + 4 * options.fps) % (4 * options.fps));
    expect(steps.filter((step) => step === 0)).toEqual([]);
    expect(log.audio[0]?.marks.length).toBeGreaterThanOrEqual(2);
    console.log(`${name}: ${frames.length} frames, lost upstream ${steps.reduce((sum, step) => sum + step - 1, 0)}, raw offsets ${[...rawFlashOffsets(log, options.fps).values()].map((offset) => offset.toFixed(2)).join(' ')} ms`);
  });
}

test.describe('the reader of films', () => {
  const size = { width: 1280, height: 720 };
  const fps = 30;

  /** A film with Opus sound of frames we choose, cut to 9:16 as a phone's film would be. */
  function makeFilm(path: string, numbers: { number: number; camera: number }[], sound: (time: number) => number, crop: string): void {
    const pictures = numbers.map(({ number, camera }) => {
      const picture = signal.blankPicture(size, { y: 120, u: 120, v: 140 });
      signal.paint(picture, size, number, camera, number % fps === 0);
      return picture;
    });
    writeFileSync(`${path}.yuv`, Buffer.concat(pictures));
    const samples = Float32Array.from({ length: Math.round((48000 * numbers.length) / fps) }, (_, index) => sound(index / 48000));
    writeFileSync(`${path}.f32`, new Uint8Array(samples.buffer));
    execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', '1280x720', '-r', '30', '-i', `${path}.yuv`, '-f', 'f32le', '-ar', '48000', '-ac', '1', '-i', `${path}.f32`,
      '-vf', crop, '-c:v', 'libx264', '-preset', 'ultrafast', '-b:v', '1M', '-c:a', 'libopus', '-b:a', '128k', path]);
  }

  test('finds lost, repeated and reordered frames, segment edges, and beeps to a tenth of a sample', async ({}, info) => {
    const path = info.outputPath('made.mp4');
    const span = (from: number, to: number, camera: number) => Array.from({ length: to - from }, (_, index) => ({ number: from + index, camera }));
    const numbers = [...span(40, 100, 1), ...span(180, 240, 1), ...span(300, 360, 2)];
    numbers[20] = { number: 59, camera: 1 };
    [numbers[80], numbers[81]] = [numbers[81] ?? { number: 0, camera: 0 }, numbers[80] ?? { number: 0, camera: 0 }];
    makeFilm(path, numbers, (time) => [0.7, 2.5, 5.1].reduce((sum, at) => sum + signal.beepAt(time - at), 0), 'crop=404:720');
    const film = await readFilm(path, { camera: size, fps });
    expect(film.unreadable).toBe(0);
    expect(film.messages).toBe('');
    expect(film.repeated).toEqual([59]);
    expect(film.lost).toEqual([60]);
    expect(film.reordered).toEqual([200]);
    expect(film.segments.map(({ camera, first, last }) => [camera, first, last])).toEqual([[1, 40, 99], [1, 180, 239], [2, 300, 359]]);
    expect(film.marks.map(({ at }) => at)).toHaveLength(3);
    for (const [index, at] of [0.7, 2.5, 5.1].entries()) expect(Math.abs((film.marks[index]?.at ?? 0) - at) * 48000).toBeLessThan(1);
    console.log(`beeps off by ${film.marks.map(({ at, score }, index) => `${((at - ([0.7, 2.5, 5.1][index] ?? 0)) * 48000).toFixed(3)} (${score.toFixed(3)})`).join(', ')} samples`);
  });

  test('finds clicks 4800 samples after their frames, on whatever fraction of a sample they fall', async ({}, info) => {
    const path = info.outputPath('clicks.mp4');
    const numbers = Array.from({ length: 60 }, (_, index) => ({ number: 45 + index, camera: 1 }));
    makeFilm(path, numbers, (time) => [0, 0.5, 1, 1.5].reduce((sum, at, index) => sum + signal.clickAt(time - at - 0.1 - (index * 0.4) / 48000), 0), 'crop=404:720');
    const errors = clickErrors(await readFilm(path, { camera: size, fps, marks: 'click' }), fps);
    expect(errors).toHaveLength(4);
    for (const [index, { error }] of errors.entries()) expect(Math.abs(error - index * 0.4)).toBeLessThan(0.3);
    console.log(`clicks off by ${errors.map(({ error }, index) => (error - index * 0.4).toFixed(3)).join(', ')} samples`);
  });
});

test('the clicking microphone clicks 100 ms after every half second, on the clock of whoever reads it', async ({ page }) => {
  await emptyPage(page, { ...numberedDevices({ width: 640, height: 360 }), microphone: { ...numberedDevices().microphone!, rate: 44100, channels: 2, sound: 'click' } });
  await readInWorker(page, { audio: { deviceId: MICROPHONE } });
  await page.waitForTimeout(2200);
  const log = await page.evaluate(() => window.numberedCameras.log('click'));
  expect(log.audio[0]?.blocks[0]).toMatchObject({ rate: 44100, frames: 441 });
  const places = log.audio[0]?.marks.map(({ stamp }) => ((stamp + log.origin - log.written.wallOrigin) / 1e6) % 0.5) ?? [];
  expect(places.length).toBeGreaterThanOrEqual(3);
  // The two workers' origins are each rounded to 100 us, and so are the stamps, whose mean is good to some 10 us.
  for (const place of places) expect(Math.abs(place - signal.CLICK_DELAY)).toBeLessThan(3e-4);
  expect(spread(places)).toBeLessThan(5e-5);
});
