-- +goose Up
-- What was sold in a while is summed from the index alone.
DROP INDEX orders_paid;
CREATE INDEX orders_sold ON orders (shop_id, mode, paid_at, financial, type, currency, total_cents);
