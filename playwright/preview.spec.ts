// What a studio keeps while it only shows, however long, and what two of them write that film at the same time.

import { BACK, FRONT, numberedDevices } from './support/camera.ts';
import { readFilm } from './support/film.ts';
import { collect, collecting, spiedOn } from './support/garbage.ts';
import { exportFilm, openBlankPage, openStudio, recordTake } from './support/studio.ts';
import { expect, expectGoodFilm, statsOf, test } from './support/test.ts';

test.use({ launchOptions: collecting });

const TINY = { width: 320, height: 180 };

test('a minute of preview keeps no more than the picture in hand, garbage takes no camera, and the first take works', ({ browser }, info) => spiedOn(browser, info, async (context) => {
  const page = await context.newPage();
  await openBlankPage(page, { ...numberedDevices(TINY), log: false });
  await openStudio(page, { size: TINY });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
  const open: number[] = [];
  for (let second = 0; second < 60; second += 1) {
    await page.waitForTimeout(1000);
    open.push((await statsOf(page)).openFrames);
    if (second % 15 === 14) await collect(page);
  }
  expect(Math.max(...open)).toBeLessThanOrEqual(1);
  const live = await page.evaluate(() => (document.querySelector('video')?.srcObject as MediaStream).getTracks().map(({ readyState, muted }) => ({ readyState, muted })));
  expect(live).toEqual([{ readyState: 'live', muted: false }]);
  const idle = await statsOf(page);
  expect([idle.captured, idle.encoded, idle.queue, idle.fps > 0]).toEqual([0, 0, 0, true]);

  const segments = await recordTake(page, 1);
  expect(segments[0]?.frames).toBeGreaterThan(5);
  const exported = await exportFilm(page, info.outputPath('film.mp4'));
  expectGoodFilm(await readFilm(exported.path, { camera: TINY, fps: 30 }), exported, segments);
}));

test('two studios that film at once write films of their own, each with stamps that rise strictly', async ({ context }, info) => {
  const pages = await Promise.all([FRONT, BACK].map(async (device) => {
    const page = await context.newPage();
    await openBlankPage(page, { ...numberedDevices(TINY), log: false });
    await openStudio(page, { size: TINY, draft: device });
    await page.evaluate((deviceId) => window.studio.camera.start({ deviceId }), device);
    return page;
  }));
  const takes = await Promise.all(pages.map((page) => recordTake(page, 2)));
  for (const [index, page] of pages.entries()) {
    const exported = await exportFilm(page, info.outputPath(`${index}.mp4`));
    const film = await readFilm(exported.path, { camera: TINY, fps: 30 });
    expectGoodFilm(film, exported, takes[index] ?? []);
    expect(new Set(film.frames.map(({ camera }) => camera))).toEqual(new Set([index + 1]));
  }
});
