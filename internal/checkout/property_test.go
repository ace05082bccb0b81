package checkout_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/blob"
	"purvey/internal/catalog"
	"purvey/internal/checkout"
	"purvey/internal/job"
	"purvey/internal/keyring"
	"purvey/internal/order"
	"purvey/internal/report"
	"purvey/internal/shop"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

// bench is a shop whose orders are moved at random.
type bench struct {
	t        *testing.T
	db       *store.DB
	clock    *storetest.Clock
	orders   *order.Service
	checkout *checkout.Service
	reports  *report.Service
	worker   *job.Worker
	shop     purvey.Shop
	goods    *catalog.Service
	scope    purvey.Scope
}

func newBench(t *testing.T, db *store.DB, clock *storetest.Clock, refund string) *bench {
	keys := keyring.Open(make([]byte, keyring.RootSize))
	shops := shop.New(db, keys)
	b := &bench{t: t, db: db, clock: clock, reports: report.New(db)}
	b.orders = order.New(db, order.Options{PageURL: func(purvey.Shop, purvey.Order) string { return "https://shop.example" }})
	b.checkout = checkout.New(db, b.orders, keys, checkout.Options{Origin: "https://shop.example", Secret: shops.Secret, Log: slog.New(slog.DiscardHandler)})
	b.worker = job.NewWorker(db, job.Options{})
	b.worker.Register(purvey.JobEndLine, job.Work{Run: b.orders.EndLine})
	var err error
	b.shop, err = shops.Create(t.Context(), "books-"+refund, "")
	b.must(err)
	b.must(shops.Patch(t.Context(), b.shop.ID, []byte(`{"policies":{"refund":"`+refund+`"}}`)))
	b.shop, err = shops.ByID(t.Context(), b.shop.ID)
	b.must(err)
	b.scope = purvey.Scope{ShopID: b.shop.ID, Mode: purvey.Sandbox}
	bucket, err := blob.OpenDir(t.TempDir())
	b.must(err)
	b.goods = catalog.New(db, bucket, catalog.Options{})
	return b
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// model is what an order should be, told in words of its own: what was paid,
// and what was taken away.
type model struct {
	product  string
	made     time.Time
	months   int // of its period; 0 for goods that stay
	renews   bool
	paid     bool
	begun    time.Time // paid at
	until    time.Time // what was paid for ends; zero: never
	ended    bool      // renewed no more
	payments int       // the first and the renewals
	price    int64
	keep     bool // policy: refunded units keep their rights
	lines    []modelLine
}

type modelLine struct {
	price    int64
	units    int // left
	bought   int
	paused   bool
	disputed bool
	gone     bool      // canceled, or all units were given back
	endsAt   time.Time // a scheduled ending
}

// may tells whether the line's goods may be had.
func (m *model) may(i int, now time.Time) bool {
	l := m.lines[i]
	return m.paid && !l.gone && !l.paused && !l.disputed && (m.until.IsZero() || now.Before(m.until)) && (l.endsAt.IsZero() || now.Before(l.endsAt))
}

// state is the order's, by the rule of the vendor's table.
func (m *model) state() string {
	state := "cancelled"
	for _, l := range m.lines {
		switch {
		case l.gone:
		case !m.paid:
			return "pending"
		case l.paused || l.disputed:
			if state == "cancelled" {
				state = "paused"
			}
		default:
			return "approved"
		}
	}
	return state
}

func (m *model) each(do func(l *modelLine)) {
	for i := range m.lines {
		if !m.lines[i].gone {
			do(&m.lines[i])
		}
	}
}

// ending tells of a line that is to end.
func (m *model) ending() (is bool) {
	m.each(func(l *modelLine) { is = is || !l.endsAt.IsZero() })
	return is
}

// addMonths is the midnight after the same day some months later, or after
// the month's last day.
func addMonths(from time.Time, day, months int) time.Time {
	first := time.Date(from.Year(), from.Month()+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(day, last))
}

// step is one thing that may happen: the model says whether it is allowed and
// what it does, and then it is done.
type step struct {
	name    string
	allowed func() bool
	model   func()
	real    func() error
}

func (b *bench) steps(r *rand.Rand, id string, m *model) []step {
	ctx, now := b.t.Context(), b.clock.Now()
	change := func(to purvey.PublishedState) func() error {
		return func() error {
			_, err := b.orders.ChangeLines(ctx, b.scope, id, order.LineChange{Status: to})
			return err
		}
	}
	pick := r.IntN(len(m.lines))
	o, err := b.orders.Order(ctx, b.scope, id)
	b.must(err)
	stop := func(l *modelLine) { l.gone, m.ended = true, true }
	return []step{
		{
			"pay", func() bool { return !m.paid && m.state() == "pending" },
			func() {
				m.paid, m.begun, m.payments = true, now, 1
				if m.months > 0 {
					m.until = addMonths(now, now.Day(), m.months)
				}
			},
			func() error {
				if o.Financial != purvey.Pending {
					return purvey.Conflict // the gateway has nothing to ask for
				}
				_, err := b.checkout.Decide(ctx, checkout.Sale{Shop: b.shop, Order: o}, purvey.PaymentPaid)
				return err
			},
		},
		{
			fmt.Sprintf("refund a unit of line %d", pick), func() bool { return m.paid && m.lines[pick].units > 0 },
			func() {
				l := &m.lines[pick]
				l.units, m.ended = l.units-1, true
				l.gone = l.gone || l.units == 0 && !m.keep
			},
			func() error {
				_, err := b.orders.Refund(ctx, b.scope, id, []order.RefundLine{{LineID: o.Lines[pick].ID, Quantity: 1}})
				return err
			},
		},
		{
			"dispute", func() bool { return true },
			func() {
				if m.paid {
					m.each(func(l *modelLine) { l.disputed = l.disputed || !l.paused })
				}
			},
			func() error { _, err := b.orders.Dispute(ctx, b.scope, id, true); return err },
		},
		{
			"win", func() bool { return true }, func() { m.each(func(l *modelLine) { l.disputed = false }) },
			func() error { _, err := b.orders.Dispute(ctx, b.scope, id, false); return err },
		},
		{
			"pause", func() bool { return m.state() == "approved" && !m.ending() },
			func() { m.each(func(l *modelLine) { l.paused = l.paused || !l.disputed }) }, change(purvey.PublishedPaused),
		},
		{
			"resume", func() bool { return m.state() == "paused" && !m.ending() },
			func() { m.each(func(l *modelLine) { l.paused, l.disputed = false, false }) }, change(purvey.PublishedApproved),
		},
		{
			"cancel now", func() bool { s := m.state(); return (s == "approved" || s == "paused") && !m.ending() },
			func() { m.each(stop) }, change(purvey.PublishedCancelled),
		},
		{
			"cancel", func() bool {
				done := m.state() != "cancelled"
				if m.ending() && now.Before(m.until) {
					done = false // it ends then already
				}
				return done
			},
			func() {
				m.each(func(l *modelLine) {
					if m.paid && m.months > 0 && now.Before(m.until) {
						l.endsAt, m.ended = m.until, true
					} else {
						stop(l)
					}
				})
			},
			func() error {
				_, err := b.orders.End(ctx, b.scope, id, order.Ending{Zone: time.UTC})
				return err
			},
		},
		{
			"time", func() bool { return true }, func() {
				b.clock.Advance(time.Duration(1+r.IntN(40*24)) * time.Hour)
				m.each(func(l *modelLine) {
					old := !m.paid && b.clock.Now().Sub(m.made) >= 24*time.Hour // nobody has paid
					if old || !l.endsAt.IsZero() && !b.clock.Now().Before(l.endsAt) {
						stop(l)
					}
				})
			},
			func() error {
				if _, err := b.worker.RunDue(ctx); err != nil {
					return err
				}
				return b.checkout.Sweep(ctx)
			},
		},
		{
			"renew", func() bool { return m.renews && m.paid && !m.ended && m.state() == "approved" },
			func() {
				m.payments++
				next := addMonths(m.until.AddDate(0, 0, -1), m.begun.Day(), m.months)
				if !next.After(now) { // a whole period has gone by
					day := now.Day()
					if last := addMonths(now, 31, 0).AddDate(0, 0, -1).Day(); day == min(m.begun.Day(), last) {
						day = m.begun.Day()
					}
					next = addMonths(now, day, m.months)
				}
				m.until = next
			},
			func() error { _, err := b.checkout.Renew(ctx, b.scope, id, purvey.PaymentPaid); return err },
		},
		{
			"fail to renew", func() bool { return m.renews && m.paid && !m.ended && m.state() == "approved" }, func() {},
			func() error { _, err := b.checkout.Renew(ctx, b.scope, id, purvey.PaymentDeclined); return err },
		},
	}
}

// check compares the order with its model: who may have what, and what was
// earned.
func (b *bench) check(id string, m *model) (wrong []string) {
	b.t.Helper()
	o, err := b.orders.Order(b.t.Context(), b.scope, id)
	b.must(err)
	rights, err := b.orders.Rights(b.t.Context(), o)
	b.must(err)
	now := b.clock.Now()
	for i, r := range rights {
		if got := r.Check(now) == nil; got != m.may(i, now) {
			wrong = append(wrong, fmt.Sprintf("line %d (%s) is open: %v, %+v", i, o.Lines[i].Status, got, m.lines[i]))
		}
		if l := o.Lines[i]; l.Units() != m.lines[i].units {
			wrong = append(wrong, fmt.Sprintf("line %d has %d units", i, l.Units()))
		}
		if !m.lines[i].gone && !o.Lines[i].ExpiresAt.Equal(m.until) {
			wrong = append(wrong, fmt.Sprintf("line %d ends %s, want %s", i, o.Lines[i].ExpiresAt, m.until))
		}
	}
	if got := string(o.Published()); got != m.state() {
		wrong = append(wrong, fmt.Sprintf("the order is %s, want %s", got, m.state()))
	}
	var gross, refunded int64
	if m.paid {
		gross = m.price * int64(m.payments)
		for _, l := range m.lines {
			refunded += l.price * int64(l.bought-l.units)
		}
	}
	totals, err := b.reports.Totals(b.t.Context(), b.scope, report.Filter{ProductID: m.product})
	b.must(err)
	var sum report.Total
	if len(totals) > 0 {
		sum = totals[0]
	}
	if sum.GrossCents != gross || sum.RefundedCents != refunded {
		wrong = append(wrong, fmt.Sprintf("earned %d, gave back %d; want %d and %d", sum.GrossCents, sum.RefundedCents, gross, refunded))
	}
	return wrong
}

// place makes an order that waits for its payment, and its model.
func (b *bench) place(r *rand.Rand, kind string) (string, *model) {
	b.t.Helper()
	c := catalog.Change{Name: catalog.Set(kind), Links: catalog.Set([]purvey.ProductLink{{Name: "Read", URL: "https://example.com"}})}
	if months := map[string]int{"month": 1, "quarter": 3}[kind]; months > 0 {
		c.Kind, c.PeriodMonths = catalog.Set(purvey.KindSubscription), catalog.Set(months)
	}
	p, err := b.goods.CreateProduct(b.t.Context(), b.shop, c)
	b.must(err)
	m := &model{product: p.ID, made: b.clock.Now(), months: p.PeriodMonths, renews: p.PeriodMonths > 0, keep: b.shop.Settings.Policies.Refund == "keep"}
	req := order.Request{Source: purvey.SourcePublicala, Type: purvey.TypeSale, Currency: "ARS", Financial: purvey.Pending, Customer: purvey.Customer{Email: "ana@example.org"}}
	for range 1 + r.IntN(3) {
		l := modelLine{price: r.Int64N(2000), units: 1 + r.IntN(3)}
		l.bought = l.units
		m.price += l.price * int64(l.units)
		m.lines = append(m.lines, l)
		req.Lines = append(req.Lines, order.LineRequest{ProductID: p.ID, Quantity: l.units, PriceCents: &l.price})
	}
	m.renews = m.renews && m.price > 0
	o, err := b.orders.Place(context.WithoutCancel(b.t.Context()), b.scope, req)
	b.must(err)
	return o.ID, m
}

// Rights are what is paid, by policy, after any sequence of what may happen to
// an order, and the report says what was earned to the cent.
func TestPUB34_RightsAreWhatIsPaid(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		for i, policy := range []string{"revoke", "keep"} {
			t.Run(policy, func(t *testing.T) {
				b := newBench(t, db, clock, policy)
				for seed := range uint64(50) {
					r := rand.New(rand.NewPCG(seed, uint64(i)))
					clock.Set(time.Date(2026, time.Month(1+r.IntN(12)), 1+r.IntN(31), r.IntN(24), 0, 0, 0, time.UTC))
					id, m := b.place(r, []string{"book", "month", "quarter"}[r.IntN(3)])
					var told []string
					for range 25 {
						all := b.steps(r, id, m)
						s := all[r.IntN(len(all))]
						if m.state() == "pending" && r.IntN(2) == 0 {
							s = all[0]
						}
						allowed := s.allowed()
						if allowed {
							s.model()
						}
						err := s.real()
						told = append(told, fmt.Sprintf("%s (%s): %v", s.name, clock.Now().Format(time.DateTime), err))
						if (err == nil) != allowed {
							t.Fatalf("seed %d: allowed is %v after\n%s", seed, allowed, strings.Join(told, "\n"))
						}
						if wrong := b.check(id, m); len(wrong) > 0 {
							t.Fatalf("seed %d: %q after\n%s", seed, wrong, strings.Join(told, "\n"))
						}
					}
				}
			})
		}
	})
}
