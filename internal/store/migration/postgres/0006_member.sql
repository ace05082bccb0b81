-- +goose Up
ALTER TABLE member ADD COLUMN totp_pending TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE member ADD COLUMN totp_step BIGINT NOT NULL DEFAULT 0;
ALTER TABLE member ADD COLUMN last_seen_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE membership ADD COLUMN state TEXT COLLATE "C" NOT NULL DEFAULT 'active';
UPDATE membership SET role = 'owner' WHERE role = 'admin';
CREATE INDEX membership_shop ON membership (shop_id, member_id);

CREATE TABLE member_session (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  member_id TEXT COLLATE "C" NOT NULL,
  hash TEXT COLLATE "C" NOT NULL UNIQUE,
  ip TEXT COLLATE "C" NOT NULL,
  user_agent TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL
);
CREATE INDEX member_session_member ON member_session (member_id, id);
CREATE INDEX member_session_seen ON member_session (last_seen_at);

CREATE TABLE member_link (
  hash TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  kind TEXT COLLATE "C" NOT NULL,
  member_id TEXT COLLATE "C" NOT NULL,
  shop_id TEXT COLLATE "C" NOT NULL,
  expires_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX member_link_member ON member_link (member_id);
CREATE INDEX member_link_expiry ON member_link (expires_at);

CREATE TABLE recovery_code (
  member_id TEXT COLLATE "C" NOT NULL,
  hash TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (member_id, hash)
);

CREATE TABLE attempt (
  id TEXT COLLATE "C" NOT NULL,
  bucket TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (bucket, id)
);
CREATE INDEX attempt_id ON attempt (id);
CREATE INDEX attempt_bucket ON attempt (bucket, created_at);
CREATE INDEX attempt_age ON attempt (created_at);
