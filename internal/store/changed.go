package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"sync"
)

// watch asks SQLite for the data version of the file on a connection of its
// own. It moves with every commit of any connection, of any process.
type watch struct {
	mu   sync.Mutex
	conn *sql.Conn
	stmt driver.Stmt
}

// DataVersion gives a number that differs from an earlier one if anything was
// committed in between, by whomever. It costs a fraction of a query, so that
// what was read a moment ago need not be read again. ok is false where there
// is no such number (PostgreSQL) or it could not be had.
func (db *DB) DataVersion(ctx context.Context) (version int64, ok bool) {
	if db.engine != sqliteEngine {
		return 0, false
	}
	w := &db.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conn == nil {
		conn, err := db.pool.Conn(context.WithoutCancel(ctx))
		if err != nil {
			return 0, false
		}
		w.conn = conn
	}
	err := w.conn.Raw(func(c any) error {
		if w.stmt == nil {
			s, err := c.(driver.Conn).Prepare("PRAGMA data_version")
			if err != nil {
				return err
			}
			w.stmt = s
		}
		q, can := w.stmt.(driver.StmtQueryContext)
		if !can {
			return io.EOF
		}
		rows, err := q.QueryContext(context.Background(), nil)
		if err != nil {
			return err
		}
		defer rows.Close()
		row := make([]driver.Value, 1)
		if err := rows.Next(row); err != nil {
			return err
		}
		version, ok = row[0].(int64)
		return nil
	})
	return version, ok && err == nil
}

// closeWatch gives the connection back, so that the pool can be closed.
func (db *DB) closeWatch() {
	db.watch.mu.Lock()
	defer db.watch.mu.Unlock()
	if db.watch.conn != nil {
		db.watch.conn.Close()
		db.watch.conn, db.watch.stmt = nil, nil
	}
}
