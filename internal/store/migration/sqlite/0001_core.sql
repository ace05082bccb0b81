-- +goose Up
CREATE TABLE server (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

CREATE TABLE shop (
  id TEXT NOT NULL PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  state TEXT NOT NULL,
  settings TEXT NOT NULL,
  secrets TEXT NOT NULL,
  host TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX shop_host ON shop (host) WHERE host <> '';

CREATE TABLE counter (
  shop_id TEXT NOT NULL,
  name TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (shop_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
  id TEXT NOT NULL PRIMARY KEY,
  shop_id TEXT NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  mode TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  last4 TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  revoked_at INTEGER NOT NULL
) STRICT;
CREATE INDEX token_shop ON token (shop_id, id);

CREATE TABLE member (
  id TEXT NOT NULL PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  password TEXT NOT NULL,
  totp TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE membership (
  member_id TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  role TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (member_id, shop_id)
) STRICT;

CREATE TABLE idempotency (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  status INTEGER NOT NULL,
  body TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_age ON idempotency (created_at);

CREATE TABLE file (
  id TEXT NOT NULL PRIMARY KEY,
  shop_id TEXT NOT NULL,
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL,
  size INTEGER NOT NULL,
  type TEXT NOT NULL,
  digest TEXT NOT NULL,
  uploaded INTEGER NOT NULL,
  encrypted INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX file_shop ON file (shop_id, id);
CREATE INDEX file_created ON file (shop_id, created_at, id);
CREATE INDEX file_digest ON file (digest);

CREATE TABLE upload (
  id TEXT NOT NULL PRIMARY KEY,
  shop_id TEXT NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  metadata TEXT NOT NULL,
  length INTEGER NOT NULL,
  file_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX upload_expiry ON upload (expires_at);

CREATE TABLE condemned (
  digest TEXT NOT NULL PRIMARY KEY,
  token TEXT NOT NULL,
  done INTEGER NOT NULL,
  condemned_at INTEGER NOT NULL
) STRICT;

CREATE TABLE product (
  id TEXT NOT NULL PRIMARY KEY,
  shop_id TEXT NOT NULL,
  asset_id INTEGER NOT NULL,
  slug TEXT NOT NULL,
  external_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  status TEXT NOT NULL,
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL,
  delivering TEXT NOT NULL,
  access TEXT NOT NULL,
  download_mode TEXT NOT NULL,
  download_type TEXT NOT NULL,
  product_gid TEXT NOT NULL,
  variant_gids TEXT NOT NULL,
  use_all_variants INTEGER NOT NULL,
  key_tag TEXT NOT NULL,
  key_mode TEXT NOT NULL,
  download_in INTEGER,
  max_downloads INTEGER,
  notify_when_updated INTEGER NOT NULL,
  scheduled_at INTEGER NOT NULL,
  scheduled_zone TEXT NOT NULL,
  price_cents INTEGER NOT NULL,
  currency TEXT NOT NULL,
  description TEXT NOT NULL,
  cover_url TEXT NOT NULL,
  world INTEGER NOT NULL,
  countries TEXT NOT NULL,
  min_quantity INTEGER NOT NULL,
  available INTEGER NOT NULL,
  stamping TEXT NOT NULL,
  period_months INTEGER NOT NULL,
  partable INTEGER NOT NULL,
  parts TEXT NOT NULL,
  links TEXT NOT NULL,
  is_archived INTEGER NOT NULL,
  active_version_id TEXT NOT NULL,
  extra TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX product_shop ON product (shop_id, id);
CREATE INDEX product_created ON product (shop_id, created_at, id);
CREATE UNIQUE INDEX product_slug ON product (shop_id, slug);
CREATE UNIQUE INDEX product_asset ON product (shop_id, asset_id);
CREATE UNIQUE INDEX product_external ON product (shop_id, external_id) WHERE external_id <> '';

CREATE TABLE version (
  id TEXT NOT NULL PRIMARY KEY,
  shop_id TEXT NOT NULL,
  product_id TEXT NOT NULL,
  version TEXT NOT NULL,
  notes TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  activated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX version_number ON version (product_id, version);

CREATE TABLE version_file (
  version_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  file_id TEXT NOT NULL,
  PRIMARY KEY (version_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX version_file_file ON version_file (file_id);

CREATE TABLE customer (
  id TEXT NOT NULL PRIMARY KEY,
  shop_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  email TEXT NOT NULL,
  email_folded TEXT NOT NULL,
  firstname TEXT NOT NULL,
  lastname TEXT NOT NULL,
  locale TEXT NOT NULL,
  gid TEXT NOT NULL,
  external_id TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX customer_shop ON customer (shop_id, mode, id);
CREATE UNIQUE INDEX customer_email ON customer (shop_id, mode, email_folded) WHERE email_folded <> '';
CREATE UNIQUE INDEX customer_external ON customer (shop_id, mode, external_id) WHERE external_id <> '';

CREATE TABLE orders (
  id TEXT NOT NULL PRIMARY KEY,
  shop_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  number INTEGER NOT NULL,
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL,
  external_reference TEXT NOT NULL,
  gid TEXT NOT NULL,
  source TEXT NOT NULL,
  type TEXT NOT NULL,
  currency TEXT NOT NULL,
  financial TEXT NOT NULL,
  risk TEXT NOT NULL,
  access_disabled INTEGER NOT NULL,
  imported INTEGER NOT NULL,
  customer_id TEXT NOT NULL,
  email TEXT NOT NULL,
  email_folded TEXT NOT NULL,
  firstname TEXT NOT NULL,
  lastname TEXT NOT NULL,
  locale TEXT NOT NULL,
  customer_gid TEXT NOT NULL,
  customer_number INTEGER NOT NULL,
  total_cents INTEGER NOT NULL,
  link_epoch INTEGER NOT NULL,
  extra TEXT NOT NULL,
  paid_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX orders_shop ON orders (shop_id, mode, id);
CREATE INDEX orders_created ON orders (shop_id, mode, created_at, id);
CREATE UNIQUE INDEX orders_number ON orders (shop_id, mode, number);
CREATE UNIQUE INDEX orders_name ON orders (shop_id, mode, name_folded);
CREATE UNIQUE INDEX orders_reference ON orders (shop_id, mode, external_reference) WHERE external_reference <> '';
CREATE INDEX orders_email ON orders (shop_id, mode, email_folded, id);
CREATE INDEX orders_customer_number ON orders (shop_id, mode, customer_number, id) WHERE customer_number <> 0;

CREATE TABLE order_line (
  id TEXT NOT NULL PRIMARY KEY,
  order_id TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  number INTEGER NOT NULL,
  product_id TEXT NOT NULL,
  product_name TEXT NOT NULL,
  delivering TEXT NOT NULL,
  access TEXT NOT NULL,
  quantity INTEGER NOT NULL,
  refunded_quantity INTEGER NOT NULL,
  price_cents INTEGER NOT NULL,
  gid TEXT NOT NULL,
  status TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  cancel_reason TEXT NOT NULL,
  country TEXT NOT NULL,
  version_id TEXT NOT NULL,
  count_from INTEGER NOT NULL,
  delivered_at INTEGER NOT NULL,
  keys_owed INTEGER NOT NULL,
  key_tag TEXT NOT NULL,
  extra TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX order_line_number ON order_line (order_id, number);
CREATE INDEX order_line_product ON order_line (product_id, order_id);
CREATE INDEX order_line_waiting ON order_line (shop_id, mode, key_tag, created_at, id) WHERE keys_owed > 0;
CREATE INDEX order_line_ending ON order_line (ends_at) WHERE ends_at > 0;

CREATE TABLE line_file (
  line_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  file_id TEXT NOT NULL,
  PRIMARY KEY (line_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX line_file_file ON line_file (file_id);

CREATE TABLE license_key (
  id TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  key TEXT NOT NULL,
  tag TEXT NOT NULL,
  order_id TEXT NOT NULL,
  order_name TEXT NOT NULL,
  line_id TEXT NOT NULL,
  assigned_at INTEGER NOT NULL,
  burnt_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (shop_id, mode, key, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX license_key_shop ON license_key (shop_id, mode, id);
CREATE INDEX license_key_free ON license_key (shop_id, mode, tag, id) WHERE order_id = '';
CREATE INDEX license_key_line ON license_key (line_id) WHERE line_id <> '';

CREATE TABLE download (
  id TEXT NOT NULL PRIMARY KEY,
  shop_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  via TEXT NOT NULL,
  holder TEXT NOT NULL,
  order_id TEXT NOT NULL,
  line_id TEXT NOT NULL,
  link_id TEXT NOT NULL,
  mint_id TEXT NOT NULL,
  product_id TEXT NOT NULL,
  version_id TEXT NOT NULL,
  file_id TEXT NOT NULL,
  file_name TEXT NOT NULL,
  file_type TEXT NOT NULL,
  number INTEGER NOT NULL,
  size INTEGER NOT NULL,
  sent INTEGER NOT NULL,
  covered TEXT NOT NULL,
  redownload INTEGER NOT NULL,
  counted INTEGER NOT NULL,
  billable INTEGER NOT NULL,
  ip TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  completed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX download_holder ON download (holder, file_id, id);
CREATE INDEX download_order ON download (order_id, file_id) WHERE order_id <> '';
CREATE INDEX download_period ON download (shop_id, mode, created_at, id);

CREATE TABLE checksum (
  digest TEXT NOT NULL PRIMARY KEY,
  crc32 INTEGER NOT NULL
) STRICT;

CREATE TABLE stamped (
  key TEXT NOT NULL PRIMARY KEY,
  shop_id TEXT NOT NULL,
  digest TEXT NOT NULL,
  size INTEGER NOT NULL,
  error TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX stamped_digest ON stamped (digest) WHERE digest <> '';

CREATE TABLE link (
  id TEXT NOT NULL PRIMARY KEY,
  shop_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  use_limit INTEGER NOT NULL,
  max_copies INTEGER NOT NULL,
  stamp INTEGER NOT NULL,
  stamp_text TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  used_up_sent INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX link_shop ON link (shop_id, mode, id);

CREATE TABLE link_file (
  link_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  file_id TEXT NOT NULL,
  PRIMARY KEY (link_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX link_file_file ON link_file (file_id);

CREATE TABLE event (
  id TEXT NOT NULL PRIMARY KEY,
  shop_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  type TEXT NOT NULL,
  order_id TEXT NOT NULL,
  data TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX event_order ON event (order_id, id) WHERE order_id <> '';

CREATE TABLE endpoint (
  id TEXT NOT NULL PRIMARY KEY,
  shop_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  name TEXT NOT NULL,
  url TEXT NOT NULL,
  events TEXT NOT NULL,
  dialect TEXT NOT NULL,
  secret TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  disabled_reason TEXT NOT NULL,
  failing_since INTEGER NOT NULL,
  warned_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX endpoint_shop ON endpoint (shop_id, mode, id);

CREATE TABLE webhook_delivery (
  id TEXT NOT NULL PRIMARY KEY,
  shop_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  endpoint_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  event_type TEXT NOT NULL,
  state TEXT NOT NULL,
  attempt_count INTEGER NOT NULL,
  attempts TEXT NOT NULL,
  next_attempt_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX webhook_delivery_once ON webhook_delivery (endpoint_id, event_id);
CREATE INDEX webhook_delivery_endpoint ON webhook_delivery (endpoint_id, id);
CREATE INDEX webhook_delivery_stuck ON webhook_delivery (endpoint_id, state, id) WHERE state IN ('failed', 'held');

CREATE TABLE webhook_payload (
  event_id TEXT NOT NULL,
  dialect TEXT NOT NULL,
  payload TEXT NOT NULL,
  PRIMARY KEY (event_id, dialect)
) STRICT;

CREATE TABLE message (
  id TEXT NOT NULL PRIMARY KEY,
  shop_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  recipient TEXT NOT NULL,
  locale TEXT NOT NULL,
  data TEXT NOT NULL,
  subject TEXT NOT NULL,
  body_text TEXT NOT NULL,
  body_html TEXT NOT NULL,
  order_id TEXT NOT NULL,
  error TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  sent_at INTEGER NOT NULL
) STRICT;
CREATE INDEX message_shop ON message (shop_id, mode, id);
CREATE INDEX message_order ON message (order_id, id) WHERE order_id <> '';

CREATE TABLE job (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  lane TEXT NOT NULL,
  args TEXT NOT NULL,
  state TEXT NOT NULL,
  again_at INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  max_attempts INTEGER NOT NULL,
  scheduled_at INTEGER NOT NULL,
  lease_until INTEGER NOT NULL,
  worker TEXT NOT NULL,
  errors TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX job_once ON job (kind, key);
CREATE INDEX job_due ON job (scheduled_at, id) WHERE state = 'available';
CREATE INDEX job_leased ON job (lease_until) WHERE state = 'running';
CREATE INDEX job_parked ON job (lane, scheduled_at, id) WHERE state = 'parked';

CREATE TABLE reference (
  shop_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  system TEXT NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  object_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (shop_id, mode, system, kind, text)
) STRICT, WITHOUT ROWID;
CREATE INDEX reference_object ON reference (object_id);
