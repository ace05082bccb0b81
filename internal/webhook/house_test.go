package webhook_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"purvey"
	"purvey/internal/dialect/bigdd"
	"purvey/internal/job"
	"purvey/internal/keyring"
	"purvey/internal/shop"
	"purvey/internal/store"
	"purvey/internal/webhook"
)

// house is a shop with the service and a worker that tests drive.
type house struct {
	t     *testing.T
	db    *store.DB
	s     *webhook.Service
	w     *job.Worker
	scope purvey.Scope
}

func newHouse(t *testing.T, db *store.DB, o webhook.Options) *house {
	t.Helper()
	o.Dialects = map[string]webhook.Dialect{"bigdd": bigdd.Webhooks{}}
	keys := keyring.Open(make([]byte, keyring.RootSize))
	h := &house{t: t, db: db, s: webhook.New(db, keys, o)}
	made, err := shop.New(db, keys).Create(t.Context(), "audio", "Audio")
	if err != nil {
		t.Fatal(err)
	}
	h.scope = purvey.Scope{ShopID: made.ID, Mode: purvey.Live}
	h.w = newWorker(db, h.s, job.Options{})
	return h
}

// newWorker ties the jobs as the server does.
func newWorker(db *store.DB, s *webhook.Service, o job.Options) *job.Worker {
	w := job.NewWorker(db, o)
	w.Register(purvey.JobSendWebhook, job.Work{Record: s.Send, Prepare: s.Prepare, Timeout: -1, Concurrency: 8})
	w.Register(purvey.JobReplay, job.Work{Run: s.RunReplay})
	w.Register(purvey.JobCheckEndpoint, job.Work{Run: s.Check, Every: time.Hour})
	w.Register(purvey.JobSweepRecords, job.Work{Run: s.Sweep, Every: 24 * time.Hour})
	return w
}

func (h *house) run() {
	h.t.Helper()
	if _, err := h.w.RunDue(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) endpoint(url string, events ...purvey.EventType) purvey.Endpoint {
	h.t.Helper()
	if len(events) == 0 {
		events = purvey.SubscribableEvents()
	}
	p, err := h.s.Create(h.t.Context(), h.scope, purvey.Endpoint{Name: "receiver", URL: url, Events: events, Dialect: "bigdd"})
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

// emit tells of low stock, which needs nothing else to be there.
func (h *house) emit(tag string) {
	h.t.Helper()
	if err := h.db.Tx(h.t.Context(), func(tx *store.Tx) error {
		return tx.Emit(h.t.Context(), h.scope, purvey.EventStockLow, "", purvey.EventData{Tag: tag, Free: 5})
	}); err != nil {
		h.t.Fatal(err)
	}
}

// deliveries gives those of an endpoint, oldest first.
func (h *house) deliveries(id string) []purvey.WebhookDelivery {
	h.t.Helper()
	l, err := h.s.Deliveries(h.t.Context(), h.scope, id, "", purvey.Page{Limit: 100, Sort: purvey.SortOldest})
	if err != nil {
		h.t.Fatal(err)
	}
	return l.Items
}

func (h *house) only(id string) purvey.WebhookDelivery {
	h.t.Helper()
	all := h.deliveries(id)
	if len(all) != 1 {
		h.t.Fatalf("%d deliveries, want one", len(all))
	}
	return all[0]
}

func (h *house) look(id string) purvey.Endpoint {
	h.t.Helper()
	p, err := h.s.Endpoint(h.t.Context(), h.scope, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

// mails gives the subjects of the shop's mails, oldest first.
func (h *house) mails() []purvey.Message {
	h.t.Helper()
	l, err := h.db.Messages(h.t.Context(), h.scope, store.MessageFilter{}, purvey.Page{Limit: 100, Sort: purvey.SortOldest})
	if err != nil {
		h.t.Fatal(err)
	}
	return l.Items
}

// receiver is a merchant's server.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	answer http.HandlerFunc // nil: 204
	got    []request
}

type request struct {
	header http.Header
	body   string
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body) // a cut body is a sender's fault, which the tests see in it
	r.mu.Lock()
	r.got = append(r.got, request{req.Header, string(body)})
	answer := r.answer
	r.mu.Unlock()
	if answer == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	answer(w, req)
}

func (r *receiver) set(answer http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

// status has the receiver answer with one.
func (r *receiver) status(code int) {
	r.set(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
}

// requests gives what came since the last call.
func (r *receiver) requests() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := slices.Clone(r.got)
	r.got = nil
	return got
}
