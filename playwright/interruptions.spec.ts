// What happens to a take when something outside stops the page, a track or a permission: each cause, its event, and the film that
// is left. Pages are hidden and frozen by their events: headless Chromium does neither. The page's words are in page.spec.ts.

import { BACK, FRONT, installCameras, MICROPHONE, numberedDevices } from './support/camera.ts';
import { installInterruptions } from './support/controls.ts';
import { readFilm } from './support/film.ts';
import { exportFilm, gotoBlank, heard, openBlankPage, openStudio, patchWorker } from './support/studio.ts';
import { expect, expectGoodFilm, statsOf, test } from './support/test.ts';
import type { Page } from '@playwright/test';

const SIZE = { width: 640, height: 360 };

declare global {
  interface Window {
    wait(ms: number): Promise<void>;
    /** `interrupted` and `resumed` since the last call; of the latter, what is over. */
    told(): unknown[];
  }
}

async function openCamera(page: Page, generated = true): Promise<void> {
  if (generated) await installCameras(page, { ...numberedDevices(SIZE), log: false });
  await installInterruptions(page);
  await gotoBlank(page);
  await page.evaluate(() => {
    window.wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    window.told = () => window.heard.splice(0).flatMap(({ event, value }) => {
      const { reason, device } = (value ?? {}) as { reason?: string; device?: string };
      if (event === 'resumed') return [`over: ${reason}${device ? ` ${device}` : ''}`];
      return event === 'interrupted' ? [value] : [];
    });
  });
  await openStudio(page, { size: SIZE });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
}

test('a page that goes out of sight ends the take and keeps it; back in sight it can film on', async ({ page }) => {
  await openCamera(page);
  const facts = await page.evaluate(async () => {
    const { studio, wait } = window;
    // Nothing is filmed: nothing is interrupted.
    window.hide(true);
    window.hide(false);
    await wait(50);
    const previewing = window.told();
    await studio.record();
    await wait(700);
    window.hide(true);
    await wait(300);
    const hidden = { state: studio.state, segments: studio.draft.segments.length, told: window.told() };
    window.hide(false);
    await wait(50);
    const back = window.told();
    const counting = studio.record({ countdown: 3 }).catch((error: { code: string }) => error.code);
    await wait(100);
    window.hide(true);
    const countdown = await counting;
    window.hide(false);
    await wait(100);
    const counted = window.told();
    await studio.record({ minDuration: 30 });
    await wait(500);
    window.hide(true);
    await wait(300);
    return { previewing, hidden, back, countdown, counted, least: { state: studio.state, segments: studio.draft.segments.length } };
  });
  expect(facts).toEqual({
    previewing: [],
    hidden: { state: 'preview', segments: 1, told: [{ reason: 'hidden' }] },
    back: ['over: hidden'],
    countdown: 'aborted',
    counted: [{ reason: 'hidden' }, 'over: hidden'],
    least: { state: 'preview', segments: 2 },
  });
});

test('a page that is frozen has its take on disk, and says so when it lives again', async ({ page }) => {
  await openCamera(page);
  const facts = await page.evaluate(async () => {
    const { studio, wait } = window;
    await studio.record();
    await wait(600);
    // A tab is hidden before it is frozen: one take, two causes, both told, in order.
    window.hide(true);
    document.dispatchEvent(new Event('freeze'));
    await wait(300);
    document.dispatchEvent(new Event('resume'));
    window.hide(false);
    await wait(50);
    const both = window.told();
    await studio.record();
    await wait(600);
    document.dispatchEvent(new Event('freeze'));
    document.dispatchEvent(new Event('resume'));
    await wait(300);
    return { both, alone: window.told(), state: studio.state, segments: studio.draft.segments.length };
  });
  expect(facts).toEqual({ both: [{ reason: 'hidden' }, { reason: 'frozen' }, 'over: frozen', 'over: hidden'], alone: [{ reason: 'frozen' }, 'over: frozen'], state: 'preview', segments: 2 });
});

test('a muted microphone is filmed as silence of its length; the take goes on', async ({ page }, info) => {
  await openCamera(page);
  const facts = await page.evaluate(async (microphone) => {
    const { studio, wait } = window;
    await studio.record();
    await wait(600);
    window.mute('audio', true);
    await window.numberedCameras.stall(microphone, 800);
    await wait(800);
    const muted = { state: studio.state, told: window.told() };
    window.mute('audio', false);
    await wait(600);
    const taken = await studio.pause();
    window.mute('audio', true);
    await wait(50);
    return { muted, told: window.told(), segments: taken.length, microphone: studio.camera.microphone };
  }, MICROPHONE);
  expect(facts).toEqual({ muted: { state: 'recording', told: [{ reason: 'muted', device: 'microphone', recording: true }] }, told: ['over: muted microphone', { reason: 'muted', device: 'microphone' }], segments: 1, microphone: 'live' });
  expect((await statsOf(page)).silence).toBeGreaterThan(0.5);
  const exported = await exportFilm(page, info.outputPath('film.mp4'));
  const film = await readFilm(exported.path, { camera: SIZE, fps: 30 });
  expectGoodFilm(film, exported, await page.evaluate(() => [...window.studio.draft.segments]));
});

test('a microphone that is switched off before it is opened is told of, and so is its being switched on', async ({ page }) => {
  await openBlankPage(page, { ...numberedDevices(SIZE), log: false });
  await page.evaluate(() => {
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      const stream = await open(constraints);
      for (const track of stream.getAudioTracks()) {
        Object.defineProperty(track, 'muted', { value: true });
        setTimeout(() => track.dispatchEvent(new Event('unmute')), 2500);
      }
      return stream;
    };
  });
  await openStudio(page, { size: SIZE });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
  expect(await heard(page, 'interrupted')).toEqual({ reason: 'muted', device: 'microphone' });
  expect(await heard(page, 'resumed')).toEqual({ reason: 'muted', device: 'microphone' });
});

test('of two causes that stand at once each is over by itself', async ({ page }) => {
  await openCamera(page);
  const facts = await page.evaluate(async () => {
    const { studio, wait } = window;
    await studio.record();
    await wait(500);
    window.mute('audio', true);
    await wait(50);
    window.hide(true);
    await wait(300);
    window.mute('video', true);
    await wait(1200);
    const begun = window.told();
    window.hide(false);
    await wait(50);
    const back = window.told();
    window.mute('audio', false);
    await wait(50);
    const heard = window.told();
    window.mute('video', false);
    await wait(50);
    return { begun, back, heard, seen: window.told() };
  });
  expect(facts).toEqual({
    begun: [{ reason: 'muted', device: 'microphone', recording: true }, { reason: 'hidden' }, { reason: 'muted', device: 'camera' }],
    back: ['over: hidden'],
    heard: ['over: muted microphone'],
    seen: ['over: muted camera'],
  });
});

test('a microphone torn out leaves a take that goes on in silence, and says that it is missing', async ({ page }) => {
  await openCamera(page);
  const facts = await page.evaluate(async (microphone) => {
    const { studio, wait } = window;
    await studio.record();
    await wait(500);
    await window.numberedCameras.unplug(microphone);
    await wait(700);
    const state = studio.state;
    const taken = await studio.pause();
    return { state, told: window.told(), microphone: studio.camera.microphone, audio: taken[0]?.audio !== null, skew: taken[0]?.skew };
  }, MICROPHONE);
  expect(facts).toEqual({ state: 'recording', told: [{ reason: 'muted', device: 'microphone', recording: true }], microphone: 'missing', audio: true, skew: 0 });
});

test('a camera muted for a moment costs nothing, for longer it ends the take, and is back by itself', async ({ page }) => {
  await openCamera(page);
  const facts = await page.evaluate(async (front) => {
    const { studio, wait } = window;
    await studio.record();
    await wait(400);
    window.mute('video', true);
    await wait(500);
    window.mute('video', false);
    await wait(800);
    const moment = { state: studio.state, told: window.told() };
    window.mute('video', true);
    await window.numberedCameras.stall(front, 1800);
    await wait(1500);
    const longer = { state: studio.state, told: window.told(), segments: studio.draft.segments.length };
    window.mute('video', false);
    await wait(600);
    const back = window.told();
    await studio.record();
    await wait(300);
    return { moment, longer, back, kept: (await studio.pause()).length };
  }, FRONT);
  expect(facts).toEqual({
    moment: { state: 'recording', told: [] },
    longer: { state: 'preview', told: [{ reason: 'muted', device: 'camera' }], segments: 1 },
    back: ['over: muted camera'],
    kept: 1,
  });
});

test('a camera torn out ends the take, which is kept, and is told of once', async ({ page }) => {
  await openCamera(page);
  const facts = await page.evaluate(async (front) => {
    const { studio, wait } = window;
    await studio.record();
    await wait(700);
    await window.numberedCameras.unplug(front);
    await wait(800);
    return { state: studio.state, told: window.told(), segments: studio.draft.segments.length };
  }, FRONT);
  expect(facts).toEqual({ state: 'idle', told: [{ reason: 'device-lost' }], segments: 1 });
});

test('a record while the take of a lost camera is still being stored begins when that is done, and a pause takes it back', async ({ page }) => {
  await patchWorker(page, 'studio', `{
    const { flush } = VideoEncoder.prototype;
    const gate = new BroadcastChannel('gate');
    let open = Promise.resolve();
    let go = () => {};
    gate.onmessage = ({ data }) => {
      if (data === 'open') return go();
      open = new Promise((resolve) => (go = resolve));
      gate.postMessage('closed');
    };
    VideoEncoder.prototype.flush = async function () {
      await open;
      return flush.call(this);
    };
  }`);
  await openCamera(page);
  const facts = await page.evaluate(async ([front, back]) => {
    const { studio, wait } = window;
    const gate = new BroadcastChannel('gate');
    /** The camera is lost, and its take cannot be stored. */
    const tear = async () => {
      await studio.camera.start({ deviceId: back });
      await studio.record();
      await wait(500);
      const closed = new Promise((resolve) => (gate.onmessage = resolve));
      gate.postMessage('close');
      await closed;
      await window.numberedCameras.unplug(back);
      while (studio.state !== 'idle') await wait(10);
      window.numberedCameras.plug(back);
      await studio.camera.start({ deviceId: front });
    };
    const count = () => studio.draft.segments.length;
    await tear();
    const early = count();
    const began = studio.record({ minDuration: 1.5 });
    await wait(200);
    gate.postMessage('open');
    await began;
    // The least duration is the new take's own.
    const [next] = await studio.pause();
    await tear();
    const taken = studio.record().then(() => 'began', ({ code }: { code: string }) => code);
    const left = studio.pause();
    await wait(200);
    gate.postMessage('open');
    return { early, least: (next?.duration ?? 0) >= 1.5, taken: await taken, left: (await left).length, state: studio.state, takes: studio.draft.segments.map(({ take }) => take) };
  }, [FRONT, BACK] as const);
  expect(facts).toEqual({ early: 0, least: true, taken: 'aborted', left: 1, state: 'preview', takes: [1, 2, 3] });
});

test('a permission taken away while filming ends the take, which is kept', async ({ page, browser, baseURL }) => {
  await openCamera(page, false);
  const session = await page.context().newCDPSession(page);
  const { targetInfo } = await session.send('Target.getTargetInfo');
  const whole = await browser.newBrowserCDPSession();
  const permit = (name: string, setting: 'granted' | 'denied') => whole.send('Browser.setPermission', { permission: { name }, setting, origin: baseURL, browserContextId: targetInfo.browserContextId });
  const filmUntil = async (name: 'camera' | 'microphone') => {
    await page.evaluate(async () => {
      await window.studio.record();
      await window.wait(700);
    });
    await permit(name, 'denied');
    return page.evaluate(async () => {
      await window.wait(800);
      const { studio } = window;
      return { state: studio.state, told: window.told(), segments: studio.draft.segments.length, microphone: studio.camera.microphone };
    });
  };
  // Chromium ends what one request opened, all of it: the camera goes with the microphone, but can be had again.
  const deaf = await filmUntil('microphone');
  expect(deaf).toEqual({ state: 'idle', told: [{ reason: 'device-lost' }], segments: 1, microphone: 'denied' });
  // The tests' browser grants what is asked for anew.
  expect(await page.evaluate(async () => {
    await window.studio.camera.start();
    return window.studio.state;
  })).toBe('preview');
  expect(await filmUntil('camera')).toMatchObject({ state: 'idle', told: [{ reason: 'permission' }], segments: 2 });
});
