-- +goose Up
CREATE TABLE license_key_new (
  id TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  key TEXT NOT NULL,
  tag TEXT NOT NULL,
  order_id TEXT NOT NULL,
  order_name TEXT NOT NULL,
  line_id TEXT NOT NULL,
  assigned_at INTEGER NOT NULL,
  burnt_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (shop_id, mode, id)
) STRICT, WITHOUT ROWID;
INSERT INTO license_key_new (id, shop_id, mode, key, tag, order_id, order_name, line_id, assigned_at, burnt_at, created_at, updated_at)
  SELECT id, shop_id, mode, key, tag, order_id, order_name, line_id, assigned_at, burnt_at, created_at, updated_at
  FROM license_key ORDER BY shop_id, mode, id;
CREATE TABLE license_text (
  fresh INTEGER NOT NULL,
  shop_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  key TEXT NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (fresh, shop_id, mode, key, id)
) STRICT, WITHOUT ROWID;
INSERT INTO license_text (fresh, shop_id, mode, key, id)
  SELECT 0, shop_id, mode, key, id FROM license_key ORDER BY shop_id, mode, key, id;
DROP TABLE license_key;
ALTER TABLE license_key_new RENAME TO license_key;
CREATE INDEX license_key_free ON license_key (shop_id, mode, tag, id) WHERE order_id = '';
CREATE INDEX license_key_taken ON license_key (shop_id, mode, tag, id) WHERE order_id <> '';
CREATE INDEX license_key_line ON license_key (line_id) WHERE line_id <> '';
CREATE INDEX license_key_burnt ON license_key (shop_id, mode, tag) WHERE burnt_at > 0;
CREATE INDEX license_key_assigned ON license_key (shop_id, mode, assigned_at) WHERE assigned_at > 0;
