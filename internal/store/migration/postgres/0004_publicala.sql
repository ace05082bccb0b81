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
  expires_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX payment_order ON payment (order_id, id);

CREATE TABLE spent_token (
  shop_id TEXT NOT NULL,
  jti TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (shop_id, jti)
);
CREATE INDEX spent_token_expiry ON spent_token (expires_at);

CREATE INDEX orders_unpaid ON orders (source, id) WHERE financial = 'PENDING';
