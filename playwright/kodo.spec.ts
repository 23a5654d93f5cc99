// The fidelity plan of the embedded store (qiniu.md 8), by Qiniu's own clients unmodified: qiniu-js 3.4.4 in the page of
// another origin, the node package for v1 and discovery v4, the beta of qiniu-js 4 for lists of parts. Rows 19 and 20, and the pages of
// row 21, are direct calls: crate/kodo/tests/kodo/protocol.rs.
// No request of the client passes through the test runner but where a row says so: preflights are real.

import { createServer, request, type Server } from 'node:http';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { mediaClip } from './support/files.ts';
import { data, Kodo, qiniu } from './support/kodo.ts';
import { addQiniu, type Ask, type Outcome, uploadByQiniu } from './support/qiniu-js.ts';

const { conf, httpc, resume_up } = qiniu;

const MIB = 1024 * 1024;
const HASH = { none: 'Fto5o-5ea0sNMlW_75VgGJCv2AcJ', kilo: 'Fg5FeMFga7wSCUpjWd8VzqThEYWD', block: 'FraiUADYPHYqqVlTomOblK96yCz2', over: 'lv5aJtF98-bsM0d8_YeIJj4u_qou', nine: 'lgUJdrEggyF01WpRm6TaL7A4Rxc7' };

let kodo: Kodo;
let stub: Stub;
let folder: string;

test.beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'onetake-qiniu-'));
  kodo = new Kodo(join(folder, 'store'), { spare: true });
  await kodo.start();
  stub = await Stub.start();
});

test.afterAll(async () => {
  await kodo.kill();
  await stub.stop();
  rmSync(folder, { recursive: true, force: true });
});

test.beforeEach(async ({ page }) => {
  await kodo.reset();
  stub.reset();
  await page.goto(stub.address);
  await addQiniu(page);
});

/** By the unmodified SDK to the store's main host, unless `config` names others. */
const upload = (page: Page, ask: Ask): Promise<Outcome> => uploadByQiniu(page, kodo.main, ask);

/** Whether exactly these bytes are stored under the key. */
const holds = async (key: string, bytes: Buffer) => bytes.equals(await kodo.object(key));
const routes = async () => (await kodo.calls()).map(({ route, part }) => part === null ? route : `${route} ${part}`);
const records = (page: Page) => page.evaluate(() => Object.keys(localStorage).filter((name) => name.startsWith('qiniu_js_sdk')));

test('row 1: every path answers a preflight, and a page of another origin uploads', async ({ page }) => {
  for (const path of ['/', '/buckets/onetake/objects/~/uploads', '/buckets/onetake/objects/~/uploads/id/1', '/buckets/onetake/objects//uploads/id', '/mkblk/4194304', '/v2/query', '/v4/query', '/o/onetake/k', '/anything']) {
    const answer = await fetch(`http://${kodo.main}${path}`, { method: 'OPTIONS', headers: { Origin: stub.address, 'Access-Control-Request-Method': 'PUT', 'Access-Control-Request-Headers': 'authorization,content-md5,content-type' } });
    expect(answer.status, path).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('access-control-allow-methods')).toContain('PUT');
    expect(answer.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('authorization, content-type, content-md5');
    // Long enough that the parts of a film are not asked for one by one.
    expect(Number(answer.headers.get('access-control-max-age'))).toBeGreaterThanOrEqual(600);
  }
  expect((await upload(page, { size: 4 * MIB + 1, token: kodo.token() })).body).toMatchObject({ hash: HASH.over });
});

test('row 2: a refusal can be read, with its request id', async ({ page }) => {
  for (const size of [10, 5 * MIB]) {
    const { error } = await upload(page, { size, token: kodo.token({ scope: 'nobody' }) });
    expect(error).toMatchObject({ name: 'RequestError', code: 631, error: 'no such bucket' });
    expect(error?.reqId).toMatch(/^[0-9a-f]{32}$/);
  }
});

test('row 3: a form whose file comes first', async ({ page }) => {
  const { body } = await upload(page, { size: 1000, key: 'form', token: kodo.token() });
  expect(body).toEqual({ hash: HASH.kilo, key: 'form' });
  expect(await holds('form', data(1000))).toBe(true);
  expect(await routes()).toEqual(['form', 'object']);
});

test('row 4: 4 MiB are a form, a byte more are parts', async ({ page }) => {
  expect((await upload(page, { size: 4 * MIB, token: kodo.token() })).body).toMatchObject({ hash: HASH.block });
  expect((await upload(page, { size: 4 * MIB + 1, token: kodo.token() })).body).toMatchObject({ hash: HASH.over });
  const [form, ...parts] = await routes();
  expect(form).toBe('form');
  expect(parts.sort()).toEqual(['complete', 'initiate', 'part 1', 'part 2']);
});

test('row 5: an empty file', async ({ page }) => {
  expect((await upload(page, { size: 0, token: kodo.token() })).body).toEqual({ hash: HASH.none, key: HASH.none });
});

test('row 6: no key, a template, an empty key, by form and by parts', async ({ page }) => {
  for (const [size, hash] of [[1000, HASH.kilo], [4 * MIB + 1, HASH.over]] as const) {
    expect((await upload(page, { size, key: null, token: kodo.token() })).body).toEqual({ hash, key: hash });
    const named = kodo.token({ saveKey: 'films/$(etag)$(ext)' });
    expect((await upload(page, { size, key: null, name: 'clip.mp4', token: named })).body).toEqual({ hash, key: `films/${hash}.mp4` });
    expect((await upload(page, { size, key: 'mine', name: 'clip.mp4', token: kodo.token({ scope: 'onetake:mine', saveKey: 'theirs' }) })).body).toEqual({ hash, key: 'mine' });
    expect((await upload(page, { size, key: '', token: kodo.token({ scope: 'onetake:' }) })).body).toEqual({ hash, key: '' });
    expect(await holds('', data(size))).toBe(true);
  }
});

test('row 7: keys of any letters come back as they went', async ({ page }) => {
  for (const key of ['录制/2024 演示.webm', '😀.mp4', '????>>>>', '~', 'a/../b', 'ÿÿþ']) {
    expect((await upload(page, { text: key, key, token: kodo.token() })).body).toMatchObject({ key });
    expect((await upload(page, { size: 4 * MIB + 1, key: `${key}2`, token: kodo.token() })).body).toMatchObject({ key: `${key}2` });
  }
});

test('row 8: a file that changed on its way is 406, and nothing is stored', async ({ page }) => {
  stub.tamper = 'POST';
  const { error } = await upload(page, { text: 'tamper with me', key: 'tampered', token: kodo.token(), config: { uphost: [stub.host] } });
  expect(error).toMatchObject({ code: 406 });
  expect((await kodo.calls()).map(({ status }) => status)).toEqual([406, 406, 406, 406]);
  expect(await kodo.has('tampered')).toBe(false);
});

test('row 9: a token that is bad, late or missing', async ({ page }) => {
  const good = kodo.token();
  const [access, , policy] = good.split(':');
  for (const size of [10, 5 * MIB]) {
    expect((await upload(page, { size, token: `${access}:${'A'.repeat(27)}=:${policy}` })).error).toMatchObject({ code: 401, error: 'bad token' });
    expect((await upload(page, { size, token: kodo.token({ expires: -10 }) })).error).toMatchObject({ code: 401, error: 'expired token' });
  }
  const missing = await page.evaluate(async (host) => {
    const form = new FormData();
    form.append('file', new Blob(['x']), 'x');
    const answer = await fetch(`http://${host}/`, { method: 'POST', body: form });
    const begun = await fetch(`http://${host}/buckets/onetake/objects/~/uploads`, { method: 'POST' });
    return [answer.status, (await answer.json() as { error: string }).error, begun.status, (await begun.json() as { error: string }).error];
  }, kodo.main);
  expect(missing).toEqual([401, 'token not specified', 401, 'token not specified']);
});

test('row 10: a key outside the scope is 403', async ({ page }) => {
  const prefix = kodo.token({ scope: 'onetake:dir/', isPrefixalScope: 1 });
  for (const size of [10, 5 * MIB]) {
    expect((await upload(page, { size, key: 'other', token: kodo.token({ scope: 'onetake:k' }) })).error).toMatchObject({ code: 403, error: "key doesn't match scope" });
    expect((await upload(page, { size, key: `dir/${size}`, token: prefix })).body).toMatchObject({ key: `dir/${size}` });
    expect((await upload(page, { size, key: 'di', token: prefix })).error).toMatchObject({ code: 403 });
  }
});

test('row 11: what may overwrite', async ({ page }) => {
  const put = async (text: string, token: string) => {
    const { body, error } = await upload(page, { text, key: 'over', token });
    return body ? 200 : error?.code;
  };
  expect(await put('one', kodo.token())).toBe(200);
  expect(await put('one', kodo.token())).toBe(200);
  expect(await put('two', kodo.token())).toBe(614);
  expect(await put('two', kodo.token({ scope: 'onetake:over', insertOnly: 1 }))).toBe(614);
  expect(await put('two', kodo.token({ scope: 'onetake:ov', isPrefixalScope: 1 }))).toBe(614);
  expect(String(await kodo.object('over'))).toBe('one');
  expect(await put('two', kodo.token({ scope: 'onetake:over' }))).toBe(200);
  expect(String(await kodo.object('over'))).toBe('two');
});

test('row 12: limits of size and type, at once by form, at the end by parts', async ({ page }) => {
  for (const size of [1000, 4 * MIB + 1]) {
    const code = async (policy: Record<string, string | number>) => (await upload(page, { size, type: 'video/mp4', name: 'a.mp4', key: `limits ${size}`, token: kodo.token(policy) })).error?.code;
    expect(await code({ fsizeLimit: size - 1 })).toBe(413);
    expect(await code({ fsizeMin: size + 1 })).toBe(403);
    // What the client says of the type does not count.
    expect(await code({ mimeLimit: 'video/*' })).toBe(403);
    expect(await code({ mimeLimit: '!application/octet-stream' })).toBe(403);
    expect(await kodo.has(`limits ${size}`)).toBe(false);
    expect(await code({ fsizeLimit: size, fsizeMin: size, mimeLimit: '!video/*;image/*' })).toBe(undefined);
  }
});

test('row 13: the body that the policy asks for', async ({ page }) => {
  const returnBody = '{"k":$(key),"h":"<$(etag)>","s":$(fsize),"n":$(fname),"m":$(mimeType),"v":$(x:v),"q":"$(x:v)","none":$(x:none),"b":"$(bucket)","u":$(endUser)}';
  for (const [size, hash] of [[1000, HASH.kilo], [4 * MIB + 1, HASH.over]] as const) {
    const extra = { mimeType: 'video/webm', customVars: { 'x:v': 'say "hi" 一' } };
    const { body } = await upload(page, { size, name: '片.webm', key: `body ${size}`, token: kodo.token({ returnBody, endUser: 'me' }), extra });
    expect(body).toEqual({ k: `body ${size}`, h: `<${hash}>`, s: size, n: '片.webm', m: 'video/webm', v: 'say "hi" 一', q: 'say "hi" 一', none: null, b: 'onetake', u: 'me' });
  }
  expect((await upload(page, { size: 10, key: 'no body', token: kodo.token({ returnBody: '{$(key)' }) })).error).toMatchObject({ code: 400 });
  expect(await kodo.has('no body')).toBe(false);
});

test('row 14: the callback speaks for the store, and its failure is 579', async ({ page }) => {
  const policy = { callbackUrl: `${stub.address}/callback?a=1`, callbackBody: 'key=$(key)&hash=$(etag)&v=$(x:v)', callbackHost: 'business.example' };
  const asked = { size: 1000, key: 'called & back', extra: { customVars: { 'x:v': '1=2' } } };
  expect((await upload(page, { ...asked, token: kodo.token(policy) })).body).toEqual({ from: 'business' });
  expect(stub.called).toEqual([{ host: 'business.example', type: 'application/x-www-form-urlencoded', signed: true, body: `key=called%20%26%20back&hash=${HASH.kilo.replaceAll('-', '%2D').replaceAll('_', '%5F')}&v=1%3D2` }]);
  const json = { ...policy, callbackBody: '{"key":$(key),"size":$(fsize)}', callbackBodyType: 'application/json' };
  expect((await upload(page, { ...asked, size: 4 * MIB + 1, key: 'by parts', token: kodo.token(json) })).body).toEqual({ from: 'business' });
  expect(JSON.parse(stub.called[1]?.body ?? '')).toEqual({ key: 'by parts', size: 4 * MIB + 1 });
  expect(stub.called[1]).toMatchObject({ type: 'application/json', signed: true });
  stub.status = 500;
  const { error } = await upload(page, { ...asked, key: 'stored', token: kodo.token(policy) });
  expect(error).toMatchObject({ code: 579 });
  expect(JSON.parse(error?.error ?? '')).toMatchObject({ err_code: 500, hash: HASH.kilo, key: 'stored' });
  expect(await holds('stored', data(1000))).toBe(true);
});

test('row 15: 9 MiB in three parts', async ({ page }) => {
  const token = kodo.token();
  const { body, info } = await upload(page, { size: 9 * MIB, key: 'nine', token });
  expect(body).toEqual({ hash: HASH.nine, key: 'nine' });
  const log = await kodo.calls();
  expect(log.map(({ route }) => route).sort()).toEqual(['complete', 'initiate', 'part', 'part', 'part']);
  expect(log.filter(({ route }) => route === 'part').reduce((sum, { bytes }) => sum + bytes, 0)).toBe(9 * MIB);
  expect(info?.id).toBe(log[1]?.uploadId);
  const begun = await kodo.call('POST', '/buckets/onetake/objects/~/uploads', token);
  expect(Number(begun.body['expireAt']) - Date.now() / 1000 - 7 * 86_400).toBeCloseTo(0, -1);
  expect(await holds('nine', data(9 * MIB))).toBe(true);
});

test('row 16: a part that changed on its way is 406 and not stored', async ({ page }) => {
  stub.tamper = 'PUT';
  const token = kodo.token();
  const { error, info } = await upload(page, { size: 4 * MIB + 1, key: 'part', token, config: { uphost: [stub.host], concurrentRequestLimit: 1 } });
  expect(error).toMatchObject({ code: 406 });
  const path = `/buckets/onetake/objects/${Buffer.from('part').toString('base64')}/uploads/${info?.id}`;
  expect((await kodo.call('GET', path, token)).body).toMatchObject({ parts: null });
  const answer = await page.evaluate(async ({ host, path, token }) => {
    const answer = await fetch(`http://${host}${path}/1`, { method: 'PUT', body: 'x', headers: { Authorization: `UpToken ${token}` } });
    return await answer.json() as unknown;
  }, { host: kodo.main, path, token });
  expect(answer).toMatchObject({ md5: '9dd4e461268c8034f5c8564e155c67a6' });
});

test('row 17: a new token continues; only what is missing is sent', async ({ page }) => {
  await kodo.faults({ route: 'part', part: 2, count: 1, delayMs: 500, status: 401, error: 'expired token' });
  const asked = { size: 9 * MIB, key: 'resumed' };
  expect((await upload(page, { ...asked, token: kodo.token() })).error).toMatchObject({ code: 401 });
  const before = (await kodo.calls()).length;
  const { body, fromCache } = await upload(page, { ...asked, token: kodo.token({ endUser: 'again' }) });
  expect(body).toMatchObject({ hash: HASH.nine });
  expect((await routes()).slice(before)).toEqual(['part 2', 'complete']);
  expect(fromCache).toEqual([true, false, true]);
  expect(await records(page)).toEqual([]);
});

test('row 18: an upload that expired is 612, and the client begins anew', async ({ page }) => {
  await kodo.faults({ route: 'part', part: 2, count: 1, delayMs: 500, status: 401 });
  const asked = { size: 9 * MIB, key: 'expired', token: kodo.token() };
  await upload(page, asked);
  expect(await records(page)).toHaveLength(1);
  await kodo.clock(7 * 86_400 + 1);
  expect((await upload(page, asked)).error).toMatchObject({ code: 612, error: 'no such uploadId' });
  expect(await records(page)).toEqual([]);
  const before = (await kodo.calls()).length;
  const { body, info } = await upload(page, asked);
  expect(body).toMatchObject({ hash: HASH.nine });
  expect((await routes())[before]).toBe('initiate');
  const path = `/buckets/onetake/objects/${Buffer.from('expired').toString('base64')}/uploads/${info?.id}`;
  expect(await kodo.call('GET', path, asked.token), 'a finished one').toMatchObject({ status: 612, body: { error: 'no such uploadId' } });
});

test('row 21: the client that goes on by the list of parts sends the others alone', async ({ page }) => {
  await page.addScriptTag({ path: '../node_modules/qiniu-js-4/output/index.js' });
  await kodo.faults({ route: 'part', part: 2, count: 1, delayMs: 1000, status: 401, error: 'expired token' });
  const ends = await page.evaluate(async ({ bytes, key, token, host }) => {
    const data = new File([Uint8Array.from({ length: bytes }, (_, i) => (i * 31) % 251)], 'listed.bin');
    const task = window['qiniu-js'].createMultipartUploadV2Task({ type: 'file', data, key }, { tokenProvider: () => Promise.resolve(token), uploadHosts: [host], protocol: 'HTTP', logLevel: 'NONE' });
    const codes: (number | undefined)[] = [];
    task.onError((error) => void codes.push(error?.httpCode));
    return [codes, await task.start(), await task.start()];
  }, { bytes: 9 * MIB, key: 'listed', token: kodo.token(), host: kodo.main });
  expect(ends).toEqual([[401], {}, { result: JSON.stringify({ hash: HASH.nine, key: 'listed' }) }]);
  const order = await routes();
  expect(order.slice(order.indexOf('list'))).toEqual(['list', 'part 2', 'complete']);
  expect(order.filter((route) => route === 'initiate')).toHaveLength(1);
  expect(await holds('listed', data(9 * MIB))).toBe(true);
});

test('row 22: parts are thrown away when the client asks', async ({ page }) => {
  await kodo.faults({ route: 'complete', count: 1, status: 400 });
  const asked = { size: 5 * MIB, key: 'discarded', token: kodo.token() };
  const { info } = await upload(page, asked);
  const deleted = await page.evaluate(({ token, key, info }) => window.qiniu.deleteUploadedChunks(token, key, info!), { ...asked, info });
  expect(deleted).toMatchObject({ data: {} });
  const path = `/buckets/onetake/objects/${Buffer.from('discarded').toString('base64')}/uploads/${info?.id}`;
  expect(await kodo.call('PUT', `${path}/1`, asked.token)).toMatchObject({ status: 612, body: { error: 'no such uploadId' } });
});

test('row 23: the client leaves a host that fails, and comes back after 20 s', async ({ page }) => {
  const start = Date.now();
  await page.clock.setFixedTime(start);
  let elapsed = 0;
  const [main, spare] = [kodo.port(kodo.main), kodo.port(kodo.spare)];
  for (const fault of [{ status: 503 }, { status: 599 }, { drop: 'body' as const, bodyBytes: 100 }]) {
    await kodo.reset();
    await kodo.faults({ port: main, route: 'form', ...fault });
    const put = async (text: string) => expect((await upload(page, { text, key: null, token: kodo.token(), config: { uphost: [kodo.main, kodo.spare] } })).body).toBeDefined();
    await put('moves to the other host');
    await put('starts on the other host');
    await kodo.faults();
    elapsed += 21_000;
    await page.clock.setFixedTime(start + elapsed);
    await put('is back');
    // A connection that ends without an answer may be tried once more by the browser itself.
    const tries = (await kodo.calls()).filter(({ status, port }, at, all) => at === 0 || status !== all[at - 1]?.status || port !== all[at - 1]?.port || status === 200);
    expect(tries.map(({ port, status }) => [port, status])).toEqual([[main, fault.status ?? 0], [spare, 200], [spare, 200], [main, 200]]);
  }
});

test('row 24: the node client uploads by v1, overwrites, and reads our answers', async () => {
  const zone = new conf.Zone([kodo.main], [kodo.main], kodo.main, kodo.main, kodo.main, kodo.main);
  const uploader = new resume_up.ResumeUploader(new conf.Config({ zone, useHttpsDomain: false }));
  const put = async (size: number, policy: Record<string, string | number> = {}) => {
    const file = join(folder, 'v1.bin');
    writeFileSync(file, data(size));
    const extra = resume_up.PutExtra.create('v1.bin', { 'x:v': '1 2' }, 'video/webm');
    extra.version = 'v1';
    extra.metadata = { 'x-qn-meta-m': '中' };
    return uploader.putFile(kodo.token(policy), '目录/v1', file, extra);
  };
  const returnBody = '{"key":$(key),"hash":$(etag),"v":$(x:v),"m":$(mimeType),"n":$(fname)}';
  const first = await put(9 * MIB, { returnBody });
  expect(first.data).toEqual({ key: '目录/v1', hash: HASH.nine, v: '1 2', m: 'video/webm', n: 'v1.bin' });
  expect((await routes()).sort()).toEqual(['mkblk', 'mkblk', 'mkblk', 'mkfile']);
  expect(await holds('目录/v1', data(9 * MIB))).toBe(true);
  expect((await put(1000)).data).toMatchObject({ hash: HASH.kilo });
  const refused = await put(1001, { insertOnly: 1 });
  expect(refused.resp.statusCode).toBe(614);
});

test('row 25: discovery names the hosts; the spare is used when the main one is gone', async ({ page }) => {
  const { accessKey: ak } = kodo.keys;
  const ask = async (version: string, bucket: string) => fetch(`http://${kodo.main}/${version}/query?ak=${ak}&bucket=${bucket}`);
  const second = await (await ask('v2', 'onetake')).json() as Record<string, unknown>;
  expect(second).toMatchObject({ ttl: 86_400, up: { acc: { main: [kodo.main], backup: [kodo.spare] }, src: { main: [kodo.main] } }, io: { src: { main: [kodo.main] } } });
  const fourth = await (await ask('v4', 'onetake')).json() as Record<string, unknown>;
  expect(fourth).toMatchObject({ hosts: [{ ttl: 86_400, up: { domains: [kodo.main, kodo.spare] }, io: { domains: [kodo.main] } }] });
  for (const version of ['v2', 'v4']) {
    const unknown = await ask(version, 'nobody');
    expect([unknown.status, await unknown.json()]).toEqual([631, { error: 'no such bucket', code: 631 }]);
  }
  // The client cannot be told another discovery host: what it asks of Qiniu is asked of us.
  await page.route('http://api.qiniu.com/**', async (route) => {
    const { pathname, search } = new URL(route.request().url());
    await route.fulfill({ response: await page.request.get(`http://${kodo.main}${pathname}${search}`) });
  });
  const found = { uphost: [], upprotocol: 'http' };
  expect((await upload(page, { text: 'found', token: kodo.token(), config: found })).body).toBeDefined();
  await kodo.faults({ port: kodo.port(kodo.main), route: 'form', drop: 'before' });
  expect((await upload(page, { text: 'spare', token: kodo.token(), config: found })).body).toBeDefined();
  const forms = (await kodo.calls()).filter(({ route }) => route === 'form');
  expect(forms.filter(({ status }) => status === 200).map(({ port }) => port)).toEqual([kodo.port(kodo.main), kodo.port(kodo.spare)]);
  expect(forms[1]).toMatchObject({ port: kodo.port(kodo.main), status: 0 });
  await kodo.faults();

  // The node client asks for v4 by itself.
  const regionsProvider = new httpc.QueryRegionsProvider({ accessKey: ak, bucketName: 'onetake', endpointsProvider: new httpc.Endpoint(kodo.main, { defaultScheme: 'http' }), preferredScheme: 'http' });
  const uploader = new resume_up.ResumeUploader(new conf.Config({ regionsProvider, useHttpsDomain: false }));
  const file = join(folder, 'v4.bin');
  writeFileSync(file, data(1000));
  const sent = await uploader.putFile(kodo.token(), null, file, resume_up.PutExtra.create('v4.bin'));
  expect(sent.data).toMatchObject({ hash: HASH.kilo });
});

test('a stored film plays and seeks by ranges', async ({ page }) => {
  const clip = new Blob([readFileSync(await mediaClip('kodo.mp4', { seconds: 6, fps: 15 }))]);
  const form = new FormData();
  form.append('token', kodo.token({ mimeLimit: 'video/*' }));
  form.append('key', '影/a b?.mp4');
  form.append('file', clip, 'film.mp4');
  expect((await fetch(`http://${kodo.main}/`, { method: 'POST', body: form })).status).toBe(200);
  const seen = await page.evaluate(async (address) => {
    const video = document.body.appendChild(document.createElement('video'));
    const happens = (name: string) => new Promise((resolve, reject) => {
      video.addEventListener(name, resolve, { once: true });
      video.addEventListener('error', () => reject(new Error(video.error?.message)), { once: true });
    });
    video.crossOrigin = 'anonymous';
    video.muted = true;
    video.src = address;
    await happens('loadeddata');
    const seeked = happens('seeked');
    video.currentTime = 5;
    await seeked;
    const played = happens('timeupdate');
    await video.play();
    await played;
    return { duration: Math.round(video.duration), width: video.videoWidth, isLate: video.currentTime >= 5 };
  }, `http://${kodo.main}/o/onetake/${encodeURIComponent('影/a b?.mp4')}`);
  expect(seen).toEqual({ duration: 6, width: 320, isLate: true });
  expect((await kodo.calls()).filter(({ route }) => route === 'object').map(({ status }) => status)).toContain(206);
});

/** A page of another origin, a business server for callbacks, and a proxy that changes a byte of what it passes on. */
class Stub {
  tamper: string | undefined;
  status = 200;
  called: { host?: string; type?: string; signed: boolean; body: string }[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((asked, answer) => {
      const chunks: Buffer[] = [];
      asked.on('data', (chunk: Buffer) => chunks.push(chunk));
      asked.on('end', () => {
        const body = Buffer.concat(chunks);
        if (asked.url?.startsWith('/callback')) {
          const { host, authorization, 'content-type': type } = asked.headers;
          this.called.push({ host, type, signed: this.#isSigned(asked.url, type === 'application/json' ? '' : String(body), authorization), body: String(body) });
          answer.writeHead(this.status, { 'Content-Type': 'application/json' }).end('{"from":"business"}');
        } else if (this.tamper === undefined) {
          answer.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>another origin</title>');
        } else {
          if (asked.method === this.tamper) changeOne(body);
          const [hostname, port] = kodo.main.split(':');
          const passed = request({ hostname, port, method: asked.method, path: asked.url, headers: asked.headers }, (back) => {
            answer.writeHead(back.statusCode ?? 0, back.headers);
            back.pipe(answer);
          });
          passed.end(body);
        }
      });
    });
  }

  /** As a business server checks it, by Qiniu's own package: nobody else knows the secret key. */
  #isSigned(path: string, form: string, authorization = ''): boolean {
    const { accessKey, secretKey } = kodo.keys;
    const check = (secret: string) => qiniu.util.isQiniuCallback(new qiniu.auth.digest.Mac(accessKey, secret), this.address + path, form, authorization);
    return check(secretKey) && !check(`${secretKey}x`);
  }

  static async start(): Promise<Stub> {
    const stub = new Stub();
    await new Promise<void>((resolve) => stub.#server.listen(0, '127.0.0.1', resolve));
    return stub;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get address(): string {
    return `http://${this.host}`;
  }

  reset(): void {
    this.tamper = undefined;
    this.status = 200;
    this.called = [];
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** In a form, a byte of the file that row 8 sends; else any. */
function changeOne(body: Buffer): void {
  const at = Math.max(0, body.indexOf('tamper with me'));
  if (body.length > 0) body.writeUInt8(body.readUInt8(at) ^ 1, at);
}

declare global {
  interface Window {
    'qiniu-js': { createMultipartUploadV2Task(file: object, config: object): { start(): Promise<unknown>; onError(hear: (error?: { httpCode?: number }) => void): void } };
  }
}
