package delivery

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"purvey"
	"purvey/internal/store"
)

// copyKey names what requests of one copy have in common.
type copyKey struct{ holder, file, version string }

// copies are the copies that requests of this process were about lately.
type copies struct {
	alone  bool // no other process serves from this database
	mu     sync.Mutex
	slots  map[copyKey]*slot
	live   map[string]*openCopy   // by download id
	active map[*openCopy]struct{} // those that a request holds, or that hold something unwritten
	fresh  chan struct{}          // holds one for each copy that the database does not know yet
	wake   chan struct{}          // something waits to be flushed
	flush  sync.Mutex             // held by the flush that is running
}

func newCopies(alone bool) *copies {
	return &copies{
		alone: alone, slots: map[copyKey]*slot{}, live: map[string]*openCopy{}, active: map[*openCopy]struct{}{}, wake: make(chan struct{}, 1),
		fresh: make(chan struct{}, freshMost),
	}
}

// slot is the place of the newest copy of a key.
type slot struct {
	deciding sync.Mutex // held while it is decided to which copy a request belongs
	waiting  int        // requests that decide or wait to; guarded by copies.mu
	current  *openCopy  // nil: not asked for yet; guarded by deciding
}

// put makes a copy the newest of the slot.
func (sl *slot) put(oc *openCopy) {
	if old := sl.current; old != nil && old != oc {
		old.mu.Lock()
		old.passed = true
		old.mu.Unlock()
	}
	sl.current = oc
}

// take gives the slot of a key until leave is called.
func (c *copies) take(k copyKey) *slot {
	c.mu.Lock()
	defer c.mu.Unlock()
	sl := c.slots[k]
	if sl == nil {
		sl = &slot{}
		c.slots[k] = sl
	}
	sl.waiting++
	return sl
}

func (c *copies) leave(sl *slot) {
	c.mu.Lock()
	defer c.mu.Unlock()
	sl.waiting--
}

// adopt makes a request part of the one openCopy of a download.
func (c *copies) adopt(d purvey.Download, now time.Time) *openCopy {
	c.mu.Lock()
	defer c.mu.Unlock()
	oc := c.live[d.ID]
	if oc == nil {
		oc = &openCopy{d: d, flights: map[*flight]struct{}{}}
		c.live[d.ID] = oc
	}
	c.active[oc] = struct{}{}
	oc.mu.Lock()
	defer oc.mu.Unlock()
	oc.users++
	oc.synced = time.Now()
	if now.After(oc.d.LastAt) {
		oc.d.LastAt, oc.dirty = now, true
	}
	return oc
}

// release is the end of a request of the copy.
func (s *Service) release(oc *openCopy) {
	oc.mu.Lock()
	oc.users--
	oc.mu.Unlock()
	select {
	case s.copies.wake <- struct{}{}:
	default:
	}
}

// known adds to what the database says of a copy what this process has sent
// since.
func (c *copies) known(d purvey.Download) purvey.Download {
	c.mu.Lock()
	oc := c.live[d.ID]
	c.mu.Unlock()
	if oc == nil {
		return d
	}
	oc.mu.Lock()
	defer oc.mu.Unlock()
	here := oc.now(d.LastAt)
	d.Sent = max(d.Sent, here.Sent)
	if d.CompletedAt.IsZero() {
		d.CompletedAt = here.CompletedAt
	}
	if here.LastAt.After(d.LastAt) {
		d.LastAt = here.LastAt
	}
	return d
}

// Client is who asks for bytes.
type Client struct {
	IP        string
	UserAgent string
}

// begin gives the copy that a request for a file, from the byte on, belongs
// to: one that is open, or a new one if the allowance of one of the sources,
// which all have the file, and the shop's bandwidth permit. The latter is not
// asked for where the answer is running already. What it takes from an allowance
// is durable when it returns. The caller ends by releasing the copy.
func (s *Service) begin(ctx context.Context, sources []*source, f purvey.File, size, from int64, running bool, c Client) (*openCopy, error) {
	var first error
	for _, src := range sources {
		oc, err := s.beginOf(ctx, src, f, size, from, running, c)
		if err == nil {
			return oc, nil
		}
		if purvey.ReasonOf(err) == purvey.ReasonNone {
			return nil, err
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

func (s *Service) beginOf(ctx context.Context, src *source, f purvey.File, size, from int64, running bool, c Client) (*openCopy, error) {
	if src.refusal != nil {
		return nil, refused(src.refusal.Reason)
	}
	sl := s.copies.take(copyKey{src.holder, f.ID, src.version})
	defer s.copies.leave(sl)
	sl.deciding.Lock()
	defer sl.deciding.Unlock()
	now := s.db.Now()
	if sl.current != nil && s.copies.join(sl.current, now, from) {
		return sl.current, nil
	}
	full := false
	if !running {
		var err error
		if full, err = s.spent(ctx, src); err != nil {
			return nil, err
		}
	}
	if oc := sl.current; oc != nil {
		if !full {
			next, err := s.beginFree(ctx, src, oc, f, size, c, now)
			if next != nil {
				sl.put(next)
			}
			if next != nil || err != nil {
				return next, err
			}
		}
		// What is not in the database yet must be when it decides.
		if err := s.flushFresh(ctx, oc); err != nil {
			return nil, err
		}
	}
	d, err := s.beginStored(ctx, src, f, size, from, full, c)
	if err != nil {
		return nil, err
	}
	sl.put(s.copies.adopt(d, now))
	return sl.current, nil
}

// beginStored decides in the database. With full only a copy that is open is
// given.
func (s *Service) beginStored(ctx context.Context, src *source, f purvey.File, size, from int64, full bool, c Client) (d purvey.Download, err error) {
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.Lock(ctx, src.lock(f.ID)); err != nil {
			return err
		}
		now := tx.Now()
		switch d, err = tx.LatestCopy(ctx, src.holder, f.ID, src.version); {
		case err == nil && s.copies.known(d).Takes(now, from):
			return nil
		case err != nil && !errors.Is(err, purvey.NotFound):
			return err
		}
		if src.resume {
			return errGrantOver
		}
		all, counted, err := tx.CountCopies(ctx, src.holder, f.ID, src.since, src.allowance)
		if err != nil {
			return err
		}
		if src.allowance > 0 && counted >= src.allowance {
			return refused(purvey.ReasonUsedUp)
		}
		if full {
			return refused(purvey.ReasonBandwidth)
		}
		again := false
		if src.right.Order.ID != "" {
			if again, err = tx.OrderHasCopy(ctx, src.right.Order.ID, f.ID); err != nil {
				return err
			}
		}
		d = src.copy(f, size, all+1, again, c, now)
		if err := insertCopy(ctx, tx, src, f, &d); err != nil || src.via != purvey.ViaLink {
			return err
		}
		return s.tellUsedUp(ctx, tx, src)
	})
	return d, err
}

// copy is a new copy of a file of the source, the n-th of its holder. again
// says that the order has fetched the file before.
func (src *source) copy(f purvey.File, size int64, n int, again bool, c Client, now time.Time) purvey.Download {
	d := purvey.Download{
		ShopID: src.scope.ShopID, Mode: src.scope.Mode, Via: src.via, ProductID: src.right.Product.ID, VersionID: src.version,
		FileID: f.ID, FileName: f.Name, FileType: f.Type, Number: n, Size: size,
		IP: c.IP, UserAgent: shortened(c.UserAgent), CreatedAt: now, LastAt: now,
	}
	switch src.via {
	case purvey.ViaLink:
		d.LinkID = src.holder
	case purvey.ViaMint:
		d.MintID = src.holder
	}
	if order := src.right.Order; order.ID != "" {
		d.OrderID, d.LineID = order.ID, src.right.Line.ID
		d.Redownload, d.Counted = again, !again
		d.Billable = d.Counted && order.Financial.WasPaid() && !order.Imported
	}
	return d
}

// insertCopy writes a copy and, if it is one of an order's, tells of it.
func insertCopy(ctx context.Context, tx *store.Tx, src *source, f purvey.File, d *purvey.Download) error {
	if err := tx.InsertDownload(ctx, src.holder, d); err != nil || d.OrderID == "" {
		return err
	}
	what := purvey.EventFileDownloaded
	if d.Redownload {
		what = purvey.EventFileRedownloaded
	}
	// The snapshot says whose file it is; keys and the other goods are not its matter.
	order, line := src.right.Order, src.right.Line
	order.Lines, line.Keys, line.Files = nil, nil, nil
	return tx.Emit(ctx, src.scope, what, order.ID, purvey.EventData{Order: &order, Line: &line, File: &f, Download: d})
}

// freshMost bounds the copies that wait for their first flush; the next one
// waits for one of them.
const freshMost = 5000

// beginFree begins another copy after one that is over, where nothing has to be
// decided: the allowance has no limit, the order's first download of the file
// was told long ago, and no other process has a say. Such a copy becomes durable
// with the next flush, in the same transaction as its event; a crash in between
// loses the record of a repeated download and nothing that is owed to anybody.
func (s *Service) beginFree(ctx context.Context, src *source, last *openCopy, f purvey.File, size int64, c Client, now time.Time) (*openCopy, error) {
	if !s.copies.alone || src.allowance > 0 || src.resume {
		return nil, nil
	}
	n, ok := last.numberIfOver(now)
	if !ok {
		return nil, nil
	}
	if err := s.awaitRoom(ctx); err != nil {
		return nil, err
	}
	d := src.copy(f, size, n+1, true, c, now)
	d.ID = s.db.NewID()
	oc := &openCopy{d: d, flights: map[*flight]struct{}{}, users: 1, synced: time.Now(), fresh: &freshCopy{src, f}, dirty: true}
	s.copies.mu.Lock()
	s.copies.live[d.ID] = oc
	s.copies.active[oc] = struct{}{}
	s.copies.mu.Unlock()
	return oc, nil
}

// awaitRoom takes the place of a copy that waits for its first flush.
func (s *Service) awaitRoom(ctx context.Context) error {
	select {
	case s.copies.fresh <- struct{}{}:
		return nil
	default:
	}
	late := time.NewTicker(flushEvery)
	defer late.Stop()
	for {
		select {
		case s.copies.fresh <- struct{}{}:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-late.C: // nobody flushes, or to no avail
			if err := s.Flush(ctx); err != nil {
				return err
			}
		}
	}
}

// flushFresh makes sure that the database knows of a copy.
func (s *Service) flushFresh(ctx context.Context, oc *openCopy) error {
	oc.mu.Lock()
	fresh := oc.fresh != nil
	oc.mu.Unlock()
	if !fresh {
		return nil
	}
	return s.Flush(ctx)
}

// tellUsedUp tells, once, that the last allowed copy of every file of a share
// link has begun.
func (s *Service) tellUsedUp(ctx context.Context, tx *store.Tx, src *source) error {
	if src.allowance == 0 || src.link.UsedUpSent {
		return nil
	}
	over, err := usedUp(ctx, tx.Queries, src.link)
	if err != nil || !over {
		return err
	}
	first, err := tx.MarkLinkUsedUp(ctx, src.link.ID)
	if err != nil || !first {
		return err
	}
	k := src.link
	k.UsedUpSent = true
	return tx.Emit(ctx, src.scope, purvey.EventLinkExhausted, "", purvey.EventData{Link: &k})
}

// usedUp tells whether no file of a share link may be begun any more.
func usedUp(ctx context.Context, q store.Queries, k purvey.Link) (bool, error) {
	if k.Allowance() == 0 {
		return false, nil
	}
	taken, err := q.CopiesOfLink(ctx, k.ID)
	if err != nil {
		return false, err
	}
	begun := map[string]int{}
	for _, c := range taken {
		begun[c.FileID] = c.Begun
	}
	for _, id := range k.FileIDs {
		if begun[id] < k.Allowance() {
			return false, nil
		}
	}
	return true, nil
}

// maxUserAgent is how much of a client's own description is kept, in bytes.
const maxUserAgent = 400

func shortened(s string) string {
	return strings.ToValidUTF8(s[:min(len(s), maxUserAgent)], "")
}
