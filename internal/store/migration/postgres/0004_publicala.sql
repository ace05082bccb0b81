-- +goose Up
CREATE TABLE payment (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  order_id TEXT COLLATE "C" NOT NULL,
  shop_id TEXT COLLATE "C" NOT NULL,
  mode TEXT COLLATE "C" NOT NULL,
  gateway TEXT COLLATE "C" NOT NULL,
  reference TEXT COLLATE "C" NOT NULL,
  url TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  expires_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX payment_order ON payment (order_id, id);
CREATE INDEX payment_open ON payment (id) WHERE state IN ('open', 'pending');

CREATE TABLE spent_token (
  shop_id TEXT COLLATE "C" NOT NULL,
  jti TEXT COLLATE "C" NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (shop_id, jti)
);
CREATE INDEX spent_token_expiry ON spent_token (expires_at);

CREATE INDEX orders_unpaid ON orders (source, id) WHERE financial = 'PENDING';
