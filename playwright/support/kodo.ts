// An embedded store of a spec's own: a server on free ports with a fresh folder, its knobs, its log, and tokens signed by
// Qiniu's own package.

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Qiniu's package for node. Its module is CommonJS behind types of an ES module. */
export const qiniu = createRequire(import.meta.url)('qiniu') as typeof import('qiniu');

/** One request that reached the store. */
export type Logged = {
  route: string; method: string; path: string; port: number; status: number; bytes: number;
  part: number | null; uploadId: string | null; hit: boolean;
};

/** A fault of `/_test/faults`; every field narrows or says what goes wrong. */
export type Fault = {
  route?: string; port?: number; part?: number; skip?: number; count?: number; percent?: number; seed?: number;
  status?: number; error?: string; drop?: 'before' | 'body' | 'after'; bodyBytes?: number; delayMs?: number; bytesPerSecond?: number; truncate?: number;
};

export class Kodo {
  /** `host:port` of the main and the spare listener. */
  readonly main: string;
  readonly spare: string;
  readonly keys: { accessKey: string; secretKey: string };
  readonly #folder: string;
  readonly #child: ChildProcess;

  private constructor(folder: string, child: ChildProcess, hosts: string[]) {
    this.#folder = folder;
    this.#child = child;
    [this.main = '', this.spare = ''] = hosts;
    this.keys = JSON.parse(readFileSync(join(folder, 'keys.json'), 'utf8')) as Kodo['keys'];
  }

  static async start(): Promise<Kodo> {
    const folder = mkdtempSync(join(tmpdir(), 'onetake-kodo-'));
    const child = spawn('../target/debug/onetake-kodo', [
      '--port', '0', '--backup-port', '0', '--root', '../www/dist', '--store', join(folder, 'store'),
      '--bucket', 'onetake', '--write-keys', join(folder, 'keys.json'), '--test-faults',
    ], { stdio: ['ignore', 'pipe', 'inherit'] });
    const hosts: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      hosts.push(/http:\/\/([^/]+)\//.exec(line)?.[1] ?? line);
      if (hosts.length === 2) break;
    }
    return new Kodo(folder, child, hosts);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill();
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  port(host: string): number {
    return Number(host.split(':')[1]);
  }

  /** A token for this policy; valid for 30 days unless it says otherwise. */
  token(policy: { scope?: string; expires?: number } & Record<string, string | number> = {}): string {
    const { accessKey, secretKey } = this.keys;
    return new qiniu.rs.PutPolicy({ scope: 'onetake', expires: 30 * 86_400, ...policy }).uploadToken(new qiniu.auth.digest.Mac(accessKey, secretKey));
  }

  async fault(...faults: Fault[]): Promise<void> {
    await this.#ask('POST', 'faults', faults);
  }

  /** No faults any more. */
  async mend(): Promise<void> {
    await this.#ask('DELETE', 'faults');
  }

  /** Seconds that the store's clock goes before ours. */
  async clock(offset: number): Promise<void> {
    await this.#ask('POST', 'clock', { offset });
  }

  async log(): Promise<Logged[]> {
    const { requests } = await this.#ask('GET', 'log') as { requests: Logged[] };
    return requests.filter(({ route }) => route !== 'preflight');
  }

  /** No faults, the right time, an empty log. */
  async reset(): Promise<void> {
    await this.mend();
    await this.#ask('DELETE', 'log');
    await this.clock(0);
  }

  /** What is stored under a key, or its status when nothing is. */
  async object(key: string): Promise<Buffer | number> {
    const answer = await fetch(`http://${this.main}/o/onetake/${encodeURIComponent(key)}`);
    return answer.ok ? Buffer.from(await answer.arrayBuffer()) : answer.status;
  }

  /** A call with an upload token and no body. */
  async call(method: string, path: string, token: string): Promise<{ status: number; body: Record<string, unknown> }> {
    const answer = await fetch(`http://${this.main}${path}`, { method, headers: { Authorization: `UpToken ${token}` } });
    return { status: answer.status, body: await answer.json() as Record<string, unknown> };
  }

  async #ask(method: string, knob: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(`http://${this.main}/_test/${knob}`, body === undefined ? { method } : { method, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${knob}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}

/** The bytes of the vectors: `(i * 31) mod 251`. */
export function data(size: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 31) % 251));
}
