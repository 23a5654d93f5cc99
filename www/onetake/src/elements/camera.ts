/**
 * `<onetake-camera>`: the whole way from asking for the camera to the saved film, as one element.
 *
 * ```html
 * <onetake-camera max-duration="60"></onetake-camera>
 * <script type="module">
 *   import 'onetake/elements';
 *   document.querySelector('onetake-camera').addEventListener('film', ({ detail: film }) => console.log(film.duration));
 * </script>
 * ```
 *
 * Attributes: `draft`, `max-duration` and `min-duration` (seconds; of the clip, and of a take), `locale` (`zh`, `en`), `meter`,
 * `upload-token` (an address that gives upload tokens: with one, films can be uploaded), `live` (they are while they are filmed). Events, all `CustomEvent`: `draft`
 * (`{ id }`, whenever a draft is opened), `film` (the Film; valid until the review is left: take `film.detach()` to keep it),
 * `error` (an OnetakeError), `locale`, `meter`, `look`, `store` and `live` (chosen by the user), `uploaded` (`{ key, hash, link }`), `close` (the camera was
 * closed). Size it as any block; looks
 * come from the custom properties in tokens.ts and the parts `phone`, `stage`, `bar`, `record`, `tool`, `player`,
 * `drafts`, `timeline`, `meter`, `upload-button`. Runs on the main thread and decides nothing about media.
 */

import { LitElement, html, nothing } from 'lit';
import type { PropertyDeclarations, PropertyValues, TemplateResult } from 'lit';
import type { Film, Locale, OnetakeError, Stats, Studio } from '../index.js';
import { cameraScreen, closeLooks } from './camera-screen.js';
import type { LivePort, MeterPort } from './camera-screen.js';
import { cameraStyles } from './camera-styles.js';
import { controls } from './controls.js';
import './drafts.js';
import { Gestures } from './gestures.js';
import { helpDialog } from './help.js';
import { icon, mark } from './icons.js';
import { Keys } from './keys.js';
import type { Action } from './keys.js';
import type { LookChoice } from './look-choice.js';
import { browserLocale, messages } from './messages.js';
import './overlay.js';
import type { OnetakePlayer } from './player.js';
import { reviewScreen } from './review-screen.js';
import { blockedScreen, openingScreen, welcomeScreen } from './screens.js';
import { Session } from './session.js';
import type { Screen, SessionHost } from './session.js';
import { splitLine } from './split.js';
import { readChoice } from './store-choice.js';
import type { StoreChoice } from './store-choice.js';
import './store-settings.js';
import './timeline.js';
import { tokens } from './tokens.js';
import { placeName, uploadOffer } from './upload-parts.js';
import type { UploadPort } from './upload-parts.js';
import { filmId, Uploads } from './uploads.js';
import type { Stored } from './uploads.js';

export type OnetakeCameraEvents = {
  draft: CustomEvent<{ id: string }>;
  film: CustomEvent<Film>;
  error: CustomEvent<OnetakeError>;
  locale: CustomEvent<Locale>;
  meter: CustomEvent<boolean>;
  look: CustomEvent<LookChoice>;
  store: CustomEvent<StoreChoice | null>;
  live: CustomEvent<boolean>;
  uploaded: CustomEvent<Stored>;
  close: CustomEvent<undefined>;
};

export class OnetakeCamera extends LitElement implements SessionHost {
  static override properties: PropertyDeclarations = {
    draft: { type: String, reflect: true },
    maxDuration: { type: Number, attribute: 'max-duration' },
    minDuration: { type: Number, attribute: 'min-duration' },
    locale: { type: String, reflect: true },
    meter: { type: Boolean },
    look: { attribute: false },
    uploadToken: { type: String, attribute: 'upload-token' },
    store: { attribute: false },
    live: { type: Boolean },
  };

  /** Name of the draft to open or go on with; empty: the studio's default. */
  declare draft: string;
  /** Seconds that the whole clip may have; 0: no limit. */
  declare maxDuration: number;
  /** Seconds that a take has at least: a pause that comes earlier waits; 0: none. */
  declare minDuration: number;
  declare locale: Locale;
  /** Shows what the recorder counts. */
  declare meter: boolean;
  /** What `look` events gave, today or on an earlier day; what cannot be read in it is dropped. */
  declare look: unknown;
  /** Gives upload tokens of the page's own store to whoever may upload; empty: nothing is uploaded. */
  declare uploadToken: string;
  /** What `store` events gave, today or on an earlier day: a bucket that the user chose instead. */
  declare store: unknown;
  /** What is filmed is uploaded meanwhile, and done soon after its end. */
  declare live: boolean;

  readonly #session = new Session(this);
  readonly #gestures = new Gestures({
    tap: (at) => void this.#session.tools.focus(at),
    grip: () => this.#session.tools.grip(),
    pinch: (factor) => this.#session.tools.pinch(factor),
    wheel: (factor) => this.#session.tools.zoomBy(factor),
  });
  readonly #uploads = new Uploads({
    ownTokens: () => this.uploadToken,
    store: () => readChoice(this.store),
    live: () => this.live,
    open: (draft) => this.#go(draft),
    changed: () => this.requestUpdate(),
    stored: (what) => this.emit('uploaded', what),
  });
  readonly #readStats = (): Stats | undefined => this.#session.stats;
  readonly #keys = new Keys(this, (action) => this.#act(action));
  #shown: Screen | undefined;
  #focused = false;
  #asked: string | undefined;
  /** What an earlier visit left is offered once. */
  #opened = false;

  constructor() {
    super();
    this.draft = '';
    this.maxDuration = 60;
    this.minDuration = 0;
    this.locale = browserLocale();
    this.meter = false;
    this.uploadToken = '';
    this.live = false;
  }

  get stage(): HTMLElement {
    const stage = this.renderRoot.querySelector<HTMLElement>('.stage');
    if (!stage) throw new Error('the stage exists after the first update');
    return stage;
  }

  emit(type: keyof OnetakeCameraEvents, detail: unknown): boolean {
    if (type === 'draft') this.draft = this.#asked = (detail as { id: string }).id;
    if (type === 'look') this.look = detail;
    if (type === 'store') this.store = detail;
    const wanted = this.dispatchEvent(new CustomEvent(type, { detail, bubbles: type !== 'error', composed: true }));
    if (type === 'film') this.#uploads.finish(this.#filmId(), detail as Film);
    return wanted;
  }

  tend(studio: Studio, records: boolean): void {
    void this.#uploads.tend(studio, records);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#keys.listen();
    if (this.hasUpdated) this.#open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#keys.stop();
    void this.#session.close();
  }

  protected override firstUpdated(): void {
    this.#open();
    void this.#uploads.look(true);
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('look')) this.#session.tools.look.recall(this.look);
    // A screen that only waits has nothing to focus: the one after it gets what was ours.
    const lost = this.#focused && document.activeElement === document.body;
    this.#focused = this.shadowRoot?.activeElement != null || lost;
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('draft') && this.draft !== this.#asked && changed.get('draft') !== undefined) this.#open();
    const { screen } = this.#session;
    if (screen === this.#shown) return;
    this.#shown = screen;
    if (screen === 'drafts') void this.#uploads.look();
    // The control that had the focus went with its screen: its successor gets it, but no page loses its own focus to us.
    if (this.#focused) void this.#focusFirst();
  }

  async #focusFirst(): Promise<void> {
    const first = this.renderRoot.querySelector<HTMLElement>('[data-first]');
    // An element of ours has nothing to focus before it has drawn itself.
    if (first instanceof LitElement) await first.updateComplete;
    first?.focus({ preventScroll: true });
  }

  override render(): TemplateResult {
    const t = messages(this.locale);
    const session = this.#session;
    const { screen, spoken } = session;
    const toast = session.toasts.now;
    const act = (action: Action) => () => this.#act(action);
    const offer = uploadOffer(this.#uploads, t, () => this.#showUploads());
    return html`
      <div class="frame" lang=${this.locale === 'zh' ? 'zh-CN' : 'en'}>
        <div class="brand">
          <p class="wordmark">${mark(26)}${t.appName}</p>
          <div class="brand-tools">
            <button type="button" class="plain" @click=${act('help')}>${icon('help', 20)}${t.helpShort}</button>
            ${this.#languageButton()}
          </div>
        </div>
        <div class="phone" part="phone" data-screen=${screen}>
          <div
            class="stage"
            part="stage"
            @contextmenu=${(event: Event) => event.preventDefault()}
            @pointerdown=${this.#gestures.down}
            @pointermove=${this.#gestures.move}
            @pointerup=${this.#gestures.up}
            @pointercancel=${this.#gestures.lost}
            @wheel=${this.#gestures.wheel}
          ></div>
          <onetake-overlay
            class="over"
            ?hidden=${screen !== 'camera'}
            .ghost=${session.take === 'ready' ? session.tools.ghost : undefined}
            .aim=${session.tools.aim}
          ></onetake-overlay>
          ${splitLine(session, t, this.renderRoot.querySelector('.stage'))}
          ${screen === 'opening' ? openingScreen(t) : nothing}
          ${screen === 'welcome' ? welcomeScreen(session, t, this.#languageButton(), offer) : nothing}
          ${screen === 'blocked' && session.trouble
            ? blockedScreen(session, session.trouble, t, this.#languageButton(), () => this.newClip())
            : nothing}
          ${screen === 'camera' ? cameraScreen(session, t, this.locale, () => this.newClip(), this.#meterPort(), this.#livePort(), offer) : nothing}
          ${screen === 'review' ? reviewScreen(session, t, this.locale, () => this.newClip(), this.#uploadPort()) : nothing}
          ${screen === 'drafts'
            ? html`<onetake-drafts
                part="drafts"
                data-first
                .locale=${this.locale}
                .current=${this.draft}
                .memory=${session.capabilities?.storage === 'memory'}
                .uploads=${this.#uploads.rows}
                @settings=${this.#openStore}
                @back=${() => this.#open()}
                @fresh=${() => this.newClip()}
                @open=${({ detail }: CustomEvent<string>) => this.#go(detail)}
                @removed=${({ detail }: CustomEvent<string>) => void this.#uploads.handleRemoved(detail)}
                @error=${({ detail }: CustomEvent<OnetakeError>) => this.emit('error', detail)}
              ></onetake-drafts>`
            : nothing}
          <div class="toast-place">
            ${toast
              ? html`<div class="toast" @pointerenter=${() => session.toasts.hold()} @pointerleave=${() => session.toasts.rest()} @focusin=${() => session.toasts.hold()} @focusout=${() => session.toasts.rest()}>
                  ${icon(toast.icon, 20)}<span>${toast.say(t)}</span>
                  ${toast.undo ? html`<button type="button" class="toast-button" @click=${() => session.undo()}>${t.undo}</button>` : nothing}
                </div>`
              : nothing}
          </div>
        </div>
        <section class="side" aria-label=${t.timeline}>
          <onetake-timeline
            part="timeline"
            .segments=${session.segments}
            .live=${session.live}
            .limit=${session.limit}
            .recording=${session.take === 'recording'}
            .doomed=${session.doomed}
            .locale=${this.locale}
          ></onetake-timeline>
        </section>
        <p class="spoken" role="status">${spoken && !spoken.urgent ? spoken.say(t) : nothing}</p>
        <p class="spoken" role="alert">${spoken?.urgent ? spoken.say(t) : nothing}</p>
        ${helpDialog(t, this.#languageButton(), this.#uploads.on)}
        <onetake-store .locale=${this.locale} .choice=${readChoice(this.store)} @store=${({ detail }: CustomEvent<StoreChoice | null>) => this.emit('store', detail)}></onetake-store>
      </div>
    `;
  }

  /** Leaves this draft on the device and opens an empty one. */
  newClip(): void {
    this.draft = `clip-${Date.now().toString(36)}`;
  }

  /** Opens this draft, also where it was the last one. */
  #go(draft: string): void {
    if (draft === this.draft) this.#open();
    else this.draft = draft;
  }

  #open(): void {
    this.#asked = this.draft;
    const offer = !this.#opened;
    this.#opened = true;
    void this.#session.open({ draft: this.draft, maxDuration: this.maxDuration, minDuration: this.minDuration, locale: this.locale, offer });
  }

  #showUploads(): void {
    this.#uploads.seen();
    void this.#session.showDrafts();
  }

  readonly #openStore = (): void => void this.renderRoot.querySelector('onetake-store')?.show();

  #uploadPort(): UploadPort | undefined {
    return this.#uploads.on ? { uploads: this.#uploads, film: this.#filmId(), store: readChoice(this.store), settings: this.#openStore } : undefined;
  }

  #filmId(): string {
    const { draftId = '', segments } = this.#session;
    return filmId(draftId, segments);
  }

  #livePort(): LivePort | undefined {
    const set = (on: boolean): void => {
      this.live = on;
      this.emit('live', on);
      this.#uploads.turn();
    };
    return this.#uploads.on ? { on: this.live, place: placeName(readChoice(this.store), messages(this.locale)), task: this.#uploads.live, settings: this.#openStore, set } : undefined;
  }

  #meterPort(): MeterPort {
    const set = (on: boolean): void => {
      this.meter = on;
      this.emit('meter', on);
    };
    return { on: this.meter, read: this.#readStats, set };
  }

  #languageButton(): TemplateResult {
    const t = messages(this.locale);
    const other: Locale = this.locale === 'zh' ? 'en' : 'zh';
    return html`<button
      type="button"
      class="plain language"
      lang=${other === 'zh' ? 'zh-CN' : 'en'}
      aria-label=${t.languageSwitch}
      @click=${() => {
        this.locale = other;
        this.emit('locale', other);
      }}
    >
      ${icon('language', 20)}${t.languageOther}
    </button>`;
  }

  /** What a key or a button outside the screens means now; false: nothing, the browser may have it. */
  #act(action: Action): boolean {
    const session = this.#session;
    const { screen } = session;
    const player = this.renderRoot.querySelector<OnetakePlayer>('onetake-player');
    const help = this.renderRoot.querySelector<HTMLDialogElement>('dialog.help');
    const does: Partial<Record<Action, () => unknown>> =
      screen === 'camera'
        ? {
            space: () => session.press(),
            flip: () => session.flip(),
            erase: () => session.erase(),
            undo: () => session.toasts.now?.undo && session.undo(),
            enter: () => session.review(),
            escape: () => closeLooks(this.renderRoot) || session.spare(),
            torch: () => session.tools.toggleTorch(),
            timer: () => session.tools.nextTimer(),
            ghost: () => session.tools.toggleGhost(),
            photo: () => session.tools.roll.take(),
            adjust: () => (closeLooks(this.renderRoot), this.renderRoot.querySelector('onetake-adjust')?.toggle()),
            looks: () => session.tools.look.refuse() || this.renderRoot.querySelector('onetake-looks')?.toggle(),
            beauty: () => session.tools.look.toggleBeauty(),
            closer: () => session.tools.zoomBy(1.2),
            wider: () => session.tools.zoomBy(1 / 1.2),
            focus: () => session.tools.focus({ x: this.stage.clientWidth / 2, y: this.stage.clientHeight / 2 }),
          }
        : screen === 'review'
          ? {
              space: () => player?.toggle(),
              flip: () => player?.toggleFullscreen(),
              back: () => player?.seekBy(-1),
              on: () => player?.seekBy(1),
              mute: () => player?.toggleMute(),
              save: () => session.save(),
              upload: () => this.renderRoot.querySelector<HTMLElement>('[part=upload-button]')?.click(),
              escape: () => session.back(),
            }
          : screen === 'drafts'
            ? { escape: () => this.#open() }
            : { enter: () => session.start() };
    does.help = () => help?.showModal();
    const above = this.renderRoot.querySelector('dialog[open], onetake-store[open], onetake-upload[open]');
    const done = above ? undefined : does[action];
    if (!done) return false;
    void done();
    return true;
  }

  static override styles = [tokens, controls, cameraStyles];
}

customElements.get('onetake-camera') ?? customElements.define('onetake-camera', OnetakeCamera);

declare global {
  interface HTMLElementTagNameMap {
    'onetake-camera': OnetakeCamera;
  }
}
