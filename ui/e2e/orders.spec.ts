import { expect, look, test } from './fixtures';
import { anyFile, fetchFile, makeOrder, makeProduct, type MadeOrder } from './shop';

// Several looks each, at two widths and in two colours.
test.slow();

test('an order is found, opened beside the list, and the next one by a key', async ({ page, api, world }) => {
  await makeOrder(api, 'one@list.example', world.product);
  await makeOrder(api, 'two@list.example', world.product);
  await page.goto('/admin/orders');
  await expect(page.getByRole('row', { name: /two@list.example/ })).toBeVisible();
  await page.keyboard.press('/');
  await page.keyboard.type('list.example');
  await expect(page.getByRole('row', { name: /two@list.example/ })).toBeVisible();
  await expect(page.getByRole('row', { name: /ana@example.org/ })).toHaveCount(0);
  await expect(page).toHaveURL(/search=list.example/);
  await look(page, 'orders');

  await page.getByRole('row', { name: /two@list.example/ }).getByRole('link').click();
  const drawer = page.getByRole('dialog', { name: /^Order #/ });
  await expect(drawer.getByText('two@list.example').first()).toBeVisible();
  await look(page, 'order-drawer');
  await drawer.getByRole('button', { name: 'Remedies', exact: true }).click();
  await expect(page.getByRole('menuitem', { name: 'Correct the address' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('menuitem', { name: 'Correct the address' })).toHaveCount(0);
  await expect(drawer).toBeVisible();
  await page.keyboard.press('j');
  await expect(drawer.getByText('one@list.example').first()).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(drawer).toHaveCount(0);
  await expect(page).toHaveURL(/search=list.example/);

  await page.getByLabel('Payment').first().click();
  await page.getByRole('option', { name: 'Refunded', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'No order is like that' })).toBeVisible();
  await page.getByRole('button', { name: 'Clear the filters' }).click();
  await expect(page.getByRole('row', { name: /ana@example.org/ }).first()).toBeVisible();
});

test('an order is made by hand, fetched, and its timeline tells it', async ({ page, api, playwright }) => {
  const file = await anyFile(api);
  await makeProduct(api, 'Tide tables', { file_ids: [file.id], max_downloads: 2 });
  await page.goto('/admin/orders/new');
  await page.getByLabel('E-mail address').fill('dora@gmial.com');
  await page.getByRole('button', { name: 'Did they mean dora@gmail.com?' }).click();
  await page.getByLabel('Product', { exact: true }).first().fill('Tide');
  await page.getByRole('option', { name: 'Tide tables', exact: true }).click();
  await page.getByLabel('Quantity').fill('2');
  await look(page, 'order-new');
  await page.getByRole('button', { name: 'Create order' }).click();

  await expect(page.getByRole('heading', { level: 1, name: /^Order #/ })).toBeVisible();
  const stands = page.getByRole('list', { name: 'Where the order stands' });
  await expect(stands).toContainText('Paid');
  await expect(stands).toContainText('None yet');
  const order = await api<MadeOrder>('GET', new URL(page.url()).pathname.replace('/admin', ''));
  const { url } = await api<{ url: string }>('GET', `/orders/${order.id}/page-url`);
  expect(await fetchFile(playwright.request, { ...order, download_url: url }, file.id)).toBe(200);
  await page.reload();
  await expect(stands).toContainText('All fetched');
  await expect(page.getByRole('list', { name: /^What happened/ })).toContainText(`complete: ${file.name}`);
  await expect(page.getByText('1 of 2 copies')).toBeVisible();
  await look(page, 'order');

  await page.getByRole('button', { name: 'Remedies for Tide tables' }).click();
  await page.getByRole('menuitem', { name: 'Reset downloads' }).click();
  await expect(page.getByText('0 of 2 copies')).toBeVisible();
});

test('remedies: address, access with undo, refund, cancel', async ({ page, api, world }) => {
  const order = await makeOrder(api, 'wrong@example.org', world.product, { lines: [{ digital_product_id: world.product, quantity: 3, price_cents: 1000 }] });
  await page.goto(`/admin/orders/${order.id}`);
  await page.getByRole('button', { name: 'Correct', exact: true }).click();
  const form = page.getByRole('dialog', { name: /^Customer of/ });
  await form.getByLabel('E-mail address').fill('right@example.org');
  await form.getByRole('button', { name: 'As API call' }).click();
  await expect(page.getByLabel('The call', { exact: true })).toContainText('right@example.org');
  await page.keyboard.press('Escape');
  await form.getByRole('button', { name: 'Save and send again' }).click();
  await expect(form).toHaveCount(0);
  await expect(page.getByText('right@example.org').first()).toBeVisible();

  await page.getByRole('button', { name: 'Remedies', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Switch access off' }).click();
  await expect(page.getByText('Access is off')).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByText('Access is off')).toHaveCount(0);

  await page.getByRole('button', { name: 'Remedies', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Refund units' }).click();
  const refund = page.getByRole('dialog', { name: /^Refund/ });
  await refund.getByLabel(/^Units of/).fill('1');
  await look(page, 'order-refund');
  await refund.getByRole('button', { name: 'Refund €10.00' }).click();
  await expect(page.getByText('Partially refunded').first()).toBeVisible();
  await expect(page.getByText(/1 unit given back/).first()).toBeVisible();

  await page.getByRole('button', { name: 'Remedies', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Cancel the order' }).click();
  const cancel = page.getByRole('dialog', { name: /^Cancel/ });
  await cancel.getByLabel('Reason').fill('bought twice');
  await cancel.getByRole('button', { name: 'Cancel the order' }).click();
  await expect(page.getByText('Cancelled: bought twice')).toBeVisible();
});

test('files and keys are assigned by hand, a held order is released, an unpaid one is set paid', async ({ page, api, world }) => {
  const unique = await makeProduct(api, 'Portrait', { delivering_type: 'UNIQUE' });
  const portrait = await makeOrder(api, 'sitter@example.org', unique);
  await page.goto(`/admin/orders/${portrait.id}`);
  await page.getByRole('button', { name: 'Assign files' }).click();
  await page.getByRole('button', { name: 'Choose or upload files' }).click();
  await page.getByLabel('rain-loops.wav').first().check();
  await page.getByRole('button', { name: 'Choose 1 file' }).click();
  await page.getByRole('dialog', { name: /^Files for/ }).getByRole('button', { name: 'Assign files' }).click();
  await expect(page.getByRole('list', { name: 'Files of Portrait' })).toContainText('rain-loops.wav');

  const keyed = await makeProduct(api, 'Plug', { access: 'LICENSE_KEY', license_key_tag: 'nothing-in-stock' });
  const plug = await makeOrder(api, 'plugged@example.org', keyed);
  await page.goto(`/admin/orders/${plug.id}`);
  await page.getByRole('button', { name: 'Assign keys' }).click();
  const keys = page.getByRole('dialog', { name: 'Assign licence keys' });
  await keys.getByLabel('Keys', { exact: true }).fill('HAND-0001-MADE');
  await keys.getByRole('button', { name: 'Assign key', exact: true }).click();
  await expect(page.getByRole('list', { name: 'Licence keys of Plug' })).toContainText('HAND-0001-MADE');

  const held = await makeOrder(api, 'risky@example.org', world.product, { risk_level: 'HIGH' });
  await page.goto(`/admin/orders/${held.id}`);
  await expect(page.getByText('Held', { exact: true }).first()).toBeVisible();
  await look(page, 'order-held');
  await page.getByRole('button', { name: 'Release' }).click();
  await expect(page.getByText('Ready', { exact: true })).toBeVisible();

  const pending = await makeOrder(api, 'later@example.org', world.product, { financial_status: 'PENDING' });
  await page.goto(`/admin/orders/${pending.id}`);
  await page.getByRole('button', { name: 'Set paid' }).click();
  await expect(page.getByText('Ready', { exact: true })).toBeVisible();
});

test('a test order is made in the sandbox', async ({ page }) => {
  await page.goto('/admin/orders?purvey_mode=sandbox');
  await page.getByRole('link', { name: 'Test order' }).first().click();
  await expect(page.getByRole('heading', { level: 1, name: 'Test order' })).toBeVisible();
  await expect(page.getByLabel('E-mail address')).toHaveValue('owner@example.com');
  await page.getByLabel('Product', { exact: true }).first().fill('Field');
  await page.getByRole('option', { name: /^Field Recordings/ }).click();
  await page.getByRole('button', { name: 'Create test order' }).click();
  await expect(page.getByRole('heading', { level: 1, name: /^Order #/ })).toBeVisible();
});
