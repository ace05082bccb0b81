// Package store keeps everything Purvey knows in a database: SQLite in the
// data folder by default, or PostgreSQL. It holds SQL and nothing else; the
// rules are in the vocabulary and in the services.
//
// Both engines run the same statements, written with $1, $2, …; what truly
// differs stands in dialect.go. [DB] reads from a pool. Every write goes
// through [DB.Tx]: on SQLite one goroutine runs the waiting functions one
// after another in one shared transaction, commits once with a full sync, and
// only then answers them; one that fails is undone alone. On PostgreSQL each
// function is a transaction of its own, run again when the server asks.
//
// Times are microseconds of the Unix epoch, with 0 for "none"; text compares
// by bytes; JSON columns are opaque to SQL.
package store
