// Files that are decoded, drawn and encoded anew: to another size, rate or coding, to so many bytes, with a look, upright, as their
// edit lists show them; with progress, given up, and refused by name. ffmpeg makes the files and judges what comes out.

import { execFile } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { JSHandle, Page } from '@playwright/test';
import type { CompressOptions, Film, Filter } from 'onetake';
import { topBoxes } from './support/boxes.ts';
import { numberedDevices } from './support/camera.ts';
import { decodeMessages } from './support/film.ts';
import { AAC, facts, FRAGMENTED, keepFilm, MAIN, mediaClip, openWithFiles, OPUS, samples, soundPackets, watch, type Refusal } from './support/files.ts';
import { FIELDS, random } from './support/pictures.ts';
import { signal } from './support/signal-in-node.ts';
import { exportFilm, openBlankPage, openStudio, patchWorker, recordTake, saveBlob, settleClocks } from './support/studio.ts';
import { expect, test } from './support/test.ts';

const run = promisify(execFile);
type Size = { width: number; height: number };

const compress = (page: Page, options: CompressOptions = {}, place = 0): Promise<JSHandle<Film>> =>
  page.evaluateHandle(([wishes, which]) => window.onetake.compress(window.given[which] as File, wishes), [options, place] as const);

/** What `onetake.compress` rejects with; its arguments as a program writes them. */
function refusal(page: Page, given: string): Promise<Refusal> {
  return page.evaluate(async (source) => {
    const work = new Function('onetake', 'files', `return (async () => onetake.compress(${source}))()`) as (...given: unknown[]) => Promise<unknown>;
    const error = await work(window.onetake, window.given).then(() => null, (reason: unknown) => reason);
    if (error === null) return null;
    if (!window.onetake.isOnetakeError(error)) throw error;
    const { code, message, hint } = error;
    return { code, message, hint };
  }, given);
}

/** The pictures as ffmpeg decodes and scales them, RGB, in the order in which they are shown; arguments stand before the input. */
async function pictures(path: string, { width, height }: Size, ...input: string[]): Promise<Buffer[]> {
  const output = ['-map', '0:v:0', '-vf', `scale=${width}:${height}:flags=area`, '-fps_mode', 'passthrough', '-enc_time_base', '1:48000', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'];
  const { stdout } = await run('ffmpeg', ['-v', 'error', ...input, '-i', path, ...output], { encoding: 'buffer', maxBuffer: 1 << 29 });
  const bytes = width * height * 3;
  expect(stdout.length % bytes).toBe(0);
  return Array.from({ length: stdout.length / bytes }, (_, at) => stdout.subarray(at * bytes, (at + 1) * bytes));
}

/** The mean colours of the middles of a picture's fields, row by row. */
function fields(data: ArrayLike<number>, { width, height }: Size, [columns, rows]: [number, number], channels = 3): number[][] {
  const [across, down] = [width / columns, height / rows];
  return Array.from({ length: columns * rows }, (_, field) => {
    const [left, top] = [(field % columns) * across, Math.floor(field / columns) * down];
    const sum = [0, 0, 0];
    let count = 0;
    for (let y = Math.ceil(top + down / 4); y < top + (down * 3) / 4; y += 1) {
      for (let x = Math.ceil(left + across / 4); x < left + (across * 3) / 4; x += 1, count += 1) {
        for (let part = 0; part < 3; part += 1) sum[part] = (sum[part] ?? 0) + (data[(y * width + x) * channels + part] ?? 0);
      }
    }
    return sum.map((level) => level / count);
  });
}

/** The most by which a primary of a field differs. */
const apart = (one: number[][], other: number[][]) => Math.max(...one.flatMap((color, field) => color.map((level, part) => Math.abs(level - (other[field]?.[part] ?? NaN)))));

const longClip = () => mediaClip('long.mp4', { seconds: 4 });

// -------------------------------------------------------------------- looks

const CHART = { width: 192, height: 256 };
const LOOK: Filter[] = [{ name: 'saturation', amount: -0.5 }, { name: 'vignette', amount: 0.8, radius: 0.3, softness: 0.6 }];

/** A camera that shows sixteen fields, still and upright, in BT.601 of limited range. */
async function startChartCamera(page: Page): Promise<void> {
  await page.evaluate(async ({ colors, width, height }) => {
    type Generator = MediaStreamTrack & { writable: WritableStream<VideoFrame> };
    const { MediaStreamTrackGenerator } = window as unknown as { MediaStreamTrackGenerator: new (init: { kind: string }) => Generator };
    const data = new Uint8Array((width * height * 3) / 2);
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        const [r = 0, g = 0, b = 0] = (colors[Math.floor((y * 4) / height) * 4 + Math.floor((x * 4) / width)] ?? []).map((level) => level / 255);
        const luma = 0.299 * r + 0.587 * g + 0.114 * b;
        const chroma = width * height + (y >> 1) * (width >> 1) + (x >> 1);
        data[y * width + x] = Math.round(16 + 219 * luma);
        data[chroma] = Math.round(128 + (224 * (b - luma)) / 1.772);
        data[chroma + (width * height) / 4] = Math.round(128 + (224 * (r - luma)) / 1.402);
      }
    }
    const colorSpace = { primaries: 'smpte170m', transfer: 'smpte170m', matrix: 'smpte170m', fullRange: false };
    const picture = () => new VideoFrame(data, { format: 'I420', codedWidth: width, codedHeight: height, timestamp: Math.round(performance.now() * 1000), colorSpace } as VideoFrameBufferInit);
    const track = new MediaStreamTrackGenerator({ kind: 'video' });
    const writer = track.writable.getWriter();
    const timer = setInterval(() => writer.write(picture()).catch(() => clearInterval(timer)), 33);
    await window.studio.camera.start({ stream: new MediaStream([track]) });
  }, { colors: FIELDS.slice(0, 16), ...CHART });
  await settleClocks(page, 500);
}

test('the same filters give the same pixels on the camera, in a photo, in the drawer and on a file', async ({ page }, info) => {
  const bitrate = 2_000_000;
  const ofFilm = async (path: string) => fields((await pictures(path, CHART)).at(-1) ?? [], CHART, [4, 4]);
  const openWith = async (draft: string) => {
    await openStudio(page, { size: CHART, audio: false, draft, mirror: { preview: false }, video: { bitrate } });
    await startChartCamera(page);
  };
  await openBlankPage(page, null);
  // Photos are cut as the preview is.
  await page.locator('#host').evaluate((host, { width, height }) => Object.assign(host.style, { width: `${width}px`, height: `${height}px` }), CHART);

  await openWith('plain');
  await recordTake(page, 1);
  const plain = await exportFilm(page, info.outputPath('plain.mp4'));
  const made = await page.evaluateHandle(([look, videoBitrate]) => window.onetake.compress((window.films[0] as Film).file, { look, videoBitrate }), [LOOK, bitrate] as const);
  const compressed = await keepFilm(page, made, info.outputPath('compressed.mp4'));
  expect(compressed).toMatchObject({ size: CHART, report: { joined: 'encoded', video: 'avc', audio: null } });
  expect(Math.abs(compressed.duration - plain.duration)).toBeLessThan(0.05);
  await page.evaluate(() => window.studio.close());

  await openWith('look');
  await page.evaluate((look) => window.studio.setLook(look), LOOK);
  const drawn = await page.evaluate(async ([look, width]) => {
    const [picture] = await window.studio.tryLooks([look], { width });
    if (!picture) throw new Error('nothing was drawn');
    const context = new OffscreenCanvas(picture.width, picture.height).getContext('2d') as OffscreenCanvasRenderingContext2D;
    context.drawImage(picture, 0, 0);
    const size = { width: picture.width, height: picture.height };
    picture.close();
    return { size, data: Array.from(context.getImageData(0, 0, size.width, size.height).data) };
  }, [LOOK, CHART.width] as const);
  expect(drawn.size).toEqual(CHART);
  const photo = info.outputPath('photo.jpg');
  await saveBlob(await page.evaluateHandle(() => window.studio.camera.photo()), photo);
  const { width, height } = (await facts(photo)).streams[0] ?? {};
  expect({ width, height }).toEqual(CHART);
  await recordTake(page, 1);
  const filmed = await exportFilm(page, info.outputPath('filmed.mp4'));

  const seen = {
    camera: await ofFilm(filmed.path),
    photo: await ofFilm(photo),
    drawer: fields(drawn.data, CHART, [4, 4], 4),
    file: await ofFilm(compressed.path),
  };
  const without = await ofFilm(plain.path);
  const ways = Object.entries(seen);
  const pairs = ways.flatMap(([one, its], at) => ways.slice(at + 1).map(([other, others]) => ({ pair: `${one} and ${other}`, levels: apart(its, others) })));
  console.log(`levels apart: ${pairs.map(({ pair, levels }) => `${pair} ${levels.toFixed(1)}`).join(', ')}; without the look ${apart(seen.file, without).toFixed(1)}`);
  // The filters' own values are equal; encoders round them, twice on a file.
  for (const { pair, levels } of pairs) expect(levels, pair).toBeLessThanOrEqual(4);
  expect(apart(seen.file, without), 'what the look changes').toBeGreaterThan(15);
});

// -------------------------------------------------------------------- size, rate, sound

test('a file becomes smaller at the size, the rate and the bit rates that are asked for', async ({ page }, info) => {
  // Of 44.1 kHz, with an edit list that hides what primes the decoder; H.264 with B frames.
  const source = await mediaClip('foreign.mp4', { seconds: 3, size: '640x360', audio: [...AAC, '-ar', '44100'] });
  await openWithFiles(page, [source]);
  const handle = await compress(page, { size: { width: 320, height: 180 }, frameRate: 15, videoBitrate: 300_000, audioBitrate: 64_000 });
  const film = await keepFilm(page, handle, info.outputPath('film.mp4'));
  expect(topBoxes(film.path).map(({ type }) => type)).toEqual(['ftyp', 'moov', 'mdat']);
  const { streams, packets } = await facts(film.path);
  expect(streams).toHaveLength(2);
  const [video, audio] = streams;
  expect(video).toMatchObject({ codec_type: 'video', codec_name: 'h264', width: 320, height: 180 });
  expect(audio).toMatchObject({ codec_type: 'audio', codec_name: 'aac', sample_rate: '48000' });
  const frames = packets.filter(({ stream_index }) => stream_index === 0).length;
  expect(Math.abs(frames - 45)).toBeLessThanOrEqual(1);
  const [count = NaN, per = NaN] = (video?.avg_frame_rate ?? '').split('/').map(Number);
  expect(Math.abs(count / per - 15)).toBeLessThan(0.3);
  const { duration } = (await facts(source)).format;
  for (const length of [film.duration, Number(video?.duration), Number(audio?.duration)]) expect(Math.abs(length - Number(duration))).toBeLessThan(1 / 15);
  const rates = [Number(video?.bit_rate), Number(audio?.bit_rate)];
  console.log(`${rates.join(' and ')} bits a second of 300000 and 64000; ${film.bytes} bytes of ${statSync(source).size}`);
  // So short a clip is a few groups of pictures.
  expect(Math.abs((rates[0] ?? NaN) / 300_000 - 1)).toBeLessThan(0.25);
  expect(film.bytes).toBeLessThan(statSync(source).size);
  expect(film).toMatchObject({ size: { width: 320, height: 180 }, type: 'video/mp4' });
  expect(film.report).toMatchObject({ joined: 'encoded', encodedFrames: frames, video: 'avc', audio: 'aac' });
  expect(await decodeMessages(film.path, 15)).toBe('');
  const seen = await watch(handle, [1]);
  expect(seen).toMatchObject({ error: '', back: 0, colors: ['red'] });
  expect(Math.abs(seen.duration - film.duration)).toBeLessThan(0.05);
  expect(Math.abs(seen.ended - seen.duration)).toBeLessThan(0.1);
});

test('sound of another clock is encoded in its place', async ({ page }, info) => {
  // A click each half second, as the kit's microphone makes them.
  const click = '0.9*exp(-0.5*pow((mod(t\\,0.5)-0.1)*24000\\,2))';
  const source = await mediaClip('clicks.mp4', { seconds: 3, sound: click, audio: ['-c:a', 'aac', '-b:a', '128k', '-ac', '1', '-ar', '44100'] });
  await openWithFiles(page, [source]);
  const film = await keepFilm(page, await compress(page, { size: { width: 160, height: 90 } }), info.outputPath('film.mp4'));
  const clicks = async (path: string) => {
    const audio = (await facts(path)).streams.find(({ codec_type }) => codec_type === 'audio');
    const rate = Number(audio?.sample_rate);
    return { rate, at: signal.findMarks(await samples(path), rate, 'click').filter(({ score }) => score > 0.7).map(({ at }) => Number(audio?.start_time) + at / rate) };
  };
  const [before, after] = [await clicks(source), await clicks(film.path)];
  expect([before.rate, after.rate]).toEqual([44_100, 48_000]);
  expect(before.at).toHaveLength(6);
  expect(after.at).toHaveLength(6);
  const moved = after.at.map((at, index) => (at - (before.at[index] ?? NaN)) * 1000);
  console.log(`clicks moved by ${moved.map((ms) => ms.toFixed(2)).join(', ')} ms`);
  expect(Math.max(...moved.map(Math.abs))).toBeLessThan(5);
  expect(film.report.audio).toBe('aac');
});

test('sound that is as films have it is copied, packet by packet', async ({ page }, info) => {
  await openBlankPage(page, numberedDevices({ width: 320, height: 180 }));
  await openStudio(page, { size: { width: 320, height: 180 } });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
  await settleClocks(page, 500);
  await recordTake(page, 1.5);
  const filmed = await exportFilm(page, info.outputPath('filmed.mp4'));
  const handle = await page.evaluateHandle(() => window.onetake.compress((window.films[0] as Film).file, { size: { width: 160, height: 90 } }));
  const film = await keepFilm(page, handle, info.outputPath('film.mp4'));
  const packets = soundPackets(filmed.path);
  expect(packets.length).toBeGreaterThan(40);
  expect(soundPackets(film.path)).toEqual(packets);
  expect(film.report).toMatchObject({ audio: filmed.report.audio, encodedFrames: (await pictures(filmed.path, { width: 16, height: 9 })).length });
  expect(film.report.copiedBytes).toBeGreaterThan(0);
  expect(Math.abs(film.duration - filmed.duration)).toBeLessThan(0.001);
  expect(await decodeMessages(film.path)).toBe('');
});

// -------------------------------------------------------------------- what a file shows

/** Colours of the quarters as they are stored, row by row. */
const QUARTERS = [[190, 60, 60], [60, 190, 60], [60, 60, 190], [170, 170, 60]];
const LYING = { width: 320, height: 180 };
/** How a player shows it: the numbers a, b, c, d of its matrix, where its origin comes to lie, and which quarters stand where then. */
const WAYS: { name: string; matrix: [number, number, number, number]; origin: [number, number]; shown: number[] }[] = [
  { name: '90', matrix: [0, 1, -1, 0], origin: [180, 0], shown: [2, 0, 3, 1] },
  { name: '180', matrix: [-1, 0, 0, -1], origin: [320, 180], shown: [3, 2, 1, 0] },
  { name: '270', matrix: [0, -1, 1, 0], origin: [0, 320], shown: [1, 3, 0, 2] },
  { name: 'mirrored', matrix: [-1, 0, 0, 1], origin: [320, 0], shown: [1, 0, 3, 2] },
  { name: 'mirrored and 90', matrix: [0, -1, -1, 0], origin: [180, 320], shown: [3, 1, 2, 0] },
];

test('a turned or mirrored file comes out upright', async ({ page }, info) => {
  const boxes = QUARTERS.map((color, quarter) => {
    const hex = color.map((level) => level.toString(16).padStart(2, '0')).join('');
    return `drawbox=x=${(quarter % 2) * 160}:y=${Math.floor(quarter / 2) * 90}:w=160:h=90:color=0x${hex}:t=fill`;
  });
  const lying = await mediaClip('quarters.mp4', { seconds: 0.5, video: ['-vf', boxes.join(','), ...MAIN], audio: null });
  const paths = WAYS.map(({ name, matrix: [a, b, c, d], origin: [x, y] }) => {
    const bytes = readFileSync(lying);
    // Of a track header of version 0 (ISO/IEC 14496-12 s.8.3.2).
    const at = bytes.indexOf('tkhd') + 44;
    [a, b, 0, c, d, 0, x, y].forEach((value, place) => bytes.writeInt32BE(value * 65536, at + place * 4));
    const path = info.outputPath(`${name}.mp4`);
    writeFileSync(path, bytes);
    return path;
  });
  await openWithFiles(page, paths);
  for (const [place, { name, matrix, shown }] of WAYS.entries()) {
    const size = matrix[0] === 0 ? { width: LYING.height, height: LYING.width } : LYING;
    const film = await keepFilm(page, await compress(page, {}, place), info.outputPath(`${name}-upright.mp4`));
    expect(film.size, name).toEqual(size);
    const video = (await facts(film.path)).streams[0];
    expect([video?.width, video?.height], name).toEqual([size.width, size.height]);
    expect(video?.side_data_list?.find(({ rotation }) => rotation)?.rotation, name).toBe(undefined);
    const frames = await pictures(film.path, size, '-noautorotate');
    expect(frames, name).toHaveLength(15);
    for (const frame of frames) {
      const nearest = fields(frame, size, [2, 2]).map((color) => {
        const far = QUARTERS.map((quarter) => Math.hypot(...quarter.map((level, part) => level - (color[part] ?? NaN))));
        return far.indexOf(Math.min(...far));
      });
      expect(nearest, name).toEqual(shown);
    }
  }
});

test('what an edit list hides is not in the film', async ({ page }, info) => {
  const small = { width: 160, height: 90 };
  const source = await longClip();
  await openWithFiles(page, [source]);
  const handle = await page.evaluateHandle(async () => {
    const { onetake, given } = window;
    const part = await onetake.trim(given[0] as File, { start: 1.5, end: 2.5 });
    return onetake.compress(part.file, { videoBitrate: 2_000_000 });
  });
  const film = await keepFilm(page, handle, info.outputPath('film.mp4'));
  const { streams, packets } = await facts(film.path);
  const ofVideo = packets.filter(({ stream_index }) => streams[stream_index]?.codec_type === 'video');
  expect(ofVideo, 'packets of pictures, hidden ones too').toHaveLength(30);
  expect(film.report.encodedFrames).toBe(30);
  expect(Math.abs(film.duration - 1)).toBeLessThan(0.03);
  const [all, kept] = [await pictures(source, small), await pictures(film.path, small)];
  const far = (one: Buffer, other: Buffer) => one.reduce((sum, level, at) => sum + Math.abs(level - (other[at] ?? 0)), 0);
  const found = kept.map((picture) => {
    const distances = all.map((one) => far(picture, one));
    return distances.indexOf(Math.min(...distances));
  });
  expect(found).toEqual(Array.from({ length: 30 }, (_, at) => 45 + at));
  // Of sound that is copied whole packets remain.
  const sound = streams.find(({ codec_type }) => codec_type === 'audio');
  expect(Math.abs(Number(sound?.duration) - 1)).toBeLessThan(0.08);
});

test('a fragmented file, a MOV and VP9 in MP4 are taken too', async ({ page }, info) => {
  const half = { width: 160, height: 90 };
  const vp9 = ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', '500k', '-g', '30', '-pix_fmt', 'yuv420p'];
  const paths = [
    await mediaClip('pieces.mp4', { audio: OPUS, output: FRAGMENTED }),
    await mediaClip('quick.mov'),
    await mediaClip('vp9.mp4', { video: vp9 }),
  ];
  await openWithFiles(page, paths);
  for (const [place, source] of paths.entries()) {
    const handle = await compress(page, { size: half }, place);
    const film = await keepFilm(page, handle, info.outputPath(`${place}.mp4`));
    expect(film, source).toMatchObject({ size: half, report: { joined: 'encoded', encodedFrames: 60, video: 'avc' } });
    // Fragments without an edit list begin with a gap, as long as pictures are composed late.
    expect(Math.abs(film.duration - 2), source).toBeLessThan(place === 0 ? 0.08 : 0.05);
    expect((await facts(film.path)).streams.map(({ codec_type }) => codec_type), source).toEqual(['video', 'audio']);
    expect(await decodeMessages(film.path, 30), source).toBe('');
    expect(await watch(handle), source).toMatchObject({ error: '', back: 0 });
  }
});

// -------------------------------------------------------------------- on the way

/** Counts in the worker what decoders gave, and what was made or cloned, that nobody has closed. */
const COUNT = `{
  const made = new Set();
  const keep = (one) => (made.add(one), one);
  const { clone } = VideoFrame.prototype;
  VideoFrame.prototype.clone = function () { return keep(clone.call(this)); };
  self.VideoFrame = new Proxy(VideoFrame, { construct: (target, given, kind) => keep(Reflect.construct(target, given, kind)) });
  for (const name of ['VideoDecoder', 'AudioDecoder']) {
    self[name] = new Proxy(self[name], { construct: (target, [init], kind) => {
      const { output, error } = init;
      return Reflect.construct(target, [{ error, output: (one) => output(keep(one)) }], kind);
    } });
  }
  self.decoded = () => made.size;
  self.stillOpen = () => [...made].filter((one) => (one.codedWidth ?? one.numberOfFrames) > 0).length;
}`;

const inWorker = (page: Page, name: 'decoded' | 'stillOpen') => page.workers()[0]?.evaluate((what) => (self as unknown as Record<string, () => number>)[what]?.(), name);

test('it tells how far it is, can be given up, and leaves no picture open', async ({ page }) => {
  await patchWorker(page, 'studio', COUNT);
  await openWithFiles(page, [await longClip()]);
  const told = await page.evaluate(async () => {
    const seen: { ratio: number; done: number; total: number; eta?: number }[] = [];
    const { duration } = await window.onetake.compress(window.given[0] as File, { size: { width: 160, height: 90 }, onProgress: (progress) => seen.push(progress) });
    return { seen, duration };
  });
  const { seen } = told;
  expect(seen.length).toBeGreaterThan(5);
  expect(seen.map(({ done }) => done)).toEqual(seen.map(({ done }) => done).sort((a, b) => a - b));
  for (const { total, done, ratio, eta } of seen) {
    expect(Math.abs(total - 4), 'seconds of media').toBeLessThan(0.05);
    expect(Math.abs(ratio - done / total)).toBeLessThan(1e-9);
    expect(eta ?? 0).toBeGreaterThanOrEqual(0);
  }
  expect(seen.some(({ eta }) => eta !== undefined && eta > 0)).toBe(true);
  expect(seen.at(-1)).toMatchObject({ ratio: 1, done: seen.at(-1)?.total, eta: 0 });
  expect(Math.abs((seen.at(-1)?.total ?? NaN) - told.duration)).toBeLessThan(0.05);
  await expect.poll(() => inWorker(page, 'stillOpen')).toBe(0);
  const decoded = await inWorker(page, 'decoded') ?? 0;
  expect(decoded, 'pictures and blocks of sound').toBeGreaterThanOrEqual(120);

  expect(await refusal(page, 'files[0], { signal: AbortSignal.abort() }')).toMatchObject({ code: 'aborted' });
  const codes = await page.evaluate(async () => {
    const control = new AbortController();
    const onProgress = ({ done }: { done: number }) => done > 0 && control.abort();
    const given = window.onetake.compress(window.given[0] as File, { signal: control.signal, onProgress }).then(() => 'made', ({ code }: { code: string }) => code);
    // Another call goes on.
    const other = window.onetake.compress(window.given[0] as File, { size: { width: 64, height: 36 } }).then(() => 'made', ({ code }: { code: string }) => code);
    return Promise.all([given, other]);
  });
  expect(codes).toEqual(['aborted', 'made']);
  expect(await inWorker(page, 'decoded')).toBeGreaterThan(decoded);
  await expect.poll(() => inWorker(page, 'stillOpen')).toBe(0);
});

test('a film is no larger than it may be', async ({ page }, info) => {
  await openWithFiles(page, [await longClip()]);
  const maxBytes = 100_000;
  expect(statSync(await longClip()).size).toBeGreaterThan(maxBytes);
  const film = await keepFilm(page, await compress(page, { maxBytes, videoBitrate: 5_000_000 }), info.outputPath('film.mp4'));
  console.log(`${film.bytes} of at most ${maxBytes} bytes`);
  expect(film.bytes).toBeLessThanOrEqual(maxBytes);
  expect(film).toMatchObject({ size: { width: 320, height: 180 }, report: { encodedFrames: 120 } });
  expect(await decodeMessages(film.path)).toBe('');
  // With too few bits for its pixels it has fewer of them.
  const tight = await keepFilm(page, await compress(page, { maxBytes: 30_000 }), info.outputPath('tight.mp4'));
  console.log(`${tight.bytes} of at most 30000 bytes, ${tight.size.width} x ${tight.size.height}`);
  expect(tight.bytes).toBeLessThanOrEqual(30_000);
  expect(tight.size.width).toBeLessThan(320);
  expect(Math.abs(tight.size.width / tight.size.height - 16 / 9)).toBeLessThan(0.1);
  expect(await decodeMessages(tight.path)).toBe('');
});

test('what cannot be done is refused by name', async ({ page }, info) => {
  const letter = info.outputPath('letter.mp4');
  writeFileSync(letter, 'Dear camera, this is a letter and not a film.');
  await openWithFiles(page, [await longClip(), letter, await mediaClip('sound.m4a', { video: null })]);
  const stranger = await refusal(page, 'files[1]');
  expect(stranger).toMatchObject({ code: 'file_unsupported' });
  expect(stranger?.message).toContain('a file that does not begin as MP4 does is not supported');
  const mute = await refusal(page, 'files[2], { videoBitrate: 100000 }');
  expect(mute).toMatchObject({ code: 'film_empty' });
  expect(mute?.message).toContain('the file has no picture');
  expect((await refusal(page, "files[0], { look: [{ name: 'sepiaa' }] }"))?.message).toMatch(/^filter_invalid.*sepiaa/);
  expect((await refusal(page, "files[0], { look: [{ name: 'overlay', other: new Blob(['no picture']) }] }"))?.message).toMatch(/^filter_invalid/);
  const later = await refusal(page, 'files[0], { sampleRate: 44100 }');
  expect(later).toMatchObject({ code: 'not_built' });
  expect(later?.message).toContain('compress: sampleRate');
  for (const wrong of [
    '', "'film.mp4'", 'files[0], null', "files[0], 'small'",
    'files[0], { size: null }', 'files[0], { size: {} }', 'files[0], { size: { width: 320 } }', 'files[0], { size: { width: 14, height: 320 } }',
    'files[0], { size: { width: 320, height: 8194 } }', "files[0], { size: { width: '320', height: 180 } }", 'files[0], { size: { width: NaN, height: 180 } }',
    'files[0], { frameRate: 0 }', 'files[0], { frameRate: 121 }', "files[0], { frameRate: '30' }", 'files[0], { frameRate: NaN }',
    'files[0], { videoBitrate: 9999 }', 'files[0], { videoBitrate: 1e8 + 1 }', 'files[0], { videoBitrate: Infinity }',
    'files[0], { audioBitrate: 11999 }', 'files[0], { audioBitrate: 510001 }', 'files[0], { audioBitrate: null }',
    'files[0], { maxBytes: 0 }', 'files[0], { maxBytes: -1 }', 'files[0], { maxBytes: NaN }', "files[0], { maxBytes: '1 MB' }",
    "files[0], { codec: 'h264' }", "files[0], { codec: 264 }", "files[0], { sampleRate: 'CD' }", 'files[0], { sampleRate: 0 }',
    "files[0], { look: 'sepia' }", 'files[0], { look: [null] }', 'files[0], { look: [{ name: 7 }] }', "files[0], { look: [{ name: 'sepia', amount: true }] }",
    "files[0], { layout: 'avi' }", 'files[0], { signal: 1 }', 'files[0], { onProgress: 1 }', "files[0], { poster: 'poster.jpg' }",
  ]) expect((await refusal(page, wrong))?.code, wrong).toBe('bad_argument');
});

test('sides that are odd become even', async ({ page }, info) => {
  await openWithFiles(page, [await mediaClip('short.mp4', { seconds: 0.5 })]);
  const film = await keepFilm(page, await compress(page, { size: { width: 161, height: 90.4 } }), info.outputPath('film.mp4'));
  expect(film.size).toEqual({ width: 162, height: 90 });
});

test('a file with damaged pictures becomes a film or is refused, and never keeps anybody waiting', async ({ page }, info) => {
  const whole = await longClip();
  const media = topBoxes(whole).find(({ type }) => type === 'mdat');
  const middle = Math.floor(((media?.payload ?? 0) + (media?.end ?? 0)) / 2);
  const next = random(5);
  const paths = ['zeros', 'noise'].map((name) => {
    const bytes = readFileSync(whole);
    for (let at = middle; at < middle + 3000; at += 1) bytes[at] = name === 'zeros' ? 0 : Math.floor(next() * 256);
    const path = info.outputPath(`${name}.mp4`);
    writeFileSync(path, bytes);
    return path;
  });
  await openWithFiles(page, [...paths, whole]);
  const outcome = (place: number) => page.evaluate(async (which) => {
    const late = new Promise<string>((resolve) => setTimeout(resolve, 40_000, 'late'));
    return Promise.race([late, window.onetake.compress(window.given[which] as File, { size: { width: 160, height: 90 } }).then(() => 'made', ({ code }: { code: string }) => code)]);
  }, place);
  const outcomes = [await outcome(0), await outcome(1)];
  console.log(`zeros: ${outcomes[0]}, noise: ${outcomes[1]}`);
  for (const one of outcomes) expect(['made', 'file_damaged']).toContain(one);
  expect(await outcome(2), 'the next call').toBe('made');
});
