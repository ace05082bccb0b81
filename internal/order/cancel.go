package order

import (
	"context"

	"purvey"
	"purvey/internal/store"
)

// CancelLine ends a line at the caller's word, whatever its state: access is
// gone and never comes back. A line that has ended already stays as it is,
// without an error. With an ensemble's line go those of its parts. An order
// that was never paid and has no other line left is voided. Serves HL-27 to
// HL-30.
func (s *Service) CancelLine(ctx context.Context, scope purvey.Scope, orderID, lineID, reason string) (purvey.Order, error) {
	return s.changeAs(ctx, scope, orderID, actionCanceled, func(tx *store.Tx, o *purvey.Order) error {
		l, ok := o.Line(lineID)
		if !ok {
			return purvey.Missing("order line")
		}
		return s.cancel(ctx, tx, o, l, reason)
	})
}

func (s *Service) cancel(ctx context.Context, tx *store.Tx, o *purvey.Order, l *purvey.Line, reason string) error {
	before := canceledLines(o)
	if err := s.cancelQuietly(ctx, tx, o, l, reason); err != nil || canceledLines(o) == before {
		return err
	}
	return s.afterCancel(ctx, tx, o)
}

// cancelQuietly ends a line and those of its parts.
func (s *Service) cancelQuietly(ctx context.Context, tx *store.Tx, o *purvey.Order, l *purvey.Line, reason string) error {
	for i := range o.Lines {
		each := &o.Lines[i]
		if each.ID == l.ID || each.Notes().PartOf == l.Number {
			if err := s.move(ctx, tx, each, purvey.LineCanceled, reason); err != nil {
				return err
			}
		}
	}
	return nil
}

// afterCancel voids an order that was never paid and has no line left, and
// tells of what has changed.
func (s *Service) afterCancel(ctx context.Context, tx *store.Tx, o *purvey.Order) error {
	if canceledLines(o) == len(o.Lines) && !o.Financial.WasPaid() && o.Financial != purvey.FinancialExpired {
		o.Financial = purvey.Voided
		if err := tx.UpdateOrder(ctx, o); err != nil {
			return err
		}
	}
	return s.emit(ctx, tx, o, purvey.EventAccessChanged)
}

func canceledLines(o *purvey.Order) int {
	n := 0
	for _, l := range o.Lines {
		if l.Status == purvey.LineCanceled {
			n++
		}
	}
	return n
}
