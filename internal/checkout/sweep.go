package checkout

import (
	"context"
	"errors"
	"time"

	"purvey"
	"purvey/internal/order"
	"purvey/internal/store"
)

// Sweep asks the gateways for every sale that waits, and ends those that were
// not paid in the time that their shop's setting gives. It asks for renewals
// that no event told of, and for money that was given back or is disputed, and
// tells the gateways which orders are paused or at their end. What one sale
// fails with keeps none of the others waiting. Safe to run again. Serves PUB-36.
func (s *Service) Sweep(ctx context.Context) error {
	const piece = 100
	var failed error
	for after := ""; ; {
		orders, err := s.db.UnpaidSales(ctx, after, piece)
		if err != nil {
			return err
		}
		for _, o := range orders {
			if err := s.sweepSale(ctx, o.ID); err != nil {
				failed = errors.Join(failed, err)
			}
			after = o.ID
		}
		if len(orders) < piece {
			break
		}
	}
	failed = errors.Join(failed, s.sweepLeft(ctx), s.sweepAftermath(ctx), s.sweepSubscriptions(ctx))
	return errors.Join(failed, s.db.Tx(store.Later(ctx), func(tx *store.Tx) error { return tx.DeleteSpentTokens(ctx, tx.Now()) }))
}

// sweepLeft ends the sessions of orders that were ended, or paid in another
// session, before anybody pays in them.
func (s *Service) sweepLeft(ctx context.Context) error {
	const piece = 100
	var failed error
	for after := ""; ; {
		payments, err := s.db.LeftPayments(ctx, after, piece)
		if err != nil {
			return errors.Join(failed, err)
		}
		for i := range payments {
			p := &payments[i]
			after = p.ID
			x, err := s.sale(ctx, p.OrderID)
			if err != nil {
				continue // the shop is closed
			}
			is, err := s.ask(ctx, x, *p, true)
			if err == nil && is.state == purvey.PaymentDeclined {
				err = s.note(ctx, p, is.state)
			} else if err == nil {
				err = s.settle(ctx, &x, is, p)
			}
			failed = errors.Join(failed, err)
		}
		if len(payments) < piece {
			return failed
		}
	}
}

func (s *Service) sweepSale(ctx context.Context, id string) error {
	x, err := s.sale(ctx, id)
	if err != nil {
		if purvey.ReasonOf(err) == purvey.ReasonShopDisabled {
			return nil // it waits with its shop
		}
		return err
	}
	age := time.Duration(x.Shop.Settings.Lifetimes.PendingSale) * time.Second
	old := !s.db.Now().Before(x.Order.CreatedAt.Add(age))
	if x, err = s.Settle(ctx, x, false); err != nil || !x.Pending() || !old {
		return err
	}
	payments, err := s.db.PaymentsOfOrder(ctx, id)
	if err != nil {
		return err
	}
	for i := range payments {
		p := &payments[i]
		switch {
		case p.Reference == "":
		case p.State == purvey.PaymentPending:
			return nil // the money is on its way
		case p.State == purvey.PaymentOpen:
			is, err := s.ask(ctx, x, *p, true)
			if err != nil {
				return err
			}
			if is.state != purvey.PaymentDeclined {
				return s.settle(ctx, &x, is, p)
			}
			if err := s.note(ctx, p, is.state); err != nil {
				return err
			}
		}
	}
	expired := purvey.FinancialExpired
	_, err = s.orders.Patch(ctx, purvey.Scope{ShopID: x.Order.ShopID, Mode: x.Order.Mode}, id, order.Patch{Financial: &expired})
	if errors.Is(err, purvey.Conflict) {
		return nil // it was paid or ended meanwhile
	}
	return err
}
