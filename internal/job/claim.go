package job

import (
	"context"
	"strings"
	"time"

	"purvey"
	"purvey/internal/store"
)

// claimMax bounds the due jobs that one transaction takes, claimLanes the
// lanes whose parked jobs it looks at.
const (
	claimMax   = 256
	claimLanes = 64
)

// dispatch takes jobs and hands them to their lanes until ctx ends.
func (w *Worker) dispatch(ctx, runs context.Context) {
	claims := store.Later(ctx)
	timer := time.NewTimer(0)
	defer timer.Stop()
	var surveyed time.Time
	for ctx.Err() == nil {
		var err error
		if time.Since(surveyed) >= w.o.Poll {
			surveyed = time.Now()
			err = w.survey(claims)
		}
		wait := w.o.Poll
		if err == nil {
			wait, err = w.claim(claims, runs)
		}
		if err != nil && ctx.Err() == nil {
			w.o.Log.Error("jobs could not be taken", "error", err)
			wait = time.Second
		}
		if wait <= 0 {
			continue
		}
		timer.Reset(min(wait, w.o.Poll))
		select {
		case <-ctx.Done():
		case <-w.woken:
		case <-timer.C:
		}
	}
}

// claim takes what is due, as far as lanes have room, and gives the time to
// wait until there is more; 0: there may be more now.
func (w *Worker) claim(ctx, runs context.Context) (time.Duration, error) {
	next, err := w.db.NextJobAt(ctx)
	if err != nil {
		return 0, err
	}
	wait := w.o.Poll
	if !next.IsZero() {
		wait = next.Sub(w.db.Now())
	}
	hungry := w.hungry()
	if wait > 0 && len(hungry) == 0 {
		return wait, nil
	}
	c, err := w.take(ctx, hungry)
	if err != nil {
		return 0, err
	}
	w.note(c)
	w.push(runs, c.taken)
	if len(c.taken)+len(c.parked) > 0 {
		return 0, nil
	}
	// What is due is locked by another node, which takes it.
	return max(wait, 20*time.Millisecond), nil
}

// claimed is the outcome of one transaction.
type claimed struct {
	taken   []purvey.Job
	parked  []purvey.Job
	emptied []string // lanes of which no parked job is left
}

// take runs one claiming transaction. hungry are the lanes with room for
// parked jobs.
func (w *Worker) take(ctx context.Context, hungry []string) (c claimed, err error) {
	err = w.db.Tx(ctx, func(tx *store.Tx) error {
		c = claimed{}
		room := map[string]int{}
		for _, name := range hungry {
			n := w.room(room, name)
			jobs, err := tx.ParkedJobs(ctx, name, n)
			if err != nil {
				return err
			}
			if len(jobs) < n {
				c.emptied = append(c.emptied, name)
			}
			c.taken = append(c.taken, jobs...)
			room[name] -= len(jobs)
		}
		due, err := tx.DueJobs(ctx, claimMax)
		if err != nil {
			return err
		}
		for _, j := range due {
			name := store.JobLane(j.Kind, j.Lane)
			if w.room(room, name) > 0 {
				room[name]--
				c.taken = append(c.taken, j)
			} else {
				c.parked = append(c.parked, j)
			}
		}
		if err := tx.ParkJobs(ctx, ids(c.parked)); err != nil {
			return err
		}
		return tx.TakeJobs(ctx, ids(c.taken), w.name, tx.Now().Add(w.o.Lease))
	})
	for i := range c.taken {
		c.taken[i].Attempt++
	}
	return c, err
}

// room gives a lane's room less what this transaction took. It only grows
// meanwhile, since nobody else hands out jobs. Jobs of a kind that this worker
// does not know have none: they are parked for one that does.
func (w *Worker) room(room map[string]int, name string) int {
	if n, ok := room[name]; ok {
		return n
	}
	if !w.knows(name) {
		return 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	room[name] = w.lane(name).room()
	return room[name]
}

// note records what a claiming transaction has done.
func (w *Worker) note(c claimed) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, j := range c.taken {
		w.held[j.ID]++
	}
	for _, name := range c.emptied {
		w.lane(name).parked = false
	}
	for _, j := range c.parked {
		if name := store.JobLane(j.Kind, j.Lane); w.knows(name) {
			l := w.lane(name)
			l.parked = true
			w.needy[l] = true
		}
	}
}

// hungry are lanes with parked jobs and room for some.
func (w *Worker) hungry() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var names []string
	for l := range w.needy {
		if !l.hungry() {
			delete(w.needy, l)
			continue
		}
		if names = append(names, l.name); len(names) == claimLanes {
			break
		}
	}
	return names
}

// survey takes back what dead workers hold, and finds the lanes whose parked
// jobs another worker, or an earlier process, left.
func (w *Worker) survey(ctx context.Context) error {
	if err := w.rescue(ctx); err != nil {
		return err
	}
	names, err := w.db.ParkedLanes(ctx)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, name := range names {
		if w.knows(name) {
			l := w.lane(name)
			l.parked = true
			w.needy[l] = true
		}
	}
	return nil
}

// knows tells whether the jobs of a stored lane are of a registered kind.
func (w *Worker) knows(name string) bool {
	kind, _, _ := strings.Cut(name, "/")
	_, ok := w.works[purvey.JobKind(kind)]
	return ok
}

// takeOne takes the job that is due longest.
func (w *Worker) takeOne(ctx context.Context) (j purvey.Job, ok bool, err error) {
	err = w.db.Tx(ctx, func(tx *store.Tx) error {
		ok = false
		jobs, err := w.dueOne(ctx, tx)
		if err == nil && len(jobs) == 0 {
			jobs, err = w.parkedOne(ctx, tx)
		}
		if err != nil || len(jobs) == 0 {
			return err
		}
		j, ok = jobs[0], true
		j.Attempt++
		return tx.TakeJobs(ctx, ids(jobs), w.name, tx.Now().Add(w.o.Lease))
	})
	return j, ok, err
}

// dueOne gives the job that is due longest, past those of unknown kinds.
func (w *Worker) dueOne(ctx context.Context, tx *store.Tx) ([]purvey.Job, error) {
	for {
		jobs, err := tx.DueJobs(ctx, 1)
		if err != nil || len(jobs) == 0 || w.knows(store.JobLane(jobs[0].Kind, jobs[0].Lane)) {
			return jobs, err
		}
		if err := tx.ParkJobs(ctx, ids(jobs)); err != nil {
			return nil, err
		}
	}
}

func (w *Worker) parkedOne(ctx context.Context, tx *store.Tx) ([]purvey.Job, error) {
	names, err := tx.ParkedLanes(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if !w.knows(name) {
			continue
		}
		if jobs, err := tx.ParkedJobs(ctx, name, 1); err != nil || len(jobs) > 0 {
			return jobs, err
		}
	}
	return nil, nil
}

func ids(jobs []purvey.Job) []string {
	out := make([]string, len(jobs))
	for i, j := range jobs {
		out[i] = j.ID
	}
	return out
}
