// A take in parts: what each of them costs, so that what changes within it can be held against the same camera left alone.

import type { Page } from '@playwright/test';
import type { DropReason, Filter } from 'onetake';
import { statsOf } from './test.ts';

/** Frames of the camera, those refused or missing by reason, and programs that drew for the first time. */
export type Cost = { frames: number; dropped: Record<DropReason, number>; programs: number };

/** Figures come ten times a second; and the last picture of a part is drawn in it. */
const SETTLED = 300;

/** What a part of a running take costs. */
export async function costOf(page: Page, part: () => Promise<unknown>): Promise<Cost> {
  const before = await statsOf(page);
  await part();
  await page.waitForTimeout(SETTLED);
  const after = await statsOf(page);
  const dropped = { ...after.dropped };
  for (const reason of Object.keys(dropped) as DropReason[]) dropped[reason] -= before.dropped[reason];
  return { frames: after.captured + after.dropped.source - before.captured - before.dropped.source, dropped, programs: after.programs - before.programs };
}

/** Several parts as one. */
export function together(costs: Cost[]): Cost {
  const sum = (one: (cost: Cost) => number) => costs.reduce((total, cost) => total + one(cost), 0);
  const dropped = { source: sum((cost) => cost.dropped.source), encoder: sum((cost) => cost.dropped.encoder), storage: sum((cost) => cost.dropped.storage), gpu: sum((cost) => cost.dropped.gpu) };
  return { frames: sum(({ frames }) => frames), dropped, programs: sum(({ programs }) => programs) };
}

/** Of the frames that came, how many were refused: 0..1. */
export const refusedShare = ({ frames, dropped: { source, encoder, storage, gpu } }: Cost): number => (encoder + storage + gpu) / Math.max(1, frames - source);

/** In one line. */
export function said({ frames, dropped, programs }: Cost): string {
  const reasons = Object.entries(dropped).filter(([, count]) => count > 0).map(([reason, count]) => `${count} ${reason}`);
  return `${frames} frames, dropped ${reasons.join(', ') || 'none'}, first uses ${programs}`;
}

/** Puts one look on and then the other, so many times together, a little after the one before is drawn. */
export function putOnAndOff(page: Page, on: Filter[], off: Filter[], times: number): Promise<void> {
  return page.evaluate(async (given) => {
    for (let turn = 0; turn < given.times; turn += 1) {
      await window.studio.setLook(turn % 2 ? given.off : given.on);
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  }, { on, off, times });
}

/** Moves the slider of the look's `amount`, faster than pictures come. */
export function move(page: Page, look: Filter[], times: number): Promise<void> {
  return page.evaluate(async (given) => {
    for (let turn = 0; turn < given.times; turn += 1) {
      await window.studio.setLook(given.look.map((filter) => ('amount' in filter ? { ...filter, amount: 0.1 + turn / 2000 } : filter)));
      if (turn % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }, { look, times });
}
