// What a member without the role of an admin sees: every page, without an error.
import { expect, look, test } from './fixtures';
import { makeOrder } from './shop';

const theirs = ['', '/orders', '/orders/new', '/fulfilment', '/requests', '/customers', '/mail', '/products', '/products/new', '/files', '/keys', '/keys?tab=stock', '/keys?tab=waiting', '/links', '/assign', '/account'];
const admins = ['/reports', '/connectors', '/webhooks', '/webhooks/deliveries', '/tokens', '/settings', '/settings/templates', '/members', '/audit'];

test('a member sees every page that is theirs, and is told of the others', async ({ page: _, stranger: page, api, world }) => {
  test.slow();
  const order = await makeOrder(api, 'member@walk.example', world.product);
  const { customer } = await api<{ customer: { id: string } }>('GET', `/orders/${order.id}`);
  const mail = (await api<{ id: string }[]>('GET', `/messages?order_id=${order.id}`))[0];
  const { invitation_url: link } = await api<{ invitation_url: string }>('POST', '/members', { email: 'mo@example.com', name: 'Mo', role: 'member' });
  await page.goto(new URL(link).pathname);
  await page.getByLabel('Your name').fill('Mo');
  await page.getByLabel(/^Password/).fill('eight silent herons');
  await page.getByRole('button', { name: 'Join' }).click();
  await expect(page.getByRole('button', { name: 'Account of Mo' })).toBeVisible();

  const refused: string[] = [];
  page.on('response', (r) => r.status() >= 400 && refused.push(`${r.status()} ${r.request().method()} ${r.url()} on ${page.url()}`));
  const walk = [...theirs, `/orders/${order.id}`, `/orders?order=${order.id}`, `/customers/${customer.id}`, `/mail/${mail?.id ?? ''}`, `/products/${world.product}`, `/products/${world.product}?tab=versions`];
  for (const path of walk) {
    await page.goto(`/admin${path}`);
    await expect(page.locator('h1')).toHaveCount(1);
    await expect(page.locator('[aria-busy=true], .mantine-Skeleton-root, [role=status][aria-label=Loading]')).toHaveCount(0);
    await expect(page.getByText('Not for your role')).toHaveCount(0);
  }
  for (const path of admins) {
    await page.goto(`/admin${path}`);
    await expect(page.getByRole('heading', { level: 1, name: 'Not for your role' })).toBeVisible();
  }
  await look(page, 'not-for-members');
  expect(refused, 'calls that were refused').toEqual([]);

  // What needs an admin is not offered.
  const nav = page.getByRole('navigation');
  for (const name of ['Reports', 'Stores', 'Webhooks', 'API tokens', 'Settings', 'Members', 'Audit log']) {
    await expect(nav.getByRole('link', { name, exact: true })).toHaveCount(0);
  }
  await page.goto('/admin/orders');
  await expect(page.getByRole('link', { name: 'Export CSV' })).toHaveCount(0);
  await page.goto(`/admin/products/${world.product}`);
  await page.getByRole('button', { name: 'More actions' }).click();
  await expect(page.getByRole('menuitem', { name: 'Archive' })).toBeVisible();
  await expect(page.getByRole('menuitem', { name: /test download/i })).toHaveCount(0);

  // Times are the shop's, not the browser's.
  await page.goto(`/admin/orders/${order.id}`);
  await page.locator('main time').first().hover();
  await expect(page.getByRole('tooltip')).toContainText(/CES?T|GMT\+/);
});
