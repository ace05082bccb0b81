package store

import (
	"context"
	"time"

	"purvey"
)

// CopyRow is one copy of one file, with what an export says beside it.
type CopyRow struct {
	Download  purvey.Download // without its runs of bytes
	OrderName string          // "" it was no order's
	Email     string
	Product   string
	Version   string
}

// CopyRows gives a piece of the copies of a mode, the earliest first, after
// the copy with the id. Readings in the viewer are no copies. A zero bound of
// the period is none.
func (q Queries) CopyRows(ctx context.Context, scope purvey.Scope, from, before time.Time, after purvey.Download, limit int) ([]CopyRow, error) {
	w := newWhere(`d.shop_id = $1 AND d.mode = $2 AND d.via <> 'reading'`, scope.ShopID, scope.Mode)
	if !from.IsZero() {
		w.and(`d.created_at >= ?`, micros(from))
	}
	if !before.IsZero() {
		w.and(`d.created_at < ?`, micros(before))
	}
	text, args := w.list(`SELECT d.id, d.via, d.order_id, d.file_id, d.file_name, d.size, d.sent, d.redownload, d.ip, d.user_agent, d.created_at, d.completed_at,
		coalesce(o.name, ''), coalesce(o.email, ''), coalesce(p.name, ''), coalesce(v.version, '')
		FROM download d LEFT JOIN orders o ON o.id = d.order_id LEFT JOIN product p ON p.id = d.product_id LEFT JOIN version v ON v.id = d.version_id`,
		"d", purvey.Page{Limit: limit - 1, Sort: purvey.SortCreated, AfterID: after.ID, AfterAt: after.CreatedAt})
	return collect(ctx, q, text, args, func(s scanner, r *CopyRow) error {
		d := &r.Download
		return s.Scan(&d.ID, &d.Via, &d.OrderID, &d.FileID, &d.FileName, &d.Size, &d.Sent, &d.Redownload, &d.IP, &d.UserAgent, at{&d.CreatedAt}, at{&d.CompletedAt},
			&r.OrderName, &r.Email, &r.Product, &r.Version)
	})
}
