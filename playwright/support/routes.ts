// Makes a page take another way from camera to worker than this browser's best, through the package's switch for tests.
// Chromium's workers read no tracks, so for that way the page hands over a stream and a few lines in front of the worker's
// script make a track and its processor of it: what the product does on both sides is the same.

import type { Page } from '@playwright/test';

export type Route = 'readable' | 'track' | 'callback' | 'recorder';

export async function takeRoute(page: Page, capture: Route): Promise<void> {
  await page.addInitScript((route) => {
    Object.assign(globalThis, { onetakeForTests: { capture: route } });
  }, capture);
  if (capture !== 'track') return;
  await page.addInitScript(() => {
    const post = Worker.prototype.postMessage as (message: unknown, transfer: Transferable[]) => void;
    Worker.prototype.postMessage = function (this: Worker, message: { track?: MediaStreamTrack }, transfer: unknown) {
      if (!message?.track) return post.call(this, message, transfer as Transferable[]);
      const { readable } = new MediaStreamTrackProcessor({ track: message.track, maxBufferSize: 3 });
      return post.call(this, { ...message, track: { readable } }, [readable]);
    } as Worker['postMessage'];
  });
  await page.route('**/workers/studio.js', async (request) => {
    const response = await request.fetch();
    await request.fulfill({ response, body: `${WORKER}\n${await response.text()}` });
  });
}

declare const MediaStreamTrackProcessor: new (init: { track: MediaStreamTrack; maxBufferSize: number }) => { readable: ReadableStream };

/** A stopped track closes what its processor gives. */
const WORKER = `
self.MediaStreamTrackProcessor = class {
  constructor({ track, maxBufferSize }) {
    if (maxBufferSize !== 3) throw new TypeError('maxBufferSize is ' + maxBufferSize);
    const ending = new AbortController();
    const { readable, writable } = new TransformStream();
    track.readable.pipeTo(writable, { signal: ending.signal }).catch(() => undefined);
    track.ending = ending;
    this.readable = readable;
  }
};
self.addEventListener('message', ({ data }) => {
  if (data.track) data.track.stop = () => data.track.ending.abort();
});`;
