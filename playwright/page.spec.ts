// The page as people use it: by names, by keyboard and by touch. Its states are also kept as pictures, in both languages and
// both sizes, in artifacts/screens; what belongs here is what a user would notice. The tools of the camera have a file of their own.

import { statSync } from 'node:fs';
import type { Page } from '@playwright/test';
import type { Messages } from '../www/onetake/src/elements/messages.ts';
import { BACK, FRONT, installCameras } from './support/camera.ts';
import { putFile } from './support/drafts.ts';
import { DESKTOP, devices, expect, keepState, Screen, test, TOUR, type Visit } from './support/screen.ts';

/** Makes exports wait: the word to the worker is held back. */
async function slowExport(page: Page, milliseconds: number): Promise<void> {
  await page.addInitScript((wait) => {
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (this: Worker, message: { command?: object }, ...rest: never[]) {
      const send = (): void => Reflect.apply(post, this, [message, ...rest]);
      if ('export' in (message.command ?? {})) setTimeout(send, wait);
      else send();
    } as typeof post;
  }, milliseconds);
}

declare global {
  interface Window {
    /** Bytes that the browser says are left on the disk. */
    room: number | undefined;
  }
}

/** Makes the disk as full as a test wants. */
async function leaveRoom(page: Page): Promise<void> {
  await page.addInitScript(() => {
    window.room = 4_200_000_000;
    StorageManager.prototype.estimate = async () => ({ quota: (window.room ?? 0) + 18_200_000, usage: 18_200_000 });
    StorageManager.prototype.persist = async () => false;
  });
}

test.describe('every state', () => {
  test('from permission to the saved film', async ({ visit }) => {
    const screen = await visit({ ...TOUR, cameras: devices({ camera: 'prompt' }), before: (page) => slowExport(page, 2500) });
    const { page, t } = screen;
    await expect(screen.button(t.turnOn)).toBeVisible();
    await keepState(screen, '01-permission');
    await screen.button(t.turnOn).click();
    await screen.ready();
    await keepState(screen, '02-ready');
    await screen.record.click();
    await expect.poll(() => screen.live()).toBeGreaterThan(1.2);
    await keepState(screen, '03-recording');
    await screen.record.click();
    await expect(screen.cells).toHaveCount(1);
    await screen.take(0.6);
    await keepState(screen, '04-paused');
    await screen.button(t.eraseLast).click();
    await expect(screen.button(t.eraseAgain)).toBeVisible();
    await keepState(screen, '05-deleting');
    await screen.button(t.eraseAgain).click();
    await expect(screen.button(t.undo)).toBeVisible();
    await keepState(screen, '06-deleted');
    await screen.button(t.undo).click();
    await expect(screen.cells).toHaveCount(2);
    await screen.button(t.countdown(0)).click();
    await screen.record.click();
    await expect(page.locator('.countdown')).toBeVisible();
    await keepState(screen, '07-countdown');
    await screen.button(t.countdownStop).click();
    await expect(screen.record).toHaveAttribute('aria-pressed', 'false');
    await screen.button(t.doneName).click();
    await expect(page.getByRole('progressbar', { name: t.joining })).toBeVisible();
    await keepState(screen, '08-exporting');
    await expect(screen.button(t.save)).toBeVisible();
    await expect(screen.button(t.pause)).toBeVisible();
    await keepState(screen, '09-review');
    await screen.button(t.save).click();
    await expect(screen.button(t.saved)).toBeVisible();
    await keepState(screen, '10-saved');
    await page.keyboard.press('?');
    await expect(page.getByRole('dialog', { name: t.help })).toBeVisible();
    await keepState(screen, '11-help');
  });

  test('what can stand in the way', async ({ visit }) => {
    const once = async (state: string, words: (t: Messages) => string, options: Visit, act?: (screen: Screen) => Promise<void>): Promise<void> => {
      const screen = await visit({ ...TOUR, ...options });
      await act?.(screen);
      await expect(screen.page.getByText(words(screen.t)).first()).toBeVisible();
      await keepState(screen, state);
    };
    const unplug = async (screen: Screen): Promise<void> => {
      await screen.ready();
      await screen.take(0.6);
      await screen.page.evaluate((front) => window.numberedCameras.unplug(front), FRONT);
    };
    const noEncoder = async (page: Page): Promise<void> => {
      await page.addInitScript(() => ['VideoEncoder', 'MediaRecorder'].forEach((name) => Reflect.deleteProperty(window, name)));
    };
    await once('20-denied', (t) => t.deniedTitle, { cameras: devices({ camera: 'denied' }) }, (screen) => screen.button(screen.t.turnOn).click());
    await once('21-microphone-denied', (t) => t.soundOffDenied, { cameras: devices({ microphoneState: 'denied' }) });
    await once('22-no-camera', (t) => t.missingTitle, { cameras: devices({ cameras: [] }) });
    await once('23-unplugged', (t) => t.safeOne, {}, unplug);
    await once('24-unsupported', (t) => t.unsupportedTitle, { before: noEncoder });
    const first = await visit(TOUR);
    await first.ready();
    const second = new Screen(await first.page.context().newPage(), TOUR.locale);
    await installCameras(second.page, devices());
    await second.page.goto(first.page.url());
    await expect(second.page.getByRole('heading', { name: second.t.elsewhereTitle })).toBeVisible();
    await keepState(second, '25-other-tab');
    await second.button(second.t.startFresh).click();
    await second.ready();
  });

  test('drafts, and a disk that fills up', async ({ visit }) => {
    const screen = await visit({ ...TOUR, before: leaveRoom });
    const { page, t } = screen;
    await screen.ready();
    await screen.button(t.drafts).click();
    await expect(page.getByText(t.draftsEmpty)).toBeVisible();
    await keepState(screen, '30-drafts-empty');
    await screen.button(t.back).click();
    await screen.ready();
    await screen.take(0.8);
    await screen.take(0.6);
    await page.reload();
    await expect(page.getByText(t.continueClip(t.segments(2), ''))).toBeVisible();
    await screen.ready();
    await keepState(screen, '31-unfinished');
    await screen.button(t.newClip).click();
    await screen.ready();
    await expect(screen.cells).toHaveCount(0);
    await screen.record.click();
    // By then the rate is measured: some 10 KB a second.
    await expect.poll(() => screen.live()).toBeGreaterThan(3);
    await page.evaluate(() => (window.room = 450_000));
    await expect(page.getByRole('alert').filter({ hasText: t.spaceLow('').slice(0, 8) })).toBeVisible();
    await keepState(screen, '32-space-low');
    await page.evaluate(() => (window.room = 0));
    await expect(page.getByText(t.spaceOut)).toBeVisible();
    await expect(screen.cells).toHaveCount(1);
    await keepState(screen, '33-space-out');
    await page.evaluate(() => (window.room = 4_200_000_000));
    await screen.button(t.drafts).click();
    await expect(screen.drafts).toHaveCount(2);
    await expect(screen.drafts.locator('canvas')).toHaveCount(2);
    await keepState(screen, '34-drafts');
    await screen.bins.first().click();
    await keepState(screen, '35-draft-deleting');
    await screen.bins.first().click();
    await expect(screen.button(t.undo)).toBeVisible();
    await keepState(screen, '36-draft-deleted');
    await screen.button(t.undo).click();
    await expect(screen.drafts).toHaveCount(2);
    await screen.button(t.storageAsk).click();
    await expect(page.getByText(t.storageRefused)).toBeVisible();
  });

  test('drafts that were cut off, and drafts that the browser took from', async ({ visit }) => {
    const screen = await visit(TOUR);
    const { page, t } = screen;
    await screen.ready();
    await screen.take(0.8);
    await screen.take(0.6);
    const draft = new URLSearchParams(new URL(page.url()).hash.slice(1)).get('draft') ?? '';
    await screen.button(t.drafts).click();
    await expect(screen.drafts).toHaveCount(1);
    await putFile(page, 'evicted', 'journal', { of: draft });
    await putFile(page, 'evicted', '2.mp4', { of: draft });
    await putFile(page, 'torn', 'journal', { of: draft, cut: 0.97 });
    for (const name of ['1.mp4', '2.mp4']) await putFile(page, 'torn', name, { of: draft });
    await screen.button(t.back).click();
    await screen.ready();
    await screen.button(t.drafts).click();
    await expect(screen.drafts.locator('canvas')).toHaveCount(3);
    const evicted = screen.drafts.filter({ hasText: t.draftLost(t.segments(1)) });
    await expect(evicted).toHaveCount(1);
    await expect(screen.drafts.filter({ hasText: t.recoveredTag })).toHaveCount(1);
    await keepState(screen, '37-drafts-recovered-evicted');
    await evicted.click();
    await screen.ready();
    await expect(page.getByText(t.lost(t.segments(1)))).toBeVisible();
    await keepState(screen, '38-evicted-opened');
    const edges = await page.locator('onetake-camera').evaluate((element) => [...(element.shadowRoot?.querySelectorAll('.tools > *') ?? [])].map((tool) => tool.getBoundingClientRect()).map(({ left, width }) => `${left} ${width}`));
    expect(new Set(edges), 'the tools stand in one column').toHaveProperty('size', 1);
  });
});

test('a tap records and a tap pauses; the bar has one cell a take and the clock goes with the media', async ({ visit }) => {
  const screen = await visit();
  await screen.ready();
  await expect(screen.button(screen.t.doneName)).toBeHidden();
  await screen.take(1);
  await screen.take(0.5);
  await expect(screen.cells).toHaveCount(2);
  const cells = await screen.cells.evaluateAll((parts) => parts.map((part) => parseFloat((part as HTMLElement).style.width)));
  const seconds = await screen.page.locator('onetake-segment-bar').evaluate((bar) => (bar as unknown as { segments: { duration: number }[] }).segments.map(({ duration }) => duration));
  // The whole bar stands for 60 seconds.
  expect(cells).toEqual(seconds.map((duration) => expect.closeTo((duration / 60) * 100, 2)));
  await expect(screen.page.getByRole('timer')).toHaveAccessibleName(/second/);
});

test('holding the button records until it is let go', async ({ visit }) => {
  const screen = await visit();
  const { page } = screen;
  await screen.ready();
  await screen.record.hover();
  await page.mouse.down();
  await expect.poll(() => screen.live()).toBeGreaterThan(0.8);
  await page.mouse.up();
  await expect(screen.record).toHaveAttribute('aria-pressed', 'false');
  await expect(screen.cells).toHaveCount(1);
});

test('everything can be done from the keyboard', async ({ visit }) => {
  const screen = await visit({ size: DESKTOP });
  const { page, t } = screen;
  await screen.ready();
  await page.keyboard.press('Space');
  await expect.poll(() => screen.live()).toBeGreaterThan(0.6);
  await page.keyboard.press('f');
  await expect(screen.cells).toHaveCount(1);
  await expect.poll(() => screen.live()).toBeGreaterThan(0.6);
  await page.keyboard.press('Space');
  await expect(screen.cells).toHaveCount(2);
  await page.keyboard.press('Space');
  await expect.poll(() => screen.live()).toBeGreaterThan(0.4);
  await page.keyboard.press('Space');
  await expect(screen.cells).toHaveCount(3);
  await page.keyboard.press('Backspace');
  await expect(screen.cells).toHaveCount(3);
  await expect(page.getByRole('alert').filter({ hasText: t.eraseAsk })).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(screen.button(t.eraseLast)).toBeVisible();
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Backspace');
  await expect(screen.cells).toHaveCount(2);
  await page.keyboard.press('Control+z');
  await expect(screen.cells).toHaveCount(3);
  await page.keyboard.press('Enter');
  await expect(screen.button(t.pause)).toBeVisible();
  await page.keyboard.press('Space');
  await expect(screen.button(t.play)).toBeVisible();
  const at = await page.locator('video[part=video]').evaluate((video) => (video as HTMLVideoElement).currentTime);
  await page.keyboard.press('ArrowLeft');
  await expect.poll(() => page.locator('video[part=video]').evaluate((video) => (video as HTMLVideoElement).currentTime)).toBeLessThanOrEqual(at);
  await page.keyboard.press('m');
  await expect(screen.button(t.mute)).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('Escape');
  await expect(screen.record).toBeVisible();
});

test('a button reached by Tab keeps Space for itself, and every one can be reached', async ({ visit }) => {
  const screen = await visit({ size: DESKTOP });
  const { page, t } = screen;
  await screen.ready();
  await screen.take(0.5);
  const reached = new Set<string>();
  for (let step = 0; step < 16; step += 1) {
    await page.keyboard.press('Tab');
    reached.add(
      await page.evaluate(() => {
        let element = document.activeElement;
        while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
        return element?.getAttribute('aria-label') ?? element?.textContent?.trim() ?? '';
      }),
    );
  }
  for (const name of [t.close, t.flip, t.photo, t.adjust, t.countdown(0), t.record, t.eraseLast, t.doneName, t.helpShort]) expect(reached).toContain(name);
  await screen.button(t.countdown(0)).focus();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Space');
  await expect(screen.button(t.countdown(3))).toHaveAttribute('aria-pressed', 'true');
  await expect(screen.record).toHaveAttribute('aria-pressed', 'false');
});

test('the focus goes along from screen to screen', async ({ visit }) => {
  const screen = await visit({ size: DESKTOP, cameras: devices({ camera: 'prompt' }) });
  const { page, t } = screen;
  await screen.button(t.turnOn).focus();
  await page.keyboard.press('Enter');
  await screen.ready();
  await expect(screen.record).toBeFocused();
  await screen.take(0.5);
  await screen.button(t.doneName).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: t.review })).toBeFocused();
  await screen.button(t.back).press('Enter');
  await expect(screen.record).toBeFocused();
  await page.keyboard.press('?');
  await page.keyboard.press('Escape');
  await expect(screen.record).toBeFocused();
});

test('a screen reader hears that it records, how long, and what was kept', async ({ visit }) => {
  const screen = await visit();
  const { t } = screen;
  await screen.ready();
  await expect(screen.spoken.filter({ hasText: t.stateReady })).toHaveCount(1);
  await screen.record.click();
  await expect(screen.spoken.filter({ hasText: t.stateRecording })).toHaveCount(1);
  await expect(screen.spoken.filter({ hasText: t.stateAt(t.spokenTime(0, 5)) })).toHaveCount(1);
  await screen.record.click();
  await expect(screen.spoken.filter({ hasText: /^Paused\. 1 segment, [5-9] seconds\.$/ })).toHaveCount(1);
});

test('an export can be given up, and the takes are still there', async ({ visit }) => {
  const screen = await visit({ before: (page) => slowExport(page, 4000) });
  const { page, t } = screen;
  await screen.ready();
  await screen.take(0.6);
  await screen.button(t.doneName).click();
  await screen.button(t.cancel).click();
  await expect(screen.record).toBeVisible();
  await expect(screen.cells).toHaveCount(1);
});

test('the film plays on a loop, can be paused and sought, and is saved as an MP4', async ({ visit }, info) => {
  const screen = await visit({ size: DESKTOP });
  const { page, t } = screen;
  await screen.ready();
  await screen.take(0.8);
  await screen.take(0.8);
  await screen.finish();
  const video = page.locator('video[part=video]');
  await expect.poll(() => video.evaluate((element) => (element as HTMLVideoElement).currentTime)).toBeGreaterThan(0.1);
  expect(await video.evaluate((element) => (element as HTMLVideoElement).loop)).toBe(true);
  expect(await video.evaluate((element) => (element as HTMLVideoElement).duration)).toBeGreaterThan(1.6);
  await video.click();
  await expect(screen.button(t.play)).toBeVisible();
  await page.getByRole('slider', { name: t.seek }).fill('1');
  await expect.poll(() => video.evaluate((element) => (element as HTMLVideoElement).currentTime)).toBeCloseTo(1, 1);
  const [download] = await Promise.all([page.waitForEvent('download'), screen.button(t.save).click()]);
  expect(download.suggestedFilename()).toMatch(/^onetake-\d{8}-\d{6}\.mp4$/);
  const path = info.outputPath('saved.mp4');
  await download.saveAs(path);
  expect(statSync(path).size).toBeGreaterThan(10_000);
});

test('a film whose sound had to be Opus says so in the review', async ({ visit }) => {
  const blocked = async (page: Page): Promise<void> => {
    await page.context().route('**/*.wasm', (route) => (route.request().url().includes('aac') ? route.abort() : route.continue()));
  };
  const screen = await visit({ ...TOUR, before: blocked });
  await screen.ready();
  await screen.take(0.6);
  await screen.finish();
  await expect(screen.page.getByRole('note').filter({ hasText: screen.t.soundOpus })).toBeVisible();
  await keepState(screen, '12-sound-opus');
});

test('a reload opens the same draft again; a new clip begins empty and Back finds the old one', async ({ visit }) => {
  const screen = await visit();
  const { page, t } = screen;
  await screen.ready();
  await screen.take(0.6);
  await screen.take(0.6);
  await page.reload();
  await screen.ready();
  await expect(screen.cells).toHaveCount(2);
  await screen.finish();
  await screen.button(t.newClip).click();
  await screen.ready();
  await expect(screen.cells).toHaveCount(0);
  await page.goBack();
  await screen.ready();
  await expect(screen.cells).toHaveCount(2);
});

test('the list goes on with a draft, deletes one after an undo was possible, and begins a new one', async ({ visit }) => {
  const screen = await visit({ size: DESKTOP });
  const { page, t } = screen;
  await screen.ready();
  await screen.take(0.6);
  await screen.button(t.drafts).click();
  await expect(screen.button(t.back)).toBeFocused();
  await screen.button(t.newClip).click();
  await screen.ready();
  await screen.take(0.6);
  await screen.take(0.6);
  await screen.button(t.drafts).click();
  await screen.drafts.filter({ hasText: t.segments(1) }).click();
  await screen.ready();
  await expect(screen.cells).toHaveCount(1);
  await screen.button(t.drafts).click();
  const bin = screen.page.locator('onetake-drafts li').filter({ hasText: t.segments(2) }).locator('.bin');
  await bin.click();
  await bin.click();
  await expect(screen.button(t.undo)).toBeVisible();
  await expect(screen.drafts).toHaveCount(1);
  // What is deleted is gone when the list is left, whatever time was left for an undo.
  await page.keyboard.press('Escape');
  await screen.ready();
  await expect(screen.cells).toHaveCount(1);
  await screen.button(t.drafts).click();
  await expect(screen.drafts).toHaveCount(1);
  await expect(screen.drafts).toContainText(t.segments(1));
});

test('a camera torn out while recording costs nothing that was filmed, and the other one goes on', async ({ visit }) => {
  const screen = await visit();
  const { page, t } = screen;
  await screen.ready();
  await screen.record.click();
  await expect.poll(() => screen.live()).toBeGreaterThan(1.5);
  await page.evaluate((front) => window.numberedCameras.unplug(front), FRONT);
  await expect(page.getByRole('heading', { name: t.lostTitle })).toBeVisible();
  await expect(page.getByText(t.safeOne)).toBeVisible();
  await screen.button(t.turnOnAgain).click();
  await screen.ready();
  await expect(screen.cells).toHaveCount(1);
  // Only the other camera is left, so there is nothing to flip to.
  await expect(screen.button(t.flip)).toBeHidden();
  await screen.take(0.5);
  await page.evaluate((back) => window.numberedCameras.unplug(back), BACK);
  await expect(page.getByText(t.safe(t.segments(2)))).toBeVisible();
});

test('a denied camera tells how to allow it, and works when it was allowed', async ({ visit }) => {
  const screen = await visit({ cameras: devices({ camera: 'denied' }) });
  const { page, t } = screen;
  await screen.button(t.turnOn).click();
  await expect(page.getByRole('listitem').filter({ hasText: t.steps.chrome[1] ?? '' })).toBeVisible();
  await page.evaluate(() => window.numberedCameras.permit('camera', 'granted'));
  await screen.button(t.tryAgain).click();
  await screen.ready();
});

test('the language can be changed and is remembered', async ({ visit }) => {
  const screen = await visit({ locale: 'zh', size: DESKTOP });
  const { page } = screen;
  await expect(page.getByRole('button', { name: '拍摄', exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Switch to English' }).click();
  await expect(page.getByRole('button', { name: 'Record', exact: true })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('button', { name: 'Record', exact: true })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
});

test('targets are at least 44 pixels, and words on the picture can be read on white', async ({ visit }) => {
  const screen = await visit();
  const { page } = screen;
  await screen.ready();
  await screen.take(0.5);
  for (const button of await page.getByRole('button').all()) {
    const box = await button.boundingBox();
    const name = await button.evaluate((element) => element.getAttribute('aria-label') ?? element.textContent?.trim());
    expect.soft(Math.min(box?.width ?? 44, box?.height ?? 44), name ?? '').toBeGreaterThanOrEqual(44);
  }
  const contrasts = await page.locator('onetake-camera').evaluate((element) =>
    [...(element.shadowRoot?.querySelectorAll('.clock, .tool, .camera .round') ?? [])].map((part) => {
      const [red = 0, green = 0, blue = 0, alpha = 1] = getComputedStyle(part).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [];
      const linear = [red, green, blue].map((value) => {
        const over = (value * alpha + 255 * (1 - alpha)) / 255;
        return over <= 0.03928 ? over / 12.92 : ((over + 0.055) / 1.055) ** 2.4;
      });
      return 1.05 / (0.2126 * (linear[0] ?? 0) + 0.7152 * (linear[1] ?? 0) + 0.0722 * (linear[2] ?? 0) + 0.05);
    }),
  );
  expect(contrasts.length).toBeGreaterThanOrEqual(5);
  expect(Math.min(...contrasts)).toBeGreaterThanOrEqual(4.5);
});

test('nothing blinks for people who asked for less motion', async ({ visit }) => {
  const screen = await visit({ context: { reducedMotion: 'reduce' } });
  const { page, t } = screen;
  await screen.ready();
  await screen.take(0.5);
  await screen.button(t.eraseLast).click();
  const names = await page.locator('onetake-segment-bar .doomed, .erase.sure').evaluateAll((parts) => parts.map((part) => getComputedStyle(part).animationName));
  expect(names).toEqual(['none', 'none']);
});

test('a phone held sideways shows every control', async ({ visit }) => {
  const screen = await visit({ size: { width: 844, height: 390 } });
  const { page, t } = screen;
  await screen.ready();
  await screen.take(0.5);
  for (const name of [t.close, t.flip, t.countdown(0), t.record, t.eraseLast, t.doneName]) await expect(screen.button(name)).toBeInViewport({ ratio: 1 });
});
