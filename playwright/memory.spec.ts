// Where a browser gives no files: takes live in the memory of the page, as long as the page lives, whatever happens to the
// workers and the studios in it; and the person is told.

import type { Page } from '@playwright/test';
import { numberedDevices } from './support/camera.ts';
import { readFilm } from './support/film.ts';
import { expect as see, keepState, test as visitTest, TOUR } from './support/screen.ts';
import { withoutFiles } from './support/storage.ts';
import { exportFilm, heard, openBlankPage, openStudio, patchWorker, recordTake } from './support/studio.ts';
import { expect, expectGoodFilm, test } from './support/test.ts';

const SMALL = { width: 640, height: 360 };

declare global {
  interface Window {
    /** Studio workers that the page has started. */
    studioWorkers: Worker[];
  }
}

async function openPage(page: Page, code?: string): Promise<void> {
  await withoutFiles(page, code);
  await page.addInitScript(() => {
    window.studioWorkers = [];
    const Real = window.Worker;
    window.Worker = class extends Real {
      constructor(address: string | URL, options?: WorkerOptions) {
        super(address, options);
        if (options?.name === 'onetake-studio') window.studioWorkers.push(this);
      }
    };
  });
  await openBlankPage(page, numberedDevices(SMALL));
}

async function openDraft(page: Page, draft: string): Promise<void> {
  await openStudio(page, { size: SMALL, draft });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
}

const listed = (page: Page) => page.evaluate(async () => (await window.onetake.listDrafts()).map(({ id, segments, open, lost, readable, updated, first }) => ({ id, segments, open, lost, readable, dated: Date.now() - updated.getTime() < 120_000, first: first?.size ?? null })));

test('takes outlive the worker that wrote them', async ({ page }, info) => {
  await openPage(page);
  await openDraft(page, 'kept');
  const [first] = await recordTake(page, 1.2);
  await page.evaluate(() => window.studio.record());
  await page.waitForTimeout(3200);
  await page.evaluate(() => window.studioWorkers.at(-1)?.dispatchEvent(new ErrorEvent('error', { message: 'killed by a test' })));
  await heard(page, 'resumed');
  const segments = await page.evaluate(() => [...window.studio.draft.segments]);
  expect(segments.map(({ recovered }) => recovered)).toEqual([false, true]);
  expect(segments[0]).toEqual(first);
  expect(segments[1]?.duration).toBeGreaterThanOrEqual(1.9);
  await recordTake(page, 0.8);
  const exported = await exportFilm(page, info.outputPath('film.mp4'));
  expectGoodFilm(await readFilm(exported.path, { camera: SMALL, fps: 30 }), exported, await page.evaluate(() => [...window.studio.draft.segments]));
  expect(exported.report.warnings).toContain('storage_memory');
});

test('drafts of the page are listed, opened again and deleted, and a film outlives its draft', async ({ page }) => {
  await openPage(page);
  expect(await listed(page)).toEqual([]);
  await openDraft(page, 'older');
  await recordTake(page, 0.8);
  const [, second] = [null, ...await recordTake(page, 0.8)];
  await page.evaluate(async () => {
    window.films.push(await window.studio.export());
    await window.studio.close();
  });
  await page.waitForTimeout(50);
  await openDraft(page, 'newer');
  const [taken] = await recordTake(page, 0.8);
  expect(await listed(page)).toEqual([
    { id: 'newer', segments: 1, open: true, lost: 0, readable: true, dated: true, first: taken?.bytes },
    { id: 'older', segments: 2, open: false, lost: 0, readable: true, dated: true, first: expect.any(Number) },
  ]);
  await page.evaluate(() => window.studio.close());
  await openStudio(page, { size: SMALL, draft: 'older' });
  expect(await page.evaluate(() => window.studio.draft.segments[1])).toEqual(second);
  await page.evaluate(async () => {
    await window.studio.close();
    await window.onetake.deleteDraft('older');
  });
  expect(await listed(page)).toMatchObject([{ id: 'newer', open: false }]);
  expect(await page.evaluate(() => window.films[0]?.file.arrayBuffer().then(({ byteLength }) => byteLength === window.films[0]?.file.size, String))).toBe(true);
  await openStudio(page, { size: SMALL, draft: 'older' });
  expect(await page.evaluate(() => window.studio.draft.segments.length)).toBe(0);
});

test('studios that are opened at the same time share one memory', async ({ page }) => {
  await openPage(page);
  const facts = await page.evaluate(async () => {
    const hosts = ['one', 'two'].map((id) => document.body.appendChild(Object.assign(document.createElement('div'), { id })));
    const studios = await Promise.all(hosts.map((host) => window.onetake.Studio.open({ host, draft: host.id, size: { width: 640, height: 360 } })));
    for (const studio of studios) {
      await studio.camera.start();
      await studio.record();
      await new Promise((resolve) => setTimeout(resolve, 400));
      await studio.pause();
      await studio.close();
    }
    return (await window.onetake.listDrafts()).map(({ id, segments }) => `${id} ${segments}`).sort();
  });
  expect(facts).toEqual(['one 1', 'two 1']);
});

test('two tabs keep drafts of one name apart', async ({ page }) => {
  await openPage(page);
  const other = await page.context().newPage();
  await openPage(other);
  await openDraft(page, 'same');
  await recordTake(page, 0.8);
  await openDraft(other, 'same');
  expect(await other.evaluate(() => window.studio.draft.segments.length)).toBe(0);
  await other.evaluate(() => window.studio.close());
  await recordTake(page, 0.8);
  expect(await listed(page)).toMatchObject([{ id: 'same', segments: 2, open: true }]);
  expect(await listed(other)).toEqual([]);
  expect(await page.evaluate(() => window.onetake.deleteDraft('same').catch(({ code }: { code: string }) => code))).toBe('draft_busy');
});

test('of two drafts of one name, in memory and on disk, the one that is listed is deleted', async ({ page }) => {
  const onDisk = await page.context().newPage();
  await openBlankPage(onDisk, numberedDevices(SMALL));
  await openDraft(onDisk, 'same');
  const [kept] = await recordTake(onDisk, 0.8);
  await onDisk.evaluate(() => window.studio.close());
  // Its files can be seen, and none can be written.
  await patchWorker(page, 'store', 'delete StorageManager.prototype.getDirectory;');
  await openBlankPage(page, numberedDevices(SMALL));
  await openDraft(page, 'same');
  await recordTake(page, 0.8);
  await recordTake(page, 0.8);
  await page.evaluate(() => window.studio.close());
  expect(await listed(page)).toMatchObject([{ id: 'same', segments: 2 }]);
  await page.evaluate(() => window.onetake.deleteDraft('same'));
  expect(await listed(page)).toMatchObject([{ id: 'same', segments: 1, first: kept?.bytes }]);
  await page.evaluate(() => window.onetake.deleteDraft('same'));
  expect(await listed(onDisk)).toEqual([]);
});

test('a draft is held where its files are, also when the store that was asked is not the one that writes', async ({ page }) => {
  // The first store finds no files, and dies of it.
  let asked = 0;
  await page.route(/\/workers\/store\.js$/, async (request) => {
    asked += 1;
    if (asked > 1) await request.continue();
    else await request.fulfill({ contentType: 'text/javascript', body: "postMessage({ storage: 'memory' }); setTimeout(() => { throw new Error('of the test'); }, 50);" });
  });
  await openBlankPage(page, numberedDevices(SMALL));
  await page.evaluate(() => {
    const request = LockManager.prototype.request as (...given: unknown[]) => Promise<unknown>;
    LockManager.prototype.request = async function (this: LockManager, ...given: unknown[]) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return request.apply(this, given);
    } as never;
  });
  await openDraft(page, 'moved');
  await recordTake(page, 0.8);
  const held = await page.evaluate(async () => (await navigator.locks.query()).held?.map(({ name }) => name).filter((name) => name?.endsWith('moved')));
  expect(held).toEqual(['onetake-draft-moved']);
  expect(await page.evaluate(() => window.studio.export().then(({ report }) => report.warnings))).not.toContain('storage_memory');
});

for (const [fault, code] of [['full', 'storage_full'], ['broken', 'storage_failed'], ['dead', 'worker_failed']]) {
  test(`a memory that is ${fault} is not taken for an empty one`, async ({ page }) => {
    // What the store says once it is told to, and nothing else in it.
    await openPage(page, `if (self.name === 'onetake-store') {
      let ill = false;
      new BroadcastChannel('memory-is-ill').onmessage = () => (ill = true);
      const answer = MessagePort.prototype.postMessage;
      MessagePort.prototype.postMessage = function (reply) {
        if (!ill) return answer.call(this, reply);
        if (${fault === 'dead'}) setTimeout(() => { throw new Error('died over it'); });
        else answer.call(this, { ticket: reply.ticket, ok: false, name: '${fault === 'full' ? 'QuotaExceededError' : 'DataError'}', detail: 'of the test' });
      };
    }`);
    await openDraft(page, 'kept');
    await recordTake(page, 0.8);
    await page.evaluate(() => window.studio.close());
    const told = await page.evaluate(async () => {
      const codeOf = (work: Promise<unknown>) => work.then(() => 'done', ({ code }: { code?: string }) => code);
      new BroadcastChannel('memory-is-ill').postMessage(0);
      await new Promise((resolve) => setTimeout(resolve, 200));
      return [await codeOf(window.onetake.listDrafts()), await codeOf(window.onetake.deleteDraft('kept'))];
    });
    // What was in a worker that died is gone.
    expect(told).toEqual([code, fault === 'dead' ? 'done' : code]);
  });
}

visitTest('the page says that takes live as long as the tab', async ({ visit }) => {
  const screen = await visit({ ...TOUR, before: withoutFiles });
  const { page, t } = screen;
  await screen.ready();
  const notice = page.getByRole('alert').filter({ hasText: t.memoryOnly });
  await see(notice).toBeVisible();
  await keepState(screen, '40-memory');
  await screen.take(0.6);
  await screen.button(t.dismiss).click();
  await see(notice).toBeHidden();
  await screen.button(t.drafts).click();
  await see(screen.drafts).toHaveCount(1);
  await see(page.getByText(t.memoryOnly)).toBeVisible();
  await see(page.getByText(t.storageUnkept)).toBeHidden();
  await keepState(screen, '41-memory-drafts');
  // Goes on with the draft, and says no more what was read already.
  await screen.drafts.first().click();
  await screen.ready();
  await see(screen.cells).toHaveCount(1);
  await see(notice).toBeHidden();
});
