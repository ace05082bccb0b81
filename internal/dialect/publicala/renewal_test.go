package publicala_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/dialect/publicala"
	"purvey/internal/job"
	"purvey/internal/jwt"
	"purvey/internal/keyring"
	"purvey/internal/order"
	"purvey/internal/store"
	"purvey/internal/webhook"
)

// PUB-29, PUB-34: a sale of a subscription is open for the period that was
// paid; each further payment is told by a fresh JWT and moves the end, which
// is where DELETE ends it.
func TestPUB34_RenewalIsTold(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		hooks := webhook.New(w.db, keyring.Open(make([]byte, keyring.RootSize)), webhook.Options{
			Dialects:      map[string]webhook.Dialect{publicala.WebhookDialect: publicala.Webhooks{Shops: w.shops, Catalog: w.catalog, Orders: w.orders}},
			Delays:        map[string]webhook.Delay{publicala.WebhookDialect: publicala.WebhookDelay},
			AllowInsecure: true,
		})
		w.shops.Watch(publicala.WatchSettings(hooks.Keep))
		w.worker.Register(purvey.JobSendWebhook, job.Work{Record: hooks.Send})
		e := newEar(t)
		e.answer(200)
		w.settings(`{"publicala":{"webhook_url":"` + e.url + `","webhook_key":"the key"},"shop":{"timezone":"America/Argentina/Buenos_Aires"}}`)
		w.plan("gold", 1)
		w.clock.Set(time.Date(2026, 1, 31, 15, 0, 0, 0, time.UTC))
		body := strings.Replace(sale("gold"), `"type":"content"`, `"type":"subscription"`, 1)
		id := w.call("POST", v1, body).want(201).is("data.products.0.expiration_date", "null").id()
		o, paid := w.order(id), purvey.Paid
		_, err := w.orders.Patch(t.Context(), purvey.Scope{ShopID: w.shop.ID, Mode: purvey.Live}, o.ID, order.Patch{Financial: &paid})
		w.must(err)
		path := v1 + "/" + id
		w.call("GET", path, "").is("data.status", `"approved"`, "data.products.0.expiration_date", `"2026-03-01"`)
		o = w.order(id)
		zone, err := time.LoadLocation("America/Argentina/Buenos_Aires")
		w.must(err)
		period, was := purvey.PeriodFrom(o.PaidAt, 1, zone), o.Lines[0].ExpiresAt
		due := time.Date(2026, 2, 28, 15, 0, 0, 0, time.UTC)
		w.clock.Set(due)
		w.must(w.db.Tx(t.Context(), func(tx *store.Tx) error {
			o := w.order(id)
			p := purvey.Payment{Kind: purvey.PaymentRenewal, AmountCents: 1050, DueAt: due, PaidAt: due.Add(time.Minute)}
			return w.orders.Extend(t.Context(), tx, &o, order.Extension{Period: period, Was: was, Until: period.End(was, due, zone), Payments: []purvey.Payment{p}})
		}))
		w.call("GET", path, "").is("data.status", `"approved"`, "data.products.0.expiration_date", `"2026-04-01"`)
		w.work()
		type told struct {
			Sub, Jti string
			Data     struct {
				ID, Event string
				Amount    json.Number
				PaidAt    string `json:"paid_at"`
				Products  []struct {
					Until string `json:"expiration_date"`
				}
			}
		}
		tokens := e.tokens()
		if len(tokens) != 2 {
			t.Fatalf("%d tokens", len(tokens))
		}
		var first, second told
		w.must(jwt.Verify([]byte("the key"), tokens[0], &first))
		w.must(jwt.Verify([]byte("the key"), tokens[1], &second))
		if first.Data.Event != "sale" || first.Data.Products[0].Until != "2026-03-01" || first.Sub != "sale" {
			t.Errorf("%+v", first)
		}
		if d := second.Data; second.Sub != "sale" || second.Jti == first.Jti || d.ID != id || d.Event != "renewal" || d.Amount != "10.5" || d.PaidAt != "2026-02-28T15:01:00Z" ||
			d.Products[0].Until != "2026-04-01" {
			t.Errorf("%+v", second)
		}
		w.call("DELETE", path, "").want(200)
		if got := w.order(id).Lines[0].EndsAt; !got.Equal(time.Date(2026, 4, 1, 3, 0, 0, 0, time.UTC)) {
			t.Errorf("it ends %s", got)
		}
		w.call("DELETE", path, "").refused("status")
		w.clock.Set(time.Date(2026, 4, 1, 2, 59, 59, 0, time.UTC))
		if w.work(); w.open(id) != "open" {
			t.Error(w.open(id))
		}
		w.clock.Set(time.Date(2026, 4, 1, 3, 0, 0, 0, time.UTC))
		w.work()
		w.call("GET", path, "").is("data.status", `"cancelled"`)
		// A date of the caller's own stays, and so does an order of the caller's.
		body = with(t, body, "products.0.expiration_date", "2026-12-24")
		for _, b := range []string{body, strings.Replace(body, `"type":"sale"`, `"type":"report"`, 1)} {
			id = w.call("POST", v1, b).want(201).id()
			if o := w.order(id); o.Financial == purvey.Pending {
				_, err := w.orders.Patch(t.Context(), purvey.Scope{ShopID: w.shop.ID, Mode: purvey.Live}, o.ID, order.Patch{Financial: &paid})
				w.must(err)
			}
			w.call("GET", v1+"/"+id, "").is("data.status", `"approved"`, "data.products.0.expiration_date", `"2026-12-24"`)
		}
	})
}
