// A browser with one page that nobody listens to. Playwright watches the requests of every page and worker, and is told the bodies
// that they send: those that are no Blob are copied through worker, browser and test runner, which is what one would measure then.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { chromeArguments, chromePath } from '../support/chrome.ts';

type Answer = { id: number; result?: Record<string, unknown>; error?: { message: string } };

export class Bare {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #session: string | undefined;
  #count = 0;

  private constructor(child: ChildProcess, folder: string) {
    [this.#child, this.#folder] = [child, folder];
    let rest = '';
    (child.stdio[4] as Readable).setEncoding('utf8').on('data', (text: string) => {
      const messages = (rest + text).split('\0');
      rest = messages.pop() ?? '';
      for (const message of messages) {
        const answer = JSON.parse(message) as Answer;
        this.#waiting.get(answer.id)?.(answer);
        this.#waiting.delete(answer.id);
      }
    });
  }

  /** A page of this address, whatever lies there; `flags` besides those of all tests. */
  static async open(address: string, flags: string[] = []): Promise<Bare> {
    const folder = mkdtempSync(join(tmpdir(), 'onetake-profile-'));
    const child = spawn(chromePath, [...chromeArguments, ...flags, '--headless=new', '--remote-debugging-pipe', `--user-data-dir=${folder}`], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    const bare = new Bare(child, folder);
    const { targetId } = await bare.#ask('Target.createTarget', { url: address });
    bare.#session = (await bare.#ask('Target.attachToTarget', { targetId, flatten: true }))['sessionId'] as string;
    // Until the page is there, nothing can run in it.
    const there = () => bare.run(`location.href === '${address}' && document.readyState === 'complete'`).catch(() => false);
    while (!await there()) await new Promise((resolve) => setTimeout(resolve, 50));
    await bare.#ask('Performance.enable', { timeDomain: 'threadTicks' });
    return bare;
  }

  /** Runs a function of the page's own there; it knows nothing of this file. */
  async evaluate<A, R>(run: (given: A) => R | Promise<R>, given: A): Promise<R> {
    return this.run(`(${String(run)})(${JSON.stringify(given ?? null)})`) as Promise<R>;
  }

  async run(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.#ask('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true }) as { result: { value?: unknown }; exceptionDetails?: unknown };
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  }

  /** Chooses a file in the page's only input. */
  async choose(path: string): Promise<void> {
    const { root } = await this.#ask('DOM.getDocument', {}) as { root: { nodeId: number } };
    const { nodeId } = await this.#ask('DOM.querySelector', { nodeId: root.nodeId, selector: 'input' }) as { nodeId: number };
    await this.#ask('DOM.setFileInputFiles', { nodeId, files: [path] });
  }

  /** What the browser believes of its line; it stays as it is. */
  async believe(megabits: number): Promise<void> {
    const throughput = megabits * 125_000;
    await this.#ask('Network.overrideNetworkState', { offline: false, latency: 0, downloadThroughput: throughput, uploadThroughput: throughput });
  }

  /** Seconds that the page's main thread has worked. */
  async main(): Promise<number> {
    const { metrics } = await this.#ask('Performance.getMetrics', {}) as { metrics: { name: string; value: number }[] };
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN;
  }

  async close(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#session = undefined;
    void this.#ask('Browser.close', {});
    await ended;
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 300 });
  }

  async #ask(method: string, params: object): Promise<Record<string, unknown>> {
    const id = this.#count += 1;
    const answer = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    const message = { id, method, params, ...(this.#session && { sessionId: this.#session }) };
    (this.#child.stdio[3] as Writable).write(`${JSON.stringify(message)}\0`);
    const { result, error } = await answer;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }
}
