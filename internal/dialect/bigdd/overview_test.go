package bigdd

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"purvey"
)

// kinds gives the kinds of a timeline, in its order.
func (d *desk) kinds(token, order string) []string {
	d.t.Helper()
	var l struct {
		Data []struct{ Kind, Title, Detail string }
	}
	a := d.call(token, "GET", prefix+"orders/"+order+"/timeline", "")
	a.into(d.t, &l)
	out := []string{}
	for _, e := range l.Data {
		out = append(out, e.Kind)
	}
	return out
}

// An order's timeline tells what was done, in the order of cause and effect; a
// member does not see the audit log.
func TestOrderTimeline(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		o := d.place(`"customer":{"email":"ana@example.org","firstname":"Ana"}`, `[{"digital_product_id":"`+d.product("Drums", `"access":"LICENSE_KEY"`, `"license_key_mode":"GENERATED"`)+`","price_cents":1500}]`)
		d.clock.Advance(time.Minute)
		path := prefix + "orders/" + o.ID
		for _, call := range [][2]string{
			{"PATCH " + path + "/customer", `{"email":"anna@example.org","resend":true}`},
			{"POST " + path + "/reset-downloads", `{"line_id":"` + o.Lines[0].ID + `"}`},
			{"POST " + path + "/access", `{"access":"disabled"}`},
			{"POST " + path + "/refunds", `{"lines":[{"line_id":"` + o.Lines[0].ID + `","quantity":1}]}`},
		} {
			method, target, _ := strings.Cut(call[0], " ")
			if a := d.call(d.admin, method, target, call[1]); a.status != 200 {
				t.Fatalf("%s: %d %s", call[0], a.status, a.body)
			}
			d.clock.Advance(time.Minute)
		}
		got := strings.Join(d.kinds(d.admin, o.ID), " ")
		for _, want := range []string{"order.placed payment.paid line.released message.kept", "email.corrected message.kept", "downloads.reset", "access.disabled", "refund"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s is not in %s", want, got)
			}
		}
		if strings.Count(got, "downloads.reset") != 1 {
			t.Errorf("a reset is told %s", got)
		}
		for _, kind := range d.kinds(d.member, o.ID) {
			if kind == "audit" || kind == "email.corrected" {
				t.Errorf("a member sees %s", kind)
			}
		}
	})
}

// A corrected address makes the old links stop, once; names do not.
func TestCorrectCustomer(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		o := d.place(`"customer":{"email":"ana@gmial.example","firstname":"Ana"}`, `[{"digital_product_id":"`+d.product("Drums")+`"}]`)
		link := func() string {
			var out struct{ Data struct{ URL string } }
			d.call(d.member, "GET", prefix+"orders/"+o.ID+"/page-url", "").into(t, &out)
			return out.Data.URL
		}
		mails := func() int { return len(d.list("messages?order_id=" + o.ID).Data) }
		first, path := link(), prefix+"orders/"+o.ID+"/customer"
		for i, c := range []struct {
			body  string
			moved bool
			mails int
		}{
			{`{"firstname":"Anna","lastname":"Núñez"}`, false, 1},
			{`{"email":"ana@gmail.example"}`, true, 1},
			{`{"email":"ana@gmail.example","resend":true}`, false, 2},
			{`{"resend":true}`, false, 3},
			{`{"email":null,"locale":"es"}`, false, 3},
		} {
			was := link()
			if a := d.call(d.member, "PATCH", path, c.body); a.status != 200 {
				t.Fatalf("%s: %d %s", c.body, a.status, a.body)
			}
			if moved := link() != was; moved != c.moved || mails() != c.mails {
				t.Errorf("%d: %s: the link moved: %v; %d mails", i, c.body, moved, mails())
			}
		}
		if link() == first {
			t.Error("the first link is good again")
		}
		for _, body := range []string{`{}`, `{"email":"nobody"}`, `{"email":""}`, `{"firstname":"` + strings.Repeat("x", 256) + `"}`, ``} {
			d.refused(d.call(d.member, "PATCH", path, body), 400, "validation_error")
		}
	})
}

// Keys are given by hand and from stock; twice is once; others' are refused.
func TestKeysByHand(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		product := d.product("Drums", `"access":"LICENSE_KEY"`, `"license_key_tag":"drums"`)
		lines := `[{"digital_product_id":"` + product + `","quantity":2}]`
		a, b := d.place(`"customer":{"email":"ana@example.org"}`, lines), d.place(`"customer":{"email":"ben@example.org"}`, lines)
		give := func(o orderSeen, body string) answer {
			return d.call(d.member, "POST", prefix+"orders/"+o.ID+"/lines/"+o.Lines[0].ID+"/keys", body)
		}
		keys := func(a answer) (string, string) {
			t.Helper()
			var out struct{ Data orderSeen }
			a.into(t, &out)
			if a.status != 200 {
				t.Fatalf("%d %s", a.status, a.body)
			}
			return strings.Join(out.Data.Lines[0].LicenseKeys, " "), out.Data.Lines[0].Status
		}
		d.refused(give(a, `{}`), 409, "conflict") // nothing in stock
		if got, status := keys(give(b, `{"keys":["HAND-1"]}`)); got != "HAND-1" || status != "active" {
			t.Errorf("%s, %s", got, status)
		}
		if got, _ := keys(give(b, `{"keys":["HAND-1"]}`)); got != "HAND-1" {
			t.Errorf("twice: %s", got)
		}
		d.refused(give(a, `{"keys":["HAND-2","HAND-1"]}`), 409, "conflict")
		if got := d.list("license-keys?q=HAND-2").Data; len(got) != 0 {
			t.Errorf("a refused call left %v", got)
		}
		d.call(d.admin, "POST", prefix+"license-keys", `{"keys":["STOCK-1","STOCK-2","STOCK-3"],"tag":"drums"}`)
		if got, _ := keys(give(b, ``)); got != "HAND-1 STOCK-1" {
			t.Errorf("from stock: %s", got)
		}
		if got, _ := keys(give(b, ``)); got != "HAND-1 STOCK-1" {
			t.Errorf("from stock, twice: %s", got)
		}
		for _, body := range []string{`{"keys":[""]}`, `{"keys":["X","X"]}`, `{"keys":[" X"]}`} {
			d.refused(give(a, body), 400, "validation_error")
		}
	})
}

// A canceled order stays canceled, a failed line may be tried again, others not.
func TestCancelAndRetry(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		product := d.product("Drums")
		o := d.place(`"customer":{"email":"ana@example.org"}`, `[{"digital_product_id":"`+product+`"},{"digital_product_id":"`+product+`"}]`)
		path := prefix + "orders/" + o.ID
		status := func() string {
			got := d.show(o.ID)
			return got.Lines[0].Status + " " + got.Lines[1].Status
		}
		d.refused(d.call(d.member, "POST", path+"/lines/"+o.Lines[0].ID+"/retry", ``), 409, "conflict")
		for range 2 {
			if a := d.call(d.member, "POST", path+"/cancel", `{"reason":"Ordered twice","line_ids":["`+o.Lines[1].ID+`"]}`); a.status != 200 || status() != "active canceled" {
				t.Fatalf("%d %s", a.status, a.body)
			}
		}
		d.refused(d.call(d.member, "POST", path+"/cancel", `{"line_ids":["`+product+`"]}`), 404, "not_found")
		for range 2 {
			if a := d.call(d.member, "POST", path+"/cancel", ``); a.status != 200 || status() != "canceled canceled" {
				t.Fatalf("%d %s", a.status, a.body)
			}
		}
		if n := strings.Count(strings.Join(d.kinds(d.admin, o.ID), " "), "access.disabled"); n != 1 {
			t.Errorf("access was closed %d times", n)
		}
	})
}

// The filters of the desk, alone and together.
func TestOrderListDesk(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		drums, _, orders := seventh(d)
		d.call(d.admin, "POST", prefix+"orders/"+orders[1].ID+"/access", `{"access":"disabled"}`)
		d.call(d.admin, "POST", prefix+"orders/"+orders[3].ID+"/cancel", ``)
		for query, want := range map[string]string{
			"search=ana@":                                   "Été-1 #1005 #1003 #1001",
			"search=été":                                    "Été-1",
			"search=%231003":                                "#1003",
			"search=50%25":                                  "WEB_50%",
			"search=_":                                      "WEB_50%",
			"search=ben@example.org&limit=2":                "#1006 WEB_50%",
			"search=nothing":                                "",
			"dl_access=disabled":                            "#1006 WEB_50% #1002",
			"dl_access=enabled":                             "Été-1 #1005 #1003 #1001",
			"line_status=canceled":                          "#1006 WEB_50%",
			"line_status=active":                            "Été-1 #1002",
			"line_status=unpaid,active":                     "Été-1 #1005 #1003 #1002 #1001",
			"source=native&line_status=active":              "Été-1 #1002",
			"source=shopify":                                "",
			"created_from=2026-01-07&sort=id":               "#1003 WEB_50% #1005 #1006 Été-1",
			"created_from=2026-01-07&created_to=2026-01-09": "WEB_50% #1003",
			"financial_status=PENDING,EXPIRED":              "#1006 #1001",
			"search=ana@&digital_product_id=" + drums + "&financial_status=PAID": "Été-1",
		} {
			if got := d.list("orders?" + query).names("name"); got != want {
				t.Errorf("%s: %s, want %s", query, got, want)
			}
		}
		page := d.list("orders?search=example&limit=3")
		rest := d.list("orders?search=example&limit=10&cursor=" + url.QueryEscape(*page.Pagination.NextCursor))
		if got := page.names("name") + " " + rest.names("name"); got != "Été-1 #1006 #1005 WEB_50% #1003 #1002 #1001" {
			t.Errorf("in pages: %s", got)
		}
		for _, query := range []string{"search=" + strings.Repeat("x", 121), "source=moon", "dl_access=x", "line_status=gone", "created_from=x"} {
			d.refused(d.call(d.member, "GET", prefix+"orders?"+query, ""), 400, "validation_error")
		}
	})
}

// Customers, what they spent, and their orders.
func TestCustomers(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		product := d.product("Drums", `"price_cents":1000`)
		lines := `[{"digital_product_id":"` + product + `","quantity":2}]`
		o := d.place(`"customer":{"email":"Ana@Example.org","firstname":"Ana","lastname":"Nunez"}`, lines)
		d.place(`"customer":{"email":"ana@example.org"}`, lines, `"financial_status":"PENDING"`)
		d.place(`"customer":{"email":"ben@example.org"}`, lines)
		d.call(d.admin, "POST", prefix+"orders/"+o.ID+"/refunds", `{"lines":[{"line_id":"`+o.Lines[0].ID+`","quantity":1}]}`)
		for query, want := range map[string]string{"": "ben@example.org Ana@Example.org", "?search=NUNEZ": "Ana@Example.org", "?search=ben@": "ben@example.org", "?search=x@": "", "?sort=id&limit=1": "Ana@Example.org"} {
			if got := d.list("customers" + query).names("email"); got != want {
				t.Errorf("%s: %s, want %s", query, got, want)
			}
		}
		ana := d.list("customers?search=ana@example.org").Data[0]
		spent := ana["spent"].([]any)
		if ana["orders"] != 2.0 || len(spent) != 1 || spent[0].(object)["cents"] != 1000.0 || ana["last_order_at"] == nil {
			t.Errorf("%v", ana)
		}
		id := ana["id"].(string)
		if got := d.list("customers/" + id + "/orders").names("name"); got != "#1002 #1001" {
			t.Errorf("her orders: %s", got)
		}
		if _, err := d.backend.Auth.SignIn(t.Context(), d.shop.ID, "ana@example.org", ""); err != nil {
			t.Fatal(err)
		}
		sessions := func() int {
			var out struct{ Data struct{ Sessions []object } }
			d.call(d.member, "GET", prefix+"customers/"+id, "").into(t, &out)
			return len(out.Data.Sessions)
		}
		if _, err := d.backend.Auth.SignIn(t.Context(), d.shop.ID, "ana@example.org", "Mozilla/5.0 (Windows NT 10.0) Firefox/133.0"); err != nil {
			t.Fatal(err)
		}
		if n := sessions(); n != 2 {
			t.Errorf("%d sessions", n)
		}
		var whole struct{ Data struct{ Sessions []object } }
		d.call(d.member, "GET", prefix+"customers/"+id, "").into(t, &whole)
		newest := whole.Data.Sessions[0]
		if newest["browser"] != "Firefox" || newest["system"] != "Windows" || whole.Data.Sessions[1]["browser"] != nil {
			t.Errorf("%v", whole.Data.Sessions)
		}
		ben := d.list("customers?search=ben@").Data[0]["id"].(string)
		if a := d.call(d.member, "DELETE", prefix+"customers/"+ben+"/sessions/"+newest["id"].(string), ""); a.status != 204 || sessions() != 2 {
			t.Errorf("another's session: %d %s, %d sessions", a.status, a.body, sessions())
		}
		for range 2 {
			if a := d.call(d.member, "DELETE", prefix+"customers/"+id+"/sessions/"+newest["id"].(string), ""); a.status != 204 || sessions() != 1 {
				t.Errorf("%d %s, %d sessions", a.status, a.body, sessions())
			}
		}
		for range 2 {
			if a := d.call(d.member, "DELETE", prefix+"customers/"+id+"/sessions", ""); a.status != 204 || sessions() != 0 {
				t.Errorf("%d %s, %d sessions", a.status, a.body, sessions())
			}
		}
	})
}

// The checklist ticks by what happens, and stays ticked.
func TestChecklist(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		done := func() string {
			var out struct {
				Data struct {
					Items []struct {
						Key  string
						Done bool
					}
				}
			}
			d.call(d.member, "GET", prefix+"checklist", "").into(t, &out)
			var keys []string
			for _, i := range out.Data.Items {
				if i.Done {
					keys = append(keys, i.Key)
				}
			}
			return strings.Join(keys, " ")
		}
		for _, call := range [][2]string{{"checklist/storage", ""}, {"checklist/mail", `{"to":"owner@example.org"}`}} {
			if a := d.call(d.admin, "POST", prefix+call[0], call[1]); a.status >= 300 {
				t.Fatalf("%s: %d %s", call[0], a.status, a.body)
			}
		}
		d.refused(d.call(d.admin, "POST", prefix+"checklist/mail", `{"to":"x"}`), 400, "validation_error")
		file := d.file(d.admin)
		d.made(d.admin, "/digital-products", `{"name":"x","file_ids":["`+file+`"]}`, "id")
		for range 2 {
			if got := done(); !strings.HasPrefix(got, "mail storage product") || strings.Contains(got, "order") || strings.Contains(got, "webhook") {
				t.Errorf("done: %s", got)
			}
		}
	})
}

// One search over everything, each thing by what it is known by.
func TestSearch(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		product := d.product("Studio Drums", `"access":"LICENSE_KEY"`, `"license_key_mode":"GENERATED"`)
		o := d.place(`"customer":{"email":"ana@example.org","firstname":"Ana","lastname":"Stone"}`, `[{"digital_product_id":"`+product+`"}]`, `"external_reference":"WEB-77"`)
		key := o.Lines[0].LicenseKeys[0]
		d.file(d.admin)
		found := func(token, q string) string {
			var out struct {
				Data map[string][]struct{ ID, Title, Subtitle string }
			}
			d.call(token, "GET", prefix+"search?q="+url.QueryEscape(q), "").into(t, &out)
			var s []string
			for _, sort := range []string{"orders", "customers", "products", "files", "license_keys"} {
				for _, h := range out.Data[sort] {
					s = append(s, sort+":"+h.Title)
				}
			}
			return strings.Join(s, " ")
		}
		for q, want := range map[string]string{
			"#1001": "orders:#1001", "web-77": "", "WEB-77": "orders:#1001", "ana@": "orders:#1001 customers:ana@example.org", "stone": "customers:ana@example.org",
			"drums": "products:Studio Drums", "a.txt": "files:a.txt", key[:8]: "license_keys:" + key, strings.ToLower(key[:8]): "license_keys:" + key, "zz": "",
		} {
			if got := found(d.member, q); got != want {
				t.Errorf("%s: %s, want %s", q, got, want)
			}
		}
		if got := found(d.sandbox, "ana@"); got != "" {
			t.Errorf("the sandbox finds %s", got)
		}
		d.refused(d.call(d.member, "GET", prefix+"search?q=x", ""), 400, "validation_error")
		d.refused(d.call(d.member, "GET", prefix+"search", ""), 400, "validation_error")
	})
}

// What needs a hand is told, and no more once it is mended.
func TestOverviewAttention(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		kinds := func(token string) string {
			var out struct {
				Data struct {
					Attention []struct{ Kind, Title string }
					Series    []object
				}
			}
			a := d.call(token, "GET", prefix+"overview", "")
			a.into(t, &out)
			if len(out.Data.Series) != 28 {
				t.Fatalf("%d %s", a.status, a.body)
			}
			var s []string
			for _, x := range out.Data.Attention {
				s = append(s, x.Kind)
			}
			return strings.Join(s, " ")
		}
		if got := kinds(d.admin); got != "" {
			t.Errorf("of nothing: %s", got)
		}
		pool := d.product("Drums", `"access":"LICENSE_KEY"`, `"license_key_tag":"drums"`)
		d.place(`"customer":{"email":"ana@example.org"}`, `[{"digital_product_id":"`+pool+`"}]`)
		held := d.place(`"customer":{"email":"ben@example.org"}`, `[{"digital_product_id":"`+d.product("Bass")+`"}]`, `"risk_level":"HIGH"`)
		e := purvey.StoreEvent{Source: purvey.SourceShopify, Topic: "orders/paid", Body: []byte(`{}`)}
		if err := d.backend.Orders.Receive(t.Context(), purvey.Scope{ShopID: d.shop.ID, Mode: purvey.Live}, e); err != nil {
			t.Fatal(err)
		}
		if got := kinds(d.admin); got != "keys_out held_order" {
			t.Errorf("before: %s", got)
		}
		d.call(d.admin, "POST", prefix+"license-keys", `{"keys":["A","B","C"],"tag":"drums"}`)
		d.call(d.admin, "PATCH", prefix+"orders/"+held.ID, `{"risk_level":"LOW"}`)
		if got := kinds(d.admin); got != "keys_low" {
			t.Errorf("after: %s", got)
		}
		for _, query := range []string{"start=x", "granularity=year", "start=2026-01-05&end=2026-01-01", "start=2000-01-01&granularity=hour"} {
			d.refused(d.call(d.admin, "GET", prefix+"overview?"+query, ""), 400, "validation_error")
		}
	})
}
