package license_test

import (
	"testing"

	"purvey"
	"purvey/internal/keyring"
	"purvey/internal/license"
	"purvey/internal/shop"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

// A verdict is remembered, and still no answer is older than the last write,
// whichever handle on the database made it.
func TestBDD11_ValidationSeesEveryWriteAtOnce(t *testing.T) {
	t.Parallel()
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			o, ctx := storetest.Options(t, engine), t.Context()
			dbA, dbB := storetest.Open(t, o, nil), storetest.Open(t, o, nil)
			handles := []*store.DB{dbA, dbB}
			services := []*license.Service{license.New(dbA), license.New(dbB)}
			owner, err := shop.New(dbA, keyring.Open(make([]byte, keyring.RootSize))).Create(ctx, "audio", "")
			if err != nil {
				t.Fatal(err)
			}
			scope := purvey.Scope{ShopID: owner.ID, Mode: purvey.Live}
			check := func(step string, want purvey.KeyVerdict) {
				t.Helper()
				for i, s := range services {
					for range 3 { // the first may remember, the others may be remembered
						got, err := s.Validate(ctx, scope, " KEY-1 ")
						if err != nil || got != want {
							t.Fatalf("%s: handle %d gives %+v, %v; want %+v", step, i, got, err, want)
						}
					}
				}
			}
			unrelated := func(i int) {
				t.Helper()
				if err := handles[i].Tx(ctx, func(tx *store.Tx) error {
					_, err := tx.KeepServerValue(ctx, tx.NewID(), "x")
					return err
				}); err != nil {
					t.Fatal(err)
				}
			}
			check("before", purvey.KeyVerdict{})
			for round := range 8 {
				by := round % 2
				added, err := services[by].Add(ctx, scope, license.Batch{Keys: []string{"KEY-1"}, Tag: "pro"})
				if err != nil || len(added.Keys) != 1 {
					t.Fatal(added, err)
				}
				k := added.Keys[0]
				check("added", purvey.KeyVerdict{Valid: true, Tag: "pro"})
				unrelated(round / 2 % 2)
				check("another write", purvey.KeyVerdict{Valid: true, Tag: "pro"})
				if err := handles[by].Tx(ctx, func(tx *store.Tx) error {
					_, err := tx.BindKey(ctx, &k, "order", "#1", "line")
					return err
				}); err != nil {
					t.Fatal(err)
				}
				check("bound", purvey.KeyVerdict{Valid: true, Assigned: true, Tag: "pro", OrderName: "#1", OrderID: "order"})
				unrelated(1 - by)
				if _, err := services[1-by].Release(ctx, scope, k.ID); err != nil {
					t.Fatal(err)
				}
				check("released", purvey.KeyVerdict{Valid: true, Tag: "pro"})
				if err := services[by].Delete(ctx, scope, k.ID); err != nil {
					t.Fatal(err)
				}
				check("deleted", purvey.KeyVerdict{})
			}
		})
	}
}

// Whoever has been answered that a key is bound finds it bound, with any
// number of others asking all the while.
func TestBDD11_ValidationAmongWriters(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		s, ctx := license.New(db), t.Context()
		scope := purvey.Scope{ShopID: db.NewID(), Mode: purvey.Live}
		added, err := s.Add(ctx, scope, license.Batch{Keys: []string{"KEY-1"}})
		if err != nil {
			t.Fatal(err)
		}
		k := added.Keys[0]
		done := make(chan struct{})
		failed := make(chan error, 4)
		for range 4 {
			go func() {
				for {
					select {
					case <-done:
						failed <- nil
						return
					default:
					}
					if _, err := s.Validate(ctx, scope, "KEY-1"); err != nil {
						failed <- err
						return
					}
				}
			}()
		}
		for range 100 {
			for _, bound := range []bool{true, false} {
				if err := db.Tx(ctx, func(tx *store.Tx) error {
					if bound {
						_, err := tx.BindKey(ctx, &k, "order", "#1", "line")
						return err
					}
					return tx.ReleaseKey(ctx, &k)
				}); err != nil {
					t.Fatal(err)
				}
				if v, err := s.Validate(ctx, scope, "KEY-1"); err != nil || v.Assigned != bound {
					t.Errorf("bound %v: %+v %v", bound, v, err)
				}
			}
		}
		close(done)
		for range 4 {
			if err := <-failed; err != nil {
				t.Error(err)
			}
		}
	})
}
