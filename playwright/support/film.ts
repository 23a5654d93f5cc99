// Reads a produced file with ffprobe and ffmpeg and says what happened to the numbered frames and the beeps in it:
// lost, repeated, reordered, unreadable; where its segments meet; and how far sound and picture are apart, per flash,
// compared with the raw log of the same run. It knows nothing of the product; it decodes, so it is slow and honest.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { RawLog, Size } from './camera.ts';
import { signal } from './signal-in-node.ts';

const run = promisify(execFile);

/** Seconds, but counted in ticks of the track: `pts` and `duration` are exact integers over `timescale`. */
export type Packet = { pts: number; dts: number; duration: number; key: boolean; size: number };
/** `duration` and `start` in seconds, `ticks` the duration in the track's timescale. */
export type Track = { codec: string; timescale: number; duration: number; ticks: number; start: number; packets: Packet[]; size?: Size; rotation?: number };
/** A decoded frame: `number` is -1 where the code could not be read. */
export type FilmFrame = { pts: number; number: number; camera: number; flash: boolean };
/** A run of frames between two edges; `start` and `end` in seconds of the film. */
export type FilmSegment = { camera: number; first: number; last: number; frames: number; start: number; end: number };
export type Film = {
  path: string; duration: number; video: Track; audio: Track | null;
  frames: FilmFrame[]; segments: FilmSegment[];
  /** Numbers that should lie between two frames of one segment and do not. */
  lost: number[]; repeated: number[]; reordered: number[]; unreadable: number;
  /** Beep onsets or click middles in seconds of the film. */
  marks: { at: number; score: number }[];
  /** What ffmpeg printed while decoding everything: nothing, when the file is good. */
  messages: string;
};

export type FilmOptions = { camera: Size; fps: number; marks?: 'beep' | 'click'; mirrored?: boolean };

/** Reads a film that was recorded with cameras of this size and rate. */
export async function readFilm(path: string, options: FilmOptions): Promise<Film> {
  const probe = await probeFile(path);
  // Each decodes the file anew: side by side they use all of a machine.
  const [numbers, sound, messages] = await Promise.all([readNumbers(path, probe.video, options), probe.audio && readSound(path), decodeMessages(path, options.fps)]);
  const pts = probe.video.packets.map((packet) => packet.pts / probe.video.timescale).sort((a, b) => a - b);
  const frames = numbers.map((code, index) => ({ pts: pts[index] ?? NaN, number: code.readable ? code.number : -1, camera: code.camera, flash: code.flash }));
  const marks = sound ? signal.findMarks(sound.samples, 48000, options.marks ?? 'beep').map(({ at, score }) => ({ at: sound.start + at / 48000, score })) : [];
  return { path, ...probe, frames, ...judge(frames, options.fps, probe.video), marks, messages };
}

/** Container facts by ffprobe: every packet of both tracks. */
export async function probeFile(path: string): Promise<{ duration: number; video: Track; audio: Track | null }> {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-of', 'json', '-show_format', '-show_streams', '-show_packets', path], { maxBuffer: 1 << 28 });
  const probe = JSON.parse(stdout) as Probe;
  const track = (kind: 'video' | 'audio'): Track | null => {
    const stream = probe.streams.find(({ codec_type }) => codec_type === kind);
    if (!stream) return null;
    const packets = probe.packets.filter(({ stream_index }) => stream_index === stream.index).map((packet) => ({
      pts: Number(packet.pts), dts: Number(packet.dts), duration: Number(packet.duration ?? 0), key: packet.flags.startsWith('K'), size: Number(packet.size),
    }));
    const timescale = Number(stream.time_base.split('/')[1]);
    const rotation = stream.side_data_list?.find(({ rotation }) => rotation !== undefined)?.rotation;
    return {
      codec: stream.codec_name, timescale, duration: Number(stream.duration), ticks: Number(stream.duration_ts), start: Number(stream.start_time ?? 0), packets,
      ...(kind === 'video' ? { size: { width: Number(stream.width), height: Number(stream.height) }, rotation: rotation ?? 0 } : {}),
    };
  };
  const video = track('video');
  if (!video) throw new Error(`${path} has no video track`);
  return { duration: Number(probe.format.duration), video, audio: track('audio') };
}

type Probe = {
  format: { duration: string };
  streams: { index: number; codec_type: string; codec_name: string; time_base: string; duration: string; duration_ts: number; start_time?: string; width?: number; height?: number; side_data_list?: { rotation?: number }[] }[];
  packets: { stream_index: number; pts: number; dts: number; duration?: number; flags: string; size: string }[];
};

/**
 * What ffmpeg has to say about a complete decode, warnings included. It counts time in frames of this rate, so it also
 * complains of two pictures that are nearer to each other than a frame lasts. Left alone it guesses a rate from the first
 * seconds, and takes films of equally long segments for 29.83 pictures a second.
 */
export async function decodeMessages(path: string, fps?: number): Promise<string> {
  const time = fps ? ['-enc_time_base:v', `1:${fps}`] : [];
  const { stderr } = await run('ffmpeg', ['-v', 'warning', '-i', path, '-map', '0', ...time, '-f', 'null', '-'], { maxBuffer: 1 << 26 });
  return stderr.trim();
}

// -------------------------------------------------------------------- picture

/** Where the code field of a camera picture lies in a film that shows its middle, scaled to cover. */
export function fieldInFilm(camera: Size, film: Size): { x: number; y: number; width: number; height: number } {
  const field = signal.codeField(camera);
  const scale = Math.max(film.width / camera.width, film.height / camera.height);
  return {
    x: (field.x - camera.width / 2) * scale + film.width / 2,
    y: (field.y - camera.height / 2) * scale + film.height / 2,
    width: field.width * scale,
    height: field.height * scale,
  };
}

/** What the code field of a photo of a numbered camera says. */
export async function readPhoto(path: string, size: Size, options: { camera: Size; mirrored?: boolean }): Promise<Code | undefined> {
  return (await readNumbers(path, { size }, options))[0];
}

async function readNumbers(path: string, video: Pick<Track, 'size'>, { camera, mirrored }: Pick<FilmOptions, 'camera' | 'mirrored'>) {
  const film = video.size ?? camera;
  const field = fieldInFilm(camera, film);
  const cell = 8;
  const width = signal.COLUMNS * cell;
  const height = signal.ROWS * cell;
  // Cells are read in their middle, so a crop that is off by a pixel or two does no harm.
  const crop = `crop=${Math.round(field.width)}:${Math.round(field.height)}:${Math.round(field.x)}:${Math.round(field.y)}:exact=1`;
  const filters = ['format=gray', ...(mirrored ? ['hflip'] : []), crop, `scale=${width}:${height}:flags=area`].join(',');
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-noautorotate', '-i', path, '-map', '0:v:0', '-fps_mode', 'passthrough', '-vf', filters, '-f', 'rawvideo', '-pix_fmt', 'gray', '-'], { encoding: 'buffer', maxBuffer: 1 << 30 });
  const bytes = width * height;
  return Array.from({ length: stdout.length / bytes }, (_, frame) => signal.readCode((column, row) => {
    let sum = 0;
    for (let y = 2; y < 6; y += 1) for (let x = 2; x < 6; x += 1) sum += stdout[frame * bytes + (row * cell + y) * width + column * cell + x] ?? 0;
    return sum / 16;
  }));
}

/**
 * Numbers against times. Two neighbours belong to one segment when their times are about as far apart as their numbers
 * say; a pause moves the numbers and not the times, a flip changes the camera. Pauses shorter than 3 frames go unseen.
 */
function judge(frames: FilmFrame[], fps: number, video: Track): Pick<Film, 'segments' | 'lost' | 'repeated' | 'reordered' | 'unreadable'> {
  const end = video.start + video.duration;
  const segments: FilmSegment[] = [];
  const lost = new Set<number>();
  const repeated: number[] = [];
  const reordered: number[] = [];
  let newest: FilmFrame | undefined;
  for (const frame of frames) {
    if (frame.number < 0) continue;
    const current = segments.at(-1);
    const step = newest ? frame.number - newest.number : 0;
    const gap = newest ? frame.pts - newest.pts : 0;
    if (!newest || !current || frame.camera !== newest.camera || Math.abs(gap - step / fps) > 2.6 / fps) {
      if (current) current.end = frame.pts;
      segments.push({ camera: frame.camera, first: frame.number, last: frame.number, frames: 1, start: frame.pts, end });
      newest = frame;
      continue;
    }
    current.frames += 1;
    if (step > 0) {
      for (let missing = newest.number + 1; missing < frame.number; missing += 1) lost.add(missing);
      current.last = frame.number;
      newest = frame;
    } else if (lost.delete(frame.number)) reordered.push(frame.number);
    else repeated.push(frame.number);
  }
  return { segments, lost: [...lost], repeated, reordered, unreadable: frames.filter(({ number }) => number < 0).length };
}

// -------------------------------------------------------------------- sound

/** The film's sound as mono 48 kHz, and the time of its first sample. */
async function readSound(path: string): Promise<{ samples: Float32Array; start: number }> {
  const decode = ['-v', 'error', '-i', path, '-map', '0:a:0', '-f', 'f32le', '-ac', '1', '-ar', '48000', '-'];
  const look = ['-v', 'error', '-of', 'json', '-select_streams', 'a:0', '-read_intervals', '%+#3', '-show_entries', 'frame=pts_time', path];
  const [{ stdout }, probe] = await Promise.all([run('ffmpeg', decode, { encoding: 'buffer', maxBuffer: 1 << 30 }), run('ffprobe', look)]);
  const first = (JSON.parse(probe.stdout) as { frames?: { pts_time?: string }[] }).frames?.[0]?.pts_time;
  const copy = new Uint8Array(stdout); // node's buffer may begin at an odd address
  return { samples: new Float32Array(copy.buffer, 0, copy.byteLength >> 2), start: Number(first ?? 0) };
}

// -------------------------------------------------------------------- sound against picture

/** Sound minus picture for one flash, in milliseconds: in the film, in the raw log, and the difference. */
export type Offset = { number: number; segment: number; film: number; raw: number; difference: number };
export type Sync = { offsets: Offset[]; spread: number; inside: number; rawSpread: number; absolute: number };

/**
 * (file offset - raw offset) for each flash that is in both, paired by frame number. Beeps cut by a segment edge or by a
 * hole are left out. `spread` is over all, `inside` the worst within one segment, `absolute` the mean; milliseconds.
 */
export function compareSync(film: Film, raw: RawLog, fps: number): Sync {
  const rawOffsets = rawFlashOffsets(raw, fps);
  const offsets: Offset[] = [];
  film.segments.forEach((segment, index) => {
    const inside = film.frames.filter(({ pts, number }) => number >= 0 && pts >= segment.start - 1e-6 && pts < segment.end - 1e-6);
    for (const flash of inside.filter(({ number }) => number % fps === 0)) {
      const mark = film.marks.find(({ at, score }) => score > WHOLE_BEEP && Math.abs(at - flash.pts) < 0.4 && at >= segment.start && at + signal.BEEP_SECONDS <= segment.end);
      const rawOffset = rawOffsets.get(flash.number);
      if (!mark || rawOffset === undefined) continue;
      const offset = (mark.at - flash.pts) * 1000;
      offsets.push({ number: flash.number, segment: index, film: offset, raw: rawOffset, difference: offset - rawOffset });
    }
  });
  const inside = film.segments.map((_, index) => spread(offsets.filter(({ segment }) => segment === index).map(({ difference }) => difference)));
  const differences = offsets.map(({ difference }) => difference);
  return {
    offsets, spread: spread(differences), inside: Math.max(0, ...inside), rawSpread: spread(offsets.map(({ raw }) => raw)),
    absolute: differences.reduce((sum, value) => sum + value, 0) / Math.max(1, differences.length),
  };
}

/**
 * How far pictures of one segment are shifted against each other from where the camera's stamps put them, in milliseconds: the
 * worst segment's largest minus its smallest (time in the film - stamp).
 */
export function pictureDrift(film: Film, raw: RawLog): number {
  const stamps = new Map(raw.video.flatMap(({ frames }) => frames.filter(({ readable }) => readable).map(({ number, stamp }) => [number, stamp] as const)));
  return Math.max(...film.segments.map(({ start, end }) => spread(film.frames.flatMap(({ pts, number }) => {
    const stamp = stamps.get(number);
    return stamp === undefined || pts < start - 1e-6 || pts >= end - 1e-6 ? [] : [pts * 1000 - stamp / 1000];
  }))));
}

/**
 * Beep minus flash in the raw log, in milliseconds, by frame number. Picture and sound come on clocks of their own;
 * each is laid on the wall clock by the smallest delay between stamp and arrival in the whole run.
 */
export function rawFlashOffsets(raw: RawLog, fps: number): Map<number, number> {
  const delay = Math.min(...raw.video.flatMap(({ frames }) => frames.map(({ stamp, arrival }) => arrival - stamp)));
  const beeps = raw.audio.flatMap(({ blocks, marks }) => {
    const delays = blockDelays(blocks);
    return marks.filter(({ score }) => score > WHOLE_BEEP).map(({ stamp, block }) => stamp + (delays[block] ?? NaN));
  });
  const offsets = new Map<number, number>();
  for (const { stamp, number, readable } of raw.video.flatMap(({ frames }) => frames)) {
    if (!readable || number % fps !== 0) continue;
    const flash = stamp + delay;
    const beep = beeps.find((time) => Math.abs(time - flash) < 400_000);
    if (beep !== undefined) offsets.set(number, (beep - flash) / 1000);
  }
  return offsets;
}

/** The smallest (arrival - end of block), for each block over its stretch of one clock: stamps restart when a readable moves to a worker. */
function blockDelays(blocks: RawLog['audio'][number]['blocks']): number[] {
  const delays: number[] = [];
  let from = 0;
  const close = (to: number) => {
    const stretch = blocks.slice(from, to);
    const smallest = Math.min(...stretch.map(({ stamp, arrival, frames, rate }) => arrival - stamp - (frames * 1e6) / rate));
    delays.push(...stretch.map(() => smallest));
    from = to;
  };
  for (let index = 1; index < blocks.length; index += 1) {
    const [previous, block] = [blocks[index - 1], blocks[index]];
    if (!previous || !block) continue;
    const step = block.stamp - previous.stamp - (previous.frames * 1e6) / previous.rate;
    if (Math.abs(step) > 30_000 || step < -1_500) close(index); // a short jump ahead is a hole on the same clock
  }
  close(blocks.length);
  return delays;
}

/** A beep that a hole in the sound has cut is found, but not at its true onset; whole ones score 0.99 and more. */
const WHOLE_BEEP = 0.95;

/** Largest minus smallest, 0 for fewer than two values. */
export function spread(values: number[]): number {
  return values.length < 2 ? 0 : Math.max(...values) - Math.min(...values);
}

// -------------------------------------------------------------------- clicks

/**
 * For a microphone that clicks 100 ms after every half second: by how many samples (48 kHz) each click misses its place,
 * 4800 samples after the frame whose number divides by half the frame rate, and in which segment.
 */
export function clickErrors(film: Film, fps: number): { number: number; segment: number; error: number }[] {
  return film.segments.flatMap((segment, index) => film.frames
    .filter(({ pts, number }) => number >= 0 && number % (fps / 2) === 0 && pts >= segment.start - 1e-6 && pts + signal.CLICK_DELAY + 0.005 < segment.end)
    .map(({ pts, number }) => {
      const due = pts + signal.CLICK_DELAY;
      const mark = film.marks.reduce<number>((best, { at }) => (Math.abs(at - due) < Math.abs(best - due) ? at : best), Infinity);
      return { number, segment: index, error: (mark - due) * 48000 };
    }));
}

/** The raw log's view of the same frames: numbers delivered to the page between two frames of one camera. */
export function deliveredNumbers(raw: RawLog, from: number, to: number): number[] {
  const numbers = raw.video.flatMap(({ frames }) => frames.filter(({ readable }) => readable).map(({ number }) => number));
  return numbers.filter((number) => number >= from && number <= to);
}
