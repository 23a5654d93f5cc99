// How pictures lie: whichever of the eight ways a camera delivers them, films are upright; what must be drawn for that, for a
// mirror or for bars is drawn, and nothing else is.

import { execFileSync } from 'node:child_process';
import { corners, EIGHT, MIRRORED, named, openPage, SIZE, start, take, UPRIGHT, type Lie } from './support/corners.ts';
import { openStudio, exportFilm, heard, patchWorker, saveBlob } from './support/studio.ts';
import { expect, statsOf, test } from './support/test.ts';
import type { Page } from '@playwright/test';
import type { StudioOptions } from 'onetake';

test('one lie in a draft is left to players, undrawn', async ({ page }, info) => {
  await openPage(page);
  for (const [number, lie] of EIGHT.entries()) {
    await openStudio(page, { size: SIZE, audio: false, draft: `lie-${number}` } satisfies Omit<StudioOptions, 'host'>);
    await page.evaluate((given) => { window.lie = given; }, lie);
    await start(page);
    const [segment] = await take(page);
    // Ours mirrors first, which reverses the turn.
    expect(segment).toMatchObject({ rotation: lie.flip ? (360 - lie.rotation) % 360 : lie.rotation, mirrored: lie.flip });
    expect((await statsOf(page)).passes).toBe(0);
    const { path, size } = await exportFilm(page, info.outputPath(`${number}.mp4`));
    expect(size).toEqual(SIZE);
    const shown = corners(path, SIZE);
    expect(shown.map(named)).toEqual(shown.map(() => UPRIGHT));
    await page.evaluate(() => window.studio.close());
  }
});

for (const first of [EIGHT[0], EIGHT[2], EIGHT[7]] as Lie[]) {
  test(`eight lies in a draft that began with ${first.rotation}${first.flip ? ' flipped' : ''} become one`, async ({ page }, info) => {
    await openPage(page);
    await openStudio(page, { size: SIZE, audio: false });
    const passes = [];
    for (const lie of [first, ...EIGHT]) {
      await page.evaluate((given) => { window.lie = given; }, lie);
      await start(page);
      await take(page, 0.3);
      passes.push((await statsOf(page)).passes);
    }
    const segments = await page.evaluate(() => [...window.studio.draft.segments]);
    expect(segments).toHaveLength(9);
    const turned = first !== EIGHT[0];
    expect(segments[0]).toMatchObject({ rotation: first.flip ? (360 - first.rotation) % 360 : first.rotation, mirrored: first.flip });
    // From the first lie that is another one on, all are stored upright, that of the beginning too.
    const lies = () => page.evaluate(() => window.studio.draft.segments.map(({ rotation, mirrored, size }) => [rotation, mirrored, size]));
    const upright = segments.map(() => [0, false, SIZE]);
    expect((await lies()).slice(1)).toEqual(upright.slice(1));
    // The upright lie comes right after the first one and decides how the others are coded, so that it is never drawn itself.
    expect(passes).toEqual([first, ...EIGHT].map((lie, at) => (at === 0 || (lie.rotation === 0 && !lie.flip) ? 0 : 1)));
    for (const { name, joined, encodedFrames } of [
      { name: 'film', joined: turned ? 'mixed' : 'copy', encodedFrames: turned ? segments[0]?.frames : 0 },
      // What was encoded anew has taken the place of what was filmed.
      { name: 'again', joined: 'copy', encodedFrames: 0 },
    ]) {
      const { path, report } = await exportFilm(page, info.outputPath(`${name}.mp4`));
      expect(report).toMatchObject({ joined, encodedFrames, warnings: [] });
      expect(await lies()).toEqual(upright);
      // Also in a decoder that knows no matrices.
      for (const options of [[], ['-noautorotate']]) {
        const shown = corners(path, SIZE, ...options);
        expect(shown).toHaveLength(segments.reduce((sum, { frames }) => sum + frames, 0));
        expect(shown.map(named)).toEqual(shown.map(() => UPRIGHT));
      }
    }
  });
}

test('a look on a film that players turn is drawn as they show it', async ({ page }, info) => {
  await openPage(page);
  for (const [number, lie] of EIGHT.entries()) {
    await openStudio(page, { size: SIZE, audio: false, draft: `look-${number}` } satisfies Omit<StudioOptions, 'host'>);
    await page.evaluate((given) => { window.lie = given; }, lie);
    await start(page);
    const [{ frames: plain = 0 } = {}] = await take(page, 0.3);
    await page.evaluate(async () => {
      const canvas = new OffscreenCanvas(8, 8);
      const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
      context.fillStyle = 'rgb(60 170 170)';
      context.fillRect(0, 0, 8, 8);
      await window.studio.setLook([{ name: 'overlay', other: await canvas.convertToBlob(), x: 1, y: 1, width: 0.5 }, { name: 'sharpen', amount: 0.01 }]);
    });
    await take(page, 0.3);
    expect((await statsOf(page)).passes).toBe(2);
    const segments = await page.evaluate(() => [...window.studio.draft.segments]);
    expect(segments.map(({ rotation, mirrored }) => [rotation, mirrored])).toEqual(segments.map(() => [segments[0]?.rotation, segments[0]?.mirrored]));
    const { path, report } = await exportFilm(page, info.outputPath(`${number}.mp4`));
    expect(report).toMatchObject({ joined: 'copy', encodedFrames: 0, warnings: [] });
    const shown = corners(path, SIZE);
    expect(shown.slice(0, plain).map(named)).toEqual(shown.slice(0, plain).map(() => UPRIGHT));
    for (const frame of shown.slice(plain)) {
      expect(named(frame).slice(0, 3)).toEqual([0, 1, 2]);
      for (const [part, level] of [60, 170, 170].entries()) expect(Math.abs((frame[3]?.[part] ?? 0) - level)).toBeLessThan(16);
    }
    await page.evaluate(() => window.studio.close());
  }
});

test('a camera that is turned while it films goes on in the same picture', async ({ page }, info) => {
  await openPage(page);
  await openStudio(page, { size: SIZE, audio: false });
  await start(page);
  await page.evaluate(() => window.studio.record());
  for (const rotation of [90, 270, 0]) {
    await page.waitForTimeout(500);
    await page.evaluate((degrees) => { window.lie = { rotation: degrees, flip: false }; }, rotation);
  }
  await page.waitForTimeout(500);
  const taken = await page.evaluate(async () => [...await window.studio.pause()]);
  // Turned once, it is drawn until the take ends: no other segment for what can be drawn otherwise.
  expect(taken.map(({ take: number, size, rotation }) => [number, size, rotation])).toEqual([[1, SIZE, 0], [1, SIZE, 0]]);
  const told = await page.evaluate(() => window.heard.filter(({ event }) => event === 'interrupted' || event === 'resumed'));
  expect(told).toEqual([{ event: 'interrupted', value: { reason: 'size-changed', recording: true } }, { event: 'resumed', value: { reason: 'size-changed' } }]);
  expect(await page.evaluate(() => window.studio.state)).toBe('preview');
  const { path, report } = await exportFilm(page, info.outputPath('film.mp4'));
  expect(report.warnings).toEqual([]);
  const shown = corners(path, SIZE, '-noautorotate');
  expect(shown.map(named)).toEqual(shown.map(() => UPRIGHT));
  // The next take needs no drawing.
  await take(page, 0.3);
  const stats = await statsOf(page);
  expect([stats.passes, stats.openFrames]).toEqual([0, 0]);
});

test('files are mirrored only where that is asked for, from the next segment on', async ({ page }, info) => {
  await openPage(page);
  await openStudio(page, { size: SIZE, audio: false, mirror: { recording: true, preview: false } });
  await start(page);
  await page.evaluate(() => window.studio.record());
  await page.waitForTimeout(500);
  const layers = () => page.evaluate(() => [...document.querySelectorAll('#host video, #host canvas')].map((layer) => {
    const { transform, opacity } = (layer as HTMLElement).style;
    return [layer.tagName, transform.includes('scaleX(-1)'), opacity];
  }));
  // The preview shows what the camera sees, the canvas holds its mirror image.
  await expect.poll(layers).toEqual([['VIDEO', false, ''], ['CANVAS', false, ''], ['CANVAS', true, '1']]);
  await page.evaluate(() => window.studio.setMirror({ recording: false }));
  await page.waitForTimeout(700);
  const taken = await page.evaluate(async () => [...await window.studio.pause()]);
  expect(taken.map(({ take: number, mirrored }) => [number, mirrored])).toEqual([[1, false], [1, false]]);
  // What began with an encoder's own colours goes on with them, so the camera's are still drawn.
  await expect.poll(layers).toEqual([['VIDEO', false, ''], ['CANVAS', false, ''], ['CANVAS', false, '1']]);
  const { path, report } = await exportFilm(page, info.outputPath('film.mp4'));
  expect(report.warnings).toEqual([]);
  const shown = corners(path, SIZE, '-noautorotate').map(named);
  const [before, after] = taken.map(({ frames }) => frames) as [number, number];
  expect(shown).toEqual([...Array.from({ length: before }, () => MIRRORED), ...Array.from({ length: after }, () => UPRIGHT)]);
});

test('a worker that dies over a change of the mirror has a successor that films so', async ({ page }, info) => {
  await patchWorker(page, 'studio', `self.addEventListener('message', (event) => {
    if (!event.data.command?.mirror) return;
    event.stopImmediatePropagation();
    setTimeout(() => { throw new Error('died over it'); });
  });`);
  await openPage(page);
  await openStudio(page, { size: SIZE, audio: false });
  await start(page);
  expect(await page.evaluate(() => window.studio.setMirror({ recording: true }).catch(({ code }: { code: string }) => code))).toBe('worker_failed');
  await heard(page, 'resumed');
  await take(page);
  const { path } = await exportFilm(page, info.outputPath('film.mp4'));
  const shown = corners(path, SIZE, '-noautorotate').map(named);
  expect(shown).toEqual(shown.map(() => MIRRORED));
});

/** A picture of the middle of the latest film, as this browser shows it in the place of the preview. */
async function playedFrame(page: Page, path: string): Promise<string> {
  const video = await page.evaluateHandle(async () => {
    const shown = document.createElement('video');
    shown.src = URL.createObjectURL(window.films.at(-1)?.file as File);
    shown.style.cssText = 'position:fixed;inset:0;width:360px;height:480px;z-index:9';
    document.body.append(shown);
    await new Promise((resolve) => shown.addEventListener('loadeddata', resolve));
    await new Promise((resolve) => {
      shown.addEventListener('seeked', resolve);
      shown.currentTime = shown.duration / 2;
    });
    return shown;
  });
  await video.screenshot({ path });
  await video.evaluate((shown) => shown.remove());
  return path;
}

test('the preview and a photo show what the film shows, whichever way the camera lies, mirrored only where asked', async ({ page }, info) => {
  await openPage(page);
  // As tall as the film, or the preview would cut off more.
  await page.evaluate(() => { (document.getElementById('host') as HTMLElement).style.height = '480px'; });
  const shown = { width: 360, height: 480 };
  const [straight, turned, flipped] = [EIGHT[0], EIGHT[2], EIGHT[7]] as Lie[];
  for (const [number, { lie, mirror }] of [
    { lie: straight, mirror: {} }, { lie: turned, mirror: {} }, { lie: flipped, mirror: { preview: true } }, { lie: turned, mirror: { preview: true, recording: true } },
  ].entries()) {
    await openStudio(page, { size: SIZE, audio: false, draft: `shown-${number}`, mirror } satisfies Omit<StudioOptions, 'host'>);
    await page.evaluate((given) => { window.lie = given as Lie; }, lie);
    await start(page);
    await page.evaluate(() => window.studio.record());
    await page.waitForTimeout(600); // the canvas fades in
    const [preview, photo] = [info.outputPath(`preview-${number}.png`), info.outputPath(`photo-${number}.jpg`)];
    await page.locator('#host').screenshot({ path: preview });
    await saveBlob(await page.evaluateHandle(() => window.studio.camera.photo()), photo);
    await page.evaluate(() => window.studio.pause());
    expect((await statsOf(page)).passes).toBe(mirror.recording ? 1 : 0);
    const film = corners((await exportFilm(page, info.outputPath(`shown-${number}.mp4`))).path, SIZE);
    expect(film.map(named)).toEqual(film.map(() => (mirror.recording ? MIRRORED : UPRIGHT)));
    const [seen = []] = corners(preview, shown);
    expect(named(seen)).toEqual(mirror.preview ? MIRRORED : UPRIGHT);
    // The browser shows the film in the same levels as its preview, but for what the encoder rounds.
    const [played = []] = corners(await playedFrame(page, info.outputPath(`played-${number}.png`)), shown);
    const same = mirror.preview && !mirror.recording ? MIRRORED.map((corner) => played[corner] ?? []) : played;
    const errors = seen.flatMap((color, corner) => color.map((level, part) => Math.abs(level - (same[corner]?.[part] ?? 0))));
    console.log(`preview against film: ${Math.max(...errors)} levels`);
    expect(Math.max(...errors)).toBeLessThanOrEqual(4);
    expect(corners(photo, SIZE).map(named)).toEqual([mirror.recording || mirror.preview ? MIRRORED : UPRIGHT]);
    await page.evaluate(() => window.studio.close());
  }
});

test('bars are drawn around another shape', async ({ page }, info) => {
  const wide = { width: 128, height: 64 };
  await openPage(page);
  await openStudio(page, { size: wide, fit: 'contain', audio: false });
  await start(page);
  await take(page);
  const { path } = await exportFilm(page, info.outputPath('film.mp4'));
  // 96 x 128 in 128 x 64: 48 columns in the middle.
  const raw = execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-']);
  const at = (x: number, y: number) => [...raw.subarray((y * 128 + x) * 3, (y * 128 + x) * 3 + 3)];
  expect(named([at(52, 16), at(76, 16), at(52, 48), at(76, 48)])).toEqual(UPRIGHT);
  for (const x of [4, 34, 93, 123]) expect(Math.max(...at(x, 32))).toBeLessThan(16);
});

const studioWorker = (page: Page) => page.workers().find((one) => one.url().endsWith('studio.js'));

test('where frames do not say how they lie, the shape that is shown and the screen do', async ({ page }, info) => {
  await openPage(page);
  await openStudio(page, { size: SIZE, audio: false });
  await studioWorker(page)?.evaluate(() => ['rotation', 'flip'].forEach((name) => delete (VideoFrame.prototype as unknown as Record<string, unknown>)[name]));
  await page.evaluate((size) => {
    window.lie = { rotation: 90, flip: false, untold: true };
    const stream = window.cornerCamera(size);
    const [track] = stream.getVideoTracks() as [MediaStreamTrack];
    track.getSettings = () => ({ ...size });
    return window.studio.camera.start({ stream });
  }, SIZE);
  const [segment] = await take(page);
  expect(segment).toMatchObject({ rotation: 90, mirrored: false });
  const { path } = await exportFilm(page, info.outputPath('film.mp4'));
  const shown = corners(path, SIZE).map(named);
  expect(shown).toEqual(shown.map(() => UPRIGHT));
});

test('a device that is turned while it films goes on upright, where only the screen tells how it lies', async ({ page }, info) => {
  const session = await page.context().newCDPSession(page);
  const turnDevice = (type: 'portraitPrimary' | 'portraitSecondary', angle: number) =>
    session.send('Emulation.setDeviceMetricsOverride', { width: 360, height: 640, deviceScaleFactor: 1, mobile: true, screenOrientation: { type, angle } });
  await turnDevice('portraitPrimary', 0);
  await openPage(page);
  await openStudio(page, { size: SIZE, audio: false });
  await studioWorker(page)?.evaluate(() => ['rotation', 'flip'].forEach((name) => delete (VideoFrame.prototype as unknown as Record<string, unknown>)[name]));
  await page.evaluate((size) => {
    // A sensor on its side, as phones have them: it turns with the device, its picture is as tall as before.
    window.lie = { rotation: 90, flip: false, untold: true };
    screen.orientation.addEventListener('change', () => { window.lie = { rotation: 270, flip: false, untold: true }; });
    const stream = window.cornerCamera(size);
    const [track] = stream.getVideoTracks() as [MediaStreamTrack];
    track.getSettings = () => ({ ...size });
    return window.studio.camera.start({ stream });
  }, SIZE);
  await page.evaluate(() => window.studio.record());
  await page.waitForTimeout(700);
  await turnDevice('portraitSecondary', 180);
  expect(await page.evaluate(() => screen.orientation.angle)).toBe(180);
  await page.waitForTimeout(1000);
  const taken = await page.evaluate(async () => [...await window.studio.pause()]);
  // What the first segment left to players the second does not: it is drawn upright, and the first is encoded anew.
  expect(taken.map(({ take: number, rotation, mirrored }) => [number, rotation, mirrored])).toEqual([[1, 90, false], [1, 0, false]]);
  expect(await page.evaluate(() => window.studio.state)).toBe('preview');
  const { path, report } = await exportFilm(page, info.outputPath('film.mp4'));
  expect(report).toMatchObject({ joined: 'mixed', encodedFrames: taken[0]?.frames, warnings: [] });
  const shown = corners(path, SIZE).map(named);
  expect(shown).toHaveLength(taken.reduce((sum, { frames }) => sum + frames, 0));
  // The sensor is turned before anybody is told: pictures of that moment lie as the device did.
  const early = shown.filter((frame) => frame.join() !== UPRIGHT.join());
  console.log(`${early.length} of ${shown.length} pictures came before the screen told of the turn`);
  expect(early.map((frame) => frame.join())).toEqual(early.map(() => [...UPRIGHT].reverse().join()));
  expect(early.length).toBeLessThanOrEqual(6);
  const edge = taken[0]?.frames ?? 0;
  const wrong = shown.flatMap((frame, at) => (frame.join() === UPRIGHT.join() ? [] : [at]));
  for (const at of wrong) expect(at, 'only the last ones of the first segment').toBeGreaterThanOrEqual(edge - early.length);
  expect(shown.length - edge).toBeGreaterThan(5);
});

test('without WebGL a mirrored film is refused, and a turned picture is kept as it lies', async ({ page }) => {
  await openPage(page);
  await openStudio(page, { size: SIZE, audio: false, mirror: { recording: true } });
  await studioWorker(page)?.evaluate(() => { OffscreenCanvas.prototype.getContext = (() => null) as never; });
  await start(page);
  expect(await page.evaluate(() => window.studio.record().then(() => 'done', ({ code }: { code: string }) => code))).toBe('not_supported');
  expect(await page.evaluate(() => window.studio.record().then(() => 'done', ({ code }: { code: string }) => code))).toBe('not_supported');
  await page.evaluate(() => window.studio.setMirror({ recording: false }));
  await take(page, 0.3);
  await page.evaluate(() => { window.lie = { rotation: 90, flip: false }; });
  await page.waitForTimeout(200);
  await take(page, 0.3);
  expect(await page.evaluate(() => window.studio.draft.segments.map(({ rotation }) => rotation))).toEqual([0, 90]);
  expect(await page.evaluate(() => window.studio.export().then(() => 'done', ({ code }: { code: string }) => code))).toBe('join_needs_encoding');
  // What lies as the draft does joins it again.
  await page.evaluate(() => { window.lie = { rotation: 0, flip: false }; });
  await page.waitForTimeout(200);
  await take(page, 0.3);
  await page.evaluate(() => window.studio.draft.remove(window.studio.draft.segments[1]?.id ?? ''));
  expect(await page.evaluate(() => window.studio.export().then(({ report }) => report.joined, ({ code }: { code: string }) => code))).toBe('copy');
  await expect.poll(async () => (await statsOf(page)).openFrames).toBe(0);
});

test('without WebGL a take whose turned pictures nothing encodes ends with what it has, and the draft goes on', async ({ page }, info) => {
  await openPage(page);
  await openStudio(page, { size: SIZE, audio: false });
  await studioWorker(page)?.evaluate((wide) => {
    OffscreenCanvas.prototype.getContext = (() => null) as never;
    const { isConfigSupported } = VideoEncoder;
    VideoEncoder.isConfigSupported = (config) => (config.width === wide ? Promise.resolve({ supported: false, config }) : isConfigSupported.call(VideoEncoder, config));
  }, SIZE.height);
  await start(page);
  await page.evaluate(() => window.studio.record());
  await page.waitForFunction(() => window.studio.stats.encoded > 10);
  await page.evaluate(() => { window.lie = { rotation: 90, flip: false }; });
  await page.waitForFunction(() => window.heard.some(({ event, value }) => event === 'interrupted' && (value as { reason: string }).reason === 'encoder'));
  const told = await page.evaluate(() => window.heard.filter(({ event }) => event === 'interrupted').at(-1)?.value);
  expect(told).toEqual({ reason: 'encoder' });
  expect(await page.evaluate(() => window.studio.state)).toBe('preview');
  await page.evaluate(() => { window.lie = { rotation: 0, flip: false }; });
  await page.waitForTimeout(200);
  await take(page, 0.3);
  expect(await page.evaluate(() => window.studio.draft.segments.map(({ take: number, rotation }) => [number, rotation]))).toEqual([[1, 0], [2, 0]]);
  expect((await exportFilm(page, info.outputPath('film.mp4'))).report).toMatchObject({ joined: 'copy' });
});

/**
 * Encoders that keep their last three pictures until they are asked for all, and write down how many each took. `dies`: the next
 * that films dies when it is asked. `whole`: none seems to crop to what it is measured by, a picture of 480 x 720.
 */
const KEEPING = `{
  const Real = self.VideoEncoder;
  self.took = [];
  self.VideoEncoder = class extends Real {
    #kept = []; #number; #error;
    constructor(init) {
      super(init);
      this.#error = init.error;
      this.#number = took.push(0) - 1;
    }
    configure(config) {
      super.configure(self.whole && config.width === 480 && config.height === 720 ? { ...config, width: 240 } : config);
    }
    encode(frame, options) {
      took[this.#number] += 1;
      this.#kept.push([frame.clone(), options]);
      if (this.#kept.length > 3) this.#give();
    }
    #give() {
      const [frame, options] = this.#kept.shift();
      super.encode(frame, options);
      frame.close();
    }
    flush() {
      if (self.dies && took[this.#number] > 8) {
        self.dies = false;
        this.#kept.splice(0).forEach(([frame]) => frame.close());
        super.close();
        this.#error(new DOMException('it died', 'EncodingError'));
        return Promise.reject(new DOMException('it died', 'AbortError'));
      }
      while (this.#kept.length > 0) this.#give();
      return super.flush();
    }
  };
}`;

test('without WebGL a take goes on in pictures of another size, and those that the encoder held for the segment before are kept', async ({ page }) => {
  const [turned, large] = [{ width: SIZE.height, height: SIZE.width }, { width: 128, height: 160 }];
  await patchWorker(page, 'studio', KEEPING);
  await openPage(page);
  for (const { draft, lie, size, reasons, dies = false, whole = false } of [
    { draft: 'turned', lie: { rotation: 90, flip: false }, size: turned, reasons: ['size-changed'] },
    // What dies meanwhile costs what it held, and the take goes on all the same.
    { draft: 'died', lie: { rotation: 90, flip: false }, size: turned, reasons: ['size-changed', 'encoder'], dies: true },
    { draft: 'larger', lie: { rotation: 0, flip: false, size: large }, size: large, reasons: ['size-changed'], whole: true },
  ]) {
    await page.evaluate(() => {
      window.lie = { rotation: 0, flip: false };
      window.heard = [];
    });
    await openStudio(page, { size: SIZE, audio: false, draft });
    const worker = studioWorker(page);
    await worker?.evaluate((given) => {
      Object.assign(self, { whole: given });
      OffscreenCanvas.prototype.getContext = (() => null) as never;
    }, whole);
    await start(page);
    await page.evaluate(() => window.studio.record());
    await page.waitForFunction(() => window.studio.stats.encoded > 10);
    await worker?.evaluate((given) => void Object.assign(self, { dies: given }), dies);
    await page.evaluate((given) => { window.lie = given; }, lie as Lie);
    await heard(page, 'resumed');
    await page.waitForFunction((before) => window.studio.stats.encoded > before + 10, (await statsOf(page)).encoded);
    const taken = await page.evaluate(async () => [...await window.studio.pause()]);
    expect(taken.map(({ size }) => size)).toEqual([SIZE, size]);
    const filmed = (await worker?.evaluate(() => (self as unknown as { took: number[] }).took) ?? []).filter((count) => count > 8);
    expect(filmed).toHaveLength(2);
    expect(taken[0]?.frames, draft).toBe((filmed[0] ?? 0) - (dies ? 3 : 0));
    const { captured, encoded, dropped, openFrames } = await statsOf(page);
    expect([captured, openFrames]).toEqual([encoded + dropped.encoder + dropped.storage + dropped.gpu, 0]);
    const told = await page.evaluate(() => window.heard.filter(({ event }) => event === 'interrupted' || event === 'resumed'));
    expect(told.map(({ event, value }) => [event, (value as { reason: string }).reason])).toEqual(['interrupted', 'resumed'].flatMap((event) => reasons.map((reason) => [event, reason])));
    await page.evaluate(() => window.studio.close());
  }
});

test('a camera whose colours are coded otherwise joins a draft, also one from disk', async ({ diskPage: page }, info) => {
  await openPage(page);
  await openStudio(page, { size: SIZE, audio: false });
  await start(page);
  await take(page, 0.3);
  const other = { matrix: 'bt709', fullRange: true };
  await page.evaluate((coding) => { window.lie = { rotation: 0, flip: false, coding }; }, other);
  await start(page);
  await take(page, 0.3);
  expect((await statsOf(page)).passes).toBe(1);
  await page.evaluate(() => window.studio.close());
  await page.evaluate((size) => window.onetake.Studio.open({ host: document.getElementById('host') as HTMLElement, size, audio: false }).then((studio) => { window.studio = studio; }), SIZE);
  await start(page);
  await take(page, 0.3);
  expect((await statsOf(page)).passes).toBe(1);
  await page.evaluate(() => { window.lie = { rotation: 0, flip: false }; });
  await start(page);
  const segments = [...await page.evaluate(() => [...window.studio.draft.segments]), ...await take(page, 0.3)];
  expect((await statsOf(page)).passes).toBe(0);
  const { path, report } = await exportFilm(page, info.outputPath('film.mp4'));
  expect(report).toMatchObject({ joined: 'copy', warnings: [] });
  const shown = corners(path, SIZE);
  expect(shown).toHaveLength(segments.reduce((sum, { frames }) => sum + frames, 0));
  expect(shown.map(named)).toEqual(shown.map(() => UPRIGHT));
});
