package store

import (
	"context"
	"errors"
	"time"

	"purvey"
)

// BytesSent gives what was sent of the copies and readings begun in a while,
// from inclusive, to exclusive: the bandwidth of DownloadStats, summed from kept
// figures where they hold.
func (q Queries) BytesSent(ctx context.Context, scope purvey.Scope, from, to time.Time) (int64, error) {
	state, kept, err := q.FigureState(ctx, scope)
	if err != nil {
		return 0, err
	}
	first, last := SlotOf(from.Add(SlotLength-time.Microsecond)), min(SlotOf(to), state.Slot)
	if !kept || first >= last {
		return q.countBytes(ctx, scope, from, to)
	}
	type span struct{ from, to time.Time }
	count := []span{{from, SlotTime(first)}, {SlotTime(last), to}}
	w := newWhere(`f.shop_id = $1 AND f.mode = $2 AND f.slot >= $3 AND f.slot < $4`, scope.ShopID, scope.Mode, first, last)
	for _, day := range state.Marked {
		if a, b := DaySlots(day); a < last && b > first {
			w.and(`(f.slot < ? OR f.slot >= ?)`, a, b)
			count = append(count, span{SlotTime(max(a, first)), SlotTime(min(b, last))})
		}
	}
	var sum int64
	if err := q.row(ctx, `SELECT CAST(coalesce(sum(f.bytes), 0) AS BIGINT) FROM figure_slot f WHERE `+w.text.String(), w.args, &sum); err != nil {
		return 0, err
	}
	for _, s := range count {
		n, err := q.countBytes(ctx, scope, s.from, s.to)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

func (q Queries) countBytes(ctx context.Context, scope purvey.Scope, from, to time.Time) (int64, error) {
	if !from.Before(to) {
		return 0, nil
	}
	var sum int64
	err := q.row(ctx, `SELECT CAST(coalesce(sum(d.sent), 0) AS BIGINT) FROM download d WHERE d.shop_id = $1 AND d.mode = $2 AND d.created_at >= $3
		AND d.created_at < $4`, []any{scope.ShopID, scope.Mode, micros(from), micros(to)}, &sum)
	return sum, err
}

// BandwidthLevel gives the level of its budget that a shop was told of last and
// is at still; 0 none.
func (q Queries) BandwidthLevel(ctx context.Context, shopID string) (int, error) {
	var level int
	err := q.row(ctx, `SELECT level FROM bandwidth_notice WHERE shop_id = $1`, []any{shopID}, &level)
	if errors.Is(err, purvey.NotFound) {
		err = nil
	}
	return level, err
}

// SetBandwidthLevel notes the level of its budget that a shop is at, and gives
// the one it was at before.
func (tx *Tx) SetBandwidthLevel(ctx context.Context, shopID string, level int) (was int, err error) {
	if err := tx.Lock(ctx, "bandwidth "+shopID); err != nil {
		return 0, err
	}
	if was, err = tx.BandwidthLevel(ctx, shopID); err != nil || was == level {
		return was, err
	}
	_, err = tx.exec(ctx, `INSERT INTO bandwidth_notice (shop_id, level, updated_at) VALUES ($1, $2, $3)
		ON CONFLICT (shop_id) DO UPDATE SET level = excluded.level, updated_at = excluded.updated_at`, shopID, level, micros(tx.Now()))
	return was, err
}
