// What the container bench works on: 20 clips of 30 s, 1080p H.264 and AAC, about 15.5 MB each, moov first and all media
// in one run; the same as fragments; and the 10 min film of them all. Three pictures are encoded, the other clips are
// their packets under another title. Made on first use, kept in playwright/clips, never committed. Knows no contestant.

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const CLIPS = 20;
export const CLIP_SECONDS = 30;
export const FPS = 30;
const PICTURES = 3;
const KEYS = FPS; // a key frame each second, as phones do

/** Absolute paths. `small` is 2 s long: what a contestant warms up with where it works on one file. */
export type Clips = { flat: string[]; fragmented: string[]; long: string; small: string };
/** What ffprobe counts in a file; `duration` in seconds. */
export type Counts = { duration: number; video: number; audio: number };

const folder = fileURLToPath(new URL('../clips/mp4/', import.meta.url));

/** Finds or makes all files; the first time takes a minute or three. */
export async function makeClips(): Promise<Clips> {
  mkdirSync(folder, { recursive: true });
  const pictures: string[] = [];
  for (let seed = 0; seed < PICTURES; seed += 1) pictures.push(await makeOnce(`picture-${seed}.mp4`, (path) => encode(path, seed)));
  const flat: string[] = [];
  const fragmented: string[] = [];
  for (let clip = 0; clip < CLIPS; clip += 1) {
    const source = pictures[clip % PICTURES] ?? '';
    const name = String(clip).padStart(2, '0');
    const title = ['-metadata', `title=clip ${name}`];
    flat.push(await makeOnce(`clip-${name}.mp4`, (path) => copy(['-i', source], [...title, '-movflags', '+faststart'], path)));
    fragmented.push(await makeOnce(`fragments-${name}.mp4`, (path) => copy(['-i', source], [...title, '-movflags', 'frag_keyframe+empty_moov'], path)));
  }
  const long = await makeOnce('long.mp4', async (path) => {
    const list = `${folder}long.txt`;
    writeFileSync(list, flat.map((clip) => `file '${clip}'\n`).join(''));
    await copy(['-f', 'concat', '-safe', '0', '-i', list], ['-movflags', '+faststart'], path);
    rmSync(list);
  });
  const first = flat[0] ?? '';
  const small = await makeOnce('small.mp4', (path) => copy(['-t', '2', '-i', first], ['-movflags', '+faststart'], path));
  return { flat, fragmented, long, small };
}

/** Reads all files once, so that every contestant finds them in the system's cache. */
export async function warmFiles(paths: string[]): Promise<number> {
  let bytes = 0;
  for (const path of paths) bytes += (await readFile(path)).byteLength;
  return bytes;
}

/** Duration as it is shown, and packets as they are stored, of a file, by ffprobe. */
export async function countPackets(path: string): Promise<Counts> {
  const ask = async (...options: string[]) => {
    const { stdout } = await run('ffprobe', ['-v', 'error', '-of', 'json', ...options, path], { maxBuffer: 1 << 26 });
    return JSON.parse(stdout) as { format?: { duration?: string }; streams?: { codec_type: string; nb_read_packets?: string }[] };
  };
  const shown = await ask('-show_entries', 'format=duration');
  // Heeding edit lists, ffmpeg reads a second of sound before each edit again.
  const stored = await ask('-ignore_editlist', '1', '-count_packets', '-show_entries', 'stream=codec_type,nb_read_packets');
  const count = (kind: string) => Number(stored.streams?.find(({ codec_type }) => codec_type === kind)?.nb_read_packets ?? 0);
  return { duration: Number(shown.format?.duration ?? NaN), video: count('video'), audio: count('audio') };
}

/** What ffmpeg says while it decodes a whole file: nothing, when the file is good. */
export async function decodeMessages(path: string): Promise<string> {
  const { stderr } = await run('ffmpeg', ['-nostdin', '-v', 'error', '-i', path, '-f', 'null', '-'], { maxBuffer: 1 << 26 });
  return stderr.trim();
}

/** 4 Mbit/s that noise keeps full, so that 30 s weigh what a camera's 30 s weigh. */
function encode(path: string, seed: number): Promise<unknown> {
  const picture = `testsrc2=size=1920x1080:rate=${FPS}:duration=${CLIP_SECONDS},hue=h=${seed * 120},noise=alls=20:allf=t:all_seed=${seed + 1}`;
  const sound = `anoisesrc=colour=pink:amplitude=0.3:seed=${seed + 1}:sample_rate=48000:duration=${CLIP_SECONDS}`;
  const rate = ['-b:v', '4M', '-minrate', '4M', '-maxrate', '4M', '-bufsize', '4M'];
  const video = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', String(KEYS), '-keyint_min', String(KEYS), '-sc_threshold', '0', ...rate];
  const audio = ['-c:a', 'aac', '-b:a', '128k', '-ac', '2'];
  return ffmpeg(['-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', sound, ...video, ...audio, '-movflags', '+faststart', path]);
}

function copy(inputs: string[], options: string[], path: string): Promise<unknown> {
  return ffmpeg([...inputs, '-map', '0', '-c', 'copy', ...options, path]);
}

async function ffmpeg(args: string[]): Promise<unknown> {
  return run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args], { maxBuffer: 1 << 24 });
}

async function makeOnce(name: string, make: (path: string) => Promise<unknown>): Promise<string> {
  const path = `${folder}${name}`;
  if (existsSync(path)) return path;
  const draft = `${folder}draft-${process.pid}-${name}`; // a run that is cut short leaves no half clip behind
  await make(draft);
  renameSync(draft, path);
  return path;
}
