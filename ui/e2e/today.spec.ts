import { expect, look, test } from './fixtures';
import { makeOrder, makeProduct } from './shop';

test('today says what needs a hand, and leads there', async ({ page, api, world }) => {
  const tag = 'today-empty';
  const keyed = await makeProduct(api, 'Out of stock', { access: 'LICENSE_KEY', license_key_mode: 'FROM_POOL', license_key_tag: tag });
  await makeOrder(api, 'waits@example.org', keyed);
  await makeOrder(api, 'held@example.org', world.product, { risk_level: 'HIGH' });
  await page.goto('/admin');
  const list = page.getByRole('region', { name: 'Needs a hand' });
  await expect(list).toContainText(/licence keys (is|are) empty/);
  await expect(list).toContainText(/held for (its|their) risk/);
  await expect(page.getByRole('figure', { name: /^Revenue by/ }).locator('canvas')).toBeVisible();
  await look(page, 'today');
  await list.getByRole('link', { name: new RegExp(tag) }).click();
  await expect(page).toHaveURL(new RegExp(`/admin/keys\\?tag=${tag}`));
});

test('the figures follow the period', async ({ page }) => {
  await page.goto('/admin');
  const asked = page.waitForRequest((r) => r.url().includes('/overview') && r.url().includes('granularity=hour'));
  await page.getByRole('radiogroup', { name: 'Period' }).getByText('Today', { exact: true }).click();
  await asked;
  await expect(page).toHaveURL(/period=today/);
  await page.getByRole('radiogroup', { name: 'Period' }).getByText('Custom').click();
  await page.getByLabel('First day').fill('2026-01-01');
  await expect(page).toHaveURL(/from=2026-01-01/);
  await page.getByRole('radiogroup', { name: 'What the chart shows' }).getByText('Orders').click();
  await expect(page.getByRole('heading', { level: 2, name: 'Orders' })).toBeVisible();
});

test('the first steps tick by what really happened', async ({ page, api }) => {
  const done = async (key: string) => (await api<{ items: { key: string; done: boolean }[] }>('GET', '/checklist')).items.find((i) => i.key === key)?.done;
  await page.goto('/admin#getting-started');
  const card = page.getByRole('region', { name: 'Getting started' });
  await expect(card).toBeVisible();
  await card.getByRole('button', { name: 'Try the storage' }).click();
  await expect.poll(() => done('storage')).toBe(true);
  await expect(card.getByRole('list', { name: 'Done' })).toContainText('Files are stored');
  await card.getByRole('button', { name: 'Mail to owner@example.com' }).click();
  await expect.poll(() => done('mail')).toBe(true);
  // What is done is no longer offered; with the last step the card goes.
  await expect(card.getByRole('button', { name: 'Mail to owner@example.com' })).toHaveCount(0);
});
