// The peers of the recorder bench: each puts `window.peer` into a page whose `window.stream` has the front camera and the
// microphone, with its own defaults but for the bit rates. A contestant says here what it cannot do; it measures nothing.

import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';

export type Recorder = {
  name: string;
  /** Address below /peer/ -> file. */
  files: Record<string, string>;
  /** Sets `window.peer`; what it records, in its own words. */
  install(page: Page): Promise<string>;
};

declare global {
  interface Window { peer: { take(): Promise<unknown>; pause(): Promise<unknown>; finish(): Promise<Blob> } }
}

const BITS = { video: 4e6, audio: 128e3 };
const TYPES = ['video/mp4;codecs=avc1.640028,mp4a.40.2', 'video/mp4;codecs=avc1.640028,opus', 'video/webm;codecs=avc1.640028,opus', 'video/webm;codecs=vp8,opus'];
const resolve = (name: string) => fileURLToPath(import.meta.resolve(name));

const mediaRecorder: Recorder = {
  name: 'MediaRecorder',
  files: {},
  install: (page) => page.evaluate(([types, bits]) => {
    const mimeType = types.find((name) => MediaRecorder.isTypeSupported(name)) ?? '';
    const recorder = new MediaRecorder(window.stream, { mimeType, videoBitsPerSecond: bits.video, audioBitsPerSecond: bits.audio });
    const parts: Blob[] = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    window.peer = {
      take: async () => (recorder.state === 'inactive' ? recorder.start() : recorder.resume()),
      pause: async () => recorder.pause(),
      finish: () => new Promise((done) => {
        recorder.onstop = () => done(new Blob(parts, { type: mimeType }));
        recorder.stop();
      }),
    };
    return mimeType.replace('video/', '');
  }, [TYPES, BITS] as const),
};

type RecordRtc = { startRecording(): void; pauseRecording(): void; resumeRecording(): void; stopRecording(done: () => void): void; getBlob(): Blob };

const recordRtc: Recorder = {
  name: 'RecordRTC 5.6.2',
  files: { 'recordrtc.js': resolve('recordrtc') },
  install: async (page) => {
    await page.addScriptTag({ url: '/peer/recordrtc.js' });
    return page.evaluate(([types, bits]) => {
      const mimeType = types.find((name) => MediaRecorder.isTypeSupported(name)) ?? '';
      const make = (window as unknown as { RecordRTC: new (stream: MediaStream, options: object) => RecordRtc }).RecordRTC;
      const recorder = new make(window.stream, { type: 'video', mimeType, videoBitsPerSecond: bits.video, audioBitsPerSecond: bits.audio, disableLogs: true });
      let started = false;
      window.peer = {
        take: async () => {
          if (started) recorder.resumeRecording();
          else recorder.startRecording();
          started = true;
        },
        pause: async () => recorder.pauseRecording(),
        finish: () => new Promise((done) => recorder.stopRecording(() => done(recorder.getBlob()))),
      };
      return mimeType.replace('video/', '');
    }, [TYPES, BITS] as const);
  },
};

const mediabunny: Recorder = {
  name: 'Mediabunny 1.61',
  files: { 'mediabunny.mjs': resolve('mediabunny').replace(/dist\/.*$/, 'dist/bundles/mediabunny.mjs') },
  install: (page) => page.evaluate(async (bits) => {
    const address = '/peer/mediabunny.mjs';
    const { Output, Mp4OutputFormat, BufferTarget, MediaStreamVideoTrackSource, MediaStreamAudioTrackSource } = await import(address) as typeof import('mediabunny');
    const output = new Output({ format: new Mp4OutputFormat(), target: new BufferTarget() });
    const [video, audio] = [window.stream.getVideoTracks()[0], window.stream.getAudioTracks()[0]] as never[];
    const picture = new MediaStreamVideoTrackSource(video as never, { codec: 'avc', bitrate: bits.video });
    const sound = new MediaStreamAudioTrackSource(audio as never, { codec: 'opus', bitrate: bits.audio });
    output.addVideoTrack(picture, { frameRate: 30 });
    output.addAudioTrack(sound);
    let started = false;
    window.peer = {
      take: async () => {
        if (!started) await output.start();
        else [picture, sound].forEach((source) => source.resume());
        started = true;
      },
      pause: async () => [picture, sound].forEach((source) => source.pause()),
      finish: async () => {
        await output.finalize();
        return new Blob([output.target.buffer ?? new ArrayBuffer(0)], { type: 'video/mp4' });
      },
    };
    return 'avc, opus';
  }, BITS),
};

/**
 * It has to be bundled: its parts are CommonJS and bare imports. It asks for AAC and nothing else, in 1.2.8 by a constant, and holds
 * every picture back until its encoder of sound has described itself: where the browser has none, a stream with sound gives
 * an empty file, so there it is given pictures alone.
 */
async function webav(): Promise<Recorder> {
  const outDir = fileURLToPath(new URL('../artifacts/peers/webav-recorder', import.meta.url));
  mkdirSync(outDir, { recursive: true });
  const { build } = await import('vite');
  const entry = resolve('@webav/av-recorder').replace(/[^/]*$/, 'av-recorder.js');
  await build({ configFile: false, logLevel: 'error', publicDir: false, build: { lib: { entry, formats: ['es'], fileName: () => 'webav.mjs' }, outDir, emptyOutDir: true, target: 'esnext' } });
  return {
    name: 'WebAV 1.2.8',
    files: { 'webav.mjs': `${outDir}/webav.mjs` },
    install: (page) => page.evaluate(async (bits) => {
      const address = '/peer/webav.mjs';
      const { AVRecorder } = await import(address) as typeof import('@webav/av-recorder');
      const { supported } = await AudioEncoder.isConfigSupported({ codec: 'mp4a.40.2', sampleRate: 48_000, numberOfChannels: 1, bitrate: bits.audio });
      const stream = supported ? window.stream : new MediaStream(window.stream.getVideoTracks());
      const recorder = new AVRecorder(stream, { bitrate: bits.video, expectFPS: 30 });
      let whole: Promise<Blob> | undefined;
      window.peer = {
        take: async () => {
          if (whole) recorder.resume();
          else whole = new Response(recorder.start() as ReadableStream<Uint8Array<ArrayBuffer>>, { headers: { 'Content-Type': 'video/mp4' } }).blob();
        },
        pause: async () => recorder.pause(),
        finish: async () => {
          await recorder.stop();
          return whole ?? new Blob();
        },
      };
      return supported ? 'avc, aac' : 'avc, no sound';
    }, BITS),
  };
}

export const peers = async (): Promise<Recorder[]> => [mediaRecorder, recordRtc, mediabunny, await webav()];
