/**
 * `<onetake-live-upload>`: how much of what is being filmed is stored, as a small line over the picture. Between takes it is a button
 * that opens the upload itself, with its pause and cancel; while filming it is there to be read, and nothing else. Percents are not
 * spoken.
 */

import { LitElement, css, html, nothing } from 'lit';
import type { PropertyDeclarations, PropertyValues, TemplateResult } from 'lit';
import type { Locale } from '../index.js';
import { controls } from './controls.js';
import { icon } from './icons.js';
import { messages } from './messages.js';
import type { Messages } from './messages.js';
import { tokens } from './tokens.js';
import './upload-card.js';
import { SIGNS } from './upload-card.js';
import type { UploadView } from './upload-task.js';

export class OnetakeLiveUpload extends LitElement {
  static override properties: PropertyDeclarations = {
    task: { attribute: false, hasChanged: () => true },
    filming: { type: Boolean },
    locale: { type: String },
    open: { state: true },
  };

  /** Nothing: nothing is shown. Set it again after each change. */
  declare task: UploadView | undefined;
  /** There is nothing to press. */
  declare filming: boolean;
  declare locale: Locale;
  declare private open: boolean;

  constructor() {
    super();
    this.filming = this.open = false;
    this.locale = 'en';
  }

  protected override willUpdate(_: PropertyValues): void {
    if (!this.task || this.filming) this.open = false;
  }

  override render(): TemplateResult | typeof nothing {
    const { task, filming, open } = this;
    if (!task) return nothing;
    const t = messages(this.locale);
    const line = html`<span class="line ${task.state}">${icon(SIGNS[task.state], 16)}<span>${said(task, t)}</span></span>`;
    if (filming) return html`<p>${line}</p>`;
    return html`
      <button type="button" aria-expanded=${open ? 'true' : 'false'} aria-label=${`${t.uploadLiveName}: ${said(task, t)}`} @click=${() => (this.open = !open)}>${line}</button>
      ${open ? html`<onetake-upload .task=${task} .locale=${this.locale}></onetake-upload>` : nothing}
    `;
  }

  static override styles = [
    tokens,
    controls,
    css`
      :host {
        display: grid;
        justify-items: center;
        pointer-events: none;
      }

      p,
      button {
        display: flex;
        align-items: center;
        min-height: var(--_target);
        margin-top: calc(-1 * var(--_3));
      }

      button,
      onetake-upload {
        pointer-events: auto;
      }

      .line {
        display: flex;
        align-items: center;
        gap: 6px;
        min-height: 28px;
        padding: 0 12px;
        border-radius: var(--_pill);
        background: var(--_scrim);
        font-size: 13px;
        font-weight: 600;
        font-variant-numeric: tabular-nums;
      }

      .failed .icon,
      .offline .icon {
        color: var(--_warning);
      }

      /* Beside the tools. */
      onetake-upload {
        justify-self: stretch;
        margin-right: 66px;
      }
    `,
  ];
}

function said({ state, progress }: UploadView, t: Messages): string {
  if (state !== 'sending' && state !== 'hashing') return t.uploadStates[state];
  return t.uploadLiveSent(Math.floor(100 * Math.min(1, Math.max(0, progress?.ratio || 0))));
}

customElements.get('onetake-live-upload') ?? customElements.define('onetake-live-upload', OnetakeLiveUpload);

declare global {
  interface HTMLElementTagNameMap {
    'onetake-live-upload': OnetakeLiveUpload;
  }
}
