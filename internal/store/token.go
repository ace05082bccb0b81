package store

import (
	"context"
	"time"

	"purvey"
)

const tokenColumns = `t.id, t.shop_id, t.name, t.role, t.mode, t.hash, t.last4, t.created_at, t.last_used_at, t.revoked_at`

func scanToken(s scanner, t *purvey.Token) error {
	return s.Scan(&t.ID, &t.ShopID, &t.Name, &t.Role, &t.Mode, &t.Hash, &t.Last4, at{&t.CreatedAt}, at{&t.LastUsedAt}, at{&t.RevokedAt})
}

// TokenHolder is what an authentication reads: the token that has the hash
// and the state of its shop.
type TokenHolder struct {
	Token       purvey.Token
	ShopState   purvey.ShopState
	ShopUpdated time.Time
}

// TokenByHash gives the holder of a credential by its hash, revoked or not.
func (q Queries) TokenByHash(ctx context.Context, hash string) (TokenHolder, error) {
	return one(ctx, q, "token", `SELECT s.state, s.updated_at, `+tokenColumns+` FROM token t JOIN shop s ON s.id = t.shop_id WHERE t.hash = $1`,
		[]any{hash}, func(sc scanner, h *TokenHolder) error {
			return scanToken(prefixed{prefixed{sc, &h.ShopState}, at{&h.ShopUpdated}}, &h.Token)
		})
}

// Tokens lists a shop's tokens that are in force, of both modes.
func (q Queries) Tokens(ctx context.Context, shopID string, p purvey.Page) (purvey.Listed[purvey.Token], error) {
	w := newWhere(`t.shop_id = $1 AND t.revoked_at = 0`, shopID)
	text, args := w.list(`SELECT `+tokenColumns+` FROM token t`, "t", p)
	items, err := collect(ctx, q, text, args, scanToken)
	return listed(items, p), err
}

// Token gives one of a shop's tokens that are in force.
func (q Queries) Token(ctx context.Context, shopID, id string) (purvey.Token, error) {
	return one(ctx, q, "token", `SELECT `+tokenColumns+` FROM token t WHERE t.id = $1 AND t.shop_id = $2 AND t.revoked_at = 0`,
		[]any{id, shopID}, scanToken)
}

// TokenByID gives a token that is in force, whatever its shop.
func (q Queries) TokenByID(ctx context.Context, id string) (purvey.Token, error) {
	return one(ctx, q, "token", `SELECT `+tokenColumns+` FROM token t WHERE t.id = $1 AND t.revoked_at = 0`, []any{id}, scanToken)
}

// InsertToken writes a new token, setting its id and creation time.
func (tx *Tx) InsertToken(ctx context.Context, t *purvey.Token) error {
	t.ID, t.CreatedAt = tx.NewID(), tx.Now()
	_, err := tx.exec(ctx, `INSERT INTO token (id, shop_id, name, role, mode, hash, last4, created_at, last_used_at, revoked_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0)`, t.ID, t.ShopID, t.Name, t.Role, t.Mode, t.Hash, t.Last4, micros(t.CreatedAt))
	return err
}

// RevokeToken ends a shop's token.
func (tx *Tx) RevokeToken(ctx context.Context, shopID, id string) error {
	n, err := tx.exec(ctx, `UPDATE token SET revoked_at = $3 WHERE id = $1 AND shop_id = $2 AND revoked_at = 0`, id, shopID, micros(tx.Now()))
	if err == nil && n == 0 {
		return purvey.Missing("token")
	}
	return err
}

// TouchToken records that a token was used.
func (tx *Tx) TouchToken(ctx context.Context, id string, used time.Time) error {
	_, err := tx.exec(ctx, `UPDATE token SET last_used_at = $2 WHERE id = $1 AND last_used_at < $2`, id, micros(used))
	return err
}
