/**
 * `<onetake-speed>`: how fast the next take runs. A button with the speed in force; it opens a row of the others beside it.
 *
 * Says a choice by a `speed` event (`CustomEvent<number>`) and keeps none: `value` is its owner's. Arrow keys choose in
 * the open row; Space, Enter, Escape or leaving it close it. `quiet` hides it while a take runs.
 */

import { LitElement, css, html, nothing } from 'lit';
import type { PropertyDeclarations, PropertyValues, TemplateResult } from 'lit';
import { controls } from './controls.js';
import { icon } from './icons.js';
import { messages } from './messages.js';
import type { Messages } from './messages.js';
import { stepTo } from './row-keys.js';
import { tokens } from './tokens.js';
import { toolStyles } from './tool-styles.js';

const SPEEDS = [0.5, 1, 2, 3];

export class OnetakeSpeed extends LitElement {
  static override properties: PropertyDeclarations = {
    value: { type: Number },
    words: { attribute: false },
    quiet: { type: Boolean },
    open: { state: true },
  };

  declare value: number;
  declare words: Messages;
  declare quiet: boolean;
  declare private open: boolean;

  constructor() {
    super();
    this.value = 1;
    this.words = messages('en');
    this.quiet = false;
    this.open = false;
  }

  override render(): TemplateResult {
    const { value, quiet, words: t } = this;
    const open = this.open && !quiet;
    return html`<div class="place ${quiet ? 'away' : ''}" @keydown=${this.#key} @focusout=${this.#leave}>
      <button
        type="button"
        class="tool ${value === 1 ? '' : 'set'}"
        part="tool"
        aria-label=${t.speedName(t.speedTimes(value))}
        aria-expanded=${open ? 'true' : 'false'}
        @click=${() => (this.open = !this.open)}
      >
        ${icon('speed')}<span aria-hidden="true">${value === 1 ? t.speedShort : `${value}×`}</span>
      </button>
      ${open
        ? html`<div class="row" role="radiogroup" aria-label=${t.speed}>
            ${SPEEDS.map(
              (speed) => html`<button
                type="button"
                role="radio"
                aria-checked=${speed === value ? 'true' : 'false'}
                aria-label=${t.speedTimes(speed)}
                tabindex=${speed === value ? '0' : '-1'}
                @click=${() => this.#choose(speed, true)}
              >
                ${speed}×
              </button>`,
            )}
          </div>`
        : nothing}
    </div>`;
  }

  protected override updated(changed: PropertyValues): void {
    if (this.open && (changed.has('open') || changed.has('value'))) this.#checked()?.focus({ preventScroll: true });
  }

  #checked(): HTMLElement | null {
    return this.renderRoot.querySelector('[aria-checked="true"]');
  }

  #choose(speed: number, close: boolean): void {
    if (close) this.#close();
    if (speed !== this.value) this.dispatchEvent(new CustomEvent('speed', { detail: speed }));
  }

  #close(): void {
    this.open = false;
    this.renderRoot.querySelector<HTMLElement>('.tool')?.focus({ preventScroll: true });
  }

  #key = (event: KeyboardEvent): void => {
    if (!this.open) return;
    const next = stepTo(event, SPEEDS.indexOf(this.value), SPEEDS.length);
    if (next !== undefined) this.#choose(SPEEDS[next] ?? 1, false);
    else if (event.key === 'Escape' || (isRadio(event.target) && [' ', 'Enter'].includes(event.key))) this.#close();
    else return;
    // They mean nothing else while the row is open.
    event.preventDefault();
  };

  #leave = (event: FocusEvent): void => {
    if (!(event.relatedTarget instanceof Node) || !this.renderRoot.contains(event.relatedTarget)) this.open = false;
  };

  static override styles = [
    tokens,
    controls,
    toolStyles,
    css`
      :host {
        display: block;
        pointer-events: none;
      }

      .place {
        position: relative;
      }

      button {
        pointer-events: auto;
      }

      .row {
        position: absolute;
        top: 50%;
        right: calc(100% + var(--_2));
        display: flex;
        padding: var(--_1);
        border-radius: var(--_pill);
        background: #1d1d22;
        transform: translateY(-50%);
      }

      .row button {
        padding: 0 var(--_2);
        font-size: var(--_size-s);
        font-weight: 600;
      }

      .row [aria-checked='true'] {
        background: #ffffff;
        color: #0a0a0c;
      }
    `,
  ];
}

function isRadio(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.getAttribute('role') === 'radio';
}

customElements.get('onetake-speed') ?? customElements.define('onetake-speed', OnetakeSpeed);

declare global {
  interface HTMLElementTagNameMap {
    'onetake-speed': OnetakeSpeed;
  }
}
