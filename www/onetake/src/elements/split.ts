/**
 * `<onetake-split>`: a line on the picture itself, the plain picture on one side of it and the picture with its look on the
 * other. It rests at an edge, where the whole picture has its look; a pointer drags it, the arrow keys move it. It keeps
 * nothing: it fires `split` (`CustomEvent<number>`) with the share of the picture that is to be plain.
 */

import { LitElement, css, html, nothing } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import { controls } from './controls.js';
import { icon } from './icons.js';
import { messages } from './messages.js';
import type { Messages } from './messages.js';
import type { Session } from './session.js';
import { tokens } from './tokens.js';

/** How the drawn picture lies in its place, which it covers. */
export type Lie = {
  /** Left and right are exchanged, as in a mirror. */
  readonly mirrored: boolean;
  /** Its width by its height; nothing where it has none yet, and fills its place. */
  readonly aspect: number | undefined;
};

/** A line let go of nearer to its edge than this rests there. In widths, as all below. */
const NEAR = 0.04;
/** A resting handle lies within the picture, 26 CSS pixels from its edge: brought back there, or hardly moved, it rests. */
const REST = 34;
const STEP = 0.02;
const PAGE = 0.1;

export class OnetakeSplit extends LitElement {
  static override properties: PropertyDeclarations = {
    share: { type: Number },
    lie: { attribute: false, hasChanged: differs },
    look: { attribute: false, hasChanged: () => false },
    words: { attribute: false },
  };

  /** Of the picture that is plain, from its left as it is filmed, 0..1; at 0 the line rests. */
  declare share: number;
  declare lie: Lie;
  /** How it lies now: the preview says nothing of a canvas that it lays. */
  declare look: () => Lie;
  declare words: Messages;
  /** From the handle's middle to where a pointer took it, CSS pixels. */
  #grip: number | undefined;

  constructor() {
    super();
    this.share = 0;
    this.lie = { mirrored: false, aspect: undefined };
    this.look = () => this.lie;
    this.words = messages('en');
  }

  override render(): TemplateResult {
    const { share, words: t } = this;
    const at = this.#line;
    return html`<div class="line" style="left:${at * 100}%" ?hidden=${share === 0}></div>
      <div
        class="handle ${share === 0 ? 'resting' : ''}"
        role="slider"
        tabindex="0"
        style="left:clamp(26px, ${at * 100}%, 100% - 26px)"
        aria-label=${t.looksSplit}
        aria-valuemin="0"
        aria-valuemax="100"
        aria-valuenow=${Math.round(at * 100)}
        aria-valuetext=${t.looksSplitAt(Math.round(share * 100))}
        @keydown=${this.#key}
        @pointerdown=${this.#down}
        @pointermove=${this.#drag}
        @pointerup=${this.#up}
        @lostpointercapture=${() => (this.#grip = undefined)}
        @dblclick=${() => this.#move(this.#edge)}
      >
        ${icon('compare', 20)}
      </div>`;
  }

  /** Where the line rests. */
  get #edge(): number {
    return this.lie.mirrored ? 1 : 0;
  }

  /** Where it stands: 0..1 from the left. */
  get #line(): number {
    const { share, lie } = this;
    return within(((lie.mirrored ? 1 - share : share) - 0.5) * this.#widths + 0.5);
  }

  /** How wide the picture is where it is cut off at both sides: in widths of what is seen of it. */
  get #widths(): number {
    const { clientWidth, clientHeight, lie } = this;
    return lie.aspect && clientWidth ? Math.max(1, (lie.aspect * clientHeight) / clientWidth) : 1;
  }

  /** `near`: so near to its edge it rests there. */
  #move(to: number, near = 0): void {
    const at = within(to);
    const across = (at - 0.5) / this.#widths + 0.5;
    const share = Math.abs(at - this.#edge) <= near ? 0 : this.lie.mirrored ? 1 - across : across;
    if (share !== this.share) this.dispatchEvent(new CustomEvent('split', { detail: share }));
  }

  #down = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    const handle = event.currentTarget as Element;
    const { left, width } = handle.getBoundingClientRect();
    this.lie = this.look();
    this.#grip = event.clientX - left - width / 2;
    handle.setPointerCapture(event.pointerId);
  };

  #drag = (event: PointerEvent): void => {
    if (this.#grip !== undefined) this.#move(this.#under(event, this.#grip));
  };

  #up = (event: PointerEvent): void => {
    // Pressed and not moved, it stays where it is.
    if (this.#grip !== undefined && this.share > 0) this.#move(this.#under(event, this.#grip), Math.max(NEAR, REST / this.clientWidth));
    this.#grip = undefined;
  };

  #under({ clientX }: PointerEvent, grip: number): number {
    const { left, width } = this.getBoundingClientRect();
    return (clientX - grip - left) / width;
  }

  #key = (event: KeyboardEvent): void => {
    const { key, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || altKey) return;
    this.lie = this.look();
    const at = this.#line;
    const to = { ArrowLeft: at - STEP, ArrowDown: at - STEP, ArrowRight: at + STEP, ArrowUp: at + STEP, PageDown: at - PAGE, PageUp: at + PAGE, Home: 0, End: 1 }[key];
    if (to === undefined) return;
    event.preventDefault();
    this.#move(to, STEP / 2);
  };

  static override styles = [
    tokens,
    controls,
    css`
      :host {
        display: block;
        pointer-events: none;
        user-select: none;
        -webkit-user-select: none;
      }

      .line {
        position: absolute;
        inset: 0 auto;
        width: 2px;
        background: #ffffff;
        box-shadow: 0 0 0 1px rgb(10 10 12 / 0.5);
        transform: translateX(-50%);
      }

      /* Above the drawer on the smallest screen, and beside the face. */
      .handle {
        position: absolute;
        top: 25%;
        display: grid;
        place-items: center;
        width: var(--_target);
        height: var(--_target);
        border-radius: var(--_pill);
        background: #ffffff;
        color: #0a0a0c;
        cursor: ew-resize;
        pointer-events: auto;
        touch-action: none;
        transform: translate(-50%, -50%);
      }

      .handle.resting {
        background: var(--_scrim);
        color: #ffffff;
      }
    `,
  ];
}

/** The line, while the drawer is open and there is something to compare: never in a film. */
export function splitLine({ screen, take, tools: { look } }: Session, t: Messages, stage: Element | null): TemplateResult | typeof nothing {
  if (screen !== 'camera' || take !== 'ready' || !look.open || !look.comparable) return nothing;
  return html`<onetake-split
    class="over"
    .share=${look.plain}
    .lie=${lieOf(stage)}
    .look=${() => lieOf(stage)}
    .words=${t}
    @split=${({ detail }: CustomEvent<number>) => look.split(detail)}
  ></onetake-split>`;
}

/** How the drawn picture lies on this stage, as the preview has laid its newest canvas. */
function lieOf(stage: Element | null): Lie {
  const canvas = [...(stage?.querySelectorAll('canvas') ?? [])].at(-1);
  const { transform = '', opacity } = canvas?.style ?? {};
  const { width, height } = canvas ?? { width: 0, height: 0 };
  const lying = /rotate\((90|270)deg\)/.test(transform);
  return {
    // What stands before the turn is done to the upright picture.
    mirrored: /scaleX\(-1\)\s*rotate/.test(transform),
    aspect: opacity === '1' && width && height ? (lying ? height / width : width / height) : undefined,
  };
}

function differs(one: Lie, other: Lie | undefined): boolean {
  return one.mirrored !== other?.mirrored || one.aspect !== other.aspect;
}

function within(at: number): number {
  return Math.min(Math.max(at, 0), 1);
}

customElements.get('onetake-split') ?? customElements.define('onetake-split', OnetakeSplit);

declare global {
  interface HTMLElementTagNameMap {
    'onetake-split': OnetakeSplit;
  }
}
