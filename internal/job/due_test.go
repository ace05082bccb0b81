package job_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/job"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

const (
	kindA purvey.JobKind = "a"
	kindB purvey.JobKind = "b"
)

func enqueue(t *testing.T, db *store.DB, jobs ...purvey.Job) {
	t.Helper()
	ctx := context.Background()
	if err := db.Tx(ctx, func(tx *store.Tx) error {
		for _, j := range jobs {
			if err := tx.Enqueue(ctx, j); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func runDue(t *testing.T, w *job.Worker, want int) {
	t.Helper()
	n, err := w.RunDue(context.Background())
	if err != nil || n != want {
		t.Fatalf("%d runs (%v), want %d", n, err, want)
	}
}

// row gives a job and its state, "" if it has no row.
func row(t *testing.T, db *store.DB, kind purvey.JobKind, key string) (purvey.Job, string) {
	t.Helper()
	j, state, err := db.Job(context.Background(), kind, key)
	if err != nil && !errors.Is(err, purvey.NotFound) {
		t.Fatal(err)
	}
	return j, state
}

func TestDueJobsRunInOrderOfTheirTimes(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		var order []string
		w := job.NewWorker(db, job.Options{})
		w.Register(kindA, job.Work{Run: func(_ context.Context, j purvey.Job) error {
			order = append(order, j.Key+string(j.Args))
			return nil
		}})
		now := clock.Now()
		enqueue(t, db,
			purvey.Job{Kind: kindA, Key: "later", ScheduledAt: now.Add(time.Hour)},
			purvey.Job{Kind: kindA, Key: "now", Args: []byte(`{"n":1}`)},
			purvey.Job{Kind: kindA, Key: "before", ScheduledAt: now.Add(-time.Hour)},
			purvey.Job{Kind: kindB, Key: "of a kind this worker does not know"},
		)
		runDue(t, w, 2)
		clock.Advance(time.Hour - time.Microsecond)
		runDue(t, w, 0)
		clock.Advance(time.Microsecond)
		runDue(t, w, 1)
		if want := []string{"before", `now{"n":1}`, "later"}; !slices.Equal(order, want) {
			t.Errorf("ran %q, want %q", order, want)
		}
		if _, state := row(t, db, kindA, "now"); state != "" {
			t.Errorf("a completed job is still there, %s", state)
		}
	})
}

func TestEnqueuingTwice(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		now := clock.Now()
		var seen []string
		var during func()
		w := job.NewWorker(db, job.Options{})
		w.Register(kindA, job.Work{MaxAttempts: 1, Run: func(_ context.Context, j purvey.Job) error {
			seen = append(seen, string(j.Args))
			if f := during; f != nil {
				during = nil
				f()
			}
			if string(j.Args) == "bad" {
				return errors.New("no")
			}
			return nil
		}})

		// Waiting: the earlier time wins, nothing else changes.
		enqueue(t, db, purvey.Job{Kind: kindA, Key: "k", Args: []byte("1"), ScheduledAt: now.Add(time.Hour)})
		enqueue(t, db, purvey.Job{Kind: kindA, Key: "k", Args: []byte("2"), ScheduledAt: now.Add(time.Minute)})
		enqueue(t, db, purvey.Job{Kind: kindA, Key: "k", Args: []byte("3"), ScheduledAt: now.Add(2 * time.Hour)})
		if j, state := row(t, db, kindA, "k"); state != "available" || string(j.Args) != "1" || !j.ScheduledAt.Equal(now.Add(time.Minute)) {
			t.Errorf("waits as %+v, %s", j, state)
		}

		// Running: it runs once more, at the earliest of the times asked for.
		clock.Advance(time.Minute)
		during = func() {
			enqueue(t, db, purvey.Job{Kind: kindA, Key: "k", Args: []byte("4"), ScheduledAt: now.Add(5 * time.Hour)})
			enqueue(t, db, purvey.Job{Kind: kindA, Key: "k", Args: []byte("5")})
			enqueue(t, db, purvey.Job{Kind: kindA, Key: "k", Args: []byte("bad"), ScheduledAt: now.Add(6 * time.Hour)})
		}
		runDue(t, w, 2)

		// Discarded: it stays with its error, and begins anew.
		if j, state := row(t, db, kindA, "k"); state != "discarded" || len(j.Errors) != 1 || j.Errors[0].Error != "no" {
			t.Errorf("given up as %+v, %s", j, state)
		}
		if list, err := db.DiscardedJobs(context.Background(), 10); err != nil || len(list) != 1 || list[0].Key != "k" {
			t.Errorf("the list of the discarded: %+v, %v", list, err)
		}
		runDue(t, w, 0)
		enqueue(t, db, purvey.Job{Kind: kindA, Key: "k", Args: []byte("6")})
		runDue(t, w, 1)

		// Without a key each is its own.
		enqueue(t, db, purvey.Job{Kind: kindA}, purvey.Job{Kind: kindA})
		runDue(t, w, 2)
		if want := []string{"1", "bad", "6", "", ""}; !slices.Equal(seen, want) {
			t.Errorf("ran %q, want %q", seen, want)
		}
	})
}

func TestFailuresBackOffAndAreKept(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		const most = 13
		var began []time.Time
		w := job.NewWorker(db, job.Options{})
		w.Register(kindA, job.Work{MaxAttempts: most, Run: func(_ context.Context, j purvey.Job) error {
			began = append(began, clock.Now())
			if j.Attempt == 3 {
				panic("at the third")
			}
			return fmt.Errorf("failure %d: %s", j.Attempt, strings.Repeat("é", 2000))
		}})
		enqueue(t, db, purvey.Job{Kind: kindA, Key: "k"})
		for n := 1; n <= most; n++ {
			runDue(t, w, 1)
			runDue(t, w, 0)
			j, state := row(t, db, kindA, "k")
			if n == most {
				if state != "discarded" || j.Attempt != most || len(j.Errors) != 10 {
					t.Fatalf("in the end %s, attempt %d, %d errors", state, j.Attempt, len(j.Errors))
				}
				for i, e := range j.Errors {
					if !strings.HasPrefix(e.Error, fmt.Sprintf("failure %d:", i+4)) || len(e.Error) > 1000 || e.At.IsZero() {
						t.Errorf("error %d kept as %.30q, %d bytes", i, e.Error, len(e.Error))
					}
				}
				break
			}
			if n == 3 && j.Errors[2].Error != "panic: at the third" {
				t.Errorf("a panic is kept as %q", j.Errors[2].Error)
			}
			want := time.Duration(n*n*n*n) * time.Second
			wait := j.ScheduledAt.Sub(clock.Now())
			if state != "available" || wait < want*9/10 || wait > want*11/10+time.Second {
				t.Fatalf("after failure %d it waits %v (%s), want about %v", n, wait, state, want)
			}
			clock.Set(j.ScheduledAt)
		}
	})
}

func TestSnoozeAndDiscard(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		var attempts []int
		w := job.NewWorker(db, job.Options{})
		w.Register(kindA, job.Work{MaxAttempts: 1, Run: func(_ context.Context, j purvey.Job) error {
			attempts = append(attempts, j.Attempt)
			switch len(attempts) {
			case 1:
				return &purvey.JobSnooze{Until: clock.Now().Add(time.Minute)}
			case 2:
				return fmt.Errorf("wrapped: %w", &purvey.JobSnooze{Until: clock.Now().Add(time.Hour), Cause: errors.New("busy")})
			}
			return nil
		}})
		w.Register(kindB, job.Work{Run: func(context.Context, purvey.Job) error {
			return &purvey.JobDiscard{Cause: errors.New("hopeless")}
		}})
		enqueue(t, db, purvey.Job{Kind: kindA, Key: "k"}, purvey.Job{Kind: kindB, Key: "k"})
		runDue(t, w, 2)
		if j, state := row(t, db, kindB, "k"); state != "discarded" || len(j.Errors) != 1 {
			t.Errorf("%+v, %s", j, state)
		}
		clock.Advance(time.Minute)
		runDue(t, w, 1)
		if j, _ := row(t, db, kindA, "k"); len(j.Errors) != 1 || j.Errors[0].Error != "busy" {
			t.Errorf("kept %+v", j.Errors)
		}
		clock.Advance(time.Hour)
		runDue(t, w, 1)
		if !slices.Equal(attempts, []int{1, 1, 1}) {
			t.Errorf("a snooze was counted: %v", attempts)
		}
	})
}

func TestPeriodicJobsRunOncePerPeriodOnAllNodes(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		runs, fail := 0, false
		var nodes []*job.Worker
		for range 3 {
			w := job.NewWorker(db, job.Options{})
			w.Register(kindA, job.Work{Every: time.Hour, MaxAttempts: 1, Run: func(context.Context, purvey.Job) error {
				runs++
				if fail {
					return errors.New("no")
				}
				return nil
			}})
			nodes = append(nodes, w)
		}
		all := func() {
			for _, w := range nodes {
				if _, err := w.RunDue(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
		}
		clock.Set(clock.Now().Add(10 * time.Minute))
		all()
		for i, want := range []int{0, 1, 2, 3} {
			if runs != want {
				t.Fatalf("in period %d there were %d runs", i, runs)
			}
			clock.Advance(time.Hour)
			all()
			fail = i == 1 // a failure waits for the next period and is never the last
		}
		clock.Advance(100 * time.Hour)
		all()
		if runs != 5 {
			t.Errorf("missed periods make %d runs, want one", runs-4)
		}
		if j, _ := row(t, db, kindA, store.JobPeriodic); !j.ScheduledAt.Equal(clock.Now().Truncate(time.Hour).Add(time.Hour)) {
			t.Errorf("the next one is at %v", j.ScheduledAt)
		}
	})
}

func TestRecordIsCommittedWithTheJobOrNotAtAll(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		ctx := context.Background()
		refuse := true
		w := job.NewWorker(db, job.Options{})
		w.Register(kindA, job.Work{Record: func(_ context.Context, j purvey.Job) (func(*store.Tx) error, error) {
			record := func(tx *store.Tx) error {
				if _, err := tx.NextNumber(ctx, "shop", "n", 0); err != nil {
					return err
				}
				if refuse {
					return errors.New("refused")
				}
				return nil
			}
			if j.Key == "fails" {
				return record, errors.New("failed, and says so")
			}
			return record, nil
		}})
		enqueue(t, db, purvey.Job{Kind: kindA, Key: "works"})
		runDue(t, w, 1)
		if j, state := row(t, db, kindA, "works"); state != "available" || len(j.Errors) != 1 || j.Errors[0].Error != "refused" {
			t.Fatalf("%+v, %s", j, state)
		}
		refuse = false
		enqueue(t, db, purvey.Job{Kind: kindA, Key: "works"}, purvey.Job{Kind: kindA, Key: "fails"})
		runDue(t, w, 2)
		if _, state := row(t, db, kindA, "works"); state != "" {
			t.Errorf("state %q", state)
		}
		if _, state := row(t, db, kindA, "fails"); state != "available" {
			t.Errorf("state %q", state)
		}
		if err := db.Tx(ctx, func(tx *store.Tx) error {
			n, err := tx.NextNumber(ctx, "shop", "n", 0)
			if n != 3 {
				t.Errorf("%d records were committed, want 2", n-1)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestLeaseOfADeadWorkerIsTakenBack(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		ctx := context.Background()
		enqueue(t, db, purvey.Job{Kind: kindA, Key: "k"}, purvey.Job{Kind: kindA, Key: "last", MaxAttempts: 1})
		if err := db.Tx(ctx, func(tx *store.Tx) error {
			jobs, err := tx.DueJobs(ctx, 10)
			if err != nil {
				return err
			}
			return tx.TakeJobs(ctx, []string{jobs[0].ID, jobs[1].ID}, "dead", tx.Now().Add(time.Minute))
		}); err != nil {
			t.Fatal(err)
		}
		var got []purvey.Job
		w := job.NewWorker(db, job.Options{})
		w.Register(kindA, job.Work{Run: func(_ context.Context, j purvey.Job) error { got = append(got, j); return nil }})
		clock.Advance(time.Minute)
		runDue(t, w, 0)
		clock.Advance(time.Second)
		runDue(t, w, 1)
		if got[0].Key != "k" || got[0].Attempt != 2 || len(got[0].Errors) != 1 {
			t.Errorf("%+v", got[0])
		}
		if _, state := row(t, db, kindA, "last"); state != "discarded" {
			t.Errorf("a job that used up its attempts is %q", state)
		}
		// What the dead worker would still say changes nothing.
		enqueue(t, db, purvey.Job{Kind: kindA, Key: "last"})
		if err := db.Tx(ctx, func(tx *store.Tx) error {
			j, _, err := tx.Job(ctx, kindA, "last")
			if err != nil {
				return err
			}
			return tx.FinishJobs(ctx, "dead", []string{j.ID})
		}); err != nil {
			t.Fatal(err)
		}
		if _, state := row(t, db, kindA, "last"); state != "available" {
			t.Errorf("a dead worker's word made it %q", state)
		}
	})
}
