// What a person expects of every form: a session that ends in the middle loses
// nothing, a double click does a thing once, a server that is away is told.
import { expect, look, test } from './fixtures';

test('a session that ends in the middle of a form goes on after the sign-in', async ({ page, context, world }) => {
  await page.goto('/admin/products/new');
  await page.getByLabel('Name').first().fill('Typed before the end');
  await page.getByLabel('Description').fill('Nothing of this is lost.');
  await context.clearCookies();
  await page.getByRole('button', { name: 'Create product' }).click();
  const ended = page.getByRole('dialog', { name: 'You were signed out' });
  await expect(ended.locator('input[type=password]')).toBeFocused();
  await look(page, 'signed-out');
  await page.keyboard.press('Escape');
  await page.keyboard.type('not the password');
  await page.keyboard.press('Enter');
  await expect(ended.getByRole('alert')).toBeVisible();
  await ended.locator('input[type=password]').fill(world.owner.password);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Typed before the end');
  await expect(page.getByLabel('Description')).toHaveValue('Nothing of this is lost.');
  await expect(ended).toBeHidden();
});

test('who does not come back is led to the sign-in', async ({ page, context }) => {
  await page.goto('/admin/customers');
  await expect(page.getByRole('table', { name: 'Customers' })).toBeVisible();
  await context.clearCookies();
  await page.getByRole('link', { name: 'Products' }).first().click();
  await page.getByRole('button', { name: 'Leave, and sign in as somebody else' }).click();
  await expect(page).toHaveURL(/\/admin\/sign-in/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in');
});

test('a double click makes one thing', async ({ page, api }) => {
  const name = `double ${Date.now()}`;
  await page.goto('/admin/tokens?new');
  const form = page.getByRole('dialog', { name: 'New API token' });
  await form.getByLabel('Name').fill(name);
  await form.getByRole('button', { name: 'Create token' }).dblclick();
  await expect(page.getByTestId('secret')).toBeVisible();
  expect((await api<{ name: string }[]>('GET', '/api-tokens?limit=100')).filter((t) => t.name === name)).toHaveLength(1);
});

test('a server that is away leaves the navigation, and the page comes by itself', async ({ page, context }) => {
  await page.goto('/admin/orders/new');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('New order');
  await context.setOffline(true);
  await page.getByRole('link', { name: 'Reports' }).click();
  await expect(page.getByText('The server does not answer.')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Customers' })).toBeVisible();
  await context.setOffline(false);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Reports');
});
