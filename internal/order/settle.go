package order

import (
	"context"
	"fmt"
	"slices"

	"purvey"
	"purvey/internal/license"
	"purvey/internal/store"
)

// Patch is what may be changed of an order; nil leaves a field as it is.
type Patch struct {
	Financial *purvey.FinancialStatus
	Risk      *purvey.Risk // "" takes the estimate away
}

// Patch changes an order's payment or risk. A move to PAID, or a lifted hold,
// releases the goods; whether a high risk holds them is the shop's policy at that
// moment; REFUNDED refunds every unit by the shop's policy; VOIDED
// and EXPIRED cancel what was never paid. Moves that make no sense are a
// Conflict.
func (s *Service) Patch(ctx context.Context, scope purvey.Scope, id string, p Patch) (purvey.Order, error) {
	var c purvey.Checker
	c.Require(p.Financial == nil || known(*p.Financial, purvey.FinancialStatuses()), "financial_status", "is not a known status")
	c.Require(p.Risk == nil || *p.Risk == "" || known(*p.Risk, []purvey.Risk{purvey.RiskLow, purvey.RiskMedium, purvey.RiskHigh}),
		"risk_level", "must be LOW, MEDIUM, HIGH or null")
	if err := c.Err(); err != nil {
		return purvey.Order{}, err
	}
	return s.changeAs(ctx, scope, id, actionUpdated, func(tx *store.Tx, o *purvey.Order) error {
		if p.Risk != nil && *p.Risk != o.Risk {
			o.Risk = *p.Risk
			if err := weighRisk(ctx, tx, o); err != nil {
				return err
			}
		}
		if p.Financial != nil && *p.Financial != o.Financial {
			return s.pay(ctx, tx, o, *p.Financial)
		}
		if err := tx.UpdateOrder(ctx, o); err != nil {
			return err
		}
		if err := s.releaseIn(ctx, tx, o, true); err != nil {
			return err
		}
		return s.serveOwed(ctx, tx, o)
	})
}

// serveOwed has the lines of an order that was held back from keys, and is not
// any more, served with those who wait.
func (s *Service) serveOwed(ctx context.Context, tx *store.Tx, o *purvey.Order) error {
	products, err := productsOf(ctx, tx, o)
	if err != nil {
		return err
	}
	for _, l := range o.Lines {
		if l.KeysOwed > 0 {
			if err := license.EnqueueWaiting(ctx, tx, scopeOf(o), products[l.ProductID].KeyTag); err != nil {
				return err
			}
		}
	}
	return nil
}

// pay moves an order's payment.
func (s *Service) pay(ctx context.Context, tx *store.Tx, o *purvey.Order, to purvey.FinancialStatus) error {
	from := o.Financial
	ended := from == purvey.Refunded || from == purvey.Voided || from == purvey.FinancialExpired
	backwards := from.WasPaid() && !to.WasPaid()
	// Units that were given back stay given back.
	unrefunded := to == purvey.Paid && slices.ContainsFunc(o.Lines, func(l purvey.Line) bool { return l.RefundedQuantity > 0 })
	if ended || backwards || unrefunded {
		return purvey.Because(purvey.Conflict, purvey.ReasonTransition, "an order that is %s cannot become %s", from, to)
	}
	switch to {
	case purvey.Refunded:
		if !from.WasPaid() {
			return purvey.Because(purvey.Conflict, purvey.ReasonTransition, "an order that was never paid cannot be refunded")
		}
		var all []RefundLine
		for _, l := range o.Lines {
			if n := l.Quantity - l.RefundedQuantity; n > 0 {
				all = append(all, RefundLine{LineID: l.ID, Quantity: n})
			}
		}
		return s.refund(ctx, tx, o, all)
	case purvey.Voided, purvey.FinancialExpired:
		o.Financial = to
		for i := range o.Lines {
			if err := s.move(ctx, tx, &o.Lines[i], purvey.LineCanceled, ""); err != nil {
				return err
			}
		}
		return tx.UpdateOrder(ctx, o)
	}
	first := !from.WasPaid() && to.WasPaid()
	o.Financial = to
	if first {
		o.PaidAt = tx.Now()
		if err := weighRisk(ctx, tx, o); err != nil {
			return err
		}
		if o.Type == purvey.TypeSale {
			if err := s.beginPeriods(ctx, tx, o); err != nil {
				return err
			}
		}
	}
	if err := tx.UpdateOrder(ctx, o); err != nil {
		return err
	}
	if first && !o.Imported {
		if err := s.emit(ctx, tx, o, purvey.EventOrderPurchased); err != nil {
			return err
		}
	}
	return s.releaseIn(ctx, tx, o, true)
}

// move puts a line into a state if the table of legal moves has it; a line
// that cannot move is left alone.
func (s *Service) move(ctx context.Context, tx *store.Tx, l *purvey.Line, to purvey.LineStatus, reason string) error {
	if !l.Status.CanMove(to) {
		return nil
	}
	l.Status = to
	if reason != "" {
		l.CancelReason = reason
	}
	if to == purvey.LineCanceled {
		l.KeysOwed = 0
	}
	return tx.UpdateLine(ctx, l)
}

// RefundLine gives units of a line back.
type RefundLine struct {
	LineID   string
	Quantity int
}

// Refund gives units back: rights follow units by the shop's policy. More
// than was bought and not yet refunded is Invalid, and nothing is changed.
func (s *Service) Refund(ctx context.Context, scope purvey.Scope, id string, lines []RefundLine) (purvey.Order, error) {
	if len(lines) == 0 {
		return purvey.Order{}, purvey.BadField("lines", "must hold at least one line")
	}
	return s.changeAs(ctx, scope, id, actionRefunded, func(tx *store.Tx, o *purvey.Order) error {
		if !o.Financial.WasPaid() {
			return purvey.Because(purvey.Conflict, purvey.ReasonTransition, "an order that was never paid cannot be refunded")
		}
		return s.refund(ctx, tx, o, lines)
	})
}

func (s *Service) refund(ctx context.Context, tx *store.Tx, o *purvey.Order, lines []RefundLine) error {
	shop, err := tx.ShopOf(ctx, o.ShopID)
	if err != nil {
		return err
	}
	keep := shop.Settings.Policies.Refund == "keep"
	burn := shop.Settings.Policies.RefundedKeys != "return"
	if !keep && !burn {
		if err := license.LockPools(ctx, tx, scopeOf(o), tagsOf(o)); err != nil {
			return err
		}
	}
	for i, r := range lines {
		l, ok := o.Line(r.LineID)
		if !ok {
			e := purvey.Missing("order line")
			e.Fields = []purvey.Field{{Name: fmt.Sprintf("lines.%d.line_id", i), Message: "is not a line of this order"}}
			return e
		}
		if r.Quantity < 1 || r.Quantity > l.Quantity-l.RefundedQuantity {
			return purvey.BadField(fmt.Sprintf("lines.%d.quantity", i), "must be between 1 and the %d units not yet refunded", l.Quantity-l.RefundedQuantity)
		}
		l.RefundedQuantity += r.Quantity
		if !keep {
			if err := license.Drop(ctx, tx, o, l, burn); err != nil {
				return err
			}
			if l.Units() == 0 && l.Status.CanMove(purvey.LineRefunded) {
				l.Status = purvey.LineRefunded
			}
		}
		if err := tx.UpdateLine(ctx, l); err != nil {
			return err
		}
	}
	o.Financial = purvey.Refunded
	for _, l := range o.Lines {
		if l.Units() > 0 {
			o.Financial = purvey.PartiallyRefunded
		}
	}
	if err := tx.UpdateOrder(ctx, o); err != nil {
		return err
	}
	return s.emit(ctx, tx, o, purvey.EventOrderRefunded)
}

// tagsOf lists the tags of the keys that an order holds.
func tagsOf(o *purvey.Order) []string {
	var tags []string
	for _, l := range o.Lines {
		for _, k := range l.Keys {
			tags = append(tags, k.Tag)
		}
	}
	return tags
}
