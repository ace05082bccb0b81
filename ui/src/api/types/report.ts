import type { FinancialStatus, LineStatus } from './order';
import type { Named } from './common';

/** A line of a paid order, or of a payment that renewed it. */
export interface Sale {
  order_id: string;
  order_name: string;
  external_reference: string | null;
  source: string;
  type: 'sale' | 'report' | null;
  renewal: boolean;
  created_at: string;
  paid_at: string;
  customer: { email: string | null; name: string | null };
  line_id: string;
  digital_product: Named;
  quantity: number;
  price_cents: number;
  refunded_quantity: number;
  gross_cents: number;
  refunded_cents: number;
  net_cents: number;
  currency: string;
  status: LineStatus;
  financial_status: FinancialStatus;
}

export interface SaleTotal {
  currency: string;
  rows: number;
  gross_cents: number;
  refunded_cents: number;
  net_cents: number;
}

/** What became of a row of POST /assignments. */
export interface Assigned {
  row: number;
  order_id: string | null;
  error: { code: string; message: string; details: { field: string; message: string }[] } | null;
}
