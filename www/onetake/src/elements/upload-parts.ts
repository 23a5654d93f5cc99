/** What the screens show of uploads: the button and the place below a film, and the offer to go on with what was left. */

import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { Film, Locale } from '../index.js';
import { icon } from './icons.js';
import type { Messages } from './messages.js';
import type { StoreChoice } from './store-choice.js';
import './upload-card.js';
import type { Uploads } from './uploads.js';

/** How the review reaches uploads. `film`: the name of the film that is shown (`filmId`). */
export type UploadPort = { uploads: Uploads; film: string; store: StoreChoice | undefined; settings: () => void };

/** The upload of the film that is shown, if there is one. It stands there before, so that its first word is heard. */
export function uploadCard({ uploads, film, settings }: UploadPort, locale: Locale): TemplateResult {
  return html`<onetake-upload class="upload" .task=${uploads.of(film)} .locale=${locale} @settings=${settings}></onetake-upload>`;
}

export function uploadButton({ uploads, film: id }: UploadPort, film: Film | undefined, t: Messages): TemplateResult {
  const task = uploads.of(id);
  const state = task?.state ?? 'failed';
  const busy = state === 'queued' || state === 'hashing' || state === 'sending' || state === 'finishing';
  const press = (): void => {
    if (task) task.retry();
    else if (film) uploads.send(id, film);
  };
  return html`<button type="button" class="secondary" part="upload-button" aria-disabled=${state === 'failed' ? 'false' : 'true'} @click=${press}>
    ${busy ? html`<i class="spinner"></i>` : icon(state === 'done' ? 'check' : 'upload', 22)}
    ${busy ? t.uploadStates.sending : state === 'done' ? t.uploadStates.done : t.upload}
  </button>`;
}

/** Where it goes is said before it goes there. */
export function uploadPlace({ store, settings }: UploadPort, t: Messages): TemplateResult {
  const place = placeName(store, t);
  return html`<button type="button" class="plain place" aria-label=${`${place}. ${t.storeChange}`} @click=${settings}>${icon('settings', 18)}<span>${place}</span></button>`;
}

export function placeName(store: StoreChoice | undefined, t: Messages): string {
  return t.uploadTo(store ? new URL(store.tokenUrl).host : t.uploadOwn);
}

/** Beside the drafts they can be gone on with. */
export function uploadOffer(uploads: Uploads, t: Messages, show: () => void): TemplateResult | typeof nothing {
  if (!uploads.offered) return nothing;
  return html`<div class="notice" role="alert">
    ${icon('upload', 20)}
    <p>${t.uploadOffer(uploads.rows.length)}</p>
    <button type="button" class="notice-button" @click=${show}>${t.uploadOfferShow}</button>
    <button type="button" aria-label=${t.dismiss} @click=${() => uploads.seen()}>${icon('close', 18)}</button>
  </div>`;
}
