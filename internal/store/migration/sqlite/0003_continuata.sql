-- +goose Up
CREATE TABLE mint (
  id TEXT NOT NULL PRIMARY KEY,
  shop_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  product_id TEXT NOT NULL,
  version_id TEXT NOT NULL,
  order_id TEXT NOT NULL,
  line_id TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX mint_expiry ON mint (expires_at);

CREATE TABLE login_code (
  id TEXT NOT NULL PRIMARY KEY,
  shop_id TEXT NOT NULL,
  challenge TEXT NOT NULL UNIQUE,
  email TEXT NOT NULL,
  code TEXT NOT NULL,
  sent INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  ip TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX login_code_email ON login_code (shop_id, email, created_at);
CREATE INDEX login_code_age ON login_code (created_at);

CREATE TABLE session (
  id TEXT NOT NULL PRIMARY KEY,
  shop_id TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  email TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX session_email ON session (shop_id, email);
CREATE INDEX session_expiry ON session (expires_at);

CREATE TABLE mapping (
  id TEXT NOT NULL PRIMARY KEY,
  shop_id TEXT NOT NULL,
  source TEXT NOT NULL,
  external_key TEXT NOT NULL,
  product_id TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX mapping_key ON mapping (shop_id, source, external_key);
CREATE INDEX mapping_shop ON mapping (shop_id, id);

CREATE TABLE store_event (
  id TEXT NOT NULL PRIMARY KEY,
  shop_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  source TEXT NOT NULL,
  topic TEXT NOT NULL,
  digest TEXT NOT NULL,
  body TEXT NOT NULL,
  state TEXT NOT NULL,
  error TEXT NOT NULL,
  unmapped TEXT NOT NULL,
  sale_id TEXT NOT NULL,
  order_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  processed_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX store_event_once ON store_event (shop_id, mode, source, digest);
CREATE INDEX store_event_shop ON store_event (shop_id, mode, id);
CREATE INDEX store_event_open ON store_event (shop_id, mode, state, id) WHERE state <> 'done';
CREATE INDEX store_event_sale ON store_event (sale_id) WHERE sale_id <> '';
CREATE INDEX store_event_age ON store_event (created_at);

CREATE TABLE sale (
  id TEXT NOT NULL PRIMARY KEY,
  shop_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  source TEXT NOT NULL,
  order_id TEXT NOT NULL,
  facts TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sale_key (
  shop_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  source TEXT NOT NULL,
  key TEXT NOT NULL,
  sale_id TEXT NOT NULL,
  PRIMARY KEY (shop_id, mode, source, key)
) STRICT;
CREATE INDEX sale_key_sale ON sale_key (sale_id);

CREATE INDEX product_gid ON product (shop_id, product_gid) WHERE product_gid <> '';
