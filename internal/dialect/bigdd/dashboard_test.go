package bigdd

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

// An owner closes the shop: everybody is refused but its people, who read on,
// and the owner opens it again. What the operator closes stays closed.
func TestAnOwnerClosesAndOpensTheShop(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		f := newFrame(t, db)
		owner, admin := f.person("ana@example.org", purvey.Owner, f.shop), f.person("leo@example.org", purvey.Admin, f.shop)
		made := f.order(f.admin, "REGULAR")
		const closing, opening = prefix + "shop/close", prefix + "shop/open"
		for _, path := range []string{closing, opening} {
			f.refused(f.call(f.admin, "POST", path, ""), 403, "forbidden")
			f.refused(f.by(admin, "POST", path, ""), 403, "forbidden")
		}
		for range 2 { // a repeat changes nothing
			if a := f.by(owner, "POST", closing, "{}", "Idempotency-Key", purvey.Secret(12)); a.status != 200 || !strings.Contains(a.body, `"state":"closed"`) {
				t.Fatal(a.status, a.body)
			}
		}
		f.refused(f.call(f.admin, "GET", prefix+"orders", ""), 403, "forbidden")
		for _, who := range []string{owner, admin} {
			for _, path := range []string{"orders/" + made["id"].(string), "settings", "shop", "overview"} {
				if a := f.by(who, "GET", prefix+path, ""); a.status != 200 {
					t.Errorf("%s while closed: %d %s", path, a.status, a.body)
				}
			}
			f.refused(f.by(who, "PATCH", prefix+"settings", `{"shop":{"name":"x"}}`), 403, "forbidden")
			f.refused(f.by(who, "POST", prefix+"orders/"+made["id"].(string)+"/access", `{"access":"disabled"}`), 403, "forbidden")
		}
		o, err := db.OrderByID(t.Context(), made["id"].(string))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.backend.Delivery.Page(t.Context(), f.backend.Delivery.PageToken(o)); purvey.ReasonOf(err) != purvey.ReasonShopDisabled {
			t.Errorf("a customer's page while closed: %v", err)
		}
		f.refused(f.by(admin, "POST", opening, ""), 403, "forbidden")
		for range 2 {
			if a := f.by(owner, "POST", opening, ""); a.status != 200 || !strings.Contains(a.body, `"state":"active"`) {
				t.Fatal(a.status, a.body)
			}
		}
		if a := f.call(f.admin, "GET", prefix+"orders", ""); a.status != 200 {
			t.Error("a token after opening:", a.status, a.body)
		}
		var log struct{ Data []struct{ Action string } }
		f.call(f.admin, "GET", prefix+"audit-log?object_type=shop", "").into(t, &log)
		if len(log.Data) < 2 || log.Data[0].Action != "shop.opened" || log.Data[1].Action != "shop.closed" {
			t.Error(log.Data)
		}
		if err := f.backend.Shops.Disable(t.Context(), f.shop.Slug); err != nil {
			t.Fatal(err)
		}
		f.refused(f.by(owner, "POST", opening, ""), 403, "forbidden")
		f.refused(f.by(owner, "GET", prefix+"shop", ""), 403, "forbidden")
	})
}

// The endpoint that follows the settings is seen, tested and switched with the
// others, and changed nowhere else.
func TestTheEndpointOfTheSettingsIsSeen(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		f, _ := newHooks(t, db, true)
		kept, err := f.backend.Webhooks.Create(t.Context(), purvey.Scope{ShopID: f.shop.ID, Mode: purvey.Live}, purvey.Endpoint{
			Name: "Publica.la", URL: "https://example.com/sales", Events: []purvey.EventType{purvey.EventOrderPurchased}, Dialect: purvey.DialectPublicala, Secret: "0123456789",
		})
		if err != nil {
			t.Fatal(err)
		}
		f.endpoint(f.admin)
		for query, want := range map[string]int{"": 1, "?dialect=bigdd": 1, "?dialect=publicala": 1, "?dialect=any": 2} {
			var l struct{ Data []endpointWire }
			f.call(f.admin, "GET", endpointsPath+query, "").into(t, &l)
			if len(l.Data) != want {
				t.Errorf("%q lists %d", query, len(l.Data))
			}
		}
		one := endpointsPath + "/" + kept.ID
		f.refused(f.call(f.admin, "PATCH", one, `{"url":"https://example.com/"}`), 409, "conflict")
		f.refused(f.call(f.admin, "DELETE", one, ""), 409, "conflict")
		if a := f.call(f.admin, "PATCH", one, `{"enabled":false}`); a.status != 200 || a.endpoint(t).Enabled {
			t.Error(a.status, a.body)
		}
		if a := f.call(f.admin, "PATCH", one, `{"enabled":true}`); a.status != 200 {
			t.Error(a.status, a.body)
		}
		if a := f.call(f.admin, "POST", one+"/test", ""); a.status != 200 {
			t.Fatal(a.status, a.body)
		}
		if a := f.call(f.admin, "GET", prefix+"webhook-deliveries?endpoint_id="+kept.ID, ""); a.status != 200 || !strings.Contains(a.body, `"webhook.test"`) {
			t.Error(a.status, a.body)
		}
	})
}

// A deactivated customer reaches nothing and cannot sign in; reactivated, they
// have what they had.
func TestACustomerIsDeactivated(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		f := newFrame(t, db)
		ctx := t.Context()
		made := f.order(f.admin, "REGULAR")
		id := made["customer"].(map[string]any)["id"].(string)
		o, err := db.OrderByID(ctx, made["id"].(string))
		if err != nil {
			t.Fatal(err)
		}
		session, err := f.backend.Auth.SignIn(ctx, f.shop.ID, o.Customer.Email, "")
		if err != nil {
			t.Fatal(err)
		}
		refusal := func() *purvey.Refusal {
			t.Helper()
			page, err := f.backend.Delivery.Page(ctx, f.backend.Delivery.PageToken(o))
			if err != nil {
				t.Fatal(err)
			}
			return page.Lines[0].Refusal
		}
		codes := func() int {
			t.Helper()
			if _, err := f.backend.Auth.SendCode(ctx, auth.CodeRequest{Shop: f.shop, Email: o.Customer.Email, IP: "192.0.2.1"}); err != nil {
				t.Fatal(err)
			}
			var l struct{ Data []any }
			f.call(f.admin, "GET", prefix+"messages?kind=login_code", "").into(t, &l)
			return len(l.Data)
		}
		if r := refusal(); r != nil {
			t.Fatal(r)
		}
		for range 2 {
			a := f.call(f.member, "POST", prefix+"customers/"+id+"/deactivate", "")
			if a.status != 200 || strings.Contains(a.body, `"deactivated_at":null`) {
				t.Fatal(a.status, a.body)
			}
		}
		if r := refusal(); r == nil || r.Reason != purvey.ReasonAccessDisabled {
			t.Error(r)
		}
		if _, err := f.backend.Auth.Session(ctx, f.shop.ID, session); err == nil {
			t.Error("the session is still there")
		}
		if n := codes(); n != 0 {
			t.Error("a code was mailed")
		}
		// An order that comes in later is the same customer's.
		next := f.order(f.admin, "REGULAR")
		o2, err := db.OrderByID(ctx, next["id"].(string))
		if err != nil || o2.Customer.DeactivatedAt.IsZero() {
			t.Error(err, o2.Customer)
		}
		for range 2 {
			if a := f.call(f.member, "POST", prefix+"customers/"+id+"/reactivate", ""); a.status != 200 || !strings.Contains(a.body, `"deactivated_at":null`) {
				t.Fatal(a.status, a.body)
			}
		}
		if r := refusal(); r != nil {
			t.Error(r)
		}
		if n := codes(); n != 1 {
			t.Error("no code was mailed")
		}
		var log struct{ Data []struct{ Action string } }
		f.call(f.admin, "GET", prefix+"audit-log?object_type=customer", "").into(t, &log)
		if len(log.Data) != 2 || log.Data[0].Action != "customer.reactivated" || log.Data[1].Action != "customer.deactivated" {
			t.Error(log.Data)
		}
	})
}

// A download token as a merchant wants it: for how long, how often, for whom.
func TestADownloadTokenIsMadeByHand(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		f := newFrame(t, db)
		file := f.file(f.admin)
		product := f.made(f.admin, "/digital-products", `{"name":"x","file_ids":["`+file+`"]}`, "id")
		path := prefix + "digital-products/" + product + "/test-download"
		for body, field := range map[string]string{
			`{"expires_in":0}`: "expires_in", `{"expires_in":31622401}`: "expires_in", `{"max_downloads":0}`: "max_downloads", `{"max_downloads":1001}`: "max_downloads",
			`{"email":"x"}`: "email", `{"name":"` + strings.Repeat("x", 201) + `"}`: "name",
		} {
			if e := f.refused(f.call(f.admin, "POST", path, body), 400, "validation_error"); len(e.Error.Details) != 1 || e.Error.Details[0].Field != field {
				t.Error(body, e.Error.Details)
			}
		}
		var out struct {
			Data struct {
				URL, Token string
				ExpiresAt  time.Time `json:"expires_at"`
			}
		}
		a := f.call(f.admin, "POST", path, `{"expires_in":3600,"max_downloads":1,"email":"pat@example.org","name":"Pat Reviewer"}`)
		a.into(t, &out)
		if a.status != 201 || !strings.HasSuffix(out.Data.URL, out.Data.Token) || out.Data.ExpiresAt.Sub(clock.Now()).Round(time.Second) != time.Hour {
			t.Fatal(a.status, a.body)
		}
		m, err := db.MintByHash(t.Context(), purvey.HashToken(out.Data.Token))
		if err != nil || m.Email != "pat@example.org" || m.Name != "Pat Reviewer" || m.Copies != 1 {
			t.Fatal(m, err)
		}
		page, err := f.backend.Delivery.MintPage(t.Context(), out.Data.Token)
		if err != nil || len(page.Files) != 1 || page.Files[0].Allowance != 1 || page.Files[0].Left != 1 {
			t.Error(page.Files, err)
		}
		clock.Advance(time.Hour)
		if _, err := f.backend.Delivery.MintPage(t.Context(), out.Data.Token); purvey.ReasonOf(err) != purvey.ReasonExpired {
			t.Error(err)
		}
		if a := f.call(f.admin, "GET", prefix+"audit-log?action=download_token.created", ""); !strings.Contains(a.body, "pat@example.org") || strings.Contains(a.body, out.Data.Token) {
			t.Error(a.body)
		}
	})
}

// A gateway says what it thinks of the credentials, in words.
func TestAGatewayIsChecked(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		f := newFrame(t, db)
		vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			switch key := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "); {
			case r.Method != http.MethodGet:
				w.WriteHeader(http.StatusMethodNotAllowed)
			case strings.HasPrefix(key, "rk_"):
				w.WriteHeader(http.StatusForbidden)
				_, _ = w.Write([]byte(`{"error":{"type":"invalid_request_error","message":"rk_live_0000 may not"}}`))
			case r.URL.Path == "/v1/checkout/sessions" && key == "sk_test_0000":
				_, _ = w.Write([]byte(`{"object":"list","data":[],"has_more":false,"url":"/v1/checkout/sessions"}`))
			case r.URL.Path == "/users/me" && key == "APP_USR-1":
				_, _ = w.Write([]byte(`{"id":1,"nickname":"HILLTOP","site_id":"MLA","tags":["normal"]}`))
			default:
				w.WriteHeader(http.StatusUnauthorized)
				_, _ = w.Write([]byte(`{"error":{"type":"invalid_request_error"}}`))
			}
		}))
		defer vendor.Close()
		check := func(gateway string) (out struct {
			OK      bool
			Account *string
			Live    *bool
			Error   *string
		},
		) {
			t.Helper()
			a := f.call(f.admin, "POST", prefix+"gateways/"+gateway+"/check", "")
			if a.status != 200 {
				t.Fatal(a.status, a.body)
			}
			var v struct{ Data any }
			v.Data = &out
			a.into(t, &v)
			return out
		}
		set := func(body string) {
			t.Helper()
			if a := f.call(f.admin, "PATCH", prefix+"settings", body); a.status != 200 {
				t.Fatal(a.status, a.body)
			}
		}
		f.refused(f.call(f.admin, "POST", prefix+"gateways/paypal/check", ""), 404, "not_found")
		if got := check("stripe"); got.OK || *got.Error != "No credentials are kept yet." {
			t.Error(got)
		}
		set(`{"gateways":{"stripe":{"api_base":"` + vendor.URL + `","secret_key":"sk_test_0000"},"mercadopago":{"api_base":"` + vendor.URL + `","access_token":"APP_USR-1"}}}`)
		if got := check("stripe"); !got.OK || got.Error != nil || *got.Live {
			t.Error(got)
		}
		if got := check("mercadopago"); !got.OK || *got.Account != "HILLTOP MLA" || !*got.Live {
			t.Error(got)
		}
		set(`{"gateways":{"stripe":{"secret_key":"rk_live_0000"},"mercadopago":{"access_token":"APP_USR-2"}}}`)
		if got := check("stripe"); got.OK || !strings.Contains(*got.Error, "may not see payments") || strings.Contains(*got.Error, "rk_live") {
			t.Error(got)
		}
		if got := check("mercadopago"); got.OK || *got.Error != "Mercado Pago does not know these credentials." {
			t.Error(got)
		}
		vendor.Close()
		if got := check("mercadopago"); got.OK || !strings.Contains(*got.Error, "could not be reached") {
			t.Error(got)
		}
	})
}

// A line's addresses are made afresh, for what it gives now; its country and
// why it failed are told with its rights.
func TestALineHasAddresses(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		f := newFrame(t, db)
		for kind, has := range map[string]bool{"REGULAR": true, "UNIQUE": false} {
			o := f.order(f.admin, kind)
			line := o["lines"].([]any)[0].(map[string]any)["id"].(string)
			a := f.call(f.member, "GET", prefix+"orders/"+o["id"].(string)+"/lines/"+line+"/urls", "")
			if a.status != 200 || strings.Contains(a.body, `"download_url":null`) == has || !strings.Contains(a.body, `"view_url":null`) {
				t.Error(kind, a.status, a.body)
			}
			f.refused(f.call(f.member, "GET", prefix+"orders/"+o["id"].(string)+"/lines/"+o["id"].(string)+"/urls", ""), 404, "not_found")
			if a := f.call(f.member, "GET", prefix+"orders/"+o["id"].(string)+"?include=rights", ""); !strings.Contains(a.body, `"country":null,"failure":null`) {
				t.Error(a.body)
			}
		}
	})
}

// The mappings of one product.
func TestMappingsOfAProduct(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		f := newFrame(t, db)
		one, two := f.made(f.admin, "/digital-products", `{"name":"x"}`, "id"), f.made(f.admin, "/digital-products", `{"name":"y"}`, "id")
		f.made(f.admin, "/mappings", `{"source":"shopify","external_key":"A","digital_product_id":"`+one+`"}`, "id")
		f.made(f.admin, "/mappings", `{"source":"shopify","external_key":"B","digital_product_id":"`+two+`"}`, "id")
		a := f.call(f.admin, "GET", prefix+"mappings?digital_product_id="+two, "")
		if a.status != 200 || strings.Contains(a.body, `"A"`) || !strings.Contains(a.body, `"B"`) {
			t.Error(a.status, a.body)
		}
	})
}
