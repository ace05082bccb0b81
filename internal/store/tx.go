package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"purvey"
)

// Tx is a write transaction. Nothing of it is seen by others, and no OnCommit
// function runs, before it is committed and synced.
type Tx struct {
	Queries
	db       *DB
	onCommit []func()
	notified map[string]bool
}

// Now is the database's clock.
func (tx *Tx) Now() time.Time { return tx.db.Now() }

// NewID gives the next id. Ids taken inside a transaction of SQLite are in
// the order of commits.
func (tx *Tx) NewID() string { return tx.db.NewID() }

// OnCommit runs f once the transaction is committed; never if it is not.
func (tx *Tx) OnCommit(f func()) { tx.onCommit = append(tx.onCommit, f) }

// Lock waits until no other transaction holds the name, until this one ends.
// On SQLite a transaction is alone and nothing is to be done.
func (tx *Tx) Lock(ctx context.Context, name string) error {
	if tx.engine == sqliteEngine {
		return nil
	}
	_, err := tx.exec(ctx, `SELECT pg_advisory_xact_lock($1)`, lockNumber(name))
	return err
}

// Tx runs fn as one write transaction and answers after the commit is
// durable. If ctx carries a transaction already, fn joins it. fn must not
// wait for the network or for another goroutine's transaction. It may be run
// again, so what it sets outside it must be set afresh each run.
func (db *DB) Tx(ctx context.Context, fn func(tx *Tx) error) error {
	if tx, ok := ctx.Value(txKey{}).(*Tx); ok && tx.db == db {
		return fn(tx)
	}
	if db.writer != nil {
		return db.writer.do(ctx, fn)
	}
	return db.postgresTx(ctx, fn)
}

// With gives a context in which every call on this database joins tx.
func (tx *Tx) With(ctx context.Context) context.Context {
	return context.WithValue(ctx, txKey{}, tx)
}

const maxTries = 10

func (db *DB) postgresTx(ctx context.Context, fn func(tx *Tx) error) error {
	for try := 1; ; try++ {
		err := db.postgresOnce(ctx, fn)
		if err == nil || try == maxTries || !retryable(err) {
			return translate(err)
		}
		wait := time.Duration(rand.Int64N(int64(try) * int64(4*time.Millisecond)))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

func (db *DB) postgresOnce(ctx context.Context, fn func(tx *Tx) error) (err error) {
	sqlTx, err := db.pool.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	tx := &Tx{Queries: db.Queries, db: db}
	tx.run = txRunner{sqlTx}
	committed := false
	defer func() {
		if !committed {
			// The error of fn says more than that of a rollback.
			_ = sqlTx.Rollback()
		}
	}()
	if err := fn(tx); err != nil {
		return err
	}
	for channel := range tx.notified {
		if _, err := tx.exec(ctx, `SELECT pg_notify($1, '')`, channel); err != nil {
			return err
		}
	}
	if err := sqlTx.Commit(); err != nil {
		return err
	}
	committed = true
	for _, f := range tx.onCommit {
		f()
	}
	return nil
}

type txRunner struct{ tx *sql.Tx }

func (r txRunner) exec(ctx context.Context, text string, args []any) (sql.Result, error) {
	return r.tx.ExecContext(ctx, text, args...)
}

func (r txRunner) query(ctx context.Context, text string, args []any) (*sql.Rows, error) {
	return r.tx.QueryContext(ctx, text, args...)
}

// missing turns the wordless NotFound of row into the noun's own error.
func missing(err error, noun string) error {
	if errors.Is(err, purvey.NotFound) {
		return purvey.Missing(noun)
	}
	return err
}
