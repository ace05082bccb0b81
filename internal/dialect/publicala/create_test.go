package publicala_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"purvey"
	"purvey/internal/auth"
)

// PUB-02, PUB-11: a permission is approved and open at once, and all fields
// are there, in "data" and flat.
func TestPUB02_Permission(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.book("bk-1")
		a := w.call("POST", v1, permission("bk-1", `"external_reference":"WEB/1"`, `"unknown":[1]`)).want(201)
		for _, at := range []string{"", "data."} {
			a.is(at+"external_reference", `"WEB/1"`, at+"type", `"permission"`, at+"status", `"approved"`, at+"unit_price", "null", at+"currency_id", "null",
				at+"user", `{"email":"ana@example.org","id":"u1"}`, at+"created_at", `"2026-01-05"`, at+"checkout", "",
				at+"products.0.id", `"bk-1"`, at+"products.0.type", `"content"`, at+"products.0.name", `"The bk-1"`, at+"products.0.status", `"approved"`,
				at+"products.0.expiration_date", "null", at+"products.0.cover", `"https://cdn.example/cover.jpg"`, at+"products.0.description", `"A book."`,
				at+"products.0.pages_quantity", "324", at+"products.0.file_type", `"pdf"`, at+"products.0.is_free", "false",
				at+"products.0.unit_price", "null", at+"products.0.currency_id", "null")
		}
		if url := a.at("data.products.0.reader_url"); !strings.HasPrefix(url, `"https://shop.example/view/`) {
			t.Errorf("reader_url: %s", url)
		}
		if got := w.open(a.id()); got != "open" {
			t.Error(got)
		}
		o := w.order(a.id())
		if o.Source != purvey.SourcePublicala || o.TotalCents != 0 || o.Financial != purvey.Paid {
			t.Errorf("%+v", o)
		}
	})
}

// PUB-03, PUB-08, PUB-09: a report is a sale that was paid elsewhere; an
// address is enough, and a product is made of name and url.
func TestPUB03_Report(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.call("POST", v1, report("product-002")).refused("products.0.name")
		w.call("POST", v1, report("product-002")).refused("products.0.url")
		body := strings.Replace(report("product-002"), `"currency_id":"USD"}]`, `"currency_id":"USD","name":"Two","url":"https://example.com/two"}]`, 1)
		a := w.call("POST", v1, body).want(201).is("data.user.id", "null", "data.user.email", `"ana@example.org"`, "data.external_reference", "null",
			"data.status", `"approved"`, "data.unit_price", "25", "data.currency_id", `"USD"`, "data.products.0.reader_url", `"https://example.com/two"`,
			"data.products.0.unit_price", "25", "data.products.0.currency_id", `"USD"`, "data.products.0.name", `"Two"`, "data.products.0.file_type", "null")
		if o := w.order(a.id()); o.TotalCents != 2500 || o.Type != purvey.TypeReport || w.open(a.id()) != "open" {
			t.Errorf("%+v", o)
		}
		made, err := w.catalog.ProductByKey(t.Context(), w.shop.ID, "external", "product-002")
		if err != nil || made.Status != "draft" || made.Available || len(made.Links) != 1 || made.Kind != purvey.KindContent {
			t.Errorf("%+v, %v", made, err)
		}
		// Known now: sent names and addresses do not matter.
		w.call("POST", v1, report("product-002")).want(201).is("data.products.0.name", `"Two"`)
		w.call("POST", v1, strings.Replace(report("product-002"), `{"email":"ana@example.org"}`, `{}`, 1)).refused("user.id")
	})
}

// PUB-04, PUB-12, PUB-13: a sale waits for its payment, and each reading gives
// a fresh link, in both spellings.
func TestPUB04_Sale(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		a := w.call("POST", v1, sale("new-1", `"external_reference":"S1"`)).want(201)
		a.is("data.status", `"pending"`, "data.products.0.status", `"pending"`, "data.checkout.ttl", "3600", "data.checkout.expires_on", `"2026-01-05 13:00:00"`,
			"data.unit_price", "10.5", "data.checkout.token", a.at("data.checkout.url"), "data.products.0.reader_url", `""`, "checkout", a.at("data.checkout"))
		if !strings.HasPrefix(a.at("data.checkout.url"), `"https://shop.example/auth/token?external-auth-token=`) || w.open(a.id()) != "unpaid" {
			t.Errorf("%s: %s", w.open(a.id()), a.body)
		}
		one := w.call("GET", v1+"/"+a.id(), "").want(200)
		all := w.call("GET", v1, "").want(200)
		tokens := map[string]bool{a.at("data.checkout.token"): true, one.at("data.checkout.token"): true, all.at("data.0.checkout.token"): true}
		if len(tokens) != 3 || tokens[""] {
			t.Errorf("the links: %v", tokens)
		}
		w.settings(`{"lifetimes":{"checkout":120},"shop":{"public_url":"https://books.example"}}`)
		one = w.call("GET", v1+"/"+a.id(), "").want(200).is("data.checkout.ttl", "120")
		if !strings.HasPrefix(one.at("data.checkout.url"), `"https://books.example/auth/token?`) {
			t.Error(one.body)
		}
		w.settings(`{"gateways":{"live":null}}`)
		w.call("POST", v1, sale("new-1")).refused("type")
		w.as(w.sandbox, "POST", v1, sale("new-1")).want(201)
	})
}

// PUB-05, PUB-06: every required field, and every format.
func TestPUB05_Fields(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.book("bk-1")
		full := map[string]string{
			"permission": permission("bk-1"), "report": strings.Replace(report("bk-1"), `"user":{`, `"user":{"id":"u9",`, 1), "sale": sale("bk-1"),
		}
		required := map[string]string{
			"permission": "type user products user.id user.email products.0.type products.0.id",
			"report":     "type user products return_url unit_price currency_id products.0.type products.0.id products.0.unit_price products.0.currency_id",
			"sale":       "type user products return_url unit_price currency_id user.id products.0.type products.0.id products.0.unit_price products.0.currency_id",
		}
		for kind, body := range full {
			for _, path := range strings.Fields(required[kind]) {
				w.call("POST", v1, without(t, body, path)).refused(path)
				w.call("POST", v1, with(t, body, path, nil)).refused(path)
			}
			for path, bad := range map[string]any{
				"external_reference": strings.Repeat("x", 65), "return_url": "/back", "unit_price": "10", "currency_id": "ZZZ", "user": "ana",
				"user.id": strings.Repeat("é", 65), "user.email": "ana", "products": []any{}, "products.0": 5.0, "products.0.type": "book",
				"products.0.id": "", "products.0.name": strings.Repeat("x", 65), "products.0.url": "ftp://example.com/x", "products.0.unit_price": -1.0,
				"products.0.currency_id": "usd", "products.0.expiration_date": "31-12-2026",
			} {
				w.call("POST", v1, with(t, body, path, bad)).refused(path)
			}
			for _, path := range []string{"external_reference", "products.0.expiration_date", "products.0.name"} {
				w.call("POST", v1, with(t, body, path, "")).refused(path)
			}
		}
		w.call("POST", v1, with(t, with(t, full["permission"], "user.id", strings.Repeat("é", 64)), "user.email", "long@example.org")).want(201)
		w.call("POST", v1, with(t, full["permission"], "type", "gift")).refused("type")
		two := strings.Replace(permission("bk-1"), `"products":[`, `"products":[{"type":"content","id":"bk-1"},`, 1)
		w.call("POST", v1, two).refused("products.1.id")
		w.call("POST", v1, with(t, full["permission"], "products.0.expiration_date", "2026-02-30")).refused("products.0.expiration_date")
		w.call("POST", v1, permission("nowhere")).refused("products.0.id")
		w.call("POST", v1, strings.Replace(sale("plan-x"), `"content"`, `"subscription"`, 1)).refused("products.0.id")
	})
}

// PUB-07: users are made of what is known, matched by id and then by address.
func TestPUB07_Users(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.book("bk-1")
		user := func(id, email string) answer {
			body := report("bk-1")
			in := `{"email":"` + email + `"`
			if id != "" {
				in += `,"id":"` + id + `"`
			}
			return w.call("POST", v1, strings.Replace(body, `{"email":"ana@example.org"`, in, 1))
		}
		user("", "eva@example.org").want(201).is("data.user.id", "null")
		user("e1", "EVA@example.org").want(201).is("data.user", `{"email":"eva@example.org","id":"e1"}`)
		user("", "eva@example.org").want(201).is("data.user.id", `"e1"`)
		user("e1", "other@example.org").want(201).is("data.user", `{"email":"eva@example.org","id":"e1"}`)
		user("e2", "eva@example.org").want(422).is("errors.0.title", `"Incorrect User ID"`, "errors.0.details.0", `"Creation of the order failed due to incorrect user id"`)
		w.call("POST", v1, with(t, without(t, sale("bk-1"), "user.email"), "user.id", "bare")).want(201).is("data.user", `{"email":null,"id":"bare"}`)
		user("bare", "bare@example.org").want(201).is("data.user", `{"email":"bare@example.org","id":"bare"}`)
		w.call("GET", v1+"?user_id=e1", "").is("meta.total", "4")
		// The switch: an address is enough for permissions too.
		w.call("POST", v1, without(t, permission("bk-1"), "user.id")).refused("user.id")
		w.settings(`{"policies":{"id_or_email":true}}`)
		w.call("POST", v1, without(t, permission("bk-1"), "user.id")).want(201)
		w.call("POST", v1, without(t, permission("bk-1"), "user.email")).want(201)
		w.call("POST", v1, without(t, sale("bk-1"), "user.id")).refused("user.id")
	})
}

// PUB-10: any currency but for sales; products have the order's own.
func TestPUB10_Currency(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.book("bk-1")
		w.call("POST", v1, strings.ReplaceAll(report("bk-1"), "USD", "JPY")).want(201)
		w.call("POST", v1, strings.ReplaceAll(sale("bk-1"), "ARS", "EUR")).refused("currency_id")
		w.call("POST", v1, with(t, report("bk-1"), "currency_id", "EUR")).refused("products.0.currency_id")
		w.call("POST", v1, permission("bk-1", `"currency_id":"ISK"`, `"unit_price":12.9`)).want(201).is("data.currency_id", `"ISK"`, "data.unit_price", "12.9")
	})
}

// PUB-17: a reference is taken once, by cancelled orders too, and of many at
// once one wins.
func TestPUB17_Reference(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		body := sale("raced", `"external_reference":"R1"`)
		var made sync.WaitGroup
		got := make([]int, 8)
		for i := range got {
			made.Go(func() { got[i] = w.call("POST", v1, body).status })
		}
		made.Wait()
		seen := map[int]int{}
		for _, status := range got {
			seen[status]++
		}
		if seen[201] != 1 || seen[422] != 7 {
			t.Fatalf("%v", seen)
		}
		w.call("DELETE", v1+"/R1?id_type=external", "").want(200)
		w.call("POST", v1, body).refused("external_reference")
		w.as(w.sandbox, "POST", v1, body).want(201) // another mode
		// What an order that is refused would have made is not there.
		ghost := with(t, with(t, sale("ghost", `"external_reference":"R1"`), "user.id", "ghost"), "user.email", "ghost@example.org")
		w.call("POST", v1, ghost).refused("external_reference")
		if _, err := w.catalog.ProductByKey(t.Context(), w.shop.ID, "external", "ghost"); !errors.Is(err, purvey.NotFound) {
			t.Errorf("a product of a refused order: %v", err)
		}
		if _, err := w.orders.CustomerByExternalID(t.Context(), purvey.Scope{ShopID: w.shop.ID, Mode: purvey.Live}, "ghost"); !errors.Is(err, purvey.NotFound) {
			t.Errorf("a user of a refused order: %v", err)
		}
		if n := w.call("GET", v1+"?product_id=raced&product_type=content", "").at("meta.total"); n != "1" {
			t.Error(n)
		}
	})
}

// PUB-01, PUB-18, PUB-33: tokens, budgets, and the shape of what has no field.
func TestPUB01_Access(t *testing.T) {
	t.Parallel()
	eachWith(t, auth.Options{}, func(w *world) {
		w.book("bk-1")
		w.as("", "GET", v1, "").want(401).is("status", "401", "message", `"Unauthenticated."`, "errors.0.title", `"Unauthorized"`)
		w.as("pv_x", "POST", v3, permission("bk-1")).want(401).is("message", `"Unauthenticated."`, "errors", "")
		a := w.call("GET", v1, "").want(200)
		if h := a.header; h.Get("X-RateLimit-Limit") != "100" || h.Get("X-RateLimit-Remaining") != "99" || h.Get("X-RateLimit-Reset") == "" {
			t.Errorf("%v", h)
		}
		for range 99 {
			w.call("GET", v1+"?per_page=1", "").want(200)
		}
		a = w.call("GET", v1, "").want(429).is("status", "429", "errors.0.title", `"Too Many Requests"`)
		if a.header.Get("Retry-After") != "1" || a.header.Get("X-RateLimit-Remaining") != "0" {
			t.Errorf("%v", a.header)
		}
		w.clock.Advance(time.Minute)
		for body, status := range map[string]int{`{`: 400, `[]`: 400, `null`: 400, `"x"`: 400, ``: 400, `{"type":5}`: 422} {
			w.call("POST", v1, body).want(status)
		}
		r := httptest.NewRequest("POST", v1, strings.NewReader("type=sale"))
		r.Header.Set("X-User-Token", w.live)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w.do(r).want(415)
		w.call("DELETE", v1, `{}`).want(405).is("status", "405")
		w.call("PATCH", v1+"/x", `{}`).want(405)
		w.call("GET", "/integration-api/v1/users", "").want(404).is("status", "404")
		w.call("GET", "/api/v3/content", "").want(404).is("message", `"Not found."`)
		w.as("pv_x", "GET", "/api/v3/content", "").want(401).is("message", `"Unauthenticated."`)
		// At the host of another shop the token opens nothing.
		other, err := w.shops.Create(t.Context(), "other", "")
		w.must(err)
		w.must(w.shops.Patch(t.Context(), other.ID, []byte(`{"shop":{"public_url":"http://example.com"}}`)))
		w.call("GET", v1, "").want(401)
		foreign := w.token(other, purvey.Admin, purvey.Live)
		w.as(foreign, "GET", v1, "").want(200).is("meta.total", "0")
		tokens, err := w.auth.Tokens(t.Context(), other.ID, purvey.Page{Limit: 10})
		w.must(err)
		w.must(w.auth.Revoke(t.Context(), other.ID, tokens.Items[0].ID))
		w.as(foreign, "GET", v1, "").want(401)
	})
}
