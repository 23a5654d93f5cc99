// How a studio and its camera begin and end: every call settles, with the take on disk and nothing left running.

import { BACK, FRONT, numberedDevices } from './support/camera.ts';
import { openBlankPage, openStudio } from './support/studio.ts';
import { expect, test } from './support/test.ts';
import type { Page } from '@playwright/test';

const SIZE = { width: 640, height: 360 };

declare global {
  interface Window {
    /** Every track that getUserMedia gave to the page. */
    tracks: MediaStreamTrack[];
    workers: Worker[];
    /** Every wake lock that the page was given. */
    locks: WakeLockSentinel[];
    /** While set, getUserMedia waits as it does while a prompt is open. */
    asking?: Promise<void> | undefined;
    answerPrompt: () => void;
    /** The code of a rejection, or what the call resolved to. */
    outcome(call: Promise<unknown>): Promise<unknown>;
  }
}

async function openPage(page: Page): Promise<void> {
  await openBlankPage(page, numberedDevices(SIZE));
  await page.evaluate(() => {
    window.tracks = [];
    window.locks = [];
    window.workers = [];
    const { Worker } = window;
    window.Worker = class extends Worker {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        window.workers.push(this);
      }
    };
    const { mediaDevices, wakeLock } = navigator;
    const open = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (constraints) => {
      await window.asking;
      const stream = await open(constraints);
      window.tracks.push(...stream.getTracks());
      return stream;
    };
    const request = wakeLock.request.bind(wakeLock);
    wakeLock.request = async (type) => {
      const lock = await request(type);
      window.locks.push(lock);
      return lock;
    };
    window.outcome = (call) => call.then((value) => value ?? 'done', (error: { code?: string }) => error.code ?? String(error));
  });
}

const openPrompt = (page: Page) => page.evaluate(() => {
  window.asking = new Promise<void>((resolve) => (window.answerPrompt = resolve));
});
const liveTracks = (page: Page) => page.evaluate(() => window.tracks.filter(({ readyState }) => readyState === 'live').map(({ kind }) => kind).sort());
const heldLocks = (page: Page) => page.evaluate(() => window.locks.filter(({ released }) => !released).length);
const state = (page: Page) => page.evaluate(() => window.studio.state);
const segments = (page: Page) => page.evaluate(() => window.studio.draft.segments.map(({ facing, audio, take }) => ({ facing, sound: audio !== null, take })));

test('use and flip open the camera when none was started', async ({ page }) => {
  await openPage(page);
  for (const [call, facing] of [['flip', 'environment'], ['use', 'environment'], ['start', 'user']] as const) {
    await openStudio(page, { size: SIZE, draft: `first-${call}` });
    await page.evaluate(async ([name, device]) => {
      const { camera } = window.studio;
      await (name === 'flip' ? camera.flip() : name === 'use' ? camera.use(device) : camera.start());
      await window.studio.record();
      await new Promise((resolve) => setTimeout(resolve, 400));
      await window.studio.pause();
    }, [call, BACK] as const);
    expect(await segments(page)).toEqual([{ facing, sound: true, take: expect.any(Number) }]);
    await page.evaluate(() => window.studio.close());
    expect(await liveTracks(page)).toEqual([]);
  }
});

test('stopping the camera ends the take, keeps it and leaves the studio idle', async ({ page }) => {
  await openPage(page);
  await openStudio(page, { size: SIZE });
  await page.evaluate(async () => {
    await window.studio.camera.start();
    await window.studio.record();
    await new Promise((resolve) => setTimeout(resolve, 700));
    await window.studio.camera.stop();
  });
  expect(await state(page)).toBe('idle');
  expect(await segments(page)).toHaveLength(1);
  expect(await liveTracks(page)).toEqual([]);
  await expect.poll(() => heldLocks(page)).toBe(0);
  expect(await page.evaluate(() => window.outcome(window.studio.record()))).toBe('camera_missing');
  // A camera that starts again films again.
  expect(await page.evaluate(async (device) => {
    await window.studio.camera.use(device);
    await window.studio.record();
    await new Promise((resolve) => setTimeout(resolve, 400));
    return (await window.studio.pause()).length;
  }, FRONT)).toBe(1);
  await page.evaluate(() => window.studio.camera.stop());
  expect(await state(page)).toBe('idle');
});

test('a record that cannot begin is refused, whatever took its camera', async ({ page }) => {
  await openPage(page);
  await openStudio(page, { size: SIZE });
  const outcomes = await page.evaluate(async (front) => {
    const { studio, outcome } = window;
    const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    await studio.camera.start();
    const stopped = outcome(studio.record({ countdown: 3 }));
    await wait(300);
    await studio.camera.stop();
    await studio.camera.start();
    const pending = outcome(studio.record());
    await studio.camera.stop();
    await studio.camera.start();
    const second = [outcome(studio.record({ countdown: 2 })), outcome(studio.record())];
    await wait(300);
    await window.numberedCameras.unplug(front);
    return { stopped: await stopped, pending: await pending, second: await Promise.all(second) };
  }, FRONT);
  expect(outcomes.stopped).toBe('aborted');
  expect(['aborted', 'done']).toContain(outcomes.pending);
  expect(outcomes.second).toEqual(['camera_missing', 'already_recording']);
  expect(await state(page)).toBe('idle');
  await expect.poll(() => heldLocks(page)).toBe(0);
});

test('a close does not wait for an open prompt, and nothing that is granted late stays live', async ({ page }) => {
  await openPage(page);
  await openStudio(page, { size: SIZE });
  await openPrompt(page);
  const closed = await page.evaluate(async () => {
    const started = window.outcome(window.studio.camera.start());
    await new Promise((resolve) => setTimeout(resolve, 100));
    await window.studio.close();
    const host = document.getElementById('host') as HTMLElement;
    const next = await window.onetake.Studio.open({ host });
    window.answerPrompt();
    window.asking = undefined;
    const outcomes = [await started, await window.outcome(window.studio.camera.start())];
    window.studio = next;
    return { outcomes, boxes: host.childElementCount };
  });
  expect(closed).toEqual({ outcomes: ['closed', 'closed'], boxes: 1 });
  expect(await liveTracks(page)).toEqual([]);
  await page.evaluate(() => window.studio.camera.start());
  expect(await liveTracks(page)).toEqual(['audio', 'video']);
});

test('a start that fails and a stream that is replaced leave no camera on', async ({ page }) => {
  await openPage(page);
  await openStudio(page, { size: SIZE });
  const outcomes = await page.evaluate(async (back) => {
    const { camera } = window.studio;
    const stream = await navigator.mediaDevices.getUserMedia({ video: true });
    const [mine] = stream.getVideoTracks();
    await camera.start({ stream });
    await camera.use(back);
    await window.studio.close();
    const kept = mine?.readyState;
    mine?.stop();
    window.studio = await window.onetake.Studio.open({ host: document.getElementById('host') as HTMLElement });
    const show = MediaStreamTrackProcessor;
    Object.assign(window, { MediaStreamTrackProcessor: class { constructor() { throw new TypeError('no'); } } });
    const failed = await window.studio.camera.start().then(() => 'done', () => 'failed');
    Object.assign(window, { MediaStreamTrackProcessor: show });
    const ended = await window.outcome(window.studio.camera.start({ stream }));
    return { kept, failed, ended };
  }, BACK);
  expect(outcomes).toEqual({ kept: 'live', failed: 'failed', ended: 'camera_missing' });
  expect(await liveTracks(page)).toEqual([]);
});

test('opens wait for each other on one host or draft, and give up when told to', async ({ page }) => {
  await openPage(page);
  await openStudio(page, { size: SIZE, draft: 'one' });
  const order = await page.evaluate(async () => {
    const { Studio } = window.onetake;
    const host = document.getElementById('host') as HTMLElement;
    const other = document.body.appendChild(document.createElement('div'));
    const order: string[] = [];
    const stop = new AbortController();
    const gone = [Studio.open({ host, draft: 'two', signal: stop.signal, locale: 'zh' }), Studio.open({ host: other, draft: 'one', signal: stop.signal, locale: 'zh' })];
    const sameHost = Studio.open({ host, draft: 'three' }).then((studio) => (order.push('opened'), studio));
    setTimeout(() => stop.abort(), 100);
    for (const call of gone) await call.catch(({ code, hint }: { code: string; hint: string }) => order.push(`${code} ${hint.startsWith('已取消')}`));
    const first = window.studio.close().then(() => order.push('closed'));
    const second = window.studio.close().then(() => order.push('closed'));
    order.push('closing');
    await Promise.all([first, second]);
    const next = await sameHost;
    order.push(`boxes ${host.childElementCount}`);
    await next.close();
    await (await Studio.open({ host: other, draft: 'one' })).close();
    return order;
  });
  expect(order).toEqual(['aborted true', 'aborted true', 'closing', 'closed', 'closed', 'opened', 'boxes 1']);
});

test('a close while recording keeps the take, and the screen may sleep again', async ({ page }) => {
  await openPage(page);
  await openStudio(page, { size: SIZE });
  const kept = await page.evaluate(async () => {
    const { studio, outcome } = window;
    await studio.camera.start();
    const stop = new AbortController();
    const first = outcome(studio.record({ signal: stop.signal }));
    stop.abort();
    await first;
    await studio.record();
    await new Promise((resolve) => setTimeout(resolve, 700));
    await studio.close();
    const after = await Promise.all([outcome(studio.record()), outcome(studio.pause()), outcome(studio.camera.flip())]);
    window.studio = await window.onetake.Studio.open({ host: document.getElementById('host') as HTMLElement });
    return { after, recovered: window.studio.draft.segments.map((segment) => segment.recovered) };
  });
  expect(kept).toEqual({ after: ['closed', 'closed', 'closed'], recovered: [false] });
  expect(await liveTracks(page)).toEqual([]);
  await expect.poll(() => heldLocks(page)).toBe(0);
});

test('an open that is refused leaves no worker behind', async ({ page }) => {
  await openPage(page);
  const facts = await page.evaluate(async () => {
    let running = 0;
    const { Worker: Real } = window;
    window.Worker = class extends Real {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        running += 1;
      }
      override terminate(): void {
        running -= 1;
        super.terminate();
      }
    };
    const host = document.getElementById('host') as HTMLElement;
    const open = () => window.outcome(window.onetake.Studio.open({ host, draft: 'taken', signal: AbortSignal.timeout(10_000) }));
    let leave = () => {};
    await new Promise<void>((held) => void navigator.locks.request('onetake-draft-taken', () => new Promise<void>((over) => (held(), (leave = over)))));
    const refused = await open();
    const left = running;
    leave();
    return { refused, left };
  });
  expect(facts).toEqual({ refused: 'draft_busy', left: 0 });
});

test('a worker that dies is replaced: takes stay, figures go on, and the camera still runs', async ({ page }) => {
  await openPage(page);
  await openStudio(page, { size: SIZE });
  const facts = await page.evaluate(async () => {
    const { studio } = window;
    const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    const take = async () => {
      await studio.record();
      await wait(700);
      await studio.pause();
      await wait(300);
      return studio.stats;
    };
    await studio.camera.start();
    const before = await take();
    const { segments } = studio.draft;
    const resumed = new Promise((resolve) => studio.on('resumed', resolve));
    window.workers.at(-2)?.dispatchEvent(new ErrorEvent('error', { message: 'killed by a test' }));
    await resumed;
    const same = studio.draft.segments === segments;
    await wait(300);
    const between = studio.stats;
    const after = await take();
    return { same, state: studio.state, encoded: [before.encoded, between.encoded, after.encoded], frames: studio.draft.segments.map(({ frames }) => frames) };
  });
  const [first = 0, second = 0] = facts.frames;
  expect(facts).toEqual({ same: true, state: 'preview', encoded: [first, first, first + second], frames: [first, second] });
  expect(second).toBeGreaterThan(0);
});

test('a camera that the next worker cannot have is let go, and one that is started then is not', async ({ page }) => {
  await openPage(page);
  await openStudio(page, { size: SIZE });
  const facts = await page.evaluate(async () => {
    const { studio, outcome } = window;
    await studio.camera.start({ facing: 'user' });
    const Real = MediaStreamTrackProcessor;
    Object.assign(window, { MediaStreamTrackProcessor: class { constructor() { throw new TypeError('of the test'); } } });
    const started = new Promise<unknown>((resolve) => {
      studio.on('error', () => {
        Object.assign(window, { MediaStreamTrackProcessor: Real });
        resolve(outcome(studio.camera.start({ facing: 'environment' })));
      });
    });
    window.workers.at(-2)?.dispatchEvent(new ErrorEvent('error', { message: 'killed by a test' }));
    const start = await started;
    // In turn: whatever else was to happen to the camera has happened.
    await outcome(studio.camera.photo());
    await outcome(studio.camera.photo());
    const { state, camera } = studio;
    await studio.record();
    await new Promise((resolve) => setTimeout(resolve, 400));
    return { start, state, facing: camera.facing, kept: (await studio.pause()).length };
  });
  expect(facts).toEqual({ start: 'done', state: 'preview', facing: 'environment', kept: 1 });
  expect(await liveTracks(page)).toEqual(['audio', 'video']);
});

test('an open draft is not deleted, a closed one is', async ({ page }) => {
  await openPage(page);
  await openStudio(page, { size: SIZE, draft: 'kept' });
  const remove = () => page.evaluate(() => window.outcome(window.onetake.deleteDraft('kept')));
  expect(await remove()).toBe('draft_busy');
  await page.evaluate(() => window.studio.close());
  expect(await remove()).toBe('done');
});
