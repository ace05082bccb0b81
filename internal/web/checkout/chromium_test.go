package checkout_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/blob"
	"purvey/internal/browsertest"
	"purvey/internal/catalog"
	"purvey/internal/checkout"
	"purvey/internal/delivery"
	"purvey/internal/dialect/publicala"
	"purvey/internal/keyring"
	"purvey/internal/order"
	"purvey/internal/shop"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
	"purvey/internal/web/buyer"
	checkoutpage "purvey/internal/web/checkout"
	"purvey/internal/web/viewer"
)

// PUB-04, PUB-14 to PUB-16: in a real browser, from the store's POST to a paid
// order and to the book, open in the viewer. The store is another site.
func TestPUB16_ABookIsBoughtAndRead(t *testing.T) {
	t.Parallel()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	db := storetest.Open(t, storetest.Options(t, "sqlite"), nil)
	bucket, err := blob.OpenDir(t.TempDir())
	must(err)
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	returned := make(chan url.Values, 1)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<title>Store</title><h1>Thank you</h1>`)
		if r.URL.Path == "/back" {
			returned <- r.URL.Query()
		}
	}))
	t.Cleanup(site.Close)

	keys, log := keyring.Open(make([]byte, keyring.RootSize)), slog.New(slog.DiscardHandler)
	shops, people := shop.New(db, keys), auth.New(db, keys, auth.Options{NoLimits: true})
	t.Cleanup(people.Close)
	goods := delivery.New(db, bucket, keys, delivery.Options{Origin: server.URL})
	orders := order.New(db, order.Options{PageURL: goods.PageURL})
	payments := checkout.New(db, orders, keys, checkout.Options{Origin: server.URL, Secret: shops.Secret, Log: log})
	books := catalog.New(db, bucket, catalog.Options{})
	publicala.Register(mux, publicala.Backend{
		Auth: people, Shops: shops, Catalog: books, Orders: orders, Checkout: payments, ReaderURL: goods.ViewURL, Log: log,
	})
	checkoutpage.Register(mux, checkoutpage.Backend{Checkout: payments, SignIn: people.SignIn, SetSession: buyer.SetSession, Log: log})
	viewer.Register(mux, viewer.Backend{Delivery: goods, Log: log})

	of, err := shops.EnsureDefault(t.Context())
	must(err)
	_, token, err := people.CreateToken(t.Context(), of.ID, auth.TokenRequest{Name: "store", Role: purvey.Member, Mode: purvey.Sandbox})
	must(err)
	stored, err := bucket.Put(t.Context(), bytes.NewReader(book(t)), 0)
	must(err)
	f := purvey.File{ShopID: of.ID, Name: "Book.pdf", Size: stored.Size, Type: "application/pdf", Digest: stored.Digest, Uploaded: true}
	must(db.Tx(t.Context(), func(tx *store.Tx) error { return tx.InsertFile(context.WithoutCancel(t.Context()), &f) }))
	_, err = books.CreateProduct(t.Context(), of, catalog.Change{Name: catalog.Set("The Book"), ExternalID: catalog.Set("bk-1"), FileIDs: catalog.Set([]string{f.ID})})
	must(err)

	type answered struct {
		Data struct {
			ID, Status string
			Checkout   *struct{ Token string }
			Products   []struct {
				Reader string `json:"reader_url"`
			}
		}
	}
	call := func(method, path, body string) (out answered) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
		must(err)
		r.Header.Set("X-User-Token", token)
		r.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(r)
		must(err)
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		must(err)
		if res.StatusCode > 201 || json.Unmarshal(b, &out) != nil {
			t.Fatalf("%d %s", res.StatusCode, b)
		}
		return out
	}
	made := call("POST", "/integration-api/v1/orders", `{"type":"sale","external_reference":"WEB-1","return_url":"`+site.URL+`/back","unit_price":10.5,"currency_id":"ARS",
		"user":{"id":"u1","email":"ana@example.org"},"products":[{"type":"content","id":"bk-1","unit_price":10.5,"currency_id":"ARS"}]}`)
	if made.Data.Status != "pending" || made.Data.Checkout == nil || made.Data.Products[0].Reader != "" {
		t.Fatalf("%+v", made)
	}
	b := browsertest.New(t)
	b.Open(made.Data.Checkout.Token, 390, 844, true)
	b.Until(`document.querySelector('button[value=approve]') && /10\.50? ARS/.test(document.body.textContent) && document.body.textContent.includes('The Book')`)
	b.Shot("checkout")
	b.Eval(`setTimeout(() => document.querySelector('button[value=approve]').click(), 0), 1`)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	select {
	case q := <-returned:
		if q.Get("status") != "approved" || q.Get("order-id") != made.Data.ID || q.Get("order-external-id") != "WEB-1" {
			t.Errorf("%v", q)
		}
	case <-ctx.Done():
		t.Fatal("the browser did not come back to the store")
	}
	got := call("GET", "/integration-api/v1/orders/"+made.Data.ID, "")
	if got.Data.Status != "approved" || got.Data.Checkout != nil || !strings.HasPrefix(got.Data.Products[0].Reader, server.URL+"/view/") {
		t.Fatalf("%+v", got)
	}
	b.Open(got.Data.Products[0].Reader, 1280, 800, false)
	b.Until(`document.body.dataset.state === 'shown' && document.getElementById('words').textContent.trim() === 'It was a dark and stormy night.'`)
	b.Shot("reader")
}

// book is a PDF of one page.
func book(t *testing.T) []byte {
	t.Helper()
	p := fpdf.New("P", "mm", "A5", "")
	p.AddPage()
	p.SetFont("Helvetica", "", 14)
	p.Cell(100, 10, "It was a dark and stormy night.")
	var out bytes.Buffer
	if err := p.Output(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
