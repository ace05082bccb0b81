-- +goose Up
CREATE TABLE gateway_look (
  shop_id TEXT COLLATE "C" NOT NULL,
  gateway TEXT COLLATE "C" NOT NULL,
  through BIGINT NOT NULL,
  asked_at BIGINT NOT NULL,
  PRIMARY KEY (shop_id, gateway)
);
CREATE INDEX payment_paid ON payment (shop_id, gateway, created_at) WHERE state = 'paid';
