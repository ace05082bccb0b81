package viewer_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/delivery"
	"purvey/internal/order"
	"purvey/internal/store"
)

// HL-25
func TestHL25_ThePage(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		score := w.file("secret name.pdf", "application/pdf", pdf(1, 0))
		url := w.address(w.sell(score))
		a := w.get(url)
		if a.status != 200 || !strings.Contains(a.body, "Nocturne in E flat major") || !strings.Contains(a.body, "Notes &amp; More") {
			t.Fatalf("%d %s", a.status, a.body)
		}
		if strings.Contains(a.body, "<nav") || strings.Contains(a.body, "http://") || strings.Contains(a.body, "https://") {
			t.Error("the page of one file has a list of files, or names a host")
		}
		csp := a.header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "connect-src 'self'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("policy %q lacks %q", csp, want)
			}
		}
		if strings.Contains(csp, "unsafe-inline") || strings.Contains(csp, "http") || a.header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("%v", a.header)
		}
		if de := w.get(url, "Accept-Language", "de-AT,en;q=0.5"); !strings.Contains(de.body, "Nächste Seite") || de.header.Get("Content-Language") != "de" {
			t.Error("no German")
		}
		if head := w.ask("HEAD", url); head.status != 200 || head.body != "" || head.header.Get("Content-Length") == "" {
			t.Errorf("HEAD: %+v", head)
		}
		// Of several files each has an address; what cannot be shown has none.
		tune := w.file("tune.wav", "audio/wav", sound())
		url = w.address(w.sell(w.file("notes.zip", "application/zip", "PK"), tune, score))
		if a = w.get(url); !strings.Contains(a.body, "<audio") || strings.Contains(a.body, "notes.zip") || !strings.Contains(a.body, `href="?file=`+score.ID+`"`) {
			t.Errorf("%s", a.body)
		}
		if a = w.get(url + "?file=" + score.ID); !strings.Contains(a.body, `data-kind="pdf"`) {
			t.Errorf("%s", a.body)
		}
		if a = w.get(url + "?file=" + strings.Repeat("0", 24)); a.status != 404 {
			t.Errorf("another file: %d", a.status)
		}
	})
}

// HL-26
func TestHL26_TheBytes(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		r := w.sell(w.file("a.pdf", "application/octet-stream", "0123456789"))
		src := source(t, w.get(w.address(r)).body)
		a := w.get(src)
		if a.status != 200 || a.body != "0123456789" || a.header.Get("Content-Type") != "application/pdf" || a.header.Get("Content-Disposition") != "inline" ||
			a.header.Get("Accept-Ranges") != "bytes" || !strings.Contains(a.header.Get("Content-Security-Policy"), "sandbox") || !strings.Contains(a.header.Get("Cache-Control"), "no-store") {
			t.Errorf("%+v", a)
		}
		for ranges, want := range map[string]string{"bytes=2-4": "234", "bytes=-2": "89", "bytes=8-": "89"} {
			if a = w.get(src, "Range", ranges); a.status != 206 || a.body != want {
				t.Errorf("%s: %d %q", ranges, a.status, a.body)
			}
		}
		if a = w.get(src, "Range", "bytes=0-0,9-9"); a.status != 206 || !strings.Contains(a.body, "bytes 9-9/10") {
			t.Errorf("%d %s", a.status, a.body)
		}
		if a = w.get(src, "Range", "bytes=20-"); a.status != 416 {
			t.Errorf("beyond the end: %d", a.status)
		}
		if a = w.get(src, "If-None-Match", a.header.Get("ETag"), "Range", "bytes=0-1"); a.status != 304 && a.status != 206 {
			t.Errorf("known: %d", a.status)
		}
		for _, wrong := range []string{src + "x", strings.Replace(src, "/files/", "/files/0", 1), src[:len(src)-1] + "g", "/view/", "/view/x", "/view/x/files/y", "/viewer/", "/viewer/x/viewer.go"} {
			if a = w.get(wrong); a.status != 404 {
				t.Errorf("%s: %d", wrong, a.status)
			}
		}
		// The token of the bytes opens no page, and that of the page no bytes.
		token := strings.Split(src, "/")[2]
		if a = w.get("/view/" + token); a.status != 404 {
			t.Errorf("a page by the token of bytes: %d", a.status)
		}
		page := strings.Split(w.address(r), "/view/")[1]
		if a = w.get(strings.Replace(src, token, page, 1)); a.status != 404 {
			t.Errorf("bytes by the token of a page: %d", a.status)
		}
		if a = w.ask("POST", "/view/"+page); a.status != 405 || a.header.Get("Allow") != "GET, HEAD" {
			t.Errorf("POST: %d", a.status)
		}
	})
}

// Reading is written down as reading and uses no allowance, however much is
// read; downloading uses it up and does not end reading.
func TestReadingIsNoDownload(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		r := w.sell(w.file("a.pdf", "application/pdf", "0123456789"))
		url := w.address(r)
		src := source(t, w.get(url).body)
		readings := func() (n int, sent int64) {
			w.must(w.delivery.Flush(t.Context()))
			d, err := w.db.LatestCopy(t.Context(), "reading "+r.Line.ID, r.Goods()[0].ID, r.Version.ID)
			if err != nil {
				return 0, 0
			}
			if d.Via != purvey.ViaReading || d.Counted || d.Billable || d.Redownload || d.OrderID != r.Order.ID {
				t.Errorf("%+v", d)
			}
			return d.Number, d.Sent
		}
		if n, _ := readings(); n != 0 {
			t.Error("looking at the page is a reading")
		}
		for range 5 {
			w.get(src)
		}
		w.get(src, "Range", "bytes=0-4")
		if n, sent := readings(); n != 1 || sent != 55 {
			t.Errorf("%d readings of %d bytes", n, sent)
		}
		w.clock.Advance(31 * time.Minute)
		w.get(src)
		if n, sent := readings(); n != 2 || sent != 10 {
			t.Errorf("after a pause: %d readings, %d bytes", n, sent)
		}
		stats, err := w.delivery.Stats(t.Context(), w.scope(), w.clock.Now().Add(-time.Hour), w.clock.Now().Add(time.Hour))
		w.must(err)
		if stats.Total != 0 || stats.Counted != 0 || stats.Bandwidth != 65 {
			t.Errorf("%+v", stats)
		}
		// The one allowed copy is still there.
		download, err := w.delivery.LineURL(t.Context(), r, time.Hour)
		w.must(err)
		token := strings.Split(strings.Split(download, "/b/")[1], "/")[0]
		fetch := func() error {
			it, err := w.delivery.Granted(t.Context(), token, nil)
			if err != nil {
				return err
			}
			b, err := w.delivery.Begin(t.Context(), it, 0, delivery.Client{})
			if err != nil {
				return err
			}
			defer b.Close(0)
			return b.Send(t.Context(), &strings.Builder{}, 0, it.Size)
		}
		w.must(fetch())
		if err := fetch(); purvey.ReasonOf(err) != purvey.ReasonUsedUp {
			t.Errorf("a second copy: %v", err)
		}
		if a := w.get(src); a.status != 200 {
			t.Errorf("reading after the download: %d", a.status)
		}
	})
}

// HL-29
func TestHL29_TheViewerEnds(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		r := w.sell(w.file("secret name.pdf", "application/pdf", pdf(1, 0)))
		url := w.address(r)
		src := source(t, w.get(url).body)
		ends := func(status int, urls ...string) {
			t.Helper()
			for _, u := range urls {
				a := w.get(u, "Accept-Language", "en")
				if a.status != status || strings.Contains(a.body, "secret") || strings.Contains(a.body, "Nocturne") {
					t.Errorf("%s: %d, want %d: %s", u, a.status, status, a.body)
				}
			}
		}
		// The page's address ends first; what was opened in time can be read on.
		w.clock.Advance(30 * time.Minute)
		ends(410, url)
		if a := w.get(src); a.status != 200 {
			t.Errorf("an open book closed: %d", a.status)
		}
		w.clock.Advance(12 * time.Hour)
		ends(410, url, src)

		url = w.address(r)
		src = source(t, w.get(url).body)
		_, err := w.orders.SetAccess(t.Context(), w.scope(), r.Order.ID, false)
		w.must(err)
		ends(403, url, src)
		_, err = w.orders.SetAccess(t.Context(), w.scope(), r.Order.ID, true)
		w.must(err)
		w.tx(func(tx *store.Tx) error {
			r.Line.Status = purvey.LineProcessing
			return tx.UpdateLine(t.Context(), &r.Line)
		})
		ends(403, url, src)
		w.tx(func(tx *store.Tx) error {
			r.Line.Status = purvey.LineActive
			return tx.UpdateLine(t.Context(), &r.Line)
		})
		if a := w.get(url); a.status != 200 {
			t.Errorf("open again: %d", a.status)
		}
		w.must(w.bucket.Delete(t.Context(), r.Goods()[0].Digest))
		if a := w.get(src); a.status != 404 && a.status < 500 {
			t.Errorf("lost bytes: %d", a.status)
		}
		_, err = w.orders.CancelLine(t.Context(), w.scope(), r.Order.ID, r.Line.ID, "")
		w.must(err)
		ends(410, url, src)

		// A refund, and a new address for the customer, end the old one too.
		r = w.sell(w.file("b.pdf", "application/pdf", pdf(1, 0)))
		url = w.address(r)
		_, err = w.orders.Refund(t.Context(), w.scope(), r.Order.ID, []order.RefundLine{{LineID: r.Line.ID, Quantity: 1}})
		w.must(err)
		ends(403, url)
		w.must(w.shops.Disable(t.Context(), "notes"))
		ends(403, url)
	})
}

func TestOwnFilesAreKeptForEver(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		page := w.get(w.address(w.sell(w.file("a.pdf", "application/pdf", "%PDF")))).body
		root := regexp.MustCompile(`/viewer/[0-9a-f]{12}/`).FindString(page)
		for name, kind := range map[string]string{
			"viewer.mjs": "text/javascript; charset=utf-8", "viewer.css": "text/css; charset=utf-8", "pdfjs/pdf.worker.min.mjs": "text/javascript; charset=utf-8",
			"pdfjs/wasm/openjpeg.wasm": "application/wasm", "pdfjs/cmaps/78-H.bcmap": "application/octet-stream", "pdfjs/standard_fonts/LiberationSans-Bold.ttf": "font/ttf",
		} {
			a := w.get(root + name)
			if a.status != 200 || a.header.Get("Content-Type") != kind || a.header.Get("Cache-Control") != "public, max-age=31536000, immutable" || a.header.Get("Content-Length") != strconv.Itoa(len(a.body)) {
				t.Errorf("%s: %d %v", name, a.status, a.header)
			}
			z := w.get(root+name, "Accept-Encoding", "gzip")
			if packed := z.header.Get("Content-Encoding") == "gzip"; packed != strings.HasPrefix(kind, "text/") || packed && unzip(t, z.body) != a.body {
				t.Errorf("%s: wrongly packed", name)
			}
			if a = w.get("/viewer/000000000000/" + name); a.status != 200 || a.header.Get("Cache-Control") != "no-cache" {
				t.Errorf("%s of another edition: %d %v", name, a.status, a.header)
			}
		}
		for _, name := range []string{"", "pdfjs/LICENSE", "pdfjs/", "nothing.mjs", "%2e%2e/viewer.go", "pdfjs"} {
			if a := w.get(root + name); a.status != 404 {
				t.Errorf("%q: %d", name, a.status)
			}
		}
	})
}
