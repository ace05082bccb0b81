package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"purvey"
)

// What figures of days are of.
const (
	ObjectProduct = "product" // Number: orders paid; Amount: cents, less what was given back
	ObjectFile    = "file"    // Number: copies begun; Amount: bytes sent of them
)

// DayFigures are one object's figures, of a day where they are kept.
type DayFigures struct {
	Kind     string
	Day      int64
	ObjectID string
	Currency string // of Amount; "" for bytes
	Number   int64
	Amount   int64
}

// CountObjects counts from the rows themselves what happened to each object of
// a kind from one time to another.
func (q Queries) CountObjects(ctx context.Context, scope purvey.Scope, kind string, from, to time.Time) ([]DayFigures, error) {
	if from.UnixMicro() < 1 { // 0 is never
		from = time.UnixMicro(1)
	}
	if !from.Before(to) {
		return nil, nil
	}
	text := `SELECT l.product_id, o.currency, count(DISTINCT o.id), CAST(sum(l.price_cents * (l.quantity - l.refunded_quantity)) AS BIGINT)
		FROM orders o JOIN order_line l ON l.order_id = o.id WHERE o.shop_id = $1 AND o.mode = $2 AND o.paid_at >= $3 AND o.paid_at < $4
		AND ` + sold + ` GROUP BY l.product_id, o.currency`
	if kind == ObjectFile {
		text = `SELECT d.file_id, '', count(*), CAST(sum(d.sent) AS BIGINT) FROM download d
		WHERE d.shop_id = $1 AND d.mode = $2 AND d.created_at >= $3 AND d.created_at < $4 AND d.via <> 'reading' GROUP BY d.file_id`
	}
	return collect(ctx, q, text, []any{scope.ShopID, scope.Mode, from.UnixMicro(), to.UnixMicro()}, func(s scanner, d *DayFigures) error {
		d.Kind = kind
		return s.Scan(&d.ObjectID, &d.Currency, &d.Number, &d.Amount)
	})
}

// countDay counts the objects of every kind on a day.
func (q Queries) countDay(ctx context.Context, scope purvey.Scope, day int64) ([]DayFigures, error) {
	var out []DayFigures
	from, to := DaySlots(day)
	for _, kind := range [...]string{ObjectProduct, ObjectFile} {
		rows, err := q.CountObjects(ctx, scope, kind, SlotTime(from), SlotTime(to))
		if err != nil {
			return nil, err
		}
		for i := range rows {
			rows[i].Day = day
		}
		out = append(out, rows...)
	}
	return out, nil
}

// SumObjects sums the kept figures of the objects of a kind over days, To
// exclusive, without some of them.
func (q Queries) SumObjects(ctx context.Context, scope purvey.Scope, kind string, from, to int64, without []int64) ([]DayFigures, error) {
	w := newWhere(`f.shop_id = $1 AND f.mode = $2 AND f.kind = $3 AND f.day >= $4 AND f.day < $5`, scope.ShopID, scope.Mode, kind, from, to)
	for _, day := range without {
		w.and(`f.day <> ?`, day)
	}
	return collect(ctx, q, `SELECT f.object_id, f.currency, CAST(sum(f.number) AS BIGINT), CAST(sum(f.amount) AS BIGINT) FROM figure_day f WHERE `+w.text.String()+
		` GROUP BY f.object_id, f.currency`, w.args, func(s scanner, d *DayFigures) error {
		d.Kind = kind
		return s.Scan(&d.ObjectID, &d.Currency, &d.Number, &d.Amount)
	})
}

// FileNames gives the names of those of the files that are still there.
func (q Queries) FileNames(ctx context.Context, shopID string, ids []string) (map[string]string, error) {
	return q.names(ctx, `SELECT f.id, f.name FROM file f WHERE f.shop_id = $1 AND f.id IN `, shopID, ids)
}

// ProductNames gives the names of those of the products that are still there.
func (q Queries) ProductNames(ctx context.Context, shopID string, ids []string) (map[string]string, error) {
	return q.names(ctx, `SELECT p.id, p.name FROM product p WHERE p.shop_id = $1 AND p.id IN `, shopID, ids)
}

func (q Queries) names(ctx context.Context, text, shopID string, ids []string) (map[string]string, error) {
	out := map[string]string{}
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return strings.TrimSpace(id) == "" })
	for chunk := range chunks(ids) {
		set, args := inList(2, chunk)
		err := q.each(ctx, text+set, append([]any{shopID}, args...), func(rows *sql.Rows) error {
			var id, name string
			err := rows.Scan(&id, &name)
			out[id] = name
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
