// Takes that were stored turned, in a draft that went on upright: encoded anew once, when a film first needs them, with their
// own sound, and given up or failed without a trace.

import { corners, EIGHT, named, openPage, SIZE, start, take, UPRIGHT, type Lie } from './support/corners.ts';
import { soundPackets } from './support/files.ts';
import { exportFilm, gotoBlank, openStudio, saveBlob } from './support/studio.ts';
import { expect, test } from './support/test.ts';
import type { Page } from '@playwright/test';
import type { Film, OnetakeError } from 'onetake';

/** Films a take that lies turned by a quarter, then an upright one, each with a tone. */
async function filmBoth(page: Page): Promise<void> {
  await openPage(page);
  await openStudio(page, { size: SIZE, draft: 'both' });
  for (const lie of [EIGHT[2], EIGHT[0]] as Lie[]) {
    await page.evaluate((given) => { window.lie = given; }, lie);
    await page.evaluate((size) => {
      const context = new AudioContext({ sampleRate: 48_000 });
      const [tone, out] = [context.createOscillator(), context.createMediaStreamDestination()];
      tone.connect(out);
      tone.start();
      const stream = window.cornerCamera(size);
      for (const track of out.stream.getAudioTracks()) stream.addTrack(track);
      return window.studio.camera.start({ stream, microphone: true });
    }, SIZE);
    await page.waitForTimeout(700);
    await take(page, 1.2);
  }
}

const lies = (page: Page) => page.evaluate(() => window.studio.draft.segments.map(({ rotation, audio }) => [rotation, audio !== null]));
const names = (page: Page) => page.evaluate(async () => {
  let folder = await navigator.storage.getDirectory();
  for (const name of ['onetake', 'drafts', 'both']) folder = await folder.getDirectoryHandle(name);
  const found: string[] = [];
  for await (const name of (folder as unknown as { keys(): AsyncIterable<string> }).keys()) found.push(name);
  return found.sort();
});
const inStudio = (page: Page, code: string) => page.workers().filter((one) => one.url().endsWith('studio.js')).at(-1)?.evaluate(code);

test('a turned take is encoded once, keeps its sound packet by packet, and its film is upright for every player', async ({ page }, info) => {
  await filmBoth(page);
  expect(await lies(page)).toEqual([[90, true], [0, true]]);
  const sound: string[] = [];
  for (const [at, id] of (await page.evaluate(() => window.studio.draft.segments.map(({ id }) => id))).entries()) {
    const path = info.outputPath(`segment-${at}.mp4`);
    await saveBlob(await page.evaluateHandle((segment) => window.studio.draft.file(segment), id), path);
    sound.push(...soundPackets(path));
  }
  const before = await page.evaluate(() => window.studio.draft.segments.map(({ frames, duration }) => [frames, duration]));
  const told = await page.evaluateHandle(() => [] as number[]);
  const film = await page.evaluateHandle(async (ratios) => {
    const made = await window.studio.export({ onProgress: ({ ratio }) => ratios.push(ratio) });
    window.films.push(made);
    return made;
  }, told);
  const ratios = await told.jsonValue();
  expect(ratios.length).toBeGreaterThan(5);
  expect(ratios).toEqual([...ratios].sort((one, other) => one - other));
  expect(ratios.at(-1)).toBeLessThanOrEqual(1);
  expect(await film.evaluate(({ report }) => report)).toMatchObject({ joined: 'mixed', encodedFrames: before[0]?.[0], skew: 0, warnings: [] });
  const path = info.outputPath('film.mp4');
  await saveBlob(await film.evaluateHandle(({ file }) => file), path);
  const shown = corners(path, SIZE, '-noautorotate');
  expect(shown).toHaveLength(before.reduce((sum, [frames = 0]) => sum + frames, 0));
  expect(shown.map(named)).toEqual(shown.map(() => UPRIGHT));
  expect(soundPackets(path)).toEqual(sound);
  // Nothing else has changed.
  expect(await lies(page)).toEqual([[0, true], [0, true]]);
  expect(await page.evaluate(() => window.studio.draft.segments.map(({ frames, duration }) => [frames, duration]))).toEqual(before);

  // Another page has it from the disk, where what was filmed is gone: no film holds it any more.
  await page.evaluate(() => window.studio.close());
  await gotoBlank(page);
  await openStudio(page, { size: SIZE, draft: 'both' });
  expect(await lies(page)).toEqual([[0, true], [0, true]]);
  expect(await names(page)).toEqual(['1u.mp4', '2.mp4', 'journal']);
  const again = await exportFilm(page, info.outputPath('again.mp4'));
  expect(again.report).toMatchObject({ joined: 'copy', encodedFrames: 0 });
  expect(corners(again.path, SIZE, '-noautorotate')).toEqual(shown);
});

test('a film that is given up, or whose pictures cannot be decoded now, leaves the draft as it was; exports at once share the work', async ({ page }, info) => {
  await filmBoth(page);
  const untouched = [[90, true], [0, true]];
  const givenUp = await page.evaluate(async () => {
    const controller = new AbortController();
    const failed = window.studio.export({ signal: controller.signal, onProgress: () => controller.abort() });
    return failed.then(() => 'made', ({ code }: OnetakeError) => code);
  });
  expect(givenUp).toBe('aborted');
  expect(await lies(page)).toEqual(untouched);
  await expect.poll(() => names(page)).toEqual(['1.mp4', '2.mp4', 'journal']);

  await inStudio(page, `{
    const { decode } = VideoDecoder.prototype;
    self.mend = () => { VideoDecoder.prototype.decode = decode; };
    VideoDecoder.prototype.decode = () => { throw new DOMException('no decoder is left', 'EncodingError'); };
  }`);
  expect(await page.evaluate(() => window.studio.export().then(() => 'made', ({ code }: OnetakeError) => code))).toBe('file_damaged');
  expect(await lies(page)).toEqual(untouched);
  await inStudio(page, 'self.mend()');

  // While a take is open, nothing is encoded but the take.
  await page.evaluate(() => window.studio.record());
  const meanwhile = await page.evaluate(async () => {
    const controller = new AbortController();
    const waiting = window.studio.export({ signal: controller.signal }).then(() => 'made', ({ code }: OnetakeError) => code);
    const first = await Promise.race([waiting, new Promise((resolve) => setTimeout(() => resolve('waits'), 900))]);
    controller.abort();
    return [first, await waiting];
  });
  expect(meanwhile).toEqual(['waits', 'aborted']);
  await page.evaluate(() => window.studio.pause());
  expect(await names(page)).toEqual(['1.mp4', '2.mp4', '3.mp4', 'journal']);

  // Of three at once the first does the work; it is given up, the second does it again, for both.
  const films = await page.evaluateHandle(async () => {
    const controller = new AbortController();
    const first = window.studio.export({ signal: controller.signal, onProgress: () => controller.abort() }).catch(({ code }: OnetakeError) => code);
    const others = [window.studio.export(), window.studio.export()];
    return { first: await first, films: await Promise.all(others) };
  });
  expect(await films.evaluate(({ first }) => first)).toBe('aborted');
  const made = await films.evaluate(({ films: all }) => all.map(({ report, file }: Film) => [report.joined, report.encodedFrames > 0, file.size]));
  expect(made.map(([joined, encoded]) => [joined, encoded])).toEqual([['mixed', true], ['mixed', true]]);
  expect(made[0]?.[2]).toBe(made[1]?.[2]);
  const path = info.outputPath('film.mp4');
  await saveBlob(await films.evaluateHandle(({ films: [film] }) => (film as Film).file), path);
  const shown = corners(path, SIZE, '-noautorotate');
  expect(shown.map(named)).toEqual(shown.map(() => UPRIGHT));
  // What is filmed from now on needs no other encoding.
  await take(page, 0.5);
  expect((await exportFilm(page, info.outputPath('longer.mp4'))).report).toMatchObject({ joined: 'copy', encodedFrames: 0 });
});
