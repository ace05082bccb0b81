import type { StoreKind } from './settings';

export interface Mapping {
  id: string;
  source: StoreKind;
  external_key: string;
  digital_product_id: string;
  created_at: string;
}

export interface StoreEvent {
  id: string;
  source: StoreKind;
  topic: string | null;
  state: 'received' | 'done' | 'unmapped' | 'failed';
  error: string | null;
  order_id: string | null;
  unmapped: { external_keys: string[]; name: string; quantity: number }[];
  created_at: string;
  processed_at: string | null;
  payload?: unknown;
}
