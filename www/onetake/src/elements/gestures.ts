/** Fingers, wheel and mouse on the picture: a tap, a pinch, a turn of the wheel. Knows no camera. */

export type GestureHost = {
  /** CSS pixels from the top left of the element. */
  tap: (at: { x: number; y: number }) => void;
  /** Two fingers are down. */
  grip: () => void;
  /** Their distance, as a factor of that at `grip`. */
  pinch: (factor: number) => void;
  /** More than 1: closer. `false`: the page may scroll instead. */
  wheel: (factor: number) => boolean;
};

/** What is longer, or farther, is no tap. */
const TAP_MS = 400;
const TAP_PX = 12;

type Finger = { x: number; y: number };

export class Gestures {
  readonly #host: GestureHost;
  readonly #fingers = new Map<number, Finger>();
  #first: (Finger & { at: number }) | undefined;
  #spread = 0;

  constructor(host: GestureHost) {
    this.#host = host;
  }

  readonly down = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    const finger = { x: event.clientX, y: event.clientY };
    this.#fingers.set(event.pointerId, finger);
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    this.#first = this.#fingers.size === 1 ? { ...finger, at: event.timeStamp } : undefined;
    if (this.#fingers.size !== 2) return;
    this.#spread = this.#distance();
    this.#host.grip();
  };

  readonly move = (event: PointerEvent): void => {
    if (!this.#fingers.has(event.pointerId)) return;
    this.#fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.#fingers.size === 2 && this.#spread > 0) this.#host.pinch(this.#distance() / this.#spread);
  };

  readonly up = (event: PointerEvent): void => {
    const first = this.#first;
    this.lost(event);
    if (!first || event.timeStamp - first.at > TAP_MS) return;
    if (Math.hypot(event.clientX - first.x, event.clientY - first.y) > TAP_PX) return;
    const { left, top } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    this.#host.tap({ x: event.clientX - left, y: event.clientY - top });
  };

  readonly lost = (event: PointerEvent): void => {
    this.#fingers.delete(event.pointerId);
    this.#first = undefined;
  };

  readonly wheel = (event: WheelEvent): void => {
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    if (this.#host.wheel(Math.exp(-event.deltaY * lines * 0.0016))) event.preventDefault();
  };

  #distance(): number {
    const [one, two] = [...this.#fingers.values()];
    return one && two ? Math.hypot(one.x - two.x, one.y - two.y) : 0;
  }
}
