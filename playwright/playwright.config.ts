// End-to-end specs in Debian's Chromium with numbered cameras. One worker: two browsers on two cores would measure each other.
// Specs that measure nothing are a project of their own, which `cargo xtask test` runs with two workers. Generated cameras need
// no launch flags of their own; file clips do, so each clip is a project (kit.spec.ts uses them).

import { defineConfig } from '@playwright/test';
import { chromeArguments, chromePath } from './support/chrome.ts';

const port = Number(process.env['ONETAKE_PORT'] ?? 8180);

/**
 * Measure nothing and race with nothing: work on files, chains of filters and short uploads, calls of the store, states and refusals,
 * looks at small cameras, and what is waited for more than worked on: encoders that fail.
 */
const TOGETHER = [
  'beauty', 'camera_controls', 'compress', 'coordinates', 'drafts', 'encoder_failure', 'export_join', 'files', 'filters', 'hevc',
  'join', 'kodo', 'levels', 'lifecycle', 'looks', 'memory', 'notices', 'orientation', 'package', 'preview', 'recorder_tier',
  'seams', 'straighten', 'upload_corruptions', 'upload_hosts', 'upload_lost_answers', 'upload_secrets', 'upload_tabs',
].map((name) => `${name}.spec.ts`);
const ignored = ['artifacts/**', 'test-results/**'];

export default defineConfig({
  testDir: '.',
  projects: [
    { name: 'alone', testMatch: '*.spec.ts', testIgnore: [...ignored, ...TOGETHER.map((name) => `**/${name}`)], outputDir: 'test-results/alone' },
    { name: 'together', testMatch: TOGETHER, testIgnore: ignored, outputDir: 'test-results/together' },
  ],
  workers: 1,
  fullyParallel: false,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  // A machine shared with a build drops camera frames; a retry is legal and printed (support/retries.ts), a hidden one is not.
  retries: 2,
  reporter: [['list'], ['./support/retries.ts'], ['./support/passed-over.ts'], ['json', { outputFile: 'artifacts/results.json' }]],
  use: {
    baseURL: `http://127.0.0.1:${port}`,
    browserName: 'chromium',
    // Where no GPU is, showing a page costs the more the larger it is, and every camera here is drawn; the page's own specs say what they need.
    viewport: { width: 480, height: 320 },
    permissions: ['camera', 'microphone'],
    screenshot: 'only-on-failure',
    trace: 'off', // tracing screenshots cost the frames we count
    launchOptions: { executablePath: chromePath, args: chromeArguments },
  },
  webServer: {
    command: `../target/debug/onetake-kodo --port ${port} --root ../www/dist --pkg ../www/onetake/dist`,
    url: `http://127.0.0.1:${port}/`,
    reuseExistingServer: false,
  },
});
