-- +goose Up
ALTER TABLE payment ADD COLUMN kind TEXT NOT NULL DEFAULT 'first';
ALTER TABLE payment ADD COLUMN months INTEGER NOT NULL DEFAULT 0;
ALTER TABLE payment ADD COLUMN amount_cents INTEGER NOT NULL DEFAULT 0;
ALTER TABLE payment ADD COLUMN due_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE payment ADD COLUMN paid_at INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX payment_renewal ON payment (order_id, reference) WHERE kind = 'renewal';
CREATE INDEX payment_renewals ON payment (shop_id, mode, id) WHERE kind = 'renewal';

CREATE TABLE subscription (
  order_id TEXT NOT NULL PRIMARY KEY,
  shop_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  gateway TEXT NOT NULL,
  reference TEXT NOT NULL,
  state TEXT NOT NULL,
  months INTEGER NOT NULL,
  day INTEGER NOT NULL,
  first_end INTEGER NOT NULL,
  period_end INTEGER NOT NULL,
  looked_at INTEGER NOT NULL,
  look_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX subscription_reference ON subscription (shop_id, gateway, reference) WHERE reference <> '';
CREATE INDEX subscription_running ON subscription (order_id) WHERE state <> 'ended';

UPDATE endpoint SET events = '["digital_order.purchased","order.renewed"]' WHERE dialect = 'publicala';
