// From stop to done over a line of 5 Mbit/s: a take that is sent while it is filmed, and one that is sent when it is over, by onetake
// and then by Qiniu's own SDK. The picture needs all bits that its encoder is given, so that the line can just keep up. The page is
// one that nobody listens to (bare.ts). How many bytes the store had when the camera stopped is the store's own word.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from '@playwright/test';
import { clipFlags, soundClip } from '../support/clips.ts';
import { type Kodo, qetag } from '../support/uploads.ts';
import { Bare } from './bare.ts';
import { uploaders } from './uploaders.ts';

/** Bytes a second. */
export const FIVE_MBIT = 625_000;
const BITRATE = 4_000_000;
const TAKE = Number(process.env['ONETAKE_BENCH_TAKE'] ?? 60) * 1000;

/**
 * `bytes` of the object, `media` of its packets; `sent`: what the store had of them when the camera was told to stop, parts on
 * their way included. `ms` from there to the answer. `floor`: what had not come by then, at the line's rate, and three round
 * trips.
 */
export type Stop = { way: string; uploader: string; bytes: number; media: number; sent: number; ms: number; floor: number; roundTrip: number };
type Place = { kodo: Kodo; baseURL: string | undefined; folder: (name: string) => string };

/** Sent while it is filmed. */
export async function whileFilming(page: Bare, place: Place): Promise<Stop[]> {
  const { kodo } = place;
  const key = 'while filming.mp4';
  const given = { key, token: await kodo.token({ scope: `onetake:${key}` }), endpoints: [kodo.address], mimeType: 'video/mp4' };
  const roundTrip = await trip(page, kodo);
  await kodo.faults({ bytesPerSecond: FIVE_MBIT });
  await page.evaluate((options) => void (window.up = window.onetake.upload(window.studio, options)), given);
  await film(page);
  // In this order what ends in between counts twice: the floor is never too high.
  const sent = await kodo.partsOnTheirWay() + stored(await kodo.log());
  const { ms, hash } = await page.evaluate(async () => {
    const before = performance.now();
    void window.up.finish().catch(() => undefined);
    const done = await window.up.result;
    return { ms: performance.now() - before, hash: done.hash };
  }, null);
  await kodo.faults();
  const { bytes, media } = await weigh(place, key, hash);
  const floor = (bytes - sent) * 1000 / FIVE_MBIT + 3 * roundTrip;
  return [{ way: 'while filming', uploader: 'onetake', bytes, media, sent, ms, floor, roundTrip }];
}

/** Exported and sent when it is over; the export counts for both. */
export async function afterwards(page: Bare, place: Place): Promise<Stop[]> {
  const { kodo } = place;
  const roundTrip = await trip(page, kodo);
  await film(page);
  const exported = await page.evaluate(async () => {
    const before = performance.now();
    await window.studio.pause();
    const film = await window.studio.export();
    const [files, input] = [new DataTransfer(), document.querySelector('input')];
    files.items.add(new File([film.file], 'film.mp4', { type: 'video/mp4' }));
    if (input) input.files = files.files;
    return performance.now() - before;
  }, null);
  const stops: Stop[] = [];
  for (const uploader of uploaders) {
    if (uploader !== uploaders[0]) await uploader.open(page);
    const key = `afterwards by ${uploader.name}.mp4`;
    await kodo.faults({ bytesPerSecond: FIVE_MBIT });
    const sent = await uploader.send(page, { key, token: await kodo.token({ scope: `onetake:${key}` }), address: kodo.address });
    await kodo.faults();
    expect(sent.failure, uploader.name).toBeNull();
    const { bytes, media } = await weigh(place, key, sent.hash);
    const floor = bytes * 1000 / FIVE_MBIT + 3 * roundTrip;
    stops.push({ way: 'afterwards', uploader: uploader.name, bytes, media, sent: 0, ms: exported + sent.ms, floor, roundTrip });
  }
  return stops;
}

/** A page with a studio whose camera runs, and an input. */
export async function openCamera({ baseURL }: Pick<Place, 'baseURL'>): Promise<Bare> {
  const page = await Bare.open(`${baseURL}/pkg/index.js`, clipFlags(noisyClip(), await soundClip(4)));
  await uploaders[0].open(page);
  await page.evaluate(async (bitrate) => {
    document.body.append(Object.assign(document.createElement('input'), { type: 'file' }));
    const host = document.body.appendChild(document.createElement('div'));
    host.style.cssText = 'width: 360px; height: 640px';
    window.studio = await window.onetake.Studio.open({ host, size: { width: 640, height: 360 }, video: { bitrate } });
    await window.studio.camera.start();
  }, BITRATE);
  return page;
}

/** The camera still runs when it returns. */
async function film(page: Bare): Promise<void> {
  await page.evaluate(async () => void await window.studio.record(), null);
  await new Promise((resolve) => setTimeout(resolve, TAKE));
}

/** Milliseconds; the shortest of a few is the line's, the others the machine's. */
function trip(page: Bare, kodo: Kodo): Promise<number> {
  return page.evaluate(async (address) => {
    const times: number[] = [];
    for (let n = 0; n < 6; n += 1) {
      const before = performance.now();
      await fetch(`${address}/v2/query`).catch(() => undefined);
      times.push(performance.now() - before);
    }
    return Math.min(...times);
  }, kodo.address);
}

function stored(log: Awaited<ReturnType<Kodo['log']>>): number {
  const parts = log.filter(({ route, status }) => route === 'part' && status === 200);
  return [...new Map(parts.map(({ part, bytes }) => [part, bytes])).values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** What the store has; it decodes, and where its hash is that of its content, it is. */
async function weigh({ kodo, folder }: Place, key: string, hash: string): Promise<{ bytes: number; media: number }> {
  const path = folder('object.mp4');
  writeFileSync(path, await kodo.object(key));
  if (!hash.startsWith('n')) expect(hash).toBe(qetag(path));
  execFileSync('ffmpeg', ['-v', 'error', '-xerror', '-i', path, '-fps_mode', 'passthrough', '-f', 'null', '-'], { stdio: 'pipe' });
  const packets = execFileSync('ffprobe', ['-v', 'error', '-show_entries', 'packet=size', '-of', 'csv=p=0', path], { encoding: 'utf8', maxBuffer: 1 << 26 });
  const media = packets.split('\n').reduce((sum, size) => sum + (Number.parseInt(size, 10) || 0), 0);
  return { bytes: statSync(path).size, media };
}

/** Pictures that no encoder makes small, as Chromium's only camera. */
function noisyClip(): string {
  const clips = fileURLToPath(new URL('../clips/', import.meta.url));
  const path = `${clips}noise-640x360.mjpeg`;
  if (existsSync(path)) return path;
  mkdirSync(clips, { recursive: true });
  const picture = 'testsrc2=size=640x360:rate=30:duration=4,noise=alls=40:allf=t+u';
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', picture, '-c:v', 'mjpeg', '-q:v', '5', '-f', 'mjpeg', path]);
  return path;
}
