package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"

	"purvey"
)

// Kept figures say what rows said that change no more. The rule: what is
// written with a time of more than figureLate ago marks its day, in the same
// transaction; and no slot is kept before it ended figureSettled ago. So a kept
// figure is the sum of its rows, or its day is marked.
const (
	figureLate    = time.Hour
	figureSettled = 2 * time.Hour
)

// marked notes that something of a past day was changed.
func (tx *Tx) marked(ctx context.Context, shopID string, mode purvey.Mode, at time.Time) error {
	if at.IsZero() || tx.Now().Sub(at) < figureLate {
		return nil
	}
	_, err := tx.exec(ctx, `INSERT INTO figure_mark (shop_id, mode, day, marks) VALUES ($1, $2, $3, 1)
		ON CONFLICT (shop_id, mode, day) DO UPDATE SET marks = figure_mark.marks + 1`, shopID, mode, dayOfSlot(SlotOf(at)))
	return err
}

// FigureState is how far the figures of a scope are kept.
type FigureState struct {
	Slot   int64   // those before it are
	Day    int64   // the days before it are; by UTC, since the epoch
	Marked []int64 // days to be counted anew, in order
	marks  map[int64]int64
}

// DaySlots gives the slots of a day.
func DaySlots(day int64) (from, to int64) { return day * slotsPerDay, (day + 1) * slotsPerDay }

// FigureState gives how far the figures of the scope are kept; false when they
// never were.
func (q Queries) FigureState(ctx context.Context, scope purvey.Scope) (FigureState, bool, error) {
	s := FigureState{marks: map[int64]int64{}}
	err := q.row(ctx, `SELECT slot, day FROM figure_state WHERE shop_id = $1 AND mode = $2`, []any{scope.ShopID, scope.Mode}, &s.Slot, &s.Day)
	begun := !errors.Is(err, purvey.NotFound)
	if err != nil && begun {
		return s, false, err
	}
	err = q.each(ctx, `SELECT day, marks FROM figure_mark WHERE shop_id = $1 AND mode = $2 ORDER BY day`, []any{scope.ShopID, scope.Mode}, func(rows *sql.Rows) error {
		var day, marks int64
		err := rows.Scan(&day, &marks)
		s.Marked = append(s.Marked, day)
		s.marks[day] = marks
		return err
	})
	return s, begun, err
}

// ForgetMark takes the mark from a day that was counted after the state was
// read; one that was marked again since keeps it.
func (db *DB) ForgetMark(ctx context.Context, scope purvey.Scope, s FigureState, day int64) error {
	return db.Tx(Later(ctx), func(tx *Tx) error {
		_, err := tx.exec(ctx, `DELETE FROM figure_mark WHERE shop_id = $1 AND mode = $2 AND day = $3 AND marks = $4`, scope.ShopID, scope.Mode, day, s.marks[day])
		return err
	})
}

// BeginFigures gives the day before which the scope has nothing to count;
// false when it has nothing at all.
func (q Queries) BeginFigures(ctx context.Context, scope purvey.Scope) (day int64, ok bool, err error) {
	args := []any{scope.ShopID, scope.Mode}
	for _, text := range []string{
		`SELECT coalesce(min(o.paid_at), 0) FROM orders o WHERE o.shop_id = $1 AND o.mode = $2 AND o.paid_at > 0`,
		`SELECT coalesce(min(d.created_at), 0) FROM download d WHERE d.shop_id = $1 AND d.mode = $2`,
		`SELECT coalesce(min(k.assigned_at), 0) FROM license_key k WHERE k.shop_id = $1 AND k.mode = $2 AND k.order_id <> '' AND k.assigned_at > 0`,
		`SELECT coalesce((SELECT c.created_at FROM customer c WHERE c.shop_id = $1 AND c.mode = $2 ORDER BY c.id LIMIT 1), 0)`,
	} {
		var us int64
		if err := q.row(ctx, text, args, &us); err != nil {
			return 0, false, err
		}
		if first := us / slotMicros / slotsPerDay; us != 0 && (!ok || first < day) {
			day, ok = first, true
		}
	}
	return day, ok, nil
}

// KeepFigures counts the slots from where the scope's figures end, at most
// count, and keeps them. It gives how far it came; nothing is left when that is
// the last that may be kept yet. It is safe to run twice and by two at once.
func (db *DB) KeepFigures(ctx context.Context, scope purvey.Scope, s FigureState, count int64) (FigureState, error) {
	from, to := s.Slot, min(s.Slot+count, LastSettled(db.Now()))
	if from >= to {
		return s, nil
	}
	rows, err := db.CountFigures(ctx, scope, SlotTime(from), SlotTime(to))
	if err != nil {
		return s, err
	}
	day := s.Day
	var objects []DayFigures
	for ; (day+1)*slotsPerDay <= to; day++ {
		of, err := db.countDay(ctx, scope, day)
		if err != nil {
			return s, err
		}
		objects = append(objects, of...)
	}
	err = db.Tx(Later(ctx), func(tx *Tx) error {
		n, err := tx.exec(ctx, `INSERT INTO figure_state (shop_id, mode, slot, day) VALUES ($1, $2, $3, $4)
			ON CONFLICT (shop_id, mode) DO UPDATE SET slot = excluded.slot, day = excluded.day WHERE figure_state.slot = $5`,
			scope.ShopID, scope.Mode, to, day, from)
		if err != nil || n == 0 {
			return err // somebody else was quicker, and goes on
		}
		if err := tx.replaceSlots(ctx, scope, from, to, rows); err != nil {
			return err
		}
		return tx.replaceDays(ctx, scope, s.Day, day, objects)
	})
	s.Slot, s.Day = to, day
	return s, err
}

// LastSettled is the first slot that may not be kept yet.
func LastSettled(now time.Time) int64 { return SlotOf(now.Add(-figureSettled)) }

// RenewFigures counts a marked day anew. When it was marked again meanwhile it
// stays marked.
func (db *DB) RenewFigures(ctx context.Context, scope purvey.Scope, s FigureState, day int64) error {
	from, to := DaySlots(day)
	if to = min(to, s.Slot); from > to {
		to = from
	}
	rows, err := db.CountFigures(ctx, scope, SlotTime(from), SlotTime(to))
	if err != nil {
		return err
	}
	var objects []DayFigures
	if day < s.Day {
		if objects, err = db.countDay(ctx, scope, day); err != nil {
			return err
		}
	}
	err = db.Tx(Later(ctx), func(tx *Tx) error {
		n, err := tx.exec(ctx, `DELETE FROM figure_mark WHERE shop_id = $1 AND mode = $2 AND day = $3 AND marks = $4`, scope.ShopID, scope.Mode, day, s.marks[day])
		if err != nil || n == 0 {
			return err
		}
		// Whoever keeps more meanwhile may have counted before the change.
		n, err = tx.exec(ctx, `UPDATE figure_state SET slot = slot WHERE shop_id = $1 AND mode = $2 AND slot = $3 AND day = $4`, scope.ShopID, scope.Mode, s.Slot, s.Day)
		if err == nil && n == 0 {
			err = errKeptMeanwhile
		}
		if err != nil {
			return err
		}
		if err := tx.replaceSlots(ctx, scope, from, to, rows); err != nil || day >= s.Day {
			return err
		}
		return tx.replaceDays(ctx, scope, day, day+1, objects)
	})
	if errors.Is(err, errKeptMeanwhile) {
		return nil
	}
	return err
}

var errKeptMeanwhile = errors.New("more figures were kept meanwhile")

func (tx *Tx) replaceSlots(ctx context.Context, scope purvey.Scope, from, to int64, rows []SlotFigures) error {
	_, err := tx.exec(ctx, `DELETE FROM figure_slot WHERE shop_id = $1 AND mode = $2 AND slot >= $3 AND slot < $4`, scope.ShopID, scope.Mode, from, to)
	if err != nil {
		return err
	}
	return tx.insertRows(ctx, `INSERT INTO figure_slot (shop_id, mode, slot, currency, `+figureColumns+`) VALUES `, 12, len(rows), func(i int) []any {
		r := rows[i]
		return []any{scope.ShopID, scope.Mode, r.Slot, r.Currency, r.Orders, r.Cents, r.Refunds, r.Downloads, r.Completed, r.Bytes, r.Customers, r.Keys}
	})
}

func (tx *Tx) replaceDays(ctx context.Context, scope purvey.Scope, from, to int64, rows []DayFigures) error {
	for _, kind := range [...]string{ObjectProduct, ObjectFile} {
		_, err := tx.exec(ctx, `DELETE FROM figure_day WHERE shop_id = $1 AND mode = $2 AND kind = $3 AND day >= $4 AND day < $5`, scope.ShopID, scope.Mode, kind, from, to)
		if err != nil {
			return err
		}
	}
	return tx.insertRows(ctx, `INSERT INTO figure_day (shop_id, mode, kind, day, object_id, currency, number, amount) VALUES `, 8, len(rows), func(i int) []any {
		r := rows[i]
		return []any{scope.ShopID, scope.Mode, r.Kind, r.Day, r.ObjectID, r.Currency, r.Number, r.Amount}
	})
}

// insertRows writes many rows, some at a time.
func (tx *Tx) insertRows(ctx context.Context, head string, columns, rows int, values func(i int) []any) error {
	const most = 64
	for done := 0; done < rows; {
		n := 1
		if rows-done >= most {
			n = most // two texts in all are prepared
		}
		args := make([]any, 0, n*columns)
		for i := range n {
			args = append(args, values(done+i)...)
		}
		if _, err := tx.exec(ctx, head+valueList(n, columns), args...); err != nil {
			return err
		}
		done += n
	}
	return nil
}

// valueList writes ($1, $2, …), (…) for rows of columns.
func valueList(rows, columns int) string {
	var b strings.Builder
	for i := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('(')
		for j := range columns {
			if j > 0 {
				b.WriteByte(',')
			}
			b.WriteString(placeholderAt(i*columns + j + 1))
		}
		b.WriteByte(')')
	}
	return b.String()
}

func placeholderAt(n int) string { return "$" + strconv.Itoa(n) }
