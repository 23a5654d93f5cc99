// Drives the npm package in a blank page: opening a Studio, stalling the main thread, bringing a Blob out of the page.
// Specs read like a user's program; this file holds what such a program would not care about.

import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import type { JSHandle, Page } from '@playwright/test';
import type * as Onetake from 'onetake';
import { installCameras, type CameraOptions } from './camera.ts';

declare global {
  interface Window {
    /** The package, loaded by openBlankPage. */
    onetake: typeof Onetake;
    studio: Onetake.Studio;
    /** Events of the studio in order, as plain data. */
    heard: { event: string; value: unknown }[];
    films: Onetake.Film[];
    /** A stream that a spec opened by itself. */
    stream: MediaStream;
    stopStall?: () => void;
    /** For how long stalls have blocked the page, seconds. */
    stalled?: number;
  }
}

/** A page of the server's origin with nothing in it but a host for the preview, the cameras installed and the package loaded. */
export async function openBlankPage(page: Page, cameras: CameraOptions | null): Promise<void> {
  if (cameras) await installCameras(page, cameras);
  await gotoBlank(page);
}

/** Loads, or loads again, the blank page: what a user does with the reload button. */
export async function gotoBlank(page: Page): Promise<void> {
  const body = '<!doctype html><html lang="en"><title>blank</title><body style="margin:0"><div id="host" style="width:360px;height:640px"></div></body></html>';
  const route = '**/blank-for-tests.html';
  await page.route(route, (request) => request.fulfill({ contentType: 'text/html', body }));
  await page.goto('/blank-for-tests.html');
  await page.unroute(route); // no request of the product passes through the test runner
  await page.evaluate(async () => {
    const address = '/pkg/index.js';
    window.onetake = await import(address) as typeof Onetake;
    window.heard = [];
    window.films = [];
  });
}

/** Runs `code` in each worker of this name before the product's own script does; call it before the package is loaded. */
export async function patchWorker(page: Page, name: 'studio' | 'store', code: string): Promise<void> {
  await page.route(`**/workers/${name}.js`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${code}\n${await response.text()}` });
  });
}

type Options = Omit<Onetake.StudioOptions, 'host' | 'signal'>;

/** Opens `window.studio` on the host and writes its events down in `window.heard`. */
export async function openStudio(page: Page, options: Options = {}): Promise<void> {
  await page.evaluate(async (given) => {
    const host = document.getElementById('host');
    if (!host) throw new Error('the blank page has no host');
    window.studio = await window.onetake.Studio.open({ host, ...given });
    const events = ['state', 'segment', 'drop', 'interrupted', 'resumed', 'recovered', 'storage', 'error', 'camera'] as const;
    for (const event of events) {
      window.studio.on(event, (value: unknown) => {
        const plain = value instanceof Error ? { ...value, message: value.message, code: (value as { code?: string }).code } : value;
        window.heard.push({ event, value: JSON.parse(JSON.stringify(plain ?? null)) as unknown });
      });
    }
  }, options);
}

/** Records one take of about this many seconds and returns its segments. */
export async function recordTake(page: Page, seconds: number): Promise<Onetake.Segment[]> {
  await page.evaluate(() => window.studio.record());
  await page.waitForTimeout(seconds * 1000);
  return page.evaluate(async () => [...await window.studio.pause()]);
}

/** Waits until the studio has told of an event, and returns its first value. */
export async function heard<E extends keyof Onetake.StudioEvents>(page: Page, event: E, timeout = 10_000): Promise<Onetake.StudioEvents[E]> {
  await page.waitForFunction((name) => window.heard.some((entry) => entry.event === name), event, { timeout });
  return page.evaluate((name) => window.heard.find((entry) => entry.event === name)?.value as never, event);
}

/** Exports the draft, keeps the film in `window.films` and writes it to `path`. */
export async function exportFilm(page: Page, path: string): Promise<ExportedFilm> {
  const film = await page.evaluateHandle(async () => {
    const made = await window.studio.export();
    window.films.push(made);
    return made;
  });
  const facts = await film.evaluate(({ duration, size, report, file }) => ({ duration, size, report, bytes: file.size, type: file.type }));
  await saveBlob(await film.evaluateHandle(({ file }) => file), path);
  await film.dispose();
  return { path, ...facts };
}
export type ExportedFilm = { path: string; duration: number; size: Onetake.Size; report: Onetake.Film['report']; bytes: number; type: string };

/** Writes a Blob of the page to disk, piece by piece. */
export async function saveBlob(blob: JSHandle<Blob>, path: string): Promise<void> {
  const sink = createWriteStream(path);
  const size = await blob.evaluate(({ size }) => size);
  const piece = 3 << 20;
  for (let at = 0; at < size; at += piece) {
    const text = await blob.evaluate(async (whole, [from, to]) => {
      const reader = new FileReader();
      await new Promise((resolve, reject) => {
        reader.onload = resolve;
        reader.onerror = () => reject(reader.error);
        reader.readAsDataURL(whole.slice(from, to));
      });
      return String(reader.result).replace(/^[^,]*,/, '');
    }, [at, at + piece] as const);
    if (!sink.write(Buffer.from(text, 'base64'))) await once(sink, 'drain');
  }
  sink.end();
  await once(sink, 'close');
}

/** Blocks the page's main thread for `ms` of each second, until stopStalls. */
export async function startStalls(page: Page, ms = 300): Promise<void> {
  await page.evaluate((length) => {
    const timer = setInterval(() => {
      const start = performance.now();
      while (performance.now() < start + length);
      window.stalled = (window.stalled ?? 0) + (performance.now() - start) / 1000;
    }, 1000);
    window.stopStall = () => clearInterval(timer);
  }, ms);
}

export async function stopStalls(page: Page): Promise<void> {
  await page.evaluate(() => window.stopStall?.());
}

/** What a `<video>` of the same page makes of a film: duration, seekable end, how far it plays (`speed` times as fast), and its error. */
export async function playInPage(page: Page, film: JSHandle<Onetake.Film>, { seekTo, speed = 4 }: { seekTo?: number; speed?: number } = {}): Promise<Playback> {
  return film.evaluate(async ({ file }, [target, rate]) => {
    const video = document.createElement('video');
    video.muted = true;
    video.playsInline = true;
    video.src = URL.createObjectURL(file);
    video.defaultPlaybackRate = rate; // the one that loading sets
    document.body.append(video);
    const next = (name: string) => new Promise<void>((resolve, reject) => {
      video.addEventListener(name, () => resolve(), { once: true });
      video.addEventListener('error', () => reject(new Error(`video: ${video.error?.code} ${video.error?.message}`)), { once: true });
    });
    const result = { duration: NaN, seekable: NaN, width: 0, height: 0, played: 0, error: '' };
    try {
      await next('loadedmetadata');
      Object.assign(result, { duration: video.duration, width: video.videoWidth, height: video.videoHeight });
      if (target !== undefined) {
        const sought = next('seeked');
        video.currentTime = target;
        await sought;
      }
      const ended = next('ended');
      await video.play();
      await ended;
      result.seekable = video.seekable.length > 0 ? video.seekable.end(video.seekable.length - 1) : NaN;
      result.played = video.currentTime;
    } catch (error) {
      result.error = String(error);
    }
    URL.revokeObjectURL(video.src);
    video.remove();
    return result;
  }, [seekTo, speed] as const);
}
export type Playback = { duration: number; seekable: number; width: number; height: number; played: number; error: string };

/** The latest film of the page. */
export function latestFilm(page: Page): Promise<JSHandle<Onetake.Film>> {
  return page.evaluateHandle(() => {
    const film = window.films.at(-1);
    if (!film) throw new Error('no film was exported on this page');
    return film;
  });
}

/**
 * Lets the camera run for a moment, as it does before a user's first press. A recorder learns how its clocks lie to each
 * other from the smallest delays it sees; a dozen frames on a busy machine tell it little, 2 s tell it within 0.1 ms. Where
 * nobody asks how the sound lies to the picture a quarter of that will do.
 */
export function settleClocks(page: Page, milliseconds = 2000): Promise<void> {
  return page.waitForTimeout(milliseconds);
}

/** A pause of 0.3 to 1.5 s, as a user makes it. */
export function randomPause(page: Page): Promise<void> {
  return page.waitForTimeout(300 + Math.random() * 1200);
}
