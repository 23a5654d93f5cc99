/**
 * `<onetake-qr>`: the QR code of a text, drawn here: nothing is fetched from elsewhere, and what draws it is loaded when the first
 * one is shown. Black on white with the margin that ISO/IEC 18004 asks for, also on dark pages: cameras read it so.
 */

import { LitElement, css, html, nothing, svg } from 'lit';
import type { PropertyDeclarations, PropertyValues, TemplateResult } from 'lit';

/** Modules of white around the code (ISO/IEC 18004, 6.3.8). */
const QUIET = 4;

export class OnetakeQr extends LitElement {
  static override properties: PropertyDeclarations = {
    text: { type: String },
    label: { type: String },
    code: { state: true },
  };

  declare text: string;
  /** Its name; empty: decorative, what stands around it is named. */
  declare label: string;
  declare private code: { size: number; path: string } | undefined;

  constructor() {
    super();
    this.text = this.label = '';
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('text')) return;
    this.code = undefined;
    if (this.text) void this.#draw(this.text);
  }

  override render(): TemplateResult | typeof nothing {
    if (!this.code) return nothing;
    const { size, path } = this.code;
    const box = `${-QUIET} ${-QUIET} ${size + 2 * QUIET} ${size + 2 * QUIET}`;
    const shape = svg`<path d=${path} fill="#000000" />`;
    return this.label
      ? html`<svg role="img" aria-label=${this.label} viewBox=${box} shape-rendering="crispEdges">${shape}</svg>`
      : html`<svg aria-hidden="true" viewBox=${box} shape-rendering="crispEdges">${shape}</svg>`;
  }

  async #draw(text: string): Promise<void> {
    // Without it, and where the text is too long for any code, the link itself is still there.
    const code = await codeOf(text).catch(() => undefined);
    if (text === this.text) this.code = code;
  }

  static override styles = css`
    :host {
      display: block;
      aspect-ratio: 1;
      border-radius: 8px;
      background: #ffffff;
      overflow: hidden;
    }

    svg {
      display: block;
      width: 100%;
      height: 100%;
    }
  `;
}

/** Runs of dark modules as one path. A fifth of it may be lost or covered. */
async function codeOf(text: string): Promise<{ size: number; path: string }> {
  const { correction, generate } = await import('lean-qr/nano');
  const code = generate(text, { minCorrectionLevel: correction.M });
  let path = '';
  for (let y = 0; y < code.size; y += 1) {
    for (let x = 0; x < code.size; x += 1) {
      const from = x;
      while (code.get(x, y)) x += 1;
      if (x > from) path += `M${from} ${y}h${x - from}v1h${from - x}z`;
    }
  }
  return { size: code.size, path };
}

customElements.get('onetake-qr') ?? customElements.define('onetake-qr', OnetakeQr);

declare global {
  interface HTMLElementTagNameMap {
    'onetake-qr': OnetakeQr;
  }
}
