package job

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"purvey"
	"purvey/internal/store"
)

// settleMax bounds the runs that one transaction settles.
const settleMax = 256

// Bounds of the errors kept with a job.
const (
	errorsKept = 10
	errorMax   = 1000 // bytes of one
)

// result is what came of one run.
type result struct {
	job     purvey.Job
	record  func(tx *store.Tx) error
	err     error
	stopped bool // the run was cut short because the worker ends
}

// call runs one job's function; a panic becomes an error.
func (w *Worker) call(ctx context.Context, j purvey.Job) (r result) {
	work := w.works[j.Kind]
	bounded, cancel := ctx, context.CancelFunc(func() {})
	if work.Timeout > 0 {
		bounded, cancel = context.WithTimeout(ctx, work.Timeout)
	}
	defer cancel()
	r.job = j
	defer func() {
		if ouch := recover(); ouch != nil {
			w.o.Log.Error("a job panicked", "kind", j.Kind, "key", j.Key, "panic", ouch, "stack", string(debug.Stack()))
			r.record, r.err = nil, fmt.Errorf("panic: %v", ouch)
		}
		r.stopped = r.err != nil && ctx.Err() != nil
	}()
	r.record, r.err = work.Record(bounded, j)
	return r
}

// settle records results, as many together as wait, until ctx ends and none
// waits.
func (w *Worker) settle(ctx context.Context) {
	durable := context.WithoutCancel(ctx)
	batch := make([]result, 0, settleMax)
	for {
		batch = batch[:0]
		select {
		case r := <-w.results:
			batch = append(batch, r)
		case <-ctx.Done():
			select {
			case r := <-w.results:
				batch = append(batch, r)
			default:
				return
			}
		}
		batch = w.gather(ctx, batch)
		_ = w.settleBatch(durable, batch) // logged; the leases bring the jobs back
	}
}

// gatherTime is how long a result waits for others to be settled with it while
// runs are in progress: commits are dear.
const gatherTime = 2 * time.Millisecond

// gather adds results that are there or come soon.
func (w *Worker) gather(ctx context.Context, batch []result) []result {
	soon := time.NewTimer(gatherTime)
	defer soon.Stop()
	for len(batch) < settleMax {
		select {
		case r := <-w.results:
			batch = append(batch, r)
			continue
		default:
		}
		if !w.busy() {
			return batch
		}
		select {
		case r := <-w.results:
			batch = append(batch, r)
		case <-soon.C:
			return batch
		case <-ctx.Done():
			return batch
		}
	}
	return batch
}

func (w *Worker) busy() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.going > 1
}

// settleBatch records results in one transaction. If that fails, each gets
// one of its own, so that one's failure is nobody else's. What can't be
// recorded at all comes back when its lease ends; the last such error is given.
func (w *Worker) settleBatch(ctx context.Context, batch []result) error {
	ctx = context.WithoutCancel(ctx)
	err := w.db.Tx(ctx, func(tx *store.Tx) error { return w.record(ctx, tx, batch) })
	if err != nil && len(batch) > 1 {
		for i := range batch {
			err = w.settleBatch(ctx, batch[i:i+1])
		}
		return err
	}
	if err != nil {
		r := batch[0]
		r.err, r.record = errors.Join(r.err, err), nil
		if err = w.db.Tx(ctx, func(tx *store.Tx) error { return w.record(ctx, tx, []result{r}) }); err != nil {
			w.o.Log.Error("a job's result could not be recorded", "kind", r.job.Kind, "key", r.job.Key, "error", err)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range batch {
		w.drop(r.job.ID)
	}
	return err
}

func (w *Worker) record(ctx context.Context, tx *store.Tx, batch []result) error {
	var done, back []string
	for _, r := range batch {
		if r.record != nil && !r.stopped {
			if err := r.record(tx); err != nil {
				return err
			}
		}
		switch {
		case r.stopped:
			back = append(back, r.job.ID)
		case r.err == nil && !w.periodic(r.job):
			done = append(done, r.job.ID)
		default:
			if err := w.postpone(ctx, tx, w.name, r.job, r.err); err != nil {
				return err
			}
		}
	}
	if err := tx.ReturnJobs(ctx, w.name, back); err != nil {
		return err
	}
	return tx.FinishJobs(ctx, w.name, done)
}

// postpone settles a job whose row stays: it failed, snoozes or is periodic.
func (w *Worker) postpone(ctx context.Context, tx *store.Tx, worker string, j purvey.Job, err error) error {
	now := tx.Now()
	if err == nil {
		j.Attempt, j.Errors, j.ScheduledAt = 0, nil, boundary(now, w.works[j.Kind].Every)
		return tx.PostponeJob(ctx, worker, j)
	}
	var snooze *purvey.JobSnooze
	var discard *purvey.JobDiscard
	if errors.As(err, &snooze) {
		if snooze.Cause != nil {
			j.Errors = keep(j.Errors, now, snooze.Cause)
		}
		j.Attempt, j.ScheduledAt = j.Attempt-1, snooze.Until
		return tx.PostponeJob(ctx, worker, j)
	}
	j.Errors = keep(j.Errors, now, err)
	over := j.Attempt >= w.attempts(j) || errors.As(err, &discard)
	w.o.Log.Warn("a job failed", "kind", j.Kind, "key", j.Key, "attempt", j.Attempt, "given_up", over, "error", err)
	switch {
	case over && w.periodic(j):
		j.Attempt, j.ScheduledAt = 0, boundary(now, w.works[j.Kind].Every)
	case over:
		return tx.DiscardJob(ctx, worker, j)
	default:
		j.ScheduledAt = now.Add(backOff(j.Attempt))
	}
	return tx.PostponeJob(ctx, worker, j)
}

func (w *Worker) periodic(j purvey.Job) bool {
	return j.Key == store.JobPeriodic && w.works[j.Kind].Every > 0
}

func (w *Worker) attempts(j purvey.Job) int {
	if j.MaxAttempts > 0 {
		return j.MaxAttempts
	}
	return w.works[j.Kind].MaxAttempts
}

// backOff is the wait after the n-th failed run: n⁴ seconds, a tenth more or
// less, at most a day.
func backOff(n int) time.Duration {
	const most = 24 * time.Hour
	if n > 17 {
		n = 17 // 17⁴ s is just below a day
	}
	d := time.Duration(n*n*n*n) * time.Second
	return min(most, d*9/10+rand.N(d/5+1))
}

// keep adds an error to the last ones.
func keep(kept []purvey.JobError, now time.Time, err error) []purvey.JobError {
	text := err.Error()
	for len(text) > errorMax || !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text[:min(len(text), errorMax)], "")
	}
	kept = append(kept, purvey.JobError{At: now, Error: text})
	return kept[max(0, len(kept)-errorsKept):]
}

// renew lengthens the leases while the worker lives.
func (w *Worker) renew(ctx context.Context) {
	tick := time.NewTicker(w.o.Lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		ids := w.holding()
		if len(ids) == 0 {
			continue
		}
		err := w.db.Tx(ctx, func(tx *store.Tx) error { return tx.RenewJobs(ctx, w.name, ids, tx.Now().Add(w.o.Lease)) })
		if err != nil && ctx.Err() == nil {
			w.o.Log.Error("leases could not be renewed", "error", err)
		}
	}
}

// errEnded is kept with a job whose process died.
var errEnded = errors.New("the process that ran it ended")

// rescue takes back the jobs whose lease has run out, but for those that this
// worker does hold: it was only too slow to say so.
func (w *Worker) rescue(ctx context.Context) error {
	const most = 100
	for {
		rescued := 0
		err := w.db.Tx(ctx, func(tx *store.Tx) error {
			rescued = 0
			jobs, workers, err := tx.ExpiredJobs(ctx, most)
			if err != nil {
				return err
			}
			for i, j := range jobs {
				if workers[i] == w.name && w.holds(j.ID) {
					continue
				}
				rescued++
				if err := w.takeBack(ctx, tx, workers[i], j); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || rescued < most {
			return err
		}
	}
}

func (w *Worker) takeBack(ctx context.Context, tx *store.Tx, worker string, j purvey.Job) error {
	j.Errors = keep(j.Errors, tx.Now(), errEnded)
	if most := w.attempts(j); most > 0 && j.Attempt >= most && !w.periodic(j) {
		return tx.DiscardJob(ctx, worker, j)
	}
	j.ScheduledAt = tx.Now()
	return tx.PostponeJob(ctx, worker, j)
}

func (w *Worker) holds(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.held[id] > 0
}
