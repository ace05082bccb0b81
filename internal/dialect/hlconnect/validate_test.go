package hlconnect_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/auth"
)

const validatePath = "/purchase/validate-purchase-before-payment"

// HL-01
func TestHL01_BearerOnEveryCallButHealth(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		calls := [][2]string{
			{"POST", validatePath},
			{"POST", "/purchase/register"},
			{"GET", "/purchase/info"},
			{"GET", "/purchase/download-url"},
			{"GET", "/purchase/view-url"},
			{"DELETE", "/purchase/cancel"},
			{"GET", "/assets/list"},
			{"GET", "/purchase/nothing"},
			{"GET", "/assets/"},
		}
		for _, c := range calls {
			for _, token := range []string{"", "nonsense", purvey.NewTokenText()} {
				a := w.call(token, c[0], c[1], "")
				a.refused(401, 0)
				if a.header.Get("WWW-Authenticate") != "Bearer" {
					t.Errorf("%v: no WWW-Authenticate", c)
				}
			}
		}
		w.call(w.live, "GET", "/assets/list", "").want(200)
		tokens, err := w.auth.Tokens(t.Context(), w.shop.ID, purvey.Page{Limit: 10})
		w.must(err)
		for _, token := range tokens.Items {
			if token.Mode == purvey.Live {
				w.must(w.auth.Revoke(t.Context(), w.shop.ID, token.ID))
			}
		}
		w.call(w.live, "GET", "/assets/list", "").refused(401, 0)
		w.must(w.shops.Disable(t.Context(), "audio"))
		for _, c := range calls {
			w.call(w.sandbox, c[0], c[1], "").refused(403, 0)
		}
	})
}

// HL-02
func TestHL02_EnvironmentsAreApart(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		p := w.score()
		w.buy(p, 7, 1)
		for _, target := range []string{"/purchase/info?order_id=7", "/purchase/download-url?order_id=7&order_line_id=1", "/purchase/view-url?order_id=7&order_line_id=1"} {
			if got := w.call(w.live, "GET", target, "").want(200).header.Get("X-Environment"); got != "LIVE" {
				t.Errorf("%s: environment %q", target, got)
			}
			a := w.call(w.sandbox, "GET", target, "")
			a.refused(404, 0)
			if got := a.header.Get("X-Environment"); got != "SANDBOX" {
				t.Errorf("%s: environment %q", target, got)
			}
		}
		w.call(w.sandbox, "DELETE", "/purchase/cancel?order_id=7&order_line_id=1", "").refused(404, 0)
		// Another merchant sees neither orders nor assets.
		other := w.token(w.newShop("other"), purvey.Admin, purvey.Live)
		w.call(other, "GET", "/purchase/info?order_id=7", "").refused(404, 0)
		w.call(other, "POST", validatePath, validation(p, buyerIP, 1)).refused(404, 0)
		// The catalogue is the same in both modes, the number is free in the other.
		a := w.call(w.sandbox, "POST", validatePath, validation(p, buyerIP, 1)).want(200)
		var q struct{ Token string }
		a.into(&q)
		w.call(w.sandbox, "POST", "/purchase/register", registration(q.Token, 7, 1)).want(201)
	})
}

// HL-03
func TestHL03_ErrorsOfRoutingHaveTheShape(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.call(w.live, "GET", "/purchase/nothing", "").refused(404, 0)
		w.call(w.live, "GET", "/assets/nothing", "").refused(404, 0)
		for path, allow := range map[string]string{"/purchase/register": "POST", "/purchase/info": "GET", "/purchase/cancel": "DELETE", "/health": "GET"} {
			a := w.call(w.live, "PUT", path, "")
			a.refused(405, 0)
			if a.header.Get("Allow") != allow {
				t.Errorf("%s: Allow %q", path, a.header.Get("Allow"))
			}
		}
		w.call(w.live, "GET", "/purchase/info?order_id=x", "").refused(400, 1105)
		for _, q := range []string{"", "?order_id=1", "?order_id=1&order_line_id=0", "?order_id=-1&order_line_id=1", "?order_id=1.0&order_line_id=1", "?order_id=01&order_line_id=1", "?order_id=9007199254740992&order_line_id=1"} {
			w.call(w.live, "DELETE", "/purchase/cancel"+q, "").refused(400, 1105)
		}
	})
}

// HL-04
func TestHL04_ValidationGivesATokenAndItsEnd(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		p := w.score()
		a := w.call(w.live, "POST", validatePath, validation(p, buyerIP, 2)).want(200)
		var got map[string]json.RawMessage
		a.into(&got)
		end := strconv.FormatInt(w.clock.Now().Add(900*time.Second).Unix(), 10)
		if len(got) != 2 || string(got["exp_date"]) != end || len(got["token"]) != 34 {
			t.Errorf("%s, want exp_date %s", a.body, end)
		}
		// Several live tokens for one sale may stand beside each other.
		if one, other := w.quote(p, 1), w.quote(p, 1); one == other {
			t.Error("two validations gave one token")
		}
		w.settings(`{"lifetimes":{"validation_token":60}}`)
		a = w.call(w.live, "POST", validatePath, validation(p, "2a00:1450:4001:81b::200e", 2)).want(200)
		if !strings.Contains(a.body, strconv.FormatInt(w.clock.Now().Add(time.Minute).Unix(), 10)) {
			t.Errorf("a set lifetime is not kept: %s", a.body)
		}
	})
}

// HL-05
func TestHL05_UnknownAsset(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.call(w.live, "POST", validatePath, validation(purvey.Product{AssetID: 90214}, buyerIP, 1)).refused(404, 0)
	})
}

// HL-06
func TestHL06_AssetNotOnSale(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		for _, change := range []func(*purvey.Product){
			func(p *purvey.Product) { p.Available = false },
			func(p *purvey.Product) { p.IsArchived = true },
			func(p *purvey.Product) { p.Status = "draft" },
		} {
			p := w.product(change)
			w.call(w.live, "POST", validatePath, validation(p, buyerIP, 1)).refused(400, 1001)
		}
	})
}

// HL-07
func TestHL07_RegionByTheCustomersAddress(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		british := w.product(func(p *purvey.Product) { p.World, p.Countries, p.MinQuantity = false, []string{"GB", "IE"}, 5 })
		w.call(w.live, "POST", validatePath, validation(british, buyerIP, 5)).want(200)
		// The region is looked at before the quantity.
		w.call(w.live, "POST", validatePath, validation(british, "8.8.8.8", 1)).refused(400, 1002)
		w.call(w.live, "POST", validatePath, validation(british, "198.51.100.24", 1)).refused(400, 1004)
		everywhere := w.product(func(p *purvey.Product) { p.Countries = []string{"GB"} })
		w.call(w.live, "POST", validatePath, validation(everywhere, "8.8.8.8", 1)).want(200)
		w.call(w.live, "POST", validatePath, validation(everywhere, "198.51.100.24", 1)).want(200)
		nowhere := w.product(func(p *purvey.Product) { p.World = false })
		w.call(w.live, "POST", validatePath, validation(nowhere, buyerIP, 1)).refused(400, 1002)
	})
}

// HL-08
func TestHL08_MinimumQuantity(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		p := w.product(func(p *purvey.Product) { p.MinQuantity = 10 })
		w.call(w.live, "POST", validatePath, validation(p, buyerIP, 9)).refused(400, 1003)
		w.call(w.live, "POST", validatePath, validation(p, buyerIP, 10)).want(200)
	})
}

// HL-09
func TestHL09_FormOfTheValidation(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		p := w.score()
		id := strconv.FormatInt(p.AssetID, 10)
		for _, body := range []string{
			`{}`, `{"asset_id":` + id + `,"customer_ip":"` + buyerIP + `"}`, `{"asset_id":` + id + `,"quantity":1}`, `{"customer_ip":"` + buyerIP + `","quantity":1}`,
			`{"asset_id":null,"customer_ip":"` + buyerIP + `","quantity":1}`, `{"asset_id":` + id + `,"customer_ip":null,"quantity":1}`,
			`{"asset_id":` + id + `,"customer_ip":"` + buyerIP + `","quantity":null}`, `{"asset_id":"` + id + `","customer_ip":"` + buyerIP + `","quantity":1}`,
			`{"asset_id":` + id + `.0,"customer_ip":"` + buyerIP + `","quantity":1}`, `{"asset_id":` + id + `,"customer_ip":"` + buyerIP + `","quantity":1.5}`,
			`{"asset_id":` + id + `,"customer_ip":"` + buyerIP + `","quantity":"1"}`, `{"asset_id":` + id + `,"customer_ip":7,"quantity":1}`,
			`[]`, `null`, `{`, `"x"`,
			`{"asset_id":0,"customer_ip":"` + buyerIP + `","quantity":1}`, `{"asset_id":9007199254740992,"customer_ip":"` + buyerIP + `","quantity":1}`,
		} {
			w.call(w.live, "POST", validatePath, body).refused(422, 1105)
		}
		w.call(w.live, "POST", validatePath, "").refused(422, 1105)
		for _, ip := range []string{"", "nonsense", "10.0.0.1", "127.0.0.1", "192.168.7.7", "fe80::1", "::1", "100.64.0.1", "300.1.1.1", "81.2.69.142/32", "fe80::1%eth0"} {
			w.call(w.live, "POST", validatePath, validation(p, ip, 1)).refused(422, 1105)
		}
		for _, q := range []int{0, -1, 1_000_000_000} {
			w.call(w.live, "POST", validatePath, validation(p, buyerIP, q)).refused(422, 1105)
		}
		// The form is looked at before the asset.
		w.call(w.live, "POST", validatePath, validation(purvey.Product{AssetID: 404}, "10.0.0.1", 1)).refused(422, 1105)
		// Unknown fields and parameters are ignored.
		w.call(w.live, "POST", validatePath+"?x=1", `{"more":{"a":[]},"asset_id":`+id+`,"customer_ip":"`+buyerIP+`","quantity":1}`).want(200)
	})
}

// HL-03
func TestHL03_TooManyRequests(t *testing.T) {
	t.Parallel()
	eachWith(t, auth.Options{}, func(w *world) {
		for range 600 {
			w.call(w.live, "GET", "/assets/list", "").want(200)
		}
		a := w.call(w.live, "GET", "/assets/list", "")
		a.refused(429, 0)
		if a.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		w.call(w.sandbox, "GET", "/assets/list", "").want(200)
	})
}
