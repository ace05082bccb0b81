// The places of the back office: the navigation, the palette and the go-to
// keys are made of this table.
import {
  IconAffiliate, IconBox, IconClipboardList, IconFiles, IconHistory, IconHome2, IconKey, IconLink, IconMail, IconPlugConnected, IconProgressCheck, IconReceipt2,
  IconReportAnalytics, IconSettings, IconTerminal2, IconUserCog, IconUsers, IconUsersGroup, IconHandStop, IconWebhook, type Icon,
} from '@tabler/icons-react';

export interface PlaceEntry {
  to: string;
  label: string;
  icon: Icon;
  /** `g` and this letter go there. */
  key?: string;
  /** Members without the role admin do not see it. */
  admin?: boolean;
  /** Further words that find it in the palette. */
  words?: string;
  /** It is in the palette alone. */
  hidden?: boolean;
}

export interface PlaceGroup {
  label: string;
  places: readonly PlaceEntry[];
}

export const groups: readonly PlaceGroup[] = [
  {
    label: 'Selling',
    places: [
      { to: '/', label: 'Today', icon: IconHome2, key: 't', words: 'home dashboard overview figures' },
      { to: '/orders', label: 'Orders', icon: IconReceipt2, key: 'o', words: 'sales purchases refunds' },
      { to: '/fulfilment', label: 'Fulfilment', icon: IconProgressCheck, key: 'u', words: 'queue processing failed retry' },
      { to: '/customers', label: 'Customers', icon: IconUsers, key: 'c', words: 'buyers people' },
      { to: '/requests', label: 'Requests', icon: IconHandStop, key: 'q', words: 'more downloads approve decline' },
      { to: '/mail', label: 'Mail', icon: IconMail, key: 'm', words: 'messages e-mail sent bounced' },
      { to: '/reports', label: 'Reports', icon: IconReportAnalytics, key: 'r', admin: true, words: 'csv export sales downloads' },
    ],
  },
  {
    label: 'Catalogue',
    places: [
      { to: '/products', label: 'Products', icon: IconBox, key: 'p', words: 'digital versions' },
      { to: '/files', label: 'Files', icon: IconFiles, key: 'f', words: 'upload storage' },
      { to: '/keys', label: 'Licence keys', icon: IconKey, key: 'k', words: 'license stock serial import' },
      { to: '/links', label: 'Download links', icon: IconLink, key: 'l', words: 'share press' },
      { to: '/assign', label: 'Assign products', icon: IconClipboardList, words: 'give bulk csv permission' },
    ],
  },
  {
    label: 'Connections',
    places: [
      { to: '/connectors', label: 'Stores', icon: IconPlugConnected, key: 'n', admin: true, words: 'connectors shopify woocommerce stripe fastspring vibracart mappings events' },
      { to: '/webhooks', label: 'Webhooks', icon: IconWebhook, key: 'w', admin: true, words: 'endpoints deliveries events' },
      { to: '/tokens', label: 'API tokens', icon: IconTerminal2, key: 'a', admin: true, words: 'credentials bearer' },
    ],
  },
  {
    label: 'Shop',
    places: [
      { to: '/settings', label: 'Settings', icon: IconSettings, key: 's', admin: true, words: 'branding sender templates gateway policies' },
      { to: '/members', label: 'Members', icon: IconUsersGroup, key: 'e', admin: true, words: 'people roles invite team' },
      { to: '/audit', label: 'Audit log', icon: IconHistory, key: 'h', admin: true, words: 'changes history who' },
      { to: '/account', label: 'Your account', icon: IconUserCog, hidden: true, words: 'password two-factor sessions profile' },
      { to: '/webhooks/deliveries', label: 'Webhook deliveries', icon: IconAffiliate, hidden: true, admin: true, words: 'failed retry' },
    ],
  },
];

export interface Deed {
  to: string;
  label: string;
  words?: string;
  admin?: boolean;
}

/** What the palette offers to do. A page opens its dialog when its address says `?new`. */
export const deeds: readonly Deed[] = [
  { to: '/products/new', label: 'New product', words: 'create add' },
  { to: '/orders/new', label: 'New order', words: 'create manual test' },
  { to: '/files?new', label: 'Upload files', words: 'add' },
  { to: '/keys?new', label: 'Import or generate licence keys', words: 'add stock csv' },
  { to: '/links?new', label: 'New download link', words: 'share create' },
  { to: '/webhooks?new', label: 'New webhook endpoint', words: 'create add', admin: true },
  { to: '/tokens?new', label: 'New API token', words: 'create add', admin: true },
  { to: '/members?new', label: 'Invite a member', words: 'add team', admin: true },
  { to: '/settings/branding', label: 'Change logo and colour', words: 'brand accent', admin: true },
  { to: '/settings/templates', label: 'Change the texts of mails', words: 'template', admin: true },
];

/** Whether the address is of a place, or below one, that is for admins. */
export function forAdmins(path: string): boolean {
  return groups.some((g) => g.places.some((p) => p.admin === true && (path === p.to || path.startsWith(`${p.to}/`))));
}
