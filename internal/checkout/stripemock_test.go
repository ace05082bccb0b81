package checkout

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v85/webhook"

	"purvey"
	"purvey/internal/blob"
	"purvey/internal/catalog"
	"purvey/internal/keyring"
	"purvey/internal/order"
	"purvey/internal/shop"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

// startStripeMock runs Stripe's own stripe-mock until the test is over, and
// gives its address. It refuses a request that Stripe's schema does not know,
// answers others with examples, and keeps nothing.
func startStripeMock(t *testing.T) string {
	t.Helper()
	cmd := exec.Command(filepath.Join("..", "..", "scripts", "stripe-mock"), "run", "127.0.0.1:0")
	var why bytes.Buffer
	cmd.Stderr = &why
	alive, err := cmd.StdinPipe() // the server ends when this is closed, also by our death
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address, ended := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if a, ok := strings.CutPrefix(lines.Text(), "Listening for HTTP at address: "); ok {
				address <- a
				break
			}
		}
		_, _ = io.Copy(io.Discard, out) // it tells of every request
		_ = cmd.Wait()                  // it was killed
	}()
	t.Cleanup(func() {
		alive.Close()
		<-ended
	})
	select {
	case a := <-address:
		return "http://" + a
	case <-ended:
		t.Fatalf("stripe-mock does not start: run scripts/stripe-mock build\n%s", why.String())
		return ""
	}
}

// call is a request that the gateway made.
type call struct {
	method string
	url    url.URL
	header http.Header
	form   url.Values // of the body or, without one, of the address
	status int
}

var idInPath = regexp.MustCompile(`/(cs|in|pi|sub)_\w+`)

func (c call) String() string {
	return c.method + " " + idInPath.ReplaceAllString(c.url.Path, "/{id}")
}

// send makes the request again with another form, and gives the status.
func (c call) send(t *testing.T, form url.Values) int {
	t.Helper()
	var body io.Reader
	if c.method == http.MethodPost {
		body = strings.NewReader(form.Encode())
	} else {
		c.url.RawQuery = form.Encode()
	}
	r, err := http.NewRequestWithContext(t.Context(), c.method, c.url.String(), body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = c.header
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	a.Body.Close()
	return a.StatusCode
}

// wire notes what goes over it.
type wire struct {
	mu    sync.Mutex
	calls []call
}

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	c := call{method: r.Method, url: *r.URL, header: r.Header.Clone()}
	text := r.URL.RawQuery
	if r.Method == http.MethodPost {
		var b []byte
		if r.Body != nil {
			var err error
			if b, err = io.ReadAll(r.Body); err != nil {
				return nil, err
			}
			r = r.Clone(r.Context())
			r.Body = io.NopCloser(bytes.NewReader(b))
		}
		text = string(b)
	}
	var err error
	if c.form, err = url.ParseQuery(text); err != nil {
		return nil, err
	}
	a, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		c.status = a.StatusCode
		w.mu.Lock()
		defer w.mu.Unlock()
		w.calls = append(w.calls, c)
	}
	return a, err
}

// took gives the calls since it was last asked, and fails for one that was
// refused.
func (w *wire) took(t *testing.T) []call {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	calls := w.calls
	w.calls = nil
	for _, c := range calls {
		if c.status/100 != 2 {
			t.Errorf("Stripe's schema does not take %s %v: %d", c, c.form, c.status)
		}
	}
	return calls
}

// counter is a shop that takes live payments at stripe-mock.
type counter struct {
	*testing.T
	db      *store.DB
	service *Service
	orders  *order.Service
	goods   *catalog.Service
	wire    *wire
	shop    purvey.Shop
}

func newCounter(t *testing.T, db *store.DB, address string) *counter {
	t.Helper()
	keys := keyring.Open(make([]byte, keyring.RootSize))
	shops, w := shop.New(db, keys), &wire{}
	x := &counter{T: t, db: db, wire: w, orders: order.New(db, order.Options{PageURL: func(purvey.Shop, purvey.Order) string { return "https://shop.example" }})}
	x.service = New(db, x.orders, keys, Options{
		Origin: "https://shop.example", Secret: shops.Secret, Client: &http.Client{Transport: w, Timeout: gatewayTimeout}, Log: slog.New(slog.DiscardHandler),
	})
	bucket, err := blob.OpenDir(t.TempDir())
	x.must(err)
	x.goods = catalog.New(db, bucket, catalog.Options{})
	x.shop, err = shops.EnsureDefault(t.Context())
	x.must(err)
	x.must(shops.Patch(t.Context(), x.shop.ID, []byte(`{"gateways":{"live":"stripe","stripe":{"secret_key":"sk_test_1","webhook_secret":"whsec_1","api_base":"`+address+`"}}}`)))
	x.shop, err = shops.ByID(t.Context(), x.shop.ID)
	x.must(err)
	return x
}

func (x *counter) must(err error) {
	x.Helper()
	if err != nil {
		x.Fatal(err)
	}
}

// sale places a pending sale of a product that is made for it.
func (x *counter) sale(is catalog.Change) Sale {
	x.Helper()
	is.Name, is.Links = catalog.Set("All books, “new” & old"), catalog.Set([]purvey.ProductLink{{Name: "Read", URL: "https://example.com/all"}})
	product, err := x.goods.CreateProduct(x.Context(), x.shop, is)
	x.must(err)
	cents := int64(1050)
	o, err := x.orders.Publish(x.Context(), purvey.Scope{ShopID: x.shop.ID, Mode: purvey.Live}, order.Publication{
		Type: purvey.TypeSale, Reference: "ref/" + purvey.Secret(6), ReturnURL: "https://store.example/back", Price: &cents, Currency: "ARS",
		UserID: "u1", UserEmail: "ana@example.org", Items: []order.PublishedItem{{Price: &cents, Currency: "ARS"}},
	}, func(context.Context, int) (purvey.Product, error) { return product, nil })
	x.must(err)
	return Sale{x.shop, o}
}

// begin begins the sale's payment and gives the form that made its session.
func (x *counter) begin(sale Sale) url.Values {
	x.Helper()
	at, err := x.service.Begin(x.Context(), sale)
	x.must(err)
	calls := x.wire.took(x.T)
	if len(calls) != 1 || calls[0].String() != "POST /v1/checkout/sessions" || !strings.HasPrefix(at, "https://checkout.stripe.com/") {
		x.Fatalf("%v, then the customer is sent to %q", calls, at)
	}
	payments, err := x.db.PaymentsOfOrder(x.Context(), sale.Order.ID)
	x.must(err)
	if len(payments) != 1 || !strings.HasPrefix(payments[0].Reference, "cs_") || payments[0].URL != at {
		x.Errorf("payments: %+v", payments)
	}
	again, err := x.service.Begin(x.Context(), sale)
	x.must(err)
	if calls := x.wire.took(x.T); again != at || len(calls) != 0 {
		x.Errorf("begun again: %q, %v", again, calls)
	}
	return calls[0].form
}

// wants checks some of a form.
func (x *counter) wants(form url.Values, want map[string]string) {
	x.Helper()
	for name, value := range want {
		if form.Get(name) != value {
			x.Errorf("%s is %q, want %q", name, form.Get(name), value)
		}
	}
}

// made checks which requests something made, and that none was refused.
func (x *counter) made(want ...string) []call {
	x.Helper()
	calls := x.wire.took(x.T)
	var got []string
	for _, c := range calls {
		got = append(got, c.String())
	}
	if !slices.Equal(got, want) {
		x.Errorf("requests:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	return calls
}

// The addresses at Stripe that the gateway uses.
const (
	getSession      = "GET /v1/checkout/sessions/{id}"
	endSession      = "POST /v1/checkout/sessions/{id}/expire"
	getIntent       = "GET /v1/payment_intents/{id}"
	getSubscription = "GET /v1/subscriptions/{id}"
	setSubscription = "POST /v1/subscriptions/{id}"
	endSubscription = "DELETE /v1/subscriptions/{id}"
	listInvoices    = "GET /v1/invoices"
	listPayments    = "GET /v1/invoice_payments"
	listDisputes    = "GET /v1/disputes"
	listRefunds     = "GET /v1/refunds"
)

// PUB-16: live sales begin, are asked for and are given up at stripe-mock.
func TestPUB16_StripeMock(t *testing.T) {
	t.Parallel()
	address := startStripeMock(t)
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		x := newCounter(t, db, address)
		sale := x.sale(catalog.Change{})
		form := x.begin(sale)
		x.wants(form, map[string]string{
			"mode": "payment", "client_reference_id": sale.Order.UUID, "payment_intent_data[metadata][order]": sale.Order.UUID, "customer_email": "ana@example.org",
			"line_items[0][price_data][unit_amount]": "1050", "line_items[0][price_data][currency]": "ars",
			"line_items[0][price_data][product_data][name]": "All books, “new” & old",
		})
		// The example session is open and not paid.
		at, err := x.service.Return(t.Context(), sale, false)
		x.must(err)
		x.made(getSession)
		if !strings.Contains(at, "status=pending") {
			t.Error(at)
		}
		for range 2 { // a shop's second asking finds the sale over
			at, err = x.service.Return(t.Context(), sale, true)
			x.must(err)
			if !strings.Contains(at, "status=cancelled") {
				t.Error(at)
			}
		}
		x.made(getSession, endSession, getSession)

		plan := x.sale(catalog.Change{Kind: catalog.Set(purvey.KindSubscription), PeriodMonths: catalog.Set(3)})
		x.wants(x.begin(plan), map[string]string{
			"mode": "subscription", "subscription_data[metadata][order]": plan.Order.UUID,
			"line_items[0][price_data][recurring][interval]": "month", "line_items[0][price_data][recurring][interval_count]": "3",
		})

		// An event of a payment has Stripe asked for what it paid; the example is
		// of nobody here.
		for range 2 {
			signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{
				Payload: []byte(`{"id":"evt_1","object":"event","type":"charge.refunded","data":{"object":{"id":"ch_1","payment_intent":"pi_1"}}}`), Secret: "whsec_1", Timestamp: clock.Now(),
			})
			x.must(x.service.Notify(t.Context(), x.shop.Slug, Stripe, Notification{Header: http.Header{"Stripe-Signature": {signed.Header}}, Body: signed.Payload}))
			x.made(getIntent, listPayments)
		}
	})
}

// PUB-16, PUB-34: every request of the gateway fits Stripe's schema, and one
// that is spoiled does not.
func TestPUB16_StripeSchema(t *testing.T) {
	t.Parallel()
	address, w, ctx := startStripeMock(t), &wire{}, t.Context()
	x := &counter{T: t, wire: w}
	g := newStripe(&http.Client{Transport: w, Timeout: gatewayTimeout}, address+"/", "sk_test_1", "whsec_1", storetest.NewClock().Now)
	o := purvey.Order{UUID: newUUID(), Name: "#1", TotalCents: 1050, Currency: "USD"}
	o.Customer.Email = "ana@example.org"
	first, renewal := purvey.Payment{Kind: purvey.PaymentFirst, Reference: "cs_1"}, purvey.Payment{Kind: purvey.PaymentRenewal, Reference: "in_1"}
	var all []call
	made := func(want ...string) { t.Helper(); all = append(all, x.made(want...)...) }

	for _, months := range []int{0, 1, maxStripeMonths} {
		reference, at, err := g.begin(ctx, offer{id: newUUID(), order: o, months: months, title: "A book", success: "https://shop.example/a?b=c", canceled: "https://shop.example/", expires: g.now()})
		x.must(err)
		if u, err := url.Parse(at); err != nil || u.Scheme != "https" || !strings.HasPrefix(reference, "cs_") {
			t.Errorf("%q at %q", reference, at)
		}
		made("POST /v1/checkout/sessions")
	}
	is, err := g.ask(ctx, o, first)
	x.must(err)
	if is.state != purvey.PaymentOpen {
		t.Errorf("the example session: %+v", is)
	}
	made(getSession)
	x.must(g.end(ctx, first))
	made(endSession)
	_, over, err := g.charges(ctx, o, purvey.Subscription{Reference: "sub_1"})
	x.must(err)
	if over {
		t.Error("the example subscription is over")
	}
	made(getSubscription, listInvoices)
	for to, want := range map[purvey.SubscriptionState]string{
		purvey.SubscriptionPaused: setSubscription, purvey.SubscriptionRunning: setSubscription, purvey.SubscriptionEnded: endSubscription,
	} {
		x.must(g.steer(ctx, "sub_1", to))
		made(want)
	}
	after, err := g.after(ctx, o, first)
	x.must(err)
	if after.refunded || after.lost {
		t.Errorf("the example payment: %+v", after)
	}
	made(getSession, getIntent, listDisputes)
	_, err = g.after(ctx, o, renewal)
	x.must(err)
	made(listPayments)
	_, err = g.changed(ctx, g.now().Add(-time.Hour), g.now())
	x.must(err)
	since := x.made(listRefunds, listDisputes, listPayments) // an example has a payment, which is of nobody here
	for _, c := range since[:2] {
		x.wants(c.form, map[string]string{
			"created[gte]": fmt.Sprint(g.now().Add(-time.Hour).Unix()), "created[lt]": fmt.Sprint(g.now().Unix() + 1), "created[gt]": "", "limit": "100", "expand[0]": "data.payment_intent",
		})
	}
	all = append(all, since...)
	about, err := g.paidBy(ctx, "pi_1")
	x.must(err)
	if about.subscription == "" || !about.after {
		t.Errorf("the example invoice, expanded, names no subscription: %+v", about)
	}
	made(getIntent, listPayments)

	// What the schema is to refuse, in each request that has it.
	spoiled := map[string]int{
		"mode": 0, "expires_at": 0, "limit": 0, "line_items[0][quantity]": 0, "line_items[0][price_data][unit_amount]": 0,
		"line_items[0][price_data][recurring][interval]": 0, "line_items[0][price_data][recurring][interval_count]": 0,
		"pause_collection[behavior]": 0, "pause_collection": 0, "payment[type]": 0, "created[gte]": 0,
	}
	for _, c := range all {
		with := func(name, value string) int {
			form := url.Values{}
			for k, v := range c.form {
				form[k] = v
			}
			if name != "" {
				form.Set(name, value)
			}
			return c.send(t, form)
		}
		if got := with("", ""); got != http.StatusOK {
			t.Errorf("%s again: %d", c, got)
		}
		if got := with("no_such_parameter", "1"); got != http.StatusBadRequest {
			t.Errorf("%s with a parameter that does not exist: %d", c, got)
		}
		for name := range spoiled {
			if !c.form.Has(name) {
				continue
			}
			spoiled[name]++
			if got := with(name, "nonsense"); got != http.StatusBadRequest {
				t.Errorf("%s with a wrong %s: %d", c, name, got)
			}
		}
	}
	for name, n := range spoiled {
		if n == 0 {
			t.Errorf("no request says %s", name)
		}
	}

	// A refusal is an error that tells nothing of the key.
	g = newStripe(&http.Client{Transport: w, Timeout: gatewayTimeout}, address, "sk_wrong_key", "", g.now)
	_, _, err = g.begin(ctx, offer{id: newUUID(), order: o, title: "A book", success: "https://shop.example/", canceled: "https://shop.example/", expires: g.now()})
	if !errors.Is(err, purvey.Unavailable) || strings.Contains(err.Error(), "sk_wrong_key") {
		t.Errorf("a wrong key: %v", err)
	}
}
