// Every page at both widths and in both colours: axe, nothing sticks out, a
// picture. The main task of each screen is in a file of its own. Add yours here.
import { look, test } from './fixtures';

const pages: readonly (readonly [name: string, path: string])[] = [
  ['webhooks', '/admin/webhooks'],
  ['webhook-new', '/admin/webhooks?new'],
  ['webhook-deliveries', '/admin/webhooks/deliveries'],
  ['connectors', '/admin/connectors'],
  ['store-events', '/admin/connectors?tab=events'],
  ['mappings', '/admin/connectors?tab=mappings'],
  ['tokens', '/admin/tokens'],
  ['token-new', '/admin/tokens?new'],
  ['members', '/admin/members'],
  ['member-new', '/admin/members?new'],
  ['account', '/admin/account'],
  ['audit', '/admin/audit'],
  ['settings-shop', '/admin/settings'],
  ['settings-branding', '/admin/settings/branding'],
  ['settings-sender', '/admin/settings/sender'],
  ['settings-templates', '/admin/settings/templates'],
  ['settings-gateways', '/admin/settings/gateways'],
  ['settings-policies', '/admin/settings/policies'],
  ['settings-keys', '/admin/settings/keys'],
  ['settings-lifetimes', '/admin/settings/lifetimes'],
  ['settings-publicala', '/admin/settings/publicala'],
];

for (const [name, path] of pages) {
  test(`${name}`, async ({ page }) => {
    await page.goto(path);
    await page.locator('h1').waitFor();
    await look(page, name);
  });
}

for (const [name, path] of [['sign-in', '/admin/sign-in'], ['reset', '/admin/reset'], ['reset-choose', '/admin/reset?token=none'], ['invitation-old', '/admin/invitation/none']] as const) {
  test(`${name}`, async ({ stranger }) => {
    await stranger.goto(path);
    await stranger.locator('h1').waitFor();
    await look(stranger, name);
  });
}
