package license

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"purvey"
	"purvey/internal/store"
)

// Batch is a batch of keys on its way into stock.
type Batch struct {
	Keys       []string // 1 to 5,000, each 1 to 255 characters after trimming
	Tag        string   // at most 120 characters after trimming
	Duplicates string   // skip (default), create, fail
}

// Added is what became of a batch.
type Added struct {
	Keys    []purvey.LicenseKey // the created ones, in the order they were given
	Skipped int
}

// Add takes a batch into stock, wholly or not at all, and has waiting lines
// served. A key counts as a duplicate when the scope has it under any tag or
// when it came earlier in the batch. Serves BDD-12.
func (s *Service) Add(ctx context.Context, scope purvey.Scope, b Batch) (Added, error) {
	if err := b.check(); err != nil {
		return Added{}, err
	}
	before, known, err := s.lookAhead(ctx, scope, b)
	if err != nil {
		return Added{}, err
	}
	var out Added
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		out = Added{}
		if err := tx.LockInventory(ctx, scope); err != nil { // duplicates are looked for in every tag
			return err
		}
		if err := tx.LockKeys(ctx, scope, b.Tag); err != nil {
			return err
		}
		seen := map[string]bool{}
		switch {
		case b.Duplicates == purvey.DuplicatesCreate:
		case tx.SameKeys(before):
			seen = maps.Clone(known)
		default:
			var err error
			if seen, err = tx.KnownKeys(ctx, scope, b.Keys); err != nil {
				return err
			}
		}
		now := tx.Now()
		var repeated []string
		for _, text := range b.Keys {
			if b.Duplicates != purvey.DuplicatesCreate {
				if seen[text] {
					repeated = append(repeated, text)
					continue
				}
				seen[text] = true
			}
			out.Keys = append(out.Keys, purvey.LicenseKey{
				ID: tx.NewID(), ShopID: scope.ShopID, Mode: scope.Mode, Key: text, Tag: b.Tag, CreatedAt: now, UpdatedAt: now,
			})
		}
		out.Skipped = len(repeated)
		if b.Duplicates == purvey.DuplicatesFail && len(repeated) > 0 {
			return refuseRepeated(repeated)
		}
		if err := tx.InsertKeys(ctx, out.Keys); err != nil {
			return err
		}
		if len(out.Keys) > 0 {
			if err := tx.Audit(ctx, keysChange(scope, b.Tag, "license_keys.added", len(out.Keys))); err != nil {
				return err
			}
		}
		return EnqueueWaiting(ctx, tx, scope, b.Tag)
	})
	return out, err
}

// lookAhead looks for the batch's keys before its transaction, which others
// would wait behind, and on two connections. What it finds is good as long as
// no key has been written to since the moment it gives.
func (s *Service) lookAhead(ctx context.Context, scope purvey.Scope, b Batch) (store.Moment, map[string]bool, error) {
	before := s.db.Moment(ctx)
	if !before.Known() || b.Duplicates == purvey.DuplicatesCreate || len(b.Keys) < aheadFrom {
		return store.Moment{}, nil, nil
	}
	texts := slices.Sorted(slices.Values(b.Keys))
	var half map[string]bool
	var halfErr error
	done := make(chan struct{})
	go func() {
		defer close(done)
		half, halfErr = s.db.KnownKeys(ctx, scope, texts[len(texts)/2:])
	}()
	known, err := s.db.KnownKeys(ctx, scope, texts[:len(texts)/2])
	<-done
	if err = errors.Join(err, halfErr); err != nil {
		return store.Moment{}, nil, err
	}
	maps.Copy(known, half)
	return before, known, nil
}

// aheadFrom is from how many keys on looking ahead is worth it.
const aheadFrom = 500

func (b *Batch) check() error {
	var c purvey.Checker
	b.Tag = strings.TrimSpace(b.Tag) // as a product's is, or its lines would never find the keys
	c.Require(len(b.Keys) >= 1 && len(b.Keys) <= purvey.MaxKeysPerBatch, "keys", "must hold 1 to %d keys", purvey.MaxKeysPerBatch)
	c.Require(utf8.RuneCountInString(b.Tag) <= purvey.MaxTagLength, "tag", "must be at most %d characters", purvey.MaxTagLength)
	switch b.Duplicates {
	case "":
		b.Duplicates = purvey.DuplicatesSkip
	case purvey.DuplicatesSkip, purvey.DuplicatesCreate, purvey.DuplicatesFail:
	default:
		c.Require(false, "duplicates", "must be skip, create or fail")
	}
	if err := c.Err(); err != nil {
		return err
	}
	b.Keys = slices.Clone(b.Keys)
	for i, k := range b.Keys {
		b.Keys[i] = strings.TrimSpace(k)
		n := utf8.RuneCountInString(b.Keys[i])
		if n < 1 || n > purvey.MaxKeyLength || !utf8.ValidString(k) || strings.ContainsRune(k, 0) {
			c.Require(false, fmt.Sprintf("keys.%d", i), "must be 1 to %d characters", purvey.MaxKeyLength)
			return c.Err()
		}
	}
	return nil
}

// refuseRepeated names up to 20 of the keys that exist already.
func refuseRepeated(keys []string) error {
	e := purvey.Because(purvey.Conflict, purvey.ReasonDuplicate, "%d of the keys exist already", len(keys))
	for _, k := range keys[:min(len(keys), 20)] {
		e.Fields = append(e.Fields, purvey.Field{Name: "keys", Message: k + " exists already"})
	}
	return e
}

// settledAtOnce is how many texts one transaction moves, so that those who wait
// behind it hardly notice.
const settledAtOnce = 500

// Settle brings the texts of batches to their places, so that they are found
// as quickly as all others. It may be ended and begun again at any time.
func (s *Service) Settle(ctx context.Context) error {
	for more := true; more; {
		err := s.db.Tx(store.Later(ctx), func(tx *store.Tx) (err error) {
			more, err = tx.SettleKeys(ctx, settledAtOnce)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
