package store

import (
	"context"
	"time"

	"purvey"
)

const quoteColumns = `q.id, q.shop_id, q.mode, q.hash, q.product_id, q.quantity, q.country, q.expires_at, q.used_at, q.order_id, q.line_id, q.created_at`

func scanQuote(s scanner, q *purvey.Quote) error {
	return s.Scan(&q.ID, &q.ShopID, &q.Mode, &q.Hash, &q.ProductID, &q.Quantity, &q.Country, at{&q.ExpiresAt}, at{&q.UsedAt}, &q.OrderID, &q.LineID,
		at{&q.CreatedAt})
}

// InsertQuote writes a new quote, setting its id and time.
func (tx *Tx) InsertQuote(ctx context.Context, q *purvey.Quote) error {
	q.ID, q.CreatedAt = tx.NewID(), tx.Now()
	_, err := tx.exec(ctx, `INSERT INTO quote (id, shop_id, mode, hash, product_id, quantity, country, expires_at, used_at, order_id, line_id, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, '', '', $9)`,
		q.ID, q.ShopID, q.Mode, q.Hash, q.ProductID, q.Quantity, q.Country, micros(q.ExpiresAt), micros(q.CreatedAt))
	return err
}

// LockQuote gives the quote with the hash, of whatever shop, and keeps others
// from using it until the transaction ends.
func (tx *Tx) LockQuote(ctx context.Context, hash string) (purvey.Quote, error) {
	return one(ctx, tx.Queries, "quote", `SELECT `+quoteColumns+` FROM quote q WHERE q.hash = $1 {for update}`, []any{hash}, scanQuote)
}

// UseQuote spends a quote on an order line; false when it was spent before.
func (tx *Tx) UseQuote(ctx context.Context, id, orderID, lineID string) (bool, error) {
	n, err := tx.exec(ctx, `UPDATE quote SET used_at = $2, order_id = $3, line_id = $4 WHERE id = $1 AND used_at = 0`,
		id, micros(tx.Now()), orderID, lineID)
	return n == 1, err
}

// DeleteQuotes removes the quotes that ended before an instant: unused ones,
// or used ones. It gives their number.
func (tx *Tx) DeleteQuotes(ctx context.Context, before time.Time, used bool) (int64, error) {
	if used {
		return tx.exec(ctx, `DELETE FROM quote WHERE expires_at < $1 AND used_at <> 0`, micros(before))
	}
	return tx.exec(ctx, `DELETE FROM quote WHERE expires_at < $1 AND used_at = 0`, micros(before))
}

// Assets lists the products that a shop offers, by asset number, after one:
// published, available and not archived.
func (q Queries) Assets(ctx context.Context, shopID string, after int64, limit int) (purvey.Listed[purvey.Product], error) {
	items, err := collect(ctx, q, `SELECT `+productColumns+` FROM product p WHERE p.shop_id = $1 AND p.asset_id > $2 AND p.is_archived = $3
		AND p.available = $4 AND p.status = 'published' ORDER BY p.asset_id LIMIT $5`, []any{shopID, after, false, true, limit + 1}, scanProduct)
	if err != nil {
		return purvey.Listed[purvey.Product]{}, err
	}
	out := listed(items, purvey.Page{Limit: limit})
	return out, q.fillProducts(ctx, out.Items)
}
