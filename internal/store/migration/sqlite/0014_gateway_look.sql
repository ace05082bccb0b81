-- +goose Up
CREATE TABLE gateway_look (
  shop_id TEXT NOT NULL,
  gateway TEXT NOT NULL,
  through INTEGER NOT NULL,
  asked_at INTEGER NOT NULL,
  PRIMARY KEY (shop_id, gateway)
) STRICT, WITHOUT ROWID;
CREATE INDEX payment_paid ON payment (shop_id, gateway, created_at) WHERE state = 'paid';
