package admin_test

import (
	"encoding/xml"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

func TestAccount(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		w := newWorld(t, db, clock)
		b, other := w.in(address, password), w.in(address, password)
		if err := w.auth.CreateOwner(t.Context(), "eve@example.org", password); err != nil {
			t.Fatal(err)
		}
		var s session
		b.do("PATCH", "/admin/account", `{"name":" Ana Núñez "}`).want(t, 200).into(t, &s)
		if s.Member.Name != "Ana Núñez" || s.Member.Email != address {
			t.Errorf("%+v", s)
		}
		b.do("PATCH", "/admin/account", `{}`).want(t, 200)
		b.do("PATCH", "/admin/account", object("name", strings.Repeat("é", 101))).want(t, 400, `"field":"name"`)
		b.do("PATCH", "/admin/account", object("name", "a\x00")).want(t, 400)
		b.do("PATCH", "/admin/account", object("email", "no")).want(t, 400, `"field":"email"`)
		b.do("PATCH", "/admin/account", object("email", "ana@new.example")).want(t, 400, `"field":"password"`)
		b.do("PATCH", "/admin/account", object("email", "ana@new.example", "password", "wrong horse")).want(t, 400, `"field":"password"`)
		b.do("PATCH", "/admin/account", object("email", "EVE@example.org", "password", password)).want(t, 409)
		b.do("PATCH", "/admin/account", object("email", "Ana@New.example", "password", password)).want(t, 200, `"email":"ana@new.example"`)
		b.do("PATCH", "/admin/account", object("email", "ana@NEW.example")).want(t, 200) // the same
		w.browser().signIn(address, password, "").want(t, 401)
		w.in("ana@new.example", password)

		b.do("POST", "/admin/account/password", object("current", "wrong horse", "new", "another horse")).want(t, 400, `"field":"current"`)
		b.do("POST", "/admin/account/password", object("current", password, "new", "short")).want(t, 400, `"field":"new"`)
		other.do("GET", "/admin/session", "").want(t, 200)
		b.do("POST", "/admin/account/password", object("current", password, "new", "another horse")).want(t, 204)
		b.do("GET", "/admin/session", "").want(t, 200)
		other.do("GET", "/admin/session", "").want(t, 401)
		w.browser().signIn("ana@new.example", password, "").want(t, 401)
		w.in("ana@new.example", "another horse")
		// Somebody at an open browser cannot guess the password.
		for range 8 { // two were wrong above
			b.do("POST", "/admin/account/totp", object("password", "wrong horse")).want(t, 400)
		}
		b.do("POST", "/admin/account/totp", object("password", "another horse")).want(t, 429)
		b.do("POST", "/admin/account/password", object("current", "another horse", "new", password)).want(t, 429)

		log, err := db.AuditLog(t.Context(), purvey.Scope{ShopID: w.shop.ID, Mode: purvey.Live}, store.AuditFilter{ObjectType: "member"}, purvey.Page{Limit: 100, Sort: purvey.SortOldest})
		if err != nil || len(log.Items) != 3 {
			t.Fatalf("%+v %v", log.Items, err)
		}
		if e := log.Items[1]; e.Action != "member.updated" || e.Actor.Type != purvey.ActorMember || e.Actor.IP != "203.0.113.7" ||
			e.Before["email"] != address || e.After["email"] != "ana@new.example" {
			t.Errorf("%+v", e)
		}
		if e := log.Items[2]; e.Action != "member.password_changed" || len(e.Before)+len(e.After) != 0 {
			t.Errorf("%+v", e)
		}
	})
}

// enrol begins a second proof and gives its secret and the recovery codes.
func (b *browser) enrol() (secret string, recovery []string) {
	b.w.t.Helper()
	t := b.w.t
	var totp struct {
		Secret, URI string
		QR          string `json:"qr_svg"`
	}
	b.do("POST", "/admin/account/totp", object("password", password)).want(t, 200).into(t, &totp)
	if len(totp.Secret) != 32 || totp.URI != "otpauth://totp/Purvey:"+address+"?algorithm=SHA1&digits=6&issuer=Purvey&period=30&secret="+totp.Secret {
		t.Errorf("%+v", totp)
	}
	var svg struct{}
	if err := xml.Unmarshal([]byte(totp.QR), &svg); err != nil || !strings.HasPrefix(totp.QR, "<svg ") {
		t.Error(totp.QR, err)
	}
	b.do("POST", "/admin/account/totp/confirm", object("code", "000000")).want(t, 400, `"field":"code"`)
	b.do("GET", "/admin/session", "").want(t, 200, `"totp":false`)
	var codes struct {
		Codes []string `json:"recovery_codes"`
	}
	b.do("POST", "/admin/account/totp/confirm", object("code", code(t, totp.Secret, b.w.clock.Now()))).want(t, 200).into(t, &codes)
	if len(codes.Codes) != 10 || !regexp.MustCompile(`^[a-z2-7]{5}-[a-z2-7]{5}$`).MatchString(codes.Codes[0]) {
		t.Errorf("%q", codes.Codes)
	}
	return totp.Secret, codes.Codes
}

func TestSecondProof(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		w := newWorld(t, db, clock)
		b := w.in(address, password)
		b.do("POST", "/admin/account/totp/confirm", object("code", "000000")).want(t, 409)
		b.do("POST", "/admin/account/totp", object("password", "wrong horse")).want(t, 400, `"field":"password"`)
		secret, recovery := b.enrol()
		b.do("GET", "/admin/session", "").want(t, 200, `"totp":true`)
		b.do("POST", "/admin/account/totp/confirm", object("code", code(t, secret, clock.Now()))).want(t, 409)
		for _, table := range []string{"totp", "hash"} { // neither stands in the database as it is shown
			m, err := db.MemberByEmail(t.Context(), address)
			if err != nil || strings.Contains(m.TOTP, secret) || !strings.HasPrefix(m.TOTP, "s1.") {
				t.Error(table, m.TOTP, err)
			}
		}

		now := func() string { return code(t, secret, clock.Now()) }
		w.browser().signIn(address, password, "").want(t, 401, `"code":"unauthorized"`, `"field":"code"`)
		if a := w.browser().signIn(address, "wrong horse", now()).want(t, 401); strings.Contains(a.body, "details") {
			t.Error(a.body)
		}
		// The code that confirmed was used.
		w.browser().signIn(address, password, now()).want(t, 401, `"field":"code"`)
		clock.Advance(30 * time.Second)
		var in atomic.Int32
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if w.browser().signIn(address, password, now()).status == 200 {
					in.Add(1)
				}
			})
		}
		all.Wait()
		if in.Load() != 1 {
			t.Errorf("one code let %d in", in.Load())
		}
		// A clock may be one step off, either way, and not two; old steps are over.
		clock.Advance(10 * time.Minute)
		w.browser().signIn(address, password, code(t, secret, clock.Now().Add(-time.Minute))).want(t, 401)
		w.browser().signIn(address, password, code(t, secret, clock.Now().Add(time.Minute))).want(t, 401)
		w.browser().signIn(address, password, code(t, secret, clock.Now().Add(-30*time.Second))).want(t, 200)
		w.browser().signIn(address, password, code(t, secret, clock.Now().Add(30*time.Second))).want(t, 200)
		w.browser().signIn(address, password, now()).want(t, 401)

		in.Store(0)
		for range 4 {
			all.Go(func() {
				if w.browser().signIn(address, password, " "+strings.ToUpper(recovery[3])).status == 200 {
					in.Add(1)
				}
			})
		}
		all.Wait()
		if in.Load() != 1 {
			t.Errorf("one recovery code let %d in", in.Load())
		}
		clock.Advance(15 * time.Minute)
		w.browser().signIn(address, password, strings.ReplaceAll(recovery[4], "-", "")).want(t, 200)
		// Wrong codes count as wrong passwords do.
		for range 10 {
			w.browser().signIn(address, password, "123").want(t, 401)
		}
		w.browser().signIn(address, password, now()).want(t, 429)

		clock.Advance(15 * time.Minute)
		b.do("DELETE", "/admin/account/totp", object("password", "wrong horse")).want(t, 400)
		for range 2 {
			b.do("DELETE", "/admin/account/totp", object("password", password)).want(t, 204)
		}
		w.in(address, password)
		_, recovery = b.enrol()
		for range 2 {
			if err := w.auth.DisableTOTP(t.Context(), address); err != nil {
				t.Fatal(err)
			}
		}
		w.in(address, password)
	})
}

func TestPasswordReset(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		w := newWorld(t, db, clock)
		home, b := w.in(address, password), w.browser()
		known := b.do("POST", "/admin/password-resets", object("email", "ANA@example.org")).want(t, 202)
		if a := b.do("POST", "/admin/password-resets", object("email", "eve@example.org")).want(t, 202); a.body != known.body {
			t.Errorf("%s, %s", a.body, known.body)
		}
		if n := len(w.mails(purvey.MailPasswordReset, "eve@example.org")); n != 0 {
			t.Errorf("%d mails to a stranger", n)
		}
		mails := w.mails(purvey.MailPasswordReset, address)
		if len(mails) != 1 || mails[0].State != purvey.MessageKept || mails[0].Data.Minutes != 60 {
			t.Fatalf("%+v", mails)
		}
		token := tokenOf(t, mails[0])
		b.do("POST", "/admin/password-resets/confirm", object("token", token, "password", "short")).want(t, 400, `"field":"password"`)
		b.do("POST", "/admin/password-resets/confirm", object("token", "x", "password", "another horse")).want(t, 400, `"field":"token"`)
		var done atomic.Int32
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if w.browser().do("POST", "/admin/password-resets/confirm", object("token", token, "password", "another horse")).status == 204 {
					done.Add(1)
				}
			})
		}
		all.Wait()
		if done.Load() != 1 {
			t.Errorf("the link worked %d times", done.Load())
		}
		home.do("GET", "/admin/session", "").want(t, 401)
		w.browser().signIn(address, password, "").want(t, 401)
		w.in(address, "another horse")

		// Three mails an hour to one address, however often somebody asks.
		for range 5 {
			b.do("POST", "/admin/password-resets", object("email", address)).want(t, 202)
		}
		if mails = w.mails(purvey.MailPasswordReset, address); len(mails) != 3 {
			t.Errorf("%d mails", len(mails))
		}
		clock.Advance(time.Hour)
		b.do("POST", "/admin/password-resets/confirm", object("token", tokenOf(t, mails[0]), "password", password)).want(t, 400, `"field":"token"`)
		for range 20 {
			b.do("POST", "/admin/password-resets", object("email", "x@example.org")).want(t, 202)
		}
		b.do("POST", "/admin/password-resets", object("email", "y@example.org")).want(t, 429)

		// A new password makes links to set one worthless; TOTP is asked for still.
		b.ip = "203.0.113.99"
		b.do("POST", "/admin/password-resets", object("email", address)).want(t, 202)
		token = tokenOf(t, w.mails(purvey.MailPasswordReset, address)[0])
		if err := w.auth.SetPassword(t.Context(), address, password); err != nil {
			t.Fatal(err)
		}
		b.do("POST", "/admin/password-resets/confirm", object("token", token, "password", "another horse")).want(t, 400)
		secret, _ := w.in(address, password).enrol()
		b.do("POST", "/admin/password-resets", object("email", address)).want(t, 202)
		token = tokenOf(t, w.mails(purvey.MailPasswordReset, address)[0])
		b.do("POST", "/admin/password-resets/confirm", object("token", token, "password", "another horse")).want(t, 204)
		w.browser().signIn(address, "another horse", "").want(t, 401, `"field":"code"`)
		clock.Advance(time.Minute)
		w.browser().signIn(address, "another horse", code(t, secret, clock.Now())).want(t, 200)
	})
}

// invite makes an invitation to a shop, by its owner, and gives the secret.
func (w *world) invite(s purvey.Shop, email string, role purvey.Role) string {
	w.t.Helper()
	by := purvey.Caller{Scope: purvey.Scope{ShopID: s.ID, Mode: purvey.Live}, Role: purvey.Admin, Owner: true, MemberID: "x", Shop: s}
	_, link, err := w.auth.Invite(w.t.Context(), by, auth.MemberRequest{Email: email, Role: role}, origin)
	if err != nil {
		w.t.Fatal(err)
	}
	secret, ok := strings.CutPrefix(link, origin+"/admin/invitation/")
	if m := w.mailsOf(s, purvey.MailInvitation, email); !ok || len(m) == 0 || m[0].Data.PageURL != link {
		w.t.Fatal(link, m)
	}
	return secret
}

func (w *world) mailsOf(s purvey.Shop, kind purvey.MessageKind, to string) []purvey.Message {
	at := *w
	at.shop = s
	return at.mails(kind, to)
}

func TestInvitations(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		w := newWorld(t, db, clock)
		other, err := w.shops.Create(t.Context(), "other", "Other Shop")
		if err != nil {
			t.Fatal(err)
		}
		const leo = "leo@example.org"
		old := w.invite(w.shop, leo, purvey.Member)
		secret := w.invite(w.shop, "LEO@example.org", purvey.Admin)
		also := w.invite(other, leo, purvey.Member)
		b := w.browser()
		b.do("GET", "/admin/invitations/"+old, "").want(t, 404)
		b.do("GET", "/admin/invitations/x", "").want(t, 404)
		var is struct {
			Email, Role string
			ShopName    string `json:"shop_name"`
			Account     bool
		}
		b.do("GET", "/admin/invitations/"+secret, "").want(t, 200).into(t, &is)
		if is.Email != leo || is.Role != "admin" || is.ShopName != w.shop.Name || is.Account {
			t.Errorf("%+v", is)
		}
		w.browser().signIn(leo, "", "").want(t, 401) // there is no password yet
		b.do("POST", "/admin/invitations/"+secret, object("name", "Leo", "password", "short")).want(t, 400, `"field":"password"`)
		var done atomic.Int32
		var all sync.WaitGroup
		for _, token := range []string{secret, secret, secret, also} { // both shops' at once: one password
			all.Go(func() {
				if w.browser().do("POST", "/admin/invitations/"+token, object("name", "Leo", "password", password)).status == 200 {
					done.Add(1)
				}
			})
		}
		all.Wait()
		if done.Load() < 1 || done.Load() > 2 { // the second may find the account, and this is its password
			t.Errorf("accepted %d times", done.Load())
		}
		for _, token := range []string{secret, also} { // whichever is left
			w.browser().do("POST", "/admin/invitations/"+token, object("password", password))
		}
		b.do("GET", "/admin/invitations/"+secret, "").want(t, 404)
		b.do("POST", "/admin/invitations/"+secret, object("password", password)).want(t, 404)
		var s session
		w.in(leo, password).do("GET", "/admin/session", "").want(t, 200).into(t, &s)
		if s.Member.Name != "Leo" || len(s.Shops) != 2 || s.Shops[0].Role != "admin" || s.Shops[1].Role != "member" || s.Shops[1].Slug != "other" {
			t.Errorf("%+v", s)
		}
	})
}

// Who has an account accepts with its password: the link, which whoever invited
// them has too, does not open it.
func TestAnInvitationOpensNoAccount(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		w := newWorld(t, db, clock)
		other, err := w.shops.Create(t.Context(), "other", "")
		if err != nil {
			t.Fatal(err)
		}
		const leo = "leo@example.org"
		w.browser().do("POST", "/admin/invitations/"+w.invite(w.shop, leo, purvey.Member), object("password", password)).want(t, 200, `"role":"member"`)
		secret := w.invite(other, leo, purvey.Owner)
		b := w.browser()
		b.do("GET", "/admin/invitations/"+secret, "").want(t, 200, `"account":true`)
		b.do("POST", "/admin/invitations/"+secret, object("name", "Eve", "password", "another horse")).want(t, 401)
		b.do("GET", "/admin/session", "").want(t, 401)
		w.in(leo, password)
		b.do("POST", "/admin/invitations/"+secret, object("name", "Eve", "password", password)).want(t, 200, `"name":""`, `"role":"owner"`)
		// An invitation ends after seven days, and with the invited.
		third, err := w.shops.Create(t.Context(), "third", "")
		if err != nil {
			t.Fatal(err)
		}
		secret = w.invite(third, leo, purvey.Member)
		clock.Advance(7 * 24 * time.Hour)
		b.do("GET", "/admin/invitations/"+secret, "").want(t, 404)
		b.do("POST", "/admin/invitations/"+secret, object("password", password)).want(t, 404)
	})
}
