// The store did it, and its answer was lost: no upload ends as another file, as two objects, or in doubt where the truth can be had.
// And what answers tell besides: the store's own clock.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Policy } from './support/kodo.ts';
import { begin, expect, makeFile, openUploadPage, outcome, qetag, test } from './support/uploads.ts';

const MB = 1 << 20;
/** The browser itself may ask once more where a connection ends without a word: the first may be its, the second ours. */
const LOST = [1, 2];
/** Chrome keeps six connections to a host; one more may be new. */
const KEPT = 7;

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

test('whichever answer is lost, the object is the file, bit for bit', async ({ page, held }, info) => {
  const { kodo } = held;
  const path = makeFile(info.outputPath('film.mp4'), 9 * MB + 77);
  const hash = hashOf(readFileSync(path));
  await openUploadPage(page, path);
  for (const [api, routes] of [['form', ['form']], ['v1', ['mkblk', 'mkfile']], ['v2', ['initiate', 'part', 'complete']]] as const) {
    for (const route of routes) {
      for (const count of LOST) {
        const key = `${route}-${count}.mp4`;
        await kodo.reset();
        await kodo.faults({ route, count, drop: 'after' });
        await begin(page, { key, api, endpoints: [kodo.address], concurrency: 2 });
        expect({ key, ...(await outcome(page)) }).toMatchObject({ key, hash: qetag(path), warnings: [] });
        expect(hashOf(await kodo.object(key)), key).toBe(hash);
        expect((await kodo.calls()).filter((call) => call.hit), key).toHaveLength(count);
      }
    }
  }
  expect(await page.evaluate(() => window.onetake.pendingUploads().then((left) => left.length))).toBe(0);
});

test('a complete whose answer is lost is found out by the object itself, where that can be read', async ({ page, held }, info) => {
  const { kodo } = held;
  const path = makeFile(info.outputPath('film.mp4'), 5 * MB);
  await openUploadPage(page, path);
  const began = async () => (await kodo.calls()).filter(({ route }) => route === 'initiate').length;
  for (const count of LOST) {
    const key = `films/é ${count}.mp4`;
    await kodo.reset();
    await kodo.faults({ route: 'complete', count, drop: 'after' });
    await begin(page, { key, api: 'v2', endpoints: [kodo.address], domain: `${kodo.address}/o/onetake` });
    expect(await outcome(page)).toEqual({ key, hash: qetag(path), resumedBytes: 0, warnings: [] });
    expect(await began(), 'nothing is sent twice').toBe(1);
    expect((await kodo.calls()).at(-1)).toMatchObject({ route: 'object', method: 'HEAD', status: 200 });
  }
  // What serves objects may know of it later than what stores them.
  await kodo.reset();
  await kodo.faults({ route: 'complete', count: 1, drop: 'after' }, { route: 'complete', count: 1, status: 612 }, { route: 'object', count: 1, status: 404 });
  await begin(page, { key: 'late.mp4', api: 'v2', endpoints: [kodo.address], domain: `${kodo.address}/o/onetake` });
  expect(await outcome(page)).toMatchObject({ key: 'late.mp4', hash: qetag(path) });
  expect(await began()).toBe(1);
  expect((await kodo.calls()).filter(({ route }) => route === 'object').map(({ status }) => status)).toEqual([404, 200]);
  expect(new Set(held.said.filter((line) => line.includes('/late.mp4?v='))).size, 'each time at a fresh address').toBe(2);
  // Nothing stands there, or what is another's: it is sent again.
  for (const key of ['missing.mp4', 'others.mp4']) {
    await kodo.reset();
    held.policy = { scope: `onetake:${key}`, expires: 3600 };
    if (key === 'others.mp4') {
      await page.setInputFiles('input', makeFile(info.outputPath('others.mp4'), 2 * MB, 2));
      await begin(page, { key, api: 'form', endpoints: [kodo.address] });
      expect(await outcome(page)).toMatchObject({ key });
      await page.setInputFiles('input', path);
    }
    await kodo.faults({ route: 'complete', count: 2, drop: 'before' }, { route: 'complete', count: 1, status: 612 });
    await begin(page, { key, api: 'v2', endpoints: [kodo.address], domain: `${kodo.address}/o/onetake/` });
    expect(await outcome(page)).toMatchObject({ key, hash: qetag(path) });
    expect(await began(), key).toBe(2);
    const asked = (await kodo.calls()).filter(({ route }) => route === 'object');
    expect(asked.map(({ status }) => status)).toEqual(Array(3).fill(key === 'others.mp4' ? 200 : 404));
    expect(hashOf(await kodo.object(key)), key).toBe(hashOf(readFileSync(path)));
  }
});

test('a name that the server makes anew each time is told as unconfirmed, and nothing is stored twice', async ({ page, held }, info) => {
  const { kodo } = held;
  const path = makeFile(info.outputPath('film.mp4'), 5 * MB);
  const policy: Policy = { saveKey: 'films/$(uuid)$(ext)', expires: 3600 };
  held.policy = policy;
  await openUploadPage(page, path);
  for (const count of LOST) {
    await kodo.reset();
    await kodo.faults({ route: 'complete', count, drop: 'after' });
    await begin(page, { key: null, api: 'v2', endpoints: [kodo.address], domain: `${kodo.address}/o/onetake` });
    expect(await outcome(page)).toMatchObject({ code: 'upload_unconfirmed' });
    const calls = await kodo.calls();
    expect(calls.filter(({ route }) => route === 'initiate')).toHaveLength(1);
    expect(calls.filter(({ route }) => route === 'object')).toHaveLength(0);
  }
  // Where one request makes the object, the browser alone may send it again: once on each connection that it has kept.
  for (const [api, route] of [['form', 'form'], ['v1', 'mkfile']] as const) {
    await kodo.reset();
    await kodo.faults({ route, count: 20, drop: 'after' });
    await begin(page, { key: null, api, endpoints: [kodo.address] });
    expect(await outcome(page), api).toMatchObject({ code: 'upload_unconfirmed' });
    expect((await kodo.calls()).filter((call) => call.route === route).length, api).toBeLessThanOrEqual(KEPT);
    expect(await page.evaluate(() => window.up.attempts), `${api}: none that we made again`).toEqual([]);
  }
  expect(await page.evaluate(() => window.onetake.pendingUploads().then((left) => left.length))).toBe(0);
});

test("tokens are renewed by the store's clock where it shows it: a page whose own is an hour slow is never refused", async ({ page, held }, info) => {
  const { kodo } = held;
  const path = makeFile(info.outputPath('film.mp4'), 9 * MB);
  await kodo.clock(3600);
  // An hour and 100 seconds by the page's clock.
  held.policy = { expires: 100 };
  await openUploadPage(page, path);
  await begin(page, { key: 'late.mp4', endpoints: [kodo.address] });
  expect(await outcome(page)).toMatchObject({ key: 'late.mp4', hash: qetag(path) });
  expect(held.tokens).toHaveLength(2);
  expect((await kodo.calls()).filter(({ status }) => status !== 200)).toEqual([]);
});

test('where the rule for hashes over parts does not give what the server says, both hashes are told', async ({ page, held }, info) => {
  const { kodo } = held;
  const path = makeFile(info.outputPath('film.mp4'), 7 * MB);
  const bytes = readFileSync(path);
  const sha1 = (content: Buffer) => createHash('sha1').update(content).digest();
  const sums = [bytes.subarray(0, 3 * MB), bytes.subarray(3 * MB, 6 * MB), bytes.subarray(6 * MB)].map(sha1);
  const ours = Buffer.concat([Buffer.of(0x9e), sha1(Buffer.concat(sums))]).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
  const theirs = 'nhd-Cn7LQk6_G-gj_xl44GPLJo6q';
  await openUploadPage(page, path);
  for (const [said, warnings] of [[ours, []], [theirs, [{ code: 'hash_of_parts', detail: `ours ${ours}, theirs ${theirs}` }]]] as const) {
    held.policy = { expires: 3600, returnBody: `{"key":$(key),"hash":"${said}"}` };
    const key = `parts ${said}.mp4`;
    await begin(page, { key, api: 'v2', partSize: 3 * MB, endpoints: [kodo.address] });
    expect(await outcome(page)).toEqual({ key, hash: said, resumedBytes: 0, warnings });
    expect(hashOf(await kodo.object(key))).toBe(hashOf(bytes));
  }
});
