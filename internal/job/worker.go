// Package job runs what was enqueued with [store.Tx.Enqueue]: work that must
// happen later, at least once, whatever process is killed meanwhile.
//
// A [Worker] ties each kind of job to a function. It takes due jobs on a
// lease, runs them, and removes them when they are done. A run that fails is
// repeated after attempt⁴ seconds, about, until the kind's attempts are used
// up; then the job stays, discarded, with its last ten errors. A process that
// dies lets its leases run out, and another one, or the same after its next
// start, runs the jobs again: every function must be safe to run twice.
//
// Jobs of one kind and lane share a queue with a limit of its own, so that
// slow work in one never delays another. A named lane stands for a foreign
// system, such as one receiver of webhooks: it begins with one run at a time,
// earns more by runs that succeed, and falls back to one when a run fails.
//
// The worker does not poll: it sleeps until the next job is due and is woken
// by every transaction that enqueues one. Only as a safety net, for jobs of
// other processes whose wake-up was lost, it looks every few seconds.
package job

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"purvey"
	"purvey/internal/store"
)

// Work says how the jobs of one kind are done. Exactly one of Run and Record
// is set.
type Work struct {
	// Run does one job.
	Run func(ctx context.Context, j purvey.Job) error

	// Record does one job and hands over what it has to write: the function
	// is called, whatever the error, in the transaction that settles the job,
	// together with those of other jobs. It may be nil, must hold to the rules
	// of [store.DB.Tx], and may be called more than once.
	Record func(ctx context.Context, j purvey.Job) (func(tx *store.Tx) error, error)

	// Prepare, if it is set, is called before several jobs of a lane are run one
	// after another. What it reads for all of them goes with the context that
	// each run gets. It must do without harm for jobs that are not run after all.
	Prepare func(ctx context.Context, jobs []purvey.Job) context.Context

	MaxAttempts int           // 0: 25, which takes about three weeks
	Timeout     time.Duration // of one run; 0: 10 minutes; below 0: the function sees to it
	Concurrency int           // runs at once in each lane; 0: 4

	// Every makes the kind periodic: it is run once in each such span of time,
	// on one of however many nodes, at a whole multiple of it since year 1.
	Every time.Duration
}

// Options of a worker. Zero values are replaced by the defaults.
type Options struct {
	Log   *slog.Logger  // nil: nothing is logged
	Grace time.Duration // how long runs may go on after a stop: 20 s
	Lease time.Duration // after it without a sign of life jobs are others': 1 min
	Poll  time.Duration // the safety net's pace: 5 s
	Lanes int           // runs at once in all named lanes that work well, and as many in the others: 2,048
}

// Worker runs jobs. Register every kind before Run or RunDue.
type Worker struct {
	db    *store.DB
	o     Options
	name  string // on the leases; no other worker ever has it
	works map[purvey.JobKind]Work
	kinds []purvey.JobKind

	woken   chan struct{}
	results chan result

	mu     sync.Mutex
	lanes  map[string]*lane
	needy  map[*lane]bool // lanes that may be hungry
	held   map[string]int // jobs taken and not settled, by id
	budget [2]budget      // of named lanes: unproven, proven
	going  int            // runs in progress
	idle   chan struct{}  // closed when going is 0 and the worker stops
	stop   bool
}

// NewWorker makes a worker with no kinds.
func NewWorker(db *store.DB, o Options) *Worker {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Grace == 0 {
		o.Grace = 20 * time.Second
	}
	if o.Lease == 0 {
		o.Lease = time.Minute
	}
	if o.Poll == 0 {
		o.Poll = 5 * time.Second
	}
	if o.Lanes == 0 {
		o.Lanes = 2048
	}
	w := &Worker{
		db: db, o: o, name: db.NewID() + purvey.Secret(8), works: map[purvey.JobKind]Work{},
		woken: make(chan struct{}, 1), results: make(chan result, settleMax),
		lanes: map[string]*lane{}, needy: map[*lane]bool{}, held: map[string]int{}, idle: make(chan struct{}),
	}
	w.budget[unproven].left, w.budget[proven].left = o.Lanes, o.Lanes
	return w
}

// Register ties a kind to its work.
func (w *Worker) Register(kind purvey.JobKind, work Work) {
	if (work.Run == nil) == (work.Record == nil) {
		panic("job: " + kind + " needs either Run or Record")
	}
	if _, twice := w.works[kind]; twice {
		panic("job: " + kind + " is registered twice")
	}
	if work.MaxAttempts == 0 {
		work.MaxAttempts = 25
	}
	if work.Timeout == 0 {
		work.Timeout = 10 * time.Minute
	}
	if work.Concurrency == 0 {
		work.Concurrency = 4
	}
	if run := work.Run; run != nil {
		work.Record = func(ctx context.Context, j purvey.Job) (func(tx *store.Tx) error, error) { return nil, run(ctx, j) }
	}
	w.works[kind] = work
	w.kinds = append(w.kinds, kind)
}

// Wake has the worker look for due jobs now. It never blocks.
func (w *Worker) Wake() {
	select {
	case w.woken <- struct{}{}:
	default:
	}
}

// Run works until ctx ends. Then it takes nothing more, lets runs in progress
// end for the grace, and puts the rest back as if never taken. It gives an
// error only when it could not begin. A worker is run once.
func (w *Worker) Run(ctx context.Context) error {
	if len(w.kinds) == 0 {
		return errors.New("job: no kind is registered")
	}
	if err := w.plan(ctx); err != nil {
		return err
	}
	defer w.db.OnWake(w.Wake)()
	alive := context.WithoutCancel(ctx)
	runs, cut := context.WithCancel(store.Later(alive))
	defer cut()
	side, endSide := context.WithCancel(alive)
	var background sync.WaitGroup
	background.Go(func() { w.db.Listen(side) })
	background.Go(func() { w.renew(side) })
	settled := make(chan struct{})
	go func() {
		defer close(settled)
		w.settle(store.Later(side))
	}()

	w.dispatch(ctx, runs)

	w.halt(alive)
	select {
	case <-w.idle:
	case <-time.After(w.o.Grace):
		cut()
		// What was cut short says so at once; what does not listen is left.
		select {
		case <-w.idle:
		case <-time.After(time.Second):
		}
	}
	endSide()
	<-settled
	background.Wait()
	w.putBack(alive)
	return nil
}

// RunDue runs, one after another, every job that is due by the database's
// clock, and those that become due meanwhile, until none is; it gives the
// number of runs. A failed run is no error: its job waits for its next time.
// It is for tests and one-off commands, where Run is not running.
func (w *Worker) RunDue(ctx context.Context) (int, error) {
	const most = 100_000
	if err := w.plan(ctx); err != nil {
		return 0, err
	}
	ctx = store.Later(ctx)
	if err := w.rescue(ctx); err != nil {
		return 0, err
	}
	for n := range most {
		j, ok, err := w.takeOne(ctx)
		if err != nil || !ok {
			return n, err
		}
		if err := w.settleBatch(ctx, []result{w.call(ctx, j)}); err != nil {
			return n, err
		}
		if err := ctx.Err(); err != nil {
			return n, err
		}
	}
	return most, errors.New("job: jobs keep enqueuing jobs that are due at once")
}

// plan sees to it that every periodic kind has its job.
func (w *Worker) plan(ctx context.Context) error {
	return w.db.Tx(ctx, func(tx *store.Tx) error {
		for _, kind := range w.kinds {
			if every := w.works[kind].Every; every > 0 {
				if err := tx.EnqueuePeriodic(ctx, kind, boundary(tx.Now(), every)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// boundary is the next whole multiple of the span.
func boundary(now time.Time, every time.Duration) time.Time {
	return now.Truncate(every).Add(every)
}
