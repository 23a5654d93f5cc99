// The list of drafts: what a page can know of them without opening one, whatever their files are like and whoever films in
// them. All of it in a profile on disk, because storage behaves otherwise in memory.

import type { Page } from '@playwright/test';
import { numberedDevices } from './support/camera.ts';
import { putFile as put } from './support/drafts.ts';
import { readFilm } from './support/film.ts';
import { exportFilm, gotoBlank, heard, openBlankPage, openStudio, recordTake } from './support/studio.ts';
import { expect, expectGoodFilm, test } from './support/test.ts';

const SMALL = { width: 640, height: 360 };

async function openDraft(page: Page, draft: string): Promise<void> {
  await openStudio(page, { size: SMALL, draft });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
}

const listed = (page: Page) => page.evaluate(async () => (await window.onetake.listDrafts()).map(({ updated, first, ...rest }) => ({ ...rest, dated: Date.now() - updated.getTime() < 120_000, first: first?.size ?? null })));

/** Every file of every draft: its path, length and date. */
const files = (page: Page) => page.evaluate(async () => {
  const found: Record<string, string> = {};
  const walk = async (folder: FileSystemDirectoryHandle, path: string): Promise<void> => {
    for await (const [name, entry] of folder.entries()) {
      if (entry instanceof FileSystemDirectoryHandle) {
        found[`${path}${name}/`] = '';
        await walk(entry, `${path}${name}/`);
      } else {
        const file = await (entry as FileSystemFileHandle).getFile();
        found[`${path}${name}`] = `${file.size} ${file.lastModified}`;
      }
    }
  };
  await walk(await (await (await navigator.storage.getDirectory()).getDirectoryHandle('onetake')).getDirectoryHandle('drafts'), '');
  return found;
});

test('drafts are listed as they are, newest first, and opened as they were listed', async ({ diskPage: page }) => {
  await openBlankPage(page, numberedDevices(SMALL));
  expect(await listed(page)).toEqual([]);
  await openDraft(page, 'older');
  await recordTake(page, 1);
  await recordTake(page, 1);
  await page.evaluate(() => window.studio.close());
  await openDraft(page, 'newer');
  const [segment] = await recordTake(page, 1);
  await page.evaluate(() => window.studio.close());
  const before = await files(page);
  const [newer, older] = await listed(page);
  expect(newer).toMatchObject({ id: 'newer', segments: 1, duration: segment?.duration, recovered: false, open: false, lost: 0, readable: true, dated: true, first: segment?.bytes });
  expect(newer?.bytes).toBeGreaterThan(segment?.bytes ?? Infinity);
  expect(older).toMatchObject({ id: 'older', segments: 2 });
  expect(await files(page), 'a list writes nothing').toEqual(before);
  await openDraft(page, 'older');
  expect(await page.evaluate(() => window.studio.draft.duration)).toBe(older?.duration);
  expect(await listed(page)).toMatchObject([{ id: 'newer', open: false }, { id: 'older', open: true, segments: 2, duration: older?.duration }]);
});

test('a draft that another tab films in is listed, again and again, and nothing happens to it', async ({ diskPage: page }, info) => {
  await openBlankPage(page, numberedDevices(SMALL));
  await openDraft(page, 'filmed');
  await recordTake(page, 1);
  const other = await page.context().newPage();
  await openBlankPage(other, null);
  await page.evaluate(() => window.studio.record());
  const seen = await other.evaluate(async () => {
    const seen: string[] = [];
    for (const end = performance.now() + 3500; performance.now() < end; ) {
      const drafts = await window.onetake.listDrafts();
      seen.push(drafts.map(({ id, segments, open, recovered, lost, readable }) => [id, segments, open, recovered, lost, readable].join()).join(' '));
    }
    return seen;
  });
  expect(seen.length).toBeGreaterThan(10);
  expect(new Set(seen)).toEqual(new Set(['filmed,1,true,false,0,true']));
  await page.evaluate(() => window.studio.pause());
  expect(await listed(other)).toMatchObject([{ id: 'filmed', segments: 2, open: true }]);
  const refused = await other.evaluate(() => window.onetake.deleteDraft('filmed').catch(({ code }: { code: string }) => code));
  expect(refused).toBe('draft_busy');
  const segments = await page.evaluate(() => [...window.studio.draft.segments]);
  expect(segments.map(({ recovered }) => recovered)).toEqual([false, false]);
  const exported = await exportFilm(page, info.outputPath('filmed.mp4'));
  expectGoodFilm(await readFilm(exported.path, { camera: SMALL, fps: 30 }), exported, segments);
});

test('torn, foreign, empty and evicted drafts break no list, and tell what they are', async ({ diskPage: page }) => {
  await openBlankPage(page, numberedDevices(SMALL));
  await openDraft(page, 'whole');
  await recordTake(page, 1);
  // A fragment is a media second: this one has two or more, however slow the machine is.
  await recordTake(page, 2.4);
  await page.evaluate(() => window.studio.close());
  // As the disk may be left: half a record, half a file, nothing at all, bytes of somebody else.
  for (const draft of ['torn-journal', 'torn-head', 'torn-tail', 'evicted']) {
    for (const name of ['journal', '1.mp4', '2.mp4']) await put(page, draft, name, { of: 'whole' });
  }
  await put(page, 'torn-journal', 'journal', { of: 'whole', cut: 0.97 });
  await put(page, 'torn-head', '2.mp4', { of: 'whole', cut: 'first' });
  await put(page, 'torn-tail', '2.mp4', { of: 'whole', cut: 'last' });
  await page.evaluate(async () => {
    const drafts = await (await (await navigator.storage.getDirectory()).getDirectoryHandle('onetake')).getDirectoryHandle('drafts');
    await (await drafts.getDirectoryHandle('evicted')).removeEntry('1.mp4');
    await drafts.getDirectoryHandle('empty', { create: true });
  });
  await put(page, 'no-entries', 'journal', [1]);
  await put(page, 'zeros', 'journal', new Array<number>(64).fill(0));
  await put(page, 'later-version', 'journal', [2, 7, 7, 7]);
  await put(page, 'headless', 'journal', []);
  await put(page, 'headless', '1.mp4', { of: 'whole' });
  const before = await files(page);
  const drafts = new Map((await listed(page)).map((draft) => [draft.id, draft]));
  expect([...drafts.keys()].sort()).toEqual(['evicted', 'later-version', 'torn-head', 'torn-journal', 'torn-tail', 'whole', 'zeros']);
  expect(drafts.get('whole')).toMatchObject({ segments: 2, recovered: false, lost: 0, readable: true });
  expect(drafts.get('torn-journal')).toMatchObject({ segments: 2, recovered: true, lost: 0, readable: true });
  expect(drafts.get('torn-head')).toMatchObject({ segments: 1, recovered: false, lost: 1, readable: true });
  expect(drafts.get('torn-tail')).toMatchObject({ segments: 2, recovered: true, lost: 0, readable: true });
  expect(drafts.get('torn-tail')?.duration).toBeLessThan(drafts.get('whole')?.duration ?? 0);
  expect(drafts.get('evicted')).toMatchObject({ segments: 1, recovered: false, lost: 1, readable: true });
  for (const id of ['zeros', 'later-version']) expect(drafts.get(id)).toMatchObject({ segments: 0, readable: false, first: null });
  expect(await files(page), 'a list writes nothing').toEqual(before);
  for (const id of ['torn-journal', 'torn-head', 'torn-tail', 'evicted']) {
    await openStudio(page, { size: SMALL, draft: id });
    const draft = drafts.get(id);
    const opened = await page.evaluate(() => ({ duration: window.studio.draft.duration, segments: window.studio.draft.segments.length, recovered: window.studio.draft.segments.some(({ recovered }) => recovered) }));
    expect(opened, id).toEqual({ duration: draft?.duration, segments: draft?.segments, recovered: draft?.recovered });
    if (draft?.lost) expect(await heard(page, 'recovered')).toMatchObject({ lost: draft.lost });
    await page.evaluate(() => (window.heard = [], window.studio.close()));
  }
  const damaged = await page.evaluate(() => window.onetake.Studio.open({ host: document.body, draft: 'zeros' }).catch(({ code }: { code: string }) => code));
  expect(damaged).toBe('draft_damaged');
  for (const id of ['zeros', 'later-version', 'evicted']) await page.evaluate((name) => window.onetake.deleteDraft(name), id);
  expect((await listed(page)).map(({ id }) => id).sort()).toEqual(['torn-head', 'torn-journal', 'torn-tail', 'whole']);
});

test('a deleted draft leaves the files that a film shows, is gone when the film is, and is empty for whoever opens it before', async ({ diskPage: page }) => {
  await openBlankPage(page, numberedDevices(SMALL));
  const exportAndClose = () => page.evaluate(async () => {
    window.films.push(await window.studio.export());
    await window.studio.close();
  });
  const readable = () => page.evaluate(() => window.films[0]?.file.arrayBuffer().then(({ byteLength }) => byteLength === window.films[0]?.file.size, String));
  for (const id of ['film', 'again']) {
    await openDraft(page, id);
    await recordTake(page, 1);
    await exportAndClose();
    await page.evaluate((name) => window.onetake.deleteDraft(name), id);
  }
  expect(Object.keys(await files(page)).filter((name) => name.endsWith('.mp4')).sort()).toEqual(['again/1.mp4', 'film/1.mp4']);
  expect(await listed(page)).toEqual([]);
  expect(await readable()).toBe(true);
  await page.evaluate(() => window.films[0]?.release());
  await expect.poll(async () => Object.keys(await files(page)).filter((name) => name.startsWith('film'))).toEqual([]);
  // The other one is opened while its film still lives: it begins empty, and never writes into a file of the film.
  await openDraft(page, 'again');
  expect(await page.evaluate(() => window.studio.draft.segments.length)).toBe(0);
  const [next] = await recordTake(page, 1);
  expect(next?.id).toBe('2');
  await page.evaluate(() => window.films.shift());
  expect(await readable()).toBe(true);
  await page.evaluate(() => (window.films[0]?.release(), window.studio.close()));
  await gotoBlank(page);
  expect(await listed(page)).toMatchObject([{ id: 'again', segments: 1 }]);
});

test('a draft that is used again is not deleted by what was to finish its deletion', async ({ diskPage: page }) => {
  await openBlankPage(page, numberedDevices(SMALL));
  await openDraft(page, 'again');
  await recordTake(page, 0.8);
  await page.evaluate(async () => {
    window.films.push(await window.studio.export());
    await window.studio.close();
    await window.onetake.deleteDraft('again');
    // The list sees that it was deleted, and comes to finish that, but slowly.
    const { getFileHandle } = FileSystemDirectoryHandle.prototype;
    const slow = window as unknown as { goOn: () => void };
    const gate = new Promise<void>((open) => (slow.goOn = open));
    let asked = 0;
    FileSystemDirectoryHandle.prototype.getFileHandle = async function (name, options) {
      const found = await getFileHandle.call(this, name, options);
      if (name === 'deleted' && !options?.create && (asked += 1) === 1) await gate;
      return found;
    };
    await window.onetake.listDrafts();
  });
  await openDraft(page, 'again');
  const [next] = await recordTake(page, 0.8);
  expect(next?.id).toBe('2');
  await page.evaluate(() => (window as unknown as { goOn: () => void }).goOn());
  await page.waitForTimeout(200);
  await page.evaluate(() => window.studio.close());
  await page.waitForTimeout(500);
  expect(await listed(page)).toMatchObject([{ id: 'again', segments: 1 }]);
  expect(Object.keys(await files(page)).sort()).toContain('again/2.mp4');
});
