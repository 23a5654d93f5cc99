// Which coding the sound of a film has and who encodes it: this browser encodes no AAC, so by default the encoder of the
// package does. It must place sound as the browser's encoders do, and where it cannot be had, the film says what it has.
// Browsers that encode AAC have delays of their own: one is put in front of this one's.

import { readFileSync } from 'node:fs';
import { askedOfBrowser, browserWithAac } from './support/browser-aac.ts';
import { numberedDevices } from './support/camera.ts';
import { clickErrors, readFilm, spread } from './support/film.ts';
import { exportFilm, openBlankPage, openStudio, recordTake, settleClocks } from './support/studio.ts';
import { expect, expectGoodFilm, test } from './support/test.ts';
import type { AudioCodec, StudioOptions } from 'onetake';
import type { Page } from '@playwright/test';

const SMALL = { width: 640, height: 360 };
const ENCODER = '**/aac/aac.wasm';

async function openCamera(page: Page, audio: StudioOptions['audio'] = {}, draft = 'sounds'): Promise<void> {
  await openStudio(page, { size: SMALL, draft, audio });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
}

/** The addresses of the encoder's module that are asked for. */
function loads(page: Page): string[] {
  const asked: string[] = [];
  page.on('request', (request) => request.url().endsWith('.wasm') && request.url().includes('aac') && asked.push(request.url()));
  return asked;
}

/** The outcome of `record`: `null`, or the error's code and whether it may pass. */
const record = (page: Page) => page.evaluate(() => window.studio.record().then(() => null, (reason: unknown) => {
  if (!window.onetake.isOnetakeError(reason)) throw reason;
  return { code: reason.code, retry: reason.retry };
}));

test('a click given to the encoder of the package decodes where it was meant, alone and behind another run', async ({ page }) => {
  await openBlankPage(page, null);
  const found = await page.evaluate(async () => {
    const [RATE, PACKET, DROPPED, DELAY, KEPT] = [48_000, 1024, 3, 1024, 40];
    type Chunk = { timestamp: number; byteLength: number; copyTo(to: Uint8Array): void };
    type Encoder = { configure(config: object): void; encode(block: object): void; flush(): Promise<void>; close(): void };
    const address = '/pkg/aac/encoder.js';
    const { loadAac } = await import(address) as { loadAac(): Promise<new (init: { output(chunk: Chunk, metadata?: { decoderConfig: AudioDecoderConfig }): void }) => Encoder> };
    const Aac = await loadAac();
    let config: AudioDecoderConfig | undefined;

    /** A run as a segment has it: its sound begins `DELAY - DROPPED * PACKET` after the origin, its first packets are dropped. */
    const run = async (channels: number, sound: (sample: number, channel: number) => number): Promise<Uint8Array[]> => {
      const packets: Uint8Array[] = [];
      const encoder = new Aac({
        output: (chunk, metadata) => {
          config = metadata?.decoderConfig ?? config;
          const bytes = new Uint8Array(chunk.byteLength);
          chunk.copyTo(bytes);
          packets.push(bytes);
        },
      });
      encoder.configure({ numberOfChannels: channels, sampleRate: RATE, bitrate: 128_000 });
      const from = DELAY - DROPPED * PACKET;
      // Blocks as long as a microphone's, not as a packet.
      for (let at = 0; at < (KEPT + DROPPED + 2) * PACKET; at += 480) {
        const data = Float32Array.from({ length: 480 * channels }, (_, index) => sound(from + at + (index % 480), Math.floor(index / 480)));
        encoder.encode({ timestamp: (at * 1e6) / RATE, numberOfFrames: 480, data });
      }
      await encoder.flush();
      encoder.close();
      return packets.slice(DROPPED, DROPPED + KEPT);
    };

    const decode = async (packets: Uint8Array[]): Promise<Float32Array> => {
      const heard: number[] = [];
      const decoder = new AudioDecoder({
        error: (reason) => { throw reason; },
        output: (data) => {
          const plane = new Float32Array(data.numberOfFrames);
          data.copyTo(plane, { planeIndex: data.numberOfChannels - 1, format: 'f32-planar' });
          heard.push(...plane);
          data.close();
        },
      });
      decoder.configure(config as AudioDecoderConfig);
      packets.forEach((data, index) => decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp: (index * PACKET * 1e6) / RATE, data })));
      await decoder.flush();
      return Float32Array.from(heard);
    };

    const loudest = (sound: Float32Array, from: number): number => {
      let best = from;
      for (let at = from; at < Math.min(sound.length, from + KEPT * PACKET); at += 1) if (Math.abs(sound[at] ?? 0) > Math.abs(sound[best] ?? 0)) best = at;
      return best - from;
    };
    const decibels = (wanted: Float32Array, got: Float32Array): number => {
      let [signal, noise] = [0, 1e-20];
      wanted.forEach((value, at) => { signal += value ** 2; noise += (value - (got[at] ?? 0)) ** 2; });
      return 10 * Math.log10(signal / noise);
    };

    const results = [];
    for (const channels of [1, 2]) {
      const click = await run(channels, (sample) => (Math.abs(sample - 4800) < 12 ? Math.cos(((sample - 4800) * Math.PI) / 24) ** 2 : 0));
      const chord = await run(channels, (sample, channel) => 0.3 * Math.sin(sample * 0.031 * (channel + 1)) + 0.2 * Math.sin(sample * 0.0077));
      const [alone, chordAlone] = [await decode(click), await decode(chord)];
      const joined = await decode([...chord, ...click, ...chord]);
      const again = await run(channels, (sample, channel) => 0.3 * Math.sin(sample * 0.031 * (channel + 1)) + 0.2 * Math.sin(sample * 0.0077));
      const second = 2 * KEPT * PACKET;
      results.push({
        channels,
        samples: [alone.length, joined.length],
        alone: loudest(alone, 0),
        joined: loudest(joined, KEPT * PACKET + PACKET),
        // Behind the first packet, which overlaps with the run before, it is as if decoded by itself.
        clean: decibels(chordAlone.slice(PACKET, 6 * PACKET), joined.slice(second + PACKET, second + 6 * PACKET)),
        same: again.length === chord.length && again.every((packet, index) => packet.length === chord[index]?.length && packet.every((byte, at) => byte === chord[index]?.[at])),
      });
    }
    return results;
  });
  for (const { channels, samples, alone, joined, clean, same } of found) {
    expect({ channels, samples, alone, joined, same }).toEqual({ channels, samples: [40 * 1024, 120 * 1024], alone: 4800, joined: 4800 - 1024, same: true });
    expect(clean).toBeGreaterThan(90);
  }
});

test('the package names AAC among what it can record, and says by which way', async ({ page }) => {
  const asked = loads(page);
  await openBlankPage(page, null);
  const found = await page.evaluate(async () => ({
    own: (await AudioEncoder.isConfigSupported({ codec: 'mp4a.40.2', sampleRate: 48_000, numberOfChannels: 2 })).supported,
    probe: await window.onetake.probe(),
  }));
  expect(found.own, 'this browser encodes AAC by itself: these tests show nothing').toBe(false);
  expect(found.probe.audio).toEqual(['aac', 'opus']);
  expect(found.probe.missing.find(({ feature }) => feature === 'AAC encoding')?.effect).toContain('encoder in this package');
  expect(asked).toEqual([]);
});

test('by default a film carries AAC: packets of 1024 samples, marked to need one before, whole in every decoder', async ({ page }, info) => {
  const asked = loads(page);
  await openBlankPage(page, numberedDevices(SMALL));
  await openStudio(page, { size: SMALL, draft: 'sounds' });
  await page.waitForTimeout(300);
  expect(asked, 'nothing is loaded before there is sound').toEqual([]);
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
  await recordTake(page, 1.3);
  await recordTake(page, 0.7);
  const exported = await exportFilm(page, info.outputPath('film.mp4'));
  const segments = await page.evaluate(() => [...window.studio.draft.segments]);
  expect(asked).toHaveLength(1);
  expect(segments.map(({ audio }) => audio)).toEqual(['aac', 'aac']);
  for (const { duration } of segments) expect((duration * 48_000) % 1024).toBeCloseTo(0, 6);
  expect(exported.report).toMatchObject({ audio: 'aac', warnings: [] });
  const film = await readFilm(exported.path, { camera: SMALL, fps: 30 });
  expectGoodFilm(film, exported, segments);
  expect(film.audio?.codec).toBe('aac');
  expect(new Set(film.audio?.packets.map(({ duration }) => duration))).toEqual(new Set([1024]));
  const moov = readFileSync(exported.path).toString('latin1');
  for (const group of ['sgpd', 'sbgp']) expect(moov).toMatch(new RegExp(`${group}.{4}roll`, 's'));
});

test('where the browser encodes AAC by itself it does, and its sound lies where it belongs, however late that comes out', async ({ page }, info) => {
  await browserWithAac(page, 2112);
  const devices = numberedDevices(SMALL);
  await openBlankPage(page, { ...devices, microphone: devices.microphone && { ...devices.microphone, sound: 'click' } });
  const found = await page.evaluate(() => window.onetake.probe());
  expect(found.audio).toEqual(['aac', 'opus']);
  expect(found.missing.filter(({ feature }) => feature === 'AAC encoding')).toEqual([]);
  await openCamera(page);
  await settleClocks(page);
  await recordTake(page, 1.4);
  await page.waitForTimeout(300);
  await recordTake(page, 1.4);
  const exported = await exportFilm(page, info.outputPath('film.mp4'));
  const segments = await page.evaluate(() => [...window.studio.draft.segments]);
  expect(segments.map(({ audio }) => audio)).toEqual(['aac', 'aac']);
  expect(exported.report).toMatchObject({ audio: 'aac', warnings: [] });
  // Three to measure it, then one a segment.
  const asked = await askedOfBrowser(page);
  expect(asked.length).toBeGreaterThanOrEqual(5);
  expect(asked).toEqual(asked.map(() => ({ codec: 'mp4a.40.2', bitrate: 128_000, numberOfChannels: 1 })));
  const film = await readFilm(exported.path, { camera: SMALL, fps: 30, marks: 'click' });
  expectGoodFilm(film, exported, segments);
  expect(film.audio?.codec).toBe('aac');
  const errors = clickErrors(film, 30);
  console.log(`clicks off by ${errors.map(({ segment, error }) => `${segment}: ${error.toFixed(2)}`).join(', ')} samples`);
  for (const one of [0, 1]) {
    const inside = errors.filter(({ segment }) => segment === one).map(({ error }) => error);
    expect(inside.length).toBeGreaterThanOrEqual(2);
    expect(spread(inside)).toBeLessThanOrEqual(1);
    // Two milliseconds are the clocks'; a delay that was not measured would be 1088 samples.
    for (const error of inside) expect(Math.abs(error)).toBeLessThanOrEqual(96);
  }
});

for (const [name, answer] of [
  ['is blocked', (page: Page) => page.context().route(ENCODER, (route) => route.abort())],
  ['is missing on the server', (page: Page) => page.context().route(ENCODER, (route) => route.fulfill({ status: 404, body: 'no' }))],
  ['is something else', (page: Page) => page.context().route(ENCODER, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }))],
] as const) {
  test(`where the encoder ${name}, a film has its sound in Opus and says so`, async ({ page }, info) => {
    await answer(page);
    await openBlankPage(page, numberedDevices(SMALL));
    await openCamera(page);
    const segments = await recordTake(page, 1.2);
    const exported = await exportFilm(page, info.outputPath('film.mp4'));
    expect(exported.report).toMatchObject({ audio: 'opus', warnings: ['audio_opus'] });
    const film = await readFilm(exported.path, { camera: SMALL, fps: 30 });
    expectGoodFilm(film, exported, segments);
    expect(film.audio?.codec).toBe('opus');
    expect(film.marks.length, 'beeps are heard').toBeGreaterThan(0);
  });
}

test('a coding that was asked for is taken or refused, never exchanged', async ({ page }, info) => {
  const asked = loads(page);
  await page.context().route(ENCODER, (route) => route.abort());
  await openBlankPage(page, numberedDevices(SMALL));
  const refusals = await page.evaluate(() => Promise.all(([{ codec: 'mp3' }, { bitrate: 100 }] as unknown as { codec: 'aac' }[]).map((audio) =>
    window.onetake.Studio.open({ host: document.body, audio }).then(() => '', (reason: unknown) => String(reason)))));
  expect(refusals).toEqual([expect.stringContaining('bad_argument: audio.codec'), expect.stringContaining('bad_argument: audio.bitrate')]);

  await openCamera(page, { codec: 'aac' });
  expect(await record(page)).toEqual({ code: 'load_failed', retry: 'later' });
  await page.context().unroute(ENCODER);
  await expect.poll(() => record(page)).toBe(null);
  await page.waitForTimeout(700);
  const aac = await page.evaluate(() => window.studio.pause().then((segments) => segments.map(({ audio }) => audio)));
  expect(aac).toEqual(['aac']);
  expect((await exportFilm(page, info.outputPath('aac.mp4'))).report).toMatchObject({ audio: 'aac', warnings: [] });
  await page.evaluate(() => window.studio.close());

  const before = asked.length;
  await openCamera(page, { codec: 'opus' }, 'others');
  expect((await recordTake(page, 0.7)).map(({ audio }) => audio)).toEqual(['opus']);
  expect((await exportFilm(page, info.outputPath('opus.mp4'))).report).toMatchObject({ audio: 'opus', warnings: ['audio_opus'] });
  expect(asked.length).toBe(before);
});

for (const [first, then] of [['opus', 'auto'], ['aac', 'opus']] as [AudioCodec, AudioCodec | 'auto'][]) {
  test(`a draft that began with ${first} goes on with it, whatever is asked later (${then})`, async ({ page }, info) => {
    await openBlankPage(page, numberedDevices(SMALL));
    await openCamera(page, { codec: first });
    await recordTake(page, 0.8);
    await page.evaluate(() => window.studio.close());
    await openCamera(page, { codec: then });
    await recordTake(page, 0.8);
    const exported = await exportFilm(page, info.outputPath('film.mp4'));
    const segments = await page.evaluate(() => [...window.studio.draft.segments]);
    expect(segments.map(({ audio }) => audio)).toEqual([first, first]);
    expectGoodFilm(await readFilm(exported.path, { camera: SMALL, fps: 30 }), exported, segments);
  });
}
