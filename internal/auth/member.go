package auth

import (
	"context"
	"errors"

	"purvey"
	"purvey/internal/store"
)

// setup is the purpose of the owner link's token.
const setup = "owner setup"

// SetupToken is what the owner link carries: whoever holds it may make the
// first owner. It is the same until there is one, and worth nothing then.
func (s *Service) SetupToken() string { return s.keys.Token(setup, []byte("owner")) }

// SetupOpen tells whether the server has no member yet, so that the owner
// link works.
func (s *Service) SetupOpen(ctx context.Context) (bool, error) {
	n, err := s.db.CountMembers(ctx)
	return err == nil && n == 0, err
}

// CheckSetup gives nil for the right token of a server without members, and
// purvey.NotFound for everything else.
func (s *Service) CheckSetup(ctx context.Context, token string) error {
	if payload, ok := s.keys.OpenToken(setup, token); !ok || string(payload) != "owner" {
		return purvey.Missing("page")
	}
	open, err := s.SetupOpen(ctx)
	if err == nil && !open {
		return purvey.Missing("page")
	}
	return err
}

// Setup makes the first owner, by the owner link's token. Of two people with
// the link, one is first and the other's answer is purvey.NotFound.
func (s *Service) Setup(ctx context.Context, token, email, password string) error {
	if err := s.CheckSetup(ctx, token); err != nil {
		return err
	}
	hash, err := s.checkAndHash(ctx, email, password)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.Lock(ctx, "member"); err != nil {
			return err
		}
		if n, err := tx.CountMembers(ctx); err != nil {
			return err
		} else if n > 0 {
			return purvey.Missing("page")
		}
		return insertOwner(ctx, tx, email, hash)
	})
}

// CreateOwner makes an owner of every shop. A member that exists gets the new
// password, which ends their sessions, and becomes one.
func (s *Service) CreateOwner(ctx context.Context, email, password string) error {
	hash, err := s.checkAndHash(ctx, email, password)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.Lock(ctx, "member"); err != nil {
			return err
		}
		return insertOwner(ctx, tx, email, hash)
	})
}

func insertOwner(ctx context.Context, tx *store.Tx, email, hash string) error {
	m, err := tx.MemberByEmail(ctx, email)
	switch {
	case errors.Is(err, purvey.NotFound):
		m = store.Member{Email: email, Password: hash, State: "active"}
		if _, err := tx.InsertMember(ctx, &m); err != nil {
			return err
		}
	case err != nil:
		return err
	default:
		if err := setPassword(ctx, tx, m.ID, hash, ""); err != nil {
			return err
		}
	}
	shops, err := tx.Shops(ctx)
	if err != nil {
		return err
	}
	for _, shop := range shops {
		if err := tx.JoinShop(ctx, m.ID, shop.ID, purvey.Owner); err != nil {
			return err
		}
	}
	return nil
}
