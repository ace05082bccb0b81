package order_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"purvey"
	"purvey/internal/order"
	"purvey/internal/store"
)

// An event is kept once, worked on again when that may help, and forgotten
// long after it was done.
func TestStoreEventsAreKeptOnceAndSwept(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := context.Background()
		body := purvey.StoreEvent{Source: purvey.SourceShopify, Topic: "orders/paid", Body: []byte(`{"id":1}`)}
		for range 3 {
			if err := w.orders.Receive(ctx, w.scope, body); err != nil {
				t.Fatal(err)
			}
		}
		list := func() []purvey.StoreEvent {
			t.Helper()
			l, err := w.orders.StoreEvents(ctx, w.scope, order.NewsFilter{}, purvey.Page{Limit: 10})
			if err != nil {
				t.Fatal(err)
			}
			return l.Items
		}
		if got := list(); len(got) != 1 || got[0].State != purvey.StoreEventReceived || string(got[0].Body) != `{"id":1}` {
			t.Fatalf("%+v", got)
		}
		id := list()[0].ID
		broken := errors.New("the database went away")
		err := w.orders.TakeStoreEvent(ctx, id, func(purvey.StoreEvent) (order.News, error) { return order.News{}, broken })
		if !errors.Is(err, broken) || list()[0].State != purvey.StoreEventReceived {
			t.Errorf("what may go better next time: %v %+v", err, list())
		}
		for _, news := range []order.News{{}, {Keys: []string{"b", "a", "a"}, RefundedCents: 100}} {
			for range 2 {
				if err := w.orders.TakeStoreEvent(ctx, id, func(purvey.StoreEvent) (order.News, error) { return news, nil }); err != nil {
					t.Fatal(err)
				}
			}
			if got := list()[0]; got.State != purvey.StoreEventDone || got.OrderID != "" {
				t.Errorf("%+v", got)
			}
		}
		w.clock.Advance(91 * 24 * time.Hour)
		for range 2 {
			if err := w.orders.SweepStoreEvents(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if got := list(); len(got) != 0 {
			t.Errorf("%+v", got)
		}
		// A job whose event was swept has nothing to do.
		if err := w.orders.TakeStoreEvent(ctx, id, nil); err != nil {
			t.Error(err)
		}
	})
}

// Two purchases that turn out to be one are joined, and make one order.
func TestPurchasesAreJoined(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := context.Background()
		p := w.product()
		take := func(body string, n order.News) purvey.StoreEvent {
			t.Helper()
			if err := w.orders.Receive(ctx, w.scope, purvey.StoreEvent{Source: purvey.SourceStripe, Body: []byte(body)}); err != nil {
				t.Fatal(err)
			}
			l, err := w.orders.StoreEvents(ctx, w.scope, order.NewsFilter{}, purvey.Page{Limit: 1})
			if err != nil {
				t.Fatal(err)
			}
			if err := w.orders.TakeStoreEvent(ctx, l.Items[0].ID, func(purvey.StoreEvent) (order.News, error) { return n, nil }); err != nil {
				t.Fatal(err)
			}
			e, err := w.orders.StoreEvent(ctx, w.scope, l.Items[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		tell := &order.Telling{
			Kind: "invoice", Request: order.Request{Source: purvey.SourceStripe, Customer: purvey.Customer{Email: "ana@example.com"}, NeedEmail: true},
			Lines: []order.StoreLine{{ID: "0", Product: p.Slug, Quantity: 1}},
		}
		take(`1`, order.News{Keys: []string{"in_1"}, Tells: tell})
		take(`2`, order.News{Keys: []string{"pi_1"}, Paid: true})
		if e := take(`3`, order.News{Keys: []string{"in_1", "pi_1", "cs_1"}}); e.OrderID == "" || e.State != purvey.StoreEventDone {
			t.Fatalf("%+v", e)
		}
		take(`4`, order.News{Keys: []string{"cs_1"}, Tells: tell, Paid: true})
		l, err := w.orders.Orders(ctx, w.scope, order.Filter{}, purvey.Page{Limit: 10})
		if err != nil || len(l.Items) != 1 {
			t.Errorf("%d orders, %v", len(l.Items), err)
		}
		events, err := w.orders.StoreEvents(ctx, w.scope, order.NewsFilter{State: string(purvey.StoreEventDone)}, purvey.Page{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events.Items {
			if e.OrderID != l.Items[0].ID || e.SaleID != events.Items[0].SaleID {
				t.Errorf("%+v", e)
			}
		}
	})
}

// Mappings name products of the shop, and nobody else takes them away.
func TestMappingsBelongToTheShop(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx, p := context.Background(), w.product()
		m, err := w.orders.CreateMapping(ctx, w.scope.ShopID, purvey.Mapping{Source: purvey.SourceStripe, ExternalKey: "price_1", ProductID: p.ID})
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []purvey.Mapping{
			{Source: purvey.SourceNative, ExternalKey: "x", ProductID: p.ID}, {Source: purvey.SourceStripe, ProductID: p.ID}, {Source: purvey.SourceStripe, ExternalKey: "x"},
		} {
			if _, err := w.orders.CreateMapping(ctx, w.scope.ShopID, bad); !errors.Is(err, purvey.Invalid) {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		if _, err := w.orders.CreateMapping(ctx, w.scope.ShopID, m); !errors.Is(err, purvey.Conflict) {
			t.Error(err)
		}
		other := purvey.Shop{Slug: "other", State: purvey.ShopActive, Settings: purvey.DefaultSettings("other")}
		w.tx(func(tx *store.Tx) error { _, err := tx.InsertShop(ctx, &other); return err })
		if _, err := w.orders.CreateMapping(ctx, other.ID, m); !errors.Is(err, purvey.NotFound) {
			t.Errorf("a product of another shop: %v", err)
		}
		if err := w.orders.DeleteMapping(ctx, other.ID, m.ID); !errors.Is(err, purvey.NotFound) {
			t.Error(err)
		}
		if err := w.orders.DeleteMapping(ctx, w.scope.ShopID, m.ID); err != nil {
			t.Error(err)
		}
	})
}
