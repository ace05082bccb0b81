import { expect, look, test } from './fixtures';
import { makeOrder } from './shop';

test('a mail is found, read as the customer reads it, and sent again elsewhere', async ({ page, api, world }) => {
  const order = await makeOrder(api, 'reader@mail.example', world.product);
  await page.goto('/admin/mail');
  await page.getByLabel('Search mails').fill('reader@mail');
  await expect(page.getByRole('row', { name: /ana@example.org/ })).toHaveCount(0);
  await look(page, 'mail');
  await page.getByRole('row', { name: /reader@mail.example/ }).getByRole('link').click();
  await expect(page.getByRole('heading', { level: 1, name: new RegExp(order.name) })).toBeVisible();
  await expect(page.frameLocator('iframe').getByRole('link', { name: 'Open your downloads' })).toBeVisible();
  await look(page, 'message');
  await page.getByText('Text', { exact: true }).click();
  await expect(page.getByLabel('The text of the mail')).toContainText(order.name);

  await page.getByRole('button', { name: 'To another address' }).click();
  const form = page.getByRole('dialog', { name: 'Send to another address' });
  await form.getByLabel('E-mail address').fill('no address');
  await form.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(form.getByLabel('E-mail address')).toHaveAttribute('aria-invalid', 'true');
  await form.getByLabel('E-mail address').fill('elsewhere@mail.example');
  await form.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(page.getByText('elsewhere@mail.example').first()).toBeVisible();
  const sent = await api<{ to: string }[]>('GET', '/messages?to=elsewhere@mail.example');
  expect(sent).toHaveLength(1);
});
