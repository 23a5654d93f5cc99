// Joins whose sound is encoded anew around them: players that know nothing of edit lists play them right, and nobody hears
// a difference to the join that only copies. ffmpeg makes the files and judges the films.

import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { decodeMessages } from './support/film.ts';
import { AAC, facts, keepFilm, mediaClip, openWithFiles, pictureHashes, samples, watch } from './support/files.ts';
import { expect, test } from './support/test.ts';

/** As ffmpeg makes Opus, and without its pitch filter, as our camera does; and AAC, which our own encoder makes here. */
const CODINGS = { aac: ['-c:a', 'aac', '-b:a', '128k', '-ac', '2', '-ar', '48000'], plain: ['-c:a', 'libopus', '-b:a', '128k', '-ac', '2'], sturdy: ['-c:a', 'libopus', '-b:a', '96k', '-ac', '2', '-packet_loss', '20'] };
/** Tones that rise while they come and go, so that a shift or a gap is seen wherever it is. */
const chirp = (from: number) => `0.3*sin(2*PI*${from}*t*(1+t/3))*(0.6+0.4*sin(2*PI*5*t))`;

const clips = (coding: keyof typeof CODINGS) => Promise.all([
  mediaClip(`${coding}-red.mp4`, { audio: CODINGS[coding], seconds: 1.9, sound: chirp(300) }),
  mediaClip(`${coding}-green.mp4`, { audio: CODINGS[coding], seconds: 2, sound: chirp(500), color: 'lime' }),
  mediaClip(`${coding}-blue.mp4`, { audio: CODINGS[coding], seconds: 1.5, sound: chirp(400), color: 'blue' }),
]);

const join = (page: Page, joinAudio: 'edit-list' | 'encode', layout: 'faststart' | 'fragmented' = 'faststart') =>
  page.evaluateHandle((wishes) => window.onetake.join(window.given, wishes), { joinAudio, layout });

/** How far one sound is above its difference to another, decibels. */
function snr(one: Float32Array, other: Float32Array, from: number, to: number, shift = 0): number {
  let [signal, noise] = [0, 0];
  for (let at = from; at < to; at += 1) {
    const value = one[at] ?? 0;
    signal += value ** 2;
    noise += (value - (other[at + shift] ?? 0)) ** 2;
  }
  return 10 * Math.log10(signal / Math.max(noise, 1e-12));
}

/** Entries of the edit list of the sound, which is the last track: how long each lasts and where its media begins. */
function soundEdits(path: string): [number, number][] {
  const bytes = readFileSync(path);
  const at = bytes.lastIndexOf('elst');
  const wide = bytes[at + 4] === 1;
  return Array.from({ length: bytes.readUInt32BE(at + 8) }, (_, index) => {
    const entry = at + 12 + index * (wide ? 20 : 12);
    return wide
      ? [Number(bytes.readBigUInt64BE(entry)), Number(bytes.readBigInt64BE(entry + 8))]
      : [bytes.readUInt32BE(entry), bytes.readInt32BE(entry + 4)];
  });
}

for (const coding of ['plain', 'sturdy', 'aac'] as const) test(`a join that encodes the sound around it has one edit and sounds like the one that copies, ${coding}`, async ({ page }, info) => {
  const paths = await clips(coding);
  const codec = coding === 'aac' ? 'aac' : 'opus';
  await openWithFiles(page, paths);
  const copied = await keepFilm(page, await join(page, 'edit-list'), info.outputPath('copied.mp4'));
  const handle = await join(page, 'encode');
  const film = await keepFilm(page, handle, info.outputPath('encoded.mp4'));
  expect(film.report.warnings).not.toContain('edit_list');
  expect(film.report).toMatchObject({ joined: 'copy', encodedFrames: 0, video: 'avc', audio: codec });
  expect(film.report.readBytes - copied.report.readBytes).toBeLessThan(20_000);
  expect(film.duration).toBe(copied.duration);
  expect(soundEdits(film.path)).toHaveLength(1);
  expect(await decodeMessages(film.path)).toBe('');
  expect(await pictureHashes(film.path)).toEqual((await Promise.all(paths.map(pictureHashes))).flat());

  const [heard, wanted] = [await samples(film.path), await samples(copied.path)];
  expect(heard.length).toBe(wanted.length);
  // One who ignores edit lists hears the same: the entry, too, says what is to be skipped at the beginning.
  const ignoring = await samples(film.path, '-ignore_editlist', '1');
  // AAC has no other place than the edit list to say what its first clip begins with.
  const lead = ignoring.length - heard.length;
  expect(lead).toBe(coding === 'aac' ? 1024 : 0);
  expect(snr(heard, ignoring, 0, heard.length, lead)).toBeGreaterThan(80);
  expect((await facts(film.path)).streams[1]?.codec_name).toBe(codec);
  const [packet, near] = coding === 'aac' ? [1024, 1024] : [960, 960];
  for (const [place, time] of [1.9, 3.9].entries()) {
    const middle = Math.round(time * 48_000);
    for (const [from, to] of [[middle - 6 * packet, middle - near - packet / 2], [middle + near + packet / 2, middle + 6 * packet]] as const) {
      const found = snr(wanted, heard, from, to);
      info.annotations.push({ type: 'snr', description: `join ${place}: ${found.toFixed(1)} dB` });
      expect(found, `join ${place}, ${from - middle} samples from it`).toBeGreaterThan(30);
      for (const shift of [-4, -2, 2, 4]) expect(snr(wanted, heard, from, to, shift), `shifted by ${shift}`).toBeLessThan(found);
    }
    // Away from it nothing differs.
    expect(snr(wanted, heard, middle + 24_000, middle + 48_000)).toBeGreaterThan(50);
  }
  const seen = await watch(handle, [0.2, 2.1, 4.1]);
  expect(seen).toMatchObject({ error: '', back: 0, colors: ['red', 'lime', 'blue'] });
  expect(Math.abs(seen.ended - film.duration)).toBeLessThan(0.05);

  const fragments = await keepFilm(page, await join(page, 'encode', 'fragmented'), info.outputPath('fragments.mp4'));
  expect(await decodeMessages(fragments.path)).toBe('');
  // There ffmpeg does not skip what the first edit hides.
  expect((await samples(fragments.path)).length).toBe(heard.length + lead);
});

test('sound that cannot be encoded here is refused, and copied without the wish', async ({ page }) => {
  await openWithFiles(page, await Promise.all([mediaClip('red.mp4', { audio: AAC }), mediaClip('blue.mp4', { audio: AAC, color: 'blue' })]));
  await page.context().route('**/aac/aac.wasm', (route) => route.abort());
  const outcome = await page.evaluate(async () => {
    const can = await AudioEncoder.isConfigSupported({ codec: 'mp4a.40.2', sampleRate: 48_000, numberOfChannels: 2 });
    const error = await window.onetake.join(window.given, { joinAudio: 'encode' }).then(() => null, (reason: unknown) => reason);
    const copied = await window.onetake.join(window.given);
    return { can: can.supported, bytes: copied.file.size, ...(window.onetake.isOnetakeError(error) && { code: error.code, message: error.message }) };
  });
  expect(outcome.bytes).toBeGreaterThan(1000);
  if (outcome.can) expect(outcome.code).toBe(undefined);
  else expect(outcome).toMatchObject({ code: 'load_failed', message: expect.stringContaining('AAC encoder') as unknown as string });
});
