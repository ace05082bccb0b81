import { defineConfig } from '@playwright/test';

// Debian's browser; none is ever downloaded.
const executablePath = process.env['PURVEY_TEST_CHROMIUM'] ?? '/usr/bin/chromium';
const wide = { width: 1280, height: 860 };
const narrow = { width: 390, height: 844 };

export default defineConfig({
  testDir: './e2e',
  outputDir: process.env['PURVEY_E2E_OUT'] ?? '../.cache/e2e/results',
  globalSetup: './e2e/server.ts',
  fullyParallel: true,
  workers: Number(process.env['PURVEY_E2E_WORKERS'] ?? 2),
  timeout: 30_000,
  expect: { timeout: 8_000 },
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
    viewport: wide,
    trace: 'retain-on-failure',
  },
  projects: [
    { name: 'wide', grepInvert: /@look/ },
    { name: 'look-wide-light', grep: /@look/, use: { viewport: wide, colorScheme: 'light' } },
    { name: 'look-wide-dark', grep: /@look/, use: { viewport: wide, colorScheme: 'dark' } },
    { name: 'look-narrow-light', grep: /@look/, use: { viewport: narrow, colorScheme: 'light', hasTouch: true } },
    { name: 'look-narrow-dark', grep: /@look/, use: { viewport: narrow, colorScheme: 'dark', hasTouch: true } },
  ],
});
