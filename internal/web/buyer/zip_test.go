package buyer_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/catalog"
	"purvey/internal/delivery"
	"purvey/internal/order"
	"purvey/internal/store"
)

// unzip reads an archive with the standard library, checksums included.
func (w *world) unzip(archive []byte) (names []string, contents map[string][]byte) {
	w.t.Helper()
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	w.must(err)
	contents = map[string][]byte{}
	for _, f := range r.File {
		if f.Method != zip.Store || f.Flags&0x8 != 0 {
			w.t.Errorf("%s: method %d, flags %x", f.Name, f.Method, f.Flags)
		}
		rc, err := f.Open()
		w.must(err)
		b, err := io.ReadAll(rc)
		w.must(err)
		names = append(names, f.Name)
		contents[f.Name] = b
	}
	return names, contents
}

func TestZipOfAnOrder(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		one, two := content(300_000), content(70_001)
		a, b, c := w.file("Größe.wav", one), w.file("b.mp3", two), w.file("empty.txt", nil)
		p := w.productOf(catalog.Change{Name: catalog.Set("Drums / Vol. 1"), FileIDs: catalog.Set([]string{a.ID, b.ID, c.ID})})
		o := w.order(p)
		zipped := w.get(w.page(o) + "/zip")
		w.want(zipped, 200)
		if zipped.ContentLength != int64(len(zipped.body)) || zipped.Header.Get("Content-Type") != "application/zip" ||
			zipped.Header.Get("Content-Disposition") != `attachment; filename="order 1001.zip"` {
			t.Fatalf("%d of %d bytes, %v", len(zipped.body), zipped.ContentLength, zipped.Header)
		}
		names, got := w.unzip(zipped.body)
		if strings.Join(names, "|") != "Größe.wav|b.mp3|empty.txt" || !bytes.Equal(got["Größe.wav"], one) || !bytes.Equal(got["b.mp3"], two) {
			t.Fatal(names)
		}
		copies := w.settled(o, func(got []purvey.Download) bool {
			for _, d := range got {
				if d.CompletedAt.IsZero() {
					return false
				}
			}
			return len(got) == 3
		})
		if copies[0].Sent != 300_000 || copies[1].Sent != 70_001 {
			t.Fatalf("%+v", copies)
		}
		// Two products have a folder each, and equal names stay apart.
		q := w.productOf(catalog.Change{Name: catalog.Set("Bass"), FileIDs: catalog.Set([]string{b.ID, w.file("B.mp3", two).ID})})
		names, _ = w.unzip(w.get(w.page(w.order(p, q)) + "/zip").body)
		if got := strings.Join(names, "|"); got != "Drums - Vol. 1/Größe.wav|Drums - Vol. 1/b.mp3|Drums - Vol. 1/empty.txt|Bass/b.mp3|Bass/B (2).mp3" {
			t.Fatal(got)
		}
	})
}

func TestZipLeavesOutWhatIsUsedUp(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		a, b := w.file("a.bin", content(1000)), w.file("b.bin", content(2000))
		o := w.place(order.Request{Customer: purvey.Customer{Email: "x@example.org", Locale: "de"}}, w.product(1, a, b))
		w.want(w.get(w.page(o)+"/files/"+a.ID), 200)
		names, got := w.unzip(w.get(w.page(o) + "/zip").body)
		if strings.Join(names, "|") != "b.bin|Was fehlt.txt" || !strings.Contains(string(got["Was fehlt.txt"]), "a.bin") ||
			!strings.Contains(string(got["Was fehlt.txt"]), "Alle Kopien wurden heruntergeladen") {
			t.Fatalf("%v %s", names, got["Was fehlt.txt"])
		}
		w.want(w.get(w.page(o)+"/files/"+b.ID), 403)
		w.want(w.get(w.page(o)+"/zip"), 403)
		page, _ := w.press(w.page(o)+"/zip", nil)
		w.wantText(page, 403, "Alle Kopien wurden heruntergeladen")
		if n := len(w.copies(o)); n != 2 {
			t.Fatalf("%d copies", n)
		}
	})
}

// TestZipIsResumed cuts an archive and goes on where it ended, although some
// of its files have been delivered and used up meanwhile.
func TestZipIsResumed(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		a, b, c := w.file("a.bin", content(400_000)), w.file("b.bin", content(500_000)), w.file("c.bin", content(600_000))
		o := w.order(w.product(1, a, b, c))
		_, to := w.press(w.page(o)+"/zip", nil)
		head := w.do("HEAD", to)
		w.want(head, 200)
		size, tag := head.ContentLength, head.Header.Get("ETag")
		if n := len(w.copies(o)); n != 0 {
			t.Fatalf("asking began %d copies", n)
		}
		var whole []byte
		for at := int64(0); at < size; at += 250_000 {
			w.clock.Advance(time.Minute)
			part := w.get(to, "Range", fmt.Sprintf("bytes=%d-%d", at, at+249_999), "If-Range", tag)
			w.want(part, 206)
			whole = append(whole, part.body...)
		}
		names, got := w.unzip(whole)
		if len(names) != 3 || !bytes.Equal(got["c.bin"], content(600_000)) {
			t.Fatal(names)
		}
		copies := w.settled(o, func(got []purvey.Download) bool { return len(got) == 3 && !got[2].CompletedAt.IsZero() })
		for _, d := range copies {
			if d.Sent != d.Size || d.CompletedAt.IsZero() {
				t.Fatalf("%+v", d)
			}
		}
		w.want(w.get(to), 403)
		w.want(w.get(w.page(o)+"/zip"), 403)
		w.clock.Advance(2 * time.Hour)
		w.want(w.get(to, "Range", "bytes=1000-"), 410)
	})
}

func TestAbortedZipBeginsOnlyWhatItSent(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		a, b := w.file("a.bin", content(6<<20)), w.file("b.bin", content(1000))
		o := w.order(w.product(1, a, b))
		w.abort(w.page(o)+"/zip", "", 5000)
		got := w.settled(o, func(got []purvey.Download) bool { return len(got) == 1 && got[0].Sent > 0 && got[0].Sent < 4<<20 })
		if got[0].FileID != a.ID {
			t.Fatalf("%+v", got)
		}
		w.want(w.get(w.page(o)+"/files/"+b.ID), 200)
	})
}

// TestZipBeyondFourGigabytes reads an archive of files of 2.2 GB, of which the
// third begins beyond what 32 bits can say. On the disk they are holes.
func TestZipBeyondFourGigabytes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	const size = 2_200_000_000
	digest := strings.Repeat("ab", 32)
	w.must(os.MkdirAll(filepath.Join(w.folder, "ab"), 0o700))
	hole, err := os.Create(filepath.Join(w.folder, "ab", digest))
	w.must(err)
	w.must(hole.Truncate(size))
	w.must(hole.Close())
	w.tx(func(tx *store.Tx) error { return tx.InsertChecksum(context.Background(), digest, 0x1234_5678) }) // spares reading the holes
	var ids []string
	for i := range 3 {
		f := purvey.File{ShopID: w.shop.ID, Name: fmt.Sprintf("%d.bin", i), Size: size, Type: "application/octet-stream", Digest: digest, Uploaded: true}
		w.tx(func(tx *store.Tx) error { return tx.InsertFile(context.Background(), &f) })
		ids = append(ids, f.ID)
	}
	o := w.order(w.productOf(catalog.Change{FileIDs: catalog.Set(ids)}))
	_, to := w.press(w.page(o)+"/zip", nil)
	at := &remote{w: w, path: to, size: w.do("HEAD", to).ContentLength}
	if at.size < 3*size {
		t.Fatal(at.size)
	}
	r, err := zip.NewReader(at, at.size)
	w.must(err)
	if len(r.File) != 3 || r.File[2].UncompressedSize64 != size || r.File[2].CRC32 != 0x1234_5678 {
		t.Fatalf("%+v", r.File)
	}
	offset, err := r.File[2].DataOffset()
	w.must(err)
	f, err := r.File[2].Open()
	w.must(err)
	head := make([]byte, 1<<16)
	if _, err := io.ReadFull(f, head); err != nil || offset < 2*size || !bytes.Equal(head, make([]byte, 1<<16)) {
		t.Fatal(offset, err)
	}
}

// remote reads an address by ranges.
type remote struct {
	w    *world
	path string
	size int64
}

func (r *remote) ReadAt(p []byte, off int64) (int, error) {
	a := r.w.get(r.path, "Range", fmt.Sprintf("bytes=%d-%d", off, off+int64(len(p))-1))
	if a.StatusCode != 206 {
		return 0, fmt.Errorf("%d at %d", a.StatusCode, off)
	}
	n := copy(p, a.body)
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// BDD-37
func TestBDD37_ShareLink(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := context.Background()
		one, two := content(5000), content(7000)
		a, b := w.file("a.zip", one), w.file("b.zip", two)
		limited, limit := true, 2
		k, err := w.delivery.CreateLink(ctx, w.scope, delivery.LinkChange{FileIDs: &[]string{a.ID, b.ID}, UseLimit: &limited, Limit: &limit})
		w.must(err)
		path := strings.TrimPrefix(w.delivery.LinkURL(k), "http://shop.example")
		w.wantText(w.browse(path, "Accept-Language", "de"), 200, "Dateien für Sie", "Noch 2 von 2 Kopien", "a.zip", "b.zip")
		_, to := w.press(path+"/files/"+a.ID, nil)
		w.wantBytes(w.get(to), 200, one)
		w.wantBytes(w.get(path+"/files/"+a.ID), 200, one)
		w.want(w.get(path+"/files/"+a.ID), 403)
		w.want(w.get(to), 403)
		names, got := w.unzip(w.get(path + "/zip").body)
		if len(names) != 2 || names[0] != "b.zip" || !bytes.Equal(got["b.zip"], two) {
			t.Fatal(names)
		}
		if k, err = w.delivery.Link(ctx, w.scope, k.ID); err != nil || k.UsedUpSent {
			t.Fatalf("%+v %v", k, err)
		}
		w.want(w.get(path+"/files/"+b.ID), 200)
		if k, err = w.delivery.Link(ctx, w.scope, k.ID); err != nil || !k.UsedUpSent {
			t.Fatalf("%+v %v", k, err)
		}
		w.wantText(w.browse(path), 200, "All copies have been downloaded", "ask whoever sent you the link")
		w.want(w.get(path+"/zip"), 403)
		st, err := w.delivery.Stats(ctx, w.scope, w.clock.Now().Add(-time.Hour), w.clock.Now().Add(time.Hour))
		w.must(err)
		if st.Total != 4 || st.Counted != 0 || st.Billable != 0 || st.Bandwidth != 2*5000+2*7000 {
			t.Fatalf("%+v", st)
		}
		w.must(w.delivery.DeleteLink(ctx, w.scope, k.ID))
		for _, p := range []string{path, path + "/files/" + b.ID, path + "/zip", to} {
			w.want(w.get(p), 404)
		}
	})
}
