/** How loud it is, as a line that grows from its middle; amber at the edge of what can be recorded. Draws ten times a second, alone. */

import { LitElement, css, html } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import type { StudioEvents } from '../index.js';

type Level = StudioEvents['level'];

/** Decibels below full scale that are still shown. */
const FLOOR = 54;

export class OnetakeLevel extends LitElement {
  static override properties: PropertyDeclarations = { listen: { attribute: false } };

  /** Calls its argument with each level, until what it returned is called. */
  declare listen: ((hear: (level: Level) => void) => () => void) | undefined;
  #stop: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#hear();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.();
  }

  protected override firstUpdated(): void {
    this.#hear();
  }

  override render(): TemplateResult {
    return html`<i part="bar" aria-hidden="true"></i>`;
  }

  #hear(): void {
    this.#stop?.();
    this.#stop = this.listen?.(({ peak, clipped }) => {
      const decibels = 20 * Math.log10(Math.max(peak, 1e-6));
      const bar = this.renderRoot.querySelector('i');
      bar?.style.setProperty('width', `${Math.round(Math.max(0, 1 + decibels / FLOOR) * 100)}%`);
      bar?.classList.toggle('clipped', clipped);
    });
  }

  static override styles = css`
    :host {
      display: flex;
      justify-content: center;
      height: 3px;
      pointer-events: none;
    }

    i {
      width: 0;
      border-radius: 2px;
      background: #4cd994;
      transition: width 100ms linear;
    }

    .clipped {
      background: #ffc247;
    }

    @media (prefers-reduced-motion: reduce) {
      i {
        transition: none;
      }
    }
  `;
}

customElements.get('onetake-level') ?? customElements.define('onetake-level', OnetakeLevel);

declare global {
  interface HTMLElementTagNameMap {
    'onetake-level': OnetakeLevel;
  }
}
