-- +goose Up
ALTER TABLE member ADD COLUMN totp_pending TEXT NOT NULL DEFAULT '';
ALTER TABLE member ADD COLUMN totp_step INTEGER NOT NULL DEFAULT 0;
ALTER TABLE member ADD COLUMN last_seen_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE membership ADD COLUMN state TEXT NOT NULL DEFAULT 'active';
UPDATE membership SET role = 'owner' WHERE role = 'admin';
CREATE INDEX membership_shop ON membership (shop_id, member_id);

CREATE TABLE member_session (
  id TEXT NOT NULL PRIMARY KEY,
  member_id TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  ip TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL
) STRICT;
CREATE INDEX member_session_member ON member_session (member_id, id);
CREATE INDEX member_session_seen ON member_session (last_seen_at);

CREATE TABLE member_link (
  hash TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  member_id TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX member_link_member ON member_link (member_id);
CREATE INDEX member_link_expiry ON member_link (expires_at);

CREATE TABLE recovery_code (
  member_id TEXT NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (member_id, hash)
) STRICT;

CREATE TABLE attempt (
  id TEXT NOT NULL,
  bucket TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (bucket, id)
) STRICT;
CREATE INDEX attempt_id ON attempt (id);
CREATE INDEX attempt_bucket ON attempt (bucket, created_at);
CREATE INDEX attempt_age ON attempt (created_at);
