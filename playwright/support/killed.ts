// A browser that dies while it films, and the next one of the same profile.

import type { Page } from '@playwright/test';
import type { Segment } from 'onetake';
import { killBrowser, launchProfile, type Profile } from './chrome.ts';
import { recordTake } from './studio.ts';
import { statsOf } from './test.ts';

/** What was there before: a whole take, and one of 4.3 s of which this many seconds were said not to be stored. */
export type Killed = { first: Segment | undefined; lag: number; next: Profile; page: Page };

/** `open` opens a studio with a camera. The page that comes back is another browser's, with nothing in it. */
export async function killWhileFilming(baseURL: string | undefined, open: (page: Page) => Promise<void>): Promise<Killed> {
  const options = { baseURL, permissions: ['camera', 'microphone'] };
  const killed = await launchProfile(options);
  const page = await killed.context.newPage();
  await open(page);
  const [first] = await recordTake(page, 1.2);
  await page.evaluate(() => window.studio.record());
  await page.waitForTimeout(4300);
  const lag = (await statsOf(page)).storedLag;
  await killBrowser(killed);
  const next = await launchProfile(options, { profile: killed.folder });
  return { first, lag, next, page: await next.context.newPage() };
}
