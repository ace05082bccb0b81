package store

import (
	"context"
	"time"

	"purvey"
)

const memberSessionColumns = `e.id, e.member_id, e.ip, e.user_agent, e.created_at, e.last_seen_at`

func scanMemberSession(sc scanner, s *purvey.MemberSession) error {
	return sc.Scan(&s.ID, &s.MemberID, &s.IP, &s.UserAgent, at{&s.CreatedAt}, at{&s.LastSeenAt})
}

// InsertMemberSession writes a person's session, setting its id and times.
func (tx *Tx) InsertMemberSession(ctx context.Context, s *purvey.MemberSession, hash string) error {
	s.ID, s.CreatedAt = tx.NewID(), tx.Now()
	s.LastSeenAt = s.CreatedAt
	_, err := tx.exec(ctx, `INSERT INTO member_session (id, member_id, hash, ip, user_agent, created_at, last_seen_at)
		VALUES ($1, $2, $3, $4, $5, $6, $6)`, s.ID, s.MemberID, hash, s.IP, s.UserAgent, micros(s.CreatedAt))
	if err != nil {
		return err
	}
	return tx.seen(ctx, s.MemberID, s.CreatedAt)
}

// MemberSessionByHash gives a session by the hash of its text, idle ones too.
func (q Queries) MemberSessionByHash(ctx context.Context, hash string) (purvey.MemberSession, error) {
	return one(ctx, q, "session", `SELECT `+memberSessionColumns+` FROM member_session e WHERE e.hash = $1`, []any{hash}, scanMemberSession)
}

// MemberSessions lists a person's sessions that were used since the instant,
// the newest first.
func (q Queries) MemberSessions(ctx context.Context, memberID string, since time.Time) ([]purvey.MemberSession, error) {
	return collect(ctx, q, `SELECT `+memberSessionColumns+` FROM member_session e WHERE e.member_id = $1 AND e.last_seen_at > $2
		ORDER BY e.id DESC`, []any{memberID, micros(since)}, scanMemberSession)
}

// TouchMemberSession records that a session was used.
func (tx *Tx) TouchMemberSession(ctx context.Context, s purvey.MemberSession, used time.Time) error {
	n, err := tx.exec(ctx, `UPDATE member_session SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2`, s.ID, micros(used))
	if err != nil || n == 0 {
		return err
	}
	return tx.seen(ctx, s.MemberID, used)
}

func (tx *Tx) seen(ctx context.Context, memberID string, when time.Time) error {
	_, err := tx.exec(ctx, `UPDATE member SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2`, memberID, micros(when))
	return err
}

// DeleteMemberSession ends one of a person's sessions.
func (tx *Tx) DeleteMemberSession(ctx context.Context, memberID, id string) error {
	n, err := tx.exec(ctx, `DELETE FROM member_session WHERE id = $1 AND member_id = $2`, id, memberID)
	if err == nil && n == 0 {
		return purvey.Missing("session")
	}
	return err
}

// DeleteMemberSessions ends a person's sessions but the one to keep, "" none.
func (tx *Tx) DeleteMemberSessions(ctx context.Context, memberID, keep string) error {
	_, err := tx.exec(ctx, `DELETE FROM member_session WHERE member_id = $1 AND id <> $2`, memberID, keep)
	return err
}

// DeleteIdleMemberSessions removes the sessions that were not used since an
// instant.
func (tx *Tx) DeleteIdleMemberSessions(ctx context.Context, since time.Time) error {
	_, err := tx.exec(ctx, `DELETE FROM member_session WHERE last_seen_at <= $1`, micros(since))
	return err
}
