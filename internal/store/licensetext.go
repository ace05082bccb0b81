package store

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"
	"time"

	"purvey"
)

// The rows of license_key lie in the order of their ids, so that new ones go to
// the end. license_text finds them by their texts, which come in any order. On
// SQLite a batch of thousands would touch nearly every page of it; the texts of
// a batch are therefore written together in a part of their own (fresh = 1),
// and SettleKeys moves them to their places when nobody waits. Whoever looks
// for a text looks into both parts.

// keysOfTexts are the keys with their texts in order, of one part of x.
const keysOfTexts = `license_text x JOIN license_key k ON k.shop_id = x.shop_id AND k.mode = x.mode AND k.id = x.id`

// textParts are the parts of license_text, in the order in which they must be
// looked through: a text moves from the fresh ones to the others, never back.
var textParts = []int{1, 0}

// LicenseKeyByText gives the key with exactly this text; of duplicates, an
// assigned one. The parts are two pieces of one statement, for a list of both,
// and an order, would be made into tables at every call.
func (q Queries) LicenseKeyByText(ctx context.Context, scope purvey.Scope, text string) (purvey.LicenseKey, error) {
	const piece = `SELECT ` + keyColumns + ` FROM ` + keysOfTexts + ` WHERE x.shop_id = $1 AND x.mode = $2 AND x.key = $3 AND x.fresh = `
	var best, k purvey.LicenseKey
	err := q.each(ctx, piece+`0 UNION ALL `+piece+`1`, []any{scope.ShopID, scope.Mode, text}, func(rows *sql.Rows) error {
		k = purvey.LicenseKey{}
		err := scanKey(rows, &k)
		if best.ID == "" || k.OrderID > best.OrderID || k.OrderID == best.OrderID && k.ID < best.ID {
			best = k
		}
		return err
	})
	if err == nil && best.ID == "" {
		err = purvey.Missing("license key")
	}
	return best, err
}

// KnownKeys gives those of the texts that the scope has already, in any tag.
func (q Queries) KnownKeys(ctx context.Context, scope purvey.Scope, texts []string) (map[string]bool, error) {
	known := map[string]bool{}
	take := func(rows *sql.Rows) error {
		var text string
		err := rows.Scan(&text)
		known[text] = true
		return err
	}
	if q.engine == sqliteEngine && len(texts) >= manyKeys {
		texts = slices.Sorted(slices.Values(texts)) // neighbours lie on the same pages
		for _, part := range textParts {
			err := q.each(ctx, `SELECT j.value FROM json_each($1) j WHERE EXISTS
				(SELECT 1 FROM license_text x WHERE x.fresh = $2 AND x.shop_id = $3 AND x.mode = $4 AND x.key = j.value)
				AND EXISTS (SELECT 1 FROM license_text x WHERE x.fresh = $2)`,
				[]any{asJSON(texts), part, scope.ShopID, scope.Mode}, take)
			if err != nil {
				return nil, err
			}
		}
		return known, nil
	}
	for chunk := range chunks(texts) {
		set, args := inList(3, chunk)
		err := q.each(ctx, `SELECT x.key FROM license_text x WHERE x.fresh IN (0, 1) AND x.shop_id = $1 AND x.mode = $2 AND x.key IN `+set,
			append([]any{scope.ShopID, scope.Mode}, args...), take)
		if err != nil {
			return nil, err
		}
	}
	return known, nil
}

// manyKeys is from how many keys on they are written as a batch; keysPerInsert
// is how many one statement writes when they are fewer, or differ.
const (
	manyKeys      = 50
	keysPerInsert = 100
)

// InsertKeys writes keys; their ids, which must grow, and times are set by the
// caller.
func (tx *Tx) InsertKeys(ctx context.Context, keys []purvey.LicenseKey) error {
	if tx.engine == sqliteEngine && len(keys) >= manyKeys && alike(keys) {
		return tx.insertBatch(ctx, keys)
	}
	for chunk := range slices.Chunk(keys, keysPerInsert) {
		var args, texts []any
		for _, k := range chunk {
			args = append(args, k.ID, k.ShopID, k.Mode, k.Key, k.Tag, k.OrderID, k.OrderName, k.LineID, micros(k.AssignedAt),
				micros(k.BurntAt), micros(k.CreatedAt), micros(k.UpdatedAt))
			texts = append(texts, 0, k.ShopID, k.Mode, k.Key, k.ID)
		}
		if _, err := tx.exec(ctx, `INSERT INTO license_key (id, shop_id, mode, key, tag, order_id, order_name, line_id, assigned_at, burnt_at, created_at, updated_at) VALUES `+
			rowsOf(len(chunk), 12), args...); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `INSERT INTO license_text (fresh, shop_id, mode, key, id) VALUES `+rowsOf(len(chunk), 5), texts...); err != nil {
			return err
		}
	}
	return nil
}

// rowsOf writes placeholders: rows of so many columns.
func rowsOf(rows, columns int) string {
	var b strings.Builder
	for i := range rows * columns {
		switch {
		case i == 0:
			b.WriteByte('(')
		case i%columns == 0:
			b.WriteString("),(")
		default:
			b.WriteByte(',')
		}
		b.WriteString("$" + strconv.Itoa(i+1))
	}
	return b.String() + ")"
}

// alike tells whether the keys are free and differ in nothing but id and text.
func alike(keys []purvey.LicenseKey) bool {
	for _, k := range keys {
		if len(k.ID) != idLength || k.Assigned() {
			return false
		}
		k.ID, k.Key = keys[0].ID, keys[0].Key
		if k != keys[0] {
			return false
		}
	}
	return true
}

// idLength is that of every id in bytes.
const idLength = 24

// insertBatch writes alike keys by two statements, to which their ids and texts
// are one argument each: binding 60,000 values takes longer than writing them.
func (tx *Tx) insertBatch(ctx context.Context, keys []purvey.LicenseKey) error {
	order := make([]int, len(keys))
	for i := range order {
		order[i] = i
	}
	ids, texts := idsAndTexts(keys, order)
	first := keys[0]
	if _, err := tx.exec(ctx, `INSERT INTO license_key (id, shop_id, mode, key, tag, order_id, order_name, line_id, assigned_at, burnt_at, created_at, updated_at)
		SELECT CAST(substr($1, j.key * 24 + 1, 24) AS TEXT), $2, $3, j.value, $4, '', '', '', 0, 0, $5, $6 FROM json_each($7) j`,
		ids, first.ShopID, first.Mode, first.Tag, micros(first.CreatedAt), micros(first.UpdatedAt), texts); err != nil {
		return err
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(keys[a].Key, keys[b].Key) })
	ids, texts = idsAndTexts(keys, order)
	if _, err := tx.exec(ctx, `INSERT INTO license_text (fresh, shop_id, mode, key, id)
		SELECT 1, $1, $2, j.value, CAST(substr($3, j.key * 24 + 1, 24) AS TEXT) FROM json_each($4) j`,
		first.ShopID, first.Mode, ids, texts); err != nil {
		return err
	}
	return tx.Enqueue(ctx, purvey.Job{Kind: purvey.JobSettleKeys, Key: "all", ScheduledAt: tx.Now().Add(settleAfter)})
}

// settleAfter lets the answer to a batch leave before its texts are settled.
const settleAfter = 40 * time.Millisecond

// idsAndTexts gives the keys' ids one after the other and their texts in JSON.
func idsAndTexts(keys []purvey.LicenseKey, order []int) (ids []byte, texts string) {
	ids, list := make([]byte, 0, len(order)*idLength), make([]string, len(order))
	for i, at := range order {
		ids, list[i] = append(ids, keys[at].ID...), keys[at].Key
	}
	return ids, asJSON(list)
}

// SettleKeys moves up to n fresh texts to their places, and tells whether there
// may be more. What is found by them stays the same.
func (tx *Tx) SettleKeys(ctx context.Context, n int) (more bool, err error) {
	if err := tx.Lock(ctx, "settle keys"); err != nil {
		return false, err
	}
	var shop, mode, key, id string
	moved := 0
	err = tx.each(ctx, `SELECT x.shop_id, x.mode, x.key, x.id FROM license_text x WHERE x.fresh = 1 ORDER BY x.shop_id, x.mode, x.key, x.id LIMIT $1`,
		[]any{n}, func(rows *sql.Rows) error {
			moved++
			return rows.Scan(&shop, &mode, &key, &id)
		})
	if err != nil || moved == 0 {
		return false, err
	}
	const upTo = ` FROM license_text WHERE fresh = 1 AND (shop_id, mode, key, id) <= ($1, $2, $3, $4)`
	if _, err := tx.exec(ctx, `INSERT INTO license_text (fresh, shop_id, mode, key, id) SELECT 0, shop_id, mode, key, id`+upTo, shop, mode, key, id); err != nil {
		return false, err
	}
	_, err = tx.exec(ctx, `DELETE`+upTo, shop, mode, key, id)
	return moved == n, err
}

// DeleteKey removes a free key; false when it is not free, or not there.
func (tx *Tx) DeleteKey(ctx context.Context, k purvey.LicenseKey) (bool, error) {
	n, err := tx.exec(ctx, `DELETE FROM license_key WHERE shop_id = $2 AND mode = $3 AND id = $1 AND order_id = ''`, k.ID, k.ShopID, k.Mode)
	if err != nil || n == 0 {
		return false, err
	}
	_, err = tx.exec(ctx, `DELETE FROM license_text WHERE fresh IN (0, 1) AND shop_id = $1 AND mode = $2 AND key = $3 AND id = $4`,
		k.ShopID, k.Mode, k.Key, k.ID)
	return true, err
}
