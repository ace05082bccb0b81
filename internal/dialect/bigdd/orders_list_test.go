package bigdd

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

var vendorOrder = strings.Fields(`id name gid currency financial_status fulfillment_status risk_level dl_access is_imported customer lines created_at updated_at`)

var nativeOrder = strings.Fields(`uuid external_reference order_number source type mode total_cents is_held`)

var vendorLine = strings.Fields(`id delivering_type quantity gid price_cents digital_product license_keys`)

var nativeLine = strings.Fields(`line_number status refunded_quantity expires_at ends_at cancel_reason`)

// listing is a page of a list.
type listing struct {
	Data       []object
	Pagination struct {
		HasMore    *bool   `json:"has_more"`
		NextCursor *string `json:"next_cursor"`
	}
}

// list gets a page.
func (s *shelf) list(path string) listing {
	s.t.Helper()
	a := s.call(s.member, "GET", prefix+path, "")
	var l listing
	a.into(s.t, &l)
	var raw map[string]json.RawMessage
	a.into(s.t, &raw)
	if a.status != 200 || len(raw) != 2 || l.Data == nil || l.Pagination.HasMore == nil || *l.Pagination.HasMore != (l.Pagination.NextCursor != nil) ||
		!strings.Contains(string(raw["pagination"]), `"next_cursor"`) {
		s.t.Fatalf("GET %s: %d %s", path, a.status, a.body)
	}
	return l
}

// names gives one member of each row.
func (l listing) names(member string) string {
	var out []string
	for _, r := range l.Data {
		out = append(out, fmt.Sprint(r[member]))
	}
	return strings.Join(out, " ")
}

// seventh is a shop with seven orders, a day apart, and two products.
func seventh(d *desk) (drums, bass string, orders []orderSeen) {
	drums, bass = d.product("Drums", `"price_cents":2900`, `"cover_url":"https://cdn.example.org/drums.png"`), d.product("Bass")
	for i, more := range [][]string{
		{`"financial_status":"PENDING"`}, {`"financial_status":"PAID"`}, {`"financial_status":"AUTHORIZED"`}, {`"name":"WEB_50%"`},
		{`"financial_status":"PARTIALLY_PAID"`, `"risk_level":"LOW"`, `"gid":"gid://shopify/Order/55"`}, {`"financial_status":"EXPIRED"`}, {`"name":"Été-1"`},
	} {
		lines := `[{"digital_product_id":"` + drums + `","quantity":2,"price_cents":1500,"gid":"gid://shopify/LineItem/9"}]`
		if i%3 == 1 {
			lines = `[{"digital_product_id":"` + bass + `"},{"digital_product_id":"` + drums + `"}]`
		}
		customer := `"customer":{"email":"Ana@Example.org","firstname":"Ana"}`
		if i%2 == 1 {
			customer = `"customer":{"email":"ben@example.org","firstname":"Ben","lastname":"Núñez","locale":"pt-BR","gid":"gid://shopify/Customer/77"}`
		}
		orders = append(orders, d.place(customer, lines, more...))
		d.clock.Advance(24 * time.Hour)
	}
	return drums, bass, orders
}

// BDD-04: every filter, alone and together, and what is refused. The clock
// begins at noon on 5 January 2026.
func TestBDD04_OrderList(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		drums, bass, orders := seventh(d)
		all := make([]string, 7)
		for i, o := range orders {
			all[6-i] = o.Name
		}
		if got := d.list("orders").names("name"); got != strings.Join(all, " ") || got != "Été-1 #1006 #1005 WEB_50% #1003 #1002 #1001" {
			t.Errorf("newest first: %s", got)
		}
		for query, want := range map[string]string{
			"sort=id":          "#1001 #1002 #1003 WEB_50% #1005 #1006 Été-1",
			"sort=created_at":  "#1001 #1002 #1003 WEB_50% #1005 #1006 Été-1",
			"sort=-created_at": "Été-1 #1006 #1005 WEB_50% #1003 #1002 #1001",
			"sort=-id&limit=2": "Été-1 #1006",
			// Dates: from this moment on, and before this moment.
			"created_after=2026-01-10T12:00:00.000Z":                                 "Été-1 #1006",
			"created_after=2026-01-10T12:00:00.001Z":                                 "Été-1",
			"created_after=2026-01-10T14:00:00%2B02:00":                              "Été-1 #1006",
			"created_after=2026-01-10T14:00:00+02:00":                                "Été-1 #1006",
			"created_after=2026-01-11":                                               "Été-1",
			"created_before=2026-01-06T12:00:00Z":                                    "#1001",
			"created_before=2026-01-06T12:00:00.001Z":                                "#1002 #1001",
			"created_before=2026-01-07":                                              "#1002 #1001",
			"created_after=2026-01-06T12:00:00Z&created_before=2026-01-08T12:00:00Z": "#1003 #1002",
			"created_after=2026-01-08&created_before=2026-01-08":                     "",
			"created_after=2026-01-09&created_before=2026-01-06":                     "",
			// Arrays in three forms; several values are alternatives.
			"financial_status=PENDING":                                     "#1001",
			"financial_status=PENDING&financial_status=EXPIRED":            "#1006 #1001",
			"financial_status[]=PENDING&financial_status[]=EXPIRED":        "#1006 #1001",
			"financial_status%5B%5D=PENDING&financial_status%5B%5D=VOIDED": "#1001",
			"financial_status=PENDING,EXPIRED,AUTHORIZED":                  "#1006 #1003 #1001",
			"financial_status=PENDING%2CEXPIRED":                           "#1006 #1001",
			"financial_status=REFUNDED":                                    "",
			"financial_status=":                                            strings.Join(all, " "),
			"digital_product_id=" + bass:                                   "#1005 #1002",
			"digital_product_id=" + bass + "," + drums:                     strings.Join(all, " "),
			"digital_product_id[]=" + bass + "&digital_product_id[]=none":  "#1005 #1002",
			"digital_product_id=000000000000000000000000":                  "",
			"digital_product_id=odd%20form":                                "",
			// The address: whole, any case, outer space aside.
			"customer_email=ben@example.org":      "#1006 WEB_50% #1002",
			"customer_email=%20BEN%40example.ORG": "#1006 WEB_50% #1002",
			"customer_email=ana@example.org":      "Été-1 #1005 #1003 #1001",
			"customer_email=ben@example":          "",
			// The name: a part, any case, the # may be left out.
			"q=%231005": "#1005", "q=1005": "#1005", "q=%2310": "#1006 #1005 #1003 #1002 #1001", "q=web": "WEB_50%", "q=%23web": "WEB_50%",
			"q=_5": "WEB_50%", "q=0%25": "WEB_50%", "q=%C3%A9T%C3%A9": "Été-1", "q=%20": strings.Join(all, " "), "q=": strings.Join(all, " "), "q=%5C": "",
			"q=" + strings.Repeat("x", 120): "",
			// Different filters must all match; what is unknown is ignored.
			"financial_status=PAID&customer_email=ben@example.org":           "WEB_50% #1002",
			"digital_product_id=" + bass + "&customer_email=ben@example.org": "#1002",
			"q=100&created_after=2026-01-08&financial_status=EXPIRED":        "#1006",
			"colour=red&q=1006": "#1006",
			"q=100&sort=id&limit=3&customer_email=ana@example.org":             "#1001 #1003 #1005",
			"financial_status=PAID&financial_status[]=PENDING&sort=created_at": "#1001 #1002 WEB_50% Été-1",
		} {
			if got := d.list("orders?" + query).names("name"); got != want {
				t.Errorf("?%s: %s, want %s", query, got, want)
			}
		}
		for query, field := range map[string]string{
			"created_after=yesterday": "created_after", "created_before=2026-13-01": "created_before", "created_after=": "created_after",
			"financial_status=paid": "financial_status", "financial_status=PAID,KEPT": "financial_status", "include=lines": "include",
			"q=" + strings.Repeat("é", 121): "q", "limit=0": "limit", "limit=101": "limit", "limit=1.5": "limit", "sort=name": "sort",
			"cursor=%7B%7D": "cursor",
		} {
			d.field("GET", "orders?"+query, "", field)
		}
		// A whole order is shown, all its lines.
		for _, r := range d.list("orders?digital_product_id=" + bass).Data {
			if len(r["lines"].([]any)) != 2 {
				t.Errorf("a part of an order: %v", r)
			}
		}
	})
}

// BDD-05: all fields of an order, and what must be asked for.
func TestBDD05_Order(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		drums, _, orders := seventh(d)
		goods := d.store("kit.zip", "kit")
		key := d.product("Synth", `"access":"FILE_WITH_LICENCE_KEY"`, `"license_key_tag":"synth"`, `"file_ids":["`+goods+`"]`, `"price_cents":4900`)
		d.stock("synth", "SYNTH-1", "SYNTH-2", "SYNTH-3")
		made := d.place(`"customer":{"email":"eva@example.org","firstname":"Eva","locale":"de"}`,
			`[{"digital_product_id":"`+key+`","quantity":2},{"digital_product_id":"`+drums+`"}]`, `"currency":"EUR"`)
		var got object
		d.ok(200, "GET", "orders/"+made.ID, "", &got)
		if odd := keys(got, slices.Concat(vendorOrder, nativeOrder)...); odd != "" {
			t.Errorf("order: %s", odd)
		}
		customer, lines := got["customer"].(object), got["lines"].([]any)
		first := lines[0].(object)
		if odd := keys(customer, "id", "email", "firstname", "lastname", "gid", "locale"); odd != "" {
			t.Errorf("customer: %s", odd)
		}
		if odd := keys(first, slices.Concat(vendorLine, nativeLine)...); odd != "" {
			t.Errorf("line: %s", odd)
		}
		for name, want := range map[string]any{
			"currency": "EUR", "financial_status": "PAID", "dl_access": "enabled", "is_imported": false, "gid": nil, "risk_level": nil,
			"external_reference": nil, "type": nil, "mode": "live", "source": "native", "total_cents": 2*4900.0 + 2900, "fulfillment_status": "FULFILLED",
			"created_at": "2026-01-12T12:00:00.000Z", "updated_at": "2026-01-12T12:00:00.000Z", "name": "#1006",
		} {
			if name == "name" {
				want = "#" + fmt.Sprint(got["order_number"])
			}
			if got[name] != want {
				t.Errorf("%s is %v, want %v", name, got[name], want)
			}
		}
		if customer["email"] != "eva@example.org" || customer["lastname"] != nil || customer["gid"] != nil || customer["locale"] != "de" {
			t.Errorf("customer: %v", customer)
		}
		if fmt.Sprint(first["license_keys"]) != "[SYNTH-1 SYNTH-2]" || fmt.Sprint(lines[1].(object)["license_keys"]) != "[]" ||
			fmt.Sprint(first["digital_product"]) != "map[id:"+key+" name:Synth]" || first["price_cents"] != 4900.0 || first["quantity"] != 2.0 {
			t.Errorf("line: %v", first)
		}
		// The name that the product had at purchase stays.
		d.ok(200, "PATCH", "digital-products/"+key, `{"name":"Synth 2","is_archived":true}`, nil)
		if o := d.show(made.ID); o.Lines[0].DigitalProduct.Name != "Synth" {
			t.Errorf("renamed: %+v", o.Lines[0])
		}

		// What must be asked for, in each form of an array.
		for _, query := range []string{"include=product,downloads", "include=product&include=downloads", "include[]=downloads&include[]=product"} {
			for _, path := range []string{"orders/" + orders[0].ID + "?" + query, "orders?q=1001&" + query} {
				var line object
				if strings.Contains(path, "q=") {
					line = d.list(path).Data[0]["lines"].([]any)[0].(object)
				} else {
					d.ok(200, "GET", path, "", &got)
					line = got["lines"].([]any)[0].(object)
				}
				if fmt.Sprint(line["product"]) != "map[image:https://cdn.example.org/drums.png title:Drums]" || fmt.Sprint(line["downloads"]) != "[]" {
					t.Errorf("%s: %v", path, line)
				}
			}
		}
		for _, id := range []string{"000000000000000000000000", "x", "%20", "abc123def456ghi789jkl012", strings.Repeat("9", 3000), made.UUID, "..%2Fx"} {
			d.refused(d.call(d.member, "GET", prefix+"orders/"+id, ""), 404, "not_found")
		}
		d.field("GET", "orders/"+made.ID+"?include=mails", "", "include")
	})
}

// BDD-24, BDD-25, BDD-26: while orders and keys are added, walking through
// them by cursor, raw or encoded, shows each that was there exactly once, in
// all four sorts.
func TestBDD25_OrdersAndKeysAreWalkedWhileTheyGrow(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		drums := d.product("Drums")
		n := 0
		grow := map[string]func(){
			"orders": func() { d.buy(drums) },
			"license-keys": func() {
				n++
				d.stock("", fmt.Sprintf("K-%04d", n))
			},
		}
		for path, add := range grow {
			for i := range 11 {
				add()
				if i%4 == 3 { // four share an instant
					d.clock.Advance(time.Millisecond)
				}
			}
			for _, sort := range []string{"", "-id", "id", "created_at", "-created_at"} {
				there := idsOf(d.list(path + "?limit=100").Data)
				query, seen := "limit=3", []string{}
				if sort != "" {
					query += "&sort=" + sort
				}
				for turn := 0; ; turn++ {
					l := d.list(path + "?" + query)
					seen = append(seen, idsOf(l.Data)...)
					add()
					d.clock.Advance(time.Microsecond)
					if !*l.Pagination.HasMore || turn > 60 {
						break
					}
					cursor := *l.Pagination.NextCursor
					if turn%2 == 0 {
						cursor = url.QueryEscape(cursor)
					}
					query = "limit=3&cursor=" + cursor
					if turn%3 == 0 && sort != "" {
						query += "&sort=" + sort
					}
				}
				sorted := slices.Clone(seen)
				slices.Sort(sorted)
				sorted = slices.Compact(sorted)
				if sort != "id" && sort != "created_at" {
					slices.Reverse(sorted)
				}
				if !slices.Equal(seen, sorted) {
					t.Errorf("%s sort %q: repeated or out of order: %v", path, sort, seen)
				}
				for _, id := range there {
					if !slices.Contains(seen, id) {
						t.Errorf("%s sort %q: %s was skipped", path, sort, id)
					}
				}
				if down := sort == "" || sort[0] == '-'; down && len(seen) != len(there) {
					t.Errorf("%s sort %q: %d rows, %d were there", path, sort, len(seen), len(there))
				}
			}
			// A cursor is kept to its sort.
			cursor := *d.list(path + "?limit=1&sort=id").Pagination.NextCursor
			d.field("GET", path+"?cursor="+cursor+"&sort=-id", "", "sort")
		}
		if got := len(d.list("orders").Data); got != 50 {
			t.Errorf("%d orders are on a page by default, want 50", got)
		}
	})
}
