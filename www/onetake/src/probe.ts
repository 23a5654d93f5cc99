/** What this browser can do, asked of the browser itself; nothing is inferred from its name. */

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
  const audio = await keep(AUDIO, (codec) => supportsAudio(codec));
  const capture: Capabilities['capture'] = 'MediaStreamTrackProcessor' in globalThis ? 'readable' : 'none';
  const storage = (await hasPrivateFiles()) ? 'opfs' : 'memory';
  const works = capture === 'readable' && video.includes('avc') && storage === 'opfs';
  const missing: Capabilities['missing'] = [];
  const lacks = (feature: string, effect: string) => missing.push({ feature, effect });
  if (capture === 'none') lacks('MediaStreamTrackProcessor', 'the camera cannot be recorded here');
  if (!video.includes('avc')) lacks('H.264 encoding', 'no film can be made here');
  if (!audio.includes('aac')) lacks('AAC encoding', audio.includes('opus') ? 'films carry Opus sound' : 'films are silent');
  if (storage === 'memory') lacks('origin private file system', 'takes cannot be stored here');
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

async function hasPrivateFiles(): Promise<boolean> {
  try {
    await navigator.storage.getDirectory();
    return 'FileSystemFileHandle' in globalThis;
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
