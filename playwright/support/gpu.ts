// The GPU of a studio's worker: its context by hand, to lose it and to count what is asked of it.

import type { Page, Worker } from '@playwright/test';

type Scope = { gl: WebGL2RenderingContext; calls: Record<string, number> };

/** The worker of the page's studio, whose next context of WebGL2 is `gl` there. Call it before anything is drawn. */
export async function catchContext(page: Page): Promise<Worker> {
  const worker = page.workers().find((one) => one.url().endsWith('studio.js'));
  if (!worker) throw new Error('the page has no studio');
  await worker.evaluate(() => {
    const open = OffscreenCanvas.prototype.getContext as (...options: unknown[]) => unknown;
    OffscreenCanvas.prototype.getContext = function (this: OffscreenCanvas, ...options: unknown[]) {
      const context = open.apply(this, options);
      if (options[0] === 'webgl2') (globalThis as unknown as Scope).gl = context as WebGL2RenderingContext;
      return context;
    } as never;
  });
  return worker;
}

/** Takes the context away for so long. `blind`: what comes back links no program. */
export async function loseContext(worker: Worker, ms: number, blind = false): Promise<void> {
  await worker.evaluate(async ([wait, spoil]) => {
    const { gl } = globalThis as unknown as Scope;
    const loss = gl.getExtension('WEBGL_lose_context');
    loss?.loseContext();
    await new Promise((resolve) => setTimeout(resolve, wait));
    if (spoil) gl.linkProgram = () => undefined;
    loss?.restoreContext();
  }, [ms, blind] as const);
}

/** Counts these calls of any context from now on; `callsOf` gives the counts. */
export async function countCalls(worker: Worker, names: (keyof WebGL2RenderingContext & string)[]): Promise<void> {
  await worker.evaluate((all) => {
    const calls: Record<string, number> = ((globalThis as unknown as Scope).calls = Object.fromEntries(all.map((name) => [name, 0])));
    const proto = WebGL2RenderingContext.prototype as unknown as Record<string, (...given: unknown[]) => unknown>;
    for (const name of all) {
      const call = proto[name];
      proto[name] = function (this: unknown, ...given: unknown[]) {
        calls[name] = (calls[name] ?? 0) + 1;
        return call?.apply(this, given);
      };
    }
  }, names);
}

/** Counts in the same way what copies a frame on its way: bytes, bitmaps, second handles. */
export async function countFrameCopies(worker: Worker): Promise<void> {
  await worker.evaluate(() => {
    const { calls } = globalThis as unknown as Scope;
    const count = (owner: object, name: string): void => {
      const call = (owner as Record<string, (...given: unknown[]) => unknown>)[name];
      calls[name] = 0;
      Object.assign(owner, {
        [name](this: unknown, ...given: unknown[]) {
          calls[name] = (calls[name] ?? 0) + 1;
          return call?.apply(this, given);
        },
      });
    };
    for (const name of ['copyTo', 'clone']) count(VideoFrame.prototype, name);
    for (const name of ['createImageBitmap', 'structuredClone']) count(globalThis, name);
    count(OffscreenCanvas.prototype, 'transferToImageBitmap');
  });
}

export const callsOf = (worker: Worker): Promise<Record<string, number>> => worker.evaluate(() => (globalThis as unknown as Scope).calls);
