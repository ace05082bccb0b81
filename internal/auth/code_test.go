package auth_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/order"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

// library is a shop with a customer, as signing in sees it.
type library struct {
	t       *testing.T
	db      *store.DB
	clock   *storetest.Clock
	auth    *auth.Service
	shop    purvey.Shop
	product purvey.Product
}

const customer = "ana@example.org"

func newLibrary(t *testing.T, db *store.DB, clock *storetest.Clock) *library {
	t.Helper()
	l := &library{t: t, db: db, clock: clock, auth: service(t, db), shop: newShop(t, db, "audio")}
	l.product = purvey.Product{ShopID: l.shop.ID, AssetID: 1, Slug: "p", Name: "P", Delivering: purvey.Regular, Access: purvey.AccessFile, Currency: "USD", World: true}
	if err := db.Tx(t.Context(), func(tx *store.Tx) error { return tx.InsertProduct(t.Context(), &l.product) }); err != nil {
		t.Fatal(err)
	}
	l.buys(customer, purvey.Live)
	return l
}

func (l *library) buys(email string, mode purvey.Mode) {
	l.t.Helper()
	orders := order.New(l.db, order.Options{PageURL: func(purvey.Shop, purvey.Order) string { return "" }})
	_, err := orders.Place(l.t.Context(), purvey.Scope{ShopID: l.shop.ID, Mode: mode}, order.Request{
		Customer: purvey.Customer{Email: email}, Lines: []order.LineRequest{{ProductID: l.product.ID}},
	})
	if err != nil {
		l.t.Fatal(err)
	}
}

// ask asks for a code as a browser with nothing in its pockets.
func (l *library) ask(email, ip string, change ...func(*auth.CodeRequest)) (string, error) {
	r := auth.CodeRequest{Shop: l.shop, Email: email, Locale: "de", IP: ip}
	for _, c := range change {
		c(&r)
	}
	return l.auth.SendCode(l.t.Context(), r)
}

// codes are those that were mailed, the newest first.
func (l *library) codes() []string {
	l.t.Helper()
	var out []string
	page := purvey.Page{Limit: 1000}
	m, err := l.db.Messages(l.t.Context(), purvey.Scope{ShopID: l.shop.ID, Mode: purvey.Live}, store.MessageFilter{Kind: string(purvey.MailLoginCode)}, page)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, x := range m.Items {
		out = append(out, x.Data.Code)
	}
	return out
}

// CONT-24: the code of a mail signs in, once, in the shop it was asked for.
func TestCONT24_SignIn(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		l, ctx := newLibrary(t, db, clock), t.Context()
		challenge, err := l.ask("Ana@Example.org", "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		m, err := db.Messages(ctx, purvey.Scope{ShopID: l.shop.ID, Mode: purvey.Live}, store.MessageFilter{}, purvey.Page{Limit: 10})
		if err != nil || len(m.Items) != 1 || m.Items[0].Kind != purvey.MailLoginCode || m.Items[0].State != purvey.MessageKept || m.Items[0].Locale != "de" ||
			m.Items[0].Data.Minutes != 10 || len(m.Items[0].Data.Code) != 6 {
			t.Fatalf("%+v %v", m, err)
		}
		code := m.Items[0].Data.Code
		other := newShop(t, db, "other")
		for _, bad := range [][3]string{
			{l.shop.ID, challenge, "000000"}, {l.shop.ID, challenge, ""}, {l.shop.ID, purvey.Secret(40), code}, {other.ID, challenge, code}, {l.shop.ID, "", code},
		} {
			if bad[2] == code && bad[1] == challenge && bad[0] == l.shop.ID {
				continue
			}
			if _, err := l.auth.EnterCode(ctx, bad[0], bad[1], bad[2], ""); !errors.Is(err, purvey.Unauthenticated) {
				t.Errorf("%v: %v", bad, err)
			}
		}
		in, err := l.auth.EnterCode(ctx, l.shop.ID, challenge, " "+code[:3]+" "+code[3:]+"\n", "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.auth.EnterCode(ctx, l.shop.ID, challenge, code, ""); !errors.Is(err, purvey.Unauthenticated) {
			t.Errorf("a code signs in twice: %v", err)
		}
		s, err := l.auth.Session(ctx, l.shop.ID, in.Session)
		if err != nil || s.Email != customer {
			t.Errorf("%+v %v", s, err)
		}
		if _, err := l.auth.Session(ctx, other.ID, in.Session); !errors.Is(err, purvey.Unauthenticated) {
			t.Errorf("the session opens another shop: %v", err)
		}
		clock.Advance(purvey.SessionLife - time.Second)
		if _, err := l.auth.Session(ctx, l.shop.ID, in.Session); err != nil {
			t.Error(err)
		}
		clock.Advance(time.Second)
		if _, err := l.auth.Session(ctx, l.shop.ID, in.Session); !errors.Is(err, purvey.Unauthenticated) {
			t.Errorf("after 30 days: %v", err)
		}
		for range 2 {
			if err := l.auth.SweepSessions(ctx); err != nil {
				t.Error(err)
			}
		}
	})
}

// A code ends with its time, and signing out everywhere ends every session.
func TestCodesAndSessionsEnd(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		l, ctx := newLibrary(t, db, clock), t.Context()
		challenge, err := l.ask(customer, "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		clock.Advance(10 * time.Minute)
		if _, err := l.auth.EnterCode(ctx, l.shop.ID, challenge, l.codes()[0], ""); !errors.Is(err, purvey.Unauthenticated) {
			t.Errorf("after ten minutes: %v", err)
		}
		var in []auth.SignedIn
		for range 3 {
			if challenge, err = l.ask(customer, "192.0.2.1"); err != nil {
				t.Fatal(err)
			}
			got, err := l.auth.EnterCode(ctx, l.shop.ID, challenge, l.codes()[0], "")
			if err != nil {
				t.Fatal(err)
			}
			in = append(in, got)
		}
		if err := l.auth.SignOut(ctx, l.shop.ID, in[0].Session); err != nil {
			t.Error(err)
		}
		s, err := l.auth.Session(ctx, l.shop.ID, in[1].Session)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.auth.SignOutEverywhere(ctx, s); err != nil {
			t.Error(err)
		}
		for i, x := range in {
			if _, err := l.auth.Session(ctx, l.shop.ID, x.Session); !errors.Is(err, purvey.Unauthenticated) {
				t.Errorf("session %d: %v", i, err)
			}
		}
	})
}

// Who is no customer gets the same answer, after the same time, and no mail.
func TestStrangersAreAnsweredAlike(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		l := newLibrary(t, db, clock)
		l.buys("sandbox@example.org", purvey.Sandbox)
		for _, email := range []string{customer, "nobody@example.org", "sandbox@example.org"} {
			begun := time.Now()
			challenge, err := l.ask(email, "192.0.2.1")
			if took := time.Since(begun); err != nil || len(challenge) != 40 || took < 20*time.Millisecond {
				t.Errorf("%s: %q after %v, %v", email, challenge, took, err)
			}
			begun = time.Now()
			_, err = l.auth.EnterCode(t.Context(), l.shop.ID, challenge, "1", "")
			if took := time.Since(begun); !errors.Is(err, purvey.Unauthenticated) || took < 20*time.Millisecond {
				t.Errorf("%s: %v after %v", email, err, took)
			}
		}
		if n := len(l.codes()); n != 1 {
			t.Errorf("%d mails", n)
		}
		if _, err := l.ask("no address", "192.0.2.1"); !errors.Is(err, purvey.Invalid) {
			t.Error(err)
		}
	})
}

// many runs n calls, 64 at a time.
func many(n int, call func(i int)) {
	var wg sync.WaitGroup
	next := atomic.Int64{}
	for range 64 {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				call(int(i))
			}
		})
	}
	wg.Wait()
}

// Ten thousand guesses get in nowhere, and the customer whose address they
// were made on still does.
func TestTenThousandCodes(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		l, ctx := newLibrary(t, db, clock), t.Context()
		honest, err := l.ask(customer, "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		code := l.codes()[0]
		attacked, err := l.ask(customer, "198.51.100.7")
		if err != nil {
			t.Fatal(err)
		}
		right := l.codes()[0]
		var in atomic.Int64
		many(10_000, func(i int) {
			guess := fmt.Sprintf("%06d", i)
			if guess == right {
				guess = "999999" // luck is not what is tried here
			}
			if _, err := l.auth.EnterCode(ctx, l.shop.ID, attacked, guess, ""); err == nil {
				in.Add(1)
			} else if !errors.Is(err, purvey.Unauthenticated) {
				t.Error(err)
			}
		})
		if in.Load() != 0 {
			t.Fatalf("%d guesses got in", in.Load())
		}
		if _, err := l.auth.EnterCode(ctx, l.shop.ID, attacked, right, ""); !errors.Is(err, purvey.Unauthenticated) {
			t.Error("the attacked request is still open")
		}
		if _, err := l.auth.EnterCode(ctx, l.shop.ID, honest, code, ""); err != nil {
			t.Errorf("the customer was locked out: %v", err)
		}
	})
}

// Ten thousand addresses are refused before long, no mail leaves, and a
// customer behind the same address still signs in.
func TestTenThousandAddresses(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		l, ctx := newLibrary(t, db, clock), t.Context()
		var taken, refused atomic.Int64
		many(10_000, func(i int) {
			_, err := l.ask(fmt.Sprintf("someone%d@example.org", i), "198.51.100.7")
			var e *purvey.Error
			switch {
			case err == nil:
				taken.Add(1)
			case errors.As(err, &e) && e.Kind == purvey.Limited && e.RetryAfter > 0:
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
		if taken.Load() > 60 || refused.Load() < 9_900 || len(l.codes()) != 0 {
			t.Errorf("%d taken, %d refused, %d mails", taken.Load(), refused.Load(), len(l.codes()))
		}
		visitor := l.auth.NewVisitor()
		challenge, err := l.ask(customer, "198.51.100.7", func(r *auth.CodeRequest) { r.Visitor = visitor })
		if err != nil {
			t.Fatalf("a browser behind the same address: %v", err)
		}
		if _, err := l.auth.EnterCode(ctx, l.shop.ID, challenge, l.codes()[0], ""); err != nil {
			t.Error(err)
		}
		// One browser has a budget too.
		for i := range 20 {
			if _, err := l.ask(fmt.Sprintf("x%d@example.org", i), "192.0.2.9", func(r *auth.CodeRequest) { r.Visitor = visitor }); i < 19 != (err == nil) {
				t.Errorf("request %d: %v", i, err)
			}
		}
		if _, err := l.ask("x@example.org", "198.51.100.7", func(r *auth.CodeRequest) { r.Visitor = visitor + "x" }); !errors.Is(err, purvey.Limited) {
			t.Errorf("a forged mark: %v", err)
		}
	})
}

// However many ask for one customer's code, few mails leave, and the browser
// that signed in before gets one.
func TestMailsToOneAddress(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		l, ctx := newLibrary(t, db, clock), t.Context()
		challenge, err := l.ask(customer, "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		in, err := l.auth.EnterCode(ctx, l.shop.ID, challenge, l.codes()[0], "")
		if err != nil {
			t.Fatal(err)
		}
		sent := func() int { return len(l.codes()) - 1 }
		for range 8 {
			if _, err := l.ask(customer, "198.51.100.7"); err != nil {
				t.Fatal(err)
			}
		}
		if sent() != 5 {
			t.Errorf("%d mails at the word of one address", sent())
		}
		for i := range 20 {
			if _, err := l.ask(customer, fmt.Sprintf("198.51.100.%d", 10+i)); err != nil {
				t.Fatal(err)
			}
		}
		if sent() != 10 {
			t.Errorf("%d mails in an hour", sent())
		}
		challenge, err = l.ask(customer, "192.0.2.1", func(r *auth.CodeRequest) { r.Device = in.Device })
		if err != nil || sent() != 11 {
			t.Fatalf("%d mails, %v", sent(), err)
		}
		if _, err := l.auth.EnterCode(ctx, l.shop.ID, challenge, l.codes()[0], ""); err != nil {
			t.Error(err)
		}
		before := sent()
		for range 23 { // the rest of the day
			clock.Advance(time.Hour + time.Second)
			for i := range 12 {
				if _, err := l.ask(customer, fmt.Sprintf("203.0.113.%d", i)); err != nil {
					t.Fatal(err)
				}
			}
		}
		// Ten of the first hour count, the one that signed in does not.
		if n := sent() - before; n != purvey.CodesPerDay-10 {
			t.Errorf("%d mails in the rest of the day", n)
		}
	})
}
