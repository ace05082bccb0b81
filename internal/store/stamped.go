package store

import (
	"context"
	"time"

	"purvey"
)

// Stamped is a personal copy of a file that was made for one buyer or link, or
// the verdict that it can't be made.
type Stamped struct {
	Key       string // of original, text and looks
	ShopID    string
	FileID    string // of the file that it was made of first
	Digest    string // "" when Error says why there is none
	Size      int64  // bytes
	Error     string
	CreatedAt time.Time
}

// Stamped gives the personal copy of a key, or purvey.NotFound.
func (q Queries) Stamped(ctx context.Context, key string) (Stamped, error) {
	return one(ctx, q, "stamped file", `SELECT key, shop_id, digest, size, error, created_at FROM stamped WHERE key = $1`, []any{key},
		func(s scanner, v *Stamped) error {
			return s.Scan(&v.Key, &v.ShopID, &v.Digest, &v.Size, &v.Error, at{&v.CreatedAt})
		})
}

// PutStamped notes a personal copy or a verdict. It gives false when the same
// was noted before.
func (tx *Tx) PutStamped(ctx context.Context, v Stamped) (bool, error) {
	n, err := tx.exec(ctx, `INSERT INTO stamped (key, shop_id, digest, size, error, created_at, file_id) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (key) DO UPDATE SET digest = excluded.digest, size = excluded.size, error = excluded.error, created_at = excluded.created_at
		WHERE stamped.digest <> excluded.digest OR stamped.error <> excluded.error`,
		v.Key, v.ShopID, v.Digest, v.Size, v.Error, micros(v.CreatedAt), v.FileID)
	return n == 1, err
}

// AdminEmails gives the addresses of a shop's owners and admins.
func (q Queries) AdminEmails(ctx context.Context, shopID string) ([]string, error) {
	return collect(ctx, q, `SELECT m.email FROM membership x JOIN member m ON m.id = x.member_id
		WHERE x.shop_id = $1 AND x.role IN ($2, $3) AND x.state = 'active' ORDER BY m.email`, []any{shopID, purvey.Owner, purvey.Admin},
		func(s scanner, v *string) error { return s.Scan(v) })
}
