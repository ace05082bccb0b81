import type { APIRequest } from '@playwright/test';
import { expect, look, test, type Call } from './fixtures';
import { anyFile, fetchFile, makeOrder, makeProduct } from './shop';

/** A customer uses up the one copy, and asks for more on the page. */
async function ask(api: Call, request: APIRequest, email: string, words: string): Promise<void> {
  const file = await anyFile(api);
  const product = await makeProduct(api, 'Once only', { file_ids: [file.id], max_downloads: 1 });
  const order = await makeOrder(api, email, product);
  expect(await fetchFile(request, order, file.id)).toBe(200);
  const http = await request.newContext();
  const origin = new URL(order.download_url).origin;
  const answer = await http.post(`${order.download_url}/request`, { form: { line: order.lines[0]?.id ?? '', message: words }, headers: { Origin: origin } });
  expect(answer.ok(), await answer.text()).toBe(true);
  await http.dispose();
}

test('requests for more downloads are approved in one press, by choice, or declined', async ({ page, api, playwright }) => {
  await ask(api, playwright.request, 'one@requests.example', 'My laptop was stolen.');
  await ask(api, playwright.request, 'two@requests.example', '');
  await ask(api, playwright.request, 'three@requests.example', 'Please.');
  await page.goto('/admin/requests');
  await expect(page.getByText('My laptop was stolen.')).toBeVisible();
  await look(page, 'requests');
  await page.getByRole('button', { name: 'Approve one@requests.example' }).click();
  await expect(page.getByRole('button', { name: 'Approve one@requests.example' })).toHaveCount(0);

  await page.getByRole('button', { name: 'Choose what two@requests.example gets' }).click();
  const choose = page.getByRole('dialog', { name: /^More downloads/ });
  await choose.getByLabel('Copies of each file').fill('4');
  await choose.getByRole('button', { name: 'Approve' }).click();
  await expect(choose).toHaveCount(0);

  await page.getByRole('button', { name: 'Decline three@requests.example' }).click();
  const decline = page.getByRole('dialog', { name: /^Decline/ });
  await decline.getByLabel('What the customer is told').fill('The new edition is half price for you.');
  await decline.getByRole('button', { name: 'Decline' }).click();
  await expect(decline).toHaveCount(0);

  await page.getByRole('radiogroup', { name: 'State' }).getByText('Approved').click();
  await expect(page.getByText('4 copies of each file')).toBeVisible();
  await page.getByRole('radiogroup', { name: 'State' }).getByText('Declined').click();
  await expect(page.getByText('Told: “The new edition is half price for you.”')).toBeVisible();
});
