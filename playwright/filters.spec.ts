// What single filters mean, worked out here from their definitions and not from their code: formulas of colours, where
// warps bring points, what blurs do to a dot, and that more of a parameter is more of its effect.

import { expect, test, type Page } from '@playwright/test';
import { apart, at, chart, chroma, detail, FIELDS, light, make, mapped, meanApart, meanLight, noisy, plain, portrait, variance, type Box, type Color, type Measure, type Picture } from './support/pictures.ts';
import { Drawer, type Filter } from './support/plans.ts';

type Rgb = [number, number, number];
const OVER = 1;
let page: Page;
let drawer: Drawer;

test.beforeAll(async ({ browser }) => {
  page = await browser.newPage();
  drawer = await Drawer.open(page);
});
test.afterAll(() => page.close());

const unit = (color: readonly number[]): Rgb => color.map((level) => level / 255) as Rgb;
const each = (color: Rgb, change: (level: number, channel: number) => number): Rgb => color.map(change) as Rgb;
const blend = (a: Rgb, b: Rgb, share: number): Rgb => each(a, (level, channel) => level + ((b[channel] ?? 0) - level) * share);
/** Around grey by an angle: in the plane across (1, 1, 1) the colour is a length and a direction. */
function turned(color: Rgb, degrees: number): Rgb {
  const [red, green, blue] = color;
  const [u, v] = [(2 * red - green - blue) / Math.sqrt(6), (green - blue) / Math.SQRT2];
  const [length, way] = [Math.hypot(u, v), Math.atan2(v, u) + (degrees * Math.PI) / 180];
  const [p, q] = [length * Math.cos(way), length * Math.sin(way)];
  const found: Rgb = [(2 * p) / Math.sqrt(6), -p / Math.sqrt(6) + q / Math.SQRT2, -p / Math.sqrt(6) - q / Math.SQRT2];
  const shift = light(color) - light(found);
  return each(found, (level) => level + shift);
}
/** A light of another colour: one gain a primary, white as bright as before. */
function balanced(color: Rgb, temperature: number, tint: number): Rgb {
  const gains = [2 ** (0.3 * temperature + 0.12 * tint), 2 ** (-0.18 * tint), 2 ** (-0.4 * temperature + 0.12 * tint)];
  return each(color, (level, channel) => (level * (gains[channel] ?? 1)) / light(gains));
}

test('colours become what the formulas say, within a level', async () => {
  const cases: [Filter, (color: Rgb) => readonly number[]][] = [
    [{ name: 'brightness', amount: 0.2 }, (c) => each(c, (level) => level + 0.2)],
    [{ name: 'brightness', amount: -0.35 }, (c) => each(c, (level) => level - 0.35)],
    // 2^stops times the light, of which the level is the 2.2th root.
    [{ name: 'exposure', stops: 1 }, (c) => each(c, (level) => (2 * level ** 2.2) ** (1 / 2.2))],
    [{ name: 'exposure', stops: -1.5 }, (c) => each(c, (level) => (2 ** -1.5 * level ** 2.2) ** (1 / 2.2))],
    [{ name: 'contrast', amount: 0.5 }, (c) => each(c, (level) => 0.5 + (level - 0.5) * 1.5)],
    [{ name: 'contrast', amount: -1 }, () => [0.5, 0.5, 0.5]],
    [{ name: 'saturation', amount: -1 }, (c) => [light(c), light(c), light(c)]],
    [{ name: 'saturation', amount: 0.6 }, (c) => each(c, (level) => light(c) + (level - light(c)) * 1.6)],
    [{ name: 'vibrance', amount: 0.8 }, (c) => each(c, (level) => light(c) + (level - light(c)) * (1 + 0.8 * (1 - Math.max(...c) + Math.min(...c))))],
    [{ name: 'rgb_gain', red: 1.4, green: 0.8, blue: 0 }, ([r, g]) => [1.4 * r, 0.8 * g, 0]],
    [{ name: 'gamma', value: 2 }, (c) => each(c, Math.sqrt)],
    [{ name: 'gamma', value: 0.5 }, (c) => each(c, (level) => level ** 2)],
    [{ name: 'invert' }, (c) => each(c, (level) => 1 - level)],
    [{ name: 'invert', amount: 0.5 }, () => [0.5, 0.5, 0.5]],
    [{ name: 'levels', black: 0.2, white: 0.8, middle: 2, out_black: 0.1, out_white: 0.9 }, (c) => each(c, (level) => 0.1 + 0.8 * Math.sqrt(Math.min(Math.max((level - 0.2) / 0.6, 0), 1)))],
    [{ name: 'colour_matrix', rr: 0, rg: 1, gg: 0, gb: 1, bb: 0, br: 1 }, ([r, g, b]) => [g, b, r]],
    [{ name: 'colour_matrix', rr: 0.5, rb: 0.25, r0: 0.1, gg: -1, g0: 1, bg: 0.5 }, ([r, g, b]) => [0.5 * r + 0.25 * b + 0.1, 1 - g, 0.5 * g + b]],
    [{ name: 'black_and_white', red: 1, green: 0.5, blue: 0.5 }, ([r, g, b]) => Array<number>(3).fill(r / 2 + g / 4 + b / 4)],
    [{ name: 'sepia' }, ([r, g, b]) => [0.393 * r + 0.769 * g + 0.189 * b, 0.349 * r + 0.686 * g + 0.168 * b, 0.272 * r + 0.534 * g + 0.131 * b]],
    [{ name: 'false_colour', dark: '#102030', bright: '#f0e0d0' }, (c) => blend(unit([16, 32, 48]), unit([240, 224, 208]), light(c))],
    [{ name: 'monochrome', tint: '#ffffff' }, (c) => Array<number>(3).fill(Math.min(light(c) / 0.98, 1))],
    [{ name: 'white_balance', temperature: 0.7, tint: -0.3 }, (c) => balanced(c, 0.7, -0.3)],
    [{ name: 'hue', angle: 75 }, (c) => turned(c, 75)],
    [{ name: 'hue', angle: -180 }, (c) => turned(c, 180)],
    [{ name: 'posterise', steps: 5 }, (c) => each(c, (level) => Math.round(level * 4) / 4)],
    [{ name: 'tone_curve', curve: '0,1 1,0' }, (c) => each(c, (level) => 1 - level)],
    [{ name: 'tone_curve', curve: '0,0 1,1;0,0 1,0.5;;0,0.2 1,0.2' }, ([r, g]) => [r / 2, g, 0.2]],
  ];
  const picture = chart();
  const drawn = await drawer.all(cases.map(([filter]) => [filter]), picture);
  const off = cases.map(([filter, formula], n) => `${JSON.stringify(filter)}: ${apart(drawn[n] as Picture, mapped(picture, (color) => formula(unit(color)).map((level) => level * 255)))}`);
  expect(off.filter((line) => Number(line.split(': ').at(-1)) > 1)).toEqual([]);
});

test('posterise leaves as many levels as it says; three turns of a third of the circle are none', async () => {
  const greys = make(256, 1, (x) => [x, x, x]);
  for (const steps of [2, 6, 17, 32]) {
    const { data } = await drawer.one([{ name: 'posterise', steps }], greys);
    const levels = new Set(data.filter((_, place) => place % 4 === 0));
    expect([levels.size, levels.has(0), levels.has(255)]).toEqual([steps, true, true]);
  }
  const pale = mapped(chart(), (color) => color.map((level) => 100 + level / 5));
  const third = { name: 'hue', angle: 120 };
  expect(apart(await drawer.one([third, third, third], pale), pale)).toBeLessThanOrEqual(1);
  expect(apart(await drawer.one([{ name: 'invert' }, { name: 'hue', angle: 180 }, { name: 'hue', angle: 180 }, { name: 'invert' }], pale), pale)).toBeLessThanOrEqual(1);
});

test('the modes of W3C Compositing blend as it says, with alpha too', async () => {
  const lum = ([r, g, b]: Rgb) => 0.3 * r + 0.59 * g + 0.11 * b;
  const sat = (c: Rgb) => Math.max(...c) - Math.min(...c);
  const clip = (c: Rgb): Rgb => {
    const [l, low, high] = [lum(c), Math.min(...c), Math.max(...c)];
    let found = low < 0 ? each(c, (v) => l + ((v - l) * l) / (l - low)) : c;
    if (high > 1) found = each(found, (v) => l + ((v - l) * (1 - l)) / (high - l));
    return found;
  };
  const setLum = (c: Rgb, l: number) => clip(each(c, (v) => v + l - lum(c)));
  const setSat = (c: Rgb, s: number) => each(c, (v) => (sat(c) > 0 ? ((v - Math.min(...c)) * s) / sat(c) : 0));
  const hard = (b: number, s: number) => (s <= 0.5 ? b * 2 * s : b + 2 * s - 1 - b * (2 * s - 1));
  const soft = (b: number, s: number) => {
    const d = b <= 0.25 ? ((16 * b - 12) * b + 4) * b : Math.sqrt(b);
    return s <= 0.5 ? b - (1 - 2 * s) * b * (1 - b) : b + (2 * s - 1) * (d - b);
  };
  const single: Record<string, (b: number, s: number) => number> = {
    normal: (_, s) => s, multiply: (b, s) => b * s, screen: (b, s) => b + s - b * s, overlay: (b, s) => hard(s, b), darken: Math.min, lighten: Math.max,
    colour_dodge: (b, s) => (b === 0 ? 0 : s === 1 ? 1 : Math.min(1, b / (1 - s))), colour_burn: (b, s) => (b === 1 ? 1 : s === 0 ? 0 : 1 - Math.min(1, (1 - b) / s)),
    hard_light: hard, soft_light: soft, difference: (b, s) => Math.abs(b - s), exclusion: (b, s) => b + s - 2 * b * s, add: (b, s) => Math.min(b + s, 1), subtract: (b, s) => Math.max(b - s, 0),
  };
  const whole: Record<string, (b: Rgb, s: Rgb) => Rgb> = {
    hue: (b, s) => setLum(setSat(s, sat(b)), lum(b)), saturation: (b, s) => setLum(setSat(b, sat(s)), lum(b)), colour: (b, s) => setLum(s, lum(b)), luminosity: (b, s) => setLum(b, lum(s)),
  };
  for (const [mode, of] of Object.entries(single)) whole[mode] = (b, s) => each(b, (level, channel) => of(level, s[channel] ?? 0));
  const picture = chart();
  // Alpha is exact in bytes times alpha, so that what is above is known: 1 and 51/255.
  const above = (x: number, y: number): [Rgb, number] => [unit(at(picture, 95 - x, (y * 5) % 72)), y % 16 < 8 ? 1 : 0.2];
  const over = make(96, 72, (x, y) => {
    const [color, alpha] = above(x, y);
    return [...color.map((level) => Math.round(level * 255 * alpha)), alpha * 255];
  });
  await drawer.give(OVER, over);
  const modes = Object.keys(whole);
  expect(modes).toHaveLength(18);
  const drawn = await drawer.all(modes.map((mode) => [{ name: 'blend', other: OVER, mode }]), picture);
  for (const [n, mode] of modes.entries()) {
    const wanted = mapped(picture, (color, x, y) => {
      const alpha = y % 16 < 8 ? 1 : 0.2;
      const source = unit(at(over, x, y)).map((level) => Math.min(level / alpha, 1)) as Rgb;
      // The hue of what is all but grey is that of a texel's last bits.
      if (mode === 'hue' && sat(source) < 0.05) return at(drawn[n] as Picture, x, y);
      return blend(unit(color), whole[mode]?.(unit(color), source) as Rgb, alpha).map((level) => level * 255);
    });
    // Where a mode jumps (burning by next to nothing), a texel's last bit decides.
    expect(apart(drawn[n] as Picture, wanted), mode).toBeLessThanOrEqual(2);
  }
});

test('a watermark, a screen and a line lie where they say', async () => {
  const picture = chart(160, 90);
  await drawer.give(OVER, make(20, 10, (x) => (x < 10 ? [255, 0, 0] : [0, 0, 255])));
  const mark = { name: 'overlay', other: OVER, x: 1, y: 0, width: 0.25 };
  const [marked, mirrored] = await drawer.all([[mark], [{ name: 'mirror' }, mark]], picture);
  for (const [drawn, ground] of [[marked, picture], [mirrored, mapped(picture, (_, x, y) => at(picture, 159 - x, y))]] as [Picture, Picture][]) {
    expect([at(drawn, 124, 10), at(drawn, 136, 10), at(drawn, 144, 10), at(drawn, 158, 18)]).toEqual([[255, 0, 0], [255, 0, 0], [0, 0, 255], [0, 0, 255]]);
    expect(apart(drawn, ground, [0, 0, 118, 90])).toBe(0);
    expect(apart(drawn, ground, [0, 22, 160, 68])).toBe(0);
  }
  // White that fades into nothing never makes a picture darker.
  await drawer.give(OVER, make(8, 8, (x, y) => ((x + y) % 2 === 0 ? [255, 255, 255, 255] : [0, 0, 0, 0])));
  const faded = await drawer.one([{ name: 'overlay', other: OVER, x: 0.5, y: 0.5, width: 0.5 }], picture);
  expect(faded.data.every((level, place) => level >= (picture.data[place] ?? 0) - 1)).toBe(true);

  await drawer.give(OVER, plain(4, 4, [10, 20, 30]));
  const screen = make(90, 30, (x) => (x < 30 ? [0, 214, 57] : x < 60 ? [0, 107, 28] : [180, 140, 120]));
  const keyed = await drawer.one([{ name: 'chroma_key', other: OVER }], screen);
  expect(at(keyed, 10, 10)).toEqual([10, 20, 30]);
  expect(apart(keyed, screen, [60, 0, 30, 30])).toBeLessThanOrEqual(1);

  const halves = await drawer.one([{ name: 'invert' }, { name: 'split', at: 0.25, line: 0 }], picture);
  expect(apart(halves, picture, [0, 0, 40, 90])).toBe(0);
  expect(apart(halves, mapped(picture, (color) => color.map((level) => 255 - level)), [40, 0, 120, 90])).toBe(0);
});

test('warps bring points where they say', async () => {
  const picture = make(96, 72, (x, y) => [x * 2, y * 3, (x * y) % 97]);
  const from = (where: (x: number, y: number) => [number, number] | null) => mapped(picture, (_, x, y) => {
    const place = where(x, y);
    return place ? at(picture, ...place) : [0, 0, 0];
  });
  const exact: [Filter[], Picture][] = [
    [[{ name: 'mirror' }], from((x, y) => [95 - x, y])],
    [[{ name: 'mirror', axis: 'vertical' }], from((x, y) => [x, 71 - y])],
    [[{ name: 'mirror' }, { name: 'mirror', axis: 'both' }], from((x, y) => [x, 71 - y])],
    [[{ name: 'transform', angle: 180 }], from((x, y) => [95 - x, 71 - y])],
    [[{ name: 'transform', across: 0.25, down: -0.25 }], from((x, y) => (x < 24 || y >= 54 ? null : [x - 24, y + 18]))],
    [[{ name: 'transform', across: 0.25 }, { name: 'transform', across: -0.25 }], from((x, y) => (x >= 72 ? null : [x, y]))],
    [[{ name: 'crop', left: 0.5, top: 0.25, width: 1, height: 1 }], picture],
    [[{ name: 'crop', left: 0.25, width: 0.5, height: 1, fit: 'contain' }], from((x, y) => (x < 24 || x >= 72 ? null : [x, y]))],
  ];
  const drawn = await drawer.all(exact.map(([filters]) => filters), picture);
  expect(exact.map(([filters], n) => [filters, apart(drawn[n] as Picture, exact[n]?.[1] as Picture)])).toEqual(exact.map(([filters]) => [filters, 0]));

  // A quarter turn of a square is clockwise; a part twice as large shows texels between two.
  const square = make(40, 40, (x, y) => (x < 20 && y < 20 ? [255, 0, 0] : [0, 0, 0]));
  const quarter = await drawer.one([{ name: 'transform', angle: 90 }], square);
  expect([at(quarter, 10, 10), at(quarter, 30, 10)]).toEqual([[0, 0, 0], [255, 0, 0]]);
  const swirled = await drawer.one([{ name: 'swirl', angle: 90, radius: 1 }], square);
  expect([at(swirled, 19, 18)[0] < 60, at(swirled, 21, 18)[0] > 195], 'the middle turns clockwise too').toEqual([true, true]);
  const part = await drawer.one([{ name: 'crop', left: 0.5, top: 0.5, width: 0.5, height: 0.5 }], picture);
  expect(apart(part, mapped(picture, (_, x, y) => [(47.75 + x / 2) * 2, (35.75 + y / 2) * 3, at(part, x, y)[2]]))).toBeLessThanOrEqual(2);

  const cells = await drawer.one([{ name: 'pixellate', size_of_cell: 80 }], picture);
  expect(apart(cells, mapped(cells, ([, , blue], x, y) => [(Math.floor(x / 8) * 8 + 3.5) * 2, (Math.floor(y / 8) * 8 + 3.5) * 3, blue]))).toBeLessThanOrEqual(1);
  expect(new Set(Array.from({ length: 96 * 72 }, (_, n) => at(cells, n % 96, Math.floor(n / 96)).join())).size).toBe(12 * 9);
  const combs = await drawer.one([{ name: 'mosaic', size_of_cell: 100 }], picture);
  const colors = new Set(Array.from({ length: 96 * 72 }, (_, n) => at(combs, n % 96, Math.floor(n / 96)).join())).size;
  const area = 100 * Math.sqrt(3) / 2; // of a hexagon whose middles lie 10 pixels apart
  expect(colors).toBeGreaterThan((96 * 72) / area);
  expect(colors).toBeLessThan((1.5 * 96 * 72) / area);

  for (const name of ['bulge', 'pinch', 'swirl']) {
    const warped = await drawer.one([{ name, radius: 0.3, ...(name === 'swirl' ? { angle: 360 } : { amount: 1 }) }], picture);
    const [inside, outside] = [(x: number, y: number) => Math.hypot(x - 47.5, y - 35.5) < 20, (x: number, y: number) => Math.hypot(x - 47.5, y - 35.5) > 23];
    const differs = (where: (x: number, y: number) => boolean) => apart(mapped(warped, (color, x, y) => (where(x, y) ? color : [0, 0, 0])), mapped(picture, (color, x, y) => (where(x, y) ? color : [0, 0, 0])));
    expect([differs(outside), differs(inside) > 5], name).toEqual([0, true]);
  }
  const wide = await drawer.one([{ name: 'fisheye', amount: 1 }], picture);
  expect(Math.abs(at(wide, 0, 0)[0] - at(picture, 0, 0)[0])).toBeLessThanOrEqual(2);
  expect(at(wide, 60, 36)[0] - at(wide, 36, 36)[0], 'the middle is enlarged').toBeLessThan(24 * 2 * 0.6);
});

test('what reads around a point takes means, medians and slopes of its neighbours', async () => {
  const picture = portrait();
  const near = (x: number, y: number): Rgb => at(picture, Math.min(Math.max(x, 0), 95), Math.min(Math.max(y, 0), 71));
  const nine = (x: number, y: number) => [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => near(x + dx, y + dy)));
  const median = await drawer.one([{ name: 'median' }], picture);
  expect(apart(median, mapped(picture, (_, x, y) => [0, 1, 2].map((channel) => nine(x, y).map((color) => color[channel] ?? 0).sort((a, b) => a - b)[4] ?? 0)))).toBe(0);
  const sharpen = await drawer.one([{ name: 'sharpen', amount: 0.8 }], picture);
  expect(apart(sharpen, mapped(picture, (color, x, y) => color.map((level, channel) => {
    const [, north, , west, , east, , south] = nine(x, y).map((one) => one[channel] ?? 0);
    return level + 0.8 * (level - ((north ?? 0) + (west ?? 0) + (east ?? 0) + (south ?? 0)) / 4);
  })))).toBeLessThanOrEqual(1);
  const sobel = await drawer.one([{ name: 'sobel', strength: 0.5 }], picture);
  expect(apart(sobel, mapped(picture, (_, x, y) => {
    const [a = 0, b = 0, c = 0, d = 0, , e = 0, f = 0, g = 0, h = 0] = nine(x, y).map(light);
    return Array<number>(3).fill(0.5 * Math.hypot(c + 2 * e + h - a - 2 * d - f, f + 2 * g + h - a - 2 * b - c));
  }))).toBeLessThanOrEqual(1);
  const fringes = await drawer.one([{ name: 'chromatic_aberration', amount: 20 }], picture);
  expect(fringes.data.filter((level, place) => place % 4 === 1 && level !== picture.data[place])).toHaveLength(0);

  // A dot of light spreads as the definition says: how far is its variance, in pixels.
  const dot = make(180, 180, (x, y) => (Math.abs(x - 89.5) < 4 && Math.abs(y - 89.5) < 4 ? [255, 255, 255] : [0, 0, 0]));
  const spread = ({ data }: Picture, along: 0 | 1) => {
    let [sum, squares] = [0, 0];
    for (let place = 0; place < data.length; place += 4) {
      const n = place / 4;
      const far = (along === 0 ? n % 180 : Math.floor(n / 180)) - 89.5;
      [sum, squares] = [sum + (data[place] ?? 0), squares + (data[place] ?? 0) * far * far];
    }
    return { sum, variance: squares / sum };
  };
  const [soft, flat] = await drawer.all([[{ name: 'gaussian', radius: 20 }], [{ name: 'box', radius: 16 }]], dot) as [Picture, Picture];
  const before = spread(dot, 0);
  for (const along of [0, 1] as const) {
    // Half of 20 pixels of 720 is the deviation; cut off at 2.5 deviations it varies 9 % less.
    expect(spread(soft, along).variance - before.variance).toBeGreaterThan(0.85 * 2.5 ** 2);
    expect(spread(soft, along).variance - before.variance).toBeLessThan(1.08 * 2.5 ** 2);
    // 17 taps half a pixel apart, each between two texels.
    expect(Math.abs(spread(flat, along).variance - before.variance - 0.25 * ((17 ** 2 - 1) / 12))).toBeLessThan(0.5);
    expect(Math.abs(spread(soft, along).sum / before.sum - 1)).toBeLessThan(0.03);
  }
});

test('more of a parameter is more of its effect, at every step', async () => {
  const [face, flat] = [portrait(), noisy(96, 72, [150, 150, 150], 8)];
  const corner: Measure = (picture) => meanLight(picture, [0, 0, 12, 9]);
  const fringe: Measure = (picture) => apart(picture, face);
  const cases: [string, string, number[], Measure, 1 | -1, Picture, Filter?][] = [
    ['brightness', 'amount', [-1, -0.5, 0, 0.5, 1], meanLight, 1, face], ['exposure', 'stops', [-3, -1, 0, 1, 3], meanLight, 1, face],
    ['gamma', 'value', [0.3, 0.6, 1, 2, 3], meanLight, 1, face], ['contrast', 'amount', [-1, -0.5, 0, 0.5, 1], variance, 1, face],
    ['saturation', 'amount', [-1, -0.5, 0, 0.5, 1], chroma, 1, face], ['vibrance', 'amount', [-1, -0.5, 0, 0.5, 1], chroma, 1, face],
    ['highlights_shadows', 'shadows', [-1, -0.5, 0, 0.5, 1], meanLight, 1, face], ['highlights_shadows', 'highlights', [-1, -0.5, 0, 0.5, 1], meanLight, 1, face],
    ['levels', 'middle', [0.3, 0.6, 1, 2, 3], meanLight, 1, face], ['levels', 'black', [0, 0.2, 0.4, 0.6], meanLight, -1, face],
    ['white_balance', 'temperature', [-1, -0.5, 0, 0.5, 1], ({ data }) => data.reduce((sum, level, n) => sum + (n % 4 === 0 ? level : n % 4 === 2 ? -level : 0), 0), 1, face],
    ['vignette', 'amount', [0, 0.25, 0.5, 1], corner, -1, face], ['vignette', 'radius', [0.2, 0.4, 0.6, 0.8], corner, 1, face, { name: 'vignette', amount: 1 }],
    ['grain', 'amount', [0, 0.25, 0.5, 1], variance, 1, flat], ['halftone', 'amount', [0, 0.5, 1], detail, 1, face],
    ['bilateral', 'radius', [0, 8, 16], variance, -1, flat], ['bilateral', 'tolerance', [0.02, 0.1, 0.3], variance, -1, flat, { name: 'bilateral', radius: 16 }],
    // Farther out, more of the noise is seen as such, and what is rough is kept.
    ['surface', 'radius', [0, 5, 10, 17], variance, -1, flat], ['surface', 'amount', [0, 0.3, 0.6, 1], variance, -1, flat], ['surface', 'threshold', [0.01, 0.05, 0.1, 0.3], variance, -1, flat],
    ['gaussian', 'radius', [0, 7, 14, 20], detail, -1, face], ['box', 'radius', [0, 8, 16], detail, -1, face], ['median', 'amount', [0, 0.5, 1], variance, -1, flat],
    ['sharpen', 'amount', [0, 0.5, 1, 2], detail, 1, face], ['unsharp', 'amount', [-1, -0.5, 0, 0.5, 1, 2], detail, 1, face, { name: 'unsharp', radius: 20 }],
    ['sobel', 'strength', [0, 0.5, 1, 3], meanLight, 1, face], ['emboss', 'strength', [0, 1, 2, 4], variance, 1, face], ['sketch', 'strength', [0.2, 0.5, 1, 3], meanLight, -1, face],
    ['toon', 'edge', [0, 0.5, 1, 3], meanLight, -1, face], ['bloom', 'amount', [0, 0.3, 0.6, 1], meanLight, 1, face], ['bloom', 'threshold', [0, 0.3, 0.6, 0.9], meanLight, -1, face, { name: 'bloom', amount: 1 }],
    ['chromatic_aberration', 'amount', [0, 5, 10, 20], fringe, 1, face], ['crosshatch', 'amount', [0, 0.5, 1], (picture) => meanApart(picture, face), 1, face],
    ['auto_tone', 'amount', [0, 0.5, 1], meanLight, 1, mapped(face, (color) => color.map((level) => level / 3))],
  ];
  const lists = cases.flatMap(([name, param, values, , , , base]) => values.map((value) => [{ ...base, name, [param]: value }]));
  const chains = await drawer.fuse(lists.map((filters) => ({ filters })));
  const wrong: string[] = [];
  for (const [name, param, values, measure, way, picture] of cases) {
    const found: number[] = [];
    for (const chain of chains.splice(0, values.length)) found.push(measure(await drawer.draw(chain, picture)));
    const rises = found.every((value, n) => n === 0 || (value - (found[n - 1] ?? 0)) * way > 0);
    if (!rises) wrong.push(`${name} ${param}: ${found.map((value) => value.toFixed(2)).join(' ')}`);
  }
  expect(wrong).toEqual([]);
});

test('effects keep what is theirs to keep', async () => {
  const greys = (level: number) => plain(96, 72, [level, level, level]);
  const [black, white] = [greys(0), greys(255)];
  const still = ['halftone', 'bloom', 'kuwahara', 'gaussian', 'bilateral', 'surface', 'unsharp', 'sharpen', 'median', 'box', 'highlights_shadows', 'auto_tone'];
  for (const name of still) {
    const [dark, bright] = [await drawer.one([{ name }], black), await drawer.one([{ name }], white)];
    expect([name, apart(dark, black) <= 1, apart(bright, white) <= 1]).toEqual([name, true, true]);
  }
  // A printed screen has as much ink as its place is dark.
  const bands = [64, 128, 192];
  const printed = await drawer.one([{ name: 'halftone', dot_size: 30 }], make(450, 360, (x) => Array<number>(3).fill(bands[Math.floor(x / 150)] ?? 0)));
  for (const [n, level] of bands.entries()) expect(Math.abs(meanLight(printed, [150 * n + 15, 0, 120, 120]) - level), `${level}`).toBeLessThan(16);
  const grey = plain(96, 72, [128, 128, 128]);
  const [now, again, later] = [await drawer.one([{ name: 'grain' }], grey, { time: 1 }), await drawer.one([{ name: 'grain' }], grey, { time: 1.01 }), await drawer.one([{ name: 'grain' }], grey, { time: 1.1 })] as [Picture, Picture, Picture];
  expect([apart(now, again), apart(now, later) > 10, Math.abs(meanLight(now) - 128) < 1]).toEqual([0, true, true]);
  expect(at(await drawer.one([{ name: 'emboss' }], grey), 40, 40)).toEqual([128, 128, 128]);
  // Auto tone: a dark picture of one hue gets lighter and keeps its hue; the same at 64 x 36 and 427 x 240.
  const dim = (width: number, height: number) => make(width, height, (x) => [20 + (60 * x) / width, 14 + (42 * x) / width, 10 + (30 * x) / width]);
  for (const size of [[64, 36], [427, 240]] as const) {
    const dark = dim(size[0], size[1]);
    const toned = await drawer.one([{ name: 'auto_tone' }], dark);
    expect(meanLight(toned) / meanLight(dark)).toBeGreaterThan(1.4);
    const [red, green, blue] = at(toned, size[0] - 2, 10);
    expect([Math.abs(green / red - 0.7) < 0.03, Math.abs(blue / red - 0.5) < 0.03]).toEqual([true, true]);
  }
  // Edges stay where they are smoothed around.
  const edge = make(96, 72, (x) => (x < 48 ? [60, 60, 60] : [200, 200, 200]));
  for (const name of ['bilateral', 'surface', 'kuwahara', 'median']) {
    const smooth = await drawer.one([{ name }], edge);
    expect(light(at(smooth, 49, 30)) - light(at(smooth, 46, 30)), name).toBeGreaterThan(0.9 * 140);
  }
  // The field's colours come back from the monochrome of their own tint at their own brightness.
  const tint = FIELDS[1] as Color;
  const hex = `#${tint.map((level) => level.toString(16).padStart(2, '0')).join('')}`;
  expect(apart(await drawer.one([{ name: 'monochrome', tint: hex }], plain(8, 8, tint)), plain(8, 8, tint))).toBeLessThanOrEqual(1);
});

test('an under-exposed clip gets lighter by auto tone, each picture alike, and skin keeps its hue', async () => {
  // A hand's tremble, a third of the light, and the noise that comes with it.
  const clip = Array.from({ length: 6 }, (_, at) => mapped(portrait(160, 120, 6, 20 + at), (color) => color.map((level) => level / 3)));
  const [chain] = await drawer.fuse([{ filters: [{ name: 'auto_tone' }] }]);
  const cheek: Box = [66, 66, 10, 8];
  const hue = ([r, g, b]: Color) => (Math.atan2(Math.sqrt(3) * (g - b), 2 * r - g - b) * 180) / Math.PI;
  const lights: number[] = [];
  for (const dark of clip) {
    const toned = await drawer.draw(chain, dark);
    expect(meanLight(toned) / meanLight(dark)).toBeGreaterThan(1.3);
    expect(Math.abs(hue(mean(toned, cheek)) - hue(mean(dark, cheek)))).toBeLessThan(3);
    lights.push(meanLight(toned) / meanLight(dark));
  }
  expect(Math.max(...lights) / Math.min(...lights), lights.join()).toBeLessThan(1.03);
});

/** The mean colour of a part. */
function mean(picture: Picture, [left, top, width, height]: Box): Color {
  const sums: Color = [0, 0, 0];
  for (let y = top; y < top + height; y += 1) for (let x = left; x < left + width; x += 1) at(picture, x, y).slice(0, 3).forEach((level, part) => (sums[part] = (sums[part] ?? 0) + level / (width * height)));
  return sums;
}
