package store

import (
	"context"
	"time"

	"purvey"
)

const paymentColumns = `y.id, y.order_id, y.shop_id, y.mode, y.kind, y.gateway, y.reference, y.url, y.state, y.months, y.amount_cents, y.due_at, y.paid_at,
	y.expires_at, y.created_at, y.updated_at`

func scanPayment(s scanner, p *purvey.Payment) error {
	return s.Scan(&p.ID, &p.OrderID, &p.ShopID, &p.Mode, &p.Kind, &p.Gateway, &p.Reference, &p.URL, &p.State, &p.Months, &p.AmountCents, at{&p.DueAt}, at{&p.PaidAt},
		at{&p.ExpiresAt}, at{&p.CreatedAt}, at{&p.UpdatedAt})
}

// InsertPayment writes a payment, setting its times. Kind "" is PaymentFirst.
func (tx *Tx) InsertPayment(ctx context.Context, p *purvey.Payment) error {
	if p.Kind == "" {
		p.Kind = purvey.PaymentFirst
	}
	p.CreatedAt = tx.Now()
	p.UpdatedAt = p.CreatedAt
	_, err := tx.exec(ctx, `INSERT INTO payment (id, order_id, shop_id, mode, kind, gateway, reference, url, state, months, amount_cents, due_at, paid_at,
		expires_at, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)`,
		p.ID, p.OrderID, p.ShopID, p.Mode, p.Kind, p.Gateway, p.Reference, p.URL, p.State, p.Months, p.AmountCents, micros(p.DueAt), micros(p.PaidAt),
		micros(p.ExpiresAt), micros(p.CreatedAt))
	if err != nil {
		return err
	}
	return tx.marked(ctx, p.ShopID, p.Mode, p.PaidAt)
}

// SetRenewal writes what became of a payment that renews an order.
func (tx *Tx) SetRenewal(ctx context.Context, p *purvey.Payment) error {
	p.UpdatedAt = tx.Now()
	_, err := tx.exec(ctx, `UPDATE payment SET state = $2, amount_cents = $3, due_at = $4, paid_at = $5, updated_at = $6 WHERE id = $1`,
		p.ID, p.State, p.AmountCents, micros(p.DueAt), micros(p.PaidAt), micros(p.UpdatedAt))
	if err != nil {
		return err
	}
	return tx.marked(ctx, p.ShopID, p.Mode, p.PaidAt)
}

// SetPaymentSession writes where a payment that was begun is made.
func (tx *Tx) SetPaymentSession(ctx context.Context, p *purvey.Payment) error {
	p.UpdatedAt = tx.Now()
	_, err := tx.exec(ctx, `UPDATE payment SET reference = $2, url = $3, expires_at = $4, updated_at = $5 WHERE id = $1`,
		p.ID, p.Reference, p.URL, micros(p.ExpiresAt), micros(p.UpdatedAt))
	return err
}

// SetPaymentState writes where a payment stands.
func (tx *Tx) SetPaymentState(ctx context.Context, id string, state purvey.PaymentState) error {
	_, err := tx.exec(ctx, `UPDATE payment SET state = $2, updated_at = $3 WHERE id = $1`, id, state, micros(tx.Now()))
	return err
}

// PaymentsOfOrder lists the payments of an order, oldest first.
func (q Queries) PaymentsOfOrder(ctx context.Context, orderID string) ([]purvey.Payment, error) {
	return collect(ctx, q, `SELECT `+paymentColumns+` FROM payment y WHERE y.order_id = $1 ORDER BY y.id`, []any{orderID}, scanPayment)
}

// UnpaidSales lists the sales of every shop that wait for their payment, in
// pieces, without their lines.
func (q Queries) UnpaidSales(ctx context.Context, afterID string, limit int) ([]purvey.Order, error) {
	return collect(ctx, q, `SELECT `+orderColumns+` FROM orders o WHERE o.source = 'publicala' AND o.financial = 'PENDING' AND o.id > $1 ORDER BY o.id LIMIT $2`,
		[]any{afterID, limit}, scanOrder)
}

// LeftPayments lists the payments that are under way for orders which wait for
// none any more, in pieces.
func (q Queries) LeftPayments(ctx context.Context, afterID string, limit int) ([]purvey.Payment, error) {
	return collect(ctx, q, `SELECT `+paymentColumns+` FROM payment y JOIN orders o ON o.id = y.order_id
		WHERE y.state IN ('open', 'pending') AND y.kind = 'first' AND y.reference <> '' AND o.financial <> 'PENDING' AND y.id > $1 ORDER BY y.id LIMIT $2`,
		[]any{afterID, limit}, scanPayment)
}

// SpendToken notes that a token that may be used once was; false when it was
// used before.
func (tx *Tx) SpendToken(ctx context.Context, shopID, jti string, expires time.Time) (bool, error) {
	n, err := tx.exec(ctx, `INSERT INTO spent_token (shop_id, jti, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, shopID, jti, micros(expires))
	return n == 1, err
}

// DeleteSpentTokens forgets tokens that ended before an instant.
func (tx *Tx) DeleteSpentTokens(ctx context.Context, before time.Time) error {
	_, err := tx.exec(ctx, `DELETE FROM spent_token WHERE expires_at < $1`, micros(before))
	return err
}
