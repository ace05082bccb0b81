//go:build race

package store

import _ "github.com/mattn/go-sqlite3" // registers "sqlite3", needs cgo as the race detector does

const sqliteDriver = "sqlite3"

func sqliteDSN(path string, write bool) string {
	dsn := "file:" + path + "?_busy_timeout=10000&_journal_mode=WAL&_synchronous=FULL&_foreign_keys=1&_cache_size=-8000"
	if !write {
		return dsn + "&_query_only=1"
	}
	return dsn
}
