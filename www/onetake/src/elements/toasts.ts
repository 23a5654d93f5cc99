/** The word that comes and goes by itself: one at a time, kept while a pointer or the focus is on it. */

import type { IconName } from './icons.js';
import type { Messages } from './messages.js';

export type Toast = { say: (t: Messages) => string; icon: IconName; undo?: boolean };

/** Milliseconds that one stays; longer where it offers to undo. */
const STAYS = 3500;
const UNDO = 5000;

export class Toasts {
  now: Toast | undefined;
  readonly #changed: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  show(toast: Toast): void {
    this.hold();
    this.now = toast;
    this.#timer = setTimeout(() => this.hush(), toast.undo ? UNDO : STAYS);
  }

  /** Takes it away at once, without a word. */
  drop(): void {
    this.hold();
    this.now = undefined;
  }

  hold(): void {
    clearTimeout(this.#timer);
  }

  rest(): void {
    if (this.now) this.#timer = setTimeout(() => this.hush(), STAYS);
  }

  hush(): void {
    this.now = undefined;
    this.#changed();
  }
}
