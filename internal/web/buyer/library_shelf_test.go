package buyer_test

import (
	"context"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/catalog"
	"purvey/internal/order"
)

// The shelf: cards with badges, sorted as asked; keys, orders with receipts and
// devices on tabs of their own.
func TestShelf(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(d *desk) {
		days, cents := 5, int64(1900)
		f := d.file("a.zip", content(10))
		drums := d.productOf(catalog.Change{
			Name: catalog.Set("Zither"), FileIDs: catalog.Set([]string{f.ID}), DownloadIn: catalog.Set(&days), Access: catalog.Set(purvey.AccessFileAndKey),
			KeyMode: catalog.Set(purvey.KeysGenerated), PriceCents: catalog.Set(cents), Currency: catalog.Set("EUR"), CoverURL: catalog.Set("https://cdn.example/cover.png"),
		})
		pads := d.productOf(catalog.Change{Name: catalog.Set("Accordion"), FileIDs: catalog.Set([]string{f.ID})})
		first, err := d.orders.Place(context.Background(), d.scope, order.Request{
			Currency: "EUR", Customer: purvey.Customer{Email: "ana@example.org"}, Lines: []order.LineRequest{{ProductID: drums.ID, Quantity: 2}},
		})
		d.must(err)
		d.clock.Advance(time.Hour)
		second := d.place(order.Request{Customer: purvey.Customer{Email: "ana@example.org"}}, pads)
		d.clock.Advance(time.Hour)
		_, _, err = d.catalog.CreateVersion(context.Background(), d.shop.ID, drums.ID, catalog.NewVersion{Version: "2.0.0", Notes: "Louder.", FileIDs: []string{f.ID}, Activate: true})
		d.must(err)
		b := d.browser()
		b.signIn("/my", "ana@example.org", d.shop.ID)
		b.get("/my").want(200, "Updated", "2 keys", "expires in 4 days", "1 file · 2 keys", `src="https://cdn.example/cover.png"`, "What’s new in 2.0.0", "Download as often as you like")
		first2 := func(a, b string, body string) bool {
			return strings.Index(body, ">"+a+"<") < strings.Index(body, ">"+b+"<")
		}
		for query, order := range map[string][2]string{
			"": {"Accordion", "Zither"}, "?sort=title": {"Accordion", "Zither"}, "?sort=updated": {"Zither", "Accordion"}, "?sort=odd": {"Accordion", "Zither"},
		} {
			if b.get("/my" + query).want(200); !first2(order[0], order[1], b.body) {
				t.Errorf("%q is in another order", query)
			}
		}
		b.get("/my?tab=keys").want(200, first.Lines[0].Keys[0].Key, first.Lines[0].Keys[1].Key, "!Accordion")
		b.get("/my?tab=orders").want(200, "Order "+first.Name, "Order "+second.Name, "38.00 EUR", "Paid", "Free", "/receipt\"")
		b.get("/my?tab=devices").want(200, "Firefox on Windows", "This device", "Signed in on", "Sign out everywhere", "!/my/devices/")
		if n := strings.Count(b.body, "Signed in on"); n != 1 {
			t.Errorf("%d devices", n)
		}
		phone, stranger := d.browser(), d.browser()
		phone.header["User-Agent"] = "<script>Nokia"
		phone.signIn("/my", "ana@example.org", d.shop.ID)
		d.place(order.Request{Customer: purvey.Customer{Email: "eve@example.org"}}, pads)
		stranger.signIn("/my", "eve@example.org", d.shop.ID)
		b.get("/my?tab=devices").want(200, "Unknown browser", "!Nokia")
		if n := strings.Count(b.body, "Signed in on"); n != 2 {
			t.Errorf("%d devices", n)
		}
		end := regexp.MustCompile(`/my/devices/[0-9a-f]+`).FindString(b.body)
		stranger.do("POST", end, url.Values{}).want(200)
		phone.get("/my").want(200, "Your library")
		for range 2 {
			b.do("POST", end, url.Values{}).want(200, "Firefox on Windows", "!Unknown browser")
		}
		phone.get("/my").want(200, "Sign in")
		phone.do("POST", end, url.Values{}).want(200, "Sign in")
		b.get("/my?tab=odd").want(200, "Zither")
		// What this site searches for comes compressed, what others do does not.
		for site, want := range map[string]string{"same-origin": "gzip", "none": "gzip", "cross-site": "", "": ""} {
			b.header["Accept-Encoding"], b.header["Sec-Fetch-Site"] = "gzip", site
			if got := b.get("/my?q=zither").last.Header.Get("Content-Encoding"); got != want {
				t.Errorf("from %q: encoded %q, want %q", site, got, want)
			}
		}
	})
}
