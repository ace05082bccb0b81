package bigdd

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"purvey"
)

// BDD-43: the contract's test vector.
func TestBDD43_VectorOfTheContract(t *testing.T) {
	t.Parallel()
	payload := []byte(`{"id":"evt_1","type":"webhook.test"}`)
	body, h, err := Webhooks{}.Seal(payload, "1", "whsec_test_8f2a", time.Unix(1767225600, 0))
	if err != nil || string(body) != string(payload) {
		t.Fatalf("%s, %v", body, err)
	}
	for name, want := range map[string]string{
		"X-Webhook-Signature": "e14d2a84e45cbfdf770ebfd20f07c4d7e246bdd3e9416d292a2c2e3ddfa73f1a",
		"X-Webhook-Timestamp": "1767225600", "X-Webhook-Id": "evt_1", "Webhook-Id": "evt_1", "Webhook-Timestamp": "1767225600",
		"Content-Type": "application/json",
		// That secret has no base64 in it.
		"Webhook-Signature": "",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s %q, want %q", name, got, want)
		}
	}
	for name := range h {
		if http.CanonicalHeaderKey(name) != name {
			t.Errorf("%s is not in canonical form", name)
		}
	}
}

// BDD-43: The vector of Standard Webhooks' own tests, with our id.
func TestBDD43_StandardWebhooksLibraryVerifies(t *testing.T) {
	t.Parallel()
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	payload := []byte(`{"test": 2432232314}`)
	at := time.Now()
	body, h, err := Webhooks{}.Seal(payload, "66c1", secret, at)
	if err != nil {
		t.Fatal(err)
	}
	wh, err := standard.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := wh.Verify(body, h); err != nil {
		t.Error(err)
	}
	want, err := wh.Sign("evt_66c1", at, payload)
	if err != nil || h.Get("Webhook-Signature") != want {
		t.Errorf("%q, want %q (%v)", h.Get("Webhook-Signature"), want, err)
	}
	_, stale, err := Webhooks{}.Seal(payload, "66c1", secret, at.Add(-6*time.Minute))
	if err != nil || wh.Verify(body, stale) == nil {
		t.Errorf("a stale timestamp verifies (%v)", err)
	}
	for _, name := range []string{"Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"} {
		spoilt := h.Clone()
		spoilt.Set(name, "v1,"+strings.Repeat("A", 43)+"=")
		if wh.Verify(body, spoilt) == nil {
			t.Errorf("verifies with another %s", name)
		}
	}
}

// sample has all that any event may speak of.
func sample(typ purvey.EventType) purvey.Event {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	file := purvey.File{ID: "f1", Name: "a <b>.pdf", Size: 7, Type: "application/pdf", Uploaded: true, CreatedAt: at}
	line := purvey.Line{
		ID: "l1", Number: 1, ProductID: "p1", ProductName: "Album", Quantity: 1, PriceCents: 1250, Status: purvey.LineActive,
		Keys: []purvey.LicenseKey{{Key: "AAAA-1"}}, CreatedAt: at,
	}
	order := purvey.Order{
		ID: "o1", Name: "#1001", GID: "gid://shopify/Order/5", Number: 1001, Currency: "USD", Financial: purvey.Paid, Mode: purvey.Live,
		Customer: purvey.Customer{ID: "c1", Email: "ana@example.org", Firstname: "Ana"}, Lines: []purvey.Line{line}, CreatedAt: at, UpdatedAt: at,
	}
	return purvey.Event{ID: "66c1", Type: typ, CreatedAt: at, OrderID: "o1", Data: purvey.EventData{
		Order: &order, Line: &line, File: &file, Tag: "pro", Free: 5, Message: "hello",
		Download: &purvey.Download{ID: "d1", FileID: "f1", FileName: file.Name, FileType: file.Type, Size: 7, Sent: 7, Counted: true, IP: "192.0.2.1", CreatedAt: at},
		Key:      &purvey.LicenseKey{ID: "k1", Key: "AAAA-1", Tag: "pro", OrderID: "o1", OrderName: "#1001", CreatedAt: at, UpdatedAt: at},
		Product:  &purvey.Product{ID: "p1", Name: "Album", Slug: "album"},
		Version:  &purvey.Version{ID: "v1", Version: "2.0.0", Notes: "new", Files: []purvey.File{file}, CreatedAt: at, ActivatedAt: at},
		Link:     &purvey.Link{ID: "n1", Files: []purvey.File{file}, UseLimit: true, Limit: 3, CreatedAt: at},
	}}
}

// BDD-39 to BDD-42 and the native events: the envelope and each type's data.
func TestBDD39_BodiesOfAllEvents(t *testing.T) {
	t.Parallel()
	const order = `"order":{"id":"o1","name":"#1001","gid":"gid://shopify/Order/5","customer":` +
		`{"id":"c1","email":"ana@example.org","firstname":"Ana","lastname":null,"gid":null,"locale":null}},"line":{"id":"l1","digital_product":{"id":"p1","name":"Album"}}`
	const file = `{"id":"f1","name":"a <b>.pdf","size":7,"type":"application/pdf"}`
	want := map[purvey.EventType]string{
		purvey.EventFileDownloaded: `{` + order + `,"file":` + file + `,"download":{"id":"d1","file":` + file +
			`,"redownload":false,"counted":true,"billable":false,"bytes":7,"ip":"192.0.2.1","user_agent":null,"created_at":"2026-01-01T00:00:00.000Z"}}`,
		purvey.EventKeyAssigned: `{"license_key":{"id":"k1","key":"AAAA-1","tag":"pro","assigned":true,"order_id":"o1","order_name":"#1001",` +
			`"created_at":"2026-01-01T00:00:00.000Z","updated_at":"2026-01-01T00:00:00.000Z"},` + order + `}`,
		purvey.EventStockLow: `{"tag":"pro","free":5}`,
		purvey.EventVersionActivated: `{"digital_product":{"id":"p1","name":"Album","slug":"album","external_id":null},"version":{"id":"v1",` +
			`"version":"2.0.0","notes":"new","files":[` + file + `],"activated_at":"2026-01-01T00:00:00.000Z","created_at":"2026-01-01T00:00:00.000Z"}}`,
		purvey.EventLinkExhausted: `{"download_link":{"id":"n1","files":[` + file + `],"use_download_limit":true,"download_limit":3,"expires_at":null,` +
			`"created_at":"2026-01-01T00:00:00.000Z"}}`,
		purvey.EventTest: `{"message":"hello"}`,
	}
	want[purvey.EventFileRedownloaded] = want[purvey.EventFileDownloaded]
	for _, typ := range append(purvey.SubscribableEvents(), purvey.EventTest) {
		e := sample(typ)
		body, err := Webhooks{}.Render(e)
		if err != nil {
			t.Fatal(err)
		}
		head := `{"id":"evt_66c1","type":"` + string(typ) + `","created":1767225600,"created_at":"2026-01-01T00:00:00.000Z","data":`
		data, ok := strings.CutPrefix(string(body), head)
		if !ok {
			t.Errorf("%s", body)
			continue
		}
		data = strings.TrimSuffix(data, "}")
		if w, given := want[typ]; given {
			if data != w {
				t.Errorf("%s:\n%s\nwant\n%s", typ, data, w)
			}
			continue
		}
		// The rest carry the whole order as the API shows it.
		shown, err := json.Marshal(wireOrder(*e.Data.Order))
		if err != nil || data != string(shown) || !strings.Contains(data, `"license_keys":["AAAA-1"]`) {
			t.Errorf("%s:\n%s\nwant\n%s (%v)", typ, data, shown, err)
		}
	}
	if _, err := (Webhooks{}).Render(sample("order.exploded")); err == nil {
		t.Error("an unknown type has a body")
	}
	if _, err := (Webhooks{}).Render(purvey.Event{Type: purvey.EventOrderPurchased}); err == nil {
		t.Error("an order's event without an order has a body")
	}
}
