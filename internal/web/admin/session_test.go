package admin_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"purvey"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

type session struct {
	Member struct {
		ID, Email, Name string
		TOTP            bool
	}
	Shops     []struct{ ID, Slug, Name, Role string }
	SessionID string `json:"session_id"`
	ExpiresAt string `json:"expires_at"`
	Server    struct {
		Version, Mail string
		PublicURL     string `json:"public_url"`
	}
}

// A session tells what its pages are written in, as the settings have it.
func TestASessionTellsTheShopsZoneAndCurrency(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		w := newWorld(t, db, clock)
		const leo = "leo@example.org"
		w.browser().do("POST", "/admin/invitations/"+w.invite(w.shop, leo, purvey.Member), object("name", "Leo", "password", password)).want(t, 200)
		if err := w.shops.Patch(t.Context(), w.shop.ID, []byte(`{"shop":{"currency":"PEN","timezone":"America/Lima"}}`)); err != nil {
			t.Fatal(err)
		}
		w.in(leo, password).do("GET", "/admin/session", "").want(t, 200, `"currency":"PEN"`, `"timezone":"America/Lima"`, `"locale":"en"`, `"role":"member"`)
	})
}

// The owner link's form makes the owner, signs them in and leads to the back
// office; it is gone then.
func TestTheFirstOwnerIsSignedIn(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		w := nodeOf(t, db, clock)
		if _, err := w.shops.EnsureDefault(t.Context()); err != nil {
			t.Fatal(err)
		}
		b := w.browser()
		b.do("GET", "/admin/setup?token="+w.auth.SetupToken(), "").want(t, 200, `<form method="post"`)
		b.header.Set("Content-Type", "application/x-www-form-urlencoded")
		form := url.Values{"token": {w.auth.SetupToken()}, "email": {address}, "password": {password}}.Encode()
		a := b.do("POST", "/admin/setup", form).want(t, 303)
		if a.header.Get("Location") != "/admin" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%v", a.header)
		}
		var s session
		b.do("GET", "/admin/session", "").want(t, 200, `"currency":"USD"`, `"timezone":"UTC"`, `"locale":"en"`).into(t, &s)
		if s.Member.Email != address || len(s.Shops) != 1 || s.Shops[0].Role != "owner" || s.Shops[0].Slug != "default" {
			t.Errorf("%+v", s)
		}
		w.browser().do("POST", "/admin/setup", form).want(t, 404)
	})
}

func TestSessions(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		w := newWorld(t, db, clock)
		b := w.browser()
		b.do("GET", "/admin/session", "").want(t, 401, `"code":"unauthorized"`)
		a := b.signIn("ANA@example.org", password, "").want(t, 200)
		if c := a.header.Values("Set-Cookie"); len(c) != 2 || !strings.HasSuffix(c[0], "; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax") {
			t.Errorf("%q", c)
		}
		var s session
		a.into(t, &s)
		if s.Member.Email != address || s.Member.TOTP || s.ExpiresAt != "2026-01-12T12:00:00.000Z" ||
			s.Server.Version != "1.2.3" || s.Server.PublicURL != origin || s.Server.Mail != "kept" {
			t.Errorf("%+v", s)
		}
		b.header.Set("X-Forwarded-Proto", "https")
		if c := b.do("GET", "/admin/session", "").want(t, 200).header.Get("Set-Cookie"); !strings.Contains(c, "; Secure") {
			t.Error(c)
		}
		other := w.in(address, password)
		var list []struct {
			ID, IP     string
			Current    bool
			UserAgent  string `json:"user_agent"`
			LastSeenAt string `json:"last_seen_at"`
		}
		b.do("GET", "/admin/sessions", "").want(t, 200).into(t, &list)
		if len(list) != 2 || list[0].Current || !list[1].Current || list[1].ID != s.SessionID || list[1].IP != "203.0.113.7" || list[1].UserAgent != "Lynx" {
			t.Errorf("%+v", list)
		}
		// Nobody ends another person's.
		if err := w.auth.CreateOwner(t.Context(), "eve@example.org", password); err != nil {
			t.Fatal(err)
		}
		eve := w.in("eve@example.org", password)
		eve.do("DELETE", "/admin/sessions/"+s.SessionID, "").want(t, 404)
		b.do("DELETE", "/admin/sessions/%00", "").want(t, 404)
		b.do("DELETE", "/admin/sessions/"+list[0].ID, "").want(t, 204)
		if c := other.do("GET", "/admin/session", "").want(t, 401).header.Get("Set-Cookie"); !strings.HasPrefix(c, "purvey_admin=; Path=/; Max-Age=0") {
			t.Errorf("the cookie of an ended session stays: %q", c)
		}
		other = w.in(address, password)
		b.do("DELETE", "/admin/sessions", "").want(t, 204)
		b.do("DELETE", "/admin/sessions", "").want(t, 204)
		other.do("GET", "/admin/session", "").want(t, 401)
		eve.do("GET", "/admin/session", "").want(t, 200)
		// Signing out ends the session itself, not only the cookie.
		text := b.cookies["purvey_admin"]
		b.do("DELETE", "/admin/session", "").want(t, 204)
		b.do("DELETE", "/admin/session", "").want(t, 204)
		b.cookies["purvey_admin"] = text
		b.do("GET", "/admin/session", "").want(t, 401)
	})
}

// A session slides as long as it is used within seven days.
func TestIdleSessionsEnd(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		w := newWorld(t, db, clock)
		b := w.in(address, password)
		for range 6 {
			clock.Advance(6 * 24 * time.Hour)
			b.do("GET", "/admin/session", "").want(t, 200)
			w.auth.Close() // the use is recorded behind the answer
		}
		clock.Advance(30 * time.Second) // too soon to be recorded again
		var s session
		b.do("GET", "/admin/session", "").want(t, 200).into(t, &s)
		clock.Advance(7*24*time.Hour - 31*time.Second)
		old := b.cookies["purvey_admin"]
		b.do("GET", "/admin/session", "").want(t, 200)
		w.auth.Close()
		clock.Advance(7 * 24 * time.Hour)
		for range 2 { // sweeping twice does no harm
			b.cookies["purvey_admin"] = old
			b.do("GET", "/admin/session", "").want(t, 401)
			if err := w.auth.SweepSessions(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Whoever signs in wrongly learns nothing of whether the address is known.
func TestStrangersLearnNothing(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		w := newWorld(t, db, clock)
		known := w.browser().signIn(address, "wrong horse", "").want(t, 401)
		for _, c := range [][2]string{{"eve@example.org", password}, {"", ""}, {address, ""}, {address, strings.Repeat("x", 2000)}, {"nonsense\x00", "x"}} {
			if got := w.browser().signIn(c[0], c[1], ""); got.status != 401 || got.body != known.body {
				t.Errorf("%q: %d %s", c[0], got.status, got.body)
			}
		}
		w.browser().do("POST", "/admin/session", `{"email":1}`).want(t, 400, `"field":"email"`)
		w.browser().do("POST", "/admin/session", `[`).want(t, 400)
		b := w.browser()
		b.header.Set("Content-Type", "text/plain")
		b.do("POST", "/admin/session", object("email", address, "password", password)).want(t, 415)
	})
}

// Guessing at one address ends after ten tries, known or not, however many
// come at once; the owner's own browser and time open it again.
func TestGuessingIsLimited(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		w := newWorld(t, db, clock)
		home := w.in(address, password)
		for _, email := range []string{address, "nobody@example.org"} {
			var tried, limited atomic.Int32
			var all sync.WaitGroup
			for i := range 24 {
				all.Go(func() {
					b := w.browser()
					b.ip = "198.51.100." + strconv.Itoa(i)
					switch a := b.signIn(strings.ToUpper(email), "wrong horse", ""); a.status {
					case 401:
						tried.Add(1)
					case 429:
						if a.header.Get("Retry-After") != "900" {
							t.Errorf("%v", a.header)
						}
						limited.Add(1)
					default:
						t.Errorf("%d %s", a.status, a.body)
					}
				})
			}
			all.Wait()
			if tried.Load() != 10 || limited.Load() != 14 {
				t.Errorf("%s: %d tried, %d limited", email, tried.Load(), limited.Load())
			}
		}
		w.browser().signIn(address, password, "").want(t, 429, `"code":"rate_limited"`)
		home.signIn(address, password, "").want(t, 200)
		clock.Advance(15 * time.Minute)
		w.in(address, password)
		// By network, whatever the address: being right takes nothing.
		for range 40 {
			home.signIn(address, password, "").want(t, 200)
		}
		b := w.browser()
		for i := range 35 {
			b.ip = "2001:db8::" + strconv.Itoa(i+1)
			want := 401
			if i >= 30 {
				want = 429
			}
			b.signIn("x"+strconv.Itoa(i)+"@example.org", "wrong horse", "").want(t, want)
		}
	})
}

// What a page of another site sends, with our cookie, does nothing.
func TestOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		w := newWorld(t, db, clock)
		b := w.in(address, password)
		for _, h := range []http.Header{
			{"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}}, {"Origin": {"https://evil.example"}}, {"Origin": {"null"}},
		} {
			b.header = h
			for _, call := range []string{
				"POST /admin/session", "DELETE /admin/session", "DELETE /admin/sessions", "DELETE /admin/sessions/x", "PATCH /admin/account",
				"POST /admin/account/password", "POST /admin/account/totp", "POST /admin/account/totp/confirm", "DELETE /admin/account/totp",
				"POST /admin/password-resets", "POST /admin/password-resets/confirm", "POST /admin/invitations/x",
			} {
				method, path, _ := strings.Cut(call, " ")
				b.do(method, path, `{}`).want(t, 403, `"code":"forbidden"`)
			}
			b.do("GET", "/admin/session", "").want(t, 200)
		}
		b.header = http.Header{"Origin": {origin}} // behind a proxy that changes the host
		b.do("PATCH", "/admin/account", `{"name":"Ana"}`).want(t, 200, `"name":"Ana"`)
	})
}

// A hash of older parameters is made anew when its owner signs in.
func TestOldHashesAreRenewed(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		w := newWorld(t, db, clock)
		weak, err := argon2id.CreateHash(password, &argon2id.Params{Memory: 1024, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
		if err != nil {
			t.Fatal(err)
		}
		m, err := db.MemberByEmail(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Tx(t.Context(), func(tx *store.Tx) error { return tx.SetMemberPassword(t.Context(), m.ID, weak) }); err != nil {
			t.Fatal(err)
		}
		w.browser().signIn(address, "wrong horse", "").want(t, 401)
		for range 2 {
			w.in(address, password)
			if m, err = db.MemberByEmail(t.Context(), address); err != nil || !strings.Contains(m.Password, "m=19456,t=2,p=1") {
				t.Errorf("%s %v", m.Password, err)
			}
		}
	})
}

// What one node ends is over on the other from the next request on.
func TestSessionsEndOnEveryNode(t *testing.T) {
	t.Parallel()
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			o := storetest.Options(t, engine)
			near := newWorld(t, storetest.Open(t, o, nil), nil)
			far := nodeOf(t, storetest.Open(t, o, nil), nil)
			b := near.in(address, password)
			b.w = far
			b.do("GET", "/admin/session", "").want(t, 200)
			if err := near.auth.SignOutMember(t.Context(), address); err != nil {
				t.Fatal(err)
			}
			b.do("GET", "/admin/session", "").want(t, 401)
			if err := near.auth.SignOutMember(t.Context(), address); err != nil {
				t.Fatal(err)
			}
		})
	}
}
