/**
 * `<onetake-adjust>`: a tool that opens a panel of brightness, white balance and the switches of the meter and of uploads while filming.
 *
 * What the camera does not offer is not shown; where it offers neither, that is said. It keeps no value: it fires `exposure`
 * (stops), `balance` (kelvin or `auto`), `meter` and `live` (whether they are wanted). How far from the right the panel stands, and how
 * wide it is, is said by `--_panel-right` and `--_panel-width` of its surroundings; Escape or the tool closes it, a tap on the picture does not.
 */

import { LitElement, css, html, nothing } from 'lit';
import type { PropertyDeclarations, PropertyValues, TemplateResult } from 'lit';
import type { CameraCapabilities, Range3 } from '../types.js';
import { controls } from './controls.js';
import type { WhiteBalance } from './dials.js';
import { signed } from './format.js';
import { icon } from './icons.js';
import type { IconName } from './icons.js';
import { messages } from './messages.js';
import type { Messages } from './messages.js';
import { sliderStyles } from './slider-styles.js';
import { switchStyles } from './switch-styles.js';
import { tokens } from './tokens.js';
import { toolStyles } from './tool-styles.js';

/** Steps of a slider whose camera names none. */
const STEPS = 20;

type Dial = { sign: IconName; name: string; range: Range3; at: number; automatic: boolean; said: string; set: (value: number) => void; free: () => void };

export class OnetakeAdjust extends LitElement {
  static override properties: PropertyDeclarations = {
    offers: { attribute: false },
    exposure: { type: Number },
    balance: { attribute: false },
    meter: { type: Boolean },
    live: { attribute: false },
    place: { type: String },
    words: { attribute: false },
    open: { type: Boolean, reflect: true },
  };

  declare offers: CameraCapabilities;
  /** Stops. */
  declare exposure: number;
  declare balance: WhiteBalance;
  /** The meter is shown. */
  declare meter: boolean;
  /** Takes are uploaded while they are filmed; absent: nothing is uploaded here. */
  declare live: boolean | undefined;
  /** Where they go then, in words. */
  declare place: string;
  declare words: Messages;
  /** Reflected, so that its surroundings can give way. */
  declare open: boolean;
  /** It was opened, or used, by a pointer: Space and Enter mean the camera, as after any click. */
  #pointed = false;

  constructor() {
    super();
    this.offers = { torch: false, focusPoint: false };
    this.exposure = 0;
    this.balance = 'auto';
    this.meter = this.open = false;
    this.words = messages('en');
    this.place = '';
  }

  toggle(): void {
    this.open = !this.open;
    if (!this.open) this.renderRoot.querySelector<HTMLElement>('.tool')?.focus({ preventScroll: true });
  }

  override render(): TemplateResult {
    const { open, words: t } = this;
    const changed = this.exposure !== 0 || this.balance !== 'auto';
    return html`<div class="place" @keydown=${this.#key} @pointerdown=${() => (this.#pointed = true)}>
      <button type="button" class="tool ${changed ? 'set' : ''}" part="tool" aria-label=${t.adjust} aria-expanded=${open ? 'true' : 'false'} @click=${() => this.toggle()}>
        ${icon('adjust')}<span aria-hidden="true">${t.adjustShort}</span>
      </button>
      ${open ? this.#panel(t) : nothing}
    </div>`;
  }

  protected override updated(changed: PropertyValues): void {
    if (!changed.has('open')) return;
    if (this.open) this.renderRoot.querySelector<HTMLElement>('.panel input, .panel button')?.focus({ preventScroll: true });
    else this.#pointed = false;
  }

  #panel(t: Messages): TemplateResult {
    const dials = this.#dials(t);
    return html`<div class="panel" part="panel" role="group" aria-label=${t.adjust}>
      ${dials.map((dial) => row(dial, t))} ${dials.length === 0 ? html`<p>${icon('info', 20)}${t.adjustNone}</p>` : nothing}
      ${this.#switch('meter', 'speed', t.meter, this.meter)}
      ${this.live === undefined ? nothing : this.#switch('live', 'upload', html`${t.uploadLive}<small>${this.place}</small>`, this.live)}
    </div>`;
  }

  #switch(type: 'meter' | 'live', sign: IconName, name: string | TemplateResult, on: boolean): TemplateResult {
    return html`<button type="button" class="switch" role="switch" aria-checked=${on ? 'true' : 'false'} @click=${() => this.#say(type, !on)}>
      ${icon(sign, 20)}<span>${name}</span><i></i>
    </button>`;
  }

  #dials(t: Messages): Dial[] {
    const { offers: { exposure, whiteBalance }, balance } = this;
    const dials: Dial[] = [];
    if (exposure) {
      const said = t.exposureAt(signed(this.exposure));
      const set = (stops: number): void => this.#say('exposure', stops);
      dials.push({ sign: 'sun', name: t.exposure, range: exposure, at: this.exposure, automatic: this.exposure === 0, said, set, free: () => set(0) });
    }
    if (whiteBalance) {
      const automatic = balance === 'auto';
      // Where the camera is by itself is not known: the middle is near everything.
      const at = automatic ? (whiteBalance.min + whiteBalance.max) / 2 : balance;
      const said = automatic ? t.automatic : t.whiteBalanceAt(Math.round(balance));
      const set = (kelvin: WhiteBalance): void => this.#say('balance', kelvin);
      dials.push({ sign: 'thermometer', name: t.whiteBalance, range: whiteBalance, at, automatic, said, set, free: () => set('auto') });
    }
    return dials;
  }

  #say(type: 'exposure' | 'balance' | 'meter' | 'live', detail: WhiteBalance | boolean): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #key = (event: KeyboardEvent): void => {
    if (!this.open) return;
    const { key, target } = event;
    // The focus was put on it: it keeps what presses a button, as one that was reached by Tab.
    if ((key === ' ' || key === 'Enter') && !this.#pointed && target instanceof Element && target.closest('.panel button')) event.stopPropagation();
    if (key !== 'Escape') return;
    this.toggle();
    event.preventDefault();
  };

  static override styles = [
    tokens,
    controls,
    toolStyles,
    sliderStyles,
    switchStyles,
    css`
      :host {
        display: block;
        pointer-events: none;
      }

      .tool,
      .panel {
        pointer-events: auto;
      }

      .panel {
        position: absolute;
        right: var(--_panel-right);
        bottom: 0;
        width: var(--_panel-width);
        display: grid;
        gap: var(--_1);
        padding: var(--_3) var(--_4) var(--_1);
        border-radius: var(--_round);
        background: #1d1d22;
        font-size: var(--_size-s);
      }

      .dial {
        display: grid;
        grid-template-columns: auto 1fr auto;
        align-items: center;
        gap: 0 var(--_2);
      }

      .said {
        justify-self: end;
        font-variant-numeric: tabular-nums;
        color: var(--_quiet);
      }

      .slider {
        grid-column: 1 / 3;
        width: 100%;
      }

      .auto {
        padding: 0 var(--_3);
        font-size: var(--_size-s);
        font-weight: 600;
      }

      /* Lower than what can be touched. */
      .auto[aria-pressed='true'] {
        position: relative;
        isolation: isolate;
        color: #0a0a0c;
      }

      .auto[aria-pressed='true']::before {
        content: '';
        position: absolute;
        inset: 6px 0;
        z-index: -1;
        border-radius: var(--_pill);
        background: #ffffff;
      }

      small {
        display: block;
        font-size: 12px;
        font-weight: 400;
        color: var(--_quiet);
      }

      p {
        display: flex;
        gap: var(--_2);
        padding-bottom: var(--_2);
        color: var(--_quiet);
      }
    `,
  ];
}

function row({ sign, name, range: { min, max, step }, at, automatic, said, set, free }: Dial, t: Messages): TemplateResult {
  const value = (event: Event): number => Number((event.target as HTMLInputElement).value);
  return html`<div class="dial">
    ${icon(sign, 20)}<span aria-hidden="true">${name}</span><span class="said" aria-hidden="true">${said}</span>
    <input
      class="slider"
      type="range"
      min=${min}
      max=${max}
      step=${step > 0 ? step : (max - min) / STEPS}
      aria-label=${name}
      aria-valuetext=${said}
      style=${`--filled:${((at - min) / (max - min)) * 100}%`}
      .value=${String(at)}
      @input=${(event: Event) => set(value(event))}
    />
    <button type="button" class="auto" aria-label=${t.automaticName(name)} aria-pressed=${automatic ? 'true' : 'false'} @click=${free}>${t.automatic}</button>
  </div>`;
}

customElements.get('onetake-adjust') ?? customElements.define('onetake-adjust', OnetakeAdjust);

declare global {
  interface HTMLElementTagNameMap {
    'onetake-adjust': OnetakeAdjust;
  }
}
