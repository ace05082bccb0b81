package catalog_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/blob"
	"purvey/internal/catalog"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

// world is a server's catalogue with one shop.
type world struct {
	*testing.T
	ctx    context.Context
	db     *store.DB
	clock  *storetest.Clock
	folder string
	bucket blob.Bucket
	s      *catalog.Service
	shop   purvey.Shop
}

// each runs a test on both engines.
func each(t *testing.T, o catalog.Options, test func(w *world)) {
	t.Helper()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		w := &world{T: t, ctx: context.Background(), db: db, clock: clock, folder: t.TempDir()}
		w.restart(o)
		w.shop = w.newShop("default")
		test(w)
	})
}

// restart opens the storage anew, as a new process would.
func (w *world) restart(o catalog.Options) {
	w.Helper()
	bucket, err := blob.OpenDir(w.folder)
	if err != nil {
		w.Fatal(err)
	}
	w.bucket, w.s = bucket, catalog.New(w.db, bucket, o)
}

func (w *world) newShop(slug string) purvey.Shop {
	w.Helper()
	shop := purvey.Shop{Slug: slug, Name: slug, State: purvey.ShopActive, Settings: purvey.DefaultSettings(slug)}
	w.must(w.db.Tx(w.ctx, func(tx *store.Tx) error {
		_, err := tx.InsertShop(w.ctx, &shop)
		return err
	}))
	return shop
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) file(name, content string) purvey.File {
	w.Helper()
	f, err := w.s.StoreFile(w.ctx, w.shop.ID, name, "", strings.NewReader(content), 0)
	w.must(err)
	return f
}

func (w *world) product(c catalog.Change) purvey.Product {
	w.Helper()
	if !c.Name.Given {
		c.Name = catalog.Set("A product")
	}
	p, err := w.s.CreateProduct(w.ctx, w.shop, c)
	w.must(err)
	return p
}

func (w *world) content(f purvey.File) string {
	w.Helper()
	_, r, err := w.s.Content(w.ctx, f.ShopID, f.ID)
	w.must(err)
	defer r.Close()
	b, err := io.ReadAll(r)
	w.must(err)
	return string(b)
}

// stored counts what the bucket holds.
func (w *world) stored() int {
	w.Helper()
	n := 0
	for _, err := range w.bucket.List(w.ctx) {
		w.must(err)
		n++
	}
	return n
}

// wantKind fails unless err is of the kind.
func (w *world) wantKind(err error, kind purvey.Kind) {
	w.Helper()
	if !errors.Is(err, kind) {
		w.Fatalf("got %v, want an error of the kind %q", err, kind)
	}
}

// wantField fails unless err refuses the field.
func (w *world) wantField(err error, field string) {
	w.Helper()
	var e *purvey.Error
	if !errors.As(err, &e) || e.Kind != purvey.Invalid || len(e.Fields) == 0 {
		w.Fatalf("got %v, want a refusal of %s", err, field)
	}
	for _, f := range e.Fields {
		if f.Name == field {
			return
		}
	}
	w.Fatalf("got %v, want a refusal of %s", err, field)
}

// job gives a job that should be waiting, or nil.
func (w *world) job(kind purvey.JobKind, key string) *purvey.Job {
	w.Helper()
	j, _, err := w.db.Job(w.ctx, kind, key)
	if errors.Is(err, purvey.NotFound) {
		return nil
	}
	w.must(err)
	return &j
}

// failing gives its bytes and then fails.
type failing struct {
	r   io.Reader
	err error
}

func (f failing) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err == io.EOF {
		err = f.err
	}
	return n, err
}

var errCut = errors.New("the line was cut")

// endless gives n bytes that repeat a pattern, without holding them.
func endless(n int64) io.Reader { return io.LimitReader(pattern{}, n) }

type pattern struct{}

var patternBlock = bytes.Repeat([]byte("0123456789abcdef"), 4096)

func (pattern) Read(p []byte) (int, error) { return copy(p, patternBlock), nil }

func ptr[T any](v T) *T { return &v }

// later is a time of the real clock at which all that is stored now is old.
func later() time.Time { return time.Now().Add(30 * 24 * time.Hour) }
