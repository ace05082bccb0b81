package order

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"purvey"
	"purvey/internal/license"
	"purvey/internal/store"
)

// maxKeysByHand bounds the keys that are assigned by one call.
const maxKeysByHand = 100

// GiveKeys assigns licence keys to a line at a person's word: the given ones,
// of which those that the shop does not have yet are taken into it, or, with
// none given, as many from stock as the line's units still lack. The customer
// is mailed when there is something new. A key that the line holds already is
// left alone, so it is safe to run twice; one that another line holds, no free
// key, and a line that is not paid or has ended are a Conflict.
func (s *Service) GiveKeys(ctx context.Context, scope purvey.Scope, id, lineID string, keys []string, mail bool) (purvey.Order, error) {
	if err := checkKeysByHand(keys); err != nil {
		return purvey.Order{}, err
	}
	return s.changeAs(ctx, scope, id, actionKeys, func(tx *store.Tx, o *purvey.Order) error {
		l, ok := o.Line(lineID)
		if !ok {
			return purvey.Missing("order line")
		}
		if !l.Access.HasKeys() {
			return purvey.Because(purvey.Conflict, purvey.ReasonTransition, "the line gives no licence keys")
		}
		if !o.Financial.WasPaid() || l.Status == purvey.LineCanceled || l.Status == purvey.LineRefunded || l.Status == purvey.LineUnpaid {
			return purvey.Because(purvey.Conflict, purvey.ReasonTransition, "a line that is %s gets no licence keys", l.Status)
		}
		products, err := productsOf(ctx, tx, o)
		if err != nil {
			return err
		}
		p := products[l.ProductID]
		had := len(l.Keys)
		if len(keys) > 0 {
			err = s.giveNamed(ctx, tx, o, l, p, keys)
		} else {
			err = s.giveStock(ctx, tx, o, l, p)
		}
		if err != nil || len(l.Keys) == had {
			return err
		}
		l.KeysOwed = max(0, min(l.KeysOwed, l.Units()-len(l.Keys)))
		early := l.Delivering == purvey.Scheduled && tx.Now().Before(p.ScheduledAt)
		if l.Status == purvey.LineProcessing && l.Access == purvey.AccessKey && o.Releasable() && !early {
			l.Status, l.DeliveredAt = purvey.LineActive, tx.Now()
		}
		if err := tx.UpdateLine(ctx, l); err != nil || !mail {
			return err
		}
		return s.sendDelivery(ctx, tx, o, products)
	})
}

func checkKeysByHand(keys []string) error {
	if len(keys) > maxKeysByHand {
		return purvey.BadField("keys", "must hold at most %d keys", maxKeysByHand)
	}
	for i, k := range keys {
		n := utf8.RuneCountInString(k)
		if n == 0 || n > purvey.MaxKeyLength || strings.TrimSpace(k) != k || !utf8.ValidString(k) {
			return purvey.BadField(fmt.Sprintf("keys.%d", i), "must be 1 to %d characters without outer space", purvey.MaxKeyLength)
		}
		if slices.Contains(keys[:i], k) {
			return purvey.BadField(fmt.Sprintf("keys.%d", i), "is given twice")
		}
	}
	return nil
}

// giveNamed binds keys by their text; those of other tags too, since a person
// says so.
func (s *Service) giveNamed(ctx context.Context, tx *store.Tx, o *purvey.Order, l *purvey.Line, p purvey.Product, keys []string) error {
	scope := scopeOf(o)
	if err := tx.LockInventory(ctx, scope); err != nil {
		return err
	}
	taken := map[string]int{}
	for i, text := range keys {
		k, err := tx.LicenseKeyByText(ctx, scope, text)
		if errors.Is(err, purvey.NotFound) {
			now := tx.Now()
			k = purvey.LicenseKey{ID: tx.NewID(), ShopID: o.ShopID, Mode: o.Mode, Key: text, Tag: p.KeyTag, CreatedAt: now, UpdatedAt: now}
			err = tx.InsertKeys(ctx, []purvey.LicenseKey{k})
		} else if err == nil && !k.Assigned() {
			taken[k.Tag]++
		}
		if err != nil {
			return err
		}
		if k.LineID == l.ID && k.BurntAt.IsZero() {
			continue
		}
		bound := false
		if !k.Assigned() {
			if bound, err = license.Bind(ctx, tx, o, l, &k); err != nil {
				return err
			}
		}
		if !bound {
			e := purvey.Because(purvey.Conflict, purvey.ReasonKeyAssigned, "the key is assigned to order %s", k.OrderName)
			e.Fields = []purvey.Field{{Name: fmt.Sprintf("keys.%d", i), Message: "is assigned already"}}
			return e
		}
	}
	for tag, n := range taken {
		if err := license.Taken(ctx, tx, scope, tag, n); err != nil {
			return err
		}
	}
	return nil
}

// giveStock gives what the line lacks from stock, without a look at who else
// waits.
func (s *Service) giveStock(ctx context.Context, tx *store.Tx, o *purvey.Order, l *purvey.Line, p purvey.Product) error {
	want := l.Units() - len(l.Keys)
	if want <= 0 {
		return nil
	}
	if p.KeyMode == purvey.KeysGenerated {
		return license.Give(ctx, tx, o, l, p)
	}
	if err := tx.LockKeys(ctx, scopeOf(o), p.KeyTag); err != nil {
		return err
	}
	free, err := tx.FreeKeys(ctx, scopeOf(o), p.KeyTag, want)
	if err != nil {
		return err
	}
	if len(free) == 0 {
		return purvey.Because(purvey.Conflict, purvey.ReasonTransition, "there is no free licence key in stock")
	}
	for i := range free {
		if _, err := license.Bind(ctx, tx, o, l, &free[i]); err != nil {
			return err
		}
	}
	return license.Taken(ctx, tx, scopeOf(o), p.KeyTag, len(free))
}

// Retry has a line that failed, or that waits, made ready again soon. A line in
// another state, and an order that is not paid or is held, are a Conflict. It
// is safe to run twice.
func (s *Service) Retry(ctx context.Context, scope purvey.Scope, id, lineID string) (purvey.Order, error) {
	return s.changeAs(ctx, scope, id, actionRetried, func(tx *store.Tx, o *purvey.Order) error {
		l, ok := o.Line(lineID)
		if !ok {
			return purvey.Missing("order line")
		}
		switch {
		case l.Status != purvey.LineProcessing && l.Status != purvey.LineFailed:
			return purvey.Because(purvey.Conflict, purvey.ReasonTransition, "a line that is %s has nothing to be tried again", l.Status)
		case !o.Releasable():
			return purvey.Because(purvey.Conflict, purvey.ReasonTransition, "the order is not paid, or is held for its risk")
		}
		if l.Status == purvey.LineFailed {
			extra := map[string]json.RawMessage{}
			if len(l.Extra) > 0 {
				if err := json.Unmarshal(l.Extra, &extra); err != nil {
					return err
				}
			}
			delete(extra, "failure")
			rest, err := json.Marshal(extra)
			if err != nil {
				return err
			}
			l.Status, l.Extra = purvey.LineProcessing, rest
			if err := tx.UpdateLine(ctx, l); err != nil {
				return err
			}
		}
		return tx.Enqueue(ctx, purvey.Job{Kind: purvey.JobFulfil, Key: l.ID})
	})
}

// Cancel ends lines of an order, all of them if none is named: access is gone
// and never comes back. No money is given back by it. Lines that have ended
// stay as they are, so it is safe to run twice.
func (s *Service) Cancel(ctx context.Context, scope purvey.Scope, id string, lineIDs []string, reason string) (purvey.Order, error) {
	if utf8.RuneCountInString(reason) > maxText {
		return purvey.Order{}, purvey.BadField("reason", "must be at most %d characters", maxText)
	}
	return s.changeAs(ctx, scope, id, actionCanceled, func(tx *store.Tx, o *purvey.Order) error {
		before, lines := canceledLines(o), lineIDs
		if len(lines) == 0 {
			for _, l := range o.Lines {
				lines = append(lines, l.ID)
			}
		}
		for i, lineID := range lines {
			l, ok := o.Line(lineID)
			if !ok {
				e := purvey.Missing("order line")
				e.Fields = []purvey.Field{{Name: fmt.Sprintf("line_ids.%d", i), Message: "is not a line of this order"}}
				return e
			}
			if err := s.cancelQuietly(ctx, tx, o, l, reason); err != nil {
				return err
			}
		}
		if canceledLines(o) == before {
			return nil
		}
		return s.afterCancel(ctx, tx, o)
	})
}
