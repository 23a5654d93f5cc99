/**
 * The list of drafts: what is in each, how much room they take, a way to go on with one and to delete one.
 *
 * Reads through `listDrafts` and opens none, so nobody who films is disturbed. A deletion waits a few seconds for an undo and
 * is carried out then, or at once when the list is left. Fires `open` and `removed` (the id), `fresh` and `back`.
 */

import { LitElement, html, nothing } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import { deleteDraft, isOnetakeError, listDrafts } from '../index.js';
import type { DraftSummary, Locale } from '../index.js';
import { controls } from './controls.js';
import { draftsStyles } from './drafts-styles.js';
import { bytes, clock, moment } from './format.js';
import { icon } from './icons.js';
import { messages } from './messages.js';
import type { Messages } from './messages.js';
import { rowStyles } from './row-styles.js';
import { firstPicture } from './thumb.js';
import { tokens } from './tokens.js';
import './upload-list.js';
import type { UploadRow } from './uploads.js';

/** Milliseconds that a deletion can be taken back. */
const UNDO = 5000;
/** Milliseconds that the question about deleting stands. */
const ASK = 6000;

/** `asked`: the browser was asked again to keep the drafts, and does not promise it. */
/** `left`: where the browser tells. */
type Room = { used: number; left: number | undefined; kept: boolean; asked: boolean };

export class OnetakeDrafts extends LitElement {
  static override properties: PropertyDeclarations = {
    locale: { type: String },
    current: { type: String },
    memory: { type: Boolean },
    uploads: { attribute: false },
  };

  static override shadowRootOptions: ShadowRootInit = { ...LitElement.shadowRootOptions, delegatesFocus: true };

  declare locale: Locale;
  /** The draft that was open before. */
  declare current: string;
  /** Drafts live in this page alone. */
  declare memory: boolean;
  /** Those that are not done. */
  declare uploads: readonly UploadRow[];

  #drafts: DraftSummary[] | undefined;
  /** Why there is no list. */
  #trouble = '';
  /** Why a deletion did not happen. */
  #kept = '';
  #room: Room | undefined;
  /** The draft that the next press on its bin deletes. */
  #doomed: string | undefined;
  #askTimer: ReturnType<typeof setTimeout> | undefined;
  /** Deleted as far as the user sees, with the timer after which they are. */
  readonly #going = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #pictures = new Map<string, HTMLCanvasElement | null>();

  constructor() {
    super();
    this.locale = 'en';
    this.current = '';
    this.memory = false;
    this.uploads = [];
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#deleteAll();
    clearTimeout(this.#askTimer);
  }

  override render(): TemplateResult {
    const t = messages(this.locale);
    return html`<div class="drafts" role="group" aria-label=${t.drafts}>
      <header>
        <button type="button" class="round" part="tool" aria-label=${t.back} @click=${() => this.#leave('back')}>${icon('back')}</button>
        <h1>${t.drafts}</h1>
        <span></span>
      </header>
      <div class="list">
        <onetake-uploads .rows=${this.uploads} .locale=${this.locale}></onetake-uploads>
        ${this.memory ? html`<div class="unkept">${icon('warning', 20)}<p>${t.memoryOnly}</p></div>` : this.#room ? room(this.#room, t, this.#drafts?.length ?? 0, () => this.#ask()) : nothing}
        ${this.#kept ? html`<p class="empty" role="alert">${icon('warning')}${this.#kept}</p>` : nothing} ${this.#list(t)}
      </div>
      <footer>
        <button type="button" class="primary wide" @click=${() => this.#leave('fresh')}>${icon('next', 22)}${t.newClip}</button>
      </footer>
      <p class="spoken" role="status">${this.#doomed ? t.draftDeleteAsk : this.#going.size > 0 ? t.draftDeleted : nothing}</p>
    </div>`;
  }

  #list(t: Messages): TemplateResult {
    if (this.#trouble) return html`<p class="empty" role="alert">${icon('warning')}${this.#trouble}</p>`;
    if (!this.#drafts) return html`<p class="empty late"><i class="spinner"></i>${t.draftsLoading}</p>`;
    if (this.#drafts.length === 0) return html`<p class="empty">${icon('film')}${this.memory ? t.draftsNone : t.draftsEmpty}</p>`;
    return html`<ul>${this.#drafts.map((draft) => (this.#going.has(draft.id) ? this.#gone(draft, t) : this.#row(draft, t)))}</ul>`;
  }

  #row(draft: DraftSummary, t: Messages): TemplateResult {
    const { id, duration, readable, updated } = draft;
    const sure = this.#doomed === id;
    const length = readable ? clock(duration) : '–';
    const what = t.segments(draft.segments);
    return html`<li class="row ${sure ? 'doomed' : ''}">
      <button type="button" class="draft" ?disabled=${!readable} aria-current=${id === this.current ? 'true' : nothing} @click=${() => this.#leave('open', id)}>
        <span class="thumb">${this.#pictures.get(id) ?? icon('film')}</span>
        <span class="what">
          <b>${length}</b><span>${readable ? what : t.draftUnreadable} · ${bytes(draft.bytes)}</span>
          <small>${moment(updated, this.locale)}</small>
          ${readable ? html`<span class="go">${t.draftOpen}</span>` : nothing} ${tags(draft, t)}
        </span>
        ${readable ? icon('open', 20) : nothing}
      </button>
      <button type="button" class="bin ${sure ? 'sure' : ''}" aria-label=${sure ? t.draftDeleteAgain(length) : t.draftDelete(length)} @click=${() => this.#erase(id)}>
        ${icon('bin', 22)}
      </button>
      ${sure ? html`<p class="ask" aria-hidden="true">${t.draftDeleteAsk}</p>` : nothing}
    </li>`;
  }

  #gone({ id }: DraftSummary, t: Messages): TemplateResult {
    return html`<li class="row gone">
      <span>${icon('bin', 20)}${t.draftDeleted}</span>
      <button type="button" class="undo" @click=${() => this.#restore(id)}>${icon('undo', 20)}${t.undo}</button>
    </li>`;
  }

  async #load(): Promise<void> {
    try {
      const [drafts, { usage = 0, quota }, kept] = await Promise.all([listDrafts(), navigator.storage.estimate?.() ?? ({} as StorageEstimate), navigator.storage.persisted?.() ?? false]);
      this.#drafts = drafts;
      this.#room = { used: usage, left: quota === undefined ? undefined : Math.max(0, quota - usage), kept, asked: this.#room?.asked ?? false };
    } catch (reason) {
      this.#trouble = hint(reason);
    }
    this.requestUpdate();
    await this.#picture();
  }

  /** One after the other: each is a decoder of the browser's. */
  async #picture(): Promise<void> {
    for (const { id, first } of this.#drafts ?? []) {
      if (!first || this.#pictures.has(id)) continue;
      this.#pictures.set(id, null);
      const picture = await firstPicture(first);
      if (!this.isConnected) return;
      this.#pictures.set(id, picture);
      this.requestUpdate();
    }
  }

  async #ask(): Promise<void> {
    const kept = (await navigator.storage.persist?.().catch(() => false)) ?? false;
    if (this.#room) this.#room = { ...this.#room, kept, asked: true };
    this.requestUpdate();
  }

  /** First asks, then deletes. */
  #erase(id: string): void {
    clearTimeout(this.#askTimer);
    this.#kept = '';
    if (this.#doomed === id) {
      this.#doomed = undefined;
      this.#going.set(id, setTimeout(() => void this.#delete(id), UNDO));
    } else {
      this.#doomed = id;
      this.#askTimer = setTimeout(() => this.#spare(), ASK);
    }
    this.requestUpdate();
  }

  #spare(): void {
    this.#doomed = undefined;
    this.requestUpdate();
  }

  #restore(id: string): void {
    clearTimeout(this.#going.get(id));
    this.#going.delete(id);
    this.requestUpdate();
  }

  async #delete(id: string): Promise<void> {
    clearTimeout(this.#going.get(id));
    try {
      await deleteDraft(id);
      this.dispatchEvent(new CustomEvent('removed', { detail: id }));
      this.#drafts = this.#drafts?.filter((draft) => draft.id !== id);
    } catch (reason) {
      this.#kept = hint(reason);
      this.dispatchEvent(new CustomEvent('error', { detail: reason }));
    }
    this.#going.delete(id);
    this.requestUpdate();
    if (this.isConnected) await this.#load();
  }

  #deleteAll(): void {
    for (const id of [...this.#going.keys()]) void this.#delete(id);
  }

  /** Deletions come first, so that a draft of the same name begins empty. */
  #leave(type: 'open' | 'fresh' | 'back', detail?: string): void {
    this.#deleteAll();
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  static override styles = [tokens, controls, rowStyles, draftsStyles];
}

function hint(reason: unknown): string {
  return isOnetakeError(reason) ? reason.hint : String(reason);
}

function tags({ recovered, open, lost }: DraftSummary, t: Messages): TemplateResult | typeof nothing {
  const said = [open ? t.draftBusy : '', recovered ? t.recoveredTag : '', lost > 0 ? t.draftLost(t.segments(lost)) : ''].filter(Boolean);
  return said.length > 0 ? html`<span class="tags">${said.map((tag) => html`<i>${tag}</i>`)}</span>` : nothing;
}

function room({ used, left, kept, asked }: Room, t: Messages, drafts: number, ask: () => void): TemplateResult {
  return html`${left === undefined ? nothing : html`<p class="room">${icon('storage', 20)}${t.storageFacts(bytes(used), bytes(left))}</p>`}
    ${kept || drafts === 0
      ? nothing
      : html`<div class="unkept">
          ${icon('warning', 20)}
          <p>${asked ? t.storageRefused : t.storageUnkept}</p>
          ${asked ? nothing : html`<button type="button" class="plain" @click=${ask}>${t.storageAsk}</button>`}
        </div>`}`;
}

customElements.get('onetake-drafts') ?? customElements.define('onetake-drafts', OnetakeDrafts);

declare global {
  interface HTMLElementTagNameMap {
    'onetake-drafts': OnetakeDrafts;
  }
}
