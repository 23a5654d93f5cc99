// What phones' cameras have and the generated ones lack: light, zoom and points of focus; the ways in which opening a second
// camera fails, and in which a system stops a page or a track. Init scripts, to be added after installCameras; they wrap what that one put there.

import type { Page } from '@playwright/test';

/** Image Capture capabilities by device id: a range, a list of modes, or a flag. */
export type Offers = Record<string, Record<string, { min: number; max: number; step: number } | string[] | boolean>>;

declare global {
  interface Window {
    /** Each set of constraints that a camera took on. */
    applied: { device: string; set: Record<string, unknown> }[];
    /** Names of errors by device id: opening that camera fails so. */
    refusals: Record<string, string>;
    /** What a second camera does to the first: nothing, iOS mutes it, Android refuses the second. */
    second: 'fine' | 'mutes' | 'refused';
    /** What getUserMedia and stop() did, in order: `open numbered-front`, `stop numbered-front`. */
    doings: string[];
    shout: (on: boolean) => void;
    /** Takes the page out of sight, or back, as far as it can know. */
    hide: (hidden: boolean) => void;
    /** Mutes the newest live track of this kind, as a system does. */
    mute: (kind: string, muted: boolean) => void;
  }
}

/** Gives cameras these controls. Settings change as they are taken on; what a camera does not offer is refused, as browsers do. */
export async function installControls(page: Page, offers: Offers): Promise<void> {
  await page.addInitScript((given) => {
    if (!navigator.mediaDevices) return;
    window.applied = [];
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    const dress = (track: MediaStreamTrack): void => {
      const device = track.getSettings().deviceId ?? '';
      const offer = given[device];
      if (!offer) return;
      const [capabilities, settings] = [track.getCapabilities.bind(track), track.getSettings.bind(track)];
      let inForce: Record<string, unknown> = {};
      const takes = (name: string, value: unknown): boolean => {
        const has = offer[name];
        if (name === 'pointsOfInterest') return 'focusMode' in offer;
        if (Array.isArray(has)) return has.includes(String(value));
        if (typeof has === 'object') return Number(value) >= has.min && Number(value) <= has.max;
        return has === true;
      };
      track.getCapabilities = () => ({ ...capabilities(), ...offer });
      track.getSettings = () => ({ ...settings(), ...inForce });
      track.applyConstraints = async ({ advanced: [set = {}] = [] } = {}) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        const wrong = Object.entries(set).find(([name, value]) => !takes(name, value))?.[0];
        if (wrong) throw new OverconstrainedError(wrong, `no ${wrong} here`);
        inForce = { ...set };
        window.applied.push({ device, set: { ...set } });
      };
    };
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      const stream = await open(constraints);
      stream.getVideoTracks().forEach(dress);
      return stream;
    };
  }, offers);
}

/** Lets a test say how opening a camera goes wrong: `window.refusals`, `window.second`; and writes down the order of things. */
export async function installRefusals(page: Page): Promise<void> {
  await page.addInitScript(() => {
    if (!navigator.mediaDevices) return;
    Object.assign(window, { refusals: {}, second: 'fine', doings: [] });
    const running = new Map<MediaStreamTrack, string>();
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    const mute = (track: MediaStreamTrack): void => {
      Object.defineProperty(track, 'muted', { value: true, configurable: true });
      track.dispatchEvent(new Event('mute'));
    };
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      const stream = await open(constraints);
      for (const track of stream.getVideoTracks()) {
        const device = track.getSettings().deviceId ?? '';
        const others = [...running.keys()].filter(({ readyState }) => readyState === 'live');
        const refusal = window.refusals[device] ?? (window.second === 'refused' && others.length > 0 ? 'NotReadableError' : undefined);
        window.doings.push(`${refusal ?? 'open'} ${device}`);
        if (refusal) {
          for (const each of stream.getTracks()) each.stop();
          throw new DOMException('a test refuses', refusal);
        }
        if (window.second === 'mutes') others.forEach(mute);
        running.set(track, device);
        const stop = track.stop.bind(track);
        track.stop = () => {
          if (running.delete(track)) window.doings.push(`stop ${device}`);
          stop();
        };
      }
      return stream;
    };
  });
}

/** Numbers in 0..1 that come again with the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A microphone that is shouted into: each one that is opened gives a tone far beyond full scale while `window.shout` is set. */
export async function installShouting(page: Page): Promise<void> {
  await page.addInitScript(() => {
    if (!navigator.mediaDevices) return;
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      const stream = await open(constraints);
      for (const track of stream.getAudioTracks()) {
        const context = new AudioContext();
        const [tone, gain, end] = [context.createOscillator(), context.createGain(), context.createMediaStreamDestination()];
        tone.connect(gain).connect(end);
        gain.gain.value = 0.05;
        tone.start();
        window.shout = (on) => (gain.gain.value = on ? 4 : 0.05);
        stream.removeTrack(track);
        track.stop();
        end.stream.getAudioTracks().forEach((loud) => stream.addTrack(loud));
      }
      return stream;
    };
  });
}

/** What stops a page or a track from outside, by their events: `window.hide`, `window.mute`. Headless Chromium does neither itself. */
export async function installInterruptions(page: Page): Promise<void> {
  await page.addInitScript(() => {
    if (!navigator.mediaDevices) return;
    const opened: MediaStreamTrack[] = [];
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      const stream = await open(constraints);
      opened.push(...stream.getTracks());
      return stream;
    };
    window.hide = (hidden) => {
      Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    };
    window.mute = (kind, muted) => {
      const track = opened.findLast((each) => each.kind === kind && each.readyState === 'live');
      track?.dispatchEvent(new Event(muted ? 'mute' : 'unmute'));
    };
  });
}
