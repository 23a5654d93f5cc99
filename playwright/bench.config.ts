// Measurements, not tests: same browser and server as the specs, no retries, one run after the other.

import { defineConfig } from '@playwright/test';
import base from './playwright.config.ts';

const { projects: _, ...rest } = base;

export default defineConfig({
  ...rest,
  testDir: 'bench',
  testMatch: '*.bench.ts',
  retries: 0,
  timeout: 300_000,
  reporter: [['list']],
});
