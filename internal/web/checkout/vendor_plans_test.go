package checkout_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	"purvey"
)

// vendorPlans is what the vendors keep of what is paid again and again.
type vendorPlans struct {
	subs     map[string]map[string]any // Stripe's subscriptions, by id
	invoices []map[string]any
	intents  map[string]map[string]any
	disputes []map[string]any
	refunds  []map[string]any

	plans  map[string]map[string]any // Mercado Pago's preapprovals, by id
	debits []map[string]any          // and their payments
}

func newVendorPlans() vendorPlans {
	return vendorPlans{subs: map[string]map[string]any{}, intents: map[string]map[string]any{}, plans: map[string]map[string]any{}}
}

func (v *vendor) routesPlans(mux *http.ServeMux) {
	a := &v.again
	find := func(all map[string]map[string]any) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			x, ok := all[r.PathValue("id")]
			if !ok {
				w.WriteHeader(http.StatusNotFound)
				v.write(w, map[string]any{"error": map[string]any{"type": "invalid_request_error"}})
				return
			}
			v.write(w, x)
		}
	}
	list := func(all *[]map[string]any, by ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			found := []map[string]any{}
			for _, x := range *all {
				fits := true
				for _, name := range by {
					want := r.URL.Query().Get(name)
					fits = fits && (want == "" || fmt.Sprint(x[name]) == want)
				}
				if fits {
					found = append(found, x)
				}
			}
			v.write(w, map[string]any{"object": "list", "data": found, "has_more": false})
		}
	}
	mux.HandleFunc("GET /v1/subscriptions/{id}", find(a.subs))
	mux.HandleFunc("POST /v1/subscriptions/{id}", func(w http.ResponseWriter, r *http.Request) {
		s := a.subs[r.PathValue("id")]
		_ = r.ParseForm()
		switch {
		case r.PostForm.Get("pause_collection[behavior]") == "void":
			s["pause_collection"] = map[string]any{"behavior": "void"}
		case r.PostForm.Has("pause_collection"):
			s["pause_collection"] = nil
		}
		v.write(w, s)
	})
	mux.HandleFunc("DELETE /v1/subscriptions/{id}", func(w http.ResponseWriter, r *http.Request) {
		a.subs[r.PathValue("id")]["status"] = "canceled"
		v.write(w, a.subs[r.PathValue("id")])
	})
	mux.HandleFunc("GET /v1/invoices", list(&a.invoices, "subscription"))
	mux.HandleFunc("GET /v1/disputes", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("created[gte]") {
			v.created(w, r, a.disputes)
			return
		}
		list(&a.disputes, "payment_intent")(w, r)
	})
	mux.HandleFunc("GET /v1/refunds", func(w http.ResponseWriter, r *http.Request) { v.created(w, r, a.refunds) })
	mux.HandleFunc("GET /v1/payment_intents/{id}", find(a.intents))
	mux.HandleFunc("GET /v1/invoice_payments", func(w http.ResponseWriter, r *http.Request) {
		q, found := r.URL.Query(), []map[string]any{}
		for _, inv := range a.invoices {
			intent := "pi_" + inv["id"].(string)
			if q.Get("invoice") == inv["id"] || q.Get("payment[payment_intent]") == intent {
				found = append(found, map[string]any{
					"id": "inpay_" + intent, "object": "invoice_payment", "status": inv["status"], "invoice": inv,
					"payment": map[string]any{"type": "payment_intent", "payment_intent": intent},
				})
			}
		}
		v.write(w, map[string]any{"object": "list", "data": found, "has_more": false})
	})

	mux.HandleFunc("POST /preapproval", func(w http.ResponseWriter, r *http.Request) {
		var in map[string]any
		if json.NewDecoder(r.Body).Decode(&in) != nil || in["payer_email"] == "" || in["status"] != "pending" || in["back_url"] == "" {
			http.Error(w, "{}", http.StatusBadRequest)
			return
		}
		id := fmt.Sprintf("plan-%d", len(a.plans)+1)
		in["id"], in["init_point"] = id, "https://www.mercadopago.example/subscriptions/checkout?preapproval_id="+id
		a.plans[id] = in
		w.WriteHeader(http.StatusCreated)
		v.write(w, in)
	})
	mux.HandleFunc("GET /preapproval/{id}", find(a.plans))
	mux.HandleFunc("PUT /preapproval/{id}", func(w http.ResponseWriter, r *http.Request) {
		var in map[string]any
		if json.NewDecoder(r.Body).Decode(&in) != nil || a.plans[r.PathValue("id")]["status"] == "cancelled" {
			http.Error(w, "{}", http.StatusBadRequest)
			return
		}
		a.plans[r.PathValue("id")]["status"] = in["status"]
		v.write(w, a.plans[r.PathValue("id")])
	})
	mux.HandleFunc("GET /authorized_payments/search", func(w http.ResponseWriter, r *http.Request) {
		found := []map[string]any{}
		for _, x := range a.debits {
			if x["preapproval_id"] == r.URL.Query().Get("preapproval_id") {
				found = append([]map[string]any{x}, found...)
			}
		}
		offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
		v.write(w, map[string]any{"results": found[min(offset, len(found)):]})
	})
	mux.HandleFunc("GET /authorized_payments/{id}", func(w http.ResponseWriter, r *http.Request) {
		for _, x := range a.debits {
			if fmt.Sprint(x["id"]) == r.PathValue("id") {
				v.write(w, x)
				return
			}
		}
		http.Error(w, "{}", http.StatusNotFound)
	})
}

// invoice adds one of Stripe's, whose period begins at due, or changes it.
func (v *vendor) invoice(sub, id, reason, status string, amount int, due time.Time) {
	for _, x := range v.again.invoices {
		if x["id"] == id {
			x["status"] = status
			return
		}
	}
	v.again.invoices = append(v.again.invoices, map[string]any{
		"id": id, "object": "invoice", "billing_reason": reason, "status": status, "amount_paid": amount, "currency": "ars", "created": due.Unix() + 60,
		"subscription":       sub, // the test's own filter
		"status_transitions": map[string]any{"paid_at": due.Unix() + 3600},
		"parent":             map[string]any{"type": "subscription_details", "subscription_details": map[string]any{"subscription": sub}},
		"lines":              map[string]any{"object": "list", "data": []map[string]any{{"id": "il", "period": map[string]any{"start": due.Unix(), "end": due.Unix()}}}},
	})
	v.again.intents["pi_"+id] = map[string]any{"id": "pi_" + id, "object": "payment_intent", "metadata": map[string]any{}}
}

// bill is invoice, for tests.
func (v *vendor) bill(sub, id, status string, amount int, due time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.invoice(sub, id, "subscription_cycle", status, amount, due)
}

// debit adds a payment of a plan of Mercado Pago's.
func (v *vendor) debit(o purvey.Order, plan string, id int, status, payment string, amount float64, due time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.again.debits = append(v.again.debits, map[string]any{
		"id": id, "preapproval_id": plan, "status": status, "external_reference": o.UUID, "transaction_amount": amount, "currency_id": "ARS",
		"debit_date": due.UTC().Format("2006-01-02T15:04:05.000-0700"), "payment": map[string]any{"id": id * 10, "status": payment},
	})
}

// at reads a value of the vendor's.
func (v *vendor) at(all map[string]map[string]any, id, name string) any {
	v.mu.Lock()
	defer v.mu.Unlock()
	return all[id][name]
}

// put changes one.
func (v *vendor) put(all map[string]map[string]any, id, name string, value any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	all[id][name] = value
}

// stripeEvent signs an event about an object.
func (x *till) stripeEvent(kind, object string) answer {
	body := `{"id":"evt_1","object":"event","type":"` + kind + `","api_version":"2020-08-27","data":{"object":` + object + `}}`
	r := httptest.NewRequest("POST", origin+"/gateways/default/stripe", strings.NewReader(body))
	ts := strconv.FormatInt(x.clock.Now().Unix(), 10)
	r.Header.Set("Stripe-Signature", "t="+ts+",v1="+mac("whsec_1", ts+"."+body))
	return x.do(r)
}

// mercadoEvent signs a notification of a kind.
func (x *till) mercadoEvent(kind, id string) answer {
	r := httptest.NewRequest("POST", origin+"/gateways/default/mercadopago?data.id="+id+"&type="+kind, strings.NewReader(`{}`))
	ts := strconv.FormatInt(x.clock.Now().UnixMilli(), 10)
	r.Header.Set("X-Request-Id", "req-1")
	r.Header.Set("X-Signature", "ts="+ts+",v1="+mac("s1", "id:"+id+";request-id:req-1;ts:"+ts+";"))
	return x.do(r)
}
