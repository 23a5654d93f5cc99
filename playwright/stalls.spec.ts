// A disk whose flushes stall and a worker that is busy, both with their faults put into the worker's own script: the
// sound stays whole, and every frame that is missing from the film is counted by its reason.

import { numberedDevices } from './support/camera.ts';
import { readFilm } from './support/film.ts';
import { exportFilm, openBlankPage, openStudio, patchWorker, randomPause, recordTake, settleClocks } from './support/studio.ts';
import { expect, expectGoodFilm, expectIdentities, statsOf, test } from './support/test.ts';

const SMALL = { width: 640, height: 360 };

/** Each flush of a file takes half a second. */
const SLOW_FLUSH = `self.stalls = 0; {
  const { flush } = FileSystemSyncAccessHandle.prototype;
  FileSystemSyncAccessHandle.prototype.flush = function () {
    const end = performance.now() + 500;
    while (performance.now() < end);
    self.stalls += 1;
    flush.call(this);
  };
}`;

/** Every 700 ms the worker does nothing for 100. */
const BUSY = `self.stalls = 0; setInterval(() => {
  const end = performance.now() + 100;
  while (performance.now() < end);
  self.stalls += 1;
}, 700);`;

for (const { name, worker, fault } of [
  { name: 'flushes that take 500 ms', worker: 'store', fault: SLOW_FLUSH },
  { name: 'a studio worker busy for 100 ms again and again', worker: 'studio', fault: BUSY },
] as const) {
  test(`${name} cost no sound, and no frame without a reason`, async ({ page }, info) => {
    await patchWorker(page, worker, fault);
    await openBlankPage(page, numberedDevices(SMALL));
    await openStudio(page, { size: SMALL });
    await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
    await settleClocks(page);
    for (let take = 0; take < 2; take += 1) {
      expect(await recordTake(page, 4)).toHaveLength(1);
      await randomPause(page);
    }
    const stalled = page.workers().find((one) => one.url().endsWith(`/${worker}.js`));
    expect(await stalled?.evaluate('self.stalls'), 'the fault was there').toBeGreaterThan(8);
    const stats = await statsOf(page);
    const exported = await exportFilm(page, info.outputPath('film.mp4'));
    const segments = await page.evaluate(() => [...window.studio.draft.segments]);
    const film = await readFilm(exported.path, { camera: SMALL, fps: 30 });
    expectGoodFilm(film, exported, segments);
    expectIdentities(stats, segments, film);
    expect(stats.silence).toBe(0);
    expect(stats.openFrames).toBe(0);
    // Each whole second has its beep: none is missing from what was filmed.
    const beeps = film.segments.flatMap(({ start, end, first }) => {
      const due = [];
      for (let number = Math.ceil(first / 30) * 30; start + (number - first) / 30 + 0.05 < end; number += 30) due.push(start + (number - first) / 30);
      return due;
    });
    expect(beeps.length).toBeGreaterThanOrEqual(6);
    expect(beeps.filter((due) => !film.marks.some(({ at, score }) => score > 0.9 && Math.abs(at - due) < 0.05))).toEqual([]);
    console.log(`lost ${film.lost.length}, dropped ${JSON.stringify(stats.dropped)}, stored lag ${stats.storedLag.toFixed(2)} s`);
  });
}
