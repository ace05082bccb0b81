-- +goose Up
-- Figures of quarters of an hour (slot: 900 seconds since the epoch) and of
-- days (of UTC), made of orders, downloads and keys that change no more.
CREATE TABLE figure_slot (
  shop_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  slot INTEGER NOT NULL,
  currency TEXT NOT NULL,
  orders INTEGER NOT NULL,
  cents INTEGER NOT NULL,
  refunds INTEGER NOT NULL,
  downloads INTEGER NOT NULL,
  completed INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  customers INTEGER NOT NULL,
  keys INTEGER NOT NULL,
  PRIMARY KEY (shop_id, mode, slot, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE figure_day (
  shop_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  kind TEXT NOT NULL,
  day INTEGER NOT NULL,
  object_id TEXT NOT NULL,
  currency TEXT NOT NULL,
  number INTEGER NOT NULL,
  amount INTEGER NOT NULL,
  PRIMARY KEY (shop_id, mode, kind, day, object_id, currency)
) STRICT, WITHOUT ROWID;

-- How far a scope's figures are made, and days of which something changed
-- since.
CREATE TABLE figure_state (
  shop_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  day INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  PRIMARY KEY (shop_id, mode)
) STRICT;
CREATE TABLE figure_mark (
  shop_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  day INTEGER NOT NULL,
  marks INTEGER NOT NULL,
  PRIMARY KEY (shop_id, mode, day)
) STRICT, WITHOUT ROWID;

-- What a shop has seen work, for its checklist.
CREATE TABLE milestone (
  shop_id TEXT NOT NULL,
  name TEXT NOT NULL,
  object_id TEXT NOT NULL,
  reached_at INTEGER NOT NULL,
  PRIMARY KEY (shop_id, name)
) STRICT;

DROP INDEX orders_shop;
CREATE INDEX orders_shop ON orders (shop_id, mode, id, name_folded, email_folded, external_reference);
CREATE INDEX customer_created ON customer (shop_id, mode, created_at);
CREATE INDEX orders_paid ON orders (shop_id, mode, paid_at);
CREATE INDEX orders_customer ON orders (customer_id, id);
CREATE INDEX orders_not_paid ON orders (shop_id, mode, financial, id) WHERE financial <> 'PAID';
CREATE INDEX orders_source ON orders (shop_id, mode, source, id) WHERE source <> 'native';
CREATE INDEX orders_held ON orders (shop_id, mode, id) WHERE risk = 'HIGH';
CREATE INDEX orders_closed ON orders (shop_id, mode, id) WHERE access_disabled;
CREATE INDEX order_line_open ON order_line (shop_id, mode, status, order_id) WHERE status <> 'active';
CREATE INDEX license_key_assigned ON license_key (shop_id, mode, assigned_at) WHERE order_id <> '';
CREATE INDEX payment_renewed ON payment (shop_id, mode, paid_at) WHERE kind = 'renewal';
ALTER TABLE stamped ADD COLUMN file_id TEXT NOT NULL DEFAULT '';
CREATE INDEX stamped_failed ON stamped (shop_id, created_at) WHERE error <> '';
