-- +goose Up
ALTER TABLE license_key DROP CONSTRAINT license_key_pkey;
ALTER TABLE license_key ADD CONSTRAINT license_key_pkey PRIMARY KEY USING INDEX license_key_shop;
CREATE TABLE license_text (
  fresh BIGINT NOT NULL,
  shop_id TEXT COLLATE "C" NOT NULL,
  mode TEXT COLLATE "C" NOT NULL,
  key TEXT COLLATE "C" NOT NULL,
  id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (fresh, shop_id, mode, key, id)
);
INSERT INTO license_text (fresh, shop_id, mode, key, id) SELECT 0, shop_id, mode, key, id FROM license_key;
