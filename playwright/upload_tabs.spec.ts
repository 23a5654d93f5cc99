// Two tabs and one upload: a record is worked on by one of them at a time, and whoever is left may go on with it. What stands in for
// locks on pages without them is tested in upload_page.spec.ts.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { begin, expect, goOn, makeFile, openUploadPage, outcome, qetag, test, until } from './support/uploads.ts';

const MB = 1 << 20;
const PART = 4 * MB;

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

test('what one tab sends, another leaves alone; when the first is closed, the second goes on', async ({ page: first, held: { kodo, tokens, policy } }, info) => {
  const path = makeFile(info.outputPath('film.mp4'), 13 * MB);
  const second = await first.context().newPage();
  await second.exposeFunction('freshToken', () => {
    tokens.push(kodo.token(policy));
    return tokens.at(-1);
  });
  await openUploadPage(first, path);
  await kodo.faults({ route: 'part', bytesPerSecond: 8 * MB });
  await begin(first, { key: 'shared.mp4', endpoints: [kodo.address], concurrency: 1 });
  await until(first, PART + MB);
  // Both find it when nobody works on it, and both want to go on.
  await openUploadPage(first, path);
  await openUploadPage(second, path);
  await second.evaluate(async () => {
    [window.left] = await window.onetake.pendingUploads();
  });
  // So slow that the first sends for a minute and a half, and the second has time to begin on any machine.
  await kodo.faults({ route: 'part', bytesPerSecond: 100_000 });
  await goOn(first);
  await first.waitForFunction(() => window.up.state === 'sending');
  const asked: string[] = [];
  second.on('request', (request) => request.url().startsWith(kodo.address) && asked.push(`${request.method()} ${request.url()}`));
  // Neither goes on with it beside the first, nor takes it away from the first.
  const refused = await second.evaluate(async () => {
    const { left } = window;
    const file = document.querySelector('input')?.files?.[0];
    if (!left || !file) throw new Error('nothing is pending');
    const codeOf = (reason: { code: string }) => reason.code;
    const token = () => window.freshToken();
    return Promise.all([left.resume({ file, token }).result.then(() => 'done', codeOf), left.discard({ token }).then(() => 'gone', codeOf)]);
  });
  expect(refused).toEqual(['upload_elsewhere', 'upload_elsewhere']);
  expect(await second.evaluate(() => window.onetake.pendingUploads().then((left) => left.length)), 'it is under way').toBe(0);
  expect(await first.evaluate(() => window.up.state)).toBe('sending');
  expect(asked).toEqual([]);
  await first.close();
  await kodo.faults();
  const { sent } = await goOn(second);
  expect(await outcome(second)).toMatchObject({ key: 'shared.mp4', hash: qetag(path), resumedBytes: sent, warnings: [] });
  expect(asked.some((line) => line.startsWith('POST ')), 'its requests are seen').toBe(true);
  expect(hashOf(await kodo.object('shared.mp4'))).toBe(hashOf(readFileSync(path)));
  expect((await kodo.calls()).filter(({ route }) => route === 'initiate')).toHaveLength(1);
});

declare global {
  interface Window {
    left: Awaited<ReturnType<typeof window.onetake.pendingUploads>>[number] | undefined;
  }
}
