-- +goose Up
CREATE TABLE payment (
  id TEXT NOT NULL PRIMARY KEY,
  order_id TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  gateway TEXT NOT NULL,
  reference TEXT NOT NULL,
  url TEXT NOT NULL,
  state TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX payment_order ON payment (order_id, id);
CREATE INDEX payment_open ON payment (id) WHERE state IN ('open', 'pending');

CREATE TABLE spent_token (
  shop_id TEXT NOT NULL,
  jti TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (shop_id, jti)
) STRICT;
CREATE INDEX spent_token_expiry ON spent_token (expires_at);

CREATE INDEX orders_unpaid ON orders (source, id) WHERE financial = 'PENDING';
