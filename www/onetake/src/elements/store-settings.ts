/**
 * `<onetake-store>`: where uploads go, in one dialog. A bucket of the user's own is tried before it is taken: its endpoint is
 * asked for a token, and what is wrong is said in one line at the field where it is. Fires `store` with addresses, or `null` for
 * the page's own store; keeps nothing itself.
 */

import { LitElement, html, nothing } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import type { Locale } from '../index.js';
import { controls } from './controls.js';
import { closeOutside, dialogStyles } from './dialog.js';
import { moment } from './format.js';
import { icon } from './icons.js';
import { messages } from './messages.js';
import type { Messages } from './messages.js';
import { checkedChoice, StoreProblem, tryStore } from './store-choice.js';
import type { StoreChoice, StoreFault } from './store-choice.js';
import { storeStyles } from './store-styles.js';
import { tokens } from './tokens.js';

type Field = StoreFault['field'];
const FIELDS: readonly Field[] = ['tokenUrl', 'hosts', 'publicBase'];

export class OnetakeStore extends LitElement {
  static override properties: PropertyDeclarations = {
    locale: { type: String },
    choice: { attribute: false },
    bucket: { state: true },
    fault: { state: true },
    works: { state: true },
    checking: { state: true },
    open: { type: Boolean, reflect: true },
  };

  declare locale: Locale;
  /** What is in force; nothing: the page's own store. */
  declare choice: StoreChoice | undefined;
  /** Keys mean nothing else while it is open. */
  declare open: boolean;
  declare private bucket: boolean;
  declare private fault: StoreFault | undefined;
  /** What the check found, once it is taken. */
  declare private works: string;
  declare private checking: AbortController | undefined;

  constructor() {
    super();
    this.locale = 'en';
    this.bucket = this.open = false;
    this.works = '';
  }

  /** Begins with what is in force. */
  async show(): Promise<void> {
    this.bucket = this.choice !== undefined;
    this.fault = undefined;
    this.works = '';
    this.open = true;
    this.requestUpdate();
    await this.updateComplete;
    const { tokenUrl = '', hosts = [], publicBase = '' } = this.choice ?? {};
    const given: Record<Field, string> = { tokenUrl, hosts: hosts.join(', '), publicBase };
    for (const field of FIELDS) this.#input(field).value = given[field];
    this.#dialog.showModal();
  }

  override render(): TemplateResult {
    const t = messages(this.locale);
    return html`<dialog aria-labelledby="title" @close=${this.#closed} @click=${closeOutside}>
      <form novalidate @submit=${this.#submit}>
        <header>
          <h2 id="title">${t.store}</h2>
          <button type="button" class="round" aria-label=${t.storeClose} @click=${() => this.#dialog.close()}>${icon('close')}</button>
        </header>
        <div class="ways" role="radiogroup" aria-labelledby="title">
          ${this.#way(false, t.storeOwn, t.storeOwnHint)} ${this.#way(true, t.storeBucket, t.storeBucketHint)}
        </div>
        <div class="fields" ?hidden=${!this.bucket}>
          ${this.#field('tokenUrl', t.storeToken, t.storeTokenHint, t)} ${this.#field('hosts', t.storeHosts, t.storeHostsHint, t)}
          ${this.#field('publicBase', t.storePublic, t.storePublicHint, t)}
          <p class="keeps">${icon('lock', 18)}${t.storeKeepsNone}</p>
        </div>
        <p class="works" role="status">${this.works ? html`${icon('check', 20)}${this.works}` : this.checking ? t.storeChecking : nothing}</p>
        <footer>
          <button type="submit" class="primary wide" aria-busy=${this.checking ? 'true' : 'false'}>
            ${this.checking ? html`<i class="spinner"></i>${t.storeChecking}` : this.works || !this.bucket ? t.done : t.storeUse}
          </button>
        </footer>
      </form>
    </dialog>`;
  }

  #way(bucket: boolean, title: string, hint: string): TemplateResult {
    return html`<label>
      <input type="radio" name="way" .checked=${this.bucket === bucket} @change=${() => this.#choose(bucket)} />
      <span><b>${title}</b><small>${hint}</small></span>
    </label>`;
  }

  #field(field: Field, label: string, hint: string, t: Messages): TemplateResult {
    const fault = this.fault?.field === field ? this.fault : undefined;
    return html`<div class="field">
      <label for=${field}>${label}</label>
      <input
        id=${field}
        type="text"
        inputmode="url"
        autocomplete="off"
        autocapitalize="none"
        spellcheck="false"
        aria-invalid=${fault ? 'true' : 'false'}
        aria-describedby=${`${field}-hint`}
        @input=${this.#forget}
      />
      <p id=${`${field}-hint`} class=${fault ? 'fault' : 'hint'} role=${fault ? 'alert' : nothing}>
        ${fault ? html`${icon('warning', 18)}${t.storeFaults[fault.kind](fault.detail)}` : hint}
      </p>
    </div>`;
  }

  #choose(bucket: boolean): void {
    this.bucket = bucket;
    this.#forget();
  }

  /** What was found is of other addresses than those that stand there now. */
  readonly #forget = (): void => {
    this.checking?.abort();
    this.fault = this.checking = undefined;
    this.works = '';
  };

  readonly #submit = (event: Event): void => {
    event.preventDefault();
    if (!this.bucket) this.#take(undefined);
    if (this.works || !this.bucket) return this.#dialog.close();
    void this.#check();
  };

  async #check(): Promise<void> {
    if (this.checking) return;
    const t = messages(this.locale);
    const checking = (this.checking = new AbortController());
    this.fault = undefined;
    try {
      const hosts = this.#input('hosts').value.split(/[\s,，、]+/).filter(Boolean);
      const choice = checkedChoice({ tokenUrl: this.#input('tokenUrl').value, hosts, publicBase: this.#input('publicBase').value });
      const { bucket, deadline } = await tryStore(choice, checking.signal);
      if (checking.signal.aborted) return;
      this.works = t.storeOk(bucket, moment(new Date(deadline * 1000), this.locale));
      this.#take(choice);
    } catch (reason) {
      if (checking.signal.aborted) return;
      this.fault = reason instanceof StoreProblem ? reason.fault : { field: 'tokenUrl', kind: 'unreachable', detail: String(reason) };
      this.#input(this.fault.field).focus();
    } finally {
      if (this.checking === checking) this.checking = undefined;
    }
  }

  #take(choice: StoreChoice | undefined): void {
    this.choice = choice;
    this.dispatchEvent(new CustomEvent('store', { detail: choice ?? null }));
  }

  readonly #closed = (): void => {
    this.#forget();
    this.open = false;
  };

  get #dialog(): HTMLDialogElement {
    return this.renderRoot.querySelector('dialog') as HTMLDialogElement;
  }

  #input(field: Field): HTMLInputElement {
    return this.renderRoot.querySelector(`#${field}`) as HTMLInputElement;
  }

  static override styles = [tokens, controls, dialogStyles, storeStyles];
}

customElements.get('onetake-store') ?? customElements.define('onetake-store', OnetakeStore);

declare global {
  interface HTMLElementTagNameMap {
    'onetake-store': OnetakeStore;
  }
}
