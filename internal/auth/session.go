package auth

import (
	"context"
	"errors"
	"time"

	"purvey"
	"purvey/internal/store"
)

// Session gives the customer's session of a cookie's text, if it is in force
// in the shop; else purvey.Unauthenticated.
func (s *Service) Session(ctx context.Context, shopID, text string) (purvey.Session, error) {
	if len(text) != 40 {
		return purvey.Session{}, errNoSession
	}
	session, err := s.db.SessionByHash(ctx, shopID, purvey.HashToken(text))
	if errors.Is(err, purvey.NotFound) || err == nil && !s.db.Now().Before(session.ExpiresAt) {
		return purvey.Session{}, errNoSession
	}
	return session, err
}

var errNoSession error = purvey.Errorf(purvey.Unauthenticated, "not signed in")

// SignOut ends the session of a cookie's text. What is none ends nothing.
func (s *Service) SignOut(ctx context.Context, shopID, text string) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error { return tx.DeleteSession(ctx, shopID, purvey.HashToken(text)) })
}

// SessionsOf gives the sessions in force of a customer, the newest first.
func (s *Service) SessionsOf(ctx context.Context, of purvey.Session) ([]purvey.Session, error) {
	return s.db.SessionsOf(ctx, of.ShopID, of.Email, s.db.Now())
}

// SignOutDevice ends one session of the customer in the shop, named by its id.
// One that is not theirs, or has ended, ends nothing.
func (s *Service) SignOutDevice(ctx context.Context, of purvey.Session, id string) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		_, err := tx.DeleteSessionOf(ctx, of.ShopID, of.Email, id)
		return err
	})
}

// SignOutEverywhere ends every session of the customer in the shop.
func (s *Service) SignOutEverywhere(ctx context.Context, of purvey.Session) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error { return tx.DeleteSessionsOf(ctx, of.ShopID, of.Email) })
}

// keepCodes is how long requests to sign in are remembered: the limits count
// over a day.
const keepCodes = 25 * time.Hour

// SweepSessions forgets sessions that ended, of customers and members, and what
// was counted of old requests to sign in. Safe to run again.
func (s *Service) SweepSessions(ctx context.Context) error {
	return s.db.Tx(store.Later(ctx), func(tx *store.Tx) error {
		if _, err := tx.DeleteLoginCodes(ctx, tx.Now().Add(-keepCodes)); err != nil {
			return err
		}
		if _, err := tx.DeleteSessions(ctx, tx.Now()); err != nil {
			return err
		}
		return errors.Join(tx.DeleteIdleMemberSessions(ctx, tx.Now().Add(-purvey.MemberSessionIdle)),
			tx.DeleteExpiredMemberLinks(ctx, tx.Now()), tx.DeleteAttempts(ctx, tx.Now().Add(-keepTries)))
	})
}
