package store

import (
	"context"

	"purvey"
)

// InsertOrder writes an order without its lines; false when its number, name
// or reference is taken.
func (tx *Tx) InsertOrder(ctx context.Context, o *purvey.Order) (bool, error) {
	number, _ := purvey.NumberOfGID(o.Customer.GID)
	c := o.Customer
	n, err := tx.exec(ctx, `INSERT INTO orders (id, shop_id, mode, number, name, name_folded, external_reference, gid, source, type,
		currency, financial, risk, access_disabled, imported, customer_id, email, email_folded, firstname, lastname, locale, customer_gid,
		customer_number, total_cents, link_epoch, extra, paid_at, created_at, updated_at, risk_accepted)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30)
		ON CONFLICT DO NOTHING`,
		o.ID, o.ShopID, o.Mode, o.Number, o.Name, purvey.Fold(o.Name), o.ExternalReference, o.GID, o.Source, o.Type,
		o.Currency, o.Financial, o.Risk, o.AccessDisabled, o.Imported, c.ID, c.Email, purvey.Fold(c.Email), c.Firstname, c.Lastname, c.Locale, c.GID,
		number, o.TotalCents, o.LinkEpoch, string(o.Extra), micros(o.PaidAt), micros(o.CreatedAt), micros(o.UpdatedAt), o.RiskAccepted)
	if err != nil || n == 0 {
		return false, err
	}
	return true, tx.marked(ctx, o.ShopID, o.Mode, o.PaidAt)
}

// UpdateOrder writes what may change of an order.
func (tx *Tx) UpdateOrder(ctx context.Context, o *purvey.Order) error {
	o.UpdatedAt = tx.Now()
	c := o.Customer
	_, err := tx.exec(ctx, `UPDATE orders SET financial = $2, risk = $3, access_disabled = $4, email = $5, email_folded = $6, firstname = $7,
		lastname = $8, locale = $9, total_cents = $10, link_epoch = $11, extra = $12, paid_at = $13, updated_at = $14, external_reference = $15,
		risk_accepted = $16 WHERE id = $1`, o.ID, o.Financial, o.Risk, o.AccessDisabled, c.Email, purvey.Fold(c.Email), c.Firstname,
		c.Lastname, c.Locale, o.TotalCents, o.LinkEpoch, string(o.Extra), micros(o.PaidAt), micros(o.UpdatedAt), o.ExternalReference, o.RiskAccepted)
	if err != nil {
		return err
	}
	return tx.marked(ctx, o.ShopID, o.Mode, o.PaidAt)
}

// InsertLine writes one line of an order. tag is the pool its keys come from,
// for the waiting list.
func (tx *Tx) InsertLine(ctx context.Context, o *purvey.Order, l *purvey.Line, tag string) error {
	_, err := tx.exec(ctx, `INSERT INTO order_line (id, order_id, shop_id, mode, number, product_id, product_name, delivering, access, quantity,
		refunded_quantity, price_cents, gid, status, expires_at, ends_at, cancel_reason, country, version_id, count_from, delivered_at,
		keys_owed, key_tag, extra, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)`,
		l.ID, o.ID, o.ShopID, o.Mode, l.Number, l.ProductID, l.ProductName, l.Delivering, l.Access, l.Quantity,
		l.RefundedQuantity, l.PriceCents, l.GID, l.Status, micros(l.ExpiresAt), micros(l.EndsAt), l.CancelReason, l.Country, l.VersionID,
		micros(l.CountFrom), micros(l.DeliveredAt), l.KeysOwed, tag, string(l.Extra), micros(l.CreatedAt), micros(l.UpdatedAt))
	return err
}

// UpdateLine writes what may change of a line.
func (tx *Tx) UpdateLine(ctx context.Context, l *purvey.Line) error {
	l.UpdatedAt = tx.Now()
	_, err := tx.exec(ctx, `UPDATE order_line SET refunded_quantity = $2, status = $3, expires_at = $4, ends_at = $5, cancel_reason = $6,
		country = $7, version_id = $8, count_from = $9, delivered_at = $10, keys_owed = $11, extra = $12, updated_at = $13,
		granted_copies = $14, open_until = $15 WHERE id = $1`,
		l.ID, l.RefundedQuantity, l.Status, micros(l.ExpiresAt), micros(l.EndsAt), l.CancelReason, l.Country, l.VersionID,
		micros(l.CountFrom), micros(l.DeliveredAt), l.KeysOwed, string(l.Extra), micros(l.UpdatedAt), l.GrantedCopies, micros(l.OpenUntil))
	return err
}

// LockOrder keeps every other transaction from changing the order until this
// one ends, and gives it whole.
func (tx *Tx) LockOrder(ctx context.Context, scope purvey.Scope, id string) (purvey.Order, error) {
	var found string
	if purvey.ValidID(id) {
		err := tx.row(ctx, `SELECT id FROM orders WHERE id = $1 AND shop_id = $2 AND mode = $3 {for update}`, []any{id, scope.ShopID, scope.Mode}, &found)
		if err != nil {
			return purvey.Order{}, missing(err, "order")
		}
	}
	return tx.Order(ctx, scope, id)
}

// SetLineFiles replaces the files assigned to a line.
func (tx *Tx) SetLineFiles(ctx context.Context, lineID string, fileIDs []string) error {
	if _, err := tx.exec(ctx, `DELETE FROM line_file WHERE line_id = $1`, lineID); err != nil {
		return err
	}
	for i, id := range fileIDs {
		if _, err := tx.exec(ctx, `INSERT INTO line_file (line_id, position, file_id) VALUES ($1, $2, $3)`, lineID, i, id); err != nil {
			return err
		}
	}
	return nil
}

// NumberTaken tells whether an order of the scope has the number or, unless it
// is "", the name.
func (q Queries) NumberTaken(ctx context.Context, scope purvey.Scope, number int64, name string) (bool, error) {
	var n int
	err := q.row(ctx, `SELECT count(*) FROM orders WHERE shop_id = $1 AND mode = $2 AND (number = $3 OR (name_folded = $4 AND name_folded <> ''))`,
		[]any{scope.ShopID, scope.Mode, number, purvey.Fold(name)}, &n)
	return n > 0, err
}

// OrdersOfProduct lists the orders with a line of the product in the status,
// after one.
func (q Queries) OrdersOfProduct(ctx context.Context, productID string, status purvey.LineStatus, afterID string, limit int) ([]string, error) {
	return collect(ctx, q, `SELECT DISTINCT l.order_id FROM order_line l WHERE l.product_id = $1 AND l.status = $2 AND l.order_id > $3
		ORDER BY l.order_id LIMIT $4`, []any{productID, status, afterID, limit}, func(s scanner, id *string) error { return s.Scan(id) })
}
