package store

import "context"

// NextNumber adds one to a shop's counter and gives the new value. A counter
// that is not there yet starts after the given number.
func (tx *Tx) NextNumber(ctx context.Context, shopID, name string, after int64) (int64, error) {
	var n int64
	err := tx.row(ctx, `INSERT INTO counter (shop_id, name, value) VALUES ($1, $2, $3)
		ON CONFLICT (shop_id, name) DO UPDATE SET value = counter.value + 1 RETURNING value`, []any{shopID, name, after + 1}, &n)
	return n, err
}
