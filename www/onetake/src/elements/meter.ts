/** What the recorder counts, read twice a second: for people who look into a problem, in the words of the API. */

import { LitElement, css, html, nothing } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import type { Stats } from '../index.js';

export class OnetakeMeter extends LitElement {
  static override properties: PropertyDeclarations = { read: { attribute: false } };

  declare read: (() => Stats | undefined) | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => this.requestUpdate(), 500);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  override render(): TemplateResult | typeof nothing {
    const stats = this.read?.();
    if (!stats) return nothing;
    const { captured, encoded, dropped, fps, encodeMs, queue, storedLag, silence, openFrames, skew } = stats;
    const rows: [string, string][] = [
      ['fps', fps.toFixed(1)],
      ['captured', String(captured)],
      ['encoded', String(encoded)],
      ['dropped', Object.entries(dropped).filter(([, count]) => count > 0).map(([reason, count]) => `${reason} ${count}`).join(', ') || '0'],
      ['encodeMs', encodeMs.toFixed(1)],
      ['queue', String(queue)],
      ['storedLag', `${storedLag.toFixed(2)} s`],
      ['silence', `${silence.toFixed(2)} s`],
      ['openFrames', String(openFrames)],
      ['skew', String(skew)],
    ];
    return html`<dl>${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
  }

  static override styles = css`
    :host {
      position: absolute;
      top: calc(var(--_safe-top, 0px) + 84px);
      left: 12px;
      pointer-events: none;
    }

    dl {
      display: grid;
      grid-template-columns: auto auto;
      gap: 2px 10px;
      margin: 0;
      padding: 10px 12px;
      border-radius: 10px;
      background: rgb(10 10 12 / 0.72);
      font: 11px/1.4 ui-monospace, 'SF Mono', Menlo, Consolas, monospace;
    }

    dt {
      color: #c8c8d0;
    }

    dd {
      margin: 0;
      text-align: right;
    }
  `;
}

customElements.get('onetake-meter') ?? customElements.define('onetake-meter', OnetakeMeter);

declare global {
  interface HTMLElementTagNameMap {
    'onetake-meter': OnetakeMeter;
  }
}
