// Package idempotency lets a client repeat a call without repeating its
// effect: the answer to a call with an Idempotency-Key is kept in the very
// transaction that has the effect, and given again to every later call with
// the same key and the same request.
package idempotency

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"purvey"
	"purvey/internal/keyring"
	"purvey/internal/store"
)

// MaxKey is the longest key, in characters.
const MaxKey = 255

// Kept is how long an answer is kept at least.
const Kept = 24 * time.Hour

// purpose seals the answers: some hold a secret that is shown once.
const purpose = "kept answer"

// Service keeps answers. It may be used by several goroutines.
type Service struct {
	db   *store.DB
	keys *keyring.Keyring
}

// New makes the service.
func New(db *store.DB, keys *keyring.Keyring) *Service { return &Service{db: db, keys: keys} }

// Do runs fn inside one transaction, which its ctx carries, and keeps what it
// answers there, by the key within the scope. A call that finds an answer is
// given it, with replayed true, and fn does not run. Calls with one key at
// the same time wait for each other. A key that was used for a request with
// another fingerprint is purvey.Conflict with ReasonIdempotency; a key of more
// than MaxKey characters, or an empty one, is purvey.Invalid. When fn fails
// nothing is kept and nothing it wrote stays.
//
// fn may be run more than once and must not wait for anything but the
// database, as for [store.DB.Tx].
func (s *Service) Do(ctx context.Context, scope, key, fingerprint string,
	fn func(ctx context.Context) (status int, body []byte, err error),
) (status int, body []byte, replayed bool, err error) {
	if n := utf8.RuneCountInString(key); n == 0 || n > MaxKey || !utf8.ValidString(key) {
		return 0, nil, false, purvey.BadField("Idempotency-Key", "must have 1 to %d characters", MaxKey)
	}
	// Most repeats come long after the first call, and need no transaction.
	if status, body, err = s.kept(ctx, s.db.Queries, scope, key, fingerprint); !errors.Is(err, purvey.NotFound) {
		return status, body, err == nil, err
	}
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.Lock(ctx, "idempotency "+scope+" "+key); err != nil {
			return err
		}
		var err error
		if status, body, err = s.kept(ctx, tx.Queries, scope, key, fingerprint); !errors.Is(err, purvey.NotFound) {
			replayed = err == nil
			return err
		}
		replayed = false
		if status, body, err = fn(tx.With(ctx)); err != nil {
			return err
		}
		return tx.KeepAnswer(ctx, scope, key, store.Answer{
			Fingerprint: fingerprint, Status: status, Body: s.keys.Seal(purpose, string(body)),
		})
	})
	if err != nil {
		return 0, nil, false, err
	}
	return status, body, replayed, nil
}

func (s *Service) kept(ctx context.Context, q store.Queries, scope, key, fingerprint string) (int, []byte, error) {
	a, err := q.Answer(ctx, scope, key)
	if err != nil {
		return 0, nil, err
	}
	if a.Fingerprint != fingerprint {
		return 0, nil, purvey.Because(purvey.Conflict, purvey.ReasonIdempotency, "this Idempotency-Key was used for another request")
	}
	body, err := s.keys.Unseal(purpose, a.Body)
	if err != nil {
		return 0, nil, fmt.Errorf("a kept answer: %w", err)
	}
	return a.Status, []byte(body), nil
}

// sweepBatch bounds how many answers one transaction forgets.
const sweepBatch = 1000

// Sweep forgets the answers that were kept for more than 24 hours and says how
// many. Running it twice does no harm.
func (s *Service) Sweep(ctx context.Context) (int64, error) {
	ctx = store.Later(ctx)
	before := s.db.Now().Add(-Kept)
	var total int64
	for {
		var n int64
		err := s.db.Tx(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.DropAnswers(ctx, before, sweepBatch)
			return err
		})
		total += n
		if err != nil || n < sweepBatch {
			return total, err
		}
	}
}
