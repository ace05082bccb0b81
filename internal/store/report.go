package store

import (
	"context"
	"time"

	"purvey"
)

// ReportRow is one copy of one file, with what a report says beside it.
type ReportRow struct {
	Download    purvey.Download // without its runs of bytes
	ProductSlug string          // "" the copy came by a share link
	ProductName string
	Version     string // "" the goods had none
	Email       string // of the purchase's customer; "" there is none
	Firstname   string
	Lastname    string
}

// ReportFilter narrows a report.
type ReportFilter struct {
	From, Before time.Time // begun: From inclusive, Before exclusive
	ProductSlug  string    // "" any
}

// ReportRows gives a piece of the copies of a mode, the earliest first, after
// the copy that after names. Readings in the viewer are no copies.
func (q Queries) ReportRows(ctx context.Context, scope purvey.Scope, f ReportFilter, after purvey.Download, limit int) ([]ReportRow, error) {
	w := newWhere(`d.shop_id = $1 AND d.mode = $2 AND d.created_at >= $3 AND d.created_at < $4 AND d.via <> 'reading'`,
		scope.ShopID, scope.Mode, micros(f.From), micros(f.Before))
	if f.ProductSlug != "" {
		w.and(`p.slug = ?`, f.ProductSlug)
	}
	text, args := w.list(`SELECT d.id, d.via, d.line_id, d.mint_id, d.link_id, d.file_name, d.size, d.sent, d.created_at, d.last_at, d.completed_at,
		coalesce(p.slug, ''), coalesce(p.name, ''), coalesce(v.version, ''), coalesce(o.email, ''), coalesce(o.firstname, ''), coalesce(o.lastname, '')
		FROM download d LEFT JOIN product p ON p.id = d.product_id LEFT JOIN version v ON v.id = d.version_id LEFT JOIN orders o ON o.id = d.order_id`,
		"d", purvey.Page{Limit: limit, Sort: purvey.SortCreated, AfterID: after.ID, AfterAt: after.CreatedAt})
	return collect(ctx, q, text, args, func(s scanner, r *ReportRow) error {
		d := &r.Download
		return s.Scan(&d.ID, &d.Via, &d.LineID, &d.MintID, &d.LinkID, &d.FileName, &d.Size, &d.Sent, at{&d.CreatedAt}, at{&d.LastAt}, at{&d.CompletedAt},
			&r.ProductSlug, &r.ProductName, &r.Version, &r.Email, &r.Firstname, &r.Lastname)
	})
}
