package store

import (
	"context"
	"time"

	"purvey"
)

// The kinds of links that a person gets by mail.
const (
	LinkInvitation    = "invitation"
	LinkPasswordReset = "password_reset"
)

// MemberLink is a link that lets its holder do one thing as a person, once.
type MemberLink struct {
	Hash      string // of the secret in it
	Kind      string
	MemberID  string
	ShopID    string // of an invitation
	ExpiresAt time.Time
}

// InsertMemberLink writes a link.
func (tx *Tx) InsertMemberLink(ctx context.Context, l MemberLink) error {
	_, err := tx.exec(ctx, `INSERT INTO member_link (hash, kind, member_id, shop_id, expires_at, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		l.Hash, l.Kind, l.MemberID, l.ShopID, micros(l.ExpiresAt), micros(tx.Now()))
	return err
}

// MemberLink gives a link of the kind that has not expired at the instant.
func (q Queries) MemberLink(ctx context.Context, kind, hash string, now time.Time) (MemberLink, error) {
	return one(ctx, q, "link", `SELECT l.hash, l.kind, l.member_id, l.shop_id, l.expires_at FROM member_link l
		WHERE l.hash = $1 AND l.kind = $2 AND l.expires_at > $3`, []any{hash, kind, micros(now)}, func(sc scanner, l *MemberLink) error {
		return sc.Scan(&l.Hash, &l.Kind, &l.MemberID, &l.ShopID, at{&l.ExpiresAt})
	})
}

// UseMemberLink removes a link; purvey.NotFound when it is gone.
func (tx *Tx) UseMemberLink(ctx context.Context, hash string) error {
	n, err := tx.exec(ctx, `DELETE FROM member_link WHERE hash = $1`, hash)
	if err == nil && n == 0 {
		return purvey.Missing("link")
	}
	return err
}

// DeleteMemberLinks removes a person's links of a kind.
func (tx *Tx) DeleteMemberLinks(ctx context.Context, memberID, kind string) error {
	_, err := tx.exec(ctx, `DELETE FROM member_link WHERE member_id = $1 AND kind = $2`, memberID, kind)
	return err
}

// DeleteInvitations removes a person's links into a shop.
func (tx *Tx) DeleteInvitations(ctx context.Context, memberID, shopID string) error {
	_, err := tx.exec(ctx, `DELETE FROM member_link WHERE member_id = $1 AND shop_id = $2 AND kind = $3`, memberID, shopID, LinkInvitation)
	return err
}

// DeleteExpiredMemberLinks removes the links that ended before an instant.
func (tx *Tx) DeleteExpiredMemberLinks(ctx context.Context, before time.Time) error {
	_, err := tx.exec(ctx, `DELETE FROM member_link WHERE expires_at < $1`, micros(before))
	return err
}
