package checkout_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/blob"
	"purvey/internal/catalog"
	"purvey/internal/order"
)

// plan makes the till sell a subscription by the month.
func (x *till) plan() {
	x.t.Helper()
	bucket, err := blob.OpenDir(x.t.TempDir())
	x.must(err)
	x.product, err = catalog.New(x.db, bucket, catalog.Options{}).CreateProduct(x.t.Context(), x.shop, catalog.Change{
		Name: catalog.Set("All books"), Kind: catalog.Set(purvey.KindSubscription), PeriodMonths: catalog.Set(1),
		Links: catalog.Set([]purvey.ProductLink{{Name: "Read", URL: "https://example.com/all"}}),
	})
	x.must(err)
}

func (x *till) now(o purvey.Order) purvey.Order {
	x.t.Helper()
	o, err := x.orders.Order(x.t.Context(), purvey.Scope{ShopID: o.ShopID, Mode: o.Mode}, o.ID)
	x.must(err)
	return o
}

// until is the last day that the order's first line is open on.
func (x *till) until(o purvey.Order) string {
	x.t.Helper()
	return x.now(o).Lines[0].ExpiresAt.Add(-1).Format(time.DateOnly)
}

// took tells of an order's renewals.
func (x *till) took(o purvey.Order) string {
	x.t.Helper()
	payments, err := x.db.PaymentsOfOrder(x.t.Context(), o.ID)
	x.must(err)
	var out []string
	for _, p := range payments {
		if p.Kind == purvey.PaymentRenewal {
			out = append(out, p.Reference+" "+string(p.State))
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func (x *till) sweep() {
	x.t.Helper()
	x.must(x.checkout.Sweep(x.t.Context()))
}

// PUB-34: Stripe renews a subscription by its events: repeated, shuffled or
// lost they give one payment for each period and one end.
func TestPUB34_StripeRenewals(t *testing.T) {
	t.Parallel()
	each(t, func(x *till) {
		v := newVendor(t)
		x.settings(`{"gateways":{"live":"stripe","stripe":{"secret_key":"sk_test_1","webhook_secret":"whsec_1","api_base":"` + v.url + `"}}}`)
		x.plan()
		scope := purvey.Scope{ShopID: x.shop.ID, Mode: purvey.Live}
		day := func(month time.Month, d int) time.Time { return time.Date(2031, month, d, 10, 0, 0, 0, time.UTC) }
		begin := func() (purvey.Order, string, string) {
			t.Helper()
			x.clock.Set(day(1, 31))
			o := x.sale(purvey.Live, 1050)
			x.get(x.get(x.link(o)).to())
			id := fmt.Sprintf("cs_test_%d", v.count())
			if s := v.session(id); s["months"] != "1" || s["amount_total"] != 1050 {
				t.Fatalf("%v", s)
			}
			v.set(id, map[string]any{"status": "complete", "payment_status": "paid"})
			x.get(v.session(id)["success_url"].(string))
			if x.state(o) != purvey.PublishedApproved || x.until(o) != "2031-02-28" {
				t.Fatalf("%s until %s", x.state(o), x.until(o))
			}
			return o, id, "sub_" + id
		}
		event := func(kind, invoice, sub string) {
			t.Helper()
			if a := x.stripeEvent(kind, `{"id":"`+invoice+`","object":"invoice","parent":{"subscription_details":{"subscription":"`+sub+`"}}}`); a.status != 200 {
				t.Errorf("%d %s", a.status, a.body)
			}
		}
		o, _, sub := begin()
		x.clock.Set(day(2, 28))
		event("invoice.paid", "in_lie", sub) // the gateway knows of none
		if x.took(o) != "" || x.until(o) != "2031-02-28" {
			t.Errorf("%s until %s", x.took(o), x.until(o))
		}
		v.bill(sub, "in_1", "open", 0, day(2, 28)) // the card was refused
		event("invoice.payment_failed", "in_1", sub)
		if x.took(o) != "in_1 open" || x.until(o) != "2031-02-28" || x.state(o) != purvey.PublishedApproved {
			t.Errorf("%s until %s, %s", x.took(o), x.until(o), x.state(o))
		}
		v.mu.Lock()
		v.again.invoices[len(v.again.invoices)-1]["amount_paid"] = 1050
		v.mu.Unlock()
		v.bill(sub, "in_1", "paid", 1050, day(2, 28))
		for range 3 {
			event("invoice.paid", "in_1", sub)
		}
		if x.took(o) != "in_1 paid" || x.until(o) != "2031-03-31" {
			t.Errorf("%s until %s", x.took(o), x.until(o))
		}
		// Older versions of the API name the subscription elsewhere.
		v.bill(sub, "in_2", "paid", 1050, day(3, 31))
		if a := x.stripeEvent("invoice.paid", `{"id":"in_2","subscription":"`+sub+`"}`); a.status != 200 || x.until(o) != "2031-04-30" {
			t.Errorf("%d until %s", a.status, x.until(o))
		}
		// Of these two no event tells; the sweep finds them.
		v.bill(sub, "in_4", "paid", 1050, day(5, 31))
		v.bill(sub, "in_3", "paid", 1050, day(4, 30))
		x.clock.Set(day(6, 1))
		for range 2 {
			x.sweep()
		}
		if x.took(o) != "in_1 paid, in_2 paid, in_3 paid, in_4 paid" || x.until(o) != "2031-06-30" {
			t.Errorf("%s until %s", x.took(o), x.until(o))
		}
		// A pause is told to the gateway, and so is its end; after it a period begins anew.
		change := func(to purvey.PublishedState) {
			t.Helper()
			if _, err := x.orders.ChangeLines(t.Context(), scope, o.ID, order.LineChange{Status: to}); err != nil {
				t.Fatal(err)
			}
			x.sweep()
		}
		if change(purvey.PublishedPaused); v.at(v.again.subs, sub, "pause_collection") == nil {
			t.Error("the gateway goes on in a pause")
		}
		if change(purvey.PublishedApproved); v.at(v.again.subs, sub, "pause_collection") != nil {
			t.Error("the gateway does not go on after a pause")
		}
		x.clock.Set(day(8, 31))
		v.bill(sub, "in_5", "paid", 1050, day(8, 31))
		event("invoice.paid", "in_5", sub)
		if x.until(o) != "2031-09-30" {
			t.Errorf("until %s", x.until(o))
		}
		// After an ending the gateway is stopped; what it took meanwhile is noted and moves nothing.
		if _, err := x.orders.End(t.Context(), scope, o.ID, order.Ending{Zone: time.UTC}); err != nil {
			t.Fatal(err)
		}
		v.bill(sub, "in_6", "paid", 1050, day(9, 30))
		x.sweep()
		if got := x.now(o).Lines[0]; v.at(v.again.subs, sub, "status") != "canceled" || !strings.HasSuffix(x.took(o), "in_6 stray") || x.until(o) != "2031-09-30" ||
			!got.EndsAt.Equal(time.Date(2031, 10, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%v, %s, until %s", v.at(v.again.subs, sub, "status"), x.took(o), x.until(o))
		}
		// A subscription that ends at the gateway leaves access until the end of what was paid.
		o, _, sub = begin()
		v.put(v.again.subs, sub, "status", "canceled")
		if a := x.stripeEvent("customer.subscription.deleted", `{"id":"`+sub+`","metadata":{"order":"`+o.UUID+`"}}`); a.status != 200 {
			t.Error(a.status)
		}
		s, err := x.db.Subscription(t.Context(), o.ID)
		if err != nil || s.State != purvey.SubscriptionEnded || x.state(o) != purvey.PublishedApproved || x.until(o) != "2031-02-28" {
			t.Errorf("%+v, %v, %s", s, err, x.state(o))
		}
		// Paid twice, in two sessions: the second is stray, and its subscription ends.
		o = x.sale(purvey.Live, 1050)
		page := x.get(x.link(o)).to()
		x.get(page)
		first := fmt.Sprintf("cs_test_%d", v.count())
		x.clock.Advance(24*time.Hour - time.Minute)
		x.get(x.get(x.link(o)).to())
		second := fmt.Sprintf("cs_test_%d", v.count())
		for _, id := range []string{first, second} {
			v.set(id, map[string]any{"status": "complete", "payment_status": "paid"})
		}
		for range 2 {
			x.sweep()
		}
		payments, err := x.db.PaymentsOfOrder(t.Context(), o.ID)
		if err != nil || len(payments) != 2 || payments[0].State != purvey.PaymentPaid || payments[1].State != purvey.PaymentStray ||
			v.at(v.again.subs, "sub_"+second, "status") != "canceled" || v.at(v.again.subs, "sub_"+first, "status") != "active" {
			t.Errorf("%+v, %v", payments, err)
		}
	})
}

// PUB-16: what becomes of money that was paid: a dispute closes the order while
// it is open, a lost one and a full refund take it back.
func TestPUB16_StripeDisputes(t *testing.T) {
	t.Parallel()
	each(t, func(x *till) {
		v := newVendor(t)
		x.settings(`{"gateways":{"live":"stripe","stripe":{"secret_key":"sk_test_1","webhook_secret":"whsec_1","api_base":"` + v.url + `"}}}`)
		books := x.product
		x.plan()
		plan := x.product
		begin := func(of purvey.Product) (purvey.Order, string) {
			t.Helper()
			x.product = of
			o := x.sale(purvey.Live, 1050)
			x.get(x.get(x.link(o)).to())
			id := fmt.Sprintf("cs_test_%d", v.count())
			v.set(id, map[string]any{"status": "complete", "payment_status": "paid"})
			x.get(v.session(id)["success_url"].(string))
			return o, id
		}
		tell := func(kind, intent string) {
			t.Helper()
			if a := x.stripeEvent(kind, `{"id":"x","payment_intent":"`+intent+`"}`); a.status != 200 {
				t.Errorf("%d %s", a.status, a.body)
			}
		}
		dispute := func(intent, status string) {
			v.mu.Lock()
			defer v.mu.Unlock()
			for _, d := range v.again.disputes {
				if d["payment_intent"] == intent {
					d["status"] = status
					return
				}
			}
			v.again.disputes = append(v.again.disputes, map[string]any{"id": "dp_" + intent, "object": "dispute", "payment_intent": intent, "status": status})
		}
		for _, of := range []purvey.Product{books, plan} {
			o, id := begin(of)
			intent := "pi_" + id
			if of.ID == plan.ID {
				intent = "pi_in_" + id
			}
			tell("charge.dispute.created", intent) // the gateway knows of none
			if x.state(o) != purvey.PublishedApproved {
				t.Error(x.state(o))
			}
			dispute(intent, "needs_response")
			for range 2 {
				if tell("charge.dispute.created", intent); x.state(o) != purvey.PublishedPaused {
					t.Errorf("disputed: %s", x.state(o))
				}
			}
			if dispute(intent, "won"); x.state(o) != purvey.PublishedPaused {
				t.Error(x.state(o))
			}
			for range 2 {
				if tell("charge.dispute.closed", intent); x.state(o) != purvey.PublishedApproved {
					t.Errorf("won: %s", x.state(o))
				}
			}
			dispute(intent, "lost")
			for range 2 {
				if tell("charge.dispute.closed", intent); x.state(o) != purvey.PublishedCancelled || x.now(o).Financial != purvey.Refunded {
					t.Errorf("lost: %s", x.state(o))
				}
			}
			o, id = begin(of)
			if intent = "pi_" + id; of.ID == plan.ID {
				intent = "pi_in_" + id
			}
			v.put(v.again.intents, intent, "latest_charge", map[string]any{"id": "ch", "object": "charge", "refunded": false, "amount_refunded": 5})
			if tell("charge.refunded", intent); x.state(o) != purvey.PublishedApproved {
				t.Errorf("a part was refunded: %s", x.state(o))
			}
			v.put(v.again.intents, intent, "latest_charge", map[string]any{"id": "ch", "object": "charge", "refunded": true, "amount_refunded": 1050})
			if tell("charge.refunded", intent); x.state(o) != purvey.PublishedCancelled {
				t.Errorf("all was refunded: %s", x.state(o))
			}
			if x.sweep(); of.ID == plan.ID && v.at(v.again.subs, "sub_"+id, "status") != "canceled" {
				t.Error("a refunded subscription goes on")
			}
		}
	})
}

// PUB-34: Mercado Pago renews a subscription by its plans.
func TestPUB34_MercadoPagoRenewals(t *testing.T) {
	t.Parallel()
	each(t, func(x *till) {
		v := newVendor(t)
		x.settings(`{"gateways":{"live":"mercadopago","mercadopago":{"access_token":"APP_USR-1","webhook_secret":"s1","api_base":"` + v.url + `"}}}`)
		x.plan()
		scope := purvey.Scope{ShopID: x.shop.ID, Mode: purvey.Live}
		day := func(month time.Month, d int) time.Time { return time.Date(2031, month, d, 10, 0, 0, 0, time.UTC) }
		x.clock.Set(day(1, 10))
		o := x.sale(purvey.Live, 1050)
		if a := x.get(x.get(x.link(o)).to()); !strings.HasSuffix(a.to(), "preapproval_id=plan-1") {
			t.Fatalf("%d %s", a.status, a.to())
		}
		in := v.again.plans["plan-1"]
		if r := in["auto_recurring"].(map[string]any); r["frequency"] != 1.0 || r["frequency_type"] != "months" || r["transaction_amount"] != 10.5 || r["currency_id"] != "ARS" ||
			in["external_reference"] != o.UUID || in["payer_email"] != "ana@example.org" {
			t.Errorf("%v", in)
		}
		back := in["back_url"].(string)
		if a := x.get(back); query(t, a.to()).Get("status") != "pending" {
			t.Error(a.to())
		}
		v.put(v.again.plans, "plan-1", "status", "authorized")
		v.debit(o, "plan-1", 1, "processed", "rejected", 10.5, day(1, 10))
		if x.get(back); x.state(o) != purvey.PublishedPending {
			t.Errorf("a refused payment: %s", x.state(o))
		}
		v.debit(o, "plan-1", 2, "processed", "approved", 10.5, day(1, 11))
		if a := x.mercadoEvent("subscription_authorized_payment", "2"); a.status != 200 || x.state(o) != purvey.PublishedApproved || x.until(o) != "2031-02-10" {
			t.Fatalf("%d %s until %s", a.status, x.state(o), x.until(o))
		}
		x.clock.Set(day(2, 11))
		v.debit(o, "plan-1", 3, "scheduled", "", 10.5, day(3, 11))
		v.debit(o, "plan-1", 4, "processed", "approved", 10.5, day(2, 11))
		for range 2 {
			if a := x.mercadoEvent("subscription_authorized_payment", "4"); a.status != 200 || x.until(o) != "2031-03-11" || x.took(o) != "4 paid" {
				t.Errorf("%d %s until %s", a.status, x.took(o), x.until(o))
			}
		}
		v.debit(o, "plan-1", 5, "recycling", "rejected", 10.5, day(3, 12))
		v.debit(o, "plan-1", 6, "processed", "approved", 1.5, day(3, 13)) // another amount buys nothing
		x.clock.Set(day(3, 13))
		x.sweep()
		if x.until(o) != "2031-03-11" || x.took(o) != "4 paid, 5 open, 6 stray" {
			t.Errorf("%s until %s", x.took(o), x.until(o))
		}
		for state, want := range map[purvey.PublishedState]string{purvey.PublishedPaused: "paused"} {
			_, err := x.orders.ChangeLines(t.Context(), scope, o.ID, order.LineChange{Status: state})
			x.must(err)
			if x.sweep(); v.at(v.again.plans, "plan-1", "status") != want {
				t.Errorf("%s: %v", state, v.at(v.again.plans, "plan-1", "status"))
			}
		}
		_, err := x.orders.ChangeLines(t.Context(), scope, o.ID, order.LineChange{Status: purvey.PublishedApproved})
		x.must(err)
		if x.sweep(); v.at(v.again.plans, "plan-1", "status") != "authorized" {
			t.Error("it does not go on")
		}
		v.put(v.again.plans, "plan-1", "status", "cancelled")
		if a := x.mercadoEvent("subscription_preapproval", "plan-1"); a.status != 200 {
			t.Error(a.status)
		}
		if s, err := x.db.Subscription(t.Context(), o.ID); err != nil || s.State != purvey.SubscriptionEnded || x.state(o) != purvey.PublishedApproved {
			t.Errorf("%+v, %v", s, err)
		}
		// Money that was paid once is disputed.
		x.product, err = x.db.Product(t.Context(), x.shop.ID, x.product.ID)
		x.must(err)
		once := x.sale(purvey.Live, 1050)
		x.get(x.get(x.link(once)).to())
		v.debit(once, "plan-2", 9, "processed", "approved", 10.5, day(3, 13))
		if x.mercadoEvent("subscription_authorized_payment", "9"); x.state(once) != purvey.PublishedApproved {
			t.Fatal(x.state(once))
		}
		v.pay(once, 90, "charged_back", 10.5)
		if x.mercadoNotice("s1", x.clock.Now(), "90"); x.state(once) != purvey.PublishedPaused {
			t.Errorf("disputed: %s", x.state(once))
		}
		v.mu.Lock()
		v.pays[len(v.pays)-1]["status_detail"] = "settled"
		v.mu.Unlock()
		if x.mercadoNotice("s1", x.clock.Now(), "90"); x.state(once) != purvey.PublishedCancelled {
			t.Errorf("lost: %s", x.state(once))
		}
		if x.sweep(); v.at(v.again.plans, "plan-2", "status") != "cancelled" {
			t.Error("a plan whose money was taken back goes on")
		}
	})
}
