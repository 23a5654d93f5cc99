// Holds every page to the rule that pictures are closed by whoever takes them: Chrome's complaint about one that a worker did
// not close must never be heard, none that a script of the page made may be left open, and with its camera stopped a studio
// has none open.
//
// Complaints that name the page's own thread are no evidence. Measured with the kit's generated camera, whose writer is in a
// worker, and the readable of a processor on its track posted to another worker, the page blocked for 150 ms right after and
// four processes busy on two cores: 2, 2, 3 and 1 complaints in 40 handovers each, also where the worker reads only after the
// page has answered it. With the browser's own fake device: 0 in 200. With the generator and no processor: 0 in 180. No
// script of the page holds a picture at that time. So what its scripts make is counted here instead, one by one; a run of the
// suite says how many lines it passed over (passed-over.ts), and on the browser's own fake device none is (frames.spec.ts).
//
// With garbage collected by force a stop of the kit's camera also makes the browser name workers: sixty times started, flipped and
// torn out, 2 to 5 complaints, with and without a take. With every picture that a script of the studio's worker made or was given
// under watch, and in another run every one of the camera's writer, none of those was forgotten, while one forgotten on purpose
// was told: the browser complains of pictures between the two. So `spied` takes the watch's word (picture-spy.js).

import { readFileSync } from 'node:fs';
import type { BrowserContext, Page } from '@playwright/test';
import { expect } from './expect.ts';

declare global {
  interface Window {
    /** Pictures that each studio worker of the page said it has open; unknown until it says so again. */
    openPictures?: Map<Worker, number | undefined>;
    /** Pictures that scripts of the page made, and some of those that were closed or handed on since. */
    madePictures?: Set<VideoFrame>;
  }
}

/**
 * Runs `use` and then holds each page that it opened in this context to the rule, after `patience` milliseconds at the latest.
 * `every`: complaints that name a page's own thread count too. `spied`: those of workers count where a script there forgot a picture.
 * How many were passed over.
 */
export async function watchFrames(context: BrowserContext, use: () => Promise<void>, passed: () => boolean, { patience = 15_000, every = false, spied = false } = {}): Promise<number> {
  await context.addInitScript(listenToWorkers);
  await context.addInitScript(rememberPictures);
  if (spied) await context.route('**/workers/studio.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${SPY}\n${await response.text()}` });
  });
  const complaints: string[] = [];
  let passedOver = 0;
  const listen = async (page: Page) => {
    // Playwright hears of a worker only what its own script logs; the browser's words are in the log of the page's target.
    const session = await context.newCDPSession(page);
    session.on('Log.entryAdded', ({ entry }) => {
      if (!/garbage collected/.test(entry.text)) return;
      if (every || (entry.source !== 'javascript' && !spied)) complaints.push(`${entry.source}: ${entry.text}`);
      else passedOver += 1;
    });
    await session.send('Log.enable');
  };
  const crashed = new Set<Page>();
  const watch = (page: Page) => {
    page.on('crash', () => crashed.add(page));
    page.on('console', (message) => message.text().endsWith('was forgotten') && complaints.push(message.text()));
    void listen(page).catch(() => undefined); // it closed meanwhile
  };
  context.pages().forEach(watch);
  context.on('page', watch);
  await use();
  if (!passed()) return passedOver; // one failure at a time
  for (const page of context.pages().filter((one) => !crashed.has(one))) {
    await expectNoneOpen(page, patience);
    await expectNoneForgotten(page);
  }
  expect(complaints, 'pictures that nobody closed').toEqual([]);
  return passedOver;
}

const SPY = readFileSync(new URL('./picture-spy.js', import.meta.url), 'utf8');

/** Notes what the page's workers say, whoever holds their studio: an element keeps its own to itself. */
function listenToWorkers(): void {
  const open = (window.openPictures = new Map());
  const heard = new WeakSet<Worker>();
  const { postMessage, terminate } = Worker.prototype;
  Worker.prototype.postMessage = function (this: Worker, ...given: unknown[]) {
    if (!heard.has(this)) {
      heard.add(this);
      this.addEventListener('message', ({ data }) => data?.type === 'stats' && open.set(this, data.stats.openFrames));
    }
    Reflect.apply(postMessage, this, given);
  };
  Worker.prototype.terminate = function () {
    open.delete(this);
    terminate.call(this);
  };
}

/** Keeps what scripts of the page make until it is closed or handed on, so that nothing forgotten is collected unseen. */
function rememberPictures(): void {
  if (!('VideoFrame' in window)) return;
  const made = (window.madePictures = new Set<VideoFrame>());
  const keep = (frame: VideoFrame) => {
    // One that is closed, or was transferred, has no size any more.
    for (const one of made) if (one.codedWidth === 0) made.delete(one);
    made.add(frame);
    return frame;
  };
  const { clone } = VideoFrame.prototype;
  VideoFrame.prototype.clone = function (this: VideoFrame) {
    return keep(clone.call(this));
  };
  window.VideoFrame = new Proxy(VideoFrame, { construct: (target, given, kind) => keep(Reflect.construct(target, given, kind) as VideoFrame) });
}

/** Waits a moment: a picture that a track was given just now is closed by the track. */
async function expectNoneForgotten(page: Page): Promise<void> {
  const open = () => page.evaluate(() => [...(window.madePictures ?? [])].filter(({ codedWidth }) => codedWidth > 0).map(({ codedWidth, codedHeight, timestamp }) => `${codedWidth} x ${codedHeight} of ${timestamp}`));
  await expect.poll(open, { message: 'pictures that a script of the page made and left open', timeout: 3000 }).toEqual([]);
}

async function expectNoneOpen(page: Page, timeout: number): Promise<void> {
  const running = await page.evaluate(async () => {
    const { studio, openPictures, numberedCameras } = window;
    if (studio) {
      if (studio.state !== 'closed') await studio.camera.stop();
      return studio.state !== 'closed';
    }
    if (!openPictures || !numberedCameras || !document.querySelector('onetake-camera')) return false;
    for (const { deviceId } of await navigator.mediaDevices.enumerateDevices()) await numberedCameras.unplug(deviceId);
    for (const worker of openPictures.keys()) openPictures.set(worker, undefined);
    return true;
  });
  const counts = () => page.evaluate(() => (window.studio ? [window.studio.stats.openFrames] : [...(window.openPictures?.values() ?? [])].map((count) => count ?? 'unknown')));
  if (running) await expect.poll(async () => (await counts()).filter((count) => count !== 0), { message: 'open pictures of a studio without a camera', timeout }).toEqual([]);
}
