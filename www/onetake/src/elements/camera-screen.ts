/** The camera screen: bar and clock above the picture, tools at the side, the record button below. */

import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { clock, fineClock, safe, spoken } from './format.js';
import { icon } from './icons.js';
import type { Messages } from './messages.js';
import './record-button.js';
import './segment-bar.js';
import type { Notice, Session } from './session.js';

export function cameraScreen(session: Session, t: Messages): TemplateResult {
  const { take, segments, limit, elapsed, live, doomed } = session;
  const running = take === 'recording' || take === 'waiting';
  const quiet = take !== 'ready';
  const filmed = segments.length > 0;
  const so = filmed || live > 0 ? t.barName(t.segments(segments.length), spoken(elapsed, t)) : t.barEmpty;
  return html`<div class="screen camera ${running ? 'running' : ''}" role="group" aria-label=${t.camera}>
    <h1 class="spoken">${t.camera}</h1>
    <div class="top">
      <onetake-segment-bar
        part="bar"
        .segments=${segments}
        .live=${live}
        .limit=${limit}
        .recording=${take === 'recording'}
        .doomed=${doomed}
        .label=${so}
      ></onetake-segment-bar>
      <div class="head">
        <button type="button" class="round ${quiet ? 'away' : ''}" part="tool" aria-label=${t.close} @click=${() => session.leave()}>
          ${icon('close')}
        </button>
        ${clockPill(session, t)}
      </div>
      ${session.notices.map((notice) => noticeBar(notice, session, t))}
    </div>
    ${tools(session, t, quiet)}
    ${session.countdown > 0 ? html`<p class="countdown" aria-hidden="true">${session.countdown}</p>` : nothing}
    <div class="bottom">
      <p class="hint">${hint(session, t)}</p>
      <div class="deck">
        <span></span>
        <onetake-record-button
          part="record"
          data-first
          .state=${take}
          .full=${session.full}
          .label=${take === 'waiting' && session.timer ? t.countdownStop : t.record}
          @press=${() => session.press()}
          @letgo=${() => session.letGo()}
        ></onetake-record-button>
        <div class="after ${filmed && !quiet ? '' : 'away'}">
          <button
            type="button"
            class="round erase ${doomed === undefined ? '' : 'sure'}"
            part="tool"
            aria-label=${doomed === undefined ? t.eraseLast : t.eraseAgain}
            @click=${() => session.erase()}
          >
            ${icon('erase')}
          </button>
          <button type="button" class="ok" part="done" aria-label=${t.doneName} @click=${() => session.review()}>${icon('check')}</button>
        </div>
      </div>
    </div>
  </div>`;
}

function clockPill({ take, elapsed, limit }: Session, t: Messages): TemplateResult {
  const recording = take === 'recording';
  const now = recording ? fineClock(elapsed) : clock(elapsed);
  return html`<p class="clock ${recording ? 'on' : ''}" role="timer" aria-live="off" aria-label=${t.elapsed(spoken(elapsed, t), limit > 0 ? spoken(limit, t) : '')}>
    ${recording ? html`<i class="dot"></i>` : nothing}<b>${now}</b>${limit > 0 ? html`<span>/ ${clock(limit)}</span>` : nothing}
  </p>`;
}

function tools(session: Session, t: Messages, quiet: boolean): TemplateResult {
  const { flipping, timer, cameras } = session;
  return html`<div class="tools">
    ${cameras > 1
      ? html`<button type="button" class="tool ${flipping ? 'turning' : ''}" part="tool" aria-label=${t.flip} aria-busy=${flipping ? 'true' : 'false'} @click=${() => session.flip()}>
          ${icon('flip')}<span aria-hidden="true">${t.flipShort}</span>
        </button>`
      : nothing}
    <button
      type="button"
      class="tool ${timer ? 'set' : ''} ${quiet ? 'away' : ''}"
      part="tool"
      aria-label=${t.countdown}
      aria-pressed=${timer ? 'true' : 'false'}
      @click=${() => session.toggleTimer()}
    >
      ${icon('timer')}<span aria-hidden="true">${t.countdownShort}</span>
    </button>
  </div>`;
}

function hint(session: Session, t: Messages): TemplateResult | typeof nothing {
  const { take, doomed, full, segments } = session;
  if (take === 'saving') return html`<span class="pill late"><i class="spinner"></i>${t.saving}</span>`;
  if (take === 'waiting' && !session.timer) return html`<span class="pill late"><i class="spinner"></i>${t.wait}</span>`;
  if (take !== 'ready') return nothing;
  if (doomed !== undefined) return html`<span class="pill ask">${icon('erase', 18)}${t.eraseAsk}</span>`;
  if (full) return html`<span class="pill">${t.fullHint}</span>`;
  return segments.length === 0 ? html`<span class="pill">${hasKeys() ? t.recordHintKeys : t.recordHint}</span>` : nothing;
}

/** A fine pointer that hovers comes with a keyboard. */
function hasKeys(): boolean {
  return matchMedia('(hover: hover) and (pointer: fine)').matches;
}

function noticeBar(notice: Notice, session: Session, t: Messages): TemplateResult {
  const kept = notice.safe ? safe(session.segments, t) : '';
  return html`<div class="notice" role="alert">
    ${icon(notice.icon, 20)}
    <p>${kept ? html`<b>${kept}</b> ` : nothing}${notice.say(t)}</p>
    <button type="button" aria-label=${t.dismiss} @click=${() => session.dismiss(notice)}>${icon('close', 18)}</button>
  </div>`;
}
