// Which Chromium runs the tests, and with which flags; shared by the configurations and by launches with a profile on disk.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
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

/** Kills the browser of a profile as the system does when it runs out of memory: no process of it can write anything more. */
export async function killBrowser({ context, folder }: Profile): Promise<void> {
  const gone = context.waitForEvent('close');
  const pid = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).find((name) => isBrowserOf(folder, name));
  if (pid === undefined) throw new Error(`no browser has ${folder} open`);
  process.kill(Number(pid), 'SIGKILL');
  await gone;
}

/** Its main process; those of its pages have a type. */
function isBrowserOf(folder: string, pid: string): boolean {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return words.includes(`--user-data-dir=${folder}`) && !words.some((word) => word.startsWith('--type='));
  } catch {
    return false; // it ended meanwhile
  }
}
