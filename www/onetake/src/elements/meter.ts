/**
 * `<onetake-meter>`: what the recorder counts, over the picture, for people who look into a problem.
 *
 * Draws itself twice a second and asks for nothing in between: what it reads and hears comes by functions that stay the same.
 * Its box never changes its size by a figure, so nothing around it is laid out anew. No live region: it would never be silent.
 */

import { LitElement, css, html, nothing } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import type { DropReason, Stats, StudioEvents } from '../index.js';
import { bytes } from './format.js';
import { messages } from './messages.js';
import type { Messages } from './messages.js';
import { tokens } from './tokens.js';

/** Milliseconds between two drawings. */
const STEP = 500;
/** Drawings over which frames are counted: a second. */
const SPAN = 2;
const REASONS: readonly DropReason[] = ['source', 'encoder', 'storage', 'gpu'];

type Row = { name: string; value: string; part?: boolean; bad?: boolean };

export class OnetakeMeter extends LitElement {
  static override properties: PropertyDeclarations = {
    read: { attribute: false },
    listen: { attribute: false },
    words: { attribute: false },
  };

  declare read: (() => Stats | undefined) | undefined;
  /** Calls its argument with each level, until what it returned is called; without it no sound is shown. */
  declare listen: ((hear: (level: StudioEvents['level']) => void) => () => void) | undefined;
  declare words: Messages;
  #timer: ReturnType<typeof setInterval> | undefined;
  #deaf: (() => void) | undefined;
  /** Since the last drawing, 0..=1. */
  #peak = 0;
  #counts: { at: number; encoded: number }[] = [];
  #rows: Row[] = [];

  constructor() {
    super();
    this.words = messages('en');
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => this.#step(), STEP);
    if (this.hasUpdated) this.#hear();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
    this.#deaf?.();
  }

  protected override firstUpdated(): void {
    this.#hear();
    this.#step();
  }

  override render(): TemplateResult {
    return html`<div role="group" aria-label=${this.words.meter}>
      <dl part="figures">
        ${this.#rows.map(
          ({ name, value, part, bad }) => html`<dt class=${part ? 'part' : nothing}>${name}</dt><dd class=${bad ? 'bad' : nothing}>${value}</dd>`,
        )}
      </dl>
    </div>`;
  }

  #hear(): void {
    this.#deaf?.();
    this.#deaf = this.listen?.(({ peak }) => (this.#peak = Math.max(this.#peak, peak)));
  }

  #step(): void {
    const stats = this.read?.();
    if (!stats || document.hidden) return;
    this.#counts = [...this.#counts, { at: performance.now(), encoded: stats.encoded }].slice(-SPAN - 1);
    this.#rows = rowsOf(stats, this.#out(), this.listen && this.#peak, this.words);
    this.#peak = 0;
    this.requestUpdate();
  }

  /** Frames a second that came out of the encoder. */
  #out(): number {
    const [first, last] = [this.#counts.at(0), this.#counts.at(-1)];
    if (!first || !last || last.at === first.at) return 0;
    return Math.max(0, ((last.encoded - first.encoded) * 1000) / (last.at - first.at));
  }

  static override styles = [
    tokens,
    css`
      :host {
        display: block;
        width: 224px;
        contain: content;
        pointer-events: none;
      }

      dl {
        display: grid;
        grid-template-columns: 1fr auto;
        gap: 1px 8px;
        margin: 0;
        padding: 8px 12px;
        border-radius: var(--_round-s);
        background: rgb(10 10 12 / 0.76);
        font: 12px/1.35 var(--_font);
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }

      dt {
        overflow: hidden;
        text-overflow: ellipsis;
        color: #dcdce2;
      }

      .part {
        padding-left: 12px;
      }

      dd {
        margin: 0;
        text-align: right;
      }

      .bad {
        font-weight: 700;
        color: var(--_warning);
      }
    `,
  ];
}

function rowsOf(stats: Stats, out: number, peak: number | undefined, t: Messages): Row[] {
  const { dropped, fps, encodeMs, queue, thinned, storedLag, silence, openFrames, skew } = stats;
  const lost = REASONS.reduce((sum, reason) => sum + dropped[reason], 0);
  return [
    { name: t.meterFps, value: `${fps.toFixed(1)} / ${out.toFixed(1)}` },
    { name: t.meterEncode, value: `${encodeMs.toFixed(1)} ms` },
    { name: t.meterQueue, value: String(queue) },
    { name: t.meterDropped, value: String(lost), bad: lost > 0 },
    ...REASONS.map((reason) => ({ name: t.meterReasons[reason], value: String(dropped[reason]), part: true, bad: dropped[reason] > 0 })),
    { name: t.meterThinned, value: String(thinned) },
    { name: t.meterLag, value: `${storedLag.toFixed(2)} s` },
    { name: t.meterBytes, value: stats.bytes > 0 ? bytes(stats.bytes) : '0 KB' },
    // Nothing heard is no figure.
    ...(peak === undefined ? [] : [{ name: t.meterPeak, value: peak > 0 ? `${(20 * Math.log10(peak)).toFixed(1).replace('-', '−')} dB` : '–' }]),
    { name: t.meterSilence, value: `${silence.toFixed(2)} s` },
    { name: t.meterSkew, value: `${skew.toFixed(2)} s` },
    { name: t.meterOpen, value: String(openFrames) },
  ];
}

customElements.get('onetake-meter') ?? customElements.define('onetake-meter', OnetakeMeter);

declare global {
  interface HTMLElementTagNameMap {
    'onetake-meter': OnetakeMeter;
  }
}
