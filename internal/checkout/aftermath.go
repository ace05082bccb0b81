package checkout

import (
	"context"
	"errors"
	"time"

	"purvey"
	"purvey/internal/order"
	"purvey/internal/store"
)

// How the gateways are asked for what was given back or disputed.
const (
	aftermathEvery   = 15 * time.Minute    // no shop's gateway is asked more often
	aftermathOverlap = time.Hour           // what came late, or by another clock, is asked for again
	aftermathPiece   = 24 * time.Hour      // of time that is asked for at once
	aftermathFirst   = 30 * 24 * time.Hour // how far back is ever asked
)

// sweepAftermath asks the gateways what was given back or disputed since they
// were asked last, for notifications that were lost, and brings it into the
// orders as a notification does. How far it got is kept with each piece of
// time; what fails is asked for again from there. A gateway that took nothing
// for a shop is not asked.
func (s *Service) sweepAftermath(ctx context.Context) error {
	shops, err := s.db.Shops(ctx)
	if err != nil {
		return err
	}
	var failed error
	for _, shop := range shops {
		if shop.State != purvey.ShopActive {
			continue // what it is told of waits with it
		}
		for _, name := range []string{Stripe, MercadoPago} {
			failed = errors.Join(failed, s.lookBack(ctx, shop, name))
		}
	}
	return failed
}

// lookBack does it for one gateway of a shop, when its time has come.
func (s *Service) lookBack(ctx context.Context, shop purvey.Shop, name string) error {
	now := s.db.Now()
	l, err := s.db.GatewayLook(ctx, shop.ID, name)
	if errors.Is(err, purvey.NotFound) {
		l = store.GatewayLook{ShopID: shop.ID, Gateway: name}
		l.Through, err = s.db.FirstPaid(ctx, shop.ID, name)
		if errors.Is(err, purvey.NotFound) {
			return nil
		}
	}
	if err != nil || now.Before(l.AskedAt.Add(aftermathEvery)) {
		return err
	}
	g, err := s.gateway(ctx, shop, name)
	if err != nil || !g.known() {
		return err // its credentials were taken away
	}
	l.AskedAt = now
	if err := s.keepLook(ctx, l); err != nil {
		return err
	}
	from := l.Through.Add(-aftermathOverlap)
	if first := now.Add(-aftermathFirst); from.Before(first) {
		from = first
	}
	whole, failed := true, s.askHeld(ctx, shop, name)
	for from.Before(now) {
		to := from.Add(aftermathPiece)
		if to.After(now) {
			to = now
		}
		list, err := g.changed(ctx, from, to)
		if err != nil {
			return errors.Join(failed, err)
		}
		for _, about := range distinct(list) {
			if err := s.bring(ctx, shop, name, about); err != nil {
				whole, failed = false, errors.Join(failed, err)
			}
		}
		// An order that fails keeps none of those after it waiting, but is asked
		// for again: what is kept ends before it.
		if l.Through = to; whole {
			if err := s.keepLook(ctx, l); err != nil {
				return errors.Join(failed, err)
			}
		}
		from = to
	}
	return failed
}

func (s *Service) keepLook(ctx context.Context, l store.GatewayLook) error {
	return s.db.Tx(store.Later(ctx), func(tx *store.Tx) error { return tx.SetGatewayLook(ctx, l) })
}

// askHeld asks again for the orders that a dispute closes: a gateway lists
// disputes by their beginning, and tells of their end once.
func (s *Service) askHeld(ctx context.Context, shop purvey.Shop, name string) error {
	const piece = 100
	var failed error
	for after := ""; ; {
		held, err := s.db.HeldSales(ctx, shop.ID, name, order.ReasonDisputed, after, piece)
		if err != nil {
			return errors.Join(failed, err)
		}
		for _, o := range held {
			after = o.ID
			failed = errors.Join(failed, s.bring(ctx, shop, name, told{order: o.UUID, after: true}))
		}
		if len(held) < piece {
			return failed
		}
	}
}

// distinct leaves one of each.
func distinct(list []told) []told {
	seen := map[told]bool{}
	var out []told
	for _, t := range list {
		if !seen[t] && t != (told{}) {
			seen[t] = true
			out = append(out, t)
		}
	}
	return out
}
