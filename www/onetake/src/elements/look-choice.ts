/**
 * What a person chose of looks, beauty and adjustments, as one plain value; the chain of filters that it stands for; and how
 * it is read from wherever it was kept. It draws nothing and keeps nothing: every function gives a new value.
 */

import { filters, looks } from '../filters.js';
import type { Filter, FilterSpec, Parameter } from '../types.js';

/** Parameters of one filter, by name. */
export type Values = Readonly<Record<string, number | string>>;

/** Plain data: it can be kept as JSON. */
export type LookChoice = {
  /** A name of `looks()`; empty: none. */
  readonly look: string;
  /** Of the look, 0..1. */
  readonly strength: number;
  /** `values`: what was set; the others are as in `filters()`. They stand while it is off. */
  readonly beauty: { readonly on: boolean; readonly values: Values };
  /** By filter: what was set. A filter that nobody touched is absent. */
  readonly adjust: Readonly<Record<string, Values>>;
};

export const NO_LOOK: LookChoice = Object.freeze({ look: '', strength: 1, beauty: Object.freeze({ on: false, values: Object.freeze({}) }), adjust: Object.freeze({}) });

export const LOOKS = looks();
const SPECS = new Map(filters().map((spec) => [spec.name, spec]));

/** The form of this filter; only names of shipped filters are asked. */
export function specOf(name: string): FilterSpec {
  const spec = SPECS.get(name);
  if (!spec) throw new Error(`no filter is called ${name}`);
  return spec;
}

/** How the adjustments are shown. */
export const GROUPS = [
  { name: 'light', filters: ['auto_tone', 'exposure', 'brightness', 'contrast', 'highlights_shadows'] },
  { name: 'colour', filters: ['white_balance', 'saturation', 'vibrance', 'hue'] },
  { name: 'detail', filters: ['unsharp', 'sharpen', 'vignette', 'grain'] },
] as const;

/** How they are drawn: what reads its neighbours comes first, so that all points behind it, the look included, are one draw. */
const ORDER = ['auto_tone', 'unsharp', 'sharpen', 'exposure', 'brightness', 'contrast', 'highlights_shadows', 'white_balance', 'saturation', 'vibrance', 'hue'];
/** On top of the look, which may bring its own. */
const LAST = ['vignette', 'grain'];

/** Where a filter does nothing, if not at its defaults. */
const STILL: Record<string, Values> = { auto_tone: { amount: 0 }, unsharp: { amount: 0 }, sharpen: { amount: 0 }, vignette: { amount: 0 }, grain: { amount: 0 } };

/** The chain for `setLook`: beauty, adjustments, the look, vignette, grain. What would do nothing is not in it. */
export function chainOf(choice: LookChoice): Filter[] {
  const { beauty, strength } = choice;
  const look = strength > 0 ? lookFilter(choice, 'lut') : undefined;
  return [
    ...(beauty.on ? [{ name: 'beauty', ...beauty.values }] : []),
    ...ORDER.flatMap((name) => adjustment(choice, name)),
    ...(look ? [{ ...look, amount: strength }] : []),
    ...LAST.flatMap((name) => adjustment(choice, name)),
  ];
}

function adjustment(choice: LookChoice, name: string): Filter[] {
  const still = stillOf(name);
  const values = { ...restOf(choice, name), ...choice.adjust[name] };
  const moves = Object.entries(values).some(([key, value]) => value !== still[key]);
  // With none of it, all else that was set of it means nothing.
  return moves && values['amount'] !== 0 ? [{ name, ...values }] : [];
}

/** The values of an adjustment that nobody touched: what its look brings, or nothing. */
export function restOf(choice: LookChoice, name: string): Values {
  const { name: _, id: __, ...brought } = lookFilter(choice, name) ?? ({ name } as Filter);
  const rest: Record<string, number | string> = { ...stillOf(name), ...(brought as Values) };
  const { amount } = brought;
  if (typeof amount === 'number') rest['amount'] = Math.round(amount * choice.strength * 1000) / 1000;
  return rest;
}

/** The values at which the filter does nothing. */
function stillOf(name: string): Values {
  return { ...defaultsOf(specOf(name)), ...STILL[name] };
}

/** The values that a filter has where nobody says others. */
export function defaultsOf({ parameters }: FilterSpec): Values {
  return Object.fromEntries(parameters.flatMap((parameter) => ('default' in parameter ? [[parameter.name, parameter.default]] : [])));
}

function lookFilter({ look }: LookChoice, name: string): Filter | undefined {
  return LOOKS.find((one) => one.name === look)?.chain.find((filter) => filter.name === name);
}

/** With a value of the beauty filter, which is then on. */
export function withBeauty(choice: LookChoice, parameter: string, value: number | string): LookChoice {
  return { ...choice, beauty: { on: true, values: { ...choice.beauty.values, [parameter]: value } } };
}

export function withAdjustment(choice: LookChoice, filter: string, parameter: string, value: number | string): LookChoice {
  return { ...choice, adjust: { ...choice.adjust, [filter]: { ...choice.adjust[filter], [parameter]: value } } };
}

/** As if this parameter had never been touched. */
export function withoutAdjustment(choice: LookChoice, filter: string, parameter: string): LookChoice {
  const { [filter]: set = {}, ...others } = choice.adjust;
  const { [parameter]: _, ...left } = set;
  return { ...choice, adjust: Object.keys(left).length > 0 ? { ...others, [filter]: left } : others };
}

/** What was kept, by this version or another, or by anybody else: what cannot be meant is dropped, the rest stands. */
export function readChoice(kept: unknown): LookChoice {
  const { look, strength, beauty, adjust } = entries(kept);
  const { on, values } = entries(beauty);
  const adjusted = entries(adjust);
  const adjustments = [...ORDER, ...LAST].flatMap((name) => {
    const read = readValues(specOf(name), adjusted[name]);
    return Object.keys(read).length > 0 ? [[name, read] as const] : [];
  });
  return {
    look: LOOKS.some(({ name }) => name === look) ? String(look) : '',
    strength: typeof strength === 'number' && strength >= 0 && strength <= 1 ? strength : 1,
    beauty: { on: on === true, values: readValues(specOf('beauty'), values) },
    adjust: Object.fromEntries(adjustments),
  };
}

function readValues({ parameters }: FilterSpec, kept: unknown): Values {
  const values = entries(kept);
  const fitting = parameters.filter((parameter) => fits(parameter, values[parameter.name]));
  return Object.fromEntries(fitting.map(({ name }) => [name, values[name] as number | string]));
}

function fits(parameter: Parameter, value: unknown): boolean {
  switch (parameter.type) {
    case 'number':
      return typeof value === 'number' && value >= parameter.min && value <= parameter.max;
    case 'choice':
      return typeof value === 'string' && parameter.values.includes(value);
    case 'color':
      return typeof value === 'string' && /^#[0-9a-f]{6}$/i.test(value);
    default:
      return false;
  }
}

function entries(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
