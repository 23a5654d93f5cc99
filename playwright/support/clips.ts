// File clips for Chromium's --use-file-for-fake-video-capture: numbered pictures painted by signal.js, written as mjpeg
// (which Chromium plays at 30 fps, whatever it was made for) or y4m (at its header's rate), and a beeping wav.
// Made on first use, kept in playwright/clips, never committed.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, renameSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Writable } from 'node:stream';
import type { Size } from './camera.ts';
import { signal } from './signal-in-node.ts';

export type ClipOptions = { size: Size; fps: 30 | 60; seconds: number; camera?: number; tint?: { y: number; u: number; v: number } };

const folder = fileURLToPath(new URL('../clips/', import.meta.url));
const grey = { y: 120, u: 128, v: 128 };

/** Absolute path of a numbered clip: mjpeg at 30 fps, y4m at 60. The clip loops in the browser; so do its numbers. */
export async function videoClip({ size, fps, seconds, camera = 3, tint = grey }: ClipOptions): Promise<string> {
  const kind = fps === 30 ? 'mjpeg' : 'y4m';
  const name = `numbered-${size.width}x${size.height}-${fps}-${seconds}s-${camera}-${tint.y}.${tint.u}.${tint.v}.${kind}`;
  return makeOnce(name, async (path) => {
    const picture = signal.blankPicture(size, tint);
    const { sink, done } = kind === 'y4m' ? plainFile(path) : ffmpegSink(path, size, fps);
    if (kind === 'y4m') sink.write(`YUV4MPEG2 W${size.width} H${size.height} F${fps}:1 Ip A1:1 C420jpeg\n`);
    for (let number = 0; number < seconds * fps; number += 1) {
      signal.paint(picture, size, number, camera, number % fps === 0);
      if (kind === 'y4m') sink.write('FRAME\n');
      if (!sink.write(Buffer.from(picture))) await once(sink, 'drain');
    }
    sink.end();
    await done;
  });
}

/** Absolute path of a wav, 48 kHz mono 16 bit, that beeps at each whole second. */
export async function soundClip(seconds: number): Promise<string> {
  return makeOnce(`beep-${seconds}s.wav`, async (path) => {
    const rate = 48000;
    const data = Buffer.alloc(44 + 2 * rate * seconds);
    data.write('RIFF', 0, 'ascii');
    data.writeUInt32LE(data.length - 8, 4);
    data.write('WAVEfmt ', 8, 'ascii');
    data.writeUInt32LE(16, 16);
    data.writeUInt16LE(1, 20);
    data.writeUInt16LE(1, 22);
    data.writeUInt32LE(rate, 24);
    data.writeUInt32LE(2 * rate, 28);
    data.writeUInt16LE(2, 32);
    data.writeUInt16LE(16, 34);
    data.write('data', 36, 'ascii');
    data.writeUInt32LE(data.length - 44, 40);
    for (let i = 0; i < rate * seconds; i += 1) data.writeInt16LE(Math.round(32767 * signal.soundAt('beep', i, rate)), 44 + 2 * i);
    const { sink, done } = plainFile(path);
    sink.end(data);
    await done;
  });
}

/** Launch flags that turn a clip into the machine's only camera and a wav into its microphone; each set-up needs its own browser. */
export function clipFlags(video: string, sound: string): string[] {
  return [`--use-file-for-fake-video-capture=${video}`, `--use-file-for-fake-audio-capture=${sound}`];
}

async function makeOnce(name: string, make: (path: string) => Promise<void>): Promise<string> {
  const path = `${folder}${name}`;
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const draft = `${folder}draft-${process.pid}-${name}`; // a run that is cut short leaves no half clip behind
  await make(draft);
  renameSync(draft, path);
  return path;
}

function plainFile(path: string): { sink: Writable; done: Promise<unknown> } {
  const sink = createWriteStream(path);
  return { sink, done: once(sink, 'close') };
}

function ffmpegSink(path: string, size: Size, fps: number): { sink: Writable; done: Promise<unknown> } {
  const input = ['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', `${size.width}x${size.height}`, '-r', String(fps), '-i', '-'];
  const child = spawn('ffmpeg', ['-v', 'error', '-y', ...input, '-c:v', 'mjpeg', '-q:v', '3', '-f', 'mjpeg', path], { stdio: ['pipe', 'ignore', 'inherit'] });
  const done = once(child, 'close').then(([code]) => {
    if (code !== 0) throw new Error(`ffmpeg ended with ${code} while making ${path}`);
  });
  return { sink: child.stdin, done };
}
