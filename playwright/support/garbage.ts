// Collecting garbage by force, so that a forgotten picture must show. The browser must be launched with `collecting`.

import type { Browser, BrowserContext, Page, TestInfo } from '@playwright/test';
import { chromeArguments, chromePath } from './chrome.ts';
import { watchFrames } from './open-frames.ts';
import { notePassedOver } from './passed-over.ts';

export const collecting = { executablePath: chromePath, args: [...chromeArguments, '--js-flags=--expose-gc'] };

/** Collects garbage in the page and in its workers. */
export async function collect(page: Page): Promise<void> {
  const gc = () => (globalThis as unknown as { gc: () => void }).gc();
  await page.evaluate(gc);
  await Promise.all(page.workers().map((worker) => worker.evaluate(gc)));
}

/** A context whose studio workers tell of each picture that a script of theirs forgets (open-frames.ts). */
export async function spiedOn(browser: Browser, info: TestInfo, use: (context: BrowserContext) => Promise<void>): Promise<void> {
  const context = await browser.newContext();
  notePassedOver(info, await watchFrames(context, () => use(context), () => true, { spied: true }));
  await context.close();
}
