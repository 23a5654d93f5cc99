// Chains of filters outside of the product: their plans from the fuser (tests/examples/plans.rs), drawn in a blank page by
// plans-page.js. Specs and the bench of looks use it; no studio, camera or worker takes part.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { FILTERS } from '../../www/onetake/src/filter-table.ts';
import { make, type Picture } from './pictures.ts';

declare global {
  interface Window { plans: typeof plans }
}

/** A filter with values: numbers, words, colours and curves as the page gives them; pictures by handle. */
export type Filter = { name: string; [param: string]: string | number };
/** What a parameter is bound to: a number, a colour, or what a sampler reads. */
export type Bound = number | number[] | 'curve' | 'table' | 'image' | { texels: number[] } | { picture: number };
export type From = 'place' | 'matrix' | 'black' | 'texel' | 'size' | 'time' | { picture: 'frame' | number } | { step: number; param: number };
export type Pass = { key: string; scale: number; src: 'frame' | number; ownPoint?: boolean; uniforms: { name: string; kind: string; source: From }[]; done: number[] };
export type Chain = { passes: Pass[]; values: Bound[][] };
/** Fragment shaders by key; the vertex shader of those that have their own, and of all others. */
export type Fused = { vertex: string; vertices: Record<string, string>; programs: Record<string, string>; chains: Chain[] };
export type Held = 'bytes' | 'half' | 'float';
/**
 * How a chain is drawn: what its targets hold (`between`: all but the last, or each by its place), and whether pictures are
 * read without mixing texels.
 */
export type DrawOptions = {
  last?: 'bytes' | 'float'; between?: Held | Held[]; nearest?: boolean; time?: number; size?: { width: number; height: number };
  place?: number[]; matrix?: number[]; black?: number[];
};
export type Wanted = { filters: Filter[]; apart?: boolean; all?: boolean; orient?: boolean; recode?: boolean };

const root = fileURLToPath(new URL('../..', import.meta.url));
/** The program that tells them: as it was built, or by way of cargo. */
const printer = process.env['ONETAKE_PLANS'];
const [program, before] = printer ? [printer, []] : ['cargo', ['run', '--quiet', '--package', 'onetake-tests', '--example', 'plans', '--']];
const kinds = new Map(FILTERS.flatMap(({ name, parameters }) => parameters.map((one) => [`${name} ${one.name}`, one.type])));

/** The draws of these chains. */
export function fuse(wanted: Wanted[]): Fused {
  const requests = wanted.map(({ filters, ...rest }) => ({ ...rest, asked: filters.map(asked) }));
  return JSON.parse(execFileSync(program, before, { cwd: root, input: JSON.stringify(requests), encoding: 'utf8', maxBuffer: 1 << 28 })) as Fused;
}

function asked({ name, ...params }: Filter): { name: string; params: [string, Record<string, string | number>][] } {
  const given = (param: string, value: string | number): Record<string, string | number> => {
    const kind = kinds.get(`${name} ${param}`);
    if (typeof value === 'string') return { text: value };
    return kind === 'image' || kind === 'table' ? { picture: value } : { number: value };
  };
  return { name, params: Object.entries(params).map(([param, value]) => [param, given(param, value)]) };
}

/** Colours in steps of 15: red to the right, green and then blue downwards. */
export const GRID = make(18, 324, (x, y) => [x * 15, (y % 18) * 15, Math.floor(y / 18) * 15]);

/** The tables of the looks, by name, and what each makes of the colours of `GRID`. */
export function lookTables(): Map<string, Picture & { made: Picture }> {
  const folder = mkdtempSync(`${tmpdir()}/onetake-looks-`);
  execFileSync(program, [...before, folder], { cwd: root });
  const bytes = (name: string) => new Uint8Array(readFileSync(`${folder}/${name}`));
  const names = readdirSync(folder).filter((name) => !name.includes('.'));
  const tables = new Map(names.map((name) => [name, { width: 512, height: 512, data: bytes(name), made: { ...GRID, data: bytes(`${name}.made`) } }]));
  rmSync(folder, { recursive: true });
  return tables;
}

/** A blank page that draws plans. */
export class Drawer {
  readonly page: Page;
  #names = new Map<Picture, string>();

  private constructor(page: Page) {
    this.page = page;
  }

  static async open(page: Page): Promise<Drawer> {
    await page.goto('about:blank');
    await page.addScriptTag({ path: fileURLToPath(new URL('./plans-page.js', import.meta.url)) });
    return new Drawer(page);
  }

  /** The draws of these chains, whose programs the page knows from now on. */
  async fuse(wanted: Wanted[]): Promise<Chain[]> {
    const { chains, ...programs } = fuse(wanted);
    await this.page.evaluate((given) => window.plans.load(given), programs);
    return chains;
  }

  /** A picture that filters read, by handle. */
  async give(handle: number | string, { width, height, data }: Picture): Promise<void> {
    const texels = Buffer.from(data).toString('base64');
    await this.page.evaluate(([name, w, h, text]) => window.plans.picture(name, w, h, text), [handle, width, height, texels] as const);
  }

  /** The name that the page knows this frame by. */
  async frame(picture: Picture): Promise<string> {
    const known = this.#names.get(picture);
    if (known !== undefined) return known;
    const name = `frame ${this.#names.size}`;
    this.#names.set(picture, name);
    await this.give(name, picture);
    return name;
  }

  /** What a chain makes of a frame. One without draws is the frame itself. */
  async draw(chain: Chain | undefined, picture: Picture, options: DrawOptions = {}): Promise<Picture> {
    if (!chain) throw new Error('no such chain');
    if (chain.passes.length === 0) return picture;
    const frame = await this.frame(picture);
    const text = await this.page.evaluate(([one, name, how]) => window.plans.draw(one, name, how), [chain, frame, options] as const);
    const { width, height } = options.size ?? picture;
    return { width, height, data: new Uint8Array(Buffer.from(text, 'base64')) };
  }

  /** What each of these lists of filters makes of a frame. */
  async all(lists: Filter[][], picture: Picture, options: DrawOptions & Omit<Wanted, 'filters'> = {}): Promise<Picture[]> {
    const { apart, all, orient, recode, ...how } = options;
    const chains = await this.fuse(lists.map((filters) => ({ filters, ...(apart && { apart }), ...(all && { all }), ...(orient && { orient }), ...(recode && { recode }) })));
    const drawn: Picture[] = [];
    for (const chain of chains) drawn.push(await this.draw(chain, picture, how));
    return drawn;
  }

  /** What these filters make of a frame. */
  async one(filters: Filter[], picture: Picture, options: DrawOptions & Omit<Wanted, 'filters'> = {}): Promise<Picture> {
    const [drawn] = await this.all([filters], picture, options);
    if (!drawn) throw new Error('nothing was drawn');
    return drawn;
  }
}
