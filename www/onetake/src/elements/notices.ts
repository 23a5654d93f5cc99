/**
 * The bars above the picture: what a person should know while filming. One of a kind is shown; below it wait those of other
 * causes that nobody has read. One that passes goes when its own cause is over, and no other end takes it away; any
 * other stays until it is dismissed or the next take begins.
 */

import type { Camera, Interrupted, Resumed } from '../index.js';
import { clock } from './format.js';
import type { Notice } from './session-types.js';
import { interruption, soundNotice } from './trouble.js';

export type NoticesHost = {
  /** What the camera says of its microphone now. */
  microphone: () => Camera['microphone'];
  changed: () => void;
};

export class Notices {
  readonly #host: NoticesHost;
  #all: readonly Notice[] = [];
  #muted = false;
  /** The take that runs has lost its sound, and goes on. */
  #silenced = false;
  /** What was last said of the sound, whether or not it was dismissed since. */
  #sound = '';
  #memoryRead = false;

  constructor(host: NoticesHost) {
    this.#host = host;
  }

  get list(): readonly Notice[] {
    return this.#all.filter((notice, index) => !this.#all.some(({ about }, other) => other > index && about === notice.about));
  }

  show(notice: Notice): void {
    this.#drop((other) => other.about === notice.about && other.cause === notice.cause);
    this.#all = [...this.#all, notice];
    this.#host.changed();
  }

  clear(about: Notice['about']): void {
    this.#drop((other) => other.about === about);
  }

  dismiss(notice: Notice): void {
    if (notice.about === 'memory') this.#memoryRead = true;
    this.#drop((other) => other === notice);
  }

  /** The camera is closed: nothing stands. */
  reset(): void {
    this.#all = [];
    this.#muted = this.#silenced = false;
    this.#sound = '';
  }

  interrupted({ reason, device, recording }: Interrupted): void {
    if (device === 'microphone') {
      this.#silenced = recording === true;
      this.#sound = '';
      // One that is gone is not muted: it comes back by being opened again.
      return this.tellSound(this.#host.microphone() === 'live');
    }
    if (reason === 'device-lost' || reason === 'permission') return;
    const icon = reason === 'storage-full' ? 'storage' : 'warning';
    const passing = reason === 'muted' || reason === 'worker' || reason === 'gpu-lost';
    this.show({ about: 'interruption', icon, say: interruption(reason), safe: true, passing, cause: reason });
  }

  /** What ended a take behind the user's back is still to be read. */
  resumed({ reason, device }: Resumed): void {
    if (device === 'microphone') return this.tellSound(false);
    this.#drop(({ passing, cause }) => passing === true && cause === reason);
    // The microphone may have gone while nobody listened to it.
    if (reason === 'worker') this.tellSound();
  }

  /** Why there is no sound, if there is none; what is known already and was dismissed is not said again. */
  tellSound(muted = this.#muted): void {
    this.#muted = muted;
    const microphone = this.#host.microphone();
    const said = `${microphone} ${muted}`;
    if (said === this.#sound) return;
    this.#sound = said;
    const notice = soundNotice(microphone, muted, () => this.#silenced);
    if (notice) this.show(notice);
    else this.clear('sound');
  }

  /** The take is over: nothing goes on without sound. */
  takeOver(): void {
    this.#silenced = false;
  }

  /** That there is no room at all is told when the take has ended. */
  tellRoom(secondsLeft: number): void {
    const low = secondsLeft > 0 && secondsLeft < 90;
    if (low) this.show({ about: 'space', icon: 'storage', say: (t) => t.spaceLow(clock(secondsLeft)) });
    else this.clear('space');
  }

  /** This browser keeps no files, and never will: read once, it is known. */
  tellMemory(): void {
    if (!this.#memoryRead) this.show({ about: 'memory', icon: 'warning', say: (t) => t.memoryOnly });
  }

  #drop(goes: (notice: Notice) => boolean): void {
    this.#all = this.#all.filter((notice) => !goes(notice));
    this.#host.changed();
  }
}
