import { expect, look, test } from './fixtures';

test('the palette, the go-to keys and the sandbox', async ({ page }) => {
  await page.goto('/admin/webhooks');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Webhooks');
  await page.keyboard.press('g');
  await page.keyboard.press('o');
  await expect(page.getByRole('heading', { level: 1, name: 'Orders' })).toBeFocused();
  await expect(page).toHaveTitle(/^Orders · Night Sounds · Purvey$/);

  await page.keyboard.press('Control+k');
  await page.getByLabel('Search and commands').last().fill('audit');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Audit log');

  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard' })).toBeVisible();
  await page.keyboard.press('Escape');

  await page.getByRole('radiogroup', { name: 'Mode' }).getByText('Sandbox').click();
  await expect(page.getByText('Sandbox.', { exact: true })).toBeVisible();
  await expect(page).toHaveTitle(/Sandbox · Night Sounds/);
});

test('the palette finds what the shop holds', async ({ page }) => {
  await page.goto('/admin/settings');
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Night Sounds');
  await page.keyboard.press('Control+k');
  await page.getByLabel('Search and commands').last().fill('ana');
  const hit = page.getByRole('button', { name: /ana@example.org/ }).first();
  await expect(hit).toBeVisible();
  await look(page, 'palette');
  await hit.click();
  await expect(page).toHaveURL(/\/admin\/(customers|orders)\/[0-9a-f]{24}$/);
});

test('every page says which calls it makes', async ({ page }) => {
  await page.goto('/admin/tokens');
  await page.getByRole('button', { name: 'API calls of this page' }).click();
  await expect(page.getByLabel('The call', { exact: true })).toContainText('Authorization: Bearer $PURVEY_TOKEN');
  await look(page, 'as-api-call');
});

test('the sandbox looks like nothing else', async ({ page }) => {
  await page.goto('/admin/tokens?purvey_mode=sandbox');
  await look(page, 'sandbox');
});

test('a search that was just typed does not lead back from where a click leads', async ({ page, api }) => {
  const [order] = await api<{ name: string; customer: { email: string } }[]>('GET', '/orders?limit=1');
  await page.goto('/admin/orders');
  const row = page.getByRole('row', { name: new RegExp(order?.name ?? 'no order') });
  await expect(row).toBeVisible();
  // The page that the click leads to is slow to come.
  await page.route(/\/admin\/assets\/.*\.js$/, async (route) => {
    await new Promise((done) => setTimeout(done, 700));
    await route.continue();
  });
  await page.getByLabel('Search orders').fill(order?.customer.email ?? '');
  await page.getByRole('link', { name: 'Customers' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Customers' })).toBeVisible();
  await page.goBack();
  await expect(page).toHaveURL(/\/admin\/orders\?search=/);
});
