// A mail server: it keeps what it takes, and refuses for good what is addressed
// to nobody@.
import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect } from '@playwright/test';

export interface Mailbox {
  /** What PURVEY_SMTP_URL says. */
  url: string;
  /** The text of the newest mail to the address, once there is one that holds this. */
  newest: (to: string, holds: RegExp) => Promise<RegExpExecArray>;
  close: () => Promise<void>;
}

export async function mailbox(): Promise<Mailbox> {
  const mails: { to: string; text: string }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    const say = (line: string) => socket.write(`${line}\r\n`);
    let rest = '';
    let to = '';
    let data: string[] | null = null;
    const take = (line: string): void => {
      if (data !== null) {
        if (line !== '.') return void data.push(line.replace(/^\.\./, '.'));
        mails.push({ to, text: readable(data.join('\n')) });
        data = null;
        return void say('250 kept');
      }
      const word = line.slice(0, 4).toUpperCase();
      if (word === 'EHLO') say('250 mail.example');
      else if (word === 'RCPT') {
        to = /<([^>]*)>/.exec(line)?.[1] ?? '';
        say(to.startsWith('nobody@') ? `550 5.1.1 <${to}>: no such user here` : '250 ok');
      } else if (word === 'DATA') {
        data = [];
        say('354 go on');
      } else if (word === 'QUIT') socket.end('221 bye\r\n');
      else say('250 ok');
    };
    socket.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\r\n');
      rest = lines.pop() ?? '';
      lines.forEach(take);
    });
    say('220 mail.example');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    newest: async (to, holds) => {
      let found: RegExpExecArray | null = null;
      await expect(() => {
        found = mails.filter((m) => m.to === to).map((m) => holds.exec(m.text)).findLast((m) => m !== null) ?? null;
        expect(found, `a mail to ${to}`).not.toBeNull();
      }).toPass({ timeout: 20_000 });
      return found as unknown as RegExpExecArray;
    },
    close: () =>
      new Promise((done) => {
        sockets.forEach((s) => s.destroy());
        server.close(() => done());
      }),
  };
}

/** Undoes quoted-printable. */
function readable(text: string): string {
  return text.replaceAll(/=\n/g, '').replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}
