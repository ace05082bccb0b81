package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

func TestFailedFunctionIsUndoneAlone(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		ctx := context.Background()
		refused := errors.New("refused")
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				err := db.Tx(ctx, func(tx *store.Tx) error {
					if _, err := tx.NextNumber(ctx, "shop", "n", 0); err != nil {
						return err
					}
					if i%2 == 1 {
						return refused
					}
					return nil
				})
				if i%2 == 1 && !errors.Is(err, refused) || i%2 == 0 && err != nil {
					t.Errorf("function %d: %v", i, err)
				}
			}()
		}
		wg.Wait()
		var next int64
		if err := db.Tx(ctx, func(tx *store.Tx) (err error) {
			next, err = tx.NextNumber(ctx, "shop", "n", 0)
			return err
		}); err != nil || next != 21 {
			t.Fatalf("after 20 of 40 functions the counter gives %d (%v), want 21", next, err)
		}
	})
}

func TestPanicReachesTheCallerAndHarmsNobody(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		ctx := context.Background()
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_ = db.Tx(ctx, func(*store.Tx) error { panic("boom") })
		}()
		if err := db.Tx(ctx, func(tx *store.Tx) error { _, err := tx.NextNumber(ctx, "s", "n", 0); return err }); err != nil {
			t.Fatal(err)
		}
	})
}
