// A server of its own, from the owner link on, with a mail server: what needs
// mails that really go out.
import type { Page } from '@playwright/test';
import { expect, look, test } from './fixtures';
import { mailbox, type Mailbox } from './mailbox';
import { serve, type Started } from './server';

const owner = { email: 'founder@example.com', password: 'eleven calm walruses', next: 'twelve bold albatrosses' };

test.describe.serial('a new server', () => {
  let box: Mailbox;
  let server: Started;
  test.beforeAll(async () => {
    box = await mailbox();
    server = await serve(box.url);
  });
  test.afterAll(async () => {
    await server.stop();
    await box.close();
  });

  const arrange = async <T>(page: Page, path: string, data: unknown): Promise<T> => {
    const answer = await page.request.post(`${server.origin}/public-api/v1${path}`, { data, headers: { Origin: server.origin } });
    expect(answer.status(), await answer.text()).toBe(201);
    return ((await answer.json()) as { data: T }).data;
  };
  const product = async (page: Page): Promise<string> => (await arrange<{ id: string }>(page, '/digital-products', { name: 'Sea shanties', price_cents: 900 })).id;
  const enter = async (page: Page, password: string): Promise<void> => {
    await page.goto(`${server.origin}/admin/sign-in`);
    await page.getByLabel('E-mail').fill(owner.email);
    await page.getByLabel(/^Password/).fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Today' })).toBeVisible();
  };

  test('the owner link makes the owner, who sees the first steps, and works once', async ({ stranger: page }) => {
    await page.goto(server.link);
    await look(page, 'setup');
    await page.getByLabel('E-mail').fill(owner.email);
    await page.getByLabel(/^Password/).fill(owner.password);
    await page.getByRole('button', { name: 'Make the owner' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Today' })).toBeVisible();
    await expect(page.getByRole('heading', { name: 'Getting started' })).toBeVisible();
    await look(page, 'first-steps');
    expect((await page.request.get(server.link)).status()).toBe(404);
    await page.getByRole('button', { name: `Mail to ${owner.email}` }).click();
    await box.newest(owner.email, /test/i);
    await expect(page.getByRole('list', { name: 'Done' })).toContainText(/mail/i, { timeout: 20_000 });
  });

  test('a forgotten password is set anew by mail', async ({ stranger: page }) => {
    await page.goto(`${server.origin}/admin/reset`);
    await page.getByLabel('E-mail').fill(owner.email);
    await page.getByRole('button', { name: 'Mail me the link' }).click();
    await expect(page.getByRole('status')).toContainText(owner.email);
    const [link] = await box.newest(owner.email, /http\S+\/admin\/reset\?token=[\w-]+/);
    await page.goto(link);
    await page.getByLabel('New password').fill(owner.next);
    await page.getByRole('button', { name: 'Set the password' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
    await enter(page, owner.next);
    await page.goto(link);
    await page.getByLabel('New password').fill('thirteen loud penguins');
    await page.getByRole('button', { name: 'Set the password' }).click();
    await expect(page.getByRole('alert')).toBeVisible();
  });

  test('a mail that was refused for good is corrected and goes elsewhere', async ({ stranger: page }) => {
    await enter(page, owner.next);
    const order = await arrange<{ name: string }>(page, '/orders', { customer: { email: 'nobody@example.org' }, lines: [{ digital_product_id: await product(page) }] });
    await page.goto(`${server.origin}/admin/mail?state=failed`);
    await expect(async () => {
      await page.reload();
      await expect(page.getByRole('row', { name: /nobody@example.org/ })).toContainText('no such user here', { timeout: 1000 });
    }).toPass({ timeout: 20_000 });
    await page.goto(`${server.origin}/admin`);
    await expect(page.getByText('An e-mail was refused')).toBeVisible();
    await page.getByRole('link', { name: /Correct and send again/ }).click();
    await page.getByRole('row', { name: /nobody@example.org/ }).getByRole('link').first().click();
    await expect(page.getByText('no such user here').first()).toBeVisible();
    await look(page, 'message-failed');
    await page.getByRole('button', { name: 'To another address' }).click();
    const form = page.getByRole('dialog', { name: 'Send to another address' });
    await form.getByLabel('E-mail address').fill('somebody@example.org');
    await form.getByRole('button', { name: 'Send', exact: true }).click();
    await box.newest('somebody@example.org', new RegExp(order.name));
    await expect(page.getByText('somebody@example.org').first()).toBeVisible();
    await expect
      .poll(async () => {
        const found = (await (await page.request.get(`${server.origin}/public-api/v1/messages?to=somebody@example.org`)).json()) as { data: { state: string }[] };
        return found.data.map((m) => m.state);
      })
      .toEqual(['sent']);
  });

  test('a customer’s sessions are ended', async ({ stranger: page, browser }) => {
    await enter(page, owner.next);
    const id = (await arrange<{ customer: { id: string } }>(page, '/orders', { customer: { email: 'lee@example.org' }, lines: [{ digital_product_id: await product(page) }] })).customer.id;
    const context = await browser.newContext({ baseURL: server.origin });
    const buyer = await context.newPage();
    await buyer.goto('/my');
    await buyer.locator('#email').fill('lee@example.org');
    await buyer.locator('form.ask button').first().click();
    const [, code = ''] = await box.newest('lee@example.org', /\b(\d{6})\b/);
    await buyer.locator('#code').fill(code);
    await buyer.locator('form.ask button').click();
    await expect(buyer.getByText('Sea shanties').first()).toBeVisible();

    await page.goto(`${server.origin}/admin/customers/${id}`);
    const section = page.getByRole('region', { name: 'Signed in at' });
    await expect(section.getByText('Chrome on Linux')).toBeVisible();
    await expect(section.getByRole('button', { name: 'Sign out Chrome on Linux' })).toBeVisible();
    await section.getByRole('button', { name: 'Sign out everywhere' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click();
    await expect(section.getByText('Nowhere.')).toBeVisible();
    await buyer.reload();
    await expect(buyer.locator('#email')).toBeVisible();
    await context.close();
  });
});
