package bigdd

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/blob"
	"purvey/internal/catalog"
	"purvey/internal/delivery"
	"purvey/internal/job"
	"purvey/internal/keyring"
	"purvey/internal/middleware"
	"purvey/internal/order"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
	"purvey/internal/web/buyer"
	"purvey/internal/webhook"
)

// desk is a shop at work: the API with everything behind it, the pages of its
// buyers, a worker that does what is due when it is told to, and a receiver of
// every webhook event.
type desk struct {
	*shelf
	server *httptest.Server // the whole, over real connections
	worker *job.Worker

	mu   sync.Mutex
	told []hook // what the receiver was sent, in turn
}

// hook is one webhook request, as its receiver reads it.
type hook struct {
	ID   string
	Type string
	Data object
}

// onDesk runs a test on both engines.
func onDesk(t *testing.T, test func(d *desk)) {
	t.Helper()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) { test(newDesk(t, db, clock)) })
}

func newDesk(t *testing.T, db *store.DB, clock *storetest.Clock) *desk {
	t.Helper()
	d := &desk{shelf: &shelf{newFrameWith(t, db, auth.Options{NoLimits: true}), clock}}
	keys, log := keyring.Open(make([]byte, keyring.RootSize)), slog.New(slog.DiscardHandler)
	bucket, err := blob.OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b := &d.backend
	b.Catalog = catalog.New(db, bucket, catalog.Options{})
	b.Delivery = delivery.New(db, bucket, keys, delivery.Options{Origin: "http://shop.example"})
	b.Orders = order.New(db, order.Options{PageURL: b.Delivery.PageURL})
	b.Webhooks = webhook.New(db, keys, webhook.Options{Dialects: map[string]webhook.Dialect{WebhookDialect: Webhooks{}}, AllowInsecure: true})

	api, whole := http.NewServeMux(), http.NewServeMux()
	Register(api, *b)
	whole.Handle("/public-api/", documented(t, api))
	buyer.Register(whole, buyer.Backend{Delivery: b.Delivery, Log: log})
	d.handler = middleware.Chain(whole, middleware.Identify(nil), RawGID)
	d.server = httptest.NewUnstartedServer(d.handler)
	d.server.Config.ConnContext = middleware.KeepConnection
	d.server.Start()
	t.Cleanup(d.server.Close)

	d.worker = job.NewWorker(db, job.Options{})
	d.worker.Register(purvey.JobSendWebhook, job.Work{Record: b.Webhooks.Send})
	d.worker.Register(purvey.JobServeWaiting, job.Work{Run: func(ctx context.Context, j purvey.Job) error {
		parts := strings.SplitN(j.Key, "/", 3)
		return b.Orders.ServeWaiting(ctx, purvey.Scope{ShopID: parts[0], Mode: purvey.Mode(parts[1])}, parts[2])
	}})
	d.worker.Register(purvey.JobReleaseDate, job.Work{Run: func(ctx context.Context, j purvey.Job) error {
		var refs catalog.Refs
		if err := json.Unmarshal(j.Args, &refs); err != nil {
			return err
		}
		return b.Orders.ReleaseProduct(ctx, refs.ProductID)
	}})

	receiver := httptest.NewServer(http.HandlerFunc(d.receive))
	t.Cleanup(receiver.Close)
	all, err := json.Marshal(purvey.SubscribableEvents())
	if err != nil {
		t.Fatal(err)
	}
	if a := d.call(d.admin, "POST", endpointsPath, `{"name":"all","url":"`+receiver.URL+`","events":`+string(all)+`}`); a.status != 201 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	return d
}

func (d *desk) receive(_ http.ResponseWriter, r *http.Request) {
	var h hook
	if err := json.NewDecoder(r.Body).Decode(&h); err != nil {
		d.t.Errorf("a webhook body: %v", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.told = append(d.told, h)
}

// run does what is due.
func (d *desk) run() {
	d.t.Helper()
	if _, err := d.worker.RunDue(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
}

// hooks gives what the receiver was sent of a type, once all that is due is
// done. With an order's id only what is about it.
func (d *desk) hooks(kind, orderID string) []hook {
	d.t.Helper()
	d.run()
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []hook
	seen := map[string]bool{}
	for _, h := range d.told {
		about := h.Data["id"]
		if o, ok := h.Data["order"].(object); ok {
			about = o["id"]
		}
		if h.Type != kind || orderID != "" && about != orderID {
			continue
		}
		if seen[h.ID] || !strings.HasPrefix(h.ID, "evt_") {
			d.t.Errorf("event %q of type %s was sent twice, or has no id", h.ID, kind)
		}
		seen[h.ID] = true
		out = append(out, h)
	}
	return out
}

// orderSeen is an order as a client reads it.
type orderSeen struct {
	ID, UUID, Name, Currency, Source, Mode string
	OrderNumber                            int64   `json:"order_number"`
	GID                                    *string `json:"gid"`
	ExternalReference                      *string `json:"external_reference"`
	FinancialStatus                        string  `json:"financial_status"`
	RiskLevel                              *string `json:"risk_level"`
	DLAccess                               string  `json:"dl_access"`
	IsImported                             bool    `json:"is_imported"`
	TotalCents                             int64   `json:"total_cents"`
	CreatedAt                              string  `json:"created_at"`
	UpdatedAt                              string  `json:"updated_at"`
	DownloadURL                            string  `json:"download_url"`
	Customer                               struct {
		ID, Email, Firstname, Lastname, GID, Locale string
	}
	Lines []lineSeen
}

type lineSeen struct {
	ID, Status       string
	LineNumber       int    `json:"line_number"`
	DeliveringType   string `json:"delivering_type"`
	Quantity         int
	RefundedQuantity int                       `json:"refunded_quantity"`
	PriceCents       int64                     `json:"price_cents"`
	LicenseKeys      []string                  `json:"license_keys"`
	DigitalProduct   struct{ ID, Name string } `json:"digital_product"`
	Files            []struct{ ID, Name string }
	Downloads        []eventWire
	Counted          *int `json:"counted_downloads"`
}

// product makes a product of a name and more members of the body, such as
// `"access":"LICENSE_KEY"`.
func (d *desk) product(name string, more ...string) string {
	d.t.Helper()
	var p struct{ ID string }
	d.ok(201, "POST", "digital-products", `{`+strings.Join(append([]string{`"name":` + quoted(name)}, more...), ",")+`}`, &p)
	return p.ID
}

// buy places one unit of a product for ana@example.org; more are further
// members of the body.
func (d *desk) buy(product string, more ...string) orderSeen {
	d.t.Helper()
	return d.place(`"customer":{"email":"ana@example.org"}`, `[{"digital_product_id":`+quoted(product)+`}]`, more...)
}

// place places an order of a customer and lines, each as JSON.
func (d *desk) place(customer, lines string, more ...string) orderSeen {
	d.t.Helper()
	var o orderSeen
	d.ok(201, "POST", "orders", `{`+strings.Join(append([]string{customer, `"lines":` + lines}, more...), ",")+`}`, &o)
	return o
}

// show reads an order again.
func (d *desk) show(id string) orderSeen {
	d.t.Helper()
	var o orderSeen
	d.ok(200, "GET", "orders/"+id, "", &o)
	return o
}

// stock adds keys under a tag, "" none.
func (d *desk) stock(tag string, keys ...string) []keyWire {
	d.t.Helper()
	var added struct{ Keys []keyWire }
	body, err := json.Marshal(object{"keys": keys, "tag": tag})
	if err != nil {
		d.t.Fatal(err)
	}
	d.ok(201, "POST", "license-keys", string(body), &added)
	return added.Keys
}

// mails counts the messages of a kind to an order.
func (d *desk) mails(orderID, kind string) int {
	d.t.Helper()
	var all []messageWire
	d.ok(200, "GET", "messages?limit=100&order_id="+orderID+"&kind="+kind, "", &all)
	return len(all)
}

// sent checks how often an order was told of as bought and as delivered, and
// mailed.
func (d *desk) sent(orderID string, purchased, delivered, mails int) {
	d.t.Helper()
	p, e, m := len(d.hooks("digital_order.purchased", orderID)), len(d.hooks("digital_order.delivered", orderID)), d.mails(orderID, "delivery")
	if p != purchased || e != delivered || m != mails {
		d.t.Errorf("order %s: %d purchased, %d delivered, %d mails, want %d, %d, %d", orderID, p, e, m, purchased, delivered, mails)
	}
}

// fetch gets a path of the buyer's side over a real connection.
func (d *desk) fetch(path string) (status int, body string) {
	d.t.Helper()
	res, err := d.server.Client().Get(d.server.URL + path)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// page is the path of an order's page.
func (d *desk) page(o orderSeen) string {
	d.t.Helper()
	u, err := url.Parse(o.DownloadURL)
	if err != nil || !strings.HasPrefix(u.Path, "/d/") {
		d.t.Fatalf("the page of the order is %q", o.DownloadURL)
	}
	return u.Path
}

// ids of a list of objects.
func idsOf(rows []object) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i], _ = r["id"].(string)
	}
	return out
}

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}
