// Starts the demo with a large shop, or takes the one that PURVEY_VOLUME_ORIGIN
// names, and keeps the owner's session for the walk.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { request } from '@playwright/test';

const root = resolve(import.meta.dirname, '../../..');
const owner = { email: 'owner@example.com', password: 'purvey-demo-owner' };

export default async function start(): Promise<() => Promise<void>> {
  const { origin, end } = await demo();
  const folder = mkdtempSync(join(tmpdir(), 'purvey-volume-'));
  const stop = async (): Promise<void> => {
    rmSync(folder, { recursive: true, force: true });
    await end();
  };
  try {
    const http = await request.newContext({ baseURL: origin });
    const answer = await http.post('/admin/session', { data: owner, headers: { Origin: origin } });
    if (!answer.ok()) throw new Error(`no sign-in: ${answer.status()} ${await answer.text()}`);
    const session = join(folder, 'session.json');
    await http.storageState({ path: session });
    await http.dispose();
    process.env['PURVEY_VOLUME'] = JSON.stringify({ origin, session });
  } catch (e) {
    await stop();
    throw e;
  }
  return stop;
}

async function demo(): Promise<{ origin: string; end: () => Promise<void> }> {
  const there = process.env['PURVEY_VOLUME_ORIGIN'];
  if (there) return { origin: there, end: async () => undefined };
  const orders = process.env['PURVEY_DEMO_ORDERS'] ?? '100000';
  const downloads = process.env['PURVEY_DEMO_DOWNLOADS'] ?? '1000000';
  console.log(`making a shop with ${orders} orders and ${downloads} downloads`);
  const server = spawn(process.env['PURVEY_BIN'] ?? join(root, 'bin/purvey'), ['demo', '--orders', orders, '--downloads', downloads], {
    env: { ...process.env, PURVEY_ADDR: '127.0.0.1:0', PURVEY_RATE_LIMITS: 'off' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const end = async (): Promise<void> => {
    const gone = server.exitCode !== null ? Promise.resolve() : new Promise<void>((done) => server.once('exit', () => done()));
    server.kill('SIGTERM');
    await gone;
  };
  const origin = await new Promise<string>((done, fail) => {
    let text = '';
    server.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const found = /back office\s+(http\S+)\/admin,/.exec(text)?.[1];
      if (found !== undefined && text.includes('until Ctrl-C')) done(found);
    });
    server.once('error', fail);
    server.once('exit', (code) => fail(new Error(`the demo ended with ${code}; it printed:\n${text}`)));
  });
  return { origin, end };
}
