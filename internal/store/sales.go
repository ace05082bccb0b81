package store

import (
	"context"
	"database/sql"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	"purvey"
)

// SoldRow is one line of an order that was paid, or of a payment that renewed
// one.
type SoldRow struct {
	Entry      string // id of the order, or of the payment that renewed it
	Line       purvey.Line
	Order      purvey.Order // without lines; its money is in the row
	Renewal    bool
	PaidAt     time.Time
	GrossCents int64 // the line's part of what was paid
	// RefundedCents is the part of GrossCents that was given back.
	RefundedCents int64
}

// NetCents is what is left of the row.
func (r SoldRow) NetCents() int64 { return r.GrossCents - r.RefundedCents }

// SoldTotal sums rows of one currency.
type SoldTotal struct {
	Currency      string
	Rows          int64
	GrossCents    int64
	RefundedCents int64
}

// SoldFilter narrows the rows of sales. A zero field narrows nothing.
type SoldFilter struct {
	From, Before time.Time // paid: From inclusive, Before exclusive
	Types        []string  // of orders; "" are those without a type
	Currency     string
	ProductID    string
	Status       string // of the line
}

// SoldAt is a place among the rows of sales.
type SoldAt struct {
	Entry string // "" the beginning
	Line  int64  // the number of the line
}

// soldBranch is one of the two places where sales are: orders that were paid,
// and payments that renewed them.
type soldBranch struct {
	entries                        string // the table, without its lines
	lines                          string // joins them
	entry, amount, paid, condition string
	renewal                        bool
}

func (b soldBranch) from() string { return b.entries + b.lines }

// soldBranches lists them. What was given away is no sale.
func soldBranches() []soldBranch {
	const sold = `o.financial IN ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED') AND o.paid_at > 0 AND o.type <> 'permission'`
	const lines = ` JOIN order_line l ON l.order_id = o.id`
	return []soldBranch{
		{entries: `orders o`, lines: lines, entry: `o.id`, amount: `o.total_cents`, paid: `o.paid_at`, condition: `o.shop_id = $1 AND o.mode = $2 AND ` + sold},
		{
			entries: `payment y JOIN orders o ON o.id = y.order_id`, lines: lines, entry: `y.id`, amount: `y.amount_cents`, paid: `y.paid_at`,
			condition: `y.shop_id = $1 AND y.mode = $2 AND y.kind = 'renewal' AND y.state = 'paid'`, renewal: true,
		},
	}
}

// lineSum is the worth of all lines of the order.
const lineSum = `(SELECT sum(x.price_cents * x.quantity) FROM order_line x WHERE x.order_id = o.id)`

func (b soldBranch) where(scope purvey.Scope, f SoldFilter) *where {
	w := newWhere(b.condition, scope.ShopID, scope.Mode)
	if !f.From.IsZero() {
		w.and(b.paid+` >= ?`, micros(f.From))
	}
	if !f.Before.IsZero() {
		w.and(b.paid+` < ?`, micros(f.Before))
	}
	w.in(`o.type`, f.Types)
	if f.Currency != "" {
		w.and(`o.currency = ?`, f.Currency)
	}
	if f.ProductID != "" {
		w.and(`l.product_id = ?`, f.ProductID)
	}
	if f.Status != "" {
		w.and(`l.status = ?`, f.Status)
	}
	return w
}

// Sold gives a piece of the rows of sales, by the time they were made, after a
// place.
func (q Queries) Sold(ctx context.Context, scope purvey.Scope, f SoldFilter, after SoldAt, newest bool, limit int) (purvey.Listed[SoldRow], error) {
	var all []SoldRow
	for _, b := range soldBranches() {
		rows, err := q.soldIn(ctx, b, b.where(scope, f), after, newest, limit+1)
		if err != nil {
			return purvey.Listed[SoldRow]{}, err
		}
		all = append(all, rows...)
	}
	slices.SortStableFunc(all, func(a, b SoldRow) int {
		c := strings.Compare(a.Entry, b.Entry)
		if newest {
			c = -c
		}
		return c // the lines of one are in order
	})
	return listed(all, purvey.Page{Limit: limit}), nil
}

// soldIn reads one branch. Lines of one entry come by their number, whatever
// the direction.
func (q Queries) soldIn(ctx context.Context, b soldBranch, w *where, after SoldAt, newest bool, limit int) ([]SoldRow, error) {
	op, dir := ">", ""
	if newest {
		op, dir = "<", " DESC"
	}
	if after.Entry != "" {
		w.and(b.entry+" "+op+"= ? AND ("+b.entry+" "+op+" ? OR l.number > ?)", after.Entry, after.Entry, after.Line)
	}
	w.args = append(w.args, limit)
	var out []SoldRow
	err := q.each(ctx, `SELECT `+b.entry+`, `+b.amount+`, `+b.paid+`, CAST(`+lineSum+` AS BIGINT),
		coalesce((SELECT CAST(sum(x.price_cents * x.quantity) AS BIGINT) FROM order_line x WHERE x.order_id = o.id AND x.number < l.number), 0),
		(SELECT min(x.number) FROM order_line x WHERE x.order_id = o.id),
		o.id, o.number, o.name, o.external_reference, o.source, o.type, o.currency, o.financial, o.email, o.firstname, o.lastname, o.created_at,
		l.id, l.number, l.product_id, l.product_name, l.quantity, l.refunded_quantity, l.price_cents, l.status
		FROM `+b.from()+` WHERE `+w.text.String()+` ORDER BY `+b.entry+dir+`, l.number LIMIT $`+strconv.Itoa(len(w.args)), w.args, func(rows *sql.Rows) error {
		r := SoldRow{Renewal: b.renewal}
		o, l := &r.Order, &r.Line
		var amount, sum, before, first int64
		err := rows.Scan(&r.Entry, &amount, at{&r.PaidAt}, &sum, &before, &first,
			&o.ID, &o.Number, &o.Name, &o.ExternalReference, &o.Source, &o.Type, &o.Currency, &o.Financial, &o.Customer.Email, &o.Customer.Firstname,
			&o.Customer.Lastname, at{&o.CreatedAt}, &l.ID, &l.Number, &l.ProductID, &l.ProductName, &l.Quantity, &l.RefundedQuantity, &l.PriceCents, &l.Status)
		if err != nil {
			return err
		}
		r.share(amount, sum, before, first == l.Number)
		out = append(out, r)
		return nil
	})
	return out, err
}

// share gives the row its part of what was paid. The lines of an order share
// it by their worth, so that the parts are the whole to the cent; lines of no
// worth leave it all to the first.
func (r *SoldRow) share(amount, sum, before int64, first bool) {
	switch {
	case sum > 0:
		worth := r.Line.PriceCents * int64(r.Line.Quantity)
		r.GrossCents = part(amount, before+worth, sum) - part(amount, before, sum)
	case first:
		r.GrossCents = amount
	}
	if !r.Renewal { // a refund gives units of the order back, once
		r.RefundedCents = part(r.GrossCents, int64(r.Line.RefundedQuantity), int64(r.Line.Quantity))
	}
}

// part is amount × n / of, rounded down; 0 ≤ n ≤ of.
func part(amount, n, of int64) int64 {
	hi, lo := bits.Mul64(uint64(amount), uint64(n))
	quotient, _ := bits.Div64(hi, lo, uint64(of))
	return int64(quotient)
}

// SoldTotals sums the rows of sales by currency, in the order of the codes.
func (q Queries) SoldTotals(ctx context.Context, scope purvey.Scope, f SoldFilter) ([]SoldTotal, error) {
	sums := map[string]*SoldTotal{}
	add := func(t SoldTotal) {
		if sums[t.Currency] == nil {
			sums[t.Currency] = &SoldTotal{Currency: t.Currency}
		}
		s := sums[t.Currency]
		s.Rows, s.GrossCents, s.RefundedCents = s.Rows+t.Rows, s.GrossCents+t.GrossCents, s.RefundedCents+t.RefundedCents
	}
	for _, b := range soldBranches() {
		narrow := func() *where { return b.where(scope, f) }
		part := add
		if f.ProductID == "" && f.Status == "" {
			// All lines of an entry share what was paid, whose sum needs no
			// look at them; they are read where something was given back.
			if err := q.soldWhole(ctx, b, narrow(), add); err != nil {
				return nil, err
			}
			if b.renewal {
				continue
			}
			narrow = func() *where {
				w := b.where(scope, f)
				w.and(`o.financial IN ('PARTIALLY_REFUNDED', 'REFUNDED') AND o.financial <> 'PAID' AND l.refunded_quantity > 0`)
				return w
			}
			part = func(t SoldTotal) { add(SoldTotal{Currency: t.Currency, RefundedCents: t.RefundedCents}) }
		}
		if err := q.soldSums(ctx, b, narrow(), part); err != nil {
			return nil, err
		}
		if err := q.soldShares(ctx, b, narrow, part); err != nil {
			return nil, err
		}
	}
	out := make([]SoldTotal, 0, len(sums))
	for _, t := range sums {
		out = append(out, *t)
	}
	slices.SortFunc(out, func(a, b SoldTotal) int { return strings.Compare(a.Currency, b.Currency) })
	return out, nil
}

// soldWhole counts the rows of entries and sums what was paid for them.
func (q Queries) soldWhole(ctx context.Context, b soldBranch, w *where, add func(SoldTotal)) error {
	return q.each(ctx, `SELECT x.currency, CAST(sum(x.lines) AS BIGINT), CAST(sum(x.amount) AS BIGINT) FROM (
		SELECT o.currency AS currency, `+b.amount+` AS amount, (SELECT count(*) FROM order_line l WHERE l.order_id = o.id) AS lines
		FROM `+b.entries+` WHERE `+w.text.String()+`) x GROUP BY x.currency`, w.args, func(rows *sql.Rows) error {
		var t SoldTotal
		err := rows.Scan(&t.Currency, &t.Rows, &t.GrossCents)
		add(t)
		return err
	})
}

// soldSums has the database sum the rows of orders whose lines are worth what
// was paid: each line's part is then its own worth.
func (q Queries) soldSums(ctx context.Context, b soldBranch, w *where, add func(SoldTotal)) error {
	refunded := `l.price_cents * l.refunded_quantity`
	if b.renewal {
		refunded = `0 * l.price_cents`
	}
	return q.each(ctx, `SELECT o.currency, count(*), CAST(sum(l.price_cents * l.quantity) AS BIGINT), CAST(sum(`+refunded+`) AS BIGINT)
		FROM `+b.from()+` WHERE `+w.text.String()+` AND `+b.amount+` = `+lineSum+` GROUP BY o.currency`, w.args, func(rows *sql.Rows) error {
		var t SoldTotal
		err := rows.Scan(&t.Currency, &t.Rows, &t.GrossCents, &t.RefundedCents)
		add(t)
		return err
	})
}

// soldShares sums the rows of the others, one by one.
func (q Queries) soldShares(ctx context.Context, b soldBranch, narrow func() *where, add func(SoldTotal)) error {
	const piece = 500
	for after := (SoldAt{}); ; {
		w := narrow()
		w.and(b.amount + ` <> ` + lineSum)
		rows, err := q.soldIn(ctx, b, w, after, false, piece)
		if err != nil {
			return err
		}
		for _, r := range rows {
			add(SoldTotal{r.Order.Currency, 1, r.GrossCents, r.RefundedCents})
			after = SoldAt{r.Entry, r.Line.Number}
		}
		if len(rows) < piece {
			return nil
		}
	}
}
