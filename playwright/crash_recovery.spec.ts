// What is left when the page dies: media reaches the disk every second, and whoever opens the draft next has it.

import type { Page } from '@playwright/test';
import { numberedDevices } from './support/camera.ts';
import { readFilm } from './support/film.ts';
import { TELLING, filmUnsealed, killWhileFilming } from './support/killed.ts';
import { exportFilm, gotoBlank, heard, openBlankPage, openStudio, recordTake } from './support/studio.ts';
import { expect, expectGoodFilm, statsOf, test } from './support/test.ts';

const SMALL = { width: 640, height: 360 };

async function openCamera(page: Page): Promise<void> {
  await openBlankPage(page, numberedDevices(SMALL));
  await openStudio(page, { size: SMALL });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
}

/** Length of a file of the draft as the disk has it now. */
function lengthOnDisk(page: Page, name: string): Promise<number> {
  return page.evaluate(async (file) => {
    let folder = await navigator.storage.getDirectory();
    for (const step of ['onetake', 'drafts', 'draft']) folder = await folder.getDirectoryHandle(step);
    return (await (await folder.getFileHandle(file)).getFile()).size;
  }, name);
}

/** All that was said to be stored came back, and of 4.3 s it was not little. */
function expectStored(seconds: number, filmed: number, lag: number): void {
  console.log(`${seconds.toFixed(3)} s came back of ${filmed.toFixed(3)} s told, ${lag.toFixed(3)} s of which were said not to be stored`);
  expect(filmed).toBeGreaterThan(3.5);
  expect(seconds).toBeGreaterThanOrEqual(filmed - lag - TELLING);
  // Whole seconds survive: one may still have been on its way.
  expect(seconds).toBeGreaterThanOrEqual(2.9);
}

test('nothing is written while previewing, and each second of a take is on disk soon after it was filmed', async ({ diskPage: page }) => {
  await openCamera(page);
  await page.waitForTimeout(1500);
  expect(await statsOf(page)).toMatchObject({ captured: 0, encoded: 0, bytes: 0 });
  await page.evaluate(() => window.studio.record());
  const lengths: number[] = [];
  for (let second = 0; second < 4; second += 1) {
    await page.waitForTimeout(1100);
    lengths.push(await lengthOnDisk(page, '1.mp4').catch(() => 0));
  }
  await page.evaluate(() => window.studio.pause());
  lengths.push(await lengthOnDisk(page, '1.mp4'));
  for (let second = 2; second < lengths.length; second += 1) expect(lengths[second]).toBeGreaterThan(lengths[second - 1] ?? 0);
});

test('a renderer that crashes in the middle of a take costs no more than was told not to be stored', async ({ diskPage: page }, info) => {
  await openCamera(page);
  const [first] = await recordTake(page, 1.2);
  const { filmed, lag } = await filmUnsealed(page);
  const context = page.context();
  const crashed = page.waitForEvent('crash');
  const session = await context.newCDPSession(page);
  void session.send('Page.crash').catch(() => undefined);
  await crashed;
  const again = await context.newPage();
  await page.close();
  await openCamera(again);
  const { segments: recovered, seconds } = await heard(again, 'recovered');
  expect(recovered).toBe(1);
  const segments = await again.evaluate(() => [...window.studio.draft.segments]);
  expect(segments.map((segment) => segment.recovered)).toEqual([false, true]);
  expect(segments[0]).toEqual(first);
  expectStored(seconds, filmed, lag);
  await recordTake(again, 1);
  const exported = await exportFilm(again, info.outputPath('recovered.mp4'));
  const all = await again.evaluate(() => [...window.studio.draft.segments]);
  expect(all).toHaveLength(3);
  expectGoodFilm(await readFilm(exported.path, { camera: SMALL, fps: 30 }), exported, all);
});

test('a browser that is killed in the middle of a take costs no more than was told, and the list tells of the rest', async ({ baseURL }, info) => {
  const { first, filmed, lag, next, page: again } = await killWhileFilming(baseURL, openCamera);
  await openBlankPage(again, numberedDevices(SMALL));
  const [listed] = await again.evaluate(() => window.onetake.listDrafts());
  expect(listed).toMatchObject({ id: 'draft', segments: 2, recovered: true, open: false, lost: 0, readable: true });
  await openStudio(again, { size: SMALL });
  const { segments: recovered, seconds, lost } = await heard(again, 'recovered');
  expect({ recovered, lost }).toEqual({ recovered: 1, lost: 0 });
  expectStored(seconds, filmed, lag);
  const segments = await again.evaluate(() => [...window.studio.draft.segments]);
  expect(segments.map((segment) => segment.recovered)).toEqual([false, true]);
  expect(segments[0]).toEqual(first);
  expect(await again.evaluate(() => window.studio.draft.duration)).toBe(listed?.duration);
  const exported = await exportFilm(again, info.outputPath('recovered.mp4'));
  expectGoodFilm(await readFilm(exported.path, { camera: SMALL, fps: 30 }), exported, segments);
  await next.close();
});

test('a page that is left in the middle of a take seals it', async ({ diskPage: page }) => {
  await openCamera(page);
  await page.evaluate(() => window.studio.record());
  await page.waitForTimeout(2500);
  await gotoBlank(page);
  await openStudio(page, { size: SMALL });
  const segments = await page.evaluate(() => [...window.studio.draft.segments]);
  expect(segments).toHaveLength(1);
  expect(segments[0]?.duration).toBeGreaterThan(1.9);
});

test('a draft that another tab has open says so', async ({ diskPage: page }) => {
  await openBlankPage(page, numberedDevices(SMALL));
  await openStudio(page, { size: SMALL });
  const other = await page.context().newPage();
  await openBlankPage(other, numberedDevices(SMALL));
  const code = await other.evaluate(() => window.onetake.Studio.open({ host: document.body }).then(() => 'opened', (error: { code: string }) => error.code));
  expect(code).toBe('draft_busy');
  await page.evaluate(() => window.studio.close());
  await openStudio(other, { size: SMALL });
  expect(await other.evaluate(() => window.studio.state)).toBe('idle');
});
