package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"purvey"

	_ "github.com/jackc/pgx/v5/stdlib" // registers "pgx"
)

// Options say which database to open.
type Options struct {
	URL    string           // postgres://…; "" is SQLite
	Folder string           // where purvey.db lies; SQLite only
	Now    func() time.Time // nil: the system's clock
}

// DB is an open database. Its methods read what is committed; writes go
// through Tx.
type DB struct {
	Queries
	pool   *sql.DB
	writer *writer // SQLite only
	now    func() time.Time
	ids    *purvey.IDs
	wakers wakers
	rights atomic.Uint64 // see RightsVersion
	watch  watch         // SQLite only
	state  published     // SQLite only
	url    string
}

// Queries are the statements. The same method reads the same inside a
// transaction (on a Tx) and outside (on a DB).
type Queries struct {
	engine engine
	run    runner
	texts  *sync.Map
	cache  *cache // of SQLite's writer; else nil
	wrote  *bool  // of SQLite's writer: set by the first statement of a function that writes
}

// runner executes a statement already in the engine's own text.
type runner interface {
	exec(ctx context.Context, text string, args []any) (sql.Result, error)
	query(ctx context.Context, text string, args []any) (*sql.Rows, error)
}

// Open opens the database and checks that it answers. It does not migrate.
func Open(ctx context.Context, o Options) (*DB, error) {
	db := &DB{now: o.Now, ids: &purvey.IDs{}, url: o.URL}
	if db.now == nil {
		db.now = time.Now
	}
	db.texts = &sync.Map{}
	var err error
	if o.URL != "" {
		err = db.openPostgres(ctx, o.URL)
	} else {
		err = db.openSQLite(ctx, o.Folder)
	}
	if err != nil {
		return nil, err
	}
	return db, nil
}

func (db *DB) openPostgres(ctx context.Context, dsn string) error {
	db.engine = postgresEngine
	pool, err := sql.Open("pgx", dsn)
	if err != nil {
		return errors.New("the database URL cannot be read") // the parser's text may hold the password
	}
	pool.SetMaxOpenConns(24)
	pool.SetMaxIdleConns(24)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	if err := pool.PingContext(ctx); err != nil {
		pool.Close()
		return fmt.Errorf("the database does not answer: %w", withoutSecret(err, dsn))
	}
	db.pool, db.run = pool, poolRunner{pool}
	return nil
}

func (db *DB) openSQLite(ctx context.Context, folder string) error {
	db.engine = sqliteEngine
	path := filepath.Join(folder, "purvey.db")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("the database file cannot be opened: %w", err)
	}
	f.Close()
	writes, err := sql.Open(sqliteDriver, sqliteDSN(escapePath(path), true))
	if err != nil {
		return err
	}
	writes.SetMaxOpenConns(1)
	if err := writes.PingContext(ctx); err != nil {
		writes.Close()
		return fmt.Errorf("the database file cannot be read: %w", err)
	}
	reads, err := sql.Open(sqliteDriver, sqliteDSN(escapePath(path), false))
	if err != nil {
		writes.Close()
		return err
	}
	reads.SetMaxOpenConns(9) // one of them only watches
	reads.SetMaxIdleConns(9)
	db.pool, db.run = reads, &stmtRunner{db: reads}
	db.writer = newWriter(writes, db)
	db.DataVersion(ctx) // takes its connection now, when nobody else can hold them all
	return nil
}

// escapePath makes a path safe inside a file: URI.
func escapePath(p string) string { return (&url.URL{Path: p}).EscapedPath() }

// withoutSecret drops what a connection error may repeat of the URL.
func withoutSecret(err error, dsn string) error {
	text := err.Error()
	if u, perr := url.Parse(dsn); perr == nil && u.User != nil {
		if p, ok := u.User.Password(); ok && p != "" {
			text = strings.ReplaceAll(text, p, "xxxxx")
		}
	}
	return errors.New(text)
}

// Close ends the writer after what it has taken on, and closes the pool.
func (db *DB) Close() error {
	if db.writer != nil {
		db.writer.close()
	}
	db.closeWatch()
	return db.pool.Close()
}

// Ping tells whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	var one int
	return db.row(ctx, `SELECT count(*) FROM shop WHERE id = ''`, nil, &one)
}

// Now is the database's clock, in UTC, cut to the microsecond that is stored.
func (db *DB) Now() time.Time { return db.now().UTC().Truncate(time.Microsecond) }

// NewID gives the next id.
func (db *DB) NewID() string { return db.ids.New(db.now()) }

// Engine names the database: "sqlite" or "postgres".
func (db *DB) Engine() string { return string(db.engine) }

type txKey struct{}

// on gives the runner to use: that of the transaction that ctx carries, if
// any, so that a call made inside one sees its writes.
func (q Queries) on(ctx context.Context) runner {
	if tx, ok := ctx.Value(txKey{}).(*Tx); ok && tx.texts == q.texts {
		return tx.run
	}
	return q.run
}

func (q Queries) text(sql string) string {
	if t, ok := q.texts.Load(sql); ok {
		return t.(string)
	}
	t := q.engine.text(sql)
	q.texts.Store(sql, t)
	return t
}

// touch notes that a statement is about to be run: one that may write marks the
// function, and may make cached values stale.
func (q Queries) touch(text string) {
	if q.cache == nil || strings.HasPrefix(text, "SELECT") {
		return
	}
	*q.wrote = true
	q.cache.note(text)
}

// exec runs a statement and gives the number of rows it touched.
func (q Queries) exec(ctx context.Context, text string, args ...any) (int64, error) {
	q.touch(text)
	res, err := q.on(ctx).exec(ctx, q.text(text), args)
	if err != nil {
		return 0, translate(err)
	}
	n, err := res.RowsAffected()
	return n, translate(err)
}

// row reads one row; none is purvey.NotFound without words, which the caller
// turns into the noun that is missing.
func (q Queries) row(ctx context.Context, text string, args []any, dest ...any) error {
	q.touch(text)
	rows, err := q.on(ctx).query(ctx, q.text(text), args)
	if err != nil {
		return translate(err)
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return translate(err)
		}
		return purvey.NotFound
	}
	if err := rows.Scan(dest...); err != nil {
		return err
	}
	return translate(rows.Err())
}

// each calls scan for every row of a statement, in order.
func (q Queries) each(ctx context.Context, text string, args []any, scan func(*sql.Rows) error) error {
	q.touch(text)
	rows, err := q.on(ctx).query(ctx, q.text(text), args)
	if err != nil {
		return translate(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return translate(rows.Err())
}

// collect reads every row of a statement into values.
func collect[T any](ctx context.Context, q Queries, text string, args []any, scan func(scanner, *T) error) ([]T, error) {
	var out []T
	err := q.each(ctx, text, args, func(rows *sql.Rows) error {
		var v T
		if err := scan(rows, &v); err != nil {
			return err
		}
		out = append(out, v)
		return nil
	})
	return out, err
}

// one reads the only row of a statement, or answers that the noun is missing.
func one[T any](ctx context.Context, q Queries, noun, text string, args []any, scan func(scanner, *T) error) (T, error) {
	var v T
	q.touch(text)
	rows, err := q.on(ctx).query(ctx, q.text(text), args)
	if err != nil {
		return v, translate(err)
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return v, translate(err)
		}
		return v, purvey.Missing(noun)
	}
	return v, scan(rows, &v)
}

type scanner interface{ Scan(dest ...any) error }

// translate gives database errors the domain's kind where clients must be
// told something better than "internal".
func translate(err error) error {
	switch {
	case err == nil:
		return nil
	case diskFull(err):
		return &purvey.Error{Kind: purvey.NoSpace, Detail: "the storage is full", Cause: err}
	case uniqueViolation(err):
		return &purvey.Error{Kind: purvey.Conflict, Reason: purvey.ReasonDuplicate, Detail: "it exists already", Cause: err}
	}
	return err
}

type poolRunner struct{ db *sql.DB }

func (r poolRunner) exec(ctx context.Context, text string, args []any) (sql.Result, error) {
	return r.db.ExecContext(ctx, text, args...)
}

func (r poolRunner) query(ctx context.Context, text string, args []any) (*sql.Rows, error) {
	return r.db.QueryContext(ctx, text, args...)
}

// stmtRunner keeps each statement prepared. A cancelled context does not stop
// a statement half-way: the driver would need a goroutine each to allow that.
type stmtRunner struct {
	db interface {
		PrepareContext(context.Context, string) (*sql.Stmt, error)
	}
	stmts sync.Map
}

func (r *stmtRunner) prepared(ctx context.Context, text string) (*sql.Stmt, error) {
	if s, ok := r.stmts.Load(text); ok {
		return s.(*sql.Stmt), nil
	}
	s, err := r.db.PrepareContext(context.WithoutCancel(ctx), text)
	if err != nil {
		return nil, err
	}
	if old, loaded := r.stmts.LoadOrStore(text, s); loaded {
		s.Close()
		return old.(*sql.Stmt), nil
	}
	return s, nil
}

func (r *stmtRunner) exec(ctx context.Context, text string, args []any) (sql.Result, error) {
	s, err := r.prepared(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(context.WithoutCancel(ctx), args...)
}

func (r *stmtRunner) query(ctx context.Context, text string, args []any) (*sql.Rows, error) {
	s, err := r.prepared(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(context.WithoutCancel(ctx), args...)
}
