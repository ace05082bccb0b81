package license

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"unicode/utf8"

	"purvey"
	"purvey/internal/store"
)

// Tag is the stock of one tag, with the products that take keys of it.
type Tag struct {
	store.KeyTag
	Products []purvey.Product // id and name
}

// uncounted is how many keys may be left for each look at the stock to count.
const uncounted = 5000

// Tags tells the scope's stock by tag, in the order of the tags: every tag that
// has keys, that keys are owed of, or that a product takes keys of.
func (s *Service) Tags(ctx context.Context, scope purvey.Scope) ([]Tag, error) {
	n, err := s.db.UncountedKeys(ctx, scope, s.db.Now(), uncounted)
	if err == nil && n >= uncounted {
		err = s.db.Tx(ctx, func(tx *store.Tx) error { return tx.CountKeys(ctx, scope) })
	}
	if err != nil {
		return nil, err
	}
	stock, err := s.db.KeyTags(ctx, scope)
	if err != nil {
		return nil, err
	}
	products, err := s.db.ProductsByTag(ctx, scope.ShopID)
	if err != nil {
		return nil, err
	}
	out := make([]Tag, 0, len(stock))
	for _, t := range stock {
		out = append(out, Tag{t, products[t.Tag]})
		delete(products, t.Tag)
	}
	for tag, takers := range products {
		out = append(out, Tag{store.KeyTag{Tag: tag}, takers})
	}
	slices.SortFunc(out, func(a, b Tag) int { return strings.Compare(a.Tag, b.Tag) })
	return out, nil
}

// Owed is a line that waits for keys.
type Owed = store.OwedKeys

// Waiting lists the lines that wait for keys of a tag, or (nil) of any.
func (s *Service) Waiting(ctx context.Context, scope purvey.Scope, tag *string, p purvey.Page) (purvey.Listed[Owed], error) {
	return s.db.OwedLines(ctx, scope, tag, p)
}

// Place is a place in a list of keys that were searched.
type Place = store.KeyPlace

// Search lists the keys that begin with a text, and those of the order with
// that name, in the order of their texts.
func (s *Service) Search(ctx context.Context, scope purvey.Scope, text string, f Filter, after Place, limit int) (purvey.Listed[purvey.LicenseKey], error) {
	return s.db.KeysByText(ctx, scope, text, f, after, limit)
}

// DefaultPattern makes keys of 100 random bits.
const DefaultPattern = "XXXXX-XXXXX-XXXXX-XXXXX"

// minRandom is how many random characters, of 5 bits each, a pattern must have:
// with 50 bits, a stock of a million keys is hit by one guess in a thousand
// million.
const minRandom = 10

// Generate makes n keys by a pattern and takes them into stock: each X of it
// becomes a random letter or digit, none that people misread, and everything
// else stays. No key is one that the scope has already. "" is DefaultPattern.
func (s *Service) Generate(ctx context.Context, scope purvey.Scope, tag, pattern string, n int) ([]purvey.LicenseKey, error) {
	if pattern == "" {
		pattern = DefaultPattern
	}
	var c purvey.Checker
	c.Require(n >= 1 && n <= purvey.MaxKeysPerBatch, "count", "must be between 1 and %d", purvey.MaxKeysPerBatch)
	c.Require(utf8.RuneCountInString(tag) <= purvey.MaxTagLength, "tag", "must be at most %d characters", purvey.MaxTagLength)
	length := utf8.RuneCountInString(pattern)
	c.Require(length <= purvey.MaxKeyLength && strings.TrimSpace(pattern) == pattern, "pattern", "must be at most %d characters, without outer space", purvey.MaxKeyLength)
	c.Require(strings.Count(pattern, "X") >= minRandom, "pattern", "must have at least %d times the letter X, which stands for a random one", minRandom)
	if err := c.Err(); err != nil {
		return nil, err
	}
	var out []purvey.LicenseKey
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		out = nil
		for len(out) < n {
			texts := make([]string, n-len(out))
			for i := range texts {
				texts[i] = filled(pattern)
			}
			added, err := s.Add(tx.With(ctx), scope, Batch{Keys: texts, Tag: tag, Duplicates: purvey.DuplicatesSkip})
			if err != nil {
				return err
			}
			out = append(out, added.Keys...)
		}
		return nil
	})
	return out, err
}

// letters leaves out 0, 1, I and O, which people misread. There are 32, so that
// five random bits choose one.
const letters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

// filled is a pattern with random letters for its X.
func filled(pattern string) string {
	random := make([]byte, strings.Count(pattern, "X"))
	rand.Read(random)
	var out strings.Builder
	for _, r := range pattern {
		if r == 'X' {
			r, random = rune(letters[random[0]&31]), random[1:]
		}
		out.WriteRune(r)
	}
	return out.String()
}
