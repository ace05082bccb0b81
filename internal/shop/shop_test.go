package shop_test

import (
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"

	"purvey"
	"purvey/internal/keyring"
	"purvey/internal/shop"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

func service(db *store.DB) *shop.Service {
	return shop.New(db, keyring.Open(make([]byte, keyring.RootSize)))
}

func TestCreate(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		s, ctx := service(db), t.Context()
		made, err := s.Create(ctx, "audio-company", " Audio Company ")
		if err != nil || made.Name != "Audio Company" || made.Settings.Shop.Name != "Audio Company" || made.State != purvey.ShopActive {
			t.Fatalf("%+v %v", made, err)
		}
		if got, err := s.BySlug(ctx, "audio-company"); err != nil || got.ID != made.ID || got.Settings.Lifetimes.Mint != 86400 || !got.CreatedAt.Equal(made.CreatedAt) {
			t.Errorf("%+v %v", got, err)
		}
		if plain, err := s.Create(ctx, "plain", ""); err != nil || plain.Name != "plain" {
			t.Errorf("%+v %v", plain, err)
		}
		if _, err := s.Create(ctx, "plain", "x"); !errors.Is(err, purvey.Conflict) {
			t.Errorf("taken slug: %v", err)
		}
		for _, slug := range []string{"", "Audio", "a--b", "-a", "a b", strings.Repeat("a", 101)} {
			if _, err := s.Create(ctx, slug, "x"); !errors.Is(err, purvey.Invalid) {
				t.Errorf("%q: %v", slug, err)
			}
		}
		if _, err := s.Create(ctx, "long", strings.Repeat("x", 201)); !errors.Is(err, purvey.Invalid) {
			t.Error(err)
		}
		for _, act := range []func() error{
			func() error { return s.Disable(ctx, "none") }, func() error { return s.Enable(ctx, "none") },
			func() error { _, err := s.BySlug(ctx, "none"); return err }, func() error { _, err := s.ByID(ctx, "none"); return err },
		} {
			if err := act(); !errors.Is(err, purvey.NotFound) {
				t.Error(err)
			}
		}
		for range 2 { // twice does no harm
			if err := s.Disable(ctx, "plain"); err != nil {
				t.Error(err)
			}
		}
		all, err := s.All(ctx)
		if err != nil || len(all) != 2 || all[0].Slug != "audio-company" || all[1].State != purvey.ShopDisabled {
			t.Errorf("%+v %v", all, err)
		}
	})
}

func TestDefaultShopIsMadeOnce(t *testing.T) {
	t.Parallel()
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			o := storetest.Options(t, engine)
			nodes := []*store.DB{storetest.Open(t, o, nil), storetest.Open(t, o, nil)}
			ids := make([]string, 8)
			var wg sync.WaitGroup
			for i := range ids {
				wg.Go(func() {
					made, err := service(nodes[i%2]).EnsureDefault(t.Context())
					if err != nil {
						t.Error(err)
					}
					ids[i] = made.ID
				})
			}
			wg.Wait()
			for _, id := range ids {
				if id == "" || id != ids[0] {
					t.Fatalf("ids %v", ids)
				}
			}
		})
	}
}

// patch applies a patch and gives the document after it.
func patch(t *testing.T, s *shop.Service, id, body string) map[string]any {
	t.Helper()
	if err := s.Patch(t.Context(), id, []byte(body)); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	doc, err := s.Document(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func at(doc map[string]any, name string) string {
	var v any = doc
	for part := range strings.SplitSeq(name, ".") {
		v = v.(map[string]any)[part]
	}
	b, _ := json.Marshal(v)
	return string(b)
}

func TestPatchChangesOnlyWhatIsSent(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		s := service(db)
		made, err := s.Create(t.Context(), "audio", "")
		if err != nil {
			t.Fatal(err)
		}
		doc := patch(t, s, made.ID, `{"shop":{"name":"Audio","currency":"EUR","public_url":"https://Audio.example:443/","nonsense":1},
			"lifetimes":{"mint":60},"policies":{"strict_active":true},"gateways":{"sale_currencies":["ARS","USD","ARS"],"live":"stripe"},"more":{}}`)
		for name, want := range map[string]string{
			"shop.name": `"Audio"`, "shop.currency": `"EUR"`, "shop.timezone": `"UTC"`, "lifetimes.mint": `60`, "lifetimes.checkout": `3600`,
			"policies.strict_active": `true`, "policies.refund": `"revoke"`, "gateways.sale_currencies": `["ARS","USD"]`, "gateways.live": `"stripe"`,
			"license_keys.low_stock": `5`, "connectors.shopify.secret": `{"last4":null,"set":false}`, "gateways.stripe.api_base": `""`,
		} {
			if got := at(doc, name); got != want {
				t.Errorf("%s is %s, want %s", name, got, want)
			}
		}
		if got, err := s.ByHost(t.Context(), "AUDIO.example"); err != nil || got.ID != made.ID || got.Name != "Audio" {
			t.Errorf("by host: %+v %v", got, err)
		}
		if doc = patch(t, s, made.ID, `{"lifetimes":{"mint":null},"shop":{"name":null,"public_url":null},"gateways":null}`); at(doc, "lifetimes.mint") != "86400" ||
			at(doc, "shop.name") != `"audio"` || at(doc, "shop.currency") != `"EUR"` || at(doc, "gateways.live") != `""` {
			t.Errorf("null does not set back: %v", doc)
		}
		if _, err := s.ByHost(t.Context(), "audio.example"); !errors.Is(err, purvey.NotFound) {
			t.Errorf("the host stayed: %v", err)
		}
		if _, err := s.ByHost(t.Context(), ""); !errors.Is(err, purvey.NotFound) {
			t.Errorf("no host: %v", err)
		}
		before, _ := json.Marshal(doc)
		after, _ := json.Marshal(patch(t, s, made.ID, string(before))) // what was read can be sent back
		if string(after) != string(before) {
			t.Errorf("sent back: %s", after)
		}
	})
}

func TestPatchRefuses(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		s := service(db)
		made, err := s.Create(t.Context(), "audio", "")
		if err != nil {
			t.Fatal(err)
		}
		if other, err := s.Create(t.Context(), "other", ""); err != nil {
			t.Fatal(err)
		} else {
			patch(t, s, other.ID, `{"shop":{"public_url":"http://taken.example:80"}}`)
		}
		for body, field := range map[string]string{
			`{"shop":{"name":""}}`: "shop.name", `{"shop":{"name":"a\u0000b"}}`: "shop.name", `{"shop":{"currency":"usd"}}`: "shop.currency",
			`{"shop":{"timezone":"Local"}}`: "shop.timezone", `{"shop":{"timezone":"Mars/Base"}}`: "shop.timezone", `{"shop":{"locale":"e"}}`: "shop.locale",
			`{"shop":{"accent":"red"}}`: "shop.accent", `{"shop":{"logo_url":"javascript:alert(1)"}}`: "shop.logo_url",
			`{"shop":{"public_url":"https://x.example/path"}}`: "shop.public_url", `{"shop":{"public_url":"ftp://x"}}`: "shop.public_url",
			`{"shop":"x"}`: "shop", `{"shop":{"name":7}}`: "shop.name", `{"lifetimes":{"mint":0}}`: "lifetimes.mint",
			`{"lifetimes":{"checkout":-5}}`: "lifetimes.checkout", `{"lifetimes":{"mint":1.5}}`: "lifetimes.mint", `{"lifetimes":{"mint":"60"}}`: "lifetimes.mint",
			`{"lifetimes":{"mint":99999999999}}`: "lifetimes.mint", `{"policies":{"refund":"maybe"}}`: "policies.refund",
			`{"policies":{"refunded_keys":""}}`: "policies.refunded_keys", `{"policies":{"strict_active":1}}`: "policies.strict_active",
			`{"policies":{"stamp_size":1}}`: "policies.stamp_size", `{"policies":{"stamp_position":"left"}}`: "policies.stamp_position",
			`{"policies":{"stamp_text":"` + strings.Repeat("x", 501) + `"}}`: "policies.stamp_text",
			`{"license_keys":{"low_stock":-1}}`:                              "license_keys.low_stock", `{"gateways":{"live":"paypal"}}`: "gateways.live",
			`{"gateways":{"sale_currencies":["x"]}}`: "gateways.sale_currencies", `{"gateways":{"stripe":{"api_base":"x"}}}`: "gateways.stripe.api_base",
			`{"publicala":{"webhook_url":"http://u:p@x"}}`: "publicala.webhook_url", `{"connectors":{"shopify":{"secret":5}}}`: "connectors.shopify.secret",
			`{"publicala":{"webhook_key":"` + strings.Repeat("x", 8193) + `"}}`: "publicala.webhook_key",
			`{"connectors":"x"}`: "connectors", `{"connectors":{"stripe":"a secret"}}`: "connectors.stripe", `{"gateways":[]}`: "gateways",
			`null`: "", `[]`: "", `{`: "", ``: "",
		} {
			err := s.Patch(t.Context(), made.ID, []byte(body))
			var e *purvey.Error
			if !errors.As(err, &e) || e.Kind != purvey.Invalid {
				t.Errorf("%.80s: %v", body, err)
				continue
			}
			if field != "" && (len(e.Fields) == 0 || e.Fields[0].Name != field) {
				t.Errorf("%.80s: names %v, want %s", body, e.Fields, field)
			}
		}
		if err := s.Patch(t.Context(), made.ID, []byte(`{"shop":{"name":"x","public_url":"http://taken.example"}}`)); !errors.Is(err, purvey.Conflict) {
			t.Errorf("taken host: %v", err)
		}
		if got, err := s.Settings(t.Context(), made.ID); err != nil || got.Shop.Name != "audio" {
			t.Errorf("a refused patch changed something: %+v %v", got, err)
		}
		if err := s.Patch(t.Context(), "none", []byte(`{}`)); !errors.Is(err, purvey.NotFound) {
			t.Error(err)
		}
	})
}

// A token that stands in an address is hard to guess and needs no escaping.
func TestTokensOfAddresses(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		s := service(db)
		made, err := s.Create(t.Context(), "audio", "")
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"short", "fifteen-letters", "with a blank in it", "with/a/slash-in-it", "0123456789abcdefé", strings.Repeat("x", 201)} {
			err := s.Patch(t.Context(), made.ID, []byte(`{"shop":{"name":"new"},"connectors":{"vibracartpro":{"url_token":"`+bad+`"}}}`))
			var e *purvey.Error
			if !errors.As(err, &e) || e.Kind != purvey.Invalid || len(e.Fields) != 1 || e.Fields[0].Name != shop.TokenVibraCart {
				t.Errorf("%q: %v", bad, err)
			}
		}
		doc := patch(t, s, made.ID, `{"connectors":{"fastspring":{"url_token":" kQ3vX9_fR-2mLw81 ","secret":"x"},"vibracartpro":{"url_token":""}}}`)
		if at(doc, shop.TokenFastSpring) != `{"last4":"Lw81","set":true}` || at(doc, shop.SecretFastSpring) != `{"last4":null,"set":true}` ||
			at(doc, shop.TokenVibraCart) != `{"last4":null,"set":false}` || at(doc, "shop.name") != `"audio"` {
			t.Errorf("%v", doc)
		}
		if got, err := s.Secret(t.Context(), made.ID, shop.TokenFastSpring); err != nil || got != "kQ3vX9_fR-2mLw81" {
			t.Errorf("%q %v", got, err)
		}
	})
}

func TestSecretsAreWriteOnly(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		s, ctx := service(db), t.Context()
		made, err := s.Create(ctx, "audio", "")
		if err != nil {
			t.Fatal(err)
		}
		const secret = "shpss_0123456789abcdef"
		doc := patch(t, s, made.ID, `{"connectors":{"shopify":{"secret":" `+secret+` "},"signed":{"secret":"short"}}}`)
		if at(doc, shop.SecretShopify) != `{"last4":"cdef","set":true}` || at(doc, shop.SecretSigned) != `{"last4":null,"set":true}` {
			t.Errorf("shown: %s %s", at(doc, shop.SecretShopify), at(doc, shop.SecretSigned))
		}
		if text, _ := json.Marshal(doc); strings.Contains(string(text), secret) {
			t.Error("the document holds the secret")
		}
		sealed, err := db.ShopSecrets(ctx, made.ID)
		if err != nil || strings.Contains(sealed[shop.SecretShopify], secret) || len(sealed) != 2 {
			t.Errorf("%v %v", sealed, err)
		}
		if got, err := s.Secret(ctx, made.ID, shop.SecretShopify); err != nil || got != secret {
			t.Errorf("%q %v", got, err)
		}
		if got, err := s.Secret(ctx, made.ID, shop.SecretStripe); err != nil || got != "" {
			t.Errorf("%q %v", got, err)
		}
		// Another patch leaves it, null and "" remove it.
		patch(t, s, made.ID, `{"shop":{"name":"x"}}`)
		doc = patch(t, s, made.ID, `{"connectors":{"shopify":{"secret":null},"signed":{"secret":""}}}`)
		if at(doc, shop.SecretShopify) != `{"last4":null,"set":false}` || at(doc, shop.SecretSigned) != `{"last4":null,"set":false}` {
			t.Error("a removed secret is still there")
		}
	})
}
