package store

import "context"

// KeepServerValue gives what is kept of the whole server under a name; the
// first value ever given for it is the one that stays.
func (tx *Tx) KeepServerValue(ctx context.Context, name, value string) (kept string, err error) {
	if _, err := tx.exec(ctx, `INSERT INTO server (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, name, value); err != nil {
		return "", err
	}
	err = tx.row(ctx, `SELECT value FROM server WHERE name = $1`, []any{name}, &kept)
	return kept, err
}
