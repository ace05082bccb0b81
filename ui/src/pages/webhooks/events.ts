import { eventTypes } from '@/api/types/webhook';

/** What each event tells, for people. */
export const eventHelp: Readonly<Record<(typeof eventTypes)[number], string>> = {
  'digital_order.purchased': 'An order is paid. Once for each order.',
  'digital_order.delivered': 'A delivery e-mail is sent.',
  'file.downloaded': 'A buyer fetched a file for the first time.',
  'file.redownloaded': 'A buyer fetched a file again.',
  'order.refunded': 'Units were refunded.',
  'order.renewed': 'A gateway took the money for a further period.',
  'order.access_changed': 'An order was closed or opened.',
  'license_key.assigned': 'An order got a licence key.',
  'license_key.stock_low': 'Few keys of a tag are left.',
  'product.version_activated': 'Buyers get a new version of a product.',
  'download_link.exhausted': 'A download link has no copies left.',
};

export { eventTypes };
