/** The screens before the camera: opening, welcome and permission, and whatever stands in the way. */

import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { clock, safe, total } from './format.js';
import { icon, mark } from './icons.js';
import type { IconName } from './icons.js';
import { browserOf } from './messages.js';
import type { Messages } from './messages.js';
import type { Session } from './session.js';
import type { Trouble, TroubleKind } from './trouble.js';

export function openingScreen(t: Messages): TemplateResult {
  return html`<div class="screen plate opening"><p class="late busy" role="status"><i class="spinner"></i>${t.opening}</p></div>`;
}

export function welcomeScreen(session: Session, t: Messages, language: TemplateResult, offer: TemplateResult | typeof nothing): TemplateResult {
  const { segments, starting } = session;
  const points: [IconName, string][] = [
    ['camera', t.welcomeCamera],
    ['clip', t.welcomeClip],
    ['lock', t.welcomePrivate],
  ];
  return html`<div class="screen plate welcome">
    <header class="plate-head"><p class="wordmark">${mark(26)}${t.appName}</p>${language}</header>
    <div class="plate-body">
      <span class="hero">${mark(104)}</span>
      <h1 class="title">${t.welcomeTitle}</h1>
      <ul class="points">
        ${points.map(([name, text]) => html`<li>${icon(name)}<span>${text}</span></li>`)}
      </ul>
    </div>
    <div class="plate-foot">
      ${offer}
      ${segments.length > 0
        ? html`<p class="kept">${icon('film', 20)}${t.continueClip(t.segments(segments.length), clock(total(segments)))}</p>`
        : nothing}
      <button type="button" class="primary wide" data-first aria-busy=${starting ? 'true' : 'false'} aria-disabled=${starting ? 'true' : 'false'} @click=${() => session.start()}>
        ${starting ? html`<i class="spinner dark"></i>${t.starting}` : t.turnOn}
      </button>
      <div class="note">
        ${starting
          ? html`<p role="status">${t.startingAsk}</p>
              <button type="button" class="plain very-late" @click=${() => session.cancelStart()}>${t.cancel}</button>`
          : html`<p>${t.turnOnNote}</p>
              <button type="button" class="plain" @click=${() => session.showDrafts()}>${icon('drafts', 20)}${t.drafts}</button>`}
      </div>
    </div>
  </div>`;
}

const SIGNS: Record<TroubleKind, IconName> = {
  denied: 'blocked',
  missing: 'camera',
  'in-use': 'busy',
  elsewhere: 'copy',
  unsupported: 'unsupported',
  lost: 'unplugged',
  failed: 'warning',
};

export function blockedScreen(session: Session, trouble: Trouble, t: Messages, language: TemplateResult, newClip: () => void): TemplateResult {
  const { kind, hint, detail } = trouble;
  const kept = safe(session.segments, t);
  const title = {
    denied: t.deniedTitle,
    missing: t.missingTitle,
    'in-use': t.inUseTitle,
    elsewhere: t.elsewhereTitle,
    unsupported: t.unsupportedTitle,
    lost: t.lostTitle,
    failed: t.failedTitle,
  }[kind];
  const text = {
    denied: t.deniedText,
    missing: t.missingText,
    'in-use': t.inUseText,
    elsewhere: t.elsewhereText,
    unsupported: t.unsupportedText,
    lost: t.lostText,
    failed: hint,
  }[kind];
  return html`<div class="screen plate blocked">
    <header class="plate-head"><p class="wordmark">${mark(26)}${t.appName}</p>${language}</header>
    <div class="plate-body">
      <span class="sign">${icon(SIGNS[kind], 34)}</span>
      <h1 class="title" tabindex="-1" data-first>${title}</h1>
      ${kept ? html`<p class="safe">${icon('check', 20)}${kept}</p>` : nothing}
      <p class="text" role="alert">${text}</p>
      ${kind === 'denied' ? steps(t) : nothing}
      ${kind === 'unsupported' || kind === 'failed' ? details(detail, t) : nothing}
    </div>
    <div class="plate-foot">${ways(session, kind, t, newClip)}</div>
  </div>`;
}

function ways(session: Session, kind: TroubleKind, t: Messages, newClip: () => void): TemplateResult {
  const again = (): unknown => (session.draftId === undefined ? session.reopen() : session.start());
  return html`
    ${kind === 'unsupported'
      ? nothing
      : html`<button type="button" class="primary wide" @click=${again}>${kind === 'lost' ? t.turnOnAgain : t.tryAgain}</button>`}
    ${session.segments.length > 0
      ? html`<button type="button" class="secondary wide" @click=${() => session.review()}>${t.reviewClip}</button>`
      : nothing}
    ${kind === 'elsewhere' ? html`<button type="button" class="secondary wide" @click=${newClip}>${t.startFresh}</button>` : nothing}
    ${kind === 'elsewhere' || kind === 'failed'
      ? html`<button type="button" class="plain" @click=${() => session.showDrafts()}>${icon('drafts', 20)}${t.drafts}</button>`
      : nothing}
  `;
}

function steps(t: Messages): TemplateResult {
  return html`<ol class="steps">
    ${t.steps[browserOf(navigator.userAgent)].map((step, index) => html`<li><span aria-hidden="true">${index + 1}</span>${step}</li>`)}
  </ol>`;
}

/** Codes and messages stand here and nowhere else. */
export function details(detail: string, t: Messages): TemplateResult {
  const copy = async (event: Event): Promise<void> => {
    const button = event.currentTarget as HTMLElement;
    await navigator.clipboard?.writeText(detail).catch(() => undefined);
    button.querySelector('span')?.replaceChildren(t.copied);
  };
  return html`<details>
    <summary>${t.details}</summary>
    <pre>${detail}</pre>
    <button type="button" class="plain" @click=${copy}>${icon('copy', 18)}<span>${t.copy}</span></button>
  </details>`;
}
