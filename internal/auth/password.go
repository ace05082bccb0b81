package auth

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"purvey"
	"purvey/internal/store"
)

// Bounds of a password, in characters and bytes.
const (
	MinPassword = 10
	maxPassword = 1024
)

// passwordParams are what one hash costs: 19 MiB, two passes. Hashes with
// others are made anew when their owner signs in.
var passwordParams = argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// checkPassword records what is wrong with a new password.
func checkPassword(c *purvey.Checker, field, password string) {
	c.Require(utf8.ValidString(password) && utf8.RuneCountInString(password) >= MinPassword, field, "must have at least %d characters", MinPassword)
	c.Require(len(password) <= maxPassword, field, "must be at most %d bytes", maxPassword)
}

// checkAndHash hashes the password of an address, if both are fit.
func (s *Service) checkAndHash(ctx context.Context, email, password string) (string, error) {
	var c purvey.Checker
	c.Require(purvey.ValidEmail(email), "email", "must be an e-mail address")
	checkPassword(&c, "password", password)
	if err := c.Err(); err != nil {
		return "", err
	}
	return s.hash(ctx, password)
}

// hash hashes with argon2id, two at a time.
func (s *Service) hash(ctx context.Context, password string) (string, error) {
	if err := s.turn(ctx); err != nil {
		return "", err
	}
	defer func() { <-s.hashing }()
	hash, err := argon2id.CreateHash(password, &passwordParams)
	if err != nil {
		return "", fmt.Errorf("hashing a password: %w", err)
	}
	return hash, nil
}

// turn waits until a hash may be made; who takes it gives it back.
func (s *Service) turn(ctx context.Context) error {
	select {
	case s.hashing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hashOfNobody is compared with when an address has no member, so that the
// answer takes as long.
func hashOfNobody() string {
	hash, err := argon2id.CreateHash(purvey.Secret(40), &passwordParams)
	if err != nil {
		panic(err) // only the system's generator could fail, and it does not
	}
	return hash
}

// fits tells whether the password is the one that was hashed, and whether the
// hash is of older parameters. An empty hash fits nothing, after the same time.
func (s *Service) fits(ctx context.Context, password, hash string) (ok, old bool, err error) {
	if len(password) > maxPassword {
		password = ""
	}
	known := hash != ""
	if !known {
		hash = s.nobody()
	}
	if err := s.turn(ctx); err != nil {
		return false, false, err
	}
	defer func() { <-s.hashing }()
	ok, p, err := argon2id.CheckHash(password, hash)
	if err != nil {
		return false, false, fmt.Errorf("comparing a password: %w", err)
	}
	return ok && known, *p != passwordParams, nil
}

// setPassword gives a member a new password, which ends every link to set one
// and all their sessions but the one to keep.
func setPassword(ctx context.Context, tx *store.Tx, memberID, hash, keep string) error {
	if err := tx.SetMemberPassword(ctx, memberID, hash); err != nil {
		return err
	}
	if err := tx.DeleteMemberLinks(ctx, memberID, store.LinkPasswordReset); err != nil {
		return err
	}
	return tx.DeleteMemberSessions(ctx, memberID, keep)
}
