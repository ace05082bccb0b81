-- +goose Up
ALTER TABLE orders ADD COLUMN risk_accepted BOOLEAN NOT NULL DEFAULT FALSE;

-- The highest level of its budget that a shop was told of and is at still.
CREATE TABLE bandwidth_notice (
  shop_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  level BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
