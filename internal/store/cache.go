package store

import (
	"context"
	"strings"

	"purvey"
)

// cache keeps what nearly every write reads and hardly any write changes:
// products, shops, endpoints. It lives on SQLite's writer alone, which sees
// every change: its own by the statements that pass through it, and those of
// other processes by the file's data version, asked once for each group. On
// PostgreSQL there is none, since another node may write at any time.
//
// What it gives is shared and must not be changed.
type cache struct {
	values  map[string]any
	version int64
	targets map[string]target
	wrote   target // what the open transaction has written to so far
}

// target is what a statement writes to.
type target struct{ cached, rights, keys, tokens bool }

func (t target) and(o target) target {
	return target{t.cached || o.cached, t.rights || o.rights, t.keys || o.keys, t.tokens || o.tokens}
}

// maxCached bounds the values kept; when it is reached all are dropped.
const maxCached = 10_000

func newCache() *cache {
	return &cache{values: map[string]any{}, targets: map[string]target{}}
}

// cachedTables are those that cached values are read from.
var cachedTables = []string{"product", "version", "version_file", "file", "shop", "endpoint"}

// rightTables are those that say who may have which bytes.
var rightTables = []string{
	"orders", "order_line", "line_file", "product", "version", "version_file", "file", "shop", "link", "link_file", "mint", "customer",
}

// keyTables and tokenTables are those that licence keys and callers are read from.
var (
	keyTables   = []string{"license_key"}
	tokenTables = []string{"token", "shop"}
)

// note drops everything when a statement writes to one of the cached tables.
func (c *cache) note(text string) {
	to, known := c.targets[text]
	if !known {
		to = target{
			cached: writesTo(text, cachedTables), rights: writesTo(text, rightTables),
			keys: writesTo(text, keyTables), tokens: writesTo(text, tokenTables),
		}
		c.targets[text] = to
	}
	if to.cached {
		c.drop()
	}
	c.wrote = c.wrote.and(to)
}

// RightsVersion gives a number that has changed when this process has answered
// a write that may bear on who may have which bytes, so that a right read
// before need not be read again. What another process writes, such as a command
// at the prompt, changes it with the next transaction of this one, be it empty.
// ok is false on PostgreSQL, where other nodes write all the time.
func (db *DB) RightsVersion() (version uint64, ok bool) {
	return db.rights.Load(), db.writer != nil
}

func (c *cache) drop() { clear(c.values) }

// writesTo tells whether a statement inserts into, updates or deletes from one
// of the tables.
func writesTo(text string, tables []string) bool {
	words := strings.Fields(text)
	for i, w := range words {
		switch strings.ToUpper(w) {
		case "INTO", "UPDATE", "FROM":
		default:
			continue
		}
		if i+1 >= len(words) || strings.ToUpper(words[0]) == "SELECT" {
			continue
		}
		for _, t := range tables {
			if strings.TrimRight(words[i+1], "(,;") == t {
				return true
			}
		}
	}
	return false
}

// cached gives the value under a key, loading it when it is not kept.
func cached[T any](tx *Tx, key string, load func() (T, error)) (T, error) {
	if tx.cache == nil {
		return load()
	}
	if v, ok := tx.cache.values[key].(T); ok {
		return v, nil
	}
	v, err := load()
	if err == nil {
		if len(tx.cache.values) >= maxCached {
			tx.cache.drop()
		}
		tx.cache.values[key] = v
	}
	return v, err
}

// refresh drops everything when another process has written to the file.
func (w *writer) refresh() error {
	var version int64
	rows, err := w.run.query(context.Background(), "PRAGMA data_version", nil)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&version); err != nil {
			return err
		}
	}
	if version != w.cache.version {
		w.cache.drop()
		w.cache.version = version
		w.cache.wrote = target{cached: true, rights: true, keys: true, tokens: true}
	}
	return rows.Err()
}

// SoldProducts is ProductsByID for placing and releasing orders. What it gives
// is shared and must not be changed.
func (tx *Tx) SoldProducts(ctx context.Context, shopID string, ids []string) (map[string]purvey.Product, error) {
	if len(ids) != 1 || tx.cache == nil {
		return tx.ProductsByID(ctx, shopID, ids)
	}
	return cached(tx, "product/"+shopID+"/"+ids[0], func() (map[string]purvey.Product, error) {
		return tx.ProductsByID(ctx, shopID, ids)
	})
}

// ShopOf is Shop for what needs the shop's settings on every order. What it
// gives is shared and must not be changed.
func (tx *Tx) ShopOf(ctx context.Context, id string) (purvey.Shop, error) {
	return cached(tx, "shop/"+id, func() (purvey.Shop, error) { return tx.Shop(ctx, id) })
}
