package store

import (
	"context"
	"time"

	"purvey"
)

// GatewayLook is how far a gateway was asked what became of the money that a
// shop was paid there.
type GatewayLook struct {
	ShopID  string
	Gateway string
	Through time.Time // what was given back or disputed before is known
	AskedAt time.Time // when it was asked last, with success or without
}

// GatewayLook gives that of a shop.
func (q Queries) GatewayLook(ctx context.Context, shopID, gateway string) (GatewayLook, error) {
	return one(ctx, q, "gateway look", `SELECT g.shop_id, g.gateway, g.through, g.asked_at FROM gateway_look g WHERE g.shop_id = $1 AND g.gateway = $2`,
		[]any{shopID, gateway}, func(s scanner, l *GatewayLook) error {
			return s.Scan(&l.ShopID, &l.Gateway, at{&l.Through}, at{&l.AskedAt})
		})
}

// SetGatewayLook writes it.
func (tx *Tx) SetGatewayLook(ctx context.Context, l GatewayLook) error {
	_, err := tx.exec(ctx, `INSERT INTO gateway_look (shop_id, gateway, through, asked_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (shop_id, gateway) DO UPDATE SET through = excluded.through, asked_at = excluded.asked_at`,
		l.ShopID, l.Gateway, micros(l.Through), micros(l.AskedAt))
	return err
}

// FirstPaid tells when the first payment was begun that a gateway took for a
// shop; NotFound when it took none.
func (q Queries) FirstPaid(ctx context.Context, shopID, gateway string) (time.Time, error) {
	return one(ctx, q, "payment", `SELECT y.created_at FROM payment y WHERE y.shop_id = $1 AND y.gateway = $2 AND y.state = 'paid' ORDER BY y.created_at LIMIT 1`,
		[]any{shopID, gateway}, func(s scanner, t *time.Time) error { return s.Scan(at{t}) })
}

// HeldSales lists the live orders of a shop that a gateway was paid for and
// that have a line which is paused for a reason that begins so, in pieces,
// without their lines.
func (q Queries) HeldSales(ctx context.Context, shopID, gateway, reason, afterID string, limit int) ([]purvey.Order, error) {
	return collect(ctx, q, `SELECT `+orderColumns+` FROM orders o
		WHERE o.id > $4 AND o.id IN (SELECT l.order_id FROM order_line l
			WHERE l.shop_id = $1 AND l.mode = 'live' AND l.status = 'paused' AND substr(l.cancel_reason, 1, length($3)) = $3)
		AND EXISTS (SELECT 1 FROM payment y WHERE y.order_id = o.id AND y.gateway = $2 AND y.state = 'paid')
		ORDER BY o.id LIMIT $5`, []any{shopID, gateway, reason, afterID, limit}, scanOrder)
}
