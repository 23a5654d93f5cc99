/**
 * How long the disk still lasts: the browser's estimate of what is left over the rate at which takes grow. It tells the
 * studio, which warns and ends a take before a write fails. A page that is blocked, or an estimate that is wrong, costs only
 * the warning: a write that does fail ends the take as well.
 */

/** Enough for the fragment under way, the one that ends the take, and the journal. */
const RESERVE_SECONDS = 3;
const RESERVE_BYTES = 64 << 10;
/**
 * Chromium sets room aside for a file that grows: 1 MiB, then each time as much again as the file has (measured). It counts
 * as used, and a write fails where the next step does not fit, however little it wants.
 */
const STEP = 1 << 20;
/** Before anything was measured: 4 Mbit/s of picture and sound. */
const USUAL_RATE = 500_000;
const EACH_MS = 1000;
/** Media time that the rate is measured over, at least. */
const MEASURED_SECONDS = 2;

export class Room {
  /** Seconds that can still be filmed; unknown until asked. */
  secondsLeft = Infinity;
  readonly #told: (secondsLeft: number) => void;
  #rate = USUAL_RATE;
  /** Bytes of the file under way, and how many had been written before it. */
  #taken = 0;
  #before = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(told: (secondsLeft: number) => void) {
    this.#told = told;
  }

  /** Looks each second, until `stop`. `written`: what the take has so far. */
  watch(written: () => { bytes: number; seconds: number }): void {
    this.stop();
    const begun = written();
    this.#before = begun.bytes;
    const look = () => {
      const now = written();
      const seconds = now.seconds - begun.seconds;
      this.#taken = now.bytes - this.#before;
      if (seconds >= MEASURED_SECONDS) this.#rate = Math.max(1, (now.bytes - begun.bytes) / seconds);
      void this.look();
    };
    this.#timer = setInterval(look, EACH_MS);
    look();
  }

  /** Another file begins: so much was written before it. */
  handleFile(bytes: number): void {
    this.#before = bytes;
    this.#taken = 0;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#taken = 0;
  }

  async look(): Promise<void> {
    // WebKit for Linux has no such call: there nothing is known, and nothing is warned of.
    const { quota, usage } = (await navigator.storage.estimate?.().catch(() => undefined)) ?? ({} as StorageEstimate);
    if (quota === undefined || usage === undefined) return;
    const left = (growth(this.#taken, quota - usage) - RESERVE_BYTES) / this.#rate - RESERVE_SECONDS;
    this.secondsLeft = Math.max(0, Math.floor(left));
    this.#told(this.secondsLeft);
  }
}

/** Bytes that a file of this size can surely grow by; in a browser that sets nothing aside it is more. */
function growth(size: number, left: number): number {
  let reserved = 0;
  const step = () => Math.max(STEP, reserved);
  while (reserved < size) reserved += step();
  for (let room = left - step(); room >= 0; room -= step()) reserved += step();
  return Math.min(left, reserved - size);
}
