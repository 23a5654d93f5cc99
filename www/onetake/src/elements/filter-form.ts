/**
 * The form of a filter, made of what `filters()` says of it: a row for each parameter, a slider for a number, a list for a
 * choice, a field for a colour. Files and curves have no control here. A double click on a slider, or the button behind it,
 * takes its value back. Keeps nothing: values come in, `set` and `reset` go out.
 */

import { css, html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { FilterSpec, Locale, Parameter } from '../types.js';
import { icon } from './icons.js';
import type { Values } from './look-choice.js';
import type { Messages } from './messages.js';

export type FilterPort = {
  /** What is in force. */
  values: Values;
  /** What a reset makes of them. */
  rest: Values;
  set: (parameter: string, value: number | string) => void;
  reset: (parameter: string) => void;
};

/** Steps of a slider whose parameter names none. */
const STEPS = 100;

/** What else a filter of some `amount` can do is not asked while it has none. */
export function filterForm(spec: FilterSpec, port: FilterPort, locale: Locale, t: Messages): TemplateResult {
  const off = port.values['amount'] === 0;
  const asked = spec.parameters.filter(({ name }) => !off || name === 'amount' || !spec.parameters.some((other) => other.name === 'amount'));
  // What says how much there is comes first, by the name of the filter.
  const rows = [...asked.filter(({ name }) => name === 'amount'), ...asked.filter(({ name }) => name !== 'amount')];
  return html`${rows.map((parameter) => row(spec, parameter, port, locale, t))}`;
}

function row(spec: FilterSpec, parameter: Parameter, port: FilterPort, locale: Locale, t: Messages): TemplateResult | typeof nothing {
  const { name } = parameter;
  const value = port.values[name];
  const control = controlOf(parameter, value, nameOf(spec, parameter, locale, true), port);
  if (!control) return nothing;
  const changed = value !== port.rest[name];
  return html`<div class="row">
    <span class="name" aria-hidden="true">${nameOf(spec, parameter, locale, false)}</span>${control}
    <button
      type="button"
      class="back ${changed ? '' : 'away'}"
      aria-label=${t.resetOne(nameOf(spec, parameter, locale, true))}
      @click=${(event: Event) => {
        // What was pressed goes away.
        (event.currentTarget as Element).closest('.row')?.querySelector<HTMLElement>('input, select')?.focus({ preventScroll: true });
        port.reset(name);
      }}
    >
      ${icon('retry', 18)}
    </button>
  </div>`;
}

/** `whole`: as it is called where its filter is not seen beside it. */
function nameOf({ label, parameters }: FilterSpec, parameter: Parameter, locale: Locale, whole: boolean): string {
  if (parameter.name === 'amount' || parameters.length === 1) return label[locale];
  const own = parameter.label[locale];
  return whole || parameters.some(({ name }) => name === 'amount') ? `${label[locale]} · ${own}` : own;
}

function controlOf(parameter: Parameter, value: number | string | undefined, name: string, port: FilterPort): TemplateResult | undefined {
  const set = (event: Event): void => port.set(parameter.name, (event.target as HTMLInputElement).value);
  switch (parameter.type) {
    case 'number': {
      const at = typeof value === 'number' ? value : parameter.default;
      return slider(parameter, at, name, (number) => port.set(parameter.name, number), () => port.reset(parameter.name));
    }
    case 'choice':
      return html`<select class="field" aria-label=${name} .value=${String(value)} @change=${set} @keydown=${keepLetters}>
        ${parameter.values.map((one) => html`<option value=${one} ?selected=${one === value}>${one.replaceAll('_', ' ')}</option>`)}
      </select>`;
    case 'color':
      return html`<input class="field" type="color" aria-label=${name} .value=${String(value)} @input=${set} @keydown=${keepLetters} />`;
    default:
      return undefined;
  }
}

/** A slider with what it says behind it; filled from where it does nothing, where that is in its middle. */
export function slider(
  range: { min: number; max: number; step?: number },
  at: number,
  name: string,
  set: (value: number) => void,
  reset: () => void,
): TemplateResult {
  const { min, max, step = (max - min) / STEPS } = range;
  const place = (value: number): number => ((value - min) / (max - min)) * 100;
  const [low, high] = [place(Math.max(min, Math.min(0, at))), place(Math.max(0, at))];
  const filled = high - low;
  const said = saidOf(range, at);
  return html`<input
      class="slider"
      type="range"
      min=${min}
      max=${max}
      step=${step}
      aria-label=${name}
      aria-valuetext=${said}
      style=${`--filled:${filled}%;--from:${filled < 100 ? (low / (100 - filled)) * 100 : 0}%`}
      .value=${String(at)}
      @input=${(event: Event) => set(Number((event.target as HTMLInputElement).value))}
      @dblclick=${reset}
    /><output aria-hidden="true">${said}</output>`;
}

/** What goes to one is told in hundredths, the rest as it is; with its sign where there is less than nothing. */
function saidOf({ min, max }: { min: number; max: number }, value: number): string {
  const number = max <= 2 && min >= -2 ? Math.round(value * 100) : Math.round(value * 10) / 10;
  const sign = number < 0 ? '−' : number > 0 && min < 0 ? '+' : '';
  return `${sign}${Math.abs(number)}`;
}

/** A list finds its entries by their letters, which elsewhere are shortcuts. */
function keepLetters(event: KeyboardEvent): void {
  if (event.key !== 'Escape' && event.key !== 'Tab') event.stopPropagation();
}

export const filterFormStyles = css`
  .row {
    display: grid;
    grid-template: 'name control said back' auto / minmax(92px, 0.6fr) 1fr 40px var(--_target);
    align-items: center;
    gap: 0 var(--_2);
    min-height: var(--_target);
  }

  .name {
    grid-area: name;
    line-height: 1.2;
    overflow-wrap: anywhere;
  }

  .slider {
    grid-area: control;
    width: 100%;
    min-width: 0;
  }

  .field {
    grid-area: control;
    width: 100%;
    min-width: 0;
    height: var(--_target);
    padding: var(--_1) var(--_2);
    border: 1px solid var(--_line);
    border-radius: var(--_round-s);
    background: var(--_raised);
    color: inherit;
    font: inherit;
  }

  output {
    grid-area: said;
    justify-self: end;
    font-variant-numeric: tabular-nums;
    color: var(--_quiet);
  }

  .back {
    grid-area: back;
    color: var(--_quiet);
  }

  .back.away {
    visibility: hidden;
  }

  /* Beside a picture that is held sideways. */
  @container drawer (max-width: 320px) {
    .row {
      grid-template: 'name said back' 24px 'control control back' auto / 1fr 40px var(--_target);
    }
  }
`;
