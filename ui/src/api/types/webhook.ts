import type { Named } from './common';

export const eventTypes = [
  'digital_order.purchased', 'digital_order.delivered', 'file.downloaded', 'file.redownloaded', 'order.refunded', 'order.renewed', 'order.access_changed',
  'license_key.assigned', 'license_key.stock_low', 'product.version_activated', 'download_link.exhausted',
] as const;

export interface Endpoint {
  id: string;
  name: string;
  url: string;
  /** Publica.la's follows the settings. */
  dialect: 'bigdd' | 'publicala';
  events: string[];
  enabled: boolean;
  disabled_reason: string | null;
  failing_since: string | null;
  created_at: string;
  updated_at: string;
  secret?: string;
}

export interface Attempt {
  at: string;
  status: number | null;
  duration_ms: number;
  error: string | null;
  response: string | null;
}

export interface WebhookDelivery {
  id: string;
  endpoint_id: string;
  endpoint?: Named & { url: string };
  event_id: string;
  event_type: string;
  state: 'pending' | 'delivered' | 'failed';
  attempts: Attempt[];
  next_attempt_at: string | null;
  created_at: string;
  request?: { url: string; headers: Record<string, string | string[]>; body: unknown } | null;
}
