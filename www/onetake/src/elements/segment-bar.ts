/** The bar on top of the picture: one cell a segment, the cell being recorded grows with media time. Decoration: the time is told in words elsewhere. */

import { LitElement, css, html, nothing } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import type { Segment } from '../index.js';
import { total } from './format.js';
import { tokens } from './tokens.js';

export class OnetakeSegmentBar extends LitElement {
  static override properties: PropertyDeclarations = {
    segments: { attribute: false },
    live: { type: Number },
    limit: { type: Number },
    recording: { type: Boolean, reflect: true },
    doomed: { type: Number },
    label: { type: String },
  };

  declare segments: readonly Segment[];
  /** Seconds of the segment being recorded. */
  declare live: number;
  /** Seconds that the whole bar stands for; 0: what is filmed fills it. */
  declare limit: number;
  declare recording: boolean;
  /** The take that the next press on delete removes. */
  declare doomed: number | undefined;
  declare label: string;

  constructor() {
    super();
    this.segments = [];
    this.live = 0;
    this.limit = 0;
    this.recording = false;
    this.doomed = undefined;
    this.label = '';
  }

  override render(): TemplateResult {
    const filmed = total(this.segments) + this.live;
    const whole = Math.max(this.limit, filmed, 0.001);
    const width = (seconds: number): string => `width:${((seconds / whole) * 100).toFixed(3)}%`;
    return html`<div class="track" part="track" role="img" aria-label=${this.label}>
      ${this.segments.map(
        ({ duration, take }) =>
          html`<i class="cell ${take === this.doomed ? 'doomed' : ''}" part="cell" style=${width(duration)}></i>`,
      )}
      ${this.recording || this.live > 0 ? html`<i class="cell live" part="cell live" style=${width(this.live)}></i>` : nothing}
    </div>`;
  }

  static override styles = [
    tokens,
    css`
      :host {
        display: block;
        height: 6px;
      }

      .track {
        display: flex;
        height: 100%;
        border-radius: 3px;
        overflow: hidden;
        background: rgb(255 255 255 / 0.32);
        box-shadow: 0 0 0 1px rgb(10 10 12 / 0.35);
      }

      .cell {
        position: relative;
        flex: none;
        height: 100%;
        background: #ffffff;
      }

      /* The joint is drawn over the end of its cell, so that widths stay true to time. */
      .cell::after {
        content: '';
        position: absolute;
        inset: 0 0 0 auto;
        width: min(2px, 40%);
        background: #0a0a0c;
      }

      .live {
        background: var(--_accent);
        transition: width 110ms linear;
      }

      .live::after {
        background: #ffffff;
      }

      .doomed {
        background: repeating-linear-gradient(-45deg, var(--_accent) 0 5px, #ffffff 5px 8px);
        animation: blink 900ms steps(1) infinite;
      }

      @keyframes blink {
        50% {
          opacity: 0.25;
        }
      }

      @media (prefers-reduced-motion: reduce) {
        .doomed {
          animation: none;
        }

        .live {
          transition: none;
        }
      }
    `,
  ];
}

customElements.get('onetake-segment-bar') ?? customElements.define('onetake-segment-bar', OnetakeSegmentBar);

declare global {
  interface HTMLElementTagNameMap {
    'onetake-segment-bar': OnetakeSegmentBar;
  }
}
