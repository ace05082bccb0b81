package bigdd

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"purvey"
	"purvey/internal/job"
	"purvey/internal/keyring"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
	"purvey/internal/webhook"
)

const endpointsPath = "/public-api/v1/webhook-endpoints"

// newHooks is a frame with webhooks; run does what is due.
func newHooks(t *testing.T, db *store.DB, insecure bool) (f *frame, run func()) {
	t.Helper()
	f = newFrame(t, db)
	f.backend.Webhooks = webhook.New(db, keyring.Open(make([]byte, keyring.RootSize)), webhook.Options{
		Dialects: map[string]webhook.Dialect{WebhookDialect: Webhooks{}}, AllowInsecure: insecure,
	})
	mux := http.NewServeMux()
	Register(mux, f.backend)
	f.handler = documented(t, mux)
	w := job.NewWorker(db, job.Options{})
	w.Register(purvey.JobSendWebhook, job.Work{Record: f.backend.Webhooks.Send})
	w.Register(purvey.JobReplay, job.Work{Run: f.backend.Webhooks.RunReplay})
	return f, func() {
		t.Helper()
		if _, err := w.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// made decodes one endpoint.
func (a answer) endpoint(t *testing.T) endpointWire {
	t.Helper()
	var out struct{ Data endpointWire }
	a.into(t, &out)
	return out.Data
}

// BDD-46: HTTPS only, the secret shown once, each endpoint its own events.
func TestBDD46_EndpointCalls(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		f, _ := newHooks(t, db, false)
		const body = `{"name":"CRM","url":"https://example.com/hooks","events":["digital_order.purchased","order.refunded"],"enabled":false}`
		a := f.call(f.admin, "POST", endpointsPath, body)
		p := a.endpoint(t)
		if a.status != 201 || !strings.HasPrefix(p.Secret, "whsec_") || len(p.Secret) != 6+44 || p.Name != "CRM" || !p.Enabled || len(p.Events) != 2 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		one := endpointsPath + "/" + p.ID
		for _, again := range []answer{
			f.call(f.admin, "GET", one, ""), f.call(f.admin, "GET", endpointsPath, ""),
			f.call(f.admin, "PATCH", one, `{"name":"CRM 2","events":["file.downloaded"]}`), f.call(f.admin, "PATCH", one, `{"enabled":false}`),
		} {
			if again.status != 200 || strings.Contains(again.body, "whsec_") || strings.Contains(again.body, `"secret"`) {
				t.Errorf("%d %s", again.status, again.body)
			}
		}
		if got := f.call(f.admin, "GET", one, "").endpoint(t); got.Name != "CRM 2" || got.Enabled || got.DisabledReason == nil || got.Events[0] != "file.downloaded" ||
			got.URL != "https://example.com/hooks" {
			t.Errorf("%+v", got)
		}
		if got := f.call(f.admin, "PATCH", one, `{"enabled":true}`).endpoint(t); !got.Enabled || got.DisabledReason != nil {
			t.Errorf("%+v", got)
		}
		// A repeat with the key makes no second one, and shows the same secret.
		first := f.call(f.admin, "POST", endpointsPath, body, "Idempotency-Key", "k")
		again := f.call(f.admin, "POST", endpointsPath, body, "Idempotency-Key", "k")
		if first.status != 201 || first.body != again.body {
			t.Errorf("%s\n%s", first.body, again.body)
		}
		var l struct {
			Data       []endpointWire
			Pagination pagination
		}
		f.call(f.admin, "GET", endpointsPath+"?limit=1", "").into(t, &l)
		if len(l.Data) != 1 || !l.Pagination.HasMore || l.Pagination.NextCursor == nil {
			t.Fatalf("%+v", l)
		}
		f.call(f.admin, "GET", endpointsPath+"?limit=1&cursor="+*l.Pagination.NextCursor, "").into(t, &l)
		if len(l.Data) != 1 || l.Pagination.HasMore || l.Data[0].ID != p.ID {
			t.Errorf("%+v", l)
		}

		for _, bad := range []string{
			`{}`, `{"name":"x"}`, `{"name":"x","url":"http://example.com","events":["file.downloaded"]}`,
			`{"name":"x","url":"https://127.0.0.1/","events":["file.downloaded"]}`, `{"name":"x","url":"https://example.com","events":[]}`,
			`{"name":"x","url":"https://example.com","events":["no.such"]}`, `{"name":"","url":"https://example.com","events":["file.downloaded"]}`,
			`{"name":7,"url":"https://example.com","events":["file.downloaded"]}`,
		} {
			f.refused(f.call(f.admin, "POST", endpointsPath, bad), 400, "validation_error")
		}
		f.refused(f.call(f.admin, "PATCH", one, `{"url":"http://example.com"}`), 400, "validation_error")
		f.refused(f.call(f.admin, "PATCH", one, ``), 400, "validation_error")

		// Another mode, another shop, a member.
		calls := [][2]string{
			{"GET", one}, {"PATCH", one}, {"DELETE", one}, {"POST", one + "/test"}, {"GET", one + "/deliveries"}, {"POST", one + "/replay"},
			{"POST", "/public-api/v1/webhook-deliveries/" + p.ID + "/retry"},
		}
		other := f.token(f.newShop("other"), purvey.Admin, purvey.Live)
		for _, c := range calls {
			body := ""
			if c[0] != "GET" {
				body = `{"only_failed":true,"name":"x"}`
			}
			f.refused(f.call(f.sandbox, c[0], c[1], body), 404, "not_found")
			f.refused(f.call(other, c[0], c[1], body), 404, "not_found")
			f.refused(f.call(f.member, c[0], c[1], body), 403, "forbidden")
			f.refused(f.call("", c[0], c[1], body), 401, "unauthorized")
		}
		f.refused(f.call(f.member, "GET", endpointsPath, ""), 403, "forbidden")
		f.refused(f.call(f.member, "POST", endpointsPath, body), 403, "forbidden")
		if a := f.call(f.admin, "DELETE", one, ""); a.status != 200 || a.body != `{"data":{"id":"`+p.ID+`","deleted":true}}` {
			t.Errorf("%d %s", a.status, a.body)
		}
		f.refused(f.call(f.admin, "GET", one, ""), 404, "not_found")
		f.refused(f.call(f.admin, "DELETE", one, ""), 404, "not_found")
	})
}

// BDD-47: the test button, the history with its filter, retry and replay.
func TestBDD47_DeliveryCalls(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		f, run := newHooks(t, db, true)
		var status, requests atomic.Int64
		status.Store(500)
		receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			requests.Add(1)
			w.WriteHeader(int(status.Load()))
			_, _ = w.Write([]byte("hm"))
		}))
		t.Cleanup(receiver.Close)
		p := f.call(f.admin, "POST", endpointsPath, `{"name":"CRM","url":"`+receiver.URL+`","events":["license_key.stock_low"]}`).endpoint(t)
		one := endpointsPath + "/" + p.ID
		var d struct{ Data webhookDeliveryWire }
		a := f.call(f.admin, "POST", one+"/test", "")
		a.into(t, &d)
		if a.status != 200 || d.Data.State != "pending" || d.Data.EventType != "webhook.test" || !strings.HasPrefix(d.Data.EventID, "evt_") ||
			d.Data.NextAttemptAt == nil || !strings.Contains(a.body, `"attempts":[]`) {
			t.Fatalf("%d %s", a.status, a.body)
		}
		run()
		list := func(query string) []webhookDeliveryWire {
			t.Helper()
			var l struct{ Data []webhookDeliveryWire }
			f.call(f.admin, "GET", one+"/deliveries"+query, "").into(t, &l)
			return l.Data
		}
		got := list("")
		if len(got) != 1 || len(got[0].Attempts) != 1 {
			t.Fatalf("%+v", got)
		}
		if at := got[0].Attempts[0]; *at.Status != 500 || *at.Response != "hm" || *at.Error != "the receiver answered 500" || at.At != wireTime(clock.Now()) {
			t.Errorf("%+v", at)
		}
		status.Store(200)
		a = f.call(f.admin, "POST", "/public-api/v1/webhook-deliveries/"+d.Data.ID+"/retry", "")
		if a.status != 200 || !strings.Contains(a.body, `"state":"pending"`) {
			t.Errorf("%d %s", a.status, a.body)
		}
		run()
		if len(list("?state=delivered")) != 1 || len(list("?state=pending")) != 0 || len(list("?state=failed")) != 0 || list("")[0].NextAttemptAt != nil {
			t.Errorf("%+v", list(""))
		}
		f.refused(f.call(f.admin, "GET", one+"/deliveries?state=odd", ""), 400, "validation_error")

		// Replay.
		if err := db.Tx(t.Context(), func(tx *store.Tx) error {
			return tx.Emit(t.Context(), purvey.Scope{ShopID: f.shop.ID, Mode: purvey.Live}, purvey.EventStockLow, "", purvey.EventData{Tag: "x"})
		}); err != nil {
			t.Fatal(err)
		}
		run()
		before := requests.Load()
		for body, want := range map[string]string{
			`{"only_failed":true}`:                                     `{"data":{"replayed":0}}`,
			`{"since":"2026-01-01","only_failed":false}`:               `{"data":{"replayed":1}}`,
			`{"since":"2027-01-01T00:00:00Z"}`:                         `{"data":{"replayed":0}}`,
			`{"since":"2026-01-05T13:00:00+02:00"}`:                    `{"data":{"replayed":1}}`,
			`{"since":"` + wireTime(clock.Now().Add(time.Hour)) + `"}`: `{"data":{"replayed":0}}`,
		} {
			if a := f.call(f.admin, "POST", one+"/replay", body); a.status != 200 || a.body != want {
				t.Errorf("%s: %d %s, want %s", body, a.status, a.body, want)
			}
		}
		run()
		if n := requests.Load() - before; n != 1 {
			t.Errorf("two replays of one event, asked for before it was sent, made %d requests", n)
		}
		for _, bad := range []string{"", "{}", `{"since":"yesterday"}`, `{"only_failed":"yes"}`} {
			f.refused(f.call(f.admin, "POST", one+"/replay", bad), 400, "validation_error")
		}
		f.call(f.admin, "PATCH", one, `{"enabled":false}`)
		for _, path := range []string{one + "/test", one + "/replay", "/public-api/v1/webhook-deliveries/" + d.Data.ID + "/retry"} {
			f.refused(f.call(f.admin, "POST", path, `{"only_failed":true}`), 409, "conflict")
		}
	})
}
