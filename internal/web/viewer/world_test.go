package viewer_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"purvey"
	"purvey/internal/blob"
	"purvey/internal/delivery"
	"purvey/internal/keyring"
	"purvey/internal/order"
	"purvey/internal/shop"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
	"purvey/internal/web/viewer"
)

// world is a shop with a viewer on a server of its own.
type world struct {
	t        *testing.T
	db       *store.DB
	clock    *storetest.Clock
	bucket   blob.Bucket
	delivery *delivery.Service
	orders   *order.Service
	shops    *shop.Service
	shop     purvey.Shop
	server   *httptest.Server
	sent     atomic.Int64 // bytes of files that were sent
	asset    int64
}

func each(t *testing.T, test func(w *world)) {
	t.Helper()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) { test(newWorld(t, db, clock)) })
}

func newWorld(t *testing.T, db *store.DB, clock *storetest.Clock) *world {
	t.Helper()
	bucket, err := blob.OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, db: db, clock: clock, bucket: bucket}
	mux := http.NewServeMux()
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/files/") {
			rw = counter{rw, &w.sent}
		}
		mux.ServeHTTP(rw, r)
	}))
	t.Cleanup(w.server.Close)
	keys := keyring.Open(make([]byte, keyring.RootSize))
	w.delivery = delivery.New(db, bucket, keys, delivery.Options{Origin: w.server.URL})
	w.orders = order.New(db, order.Options{PageURL: w.delivery.PageURL})
	w.shops = shop.New(db, keys)
	viewer.Register(mux, viewer.Backend{Delivery: w.delivery, Log: slog.New(slog.DiscardHandler)})
	w.shop, err = w.shops.Create(t.Context(), "notes", "Notes & More")
	w.must(err)
	return w
}

// counter counts the bytes of answers.
type counter struct {
	http.ResponseWriter
	n *atomic.Int64
}

func (c counter) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p)
	c.n.Add(int64(n))
	return n, err
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) tx(fn func(tx *store.Tx) error) {
	w.t.Helper()
	w.must(w.db.Tx(w.t.Context(), fn))
}

func (w *world) file(name, mime, content string) purvey.File {
	w.t.Helper()
	stored, err := w.bucket.Put(w.t.Context(), strings.NewReader(content), 0)
	w.must(err)
	f := purvey.File{ShopID: w.shop.ID, Name: name, Size: stored.Size, Type: mime, Digest: stored.Digest, Uploaded: true}
	w.tx(func(tx *store.Tx) error { return tx.InsertFile(context.Background(), &f) })
	return f
}

// sell places a paid order of a product of the files and gives its right.
func (w *world) sell(files ...purvey.File) purvey.Right {
	w.t.Helper()
	w.asset++
	p := purvey.Product{
		ShopID: w.shop.ID, AssetID: w.asset, Slug: "p" + strconv.FormatInt(w.asset, 10), Kind: purvey.KindContent, Status: "published",
		Name: "Nocturne in E flat major", Delivering: purvey.Regular, Access: purvey.AccessFile, Currency: "USD", World: true, Available: true,
		MaxDownloads: new(int),
	}
	*p.MaxDownloads = 1
	w.tx(func(tx *store.Tx) error {
		ctx := context.Background()
		if err := tx.InsertProduct(ctx, &p); err != nil {
			return err
		}
		v := purvey.Version{ShopID: p.ShopID, ProductID: p.ID, Version: "1.0.0", State: purvey.VersionReady, Files: files}
		if err := tx.InsertVersion(ctx, &v); err != nil {
			return err
		}
		p.ActiveVersionID = v.ID
		if _, err := tx.LockProduct(ctx, p.ShopID, p.ID); err != nil {
			return err
		}
		return tx.UpdateProduct(ctx, &p)
	})
	o, err := w.orders.Place(w.t.Context(), w.scope(), order.Request{Lines: []order.LineRequest{{ProductID: p.ID}}})
	w.must(err)
	rights, err := w.orders.Rights(w.t.Context(), o)
	w.must(err)
	return rights[0]
}

func (w *world) scope() purvey.Scope { return purvey.Scope{ShopID: w.shop.ID, Mode: purvey.Live} }

// address is the viewer's URL of a right.
func (w *world) address(r purvey.Right) string {
	w.t.Helper()
	url, err := w.delivery.ViewURL(w.t.Context(), r, 30*time.Minute)
	w.must(err)
	return url
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// get asks for a URL or a path; headers come in pairs.
func (w *world) get(url string, headers ...string) answer {
	w.t.Helper()
	return w.ask(http.MethodGet, url, headers...)
}

func (w *world) ask(method, url string, headers ...string) answer {
	w.t.Helper()
	if strings.HasPrefix(url, "/") {
		url = w.server.URL + url
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, url, nil)
	w.must(err)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := (&http.Transport{DisableCompression: true, DisableKeepAlives: true}).RoundTrip(req)
	w.must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	w.must(err)
	return answer{res.StatusCode, res.Header, string(body)}
}

// source finds the address of the bytes in a page.
func source(t *testing.T, body string) string {
	t.Helper()
	_, rest, ok := strings.Cut(body, `data-source="`)
	src, _, end := strings.Cut(rest, `"`)
	if !ok || !end {
		t.Fatalf("no source in %s", body)
	}
	return src
}

// pdf makes a document whose pages say their number and, with noise, hold a
// picture of so many bytes each that cannot be compressed. The pictures and
// texts come first, then the pages, as tools write them.
func pdf(pages, noise int) string {
	var b bytes.Buffer
	r := rand.New(rand.NewPCG(1, 2))
	var at []int
	object := func(format string, args ...any) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n", len(at))
		fmt.Fprintf(&b, format, args...)
		b.WriteString("\nendobj\n")
	}
	b.WriteString("%PDF-1.4\n")
	object("<</Type/Catalog/Pages 2 0 R>>")
	at = append(at, 0) // object 2, the tree, comes last
	object("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
	for n := 1; n <= pages; n++ {
		text := fmt.Sprintf("BT /F 60 Tf 40 700 Td (Page %d) Tj ET 2 w 40 60 515 600 re S", n)
		raw := make([]byte, 0, noise)
		if noise > 0 {
			text += " q 300 0 0 300 150 200 cm /I Do Q"
			for range noise / 8 {
				raw = append(raw, fmt.Sprintf("%08x", r.Uint32())...)
			}
		}
		object("<</Length %d>>stream\n%s\nendstream", len(text), text)
		object("<</Type/XObject/Subtype/Image/Width 200/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8/Length %d>>stream\n%s\nendstream", max(len(raw)/200, 1), len(raw), raw)
	}
	kids := make([]string, pages)
	for n := range pages {
		object("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<</Font<</F 3 0 R>>/XObject<</I %d 0 R>>>>>>", 4+2*n, 5+2*n)
		kids[n] = strconv.Itoa(len(at)) + " 0 R"
	}
	at[1] = b.Len()
	fmt.Fprintf(&b, "2 0 obj\n<</Type/Pages/Count %d/Kids[%s]>>\nendobj\n", pages, strings.Join(kids, " "))
	x := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, x)
	return b.String()
}

// picture makes a PNG.
func picture() string {
	m := image.NewRGBA(image.Rect(0, 0, 640, 400))
	for x := range 640 {
		for y := range 400 {
			m.Set(x, y, color.RGBA{uint8(x / 3), uint8(y / 2), 120, 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.String()
}

// sound makes a second of silence as WAV.
func sound() string {
	const rate = 8000
	var b bytes.Buffer
	le := func(n, size int) {
		for range size {
			b.WriteByte(byte(n))
			n >>= 8
		}
	}
	b.WriteString("RIFF")
	le(36+rate, 4)
	b.WriteString("WAVEfmt ")
	le(16, 4)
	le(1, 2)
	le(1, 2)
	le(rate, 4)
	le(rate, 4)
	le(1, 2)
	le(8, 2)
	b.WriteString("data")
	le(rate, 4)
	b.Write(bytes.Repeat([]byte{128}, rate))
	return b.String()
}

func unzip(t *testing.T, text string) string {
	t.Helper()
	z, err := gzip.NewReader(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
