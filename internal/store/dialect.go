package store

import (
	"errors"
	"hash/fnv"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// engine is one of the two databases.
type engine string

const (
	sqliteEngine   engine = "sqlite"
	postgresEngine engine = "postgres"
)

// fragments are the places in a statement where the engines differ. A write
// transaction of SQLite is alone by itself, so it needs no row locks; without
// statistics it must be told which index holds few rows.
var fragments = map[engine]*strings.Replacer{
	sqliteEngine: strings.NewReplacer("{instr}", "instr", "{for update}", "", "{skip locked}", "",
		"{by free}", "INDEXED BY license_key_free", "{by taken}", "INDEXED BY license_key_taken",
		"{by burnt}", "INDEXED BY license_key_burnt"),
	postgresEngine: strings.NewReplacer("{instr}", "strpos", "{for update}", "FOR UPDATE", "{skip locked}", "FOR UPDATE SKIP LOCKED", "{by free}", "", "{by taken}", "",
		"{by burnt}", ""),
}

var placeholder = regexp.MustCompile(`\$[0-9]+`)

// text turns a statement into the engine's own: fragments are filled, and for
// SQLite each $n becomes ?n, since one of its drivers binds $n by order of
// appearance. When they appear as $1, $2, … in order each becomes a plain ?,
// which has no name for the driver to look up: that look-up is linear.
func (e engine) text(sql string) string {
	sql = fragments[e].Replace(sql)
	if e != sqliteEngine {
		return sql
	}
	n, inOrder := 0, true
	placeholder.ReplaceAllStringFunc(sql, func(p string) string {
		n++
		inOrder = inOrder && p == "$"+strconv.Itoa(n)
		return p
	})
	return placeholder.ReplaceAllStringFunc(sql, func(p string) string {
		if inOrder {
			return "?"
		}
		return "?" + p[1:]
	})
}

// uniqueViolation tells whether err is a unique or primary key conflict.
func uniqueViolation(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "23505"
	}
	return err != nil && strings.Contains(err.Error(), "UNIQUE constraint failed")
}

// retryable tells whether PostgreSQL asks for the transaction to be run again.
// A unique conflict is among them: the functions look before they insert, so
// the second run finds the row that won and answers in the domain's words.
func retryable(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	switch pg.Code {
	case "40001", "40P01", "23505":
		return true
	}
	return false
}

// diskFull tells whether the database could not write for lack of space.
func diskFull(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "53100"
	}
	return err != nil && (strings.Contains(err.Error(), "database or disk is full") || strings.Contains(err.Error(), "no space left on device"))
}

// lockNumber is the advisory lock that stands for a name.
func lockNumber(name string) int64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return int64(h.Sum64())
}
