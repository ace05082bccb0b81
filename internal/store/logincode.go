package store

import (
	"context"
	"time"

	"purvey"
)

const codeColumns = `c.id, c.shop_id, c.challenge, c.email, c.code, c.sent, c.attempts, c.ip, c.expires_at, c.used_at, c.created_at`

func scanCode(s scanner, c *purvey.LoginCode) error {
	return s.Scan(&c.ID, &c.ShopID, &c.Challenge, &c.Email, &c.Code, &c.Sent, &c.Attempts, &c.IP, at{&c.ExpiresAt}, at{&c.UsedAt}, at{&c.CreatedAt})
}

// InsertLoginCode writes a request to sign in; its id is set by the caller,
// its time here.
func (tx *Tx) InsertLoginCode(ctx context.Context, c *purvey.LoginCode) error {
	c.CreatedAt = tx.Now()
	_, err := tx.exec(ctx, `INSERT INTO login_code (id, shop_id, challenge, email, code, sent, attempts, ip, expires_at, used_at, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, 0, $9)`,
		c.ID, c.ShopID, c.Challenge, c.Email, c.Code, c.Sent, c.IP, micros(c.ExpiresAt), micros(c.CreatedAt))
	return err
}

// CodesSent are the mails that went to an address and led to nothing.
type CodesSent struct {
	Hour  int // within the last hour
	Day   int // within the last day
	Asker int // within the last hour, at the word of one IP address
}

// CodesSent counts the mails with a code to an address of a shop that nobody
// has signed in with.
func (q Queries) CodesSent(ctx context.Context, shopID, email, ip string, now time.Time) (CodesSent, error) {
	var n CodesSent
	hour, day := micros(now.Add(-time.Hour)), micros(now.Add(-24*time.Hour))
	err := q.row(ctx, `SELECT count(CASE WHEN created_at > $4 THEN 1 END), count(*), count(CASE WHEN created_at > $4 AND ip = $5 THEN 1 END)
		FROM login_code WHERE shop_id = $1 AND email = $2 AND created_at > $3 AND sent AND used_at = 0`,
		[]any{shopID, email, day, hour, ip}, &n.Hour, &n.Day, &n.Asker)
	return n, err
}

// TryLoginCode counts one try of a code against a request to sign in and
// gives that request. It is purvey.NotFound when there is none of the shop, or
// it is over: expired, used, or tried too often.
func (tx *Tx) TryLoginCode(ctx context.Context, shopID, challenge string) (purvey.LoginCode, error) {
	n, err := tx.exec(ctx, `UPDATE login_code SET attempts = attempts + 1
		WHERE challenge = $1 AND shop_id = $2 AND used_at = 0 AND attempts < $3 AND expires_at > $4`,
		challenge, shopID, purvey.CodeAttempts, micros(tx.Now()))
	if err != nil || n == 0 {
		if err == nil {
			err = purvey.Missing("login code")
		}
		return purvey.LoginCode{}, err
	}
	return one(ctx, tx.Queries, "login code", `SELECT `+codeColumns+` FROM login_code c WHERE c.challenge = $1`, []any{challenge}, scanCode)
}

// UseLoginCode ends a request to sign in that was answered rightly; false when
// it was used before.
func (tx *Tx) UseLoginCode(ctx context.Context, id string) (bool, error) {
	n, err := tx.exec(ctx, `UPDATE login_code SET used_at = $2 WHERE id = $1 AND used_at = 0`, id, micros(tx.Now()))
	return n == 1, err
}

// DeleteLoginCodes removes the requests made before an instant.
func (tx *Tx) DeleteLoginCodes(ctx context.Context, before time.Time) (int64, error) {
	return tx.exec(ctx, `DELETE FROM login_code WHERE created_at < $1`, micros(before))
}

// IsCustomer tells whether the scope has an order of the address.
func (q Queries) IsCustomer(ctx context.Context, scope purvey.Scope, email string) (bool, error) {
	var n int
	err := q.row(ctx, `SELECT count(*) FROM (SELECT 1 FROM orders WHERE shop_id = $1 AND mode = $2 AND email_folded = $3 AND email_folded <> ''
		AND NOT EXISTS (SELECT 1 FROM customer c WHERE c.shop_id = $1 AND c.mode = $2 AND c.email_folded = $3 AND c.email_folded <> '' AND c.deactivated_at > 0)
		LIMIT 1) x`,
		[]any{scope.ShopID, scope.Mode, purvey.Fold(email)}, &n)
	return n > 0, err
}
