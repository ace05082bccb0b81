-- +goose Up
ALTER TABLE orders ADD COLUMN risk_accepted INTEGER NOT NULL DEFAULT 0;

-- The highest level of its budget that a shop was told of and is at still.
CREATE TABLE bandwidth_notice (
  shop_id TEXT NOT NULL PRIMARY KEY,
  level INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
