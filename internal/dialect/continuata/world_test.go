package continuata_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/blob"
	"purvey/internal/catalog"
	"purvey/internal/delivery"
	"purvey/internal/dialect/continuata"
	"purvey/internal/keyring"
	"purvey/internal/middleware"
	"purvey/internal/order"
	"purvey/internal/shop"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
	"purvey/internal/web/buyer"
)

// world is a shop with the whole of this dialect and the pages of its tokens,
// behind a real server.
type world struct {
	t        *testing.T
	db       *store.DB
	clock    *storetest.Clock
	auth     *auth.Service
	shops    *shop.Service
	orders   *order.Service
	catalog  *catalog.Service
	delivery *delivery.Service
	server   *httptest.Server
	shop     purvey.Shop
	scope    purvey.Scope
	admin    string
	member   string
	sandbox  string
}

func each(t *testing.T, test func(w *world)) {
	t.Helper()
	eachWith(t, auth.Options{NoLimits: true}, test)
}

func eachWith(t *testing.T, o auth.Options, test func(w *world)) {
	t.Helper()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) { test(newWorld(t, db, clock, o)) })
}

func newWorld(t *testing.T, db *store.DB, clock *storetest.Clock, o auth.Options) *world {
	t.Helper()
	keys := keyring.Open(make([]byte, keyring.RootSize))
	bucket, err := blob.OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, db: db, clock: clock, auth: auth.New(db, keys, o), shops: shop.New(db, keys), catalog: catalog.New(db, bucket, catalog.Options{})}
	t.Cleanup(w.auth.Close)
	mux := http.NewServeMux()
	// The server is begun first, since links hold its address.
	w.server = httptest.NewUnstartedServer(middleware.Chain(mux, middleware.Identify(nil)))
	w.server.Config.ConnContext = middleware.KeepConnection
	w.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	w.server.Start()
	t.Cleanup(w.server.Close)
	w.delivery = delivery.New(db, bucket, keys, delivery.Options{Origin: w.server.URL})
	w.orders = order.New(db, order.Options{PageURL: w.delivery.PageURL})
	log := slog.New(slog.DiscardHandler)
	continuata.Register(mux, continuata.Backend{Auth: w.auth, Catalog: w.catalog, Orders: w.orders, Delivery: w.delivery, Log: log})
	buyer.Register(mux, buyer.Backend{Delivery: w.delivery, Log: log})
	w.shop = w.newShop("audio-company")
	w.scope = purvey.Scope{ShopID: w.shop.ID, Mode: purvey.Live}
	w.admin, w.member = w.token(w.shop, purvey.Admin, purvey.Live), w.token(w.shop, purvey.Member, purvey.Live)
	w.sandbox = w.token(w.shop, purvey.Admin, purvey.Sandbox)
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) newShop(slug string) purvey.Shop {
	w.t.Helper()
	s, err := w.shops.Create(w.t.Context(), slug, "")
	w.must(err)
	return s
}

func (w *world) token(s purvey.Shop, role purvey.Role, mode purvey.Mode) string {
	w.t.Helper()
	_, text, err := w.auth.CreateToken(w.t.Context(), s.ID, auth.TokenRequest{Name: "test", Role: role, Mode: mode})
	w.must(err)
	return text
}

func (w *world) file(name, content string) purvey.File {
	w.t.Helper()
	f, err := w.catalog.StoreFile(w.t.Context(), w.shop.ID, name, "", strings.NewReader(content), 0)
	w.must(err)
	return f
}

// product makes a published product of the files, version 1.0.0.
func (w *world) product(slug string, files ...purvey.File) purvey.Product {
	w.t.Helper()
	ids := []string{}
	for _, f := range files {
		ids = append(ids, f.ID)
	}
	p, err := w.catalog.CreateProduct(w.t.Context(), w.shop, catalog.Change{
		Name: catalog.Set("The " + slug), Slug: catalog.Set(slug), FileIDs: catalog.Set(ids), PriceCents: catalog.Set(int64(1500)), Currency: catalog.Set("EUR"),
	})
	w.must(err)
	return p
}

func (w *world) version(p purvey.Product, number string, activate bool, files ...purvey.File) purvey.Version {
	w.t.Helper()
	ids := []string{}
	for _, f := range files {
		ids = append(ids, f.ID)
	}
	_, v, err := w.catalog.CreateVersion(w.t.Context(), w.shop.ID, p.ID, catalog.NewVersion{Version: number, FileIDs: ids, Activate: activate})
	w.must(err)
	return v
}

func (w *world) place(r order.Request, products ...purvey.Product) purvey.Order {
	w.t.Helper()
	for _, p := range products {
		r.Lines = append(r.Lines, order.LineRequest{ProductID: p.ID})
	}
	o, err := w.orders.Place(w.t.Context(), w.scope, r)
	w.must(err)
	return o
}

// answer is what came back.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

// call makes a request; a body is sent as JSON. A path may be a whole address.
func (w *world) call(token, method, path, body string) answer {
	w.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = w.server.URL + path
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, path, strings.NewReader(body))
	w.must(err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	client := w.server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.Do(req)
	w.must(err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	w.must(err)
	return answer{w.t, res.StatusCode, res.Header, string(b)}
}

func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d: %.300s", a.status, status, a.body)
	}
	return a
}

func (a answer) into(v any) {
	a.t.Helper()
	if err := json.Unmarshal([]byte(a.body), v); err != nil {
		a.t.Fatalf("%v: %.300s", err, a.body)
	}
}

// refused checks the shape of an error and gives its text.
func (a answer) refused(status int) string {
	a.t.Helper()
	a.want(status)
	var e map[string]any
	a.into(&e)
	text, ok := e["error"].(string)
	if len(e) != 1 || !ok || text == "" || !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") {
		a.t.Errorf("not an error of this dialect: %s %s", a.header.Get("Content-Type"), a.body)
	}
	return text
}

// minted is the answer to a call for a token.
type minted struct {
	Success       bool
	ProductID     string `json:"productId"`
	Version       string
	DownloadToken string `json:"downloadToken"`
	DownloadURL   string `json:"downloadUrl"`
	ExpiresAt     string `json:"expiresAt"`
}

func (w *world) mint(body string) minted {
	w.t.Helper()
	var m minted
	w.call(w.admin, "POST", "/api/generate-download-url", body).want(200).into(&m)
	return m
}

// report gives the lines of a report, without its heading.
func (w *world) report(query string) []string {
	w.t.Helper()
	a := w.call(w.admin, "GET", "/api/reports/downloads"+query, "").want(200)
	lines := strings.Split(strings.TrimSuffix(a.body, "\r\n"), "\r\n")
	return lines[1:]
}

// eventually waits until a condition holds: a client has its last byte a
// moment before the server has noted it.
func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for until := time.Now().Add(20 * time.Second); !holds(); <-tick.C {
		if time.Now().After(until) {
			w.t.Fatalf("it never came to be that %s", what)
		}
	}
}
