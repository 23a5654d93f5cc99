// A browser that dies while it films, and the next one of the same profile.

import type { Page } from '@playwright/test';
import type { Segment } from 'onetake';
import { killBrowser, launchProfile, type Profile } from './chrome.ts';
import { recordTake } from './studio.ts';

declare global {
  interface Window {
    /** How much of the running segment was filmed, as last told; seconds. */
    filmedSoFar: number;
  }
}

/** What a page was told of its running take, in seconds: how much was filmed, and how much of that was not stored yet. */
export type Told = { filmed: number; lag: number };

/** What was there before: a whole take, and one of 4.3 s. */
export type Killed = Told & { first: Segment | undefined; next: Profile; page: Page };

/**
 * By how much more may have been told than is recovered, seconds. Both figures come ten times a second, not in the same moment; a
 * recovered segment ends with a whole packet of sound, and without the picture that this would cut.
 */
export const TELLING = 0.2;

/** Presses record, films for 4.3 s and says what the page knows of it. */
export async function filmUnsealed(page: Page): Promise<Told> {
  await page.evaluate(() => {
    window.filmedSoFar = 0;
    window.studio.on('time', ({ segment }) => (window.filmedSoFar = segment));
    return window.studio.record();
  });
  await page.waitForTimeout(4300);
  return page.evaluate(() => ({ filmed: window.filmedSoFar, lag: window.studio.stats.storedLag }));
}

/** `open` opens a studio with a camera. The page that comes back is another browser's, with nothing in it. */
export async function killWhileFilming(baseURL: string | undefined, open: (page: Page) => Promise<void>): Promise<Killed> {
  const options = { baseURL, permissions: ['camera', 'microphone'] };
  const killed = await launchProfile(options);
  const page = await killed.context.newPage();
  await open(page);
  const [first] = await recordTake(page, 1.2);
  const told = await filmUnsealed(page);
  await killBrowser(killed);
  const next = await launchProfile(options, { profile: killed.folder });
  return { first, ...told, next, page: await next.context.newPage() };
}
