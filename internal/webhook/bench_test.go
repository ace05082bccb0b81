package webhook_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"purvey"
	"purvey/internal/dialect/bigdd"
	"purvey/internal/job"
	"purvey/internal/keyring"
	"purvey/internal/store"
	"purvey/internal/webhook"
)

// BenchmarkReplay has one endpoint told of 5,000 events of some 2 kB again,
// over loopback and with all that the server does: the worker and its leases,
// the signatures, a durable row of each attempt.
func BenchmarkReplay(b *testing.B) {
	db, err := store.Open(b.Context(), store.Options{Folder: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	s := webhook.New(db, keyring.Open(make([]byte, keyring.RootSize)), webhook.Options{
		AllowInsecure: true, Dialects: map[string]webhook.Dialect{"bigdd": bigdd.Webhooks{}},
	})
	var left atomic.Int64
	done := make(chan struct{}, 1)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // a cut body shows in the count of deliveries
		w.WriteHeader(http.StatusNoContent)
		if left.Add(-1) == 0 {
			done <- struct{}{}
		}
	}))
	defer receiver.Close()
	scope := purvey.Scope{ShopID: "shop", Mode: purvey.Live}
	p, err := s.Create(b.Context(), scope, purvey.Endpoint{
		Name: "x", URL: receiver.URL, Events: []purvey.EventType{purvey.EventStockLow}, Dialect: "bigdd",
	})
	if err != nil {
		b.Fatal(err)
	}
	stop := run(b, newWorker(db, s, job.Options{}))
	defer stop()
	wait := func() {
		select {
		case <-done:
		case <-time.After(patience):
			b.Fatalf("%d deliveries are missing", left.Load())
		}
	}
	const events = 5000
	if err := db.Tx(b.Context(), func(tx *store.Tx) error {
		for i := range events {
			data := purvey.EventData{Tag: fmt.Sprint(i, strings.Repeat("x", 1900))}
			if err := tx.Emit(b.Context(), scope, purvey.EventStockLow, "", data); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	round := func() { // until the last result is recorded
		wait()
		for pending := true; pending; {
			l, err := s.Deliveries(b.Context(), scope, p.ID, purvey.DeliveryPending, purvey.Page{Limit: 1})
			if err != nil {
				b.Fatal(err)
			}
			pending = len(l.Items) > 0
		}
		left.Store(events)
	}
	left.Store(events)
	round()
	for b.Loop() {
		if n, err := s.Replay(b.Context(), scope, p.ID, time.Now().Add(-time.Hour), false); err != nil || n != events {
			b.Fatal(n, err)
		}
		round()
	}
	b.ReportMetric(events*float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
}

// BenchmarkLatency measures the time from an event's commit to its arrival at
// a healthy endpoint, alone and while 1,000 black holes hold a backlog.
func BenchmarkLatency(b *testing.B) {
	for _, holes := range []int{0, 1000} {
		b.Run(fmt.Sprintf("holes=%d", holes), func(b *testing.B) { latency(b, holes) })
	}
}

func latency(b *testing.B, holes int) {
	db, err := store.Open(b.Context(), store.Options{Folder: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	s := webhook.New(db, keyring.Open(make([]byte, keyring.RootSize)), webhook.Options{
		AllowInsecure: true, Dialects: map[string]webhook.Dialect{"bigdd": bigdd.Webhooks{}},
	})
	hole, err := net.Listen("tcp", "127.0.0.1:0") // its connections are never even taken
	if err != nil {
		b.Fatal(err)
	}
	defer hole.Close()
	arrived := make(chan time.Time, 1)
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { arrived <- time.Now() }))
	defer receiver.Close()
	scope := purvey.Scope{ShopID: "shop", Mode: purvey.Live}
	make1 := func(url string, t purvey.EventType) {
		p := purvey.Endpoint{Name: "x", URL: url, Events: []purvey.EventType{t}, Dialect: "bigdd"}
		if _, err := s.Create(b.Context(), scope, p); err != nil {
			b.Fatal(err)
		}
	}
	for i := range holes {
		make1(fmt.Sprintf("http://%s/%d", hole.Addr(), i), purvey.EventVersionActivated)
	}
	make1(receiver.URL, purvey.EventStockLow)
	emit := func(t purvey.EventType) {
		data := purvey.EventData{Product: &purvey.Product{}, Version: &purvey.Version{}}
		if err := db.Tx(b.Context(), func(tx *store.Tx) error { return tx.Emit(b.Context(), scope, t, "", data) }); err != nil {
			b.Fatal(err)
		}
	}
	for range 20 {
		emit(purvey.EventVersionActivated)
	}
	stop := run(b, newWorker(db, s, job.Options{Grace: time.Millisecond}))
	defer stop()
	for parked := holes == 0; !parked; { // until the backlog is set aside
		counts, err := db.JobCounts(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		parked = counts["parked"] == int64(19*holes)
	}
	var all []time.Duration
	for b.Loop() {
		begin := time.Now()
		emit(purvey.EventStockLow)
		all = append(all, (<-arrived).Sub(begin))
	}
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)/2].Microseconds()), "p50-us")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "p99-us")
}
