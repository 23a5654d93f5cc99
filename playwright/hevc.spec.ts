// Pictures in another coding than H.264: what was asked for where the browser encodes it, else H.264, said and without a loss.
// No browser here encodes HEVC: an encoder in the worker's own script gives real HEVC pictures, made beforehand, for each it is handed.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { numberedDevices } from './support/camera.ts';
import { decodeMessages, probeFile, readFilm } from './support/film.ts';
import { exportFilm, heard, openBlankPage, openStudio, patchWorker, recordTake, settleClocks } from './support/studio.ts';
import { expect, expectGoodFilm, expectIdentities, statsOf, test } from './support/test.ts';
import type { Page, TestInfo } from '@playwright/test';
import type { VideoCodec } from 'onetake';

const SMALL = { width: 640, height: 360 };
/** Six encoders are tried one after another before another coding is. */
const PATIENCE = { timeout: 60_000 };

/** Pictures of one group as they lie in a file, and the decoder's record, in base64. */
type Coded = { record: string; pictures: string[] };

/** x265's: 90 pictures that lean on their first. */
function makePictures(info: TestInfo): Coded {
  const path = info.outputPath('made.mp4');
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', `testsrc2=size=${SMALL.width}x${SMALL.height}:rate=30:duration=3`, '-pix_fmt', 'yuv420p',
    '-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'bframes=0:keyint=90:scenecut=0:repeat-headers=0:info=0:log-level=none', '-tag:v', 'hvc1', path]);
  const bytes = readFileSync(path);
  const at = bytes.indexOf('hvcC', 0, 'latin1');
  const record = bytes.subarray(at + 4, at - 4 + bytes.readUInt32BE(at - 4)).toString('base64');
  const { packets } = JSON.parse(execFileSync('ffprobe', ['-v', 'error', '-of', 'json', '-show_packets', path], { maxBuffer: 1 << 26 }).toString()) as { packets: { pos: string; size: string }[] };
  return { record, pictures: packets.map(({ pos, size }) => bytes.subarray(Number(pos), Number(pos) + Number(size)).toString('base64')) };
}

/**
 * An encoder of HEVC that gives these pictures, from the first again wherever a key frame is asked for. It dies at picture `dies` of a run; what it has encoded comes out before, or, where it is
 * `mute`, when it is asked for.
 */
function hevcEncoder({ record, pictures }: Coded, { dies = 1e9, mute = false } = {}): string {
  return `{
    const Real = self.VideoEncoder;
    const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
    const record = bytes('${record}');
    const pictures = ${JSON.stringify(pictures)}.map(bytes);
    self.asked = [];
    self.VideoEncoder = class {
      static isConfigSupported(config) {
        return config.codec.startsWith('hvc1') ? Promise.resolve({ supported: true, config }) : Real.isConfigSupported(config);
      }
      #init; #real; #config; #place = 0; #count = 0; #held = []; #out = Promise.resolve(); #state = 'unconfigured';
      constructor(init) { this.#init = init; }
      get state() { return this.#real?.state ?? this.#state; }
      get encodeQueueSize() { return this.#real?.encodeQueueSize ?? 0; }
      configure(config) {
        if (!config.codec.startsWith('hvc1')) {
          this.#real = new Real(this.#init);
          return this.#real.configure(config);
        }
        self.asked.push({ codec: config.codec, format: config.hevc?.format });
        this.#config = config;
        this.#state = 'configured';
      }
      encode(frame, options) {
        if (this.#real) return this.#real.encode(frame, options);
        self.shown?.(frame);
        this.#count += 1;
        if (this.#count === ${dies}) {
          this.#held = [];
          this.#out = this.#out.then(() => {
            this.#state = 'closed';
            this.#init.error(new DOMException('the encoder died', 'EncodingError'));
          });
        }
        this.#place = options?.keyFrame ? 0 : (this.#place + 1) % pictures.length;
        const { timestamp } = frame;
        const chunk = new EncodedVideoChunk({ type: this.#place === 0 ? 'key' : 'delta', timestamp, data: pictures[this.#place] });
        const metadata = this.#count > 1 ? {} : { decoderConfig: { codec: this.#config.codec, codedWidth: this.#config.width, codedHeight: this.#config.height, description: record.slice().buffer } };
        this.#held.push([chunk, metadata]);
        if (!${mute}) this.#give();
      }
      #give() {
        const given = this.#held.splice(0);
        this.#out = this.#out.then(() => given.forEach((one) => this.#state === 'configured' && this.#init.output(...one)));
      }
      flush() {
        if (this.#real) return this.#real.flush();
        this.#give();
        return this.#out.then(() => { if (this.#state !== 'configured') throw new DOMException('closed', 'AbortError'); });
      }
      close() {
        this.#real?.close();
        this.#state = 'closed';
      }
    };
  }`;
}

/**
 * In front of it, measurements of the encoder that takes over (a picture of a square of 64, one of a canvas 720 high) are as slow
 * as on a busy machine, and one is never done.
 */
const SLOW_TO_MEASURE = `{
  const Real = self.VideoEncoder;
  self.VideoEncoder = class extends Real {
    #wait = 0;
    encode(frame, options) {
      if (frame.codedHeight === 64) this.#wait = 1200;
      if (frame.codedHeight === 720 && frame.format?.startsWith('RGB')) this.#wait = 1e6;
      super.encode(frame, options);
    }
    async flush() {
      await super.flush();
      await new Promise((done) => setTimeout(done, this.#wait));
    }
  };
}`;

/**
 * A decoder of HEVC, in hardware alone: it shows what the encoder was last shown of a part of a small picture, scaled as the product's measurement scales it. Where it
 * `hangs`, it shows nothing and is never done. `self.decoders` says what each was asked for.
 */
function hevcDecoder({ hangs = false } = {}): string {
  return `{
    const Real = self.VideoDecoder;
    const SCALE = 15;
    let part;
    self.decoders = [];
    self.shown = (frame) => {
      if (frame.codedWidth > 64) return;
      const kept = frame.clone();
      const { width, height } = kept.visibleRect;
      const bytes = new Uint8Array(kept.allocationSize());
      part = kept.copyTo(bytes).then(([{ offset, stride }]) => {
        kept.close();
        return { width, height, luma: (x, y) => bytes[offset + y * stride + x] };
      });
    };
    const mine = ({ codec }) => codec.startsWith('hvc1');
    self.VideoDecoder = class {
      static isConfigSupported(config) {
        return mine(config) ? Promise.resolve({ supported: config.hardwareAcceleration !== 'prefer-software', config }) : Real.isConfigSupported(config);
      }
      #init; #real;
      constructor(init) { this.#init = init; }
      configure(config) {
        if (mine(config)) return void self.decoders.push(config.hardwareAcceleration);
        this.#real = new Real(this.#init);
        this.#real.configure(config);
      }
      decode(chunk) { this.#real?.decode(chunk); }
      async flush() {
        if (this.#real) return this.#real.flush();
        if (${hangs}) return new Promise(() => undefined);
        const { width, height, luma } = await part;
        const [codedWidth, codedHeight] = [width * SCALE, height * SCALE];
        const data = new Uint8Array(codedWidth * codedHeight * 1.5).fill(128);
        for (let y = 0; y < codedHeight; y += 1) for (let x = 0; x < codedWidth; x += 1) data[y * codedWidth + x] = luma(Math.floor(x / SCALE), Math.floor(y / SCALE));
        this.#init.output(new VideoFrame(data, { format: 'I420', codedWidth, codedHeight, timestamp: 0 }));
      }
      close() { this.#real?.close(); }
    };
  }`;
}

async function openCamera(page: Page, codec: VideoCodec | 'auto', options: Parameters<typeof openStudio>[1] = {}): Promise<void> {
  await openStudio(page, { size: SMALL, video: { codec }, ...options });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
  await settleClocks(page, 500);
}

const segmentsOf = (page: Page) => page.evaluate(() => [...window.studio.draft.segments]);

test('HEVC of the browser becomes an hvc1 film that joins its takes, and that a decoder reads whole', async ({ page }, info) => {
  await patchWorker(page, 'studio', hevcEncoder(makePictures(info)));
  await openBlankPage(page, numberedDevices(SMALL));
  await openCamera(page, 'hevc');
  await recordTake(page, 1.2);
  await page.waitForTimeout(300);
  await recordTake(page, 2.6);
  const stats = await statsOf(page);
  const segments = await segmentsOf(page);
  const exported = await exportFilm(page, info.outputPath('film.mp4'));
  const film = await probeFile(exported.path);
  expect(segments.map(({ video }) => video)).toEqual(['hevc', 'hevc']);
  expect(exported.report).toMatchObject({ joined: 'copy', video: 'hevc', warnings: expect.not.arrayContaining(['video_codec']) as string[] });
  expect({ codec: film.video.codec, size: film.video.size, pictures: film.video.packets.length }).toEqual({ codec: 'hevc', size: SMALL, pictures: stats.encoded });
  expect(film.video.packets.filter(({ key }) => key).length).toBeGreaterThanOrEqual(3);
  expect(await decodeMessages(exported.path, 30)).toBe('');
  expect(readFileSync(exported.path).includes('hvc1')).toBe(true);
  const shown = await page.evaluate((file) => window.onetake.inspect(file as unknown as Blob).then(({ tracks }) => tracks.map(({ codec }) => codec)), await page.evaluateHandle(() => window.films[0]?.file));
  expect(shown[0]).toMatch(/^hvc1\.1\.6\.L\d+/);
  const worker = page.workers().find((one) => one.url().endsWith('/studio.js'));
  const asked = await worker?.evaluate(() => (self as unknown as { asked: object[] }).asked) ?? [];
  expect(asked[0]).toEqual({ codec: 'hvc1.1.6.L90.B0', format: 'hevc' });
  await page.evaluate(() => window.studio.close());
  // Whatever is asked later, and though it would be had.
  await openCamera(page, 'auto');
  await recordTake(page, 0.8);
  expect((await segmentsOf(page)).map(({ video }) => video)).toEqual(['hevc', 'hevc', 'hevc']);
  expect((await exportFilm(page, info.outputPath('again.mp4'))).report).toMatchObject({ joined: 'copy', video: 'hevc' });
  // Another draft has nothing to join.
  await page.evaluate(() => window.studio.draft.discard());
  expect((await recordTake(page, 0.8)).map(({ video }) => video)).toEqual(['avc']);
});

test('where nothing else would join the pictures in HEVC, the take ends with them when their encoder dies', async ({ page }, info) => {
  // Trials have eight pictures at most.
  await patchWorker(page, 'studio', hevcEncoder(makePictures(info), { dies: 40 }));
  await openBlankPage(page, numberedDevices(SMALL));
  await openCamera(page, 'hevc');
  await page.evaluate(() => window.studio.record());
  await page.waitForFunction(() => window.heard.some(({ event, value }) => event === 'interrupted' && !(value as { recording?: true }).recording), undefined, PATIENCE);
  const segments = await segmentsOf(page);
  const exported = await exportFilm(page, info.outputPath('film.mp4'));
  expect(new Set(segments.map(({ video, take }) => `${video} ${take}`))).toEqual(new Set(['hevc 1']));
  expect(exported.report).toMatchObject({ joined: 'copy', video: 'hevc' });
  expect(await decodeMessages(exported.path, 30)).toBe('');
});

test('an encoder of HEVC that dies before the first picture gives way to H.264 in the same take, and is not asked for again', async ({ page }, info) => {
  await patchWorker(page, 'studio', `${SLOW_TO_MEASURE}\n${hevcEncoder(makePictures(info), { dies: 12, mute: true })}`);
  await openBlankPage(page, numberedDevices(SMALL));
  await openCamera(page, 'hevc');
  await page.evaluate(() => window.studio.record());
  await page.waitForFunction(() => window.studio.stats.encoded > 30, undefined, PATIENCE);
  await page.evaluate(() => window.studio.pause());
  const worker = page.workers().find((one) => one.url().endsWith('/studio.js'));
  const asked = () => worker?.evaluate(() => (self as unknown as { asked: object[] }).asked.length);
  const before = await asked();
  for (let take = 0; take < 2; take += 1) {
    await page.waitForTimeout(300);
    await recordTake(page, 0.6);
  }
  expect(await asked()).toBe(before);
  const stats = await statsOf(page);
  const segments = await segmentsOf(page);
  const exported = await exportFilm(page, info.outputPath('film.mp4'));
  const film = await readFilm(exported.path, { camera: SMALL, fps: 30 });
  expect(segments.map(({ video, take }) => [video, take])).toEqual([['avc', 1], ['avc', 2], ['avc', 3]]);
  expect(exported.report.warnings).toContain('video_codec');
  expectGoodFilm(film, exported, segments);
  expectIdentities(stats, segments, film);
});

test('a draft whose coding is encoded no more is not gone on with; its film is made, and the next draft begins', async ({ page }, info) => {
  await openBlankPage(page, numberedDevices(SMALL));
  await openCamera(page, 'vp9');
  await recordTake(page, 0.8);
  await page.evaluate(() => window.studio.close());
  await patchWorker(page, 'studio', `{
    const { isConfigSupported } = VideoEncoder;
    VideoEncoder.isConfigSupported = (config) => config.codec.startsWith('vp09') ? Promise.resolve({ supported: false, config }) : isConfigSupported.call(VideoEncoder, config);
  }`);
  await openCamera(page, 'vp9');
  const press = () => page.evaluate(() => window.studio.record().then(() => '', ({ code }: { code: string }) => code));
  expect([await press(), await press()]).toEqual(['draft_coding', 'draft_coding']);
  expect(await page.evaluate(() => window.studio.state)).toBe('preview');
  const exported = await exportFilm(page, info.outputPath('film.mp4'));
  expect(exported.report).toMatchObject({ joined: 'copy', video: 'vp9' });
  expect(await decodeMessages(exported.path, 30)).toBe('');
  // The film still refers to it.
  await page.evaluate(() => window.studio.draft.discard());
  expect((await recordTake(page, 0.8)).map(({ video }) => video)).toEqual(['avc']);
  expect((await exportFilm(page, info.outputPath('next.mp4'))).report).toMatchObject({ joined: 'copy', video: 'avc' });
});

test('a draft goes on where its coding is not had at the bit rate asked for, and once an encoder that is busy is free again', async ({ page }, info) => {
  await openBlankPage(page, numberedDevices(SMALL));
  await openCamera(page, 'vp9');
  await recordTake(page, 0.6);
  await page.evaluate(() => window.studio.close());
  await patchWorker(page, 'studio', `{
    const Real = self.VideoEncoder;
    self.busy = true;
    self.VideoEncoder = class extends Real {
      static isConfigSupported(config) {
        return config.bitrate === 777_777 ? Promise.resolve({ supported: false, config }) : super.isConfigSupported(config);
      }
      configure(config) {
        if (self.busy) throw new DOMException('all of them are busy', 'QuotaExceededError');
        super.configure(config);
      }
    };
  }`);
  await openCamera(page, 'auto', { video: { bitrate: 777_777 } });
  const press = () => page.evaluate(() => window.studio.record().then(() => '', ({ code }: { code: string }) => code));
  expect(await press()).toBe('encoder_failed');
  await page.workers().find((one) => one.url().endsWith('/studio.js'))?.evaluate(() => { (self as unknown as { busy: boolean }).busy = false; });
  await expect.poll(press).toBe('');
  await page.waitForFunction(() => window.studio.stats.encoded > 10);
  await page.evaluate(() => window.studio.pause());
  expect((await segmentsOf(page)).map(({ video }) => video)).toEqual(['vp9', 'vp9']);
  expect((await exportFilm(page, info.outputPath('film.mp4'))).report).toMatchObject({ joined: 'copy', video: 'vp9' });
});

test('a browser without HEVC films in H.264 instead, says so, and loses no frame for it', async ({ page }, info) => {
  await openBlankPage(page, numberedDevices(SMALL));
  expect((await page.evaluate(() => window.onetake.probe())).video).not.toContain('hevc');
  const refusal = await page.evaluate(() => window.onetake.Studio.open({ host: document.body, video: { codec: 'mpeg2' as 'avc' } }).then(() => '', String));
  expect(refusal).toContain('bad_argument: video.codec');
  await openCamera(page, 'hevc');
  await recordTake(page, 2);
  const stats = await statsOf(page);
  const segments = await segmentsOf(page);
  const exported = await exportFilm(page, info.outputPath('film.mp4'));
  const film = await readFilm(exported.path, { camera: SMALL, fps: 30 });
  expect(segments.map(({ video }) => video)).toEqual(['avc']);
  expect(exported.report).toMatchObject({ video: 'avc' });
  expect(exported.report.warnings).toContain('video_codec');
  expectGoodFilm(film, exported, segments);
  expectIdentities(stats, segments, film);
  expect(film.lost).toHaveLength(stats.dropped.source);
  expect(await page.evaluate(() => window.heard.filter(({ event }) => ['error', 'interrupted'].includes(event)))).toEqual([]);
});

const decodersOf = async (page: Page) => await page.workers().find((one) => one.url().endsWith('/studio.js'))?.evaluate(() => (self as unknown as { decoders: string[] }).decoders);

test('what is decoded in hardware alone is cropped by its encoder and not drawn', async ({ page }, info) => {
  await patchWorker(page, 'studio', hevcEncoder(makePictures(info)) + hevcDecoder());
  await openBlankPage(page, numberedDevices({ width: 960, height: 540 }));
  await openCamera(page, 'hevc');
  await recordTake(page, 0.8);
  expect((await segmentsOf(page)).map(({ video }) => video)).toEqual(['hevc']);
  expect(await decodersOf(page)).toEqual(['no-preference']);
  const { passes, openFrames } = await statsOf(page);
  expect({ passes, openFrames }).toEqual({ passes: 0, openFrames: 0 });
});

test('what nobody decodes is drawn, and a decoder that never answers is asked once', async ({ page }, info) => {
  await patchWorker(page, 'studio', hevcEncoder(makePictures(info)) + hevcDecoder({ hangs: true }));
  const devices = numberedDevices(SMALL);
  for (const camera of devices.cameras.slice(1)) camera.size = { width: 480, height: 270 };
  await openBlankPage(page, devices);
  await openStudio(page, { video: { codec: 'hevc' } });
  for (const facing of ['user', 'environment'] as const) {
    await page.evaluate((side) => window.studio.camera.start({ facing: side }), facing);
    await expect.poll(async () => (await statsOf(page)).passes, PATIENCE).toBe(1);
  }
  await recordTake(page, 0.8);
  expect((await segmentsOf(page)).map(({ video }) => video)).toEqual(['hevc']);
  expect(await decodersOf(page)).toEqual(['no-preference']);
});

for (const codec of ['vp9', 'av1'] as const) {
  test(`${codec} is filmed where it is asked for, flip and all`, async ({ page }, info) => {
    await openBlankPage(page, numberedDevices(SMALL));
    await openCamera(page, codec);
    await page.evaluate(() => window.studio.record());
    await page.waitForTimeout(1200);
    await page.evaluate(() => window.studio.camera.flip());
    await page.waitForTimeout(1200);
    await page.evaluate(() => window.studio.pause());
    const stats = await statsOf(page);
    const segments = await segmentsOf(page);
    const exported = await exportFilm(page, info.outputPath('film.mp4'));
    const film = await readFilm(exported.path, { camera: SMALL, fps: 30 });
    expect(segments.map(({ video }) => video)).toEqual([codec, codec]);
    expect(film.video.codec).toBe(codec);
    expect(exported.report.video).toBe(codec);
    expectGoodFilm(film, exported, segments);
    expectIdentities(stats, segments, film);
    await heard(page, 'camera');
  });
}
