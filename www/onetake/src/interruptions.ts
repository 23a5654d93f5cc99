/**
 * What stops filming from outside, as the page sees it: it went to the background, was frozen, the system muted a track, a
 * permission was taken away. Decides for each whether a take can go on; ending it and telling of it is the studio's.
 *
 * | what happens | a take |
 * |---|---|
 * | page hidden | ends: phones stop the camera soon after, and nobody films what they do not see. With a stream of the caller's (a shared screen) it goes on |
 * | page frozen | ends: the workers freeze too |
 * | camera muted | ends after a second: its picture would stand still. A stream of the caller's may rest |
 * | microphone muted | goes on, silent |
 */

import type { Interrupted } from './types.js';

export type Interruption = Pick<Interrupted, 'device'> & { reason: 'hidden' | 'frozen' | 'muted'; ends: boolean };

export type InterruptionHost = {
  interrupted: (interruption: Interruption) => void;
  /** One that was told before is over. */
  over: (interruption: Interruption) => void;
};

/** Milliseconds without a picture that a busy machine may take. */
const PATIENCE = 1000;

export class Interruptions {
  readonly #host: InterruptionHost;
  readonly #page = new AbortController();
  #tracks = new AbortController();
  #video: MediaStreamTrack | undefined;
  #audio: MediaStreamTrack | undefined;
  #own = true;
  readonly #current = new Map<string, Interruption>();

  constructor(host: InterruptionHost) {
    this.#host = host;
    const { signal } = this.#page;
    const visibility = () => (document.hidden ? this.#begin({ reason: 'hidden', ends: true }) : this.#end('hidden'));
    document.addEventListener('visibilitychange', visibility, { signal });
    // Page Lifecycle s.4: only Chromium tells.
    document.addEventListener('freeze', () => this.#begin({ reason: 'frozen', ends: true }), { signal });
    document.addEventListener('resume', () => this.#end('frozen'), { signal });
  }

  /** The tracks that run now; `own`: we opened them. */
  watch({ video, audio, own }: { video: MediaStreamTrack | undefined; audio: MediaStreamTrack | undefined; own: boolean }): void {
    const same = video === this.#video && audio === this.#audio;
    this.#own = own;
    if (same) return;
    this.#tracks.abort();
    this.#tracks = new AbortController();
    // A track that is gone mutes nothing any more.
    if (video !== this.#video) this.#end('muted camera');
    if (audio !== this.#audio) this.#end('muted microphone');
    this.#video = video;
    this.#audio = audio;
    this.#watchMute(video, 'camera', own ? PATIENCE : Infinity);
    this.#watchMute(audio, 'microphone', 0);
  }

  close(): void {
    this.#page.abort();
    this.#tracks.abort();
  }

  #watchMute(track: MediaStreamTrack | undefined, device: 'camera' | 'microphone', patience: number): void {
    if (!track || patience === Infinity) return;
    const { signal } = this.#tracks;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const mutedFor = (wait: number) => {
      clearTimeout(timer);
      timer = setTimeout(() => this.#begin({ reason: 'muted', device, ends: device === 'camera' }), wait);
    };
    const muted = () => mutedFor(patience);
    const unmuted = () => {
      clearTimeout(timer);
      this.#end(`muted ${device}`);
    };
    track.addEventListener('mute', muted, { signal });
    track.addEventListener('unmute', unmuted, { signal });
    signal.addEventListener('abort', () => clearTimeout(timer));
    // A switch on the device may be off already; a track that has only just begun may still be silent for a moment.
    if (track.muted) mutedFor(PATIENCE);
  }

  #begin(interruption: Interruption): void {
    if (!this.#video) return;
    if (interruption.reason === 'hidden' && !this.#own) return;
    const name = interruption.device ? `${interruption.reason} ${interruption.device}` : interruption.reason;
    if (this.#current.has(name)) return;
    this.#current.set(name, interruption);
    this.#host.interrupted(interruption);
  }

  #end(name: string): void {
    const interruption = this.#current.get(name);
    if (!this.#current.delete(name) || !interruption) return;
    this.#host.over(interruption);
  }
}

/** Whether a device that went was taken away by its permission. Where nobody tells, the device itself was lost. */
export class Permission {
  readonly #name: 'camera' | 'microphone';
  #status: PermissionStatus | undefined;
  /** Some browsers go on saying `prompt` while they film. */
  #granted = false;

  constructor(name: 'camera' | 'microphone') {
    this.#name = name;
  }

  /** The device was given just now. */
  async note(): Promise<void> {
    this.#status ??= await navigator.permissions?.query({ name: this.#name as PermissionName }).catch(() => undefined);
    this.#granted = this.#status?.state === 'granted';
  }

  async isGone(): Promise<boolean> {
    const status = this.#status;
    if (!status) return false;
    // Chromium ends the track a moment before it says why.
    if (status.state === 'granted') await change(status, 200);
    return status.state === 'denied' || (this.#granted && status.state !== 'granted');
  }
}

function change(status: PermissionStatus, patience: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, patience);
    status.addEventListener('change', () => resolve(), { once: true });
  });
}
