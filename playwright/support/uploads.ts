// A page that uploads to a store of our own from another origin, and what its files are.

import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import type { Page } from '@playwright/test';
import type * as Onetake from 'onetake';
import { Kodo, type Policy } from './kodo.ts';
import { gotoBlank } from './studio.ts';
import { expect, test as base } from './test.ts';

export { expect };
export { Kodo, type Logged, type Rule } from './kodo.ts';

declare global {
  interface Window {
    up: Onetake.Upload;
    /** Of `up`, in order. */
    seen: Onetake.UploadProgress[];
    freshToken: () => Promise<string>;
  }
}

const BLOCK = 4 << 20;

/**
 * `tokens`: all that the page was given: those that are `ready`, then more for `policy`. `said`: every address that it asked for and
 * every line of its consoles.
 */
export type Held = { kodo: Kodo; tokens: string[]; said: string[]; ready: string[]; policy: Policy };

/** `spare`: the store listens on two ports. */
export const test = base.extend<{ held: Held; spare: boolean }>({
  spare: [false, { option: true }],
  held: async ({ page, diskPage, spare }, use, info) => {
    const kodo = new Kodo(info.outputPath('store'), { spare });
    await kodo.start();
    const held: Held = { kodo, tokens: [], said: [], ready: [], policy: { expires: 3600 } };
    for (const one of [page, diskPage]) {
      await one.exposeFunction('freshToken', () => {
        const token = held.ready.shift() ?? kodo.token(held.policy);
        held.tokens.push(token);
        return token;
      });
      one.on('request', (request) => held.said.push(request.url()));
      one.on('console', (message) => held.said.push(message.text()));
      one.on('pageerror', (error) => held.said.push(String(error.stack)));
    }
    await use(held);
    await kodo.kill();
  },
});

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

export type Outcome = { key: string; hash: string; resumedBytes: number; warnings: Onetake.UploadWarning[] } | { code: string; message: string };

export function outcome(page: Page): Promise<Outcome> {
  return page.evaluate(() => window.up.result.then(
    ({ key, hash, resumedBytes, warnings }) => ({ key, hash, resumedBytes, warnings }),
    (error: Onetake.OnetakeError) => ({ code: error.code, message: error.message }),
  ));
}

export const sizeOf = (path: string): number => statSync(path).size;

/** Which halves of tokens a text holds: the signature, or the policy. */
export function secretsIn(tokens: string[], text: string): string[] {
  return tokens.flatMap((token) => token.split(':').slice(1)).filter((secret) => text.includes(secret));
}

/** Everything that the page has stored, bytes as Latin letters: records of uploads, and all the rest. */
export async function storedBy(page: Page): Promise<{ records: string; others: string }> {
  return page.evaluate(async () => {
    const others: string[] = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }), location.href, document.cookie];
    const records: string[] = [];
    const latin = (bytes: Uint8Array) => bytes.reduce((text, byte) => text + String.fromCharCode(byte), '');
    const plain = (_: string, value: unknown) => (value instanceof Uint8Array ? latin(value) : value instanceof ArrayBuffer ? latin(new Uint8Array(value)) : value);
    const done = <T>(request: IDBRequest<T>) => new Promise<T>((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: () => reject(request.error) }));
    for (const { name = '' } of await indexedDB.databases()) {
      const database = await done(indexedDB.open(name));
      for (const store of database.objectStoreNames) {
        const all = await done(database.transaction(store).objectStore(store).getAll());
        (name === 'onetake-uploads' ? records : others).push(JSON.stringify(all, plain));
      }
      database.close();
    }
    const walk = async (folder: FileSystemDirectoryHandle): Promise<void> => {
      for await (const entry of folder.values()) {
        if (entry.kind === 'directory') await walk(entry as FileSystemDirectoryHandle);
        else others.push(latin(new Uint8Array(await (await (entry as FileSystemFileHandle).getFile()).arrayBuffer())));
      }
    };
    await walk(await navigator.storage.getDirectory());
    return { records: records.join('\n'), others: others.join('\n') };
  });
}
