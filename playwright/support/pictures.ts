// Pictures that filters are tried on, made by arithmetic alone so that they are the same bytes everywhere, and what is
// measured of pictures. Levels are bytes; brightness is that of ITU-R BT.709.

export type Color = [number, number, number];
/** RGBA, rows from the top. */
export type Picture = { width: number; height: number; data: Uint8Array };
/** Left, top, width, height. */
export type Box = [number, number, number, number];

/** The 24 fields of a colour checker, as sRGB bytes. */
export const FIELDS: readonly Color[] = [
  [115, 82, 68], [194, 150, 130], [98, 122, 157], [87, 108, 67], [133, 128, 177], [103, 189, 170], [214, 126, 44], [80, 91, 166],
  [193, 90, 99], [94, 60, 108], [157, 188, 64], [224, 163, 46], [56, 61, 150], [70, 148, 73], [175, 54, 60], [231, 199, 31],
  [187, 86, 149], [8, 133, 161], [243, 243, 242], [200, 200, 200], [160, 160, 160], [122, 122, 121], [85, 85, 85], [52, 52, 52],
];
export const SKIN: Color = [222, 178, 152];

/** Numbers of 0..1 from a seed (a linear congruence, Numerical Recipes). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Near normal, of deviation 1. */
function normal(next: () => number): number {
  let sum = 0;
  for (let i = 0; i < 6; i += 1) sum += next();
  return (sum - 3) * Math.SQRT2;
}

export function make(width: number, height: number, color: (x: number, y: number) => readonly number[]): Picture {
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [red = 0, green = 0, blue = 0, alpha = 255] = color(x, y);
      data.set([red, green, blue, alpha].map((level) => Math.min(Math.max(Math.round(level), 0), 255)), (y * width + x) * 4);
    }
  }
  return { width, height, data };
}

export const plain = (width: number, height: number, color: Color): Picture => make(width, height, () => color);

/** The colour checker, and below it greys, strong hues and pale hues from left to right. */
export function chart(width = 96, height = 72): Picture {
  return make(width, height, (x, y) => {
    const row = Math.floor((y * 6) / height);
    const share = x / (width - 1);
    if (row < 4) return FIELDS[row * 6 + Math.floor((x * 6) / width)] ?? [0, 0, 0];
    if (row === 4) return y % 12 < 6 ? [share * 255, share * 255, share * 255] : hue(share, 255, 0);
    return hue(share, 200, 90);
  });
}

function hue(turn: number, high: number, low: number): Color {
  const level = (shift: number) => low + (high - low) * Math.min(Math.max(Math.abs(((turn + shift) % 1) * 6 - 3) - 1, 0), 1);
  return [level(0), level(2 / 3), level(1 / 3)];
}

/** Someone with dark hair before a wall with bricks: skin with a shaded cheek and spots, eyes, brows, lips, strands. */
export function portrait(width = 96, height = 72, noise = 4, seed = 1): Picture {
  const next = random(seed);
  return make(width, height, (x, y) => {
    // In units of the height, the middle of the face at 0.
    const [u, v] = [(x - width / 2) / height, (y - height * 0.47) / height];
    const grain = normal(next) * noise;
    return person(u, v).map((level) => level + grain + normal(next) * noise * 0.3);
  });
}

function person(u: number, v: number): Color {
  const inside = (x: number, y: number, across: number, down: number) => ((u - x) / across) ** 2 + ((v - y) / down) ** 2;
  const soft = (value: number, width: number) => Math.min(Math.max((1 - value) / width + 0.5, 0), 1);
  const mix = (a: Color, b: Color, share: number): Color => [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
  const brick = (Math.floor(v * 14) + Math.floor(u * 9)) % 2 === 0;
  let color: Color = u < -0.4 ? (brick ? [107, 125, 114] : [207, 214, 218]) : [91 + 50 * u, 127 + 40 * u, 166 - 30 * u];
  color = mix(color, [42, 63, 122], soft(inside(0, 0.62, 0.5, 0.26), 0.04));
  const strand = 30 + 26 * Math.sin(u * 190 + 9 * Math.sin(v * 7));
  color = mix(color, [strand * 1.1, strand * 0.85, strand * 0.7], soft(inside(0, -0.06, 0.32, 0.42), 0.05));
  const light = 1.04 - 0.3 * Math.max(u, 0) - 0.25 * Math.max(v, 0);
  const skin: Color = [SKIN[0] * light, SKIN[1] * light, SKIN[2] * light];
  const neck = Math.abs(u) < 0.1 && v > 0.2 && v < 0.42 ? 1 : 0;
  color = mix(color, skin, Math.max(neck, soft(inside(0, 0, 0.235, 0.31), 0.05)));
  for (const side of [-1, 1]) {
    color = mix(color, [214, 110, 100], 0.3 * soft(inside(side * 0.13, 0.09, 0.07, 0.07), 0.9));
    color = mix(color, [45, 32, 26], soft(inside(side * 0.1, -0.1, 0.06, 0.014), 0.4));
    color = mix(color, [242, 239, 236], soft(inside(side * 0.1, -0.04, 0.048, 0.022), 0.2));
    color = mix(color, [40, 26, 18], soft(inside(side * 0.1, -0.04, 0.02, 0.02), 0.2));
  }
  return mix(color, [180, 82, 90], soft(inside(0, 0.165, 0.075, 0.025), 0.2));
}

/** A colour with noise as a sensor makes it. */
export function noisy(width: number, height: number, color: Color, deviation: number, seed = 3): Picture {
  const next = random(seed);
  return make(width, height, () => {
    const grain = normal(next) * deviation;
    return color.map((level) => level + grain + normal(next) * deviation * 0.3);
  });
}

export type Measure = (picture: Picture, box?: Box) => number;

function* places({ width, height }: Picture, [left, top, across, down]: Box = [0, 0, width, height]): Generator<number> {
  for (let y = top; y < top + down; y += 1) for (let x = left; x < left + across; x += 1) yield (y * width + x) * 4;
}

export const at = ({ width, data }: Picture, x: number, y: number): Color => [...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 3)] as Color;
export const light = ([red, green, blue]: readonly number[]): number => 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
const lightAt = ({ data }: Picture, place: number) => light([data[place] ?? 0, data[place + 1] ?? 0, data[place + 2] ?? 0]);

/** Mean brightness. */
export const meanLight: Measure = (picture, box) => {
  let [sum, count] = [0, 0];
  for (const place of places(picture, box)) [sum, count] = [sum + lightAt(picture, place), count + 1];
  return sum / count;
};

/** Variance of brightness. */
export const variance: Measure = (picture, box) => {
  const mean = meanLight(picture, box);
  let [sum, count] = [0, 0];
  for (const place of places(picture, box)) [sum, count] = [sum + (lightAt(picture, place) - mean) ** 2, count + 1];
  return sum / count;
};

/** Mean square of what a pixel's brightness differs from its four neighbours' by; the box stays off the border. */
export const detail: Measure = (picture, box = [1, 1, picture.width - 2, picture.height - 2]) => {
  const row = picture.width * 4;
  let [sum, count] = [0, 0];
  for (const place of places(picture, box)) {
    const around = [place - 4, place + 4, place - row, place + row].reduce((total, one) => total + lightAt(picture, one), 0);
    [sum, count] = [sum + (4 * lightAt(picture, place) - around) ** 2, count + 1];
  }
  return sum / count;
};

/** Mean distance of the greatest primary to the least. */
export const chroma: Measure = (picture, box) => {
  let [sum, count] = [0, 0];
  for (const place of places(picture, box)) {
    const color = [...picture.data.subarray(place, place + 3)];
    [sum, count] = [sum + Math.max(...color) - Math.min(...color), count + 1];
  }
  return sum / count;
};

/** The greatest difference of two pictures, levels. */
export function apart(one: Picture, other: Picture, box?: Box): number {
  let worst = one.width === other.width && one.height === other.height ? 0 : Infinity;
  for (const place of places(one, box)) {
    for (let channel = 0; channel < 3; channel += 1) worst = Math.max(worst, Math.abs((one.data[place + channel] ?? 0) - (other.data[place + channel] ?? 0)));
  }
  return worst;
}

/** The mean difference of two pictures, levels. */
export function meanApart(one: Picture, other: Picture): number {
  let [sum, count] = [0, 0];
  for (const place of places(one)) {
    for (let channel = 0; channel < 3; channel += 1) [sum, count] = [sum + Math.abs((one.data[place + channel] ?? 0) - (other.data[place + channel] ?? 0)), count + 1];
  }
  return sum / count;
}

/** Each pixel changed. */
export function mapped({ width, height, data }: Picture, change: (color: Color, x: number, y: number) => readonly number[]): Picture {
  return make(width, height, (x, y) => change(at({ width, height, data }, x, y), x, y));
}
