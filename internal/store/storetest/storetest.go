// Package storetest gives each test a fresh, migrated database of its own, on
// both engines.
package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"purvey"
	"purvey/internal/store"
)

// Clock is a clock that stands still until it is told to move.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock starts at noon, UTC, on 5 January 2026.
func NewClock() *Clock {
	return &Clock{now: time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)}
}

// Now reads the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Set puts the clock to an instant.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// Engines are the names of both, for tests that open more than one handle.
func Engines() []string { return []string{"sqlite", "postgres"} }

// Run calls test once for each engine, in parallel, with an empty database
// and the clock it reads.
func Run(t *testing.T, test func(t *testing.T, db *store.DB, clock *Clock)) {
	t.Helper()
	for _, engine := range Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			clock := NewClock()
			test(t, Open(t, Options(t, engine), clock), clock)
		})
	}
}

// Open opens a handle on the database of the options, migrates it, and closes
// it when the test ends.
func Open(t *testing.T, o store.Options, clock *Clock) *store.DB {
	t.Helper()
	if clock != nil {
		o.Now = clock.Now
	}
	db, err := store.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return db
}

// Options give an empty database of the engine that lives as long as the
// test: a folder for SQLite, a schema of its own for PostgreSQL.
func Options(t *testing.T, engine string) store.Options {
	t.Helper()
	if engine == "sqlite" {
		return store.Options{Folder: t.TempDir()}
	}
	base := os.Getenv("PURVEY_TEST_POSTGRES")
	if base == "" {
		t.Fatal("PURVEY_TEST_POSTGRES is not set: run the tests through `make test`, which starts a PostgreSQL")
	}
	schema := "t" + strings.ToLower(purvey.Secret(16))
	admin(t, base, fmt.Sprintf("CREATE SCHEMA %s", schema))
	t.Cleanup(func() { drop(t, base, schema) })
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal("PURVEY_TEST_POSTGRES is not a URL")
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return store.Options{URL: u.String()}
}

// drop removes a schema. A killed process's last statement may still hold a
// lock in it: then PostgreSQL gives up one of the two, and it is tried again.
func drop(t *testing.T, dsn, schema string) {
	t.Helper()
	pool, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for range 10 {
		if _, err = pool.Exec(fmt.Sprintf("DROP SCHEMA %s CASCADE", schema)); err == nil {
			return
		}
	}
	t.Errorf("the schema %s stays: %v", schema, err)
}

func admin(t *testing.T, dsn, statement string) {
	t.Helper()
	pool, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
