// Uploads as people meet them on the page: below a film, beside the drafts, and where they go. What arrives, and through what,
// is tested in upload_resume.spec.ts; here it is what a user sees and presses. States are kept as pictures.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Locator, Page } from '@playwright/test';
import { decodeQR } from 'qr/decode.js';
import { readPolicy } from '../www/onetake/src/elements/put-policy.ts';
import { askToken, tryStore, type StoreProblem } from '../www/onetake/src/elements/store-choice.ts';
import { busy, claim, isWanted, letGo } from '../www/onetake/src/ledgers.ts';
import { devices, expect, keepPicture, keepState, test as base, TOUR, type Screen, type Visit } from './support/screen.ts';
import { Kodo } from './support/uploads.ts';

const MB = 1 << 20;

/** A store of its own serves each test its page. */
const test = base.extend<{ store: Kodo; open: (options?: Visit) => Promise<Screen> }>({
  store: async ({}, use, info) => {
    const store = new Kodo(info.outputPath('store'));
    await store.start();
    await use(store);
    await store.kill();
  },
  open: async ({ store, visit }, use) => {
    await use((options = {}) => visit({ ...options, context: { ...options.context, baseURL: store.address } }));
  },
});

/** Films are so many bytes longer, by a box that players skip: what a test films would be sent at once. */
const longer = (bytes: number) => async (page: Page): Promise<void> => {
  await page.addInitScript((length) => {
    addEventListener('film', (event) => {
      const { detail: film } = event as CustomEvent<{ file: Blob }>;
      const head = new Uint8Array([0, 0, 0, 0, ...new TextEncoder().encode('free')]);
      new DataView(head.buffer).setUint32(0, length);
      film.file = new Blob([film.file, head, new Uint8Array(length - head.length)], { type: film.file.type });
    });
  }, bytes);
};

/** A token as an endpoint may give it; its signature is nobody's. */
const tokenOf = (account: string, bucket: string, deadline = 4_000_000_000) => `${account}:sign:${Buffer.from(JSON.stringify({ scope: bucket, deadline })).toString('base64url')}`;

async function film(screen: Screen): Promise<void> {
  await screen.ready();
  await screen.take(0.6);
  await screen.finish();
}

const card = (screen: Screen) => screen.page.locator('onetake-upload');

/** Bytes of it are on the line. */
const underWay = ({ page, t }: Screen): Promise<void> =>
  expect.poll(() => page.getByRole('progressbar', { name: t.uploadProgress }).getAttribute('aria-valuenow').then(Number)).toBeGreaterThan(5);
const link = (screen: Screen) => screen.page.locator('onetake-upload a');

test('a film that finds no store goes to a bucket that was tried, waits without a line, and ends as a link', async ({ open, store }) => {
  const screen = await open({ ...TOUR, before: longer(5 * MB) });
  const { page, t } = screen;
  const look = (state: string) => keepState(screen, state);
  const says = (words: string) => expect(card(screen).getByRole('status')).toHaveText(new RegExp(`^${words}`));
  await film(screen);
  await store.faults({ route: 'token', status: 503 });
  await screen.button(t.upload).click();
  await expect(card(screen).locator('.trouble')).toContainText(t.uploadSafe);
  await expect(card(screen).locator('.trouble')).toContainText(t.storeFaults.status('503'));
  await look('69-upload-failed');
  await screen.button(t.storeChange).click();
  await page.getByRole('radio', { name: t.storeBucket }).check();
  const tokens = page.getByRole('textbox', { name: t.storeToken });
  for (const [given, wrong] of [
    ['my-secret-key', t.storeFaults.address('')],
    [`${store.address}/nothing-here`, t.storeFaults.status('404')],
    [`${store.address}/`, t.storeFaults.empty('')],
  ] as const) {
    await tokens.fill(given);
    await screen.button(t.storeUse).click();
    await expect(page.getByRole('alert').filter({ hasText: wrong })).toBeVisible();
    await expect(tokens).toBeFocused();
  }
  await look('70-store-refused');
  await store.faults({ route: 'part', bytesPerSecond: 300_000 });
  await tokens.fill(`${store.address}/api/upload-token`);
  await page.getByRole('textbox', { name: t.storePublic }).fill(`${store.address}/o/onetake`);
  // At the address beside it nobody listens: its tokens are good, and nothing could be sent.
  const hosts = page.getByRole('textbox', { name: t.storeHosts });
  const gone = store.main.replace('127.0.0.1', '127.0.0.2');
  await hosts.fill(`${store.address}, http://${gone}`);
  await tokens.press('Enter');
  await expect(page.getByRole('alert').filter({ hasText: t.storeFaults.host(gone) })).toBeVisible();
  await expect(hosts).toBeFocused();
  await hosts.fill(store.address);
  await tokens.press('Enter');
  await expect(page.getByRole('status').filter({ hasText: t.storeOk('onetake', '').split('，')[0]?.slice(0, 12) ?? '' })).toBeVisible();
  await look('71-store-works');
  await screen.button(t.done).click();
  await expect(page.getByText(t.uploadTo(new URL(store.address).host))).toBeVisible();
  expect(await page.evaluate(() => JSON.parse(localStorage.getItem('onetake.store') ?? ''))).toEqual({ tokenUrl: `${store.address}/api/upload-token`, hosts: [store.address], publicBase: `${store.address}/o/onetake/` });
  expect((await store.log()).filter(({ route }) => ['initiate', 'part', 'form'].includes(route)).map(({ status }) => status), 'nothing was begun').toEqual([401, 401]);
  await screen.button(t.tryAgain).click();
  await says(t.uploadStates.sending);
  await underWay(screen);
  await expect(card(screen)).toContainText(/[KM]B\//);
  await expect(card(screen)).toContainText(new RegExp(t.joiningLeft('\\d+:\\d\\d')));
  await look('60-uploading');
  await screen.button(t.uploadPause).click();
  await says(t.uploadStates.paused);
  await look('61-upload-paused');
  await page.context().setOffline(true);
  await screen.button(t.uploadResume).click();
  await says(t.uploadStates.offline);
  await look('62-upload-offline');
  await store.faults({ route: 'complete', delayMs: 4000 });
  await page.context().setOffline(false);
  await says(t.uploadStates.finishing);
  await look('63-upload-finishing');
  await says(t.uploadStates.done);
  await expect(card(screen).locator('.code path')).toHaveCount(1);
  await look('64-uploaded');

  const address = (await link(screen).getAttribute('href')) ?? '';
  expect(await scanned(card(screen).locator('.code svg'))).toBe(address);
  await screen.button(t.linkCodeLarger).click();
  expect(await scanned(page.getByRole('img', { name: t.linkCode }))).toBe(address);
  await look('65-upload-code');
  await screen.button(t.linkCodeClose).click();
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write', 'camera', 'microphone']);
  await screen.button(t.linkCopy).click();
  await expect(screen.button(t.linkCopied)).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(address);
  for (const button of await card(screen).getByRole('button').all()) {
    const box = await button.boundingBox();
    if (box) expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(44);
  }
  const shown = await page.context().newPage();
  await shown.goto(address);
  await expect.poll(() => shown.locator('video').evaluate((video) => (video as HTMLVideoElement).currentTime)).toBeGreaterThan(0.1);
});

test('an upload that a reload cut off is offered, goes on from the list', async ({ open, store }) => {
  const screen = await open(TOUR);
  const { page, t } = screen;
  await film(screen);
  await store.faults({ route: 'part', delayMs: 60_000 });
  await screen.button(t.upload).click();
  await underWay(screen);
  await page.reload();
  await screen.ready();
  await expect(page.getByRole('alert').filter({ hasText: t.uploadOffer(1) })).toBeVisible();
  await keepState(screen, '66-upload-offered');
  await screen.button(t.uploadOfferShow).click();
  const row = page.locator('onetake-uploads li');
  await expect(row).toHaveCount(1);
  await expect(screen.drafts.locator('canvas')).toHaveCount(1);
  await keepState(screen, '67-uploads');
  await store.faults();
  // The user has gone to another store meanwhile: nothing is sent to the one before.
  const calls = async () => (await store.log()).filter(({ route }) => ['initiate', 'list', 'complete', 'abort'].includes(route)).length;
  const before = await calls();
  await page.route('**/api/upload-token', (route) => route.fulfill({ json: { token: tokenOf('another', 'onetake') } }));
  await row.getByRole('button', { name: t.uploadGoOn }).click();
  await expect(row.getByRole('button', { name: t.storeChange })).toBeVisible();
  expect(await calls()).toBe(before);
  await page.unroute('**/api/upload-token');
  await row.getByRole('button', { name: t.tryAgain }).click();
  await expect(row.getByRole('status').filter({ hasText: t.uploadStates.done })).toHaveCount(1);
  await expect(link(screen)).toBeVisible();
  await expect(card(screen).locator('.code path')).toHaveCount(1);
  await keepState(screen, '68-upload-went-on');
  const kept = await store.object(decodeURIComponent(((await link(screen).getAttribute('href')) ?? '').split('/').at(-1) ?? ''));
  expect(kept.subarray(4, 8).toString()).toBe('ftyp');
  expect((await store.log()).filter(({ route }) => route === 'initiate')).toHaveLength(1);
});

test('an upload that is given up goes up no further, and leaves nothing behind', async ({ open, store }) => {
  const screen = await open();
  const { page, t } = screen;
  await film(screen);
  await store.faults({ route: 'part', delayMs: 60_000 });
  await screen.button(t.upload).click();
  await underWay(screen);
  await screen.button(t.uploadCancel).click();
  await screen.button(t.uploadCancelAgain).click();
  await expect(card(screen).getByRole('progressbar')).toHaveCount(0);
  await expect(screen.button(t.upload)).toBeEnabled();
  await expect.poll(async () => (await store.log()).filter(({ route }) => route === 'abort').length).toBe(1);
  await page.reload();
  await screen.ready();
  await screen.button(t.drafts).click();
  await expect(screen.drafts).toHaveCount(1);
  await expect(page.locator('onetake-uploads li')).toHaveCount(0);
});

/** A second of film is a megabyte: parts are whole soon. */
async function generous(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (this: Worker, message: { command?: { open?: { settings: { videoBitrate: number } } } }, ...rest: unknown[]) {
      if (message?.command?.open) message.command.open.settings.videoBitrate = 9_000_000;
      return Reflect.apply(postMessage, this, [message, ...rest]);
    };
  });
}

test('what is filmed is uploaded meanwhile, and has its link soon after the end', async ({ open, store }) => {
  const cameras = devices();
  const screen = await open({ ...TOUR, cameras: { ...cameras, cameras: cameras.cameras.map((camera) => ({ ...camera, grain: true })) }, before: generous });
  const { page, t } = screen;
  const line = page.locator('onetake-live-upload');
  const parts = async () => (await store.log()).filter(({ route, status }) => route === 'part' && status === 200);
  await screen.ready();
  await screen.button(t.adjust).click();
  await page.getByRole('switch', { name: new RegExp(t.uploadLive) }).click();
  await keepPicture(screen, '72-upload-while-filming-on');
  await page.keyboard.press('Escape');
  await screen.record.click();
  await expect(line).toContainText(new RegExp(t.uploadLiveSent(77).replace('77', '[1-9]\\d')));
  await keepPicture(screen, '73-upload-while-filming');
  await page.context().setOffline(true);
  await expect(line).toContainText(t.uploadStates.offline);
  // Enough for two parts beside the one that waits for the head.
  await expect.poll(() => screen.live()).toBeGreaterThan(4);
  await screen.record.click();
  await expect(screen.cells).toHaveCount(1);
  await page.context().setOffline(false);
  await line.getByRole('button').first().click();
  await expect.poll(async () => (await parts()).length).toBeGreaterThanOrEqual(2);
  await screen.button(t.uploadPause).click();
  await expect(line.getByRole('status')).toHaveText(t.uploadStates.paused);
  await keepPicture(screen, '74-upload-between-takes');
  await screen.button(t.uploadResume).click();
  await line.getByRole('button').first().click();
  // What pausing cut short goes out again; then all that is whole is there.
  const stored = async () => (await parts()).reduce((sum, { bytes }) => sum + bytes, 0);
  const more = async () => {
    const known = await stored();
    await page.waitForTimeout(800);
    return (await stored()) - known;
  };
  await expect.poll(more).toBe(0);
  const before = await stored();
  await page.evaluate(() => addEventListener('film', (event) => Object.assign(window, { filmed: (event as CustomEvent<{ file: Blob }>).detail.file.size })));
  await screen.finish();
  await expect(link(screen)).toBeVisible();
  await expect(card(screen).locator('.code path')).toHaveCount(1);
  const address = (await link(screen).getAttribute('href')) ?? '';
  const key = decodeURIComponent(address.split('/').at(-1) ?? '');
  const object = await store.object(key);
  expect(object.length).toBe(await page.evaluate(() => (window as unknown as { filmed: number }).filmed));
  expect(object.subarray(4, 8).toString()).toBe('ftyp');
  expect(object.length - before).toBeLessThan(2.2 * MB);

  // Another take makes another film. Left before its end it waits beside the drafts, and goes on where it stopped.
  await screen.button(t.back).click();
  await screen.record.click();
  await expect.poll(async () => (await store.log()).filter(({ route, status }) => route === 'initiate' && status === 200).length).toBe(2);
  await screen.record.click();
  await expect(screen.cells).toHaveCount(2);
  await expect(line).toContainText('%');
  await screen.button(t.drafts).click();
  await page.locator('onetake-uploads li').getByRole('button', { name: t.uploadGoOn }).click();
  await screen.ready();
  await expect(line).toContainText(/[1-9]\d?%/);
  await screen.finish();
  await expect(link(screen)).toBeVisible();
  expect((await store.log()).filter(({ route }) => route === 'initiate')).toHaveLength(2);
  expect(await link(screen).getAttribute('href')).not.toBe(address);
  expect(await page.evaluate(() => localStorage.getItem('onetake.live'))).toBe('on');

  // What is left of a draft that is removed then has nothing to go on with: it is given up, at the store too.
  await screen.button(t.back).click();
  await screen.record.click();
  await expect.poll(async () => (await store.log()).filter(({ route, status }) => route === 'initiate' && status === 200).length).toBe(3);
  await screen.record.click();
  await expect(screen.cells).toHaveCount(3);
  await screen.button(t.drafts).click();
  await expect(page.locator('onetake-uploads li')).toHaveCount(1);
  // Asked first, then carried out a while later, for there is an undo.
  await expect(screen.drafts).toHaveCount(1);
  await screen.bins.first().click();
  await screen.bins.first().click();
  await expect(screen.drafts).toHaveCount(0);
  await expect.poll(async () => (await store.log()).filter(({ route }) => route === 'abort').length).toBe(1);
  await expect(page.locator('onetake-uploads li')).toHaveCount(0);
});

test('what a token and its endpoint say is taken with care', async () => {
  // No clock of the server can be read here, as in most answers of another origin: only the store can tell that a token is over.
  const ask = (domain: unknown) => askToken(`data:application/json,${encodeURIComponent(JSON.stringify({ token: tokenOf('ak', 'films', 1), domain }))}`);
  expect((await ask(undefined)).policy).toMatchObject({ place: 'ak:films', bucket: 'films', deadline: 1 });
  expect(readPolicy(`account:${tokenOf('ak', 'films:one.mp4')}`)).toMatchObject({ place: 'ak:films' });
  for (const [domain, base] of [
    ['https://video.example.com/films', 'https://video.example.com/films/'],
    ['http://127.0.0.1:8000/o/onetake/', 'http://127.0.0.1:8000/o/onetake/'],
    ['video.example.com', 'https://video.example.com/'],
    ['localhost:8000', 'https://localhost:8000/'],
    ['javascript:alert(1)', ''],
    ['javascript://video.example.com/%0aalert(1)', ''],
    ['data:text/html,1', ''],
    ['mailto:me@example.com', ''],
    ['//video.example.com', ''],
    ['not an address', ''],
    ['', ''],
    [7, ''],
  ] as const) {
    expect((await ask(domain)).domain, String(domain)).toBe(base);
  }
});

test('a file stays where it cannot be read whether an upload wants it; pages without locks work alone', async () => {
  const set = (name: string, value: unknown) => Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  const own = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  const broken = (): never => {
    throw new DOMException('out of order', 'UnknownError');
  };
  try {
    expect(await isWanted('film')).toBe(false);
    set('indexedDB', { open: broken });
    expect(await isWanted('film')).toBe(true);
    set('navigator', {});
    expect([await claim('record', false), await claim('record', false)]).toEqual([true, false]);
    letGo('record');
    expect(await claim('record', false)).toBe(true);
    letGo('record');
    expect(await busy()).toEqual(new Set());
  } finally {
    Reflect.deleteProperty(globalThis, 'indexedDB');
    if (own) Object.defineProperty(globalThis, 'navigator', own);
    else Reflect.deleteProperty(globalThis, 'navigator');
  }
});

test('a store is tried as far as its hosts, or the region of its bucket, and nothing is begun there', async ({ store }) => {
  const stub = createServer((_, answer) => void answer.writeHead(404).end()).listen(0, '127.0.0.1');
  await once(stub, 'listening');
  const other = `127.0.0.1:${(stub.address() as AddressInfo).port}`;
  const ask = fetch;
  const asked: string[] = [];
  let region = `${store.address}/v4/query`;
  // Qiniu's own addresses are not asked by tests.
  globalThis.fetch = (url, options) => {
    const address = String(url);
    if (!/api\.qiniu\.com|qiniuapi\.com/.test(address)) return ask(url, options);
    asked.push(address);
    return region ? ask(region + new URL(address).search, options) : Promise.reject(new TypeError('no line'));
  };
  const tried = (hosts: string[], bucket = 'onetake') => {
    const tokenUrl = `data:text/plain,${encodeURIComponent(tokenOf(store.keys.accessKey, bucket))}`;
    return tryStore({ tokenUrl, hosts, publicBase: '' }, new AbortController().signal).then(({ bucket: found }) => found, ({ fault }: StoreProblem) => fault);
  };
  try {
    expect(await tried([store.address])).toBe('onetake');
    expect(await tried([store.address, `http://${other}`])).toEqual({ field: 'hosts', kind: 'hostStatus', detail: `${other} 404` });
    await store.faults({ route: 'initiate', status: 503 });
    expect(await tried([store.address])).toEqual({ field: 'hosts', kind: 'hostStatus', detail: `${store.main} 503` });
    expect(asked).toEqual([]);
    expect(await tried([])).toBe('onetake');
    expect(asked).toEqual([`https://api.qiniu.com/v4/query?ak=${store.keys.accessKey}&bucket=onetake`]);
    expect(await tried([], 'nobody')).toEqual({ field: 'hosts', kind: 'region', detail: '' });
    region = '';
    expect(await tried([])).toEqual({ field: 'hosts', kind: 'region', detail: '' });
    expect(asked).toHaveLength(4);
    expect((await store.log()).filter(({ route, status }) => status === 200 && route !== 'discovery')).toEqual([]);
  } finally {
    globalThis.fetch = ask;
    stub.close();
  }
});

/** What another phone reads in it. */
async function scanned(code: Locator): Promise<string> {
  const picture = (await code.screenshot()).toString('base64');
  const { width, height, data } = await code.page().evaluate(async (base64) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob());
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d') as OffscreenCanvasRenderingContext2D;
    canvas.drawImage(bitmap, 0, 0);
    return { width: bitmap.width, height: bitmap.height, data: [...canvas.getImageData(0, 0, bitmap.width, bitmap.height).data] };
  }, picture);
  return decodeQR({ width, height, data: Uint8ClampedArray.from(data) });
}
