// The words between the container bench and its contestants, and how one of them runs: a fresh browser with a profile on
// disk, a cross-origin isolated page, the same files chosen through <input type=file>, one call on a small file, one call
// for its memory and its output, then the timed calls. It knows no contestant by name.

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join as joinPath } from 'node:path';
import type { CDPSession, Page } from '@playwright/test';
import { launchProfile, type Profile } from '../support/chrome.ts';
import { Memory, type Extra } from './memory.ts';

/** What a page's contestant can be asked. Runs in the page; all of it is timed. */
export interface Contest {
  /** One film of all files, in order. */
  join(files: File[]): Promise<Made>;
  /** The key frame that shows at or before `seconds`, without decoding. */
  openAndSeek(file: File, seconds: number): Promise<Found>;
  /** From the key frame at or before `start` up to `end` seconds, or exactly so by an edit list. */
  trim(file: File, range: { start: number; end: number }): Promise<Made>;
  /** An in-memory film of synthetic units. */
  mux(units: Units): Promise<Made>;
}
export type Operation = keyof Contest;
export type Made = { data: Blob | ArrayBuffer; release?: () => unknown };
/** Seconds of the film; null where the contestant finds no sample. */
export type Found = { timestamp: number; key: boolean } | null;

/** `video.count` units at `fps`, a key unit each `fps`; `audio.count` Opus packets of 20 ms. `data[i % data.length]` is unit i. */
export type Units = {
  fps: number; width: number; height: number; codec: string; avcC: Uint8Array<ArrayBuffer>; opusHead: Uint8Array<ArrayBuffer>;
  video: { count: number; keys: Uint8Array<ArrayBuffer>[]; deltas: Uint8Array<ArrayBuffer>[] };
  audio: { count: number; data: Uint8Array<ArrayBuffer>[] };
};
export type MuxPlan = { avcC: number[]; videoUnits: number; videoBytes: number; audioUnits: number; audioBytes: number };

export type Contestant = {
  name: string;
  /** What the rows say instead of a figure, where the contestant has no such operation. */
  absent: Partial<Record<Operation, string>>;
  /** Address below /peer/ -> folder. */
  folders?: Record<string, string>;
  /** Loads the contestant into the page and sets `window.contestant`. */
  install(page: Page): Promise<void>;
};

/** Absolute paths for the input, the arguments that are not files, and how often the small files are done before, where not four times. */
export type Task = { operation: Operation; small: string[]; files: string[]; seconds: number; warmCalls?: number; range: { start: number; end: number }; plan: MuxPlan };
/** Milliseconds: until the promise fulfils, and until the last byte of the result has also been read. */
export type Lap = { ms: number; readable: number; bytes: number; found: Found };
export type Result = { laps: Lap[]; extra: Extra | null; output: string | null; failure: string | null };

declare global {
  interface Window {
    contestant: Partial<Contest>;
    units: Units;
    made: { blob: Blob; release?: (() => unknown) | undefined } | null;
  }
}

const TIME_LIMIT = 180_000;
const WARM_CALLS = 4;
const isolated = {
  'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'credentialless', 'Cross-Origin-Resource-Policy': 'same-origin',
};

/**
 * One contestant at one task, in its own browser: `enter`, `runs` times `next`, `leave`. Entrants take their turns round
 * about, so that a machine which slows down slows all of them. A failure is a result too and ends its runs.
 */
export class Entrant {
  readonly result: Result = { laps: [], extra: null, output: null, failure: null };
  #browser: { profile: Profile; page: Page; session: CDPSession } | null = null;
  readonly #task: Task;

  private constructor(task: Task) {
    this.#task = task;
  }

  /** Loads the contestant, calls it once on the small files and once on the real ones: that call gives memory and output. */
  static async enter(contestant: Contestant, task: Task, { baseURL, path }: { baseURL: string; path: string }): Promise<Entrant> {
    const entrant = new Entrant(task);
    const profile = await launchProfile({ baseURL });
    const page = profile.context.pages()[0] ?? await profile.context.newPage();
    const session = await profile.context.newCDPSession(page);
    entrant.#browser = { profile, page, session };
    await entrant.#attempt(async () => {
      await openContestPage(page, contestant);
      await contestant.install(page);
      await prepare(page, task, task.small, 100);
      // Several calls on some of the files: code is loaded, and what runs often is compiled once more; no cost of this call.
      for (let call = 0; call < (task.warmCalls ?? WARM_CALLS); call += 1) await lap(page, task, { small: true });
      await page.unrouteAll(); // from here on no request passes through the test runner
      await prepare(page, task, task.files, 1);
      await collect(page, session);
      const memory = new Memory(profile.folder);
      memory.mark();
      const first = await lap(page, task);
      entrant.result.extra = memory.extra();
      if (first.bytes > 0) entrant.result.output = await download(page, path);
      await collect(page, session);
    });
    return entrant;
  }

  /** One timed call more. */
  async next(): Promise<void> {
    await this.#attempt(async () => {
      if (!this.#browser) throw new Error('the entrant has left');
      const { page, session } = this.#browser;
      this.result.laps.push(await lap(page, this.#task));
      await collect(page, session);
    });
  }

  async leave(): Promise<void> {
    await this.#browser?.profile.close();
    this.#browser = null;
  }

  async #attempt(step: () => Promise<void>): Promise<void> {
    if (this.result.failure !== null) return;
    try {
      await step();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.result.failure = text.split('\n')[0]?.replace(/^page\.evaluate: /, '') ?? 'unknown';
      await this.leave();
    }
  }
}

/** The folder of an installed package, whatever its `exports` say. */
export function packageFolder(name: string): string {
  const folder = (createRequire(import.meta.url).resolve.paths(name) ?? []).map((place) => joinPath(place, name)).find((place) => existsSync(joinPath(place, 'package.json')));
  if (!folder) throw new Error(`${name} is not installed: npm install`);
  return folder;
}

export function packageVersion(name: string): string {
  return (JSON.parse(readFileSync(joinPath(packageFolder(name), 'package.json'), 'utf8')) as { version: string }).version;
}

async function openContestPage(page: Page, contestant: Contestant): Promise<void> {
  const body = '<!doctype html><html lang="en"><title>bench</title><body><input type="file" multiple></body></html>';
  await page.route('**/bench-mp4.html', (route) => route.fulfill({ contentType: 'text/html', headers: isolated, body }));
  for (const [address, folder] of Object.entries(contestant.folders ?? {})) {
    await page.route(`**/peer/${address}/**`, (route) => {
      const file = new URL(route.request().url()).pathname.slice(`/peer/${address}/`.length);
      return route.fulfill({ contentType: file.endsWith('.wasm') ? 'application/wasm' : 'text/javascript', headers: isolated, path: joinPath(folder, file) });
    });
  }
  await page.goto('/bench-mp4.html');
  if (!await page.evaluate(() => crossOriginIsolated)) throw new Error('the page is not cross-origin isolated');
}

/** Chooses the files, or makes the units (one in `part` of them), before any clock runs. */
async function prepare(page: Page, { operation, plan }: Task, files: string[], part: number): Promise<void> {
  if (operation !== 'mux') return page.locator('input').setInputFiles(files);
  return page.evaluate(({ plan: { avcC, videoUnits, videoBytes, audioUnits, audioBytes }, divisor }) => {
    const noise = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));
    const picture = (header: number) => {
      const unit = noise(videoBytes); // one NAL unit behind its length, as avc1 wants it
      new DataView(unit.buffer).setUint32(0, videoBytes - 4);
      unit[4] = header;
      return unit;
    };
    const several = <T>(make: () => T) => Array.from({ length: 61 }, make);
    const profile = avcC.slice(1, 4).map((byte) => byte.toString(16).padStart(2, '0')).join('');
    window.units = {
      fps: 30, width: 1920, height: 1080, codec: `avc1.${profile}`, avcC: new Uint8Array(avcC),
      opusHead: new Uint8Array([...new TextEncoder().encode('OpusHead'), 1, 2, 56, 1, 128, 187, 0, 0, 0, 0, 0]),
      video: { count: videoUnits / divisor, keys: several(() => picture(0x65)), deltas: several(() => picture(0x41)) },
      audio: { count: audioUnits / divisor, data: several(() => noise(audioBytes)) },
    };
  }, { plan, divisor: part });
}

/** One timed call. The last byte is read so that a Blob that is still on its way is seen. */
async function lap(page: Page, { operation, seconds, range }: Task, { small = false } = {}): Promise<Lap> {
  const times = small ? { seconds: 1, range: { start: 0.5, end: 1.5 } } : { seconds, range };
  const call = page.evaluate(async ({ name, at, part }) => {
    const files = [...document.querySelector('input')?.files ?? []];
    const file = files[0] as File;
    const task = window.contestant;
    const before = performance.now();
    try {
      if (name === 'openAndSeek') {
        const found = await task.openAndSeek?.(file, at) ?? null;
        const ms = performance.now() - before;
        return { ms, readable: ms, bytes: 0, found };
      }
      const made = name === 'join' ? await task.join?.(files) : name === 'trim' ? await task.trim?.(file, part) : await task.mux?.(window.units);
      const ms = performance.now() - before;
      if (!made) throw new Error(`the contestant has no ${name}`);
      const blob = made.data instanceof Blob ? made.data : new Blob([made.data]);
      await blob.slice(-1).arrayBuffer();
      const readable = performance.now() - before;
      window.made = { blob, release: made.release };
      return { ms, readable, bytes: blob.size, found: null };
    } catch (error) {
      const { code, message } = error as { code?: unknown; message?: unknown };
      const text = String(message ?? error);
      return { problem: typeof code !== 'string' || text.startsWith(code) ? text : `${code}: ${text}` };
    }
  }, { name: operation, at: times.seconds, part: times.range });
  const answer = await withinTime(call);
  if ('problem' in answer) throw new Error(answer.problem);
  return answer;
}

/** Lets the result go and collects garbage, so that no call pays for the one before it. */
async function collect(page: Page, session: CDPSession): Promise<void> {
  await page.evaluate(async () => {
    await window.made?.release?.();
    window.made = null;
  });
  await session.send('HeapProfiler.collectGarbage');
}

async function download(page: Page, path: string): Promise<string> {
  const [file] = await Promise.all([
    page.waitForEvent('download', { timeout: TIME_LIMIT }),
    page.evaluate(() => {
      const link = document.createElement('a');
      link.href = URL.createObjectURL(window.made?.blob ?? new Blob());
      link.download = 'film.mp4';
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    }),
  ]);
  await file.saveAs(path);
  return path;
}

async function withinTime<T>(call: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${TIME_LIMIT / 1000} s`)), TIME_LIMIT);
  });
  return Promise.race([call, limit]).finally(() => clearTimeout(timer));
}
