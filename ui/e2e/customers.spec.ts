import { expect, look, test } from './fixtures';
import { anyFile, fetchFile, makeOrder } from './shop';

test('a customer is found, with orders, downloads and mails', async ({ page, api, playwright, world }) => {
  const order = await makeOrder(api, 'zoe@customers.example', world.product);
  const file = await anyFile(api);
  expect(await fetchFile(playwright.request, order, file.id)).toBe(200);
  await page.goto('/admin/customers');
  await page.getByLabel('Search customers').fill('customers.example');
  await expect(page.getByRole('row', { name: /ana@example.org/ })).toHaveCount(0);
  await look(page, 'customers');
  await page.getByRole('row', { name: /zoe@customers.example/ }).getByRole('link').click();
  await expect(page.getByRole('heading', { level: 1, name: 'Dora Vance' })).toBeVisible();
  await expect(page.getByRole('table', { name: 'Orders of the customer' })).toContainText(order.name);
  await expect(page.getByRole('table', { name: 'Downloads of the customer' })).toContainText(file.name);
  await expect(page.getByRole('table', { name: 'Mails to the customer' })).toContainText(order.name);
  await look(page, 'customer');
});
