import { createHmac } from 'node:crypto';
import { expect, look, test } from './fixtures';

const password = 'seven quiet otters';

test('a person is invited, joins, takes a second factor, and signs in with it', async ({ page, stranger }) => {
  await page.goto('/admin/members');
  await page.getByRole('button', { name: 'Invite' }).click();
  const form = page.getByRole('dialog', { name: 'Invite a member' });
  await form.getByLabel('E-mail').fill('kim@example.com');
  await form.getByLabel('Name').fill('Kim');
  await form.getByRole('radio', { name: 'Admin' }).check();
  await form.getByRole('button', { name: 'Send invitation' }).click();
  const done = page.getByRole('dialog', { name: 'kim@example.com is invited' });
  const link = await done.getByText(/\/admin\/invitation\//).innerText();
  await done.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByRole('row', { name: /kim@example.com/ })).toContainText('Invited');

  await stranger.goto(new URL(link).pathname);
  await expect(stranger.getByRole('heading', { level: 1 })).toHaveText('Join Night Sounds');
  await look(stranger, 'invitation');
  await stranger.getByLabel('Your name').fill('Kim Park');
  await stranger.getByLabel(/^Password/).fill(password);
  await stranger.getByRole('button', { name: 'Join' }).click();
  await expect(stranger.getByRole('button', { name: 'Account of Kim Park' })).toBeVisible();

  await stranger.goto('/admin/account');
  await stranger.getByRole('button', { name: 'Switch on' }).click();
  await stranger.getByRole('dialog').getByLabel(/^Your password/).fill(password);
  await stranger.getByRole('button', { name: 'Go on' }).click();
  const secret = await stranger.getByTestId('totp-secret').innerText();
  await look(stranger, 'two-factor');
  await stranger.getByLabel('Code').fill(totp(secret, 0));
  await stranger.getByRole('dialog').getByRole('button', { name: 'Switch on' }).click();
  const codes = await stranger.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem').allInnerTexts();
  expect(codes).toHaveLength(10);
  await stranger.getByRole('button', { name: 'I have kept them' }).click();
  await stranger.getByRole('button', { name: 'Sign out' }).click();

  await stranger.getByLabel('E-mail').fill('kim@example.com');
  await stranger.getByLabel(/^Password/).fill('a wrong one, surely');
  await stranger.getByRole('button', { name: 'Sign in' }).click();
  await expect(stranger.getByRole('alert')).toBeVisible();
  await stranger.getByLabel(/^Password/).fill(password);
  await stranger.getByRole('button', { name: 'Sign in' }).click();
  await expect(stranger.getByRole('heading', { level: 1 })).toHaveText('One more step');
  await look(stranger, 'sign-in-code');
  await stranger.getByLabel('Code').fill('000000');
  await stranger.getByRole('button', { name: 'Go on' }).click();
  await expect(stranger.getByRole('alert').or(stranger.locator('[aria-invalid=true]')).first()).toBeVisible();
  await stranger.getByLabel('Code').fill(totp(secret, 1)); // the one of now was spent
  await stranger.getByRole('button', { name: 'Go on' }).click();
  await stranger.getByRole('button', { name: 'Account of Kim Park' }).click();
  await stranger.getByRole('menuitem', { name: 'Sign out' }).click();
  await stranger.getByLabel('E-mail').fill('kim@example.com');
  await stranger.getByLabel(/^Password/).fill(password);
  await stranger.getByRole('button', { name: 'Sign in' }).click();
  await stranger.getByLabel('Code').fill(codes[0] ?? '');
  await stranger.getByRole('button', { name: 'Go on' }).click();
  await expect(stranger.getByRole('button', { name: 'Account of Kim Park' })).toBeVisible();

  // Shut out: the next thing that Kim does asks for the password.
  await page.reload();
  await page.getByRole('button', { name: 'Actions for Kim Park' }).click();
  await page.getByRole('menuitem', { name: 'Shut out' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Shut out' }).click();
  await expect(page.getByRole('row', { name: /kim@example.com/ })).toContainText('Disabled');
  await stranger.getByRole('link', { name: 'Orders' }).click();
  const asked = stranger.getByRole('dialog', { name: 'You were signed out' });
  await expect(asked).toBeVisible();
  await asked.getByRole('button', { name: 'Leave, and sign in as somebody else' }).click();
  await expect(stranger.getByRole('heading', { level: 1 })).toHaveText('Sign in');
});

test('a deep link leads back to where it pointed', async ({ stranger, world }) => {
  const refused: string[] = [];
  stranger.on('response', (r) => r.status() >= 400 && refused.push(`${r.status()} ${r.url()}`));
  await stranger.goto('/admin/tokens?new');
  await stranger.getByLabel('E-mail').fill(world.owner.email);
  await stranger.getByLabel(/^Password/).fill(world.owner.password);
  await stranger.getByRole('button', { name: 'Sign in' }).click();
  await expect(stranger.getByRole('dialog', { name: 'New API token' })).toBeVisible();
  expect(refused, 'who has no session is not asked for one').toEqual([]);
});

test('a reset is asked for, and says nothing of who is a member', async ({ stranger }) => {
  await stranger.goto('/admin/sign-in');
  await stranger.getByRole('link', { name: 'Forgotten the password?' }).click();
  await expect(stranger.getByRole('heading', { level: 1 })).toHaveText('Reset your password'); // the page before has such a field, too
  await stranger.getByLabel('E-mail').fill('nobody@example.com');
  await stranger.getByRole('button', { name: 'Mail me the link' }).click();
  await expect(stranger.getByRole('status')).toContainText('If nobody@example.com belongs to a member');
});

test('sessions elsewhere are ended', async ({ page, playwright, world }) => {
  const http = await playwright.request.newContext({ baseURL: world.origin, userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', extraHTTPHeaders: { Origin: world.origin } });
  expect((await http.post('/admin/session', { data: world.owner })).status()).toBe(200);
  await page.goto('/admin/account');
  await page.getByRole('button', { name: 'End the session of Firefox on Linux' }).first().click();
  await expect(page.getByText('Session ended')).toBeVisible();
  await expect.poll(async () => (await http.get('/admin/session')).status()).toBe(401);
  await http.dispose();
});

/** Six digits of RFC 6238 for the secret in base32. */
function totp(secret: string, step: number): string {
  const bits = [...secret.replace(/[\s=]/g, '')].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((b) => parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + step));
  const mac = createHmac('sha1', key).update(counter).digest();
  const at = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
