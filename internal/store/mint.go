package store

import (
	"context"
	"time"

	"purvey"
)

const mintColumns = `m.id, m.shop_id, m.mode, m.hash, m.product_id, m.version_id, m.order_id, m.line_id, m.email, m.name, m.copies, m.expires_at, m.used_at, m.created_at`

func scanMint(s scanner, m *purvey.Mint) error {
	return s.Scan(&m.ID, &m.ShopID, &m.Mode, &m.Hash, &m.ProductID, &m.VersionID, &m.OrderID, &m.LineID, &m.Email, &m.Name, &m.Copies, at{&m.ExpiresAt}, at{&m.UsedAt}, at{&m.CreatedAt})
}

// InsertMint writes a new download token, setting its id and time.
func (tx *Tx) InsertMint(ctx context.Context, m *purvey.Mint) error {
	m.ID, m.CreatedAt = tx.NewID(), tx.Now()
	_, err := tx.exec(ctx, `INSERT INTO mint (id, shop_id, mode, hash, product_id, version_id, order_id, line_id, email, name, copies, expires_at, used_at, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13)`,
		m.ID, m.ShopID, m.Mode, m.Hash, m.ProductID, m.VersionID, m.OrderID, m.LineID, m.Email, m.Name, m.Copies, micros(m.ExpiresAt), micros(m.CreatedAt))
	return err
}

// MintByHash gives the download token with the hash, of any shop.
func (q Queries) MintByHash(ctx context.Context, hash string) (purvey.Mint, error) {
	return one(ctx, q, "download token", `SELECT `+mintColumns+` FROM mint m WHERE m.hash = $1`, []any{hash}, scanMint)
}

// MintByID gives a download token of any shop: for callers that hold a proof
// of their own, such as a grant.
func (q Queries) MintByID(ctx context.Context, id string) (purvey.Mint, error) {
	return one(ctx, q, "download token", `SELECT `+mintColumns+` FROM mint m WHERE m.id = $1`, []any{id}, scanMint)
}

// UseMint notes that a downloader is done with a token; the first time counts.
func (tx *Tx) UseMint(ctx context.Context, id string) error {
	_, err := tx.exec(ctx, `UPDATE mint SET used_at = $2 WHERE id = $1 AND used_at = 0`, id, micros(tx.Now()))
	return err
}

// DeleteMints removes the tokens that ended before an instant.
func (tx *Tx) DeleteMints(ctx context.Context, before time.Time) (int64, error) {
	return tx.exec(ctx, `DELETE FROM mint WHERE expires_at < $1`, micros(before))
}

// CopiesOfMint gives what was taken of each file of a download token.
func (q Queries) CopiesOfMint(ctx context.Context, id string) ([]Copies, error) {
	return q.copies(ctx, `d.mint_id`, `SELECT x.mint_id, x.file_id, max(x.id) AS last, count(*) AS n
		FROM download x WHERE x.holder = $1 GROUP BY x.mint_id, x.file_id`, id)
}
