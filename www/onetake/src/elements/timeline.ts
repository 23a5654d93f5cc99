/** The list of segments that stands beside the picture where there is room. It only shows. */

import { LitElement, css, html, nothing } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import type { Facing, Locale, Segment } from '../index.js';
import { controls } from './controls.js';
import { bytes, clock, fineClock, total } from './format.js';
import { icon } from './icons.js';
import { messages } from './messages.js';
import type { Messages } from './messages.js';
import { tokens } from './tokens.js';

export class OnetakeTimeline extends LitElement {
  static override properties: PropertyDeclarations = {
    segments: { attribute: false },
    live: { type: Number },
    limit: { type: Number },
    recording: { type: Boolean },
    doomed: { type: Number },
    locale: { type: String },
  };

  declare segments: readonly Segment[];
  declare live: number;
  declare limit: number;
  declare recording: boolean;
  declare doomed: number | undefined;
  declare locale: Locale;

  constructor() {
    super();
    this.segments = [];
    this.live = this.limit = 0;
    this.recording = false;
    this.doomed = undefined;
    this.locale = 'en';
  }

  override render(): TemplateResult {
    const t = messages(this.locale);
    const filmed = total(this.segments) + this.live;
    return html`
      <header>
        <h2>${t.timeline}</h2>
        <p class="sum">
          <b>${clock(filmed)}</b>${this.limit > 0 ? html`<span>${t.timelineLeft(clock(this.limit - Math.floor(filmed)))}</span>` : nothing}
        </p>
      </header>
      ${this.segments.length === 0 && !this.recording ? html`<p class="empty">${icon('clip')}${t.timelineEmpty}</p>` : nothing}
      <ol>
        ${this.segments.map((segment, index) => this.#row(segment, index, t))}
        ${this.recording
          ? html`<li class="now">
              <span class="number">${this.segments.length + 1}</span>
              <span class="what"><b>${fineClock(this.live)}</b><small>${t.recordingNow}</small></span>
              <i class="dot"></i>
            </li>`
          : nothing}
      </ol>
    `;
  }

  protected override updated(): void {
    if (this.recording) this.renderRoot.querySelector('.now')?.scrollIntoView({ block: 'nearest' });
  }

  #row(segment: Segment, index: number, t: Messages): TemplateResult {
    const { duration, facing, bytes: size, recovered, audio, take } = segment;
    const share = this.limit > 0 ? (duration / this.limit) * 100 : 0;
    return html`<li class=${take === this.doomed ? 'doomed' : ''} part="segment">
      <span class="number" aria-label=${t.segmentName(index + 1)}>${index + 1}</span>
      <span class="what">
        <b>${fineClock(duration)}</b>
        <small>${camera(facing, t)} · ${bytes(size)}</small>
        <i class="length" style=${`width:${Math.min(100, share).toFixed(2)}%`}></i>
      </span>
      ${recovered ? html`<span class="tag">${t.recoveredTag}</span>` : nothing}
      ${audio === null ? html`<span class="tag">${t.silentTag}</span>` : nothing}
      ${take === this.doomed ? html`<span class="bin">${icon('erase', 20)}</span>` : nothing}
    </li>`;
  }

  static override styles = [
    tokens,
    controls,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
      }

      header {
        display: flex;
        align-items: baseline;
        justify-content: space-between;
        padding-bottom: var(--_4);
      }

      h2 {
        font-size: var(--_size);
        font-weight: 600;
      }

      .sum {
        display: flex;
        gap: var(--_2);
        align-items: baseline;
        font-variant-numeric: tabular-nums;
      }

      .sum b {
        font-size: var(--_size-l);
        font-weight: 600;
      }

      small,
      .sum span,
      .empty {
        font-size: 13px;
        color: var(--_quiet);
      }

      .empty {
        display: flex;
        align-items: center;
        gap: var(--_3);
        padding: var(--_4);
        border: 1px dashed var(--_line);
        border-radius: var(--_round);
      }

      ol {
        display: grid;
        gap: var(--_2);
        min-height: 0;
        overflow: auto;
        align-content: start;
      }

      li {
        display: flex;
        align-items: center;
        gap: var(--_3);
        padding: var(--_3);
        border-radius: var(--_round);
        background: var(--_surface);
        font-variant-numeric: tabular-nums;
      }

      .number {
        display: grid;
        place-items: center;
        flex: none;
        width: 32px;
        height: 32px;
        border-radius: var(--_round-s);
        background: var(--_raised);
        font-size: var(--_size-s);
        font-weight: 600;
      }

      .what {
        flex: 1;
        display: grid;
        gap: 2px;
      }

      .what b {
        font-weight: 600;
      }

      .length {
        height: 3px;
        min-width: 3px;
        margin-top: var(--_1);
        border-radius: 2px;
        background: #ffffff;
      }

      .tag {
        padding: 3px 8px;
        border-radius: var(--_pill);
        background: var(--_raised);
        font-size: var(--_size-xs);
      }

      .now {
        box-shadow: inset 0 0 0 1.5px var(--_accent);
      }

      .dot {
        width: 10px;
        height: 10px;
        margin-right: var(--_1);
        border-radius: 50%;
        background: var(--_accent);
      }

      .doomed {
        box-shadow: inset 0 0 0 1.5px var(--_accent);
      }

      .doomed .what b {
        text-decoration: line-through;
      }

      .bin {
        color: var(--_accent);
      }
    `,
  ];
}

function camera(facing: Facing | undefined, t: Messages): string {
  if (facing === 'user') return t.front;
  return facing === 'environment' ? t.rear : t.anyCamera;
}

customElements.get('onetake-timeline') ?? customElements.define('onetake-timeline', OnetakeTimeline);

declare global {
  interface HTMLElementTagNameMap {
    'onetake-timeline': OnetakeTimeline;
  }
}
