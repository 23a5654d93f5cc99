// The shipped filters as programs: what the fuser makes of chains is what one pass a stage makes of them, each filter makes
// what it always made (goldens), and where a file says that a filter changes nothing, it does not. The fuser's own plans are
// drawn in a blank page by support/plans-page.js. `ONETAKE_GOLDEN=write npx playwright test looks.spec -g golden` writes
// looks.golden.json anew.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test, type Page } from '@playwright/test';
import { FILTERS, LOOKS } from '../www/onetake/src/filter-table.ts';
import { apart, chart, light, make, mapped, meanApart, portrait, random, type Picture } from './support/pictures.ts';
import { Drawer, GRID, lookTables, type Chain, type DrawOptions, type Filter } from './support/plans.ts';

const GOLDEN = fileURLToPath(new URL('./looks.golden.json', import.meta.url));
const SHADERS = fileURLToPath(new URL('../shaders/', import.meta.url));
const CHAINS = 200;
/** Handles of the pictures that filters read. */
const [OVER, TABLE] = [1, 2];

let page: Page;
let drawer: Drawer;
let tables: ReturnType<typeof lookTables>;

test.beforeAll(async ({ browser }) => {
  page = await browser.newPage();
  drawer = await Drawer.open(page);
  tables = lookTables();
  // Colours times alpha, as an ImageBitmap has them: a disc that fades to its border.
  await drawer.give(OVER, make(40, 30, (x, y) => {
    const alpha = Math.min(Math.max(1.6 - Math.hypot(x - 19.5, y - 14.5) / 10, 0), 1);
    return [alpha * 250, alpha * (40 + 4 * x), alpha * 60, alpha * 255];
  }));
  await drawer.give(TABLE, tables.get('cinema') ?? chart());
});
test.afterAll(() => page.close());

test(`${CHAINS} random chains, drawn as the product draws them, are what one pass a stage makes of them in floats`, async () => {
  const next = random(20);
  const lists = Array.from({ length: CHAINS }, (_, n) => chainOf(next, n % 3 === 0));
  const picture = portrait(64, 48, 3);
  const frame = await drawer.frame(picture);
  const wanted = lists.map((filters, n) => ({ filters, all: true, orient: n % 3 === 0, recode: n % 5 === 0 }));
  const fused = await drawer.fuse(wanted);
  const single = await drawer.fuse(wanted.map((one) => ({ ...one, apart: true })));
  // A mirrored camera and BT.601 for BT.709.
  const ends = { place: [-1, 0, 0, 1, 1, 0], matrix: [1.08, -0.04, -0.01, -0.06, 0.96, -0.05, -0.02, 0.08, 1.06], black: [0, 0, 0], nearest: true } satisfies DrawOptions as DrawOptions;
  const product: DrawOptions = { ...ends, between: 'bytes', last: 'bytes' };
  const floats: DrawOptions = { ...ends, between: 'float', last: 'float' };
  const wrong: string[] = [];
  const seen = { draws: [0, 0], alone: 0 };
  for (const [n, chain] of fused.entries()) {
    const other = single[n] as Chain;
    seen.draws = [(seen.draws[0] ?? 0) + chain.passes.length, (seen.draws[1] ?? 0) + other.passes.length];
    // Between two draws the product keeps bytes: there, and nowhere else, the reference rounds as well.
    const pairs = [[product, { ...floats, between: seams(chain, other) }]];
    // And nothing but floats on both sides, where something lies between.
    if (chain.passes.length > 1) pairs.push([{ ...floats, last: 'bytes' }, floats]);
    const results = await page.evaluate(([a, b, name, all]) => all.map(([one, two]) => window.plans.compare(a, one as DrawOptions, b, two as DrawOptions, name)), [chain, other, frame, pairs] as const);
    for (const [turn, { off, worst }] of results.entries()) {
      if (off > 0.001) wrong.push(`${n} ${['bytes', 'floats'][turn]} ${chain.passes.map(({ key }) => key).join(' | ')}: ${off} off, worst ${worst}; ${JSON.stringify(lists[n])}`);
    }
    seen.alone += chain.passes.length === 1 ? 1 : 0;
  }
  console.log(`draws: ${seen.draws[0]} fused, ${seen.draws[1]} apart; ${seen.alone} chains of one draw`);
  expect(wrong).toEqual([]);
  expect(seen.alone, 'chains with nothing between').toBeGreaterThan(CHAINS / 4);
});

test('warps that share a draw are those of one draw each, the first one first', async () => {
  const next = random(8);
  // Of one texel `mosaic` and `pixellate` make a cell.
  const warps = FILTERS.filter(({ kind, name }) => kind === 'coord' && name !== 'mosaic' && name !== 'pixellate');
  const pairs = Array.from({ length: 40 }, () => [anyFilter(next, warps), anyFilter(next, warps)]);
  // Read between texels, a ramp is the same however often it is read.
  const frame = await drawer.frame(make(64, 48, (x, y) => [x * 4, y * 5, 255 - x * 2 - y * 2]));
  const fused = await drawer.fuse(pairs.map((filters) => ({ filters, all: true })));
  const single = await drawer.fuse(pairs.map((filters) => ({ filters, all: true, apart: true })));
  const turned = await drawer.fuse(pairs.map(([one, two]) => ({ filters: [two as Filter, one as Filter], all: true, apart: true })));
  let wrong = 0;
  for (const [n, chain] of fused.entries()) {
    const [right, other] = await page.evaluate(([a, both, name]) => both.map((one) => window.plans.compare(a, {}, one, {}, name).away), [chain, [single[n] as Chain, turned[n] as Chain], frame] as const);
    expect(chain.passes).toHaveLength(1);
    expect(right, JSON.stringify(pairs[n])).toBeLessThan(0.01);
    wrong += (other ?? 0) > 0.1 ? 1 : 0;
  }
  expect(wrong, 'pairs whose order is seen').toBeGreaterThan(pairs.length / 4);
});

/** What the reference's targets hold: bytes where a draw of the product ends, floats within it. */
function seams(fused: Chain, apart: Chain): ('bytes' | 'float')[] {
  const stages = (key: string) => key.split('+').length;
  const held = fused.passes.flatMap(({ key }) => [...Array.from({ length: stages(key) - 1 }, () => 'float' as const), 'bytes' as const]);
  expect(held).toHaveLength(apart.passes.length);
  return held;
}

test('runs of filters that scale and shift are one step, and what they are step by step', async () => {
  const next = random(41);
  const names = ['brightness', 'exposure', 'rgb_gain', 'contrast', 'invert', 'white_balance'];
  const affine = FILTERS.filter(({ name }) => names.includes(name));
  expect(affine).toHaveLength(names.length);
  const lists = Array.from({ length: 100 }, () => Array.from({ length: 2 + Math.floor(next() * 5) }, () => anyFilter(next, affine)));
  const frame = await drawer.frame(chart());
  const fused = await drawer.fuse(lists.map((filters) => ({ filters, all: true })));
  const single = await drawer.fuse(lists.map((filters) => ({ filters, all: true, apart: true })));
  const how = { nearest: true, between: 'float', last: 'float' } as const;
  const wrong: string[] = [];
  for (const [n, chain] of fused.entries()) {
    expect(chain.passes).toHaveLength(1);
    const { worst } = await page.evaluate(([a, b, name, options]) => window.plans.compare(a, options, b, options, name), [chain, single[n] as Chain, frame, how] as const);
    if (!(worst < 0.5)) wrong.push(`${worst}: ${JSON.stringify(lists[n])}`);
  }
  expect(wrong).toEqual([]);
});

/**
 * One to six filters, with a warp in a pass at most: two warps of pictures of nearest texels are up to a pixel apart, fused
 * or not, whatever is right. `oriented`: there is one before all others.
 */
function chainOf(next: () => number, oriented: boolean): Filter[] {
  const filters: Filter[] = [];
  const isWarp = (name: string | undefined) => (name === undefined ? oriented : FILTERS.find((one) => one.name === name)?.kind === 'coord');
  for (let count = 1 + Math.floor(next() * 6); filters.length < count; ) {
    const filter = anyFilter(next);
    if (!isWarp(filter.name) || !isWarp(filters.at(-1)?.name)) filters.push(filter);
  }
  return filters;
}

function anyFilter(next: () => number, among: readonly (typeof FILTERS)[number][] = FILTERS): Filter {
  const filter = among[Math.floor(next() * among.length)];
  if (!filter) throw new Error('no filters');
  const params = filter.parameters.map((one): [string, string | number] => {
    const pick = next();
    switch (one.type) {
      case 'number': return [one.name, (one.min ?? 0) + ((one.max ?? 1) - (one.min ?? 0)) * pick];
      case 'choice': return [one.name, one.values?.[Math.floor(pick * one.values.length)] ?? ''];
      case 'color': return [one.name, `#${Math.floor(pick * 0xffffff).toString(16).padStart(6, '0')}`];
      case 'curve': return [one.name, ['0,0 0.3,0.2 1,1', '0,0.1 0.5,0.6 1,0.9;;0,0 0.6,0.7 1,1;', '0,1 1,0'][Math.floor(pick * 3)] ?? ''];
      case 'table': return [one.name, pick < 0.5 ? TABLE : LOOKS[Math.floor((2 * pick - 1) * LOOKS.length)]?.name ?? ''];
      default: return [one.name, OVER];
    }
  });
  return { name: filter.name, ...Object.fromEntries(params) };
}

test('every shipped filter makes of a chart and a portrait what the golden file says', async () => {
  const pictures = { chart: chart(), portrait: portrait() };
  const golden = JSON.parse(readFileSync(GOLDEN, 'utf8')) as Record<string, Record<string, string>>;
  const found: Record<string, Record<string, string>> = {};
  const plain = Object.fromEntries(Object.entries(pictures).map(([name, picture]) => [name, signature(picture)]));
  for (const [name, picture] of Object.entries(pictures)) {
    const drawn = await drawer.all(FILTERS.map(shown), picture);
    for (const [n, filter] of FILTERS.entries()) (found[filter.name] ??= {})[name] = signature(drawn[n] as Picture);
  }
  if (process.env['ONETAKE_GOLDEN'] === 'write') {
    const lines = Object.entries(found).map(([name, one]) => `  ${JSON.stringify(name)}: ${JSON.stringify(one)}`);
    writeFileSync(GOLDEN, `{\n${lines.join(',\n')}\n}\n`);
    return;
  }
  expect(Object.keys(golden)).toEqual(FILTERS.map(({ name }) => name));
  const off = FILTERS.flatMap(({ name }) => Object.keys(pictures).flatMap((picture) => {
    const far = farthest(found[name]?.[picture] ?? '', golden[name]?.[picture] ?? '');
    // Other rasterisers round otherwise: 2 levels of a block's mean.
    return far > 2 ? [`${name}, ${picture}: ${far} levels`] : [];
  }));
  expect(off).toEqual([]);
  const idle = FILTERS.filter(({ name }) => farthest(golden[name]?.['portrait'] ?? '', plain['portrait'] ?? '') <= 2).map(({ name }) => name);
  expect(idle, 'filters whose golden is the plain picture prove nothing').toEqual([]);
});

/** A chain that shows what a filter does: the shirt is keyed out, and there is something to compare before and after. */
function shown(filter: (typeof FILTERS)[number]): Filter[] {
  const one = typical(filter);
  return one.name === 'split' ? [{ name: 'invert' }, one] : [one.name === 'chroma_key' ? { ...one, key: '#2a3f7a' } : one];
}

/** Its defaults; a number with which it would change nothing is moved two fifths of the way to an end. */
function typical({ name, parameters }: (typeof FILTERS)[number]): Filter {
  const still = identities().get(name) ?? [];
  const params = parameters.flatMap((one): [string, string | number][] => {
    if (one.type === 'table') return [[one.name, TABLE]];
    if (one.type === 'image') return [[one.name, OVER]];
    if (one.type === 'curve') return [[one.name, '0,0.05 0.3,0.2 0.7,0.8 1,1;;;0,0 0.5,0.6 1,1']];
    if (one.type !== 'number') return [];
    const { min = 0, max = 1 } = one;
    const value = Number(one.default);
    return still.some((list) => Number(list[one.name]) === value) ? [[one.name, value + 0.4 * ((value === max ? min : max) - value)]] : [];
  });
  return { name, ...Object.fromEntries(params) };
}

/** 4 x 3 blocks: mean red, green and blue, and the mean step of brightness to the right and below, as hex bytes. */
function signature({ width, height, data }: Picture): string {
  const bytes: number[] = [];
  const level = (x: number, y: number) => light(data.subarray((y * width + x) * 4, (y * width + x) * 4 + 3) as unknown as number[]);
  for (let block = 0; block < 12; block += 1) {
    const sums = [0, 0, 0, 0];
    const [left, top] = [((block % 4) * width) / 4, (Math.floor(block / 4) * height) / 3];
    for (let y = top; y < top + height / 3; y += 1) {
      for (let x = left; x < left + width / 4; x += 1) {
        for (let channel = 0; channel < 3; channel += 1) sums[channel] = (sums[channel] ?? 0) + (data[(y * width + x) * 4 + channel] ?? 0);
        if (x + 1 < width && y + 1 < height) sums[3] = (sums[3] ?? 0) + Math.abs(level(x + 1, y) - level(x, y)) + Math.abs(level(x, y + 1) - level(x, y));
      }
    }
    bytes.push(...sums.map((sum) => Math.min(Math.round((sum * 12) / (width * height)), 255)));
  }
  return Buffer.from(bytes).toString('hex');
}

function farthest(one: string, other: string): number {
  const [a, b] = [Buffer.from(one, 'hex'), Buffer.from(other, 'hex')];
  return a.length === b.length ? Math.max(...a.map((byte, n) => Math.abs(byte - (b[n] ?? 0)))) : Infinity;
}

/** What the files say in their `identity` lines, by filter. */
function identities(): Map<string, Record<string, string>[]> {
  const files = ['coord', 'point', 'area', 'composite', 'beauty'].flatMap((folder) => readdirSync(`${SHADERS}${folder}`).map((file) => `${folder}/${file}`));
  return new Map(files.map((file) => {
    const lines = readFileSync(`${SHADERS}${file}`, 'utf8').matchAll(/^\/\/ identity: (.*)$/gm);
    return [file.replace(/.*\/|\.glsl/g, ''), [...lines].map(([, pairs = '']) => Object.fromEntries(pairs.split(' ').map((pair) => pair.split('=') as [string, string])))];
  }));
}

test('a filter changes no level where its file says so, drawn or left out', async () => {
  const picture = mapped(chart(), (color, x, y) => (x > 60 && y > 50 ? [(x * 37) % 256, (y * 91) % 256, (x * y) % 256] : color));
  const cases = FILTERS.flatMap((filter) => (identities().get(filter.name) ?? []).map((values) => {
    const given = Object.entries(values).filter(([, value]) => value !== 'none').map(([name, value]) => [name, Number(value)]);
    const { name, ...params } = typical(filter);
    const kept = Object.entries(params).filter(([param]) => values[param] !== 'none');
    return { name, ...Object.fromEntries(kept), ...Object.fromEntries(given) } as Filter;
  }));
  expect(cases.length).toBeGreaterThan(40);
  const left = await drawer.fuse(cases.map((one) => ({ filters: [one] })));
  expect(left.filter(({ passes }) => passes.length > 0)).toEqual([]);
  const drawn = await drawer.all(cases.map((one) => [one]), picture, { all: true });
  const changed = cases.map((one, n) => `${JSON.stringify(one)}: ${apart(drawn[n] as Picture, picture)}`).filter((line) => !line.endsWith(': 0'));
  // A sampler weighs in steps of 1/256: a level of error is its own.
  expect(changed.filter((line) => !/"lut","amount".*: 1$/.test(line))).toEqual([]);
});

test('every look is its own, its table is read where its colours stand, and its filter makes the same of them', async () => {
  const picture = chart();
  const looks = [...tables];
  expect(looks).toHaveLength(24);
  const drawn = new Map<string, Picture>();
  for (const [name, table] of looks) {
    await drawer.give(3, table);
    const look = await drawer.one([{ name: 'lut', table: 3 }], picture);
    drawn.set(name, look);
    const wanted = mapped(picture, (color) => looked(table, color));
    expect(apart(look, wanted), name).toBeLessThanOrEqual(1);
    // One that is named is drawn by its recipe, whole and in part.
    const [whole, part] = await drawer.fuse([1, 0.5].map((amount) => ({ filters: [{ name: 'lut', table: name, amount }] })));
    expect(whole?.passes.map(({ key, uniforms }) => [key, ...uniforms.map(({ kind }) => kind)])).toEqual([[`look_${name}`, 'float']]);
    expect(part?.passes.map(({ key }) => key)).toEqual([`look_${name}`]);
    // But for how halves of a level are rounded.
    const made = await drawer.draw(whole, GRID);
    expect(apart(made, table.made), name).toBeLessThanOrEqual(1);
    expect(meanApart(made, table.made), name).toBeLessThan(0.02);
    const own = await drawer.draw(whole, picture);
    // The table's own steps and bytes are a level away.
    expect(apart(own, wanted), name).toBeLessThanOrEqual(2);
    const half = mapped(picture, (color, x, y) => color.map((level, channel) => (level + (own.data[(y * own.width + x) * 4 + channel] ?? 0)) / 2));
    expect(apart(await drawer.draw(part, picture), half), `half of ${name}`).toBeLessThanOrEqual(1);
    expect(meanApart(look, picture), `${name} and the plain picture`).toBeGreaterThan(3);
  }
  for (const [name, one] of drawn) for (const [other, two] of drawn) if (name < other) expect(meanApart(one, two), `${name} and ${other}`).toBeGreaterThan(2);
});

/** A table's colour between the four around: 16 x 16 tiles of blue, 32 steps of red to the right, of green downwards. */
function looked({ data }: Picture, [red = 0, green = 0, blue = 0]: number[]): number[] {
  const place = [red, green].map((level) => (level * 31) / 255);
  const sum = [0, 0, 0];
  for (let corner = 0; corner < 4; corner += 1) {
    const [column = 0, row = 0] = place.map((value, axis) => Math.min(Math.floor(value) + ((corner >> axis) & 1), 31));
    const weight = place.reduce((product, value, axis) => product * ((corner >> axis) & 1 ? value % 1 : 1 - (value % 1)), 1);
    const texel = ((Math.floor(blue / 16) * 32 + row) * 512 + (blue % 16) * 32 + column) * 4;
    for (let channel = 0; channel < 3; channel += 1) sum[channel] = (sum[channel] ?? 0) + weight * (data[texel + channel] ?? 0);
  }
  return sum;
}
