// The tools of the camera on the page, and what it says when something interrupts: a focus ring, flash, zoom, timer, ghost, the
// sound level, the shortest take. What they do to the camera is in camera_controls.spec.ts, what interrupts a take in interruptions.spec.ts.

import type { Page } from '@playwright/test';
import { FRONT, MICROPHONE } from './support/camera.ts';
import { installControls, installShouting, type Offers } from './support/controls.ts';
import { DESKTOP, expect, keepPicture, PHONE, test, type Screen } from './support/screen.ts';

/** A phone's front camera with everything that the page has a tool for. */
const TOOLS: Offers = { [FRONT]: { torch: true, zoom: { min: 1, max: 5, step: 0.1 }, focusMode: ['single-shot', 'continuous'], exposureMode: ['continuous'] } };

const withTools = async (page: Page): Promise<void> => {
  await installControls(page, TOOLS);
  await installShouting(page);
  await page.addInitScript(() => {
    const open = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
    if (!open) return;
    const opened: MediaStreamTrack[] = [];
    Object.assign(window, {
      mute: (kind: string, muted: boolean) => opened.findLast((track) => track.kind === kind)?.dispatchEvent(new Event(muted ? 'mute' : 'unmute')),
      hide: (hidden: boolean) => {
        Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      },
    });
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      const stream = await open(constraints);
      opened.push(...stream.getTracks());
      return stream;
    };
  });
};

const hide = (page: Page, hidden: boolean) => page.evaluate((value) => (window as unknown as { hide(value: boolean): void }).hide(value), hidden);
const mute = (page: Page, kind: string, muted: boolean) => page.evaluate(([what, on]) => (window as unknown as { mute(kind: string, on: boolean): void }).mute(what, on), [kind, muted] as const);

for (const locale of ['zh', 'en'] as const) {
  for (const [shape, size] of [['phone', PHONE], ['desktop', DESKTOP]] as const) {
    const look = (screen: Screen, state: string) => keepPicture(screen, `${state}-${shape}`);

    test(`the tools of the camera, and what interrupts it, ${locale}, ${shape}`, async ({ visit }) => {
      const screen = await visit({ locale, size, before: withTools });
      const { page, t } = screen;
      const overlay = page.locator('onetake-overlay');
      await screen.ready();
      await expect(screen.button(t.flash)).toBeVisible();
      await page.locator('.stage').click({ position: { x: 150, y: 260 } });
      await expect(overlay.locator('.aim.sharp')).toBeVisible();
      await look(screen, '30-focus');
      await screen.take(1);
      await screen.button(t.flash).click();
      await screen.button(t.ghost).click();
      await expect(overlay.locator('.ghost.there')).toBeVisible();
      await screen.button(t.countdown(0)).click();
      await screen.button(t.zoom('1.0')).click();
      await expect(screen.button(t.zoom('2.0'))).toBeVisible();
      await look(screen, '31-tools-on');
      await screen.button(t.countdown(3)).click();
      await screen.record.click();
      await expect(page.locator('.countdown')).toHaveText('9');
      await look(screen, '32-countdown-of-10');
      await screen.button(t.countdownStop).click();
      await screen.button(t.countdown(10)).click();
      await screen.button(t.ghost).click();
      await page.evaluate(() => window.shout(true));
      await expect(page.getByText(t.tooLoud).first()).toBeVisible();
      await look(screen, '33-too-loud');
      await page.evaluate(() => window.shout(false));
      await screen.record.click();
      await expect.poll(() => screen.live()).toBeGreaterThan(0.6);
      await mute(page, 'audio', true);
      await expect(page.getByText(t.soundOffMuted)).toBeVisible();
      await look(screen, '34-microphone-muted');
      await mute(page, 'audio', false);
      await expect(page.getByText(t.soundOffMuted)).toBeHidden();
      await hide(page, true);
      await hide(page, false);
      await expect(page.getByText(t.hidden)).toBeVisible();
      await expect(screen.cells).toHaveCount(2);
      await look(screen, '35-was-hidden');
      await page.locator('onetake-camera').evaluate((element) => {
        Object.assign(element, { minDuration: 4 });
        (element as unknown as { newClip(): void }).newClip();
      });
      await screen.ready();
      await screen.record.click();
      await expect.poll(() => screen.live()).toBeGreaterThan(1.2);
      await screen.record.click();
      await expect(page.locator('.pill', { hasText: t.least(t.spokenTime(0, 4)) })).toBeVisible();
      await look(screen, '36-shortest');
      await expect(screen.cells).toHaveCount(1);
    });
  }
}

test('a tap focuses where it fell, a pinch, the wheel and a thumb that slides up from the button zoom, and each has a key', async ({ visit }) => {
  const screen = await visit({ size: DESKTOP, before: withTools });
  const { page, t } = screen;
  const stage = page.locator('.stage');
  const applied = () => page.evaluate(() => window.applied.at(-1)?.set ?? {});
  await screen.ready();
  const box = await stage.boundingBox();
  if (!box) throw new Error('no stage');
  // The preview is mirrored: what is left on the screen is right for the camera.
  await page.mouse.click(box.x + box.width / 4, box.y + box.height / 4);
  await expect(page.locator('onetake-overlay .aim.sharp')).toBeVisible();
  await expect(screen.spoken.filter({ hasText: t.focused })).toHaveCount(1);
  const { pointsOfInterest: [point] = [] } = (await applied()) as { pointsOfInterest?: { x: number; y: number }[] };
  expect(point?.x).toBeGreaterThan(0.55);
  expect(point?.x).toBeLessThan(0.6);
  expect(point?.y).toBeCloseTo(0.25, 2);
  await expect(page.locator('onetake-overlay .aim')).toHaveCount(0);
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.wheel(0, -400);
  await expect(screen.button(t.zoom('1.9'))).toBeVisible();
  // Two fingers, from 100 to 250 pixels apart.
  await stage.evaluate((element) => {
    const finger = (type: string, id: number, x: number) => element.dispatchEvent(new PointerEvent(type, { pointerId: id, pointerType: 'touch', button: type === 'pointermove' ? -1 : 0, clientX: x, clientY: 300, bubbles: true }));
    element.setPointerCapture = () => undefined;
    finger('pointerdown', 11, 400);
    finger('pointerdown', 12, 500);
    finger('pointermove', 12, 650);
    finger('pointerup', 12, 650);
    finger('pointerup', 11, 400);
  });
  await expect(screen.button(t.zoom('4.7'))).toBeVisible();
  await expect(page.locator('onetake-overlay .aim')).toHaveCount(0);
  await page.keyboard.press('-');
  await expect(screen.button(t.zoom('4.0'))).toBeVisible();
  await screen.button(t.zoom('4.0')).click();
  await screen.button(t.zoom('1.0')).click();
  await expect(screen.button(t.zoom('2.0'))).toBeVisible();
  await page.keyboard.press('t');
  await expect(screen.button(t.flash)).toHaveAttribute('aria-pressed', 'true');
  expect(await applied()).toMatchObject({ torch: true, zoom: 2 });
  await page.keyboard.press('c');
  await page.keyboard.press('c');
  await expect(screen.button(t.countdown(10))).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('c');
  await page.keyboard.press('a');
  await expect(page.locator('onetake-overlay .aim')).toBeVisible();
  const button = await screen.record.boundingBox();
  if (!button) throw new Error('no button');
  await page.mouse.move(button.x + 40, button.y + 40);
  await page.mouse.down();
  await expect.poll(() => screen.live()).toBeGreaterThan(0.4);
  await page.mouse.move(button.x + 40, button.y - 90, { steps: 5 });
  await expect(screen.button(t.zoom('4.5'))).toBeVisible();
  await page.mouse.up();
  await expect(screen.cells).toHaveCount(1);
  await page.keyboard.press('g');
  await expect(page.locator('onetake-overlay .ghost.there')).toBeVisible();
  await page.keyboard.press('Space');
  await expect(page.locator('onetake-overlay .ghost')).toHaveCount(0);
  await expect.poll(() => screen.live()).toBeGreaterThan(0.4);
  await page.keyboard.press('Space');
  await expect(page.locator('onetake-overlay .ghost.there')).toBeVisible();
  // The other camera has none of it: its tools go, and come back with the first one, as they were.
  await page.keyboard.press('f');
  await expect(screen.button(t.flash)).toBeHidden();
  await page.keyboard.press('f');
  await expect(screen.button(t.flash)).toHaveAttribute('aria-pressed', 'true');
  await expect(screen.button(t.zoom('4.5'))).toBeVisible();
});

test('a camera that cannot be pointed says so once, and a microphone torn out says first that the recording goes on', async ({ visit }) => {
  const screen = await visit();
  const { page, t } = screen;
  await screen.ready();
  await expect(screen.button(t.flash)).toBeHidden();
  await page.locator('.stage').tap({ position: { x: 100, y: 200 } });
  await expect(page.locator('.toast', { hasText: t.focusNone })).toBeVisible();
  await expect(page.locator('onetake-overlay .aim')).toHaveCount(0);
  await screen.record.click();
  await expect.poll(() => screen.live()).toBeGreaterThan(0.5);
  await page.evaluate((microphone) => window.numberedCameras.unplug(microphone), MICROPHONE);
  await expect(page.getByRole('alert').filter({ hasText: `${t.recordingOn} ${t.soundOffMissing}` })).toBeVisible();
  await expect(screen.record).toHaveAttribute('aria-pressed', 'true');
  await screen.record.click();
  await expect(screen.cells).toHaveCount(1);
});

test('the tools fit a phone held sideways, and the focus ring keeps still for people who asked for less motion', async ({ visit }) => {
  const screen = await visit({ size: { width: 844, height: 390 }, context: { reducedMotion: 'reduce' }, before: withTools });
  const { page, t } = screen;
  await screen.ready();
  await page.locator('.stage').click({ position: { x: 100, y: 150 } });
  expect(await page.locator('onetake-overlay .aim').evaluate((ring) => getComputedStyle(ring).animationName)).toBe('none');
  await screen.take(0.5);
  for (const name of [t.flip, t.flash, t.countdown(0), t.ghost, t.zoom('1.0'), t.record, t.doneName]) await expect(screen.button(name)).toBeInViewport({ ratio: 1 });
  await keepPicture(screen, '37-sideways');
});

test('a permission taken away while filming says first that the take is safe, then how to allow the camera', async ({ visit }) => {
  const screen = await visit();
  const { page, t } = screen;
  await screen.ready();
  await screen.record.click();
  await expect.poll(() => screen.live()).toBeGreaterThan(0.6);
  await page.evaluate(async (front) => {
    window.numberedCameras.permit('camera', 'denied');
    await window.numberedCameras.unplug(front);
  }, FRONT);
  await expect(page.getByRole('heading', { name: t.deniedTitle })).toBeVisible();
  await expect(page.getByText(t.safeOne)).toBeVisible();
  await expect(page.getByRole('listitem').filter({ hasText: t.steps.chrome[1] ?? '' })).toBeVisible();
});
