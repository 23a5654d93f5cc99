/** The review screen: the takes being joined, then the film with its controls, to save, to share or to upload. */

import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { sharesFiles } from '../handover.js';
import type { Film, Locale } from '../index.js';
import { bytes, clock, safe } from './format.js';
import { icon } from './icons.js';
import type { Messages } from './messages.js';
import './player.js';
import { details } from './screens.js';
import type { Joining, Session } from './session.js';
import type { Trouble } from './trouble.js';
import { uploadButton, uploadCard, uploadPlace } from './upload-parts.js';
import type { UploadPort } from './upload-parts.js';

/** `port`: nothing where nothing is uploaded. */
export function reviewScreen(session: Session, t: Messages, locale: Locale, newClip: () => void, port: UploadPort | undefined): TemplateResult {
  const { film, joining, filmTrouble } = session;
  return html`<div class="screen review" role="group" aria-label=${t.review}>
    <header class="review-head">
      <button type="button" class="round" part="tool" aria-label=${t.back} @click=${() => session.back()}>${icon('back')}</button>
      <div class="review-title">
        <h1 tabindex="-1" data-first>${t.review}</h1>
        <p>${film ? facts(film, t) : nothing}</p>
        ${film?.report.warnings.includes('audio_opus') ? html`<p role="note">${t.soundOpus}</p>` : nothing}
      </div>
      <button type="button" class="round ${film ? '' : 'away'}" part="tool" aria-label=${t.newClip} @click=${newClip}>${icon('next')}</button>
    </header>
    ${film
      ? html`<onetake-player part="player" .file=${film.file} .locale=${locale}></onetake-player>`
      : html`<div class="joining-place">${joining ? progress(joining, session, t) : nothing}${filmTrouble ? failure(filmTrouble, session, t) : nothing}</div>`}
    ${port ? uploadCard(port, locale) : nothing}
    <footer class="review-foot ${film ? '' : 'away'}">
      <button type="button" class="primary" aria-busy=${session.storing === 'now' ? 'true' : 'false'} @click=${() => session.save()}>
        ${session.storing === 'now' ? html`<i class="spinner dark"></i>` : icon(session.storing === 'done' ? 'check' : 'save', 22)}
        ${session.storing === 'now' ? t.savingFilm : session.storing === 'done' ? t.saved : t.save}
      </button>
      ${canShare()
        ? html`<button type="button" class="secondary ${port ? 'small' : ''}" aria-label=${t.share} @click=${() => session.share()}>
            ${icon('share', 22)}${port ? nothing : t.share}
          </button>`
        : nothing}
      ${port ? html`${uploadButton(port, film, t)}${uploadPlace(port, t)}` : nothing}
    </footer>
  </div>`;
}

function facts({ duration, size, file }: Film, t: Messages): string {
  return t.facts(clock(duration), `${size.width} × ${size.height}`, bytes(file.size));
}

function progress({ ratio, eta }: Joining, session: Session, t: Messages): TemplateResult {
  const percent = Math.round(ratio * 100);
  return html`<div class="joining late">
    <svg class="ring" viewBox="0 0 100 100" role="progressbar" aria-label=${t.joining} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${percent}>
      <circle cx="50" cy="50" r="44" /><circle class="done" cx="50" cy="50" r="44" pathLength="100" stroke-dasharray=${`${percent} 100`} />
      <text x="50" y="50" aria-hidden="true">${percent}%</text>
    </svg>
    <p>${t.joining}</p>
    <p class="text">${eta !== undefined && eta > 1 ? t.joiningLeft(clock(Math.ceil(eta))) : html`&nbsp;`}</p>
    <button type="button" class="secondary" @click=${() => session.back()}>${t.cancel}</button>
  </div>`;
}

function failure(trouble: Trouble, session: Session, t: Messages): TemplateResult {
  return html`<div class="failure">
    <span class="sign">${icon('warning', 34)}</span>
    <h2 class="title">${t.exportFailed}</h2>
    <p class="safe">${icon('check', 20)}${safe(session.segments, t)}</p>
    <p class="text" role="alert">${trouble.hint}</p>
    ${details(trouble.detail, t)}
    <button type="button" class="primary wide" @click=${() => session.rejoin()}>${t.tryAgain}</button>
    <button type="button" class="secondary wide" @click=${() => session.back()}>${t.back}</button>
  </div>`;
}

let shares: boolean | undefined;

function canShare(): boolean {
  return (shares ??= sharesFiles('video/mp4'));
}
