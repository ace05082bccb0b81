import { expect, look, test } from './fixtures';

test('only what was changed is sent, and leaving asks first', async ({ page }) => {
  await page.goto('/admin/settings/branding');
  await page.getByLabel('Line on every download page').fill('Thank you for listening.');
  await expect(page.getByText('1 unsaved change')).toBeVisible();
  await page.getByRole('link', { name: 'Sender' }).click();
  await page.getByLabel('Name of the sender').fill('Night Sounds, the desk');
  await expect(page.getByText('2 unsaved changes')).toBeVisible();
  await look(page, 'settings-unsaved');

  await page.getByRole('link', { name: 'Audit log' }).click();
  await expect(page.getByRole('dialog', { name: 'Leave without saving?' })).toBeVisible();
  await page.getByRole('button', { name: 'Stay' }).click();

  const sent = page.waitForRequest((r) => r.method() === 'PATCH' && r.url().endsWith('/settings'));
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  expect((await sent).postDataJSON()).toEqual({ pages: { message: 'Thank you for listening.' }, mail: { from_name: 'Night Sounds, the desk' } });
  await expect(page.getByText('Settings saved')).toBeVisible();
  await expect(page.getByText(/unsaved change/)).toHaveCount(0);
});

test('a refused value is told at its field', async ({ page }) => {
  await page.goto('/admin/settings');
  await page.getByLabel('Own address of the shop').fill('nonsense');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByLabel('Own address of the shop')).toHaveAttribute('aria-invalid', 'true');
  await page.getByRole('button', { name: 'Discard' }).click();
  await expect(page.getByLabel('Own address of the shop')).toHaveValue('');
});

test('the delivery gate and the budget of bandwidth are set, and taken back', async ({ page }) => {
  const save = async () => {
    const sent = page.waitForRequest((r) => r.method() === 'PATCH' && r.url().endsWith('/settings'));
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    const body: unknown = (await sent).postDataJSON();
    await expect(page.getByText(/unsaved change/)).toHaveCount(0);
    return body;
  };
  await page.goto('/admin/settings/policies');
  const hold = page.getByRole('switch', { name: 'Hold orders of high risk' });
  const stop = page.getByRole('switch', { name: 'Refuse new downloads when it is used up' });
  const budget = page.getByLabel('Budget');
  await expect(hold).toBeChecked();
  await hold.uncheck({ force: true });
  await budget.fill('5000000');
  await stop.check({ force: true });
  await expect(page.getByText('3 unsaved changes')).toBeVisible();
  await look(page, 'settings-gate');
  // Orders that other tests place at this moment are to be held.
  await hold.check({ force: true });
  expect(await save()).toEqual({ policies: { bandwidth_gb: 5_000_000, bandwidth_stop: true } });

  await page.reload();
  await expect(budget).toHaveValue('5000000 GB');
  await expect(stop).toBeChecked();
  await budget.fill('');
  await stop.uncheck({ force: true });
  expect(await save()).toEqual({ policies: { bandwidth_gb: null, bandwidth_stop: false } });
  await page.reload();
  await expect(budget).toHaveValue('');
  await budget.fill('1');
  await budget.fill('');
  await expect(page.getByText(/unsaved change/)).toHaveCount(0);
});

test('the texts of a mail are changed with a preview, and given back', async ({ page }) => {
  await page.goto('/admin/settings/templates?kind=key_follows&locale=de');
  await page.getByLabel('Subject').fill('Ihre Bestellung {order} ist unterwegs');
  await expect(page.getByText(/Subject: Ihre Bestellung .* ist unterwegs/)).toBeVisible();
  await expect(page.frameLocator('iframe[title="Preview of the mail"]').locator('body')).toContainText('Night Sounds');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('Changed', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Reset to default' }).click();
  await expect(page.getByText('Default', { exact: true })).toBeVisible();
  await expect(page.getByLabel('Subject')).not.toHaveValue(/unterwegs/);
});
