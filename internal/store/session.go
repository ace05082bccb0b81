package store

import (
	"context"
	"time"

	"purvey"
)

const sessionColumns = `s.id, s.shop_id, s.hash, s.email, s.browser, s.system, s.expires_at, s.created_at`

func scanSession(sc scanner, s *purvey.Session) error {
	return sc.Scan(&s.ID, &s.ShopID, &s.Hash, &s.Email, &s.Device.Browser, &s.Device.System, at{&s.ExpiresAt}, at{&s.CreatedAt})
}

// InsertSession writes a customer's session, setting its id and time.
func (tx *Tx) InsertSession(ctx context.Context, s *purvey.Session) error {
	s.ID, s.CreatedAt = tx.NewID(), tx.Now()
	_, err := tx.exec(ctx, `INSERT INTO session (id, shop_id, hash, email, browser, system, expires_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		s.ID, s.ShopID, s.Hash, s.Email, s.Device.Browser, s.Device.System, micros(s.ExpiresAt), micros(s.CreatedAt))
	return err
}

// SessionByHash gives a session of the shop; ended ones too.
func (q Queries) SessionByHash(ctx context.Context, shopID, hash string) (purvey.Session, error) {
	return one(ctx, q, "session", `SELECT `+sessionColumns+` FROM session s WHERE s.hash = $1 AND s.shop_id = $2`, []any{hash, shopID}, scanSession)
}

// SessionsOf gives the sessions in force of an address in a shop, newest first.
func (q Queries) SessionsOf(ctx context.Context, shopID, email string, now time.Time) ([]purvey.Session, error) {
	return collect(ctx, q, `SELECT `+sessionColumns+` FROM session s WHERE s.shop_id = $1 AND s.email = $2 AND s.expires_at > $3 ORDER BY s.id DESC LIMIT 100`,
		[]any{shopID, purvey.Fold(email), micros(now)}, scanSession)
}

// DeleteSession ends one session.
func (tx *Tx) DeleteSession(ctx context.Context, shopID, hash string) error {
	_, err := tx.exec(ctx, `DELETE FROM session WHERE hash = $1 AND shop_id = $2`, hash, shopID)
	return err
}

// DeleteSessionOf ends one session of an address in a shop, named by its id,
// and tells whether there was one.
func (tx *Tx) DeleteSessionOf(ctx context.Context, shopID, email, id string) (bool, error) {
	n, err := tx.exec(ctx, `DELETE FROM session WHERE id = $1 AND shop_id = $2 AND email = $3`, id, shopID, email)
	return n > 0, err
}

// DeleteSessionsOf ends every session of an address in a shop.
func (tx *Tx) DeleteSessionsOf(ctx context.Context, shopID, email string) error {
	_, err := tx.exec(ctx, `DELETE FROM session WHERE shop_id = $1 AND email = $2`, shopID, email)
	return err
}

// DeleteSessions removes the sessions that ended before an instant.
func (tx *Tx) DeleteSessions(ctx context.Context, before time.Time) (int64, error) {
	return tx.exec(ctx, `DELETE FROM session WHERE expires_at < $1`, micros(before))
}
