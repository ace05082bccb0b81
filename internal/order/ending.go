package order

import (
	"context"
	"errors"
	"strings"
	"time"

	"purvey"
	"purvey/internal/store"
)

// LineChange is what may be changed of an order's lines in Publica.la's words.
type LineChange struct {
	ProductID string                // only the lines of this product; "" all
	Status    purvey.PublishedState // "" leaves it
	ExpiresAt *time.Time            // nil leaves it; the zero time takes the date away
}

// ChangeLines pauses, approves or cancels lines and moves their dates: all of
// it or nothing. Lines that have ended stay as they are. Refused with Invalid
// for a product that the order has not, and with Conflict (ReasonTransition)
// for a move that the table does not have: paused comes from approved,
// approved from paused, cancelled from both; what is cancelled, or will end at
// a set time, is changed no more. Serves PUB-22 to PUB-27.
func (s *Service) ChangeLines(ctx context.Context, scope purvey.Scope, id string, c LineChange) (purvey.Order, error) {
	return s.changeAs(ctx, scope, id, actionUpdated, func(tx *store.Tx, o *purvey.Order) error {
		from := o.Published()
		var lines []*purvey.Line
		for i := range o.Lines {
			if l := &o.Lines[i]; c.ProductID == "" || l.ProductID == c.ProductID {
				lines = append(lines, l)
			}
		}
		if c.ProductID != "" {
			if len(lines) == 0 {
				return purvey.BadField("product_id", "is not a product of this order")
			}
			from = o.PublishedLine(*lines[0])
		}
		if err := c.allowed(from, lines); err != nil {
			return err
		}
		moved := false
		for _, l := range lines {
			did, err := s.changeLine(ctx, tx, o, l, c)
			if err != nil {
				return err
			}
			moved = moved || did
		}
		if c.Status == purvey.PublishedApproved && o.AccessDisabled {
			if c.ProductID != "" {
				return refusedMove("the access of the whole order is switched off")
			}
			o.AccessDisabled, moved = false, true
		}
		if !moved && c.Status != "" {
			return refusedMove("no product of this order can be %s now", c.Status)
		}
		return s.linesChanged(ctx, tx, o)
	})
}

func refusedMove(format string, args ...any) error {
	e := purvey.Because(purvey.Conflict, purvey.ReasonTransition, format, args...)
	e.Fields = []purvey.Field{{Name: "status", Message: "cannot be changed: " + e.Detail}}
	return e
}

// allowed checks a change against the table.
func (c LineChange) allowed(from purvey.PublishedState, lines []*purvey.Line) error {
	if from == purvey.PublishedCancelled {
		return refusedMove("what is cancelled cannot be changed any more")
	}
	if c.Status == "" {
		return nil
	}
	legal := map[purvey.PublishedState][]purvey.PublishedState{
		purvey.PublishedPaused:    {purvey.PublishedApproved},
		purvey.PublishedApproved:  {purvey.PublishedPaused},
		purvey.PublishedCancelled: {purvey.PublishedApproved, purvey.PublishedPaused},
	}
	if !known(from, legal[c.Status]) {
		return refusedMove("what is %s cannot become %s", from, c.Status)
	}
	for _, l := range lines {
		if !l.EndsAt.IsZero() && l.Status != purvey.LineCanceled && l.Status != purvey.LineRefunded {
			return refusedMove("it was ended already, and is cancelled by itself on %s", l.EndsAt.Format(time.DateOnly))
		}
	}
	return nil
}

// changeLine changes one line; true when its state moved.
func (s *Service) changeLine(ctx context.Context, tx *store.Tx, o *purvey.Order, l *purvey.Line, c LineChange) (bool, error) {
	if l.Status == purvey.LineCanceled || l.Status == purvey.LineRefunded {
		return false, nil
	}
	if c.ExpiresAt != nil {
		l.ExpiresAt = *c.ExpiresAt
	}
	before := l.Status
	switch c.Status {
	case purvey.PublishedPaused:
		if l.Status.CanMove(purvey.LinePaused) {
			l.Status = purvey.LinePaused
		}
	case purvey.PublishedApproved:
		if l.Status == purvey.LinePaused {
			l.Status, l.CancelReason = purvey.LineProcessing, ""
			if !l.DeliveredAt.IsZero() {
				l.Status = purvey.LineActive
			}
		}
	case purvey.PublishedCancelled:
		if err := s.move(ctx, tx, l, purvey.LineCanceled, ""); err != nil {
			return false, err
		}
	}
	return l.Status != before, tx.UpdateLine(ctx, l)
}

// linesChanged writes the order after its lines were changed: one that was
// never paid and has no line left is voided, and what may go on goes on.
func (s *Service) linesChanged(ctx context.Context, tx *store.Tx, o *purvey.Order) error {
	if o.Published() == purvey.PublishedCancelled && !o.Financial.WasPaid() && o.Financial != purvey.FinancialExpired {
		o.Financial = purvey.Voided
	}
	if err := tx.UpdateOrder(ctx, o); err != nil {
		return err
	}
	if err := s.emit(ctx, tx, o, purvey.EventAccessChanged); err != nil {
		return err
	}
	return s.releaseIn(ctx, tx, o, true)
}

// Ending ends an order's lines, now or later.
type Ending struct {
	At     time.Time      // when; zero: at once, a subscription when its period is over
	Zone   *time.Location // in which a period is counted
	Reason string
}

// End cancels the lines of an order: at once, or at a set time, until which
// they stay as they are and are not renewed. Each line has its own time, and
// what was never paid ends at once. Conflict (ReasonTransition) when nothing
// is left to end, or everything ends as early already. Serves PUB-28 to
// PUB-31.
func (s *Service) End(ctx context.Context, scope purvey.Scope, id string, e Ending) (purvey.Order, error) {
	return s.changeAs(ctx, scope, id, actionEnded, func(tx *store.Tx, o *purvey.Order) error {
		if o.Published() == purvey.PublishedCancelled {
			return refusedMove("what is cancelled cannot be changed any more")
		}
		products, err := productsOf(ctx, tx, o)
		if err != nil {
			return err
		}
		changed := false
		for i := range o.Lines {
			l := &o.Lines[i]
			if !l.Status.CanMove(purvey.LineCanceled) {
				continue
			}
			at := e.timeOf(o, l, products[l.ProductID], tx.Now())
			if !l.EndsAt.IsZero() && !at.IsZero() && !at.Before(l.EndsAt) {
				continue
			}
			changed = true
			if err := s.endLine(ctx, tx, l, at, e.Reason); err != nil {
				return err
			}
		}
		if !changed {
			return refusedMove("it was ended already")
		}
		return s.linesChanged(ctx, tx, o)
	})
}

// timeOf says when a line ends; zero is at once.
func (e Ending) timeOf(o *purvey.Order, l *purvey.Line, p purvey.Product, now time.Time) time.Time {
	at := e.At
	if at.IsZero() && p.Kind == purvey.KindSubscription {
		approved := o.PaidAt
		if approved.IsZero() {
			approved = o.CreatedAt
		}
		at = periodEnd(approved.In(e.Zone), max(p.PeriodMonths, 1), now)
		// What was paid for, or a date of the line's own that comes earlier.
		if !l.ExpiresAt.IsZero() && (l.PublishedPrice().Period || l.ExpiresAt.Before(at)) {
			at = l.ExpiresAt
		}
	}
	if l.Status == purvey.LineUnpaid || !at.After(now) {
		return time.Time{}
	}
	return at
}

// periodEnd is when the period that runs now is over: whole spans of months
// after the beginning, on its day of the month or the month's last.
func periodEnd(begun time.Time, months int, now time.Time) time.Time {
	year, month, day := begun.Date()
	for n := 1; ; n++ {
		first := time.Date(year, month+time.Month(n*months), 1, begun.Hour(), begun.Minute(), begun.Second(), begun.Nanosecond(), begun.Location())
		last := first.AddDate(0, 1, -1).Day()
		if end := first.AddDate(0, 0, min(day, last)-1); end.After(now) {
			return end
		}
	}
}

// endLine cancels a line at once (at is zero) or sees to it that it will be.
func (s *Service) endLine(ctx context.Context, tx *store.Tx, l *purvey.Line, at time.Time, reason string) error {
	if at.IsZero() {
		return s.move(ctx, tx, l, purvey.LineCanceled, reason)
	}
	held := l.Status == purvey.LinePaused && isDisputed(l)
	if l.EndsAt, l.CancelReason = at, reason; held {
		l.CancelReason = markDisputed(reason)
	}
	if err := tx.UpdateLine(ctx, l); err != nil {
		return err
	}
	return tx.Enqueue(ctx, purvey.Job{Kind: purvey.JobEndLine, Key: l.ID + " " + at.UTC().Format(time.RFC3339Nano), ScheduledAt: at})
}

// EndLine cancels a line whose time has come. It is the work of JobEndLine,
// and safe to run again.
func (s *Service) EndLine(ctx context.Context, j purvey.Job) error {
	lineID, _, _ := strings.Cut(j.Key, " ")
	r, err := s.db.Right(ctx, lineID)
	if errors.Is(err, purvey.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.db.Tx(store.Later(ctx), func(tx *store.Tx) error {
		o, err := tx.LockOrder(ctx, scopeOf(&r.Order), r.Order.ID)
		if err != nil {
			return err
		}
		before := auditFields(&o)
		l, ok := o.Line(lineID)
		if !ok || l.EndsAt.IsZero() || tx.Now().Before(l.EndsAt) || !l.Status.CanMove(purvey.LineCanceled) {
			return nil
		}
		if err := s.move(ctx, tx, l, purvey.LineCanceled, l.CancelReason); err != nil {
			return err
		}
		if err := s.linesChanged(ctx, tx, &o); err != nil {
			return err
		}
		return audit(ctx, tx, actionEnded, before, &o)
	})
}
