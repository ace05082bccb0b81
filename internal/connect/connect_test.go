package connect_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"purvey"
)

// A wrong signature, a missing secret, an unknown shop.
func TestWhoMaySend(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		other, err := w.shops.Create(t.Context(), "bare", "")
		w.must(err)
		samples := map[string]string{
			"shopify": "shopify/orders-paid.json", "woocommerce": "woocommerce/order-updated.json", "stripe": "stripe/checkout.session.completed.json", "signed": "signed/order.json",
		}
		for store, name := range samples {
			body := w.sample(name)
			good := w.headers(store, body)
			if a := w.post("/webhooks/nobody/"+store, body, good); a.status != 404 || !strings.Contains(a.body, `"error":"`) {
				t.Errorf("%s, unknown shop: %d %s", store, a.status, a.body)
			}
			if a := w.post("/webhooks/bare/"+store, body, good); a.status != 401 {
				t.Errorf("%s, no secret: %d", store, a.status)
			}
			if a := w.post("/webhooks/audio/"+store, body, nil); a.status != 401 {
				t.Errorf("%s, no signature: %d", store, a.status)
			}
			if a := w.post("/webhooks/audio/"+store, append(body, ' '), good); a.status != 401 {
				t.Errorf("%s, another body: %d", store, a.status)
			}
			if a := w.post("/webhooks/audio/"+store+"?mode=nowhere", body, good); a.status != 400 {
				t.Errorf("%s, a mode that is none: %d", store, a.status)
			}
		}
		// A signature of Stripe's ends after five minutes, in both directions.
		body := w.sample(samples["stripe"])
		good := w.headers("stripe", body)
		for _, d := range []time.Duration{6 * time.Minute, -12 * time.Minute} {
			w.clock.Advance(d)
			if a := w.post("/webhooks/audio/stripe", body, good); a.status != 401 {
				t.Errorf("%v off: %d", d, a.status)
			}
		}
		if n := len(w.events("")); n != 0 {
			t.Errorf("%d events were kept", n)
		}
		for _, r := range []struct {
			method, path string
			status       int
		}{
			{"GET", "/webhooks/audio/shopify", 405}, {"PUT", "/webhooks/stripe", 405}, {"GET", "/webhooks/audio/fastspring", 405}, {"POST", "/webhooks/audio/gumroad", 404}, {"POST", "/webhooks/", 404},
		} {
			rec := httptest.NewRecorder()
			w.handler.ServeHTTP(rec, httptest.NewRequest(r.method, r.path, nil))
			if rec.Code != r.status || !strings.Contains(rec.Body.String(), `"error":"`) {
				t.Errorf("%s %s: %d %s", r.method, r.path, rec.Code, rec.Body)
			}
		}
		// Not text, too large, a closed shop.
		junk := []byte("{\"id\":\"\xff\"}")
		if a := w.post("/webhooks/audio/shopify", junk, w.headers("shopify", junk)); a.status != 400 {
			t.Errorf("no text: %d", a.status)
		}
		huge := []byte(`{"x":"` + strings.Repeat("x", 9<<20) + `"}`)
		if a := w.post("/webhooks/audio/shopify", huge, w.headers("shopify", huge)); a.status != 413 {
			t.Errorf("too large: %d", a.status)
		}
		w.must(w.shops.Disable(t.Context(), other.Slug))
		w.must(w.shops.Disable(t.Context(), "audio"))
		body = w.sample(samples["shopify"])
		if a := w.post("/webhooks/audio/shopify", body, w.headers("shopify", body)); a.status != 403 {
			t.Errorf("a closed shop: %d", a.status)
		}
	})
}

// With ?mode=sandbox the order is one of the sandbox.
func TestSandbox(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.mapping(purvey.SourceShopify, "PADS-1", w.product("granular-pads"))
		body := w.sample("shopify/orders-paid.json")
		if a := w.post("/webhooks/audio/shopify?mode=sandbox", body, w.headers("shopify", body)); a.status != 200 {
			t.Fatal(a)
		}
		w.work()
		if len(w.all(purvey.Live)) != 0 || len(w.all(purvey.Sandbox)) != 1 {
			t.Errorf("%d live, %d sandbox", len(w.all(purvey.Live)), len(w.all(purvey.Sandbox)))
		}
		w.send("shopify", body) // the same again, in earnest
		w.work()
		if len(w.all(purvey.Live)) != 1 || len(w.all(purvey.Sandbox)) != 1 {
			t.Errorf("%d live, %d sandbox", len(w.all(purvey.Live)), len(w.all(purvey.Sandbox)))
		}
	})
}

// CONT-30: every event ten times, shuffled and in parallel: one order, one set
// of keys, one mail.
func TestCONT30_Storm(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.mapping(purvey.SourceShopify, "PADS-1", w.product("granular-pads"))
		w.mapping(purvey.SourceShopify, "STRAP-2", w.product("strap"))
		w.product("epic-drums")
		w.mapping(purvey.SourceWooCommerce, "DRUMS", w.drums())
		bodies := map[string][]string{
			"shopify": {
				string(w.sample("shopify/orders-paid.json")),
				string(w.sample("shopify/orders-paid.json", `"fulfillment_status": null,`+"\n  \"name\"", `"fulfillment_status": "partial", "name"`, "11:58:43", "11:59:00")),
				string(w.sample("shopify/refunds-create.json")),
			},
			"woocommerce": {
				string(w.sample("woocommerce/order-updated.json")),
				string(w.sample("woocommerce/order-updated.json", `"status": "processing"`, `"status": "completed"`, "11:21:02", "11:25:00")),
			},
			"stripe": {
				string(w.sample("stripe/checkout.session.completed.json")), string(w.sample("stripe/payment_intent.succeeded.json")),
				string(w.sample("stripe/invoice.payment_succeeded.json")),
			},
			"signed": {string(w.sample("signed/order.json"))},
		}
		type delivery struct{ store, body string }
		var storm []delivery
		for store, list := range bodies {
			for _, b := range list {
				for range 10 {
					storm = append(storm, delivery{store, b})
				}
			}
		}
		rand.Shuffle(len(storm), func(i, j int) { storm[i], storm[j] = storm[j], storm[i] })
		ctx, stop := context.WithCancel(t.Context())
		var wg, work sync.WaitGroup
		work.Go(func() {
			for ctx.Err() == nil {
				if _, err := w.worker.RunDue(t.Context()); err != nil {
					t.Error(err)
					return
				}
			}
		})
		queue := make(chan delivery)
		for range 8 {
			wg.Go(func() {
				for d := range queue {
					if a := w.post("/webhooks/audio/"+d.store, []byte(d.body), w.headers(d.store, []byte(d.body))); a.status != 200 {
						t.Errorf("%d %s", a.status, a.body)
					}
				}
			})
		}
		for _, d := range storm {
			queue <- d
		}
		close(queue)
		wg.Wait()
		stop()
		work.Wait()
		w.work()
		all := w.all(purvey.Live)
		if len(all) != 4 || len(w.events(purvey.StoreEventDone)) != 9 {
			t.Fatalf("%d orders; %s", len(all), w.states())
		}
		if n := len(w.mails(purvey.MailDelivery)); n != 4 {
			t.Errorf("%d mails for 4 orders", n)
		}
		for _, o := range all {
			for _, l := range o.Lines {
				if len(l.Keys) != l.Units() {
					t.Errorf("%s: %d keys for %d units", o.Source, len(l.Keys), l.Units())
				}
			}
			if o.Source == purvey.SourceShopify && (len(o.Lines) != 2 || o.Lines[0].RefundedQuantity+o.Lines[1].RefundedQuantity != 1) {
				t.Errorf("%+v", o.Lines)
			}
		}
		// And once more, all of it.
		w.replayAll()
		if again := w.all(purvey.Live); len(again) != 4 || len(w.mails(purvey.MailDelivery)) != 4 {
			t.Errorf("%d orders after a replay", len(again))
		}
	})
}

// What no mapping knows is kept, and joins its order once one does.
func TestUnmappedLinesJoinTheirOrderLater(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.send("shopify", w.sample("shopify/orders-paid.json"))
		w.work()
		if n := len(w.all(purvey.Live)); n != 0 || len(w.events(purvey.StoreEventUnmapped)) != 1 {
			t.Fatalf("%d orders; %s", n, w.states())
		}
		pads := w.product("granular-pads")
		w.mapping(purvey.SourceShopify, "8830114922859", pads)
		w.replayAll()
		if o := w.only(); len(o.Lines) != 1 || len(w.mails(purvey.MailDelivery)) != 1 {
			t.Fatalf("%+v", o.Lines)
		}
		strap := w.product("strap")
		w.mapping(purvey.SourceShopify, "STRAP-2", strap)
		w.send("shopify", w.sample("shopify/orders-paid.json")) // by the store, at somebody's word
		w.work()
		o := w.only()
		if len(o.Lines) != 2 || o.Lines[1].ProductID != strap.ID || o.Lines[1].Status != purvey.LineActive || o.Lines[1].Number != 2 || o.TotalCents != 6100 {
			t.Errorf("%+v", o)
		}
		if len(w.events(purvey.StoreEventDone)) != 1 || len(w.mails(purvey.MailDelivery)) != 2 {
			t.Errorf("%d mails; %s", len(w.mails(purvey.MailDelivery)), w.states())
		}
	})
}

// Two stores may both have an order of one name.
func TestTwoStoresWithOneName(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.mapping(purvey.SourceShopify, "PADS-1", w.product("granular-pads"))
		w.product("epic-drums")
		w.mapping(purvey.SourceWooCommerce, "DRUMS", w.drums())
		w.send("woocommerce", w.sample("woocommerce/order-updated.json", `"number": "4750"`, `"number": "2041"`, `"id": 4750`, `"id": 6120983346411`))
		w.work()
		w.send("shopify", w.sample("shopify/orders-paid.json"))
		w.work()
		all := w.all(purvey.Live)
		if len(all) != 2 || all[0].Name != "#2041" || all[1].Name != "#2041 (shopify)" || all[1].ExternalReference != "shopify:6120983346411" {
			t.Errorf("%+v", all)
		}
	})
}

// A refund of money that fits several lines is left to a person, and is
// settled when that person has refunded as much.
func TestARefundThatNamesNoGoods(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.product("epic-drums")
		w.mapping(purvey.SourceWooCommerce, "DRUMS", w.drums())
		w.mapping(purvey.SourceWooCommerce, "PADS", w.product("pads"))
		two := func(changes ...string) []byte {
			line := `{"id": 320, "name": "Pads", "product_id": 94, "variation_id": 0, "quantity": 1, "total": "25.00", "total_tax": "4.75", "sku": "PADS"},`
			b := w.sample("woocommerce/order-updated.json", `"line_items": [`, `"line_items": [`+line, `"total": "59.50"`, `"total": "89.25"`)
			for i := 0; i+1 < len(changes); i += 2 {
				b = []byte(strings.ReplaceAll(string(b), changes[i], changes[i+1]))
			}
			return b
		}
		w.send("woocommerce", two())
		w.send("woocommerce", two(`"refunds": []`, `"refunds": [{"id": 1, "total": "-29.75"}]`, "11:21:02", "11:22:00"))
		w.work()
		o := w.only()
		failed := w.events(purvey.StoreEventFailed)
		if len(failed) != 1 || !strings.Contains(failed[0].Error, "29.75 EUR") || o.Financial != purvey.Paid || len(o.Lines) != 2 {
			t.Fatalf("%+v; %s", o, w.states())
		}
		w.must(w.refund(o, 0, 1))
		w.replayAll()
		if len(w.events(purvey.StoreEventFailed)) != 0 || w.only().Financial != purvey.PartiallyRefunded {
			t.Error(w.states())
		}
	})
}

// CONT-15: a downloader says that it is done with a token.
func TestCONT15_DownloadComplete(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		p := w.product("epic-drums")
		v, err := w.catalog.Version(t.Context(), w.shop.ID, p.ID, p.ActiveVersionID)
		w.must(err)
		m, err := w.delivery.Mint(t.Context(), w.scope, p, v, purvey.Line{})
		w.must(err)
		_, err = w.shops.Create(t.Context(), "other", "")
		w.must(err)
		tell := func(shop, token string) int {
			body, _ := json.Marshal(map[string]string{"token": token})
			return w.post("/webhooks/"+shop+"/download-complete", body, nil).status
		}
		for range 2 {
			a := w.post("/webhooks/audio/download-complete", []byte(`{"token":"`+m.Text+`"}`), nil)
			if a.status != 200 || strings.TrimSpace(a.body) != `{"success":true}` {
				t.Errorf("%d %s", a.status, a.body)
			}
		}
		stored, err := w.db.MintByID(t.Context(), m.ID)
		w.must(err)
		if !stored.UsedAt.Equal(w.clock.Now()) {
			t.Error("the use was not noted")
		}
		if a, b, c, d := tell("other", m.Text), tell("audio", strings.Repeat("0", 64)), tell("audio", ""), tell("nobody", m.Text); a != 401 || b != 401 || c != 400 || d != 404 {
			t.Error(a, b, c, d)
		}
		if _, err := w.delivery.MintPage(t.Context(), m.Text); err != nil {
			t.Errorf("the token died of it: %v", err)
		}
	})
}

// An answer waits for one write, not for the work.
func TestAnAnswerDoesNotWaitForTheWork(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		body := w.sample("shopify/orders-paid.json")
		begun := time.Now()
		const n = 50
		for i := range n {
			b := []byte(strings.ReplaceAll(string(body), "6120983346411", fmt.Sprint(7000000+i)))
			w.send("shopify", b)
		}
		if each := time.Since(begun) / n; each > 200*time.Millisecond {
			t.Errorf("%v for an answer", each)
		}
		if got := len(w.events(purvey.StoreEventReceived)); got != n {
			t.Errorf("%d events wait", got)
		}
	})
}
