// Holds every page to the rule that pictures are closed by whoever takes them: Chrome's complaint about one that was not must
// never be heard, and with its camera stopped a studio has none open.

import { expect, type BrowserContext, type Page } from '@playwright/test';

declare global {
  interface Window {
    /** Pictures that each studio worker of the page said it has open; unknown until it says so again. */
    openPictures?: Map<Worker, number | undefined>;
  }
}

/** Runs `use` and then holds each page that it opened in this context to the rule. */
export async function watchFrames(context: BrowserContext, use: () => Promise<void>, passed: () => boolean): Promise<void> {
  await context.addInitScript(listenToWorkers);
  const complaints: string[] = [];
  const listen = async (page: Page) => {
    // Playwright hears of a worker only what its own script logs; the browser's words are in the log of the page's target.
    const session = await context.newCDPSession(page);
    session.on('Log.entryAdded', ({ entry }) => {
      if (/garbage collected/.test(entry.text)) complaints.push(`${entry.source}: ${entry.text}`);
    });
    await session.send('Log.enable');
  };
  const crashed = new Set<Page>();
  const watch = (page: Page) => {
    page.on('crash', () => crashed.add(page));
    void listen(page).catch(() => undefined); // it closed meanwhile
  };
  context.pages().forEach(watch);
  context.on('page', watch);
  await use();
  if (!passed()) return; // one failure at a time
  for (const page of context.pages().filter((one) => !crashed.has(one))) await expectNoneOpen(page);
  expect(complaints, 'pictures that nobody closed').toEqual([]);
}

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

async function expectNoneOpen(page: Page): Promise<void> {
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
  if (running) await expect.poll(async () => (await counts()).filter((count) => count !== 0), 'open pictures of a studio without a camera').toEqual([]);
}
