package checkout_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/blob"
	"purvey/internal/catalog"
	"purvey/internal/checkout"
	"purvey/internal/jwt"
	"purvey/internal/keyring"
	"purvey/internal/order"
	"purvey/internal/shop"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
	"purvey/internal/web/buyer"
	checkoutpage "purvey/internal/web/checkout"
)

const origin = "https://pay.example"

// till is a shop with a product, and the pages of its checkout.
type till struct {
	t        *testing.T
	db       *store.DB
	clock    *storetest.Clock
	shops    *shop.Service
	orders   *order.Service
	auth     *auth.Service
	checkout *checkout.Service
	handler  http.Handler
	shop     purvey.Shop
	product  purvey.Product
}

func each(t *testing.T, test func(x *till)) {
	t.Helper()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		clock.Set(time.Now().UTC().Truncate(time.Second))
		bucket, err := blob.OpenDir(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		keys, log := keyring.Open(make([]byte, keyring.RootSize)), slog.New(slog.DiscardHandler)
		x := &till{t: t, db: db, clock: clock, shops: shop.New(db, keys), auth: auth.New(db, keys, auth.Options{NoLimits: true})}
		t.Cleanup(x.auth.Close)
		x.orders = order.New(db, order.Options{PageURL: func(purvey.Shop, purvey.Order) string { return origin }})
		x.checkout = checkout.New(db, x.orders, keys, checkout.Options{Origin: origin, Secret: x.shops.Secret, Log: log})
		mux := http.NewServeMux()
		checkoutpage.Register(mux, checkoutpage.Backend{Checkout: x.checkout, SignIn: x.auth.SignIn, SetSession: buyer.SetSession, Log: log})
		x.handler = mux
		x.shop, err = x.shops.EnsureDefault(t.Context())
		x.must(err)
		goods := catalog.New(db, bucket, catalog.Options{})
		x.product, err = goods.CreateProduct(t.Context(), x.shop, catalog.Change{
			Name: catalog.Set("A book"), Links: catalog.Set([]purvey.ProductLink{{Name: "Read", URL: "https://example.com/read"}}),
		})
		x.must(err)
		test(x)
	})
}

func (x *till) must(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

func (x *till) settings(patch string) {
	x.t.Helper()
	x.must(x.shops.Patch(x.t.Context(), x.shop.ID, []byte(patch)))
	s, err := x.shops.ByID(x.t.Context(), x.shop.ID)
	x.must(err)
	x.shop = s
}

// sale places a pending sale.
func (x *till) sale(mode purvey.Mode, cents int64) purvey.Order {
	x.t.Helper()
	o, err := x.orders.Publish(x.t.Context(), purvey.Scope{ShopID: x.shop.ID, Mode: mode}, order.Publication{
		Type: purvey.TypeSale, Reference: "ref/" + purvey.Secret(6), ReturnURL: "https://store.example/back?a=b&status=old#end", Price: &cents, Currency: "ARS",
		UserID: "u1", UserEmail: "ana@example.org", Items: []order.PublishedItem{{Price: &cents, Currency: "ARS"}},
	}, func(context.Context, int) (purvey.Product, error) { return x.product, nil })
	x.must(err)
	return o
}

func (x *till) link(o purvey.Order) string {
	x.t.Helper()
	l, err := x.checkout.Link(x.shop, o)
	x.must(err)
	return l.URL
}

func (x *till) state(o purvey.Order) purvey.PublishedState {
	x.t.Helper()
	now, err := x.orders.Order(x.t.Context(), purvey.Scope{ShopID: o.ShopID, Mode: o.Mode}, o.ID)
	x.must(err)
	return now.Published()
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) to() string { return a.header.Get("Location") }

func (x *till) get(target string) answer { return x.do(httptest.NewRequest("GET", target, nil)) }

func (x *till) post(target, form string) answer {
	r := httptest.NewRequest("POST", target, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return x.do(r)
}

func (x *till) do(r *http.Request) answer {
	rec := httptest.NewRecorder()
	x.handler.ServeHTTP(rec, r)
	b, err := io.ReadAll(rec.Body)
	x.must(err)
	return answer{rec.Code, rec.Header(), string(b)}
}

// query gives the parameters of an address.
func query(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

// PUB-14, PUB-15, PUB-16: the built-in gateway, from the link to the return.
func TestPUB16_Sandbox(t *testing.T) {
	t.Parallel()
	each(t, func(x *till) {
		for outcome, want := range map[string]purvey.PublishedState{
			"approve": purvey.PublishedApproved, "decline": purvey.PublishedCancelled, "pending": purvey.PublishedPending,
		} {
			o := x.sale(purvey.Sandbox, 1050)
			a := x.get(x.link(o))
			if a.status != 302 || !strings.HasPrefix(a.to(), origin+"/checkout/"+o.UUID+"?session=") || a.header.Get("Referrer-Policy") != "no-referrer" {
				t.Fatalf("%d %s", a.status, a.to())
			}
			page := x.get(a.to())
			if page.status != 200 || !strings.Contains(page.body, "10.50 ARS") || !strings.Contains(page.body, "A book") || strings.Count(page.body, "<form method=\"post\"") != 1 {
				t.Fatalf("%d %s", page.status, page.body)
			}
			action := regexp.MustCompile(`action="([^"]+)"`).FindStringSubmatch(page.body)[1]
			if x.state(o) != purvey.PublishedPending {
				t.Error("looking at the page did something")
			}
			if bad := x.post(a.to(), "outcome=other"); bad.status != 422 {
				t.Error(bad.status)
			}
			done := x.post(origin+"/checkout/"+o.UUID+strings.ReplaceAll(action, "&amp;", "&"), "outcome="+outcome)
			q := query(t, done.to())
			if done.status != 303 || x.state(o) != want || q.Get("status") != string(want) || q.Get("order-id") != o.UUID ||
				q.Get("order-external-id") != o.ExternalReference || q.Get("a") != "b" || !strings.HasSuffix(done.to(), "#end") || len(q["status"]) != 1 {
				t.Errorf("%s: %d %s, the order %s", outcome, done.status, done.to(), x.state(o))
			}
			// Again: nothing changes once it is decided.
			again := x.post(a.to(), "outcome=decline")
			if want == purvey.PublishedApproved && (again.status != 303 || x.state(o) != want || query(t, again.to()).Get("status") != "approved") {
				t.Errorf("%d %s", again.status, again.to())
			}
			if want != purvey.PublishedPending {
				for _, address := range []string{x.link(o), a.to()} {
					if b := x.get(address); query(t, b.to()).Get("status") != string(want) {
						t.Errorf("%d %s", b.status, b.to())
					}
				}
			}
		}
	})
}

// PUB-14: links end, are bound to their order, and open nothing when forged.
func TestPUB14_Links(t *testing.T) {
	t.Parallel()
	each(t, func(x *till) {
		o, other := x.sale(purvey.Sandbox, 100), x.sale(purvey.Sandbox, 100)
		link := x.link(o)
		page := x.get(link).to()
		if again := x.get(link); again.status != 302 { // a refresh, or a program that looks ahead
			t.Error(again.status)
		}
		for _, bad := range []string{
			strings.Replace(page, o.UUID, other.UUID, 1), origin + "/checkout/" + o.UUID, origin + "/checkout/" + o.UUID + "?session=x",
			page[:len(page)-1] + "A", strings.Replace(page, "?", "/return?", 1) + "x",
		} {
			if bad == page {
				continue
			}
			if a := x.get(bad); a.status != 403 {
				t.Errorf("%s: %d", bad, a.status)
			}
		}
		live := x.sale(purvey.Live, 100)
		livePage := x.get(x.link(live)).to()
		if a := x.post(livePage, "outcome=approve"); a.status != 403 || x.state(live) != purvey.PublishedPending {
			t.Errorf("a live sale was approved by hand: %d", a.status)
		}
		x.clock.Advance(time.Hour)
		if a := x.get(link); a.status != 403 {
			t.Errorf("an old link: %d", a.status)
		}
		x.settings(`{"publicala":{"redirect_url":"https://store.example/sorry?x=1"}}`)
		if a := x.get(link); a.status != 302 || a.to() != "https://store.example/sorry?x=1&error=expired" {
			t.Errorf("%d %s", a.status, a.to())
		}
		x.clock.Advance(47 * time.Hour)
		if a := x.get(page); a.status != 403 {
			t.Errorf("an old page: %d", a.status)
		}
	})
}

// token is a caller's.
type token struct {
	Iss  string         `json:"iss"`
	Aud  any            `json:"aud"`
	Sub  string         `json:"sub"`
	Jti  string         `json:"jti,omitempty"`
	Exp  int64          `json:"exp"`
	User map[string]any `json:"user"`
	URL  string         `json:"intended_url,omitempty"`
}

// PUB-40: a token of the shop's own server signs a customer in, once.
func TestPUB40_SignOn(t *testing.T) {
	t.Parallel()
	each(t, func(x *till) {
		const key = "0123456789abcdef0123456789abcdef"
		good := func(change func(c *token)) string {
			c := token{
				Iss: "my-store", Aud: "farfalla", Sub: "user", Jti: purvey.Secret(20), Exp: x.clock.Now().Add(time.Minute).Unix(),
				User: map[string]any{"uuid": "u7", "email": "eva@example.org"},
			}
			if change != nil {
				change(&c)
			}
			text, err := jwt.Sign([]byte(key), c)
			x.must(err)
			return origin + "/auth/token?external-auth-token=" + text
		}
		if a := x.get(good(nil)); a.status != 404 {
			t.Errorf("without a key: %d", a.status)
		}
		x.settings(`{"publicala":{"external_auth_key":"` + key + `","external_auth_issuer":"my-store"}}`)
		first := good(nil)
		if a := x.do(httptest.NewRequest("HEAD", first, nil)); a.status != 200 || a.header.Get("Set-Cookie") != "" {
			t.Errorf("HEAD: %d", a.status)
		}
		a := x.get(first)
		cookie := a.header.Get("Set-Cookie")
		if a.status != 302 || a.to() != origin+"/my" || !strings.HasPrefix(cookie, "purvey_my=") || !strings.Contains(cookie, "Path=/my") || !strings.Contains(cookie, "HttpOnly") {
			t.Fatalf("%d %s %q", a.status, a.to(), cookie)
		}
		text, _, _ := strings.Cut(strings.TrimPrefix(cookie, "purvey_my="), ";")
		if s, err := x.auth.Session(t.Context(), x.shop.ID, text); err != nil || s.Email != "eva@example.org" {
			t.Errorf("%+v, %v", s, err)
		}
		if c, err := x.orders.CustomerByExternalID(t.Context(), purvey.Scope{ShopID: x.shop.ID, Mode: purvey.Live}, "u7"); err != nil || c.Email != "eva@example.org" {
			t.Errorf("%+v, %v", c, err)
		}
		if a := x.get(first); a.status != 403 || a.header.Get("Set-Cookie") != "" {
			t.Errorf("a second time: %d", a.status)
		}
		x.settings(`{"publicala":{"redirect_url":"https://store.example/sorry"}}`)
		for why, address := range map[string]string{
			"replayed": first,
			"expired":  good(func(c *token) { c.Exp = x.clock.Now().Unix() }),
			"invalid":  good(nil) + "x",
		} {
			if a := x.get(address); a.status != 302 || a.to() != "https://store.example/sorry?error="+why || a.header.Get("Set-Cookie") != "" {
				t.Errorf("%s: %d %s", why, a.status, a.to())
			}
		}
		scope := purvey.Scope{ShopID: x.shop.ID, Mode: purvey.Live}
		eva, err := x.orders.CustomerByExternalID(t.Context(), scope, "u7")
		x.must(err)
		x.must(x.orders.DeactivateCustomer(t.Context(), scope, eva.ID, true))
		if a := x.get(good(nil)); a.status != 302 || a.to() != "https://store.example/sorry?error=invalid" || a.header.Get("Set-Cookie") != "" {
			t.Errorf("deactivated: %d %s", a.status, a.to())
		}
		x.must(x.orders.DeactivateCustomer(t.Context(), scope, eva.ID, false))
		for name, change := range map[string]func(c *token){
			"issuer": func(c *token) { c.Iss = "other" }, "ours": func(c *token) { c.Iss = "purvey" }, "audience": func(c *token) { c.Aud = "x" },
			"subject": func(c *token) { c.Sub = "admin" }, "no id": func(c *token) { c.Jti = "" }, "long": func(c *token) { c.Exp += 3600 },
			"no user": func(c *token) { c.User = nil }, "address": func(c *token) { c.User["email"] = "eva" }, "no end": func(c *token) { c.Exp = 0 },
			"another user's address": func(c *token) { c.User["uuid"] = "u8" },
		} {
			a := x.get(good(change))
			if a.status != 302 || !strings.HasPrefix(a.to(), "https://store.example/sorry?error=") || a.header.Get("Set-Cookie") != "" {
				t.Errorf("%s: %d %s", name, a.status, a.to())
			}
		}
		for _, aud := range []any{"a\x00b", []string{"\x00"}, 5, nil} {
			if a := x.get(good(func(c *token) { c.Aud = aud })); a.status != 302 || !strings.HasSuffix(a.to(), "error=invalid") {
				t.Errorf("%v: %d %s", aud, a.status, a.to())
			}
		}
		for _, text := range []string{"", "x", "a.b.c", "%00"} {
			if a := x.get(origin + "/auth/token?external-auth-token=" + text); a.status != 302 || !strings.HasSuffix(a.to(), "error=invalid") {
				t.Errorf("%q: %d %s", text, a.status, a.to())
			}
		}
		if a := x.post(origin+"/gateways/%00/stripe", "{}"); a.status != 404 {
			t.Error(a.status)
		}
		for want, to := range map[string]string{
			"/my/x?y=1": origin + "/my/x?y=1", origin + "/d/abc": origin + "/d/abc", "https://evil.example/": origin + "/my", "//evil.example/x": origin + "/my",
			`/\evil.example`: origin + "/my", "javascript:alert(1)": origin + "/my", "https://pay.example@evil.example/": origin + "/my", "d/x": origin + "/my",
		} {
			if a := x.get(good(func(c *token) { c.URL = want })); a.to() != to {
				t.Errorf("%s leads to %s", want, a.to())
			}
		}
		// The other ways to bring it.
		bare := func() string {
			return query(t, good(func(c *token) { c.Aud = []string{"farfalla", "x"} })).Get("external-auth-token")
		}
		r := httptest.NewRequest("POST", origin+"/auth/token", nil)
		r.Header.Set("External-Auth-Token", bare())
		if a := x.do(r); a.to() != origin+"/my" {
			t.Errorf("header: %d", a.status)
		}
		r = httptest.NewRequest("GET", origin+"/auth/token", nil)
		r.AddCookie(&http.Cookie{Name: "external-auth-token", Value: bare()})
		if a := x.do(r); a.to() != origin+"/my" {
			t.Errorf("cookie: %d", a.status)
		}
		if a := x.post(origin+"/auth/token", "external-auth-token="+bare()); a.to() != origin+"/my" {
			t.Errorf("form: %d", a.status)
		}
	})
}

// PUB-36: sales that nobody pays end, after the time that the shop gives.
func TestPUB36_Age(t *testing.T) {
	t.Parallel()
	each(t, func(x *till) {
		o := x.sale(purvey.Sandbox, 100)
		x.clock.Advance(24*time.Hour - time.Second)
		late := x.sale(purvey.Live, 100)
		x.must(x.checkout.Sweep(t.Context()))
		if x.state(o) != purvey.PublishedPending {
			t.Error("ended too early")
		}
		x.clock.Advance(time.Second)
		for range 2 {
			x.must(x.checkout.Sweep(t.Context()))
			if x.state(o) != purvey.PublishedCancelled || x.state(late) != purvey.PublishedPending {
				t.Errorf("%s, %s", x.state(o), x.state(late))
			}
		}
	})
}
