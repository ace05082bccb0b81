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
