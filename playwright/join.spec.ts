// Joining files of the user's own: no media byte is read, no frame is lost or changed, the film plays over every join, and
// what cannot be copied is refused in a way that a program can act on. ffmpeg makes the files and judges the films.

import { statSync } from 'node:fs';
import type { Page } from '@playwright/test';
import type { JoinOptions } from 'onetake';
import { topBoxes } from './support/boxes.ts';
import { decodeMessages } from './support/film.ts';
import { BASELINE, facts, FRAGMENTED, keepFilm, mediaClip, openWithFiles, OPUS, pictureHashes, soundSamples, watch, type Refusal } from './support/files.ts';
import { expect, test } from './support/test.ts';

const join = (page: Page, options: JoinOptions = {}) => page.evaluateHandle((wishes) => window.onetake.join(window.given, wishes), options);

const refusal = (page: Page, options: JoinOptions = {}): Promise<Refusal> => page.evaluate(async (wishes) => {
  const error = await window.onetake.join(window.given, wishes).then(() => null, (reason: unknown) => reason);
  if (!window.onetake.isOnetakeError(error)) return null;
  const { code, message, hint, mismatch } = error;
  return { code, message, hint, ...(mismatch && { mismatch }) };
}, options);

const clips = () => Promise.all([mediaClip('red.mp4'), mediaClip('green.mp4', { color: 'lime', seconds: 3, output: [] }), mediaClip('blue.mp4', { color: 'blue' })]);

const all = async (paths: string[]) => (await Promise.all(paths.map(pictureHashes))).flat();

test('three clips become one film: every frame, all sound, no media read, and it plays over the joins', async ({ page }, info) => {
  const paths = await clips();
  await openWithFiles(page, paths);
  const ratios = await page.evaluate(async () => {
    const seen: number[] = [];
    window.films.push(await window.onetake.join(window.given, { onProgress: ({ ratio }) => seen.push(ratio) }));
    return seen;
  });
  expect(ratios).toEqual([...ratios].sort((a, b) => a - b));
  expect(ratios.at(-1)).toBe(1);
  const handle = await join(page);
  const film = await keepFilm(page, handle, info.outputPath('film.mp4'));
  expect(topBoxes(film.path).map(({ type }) => type)).toEqual(['ftyp', 'moov', 'mdat']);
  expect(await pictureHashes(film.path)).toEqual(await all(paths));
  expect(await decodeMessages(film.path)).toBe('');
  expect(Math.abs(await soundSamples(film.path) - 7 * 48000)).toBeLessThan(3 * 1024);
  expect(Math.abs(film.duration - 7)).toBeLessThan(0.05);
  expect(film).toMatchObject({ size: { width: 320, height: 180 }, type: 'video/mp4' });
  expect(film.report).toMatchObject({ joined: 'copy', encodedFrames: 0, video: 'avc', audio: 'aac' });
  const bytes = paths.reduce((sum, path) => sum + statSync(path).size, 0);
  const media = paths.flatMap(topBoxes).filter(({ type }) => type === 'mdat').reduce((sum, { payload, end }) => sum + end - payload, 0);
  // Everything but the media, and a header or two.
  expect(film.report.readBytes).toBeLessThanOrEqual(bytes - media + 3 * 16);
  expect(film.report.copiedBytes).toBeLessThanOrEqual(media);
  const seen = await watch(handle, [0.2, 1.9, 2.1, 4.9, 5.1, 6.8]);
  expect(seen).toMatchObject({ error: '', back: 0, colors: ['red', 'red', 'lime', 'lime', 'blue', 'blue'] });
  expect(Math.abs(seen.duration - film.duration)).toBeLessThan(0.05);
  expect(Math.abs(seen.ended - seen.duration)).toBeLessThan(0.05);
  expect(seen.stalled).toBeLessThan(0.5);
});

test('fragmented and flat files stand in one film, and it can be written in fragments itself', async ({ page }, info) => {
  const paths = await Promise.all([
    mediaClip('red-opus.mp4', { audio: OPUS, output: FRAGMENTED }), mediaClip('green-opus.mp4', { audio: OPUS, color: 'lime' }),
  ]);
  await openWithFiles(page, paths);
  for (const layout of ['faststart', 'fragmented'] as const) {
    const handle = await join(page, { layout });
    const film = await keepFilm(page, handle, info.outputPath(`${layout}.mp4`));
    const boxes = topBoxes(film.path).map(({ type }) => type);
    expect(boxes.includes('moof'), layout).toBe(layout === 'fragmented');
    expect(await pictureHashes(film.path), layout).toEqual(await all(paths));
    expect(await decodeMessages(film.path), layout).toBe('');
    const seen = await watch(handle, layout === 'faststart' ? [1.8, 2.2] : []);
    expect(seen.error, layout).toBe('');
    if (layout === 'faststart') expect(seen.colors).toEqual(['red', 'lime']);
    // Players ignore edit lists in fragments: there the delay of B frames is seen, two frames for each clip.
    expect(Math.abs(seen.ended - 4), layout).toBeLessThan(layout === 'faststart' ? 0.1 : 0.2);
  }
});

test('what differs is named, clip by clip and field by field; several entries join it with a warning', async ({ page }, info) => {
  const paths = await Promise.all([mediaClip('red.mp4'), mediaClip('blue.mp4', { color: 'blue' }), mediaClip('large.mp4', { size: '480x270' }), mediaClip('base.mp4', { video: BASELINE })]);
  await openWithFiles(page, paths);
  const refused = await refusal(page);
  expect(refused).toMatchObject({ code: 'join_needs_encoding', mismatch: { clips: [2, 3] } });
  expect(refused?.mismatch?.fields).toContain('size');
  expect(refused?.message).toContain('size');
  const film = await keepFilm(page, await join(page, { entries: 'several' }), info.outputPath('several.mp4'));
  expect(film.report.warnings).toContain('several_entries');
  // Each entry's pictures have their own size; without `-autoscale 0` ffmpeg would make them all alike.
  expect((await pictureHashes(film.path)).length).toBe(4 * 60);
});

test('a clip without sound pauses it, or is filled with silence', async ({ page }, info) => {
  const paths = await Promise.all([mediaClip('red.mp4'), mediaClip('mute.mp4', { color: 'lime', audio: null }), mediaClip('blue.mp4', { color: 'blue' })]);
  await openWithFiles(page, paths);
  for (const missingTrack of ['empty', 'silence'] as const) {
    const handle = await join(page, { missingTrack });
    const film = await keepFilm(page, handle, info.outputPath(`${missingTrack}.mp4`));
    expect(await pictureHashes(film.path), missingTrack).toEqual(await all(paths));
    expect(await decodeMessages(film.path), missingTrack).toBe('');
    expect(Math.abs(film.duration - 6), missingTrack).toBeLessThan(0.05);
    const { streams } = await facts(film.path);
    expect(streams.map(({ codec_type }) => codec_type)).toEqual(['video', 'audio']);
    const seen = await watch(handle, [1, 3, 5]);
    expect(seen, missingTrack).toMatchObject({ error: '', colors: ['red', 'lime', 'blue'] });
    expect(Math.abs(seen.ended - 6), missingTrack).toBeLessThan(0.1);
  }
});
