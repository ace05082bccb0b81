package store

import (
	"context"
	"errors"
	"time"

	"purvey"
)

// Removal is a note that the stored bytes with a digest, which no file had any
// more, are being removed. The note stays when they are gone: whoever has
// stored equal bytes meanwhile finds it and must look whether they are still
// there before a file is filed over them. While there is no note, bytes that
// were stored are there.
type Removal struct {
	Digest string
	Token  string // tells two removals of one digest apart
	Done   bool   // nobody is deleting any more
	At     time.Time
}

func scanRemoval(s scanner, r *Removal) error {
	return s.Scan(&r.Digest, &r.Token, &r.Done, at{&r.At})
}

// Removal gives the note about a digest, nil when there is none. It holds off
// new notes until the transaction ends.
func (tx *Tx) Removal(ctx context.Context, digest string) (*Removal, error) {
	if err := tx.Lock(ctx, "blob "+digest); err != nil {
		return nil, err
	}
	r, err := one(ctx, tx.Queries, "removal", `SELECT digest, token, done, condemned_at FROM condemned WHERE digest = $1`, []any{digest}, scanRemoval)
	if errors.Is(err, purvey.NotFound) {
		return nil, nil
	}
	return &r, err
}

// Condemn begins a removal, and gives nil when there must be none: a file of
// some shop has the digest, or another removal is under way that began at or
// after stale.
func (tx *Tx) Condemn(ctx context.Context, digest string, stale time.Time) (*Removal, error) {
	old, err := tx.Removal(ctx, digest)
	if err != nil || old != nil && !old.Done && !old.At.Before(stale) {
		return nil, err
	}
	var files int64
	if err := tx.row(ctx, `SELECT count(*) FROM file WHERE digest = $1`, []any{digest}, &files); err != nil || files > 0 {
		return nil, err
	}
	r := &Removal{Digest: digest, Token: tx.NewID(), At: tx.Now()}
	_, err = tx.exec(ctx, `INSERT INTO condemned (digest, token, done, condemned_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (digest) DO UPDATE SET token = excluded.token, done = excluded.done, condemned_at = excluded.condemned_at`,
		r.Digest, r.Token, r.Done, micros(r.At))
	return r, err
}

// EndRemoval notes that nobody is deleting any more, whether it went well or
// not.
func (tx *Tx) EndRemoval(ctx context.Context, r *Removal) error {
	_, err := tx.exec(ctx, `UPDATE condemned SET done = $3 WHERE digest = $1 AND token = $2`, r.Digest, r.Token, true)
	return err
}

// ForgetRemoval takes the note away. The caller has seen, after the removal
// had ended, that bytes with the digest are there.
func (tx *Tx) ForgetRemoval(ctx context.Context, r *Removal) error {
	_, err := tx.exec(ctx, `DELETE FROM condemned WHERE digest = $1 AND token = $2`, r.Digest, r.Token)
	return err
}

// ForgetRemovals takes the notes from before a time away, in which nothing can
// have been stored that still waits for its file.
func (tx *Tx) ForgetRemovals(ctx context.Context, before time.Time) error {
	_, err := tx.exec(ctx, `DELETE FROM condemned WHERE condemned_at < $1`, micros(before))
	return err
}
