export interface Change {
  value: number;
  previous: number;
}

export interface AttentionItem {
  id: string;
  title: string;
  at: string;
}

export interface Attention {
  kind: string;
  severity: 'red' | 'amber';
  count: number;
  title: string;
  href: string;
  items: AttentionItem[];
}

export interface SeriesPoint {
  at: string;
  orders: number;
  revenue_cents: number;
  downloads: number;
}

export interface Overview {
  period: { start: string; end: string };
  previous: { start: string; end: string };
  figures: {
    orders: Change;
    revenue: (Change & { currency: string })[];
    downloads: Change;
    completed: Change;
    bandwidth_bytes: Change;
    new_customers: Change;
    keys_assigned: Change;
    refunds: Change;
  };
  series: SeriesPoint[];
  previous_series: SeriesPoint[];
  top_products: { id: string; name: string; orders: number; revenue_cents: number }[];
  top_files: { id: string; name: string; downloads: number }[];
  attention: Attention[];
}
