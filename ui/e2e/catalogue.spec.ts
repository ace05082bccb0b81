import { expect, look, test } from './fixtures';
import { pdf } from './pdf';

test('a product from its files to its second version', async ({ page, api }) => {
  await page.goto('/admin/products');
  await page.getByRole('link', { name: 'New product' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'New product' })).toBeVisible();
  await page.getByLabel('Name', { exact: false }).first().fill('Tide Tables');
  await page.getByLabel('Price').fill('12.50');
  await page.getByRole('button', { name: 'Choose or upload files' }).click();
  await page.getByLabel('Files to upload').setInputFiles({ name: 'tides.pdf', mimeType: 'application/pdf', buffer: pdf('Tides') });
  await page.getByRole('button', { name: 'Choose 1 file' }).click();
  await page.getByLabel('Copies of each file').fill('5');
  await page.getByRole('switch', { name: 'Stamp the files' }).click();
  await page.getByLabel('Text').fill('Licensed to {name}');
  await page.getByRole('button', { name: 'Create product' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Tide Tables');

  const id = page.url().split('/').at(-1) ?? '';
  const made = await api<{ price_cents: number; currency: string; max_downloads: number; stamping: { text: string }; files: { name: string }[] }>('GET', `/digital-products/${id}`);
  expect(made).toMatchObject({ price_cents: 1250, currency: 'EUR', max_downloads: 5, stamping: { enabled: true, text: 'Licensed to {name}' }, files: [{ name: 'tides.pdf' }] });

  await page.getByRole('button', { name: 'Preview' }).click();
  const picture = page.getByRole('img', { name: /First page, stamped/ });
  await expect.poll(() => picture.evaluate((c: HTMLCanvasElement) => c.width)).toBeGreaterThan(600);
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();

  await page.getByLabel('Days after purchase').fill('60');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByText('Product saved')).toBeVisible();
  expect(await api('GET', `/digital-products/${id}`)).toMatchObject({ download_in: 60, max_downloads: 5 });
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect.poll(async () => (await api<{ download_in: number | null }>('GET', `/digital-products/${id}`)).download_in).toBeNull();

  await page.getByRole('tab', { name: 'Files and versions' }).click();
  await page.getByRole('button', { name: 'New version' }).click();
  await page.getByLabel('Number').fill('2.0');
  await page.getByLabel('What is new').fill('Corrected charts of March.');
  await page.getByRole('dialog').getByRole('button', { name: 'Choose or upload files' }).click();
  await page.getByRole('dialog', { name: 'Choose files' }).getByText('tides.pdf').first().click();
  await page.getByRole('button', { name: 'Choose 1 file' }).click();
  await page.getByRole('button', { name: 'Create and activate' }).click();
  await expect(page.getByText('Buyers get 2.0 now')).toBeVisible();
  await expect(page.getByText('Corrected charts of March.')).toBeVisible();
  await page.getByRole('listitem').filter({ hasText: '1.0.0' }).getByRole('button', { name: 'Activate' }).click();
  await expect(page.getByText('Buyers get 1.0.0 now')).toBeVisible();
});

test('a refused field is shown where it is', async ({ page }) => {
  await page.goto('/admin/products/new');
  await page.getByLabel('Name', { exact: false }).first().fill('Second of its slug');
  await page.getByRole('button', { name: 'More settings' }).click();
  await page.getByLabel('Slug').fill('Not A Slug');
  await page.getByRole('button', { name: 'Create product' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await expect(page.getByLabel('Slug')).toHaveAttribute('aria-invalid', 'true');
});

test('keys come in by CSV and by pattern, and go to who waits', async ({ page, api }) => {
  const tag = `csv-${Date.now()}`;
  const product = await api('POST', '/digital-products', { name: `Keyed ${tag}`, access: 'LICENSE_KEY', license_key_tag: tag });
  await api('POST', '/orders', { customer: { email: 'waits@example.org' }, lines: [{ digital_product_id: product.id }] });
  await page.goto('/admin/keys?tab=waiting');
  await expect(page.getByRole('cell', { name: `Keyed ${tag}` })).toBeVisible();

  await page.getByRole('button', { name: 'Add keys' }).click();
  await page.getByLabel('Tag', { exact: true }).fill(tag);
  await page.getByRole('textbox', { name: 'Keys' }).fill(`id;key\n1;${tag}-A\n2;${tag}-B\n3;${tag}-A`);
  await page.getByRole('button', { name: 'Import 3 keys' }).click();
  await expect(page.getByText('2 keys added, 1 were here already.')).toBeVisible();
  await page.getByText('Generate', { exact: true }).click();
  await page.getByLabel('How many').fill('7');
  await page.getByRole('button', { name: 'Generate 7 keys' }).click();
  await expect(page.getByText('7 keys made')).toBeVisible();
  await expect(page.getByRole('cell', { name: `Keyed ${tag}` })).toHaveCount(0);

  await page.goto('/admin/keys?tab=stock');
  const row = page.getByRole('row').filter({ hasText: tag });
  await expect(row).toContainText('8');
  await row.getByRole('link', { name: tag, exact: true }).click();
  await page.getByLabel('Search keys').fill(`${tag}-A`);
  await page.getByRole('button', { name: `${tag}-A`, exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Return to stock' }).click();
  await page.getByRole('dialog', { name: 'Return the key to stock' }).getByRole('button', { name: 'Return to stock' }).click();
  await expect(page.getByText('The key is in stock again')).toBeVisible();
});

test('a download link is made, limited and revoked', async ({ page, request }) => {
  await page.goto('/admin/links?new');
  const dialog = page.getByRole('dialog', { name: 'New download link' });
  await dialog.getByRole('button', { name: 'Choose or upload files' }).click();
  await page.getByRole('dialog', { name: 'Choose files' }).getByText('field-guide.txt').first().click();
  await page.getByRole('button', { name: 'Choose 1 file' }).click();
  await dialog.getByRole('switch', { name: 'Limit the copies' }).click();
  await dialog.getByLabel('Copies of each file').fill('2');
  await dialog.getByRole('button', { name: 'Create link' }).click();
  const url = await page.getByRole('dialog', { name: 'The link is ready' }).getByRole('link').getAttribute('href');
  expect((await request.get(url ?? '')).status()).toBe(200);
  await page.getByRole('button', { name: 'Done' }).click();

  await page.getByRole('row').filter({ hasText: '2 copies of each' }).getByRole('button', { name: 'field-guide.txt' }).click();
  await page.getByRole('button', { name: 'Revoke the link' }).click();
  await page.getByRole('button', { name: 'Revoke link' }).click();
  await expect(page.getByText('Link revoked')).toBeVisible();
  expect((await request.get(url ?? '')).status()).toBe(404);
});

test('products are given to people by CSV', async ({ page, api }) => {
  await page.goto('/admin/assign');
  await page.getByRole('combobox', { name: 'Product' }).fill('Field Rec');
  await page.getByRole('option', { name: 'Field Recordings, Volume 1' }).click();
  await page.getByLabel('People').fill('E-mail,First name\nclass-a@example.org,Ana\nnot an address,Bo\n');
  await page.getByRole('button', { name: 'Assign to 2 people' }).click();
  await expect(page.getByRole('heading', { name: '1 order created, 1 row refused' })).toBeVisible();
  await expect(page.getByRole('row').filter({ hasText: 'not an address' })).toContainText('Refused');
  const [order] = await api<{ type: string; total_cents: number }[]>('GET', '/orders?search=class-a@example.org');
  expect(order).toMatchObject({ type: 'permission', total_cents: 0 });
});

test('sales are summed, and come as CSV', async ({ page }) => {
  await page.goto('/admin/reports');
  await expect(page.getByText('Net, EUR')).toBeVisible();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Sales as CSV' }).click()]);
  expect(download.suggestedFilename()).toBe('sales.csv');
});

const pages: readonly (readonly [name: string, path: string])[] = [
  ['products', '/admin/products'],
  ['product-new', '/admin/products/new'],
  ['files', '/admin/files'],
  ['keys', '/admin/keys'],
  ['keys-stock', '/admin/keys?tab=stock'],
  ['keys-waiting', '/admin/keys?tab=waiting'],
  ['keys-add', '/admin/keys?new'],
  ['links', '/admin/links'],
  ['link-new', '/admin/links?new'],
  ['assign', '/admin/assign'],
  ['reports', '/admin/reports'],
];

for (const [name, path] of pages) {
  test(`${name} @look`, async ({ page }) => {
    await page.goto(path);
    await page.locator('h1').waitFor();
    await look(page, name);
  });
}

test('product @look', async ({ page, world }) => {
  await page.goto(`/admin/products/${world.product}`);
  await page.getByRole('heading', { name: 'Limits' }).waitFor();
  await look(page, 'product');
  await page.getByRole('tab', { name: 'Files and versions' }).click();
  await page.getByText('Active').first().waitFor();
  await look(page, 'product-versions');
});
