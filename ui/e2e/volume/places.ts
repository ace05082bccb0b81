// What is walked: every address, with the filters and searches of the lists.
export interface Place {
  name: string;
  /** Below /admin. */
  path: string;
}

type Read = <T>(path: string) => Promise<T>;

interface Order {
  id: string;
  name: string;
  customer: { id: string; email: string; lastname: string };
  created_at: string;
}

export async function places(read: Read): Promise<Place[]> {
  const recent = await read<Order[]>('/orders?limit=40');
  const order = some(recent[0]);
  const old = some((await read<Order[]>('/orders?sort=created_at&limit=100')).at(-1));
  const middle = some((await read<Order[]>(`/orders?limit=1&created_before=${middleOf(old, order)}`))[0]);
  const products = await read<{ id: string; orders?: number }[]>('/digital-products?limit=100');
  const top = (await read<{ top_products: { id: string }[] }>('/overview')).top_products[0]?.id ?? some(products[0]).id;
  const customers = await read<{ id: string; orders: number }[]>('/customers?limit=100');
  const regular = some(customers.sort((a, b) => b.orders - a.orders)[0]);
  const mail = some((await read<{ id: string }[]>('/messages?limit=1'))[0]);
  const file = some((await read<{ id: string; name: string }[]>('/files?limit=1'))[0]);
  const tag = (await read<{ tag: string | null; assigned: number }[]>('/license-key-tags')).sort((a, b) => b.assigned - a.assigned)[0]?.tag ?? '';
  const keys = await read<{ id: string; key: string }[]>('/license-keys?limit=1');
  const endpoints = await read<{ id: string }[]>('/webhook-endpoints');
  const day = (o: Order): string => o.created_at.slice(0, 10);
  const q = encodeURIComponent;
  const orders: [string, string][] = [
    ['by number', `search=${q(old.name)}`],
    ['by address', `search=${q(middle.customer.email)}`],
    ['by part of an address', `search=${q(middle.customer.email.split('@')[0] ?? '')}`],
    ['by name', `search=${q(middle.customer.lastname)}`],
    ['by what nobody has', 'search=zzzzqqq'],
    ['by three letters', 'search=ana'],
    ['paid', 'financial_status=PAID'],
    ['pending', 'financial_status=PENDING'],
    ['expired', 'financial_status=EXPIRED'],
    ['refunded', 'financial_status=REFUNDED'],
    ['waiting', 'line_status=processing'],
    ['failed', 'line_status=failed'],
    ['paused', 'line_status=paused'],
    ['access off', 'dl_access=disabled'],
    ['of shopify', 'source=shopify'],
    ['of an import', 'source=import'],
    ['of a product', `digital_product_id=${top}`],
    ['of a product, paused', `digital_product_id=${top}&line_status=paused`],
    ['of a day', `from=${day(middle)}&to=${day(middle)}`],
    ['of a year, refunded', `from=${day(old)}&to=${day(order)}&financial_status=REFUNDED`],
    ['searched and paid', `search=${q(middle.customer.lastname)}&financial_status=PAID`],
    ['oldest first', 'sort=created_at'],
    ['one beside', `order=${middle.id}`],
  ];
  const list: [string, string][] = [
    ['today, 28 days', ''],
    ['today, a day', '?period=today'],
    ['today, 7 days', '?period=7'],
    ['today, 90 days', '?period=90'],
    ['today, 12 months', '?period=365'],
    ['orders', '/orders'],
    ...orders.map(([name, query]): [string, string] => [`orders, ${name}`, `/orders?${query}`]),
    ['order, newest', `/orders/${order.id}`],
    ['order, of last winter', `/orders/${middle.id}`],
    ['order, oldest', `/orders/${old.id}`],
    ['order, new', '/orders/new'],
    ['requests', '/requests'],
    ['requests, all', '/requests?state=all'],
    ['customers', '/customers'],
    ['customers, by address', `/customers?search=${q(middle.customer.email)}`],
    ['customers, by name', `/customers?search=${q(middle.customer.lastname)}`],
    ['customers, by what nobody has', '/customers?search=zzzzqqq'],
    ['customer', `/customers/${middle.customer.id}`],
    ['customer, with most orders', `/customers/${regular.id}`],
    ['mail', '/mail'],
    ['mail, by address', `/mail?search=${q(middle.customer.email)}`],
    ['mail, by number', `/mail?search=${q(old.name)}`],
    ['mail, by subject', '/mail?search=your%20order'],
    ['mail, by what nobody has', '/mail?search=zzzzqqq'],
    ['mail, failed', '/mail?state=failed'],
    ['mail, queued', '/mail?state=queued'],
    ['mail, kept', '/mail?state=kept'],
    ['mail, deliveries', '/mail?kind=delivery'],
    ['mail, codes', '/mail?kind=login_code'],
    ['mail, failed and searched', `/mail?state=failed&search=${q(middle.customer.email)}`],
    ['message', `/mail/${mail.id}`],
    ['products', '/products'],
    ['products, searched', '/products?q=field'],
    ['product', `/products/${top}`],
    ['product, versions', `/products/${top}?tab=versions`],
    ['product, new', '/products/new'],
    ['files', '/files'],
    ['files, searched', '/files?q=pdf'],
    ['files, oldest first', '/files?sort=created_at'],
    ['file', `/files?file=${file.id}`],
    ['keys', '/keys'],
    ['keys, by beginning', `/keys?q=${q((keys[0]?.key ?? 'AAAA').slice(0, 5))}`],
    ['keys, by order', `/keys?q=${q(middle.name)}`],
    ['keys, by what nobody has', '/keys?q=zzzzqqq'],
    ['keys, of a tag', `/keys?tag=${q(tag)}`],
    ['keys, assigned', '/keys?assigned=true'],
    ['keys, free', '/keys?assigned=false'],
    ['keys, of a tag, free', `/keys?tag=${q(tag)}&assigned=false`],
    ['keys, oldest first', '/keys?sort=created_at'],
    ['keys, one', `/keys?key=${keys[0]?.id ?? ''}`],
    ['keys, stock', '/keys?tab=stock'],
    ['keys, waiting', '/keys?tab=waiting'],
    ['links', '/links'],
    ['assign', '/assign'],
    ['reports', '/reports'],
    ['reports, a month', `/reports?start=${monthBefore(order)}&end=${day(order)}`],
    ['reports, a year', `/reports?start=${day(old)}&end=${day(order)}`],
    ['reports, checkout sales', '/reports?type=sale'],
    ['webhooks', '/webhooks'],
    ['webhooks, deliveries', '/webhooks/deliveries'],
    ['webhooks, failed deliveries', '/webhooks/deliveries?state=failed'],
    ...(endpoints[0] ? [['webhooks, an endpoint', `/webhooks/${endpoints[0].id}`] as [string, string]] : []),
    ['connectors', '/connectors'],
    ['connectors, events', '/connectors?tab=events'],
    ['connectors, unmapped events', '/connectors?tab=events&state=unmapped'],
    ['connectors, mappings', '/connectors?tab=mappings'],
    ['tokens', '/tokens'],
    ...['', '/branding', '/sender', '/templates', '/gateways', '/policies', '/keys', '/lifetimes', '/publicala'].map((s): [string, string] => [`settings${s.replace('/', ', ')}`, `/settings${s}`]),
    ['audit', '/audit'],
    ['audit, of an order', `/audit?object_type=order&object_id=${order.id}`],
    ['audit, of an action', '/audit?action=product.updated'],
    ['members', '/members'],
    ['account', '/account'],
  ];
  return list.map(([name, path]) => ({ name, path }));
}

function some<T>(of: T | undefined): T {
  if (of === undefined) throw new Error('the shop lacks what is to be walked');
  return of;
}

function middleOf(a: Order, b: Order): string {
  return new Date((Date.parse(a.created_at) + Date.parse(b.created_at)) / 2).toISOString();
}

function monthBefore(o: Order): string {
  return new Date(Date.parse(o.created_at) - 30 * 86_400_000).toISOString().slice(0, 10);
}
