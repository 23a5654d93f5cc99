// Files of a user's own for the specs: clips that ffmpeg makes, the way they get into a page, and what ffmpeg and ffprobe,
// who know nothing of the product, find in a file.

import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, renameSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { JSHandle, Page } from '@playwright/test';
import type * as Onetake from 'onetake';
import { gotoBlank, saveBlob } from './studio.ts';

declare global {
  interface Window {
    /** The files that a spec chose in the page. */
    given: File[];
  }
}

const run = promisify(execFile);
const folder = fileURLToPath(new URL('../clips/', import.meta.url));

export type MediaOptions = {
  seconds?: number; size?: `${number}x${number}`; fps?: number;
  /** Of a box in the left upper corner, by which a spec sees which clip is shown. */
  color?: 'red' | 'lime' | 'blue';
  /** Arguments of ffmpeg for the picture; none: no picture. */
  video?: string[] | null;
  audio?: string[] | null;
  /** What is heard, an expression of ffmpeg's aevalsrc; a steady tone without. */
  sound?: string;
  /** Further arguments for the output. */
  output?: string[];
  /** Degrees that a player shall turn it. */
  rotate?: 90 | 180 | 270;
};

/** H.264 with B frames, and AAC. */
export const MAIN = ['-c:v', 'libx264', '-preset', 'veryfast', '-profile:v', 'main', '-bf', '2', '-g', '30', '-pix_fmt', 'yuv420p'];
export const BASELINE = ['-c:v', 'libx264', '-preset', 'veryfast', '-profile:v', 'baseline', '-g', '15', '-pix_fmt', 'yuv420p'];
export const AAC = ['-c:a', 'aac', '-b:a', '64k', '-ac', '2'];
export const OPUS = ['-c:a', 'libopus', '-b:a', '64k', '-ac', '2'];
export const FAST_START = ['-movflags', '+faststart'];
export const FRAGMENTED = ['-movflags', '+frag_keyframe+empty_moov+default_base_moof'];

const made = new Map<string, Promise<string>>();

/** Absolute path of a clip of moving bars and a tone; made once a run. */
export function mediaClip(name: string, options: MediaOptions = {}): Promise<string> {
  const known = made.get(name);
  if (known) return known;
  const path = make(`${folder}media-${name}`, options);
  made.set(name, path);
  return path;
}

async function make(path: string, { seconds = 2, size = '320x180', fps = 30, color = 'red', video = MAIN, audio = AAC, output = FAST_START, rotate, sound }: MediaOptions): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const draft = path.replace(/(\.\w+)$/, `-${process.pid}$1`);
  const bars = ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${fps}:duration=${seconds},drawbox=w=48:h=48:color=${color}:t=fill`];
  const source = sound ? `aevalsrc=${sound}:` : 'sine=frequency=440:';
  const tone = ['-f', 'lavfi', '-i', `${source}sample_rate=48000:duration=${seconds}`];
  const inputs = [...(video ? bars : []), ...(audio ? tone : [])];
  await run('ffmpeg', ['-v', 'error', '-y', ...inputs, ...(video ?? []), ...(audio ?? []), '-fflags', '+bitexact', ...output, draft]);
  if (rotate) {
    // ffmpeg writes the matrix only where it copies.
    const turned = draft.replace(/(\.\w+)$/, '-turned$1');
    await run('ffmpeg', ['-v', 'error', '-y', '-i', draft, '-c', 'copy', '-metadata:s:v:0', `rotate=${rotate}`, ...output, turned]);
    renameSync(turned, draft);
  }
  renameSync(draft, path);
  return path;
}

/** The blank page with these files in `window.given`, chosen as a user chooses them. */
export async function openWithFiles(page: Page, paths: string[]): Promise<void> {
  await gotoBlank(page);
  await give(page, paths);
}

export async function give(page: Page, paths: string[]): Promise<void> {
  await page.evaluate(() => {
    document.querySelector('input')?.remove();
    document.body.append(Object.assign(document.createElement('input'), { type: 'file', multiple: true }));
  });
  await page.locator('input').setInputFiles(paths);
  await page.evaluate(() => (window.given = [...document.querySelector('input')?.files ?? []]));
}

/** A film that work on files brought: kept in `window.films`, written to `path`. */
export async function keepFilm(page: Page, film: JSHandle<Onetake.Film>, path: string): Promise<KeptFilm> {
  const facts = await film.evaluate((made) => {
    window.films.push(made);
    const { duration, size, report, file } = made;
    return { duration, size, report, bytes: file.size, type: file.type };
  });
  await saveBlob(await film.evaluateHandle(({ file }) => file), path);
  return { path, ...facts };
}
export type KeptFilm = { path: string; duration: number; size: Onetake.Size; report: Onetake.Film['report']; bytes: number; type: string };

/** Hashes of the decoded pictures, or of the sound in whole, in the order they are shown, edit lists applied. */
export async function pictureHashes(path: string): Promise<string[]> {
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', path, '-map', '0:v:0', '-fps_mode', 'passthrough', '-enc_time_base', '-1', '-f', 'framemd5', '-'], { maxBuffer: 1 << 26 });
  return stdout.split('\n').filter((line) => line && !line.startsWith('#')).map((line) => line.split(',').at(-1)?.trim() ?? '');
}

/** The sound, its channels added up, as ffmpeg decodes it; these arguments stand before the input. */
export async function samples(path: string, ...input: string[]): Promise<Float32Array> {
  const { stdout } = await run('ffmpeg', ['-v', 'error', ...input, '-i', path, '-map', '0:a:0', '-f', 'f32le', '-ac', '1', '-'], { encoding: 'buffer', maxBuffer: 1 << 28 });
  return new Float32Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.length));
}

/** How many samples of sound there are when everything is decoded, edit lists applied. */
export async function soundSamples(path: string): Promise<number> {
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', path, '-map', '0:a:0', '-f', 's16le', '-ac', '1', '-'], { encoding: 'buffer', maxBuffer: 1 << 28 });
  return stdout.length / 2;
}

export type Stream = {
  codec_type: 'video' | 'audio'; codec_name: string; codec_tag_string: string; profile?: string; width?: number; height?: number; nb_frames?: string; duration: string; start_time: string;
  sample_rate?: string; channels?: number; avg_frame_rate?: string; bit_rate?: string; tags?: Record<string, string>; disposition?: { attached_pic: number }; side_data_list?: { rotation?: number }[];
};

/** What ffprobe says of a file, its packets counted. */
export async function facts(path: string): Promise<{ format: { duration: string; tags?: Record<string, string> }; streams: Stream[]; packets: { stream_index: number; flags: string; pts_time: string }[] }> {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-of', 'json', '-show_format', '-show_streams', '-show_packets', '-show_entries', 'packet=stream_index,flags,pts_time', path], { maxBuffer: 1 << 26 });
  return JSON.parse(stdout) as Awaited<ReturnType<typeof facts>>;
}

/** What the code, the differences and the words of a rejection are; null where the call did not reject. */
export type Refusal = { code: string; message: string; hint: string; mismatch?: { clips: number[]; fields: string[] } } | null;

/**
 * Plays a film from its beginning to its end, twice as fast, and looks at it: how long it stood still in all, where it ended, and which
 * clip's colour was in the corner at each of these times, found by seeking.
 */
export async function watch(film: JSHandle<Onetake.Film>, looks: number[] = []): Promise<Watched> {
  return film.evaluate(async ({ file }, times) => {
    const video = Object.assign(document.createElement('video'), { muted: true, playsInline: true, defaultPlaybackRate: 2, src: URL.createObjectURL(file) });
    document.body.append(video);
    const failed = new Promise<never>((_, reject) => video.addEventListener('error', () => reject(new Error(`video: ${video.error?.code} ${video.error?.message}`))));
    const next = (name: string) => Promise.race([failed, new Promise<void>((resolve) => video.addEventListener(name, () => resolve(), { once: true }))]);
    const seen: Watched = { duration: NaN, ended: NaN, stalled: 0, back: 0, colors: [], error: '' };
    try {
      await next('loadeddata');
      seen.duration = video.duration;
      const corner = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d', { willReadFrequently: true });
      for (const time of times) {
        const sought = next('seeked');
        video.currentTime = time;
        await sought;
        corner?.drawImage(video, 12, 12, 8, 8, 0, 0, 1, 1);
        const [red = 0, green = 0, blue = 0] = corner?.getImageData(0, 0, 1, 1).data ?? [];
        seen.colors.push(red > 150 && green < 100 ? 'red' : green > 150 && red < 100 ? 'lime' : blue > 150 ? 'blue' : `${red} ${green} ${blue}`);
      }
      if (times.length > 0) {
        const sought = next('seeked');
        video.currentTime = 0;
        await sought;
      }
      let since = NaN;
      let last = 0;
      video.addEventListener('waiting', () => (since = performance.now()));
      video.addEventListener('playing', () => {
        if (since > 0) seen.stalled += (performance.now() - since) / 1000;
        since = NaN;
      });
      video.addEventListener('timeupdate', () => {
        seen.back = Math.max(seen.back, last - video.currentTime);
        last = video.currentTime;
      });
      const ended = next('ended');
      await video.play();
      await ended;
      seen.ended = video.currentTime;
    } catch (error) {
      seen.error = String(error);
    }
    URL.revokeObjectURL(video.src);
    video.remove();
    return seen;
  }, looks);
}
/** Seconds; `back` is the farthest that the time ran backwards. */
export type Watched = { duration: number; ended: number; stalled: number; back: number; colors: string[]; error: string };

/** Hashes of the packets of sound as they lie in the file, whatever its edit list says. */
export function soundPackets(path: string): string[] {
  const text = execFileSync('ffmpeg', ['-v', 'error', '-ignore_editlist', '1', '-i', path, '-map', '0:a:0', '-c', 'copy', '-f', 'framemd5', '-'], { encoding: 'utf8', maxBuffer: 1 << 26 });
  return text.split('\n').filter((line) => line && !line.startsWith('#')).map((line) => line.split(',').slice(-2).map((part) => part.trim()).join(' '));
}
