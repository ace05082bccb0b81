-- +goose Up
ALTER TABLE payment ADD COLUMN kind TEXT COLLATE "C" NOT NULL DEFAULT 'first';
ALTER TABLE payment ADD COLUMN months BIGINT NOT NULL DEFAULT 0;
ALTER TABLE payment ADD COLUMN amount_cents BIGINT NOT NULL DEFAULT 0;
ALTER TABLE payment ADD COLUMN due_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE payment ADD COLUMN paid_at BIGINT NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX payment_renewal ON payment (order_id, reference) WHERE kind = 'renewal';
CREATE INDEX payment_renewals ON payment (shop_id, mode, id) WHERE kind = 'renewal';

CREATE TABLE subscription (
  order_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  shop_id TEXT COLLATE "C" NOT NULL,
  mode TEXT COLLATE "C" NOT NULL,
  gateway TEXT COLLATE "C" NOT NULL,
  reference TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  months BIGINT NOT NULL,
  day BIGINT NOT NULL,
  first_end BIGINT NOT NULL,
  period_end BIGINT NOT NULL,
  looked_at BIGINT NOT NULL,
  look_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX subscription_reference ON subscription (shop_id, gateway, reference) WHERE reference <> '';
CREATE INDEX subscription_running ON subscription (order_id) WHERE state <> 'ended';

UPDATE endpoint SET events = '["digital_order.purchased","order.renewed"]' WHERE dialect = 'publicala';
