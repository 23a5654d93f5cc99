/**
 * `<onetake-look-strip>`: the named looks beside each other, each drawn on what the camera sees, and before them the plain
 * picture. One of them is chosen: by a tap, or with the arrow keys. It fires `look` (`CustomEvent<string>`, empty for none)
 * and keeps nothing. While it is `live` those scrolled into view are drawn anew once a second, all in one request, and
 * never a second one beside it; else they stay as they were.
 */

import { LitElement, css, html } from 'lit';
import type { PropertyDeclarations, PropertyValues, TemplateResult } from 'lit';
import type { Filter, Locale } from '../types.js';
import { controls } from './controls.js';
import { LOOKS } from './look-choice.js';
import { messages } from './messages.js';
import type { Messages } from './messages.js';
import { stepTo } from './row-keys.js';
import { tokens } from './tokens.js';

/** Bitmaps are ours to close. */
export type Draw = (chains: Filter[][], width: number, signal: AbortSignal) => Promise<ImageBitmap[]>;

/** Milliseconds from one drawing to the next, and at least between them. */
const EACH = 1000;
const PAUSE = 200;
/** Of a small picture, pixels: twice what it is on the screen. */
const WIDTH = 136;
const HEIGHT = 192;
/** No picture is asked to be wider. */
const WIDEST = 512;

/** What stands in the strip: no look, then all. */
const ROWS: readonly { name: string; label: { en: string; zh: string } | undefined; chain: Filter[] }[] = [{ name: '', label: undefined, chain: [] }, ...LOOKS];

export class OnetakeLookStrip extends LitElement {
  static override properties: PropertyDeclarations = {
    chosen: { type: String },
    live: { type: Boolean },
    locale: { type: String },
    words: { attribute: false },
    draw: { attribute: false },
  };

  /** Name of a look; empty: none. */
  declare chosen: string;
  declare live: boolean;
  declare locale: Locale;
  declare words: Messages;
  declare draw: Draw | undefined;
  readonly #shown = new Set<number>();
  readonly #drawn = new Set<number>();
  #watch: IntersectionObserver | undefined;
  #loop: AbortController | undefined;
  #last: Promise<void> = Promise.resolve();
  #wake: () => void = () => undefined;
  /** How wide a picture of the camera is drawn to fill one of ours. */
  #wide = WIDTH;

  constructor() {
    super();
    this.chosen = '';
    this.live = false;
    this.locale = 'en';
    this.words = messages('en');
    this.draw = undefined;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#observe();
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#watch?.disconnect();
    this.#shown.clear();
    this.#stop();
  }

  override focus(options?: FocusOptions): void {
    this.#chosenOne?.focus(options);
  }

  override render(): TemplateResult {
    const { chosen, words: t } = this;
    return html`<div class="strip" role="radiogroup" aria-label=${t.looks} @keydown=${this.#key} @wheel=${turnSideways}>
      ${ROWS.map(
        ({ name, label }) => html`<button
          type="button"
          role="radio"
          data-look=${name}
          aria-checked=${name === chosen ? 'true' : 'false'}
          tabindex=${name === chosen ? '0' : '-1'}
          @click=${() => this.#choose(name)}
        >
          <canvas width=${WIDTH} height=${HEIGHT} aria-hidden="true"></canvas><span>${label?.[this.locale] ?? t.lookNone}</span>
        </button>`,
      )}
    </div>`;
  }

  protected override firstUpdated(): void {
    this.#observe();
  }

  protected override updated(changed: PropertyValues): void {
    const { live, draw } = this;
    if (live && draw && this.isConnected) this.#start();
    else this.#stop();
    if (!changed.has('chosen')) return;
    this.reveal(this.hasUpdated);
    if (this.shadowRoot?.activeElement) this.#chosenOne?.focus({ preventScroll: true });
  }

  /** Brings the chosen one into the middle, as far as that goes. */
  reveal(moving = false): void {
    const look = this.#chosenOne;
    const strip = look?.parentElement;
    const smooth = moving && !matchMedia('(prefers-reduced-motion: reduce)').matches;
    if (look && strip) strip.scrollTo({ left: look.offsetLeft - (strip.clientWidth - look.offsetWidth) / 2, behavior: smooth ? 'smooth' : 'instant' });
  }

  get #chosenOne(): HTMLElement | null {
    return this.renderRoot.querySelector('[aria-checked="true"]');
  }

  #observe(): void {
    const strip = this.renderRoot.querySelector('.strip');
    this.#watch = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          const at = ROWS.findIndex(({ name }) => name === (target as HTMLElement).dataset['look']);
          if (isIntersecting) this.#shown.add(at);
          else this.#shown.delete(at);
        }
        if ([...this.#shown].some((at) => !this.#drawn.has(at))) this.#wake();
      },
      { root: strip, rootMargin: '0px 40px' },
    );
    for (const look of this.renderRoot.querySelectorAll('[data-look]')) this.#watch.observe(look);
  }

  #start(): void {
    if (this.#loop) return;
    const { signal } = (this.#loop = new AbortController());
    // What was asked before is answered, or given up, first.
    this.#last = this.#last.then(() => this.#run(signal));
  }

  #stop(): void {
    this.#loop?.abort();
    this.#loop = undefined;
    this.#wake();
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const began = performance.now();
      // Without a camera there is nothing to draw; it may be there in a second.
      await this.#refresh(signal).catch(() => undefined);
      const took = performance.now() - began;
      if (!signal.aborted) await this.#rest(Math.max(PAUSE, took, EACH - took));
    }
  }

  async #refresh(signal: AbortSignal): Promise<void> {
    const { draw } = this;
    const shown = [...this.#shown].sort((one, other) => one - other);
    if (!draw || shown.length === 0) return;
    const bitmaps = await draw(shown.map((at) => ROWS[at]?.chain ?? []), this.#wide, signal);
    const canvases = this.renderRoot.querySelectorAll('canvas');
    bitmaps.forEach((bitmap, index) => {
      const at = shown[index] ?? 0;
      const canvas = canvases[at];
      if (canvas && !signal.aborted) {
        paint(bitmap, canvas);
        this.#drawn.add(at);
      }
      this.#wide = Math.min(WIDEST, Math.ceil(Math.max(WIDTH, (HEIGHT * bitmap.width) / bitmap.height)));
      bitmap.close();
    });
  }

  /** Until then, or until one comes into view that has no picture. */
  #rest(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #choose(name: string): void {
    if (name !== this.chosen) this.dispatchEvent(new CustomEvent('look', { detail: name }));
  }

  #key = (event: KeyboardEvent): void => {
    const next = stepTo(event, ROWS.findIndex(({ name }) => name === this.chosen), ROWS.length);
    if (next === undefined) return;
    this.#choose(ROWS[next]?.name ?? '');
    event.preventDefault();
  };

  static override styles = [
    tokens,
    controls,
    css`
      :host {
        display: block;
      }

      .strip {
        position: relative;
        display: flex;
        gap: var(--_1);
        padding: var(--_1) var(--_3);
        overflow: auto hidden;
        overscroll-behavior-x: contain;
        scrollbar-width: none;
      }

      button {
        flex: none;
        flex-direction: column;
        justify-content: flex-start;
        gap: var(--_1);
        width: 76px;
        padding: var(--_1);
        border-radius: var(--_round-s);
        font-size: var(--_size-xs);
        color: #e4e4ea;
      }

      canvas {
        width: 68px;
        height: 96px;
        border-radius: 8px;
        background: linear-gradient(160deg, #3a3a42, #26262c);
      }

      span {
        max-width: 100%;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }

      /* Shown by a frame, a mark and the weight of the word: not by colour alone. */
      [aria-checked='true'] {
        font-weight: 700;
        color: #ffffff;
      }

      [aria-checked='true'] canvas {
        outline: 3px solid #ffffff;
        outline-offset: -1px;
      }

      button:focus-visible {
        outline-offset: -2px;
        box-shadow: none;
      }
    `,
  ];
}

/** As the preview shows it: cut to fill. */
function paint(bitmap: ImageBitmap, canvas: HTMLCanvasElement): void {
  const scale = Math.max(WIDTH / bitmap.width, HEIGHT / bitmap.height);
  const [width, height] = [bitmap.width * scale, bitmap.height * scale];
  canvas.getContext('2d')?.drawImage(bitmap, (WIDTH - width) / 2, (HEIGHT - height) / 2, width, height);
}

/** A wheel that only turns up and down moves the strip. */
function turnSideways(event: WheelEvent): void {
  if (event.deltaX !== 0 || event.ctrlKey) return;
  (event.currentTarget as Element).scrollBy({ left: event.deltaY });
  event.preventDefault();
}

customElements.get('onetake-look-strip') ?? customElements.define('onetake-look-strip', OnetakeLookStrip);

declare global {
  interface HTMLElementTagNameMap {
    'onetake-look-strip': OnetakeLookStrip;
  }
}
