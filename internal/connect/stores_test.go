package connect_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v85/webhook"

	"purvey"
	"purvey/internal/order"
)

// CONT-10: a paid order becomes an order: the lines that a mapping knows, the
// customer, the discount; the others are kept.
func TestCONT10_Shopify(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		pads := w.product("granular-pads")
		w.mapping(purvey.SourceShopify, "PADS-1", pads)
		w.send("shopify", w.sample("shopify/orders-paid.json"))
		if n := len(w.all(purvey.Live)); n != 0 {
			t.Fatalf("%d orders before the job", n)
		}
		w.work()
		o := w.only()
		c := o.Customer
		if o.Source != purvey.SourceShopify || o.Name != "#2041" || o.ExternalReference != "6120983346411" || o.Currency != "EUR" || o.Financial != purvey.Paid ||
			o.GID != "gid://shopify/Order/6120983346411" || c.Email != "lucia@example.org" || c.Firstname != "Lucía" || c.Locale != "es-ES" || c.GID != "gid://shopify/Customer/7410092834923" {
			t.Errorf("%+v", o)
		}
		if len(o.Lines) != 1 || o.Lines[0].ProductID != pads.ID || o.Lines[0].Quantity != 2 || o.Lines[0].PriceCents != 1800 || len(o.Lines[0].Keys) != 2 ||
			o.Lines[0].Status != purvey.LineActive || order.ExternalKey(o.Lines[0]) != "PADS-1" || o.Lines[0].GID != "gid://shopify/LineItem/15030187655275" {
			t.Errorf("%+v", o.Lines)
		}
		if m := w.mails(purvey.MailDelivery); len(m) != 1 || m[0].To != "lucia@example.org" || m[0].Locale != "es-ES" {
			t.Errorf("%+v", m)
		}
		open := w.events(purvey.StoreEventUnmapped)
		if len(open) != 1 || open[0].OrderID != o.ID || len(open[0].Unmapped) != 1 || open[0].Unmapped[0].Name != "Field Recorder Strap" ||
			fmt.Sprint(open[0].Unmapped[0].Keys) != "[STRAP-2 47199931695467 8830114955627]" {
			t.Errorf("%s", w.states())
		}
		// One unit comes back: one key goes, one stays.
		w.send("shopify", w.sample("shopify/refunds-create.json"))
		w.work()
		w.work()
		o = w.only()
		if l := o.Lines[0]; o.Financial != purvey.PartiallyRefunded || l.RefundedQuantity != 1 || len(l.Keys) != 1 || l.Status != purvey.LineActive {
			t.Errorf("after a refund of one unit: %s %+v", o.Financial, l)
		}
		// The whole order is canceled.
		w.send("shopify", w.sample("shopify/orders-paid.json", `"cancelled_at": null`, `"cancelled_at": "2026-01-08T10:00:00+01:00"`,
			`"updated_at": "2026-01-05T11:58:43+01:00"`, `"updated_at": "2026-01-08T10:00:01+01:00"`, `"financial_status": "paid"`, `"financial_status": "refunded"`))
		w.work()
		o = w.only()
		if l := o.Lines[0]; o.Financial != purvey.Refunded || l.Status != purvey.LineRefunded || len(l.Keys) != 0 {
			t.Errorf("after the end: %s %+v", o.Financial, l)
		}
		if n := len(w.mails(purvey.MailDelivery)); n != 1 {
			t.Errorf("%d mails", n)
		}
	})
}

// A product of the platform may be named by the product itself.
func TestShopifyProductsByTheirOwnIDs(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		pads := w.product("granular-pads")
		w.must(w.gids(pads, "gid://shopify/Product/8830114922859", "gid://shopify/ProductVariant/1"))
		w.send("shopify", w.sample("shopify/orders-paid.json"))
		w.work()
		if n := len(w.all(purvey.Live)); n != 0 {
			t.Fatalf("another variant was sold: %d", n)
		}
		w.must(w.gids(pads, "gid://shopify/Product/8830114922859", "gid://shopify/ProductVariant/47199931662699"))
		w.replayAll()
		if o := w.only(); len(o.Lines) != 1 || o.Lines[0].ProductID != pads.ID {
			t.Errorf("%+v", o.Lines)
		}
	})
}

// An open dispute pauses, a lost one gives back, a won one opens again.
func TestDisputes(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		pads, strap := w.product("granular-pads"), w.product("strap")
		w.mapping(purvey.SourceShopify, "PADS-1", pads)
		w.mapping(purvey.SourceShopify, "STRAP-2", strap)
		dispute := func(amount, status string) []byte {
			return w.sample("shopify/disputes-create.json", `"61.00"`, `"`+amount+`"`, "needs_response", status)
		}
		statuses := func() string {
			w.work()
			var out []string
			for _, l := range w.only().Lines {
				out = append(out, string(l.Status))
			}
			return strings.Join(out, " ")
		}
		w.send("shopify", dispute("25.00", "needs_response")) // before the order
		w.send("shopify", w.sample("shopify/orders-paid.json"))
		if got := statuses(); got != "active paused" {
			t.Errorf("a dispute over one line: %s", got)
		}
		w.send("shopify", dispute("25.00", "won"))
		if got := statuses(); got != "active active" {
			t.Errorf("won: %s", got)
		}
		w.send("shopify", dispute("25.00", "under_review")) // late
		if got := statuses(); got != "active active" {
			t.Errorf("a late event: %s", got)
		}
		again := w.sample("shopify/disputes-create.json", "10293847561", "10293847562")
		w.send("shopify", again)
		if got := statuses(); got != "paused paused" {
			t.Errorf("a dispute over all: %s", got)
		}
		w.send("shopify", w.sample("shopify/disputes-create.json", "10293847561", "10293847562", "needs_response", "lost"))
		if got := statuses(); got != "refunded refunded" {
			t.Errorf("lost: %s", got)
		}
		if o := w.only(); o.Financial != purvey.Refunded {
			t.Error(o.Financial)
		}
	})
}

// CONT-11: WooCommerce orders, their units by the money that was given back,
// and the unsigned test of a new webhook.
func TestCONT11_WooCommerce(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		drums := w.product("epic-drums")
		w.mapping(purvey.SourceWooCommerce, "93", drums)
		if a := w.post("/webhooks/audio/woocommerce", []byte("webhook_id=12"), map[string]string{"Content-Type": "application/x-www-form-urlencoded"}); a.status != 200 {
			t.Errorf("the test of a new webhook: %d %s", a.status, a.body)
		}
		if a := w.post("/webhooks/audio/woocommerce", []byte("webhook_id=12&x=1"), nil); a.status != 401 {
			t.Errorf("no test: %d", a.status)
		}
		// Not paid, canceled for not being paid, and then paid after all.
		stage := func(status, paid, at string) {
			w.send("woocommerce", w.sample("woocommerce/order-updated.json", `"status": "processing"`, `"status": "`+status+`"`,
				`"date_paid_gmt": "2026-01-05T11:21:01"`, `"date_paid_gmt": `+paid, `"date_paid": "2026-01-05T12:21:01"`, `"date_paid": `+paid,
				`"date_modified_gmt": "2026-01-05T11:21:02"`, `"date_modified_gmt": "`+at+`"`))
		}
		stage("cancelled", "null", "2026-01-05T11:20:50")
		stage("pending", "null", "2026-01-05T11:20:41")
		w.work()
		if n := len(w.all(purvey.Live)); n != 0 {
			t.Fatalf("%d orders before the payment", n)
		}
		w.send("woocommerce", w.sample("woocommerce/order-updated.json"))
		w.work()
		o := w.only()
		if l := o.Lines[0]; o.Name != "#4750" || o.Customer.Email != "jonas@example.org" || l.Quantity != 2 || l.PriceCents != 2500 || l.Status != purvey.LineActive {
			t.Errorf("%+v", o)
		}
		// 29.75 is what one unit cost with its tax.
		w.send("woocommerce", w.sample("woocommerce/order-updated.json", `"refunds": []`, `"refunds": [{"id": 4761, "reason": "", "total": "-29.75"}]`,
			`"2026-01-05T11:21:02"`, `"2026-01-06T10:00:00"`))
		w.work()
		if l := w.only().Lines[0]; l.RefundedQuantity != 1 || len(l.Keys) != 1 {
			t.Errorf("after half was refunded: %+v", l)
		}
		w.send("woocommerce", w.sample("woocommerce/order-updated.json", `"status": "processing"`, `"status": "refunded"`, `"refunds": []`,
			`"refunds": [{"id": 4761, "reason": "", "total": "-29.75"}, {"id": 4762, "reason": "", "total": "-29.75"}]`, `"2026-01-05T11:21:02"`, `"2026-01-07T10:00:00"`))
		w.work()
		if o := w.only(); o.Financial != purvey.Refunded || o.Lines[0].Status != purvey.LineRefunded {
			t.Errorf("after all was refunded: %+v", o)
		}
		if len(w.events(purvey.StoreEventFailed)) != 0 || len(w.mails(purvey.MailDelivery)) != 1 {
			t.Error(w.states())
		}
	})
}

// CONT-12: three events of one payment make one purchase, whichever is first.
func TestCONT12_StripeThreeEventsOnePurchase(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		drums := w.product("epic-drums")
		names := []string{"payment_intent.succeeded", "checkout.session.completed", "invoice.payment_succeeded"}
		rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		for _, name := range names {
			w.send("stripe", w.sample("stripe/"+name+".json"))
			w.work()
		}
		o := w.only()
		if o.Source != purvey.SourceStripe || o.ExternalReference != "pi_3QmR2wLkdIwHu7ix1b5J8mQk" || o.Customer.Email != "maya@example.org" || o.Customer.FullName() != "Maya Stone" ||
			o.Currency != "USD" || len(o.Lines) != 1 || o.Lines[0].ProductID != drums.ID || o.Lines[0].PriceCents != 4900 {
			t.Errorf("%v: %+v", names, o)
		}
		if len(w.events(purvey.StoreEventDone)) != 3 || len(w.mails(purvey.MailDelivery)) != 1 {
			t.Errorf("%v: %s", names, w.states())
		}
		w.send("stripe", w.sample("stripe/charge.dispute.created.json"))
		w.work()
		if l := w.only().Lines[0]; l.Status != purvey.LinePaused {
			t.Errorf("in dispute: %+v", l)
		}
		w.send("stripe", w.sample("stripe/charge.dispute.created.json", `"needs_response"`, `"won"`, "evt_1QnB2hLkdIwHu7ixT3oE9uYw", "evt_2"))
		w.work()
		if l := w.only().Lines[0]; l.Status != purvey.LineActive {
			t.Errorf("after the dispute: %+v", l)
		}
		w.send("stripe", w.sample("stripe/charge.refunded.json", `"amount_refunded": 4900`, `"amount_refunded": 900`, `"refunded": true`, `"refunded": false`))
		w.work()
		if l := w.only().Lines[0]; l.RefundedQuantity != 0 {
			t.Errorf("a courtesy took goods away: %+v", l)
		}
		w.send("stripe", w.sample("stripe/charge.refunded.json"))
		w.work()
		if o := w.only(); o.Financial != purvey.Refunded {
			t.Errorf("%+v", o)
		}
	})
}

// CONT-12: The call without a shop in its path finds it by metadata, or by the secret.
func TestCONT12_StripeWithoutAShop(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.product("epic-drums")
		signed := func(body []byte) map[string]string {
			p := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: secret, Timestamp: w.clock.Now()})
			return map[string]string{"Stripe-Signature": p.Header}
		}
		for _, name := range []string{"checkout.session.completed", "charge.refunded"} {
			body := w.sample("stripe/" + name + ".json")
			if a := w.post("/webhooks/stripe", body, signed(body)); a.status != 200 {
				t.Fatalf("%s: %d %s", name, a.status, a.body)
			}
			w.work()
		}
		if o := w.only(); o.Financial != purvey.Paid && o.Financial != purvey.Refunded {
			t.Errorf("%+v", o)
		}
		body := w.sample("stripe/checkout.session.completed.json", `"continuata_org_id": "audio"`, `"continuata_org_id": "nobody"`)
		if a := w.post("/webhooks/stripe", body, signed(body)); a.status != 404 {
			t.Errorf("an unknown shop: %d", a.status)
		}
		body = w.sample("stripe/charge.refunded.json")
		if a := w.post("/webhooks/stripe", body, map[string]string{"Stripe-Signature": "t=1,v1=00"}); a.status != 401 {
			t.Errorf("a wrong signature: %d", a.status)
		}
	})
}

// A session that names its goods by price or link needs a mapping; a payment
// without an address waits for the event that has one.
func TestStripeByPriceAndWithoutAddress(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		drums := w.product("epic-drums")
		meta := `"metadata": {"continuata_org_id": "audio", "continuata_product_id": "epic-drums", "product_type": "digital"}`
		w.send("stripe", w.sample("stripe/payment_intent.succeeded.json"))
		w.work()
		if e := w.events(purvey.StoreEventFailed); len(e) != 1 || !strings.Contains(e[0].Error, "e-mail") || len(w.all(purvey.Live)) != 0 {
			t.Fatal(w.states())
		}
		w.send("stripe", w.sample("stripe/checkout.session.completed.json", meta, `"metadata": {}`))
		w.work()
		o := w.only()
		if o.Customer.Email != "maya@example.org" || o.Lines[0].ProductID != drums.ID || len(w.events(purvey.StoreEventDone)) != 2 {
			t.Errorf("%+v %s", o, w.states())
		}
		// Another payment, by a payment link.
		link := w.sample("stripe/checkout.session.completed.json", meta, `"metadata": {}`, `"payment_link": null`, `"payment_link": "plink_1Q"`,
			"pi_3QmR2wLkdIwHu7ix1b5J8mQk", "pi_4", "cs_live_a1uS9U7mL0zDhvwzkx6k7YhmITcD9dQUVp1gkQsMSE4hITV5tzQ7aR4Z9L", "cs_live_2")
		w.send("stripe", link)
		w.work()
		if e := w.events(purvey.StoreEventUnmapped); len(e) != 1 || fmt.Sprint(e[0].Unmapped[0].Keys) != "[plink_1Q]" {
			t.Fatal(w.states())
		}
		w.mapping(purvey.SourceStripe, "plink_1Q", drums)
		w.replayAll()
		if n := len(w.all(purvey.Live)); n != 2 || len(w.events(purvey.StoreEventUnmapped)) != 0 {
			t.Errorf("%d orders: %s", n, w.states())
		}
		// Physical goods are none of ours.
		w.send("stripe", w.sample("stripe/checkout.session.completed.json", `"product_type": "digital"`, `"product_type": "physical"`,
			"pi_3QmR2wLkdIwHu7ix1b5J8mQk", "pi_5", "cs_live_a1uS9U7mL0zDhvwzkx6k7YhmITcD9dQUVp1gkQsMSE4hITV5tzQ7aR4Z9L", "cs_live_3"))
		w.work()
		if n := len(w.all(purvey.Live)); n != 2 || len(w.events(purvey.StoreEventUnmapped)) != 0 {
			t.Errorf("%d orders: %s", n, w.states())
		}
	})
}

// The generic signed call takes the native order body.
func TestSigned(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		drums := w.product("epic-drums")
		body := w.sample("signed/order.json", `"currency": "EUR"`, `"currency": "EUR", "financial_status": "PENDING"`)
		w.send("signed", body)
		w.work()
		o := w.only()
		if o.Source != purvey.SourceNative || o.ExternalReference != "WEB-77" || o.Financial != purvey.Pending || o.Lines[0].ProductID != drums.ID || o.Lines[0].Quantity != 2 ||
			o.Lines[0].PriceCents != 1500 || o.Customer.Locale != "fr" || o.Lines[0].Status != purvey.LineUnpaid {
			t.Errorf("%+v", o)
		}
		w.send("signed", w.sample("signed/order.json"))
		w.send("signed", w.sample("signed/order.json", `"customer"`, `"note": "again", "customer"`))
		w.work()
		if o = w.only(); o.Financial != purvey.Paid || o.Lines[0].Status != purvey.LineActive || len(o.Lines[0].Keys) != 2 || len(w.mails(purvey.MailDelivery)) != 1 {
			t.Errorf("%+v", o)
		}
		w.send("signed", w.sample("signed/order.json", `"currency": "EUR"`, `"currency": "EUR", "financial_status": "REFUNDED"`))
		w.work()
		if o = w.only(); o.Financial != purvey.Refunded {
			t.Errorf("%+v", o)
		}
		for _, bad := range []string{
			`[]`, `{}`, `{"customer":{"email":"x"},"lines":[{"digital_product_id":"epic-drums"}]}`, `{"customer":{"email":"a@example.org"},"lines":[]}`,
			`{"customer":{"email":"a@example.org"},"lines":[{"digital_product_id":"epic-drums","quantity":0}]}`,
		} {
			w.send("signed", []byte(bad))
		}
		w.work()
		failed := w.events(purvey.StoreEventFailed)
		if len(failed) != 5 || len(w.all(purvey.Live)) != 1 {
			t.Errorf("%s", w.states())
		}
		for _, e := range failed {
			if e.Error == "" || e.ProcessedAt.IsZero() {
				t.Errorf("%+v", e)
			}
		}
	})
}
