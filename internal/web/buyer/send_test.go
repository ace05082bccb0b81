package buyer_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/blob/blobtest"
	"purvey/internal/catalog"
	"purvey/internal/delivery"
	"purvey/internal/middleware"
	"purvey/internal/order"
	"purvey/internal/web/buyer"
)

// kernelWriter stands for the answer of a plain connection: what its ReadFrom
// is given as a file, limited or not, the kernel sends by itself.
type kernelWriter struct {
	*httptest.ResponseRecorder
	byKernel, copied int64
}

func (w *kernelWriter) ReadFrom(src io.Reader) (int64, error) {
	limited, ok := src.(*io.LimitedReader)
	_, file := limited.R.(*os.File)
	n, err := io.Copy(w.ResponseRecorder, src)
	if ok && file {
		w.byKernel += n
	} else {
		w.copied += n
	}
	return n, err
}

// TestKernelSendsTheFile makes sure that nothing between the storage and the
// connection hides the file from sendfile, which costs a quarter of the
// processor time that copying does.
func TestKernelSendsTheFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	const size = 5 << 20
	f := w.file("film.mp4", content(size))
	o := w.order(w.product(0, f))
	mux := http.NewServeMux()
	log := slog.New(slog.DiscardHandler)
	buyer.Register(mux, buyer.Backend{Delivery: w.delivery, Log: log})
	whole := middleware.Chain(mux, middleware.Identify(nil), middleware.AccessLog(log), middleware.Guard(log, func(http.ResponseWriter, *http.Request, error) {}))
	for _, path := range []string{"/files/" + f.ID, "/zip"} {
		out := &kernelWriter{ResponseRecorder: httptest.NewRecorder()}
		whole.ServeHTTP(out, httptest.NewRequest("GET", w.page(o)+path, nil))
		if out.Code != 200 || out.byKernel != size || out.copied != 0 {
			t.Errorf("%s: %d: %d bytes by the kernel, %d copied, of %d", path, out.Code, out.byKernel, out.copied, size)
		}
	}
}

// TestBytesFromS3 serves, resumes and hands out from an object storage.
func TestBytesFromS3(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	w.bucket = blobtest.StartS3(t).NewBucket(t)
	w.catalog = catalog.New(w.db, w.bucket, catalog.Options{})
	w.start()
	w.orders = order.New(w.db, order.Options{PageURL: w.delivery.PageURL})
	goods := content(700_000)
	f := w.file("Größe.wav", goods)
	limit := 2
	p := w.productOf(catalog.Change{FileIDs: catalog.Set([]string{f.ID}), MaxDownloads: catalog.Set(&limit), DownloadMode: catalog.Set(purvey.DownloadProxy)})
	o := w.order(p)
	path := w.page(o) + "/files/" + f.ID
	w.want(w.get(path, "Range", "bytes=0-299999"), 206)
	w.wantBytes(w.get(path, "Range", "bytes=300000-"), 206, goods[300_000:])
	names, got := w.unzip(w.get(w.page(o) + "/zip").body)
	if len(names) != 1 || string(got["Größe.wav"]) != string(goods) {
		t.Fatal(names)
	}
	w.want(w.get(path), 403)

	// With redirect the button leads to the storage; a copy is counted whole.
	redirect := w.productOf(catalog.Change{FileIDs: catalog.Set([]string{f.ID}), MaxDownloads: catalog.Set(&limit), DownloadMode: catalog.Set(purvey.DownloadRedirect)})
	o = w.order(redirect)
	button := w.page(o) + "/files/" + f.ID
	press := func() string {
		t.Helper()
		a, to := w.press(button, nil)
		if a.StatusCode != 303 || !strings.HasPrefix(to, "http") {
			t.Fatalf("%d to %q", a.StatusCode, to)
		}
		res, err := w.client.Get(to)
		w.must(err)
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		w.must(err)
		if res.StatusCode != 200 || string(b) != string(goods) || res.Header.Get("Content-Disposition") != delivery.Disposition("Größe.wav") {
			t.Fatalf("%d, %d bytes, %v", res.StatusCode, len(b), res.Header)
		}
		return to
	}
	press()
	press() // a double click: the address that was given still lives
	all := w.copies(o)
	if len(all) != 1 || all[0].Sent != 700_000 || all[0].CompletedAt.IsZero() {
		t.Fatalf("%+v", all)
	}
	w.clock.Advance(11 * time.Minute)
	press()
	w.clock.Advance(11 * time.Minute)
	a, _ := w.press(button, nil)
	w.want(a, 403)
	if all = w.copies(o); len(all) != 2 {
		t.Fatalf("%+v", all)
	}
	// A program gets the bytes from us all the same.
	o = w.order(redirect)
	w.wantBytes(w.get(w.page(o)+"/files/"+f.ID), 200, goods)
}

// TestMissingBytesUseNothingUp loses a file's bytes on the disk.
func TestMissingBytesUseNothingUp(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		f := w.file("a.bin", content(1000))
		o := w.order(w.product(1, f))
		path := w.page(o) + "/files/" + f.ID
		w.must(w.bucket.Delete(context.Background(), f.Digest))
		w.want(w.get(path), 503)
		if n := len(w.copies(o)); n != 0 {
			t.Fatalf("%d copies began", n)
		}
		w.file("a.bin", content(1000)) // it is put back
		w.wantBytes(w.get(path), 200, content(1000))
	})
}
