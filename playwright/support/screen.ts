// The page as a test sees it: opened as one user in a profile of its own, and its controls by what they are called.

import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test as base, type BrowserContext, type BrowserContextOptions, type Locator, type Page } from '@playwright/test';
import { messages, type Messages } from '../../www/onetake/src/elements/messages.ts';
import { expectAccessible } from './accessible.ts';
import { installCameras, numberedDevices, type CameraOptions } from './camera.ts';
import { expect } from './expect.ts';
import { watchFrames } from './open-frames.ts';
import { notePassedOver } from './passed-over.ts';

export { expect };

type Locale = 'zh' | 'en';

const SCREENS = fileURLToPath(new URL('../artifacts/screens/', import.meta.url));
const SMALL = { width: 640, height: 360 };
export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1280, height: 800 };
const SIZES = { phone: PHONE, desktop: DESKTOP };

/** How all states are toured; how else they look is kept on the way (keepState). */
export const TOUR = { locale: 'zh', size: PHONE } as const;

export const devices = (change: Partial<CameraOptions> = {}): CameraOptions => ({ ...numberedDevices(SMALL), log: false, ...change });

/** The controls of the page by what they are called. */
export class Screen {
  readonly t: Messages;

  constructor(
    readonly page: Page,
    readonly locale: Locale,
  ) {
    this.t = messages(locale);
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  get record(): Locator {
    return this.button(this.t.record);
  }

  get cells(): Locator {
    return this.page.locator('onetake-segment-bar .cell:not(.live)');
  }

  /** The rows of the list of drafts that can be opened, and their bins. */
  get drafts(): Locator {
    return this.page.locator('onetake-drafts .draft');
  }

  get bins(): Locator {
    return this.page.locator('onetake-drafts .bin');
  }

  get spoken(): Locator {
    return this.page.getByRole('status');
  }

  async ready(): Promise<void> {
    await expect(this.record).toBeVisible();
    await expect(this.page.locator('.stage video')).toBeVisible();
  }

  /** One take of at least `seconds` of media time. */
  async take(seconds = 1): Promise<void> {
    const before = await this.cells.count();
    await this.record.click();
    await expect(this.record).toHaveAttribute('aria-pressed', 'true');
    await expect.poll(() => this.live()).toBeGreaterThan(seconds);
    await this.record.click();
    await expect(this.record).toHaveAttribute('aria-pressed', 'false');
    await expect(this.cells).toHaveCount(before + 1);
  }

  /** Seconds written of the segment being recorded. */
  live(): Promise<number> {
    return this.page.locator('onetake-segment-bar').evaluate((bar) => (bar as unknown as { live: number }).live);
  }

  async finish(): Promise<void> {
    await this.button(this.t.doneName).click();
    await expect(this.button(this.t.save)).toBeVisible();
  }
}

export type Visit = { locale?: Locale; size?: { width: number; height: number }; cameras?: CameraOptions; context?: BrowserContextOptions; before?: (page: Page) => Promise<void> };

/** Opens the page as one user in one browser profile; closed with the test. */
export const test = base.extend<{ visit: (options?: Visit) => Promise<Screen> }>({
  visit: async ({ browser }, use, info) => {
    const opened: BrowserContext[] = [];
    let end = () => {};
    const over = new Promise<void>((resolve) => { end = resolve; });
    const watches: Promise<number>[] = [];
    await use(async ({ locale = 'en', size = PHONE, cameras = devices(), context = {}, before } = {}) => {
      const made = await browser.newContext({
        locale: locale === 'zh' ? 'zh-CN' : 'en-US',
        viewport: size,
        hasTouch: size === PHONE,
        permissions: ['camera', 'microphone'],
        ...context,
      });
      opened.push(made);
      watches.push(watchFrames(made, () => over, () => info.errors.length === 0));
      const page = await made.newPage();
      page.on('pageerror', (error) => expect.soft(error.message, 'an error nobody caught').toBe(''));
      await installCameras(page, cameras);
      await before?.(page);
      await page.goto('/');
      return new Screen(page, locale);
    });
    end();
    for (const count of await Promise.all(watches)) notePassedOver(info, count);
    for (const context of opened) await context.close();
  },
});

/** Keeps a state as a picture, in the language of its screen, and holds it to what axe knows of accessibility. */
export async function keepPicture({ page, locale }: Pick<Screen, 'page' | 'locale'>, state: string): Promise<void> {
  await picture(page, `${state}-${locale}`);
  await expectAccessible(page);
}

/**
 * Keeps a state as pictures of both sizes in both languages; the first and the one that is other in both are also held to what
 * axe knows. It is worded and laid out anew where it stands, as by the language button and a turned device; nothing else changes.
 */
export async function keepState({ page, locale }: Screen, state: string): Promise<void> {
  const [shape, otherShape] = page.viewportSize()?.width === PHONE.width ? (['phone', 'desktop'] as const) : (['desktop', 'phone'] as const);
  const otherLocale = locale === 'zh' ? 'en' : 'zh';
  // Some states last a moment: pictures before questions.
  await picture(page, `${state}-${shape}-${locale}`);
  await speak(page, otherLocale);
  await picture(page, `${state}-${shape}-${otherLocale}`);
  await page.setViewportSize(SIZES[otherShape]);
  await keepPicture({ page, locale: otherLocale }, `${state}-${otherShape}`);
  await speak(page, locale);
  await picture(page, `${state}-${otherShape}-${locale}`);
  await page.setViewportSize(SIZES[shape]);
  await expectAccessible(page);
}

async function speak(page: Page, locale: Locale): Promise<void> {
  await page.locator('onetake-camera').evaluate((camera, language) => (Object.assign(camera, { locale: language }) as unknown as { updateComplete: Promise<boolean> }).updateComplete, locale);
}

async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENS, { recursive: true });
  await page.screenshot({ path: `${SCREENS}${name}.png`, animations: 'disabled' });
}
