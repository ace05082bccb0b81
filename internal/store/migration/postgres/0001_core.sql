-- +goose Up
CREATE TABLE server (
  name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  value TEXT COLLATE "C" NOT NULL
);

CREATE TABLE shop (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  slug TEXT COLLATE "C" NOT NULL UNIQUE,
  name TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  settings TEXT COLLATE "C" NOT NULL,
  secrets TEXT COLLATE "C" NOT NULL,
  host TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX shop_host ON shop (host) WHERE host <> '';

CREATE TABLE counter (
  shop_id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  value BIGINT NOT NULL,
  PRIMARY KEY (shop_id, name)
);

CREATE TABLE token (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  shop_id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  role TEXT COLLATE "C" NOT NULL,
  mode TEXT COLLATE "C" NOT NULL,
  hash TEXT COLLATE "C" NOT NULL UNIQUE,
  last4 TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT NOT NULL,
  revoked_at BIGINT NOT NULL
);
CREATE INDEX token_shop ON token (shop_id, id);

CREATE TABLE member (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  email TEXT COLLATE "C" NOT NULL UNIQUE,
  name TEXT COLLATE "C" NOT NULL,
  password TEXT COLLATE "C" NOT NULL,
  totp TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE membership (
  member_id TEXT COLLATE "C" NOT NULL,
  shop_id TEXT COLLATE "C" NOT NULL,
  role TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (member_id, shop_id)
);

CREATE TABLE idempotency (
  scope TEXT COLLATE "C" NOT NULL,
  key TEXT COLLATE "C" NOT NULL,
  fingerprint TEXT COLLATE "C" NOT NULL,
  status BIGINT NOT NULL,
  body TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);

CREATE TABLE file (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  shop_id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  name_folded TEXT COLLATE "C" NOT NULL,
  size BIGINT NOT NULL,
  type TEXT COLLATE "C" NOT NULL,
  digest TEXT COLLATE "C" NOT NULL,
  uploaded BOOLEAN NOT NULL,
  encrypted BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX file_shop ON file (shop_id, id);
CREATE INDEX file_created ON file (shop_id, created_at, id);
CREATE INDEX file_digest ON file (digest);

CREATE TABLE upload (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  shop_id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  type TEXT COLLATE "C" NOT NULL,
  metadata TEXT COLLATE "C" NOT NULL,
  length BIGINT NOT NULL,
  file_id TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX upload_expiry ON upload (expires_at);

CREATE TABLE condemned (
  digest TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  token TEXT COLLATE "C" NOT NULL,
  done BOOLEAN NOT NULL,
  condemned_at BIGINT NOT NULL
);

CREATE TABLE product (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  shop_id TEXT COLLATE "C" NOT NULL,
  asset_id BIGINT NOT NULL,
  slug TEXT COLLATE "C" NOT NULL,
  external_id TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  name_folded TEXT COLLATE "C" NOT NULL,
  delivering TEXT COLLATE "C" NOT NULL,
  access TEXT COLLATE "C" NOT NULL,
  download_mode TEXT COLLATE "C" NOT NULL,
  download_type TEXT COLLATE "C" NOT NULL,
  product_gid TEXT COLLATE "C" NOT NULL,
  variant_gids TEXT COLLATE "C" NOT NULL,
  use_all_variants BOOLEAN NOT NULL,
  key_tag TEXT COLLATE "C" NOT NULL,
  key_mode TEXT COLLATE "C" NOT NULL,
  download_in BIGINT,
  max_downloads BIGINT,
  notify_when_updated BOOLEAN NOT NULL,
  scheduled_at BIGINT NOT NULL,
  scheduled_zone TEXT COLLATE "C" NOT NULL,
  price_cents BIGINT NOT NULL,
  currency TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C" NOT NULL,
  cover_url TEXT COLLATE "C" NOT NULL,
  world BOOLEAN NOT NULL,
  countries TEXT COLLATE "C" NOT NULL,
  min_quantity BIGINT NOT NULL,
  available BOOLEAN NOT NULL,
  stamping TEXT COLLATE "C" NOT NULL,
  period_months BIGINT NOT NULL,
  partable BOOLEAN NOT NULL,
  parts TEXT COLLATE "C" NOT NULL,
  links TEXT COLLATE "C" NOT NULL,
  is_archived BOOLEAN NOT NULL,
  active_version_id TEXT COLLATE "C" NOT NULL,
  extra TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX product_shop ON product (shop_id, id);
CREATE INDEX product_created ON product (shop_id, created_at, id);
CREATE UNIQUE INDEX product_slug ON product (shop_id, slug);
CREATE UNIQUE INDEX product_asset ON product (shop_id, asset_id);
CREATE UNIQUE INDEX product_external ON product (shop_id, external_id) WHERE external_id <> '';

CREATE TABLE version (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  shop_id TEXT COLLATE "C" NOT NULL,
  product_id TEXT COLLATE "C" NOT NULL,
  version TEXT COLLATE "C" NOT NULL,
  notes TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  activated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX version_number ON version (product_id, version);

CREATE TABLE version_file (
  version_id TEXT COLLATE "C" NOT NULL,
  position BIGINT NOT NULL,
  file_id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (version_id, position)
);
CREATE INDEX version_file_file ON version_file (file_id);

CREATE TABLE customer (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  shop_id TEXT COLLATE "C" NOT NULL,
  mode TEXT COLLATE "C" NOT NULL,
  email TEXT COLLATE "C" NOT NULL,
  email_folded TEXT COLLATE "C" NOT NULL,
  firstname TEXT COLLATE "C" NOT NULL,
  lastname TEXT COLLATE "C" NOT NULL,
  locale TEXT COLLATE "C" NOT NULL,
  gid TEXT COLLATE "C" NOT NULL,
  external_id TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX customer_shop ON customer (shop_id, mode, id);
CREATE UNIQUE INDEX customer_email ON customer (shop_id, mode, email_folded) WHERE email_folded <> '';
CREATE UNIQUE INDEX customer_external ON customer (shop_id, mode, external_id) WHERE external_id <> '';

CREATE TABLE orders (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  shop_id TEXT COLLATE "C" NOT NULL,
  mode TEXT COLLATE "C" NOT NULL,
  number BIGINT NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  name_folded TEXT COLLATE "C" NOT NULL,
  external_reference TEXT COLLATE "C" NOT NULL,
  gid TEXT COLLATE "C" NOT NULL,
  source TEXT COLLATE "C" NOT NULL,
  type TEXT COLLATE "C" NOT NULL,
  currency TEXT COLLATE "C" NOT NULL,
  financial TEXT COLLATE "C" NOT NULL,
  risk TEXT COLLATE "C" NOT NULL,
  access_disabled BOOLEAN NOT NULL,
  imported BOOLEAN NOT NULL,
  customer_id TEXT COLLATE "C" NOT NULL,
  email TEXT COLLATE "C" NOT NULL,
  email_folded TEXT COLLATE "C" NOT NULL,
  firstname TEXT COLLATE "C" NOT NULL,
  lastname TEXT COLLATE "C" NOT NULL,
  locale TEXT COLLATE "C" NOT NULL,
  customer_gid TEXT COLLATE "C" NOT NULL,
  customer_number BIGINT NOT NULL,
  total_cents BIGINT NOT NULL,
  link_epoch BIGINT NOT NULL,
  extra TEXT COLLATE "C" NOT NULL,
  paid_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX orders_shop ON orders (shop_id, mode, id);
CREATE INDEX orders_created ON orders (shop_id, mode, created_at, id);
CREATE UNIQUE INDEX orders_number ON orders (shop_id, mode, number);
CREATE UNIQUE INDEX orders_name ON orders (shop_id, mode, name_folded);
CREATE UNIQUE INDEX orders_reference ON orders (shop_id, mode, external_reference) WHERE external_reference <> '';
CREATE INDEX orders_email ON orders (shop_id, mode, email_folded, id);
CREATE INDEX orders_customer_number ON orders (shop_id, mode, customer_number, id) WHERE customer_number <> 0;

CREATE TABLE order_line (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  order_id TEXT COLLATE "C" NOT NULL,
  shop_id TEXT COLLATE "C" NOT NULL,
  mode TEXT COLLATE "C" NOT NULL,
  number BIGINT NOT NULL,
  product_id TEXT COLLATE "C" NOT NULL,
  product_name TEXT COLLATE "C" NOT NULL,
  delivering TEXT COLLATE "C" NOT NULL,
  access TEXT COLLATE "C" NOT NULL,
  quantity BIGINT NOT NULL,
  refunded_quantity BIGINT NOT NULL,
  price_cents BIGINT NOT NULL,
  gid TEXT COLLATE "C" NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  expires_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  cancel_reason TEXT COLLATE "C" NOT NULL,
  country TEXT COLLATE "C" NOT NULL,
  version_id TEXT COLLATE "C" NOT NULL,
  count_from BIGINT NOT NULL,
  delivered_at BIGINT NOT NULL,
  keys_owed BIGINT NOT NULL,
  key_tag TEXT COLLATE "C" NOT NULL,
  extra TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX order_line_number ON order_line (order_id, number);
CREATE INDEX order_line_product ON order_line (product_id, order_id);
CREATE INDEX order_line_waiting ON order_line (shop_id, mode, key_tag, created_at, id) WHERE keys_owed > 0;
CREATE INDEX order_line_ending ON order_line (ends_at) WHERE ends_at > 0;

CREATE TABLE line_file (
  line_id TEXT COLLATE "C" NOT NULL,
  position BIGINT NOT NULL,
  file_id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (line_id, position)
);
CREATE INDEX line_file_file ON line_file (file_id);

CREATE TABLE license_key (
  id TEXT COLLATE "C" NOT NULL,
  shop_id TEXT COLLATE "C" NOT NULL,
  mode TEXT COLLATE "C" NOT NULL,
  key TEXT COLLATE "C" NOT NULL,
  tag TEXT COLLATE "C" NOT NULL,
  order_id TEXT COLLATE "C" NOT NULL,
  order_name TEXT COLLATE "C" NOT NULL,
  line_id TEXT COLLATE "C" NOT NULL,
  assigned_at BIGINT NOT NULL,
  burnt_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (shop_id, mode, key, id)
);
CREATE UNIQUE INDEX license_key_shop ON license_key (shop_id, mode, id);
CREATE INDEX license_key_free ON license_key (shop_id, mode, tag, id) WHERE order_id = '';
CREATE INDEX license_key_line ON license_key (line_id) WHERE line_id <> '';

CREATE TABLE download (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  shop_id TEXT COLLATE "C" NOT NULL,
  mode TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C" NOT NULL,
  holder TEXT COLLATE "C" NOT NULL,
  order_id TEXT COLLATE "C" NOT NULL,
  line_id TEXT COLLATE "C" NOT NULL,
  link_id TEXT COLLATE "C" NOT NULL,
  mint_id TEXT COLLATE "C" NOT NULL,
  product_id TEXT COLLATE "C" NOT NULL,
  version_id TEXT COLLATE "C" NOT NULL,
  file_id TEXT COLLATE "C" NOT NULL,
  file_name TEXT COLLATE "C" NOT NULL,
  file_type TEXT COLLATE "C" NOT NULL,
  number BIGINT NOT NULL,
  size BIGINT NOT NULL,
  sent BIGINT NOT NULL,
  covered TEXT COLLATE "C" NOT NULL,
  redownload BOOLEAN NOT NULL,
  counted BOOLEAN NOT NULL,
  billable BOOLEAN NOT NULL,
  ip TEXT COLLATE "C" NOT NULL,
  user_agent TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  completed_at BIGINT NOT NULL
);
CREATE INDEX download_holder ON download (holder, file_id, id);
CREATE INDEX download_order ON download (order_id, file_id) WHERE order_id <> '';
CREATE INDEX download_period ON download (shop_id, mode, created_at, id);

CREATE TABLE checksum (
  digest TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  crc32 BIGINT NOT NULL
);

CREATE TABLE stamped (
  key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  shop_id TEXT COLLATE "C" NOT NULL,
  digest TEXT COLLATE "C" NOT NULL,
  size BIGINT NOT NULL,
  error TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX stamped_digest ON stamped (digest) WHERE digest <> '';

CREATE TABLE link (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  shop_id TEXT COLLATE "C" NOT NULL,
  mode TEXT COLLATE "C" NOT NULL,
  use_limit BOOLEAN NOT NULL,
  max_copies BIGINT NOT NULL,
  stamp BOOLEAN NOT NULL,
  stamp_text TEXT COLLATE "C" NOT NULL,
  expires_at BIGINT NOT NULL,
  used_up_sent BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX link_shop ON link (shop_id, mode, id);

CREATE TABLE link_file (
  link_id TEXT COLLATE "C" NOT NULL,
  position BIGINT NOT NULL,
  file_id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (link_id, position)
);
CREATE INDEX link_file_file ON link_file (file_id);

CREATE TABLE event (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  shop_id TEXT COLLATE "C" NOT NULL,
  mode TEXT COLLATE "C" NOT NULL,
  type TEXT COLLATE "C" NOT NULL,
  order_id TEXT COLLATE "C" NOT NULL,
  data TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX event_order ON event (order_id, id) WHERE order_id <> '';

CREATE TABLE endpoint (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  shop_id TEXT COLLATE "C" NOT NULL,
  mode TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  url TEXT COLLATE "C" NOT NULL,
  events TEXT COLLATE "C" NOT NULL,
  dialect TEXT COLLATE "C" NOT NULL,
  secret TEXT COLLATE "C" NOT NULL,
  enabled BOOLEAN NOT NULL,
  disabled_reason TEXT COLLATE "C" NOT NULL,
  failing_since BIGINT NOT NULL,
  warned_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX endpoint_shop ON endpoint (shop_id, mode, id);

CREATE TABLE webhook_delivery (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  shop_id TEXT COLLATE "C" NOT NULL,
  mode TEXT COLLATE "C" NOT NULL,
  endpoint_id TEXT COLLATE "C" NOT NULL,
  event_id TEXT COLLATE "C" NOT NULL,
  event_type TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  attempt_count BIGINT NOT NULL,
  attempts TEXT COLLATE "C" NOT NULL,
  next_attempt_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX webhook_delivery_once ON webhook_delivery (endpoint_id, event_id);
CREATE INDEX webhook_delivery_endpoint ON webhook_delivery (endpoint_id, id);
CREATE INDEX webhook_delivery_stuck ON webhook_delivery (endpoint_id, state, id) WHERE state IN ('failed', 'held');

CREATE TABLE webhook_payload (
  event_id TEXT COLLATE "C" NOT NULL,
  dialect TEXT COLLATE "C" NOT NULL,
  payload TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (event_id, dialect)
);

CREATE TABLE message (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  shop_id TEXT COLLATE "C" NOT NULL,
  mode TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  recipient TEXT COLLATE "C" NOT NULL,
  locale TEXT COLLATE "C" NOT NULL,
  data TEXT COLLATE "C" NOT NULL,
  subject TEXT COLLATE "C" NOT NULL,
  body_text TEXT COLLATE "C" NOT NULL,
  body_html TEXT COLLATE "C" NOT NULL,
  order_id TEXT COLLATE "C" NOT NULL,
  error TEXT COLLATE "C" NOT NULL,
  attempts BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  sent_at BIGINT NOT NULL
);
CREATE INDEX message_shop ON message (shop_id, mode, id);
CREATE INDEX message_order ON message (order_id, id) WHERE order_id <> '';

CREATE TABLE job (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  kind TEXT COLLATE "C" NOT NULL,
  key TEXT COLLATE "C" NOT NULL,
  lane TEXT COLLATE "C" NOT NULL,
  args TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  again_at BIGINT NOT NULL,
  attempt BIGINT NOT NULL,
  max_attempts BIGINT NOT NULL,
  scheduled_at BIGINT NOT NULL,
  lease_until BIGINT NOT NULL,
  worker TEXT COLLATE "C" NOT NULL,
  errors TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX job_once ON job (kind, key);
CREATE INDEX job_due ON job (scheduled_at, id) WHERE state = 'available';
CREATE INDEX job_leased ON job (lease_until) WHERE state = 'running';
CREATE INDEX job_parked ON job (lane, scheduled_at, id) WHERE state = 'parked';

CREATE TABLE reference (
  shop_id TEXT COLLATE "C" NOT NULL,
  mode TEXT COLLATE "C" NOT NULL,
  system TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  text TEXT COLLATE "C" NOT NULL,
  object_id TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (shop_id, mode, system, kind, text)
);
CREATE INDEX reference_object ON reference (object_id);
