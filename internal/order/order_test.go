package order_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"purvey"
	"purvey/internal/license"
	"purvey/internal/order"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

// world is one shop with a product, and the services that sell it.
type world struct {
	t        *testing.T
	db       *store.DB
	clock    *storetest.Clock
	scope    purvey.Scope
	orders   *order.Service
	licenses *license.Service
	slug     int
}

func each(t *testing.T, test func(w *world)) {
	t.Helper()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		w := &world{t: t, db: db, clock: clock, licenses: license.New(db)}
		w.orders = order.New(db, order.Options{PageURL: func(_ purvey.Shop, o purvey.Order) string {
			return fmt.Sprintf("http://shop.example/d/%s.%d", o.ID, o.LinkEpoch)
		}})
		shop := purvey.Shop{Slug: "default", Name: "Default", State: purvey.ShopActive, Settings: purvey.DefaultSettings("default")}
		w.tx(func(tx *store.Tx) error { _, err := tx.InsertShop(context.Background(), &shop); return err })
		w.scope = purvey.Scope{ShopID: shop.ID, Mode: purvey.Live}
		test(w)
	})
}

func (w *world) tx(fn func(tx *store.Tx) error) {
	w.t.Helper()
	if err := w.db.Tx(context.Background(), fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) file(name string) purvey.File {
	f := purvey.File{ShopID: w.scope.ShopID, Name: name, Size: 4, Type: "text/plain", Digest: "00", Uploaded: true}
	w.tx(func(tx *store.Tx) error { return tx.InsertFile(context.Background(), &f) })
	return f
}

// product adds a product with one file, changed by the functions.
func (w *world) product(change ...func(p *purvey.Product)) purvey.Product {
	w.slug++
	p := purvey.Product{
		ShopID: w.scope.ShopID, AssetID: int64(w.slug), Slug: fmt.Sprintf("p%d", w.slug), Kind: purvey.KindContent, Name: "Drums",
		Delivering: purvey.Regular, Access: purvey.AccessFile, PriceCents: 1250, Currency: "USD", World: true, MinQuantity: 1, Available: true,
	}
	for _, c := range change {
		c(&p)
	}
	f := w.file("drums.zip")
	w.tx(func(tx *store.Tx) error {
		ctx := context.Background()
		if err := tx.InsertProduct(ctx, &p); err != nil {
			return err
		}
		v := purvey.Version{ShopID: p.ShopID, ProductID: p.ID, Version: "1.0.0", State: purvey.VersionReady, Files: []purvey.File{f}}
		if err := tx.InsertVersion(ctx, &v); err != nil {
			return err
		}
		p.ActiveVersionID = v.ID
		_, err := tx.LockProduct(ctx, p.ShopID, p.ID)
		if err != nil {
			return err
		}
		return tx.UpdateProduct(ctx, &p)
	})
	return p
}

func (w *world) place(p purvey.Product, change ...func(r *order.Request)) purvey.Order {
	w.t.Helper()
	o, err := w.tryPlace(p, change...)
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

func (w *world) tryPlace(p purvey.Product, change ...func(r *order.Request)) (purvey.Order, error) {
	r := order.Request{
		Customer: purvey.Customer{Email: "ana@example.com", Firstname: "Ana"}, NeedEmail: true, SendEmail: true,
		Lines: []order.LineRequest{{ProductID: p.ID, Quantity: 1}},
	}
	for _, c := range change {
		c(&r)
	}
	return w.orders.Place(context.Background(), w.scope, r)
}

func (w *world) keys(tag string, texts ...string) {
	w.t.Helper()
	if _, err := w.licenses.Add(context.Background(), w.scope, license.Batch{Keys: texts, Tag: tag}); err != nil {
		w.t.Fatal(err)
	}
}

// told counts the events of a type on an order.
func (w *world) told(o purvey.Order, t purvey.EventType) int {
	w.t.Helper()
	events, err := w.db.EventsOfOrder(context.Background(), w.scope, o.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	n := 0
	for _, e := range events {
		if e.Type == t {
			n++
		}
	}
	return n
}

func (w *world) mails(o purvey.Order, kind purvey.MessageKind) int {
	w.t.Helper()
	all, err := w.db.Messages(context.Background(), w.scope, store.MessageFilter{OrderID: o.ID, Kind: string(kind)}, purvey.Page{Limit: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	return len(all.Items)
}

func (w *world) fresh(o purvey.Order) purvey.Order {
	w.t.Helper()
	got, err := w.orders.Order(context.Background(), w.scope, o.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

func (w *world) want(o purvey.Order, status purvey.LineStatus, purchased, delivered, mails int) {
	w.t.Helper()
	o = w.fresh(o)
	if o.Lines[0].Status != status {
		w.t.Errorf("the line is %s, want %s", o.Lines[0].Status, status)
	}
	if p, d, m := w.told(o, purvey.EventOrderPurchased), w.told(o, purvey.EventOrderDelivered), w.mails(o, purvey.MailDelivery); p != purchased || d != delivered || m != mails {
		w.t.Errorf("purchased, delivered, mails = %d, %d, %d, want %d, %d, %d", p, d, m, purchased, delivered, mails)
	}
}

// BDD-31
func TestBDD31_PaidOrderIsDeliveredAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		o := w.place(w.product())
		if o.Number != 1001 || o.Name != "#1001" || o.TotalCents != 1250 || o.Currency != "USD" {
			t.Errorf("the order is %d %q %d %s", o.Number, o.Name, o.TotalCents, o.Currency)
		}
		w.want(o, purvey.LineActive, 1, 1, 1)
		if next := w.place(w.product()); next.Name != "#1002" {
			t.Errorf("the next order is %s", next.Name)
		}
	})
}

// BDD-31
func TestBDD31_UnpaidAndRiskyOrdersWait(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := context.Background()
		unpaid := w.place(w.product(), func(r *order.Request) { r.Financial = purvey.Pending })
		w.want(unpaid, purvey.LineUnpaid, 0, 0, 0)
		paid := purvey.Paid
		for range 2 {
			if _, err := w.orders.Patch(ctx, w.scope, unpaid.ID, order.Patch{Financial: &paid}); err != nil {
				t.Fatal(err)
			}
		}
		w.want(unpaid, purvey.LineActive, 1, 1, 1)

		risky := w.place(w.product(), func(r *order.Request) { r.Risk = purvey.RiskHigh })
		w.want(risky, purvey.LineProcessing, 1, 0, 0)
		low := purvey.RiskLow
		if _, err := w.orders.Patch(ctx, w.scope, risky.ID, order.Patch{Risk: &low}); err != nil {
			t.Fatal(err)
		}
		w.want(risky, purvey.LineActive, 1, 1, 1)
		back := purvey.Pending
		if _, err := w.orders.Patch(ctx, w.scope, risky.ID, order.Patch{Financial: &back}); !errors.Is(err, purvey.Conflict) {
			t.Errorf("a paid order goes back to pending: %v", err)
		}
	})
}

// BDD-32
func TestBDD32_UniqueWaitsForFiles(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := context.Background()
		o := w.place(w.product(func(p *purvey.Product) { p.Delivering = purvey.Unique }))
		w.want(o, purvey.LineProcessing, 1, 0, 0)
		f := w.file("yours.pdf")
		got, err := w.orders.AssignFiles(ctx, w.scope, o.ID, o.Lines[0].ID, []string{f.ID, f.ID}, true)
		if err != nil || len(got.Lines[0].Files) != 1 {
			t.Fatalf("assigning files: %v, %d files", err, len(got.Lines[0].Files))
		}
		w.want(o, purvey.LineActive, 1, 1, 1)
		if _, err := w.orders.AssignFiles(ctx, w.scope, o.ID, o.Lines[0].ID, nil, false); err != nil {
			t.Fatal(err)
		}
		w.want(o, purvey.LineProcessing, 1, 1, 1)
		if _, err := w.orders.AssignFiles(ctx, w.scope, o.ID, o.Lines[0].ID, nil, true); !errors.Is(err, purvey.Invalid) {
			t.Errorf("a mail without files: %v", err)
		}
		if _, err := w.orders.AssignFiles(ctx, w.scope, o.ID, o.Lines[0].ID, []string{"66a1f0c2b7d94e3f8a105d11"}, false); !errors.Is(err, purvey.NotFound) {
			t.Errorf("an unknown file: %v", err)
		}
	})
}

// BDD-33
func TestBDD33_ScheduledWaitsForItsDate(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		p := w.product(func(p *purvey.Product) {
			p.Delivering, p.ScheduledAt = purvey.Scheduled, storetest.NewClock().Now().Add(48*time.Hour)
		})
		early := w.place(p)
		w.want(early, purvey.LineProcessing, 1, 0, 0)
		w.clock.Advance(48 * time.Hour)
		for range 2 {
			if err := w.orders.ReleaseProduct(context.Background(), p.ID); err != nil {
				t.Fatal(err)
			}
		}
		w.want(early, purvey.LineActive, 1, 1, 1)
		w.want(w.place(p), purvey.LineActive, 1, 1, 1)
	})
}

func withKeys(tag string) func(p *purvey.Product) {
	return func(p *purvey.Product) {
		p.Access, p.KeyMode, p.KeyTag = purvey.AccessKey, purvey.KeysFromPool, tag
	}
}

// BDD-35
func TestBDD35_TwoHundredBuyersShareOneHundredAndFiftyKeys(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		p := w.product(withKeys("pro"))
		var texts []string
		for i := range 150 {
			texts = append(texts, fmt.Sprintf("KEY-%03d", i))
		}
		w.keys("pro", texts...)
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				if _, err := w.tryPlace(p, func(r *order.Request) { r.Customer.Email = fmt.Sprintf("b%d@example.com", i) }); err != nil {
					t.Errorf("order %d: %v", i, err)
				}
			}()
		}
		wg.Wait()
		held, waiting := w.holders()
		if len(held) != 150 || waiting != 50 {
			t.Fatalf("%d keys held by distinct lines, %d lines waiting; want 150 and 50", len(held), waiting)
		}
		w.keys("pro", "LATE-1", "LATE-2", "LATE-3")
		for range 2 {
			if err := w.orders.ServeWaiting(context.Background(), w.scope, "pro"); err != nil {
				t.Fatal(err)
			}
		}
		if held, waiting = w.holders(); len(held) != 153 || waiting != 47 {
			t.Errorf("after restocking %d keys are held and %d lines wait; want 153 and 47", len(held), waiting)
		}
	})
}

// holders gives which line holds each key, and how many lines wait.
func (w *world) holders() (held map[string]string, waiting int) {
	w.t.Helper()
	held = map[string]string{}
	for after := ""; ; {
		page, err := w.orders.Orders(context.Background(), w.scope, store.OrderFilter{}, purvey.Page{Limit: 100, AfterID: after})
		if err != nil {
			w.t.Fatal(err)
		}
		for _, o := range page.Items {
			after = o.ID
			for _, l := range o.Lines {
				waiting += l.KeysOwed
				for _, k := range l.Keys {
					if held[k.Key] != "" {
						w.t.Errorf("key %s is held twice", k.Key)
					}
					held[k.Key] = l.ID
				}
			}
		}
		if !page.HasMore {
			return held, waiting
		}
	}
}

// BDD-36
func TestBDD36_OutOfStockServedInOrderOfPayment(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		p := w.product(withKeys(""))
		first := w.place(p)
		w.clock.Advance(time.Second)
		second := w.place(p)
		w.want(first, purvey.LineProcessing, 1, 0, 0)
		if w.mails(first, purvey.MailKeyFollows) != 1 {
			t.Error("the buyer was not told that the key follows")
		}
		w.keys("", "ONLY-ONE")
		if err := w.orders.ServeWaiting(context.Background(), w.scope, ""); err != nil {
			t.Fatal(err)
		}
		w.want(first, purvey.LineActive, 1, 1, 1)
		w.want(second, purvey.LineProcessing, 1, 0, 0)
	})
}

func TestRefundedUnitsLoseTheirKeys(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := context.Background()
		w.keys("", "K-1", "K-2", "K-3")
		o := w.place(w.product(withKeys("")), func(r *order.Request) { r.Lines[0].Quantity = 3 })
		line := o.Lines[0].ID
		if _, err := w.orders.Refund(ctx, w.scope, o.ID, []order.RefundLine{{LineID: line, Quantity: 4}}); !errors.Is(err, purvey.Invalid) {
			t.Errorf("more than was bought: %v", err)
		}
		got, err := w.orders.Refund(ctx, w.scope, o.ID, []order.RefundLine{{LineID: line, Quantity: 1}})
		if err != nil || got.Financial != purvey.PartiallyRefunded || len(got.Lines[0].Keys) != 2 || got.Lines[0].Status != purvey.LineActive {
			t.Fatalf("one of three: %v, %s, %d keys, %s", err, got.Financial, len(got.Lines[0].Keys), got.Lines[0].Status)
		}
		refunded := purvey.Refunded
		got, err = w.orders.Patch(ctx, w.scope, o.ID, order.Patch{Financial: &refunded})
		if err != nil || got.Lines[0].Status != purvey.LineRefunded || len(got.Lines[0].Keys) != 0 {
			t.Fatalf("all of them: %v, %s, %d keys", err, got.Lines[0].Status, len(got.Lines[0].Keys))
		}
		if n := w.told(o, purvey.EventOrderRefunded); n != 2 {
			t.Errorf("order.refunded was told %d times, want 2", n)
		}
		if v, err := w.licenses.Validate(ctx, w.scope, " K-1 "); err != nil || !v.Valid || !v.Assigned {
			t.Errorf("a burnt key validates as %+v, %v; only assignment decides", v, err)
		}
	})
}

// BDD-13
func TestBDD13_AssignIsWonOnce(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := context.Background()
		w.keys("a", "SINGLE")
		k, err := w.db.LicenseKeyByText(ctx, w.scope, "SINGLE")
		if err != nil {
			t.Fatal(err)
		}
		o := w.place(w.product())
		results := make(chan error, 8)
		for range 8 {
			go func() {
				_, err := w.orders.AssignKey(ctx, w.scope, k.ID, "1001", true)
				results <- err
			}()
		}
		won := 0
		for range 8 {
			switch err := <-results; {
			case err == nil:
				won++
			case !errors.Is(err, purvey.Conflict):
				t.Errorf("a lost race gives %v, want a conflict", err)
			}
		}
		if won != 1 {
			t.Errorf("%d of 8 won the key", won)
		}
		w.want(o, purvey.LineActive, 1, 2, 2)
		if _, err := w.licenses.Release(ctx, w.scope, k.ID); err != nil {
			t.Fatal(err)
		}
		if got := w.fresh(o); len(got.Lines[0].Keys) != 0 {
			t.Error("an unassigned key is still on the line")
		}
	})
}

// BDD-08
func TestBDD08_ResendToANewAddressKillsOldLinks(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := context.Background()
		p := w.product()
		o, other := w.place(p), w.place(p)
		address := "new@example.org"
		got, err := w.orders.Resend(ctx, w.scope, o.ID, &address)
		if err != nil || got.Customer.Email != address || got.LinkEpoch == o.LinkEpoch {
			t.Fatalf("resend: %v, %q, epoch %d", err, got.Customer.Email, got.LinkEpoch)
		}
		if w.fresh(other).Customer.Email != "ana@example.com" {
			t.Error("another order's address changed")
		}
		bad := "nobody"
		if _, err := w.orders.Resend(ctx, w.scope, o.ID, &bad); !errors.Is(err, purvey.Invalid) || w.fresh(o).Customer.Email != address {
			t.Errorf("a bad address: %v", err)
		}
		w.want(o, purvey.LineActive, 1, 2, 2)
	})
}

func TestNamesNumbersAndReferencesAreUnique(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		p := w.product()
		w.place(p, func(r *order.Request) { r.Number = 1002 })
		w.place(p)
		if o := w.place(p); o.Number != 1003 {
			t.Errorf("the free number after 1001 and a taken 1002 is %d", o.Number)
		}
		w.place(p, func(r *order.Request) { r.Name, r.ExternalReference = "WEB-1", "ref" })
		for what, change := range map[string]func(r *order.Request){
			"number":    func(r *order.Request) { r.Number = 1002 },
			"name":      func(r *order.Request) { r.Name = "web-1" },
			"reference": func(r *order.Request) { r.ExternalReference = "ref" },
		} {
			if _, err := w.tryPlace(p, change); !errors.Is(err, purvey.Conflict) {
				t.Errorf("a second order with the same %s: %v", what, err)
			}
		}
	})
}

func TestNoticeOfNewFilesGoesOnceToThoseEntitled(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := context.Background()
		p := w.product()
		open, closed := w.place(p), w.place(p)
		if _, err := w.orders.SetAccess(ctx, w.scope, closed.ID, false); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := w.orders.NotifyUpdate(ctx, p.ID, "Twelve more loops.", "first"); err != nil {
				t.Fatal(err)
			}
		}
		if n, m := w.mails(open, purvey.MailFilesUpdated), w.mails(closed, purvey.MailFilesUpdated); n != 1 || m != 0 {
			t.Errorf("an entitled buyer got %d notices and one without access %d; want 1 and 0", n, m)
		}
		if err := w.orders.NotifyUpdate(ctx, p.ID, "", "second"); err != nil {
			t.Fatal(err)
		}
		if n := w.mails(open, purvey.MailFilesUpdated); n != 2 {
			t.Errorf("after a second change there are %d notices, want 2", n)
		}
	})
}
