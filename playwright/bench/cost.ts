// What recording costs: time of the page's main thread, and processor time of the whole browser with its encoders. Linux.

import { readFileSync } from 'node:fs';
import type { CDPSession, Page } from '@playwright/test';
import { browserTree } from './memory.ts';

/** Both in seconds. */
export type Cost = { main: number; processor: number };

/** Ticks of /proc/<pid>/stat in a second, on any Linux we know. */
const TICKS = 100;

export class Meter {
  readonly #profile: string;
  readonly #session: CDPSession;

  private constructor(profile: string, session: CDPSession) {
    this.#profile = profile;
    this.#session = session;
  }

  static async of(page: Page, profile: string): Promise<Meter> {
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    return new Meter(profile, session);
  }

  async now(): Promise<Cost> {
    const { metrics } = await this.#session.send('Performance.getMetrics');
    const main = metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN;
    const spent = browserTree(this.#profile).map(({ pid }) => spentBy(pid));
    return { main, processor: spent.reduce((sum, one) => sum + one, 0) };
  }
}

/** Seconds of user and system time; 0 for a process that has ended. */
function spentBy(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  } catch {
    return 0;
  }
}
