package auth_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/keyring"
	"purvey/internal/shop"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

func keys() *keyring.Keyring { return keyring.Open(make([]byte, keyring.RootSize)) }

func newShop(t *testing.T, db *store.DB, slug string) purvey.Shop {
	t.Helper()
	s, err := shop.New(db, keys()).Create(t.Context(), slug, "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func service(t *testing.T, db *store.DB) *auth.Service {
	t.Helper()
	s := auth.New(db, keys(), auth.Options{})
	t.Cleanup(s.Close)
	return s
}

func TestTokenOpensItsShopAndMode(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s, ctx, owner := service(t, db), t.Context(), newShop(t, db, "audio")
		token, text, err := s.CreateToken(ctx, owner.ID, auth.TokenRequest{Name: " CI ", Role: purvey.Member, Mode: purvey.Sandbox})
		if err != nil || token.Name != "CI" || !strings.HasSuffix(text, token.Last4) || token.Hash != purvey.HashToken(text) {
			t.Fatalf("%+v %v", token, err)
		}
		c, err := s.Authenticate(ctx, text)
		if err != nil || c.ShopID != owner.ID || c.Mode != purvey.Sandbox || c.Role != purvey.Member || c.TokenID != token.ID || c.Shop.Slug != "audio" {
			t.Fatalf("%+v %v", c, err)
		}
		dflt, text2, err := s.CreateToken(ctx, owner.ID, auth.TokenRequest{Name: "x"})
		if err != nil || dflt.Role != purvey.Admin || dflt.Mode != purvey.Live || text2 == text {
			t.Errorf("%+v %v", dflt, err)
		}
		for _, bad := range []string{"", "pv_", text + "x", text[:len(text)-1], "xx_" + text[3:], text[:42] + "!", "pv_" + strings.Repeat("A", 40)} {
			if _, err := s.Authenticate(ctx, bad); !errors.Is(err, purvey.Unauthenticated) {
				t.Errorf("%q: %v", bad, err)
			}
		}
		for _, bad := range []auth.TokenRequest{{}, {Name: " "}, {Name: strings.Repeat("é", 101)}, {Name: "x", Role: "owner"}, {Name: "x", Mode: "test"}} {
			if _, _, err := s.CreateToken(ctx, owner.ID, bad); !errors.Is(err, purvey.Invalid) {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		if _, _, err := s.CreateToken(ctx, "none", auth.TokenRequest{Name: "x"}); !errors.Is(err, purvey.NotFound) {
			t.Error(err)
		}
		page := purvey.Page{Limit: 1}
		l, err := s.Tokens(ctx, owner.ID, page)
		if err != nil || len(l.Items) != 1 || !l.HasMore || l.Items[0].ID != dflt.ID {
			t.Errorf("%+v %v", l, err)
		}
	})
}

// What one node does counts on every other from the next request on.
func TestRevocationCountsAtOnceOnEveryNode(t *testing.T) {
	t.Parallel()
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			o, ctx := storetest.Options(t, engine), t.Context()
			dbA, dbB := storetest.Open(t, o, nil), storetest.Open(t, o, nil)
			a, b := service(t, dbA), service(t, dbB)
			owner, other := newShop(t, dbA, "audio"), newShop(t, dbA, "other")
			token, text, err := a.CreateToken(ctx, owner.ID, auth.TokenRequest{Name: "x"})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := b.Authenticate(ctx, text); err != nil {
				t.Fatal(err)
			}
			shops := shop.New(dbA, keys())
			if err := shops.Disable(ctx, "audio"); err != nil {
				t.Fatal(err)
			}
			if _, err := b.Authenticate(ctx, text); !errors.Is(err, purvey.Denied) || purvey.ReasonOf(err) != purvey.ReasonShopDisabled {
				t.Errorf("disabled shop: %v", err)
			}
			if err := shops.Enable(ctx, "audio"); err != nil {
				t.Fatal(err)
			}
			if err := shops.Patch(ctx, owner.ID, []byte(`{"shop":{"name":"Audio Company"}}`)); err != nil {
				t.Fatal(err)
			}
			if c, err := b.Authenticate(ctx, text); err != nil || c.Shop.Settings.Shop.Name != "Audio Company" {
				t.Errorf("changed shop: %q %v", c.Shop.Settings.Shop.Name, err)
			}
			if err := a.Revoke(ctx, other.ID, token.ID); !errors.Is(err, purvey.NotFound) {
				t.Errorf("another shop's revocation: %v", err)
			}
			if err := a.Revoke(ctx, owner.ID, token.ID); err != nil {
				t.Fatal(err)
			}
			if _, err := b.Authenticate(ctx, text); !errors.Is(err, purvey.Unauthenticated) {
				t.Errorf("revoked: %v", err)
			}
			if err := b.Revoke(ctx, owner.ID, token.ID); !errors.Is(err, purvey.NotFound) {
				t.Errorf("revoked twice: %v", err)
			}
			if err := b.RevokeAnywhere(ctx, token.ID); !errors.Is(err, purvey.NotFound) {
				t.Errorf("revoked anywhere: %v", err)
			}
		})
	}
}

func TestLastUseIsExactToAMinute(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		ctx, owner := t.Context(), newShop(t, db, "audio")
		s := service(t, db)
		token, text, err := s.CreateToken(ctx, owner.ID, auth.TokenRequest{Name: "x"})
		if err != nil {
			t.Fatal(err)
		}
		use := func() time.Time {
			t.Helper()
			if _, err := s.Authenticate(ctx, text); err != nil {
				t.Fatal(err)
			}
			s.Close() // waits for the background
			got, err := db.Token(ctx, owner.ID, token.ID)
			if err != nil {
				t.Fatal(err)
			}
			return got.LastUsedAt
		}
		first := clock.Now()
		if got := use(); !got.Equal(first) {
			t.Errorf("first use at %v, recorded %v", first, got)
		}
		clock.Advance(59 * time.Second)
		if got := use(); !got.Equal(first) {
			t.Errorf("within the minute: %v", got)
		}
		clock.Advance(time.Second)
		if got := use(); !got.Equal(clock.Now()) {
			t.Errorf("after a minute: %v", got)
		}
	})
}

func TestBudget(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	db := storetest.Open(t, storetest.Options(t, "sqlite"), clock)
	s, ctx := service(t, db), t.Context()
	one, two := purvey.Caller{TokenID: "one"}, purvey.Caller{TokenID: "two"}
	for i := range 60 {
		r, err := s.Limit(ctx, one, "bigdd")
		if err != nil || r.Limit != 300 || r.Remaining != 59-i || !r.Limited() {
			t.Fatalf("request %d: %+v %v", i, r, err)
		}
	}
	r, err := s.Limit(ctx, one, "bigdd")
	var e *purvey.Error
	if !errors.As(err, &e) || e.Kind != purvey.Limited || e.RetryAfter != 1 || r.RetryAfter != 1 || r.Remaining != 0 || !r.Reset.Equal(clock.Now().Add(12*time.Second)) {
		t.Fatalf("%+v %v", r, err)
	}
	// Another token and another dialect have budgets of their own.
	if _, err := s.Limit(ctx, two, "bigdd"); err != nil {
		t.Error(err)
	}
	if _, err := s.Limit(ctx, one, "publicala"); err != nil {
		t.Error(err)
	}
	if r, err := s.Limit(ctx, one, "unlimited"); err != nil || r.Limited() {
		t.Error(r, err)
	}
	// What Retry-After says is true.
	clock.Advance(time.Duration(e.RetryAfter) * time.Second)
	for i := range 5 {
		if _, err := s.Limit(ctx, one, "bigdd"); err != nil {
			t.Errorf("after the wait, request %d: %v", i, err)
		}
	}
	if _, err := s.Limit(ctx, one, "bigdd"); !errors.Is(err, purvey.Limited) {
		t.Error("five a second, and a sixth was taken")
	}
	// Spaced as the vendor advises, a bulk export is never limited.
	clock.Advance(time.Minute)
	for range 1000 {
		clock.Advance(200 * time.Millisecond)
		if _, err := s.Limit(ctx, one, "bigdd"); err != nil {
			t.Fatal(err)
		}
	}
	// Publica.la's slow bucket: the wait is told to the second.
	for range 100 {
		_, _ = s.Limit(ctx, two, "publicala")
	}
	if r, err := s.Limit(ctx, two, "publicala"); err == nil || r.RetryAfter != 1 {
		t.Errorf("%+v %v", r, err)
	}
}

func TestBudgetIsExactUnderConcurrency(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.Options(t, "sqlite"), storetest.NewClock())
	s, caller := service(t, db), purvey.Caller{TokenID: "one"}
	var mu sync.Mutex
	taken := 0
	var wg sync.WaitGroup
	for range 500 {
		wg.Go(func() {
			if _, err := s.Limit(t.Context(), caller, "bigdd"); err == nil {
				mu.Lock()
				taken++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if taken != 60 {
		t.Errorf("%d taken, want 60", taken)
	}
}

func TestNoLimits(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.Options(t, "sqlite"), storetest.NewClock())
	s := auth.New(db, keys(), auth.Options{NoLimits: true})
	for range 1000 {
		if r, err := s.Limit(t.Context(), purvey.Caller{TokenID: "one"}, "bigdd"); err != nil || r.Limited() {
			t.Fatal(r, err)
		}
		if _, err := s.Reserve("uploads", 6, time.Minute); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReserveSlides(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	db := storetest.Open(t, storetest.Options(t, "sqlite"), clock)
	s := service(t, db)
	reserve := func() (func(), error) { return s.Reserve("upload shop", 6, time.Minute) }
	for range 6 {
		if _, err := reserve(); err != nil {
			t.Fatal(err)
		}
		clock.Advance(5 * time.Second)
	}
	_, err := reserve()
	var e *purvey.Error
	if !errors.As(err, &e) || e.Kind != purvey.Limited || e.RetryAfter != 30 {
		t.Fatal(err)
	}
	clock.Advance(time.Duration(e.RetryAfter) * time.Second)
	cancel, err := reserve()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reserve(); err == nil {
		t.Error("the second of a minute's seventh was taken")
	}
	cancel()
	cancel()
	if _, err := reserve(); err != nil {
		t.Errorf("a cancelled act still counts: %v", err)
	}
	if _, err := reserve(); err == nil {
		t.Error("cancelling twice freed two")
	}
	if _, err := s.Reserve("upload other", 6, time.Minute); err != nil {
		t.Error(err)
	}
}

func TestSetupIsOpenOnce(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		s, ctx, owner := service(t, db), t.Context(), newShop(t, db, purvey.DefaultShop)
		token := s.SetupToken()
		if open, err := s.SetupOpen(ctx); err != nil || !open {
			t.Fatal(open, err)
		}
		for _, bad := range []string{"", token + "A", token[1:]} {
			if err := s.Setup(ctx, bad, "a@example.org", "correct horse"); !errors.Is(err, purvey.NotFound) {
				t.Errorf("%q: %v", bad, err)
			}
		}
		for _, bad := range [][2]string{{"nobody", "correct horse"}, {"a@example.org", "short"}, {"a@example.org", strings.Repeat("x", 1025)}} {
			if err := s.Setup(ctx, token, bad[0], bad[1]); !errors.Is(err, purvey.Invalid) {
				t.Errorf("%.20v: %v", bad, err)
			}
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		made := 0
		for range 4 {
			wg.Go(func() {
				err := s.Setup(ctx, token, "Ana@Example.org", "correct horse")
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					made++
				} else if !errors.Is(err, purvey.NotFound) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if made != 1 {
			t.Fatalf("%d owners made", made)
		}
		if err := s.CheckSetup(ctx, token); !errors.Is(err, purvey.NotFound) {
			t.Errorf("the link still works: %v", err)
		}
		m, err := db.MemberByEmail(ctx, "ana@example.org")
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := argon2id.ComparePasswordAndHash("correct horse", m.Password); !ok || err != nil {
			t.Error("the password does not fit", err)
		}
		// The operator's command sets a new password, and shops made later have
		// the owner too.
		if err := s.CreateOwner(ctx, "ANA@example.org", "another horse"); err != nil {
			t.Fatal(err)
		}
		m, _ = db.MemberByEmail(ctx, "ana@example.org")
		if ok, _ := argon2id.ComparePasswordAndHash("another horse", m.Password); !ok {
			t.Error("the new password does not fit")
		}
		later := newShop(t, db, "later")
		for _, id := range []string{owner.ID, later.ID} {
			if role, err := db.MemberRole(ctx, m.ID, id); err != nil || role != purvey.Owner {
				t.Errorf("role %q %v", role, err)
			}
		}
	})
}

func TestBearer(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"Bearer pv_x": "pv_x", "bearer pv_x": "pv_x", "BEARER  pv_x ": "pv_x", "": "", "Bearer": "", "Basic pv_x": "", "pv_x": "",
	} {
		if got := auth.Bearer(header); got != want {
			t.Errorf("%q gives %q, want %q", header, got, want)
		}
	}
}
