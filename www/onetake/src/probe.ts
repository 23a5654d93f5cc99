/** What this browser can do, asked of the browser itself; nothing is inferred from its name. */

import { captureRoute, workerFacts } from './routes.js';
import type { AudioCodec, Capabilities, VideoCodec } from './types.js';

const VIDEO: [VideoCodec, string][] = [
  ['avc', 'avc1.42e01f'],
  ['hevc', 'hvc1.1.6.L93.B0'],
  ['vp9', 'vp09.00.31.08'],
  ['av1', 'av01.0.05M.08'],
];
const AUDIO: [AudioCodec, string][] = [
  ['aac', 'mp4a.40.2'],
  ['opus', 'opus'],
];

export async function probe(): Promise<Capabilities> {
  const video = await keep(VIDEO, (codec) => supportsVideo(codec));
  const own = await keep(AUDIO, (codec) => supportsAudio(codec));
  // The package's encoder is a file of ours beside this one: whether it can be loaded shows when it is needed.
  const packaged = !own.includes('aac') && 'WebAssembly' in globalThis;
  const audio: AudioCodec[] = packaged ? ['aac', ...own] : own;
  const capture = await captureRoute();
  const storage = (await workerFacts()).disk ? 'opfs' : 'memory';
  const works = capture !== 'none' && video.includes('avc');
  const missing: Capabilities['missing'] = [];
  const lacks = (feature: string, effect: string) => missing.push({ feature, effect });
  if (capture === 'none') lacks('MediaStreamTrackProcessor', 'the camera cannot be recorded here');
  if (capture === 'callback') lacks('MediaStreamTrackProcessor', 'pictures are lost, and counted, while the page is busy or hidden');
  if (!video.includes('avc')) lacks('H.264 encoding', 'no film can be made here');
  if (!own.includes('aac')) lacks('AAC encoding', packaged ? `films carry AAC of the encoder in this package, loaded when sound is first heard${own.includes('opus') ? '; Opus where that fails' : ''}` : own.includes('opus') ? 'films carry Opus sound' : 'films are silent');
  if (storage === 'memory') lacks('origin private file system', 'takes are kept in memory: a draft does not survive a reload');
  lacks('play cache', 'not part of this version');
  return {
    tier: works ? 'webcodecs' : 'none',
    capture,
    video,
    audio,
    storage,
    gpu: hasWebGl2() ? 'webgl2' : 'none',
    cache: false,
    missing,
  };
}

async function keep<T>(candidates: [T, string][], supported: (codec: string) => Promise<boolean>): Promise<T[]> {
  const answers = await Promise.all(candidates.map(([, codec]) => supported(codec)));
  return candidates.filter((_, index) => answers[index]).map(([name]) => name);
}

async function supportsVideo(codec: string): Promise<boolean> {
  if (!('VideoEncoder' in globalThis)) return false;
  try {
    const config: VideoEncoderConfig = { codec, width: 640, height: 480, bitrate: 1_000_000, framerate: 30 };
    return (await VideoEncoder.isConfigSupported(config)).supported === true;
  } catch {
    return false;
  }
}

async function supportsAudio(codec: string): Promise<boolean> {
  if (!('AudioEncoder' in globalThis)) return false;
  try {
    const config: AudioEncoderConfig = { codec, sampleRate: 48_000, numberOfChannels: 1, bitrate: 128_000 };
    return (await AudioEncoder.isConfigSupported(config)).supported === true;
  } catch {
    return false;
  }
}

function hasWebGl2(): boolean {
  try {
    return new OffscreenCanvas(1, 1).getContext('webgl2') !== null;
  } catch {
    return false;
  }
}
