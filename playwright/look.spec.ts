// Filters on what is filmed: as many draws as there must be and no more, seen in the preview, in the file, in photos and in
// the pictures of a drawer alike; changed at any moment of a take; refused in words where they cannot be.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { numberedDevices } from './support/camera.ts';
import { readFilm } from './support/film.ts';
import { callsOf, catchContext, countCalls, countFrameCopies, loseContext } from './support/gpu.ts';
import { costOf, move, putOnAndOff, refusedShare, said, together, type Cost } from './support/parts.ts';
import { signal } from './support/signal-in-node.ts';
import { exportFilm, heard, openBlankPage, openStudio, patchWorker, recordTake, settleClocks } from './support/studio.ts';
import { expect, expectGoodFilm, expectIdentities, statsOf, test } from './support/test.ts';
import type { Filter } from 'onetake';
import type { Page } from '@playwright/test';

const SMALL = { width: 320, height: 180 };
/** A page hardly larger than that. */
const VIEW = { width: 320, height: 240 };
const GREY: Filter[] = [{ name: 'saturation', amount: -1 }];
const EIGHT: Filter[] = [
  { name: 'brightness', amount: 0.02 },
  { name: 'exposure', stops: 0.05 },
  { name: 'rgb_gain', red: 1.05 },
  { name: 'contrast', amount: 0.02 },
  { name: 'saturation', amount: 0.3 },
  { name: 'vibrance', amount: 0.2 },
  { name: 'tone_curve', curve: '0,0 0.5,0.51 1,1' },
  { name: 'lut', table: 'cinema', amount: 0.2 },
];

async function openSmall(page: Page, options: Parameters<typeof openStudio>[1] = {}): Promise<void> {
  await openBlankPage(page, numberedDevices(SMALL));
  await openStudio(page, { size: SMALL, ...options });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
  await settleClocks(page, 500);
}

const setLook = (page: Page, chain: Filter[]) => page.evaluate((given) => window.studio.setLook(given), chain);
const refusal = (page: Page, chain: Filter[]) => page.evaluate((given) => window.studio.setLook(given).then(() => 'taken', ({ code, message }: { code: string; message: string }) => [code, message].join(' | ')), chain);

/** Red, green and blue of each frame, in the mean. */
function means(path: string): number[][] {
  const raw = execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-vf', 'scale=1:1:flags=area', '-fps_mode', 'passthrough', '-enc_time_base', '1:48000', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'], { maxBuffer: 1 << 26 });
  return Array.from({ length: raw.length / 3 }, (_, frame) => [...raw.subarray(frame * 3, frame * 3 + 3)]);
}

const spread = (color: number[]) => Math.max(...color) - Math.min(...color);

test('eight filters of colour are one draw, beauty and four of them at most four, and none none', async ({ page }) => {
  await openSmall(page);
  const passes = async () => (await page.waitForTimeout(400), (await statsOf(page)).passes);
  expect(await passes()).toBe(0);
  await setLook(page, EIGHT);
  expect(await passes()).toBe(1);
  expect(await page.evaluate(() => window.studio.look)).toEqual(EIGHT);
  await setLook(page, [{ name: 'beauty', smoothing: 0.6 }, ...EIGHT.slice(0, 4)]);
  const beautiful = await passes();
  console.log(`beauty and four: ${beautiful} draws`);
  expect(beautiful).toBeGreaterThan(1);
  expect(beautiful).toBeLessThanOrEqual(4);
  await setLook(page, [{ name: 'brightness', amount: 0 }]);
  expect(await passes(), 'what changes nothing is not drawn').toBe(0);
  await setLook(page, []);
  expect(await page.evaluate(() => window.studio.look)).toEqual([]);
});

test('a look that is put on and off while filming is in the film from then on, and in the preview', async ({ page }, info) => {
  await openSmall(page);
  await page.evaluate(() => window.studio.record());
  await page.waitForTimeout(1000);
  await setLook(page, GREY);
  const canvas = page.locator('#host canvas').last();
  await expect(canvas).toHaveCSS('opacity', '1');
  await page.waitForTimeout(1000);
  const previewed = await canvas.screenshot();
  await setLook(page, []);
  await page.waitForTimeout(1000);
  const segments = await page.evaluate(async () => [...await window.studio.pause()]);
  const stats = await statsOf(page);
  const exported = await exportFilm(page, info.outputPath('film.mp4'));
  const film = await readFilm(exported.path, { camera: SMALL, fps: 30 });
  // The first look begins a drawn segment; putting it off does not end it.
  expect(segments.map(({ take }) => take)).toEqual([1, 1]);
  expectGoodFilm(film, exported, segments);
  expectIdentities(stats, segments, film);
  const colors = means(exported.path).map((color) => (spread(color) > 6 ? 'c' : 'g')).join('');
  expect(colors).toMatch(/^c{10,}g{10,}c{10,}$/);
  const path = info.outputPath('preview.png');
  writeFileSync(path, previewed);
  expect(spread(means(path)[0] ?? [])).toBeLessThanOrEqual(2);
  expect(stats.openFrames).toBe(0);
});

test('100 looks put on and off and 1000 moves of a slider, while filming, leave a good film in which every frame is counted', async ({ page }, info) => {
  test.setTimeout(120_000);
  // Where no GPU is, a page of the usual size costs more to show than all that is drawn for this film.
  await page.setViewportSize(VIEW);
  await openSmall(page);
  const on: Filter[] = [...EIGHT.slice(4, 6), { name: 'hue', angle: 10 }];
  const off: Filter[] = [{ name: 'saturation', amount: 0.1 }];
  // At 0 it changes nothing, and is not drawn: that would be another program.
  const moved: Filter[] = [...on.slice(1), { name: 'saturation', amount: 0.1 }];
  // A program's first use may cost pictures: all three have drawn before the take.
  for (const chain of [on, moved, off]) {
    await setLook(page, chain);
    await page.waitForTimeout(400);
  }
  expect((await statsOf(page)).programs).toBeGreaterThanOrEqual(3);
  await page.evaluate(() => window.studio.record());
  const still: Cost[] = [];
  const changed: Cost[] = [];
  const textures = new Set<number>();
  for (let round = 0; round < 5; round += 1) {
    still.push(await costOf(page, () => page.waitForTimeout(800)));
    changed.push(await costOf(page, async () => {
      await putOnAndOff(page, on, off, 20);
      await move(page, moved, 200);
    }));
    textures.add((await statsOf(page)).textures);
  }
  const segments = await page.evaluate(async () => [...await window.studio.pause()]);
  const stats = await statsOf(page);
  const exported = await exportFilm(page, info.outputPath('film.mp4'));
  const film = await readFilm(exported.path, { camera: SMALL, fps: 30 });
  console.log(`changed: ${said(together(changed))}; left alone: ${said(together(still))}; lost ${film.lost.length}, textures ${[...textures].join()}`);
  expect(segments).toHaveLength(1);
  expectGoodFilm(film, exported, segments);
  expectIdentities(stats, segments, film);
  expect(means(exported.path).filter((color) => Math.max(...color) < 24), 'black frames').toEqual([]);
  expect([...textures], 'textures held').toHaveLength(1);
  expect(together([...still, ...changed]).programs, 'programs that first drew within the take').toBe(0);
  // A busy machine refuses frames of the look left alone as well; where it has time, each change that costs one is too many.
  expect(refusedShare(together(changed))).toBeLessThanOrEqual(1.5 * refusedShare(together(still)) + 0.05);
});

test('while a look is filmed and moved each frame is copied once, to the GPU; nothing is read back, and nobody waits', async ({ page }) => {
  await openSmall(page);
  const worker = await catchContext(page);
  // A fence follows each picture that is drawn.
  await countCalls(worker, ['drawArrays', 'fenceSync', 'readPixels', 'getBufferSubData', 'finish', 'clientWaitSync', 'getError']);
  expect((await statsOf(page)).copies, 'nothing is drawn').toBe(0);
  await setLook(page, [{ name: 'beauty', smoothing: 0.5 }, { name: 'auto_tone' }]);
  await page.evaluate(() => window.studio.record());
  // Before, the way to the GPU may have been measured: once.
  const measured = (await callsOf(worker))['readPixels'] ?? 0;
  expect([0, 4, 6]).toContain(measured);
  for (let move = 0; move < 20; move += 1) await setLook(page, [{ name: 'beauty', smoothing: move / 20 }, { name: 'auto_tone', amount: 1 - move / 20 }]);
  await setLook(page, EIGHT);
  await countFrameCopies(worker);
  await page.waitForTimeout(500);
  const copied = await callsOf(worker);
  await page.evaluate(() => window.studio.pause());
  await setLook(page, []);
  const told = async () => [(await callsOf(worker))['fenceSync'], (await statsOf(page)).copies];
  await expect.poll(async () => new Set(await told()).size).toBe(1);
  const { drawArrays, fenceSync, ...others } = await callsOf(worker);
  expect(drawArrays).toBeGreaterThan(20);
  expect(fenceSync).toBeGreaterThan(5);
  expect(copied).toMatchObject({ copyTo: 0, clone: 0, createImageBitmap: 0, structuredClone: 0, transferToImageBitmap: 0 });
  expect(others).toMatchObject({ getBufferSubData: 0, finish: 0, clientWaitSync: 0, getError: 0 });
  expect(copied['readPixels'], 'within the take').toBe(measured);
  expect(others['readPixels']).toBeLessThanOrEqual(6);
});

for (const { how, code, taken, left } of [
  { how: 'quicker', code: `const { texImage2D } = WebGL2RenderingContext.prototype;
    WebGL2RenderingContext.prototype.texImage2D = function (...given) {
      for (const end = performance.now() + 40; given.at(-1) instanceof VideoFrame && performance.now() < end;);
      return texImage2D.apply(this, given);
    };`, taken: 'texSubImage2D', left: 'texImage2D' },
  // It leaves nothing in the texture, at once.
  { how: 'wrong', code: `const { texSubImage2D } = WebGL2RenderingContext.prototype;
    WebGL2RenderingContext.prototype.texSubImage2D = function (...given) {
      if (!(given.at(-1) instanceof VideoFrame)) texSubImage2D.apply(this, given);
    };`, taken: 'texImage2D', left: 'texSubImage2D' },
]) {
  test(`pictures go into a texture that is there ${how === 'wrong' ? 'only where they arrive right' : 'where that is quicker'}`, async ({ page }, info) => {
    await openSmall(page);
    const worker = await catchContext(page);
    await worker.evaluate(code);
    await countCalls(worker, ['texImage2D', 'texSubImage2D', 'readPixels']);
    await setLook(page, [{ name: 'brightness', amount: 0.02 }]);
    await expect.poll(async () => (await callsOf(worker))['readPixels']).toBeGreaterThanOrEqual(4);
    await page.waitForTimeout(300);
    const before = await callsOf(worker);
    await page.evaluate(() => window.studio.record());
    await page.waitForTimeout(1000);
    const segments = await page.evaluate(async () => [...await window.studio.pause()]);
    const after = await callsOf(worker);
    const during = (name: string) => (after[name] ?? 0) - (before[name] ?? 0);
    expect(during(taken)).toBeGreaterThan(10);
    expect([during(left), during('readPixels')]).toEqual([0, 0]);
    const exported = await exportFilm(page, info.outputPath('film.mp4'));
    expectGoodFilm(await readFilm(exported.path, { camera: SMALL, fps: 30 }), exported, segments);
  });
}

test('a GPU that is lost twice while a look is filmed comes back with it', async ({ page }, info) => {
  await openBlankPage(page, numberedDevices(SMALL));
  await openStudio(page, { size: SMALL });
  const worker = await catchContext(page);
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
  // A curve of five points is read from a texture, which has to come back too.
  await setLook(page, [{ name: 'beauty', smoothing: 0.5 }, { name: 'tone_curve', curve: '0,0 0.2,0.1 0.5,0.5 0.8,0.9 1,1' }, { name: 'lut', table: 'noir' }]);
  await settleClocks(page, 500);
  await page.evaluate(() => window.studio.record());
  for (let loss = 1; loss <= 2; loss += 1) {
    await page.waitForTimeout(700);
    await loseContext(worker, 300);
    await page.waitForFunction((times) => window.heard.filter(({ event }) => event === 'resumed').length === times, loss);
  }
  await page.waitForTimeout(700);
  const segments = await page.evaluate(async () => [...await window.studio.pause()]);
  const stats = await statsOf(page);
  const exported = await exportFilm(page, info.outputPath('film.mp4'));
  expect(segments).toHaveLength(1);
  expect(exported.report.warnings).toEqual([]);
  const colors = means(exported.path);
  expect(colors).toHaveLength(stats.encoded);
  expect(colors.filter((color) => spread(color) > 3), 'frames without the look').toEqual([]);
  expect(stats.openFrames).toBe(0);
});

test('the preview keeps its shape and its picture on dense screens and when its place changes', async ({ page }, info) => {
  await openSmall(page);
  await setLook(page, [{ name: 'saturation', amount: 0.1 }]);
  const canvas = page.locator('#host canvas').last();
  await expect(canvas).toHaveCSS('opacity', '1');
  const devtools = await page.context().newCDPSession(page);
  const path = info.outputPath('preview.png');
  const { x, y, edge } = signal.codeField(SMALL);
  for (const [density, width] of [[1, 320], [2, 320], [3, 320], [2, 480]] as const) {
    await devtools.send('Emulation.setDeviceMetricsOverride', { width: 1000, height: 800, deviceScaleFactor: density, mobile: false });
    await page.locator('#host').evaluate((host, wide) => Object.assign(host.style, { width: `${wide}px`, height: `${(wide * 9) / 16}px` }), width);
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    expect(await canvas.evaluate((drawn: HTMLCanvasElement) => [devicePixelRatio, drawn.width, drawn.height, drawn.clientWidth, drawn.clientHeight])).toEqual([density, 320, 180, width, (width * 9) / 16]);
    // Playwright's own screenshots are of the density that it opened the page with.
    const { data } = await devtools.send('Page.captureScreenshot', { clip: { x: 0, y: 0, width, height: (width * 9) / 16, scale: 1 } });
    writeFileSync(path, Buffer.from(data, 'base64'));
    expect(readFileSync(path).readUInt32BE(16), 'device pixels across').toBe(width * density);
    // The front camera's preview is its mirror image. A code that lies elsewhere, or is drawn to another measure, does not read.
    const light = execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-vf', 'scale=320:180:flags=area,hflip', '-f', 'rawvideo', '-pix_fmt', 'gray', '-']);
    const code = signal.readCode((column, row) => light[(y + Math.floor((row + 0.5) * edge)) * 320 + x + Math.floor((column + 0.5) * edge)] ?? 0);
    expect(code, `${width} at ${density}`).toMatchObject({ readable: true, camera: 1 });
  }
});

test('a chain that does not fit is refused in words, and the one before stays', async ({ page }) => {
  await openSmall(page);
  await setLook(page, GREY);
  for (const [chain, words] of [
    [[{ name: 'sepiaa' }], /^filter_invalid .*sepiaa/],
    [[{ name: 'orient' }], /^filter_invalid .*orient/],
    [[{ name: 'sepia', strength: 1 }], /^filter_invalid .*sepia.*strength/],
    [[{ name: 'brightness', amount: 'much' }], /^filter_invalid .*amount.*number/],
    [[{ name: 'brightness', amount: NaN }], /^filter_invalid .*amount.*number/],
    [[{ name: 'lut', table: 'nowhere' }], /^filter_invalid .*table.*look/],
    [[{ name: 'tone_curve', curve: '1' }], /^filter_invalid .*curve/],
    [[{ name: 'overlay' }], /^filter_invalid .*picture/],
    [Array.from({ length: 65 }, () => ({ name: 'invert' })), /^filter_invalid .*64/],
    [[{ name: 7 }], /^bad_argument /],
    [[{ name: 'invert', amount: true }], /^bad_argument /],
    ['invert', /^bad_argument /],
  ] as [Filter[], RegExp][]) expect(await refusal(page, chain)).toMatch(words);
  const blobs = await page.evaluate(async () => {
    const refused = (chain: Filter[]) => window.studio.setLook(chain).then(() => 'taken', ({ message }: { message: string }) => message);
    const canvas = new OffscreenCanvas(16, 16);
    canvas.getContext('2d')?.fillRect(0, 0, 16, 16);
    const picture = await canvas.convertToBlob();
    const cube = new Blob(['LUT_3D_SIZE 2\n0 0 0\n1 0 0\n0 1 0\n1 1 0\n0 0 1\n1 0 1\n0 1 1\n1 1 1\n']);
    return [
      await refused([{ name: 'overlay', other: new Blob(['no picture']) }]),
      await refused([{ name: 'lut', table: new Blob(['LUT_3D_SIZE 2\n0 0 0\n']) }]),
      await refused([{ name: 'lut', table: picture }]),
      await refused([{ name: 'overlay', other: cube }]),
      await refused([{ name: 'lut', table: cube }, { name: 'overlay', other: picture }]),
    ];
  });
  expect(blobs[0]).toMatch(/^filter_invalid: .*\.cube line 1/);
  expect(blobs[1]).toMatch(/^filter_invalid: .*\.cube line/);
  expect(blobs[2]).toMatch(/^filter_invalid: .*512 x 512/);
  expect(blobs[3]).toMatch(/^filter_invalid: .*no picture/);
  expect(blobs[4]).toBe('taken');
  await setLook(page, GREY);
  // In one breath: what is refused leaves what was asked for before it.
  const INVERSE = [{ name: 'invert' }];
  const both = await page.evaluate(([good, bad]) => Promise.allSettled([window.studio.setLook(good as Filter[]), window.studio.setLook(bad as Filter[])]).then((all) => all.map(({ status }) => status)), [INVERSE, [{ name: 'nothing' }]]);
  expect(both).toEqual(['fulfilled', 'rejected']);
  expect(await page.evaluate(() => window.studio.look)).toEqual(INVERSE);
});

test("a filter of the user's own is compiled, drawn, and refused with its line where it cannot be", async ({ page }, info) => {
  await openSmall(page);
  const define = (source: string) => page.evaluate((text) => window.onetake.defineFilter(text).then((spec) => spec, ({ code, message }: { code: string; message: string }) => [code, message].join(' | ')), source);
  const head = '// kind: point\n// category: colour\n// label: Only red / 只留红色\n// param: amount number 0 1 1 / Amount / 强度\n';
  expect(await define(`${head}vec4 only_red(vec4 color, vec2 uv, float amount) {\n    return vec4(colour.rgb, 1.0);\n}\n`)).toMatch(/^shader_invalid \| .*line 6.*colour/);
  expect(await define('vec4 f() {}')).toMatch(/^shader_invalid \| .*line 1/);
  const spec = await define(`${head}vec4 only_red(vec4 color, vec2 uv, float amount) {\n    return vec4(color.r, color.gb * (1.0 - amount), 1.0);\n}\n`);
  expect(spec).toMatchObject({ name: 'only_red', kind: 'point', stages: 1, label: { en: 'Only red', zh: '只留红色' }, parameters: [{ name: 'amount', type: 'number', min: 0, max: 1, default: 1 }] });
  await setLook(page, [{ name: 'only_red' }]);
  // An older text of the name is drawn again when it is defined again.
  const other = `${head}vec4 only_red(vec4 color, vec2 uv, float amount) {\n    return vec4(vec2(color.r) * (1.0 - amount), color.b, 1.0);\n}\n`;
  await define(other);
  await setLook(page, [{ name: 'only_red' }]);
  // Browsers have a few contexts of WebGL alone, and take the oldest away.
  for (let again = 0; again < 20; again += 1) await define(`${head}vec4 only_red(vec4 color, vec2 uv, float amount) {\n    return vec4(color.r, color.gb * (1.0 - amount), 1.0);\n}\n`);
  await setLook(page, [{ name: 'only_red' }]);
  expect(await page.evaluate(() => window.heard.filter(({ event }) => event === 'interrupted'))).toEqual([]);
  await recordTake(page, 0.6);
  const exported = await exportFilm(page, info.outputPath('film.mp4'));
  for (const [r = 0, g = 0, b = 0] of means(exported.path)) {
    expect(r).toBeGreaterThan(60);
    expect(Math.max(g, b)).toBeLessThan(24);
  }
});

test('looks are tried aside on the current picture, and photos have the look that is on', async ({ page }, info) => {
  await openSmall(page);
  const tried = await page.evaluate(async () => {
    const pictures = await window.studio.tryLooks([[], [{ name: 'saturation', amount: -1 }], [{ name: 'invert' }], [{ name: 'lut', table: 'noir' }]], { width: 64 });
    return pictures.map((picture) => {
      const canvas = new OffscreenCanvas(picture.width, picture.height);
      const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
      context.drawImage(picture, 0, 0);
      const { data } = context.getImageData(0, 0, picture.width, picture.height);
      picture.close();
      const mean = [0, 1, 2].map((part) => data.filter((_, at) => at % 4 === part).reduce((sum, level) => sum + level, 0) / (data.length / 4));
      return { size: [canvas.width, canvas.height], mean };
    });
  });
  expect(tried.map(({ size }) => size)).toEqual(tried.map(() => [64, 36]));
  const [plain = [], grey = [], inverse = []] = tried.map(({ mean }) => mean);
  expect(spread(plain)).toBeGreaterThan(6);
  expect(spread(grey)).toBeLessThan(1.5);
  for (const [part, level] of plain.entries()) expect(Math.abs(level + (inverse[part] ?? 0) - 255)).toBeLessThan(8);
  expect((await statsOf(page)).passes, 'nothing is drawn for the film').toBe(0);

  await setLook(page, GREY);
  const photo = await page.evaluate(async () => Array.from(new Uint8Array(await (await window.studio.camera.photo()).arrayBuffer())));
  const path = info.outputPath('photo.jpg');
  writeFileSync(path, Uint8Array.from(photo));
  expect([...readFileSync(path).subarray(0, 2)]).toEqual([0xff, 0xd8]);
  expect(spread(means(path)[0] ?? [])).toBeLessThanOrEqual(2);
  const cubes = await page.evaluate(async () => {
    const cube = (level: number) => new Blob([`LUT_3D_SIZE 2\n${`${level} 0 0\n`.repeat(8)}`]);
    const pictures = await window.studio.tryLooks(Array.from({ length: 12 }, (_, at) => [{ name: 'lut', table: cube(at / 12) }]));
    pictures.forEach((picture) => picture.close());
    return pictures.length;
  });
  expect(cubes).toBe(12);
  const given = await page.evaluate(async () => {
    const giving = new AbortController();
    const trial = window.studio.tryLooks(Array.from({ length: 200 }, () => []), { signal: giving.signal });
    setTimeout(() => giving.abort(), 100);
    const { code } = await trial.then(() => ({ code: 'taken' }), (error: { code: string }) => error);
    return code;
  });
  expect(given).toBe('aborted');
  const none = await page.evaluate(async () => {
    await window.studio.camera.stop();
    const { code } = await window.studio.tryLooks([[]]).then(() => ({ code: 'taken' }), (error: { code: string }) => error);
    return code;
  });
  expect(none).toBe('camera_missing');
});

test('one file is a picture to one filter and a table to another', async ({ page }) => {
  await openSmall(page);
  const means = await page.evaluate(async () => {
    // A table that changes nothing, half clear: a picture's colours are dimmed by that, a table's are not.
    const texels = new Uint8ClampedArray(512 * 512 * 4);
    for (let at = 0; at < 512 * 512; at += 1) {
      const [x, y] = [at % 512, Math.floor(at / 512)];
      const blue = Math.floor(y / 64) * 8 + Math.floor(x / 64);
      texels.set([(x % 64) * 4, (y % 64) * 4, blue * 4, 128], at * 4);
    }
    const canvas = new OffscreenCanvas(512, 512);
    canvas.getContext('2d')?.putImageData(new ImageData(texels, 512, 512), 0, 0);
    const file = await canvas.convertToBlob();
    const [twice, once] = [file.slice(0, file.size, file.type), file.slice(0, file.size, file.type)];
    // Of what does not move: the camera's code, its flash and its bar stand in the middle of the picture.
    const light = async (chain: Filter[]) => {
      const [picture] = await window.studio.tryLooks([chain], { width: 64 });
      const context = new OffscreenCanvas(64, 36).getContext('2d');
      if (!picture || !context) return NaN;
      context.drawImage(picture, 0, 0);
      picture.close();
      const { data } = context.getImageData(0, 0, 64, 36);
      const still = (at: number) => Math.abs((at >> 2) % 64 - 31.5) > 10 || Math.abs((at >> 8) - 18.5) > 9.5;
      const levels = data.filter((_, at) => at % 4 < 3 && still(at));
      return levels.reduce((sum, level) => sum + level, 0) / levels.length;
    };
    const over = [{ name: 'overlay', other: twice, width: 0.5 }];
    const table = [{ name: 'lut', table: twice }];
    const both = [await light(over), await light(table)];
    return { both, alone: await light([{ name: 'lut', table: once }]), over: await light([{ name: 'overlay', other: once, width: 0.5 }]), plain: await light([]) };
  });
  console.log(`mean light ${JSON.stringify(means)}`);
  expect(Math.abs((means.both[1] ?? NaN) - means.alone)).toBeLessThan(0.5);
  expect(Math.abs((means.both[0] ?? NaN) - means.over)).toBeLessThan(0.5);
  expect(Math.abs(means.over - means.plain), 'a picture that is seen').toBeGreaterThan(2);
  // Its whitest step is 252: it takes a little over one in a hundred.
  expect(Math.abs(means.alone - means.plain), 'a table that changes next to nothing').toBeLessThan(3);
});

test('while cameras are exchanged the picture that is held has its look, and gives way to one of the next camera', async ({ page }) => {
  await openSmall(page);
  // The front camera's tint is warm, the back one's cold; inverted it is the other way round.
  await setLook(page, [{ name: 'invert' }]);
  await expect(page.locator('#host canvas').last()).toHaveCSS('opacity', '1');
  const seen = await page.evaluate(async () => {
    const [held, drawn] = [...document.querySelectorAll<HTMLCanvasElement>('#host canvas')];
    const warmth = (canvas: HTMLCanvasElement | undefined): number => {
      const context = new OffscreenCanvas(8, 8).getContext('2d');
      if (!context || !canvas) return NaN;
      context.drawImage(canvas, 0, 0, 8, 8);
      const { data } = context.getImageData(0, 0, 8, 8);
      return data.reduce((sum, level, at) => sum + (at % 4 === 0 ? level : at % 4 === 2 ? -level : 0), 0) / 64;
    };
    const found: { hidden: boolean; held: number; drawn: number }[] = [];
    const watch = new MutationObserver(() => found.push({ hidden: held?.hidden !== false, held: warmth(held), drawn: warmth(drawn) }));
    watch.observe(held as Node, { attributeFilter: ['hidden'] });
    await window.studio.camera.flip();
    await new Promise((resolve) => setTimeout(resolve));
    // What a worker drew reaches the page's canvas a moment after the worker says so.
    for (let patience = 50; patience > 0 && warmth(drawn) < 5; patience -= 1) await new Promise(requestAnimationFrame);
    return { found, last: warmth(drawn) };
  });
  expect(seen.found.map(({ hidden }) => hidden)).toEqual([false, true]);
  expect(seen.found[0]?.held, JSON.stringify(seen)).toBeLessThan(-5);
  expect(seen.last, JSON.stringify(seen)).toBeGreaterThan(5);
});

test('a look that is put off while cameras are exchanged leaves no old picture above the next camera', async ({ page }) => {
  await openSmall(page);
  await setLook(page, GREY);
  const canvas = page.locator('#host canvas').last();
  await expect(canvas).toHaveCSS('opacity', '1');
  await page.evaluate(async () => {
    const video = document.querySelector('#host video') as HTMLVideoElement;
    const own = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'srcObject');
    // Between the next camera and its first picture.
    Object.defineProperty(video, 'srcObject', { ...own, set(stream: MediaStream) {
      own?.set?.call(this, stream);
      queueMicrotask(() => void window.studio.setLook([]));
    } });
    await window.studio.camera.flip();
  });
  await expect(canvas).toHaveCSS('opacity', '0');
});

test('a camera that was closed is seen with its look again', async ({ page }) => {
  await openSmall(page);
  await setLook(page, GREY);
  const canvas = page.locator('#host canvas').last();
  await expect(canvas).toHaveCSS('opacity', '1');
  await page.evaluate(() => window.studio.camera.stop());
  await expect(canvas).toHaveCSS('opacity', '0');
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
  await expect(canvas).toHaveCSS('opacity', '1');
  expect(await page.evaluate(() => window.studio.look)).toEqual(GREY);
});

test('a worker that dies has a successor that draws the look', async ({ page }, info) => {
  await patchWorker(page, 'studio', "self.addEventListener('message', ({ data }) => { if (data === 'die') setTimeout(() => { throw new Error('told to'); }); });");
  await openSmall(page);
  await setLook(page, GREY);
  await page.workers().find((one) => one.url().endsWith('studio.js'))?.evaluate(() => dispatchEvent(new MessageEvent('message', { data: 'die' }))).catch(() => undefined);
  await heard(page, 'resumed');
  await recordTake(page, 0.6);
  const exported = await exportFilm(page, info.outputPath('film.mp4'));
  expect(means(exported.path).filter((color) => spread(color) > 3)).toEqual([]);
});
