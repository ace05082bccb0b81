// A program of the merchant's: it takes webhooks, and answers as it is told.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Receiver {
  url: string;
  /** Bodies that came. */
  got: string[];
  /** The status that it answers from now on. */
  answer: number;
  close: () => Promise<void>;
}

export async function receiver(): Promise<Receiver> {
  const r: Receiver = { url: '', got: [], answer: 200, close: async () => undefined };
  const server = createServer((req, res) => {
    let body = '';
    req.on('data', (chunk: Buffer) => (body += chunk.toString()));
    req.on('end', () => {
      r.got.push(body);
      res.writeHead(r.answer, { 'Content-Type': 'application/json' }).end(r.answer < 300 ? '{"taken":true}' : '{"error":"the desk is closed"}');
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  r.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  r.close = () =>
    new Promise((done) => {
      server.closeAllConnections();
      server.close(() => done());
    });
  return r;
}
