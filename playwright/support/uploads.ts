// A store of our own that a spec may kill, start again, slow down and make fail, and a page that uploads to it from another origin.

import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import type * as Onetake from 'onetake';
import { gotoBlank } from './studio.ts';

declare global {
  interface Window {
    up: Onetake.Upload;
    /** Of `up`, in order. */
    seen: Onetake.UploadProgress[];
    freshToken: () => Promise<string>;
  }
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const BLOCK = 4 << 20;

/** One request as the store saw it. `bytes`: of its body, as far as they came. `hit`: a fault answered it. */
export type Logged = { route: string; method: string; path: string; status: number; bytes: number; part?: number; uploadId?: string; hit?: boolean };
export type Rule = { route?: string; part?: number; skip?: number; count?: number; percent?: number; seed?: number; status?: number; error?: string; drop?: 'before' | 'body' | 'after'; bodyBytes?: number; delayMs?: number; bytesPerSecond?: number };

export class Kodo {
  address = '';
  readonly #folder: string;
  #child: ChildProcess | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Starts it, at the address of the time before if there was one. */
  async start(): Promise<void> {
    const port = this.address ? new URL(this.address).port : '0';
    const child = spawn(`${root}target/debug/onetake-kodo`, ['--port', port, '--root', `${root}www/dist`, '--store', this.#folder, '--test-faults'], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child = child;
    for await (const line of createInterface({ input: child.stdout })) {
      const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
      if (address) return void (this.address = address);
    }
    throw new Error('the store ended before it served anything');
  }

  /** As a power cut does. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  async token(policy: Record<string, unknown> = {}): Promise<string> {
    const { token } = (await this.#ask('token', 'POST', { scope: 'onetake', ...policy })) as { token: string };
    return token;
  }

  /** These rules and no others. */
  async faults(...rules: Rule[]): Promise<void> {
    await this.#ask('faults', 'DELETE');
    if (rules.length > 0) await this.#ask('faults', 'POST', rules);
  }

  /** Its clock goes so many seconds ahead. */
  async clock(offset: number): Promise<void> {
    await this.#ask('clock', 'POST', { offset });
  }

  async log(): Promise<Logged[]> {
    return ((await this.#ask('log', 'GET')) as { requests: Logged[] }).requests;
  }

  /** The log once nothing was added to it for a second: a request is in it when its body ended, and some lie in the sockets' memory. */
  async idle(): Promise<Logged[]> {
    for (let [log, before] = [await this.log(), -1]; ; before = log.length, log = await this.log()) {
      if (log.length === before) return log;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }

  async object(key: string): Promise<Buffer> {
    const answer = await fetch(`${this.address}/o/onetake/${encodeURIComponent(key)}`);
    if (!answer.ok) throw new Error(`${key}: ${answer.status}`);
    return Buffer.from(await answer.arrayBuffer());
  }

  async #ask(what: string, method: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(`${this.address}/_test/${what}`, { method, ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${what}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }
}

/** Kodo's name for a content, by the published rule and nothing of the product. */
export function qetag(path: string): string {
  const file = openSync(path, 'r');
  const block = Buffer.alloc(BLOCK);
  const sums: Buffer[] = [];
  for (let read = 0; (read = readSync(file, block)) > 0; ) sums.push(createHash('sha1').update(block.subarray(0, read)).digest());
  closeSync(file);
  const one = sums.length < 2;
  const sum = one ? (sums[0] ?? createHash('sha1').digest()) : createHash('sha1').update(Buffer.concat(sums)).digest();
  return Buffer.concat([Buffer.of(one ? 0x16 : 0x96), sum]).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

/** A file of so many bytes, no two blocks of it alike. */
export function makeFile(path: string, bytes: number, seed = 1): string {
  const file = openSync(path, 'w');
  const block = Buffer.alloc(1 << 20);
  let state = seed >>> 0;
  for (let at = 0; at < bytes; at += block.length) {
    for (let word = 0; word < block.length; word += 4) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      block.writeUInt32LE(state, word);
    }
    writeSync(file, block, 0, Math.min(block.length, bytes - at));
  }
  closeSync(file);
  return path;
}

/** The blank page with the package, a file input that holds `path`, and tokens that the store gives. */
export async function openUploadPage(page: Page, path?: string): Promise<void> {
  await gotoBlank(page);
  await page.evaluate(() => {
    document.body.append(Object.assign(document.createElement('input'), { type: 'file' }));
    window.seen = [];
  });
  if (path) await page.setInputFiles('input', path);
}

type Options = Omit<Onetake.UploadOptions, 'token' | 'signal' | 'onProgress'>;

/** Begins `window.up` with the file of the input. */
export async function begin(page: Page, options: Options): Promise<void> {
  await page.evaluate((given) => {
    const file = document.querySelector('input')?.files?.[0];
    if (!file) throw new Error('no file was chosen');
    window.up = window.onetake.upload(file, { ...given, token: () => window.freshToken(), onProgress: (progress) => void window.seen.push(progress) });
  }, options);
}

/** Goes on with the only upload that an earlier page left, and tells what a list showed of it. */
export async function goOn(page: Page): Promise<{ key: string | null; sent: number; total: number }> {
  return page.evaluate(async () => {
    const [pending, ...others] = await window.onetake.pendingUploads();
    if (!pending || others.length > 0) throw new Error(`${pending ? 1 + others.length : 0} uploads are pending`);
    const file = document.querySelector('input')?.files?.[0];
    window.up = pending.resume({ ...(file && { file }), token: () => window.freshToken(), onProgress: (progress) => void window.seen.push(progress) });
    return { key: pending.key, sent: pending.sent, total: pending.total };
  });
}

/** Waits until so many bytes are on their way or there. */
export async function until(page: Page, done: number): Promise<void> {
  await page.waitForFunction((bytes) => (window.seen.at(-1)?.done ?? 0) >= bytes, done, { timeout: 60_000, polling: 50 });
}

export type Outcome = { key: string; hash: string; resumedBytes: number; warnings: string[] } | { code: string; message: string };

export function outcome(page: Page): Promise<Outcome> {
  return page.evaluate(() => window.up.result.then(
    ({ key, hash, resumedBytes, warnings }) => ({ key, hash, resumedBytes, warnings }),
    (error: Onetake.OnetakeError) => ({ code: error.code, message: error.message }),
  ));
}

/** Bytes of parts that came again although the store had confirmed them. */
export function repeated(log: Logged[]): number {
  const confirmed = new Set<string>();
  let bytes = 0;
  for (const { route, status, uploadId, part, bytes: came } of log) {
    if (route !== 'part') continue;
    const name = `${uploadId} ${part}`;
    if (confirmed.has(name)) bytes += came;
    if (status === 200) confirmed.add(name);
  }
  return bytes;
}

export const sizeOf = (path: string): number => statSync(path).size;
