package store

import (
	"context"

	"purvey"
)

const teamColumns = `x.role, x.state, ` + memberColumns

func scanTeammate(sc scanner, t *purvey.Teammate) error {
	var m Member
	if err := scanMember(prefixed{prefixed{sc, &t.Role}, &t.State}, &m); err != nil {
		return err
	}
	t.Account = m.Account()
	return nil
}

// Team lists the people of a shop, invited and disabled ones too.
func (q Queries) Team(ctx context.Context, shopID string, p purvey.Page) (purvey.Listed[purvey.Teammate], error) {
	w := newWhere(`x.shop_id = $1`, shopID)
	text, args := w.list(`SELECT `+teamColumns+` FROM membership x JOIN member m ON m.id = x.member_id`, "m", p)
	items, err := collect(ctx, q, text, args, scanTeammate)
	return listed(items, p), err
}

// Teammate gives one of the people of a shop.
func (q Queries) Teammate(ctx context.Context, shopID, memberID string) (purvey.Teammate, error) {
	return one(ctx, q, "member", `SELECT `+teamColumns+` FROM membership x JOIN member m ON m.id = x.member_id
		WHERE x.shop_id = $1 AND x.member_id = $2`, []any{shopID, memberID}, scanTeammate)
}

// OtherOwners counts the owners of a shop that are active, without one.
func (q Queries) OtherOwners(ctx context.Context, shopID, memberID string) (int, error) {
	var n int
	err := q.row(ctx, `SELECT count(*) FROM membership WHERE shop_id = $1 AND member_id <> $2 AND role = $3 AND state = $4`,
		[]any{shopID, memberID, purvey.Owner, purvey.MemberActive}, &n)
	return n, err
}

// MembershipCount counts the shops of a person, whatever their state there.
func (q Queries) MembershipCount(ctx context.Context, memberID string) (int, error) {
	var n int
	err := q.row(ctx, `SELECT count(*) FROM membership WHERE member_id = $1`, []any{memberID}, &n)
	return n, err
}

// InviteMember makes a person somebody who is invited to a shop, in a role.
// Who is a member already stays as they are.
func (tx *Tx) InviteMember(ctx context.Context, memberID, shopID string, role purvey.Role) error {
	_, err := tx.exec(ctx, `INSERT INTO membership (member_id, shop_id, role, state, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (member_id, shop_id) DO UPDATE SET role = excluded.role WHERE membership.state = $4`,
		memberID, shopID, role, purvey.MemberInvited, micros(tx.Now()))
	return err
}

// SetMembership changes what a person is in a shop.
func (tx *Tx) SetMembership(ctx context.Context, memberID, shopID string, role purvey.Role, state purvey.MemberState) error {
	_, err := tx.exec(ctx, `UPDATE membership SET role = $3, state = $4 WHERE member_id = $1 AND shop_id = $2`, memberID, shopID, role, state)
	return err
}

// DeleteMembership takes a person out of a shop.
func (tx *Tx) DeleteMembership(ctx context.Context, memberID, shopID string) error {
	_, err := tx.exec(ctx, `DELETE FROM membership WHERE member_id = $1 AND shop_id = $2`, memberID, shopID)
	return err
}

// Members lists every account of the server, the oldest first.
func (q Queries) Members(ctx context.Context) ([]Member, error) {
	return collect(ctx, q, `SELECT `+memberColumns+` FROM member m ORDER BY m.id`, nil, scanMember)
}
