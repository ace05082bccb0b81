package catalog_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"purvey"
	"purvey/internal/catalog"
	"purvey/internal/store"
)

func (w *world) upload(n catalog.NewUpload) catalog.Upload {
	w.Helper()
	u, err := w.s.CreateUpload(w.ctx, w.shop.ID, n)
	w.must(err)
	return u
}

// chunk continues an upload; a nil error of body is none.
func (w *world) chunk(id string, offset int64, body io.Reader) (catalog.Upload, error) {
	return w.s.AppendUpload(w.ctx, w.shop.ID, id, catalog.Chunk{Offset: offset, Length: catalog.Unknown, Size: catalog.Unknown, Body: body})
}

func (w *world) files() []purvey.File {
	w.Helper()
	l, err := w.s.Files(w.ctx, w.shop.ID, catalog.FileFilter{}, purvey.Page{Limit: 100})
	w.must(err)
	return l.Items
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func TestUploadSurvivesFiftyInterruptions(t *testing.T) {
	t.Parallel()
	each(t, catalog.Options{}, func(w *world) {
		rnd := rand.New(rand.NewPCG(1, 2))
		content := make([]byte, 3<<20)
		for i := range content {
			content[i] = byte(rnd.Uint32())
		}
		u := w.upload(catalog.NewUpload{Name: "Ünsere Daten.bin", Type: "application/x-data", Length: int64(len(content))})
		for cuts := 0; cuts < 50 || !u.Done(); cuts++ {
			at, err := w.s.Upload(w.ctx, w.shop.ID, u.ID)
			w.must(err)
			if at.Offset < u.Offset {
				t.Fatalf("the offset went back from %d to %d", u.Offset, at.Offset)
			}
			u = at
			if u.Done() {
				break
			}
			n := rnd.Int64N(int64(len(content)) / 40)
			if cuts >= 50 {
				n = int64(len(content)) - u.Offset
			}
			n = min(n, int64(len(content))-u.Offset)
			body := io.Reader(bytes.NewReader(content[u.Offset : u.Offset+n]))
			if u.Offset+n < int64(len(content)) {
				body = failing{body, errCut}
			}
			_, err = w.chunk(u.ID, u.Offset, body)
			if err != nil && !errors.Is(err, errCut) {
				t.Fatal(err)
			}
			if cuts%7 == 0 {
				w.restart(catalog.Options{})
			}
		}
		f, err := w.s.File(w.ctx, w.shop.ID, u.FileID)
		w.must(err)
		if f.Digest != digest(content) || f.Size != int64(len(content)) || f.Name != "Ünsere Daten.bin" || f.Type != "application/x-data" {
			t.Errorf("%+v", f)
		}
		if n := len(w.files()); n != 1 {
			t.Errorf("%d files", n)
		}
	})
}

func TestUploadBecomesOneFile(t *testing.T) {
	t.Parallel()
	each(t, catalog.Options{}, func(w *world) {
		// A crash after the last byte, before anything else.
		u := w.upload(catalog.NewUpload{Name: "a.pdf", Length: 5})
		_, err := w.bucket.Append(w.ctx, u.ID, 0, strings.NewReader("%PDF-"))
		w.must(err)
		w.restart(catalog.Options{})
		// Many ask at once.
		var wg sync.WaitGroup
		ids := make(chan string, 8)
		for range 8 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				for {
					got, err := w.s.Upload(w.ctx, w.shop.ID, u.ID)
					if purvey.ReasonOf(err) == purvey.ReasonUploadLocked {
						runtime.Gosched()
						continue
					}
					if err != nil || got.Offset != 5 {
						t.Errorf("%+v, %v", got, err)
					}
					ids <- got.FileID
					return
				}
			}()
		}
		wg.Wait()
		first := <-ids
		for range 7 {
			if id := <-ids; id != first || id == "" {
				t.Errorf("file %q and file %q", first, id)
			}
		}
		// A crash after the bytes were filed, before the row.
		v := w.upload(catalog.NewUpload{Name: "b.txt", Length: 3})
		_, err = w.bucket.Append(w.ctx, v.ID, 0, strings.NewReader("abc"))
		w.must(err)
		_, err = w.bucket.Finish(w.ctx, v.ID)
		w.must(err)
		w.restart(catalog.Options{})
		for range 3 { // and the last request is repeated
			got, err := w.chunk(v.ID, 3, strings.NewReader(""))
			w.must(err)
			if !got.Done() || got.Offset != 3 {
				t.Errorf("%+v", got)
			}
		}
		_, err = w.chunk(v.ID, 0, strings.NewReader("abc"))
		if purvey.ReasonOf(err) != purvey.ReasonUploadOffset {
			t.Errorf("a repeat from the start: %v", err)
		}
		_, err = w.chunk(v.ID, 3, strings.NewReader("d"))
		w.wantKind(err, purvey.TooLarge)
		files := w.files()
		if len(files) != 2 || files[0].Type != "text/plain" || files[1].Type != "application/pdf" {
			t.Errorf("%+v", files)
		}
		// The bytes were deleted between filing and row.
		x := w.upload(catalog.NewUpload{Name: "c.txt", Length: 1})
		_, err = w.bucket.Append(w.ctx, x.ID, 0, strings.NewReader("c"))
		w.must(err)
		stored, err := w.bucket.Finish(w.ctx, x.ID)
		w.must(err)
		w.must(w.bucket.Delete(w.ctx, stored.Digest))
		_, err = w.s.Upload(w.ctx, w.shop.ID, x.ID)
		w.wantKind(err, purvey.Gone)
	})
}

func TestChunkWithChecksumIsKeptWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	each(t, catalog.Options{}, func(w *world) {
		u := w.upload(catalog.NewUpload{Name: "a.bin", Length: 10})
		send := func(offset int64, body io.Reader, want string) (catalog.Upload, error) {
			sum := sha256.Sum256([]byte(want))
			return w.s.AppendUpload(w.ctx, w.shop.ID, u.ID, catalog.Chunk{
				Offset: offset, Length: catalog.Unknown, Size: catalog.Unknown, Body: body, Sum: sha256.New(), Want: sum[:],
			})
		}
		for _, c := range []struct {
			body io.Reader
			want error
		}{
			{strings.NewReader("01234"), catalog.ErrChecksum},
			{strings.NewReader(""), catalog.ErrChecksum},
			{failing{strings.NewReader("wha"), errCut}, errCut},
			{failing{strings.NewReader("what!"), errCut}, errCut},
		} {
			if _, err := send(0, c.body, "what!"); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if got, err := w.s.Upload(w.ctx, w.shop.ID, u.ID); err != nil || got.Offset != 0 {
				t.Errorf("%d bytes of a refused chunk were kept", got.Offset)
			}
		}
		got, err := send(0, strings.NewReader("01234"), "01234")
		w.must(err)
		if got.Offset != 5 {
			t.Errorf("offset %d", got.Offset)
		}
		if _, err := send(5, strings.NewReader("wrong"), "56789"); !errors.Is(err, catalog.ErrChecksum) {
			t.Errorf("%v", err)
		}
		got, err = send(5, strings.NewReader("56789"), "56789")
		w.must(err)
		f, err := w.s.File(w.ctx, w.shop.ID, got.FileID)
		w.must(err)
		if w.content(f) != "0123456789" {
			t.Errorf("content %q", w.content(f))
		}
	})
}

func TestUploadBounds(t *testing.T) {
	t.Parallel()
	each(t, catalog.Options{UploadMax: 100}, func(w *world) {
		_, err := w.s.CreateUpload(w.ctx, w.shop.ID, catalog.NewUpload{Name: "x", Length: 101})
		w.wantKind(err, purvey.TooLarge)
		_, err = w.s.CreateUpload(w.ctx, w.shop.ID, catalog.NewUpload{Name: "x", Length: -5})
		w.wantKind(err, purvey.Invalid)
		_, err = w.s.CreateUpload(w.ctx, w.shop.ID, catalog.NewUpload{Name: "..", Length: 5})
		w.wantField(err, "filename")
		w.restart(catalog.Options{Folder: w.folder})
		_, err = w.s.CreateUpload(w.ctx, w.shop.ID, catalog.NewUpload{Name: "x", Length: math.MaxInt64})
		w.wantKind(err, purvey.NoSpace)
		w.restart(catalog.Options{UploadMax: 100})

		empty := w.upload(catalog.NewUpload{Name: "empty.txt", Length: 0})
		if f, err := w.s.File(w.ctx, w.shop.ID, empty.FileID); err != nil || f.Size != 0 {
			t.Errorf("an empty file: %+v %v", f, err)
		}
		u := w.upload(catalog.NewUpload{Name: "../x/" + strings.Repeat("a", 300) + ".pdf", Length: 4})
		if len(u.Name) != 255 || !strings.HasSuffix(u.Name, ".pdf") {
			t.Errorf("name %q", u.Name)
		}
		if n := w.upload(catalog.NewUpload{Length: 4}); n.Name != n.ID {
			t.Errorf("name %q", n.Name)
		}
		_, err = w.chunk(u.ID, 0, strings.NewReader("12345"))
		w.wantKind(err, purvey.TooLarge)
		_, err = w.s.AppendUpload(w.ctx, w.shop.ID, u.ID, catalog.Chunk{Length: catalog.Unknown, Size: 5, Body: failing{strings.NewReader(""), errors.New("was read")}})
		w.wantKind(err, purvey.TooLarge)
		_, err = w.chunk(u.ID, 1, strings.NewReader("1"))
		if purvey.ReasonOf(err) != purvey.ReasonUploadOffset {
			t.Errorf("%v", err)
		}
		if got, err := w.s.Upload(w.ctx, w.shop.ID, u.ID); err != nil || got.Offset != 0 {
			t.Errorf("refused chunks left %d bytes", got.Offset)
		}
		for _, id := range []string{"", "nonsense", "../x", strings.Repeat("0", 24)} {
			_, err = w.s.Upload(w.ctx, w.shop.ID, id)
			w.wantKind(err, purvey.NotFound)
			_, err = w.chunk(id, 0, strings.NewReader(""))
			w.wantKind(err, purvey.NotFound)
			w.wantKind(w.s.TerminateUpload(w.ctx, w.shop.ID, id), purvey.NotFound)
		}
		other := w.newShop("other")
		_, err = w.s.Upload(w.ctx, other.ID, u.ID)
		w.wantKind(err, purvey.NotFound)
		w.wantKind(w.s.TerminateUpload(w.ctx, other.ID, u.ID), purvey.NotFound)

		// A length that is told later.
		d := w.upload(catalog.NewUpload{Name: "d.txt", Length: catalog.Unknown})
		_, err = w.chunk(d.ID, 0, strings.NewReader("abc"))
		w.must(err)
		later := func(length int64) (catalog.Upload, error) {
			return w.s.AppendUpload(w.ctx, w.shop.ID, d.ID, catalog.Chunk{Offset: 3, Length: length, Size: catalog.Unknown, Body: strings.NewReader("d")})
		}
		for _, n := range []int64{2, 101} {
			if _, err := later(n); err == nil {
				t.Errorf("length %d was taken", n)
			}
		}
		got, err := later(4)
		w.must(err)
		if !got.Done() || got.Length != 4 {
			t.Errorf("%+v", got)
		}
		_, err = w.chunk(w.upload(catalog.NewUpload{Length: catalog.Unknown}).ID, 0, endless(101))
		w.wantKind(err, purvey.TooLarge)
	})
}

func TestUploadTakesOneRequestAtATime(t *testing.T) {
	t.Parallel()
	each(t, catalog.Options{}, func(w *world) {
		u := w.upload(catalog.NewUpload{Name: "a.txt", Length: 4})
		body, feed := io.Pipe()
		done := make(chan error)
		go func() {
			_, err := w.chunk(u.ID, 0, body)
			done <- err
		}()
		_, err := feed.Write([]byte("ab")) // is read: the first request holds the upload
		w.must(err)
		_, err = w.chunk(u.ID, 0, strings.NewReader("abcd"))
		if r := purvey.ReasonOf(err); r != purvey.ReasonUploadLocked && r != purvey.ReasonUploadOffset {
			t.Errorf("a second request: %v", err)
		}
		if err := w.s.TerminateUpload(w.ctx, w.shop.ID, u.ID); purvey.ReasonOf(err) != purvey.ReasonUploadLocked {
			t.Errorf("terminated while it is written: %v", err)
		}
		_, err = feed.Write([]byte("cd"))
		w.must(err)
		w.must(feed.Close())
		w.must(<-done)
		got, err := w.s.Upload(w.ctx, w.shop.ID, u.ID)
		w.must(err)
		if !got.Done() {
			t.Errorf("%+v", got)
		}
		w.must(w.s.TerminateUpload(w.ctx, w.shop.ID, u.ID))
		if _, err := w.s.File(w.ctx, w.shop.ID, got.FileID); err != nil {
			t.Errorf("the file went with its upload: %v", err)
		}
		v := w.upload(catalog.NewUpload{Name: "b.txt", Length: 4})
		_, err = w.chunk(v.ID, 0, strings.NewReader("ab"))
		w.must(err)
		w.must(w.s.TerminateUpload(w.ctx, w.shop.ID, v.ID))
		_, err = w.s.Upload(w.ctx, w.shop.ID, v.ID)
		w.wantKind(err, purvey.NotFound)
		if n, err := w.bucket.Staged(w.ctx, v.ID); err != nil || n != 0 {
			t.Errorf("%d bytes are left of it", n)
		}
	})
}

func TestAbandonedUploadsAreSwept(t *testing.T) {
	t.Parallel()
	each(t, catalog.Options{}, func(w *world) {
		w.clock.Set(time.Now())
		live := w.upload(catalog.NewUpload{Name: "live.txt", Length: 4})
		dead := w.upload(catalog.NewUpload{Name: "dead.txt", Length: 4})
		done := w.upload(catalog.NewUpload{Name: "done.txt", Length: 1})
		for _, u := range []catalog.Upload{live, dead, done} {
			_, err := w.chunk(u.ID, 0, strings.NewReader("a"))
			w.must(err)
		}
		_, err := w.bucket.Append(w.ctx, "without-a-row", 0, strings.NewReader("x"))
		w.must(err)
		w.clock.Advance(catalog.UploadLife - time.Hour)
		got, err := w.chunk(live.ID, 1, strings.NewReader("b"))
		w.must(err)
		if !got.ExpiresAt.After(dead.ExpiresAt) {
			t.Errorf("work does not put the end off: %v", got.ExpiresAt)
		}
		w.must(w.s.SweepUploads(w.ctx))
		_, err = w.s.Upload(w.ctx, w.shop.ID, dead.ID)
		w.must(err)
		w.clock.Advance(time.Hour + time.Minute)
		_, err = w.s.Upload(w.ctx, w.shop.ID, dead.ID)
		w.wantKind(err, purvey.Gone)
		_, err = w.chunk(dead.ID, 1, strings.NewReader("b"))
		w.wantKind(err, purvey.Gone)
		for range 2 {
			w.must(w.s.SweepUploads(w.ctx))
			for _, id := range []string{dead.ID, done.ID} {
				_, err = w.s.Upload(w.ctx, w.shop.ID, id)
				w.wantKind(err, purvey.NotFound)
			}
			for name, want := range map[string]int64{dead.ID: 0, live.ID: 2, "without-a-row": 0} {
				if n, err := w.bucket.Staged(w.ctx, name); err != nil || n != want {
					t.Errorf("%s has %d bytes, want %d", name, n, want)
				}
			}
		}
		if n := len(w.files()); n != 1 {
			t.Errorf("%d files, want the finished one", n)
		}
		got, err = w.chunk(live.ID, 2, strings.NewReader("cd"))
		w.must(err)
		if !got.Done() {
			t.Errorf("%+v", got)
		}
	})
}

func TestUploadWaitsForTheRemovalOfEqualBytes(t *testing.T) {
	t.Parallel()
	each(t, catalog.Options{}, func(w *world) {
		u := w.upload(catalog.NewUpload{Name: "a.txt", Length: 3})
		_, err := w.bucket.Append(w.ctx, u.ID, 0, strings.NewReader("abc"))
		w.must(err)
		stored, err := w.bucket.Finish(w.ctx, u.ID)
		w.must(err)
		var note *store.Removal
		w.must(w.db.Tx(w.ctx, func(tx *store.Tx) (err error) {
			note, err = tx.Condemn(w.ctx, stored.Digest, tx.Now().Add(-time.Minute))
			return err
		}))
		done := make(chan error)
		go func() {
			got, err := w.s.Upload(w.ctx, w.shop.ID, u.ID)
			if err == nil && !got.Done() {
				err = errors.New("not done")
			}
			done <- err
		}()
		w.must(w.db.Tx(w.ctx, func(tx *store.Tx) error { return tx.EndRemoval(w.ctx, note) }))
		w.must(<-done)
		if _, err := w.bucket.Stat(w.ctx, stored.Digest); err != nil {
			t.Error(err)
		}
	})
}

func TestMemoryStaysFlat(t *testing.T) {
	// Alone, since it measures the memory of the whole process.
	const size = 300 << 20
	o := catalog.Options{}
	w := &world{T: t, ctx: t.Context(), folder: t.TempDir()}
	w.db = storeOf(t)
	w.restart(o)
	w.shop = w.newShop("default")
	u := w.upload(catalog.NewUpload{Name: "large.bin", Length: size})
	meter := &heapMeter{r: endless(size)}
	meter.base = heap()
	got, err := w.chunk(u.ID, 0, meter)
	w.must(err)
	f, err := w.s.File(w.ctx, w.shop.ID, got.FileID)
	w.must(err)
	if f.Size != size {
		t.Errorf("%d bytes", f.Size)
	}
	if meter.most > 8<<20 {
		t.Errorf("the heap grew by %d bytes for an upload of %d", meter.most, size)
	}
	meter = &heapMeter{r: endless(size / 4), base: heap()}
	_, err = w.s.StoreFile(w.ctx, w.shop.ID, "large.bin", "", meter, 0)
	w.must(err)
	if meter.most > 8<<20 {
		t.Errorf("the heap grew by %d bytes for a file", meter.most)
	}
}

// heapMeter looks at the heap after every 16 MiB.
type heapMeter struct {
	r          io.Reader
	base, most int64
	n          int64
}

func (m *heapMeter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if m.n += int64(n); m.n > 16<<20 {
		m.n = 0
		m.most = max(m.most, heap()-m.base)
	}
	return n, err
}

func heap() int64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}

func storeOf(t *testing.T) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Folder: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}
