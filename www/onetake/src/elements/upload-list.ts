/**
 * `<onetake-uploads>`: the uploads that are not done, beside the drafts: those of an earlier page, to go on with or to discard, and
 * those that run. Draws rows and hands back what is pressed; one that goes on is drawn as an `<onetake-upload>`.
 */

import { LitElement, css, html, nothing } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import type { Locale } from '../index.js';
import { controls } from './controls.js';
import { bytes } from './format.js';
import { icon } from './icons.js';
import { messages } from './messages.js';
import type { Messages } from './messages.js';
import { rowStyles } from './row-styles.js';
import { tokens } from './tokens.js';
import './upload-card.js';
import type { UploadRow } from './uploads.js';

/** Milliseconds that the question about discarding stands. */
const ASK = 6000;

export class OnetakeUploads extends LitElement {
  static override properties: PropertyDeclarations = {
    rows: { attribute: false },
    locale: { type: String },
    doomed: { state: true },
  };

  declare rows: readonly UploadRow[];
  declare locale: Locale;
  /** The upload that the next press on its bin discards. */
  declare private doomed: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.rows = [];
    this.locale = 'en';
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  override render(): TemplateResult {
    const t = messages(this.locale);
    return html`
      ${this.rows.length > 0
        ? html`<h2>${t.uploads}</h2>
            <ul>
              ${this.rows.map((row) => (row.task ? html`<li><onetake-upload .task=${row.task} .name=${row.key ?? t.uploadVideo} .locale=${this.locale}></onetake-upload></li>` : this.#row(row, t)))}
            </ul>`
        : nothing}
      <p class="spoken" role="status">${this.doomed === undefined ? nothing : t.uploadDiscardAsk}</p>
    `;
  }

  #row(row: UploadRow, t: Messages): TemplateResult {
    const { sent, total } = row;
    const sure = this.doomed === row.id;
    const name = nameOf(row, t);
    return html`<li class="row ${sure ? 'doomed' : ''}">
      <span class="sign">${icon('upload', 22)}</span>
      <span class="what">
        <b>${row.key ?? t.uploadVideo}</b>
        <small>${sent > 0 ? t.uploadRow(bytes(sent), bytes(total)) : t.uploadRowNone(bytes(total))}</small>
        <span class="bar"><i style=${`width:${total > 0 ? Math.floor((100 * sent) / total) : 0}%`}></i></span>
      </span>
      <button type="button" class="go" aria-label=${t.uploadGoOnName(name)} @click=${() => this.#goOn(row)}>${t.uploadGoOn}</button>
      <button type="button" class="bin ${sure ? 'sure' : ''}" aria-label=${sure ? t.uploadDiscardAgain(name) : t.uploadDiscard(name)} @click=${() => this.#discard(row)}>
        ${icon('bin', 22)}
      </button>
      ${sure ? html`<p class="ask" aria-hidden="true">${t.uploadDiscardAsk}</p>` : nothing}
    </li>`;
  }

  /** The button goes with the row that it was in: what comes in its place gets the focus. */
  async #goOn(row: UploadRow): Promise<void> {
    row.goOn();
    await this.updateComplete;
    const cards = [...this.renderRoot.querySelectorAll('onetake-upload')];
    const card = cards.find(({ task }) => task === this.rows.find(({ id }) => id === row.id)?.task);
    await card?.updateComplete;
    card?.renderRoot.querySelector('button')?.focus({ preventScroll: true });
  }

  /** First asks, then discards. */
  #discard(row: UploadRow): void {
    clearTimeout(this.#timer);
    if (this.doomed === row.id) {
      this.doomed = undefined;
      return row.discard();
    }
    this.doomed = row.id;
    this.#timer = setTimeout(() => (this.doomed = undefined), ASK);
  }

  static override styles = [
    tokens,
    controls,
    rowStyles,
    css`
      :host {
        display: block;
      }

      h2 {
        padding-bottom: var(--_2);
        font-size: 13px;
        font-weight: 600;
        color: var(--_quiet);
      }

      ul {
        padding-bottom: var(--_5);
      }

      .row {
        grid-template-columns: auto 1fr auto auto;
        align-items: center;
        padding-left: var(--_4);
        font-size: var(--_size-s);
      }

      .sign {
        display: grid;
        padding-right: var(--_3);
        color: var(--_quiet);
      }

      .what {
        min-width: 0;
        padding: var(--_3) 0;
      }

      b {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }

      .bar {
        height: 4px;
        margin-top: 3px;
        border-radius: 2px;
        background: rgb(255 255 255 / 0.16);
      }

      .bar i {
        display: block;
        height: 100%;
        border-radius: 2px;
        background: var(--_quiet);
      }

      .go {
        min-width: 64px;
        height: 100%;
        padding: 0 var(--_3);
        font-weight: 700;
      }

      .bin {
        height: 100%;
      }

      .ask {
        margin-left: calc(-1 * var(--_4));
      }
    `,
  ];
}

/** Told apart by their sizes where the store gives the names. */
function nameOf({ key, total }: UploadRow, t: Messages): string {
  return key ?? `${t.uploadVideo} ${bytes(total)}`;
}

customElements.get('onetake-uploads') ?? customElements.define('onetake-uploads', OnetakeUploads);

declare global {
  interface HTMLElementTagNameMap {
    'onetake-uploads': OnetakeUploads;
  }
}
