-- +goose Up
CREATE TABLE download_request (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  shop_id TEXT COLLATE "C" NOT NULL,
  mode TEXT COLLATE "C" NOT NULL,
  order_id TEXT COLLATE "C" NOT NULL,
  line_id TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  message TEXT COLLATE "C" NOT NULL,
  reply TEXT COLLATE "C" NOT NULL,
  copies BIGINT NOT NULL,
  until BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  decided_at BIGINT NOT NULL
);
CREATE INDEX download_request_shop ON download_request (shop_id, mode, id);
CREATE INDEX download_request_order ON download_request (order_id, id);
CREATE UNIQUE INDEX download_request_open ON download_request (line_id) WHERE state = 'open';

ALTER TABLE order_line ADD COLUMN granted_copies BIGINT NOT NULL DEFAULT 0;
ALTER TABLE order_line ADD COLUMN open_until BIGINT NOT NULL DEFAULT 0;

CREATE TABLE mail_template (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  shop_id TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  locale TEXT COLLATE "C" NOT NULL,
  removed BOOLEAN NOT NULL,
  subject TEXT COLLATE "C" NOT NULL,
  intro TEXT COLLATE "C" NOT NULL,
  outro TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX mail_template_shop ON mail_template (shop_id, kind, locale, id);
