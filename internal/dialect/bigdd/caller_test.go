package bigdd

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

const personPassword = "correct horse"

// person makes a member of the shops, in a role, and gives the text of a
// session's cookie.
func (f *frame) person(email string, role purvey.Role, shops ...purvey.Shop) string {
	f.t.Helper()
	text := ""
	for _, s := range shops {
		by := purvey.Caller{Scope: purvey.Scope{ShopID: s.ID, Mode: purvey.Live}, Role: purvey.Admin, Owner: true, MemberID: "x", Shop: s}
		_, link, err := f.backend.Auth.Invite(f.t.Context(), by, auth.MemberRequest{Email: email, Role: role}, "")
		if err != nil {
			f.t.Fatal(err)
		}
		if _, text, _, err = f.backend.Auth.Accept(f.t.Context(), link[strings.LastIndexByte(link, '/')+1:], "", auth.MemberSignIn{Password: personPassword}); err != nil {
			f.t.Fatal(err)
		}
	}
	return text
}

// by makes a call with a session's cookie, as a page of the server's own.
func (f *frame) by(cookie, method, target, body string, headers ...string) answer {
	f.t.Helper()
	return f.call("", method, target, body, append(headers, "Cookie", auth.MemberCookie+"="+cookie)...)
}

// A person sees, in each of their shops and modes, what a token of it sees, and
// nothing of any other shop, whichever way they name it.
func TestASessionIsBoundToItsShops(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		f := newFrame(t, db)
		second, foreign := f.newShop("second"), f.newShop("foreign")
		ana := f.person("ana@example.org", purvey.Admin, f.shop, second)
		product := f.made(f.admin, "/digital-products", `{"name":"ours"}`, "id")
		theirs := f.made(f.token(foreign, purvey.Admin, purvey.Live), "/digital-products", `{"name":"theirs"}`, "id")
		order := f.order(f.sandbox, "REGULAR")["id"].(string)
		path := prefix + "digital-products/"

		for _, c := range []struct {
			status  int
			target  string
			headers []string
		}{
			{200, path + product, nil}, // the first shop
			{200, path + product, []string{"Purvey-Shop", "audio"}},
			{404, path + product, []string{"Purvey-Shop", "second"}},
			{404, path + product + "?purvey_shop=second", nil},
			{200, path + product + "?purvey_shop=second", []string{"Purvey-Shop", "audio"}},
			{403, path + theirs, []string{"Purvey-Shop", "foreign"}},
			{403, path + theirs + "?purvey_shop=foreign", nil},
			{404, path + theirs, nil},
			{403, path + product, []string{"Purvey-Shop", "nowhere"}},
			{400, path + product, []string{"Purvey-Mode", "test"}},
			{404, prefix + "orders/" + order, nil},
			{404, prefix + "orders/" + order, []string{"Purvey-Mode", "live"}},
			{200, prefix + "orders/" + order, []string{"Purvey-Mode", "sandbox"}},
			{200, prefix + "orders/" + order + "?purvey_mode=sandbox", nil},
			{404, prefix + "orders/" + order, []string{"Purvey-Mode", "sandbox", "Purvey-Shop", "second"}},
		} {
			if a := f.by(ana, "GET", c.target, "", c.headers...); a.status != c.status {
				t.Errorf("%s %v: %d %s", c.target, c.headers, a.status, a.body)
			}
		}
		a, b := f.by(ana, "GET", path+theirs, "", "Purvey-Shop", "foreign"), f.by(ana, "GET", path+theirs, "", "Purvey-Shop", "nowhere")
		if a.body != b.body {
			t.Errorf("a shop that exists is told from one that does not: %s, %s", a.body, b.body)
		}
		// What changes something goes by the headers alone.
		made := f.by(ana, "POST", prefix+"digital-products?purvey_shop=second", `{"name":"x"}`)
		if made.status != 201 {
			t.Fatal(made.body)
		}
		var out struct{ Data struct{ ID string } }
		made.into(t, &out)
		if a := f.by(ana, "GET", path+out.Data.ID, ""); a.status != 200 {
			t.Error("the query chose the shop of a write")
		}
		// A token wins over the cookie, and so does a broken one.
		if a := f.by(ana, "GET", path+theirs, "", "Authorization", "Bearer "+f.token(foreign, purvey.Admin, purvey.Live)); a.status != 200 {
			t.Error(a.status, a.body)
		}
		f.refused(f.by(ana, "GET", path+product, "", "Authorization", "Bearer x"), 401, "unauthorized")
		f.refused(f.by("x", "GET", path+product, ""), 401, "unauthorized")

		if err := f.backend.Shops.Disable(t.Context(), "audio"); err != nil {
			t.Fatal(err)
		}
		f.refused(f.by(ana, "GET", path+product, ""), 403, "forbidden")
		if a := f.by(ana, "GET", prefix+"digital-products", "", "Purvey-Shop", "second"); a.status != 200 {
			t.Error(a.status, a.body)
		}
	})
}

// Every call that changes something is refused when a page of another site
// sent it, before anything else is looked at.
func TestNoOtherSiteUsesASession(t *testing.T) {
	t.Parallel()
	f := newFrame(t, storetest.Open(t, storetest.Options(t, "sqlite"), nil))
	ana := f.person("ana@example.org", purvey.Owner, f.shop)
	for _, w := range walks(f.backend) {
		path := wildcard.ReplaceAllString(w.path, "000000000000000000000000")
		safe := w.method == http.MethodGet || w.method == http.MethodHead || w.method == http.MethodOptions
		for _, header := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}} {
			if a := f.by(ana, w.method, path, "", header[0], header[1]); (a.status == 403) == safe {
				t.Errorf("%s with %v: %d %s", w.pattern, header, a.status, a.body)
			}
		}
	}
	if l, err := f.db.Tokens(t.Context(), f.shop.ID, purvey.Page{Limit: 10, Sort: purvey.SortNewest}); err != nil || len(l.Items) != 3 {
		t.Error(l, err)
	}
}

// The role of a person is that of their membership, and changes at once.
func TestASessionHasItsRole(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		f := newFrame(t, db)
		owner := f.person("ana@example.org", purvey.Owner, f.shop)
		leo := f.person("leo@example.org", purvey.Member, f.shop)
		if a := f.by(owner, "GET", prefix+"settings", ""); a.status != 200 {
			t.Error(a.status, a.body)
		}
		f.refused(f.by(leo, "GET", prefix+"settings", ""), 403, "forbidden")
		if a := f.by(leo, "GET", prefix+"orders", ""); a.status != 200 {
			t.Error(a.status, a.body)
		}
		m, err := db.MemberByEmail(t.Context(), "leo@example.org")
		if err != nil {
			t.Fatal(err)
		}
		if a := f.by(owner, "PATCH", prefix+"members/"+m.ID, `{"role":"admin"}`); a.status != 200 {
			t.Fatal(a.body)
		}
		if a := f.by(leo, "GET", prefix+"settings", ""); a.status != 200 {
			t.Error(a.status, a.body)
		}
		if a := f.by(owner, "PATCH", prefix+"members/"+m.ID, `{"state":"disabled"}`); a.status != 200 {
			t.Fatal(a.body)
		}
		f.refused(f.by(leo, "GET", prefix+"orders", ""), 401, "unauthorized")
		// In the sandbox of a browser a person may make a live token; a program may not.
		if a := f.by(owner, "POST", prefix+"api-tokens", `{"name":"x","mode":"live"}`, "Purvey-Mode", "sandbox"); a.status != 201 {
			t.Error(a.status, a.body)
		}
		log, err := db.AuditLog(t.Context(), purvey.Scope{ShopID: f.shop.ID, Mode: purvey.Live}, store.AuditFilter{ObjectID: m.ID, Action: "member.updated"},
			purvey.Page{Limit: 10, Sort: purvey.SortOldest})
		if err != nil || len(log.Items) != 2 || log.Items[0].Actor.Type != purvey.ActorMember || log.Items[0].Actor.Name != "ana@example.org" ||
			log.Items[0].Before["role"] != "member" || log.Items[0].After["role"] != "admin" || log.Items[1].After["state"] != "disabled" {
			t.Errorf("%+v %v", log.Items, err)
		}
	})
}

// Uploads work with the cookie, too.
func TestASessionUploads(t *testing.T) {
	t.Parallel()
	f := newFrame(t, storetest.Open(t, storetest.Options(t, "sqlite"), nil))
	ana := f.person("ana@example.org", purvey.Member, f.shop)
	a := f.by(ana, "POST", prefix+"uploads", "", "Tus-Resumable", "1.0.0", "Upload-Length", "5", "Upload-Metadata", "filename YS50eHQ=", "Purvey-Shop", "audio")
	at := a.header.Get("Location")
	if a.status != 201 || at == "" {
		t.Fatal(a.status, a.body)
	}
	r := httptest.NewRequest("PATCH", at, strings.NewReader("01234"))
	for name, value := range map[string]string{
		"Cookie": auth.MemberCookie + "=" + ana, "Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream",
		"Sec-Fetch-Site": "same-origin", "Purvey-Shop": "audio",
	} {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	id := w.Header().Get("Purvey-File-Id")
	if w.Code != 204 || id == "" {
		t.Fatal(w.Code, w.Body)
	}
	if a := f.by(ana, "GET", prefix+"files?purvey_shop=audio", ""); a.status != 200 || !strings.Contains(a.body, id) {
		t.Error(a.status, a.body)
	}
}

// A session has a budget of its own, however many tokens the shop has.
func TestASessionHasABudget(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	f := newFrameWith(t, storetest.Open(t, storetest.Options(t, "sqlite"), clock), auth.Options{})
	ana, leo := f.person("ana@example.org", purvey.Member, f.shop), f.person("leo@example.org", purvey.Member, f.shop)
	for i := range 600 {
		if a := f.by(ana, "GET", prefix+"messages?limit=1", ""); a.status != 200 || a.header.Get("X-RateLimit-Limit") != "1200" {
			t.Fatal(i, a.status, a.header)
		}
	}
	if e := f.by(ana, "GET", prefix+"messages?limit=1", ""); e.status != 429 || e.header.Get("Retry-After") != "1" {
		t.Error(e.status, e.header)
	}
	if a := f.by(leo, "GET", prefix+"messages?limit=1", ""); a.status != 200 {
		t.Error(a.status, a.body)
	}
}
