import type { AttachedFile } from './file';
import type { DeliveringType } from './order';

export type Access = 'FILE' | 'LICENSE_KEY' | 'FILE_WITH_LICENCE_KEY';

export interface ProductLink {
  id: string;
  name: string;
  url: string;
}

export interface ProductPart {
  digital_product_id: string;
  name: string;
  sequence: number;
}

export interface Product {
  id: string;
  name: string;
  slug: string;
  external_id: string | null;
  asset_id: number;
  kind: 'content' | 'subscription';
  status: 'published' | 'draft';
  delivering_type: DeliveringType;
  access: Access;
  download_mode: 'redirect' | 'proxy';
  download_type: 'single_file' | 'zip';
  product_gid: string | null;
  variant_gids: string[];
  use_all_variants: boolean;
  license_key_tag: string | null;
  license_key_mode: 'FROM_POOL' | 'GENERATED' | null;
  download_in: number | null;
  max_downloads: number | null;
  notify_when_updated: boolean;
  scheduled_delivery_date: string | null;
  scheduled_delivery_timezone: string | null;
  is_archived: boolean;
  files: AttachedFile[];
  links: ProductLink[];
  version: string | null;
  active_version_id: string | null;
  file_ids: string[];
  price_cents: number;
  currency: string;
  description: string | null;
  cover_url: string | null;
  world: boolean;
  countries: string[];
  min_quantity: number;
  available: boolean;
  stamping: { enabled: boolean; text: string | null };
  period_months: number | null;
  partable: boolean;
  parts: ProductPart[];
  created_at: string;
  updated_at: string;
}

export interface Version {
  id: string;
  digital_product_id: string;
  version: string;
  notes: string | null;
  state: 'processing' | 'ready' | 'withdrawn';
  is_active: boolean;
  files: AttachedFile[];
  created_at: string;
  activated_at: string | null;
}
