// Beauty, measured on pictures whose skin, edges and hair are known: how much calmer skin gets, and what stays as it was.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test, type Page } from '@playwright/test';
import { apart, at, chart, detail, FIELDS, light, make, meanLight, noisy, plain, portrait, random, SKIN, variance, type Box, type Color, type Picture } from './support/pictures.ts';
import { Drawer, type Filter } from './support/plans.ts';

/** Where pictures to look at are left. */
const SEEN = fileURLToPath(new URL('./artifacts/beauty/', import.meta.url));

const beauty = (params: Partial<Record<'smoothing' | 'whitening' | 'ruddiness' | 'clarity', number>>): Filter[] => [{ name: 'beauty', smoothing: 0, whitening: 0, ruddiness: 0, clarity: 0, ...params }];
const SMOOTH = beauty({ smoothing: 1 });
const USUAL = beauty({ smoothing: 0.6 });
const FULL = beauty({ smoothing: 1, whitening: 1, ruddiness: 1, clarity: 1 });
const DEFAULTS: Filter[] = [{ name: 'beauty' }];
const SKINS: Color[] = [SKIN, [245, 215, 195], [194, 150, 130], [160, 110, 85], [115, 82, 68]];

let page: Page;
let drawer: Drawer;

test.beforeAll(async ({ browser }) => {
  page = await browser.newPage();
  drawer = await Drawer.open(page);
});
test.afterAll(() => page.close());

test('flat skin of any complexion loses three fifths of its noise at the usual strength', async () => {
  const box: Box = [16, 16, 96, 96];
  const kept: string[] = [];
  for (const skin of SKINS) {
    for (const deviation of [4, 7]) {
      const picture = noisy(128, 128, skin, deviation);
      const drawn = await drawer.all([USUAL, SMOOTH, DEFAULTS], picture);
      const shares = drawn.map((one) => variance(one, box) / variance(picture, box));
      const [usual = 1, most = 1] = shares;
      if (Math.max(...shares) > 0.4 || most > usual) kept.push(`${skin.join()} noise ${deviation}: ${shares.map((share) => share.toFixed(2)).join(' ')}`);
    }
  }
  expect(kept).toEqual([]);
});

test('strong edges beside skin keep nine tenths of their contrast', async () => {
  const others: [string, Color][] = [['hair', [28, 22, 19]], ['wall', [91, 127, 166]], ['white', [240, 240, 240]], ['lips', [150, 62, 70]]];
  for (const [name, other] of others) {
    for (const height of [180, 360]) {
      const middle = height + 1;
      const picture = make(2 * height, height, (x) => (x < middle ? SKIN : other));
      const contrast = (one: Picture) => Math.abs(light(at(one, middle - 2, height / 2)) - light(at(one, middle + 1, height / 2)));
      for (const drawn of await drawer.all([USUAL, SMOOTH], picture)) expect(contrast(drawn) / contrast(picture), `${name}, ${height}`).toBeGreaterThanOrEqual(0.9);
    }
  }
});

test('hair and cloth beside the face keep their detail, the cheek does not', async () => {
  const picture = portrait(320, 240, 3);
  const hair: Box[] = [[88, 60, 16, 70], [216, 60, 16, 70], [130, 14, 60, 18]];
  const wall: Box[] = [[4, 20, 50, 200], [270, 20, 46, 150]];
  const cheek: Box = [130, 132, 20, 16];
  for (const [name, filters] of [['usual', USUAL], ['smooth', SMOOTH], ['defaults', DEFAULTS]] as const) {
    const drawn = await drawer.one(filters, picture);
    for (const box of [...hair, ...wall]) expect(detail(drawn, box) / detail(picture, box), `${name} ${box.join()}`).toBeGreaterThanOrEqual(0.95);
    expect(detail(drawn, cheek) / detail(picture, cheek), name).toBeLessThan(0.4);
  }
  // Strands of skin's own hue, which only their roughness tells from it.
  const next = random(5);
  const strands = Array.from({ length: 160 }, () => 0.55 + 0.9 * next());
  const brown = make(160, 160, (x) => [98, 66, 45].map((level) => level * (strands[x] ?? 1)));
  expect(detail(await drawer.one(SMOOTH, brown), [16, 16, 128, 128]) / detail(brown, [16, 16, 128, 128])).toBeGreaterThanOrEqual(0.95);
});

test('what is not skin changes by two levels at most, at full strength', async () => {
  const picture = chart(192, 144);
  const drawn = await drawer.one(FULL, picture);
  // Of the checker's fields, the first two are skin.
  const like = new Set([0, 1]);
  const changed = FIELDS.flatMap((_, n) => {
    const change = apart(drawn, picture, [(n % 6) * 32 + 5, Math.floor(n / 6) * 24 + 5, 22, 14]);
    return change > 2 && !like.has(n) ? [`${n}: ${change}`] : [];
  });
  expect(changed).toEqual([]);
});

test('each strength does more the greater it is, and none of them nothing', async () => {
  const picture = portrait(160, 120, 5);
  const nothing = await drawer.one(beauty({}), picture, { all: true });
  expect(apart(nothing, picture)).toBe(0);
  expect((await drawer.fuse([{ filters: beauty({}) }]))[0]?.passes).toEqual([]);
  const face: Box = [62, 50, 36, 20];
  const steps = [0, 0.25, 0.5, 0.75, 1];
  const rises = async (name: 'smoothing' | 'whitening' | 'ruddiness' | 'clarity', measure: (drawn: Picture) => number) => {
    const found = (await drawer.all(steps.map((value) => beauty({ [name]: value })), picture, { all: true })).map(measure);
    expect(found.every((value, n) => n === 0 || value > (found[n - 1] ?? 0)), `${name}: ${found.map((value) => value.toFixed(2)).join(' ')}`).toBe(true);
  };
  await rises('smoothing', (drawn) => -detail(drawn, face));
  await rises('whitening', (drawn) => meanLight(drawn, face));
  await rises('ruddiness', (drawn) => at(drawn, 80, 62)[0] - at(drawn, 80, 62)[1]);
  await rises('clarity', (drawn) => detail(drawn, [54, 34, 52, 20]));
  // Whitening whitens skin of any complexion.
  for (const skin of SKINS) {
    const patch = plain(64, 64, skin);
    expect(meanLight(await drawer.one(beauty({ whitening: 1 }), patch)), skin.join()).toBeGreaterThan(meanLight(patch) + 3);
  }
});

test('a face before and after is left to be looked at, and its features stay where they are', async () => {
  const face = portrait(480, 360, 6);
  const after = await drawer.all([DEFAULTS, USUAL, FULL], face);
  for (const [name, picture] of [['plain', face], ['defaults', after[0]], ['usual', after[1]], ['full', after[2]]] as const) {
    if (!picture) continue;
    await keep(name, picture);
    // Eyes and mouth are as dark against the skin as before, or darker.
    for (const feature of [[186, 146, 36, 18], [258, 146, 36, 18]] as Box[]) expect(variance(picture, feature) / variance(face, feature), name).toBeGreaterThan(0.9);
  }
});

test('a photographed face gets calmer skin, and keeps its hair, eyes, teeth and what it wears', async () => {
  const face = await photograph();
  const [defaults, usual, smooth, full] = await drawer.all([DEFAULTS, USUAL, SMOOTH, FULL], face);
  for (const [name, picture] of [['plain', face], ['defaults', defaults], ['usual', usual], ['smooth', smooth], ['full', full]] as const) if (picture) await keep(`photograph-${name}`, picture);
  const cheeks: Box[] = [[92, 112, 14, 12], [152, 114, 14, 12]];
  const hair: Box = [96, 40, 70, 30];
  const eyes: Box[] = [[98, 96, 22, 11], [140, 98, 22, 11]];
  const others: Box[] = [[112, 140, 30, 8], [6, 225, 40, 25], [215, 232, 18, 20], [4, 4, 50, 100], [212, 40, 40, 120]];
  for (const [name, picture] of [['usual', usual], ['smooth', smooth], ['defaults', defaults]] as const) {
    if (!picture) throw new Error(name);
    const left = (box: Box) => detail(picture, box) / detail(face, box);
    for (const box of cheeks) expect(left(box), `${name}, cheek`).toBeLessThan(0.3);
    for (const box of [hair, ...eyes]) expect(left(box), `${name} ${box.join()}`).toBeGreaterThanOrEqual(0.95);
    // Teeth, cloth, and a wall whose pale pink is nearly skin's.
    for (const box of others) expect(left(box), `${name} ${box.join()}`).toBeGreaterThanOrEqual(0.9);
    if (picture !== defaults) for (const box of others.slice(3)) expect(apart(picture, face, box), `${name} ${box.join()}`).toBeLessThanOrEqual(2);
    expect(apart(picture, face, [50, 170, 30, 40]), `${name}, collar`).toBe(0);
  }
});

/** Eileen Collins, astronaut; NASA, in the public domain: 256 x 256 pixels, from 96 on, of `astronaut.png` as scikit-image 0.24.0 has it. */
async function photograph(): Promise<Picture> {
  const png = readFileSync(fileURLToPath(new URL('./support/portrait.png', import.meta.url))).toString('base64');
  const { width, height, text } = await page.evaluate(async (given) => {
    const image = new Image();
    image.src = `data:image/png;base64,${given}`;
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
    const context = canvas.getContext('2d');
    context?.drawImage(image, 0, 0);
    const { data } = context?.getImageData(0, 0, image.width, image.height) ?? { data: [] };
    return { width: image.width, height: image.height, text: btoa(Array.from(data, (level) => String.fromCharCode(level)).join('')) };
  }, png);
  return { width, height, data: new Uint8Array(Buffer.from(text, 'base64')) };
}

/** Leaves a picture to be looked at. */
async function keep(name: string, { width, height, data }: Picture): Promise<void> {
  const png = await page.evaluate(([w, h, text]) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: w, height: h });
    canvas.getContext('2d')?.putImageData(new ImageData(Uint8ClampedArray.from(atob(text), (letter) => letter.charCodeAt(0)), w, h), 0, 0);
    return canvas.toDataURL('image/png');
  }, [width, height, Buffer.from(data).toString('base64')] as const);
  mkdirSync(SEEN, { recursive: true });
  writeFileSync(`${SEEN}${name}.png`, Buffer.from(png.slice(png.indexOf(',') + 1), 'base64'));
}
