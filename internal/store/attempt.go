package store

import (
	"context"
	"errors"
	"time"

	"purvey"
)

// NthAttempt gives when the nth latest attempt in a bucket was made, n from 1,
// if that was after the instant.
func (q Queries) NthAttempt(ctx context.Context, bucket string, n int, after time.Time) (made time.Time, ok bool, err error) {
	err = q.row(ctx, `SELECT created_at FROM attempt WHERE bucket = $1 AND created_at > $2 ORDER BY created_at DESC LIMIT 1 OFFSET $3`,
		[]any{bucket, micros(after), n - 1}, at{&made})
	if err = missing(err, "attempt"); errors.Is(err, purvey.NotFound) {
		return made, false, nil
	}
	return made, err == nil, err
}

// InsertAttempt counts an attempt in each of the buckets and gives its id.
func (tx *Tx) InsertAttempt(ctx context.Context, buckets ...string) (string, error) {
	id := tx.NewID()
	for _, b := range buckets {
		if _, err := tx.exec(ctx, `INSERT INTO attempt (id, bucket, created_at) VALUES ($1, $2, $3)`, id, b, micros(tx.Now())); err != nil {
			return "", err
		}
	}
	return id, nil
}

// DeleteAttempt takes an attempt back, in every bucket.
func (tx *Tx) DeleteAttempt(ctx context.Context, id string) error {
	_, err := tx.exec(ctx, `DELETE FROM attempt WHERE id = $1`, id)
	return err
}

// EmptyAttempts takes every attempt in a bucket back.
func (tx *Tx) EmptyAttempts(ctx context.Context, bucket string) error {
	_, err := tx.exec(ctx, `DELETE FROM attempt WHERE bucket = $1`, bucket)
	return err
}

// DeleteAttempts removes those made before an instant.
func (tx *Tx) DeleteAttempts(ctx context.Context, before time.Time) error {
	_, err := tx.exec(ctx, `DELETE FROM attempt WHERE created_at < $1`, micros(before))
	return err
}
