package webhook_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"purvey"
	"purvey/internal/job"
	"purvey/internal/store/storetest"
)

// patience is how long a test waits for what must happen.
const patience = 60 * time.Second

// Statement 8: receivers that take a connection and never answer cost the
// others nothing. Every delivery of the healthy endpoint ends while the black
// holes still hold theirs, of which they get one at a time.
func TestBlackHolesDelayNobody(t *testing.T) {
	t.Parallel()
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			const holes, events = 150, 40
			db := storetest.Open(t, storetest.Options(t, engine), nil)
			h := newHouse(t, db, insecure)
			h.s.SetWait(patience)
			hole, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer hole.Close()
			var taken atomic.Int64
			go func() {
				for {
					c, err := hole.Accept()
					if err != nil {
						return
					}
					taken.Add(1)
					defer c.Close()
				}
			}()
			for i := range holes {
				h.endpoint(fmt.Sprintf("http://%s/%d", hole.Addr(), i))
			}
			healthy := newReceiver(t)
			told := make(chan struct{}, events)
			healthy.set(func(w http.ResponseWriter, _ *http.Request) { told <- struct{}{} })
			p := h.endpoint(healthy.URL)

			stop := run(t, newWorker(db, h.s, job.Options{Grace: time.Millisecond, Poll: time.Hour}))
			begin := time.Now()
			for i := range events {
				h.emit(fmt.Sprint(i))
			}
			end := time.After(patience / 2)
			for i := range events {
				select {
				case <-told:
				case <-end:
					t.Fatalf("%d of %d deliveries came in %v", i, events, time.Since(begin))
				}
			}
			for h.deliveries(p.ID)[events-1].State == purvey.DeliveryPending && time.Since(begin) < patience {
			}
			if n := taken.Load(); n > holes {
				t.Errorf("black holes hold %d connections, want at most %d", n, holes)
			}
			stop()
			// What was cut is put back, unjudged.
			counts, err := db.JobCounts(context.Background())
			if err != nil || counts["running"] != 0 || counts["available"]+counts["parked"] < holes*events {
				t.Errorf("%v, %v", counts, err)
			}
		})
	}
}

// run starts a worker; stop ends it and waits.
func run(tb testing.TB, w *job.Worker) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			tb.Error(err)
		}
	}
}
