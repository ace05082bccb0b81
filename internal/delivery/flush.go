package delivery

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"purvey"
	"purvey/internal/store"
)

// unwritten is what a flush takes to the database.
type unwritten struct {
	copy    *openCopy
	id      string
	sent    int64
	covered purvey.Ranges
	last    time.Time
	fresh   *freshCopy
	whole   purvey.Download // of a fresh copy
}

// scope says which copies a flush is about.
type scope bool

const (
	everything scope = true
	ended      scope = false // copies that nothing is being sent of
)

// harvest takes what the database does not know yet.
func (oc *openCopy) harvest(now time.Time, what scope) (unwritten, bool) {
	oc.mu.Lock()
	defer oc.mu.Unlock()
	if len(oc.flights) == 0 && !oc.dirty || len(oc.flights) > 0 && what == ended {
		return unwritten{}, false
	}
	u := unwritten{copy: oc, id: oc.d.ID, sent: oc.pending, covered: slices.Clone(oc.d.Covered), last: oc.d.LastAt}
	for f := range oc.flights {
		u.covered = cover(u.covered, f.from, f.to-slack)
		u.last = now
	}
	if u.fresh = oc.fresh; u.fresh != nil {
		u.whole = oc.d
		u.whole.Covered = u.covered
		if u.whole.CompletedAt.IsZero() && u.covered.Bytes() >= u.whole.Size {
			u.whole.CompletedAt = u.last
		}
	}
	oc.pending, oc.dirty = 0, false
	return u, true
}

// written notes what the database has now.
func (oc *openCopy) written(d purvey.Download) {
	oc.mu.Lock()
	defer oc.mu.Unlock()
	oc.d.Sent = d.Sent + oc.pending
	for _, r := range d.Covered {
		oc.d.Covered = oc.d.Covered.Add(r.From, r.To)
	}
	if oc.d.CompletedAt.IsZero() {
		oc.d.CompletedAt = d.CompletedAt
	}
	oc.synced, oc.fresh = time.Now(), nil
}

// unwind puts back what could not be written.
func (u unwritten) unwind() {
	u.copy.mu.Lock()
	defer u.copy.mu.Unlock()
	u.copy.pending, u.copy.dirty = u.copy.pending+u.sent, true
}

// flushBatch bounds the copies written in one transaction.
const flushBatch = 250

// Flush writes what this process has sent to the database, and learns what
// others have.
func (s *Service) Flush(ctx context.Context) error { return s.flush(ctx, everything) }

func (s *Service) flush(ctx context.Context, what scope) error {
	c := s.copies
	c.flush.Lock()
	defer c.flush.Unlock()
	c.mu.Lock()
	active := slices.Collect(maps.Keys(c.active))
	c.mu.Unlock()
	now := s.db.Now()
	var waiting []unwritten
	for _, oc := range active {
		if u, ok := oc.harvest(now, what); ok {
			waiting = append(waiting, u)
		}
	}
	// In one order everywhere, so that two processes cannot wait for each other.
	slices.SortFunc(waiting, func(a, b unwritten) int { return strings.Compare(a.id, b.id) })
	var failed error
	for batch := range slices.Chunk(waiting, flushBatch) {
		if err := s.write(ctx, batch); err != nil {
			failed = err
			for _, u := range batch {
				u.unwind()
			}
		}
	}
	c.rest(active)
	if what == everything {
		c.forget()
	}
	return failed
}

func (s *Service) write(ctx context.Context, batch []unwritten) error {
	totals := make([]purvey.Download, len(batch))
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		for i, u := range batch {
			if u.fresh != nil {
				totals[i] = u.whole
				if err := insertCopy(ctx, tx, u.fresh.src, u.fresh.file, &totals[i]); err != nil {
					return err
				}
				continue
			}
			d, err := tx.AddSent(ctx, u.id, u.sent, u.covered, u.last)
			if errors.Is(err, purvey.NotFound) { // its record was erased meanwhile
				continue
			}
			if err != nil {
				return err
			}
			totals[i] = d
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, u := range batch {
		if totals[i].ID != "" {
			u.copy.written(totals[i])
		}
		if u.fresh != nil {
			<-s.copies.fresh
		}
	}
	return nil
}

// rest ends the activity of copies that nobody holds and the database knows all
// about, and forgets those that a newer one has followed.
func (c *copies) rest(active []*openCopy) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, oc := range active {
		oc.mu.Lock()
		if !oc.dirty && oc.users == 0 {
			delete(c.active, oc)
			if oc.passed {
				delete(c.live, oc.d.ID)
			}
		}
		oc.mu.Unlock()
	}
}

// forget drops copies that have been at rest for so long that they are not
// believed any more.
func (c *copies) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, sl := range c.slots {
		if sl.waiting == 0 && (sl.current == nil || sl.current.idle()) {
			delete(c.slots, k)
		}
	}
	for id, oc := range c.live {
		if oc.idle() {
			delete(c.live, id)
		}
	}
}

// idle tells whether the copy may be forgotten. Then no request can join it
// any more without asking the database.
func (oc *openCopy) idle() bool {
	oc.mu.Lock()
	defer oc.mu.Unlock()
	return !oc.dirty && oc.users == 0 && time.Since(oc.synced) > staleAfter
}
