package store

import (
	"context"
	"time"

	"purvey"
)

const requestColumns = `r.id, r.shop_id, r.mode, r.order_id, r.line_id, r.state, r.message, r.reply, r.copies, r.until, r.created_at, r.decided_at,
	o.name, o.email, l.product_id, l.product_name`

const requestTables = ` FROM download_request r JOIN orders o ON o.id = r.order_id JOIN order_line l ON l.id = r.line_id`

func scanRequest(s scanner, r *purvey.DownloadRequest) error {
	return s.Scan(&r.ID, &r.ShopID, &r.Mode, &r.OrderID, &r.LineID, &r.State, &r.Message, &r.Reply, &r.Copies, at{&r.Until}, at{&r.CreatedAt}, at{&r.DecidedAt},
		&r.OrderName, &r.Email, &r.ProductID, &r.ProductName)
}

// DownloadRequest gives a request of the scope.
func (q Queries) DownloadRequest(ctx context.Context, scope purvey.Scope, id string) (purvey.DownloadRequest, error) {
	return one(ctx, q, "download request", `SELECT `+requestColumns+requestTables+` WHERE r.id = $1 AND r.shop_id = $2 AND r.mode = $3`,
		[]any{id, scope.ShopID, scope.Mode}, scanRequest)
}

// DownloadRequests lists the scope's requests, those in one state unless it is
// "".
func (q Queries) DownloadRequests(ctx context.Context, scope purvey.Scope, state purvey.RequestState, p purvey.Page) (purvey.Listed[purvey.DownloadRequest], error) {
	w := newWhere(`r.shop_id = $1 AND r.mode = $2`, scope.ShopID, scope.Mode)
	if state != "" {
		w.and(`r.state = ?`, state)
	}
	text, args := w.list(`SELECT `+requestColumns+requestTables, "r", p)
	items, err := collect(ctx, q, text, args, scanRequest)
	return listed(items, p), err
}

// RequestsOfOrder gives the newest request of each line of an order, by line.
func (q Queries) RequestsOfOrder(ctx context.Context, orderID string) (map[string]purvey.DownloadRequest, error) {
	found, err := collect(ctx, q, `SELECT `+requestColumns+requestTables+` WHERE r.order_id = $1 ORDER BY r.id`, []any{orderID}, scanRequest)
	out := make(map[string]purvey.DownloadRequest, len(found))
	for _, r := range found {
		out[r.LineID] = r
	}
	return out, err
}

// RequestsSince counts an order's requests that were made after an instant,
// and gives the time of the earliest of them.
func (q Queries) RequestsSince(ctx context.Context, orderID string, after time.Time) (n int, first time.Time, err error) {
	err = q.row(ctx, `SELECT count(*), coalesce(min(created_at), 0) FROM download_request WHERE order_id = $1 AND created_at > $2`,
		[]any{orderID, micros(after)}, &n, at{&first})
	return n, first, err
}

// InsertRequest writes an open request, setting its id and time. It gives
// false when the line has one.
func (tx *Tx) InsertRequest(ctx context.Context, r *purvey.DownloadRequest) (bool, error) {
	r.ID, r.CreatedAt, r.State = tx.NewID(), tx.Now(), purvey.RequestOpen
	n, err := tx.exec(ctx, `INSERT INTO download_request (id, shop_id, mode, order_id, line_id, state, message, reply, copies, until, created_at, decided_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, '', 0, 0, $8, 0) ON CONFLICT DO NOTHING`,
		r.ID, r.ShopID, r.Mode, r.OrderID, r.LineID, r.State, r.Message, micros(r.CreatedAt))
	return n == 1, err
}

// DecideRequest writes what became of an open request.
func (tx *Tx) DecideRequest(ctx context.Context, r *purvey.DownloadRequest) error {
	r.DecidedAt = tx.Now()
	_, err := tx.exec(ctx, `UPDATE download_request SET state = $2, reply = $3, copies = $4, until = $5, decided_at = $6 WHERE id = $1`,
		r.ID, r.State, r.Reply, r.Copies, micros(r.Until), micros(r.DecidedAt))
	return err
}
