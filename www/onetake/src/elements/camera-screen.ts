/** The camera screen: bar and clock above the picture, tools at the side, the record button below. */

import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { Locale, Stats } from '../index.js';
import './adjust.js';
import type { WhiteBalance } from './dials.js';
import { clock, fineClock, safe, spoken } from './format.js';
import { icon } from './icons.js';
import type { IconName } from './icons.js';
import './level.js';
import type { LookChoice } from './look-choice.js';
import './looks.js';
import type { OnetakeLooks } from './looks.js';
import type { Messages } from './messages.js';
import './meter.js';
import './photos.js';
import './record-button.js';
import './segment-bar.js';
import type { Notice, Session } from './session.js';
import './speed.js';
import './upload-live.js';
import type { UploadView } from './upload-task.js';

/** Whether the meter is wanted, and what it reads: the same function each time, so that it draws by its own clock alone. */
export type MeterPort = { on: boolean; read: () => Stats | undefined; set: (on: boolean) => void };

/** Whether what is filmed is uploaded meanwhile, to where, and how far that is; absent where nothing is uploaded. */
export type LivePort = { on: boolean; place: string; task: UploadView | undefined; settings: () => void; set: (on: boolean) => void };

export function cameraScreen(session: Session, t: Messages, locale: Locale, newClip: () => void, meter: MeterPort, live: LivePort | undefined, offer: TemplateResult | typeof nothing): TemplateResult {
  const { take, segments, limit, elapsed, doomed } = session;
  const running = take === 'recording' || take === 'waiting';
  const quiet = take !== 'ready';
  const filmed = segments.length > 0;
  const so = filmed || session.live > 0 ? t.barName(t.segments(segments.length), spoken(elapsed, t)) : t.barEmpty;
  return html`<div class="screen camera ${running ? 'running' : ''}" role="group" aria-label=${t.camera}>
    <h1 class="spoken">${t.camera}</h1>
    <div class="top">
      <onetake-segment-bar
        part="bar"
        .segments=${segments}
        .live=${session.live}
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
      ${live?.task
        ? html`<onetake-live-upload part="live" .task=${live.task} .filming=${quiet} .locale=${locale} @settings=${live.settings}></onetake-live-upload>`
        : nothing}
      ${session.tools.loud ? html`<p class="loud">${icon('microphone', 16)}${t.tooLoud}</p>` : nothing}
      ${session.notices.map((notice) => noticeBar(notice, session, t, newClip))} ${running ? nothing : offer}
      ${meter.on ? html`<onetake-meter part="meter" .read=${meter.read} .listen=${hears(session)} .words=${t}></onetake-meter>` : nothing}
    </div>
    ${tools(session, t, quiet, meter, live)}
    <onetake-photos
      .photos=${session.tools.roll.photos}
      .kept=${session.tools.roll.kept}
      .filming=${running}
      .words=${t}
      @save=${() => session.tools.roll.save()}
      @share=${() => session.tools.roll.share()}
      @drop=${({ currentTarget }: Event) => {
        session.tools.roll.drop();
        // What was pressed goes with them.
        (currentTarget as Element).closest('.screen')?.querySelector<HTMLElement>('.shutter')?.focus({ preventScroll: true });
      }}
    ></onetake-photos>
    ${drawer(session, t, locale)}
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
    <onetake-level part="level" .listen=${hears(session)}></onetake-level>
  </p>`;
}

function zoomBadge({ tools: { offers, zoom }, tools }: Session, t: Messages): TemplateResult | typeof nothing {
  if (!offers.zoom) return nothing;
  const ratio = zoom.toFixed(1);
  return html`<button type="button" class="zoom" part="tool" aria-label=${t.zoom(ratio)} @click=${() => tools.nextZoom()}>
    <span aria-hidden="true">${t.zoomShort(ratio)}</span>
  </button>`;
}

function tools(session: Session, t: Messages, quiet: boolean, meter: MeterPort, live: LivePort | undefined): TemplateResult {
  const { flipping, cameras, segments, tools } = session;
  const { timer, torch, offers, ghostOn, dials, roll } = tools;
  return html`<div class="tools">
    ${cameras > 1
      ? html`<button type="button" class="tool ${flipping ? 'turning' : ''}" part="tool" aria-label=${t.flip} aria-busy=${flipping ? 'true' : 'false'} @click=${() => session.flip()}>
          ${icon('flip')}<span aria-hidden="true">${t.flipShort}</span>
        </button>`
      : nothing}
    ${offers.torch ? tool('flash', t.flash, t.flashShort, torch, false, () => tools.toggleTorch()) : nothing}
    <button type="button" class="tool shutter" part="tool" aria-label=${t.photo} @click=${() => roll.take()}>${icon('photo')}<span aria-hidden="true">${t.photoShort}</span></button>
    <onetake-adjust
      .offers=${offers}
      .exposure=${dials.exposure}
      .balance=${dials.whiteBalance}
      .meter=${meter.on}
      .live=${live?.on}
      .place=${live?.place ?? ''}
      .words=${t}
      @click=${({ currentTarget }: Event) => closeLooks((currentTarget as Element).closest('.screen'))}
      @exposure=${({ detail }: CustomEvent<number>) => dials.expose(detail)}
      @balance=${({ detail }: CustomEvent<WhiteBalance>) => dials.balance(detail)}
      @meter=${({ detail }: CustomEvent<boolean>) => meter.set(detail)}
      @live=${({ detail }: CustomEvent<boolean>) => live?.set(detail)}
    ></onetake-adjust>
    ${lookTools(session, t)}
    ${tool('timer', t.countdown(timer), t.countdownShort(timer), timer > 0, quiet, () => tools.nextTimer())}
    ${segments.length > 0 ? tool('ghost', t.ghost, t.ghostShort, ghostOn, quiet, () => tools.toggleGhost()) : nothing}
    ${encodes(session)
      ? html`<onetake-speed
          .value=${session.speed}
          .words=${t}
          .quiet=${quiet}
          @speed=${({ detail }: CustomEvent<number>) => session.setSpeed(detail)}
        ></onetake-speed>`
      : nothing}
  </div>`;
}

/** What cannot be drawn here is still named, and says why when it is pressed. */
function lookTools({ tools: { look } }: Session, t: Messages): TemplateResult {
  const why = look.hindrance?.(t) ?? '';
  const { choice, open } = look;
  const openDrawer = (event: MouseEvent): void => {
    if (look.refuse()) return;
    (event.currentTarget as Element).closest('.screen')?.querySelector('onetake-looks')?.toggle(event.detail > 0);
  };
  return html`<button
      type="button"
      class="tool looks ${(choice.look || Object.keys(choice.adjust).length > 0) && !why ? 'set' : ''}"
      part="tool"
      aria-label=${t.looks}
      aria-description=${why || nothing}
      aria-disabled=${why ? 'true' : 'false'}
      aria-expanded=${open ? 'true' : 'false'}
      @click=${openDrawer}
    >
      ${icon('looks')}<span aria-hidden="true">${t.looks}</span>
    </button>
    <button
      type="button"
      class="tool ${choice.beauty.on && !why ? 'set' : ''}"
      part="tool"
      aria-label=${t.beauty}
      aria-description=${why || nothing}
      aria-disabled=${why ? 'true' : 'false'}
      aria-pressed=${choice.beauty.on && !why ? 'true' : 'false'}
      @click=${() => look.toggleBeauty()}
    >
      ${icon('beauty')}<span aria-hidden="true">${t.beauty}</span>
    </button>`;
}

/** Closes the drawer; `false`: it was closed. */
export function closeLooks(place: ParentNode | null): boolean {
  const drawer = place?.querySelector('onetake-looks');
  if (!drawer?.open) return false;
  drawer.toggle();
  return true;
}

function drawer({ take, tools: { look } }: Session, t: Messages, locale: Locale): TemplateResult {
  const moved = async ({ currentTarget, detail: open }: CustomEvent<boolean>): Promise<void> => {
    const it = currentTarget as OnetakeLooks;
    const had = it.matches(':focus-within');
    look.handleOpen(open);
    // Both stand in one place.
    const adjust = it.closest('.screen')?.querySelector('onetake-adjust');
    if (open && adjust) adjust.open = false;
    // The tool that opens it is back when it has gone, and gets the focus if nobody else has it by then.
    await it.updateComplete;
    const { activeElement } = it.getRootNode() as ShadowRoot;
    if (!open && had && (!activeElement || activeElement === it)) it.closest('.screen')?.querySelector<HTMLElement>('.tool.looks')?.focus({ preventScroll: true });
  };
  return html`<onetake-looks
    .choice=${look.choice}
    .filming=${take !== 'ready'}
    .locale=${locale}
    .words=${t}
    .draw=${look.draw}
    @choice=${({ detail }: CustomEvent<LookChoice>) => look.choose(detail)}
    @compare=${({ detail }: CustomEvent<boolean>) => look.compare(detail)}
    @drawer=${moved}
  ></onetake-looks>`;
}

/** The browser's own recorder films as the world runs, and lets nobody listen. */
function encodes({ capabilities }: Session): boolean {
  return capabilities?.tier === 'webcodecs';
}

function hears(session: Session): Session['listenLevel'] | undefined {
  return encodes(session) ? session.listenLevel : undefined;
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
