package bigdd

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/store/storetest"
)

// The tests here walk the routes that the frame knows, so that a call which is
// added later is covered or fails them: a path with a new kind of id needs an
// entry in objects, a body that is needed to get as far as the object one in
// bodies.

// objects makes, with a token, an object for each kind of id in a path, named
// by the words before it, and gives the ids for the rest of the path.
func objects() map[string]func(f *frame, token string) map[string]string {
	one := func(id string) map[string]string { return map[string]string{"id": id} }
	return map[string]func(f *frame, token string) map[string]string{
		"api-tokens": func(f *frame, token string) map[string]string {
			return one(f.made(token, "/api-tokens", `{"name":"x"}`, "id"))
		},
		"members": func(f *frame, token string) map[string]string {
			return one(f.made(token, "/members", `{"email":"`+purvey.Secret(12)+`@example.org","role":"member"}`, "id"))
		},
		"digital-products": func(f *frame, token string) map[string]string {
			product := f.made(token, "/digital-products", `{"name":"x"}`, "id")
			version := f.made(token, "/digital-products/"+product+"/versions", `{"version":"2.0.0","file_ids":[],"activate":false}`, "id")
			return map[string]string{"id": product, "version_id": version}
		},
		"files":   func(f *frame, token string) map[string]string { return one(f.file(token)) },
		"uploads": func(f *frame, token string) map[string]string { return one(f.upload(token)) },
		"orders": func(f *frame, token string) map[string]string {
			order := f.order(token, "UNIQUE")
			return map[string]string{"id": order["id"].(string), "line": order["lines"].([]any)[0].(map[string]any)["id"].(string)}
		},
		"customers": func(f *frame, token string) map[string]string {
			customer := f.order(token, "REGULAR")["customer"].(map[string]any)
			return map[string]string{"gid": "7700", "id": customer["id"].(string), "session": "66a1f0c2b7d94e3f8a105e02"}
		},
		"license-keys": func(f *frame, token string) map[string]string {
			var made struct {
				Data struct{ Keys []struct{ ID string } }
			}
			f.call(token, "POST", "/public-api/v1/license-keys", `{"keys":["`+purvey.Secret(20)+`"]}`).into(f.t, &made)
			return one(made.Data.Keys[0].ID)
		},
		"license-key-tags": func(f *frame, token string) map[string]string {
			tag := purvey.Secret(8)
			f.call(token, "POST", "/public-api/v1/license-keys", `{"keys":["`+purvey.Secret(20)+`"],"tag":"`+tag+`"}`)
			return map[string]string{"tag": tag}
		},
		"messages": func(f *frame, token string) map[string]string {
			f.order(token, "REGULAR")
			var l struct{ Data []struct{ ID string } }
			f.call(token, "GET", "/public-api/v1/messages", "").into(f.t, &l)
			return one(l.Data[0].ID)
		},
		"download-requests": func(f *frame, token string) map[string]string {
			product := f.made(token, "/digital-products", `{"name":"x","max_downloads":1,"file_ids":["`+f.file(token)+`"]}`, "id")
			order := f.made(token, "/orders", `{"customer":{"email":"ana@example.org"},"lines":[{"digital_product_id":"`+product+`"}]}`, "id")
			o, err := f.db.OrderByID(f.t.Context(), order)
			if err != nil {
				f.t.Fatal(err)
			}
			if err := f.backend.Delivery.AskMore(f.t.Context(), f.backend.Delivery.PageToken(o), o.Lines[0].ID, "please"); err != nil {
				f.t.Fatal(err)
			}
			var l struct{ Data []struct{ ID string } }
			f.call(token, "GET", "/public-api/v1/download-requests?state=open", "").into(f.t, &l)
			return one(l.Data[0].ID)
		},
		"gateways":       func(*frame, string) map[string]string { return map[string]string{"gateway": "stripe"} },
		"mail-templates": func(*frame, string) map[string]string { return map[string]string{"kind": "delivery", "locale": "en"} },
		"download-links": func(f *frame, token string) map[string]string {
			return one(f.made(token, "/download-links", `{"file_ids":["`+f.file(token)+`"]}`, "id"))
		},
		"webhook-endpoints": func(f *frame, token string) map[string]string { return one(f.endpoint(token)) },
		"mappings": func(f *frame, token string) map[string]string {
			product := f.made(token, "/digital-products", `{"name":"x"}`, "id")
			return one(f.made(token, "/mappings", `{"source":"shopify","external_key":"`+purvey.Secret(12)+`","digital_product_id":"`+product+`"}`, "id"))
		},
		"store-events": func(f *frame, token string) map[string]string {
			e := purvey.StoreEvent{Source: purvey.SourceShopify, Topic: "orders/paid", Body: []byte(`{"id":"` + purvey.Secret(12) + `"}`)}
			if err := f.backend.Orders.Receive(f.t.Context(), purvey.Scope{ShopID: f.shop.ID, Mode: purvey.Live}, e); err != nil {
				f.t.Fatal(err)
			}
			var l struct{ Data []struct{ ID string } }
			f.call(token, "GET", "/public-api/v1/store-events", "").into(f.t, &l)
			return one(l.Data[0].ID)
		},
		"webhook-deliveries": func(f *frame, token string) map[string]string {
			return one(f.made(token, "/webhook-endpoints/"+f.endpoint(token)+"/test", ``, "id"))
		},
	}
}

// bodies are those that a call needs to get as far as its object; the others
// do with {}.
var bodies = map[string]string{
	"POST /public-api/v1/members":                        `{"email":"leo@example.org","role":"member"}`,
	"PUT /public-api/v1/digital-products/{id}/limits":    `{"max_downloads":3}`,
	"PATCH /public-api/v1/digital-products/{id}":         `{"name":"y"}`,
	"POST /public-api/v1/digital-products/{id}/versions": `{"version":"3.0.0"}`,
	"POST /public-api/v1/orders/{id}/access":             `{"access":"disabled"}`,
	"PATCH /public-api/v1/orders/{id}/customer":          `{"firstname":"Bo"}`,
	"POST /public-api/v1/orders/{id}/reset-downloads":    `{"line_id":"LINE"}`,
	"POST /public-api/v1/orders/{id}/refunds":            `{"lines":[{"line_id":"LINE","quantity":1}]}`,
	"PUT /public-api/v1/orders/{id}/lines/{line}/files":  `{"file_ids":[]}`,
	"PATCH /public-api/v1/orders/{id}":                   `{"risk_level":"LOW"}`,
	"POST /public-api/v1/orders/{id}/renewals":           `{"outcome":"approve"}`,
	"POST /public-api/v1/license-keys/{id}/assign":       `{"order_name":"#1001"}`,
	"POST /public-api/v1/webhook-endpoints/{id}/replay":  `{"since":"2020-01-01"}`,
	"PATCH /public-api/v1/webhook-endpoints/{id}":        `{"name":"y"}`,
	"PATCH /public-api/v1/files/{id}":                    `{"name":"b.txt"}`,
	"PUT /public-api/v1/mail-templates/{kind}/{locale}":  `{"subject":"x","intro":"y"}`,
	"PATCH /public-api/v1/download-links/{id}":           `{"use_download_limit":false}`,
}

// ofTheShop are the nouns that both modes of a shop share.
var ofTheShop = []string{"api-tokens", "members", "digital-products", "files", "uploads", "mappings"}

// forAdmins are the nouns whose calls a member may not make, reading included.
var forAdmins = []string{"api-tokens", "members", "settings", "webhook-endpoints", "webhook-deliveries", "mappings", "store-events", "reports", "audit-log", "mail-templates", "gateways"}

// ofEveryShop are the nouns whose names in a path are the same in every shop.
var ofEveryShop = []string{"mail-templates", "gateways"}

// alsoForAdmins are calls of other nouns that a member may not make.
var alsoForAdmins = []string{"POST /public-api/v1/checklist/mail", "POST /public-api/v1/checklist/storage", "POST /public-api/v1/digital-products/{id}/test-download",
	"POST /public-api/v1/shop/close", "POST /public-api/v1/shop/open"}

// ofOwners are calls that no token may make.
var ofOwners = []string{"POST /public-api/v1/shop/close", "POST /public-api/v1/shop/open"}

var wildcard = regexp.MustCompile(`\{([a-z_]+)(?:\.\.\.)?\}`)

// made creates an object and gives a field of the answer's data.
func (f *frame) made(token, path, body, field string) string {
	f.t.Helper()
	var out struct{ Data map[string]any }
	a := f.call(token, "POST", "/public-api/v1"+path, body)
	a.into(f.t, &out)
	id, ok := out.Data[field].(string)
	if !ok || a.status >= 300 {
		f.t.Fatalf("POST %s: %d %s", path, a.status, a.body)
	}
	return id
}

func (f *frame) endpoint(token string) string {
	f.t.Helper()
	return f.made(token, "/webhook-endpoints", `{"name":"x","url":"https://93.184.215.14/hook","events":["file.downloaded"]}`, "id")
}

func (f *frame) order(token, delivering string) map[string]any {
	f.t.Helper()
	product := f.made(token, "/digital-products", `{"name":"x","delivering_type":"`+delivering+`","file_ids":["`+f.file(token)+`"]}`, "id")
	var out struct{ Data map[string]any }
	a := f.call(token, "POST", "/public-api/v1/orders", `{"customer":{"email":"ana@example.org","gid":"gid://shopify/Customer/7700"},
		"lines":[{"digital_product_id":"`+product+`"}]}`)
	a.into(f.t, &out)
	if a.status != 201 {
		f.t.Fatalf("%d %s", a.status, a.body)
	}
	return out.Data
}

// file uploads one.
func (f *frame) file(token string) string {
	f.t.Helper()
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	w, err := m.CreateFormFile("file", "a.txt")
	if err != nil {
		f.t.Fatal(err)
	}
	fmt.Fprint(w, "some bytes")
	if err := m.Close(); err != nil {
		f.t.Fatal(err)
	}
	req := httptest.NewRequest("POST", "/public-api/v1/files", &form)
	req.Header.Set("Content-Type", m.FormDataContentType())
	req.Header.Set("Authorization", "Bearer "+token)
	rec := httptest.NewRecorder()
	f.handler.ServeHTTP(rec, req)
	var out struct{ Data struct{ ID string } }
	answer{rec.Code, rec.Header(), rec.Body.String()}.into(f.t, &out)
	return out.Data.ID
}

func (f *frame) upload(token string) string {
	f.t.Helper()
	a := f.call(token, "POST", "/public-api/v1/uploads", "", "Tus-Resumable", "1.0.0", "Upload-Length", "5", "Upload-Metadata", "filename YS50eHQ=")
	location := a.header.Get("Location")
	if location == "" {
		f.t.Fatalf("%d %s", a.status, a.body)
	}
	return location[strings.LastIndexByte(location, '/')+1:]
}

// walk is one route with what a call of it needs.
type walk struct {
	route
	method, path string // with the names of its wildcards
	noun         string
}

// walks gives every route of the API.
func walks(b Backend) []walk {
	var out []walk
	for _, rt := range newAPI(b).routes {
		method, path, _ := strings.Cut(rt.pattern, " ")
		noun, _, _ := strings.Cut(strings.TrimPrefix(path, prefix), "/")
		out = append(out, walk{rt, method, path, noun})
	}
	return out
}

// filled puts ids into the path.
func (w walk) filled(t *testing.T, ids map[string]string) string {
	t.Helper()
	return wildcard.ReplaceAllStringFunc(w.path, func(s string) string {
		name := wildcard.FindStringSubmatch(s)[1]
		if id := ids[name]; id != "" {
			return id
		}
		t.Fatalf("%s: objects gives nothing for {%s}", w.pattern, name)
		return ""
	})
}

// send makes the call.
func (f *frame) send(token string, w walk, path string, ids map[string]string) answer {
	f.t.Helper()
	body := ""
	var headers []string
	if w.method != http.MethodGet && w.method != http.MethodDelete && w.method != http.MethodHead && w.method != http.MethodOptions {
		if body = bodies[w.pattern]; body == "" {
			body = "{}"
		}
		body = strings.ReplaceAll(body, "LINE", ids["line"])
	}
	if w.noun == "uploads" {
		body = ""
		headers = []string{"Tus-Resumable", "1.0.0", "Upload-Offset", "0", "Content-Type", "application/offset+octet-stream"}
		if w.method == http.MethodPost && strings.Contains(w.path, "{") {
			headers = append(headers, "X-HTTP-Method-Override", "PATCH")
		}
	}
	return f.call(token, w.method, path, body, headers...)
}

// Every call: no token 401; a member 403 where an admin is needed, and nowhere
// else; an object of another shop or mode 404. And the object's own token gets
// through, which proves that the others were refused for the right reason.
func TestEveryRouteKeepsItsScope(t *testing.T) {
	t.Parallel()
	f := newFrame(t, storetest.Open(t, storetest.Options(t, "sqlite"), nil))
	other := f.newShop("other")
	stranger := f.token(other, purvey.Admin, purvey.Live)
	strangerSandbox := f.token(other, purvey.Admin, purvey.Sandbox)
	make := objects()
	for _, w := range walks(f.backend) {
		var ids map[string]string
		path := w.path
		if strings.Contains(path, "{") {
			object, ok := make[w.noun]
			if !ok {
				t.Errorf("%s: objects makes no %s", w.pattern, w.noun)
				continue
			}
			ids = object(f, f.admin)
			path = w.filled(t, ids)
		}
		f401 := f.send("", w, path, ids)
		if f401.status != 401 || f401.header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s without a token: %d", w.pattern, f401.status)
		}
		adminOnly := slices.Contains(forAdmins, w.noun) || slices.Contains(alsoForAdmins, w.pattern)
		if (w.role == adminOnlyRole) != adminOnly {
			t.Errorf("%s: is for %v, but %s is for admins: %v", w.pattern, w.role, w.noun, adminOnly)
		}
		if adminOnly {
			if a := f.send(f.member, w, path, ids); a.status != 403 {
				t.Errorf("%s by a member: %d %s", w.pattern, a.status, a.body)
			}
		}
		if ids != nil && !slices.Contains(ofEveryShop, w.noun) && w.method != http.MethodOptions { // which tells of the protocol, not of the object
			foreign := []string{stranger, strangerSandbox}
			if !slices.Contains(ofTheShop, w.noun) {
				foreign = append(foreign, f.sandbox)
			}
			for i, token := range foreign {
				a := f.send(token, w, path, ids)
				if strings.Contains(w.path, "{gid}") { // whom a shop does not know has no downloads
					if a.status != 200 || !strings.Contains(a.body, `"data":[]`) {
						t.Errorf("%s by stranger %d: %d %s", w.pattern, i, a.status, a.body)
					}
				} else if a.status != 404 {
					t.Errorf("%s by stranger %d: %d %s", w.pattern, i, a.status, a.body)
				}
			}
		}
		token := f.member
		if adminOnly {
			token = f.admin
		}
		own := f.send(token, w, path, ids)
		switch {
		case slices.Contains(ofOwners, w.pattern):
			if own.status != 403 {
				t.Errorf("%s by a token: %d %s", w.pattern, own.status, own.body)
			}
		case own.status >= 500 || own.status == 401 || own.status == 403 || own.status == 404 || own.status == 405:
			t.Errorf("%s by its own: %d %s", w.pattern, own.status, own.body)
		case ids != nil && own.status == 400 && w.noun != "uploads":
			t.Errorf("%s needs a better body in bodies: %s", w.pattern, own.body)
		case strings.Contains(w.path, "{gid}") && strings.Contains(own.body, `"data":[]`):
			t.Errorf("%s by its own finds nothing", w.pattern)
		}
	}
}

// adminOnlyRole is the role of calls for admins; a name that the test's own
// variables do not hide.
const adminOnlyRole = adminOnly

// BDD-22, BDD-23, BDD-28: what one node revokes or disables, every call on
// another node refuses from the next request on.
func TestBDD23_EveryRouteStopsAtOnceOnEveryNode(t *testing.T) {
	t.Parallel()
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			o, folder := storetest.Options(t, engine), t.TempDir()
			f := newFrame(t, storetest.Open(t, o, nil))
			near := newBackend(t, storetest.Open(t, o, nil), folder, auth.Options{NoLimits: true})
			revoked, l := f.token(f.shop, purvey.Admin, purvey.Live), f.admin
			all := walks(f.backend)
			refuse := func(token string, status int, code string) {
				t.Helper()
				for _, w := range all {
					path := wildcard.ReplaceAllString(w.path, "000000000000000000000000")
					a := f.send(token, w, path, nil)
					if a.status != status || w.method != http.MethodHead && !strings.Contains(a.body, code) {
						t.Errorf("%s: %d %s, want %d", w.pattern, a.status, a.body, status)
					}
				}
			}
			for _, token := range []string{revoked, l} { // both are warm
				if a := f.call(token, "GET", "/public-api/v1/settings", ""); a.status != 200 {
					t.Fatal(a.status, a.body)
				}
			}
			list, err := near.Auth.Tokens(t.Context(), f.shop.ID, purvey.Page{Limit: 1})
			if err != nil {
				t.Fatal(err)
			}
			if err := near.Auth.Revoke(t.Context(), f.shop.ID, list.Items[0].ID); err != nil {
				t.Fatal(err)
			}
			refuse(revoked, 401, "unauthorized")
			if err := near.Shops.Disable(t.Context(), f.shop.Slug); err != nil {
				t.Fatal(err)
			}
			refuse(l, 403, "forbidden")
			if err := near.Shops.Enable(t.Context(), f.shop.Slug); err != nil {
				t.Fatal(err)
			}
			if a := f.call(l, "GET", "/public-api/v1/settings", ""); a.status != 200 {
				t.Errorf("enabled again: %d", a.status)
			}
		})
	}
}
