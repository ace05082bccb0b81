package checkout_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"purvey"
	"purvey/internal/order"
)

// vendor answers as Stripe and Mercado Pago do, as far as their documentation
// says: it keeps sessions and payments, and the test moves them.
type vendor struct {
	t   *testing.T
	url string

	mu       sync.Mutex
	sessions map[string]map[string]any // Stripe's, by id
	once     map[string]string         // session id by idempotency key
	wants    map[string]map[string]any // Mercado Pago's preferences, by id
	pays     []map[string]any          // and payments
	calls    []string
	down     bool
	again    vendorPlans
}

func newVendor(t *testing.T) *vendor {
	v := &vendor{t: t, sessions: map[string]map[string]any{}, once: map[string]string{}, wants: map[string]map[string]any{}, again: newVendorPlans()}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/checkout/sessions", v.create)
	mux.HandleFunc("GET /v1/checkout/sessions/{id}", v.retrieve)
	mux.HandleFunc("POST /v1/checkout/sessions/{id}/expire", v.expire)
	mux.HandleFunc("POST /checkout/preferences", v.prefer)
	mux.HandleFunc("PUT /checkout/preferences/{id}", v.change)
	mux.HandleFunc("GET /v1/payments/search", v.search)
	mux.HandleFunc("GET /v1/payments/{id}", v.payment)
	v.routesPlans(mux)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.calls = append(v.calls, r.Method+" "+r.URL.Path)
		if v.down {
			http.Error(w, `{"error":{"type":"api_error","message":"down"}}`, http.StatusInternalServerError)
			return
		}
		if key := r.Header.Get("Authorization"); key != "Bearer sk_test_1" && key != "Bearer APP_USR-1" {
			http.Error(w, `{"error":{"type":"invalid_request_error"}}`, http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	v.url = server.URL
	return v
}

func (v *vendor) write(w http.ResponseWriter, x any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(x)
}

func (v *vendor) create(w http.ResponseWriter, r *http.Request) {
	form := func(name string) string { return r.PostFormValue(name) }
	amount, err := strconv.Atoi(form("line_items[0][price_data][unit_amount]"))
	months := form("line_items[0][price_data][recurring][interval_count]")
	if err != nil || form("mode") != "payment" && (form("mode") != "subscription" || months == "") || form("line_items[0][price_data][product_data][name]") == "" || form("success_url") == "" {
		http.Error(w, `{"error":{"type":"invalid_request_error"}}`, http.StatusBadRequest)
		return
	}
	key := r.Header.Get("Idempotency-Key")
	id, ok := v.once[key]
	if !ok {
		id = fmt.Sprintf("cs_test_%d", len(v.sessions)+1)
		v.once[key] = id
		v.sessions[id] = map[string]any{
			"id": id, "object": "checkout.session", "url": "https://checkout.stripe.example/c/" + id, "status": "open", "payment_status": "unpaid",
			"amount_total": amount, "currency": form("line_items[0][price_data][currency]"), "client_reference_id": form("client_reference_id"),
			"success_url": form("success_url"), "cancel_url": form("cancel_url"), "customer_email": form("customer_email"), "months": months,
			"payment_intent": nil,
		}
		if months == "" {
			v.again.intents["pi_"+id] = map[string]any{"id": "pi_" + id, "object": "payment_intent", "metadata": map[string]any{"order": form("payment_intent_data[metadata][order]")}}
			v.sessions[id]["payment_intent"] = "pi_" + id
		} else {
			sub := "sub_" + id
			v.again.subs[sub] = map[string]any{
				"id": sub, "object": "subscription", "status": "active", "metadata": map[string]any{"order": form("subscription_data[metadata][order]")},
			}
			v.sessions[id]["subscription"], v.sessions[id]["invoice"] = sub, "in_"+id
			v.invoice(sub, "in_"+id, "subscription_create", "paid", amount, time.Time{})
		}
	}
	v.write(w, v.sessions[id])
}

func (v *vendor) retrieve(w http.ResponseWriter, r *http.Request) {
	s, ok := v.sessions[r.PathValue("id")]
	if !ok {
		http.Error(w, `{"error":{"type":"invalid_request_error"}}`, http.StatusNotFound)
		return
	}
	v.write(w, s)
}

func (v *vendor) expire(w http.ResponseWriter, r *http.Request) {
	s := v.sessions[r.PathValue("id")]
	if s["status"] != "open" {
		w.WriteHeader(http.StatusBadRequest)
		v.write(w, map[string]any{"error": map[string]any{"type": "invalid_request_error"}})
		return
	}
	s["status"] = "expired"
	v.write(w, s)
}

func (v *vendor) prefer(w http.ResponseWriter, r *http.Request) {
	var in map[string]any
	if json.NewDecoder(r.Body).Decode(&in) != nil {
		http.Error(w, "{}", http.StatusBadRequest)
		return
	}
	id := fmt.Sprintf("pref-%d", len(v.wants)+1)
	in["id"], in["init_point"] = id, "https://www.mercadopago.example/checkout/v1/redirect?pref_id="+id
	v.wants[id] = in
	w.WriteHeader(http.StatusCreated)
	v.write(w, in)
}

func (v *vendor) change(w http.ResponseWriter, r *http.Request) {
	p, ok := v.wants[r.PathValue("id")]
	if !ok {
		http.Error(w, "{}", http.StatusNotFound)
		return
	}
	p["ended"] = true
	v.write(w, p)
}

func (v *vendor) search(w http.ResponseWriter, r *http.Request) {
	found := []map[string]any{}
	if r.URL.Query().Get("range") != "" {
		v.changed(w, r)
		return
	}
	for _, p := range v.pays {
		if p["external_reference"] == r.URL.Query().Get("external_reference") {
			found = append([]map[string]any{p}, found...)
		}
	}
	v.write(w, map[string]any{"results": found, "paging": map[string]any{"total": len(found)}})
}

func (v *vendor) payment(w http.ResponseWriter, r *http.Request) {
	for _, p := range v.pays {
		if fmt.Sprint(p["id"]) == r.PathValue("id") {
			v.write(w, p)
			return
		}
	}
	http.Error(w, "{}", http.StatusNotFound)
}

// set changes a session of Stripe's.
func (v *vendor) set(id string, more map[string]any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for name, value := range more {
		v.sessions[id][name] = value
	}
}

// pay adds a payment at Mercado Pago.
func (v *vendor) pay(o purvey.Order, id int, status string, amount float64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.pays = append(v.pays, map[string]any{
		"id": id, "status": status, "external_reference": o.UUID, "transaction_amount": amount, "currency_id": "ARS",
	})
}

func (v *vendor) session(id string) map[string]any {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.sessions[id]
}

func (v *vendor) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.sessions) + len(v.wants)
}

func (v *vendor) breakDown(down bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.down = down
}

func mac(secret, text string) string {
	m := hmac.New(sha256.New, []byte(secret))
	_, _ = io.WriteString(m, text)
	return hex.EncodeToString(m.Sum(nil))
}

// stripeNotice signs an event as Stripe does.
func (x *till) stripeNotice(secret string, at time.Time, uuid string) answer {
	body := `{"id":"evt_1","object":"event","type":"checkout.session.completed","api_version":"2020-08-27","data":{"object":{"id":"cs","client_reference_id":"` + uuid + `"}}}`
	r := httptest.NewRequest("POST", origin+"/gateways/default/stripe", strings.NewReader(body))
	ts := strconv.FormatInt(at.Unix(), 10)
	r.Header.Set("Stripe-Signature", "t="+ts+",v1="+mac(secret, ts+"."+body))
	return x.do(r)
}

// mercadoNotice signs a notification as Mercado Pago does.
func (x *till) mercadoNotice(secret string, at time.Time, payment string) answer {
	r := httptest.NewRequest("POST", origin+"/gateways/default/mercadopago?data.id="+payment+"&type=payment",
		strings.NewReader(`{"action":"payment.updated","data":{"id":"`+payment+`"}}`))
	ts := strconv.FormatInt(at.UnixMilli(), 10)
	r.Header.Set("X-Request-Id", "req-1")
	r.Header.Set("X-Signature", "ts="+ts+",v1="+mac(secret, "id:"+payment+";request-id:req-1;ts:"+ts+";"))
	return x.do(r)
}

// PUB-16: Stripe: session, return, notification, sweep.
func TestPUB16_Stripe(t *testing.T) {
	t.Parallel()
	each(t, func(x *till) {
		v := newVendor(t)
		x.settings(`{"gateways":{"live":"stripe","stripe":{"secret_key":"sk_test_1","webhook_secret":"whsec_1","api_base":"` + v.url + `"}}}`)
		begin := func() (purvey.Order, string) {
			o := x.sale(purvey.Live, 1050)
			page := x.get(x.link(o)).to()
			a := x.get(page)
			id := fmt.Sprintf("cs_test_%d", v.count())
			if a.status != 303 || a.to() != "https://checkout.stripe.example/c/"+id {
				t.Fatalf("%d %s %s", a.status, a.to(), a.body)
			}
			if again := x.get(page); again.to() != a.to() {
				t.Errorf("a second session: %s", again.to())
			}
			return o, id
		}
		back := func(id, kind string) answer { return x.get(v.session(id)[kind].(string)) }
		paid := map[string]any{"status": "complete", "payment_status": "paid"}

		o, id := begin()
		if s := v.session(id); s["amount_total"] != 1050 || s["currency"] != "ars" || s["client_reference_id"] != o.UUID || s["customer_email"] != "ana@example.org" {
			t.Errorf("%v", s)
		}
		// The browser says that all went well; the gateway does not.
		if a := back(id, "success_url"); query(t, a.to()).Get("status") != "pending" || x.state(o) != purvey.PublishedPending {
			t.Errorf("%s", a.to())
		}
		v.set(id, paid)
		if a := back(id, "success_url"); a.status != 303 || query(t, a.to()).Get("status") != "approved" || x.state(o) != purvey.PublishedApproved {
			t.Errorf("%s: %s", a.to(), x.state(o))
		}

		o, id = begin() // told by a notification, twice; what it says itself is not believed
		if a := x.stripeNotice("whsec_1", x.clock.Now(), o.UUID); a.status != 200 || x.state(o) != purvey.PublishedPending {
			t.Errorf("%d %s", a.status, x.state(o))
		}
		v.set(id, paid)
		for _, bad := range []answer{x.stripeNotice("whsec_2", x.clock.Now(), o.UUID), x.stripeNotice("whsec_1", x.clock.Now().Add(-time.Hour), o.UUID)} {
			if bad.status != 401 || x.state(o) != purvey.PublishedPending {
				t.Errorf("%d %s", bad.status, x.state(o))
			}
		}
		for range 2 {
			if a := x.stripeNotice("whsec_1", x.clock.Now(), o.UUID); a.status != 200 || x.state(o) != purvey.PublishedApproved {
				t.Errorf("%d %s", a.status, x.state(o))
			}
		}
		if a := x.stripeNotice("whsec_1", x.clock.Now(), "unknown"); a.status != 200 {
			t.Error(a.status)
		}

		o, id = begin() // the customer turns back
		if a := back(id, "cancel_url"); query(t, a.to()).Get("status") != "cancelled" || v.session(id)["status"] != "expired" || x.state(o) != purvey.PublishedCancelled {
			t.Errorf("%s %v", a.to(), v.session(id))
		}
		o, id = begin() // turns back, but had paid
		v.set(id, paid)
		if a := back(id, "cancel_url"); query(t, a.to()).Get("status") != "approved" || x.state(o) != purvey.PublishedApproved {
			t.Errorf("%s", a.to())
		}
		o, id = begin() // another amount is no payment
		v.set(id, map[string]any{"status": "complete", "payment_status": "paid", "amount_total": 5})
		if a := back(id, "success_url"); query(t, a.to()).Get("status") != "pending" || x.state(o) != purvey.PublishedPending {
			t.Errorf("%s", a.to())
		}
		v.set(id, map[string]any{"amount_total": 1050})
		o2, id2 := begin() // no event told of these two
		v.set(id2, map[string]any{"status": "complete"})
		for range 2 {
			x.must(x.checkout.Sweep(t.Context()))
			if x.state(o) != purvey.PublishedApproved || x.state(o2) != purvey.PublishedPending {
				t.Errorf("%s, %s", x.state(o), x.state(o2))
			}
		}
		o3, id3 := begin()
		x.clock.Advance(25 * time.Hour)
		x.must(x.checkout.Sweep(t.Context()))
		if x.state(o2) != purvey.PublishedPending || x.state(o3) != purvey.PublishedCancelled || v.session(id3)["status"] != "expired" {
			t.Errorf("money on its way: %s; given up: %s", x.state(o2), x.state(o3))
		}
		v.breakDown(true)
		o = x.sale(purvey.Live, 100)
		if a := x.get(x.get(x.link(o)).to()); a.status != 503 || x.state(o) != purvey.PublishedPending {
			t.Errorf("%d", a.status)
		}
		if a := x.get(x.get(x.link(x.sale(purvey.Live, 0))).to()); query(t, a.to()).Get("status") != "approved" {
			t.Errorf("a sale of nothing: %d %s", a.status, a.to())
		}
	})
}

// PUB-16: Mercado Pago: preference, return, notification, sweep.
func TestPUB16_MercadoPago(t *testing.T) {
	t.Parallel()
	each(t, func(x *till) {
		v := newVendor(t)
		x.settings(`{"gateways":{"live":"mercadopago","mercadopago":{"access_token":"APP_USR-1","webhook_secret":"s1","api_base":"` + v.url + `"}}}`)
		begin := func() (purvey.Order, map[string]any) {
			o := x.sale(purvey.Live, 1050)
			a := x.get(x.get(x.link(o)).to())
			id := fmt.Sprintf("pref-%d", v.count())
			if a.status != 303 || !strings.HasSuffix(a.to(), "pref_id="+id) {
				t.Fatalf("%d %s %s", a.status, a.to(), a.body)
			}
			v.mu.Lock()
			defer v.mu.Unlock()
			return o, v.wants[id]
		}
		back := func(p map[string]any, kind string) answer {
			return x.get(p["back_urls"].(map[string]any)[kind].(string))
		}

		o, p := begin()
		item := p["items"].([]any)[0].(map[string]any)
		if item["unit_price"] != 10.5 || item["currency_id"] != "ARS" || item["quantity"] != 1.0 || p["external_reference"] != o.UUID ||
			p["notification_url"] != origin+"/gateways/default/mercadopago" {
			t.Errorf("%v", p)
		}
		v.pay(o, 1, "rejected", 10.5) // a try that was refused ends nothing
		if a := x.mercadoNotice("s1", x.clock.Now(), "1"); a.status != 200 || x.state(o) != purvey.PublishedPending {
			t.Errorf("%d %s", a.status, x.state(o))
		}
		v.pay(o, 2, "approved", 10.5)
		for _, bad := range []answer{x.mercadoNotice("s2", x.clock.Now(), "2"), x.mercadoNotice("s1", x.clock.Now().Add(time.Hour), "2")} {
			if bad.status != 401 || x.state(o) != purvey.PublishedPending {
				t.Errorf("%d %s", bad.status, x.state(o))
			}
		}
		for range 2 {
			if a := x.mercadoNotice("s1", x.clock.Now(), "2"); a.status != 200 || x.state(o) != purvey.PublishedApproved {
				t.Errorf("%d %s", a.status, x.state(o))
			}
		}
		o, p = begin()
		v.pay(o, 3, "in_process", 10.5)
		if a := back(p, "pending"); query(t, a.to()).Get("status") != "pending" {
			t.Error(a.to())
		}
		x.clock.Advance(25 * time.Hour) // a ticket may be paid days later
		x.must(x.checkout.Sweep(t.Context()))
		if x.state(o) != purvey.PublishedPending {
			t.Error(x.state(o))
		}
		v.pay(o, 4, "approved", 10.5)
		x.must(x.checkout.Sweep(t.Context()))
		if x.state(o) != purvey.PublishedApproved {
			t.Error(x.state(o))
		}
		o, p = begin()
		v.pay(o, 5, "rejected", 10.5)
		if a := back(p, "failure"); query(t, a.to()).Get("status") != "cancelled" || x.state(o) != purvey.PublishedCancelled || p["ended"] != true {
			t.Errorf("%s %v", a.to(), p)
		}
		o, p = begin()
		v.pay(o, 6, "approved", 1.5)
		if a := back(p, "success"); query(t, a.to()).Get("status") != "pending" || x.state(o) != purvey.PublishedPending {
			t.Errorf("another amount: %s", a.to())
		}
		if a := x.post(origin+"/gateways/default/paypal", ""); a.status != 404 {
			t.Error(a.status)
		}
		if a := x.post(origin+"/gateways/nobody/stripe", ""); a.status != 404 {
			t.Error(a.status)
		}
		if a := x.post(origin+"/gateways/default/stripe", "{}"); a.status != 401 { // no secret is set
			t.Error(a.status)
		}
	})
}

// PUB-16: of many who open the page at once, one begins the session; a gateway
// that failed is asked again at once.
func TestPUB16_OneSession(t *testing.T) {
	t.Parallel()
	each(t, func(x *till) {
		v := newVendor(t)
		x.settings(`{"gateways":{"live":"mercadopago","mercadopago":{"access_token":"APP_USR-1","webhook_secret":"s1","api_base":"` + v.url + `"}}}`)
		page := x.get(x.link(x.sale(purvey.Live, 1050))).to()
		v.breakDown(true)
		if a := x.get(page); a.status != 503 || a.header.Get("Retry-After") == "" {
			t.Errorf("%d", a.status)
		}
		v.breakDown(false)
		var opened sync.WaitGroup
		got := make([]answer, 8)
		for i := range got {
			opened.Go(func() { got[i] = x.get(page) })
		}
		opened.Wait()
		for _, a := range got {
			if a.status != 303 && a.status != 503 {
				t.Errorf("%d", a.status)
			}
		}
		if a := x.get(page); a.status != 303 || v.count() != 1 {
			t.Errorf("%d, %d sessions", a.status, v.count())
		}
	})
}

// PUB-16, PUB-31: a session of an order that was ended is ended by the sweep;
// what was paid in it before is noted, and the order stays as it is.
func TestPUB16_Left(t *testing.T) {
	t.Parallel()
	each(t, func(x *till) {
		v := newVendor(t)
		x.settings(`{"gateways":{"live":"stripe","stripe":{"secret_key":"sk_test_1","webhook_secret":"whsec_1","api_base":"` + v.url + `"}}}`)
		scope := purvey.Scope{ShopID: x.shop.ID, Mode: purvey.Live}
		for i, paid := range []bool{false, true} {
			o := x.sale(purvey.Live, 1050)
			x.get(x.get(x.link(o)).to())
			id := fmt.Sprintf("cs_test_%d", i+1)
			if _, err := x.orders.End(t.Context(), scope, o.ID, order.Ending{Zone: time.UTC}); err != nil {
				t.Fatal(err)
			}
			want := purvey.PaymentDeclined
			if paid {
				want = purvey.PaymentStray
				v.set(id, map[string]any{"status": "complete", "payment_status": "paid"})
			}
			for range 2 {
				x.must(x.checkout.Sweep(t.Context()))
			}
			payments, err := x.db.PaymentsOfOrder(t.Context(), o.ID)
			x.must(err)
			if len(payments) != 1 || payments[0].State != want || x.state(o) != purvey.PublishedCancelled || !paid && v.session(id)["status"] != "expired" {
				t.Errorf("%+v, %s, %v", payments, x.state(o), v.session(id))
			}
		}
	})
}
