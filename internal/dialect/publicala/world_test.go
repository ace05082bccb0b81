package publicala_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/blob"
	"purvey/internal/catalog"
	"purvey/internal/checkout"
	"purvey/internal/delivery"
	"purvey/internal/dialect/publicala"
	"purvey/internal/job"
	"purvey/internal/keyring"
	"purvey/internal/order"
	"purvey/internal/shop"
	"purvey/internal/stamp"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

const (
	v1 = "/integration-api/v1/orders"
	v3 = "/api/v3/orders"
)

// world is a shop and the whole of this dialect on a database of its own.
type world struct {
	t       *testing.T
	db      *store.DB
	clock   *storetest.Clock
	bucket  blob.Bucket
	catalog *catalog.Service
	orders  *order.Service
	auth    *auth.Service
	shops   *shop.Service
	worker  *job.Worker
	handler http.Handler
	shop    purvey.Shop
	live    string // token, admin
	sandbox string // token, member
}

// each runs a test on both engines.
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
	bucket, err := blob.OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	keys := keyring.Open(make([]byte, keyring.RootSize))
	w := &world{t: t, db: db, clock: clock, bucket: bucket, auth: auth.New(db, keys, o), shops: shop.New(db, keys)}
	t.Cleanup(w.auth.Close)
	goods := delivery.New(db, bucket, keys, delivery.Options{Origin: "https://shop.example", Stamper: &stamp.Runner{}})
	w.catalog = catalog.New(db, bucket, catalog.Options{})
	w.orders = order.New(db, order.Options{PageURL: goods.PageURL})
	w.worker = job.NewWorker(db, job.Options{})
	w.worker.Register(purvey.JobEndLine, job.Work{Run: w.orders.EndLine})
	log := slog.New(slog.DiscardHandler)
	payments := checkout.New(db, w.orders, keys, checkout.Options{Origin: "https://shop.example", Secret: w.shops.Secret, Log: log})
	mux := http.NewServeMux()
	publicala.Register(mux, publicala.Backend{
		Auth: w.auth, Shops: w.shops, Catalog: w.catalog, Orders: w.orders, Checkout: payments, ReaderURL: goods.ViewURL, Log: log,
	})
	w.handler = mux
	w.shop, err = w.shops.Create(t.Context(), "books", "")
	w.must(err)
	w.settings(`{"gateways":{"live":"stripe","sale_currencies":["ARS","USD"]}}`)
	w.live = w.token(w.shop, purvey.Admin, purvey.Live)
	w.sandbox = w.token(w.shop, purvey.Member, purvey.Sandbox)
	return w
}

func (w *world) token(s purvey.Shop, role purvey.Role, mode purvey.Mode) string {
	w.t.Helper()
	_, text, err := w.auth.CreateToken(w.t.Context(), s.ID, auth.TokenRequest{Name: "test", Role: role, Mode: mode})
	w.must(err)
	return text
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) settings(patch string) {
	w.t.Helper()
	w.must(w.shops.Patch(w.t.Context(), w.shop.ID, []byte(patch)))
	s, err := w.shops.ByID(w.t.Context(), w.shop.ID)
	w.must(err)
	w.shop = s
}

// book adds a product of one PDF with the external id.
func (w *world) book(id string) purvey.Product {
	w.t.Helper()
	stored, err := w.bucket.Put(w.t.Context(), strings.NewReader("%PDF-1.4 of a kind "+purvey.Secret(8)), 0)
	w.must(err)
	f := purvey.File{ShopID: w.shop.ID, Name: "Book.PDF", Size: stored.Size, Type: "application/pdf", Digest: stored.Digest, Uploaded: true}
	w.must(w.db.Tx(w.t.Context(), func(tx *store.Tx) error { return tx.InsertFile(context.Background(), &f) }))
	return w.product(id, func(c *catalog.Change) {
		c.FileIDs, c.PriceCents, c.CoverURL = catalog.Set([]string{f.ID}), catalog.Set(int64(1700)), catalog.Set("https://cdn.example/cover.jpg")
		c.Description, c.Extra = catalog.Set("A book."), catalog.Set([]byte(`{"pages_quantity":324}`))
	})
}

// plan adds a subscription.
func (w *world) plan(id string, months int) purvey.Product {
	w.t.Helper()
	return w.product(id, func(c *catalog.Change) {
		c.Kind, c.PeriodMonths = catalog.Set(purvey.KindSubscription), catalog.Set(months)
		c.Links = catalog.Set([]purvey.ProductLink{{Name: "All", URL: "https://example.com/all"}})
	})
}

func (w *world) product(id string, change func(c *catalog.Change)) purvey.Product {
	w.t.Helper()
	c := catalog.Change{Name: catalog.Set("The " + id), ExternalID: catalog.Set(id)}
	change(&c)
	p, err := w.catalog.CreateProduct(w.t.Context(), w.shop, c)
	w.must(err)
	return p
}

// answer is what came back.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

// call makes a request with the live token; a body is sent as JSON.
func (w *world) call(method, target, body string) answer {
	w.t.Helper()
	return w.as(w.live, method, target, body)
}

func (w *world) as(token, method, target, body string) answer {
	w.t.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req := httptest.NewRequest(method, target, r)
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("X-User-Token", token)
	}
	return w.do(req)
}

func (w *world) do(req *http.Request) answer {
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, req)
	return answer{w.t, rec.Code, rec.Header(), rec.Body.String()}
}

func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// refused checks that a 422 of v1 has one entry, about the field.
func (a answer) refused(field string) {
	a.t.Helper()
	a.want(422)
	var out struct {
		Status int
		Errors []struct {
			Title   string
			Details []string
		}
	}
	a.into(&out)
	if out.Status != 422 || len(out.Errors) == 0 || out.Errors[0].Title == "" || len(out.Errors[0].Details) == 0 {
		a.t.Fatalf("the shape: %s", a.body)
	}
	for _, e := range out.Errors {
		for _, d := range e.Details {
			if strings.HasPrefix(d, field+" ") {
				return
			}
		}
	}
	a.t.Fatalf("no word of %s: %s", field, a.body)
}

func (a answer) into(v any) {
	a.t.Helper()
	if err := json.Unmarshal([]byte(a.body), v); err != nil {
		a.t.Fatalf("%v: %s", err, a.body)
	}
}

// at gives the value at a dotted path, as JSON; "" when it is not there.
func (a answer) at(path string) string {
	a.t.Helper()
	var v any
	a.into(&v)
	for _, name := range strings.Split(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			in, ok := x[name]
			if !ok {
				return ""
			}
			v = in
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(x) {
				return ""
			}
			v = x[i]
		default:
			return ""
		}
	}
	b, err := json.Marshal(v)
	if err != nil {
		a.t.Fatal(err)
	}
	return string(b)
}

// is checks values: path, wanted JSON, and so on.
func (a answer) is(pairs ...string) answer {
	a.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if got := a.at(pairs[i]); got != pairs[i+1] {
			a.t.Errorf("%s is %s, want %s in %s", pairs[i], got, pairs[i+1], a.body)
		}
	}
	return a
}

// id is the order's.
func (a answer) id() string { return strings.Trim(a.at("data.id"), `"`) }

// Bodies of requests; more are members in JSON, each after a comma.
func permission(product string, more ...string) string {
	return `{"type":"permission","user":{"id":"u1","email":"ana@example.org"},"products":[{"type":"content","id":"` + product + `"}]` + join(more) + `}`
}

func report(product string, more ...string) string {
	return `{"type":"report","return_url":"https://store.example/back","unit_price":25,"currency_id":"USD","user":{"email":"ana@example.org"},
		"products":[{"type":"content","id":"` + product + `","unit_price":25,"currency_id":"USD"}]` + join(more) + `}`
}

func sale(product string, more ...string) string {
	return `{"type":"sale","return_url":"https://store.example/back?a=b#c","unit_price":10.5,"currency_id":"ARS","user":{"id":"u1","email":"ana@example.org"},
		"products":[{"type":"content","id":"` + product + `","unit_price":10.5,"currency_id":"ARS","name":"New","url":"https://example.com/new"}]` + join(more) + `}`
}

func join(more []string) string {
	if len(more) == 0 {
		return ""
	}
	return "," + strings.Join(more, ",")
}

// order reads the order as the domain has it.
func (w *world) order(uuid string) purvey.Order {
	w.t.Helper()
	o, err := w.orders.ByUUID(w.t.Context(), purvey.Scope{ShopID: w.shop.ID, Mode: purvey.Live}, uuid)
	w.must(err)
	return o
}

// open tells whether the order's customer may have the goods of its lines now.
func (w *world) open(uuid string) string {
	w.t.Helper()
	rights, err := w.orders.Rights(w.t.Context(), w.order(uuid))
	w.must(err)
	var out []string
	for _, r := range rights {
		if why := r.Check(w.clock.Now()); why != nil {
			out = append(out, string(why.Reason))
		} else {
			out = append(out, "open")
		}
	}
	return strings.Join(out, " ")
}

// work runs the jobs that are due.
func (w *world) work() {
	w.t.Helper()
	_, err := w.worker.RunDue(w.t.Context())
	w.must(err)
}
