package bigdd

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/store/storetest"
)

// loadDocument reads the document as a client would.
func loadDocument(t testing.TB) *openapi3.T {
	t.Helper()
	text, err := openapiDocument()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// The document is valid OpenAPI 3.1, its examples fit their schemas, and every
// call has a name and a tag.
func TestOpenAPIDocumentIsValid(t *testing.T) {
	t.Parallel()
	doc := loadDocument(t)
	if err := doc.Validate(t.Context(), openapi3.EnableExamplesValidation(), openapi3.EnableSchemaFormatValidation(), openapi3.EnableSchemaPatternValidation()); err != nil {
		t.Fatal(err)
	}
}

// Every call that is registered is in the document, and every call of the
// document is registered; names of parts of a path may differ.
func TestOpenAPIDocumentHasEveryRoute(t *testing.T) {
	t.Parallel()
	doc := loadDocument(t)
	documented := map[string]bool{}
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			documented[method+" "+nameless(path)] = true
		}
	}
	b := newBackend(t, storetest.Open(t, storetest.Options(t, "sqlite"), nil), t.TempDir(), auth.Options{NoLimits: true})
	registered := map[string]bool{}
	for _, rt := range newAPI(b).routes {
		registered[nameless(rt.pattern)] = true
	}
	for call := range registered {
		if !documented[call] {
			t.Errorf("%s is registered, and not in the document", call)
		}
	}
	for call := range documented {
		if !registered[call] {
			t.Errorf("%s is in the document, and not registered", call)
		}
	}
}

// What endpoints are sent is as the document says, for every type of event.
func TestOpenAPIDocumentHasEveryEvent(t *testing.T) {
	t.Parallel()
	f := newFrame(t, storetest.Open(t, storetest.Options(t, "sqlite"), nil))
	scope := purvey.Scope{ShopID: f.shop.ID, Mode: purvey.Live}
	id := f.order(f.admin, "REGULAR")["id"].(string)
	order, err := f.backend.Orders.Order(t.Context(), scope, id)
	if err != nil {
		t.Fatal(err)
	}
	line := &order.Lines[0]
	product, err := f.backend.Catalog.Product(t.Context(), f.shop.ID, line.ProductID)
	if err != nil {
		t.Fatal(err)
	}
	version, err := f.backend.Catalog.Version(t.Context(), f.shop.ID, product.ID, product.ActiveVersionID)
	if err != nil {
		t.Fatal(err)
	}
	file, at := &product.Files[0], time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	full := purvey.EventData{
		Order: &order, Line: line, File: file, Product: &product, Version: &version, Tag: "pro", Free: 5, Message: "hello",
		Download: &purvey.Download{ID: id, FileID: file.ID, FileName: file.Name, FileType: file.Type, Size: file.Size, CreatedAt: at},
		Key:      &purvey.LicenseKey{ID: id, Key: "AAAA-1", OrderID: id, OrderName: order.Name, CreatedAt: at, UpdatedAt: at},
		Link:     &purvey.Link{ID: id, Files: product.Files, CreatedAt: at},
	}
	c, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	types := append(purvey.SubscribableEvents(), purvey.EventTest)
	for _, typ := range types {
		item := c.doc.Webhooks[string(typ)]
		if item == nil {
			t.Errorf("%s is not in the document", typ)
			continue
		}
		body, err := Webhooks{}.Render(purvey.Event{ID: id, Type: typ, CreatedAt: at, Data: full})
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(body, &v); err != nil {
			t.Fatal(err)
		}
		if err := item.Post.RequestBody.Value.Content["application/json"].Schema.Value.VisitJSON(v); err != nil {
			t.Errorf("%s: %s\ndoes not fit: %v", typ, body, err)
		}
		_, h, err := Webhooks{}.Seal(body, id, "whsec_"+"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", at)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range item.Post.Parameters {
			if err := p.Value.Schema.Value.VisitJSON(headerValue(h.Get(p.Value.Name))); err != nil {
				t.Errorf("%s: the header %s: %v", typ, p.Value.Name, err)
			}
		}
	}
	if len(c.doc.Webhooks) != len(types) {
		t.Errorf("the document has %d types of events, there are %d", len(c.doc.Webhooks), len(types))
	}
}

// headerValue is a header as a schema sees it.
func headerValue(text string) any {
	var number json.Number
	if json.Unmarshal([]byte(text), &number) == nil {
		if n, err := number.Float64(); err == nil && len(text) < 16 {
			return n
		}
	}
	return text
}

// Parts are joined in order; what stands twice is an error, not a choice.
func TestOpenAPIPartsAreJoined(t *testing.T) {
	t.Parallel()
	join := func(parts ...string) (string, error) {
		whole := &yaml.Node{Kind: yaml.MappingNode}
		for _, text := range parts {
			if err := addPart(whole, []byte(text)); err != nil {
				return "", err
			}
		}
		var out bytes.Buffer
		err := writeJSON(&out, whole)
		return out.String(), err
	}
	for _, c := range []struct {
		parts []string
		want  string // "" for an error
	}{
		{[]string{"b: 1\na: {}", "a: {x: 1}", "a: {w: 2}"}, `{"b":1,"a":{"x":1,"w":2}}`},
		{[]string{"components: {schemas: {A: {}}}", "components: {schemas: {B: {}}, headers: {C: {}}}"}, `{"components":{"schemas":{"A":{},"B":{}},"headers":{"C":{}}}}`},
		{[]string{"x-shared: &s {p: 1, q: 2}\na: {<<: *s, q: 3}\nb: [*s]"}, `{"a":{"q":3,"p":1},"b":[{"p":1,"q":2}]}`},
		{[]string{"a: [1, 1.5, true, null, text, '1', 2026-05-01]"}, `{"a":[1,1.5,true,null,"text","1","2026-05-01"]}`},
		{[]string{"paths: {/a: {get: {}}}", "paths: {/a: {post: {}}}"}, ""},
		{[]string{"components: {schemas: {A: {}}}", "components: {schemas: {A: {}}}"}, ""},
		{[]string{"a: 1", "a: 1"}, ""},
		{[]string{"a: {b: {c: 1, c: 2}}"}, ""},
		{[]string{"a: {<<: [1]}"}, ""},
		{[]string{"- a"}, ""},
		{[]string{"a: ["}, ""},
	} {
		got, err := join(c.parts...)
		if (err != nil) != (c.want == "") || got != c.want && err == nil {
			t.Errorf("%q: %s %v, want %s", c.parts, got, err, c.want)
		}
	}
}
