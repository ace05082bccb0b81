package checkout

import (
	"context"
	"errors"

	"purvey"
	"purvey/internal/order"
)

// Notify takes a gateway's notification to a shop, by its slug. Unauthenticated
// when the signature is not right, NotFound for an unknown shop or gateway. An
// order that is not the shop's is passed over. Safe to run again, and in any
// order: each time the gateway itself is asked.
func (s *Service) Notify(ctx context.Context, slug, name string, n Notification) error {
	if !purvey.ValidSlug(slug) {
		return purvey.Missing("shop")
	}
	shop, err := s.db.ShopBySlug(ctx, slug)
	if err != nil {
		return err
	}
	g, err := s.gateway(ctx, shop, name)
	if err != nil {
		return err
	}
	about, err := g.notice(ctx, n)
	if err != nil {
		return err
	}
	return s.bring(ctx, shop, name, about)
}

// bring asks the gateway for the order that something was told of, and brings
// the answers into it. Safe to run again.
func (s *Service) bring(ctx context.Context, shop purvey.Shop, gateway string, about told) error {
	o, err := s.orderOf(ctx, shop, gateway, about)
	if errors.Is(err, purvey.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	x, err := s.Settle(ctx, Sale{shop, o}, false)
	if err == nil {
		err = s.look(ctx, x)
	}
	if err == nil && about.after {
		err = s.follow(ctx, x)
	}
	return err
}

// orderOf finds the order that a notification is about.
func (s *Service) orderOf(ctx context.Context, shop purvey.Shop, gateway string, about told) (purvey.Order, error) {
	scope := purvey.Scope{ShopID: shop.ID, Mode: purvey.Live}
	sub, err := s.db.SubscriptionByReference(ctx, shop.ID, gateway, about.subscription)
	if err == nil {
		return s.db.Order(ctx, scope, sub.OrderID)
	}
	if !errors.Is(err, purvey.NotFound) {
		return purvey.Order{}, err
	}
	return s.db.OrderByUUID(ctx, scope, about.order)
}

// follow brings what became of an order's money into the order: an open
// dispute closes it to the customer, a lost one and a full refund take it
// back, a refund of a part leaves it as it is.
func (s *Service) follow(ctx context.Context, x Sale) error {
	if !x.Order.Financial.WasPaid() || x.Order.Financial == purvey.Refunded {
		return nil // there is nothing to take back
	}
	payments, err := s.db.PaymentsOfOrder(ctx, x.Order.ID)
	if err != nil {
		return err
	}
	var all aftermath
	for _, p := range payments {
		if p.State != purvey.PaymentPaid || p.Reference == "" {
			continue
		}
		g, err := s.gateway(ctx, x.Shop, p.Gateway)
		if err != nil {
			return err
		}
		is, err := g.after(ctx, x.Order, p)
		if err != nil {
			return err
		}
		all.disputed, all.lost, all.refunded = all.disputed || is.disputed, all.lost || is.lost, all.refunded || is.refunded
	}
	scope := purvey.Scope{ShopID: x.Order.ShopID, Mode: x.Order.Mode}
	o, err := s.db.Order(ctx, scope, x.Order.ID)
	switch {
	case err != nil || !o.Financial.WasPaid() || o.Financial == purvey.Refunded:
		return err
	case all.lost || all.refunded:
		refunded := purvey.Refunded
		_, err = s.orders.Patch(ctx, scope, o.ID, order.Patch{Financial: &refunded})
		return err
	}
	_, err = s.orders.Dispute(ctx, scope, o.ID, all.disputed)
	return err
}
