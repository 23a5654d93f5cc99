/**
 * Tells the application what has interrupted filming, and when that is over. A cause is a reason and, where it has one, its
 * device. Several can stand at once: the end of one says nothing of the others, and what was not told has no end. Whether
 * a cause ends a take is decided elsewhere.
 */

import type { Interrupted, Resumed } from './types.js';

export type TellingHost = {
  interrupted: (interrupted: Interrupted) => void;
  resumed: (resumed: Resumed) => void;
  /** A take is open, and goes on. */
  recording: () => boolean;
};

export class Telling {
  readonly #host: TellingHost;
  readonly #standing = new Map<string, Resumed>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(host: TellingHost) {
    this.#host = host;
  }

  /** `goesOn`: a take goes on with it. */
  begin(cause: Resumed, goesOn = false): void {
    this.#standing.set(nameOf(cause), plain(cause));
    this.#say(cause, goesOn);
  }

  end(cause: Resumed): void {
    if (this.#standing.delete(nameOf(cause))) this.#host.resumed(plain(cause));
  }

  /** In turn: once the take that it ended is on disk. */
  beginAfter(ended: Promise<unknown> | undefined, cause: Resumed): void {
    this.#standing.set(nameOf(cause), plain(cause));
    this.#inTurn(async () => {
      await ended;
      this.#say(cause, cause.device === 'microphone');
    });
  }

  endInTurn(cause: Resumed): void {
    if (this.#standing.delete(nameOf(cause))) this.#inTurn(async () => this.#host.resumed(plain(cause)));
  }

  /** One that no end is told of: it takes a hand. It ends what was told before of the same cause. */
  tell(cause: Resumed): void {
    this.#standing.delete(nameOf(cause));
    this.#say(cause, false);
  }

  /** All of these are over. */
  endAll(reasons: readonly Interrupted['reason'][]): void {
    for (const cause of [...this.#standing.values()]) if (reasons.includes(cause.reason)) this.end(cause);
  }

  #say(cause: Resumed, goesOn: boolean): void {
    this.#host.interrupted({ ...plain(cause), ...(goesOn && this.#host.recording() && { recording: true }) });
  }

  #inTurn(say: () => Promise<void>): void {
    this.#turn = this.#turn.then(say);
  }
}

function plain({ reason, device }: Resumed): Resumed {
  return { reason, ...(device && { device }) };
}

function nameOf({ reason, device }: Resumed): string {
  return device ? `${reason} ${device}` : reason;
}
