import { defineConfig } from '@playwright/test';

// Debian's browser; none is ever downloaded.
const executablePath = process.env['PURVEY_TEST_CHROMIUM'] ?? '/usr/bin/chromium';

export default defineConfig({
  testDir: './e2e',
  testIgnore: 'volume/**',
  outputDir: process.env['PURVEY_E2E_OUT'] ?? '../.cache/e2e/results',
  globalSetup: './e2e/server.ts',
  fullyParallel: true,
  workers: Number(process.env['PURVEY_E2E_WORKERS'] ?? 2),
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: [['list', { printSteps: false }]],
  use: {
    browserName: 'chromium',
    launchOptions: {
      executablePath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    },
    contextOptions: { reducedMotion: 'reduce' },
    locale: 'en-GB',
    timezoneId: 'Europe/Paris',
    viewport: { width: 1280, height: 860 },
    trace: 'retain-on-failure',
  },
});
