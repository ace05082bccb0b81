package hlconnect_test

import (
	"context"
	"encoding/json"
	"errors"
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
	"purvey/internal/delivery"
	"purvey/internal/dialect/hlconnect"
	"purvey/internal/job"
	"purvey/internal/keyring"
	"purvey/internal/order"
	"purvey/internal/region"
	"purvey/internal/shop"
	"purvey/internal/stamp"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

// world is a shop and the whole of this dialect on a database of its own.
type world struct {
	t        *testing.T
	db       *store.DB
	clock    *storetest.Clock
	bucket   blob.Bucket
	delivery *delivery.Service
	orders   *order.Service
	auth     *auth.Service
	shops    *shop.Service
	worker   *job.Worker
	handler  http.Handler
	shop     purvey.Shop
	live     string // token, admin
	sandbox  string // token, member
	asset    int64  // the number last given
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
	countries, err := region.Open("")
	if err != nil {
		t.Fatal(err)
	}
	keys := keyring.Open(make([]byte, keyring.RootSize))
	w := &world{t: t, db: db, clock: clock, bucket: bucket, auth: auth.New(db, keys, o), shops: shop.New(db, keys)}
	t.Cleanup(w.auth.Close)
	w.delivery = delivery.New(db, bucket, keys, delivery.Options{Origin: "https://shop.example", Stamper: &stamp.Runner{}})
	w.orders = order.New(db, order.Options{
		PageURL: w.delivery.PageURL, Region: countries,
		FileReady:   func(ctx context.Context, digest string) error { _, err := bucket.Stat(ctx, digest); return err },
		Personalise: w.delivery.Personalise,
	})
	w.worker = job.NewWorker(db, job.Options{})
	w.worker.Register(purvey.JobFulfil, job.Work{Run: w.orders.Fulfil})
	mux := http.NewServeMux()
	hlconnect.Register(mux, hlconnect.Backend{
		Auth: w.auth, Orders: w.orders, DownloadURL: w.delivery.LineURL, ViewURL: w.delivery.ViewURL,
		Health: []hlconnect.Component{
			{Name: "db", Check: db.Ping},
			{Name: "storage", Check: bucket.Check},
			{Name: "lamp", Check: func(context.Context) error { return errors.New("burnt out") }},
		},
		Log: slog.New(slog.DiscardHandler),
	})
	w.handler = mux
	w.shop = w.newShop("audio")
	w.live = w.token(w.shop, purvey.Admin, purvey.Live)
	w.sandbox = w.token(w.shop, purvey.Member, purvey.Sandbox)
	return w
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

// file stores bytes under a name.
func (w *world) file(name, mime, content string) purvey.File {
	w.t.Helper()
	stored, err := w.bucket.Put(w.t.Context(), strings.NewReader(content), 0)
	w.must(err)
	f := purvey.File{ShopID: w.shop.ID, Name: name, Size: stored.Size, Type: mime, Digest: stored.Digest, Uploaded: true}
	w.tx(func(tx *store.Tx) error { return tx.InsertFile(context.Background(), &f) })
	return f
}

// product adds a product of the files, on sale everywhere, changed by change.
func (w *world) product(change func(p *purvey.Product), files ...purvey.File) purvey.Product {
	w.t.Helper()
	w.asset++
	n := strconv.FormatInt(w.asset, 10)
	p := purvey.Product{
		ShopID: w.shop.ID, AssetID: w.asset, Slug: "asset-" + n, Kind: purvey.KindContent, Status: "published", Name: "Asset " + n,
		Delivering: purvey.Regular, Access: purvey.AccessFile, DownloadMode: purvey.DownloadProxy, PriceCents: 399, Currency: "USD",
		World: true, MinQuantity: 1, Available: true,
	}
	if change != nil {
		change(&p)
	}
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
		return w.save(tx, p)
	})
	return p
}

// score is a product of one PDF.
func (w *world) score() purvey.Product {
	w.t.Helper()
	return w.product(nil, w.file("score.pdf", "application/pdf", "%PDF-1.4 of a kind "+purvey.Secret(8)))
}

func (w *world) save(tx *store.Tx, p purvey.Product) error {
	if _, err := tx.LockProduct(context.Background(), p.ShopID, p.ID); err != nil {
		return err
	}
	return tx.UpdateProduct(context.Background(), &p)
}

// change alters a stored product.
func (w *world) change(p purvey.Product, change func(p *purvey.Product)) {
	w.t.Helper()
	change(&p)
	w.tx(func(tx *store.Tx) error { return w.save(tx, p) })
}

func (w *world) settings(patch string) {
	w.t.Helper()
	w.must(w.shops.Patch(w.t.Context(), w.shop.ID, []byte(patch)))
}

// work runs the jobs that are due.
func (w *world) work() {
	w.t.Helper()
	_, err := w.worker.RunDue(w.t.Context())
	w.must(err)
}

// answer is what came back.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

// call makes a request; a body is sent as JSON.
func (w *world) call(token, method, target, body string) answer {
	w.t.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req := httptest.NewRequest(method, target, r)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
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

// refused checks status, code and shape of an error.
func (a answer) refused(status, code int) {
	a.t.Helper()
	a.want(status)
	var e struct {
		Name, Message *string
		Code, Status  *int
	}
	a.into(&e)
	if e.Name == nil || *e.Name == "" || e.Message == nil || *e.Message == "" || e.Code == nil || e.Status == nil || *e.Status != status {
		a.t.Fatalf("not an error of this dialect: %s", a.body)
	}
	if *e.Code != code {
		a.t.Errorf("code %d, want %d: %s", *e.Code, code, a.body)
	}
}

func (a answer) into(v any) {
	a.t.Helper()
	if err := json.Unmarshal([]byte(a.body), v); err != nil {
		a.t.Fatalf("%v: %s", err, a.body)
	}
}

const buyerIP = "81.2.69.142" // in Great Britain

func validation(p purvey.Product, ip string, quantity int) string {
	return string(encode(map[string]any{"asset_id": p.AssetID, "customer_ip": ip, "quantity": quantity}))
}

// quote validates a sale and gives its token.
func (w *world) quote(p purvey.Product, quantity int) string {
	w.t.Helper()
	var got struct{ Token string }
	w.call(w.live, "POST", "/purchase/validate-purchase-before-payment", validation(p, buyerIP, quantity)).want(200).into(&got)
	return got.Token
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// registration is a body that is taken, changed by pairs of names and values.
func registration(token string, orderNumber, line int64, changes ...any) string {
	m := map[string]any{
		"token": token, "order_number": orderNumber, "order_line_id": line,
		"line_item_price": json.Number("7.980"), "unit_price": json.Number("3.99"), "customer": "Ada Reader",
	}
	for i := 0; i+1 < len(changes); i += 2 {
		name := changes[i].(string)
		if m[name] = changes[i+1]; changes[i+1] == absent {
			delete(m, name)
		}
	}
	return string(encode(m))
}

// absent leaves a field out of a registration.
const absent = "\x00absent"

func (w *world) register(body string) answer {
	w.t.Helper()
	return w.call(w.live, "POST", "/purchase/register", body)
}

// buy registers a line and has it fulfilled.
func (w *world) buy(p purvey.Product, orderNumber, line int64) {
	w.t.Helper()
	w.register(registration(w.quote(p, 1), orderNumber, line)).want(201)
	w.work()
}

// item is a line as the wire shows it.
type item struct {
	OrderID     int64  `json:"order_id"`
	OrderLineID int64  `json:"order_line_id"`
	AssetID     int64  `json:"asset_id"`
	Customer    string `json:"customer"`
	Quantity    int
	CountryCode *string `json:"country_code"`
	DownloadURL *string `json:"download_url"`
	ViewURL     *string `json:"view_url"`
	Status      string
}

func (w *world) items(orderNumber int64) []item {
	w.t.Helper()
	var out []item
	w.info(orderNumber).want(200).into(&out)
	return out
}

func (w *world) info(orderNumber int64) answer {
	w.t.Helper()
	return w.call(w.live, "GET", "/purchase/info?order_id="+strconv.FormatInt(orderNumber, 10), "")
}

// line makes a call about one line.
func (w *world) line(method, path string, orderNumber, line int64) answer {
	w.t.Helper()
	return w.call(w.live, method, path+"?order_id="+strconv.FormatInt(orderNumber, 10)+"&order_line_id="+strconv.FormatInt(line, 10), "")
}

// url asks for a URL of a line.
func (w *world) url(path string, orderNumber, line int64) string {
	w.t.Helper()
	var got struct{ URL string }
	w.line("GET", path, orderNumber, line).want(200).into(&got)
	return got.URL
}

// fetch reads the bytes behind a byte URL.
func (w *world) fetch(url string) (string, error) {
	w.t.Helper()
	rest, ok := strings.CutPrefix(url, "https://shop.example/b/")
	if !ok {
		w.t.Fatalf("no byte URL: %s", url)
	}
	token, _, _ := strings.Cut(rest, "/")
	ctx := w.t.Context()
	it, err := w.delivery.Granted(ctx, token, nil)
	if err != nil {
		return "", err
	}
	b, err := w.delivery.Begin(ctx, it, 0, delivery.Client{})
	if err != nil {
		return "", err
	}
	defer b.Close(0)
	var out strings.Builder
	err = b.Send(ctx, &out, 0, it.Size)
	return out.String(), err
}
