// Work on a file of the user's own: looked into, trimmed, split, cut and repaired in the page, without a camera or a draft.
// ffmpeg makes the files and judges what comes out.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import type { JSHandle, Page } from '@playwright/test';
import type { Film } from 'onetake';
import { topBoxes } from './support/boxes.ts';
import { decodeMessages } from './support/film.ts';
import { BASELINE, facts, FRAGMENTED, keepFilm, mediaClip, openWithFiles, OPUS, pictureHashes, soundSamples, watch, type Refusal } from './support/files.ts';
import { expect, test } from './support/test.ts';

const hashOf = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

/** What a call on the first file rejects with. */
function refusal(page: Page, call: string): Promise<Refusal> {
  return page.evaluate(async (source) => {
    const work = new Function('onetake', 'file', 'files', `return (async () => ${source})()`) as (...given: unknown[]) => Promise<unknown>;
    const error = await work(window.onetake, window.given[0], window.given).then(() => null, (reason: unknown) => reason);
    if (error === null) return null;
    if (!window.onetake.isOnetakeError(error)) throw error;
    const { code, message, hint, mismatch } = error;
    return { code, message, hint, ...(mismatch && { mismatch }) };
  }, call);
}

/** Has the worker wait with what it is sent, so that no film is made before the spec has gone on; the answer lets it go on. */
async function holdMessages(page: Page): Promise<() => Promise<void>> {
  const [worker] = page.workers();
  await worker?.evaluate(() => {
    const { onmessage } = self;
    const held: MessageEvent[] = [];
    self.onmessage = (event) => held.push(event);
    Object.assign(self, { release: () => held.forEach((event) => (self.onmessage = onmessage)?.call(self, event)) });
  });
  return async () => worker?.evaluate(() => (self as unknown as { release: () => void }).release());
}

const longClip = () => mediaClip('long.mp4', { seconds: 4 });

test('inspect tells of each kind of file what ffprobe tells', async ({ page }) => {
  const turned = await mediaClip('turned.mov', { rotate: 90 });
  const paths = [
    await longClip(),
    await mediaClip('moov-last.mp4', { video: BASELINE, output: [] }),
    await mediaClip('fragments.mp4', { audio: OPUS, output: FRAGMENTED }),
    turned,
    await mediaClip('sound.m4a', { video: null }),
  ];
  await openWithFiles(page, paths);
  const infos = await page.evaluate(() => Promise.all(window.given.map((file) => window.onetake.inspect(file))));
  expect(infos.map(({ container }) => container)).toEqual(['mp4', 'mp4', 'fragmented-mp4', 'mov', 'mp4']);
  expect(infos.map(({ fastStart }) => fastStart)).toEqual([true, false, true, true, true]);
  expect(infos.map(({ tracks }) => tracks[0]?.codec)).toEqual(['avc1.4d400d', 'avc1.42c00d', 'avc1.4d400d', 'avc1.4d400d', 'mp4a.40.2']);
  expect(infos.map(({ tracks }) => tracks[1]?.codec)).toEqual(['mp4a.40.2', 'mp4a.40.2', 'opus', 'mp4a.40.2', undefined]);
  for (const [index, info] of infos.entries()) {
    const probed = await facts(paths[index] ?? '');
    const streams = probed.streams;
    expect(Math.abs(info.duration - Number(probed.format.duration)), paths[index]).toBeLessThan(0.03);
    expect(info.tracks.map(({ kind }) => kind)).toEqual(streams.map(({ codec_type }) => codec_type));
    for (const [place, track] of info.tracks.entries()) {
      const stream = streams[place];
      const packets = probed.packets.filter(({ stream_index }) => stream_index === place);
      // ffprobe leaves out the priming packets that an edit list hides in whole.
      expect(Math.abs(track.samples - packets.length)).toBeLessThanOrEqual(1);
      if (track.kind === 'video') {
        expect(track.syncSamples).toBe(packets.filter(({ flags }) => flags.startsWith('K')).length);
        expect(track.frameRate).toBeCloseTo(30, 1);
        // ffprobe counts against the clock.
        const turn = stream?.side_data_list?.find(({ rotation }) => rotation !== undefined)?.rotation ?? 0;
        expect(info.rotation).toBe((360 - turn) % 360);
        expect(info.size).toEqual(info.rotation % 180 === 0 ? { width: stream?.width, height: stream?.height } : { width: stream?.height, height: stream?.width });
      } else {
        expect({ rate: track.sampleRate, channels: track.channels }).toEqual({ rate: Number(stream?.sample_rate), channels: stream?.channels });
      }
      expect(track.bitrate).toBeGreaterThan(1000);
    }
  }
  expect(infos.map(({ rotation }) => rotation % 180)).toEqual([0, 0, 0, 90, 0]);
  expect(infos[4]?.size).toBe(null);
});

test('an exact trim shows just the frames of the range; a widened one begins at the key frame before', async ({ page }, info) => {
  const source = await longClip();
  await openWithFiles(page, [source]);
  const trim = (exact: boolean) => page.evaluateHandle((how) => window.onetake.trim(window.given[0] as File, { start: 1.5, end: 2.5, exact: how }), exact);
  const all = await pictureHashes(source);

  const handle = await trim(true);
  const exact = await keepFilm(page, handle, info.outputPath('exact.mp4'));
  expect(topBoxes(exact.path).map(({ type }) => type)).toEqual(['ftyp', 'moov', 'mdat']);
  expect(await pictureHashes(exact.path)).toEqual(all.slice(45, 75));
  expect(Math.abs(exact.duration - 1)).toBeLessThan(0.002);
  expect(Math.abs(await soundSamples(exact.path) - 48000)).toBeLessThan(1100);
  expect(exact.report.warnings).toEqual(['edit_list']);
  expect(exact.report).toMatchObject({ joined: 'copy', encodedFrames: 0, video: 'avc', audio: 'aac' });
  expect(exact.report.readBytes).toBeLessThan(statSync(source).size / 8);
  const seen = await watch(handle, [0.5]);
  expect(seen).toMatchObject({ error: '', colors: ['red'] });
  expect(Math.abs(seen.duration - exact.duration)).toBeLessThan(0.05);
  expect(Math.abs(seen.ended - seen.duration)).toBeLessThan(0.05);

  const wide = await keepFilm(page, await trim(false), info.outputPath('wide.mp4'));
  const hashes = await pictureHashes(wide.path);
  expect(hashes.slice(0, 45)).toEqual(all.slice(30, 75));
  expect(wide.duration).toBeGreaterThanOrEqual(1.5 - 0.002);
  expect(await decodeMessages(wide.path)).toBe('');
});

test('a split gives two films with all frames between them, a cut leaves out its ranges', async ({ page }, info) => {
  const source = await longClip();
  await openWithFiles(page, [source]);
  const all = await pictureHashes(source);
  const films = await page.evaluateHandle(() => window.onetake.split(window.given[0] as File, 1.7));
  const part = (index: number) => films.evaluateHandle((made, at) => made[at] as Film, index) as Promise<JSHandle<Film>>;
  const first = await keepFilm(page, await part(0), info.outputPath('first.mp4'));
  const second = await keepFilm(page, await part(1), info.outputPath('second.mp4'));
  expect([...await pictureHashes(first.path), ...await pictureHashes(second.path)]).toEqual(all);
  expect(Math.abs(first.duration - 1.7)).toBeLessThan(0.03);

  const cut = await page.evaluateHandle(() => window.onetake.cut(window.given[0] as File, [{ start: 3, end: Infinity }, { start: 1, end: 2 }]));
  const rest = await keepFilm(page, cut, info.outputPath('rest.mp4'));
  expect(await pictureHashes(rest.path)).toEqual([...all.slice(0, 30), ...all.slice(60, 90)]);
  expect(Math.abs(rest.duration - 2)).toBeLessThan(0.05);
  const seen = await watch(cut);
  expect(seen.error).toBe('');
  expect(Math.abs(seen.ended - 2)).toBeLessThan(0.1);
});

test('title, date and poster are written when given, and nothing else differs from run to run', async ({ page }, info) => {
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'color=orange:size=90x160', '-frames:v', '1', info.outputPath('poster.jpg')]);
  await openWithFiles(page, [await longClip(), info.outputPath('poster.jpg')]);
  const trim = (named: boolean) => page.evaluateHandle((with_) => {
    const [file, poster] = window.given as [File, File];
    const metadata = { title: '海边 Ferien', date: new Date('2026-11-21T10:00:00Z') };
    return window.onetake.trim(file, { start: 0, end: 1, ...(with_ ? { metadata, poster } : {}) });
  }, named);
  const plain = await keepFilm(page, await trim(false), info.outputPath('plain.mp4'));
  const again = await keepFilm(page, await trim(false), info.outputPath('again.mp4'));
  expect(hashOf(again.path)).toBe(hashOf(plain.path));
  const named = await keepFilm(page, await trim(true), info.outputPath('named.mp4'));
  const { format, streams } = await facts(named.path);
  expect(format.tags).toMatchObject({ title: '海边 Ferien', creation_time: '2026-11-21T10:00:00.000000Z' });
  expect(streams.filter(({ disposition }) => disposition?.attached_pic === 1)).toHaveLength(1);
  expect((await facts(plain.path)).format.tags?.['creation_time']).toBe(undefined);
});

test('a recording that broke off is repaired and plays; what is no film at all is refused', async ({ page }, info) => {
  const whole = await mediaClip('recording.mp4', { seconds: 4, audio: OPUS, output: FRAGMENTED });
  const torn = info.outputPath('torn.mp4');
  copyFileSync(whole, torn);
  truncateSync(torn, Math.round(statSync(whole).size * 0.8));
  writeFileSync(info.outputPath('noise.mp4'), Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919) % 251)));
  await openWithFiles(page, [torn, info.outputPath('noise.mp4')]);
  const handle = await page.evaluateHandle(() => window.onetake.repair(window.given[0] as File));
  const film = await keepFilm(page, handle, info.outputPath('repaired.mp4'));
  expect(await decodeMessages(film.path)).toBe('');
  const hashes = await pictureHashes(film.path);
  expect(hashes.length).toBeGreaterThanOrEqual(60);
  expect(hashes).toEqual((await pictureHashes(whole)).slice(0, hashes.length));
  expect(film.report.lost?.bytes).toBeGreaterThan(0);
  expect((await watch(handle)).error).toBe('');
  const refused = await refusal(page, 'onetake.repair(files[1])');
  expect(refused?.code).toBe('repair_impossible');
});

test('a damaged file is refused with the path of the box, a wrong argument before anything is read', async ({ page }, info) => {
  const damaged = info.outputPath('damaged.mp4');
  const bytes = readFileSync(await longClip());
  bytes.writeUInt32BE(0x7fffffff, bytes.indexOf('stbl') - 4); // it goes on beyond the box around it
  writeFileSync(damaged, bytes);
  writeFileSync(info.outputPath('noise.mp4'), Buffer.alloc(3000, 0x55));
  await openWithFiles(page, [damaged, info.outputPath('noise.mp4')]);
  const torn = await refusal(page, 'onetake.inspect(file)');
  expect(torn).toMatchObject({ code: 'file_damaged' });
  expect(torn?.message).toMatch(/moov\/trak.*\/stbl/);
  expect(torn?.hint).toMatch(/\w+/);
  expect((await refusal(page, 'onetake.inspect(files[1])'))?.code).toMatch(/^file_(damaged|unsupported)$/);
  const wrong = [
    'onetake.join([])', "onetake.join(['film.mp4'])", 'onetake.inspect()', 'onetake.split(file, 0)', 'onetake.split(file, NaN)', 'onetake.trim(file, { start: 2, end: 1 })',
    'onetake.trim(file, { start: -1, end: 1 })', 'onetake.trim(file, { start: 0, end: NaN })', 'onetake.cut(file, [{ start: 1, end: 1 }])', "onetake.join(files, { entries: 'many' })", "onetake.join(files, { joinAudio: 'mix' })",
    "onetake.repair(file, { layout: 'avi' })", "onetake.join(files, { metadata: { date: new Date('1800-01-01') } })", "onetake.join(files, { metadata: { date: new Date('no') } })",
    "onetake.join(files, { poster: new Blob(['x'], { type: 'text/plain' }) })", "onetake.join(files, { poster: 'poster.jpg' })",
    "onetake.join(files, { poster: new Blob([new Uint8Array(2 ** 24 + 1)], { type: 'image/png' }) })",
    'onetake.cut(file)', 'onetake.cut(file, null)', 'onetake.cut(file, [null])', 'onetake.cut(file, {})', 'onetake.cut(file, [], null)', 'onetake.trim(file)', 'onetake.trim(file, null)',
    'onetake.join(files, null)', 'onetake.join(null)', "onetake.join(files, 'fragmented')", 'onetake.split(file)', 'onetake.split(file, 1, null)', "onetake.split(file, '1')", 'onetake.repair(file, null)',
    "onetake.join(files, { metadata: { date: '2026-11-21' } })", 'onetake.join(files, { metadata: { title: 7 } })',
    "onetake.join(files, { metadata: 'title' })", 'onetake.join(files, { signal: 1 })', 'onetake.join(files, { onProgress: 1 })',
  ];
  for (const call of wrong) expect((await refusal(page, call))?.code, call).toBe('bad_argument');
  expect((await refusal(page, 'onetake.cut(files[0], [{ start: 0, end: Infinity }])'))?.code).toBe('film_empty');
});

test('a file of another kind named .mp4 is refused by what its bytes say it is', async ({ page }, info) => {
  const small = { seconds: 1, size: '64x64' } as const;
  const letter = info.outputPath('letter.mp4');
  writeFileSync(letter, 'Dear camera, this is a letter and not a film.');
  const empty = info.outputPath('empty.mp4');
  writeFileSync(empty, '');
  const archive = info.outputPath('archive.mp4');
  writeFileSync(archive, Buffer.concat([Buffer.from('PK\x03\x04\x14\0\0\0\x08\0', 'latin1'), Buffer.alloc(500, 7)]));
  const kinds: [string, string][] = [
    ['an AVI file', await mediaClip('avi.mp4', { ...small, output: ['-f', 'avi'] })],
    ['a WebM or Matroska file', await mediaClip('webm.mp4', { ...small, video: ['-c:v', 'libvpx'], audio: OPUS, output: ['-f', 'webm'] })],
    ['an MPEG transport stream', await mediaClip('ts.mp4', { ...small, output: ['-f', 'mpegts'] })],
    ['an FLV file', await mediaClip('flv.mp4', { ...small, output: ['-f', 'flv', '-ar', '44100'] })],
    ['a JPEG picture', await mediaClip('jpeg.mp4', { ...small, video: ['-frames:v', '1', '-c:v', 'mjpeg'], audio: null, output: ['-f', 'image2'] })],
    ['a ZIP archive', archive],
    ['a file that does not begin as MP4 does', letter],
    ['an empty file', empty],
  ];
  await openWithFiles(page, kinds.map(([, path]) => path));
  for (const [place, [kind]] of kinds.entries()) {
    for (const call of ['inspect', 'join', 'split']) {
      const given = call === 'join' ? `[files[${place}]]` : call === 'split' ? `files[${place}], 1` : `files[${place}]`;
      const refused = await refusal(page, `onetake.${call}(${given})`);
      expect(refused, `${call} ${kind}`).toMatchObject({ code: 'file_unsupported' });
      expect(refused?.message).toContain(`${kind} is not supported`);
      expect(refused?.hint).toMatch(/MP4/);
    }
  }
});

test('a call that is given up rejects, others go on, and a worker that dies is replaced', async ({ page }) => {
  await openWithFiles(page, [await longClip()]);
  expect(await refusal(page, 'onetake.join(files, { signal: AbortSignal.abort() })')).toMatchObject({ code: 'aborted' });
  // One worker serves all calls, from the first one on.
  await page.evaluate(() => window.onetake.inspect(window.given[0] as File));
  expect(page.workers()).toHaveLength(1);
  const release = await holdMessages(page);
  const calls = await page.evaluateHandle(() => {
    const [file] = window.given as [File];
    const control = new AbortController();
    const film = window.onetake.join(Array.from({ length: 30 }, () => file), { signal: control.signal });
    const info = window.onetake.inspect(file);
    control.abort();
    return { code: film.then(() => 'made', ({ code }: { code: string }) => code), duration: info.then(({ duration }) => duration) };
  });
  await release();
  expect(await calls.evaluate(({ code }) => code)).toBe('aborted');
  expect(Math.abs(await calls.evaluate(({ duration }) => duration) - 4)).toBeLessThan(0.03);
  // What a worker says last when it panics is said for it here, while two calls wait.
  await holdMessages(page);
  const pending = await page.evaluateHandle(() => ({ codes: Promise.all([0, 1].map(() => window.onetake.join(window.given).then(() => 'made', ({ code }: { code: string }) => code))) }));
  await page.workers()[0]?.evaluate(() => postMessage({ type: 'crashed', failure: { code: 'worker_failed', retry: 'later', detail: 'a panic' } }));
  expect(await pending.evaluate(({ codes }) => codes)).toEqual(['worker_failed', 'worker_failed']);
  expect(await page.evaluate(async () => (await window.onetake.inspect(window.given[0] as File)).container)).toBe('mp4');
  expect(page.workers()).toHaveLength(1);
});
