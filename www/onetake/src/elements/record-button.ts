/**
 * The record button. A tap toggles; holding records until it is let go; keyboard and assistive technology click.
 *
 * Fires `press` (begin or end a take) at pointerdown, since the instant of the press is the instant meant, `letgo` when a
 * hold ends, and `slide` (a CustomEvent of the CSS pixels upwards since the press) while it is held. It knows no recorder: `state` is given from outside.
 */

import { LitElement, css, html, nothing, svg } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import { controls } from './controls.js';
import { tokens } from './tokens.js';

export type RecordState = 'ready' | 'waiting' | 'recording' | 'saving';

/** Milliseconds after which a press counts as holding. */
const HOLD = 400;
/** CSS pixels. */
const STILL = 10;

export class OnetakeRecordButton extends LitElement {
  static override properties: PropertyDeclarations = {
    state: { type: String, reflect: true },
    label: { type: String },
    full: { type: Boolean, reflect: true },
    least: { type: Number },
    held: { state: true },
  };

  static override shadowRootOptions: ShadowRootInit = { ...LitElement.shadowRootOptions, delegatesFocus: true };

  declare state: RecordState;
  declare label: string;
  /** There is no room for another take. */
  declare full: boolean;
  /** How much of the shortest duration there is, 0..1; 1: it may end. */
  declare least: number;
  declare protected held: boolean;
  #pressed: { pointer: number; at: number; y: number; began: boolean } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.state = 'ready';
    this.label = '';
    this.full = false;
    this.least = 1;
    this.held = false;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#forget();
  }

  override render(): TemplateResult {
    const on = this.state === 'recording' || this.state === 'waiting';
    return html`<button
      part="button"
      class=${this.held ? 'held' : ''}
      aria-label=${this.label}
      aria-pressed=${on ? 'true' : 'false'}
      aria-disabled=${this.state === 'saving' || this.full ? 'true' : 'false'}
      @pointerdown=${this.#down}
      @pointermove=${this.#move}
      @pointerup=${this.#up}
      @pointercancel=${this.#up}
      @click=${this.#click}
      @contextmenu=${(event: Event) => event.preventDefault()}
    >
      <i class="ring"></i><i class="core"></i>
      ${this.least < 1
        ? svg`<svg class="least" part="least" aria-hidden="true" viewBox="0 0 100 100"><circle cx="50" cy="50" r="46" pathLength="1" stroke-dasharray="${this.least} 1" /></svg>`
        : nothing}
    </button>`;
  }

  #down(event: PointerEvent): void {
    if (event.button !== 0 || !event.isPrimary) return;
    const button = event.currentTarget as HTMLElement;
    button.setPointerCapture(event.pointerId);
    this.#pressed = { pointer: event.pointerId, at: event.timeStamp, y: event.clientY, began: this.state === 'ready' };
    this.#timer = setTimeout(() => (this.held = true), HOLD);
    this.#fire('press');
  }

  #move(event: PointerEvent): void {
    const pressed = this.#pressed;
    if (!pressed?.began || pressed.pointer !== event.pointerId) return;
    const up = pressed.y - event.clientY;
    // A thumb is never quite still.
    if (Math.abs(up) > STILL) this.dispatchEvent(new CustomEvent('slide', { detail: up - Math.sign(up) * STILL }));
  }

  #up(event: PointerEvent): void {
    const pressed = this.#pressed;
    if (!pressed || pressed.pointer !== event.pointerId) return;
    this.#forget();
    if (pressed.began && event.timeStamp - pressed.at >= HOLD) this.#fire('letgo');
  }

  #click(event: MouseEvent): void {
    // A pointer's click was dealt with at pointerdown; keyboards and screen readers have no pointer (detail 0).
    if (event.detail === 0) this.#fire('press');
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#pressed = undefined;
    this.held = false;
  }

  #fire(type: 'press' | 'letgo'): void {
    this.dispatchEvent(new Event(type));
  }

  static override styles = [
    tokens,
    controls,
    css`
      :host {
        display: block;
        width: 88px;
        height: 88px;
      }

      button,
      button:active {
        position: relative;
        width: 100%;
        height: 100%;
        border-radius: 50%;
        transform: none;
        touch-action: none;
      }

      .ring,
      .core {
        position: absolute;
        border-radius: 50%;
        /* Not by transform: Chromium without a GPU draws the square of a scaled layer over a video. */
        transition:
          inset var(--_calm) var(--_ease),
          border-radius var(--_calm) var(--_ease),
          border-color var(--_calm) linear;
      }

      .ring {
        inset: 2px;
        border: 5px solid #ffffff;
        background: rgb(10 10 12 / 0.28);
        box-shadow: 0 0 0 1px rgb(10 10 12 / 0.3), inset 0 0 0 1px rgb(10 10 12 / 0.3);
      }

      .core {
        inset: 12px;
        border-radius: 32px;
        background: var(--_accent);
      }

      button:active .core {
        inset: 15px;
      }

      :host([state='recording']) .ring,
      :host([state='waiting']) .ring {
        inset: -2px;
        border-color: rgb(255 255 255 / 0.85);
      }

      :host([state='recording']) .core,
      :host([state='waiting']) .core {
        inset: 28px;
        border-radius: 8px;
      }

      :host([state='recording']) .held .ring {
        inset: -7px;
      }

      :host([state='recording']) .held .core {
        inset: 18px;
        border-radius: 26px;
      }

      :host([state='recording']) .ring {
        animation: breathe 2s ease-in-out infinite;
      }

      :host([state='saving']) .ring {
        border-color: rgb(255 255 255 / 0.3);
        border-top-color: #ffffff;
        animation: turn 900ms linear infinite;
      }

      :host([state='saving']) .core {
        inset: 18px;
        opacity: 0.5;
      }

      :host([full]) .core {
        opacity: 0.35;
      }

      .least {
        position: absolute;
        inset: -8px;
        fill: none;
        stroke: var(--_warning);
        stroke-width: 5;
        stroke-linecap: round;
        transform: rotate(-90deg);
        pointer-events: none;
      }

      @keyframes breathe {
        50% {
          border-color: rgb(255 255 255 / 0.5);
        }
      }

      @media (prefers-reduced-motion: reduce) {
        .ring,
        .core {
          transition: none;
        }

        :host([state='recording']) .ring {
          animation: none;
        }
      }
    `,
  ];
}

customElements.get('onetake-record-button') ?? customElements.define('onetake-record-button', OnetakeRecordButton);

declare global {
  interface HTMLElementTagNameMap {
    'onetake-record-button': OnetakeRecordButton;
  }
}
