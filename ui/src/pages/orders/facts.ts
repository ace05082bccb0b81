// What an order says, worked out: what is owed, what was fetched, and whether
// everything that should have happened did.
import type { AttachedFile } from '@/api/types/file';
import type { Message } from '@/api/types/message';
import type { Order, OrderLine } from '@/api/types/order';
import type { Product } from '@/api/types/product';
import { plural, words, type Tone } from '@/parts';

export const orderPaths = ['/orders', '/messages', '/overview', '/customers', '/license-key', '/download-requests', '/reports'] as const;

export const unpaid = (o: Order): boolean => ['PENDING', 'AUTHORIZED', 'PARTIALLY_PAID'].includes(o.financial_status);
export const settled = (o: Order): boolean => ['REFUNDED', 'VOIDED', 'EXPIRED'].includes(o.financial_status);
export const over = (l: OrderLine): boolean => l.status === 'canceled' || l.status === 'refunded';
export const units = (l: OrderLine): number => l.quantity - l.refunded_quantity;

export function customerName(c: { firstname: string | null; lastname: string | null }): string {
  return [c.firstname, c.lastname].filter(Boolean).join(' ');
}

export const hasKeys = (p: Product | undefined): boolean => p !== undefined && p.access !== 'FILE';
export const hasFiles = (p: Product | undefined): boolean => p === undefined || p.access !== 'LICENSE_KEY';

/** Keys that are still to come. */
export function keysOwed(l: OrderLine, p: Product | undefined): number {
  if (l.rights) return over(l) ? 0 : l.rights.keys_owed;
  return hasKeys(p) && !over(l) && l.status !== 'unpaid' ? Math.max(0, units(l) - l.license_keys.length) : 0;
}

/** The files that the line gives: its own, or those of the product. */
export function goods(l: OrderLine, p: Product | undefined): AttachedFile[] {
  if (!hasFiles(p)) return [];
  return l.delivering_type === 'UNIQUE' ? (l.files ?? []) : (p?.files ?? []);
}

export interface Copies {
  /** Copies that count towards the limit. */
  counted: number;
  all: number;
  /** The share of the file that the fullest copy has, 0 to 1. */
  share: number;
  last: string | null;
}

/** What was fetched of a file, of those copies that were begun since a time. */
export function copiesOf(l: OrderLine, file: AttachedFile, since = ''): Copies {
  const events = (l.downloads ?? []).filter((d) => d.file.id === file.id);
  return {
    counted: events.filter((d) => d.counted && d.created_at >= since).length,
    all: events.length,
    share: events.reduce((most, d) => Math.max(most, d.file.size > 0 ? d.bytes / d.file.size : 1), 0),
    last: events.at(-1)?.created_at ?? null,
  };
}

/** Why a line does not give its goods now; null when it does. */
export function waitsFor(o: Order, l: OrderLine, p: Product | undefined): string | null {
  switch (l.status) {
    case 'unpaid':
      return 'Given out as soon as the order is paid.';
    case 'paused':
      return 'Paused: the customer does not reach it.';
    case 'failed':
      return `${l.rights?.failure ?? 'It could not be made ready.'} Retry it once the cause is mended.`;
    case 'canceled':
      return l.cancel_reason ? `Cancelled: ${l.cancel_reason}` : 'Cancelled.';
    case 'processing':
      if (o.is_held) return 'Held, because the risk of fraud is high.';
      if (l.delivering_type === 'UNIQUE' && (l.files ?? []).length === 0) return 'Waits for the files of this customer.';
      if (l.delivering_type === 'SCHEDULED') return 'Given out at the date of the product.';
      return 'Being made ready.';
    default: {
      const owed = keysOwed(l, p);
      if (owed > 0) return `Waits for ${plural(owed, 'licence key')}: the stock ${p?.license_key_tag ? `“${p.license_key_tag}” ` : ''}is empty.`;
      if (l.status === 'active' && l.delivering_type !== 'UNIQUE' && p !== undefined && hasFiles(p) && p.files.length === 0 && p.links.length === 0) {
        return 'The product has no file: there is nothing to download.';
      }
      return null;
    }
  }
}

export interface Check {
  key: 'payment' | 'goods' | 'mail' | 'downloads';
  label: string;
  tone: Tone;
  verdict: string;
  detail: string | null;
}

/** The four questions of every support mail: paid, ready, mailed, fetched. */
export function checks(o: Order, products: ReadonlyMap<string, Product>, messages: readonly Message[]): Check[] {
  return [payment(o), readiness(o, products), mail(o, messages), fetched(o, products)];
}

function payment(o: Order): Check {
  const check = { key: 'payment', label: 'Payment', detail: null } as const;
  if (o.is_held && !settled(o)) return { ...check, tone: 'red', verdict: 'Held', detail: 'The risk of fraud is high' };
  if (unpaid(o)) return { ...check, tone: 'amber', verdict: o.financial_status === 'PARTIALLY_PAID' ? 'Partly paid' : 'Not paid', detail: 'Nothing is given out yet' };
  if (o.financial_status === 'PAID') return { ...check, tone: 'green', verdict: 'Paid' };
  const refunded = o.lines.reduce((n, l) => n + l.refunded_quantity, 0);
  return { ...check, tone: settled(o) ? 'gray' : 'blue', verdict: words(o.financial_status), detail: refunded > 0 ? `${plural(refunded, 'unit')} given back` : null };
}

function readiness(o: Order, products: ReadonlyMap<string, Product>): Check {
  const check = { key: 'goods', label: 'Goods' } as const;
  if (o.dl_access === 'disabled' && o.lines.some((l) => !over(l))) return { ...check, tone: 'red', verdict: 'Access is off', detail: 'The customer is turned away' };
  const live = o.lines.filter((l) => !over(l));
  if (live.length === 0) return { ...check, tone: 'gray', verdict: 'All given back', detail: null };
  if (o.is_held) return { ...check, tone: 'gray', verdict: 'Waiting', detail: 'Until the order is released' };
  const failed = live.find((l) => l.status === 'failed');
  if (failed) return { ...check, tone: 'red', verdict: 'Failed', detail: failed.digital_product.name };
  if (unpaid(o)) return { ...check, tone: 'gray', verdict: 'Waiting', detail: 'For the payment' };
  for (const l of live) {
    const why = waitsFor(o, l, products.get(l.digital_product.id));
    if (why !== null) return { ...check, tone: 'amber', verdict: 'Incomplete', detail: why };
  }
  const keys = live.reduce((n, l) => n + l.license_keys.length, 0);
  const files = live.reduce((n, l) => n + goods(l, products.get(l.digital_product.id)).length, 0);
  const what = [files > 0 && plural(files, 'file'), keys > 0 && plural(keys, 'key')].filter(Boolean).join(', ');
  return { ...check, tone: 'green', verdict: 'Ready', detail: what || null };
}

function mail(o: Order, messages: readonly Message[]): Check {
  const check = { key: 'mail', label: 'Mail' } as const;
  const last = messages.filter((m) => m.kind === 'delivery').reduce<Message | null>((a, b) => (a === null || b.created_at > a.created_at ? b : a), null);
  if (o.customer.email === null) return { ...check, tone: 'amber', verdict: 'No address', detail: 'Add one, or send the link yourself' };
  if (last === null) return { ...check, tone: 'gray', verdict: 'Not sent', detail: null };
  switch (last.state) {
    case 'sent':
      return { ...check, tone: 'green', verdict: 'Sent', detail: `To ${last.to}` };
    case 'kept':
      return { ...check, tone: 'blue', verdict: 'Kept here', detail: 'No mail server is set up yet' };
    case 'queued':
      return { ...check, tone: 'amber', verdict: 'On its way', detail: `To ${last.to}` };
    case 'deferred':
      return { ...check, tone: 'amber', verdict: 'Refused for now', detail: 'It is tried again by itself' };
    case 'failed':
      return { ...check, tone: 'red', verdict: 'Came back', detail: last.error ?? `To ${last.to}` };
  }
}

function fetched(o: Order, products: ReadonlyMap<string, Product>): Check {
  const check = { key: 'downloads', label: 'Downloads' } as const;
  const all = o.lines.flatMap((l) => goods(l, products.get(l.digital_product.id)).map((f) => copiesOf(l, f)));
  const whole = all.filter((c) => c.share >= 1).length;
  const begun = all.filter((c) => c.all > 0).length;
  if (all.length === 0) return { ...check, tone: 'gray', verdict: 'None', detail: 'No files in this order' };
  if (whole === all.length) return { ...check, tone: 'green', verdict: 'All fetched', detail: plural(whole, 'file') };
  if (begun === 0) return { ...check, tone: 'gray', verdict: 'None yet', detail: plural(all.length, 'file') };
  return { ...check, tone: 'blue', verdict: `${whole} of ${all.length} fetched`, detail: begun > whole ? `${begun - whole} begun` : null };
}
