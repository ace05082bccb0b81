package checkout

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"purvey"
	"purvey/internal/order"
	"purvey/internal/store"
)

// monthsFor tells after how many months the gateway of a sale is to take its
// price again; 0 for never.
func (s *Service) monthsFor(ctx context.Context, x Sale) (int, error) {
	months, err := s.orders.RenewalMonths(ctx, x.Order)
	if err != nil || months == 0 {
		return 0, err
	}
	g, err := s.gateway(ctx, x.Shop, x.Shop.Settings.Gateways.Live)
	if err != nil || !g.renews(x.Order, months) {
		return 0, err
	}
	return months, nil
}

// subscribe notes that an order which has just been paid will be again.
func (s *Service) subscribe(ctx context.Context, tx *store.Tx, o purvey.Order, sub purvey.Subscription) error {
	shop, err := tx.ShopOf(ctx, o.ShopID)
	if err != nil {
		return err
	}
	zone := zoneOf(shop)
	sub.OrderID, sub.ShopID, sub.Mode, sub.State = o.ID, o.ShopID, o.Mode, purvey.SubscriptionRunning
	sub.Period = purvey.PeriodFrom(o.PaidAt, sub.Period.Months, zone)
	sub.FirstEnd = sub.Period.End(time.Time{}, o.PaidAt, zone)
	sub.PeriodEnd, sub.LookedAt = sub.FirstEnd, tx.Now()
	sub.LookAt = nextLook(sub, tx.Now())
	return tx.InsertSubscription(ctx, &sub)
}

// zoneOf is where a shop's days begin.
func zoneOf(shop purvey.Shop) *time.Location {
	zone, err := time.LoadLocation(shop.Settings.Shop.Timezone)
	if err != nil {
		return time.UTC // a zone that was known when it was set
	}
	return zone
}

// nextLook is when a gateway is asked although nothing told of a renewal: on
// the last day that was paid for, every hour around it, and then every day.
func nextLook(sub purvey.Subscription, now time.Time) time.Time {
	const day = 24 * time.Hour
	switch due := sub.PeriodEnd.Add(-day); {
	case due.After(now):
		return due
	case now.Before(due.Add(4 * day)):
		return now.Add(time.Hour)
	default:
		return now.Add(day)
	}
}

// look asks a gateway what it has taken for further periods of an order, and
// has it wait or end where the order does. Orders without a subscription are
// passed over. Safe to run again.
func (s *Service) look(ctx context.Context, x Sale) error {
	sub, err := s.db.Subscription(ctx, x.Order.ID)
	if errors.Is(err, purvey.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	began, over := s.db.Now(), false
	var g gateway
	if sub.Gateway != builtIn {
		if g, err = s.gateway(ctx, x.Shop, sub.Gateway); err != nil {
			return err
		}
		var list []charge
		if list, over, err = g.charges(ctx, x.Order, sub); err != nil {
			return err
		}
		if _, err = s.take(ctx, x, list); err != nil {
			return err
		}
	}
	scope := purvey.Scope{ShopID: x.Order.ShopID, Mode: x.Order.Mode}
	o, err := s.db.Order(ctx, scope, x.Order.ID)
	if err != nil {
		return err
	}
	want := order.Renewable(&o)
	if over || sub.State == purvey.SubscriptionEnded {
		want = purvey.SubscriptionEnded
	}
	if g != nil && want != sub.State && !over {
		if err := g.steer(ctx, sub.Reference, want); err != nil {
			return err
		}
	}
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		if _, err := tx.LockOrder(ctx, scope, o.ID); err != nil {
			return err
		}
		now, err := tx.Subscription(ctx, o.ID)
		if err != nil || now.State == purvey.SubscriptionEnded {
			return err
		}
		now.State, now.LookedAt, now.LookAt = want, began, nextLook(now, tx.Now())
		return tx.UpdateSubscription(ctx, &now)
	})
}

// take brings what a gateway took for further periods into the order: one
// payment for each, however often and in whatever order it is told, and the
// end that all of them together have bought. What is taken for an order that
// is renewed no more is noted, for a refund by hand, and moves nothing.
func (s *Service) take(ctx context.Context, x Sale, list []charge) (purvey.Order, error) {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b charge) int { return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.reference, b.reference)) })
	var out purvey.Order
	var strays []purvey.Payment
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		strays = nil
		o, err := tx.LockOrder(ctx, purvey.Scope{ShopID: x.Order.ShopID, Mode: x.Order.Mode}, x.Order.ID)
		if err != nil {
			return err
		}
		out = o
		known, err := tx.PaymentsOfOrder(ctx, o.ID)
		if err != nil {
			return err
		}
		var fresh []purvey.Payment
		for _, c := range list {
			p, changed, err := s.noteCharge(ctx, tx, &o, &known, c)
			switch {
			case err != nil:
				return err
			case changed && p.State == purvey.PaymentPaid:
				fresh = append(fresh, p)
			case changed && p.State == purvey.PaymentStray:
				strays = append(strays, p)
			}
		}
		if len(fresh) == 0 {
			return nil
		}
		if err := s.extend(ctx, tx, &o, known, fresh); err != nil {
			return err
		}
		out = o
		return nil
	})
	for _, p := range strays {
		if err == nil {
			s.o.Log.ErrorContext(ctx, "a renewal was taken that its order did not wait for: refund it at the gateway",
				"order", x.Order.Name, "gateway", p.Gateway, "reference", p.Reference)
		}
	}
	return out, err
}

// noteCharge writes one charge, unless it is known; known gets it too.
func (s *Service) noteCharge(ctx context.Context, tx *store.Tx, o *purvey.Order, known *[]purvey.Payment, c charge) (p purvey.Payment, changed bool, err error) {
	state := c.state
	if state == purvey.PaymentPaid && (order.Renewable(o) == purvey.SubscriptionEnded || c.currency != o.Currency || c.cents < o.TotalCents) {
		state = purvey.PaymentStray
	}
	i := slices.IndexFunc(*known, func(p purvey.Payment) bool { return p.Kind == purvey.PaymentRenewal && p.Reference == c.reference })
	if i >= 0 {
		p = (*known)[i]
		if p.State == state || p.State == purvey.PaymentPaid || p.State == purvey.PaymentStray {
			return p, false, nil
		}
		p.State, p.AmountCents, p.DueAt, p.PaidAt = state, c.cents, c.due, c.paid
		(*known)[i] = p
		return p, true, tx.SetRenewal(ctx, &p)
	}
	sub, err := tx.Subscription(ctx, o.ID)
	if err != nil {
		return p, false, err
	}
	p = purvey.Payment{
		ID: tx.NewID(), OrderID: o.ID, ShopID: o.ShopID, Mode: o.Mode, Kind: purvey.PaymentRenewal, Gateway: sub.Gateway, Reference: c.reference,
		State: state, AmountCents: c.cents, DueAt: c.due.UTC(), PaidAt: c.paid.UTC(),
	}
	if c.paid.IsZero() {
		p.PaidAt = time.Time{}
	}
	*known = append(*known, p)
	return p, true, tx.InsertPayment(ctx, &p)
}

// extend moves the end of what an order has paid: it follows from all its
// payments together, so that it is the same in whatever order they came.
func (s *Service) extend(ctx context.Context, tx *store.Tx, o *purvey.Order, known, fresh []purvey.Payment) error {
	shop, err := tx.ShopOf(ctx, o.ShopID)
	if err != nil {
		return err
	}
	sub, err := tx.Subscription(ctx, o.ID)
	if err != nil {
		return err
	}
	zone, was := zoneOf(shop), sub.PeriodEnd
	slices.SortFunc(known, func(a, b purvey.Payment) int {
		return cmp.Or(a.DueAt.Compare(b.DueAt), cmp.Compare(a.Reference, b.Reference))
	})
	sub.PeriodEnd = sub.FirstEnd
	for _, p := range known {
		if p.Kind == purvey.PaymentRenewal && p.State == purvey.PaymentPaid {
			sub.PeriodEnd = sub.Period.End(sub.PeriodEnd, p.DueAt, zone)
		}
	}
	sub.LookAt = nextLook(sub, tx.Now())
	if err := tx.UpdateSubscription(ctx, &sub); err != nil {
		return err
	}
	return s.orders.Extend(ctx, tx, o, order.Extension{Period: sub.Period, Was: was, Until: sub.PeriodEnd, Payments: fresh})
}

// sweepSubscriptions looks at those whose time has come, or whose order was
// changed. What one fails with keeps none of the others waiting.
func (s *Service) sweepSubscriptions(ctx context.Context) error {
	const piece = 100
	var failed error
	for after, now := "", s.db.Now(); ; {
		list, err := s.db.DueSubscriptions(ctx, after, now, piece)
		if err != nil {
			return errors.Join(failed, err)
		}
		for _, sub := range list {
			after = sub.OrderID
			x, err := s.sale(ctx, sub.OrderID)
			if err == nil {
				err = s.look(ctx, x)
			} else if purvey.ReasonOf(err) == purvey.ReasonShopDisabled {
				err = nil // it waits with its shop
			}
			failed = errors.Join(failed, err)
		}
		if len(list) < piece {
			return failed
		}
	}
}

// endStray ends the subscription of a payment that came for an order which did
// not wait for it; until that is done the payment is asked for again.
func (s *Service) endStray(ctx context.Context, x Sale, is standing, p *purvey.Payment) error {
	if is.subscription == "" {
		return nil
	}
	g, err := s.gateway(ctx, x.Shop, p.Gateway)
	if err == nil {
		err = g.steer(ctx, is.subscription, purvey.SubscriptionEnded)
	}
	if err != nil {
		return errors.Join(err, s.note(context.WithoutCancel(ctx), p, purvey.PaymentPending))
	}
	return nil
}

// Renew is the built-in gateway's renewal of a sandbox order: it takes the
// order's price for one further period, or fails to, as the outcome says
// (PaymentPaid, PaymentDeclined), and does what the event of a real gateway
// does. Conflict for an order that is not renewed, or not now.
func (s *Service) Renew(ctx context.Context, scope purvey.Scope, id string, outcome purvey.PaymentState) (purvey.Order, error) {
	var out purvey.Order
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		o, err := tx.LockOrder(ctx, scope, id)
		if err != nil {
			return err
		}
		if o.Mode != purvey.Sandbox {
			return refusedRenewal("a live order is renewed by its gateway alone")
		}
		sub, err := tx.Subscription(ctx, id)
		switch state := order.Renewable(&o); {
		case errors.Is(err, purvey.NotFound):
			return refusedRenewal("the order is not one that is renewed: a paid sale of subscriptions alone, all of one period, is")
		case err != nil:
			return err
		case state == purvey.SubscriptionEnded || sub.State == purvey.SubscriptionEnded:
			return refusedRenewal("the order is renewed no more")
		case state == purvey.SubscriptionPaused:
			return refusedRenewal("the order is paused")
		}
		due, err := s.nextDue(ctx, tx, sub)
		if err != nil {
			return err
		}
		c := charge{reference: "renewal-" + tx.NewID(), state: outcome, cents: o.TotalCents, currency: o.Currency, due: due}
		if outcome == purvey.PaymentPaid {
			c.paid = tx.Now()
		}
		if out, err = s.take(tx.With(ctx), Sale{Order: o}, []charge{c}); err != nil {
			return err
		}
		out, err = tx.Order(ctx, scope, id)
		return err
	})
	return out, err
}

// nextDue is when the next period of a sandbox order begins: where the last one
// ended, or now when a whole one has gone by since.
func (s *Service) nextDue(ctx context.Context, tx *store.Tx, sub purvey.Subscription) (time.Time, error) {
	shop, err := tx.ShopOf(ctx, sub.ShopID)
	last := sub.PeriodEnd.Add(-time.Microsecond)
	if sub.Period.End(sub.PeriodEnd, last, zoneOf(shop)).After(tx.Now()) {
		return last, err
	}
	return tx.Now(), err
}

func refusedRenewal(why string) error {
	return purvey.Because(purvey.Conflict, purvey.ReasonTransition, "%s", why)
}

// Payments lists the payments of an order at gateways, oldest first.
func (s *Service) Payments(ctx context.Context, scope purvey.Scope, id string) (purvey.Order, []purvey.Payment, error) {
	o, err := s.db.Order(ctx, scope, id)
	if err != nil {
		return o, nil, err
	}
	payments, err := s.db.PaymentsOfOrder(ctx, id)
	return o, payments, err
}
