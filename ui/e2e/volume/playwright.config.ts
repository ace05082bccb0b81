// The back office with a large shop, outside the usual tests: scripts/ui-volume.
import { defineConfig } from '@playwright/test';
import usual from '../../playwright.config';

export default defineConfig({
  ...usual,
  testDir: '.',
  testIgnore: [],
  outputDir: '../../../.cache/e2e/volume',
  globalSetup: './server.ts',
  workers: 1,
  timeout: 20 * 60_000,
  reporter: 'line',
  use: { ...usual.use, trace: 'off' },
});
