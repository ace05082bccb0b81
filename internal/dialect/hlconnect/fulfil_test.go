package hlconnect_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/job"
	"purvey/internal/order"
	"purvey/internal/stamp"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

// TestMain lets the test binary be the child process that stamps.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "stamp-worker" {
		os.Exit(stamp.WorkerMain(os.Stdin, os.Stdout, os.Args[2:]))
	}
	os.Exit(m.Run())
}

// fulfiller gives an order service of its own on the world's database.
func (w *world) fulfiller(ready func(ctx context.Context, digest string) error) *order.Service {
	return order.New(w.db, order.Options{PageURL: w.delivery.PageURL, FileReady: ready})
}

// lineID finds a line.
func (w *world) lineID(number, line int64) (orderID, lineID string) {
	w.t.Helper()
	o, err := w.orders.ByNumber(w.t.Context(), w.scope(), number)
	w.must(err)
	for _, l := range o.Lines {
		if l.Number == line {
			return o.ID, l.ID
		}
	}
	w.t.Fatalf("order %d has no line %d", number, line)
	return "", ""
}

// HL-30
func TestHL30_CancelDuringFulfilmentStays(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.register(registration(w.quote(w.score(), 1), 1, 1)).want(201)
		_, line := w.lineID(1, 1)
		for name, outcome := range map[string]error{"done": nil, "failed": errors.New("the storage does not answer")} {
			entered, canceled := make(chan struct{}), make(chan struct{})
			s := w.fulfiller(func(context.Context, string) error {
				close(entered)
				<-canceled
				return outcome
			})
			result := make(chan error, 1)
			w.force(1, 1, purvey.LineProcessing)
			go func() { result <- s.Fulfil(context.Background(), purvey.Job{Key: line, Attempt: 8}) }()
			<-entered
			w.line("DELETE", "/purchase/cancel", 1, 1).want(201)
			close(canceled)
			if err := <-result; err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if i := w.items(1)[0]; i.Status != "CANCELED" {
				t.Errorf("%s: %+v", name, i)
			}
		}
	})
}

// HL-33
func TestHL33_FulfilmentSurvivesARestart(t *testing.T) {
	t.Parallel()
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			clock := storetest.NewClock()
			options := storetest.Options(t, engine)
			w := newWorld(t, storetest.Open(t, options, clock), clock, auth.Options{NoLimits: true})
			w.register(registration(w.quote(w.score(), 1), 1, 1)).want(201)
			_, line := w.lineID(1, 1)

			// A process takes the job and is killed with it: its lease runs out.
			w.tx(func(tx *store.Tx) error {
				j, state, err := tx.Job(t.Context(), purvey.JobFulfil, line)
				if err != nil || state != "available" {
					t.Fatalf("%q, %v", state, err)
				}
				return tx.TakeJobs(t.Context(), []string{j.ID}, "the dead one", tx.Now().Add(time.Minute))
			})
			clock.Advance(2 * time.Minute)
			w.info(1).want(202)
			reopened := storetest.Open(t, options, clock)
			worker := job.NewWorker(reopened, job.Options{})
			worker.Register(purvey.JobFulfil, job.Work{Run: order.New(reopened, order.Options{
				FileReady: func(ctx context.Context, digest string) error { _, err := w.bucket.Stat(ctx, digest); return err },
			}).Fulfil})
			if _, err := worker.RunDue(t.Context()); err != nil {
				t.Fatal(err)
			}
			if i := w.items(1)[0]; i.Status != "COMPLETED" {
				t.Errorf("%+v", i)
			}
			// Run again, for it may be, it changes nothing.
			w.must(w.orders.Fulfil(t.Context(), purvey.Job{Key: line, Attempt: 1}))
			w.must(w.orders.Fulfil(t.Context(), purvey.Job{Key: strings.Repeat("0", 24), Attempt: 1}))
			if i := w.items(1)[0]; i.Status != "COMPLETED" {
				t.Errorf("%+v", i)
			}
		})
	}
}

// HL-33: Storage that does not answer is waited for longer than a file that is not
// there, and in the end the line fails.
func TestHL33_FulfilmentEnds(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.register(registration(w.quote(w.score(), 1), 1, 1)).want(201)
		w.register(registration(w.quote(w.score(), 1), 2, 1)).want(201)
		trouble := &purvey.Error{Kind: purvey.Unavailable, Detail: "inner words"}
		s := w.fulfiller(func(context.Context, string) error { return trouble })
		worker := job.NewWorker(w.db, job.Options{})
		runs := 0
		worker.Register(purvey.JobFulfil, job.Work{Run: func(ctx context.Context, j purvey.Job) error {
			runs++
			return s.Fulfil(ctx, j)
		}})
		for range 20 {
			_, err := worker.RunDue(t.Context())
			w.must(err)
			w.clock.Advance(time.Hour)
		}
		if runs != 16 {
			t.Errorf("%d runs of two lines, want 8 each", runs)
		}
		id, _ := w.lineID(1, 1)
		if rows, err := w.db.AuditOf(t.Context(), w.scope(), "order", id, 10); err != nil || len(rows) != 1 || rows[0].Action != "order.fulfilment_failed" ||
			rows[0].Actor.Type != purvey.ActorSystem || rows[0].After["lines.1.status"] != "failed" {
			t.Errorf("%+v, %v", rows, err)
		}
		if a := w.info(1).want(502); a.body != `{"status":"FAILED","message":"The files could not be made ready."}` {
			t.Error(a.body)
		}
		// A server that stops is no failure of the line.
		w.force(2, 1, purvey.LineProcessing)
		_, line := w.lineID(2, 1)
		ctx, stop := context.WithCancel(t.Context())
		stopped := w.fulfiller(func(context.Context, string) error { stop(); return ctx.Err() })
		if err := stopped.Fulfil(ctx, purvey.Job{Key: line, Attempt: 8}); err == nil {
			t.Error("a stopped run is done")
		}
		w.info(2).want(202)
	})
}

// HL-33: What holds other orders back holds a registered one too; let go, it is
// fulfilled by the job and not past it.
func TestHL33_HeldOrdersAreFulfilledLater(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		f := w.file("a.pdf", "application/pdf", "%PDF")
		w.register(registration(w.quote(w.product(nil, f), 1), 1, 1)).want(201)
		o, err := w.orders.ByNumber(t.Context(), w.scope(), 1)
		w.must(err)
		_, err = w.orders.Patch(t.Context(), w.scope(), o.ID, order.Patch{Risk: ptr(purvey.RiskHigh)})
		w.must(err)
		w.work()
		w.info(1).want(202)
		w.must(w.bucket.Delete(t.Context(), f.Digest))
		_, err = w.orders.Patch(t.Context(), w.scope(), o.ID, order.Patch{Risk: ptr(purvey.RiskLow)})
		w.must(err)
		w.info(1).want(202)
		for range 3 {
			w.work()
			w.clock.Advance(20 * time.Second)
		}
		w.info(1).want(502)

		// A licence key comes with the fulfilment, or the line waits for one.
		keyed := w.product(func(p *purvey.Product) { p.Access = purvey.AccessKey })
		w.buy(keyed, 2, 1)
		w.info(2).want(202)
		k := []purvey.LicenseKey{{ID: w.db.NewID(), ShopID: w.shop.ID, Mode: purvey.Live, Key: "K", CreatedAt: w.db.Now(), UpdatedAt: w.db.Now()}}
		w.tx(func(tx *store.Tx) error { return tx.InsertKeys(t.Context(), k) })
		w.must(w.orders.ServeWaiting(t.Context(), w.scope(), ""))
		if i := w.items(2)[0]; i.Status != "COMPLETED" || i.DownloadURL != nil {
			t.Errorf("%+v", i)
		}

		// A date is waited for.
		soon := w.product(func(p *purvey.Product) {
			p.Delivering, p.ScheduledAt = purvey.Scheduled, w.clock.Now().Add(time.Hour)
		}, w.file("b.pdf", "application/pdf", "%PDF b"))
		w.buy(soon, 3, 1)
		w.info(3).want(202)
		w.clock.Advance(2 * time.Hour)
		w.must(w.orders.ReleaseProduct(t.Context(), soon.ID))
		w.info(3).want(202)
		w.work()
		if i := w.items(3)[0]; i.Status != "COMPLETED" || i.DownloadURL == nil {
			t.Errorf("%+v", i)
		}
	})
}

// pdf is the smallest document with one empty page.
func pdf() string {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var at []int
	for i, o := range []string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]>>"} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj%s endobj\n", i+1, o)
	}
	x := b.Len()
	b.WriteString("xref\n0 4\n0000000000 65535 f \n")
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", x)
	return b.String()
}

// HL-34
func TestHL34_TheCustomerIsPrintedOnTheAsset(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		stamped := func(p *purvey.Product) { p.Stamping = purvey.Stamping{Enabled: true, Text: "Licensed to {name}"} }
		w.buy(w.product(stamped, w.file("a.pdf", "application/pdf", pdf())), 1, 1)
		if text := w.text(w.url("/purchase/download-url", 1, 1)); !strings.Contains(text, "Licensed to Ada Reader") {
			t.Errorf("the copy says %q", text)
		}
		// Each line carries its own customer, whoever the order's first was.
		again := w.product(stamped, w.file("c.pdf", "application/pdf", pdf()+"% another"))
		w.register(registration(w.quote(again, 1), 1, 2, "customer", "Grace Player")).want(201)
		w.work()
		if text := w.text(w.url("/purchase/download-url", 1, 2)); !strings.Contains(text, "Licensed to Grace Player") {
			t.Errorf("the second copy says %q", text)
		}
		// What cannot be marked is not given out unmarked: the line fails.
		w.register(registration(w.quote(w.product(stamped, w.file("b.pdf", "application/pdf", "no document")), 1), 2, 1)).want(201)
		for range 3 {
			w.work()
			w.clock.Advance(20 * time.Second)
		}
		if a := w.info(2).want(502); a.body != `{"status":"FAILED","message":"The file could not be personalised."}` {
			t.Error(a.body)
		}
	})
}

// text reads the words of the PDF behind a byte URL.
func (w *world) text(url string) string {
	w.t.Helper()
	got, err := w.fetch(url)
	w.must(err)
	name := filepath.Join(w.t.TempDir(), "got.pdf")
	w.must(os.WriteFile(name, []byte(got), 0o600))
	out, err := exec.Command("pdftotext", name, "-").CombinedOutput()
	if err != nil {
		w.t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

// HL-28: A walk of 200 random steps over several lines, with cancels from elsewhere at
// any moment, meets legal states and moves only.
func TestHL28_RandomWalk(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		r := rand.New(rand.NewPCG(seed, 1))
		p := w.score()
		broken := errors.New("not now")
		var mu sync.Mutex
		down := false
		s := w.fulfiller(func(context.Context, string) error {
			mu.Lock()
			defer mu.Unlock()
			if down {
				return broken
			}
			return nil
		})
		worker := job.NewWorker(w.db, job.Options{})
		worker.Register(purvey.JobFulfil, job.Work{Run: s.Fulfil})
		const orders = 4
		seen := map[string]string{} // a line's last state, by order and line
		next := map[int64]int64{}
		legal := map[string]string{
			"": "PROCESSING COMPLETED FAILED CANCELED", "PROCESSING": "PROCESSING COMPLETED FAILED CANCELED",
			"COMPLETED": "COMPLETED CANCELED", "FAILED": "FAILED CANCELED", "CANCELED": "CANCELED",
		}
		look := func(step int) {
			for number := int64(1); number <= orders; number++ {
				o, err := w.orders.ByNumber(t.Context(), w.scope(), number)
				if errors.Is(err, purvey.NotFound) {
					continue
				}
				w.must(err)
				for _, l := range o.Lines {
					key := fmt.Sprint(number, "/", l.Number)
					now := map[purvey.LineStatus]string{
						purvey.LineProcessing: "PROCESSING", purvey.LineActive: "COMPLETED", purvey.LineFailed: "FAILED", purvey.LineCanceled: "CANCELED",
					}[l.Status]
					if now == "" || !strings.Contains(legal[seen[key]], now) {
						t.Fatalf("step %d: line %s went from %q to %s", step, key, seen[key], l.Status)
					}
					seen[key] = now
				}
			}
		}
		for step := range 200 {
			number := int64(1 + r.IntN(orders))
			var wg sync.WaitGroup
			cancel := func() {
				if n := next[number]; n > 0 {
					line := 1 + r.Int64N(n)
					wg.Go(func() {
						if a := w.line("DELETE", "/purchase/cancel", number, line); a.status != 201 {
							t.Errorf("cancel answers %d: %s", a.status, a.body)
						}
					})
				}
			}
			switch r.IntN(6) {
			case 0, 1:
				next[number]++
				w.register(registration(w.quote(p, 1), number, next[number])).want(201)
			case 2:
				cancel()
			case 3:
				mu.Lock()
				down = !down
				mu.Unlock()
			case 4:
				w.clock.Advance(time.Duration(r.IntN(3600)) * time.Second)
				fallthrough
			case 5:
				cancel()
				wg.Go(func() {
					if _, err := worker.RunDue(t.Context()); err != nil {
						t.Error(err)
					}
				})
				cancel()
			}
			wg.Wait()
			look(step)
		}
		for range 10 { // nothing is left in between
			w.clock.Advance(2 * time.Hour)
			_, err := worker.RunDue(t.Context())
			w.must(err)
		}
		look(200)
		for key, state := range seen {
			if state == "PROCESSING" {
				t.Errorf("line %s is stuck", key)
			}
		}
	})
}
