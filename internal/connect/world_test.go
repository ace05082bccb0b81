package connect_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"purvey"
	"purvey/internal/blob"
	"purvey/internal/catalog"
	"purvey/internal/connect"
	"purvey/internal/delivery"
	"purvey/internal/job"
	"purvey/internal/keyring"
	"purvey/internal/license"
	"purvey/internal/order"
	"purvey/internal/shop"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

const (
	secret = "whsec_of-this-test"
	token  = "kQ3vX9_fR-2mLw81" // in the addresses of those that sign nothing
)

// world is a shop whose connectors have a secret, and all that works on what
// they receive.
type world struct {
	t        *testing.T
	db       *store.DB
	clock    *storetest.Clock
	shops    *shop.Service
	orders   *order.Service
	catalog  *catalog.Service
	licenses *license.Service
	delivery *delivery.Service
	worker   *job.Worker
	handler  http.Handler
	shop     purvey.Shop
	scope    purvey.Scope
}

// each runs a test on both engines.
func each(t *testing.T, test func(w *world)) {
	t.Helper()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) { test(newWorld(t, db, clock)) })
}

func newWorld(t *testing.T, db *store.DB, clock *storetest.Clock) *world {
	t.Helper()
	keys := keyring.Open(make([]byte, keyring.RootSize))
	bucket, err := blob.OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, db: db, clock: clock, shops: shop.New(db, keys), licenses: license.New(db), catalog: catalog.New(db, bucket, catalog.Options{})}
	w.delivery = delivery.New(db, bucket, keys, delivery.Options{Origin: "https://shop.example"})
	w.orders = order.New(db, order.Options{PageURL: w.delivery.PageURL})
	w.worker = job.NewWorker(db, job.Options{})
	w.worker.Register(purvey.JobStoreEvent, job.Work{Run: func(ctx context.Context, j purvey.Job) error {
		return w.orders.TakeStoreEvent(ctx, j.Key, connect.Read)
	}})
	mux := http.NewServeMux()
	connect.Register(mux, connect.Backend{Shops: w.shops, Orders: w.orders, Delivery: w.delivery, Log: slog.New(slog.DiscardHandler)})
	w.handler = mux
	w.shop, err = w.shops.Create(t.Context(), "audio", "")
	w.must(err)
	w.scope = purvey.Scope{ShopID: w.shop.ID, Mode: purvey.Live}
	w.settings(`{"connectors":{"shopify":{"secret":"` + secret + `"},"woocommerce":{"secret":"` + secret + `"},"stripe":{"secret":"` + secret + `"},"fastspring":{"secret":"` + secret + `","url_token":"` + token + `"},"vibracartpro":{"url_token":"` + token + `"},"signed":{"secret":"` + secret + `"}}}`)
	return w
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
}

// product makes a product that gives one file and one key for each unit.
func (w *world) product(slug string) purvey.Product {
	w.t.Helper()
	f, err := w.catalog.StoreFile(w.t.Context(), w.shop.ID, slug+".zip", "", strings.NewReader("the bytes of "+slug), 0)
	w.must(err)
	p, err := w.catalog.CreateProduct(w.t.Context(), w.shop, catalog.Change{
		Name: catalog.Set(slug), Slug: catalog.Set(slug), FileIDs: catalog.Set([]string{f.ID}), Access: catalog.Set(purvey.AccessFileAndKey),
		KeyMode: catalog.Set(purvey.KeysGenerated),
	})
	w.must(err)
	return p
}

func (w *world) mapping(source purvey.Source, key string, p purvey.Product) purvey.Mapping {
	w.t.Helper()
	m, err := w.orders.CreateMapping(w.t.Context(), w.shop.ID, purvey.Mapping{Source: source, ExternalKey: key, ProductID: p.ID})
	w.must(err)
	return m
}

// sample reads a body of testdata, changed by pairs of old and new text.
func (w *world) sample(name string, changes ...string) []byte {
	w.t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	w.must(err)
	for i := 0; i+1 < len(changes); i += 2 {
		if !bytes.Contains(b, []byte(changes[i])) {
			w.t.Fatalf("%s has no %q", name, changes[i])
		}
		b = bytes.ReplaceAll(b, []byte(changes[i]), []byte(changes[i+1]))
	}
	return b
}

func mac(key string, text ...[]byte) []byte {
	h := hmac.New(sha256.New, []byte(key))
	h.Write(bytes.Join(text, nil))
	return h.Sum(nil)
}

// headers signs a body as its store does.
func (w *world) headers(store string, body []byte) map[string]string {
	switch store {
	case "shopify":
		return map[string]string{"X-Shopify-Hmac-Sha256": base64.StdEncoding.EncodeToString(mac(secret, body)), "X-Shopify-Topic": "orders/paid"}
	case "woocommerce":
		return map[string]string{"X-WC-Webhook-Signature": base64.StdEncoding.EncodeToString(mac(secret, body)), "X-WC-Webhook-Topic": "order.updated"}
	case "stripe":
		at := fmt.Sprint(w.clock.Now().Unix())
		return map[string]string{"Stripe-Signature": "t=" + at + ",v1=" + hex.EncodeToString(mac(secret, []byte(at+"."), body)) + ",v0=00"}
	case "fastspring":
		return map[string]string{"X-FS-Signature": base64.StdEncoding.EncodeToString(mac(secret, body))}
	case "signed":
		return map[string]string{"X-Continuata-Signature": hex.EncodeToString(mac(secret, body))}
	}
	return nil
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (w *world) post(path string, body []byte, headers map[string]string) answer {
	req := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	for name, v := range headers {
		req.Header.Set(name, v)
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, req)
	b, _ := io.ReadAll(rec.Body)
	return answer{rec.Code, rec.Header(), string(b)}
}

// send delivers a signed body and expects it to be taken.
func (w *world) send(store string, body []byte) {
	w.t.Helper()
	a := w.post("/webhooks/audio/"+store, body, w.headers(store, body))
	if a.status != 200 || a.body != `{"success":true}`+"\n" && a.body != `{"success":true}` {
		w.t.Fatalf("%s: %d %s", store, a.status, a.body)
	}
}

// work runs the jobs that are due.
func (w *world) work() {
	w.t.Helper()
	_, err := w.worker.RunDue(w.t.Context())
	w.must(err)
}

// all lists the orders of a mode.
func (w *world) all(mode purvey.Mode) []purvey.Order {
	w.t.Helper()
	l, err := w.orders.Orders(w.t.Context(), purvey.Scope{ShopID: w.shop.ID, Mode: mode}, order.Filter{}, purvey.Page{Limit: 100, Sort: purvey.SortOldest})
	w.must(err)
	return l.Items
}

// only gives the one live order.
func (w *world) only() purvey.Order {
	w.t.Helper()
	all := w.all(purvey.Live)
	if len(all) != 1 {
		w.t.Fatalf("%d orders, want 1: %+v; events %s", len(all), all, w.states())
	}
	return all[0]
}

func (w *world) mails(kind purvey.MessageKind) []purvey.Message {
	w.t.Helper()
	l, err := w.db.Messages(w.t.Context(), w.scope, store.MessageFilter{Kind: string(kind)}, purvey.Page{Limit: 100})
	w.must(err)
	return l.Items
}

func (w *world) events(state purvey.StoreEventState) []purvey.StoreEvent {
	w.t.Helper()
	l, err := w.orders.StoreEvents(w.t.Context(), w.scope, order.NewsFilter{State: string(state)}, purvey.Page{Limit: 100, Sort: purvey.SortOldest})
	w.must(err)
	return l.Items
}

// states tells what came of each event, for messages of failed tests.
func (w *world) states() string {
	var out []string
	for _, e := range w.events("") {
		b, _ := json.Marshal(e.Unmapped)
		out = append(out, fmt.Sprintf("%s %s %q %s", e.Topic, e.State, e.Error, b))
	}
	return strings.Join(out, "\n")
}

// replayAll has every event worked on again.
func (w *world) replayAll() {
	w.t.Helper()
	for _, e := range w.events("") {
		_, err := w.orders.ReplayStoreEvent(w.t.Context(), w.scope, e.ID)
		w.must(err)
	}
	w.work()
}

// drums is the product with that slug.
func (w *world) drums() purvey.Product {
	w.t.Helper()
	p, err := w.catalog.ProductByKey(w.t.Context(), w.shop.ID, store.KeySlug, "epic-drums")
	w.must(err)
	return p
}

// gids has a product name a product and a variant of the platform.
func (w *world) gids(p purvey.Product, product, variant string) error {
	_, err := w.catalog.UpdateProduct(w.t.Context(), w.shop, p.ID, catalog.Change{ProductGID: catalog.Set(product), VariantGIDs: catalog.Set([]string{variant})})
	return err
}

// refund gives units of a line back, as a person does.
func (w *world) refund(o purvey.Order, line, units int) error {
	_, err := w.orders.Refund(w.t.Context(), w.scope, o.ID, []order.RefundLine{{LineID: o.Lines[line].ID, Quantity: units}})
	return err
}
