// Which Chromium runs the tests, and with which flags; shared by the configurations and by launches with a profile on disk.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type BrowserContextOptions } from '@playwright/test';

/** `ONETAKE_CHROME`, else Debian's. */
export const chromePath = process.env['ONETAKE_CHROME'] ?? '/usr/bin/chromium';

/** Fake devices, no permission prompts, software GL, and no traffic of the browser's own. */
export const chromeArguments = [
  '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--use-fake-device-for-media-stream=device-count=2,fps=30', '--use-fake-ui-for-media-stream',
  '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--autoplay-policy=no-user-gesture-required',
];

/**
 * A browser with a profile on disk, and its end. Playwright's default context is off the record: storage lives in
 * memory there, Files survive appends, flushing costs nothing; whatever tests storage must use this one.
 * Pass the `profile` of an earlier one (closed with `keep`) to start again where that ended.
 */
export async function launchProfile(options: BrowserContextOptions, { args = [], profile }: { args?: string[]; profile?: string } = {}): Promise<Profile> {
  const folder = profile ?? mkdtempSync(join(tmpdir(), 'onetake-profile-'));
  const context = await chromium.launchPersistentContext(folder, { ...options, executablePath: chromePath, args: [...chromeArguments, ...args] });
  const close = async ({ keep = false } = {}) => {
    await context.close();
    if (!keep) rmSync(folder, { recursive: true, force: true });
  };
  return { context, folder, close };
}
export type Profile = { context: BrowserContext; folder: string; close(options?: { keep?: boolean }): Promise<void> };
