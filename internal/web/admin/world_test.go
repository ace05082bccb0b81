package admin_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/keyring"
	"purvey/internal/middleware"
	"purvey/internal/shop"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
	"purvey/internal/web/admin"
)

const (
	origin   = "https://shop.example"
	address  = "ana@example.org"
	password = "correct horse"
)

// world is a server's back office with the first owner.
type world struct {
	t       *testing.T
	db      *store.DB
	clock   *storetest.Clock
	auth    *auth.Service
	shops   *shop.Service
	shop    purvey.Shop
	handler http.Handler
}

func newWorld(t *testing.T, db *store.DB, clock *storetest.Clock) *world {
	t.Helper()
	w := nodeOf(t, db, clock)
	s, err := w.shops.EnsureDefault(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.shop = s
	if err := w.auth.CreateOwner(t.Context(), address, password); err != nil {
		t.Fatal(err)
	}
	return w
}

// nodeOf is a server on a database.
func nodeOf(t *testing.T, db *store.DB, clock *storetest.Clock) *world {
	t.Helper()
	keys := keyring.Open(make([]byte, keyring.RootSize))
	w := &world{t: t, db: db, clock: clock, auth: auth.New(db, keys, auth.Options{}), shops: shop.New(db, keys)}
	t.Cleanup(w.auth.Close)
	mux := http.NewServeMux()
	admin.Register(mux, admin.Backend{Auth: w.auth, Origin: origin, Version: "1.2.3", Log: slog.New(slog.DiscardHandler)})
	w.handler = middleware.Identify([]netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")})(mux)
	return w
}

// browser keeps cookies. Its address is the client's.
type browser struct {
	w       *world
	ip      string
	cookies map[string]string
	header  http.Header
}

func (w *world) browser() *browser {
	return &browser{w: w, ip: "203.0.113.7", cookies: map[string]string{}, header: http.Header{"User-Agent": {"Lynx"}}}
}

type answer struct {
	status int
	header http.Header
	body   string
}

// do sends a request as a page of the server's own does.
func (b *browser) do(method, path, body string) answer {
	b.w.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for name, values := range b.header {
		r.Header[name] = values
	}
	r.Header.Set("X-Forwarded-For", b.ip)
	if body != "" && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	rec := httptest.NewRecorder()
	b.w.handler.ServeHTTP(rec, r)
	for _, c := range rec.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
	return answer{rec.Code, rec.Header(), rec.Body.String()}
}

func (a answer) want(t *testing.T, status int, parts ...string) answer {
	t.Helper()
	if a.status != status {
		t.Errorf("%d %s, want %d", a.status, a.body, status)
	}
	for _, p := range parts {
		if !strings.Contains(a.body, p) {
			t.Errorf("%s lacks %s", a.body, p)
		}
	}
	return a
}

func (a answer) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), &struct {
		Data any `json:"data"`
	}{v}); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
}

func object(pairs ...string) string {
	m := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// signIn begins a session, with a code unless it is "".
func (b *browser) signIn(email, password, code string) answer {
	b.w.t.Helper()
	return b.do("POST", "/admin/session", object("email", email, "password", password, "code", code))
}

// in is a browser that is signed in.
func (w *world) in(email, password string) *browser {
	w.t.Helper()
	b := w.browser()
	b.signIn(email, password, "").want(w.t, 200)
	return b
}

// mails gives the messages of a kind to an address, the newest first.
func (w *world) mails(kind purvey.MessageKind, to string) []purvey.Message {
	w.t.Helper()
	l, err := w.db.Messages(w.t.Context(), purvey.Scope{ShopID: w.shop.ID, Mode: purvey.Live}, store.MessageFilter{Kind: string(kind), To: to},
		purvey.Page{Limit: 100, Sort: purvey.SortNewest})
	if err != nil {
		w.t.Fatal(err)
	}
	return l.Items
}

// tokenOf gives the secret of a mail's link.
func tokenOf(t *testing.T, m purvey.Message) string {
	t.Helper()
	u, err := url.Parse(m.Data.PageURL)
	if err != nil || !strings.HasPrefix(m.Data.PageURL, origin+"/admin/reset?token=") {
		t.Fatal(m.Data.PageURL, err)
	}
	return u.Query().Get("token")
}

// code is what an authenticator shows: RFC 6238, written down once more.
func code(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha1.New, key)
	_ = binary.Write(mac, binary.BigEndian, at.Unix()/30)
	sum := mac.Sum(nil)
	var n uint32
	_ = binary.Read(bytes.NewReader(sum[sum[19]&15:]), binary.BigEndian, &n)
	return fmt.Sprintf("%06d", (n&0x7fffffff)%1_000_000)
}
