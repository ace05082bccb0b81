package bigdd

import (
	"strings"
	"testing"

	"purvey"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

// BDD-48: tokens are made, listed and ended by calls.
func TestBDD48_Tokens(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		f := newFrame(t, db)
		const tokens = "/public-api/v1/api-tokens"
		var made struct{ Data map[string]any }
		a := f.call(f.admin, "POST", tokens, `{"name":"till","role":"member","mode":"sandbox","shop_id":"ignored"}`)
		a.into(t, &made)
		text, _ := made.Data["token"].(string)
		if a.status != 201 || made.Data["role"] != "member" || made.Data["mode"] != "sandbox" || made.Data["name"] != "till" ||
			!strings.HasSuffix(text, made.Data["last4"].(string)) || made.Data["created_at"] != "2026-01-05T12:00:00.000Z" || made.Data["last_used_at"] != nil {
			t.Fatalf("%d %s", a.status, a.body)
		}
		if a := f.call(text, "GET", "/public-api/v1/orders", ""); a.status != 200 {
			t.Errorf("the new token: %d %s", a.status, a.body)
		}
		list := f.call(f.admin, "GET", tokens, "")
		if list.status != 200 || strings.Contains(list.body, "pv_") || strings.Contains(list.body, `"token"`) || !strings.Contains(list.body, `"name":"till"`) {
			t.Errorf("%d %s", list.status, list.body)
		}
		for body, field := range map[string]string{
			`{}`: "name", `{"name":"x","role":"owner"}`: "role", `{"name":"x","mode":"test"}`: "mode", `{"name":["x"]}`: "name",
		} {
			if e := f.refused(f.call(f.admin, "POST", tokens, body), 400, "validation_error"); len(e.Error.Details) != 1 || e.Error.Details[0].Field != field {
				t.Errorf("%s: %+v", body, e.Error)
			}
		}
		f.refused(f.call(f.sandbox, "POST", tokens, `{"name":"x","mode":"live"}`), 403, "forbidden")
		a = f.call(f.sandbox, "POST", tokens, `{"name":"x"}`)
		if a.status != 201 || !strings.Contains(a.body, `"mode":"sandbox"`) || !strings.Contains(a.body, `"role":"admin"`) {
			t.Errorf("%d %s", a.status, a.body)
		}
		one := tokens + "/" + made.Data["id"].(string)
		other := f.token(f.newShop("other"), purvey.Admin, purvey.Live)
		f.refused(f.call(other, "DELETE", one, ""), 404, "not_found")
		if a := f.call(f.admin, "DELETE", one, ""); a.status != 200 || a.body != `{"data":{"id":"`+made.Data["id"].(string)+`","deleted":true}}` {
			t.Errorf("%d %s", a.status, a.body)
		}
		f.refused(f.call(text, "GET", "/public-api/v1/orders", ""), 401, "unauthorized")
		f.refused(f.call(f.admin, "DELETE", one, ""), 404, "not_found")
	})
}

func TestSettings(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		f := newFrame(t, db)
		const settings = "/public-api/v1/settings"
		a := f.call(f.admin, "GET", settings, "")
		for _, want := range []string{`{"data":{`, `"mint":86400`, `"refund":"revoke"`, `"low_stock":5`, `"shopify":{"secret":{"last4":null,"set":false}}`} {
			if a.status != 200 || !strings.Contains(a.body, want) {
				t.Errorf("%d %s lacks %s", a.status, a.body, want)
			}
		}
		// One set for both modes.
		a = f.call(f.sandbox, "PATCH", settings, `{"lifetimes":{"mint":60},"connectors":{"shopify":{"secret":"shpss_0123456789"}}}`)
		if a.status != 200 || !strings.Contains(a.body, `"mint":60`) || !strings.Contains(a.body, `{"last4":"6789","set":true}`) || strings.Contains(a.body, "shpss") {
			t.Errorf("%d %s", a.status, a.body)
		}
		if a := f.call(f.admin, "GET", settings, ""); !strings.Contains(a.body, `"mint":60`) || !strings.Contains(a.body, `"checkout":3600`) {
			t.Error(a.body)
		}
		e := f.refused(f.call(f.admin, "PATCH", settings, `{"lifetimes":{"mint":0,"checkout":0}}`), 400, "validation_error")
		if len(e.Error.Details) != 2 || e.Error.Details[0].Field != "lifetimes.mint" {
			t.Errorf("%+v", e.Error)
		}
		f.refused(f.call(f.admin, "PATCH", settings, ``), 400, "validation_error")
		f.refused(f.call(f.admin, "PATCH", settings, `[]`), 400, "validation_error")
	})
}
