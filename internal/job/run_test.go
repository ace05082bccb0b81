package job_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"purvey"
	"purvey/internal/job"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

// run starts a worker on real time; stop ends it and waits.
func run(t *testing.T, w *job.Worker) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			select {
			case err := <-done:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(patience):
				t.Error("the worker does not stop")
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

func await[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

// until asks again and again whether it is so.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for !so() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// awaitState waits until the job has the state, "" for no row.
func awaitState(t *testing.T, db *store.DB, kind purvey.JobKind, key, want string) {
	t.Helper()
	until(t, fmt.Sprintf("job %s to be %q", key, want), func() bool {
		_, state := row(t, db, kind, key)
		return state == want
	})
}

func awaitCounts(t *testing.T, db *store.DB, so func(map[string]int64) bool) {
	t.Helper()
	until(t, "the jobs to be done", func() bool {
		counts, err := db.JobCounts(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return so(counts)
	})
}

// engines runs test on both, on the system's clock.
func engines(t *testing.T, test func(t *testing.T, o store.Options)) {
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			test(t, storetest.Options(t, engine))
		})
	}
}

func TestWokenByTheCommitAndByTheTime(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, o store.Options) {
		db := storetest.Open(t, o, nil)
		ran := make(chan string, 10)
		w := job.NewWorker(db, job.Options{Poll: time.Hour})
		w.Register(kindA, job.Work{Run: func(_ context.Context, j purvey.Job) error {
			if late := time.Since(j.ScheduledAt); late < 0 {
				t.Errorf("ran %v too early", -late)
			}
			ran <- j.Key
			return nil
		}})
		run(t, w)
		enqueue(t, db, purvey.Job{Kind: kindA, Key: "first"})
		await(t, ran, "the job at once")
		awaitState(t, db, kindA, "first", "")
		enqueue(t, db, purvey.Job{Kind: kindA, Key: "timed", ScheduledAt: time.Now().Add(300 * time.Millisecond)})
		await(t, ran, "the job at its time")
	})
}

func TestWokenFromAnotherNode(t *testing.T) {
	t.Parallel()
	o := storetest.Options(t, "postgres")
	here, there := storetest.Open(t, o, nil), storetest.Open(t, o, nil)
	ran, up := make(chan string, 10), make(chan bool, 10)
	w := job.NewWorker(here, job.Options{Poll: time.Hour})
	w.Register(kindA, job.Work{Run: func(_ context.Context, j purvey.Job) error { ran <- j.Key; return nil }})
	here.OnWake(func() { up <- true })
	run(t, w)
	await(t, up, "the listener")
	enqueue(t, there, purvey.Job{Kind: kindA, Key: "from there"})
	await(t, ran, "the other node's job")
}

func TestTwoWorkersShareAndNeverRunTwice(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, o store.Options) {
		const jobs = 400
		var mu sync.Mutex
		runs := map[string]int{}
		by := map[int]int{}
		all := make(chan struct{})
		both := make(chan struct{}) // closed when both have begun
		db := storetest.Open(t, o, nil)
		for i := range 300 {
			enqueue(t, db, purvey.Job{Kind: kindA, Key: fmt.Sprint(i), Lane: []string{"", "x", "y"}[i%3]})
		}
		for n := range 2 {
			handle := db
			if o.URL != "" {
				handle = storetest.Open(t, o, nil)
			}
			w := job.NewWorker(handle, job.Options{})
			w.Register(kindA, job.Work{Concurrency: 3, Run: func(_ context.Context, j purvey.Job) error {
				mu.Lock()
				runs[j.Key]++
				by[n]++
				if len(by) == 2 && by[n] == 1 {
					close(both)
				}
				if len(runs) == jobs {
					close(all)
				}
				mu.Unlock()
				select {
				case <-both:
				case <-all:
				}
				return nil
			}})
			run(t, w)
		}
		for i := 300; i < jobs; i++ {
			enqueue(t, db, purvey.Job{Kind: kindA, Key: fmt.Sprint(i), Lane: []string{"", "x", "y"}[i%3]})
		}
		await(t, all, "all jobs")
		mu.Lock()
		defer mu.Unlock()
		for k, n := range runs {
			if n != 1 {
				t.Errorf("job %s ran %d times", k, n)
			}
		}
		if by[0] == 0 || by[1] == 0 {
			t.Errorf("not shared: %v", by)
		}
	})
}

// A job that is enqueued is run after that, however its row is being taken,
// run or removed at the moment.
func TestNoEnqueueIsLost(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, o store.Options) {
		const writers, each = 8, 60
		db := storetest.Open(t, o, nil)
		var asked, seen atomic.Int64
		w := job.NewWorker(db, job.Options{Poll: time.Hour})
		w.Register(kindA, job.Work{Concurrency: 2, Run: func(context.Context, purvey.Job) error {
			seen.Store(asked.Load())
			return nil
		}})
		run(t, w)
		var all sync.WaitGroup
		for range writers {
			all.Go(func() {
				for range each {
					asked.Add(1)
					enqueue(t, db, purvey.Job{Kind: kindA, Key: "one"})
				}
			})
		}
		all.Wait()
		awaitState(t, db, kindA, "one", "")
		if a, s := asked.Load(), seen.Load(); a != s {
			t.Errorf("the last run saw %d of %d", s, a)
		}
	})
}

func TestSlowLanesDelayNobody(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, o store.Options) {
		db := storetest.Open(t, o, nil)
		hang := make(chan struct{})
		var mu sync.Mutex
		at := map[string]int{}
		ran := make(chan string, 2000)
		w := job.NewWorker(db, job.Options{Poll: time.Hour})
		slow := func(_ context.Context, j purvey.Job) error {
			mu.Lock()
			at[j.Lane]++
			if n := at[j.Lane]; j.Lane != "" && n > 1 || n > 2 {
				t.Errorf("%d runs at once in lane %q", n, j.Lane)
			}
			mu.Unlock()
			<-hang
			mu.Lock()
			at[j.Lane]--
			mu.Unlock()
			ran <- "slow"
			return errors.New("slow and broken")
		}
		w.Register(kindA, job.Work{Concurrency: 2, MaxAttempts: 1, Run: func(ctx context.Context, j purvey.Job) error {
			if strings.HasPrefix(j.Key, "slow") {
				return slow(ctx, j)
			}
			ran <- j.Key
			return nil
		}})
		w.Register(kindB, job.Work{Run: func(_ context.Context, j purvey.Job) error { ran <- j.Key; return nil }})
		var jobs []purvey.Job
		for i := range 200 {
			jobs = append(jobs, purvey.Job{Kind: kindA, Key: fmt.Sprintf("slow %d", i), Lane: "dead"},
				purvey.Job{Kind: kindA, Key: fmt.Sprintf("slow too %d", i)})
		}
		enqueue(t, db, jobs...)
		stop := run(t, w)
		enqueue(t, db, purvey.Job{Kind: kindA, Key: "quick", Lane: "alive"}, purvey.Job{Kind: kindB, Key: "other"})
		got := map[string]bool{await(t, ran, "a job beside the slow ones"): true, await(t, ran, "both"): true}
		if !got["quick"] || !got["other"] {
			t.Fatalf("ran %v", got)
		}
		awaitCounts(t, db, func(counts map[string]int64) bool {
			return counts["running"]+counts["parked"] == 400 && counts["running"] < 50
		})
		// Half of it is left to a worker that comes after.
		close(hang)
		for range 100 {
			await(t, ran, "slow jobs")
		}
		stop()
		again := job.NewWorker(db, job.Options{Poll: time.Hour})
		again.Register(kindA, job.Work{Run: func(context.Context, purvey.Job) error { ran <- "slow"; return nil }})
		run(t, again)
		awaitCounts(t, db, func(counts map[string]int64) bool {
			return counts["available"]+counts["running"]+counts["parked"] == 0
		})
	})
}

func TestNamedLaneEarnsConcurrency(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		began, end := make(chan string), make(chan error)
		w := job.NewWorker(db, job.Options{})
		w.Register(kindA, job.Work{Concurrency: 4, MaxAttempts: 1, Run: func(_ context.Context, j purvey.Job) error {
			began <- j.Key
			return <-end
		}})
		var jobs []purvey.Job
		for i := range 40 {
			jobs = append(jobs, purvey.Job{Kind: kindA, Key: fmt.Sprint(i), Lane: "x"})
		}
		enqueue(t, db, jobs...)
		run(t, w)
		begin := func(n int, when string) {
			t.Helper()
			for range n {
				await(t, began, "a run "+when)
			}
			select {
			case k := <-began:
				t.Errorf("%s job %s began beyond the limit", when, k)
			default:
			}
		}
		begin(1, "at the start")
		end <- nil
		begin(2, "after one success")
		end <- nil
		begin(3, "after two")
		for range 4 {
			end <- errors.New("no")
		}
		begin(1, "after failures")
		end <- nil
		begin(2, "after a success again")
		go func() { // let the rest end
			for range began {
			}
		}()
		close(end)
	})
}

func TestStopLetsRunsEndAndPutsTheRestBack(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, o store.Options) {
		db := storetest.Open(t, o, nil)
		began, end := make(chan string, 10), make(chan struct{})
		w := job.NewWorker(db, job.Options{Grace: patience})
		w.Register(kindA, job.Work{Concurrency: 1, Run: func(_ context.Context, j purvey.Job) error {
			began <- j.Key
			<-end
			return nil
		}})
		enqueue(t, db, purvey.Job{Kind: kindA, Key: "1"}, purvey.Job{Kind: kindA, Key: "2"}, purvey.Job{Kind: kindA, Key: "3"})
		stop := run(t, w)
		first := await(t, began, "the first run")
		go func() {
			for j, _ := row(t, db, kindA, "3"); j.Attempt != 0; j, _ = row(t, db, kindA, "3") {
			}
			close(end) // the waiting ones are back
		}()
		stop()
		if _, state := row(t, db, kindA, first); state != "" {
			t.Errorf("the run in progress was not let end: %s", state)
		}
		for _, k := range []string{"2", "3"} {
			if j, state := row(t, db, kindA, k); state != "available" || j.Attempt != 0 {
				t.Errorf("job %s: %s, attempt %d", k, state, j.Attempt)
			}
		}
	})
}

func TestStopCutsWhatOutlastsTheGrace(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, o store.Options) {
		db := storetest.Open(t, o, nil)
		began, never := make(chan string, 10), make(chan struct{})
		t.Cleanup(func() { close(never) })
		w := job.NewWorker(db, job.Options{Grace: time.Millisecond})
		w.Register(kindA, job.Work{Run: func(ctx context.Context, j purvey.Job) error {
			began <- j.Key
			if j.Key == "deaf" {
				<-never
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		}})
		enqueue(t, db, purvey.Job{Kind: kindA, Key: "listens"}, purvey.Job{Kind: kindA, Key: "deaf"})
		stop := run(t, w)
		await(t, began, "a run")
		await(t, began, "both runs")
		stop()
		for _, k := range []string{"listens", "deaf"} {
			if j, state := row(t, db, kindA, k); state != "available" || j.Attempt != 0 || len(j.Errors) != 0 {
				t.Errorf("job %s: %s, %+v", k, state, j)
			}
		}
	})
}

// A process that takes a job and is killed in the middle of it loses nothing:
// another one runs it when the lease has ended.
func TestKilledProcessLosesNothing(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, o store.Options) {
		db := storetest.Open(t, o, nil)
		enqueue(t, db, purvey.Job{Kind: kindA, Key: "k"})
		child := exec.Command(os.Args[0], "-test.run=^TestChildThatHangs$", "-test.v")
		child.Env = append(os.Environ(), "PURVEY_TEST_CHILD=1", "PURVEY_TEST_URL="+o.URL, "PURVEY_TEST_FOLDER="+o.Folder)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		took := make(chan bool, 1)
		go func() {
			for lines := bufio.NewScanner(out); lines.Scan(); {
				if strings.Contains(lines.Text(), "took k") {
					took <- true
				}
			}
		}()
		await(t, took, "the child")
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait() // it was killed
		if _, state := row(t, db, kindA, "k"); state != "running" {
			t.Fatalf("after the kill the job is %q", state)
		}
		ran := make(chan purvey.Job, 1)
		w := job.NewWorker(db, job.Options{Poll: 20 * time.Millisecond})
		w.Register(kindA, job.Work{Run: func(_ context.Context, j purvey.Job) error { ran <- j; return nil }})
		run(t, w)
		if j := await(t, ran, "the killed process's job"); j.Attempt != 2 || len(j.Errors) != 1 {
			t.Errorf("%+v", j)
		}
		awaitState(t, db, kindA, "k", "")
	})
}

// TestChildThatHangs is the process that TestKilledProcessLosesNothing kills;
// by itself it does nothing.
func TestChildThatHangs(t *testing.T) {
	if os.Getenv("PURVEY_TEST_CHILD") == "" {
		return
	}
	db, err := store.Open(context.Background(), store.Options{URL: os.Getenv("PURVEY_TEST_URL"), Folder: os.Getenv("PURVEY_TEST_FOLDER")})
	if err != nil {
		t.Fatal(err)
	}
	w := job.NewWorker(db, job.Options{Lease: 500 * time.Millisecond})
	w.Register(kindA, job.Work{Run: func(_ context.Context, j purvey.Job) error {
		fmt.Println("took " + j.Key)
		select {}
	}})
	if err := w.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
}
