package idempotency_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"purvey"
	"purvey/internal/idempotency"
	"purvey/internal/keyring"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

func keys() *keyring.Keyring { return keyring.Open(make([]byte, keyring.RootSize)) }

// counting gives an fn that adds one to a counter in the transaction and
// answers with its value.
func counting(db *store.DB) func(context.Context) (int, []byte, error) {
	return func(ctx context.Context) (int, []byte, error) {
		var n int64
		err := db.Tx(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.NextNumber(ctx, "shop", "effects", 0)
			return err
		})
		return 201, fmt.Appendf(nil, `{"n":%d}`, n), err
	}
}

// effects tells how often the effect came about.
func effects(t *testing.T, db *store.DB) int64 {
	t.Helper()
	var n int64
	if err := db.Tx(t.Context(), func(tx *store.Tx) (err error) {
		n, err = tx.NextNumber(t.Context(), "shop", "effects", 0)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n - 1
}

func TestAnswerIsKeptAndGivenAgain(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		s, ctx := idempotency.New(db, keys()), t.Context()
		for i := range 3 {
			status, body, replayed, err := s.Do(ctx, "scope", "key", "print", counting(db))
			if err != nil || status != 201 || string(body) != `{"n":1}` || replayed != (i > 0) {
				t.Fatalf("call %d: %d %s %v %v", i, status, body, replayed, err)
			}
		}
		// Another scope is another call; another request under the key is refused.
		if _, body, replayed, err := s.Do(ctx, "other", "key", "print", counting(db)); err != nil || replayed || string(body) != `{"n":2}` {
			t.Errorf("other scope: %s %v %v", body, replayed, err)
		}
		_, _, _, err := s.Do(ctx, "scope", "key", "another", counting(db))
		if !errors.Is(err, purvey.Conflict) || purvey.ReasonOf(err) != purvey.ReasonIdempotency {
			t.Errorf("other request: %v", err)
		}
		if n := effects(t, db); n != 2 {
			t.Errorf("%d effects, want 2", n)
		}
	})
}

func TestConcurrentDuplicatesHaveOneEffect(t *testing.T) {
	t.Parallel()
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			o := storetest.Options(t, engine)
			nodes := []*store.DB{storetest.Open(t, o, nil), storetest.Open(t, o, nil)}
			const calls = 100
			bodies, first := make([][]byte, calls), make([]bool, calls)
			var wg sync.WaitGroup
			for i := range calls {
				wg.Go(func() {
					db := nodes[i%len(nodes)]
					status, body, replayed, err := idempotency.New(db, keys()).Do(t.Context(), "scope", "key", "print", counting(db))
					if err != nil || status != 201 {
						t.Errorf("%d %v", status, err)
					}
					bodies[i], first[i] = body, !replayed
				})
			}
			wg.Wait()
			ran := 0
			for i := range calls {
				if !bytes.Equal(bodies[i], bodies[0]) {
					t.Fatalf("answers differ: %s, %s", bodies[i], bodies[0])
				}
				if first[i] {
					ran++
				}
			}
			if n := effects(t, nodes[0]); n != 1 || ran != 1 {
				t.Errorf("%d effects, %d first answers", n, ran)
			}
		})
	}
}

func TestFailureKeepsNothing(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		s, ctx := idempotency.New(db, keys()), t.Context()
		refused := purvey.Errorf(purvey.NotFound, "no such order")
		_, _, _, err := s.Do(ctx, "scope", "key", "print", func(ctx context.Context) (int, []byte, error) {
			if _, _, err := counting(db)(ctx); err != nil {
				t.Error(err)
			}
			return 0, nil, refused
		})
		if !errors.Is(err, refused) {
			t.Fatal(err)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_, _, _, _ = s.Do(ctx, "scope", "key", "print", func(ctx context.Context) (int, []byte, error) {
				_, _, _ = counting(db)(ctx)
				panic("the process dies here")
			})
		}()
		// The same key, even with another request, now works.
		if _, body, replayed, err := s.Do(ctx, "scope", "key", "changed", counting(db)); err != nil || replayed || string(body) != `{"n":1}` {
			t.Errorf("%s %v %v", body, replayed, err)
		}
	})
}

func TestAnswerOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			o := storetest.Options(t, engine)
			db := storetest.Open(t, o, nil)
			_, want, _, err := idempotency.New(db, keys()).Do(t.Context(), "scope", "key", "print", counting(db))
			if err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			db = storetest.Open(t, o, nil)
			status, got, replayed, err := idempotency.New(db, keys()).Do(t.Context(), "scope", "key", "print", counting(db))
			if err != nil || status != 201 || !replayed || !bytes.Equal(got, want) {
				t.Errorf("%d %s %v %v", status, got, replayed, err)
			}
		})
	}
}

func TestAnswersAreSealed(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		const secret = "whsec_shown_once"
		s := idempotency.New(db, keys())
		if _, _, _, err := s.Do(t.Context(), "scope", "key", "print", func(context.Context) (int, []byte, error) {
			return 201, []byte(secret), nil
		}); err != nil {
			t.Fatal(err)
		}
		a, err := db.Answer(t.Context(), "scope", "key")
		if err != nil || strings.Contains(a.Body, secret) {
			t.Errorf("%+v %v", a, err)
		}
	})
}

func TestBadKeys(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		s := idempotency.New(db, keys())
		for _, key := range []string{"", strings.Repeat("é", 256), "\xff"} {
			if _, _, _, err := s.Do(t.Context(), "scope", key, "print", counting(db)); !errors.Is(err, purvey.Invalid) {
				t.Errorf("%d bytes: %v", len(key), err)
			}
		}
		if _, _, _, err := s.Do(t.Context(), "scope", strings.Repeat("é", 255), "print", counting(db)); err != nil {
			t.Error(err)
		}
	})
}

func TestSweepForgetsOnlyTheOld(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s, ctx := idempotency.New(db, keys()), t.Context()
		if err := db.Tx(ctx, func(tx *store.Tx) error {
			for i := range 1500 {
				if err := tx.KeepAnswer(ctx, "old", fmt.Sprint(i), store.Answer{Fingerprint: "f", Status: 200}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		clock.Advance(time.Hour)
		if _, _, _, err := s.Do(ctx, "scope", "key", "print", counting(db)); err != nil {
			t.Fatal(err)
		}
		clock.Advance(23*time.Hour + time.Second)
		for i, want := range []int64{1500, 0} {
			if n, err := s.Sweep(ctx); err != nil || n != want {
				t.Errorf("sweep %d: %d %v", i, n, err)
			}
		}
		if _, _, replayed, err := s.Do(ctx, "scope", "key", "print", counting(db)); err != nil || !replayed {
			t.Errorf("a young answer was swept: %v %v", replayed, err)
		}
	})
}
