// A small shop: a few products, orders of each fate, keys, an endpoint.
import type { APIRequestContext } from '@playwright/test';

interface Made {
  id: string;
  token: string;
}

export interface Seeded {
  token: string;
  sandboxToken: string;
  product: string;
  order: string;
}

export async function seed(http: APIRequestContext): Promise<Seeded> {
  const call = async (method: 'POST' | 'PATCH', path: string, data: unknown, mode = 'live'): Promise<Made> => {
    const answer = await http.fetch(`/public-api/v1${path}`, { method, data, headers: { 'Purvey-Mode': mode, 'Content-Type': 'application/json' } });
    if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${await answer.text()}`);
    return ((await answer.json()) as { data: Made }).data;
  };
  const upload = async (name: string, mimeType: string, text: string): Promise<string> => {
    const answer = await http.post('/public-api/v1/files', { multipart: { file: { name, mimeType, buffer: Buffer.from(text) } } });
    if (!answer.ok()) throw new Error(`upload ${name}: ${answer.status()} ${await answer.text()}`);
    return ((await answer.json()) as { data: Made }).data.id;
  };

  await call('PATCH', '/settings', { shop: { name: 'Night Sounds', currency: 'EUR', timezone: 'Europe/Paris' } });
  const token = (await call('POST', '/api-tokens', { name: 'warehouse sync', role: 'admin' })).token;
  const sandboxToken = (await call('POST', '/api-tokens', { name: 'staging', role: 'admin', mode: 'sandbox' }, 'sandbox')).token;
  const guide = await upload('field-guide.txt', 'text/plain', 'How to record rain.\n'.repeat(200));
  const pack = await upload('rain-loops.wav', 'audio/wav', 'RIFF'.repeat(4000));

  const product = (await call('POST', '/digital-products', { name: 'Field Recordings, Volume 1', file_ids: [guide, pack], price_cents: 1900, max_downloads: 3, download_in: 60 })).id;
  const keyed = (await call('POST', '/digital-products', { name: 'Studio Pro', access: 'LICENSE_KEY', license_key_tag: 'studio-pro', price_cents: 9900 })).id;
  await call('POST', '/license-keys', { tag: 'studio-pro', keys: ['7QK2X-MMP4R-0001A', '7QK2X-MMP4R-0002A', '7QK2X-MMP4R-0003A'] });
  const buyers: [string, string, string][] = [['ana@example.org', 'Ana', 'Núñez'], ['bo@example.net', 'Bo', 'Lindqvist'], ['chi@example.com', 'Chi', 'Okafor']];
  let order = '';
  for (const [i, [email, firstname, lastname]] of buyers.entries()) {
    const made = await call('POST', '/orders', {
      customer: { email, firstname, lastname },
      currency: 'EUR',
      lines: [{ digital_product_id: i === 1 ? keyed : product }],
      ...(i === 2 ? { financial_status: 'PENDING' } : {}),
    });
    if (i === 0) order = made.id;
  }
  await call('POST', '/orders', { customer: { email: 'trial@example.com' }, currency: 'EUR', lines: [{ digital_product_id: product }] }, 'sandbox');
  await call('POST', '/webhook-endpoints', { name: 'ERP', url: 'http://127.0.0.1:9/hooks', events: ['digital_order.purchased', 'order.refunded'] });
  return { token, sandboxToken, product, order };
}
