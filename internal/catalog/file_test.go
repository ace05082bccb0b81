package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"purvey"
	"purvey/internal/blob"
	"purvey/internal/catalog"
	"purvey/internal/store"
)

func TestStoreFile(t *testing.T) {
	t.Parallel()
	each(t, catalog.Options{}, func(w *world) {
		zip := "PK\x03\x04" + strings.Repeat("\x00", 30)
		for _, c := range []struct{ name, said, content, kept, mime string }{
			{"song.mp3", "", "ID3\x03rest", "song.mp3", "audio/mpeg"},
			{"book.epub", "application/octet-stream", zip, "book.epub", "application/epub+zip"},
			{"all.zip", "", zip, "all.zip", "application/zip"},
			{"x.bin", "Application/PDF; version=1", "anything", "x.bin", "application/pdf"},
			{"doc.pdf", "", "%PDF-1.7", "doc.pdf", "application/pdf"},
			{"page", "not a type", "<html><body>", "page", "text/html"},
			{"notes.md", "application/octet-stream", "# Notes", "notes.md", "text/markdown"},
			{"empty", "", "", "empty", "text/plain"},
			{"blob.unknown", "", "\x00\x01\x02", "blob.unknown", "application/octet-stream"},
			{"../../etc/passwd", "", "root", "passwd", "text/plain"},
			{`C:\Users\me\Über uns.txt`, "", "x", "Über uns.txt", "text/plain"},
			{"a\r\nSet-Cookie: x\x00.txt", "", "x", "aSet-Cookie: x.txt", "text/plain"},
			{"evil\u202etxt.exe", "", "\x00", "eviltxt.exe", "application/vnd.microsoft.portable-executable"},
			{strings.Repeat("長", 200) + ".pdf", "", "x", strings.Repeat("長", 83) + ".pdf", "application/pdf"},
			{"bad\xff\xfename.txt", "", "x", "badname.txt", "text/plain"},
		} {
			f, err := w.s.StoreFile(w.ctx, w.shop.ID, c.name, c.said, strings.NewReader(c.content), 100)
			w.must(err)
			if f.Name != c.kept || f.Type != c.mime || f.Size != int64(len(c.content)) || !f.Uploaded || !purvey.ValidID(f.ID) {
				t.Errorf("%q: %+v, want %q of %s", c.name, f, c.kept, c.mime)
			}
			if got := w.content(f); got != c.content {
				t.Errorf("%q: content %q", c.name, got)
			}
			read, err := w.s.File(w.ctx, w.shop.ID, f.ID)
			w.must(err)
			if fmt.Sprint(read) != fmt.Sprint(f) {
				t.Errorf("read %+v, stored %+v", read, f)
			}
		}
		before := w.stored()
		for _, name := range []string{"", "   ", "..", "dir/", "\x00"} {
			_, err := w.s.StoreFile(w.ctx, w.shop.ID, name, "", strings.NewReader("fresh"), 100)
			w.wantField(err, "file")
		}
		if _, err := w.s.StoreFile(w.ctx, w.shop.ID, "x", "", endless(100), 100); err != nil {
			t.Errorf("exactly the limit: %v", err)
		}
		_, err := w.s.StoreFile(w.ctx, w.shop.ID, "x", "", endless(101), 100)
		w.wantKind(err, purvey.TooLarge)
		for _, n := range []int64{0, 10, 511, 512, 1000} {
			if _, err := w.s.StoreFile(w.ctx, w.shop.ID, "x", "", failing{endless(n), errCut}, 0); !errors.Is(err, errCut) {
				t.Errorf("cut after %d bytes: %v", n, err)
			}
		}
		if n := w.stored(); n != before+1 {
			t.Errorf("refused files left %d contents", n-before-1)
		}
		_, err = w.s.File(w.ctx, w.newShop("other").ID, w.file("x", "x").ID)
		w.wantKind(err, purvey.NotFound)
	})
}

// BDD-16
func TestBDD16_FileList(t *testing.T) {
	t.Parallel()
	each(t, catalog.Options{}, func(w *world) {
		a, b, c := w.file("Übung.pdf", "%PDF-1"), w.file("song.mp3", "ID3"), w.file("übung_2.txt", "x")
		w.must(w.db.Tx(w.ctx, func(tx *store.Tx) error {
			return tx.InsertFile(w.ctx, &purvey.File{ShopID: w.shop.ID, Name: "later.bin", Type: "application/octet-stream"})
		}))
		p := w.product(catalog.Change{Name: catalog.Set("First"), FileIDs: catalog.Set([]string{a.ID, b.ID})})
		q := w.product(catalog.Change{Name: catalog.Set("Second"), FileIDs: catalog.Set([]string{a.ID})})
		_, _, err := w.s.CreateVersion(w.ctx, w.shop.ID, q.ID, catalog.NewVersion{Version: "2", FileIDs: []string{a.ID, c.ID}})
		w.must(err)
		count := func(f catalog.FileFilter) int {
			t.Helper()
			l, err := w.s.Files(w.ctx, w.shop.ID, f, purvey.Page{Limit: 10})
			w.must(err)
			return len(l.Items)
		}
		for _, c := range []struct {
			f    catalog.FileFilter
			want int
		}{
			{catalog.FileFilter{}, 4},
			{catalog.FileFilter{Query: "ÜBUNG"}, 2},
			{catalog.FileFilter{Query: "_"}, 1},
			{catalog.FileFilter{Type: "application/pdf"}, 1},
			{catalog.FileFilter{Type: "application"}, 0},
			{catalog.FileFilter{Uploaded: ptr(true)}, 3},
			{catalog.FileFilter{Uploaded: ptr(false)}, 1},
			{catalog.FileFilter{Query: "übung", Type: "text/plain", Uploaded: ptr(true)}, 1},
		} {
			if got := count(c.f); got != c.want {
				t.Errorf("%+v finds %d, want %d", c.f, got, c.want)
			}
		}
		uses, err := w.s.ProductsOfFiles(w.ctx, w.shop.ID, []string{a.ID, b.ID, c.ID})
		w.must(err)
		if len(uses[a.ID]) != 2 || uses[a.ID][0].ID != p.ID || uses[a.ID][1].Name != "Second" || len(uses[b.ID]) != 1 || uses[c.ID][0].ID != q.ID {
			t.Errorf("products: %+v", uses)
		}
	})
}

// BDD-18
func TestBDD18_FileInUseStays(t *testing.T) {
	t.Parallel()
	each(t, catalog.Options{}, func(w *world) {
		inUse := func(id string) {
			t.Helper()
			err := w.s.DeleteFile(w.ctx, w.shop.ID, id)
			w.wantKind(err, purvey.Conflict)
			if purvey.ReasonOf(err) != purvey.ReasonInUse {
				t.Errorf("reason: %v", err)
			}
		}
		f := w.file("a.txt", "shared")
		p := w.product(catalog.Change{FileIDs: catalog.Set([]string{f.ID})})
		inUse(f.ID)
		_, err := w.s.Archive(w.ctx, w.shop, p.ID, true)
		w.must(err)
		inUse(f.ID)
		_, v, err := w.s.CreateVersion(w.ctx, w.shop.ID, p.ID, catalog.NewVersion{Version: "2", FileIDs: []string{f.ID}})
		w.must(err)
		_, err = w.s.UpdateProduct(w.ctx, w.shop, p.ID, catalog.Change{FileIDs: catalog.Set[[]string](nil)})
		w.must(err)
		_, _, err = w.s.WithdrawVersion(w.ctx, w.shop.ID, p.ID, v.ID)
		w.must(err)
		inUse(f.ID) // by a withdrawn version
		g := w.file("b.txt", "alone")
		w.must(w.db.Tx(w.ctx, func(tx *store.Tx) error { return tx.SetLineFiles(w.ctx, strings.Repeat("1", 24), []string{g.ID}) }))
		inUse(g.ID)
		w.must(w.db.Tx(w.ctx, func(tx *store.Tx) error { return tx.SetLineFiles(w.ctx, strings.Repeat("1", 24), nil) }))
		w.must(w.s.DeleteFile(w.ctx, w.shop.ID, g.ID))
		w.wantKind(w.s.DeleteFile(w.ctx, w.shop.ID, g.ID), purvey.NotFound)
		if _, err := w.bucket.Stat(w.ctx, g.Digest); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("the bytes are still there: %v", err)
		}
	})
}

func TestBytesStayWhileAnyShopHasThem(t *testing.T) {
	t.Parallel()
	each(t, catalog.Options{}, func(w *world) {
		a, b := w.file("a.txt", "same"), w.file("b.txt", "same")
		other := w.newShop("other")
		c, err := w.s.StoreFile(w.ctx, other.ID, "c.txt", "", strings.NewReader("same"), 0)
		w.must(err)
		w.wantKind(w.s.DeleteFile(w.ctx, other.ID, a.ID), purvey.NotFound)
		w.must(w.s.DeleteFile(w.ctx, w.shop.ID, a.ID))
		w.must(w.s.DeleteFile(w.ctx, w.shop.ID, b.ID))
		if w.content(c) != "same" {
			t.Error("another shop's bytes are gone")
		}
		w.must(w.s.DeleteFile(w.ctx, other.ID, c.ID))
		if w.stored() != 0 {
			t.Error("the bytes are still there")
		}
	})
}

func TestDeletionThatIsUndoneKeepsTheBytes(t *testing.T) {
	t.Parallel()
	each(t, catalog.Options{}, func(w *world) {
		f := w.file("a.txt", "a")
		undone := errors.New("undone")
		err := w.db.Tx(w.ctx, func(tx *store.Tx) error {
			return errors.Join(w.s.DeleteFile(tx.With(w.ctx), w.shop.ID, f.ID), undone)
		})
		if !errors.Is(err, undone) || w.content(f) != "a" {
			t.Errorf("%v", err)
		}
	})
}

func TestCrashLeavesNoOrphanForEver(t *testing.T) {
	t.Parallel()
	each(t, catalog.Options{}, func(w *world) {
		kept := w.file("kept.txt", "kept")
		// A crash between bytes and row, and one between row and bytes.
		_, err := w.s.Receive(w.ctx, w.shop.ID, "a.txt", "", strings.NewReader("orphan"), 0)
		w.must(err)
		gone := w.file("gone.txt", "gone")
		w.must(w.db.Tx(w.ctx, func(tx *store.Tx) error { return tx.DeleteFile(w.ctx, w.shop.ID, gone.ID) }))
		w.clock.Set(time.Now())
		w.must(w.s.SweepBlobs(w.ctx))
		if w.stored() != 3 {
			t.Errorf("a sweep took fresh bytes: %d of 3 left", w.stored())
		}
		w.clock.Set(later())
		for range 2 {
			w.must(w.s.SweepBlobs(w.ctx))
			if w.stored() != 1 || w.content(kept) != "kept" {
				t.Errorf("%d contents after the sweep, want 1", w.stored())
			}
		}
	})
}

func TestFilingWaitsForARemoval(t *testing.T) {
	t.Parallel()
	each(t, catalog.Options{}, func(w *world) {
		w.clock.Set(time.Now())
		receive := func(content string) *catalog.Received {
			t.Helper()
			in, err := w.s.Receive(w.ctx, w.shop.ID, "a.txt", "", strings.NewReader(content), 0)
			w.must(err)
			return in
		}
		add := func(ctx context.Context, in *catalog.Received) error {
			return w.s.Filing(ctx, in, func() error { return w.s.AddFile(ctx, in) })
		}
		condemn := func(digest string) (note *store.Removal) {
			t.Helper()
			w.must(w.db.Tx(w.ctx, func(tx *store.Tx) (err error) {
				note, err = tx.Condemn(w.ctx, digest, tx.Now().Add(-time.Minute))
				return err
			}))
			return note
		}
		end := func(note *store.Removal) {
			t.Helper()
			w.must(w.db.Tx(w.ctx, func(tx *store.Tx) error { return tx.EndRemoval(w.ctx, note) }))
		}
		in := receive("content")
		note := condemn(in.Digest)
		if condemn(in.Digest) != nil {
			t.Error("two removals at once")
		}
		ctx, cancel := context.WithCancel(w.ctx)
		cancel()
		if err := add(ctx, in); err == nil {
			t.Error("filed over a removal")
		}
		done := make(chan error)
		go func() { done <- add(w.ctx, in) }()
		end(note) // it failed; the bytes are there
		w.must(<-done)
		if condemn(in.Digest) != nil {
			t.Error("the bytes of a file were condemned")
		}

		// The removal began and ended between bytes and row.
		in = receive("content 2")
		note = condemn(in.Digest)
		w.must(w.bucket.Delete(w.ctx, in.Digest))
		end(note)
		w.wantKind(add(w.ctx, in), purvey.Unavailable)
		l, err := w.s.Files(w.ctx, w.shop.ID, catalog.FileFilter{}, purvey.Page{Limit: 10})
		w.must(err)
		if len(l.Items) != 1 {
			t.Errorf("a file without bytes was filed: %+v", l.Items)
		}
		w.must(add(w.ctx, receive("content 2"))) // the client's next try
		// What a process that crashed was removing holds nobody off.
		in = receive("content 3")
		condemn(in.Digest)
		w.clock.Advance(10 * time.Minute)
		w.must(add(w.ctx, in))
		if w.content(in.File) != "content 3" {
			t.Error("content")
		}
	})
}

func TestStoringAndDeletingEqualContentAtOnce(t *testing.T) {
	t.Parallel()
	each(t, catalog.Options{}, func(w *world) {
		w.clock.Set(time.Now())
		var wg sync.WaitGroup
		for range 4 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				for range 25 {
					f, err := w.s.StoreFile(w.ctx, w.shop.ID, "a.txt", "", strings.NewReader("the same"), 0)
					if errors.Is(err, purvey.Unavailable) {
						continue // it was told, and nothing was kept
					}
					if err != nil {
						t.Error(err)
						return
					}
					if _, r, err := w.s.Content(w.ctx, w.shop.ID, f.ID); err != nil {
						t.Errorf("a file without bytes: %v", err)
					} else {
						r.Close()
					}
					if err := w.s.DeleteFile(w.ctx, w.shop.ID, f.ID); err != nil {
						t.Error(err)
					}
				}
			}()
		}
		wg.Wait()
		w.clock.Set(later())
		w.must(w.s.SweepBlobs(w.ctx))
		if w.stored() != 0 {
			t.Errorf("%d contents are left", w.stored())
		}
	})
}
