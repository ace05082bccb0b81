package order

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"purvey"
	"purvey/internal/store"
)

// RenewalMonths tells how long the periods are that an unpaid order may be
// renewed by; 0 when it is paid once and no more. An order is renewed as a
// whole: a sale at a price, all of whose products are subscriptions of the
// same period, and none of which ends at a date of its own.
func (s *Service) RenewalMonths(ctx context.Context, o purvey.Order) (int, error) {
	if o.Type != purvey.TypeSale || o.TotalCents == 0 || len(o.Lines) == 0 {
		return 0, nil
	}
	ids := make([]string, len(o.Lines))
	for i, l := range o.Lines {
		ids[i] = l.ProductID
	}
	products, err := s.db.ProductsByID(ctx, o.ShopID, ids)
	if err != nil {
		return 0, err
	}
	months := periodOf(products[ids[0]])
	for _, l := range o.Lines {
		if !l.ExpiresAt.IsZero() || periodOf(products[l.ProductID]) != months {
			return 0, nil
		}
	}
	return months, nil
}

// periodOf is how many months a product is sold for, 0 for ever.
func periodOf(p purvey.Product) int {
	if p.Kind != purvey.KindSubscription {
		return 0
	}
	return p.PeriodMonths
}

// beginPeriods gives the lines of a sale that has just been paid the end of
// the period that was paid for, unless they have a date of their own.
func (s *Service) beginPeriods(ctx context.Context, tx *store.Tx, o *purvey.Order) error {
	products, err := productsOf(ctx, tx, o)
	if err != nil {
		return err
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		months := periodOf(products[l.ProductID])
		if months == 0 || !l.ExpiresAt.IsZero() || !l.Status.CanMove(purvey.LineCanceled) {
			continue
		}
		zone, err := zoneOf(ctx, tx, o.ShopID)
		if err != nil {
			return err
		}
		l.ExpiresAt = purvey.PeriodFrom(o.PaidAt, months, zone).End(time.Time{}, o.PaidAt, zone)
		price := l.PublishedPrice()
		price.Period = true
		if l.Extra, err = json.Marshal(price); err != nil {
			return err
		}
		if err := tx.UpdateLine(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// zoneOf is where a shop's days begin.
func zoneOf(ctx context.Context, tx *store.Tx, shopID string) (*time.Location, error) {
	shop, err := tx.ShopOf(ctx, shopID)
	if err != nil {
		return nil, err
	}
	if zone, err := time.LoadLocation(shop.Settings.Shop.Timezone); err == nil {
		return zone, nil
	}
	return time.UTC, nil // a zone that was known when it was set
}

// Renewable tells what an order allows its gateway: to go on, to wait while
// all that is left of it is paused, or, once a part of it has ended, will end
// or was given back, to take nothing any more.
func Renewable(o *purvey.Order) purvey.SubscriptionState {
	if !o.Financial.WasPaid() || len(o.Lines) == 0 {
		return purvey.SubscriptionEnded
	}
	for _, l := range o.Lines {
		if l.Status == purvey.LineCanceled || l.Status == purvey.LineRefunded || l.RefundedQuantity > 0 || !l.EndsAt.IsZero() {
			return purvey.SubscriptionEnded
		}
	}
	if o.Published() == purvey.PublishedPaused {
		return purvey.SubscriptionPaused
	}
	return purvey.SubscriptionRunning
}

// Extension moves the end of what an order was paid for.
type Extension struct {
	Period   purvey.Period
	Was      time.Time        // the end that was known before
	Until    time.Time        // and the one that is now
	Payments []purvey.Payment // that it is moved by, in their order
}

// Extend gives the lines of a locked order the end that further payments have
// bought, and tells of each payment. A line whose date was set by hand goes on
// from there; one that never ends stays so.
func (s *Service) Extend(ctx context.Context, tx *store.Tx, o *purvey.Order, e Extension) error {
	zone, err := zoneOf(ctx, tx, o.ShopID)
	if err != nil {
		return err
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		switch {
		case l.ExpiresAt.IsZero() || !l.Status.CanMove(purvey.LineCanceled):
			continue
		case l.ExpiresAt.Equal(e.Was):
			l.ExpiresAt = e.Until
		default:
			for _, p := range e.Payments {
				l.ExpiresAt = e.Period.End(l.ExpiresAt, p.DueAt, zone)
			}
		}
		if err := tx.UpdateLine(ctx, l); err != nil {
			return err
		}
	}
	if err := tx.UpdateOrder(ctx, o); err != nil {
		return err
	}
	for i := range e.Payments {
		data := purvey.EventData{Order: o, Payment: &e.Payments[i]}
		if err := tx.Emit(ctx, scopeOf(o), purvey.EventOrderRenewed, o.ID, data); err != nil {
			return err
		}
	}
	return nil
}

// Dispute closes an order to its customer while they dispute its payment
// (open), and opens it again when the dispute was won. Lines that a person
// paused stay paused. Safe to run again.
func (s *Service) Dispute(ctx context.Context, scope purvey.Scope, id string, open bool) (purvey.Order, error) {
	return s.changeAs(ctx, scope, id, actionDisputed, func(tx *store.Tx, o *purvey.Order) error {
		held := map[string]bool{}
		for _, l := range o.Lines {
			held[l.ID] = open
		}
		return s.hold(ctx, tx, o, held)
	})
}

// hold pauses the lines that are in dispute, and lets those go on that are in
// dispute no more.
func (s *Service) hold(ctx context.Context, tx *store.Tx, o *purvey.Order, held map[string]bool) error {
	moved := false
	for i := range o.Lines {
		l := &o.Lines[i]
		was := l.Status
		switch {
		case held[l.ID] && l.Status != purvey.LinePaused && l.Status.CanMove(purvey.LinePaused):
			l.Status, l.CancelReason = purvey.LinePaused, markDisputed(l.CancelReason)
		case !held[l.ID] && l.Status == purvey.LinePaused && isDisputed(l):
			l.Status, l.CancelReason = purvey.LineProcessing, withoutDispute(l.CancelReason)
			if !l.DeliveredAt.IsZero() {
				l.Status = purvey.LineActive
			}
		}
		if l.Status == was {
			continue
		}
		moved = true
		if err := tx.UpdateLine(ctx, l); err != nil {
			return err
		}
	}
	if !moved {
		return nil
	}
	if err := s.emit(ctx, tx, o, purvey.EventAccessChanged); err != nil {
		return err
	}
	return s.releaseIn(ctx, tx, o, true)
}

// ReasonDisputed is what the reason of a line begins with that is paused for a
// dispute.
const ReasonDisputed = disputed

// A line that is paused for a dispute says so before the reason of its ending,
// if it has one.
const beforeReason = disputed + "; "

func isDisputed(l *purvey.Line) bool {
	return l.CancelReason == disputed || strings.HasPrefix(l.CancelReason, beforeReason)
}

func markDisputed(reason string) string {
	if reason == "" {
		return disputed
	}
	return beforeReason + reason
}

func withoutDispute(reason string) string {
	return strings.TrimPrefix(strings.TrimPrefix(reason, beforeReason), disputed)
}
