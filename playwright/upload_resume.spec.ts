// Uploads from a page to a store of our own through everything that happens to them: what arrives is what was sent, and what the
// store has confirmed is never sent again. The protocol's own rules are tested without a browser (crate/core/src/upload).

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { numberedDevices } from './support/camera.ts';
import { openBlankPage, openStudio, recordTake } from './support/studio.ts';
import { begin, expect, goOn, type Logged, makeFile, openUploadPage, outcome, qetag, secretsIn, sizeOf, storedBy, test, until } from './support/uploads.ts';

const MB = 1 << 20;
const PART = 4 * MB;

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

test('a file arrives bit for bit, in parts or as a form, and its progress never goes back', async ({ page, held: { kodo } }, info) => {
  const large = makeFile(info.outputPath('large.mp4'), 9 * MB + 12_345);
  const small = makeFile(info.outputPath('small.mp4'), 70_000, 2);
  for (const [path, key, routes] of [[large, 'films/large é.mp4', ['initiate', 'part', 'complete']], [small, 'small.mp4', ['form']]] as const) {
    await openUploadPage(page, path);
    await begin(page, { key, endpoints: [kodo.address], mimeType: 'video/mp4', vars: { 'x:who': 'me' } });
    expect(await outcome(page)).toEqual({ key, hash: qetag(path), resumedBytes: 0, warnings: [] });
    expect(hashOf(await kodo.object(key))).toBe(hashOf(readFileSync(path)));
    const log = await kodo.log();
    for (const route of routes) expect(log.map((request) => request.route)).toContain(route);
    const [seen, states] = await page.evaluate(async () => {
      const left = [];
      for await (const { state } of window.up) left.push(state);
      return [window.seen, left] as const;
    });
    const done = seen.map((progress) => progress.done);
    expect(done).toEqual([...done].sort((one, other) => one - other));
    expect(seen.at(-1)).toMatchObject({ state: 'done', ratio: 1, done: sizeOf(path), total: sizeOf(path) });
    expect(states).toEqual(['done']);
    expect(await page.evaluate(() => window.onetake.pendingUploads().then((left) => left.length))).toBe(0);
  }
});

test('where the browser makes no sums, or refuses them, the package makes them itself', async ({ page, held: { kodo } }, info) => {
  // Two blocks and a bit of a third in one part, a form, and no bytes at all.
  const files = [[13 * MB + 12_345, { api: 'v2', partSize: 10 * MB }], [70_000, {}], [0, {}]] as const;
  const paths = files.map(([bytes], n) => makeFile(info.outputPath(`${n}.mp4`), bytes, n + 1));
  const warm = makeFile(info.outputPath('warm.mp4'), 9, 9);
  // A page of plain http has no `subtle`.
  const none = () => void Object.defineProperty(crypto, 'subtle', { value: undefined });
  const refusing = () => {
    Object.assign(self, { refused: 0 });
    crypto.subtle.digest = () => ((self as unknown as { refused: number }).refused += 1, Promise.reject(new DOMException('no', 'OperationError')));
  };
  for (const [way, break_] of Object.entries({ none, refusing })) {
    await openUploadPage(page, warm);
    await begin(page, { key: 'warm.mp4', endpoints: [kodo.address] });
    expect(await outcome(page)).toMatchObject({ hash: qetag(warm) });
    const worker = page.workers().find((one) => one.url().endsWith('upload.js'));
    await worker?.evaluate(break_);
    for (const [n, [, options]] of files.entries()) {
      const [path, key] = [paths[n] as string, `${way} ${n}.mp4`];
      await page.setInputFiles('input', path);
      await begin(page, { key, endpoints: [kodo.address], ...options });
      // The store's own hash is that of our sums, or it would be told as corrupt.
      expect(await outcome(page)).toMatchObject({ key, resumedBytes: 0, warnings: [] });
      expect(hashOf(await kodo.object(key)), key).toBe(hashOf(readFileSync(path)));
    }
    const [gone, refused] = await worker?.evaluate(() => [crypto.subtle === undefined, (self as { refused?: number }).refused ?? 0] as const) ?? [];
    // One of each block, but of the file without any.
    expect([gone, (refused ?? 0) >= 5]).toEqual([way === 'none', way === 'refusing']);
  }
});

test('it pauses, waits without a line, survives its worker, and asks for a token again when one is refused', async ({ page, held: { kodo, tokens } }, info) => {
  const path = makeFile(info.outputPath('film.mp4'), 22 * MB);
  await openUploadPage(page, path);
  await kodo.faults({ route: 'part', bytesPerSecond: 12 * MB });
  await begin(page, { key: 'waits.mp4', endpoints: [kodo.address], concurrency: 2 });
  const state = (wanted: string) => page.waitForFunction((name) => window.up.state === name, wanted, { timeout: 10_000 });
  await until(page, 3 * MB);
  await page.evaluate(() => window.up.pause());
  await state('paused');
  // What was cut off is in the log once the store has noticed.
  await page.waitForTimeout(500);
  const paused = (await kodo.log()).length;
  await page.waitForTimeout(500);
  expect((await kodo.log()).length).toBe(paused);
  await page.evaluate(() => window.up.resume());
  await until(page, 8 * MB);
  await page.context().setOffline(true);
  await state('offline');
  await page.context().setOffline(false);
  await kodo.faults({ route: 'part', bytesPerSecond: 4 * MB });
  await until(page, 12 * MB);
  const another = page.waitForEvent('worker', (worker) => worker.url().includes('upload'));
  // It is gone before it has answered.
  const worker = page.workers().find((one) => one.url().includes('upload'));
  await worker?.evaluate(() => void setTimeout(() => { throw new Error('killed by the test'); })).catch(() => undefined);
  await another;
  await kodo.faults({ route: 'part', part: 6, count: 1, status: 401, error: 'expired token' });
  expect(await outcome(page)).toMatchObject({ key: 'waits.mp4', hash: qetag(path), warnings: [] });
  expect(hashOf(await kodo.object('waits.mp4'))).toBe(hashOf(readFileSync(path)));
  // For the beginning, the worker that began again, and the refusal.
  expect(await page.evaluate(() => window.up.attempts.map((attempt) => attempt.status))).toContain(401);
  expect(tokens.length).toBeGreaterThanOrEqual(3);
  const done = await page.evaluate(() => window.seen.map((progress) => progress.done));
  expect(done).toEqual([...done].sort((one, other) => one - other));
});

test('a reloaded page goes on with the same file and no other; tokens are kept nowhere', async ({ page, held: { kodo, tokens, said } }, info) => {
  const path = makeFile(info.outputPath('film.mp4'), 26 * MB);
  const other = makeFile(info.outputPath('other.mp4'), 26 * MB, 7);
  await openUploadPage(page, path);
  await kodo.faults({ route: 'part', bytesPerSecond: 4 * MB });
  await begin(page, { key: null, endpoints: [kodo.address], concurrency: 2, metadata: { by: 'me' } });
  await until(page, 14 * MB);
  await openUploadPage(page, other);
  await goOn(page);
  expect(await outcome(page)).toMatchObject({ code: 'upload_file_differs' });
  await page.setInputFiles('input', []);
  await goOn(page);
  expect(await outcome(page)).toMatchObject({ code: 'upload_file_wanted' });
  await page.setInputFiles('input', path);
  const before = (await kodo.idle()).length;
  const { key, sent, total } = await goOn(page);
  expect({ key, total, some: sent >= 2 * PART }).toEqual({ key: null, total: 26 * MB, some: true });
  await until(page, 20 * MB);
  const { records, others } = await storedBy(page);
  expect(records).toContain('"by"');
  expect(secretsIn(tokens, records + others)).toEqual([]);
  expect(await outcome(page)).toMatchObject({ hash: qetag(path), resumedBytes: sent, warnings: [] });
  expect(bytesOf((await kodo.log()).slice(before))).toBe(total - sent);
  expect(tokens.length).toBeGreaterThan(1);
  expect(secretsIn(tokens, [...said, ...(await kodo.log()).map((request) => request.path)].join('\n'))).toEqual([]);
});

test('the film of a draft goes on after a reload, though its draft was deleted meanwhile', async ({ diskPage: page, held: { kodo } }) => {
  await openBlankPage(page, numberedDevices({ width: 640, height: 360 }));
  await openStudio(page, { size: { width: 640, height: 360 }, draft: 'uploaded' });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
  await recordTake(page, 1.5);
  await kodo.faults({ route: 'part', bytesPerSecond: 2000 });
  const options = { key: 'draft.mp4', endpoints: [kodo.address], api: 'v2' as const };
  const facts = await page.evaluate(async (given) => {
    const film = await window.studio.export();
    window.films.push(film);
    window.seen = [];
    window.up = window.onetake.upload(film.file, { ...given, token: () => window.freshToken(), onProgress: (progress) => void window.seen.push(progress) });
    const digest = await crypto.subtle.digest('SHA-256', await film.file.arrayBuffer());
    await window.studio.close();
    return { size: film.file.size, hash: [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('') };
  }, options);
  await until(page, 1);
  await openUploadPage(page);
  await page.evaluate(() => window.onetake.deleteDraft('uploaded'));
  await kodo.faults();
  expect(await goOn(page)).toEqual({ key: 'draft.mp4', sent: 0, total: facts.size });
  expect(await outcome(page)).toMatchObject({ key: 'draft.mp4', warnings: [] });
  expect(hashOf(await kodo.object('draft.mp4'))).toBe(facts.hash);
  await page.evaluate(() => window.onetake.listDrafts());
  const left = () => page.evaluate(async () => {
    const drafts = await (await (await navigator.storage.getDirectory()).getDirectoryHandle('onetake')).getDirectoryHandle('drafts');
    const names = [];
    for await (const name of drafts.keys()) names.push(name);
    return names;
  });
  await expect.poll(left).toEqual([]);
});

test('after abort nothing is sent; what is discarded is gone from the store too', async ({ page, held: { kodo } }, info) => {
  const path = makeFile(info.outputPath('film.mp4'), 18 * MB);
  await openUploadPage(page, path);
  await kodo.faults({ route: 'part', bytesPerSecond: 10 * MB });
  await begin(page, { key: 'given-up.mp4', endpoints: [kodo.address], concurrency: 2 });
  await until(page, 6 * MB);
  await page.evaluate(() => window.up.abort());
  expect(await outcome(page)).toMatchObject({ code: 'aborted' });
  // What had left the page may still arrive; each of those was announced before, and nothing else comes.
  const log = await kodo.log();
  const announced = log.filter(({ method }) => method === 'OPTIONS').map(({ path: of }) => of);
  const after = (await kodo.idle()).slice(log.length);
  expect(after.filter(({ method, path: of }) => method !== 'PUT' || !announced.includes(of))).toEqual([]);
  expect(after.length).toBeLessThanOrEqual(3);
  expect(await kodo.idle()).toHaveLength(log.length + after.length);
  await page.evaluate(async () => (await window.onetake.pendingUploads())[0]?.discard());
  expect((await kodo.log()).at(-1)).toMatchObject({ route: 'abort', status: 200 });
  expect(await page.evaluate(() => window.onetake.pendingUploads().then((left) => left.length))).toBe(0);
});

test('two hundred megabytes arrive through five reloads, two deaths of the server, failing requests and a token that runs out', async ({ page, held: { kodo } }, info) => {
  const path = makeFile(info.outputPath('long.mp4'), 200 * MB);
  const concurrency = 3;
  const failing = ['initiate', 'part', 'list', 'complete'].map((route) => ({ route, percent: 30, seed: 5, status: 503 }));
  const faults = () => kodo.faults(...failing, { route: 'part', bytesPerSecond: 60 * MB });
  // What the store saw, cut where the upload was interrupted.
  const runs: Logged[][] = [];
  let seen = 0;
  const interrupted = async () => {
    const log = await kodo.log();
    runs.push(log.slice(seen));
    seen = log.length;
  };
  await openUploadPage(page, path);
  await faults();
  await begin(page, { key: 'long.mp4', endpoints: [kodo.address], concurrency });
  let sent = 0;
  for (const [index, what] of ['reload', 'kill', 'reload', 'expire', 'reload', 'kill', 'reload', 'reload'].entries()) {
    await until(page, (index + 1) * 22 * MB);
    if (what === 'expire') await kodo.clock(2 * 3600);
    if (what === 'kill') {
      await interrupted();
      await kodo.kill();
      await kodo.start();
      seen = 0;
      await faults();
    }
    if (what !== 'reload') continue;
    await openUploadPage(page, path);
    await interrupted();
    ({ sent } = await goOn(page));
  }
  expect(await outcome(page)).toMatchObject({ key: 'long.mp4', hash: qetag(path), warnings: [] });
  expect(hashOf(await kodo.object('long.mp4'))).toBe(hashOf(readFileSync(path)));
  await interrupted();
  // The last page sent what its record lacked and nothing else.
  const last = new Map(runs.at(-1)?.filter(isGood).map(({ part, bytes }) => [part, bytes]));
  expect([...last.values()].reduce((sum, bytes) => sum + bytes, 0)).toBe(200 * MB - sent);
  // Of each interruption: what was cut off by it, and what had been confirmed without the page's having heard or noted it,
  // is sent again. That was in flight. Bodies that a fault refused are counted apart.
  const most = concurrency * PART;
  const again = resent(runs);
  expect(again).toHaveLength(8);
  for (const [index, bytes] of again.entries()) expect(bytes, `interruption ${index} of ${JSON.stringify(again)}`).toBeLessThanOrEqual(most);
  const parts = runs.flat().filter(({ route }) => route === 'part');
  const refused = parts.filter(({ status }) => status === 503);
  expect(refused.length).toBeGreaterThan(5);
  // By the token that ran out, and by those two that a store begun anew does not know.
  expect(bytesOf(parts.filter(({ status }) => status === 401))).toBeLessThanOrEqual(3 * most);
  const all = again.reduce((sum, bytes) => sum + bytes, 0) + bytesOf(parts.filter(({ status }) => status === 401 || status === 503));
  // A death takes the end of its log along.
  expect(bytesOf(parts)).toBeLessThanOrEqual(200 * MB + all);
});

const isGood = ({ route, status }: Logged): boolean => route === 'part' && status === 200;

/**
 * Bytes of parts that were lost to each interruption: bodies that it cut off, and parts that came again behind it. A body that
 * had left whole may be taken behind it too, before or after the page sends that part again.
 */
function resent(runs: Logged[][]): number[] {
  const confirmed = new Set<string>();
  const repeated = runs.map((run) => bytesOf(run.filter(isGood).filter(({ uploadId, part }) => {
    const key = `${uploadId} ${part}`;
    return confirmed.has(key) || !confirmed.add(key);
  })));
  expect(repeated[0]).toBe(0);
  return runs.map((run, index) => bytesOf(run.filter(({ route, status }) => route === 'part' && ![200, 401, 503].includes(status))) + (repeated[index + 1] ?? 0));
}

/** Bytes of parts that came. */
function bytesOf(log: Logged[]): number {
  return log.filter(({ route }) => route === 'part').reduce((sum, { bytes }) => sum + bytes, 0);
}
