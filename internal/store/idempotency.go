package store

import (
	"context"
	"time"
)

// Answer is what a call with an idempotency key was answered. Body is sealed
// by whoever keeps it.
type Answer struct {
	Fingerprint string
	Status      int
	Body        string
	CreatedAt   time.Time
}

// Answer gives the kept answer of a key in a scope, or NotFound.
func (q Queries) Answer(ctx context.Context, scope, key string) (Answer, error) {
	return one(ctx, q, "answer", `SELECT a.fingerprint, a.status, a.body, a.created_at FROM idempotency a WHERE a.scope = $1 AND a.key = $2`,
		[]any{scope, key}, func(s scanner, a *Answer) error {
			return s.Scan(&a.Fingerprint, &a.Status, &a.Body, at{&a.CreatedAt})
		})
}

// KeepAnswer keeps the answer of a key in a scope.
func (tx *Tx) KeepAnswer(ctx context.Context, scope, key string, a Answer) error {
	_, err := tx.exec(ctx, `INSERT INTO idempotency (scope, key, fingerprint, status, body, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		scope, key, a.Fingerprint, a.Status, a.Body, micros(tx.Now()))
	return err
}

// DropAnswers forgets up to limit of the answers older than the time.
func (tx *Tx) DropAnswers(ctx context.Context, before time.Time, limit int) (int64, error) {
	return tx.exec(ctx, `DELETE FROM idempotency WHERE (scope, key) IN
		(SELECT a.scope, a.key FROM idempotency a WHERE a.created_at < $1 ORDER BY a.created_at LIMIT $2)`, micros(before), limit)
}
