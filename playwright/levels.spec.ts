// Greys and codings: however a camera delivers its samples, their levels stand in the film as they were. Belongs here: what is
// measured on single levels; how pictures lie is in orientation.spec.ts.

import { execFileSync } from 'node:child_process';
import { exportFilm, openBlankPage, openStudio, recordTake } from './support/studio.ts';
import { expect, test } from './support/test.ts';
import type { Page } from '@playwright/test';

const SIZE = { width: 256, height: 128 };
const BARS = 16;
type Samples = { format: 'I420' | 'NV12' | 'BGRA'; fullRange: boolean };

const WAYS: Samples[] = [
  { format: 'I420', fullRange: false },
  { format: 'I420', fullRange: true },
  { format: 'NV12', fullRange: false },
  { format: 'NV12', fullRange: true },
  { format: 'BGRA', fullRange: true },
];

/** A camera that shows 16 bars from black to white, delivered in these samples. */
function greyCamera(page: Page, samples: Samples): Promise<void> {
  return page.evaluate(({ size: { width, height }, bars, samples: { format, fullRange } }) => {
    const grey = (x: number) => Math.floor((x * bars) / width) / (bars - 1);
    const luma = (x: number) => Math.round(fullRange ? 255 * grey(x) : 16 + 219 * grey(x));
    const pixels = width * height;
    const data = format === 'BGRA' ? new Uint8Array(pixels * 4) : new Uint8Array((pixels * 3) / 2).fill(128);
    for (let at = 0; at < pixels; at += 1) {
      if (format === 'BGRA') data.set([...Array<number>(3).fill(Math.round(255 * grey(at % width))), 255], at * 4);
      else data[at] = luma(at % width);
    }
    const colorSpace = format === 'BGRA' ? { matrix: 'rgb', primaries: 'bt709', transfer: 'iec61966-2-1', fullRange: true } : { matrix: 'smpte170m', primaries: 'smpte170m', transfer: 'smpte170m', fullRange };
    const picture = () => new VideoFrame(data, { format, codedWidth: width, codedHeight: height, timestamp: Math.round(performance.now() * 1000), colorSpace } as VideoFrameBufferInit);
    type Generator = MediaStreamTrack & { writable: WritableStream<VideoFrame> };
    const { MediaStreamTrackGenerator } = window as unknown as { MediaStreamTrackGenerator: new (init: { kind: string }) => Generator };
    const track = new MediaStreamTrackGenerator({ kind: 'video' });
    const writer = track.writable.getWriter();
    const timer = setInterval(() => writer.write(picture()).catch(() => clearInterval(timer)), 33);
    return window.studio.camera.start({ stream: new MediaStream([track]) });
  }, { size: SIZE, bars: BARS, samples });
}

/** The mean level of the middle of each bar, 0 to 255 whatever the film's range, in the frame that differs most from what is due. */
function worstBars(path: string, due: number[]): number[] {
  const raw = execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-fps_mode', 'passthrough', '-enc_time_base', '1:48000', '-vf', 'scale=in_range=auto:out_range=pc,format=gray', '-f', 'rawvideo', '-'], { maxBuffer: 1 << 28 });
  const bytes = SIZE.width * SIZE.height;
  const frames = Array.from({ length: raw.length / bytes }, (_, frame) => due.map((_, bar) => {
    const wide = SIZE.width / BARS;
    let sum = 0;
    for (let y = 32; y < 96; y += 1) for (let x = 4; x < wide - 4; x += 1) sum += raw[frame * bytes + y * SIZE.width + bar * wide + x] ?? 0;
    return sum / (64 * (wide - 8));
  }));
  const error = (bars: number[]) => Math.max(...bars.map((level, bar) => Math.abs(level - (due[bar] ?? 0))));
  return frames.reduce((worst, bars) => (error(bars) > error(worst) ? bars : worst));
}

test('greys stay within two levels, whether in planes or packed, of limited or of full range', async ({ page }, info) => {
  await openBlankPage(page, null);
  const due = Array.from({ length: BARS }, (_, bar) => (255 * bar) / (BARS - 1));
  const ranges = [];
  for (const [number, samples] of WAYS.entries()) {
    await openStudio(page, { size: SIZE, audio: false, draft: `greys-${number}`, video: { bitrate: 2_000_000 } });
    await greyCamera(page, samples);
    await recordTake(page, 0.5);
    const { path, report } = await exportFilm(page, info.outputPath(`${number}.mp4`));
    expect(report.warnings).toEqual([]);
    ranges.push(execFileSync('ffprobe', ['-v', 'error', '-select_streams', 'v', '-show_entries', 'stream=color_range', '-of', 'default=nk=1:nw=1', path], { encoding: 'utf8' }).trim());
    const worst = worstBars(path, due);
    expect(worst.map((level, bar) => (Math.abs(level - (due[bar] ?? 0)) <= 2 ? 'right' : level)), JSON.stringify(samples)).toEqual(due.map(() => 'right'));
    await page.evaluate(() => window.studio.close());
  }
  // A camera of full range makes a film of full range: nothing is squeezed on the way.
  expect(ranges.slice(0, 4)).toEqual(['tv', 'pc', 'tv', 'pc']);
});
