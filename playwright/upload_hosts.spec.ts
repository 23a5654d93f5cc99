// Uploads where several hosts take them: one that is gone is left, the upload goes on at the next one with what it has, and hosts that
// nobody named are asked for. Which host is chosen when is tested without a browser (crate/core/src/upload/hosts.rs, tests/paths).

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { begin, expect, type Logged, makeFile, openUploadPage, outcome, qetag, test } from './support/uploads.ts';

const MB = 1 << 20;

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const of = (log: Logged[], wanted: string) => log.filter(({ route }) => route === wanted);
const stored = (log: Logged[]) => of(log, 'part').filter(({ status }) => status === 200);

test.use({ spare: true });

test('an upload whose host goes away ends on the next one, and sends no part twice', async ({ page, held: { kodo } }, info) => {
  const path = makeFile(info.outputPath('film.mp4'), 13 * MB);
  const [main, spare] = [kodo.port(kodo.main), kodo.port(kodo.spare)];
  await openUploadPage(page, path);
  // Two parts are there when it goes, in the middle of the next ones.
  await kodo.faults(
    { route: 'part', port: main, skip: 2, drop: 'body', bodyBytes: 100_000 },
    ...['initiate', 'list', 'complete'].map((route) => ({ route, port: main, skip: Number(route === 'initiate'), drop: 'before' as const })),
  );
  await begin(page, { key: 'moved.mp4', endpoints: [kodo.address, `http://${kodo.spare}`], concurrency: 2 });
  expect(await outcome(page)).toMatchObject({ key: 'moved.mp4', hash: qetag(path), warnings: [] });
  expect(hashOf(await kodo.object('moved.mp4'))).toBe(hashOf(readFileSync(path)));
  const log = await kodo.calls();
  const parts = stored(log);
  // Both hosts are of one region, so the upload is one: what the first has confirmed, the second has.
  expect(of(log, 'initiate').map(({ port }) => port)).toEqual([main]);
  expect(parts.map(({ part }) => part).sort()).toEqual([1, 2, 3, 4]);
  expect(parts.map(({ port }) => port)).toEqual([main, main, spare, spare]);
  expect(parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(13 * MB);
  expect(of(log, 'complete').filter(({ status }) => status === 200).map(({ port }) => port)).toEqual([spare]);
  // A host that has failed twice is left alone.
  expect(await page.evaluate(() => new Set(window.up.attempts.map(({ host }) => host)).size)).toBe(1);
});

test('hosts that nobody named are asked for once, the spare one is used where the main one is gone', async ({ page, held: { kodo } }, info) => {
  const path = makeFile(info.outputPath('film.mp4'), 5 * MB);
  const [main, spare] = [kodo.port(kodo.main), kodo.port(kodo.spare)];
  await openUploadPage(page, path);
  for (const [key, port] of [['found.mp4', main], ['spared.mp4', spare]] as const) {
    if (port === spare) await kodo.faults(...['initiate', 'part', 'complete'].map((route) => ({ route, port: main, drop: 'before' as const })));
    const before = (await kodo.calls()).length;
    await begin(page, { key, api: 'v2', discovery: kodo.address });
    expect(await outcome(page)).toMatchObject({ key, hash: qetag(path), warnings: [] });
    expect(hashOf(await kodo.object(key))).toBe(hashOf(readFileSync(path)));
    const log = (await kodo.calls()).slice(before);
    expect(stored(log).map((part) => part.port)).toEqual([port, port]);
    expect(of(log, 'complete').filter(({ status }) => status === 200).map((call) => call.port)).toEqual([port]);
    // The second upload knows them already.
    expect(of(log, 'discovery').map(({ status }) => status)).toEqual(port === main ? [200] : []);
  }
});
