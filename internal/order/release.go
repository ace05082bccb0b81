package order

import (
	"context"

	"purvey"
	"purvey/internal/license"
	"purvey/internal/store"
)

// release moves an order's lines as far as they may go by themselves and
// tells of it. It is one run inside one transaction.
type release struct {
	s        *Service
	tx       *store.Tx
	order    *purvey.Order
	products map[string]purvey.Product
	silent   bool // no event: history of another system
	noMail   bool
	fresh    bool   // the order is being placed: its lines are not written yet
	only     string // id of the one line to look at; "" all
}

// run settles every line. requests are those of a fresh order, else nil.
func (r *release) run(ctx context.Context, requests []LineRequest) error {
	o, tx := r.order, r.tx
	before := make([]purvey.Line, len(o.Lines))
	copy(before, o.Lines)
	if err := r.lockPools(ctx); err != nil {
		return err
	}
	var delivered, owed bool
	for i := range o.Lines {
		l := &o.Lines[i]
		if r.only != "" && l.ID != r.only {
			continue
		}
		fulfil := r.awaitsJob(requests, i)
		active, err := r.settle(ctx, l, fulfil)
		if err != nil {
			return err
		}
		delivered = delivered || active
		owed = owed || (l.KeysOwed > 0 && before[i].KeysOwed == 0 && l.Access == purvey.AccessKey && len(l.Keys) == 0)
		if r.fresh {
			err = tx.InsertLine(ctx, o, l, r.products[l.ProductID].KeyTag)
		} else if changed(before[i], *l) {
			err = tx.UpdateLine(ctx, l)
		}
		if err != nil {
			return err
		}
		if fulfil && l.Status == purvey.LineProcessing {
			if err := tx.Enqueue(ctx, purvey.Job{Kind: purvey.JobFulfil, Key: l.ID}); err != nil {
				return err
			}
		}
	}
	var first []purvey.EventType
	if r.fresh && !r.silent && !o.Imported && o.Financial.WasPaid() {
		first = append(first, purvey.EventOrderPurchased)
	}
	if delivered && !r.noMail {
		return r.s.sendDelivery(ctx, tx, o, r.products, first...)
	}
	if err := r.s.emit(ctx, tx, o, first...); err != nil {
		return err
	}
	if owed && !r.noMail {
		return r.s.sendMail(ctx, tx, o, purvey.MailKeyFollows, r.products)
	}
	return nil
}

// awaitsJob tells whether a line is made ready by a job: because its request
// says so, or later because its order came by the dialect that works so.
func (r *release) awaitsJob(requests []LineRequest, i int) bool {
	if requests == nil {
		return r.order.Source == purvey.SourceHLConnect
	}
	return requests[i].Fulfil
}

// lockPools locks the stock that several lines may take keys from.
func (r *release) lockPools(ctx context.Context) error {
	if len(r.order.Lines) == 1 || !r.order.Releasable() {
		return nil
	}
	var tags []string
	for _, l := range r.order.Lines {
		p := r.products[l.ProductID]
		if l.Access.HasKeys() && p.KeyMode != purvey.KeysGenerated && (l.Status == purvey.LineUnpaid || l.Status == purvey.LineProcessing) {
			tags = append(tags, p.KeyTag)
		}
	}
	return license.LockPools(ctx, r.tx, scopeOf(r.order), tags)
}

func changed(a, b purvey.Line) bool {
	return a.Status != b.Status || a.KeysOwed != b.KeysOwed || a.DeliveredAt != b.DeliveredAt
}

// settle moves one line on; it is true when the line has just become active.
// The gate: paid, not held for its risk, the date reached, files assigned for UNIQUE,
// and for goods that are keys alone at least one of them. Serves BDD-31 to 33.
func (r *release) settle(ctx context.Context, l *purvey.Line, fulfil bool) (bool, error) {
	o := r.order
	if l.Status != purvey.LineUnpaid && l.Status != purvey.LineProcessing {
		return false, nil
	}
	if !o.Releasable() {
		if o.Financial.WasPaid() && l.Status == purvey.LineUnpaid {
			l.Status = purvey.LineProcessing
		}
		return false, nil
	}
	l.Status = purvey.LineProcessing
	p := r.products[l.ProductID]
	switch {
	case fulfil:
		return false, nil
	case l.Delivering == purvey.Scheduled && r.tx.Now().Before(p.ScheduledAt):
		return false, nil
	case l.Delivering == purvey.Unique && l.Access.HasFiles() && len(l.Files) == 0:
		return false, nil
	}
	if err := license.Give(ctx, r.tx, o, l, p); err != nil {
		return false, err
	}
	if l.Access == purvey.AccessKey && len(l.Keys) == 0 && l.KeysOwed > 0 {
		return false, nil
	}
	l.Status, l.DeliveredAt = purvey.LineActive, r.tx.Now()
	return true, nil
}

// Release moves an order's lines on if nothing holds them back any more:
// after a payment, a lifted hold, a date reached. What moved is recorded in the
// audit log. Safe to run again.
func (s *Service) Release(ctx context.Context, orderID string) error {
	o, err := s.db.OrderByID(ctx, orderID)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		o, err := tx.LockOrder(ctx, scopeOf(&o), orderID)
		if err != nil {
			return err
		}
		before := auditFields(&o)
		if err := s.releaseIn(ctx, tx, &o, true); err != nil {
			return err
		}
		return audit(ctx, tx, actionReleased, before, &o)
	})
}

func (s *Service) releaseIn(ctx context.Context, tx *store.Tx, o *purvey.Order, mail bool) error {
	products, err := productsOf(ctx, tx, o)
	if err != nil {
		return err
	}
	r := release{s: s, tx: tx, order: o, products: products, noMail: !mail}
	return r.run(ctx, nil)
}

func productsOf(ctx context.Context, tx *store.Tx, o *purvey.Order) (map[string]purvey.Product, error) {
	ids := make([]string, len(o.Lines))
	for i, l := range o.Lines {
		ids[i] = l.ProductID
	}
	return tx.SoldProducts(ctx, o.ShopID, ids)
}

// ReleaseProduct releases the orders that waited for a product's date. Safe to
// run again; it stops at the first error and goes on from there next time.
func (s *Service) ReleaseProduct(ctx context.Context, productID string) error {
	const piece = 100
	for after := ""; ; {
		ids, err := s.db.OrdersOfProduct(ctx, productID, purvey.LineProcessing, after, piece)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := s.Release(ctx, id); err != nil {
				return err
			}
			after = id
		}
		if len(ids) < piece {
			return nil
		}
	}
}

// ServeWaiting gives the keys that have come into stock to the lines that
// wait for them, those that paid first before, and mails them. Safe to run
// again. Serves BDD-36.
func (s *Service) ServeWaiting(ctx context.Context, scope purvey.Scope, tag string) error {
	for {
		_, again, err := s.serveFirst(ctx, scope, tag)
		if err != nil || !again {
			return err
		}
	}
}

// servedAtOnce bounds the lines that ServeTag serves before it answers.
const servedAtOnce = 200

// ServeTag is ServeWaiting at a person's word. It tells how many keys were given
// and how many are owed still; if a great many lines can be served, a job serves
// the rest. A tag that the shop has nothing of is NotFound.
func (s *Service) ServeTag(ctx context.Context, scope purvey.Scope, tag string) (served, owed int, err error) {
	known, err := s.db.KnowsTag(ctx, scope, tag)
	if err == nil && !known {
		err = purvey.Missing("license key tag")
	}
	if err != nil {
		return 0, 0, err
	}
	again := true
	for i := 0; again && i < servedAtOnce; i++ {
		var n int
		if n, again, err = s.serveFirst(ctx, scope, tag); err != nil {
			return served, 0, err
		}
		served += n
	}
	err = s.db.Tx(ctx, func(tx *store.Tx) (err error) {
		if again {
			if err := license.EnqueueWaiting(ctx, tx, scope, tag); err != nil {
				return err
			}
		}
		owed, err = tx.CountOwed(ctx, scope, tag)
		return err
	})
	return served, owed, err
}

// serveFirst serves the line that is the first to wait. It gives the number of
// keys and whether there may be more to do.
func (s *Service) serveFirst(ctx context.Context, scope purvey.Scope, tag string) (keys int, again bool, err error) {
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		keys, again = 0, false
		first, err := tx.WaitingLines(ctx, scope, tag, 1)
		if err != nil || len(first) == 0 {
			return err
		}
		o, err := tx.LockOrder(ctx, scope, first[0].OrderID)
		if err != nil {
			return err
		}
		if err := tx.LockKeys(ctx, scope, tag); err != nil {
			return err
		}
		waiting, err := tx.WaitingLines(ctx, scope, tag, 1)
		if err != nil || len(waiting) == 0 {
			return err
		}
		if again = waiting[0].LineID != first[0].LineID; again {
			return nil // somebody else was quicker
		}
		free, err := tx.FreeKeys(ctx, scope, tag, waiting[0].Owed)
		if err != nil || len(free) == 0 {
			return err
		}
		keys, again = len(free), true
		before := auditFields(&o)
		if err := s.serve(ctx, tx, &o, waiting[0], free); err != nil {
			return err
		}
		return audit(ctx, tx, actionServed, before, &o)
	})
	return keys, again, err
}

func (s *Service) serve(ctx context.Context, tx *store.Tx, o *purvey.Order, w store.WaitingLine, free []purvey.LicenseKey) error {
	l, ok := o.Line(w.LineID)
	if !ok {
		return purvey.Missing("order line")
	}
	products, err := productsOf(ctx, tx, o)
	if err != nil {
		return err
	}
	for i := range free {
		if _, err := license.Bind(ctx, tx, o, l, &free[i]); err != nil {
			return err
		}
	}
	if err := license.Taken(ctx, tx, scopeOf(o), free[0].Tag, len(free)); err != nil {
		return err
	}
	l.KeysOwed -= len(free)
	if l.Status == purvey.LineProcessing {
		l.Status, l.DeliveredAt = purvey.LineActive, tx.Now()
	}
	if err := tx.UpdateLine(ctx, l); err != nil {
		return err
	}
	return s.sendDelivery(ctx, tx, o, products)
}
