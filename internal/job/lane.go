package job

import (
	"context"
	"slices"
	"strings"
	"time"

	"purvey"
	"purvey/internal/store"
)

// lane is the queue of one kind and lane in this process.
type lane struct {
	name    string // as stored: kind/lane
	named   bool
	most    int // the kind's concurrency
	limit   int // runs at once now
	running int
	asked   bool          // it stands in the line for its class's budget
	waiting []purvey.Job  // taken, not begun
	parked  bool          // the store may hold parked jobs of it
	class   int           // unproven or proven
	pace    time.Duration // of a run, a moving average
}

// Classes of named lanes. Each has its own budget of runs at once, so that
// receivers which do not answer can't use up what the others need.
const (
	unproven = iota
	proven
)

type budget struct {
	left int
	line []*lane // lanes with a job to begin and no budget for it
}

// ahead is how much work, in time, a lane may hold beside its runs. More
// would keep jobs from other nodes; less would make fast lanes wait for the
// store.
const ahead = 100 * time.Millisecond

// aheadMost bounds it in jobs for each run.
const aheadMost = 1000

// hold is how many jobs the lane may have taken.
func (l *lane) hold() int {
	if l.named && l.limit == 1 {
		return 1
	}
	return l.limit + l.limit*int(min(ahead/max(l.pace, time.Millisecond), aheadMost))
}

// room is how many jobs the lane can take now.
func (l *lane) room() int { return max(0, l.hold()-l.running-len(l.waiting)) }

// lane gives the queue of a stored lane's name, new if need be. w.mu is held.
func (w *Worker) lane(name string) *lane {
	if l, ok := w.lanes[name]; ok {
		return l
	}
	if len(w.lanes) >= lanesMost {
		w.forget()
	}
	kind, own, _ := strings.Cut(name, "/")
	l := &lane{name: name, named: own != "", most: w.works[purvey.JobKind(kind)].Concurrency, pace: 20 * time.Millisecond}
	if l.limit = l.most; l.named {
		l.limit = 1
	}
	w.lanes[name] = l
	return l
}

// lanesMost is how many lanes are remembered before idle ones are forgotten.
const lanesMost = 16_384

func (w *Worker) forget() {
	for name, l := range w.lanes {
		if l.running == 0 && len(l.waiting) == 0 && !l.parked && !l.asked {
			delete(w.lanes, name)
			delete(w.needy, l)
		}
	}
}

// push hands taken jobs to their lanes and begins what may begin.
func (w *Worker) push(runs context.Context, jobs []purvey.Job) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, j := range jobs {
		l := w.lane(store.JobLane(j.Kind, j.Lane))
		l.waiting = append(l.waiting, j)
		w.begin(runs, l)
	}
}

// begin starts runs of a lane as far as its limit and the budget allow.
// w.mu is held.
func (w *Worker) begin(runs context.Context, l *lane) {
	for !w.stop && len(l.waiting) > 0 && l.running < l.limit {
		class := l.class
		if l.named {
			b := &w.budget[class]
			if b.left == 0 {
				if !l.asked {
					l.asked = true
					b.line = append(b.line, l)
				}
				return
			}
			b.left--
		}
		l.running++
		w.going++
		go w.work(runs, l, class, w.draw(l))
	}
}

// draw takes the jobs that one goroutine does one after another: one, or so
// many that are soon done when the kind can prepare for several. w.mu is held.
func (w *Worker) draw(l *lane) []purvey.Job {
	n := 1
	if w.works[l.waiting[0].Kind].Prepare != nil {
		n = min(groupMost, int(groupTime/max(l.pace, time.Microsecond)), len(l.waiting)/l.limit)
	}
	n = max(n, 1)
	jobs := l.waiting[:n:n]
	l.waiting = l.waiting[n:]
	return jobs
}

// A group's last job must not wait long for its first.
const (
	groupMost = 16
	groupTime = 10 * time.Millisecond
)

// work does one group of a lane's jobs after another, until it has none to
// begin.
func (w *Worker) work(runs context.Context, l *lane, class int, jobs []purvey.Job) {
	for len(jobs) > 0 {
		began := time.Now()
		ctx := runs
		if prepare := w.works[jobs[0].Kind].Prepare; prepare != nil && len(jobs) > 1 {
			ctx = prepare(runs, jobs)
		}
		good, done := true, 0
		for good && done < len(jobs) && (done == 0 || !w.stopping()) {
			r := w.call(ctx, jobs[done])
			w.results <- r
			good = r.err == nil
			done++
		}
		jobs = w.next(runs, l, class, time.Since(began)/time.Duration(done), good, jobs[done:])
	}
}

func (w *Worker) stopping() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stop
}

// next notes how a group's runs went, puts its rest back, and gives the jobs
// to do after it.
func (w *Worker) next(runs context.Context, l *lane, class int, took time.Duration, good bool, rest []purvey.Job) []purvey.Job {
	w.mu.Lock()
	defer w.mu.Unlock()
	l.pace += (took - l.pace) / 8
	if l.named {
		if good {
			l.class, l.limit = proven, min(l.limit*2, l.most)
		} else {
			l.class, l.limit = unproven, 1
		}
	}
	if len(rest) > 0 && !w.stop {
		l.waiting = append(slices.Clip(rest), l.waiting...)
	}
	if !w.stop && len(l.waiting) > 0 && l.running <= l.limit && (!l.named || l.class == class && len(w.budget[class].line) == 0) {
		jobs := w.draw(l)
		w.begin(runs, l)
		w.refill(l)
		return jobs
	}
	l.running--
	w.going--
	if l.named {
		w.giveBack(runs, class)
	}
	w.begin(runs, l)
	w.refill(l)
	if w.stop && w.going == 0 {
		close(w.idle)
	}
	return nil
}

// giveBack returns one run to a class's budget and lets the lanes that stand
// in line have it. w.mu is held.
func (w *Worker) giveBack(runs context.Context, class int) {
	b := &w.budget[class]
	b.left++
	for b.left > 0 && len(b.line) > 0 {
		l := b.line[0]
		b.line = b.line[1:]
		l.asked = false
		w.begin(runs, l)
	}
}

// hungry tells whether parked jobs should be fetched: once the lane has used
// up half of what it may hold.
func (l *lane) hungry() bool { return l.parked && l.room() > 0 && 2*l.room() >= l.hold() }

// refill asks for parked jobs of a hungry lane. w.mu is held.
func (w *Worker) refill(l *lane) {
	if l.hungry() {
		w.needy[l] = true
		w.Wake()
	}
}

// halt ends the beginning of runs and puts back what was taken and not begun.
func (w *Worker) halt(ctx context.Context) {
	w.mu.Lock()
	w.stop = true
	var ids []string
	for _, l := range w.lanes {
		for _, j := range l.waiting {
			ids = append(ids, j.ID)
			w.drop(j.ID)
		}
		l.waiting = nil
	}
	if w.going == 0 {
		close(w.idle)
	}
	w.mu.Unlock()
	w.returnJobs(ctx, ids)
}

// putBack returns what is still held when the worker ends.
func (w *Worker) putBack(ctx context.Context) {
	w.returnJobs(ctx, w.holding())
}

// holding lists the jobs that are taken and not settled.
func (w *Worker) holding() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	ids := make([]string, 0, len(w.held))
	for id := range w.held {
		ids = append(ids, id)
	}
	return ids
}

// drop notes that a job is no longer held. One that was due again at once may
// have been taken anew before this is noted. w.mu is held.
func (w *Worker) drop(id string) {
	if w.held[id]--; w.held[id] <= 0 {
		delete(w.held, id)
	}
}

func (w *Worker) returnJobs(ctx context.Context, ids []string) {
	if len(ids) == 0 {
		return
	}
	err := w.db.Tx(ctx, func(tx *store.Tx) error { return tx.ReturnJobs(ctx, w.name, ids) })
	if err != nil {
		w.o.Log.Warn("jobs could not be put back; they come back when their lease ends", "jobs", len(ids), "error", err)
	}
}
