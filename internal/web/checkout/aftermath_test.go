package checkout_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"purvey"
)

// created answers a list of Stripe's by the time that its things were made at,
// the newest first, two to a page.
func (v *vendor) created(w http.ResponseWriter, r *http.Request, all []map[string]any) {
	q := r.URL.Query()
	from, err1 := strconv.ParseInt(q.Get("created[gte]"), 10, 64)
	to, err2 := strconv.ParseInt(q.Get("created[lt]"), 10, 64)
	if err1 != nil || err2 != nil || q.Get("expand[0]") != "data.payment_intent" {
		http.Error(w, `{"error":{"type":"invalid_request_error"}}`, http.StatusBadRequest)
		return
	}
	found := []map[string]any{}
	for _, x := range slices.Backward(all) {
		if at, _ := x["created"].(int64); at >= from && at < to {
			whole := map[string]any{}
			for name, value := range x {
				whole[name] = value
			}
			whole["payment_intent"] = v.again.intents[x["payment_intent"].(string)]
			found = append(found, whole)
		}
	}
	if after := q.Get("starting_after"); after != "" {
		i := slices.IndexFunc(found, func(x map[string]any) bool { return x["id"] == after })
		found = found[i+1:]
	}
	v.write(w, map[string]any{"object": "list", "data": found[:min(2, len(found))], "has_more": len(found) > 2})
}

// giveBack refunds a payment of Stripe's in full.
func (v *vendor) giveBack(intent string, at time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.again.refunds = append(v.again.refunds, map[string]any{
		"id": fmt.Sprintf("re_%d", len(v.again.refunds)+1), "object": "refund", "payment_intent": intent, "created": at.Unix(),
	})
	v.again.intents[intent]["latest_charge"] = map[string]any{"id": "ch_" + intent, "object": "charge", "refunded": true}
}

// contest opens a dispute at Stripe, or moves the one that is there.
func (v *vendor) contest(intent, status string, at time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, d := range v.again.disputes {
		if d["payment_intent"] == intent {
			d["status"] = status
			return
		}
	}
	v.again.disputes = append(v.again.disputes, map[string]any{
		"id": "dp_" + intent, "object": "dispute", "payment_intent": intent, "status": status, "created": at.Unix(),
	})
}

// mostAtOnce is the biggest page that the search of payments gives here.
const mostAtOnce = 50

// changed answers Mercado Pago's search by the time of the last change.
func (v *vendor) changed(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	from, err1 := time.Parse(time.RFC3339, q.Get("begin_date"))
	to, err2 := time.Parse(time.RFC3339, q.Get("end_date"))
	offset, err3 := strconv.Atoi(q.Get("offset"))
	if err1 != nil || err2 != nil || err3 != nil || q.Get("range") != "date_last_updated" || q.Get("sort") != "date_last_updated" || q.Get("criteria") != "asc" || offset > 1000 {
		http.Error(w, "{}", http.StatusBadRequest)
		return
	}
	found := []map[string]any{}
	for _, p := range v.pays {
		if at, ok := p["date_last_updated"].(time.Time); ok && !at.Before(from) && !at.After(to) {
			found = append(found, p)
		}
	}
	slices.SortStableFunc(found, func(a, b map[string]any) int {
		return a["date_last_updated"].(time.Time).Compare(b["date_last_updated"].(time.Time))
	})
	rest := found[min(offset, len(found)):]
	v.write(w, map[string]any{"results": rest[:min(mostAtOnce, len(rest))], "paging": map[string]any{"total": len(found)}})
}

// amend changes a payment of Mercado Pago's at a time.
func (v *vendor) amend(id int, status, detail string, at time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, p := range v.pays {
		if p["id"] == id {
			p["status"], p["status_detail"], p["date_last_updated"] = status, detail, at
		}
	}
}

// asked counts the requests to a path since it was asked last.
func (v *vendor) asked(path string) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	n := 0
	for _, c := range v.calls {
		if c == "GET "+path {
			n++
		}
	}
	v.calls = nil
	return n
}

// told counts the events of an order.
func (x *till) told(o purvey.Order, kind purvey.EventType) int {
	x.t.Helper()
	events, err := x.db.EventsOfOrder(x.t.Context(), purvey.Scope{ShopID: o.ShopID, Mode: o.Mode}, o.ID)
	x.must(err)
	n := 0
	for _, e := range events {
		if e.Type == kind {
			n++
		}
	}
	return n
}

// PUB-16: no notification of a refund or a dispute arrives; the sweep finds
// each, once, and what becomes of it.
func TestPUB16_LostStripeAftermath(t *testing.T) {
	t.Parallel()
	each(t, func(x *till) {
		v := newVendor(t)
		x.sweep() // a shop without a gateway
		x.settings(`{"gateways":{"live":"stripe","stripe":{"secret_key":"sk_test_1","webhook_secret":"whsec_1","api_base":"` + v.url + `"}}}`)
		if x.sweep(); v.asked("/v1/refunds") != 0 {
			t.Error("a gateway that took nothing was asked")
		}
		books := x.product
		x.plan()
		plan := x.product
		buy := func(of purvey.Product) (purvey.Order, string) {
			t.Helper()
			x.product = of
			o := x.sale(purvey.Live, 1050)
			x.get(x.get(x.link(o)).to())
			id := fmt.Sprintf("cs_test_%d", v.count())
			v.set(id, map[string]any{"status": "complete", "payment_status": "paid"})
			x.get(v.session(id)["success_url"].(string))
			if x.state(o) != purvey.PublishedApproved {
				t.Fatal(x.state(o))
			}
			if of.ID == plan.ID {
				return o, "pi_in_" + id
			}
			return o, "pi_" + id
		}
		back, backIntent := buy(books)
		renewed, renewedIntent := buy(plan)
		won, wonIntent := buy(books)
		lost, lostIntent := buy(books)
		quiet, _ := buy(books)
		x.sweep()
		if n := v.asked("/v1/refunds"); n != 1 {
			t.Errorf("asked %d times", n)
		}

		x.clock.Advance(time.Minute)
		v.mu.Lock()
		v.again.intents["pi_foreign"] = map[string]any{"id": "pi_foreign", "object": "payment_intent", "metadata": map[string]any{}}
		v.mu.Unlock()
		for i, intent := range []string{"pi_foreign", backIntent, renewedIntent} { // more than a page
			v.giveBack(intent, x.clock.Now().Add(time.Duration(i)*time.Second))
		}
		v.contest(wonIntent, "needs_response", x.clock.Now())
		v.contest(lostIntent, "needs_response", x.clock.Now())
		x.clock.Advance(13 * time.Minute)
		if x.sweep(); v.asked("/v1/refunds") != 0 || x.state(back) != purvey.PublishedApproved {
			t.Error("it is asked too often")
		}
		x.clock.Advance(time.Minute)
		all := []purvey.Order{back, renewed, won, lost, quiet}
		check := func(when string, want ...purvey.PublishedState) {
			t.Helper()
			for i, o := range all {
				if x.state(o) != want[i] {
					t.Errorf("%s: order %d is %s, not %s", when, i, x.state(o), want[i])
				}
			}
		}
		for range 3 { // the overlap finds them again
			x.sweep()
			check("found", purvey.PublishedCancelled, purvey.PublishedCancelled, purvey.PublishedPaused, purvey.PublishedPaused, purvey.PublishedApproved)
			x.clock.Advance(15 * time.Minute)
		}
		for i, kind := range []purvey.EventType{purvey.EventOrderRefunded, purvey.EventOrderRefunded, purvey.EventAccessChanged, purvey.EventAccessChanged} {
			if n := x.told(all[i], kind); n != 1 {
				t.Errorf("order %d: %d events %s", i, n, kind)
			}
		}
		if v.at(v.again.subs, "sub_"+strings.TrimPrefix(renewedIntent, "pi_in_"), "status") != "canceled" {
			t.Error("a refunded subscription goes on")
		}

		// A dispute ends weeks after it began.
		x.clock.Advance(40 * 24 * time.Hour)
		v.contest(wonIntent, "won", time.Time{})
		v.contest(lostIntent, "lost", time.Time{})
		for range 2 {
			x.sweep()
			check("ended", purvey.PublishedCancelled, purvey.PublishedCancelled, purvey.PublishedApproved, purvey.PublishedCancelled, purvey.PublishedApproved)
			x.clock.Advance(15 * time.Minute)
		}

		// The gateway is down for days; then all is asked for that was missed.
		before, err := x.db.GatewayLook(t.Context(), x.shop.ID, "stripe")
		x.must(err)
		v.giveBack("pi_"+v.lastSession(), x.clock.Now())
		v.breakDown(true)
		for range 3 {
			x.clock.Advance(24 * time.Hour)
			err := x.checkout.Sweep(t.Context())
			if err == nil || strings.Contains(err.Error(), "sk_test_1") {
				t.Errorf("the sweep says %v", err)
			}
		}
		if now, err := x.db.GatewayLook(t.Context(), x.shop.ID, "stripe"); err != nil || !now.Through.Equal(before.Through) || !now.AskedAt.Equal(x.clock.Now()) {
			t.Errorf("%+v after %+v, %v", now, before, err)
		}
		v.breakDown(false)
		v.asked("")
		x.clock.Advance(15 * time.Minute)
		x.sweep()
		check("after days", purvey.PublishedCancelled, purvey.PublishedCancelled, purvey.PublishedApproved, purvey.PublishedCancelled, purvey.PublishedCancelled)
		if n := v.asked("/v1/disputes"); n < 4 {
			t.Errorf("four days were asked for in %d requests", n)
		}
		// Without a key nothing is asked, and nothing fails.
		x.settings(`{"gateways":{"live":"","stripe":{"secret_key":""}}}`)
		x.clock.Advance(time.Hour)
		if x.sweep(); v.asked("/v1/refunds") != 0 {
			t.Error("asked without a key")
		}
	})
}

// lastSession is the newest of Stripe's.
func (v *vendor) lastSession() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return fmt.Sprintf("cs_test_%d", len(v.sessions))
}

// PUB-16: the same at Mercado Pago, whose payments are searched by the time of
// their last change.
func TestPUB16_LostMercadoPagoAftermath(t *testing.T) {
	t.Parallel()
	each(t, func(x *till) {
		v := newVendor(t)
		x.settings(`{"gateways":{"live":"mercadopago","mercadopago":{"access_token":"APP_USR-1","webhook_secret":"s1","api_base":"` + v.url + `"}}}`)
		buy := func(id int) purvey.Order {
			t.Helper()
			o := x.sale(purvey.Live, 1050)
			x.get(x.get(x.link(o)).to())
			v.pay(o, id, "approved", 10.5)
			v.amend(id, "approved", "accredited", x.clock.Now())
			x.sweep()
			if x.state(o) != purvey.PublishedApproved {
				t.Fatal(x.state(o))
			}
			return o
		}
		back, held, quiet := buy(1), buy(2), buy(3)
		x.clock.Advance(time.Minute)
		v.amend(1, "refunded", "refunded", x.clock.Now())
		v.amend(2, "in_mediation", "pending", x.clock.Now())
		for i := range 1200 { // other business of the account
			v.pay(purvey.Order{UUID: "other"}, 1000+i, "approved", 1)
			v.amend(1000+i, "approved", "accredited", x.clock.Now().Add(time.Duration(i)*time.Second/2))
		}
		v.asked("")
		x.clock.Advance(14 * time.Minute)
		for range 2 {
			x.sweep()
			if x.state(back) != purvey.PublishedCancelled || x.state(held) != purvey.PublishedPaused || x.state(quiet) != purvey.PublishedApproved {
				t.Errorf("%s, %s, %s", x.state(back), x.state(held), x.state(quiet))
			}
			x.clock.Advance(15 * time.Minute)
		}
		if n, m := x.told(back, purvey.EventOrderRefunded), x.told(held, purvey.EventAccessChanged); n != 1 || m != 1 {
			t.Errorf("%d and %d events", n, m)
		}
		v.amend(2, "approved", "accredited", x.clock.Now()) // the mediation was won
		x.clock.Advance(time.Hour)
		if x.sweep(); x.state(held) != purvey.PublishedApproved {
			t.Errorf("won: %s", x.state(held))
		}
	})
}
