// Generated numbered cameras for a page: two cameras and a microphone, written by one clock in a worker of their own.
// This file names the options and the raw log and adds the init script; camera-page.js and camera-worker.js do the work.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BrowserContext, Page } from '@playwright/test';

export type Size = { width: number; height: number };

/** One generated camera. `id` (0 to 15) is painted into each of its frames. */
export type NumberedCamera = {
  id: number; deviceId: string; groupId: string; label: string; facing?: 'user' | 'environment';
  size: Size; fps: 30 | 60; tint: { y: number; u: number; v: number };
  /** Noise above and below the code: a film of as many bits as the encoder is asked for. */
  grain?: boolean;
};

/** The generated microphone. `rate` 48000 gives blocks of 480 frames, 44100 blocks of 441. */
export type NumberedMicrophone = {
  deviceId: string; groupId: string; label: string; rate: 48000 | 44100; channels: 1 | 2; sound: 'beep' | 'click' | 'silence';
  /** Stamps far from performance.now(), as tracks of some other writer have; by default they are what a real microphone's are. */
  ownClock?: boolean;
};

export type CameraOptions = {
  /** `real` leaves the browser's own (fake) devices in place and only logs them. */
  devices: 'generated' | 'real';
  cameras: NumberedCamera[];
  microphone: NumberedMicrophone | null;
  camera?: PermissionState;
  microphoneState?: PermissionState;
  /** Keep the raw log (a clone of each track, read in a worker of its own). */
  log: boolean;
};

export type RawFrame = { stamp: number; arrival: number; number: number; camera: number; flash: boolean; readable: boolean };
export type RawBlock = { stamp: number; arrival: number; frames: number; rate: number };
/** Where a beep begins or a click stands: `stamp` in us on the clock of block `block`, with fractions. */
export type RawMark = { stamp: number; block: number; score: number };
/** What the browser delivered, one entry a track; all times in microseconds, `arrival` on the wall clock. */
export type RawLog = {
  video: { device: string; frames: RawFrame[] }[];
  audio: { device: string; blocks: RawBlock[]; marks: RawMark[] }[];
  /** Wall clock (us) of stamp 0 of the audio tracks: the log worker's timeOrigin. */
  origin: number;
  /** What the writer wrote: frame numbers, or block numbers, a track. `wallOrigin`: wall clock (us) of frame 0 and of the microphone's sample 0; `stampOrigin`: stamp of frame 0. */
  written: { stampOrigin: number; wallOrigin: number; lanes: { lane: number; device: string; written: number[]; skipped: number }[] };
};

export type NumberedCameras = {
  unplug(device: string): Promise<void>;
  plug(device: string): void;
  stall(device: string, ms: number): Promise<void>;
  permit(name: 'camera' | 'microphone', state: PermissionState): void;
  log(marks?: 'beep' | 'click'): Promise<RawLog>;
};

declare global {
  interface Window { numberedCameras: NumberedCameras }
}

export const FRONT = 'numbered-front';
export const BACK = 'numbered-back';
export const MICROPHONE = 'numbered-microphone';

/** The usual set-up: a warm front camera, a cold back camera and one microphone. */
export function numberedDevices(size: Size = { width: 1280, height: 720 }, fps: 30 | 60 = 30): CameraOptions {
  return {
    devices: 'generated',
    cameras: [
      { id: 1, deviceId: FRONT, groupId: 'front', label: 'Numbered front', facing: 'user', size, fps, tint: { y: 130, u: 108, v: 158 } },
      { id: 2, deviceId: BACK, groupId: 'back', label: 'Numbered back', facing: 'environment', size, fps, tint: { y: 110, u: 156, v: 108 } },
    ],
    microphone: { deviceId: MICROPHONE, groupId: 'front', label: 'Numbered microphone', rate: 48000, channels: 1, sound: 'beep' },
    log: true,
  };
}

/** Every page opened in `target` from now on sees these devices instead of the machine's. */
export async function installCameras(target: Page | BrowserContext, options: CameraOptions): Promise<void> {
  const text = (name: string) => readFileSync(fileURLToPath(new URL(name, import.meta.url)), 'utf8');
  const signal = text('./signal.js');
  const sources = { camera: `${signal}\n${text('./camera-worker.js')}`, log: `${signal}\n${text('./log-worker.js')}` };
  await target.addInitScript({ content: `(() => {\n${text('./camera-page.js')}\ninstallNumberedCameras(${JSON.stringify(options)}, ${JSON.stringify(sources)});\n})();` });
}
