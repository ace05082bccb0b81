package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migration
var migrations embed.FS

// Migrate brings the database to the newest schema and gives the version it
// has then. A schema newer than this program is refused. Several processes
// may start at once: one migrates, the others wait.
func (db *DB) Migrate(ctx context.Context) (int64, error) {
	dir, err := fs.Sub(migrations, "migration/"+string(db.engine))
	if err != nil {
		return 0, err
	}
	dialect, pool := goose.DialectPostgres, db.pool
	var options []goose.ProviderOption
	if db.engine == sqliteEngine {
		dialect, pool = goose.DialectSQLite3, db.writer.pool
	} else {
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
		if err != nil {
			return 0, err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(dialect, pool, dir, options...)
	if err != nil {
		return 0, err
	}
	var newest int64
	for _, s := range p.ListSources() {
		newest = max(newest, s.Version)
	}
	have, err := db.schemaVersion(ctx, pool)
	if err != nil {
		return 0, err
	}
	if have > newest {
		return have, fmt.Errorf("the database has schema %d, newer than this program's %d: run a newer purvey", have, newest)
	}
	if have < newest {
		if _, err := p.Up(ctx); err != nil {
			return have, fmt.Errorf("migration failed: %w", err)
		}
	}
	return newest, nil
}

// schemaVersion reads goose's own table; 0 when there is none yet.
func (db *DB) schemaVersion(ctx context.Context, pool *sql.DB) (int64, error) {
	probe := `SELECT count(*) FROM sqlite_master WHERE name = 'goose_db_version'`
	if db.engine == postgresEngine {
		probe = `SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'goose_db_version'`
	}
	var n int64
	if err := pool.QueryRowContext(ctx, probe).Scan(&n); err != nil || n == 0 {
		return 0, err
	}
	var version sql.NullInt64
	err := pool.QueryRowContext(ctx, `SELECT max(version_id) FROM goose_db_version WHERE is_applied`).Scan(&version)
	return version.Int64, err
}
