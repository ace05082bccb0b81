-- +goose Up
CREATE TABLE download_request (
  id TEXT NOT NULL PRIMARY KEY,
  shop_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  order_id TEXT NOT NULL,
  line_id TEXT NOT NULL,
  state TEXT NOT NULL,
  message TEXT NOT NULL,
  reply TEXT NOT NULL,
  copies INTEGER NOT NULL,
  until INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  decided_at INTEGER NOT NULL
) STRICT;
CREATE INDEX download_request_shop ON download_request (shop_id, mode, id);
CREATE INDEX download_request_order ON download_request (order_id, id);
CREATE UNIQUE INDEX download_request_open ON download_request (line_id) WHERE state = 'open';

ALTER TABLE order_line ADD COLUMN granted_copies INTEGER NOT NULL DEFAULT 0;
ALTER TABLE order_line ADD COLUMN open_until INTEGER NOT NULL DEFAULT 0;

CREATE TABLE mail_template (
  id TEXT NOT NULL PRIMARY KEY,
  shop_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  locale TEXT NOT NULL,
  removed INTEGER NOT NULL,
  subject TEXT NOT NULL,
  intro TEXT NOT NULL,
  outro TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX mail_template_shop ON mail_template (shop_id, kind, locale, id);
