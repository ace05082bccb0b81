// A product as a form has it, and back to what the API takes.
import type { FileName } from '@/api/types/file';
import type { Access, Product } from '@/api/types/product';
import type { DeliveringType } from '@/api/types/order';
import { amount, cents } from '@/parts';

export interface Values {
  name: string;
  description: string;
  cover_url: string;
  kind: Product['kind'];
  period_months: number | string;
  status: Product['status'];
  available: boolean;
  price: string;
  currency: string;
  min_quantity: number | string;
  world: boolean;
  countries: string[];
  access: Access;
  files: FileName[];
  links: { name: string; url: string }[];
  max_downloads: number | string;
  download_in: number | string;
  download_type: Product['download_type'];
  download_mode: Product['download_mode'];
  delivering_type: DeliveringType;
  /** `2026-09-01T09:00` on the clock of the zone. */
  scheduled: string;
  zone: string;
  notify_when_updated: boolean;
  license_key_tag: string;
  license_key_mode: 'FROM_POOL' | 'GENERATED';
  stamping: boolean;
  stamping_text: string;
  slug: string;
  external_id: string;
  asset_id: number | string;
  product_gid: string;
  variant_gids: string[];
  partable: boolean;
  parts: { digital_product_id: string; name: string; sequence: number }[];
}

export function empty(currency: string, zone: string): Values {
  return {
    name: '', description: '', cover_url: '', kind: 'content', period_months: 1, status: 'published', available: true,
    price: '', currency, min_quantity: 1, world: true, countries: [], access: 'FILE', files: [], links: [],
    max_downloads: '', download_in: '', download_type: 'single_file', download_mode: 'redirect', delivering_type: 'REGULAR',
    scheduled: '', zone, notify_when_updated: false, license_key_tag: '', license_key_mode: 'FROM_POOL', stamping: false, stamping_text: '',
    slug: '', external_id: '', asset_id: '', product_gid: '', variant_gids: [], partable: false, parts: [],
  };
}

export function valuesOf(p: Product, shopZone: string): Values {
  const zone = p.scheduled_delivery_timezone ?? shopZone;
  return {
    name: p.name,
    description: p.description ?? '',
    cover_url: p.cover_url ?? '',
    kind: p.kind,
    period_months: p.period_months ?? 1,
    status: p.status,
    available: p.available,
    price: price(p.price_cents, p.currency),
    currency: p.currency,
    min_quantity: p.min_quantity,
    world: p.world,
    countries: p.countries,
    access: p.access,
    files: p.files,
    links: p.links.map(({ name, url }) => ({ name, url })),
    max_downloads: p.max_downloads ?? '',
    download_in: p.download_in ?? '',
    download_type: p.download_type,
    download_mode: p.download_mode,
    delivering_type: p.delivering_type,
    scheduled: p.scheduled_delivery_date === null ? '' : onClock(p.scheduled_delivery_date, zone),
    zone,
    notify_when_updated: p.notify_when_updated,
    license_key_tag: p.license_key_tag ?? '',
    license_key_mode: p.license_key_mode ?? 'FROM_POOL',
    stamping: p.stamping.enabled,
    stamping_text: p.stamping.text ?? '',
    slug: p.slug,
    external_id: p.external_id ?? '',
    asset_id: p.asset_id,
    product_gid: p.product_gid ?? '',
    variant_gids: p.variant_gids,
    partable: p.partable,
    parts: p.parts,
  };
}

type Body = Record<string, unknown>;

/** All fields of the API. Those without a meaning beside the others are left out. */
export function bodyOf(v: Values): Body {
  const scheduled = v.delivering_type === 'SCHEDULED';
  const keys = v.access !== 'FILE';
  return {
    name: v.name.trim(),
    description: orNull(v.description),
    cover_url: orNull(v.cover_url),
    kind: v.kind,
    ...(v.kind === 'subscription' ? { period_months: Number(v.period_months) || 1 } : {}),
    status: v.status,
    available: v.available,
    price_cents: v.price.trim() === '' ? 0 : cents(v.price, v.currency),
    currency: v.currency,
    min_quantity: Number(v.min_quantity) || 1,
    world: v.world,
    countries: v.countries,
    access: v.access,
    file_ids: v.files.map((f) => f.id),
    links: v.links.filter((l) => l.name.trim() !== '' || l.url.trim() !== '').map((l) => ({ name: l.name.trim(), url: l.url.trim() })),
    max_downloads: orNumber(v.max_downloads),
    download_in: orNumber(v.download_in),
    download_type: v.download_type,
    download_mode: v.download_mode,
    delivering_type: v.delivering_type,
    scheduled_delivery_date: scheduled ? orNull(v.scheduled === '' ? '' : `${v.scheduled}:00`.slice(0, 19)) : null,
    scheduled_delivery_timezone: scheduled ? v.zone : null,
    notify_when_updated: v.notify_when_updated,
    license_key_tag: keys ? orNull(v.license_key_tag) : null,
    license_key_mode: keys ? v.license_key_mode : null,
    stamping: { enabled: v.stamping, text: orNull(v.stamping_text) },
    ...(v.slug.trim() === '' ? {} : { slug: v.slug.trim() }),
    external_id: orNull(v.external_id),
    ...(v.asset_id === '' ? {} : { asset_id: Number(v.asset_id) }),
    product_gid: orNull(v.product_gid),
    variant_gids: v.variant_gids,
    partable: v.partable,
    parts: v.parts.map((p, i) => ({ ...p, sequence: i + 1 })),
  };
}

/** What a PATCH has to say: the fields that differ. */
export function changes(before: Values, after: Values): Body {
  const old = bodyOf(before);
  const now = bodyOf(after);
  const out = Object.fromEntries(Object.entries(now).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(old[name])));
  // A date and its zone, and a key's tag and mode, make sense together only.
  if ('delivering_type' in out && after.delivering_type !== 'SCHEDULED') delete out['scheduled_delivery_timezone'];
  if ('scheduled_delivery_timezone' in out || 'scheduled_delivery_date' in out) {
    if (after.delivering_type === 'SCHEDULED') {
      out['scheduled_delivery_date'] = now['scheduled_delivery_date'];
      out['scheduled_delivery_timezone'] = now['scheduled_delivery_timezone'];
    }
  }
  return out;
}

/** What a POST has to say: the name, and what is not as it would be anyway. */
export function creation(v: Values): Body {
  return { name: v.name.trim(), ...changes(empty(v.currency, v.zone), v), currency: v.currency };
}

const orNull = (text: string): string | null => (text.trim() === '' ? null : text.trim());
const orNumber = (n: number | string): number | null => (n === '' || Number(n) === 0 ? null : Number(n));

function price(n: number, currency: string): string {
  return n === 0 ? '' : amount(n, currency);
}

/** An instant as the clock of a zone shows it, for a field of date and time. */
export function onClock(at: string, zone: string): string {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
  }).formatToParts(new Date(at));
  const of = (type: string) => parts.find((p) => p.type === type)?.value ?? '';
  return `${of('year')}-${of('month')}-${of('day')}T${of('hour')}:${of('minute')}`;
}

/** The field of the form that an error of the API is about. */
export function fieldOf(apiField: string): string {
  const [head = ''] = apiField.split(/[.[]/);
  const names: Record<string, string> = {
    price_cents: 'price', file_ids: 'files', scheduled_delivery_date: 'scheduled', scheduled_delivery_timezone: 'zone', stamping: 'stamping_text',
  };
  return names[head] ?? head;
}
