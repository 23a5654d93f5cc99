// A browser that encodes AAC by itself, as Chrome and Safari do and Debian's Chromium does not: an `AudioEncoder` in front of the
// browser's own, which the product takes for it. Inside it is the AAC encoder of our package, made later by what it is primed
// with, for each of theirs has a delay of its own. It is a module of its own here: the product finds the package's missing.

import type { Page } from '@playwright/test';
import { patchWorker } from './studio.ts';

/** What the package's encoder is late by, `media/aac.rs`. */
const PACKAGE_DELAY = 1024;

/** Call it before the package is loaded. `delay`: samples from what is handed in to what is decoded, 1024 or more. */
export async function browserWithAac(page: Page, delay: number): Promise<void> {
  await page.addInitScript(`if ('AudioEncoder' in globalThis) {
    const supported = AudioEncoder.isConfigSupported;
    AudioEncoder.isConfigSupported = (config) => (config.codec === 'mp4a.40.2' ? Promise.resolve({ supported: true, config }) : supported.call(AudioEncoder, config));
  }`);
  await patchWorker(page, 'studio', inWorker(delay - PACKAGE_DELAY));
}

/** What the worker's encoder was asked for: a configuration for each that was made. */
export function askedOfBrowser(page: Page): Promise<{ codec: string; bitrate: number; numberOfChannels: number }[]> {
  const worker = page.workers().find((one) => one.url().endsWith('studio.js'));
  if (!worker) throw new Error('no studio worker runs');
  return worker.evaluate(() => (globalThis as unknown as { askedOfBrowser: { codec: string; bitrate: number; numberOfChannels: number }[] }).askedOfBrowser);
}

const inWorker = (primed: number): string => `{
  const Real = self.AudioEncoder;
  const isAac = ({ codec }) => codec === 'mp4a.40.2';
  const loading = import('/pkg/aac/encoder.js?of-the-browser').then(({ loadAac }) => loadAac());
  self.askedOfBrowser = [];
  Object.defineProperty(self, 'loadAac', { get: () => () => Promise.reject(new Error('this browser needs no package')), set: () => undefined });
  self.AudioEncoder = class extends Real {
    static isConfigSupported(config) {
      return isAac(config) ? Promise.resolve({ supported: true, config }) : Real.isConfigSupported(config);
    }
    #init; #done; #closed = false;
    constructor(init) {
      super(init);
      this.#init = init;
    }
    get state() {
      return this.#closed ? 'closed' : this.#done ? 'configured' : super.state;
    }
    configure(config) {
      if (!isAac(config)) return super.configure(config);
      const { codec, bitrate, numberOfChannels } = config;
      self.askedOfBrowser.push({ codec, bitrate, numberOfChannels });
      this.#done = loading.then((Aac) => {
        const encoder = new Aac({ output: (chunk, metadata) => this.#give(chunk, metadata) });
        encoder.configure(config);
        encoder.encode({ timestamp: 0, numberOfFrames: ${primed}, data: new Float32Array(${primed} * numberOfChannels) });
        return encoder;
      });
      this.#done.catch((reason) => this.#init.error(reason));
    }
    #give({ type, timestamp, duration, byteLength, ...chunk }, metadata) {
      if (this.#closed) return;
      const data = new Uint8Array(byteLength);
      chunk.copyTo(data);
      this.#init.output(new EncodedAudioChunk({ type, timestamp, duration, data }), metadata ?? {});
    }
    encode(sound) {
      if (!this.#done) return super.encode(sound);
      const { timestamp, numberOfFrames, numberOfChannels } = sound;
      const data = new Float32Array(numberOfFrames * numberOfChannels);
      for (let planeIndex = 0; planeIndex < numberOfChannels; planeIndex += 1) {
        sound.copyTo(data.subarray(planeIndex * numberOfFrames, (planeIndex + 1) * numberOfFrames), { planeIndex, format: 'f32-planar' });
      }
      this.#done = this.#done.then((encoder) => {
        if (!this.#closed) encoder.encode({ timestamp, numberOfFrames, data });
        return encoder;
      });
      this.#done.catch((reason) => this.#init.error(reason));
    }
    flush() {
      return this.#done ? this.#done.then((encoder) => encoder.flush()) : super.flush();
    }
    close() {
      this.#closed = true;
      void this.#done?.then((encoder) => encoder.close(), () => undefined);
      super.close();
    }
  };
}`;
