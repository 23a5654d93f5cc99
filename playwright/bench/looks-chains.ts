// The chains that `looks` measures, in all their forms: looks.bench.ts draws them in a browser; printed as JSON, what
// crate/xtask/src/bin/looks_native draws without one (`cargo xtask bench looks --native`). Run by itself it prints that.

import { fuse, type Chain, type Filter } from '../support/plans.ts';
import { beautify, bilateralAndBrightness } from './gpuimage.ts';

/** The eight of the acceptance, then four more of colour. */
const COLOURS: Filter[] = [
  { name: 'brightness', amount: 0.05 }, { name: 'exposure', stops: 0.2 }, { name: 'rgb_gain', red: 1.05, blue: 0.95 }, { name: 'contrast', amount: 0.1 },
  { name: 'saturation', amount: 0.1 }, { name: 'vibrance', amount: 0.2 }, { name: 'tone_curve', curve: '0,0 0.25,0.2 0.75,0.8 1,1' }, { name: 'lut', table: 'cinema' },
  { name: 'white_balance', temperature: 0.1 }, { name: 'highlights_shadows', shadows: 0.2 }, { name: 'hue', angle: 4 }, { name: 'vignette', amount: 0.3 },
];
/** The handle of a table of colours that a file gave. */
export const TABLE = 1;
/** The eight with such a table in the place of the look. */
const TABLED: Filter[] = [...COLOURS.slice(0, 7), { name: 'lut', table: TABLE }];
const BEAUTY: Filter[] = [{ name: 'beauty' }];
const DRESSED: Filter[] = [...BEAUTY, ...COLOURS.filter(({ name }) => ['brightness', 'contrast', 'saturation', 'lut'].includes(name))];
const SMOOTHED: Filter[] = [{ name: 'bilateral' }, { name: 'brightness', amount: 0.05 }];
const LISTS: [string, Filter[]][] = [
  ...[1, 4, 8, 12].map((count): [string, Filter[]] => [`${count} colours`, COLOURS.slice(0, count)]),
  ['8 colours, a table', TABLED], ['beauty', BEAUTY], ['beauty + 4 colours', DRESSED], ['bilateral + brightness', SMOOTHED],
];

export type Measured = {
  name: string; form: 'fused' | 'one a stage' | 'one a stage, halves' | 'one a stage, floats' | 'GPUImage-style'; chain: Chain;
  /** What its targets hold but the last. */
  between?: 'half' | 'float';
};

/** The programs of all chains, and the chains; two forms of a name make the same picture, but for GPUImage's. */
export function chainsOfLooks(): { vertex: string; vertices: Record<string, string>; programs: Record<string, string>; measured: Measured[] } {
  const plans = fuse(LISTS.flatMap(([, filters]) => [{ filters }, { filters, apart: true }]));
  const measured = plans.chains.map((chain, n): Measured => ({ name: LISTS[n >> 1]?.[0] ?? '', form: n % 2 ? 'one a stage' : 'fused', chain }));
  // What keeps more than bytes between its stages makes the picture that the fused form makes.
  for (const { name, form, chain } of measured.filter(({ name, form }) => name.startsWith('8 colours') && form === 'one a stage')) {
    for (const [between, held] of [['half', 'halves'], ['float', 'floats']] as const) measured.push({ name, form: `${form as 'one a stage'}, ${held}`, chain, between });
  }
  for (const [name, { chain }] of [['bilateral + brightness', bilateralAndBrightness], ['beauty', beautify]] as const) measured.push({ name, form: 'GPUImage-style', chain });
  return { vertex: plans.vertex, vertices: plans.vertices, programs: { ...plans.programs, ...beautify.programs, ...bilateralAndBrightness.programs }, measured };
}

if (process.argv[1] === import.meta.filename) process.stdout.write(JSON.stringify(chainsOfLooks()));
