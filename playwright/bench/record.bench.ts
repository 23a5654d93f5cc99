// The acceptance run of the recorder, and the same cameras through its peers in the same session: 1280x720 at 30 frames
// a second, 2 s of preview, three takes of 4 s with pauses of 0.3 to 1.5 s between, main thread blocked 300 ms of each
// second. onetake also flips to the second camera after the first take; its peers cannot and stay on the front camera.
// Prints a table and writes artifacts/bench-record.json. ONETAKE_BENCH_RUNS repeats it.

import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test, type Page } from '@playwright/test';
import { installCameras, numberedDevices, type RawLog } from '../support/camera.ts';
import { compareSync, readFilm, type Film } from '../support/film.ts';
import { exportFilm, openBlankPage, openStudio, randomPause, recordTake, saveBlob, settleClocks, startStalls, stopStalls } from '../support/studio.ts';
import { statsOf } from '../support/test.ts';

const SIZE = { width: 1280, height: 720 };
const FPS = 30;
const TAKES = 3;
const SECONDS = 4;
const runs = Number(process.env['ONETAKE_BENCH_RUNS'] ?? 1);
const folder = fileURLToPath(new URL('../artifacts/', import.meta.url));

/**
 * `delivered` by its own count (onetake) or by the raw log's, `lost`: numbers between two frames of a segment that are
 * not in the file, `upstream`: those of them that the raw log has not seen either, `source`: drops the recorder itself
 * ascribes to the camera. Milliseconds for the offsets.
 */
type Row = {
  name: string; delivered: number; encoded: number | null; inFile: number; lost: number; upstream: number; source: number | null; repeats: number; segments: number;
  flashes: number; spread: number; inside: number; offset: number; messages: number;
};
const rows: Row[] = [];

for (let run = 1; run <= runs; run += 1) {
  test(`onetake, run ${run}`, async ({ page }, info) => {
    await openBlankPage(page, numberedDevices(SIZE, FPS));
    await openStudio(page, { size: SIZE, frameRate: FPS });
    await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
    await startStalls(page);
    await settleClocks(page);
    for (let take = 0; take < TAKES; take += 1) {
      await recordTake(page, SECONDS);
      await randomPause(page);
      if (take === 0) await page.evaluate(() => window.studio.camera.flip());
    }
    await stopStalls(page);
    const stats = await statsOf(page);
    const { path } = await exportFilm(page, info.outputPath('onetake.mp4'));
    const raw = await page.evaluate(() => window.numberedCameras.log());
    const row = rowOf('onetake', await readFilm(path, { camera: SIZE, fps: FPS }), raw);
    rows.push({ ...row, delivered: stats.captured, encoded: stats.encoded, source: stats.dropped.source });
  });

  test(`MediaRecorder, run ${run}`, async ({ page }, info) => {
    await openPeerPage(page);
    const type = await page.evaluate(async () => {
      const types = ['video/mp4;codecs=avc1.640028,mp4a.40.2', 'video/mp4;codecs=avc1.640028,opus', 'video/webm;codecs=avc1.640028,opus', 'video/webm;codecs=vp8,opus'];
      const mimeType = types.find((name) => MediaRecorder.isTypeSupported(name)) ?? '';
      const recorder = new MediaRecorder(window.stream, { mimeType, videoBitsPerSecond: 4e6, audioBitsPerSecond: 128e3 });
      const parts: Blob[] = [];
      recorder.ondataavailable = ({ data }) => parts.push(data);
      window.peer = {
        take: async () => (recorder.state === 'inactive' ? recorder.start() : recorder.resume()),
        pause: async () => recorder.pause(),
        finish: () => new Promise((resolve) => {
          recorder.onstop = () => resolve(new Blob(parts, { type: mimeType }));
          recorder.stop();
        }),
      };
      return mimeType;
    });
    await runPeer(page, info.outputPath('mediarecorder'), `MediaRecorder ${type.replace('video/', '')}`);
  });

  test(`Mediabunny, run ${run}`, async ({ page }, info) => {
    await openPeerPage(page);
    await page.evaluate(async () => {
      const address = '/peer/mediabunny.mjs';
      const { Output, Mp4OutputFormat, BufferTarget, MediaStreamVideoTrackSource, MediaStreamAudioTrackSource } = await import(address) as typeof import('mediabunny');
      const output = new Output({ format: new Mp4OutputFormat(), target: new BufferTarget() });
      const [video, audio] = [window.stream.getVideoTracks()[0], window.stream.getAudioTracks()[0]] as never[];
      const picture = new MediaStreamVideoTrackSource(video as never, { codec: 'avc', bitrate: 4e6 });
      const sound = new MediaStreamAudioTrackSource(audio as never, { codec: 'opus', bitrate: 128e3 });
      output.addVideoTrack(picture, { frameRate: 30 });
      output.addAudioTrack(sound);
      let started = false;
      window.peer = {
        take: async () => {
          if (!started) await output.start();
          else [picture, sound].forEach((source) => source.resume());
          started = true;
        },
        pause: async () => [picture, sound].forEach((source) => source.pause()),
        finish: async () => {
          await output.finalize();
          return new Blob([output.target.buffer ?? new ArrayBuffer(0)], { type: 'video/mp4' });
        },
      };
    });
    await runPeer(page, info.outputPath('mediabunny.mp4'), 'Mediabunny 1.61, its defaults');
  });
}

test.afterAll(() => {
  if (rows.length === 0) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}bench-record.json`, `${JSON.stringify({ at: new Date().toISOString(), size: SIZE, fps: FPS, takes: TAKES, seconds: SECONDS, rows }, null, 2)}\n`);
  const head = ['recorder', 'delivered', 'encoded', 'in file', 'lost', 'of these upstream', 'source drops', 'repeats', 'segments', 'flashes', 'spread ms', 'inside ms', 'offset ms', 'ffmpeg messages'];
  const body = rows.map((row) => [row.name, row.delivered, row.encoded ?? '-', row.inFile, row.lost, row.upstream, row.source ?? '-', row.repeats, row.segments, row.flashes,
    row.spread.toFixed(3), row.inside.toFixed(3), row.offset.toFixed(2), row.messages].map(String));
  for (const line of [head, head.map(() => '---'), ...body]) console.log(`| ${line.join(' | ')} |`);
  for (const row of rows.filter(({ encoded }) => encoded !== null)) {
    const kept = row.delivered === row.encoded && row.encoded === row.inFile && row.repeats === 0;
    const synced = row.spread <= 1 && row.inside <= 0.5;
    console.log(`${row.name}: delivered = encoded = in the file, no repeats: ${kept ? 'yes' : 'NO'}; spread <= 1 ms, <= 0.5 ms inside: ${synced ? 'yes' : 'NO'}`);
  }
});

declare global {
  interface Window { peer: { take(): Promise<void>; pause(): Promise<unknown>; finish(): Promise<Blob> } }
}

/** A blank page of a secure origin with the front camera and the microphone open. */
async function openPeerPage(page: Page): Promise<void> {
  const bundle = fileURLToPath(import.meta.resolve('mediabunny')).replace(/dist\/.*$/, 'dist/bundles/mediabunny.mjs');
  await page.route('http://localhost/**', (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>peer</title>' }));
  await page.route('**/peer/mediabunny.mjs', (route) => route.fulfill({ contentType: 'text/javascript', path: bundle }));
  await installCameras(page, numberedDevices(SIZE, FPS));
  await page.goto('http://localhost/peer.html');
  await page.evaluate(async () => {
    window.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'user' }, audio: true });
  });
}

async function runPeer(page: Page, path: string, name: string): Promise<void> {
  await startStalls(page);
  await settleClocks(page);
  for (let take = 0; take < TAKES; take += 1) {
    await page.evaluate(() => window.peer.take());
    await page.waitForTimeout(SECONDS * 1000);
    await page.evaluate(() => window.peer.pause());
    await randomPause(page);
  }
  await stopStalls(page);
  await saveBlob(await page.evaluateHandle(() => window.peer.finish()), path);
  const raw = await page.evaluate(() => window.numberedCameras.log());
  const film = await readFilm(path, { camera: SIZE, fps: FPS });
  rows.push(rowOf(name, film, raw));
}

function rowOf(name: string, film: Film, raw: RawLog): Row {
  const seen = new Set(raw.video.flatMap(({ frames }) => frames.map(({ number }) => number)));
  const delivered = film.segments.reduce((sum, { first, last }) => sum + [...seen].filter((number) => number >= first && number <= last).length, 0);
  const sync = compareSync(film, raw, FPS);
  return {
    name, delivered, encoded: null, inFile: film.frames.length, lost: film.lost.length, upstream: film.lost.filter((number) => !seen.has(number)).length, source: null,
    repeats: film.repeated.length, segments: film.segments.length, flashes: sync.offsets.length, spread: sync.spread, inside: sync.inside, offset: sync.absolute,
    messages: film.messages === '' ? 0 : film.messages.split('\n').length,
  };
}
