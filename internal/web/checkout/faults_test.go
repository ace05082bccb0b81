package checkout_test

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/jwt"
	"purvey/internal/order"
)

// saleTo places a pending sandbox sale of a user that leads back to an address.
func (x *till) saleTo(user, back string) purvey.Order {
	x.t.Helper()
	cents := int64(1050)
	o, err := x.orders.Publish(x.t.Context(), purvey.Scope{ShopID: x.shop.ID, Mode: purvey.Sandbox}, order.Publication{
		Type: purvey.TypeSale, Reference: "r&=/ " + purvey.Secret(6), ReturnURL: back, Price: &cents, Currency: "ARS",
		UserID: user, Items: []order.PublishedItem{{Price: &cents, Currency: "ARS"}},
	}, func(context.Context, int) (purvey.Product, error) { return x.product, nil })
	x.must(err)
	return o
}

// PUB-15: what the address back has of its own stays as it was written, order
// and escapes included; parameters of our names are replaced.
func TestPUB15_TheQueryIsKept(t *testing.T) {
	t.Parallel()
	each(t, func(x *till) {
		for back, want := range map[string]string{
			"https://s.example/r":                                   "https://s.example/r?*",
			"https://s.example/r?":                                  "https://s.example/r?*",
			"https://s.example?b=2&a=1&a=3#":                        "https://s.example?b=2&a=1&a=3&*",
			"https://s.example/r?x=a%20b&e=%C3%BC#f%20g":            "https://s.example/r?x=a%20b&e=%C3%BC&*#f%20g",
			"https://s.example/r?a;b=c&flag&z=%zz#/spa?x=1":         "https://s.example/r?a;b=c&flag&z=%zz&*#/spa?x=1",
			"https://s.example/r?status=old&k=v&order%2Did=1&&":     "https://s.example/r?k=v&*",
			`https://s.example/r?q="<a b>"&order-external-id=other`: "https://s.example/r?q=%22%3Ca%20b%3E%22&*",
		} {
			o := x.saleTo("u1", back)
			a := x.post(x.get(x.link(o)).to(), "outcome=approve")
			ours := "order-id=" + o.UUID + "&order-external-id=" + url.QueryEscape(o.ExternalReference) + "&status=approved"
			if a.status != 303 || a.to() != strings.Replace(want, "*", ours, 1) {
				t.Errorf("%s: %d %s", back, a.status, a.to())
			}
		}
	})
}

// PUB-40: a token says from when and until when it is good, in whole seconds or
// in parts of them; one that says no end is no token.
func TestPUB40_Times(t *testing.T) {
	t.Parallel()
	each(t, func(x *till) {
		const key = "0123456789abcdef0123456789abcdef"
		x.settings(`{"publicala":{"external_auth_key":"` + key + `","external_auth_issuer":"my-store","redirect_url":"https://store.example/sorry?x=1"}}`)
		now := x.clock.Now().Unix()
		for _, c := range []struct {
			name string
			set  map[string]any
			why  string
		}{
			{"plain", nil, ""},
			{"a part of a second", map[string]any{"exp": float64(now) + 60.123456}, ""},
			{"an hour", map[string]any{"exp": now + 3600, "nbf": now, "iat": now}, ""},
			{"a clock before ours", map[string]any{"nbf": now + 30}, ""},
			{"not yet", map[string]any{"nbf": now + 31}, "invalid"},
			{"not yet, at all", map[string]any{"nbf": "soon"}, "invalid"},
			{"no end", map[string]any{"exp": nil}, "invalid"},
			{"text", map[string]any{"exp": "99999999999"}, "invalid"},
			{"too far", map[string]any{"exp": now + 3601}, "invalid"},
			{"out of range", map[string]any{"exp": json.Number("1e30")}, "invalid"},
			{"over", map[string]any{"exp": now}, "expired"},
			{"just over", map[string]any{"exp": float64(now) + 0.5}, "expired"},
		} {
			claims := map[string]any{
				"iss": "my-store", "aud": "farfalla", "sub": "user", "jti": purvey.Secret(20), "exp": now + 60, "user": map[string]any{"uuid": "u7"},
			}
			for name, value := range c.set {
				claims[name] = value
			}
			if claims["exp"] == nil {
				delete(claims, "exp")
			}
			text, err := jwt.Sign([]byte(key), claims)
			x.must(err)
			want := origin + "/my"
			if c.why != "" {
				want = "https://store.example/sorry?x=1&error=" + c.why
			}
			if a := x.get(origin + "/auth/token?external-auth-token=" + text); a.status != 302 || a.to() != want {
				t.Errorf("%s: %d %s", c.name, a.status, a.to())
			}
		}
	})
}

// PUB-14: a shop may sign the link to a payment itself; it opens a sale of the
// user that the token names, and no other's.
func TestPUB14_LinkOfTheShopsOwn(t *testing.T) {
	t.Parallel()
	each(t, func(x *till) {
		const key = "0123456789abcdef0123456789abcdef"
		x.settings(`{"publicala":{"external_auth_key":"` + key + `","external_auth_issuer":"my-store"}}`)
		open := func(user, to string) answer {
			text, err := jwt.Sign([]byte(key), map[string]any{
				"iss": "my-store", "aud": "farfalla", "sub": "user", "jti": purvey.Secret(20), "exp": x.clock.Now().Add(time.Minute).Unix(),
				"user": map[string]any{"uuid": user}, "intended_url": to,
			})
			x.must(err)
			return x.get(origin + "/auth/token?external-auth-token=" + text)
		}
		o := x.saleTo("u1", "https://s.example/r")
		for _, to := range []string{origin + "/checkout/" + o.UUID, "/checkout/" + o.UUID} {
			a := open("u1", to)
			if page := x.get(a.to()); a.status != 302 || page.status != 200 || !strings.Contains(page.body, "10.50 ARS") {
				t.Errorf("%s: %d %s, %d", to, a.status, a.to(), page.status)
			}
		}
		if a := open("u2", "/checkout/"+o.UUID); x.get(a.to()).status != 403 {
			t.Errorf("another user's: %s", a.to())
		}
		if a := open("u1", "/checkout/unknown"); x.get(a.to()).status != 403 {
			t.Errorf("no order: %s", a.to())
		}
		x.post(open("u1", "/checkout/"+o.UUID).to(), "outcome=approve")
		if a := x.get(open("u1", "/checkout/"+o.UUID).to()); a.status != 303 || query(t, a.to()).Get("status") != "approved" {
			t.Errorf("when it is paid: %d %s", a.status, a.to())
		}
		live := x.sale(purvey.Live, 0) // costs nothing, so no gateway is needed
		if a := x.get(open("u1", "/checkout/"+live.UUID).to()); a.status != 303 || x.state(live) != purvey.PublishedApproved {
			t.Errorf("a live one: %d %s", a.status, a.to())
		}
	})
}

// PUB-14: the page tells each price only where they add up to what is paid.
func TestPUB14_PricesAddUp(t *testing.T) {
	t.Parallel()
	each(t, func(x *till) {
		for total, want := range map[int64]int{1050: 2, 900: 0} { // the product's price, and that of the order
			each := int64(1050)
			o, err := x.orders.Publish(t.Context(), purvey.Scope{ShopID: x.shop.ID, Mode: purvey.Sandbox}, order.Publication{
				Type: purvey.TypeSale, ReturnURL: "https://s.example/", Price: &total, Currency: "ARS", UserID: "u1",
				Items: []order.PublishedItem{{Price: &each, Currency: "ARS"}},
			}, func(context.Context, int) (purvey.Product, error) { return x.product, nil })
			x.must(err)
			if page := x.get(x.get(x.link(o)).to()); strings.Count(page.body, "10.50 ARS") != want {
				t.Errorf("%d: %s", total, page.body)
			}
		}
	})
}

// PUB-14: who cannot pay is told so by the shop they came from, and may try
// again where that helps.
func TestPUB14_WhoSaysNo(t *testing.T) {
	t.Parallel()
	each(t, func(x *till) {
		x.settings(`{"shop":{"name":"Corner Books","support_url":"https://store.example/help"},"gateways":{"live":"stripe","stripe":{"secret_key":"sk_test_1","api_base":"http://127.0.0.1:1"}}}`)
		o := x.sale(purvey.Live, 1050)
		link := x.link(o)
		page := x.get(link).to()
		const again = `class="button" href=""`
		if a := x.get(page); a.status != 503 || !strings.Contains(a.body, "Corner Books") || !strings.Contains(a.body, again) || a.header.Get("Retry-After") == "" {
			t.Errorf("%d %s", a.status, a.body)
		}
		x.clock.Advance(49 * time.Hour)
		for _, address := range []string{link, page} {
			a := x.get(address)
			if a.status != 403 || !strings.Contains(a.body, "Corner Books") || !strings.Contains(a.body, "https://store.example/help") || strings.Contains(a.body, again) {
				t.Errorf("%d %s", a.status, a.body)
			}
		}
		if a := x.get(origin + "/checkout/" + o.UUID + "?session=forged"); a.status != 403 || strings.Contains(a.body, "Corner Books") {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
}
