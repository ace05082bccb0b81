// What other vendors' dashboards can do: closing the shop, trying credentials,
// secrets made here, download tokens, customers kept out, the queue of work.
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { expect, look, test } from './fixtures';
import { anyFile, fetchFile, makeOrder, makeProduct } from './shop';

test('an owner closes a shop, still sees it, and opens it again', async ({ page, world }) => {
  const name = `closing-${Date.now()}`;
  execFileSync(process.env['PURVEY_BIN'] ?? join(resolve(import.meta.dirname, '../..'), 'bin/purvey'), ['shop', 'create', name], {
    env: { ...process.env, PURVEY_DATA: dirname(world.session), PURVEY_DATABASE_URL: '', PURVEY_STORAGE_URL: '' },
  });
  await page.goto('/admin/settings');
  await page.getByRole('button', { name: /^Shop: / }).click();
  await page.getByRole('menuitem', { name }).click();
  const section = page.getByRole('region', { name: 'Open or closed' });
  await section.getByRole('button', { name: 'Close the shop' }).click();
  const dialog = page.getByRole('dialog', { name: `Close ${name}?` });
  await dialog.getByRole('textbox').fill((await dialog.locator('strong').innerText()).trim());
  await dialog.getByRole('button', { name: 'Close the shop' }).click();
  await expect(page.getByText('The shop is closed.', { exact: true })).toBeVisible();
  await look(page, 'settings-closed');
  await page.getByLabel('Name', { exact: true }).fill('Another name');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'the shop is closed' })).toBeVisible();
  await page.getByRole('button', { name: 'Discard' }).click();
  await section.getByRole('button', { name: 'Open the shop' }).click();
  await expect(section.getByText('Open', { exact: true })).toBeVisible();
  await expect(page.getByText('The shop is closed.', { exact: true })).toHaveCount(0);
});

test('the credentials of a gateway are tried', async ({ page, api }) => {
  const vendor = createServer((req, res) => {
    res.setHeader('Content-Type', 'application/json');
    if (req.headers.authorization === 'Bearer sk_test_e2e') {
      res.end('{"object":"list","data":[],"has_more":false}');
    } else {
      res.statusCode = 401;
      res.end('{"error":{"type":"invalid_request_error"}}');
    }
  });
  await new Promise<void>((done) => vendor.listen(0, '127.0.0.1', done));
  const at = `http://127.0.0.1:${(vendor.address() as AddressInfo).port}`;
  await api('PATCH', '/settings', { gateways: { stripe: { api_base: at, secret_key: 'sk_test_wrong' } } });
  await page.goto('/admin/settings/gateways');
  const section = page.getByRole('region', { name: 'Try the credentials' });
  await section.getByRole('button', { name: 'Check Stripe' }).click();
  await expect(section.getByText('Stripe does not know these credentials.')).toBeVisible();
  await api('PATCH', '/settings', { gateways: { stripe: { secret_key: 'sk_test_e2e' } } });
  await section.getByRole('button', { name: 'Check Stripe' }).click();
  await expect(section.getByText('Stripe knows you')).toBeVisible();
  await look(page, 'settings-gateways-checked');
  await api('PATCH', '/settings', { gateways: { stripe: { api_base: null, secret_key: null } } });
  vendor.close();
});

test('the webhook of Publica.la is set up with a made key, tested, and seen with the others', async ({ page, api }) => {
  const heard: string[] = [];
  const receiver = createServer((req, res) => {
    let body = '';
    req.on('data', (chunk: Buffer) => (body += chunk.toString()));
    req.on('end', () => {
      heard.push(body);
      res.end('ok');
    });
  });
  await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done));
  await page.goto('/admin/settings/publicala');
  await page.getByLabel('Webhook address').fill(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}/sales`);
  await page.getByRole('button', { name: 'Make a secret for Key of the webhook' }).click();
  await expect(page.getByTestId('made-secret')).toHaveText(/^[A-Za-z0-9]{32}$/);
  await look(page, 'settings-secret-made');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByTestId('made-secret')).toHaveCount(0);
  const section = page.getByRole('region', { name: 'Webhook', exact: true });
  await section.getByRole('button', { name: 'Send test' }).click();
  const drawer = page.getByRole('dialog');
  await expect(drawer.getByText('Delivered').first()).toBeVisible({ timeout: 20_000 });
  expect(JSON.parse(heard[0] ?? '{}')).toHaveProperty('json.token_type', 'jwt');
  await page.keyboard.press('Escape');
  await page.goto('/admin/webhooks');
  await page.getByRole('link', { name: 'Publica.la, from the settings' }).click();
  await expect(page.getByRole('link', { name: 'Change in the settings' })).toBeVisible();
  await look(page, 'webhook-publicala');
  await api('PATCH', '/settings', { publicala: { webhook_url: null, webhook_key: null } });
  receiver.close();
});

test('a download token is generated for somebody without an order', async ({ page, api, stranger }) => {
  const file = await anyFile(api);
  const product = await makeProduct(api, 'Press kit', { file_ids: [file.id] });
  await page.goto(`/admin/products/${product}`);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Generate a download token' }).click();
  const dialog = page.getByRole('dialog', { name: 'Generate a download token' });
  await dialog.getByLabel('Copies of each file').fill('1');
  await dialog.getByLabel('Their name').fill('Pat Reviewer');
  await dialog.getByLabel('Their e-mail').fill('pat@example.org');
  await look(page, 'download-token-new');
  await dialog.getByRole('button', { name: 'Generate token' }).click();
  const url = await page.getByTestId('token-url').innerText();
  await look(page, 'download-token');
  await page.getByRole('button', { name: 'Done' }).click();
  await stranger.goto(url);
  await expect(stranger.getByText(file.name).first()).toBeVisible();
  await page.getByRole('tab', { name: 'Files and versions' }).click();
  const opened = page.waitForEvent('popup');
  await page.getByRole('button', { name: /^Test download of/ }).click();
  await expect((await opened).getByText(file.name).first()).toBeVisible();
});

test('a product names its articles in stores', async ({ page, api }) => {
  const product = await makeProduct(api, 'Mapped here', {});
  const key = `SKU-${Date.now()}`;
  await page.goto(`/admin/products/${product}?tab=stores`);
  await page.getByLabel('Key in the store').fill(key);
  await page.getByRole('button', { name: 'Map', exact: true }).click();
  const list = page.getByRole('list', { name: 'Mapped articles' });
  await expect(list.getByText(key)).toBeVisible();
  await look(page, 'product-stores');
  await list.getByRole('button', { name: `Delete the mapping of ${key}` }).click();
  await expect(page.getByText('No article of a store is mapped to it yet.')).toBeVisible();
});

test('a customer is kept out, and let in again', async ({ page, api, playwright }) => {
  const file = await anyFile(api);
  const product = await makeProduct(api, 'Kept out', { file_ids: [file.id] });
  const order = await makeOrder(api, `out-${Date.now()}@example.org`, product);
  const { customer } = await api<{ customer: { id: string } }>('GET', `/orders/${order.id}`);
  await page.goto(`/admin/customers/${customer.id}`);
  await page.getByRole('button', { name: 'Deactivate' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Deactivate' }).click();
  await expect(page.getByText('they cannot sign in')).toBeVisible();
  await look(page, 'customer-deactivated');
  expect(await fetchFile(playwright.request, order, file.id)).toBe(403);
  await page.goto(`/admin/orders/${order.id}`);
  await expect(page.getByText('The customer is deactivated')).toBeVisible();
  await page.getByRole('link', { name: 'Reactivate them' }).click();
  await page.getByRole('button', { name: 'Reactivate' }).click();
  await expect(page.getByText('they cannot sign in')).toHaveCount(0);
  expect(await fetchFile(playwright.request, order, file.id)).toBe(200);
});

test('what is not given out stands in the queue, with what it waits for', async ({ page, api }) => {
  const product = await makeProduct(api, 'Made to measure', { delivering_type: 'UNIQUE' });
  const reference = `HL-${Date.now()}`;
  const order = await makeOrder(api, 'queue@example.org', product, { external_reference: reference });
  await page.goto('/admin/fulfilment');
  await look(page, 'fulfilment');
  await page.getByLabel('Search', { exact: true }).fill(reference);
  const row = page.getByRole('row', { name: new RegExp(order.name) });
  await expect(row).toContainText('Waits for the files of this customer.');
  await row.getByRole('link', { name: /^Assign files/ }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText(order.name);
});

test('an order’s line tells its addresses', async ({ page, api }) => {
  const file = await anyFile(api);
  const order = await makeOrder(api, 'urls@example.org', await makeProduct(api, 'Addressed', { file_ids: [file.id] }));
  await page.goto(`/admin/orders/${order.id}`);
  await page.getByRole('button', { name: 'Remedies for Addressed' }).click();
  await page.getByRole('menuitem', { name: 'Fresh addresses' }).click();
  const dialog = page.getByRole('dialog', { name: 'Addresses of Addressed' });
  await expect(dialog.getByRole('link').first()).toHaveAttribute('href', /^http/);
  await look(page, 'order-line-addresses');
});

test('tokens are narrowed by mode, and a new one is tried in the reference', async ({ page }) => {
  await page.goto('/admin/tokens');
  await page.getByRole('combobox', { name: 'Mode of tokens' }).click();
  await page.getByRole('option', { name: 'Sandbox' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'Live' })).toHaveCount(0);
  await page.getByRole('button', { name: 'New token' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('tried in the reference');
  await dialog.getByRole('button', { name: 'Create token' }).click();
  const secret = await page.getByTestId('secret').innerText();
  const opened = page.waitForEvent('popup');
  await page.getByRole('button', { name: 'Try it in the API reference' }).click();
  const reference = await opened;
  await reference.goto(`${reference.url().split('#')[0] ?? ''}#/operations/listOrders`);
  await expect(reference.getByLabel('Token', { exact: false }).first()).toHaveValue(new RegExp(secret), { timeout: 20_000 });
});

test('a file is replaced in the products that give it', async ({ page, api }) => {
  const [old, other] = await api<{ id: string; name: string }[]>('GET', '/files?uploaded=true');
  if (old === undefined || other === undefined) throw new Error('the shop has too few files');
  const name = `Replaced in ${Date.now()}`;
  const product = await makeProduct(api, name, { file_ids: [old.id] });
  await page.goto('/admin/files');
  await page.getByRole('button', { name: old.name, exact: true }).first().click();
  await page.getByRole('button', { name: 'Replace' }).click();
  const dialog = page.getByRole('dialog', { name: `Replace ${old.name}` });
  for (const box of await dialog.getByRole('group', { name: 'Products' }).getByRole('checkbox').all()) await box.uncheck();
  await dialog.getByLabel(name).check();
  await dialog.getByRole('button', { name: 'Choose or upload a file' }).click();
  const picker = page.getByRole('dialog', { name: 'Choose one file' });
  await picker.getByRole('checkbox', { name: other.name }).first().check();
  await picker.getByRole('button', { name: 'Choose 1 file' }).click();
  await look(page, 'file-replace');
  await dialog.getByRole('button', { name: 'Replace in 1 product' }).click();
  await expect(page.getByText(`${other.name} is given by 1 product now`)).toBeVisible();
  expect(await api('GET', `/digital-products/${product}`)).toMatchObject({ file_ids: [other.id] });
});
