/** What this browser can do, asked of the browser itself; nothing is inferred from its name. */

import { recorderType } from './recorder.js';
import { captureRoute, encodesVideo, workerFacts } from './routes.js';
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
  const route = await captureRoute();
  const storage = (await workerFacts()).disk ? 'opfs' : 'memory';
  const missing: Capabilities['missing'] = [];
  const lacks = (feature: string, effect: string) => missing.push({ feature, effect });
  const coded = route === 'recorder' ? recorded(lacks) : await encoded(route, lacks);
  if (storage === 'memory') lacks('origin private file system', 'takes are kept in memory: a draft does not survive a reload');
  lacks('play cache', 'not part of this version');
  return {
    ...coded,
    storage,
    gpu: hasWebGl2() ? 'webgl2' : 'none',
    cache: false,
    missing,
  };
}

type Lacks = (feature: string, effect: string) => void;
type Coded = Pick<Capabilities, 'tier' | 'capture' | 'video' | 'encoders' | 'audio'>;

/** With frames that a worker encodes. */
async function encoded(capture: Capabilities['capture'], lacks: Lacks): Promise<Coded> {
  const video = await keep(VIDEO, (codec) => encodesVideo(codec));
  const encoders = await Promise.all(VIDEO.filter(([name]) => video.includes(name)).map(async ([codec, words]) => {
    const [hardware, software] = await Promise.all([encodesVideo(words, 'prefer-hardware'), encodesVideo(words, 'prefer-software')]);
    return { codec, hardware, software };
  }));
  const own = await keep(AUDIO, supportsAudio);
  // The package's encoder is a file of ours beside this one: whether it can be loaded shows when it is needed.
  const packaged = !own.includes('aac') && 'WebAssembly' in globalThis;
  const works = capture !== 'none' && video.includes('avc');
  if (capture === 'none') lacks('MediaStreamTrackProcessor', 'the camera cannot be recorded here');
  if (capture === 'callback') lacks('MediaStreamTrackProcessor', 'pictures are lost, and counted, while the page is busy or hidden');
  if (!video.includes('avc')) lacks('H.264 encoding', 'no film can be made here');
  if (!works && 'MediaRecorder' in globalThis) lacks('MP4 from MediaRecorder', 'the browser records files that no film can be made of');
  if (!own.includes('aac')) lacks('AAC encoding', packaged ? `films carry AAC of the encoder in this package, loaded when sound is first heard${own.includes('opus') ? '; Opus where that fails' : ''}` : own.includes('opus') ? 'films carry Opus sound' : 'films are silent');
  return { tier: works ? 'webcodecs' : 'none', capture, video, encoders, audio: packaged ? ['aac', ...own] : own };
}

/** With the browser's own recorder. */
function recorded(lacks: Lacks): Coded {
  lacks('WebCodecs', 'the browser\'s recorder films: as the camera gives it, at its size, neither mirrored, sped up nor brought into another shape');
  lacks('figures of the recorder', 'pictures that it never wrote are known by the gaps they leave, and not why they are missing');
  lacks('sound levels', 'there is no level meter');
  // Where the browser names no coding of sound, none is promised.
  const [, audio] = /(opus|mp4a)/.exec(recorderType() ?? '') ?? [];
  if (audio === 'opus') lacks('AAC encoding', 'films carry Opus sound');
  if (!audio) lacks('the coding of sound', 'films carry what the browser\'s recorder writes, AAC or Opus; takes with another are refused');
  return { tier: 'mediarecorder', capture: 'none', video: ['avc'], encoders: [], audio: audio === 'opus' ? ['opus'] : audio ? ['aac'] : [] };
}

async function keep<T>(candidates: [T, string][], supported: (codec: string) => Promise<boolean>): Promise<T[]> {
  const answers = await Promise.all(candidates.map(([, codec]) => supported(codec)));
  return candidates.filter((_, index) => answers[index]).map(([name]) => name);
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
