// Pictures that were taken are closed again, in every state and on every way, and nothing that is needed is collected: here
// garbage is collected by force, so that a forgotten picture must show. Every other spec is watched too (support/open-frames.ts).

import { BACK, FRONT, installCameras, numberedDevices } from './support/camera.ts';
import { collect, collecting, spiedOn } from './support/garbage.ts';
import { watchFrames } from './support/open-frames.ts';
import { takeRoute } from './support/routes.ts';
import { openBlankPage, openStudio, patchWorker, recordTake } from './support/studio.ts';
import { expect, statsOf, test } from './support/test.ts';
import type { Browser, BrowserContext, Page } from '@playwright/test';

test.use({ launchOptions: collecting });

const SMALL = { width: 640, height: 360 };
const TINY = { width: 320, height: 180 };
/** Chrome looks every ten seconds for pictures that were collected open. */
const COMPLAINT = 11_000;

/** Takes, a flip between and a flip within, until the camera is torn out. */
async function filmEverything(page: Page): Promise<void> {
  expect((await recordTake(page, 1))[0]?.frames).toBeGreaterThan(5);
  await page.evaluate(() => window.studio.camera.flip());
  await page.evaluate(() => window.studio.record());
  await page.waitForTimeout(700);
  await page.evaluate(() => window.studio.camera.flip());
  await page.waitForTimeout(700);
  await collect(page);
  await page.evaluate(() => window.studio.pause());
  await page.evaluate(() => window.studio.camera.flip());
  await page.evaluate(() => window.studio.record());
  await page.waitForTimeout(500);
  await page.evaluate((device) => window.numberedCameras.unplug(device), BACK);
  await page.waitForFunction(() => window.studio.state === 'idle' && window.studio.draft.segments.length === 4);
}

async function filmEveryWay(context: BrowserContext): Promise<void> {
  for (const { draft, prepare, ...options } of [
    { draft: 'read', size: SMALL },
    { draft: 'off-a-video', prepare: (page: Page) => takeRoute(page, 'callback'), size: TINY },
    { draft: 'drawn', mirror: { recording: true }, size: TINY },
  ]) {
    await test.step(draft, async () => {
      const page = await context.newPage();
      await prepare?.(page);
      await openBlankPage(page, { ...numberedDevices(options.size), log: false });
      await openStudio(page, { draft, ...options });
      await page.evaluate((device) => window.studio.camera.start({ deviceId: device }), FRONT);
      await collect(page);
      await filmEverything(page);
      await expect.poll(async () => (await statsOf(page)).openFrames).toBe(0);
      await collect(page);
    });
  }
  await (context.pages()[0] as Page).waitForTimeout(COMPLAINT);
}

test('pictures are closed in whatever way they are taken', ({ browser }, info) => spiedOn(browser, info, filmEveryWay));

/** A worker that forgets one picture, for as long as Chrome needs to find it. */
function forgetOne(browser: Browser, spied: boolean): Promise<unknown> {
  return browser.newContext().then((context) => watchFrames(context, async () => {
    const page = await context.newPage();
    await openBlankPage(page, { ...numberedDevices(SMALL), log: false });
    await openStudio(page, { size: SMALL });
    await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
    const studio = page.workers().find((one) => one.url().endsWith('studio.js'));
    await studio?.evaluate(() => void new VideoFrame(new Uint8Array(24), { format: 'I420', codedWidth: 4, codedHeight: 4, timestamp: 0 }));
    await collect(page);
    await page.waitForTimeout(COMPLAINT);
  }, () => true, { spied }).finally(() => context.close()));
}

/**
 * Takes, flips between and within, a camera that is refused, an encoder that dies, a worker that is lost, and the end. The second
 * device's pictures have a format that no encoder takes here (`VideoFrame.format` is null): each is refused.
 */
async function filmOnOwnDevice(page: Page): Promise<void> {
  await patchWorker(page, 'studio', `{
    const { encode } = VideoEncoder.prototype;
    VideoEncoder.prototype.encode = function (...given) {
      if (!self.dies) return encode.apply(this, given);
      self.dies = false;
      throw new DOMException('the encoder died', 'EncodingError');
    };
  }`);
  await openBlankPage(page, null);
  await openStudio(page, { size: TINY });
  const resumed = (reason: string) => page.waitForFunction((name) => window.heard.some(({ event, value }) => event === 'resumed' && (value as { reason: string }).reason === name), reason);
  const inWorker = (code: string) => page.workers().find((one) => one.url().endsWith('studio.js'))?.evaluate(code);
  const start = () => page.evaluate(() => window.studio.camera.start());
  await start();
  await recordTake(page, 0.5);
  await page.evaluate(() => window.studio.camera.flip());
  expect(await page.evaluate(() => window.studio.camera.start({ deviceId: 'nobody' }).catch(({ code }: { code: string }) => code))).toBe('camera_missing');
  await start();
  await page.evaluate(() => window.studio.record());
  await page.waitForTimeout(300);
  await inWorker('self.dies = true');
  await resumed('encoder');
  await page.evaluate(() => window.studio.camera.flip());
  await collect(page);
  await page.evaluate(() => window.studio.pause());
  expect((await statsOf(page)).openFrames).toBeLessThanOrEqual(1);
  await inWorker("setTimeout(() => { throw new Error('it died'); })");
  await resumed('worker');
  await start();
  expect((await recordTake(page, 0.5))[0]?.frames).toBeGreaterThan(1);
  await page.evaluate(() => window.studio.camera.stop());
  await expect.poll(async () => (await statsOf(page)).openFrames).toBe(0);
  await page.evaluate(() => window.studio.close());
  await collect(page);
}

test('a picture that a worker forgets is complained of, and on the browser\'s own device no line is printed at all', async ({ browser }) => {
  const context = await browser.newContext();
  // No camera of the kit's runs here, so no complaint is passed over. What is forgotten elsewhere meanwhile is told in time.
  await watchFrames(context, async () => {
    await filmOnOwnDevice(await context.newPage());
    await Promise.all([false, true].map((spied) => expect(forgetOne(browser, spied)).rejects.toThrow('pictures that nobody closed')));
  }, () => true, { every: true });
  await context.close();
});

test('a picture that a script of the page forgets is seen; one that it closes or hands on is not', async ({ browser }) => {
  for (const forgotten of [false, true]) {
    const context = await browser.newContext();
    const watched = watchFrames(context, async () => {
      const page = await context.newPage();
      await openBlankPage(page, null);
      const kinds = await page.evaluate((forget) => {
        const picture = (timestamp: number) => new VideoFrame(new Uint8Array(24), { format: 'I420', codedWidth: 4, codedHeight: 4, timestamp });
        const [closed, sent] = [picture(1), picture(2)];
        closed.clone().close();
        closed.close();
        new MessageChannel().port1.postMessage(sent, [sent]);
        if (forget) picture(3);
        return [closed, sent].map((one) => one instanceof VideoFrame);
      }, forgotten);
      expect(kinds).toEqual([true, true]);
      await collect(page);
    }, () => true);
    if (forgotten) await expect(watched).rejects.toThrow('a script of the page made and left open');
    else await watched;
    await context.close();
  }
});

test('a picture that stays open behind the page, which keeps its studio to itself, is seen', async ({ browser }) => {
  const context = await browser.newContext();
  const watched = watchFrames(context, async () => {
    const page = await context.newPage();
    await page.route(/\/studio-[^/]*\.js$/, async (route) => {
      const response = await route.fetch();
      const miscount = "const say = postMessage; postMessage = (event, ...rest) => (event.type === 'stats' && (event.stats.openFrames += 1), say(event, ...rest));";
      await route.fulfill({ response, body: `{ ${miscount} }\n${await response.text()}` });
    });
    await installCameras(page, { ...numberedDevices(SMALL), log: false });
    await page.goto('/');
    await expect(page.locator('.stage video')).toBeVisible();
    await page.waitForFunction(() => (window.openPictures?.size ?? 0) > 0);
  }, () => true, { patience: 3000 });
  await expect(watched).rejects.toThrow('open pictures of a studio without a camera');
  await context.close();
});
