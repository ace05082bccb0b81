import { expect, look, test } from './fixtures';
import { receiver } from './receiver';

test('an endpoint is made and tested; what failed is seen and sent again', async ({ page, api, world }) => {
  const crm = await receiver();
  await page.goto('/admin/webhooks');
  await page.getByRole('button', { name: 'New endpoint' }).click();
  const form = page.getByRole('dialog', { name: 'New webhook endpoint' });
  await form.getByLabel('Name').fill('CRM');
  await form.getByLabel('URL').fill(crm.url);
  await form.getByLabel('license_key.assigned').check();
  await form.getByRole('button', { name: 'Create endpoint' }).click();
  await expect(page.getByTestId('secret')).toHaveText(/^whsec_/);
  await page.getByRole('button', { name: 'I have kept it' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('CRM');

  await page.getByRole('button', { name: 'Send test' }).click();
  const drawer = page.getByRole('dialog', { name: 'Delivery' });
  await expect(drawer.getByText('Delivered')).toBeVisible();
  await expect(drawer.getByLabel('the answer', { exact: true })).toContainText('"taken": true');
  await drawer.getByRole('tab', { name: 'Request' }).click();
  await expect(drawer.getByLabel('the body', { exact: true })).toContainText('webhook.test');
  await page.keyboard.press('Escape');

  // A receiver that refuses: what it said is seen, and the same is sent again.
  crm.answer = 503;
  await api('POST', '/orders', { customer: { email: 'dee@example.org' }, lines: [{ digital_product_id: world.product }] });
  await page.getByRole('button', { name: 'digital_order.purchased' }).first().click();
  await expect(drawer.getByText('503', { exact: true })).toBeVisible();
  await expect(drawer.getByLabel('the answer', { exact: true })).toContainText('the desk is closed');
  crm.answer = 200;
  await drawer.getByRole('button', { name: 'Send again' }).click();
  await expect(drawer.getByText('Delivered')).toBeVisible();
  expect(crm.got.filter((b) => b.includes('dee@example.org')).length).toBeGreaterThanOrEqual(2);
  await look(page, 'webhook-delivery');
  await page.keyboard.press('Escape');
  await look(page, 'webhook');

  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Send past events again' }).click();
  await page.getByRole('radio', { name: 'Everything' }).check();
  await page.getByRole('button', { name: 'Send again', exact: true }).click();
  await expect(page.getByText(/events? on the way/)).toBeVisible();

  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Switch off' }).click();
  await expect(page.getByText('Switched off').first()).toBeVisible();
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByLabel('Type CRM to confirm').fill('CRM');
  await page.getByRole('button', { name: 'Delete endpoint' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Webhooks');
  await crm.close();
});
