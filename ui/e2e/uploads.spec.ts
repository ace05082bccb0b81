import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from './fixtures';

const root = resolve(import.meta.dirname, '../..');
const owner = { email: 'owner@example.com', password: 'correct horse battery' };

/** A server of this test's own, which it may kill. */
async function serve(data: string, address: string): Promise<{ process: ChildProcess; origin: string; link: string | undefined }> {
  const process_ = spawn(process.env['PURVEY_BIN'] ?? join(root, 'bin/purvey'), ['serve'], {
    env: { ...process.env, PURVEY_ADDR: address, PURVEY_DATA: data, PURVEY_LOG_LEVEL: 'error', PURVEY_DATABASE_URL: '', PURVEY_STORAGE_URL: '', PURVEY_SMTP_URL: '', PURVEY_PUBLIC_URL: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  const origin = await new Promise<string>((ok, fail) => {
    process_.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const found = /listening on (\S+)/.exec(text)?.[1];
      if (found !== undefined && (address !== '127.0.0.1:0' || text.includes('owner link'))) ok(found);
    });
    process_.once('exit', (code) => fail(new Error(`the server ended with ${code}: ${text}`)));
  });
  return { process: process_, origin, link: /owner link (\S+)/.exec(text)?.[1] };
}

function kill(server: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  return new Promise((done) => {
    server.once('exit', () => done());
    server.kill(signal);
  });
}

test('an upload is paused, and survives a server that is killed and a page that is closed', async ({ browser }) => {
  test.setTimeout(90_000);
  const folder = mkdtempSync(join(tmpdir(), 'purvey-uploads-'));
  const file = join(folder, 'pack.bin');
  const sum = createHash('sha256');
  const out = openSync(file, 'w');
  for (let i = 0; i < 60; i++) {
    const piece = randomBytes(1 << 20);
    sum.update(piece);
    writeSync(out, piece);
  }
  closeSync(out);
  const digest = sum.digest('hex');

  let server = await serve(join(folder, 'data'), '127.0.0.1:0');
  try {
    const context = await browser.newContext({ baseURL: server.origin });
    await context.request.post('/admin/setup', { form: { token: new URL(server.link ?? '').searchParams.get('token') ?? '', ...owner }, headers: { Origin: server.origin } });
    await context.request.post('/admin/session', { data: owner, headers: { Origin: server.origin } });
    let page = await context.newPage();
    // A slow line, so that there is a middle.
    const line = await context.newCDPSession(page);
    const slow = (mebibytes: number) => line.send('Network.emulateNetworkConditions', { offline: false, latency: 5, downloadThroughput: -1, uploadThroughput: mebibytes << 20 });
    await slow(12);
    await page.goto('/admin/files');
    await page.getByLabel('Files to upload').setInputFiles(file);
    const bar = page.getByLabel('Progress of pack.bin').or(page.getByRole('progressbar', { name: 'Progress of pack.bin' })).first();
    const percent = async () => Number(await bar.getAttribute('aria-valuenow'));
    await expect.poll(percent).toBeGreaterThan(5);
    await page.getByRole('button', { name: 'Pause pack.bin' }).click();
    await expect(page.getByText(/paused/)).toBeVisible();
    await page.getByRole('button', { name: 'Resume pack.bin' }).click();
    await expect.poll(percent).toBeGreaterThan(15);

    // The server dies in the middle and comes back at the same address.
    await slow(2);
    await kill(server.process, 'SIGKILL');
    server = await serve(join(folder, 'data'), new URL(server.origin).host);
    await expect(page.getByText(/left/)).toBeVisible({ timeout: 40_000 });
    await expect.poll(percent, { timeout: 30_000 }).toBeGreaterThan(35);

    // The page is closed; the same file, chosen again, goes on.
    await page.close({ runBeforeUnload: false });
    page = await context.newPage();
    const patches: number[] = [];
    page.on('request', (r) => {
      if (r.method() === 'PATCH' && r.url().includes('/uploads/')) patches.push(Number(r.headers()['upload-offset']));
    });
    await page.goto('/admin/files');
    await page.getByLabel('Files to upload').setInputFiles(file);
    await expect(page.getByText('1 file uploaded').first()).toBeVisible({ timeout: 40_000 });
    expect(patches[0], 'it began where the server was').toBeGreaterThan(0);
    await expect(page.getByRole('button', { name: 'pack.bin', exact: true })).toBeVisible();

    const list = (await (await context.request.get('/public-api/v1/files')).json()) as { data: { id: string; size: number }[] };
    const [stored] = list.data;
    expect(stored?.size).toBe(60 << 20);
    const bytes = await (await context.request.get(`/public-api/v1/files/${stored?.id ?? ''}/content`)).body();
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(digest);
    await context.close();
  } finally {
    await kill(server.process, 'SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  }
});
