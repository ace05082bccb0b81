package license

import (
	"context"
	"slices"

	"purvey"
	"purvey/internal/store"
)

// EnqueueWaiting has the lines that wait for keys of a tag served soon after
// tx is committed.
func EnqueueWaiting(ctx context.Context, tx *store.Tx, scope purvey.Scope, tag string) error {
	waiting, err := tx.WaitingLines(ctx, scope, tag, 1)
	if err != nil || len(waiting) == 0 {
		return err
	}
	return tx.Enqueue(ctx, purvey.Job{Kind: purvey.JobServeWaiting, Key: WaitingKey(scope, tag)})
}

// WaitingKey names the job that serves the lines waiting for a tag.
func WaitingKey(scope purvey.Scope, tag string) string {
	return scope.ShopID + "/" + string(scope.Mode) + "/" + tag
}

// LockPools takes the locks of several tags in the one order in which all take
// them, so that no two transactions wait for each other.
func LockPools(ctx context.Context, tx *store.Tx, scope purvey.Scope, tags []string) error {
	slices.Sort(tags)
	for _, tag := range slices.Compact(tags) {
		if err := tx.LockKeys(ctx, scope, tag); err != nil {
			return err
		}
	}
	return nil
}

// Give gives a line the keys that its units are still to get, as many as
// there are: from the pool of the product's tag, or made afresh. What is
// missing stays in KeysOwed; so do all while others wait for the tag, who come
// first. It takes the pool's lock (who gives to several lines calls LockPools
// before the first); the caller writes the line. Serves BDD-35.
func Give(ctx context.Context, tx *store.Tx, o *purvey.Order, l *purvey.Line, p purvey.Product) error {
	want := l.Units() - len(l.Keys)
	l.KeysOwed = 0
	if !l.Access.HasKeys() || want <= 0 {
		return nil
	}
	scope := purvey.Scope{ShopID: o.ShopID, Mode: o.Mode}
	if p.KeyMode == purvey.KeysGenerated {
		return generate(ctx, tx, o, l, p, want)
	}
	if err := tx.LockKeys(ctx, scope, p.KeyTag); err != nil {
		return err
	}
	waiting, err := tx.WaitingLines(ctx, scope, p.KeyTag, 1)
	if err != nil {
		return err
	}
	if len(waiting) > 0 && waiting[0].LineID != l.ID {
		l.KeysOwed = want // what comes into stock goes to whoever waits, in turn
		return nil
	}
	free, err := tx.FreeKeys(ctx, scope, p.KeyTag, want)
	if err != nil {
		return err
	}
	for i := range free {
		if _, err := Bind(ctx, tx, o, l, &free[i]); err != nil {
			return err
		}
	}
	l.KeysOwed = want - len(free)
	return Taken(ctx, tx, scope, p.KeyTag, len(free))
}

func generate(ctx context.Context, tx *store.Tx, o *purvey.Order, l *purvey.Line, p purvey.Product, want int) error {
	now := tx.Now()
	keys := make([]purvey.LicenseKey, want)
	for i := range keys {
		keys[i] = purvey.LicenseKey{
			ID: tx.NewID(), ShopID: o.ShopID, Mode: o.Mode, Key: purvey.GenerateKey(), Tag: p.KeyTag,
			OrderID: o.ID, OrderName: o.Name, LineID: l.ID, AssignedAt: now, CreatedAt: now, UpdatedAt: now,
		}
	}
	if err := tx.InsertKeys(ctx, keys); err != nil {
		return err
	}
	for i := range keys {
		l.Keys = append(l.Keys, keys[i])
		if err := assigned(ctx, tx, o, l, &keys[i]); err != nil {
			return err
		}
	}
	return nil
}

// Bind gives one free key to a line and tells of it; false when the key is
// not free any more.
func Bind(ctx context.Context, tx *store.Tx, o *purvey.Order, l *purvey.Line, k *purvey.LicenseKey) (bool, error) {
	ok, err := tx.BindKey(ctx, k, o.ID, o.Name, l.ID)
	if err != nil || !ok {
		return false, err
	}
	l.Keys = append(l.Keys, *k)
	return true, assigned(ctx, tx, o, l, k)
}

func assigned(ctx context.Context, tx *store.Tx, o *purvey.Order, l *purvey.Line, k *purvey.LicenseKey) error {
	scope := purvey.Scope{ShopID: o.ShopID, Mode: o.Mode}
	bare := *o
	bare.Lines = nil
	return tx.Emit(ctx, scope, purvey.EventKeyAssigned, o.ID, purvey.EventData{Order: &bare, Line: l, Key: k})
}

// Taken tells of low stock when n keys have just left a tag's stock: once when
// it falls to the shop's threshold and once when it reaches 0.
func Taken(ctx context.Context, tx *store.Tx, scope purvey.Scope, tag string, n int) error {
	if n == 0 {
		return nil
	}
	shop, err := tx.ShopOf(ctx, scope.ShopID)
	if err != nil {
		return err
	}
	threshold := shop.Settings.LicenseKeys.LowStock
	free, err := tx.CountFreeKeys(ctx, scope, tag, threshold+1)
	if err != nil {
		return err
	}
	fell := free <= threshold && free+n > threshold
	if !fell && free > 0 {
		return nil
	}
	return tx.Emit(ctx, scope, purvey.EventStockLow, "", purvey.EventData{Tag: tag, Free: free})
}

// Drop takes the line's newest keys until it holds no more than it has units,
// and returns them to stock, whose pools the caller has locked, or burns them.
// The caller writes the line.
func Drop(ctx context.Context, tx *store.Tx, o *purvey.Order, l *purvey.Line, burn bool) error {
	scope := purvey.Scope{ShopID: o.ShopID, Mode: o.Mode}
	tags := map[string]bool{}
	for len(l.Keys) > l.Units() {
		k := l.Keys[len(l.Keys)-1]
		l.Keys = l.Keys[:len(l.Keys)-1]
		if burn {
			if err := tx.BurnKey(ctx, &k); err != nil {
				return err
			}
			continue
		}
		if err := tx.ReleaseKey(ctx, &k); err != nil {
			return err
		}
		tags[k.Tag] = true
	}
	l.KeysOwed = min(l.KeysOwed, l.Units()-len(l.Keys))
	for tag := range tags {
		if err := EnqueueWaiting(ctx, tx, scope, tag); err != nil {
			return err
		}
	}
	return nil
}

// Release returns a key to stock, whoever holds it; a free one is left as it
// is. Waiting lines are served. Serves BDD-14.
func (s *Service) Release(ctx context.Context, scope purvey.Scope, id string) (purvey.LicenseKey, error) {
	var k purvey.LicenseKey
	err := s.db.Tx(ctx, func(tx *store.Tx) (err error) {
		if k, err = tx.LicenseKey(ctx, scope, id); err != nil {
			return err
		}
		// Whoever finds the stock empty now is seen to wait afterwards.
		if err := tx.LockKeys(ctx, scope, k.Tag); err != nil {
			return err
		}
		if k, err = tx.LicenseKey(ctx, scope, id); err != nil || !k.Assigned() {
			return err
		}
		change := keyChange(scope, k, "license_key.unassigned")
		if err := tx.ReleaseKey(ctx, &k); err != nil {
			return err
		}
		if err := tx.Audit(ctx, change); err != nil {
			return err
		}
		return EnqueueWaiting(ctx, tx, scope, k.Tag)
	})
	return k, err
}

// Delete removes a free key for good; an assigned one is a Conflict. Serves
// BDD-15.
func (s *Service) Delete(ctx context.Context, scope purvey.Scope, id string) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		k, err := tx.LicenseKey(ctx, scope, id)
		if err != nil {
			return err
		}
		if err := tx.DiscountKey(ctx, k); err != nil {
			return err
		}
		deleted, err := tx.DeleteKey(ctx, k)
		if err != nil {
			return err
		}
		if !deleted {
			return purvey.Because(purvey.Conflict, purvey.ReasonKeyAssigned, "the key is assigned to order %s", k.OrderName)
		}
		if err := tx.Audit(ctx, keyChange(scope, k, "license_key.deleted")); err != nil {
			return err
		}
		return Taken(ctx, tx, scope, k.Tag, 1)
	})
}
