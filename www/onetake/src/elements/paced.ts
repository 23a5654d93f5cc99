/**
 * Work that may be asked for faster than it is done: by a slider, by keys that repeat. It runs once in the next frame after a
 * call, never twice at a time; calls that come meanwhile are one more run after it, so that the last word is always said.
 */

export class Paced {
  readonly #frame: () => Promise<unknown>;
  readonly #work: () => Promise<void>;
  #due = false;
  #busy = false;
  #done: Promise<void> = Promise.resolve();

  /** `frame` resolves in the next frame; `work` handles its own failures. */
  constructor(frame: () => Promise<unknown>, work: () => Promise<void>) {
    this.#frame = frame;
    this.#work = work;
  }

  call(): void {
    this.#due = true;
    if (!this.#busy) this.#done = this.#run();
  }

  /** Resolves once all that was asked for is done. */
  done(): Promise<void> {
    return this.#done;
  }

  async #run(): Promise<void> {
    this.#busy = true;
    try {
      while (this.#due) {
        await this.#frame();
        this.#due = false;
        await this.#work();
      }
    } finally {
      this.#busy = false;
    }
  }
}
