// What a user of the npm package gets: the tarball's files, its types, and a small Vite app, bundled and in development,
// that films and exports without any configuration. What onetake does is tested elsewhere; here it must arrive whole.

import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { bundle, checkTypes, filesOf, makeApp, removeApp, Server, workspace, type App } from './support/app.ts';
import { installCameras, numberedDevices } from './support/camera.ts';
import { readFilm } from './support/film.ts';
import { exportFilm, recordTake } from './support/studio.ts';
import { expect, expectGoodFilm, test as base } from './support/test.ts';

const SMALL = { width: 640, height: 360 };
const TYPES: Record<string, string> = { js: 'text/javascript', ts: 'text/javascript', wasm: 'application/wasm' };

const test = base.extend<{ modules: Set<string> }, { app: App }>({
  app: [async ({}, use) => {
    const app = await makeApp();
    await use(app);
    removeApp(app);
  }, { scope: 'worker', timeout: 60_000 }],

  /** Gives the page its cameras and collects the addresses of wasm modules that it loads; in the end nothing may have gone wrong in it. */
  modules: async ({ page }, use) => {
    const modules = new Set<string>();
    const faults: string[] = [];
    page.on('console', (message) => message.type() === 'error' && faults.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => faults.push(`nobody caught: ${error.message}`));
    page.on('requestfailed', (request) => request.url().startsWith('http') && faults.push(`${request.url()}: ${request.failure()?.errorText}`));
    page.on('response', (response) => {
      const { pathname, protocol } = new URL(response.url());
      if (!protocol.startsWith('http')) return;
      if (pathname.endsWith('.wasm')) modules.add(pathname);
      if (response.status() === 304) return; // an answer without a body has no type
      const type = response.headers()['content-type'] ?? '';
      const wanted = TYPES[pathname.split('.').at(-1) ?? ''] ?? '';
      if (response.status() >= 400 || !type.startsWith(wanted)) faults.push(`${pathname}: ${response.status()} ${type}`);
    });
    await installCameras(page, numberedDevices(SMALL));
    await use(modules);
    expect(faults).toEqual([]);
  },
});

/** The app's own program: a take, exported. */
async function film(page: Page, address: string, path: string): Promise<void> {
  await page.goto(address);
  await page.waitForFunction(() => window.studio?.state === 'preview', undefined, { timeout: 15_000 });
  const workers = page.workers().flatMap((worker) => worker.url().match(/(?<=\/)(studio|store)(?=[-.])/)?.[0] ?? []);
  expect(workers.sort()).toEqual(['store', 'studio']);
  const segments = await recordTake(page, 1);
  const exported = await exportFilm(page, path);
  expect(segments).toHaveLength(1);
  expect(segments[0]?.frames).toBeGreaterThan(15);
  expect(exported.report).toMatchObject({ audio: 'aac', warnings: [] });
  expectGoodFilm(await readFilm(path, { camera: SMALL, fps: 30 }), exported, segments);
}

/** The ready-made camera in the same app. */
async function filmWithElement(page: Page, address: string): Promise<void> {
  await page.goto(`${address}?element`);
  const record = page.getByRole('button', { name: 'Record', exact: true });
  await record.click();
  await expect(record).toHaveAttribute('aria-pressed', 'true');
  await page.waitForTimeout(700);
  await record.click();
  await page.getByRole('button', { name: 'Done: review the clip' }).click();
  await expect(page.getByRole('button', { name: 'Save', exact: true })).toBeVisible();
}

test('the tarball holds what a user needs and nothing of the workshop', ({ app }) => {
  const files = filesOf(app.installed);
  expect(files).toEqual(expect.arrayContaining([
    'LICENSE', 'LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'package.json',
    'dist/index.js', 'dist/index.d.ts', 'dist/types.d.ts', 'dist/elements/index.js', 'dist/elements/index.d.ts',
    'dist/workers/studio.js', 'dist/workers/store.js', 'dist/workers/upload.js', 'dist/wasm/studio.js', 'dist/wasm/studio_bg.wasm',
    'dist/wasm/upload.js', 'dist/wasm/upload_bg.wasm',
    'dist/aac/encoder.js', 'dist/aac/names.js', 'dist/aac/aac.wasm', 'dist/aac/NOTICE', 'dist/aac/LICENSE-MPL-2.0', 'dist/aac/LICENSE-LGPL-2.1',
  ]));
  expect(files.filter((file) => !/^dist\/[\w/-]+(\.js|\.d\.ts|\.wasm|\.wasm\.d\.ts)$|^dist\/aac\/(NOTICE|LICENSE-[\w.-]+)$|^(LICENSE(-APACHE|-MIT)?|README\.md|package\.json)$/.test(file))).toEqual([]);
  for (const licence of ['LICENSE', 'LICENSE-APACHE', 'LICENSE-MIT']) {
    expect(readFileSync(join(app.installed, licence), 'utf8')).toBe(readFileSync(join(workspace, licence), 'utf8'));
  }
  const places = [workspace, `${homedir()}/`, '/.cargo/registry/', 'sourceMappingURL='];
  const told = files.flatMap((file) => {
    const bytes = readFileSync(join(app.installed, file));
    return places.filter((place) => bytes.includes(place)).map((place) => `${file} names ${place}`);
  });
  expect(told).toEqual([]);
});

test('its types satisfy a strict compiler that also reads the libraries', async ({ app }) => {
  expect(await checkTypes(app)).toBe('');
});

test('an app bundled by Vite films with sound in AAC: every wasm file, every worker, no configuration', async ({ app, page, modules }, info) => {
  expect(await bundle(app)).not.toMatch(/warn/i);
  const names = filesOf(join(app.folder, 'dist')).map((file) => file.replace(/-[\w-]{8}\./, '.'));
  expect(names.filter((name) => /wasm$|studio|store|upload\.js/.test(name))).toEqual(['assets/aac.wasm', 'assets/store.js', 'assets/studio.js', 'assets/studio_bg.wasm', 'assets/upload.js', 'assets/upload_bg.wasm']);
  await Server.with(app, 'preview', async (address) => {
    await film(page, address, info.outputPath('film.mp4'));
    await filmWithElement(page, address);
    await page.close();
  });
  expect(modules.size).toBe(2);
});

test('the same app films in Vite\'s development server', async ({ app, page, modules }, info) => {
  await Server.with(app, 'dev', async (address) => {
    await film(page, address, info.outputPath('film.mp4'));
    await filmWithElement(page, address);
    await page.close();
  });
  expect(modules.size).toBe(2);
});
