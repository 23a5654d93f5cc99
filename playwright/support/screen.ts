// The page as a test sees it: opened as one user in a profile of its own, and its controls by what they are called.

import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test as base, type BrowserContext, type BrowserContextOptions, type Locator, type Page } from '@playwright/test';
import { messages, type Messages } from '../../www/onetake/src/elements/messages.ts';
import { installCameras, numberedDevices, type CameraOptions } from './camera.ts';
import { watchFrames } from './open-frames.ts';

export { expect };

type Locale = 'zh' | 'en';

const SCREENS = fileURLToPath(new URL('../artifacts/screens/', import.meta.url));
const SMALL = { width: 640, height: 360 };
export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1280, height: 800 };

const SIZES = { phone: PHONE, desktop: DESKTOP };
type Shape = keyof typeof SIZES;

/** How a tour of all states is made: either language and either size once; the other size is only looked at (keepBothSizes). */
export const TOURS = [{ locale: 'zh', shape: 'phone', size: PHONE }, { locale: 'en', shape: 'desktop', size: DESKTOP }] as const;

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
    const watches: Promise<void>[] = [];
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
    await Promise.all(watches);
    for (const context of opened) await context.close();
  },
});

/** Nothing that axe finds. */
async function accessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([]);
}

/** Keeps a state as a picture, in the language of its screen, and holds it to what axe knows of accessibility. */
export async function keepPicture({ page, locale }: Screen, state: string): Promise<void> {
  await picture(page, `${state}-${locale}`);
  await accessible(page);
}

/** Keeps a state as keepPicture does, and as a picture of the other size: laid out anew, nothing else about it changes. */
export async function keepBothSizes(screen: Screen, state: string): Promise<void> {
  const { page, locale } = screen;
  const shape: Shape = page.viewportSize()?.width === PHONE.width ? 'phone' : 'desktop';
  const other: Shape = shape === 'phone' ? 'desktop' : 'phone';
  await keepPicture(screen, `${state}-${shape}`);
  await page.setViewportSize(SIZES[other]);
  await picture(page, `${state}-${other}-${locale}`);
  await page.setViewportSize(SIZES[shape]);
}

async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENS, { recursive: true });
  await page.screenshot({ path: `${SCREENS}${name}.png`, animations: 'disabled' });
}
