package store_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/pressly/goose/v3"

	"purvey"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

// Keys are found by their texts in every way, before and after they were
// settled, and those of small batches too.
func TestKeysAreFoundWhereverTheirTextsAre(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		ctx, scope := t.Context(), purvey.Scope{ShopID: db.NewID(), Mode: purvey.Live}
		other := purvey.Scope{ShopID: scope.ShopID, Mode: purvey.Sandbox}
		var keys []purvey.LicenseKey
		var texts []string
		insert := func(scope purvey.Scope, from, n int) {
			t.Helper()
			if err := db.Tx(ctx, func(tx *store.Tx) error {
				var batch []purvey.LicenseKey
				for i := range n {
					// Backwards, so that ids and texts are not in one order; and what JSON must escape.
					batch = append(batch, purvey.LicenseKey{
						ID: tx.NewID(), ShopID: scope.ShopID, Mode: scope.Mode, Key: fmt.Sprintf("K-%05d-\"<é\u2028\t😀>\\", from+n-i),
						Tag: "a", CreatedAt: tx.Now(), UpdatedAt: tx.Now(),
					})
				}
				if scope.Mode == purvey.Live {
					keys = append(keys, batch...)
				}
				return tx.InsertKeys(ctx, batch)
			}); err != nil {
				t.Fatal(err)
			}
		}
		check := func(step string) {
			t.Helper()
			texts = texts[:0]
			for _, k := range keys {
				texts = append(texts, k.Key)
				got, err := db.LicenseKeyByText(ctx, scope, k.Key)
				if err != nil || got != k {
					t.Fatalf("%s: %+v %v, want %+v", step, got, err, k)
				}
				if got, err := db.LicenseKey(ctx, scope, k.ID); err != nil || got != k {
					t.Fatalf("%s: by id %+v %v", step, got, err)
				}
			}
			known, err := db.KnownKeys(ctx, scope, append(slices.Clone(texts), "none"))
			if err != nil || len(known) != len(keys) || known["none"] {
				t.Fatalf("%s: %d known of %d, %v", step, len(known), len(keys), err)
			}
			if few, err := db.KnownKeys(ctx, scope, []string{texts[0], "none"}); err != nil || len(few) != 1 || !few[texts[0]] {
				t.Fatalf("%s: %v %v", step, few, err)
			}
			hits, err := db.SearchKeys(ctx, scope, "k-00", 1000)
			if err != nil || len(hits) != len(keys) {
				t.Fatalf("%s: %d found of %d, %v", step, len(hits), len(keys), err)
			}
			var listed []string
			var after store.KeyPlace
			for more := true; more; {
				l, err := db.KeysByText(ctx, scope, "K-0", store.KeyFilter{}, after, 30)
				if err != nil {
					t.Fatal(err)
				}
				for _, k := range l.Items {
					listed, after = append(listed, k.Key), store.KeyPlace{Key: k.Key, ID: k.ID}
				}
				more = l.HasMore
			}
			slices.Sort(texts)
			if !slices.Equal(listed, texts) {
				t.Fatalf("%s: %d listed in the order of the texts, want %d", step, len(listed), len(texts))
			}
		}
		insert(scope, 0, 120)
		insert(other, 0, 120)
		insert(scope, 200, 3)
		check("fresh")
		insert(scope, 300, 60)
		for i := 0; ; i++ {
			var more bool
			if err := db.Tx(ctx, func(tx *store.Tx) (err error) {
				more, err = tx.SettleKeys(ctx, 50)
				return err
			}); err != nil || i > 10 {
				t.Fatal(err, i)
			}
			check("settling")
			if !more {
				break
			}
			if i == 1 { // a batch that comes while others are settled, and a key that goes
				insert(scope, 400, 70)
				last := len(keys) - 1
				if err := db.Tx(ctx, func(tx *store.Tx) error {
					ok, err := tx.DeleteKey(ctx, keys[last])
					if err == nil && !ok {
						t.Error("a free key was not deleted")
					}
					return err
				}); err != nil {
					t.Fatal(err)
				}
				keys = keys[:last]
			}
		}
		if l, err := db.LicenseKeys(ctx, other, store.KeyFilter{}, purvey.Page{Limit: 200}); err != nil || len(l.Items) != 120 {
			t.Errorf("the sandbox has %d, %v", len(l.Items), err)
		}
	})
}

// A database with keys keeps them, and finds them, when its table is laid out
// anew.
func TestKeysOfAnOlderSchema(t *testing.T) {
	t.Parallel()
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			o, ctx := storetest.Options(t, engine), t.Context()
			driver, dsn, dialect := "pgx", o.URL, goose.DialectPostgres
			if engine == "sqlite" {
				driver, dsn, dialect = "sqlite", "file:"+filepath.Join(o.Folder, "purvey.db"), goose.DialectSQLite3
				if !slices.Contains(sql.Drivers(), driver) {
					driver = "sqlite3"
				}
			}
			pool, err := sql.Open(driver, dsn)
			if err != nil {
				t.Fatal(err)
			}
			p, err := goose.NewProvider(dialect, pool, os.DirFS(filepath.Join("migration", engine)))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.UpTo(ctx, 8); err != nil {
				t.Fatal(err)
			}
			const n = 1000
			for i := range n {
				order := ""
				if i%3 == 0 {
					order = "o1"
				}
				if _, err := pool.ExecContext(ctx, fmt.Sprintf(`INSERT INTO license_key
					(id, shop_id, mode, key, tag, order_id, order_name, line_id, assigned_at, burnt_at, created_at, updated_at)
					VALUES ('%024x', 'shop', 'live', 'K%05d', 't', '%s', '', '', %d, 0, 7, 8)`, i, (i*7919)%n, order, len(order))); err != nil {
					t.Fatal(err)
				}
			}
			if err := pool.Close(); err != nil {
				t.Fatal(err)
			}
			db := storetest.Open(t, o, nil)
			scope := purvey.Scope{ShopID: "shop", Mode: purvey.Live}
			for i := range n {
				k, err := db.LicenseKeyByText(ctx, scope, fmt.Sprintf("K%05d", (i*7919)%n))
				if err != nil || k.ID != fmt.Sprintf("%024x", i) || k.Assigned() != (i%3 == 0) || k.Tag != "t" || k.UpdatedAt.UnixMicro() != 8 {
					t.Fatalf("%d: %+v %v", i, k, err)
				}
			}
			if l, err := db.LicenseKeys(ctx, scope, store.KeyFilter{}, purvey.Page{Limit: 2 * n}); err != nil || len(l.Items) != n {
				t.Error(len(l.Items), err)
			}
			if free, err := db.CountFreeKeys(ctx, scope, "t", n); err != nil || free != n-(n+2)/3 {
				t.Error(free, err)
			}
		})
	}
}
