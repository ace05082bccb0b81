package store

import (
	"context"
	"time"

	"purvey"
)

const subscriptionColumns = `s.order_id, s.shop_id, s.mode, s.gateway, s.reference, s.state, s.months, s.day, s.first_end, s.period_end, s.looked_at, s.look_at,
	s.created_at, s.updated_at`

func scanSubscription(r scanner, s *purvey.Subscription) error {
	return r.Scan(&s.OrderID, &s.ShopID, &s.Mode, &s.Gateway, &s.Reference, &s.State, &s.Period.Months, &s.Period.Day, at{&s.FirstEnd}, at{&s.PeriodEnd},
		at{&s.LookedAt}, at{&s.LookAt}, at{&s.CreatedAt}, at{&s.UpdatedAt})
}

// InsertSubscription writes that an order will be paid again; an order that
// has one already keeps it.
func (tx *Tx) InsertSubscription(ctx context.Context, s *purvey.Subscription) error {
	s.CreatedAt = tx.Now()
	s.UpdatedAt = s.CreatedAt
	_, err := tx.exec(ctx, `INSERT INTO subscription (order_id, shop_id, mode, gateway, reference, state, months, day, first_end, period_end, looked_at, look_at,
		created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13) ON CONFLICT DO NOTHING`,
		s.OrderID, s.ShopID, s.Mode, s.Gateway, s.Reference, s.State, s.Period.Months, s.Period.Day, micros(s.FirstEnd), micros(s.PeriodEnd), micros(s.LookedAt),
		micros(s.LookAt), micros(s.CreatedAt))
	return err
}

// UpdateSubscription writes what may change of one.
func (tx *Tx) UpdateSubscription(ctx context.Context, s *purvey.Subscription) error {
	s.UpdatedAt = tx.Now()
	_, err := tx.exec(ctx, `UPDATE subscription SET state = $2, period_end = $3, looked_at = $4, look_at = $5, updated_at = $6 WHERE order_id = $1`,
		s.OrderID, s.State, micros(s.PeriodEnd), micros(s.LookedAt), micros(s.LookAt), micros(s.UpdatedAt))
	return err
}

// Subscription gives that of an order.
func (q Queries) Subscription(ctx context.Context, orderID string) (purvey.Subscription, error) {
	return one(ctx, q, "subscription", `SELECT `+subscriptionColumns+` FROM subscription s WHERE s.order_id = $1`, []any{orderID}, scanSubscription)
}

// SubscriptionByReference gives that of a shop by the gateway's id.
func (q Queries) SubscriptionByReference(ctx context.Context, shopID, gateway, reference string) (purvey.Subscription, error) {
	return one(ctx, q, "subscription", `SELECT `+subscriptionColumns+` FROM subscription s
		WHERE s.shop_id = $1 AND s.gateway = $2 AND s.reference = $3 AND s.reference <> ''`, []any{shopID, gateway, reference}, scanSubscription)
}

// DueSubscriptions lists those of every shop that are to be looked at: their
// time has come, or their order has changed since; in pieces.
func (q Queries) DueSubscriptions(ctx context.Context, afterID string, now time.Time, limit int) ([]purvey.Subscription, error) {
	return collect(ctx, q, `SELECT `+subscriptionColumns+` FROM subscription s JOIN orders o ON o.id = s.order_id
		WHERE s.state <> 'ended' AND s.order_id > $1 AND (s.look_at <= $2 OR o.updated_at >= s.looked_at
			OR EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = s.order_id AND l.updated_at >= s.looked_at))
		ORDER BY s.order_id LIMIT $3`, []any{afterID, micros(now), limit}, scanSubscription)
}
