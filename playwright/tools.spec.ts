// The tools of the camera on the page, and what it says when something interrupts: a focus ring, flash, zoom, timer, ghost, dials,
// photos, the sound level, the meter, the shortest take. What they do to the camera is in camera_controls.spec.ts, what interrupts a take in interruptions.spec.ts.

import type { Page } from '@playwright/test';
import { FRONT, MICROPHONE } from './support/camera.ts';
import { installControls, installInterruptions, installShouting, type Offers } from './support/controls.ts';
import { takeRoute } from './support/routes.ts';
import { DESKTOP, expect, keepPicture, keepState, test, TOUR } from './support/screen.ts';

/** A phone's front camera with everything that the page has a tool for. */
const TOOLS: Offers = {
  [FRONT]: {
    torch: true, zoom: { min: 1, max: 5, step: 0.1 }, focusMode: ['single-shot', 'continuous'], exposureMode: ['continuous'],
    exposureCompensation: { min: -2, max: 2, step: 0.5 }, whiteBalanceMode: ['continuous', 'manual'], colorTemperature: { min: 2800, max: 6500, step: 100 },
  },
};

declare global {
  interface Window {
    /** Names of the files that were shared, a share each. */
    shared: string[][];
  }
}

const withTools = async (page: Page): Promise<void> => {
  await installControls(page, TOOLS);
  await installShouting(page);
  await installInterruptions(page);
};

/** A system that has a share sheet, whose user shares. */
const withSheet = async (page: Page): Promise<void> => {
  await withTools(page);
  await page.addInitScript(() => {
    window.shared = [];
    navigator.canShare = () => true;
    navigator.share = async ({ files = [] } = {}) => void window.shared.push(files.map(({ name }) => name));
  });
};

const hide = (page: Page, hidden: boolean) => page.evaluate((value) => window.hide(value), hidden);
const mute = (page: Page, kind: string, muted: boolean) => page.evaluate(([what, on]) => window.mute(what, on), [kind, muted] as const);
const lastSet = (page: Page) => page.evaluate(() => window.applied.at(-1)?.set ?? {});

test('the tools of the camera, and what interrupts it', async ({ visit }) => {
  const screen = await visit({ ...TOUR, before: withTools });
  const { page, t } = screen;
  const overlay = page.locator('onetake-overlay');
  await screen.ready();
  await expect(screen.button(t.flash)).toBeVisible();
  await page.locator('.stage').click({ position: { x: 150, y: 260 } });
  await expect(overlay.locator('.aim.sharp')).toBeVisible();
  await keepState(screen, '30-focus');
  await screen.take(1);
  await screen.button(t.flash).click();
  await screen.button(t.ghost).click();
  await expect(overlay.locator('.ghost.there')).toBeVisible();
  await screen.button(t.countdown(0)).click();
  await screen.button(t.zoom('1.0')).click();
  await expect(screen.button(t.zoom('2.0'))).toBeVisible();
  await keepState(screen, '31-tools-on');
  await screen.button(t.countdown(3)).click();
  await screen.record.click();
  await expect(page.locator('.countdown')).toHaveText('9');
  await keepState(screen, '32-countdown-of-10');
  await screen.button(t.countdownStop).click();
  await screen.button(t.countdown(10)).click();
  await screen.button(t.ghost).click();
  await page.evaluate(() => window.shout(true));
  await expect(page.getByText(t.tooLoud).first()).toBeVisible();
  await keepState(screen, '33-too-loud');
  await page.evaluate(() => window.shout(false));
  await screen.record.click();
  await expect.poll(() => screen.live()).toBeGreaterThan(0.6);
  await mute(page, 'audio', true);
  await expect(page.getByText(t.soundOffMuted)).toBeVisible();
  await keepState(screen, '34-microphone-muted');
  await mute(page, 'audio', false);
  await expect(page.getByText(t.soundOffMuted)).toBeHidden();
  await hide(page, true);
  await hide(page, false);
  await expect(page.getByText(t.hidden)).toBeVisible();
  await expect(screen.cells).toHaveCount(2);
  await keepState(screen, '35-was-hidden');
  await page.locator('onetake-camera').evaluate((element) => {
    Object.assign(element, { minDuration: 4 });
    (element as unknown as { newClip(): void }).newClip();
  });
  await screen.ready();
  await screen.record.click();
  await expect.poll(() => screen.live()).toBeGreaterThan(1.2);
  await screen.record.click();
  await expect(page.locator('.pill', { hasText: t.least(t.spokenTime(0, 4)) })).toBeVisible();
  await keepState(screen, '36-shortest');
  await expect(screen.cells).toHaveCount(1);
});

test('photos, the dials of the camera and the meter', async ({ visit }) => {
  const screen = await visit({ ...TOUR, before: withSheet });
  const { page, t } = screen;
  const meter = page.locator('onetake-meter');
  await screen.ready();
  await screen.button(t.photo).click();
  await expect(screen.button(t.photoSave(1))).toBeVisible();
  await keepState(screen, '40-photo');
  await screen.button(t.adjust).click();
  await page.getByRole('slider', { name: t.exposure }).fill('1');
  await page.getByRole('slider', { name: t.whiteBalance }).fill('3200');
  await expect.poll(() => lastSet(page)).toMatchObject({ exposureCompensation: 1, colorTemperature: 3200 });
  await keepState(screen, '41-dials');
  await page.getByRole('switch', { name: t.meter }).click();
  await screen.button(t.automaticName(t.whiteBalance)).click();
  await screen.button(t.adjust).click();
  await screen.button(t.photo).click();
  await screen.record.click();
  await expect.poll(() => screen.live()).toBeGreaterThan(2);
  for (const name of Object.values(t.meterReasons)) await expect(meter.getByText(name, { exact: true })).toBeVisible();
  await keepState(screen, '42-meter-recording');
  await mute(page, 'audio', true);
  await expect(page.getByText(t.soundOffMuted)).toBeVisible();
  await keepState(screen, '43-meter-and-notice');
  await screen.record.click();
  await expect(screen.cells).toHaveCount(1);
  await screen.button(t.flip).click();
  await expect(screen.button(t.flash)).toBeHidden();
  await screen.button(t.adjust).click();
  await expect(page.getByText(t.adjustNone)).toBeVisible();
  await keepState(screen, '44-no-dials');
});

test('a tap focuses where it fell, a pinch, the wheel and a thumb that slides up from the button zoom, and each has a key', async ({ visit }) => {
  const screen = await visit({ size: DESKTOP, before: withTools });
  const { page, t } = screen;
  const stage = page.locator('.stage');
  const applied = () => lastSet(page);
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
  // What rings there are, where and as of which animations: a ring stays for a second, and polling may miss it.
  await page.evaluate(() => {
    const seen: string[] = [];
    Object.assign(window, { seen });
    new MutationObserver(() => {
      const ring = document.querySelector('onetake-camera')?.shadowRoot?.querySelector('onetake-overlay')?.shadowRoot?.querySelector<HTMLElement>('.aim');
      const now = ring ? `${ring.className} ${ring.style.left} ${getComputedStyle(ring).animationName}` : '';
      if (now !== (seen.at(-1) ?? '')) seen.push(now);
    }).observe(document.querySelector('onetake-camera')?.shadowRoot?.querySelector('onetake-overlay')?.shadowRoot as ShadowRoot, { childList: true, subtree: true });
  });
  await page.locator('.stage').tap({ position: { x: 100, y: 200 } });
  await expect(page.locator('.toast', { hasText: t.focusNone })).toBeVisible();
  await expect.poll(() => page.evaluate(() => (window as unknown as { seen: string[] }).seen)).toEqual(['aim 100px aim, fade', '']);
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
  for (const name of [t.flip, t.flash, t.photo, t.adjust, t.countdown(0), t.ghost, t.zoom('1.0'), t.record, t.doneName]) await expect(screen.button(name)).toBeInViewport({ ratio: 1 });
  await keepPicture(screen, '37-sideways');
  await screen.button(t.photo).click();
  await screen.button(t.adjust).click();
  await page.getByRole('switch', { name: t.meter }).click();
  await keepPicture(screen, '45-sideways-dials');
  await screen.button(t.adjust).click();
  for (const name of [t.photos(1), t.photoSave(1), t.photoDrop(1), t.record, t.doneName]) await expect(screen.button(name)).toBeInViewport({ ratio: 1 });
  await keepPicture(screen, '46-sideways-meter');
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

test('photos are taken beside a take, which loses nothing to them; saved and shared all at once, then the next one begins anew', async ({ visit }) => {
  const screen = await visit({ size: DESKTOP, before: withSheet });
  const { page, t } = screen;
  const downloads: string[] = [];
  page.on('download', (file) => downloads.push(file.suggestedFilename()));
  await screen.ready();
  await screen.record.click();
  await expect.poll(() => screen.live()).toBeGreaterThan(0.4);
  await page.keyboard.press('p');
  await expect(screen.spoken.filter({ hasText: t.photoTaken })).toHaveCount(1);
  await expect(screen.button(t.photos(1))).toHaveAttribute('aria-expanded', 'false');
  await screen.button(t.photo).click();
  await expect(screen.button(t.photos(2))).toBeVisible();
  await expect(screen.record).toHaveAttribute('aria-pressed', 'true');
  await screen.record.click();
  await expect(screen.cells).toHaveCount(1);
  await screen.button(t.photos(2)).click();
  await screen.button(t.photoDrop(2)).click();
  await expect(screen.button(t.photoDropAgain(2))).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(screen.button(t.photos(2))).toBeFocused();
  await screen.button(t.photos(2)).click();
  await expect(screen.button(t.photoDrop(2))).toBeVisible();
  await screen.button(t.photoShare(2)).click();
  expect(await page.evaluate(() => window.shared)).toEqual([[expect.stringMatching(/^onetake-\d{8}-\d{6}\.jpg$/), expect.stringMatching(/\.jpg$/)]]);
  await screen.button(t.photo).click();
  await expect(screen.button(t.photos(1))).toBeVisible();
  await screen.button(t.photoSave(1)).click();
  await expect.poll(() => downloads).toEqual([expect.stringMatching(/^onetake-\d{8}-\d{6}\.jpg$/)]);
  await screen.button(t.photoDrop(1)).click();
  await expect(screen.button(t.photos(1))).toHaveCount(0);
  await expect(screen.spoken.filter({ hasText: t.photosDropped(1) })).toHaveCount(1);
  await expect(screen.button(t.photo)).toBeFocused();
  await expect(screen.record).toBeVisible();
});

test('more photos than a browser takes at once are all saved, and one taken meanwhile is left for the next time', async ({ visit }) => {
  const screen = await visit({ size: DESKTOP });
  const { page, t } = screen;
  let downloads = 0;
  page.on('download', () => (downloads += 1));
  await screen.ready();
  for (let photo = 1; photo <= 12; photo += 1) {
    await page.keyboard.press('p');
    await expect(screen.button(t.photos(photo))).toBeVisible();
  }
  await screen.button(t.photoSave(12)).click();
  await page.keyboard.press('p');
  await expect(page.locator('.toast', { hasText: t.savedToast })).toBeVisible();
  await expect.poll(() => downloads).toBe(12);
  await expect(screen.button(t.photos(1))).toBeVisible();
});

test('photos that were there before their column are shown without opening it, also after the page moved the camera', async ({ visit }) => {
  const screen = await visit({ size: DESKTOP });
  const { page, t } = screen;
  const shown = () => page.locator('onetake-photos img').evaluate((image) => fetch((image as HTMLImageElement).src).then(() => true, () => false));
  await screen.ready();
  await screen.button(t.photo).click();
  await expect(screen.button(t.photoSave(1))).toBeVisible();
  await page.locator('onetake-photos').evaluate((photos) => photos.parentElement?.insertBefore(photos, photos.nextSibling));
  await expect.poll(shown).toBe(true);
  await screen.button(t.close).click();
  await screen.button(t.turnOn).click();
  await screen.ready();
  await expect(screen.button(t.photos(1))).toHaveAttribute('aria-expanded', 'false');
});

test('why a photo could not be taken, or shared, is told to the application', async ({ visit }) => {
  const screen = await visit({ size: DESKTOP, before: withSheet });
  const { page, t } = screen;
  const told = () => page.evaluate(() => (window as unknown as { told: string[] }).told);
  await screen.ready();
  await page.evaluate(() => {
    const told: string[] = [];
    Object.assign(window, { told });
    document.querySelector('onetake-camera')?.addEventListener('error', (event) => told.push((event as unknown as CustomEvent<Error>).detail.message));
    navigator.share = async () => Promise.reject(new DOMException('no app answered', 'DataError'));
  });
  await screen.button(t.photo).click();
  await screen.button(t.photoShare(1)).click();
  await expect(page.locator('.toast', { hasText: t.photoShareFailed })).toBeVisible();
  await expect.poll(told).toEqual([expect.stringContaining('DataError')]);
  await page.evaluate(() => void (HTMLCanvasElement.prototype.toBlob = (made) => made(null)));
  await screen.button(t.photo).click();
  await expect(page.locator('.toast', { hasText: t.photoFailed })).toBeVisible();
  await expect.poll(told).toEqual([expect.stringContaining('DataError'), expect.stringContaining('no picture')]);
});

test('where the browser\'s own recorder films, the page offers no speed and shows no sound level', async ({ visit }) => {
  const screen = await visit({ before: (page) => takeRoute(page, 'recorder') });
  const { page, t } = screen;
  await screen.ready();
  await expect(page.locator('onetake-speed')).toHaveCount(0);
  await screen.button(t.adjust).click();
  await page.getByRole('switch', { name: t.meter }).click();
  await expect(page.locator('onetake-meter').getByText(t.meterFps, { exact: true })).toBeVisible();
  await expect(page.locator('onetake-meter').getByText(t.meterPeak, { exact: true })).toHaveCount(0);
  await screen.take(1);
});

test('a panel opened by its key gives its first control the keys that press it; opened by a click it leaves them to the camera', async ({ visit }) => {
  const screen = await visit({ size: DESKTOP });
  const { page, t } = screen;
  const meter = page.getByRole('switch', { name: t.meter });
  await screen.ready();
  await page.keyboard.press('e');
  await expect(meter).toBeFocused();
  await page.keyboard.press('Space');
  await expect(meter).toHaveAttribute('aria-checked', 'true');
  await page.keyboard.press('Enter');
  await expect(meter).toHaveAttribute('aria-checked', 'false');
  await expect(screen.record).toHaveAttribute('aria-pressed', 'false');
  await page.keyboard.press('e');
  await screen.button(t.adjust).click();
  await expect(meter).toBeFocused();
  await page.keyboard.press('Space');
  await expect.poll(() => screen.live()).toBeGreaterThan(0.4);
  await expect(meter).toHaveAttribute('aria-checked', 'false');
  await page.keyboard.press('Space');
  await expect(screen.cells).toHaveCount(1);
});

test('the dials answer to keys, go along with a flip and are gone with a camera that has none', async ({ visit }) => {
  const screen = await visit({ size: DESKTOP, before: withTools });
  const { page, t } = screen;
  const brightness = page.getByRole('slider', { name: t.exposure });
  await screen.ready();
  await page.keyboard.press('e');
  await expect(brightness).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await expect(brightness).toHaveAttribute('aria-valuetext', t.exposureAt('+1'));
  await expect.poll(() => lastSet(page)).toMatchObject({ exposureCompensation: 1 });
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  await expect.poll(() => lastSet(page)).toMatchObject({ exposureCompensation: 0 });
  await page.getByRole('slider', { name: t.whiteBalance }).fill('4000');
  await expect.poll(() => lastSet(page)).toMatchObject({ whiteBalanceMode: 'manual', colorTemperature: 4000 });
  await page.keyboard.press('Escape');
  await expect(screen.button(t.adjust)).toBeFocused();
  await page.keyboard.press('f');
  await expect(screen.button(t.flash)).toBeHidden();
  await page.keyboard.press('e');
  await expect(page.getByText(t.adjustNone)).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('f');
  await expect(screen.button(t.flash)).toBeVisible();
  await page.keyboard.press('e');
  await expect(page.getByRole('slider', { name: t.whiteBalance })).toHaveAttribute('aria-valuetext', t.whiteBalanceAt(4000));
});

test('the meter is remembered, draws by its own clock alone, counts what came in and went out, and says nothing aloud', async ({ visit }) => {
  const screen = await visit({ before: withTools });
  const { page, t } = screen;
  const meter = page.locator('onetake-meter');
  await screen.ready();
  await expect(meter).toHaveCount(0);
  await screen.button(t.adjust).click();
  await page.getByRole('switch', { name: t.meter }).click();
  await expect(meter).toBeVisible();
  await page.reload();
  await screen.ready();
  await expect(meter).toBeVisible();
  await screen.record.click();
  await expect(meter.locator('dd').first()).toHaveText(/^[1-9]\d*\.\d \/ [1-9]\d*\.\d$/);
  await expect(meter.getByText(/^−\d+\.\d dB$/)).toBeVisible();
  await screen.record.click();
  await expect(screen.cells).toHaveCount(1);
  const drawings = await page.locator('onetake-camera').evaluate(async (element) => {
    const camera = element as unknown as { requestUpdate(): void; updateComplete: Promise<boolean>; shadowRoot: ShadowRoot };
    const drawn = camera.shadowRoot.querySelector('onetake-meter') as unknown as { render(): unknown };
    const render = drawn.render.bind(drawn);
    let count = 0;
    drawn.render = () => ((count += 1), render());
    for (let turn = 0; turn < 20; turn += 1) {
      camera.requestUpdate();
      await camera.updateComplete;
    }
    return count;
  });
  expect(drawings).toBeLessThanOrEqual(1);
  expect(await meter.evaluate((element) => element.shadowRoot?.querySelectorAll('[aria-live], [role=status], [role=alert], [role=timer]').length)).toBe(0);
  await screen.button(t.adjust).click();
  await page.getByRole('switch', { name: t.meter }).click();
  await expect(meter).toHaveCount(0);
});
