/**
 * `<onetake-upload>`: one upload, from the first byte to the link. Draws an `UploadView` and hands back what is pressed; fires
 * `settings` where the place is what is wrong. A change of state is spoken; bytes and percents are not, they are there to be read.
 */

import { LitElement, html, nothing } from 'lit';
import type { PropertyDeclarations, PropertyValues, TemplateResult } from 'lit';
import type { Locale, UploadProgress, UploadState } from '../index.js';
import { controls } from './controls.js';
import { detailsStyles } from './details-styles.js';
import { closeOutside, dialogStyles } from './dialog.js';
import { bytes, clock } from './format.js';
import { icon } from './icons.js';
import type { IconName } from './icons.js';
import { messages } from './messages.js';
import type { Messages } from './messages.js';
import './qr.js';
import { details } from './screens.js';
import { isNear, webAddress } from './store-choice.js';
import { tokens } from './tokens.js';
import { uploadStyles } from './upload-styles.js';
import type { UploadTrouble, UploadView } from './upload-task.js';

/** Milliseconds that the question about cancelling stands. */
const ASK = 6000;
/** Milliseconds that a word about copying stands. */
const SAID = 4000;

export const SIGNS: Record<UploadState, IconName> = {
  queued: 'upload',
  hashing: 'upload',
  sending: 'upload',
  offline: 'offline',
  paused: 'pause',
  finishing: 'upload',
  done: 'uploaded',
  failed: 'warning',
};

export class OnetakeUpload extends LitElement {
  static override properties: PropertyDeclarations = {
    task: { attribute: false, hasChanged: () => true },
    name: { type: String },
    locale: { type: String },
    asked: { state: true },
    copied: { state: true },
    shown: { type: Boolean, reflect: true },
    open: { type: Boolean, reflect: true },
  };

  /** Nothing: nothing is shown, but what is spoken next is heard. Set it again after each change. */
  declare task: UploadView | undefined;
  /** What is uploaded, where several stand beside each other. */
  declare name: string;
  declare locale: Locale;
  /** The next press on the cross gives up. */
  declare private asked: boolean;
  declare private copied: '' | 'yes' | 'no';
  /** There is something to see, for the styles around it. */
  declare shown: boolean;
  /** The code alone is shown: keys mean nothing else. */
  declare open: boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.name = '';
    this.locale = 'en';
    this.asked = this.shown = this.open = false;
    this.copied = '';
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  protected override willUpdate(_: PropertyValues): void {
    this.shown = this.task !== undefined;
    const { state = 'done' } = this.task ?? {};
    if (state === 'done' || state === 'failed') this.asked = false;
  }

  override render(): TemplateResult {
    const t = messages(this.locale);
    const { task } = this;
    return html`
      ${task ? this.#card(task, t) : nothing}
      <p class="spoken" role="status">${this.#spoken(t)}</p>
    `;
  }

  #spoken(t: Messages): string {
    if (!this.task) return '';
    if (this.asked) return t.uploadCancelAsk;
    if (this.copied) return this.copied === 'yes' ? t.linkCopied : t.linkCopyFailed;
    const { state, trouble } = this.task;
    const title = t.uploadStates[state];
    if (state === 'offline') return `${title}. ${t.uploadGoesOn}`;
    return trouble ? `${title}. ${t.uploadSafe} ${trouble.say(t)}` : title;
  }

  #card(task: UploadView, t: Messages): TemplateResult {
    const { state, trouble } = task;
    return html`<div class="card ${state}" part="upload">
      <div class="row">
        <span class="sign">${icon(SIGNS[state], 22)}</span>
        <div class="what">
          <b>${t.uploadStates[state]}</b>
          ${this.name ? html`<small class="name">${this.name}</small>` : nothing}
          <small>${this.asked ? html`<span class="ask" aria-hidden="true">${t.uploadCancelAsk}</span>` : facts(task, t)}</small>
        </div>
        ${this.#ways(task, t)}
      </div>
      ${state === 'done' || state === 'failed' ? nothing : bar(task, t)}
      ${trouble ? this.#trouble(task, trouble, t) : nothing}
      ${state === 'done' ? this.#done(task, t) : nothing}
    </div>`;
  }

  #ways(task: UploadView, t: Messages): TemplateResult | typeof nothing {
    const { state } = task;
    // In a list it goes when it was seen; below its film it stays.
    if (state === 'done' && !this.name) return nothing;
    if (state === 'done' || state === 'failed') return html`<button type="button" class="way" aria-label=${t.uploadClose} @click=${() => task.cancel()}>${icon('close', 22)}</button>`;
    // One that waits for its first token has nothing to pause yet.
    const pauses = state === 'sending' || state === 'hashing' || (state === 'offline' && task.progress);
    return html`
      ${pauses ? html`<button type="button" class="way" aria-label=${t.uploadPause} @click=${() => task.pause()}>${icon('pause', 22)}</button>` : nothing}
      ${state === 'paused' ? html`<button type="button" class="way" aria-label=${t.uploadResume} @click=${() => task.resume()}>${icon('play', 22)}</button>` : nothing}
      <button type="button" class="way ${this.asked ? 'sure' : ''}" aria-label=${this.asked ? t.uploadCancelAgain : t.uploadCancel} @click=${() => this.#cancel(task)}>
        ${icon('close', 22)}
      </button>
    `;
  }

  #trouble(task: UploadView, { say, detail, again, wants }: UploadTrouble, t: Messages): TemplateResult {
    return html`<div class="trouble">
      <p class="safe">${icon('check', 18)}${t.uploadSafe}</p>
      <p>${say(t)}</p>
      ${details(detail, t)}
      <div class="deeds">
        ${wants === 'file'
          ? html`<label class="secondary"><input class="spoken" type="file" accept="video/*" @change=${(event: Event) => this.#chosen(task, event)} />${icon('film', 20)}${t.uploadFile}</label>`
          : again
            ? html`<button type="button" class="secondary" @click=${() => task.retry()}>${icon('retry', 20)}${t.tryAgain}</button>`
            : nothing}
        ${wants === 'store'
          ? html`<button type="button" class="secondary" @click=${() => this.dispatchEvent(new CustomEvent('settings', { bubbles: true, composed: true }))}>
              ${icon('settings', 20)}${t.storeChange}
            </button>`
          : nothing}
      </div>
    </div>`;
  }

  #done({ link, key }: UploadView, t: Messages): TemplateResult {
    const address = webAddress(link);
    if (!address) return html`<p class="stored">${t.uploadStoredAs(key)}</p><p class="stored">${t.uploadNoLink}</p>`;
    // Another device has another `localhost`.
    const here = isNear(address);
    return html`<div class="result">
        <button type="button" class="code" aria-label=${t.linkCodeLarger} @click=${this.#enlarge}><onetake-qr .text=${link}></onetake-qr></button>
        <div class="link">
          <a part="link" href=${link} target="_blank" rel="noopener noreferrer">${short(link)}</a>
          <div class="deeds">
            <button type="button" class="secondary" @click=${() => this.#copy(link)}>
              ${icon(this.copied === 'yes' ? 'check' : 'copy', 20)}${this.copied === 'yes' ? t.linkCopied : t.linkCopy}
            </button>
            ${sharesLinks(link) ? html`<button type="button" class="secondary" @click=${() => this.#share(link)}>${icon('share', 20)}${t.linkShare}</button>` : nothing}
          </div>
        </div>
      </div>
      ${here ? html`<p class="stored">${t.linkHere}</p>` : nothing} ${this.copied === 'no' ? html`<p class="stored">${t.linkCopyFailed}</p>` : nothing}
      <dialog aria-label=${t.linkCode} @close=${() => (this.open = false)} @click=${closeOutside}>
        <form method="dialog">
          <button class="round" aria-label=${t.linkCodeClose}>${icon('close')}</button>
          <onetake-qr .text=${link} .label=${t.linkCode}></onetake-qr>
          <p>${here ? t.linkHere : t.linkCodeHint}</p>
          <p class="address">${link}</p>
        </form>
      </dialog>`;
  }

  readonly #enlarge = (): void => {
    this.open = true;
    this.renderRoot.querySelector('dialog')?.showModal();
  };

  /** First asks, then gives up. */
  #cancel(task: UploadView): void {
    clearTimeout(this.#timer);
    this.asked = !this.asked;
    if (!this.asked) return task.cancel();
    this.#timer = setTimeout(() => (this.asked = false), ASK);
  }

  #chosen(task: UploadView, event: Event): void {
    const [file] = (event.target as HTMLInputElement).files ?? [];
    if (file) task.retry(file);
  }

  async #copy(link: string): Promise<void> {
    clearTimeout(this.#timer);
    // A page that did not come over https has no clipboard.
    this.copied = await (navigator.clipboard?.writeText(link) ?? Promise.reject(new Error('no clipboard'))).then(() => 'yes' as const, () => 'no' as const);
    this.#timer = setTimeout(() => (this.copied = ''), SAID);
  }

  /** Closed, or refused: copying is beside it. */
  async #share(link: string): Promise<void> {
    await navigator.share({ url: link }).catch(() => undefined);
  }

  static override styles = [tokens, controls, detailsStyles, dialogStyles, uploadStyles];
}

function facts({ state, progress }: UploadView, t: Messages): string {
  if (!progress) return state === 'offline' ? t.uploadGoesOn : state === 'failed' || state === 'done' ? '' : t.uploadLeaves;
  const { done, total, rate, eta } = progress;
  if (state === 'failed') return t.uploadSent(bytes(done), bytes(total));
  if (state === 'done') return bytes(total);
  const words = [t.uploadSent(bytes(done), bytes(total))];
  if (state === 'sending' && rate > 0) words.push(t.uploadRate(bytes(rate)));
  if (state === 'sending' && eta !== undefined && Number.isFinite(eta)) words.push(t.joiningLeft(clock(Math.max(1, Math.ceil(eta)))));
  if (state === 'offline') words.push(t.uploadGoesOn);
  return words.join(' · ');
}

/** While nothing can be said of how far it is, it has no value: it only runs. */
function bar({ state, progress }: UploadView, t: Messages): TemplateResult {
  const percent = Math.floor(100 * ratio(progress));
  const vague = state === 'finishing' || state === 'queued' || state === 'hashing' || !progress;
  return html`<div
    class="bar ${vague && state !== 'offline' ? 'vague' : ''}"
    role="progressbar"
    aria-label=${t.uploadProgress}
    aria-valuemin="0"
    aria-valuemax="100"
    aria-valuenow=${vague ? nothing : percent}
    aria-valuetext=${vague ? t.uploadStates[state] : nothing}
  >
    <i style=${`width:${percent}%`}></i>
  </div>`;
}

function ratio(progress: UploadProgress | undefined): number {
  return progress ? Math.min(1, Math.max(0, progress.ratio || 0)) : 0;
}

/** As people read an address: the scheme says nothing to them. */
function short(link: string): string {
  return link.replace(/^https?:\/\//, '');
}

function sharesLinks(url: string): boolean {
  return navigator.canShare?.({ url }) ?? false;
}

customElements.get('onetake-upload') ?? customElements.define('onetake-upload', OnetakeUpload);

declare global {
  interface HTMLElementTagNameMap {
    'onetake-upload': OnetakeUpload;
  }
}
