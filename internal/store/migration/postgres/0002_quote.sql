-- +goose Up
CREATE TABLE quote (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  shop_id TEXT COLLATE "C" NOT NULL,
  mode TEXT COLLATE "C" NOT NULL,
  hash TEXT COLLATE "C" NOT NULL UNIQUE,
  product_id TEXT COLLATE "C" NOT NULL,
  quantity BIGINT NOT NULL,
  country TEXT COLLATE "C" NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL,
  order_id TEXT COLLATE "C" NOT NULL,
  line_id TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX quote_expiry ON quote (expires_at);
CREATE UNIQUE INDEX quote_line ON quote (line_id) WHERE line_id <> '';
