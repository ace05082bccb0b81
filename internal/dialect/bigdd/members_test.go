package bigdd

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"purvey"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

type memberAnswer struct {
	Data struct {
		ID, Email, Name, Role, State string
		LastSeenAt                   *string `json:"last_seen_at"`
		InvitationURL                string  `json:"invitation_url"`
	}
}

// idOf gives the id of a person.
func (f *frame) idOf(email string) string {
	f.t.Helper()
	m, err := f.db.MemberByEmail(f.t.Context(), email)
	if err != nil {
		f.t.Fatal(err)
	}
	return m.ID
}

func TestMembers(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		f := newFrame(t, db)
		other := f.newShop("other")
		owner := f.person("ana@example.org", purvey.Owner, f.shop)
		stranger := f.person("eve@example.org", purvey.Owner, other)
		var leo memberAnswer
		a := f.by(owner, "POST", prefix+"members", `{"email":"Leo@example.org","name":"Leo","role":"member"}`, "Idempotency-Key", "k1")
		a.into(t, &leo)
		if a.status != 201 || leo.Data.Email != "leo@example.org" || leo.Data.State != "invited" || leo.Data.Role != "member" || leo.Data.LastSeenAt != nil ||
			!strings.Contains(leo.Data.InvitationURL, "/admin/invitation/") {
			t.Fatal(a.status, a.body)
		}
		// Repeated with the key: the same link. Without: a new one, and the role.
		if again := f.by(owner, "POST", prefix+"members", `{"email":"Leo@example.org","name":"Leo","role":"member"}`, "Idempotency-Key", "k1"); again.body != a.body {
			t.Error(again.body)
		}
		var second memberAnswer
		f.by(f.admin, "POST", prefix+"members", `{"email":"leo@example.org","role":"admin"}`, "Authorization", "Bearer "+f.admin).into(t, &second)
		if second.Data.ID != leo.Data.ID || second.Data.Role != "admin" || second.Data.InvitationURL == leo.Data.InvitationURL {
			t.Errorf("%+v", second)
		}
		for _, c := range []struct {
			body   string
			status int
			code   string
		}{
			{`{"email":"no","role":"member"}`, 400, "validation_error"}, {`{"email":"x@example.org","role":"boss"}`, 400, "validation_error"},
			{`{"email":"x@example.org"}`, 400, "validation_error"}, {`{"email":"x@example.org","role":"member","name":"` + strings.Repeat("x", 101) + `"}`, 400, "validation_error"},
			{`{"email":"ANA@example.org","role":"member"}`, 409, "conflict"},
		} {
			f.refused(f.by(owner, "POST", prefix+"members", c.body), c.status, c.code)
		}
		f.refused(f.call(f.sandbox, "POST", prefix+"members", `{"email":"x@example.org","role":"member"}`), 403, "forbidden")
		f.refused(f.by(owner, "PATCH", prefix+"members/"+leo.Data.ID, `{"state":"active"}`), 409, "conflict")
		f.refused(f.by(owner, "PATCH", prefix+"members/"+leo.Data.ID, `{"state":"invited"}`), 400, "validation_error")

		// Another shop's owner sees and changes nobody here.
		if a := f.by(stranger, "GET", prefix+"members", ""); strings.Contains(a.body, "leo@") || strings.Contains(a.body, "ana@") || !strings.Contains(a.body, "eve@") {
			t.Error(a.body)
		}
		f.refused(f.by(stranger, "PATCH", prefix+"members/"+leo.Data.ID, `{"role":"member"}`), 404, "not_found")
		f.refused(f.by(stranger, "DELETE", prefix+"members/"+leo.Data.ID, ""), 404, "not_found")
		f.refused(f.by(stranger, "GET", prefix+"members", "", "Purvey-Shop", "audio"), 403, "forbidden")

		// A page at a time.
		var l struct {
			Data       []struct{ ID, Role, State string }
			Pagination struct {
				NextCursor string `json:"next_cursor"`
			}
		}
		f.by(owner, "GET", prefix+"members?limit=1&sort=id", "").into(t, &l)
		if len(l.Data) != 1 || l.Data[0].Role != "owner" || l.Data[0].State != "active" || l.Pagination.NextCursor == "" {
			t.Errorf("%+v", l)
		}
		f.by(owner, "GET", prefix+"members?cursor="+strings.ReplaceAll(l.Pagination.NextCursor, "=", "%3D"), "").into(t, &l)
		if len(l.Data) != 1 || l.Data[0].ID != leo.Data.ID {
			t.Errorf("%+v", l)
		}

		// Removing takes the invitation along; who is in no shop has no account.
		if a := f.by(owner, "DELETE", prefix+"members/"+leo.Data.ID, ""); a.status != 204 || a.body != "" {
			t.Error(a.status, a.body)
		}
		f.refused(f.by(owner, "DELETE", prefix+"members/"+leo.Data.ID, ""), 404, "not_found")
		if _, err := f.backend.Auth.Invitation(t.Context(), second.Data.InvitationURL[strings.LastIndexByte(second.Data.InvitationURL, '/')+1:]); !errors.Is(err, purvey.NotFound) {
			t.Error(err)
		}
		if _, err := db.MemberByEmail(t.Context(), "leo@example.org"); !errors.Is(err, purvey.NotFound) {
			t.Error(err)
		}
		both := f.person("leo@example.org", purvey.Member, f.shop, other)
		if a := f.by(owner, "DELETE", prefix+"members/"+f.idOf("leo@example.org"), ""); a.status != 204 {
			t.Error(a.status, a.body)
		}
		if a := f.by(both, "GET", prefix+"orders", ""); a.status != 200 {
			t.Error("removed from one shop, and out of the other", a.body)
		}
		f.refused(f.by(both, "GET", prefix+"orders", "", "Purvey-Shop", "audio"), 403, "forbidden")
	})
}

// Only an owner who is signed in makes, changes and removes owners, and the
// last one stays, however many go at once.
func TestOwners(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		f := newFrame(t, db)
		owner, admin := f.person("ana@example.org", purvey.Owner, f.shop), f.person("leo@example.org", purvey.Admin, f.shop)
		ana, leo := prefix+"members/"+f.idOf("ana@example.org"), prefix+"members/"+f.idOf("leo@example.org")
		for name, by := range map[string]func(method, path, body string) answer{
			"an admin": func(method, path, body string) answer { return f.by(admin, method, path, body) },
			"a token":  func(method, path, body string) answer { return f.call(f.admin, method, path, body) },
		} {
			for _, c := range [][3]string{
				{"POST", prefix + "members", `{"email":"eve@example.org","role":"owner"}`}, {"PATCH", leo, `{"role":"owner"}`},
				{"PATCH", ana, `{"role":"admin"}`}, {"PATCH", ana, `{"state":"disabled"}`}, {"DELETE", ana, ""},
			} {
				if a := by(c[0], c[1], c[2]); a.status != 403 {
					t.Errorf("%s: %v: %d %s", name, c, a.status, a.body)
				}
			}
		}
		for _, c := range [][3]string{{"PATCH", ana, `{"role":"admin"}`}, {"PATCH", ana, `{"state":"disabled"}`}, {"DELETE", ana, ""}} {
			f.refused(f.by(owner, c[0], c[1], c[2]), 409, "conflict")
		}
		// Somebody invited is no owner yet.
		if a := f.by(owner, "POST", prefix+"members", `{"email":"eve@example.org","role":"owner"}`); a.status != 201 {
			t.Error(a.status, a.body)
		}
		f.refused(f.by(owner, "DELETE", ana, ""), 409, "conflict")
		if a := f.by(owner, "PATCH", leo, `{"role":"owner"}`); a.status != 200 {
			t.Fatal(a.body)
		}
		var gone atomic.Int32
		var all sync.WaitGroup
		for _, c := range [][2]string{{owner, leo}, {admin, ana}} {
			all.Go(func() {
				if f.by(c[0], "DELETE", c[1], "").status == 204 {
					gone.Add(1)
				}
			})
		}
		all.Wait()
		if gone.Load() != 1 {
			t.Errorf("%d of two owners removed each other", gone.Load())
		}
	})
}

// A link to set a password, or into the shop, is shown to an owner alone: who
// reads the shop's mail could else become anybody.
func TestMailsToMembersHideTheirLinks(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		f := newFrame(t, db)
		owner, admin := f.person("ana@example.org", purvey.Owner, f.shop), f.person("leo@example.org", purvey.Admin, f.shop)
		secret := purvey.Secret(40)
		m := purvey.Message{ShopID: f.shop.ID, Mode: purvey.Live, Kind: purvey.MailPasswordReset, State: purvey.MessageKept, To: "ana@example.org", Locale: "en",
			Data: purvey.MessageData{ShopName: "audio", PageURL: "https://shop.example/admin/reset?token=" + secret, Minutes: 60}}
		if err := db.Tx(t.Context(), func(tx *store.Tx) error { return tx.InsertMessage(t.Context(), &m) }); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{prefix + "messages?kind=password_reset", prefix + "messages/" + m.ID} {
			for _, a := range []answer{f.by(admin, "GET", path, ""), f.call(f.admin, "GET", path, ""), f.call(f.member, "GET", path, "")} {
				if a.status != 200 || strings.Contains(a.body, secret) || !strings.Contains(a.body, "admin/reset?token=…") {
					t.Errorf("%s: %s", path, a.body)
				}
			}
			if a := f.by(owner, "GET", path, ""); !strings.Contains(a.body, secret) {
				t.Errorf("%s hides the link from the owner: %s", path, a.body)
			}
		}
		if a := f.by(admin, "GET", prefix+"messages?kind=invitation", ""); !strings.Contains(a.body, "/admin/invitation/…") {
			t.Error(a.body)
		}
	})
}
