-- +goose Up
CREATE TABLE mint (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  shop_id TEXT COLLATE "C" NOT NULL,
  mode TEXT COLLATE "C" NOT NULL,
  hash TEXT COLLATE "C" NOT NULL UNIQUE,
  product_id TEXT COLLATE "C" NOT NULL,
  version_id TEXT COLLATE "C" NOT NULL,
  order_id TEXT COLLATE "C" NOT NULL,
  line_id TEXT COLLATE "C" NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX mint_expiry ON mint (expires_at);

CREATE TABLE login_code (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  shop_id TEXT COLLATE "C" NOT NULL,
  challenge TEXT COLLATE "C" NOT NULL UNIQUE,
  email TEXT COLLATE "C" NOT NULL,
  code TEXT COLLATE "C" NOT NULL,
  sent BOOLEAN NOT NULL,
  attempts BIGINT NOT NULL,
  ip TEXT COLLATE "C" NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX login_code_email ON login_code (shop_id, email, created_at);
CREATE INDEX login_code_age ON login_code (created_at);

CREATE TABLE session (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  shop_id TEXT COLLATE "C" NOT NULL,
  hash TEXT COLLATE "C" NOT NULL UNIQUE,
  email TEXT COLLATE "C" NOT NULL,
  expires_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX session_email ON session (shop_id, email);
CREATE INDEX session_expiry ON session (expires_at);

CREATE TABLE mapping (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  shop_id TEXT COLLATE "C" NOT NULL,
  source TEXT COLLATE "C" NOT NULL,
  external_key TEXT COLLATE "C" NOT NULL,
  product_id TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX mapping_key ON mapping (shop_id, source, external_key);
CREATE INDEX mapping_shop ON mapping (shop_id, id);

CREATE TABLE store_event (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  shop_id TEXT COLLATE "C" NOT NULL,
  mode TEXT COLLATE "C" NOT NULL,
  source TEXT COLLATE "C" NOT NULL,
  topic TEXT COLLATE "C" NOT NULL,
  digest TEXT COLLATE "C" NOT NULL,
  body TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  error TEXT COLLATE "C" NOT NULL,
  unmapped TEXT COLLATE "C" NOT NULL,
  sale_id TEXT COLLATE "C" NOT NULL,
  order_id TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  processed_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX store_event_once ON store_event (shop_id, mode, source, digest);
CREATE INDEX store_event_shop ON store_event (shop_id, mode, id);
CREATE INDEX store_event_open ON store_event (shop_id, mode, state, id) WHERE state <> 'done';
CREATE INDEX store_event_sale ON store_event (sale_id) WHERE sale_id <> '';
CREATE INDEX store_event_age ON store_event (created_at);

CREATE TABLE sale (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  shop_id TEXT COLLATE "C" NOT NULL,
  mode TEXT COLLATE "C" NOT NULL,
  source TEXT COLLATE "C" NOT NULL,
  order_id TEXT COLLATE "C" NOT NULL,
  facts TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE sale_key (
  shop_id TEXT COLLATE "C" NOT NULL,
  mode TEXT COLLATE "C" NOT NULL,
  source TEXT COLLATE "C" NOT NULL,
  key TEXT COLLATE "C" NOT NULL,
  sale_id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (shop_id, mode, source, key)
);
CREATE INDEX sale_key_sale ON sale_key (sale_id);

CREATE INDEX product_gid ON product (shop_id, product_gid) WHERE product_gid <> '';
