package store

import (
	"context"

	"purvey"
)

// Member is a person who may sign in to the back office.
type Member struct {
	ID       string
	Email    string // folded
	Name     string
	Password string // argon2id in PHC form
	State    string // active, disabled
}

const memberColumns = `m.id, m.email, m.name, m.password, m.state`

func scanMember(s scanner, m *Member) error {
	return s.Scan(&m.ID, &m.Email, &m.Name, &m.Password, &m.State)
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

// InsertMember writes a new member, setting its id. It gives false when the
// address has one.
func (tx *Tx) InsertMember(ctx context.Context, m *Member) (bool, error) {
	m.ID, m.Email = tx.NewID(), purvey.Fold(m.Email)
	n, err := tx.exec(ctx, `INSERT INTO member (id, email, name, password, totp, state, created_at, updated_at)
		VALUES ($1, $2, $3, $4, '', $5, $6, $6) ON CONFLICT (email) DO NOTHING`, m.ID, m.Email, m.Name, m.Password, m.State, micros(tx.Now()))
	return n == 1, err
}

// SetMemberPassword replaces the password of a member.
func (tx *Tx) SetMemberPassword(ctx context.Context, id, password string) error {
	_, err := tx.exec(ctx, `UPDATE member SET password = $2, updated_at = $3 WHERE id = $1`, id, password, micros(tx.Now()))
	return err
}

// JoinShop gives a member a role in a shop, or another one.
func (tx *Tx) JoinShop(ctx context.Context, memberID, shopID string, role purvey.Role) error {
	_, err := tx.exec(ctx, `INSERT INTO membership (member_id, shop_id, role, created_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (member_id, shop_id) DO UPDATE SET role = excluded.role`, memberID, shopID, role, micros(tx.Now()))
	return err
}

// JoinOwners makes every admin of the first shop an admin of another.
func (tx *Tx) JoinOwners(ctx context.Context, shopID string) error {
	_, err := tx.exec(ctx, `INSERT INTO membership (member_id, shop_id, role, created_at)
		SELECT m.member_id, $1, m.role, $2 FROM membership m JOIN shop s ON s.id = m.shop_id
		WHERE s.slug = $3 AND m.role = $4 AND s.id <> $1 ON CONFLICT (member_id, shop_id) DO NOTHING`,
		shopID, micros(tx.Now()), purvey.DefaultShop, purvey.Admin)
	return err
}

// MemberRole gives a member's role in a shop; purvey.NotFound when there is
// none.
func (q Queries) MemberRole(ctx context.Context, memberID, shopID string) (purvey.Role, error) {
	var role purvey.Role
	err := q.row(ctx, `SELECT role FROM membership WHERE member_id = $1 AND shop_id = $2`, []any{memberID, shopID}, &role)
	return role, missing(err, "membership")
}
