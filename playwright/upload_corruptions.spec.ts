// What is known to go wrong with Qiniu's own client (qiniu.md 4.3, 4.4), shown by it and not by us: the same files, the same store,
// the same faults.

import type { Page } from '@playwright/test';
import { data, type Kodo } from './support/kodo.ts';
import { addQiniu, uploadByQiniu } from './support/qiniu-js.ts';
import { expect, outcome, type Outcome, test } from './support/uploads.ts';

const MIB = 1 << 20;
const SIZE = 9 * MIB;
const NAME = 'clip.mp4';

/** The file of the vectors, each byte shifted. */
const bytesOf = (shift: number): Buffer => Buffer.from(Uint8Array.from({ length: SIZE }, (_, i) => (i * 31 + shift) % 251));

/** Both packages in a document that a server gave: from another one the page's own thread may not speak to this machine. */
async function openBoth(page: Page): Promise<void> {
  await page.goto('/pkg/index.js');
  await page.evaluate(async () => {
    const address = location.href;
    window.onetake = await import(address) as typeof window.onetake;
  });
  await addQiniu(page);
}

/** The same as Qiniu's client is asked for, by ours: a file of this name, size and date. */
async function uploadByUs(page: Page, kodo: Kodo, { shift = 0, key, partSize }: { shift?: number; key: string; partSize?: number }): Promise<Outcome> {
  await page.evaluate(({ size, by, name, options }) => {
    const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 31 + by) % 251);
    window.up = window.onetake.upload(new File([bytes], name, { lastModified: 5 }), { ...options, token: () => window.freshToken() });
  }, { size: SIZE, by: shift, name: NAME, options: { key, endpoints: [kodo.address], api: 'v2' as const, ...(partSize && { partSize }) } });
  return outcome(page);
}

test('another file of the same name and size is never mixed with what was sent of the first', async ({ page, held }) => {
  const { kodo } = held;
  // Stops each of them with part 2 missing.
  const stop = () => kodo.faults({ route: 'part', part: 2, count: 1, delayMs: 500, status: 403 });
  await openBoth(page);
  const token = kodo.token();
  const ask = { size: SIZE, name: NAME, token };
  await stop();
  expect((await uploadByQiniu(page, kodo.main, { ...ask, key: 'theirs' })).error?.code).toBe(403);
  expect((await uploadByQiniu(page, kodo.main, { ...ask, key: 'theirs', shift: 1 })).error).toBeUndefined();
  const theirs = await kodo.object('theirs');
  expect([theirs.equals(bytesOf(1)), theirs.equals(data(SIZE))], 'neither file, told as a success').toEqual([false, false]);
  await stop();
  expect(await uploadByUs(page, kodo, { key: 'ours' })).toMatchObject({ code: 'upload_forbidden' });
  expect(await page.evaluate(() => window.onetake.pendingUploads().then((left) => left.map(({ key }) => key)))).toEqual(['ours']);
  expect(await uploadByUs(page, kodo, { key: 'ours', shift: 1 })).toMatchObject({ key: 'ours', resumedBytes: 0, warnings: [{ code: 'began_anew', detail: 'content' }] });
  expect((await kodo.object('ours')).equals(bytesOf(1))).toBe(true);
});

test('parts of another size are never taken for parts of this one', async ({ page, held }) => {
  const { kodo } = held;
  const stop = (part: number) => kodo.faults({ route: 'part', part, count: 1, delayMs: 500, status: 403 });
  await openBoth(page);
  const ask = { size: SIZE, name: NAME, token: kodo.token() };
  await stop(3);
  expect((await uploadByQiniu(page, kodo.main, { ...ask, key: 'theirs', config: { chunkSize: 4 } })).error?.code).toBe(403);
  const { error, body } = await uploadByQiniu(page, kodo.main, { ...ask, key: 'theirs', config: { chunkSize: 2 } });
  expect({ error, told: body?.['key'] }, 'told as a success').toEqual({ error: undefined, told: 'theirs' });
  expect((await kodo.object('theirs')).length).toBe(13 * MIB);
  await stop(3);
  expect(await uploadByUs(page, kodo, { key: 'ours', partSize: 4 * MIB })).toMatchObject({ code: 'upload_forbidden' });
  expect(await uploadByUs(page, kodo, { key: 'ours', partSize: 2 * MIB })).toMatchObject({ key: 'ours', resumedBytes: 0 });
  expect((await kodo.object('ours')).equals(data(SIZE))).toBe(true);
});

test('a complete whose answer is lost is no failure', async ({ page, held }) => {
  const { kodo } = held;
  await openBoth(page);
  // The browser's own second question is lost as well.
  const lose = () => kodo.faults({ route: 'complete', count: 2, drop: 'after' });
  await lose();
  const { error } = await uploadByQiniu(page, kodo.main, { size: SIZE, name: NAME, key: 'theirs', token: kodo.token() });
  expect(error?.code, 'told as a failure').toBe(612);
  expect((await kodo.object('theirs')).equals(data(SIZE))).toBe(true);
  await lose();
  expect(await uploadByUs(page, kodo, { key: 'ours' })).toMatchObject({ key: 'ours', warnings: [] });
  expect((await kodo.object('ours')).equals(data(SIZE))).toBe(true);
});
