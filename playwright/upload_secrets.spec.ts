// Tokens and keys are said nowhere: not in errors, reports, consoles, addresses or storage, however an upload fails and whatever
// a server answers.

import type { Page } from '@playwright/test';
import { numberedDevices } from './support/camera.ts';
import { openBlankPage, openStudio, recordTake } from './support/studio.ts';
import { begin, expect, type Held, makeFile, openUploadPage, secretsIn, storedBy, test, until } from './support/uploads.ts';

const MB = 1 << 20;

/** All that the page can say of its upload: how it ended, and what went wrong on the way. */
function told(page: Page): Promise<{ end: string; text: string }> {
  return page.evaluate(async () => {
    const all = (error: object) => JSON.stringify(Object.fromEntries(Object.getOwnPropertyNames(error).map((name) => [name, (error as Record<string, unknown>)[name]])));
    const end = await window.up.result.then(
      ({ key, hash, requestId, warnings }) => ({ end: 'done', text: JSON.stringify({ key, hash, requestId, warnings }) }),
      (error: Error & { code: string }) => ({ end: error.code, text: `${all(error)} ${String(error)}` }),
    );
    return { end: end.end, text: [end.text, JSON.stringify(window.up.attempts), JSON.stringify(window.seen), window.up.id].join('\n') };
  });
}

/** The next token, as the page will be given it: that is what servers quote here. */
function nextToken(held: Held): string {
  const token = held.kodo.token({ ...held.policy, endUser: `user ${held.tokens.length}` });
  held.ready.push(token);
  return token;
}

/** Nothing of any token, nor the secret key; and the access key in no text, only in the records, which are told apart by it. */
async function expectSilence(page: Page, held: Held, text: string): Promise<void> {
  const { accessKey, secretKey } = held.kodo.keys;
  const { records, others } = await storedBy(page);
  const asked = (await held.kodo.log()).map(({ path }) => path);
  const said = [text, ...held.said, ...asked].join('\n');
  expect(held.tokens.length).toBeGreaterThan(0);
  expect(secretsIn(held.tokens, [said, records, others].join('\n'))).toEqual([]);
  expect([said, records, others].filter((one) => one.includes(secretKey))).toEqual([]);
  expect([said, others].filter((one) => one.includes(accessKey))).toEqual([]);
}

test('whatever a server says of a token, nobody hears it', async ({ page, held }, info) => {
  const { kodo } = held;
  await openUploadPage(page, makeFile(info.outputPath('film.mp4'), 5 * MB));
  const said: string[] = [];
  const send = async (api: 'form' | 'v1' | 'v2', end: string, mark: string) => {
    await begin(page, { key: `${said.length}.mp4`, api, endpoints: [kodo.address], resume: false });
    const { end: ended, text } = await told(page);
    expect({ said: said.length, ended, text }).toMatchObject({ ended: end });
    expect(text).toContain(mark);
    said.push(text);
    await kodo.faults();
  };
  for (const [api, route, status, end] of [
    ['form', 'form', 401, 'upload_token'],
    ['v2', 'part', 401, 'upload_token'],
    ['v1', 'mkblk', 403, 'upload_forbidden'],
    ['v2', 'initiate', 400, 'upload_rejected'],
    ['v2', 'complete', 614, 'upload_exists'],
    ['form', 'form', 579, 'upload_callback'],
  ] as const) {
    const token = nextToken(held);
    const { accessKey, secretKey } = kodo.keys;
    const [, sign, policy] = token.split(':');
    await kodo.faults({ route, status, error: `refused ${token}, sign ${sign}, policy ${policy} of ${accessKey}, UpToken ${token}` });
    await send(api, end, 'refused (token)');
    expect(said.at(-1)).not.toContain(secretKey);
  }
  // A 200 that is none, then a good one.
  const token = nextToken(held);
  await kodo.faults({ route: 'part', count: 1, status: 200, error: `thanks for ${token}` });
  await send('v2', 'done', 'thanks for (token)');
  // What the store itself refuses: a key of somebody else's, a token that is over.
  held.policy = { expires: -10 };
  await send('v2', 'upload_token', 'expired token');
  held.policy = { scope: 'onetake:mine', expires: 3600 };
  await send('form', 'upload_forbidden', 'scope');
  // The app's own server does not take the word.
  held.policy = { expires: 3600, callbackUrl: 'http://127.0.0.1:9/', callbackBody: 'key=$(key)' };
  await send('form', 'upload_callback', 'callback');
  await expectSilence(page, held, said.join('\n'));
});

test('a name that quotes a token is none, and a token that cannot be read is not quoted', async ({ page, held }, info) => {
  const { kodo } = held;
  await openUploadPage(page, makeFile(info.outputPath('film.mp4'), 5 * MB));
  const texts: string[] = [];
  // The server names the upload, then a part, after the token: neither is stored, nor asked for by that name.
  let quoted = 0;
  for (const [address, json] of [
    [/\/uploads$/, (token: string) => ({ uploadId: token.replaceAll(':', '~'), expireAt: 4_000_000_000 })],
    [/\/uploads\/[^/]+\/1$/, (token: string) => ({ etag: `etag-${token}`, md5: '0'.repeat(32) })],
  ] as const) {
    await page.route(address, async (route) => {
      quoted += 1;
      const token = route.request().headers()['authorization']?.replace('UpToken ', '') ?? '';
      await route.fulfill({ json: json(token), headers: { 'access-control-allow-origin': '*' } });
    }, { times: 1 });
    await begin(page, { key: `${texts.length}.mp4`, api: 'v2', endpoints: [kodo.address], concurrency: 1, resume: false });
    const { end, text } = await told(page);
    expect({ end, text }).toMatchObject({ end: 'done' });
    texts.push(text);
  }
  expect(quoted).toBe(2);
  // The page's own source of tokens fails with one in its words, or gives what is none.
  const token = kodo.token(held.policy);
  held.tokens.push(token);
  for (const fails of [true, false]) {
    await page.evaluate(({ token: given, throws }) => {
      const file = document.querySelector('input')?.files?.[0] ?? new Blob();
      const source = throws ? () => Promise.reject(new RangeError(`no fresh one after ${given}`)) : () => Promise.resolve(`${given}:`);
      window.up = window.onetake.upload(file, { key: 'x', token: source, endpoints: ['127.0.0.1:9'], resume: false });
    }, { token, throws: fails });
    const { end, text } = await told(page);
    expect({ end, text }).toMatchObject({ end: 'upload_token' });
    expect(text).toContain(fails ? 'RangeError' : 'policy');
    texts.push(text);
  }
  // Going on elsewhere is refused, and neither place is named: pages name places after access keys.
  await kodo.faults({ route: 'part', delayMs: 60_000 });
  await page.evaluate(() => void (window.seen = []));
  await begin(page, { key: 'left.mp4', api: 'v2', endpoints: [kodo.address], place: `${kodo.keys.accessKey}:onetake` });
  await until(page, 1);
  await page.evaluate(() => window.up.abort());
  await page.evaluate(async () => {
    const [left] = await window.onetake.pendingUploads();
    if (left) window.up = left.resume({ token: () => window.freshToken(), place: 'elsewhere:onetake' });
  });
  const { end, text } = await told(page);
  expect(end).toBe('upload_place');
  await expectSilence(page, held, [...texts, text].join('\n'));
});

test('nor are they said while a draft is uploaded that is still being filmed', async ({ diskPage: page, held }) => {
  const { kodo } = held;
  const devices = numberedDevices({ width: 640, height: 360 });
  await openBlankPage(page, { ...devices, log: false, cameras: devices.cameras.map((camera) => ({ ...camera, grain: true })) });
  await openStudio(page, { size: { width: 640, height: 360 }, draft: 'quiet', video: { bitrate: 9_000_000 } });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
  const refuse = (route: string, status: number, count: number, token: string) => kodo.faults({ route, status, count, error: `refused ${token}, signed ${token.split(':')[1]}` });
  await refuse('part', 401, 1, nextToken(held));
  await page.evaluate((options) => {
    window.seen = [];
    window.up = window.onetake.upload(window.studio, { ...options, token: () => window.freshToken(), onProgress: (progress) => void window.seen.push(progress) });
  }, { key: 'quiet.mp4', endpoints: [kodo.address] });
  await recordTake(page, 3);
  // One was refused while it filmed, and sent again with the next token.
  const ended = (status: number) => expect.poll(async () => (await kodo.log()).filter((call) => call.route === 'part' && call.status === status).length).toBeGreaterThan(0);
  await ended(401);
  await ended(200);
  await refuse('complete', 614, 1, held.tokens.at(-1) ?? '');
  await page.evaluate(() => window.up.finish().catch(() => undefined));
  const { end, text } = await told(page);
  expect({ end, text }).toMatchObject({ end: 'upload_exists' });
  expect(text).toContain('refused (token)');
  expect(held.tokens.length).toBeGreaterThan(1);
  await expectSilence(page, held, text);
});
