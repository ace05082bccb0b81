// Walks every page of the back office in a large shop and measures until the
// page is there whole: nothing loads any more. Each page is opened some times
// by its address with an empty browser cache, and some times from within the
// back office without having been seen; the median counts, below a second.
import { expect, test, type APIRequestContext, type Browser, type BrowserContext, type Page } from '@playwright/test';
import { places } from './places';

const { origin, session } = JSON.parse(process.env['PURVEY_VOLUME'] ?? '{}') as { origin: string; session: string };
const times = Number(process.env['PURVEY_VOLUME_TIMES'] ?? 3);
const most = Number(process.env['PURVEY_VOLUME_MS'] ?? 1000);
const only = process.env['PURVEY_VOLUME_ONLY'];

interface Row {
  name: string;
  path: string;
  load: number[];
  go: number[];
  slowest: { path: string; ms: number };
  errors: Set<string>;
}

test('every page is there within a second', async ({ browser, playwright }) => {
  const http = await playwright.request.newContext({ baseURL: origin, storageState: session });
  const rows: Row[] = [];
  for (const place of await places(read(http))) {
    if (only !== undefined && !`${place.name} ${place.path}`.includes(only)) continue;
    const row: Row = { ...place, load: [], go: [], slowest: { path: '', ms: 0 }, errors: new Set() };
    // Others may use the machine: what is slow is measured once more.
    for (let i = 0; i < times || (i < 3 * times && slow(row)); i++) {
      row.load.push(await inNew(browser, row, (page) => load(page, row)));
      row.go.push(await inNew(browser, row, (page) => go(page, row)));
    }
    rows.push(row);
    console.log(line(row));
  }
  console.log(`\n${head}\n${rows.map(line).join('\n')}\n`);
  expect(rows.flatMap((r) => [...r.errors].map((e) => `${r.name}: ${e}`)), 'errors').toEqual([]);
  expect(rows.filter(slow).map((r) => r.name), `slower than ${most} ms`).toEqual([]);
  await http.dispose();
});

function read(http: APIRequestContext) {
  return async <T>(path: string): Promise<T> => {
    const answer = await http.get(`/public-api/v1${path}`);
    if (!answer.ok()) throw new Error(`${path}: ${answer.status()} ${await answer.text()}`);
    return ((await answer.json()) as { data: T }).data;
  };
}

/** Runs it in a browser context without any cache. */
async function inNew(browser: Browser, row: Row, run: (page: Page) => Promise<number>): Promise<number> {
  const context: BrowserContext = await browser.newContext({ baseURL: origin, storageState: session, viewport: { width: 1280, height: 860 }, reducedMotion: 'reduce', timezoneId: 'Europe/Paris', locale: 'en-GB' });
  const page = await context.newPage();
  const wrong = (text: string): void => void row.errors.add(text.split('\n', 1)[0] ?? '');
  page.on('pageerror', (e) => wrong(e.message));
  page.on('console', (m) => m.type() === 'error' && wrong(m.text()));
  page.on('response', (r) => r.status() >= 400 && wrong(`${r.status()} ${r.url()}`));
  page.on('requestfinished', (r) => {
    const ms = r.timing().responseEnd;
    const { pathname, search } = new URL(r.url());
    if (ms > row.slowest.ms && !pathname.includes('/assets/')) row.slowest = { path: pathname.replace('/public-api/v1', '') + search, ms };
  });
  await page.addInitScript(waiter);
  try {
    return await run(page);
  } finally {
    await context.close();
  }
}

async function load(page: Page, row: Row): Promise<number> {
  await page.goto(`/admin${row.path}`, { waitUntil: 'commit' });
  return there(page, row, 0);
}

async function go(page: Page, row: Row): Promise<number> {
  await page.goto('/admin/account');
  await there(page, row, 0);
  const from = await page.evaluate((path) => {
    const now = performance.now();
    window.history.pushState(null, '', `/admin${path}`);
    window.dispatchEvent(new PopStateEvent('popstate'));
    return now;
  }, row.path);
  return there(page, row, from);
}

async function there(page: Page, row: Row, from: number): Promise<number> {
  const answer = await page.evaluate((since) => (window as unknown as { there: (from: number) => Promise<{ at: number; error: string }> }).there(since), from);
  if (answer.error !== '') row.errors.add(answer.error);
  return answer.at - from;
}

/** In the page: resolves with the instant of the first frame after which nothing was loading for a tenth of a second. */
function waiter(): void {
  const loading = '[aria-busy=true], [data-moving], .mantine-Skeleton-root, [role=status][aria-label=Loading]';
  Object.assign(window, {
    there: (from: number) =>
      new Promise((done) => {
        let since = 0;
        const look = (): void => {
          const now = performance.now();
          const whole = document.querySelector('h1') !== null && document.querySelector(loading) === null;
          if (!whole) since = 0;
          else if (since === 0) since = now;
          if (since > from && now - since > 100) done({ at: since, error: document.querySelector('main [role=alert] h2')?.textContent ?? '' });
          else if (now - from > 30_000) done({ at: now, error: 'it was never there' });
          else requestAnimationFrame(look);
        };
        // What is on its way when an address is left is seen in the next frame.
        requestAnimationFrame(() => requestAnimationFrame(look));
      }),
  });
}

const slow = (r: Row): boolean => median(r.load) > most || median(r.go) > most;

function median(of: readonly number[]): number {
  return [...of].sort((a, b) => a - b)[Math.floor(of.length / 2)] ?? Infinity;
}

const head = `${'page'.padEnd(34)} ${'load'.padStart(6)} ${'worst'.padStart(6)} ${'go to'.padStart(6)} ${'worst'.padStart(6)}   slowest call`;

function line(r: Row): string {
  const ms = (n: number): string => String(Math.round(n)).padStart(6);
  return `${r.name.padEnd(34)} ${ms(median(r.load))} ${ms(Math.max(...r.load))} ${ms(median(r.go))} ${ms(Math.max(...r.go))}   ${Math.round(r.slowest.ms)} ms ${r.slowest.path.slice(0, 90)}${slow(r) ? ' !' : ''}`;
}
