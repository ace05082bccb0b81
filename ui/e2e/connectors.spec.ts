import { createHmac } from 'node:crypto';
import { expect, look, test } from './fixtures';

test('a store is connected; an unknown article is mapped and its order delivered', async ({ page, request }) => {
  const secret = 'a long text that both sides know';
  await page.goto('/admin/connectors');
  const card = page.getByRole('region', { name: 'Your own storefront' });
  await card.getByRole('button', { name: 'Set up' }).click();
  const address = await card.getByText(/\/webhooks\/.*\/signed/).innerText();
  await card.getByLabel('Secret of Your own storefront', { exact: true }).fill(secret);
  await card.getByRole('button', { name: 'Keep the secret' }).click();
  await expect(card.getByText('Connected')).toBeVisible();
  await look(page, 'connectors-set-up');

  const body = JSON.stringify({ customer: { email: 'eve@example.org' }, lines: [{ digital_product_id: 'STRAP-2' }], external_reference: `web-${Date.now()}` });
  const told = await request.post(address, { data: body, headers: { 'Content-Type': 'application/json', 'X-Continuata-Signature': createHmac('sha256', secret).update(body).digest('hex') } });
  expect(told.status()).toBe(200);

  await page.getByRole('tab', { name: 'What came in' }).click();
  await expect(page.getByRole('row', { name: /Your own storefront/ }).first()).toContainText('Unmapped', { timeout: 20_000 });
  await page.getByRole('button', { name: 'order', exact: true }).first().click();
  const drawer = page.getByRole('dialog', { name: 'Store event' });
  await look(page, 'store-event');
  await drawer.getByLabel('Is the product').fill('Field');
  await page.getByRole('option', { name: 'Field Recordings, Volume 1' }).click();
  await drawer.getByRole('button', { name: 'Map', exact: true }).click();
  await expect(drawer.getByText('All is mapped: replay it')).toBeVisible();
  await drawer.getByRole('button', { name: 'Replay' }).click();
  await expect(drawer.getByText('Done', { exact: true })).toBeVisible({ timeout: 20_000 });
  await expect(drawer.getByRole('link', { name: 'Open the order' })).toBeVisible();
  await page.keyboard.press('Escape');

  await page.getByRole('tab', { name: 'Mappings' }).click();
  const row = page.getByRole('row', { name: /STRAP-2/ });
  await expect(row).toContainText('Field Recordings, Volume 1');
  await row.getByRole('button', { name: 'Delete the mapping of STRAP-2' }).click();
  await expect(row).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(row).toHaveCount(1);
});

test('FastSpring is connected on both its platforms', async ({ page, request, api }) => {
  const path = `field-strap-${Date.now()}`;
  const found = await api<{ id: string }[]>('GET', '/digital-products?search=Field');
  await api('POST', '/mappings', { source: 'fastspring', external_key: path, digital_product_id: found[0]?.id });
  await page.goto('/admin/connectors');
  const card = page.getByRole('region', { name: 'FastSpring' });
  await card.getByRole('button', { name: 'Set up' }).click();
  await card.getByRole('button', { name: 'Make a secret for Secret of FastSpring' }).click();
  const secret = await card.getByTestId('made-secret').innerText();
  const address = await card.getByText(/\/webhooks\/[^/]+\/fastspring$/).innerText();
  await card.getByRole('button', { name: 'Keep the secret' }).click();
  await expect(card.getByText('Connected')).toBeVisible();

  await card.getByRole('button', { name: 'Make a secret for Token of FastSpring Classic' }).click();
  const token = await card.getByTestId('made-secret').innerText();
  const classic = await card.getByText(/fastspring\?token=[0-9A-Za-z]{32}$/).innerText();
  expect(classic).toBe(`${address}?token=${token}`);
  await look(page, 'connectors-fastspring');
  await card.getByRole('button', { name: 'Keep the token' }).click();
  await expect(card.getByText(`${address}?token=••••${token.slice(-4)}`)).toBeVisible();

  const order = (id: string) => ({
    id: `event-${id}`, type: 'order.completed', live: true,
    data: { id, reference: id, completed: true, live: true, currency: 'EUR', total: 19, tax: 0, customer: { first: 'Eve', last: 'Stone', email: 'eve@example.org' }, items: [{ product: path, quantity: 1, display: 'Field Strap', subtotal: 19 }] },
  });
  const [first, second, third] = [1, 2, 3].map((n) => `FS-${Date.now()}-${n}`);
  const body = JSON.stringify({ events: [order(first ?? ''), order(second ?? '')] });
  const told = await request.post(address, { data: body, headers: { 'Content-Type': 'application/json', 'X-FS-Signature': createHmac('sha256', secret).update(body).digest('base64') } });
  expect(told.status()).toBe(200);
  const xml = `<order><reference>${third}</reference><test>false</test><currency>EUR</currency><purchaser><fname>Eve</fname><lname>Stone</lname><email>eve@example.org</email></purchaser><items><item><product>${path}</product><quantity>1</quantity><subtotal>19.00</subtotal></item></items></order>`;
  expect((await request.post(classic, { data: xml, headers: { 'Content-Type': 'text/xml' } })).status()).toBe(200);
  expect((await request.post(`${classic}x`, { data: xml })).status()).toBe(401);

  await page.goto('/admin/orders?source=fastspring');
  for (const name of [first, second, third]) await expect(page.getByRole('row', { name: new RegExp(name ?? '') })).toBeVisible({ timeout: 20_000 });
  await page.goto('/admin/connectors?tab=events&source=fastspring');
  await page.getByRole('button', { name: 'order', exact: true }).first().click();
  await expect(page.getByRole('dialog', { name: 'Store event' }).getByText(third ?? '')).toBeVisible();
});

test('a new token of VibraCart Pro ends the old address', async ({ page, request }) => {
  await page.goto('/admin/connectors');
  const card = page.getByRole('region', { name: 'VibraCart Pro' });
  await card.getByRole('button', { name: 'Set up' }).click();
  const made = async (button: string) => {
    await card.getByRole('button', { name: button }).click();
    const address = await card.getByText(/vibracartpro\?token=[0-9A-Za-z]{32}$/).innerText();
    await card.getByRole('button', { name: 'Keep the token' }).click();
    await expect(card.getByText(new RegExp(`token=••••${address.slice(-4)}$`))).toBeVisible();
    return address;
  };
  const old = await made('Make a secret for Token of VibraCart Pro');
  await expect(card.getByText('Connected')).toBeVisible();
  const body = { orderid: `VC-${Date.now()}`, customer: { email: 'eve@example.org' }, items: [{ itemid: `ambient-${Date.now()}`, quantity: 1 }] };
  expect((await request.post(old, { data: body })).status()).toBe(200);
  const anew = await made('Make Token of VibraCart Pro anew');
  await look(page, 'connectors-vibracart');
  expect((await request.post(old, { data: body })).status()).toBe(401);
  expect((await request.post(anew, { data: body })).status()).toBe(200);
  await page.getByRole('tab', { name: 'What came in' }).click();
  await expect(page.getByRole('row', { name: /VibraCart Pro/ }).first()).toContainText('Unmapped', { timeout: 20_000 });
});
