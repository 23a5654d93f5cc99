// Whether drawing holds what it holds: ten minutes of takes with looks that come and go, and how many textures there are all
// the while. ONETAKE_BENCH_MINUTES says otherwise. Prints a table; counts, so the load of the machine is no matter.

import { expect, test } from '@playwright/test';
import { numberedDevices } from '../support/camera.ts';
import { openBlankPage, openStudio, recordTake } from '../support/studio.ts';
import { statsOf } from '../support/test.ts';
import type { Filter } from 'onetake';

const SIZE = { width: 320, height: 180 };
const MINUTES = Number(process.env['ONETAKE_BENCH_MINUTES'] ?? 10);
const LOOKS: Record<string, Filter[]> = {
  'eight of colour': [{ name: 'brightness', amount: 0.1 }, { name: 'exposure', stops: 0.1 }, { name: 'rgb_gain', red: 1.1 }, { name: 'contrast', amount: 0.1 }, { name: 'saturation', amount: 0.3 }, { name: 'vibrance', amount: 0.2 }, { name: 'tone_curve', curve: '0,0 0.5,0.6 1,1' }, { name: 'lut', table: 'cinema' }],
  'beauty, noir': [{ name: 'beauty', smoothing: 0.6 }, { name: 'lut', table: 'noir' }],
  'bloom': [{ name: 'bloom' }],
};

test(`${MINUTES} minutes of looks that come and go`, async ({ page }) => {
  test.setTimeout((MINUTES + 3) * 60_000);
  await openBlankPage(page, { ...numberedDevices(SIZE), log: false });
  await openStudio(page, { size: SIZE });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
  const held = new Map<string, Set<number>>();
  const until = Date.now() + MINUTES * 60_000;
  let takes = 0;
  // In the first round each look brings its tables, which are kept for the next.
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
