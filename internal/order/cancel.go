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
	return s.change(ctx, scope, orderID, func(tx *store.Tx, o *purvey.Order) error {
		l, ok := o.Line(lineID)
		if !ok {
			return purvey.Missing("order line")
		}
		return s.cancel(ctx, tx, o, l, reason)
	})
}

func (s *Service) cancel(ctx context.Context, tx *store.Tx, o *purvey.Order, l *purvey.Line, reason string) error {
	moved, left := false, false
	for i := range o.Lines {
		each := &o.Lines[i]
		if each.ID == l.ID || each.Notes().PartOf == l.Number {
			before := each.Status
			if err := s.move(ctx, tx, each, purvey.LineCanceled, reason); err != nil {
				return err
			}
			moved = moved || each.Status != before
		}
		left = left || each.Status != purvey.LineCanceled
	}
	if !moved {
		return nil
	}
	if !left && !o.Financial.WasPaid() && o.Financial != purvey.FinancialExpired {
		o.Financial = purvey.Voided
		if err := tx.UpdateOrder(ctx, o); err != nil {
			return err
		}
	}
	return s.emit(ctx, tx, o, purvey.EventAccessChanged)
}
