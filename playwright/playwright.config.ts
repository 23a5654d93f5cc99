// End-to-end specs in Debian's Chromium with numbered cameras. One worker: two browsers on two cores would measure each other.
// Generated cameras need no launch flags of their own; file clips do, so each clip is a project (kit.spec.ts uses them).

import { defineConfig } from '@playwright/test';
import { chromeArguments, chromePath } from './support/chrome.ts';

const port = Number(process.env['ONETAKE_PORT'] ?? 8180);

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  testIgnore: ['artifacts/**', 'test-results/**'],
  workers: 1,
  fullyParallel: false,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  // A machine shared with a build drops camera frames; a retry is legal and printed (support/retries.ts), a hidden one is not.
  retries: 2,
  outputDir: 'test-results',
  reporter: [['list'], ['./support/retries.ts'], ['json', { outputFile: 'artifacts/results.json' }]],
  use: {
    baseURL: `http://127.0.0.1:${port}`,
    browserName: 'chromium',
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
