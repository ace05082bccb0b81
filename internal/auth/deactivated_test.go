package auth_test

import (
	"errors"
	"testing"

	"purvey"
	"purvey/internal/order"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

// A code that was mailed before its customer was deactivated signs nobody in,
// and none is mailed afterwards.
func TestADeactivatedCustomerDoesNotSignIn(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		l, ctx := newLibrary(t, db, clock), t.Context()
		scope := purvey.Scope{ShopID: l.shop.ID, Mode: purvey.Live}
		c, err := db.CustomerByEmail(ctx, scope, customer)
		if err != nil {
			t.Fatal(err)
		}
		challenge, err := l.ask(customer, "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		code := l.codes()[0]
		orders := order.New(db, order.Options{PageURL: func(purvey.Shop, purvey.Order) string { return "" }})
		for range 2 {
			if err := orders.DeactivateCustomer(ctx, scope, c.ID, true); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := l.auth.EnterCode(ctx, l.shop.ID, challenge, code, ""); !errors.Is(err, purvey.Unauthenticated) {
			t.Error(err)
		}
		if _, err := l.ask(customer, "192.0.2.1"); err != nil || len(l.codes()) != 1 {
			t.Error(err, len(l.codes()))
		}
		if err := orders.DeactivateCustomer(ctx, purvey.Scope{ShopID: l.shop.ID, Mode: purvey.Sandbox}, c.ID, false); !errors.Is(err, purvey.NotFound) {
			t.Error("from the other mode:", err)
		}
		if err := orders.DeactivateCustomer(ctx, scope, c.ID, false); err != nil {
			t.Fatal(err)
		}
		if challenge, err = l.ask(customer, "192.0.2.1"); err != nil {
			t.Fatal(err)
		}
		if _, err := l.auth.EnterCode(ctx, l.shop.ID, challenge, l.codes()[0], ""); err != nil {
			t.Error(err)
		}
	})
}
