import { expect, look, test } from './fixtures';

test('a token is made, seen once, used and revoked', async ({ page, playwright, world }) => {
  await page.goto('/admin/tokens');
  await page.getByRole('button', { name: 'New token' }).click();
  const form = page.getByRole('dialog', { name: 'New API token' });
  await form.getByLabel('Name').fill('nightly report');
  await form.getByText('Member', { exact: true }).click();
  await form.getByRole('button', { name: 'As API call' }).click();
  await expect(page.getByLabel('The call', { exact: true })).toContainText('"role": "member"');
  await page.keyboard.press('Escape');
  await form.getByRole('button', { name: 'Create token' }).click();

  const secret = await page.getByTestId('secret').innerText();
  expect(secret).toMatch(/^pv_[0-9A-Za-z]{40}$/);
  const http = await playwright.request.newContext({ baseURL: world.origin, extraHTTPHeaders: { Authorization: `Bearer ${secret}` } });
  expect((await http.get('/public-api/v1/orders')).status()).toBe(200);
  expect((await http.get('/public-api/v1/settings')).status(), 'a member token and the settings').toBe(403);

  await look(page, 'token-secret');
  await page.getByRole('button', { name: 'I have kept it' }).click();
  await expect(page.getByRole('row', { name: /nightly report/ })).toContainText(secret.slice(-4));
  await page.getByRole('button', { name: 'Revoke nightly report' }).click();
  await page.getByRole('button', { name: 'Revoke token' }).click();
  await expect(page.getByRole('row', { name: /nightly report/ })).toHaveCount(0);
  expect((await http.get('/public-api/v1/orders')).status()).toBe(401);
  await http.dispose();
});
