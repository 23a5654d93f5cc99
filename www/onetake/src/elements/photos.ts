/**
 * `<onetake-photos>`: the last photo, small, at the side of the record button; it opens a column of what can be done with all
 * photos that were taken. Fires `save`, `share` and `drop`, the last one after a question unless they are `kept` elsewhere. It
 * opens by itself for a new photo, but not while a take runs, nor for those that were there before it was.
 */

import { LitElement, css, html, nothing } from 'lit';
import type { PropertyDeclarations, PropertyValues, TemplateResult } from 'lit';
import { sharesFiles } from '../handover.js';
import { controls } from './controls.js';
import { icon } from './icons.js';
import { messages } from './messages.js';
import type { Messages } from './messages.js';
import { tokens } from './tokens.js';

export class OnetakePhotos extends LitElement {
  static override properties: PropertyDeclarations = {
    photos: { attribute: false },
    kept: { type: Boolean },
    filming: { type: Boolean },
    words: { attribute: false },
    open: { state: true },
    asked: { state: true },
  };

  declare photos: readonly Blob[];
  /** They were saved or shared. */
  declare kept: boolean;
  /** A take runs. */
  declare filming: boolean;
  declare words: Messages;
  declare private open: boolean;
  /** The next press on the bin discards them. */
  declare private asked: boolean;
  #address = '';

  constructor() {
    super();
    this.photos = [];
    this.kept = this.filming = this.open = this.asked = false;
    this.words = messages('en');
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#show();
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#forget();
  }

  protected override willUpdate(changed: PropertyValues<{ photos: readonly Blob[]; filming: boolean }>): void {
    if (changed.has('photos')) {
      this.#show();
      const last = this.photos.at(-1);
      const taken = this.hasUpdated && last !== undefined && last !== changed.get('photos')?.at(-1);
      if (taken && !this.filming) this.open = true;
      if (!last) this.open = false;
    }
    if (changed.has('filming') && this.filming) this.open = false;
    if (changed.has('photos') || !this.open) this.asked = false;
  }

  override render(): TemplateResult | typeof nothing {
    const { open, words: t } = this;
    const { length } = this.photos;
    if (length === 0) return nothing;
    return html`<div class="place" @keydown=${this.#key}>
      <button type="button" class="last" part="photo" aria-label=${t.photos(length)} aria-expanded=${open ? 'true' : 'false'} @click=${() => (this.open = !open)}>
        <img alt="" src=${this.#address} />${length > 1 ? html`<b aria-hidden="true">${length}</b>` : nothing}
      </button>
      ${open ? this.#deeds(length, t) : nothing}
      <p class="spoken" role="status">${this.asked ? t.photoDropAgain(length) : nothing}</p>
    </div>`;
  }

  #deeds(count: number, t: Messages): TemplateResult {
    const fire = (type: 'save' | 'share' | 'drop') => () => this.dispatchEvent(new Event(type));
    const { asked } = this;
    return html`<div class="deeds">
      <button type="button" aria-label=${t.photoSave(count)} @click=${fire('save')}>${icon('save', 22)}</button>
      ${sharesFiles('image/jpeg') ? html`<button type="button" aria-label=${t.photoShare(count)} @click=${fire('share')}>${icon('share', 22)}</button>` : nothing}
      <button
        type="button"
        class=${asked ? 'sure' : ''}
        aria-label=${asked ? t.photoDropAgain(count) : t.photoDrop(count)}
        @click=${asked || this.kept ? fire('drop') : () => (this.asked = true)}
      >
        ${icon('bin', 22)}
      </button>
    </div>`;
  }

  #key = (event: KeyboardEvent): void => {
    if (!this.open || event.key !== 'Escape') return;
    this.open = false;
    this.renderRoot.querySelector<HTMLElement>('.last')?.focus({ preventScroll: true });
    event.preventDefault();
  };

  #show(): void {
    this.#forget();
    const last = this.photos.at(-1);
    if (last && this.isConnected) this.#address = URL.createObjectURL(last);
  }

  #forget(): void {
    if (this.#address) URL.revokeObjectURL(this.#address);
    this.#address = '';
  }

  static override styles = [
    tokens,
    controls,
    css`
      :host {
        pointer-events: none;
      }

      button {
        pointer-events: auto;
      }

      /* The column stands above, and comes after, what opens it. */
      .place {
        display: flex;
        flex-direction: column-reverse;
        gap: var(--_2);
      }

      .last {
        position: relative;
        display: block;
        width: 52px;
        height: 80px;
        border: 2px solid #ffffff;
        border-radius: var(--_round-s);
        background: #000000;
        box-shadow: 0 0 0 1.5px rgb(10 10 12 / 0.55);
        animation: appear var(--_calm) linear;
      }

      img {
        display: block;
        width: 100%;
        height: 100%;
        border-radius: 7px;
        object-fit: cover;
      }

      b {
        position: absolute;
        top: -9px;
        right: -9px;
        min-width: 22px;
        padding: 0 5px;
        border-radius: var(--_pill);
        background: #ffffff;
        color: #0a0a0c;
        font-size: 13px;
        line-height: 22px;
        text-align: center;
      }

      .deeds {
        display: grid;
        width: 52px;
        padding: 4px;
        border-radius: var(--_pill);
        background: #1d1d22;
      }

      .sure {
        background: #c8102e;
      }
    `,
  ];
}

customElements.get('onetake-photos') ?? customElements.define('onetake-photos', OnetakePhotos);

declare global {
  interface HTMLElementTagNameMap {
    'onetake-photos': OnetakePhotos;
  }
}
