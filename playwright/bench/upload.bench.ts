// Uploads of onetake and of Qiniu's own SDK to the same embedded store from a page of another origin, so that browsers ask
// it before each part (qiniu.md 3.1): goodput and time to done on a good line and on five bad ones, and what a megabyte costs the
// main thread. The contestants take turns, each in a browser of its own, and come to the store by a name that is new each time:
// pages send a film or two, and no browser has the store's leave from the time before. The median counts, with failures the mean,
// for they befall few requests; every object is compared by the store's hash. Then from stop to done: a take of a minute, sent
// while it is filmed and after it. Prints tables and the acceptance lines, writes artifacts/bench-upload.json.
// ONETAKE_BENCH_ONLY=clean,stop, ONETAKE_BENCH_SIZES=3,30 (MB), ONETAKE_BENCH_RUNS (of the first four lines) and
// ONETAKE_BENCH_TAKE (seconds) choose; all of it takes about a quarter of an hour.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { chromePath } from '../support/chrome.ts';
import { Kodo, makeFile, qetag, type Rule } from '../support/uploads.ts';
import { Bare } from './bare.ts';
import { afterwards, FIVE_MBIT, openCamera, type Stop, whileFilming } from './stop.ts';
import { uploaders, type Uploader } from './uploaders.ts';

const only = process.env['ONETAKE_BENCH_ONLY']?.split(',');
const sizes = process.env['ONETAKE_BENCH_SIZES']?.split(',').map(Number);
const asked = Number(process.env['ONETAKE_BENCH_RUNS'] ?? 0);
const folder = fileURLToPath(new URL('../artifacts/', import.meta.url));

const OUTAGE = { after: 2000, lasts: 30_000, line: 4_000_000 };
const AGAIN = 5;

/**
 * What is wrong with the line. `sizes` in MB, with how often each is sent. `faults` of one run, the same for both; `happens`
 * while the file is being sent. `megabits`: what the line carries in a second, at most 10. `mean`: it counts instead of the median.
 * `wanted`: onetake's goodput against the other's.
 */
type Scenario = {
  name: string; title: string; sizes: [number, number][]; faults: (run: number) => Rule[];
  happens?: (kodo: Kodo) => Promise<void>; mean?: boolean; megabits?: number; wanted?: number;
};

const failing = (seed: number): Rule[] => ['form', 'initiate', 'part', 'complete'].map((route) => ({ route, percent: 2, seed, status: 503 }));
const scenarios: Scenario[] = [
  { name: 'clean', title: 'clean', sizes: [[3, 9], [30, 7], [300, 3]], faults: () => [], wanted: 1 },
  { name: 'latency', title: '100 ms round trip', sizes: [[3, 9], [30, 7], [300, 3]], faults: () => [{ delayMs: 100 }], wanted: 1.5 },
  { name: 'failures', title: '2 % of requests fail', sizes: [[30, 15], [300, 5]], faults: (run) => failing(run + 1), mean: true, wanted: 1.5 },
  { name: 'both', title: '100 ms and 2 % fail', sizes: [[30, 15], [300, 5]], faults: (run) => [...failing(run + 1), { delayMs: 100 }], mean: true, wanted: 1.5 },
  { name: 'outage', title: '30 s outage', sizes: [[30, 1]], faults: () => [{ route: 'part', bytesPerSecond: OUTAGE.line }], happens: outage },
  { name: 'narrow', title: '60 s of 5 Mbit/s', sizes: [[30, 1]], faults: () => [{ bytesPerSecond: FIVE_MBIT }], happens: widen, megabits: 5 },
];

/** `again`: how often it failed and was begun anew. `main`: milliseconds of the page's main thread for each MB. */
type Lap = { ms: number; main: number; again: number; why: string | null };
type Row = { scenario: string; title: string; mb: number; name: string; ms: number; goodput: number; main: number; again: number; why: string | null; laps: Lap[] };
const rows: Row[] = [];
const stops: Stop[] = [];
/** By which the store was called so far. */
let names = 0;

/** A contestant in a browser of its own. */
type Entrant = { uploader: Uploader; page: Bare };

/** What a test that fails leaves behind. */
const left: (() => Promise<unknown>)[] = [];
test.afterEach(async () => {
  for (const end of left.splice(0)) await end();
});

for (const scenario of scenarios.filter(({ name }) => only?.includes(name) ?? true)) {
  test(scenario.title, async ({ baseURL }, info) => {
    test.setTimeout(1_200_000);
    const kodo = await openStore();
    const entrants: Entrant[] = [];
    for (const uploader of uploaders) {
      // Any address of the other server will do for a page.
      const page = await Bare.open(`${baseURL}/pkg/index.js`);
      left.push(() => page.close());
      // What a browser knows of a line that it has been used on; a fresh one guesses 1.5.
      await page.believe(scenario.megabits ?? 10);
      await page.evaluate(() => document.body.append(Object.assign(document.createElement('input'), { type: 'file' })), null);
      await uploader.open(page);
      entrants.push({ uploader, page });
    }
    const warm = makeFile(info.outputPath('warm.mp4'), 5_000_000, 9);
    for (const entrant of entrants) await send(kodo, entrant, warm, 5, { ...scenario, faults: () => [], happens: undefined }, 0);
    for (const [mb, runs] of scenario.sizes.filter(([size]) => sizes?.includes(size) ?? true)) {
      const path = makeFile(info.outputPath(`${mb}.mp4`), mb * 1_000_000, mb);
      const laps = entrants.map((): Lap[] => []);
      for (let run = 0; run < (scenario.happens ? runs : asked || runs); run += 1) {
        const order = [...entrants.keys()];
        for (const n of run % 2 ? order.reverse() : order) laps[n]?.push(await send(kodo, entrants[n] as Entrant, path, mb, scenario, run));
      }
      for (const [n, { uploader }] of entrants.entries()) rows.push(rowOf(scenario, mb, uploader.name, laps[n] ?? []));
      rmSync(path);
    }
  });
}

/** In memory where there is a disk of that kind: what a disk takes to flush is neither uploader's. It goes with the test. */
async function openStore(): Promise<Kodo> {
  const place = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'onetake-bench-'));
  const kodo = new Kodo(join(place, 'store'));
  left.push(async () => {
    await kodo.kill();
    rmSync(place, { recursive: true, force: true });
  });
  await kodo.start();
  return kodo;
}

/** One file to done. Who gives up is begun again, once the line is there, as often as it takes: that is what its user would do. */
async function send(kodo: Kodo, { uploader, page }: Entrant, path: string, mb: number, scenario: Scenario, run: number): Promise<Lap> {
  await page.choose(path);
  await kodo.faults(...scenario.faults(run));
  const key = `${uploader.name} ${mb}.mp4`;
  const ask = { key, token: await kodo.token({ scope: `onetake:${key}` }), address: kodo.address.replace('127.0.0.1', `lap${names += 1}.localhost`) };
  const [cost, began] = [await page.main(), performance.now()];
  const happening = scenario.happens?.(kodo);
  let sent = await uploader.send(page, ask);
  let [again, why]: [number, string | null] = [0, sent.failure];
  for (; sent.failure !== null && again < AGAIN; again += 1) {
    await happening;
    sent = await uploader.send(page, ask);
  }
  const ms = again > 0 ? performance.now() - began : sent.ms;
  const main = (await page.main() - cost) * 1000 / mb;
  await happening;
  expect(sent, `${uploader.name}, ${scenario.title}, ${mb} MB`).toMatchObject({ failure: null, hash: qetag(path) });
  return { ms, main, again, why };
}

/** The store is gone: what is in flight breaks off, and whoever comes is sent away. */
async function outage(kodo: Kodo): Promise<void> {
  await sleep(OUTAGE.after);
  await kodo.faults({ drop: 'before' });
  await kodo.cut();
  await sleep(OUTAGE.lasts);
  await kodo.faults({ route: 'part', bytesPerSecond: OUTAGE.line });
}

async function widen(kodo: Kodo): Promise<void> {
  await sleep(60_000);
  await kodo.faults();
}

function rowOf(scenario: Scenario, mb: number, name: string, laps: Lap[]): Row {
  const times = laps.map((lap) => lap.ms);
  const ms = scenario.mean ? times.reduce((sum, time) => sum + time, 0) / times.length : median(times);
  const again = laps.reduce((sum, lap) => sum + lap.again, 0);
  const why = laps.find((lap) => lap.why !== null)?.why ?? null;
  return { scenario: scenario.name, title: scenario.title, mb, name, ms, goodput: mb * 1000 / ms, main: median(laps.map((lap) => lap.main)), again, why, laps };
}

// ---------------------------------------------------------------- stop to done

for (const [way, send] of Object.entries({ 'while filming': whileFilming, afterwards })) {
  if (!(only?.includes('stop') ?? true)) continue;
  test(`stop to done, sent ${way}`, async ({ baseURL }, info) => {
    test.setTimeout(600_000);
    const kodo = await openStore();
    const page = await openCamera({ baseURL });
    left.push(() => page.close());
    stops.push(...await send(page, { kodo, baseURL, folder: (name) => info.outputPath(name) }));
  });
}

// ---------------------------------------------------------------- what is said of it

type Target = { what: string; wanted: string; value: number; is: boolean };

test.afterAll(() => {
  if (rows.length + stops.length === 0) return;
  const version = execFileSync(chromePath, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  const machine = `${cpus()[0]?.model.trim() ?? process.arch}, ${cpus().length} cores, ${version} headless`;
  console.log(`\n${machine}; ${uploaders.map(({ name, defaults }) => `${name}: ${defaults}`).join('; ')}; turn about`);
  const line = ({ title, mb, name, laps, ms, goodput, main, again, why }: Row) =>
    [title, mb, name, laps.length, seconds(ms), goodput.toFixed(1), main.toFixed(2), again > 0 ? `${again} (${why})` : '0'];
  if (rows.length > 0) table(['line', 'MB', 'uploader', 'runs', 'time to done, s', 'MB/s', 'main thread, ms/MB', 'failed and begun again'], rows.map(line));
  const stop = ({ way, uploader, bytes, media, sent, ms, floor }: Stop) =>
    [way, uploader, (bytes / 1e6).toFixed(1), `${(100 * sent / media).toFixed(1)} %`, seconds(ms), seconds(floor), (ms / floor).toFixed(2)];
  if (stops.length > 0) table(['sent', 'uploader', 'object, MB', 'media there at stop', 'stop to done, s', 'floor, s', 'of the floor'], stops.map(stop));
  const targets = [...goodputTargets(), ...stopTargets()];
  for (const { what, wanted, value, is } of targets) console.log(`${what}: wanted ${wanted}, is ${value.toFixed(2)}: ${is ? 'yes' : 'NO'}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}bench-upload.json`, `${JSON.stringify({ at: new Date().toISOString(), machine, rows, stops, targets }, null, 2)}\n`);
});

function goodputTargets(): Target[] {
  return rows.filter(({ name }) => name === 'onetake').flatMap((ours) => {
    const theirs = rows.find(({ scenario, mb, name }) => scenario === ours.scenario && mb === ours.mb && name !== 'onetake');
    const wanted = scenarios.find(({ name }) => name === ours.scenario)?.wanted;
    const value = ours.goodput / (theirs?.goodput ?? NaN);
    const place = `${ours.title}, ${ours.mb} MB`;
    return [
      ...(wanted ? [{ what: `${place}: goodput against qiniu-js`, wanted: `>= ${wanted}`, value, is: value >= wanted }] : []),
      { what: `${place}: main thread, ms/MB`, wanted: '< 5', value: ours.main, is: ours.main < 5 },
    ];
  });
}

function stopTargets(): Target[] {
  return stops.filter(({ way }) => way === 'while filming').flatMap(({ sent, media, ms, floor }) => [
    { what: 'sent while filming: % of the media sent before finish', wanted: '>= 90', value: 100 * sent / media, is: sent >= 0.9 * media },
    { what: 'sent while filming: finish to done against the floor', wanted: '<= 1.25', value: ms / floor, is: ms <= 1.25 * floor },
  ]);
}

function table(head: string[], body: (string | number)[][]): void {
  for (const cells of [head, head.map(() => '---'), ...body]) console.log(`| ${cells.join(' | ')} |`);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(ms < 10_000 ? 2 : 1);
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
