// What every test has: a signed-in page that fails on errors in the console,
// calls with a token, and `look`.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test as base, type Page } from '@playwright/test';
import { world, type World } from './world';

export type Call = <T = { id: string }>(method: string, path: string, body?: unknown) => Promise<T>;

interface Fixtures {
  world: World;
  /** A native call with an admin token of the live mode; gives `data`, throws what is refused. */
  api: Call;
  /** The same in sandbox. */
  sandboxApi: Call;
  /** Of pages that are seen signed out. */
  stranger: Page;
}

export const test = base.extend<Fixtures>({
  // eslint-disable-next-line no-empty-pattern
  world: async ({}, use) => use(world()),
  baseURL: async ({}, use) => use(world().origin),
  storageState: async ({}, use) => use(world().session),
  page: async ({ page }, use) => watched(page, use),
  stranger: async ({ browser, contextOptions, viewport, colorScheme, world }, use) => {
    const context = await browser.newContext({ ...contextOptions, viewport, colorScheme, baseURL: world.origin, storageState: { cookies: [], origins: [] } });
    await watched(await context.newPage(), use);
    await context.close();
  },
  api: async ({ playwright, world }, use) => {
    const http = await playwright.request.newContext({ baseURL: world.origin });
    await use(caller(http.fetch.bind(http), world.token));
    await http.dispose();
  },
  sandboxApi: async ({ playwright, world }, use) => {
    const http = await playwright.request.newContext({ baseURL: world.origin });
    await use(caller(http.fetch.bind(http), world.sandboxToken));
    await http.dispose();
  },
});

export { expect };

type Fetch = (url: string, options: { method: string; data?: unknown; headers: Record<string, string> }) => Promise<{ ok(): boolean; status(): number; text(): Promise<string> }>;

function caller(fetch: Fetch, token: string): Call {
  return async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    const answer = await fetch(`/public-api/v1${path}`, { method, headers, ...(body === undefined ? {} : { data: body }) });
    const text = await answer.text();
    if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${text}`);
    return (text === '' ? undefined : (JSON.parse(text) as { data: T }).data) as T;
  };
}

/** Lets the test use the page, then fails it for what stood in the console. */
async function watched(page: Page, use: (page: Page) => Promise<void>): Promise<void> {
  const errors: string[] = [];
  page.on('pageerror', (e) => errors.push(e.message));
  page.on('console', (m) => {
    // The browser reports each refused request; what the page makes of it is tested.
    // Pictures are taken by a script in every frame, which previews of mails do not allow.
    if (m.type() === 'error' && !/^Failed to load resource|^Blocked script execution in '(about:(blank|srcdoc)|[^']*\/preview\?[^']*)'/.test(m.text())) errors.push(m.text());
  });
  await use(page);
  expect(errors, 'errors in the console').toEqual([]);
}

const widths = { wide: { width: 1280, height: 860 }, narrow: { width: 390, height: 844 } } as const;

/**
 * Looks at the page as it is, at both widths and in both colours: no violation
 * of axe, nothing sticks out sideways, one h1. With PURVEY_SCREENSHOTS a
 * picture of each is kept in .cache/screenshots.
 */
export async function look(page: Page, name: string): Promise<void> {
  await settled(page);
  await expect(page.locator('h1')).toHaveCount(1);
  const office = (await page.locator('html[data-mantine-color-scheme]').count()) > 0; // else a page of the server's own
  for (const [width, viewport] of Object.entries(widths)) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      if (office) await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', colorScheme);
      await settled(page);
      await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
      const where = `${name}, ${width}, ${colorScheme}`;
      if (process.env['PURVEY_SCREENSHOTS']) {
        const folder = resolve(import.meta.dirname, '../../.cache/screenshots', `${width}-${colorScheme}`);
        mkdirSync(folder, { recursive: true });
        await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
      }
      // What a page is made of differs by width, its colours by scheme.
      const axe = new AxeBuilder({ page }).setLegacyMode(true);
      if ((width === 'wide') !== (colorScheme === 'light')) axe.withRules('color-contrast');
      const { violations } = await axe.analyze();
      expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 160)).join(' | ')}`), `axe: ${where}`).toEqual([]);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(wider, `sticks out sideways: ${where}`).toBeLessThanOrEqual(0);
    }
  }
  await page.setViewportSize(widths.wide);
}

/** Waits until nothing is loading any more. */
async function settled(page: Page): Promise<void> {
  await expect(page.locator('[aria-busy=true], .mantine-Skeleton-root, [role=status][aria-label=Loading]')).toHaveCount(0);
}
