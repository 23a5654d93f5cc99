// Whether drawing holds what it holds: ten minutes of takes with looks that come and go, and how many textures there are all
// the while; ONETAKE_BENCH_MINUTES says otherwise. And what a look costs that is put on, off and moved while it is filmed, beside
// the same take left alone. Prints tables of counts: where the machine is busy, the take left alone says so.

import { expect, test } from '@playwright/test';
import { numberedDevices } from '../support/camera.ts';
import { costOf, move, putOnAndOff, refusedShare, together, type Cost } from '../support/parts.ts';
import { openBlankPage, openStudio, recordTake, settleClocks } from '../support/studio.ts';
import { statsOf } from '../support/test.ts';
import { LOOKS as NAMED } from '../../www/onetake/src/filter-table.ts';
import type { Filter } from 'onetake';

const SIZE = { width: 320, height: 180 };
/** Where no GPU is, a page of the usual size costs more to show than all that is drawn for the film. */
const VIEW = { width: 320, height: 240 };
const MINUTES = Number(process.env['ONETAKE_BENCH_MINUTES'] ?? 10);
const LOOKS: Record<string, Filter[]> = {
  'eight of colour': [{ name: 'brightness', amount: 0.1 }, { name: 'exposure', stops: 0.1 }, { name: 'rgb_gain', red: 1.1 }, { name: 'contrast', amount: 0.1 }, { name: 'saturation', amount: 0.3 }, { name: 'vibrance', amount: 0.2 }, { name: 'tone_curve', curve: '0,0 0.5,0.6 1,1' }, { name: 'lut', table: 'cinema' }],
  'beauty, noir': [{ name: 'beauty', smoothing: 0.6 }, { name: 'lut', table: 'noir' }],
  'bloom': [{ name: 'bloom' }],
};

test(`${MINUTES} minutes of looks that come and go`, async ({ page }) => {
  test.setTimeout((MINUTES + 3) * 60_000);
  await page.setViewportSize(VIEW);
  await openBlankPage(page, { ...numberedDevices(SIZE), log: false });
  await openStudio(page, { size: SIZE });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
  const held = new Map<string, Set<number>>();
  const until = Date.now() + MINUTES * 60_000;
  let takes = 0;
  // In the first round each look brings its programs and textures, which are kept for the next.
  for (let round = 0; round < 2 || Date.now() < until; round += 1) {
    for (const [name, chain] of Object.entries(LOOKS)) {
      await page.evaluate((given) => window.studio.setLook(given), chain);
      for (let part = 0; part < 3; part += 1) {
        await recordTake(page, 1);
        takes += 1;
        const { textures } = await statsOf(page);
        if (round > 0) held.set(name, (held.get(name) ?? new Set()).add(textures));
      }
      // Slider after slider: values change, nothing else.
      await page.evaluate(async (given) => {
        for (let move = 0; move < 50; move += 1) await window.studio.setLook(given.map((filter, place) => (place === 0 && 'amount' in filter ? { ...filter, amount: 0.1 + move / 1000 } : filter)));
      }, chain);
      await page.evaluate(async () => {
        while (window.studio.draft.segments.length > 0) await window.studio.draft.removeLast();
      });
    }
  }
  const stats = await statsOf(page);
  console.log('| look | textures held |\n| --- | --- |');
  for (const [name, counts] of held) console.log(`| ${name} | ${[...counts].join(', ')} |`);
  console.log(`${takes} takes, ${stats.encoded} of ${stats.captured} pictures encoded, dropped ${JSON.stringify(stats.dropped)}, open ${stats.openFrames}`);
  for (const [name, counts] of held) expect([...counts], name).toHaveLength(1);
});

/** None has another's program. */
const [ON, OFF, MOVED]: Filter[][] = [
  [{ name: 'saturation', amount: 0.3 }, { name: 'vibrance', amount: 0.2 }, { name: 'hue', angle: 10 }],
  [{ name: 'saturation', amount: 0.1 }],
  [{ name: 'vibrance', amount: 0.2 }, { name: 'hue', angle: 10 }, { name: 'saturation', amount: 0.1 }],
];
/** One a round, drawn for the first time then. */
const NEW: Filter[][] = ['sepia', 'invert', 'vignette', 'grain', 'posterise'].map((name) => [{ name: 'saturation', amount: 0.1 }, { name }]);

test('looks that are put on, off and moved within a take, beside the same take left alone', async ({ page }) => {
  test.setTimeout(300_000);
  await page.setViewportSize(VIEW);
  await openBlankPage(page, { ...numberedDevices(SIZE), log: false });
  await openStudio(page, { size: SIZE });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
  const put = (chain: Filter[] = []) => page.evaluate((given) => window.studio.setLook(given), chain);
  for (const chain of [ON, MOVED, OFF]) await costOf(page, () => put(chain));
  await settleClocks(page);
  await page.evaluate(() => window.studio.record());
  const parts = new Map<string, Cost[]>();
  const take = async (name: string, part: () => Promise<unknown>) => {
    const began = Date.now();
    parts.set(name, [...parts.get(name) ?? [], await costOf(page, part)]);
    return Date.now() - began;
  };
  for (const look of NEW) {
    let took = await take('20 looks put on and off', () => putOnAndOff(page, ON ?? [], OFF ?? [], 20));
    took += await take('200 moves of a slider', () => move(page, MOVED ?? [], 200));
    await take('as long, left alone', () => page.waitForTimeout(took));
    await take('a look drawn for the first time, and a second', () => put(look).then(() => page.waitForTimeout(1000)));
  }
  // As one who looks for a look goes through all of them, each a program of its own.
  for (const { chain } of NAMED) {
    await take('beauty with one named look after the other, 24 of them', () => put([{ name: 'beauty' }, ...chain]).then(() => page.waitForTimeout(500)));
  }
  await take('beauty with the last of them, 5 seconds', () => page.waitForTimeout(5000));
  await page.evaluate(() => window.studio.pause());
  console.log('| part of the take | frames | source | encoder | storage | gpu | first uses |\n| --- | --- | --- | --- | --- | --- | --- |');
  for (const [name, costs] of parts) {
    const { frames, dropped: { source, encoder, storage, gpu }, programs } = together(costs);
    console.log(`| ${name} | ${frames} | ${source} | ${encoder} | ${storage} | ${gpu} | ${programs} |`);
  }
  const share = (name: string) => refusedShare(together(parts.get(name) ?? []));
  console.log(`refused of those that came: ${[...parts.keys()].map((name) => `${(100 * share(name)).toFixed(1)} % (${name})`).join(', ')}`);
  for (const name of [...parts.keys()].filter((one) => !one.includes('first time') && !one.startsWith('beauty'))) {
    const { dropped } = together(parts.get(name) ?? []);
    const refused = dropped.encoder + dropped.storage + dropped.gpu;
    console.log(`frames that were refused, ${name}: wanted 0, is ${refused}: ${refused === 0 ? 'yes' : 'NO'}`);
  }
});
