// What looks are measured against: the way of GPUImage, one draw a filter, written anew. A bilateral blur of nine taps across
// and then down with brightness behind it; and its beautify chain: that blur, the edges of a Canny detector, a combination
// that smooths where there is skin and no edge and brightens by a logarithm, and hue, saturation and brightness.

import type { Chain, Pass } from '../support/plans.ts';

type Draw = { name: string; reads: (string | 'frame')[]; code: string };

/** Fragment shaders by key, and the chain of these draws. Each is `vec4 f(vec2 uv)` over samplers u_src, u_a, u_b. */
function chainOf(prefix: string, draws: Draw[]): { programs: Record<string, string>; chain: Chain } {
  const programs: Record<string, string> = {};
  const place = (read: string): 'frame' | number => (read === 'frame' ? 'frame' : draws.findIndex(({ name }) => name === read));
  const passes = draws.map(({ name, reads, code }, n): Pass => {
    const others = reads.slice(1).map((read, at) => ({ name: `u_${'ab'[at]}`, kind: 'sampler2D', source: { picture: place(read) } }));
    const samplers = others.map((one) => `uniform sampler2D ${one.name};\n`).join('');
    programs[`${prefix}.${name}`] = `#version 300 es\nprecision highp float;\nuniform sampler2D u_src;\nuniform vec2 u_texel;\n${samplers}in vec2 v_uv;\nout vec4 o_color;\n${code}\nvoid main() { o_color = f(v_uv); }\n`;
    // A target is free behind its last reader.
    const done = draws.flatMap((target, at) => (at < draws.length - 1 && draws.findLastIndex((one) => one.reads.includes(target.name)) === n ? [at] : []));
    return { key: `${prefix}.${name}`, scale: 1, src: place(reads[0] ?? 'frame'), uniforms: [{ name: 'u_texel', kind: 'vec2', source: 'texel' }, ...others], done };
  });
  return { programs, chain: { passes, values: [] } };
}

const bilateral = (way: string) => `vec4 f(vec2 uv) {
  vec4 middle = texture(u_src, uv);
  vec4 sum = 0.18 * middle;
  float weights = 0.18;
  float shares[4] = float[4](0.15, 0.12, 0.09, 0.05);
  for (int i = 0; i < 4; i++) for (int side = -1; side <= 1; side += 2) {
    vec4 tap = texture(u_src, uv + float(side * (i + 1)) * 4.0 * u_texel * ${way});
    float weight = shares[i] * (1.0 - min(distance(middle, tap) * 4.0, 1.0));
    sum += weight * tap;
    weights += weight;
  }
  return sum / weights;
}`;
const blur = (way: string, result: string) => `vec4 f(vec2 uv) {
  vec4 sum = 0.18 * texture(u_src, uv);
  float shares[4] = float[4](0.15, 0.12, 0.09, 0.05);
  for (int i = 0; i < 4; i++) sum += shares[i] * (texture(u_src, uv + float(i + 1) * u_texel * ${way}) + texture(u_src, uv - float(i + 1) * u_texel * ${way}));
  return ${result};
}`;
const slope = `vec4 f(vec2 uv) {
  vec2 d = vec2(u_texel.x, -u_texel.y);
  float nw = texture(u_src, uv - u_texel).r, n = texture(u_src, uv - vec2(0.0, u_texel.y)).r, ne = texture(u_src, uv + d).r;
  float w = texture(u_src, uv - vec2(u_texel.x, 0.0)).r, e = texture(u_src, uv + vec2(u_texel.x, 0.0)).r;
  float sw = texture(u_src, uv - d).r, s = texture(u_src, uv + vec2(0.0, u_texel.y)).r, se = texture(u_src, uv + u_texel).r;
  vec2 steep = vec2(ne + 2.0 * e + se - nw - 2.0 * w - sw, sw + 2.0 * s + se - nw - 2.0 * n - ne);
  vec2 way = normalize(steep + 1e-6);
  return vec4(length(steep), 0.5 + 0.5 * sign(way) * floor(abs(way) + 0.617316), 1.0);
}`;
const ridge = `vec4 f(vec2 uv) {
  vec3 here = texture(u_src, uv).rgb;
  vec2 way = (here.gb * 2.0 - 1.0) * u_texel;
  float highest = step(texture(u_src, uv + way).r, here.r) * step(texture(u_src, uv - way).r, here.r);
  return vec4(vec3(highest * smoothstep(0.1, 0.4, here.r)), 1.0);
}`;
const joined = `vec4 f(vec2 uv) {
  float sum = 0.0;
  for (int y = -1; y <= 1; y++) for (int x = -1; x <= 1; x++) sum += texture(u_src, uv + vec2(x, y) * u_texel).r;
  return vec4(vec3(step(1.5, sum) * step(0.01, texture(u_src, uv).r)), 1.0);
}`;
const combined = `vec4 f(vec2 uv) {
  vec3 plain = texture(u_src, uv).rgb, smoothed = texture(u_a, uv).rgb;
  float range = max(plain.r, max(plain.g, plain.b)) - min(plain.r, min(plain.g, plain.b));
  bool skin = plain.r > 0.3725 && plain.g > 0.1568 && plain.b > 0.0784 && plain.r > plain.b && range > 0.0588 && abs(plain.r - plain.g) > 0.0588;
  vec3 color = texture(u_b, uv).r < 0.2 && skin ? mix(plain, smoothed, 0.5) : plain;
  return vec4(log(1.0 + 0.2 * color) / log(1.2), 1.0);
}`;
const vivid = `vec4 f(vec2 uv) {
  vec3 color = texture(u_src, uv).rgb;
  float grey = dot(color, vec3(0.3, 0.59, 0.11));
  return vec4((grey + (color - grey) * 1.1) * 1.1, 1.0);
}`;

const smoothing: Draw[] = [
  { name: 'across', reads: ['frame'], code: bilateral('vec2(1.0, 0.0)') },
  { name: 'down', reads: ['across'], code: bilateral('vec2(0.0, 1.0)') },
];

/** Three draws. */
export const bilateralAndBrightness = chainOf('bilateral', [...smoothing, { name: 'brightness', reads: ['down'], code: 'vec4 f(vec2 uv) { return texture(u_src, uv) + vec4(vec3(0.05), 0.0); }' }]);

/** Nine draws. */
export const beautify = chainOf('beautify', [
  ...smoothing,
  { name: 'grey', reads: ['frame'], code: blur('vec2(1.0, 0.0)', 'vec4(vec3(dot(sum.rgb, vec3(0.2125, 0.7154, 0.0721))), 1.0)') },
  { name: 'blur', reads: ['grey'], code: blur('vec2(0.0, 1.0)', 'sum') },
  { name: 'slope', reads: ['blur'], code: slope },
  { name: 'ridge', reads: ['slope'], code: ridge },
  { name: 'joined', reads: ['ridge'], code: joined },
  { name: 'combined', reads: ['frame', 'down', 'joined'], code: combined },
  { name: 'vivid', reads: ['combined'], code: vivid },
]);
