// Encoders that fail within a take: it goes on with another, or ends safely. The fault is put into the worker's own script.

import { numberedDevices } from './support/camera.ts';
import { readFilm } from './support/film.ts';
import { exportFilm, heard, openBlankPage, openStudio, patchWorker, recordTake, settleClocks } from './support/studio.ts';
import { expect, expectGoodFilm, expectIdentities, statsOf, test } from './support/test.ts';
import type { Page, TestInfo } from '@playwright/test';

const SMALL = { width: 640, height: 360 };
/** Up to seven encoders are tried one after another, each for two seconds at most, before pictures come or the take ends. */
const PATIENCE = { timeout: 60_000 };

declare global {
  interface Window {
    /** Encoders that have filmed since it was read. */
    filmed: string[];
  }
}

/**
 * Encoders die at picture `at` of a run where `when` says so of their codec, of whether it is in `software`, and of how many
 * died before. The pictures before it come out only then, or when they are asked for: where `mute` says so none comes at all.
 * (A trial has two pictures.) Those that film say so, at their 18th picture. Where `hangs` says so, one is never done.
 */
function dyingEncoders(at: number, when: string, { mute = 'false', hangs = 'false' } = {}): string {
  return `{
    const Real = self.VideoEncoder;
    const films = new BroadcastChannel('encoders-that-film');
    let died = 0;
    self.VideoEncoder = class extends Real {
      #error; #codec = ''; #software = false; #count = 0; #held = [];
      constructor(init) { super(init); this.#error = init.error; }
      configure(config) {
        this.#codec = config.codec;
        this.#software = config.hardwareAcceleration === 'prefer-software';
        super.configure(config);
      }
      encode(frame, options) {
        this.#count += 1;
        const codec = this.#codec;
        const software = this.#software;
        if (this.#count === 18) films.postMessage(software ? 'software' : 'preferred');
        const dies = ${when};
        if (dies && this.#count === ${at}) {
          died += 1;
          this.#held.splice(0).forEach(([frame]) => frame.close());
          queueMicrotask(() => {
            super.close();
            this.#error(new DOMException('the encoder died', 'EncodingError'));
          });
        }
        if (dies && this.#count >= ${at}) return;
        if (dies && ${mute}) this.#held.push([frame.clone(), options]);
        else super.encode(frame, options);
      }
      flush() {
        for (const [frame, options] of this.#held.splice(0)) {
          super.encode(frame, options);
          frame.close();
        }
        const codec = this.#codec;
        const software = this.#software;
        return ${hangs} && this.state !== 'closed' ? new Promise(() => undefined) : super.flush();
      }
    };
  }`;
}

async function listenForFilming(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.filmed = [];
    new BroadcastChannel('encoders-that-film').onmessage = ({ data }: MessageEvent<string>) => window.filmed.push(data);
  });
}

async function openCamera(page: Page): Promise<void> {
  await openBlankPage(page, numberedDevices(SMALL));
  await listenForFilming(page);
  await openStudio(page, { size: SMALL });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
  await settleClocks(page, 500);
}

async function filmOf(page: Page, info: TestInfo) {
  const exported = await exportFilm(page, info.outputPath('film.mp4'));
  const segments = await page.evaluate(() => [...window.studio.draft.segments]);
  return { exported, segments, film: await readFilm(exported.path, { camera: SMALL, fps: 30 }) };
}

const filmed = (page: Page) => page.evaluate(() => window.filmed.splice(0));

const eventsOf = (page: Page) => page.evaluate(() => window.heard.filter(({ event }) => ['interrupted', 'resumed', 'state'].includes(event)));

test('an encoder that dies once seals its segment, and the take goes on with another', async ({ page }, info) => {
  await patchWorker(page, 'studio', dyingEncoders(40, 'died === 0'));
  await openCamera(page);
  await page.evaluate(() => window.studio.record());
  await heard(page, 'resumed');
  expect(await page.evaluate(() => window.studio.state)).toBe('recording');
  await page.waitForTimeout(1500);
  const taken = await page.evaluate(async () => [...await window.studio.pause()]);
  const stats = await statsOf(page);
  const { film, exported, segments } = await filmOf(page, info);
  expect(taken).toHaveLength(2);
  expect(taken[0]?.take).toBe(taken[1]?.take);
  expect(segments).toEqual(taken);
  expectGoodFilm(film, exported, segments);
  expectIdentities(stats, segments, film);
  expect(stats.dropped.encoder).toBeGreaterThanOrEqual(1);
  expect(stats.silence).toBe(0);
  expect(stats.openFrames).toBe(0);
  expect(await eventsOf(page)).toEqual([
    { event: 'state', value: 'preview' },
    { event: 'state', value: 'recording' },
    { event: 'interrupted', value: { reason: 'encoder', recording: true } },
    { event: 'resumed', value: { reason: 'encoder' } },
    { event: 'state', value: 'preview' },
  ]);
});

test('where every encoder that would join dies, the take ends safely and its film is whole', async ({ page }, info) => {
  await patchWorker(page, 'studio', dyingEncoders(20, 'true'));
  await openCamera(page);
  await page.evaluate(() => window.studio.record());
  await page.waitForFunction(() => window.heard.some(({ event, value }) => event === 'interrupted' && !(value as { recording?: true }).recording), undefined, PATIENCE);
  expect(await page.evaluate(() => window.studio.state)).toBe('preview');
  const stats = await statsOf(page);
  const { film, exported, segments } = await filmOf(page, info);
  expect(segments.length).toBeGreaterThanOrEqual(2);
  expect(new Set(segments.map(({ take }) => take)).size).toBe(1);
  expectGoodFilm(film, exported, segments);
  expectIdentities(stats, segments, film);
  expect(stats.openFrames).toBe(0);
});

test('a profile that takes no frame of the camera gives way to the next before the draft has a picture', async ({ page }, info) => {
  await patchWorker(page, 'studio', dyingEncoders(3, "codec.startsWith('avc1.64')", { mute: 'true' }));
  await openCamera(page);
  await recordTake(page, 3);
  const { film, exported, segments } = await filmOf(page, info);
  expect(segments).toHaveLength(1);
  expectGoodFilm(film, exported, segments);
  const told = await eventsOf(page);
  expect(told.filter(({ event, value }) => event === 'interrupted' && !(value as { recording?: true }).recording)).toEqual([]);
  expect(told.filter(({ event }) => event === 'interrupted')).toHaveLength(told.filter(({ event }) => event === 'resumed').length);
  expect(await page.evaluate(() => window.heard.filter(({ event }) => event === 'error'))).toEqual([]);
});

test('what failed in one take films again after a good one without it, and its pictures join', async ({ page }, info) => {
  await patchWorker(page, 'studio', dyingEncoders(20, '!software && died < 2'));
  await openCamera(page);
  await page.evaluate(() => window.studio.record());
  await expect.poll(() => page.evaluate(() => window.filmed.length), PATIENCE).toBe(3);
  await page.waitForTimeout(300);
  const first = await page.evaluate(async () => [...await window.studio.pause()]);
  expect(await filmed(page), 'within a take there is no way back').toEqual(['preferred', 'preferred', 'software']);
  expect(first).toHaveLength(3);
  // Pauses that the numbers of the pictures tell from losses.
  await page.waitForTimeout(300);
  expect(await recordTake(page, 1.2)).toHaveLength(1);
  expect(await filmed(page)).toEqual(['software']);
  for (let take = 0; take < 2; take += 1) {
    await page.waitForTimeout(300);
    expect(await recordTake(page, 1.2)).toHaveLength(1);
    expect(await filmed(page)).toEqual(['preferred']);
  }
  const stats = await statsOf(page);
  const { film, exported, segments } = await filmOf(page, info);
  expectGoodFilm(film, exported, segments);
  expectIdentities(stats, segments, film);
  expect(stats.openFrames).toBe(0);
});

test('one that failed and then never answers keeps no take waiting', async ({ page }, info) => {
  await patchWorker(page, 'studio', dyingEncoders(20, '!software && died === 0', { hangs: '!software && died > 0' }));
  await openCamera(page);
  await page.evaluate(() => window.studio.record());
  await expect.poll(() => page.evaluate(() => window.filmed.length), PATIENCE).toBe(2);
  await page.evaluate(() => window.studio.pause());
  expect(await filmed(page)).toEqual(['preferred', 'software']);
  for (let take = 0; take < 3; take += 1) {
    expect(await recordTake(page, 1.2)).toHaveLength(1);
    expect(await filmed(page)).toEqual(['software']);
  }
  const { film, exported, segments } = await filmOf(page, info);
  expectGoodFilm(film, exported, segments);
});

test('on the way back one that never answers costs the others nothing', async ({ page }) => {
  // The first profile never films, and its preferred encoder hangs for good; the next one fails twice.
  const first = "codec.startsWith('avc1.64')";
  await patchWorker(page, 'studio', dyingEncoders(20, `${first} ? died < 2 : !software && died < 4`, { mute: first, hangs: `${first} && !software && died > 0` }));
  await openCamera(page);
  await page.evaluate(() => window.studio.record());
  await expect.poll(() => page.evaluate(() => window.filmed.length), PATIENCE).toBe(5);
  await page.evaluate(() => window.studio.pause());
  expect(await filmed(page)).toEqual(['preferred', 'software', 'preferred', 'preferred', 'software']);
  for (let take = 0; take < 4; take += 1) {
    await recordTake(page, 1.2);
    // Longer than one encoder is waited for.
    await page.waitForTimeout(2500);
  }
  expect(await filmed(page)).toContain('preferred');
});

test('a camera of another size is filmed with as much trust as the one before', async ({ page }) => {
  await patchWorker(page, 'studio', dyingEncoders(20, '!software && died < 4'));
  const devices = numberedDevices(SMALL);
  for (const camera of devices.cameras.slice(1)) camera.size = { width: 960, height: 540 };
  await openBlankPage(page, devices);
  await listenForFilming(page);
  await openStudio(page);
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
  for (const facing of ['user', 'environment'] as const) {
    await page.evaluate(async (side) => {
      await window.studio.draft.discard();
      await window.studio.camera.start({ facing: side });
    }, facing);
    await settleClocks(page, 500);
    await page.evaluate(() => window.studio.record());
    await expect.poll(() => page.evaluate(() => window.filmed.length), PATIENCE).toBe(3);
    await page.evaluate(() => window.studio.pause());
    expect(await filmed(page)).toEqual(['preferred', 'preferred', 'software']);
  }
  // Lost twice, it waits for two.
  for (const by of ['software', 'software', 'preferred']) {
    await recordTake(page, 1.2);
    expect(await filmed(page)).toEqual([by]);
  }
});
