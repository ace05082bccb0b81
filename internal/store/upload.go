package store

import (
	"context"
	"time"

	"purvey"
)

const uploadColumns = `u.id, u.shop_id, u.name, u.type, u.metadata, u.length, u.file_id, u.created_at, u.expires_at`

func scanUpload(s scanner, u *purvey.Upload) error {
	return s.Scan(&u.ID, &u.ShopID, &u.Name, &u.Type, &u.Metadata, &u.Length, &u.FileID, at{&u.CreatedAt}, at{&u.ExpiresAt})
}

// Upload gives an upload of the shop, finished ones too until they are swept.
func (q Queries) Upload(ctx context.Context, shopID, id string) (purvey.Upload, error) {
	return one(ctx, q, "upload", `SELECT `+uploadColumns+` FROM upload u WHERE u.id = $1 AND u.shop_id = $2`, []any{id, shopID}, scanUpload)
}

// LockUpload is Upload; nobody else changes or locks it until the transaction
// ends.
func (tx *Tx) LockUpload(ctx context.Context, shopID, id string) (purvey.Upload, error) {
	return one(ctx, tx.Queries, "upload", `SELECT `+uploadColumns+` FROM upload u WHERE u.id = $1 AND u.shop_id = $2 {for update}`, []any{id, shopID}, scanUpload)
}

// UploadKnown tells whether any shop has the upload.
func (q Queries) UploadKnown(ctx context.Context, id string) (bool, error) {
	var n int64
	err := q.row(ctx, `SELECT count(*) FROM upload WHERE id = $1`, []any{id}, &n)
	return n > 0, err
}

// ExpiredUploads gives at most limit uploads of all shops whose end has come,
// longest ago first.
func (q Queries) ExpiredUploads(ctx context.Context, now time.Time, limit int) ([]purvey.Upload, error) {
	return collect(ctx, q, `SELECT `+uploadColumns+` FROM upload u WHERE u.expires_at <= $1 ORDER BY u.expires_at, u.id LIMIT $2`, []any{micros(now), limit}, scanUpload)
}

// InsertUpload adds an upload and sets its id, if it has none, and its
// creation time.
func (tx *Tx) InsertUpload(ctx context.Context, u *purvey.Upload) error {
	if u.ID == "" {
		u.ID = tx.NewID()
	}
	u.CreatedAt = tx.Now()
	_, err := tx.exec(ctx, `INSERT INTO upload (id, shop_id, name, type, metadata, length, file_id, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		u.ID, u.ShopID, u.Name, u.Type, u.Metadata, u.Length, u.FileID, micros(u.CreatedAt), micros(u.ExpiresAt))
	return err
}

// UpdateUpload writes what may change: its length, once it is known, the file
// it became and its end.
func (tx *Tx) UpdateUpload(ctx context.Context, u purvey.Upload) error {
	_, err := tx.exec(ctx, `UPDATE upload SET length = $3, file_id = $4, expires_at = $5 WHERE id = $1 AND shop_id = $2`,
		u.ID, u.ShopID, u.Length, u.FileID, micros(u.ExpiresAt))
	return err
}

// DeleteUpload removes an upload's row; that there is none is no error.
func (tx *Tx) DeleteUpload(ctx context.Context, shopID, id string) error {
	_, err := tx.exec(ctx, `DELETE FROM upload WHERE id = $1 AND shop_id = $2`, id, shopID)
	return err
}

// DigestsInUse gives those of the digests that a file of any shop has.
func (q Queries) DigestsInUse(ctx context.Context, digests []string) (map[string]bool, error) {
	out := make(map[string]bool, len(digests))
	for chunk := range chunks(digests) {
		set, args := inList(1, chunk)
		found, err := collect(ctx, q, `SELECT DISTINCT f.digest FROM file f WHERE f.digest IN `+set, args, func(s scanner, d *string) error { return s.Scan(d) })
		if err != nil {
			return nil, err
		}
		for _, d := range found {
			out[d] = true
		}
	}
	return out, nil
}
