// Looks, beauty and adjustments as people use them on the page: the drawer, its small pictures and sliders, what the picture and
// the film show of it, and what is remembered. What filters do to pixels is looks.spec.ts; what a choice means is here too.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Locator, Page } from '@playwright/test';
import { filterForm } from '../www/onetake/src/elements/filter-form.ts';
import { LOOKS, NO_LOOK, chainOf, defaultsOf, readChoice, restOf, withAdjustment, withBeauty, withoutAdjustment } from '../www/onetake/src/elements/look-choice.ts';
import { messages } from '../www/onetake/src/elements/messages.ts';
import { Paced } from '../www/onetake/src/elements/paced.ts';
import { filters } from '../www/onetake/src/filters.ts';
import { DESKTOP, devices, expect, keepPicture, keepState, test, TOUR, type Screen } from './support/screen.ts';
import { takeRoute } from './support/routes.ts';

const run = promisify(execFile);

/** How colourful the preview is: mean distance of the strongest from the weakest primary, 0..255. */
function colour(page: Page): Promise<number> {
  return page.locator('.stage').evaluate((stage) => {
    const drawn = [...stage.querySelectorAll('canvas')].find(({ hidden, style }) => !hidden && style.opacity === '1');
    const small = Object.assign(document.createElement('canvas'), { width: 32, height: 32 });
    const context = small.getContext('2d');
    const source = drawn ?? stage.querySelector('video');
    if (!context || !source) return NaN;
    context.drawImage(source, 0, 0, 32, 32);
    const { data } = context.getImageData(0, 0, 32, 32);
    let sum = 0;
    for (let at = 0; at < data.length; at += 4) sum += Math.max(data[at]!, data[at + 1]!, data[at + 2]!) - Math.min(data[at]!, data[at + 1]!, data[at + 2]!);
    return sum / (data.length / 4);
  });
}

/** The darkest and the brightest level of the preview: a numbered camera shows black and white. */
function levels(page: Page): Promise<number[]> {
  return page.locator('.stage').evaluate((stage) => {
    const drawn = [...stage.querySelectorAll('canvas')].find(({ hidden, style }) => !hidden && style.opacity === '1');
    const context = Object.assign(document.createElement('canvas'), { width: 160, height: 160 }).getContext('2d');
    if (!context || !drawn) return [];
    context.drawImage(drawn, 0, 0, 160, 160);
    const green = context.getImageData(0, 0, 160, 160).data.filter((_, at) => at % 4 === 1);
    return [Math.min(...green), Math.max(...green)];
  });
}

/** How colourful each picture of a film is. */
async function colours(path: string): Promise<number[]> {
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', path, '-vf', 'scale=32:32:flags=area', '-fps_mode', 'passthrough', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'], { encoding: 'buffer', maxBuffer: 1 << 28 });
  const side = 32 * 32 * 3;
  return Array.from({ length: stdout.length / side }, (_, frame) => {
    let sum = 0;
    for (let at = frame * side; at < (frame + 1) * side; at += 3) sum += Math.max(stdout[at]!, stdout[at + 1]!, stdout[at + 2]!) - Math.min(stdout[at]!, stdout[at + 1]!, stdout[at + 2]!);
    return sum / (32 * 32);
  });
}

/** The mean colour of each small picture that is in view. */
function thumbs(page: Page): Promise<string[]> {
  return page.locator('onetake-look-strip').evaluate((strip) => {
    const { left, right } = strip.getBoundingClientRect();
    return [...(strip.shadowRoot?.querySelectorAll('canvas') ?? [])].flatMap((canvas) => {
      const box = canvas.getBoundingClientRect();
      if (box.right > right || box.left < left) return [];
      const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      const sums = [0, 0, 0, 0];
      for (let at = 0; at < data.length; at += 1) sums[at % 4]! += data[at]!;
      return [sums.map((sum) => Math.round((sum * 4) / data.length)).join(' ')];
    });
  });
}

const drawer = (page: Page): Locator => page.locator('onetake-looks .drawer');
const look = (screen: Screen, name: string): Locator => screen.page.getByRole('radio', { name: LOOKS.find((one) => one.name === name)?.label[screen.locale] ?? name, exact: true });
const tab = (screen: Screen, name: 'looks' | 'beauty' | 'adjust'): Locator => screen.page.getByRole('tab', { name: screen.t.looksTabs[name] });
const strength = (screen: Screen): Locator => screen.page.getByRole('slider', { name: screen.locale === 'zh' ? '滤镜 · 强度' : 'Look · Amount' });
const kept = (page: Page) => page.evaluate(() => JSON.parse(localStorage.getItem('onetake.look') ?? 'null') as unknown);

test.describe('a choice', () => {
  test('stands for a chain: beauty, adjustments, the look, what ends it', () => {
    expect(chainOf(NO_LOOK)).toEqual([]);
    expect(chainOf({ ...NO_LOOK, look: 'mono' })).toEqual([{ name: 'lut', table: 'mono', amount: 1 }]);
    let choice = withBeauty({ ...NO_LOOK, look: 'noir', strength: 0.5 }, 'smoothing', 1);
    choice = withAdjustment(choice, 'saturation', 'amount', -0.25);
    choice = withAdjustment(choice, 'sharpen', 'amount', 0.5);
    choice = withAdjustment(choice, 'grain', 'amount', 0.8);
    const chain = chainOf(choice);
    expect(chain.map(({ name }) => name)).toEqual(['beauty', 'sharpen', 'saturation', 'lut', 'vignette', 'grain']);
    expect(chain).toMatchObject([{ smoothing: 1 }, { amount: 0.5 }, { amount: -0.25 }, { table: 'noir', amount: 0.5 }, { amount: 0.225 }, { amount: 0.8 }]);
    // What is at rest is not drawn, whatever else was set of it.
    expect(chainOf(withAdjustment(NO_LOOK, 'vignette', 'radius', 0.2))).toEqual([]);
    expect(chainOf(withAdjustment(NO_LOOK, 'exposure', 'stops', 0))).toEqual([]);
    expect(chainOf({ ...NO_LOOK, look: 'mono', strength: 0 })).toEqual([]);
    // A look brings its own vignette; it can be taken away, and comes back with a reset.
    expect(restOf({ ...NO_LOOK, look: 'noir' }, 'vignette')).toMatchObject({ amount: 0.45, radius: 0.5 });
    const without = withAdjustment({ ...NO_LOOK, look: 'noir' }, 'vignette', 'amount', 0);
    expect(chainOf(without).map(({ name }) => name)).toEqual(['lut', 'grain']);
    expect(chainOf(withoutAdjustment(without, 'vignette', 'amount')).map(({ name }) => name)).toEqual(['lut', 'vignette', 'grain']);
  });

  test('comes back as it was kept, without what this version does not know', () => {
    const choice = withAdjustment(withBeauty({ ...NO_LOOK, look: 'film', strength: 0.4 }, 'whitening', 0.2), 'vignette', 'tint', '#102030');
    expect(readChoice(JSON.parse(JSON.stringify(choice)))).toEqual(choice);
    for (const foreign of [null, undefined, 7, 'noir', [], { look: 'of another version' }, { look: 3, strength: 'much', beauty: true, adjust: [1] }]) expect(readChoice(foreign)).toEqual(NO_LOOK);
    const foreign = { look: 'noir', strength: 4, beauty: { on: 1, values: { smoothing: 0.5, glitter: 1, whitening: NaN } }, adjust: { exposure: { stops: 90 }, swirl: { angle: 3 }, contrast: { amount: 0.1 }, grain: 'much', vignette: { tint: 'red' }, __proto__: { amount: 1 } } };
    expect(readChoice(foreign)).toEqual({ look: 'noir', strength: 1, beauty: { on: false, values: { smoothing: 0.5 } }, adjust: { contrast: { amount: 0.1 } } });
  });

  test('has a control for each number, choice and colour of every filter', () => {
    const port = (values: Record<string, number | string>) => ({ values, rest: values, set: () => undefined, reset: () => undefined });
    for (const spec of filters()) {
      const text = flat(filterForm(spec, port(defaultsOf(spec)), 'en', messages('en')));
      const count = (type: string) => spec.parameters.filter((parameter) => parameter.type === type).length;
      expect([text.match(/type="range"/g)?.length ?? 0, text.match(/<select/g)?.length ?? 0, text.match(/type="color"/g)?.length ?? 0], spec.name).toEqual([count('number'), count('choice'), count('color')]);
    }
  });

  test('is sent once a frame, one at a time, and the last one always', async () => {
    const frames: (() => void)[] = [];
    const sent: number[] = [];
    const answers: (() => void)[] = [];
    let value = 0;
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    const paced = new Paced(
      () => new Promise<void>((resolve) => frames.push(resolve)),
      () => (sent.push(value), new Promise<void>((resolve) => answers.push(resolve))),
    );
    const slide = (to: number) => ((value = to), paced.call());
    for (const to of [1, 2, 3]) slide(to);
    frames.shift()?.();
    await settle();
    for (const to of [4, 5]) slide(to);
    await settle();
    expect([sent, frames.length]).toEqual([[3], 0]);
    answers.shift()?.();
    await settle();
    slide(6);
    frames.shift()?.();
    await settle();
    answers.shift()?.();
    await settle();
    expect([sent, frames.length]).toEqual([[3, 6], 0]);
  });
});

/** A template's text and all in it. */
function flat(value: unknown): string {
  if (Array.isArray(value)) return value.map(flat).join('');
  if (typeof value !== 'object' || value === null || !('strings' in value)) return typeof value === 'string' ? value : '';
  const { strings, values } = value as unknown as { strings: string[]; values: unknown[] };
  return strings.map((text, index) => text + flat(values[index])).join('');
}

test('the drawer in every state', async ({ visit }) => {
  const screen = await visit(TOUR);
  const { page, t } = screen;
  const keep = (state: string) => keepState(screen, state);
  await screen.ready();
  await screen.button(t.looks).click();
  await expect.poll(async () => new Set(await thumbs(page)).size).toBeGreaterThanOrEqual(4);
  await keep('50-looks');
  await look(screen, 'noir').click();
  await expect.poll(() => colour(page)).toBeLessThan(6);
  await keep('51-look-chosen');
  await tab(screen, 'beauty').click();
  await page.getByRole('switch').click();
  await expect(page.getByRole('switch')).toHaveAttribute('aria-checked', 'true');
  await keep('52-beauty');
  await tab(screen, 'adjust').click();
  await page.getByRole('slider', { name: '曝光', exact: true }).fill('0.6');
  await keep('53-adjust');
  await page.getByRole('slider', { name: '暗角', exact: true }).scrollIntoViewIfNeeded();
  await keep('54-adjust-vignette');
  await tab(screen, 'looks').click();
  await screen.record.click();
  await expect.poll(() => screen.live()).toBeGreaterThan(0.8);
  await keep('55-looks-recording');
  await screen.record.click();
  await expect(screen.cells).toHaveCount(1);
  await screen.button(t.looksClose).click();
  await expect(drawer(page)).toBeHidden();
  await keep('56-looks-closed');
});

test('a look is chosen on its picture, made weaker, compared with the plain picture, and is there after a reload', async ({ visit }) => {
  const screen = await visit();
  const { page, t } = screen;
  await screen.ready();
  const plain = await colour(page);
  expect(plain).toBeGreaterThan(15);
  await page.keyboard.press('l');
  await expect(drawer(page)).toBeVisible();
  await expect(look(screen, t.lookNone)).toBeFocused();
  await expect.poll(async () => new Set(await thumbs(page)).size).toBeGreaterThanOrEqual(4);
  const before = await thumbs(page);
  expect(before).not.toContain('0 0 0 0');
  await look(screen, 'noir').click();
  await expect(look(screen, 'noir')).toBeChecked();
  await expect.poll(() => colour(page)).toBeLessThan(4);
  await strength(screen).fill('0.5');
  await expect.poll(() => colour(page)).toBeGreaterThan(plain * 0.3);
  await expect.poll(() => colour(page)).toBeLessThan(plain * 0.8);
  await strength(screen).dblclick();
  await expect.poll(() => colour(page)).toBeLessThan(4);
  const compare = screen.button(t.looksCompare);
  await compare.hover();
  await page.mouse.down();
  await expect.poll(() => colour(page)).toBeGreaterThan(plain * 0.9);
  await expect(compare).toHaveAttribute('aria-pressed', 'true');
  await page.mouse.up();
  await expect.poll(() => colour(page)).toBeLessThan(4);
  await strength(screen).fill('0.9');
  await expect.poll(() => kept(page)).toMatchObject({ look: 'noir', strength: 0.9 });
  await page.reload();
  await screen.ready();
  await expect.poll(() => colour(page)).toBeLessThan(plain * 0.2);
  await screen.button(t.looks).click();
  await expect(look(screen, 'noir')).toBeChecked();
  await expect(strength(screen)).toHaveValue('0.9');
  await screen.button(t.resetOne(t.looksTabs.looks)).click();
  await expect(look(screen, t.lookNone)).toBeChecked();
  await expect.poll(() => colour(page)).toBeGreaterThan(plain * 0.9);
});

test('a line on the picture parts the plain picture from its look, for a pointer and for keys, and in no take and no photo', async ({ visit }, info) => {
  const screen = await visit();
  const { page, t } = screen;
  const line = page.getByRole('slider', { name: t.looksSplit });
  await screen.ready();
  await page.keyboard.press('l');
  await expect(look(screen, t.lookNone)).toBeFocused();
  await expect(line, 'nothing to compare').toHaveCount(0);
  await look(screen, 'noir').click();
  await expect.poll(() => colour(page)).toBeLessThan(4);
  // In the mirror of the front camera what is on the left of the film stands on the right, and there the line rests.
  await expect(line).toHaveAttribute('aria-valuenow', '100');
  const stage = (await page.locator('.stage').boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  const seen = async (): Promise<number[]> => {
    const path = info.outputPath('seen.png');
    const strips = [];
    for (const left of [0.05, 0.65]) {
      await page.screenshot({ path, clip: { x: stage.x + left * stage.width, y: stage.y + 0.3 * stage.height, width: 0.3 * stage.width, height: 0.12 * stage.height } });
      strips.push((await colours(path))[0] ?? NaN);
    }
    return strips;
  };
  await line.hover();
  await page.mouse.down();
  const { x = 0, y = 0 } = (await line.boundingBox()) ?? {};
  await page.mouse.move(x + 20, y + 24, { steps: 2 });
  await page.mouse.up();
  await expect(line, 'hardly moved, it rests').toHaveAttribute('aria-valuenow', '100');
  await line.hover();
  await page.mouse.down();
  await page.mouse.move(stage.x + stage.width / 2, stage.y + 0.4 * stage.height, { steps: 4 });
  await page.mouse.up();
  await expect(line).toHaveAttribute('aria-valuenow', '50');
  await expect(line).toHaveAttribute('aria-valuetext', t.looksSplitAt(50));
  await expect.poll(async () => (await seen())[1]).toBeGreaterThan(10);
  expect((await seen())[0], 'the look').toBeLessThan(4);
  await keepPicture(screen, '5a-split-phone');
  const box = await line.boundingBox();
  expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(44);
  expect(Math.abs((box?.x ?? 0) + (box?.width ?? 0) / 2 - stage.x - stage.width / 2)).toBeLessThan(2);
  await line.focus();
  await page.keyboard.press('PageDown');
  await page.keyboard.press('ArrowLeft');
  await expect(line).toHaveAttribute('aria-valuenow', '38');
  await page.keyboard.press('End');
  await expect(line).toHaveAttribute('aria-valuenow', '100');
  await expect.poll(() => colour(page)).toBeLessThan(4);
  for (const [key, over] of [['p', () => expect(page.locator('onetake-photos img')).toHaveCount(1)], [' ', () => expect.poll(() => screen.live()).toBeGreaterThan(0.5)]] as const) {
    await line.press('Home');
    await expect.poll(() => colour(page)).toBeGreaterThan(15);
    await line.press(key);
    await over();
    await expect.poll(() => colour(page)).toBeLessThan(4);
  }
  await expect(line, 'in a take').toHaveCount(0);
  await screen.record.click();
  await expect(screen.cells).toHaveCount(1);
  await expect(line).toHaveAttribute('aria-valuenow', '100');
});

test('looks, beauty and adjustments change while a take runs, and the film has them from then on', async ({ visit }, info) => {
  const screen = await visit({ size: DESKTOP });
  const { page, t } = screen;
  await screen.ready();
  await screen.button(t.looks).click();
  // Each is drawn once before it counts.
  await look(screen, 'noir').click();
  await expect.poll(() => colour(page)).toBeLessThan(4);
  await look(screen, t.lookNone).click();
  await expect.poll(() => colour(page)).toBeGreaterThan(15);
  await screen.record.click();
  await expect.poll(() => screen.live()).toBeGreaterThan(1);
  await expect(screen.button(t.looksCompare)).toHaveAttribute('aria-disabled', 'true');
  await look(screen, 'noir').click();
  await expect.poll(() => colour(page)).toBeLessThan(4);
  const then = await screen.live();
  await expect.poll(() => screen.live()).toBeGreaterThan(then + 1);
  await page.keyboard.press('b');
  await tab(screen, 'adjust').click();
  const exposure = page.getByRole('slider', { name: 'Exposure', exact: true });
  for (let stop = -10; stop <= 10; stop += 1) await exposure.fill(String((stop * 6) / 100));
  await expect(exposure).toHaveValue('0.6');
  await screen.record.click();
  await expect(screen.cells).toHaveCount(1);
  await expect.poll(() => kept(page)).toMatchObject({ look: 'noir', beauty: { on: true }, adjust: { exposure: { stops: 0.6 } } });
  await screen.button(t.looksClose).click();
  await screen.finish();
  const [download] = await Promise.all([page.waitForEvent('download'), screen.button(t.save).click()]);
  const path = info.outputPath('looks.mp4');
  await download.saveAs(path);
  const film = await colours(path);
  const turn = film.findIndex((value) => value < 6);
  expect(turn).toBeGreaterThan(20);
  expect(Math.min(...film.slice(0, turn - 1)), 'colourful before').toBeGreaterThan(12);
  expect(Math.max(...film.slice(turn + 1)), 'grey behind').toBeLessThan(8);
});

test('a take that begins while the plain picture is held is filmed with the look', async ({ visit }, info) => {
  const screen = await visit({ size: DESKTOP });
  const { page, t } = screen;
  await screen.ready();
  await screen.button(t.looks).click();
  await look(screen, 'mono').click();
  await expect.poll(() => colour(page)).toBeLessThan(4);
  await screen.button(t.looksCompare).hover();
  await page.mouse.down();
  await expect.poll(() => colour(page)).toBeGreaterThan(15);
  await page.keyboard.press('Space');
  await expect.poll(() => screen.live()).toBeGreaterThan(0.8);
  await expect(screen.button(t.looksCompare)).toHaveAttribute('aria-pressed', 'false');
  await page.mouse.up();
  await screen.record.click();
  await expect(screen.cells).toHaveCount(1);
  await screen.button(t.looksClose).click();
  await screen.finish();
  const [download] = await Promise.all([page.waitForEvent('download'), screen.button(t.save).click()]);
  const path = info.outputPath('compared.mp4');
  await download.saveAs(path);
  expect((await colours(path)).filter((value) => value > 6), 'pictures without the look').toEqual([]);
});

test('a look keeps its levels when a take begins and when it is over', async ({ visit }) => {
  const screen = await visit({ size: DESKTOP });
  const { page } = screen;
  await screen.ready();
  await page.keyboard.press('l');
  await look(screen, 'mono').click();
  await expect.poll(() => levels(page)).toEqual([0, 255]);
  await screen.record.click();
  await expect.poll(() => screen.live()).toBeGreaterThan(1);
  expect(await levels(page)).toEqual([0, 255]);
  await screen.record.click();
  await expect(screen.cells).toHaveCount(1);
  expect(await levels(page)).toEqual([0, 255]);
});

test('the drawer works from the keyboard, and keeps it from the camera', async ({ visit }) => {
  const screen = await visit({ size: DESKTOP });
  const { page, t } = screen;
  await screen.ready();
  await page.keyboard.press('b');
  await expect(screen.button(t.beauty)).toHaveAttribute('aria-pressed', 'true');
  await expect(screen.spoken.filter({ hasText: t.beautyOn })).toHaveCount(1);
  await page.keyboard.press('B');
  await expect(screen.button(t.beauty)).toHaveAttribute('aria-pressed', 'false');
  await page.keyboard.press('l');
  await expect(look(screen, t.lookNone)).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect(look(screen, 'instant')).toBeChecked();
  await expect(look(screen, 'instant')).toBeFocused();
  await page.keyboard.press('End');
  await expect(look(screen, 'winter')).toBeFocused();
  await expect(look(screen, 'winter')).toBeInViewport({ ratio: 1 });
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await expect(look(screen, 'mono')).toBeChecked();
  await expect.poll(() => colour(page)).toBeLessThan(4);
  await screen.button(t.looksCompare).focus();
  await page.keyboard.down('Space');
  await expect.poll(() => colour(page)).toBeGreaterThan(15);
  await page.keyboard.up('Space');
  await expect.poll(() => colour(page)).toBeLessThan(4);
  await page.keyboard.down('Enter');
  await expect(screen.button(t.looksCompare)).toHaveAttribute('aria-pressed', 'true');
  await tab(screen, 'looks').focus();
  await expect(screen.button(t.looksCompare)).toHaveAttribute('aria-pressed', 'false');
  await page.keyboard.up('Enter');
  await expect.poll(() => colour(page)).toBeLessThan(4);
  await page.keyboard.press('ArrowRight');
  await expect(tab(screen, 'beauty')).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  await expect(page.getByRole('switch', { name: t.beauty })).toHaveAttribute('aria-checked', 'true');
  await expect(screen.record).toHaveAttribute('aria-pressed', 'false');
  await page.keyboard.press('Escape');
  await expect(drawer(page)).toBeHidden();
  await expect(screen.button(t.looks)).toBeFocused();
});

test('nonsense that was kept is no look, and a choice outlives a new clip', async ({ visit }) => {
  const screen = await visit({ size: DESKTOP });
  const { page, t } = screen;
  await page.evaluate(() => localStorage.setItem('onetake.look', '{"look":"of tomorrow","strength":"all","adjust":{"saturation":{"amount":-1},"glitter":{"amount":1}}}'));
  await page.reload();
  await screen.ready();
  await expect.poll(() => colour(page)).toBeLessThan(4);
  await page.locator('onetake-camera').evaluate((camera) => (camera as unknown as { newClip(): void }).newClip());
  await screen.ready();
  await expect.poll(() => colour(page)).toBeLessThan(4);
  await screen.button(t.looks).click();
  await tab(screen, 'adjust').click();
  await screen.button(t.resetOne('Saturation')).click();
  await expect.poll(() => colour(page)).toBeGreaterThan(15);
  await expect.poll(() => kept(page)).toEqual(NO_LOOK);
  await page.evaluate(() => localStorage.setItem('onetake.look', 'no JSON'));
  await page.reload();
  await screen.ready();
  await expect.poll(() => colour(page)).toBeGreaterThan(15);
});

test('where nothing can be drawn the tools say why', async ({ visit }) => {
  const noGpu = async (page: Page): Promise<void> => {
    await page.addInitScript(() => {
      for (const { prototype } of [HTMLCanvasElement, OffscreenCanvas]) {
        const get = prototype.getContext as (this: unknown, type: string, ...rest: unknown[]) => unknown;
        Object.assign(prototype, { getContext(this: unknown, type: string, ...rest: unknown[]) { return type === 'webgl2' ? null : get.call(this, type, ...rest); } });
      }
    });
  };
  for (const [before, why] of [[noGpu, 'looksNoGpu'], [(page: Page) => takeRoute(page, 'recorder'), 'looksNoFrames']] as const) {
    const screen = await visit({ before });
    const { page, t } = screen;
    await screen.ready();
    for (const name of [t.looks, t.beauty]) {
      await expect(screen.button(name)).toHaveAttribute('aria-disabled', 'true');
      await expect(screen.button(name)).toHaveAttribute('aria-description', t[why]);
    }
    await screen.button(t.looks).click({ force: true });
    await expect(page.locator('.toast', { hasText: t[why] })).toBeVisible();
    await expect(drawer(page)).toHaveCount(0);
    await keepPicture(screen, `57-${why}-phone`);
  }
});

test('a failure to draw is told, and the camera films on', async ({ visit }) => {
  const screen = await visit({ size: DESKTOP });
  const { page, t } = screen;
  await screen.ready();
  await page.locator('onetake-camera').evaluate((camera) => {
    const told: string[] = [];
    Object.assign(window, { told });
    camera.addEventListener('error', (event) => told.push((event as CustomEvent<Error>).detail.message));
    // A name that no filter has, which the page itself never says.
    const send = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (this: Worker, message: { command?: { look?: unknown } }, ...rest: never[]) {
      const text = JSON.stringify(message).replaceAll('"saturation"', '"no_such_filter"');
      return Reflect.apply(send, this, [text.includes('no_such_filter') ? JSON.parse(text) : message, ...rest]);
    } as typeof send;
  });
  await screen.button(t.looks).click();
  await tab(screen, 'adjust').click();
  await page.getByRole('slider', { name: 'Saturation', exact: true }).fill('-1');
  await expect(page.locator('.toast')).toBeVisible();
  await expect.poll(() => page.evaluate(() => (window as unknown as { told: string[] }).told)).toEqual([expect.stringContaining('filter_invalid')]);
  await screen.button(t.looksClose).click();
  await screen.take(0.6);
});

test('sideways, without motion, every control of the drawer is there', async ({ visit }) => {
  const screen = await visit({ size: { width: 844, height: 390 }, context: { reducedMotion: 'reduce' }, cameras: devices() });
  const { page, t } = screen;
  await screen.ready();
  await screen.button(t.looks).click();
  await expect.poll(async () => new Set(await thumbs(page)).size).toBeGreaterThanOrEqual(2);
  expect(await drawer(page).evaluate((element) => getComputedStyle(element).animationName)).toBe('none');
  for (const name of [t.looksClose, t.looksCompare, t.record, t.looks]) await expect(screen.button(name)).toBeInViewport({ ratio: 1 });
  await expect(strength(screen)).toBeInViewport({ ratio: 1 });
  for (const control of await page.locator('onetake-looks').getByRole('button').all()) {
    const box = await control.boundingBox();
    expect.soft(Math.min(box?.width ?? 44, box?.height ?? 44)).toBeGreaterThanOrEqual(44);
  }
  await keepPicture(screen, '58-sideways-looks');
  await tab(screen, 'adjust').click();
  await keepPicture(screen, '59-sideways-adjust');
});
