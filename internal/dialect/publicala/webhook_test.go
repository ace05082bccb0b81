package publicala_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"purvey"
	"purvey/internal/dialect/publicala"
	"purvey/internal/job"
	"purvey/internal/jwt"
	"purvey/internal/keyring"
	"purvey/internal/order"
	"purvey/internal/webhook"
)

// ear is a merchant's receiver.
type ear struct {
	url string

	mu     sync.Mutex
	status int
	heard  []string // tokens
}

func newEar(t *testing.T) *ear {
	e := &ear{status: 500}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			JSON struct {
				Type  string `json:"token_type"`
				Token string `json:"token"`
			} `json:"json"`
		}
		b, err := io.ReadAll(r.Body)
		if err != nil || json.Unmarshal(b, &body) != nil || body.JSON.Type != "jwt" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %v", b, r.Header)
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		e.heard = append(e.heard, body.JSON.Token)
		w.WriteHeader(e.status)
	}))
	t.Cleanup(server.Close)
	e.url = server.URL
	return e
}

func (e *ear) answer(status int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.status = status
}

func (e *ear) tokens() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string(nil), e.heard...)
}

// PUB-34: sales are told by a JWT, fresh for each attempt, three hours apart;
// permissions are not; the settings alone make the endpoint.
func TestPUB34_Webhook(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		hooks := webhook.New(w.db, keyring.Open(make([]byte, keyring.RootSize)), webhook.Options{
			Dialects:      map[string]webhook.Dialect{publicala.WebhookDialect: publicala.Webhooks{Shops: w.shops, Catalog: w.catalog, Orders: w.orders}},
			Delays:        map[string]webhook.Delay{publicala.WebhookDialect: publicala.WebhookDelay},
			AllowInsecure: true,
		})
		w.shops.Watch(publicala.WatchSettings(hooks.Keep))
		w.worker.Register(purvey.JobSendWebhook, job.Work{Record: hooks.Send})
		scope := purvey.Scope{ShopID: w.shop.ID, Mode: purvey.Live}
		endpoints := func() []purvey.Endpoint {
			l, err := hooks.Endpoints(t.Context(), scope, publicala.WebhookDialect, purvey.Page{Limit: 10})
			w.must(err)
			return l.Items
		}
		e := newEar(t)
		w.book("bk-1")
		w.settings(`{"publicala":{"webhook_url":"` + e.url + `"}}`)
		if len(endpoints()) != 0 {
			t.Error("an endpoint without a key")
		}
		w.settings(`{"publicala":{"webhook_key":"first key"}}`)
		id := endpoints()[0].ID
		w.settings(`{"publicala":{"webhook_key":"the key"},"shop":{"name":"Books"}}`)
		if all := endpoints(); len(all) != 1 || all[0].ID != id || !all[0].Enabled {
			t.Errorf("%+v", all)
		}
		w.call("POST", v1, permission("bk-1")).want(201)
		w.as(w.sandbox, "POST", v1, report("bk-1")).want(201)
		w.call("POST", v1, sale("bk-1")).want(201) // not paid
		w.work()
		if got := e.tokens(); len(got) != 0 {
			t.Fatalf("told of no sale: %v", got)
		}
		made := w.call("POST", v1, report("bk-1", `"external_reference":"W1"`)).want(201).id()
		type told struct {
			Iss, Sub, Aud, Jti string
			Iat, Exp           int64
			Data               struct {
				ID        string
				Event     string
				EventID   string `json:"event_id"`
				Reference string `json:"external_reference"`
				Status    string
				Type      string
				Amount    json.Number
				Currency  string `json:"currency_id"`
				PaidAt    string `json:"paid_at"`
				Products  []struct{ ID, Status string }
				User      struct{ Email string }
			}
		}
		var first told
		seen := map[string]bool{}
		for attempt := 1; attempt <= 3; attempt++ {
			if attempt == 3 {
				e.answer(202)
			}
			w.work()
			tokens := e.tokens()
			if len(tokens) != attempt {
				t.Fatalf("attempt %d: %d tokens", attempt, len(tokens))
			}
			var got told
			w.must(jwt.Verify([]byte("the key"), tokens[attempt-1], &got))
			if got.Iss != "farfalla" || got.Sub != "sale" || got.Aud != "books" || got.Iat != w.clock.Now().Unix() || got.Exp != got.Iat+300 || seen[got.Jti] {
				t.Errorf("%+v", got)
			}
			seen[got.Jti] = true
			d := got.Data
			if d.ID != made || d.Event != "sale" || d.Reference != "W1" || d.Status != "approved" || d.Type != "report" || d.Amount != "25" || d.Currency != "USD" ||
				d.PaidAt != "2026-01-05T12:00:00Z" || len(d.Products) != 1 || d.Products[0].ID != "bk-1" || d.User.Email != "ana@example.org" || d.EventID == "" {
				t.Errorf("%+v", d)
			}
			if attempt == 1 {
				first = got
			} else if d.EventID != first.Data.EventID {
				t.Error("another event")
			}
			w.clock.Advance(3*time.Hour - time.Second)
			w.work()
			w.clock.Advance(time.Second)
		}
		w.work()
		if got := e.tokens(); len(got) != 3 {
			t.Errorf("told again after it was heard: %d", len(got))
		}
		// A sale is told when it is paid, as what it is then.
		o := w.order(w.call("POST", v1, sale("bk-1")).want(201).id())
		paid := purvey.Paid
		_, err := w.orders.Patch(t.Context(), scope, o.ID, order.Patch{Financial: &paid})
		w.must(err)
		w.work()
		tokens := e.tokens()
		var got told
		w.must(jwt.Verify([]byte("the key"), tokens[len(tokens)-1], &got))
		if len(tokens) != 4 || got.Data.ID != o.UUID || got.Data.Status != "approved" || got.Data.Products[0].Status != "approved" || got.Data.Amount != "10.5" {
			t.Errorf("%+v", got)
		}
		// The test button.
		_, err = hooks.Test(t.Context(), scope, id)
		w.must(err)
		w.work()
		tokens = e.tokens()
		w.must(jwt.Verify([]byte("the key"), tokens[len(tokens)-1], &got))
		if got.Sub != "test" || got.Data.Event != "test" {
			t.Errorf("%+v", got)
		}
		err = w.shops.Patch(t.Context(), w.shop.ID, []byte(`{"publicala":{"webhook_url":"https://user:pw@example.com/"}}`))
		if err == nil || !strings.Contains(err.Error(), "publicala.webhook_url") {
			t.Error(err)
		}
		w.settings(`{"publicala":{"webhook_url":null}}`)
		if len(endpoints()) != 0 {
			t.Error("the endpoint is still there")
		}
	})
}

// PUB-34: the vendor's three attempts, and some of ours.
func TestPUB34_Delays(t *testing.T) {
	t.Parallel()
	var sum time.Duration
	n := 1
	for ; ; n++ {
		wait, more := publicala.WebhookDelay(n, 0)
		if !more {
			break
		}
		if n <= 2 && wait != 3*time.Hour {
			t.Errorf("wait %d is %s", n, wait)
		}
		sum += wait
	}
	if n < 10 || sum < 75*time.Hour {
		t.Errorf("%d attempts over %s", n, sum)
	}
	if _, more := publicala.WebhookDelay(0, 0); more {
		t.Error("a wait after no attempt")
	}
}
