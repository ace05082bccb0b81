-- +goose Up
CREATE TABLE audit_entry (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  shop_id TEXT COLLATE "C" NOT NULL,
  mode TEXT COLLATE "C" NOT NULL,
  actor_type TEXT COLLATE "C" NOT NULL,
  actor_id TEXT COLLATE "C" NOT NULL,
  actor_name TEXT COLLATE "C" NOT NULL,
  action TEXT COLLATE "C" NOT NULL,
  object_type TEXT COLLATE "C" NOT NULL,
  object_id TEXT COLLATE "C" NOT NULL,
  object_name TEXT COLLATE "C" NOT NULL,
  before TEXT COLLATE "C" NOT NULL,
  after TEXT COLLATE "C" NOT NULL,
  ip TEXT COLLATE "C" NOT NULL,
  request_id TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX audit_entry_shop ON audit_entry (shop_id, mode, id);
CREATE INDEX audit_entry_object ON audit_entry (shop_id, mode, object_id, id);
CREATE INDEX audit_entry_type ON audit_entry (shop_id, mode, object_type, id);
CREATE INDEX audit_entry_action ON audit_entry (shop_id, mode, action, id);
CREATE INDEX audit_entry_actor ON audit_entry (shop_id, mode, actor_id, id);
CREATE INDEX audit_entry_actors ON audit_entry (shop_id, mode, actor_type, id);

CREATE INDEX webhook_delivery_type ON webhook_delivery (shop_id, mode, event_type, id);
CREATE INDEX webhook_delivery_open ON webhook_delivery (shop_id, mode, state, id) WHERE state IN ('failed', 'held');

-- What a message that is not found by its order's address is found by.
ALTER TABLE message ADD COLUMN search TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE message SET search = lower(recipient) || chr(10) || lower(subject) WHERE order_id = '';
CREATE INDEX message_search ON message (shop_id, mode, search, id) WHERE search <> '';
CREATE INDEX message_state ON message (shop_id, mode, state, id) WHERE state <> 'queued';
CREATE INDEX message_kind ON message (shop_id, mode, kind, id) WHERE kind <> 'delivery';

-- How many keys there are of each tag, up to an id; younger ones are counted
-- when somebody asks.
CREATE TABLE license_count (
  shop_id TEXT COLLATE "C" NOT NULL,
  mode TEXT COLLATE "C" NOT NULL,
  tag TEXT COLLATE "C" NOT NULL,
  keys BIGINT NOT NULL,
  PRIMARY KEY (shop_id, mode, tag)
);
CREATE TABLE license_counted (
  shop_id TEXT COLLATE "C" NOT NULL,
  mode TEXT COLLATE "C" NOT NULL,
  upto TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (shop_id, mode)
);
INSERT INTO license_count (shop_id, mode, tag, keys) SELECT shop_id, mode, tag, count(*) FROM license_key GROUP BY shop_id, mode, tag;
INSERT INTO license_counted (shop_id, mode, upto) SELECT shop_id, mode, max(id) FROM license_key GROUP BY shop_id, mode;
-- Keys that orders hold or held, beside license_key_free.
CREATE INDEX license_key_taken ON license_key (shop_id, mode, tag, id) WHERE order_id <> '';
CREATE INDEX license_key_burnt ON license_key (shop_id, mode, tag) WHERE burnt_at > 0;
