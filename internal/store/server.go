package store

import (
	"context"
	"time"
)

// KeepServerValue gives what is kept of the whole server under a name; the
// first value ever given for it is the one that stays.
func (tx *Tx) KeepServerValue(ctx context.Context, name, value string) (kept string, err error) {
	if _, err := tx.exec(ctx, `INSERT INTO server (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, name, value); err != nil {
		return "", err
	}
	err = tx.row(ctx, `SELECT value FROM server WHERE name = $1`, []any{name}, &kept)
	return kept, err
}

// Clock gives the time by the clock of the database's machine, which for
// SQLite is this one.
func (db *DB) Clock(ctx context.Context) (time.Time, error) {
	if db.engine == sqliteEngine {
		return db.Now(), nil
	}
	var now time.Time
	err := db.row(ctx, `SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint`, nil, at{&now})
	return now, err
}

// LastChange gives the time of the newest change to shops and tokens. It is
// not after the present unless a clock was set back.
func (q Queries) LastChange(ctx context.Context) (time.Time, error) {
	var last time.Time
	err := q.row(ctx, `SELECT max(moment) FROM (SELECT max(updated_at) AS moment FROM shop UNION ALL SELECT max(last_used_at) FROM token) AS moments`,
		nil, at{&last})
	return last, err
}

// StoredFile is what is known of bytes that some file has.
type StoredFile struct {
	Digest string
	Size   int64
	Name   string // of one of the files
	ID     string
}

// StoredFiles lists the digests that files of any shop have, in their order.
func (q Queries) StoredFiles(ctx context.Context, after string, limit int) ([]StoredFile, error) {
	return collect(ctx, q, `SELECT f.digest, max(f.size), max(f.name), max(f.id) FROM file f WHERE f.digest > $1 GROUP BY f.digest ORDER BY f.digest LIMIT $2`,
		[]any{after, limit}, func(s scanner, f *StoredFile) error { return s.Scan(&f.Digest, &f.Size, &f.Name, &f.ID) })
}
