// A new merchant's first minutes, without the terminal: own product, large
// file, test order, its mail, the download, a key, a webhook.
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, createReadStream, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from './fixtures';
import { receiver } from './receiver';

/** Of the file, in bytes; PURVEY_JOURNEY_BYTES makes it larger for a trial by hand. */
const size = Number(process.env['PURVEY_JOURNEY_BYTES'] ?? 40 << 20);

async function digest(path: string): Promise<string> {
  const sum = createHash('sha256');
  for await (const chunk of createReadStream(path)) sum.update(chunk as Buffer);
  return sum.digest('hex');
}

test('from nothing to the first download', async ({ page, context }) => {
  test.setTimeout(60_000 + size / 20_000);
  const folder = mkdtempSync(join(tmpdir(), 'purvey-journey-'));
  const file = join(folder, 'night-field.zip');
  const out = openSync(file, 'w');
  const piece = randomBytes(1 << 20);
  for (let left = size; left > 0; left -= piece.length) writeSync(out, piece, 0, Math.min(left, piece.length));
  closeSync(out);
  const hook = await receiver();
  try {
    await page.goto('/admin?purvey_mode=sandbox');
    // A webhook, first, so that it is told of all that follows.
    await page.goto('/admin/webhooks?new');
    const endpoint = page.getByRole('dialog', { name: 'New webhook endpoint' });
    await endpoint.getByLabel('Name').fill('Journey');
    await endpoint.getByLabel('URL').fill(hook.url);
    await endpoint.getByLabel('digital_order.purchased').check();
    await endpoint.getByRole('button', { name: 'Create endpoint' }).click();
    await page.getByRole('button', { name: 'I have kept it' }).click();

    // A product with a large file and a key.
    await page.goto('/admin/products/new');
    await page.getByRole('textbox', { name: 'Name' }).first().fill('Night Field');
    await page.getByLabel('Price').fill('29');
    await page.getByText('Both', { exact: true }).click();
    await page.getByLabel('Tag of the keys').fill('night-field');
    await page.getByRole('button', { name: 'Choose or upload files' }).click();
    await page.getByLabel('Files to upload').setInputFiles(file);
    await page.getByRole('button', { name: 'Choose 1 file' }).click({ timeout: 30_000 + size / 20_000 });
    await page.getByRole('button', { name: 'Create product' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Night Field');

    // Its key is imported.
    await page.goto('/admin/keys?new');
    await page.getByRole('dialog').getByLabel('Tag', { exact: true }).fill('night-field');
    await page.getByRole('textbox', { name: 'Keys' }).fill('NIGHT-0001-FIELD');
    await page.getByRole('button', { name: 'Import 1 key' }).click();
    await expect(page.getByText('1 key added.')).toBeVisible();

    // A test order.
    await page.goto('/admin/products');
    await page.getByRole('link', { name: 'Night Field' }).click();
    await page.getByRole('link', { name: 'Test order' }).click();
    await page.getByLabel('E-mail address').fill('first@example.org');
    await page.getByRole('button', { name: 'Create test order' }).click();
    await expect(page.getByRole('heading', { level: 1, name: /^Order #/ })).toBeVisible();
    await expect(page.getByText('NIGHT-0001-FIELD').first()).toBeVisible();

    // Its mail, and the buyer's page behind it.
    await page.getByRole('link', { name: /^Your order #/ }).click();
    await expect(page.getByRole('heading', { level: 1 })).toContainText('Your order #');
    const mail = page.frameLocator('iframe');
    const href = await mail.getByRole('link', { name: /download/i }).first().getAttribute('href');
    const buyer = await context.newPage();
    await buyer.goto(href ?? '');
    await expect(buyer.getByText('NIGHT-0001-FIELD')).toBeVisible();
    const [download] = await Promise.all([buyer.waitForEvent('download'), buyer.getByRole('button', { name: /download/i }).first().click()]);
    expect(await digest(await download.path())).toBe(await digest(file));
    await buyer.close();

    // The order knows, and the webhook was told.
    await page.goBack();
    await expect(page.getByRole('list', { name: /^What happened/ })).toContainText('complete: night-field.zip', { timeout: 20_000 });
    await page.goto('/admin/webhooks');
    await page.getByRole('link', { name: 'Journey' }).click();
    await page.getByRole('button', { name: 'digital_order.purchased' }).first().click();
    await expect(page.getByRole('dialog', { name: 'Delivery' }).getByText('Delivered')).toBeVisible();
  } finally {
    await hook.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
