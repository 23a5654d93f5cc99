/**
 * Smaller, or with a look: a file is decoded, drawn and encoded anew by the worker that works on files. What is asked for is
 * checked here; what must be encoded for it, and how, is decided there.
 */

import { notBuilt } from './errors.js';
import { ask, films, tell } from './files.js';
import { inWords } from './look.js';
import { checkFile, checkObject, filmOptions, poster, refused } from './options.js';
import type { CompressRequest } from './protocol.js';
import type { CompressOptions, Film, Size, VideoCodec } from './types.js';

/** The one clock of sound in films: what they are joined and cut by. */
const SAMPLE_RATE = 48_000;
const SIDES = { least: 16, most: 8192 } as const;
const CODECS = ['auto', 'avc', 'hevc', 'vp9', 'av1'];

/**
 * Encodes a file anew to what is asked for: another size, frame rate, bit rate or coding, at most so many bytes, with a look.
 * `onProgress` counts seconds of media.
 */
export async function compress(file: Blob, options: CompressOptions = {}): Promise<Film> {
  checkFile(file);
  const wishes = filmOptions(options);
  const { request: target, pictures } = targetOf(options);
  const { signal, onProgress } = options;
  const began = performance.now();
  let told = { done: 0, total: 0 };
  const follow = (done: number, total: number) => {
    told = { done, total };
    tell(onProgress, { ratio: total > 0 ? done / total : 1, done, total, ...(done > 0 && { eta: ((performance.now() - began) / 1000) * (total / done - 1) }) });
  };
  const handles = { files: [file, ...pictures], poster: poster(options) };
  const [made] = await films(await ask({ compress: { target, options: wishes } }, handles, signal, follow));
  const film = made as Film;
  const total = told.total || film.duration;
  if (told.done < total || total === 0) follow(total, total);
  return film;
}

/** What is asked for in the worker's words, and the pictures of its look. */
function targetOf(options: CompressOptions): { request: CompressRequest; pictures: Blob[] } {
  const { size, frameRate, videoBitrate, audioBitrate, sampleRate, maxBytes, codec = 'auto', look = [] } = options;
  if (!CODECS.includes(codec)) throw refused(`codec: ${CODECS.map((name) => `'${name}'`).join(', ')} are wanted, not ${JSON.stringify(codec)}`);
  if (maxBytes !== undefined && !(typeof maxBytes === 'number' && maxBytes > 0)) throw refused(`maxBytes: more than 0 is wanted, not ${maxBytes}`);
  const within = (name: string, value: number | undefined, least: number, most: number): number | null => {
    if (value === undefined) return null;
    if (typeof value !== 'number' || !(value >= least && value <= most)) throw refused(`${name}: ${least} to ${most} are wanted, not ${value}`);
    return value;
  };
  const whole = (value: number | null) => value && Math.round(value);
  const { looks, files } = inWords([look]);
  const request: CompressRequest = {
    size: size === undefined ? null : even(size),
    frameRate: within('frameRate', frameRate, 1, 120),
    videoBitrate: whole(within('videoBitrate', videoBitrate, 10_000, 100_000_000)),
    audioBitrate: whole(within('audioBitrate', audioBitrate, 12_000, 510_000)),
    maxBytes: maxBytes === undefined || maxBytes === Infinity ? null : maxBytes,
    codec: codec === 'auto' ? null : (codec as VideoCodec),
    look: look.length === 0 ? null : (looks[0] ?? null),
  };
  // The last of the checks: what is wrong as well is said first, for it has to be put right in any version.
  if (within('sampleRate', sampleRate, 8000, 192_000) !== null && sampleRate !== SAMPLE_RATE) throw notBuilt('compress: sampleRate');
  return { request, pictures: files };
}

/** Colour is halved in both directions: pictures have even sides. */
function even(size: Size): Size {
  const { width, height } = checkObject(size, 'size');
  const side = (pixels: number, name: string) => {
    const rounded = typeof pixels === 'number' ? Math.round(pixels / 2) * 2 : NaN;
    if (!(rounded >= SIDES.least && rounded <= SIDES.most)) throw refused(`size.${name}: ${SIDES.least} to ${SIDES.most} pixels are wanted, not ${pixels}`);
    return rounded;
  };
  return { width: side(width, 'width'), height: side(height, 'height') };
}
