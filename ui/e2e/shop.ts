// What the tests of orders, mail and requests arrange and do as a buyer.
import type { APIRequest } from '@playwright/test';
import type { Call } from './fixtures';

export interface MadeOrder {
  id: string;
  name: string;
  download_url: string;
  lines: { id: string }[];
}

export async function makeProduct(api: Call, name: string, more: Record<string, unknown>): Promise<string> {
  return (await api('POST', '/digital-products', { name, price_cents: 1500, currency: 'EUR', ...more })).id;
}

export async function anyFile(api: Call): Promise<{ id: string; name: string }> {
  const found = await api<{ id: string; name: string }[]>('GET', '/files?q=rain-loops&uploaded=true');
  const file = found[0];
  if (file === undefined) throw new Error('the shop has no file');
  return file;
}

export function makeOrder(api: Call, email: string, product: string, more: Record<string, unknown> = {}): Promise<MadeOrder> {
  return api<MadeOrder>('POST', '/orders', { customer: { email, firstname: 'Dora', lastname: 'Vance', locale: 'en' }, currency: 'EUR', lines: [{ digital_product_id: product, quantity: 1 }], ...more });
}

/** Fetches a file as the buyer would. */
export async function fetchFile(request: APIRequest, order: MadeOrder, file: string): Promise<number> {
  const http = await request.newContext();
  const answer = await http.get(`${order.download_url}/files/${file}`);
  await answer.body().catch(() => undefined);
  await http.dispose();
  return answer.status();
}
