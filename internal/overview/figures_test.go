package overview_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"purvey"
	"purvey/internal/overview"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

// business is a shop in which things happen at random.
type business struct {
	t     *testing.T
	db    *store.DB
	clock *storetest.Clock
	dice  *rand.Rand
	shop  purvey.Shop
	scope purvey.Scope

	orders    []purvey.Order
	downloads []purvey.Download
	keys      []purvey.LicenseKey
}

func newBusiness(t *testing.T, db *store.DB, clock *storetest.Clock, zone string, seed uint64) *business {
	t.Helper()
	b := &business{t: t, db: db, clock: clock, dice: rand.New(rand.NewPCG(seed, 7))}
	b.shop = purvey.Shop{ID: db.NewID(), Slug: "s" + fmt.Sprint(seed), Name: "S", State: purvey.ShopActive, Settings: purvey.DefaultSettings("s")}
	b.shop.Settings.Shop.Timezone = zone
	b.do(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.InsertShop(ctx, &b.shop)
		return err
	})
	b.scope = purvey.Scope{ShopID: b.shop.ID, Mode: purvey.Live}
	return b
}

func (b *business) do(fn func(ctx context.Context, tx *store.Tx) error) {
	b.t.Helper()
	if err := b.db.Tx(b.t.Context(), func(tx *store.Tx) error { return fn(b.t.Context(), tx) }); err != nil {
		b.t.Fatal(err)
	}
}

// products and files are few, so that they compete.
func (b *business) product() string { return fmt.Sprintf("%024x", 1+b.dice.IntN(4)) }

// order is placed now, or taken over from a time before.
func (b *business) order() {
	now := b.db.Now()
	at := now
	if b.dice.IntN(5) == 0 {
		at = now.Add(-time.Duration(b.dice.Int64N(int64(40 * 24 * time.Hour)))).Truncate(time.Microsecond)
	}
	n := len(b.orders) + 1001
	o := purvey.Order{
		ID: b.db.NewID(), ShopID: b.shop.ID, Mode: purvey.Live, Number: int64(n), Name: fmt.Sprintf("#%d", n), Source: purvey.SourceNative,
		Currency: [...]string{"USD", "USD", "EUR"}[b.dice.IntN(3)], Financial: purvey.Paid, PaidAt: at, CreatedAt: at, UpdatedAt: now, Imported: at != now,
	}
	switch b.dice.IntN(8) {
	case 0:
		o.Financial, o.PaidAt = purvey.Pending, time.Time{}
	case 1:
		o.Type = "permission"
	}
	for i := range 1 + b.dice.IntN(2) {
		l := purvey.Line{
			ID: b.db.NewID(), OrderID: o.ID, Number: int64(i + 1), ProductID: b.product(), ProductName: "P", Delivering: purvey.Regular, Access: purvey.AccessFile,
			Quantity: 1 + b.dice.IntN(3), PriceCents: int64(b.dice.IntN(5000)), Status: purvey.LineActive, CreatedAt: at, UpdatedAt: now,
		}
		o.TotalCents += int64(l.Quantity) * l.PriceCents
		o.Lines = append(o.Lines, l)
	}
	if b.dice.IntN(6) == 0 {
		o.TotalCents = int64(b.dice.IntN(9000)) // a price of its own
	}
	b.do(func(ctx context.Context, tx *store.Tx) error {
		o.Customer = purvey.Customer{Email: fmt.Sprintf("c%d@example.org", b.dice.IntN(30))}
		if err := tx.TakeCustomer(ctx, b.scope, &o.Customer); err != nil {
			return err
		}
		if _, err := tx.InsertOrder(ctx, &o); err != nil {
			return err
		}
		for i := range o.Lines {
			if err := tx.InsertLine(ctx, &o, &o.Lines[i], ""); err != nil {
				return err
			}
		}
		return nil
	})
	b.orders = append(b.orders, o)
}

// pay pays, or refunds, an order of any age.
func (b *business) pay() {
	if len(b.orders) == 0 {
		return
	}
	o := &b.orders[b.dice.IntN(len(b.orders))]
	b.do(func(ctx context.Context, tx *store.Tx) error {
		if o.Financial == purvey.Pending {
			o.Financial, o.PaidAt = purvey.Paid, tx.Now()
			return tx.UpdateOrder(ctx, o)
		}
		left := 0
		for i := range o.Lines {
			l := &o.Lines[i]
			l.RefundedQuantity += b.dice.IntN(l.Units() + 1)
			left += l.Units()
			if err := tx.UpdateLine(ctx, l); err != nil {
				return err
			}
		}
		if o.Financial = purvey.PartiallyRefunded; left == 0 {
			o.Financial = purvey.Refunded
		}
		return tx.UpdateOrder(ctx, o)
	})
}

func (b *business) download() {
	now := b.db.Now()
	d := purvey.Download{
		ShopID: b.shop.ID, Mode: purvey.Live, Via: [...]string{purvey.ViaOrder, purvey.ViaLink, purvey.ViaReading}[b.dice.IntN(3)], LineID: "l",
		FileID: b.product(), FileName: "f", Number: 1, Size: 1000, CreatedAt: now, LastAt: now,
	}
	b.do(func(ctx context.Context, tx *store.Tx) error { return tx.InsertDownload(ctx, "l", &d) })
	b.downloads = append(b.downloads, d)
}

// send sends more of a copy of any age.
func (b *business) send() {
	if len(b.downloads) == 0 {
		return
	}
	d := b.downloads[b.dice.IntN(len(b.downloads))]
	to := int64(b.dice.IntN(1001))
	b.do(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AddSent(ctx, d.ID, to, purvey.Ranges{{From: 0, To: to}}, tx.Now())
		return err
	})
}

// key is assigned, or taken back, however long it was assigned.
func (b *business) key() {
	if len(b.keys) > 0 && b.dice.IntN(3) == 0 {
		k := &b.keys[b.dice.IntN(len(b.keys))]
		b.do(func(ctx context.Context, tx *store.Tx) error { return tx.ReleaseKey(ctx, k) })
		return
	}
	now := b.db.Now()
	k := purvey.LicenseKey{
		ID: b.db.NewID(), ShopID: b.shop.ID, Mode: purvey.Live, Key: purvey.GenerateKey(), OrderID: "o", LineID: "l", AssignedAt: now, CreatedAt: now, UpdatedAt: now,
	}
	b.do(func(ctx context.Context, tx *store.Tx) error { return tx.InsertKeys(ctx, []purvey.LicenseKey{k}) })
	b.keys = append(b.keys, k)
}

func (b *business) act(acts int) {
	for range acts {
		b.clock.Advance(time.Duration(b.dice.Int64N(int64(5 * time.Hour))))
		[]func(){b.order, b.order, b.pay, b.download, b.download, b.send, b.send, b.key}[b.dice.IntN(8)]()
	}
}

// Kept figures are those that counting all rows gives, in zones of all sorts,
// across changes of their clocks, whatever is paid, refunded, taken over, sent
// or taken back however late, and whether or not the job has run.
func TestKeptFiguresAreThePlainCount(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		for i, zone := range []string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Santiago"} {
			clock.Set(time.Date(2026, 2, 20, 12, 0, 0, 0, time.UTC))
			b := newBusiness(t, db, clock, zone, uint64(i+1))
			s := overview.New(db, overview.Options{})
			for round := range 6 {
				b.act(60)
				b.compare(s, fmt.Sprintf("%s, round %d, before the job", zone, round))
				if err := s.Keep(t.Context()); err != nil {
					t.Fatal(err)
				}
				state, begun, err := db.FigureState(t.Context(), b.scope)
				if err != nil || !begun || state.Slot != store.LastSettled(db.Now()) || len(state.Marked) > 0 {
					t.Fatalf("%s, round %d: the figures are kept up to %d, of %d; marked: %v, %v", zone, round, state.Slot, store.LastSettled(db.Now()), state.Marked, err)
				}
				b.compare(s, fmt.Sprintf("%s, round %d", zone, round))
				if err := s.Keep(t.Context()); err != nil { // once more changes nothing
					t.Fatal(err)
				}
				b.compare(s, fmt.Sprintf("%s, round %d, again", zone, round))
			}
		}
	})
}

// compare compares what the service says of random periods with what a database
// in which nothing is kept would.
func (b *business) compare(s *overview.Service, when string) {
	b.t.Helper()
	now := b.db.Now()
	for range 4 {
		start := now.Add(-time.Duration(b.dice.Int64N(int64(60 * 24 * time.Hour)))).Truncate(time.Second)
		q := overview.Query{Start: start, End: start.Add(1 + time.Duration(b.dice.Int64N(int64(30*24*time.Hour)))), Granularity: [...]overview.Granularity{overview.Hour, overview.Day, overview.Week}[b.dice.IntN(3)]}
		if b.dice.IntN(4) == 0 {
			q = overview.Query{}
		}
		got, err := s.Today(b.t.Context(), b.shop, purvey.Live, q)
		if err != nil {
			b.t.Fatal(when, err)
		}
		want, err := s.Counted(b.t.Context(), b.shop, purvey.Live, q)
		if err != nil {
			b.t.Fatal(when, err)
		}
		sent, err := b.db.BytesSent(b.t.Context(), b.scope, got.Period.Start, got.Period.End)
		if err != nil {
			b.t.Fatal(when, err)
		}
		if stats, err := b.db.DownloadStats(b.t.Context(), b.scope, got.Period.Start, got.Period.End); err != nil || stats.Bandwidth != sent {
			b.t.Fatalf("%s, %+v: %d bytes sent, the statistics say %d, %v", when, q, sent, stats.Bandwidth, err)
		}
		got.Attention, want.Attention = nil, nil
		if !reflect.DeepEqual(got, want) {
			b.t.Fatalf("%s, %+v:\n got %+v\nwant %+v", when, q, got, want)
		}
		b.byHand(got)
	}
}

// byHand checks the sums and steps against what the test itself did.
func (b *business) byHand(got overview.Today) {
	b.t.Helper()
	var orders, downloads int64
	in := func(at time.Time, p overview.Period) bool {
		return !at.IsZero() && !at.Before(p.Start) && at.Before(p.End)
	}
	cents := map[string]int64{}
	for _, o := range b.orders {
		if !in(o.PaidAt, got.Period) || o.Type == "permission" {
			continue
		}
		orders++
		var worth, back int64
		for _, l := range o.Lines {
			worth, back = worth+l.PriceCents*int64(l.Quantity), back+l.PriceCents*int64(l.RefundedQuantity)
		}
		if worth == o.TotalCents || back == 0 {
			cents[o.Currency] += o.TotalCents - back
		} else {
			cents["other"]++
		}
	}
	for _, d := range b.downloads {
		if in(d.CreatedAt, got.Period) && d.Via != purvey.ViaReading {
			downloads++
		}
	}
	if got.Figures.Orders.Value != orders || got.Figures.Downloads.Value != downloads {
		b.t.Fatalf("%v to %v: %d orders, %d downloads; want %d, %d", got.Period.Start, got.Period.End, got.Figures.Orders.Value, got.Figures.Downloads.Value, orders, downloads)
	}
	if cents["other"] == 0 {
		for _, m := range got.Figures.Revenue {
			if m.Value != cents[m.Currency] {
				b.t.Fatalf("revenue %d %s, want %d", m.Value, m.Currency, cents[m.Currency])
			}
		}
	}
	var inSteps int64
	for i, step := range got.Series {
		inSteps += step.Orders
		var of int64
		for _, o := range b.orders {
			end := got.Period.End
			if i+1 < len(got.Series) {
				end = got.Series[i+1].At
			}
			if o.Type != "permission" && !o.PaidAt.IsZero() && !o.PaidAt.Before(step.At) && o.PaidAt.Before(end) {
				of++
			}
		}
		if of != step.Orders {
			b.t.Fatalf("the step at %v has %d orders, want %d", step.At, step.Orders, of)
		}
	}
	if inSteps != orders || len(got.Series) != len(got.PreviousSeries) {
		b.t.Fatalf("%d orders in the steps, %d in all; %d steps, %d before", inSteps, orders, len(got.Series), len(got.PreviousSeries))
	}
}
