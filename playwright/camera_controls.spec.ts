// What a caller does to a running camera: focus, light, zoom, exposure, white balance, photos, countdowns, shortest takes, and
// streams of its own. Real controls are tried on the browser's fake device, those that it lacks on generated cameras.

import { BACK, FRONT, installCameras, numberedDevices } from './support/camera.ts';
import { installControls, type Offers } from './support/controls.ts';
import { readPhoto } from './support/film.ts';
import { gotoBlank, openBlankPage, openStudio, recordTake, saveBlob, settleClocks } from './support/studio.ts';
import { expect, statsOf, test } from './support/test.ts';
import type { Page } from '@playwright/test';

const SIZE = { width: 640, height: 360 };
const PHONE: Offers = {
  [FRONT]: { focusMode: ['continuous'], exposureMode: ['continuous', 'manual'], exposureCompensation: { min: -2, max: 2, step: 0.5 } },
  [BACK]: {
    torch: true, zoom: { min: 1, max: 8, step: 0.1 }, focusMode: ['single-shot', 'continuous', 'manual'], exposureMode: ['continuous', 'manual'],
    exposureCompensation: { min: -3, max: 3, step: 0.5 }, whiteBalanceMode: ['continuous', 'manual'], colorTemperature: { min: 2800, max: 6500, step: 100 },
  },
};

async function openPhone(page: Page): Promise<void> {
  await openPageWith(page, PHONE);
  await openStudio(page, { size: SIZE });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
}

async function openPageWith(page: Page, offers: Offers): Promise<void> {
  await installCameras(page, numberedDevices(SIZE));
  await installControls(page, offers);
  await gotoBlank(page);
}

test("the browser's own fake camera is pointed to for focus and exposure, and says what it cannot do", async ({ page }) => {
  await openBlankPage(page, null);
  await openStudio(page, { size: SIZE });
  const answers = await page.evaluate(async () => {
    const { camera } = window.studio;
    const before = [camera.capabilities(), await camera.focus({ x: 10, y: 10 }), await camera.torch(true), await camera.zoom(2), await camera.exposure(1), await camera.whiteBalance(4000)];
    await camera.start();
    const { mediaDevices } = navigator;
    const asked: unknown[] = [];
    const apply = MediaStreamTrack.prototype.applyConstraints;
    MediaStreamTrack.prototype.applyConstraints = function (constraints) {
      asked.push(constraints);
      return Reflect.apply(apply, this, [constraints]) as Promise<void>;
    };
    const focused = await camera.focus({ x: 90, y: 320 });
    const beside = await camera.focus({ x: -5, y: 320 });
    const others = [await camera.torch(true), await camera.zoom(2), await camera.exposure(1), await camera.whiteBalance(4000), await camera.whiteBalance('auto')];
    const wrong = await camera.zoom(NaN).catch((error: { code: string }) => error.code);
    return { before, capabilities: camera.capabilities(), focused, beside, others, wrong, asked, kinds: (await camera.devices()).map(({ kind }) => kind), supported: mediaDevices.getSupportedConstraints() };
  });
  expect(answers.before).toEqual([{ torch: false, focusPoint: false }, 'unsupported', false, 1, 0, 'auto']);
  expect(answers.capabilities).toEqual({ torch: false, focusPoint: true });
  expect([answers.focused, answers.beside]).toEqual(['focused', 'unsupported']);
  expect(answers.others).toEqual([false, 1, 0, 'auto', 'auto']);
  expect(answers.wrong).toBe('bad_argument');
  // A 16:9 camera in a preview of 9:16: the quarter of the box is near the middle of the picture. One set, and nothing else asked.
  expect(answers.asked).toEqual([{ advanced: [{ pointsOfInterest: [{ x: expect.closeTo(0.4209, 3), y: 0.5 }], focusMode: 'continuous', exposureMode: 'continuous' }] }]);
  expect(answers.kinds.filter((kind) => kind === 'camera')).toHaveLength(2);
});

test('controls take what the camera has, and go along with a flip as far as the other camera can', async ({ page }) => {
  await openPhone(page);
  const facts = await page.evaluate(async (back) => {
    const { camera } = window.studio;
    const last = () => window.applied.at(-1)?.set;
    const front = { capabilities: camera.capabilities(), answers: [await camera.torch(true), await camera.zoom(3), await camera.exposure(9)], set: last() };
    await camera.flip();
    // The wishes are with the other camera as soon as it answers.
    while (window.applied.at(-1)?.device !== back) await new Promise((resolve) => setTimeout(resolve, 5));
    const carried = last();
    const behind = { capabilities: camera.capabilities(), answers: [await camera.zoom(99), await camera.exposure(-1), await camera.whiteBalance(4000), await camera.torch(false)], set: last() };
    // Fast fingers: many wishes, few applications, the last one stands.
    const count = window.applied.length;
    const ratios = await Promise.all([1.2, 1.4, 1.6, 1.8, 2].map((ratio) => camera.zoom(ratio)));
    const rush = { ratios, applications: window.applied.length - count, set: last() };
    const focused = await camera.focus({ x: 180, y: 320 });
    const pointed = last();
    await camera.whiteBalance('auto');
    const auto = last();
    await camera.flip();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const again = last();
    await camera.stop();
    await camera.start({ facing: 'environment' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    return { front, carried, behind, rush, focused, pointed, auto, again, fresh: last() === again, facings: (await camera.devices()).map(({ facing }) => facing) };
  }, BACK);
  expect(facts.front).toEqual({
    capabilities: { torch: false, focusPoint: true, exposure: { min: -2, max: 2, step: 0.5 } },
    answers: [false, 1, 2],
    set: { exposureCompensation: 2, exposureMode: 'continuous' },
  });
  expect(facts.carried).toEqual({ torch: true, zoom: 3, exposureCompensation: 3, exposureMode: 'continuous' });
  expect(facts.behind.capabilities).toMatchObject({ torch: true, zoom: { max: 8 }, whiteBalance: { min: 2800 } });
  expect(facts.behind.answers).toEqual([8, -1, 4000, false]);
  expect(facts.behind.set).toEqual({ torch: false, zoom: 8, exposureCompensation: -1, exposureMode: 'continuous', whiteBalanceMode: 'manual', colorTemperature: 4000 });
  expect(facts.rush.ratios).toEqual([2, 2, 2, 2, 2]);
  expect(facts.rush.applications).toBeLessThanOrEqual(2);
  expect(facts.focused).toBe('focused');
  expect(facts.pointed).toMatchObject({ zoom: 2, focusMode: 'single-shot', pointsOfInterest: [{ x: 0.5, y: 0.5 }] });
  expect(facts.auto).toMatchObject({ whiteBalanceMode: 'continuous' });
  expect(facts.again).toEqual({ exposureCompensation: -1, exposureMode: 'continuous' });
  expect(facts.fresh).toBe(true);
  expect(facts.facings).toEqual([undefined, 'user', 'environment']);
});

test('what a camera refuses after all is answered by what is in force, and spoils nothing later', async ({ page }) => {
  // It says that it has a light, and throws when it is switched on: some phones do while their battery is low.
  await openPageWith(page, { [BACK]: { torch: true, zoom: { min: 1, max: 4, step: 0.1 } } });
  await openStudio(page, { size: SIZE });
  const answers = await page.evaluate(async () => {
    const { camera } = window.studio;
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      const stream = await open(constraints);
      for (const track of stream.getVideoTracks()) {
        const apply = track.applyConstraints;
        track.applyConstraints = async (wanted = {}) => {
          if ((wanted.advanced?.[0] as { torch?: boolean } | undefined)?.torch) throw new DOMException('no power', 'NotReadableError');
          return apply(wanted);
        };
      }
      return stream;
    };
    await camera.start({ facing: 'environment' });
    return [await camera.zoom(2), await camera.torch(true), await camera.zoom(3), await camera.torch(true), await camera.zoom(1.5)];
  });
  expect(answers).toEqual([2, false, 3, false, 1.5]);
});

test('a photo is what the preview shows: cut, upright, mirrored like it; and a recording loses no frame to it', async ({ page }, info) => {
  await openPhone(page);
  await page.evaluate(() => window.studio.camera.flip());
  const shots = await page.evaluate(async () => {
    const { studio } = window;
    const facts = async (blob: Blob) => {
      const bitmap = await createImageBitmap(blob);
      const { width, height } = bitmap;
      bitmap.close();
      return { type: blob.type, width, height };
    };
    const back = await studio.camera.photo();
    await studio.camera.flip();
    const front = await studio.camera.photo();
    await studio.setMirror({ preview: true, recording: false });
    const asRecorded = await studio.camera.photo();
    // During a flip it is of the camera that comes.
    await studio.setMirror({ preview: false });
    const [, between] = await Promise.all([studio.camera.flip(), studio.camera.photo()]);
    Object.assign(window, { shots: [back, front, asRecorded, between] });
    return Promise.all([back, front, asRecorded, between].map(facts));
  });
  // 9:16 of a picture 360 high.
  expect(shots).toEqual(Array.from({ length: 4 }, () => ({ type: 'image/jpeg', width: 203, height: 360 })));
  const seen: (number | 'mirrored' | 'unreadable')[] = [];
  for (let index = 0; index < 4; index += 1) {
    const path = info.outputPath(`photo-${index}.jpg`);
    await saveBlob(await page.evaluateHandle((at) => (window as unknown as { shots: Blob[] }).shots[at] as Blob, index), path);
    seen.push(await cameraOf(path));
  }
  expect(seen).toEqual([2, 'mirrored', 1, 2]);

  await settleClocks(page);
  await page.evaluate(() => window.studio.record());
  const sizes = await page.evaluate(async () => {
    const sizes: number[] = [];
    for (let index = 0; index < 5; index += 1) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      sizes.push((await window.studio.camera.photo()).size);
    }
    return sizes;
  });
  const [segment] = await page.evaluate(async () => [...await window.studio.pause()]);
  expect(Math.min(...sizes)).toBeGreaterThan(2000);
  const { captured, encoded, dropped } = await statsOf(page);
  expect({ captured, dropped }).toEqual({ captured: encoded, dropped: { source: 0, encoder: 0, storage: 0, gpu: 0 } });
  expect(segment?.frames).toBe(encoded);
  // Photos go on without a take, and are refused by name without a camera.
  const after = await page.evaluate(async () => {
    await window.studio.camera.stop();
    return window.studio.camera.photo().catch((error: { code: string }) => error.code);
  });
  expect(after).toBe('camera_missing');
});

/** Which numbered camera a picture shows, read as its signal says; a mirrored code reads only when mirrored back. */
async function cameraOf(path: string): Promise<number | 'mirrored' | 'unreadable'> {
  const read = (mirrored: boolean) => readPhoto(path, { width: 203, height: 360 }, { camera: SIZE, mirrored });
  const [straight, mirrored] = [await read(false), await read(true)];
  if (straight?.readable) return straight.camera;
  return mirrored?.readable ? 'mirrored' : 'unreadable';
}

test('a countdown is told each second and ends by signal, by pause, or in a take', async ({ page }) => {
  await openPhone(page);
  const facts = await page.evaluate(async () => {
    const { studio } = window;
    const told: number[] = [];
    studio.on('countdown', (left) => told.push(left));
    const outcome = (call: Promise<unknown>) => call.then(() => 'begun', (error: { code: string }) => error.code);
    const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    const stop = new AbortController();
    const first = outcome(studio.record({ countdown: 3, signal: stop.signal }));
    await wait(300);
    stop.abort();
    const bySignal = [await first, studio.state, ...told.splice(0)];
    const second = outcome(studio.record({ countdown: 3 }));
    await wait(1300);
    const kept = await studio.pause();
    const byPause = [await second, studio.state, kept.length, ...told.splice(0)];
    const third = await outcome(studio.record({ countdown: 2 }));
    const begun = [third, studio.state, ...told.splice(0)];
    await wait(300);
    return { bySignal, byPause, begun, frames: (await studio.pause())[0]?.frames };
  });
  expect(facts).toMatchObject({ bySignal: ['aborted', 'preview', 3], byPause: ['aborted', 'preview', 0, 3, 2], begun: ['begun', 'recording', 2, 1, 0] });
  expect(facts.frames).toBeGreaterThan(0);
});

test('a pause before the shortest duration waits for it, whatever else ends a take does not', async ({ page }) => {
  await openPhone(page);
  const facts = await page.evaluate(async () => {
    const { studio } = window;
    const codes = await Promise.all([{ minDuration: -1 }, { minDuration: NaN }, { minDuration: 2, maxDuration: 1 }, { countdown: -3 }].map((options) => studio.record(options).catch((error: { code: string }) => error.code)));
    await studio.record({ minDuration: 1.5 });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const early = studio.pause();
    // A flip inside it: the gap between the cameras is no media.
    await studio.camera.flip();
    const held = studio.state;
    const taken = await early;
    const long = taken.reduce((sum, { duration }) => sum + duration, 0);
    await studio.record({ minDuration: 0.3 });
    await new Promise((resolve) => setTimeout(resolve, 700));
    const pressed = performance.now();
    await studio.pause();
    const late = performance.now() - pressed;
    await studio.record({ minDuration: 60 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const never = studio.pause();
    await studio.camera.stop();
    await never;
    return { codes, held, parts: taken.length, long, late, state: studio.state, segments: studio.draft.segments.length };
  });
  expect(facts).toMatchObject({ codes: ['bad_argument', 'bad_argument', 'bad_argument', 'bad_argument'], held: 'recording', parts: 2, state: 'idle', segments: 4 });
  expect(facts.long).toBeGreaterThanOrEqual(1.5);
  expect(facts.long).toBeLessThan(2.5);
});

test("a caller's stream may be a drawing, a screen without sound, or half dead; what cannot be filmed is refused by name", async ({ page }) => {
  await openPhone(page);
  const facts = await page.evaluate(async () => {
    const { studio } = window;
    const code = (call: Promise<unknown>) => call.then(() => 'started', (error: { code: string }) => error.code);
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: 320, height: 180 });
    const context = canvas.getContext('2d');
    let turn = 0;
    const timer = setInterval(() => {
      if (context) context.fillStyle = (turn += 1) % 2 ? '#c40' : '#04c';
      context?.fillRect(0, 0, 320, 180);
    }, 33);
    const film = async () => {
      await studio.record();
      await new Promise((resolve) => setTimeout(resolve, 600));
      const [segment] = await studio.pause();
      return { audio: segment?.audio !== null, frames: (segment?.frames ?? 0) > 3, microphone: studio.camera.microphone, facing: studio.camera.facing };
    };
    const sound = await navigator.mediaDevices.getUserMedia({ audio: true });
    const picture = canvas.captureStream(30);
    const audioOnly = await code(studio.camera.start({ stream: sound }));
    const nothing = await code(studio.camera.start({ stream: new MediaStream() }));
    const withSound = [await code(studio.camera.start({ stream: new MediaStream([...picture.getTracks(), ...sound.getTracks()]) })), await film()];
    const silent = [await code(studio.camera.start({ stream: picture })), await film()];
    const flip = await code(studio.camera.flip());
    // A camera that does not come leaves the stream in place.
    const lost = await code(studio.camera.use('nobody'));
    const still = [studio.state, await film()];
    sound.getTracks().forEach((track) => track.stop());
    const deaf = [await code(studio.camera.start({ stream: new MediaStream([...picture.getTracks(), ...sound.getTracks()]) })), await film()];
    picture.getTracks().forEach((track) => track.stop());
    const ended = await code(studio.camera.start({ stream: picture }));
    clearInterval(timer);
    return { audioOnly, nothing, withSound, silent, flip, lost, still, deaf, ended, state: studio.state };
  });
  // The draft has sound from its first segment on: a take without a microphone is silent, not without sound.
  const silence = { audio: true, frames: true, microphone: 'off', facing: undefined };
  expect(facts).toEqual({
    audioOnly: 'camera_missing',
    nothing: 'camera_missing',
    withSound: ['started', { ...silence, microphone: 'live' }],
    silent: ['started', silence],
    flip: 'bad_argument',
    lost: 'camera_missing',
    still: ['preview', silence],
    deaf: ['started', { ...silence, microphone: 'missing' }],
    ended: 'camera_missing',
    state: 'idle',
  });
});

test('a screen shared without sound is filmed, also while the page is hidden', async ({ page }) => {
  await openBlankPage(page, numberedDevices(SIZE));
  await openStudio(page, { size: SIZE });
  const facts = await page.evaluate(async () => {
    const { studio } = window;
    // A share of this tab needs a user's choice; a canvas gives the same kind of tracks.
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: 640, height: 360 });
    const context = canvas.getContext('2d');
    const timer = setInterval(() => context?.fillRect(Math.random() * 600, 0, 40, 360), 33);
    await studio.camera.start({ stream: canvas.captureStream(30) });
    await studio.record();
    await new Promise((resolve) => setTimeout(resolve, 400));
    Object.defineProperty(document, 'hidden', { value: true, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
    await new Promise((resolve) => setTimeout(resolve, 400));
    const state = studio.state;
    const taken = await studio.pause();
    clearInterval(timer);
    return { state, segments: taken.length, audio: taken[0]?.audio, heard: window.heard.filter(({ event }) => event === 'interrupted') };
  });
  expect(facts).toEqual({ state: 'recording', segments: 1, audio: null, heard: [] });
});
