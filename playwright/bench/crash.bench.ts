// What a death in the middle of a take costs: the same take, killed at a random moment, in a profile on disk; whoever opens
// the draft next recovers it, exports it and every frame of the film is decoded. Prints a table and writes
// artifacts/bench-crash.json. ONETAKE_BENCH_RUNS is the number of deaths of each kind (default 15). Fails where a recovered film
// does not decode whole, or lacks a second that was told to be stored.
//
// A killed process loses what it had not handed to the system; it does not test the disk's own flush, which only a machine
// that loses its power would.

import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test, type BrowserContextOptions, type Page } from '@playwright/test';
import { numberedDevices } from '../support/camera.ts';
import { killBrowser, launchProfile, type Profile } from '../support/chrome.ts';
import { readFilm } from '../support/film.ts';
import { exportFilm, heard, openBlankPage, openStudio } from '../support/studio.ts';

const SIZE = { width: 1280, height: 720 };
const runs = Number(process.env['ONETAKE_BENCH_RUNS'] ?? 15);
const folder = fileURLToPath(new URL('../artifacts/', import.meta.url));

declare global {
  interface Window {
    /** What the page knows of the take, told ten times a second. */
    tell(wall: number, segment: number, lag: number, stored: number): Promise<void>;
    workers: Worker[];
  }
}

/** Wall time of the take's first frame, as far as the page could tell, how far the disk was behind, and the seconds that were told to be stored. */
type Watch = { origin: number; lags: number[]; stored: number };
/** Films end with a packet of sound; seconds. */
const PACKET = 1024 / 48_000;
/** `filmed`: seconds from the first frame to the death. */
type Row = { kind: string; filmed: number; recovered: number; lost: number; good: boolean };
const rows: Row[] = [];
const lags: number[] = [];

/** How the take dies; resolves to a page of the same profile. */
const deaths: Record<string, (profile: Profile, page: Page, options: BrowserContextOptions) => Promise<{ profile: Profile; page: Page }>> = {
  'renderer crashes': async (profile, page) => {
    const session = await profile.context.newCDPSession(page);
    const crashed = page.waitForEvent('crash');
    void session.send('Page.crash').catch(() => undefined);
    await crashed;
    const next = await profile.context.newPage();
    await page.close();
    return { profile, page: next };
  },
  'browser is killed': async (profile, _page, options) => {
    await killBrowser(profile);
    const next = await launchProfile(options, { profile: profile.folder });
    return { profile: next, page: await next.context.newPage() };
  },
  'workers are killed': async (profile, page) => {
    await page.evaluate(() => window.workers[0]?.dispatchEvent(new ErrorEvent('error', { message: 'killed by the bench' })));
    return { profile, page };
  },
};

for (const [kind, die] of Object.entries(deaths)) {
  test(kind, async ({ baseURL }, info) => {
    test.setTimeout(runs * 60_000);
    const options = { baseURL, permissions: ['camera', 'microphone'] };
    let profile = await launchProfile(options);
    for (let run = 1; run <= runs; run += 1) {
      const draft = `run-${run}`;
      let page = await profile.context.newPage();
      const watch = await beginTake(page, draft);
      await page.waitForTimeout(600 + Math.random() * 5000);
      // What is told after the death is of the workers that follow.
      const stored = watch.stored;
      const died = Date.now();
      ({ profile, page } = await die(profile, page, options));
      if (kind !== 'workers are killed') {
        await openBlankPage(page, numberedDevices(SIZE));
        await openStudio(page, { size: SIZE, draft });
      }
      const filmed = (died - watch.origin) / 1000;
      const row = { kind, filmed, ...(await recovered(page, filmed, info.outputPath(`${draft}.mp4`))) };
      rows.push(row);
      expect.soft(row.good, 'the recovered film decodes whole').toBe(true);
      expect.soft(row.recovered, 'seconds recovered of those told to be stored').toBeGreaterThanOrEqual(stored - PACKET);
      lags.push(...watch.lags);
      await page.evaluate(() => window.studio.close());
      await page.close();
    }
    await profile.close();
  });
}

/** Films and watches; the page tells as long as it lives. */
async function beginTake(page: Page, draft: string): Promise<Watch> {
  const watch: Watch = { origin: Infinity, lags: [], stored: 0 };
  await page.exposeFunction('tell', (wall: number, segment: number, lag: number, stored: number) => {
    if (segment > 0) watch.origin = Math.min(watch.origin, wall - segment * 1000);
    watch.lags.push(lag);
    watch.stored = Math.max(watch.stored, stored);
  });
  await page.addInitScript(() => {
    window.workers = [];
    const { Worker } = window;
    window.Worker = class extends Worker {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        if (options?.name === 'onetake-studio') window.workers.push(this);
      }
    };
  });
  await openBlankPage(page, numberedDevices(SIZE));
  await openStudio(page, { size: SIZE, draft });
  await page.evaluate(async () => {
    await window.studio.camera.start({ facing: 'user' });
    let segment = 0;
    let stored = 0;
    window.studio.on('time', (time) => (segment = time.segment));
    // A time that was told before the counts came is not later than what their lag is counted from.
    let known = { segment, stats: window.studio.stats };
    setInterval(() => {
      if (known.stats !== window.studio.stats) stored = Math.max(stored, known.segment - window.studio.stats.storedLag);
      known = { segment, stats: window.studio.stats };
    }, 10);
    await window.studio.record();
    setInterval(() => void window.tell(Date.now(), segment, window.studio.stats.storedLag, stored), 100);
    await new Promise((resolve) => setTimeout(resolve, 300));
  });
  return watch;
}

/** Recovers, exports and decodes. A death before anything was stored leaves nothing, and says so. */
async function recovered(page: Page, filmed: number, path: string): Promise<Omit<Row, 'kind' | 'filmed'>> {
  const news = await heard(page, 'recovered', 5000).catch(() => ({ seconds: 0 }));
  const segments = await page.evaluate(() => [...window.studio.draft.segments]);
  const whole = { recovered: news.seconds, lost: Math.max(0, filmed - news.seconds) };
  if (segments.length === 0) return { ...whole, good: filmed < 2.2 };
  const exported = await exportFilm(page, path);
  const film = await readFilm(path, { camera: SIZE, fps: 30 });
  const frames = segments.reduce((sum, segment) => sum + segment.frames, 0);
  const good = film.messages === '' && film.unreadable === 0 && film.repeated.length === 0 && film.frames.length === frames && Math.abs(exported.duration - news.seconds) < 1e-6;
  return { ...whole, good };
}

test.afterAll(() => {
  if (rows.length === 0) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}bench-crash.json`, `${JSON.stringify({ at: new Date().toISOString(), size: SIZE, rows, lags }, null, 2)}\n`);
  const table = Object.keys(deaths).flatMap((kind) => {
    const of = rows.filter((row) => row.kind === kind);
    if (of.length === 0) return [];
    const lost = of.map((row) => row.lost);
    return [[kind, of.length, `${of.filter(({ good }) => good).length} of ${of.length}`, of.filter(({ recovered }) => recovered === 0).length, middle(lost).toFixed(2), Math.max(...lost).toFixed(2)].map(String)];
  });
  const head = ['kind of death', 'runs', 'recovered film decodes whole', 'deaths before anything was stored', 'seconds lost, median', 'worst'];
  for (const line of [head, head.map(() => '---'), ...table]) console.log(`| ${line.join(' | ')} |`);
  console.log(`stored lag: median ${middle(lags).toFixed(2)} s, worst ${Math.max(...lags).toFixed(2)} s of ${lags.length} samples`);
});

function middle(values: number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
