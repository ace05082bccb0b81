package buyer_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/blob"
	"purvey/internal/catalog"
	"purvey/internal/delivery"
	"purvey/internal/keyring"
	"purvey/internal/middleware"
	"purvey/internal/order"
	"purvey/internal/stamp"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
	"purvey/internal/web/buyer"
)

// TestMain lets the test binary be the child process that stamps.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "stamp-worker" {
		os.Exit(stamp.WorkerMain(os.Stdin, os.Stdout, os.Args[2:]))
	}
	os.Exit(m.Run())
}

// world is a shop with its goods, and a server of its pages.
type world struct {
	t        *testing.T
	db       *store.DB
	clock    *storetest.Clock
	options  store.Options
	bucket   blob.Bucket
	folder   string // of the bucket
	keys     *keyring.Keyring
	shop     purvey.Shop
	scope    purvey.Scope
	catalog  *catalog.Service
	orders   *order.Service
	delivery *delivery.Service
	server   *httptest.Server
	client   *http.Client
}

// each runs a test on both engines.
func each(t *testing.T, test func(w *world)) {
	t.Helper()
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			test(newWorld(t, engine))
		})
	}
}

func newWorld(t *testing.T, engine string) *world {
	w := &world{t: t, clock: storetest.NewClock(), options: storetest.Options(t, engine), keys: keyring.Open(bytes.Repeat([]byte{7}, keyring.RootSize))}
	w.db = storetest.Open(t, w.options, w.clock)
	w.folder = t.TempDir()
	bucket, err := blob.OpenDir(w.folder)
	w.must(err)
	w.bucket = bucket
	w.shop = purvey.Shop{Slug: "default", Name: "Casa Núñez", State: purvey.ShopActive, Settings: purvey.DefaultSettings("Casa Núñez")}
	w.tx(func(tx *store.Tx) error { _, err := tx.InsertShop(context.Background(), &w.shop); return err })
	w.scope = purvey.Scope{ShopID: w.shop.ID, Mode: purvey.Live}
	w.catalog = catalog.New(w.db, bucket, catalog.Options{})
	w.start()
	w.orders = order.New(w.db, order.Options{PageURL: w.delivery.PageURL})
	return w
}

// start begins a process: a service and a server of its own on the database.
func (w *world) start() {
	w.delivery = delivery.New(w.db, w.bucket, w.keys, delivery.Options{Origin: "http://shop.example", Stamper: &stamp.Runner{}})
	w.server = w.serve(w.delivery)
	w.client = w.newClient()
}

// serve puts a service's pages on a port.
func (w *world) serve(d *delivery.Service) *httptest.Server {
	mux := http.NewServeMux()
	buyer.Register(mux, buyer.Backend{Delivery: d, Log: slog.New(slog.DiscardHandler)})
	s := httptest.NewUnstartedServer(middleware.Chain(mux, middleware.Identify(nil), middleware.AccessLog(slog.New(slog.DiscardHandler))))
	s.Config.ConnContext = middleware.KeepConnection
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.Start()
	w.t.Cleanup(s.Close)
	return s
}

// newClient follows no redirect and keeps nothing.
func (w *world) newClient() *http.Client {
	transport := &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}
	w.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) tx(fn func(tx *store.Tx) error) {
	w.t.Helper()
	w.must(w.db.Tx(context.Background(), fn))
}

// content is so many bytes that look like nothing.
func content(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(n)}).Read(b)
	return b
}

func (w *world) file(name string, content []byte) purvey.File {
	w.t.Helper()
	f, err := w.catalog.StoreFile(context.Background(), w.shop.ID, name, "", bytes.NewReader(content), 0)
	w.must(err)
	return f
}

// product makes a product of the files, with at most so many copies of each;
// 0 is any number.
func (w *world) product(limit int, files ...purvey.File) purvey.Product {
	w.t.Helper()
	ids := []string{}
	for _, f := range files {
		ids = append(ids, f.ID)
	}
	return w.productOf(catalog.Change{FileIDs: catalog.Set(ids), MaxDownloads: catalog.Set(&limit)})
}

func (w *world) productOf(c catalog.Change) purvey.Product {
	w.t.Helper()
	if !c.Name.Given {
		c.Name = catalog.Set("Drums " + purvey.Secret(4))
	}
	p, err := w.catalog.CreateProduct(context.Background(), w.shop, c)
	w.must(err)
	return p
}

func (w *world) order(products ...purvey.Product) purvey.Order {
	w.t.Helper()
	return w.place(order.Request{}, products...)
}

func (w *world) place(r order.Request, products ...purvey.Product) purvey.Order {
	w.t.Helper()
	if r.Customer.Email == "" {
		r.Customer.Email = "ana@example.org"
	}
	for _, p := range products {
		r.Lines = append(r.Lines, order.LineRequest{ProductID: p.ID})
	}
	o, err := w.orders.Place(context.Background(), w.scope, r)
	w.must(err)
	return o
}

// page is the path of an order's page.
func (w *world) page(o purvey.Order) string { return "/d/" + w.delivery.PageToken(o) }

// answer is what a request got.
type answer struct {
	*http.Response
	body []byte
	err  error // of reading the body
}

// do makes a request; headers are names and values in turn.
func (w *world) do(method, path string, headers ...string) answer {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.server.URL+path, nil)
	w.must(err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := w.client.Do(r)
	if err != nil {
		return answer{Response: &http.Response{Header: http.Header{}}, err: err}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return answer{res, body, err}
}

func (w *world) get(path string, headers ...string) answer { return w.do("GET", path, headers...) }

// browse gets a page as a browser does.
func (w *world) browse(path string, headers ...string) answer {
	return w.do("GET", path, append(headers, "Accept", "text/html")...)
}

// press posts a form and gives where the answer leads.
func (w *world) press(path string, form url.Values) (answer, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), "POST", w.server.URL+path, strings.NewReader(form.Encode()))
	w.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "text/html")
	res, err := w.client.Do(r)
	w.must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	w.must(err)
	return answer{res, body, nil}, res.Header.Get("Location")
}

// copies are the downloads of an order, oldest first, as the database has them.
func (w *world) copies(o purvey.Order) []purvey.Download {
	w.t.Helper()
	all, err := w.delivery.Downloads(context.Background(), []string{o.ID})
	w.must(err)
	return all[o.ID]
}

// settled gives an order's copies once they are as expected. A client has its
// last byte a moment before the server has noted it.
func (w *world) settled(o purvey.Order, expected func(got []purvey.Download) bool) []purvey.Download {
	w.t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for until := time.Now().Add(20 * time.Second); ; <-tick.C {
		got := w.copies(o)
		if expected(got) {
			return got
		}
		if time.Now().After(until) {
			w.t.Fatalf("the copies never became as expected: %+v", got)
		}
	}
}

// want checks a status.
func (w *world) want(a answer, status int) {
	w.t.Helper()
	if a.err != nil || a.StatusCode != status {
		w.t.Fatalf("got %d (%v), want %d: %.200s", a.StatusCode, a.err, status, a.body)
	}
}

// wantBytes checks a status and the bytes.
func (w *world) wantBytes(a answer, status int, content []byte) {
	w.t.Helper()
	w.want(a, status)
	if !bytes.Equal(a.body, content) {
		w.t.Fatalf("got %d bytes that are not the %d expected", len(a.body), len(content))
	}
}
