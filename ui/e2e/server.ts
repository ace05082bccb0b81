// Starts a real server on a free port with a data folder that is thrown away,
// makes its owner by the owner link, and fills the shop a little.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { request } from '@playwright/test';
import { seed } from './seed';
import type { World } from './world';

const root = resolve(import.meta.dirname, '../..');
const owner = { email: 'owner@example.com', password: 'correct horse battery' };

export interface Started {
  origin: string;
  /** Where the first owner is made. */
  link: string;
  /** Its folder. */
  data: string;
  stop: () => Promise<void>;
}

/** A server without an owner, in a folder of its own. */
export async function serve(smtp = ''): Promise<Started> {
  const data = mkdtempSync(join(tmpdir(), 'purvey-ui-'));
  const server = spawn(process.env['PURVEY_BIN'] ?? join(root, 'bin/purvey'), ['serve'], {
    env: {
      ...process.env,
      PURVEY_ADDR: '127.0.0.1:0', PURVEY_DATA: data, PURVEY_RATE_LIMITS: 'off', PURVEY_WEBHOOK_ALLOW_INSECURE: 'true', PURVEY_LOG_LEVEL: 'warn',
      PURVEY_DATABASE_URL: '', PURVEY_STORAGE_URL: '', PURVEY_SMTP_URL: smtp, PURVEY_PUBLIC_URL: '',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = async (): Promise<void> => {
    const gone = server.exitCode !== null ? Promise.resolve() : new Promise<void>((done) => server.once('exit', () => done()));
    server.kill('SIGTERM');
    await gone;
    rmSync(data, { recursive: true, force: true });
  };
  try {
    return { ...(await printed(server)), data, stop };
  } catch (e) {
    await stop();
    throw e;
  }
}

export default async function start(): Promise<() => Promise<void>> {
  const { origin, link, data, stop } = await serve();
  try {
    const http = await request.newContext({ baseURL: origin });
    const made = await http.post('/admin/setup', { form: { token: new URL(link).searchParams.get('token') ?? '', ...owner }, headers: { Origin: origin } });
    if (!made.ok()) throw new Error(`the owner was not made: ${made.status()} ${await made.text()}`);
    const signedIn = await http.post('/admin/session', { data: owner, headers: { Origin: origin } });
    if (!signedIn.ok()) throw new Error(`no sign-in: ${signedIn.status()} ${await signedIn.text()}`);
    const session = join(data, 'session.json');
    await http.storageState({ path: session });
    const world: World = { origin, owner, session, ...(await seed(http)) };
    await http.dispose();
    process.env['PURVEY_E2E_WORLD'] = JSON.stringify(world);
  } catch (e) {
    await stop();
    throw e;
  }
  return stop;
}

/** Waits for the lines that the server prints when it is ready. */
function printed(server: ChildProcess): Promise<{ origin: string; link: string }> {
  return new Promise((done, fail) => {
    let text = '';
    const timer = setTimeout(() => fail(new Error(`the server did not start; it printed:\n${text}`)), 20_000);
    server.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const origin = /listening on (\S+)/.exec(text)?.[1];
      const link = /owner link (\S+)/.exec(text)?.[1];
      if (origin !== undefined && link !== undefined) {
        clearTimeout(timer);
        done({ origin, link });
      }
    });
    server.once('error', fail);
    server.once('exit', (code) => fail(new Error(`the server ended with ${code}; it printed:\n${text}`)));
  });
}
