package store

import (
	"context"
	"encoding/json"
	"time"

	"purvey"
)

// Member is a person's account with what proves who they are.
type Member struct {
	ID          string
	Email       string // folded
	Name        string
	Password    string // argon2id in PHC form; "" until an invitation is accepted
	State       string // active, disabled
	TOTP        string // sealed secret; "" none
	TOTPPending string // sealed secret that no code has confirmed yet
	TOTPStep    int64  // of the last code that was taken
	CreatedAt   time.Time
	LastSeenAt  time.Time
}

// Account is what of a member may be shown.
func (m Member) Account() purvey.Account {
	return purvey.Account{ID: m.ID, Email: m.Email, Name: m.Name, TOTP: m.TOTP != "", CreatedAt: m.CreatedAt, LastSeenAt: m.LastSeenAt}
}

const memberColumns = `m.id, m.email, m.name, m.password, m.state, m.totp, m.totp_pending, m.totp_step, m.created_at, m.last_seen_at`

func scanMember(s scanner, m *Member) error {
	return s.Scan(&m.ID, &m.Email, &m.Name, &m.Password, &m.State, &m.TOTP, &m.TOTPPending, &m.TOTPStep, at{&m.CreatedAt}, at{&m.LastSeenAt})
}

// Member gives an account by its id.
func (q Queries) Member(ctx context.Context, id string) (Member, error) {
	return one(ctx, q, "member", `SELECT `+memberColumns+` FROM member m WHERE m.id = $1`, []any{id}, scanMember)
}

// MemberByEmail gives the member with the address, in any case.
func (q Queries) MemberByEmail(ctx context.Context, email string) (Member, error) {
	return one(ctx, q, "member", `SELECT `+memberColumns+` FROM member m WHERE m.email = $1`, []any{purvey.Fold(email)}, scanMember)
}

// CountMembers tells how many members the server has.
func (q Queries) CountMembers(ctx context.Context) (int, error) {
	var n int
	err := q.row(ctx, `SELECT count(*) FROM member`, nil, &n)
	return n, err
}

// InsertMember writes a new member, setting its id and time. It gives false
// when the address has one.
func (tx *Tx) InsertMember(ctx context.Context, m *Member) (bool, error) {
	m.ID, m.Email, m.CreatedAt = tx.NewID(), purvey.Fold(m.Email), tx.Now()
	n, err := tx.exec(ctx, `INSERT INTO member (id, email, name, password, totp, state, created_at, updated_at)
		VALUES ($1, $2, $3, $4, '', $5, $6, $6) ON CONFLICT (email) DO NOTHING`, m.ID, m.Email, m.Name, m.Password, m.State, micros(m.CreatedAt))
	return n == 1, err
}

// SetMemberPassword replaces the password of a member.
func (tx *Tx) SetMemberPassword(ctx context.Context, id, password string) error {
	_, err := tx.exec(ctx, `UPDATE member SET password = $2, updated_at = $3 WHERE id = $1`, id, password, micros(tx.Now()))
	return err
}

// SetMemberName replaces the name of a member.
func (tx *Tx) SetMemberName(ctx context.Context, id, name string) error {
	_, err := tx.exec(ctx, `UPDATE member SET name = $2, updated_at = $3 WHERE id = $1`, id, name, micros(tx.Now()))
	return err
}

// SetMemberEmail replaces the address that a member signs in with. It gives
// false when another has it.
func (tx *Tx) SetMemberEmail(ctx context.Context, id, email string) (bool, error) {
	if err := tx.Lock(ctx, "member"); err != nil {
		return false, err
	}
	n, err := tx.exec(ctx, `UPDATE member SET email = $2, updated_at = $3
		WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM member o WHERE o.email = $2 AND o.id <> $1)`, id, purvey.Fold(email), micros(tx.Now()))
	return n == 1, err
}

// DeleteMember removes an account with everything that signs it in.
func (tx *Tx) DeleteMember(ctx context.Context, id string) error {
	for _, text := range []string{
		`DELETE FROM member_session WHERE member_id = $1`, `DELETE FROM member_link WHERE member_id = $1`,
		`DELETE FROM recovery_code WHERE member_id = $1`, `DELETE FROM membership WHERE member_id = $1`, `DELETE FROM member WHERE id = $1`,
	} {
		if _, err := tx.exec(ctx, text, id); err != nil {
			return err
		}
	}
	return nil
}

// JoinShop makes a person an active member of a shop, or gives them another
// role in it.
func (tx *Tx) JoinShop(ctx context.Context, memberID, shopID string, role purvey.Role) error {
	_, err := tx.exec(ctx, `INSERT INTO membership (member_id, shop_id, role, state, created_at) VALUES ($1, $2, $3, 'active', $4)
		ON CONFLICT (member_id, shop_id) DO UPDATE SET role = excluded.role, state = excluded.state`, memberID, shopID, role, micros(tx.Now()))
	return err
}

// JoinOwners makes every owner of the first shop an owner of another.
func (tx *Tx) JoinOwners(ctx context.Context, shopID string) error {
	_, err := tx.exec(ctx, `INSERT INTO membership (member_id, shop_id, role, state, created_at)
		SELECT m.member_id, $1, m.role, 'active', $2 FROM membership m JOIN shop s ON s.id = m.shop_id
		WHERE s.slug = $3 AND m.role = $4 AND m.state = 'active' AND s.id <> $1 ON CONFLICT (member_id, shop_id) DO NOTHING`,
		shopID, micros(tx.Now()), purvey.DefaultShop, purvey.Owner)
	return err
}

// MemberRole gives a member's role in a shop; purvey.NotFound when there is
// none.
func (q Queries) MemberRole(ctx context.Context, memberID, shopID string) (purvey.Role, error) {
	var role purvey.Role
	err := q.row(ctx, `SELECT role FROM membership WHERE member_id = $1 AND shop_id = $2`, []any{memberID, shopID}, &role)
	return role, missing(err, "membership")
}

// Memberships lists the shops that a person is an active member of, the
// oldest first.
func (q Queries) Memberships(ctx context.Context, memberID string) ([]purvey.Membership, error) {
	return collect(ctx, q, `SELECT s.id, s.slug, s.name, s.state, s.settings, s.updated_at, m.role FROM membership m JOIN shop s ON s.id = m.shop_id
		WHERE m.member_id = $1 AND m.state = 'active' ORDER BY s.id`, []any{memberID}, func(sc scanner, m *purvey.Membership) error {
		var settings string
		if err := sc.Scan(&m.ShopID, &m.Slug, &m.Name, &m.ShopState, &settings, at{&m.ShopUpdated}, &m.Role); err != nil {
			return err
		}
		all := purvey.DefaultSettings(m.Slug)
		shop := struct {
			Shop any `json:"shop"` // the rest is not read
		}{&all.Shop}
		if err := json.Unmarshal([]byte(settings), &shop); err != nil {
			return err
		}
		m.Currency, m.Timezone, m.Locale = all.Shop.Currency, all.Shop.Timezone, all.Shop.Locale
		return nil
	})
}
