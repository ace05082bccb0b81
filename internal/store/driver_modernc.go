//go:build !race

package store

import _ "modernc.org/sqlite" // registers "sqlite", pure Go

// The pure Go driver. Under the race detector its translated C code would be
// instrumented and some ten times slower, so driver_mattn.go stands in there.
const sqliteDriver = "sqlite"

func sqliteDSN(path string, write bool) string {
	dsn := "file:" + path + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)" +
		"&_pragma=temp_store(MEMORY)&_pragma=cache_size(-8000)&_pragma=mmap_size(1073741824)"
	if !write {
		return dsn + "&_pragma=query_only(1)"
	}
	return dsn + "&_pragma=wal_autocheckpoint(4000)"
}
