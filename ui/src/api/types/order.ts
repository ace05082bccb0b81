import type { AttachedFile, FileName } from './file';
import type { MoneyAmount, Named } from './common';

export type FinancialStatus = 'AUTHORIZED' | 'EXPIRED' | 'PAID' | 'PARTIALLY_PAID' | 'PARTIALLY_REFUNDED' | 'PENDING' | 'REFUNDED' | 'VOIDED';
export type LineStatus = 'unpaid' | 'processing' | 'active' | 'paused' | 'failed' | 'canceled' | 'refunded';
export type OrderSource = 'native' | 'hlconnect' | 'continuata' | 'publicala' | 'shopify' | 'woocommerce' | 'stripe' | 'fastspring' | 'vibracartpro' | 'import';
export type DeliveringType = 'REGULAR' | 'UNIQUE' | 'SCHEDULED';

export interface OrderCustomer {
  id: string;
  email: string | null;
  firstname: string | null;
  lastname: string | null;
  gid: string | null;
  locale: string | null;
}

export interface DownloadEvent {
  id: string;
  file: FileName;
  redownload: boolean;
  counted: boolean;
  billable: boolean;
  bytes: number;
  ip: string | null;
  user_agent: string | null;
  created_at: string;
}

export interface OrderLine {
  id: string;
  line_number: number;
  delivering_type: DeliveringType;
  quantity: number;
  refunded_quantity: number;
  gid: string | null;
  price_cents: number;
  status: LineStatus;
  expires_at: string | null;
  ends_at: string | null;
  cancel_reason: string | null;
  digital_product: Named;
  license_keys: string[];
  product?: { title: string; image: string | null } | null;
  downloads?: DownloadEvent[];
  /** With include=counts. */
  counted_downloads?: number;
  files?: AttachedFile[];
  /** With `include=rights`: what the line may do otherwise than its product says. */
  rights?: { copies: number | null; counted_from: string | null; open_until: string | null; keys_owed: number; country: string | null; failure: string | null };
}

export interface Order {
  id: string;
  uuid: string;
  name: string;
  gid: string | null;
  order_number: number;
  external_reference: string | null;
  source: OrderSource;
  type: string | null;
  mode: 'live' | 'sandbox';
  currency: string;
  total_cents: number;
  financial_status: FinancialStatus;
  fulfillment_status: 'FULFILLED' | 'PARTIALLY_FULFILLED' | 'UNFULFILLED' | null;
  risk_level: 'LOW' | 'MEDIUM' | 'HIGH' | null;
  /** Its goods wait for a person because of its risk. */
  is_held: boolean;
  dl_access: 'enabled' | 'disabled';
  is_imported: boolean;
  customer: OrderCustomer;
  lines: OrderLine[];
  created_at: string;
  updated_at: string;
  download_url?: string;
}

/** One thing that happened to an order (GET /orders/{id}/timeline). */
export interface TimelineEvent {
  at: string;
  kind: string;
  title: string;
  detail: string | null;
  actor: { type: string; id: string | null; name: string | null } | null;
  link: string | null;
  data: Record<string, unknown>;
}

export interface DownloadRequest {
  id: string;
  state: 'open' | 'approved' | 'declined';
  order: Named;
  line_id: string;
  product: Named;
  customer_email: string | null;
  message: string | null;
  /** What a declined customer was told. */
  reply?: string | null;
  /** Of each file, as approved; null for the product's limit. */
  copies?: number | null;
  open_until?: string | null;
  created_at: string;
  decided_at: string | null;
}

export interface Customer {
  id: string;
  email: string | null;
  firstname: string | null;
  lastname: string | null;
  locale: string | null;
  gid: string | null;
  external_id: string | null;
  orders: number;
  spent: MoneyAmount[];
  last_order_at: string | null;
  created_at: string;
  deactivated_at: string | null;
  sessions?: { id: string; browser: string | null; system: string | null; created_at: string; last_seen_at: string | null }[];
}
