package order

import (
	"context"
	"encoding/json"
	"errors"

	"purvey"
	"purvey/internal/store"
)

// How often a line is tried before it fails. The waits grow: what is missing
// has some twenty seconds to turn up, what does not answer over an hour.
// The job itself may run more often, so that a process that dies during the
// last try leaves the line to another one.
const (
	triesMissing = 3
	triesInAll   = 8
)

// Fulfil makes a processing line ready: its files are there and, where that
// is wanted, personalised; then the line takes its licence keys and becomes
// active, unless something else still holds it. It is the work of JobFulfil.
// An error means "try again"; when that has been done often enough the line
// fails instead, with words for the customer in its notes. A line that was
// canceled meanwhile stays canceled. Safe to run again. Serves HL-30, HL-33.
func (s *Service) Fulfil(ctx context.Context, j purvey.Job) error {
	r, err := s.db.Right(ctx, j.Key)
	if errors.Is(err, purvey.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	// A held order enqueues this job again when it is let go.
	if r.Line.Status != purvey.LineProcessing || !r.Order.Releasable() {
		return nil
	}
	err = s.makeReady(ctx, r)
	switch {
	case err == nil:
		return s.fulfilled(ctx, scopeOf(&r.Order), r.Order.ID, j.Key)
	case errors.Is(ctx.Err(), context.Canceled): // the server stops; nothing is wrong with the line
		return err
	case j.Attempt >= triesInAll, j.Attempt >= triesMissing && isMissing(err):
		return s.failed(context.WithoutCancel(ctx), scopeOf(&r.Order), r.Order.ID, j.Key, failureOf(err))
	}
	return err
}

func (s *Service) makeReady(ctx context.Context, r purvey.Right) error {
	for _, f := range r.Goods() {
		if !f.Uploaded {
			return purvey.Missing("file")
		}
		if s.ready != nil {
			if err := s.ready(ctx, f.Digest); err != nil {
				return err
			}
		}
		if s.prepare != nil {
			if err := s.prepare(ctx, r, f); err != nil {
				return err
			}
		}
	}
	return nil
}

func isMissing(err error) bool {
	return errors.Is(err, purvey.NotFound) || purvey.ReasonOf(err) == purvey.ReasonStampImpossible
}

// failureOf says to a customer why a line failed.
func failureOf(err error) string {
	switch {
	case purvey.ReasonOf(err) == purvey.ReasonStampImpossible:
		return "The file could not be personalised."
	case errors.Is(err, purvey.NotFound):
		return "A file of this product is missing."
	default:
		return "The files could not be made ready."
	}
}

// fulfilled moves a line on if nothing but the job held it.
func (s *Service) fulfilled(ctx context.Context, scope purvey.Scope, orderID, lineID string) error {
	return s.onLine(ctx, scope, orderID, lineID, func(tx *store.Tx, o *purvey.Order, l *purvey.Line) error {
		products, err := productsOf(ctx, tx, o)
		if err != nil {
			return err
		}
		before := *l
		r := release{s: s, tx: tx, order: o, products: products}
		active, err := r.settle(ctx, l, false)
		if err != nil {
			return err
		}
		if changed(before, *l) {
			if err := tx.UpdateLine(ctx, l); err != nil {
				return err
			}
		}
		if !active {
			return nil
		}
		return s.sendDelivery(ctx, tx, o, products)
	})
}

// failed gives a line up.
func (s *Service) failed(ctx context.Context, scope purvey.Scope, orderID, lineID, message string) error {
	return s.onLine(ctx, scope, orderID, lineID, func(tx *store.Tx, o *purvey.Order, l *purvey.Line) error {
		before := auditFields(o)
		extra := map[string]json.RawMessage{} // what else is there stays as it is
		if len(l.Extra) > 0 {
			if err := json.Unmarshal(l.Extra, &extra); err != nil {
				return err
			}
		}
		reason, err := json.Marshal(message)
		if err != nil {
			return err
		}
		extra["failure"] = reason
		b, err := json.Marshal(extra)
		if err != nil {
			return err
		}
		l.Status, l.Extra = purvey.LineFailed, b
		if err := tx.UpdateLine(ctx, l); err != nil {
			return err
		}
		return audit(ctx, tx, actionFailed, before, o)
	})
}

// onLine runs fn on a line of a locked order if it is still processing.
func (s *Service) onLine(ctx context.Context, scope purvey.Scope, orderID, lineID string, fn func(tx *store.Tx, o *purvey.Order, l *purvey.Line) error) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		o, err := tx.LockOrder(ctx, scope, orderID)
		if err != nil {
			return err
		}
		l, ok := o.Line(lineID)
		if !ok || l.Status != purvey.LineProcessing {
			return nil
		}
		return fn(tx, &o, l)
	})
}
