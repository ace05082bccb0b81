import type { Named } from './common';

export interface LicenseKey {
  id: string;
  key: string;
  tag: string | null;
  assigned: boolean;
  order_id: string | null;
  order_name: string | null;
  created_at: string;
  updated_at: string;
}

export interface KeyTag {
  /** '' the stock without a tag. */
  tag: string;
  free: number;
  assigned: number;
  burnt: number;
  waiting: number;
  products: Named[];
}

export interface WaitingLine {
  order: Named;
  line_id: string;
  customer_email: string | null;
  product: Named;
  tag: string;
  owed: number;
  since: string;
}

export interface KeyVerdict {
  valid: boolean;
  assigned: boolean;
  tag: string | null;
  order_name: string | null;
  order_id: string | null;
}
