// An embedded store of a spec's own: a server on free ports that a spec may kill, start again, slow down and make fail; its
// log, and tokens signed by Qiniu's own package.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Qiniu's package for node. Its module is CommonJS behind types of an ES module. */
export const qiniu = createRequire(import.meta.url)('qiniu') as typeof import('qiniu');

const root = fileURLToPath(new URL('../../', import.meta.url));

/** One request as the store saw it. `bytes`: of its body, as far as they came. `hit`: a fault answered it. */
export type Logged = {
  route: string; method: string; path: string; port: number; status: number; bytes: number;
  part: number | null; uploadId: string | null; hit: boolean;
};

/** A fault of `/_test/faults`; every field narrows or says what goes wrong. */
export type Rule = {
  route?: string; port?: number; part?: number; skip?: number; count?: number; percent?: number; seed?: number;
  status?: number; error?: string; drop?: 'before' | 'body' | 'after'; bodyBytes?: number; delayMs?: number; bytesPerSecond?: number; truncate?: number;
};

/** A put policy as Qiniu's package takes it. */
export type Policy = { scope?: string; expires?: number } & Record<string, string | number>;

export class Kodo {
  /** With scheme. */
  address = '';
  /** Of this run: the secret key lives as long as the process. */
  keys = { accessKey: '', secretKey: '' };
  readonly #folder: string;
  readonly #hasSpare: boolean;
  #hosts: string[] = [];
  #offset = 0;
  #child: ChildProcess | undefined;

  /** `folder`: what it keeps; made where it is missing. With `spare` it listens on two ports. */
  constructor(folder: string, { spare = false } = {}) {
    this.#folder = folder;
    this.#hasSpare = spare;
  }

  /** Starts it, at the ports of the time before if there was one. */
  async start(): Promise<void> {
    const [port, spare] = [this.main, this.spare].map((host) => host.split(':')[1] ?? '0') as [string, string];
    const keys = `${this.#folder}-keys.json`;
    // A bench measures clients, and wants a store that is not what they wait for.
    const child = spawn(process.env['ONETAKE_STORE'] ?? `${root}target/debug/onetake-kodo`, [
      '--port', port, ...(this.#hasSpare ? ['--backup-port', spare] : []), '--root', `${root}www/dist`, '--store', this.#folder,
      '--write-keys', keys, '--test-faults',
    ], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child = child;
    const hosts: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      const host = /http:\/\/(127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (host) hosts.push(host);
      if (hosts.length > Number(this.#hasSpare)) break;
    }
    if (hosts.length === 0) throw new Error('the store ended before it served anything');
    this.#hosts = hosts;
    this.address = `http://${this.main}`;
    this.keys = JSON.parse(readFileSync(keys, 'utf8')) as Kodo['keys'];
  }

  /** As a power cut does. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    this.#offset = 0;
    if (!child || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** `host:port` of the main and the spare listener. */
  get main(): string {
    return this.#hosts[0] ?? '';
  }

  get spare(): string {
    return this.#hosts[1] ?? '';
  }

  port(host: string): number {
    return Number(host.split(':')[1]);
  }

  /** A token for this policy; valid for 30 days by the store's clock unless it says otherwise (`expires`, seconds). */
  token({ expires = 30 * 86_400, ...policy }: Policy = {}): string {
    const { accessKey, secretKey } = this.keys;
    const put = new qiniu.rs.PutPolicy({ scope: 'onetake', expires: expires + this.#offset, ...policy });
    return put.uploadToken(new qiniu.auth.digest.Mac(accessKey, secretKey));
  }

  /** These rules and no others. */
  async faults(...rules: Rule[]): Promise<void> {
    await this.#ask('DELETE', 'faults');
    if (rules.length > 0) await this.#ask('POST', 'faults', rules);
  }

  /** Ends all bodies that are on their way, without an answer. */
  async cut(): Promise<void> {
    await this.#ask('POST', 'cut');
  }

  /** Its clock goes so many seconds ahead. */
  async clock(offset: number): Promise<void> {
    this.#offset = offset;
    await this.#ask('POST', 'clock', { offset });
  }

  /** What came, preflights too. */
  async log(): Promise<Logged[]> {
    return ((await this.#ask('GET', 'log')) as { requests: Logged[] }).requests;
  }

  /** Bytes that came of parts whose bodies have not ended. */
  async partsOnTheirWay(): Promise<number> {
    return ((await this.#ask('GET', 'log')) as { partsOnTheirWay: number }).partsOnTheirWay;
  }

  /** What came, without preflights. */
  async calls(): Promise<Logged[]> {
    return (await this.log()).filter(({ route }) => route !== 'preflight');
  }

  /** The log once nothing was added to it for a second: a request is in it when its body ended, and some lie in the sockets' memory. */
  async idle(): Promise<Logged[]> {
    for (let [log, before] = [await this.log(), -1]; ; before = log.length, log = await this.log()) {
      if (log.length === before) return log;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }

  /** No faults, the right time, an empty log. */
  async reset(): Promise<void> {
    await this.faults();
    await this.#ask('DELETE', 'log');
    await this.clock(0);
  }

  /** What is stored under a key. */
  async object(key: string): Promise<Buffer> {
    const answer = await this.#read(key);
    if (!answer.ok) throw new Error(`${key}: ${answer.status}`);
    return Buffer.from(await answer.arrayBuffer());
  }

  /** Whether anything is. */
  async has(key: string): Promise<boolean> {
    const { status } = await this.#read(key);
    if (status !== 200 && status !== 404) throw new Error(`${key}: ${status}`);
    return status === 200;
  }

  /** A call with an upload token and no body. */
  async call(method: string, path: string, token: string): Promise<{ status: number; body: Record<string, unknown> }> {
    const answer = await fetch(`${this.address}${path}`, { method, headers: { Authorization: `UpToken ${token}` } });
    return { status: answer.status, body: await answer.json() as Record<string, unknown> };
  }

  #read(key: string): Promise<Response> {
    return fetch(`${this.address}/o/onetake/${encodeURIComponent(key)}`);
  }

  async #ask(method: string, knob: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(`${this.address}/_test/${knob}`, body === undefined ? { method } : { method, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${knob}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}

/** The bytes of the vectors: `(i * 31) mod 251`. */
export function data(size: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 31) % 251));
}
