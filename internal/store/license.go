package store

import (
	"context"
	"time"

	"purvey"
)

const keyColumns = `k.id, k.shop_id, k.mode, k.key, k.tag, k.order_id, k.order_name, k.line_id, k.assigned_at, k.burnt_at, k.created_at, k.updated_at`

func scanKey(s scanner, k *purvey.LicenseKey) error {
	return s.Scan(&k.ID, &k.ShopID, &k.Mode, &k.Key, &k.Tag, &k.OrderID, &k.OrderName, &k.LineID, at{&k.AssignedAt}, at{&k.BurntAt},
		at{&k.CreatedAt}, at{&k.UpdatedAt})
}

// KeyFilter narrows a list of licence keys.
type KeyFilter struct {
	Assigned *bool
	Tag      *string // exact; "" the untagged
	Query    string  // part of the key's text, any case
}

// LicenseKey gives a key of the scope by id.
func (q Queries) LicenseKey(ctx context.Context, scope purvey.Scope, id string) (purvey.LicenseKey, error) {
	return one(ctx, q, "license key", `SELECT `+keyColumns+` FROM license_key k WHERE k.id = $1 AND k.shop_id = $2 AND k.mode = $3`,
		[]any{id, scope.ShopID, scope.Mode}, scanKey)
}

// LicenseKeys lists the scope's keys.
func (q Queries) LicenseKeys(ctx context.Context, scope purvey.Scope, f KeyFilter, p purvey.Page) (purvey.Listed[purvey.LicenseKey], error) {
	w := newWhere(`k.shop_id = $1 AND k.mode = $2`, scope.ShopID, scope.Mode)
	if f.Assigned != nil && *f.Assigned {
		w.and(`k.order_id <> ''`)
	}
	if f.Assigned != nil && !*f.Assigned {
		w.and(`k.order_id = ''`)
	}
	if f.Tag != nil {
		w.and(`k.tag = ?`, *f.Tag)
	}
	if f.Query != "" {
		// lower() folds ASCII alone on both engines, and so does the pattern.
		w.and(`lower(k.key) LIKE ? ESCAPE '\'`, asciiPattern(f.Query))
	}
	text, args := w.list(`SELECT `+keyColumns+` FROM license_key k`, "k", p)
	items, err := collect(ctx, q, text, args, scanKey)
	return listed(items, p), err
}

// FreeKeys gives up to n of the oldest free keys of a tag. Hold the lock of
// the tag's pool, so that nobody else is given the same.
func (tx *Tx) FreeKeys(ctx context.Context, scope purvey.Scope, tag string, n int) ([]purvey.LicenseKey, error) {
	return collect(ctx, tx.Queries, `SELECT `+keyColumns+` FROM license_key k WHERE k.shop_id = $1 AND k.mode = $2 AND k.tag = $3 AND k.order_id = ''
		ORDER BY k.id LIMIT $4`, []any{scope.ShopID, scope.Mode, tag, n}, scanKey)
}

// CountFreeKeys counts a tag's free keys, up to a ceiling.
func (q Queries) CountFreeKeys(ctx context.Context, scope purvey.Scope, tag string, ceiling int) (int, error) {
	var n int
	err := q.row(ctx, `SELECT count(*) FROM (SELECT 1 AS one FROM license_key k WHERE k.shop_id = $1 AND k.mode = $2 AND k.tag = $3 AND k.order_id = '' LIMIT $4) x`,
		[]any{scope.ShopID, scope.Mode, tag, ceiling}, &n)
	return n, err
}

// BindKey gives a free key to a line; false when it is not free any more.
func (tx *Tx) BindKey(ctx context.Context, k *purvey.LicenseKey, orderID, orderName, lineID string) (bool, error) {
	now := tx.Now()
	n, err := tx.exec(ctx, `UPDATE license_key SET order_id = $2, order_name = $3, line_id = $4, assigned_at = $5, burnt_at = 0, updated_at = $5
		WHERE shop_id = $6 AND mode = $7 AND id = $1 AND order_id = ''`, k.ID, orderID, orderName, lineID, micros(now), k.ShopID, k.Mode)
	if n == 1 {
		k.OrderID, k.OrderName, k.LineID, k.AssignedAt, k.BurntAt, k.UpdatedAt = orderID, orderName, lineID, now, time.Time{}, now
	}
	return n == 1, err
}

// ReleaseKey returns a key to stock.
func (tx *Tx) ReleaseKey(ctx context.Context, k *purvey.LicenseKey) error {
	if err := tx.marked(ctx, k.ShopID, k.Mode, k.AssignedAt); err != nil {
		return err
	}
	k.OrderID, k.OrderName, k.LineID, k.AssignedAt, k.BurntAt, k.UpdatedAt = "", "", "", time.Time{}, time.Time{}, tx.Now()
	_, err := tx.exec(ctx, `UPDATE license_key SET order_id = '', order_name = '', line_id = '', assigned_at = 0, burnt_at = 0, updated_at = $2
		WHERE shop_id = $3 AND mode = $4 AND id = $1`, k.ID, micros(k.UpdatedAt), k.ShopID, k.Mode)
	return err
}

// BurnKey takes a key from its line for good; it stays bound to the order.
func (tx *Tx) BurnKey(ctx context.Context, k *purvey.LicenseKey) error {
	k.BurntAt, k.UpdatedAt = tx.Now(), tx.Now()
	_, err := tx.exec(ctx, `UPDATE license_key SET burnt_at = $2, updated_at = $2 WHERE shop_id = $3 AND mode = $4 AND id = $1`, k.ID, micros(k.BurntAt), k.ShopID, k.Mode)
	return err
}

// WaitingLine is a line that units of keys are owed to.
type WaitingLine struct {
	LineID  string
	OrderID string
	Owed    int
}

// WaitingLines lists the lines that wait for keys of a tag, those that paid
// first before; lines of orders that are held back are not among them.
func (q Queries) WaitingLines(ctx context.Context, scope purvey.Scope, tag string, limit int) ([]WaitingLine, error) {
	return collect(ctx, q, `SELECT l.id, l.order_id, l.keys_owed FROM order_line l JOIN orders o ON o.id = l.order_id
		WHERE l.shop_id = $1 AND l.mode = $2 AND l.key_tag = $3 AND l.keys_owed > 0
		AND `+servable+` ORDER BY o.paid_at, l.created_at, l.id LIMIT $4`,
		[]any{scope.ShopID, scope.Mode, tag, limit}, func(s scanner, w *WaitingLine) error { return s.Scan(&w.LineID, &w.OrderID, &w.Owed) })
}

// LockKeys serialises what is done with the keys of one tag. Who locks an order
// too does that first.
func (tx *Tx) LockKeys(ctx context.Context, scope purvey.Scope, tag string) error {
	return tx.Lock(ctx, "keys/"+scope.ShopID+"/"+string(scope.Mode)+"/"+tag)
}

// LockInventory serialises the batches that come into a scope's stock. Take it
// before the lock of a tag's pool.
func (tx *Tx) LockInventory(ctx context.Context, scope purvey.Scope) error {
	return tx.Lock(ctx, "inventory/"+scope.ShopID+"/"+string(scope.Mode))
}
