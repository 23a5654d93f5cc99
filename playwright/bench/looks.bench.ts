// What chains of filters cost a frame: fused, one pass a stage, and beside the way of GPUImage (gpuimage.ts). The picture is
// in its texture already; runs take turns, frames are drawn one behind the other and one pixel of the last is read. Prints
// tables and the acceptance lines and writes artifacts/bench-looks.json. ONETAKE_BENCH_RUNS sets the runs (11); the median counts,
// of times and of the ratios of runs beside each other.

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { test } from '@playwright/test';
import { chromePath } from '../support/chrome.ts';
import { light, make, portrait, random, SKIN, type Picture } from '../support/pictures.ts';
import { Drawer, lookTables, type Chain } from '../support/plans.ts';
import { chainsOfLooks, TABLE, type Measured } from './looks-chains.ts';

const runs = Number(process.env['ONETAKE_BENCH_RUNS'] ?? 11);
const folder = fileURLToPath(new URL('../artifacts/', import.meta.url));
const SIZES = [[640, 360], [1280, 720], [1920, 1080]] as const;

type Row = { size: string; chain: string; form: string; draws: number; ms: number; all: number[] };
type Measures = { chain: string; noise: number; edge: number };
/** Of a form of the eight colours to the fused one: levels of the farthest pixel, and the share of those off by more than one. */
type Likeness = { form: string; worst: number; off: number };
type Entry = readonly [name: string, form: string, chain: Chain, between: Measured['between'], nearest: boolean];
const rows: Row[] = [];
const measures: Measures[] = [];
const likenesses: Likeness[] = [];

test('ms a frame of chains, fused and not, and of beauty', async ({ page }) => {
  test.setTimeout(3_600_000);
  const drawer = await Drawer.open(page);
  await drawer.give(TABLE, lookTables().get('cinema') as Picture);
  const { measured, ...programs } = chainsOfLooks();
  await page.evaluate((given) => window.plans.load(given), programs);
  const entries = measured.map(({ name, form, chain, between }): Entry => [name, form, chain, between, false]);
  // The reference of the tests: it reads what lies between unfiltered too, which the product's own targets are not.
  entries.push(...entries.filter(([, form]) => form === 'one a stage, floats').map(([name, form, chain, between]): Entry => [name, `${form}, unfiltered`, chain, between, true]));
  const renderer = await page.evaluate(() => window.plans.renderer());
  for (const [width, height] of SIZES) {
    const frame = await drawer.frame(portrait(width, height, 4));
    const time = ([, , chain, between, nearest]: Entry, frames: number) => page.evaluate(([one, name, count, how]) => window.plans.time(one, name, count, how), [chain, frame, frames, { between: between ?? 'bytes', nearest }] as const);
    const counts: number[] = [];
    for (const entry of entries) {
      await time(entry, 1); // compiles
      counts.push(Math.max(1, Math.round(250 / (await time(entry, 2)))));
    }
    const laps = entries.map((): number[] => []);
    for (let run = 0; run < runs; run += 1) for (const [n, entry] of entries.entries()) laps[n]?.push(await time(entry, counts[n] ?? 1));
    for (const [n, [name, form, chain]] of entries.entries()) rows.push({ size: `${width}x${height}`, chain: name, form, draws: chain.passes.length, ms: median(laps[n] ?? []), all: laps[n] ?? [] });
    await page.evaluate(() => window.plans.tidy());
  }
  const chains = ['beauty', 'bilateral + brightness'].flatMap((name) => measured.filter((one) => one.name === name && !one.form.startsWith('one a stage')));
  await measure(drawer, chains.map(({ name, form, chain }) => [form === 'fused' ? name : `${name}, ${form}`, chain]));
  const [fused, ...others] = measured.filter(({ name }) => name === '8 colours');
  const frame = await drawer.frame(portrait(1280, 720, 4));
  for (const { form, chain, between } of others) {
    const { worst, off } = await page.evaluate(([one, kept, other, name]) => window.plans.compare(one, { between: kept }, other, {}, name), [chain, between ?? 'bytes', fused?.chain ?? chain, frame] as const);
    likenesses.push({ form, worst, off });
  }
  report(renderer);
});

/** Skin with noise beside hair at 720p: the variance that is left on skin and the contrast that is left at the edge, of one. */
async function measure(drawer: Drawer, chains: [string, Chain][]): Promise<void> {
  const next = random(9);
  const picture = make(1280, 720, (x) => {
    const grain = (next() + next() + next() + next() - 2) * 9;
    return (x < 640 ? SKIN : [28, 22, 19]).map((level) => level + grain);
  });
  const column = ({ data }: Picture, x: number) => {
    let sum = 0;
    for (let y = 200; y < 520; y += 1) sum += light(data.subarray((y * 1280 + x) * 4, (y * 1280 + x) * 4 + 3) as unknown as number[]);
    return sum / 320;
  };
  const spread = (one: Picture) => {
    const levels: number[] = [];
    for (let y = 200; y < 520; y += 1) for (let x = 200; x < 520; x += 1) levels.push(light(one.data.subarray((y * 1280 + x) * 4, (y * 1280 + x) * 4 + 3) as unknown as number[]));
    const mean = levels.reduce((sum, level) => sum + level, 0) / levels.length;
    return levels.reduce((sum, level) => sum + (level - mean) ** 2, 0) / levels.length;
  };
  const contrast = (one: Picture) => column(one, 638) - column(one, 641);
  for (const [chain, plan] of chains) {
    const drawn = await drawer.draw(plan, picture);
    measures.push({ chain, noise: spread(drawn) / spread(picture), edge: contrast(drawn) / contrast(picture) });
  }
}

function report(renderer: string): void {
  const version = execFileSync(chromePath, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  const machine = `${cpus()[0]?.model.trim() ?? process.arch}, ${cpus().length} cores, ${version} headless, ${renderer}`;
  console.log(`\n${machine}; medians of ${runs}; ms a frame (draws)`);
  const chains = [...new Set(rows.map(({ chain, form }) => `${chain}|${form}`))];
  const cell = (size: string, key: string) => {
    const row = rows.find((one) => one.size === size && `${one.chain}|${one.form}` === key);
    return row ? row.ms.toFixed(row.ms < 10 ? 2 : 1) : '-';
  };
  const sizes = SIZES.map(([width, height]) => `${width}x${height}`);
  const body = chains.map((key) => [...key.split('|'), String(rows.find(({ chain, form }) => `${chain}|${form}` === key)?.draws), ...sizes.map((size) => cell(size, key))]);
  for (const line of [['chain', 'form', 'draws', ...sizes], Array<string>(6).fill('---'), ...body]) console.log(`| ${line.join(' | ')} |`);
  console.log('| chain | noise left on skin | contrast left at hair |\n| --- | --- | --- |');
  for (const { chain, noise, edge } of measures) console.log(`| ${chain} | ${(100 * noise).toFixed(0)} % | ${(100 * edge).toFixed(0)} % |`);
  console.log('| 8 colours | farthest from the fused form, levels | pixels off by more than one |\n| --- | --- | --- |');
  for (const { form, worst, off } of likenesses) console.log(`| ${form} | ${worst} | ${(100 * off).toFixed(2)} % |`);
  const targets = sizes.flatMap((size) => {
    const laps = (chain: string, form: string) => rows.find((row) => row.size === size && row.chain === chain && row.form === form)?.all ?? [];
    // Of runs some seconds apart: what slows the machine for longer slows both.
    const ratio = (chain: string, form: string) => {
      const fused = laps(chain, 'fused');
      return median(laps(chain, form).map((ms, run) => ms / (fused[run] ?? NaN)));
    };
    return [
      ...['one a stage', 'one a stage, halves', 'one a stage, floats', 'one a stage, floats, unfiltered'].map((form) => ({ what: `${size}: 8 colours, fused against ${form}`, wanted: '>= 4', value: ratio('8 colours', form), least: 4 })),
      { what: `${size}: beauty against the GPUImage-style chain`, wanted: '>= 2', value: ratio('beauty', 'GPUImage-style'), least: 2 },
    ];
  });
  for (const { what, wanted, value, least } of targets) console.log(`${what}: wanted ${wanted}, is ${value.toFixed(2)}: ${value >= least ? 'yes' : 'NO'}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}bench-looks.json`, `${JSON.stringify({ at: new Date().toISOString(), machine, runs, rows, measures, likenesses, targets }, null, 2)}\n`);
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}
