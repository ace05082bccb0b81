package bigdd

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/blob"
	"purvey/internal/catalog"
	"purvey/internal/checkout"
	"purvey/internal/delivery"
	"purvey/internal/idempotency"
	"purvey/internal/keyring"
	"purvey/internal/license"
	"purvey/internal/mail"
	"purvey/internal/order"
	"purvey/internal/overview"
	"purvey/internal/report"
	"purvey/internal/shop"
	"purvey/internal/stamp"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
	"purvey/internal/webhook"
)

// TestMain lets the test binary be the child process that stamps.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "stamp-worker" {
		os.Exit(stamp.WorkerMain(os.Stdin, os.Stdout, os.Args[2:]))
	}
	os.Exit(m.Run())
}

// frame is the API on a database of its own, with a shop.
type frame struct {
	t       *testing.T
	db      *store.DB
	backend Backend
	handler http.Handler
	shop    purvey.Shop
	admin   string // token, live
	member  string
	sandbox string // token, admin
}

// newFrame makes the API without limits of requests.
func newFrame(t *testing.T, db *store.DB) *frame {
	return newFrameWith(t, db, auth.Options{NoLimits: true})
}

func newFrameWith(t *testing.T, db *store.DB, o auth.Options) *frame {
	t.Helper()
	f := &frame{t: t, db: db, backend: newBackend(t, db, t.TempDir(), o)}
	mux := http.NewServeMux()
	Register(mux, f.backend)
	f.handler = documented(t, mux)
	f.shop = f.newShop("audio")
	f.admin = f.token(f.shop, purvey.Admin, purvey.Live)
	f.member = f.token(f.shop, purvey.Member, purvey.Live)
	f.sandbox = f.token(f.shop, purvey.Admin, purvey.Sandbox)
	return f
}

// newBackend wires the real services over a database and a folder for files.
func newBackend(t *testing.T, db *store.DB, folder string, o auth.Options) Backend {
	t.Helper()
	keys, log := keyring.Open(make([]byte, keyring.RootSize)), slog.New(slog.DiscardHandler)
	bucket, err := blob.OpenDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	mails, err := mail.New(db, nil, log)
	if err != nil {
		t.Fatal(err)
	}
	goods := delivery.New(db, bucket, keys, delivery.Options{Origin: "http://shop.example", Stamper: &stamp.Runner{}})
	b := Backend{
		Auth: auth.New(db, keys, o), Shops: shop.New(db, keys), Idempotency: idempotency.New(db, keys),
		Catalog: catalog.New(db, bucket, catalog.Options{}), Orders: order.New(db, order.Options{PageURL: goods.PageURL}),
		Licenses: license.New(db), Mail: mails, Delivery: goods, Reports: report.New(db), Log: log,
		Overview: overview.New(db, overview.Options{Storage: bucket.Check}),
		Webhooks: webhook.New(db, keys, webhook.Options{Dialects: map[string]webhook.Dialect{"bigdd": Webhooks{}}}),
	}
	b.Checkout = checkout.New(db, b.Orders, keys, checkout.Options{Origin: "http://shop.example", Secret: b.Shops.Secret, Log: log})
	t.Cleanup(b.Auth.Close)
	return b
}

func (f *frame) newShop(slug string) purvey.Shop {
	f.t.Helper()
	s, err := f.backend.Shops.Create(f.t.Context(), slug, "")
	if err != nil {
		f.t.Fatal(err)
	}
	return s
}

func (f *frame) token(s purvey.Shop, role purvey.Role, mode purvey.Mode) string {
	f.t.Helper()
	_, text, err := f.backend.Auth.CreateToken(f.t.Context(), s.ID, auth.TokenRequest{Name: "test", Role: role, Mode: mode})
	if err != nil {
		f.t.Fatal(err)
	}
	return text
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// call makes a request; a body is sent as JSON. Headers come in pairs.
func (f *frame) call(token, method, target, body string, headers ...string) answer {
	f.t.Helper()
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
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, req)
	return answer{w.Code, w.Header(), w.Body.String()}
}

// into decodes an answer's body.
func (a answer) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), v); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
}

// refusal is the body of an error.
type refusal struct {
	Error struct {
		Code    string
		Message string
		Details []detail
	}
	Data any
}

// refused checks an error answer and gives its body.
func (f *frame) refused(a answer, status int, code string) refusal {
	f.t.Helper()
	var e refusal
	a.into(f.t, &e)
	if a.status != status || e.Error.Code != code || e.Error.Message == "" || e.Data != nil {
		f.t.Errorf("got %d %s, want %d %s", a.status, a.body, status, code)
	}
	if has := strings.Contains(a.body, `"details"`); has != (status == 400) && status != 409 {
		f.t.Errorf("details with %d: %s", status, a.body)
	}
	if got := a.header.Get("WWW-Authenticate"); (status == 401) != (got == "Bearer") {
		f.t.Errorf("%d with WWW-Authenticate %q", status, got)
	}
	return e
}

// BDD-22: the header's scheme in any case, 401 without a good token, on paths
// that do not exist too.
func TestBDD22_Unauthorized(t *testing.T) {
	t.Parallel()
	f := newFrame(t, storetest.Open(t, storetest.Options(t, "sqlite"), nil))
	for _, path := range []string{"/public-api/v1/api-tokens", "/public-api/v1/settings", "/public-api/v1/no-such-call", "/public-api/v1/"} {
		f.refused(f.call("", "GET", path, ""), 401, "unauthorized")
		f.refused(f.call(purvey.NewTokenText(), "GET", path, ""), 401, "unauthorized")
		f.refused(f.call("", "GET", path, "", "Authorization", "Basic "+f.admin), 401, "unauthorized")
	}
	for _, scheme := range []string{"Bearer", "bearer", "BEARER"} {
		if a := f.call("", "GET", "/public-api/v1/settings", "", "Authorization", scheme+" "+f.admin); a.status != 200 {
			t.Errorf("%s: %d", scheme, a.status)
		}
	}
	f.refused(f.call("", "GET", "/public-api/nothing", ""), 404, "not_found")
}

// BDD-24: 401, 403, 429, 404 or 405, 413 or 415, 400, in this order.
func TestBDD24_OrderOfChecks(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	f := newFrameWith(t, storetest.Open(t, storetest.Options(t, "sqlite"), clock), auth.Options{})
	const tokens = "/public-api/v1/api-tokens"
	big := `{"name":"` + strings.Repeat("x", 20<<10) + `"}`

	f.refused(f.call(f.admin, "GET", "/public-api/v1/api-tokens/", ""), 404, "not_found")
	if a := f.call(f.admin, "PUT", tokens, ""); a.header.Get("Allow") != "GET, HEAD, POST" {
		t.Errorf("Allow %q", a.header.Get("Allow"))
	} else {
		f.refused(a, 405, "method_not_allowed")
	}
	f.refused(f.call(f.admin, "POST", tokens, big), 413, "payload_too_large")
	f.refused(f.call(f.admin, "POST", tokens, big, "Content-Type", "text/plain"), 413, "payload_too_large")
	f.refused(f.call(f.admin, "POST", tokens, `{"name":"x"}`, "Content-Type", "text/plain"), 415, "unsupported_media_type")
	for _, body := range []string{"", "{", "null", "[]", `{"name":7}`, `{}`, `{"name":"a\u0000b"}`, `{"name":"\\\u0000"}`, `{"name":"a\ud800"}`, `{"name":"\uDE00\ud83d"}`, `{"name":"\ud83d\\ude00"}`, "{\"name\":\"\xff\"}"} {
		f.refused(f.call(f.admin, "POST", tokens, body, "Content-Type", "application/json"), 400, "validation_error")
	}
	if a := f.call(f.admin, "POST", tokens, `{"name":"a\\u0000b"}`); a.status != 201 {
		t.Errorf("a backslash before u0000 is no U+0000: %d %s", a.status, a.body)
	}
	if a := f.call(f.admin, "POST", tokens, `{"name":"\\ud800 \ud83d\ude00 \u00e9\n"}`); a.status != 201 || !strings.Contains(a.body, `😀 é`) {
		t.Errorf("a whole pair: %d %s", a.status, a.body)
	}
	f.refused(f.call(f.admin, "DELETE", tokens+"/odd%00form", ""), 404, "not_found")
	f.refused(f.call(f.admin, "DELETE", tokens+"/odd%ffform", ""), 404, "not_found")
	f.refused(f.call(f.admin, "DELETE", tokens+"/no%2Fsuch", ""), 404, "not_found")
	f.refused(f.call(f.admin, "GET", tokens+"?x=%00", ""), 400, "validation_error")
	f.refused(f.call(f.admin, "GET", tokens+"?%ff=1", ""), 400, "validation_error")

	f.refused(f.call(f.member, "POST", tokens, "{"), 403, "forbidden")
	var last answer
	for range 60 {
		last = f.call(f.member, "GET", "/public-api/v1/none", "")
	}
	f.refused(last, 429, "rate_limited") // before 404
	f.refused(f.call(f.member, "POST", tokens, ""), 403, "forbidden")
	if err := f.backend.Shops.Disable(t.Context(), "audio"); err != nil {
		t.Fatal(err)
	}
	f.refused(f.call(f.member, "GET", "/public-api/v1/none", ""), 403, "forbidden") // before 429
	f.refused(f.call("x", "GET", "/public-api/v1/none", ""), 401, "unauthorized")
}

// BDD-27: 429 with Retry-After, and the budget on every answer.
func TestBDD27_RateLimit(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	f := newFrameWith(t, storetest.Open(t, storetest.Options(t, "sqlite"), clock), auth.Options{})
	get := func() answer { return f.call(f.admin, "GET", "/public-api/v1/settings", "") }
	first := get()
	for name, want := range map[string]string{
		"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": "59", "X-RateLimit-Reset": "1767614401", "Retry-After": "",
	} {
		if got := first.header.Get(name); got != want {
			t.Errorf("%s %q, want %q", name, got, want)
		}
	}
	for range 59 {
		if a := get(); a.status != 200 {
			t.Fatal(a.status)
		}
	}
	over := get()
	f.refused(over, 429, "rate_limited")
	if over.header.Get("Retry-After") != "1" || over.header.Get("X-RateLimit-Remaining") != "0" || over.header.Get("X-RateLimit-Limit") != "300" {
		t.Errorf("%v", over.header)
	}
	// Only whoever used the budget up is refused.
	if a := f.call(f.sandbox, "GET", "/public-api/v1/settings", ""); a.status != 200 {
		t.Errorf("another token: %d", a.status)
	}
	off := newFrame(t, storetest.Open(t, storetest.Options(t, "sqlite"), clock))
	for range 100 {
		if a := off.call(off.admin, "GET", "/public-api/v1/settings", ""); a.status != 200 || a.header.Get("X-RateLimit-Limit") != "" {
			t.Fatalf("switched off: %d %v", a.status, a.header)
		}
	}
}

// A write with an Idempotency-Key happens once.
func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		f := newFrame(t, db)
		const tokens = "/public-api/v1/api-tokens"
		post := func(token, key, body string) answer {
			return f.call(token, "POST", tokens, body, "Idempotency-Key", key)
		}
		count := func() int {
			var l struct{ Data []any }
			f.call(f.admin, "GET", tokens+"?limit=100", "").into(t, &l)
			return len(l.Data)
		}
		before := count()
		// What is refused is not kept.
		f.refused(post(f.admin, "k1", `{"name":""}`), 400, "validation_error")
		f.refused(post(f.admin, strings.Repeat("k", 256), `{"name":"x"}`), 400, "validation_error")
		first := post(f.admin, "k1", `{"name":"x"}`)
		again := post(f.admin, "k1", `{"name":"x"}`)
		if first.status != 201 || again.status != 201 || first.body != again.body {
			t.Errorf("%d %s\n%d %s", first.status, first.body, again.status, again.body)
		}
		if first.header.Get("Idempotency-Replayed") != "" || again.header.Get("Idempotency-Replayed") != "true" {
			t.Error("the replay does not say that it is one, or the first call does")
		}
		for name := range first.header {
			if first.header.Get(name) != again.header.Get(name) {
				t.Errorf("%s differs", name)
			}
		}
		f.refused(post(f.admin, "k1", `{"name":"y"}`), 409, "conflict")
		f.refused(f.call(f.admin, "POST", tokens+"?x=1", `{"name":"x"}`, "Idempotency-Key", "k1"), 409, "conflict")
		// Role and token are checked before a replay; another mode is another scope.
		f.refused(post(f.member, "k1", `{"name":"x"}`), 403, "forbidden")
		f.refused(post("", "k1", `{"name":"x"}`), 401, "unauthorized")
		if a := post(f.sandbox, "k1", `{"name":"x"}`); a.status != 201 || a.body == first.body {
			t.Errorf("sandbox: %d %s", a.status, a.body)
		}
		if n := count() - before; n != 2 {
			t.Errorf("%d tokens were made, want 2", n)
		}
	})
}

// An error of the inside is not shown.
func TestUnknownErrorsAreNotShown(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	a := &api{Backend: Backend{Log: slog.New(slog.NewTextHandler(&log, nil))}}
	w := httptest.NewRecorder()
	a.respond(w, httptest.NewRequest("GET", "/public-api/v1/x", nil), io.ErrUnexpectedEOF)
	if w.Code != 500 || strings.Contains(w.Body.String(), "EOF") || !strings.Contains(log.String(), "unexpected EOF") {
		t.Errorf("%d %s, log %s", w.Code, w.Body, &log)
	}
}
