-- +goose Up
CREATE TABLE quote (
  id TEXT NOT NULL PRIMARY KEY,
  shop_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  product_id TEXT NOT NULL,
  quantity INTEGER NOT NULL,
  country TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL,
  order_id TEXT NOT NULL,
  line_id TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX quote_expiry ON quote (expires_at);
CREATE UNIQUE INDEX quote_line ON quote (line_id) WHERE line_id <> '';
