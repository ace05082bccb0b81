package delivery

import (
	"slices"
	"sync"
	"time"

	"purvey"
)

// openCopy is one copy in memory: what the database said of it last, and what
// this process has sent since.
type openCopy struct {
	mu      sync.Mutex
	d       purvey.Download // with pending in it
	pending int64           // bytes sent that the database does not know of
	dirty   bool            // something waits to be written
	users   int             // requests that hold it
	passed  bool            // a newer copy has begun
	fresh   *freshCopy      // set until the database knows of the copy
	flights map[*flight]struct{}
	synced  time.Time // by the machine's clock: when the database was last asked
}

// freshCopy is what is to be written of a copy that began in memory.
type freshCopy struct {
	src  *source
	file purvey.File
}

// flight is a run of bytes on its way to a client.
type flight struct {
	copy     *openCopy
	from, to int64 // what was, or is being, handed to the connection; guarded by copy.mu
}

// staleAfter is how long a copy at rest stays in memory, where it is believed
// by a process that is alone. Others ask the database each time, since another
// process may have sent bytes of it meanwhile.
const staleAfter = time.Minute

// slack is how many bytes of an answer may lie between us and the client.
// While a transfer runs they are not taken for delivered.
const slack = 4 << 20

// maxRuns bounds the runs of bytes remembered of a copy. A client that asks
// for single bytes here and there gets no further than that towards a complete
// copy; what it was sent is counted all the same.
const maxRuns = 1000

// join makes a request part of the copy if it still takes it. A copy that no
// request of this process holds is believed for a moment, and only by a process
// that is alone.
func (c *copies) join(oc *openCopy, now time.Time, from int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	oc.mu.Lock()
	defer oc.mu.Unlock()
	if oc.users == 0 && (!c.alone || time.Since(oc.synced) > staleAfter) || !oc.now(now).Takes(now, from) {
		return false
	}
	oc.d.LastAt, oc.dirty = now, true
	oc.users++
	c.active[oc] = struct{}{}
	return true
}

// numberIfOver gives the copy's number if nothing can be added to it any more
// and it is believed.
func (oc *openCopy) numberIfOver(now time.Time) (int, bool) {
	oc.mu.Lock()
	defer oc.mu.Unlock()
	believed := oc.users > 0 || time.Since(oc.synced) <= staleAfter
	return oc.d.Number, believed && !oc.now(now).Takes(now, 0)
}

// now is the copy as it stands when all that is on its way arrives. A client
// may have its last byte before the one who sent it comes to note that.
func (oc *openCopy) now(now time.Time) purvey.Download {
	d := oc.d
	if !d.CompletedAt.IsZero() {
		return d
	}
	sum := d.Covered.Bytes()
	for f := range oc.flights {
		sum += f.to - f.from
	}
	if sum < d.Size || len(oc.flights) == 0 {
		return d
	}
	covered := slices.Clone(d.Covered)
	for f := range oc.flights {
		covered = cover(covered, f.from, f.to)
	}
	if covered.Bytes() >= d.Size {
		d.CompletedAt = now
	}
	return d
}

// fly begins a run of bytes.
func (oc *openCopy) fly(from int64) *flight {
	oc.mu.Lock()
	defer oc.mu.Unlock()
	f := &flight{copy: oc, from: from, to: from}
	oc.flights[f] = struct{}{}
	return f
}

// reserve takes up to n bytes from the copy's budget, before they are sent.
func (f *flight) reserve(n int64) int64 {
	oc := f.copy
	oc.mu.Lock()
	defer oc.mu.Unlock()
	n = min(n, oc.d.Budget())
	f.to += n
	oc.d.Sent, oc.pending, oc.dirty = oc.d.Sent+n, oc.pending+n, true
	return n
}

// sent notes how many of the reserved bytes were handed to the connection.
func (f *flight) sent(reserved, n int64) {
	oc := f.copy
	oc.mu.Lock()
	defer oc.mu.Unlock()
	f.to -= reserved - n
	oc.d.Sent, oc.pending = oc.d.Sent-(reserved-n), oc.pending-(reserved-n)
}

// land ends the run. The last lost bytes of it did not reach the client and
// are taken back; the rest was delivered.
func (f *flight) land(now time.Time, lost int64) {
	oc := f.copy
	oc.mu.Lock()
	defer oc.mu.Unlock()
	delete(oc.flights, f)
	lost = min(lost, f.to-f.from)
	f.to -= lost
	oc.d.Sent, oc.pending, oc.dirty = oc.d.Sent-lost, oc.pending-lost, true
	oc.d.Covered = cover(oc.d.Covered, f.from, f.to)
	oc.d.LastAt = now
	if oc.d.CompletedAt.IsZero() && oc.d.Covered.Bytes() >= oc.d.Size {
		oc.d.CompletedAt = now
	}
}

// cover adds a run unless there are too many already and it joins none.
func cover(rs purvey.Ranges, from, to int64) purvey.Ranges {
	if len(rs) >= maxRuns && !slices.ContainsFunc(rs, func(r purvey.Range) bool { return r.From <= to && from <= r.To }) {
		return rs
	}
	return rs.Add(from, to)
}
