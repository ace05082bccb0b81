package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"purvey"
)

// KeyTag is the stock of one tag in numbers.
type KeyTag struct {
	Tag      string
	Free     int64
	Assigned int64 // held by orders
	Burnt    int64 // taken from their order for good
	Waiting  int64 // owed to lines of orders that nothing holds back
}

// servable is what an order must be for its lines to be served, as WaitingLines
// has it.
const servable = `o.financial IN ('PAID', 'PARTIALLY_REFUNDED') AND (o.risk <> 'HIGH' OR o.risk_accepted)`

// KeyTags gives the numbers of every tag that the scope has keys of, or that
// keys are owed of, in the order of the tags. Free, burnt and owed keys are
// counted by an index each. Those that are assigned are the rest of all, which
// CountKeys has counted up to an id.
func (q Queries) KeyTags(ctx context.Context, scope purvey.Scope) ([]KeyTag, error) {
	tags := map[string]*KeyTag{}
	count := func(text string, take func(t *KeyTag, n int64), args ...any) error {
		return q.each(ctx, text, append([]any{scope.ShopID, scope.Mode}, args...), func(rows *sql.Rows) error {
			var tag string
			var n int64
			if err := rows.Scan(&tag, &n); err != nil {
				return err
			}
			if tags[tag] == nil {
				tags[tag] = &KeyTag{Tag: tag}
			}
			take(tags[tag], n)
			return nil
		})
	}
	upto, err := q.keysCountedTo(ctx, scope)
	if err != nil {
		return nil, err
	}
	err = errors.Join(
		count(`SELECT c.tag, c.keys FROM license_count c WHERE c.shop_id = $1 AND c.mode = $2`, func(t *KeyTag, n int64) { t.Assigned += n }),
		count(`SELECT k.tag, count(*) FROM license_key k WHERE k.shop_id = $1 AND k.mode = $2 AND k.id > $3 GROUP BY k.tag`,
			func(t *KeyTag, n int64) { t.Assigned += n }, upto),
		count(`SELECT k.tag, count(*) FROM license_key k {by free} WHERE k.shop_id = $1 AND k.mode = $2 AND k.order_id = '' GROUP BY k.tag`,
			func(t *KeyTag, n int64) { t.Free, t.Assigned = n, t.Assigned-n }),
		count(`SELECT k.tag, count(*) FROM license_key k {by burnt} WHERE k.shop_id = $1 AND k.mode = $2 AND k.burnt_at > 0 GROUP BY k.tag`,
			func(t *KeyTag, n int64) { t.Burnt, t.Assigned = n, t.Assigned-n }),
		count(`SELECT l.key_tag, CAST(sum(l.keys_owed) AS BIGINT) FROM order_line l JOIN orders o ON o.id = l.order_id
			WHERE l.shop_id = $1 AND l.mode = $2 AND l.keys_owed > 0 AND `+servable+` GROUP BY l.key_tag`, func(t *KeyTag, n int64) { t.Waiting = n }),
	)
	out := make([]KeyTag, 0, len(tags))
	for _, t := range tags {
		t.Assigned = max(t.Assigned, 0) // the counts are not of one instant
		if *t != (KeyTag{Tag: t.Tag}) {
			out = append(out, *t)
		}
	}
	slices.SortFunc(out, func(a, b KeyTag) int { return strings.Compare(a.Tag, b.Tag) })
	return out, err
}

func (q Queries) keysCountedTo(ctx context.Context, scope purvey.Scope) (string, error) {
	var upto string
	err := q.row(ctx, `SELECT upto FROM license_counted WHERE shop_id = $1 AND mode = $2`, []any{scope.ShopID, scope.Mode}, &upto)
	if errors.Is(err, purvey.NotFound) {
		return "", nil
	}
	return upto, err
}

// keysSettle is how old a key is before CountKeys takes it in: by then every
// transaction that writes keys with smaller ids has ended.
const keysSettle = time.Minute

// UncountedKeys counts the keys that CountKeys would take in, up to a ceiling.
func (q Queries) UncountedKeys(ctx context.Context, scope purvey.Scope, now time.Time, ceiling int) (int, error) {
	upto, err := q.keysCountedTo(ctx, scope)
	if err != nil {
		return 0, err
	}
	var n int
	err = q.row(ctx, `SELECT count(*) FROM (SELECT 1 AS one FROM license_key k WHERE k.shop_id = $1 AND k.mode = $2 AND k.id > $3 AND k.id < $4 LIMIT $5) x`,
		[]any{scope.ShopID, scope.Mode, upto, idFrom(now.Add(-keysSettle)), ceiling}, &n)
	return n, err
}

// CountKeys brings the counts of keys up to a minute ago, so that KeyTags has
// only younger ones to count.
func (tx *Tx) CountKeys(ctx context.Context, scope purvey.Scope) error {
	if err := tx.lockCounts(ctx, scope); err != nil {
		return err
	}
	upto, err := tx.keysCountedTo(ctx, scope)
	if err != nil {
		return err
	}
	bound := idFrom(tx.Now().Add(-keysSettle))
	if bound <= upto {
		return nil
	}
	if _, err := tx.exec(ctx, `INSERT INTO license_count (shop_id, mode, tag, keys)
		SELECT k.shop_id, k.mode, k.tag, count(*) FROM license_key k WHERE k.shop_id = $1 AND k.mode = $2 AND k.id > $3 AND k.id < $4
		GROUP BY k.shop_id, k.mode, k.tag
		ON CONFLICT (shop_id, mode, tag) DO UPDATE SET keys = license_count.keys + excluded.keys`, scope.ShopID, scope.Mode, upto, bound); err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO license_counted (shop_id, mode, upto) VALUES ($1, $2, $3)
		ON CONFLICT (shop_id, mode) DO UPDATE SET upto = excluded.upto`, scope.ShopID, scope.Mode, bound)
	return err
}

// DiscountKey takes a key that is about to be deleted out of the counts.
func (tx *Tx) DiscountKey(ctx context.Context, k purvey.LicenseKey) error {
	if err := tx.lockCounts(ctx, purvey.Scope{ShopID: k.ShopID, Mode: k.Mode}); err != nil {
		return err
	}
	_, err := tx.exec(ctx, `UPDATE license_count SET keys = keys - 1 WHERE shop_id = $1 AND mode = $2 AND tag = $3
		AND EXISTS (SELECT 1 FROM license_counted c WHERE c.shop_id = $1 AND c.mode = $2 AND c.upto >= $4)`, k.ShopID, k.Mode, k.Tag, k.ID)
	return err
}

func (tx *Tx) lockCounts(ctx context.Context, scope purvey.Scope) error {
	return tx.Lock(ctx, "key counts/"+scope.ShopID+"/"+string(scope.Mode))
}

// ProductsByTag gives, for each tag, the products whose keys come from it; only
// their ids and names are filled.
func (q Queries) ProductsByTag(ctx context.Context, shopID string) (map[string][]purvey.Product, error) {
	out := map[string][]purvey.Product{}
	err := q.each(ctx, `SELECT p.key_tag, p.id, p.name FROM product p WHERE p.shop_id = $1 AND p.access IN ($2, $3) AND p.key_mode <> $4
		AND NOT p.is_archived ORDER BY p.id`,
		[]any{shopID, purvey.AccessKey, purvey.AccessFileAndKey, purvey.KeysGenerated}, func(rows *sql.Rows) error {
			var tag string
			var p purvey.Product
			if err := rows.Scan(&tag, &p.ID, &p.Name); err != nil {
				return err
			}
			out[tag] = append(out[tag], p)
			return nil
		})
	return out, err
}

// OwedKeys is a line that waits for keys.
type OwedKeys struct {
	LineID    string
	OrderID   string
	OrderName string
	Email     string
	Product   purvey.Product // id and name
	Tag       string
	Owed      int
	Since     time.Time // its order was paid
	CreatedAt time.Time
}

// OwedLines lists the scope's lines that wait for keys, of one tag or (nil) of
// all; lines of orders that are held back are not among them.
func (q Queries) OwedLines(ctx context.Context, scope purvey.Scope, tag *string, p purvey.Page) (purvey.Listed[OwedKeys], error) {
	w := newWhere(`l.shop_id = $1 AND l.mode = $2 AND l.keys_owed > 0 AND `+servable, scope.ShopID, scope.Mode)
	if tag != nil {
		w.and(`l.key_tag = ?`, *tag)
	}
	text, args := w.list(`SELECT l.id, l.order_id, o.name, o.email, l.product_id, l.product_name, l.key_tag, l.keys_owed, o.paid_at, l.created_at
		FROM order_line l JOIN orders o ON o.id = l.order_id`, "l", byID(p))
	items, err := collect(ctx, q, text, args, func(s scanner, o *OwedKeys) error {
		return s.Scan(&o.LineID, &o.OrderID, &o.OrderName, &o.Email, &o.Product.ID, &o.Product.Name, &o.Tag, &o.Owed, at{&o.Since}, at{&o.CreatedAt})
	})
	return listed(items, p), err
}

// CountOwed counts the keys that a tag owes.
func (q Queries) CountOwed(ctx context.Context, scope purvey.Scope, tag string) (int, error) {
	var n int
	err := q.row(ctx, `SELECT CAST(coalesce(sum(l.keys_owed), 0) AS BIGINT) FROM order_line l JOIN orders o ON o.id = l.order_id
		WHERE l.shop_id = $1 AND l.mode = $2 AND l.key_tag = $3 AND l.keys_owed > 0 AND `+servable, []any{scope.ShopID, scope.Mode, tag}, &n)
	return n, err
}

// KnowsTag tells whether the scope has keys of a tag or owes some, or a product
// takes keys of it.
func (q Queries) KnowsTag(ctx context.Context, scope purvey.Scope, tag string) (bool, error) {
	for _, text := range []string{
		`SELECT 1 FROM license_key k {by free} WHERE k.shop_id = $1 AND k.mode = $2 AND k.tag = $3 AND k.order_id = '' LIMIT 1`,
		`SELECT 1 FROM license_key k {by taken} WHERE k.shop_id = $1 AND k.mode = $2 AND k.tag = $3 AND k.order_id <> '' LIMIT 1`,
		`SELECT 1 FROM order_line l WHERE l.shop_id = $1 AND l.mode = $2 AND l.key_tag = $3 AND l.keys_owed > 0 LIMIT 1`,
		`SELECT 1 FROM product p WHERE p.shop_id = $1 AND $2 <> '' AND p.key_tag = $3 LIMIT 1`,
	} {
		var one int
		err := q.row(ctx, text, []any{scope.ShopID, scope.Mode, tag}, &one)
		if !errors.Is(err, purvey.NotFound) {
			return err == nil, err
		}
	}
	return false, nil
}

// maxTagParts is how many tags a list is put together from; with more it is
// read through.
const maxTagParts = 32

// KeyList lists the scope's keys by id. A list that is narrowed by tag or state
// is put together from the indexes of free and of taken keys, which are in the
// order of their ids for each tag.
func (q Queries) KeyList(ctx context.Context, scope purvey.Scope, f KeyFilter, p purvey.Page) (purvey.Listed[purvey.LicenseKey], error) {
	p = byID(p)
	tags := []*string{f.Tag}
	if f.Tag == nil && f.Assigned != nil {
		some, err := q.keyTags(ctx, scope, maxTagParts+1)
		if err != nil {
			return purvey.Listed[purvey.LicenseKey]{}, err
		}
		if len(some) <= maxTagParts {
			tags = tags[:0]
			for i := range some {
				tags = append(tags, &some[i])
			}
		}
	}
	var parts []string
	var args []any
	part := func(tag *string, from, condition string) {
		w := &where{args: args}
		w.text.WriteString(condition)
		w.and(`k.shop_id = ? AND k.mode = ?`, scope.ShopID, scope.Mode)
		if tag != nil {
			w.and(`k.tag = ?`, *tag)
		}
		if f.Query != "" {
			// lower() folds ASCII alone on both engines, and so does the pattern.
			w.and(`lower(k.key) LIKE ? ESCAPE '\'`, asciiPattern(f.Query))
		}
		var text string
		text, args = w.list(`SELECT k.id FROM license_key k`+from, "k", p)
		parts = append(parts, `SELECT id FROM (`+text+`) x`+fmt.Sprint(len(parts)))
	}
	for _, tag := range tags {
		if tag == nil && f.Assigned == nil {
			part(nil, ``, `k.id <> ''`)
			continue
		}
		free, taken := ` {by free}`, ` {by taken}`
		if tag == nil { // a great many tags
			free, taken = ``, ``
		}
		if f.Assigned == nil || !*f.Assigned {
			part(tag, free, `k.order_id = ''`)
		}
		if f.Assigned == nil || *f.Assigned {
			part(tag, taken, `k.order_id <> ''`)
		}
	}
	if len(parts) == 0 {
		return purvey.Listed[purvey.LicenseKey]{}, nil
	}
	ids, err := collect(ctx, q, strings.Join(parts, ` UNION ALL `), args, func(s scanner, id *string) error { return s.Scan(id) })
	if err != nil || len(ids) == 0 {
		return purvey.Listed[purvey.LicenseKey]{}, err
	}
	slices.Sort(ids)
	if p.Descending() {
		slices.Reverse(ids)
	}
	w := newWhere(`k.shop_id = $1 AND k.mode = $2`, scope.ShopID, scope.Mode)
	w.in(`k.id`, ids[:min(len(ids), p.Limit+1)])
	text, args := w.list(`SELECT `+keyColumns+` FROM license_key k`, "k", purvey.Page{Limit: p.Limit, Sort: p.Sort})
	items, err := collect(ctx, q, text, args, scanKey)
	return listed(items, p), err
}

// keyTags gives the tags that the scope has keys of, at most limit, each found
// by one look into the indexes.
func (q Queries) keyTags(ctx context.Context, scope purvey.Scope, limit int) ([]string, error) {
	var tags []string
	for _, state := range []string{`{by free} WHERE k.order_id = ''`, `{by taken} WHERE k.order_id <> ''`} {
		after, op := "", ">="
		for len(tags) < 2*limit {
			var tag string
			err := q.row(ctx, `SELECT k.tag FROM license_key k `+state+` AND k.shop_id = $1 AND k.mode = $2 AND k.tag `+op+` $3`+
				` ORDER BY k.tag, k.id LIMIT 1`, []any{scope.ShopID, scope.Mode, after}, &tag)
			if errors.Is(err, purvey.NotFound) {
				break
			}
			if err != nil {
				return nil, err
			}
			if !slices.Contains(tags, tag) {
				tags = append(tags, tag)
			}
			after, op = tag, ">"
		}
	}
	return tags[:min(len(tags), limit)], nil
}

// eachText looks the keys up whose texts begin so, in the order of a part of
// license_text, some at a time, until more than limit of them were taken. In
// one statement with the keys, planners would read far more of them.
func (q Queries) eachText(ctx context.Context, scope purvey.Scope, part int, begin string, after KeyPlace, limit int,
	take func(condition string, args ...any) (int, error)) error {
	const most = 4000
	taken := 0
	for size := limit + 1; ; size = min(2*size, most) {
		// One lower bound: of two PostgreSQL may begin at the lesser.
		w := newWhere(`x.fresh = $1 AND x.shop_id = $2 AND x.mode = $3 AND x.key < $4`, part, scope.ShopID, scope.Mode, begin+lastRune)
		if after.Key < begin {
			w.and(`x.key >= ?`, begin)
		} else {
			w.and(`(x.key, x.id) > (?, ?)`, after.Key, after.ID)
		}
		places, err := collect(ctx, q, `SELECT x.key, x.id FROM license_text x WHERE `+w.text.String()+fmt.Sprintf(` ORDER BY x.key, x.id LIMIT %d`, size), w.args,
			func(s scanner, p *KeyPlace) error { return s.Scan(&p.Key, &p.ID) })
		if err != nil || len(places) == 0 {
			return err
		}
		ids := make([]string, len(places))
		for i, p := range places {
			ids[i] = p.ID
		}
		for some := range chunks(ids) {
			args := []any{scope.ShopID, scope.Mode}
			for _, id := range some {
				args = append(args, id)
			}
			n, err := take(`k.shop_id = ? AND k.mode = ? AND k.id IN (`+strings.TrimSuffix(strings.Repeat("?,", len(some)), ",")+`)`, args...)
			if err != nil {
				return err
			}
			taken += n
		}
		if taken > limit || len(places) < size {
			return nil
		}
		after = places[len(places)-1]
	}
}

// fewKeys gives all keys of a tag or state, unless there are so many of them
// that those that begin with a text are found sooner by their texts.
func (q Queries) fewKeys(ctx context.Context, scope purvey.Scope, f KeyFilter) (few bool, keys []purvey.LicenseKey, err error) {
	const most = 3000
	if f.Tag == nil && f.Assigned == nil {
		return false, nil, nil
	}
	for _, state := range []struct {
		assigned bool
		where    string
	}{{false, `{by free} WHERE k.order_id = ''`}, {true, `{by taken} WHERE k.order_id <> ''`}} {
		if f.Assigned != nil && *f.Assigned != state.assigned {
			continue
		}
		text, args := `SELECT `+keyColumns+` FROM license_key k `+state.where+` AND k.shop_id = $1 AND k.mode = $2`, []any{scope.ShopID, scope.Mode}
		if f.Tag != nil {
			text, args = text+` AND k.tag = $3`, append(args, *f.Tag)
		}
		some, err := collect(ctx, q, text+fmt.Sprintf(` LIMIT %d`, most+1-len(keys)), args, scanKey)
		if err != nil {
			return false, nil, err
		}
		if keys = append(keys, some...); len(keys) > most {
			return false, nil, nil
		}
	}
	return true, keys, nil
}

// KeyPlace is a place in a list of keys that is in the order of their texts.
type KeyPlace struct{ Key, ID string }

// KeysByText lists the scope's keys that begin with a text, in any case of the
// letters A to Z that is the same throughout, and those of the order with that
// name, in the order of their texts.
func (q Queries) KeysByText(ctx context.Context, scope purvey.Scope, text string, f KeyFilter, after KeyPlace, limit int) (purvey.Listed[purvey.LicenseKey], error) {
	name := purvey.Fold(text)
	begins := []string{text}
	for _, other := range []string{strings.ToUpper(text), strings.ToLower(text)} {
		if !slices.Contains(begins, other) {
			begins = append(begins, other)
		}
	}
	var found []purvey.LicenseKey
	search := func(condition string, args ...any) (int, error) {
		w := newWhere(`k.id <> ''`)
		w.and(condition, args...)
		if f.Assigned != nil && *f.Assigned {
			w.and(`k.order_id <> ''`)
		}
		if f.Assigned != nil && !*f.Assigned {
			w.and(`k.order_id = ''`)
		}
		if f.Tag != nil {
			w.and(`k.tag || '' = ?`, *f.Tag) // not by the indexes of tags
		}
		keys, err := collect(ctx, q, `SELECT `+keyColumns+` FROM license_key k WHERE `+w.text.String(), w.args, scanKey)
		found = append(found, keys...)
		return len(keys), err
	}
	few, some, err := q.fewKeys(ctx, scope, f)
	if err != nil {
		return purvey.Listed[purvey.LicenseKey]{}, err
	}
	for _, k := range some {
		if (k.Key > after.Key || k.Key == after.Key && k.ID > after.ID) && slices.ContainsFunc(begins, func(b string) bool { return strings.HasPrefix(k.Key, b) }) {
			found = append(found, k)
		}
	}
	for _, b := range begins {
		if few {
			break
		}
		for _, part := range textParts {
			if err := q.eachText(ctx, scope, part, b, after, limit, search); err != nil {
				return purvey.Listed[purvey.LicenseKey]{}, err
			}
		}
	}
	lines, err := collect(ctx, q, `SELECT l.id FROM order_line l JOIN orders o ON o.id = l.order_id WHERE o.shop_id = $1 AND o.mode = $2 AND o.name_folded IN ($3, $4)`,
		[]any{scope.ShopID, scope.Mode, name, "#" + name}, func(s scanner, id *string) error { return s.Scan(id) })
	if err != nil {
		return purvey.Listed[purvey.LicenseKey]{}, err
	}
	// Without an order, which the planner would rather read all keys for.
	for _, line := range lines {
		if _, err := search(`k.line_id <> '' AND k.line_id = ? AND (k.key, k.id) > (?, ?)`, line, after.Key, after.ID); err != nil {
			return purvey.Listed[purvey.LicenseKey]{}, err
		}
	}
	slices.SortFunc(found, func(a, b purvey.LicenseKey) int {
		if c := strings.Compare(a.Key, b.Key); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	found = slices.CompactFunc(found, func(a, b purvey.LicenseKey) bool { return a.ID == b.ID })
	return listed(found, purvey.Page{Limit: limit}), nil
}

// lastRune ends every range of texts that begin alike.
const lastRune = "\U0010FFFF"
