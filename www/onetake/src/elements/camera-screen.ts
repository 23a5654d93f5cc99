/** The camera screen: bar and clock above the picture, tools at the side, the record button below. */

import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { clock, fineClock, safe, spoken } from './format.js';
import { icon } from './icons.js';
import type { IconName } from './icons.js';
import './level.js';
import type { Messages } from './messages.js';
import './record-button.js';
import './segment-bar.js';
import type { Notice, Session } from './session.js';
import './speed.js';

export function cameraScreen(session: Session, t: Messages, newClip: () => void): TemplateResult {
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
      ${session.tools.loud ? html`<p class="loud">${icon('microphone', 16)}${t.tooLoud}</p>` : nothing}
      ${session.notices.map((notice) => noticeBar(notice, session, t, newClip))}
    </div>
    ${tools(session, t, quiet)}
    ${session.countdown > 0 ? html`<p class="countdown" aria-hidden="true">${session.countdown}</p>` : nothing}
    <div class="bottom">
      <p class="hint">${hint(session, t)}</p>
      ${zoomBadge(session, t)}
      <div class="deck">
        <div class="before ${quiet ? 'away' : ''}">
          <button type="button" class="tool" part="tool" aria-label=${t.drafts} @click=${() => session.showDrafts()}>
            ${icon('drafts')}<span aria-hidden="true">${t.drafts}</span>
          </button>
        </div>
        <onetake-record-button
          part="record"
          data-first
          .state=${take}
          .full=${session.full}
          .least=${session.least}
          .label=${take === 'waiting' && session.tools.timer ? t.countdownStop : t.record}
          @press=${() => (session.tools.grip(), session.press())}
          @slide=${({ detail }: CustomEvent<number>) => session.tools.slide(detail)}
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

function clockPill(session: Session, t: Messages): TemplateResult {
  const { take, elapsed, limit } = session;
  const recording = take === 'recording';
  const now = recording ? fineClock(elapsed) : clock(elapsed);
  return html`<p class="clock ${recording ? 'on' : ''}" role="timer" aria-live="off" aria-label=${t.elapsed(spoken(elapsed, t), limit > 0 ? spoken(limit, t) : '')}>
    ${recording ? html`<i class="dot"></i>` : nothing}<b>${now}</b>${limit > 0 ? html`<span>/ ${clock(limit)}</span>` : nothing}
    <onetake-level part="level" .listen=${session.listenLevel}></onetake-level>
  </p>`;
}

function zoomBadge({ tools: { offers, zoom }, tools }: Session, t: Messages): TemplateResult | typeof nothing {
  if (!offers.zoom) return nothing;
  const ratio = zoom.toFixed(1);
  return html`<button type="button" class="zoom" part="tool" aria-label=${t.zoom(ratio)} @click=${() => tools.nextZoom()}>
    <span aria-hidden="true">${t.zoomShort(ratio)}</span>
  </button>`;
}

function tools(session: Session, t: Messages, quiet: boolean): TemplateResult {
  const { flipping, cameras, segments, tools } = session;
  const { timer, torch, offers, ghostOn } = tools;
  return html`<div class="tools">
    ${cameras > 1
      ? html`<button type="button" class="tool ${flipping ? 'turning' : ''}" part="tool" aria-label=${t.flip} aria-busy=${flipping ? 'true' : 'false'} @click=${() => session.flip()}>
          ${icon('flip')}<span aria-hidden="true">${t.flipShort}</span>
        </button>`
      : nothing}
    ${offers.torch ? tool('flash', t.flash, t.flashShort, torch, false, () => tools.toggleTorch()) : nothing}
    ${tool('timer', t.countdown(timer), t.countdownShort(timer), timer > 0, quiet, () => tools.nextTimer())}
    ${segments.length > 0 ? tool('ghost', t.ghost, t.ghostShort, ghostOn, quiet, () => tools.toggleGhost()) : nothing}
    <onetake-speed
      .value=${session.speed}
      .words=${t}
      .quiet=${quiet}
      @speed=${({ detail }: CustomEvent<number>) => session.setSpeed(detail)}
    ></onetake-speed>
  </div>`;
}

/** A tool that is on or off. */
function tool(sign: IconName, name: string, short: string, on: boolean, away: boolean, press: () => void): TemplateResult {
  return html`<button type="button" class="tool ${on ? 'set' : ''} ${away ? 'away' : ''}" part="tool" aria-label=${name} aria-pressed=${on ? 'true' : 'false'} @click=${press}>
    ${icon(sign)}<span aria-hidden="true">${short}</span>
  </button>`;
}

function hint(session: Session, t: Messages): TemplateResult | typeof nothing {
  const { take, doomed, full, segments } = session;
  if (session.holding) return html`<span class="pill">${t.least(spoken(Math.ceil(session.shortest), t))}</span>`;
  if (take === 'saving') return html`<span class="pill late"><i class="spinner"></i>${t.saving}</span>`;
  if (take === 'waiting' && !session.tools.timer) return html`<span class="pill late"><i class="spinner"></i>${t.wait}</span>`;
  if (take !== 'ready') return nothing;
  if (doomed !== undefined) return html`<span class="pill ask">${icon('erase', 18)}${t.eraseAsk}</span>`;
  if (full) return html`<span class="pill">${t.fullHint}</span>`;
  return segments.length === 0 ? html`<span class="pill">${hasKeys() ? t.recordHintKeys : t.recordHint}</span>` : nothing;
}

/** A fine pointer that hovers comes with a keyboard. */
function hasKeys(): boolean {
  return matchMedia('(hover: hover) and (pointer: fine)').matches;
}

function noticeBar(notice: Notice, session: Session, t: Messages, newClip: () => void): TemplateResult {
  const kept = notice.safe ? safe(session.segments, t) : '';
  return html`<div class="notice" role="alert">
    ${icon(notice.icon, 20)}
    <p>${kept ? html`<b>${kept}</b> ` : nothing}${notice.say(t)}</p>
    ${notice.about === 'unfinished' ? html`<button type="button" class="notice-button" @click=${newClip}>${t.newClip}</button>` : nothing}
    <button type="button" aria-label=${t.dismiss} @click=${() => session.dismiss(notice)}>${icon('close', 18)}</button>
  </div>`;
}
