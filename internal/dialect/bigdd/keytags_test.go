package bigdd

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

// tags gives the stock by tag as "tag free/assigned/burnt/waiting products".
func (d *desk) tags() string {
	d.t.Helper()
	var rows []keyTagWire
	d.ok(200, "GET", "license-key-tags", "", &rows)
	var out []string
	for _, r := range rows {
		var names []string
		for _, p := range r.Products {
			names = append(names, p.Name)
		}
		out = append(out, fmt.Sprintf("%s %d/%d/%d/%d %s", r.Tag, r.Free, r.Assigned, r.Burnt, r.Waiting, strings.Join(names, ",")))
	}
	return strings.Join(out, "; ")
}

func TestStockByTags(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		if got := d.tags(); got != "" {
			t.Errorf("nothing is %q", got)
		}
		d.stock("pro", "PRO-1", "PRO-2", "PRO-3")
		d.stock("", "BARE-1")
		pro := d.product("Pro", `"access":"LICENSE_KEY"`, `"license_key_tag":"pro"`)
		d.product("Later", `"access":"FILE_WITH_LICENCE_KEY"`, `"license_key_tag":"to come"`)
		d.product("Files", `"license_key_tag":"x"`)
		o := d.place(`"customer":{"email":"ana@example.org"}`, `[{"digital_product_id":"`+pro+`","quantity":2}]`)
		if got, want := d.tags(), " 1/0/0/0 ; pro 1/2/0/0 Pro; to come 0/0/0/0 Later"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
		d.ok(200, "POST", "orders/"+o.ID+"/refunds", `{"lines":[{"line_id":"`+o.Lines[0].ID+`","quantity":1}]}`, nil)
		d.clock.Advance(2 * time.Minute) // so that the keys are counted once and for all
		scope := purvey.Scope{ShopID: d.shop.ID, Mode: purvey.Live}
		for range 2 {
			if err := d.db.Tx(t.Context(), func(tx *store.Tx) error { return tx.CountKeys(t.Context(), scope) }); err != nil {
				t.Fatal(err)
			}
		}
		waiting := d.place(`"customer":{"email":"leo@example.org"}`, `[{"digital_product_id":"`+pro+`","quantity":3}]`)
		d.clock.Advance(time.Second)
		d.place(`"customer":{"email":"eve@example.org"}`, `[{"digital_product_id":"`+pro+`"}]`)
		d.place(`"customer":{"email":"bad@example.org"}`, `[{"digital_product_id":"`+pro+`"}]`, `"risk_level":"HIGH"`)
		free := d.stock("pro-2", "PRO-9")
		d.ok(200, "DELETE", "license-keys/"+free[0].ID, "", nil)
		d.ok(200, "DELETE", "license-keys/"+d.list("license-keys?tag=").Data[0]["id"].(string), "", nil)
		if got, want := d.tags(), "pro 0/2/1/3 Pro; to come 0/0/0/0 Later"; got != want {
			t.Errorf("%q, want %q", got, want)
		}

		l := d.list("license-keys/waiting?limit=1")
		if len(l.Data) != 1 || l.Data[0]["customer_email"] != "leo@example.org" || l.Data[0]["owed"] != 2.0 || l.Data[0]["line_id"] != waiting.Lines[0].ID ||
			fmt.Sprint(l.Data[0]["order"]) != fmt.Sprintf("map[id:%s name:%s]", waiting.ID, waiting.Name) || l.Data[0]["tag"] != "pro" {
			t.Fatalf("%v", l.Data)
		}
		l = d.list("license-keys/waiting?tag=pro&cursor=" + url.QueryEscape(*l.Pagination.NextCursor))
		if l.names("customer_email") != "eve@example.org" {
			t.Errorf("%v", l.Data)
		}
		if l := d.list("license-keys/waiting?tag="); len(l.Data) != 0 {
			t.Errorf("%v", l.Data)
		}
		if l := d.list("license-keys/waiting?sort=-id"); l.names("customer_email") != "eve@example.org leo@example.org" {
			t.Errorf("%v", l.Data)
		}

		// New stock waits for its job; a person may be quicker. Twice gives no more.
		d.stock("pro", "NEW-1", "NEW-2")
		var given struct {
			Served int
			Still  int `json:"still_waiting"`
		}
		d.ok(200, "POST", "license-key-tags/pro/serve", "", &given)
		if given.Served != 2 || given.Still != 1 || len(d.show(waiting.ID).Lines[0].LicenseKeys) != 3 {
			t.Errorf("%+v", given)
		}
		d.ok(200, "POST", "license-key-tags/pro/serve", "", &given)
		d.run()
		if given.Served != 0 || given.Still != 1 || d.tags() != "pro 0/4/1/1 Pro; to come 0/0/0/0 Later" {
			t.Errorf("%+v %s", given, d.tags())
		}
		d.ok(200, "POST", "license-key-tags/to%20come/serve", "{}", nil)
		d.refused(d.call(d.member, "POST", prefix+"license-key-tags/nothing/serve", ""), 404, "not_found")
		d.refused(d.call(d.member, "POST", prefix+"license-key-tags/-/serve", ""), 404, "not_found")
		d.stock("", "BARE-2")
		d.ok(200, "POST", "license-key-tags/-/serve", "", nil)
		d.refused(d.call(d.sandbox, "POST", prefix+"license-key-tags/pro-3/serve", ""), 404, "not_found")
	})
}

func TestKeysAreGenerated(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		pro := d.product("Pro", `"access":"LICENSE_KEY"`, `"license_key_tag":"pro"`)
		o := d.buy(pro)
		var made struct {
			Created int
			Keys    []keyWire
		}
		d.ok(201, "POST", "license-keys/generate", `{"tag":"pro","count":200}`, &made)
		form := regexp.MustCompile(`^[2-9A-HJ-NP-Z]{5}(-[2-9A-HJ-NP-Z]{5}){3}$`)
		seen := map[string]bool{}
		for _, k := range made.Keys {
			if !form.MatchString(k.Key) || *k.Tag != "pro" || k.Assigned || seen[k.Key] {
				t.Errorf("%+v", k)
			}
			seen[k.Key] = true
		}
		if made.Created != 200 || len(seen) != 200 {
			t.Errorf("%d made", made.Created)
		}
		d.run()
		if got := d.show(o.ID).Lines[0].LicenseKeys; len(got) != 1 || !seen[got[0]] {
			t.Errorf("who waited got %v", got)
		}
		d.ok(201, "POST", "license-keys/generate", `{"count":1,"pattern":"ÄB-xX1-XXXXXXXXXX-0"}`, &made)
		if k := made.Keys[0]; !regexp.MustCompile(`^ÄB-x[2-9A-HJ-NP-Z]1-[2-9A-HJ-NP-Z]{10}-0$`).MatchString(k.Key) || k.Tag != nil {
			t.Errorf("%+v", k)
		}
		d.ok(201, "POST", "license-keys/generate", `{"count":5000,"tag":null,"pattern":null}`, &made)
		if made.Created != 5000 {
			t.Error(made.Created)
		}
		a := d.call(d.member, "POST", prefix+"license-keys/generate", `{"count":3}`, "Idempotency-Key", "g")
		if again := d.call(d.member, "POST", prefix+"license-keys/generate", `{"count":3}`, "Idempotency-Key", "g"); a.status != 201 || a.body != again.body {
			t.Errorf("%s\n%s", a.body, again.body)
		}
		for body, field := range map[string]string{
			`{}`: "count", `{"count":0}`: "count", `{"count":5001}`: "count", `{"count":1,"pattern":"XXXXXXXXX"}`: "pattern",
			`{"count":1,"pattern":" XXXXXXXXXX"}`: "pattern", `{"count":1,"pattern":"` + strings.Repeat("X", 256) + `"}`: "pattern",
			`{"count":1,"tag":"` + strings.Repeat("x", 121) + `"}`: "tag",
		} {
			d.field("POST", "license-keys/generate", body, field)
		}
	})
}

// A search gives the keys in the order of their texts, page by page, whatever
// the case of the letters, and those of an order by its name.
func TestKeySearch(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		d.stock("a", "ABC-3", "abc-9", "ABC-1", "AbC-5", "ABCD", "AB-0", "X_1", "X%1", "ÜB-1")
		o := d.buy(d.product("Pro", `"access":"LICENSE_KEY"`, `"license_key_tag":"a"`))
		search := func(query string) (keys []string) {
			t.Helper()
			for cursor := ""; ; {
				l := d.list("license-keys?limit=2&search=" + query + "&cursor=" + url.QueryEscape(cursor))
				for _, r := range l.Data {
					keys = append(keys, r["key"].(string))
				}
				if l.Pagination.NextCursor == nil {
					return keys
				}
				cursor = *l.Pagination.NextCursor
			}
		}
		for query, want := range map[string]string{
			"abc": "ABC-1 ABC-3 ABCD abc-9", "ABC-": "ABC-1 ABC-3 abc-9", "AbC-5": "AbC-5", "BC": "", "x_": "X_1", "X%25": "X%1", "%C3%BCb": "ÜB-1",
			url.QueryEscape(o.Name): "ABC-3", strings.TrimPrefix(o.Name, "#"): "ABC-3", "abc&status=available": "ABC-1 ABCD abc-9", "abc&tag=b": "",
			"abc&status=assigned": "ABC-3", "%20%20": "ÜB-1 X%1 X_1 AB-0 ABCD AbC-5 ABC-1 abc-9 ABC-3",
		} {
			if got := strings.Join(search(query), " "); got != want {
				t.Errorf("search=%s: %s, want %s", query, got, want)
			}
		}
		for query, field := range map[string]string{
			"search=a&cursor=x": "cursor", "search=a&limit=0": "limit", "search=a&status=x": "status", "search=" + strings.Repeat("x", 121): "search",
		} {
			d.field("GET", "license-keys?"+query, "", field)
		}
	})
}

// A list that is put together from indexes has every key once, in order, over
// page limits.
func TestKeyListByState(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		for i := range 4 {
			tag := fmt.Sprint("t", i%2)
			d.stock(tag, fmt.Sprint("A", i), fmt.Sprint("B", i), fmt.Sprint("C", i))
			d.buy(d.product(fmt.Sprint("P", i), `"access":"LICENSE_KEY"`, `"license_key_tag":"`+tag+`"`))
		}
		var all []string
		for _, r := range d.list("license-keys?limit=100").Data {
			b, _ := json.Marshal(r)
			all = append(all, string(b))
		}
		for _, filter := range []string{"status=assigned", "status=available", "tag=t1", "tag=t0&status=available", "tag=t0&status=assigned", "tag=none"} {
			for _, sort := range []string{"-id", "id", "created_at", "-created_at"} {
				var want, got []string
				for _, text := range all {
					var r object
					_ = json.Unmarshal([]byte(text), &r)
					q, _ := url.ParseQuery(filter)
					if (q.Get("tag") == "" || r["tag"] == q.Get("tag")) && (q.Get("status") == "" || r["assigned"] == (q.Get("status") == "assigned")) {
						want = append(want, r["key"].(string))
					}
				}
				if !strings.HasPrefix(sort, "-") {
					slices.Reverse(want)
				}
				for cursor := ""; ; {
					l := d.list("license-keys?limit=2&sort=" + sort + "&" + filter + "&cursor=" + url.QueryEscape(cursor))
					for _, r := range l.Data {
						got = append(got, r["key"].(string))
					}
					if l.Pagination.NextCursor == nil {
						break
					}
					cursor = *l.Pagination.NextCursor
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s sort=%s: %v, want %v", filter, sort, got, want)
				}
			}
		}
	})
}

// Keys that are added and deleted while others are counted are counted right.
func TestKeysAreCountedAmongWriters(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		f := newFrame(t, db)
		d := &desk{shelf: &shelf{f, clock}}
		keys := d.stock("a", "K1", "K2", "K3", "K4", "K5", "K6")
		clock.Advance(2 * time.Minute)
		scope := purvey.Scope{ShopID: f.shop.ID, Mode: purvey.Live}
		done := make(chan error, 12)
		for i := range 6 {
			go func() {
				done <- db.Tx(t.Context(), func(tx *store.Tx) error { return tx.CountKeys(t.Context(), scope) })
			}()
			go func() { done <- f.backend.Licenses.Delete(t.Context(), scope, keys[i].ID) }()
		}
		for range 12 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if got := d.tags(); got != "" {
			t.Error(got)
		}
	})
}
