/** Holds a pause back until the take is as long as it has to be: in media time, as the recorder tells it. */

/** What may pass between a frame and the word that it is written. */
const PATIENCE_MS = 2000;

export class Minimum {
  #end = 0;
  #written = 0;
  #speed = 1;
  #waiting: (() => void)[] = [];

  /** A take of this speed began that has to last `least` seconds, in a draft of `from` seconds. */
  begin(least: number, from: number, speed = 1): void {
    this.#end = from + least;
    this.#written = from;
    this.#speed = speed;
  }

  /** Seconds of the draft written so far. */
  handleTime(draft: number): void {
    this.#written = draft;
    if (this.#written >= this.#end) this.#release();
  }

  /** The take is over, by whatever cause. */
  handleOver(): void {
    this.#end = 0;
    this.#release();
  }

  /** Resolves when the take may end: at the latest when it should be that long, for a picture that rests writes no time. */
  reached(): Promise<void> {
    if (this.#written >= this.#end) return Promise.resolve();
    const latest = (this.#end - this.#written) * this.#speed * 1000 + PATIENCE_MS;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, latest);
      this.#waiting.push(() => (clearTimeout(timer), resolve()));
    });
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
