// The contestants of the upload bench, each with the part size and the concurrency that it ships with. Only where to send and the
// token are told: both know the host, so that neither asks for a region. Qiniu's statistics of its users are off.

import { readFileSync } from 'node:fs';
import type * as Onetake from 'onetake';
import type { Bare } from './bare.ts';
import { packageFolder, packageVersion } from './contest.ts';

export type Ask = { key: string; token: string; address: string };
/** Milliseconds from the call to the answer, as the page sees them, and the store's hash of what it has. */
export type Sent = { ms: number; hash: string; failure: string | null };

export type Uploader = {
  name: string;
  /** What it does of itself. */
  defaults: string;
  /** Loads it into a page of another origin than the store's. */
  open(page: Bare): Promise<void>;
  /** Sends the file of the page's input. */
  send(page: Bare, ask: Ask): Promise<Sent>;
};

const onetake: Uploader = {
  name: 'onetake',
  defaults: 'parts of 4 MiB, up to 8 at a time',
  open: (page) => page.evaluate(async () => {
    const address = '/pkg/index.js';
    window.onetake = await import(address) as typeof Onetake;
  }, null),
  send: (page, ask) => page.evaluate(async ({ key, token, address }) => {
    const file = document.querySelector('input')?.files?.[0] as File;
    const before = performance.now();
    try {
      const { hash } = await window.onetake.upload(file, { key, token, endpoints: [address] }).result;
      return { ms: performance.now() - before, hash, failure: null };
    } catch (error) {
      return { ms: performance.now() - before, hash: '', failure: String((error as { code?: unknown }).code ?? error) };
    }
  }, ask),
};

const qiniu: Uploader = {
  name: `qiniu-js ${packageVersion('qiniu-js')}`,
  defaults: 'parts of 4 MiB, 3 at a time',
  open: async (page) => void await page.run(`${readFileSync(`${packageFolder('qiniu-js')}/dist/qiniu.min.js`, 'utf8')};0`),
  send: (page, ask) => page.evaluate(({ key, token, address }) => {
    const file = document.querySelector('input')?.files?.[0] as File;
    const before = performance.now();
    const config = { uphost: [new URL(address).host], upprotocol: 'http', disableStatisticsReport: true };
    return new Promise<{ ms: number; hash: string; failure: string | null }>((resolve) => {
      const end = (hash: string, failure: string | null) => resolve({ ms: performance.now() - before, hash, failure });
      window.qiniu.upload(file, key, token, { fname: file.name }, config).subscribe({
        next: () => undefined,
        error: ({ name, code }) => end('', `${name} ${code ?? 0}`),
        complete: ({ hash }) => end(String(hash), null),
      });
    });
  }, ask),
};

export const uploaders = [onetake, qiniu] as const;
