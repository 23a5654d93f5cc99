/**
 * The look of the camera's picture as it is set from the screen: what was chosen, whether the drawer is open, and the plain
 * picture while somebody compares. Plain state, drawn elsewhere; the studio is told the latest of it, one word at a time.
 */

import { isOnetakeError } from '../index.js';
import type { Filter } from '../index.js';
import type { ToolsHost } from './camera-tools.js';
import { NO_LOOK, chainOf, readChoice } from './look-choice.js';
import type { LookChoice } from './look-choice.js';
import { Paced } from './paced.js';
import type { Say } from './session-types.js';

/** Milliseconds that a take waits for its look: drivers may compile for long. */
const PATIENCE = 1000;

export class LookTool {
  readonly #host: ToolsHost;
  readonly #paced = new Paced(nextFrame, () => this.#send());
  #comparing = false;
  /** What the studio was last told is not nothing. */
  #told = false;
  /** Some of that may be shown plain. */
  #divided = false;
  #remembered: LookChoice = NO_LOOK;

  choice: LookChoice = NO_LOOK;
  /** The drawer is. */
  open = false;
  /** Of the picture, from its left: shown plain, for comparison. */
  plain = 0;

  constructor(host: ToolsHost) {
    this.#host = host;
  }

  /** Why nothing can be drawn here, if so. */
  get hindrance(): Say | undefined {
    const { gpu, tier } = this.#host.capabilities() ?? {};
    if (gpu === 'none') return (t) => t.looksNoGpu;
    return tier === 'mediarecorder' ? (t) => t.looksNoFrames : undefined;
  }

  /** Whether there is something to compare the plain picture with. */
  get comparable(): boolean {
    return this.hindrance === undefined && chainOf(this.choice).length > 0;
  }

  /** What was chosen on an earlier day, as it was kept; nonsense is nothing. */
  recall(kept: unknown): void {
    if (kept === this.choice) return;
    this.choice = this.#remembered = readChoice(kept);
    this.#paced.call();
    this.#host.changed();
  }

  /** A studio was opened; it has no look yet. */
  adopt(): void {
    this.#told = false;
    this.#paced.call();
  }

  choose(choice: LookChoice): void {
    this.choice = choice;
    if (!this.comparable) this.plain = 0;
    this.#paced.call();
    this.#host.changed();
  }

  toggleBeauty(): void {
    if (this.refuse()) return;
    const { beauty } = this.choice;
    this.choose({ ...this.choice, beauty: { ...beauty, on: !beauty.on } });
    this.#host.speak((t) => (beauty.on ? t.beautyOff : t.beautyOn));
  }

  /** Says why there are no looks here; `false`: there are. */
  refuse(): boolean {
    const { hindrance } = this;
    if (hindrance) this.#host.say({ say: hindrance, icon: 'info' });
    return hindrance !== undefined;
  }

  /** The plain picture, for as long as it is held. */
  compare(on: boolean): void {
    this.#comparing = on;
    this.#paced.call();
  }

  /** The plain picture on this share of it, from the left. */
  split(share: number): void {
    if (share === this.plain) return;
    this.plain = share;
    this.#paced.call();
    this.#host.changed();
  }

  /** Before a photo: what is split is not in it. */
  async unite(): Promise<void> {
    if (this.plain > 0 || this.#divided) await this.settle();
  }

  /** Before a take begins: nothing is compared in a film, and what was chosen last is in it from its first picture on. */
  async settle(): Promise<void> {
    if (this.#comparing) this.compare(false);
    this.split(0);
    await Promise.race([this.#paced.done(), new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
  }

  handleOpen(open: boolean): void {
    this.open = open;
    if (!open) this.split(0);
    this.#host.changed();
  }

  /** Each chain on the camera's picture of now, `width` pixels wide. */
  readonly draw = async (chains: Filter[][], width: number, signal: AbortSignal): Promise<ImageBitmap[]> =>
    (await this.#host.studio()?.tryLooks(chains, { width, signal })) ?? [];

  async #send(): Promise<void> {
    const studio = this.#host.studio();
    const { choice } = this;
    if (choice !== this.#remembered) this.#host.remember((this.#remembered = choice));
    if (!studio || this.hindrance) return;
    const chain = this.#comparing ? [] : chainOf(choice);
    // The line itself is the page's, and follows the finger.
    if (this.plain > 0 && chain.length > 0) chain.push({ name: 'split', at: this.plain, line: 0 });
    if (chain.length === 0 && !this.#told) return;
    const divided = chain.at(-1)?.name === 'split';
    this.#divided ||= divided;
    try {
      await studio.setLook(chain);
      this.#told = chain.length > 0;
      this.#divided = divided;
    } catch (reason) {
      // One that is gone, or was given up, has a successor that hears it all again.
      if (studio !== this.#host.studio() || (isOnetakeError(reason) && reason.code === 'closed')) return;
      this.#host.say({ say: () => (isOnetakeError(reason) ? reason.hint : String(reason)), icon: 'warning' });
      this.#host.failed(reason);
    }
  }
}

/** A page that nobody sees has no frames. */
function nextFrame(): Promise<unknown> {
  return new Promise((resolve) => (document.hidden ? resolve(undefined) : requestAnimationFrame(resolve)));
}
