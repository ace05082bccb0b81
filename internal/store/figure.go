package store

import (
	"context"
	"database/sql"
	"math"
	"time"

	"purvey"
)

// SlotLength is the grain of figures: the offset of every time zone in use is
// a multiple of it, so that any local hour or day is a run of whole slots.
const SlotLength = 15 * time.Minute

const (
	slotMicros  = int64(SlotLength / time.Microsecond)
	slotsPerDay = int64(24 * time.Hour / SlotLength)
)

// SlotOf gives the number of the slot that a time lies in.
func SlotOf(t time.Time) int64 {
	us := t.UnixMicro()
	if us < 0 {
		us -= slotMicros - 1
	}
	return us / slotMicros
}

// SlotTime is when a slot begins.
func SlotTime(slot int64) time.Time { return time.UnixMicro(slot * slotMicros).UTC() }

func dayOfSlot(slot int64) int64 {
	if slot < 0 {
		slot -= slotsPerDay - 1
	}
	return slot / slotsPerDay
}

// Figures are what a shop did in a while. Money is in the currency of the row
// that they stand in; all that is no money stands in the row without one.
type Figures struct {
	Orders    int64 // paid in the while, but what was given away
	Cents     int64 // paid in the while, renewals too, less what was given back of it since
	Refunds   int64 // of the orders, those of which something was given back
	Downloads int64 // copies begun in the while; reading in the viewer is none
	Completed int64 // of them, those of which every byte was sent
	Bytes     int64 // sent of what was begun in the while, reading too
	Customers int64 // that bought for the first time
	Keys      int64 // licence keys assigned that are still bound to their order
}

// Add adds other figures.
func (f *Figures) Add(o Figures) {
	f.Orders, f.Cents, f.Refunds = f.Orders+o.Orders, f.Cents+o.Cents, f.Refunds+o.Refunds
	f.Downloads, f.Completed, f.Bytes = f.Downloads+o.Downloads, f.Completed+o.Completed, f.Bytes+o.Bytes
	f.Customers, f.Keys = f.Customers+o.Customers, f.Keys+o.Keys
}

// SlotFigures are the figures of one slot, or of the part of it that was asked
// for, in one currency.
type SlotFigures struct {
	Slot     int64
	Currency string // "" what is no money
	Figures
}

const figureColumns = `orders, cents, refunds, downloads, completed, bytes, customers, keys`

func (f *Figures) columns() []any {
	return []any{&f.Orders, &f.Cents, &f.Refunds, &f.Downloads, &f.Completed, &f.Bytes, &f.Customers, &f.Keys}
}

// netCents is what was paid for an order less what was given back of it. Orders
// that were not sold for the worth of their lines are left to refundedShares.
const netCents = `o.total_cents - CASE WHEN o.financial = 'PAID' THEN 0 ELSE (
	SELECT CASE WHEN sum(x.price_cents * x.quantity) = o.total_cents THEN sum(x.price_cents * x.refunded_quantity) ELSE 0 END
	FROM order_line x WHERE x.order_id = o.id) END`

// sold is the condition of orders that were paid and brought something in.
const sold = `o.financial IN ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED') AND o.type <> 'permission'`

// CountFigures counts from the rows themselves what happened from one time to
// another, by slot. It costs a look at each row.
func (q Queries) CountFigures(ctx context.Context, scope purvey.Scope, from, to time.Time) ([]SlotFigures, error) {
	if from.UnixMicro() < 1 { // 0 is never
		from = time.UnixMicro(1)
	}
	if !from.Before(to) {
		return nil, nil
	}
	args := []any{scope.ShopID, scope.Mode, from.UnixMicro(), to.UnixMicro()}
	type place struct {
		slot     int64
		currency string
	}
	found := map[place]*SlotFigures{}
	var order []place
	at := func(slot int64, currency string) *Figures {
		p := place{slot, currency}
		if found[p] == nil {
			found[p] = &SlotFigures{Slot: slot, Currency: currency}
			order = append(order, p)
		}
		return &found[p].Figures
	}
	var slot int64
	var currency string
	var f Figures
	for _, part := range []struct {
		text string
		args []any
		dest []any
		add  func()
	}{
		{
			`SELECT o.paid_at / 900000000, o.currency, count(*), CAST(sum(` + netCents + `) AS BIGINT), count(CASE WHEN o.financial <> 'PAID' THEN 1 END)
			FROM orders o WHERE o.shop_id = $1 AND o.mode = $2 AND o.paid_at >= $3 AND o.paid_at < $4 AND ` + sold + ` GROUP BY 1, 2`,
			args, []any{&slot, &currency, &f.Orders, &f.Cents, &f.Refunds},
			func() {
				at(slot, currency).Cents += f.Cents
				at(slot, "").Add(Figures{Orders: f.Orders, Refunds: f.Refunds})
			},
		},
		{
			`SELECT y.paid_at / 900000000, o.currency, CAST(sum(y.amount_cents) AS BIGINT) FROM payment y JOIN orders o ON o.id = y.order_id
			WHERE y.shop_id = $1 AND y.mode = $2 AND y.kind = 'renewal' AND y.state = 'paid' AND y.paid_at >= $3 AND y.paid_at < $4 GROUP BY 1, 2`,
			args, []any{&slot, &currency, &f.Cents}, func() { at(slot, currency).Cents += f.Cents },
		},
		{
			`SELECT d.created_at / 900000000, '', count(CASE WHEN d.via <> 'reading' THEN 1 END), count(CASE WHEN d.via <> 'reading' AND d.completed_at > 0 THEN 1 END),
			CAST(sum(d.sent) AS BIGINT) FROM download d WHERE d.shop_id = $1 AND d.mode = $2 AND d.created_at >= $3 AND d.created_at < $4 GROUP BY 1`,
			args, []any{&slot, &currency, &f.Downloads, &f.Completed, &f.Bytes}, func() {
				at(slot, "").Add(Figures{Downloads: f.Downloads, Completed: f.Completed, Bytes: f.Bytes})
			},
		},
		{
			`SELECT c.created_at / 900000000, '', count(*) FROM customer c WHERE c.shop_id = $1 AND c.mode = $2 AND c.created_at >= $3 AND c.created_at < $4 GROUP BY 1`,
			args, []any{&slot, &currency, &f.Customers}, func() { at(slot, "").Customers += f.Customers },
		},
		{
			`SELECT k.assigned_at / 900000000, '', count(*) FROM license_key k WHERE k.shop_id = $1 AND k.mode = $2 AND k.order_id <> ''
			AND k.assigned_at >= $3 AND k.assigned_at < $4 GROUP BY 1`,
			args, []any{&slot, &currency, &f.Keys}, func() { at(slot, "").Keys += f.Keys },
		},
	} {
		err := q.each(ctx, part.text, part.args, func(rows *sql.Rows) error {
			if err := rows.Scan(part.dest...); err != nil {
				return err
			}
			part.add()
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	err := q.refundedShares(ctx, scope, from, to, func(r SoldRow) { at(SlotOf(r.PaidAt), r.Order.Currency).Cents -= r.RefundedCents })
	if err != nil {
		return nil, err
	}
	out := make([]SlotFigures, len(order))
	for i, p := range order {
		out[i] = *found[p]
	}
	return out, nil
}

// refundedShares gives the lines of orders of which something was given back,
// and that were not sold for the worth of their lines.
func (q Queries) refundedShares(ctx context.Context, scope purvey.Scope, from, to time.Time, take func(SoldRow)) error {
	ids, err := collect(ctx, q, `SELECT o.id FROM orders o WHERE o.shop_id = $1 AND o.mode = $2 AND o.paid_at >= $3 AND o.paid_at < $4
		AND o.financial <> 'PAID' AND `+sold+` AND o.total_cents <> `+lineSum, []any{scope.ShopID, scope.Mode, from.UnixMicro(), to.UnixMicro()}, scanID)
	if err != nil {
		return err
	}
	b := soldBranches()[0]
	for some := range chunks(ids) {
		w := b.where(scope, SoldFilter{})
		w.in(`o.id`, some)
		rows, err := q.soldIn(ctx, b, w, SoldAt{}, false, math.MaxInt32)
		if err != nil {
			return err
		}
		for _, r := range rows {
			take(r)
		}
	}
	return nil
}

// FigureSpan is a run of slots in which a zone's clock is not put back or
// forward, to be summed by units of its local time.
type FigureSpan struct {
	From, To int64         // slots, To exclusive
	Offset   time.Duration // of the local time
	Unit     time.Duration // an hour or a day
}

// UnitFigures are the figures of one unit of local time, in one currency.
type UnitFigures struct {
	Unit     int64 // since the epoch, by the local clock
	Currency string
	Figures
}

// SumFigures sums the kept figures of a span, without those of the days that
// are left out.
func (q Queries) SumFigures(ctx context.Context, scope purvey.Scope, s FigureSpan, without []int64) ([]UnitFigures, error) {
	unit, offset := int64(s.Unit/SlotLength), int64(s.Offset/SlotLength)
	w := newWhere(`f.shop_id = $1 AND f.mode = $2 AND f.slot >= $3 AND f.slot < $4`, scope.ShopID, scope.Mode, s.From, s.To)
	for _, day := range without {
		w.and(`(f.slot < ? OR f.slot >= ?)`, day*slotsPerDay, (day+1)*slotsPerDay)
	}
	w.args = append(w.args, offset, unit)
	n := len(w.args)
	text := `SELECT (f.slot + ` + placeholderAt(n-1) + `) / ` + placeholderAt(n) + ` AS unit, f.currency,`
	for i, column := range [...]string{"orders", "cents", "refunds", "downloads", "completed", "bytes", "customers", "keys"} {
		if i > 0 {
			text += ","
		}
		text += ` CAST(sum(f.` + column + `) AS BIGINT)`
	}
	return collect(ctx, q, text+` FROM figure_slot f WHERE `+w.text.String()+` GROUP BY 1, 2 ORDER BY 1, 2`, w.args, func(s scanner, u *UnitFigures) error {
		return s.Scan(append([]any{&u.Unit, &u.Currency}, u.columns()...)...)
	})
}
