package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
	"purvey/internal/webhook"
)

// BDD-45: warned after three days without one success, switched off after
// five; what waited goes out when it is on again, what was missed by a replay.
func TestBDD45_WarnedThenSwitchedOffThenReplayed(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		h, r := newHouse(t, db, webhook.Options{AllowInsecure: true, Mail: true}), newReceiver(t)
		if err := db.Tx(t.Context(), func(tx *store.Tx) error {
			m := store.Member{Email: "owner@example.org", State: "active"}
			if _, err := tx.InsertMember(t.Context(), &m); err != nil {
				return err
			}
			return tx.JoinShop(t.Context(), m.ID, h.scope.ShopID, purvey.Admin)
		}); err != nil {
			t.Fatal(err)
		}
		r.status(500)
		p := h.endpoint(r.URL)
		begin := clock.Now()
		day := func(n float64) { // lets the hours up to that day pass
			for end := begin.Add(time.Duration(n * float64(24*time.Hour))); clock.Now().Before(end); {
				clock.Advance(time.Hour)
				h.run()
			}
		}
		h.emit("first")
		h.run()
		day(2.9)
		if p := h.look(p.ID); !p.FailingSince.Equal(begin) || !p.Enabled || len(h.mails()) != 0 {
			t.Fatalf("before three days: %+v, %d mails", p, len(h.mails()))
		}
		day(3.1)
		mails := h.mails()
		if len(mails) != 1 || mails[0].Kind != purvey.MailOwnerWarning || mails[0].State != purvey.MessageQueued || mails[0].To != "owner@example.org" ||
			!strings.Contains(mails[0].Data.Subject, "failing for 3 days") {
			t.Fatalf("after three days: %+v", mails)
		}
		day(4.5)
		h.emit("waits")
		day(4.9)
		if !h.look(p.ID).Enabled || len(h.mails()) != 1 {
			t.Fatal("switched off too early, or warned twice")
		}
		day(5.2)
		off := h.look(p.ID)
		if off.Enabled || off.DisabledReason != "every attempt failed for 5 days" || len(h.mails()) != 2 {
			t.Fatalf("after five days: %+v, %d mails", off, len(h.mails()))
		}
		day(6)
		r.requests()
		h.emit("missed")
		day(7)
		if got := r.requests(); len(got) != 0 {
			t.Fatalf("%d requests to a receiver that is switched off", len(got))
		}
		ds := h.deliveries(p.ID)
		if len(ds) != 2 || ds[0].State != purvey.DeliveryFailed || ds[1].State != purvey.DeliveryPending || !ds[1].NextAttemptAt.IsZero() {
			t.Fatalf("%+v", ds)
		}
		var conflict *purvey.Error
		if _, err := h.s.Retry(t.Context(), h.scope, ds[0].ID); !errors.As(err, &conflict) || conflict.Kind != purvey.Conflict {
			t.Errorf("retry while it is off: %v", err)
		}
		if _, err := h.s.Test(t.Context(), h.scope, p.ID); !errors.Is(err, purvey.Conflict) {
			t.Errorf("test while it is off: %v", err)
		}
		if _, err := h.s.Replay(t.Context(), h.scope, p.ID, begin, true); !errors.Is(err, purvey.Conflict) {
			t.Errorf("replay while it is off: %v", err)
		}

		// On again: what waited goes out.
		r.set(nil)
		on := true
		p, err := h.s.Update(t.Context(), h.scope, p.ID, webhook.Change{Enabled: &on})
		if err != nil || !p.Enabled || p.DisabledReason != "" || !p.FailingSince.IsZero() || !p.WarnedAt.IsZero() {
			t.Fatalf("%+v, %v", p, err)
		}
		h.run()
		if got := tags(r.requests()); !slices.Equal(got, []string{"waits"}) {
			t.Fatalf("sent %v", got)
		}
		// And the rest by a replay, each once, however often it runs.
		n, err := h.s.Replay(t.Context(), h.scope, p.ID, begin, true)
		if err != nil || n != 2 {
			t.Fatalf("%d to be replayed, %v", n, err)
		}
		h.run()
		if got := tags(r.requests()); !slices.Equal(got, []string{"first", "missed"}) {
			t.Fatalf("replayed %v", got)
		}
		if n, err := h.s.Replay(t.Context(), h.scope, p.ID, begin, true); n != 0 || err != nil {
			t.Errorf("a second time %d, %v", n, err)
		}
		clock.Advance(time.Second)
		if n, err := h.s.Replay(t.Context(), h.scope, p.ID, begin, false); n != 3 || err != nil {
			t.Errorf("all: %d, %v", n, err)
		}
		h.run()
		if got := tags(r.requests()); !slices.Equal(got, []string{"first", "missed", "waits"}) {
			t.Fatalf("replayed %v", got)
		}
		for _, d := range h.deliveries(p.ID) {
			if d.State != purvey.DeliveryDelivered {
				t.Errorf("%+v", d)
			}
		}
	})
}

// tags reads the tags of stock events, sorted.
func tags(requests []request) []string {
	out := []string{}
	for _, r := range requests {
		_, rest, _ := strings.Cut(r.body, `"tag":"`)
		tag, _, _ := strings.Cut(rest, `"`)
		out = append(out, tag)
	}
	slices.Sort(out)
	return out
}

// Failures now and then are no steady failure.
// Serves BDD-45.
func TestBDD45_OneSuccessForgetsFailures(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		h, r := newHouse(t, db, insecure), newReceiver(t)
		p := h.endpoint(r.URL)
		for day := range 12 {
			r.status(map[bool]int{true: 200, false: 500}[day%3 == 2])
			h.emit(fmt.Sprint(day))
			for range 24 {
				clock.Advance(time.Hour)
				h.run()
			}
		}
		if p := h.look(p.ID); !p.Enabled || len(h.mails()) != 0 {
			t.Errorf("%+v, %d mails", p, len(h.mails()))
		}
		// A warned endpoint that works again is forgiven.
		r.status(500)
		h.emit("again")
		for range 24 * 4 {
			clock.Advance(time.Hour)
			h.run()
		}
		if p := h.look(p.ID); p.WarnedAt.IsZero() || len(h.mails()) != 1 {
			t.Errorf("%+v", p)
		}
		r.set(nil)
		h.emit("well")
		h.run()
		if p := h.look(p.ID); !p.FailingSince.IsZero() || !p.WarnedAt.IsZero() {
			t.Errorf("%+v", p)
		}
		clock.Advance(30 * 24 * time.Hour)
		h.run()
		if !h.look(p.ID).Enabled {
			t.Error("switched off")
		}
	})
}

// A server that was down for a week has warned nobody: it warns first.
// Serves BDD-45.
func TestBDD45_NobodyIsSwitchedOffUnwarned(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		h, r := newHouse(t, db, insecure), newReceiver(t)
		r.status(500)
		p := h.endpoint(r.URL)
		h.emit("x")
		h.run()
		clock.Advance(8 * 24 * time.Hour)
		h.run()
		if p := h.look(p.ID); !p.Enabled || !p.WarnedAt.Equal(clock.Now()) {
			t.Fatalf("%+v", p)
		}
		// Without admins the warning is kept where the back office shows it.
		if m := h.mails(); len(m) != 1 || m[0].State != purvey.MessageKept || m[0].To != "" {
			t.Errorf("%+v", m)
		}
		clock.Advance(25 * time.Hour)
		h.run()
		if h.look(p.ID).Enabled {
			t.Error("still on")
		}
		// Checking again changes nothing more.
		mails := len(h.mails())
		for range 2 {
			if err := h.s.Check(t.Context(), purvey.Job{}); err != nil {
				t.Fatal(err)
			}
		}
		if len(h.mails()) != mails {
			t.Error("told twice")
		}
	})
}

func TestReplayOfMany(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		const many = 450
		h, r := newHouse(t, db, insecure), newReceiver(t)
		p := h.endpoint(r.URL, purvey.EventStockLow)
		off, on := false, true
		change := func(ch webhook.Change) {
			t.Helper()
			if _, err := h.s.Update(t.Context(), h.scope, p.ID, ch); err != nil {
				t.Fatal(err)
			}
		}
		emit := func() {
			if err := db.Tx(t.Context(), func(tx *store.Tx) error {
				for i := range many {
					if err := tx.Emit(t.Context(), h.scope, purvey.EventStockLow, "", purvey.EventData{Tag: fmt.Sprint(i)}); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		// Half of them wait when it is switched off, half come while it is off.
		emit()
		change(webhook.Change{Enabled: &off})
		h.run()
		emit()
		since := clock.Now()
		clock.Advance(time.Minute)
		h.emit("later")
		change(webhook.Change{Enabled: &on})
		h.run()
		if got := r.requests(); len(got) != many {
			t.Fatalf("%d of what waited came, want %d", len(got), many)
		}
		n, err := h.s.Replay(t.Context(), h.scope, p.ID, since, true)
		if err != nil || n != many+1 {
			t.Fatalf("%d, %v", n, err)
		}
		args := lastReplay(t, db)
		h.run()
		if got := r.requests(); len(got) != many+1 {
			t.Fatalf("%d replayed, want %d", len(got), many+1)
		}
		// The same job run twice more sends nothing twice.
		clock.Advance(time.Second)
		for range 2 {
			if err := h.s.RunReplay(t.Context(), args); err != nil {
				t.Fatal(err)
			}
		}
		h.run()
		if got := r.requests(); len(got) != 0 {
			t.Errorf("%d sent again", len(got))
		}
		// Only since the time, and only this shop's.
		n, err = h.s.Replay(t.Context(), h.scope, p.ID, clock.Now(), false)
		if err != nil || n != 0 {
			t.Errorf("of what is still to come %d, %v", n, err)
		}
		// An endpoint that is deleted meanwhile ends it.
		if _, err := h.s.Replay(t.Context(), h.scope, p.ID, since, false); err != nil {
			t.Fatal(err)
		}
		if err := h.s.Delete(t.Context(), h.scope, p.ID); err != nil {
			t.Fatal(err)
		}
		h.run()
		if got := r.requests(); len(got) != 0 {
			t.Errorf("%d sent to a deleted endpoint", len(got))
		}
		counts, err := db.JobCounts(context.Background())
		if err != nil || counts["discarded"]+counts["parked"]+counts["running"] != 0 {
			t.Errorf("%v, %v", counts, err)
		}
	})
}

// lastReplay gives the waiting replay job.
func lastReplay(t *testing.T, db *store.DB) purvey.Job {
	t.Helper()
	var found purvey.Job
	if err := db.Tx(t.Context(), func(tx *store.Tx) error {
		jobs, err := tx.DueJobs(t.Context(), 10)
		for _, j := range jobs {
			if j.Kind == purvey.JobReplay {
				found = j
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return found
}

// BDD-47
func TestBDD47_TestRetryAndHistory(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		h, r := newHouse(t, db, insecure), newReceiver(t)
		p := h.endpoint(r.URL, purvey.EventOrderPurchased)
		d, err := h.s.Test(t.Context(), h.scope, p.ID)
		if err != nil || d.State != purvey.DeliveryPending || d.EventType != purvey.EventTest {
			t.Fatalf("%+v, %v", d, err)
		}
		h.run()
		got := r.requests()
		if len(got) != 1 || !strings.Contains(got[0].body, `"type":"webhook.test"`) || !strings.Contains(got[0].body, `"data":{"message":"`) {
			t.Fatalf("%v", got)
		}
		first := got[0].body
		// The button sends it again, though it was delivered: the same bytes.
		clock.Advance(time.Minute)
		if d, err = h.s.Retry(t.Context(), h.scope, d.ID); err != nil || d.State != purvey.DeliveryPending || !d.NextAttemptAt.Equal(clock.Now()) {
			t.Fatalf("%+v, %v", d, err)
		}
		h.run()
		if got := r.requests(); len(got) != 1 || got[0].body != first {
			t.Errorf("%v", got)
		}
		if d := h.only(p.ID); len(d.Attempts) != 2 || d.State != purvey.DeliveryDelivered {
			t.Errorf("%+v", d)
		}
		// A failing one is retried before its time, and gets a whole new round.
		r.status(500)
		if d, err = h.s.Test(t.Context(), h.scope, p.ID); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			h.run()
			clock.Advance(3 * time.Hour)
		}
		r.set(nil)
		if _, err := h.s.Retry(t.Context(), h.scope, d.ID); err != nil {
			t.Fatal(err)
		}
		h.run()
		for _, state := range []string{purvey.DeliveryPending, purvey.DeliveryDelivered, purvey.DeliveryFailed, ""} {
			l, err := h.s.Deliveries(t.Context(), h.scope, p.ID, state, purvey.Page{Limit: 10})
			want := map[string]int{purvey.DeliveryDelivered: 2, "": 2}[state]
			if err != nil || len(l.Items) != want {
				t.Errorf("%d deliveries are %q, want %d (%v)", len(l.Items), state, want, err)
			}
		}
		for _, err := range []error{
			errOf(h.s.Test(t.Context(), h.scope, "nothing")), errOf(h.s.Retry(t.Context(), h.scope, "nothing")),
			errOf(h.s.Replay(t.Context(), h.scope, "nothing", clock.Now(), true)), h.s.Delete(t.Context(), h.scope, "nothing"),
			errOf(h.s.Deliveries(t.Context(), h.scope, "nothing", "", purvey.Page{Limit: 1})),
		} {
			if !errors.Is(err, purvey.NotFound) {
				t.Errorf("%v", err)
			}
		}
		// A month later the history is gone.
		clock.Advance(purvey.WebhookHistory - time.Hour)
		h.emit("y")
		for range 2 {
			clock.Advance(24 * time.Hour)
			h.run()
		}
		if l := h.deliveries(p.ID); len(l) != 0 {
			t.Errorf("%+v", l)
		}
	})
}

func errOf[T any](_ T, err error) error { return err }

// BDD-46
func TestBDD46_EndpointsAreChecked(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		h := newHouse(t, db, webhook.Options{})
		good := purvey.Endpoint{Name: " shop ", URL: "https://example.com/x", Events: []purvey.EventType{purvey.EventOrderPurchased}, Dialect: "bigdd"}
		p, err := h.s.Create(t.Context(), h.scope, good)
		if err != nil || p.Name != "shop" || !p.Enabled || !strings.HasPrefix(p.Secret, "whsec_") {
			t.Fatalf("%+v, %v", p, err)
		}
		again, err := h.s.Create(t.Context(), h.scope, good)
		if err != nil || again.Secret == p.Secret {
			t.Errorf("%v", err)
		}
		stored, err := db.Endpoint(t.Context(), h.scope, p.ID)
		if err != nil || strings.Contains(stored.Secret, p.Secret[6:]) || h.look(p.ID).Secret != "" {
			t.Errorf("the secret is stored or shown: %v", err)
		}
		for name, spoil := range map[string]func(*purvey.Endpoint){
			"name":   func(p *purvey.Endpoint) { p.Name = "  " },
			"name ":  func(p *purvey.Endpoint) { p.Name = strings.Repeat("é", 121) },
			"url":    func(p *purvey.Endpoint) { p.URL = "" },
			"url ":   func(p *purvey.Endpoint) { p.URL = "http://example.com" },
			"url  ":  func(p *purvey.Endpoint) { p.URL = "https://10.0.0.1" },
			"events": func(p *purvey.Endpoint) { p.Events = nil },
			"events ": func(p *purvey.Endpoint) {
				p.Events = []purvey.EventType{purvey.EventOrderPurchased, "webhook.test"}
			},
		} {
			bad := good
			spoil(&bad)
			_, err := h.s.Create(t.Context(), h.scope, bad)
			var e *purvey.Error
			if !errors.As(err, &e) || e.Kind != purvey.Invalid || len(e.Fields) != 1 || e.Fields[0].Name != strings.TrimSpace(name) {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := h.s.Update(t.Context(), h.scope, p.ID, webhook.Change{Name: &bad.Name, URL: &bad.URL, Events: &bad.Events}); !errors.Is(err, purvey.Invalid) {
				t.Errorf("%s: changed: %v", name, err)
			}
		}
		if got := h.look(p.ID); got.Name != "shop" || got.URL != good.URL || len(got.Events) != 1 {
			t.Errorf("half-way changed: %+v", got)
		}
		name, url, events, off := "new", "https://example.org/y", []purvey.EventType{purvey.EventKeyAssigned}, false
		p, err = h.s.Update(t.Context(), h.scope, p.ID, webhook.Change{Name: &name, URL: &url, Events: &events, Enabled: &off})
		if err != nil || p.Name != name || p.URL != url || p.Events[0] != events[0] || p.Enabled || p.DisabledReason == "" || p.Secret != "" {
			t.Errorf("%+v, %v", p, err)
		}
		l, err := h.s.Endpoints(t.Context(), h.scope, "bigdd", purvey.Page{Limit: 1})
		if err != nil || len(l.Items) != 1 || !l.HasMore || l.Items[0].ID != again.ID || l.Items[0].Secret != "" {
			t.Errorf("%+v, %v", l, err)
		}
	})
}
