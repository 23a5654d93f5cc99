/** Plays a film on a loop with our own controls, by pointer and by keyboard. It holds the object URL of the Blob as long as it shows it. */

import { LitElement, css, html } from 'lit';
import type { PropertyDeclarations, PropertyValues, TemplateResult } from 'lit';
import { controls } from './controls.js';
import { clock } from './format.js';
import { icon } from './icons.js';
import { messages } from './messages.js';
import type { Locale } from '../index.js';
import { sliderStyles } from './slider-styles.js';
import { tokens } from './tokens.js';

export class OnetakePlayer extends LitElement {
  static override properties: PropertyDeclarations = {
    file: { attribute: false },
    locale: { type: String },
    playing: { state: true },
    at: { state: true },
    length: { state: true },
    volume: { state: true },
    muted: { state: true },
    broken: { state: true },
    whole: { state: true },
  };

  declare file: Blob | undefined;
  declare locale: Locale;
  declare protected playing: boolean;
  declare protected at: number;
  declare protected length: number;
  declare protected volume: number;
  declare protected muted: boolean;
  declare protected broken: boolean;
  declare protected whole: boolean;
  #url = '';
  #frame = 0;

  constructor() {
    super();
    this.locale = 'en';
    this.playing = this.muted = this.broken = this.whole = false;
    this.at = this.length = 0;
    this.volume = 1;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('fullscreenchange', this.#onFullscreen);
    this.#show();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('fullscreenchange', this.#onFullscreen);
    cancelAnimationFrame(this.#frame);
    this.#forget();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('file')) this.#show();
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('file') && this.#url) void this.#play();
  }

  /** The media element, for tests and for pages that want more. */
  get video(): HTMLVideoElement | null {
    return this.renderRoot.querySelector('video');
  }

  async toggle(): Promise<void> {
    if (this.video?.paused) await this.#play();
    else this.video?.pause();
  }

  seekBy(seconds: number): void {
    this.#seek(this.at + seconds);
  }

  toggleMute(): void {
    const { video } = this;
    if (video) video.muted = !video.muted;
  }

  async toggleFullscreen(): Promise<void> {
    if (document.fullscreenElement) return document.exitFullscreen();
    if (this.requestFullscreen) return this.requestFullscreen().catch(() => undefined);
    // iPhones let only the video itself fill the screen.
    (this.video as unknown as { webkitEnterFullscreen?: () => void } | null)?.webkitEnterFullscreen?.();
  }

  override render(): TemplateResult {
    const t = messages(this.locale);
    return html`
      <div class="picture" @click=${this.toggle}>
        <video
          part="video"
          src=${this.#url}
          aria-label=${t.film}
          loop
          playsinline
          preload="auto"
          disablepictureinpicture
          @play=${this.#onPlaying}
          @pause=${this.#onPlaying}
          @timeupdate=${this.#onTime}
          @durationchange=${this.#onTime}
          @volumechange=${this.#onVolume}
          @error=${() => (this.broken = this.#url !== '')}
        ></video>
        ${this.broken ? html`<p class="broken" role="alert">${icon('warning')}${t.playFailed}</p>` : ''}
        <span class="paused ${this.playing || this.broken ? 'gone' : ''}" aria-hidden="true">${icon('play', 36)}</span>
      </div>
      <div class="controls" part="controls">
        <button type="button" aria-label=${this.playing ? t.pause : t.play} @click=${this.toggle}>
          ${icon(this.playing ? 'pause' : 'play')}
        </button>
        <span class="time" aria-hidden="true">${clock(this.at)}</span>
        <input
          class="slider seek"
          type="range"
          min="0"
          max=${this.length || 1}
          step="any"
          aria-label=${t.seek}
          aria-valuetext=${t.seekAt(clock(this.at), clock(this.length))}
          style=${`--filled:${this.length ? (this.at / this.length) * 100 : 0}%`}
          .value=${String(this.at)}
          @input=${(event: Event) => this.#seek(Number((event.target as HTMLInputElement).value))}
          @keydown=${this.#onSeekKey}
        />
        <span class="time" aria-hidden="true">${clock(this.length)}</span>
        <button type="button" aria-label=${t.mute} aria-pressed=${this.muted ? 'true' : 'false'} @click=${this.toggleMute}>
          ${icon(this.muted || this.volume === 0 ? 'mute' : 'sound')}
        </button>
        <input
          class="slider volume"
          type="range"
          min="0"
          max="1"
          step="0.05"
          aria-label=${t.volume}
          aria-valuetext=${`${Math.round((this.muted ? 0 : this.volume) * 100)} %`}
          style=${`--filled:${(this.muted ? 0 : this.volume) * 100}%`}
          .value=${String(this.muted ? 0 : this.volume)}
          @input=${this.#setVolume}
        />
        <button type="button" aria-label=${this.whole ? t.fullscreenLeave : t.fullscreen} @click=${this.toggleFullscreen}>
          ${icon(this.whole ? 'shrink' : 'fullscreen')}
        </button>
      </div>
    `;
  }

  async #play(): Promise<void> {
    try {
      await this.video?.play();
    } catch {
      // Refused without a gesture, or replaced meanwhile: the play sign stays, one tap plays.
      this.playing = false;
    }
  }

  #seek(to: number): void {
    const { video } = this;
    if (!video) return;
    video.currentTime = this.at = Math.min(Math.max(0, to), Math.max(0, this.length - 0.01));
  }

  #setVolume(event: Event): void {
    const { video } = this;
    if (!video) return;
    video.volume = Number((event.target as HTMLInputElement).value);
    video.muted = video.volume === 0;
  }

  #onSeekKey(event: KeyboardEvent): void {
    const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    this.seekBy(step);
  }

  #onPlaying(): void {
    this.playing = this.video?.paused === false;
    cancelAnimationFrame(this.#frame);
    if (this.playing) this.#follow();
  }

  /** The slider moves with the picture, not four times a second. */
  #follow(): void {
    this.#onTime();
    this.#frame = requestAnimationFrame(() => this.#follow());
  }

  #onTime(): void {
    const { video } = this;
    if (!video) return;
    this.at = video.currentTime;
    this.length = Number.isFinite(video.duration) ? video.duration : 0;
  }

  #onVolume(): void {
    const { video } = this;
    if (!video) return;
    this.volume = video.volume;
    this.muted = video.muted;
  }

  readonly #onFullscreen = (): void => {
    this.whole = document.fullscreenElement !== null;
  };

  #show(): void {
    this.#forget();
    this.broken = false;
    if (this.file && this.isConnected) this.#url = URL.createObjectURL(this.file);
  }

  #forget(): void {
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = '';
  }

  static override styles = [
    tokens,
    controls,
    sliderStyles,
    css`
      :host {
        position: relative;
        display: flex;
        flex-direction: column;
        min-height: 0;
        background: #000000;
      }

      .picture {
        position: relative;
        flex: 1;
        min-height: 0;
        cursor: pointer;
      }

      video {
        position: absolute;
        inset: 0;
        width: 100%;
        height: 100%;
        object-fit: contain;
      }

      .paused,
      .broken {
        position: absolute;
        inset: 0;
        margin: auto;
        border-radius: var(--_pill);
        background: var(--_scrim);
        pointer-events: none;
        transition: opacity var(--_quick) linear;
      }

      .paused {
        display: grid;
        place-items: center;
        width: 76px;
        height: 76px;
        padding-left: 4px;
      }

      .broken {
        display: flex;
        align-items: center;
        gap: var(--_3);
        width: calc(100% - 2 * var(--_5));
        height: fit-content;
        padding: var(--_4);
        border-radius: var(--_round);
        font-size: var(--_size-s);
      }

      .gone {
        opacity: 0;
      }

      .controls {
        display: flex;
        align-items: center;
        gap: var(--_1);
        padding: 0 var(--_2);
        background: var(--_ground);
      }

      .time {
        min-width: 36px;
        font-size: 13px;
        font-variant-numeric: tabular-nums;
        text-align: center;
        color: var(--_quiet);
      }

      .seek {
        flex: 1;
        min-width: 60px;
      }

      .volume {
        display: none;
        flex: none;
        width: 64px;
        min-width: 0;
        margin-right: var(--_2);
      }

      /* Phones have keys for it, and iPhones ignore the slider. */
      @media (hover: hover) and (pointer: fine) {
        .volume {
          display: block;
        }
      }
    `,
  ];
}

customElements.get('onetake-player') ?? customElements.define('onetake-player', OnetakePlayer);

declare global {
  interface HTMLElementTagNameMap {
    'onetake-player': OnetakePlayer;
  }
}
