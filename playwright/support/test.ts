// `test` with a page whose browser keeps its profile on disk, every page held to closing its pictures, and the expectations
// that every film of ours must meet.

import { test as base, type Page } from '@playwright/test';
import type { Segment, Stats } from 'onetake';
import { topBoxes } from './boxes.ts';
import { launchProfile } from './chrome.ts';
import { expect } from './expect.ts';
import type { Film } from './film.ts';
import { watchFrames } from './open-frames.ts';
import { notePassedOver } from './passed-over.ts';
import type { ExportedFilm } from './studio.ts';

export { expect };

export const test = base.extend<{ diskPage: Page }>({
  context: async ({ context }, use, info) => {
    notePassedOver(info, await watchFrames(context, () => use(context), () => info.errors.length === 0));
  },
  diskPage: async ({ baseURL }, use, info) => {
    const profile = await launchProfile({ baseURL, permissions: ['camera', 'microphone'] });
    notePassedOver(info, await watchFrames(profile.context, async () => use(await profile.context.newPage()), () => info.errors.length === 0));
    await profile.close();
  },
});

const RATE = 48000;
export const ticks = (seconds: number): number => Math.round(seconds * RATE);

/**
 * The promises about any film: flat layout, whole and silent decode, stamps that rise strictly, tracks of equal length to the
 * tick, every segment begins at its tick with a key frame and holds the frames it says it holds.
 */
export function expectGoodFilm(film: Film, exported: ExportedFilm, segments: readonly Segment[]): void {
  expect(topBoxes(film.path).map(({ type }) => type)).toEqual(['ftyp', 'moov', 'mdat']);
  expect(film.messages).toBe('');
  expect({ unreadable: unreadable(film), repeated: film.repeated, reordered: film.reordered }).toEqual({ unreadable: [], repeated: [], reordered: [] });
  const length = segments.reduce((sum, { duration }) => sum + ticks(duration), 0);
  expect({ timescale: film.video.timescale, ticks: film.video.ticks, start: film.video.start }).toEqual({ timescale: RATE, ticks: length, start: 0 });
  if (film.audio) expect({ timescale: film.audio.timescale, ticks: film.audio.ticks, start: film.audio.start }).toEqual({ timescale: RATE, ticks: length, start: 0 });
  expect(film.audio !== null).toBe(segments.some(({ audio }) => audio !== null));
  expect(ticks(exported.duration)).toBe(length);
  expect(exported.report).toMatchObject({ joined: 'copy', encodedFrames: 0, skew: 0 });
  expect(segments.map(({ skew }) => skew)).toEqual(segments.map(() => 0));
  for (const track of [film.video, film.audio]) expect(track?.packets.filter(({ pts }, at, all) => at > 0 && pts <= (all[at - 1]?.pts ?? NaN)) ?? []).toEqual([]);
  let start = 0;
  for (const segment of segments) {
    const end = start + ticks(segment.duration);
    const packets = film.video.packets.filter(({ pts }) => pts >= start && pts < end);
    expect({ first: packets[0]?.pts, key: packets[0]?.key, frames: packets.length }).toEqual({ first: start, key: true, frames: segment.frames });
    start = end;
  }
  expect(film.frames.length).toBe(film.video.packets.length);
}

/** Where pictures whose number cannot be read stand, and between which others. */
function unreadable({ frames }: Film): string[] {
  const told = (at: number) => frames[at] && `${frames[at].number} of camera ${frames[at].camera}`;
  return frames.flatMap(({ pts, number }, at) => (number < 0 ? [`at ${pts.toFixed(3)} s, between ${told(at - 1)} and ${told(at + 1)}`] : []));
}

/** Nothing disappears without a reason: what came in is in the file or counted as dropped, and every hole in the numbers is counted. */
export function expectIdentities(stats: Stats, segments: readonly Segment[], film: Film): void {
  const { encoder, storage, gpu, source } = stats.dropped;
  expect(stats.captured).toBe(stats.encoded + encoder + storage + gpu);
  expect(segments.reduce((sum, { frames }) => sum + frames, 0)).toBe(stats.encoded);
  expect(film.video.packets.length).toBe(stats.encoded);
  expect(film.lost.length).toBeLessThanOrEqual(encoder + storage + gpu + source);
}

/** Stats as plain data; the live object of the page counts on. */
export function statsOf(page: Page): Promise<Stats> {
  return page.evaluate(() => JSON.parse(JSON.stringify(window.studio.stats)) as Stats);
}
