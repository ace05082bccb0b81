package overview

import (
	"context"
	"errors"
	"time"

	"purvey"
	"purvey/internal/store"
)

// How many slots are counted at a time: from some hours' to a month's, as many
// as take some tenths of a second. Nobody waits for the counting, and what is
// written in the end are a few rows for each slot.
const (
	leastSlots = 24
	mostSlots  = 30 * 96
	longPiece  = 600 * time.Millisecond
	shortPiece = 150 * time.Millisecond
)

// Keep brings the kept figures of every shop up to now, and counts again the
// days of which something was changed. It is the work of a periodic job, safe
// to run twice. A shop that was there before figures were kept is taken from
// its beginning.
func (s *Service) Keep(ctx context.Context) error {
	shops, err := s.db.Shops(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, shop := range shops {
		for _, mode := range []purvey.Mode{purvey.Live, purvey.Sandbox} {
			if err := s.keepScope(ctx, purvey.Scope{ShopID: shop.ID, Mode: mode}); err != nil {
				failed = append(failed, err)
			}
		}
	}
	return errors.Join(failed...)
}

func (s *Service) keepScope(ctx context.Context, scope purvey.Scope) error {
	state, begun, err := s.db.FigureState(ctx, scope)
	if err != nil {
		return err
	}
	if !begun {
		day, any, err := s.db.BeginFigures(ctx, scope)
		if err != nil || !any {
			return err
		}
		state.Day = day
		state.Slot, _ = store.DaySlots(day)
	}
	begin := state.Slot
	for count := int64(leastSlots); state.Slot < store.LastSettled(s.db.Now()); {
		if err := ctx.Err(); err != nil {
			return err
		}
		start := time.Now()
		if state, err = s.db.KeepFigures(ctx, scope, state, count); err != nil {
			return err
		}
		switch took := time.Since(start); {
		case took > longPiece:
			count = max(count/2, leastSlots)
		case took < shortPiece:
			count = min(count*2, mostSlots)
		}
	}
	// The marks are those that were there before: what was counted here was
	// counted after them.
	for _, day := range state.Marked {
		if err := ctx.Err(); err != nil {
			return err
		}
		renew := s.db.RenewFigures
		if from, _ := store.DaySlots(day); from >= begin {
			renew = s.db.ForgetMark
		}
		if err := renew(ctx, scope, state, day); err != nil {
			return err
		}
	}
	return nil
}
