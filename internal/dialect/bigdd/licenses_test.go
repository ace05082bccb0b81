package bigdd

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// validate asks for a key's verdict.
func (d *desk) validate(key string) string {
	d.t.Helper()
	var v object
	d.ok(200, "GET", "license-keys/validate?key="+url.QueryEscape(key), "", &v)
	if odd := keys(v, "valid", "assigned", "tag", "order_name", "order_id"); odd != "" {
		d.t.Errorf("verdict: %s", odd)
	}
	return fmt.Sprintf("%v %v %v %v %v", v["valid"], v["assigned"], v["tag"], v["order_name"], v["order_id"])
}

// BDD-10: filters and fields.
func TestBDD10_KeyList(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		d.stock("photoshop-plugin", "PLUG-A", "PLUG-B", "plug_c")
		d.clock.Advance(time.Second)
		d.stock("photoshop-plugin-v3", "V3-A%")
		d.stock("", "BARE-A", "ÜBER-A")
		d.buy(d.product("Plugin", `"access":"LICENSE_KEY"`, `"license_key_tag":"photoshop-plugin"`))
		for query, want := range map[string]string{
			"":                                      "ÜBER-A BARE-A V3-A% plug_c PLUG-B PLUG-A",
			"sort=id":                               "PLUG-A PLUG-B plug_c V3-A% BARE-A ÜBER-A",
			"sort=created_at":                       "PLUG-A PLUG-B plug_c V3-A% BARE-A ÜBER-A",
			"sort=-created_at&limit=2":              "ÜBER-A BARE-A",
			"status=assigned":                       "PLUG-A",
			"status=available":                      "ÜBER-A BARE-A V3-A% plug_c PLUG-B",
			"tag=photoshop-plugin":                  "plug_c PLUG-B PLUG-A",
			"tag=Photoshop-plugin":                  "",
			"tag=":                                  "ÜBER-A BARE-A",
			"status=available&tag=photoshop-plugin": "plug_c PLUG-B",
			"q=plug":                                "plug_c PLUG-B PLUG-A",
			"q=PLUG_":                               "plug_c",
			"q=a%25":                                "V3-A%",
			"q=%C3%9CBER":                           "ÜBER-A",
			"q=plug&status=assigned":                "PLUG-A",
			"q=" + strings.Repeat("x", 120):         "",
		} {
			if got := d.list("license-keys?" + query).names("key"); got != want {
				t.Errorf("?%s: %s, want %s", query, got, want)
			}
		}
		for query, field := range map[string]string{
			"status=free": "status", "status=": "status", "q=" + strings.Repeat("x", 121): "q", "limit=0": "limit", "sort=key": "sort",
		} {
			d.field("GET", "license-keys?"+query, "", field)
		}
		row := d.list("license-keys?status=assigned").Data[0]
		if odd := keys(row, "id", "key", "tag", "assigned", "order_id", "order_name", "created_at", "updated_at"); odd != "" {
			t.Errorf("key: %s", odd)
		}
		if row["assigned"] != true || row["order_name"] != "#1001" || row["tag"] != "photoshop-plugin" || row["created_at"] != "2026-01-05T12:00:00.000Z" ||
			row["updated_at"] != "2026-01-05T12:00:01.000Z" {
			t.Errorf("%v", row)
		}
		free := d.list("license-keys?tag=&sort=id").Data[0]
		if free["assigned"] != false || free["order_id"] != nil || free["order_name"] != nil || free["tag"] != nil {
			t.Errorf("%v", free)
		}
	})
}

// BDD-11: three verdicts, always 200; only assignment decides.
func TestBDD11_Validate(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		p := d.product("Plugin", `"access":"LICENSE_KEY"`, `"license_key_tag":"plug"`)
		d.stock("plug", "Sold-1", "Free-1")
		d.stock("", "Bare", "a+b & c/d?=é")
		o := d.buy(p)
		sold := "true true plug " + o.Name + " " + o.ID
		for key, want := range map[string]string{
			"Sold-1": sold, "  Sold-1\t": sold, "Free-1": "true false plug <nil> <nil>", "Bare": "true false <nil> <nil> <nil>",
			"a+b & c/d?=é": "true false <nil> <nil> <nil>", "sold-1": "false false <nil> <nil> <nil>", "Sold-": "false false <nil> <nil> <nil>",
			"%": "false false <nil> <nil> <nil>", strings.Repeat("K", 5000): "false false <nil> <nil> <nil>",
		} {
			if got := d.validate(key); got != want {
				t.Errorf("%.20q: %s, want %s", key, got, want)
			}
		}
		for _, query := range []string{"", "?key=", "?key=%20%09", "?q=Sold-1"} {
			d.field("GET", "license-keys/validate"+query, "", "key")
		}
		// The path is no key's id.
		d.refused(d.call(d.member, "POST", prefix+"license-keys/validate", `{}`), 405, "method_not_allowed")

		// Neither payment nor access changes the verdict.
		d.ok(200, "POST", "orders/"+o.ID+"/access", `{"access":"disabled"}`, nil)
		if got := d.validate("Sold-1"); got != sold {
			t.Errorf("disabled: %s", got)
		}
		d.ok(200, "PATCH", "orders/"+o.ID, `{"financial_status":"REFUNDED"}`, nil)
		if got := d.validate("Sold-1"); got != sold {
			t.Errorf("refunded: %s", got)
		}
		id := d.list("license-keys?q=Sold-1").Data[0]["id"].(string)
		d.ok(200, "POST", "license-keys/"+id+"/unassign", ``, nil)
		if got := d.validate("Sold-1"); got != "true false plug <nil> <nil>" {
			t.Errorf("unassigned: %s", got)
		}
		// Of duplicates the assigned one answers, wherever it stands.
		var twice struct{ Keys []keyWire }
		d.ok(201, "POST", "license-keys", `{"keys":["Twin","Twin","Twin"],"duplicates":"create","tag":"twin"}`, &twice)
		if got := d.validate("Twin"); got != "true false twin <nil> <nil>" {
			t.Errorf("twins: %s", got)
		}
		for i, k := range twice.Keys {
			d.ok(200, "POST", "license-keys/"+k.ID+"/assign", `{"order_name":"`+o.Name+`"}`, nil)
			if got := d.validate("Twin"); got != "true true twin "+o.Name+" "+o.ID {
				t.Errorf("twin %d: %s", i, got)
			}
			d.ok(200, "POST", "license-keys/"+k.ID+"/unassign", ``, nil)
		}
	})
}

// BDD-13, BDD-40: by the order's name; which line; who wins.
func TestBDD13_Assign(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		file := d.product("File")
		pro := d.product("Pro", `"access":"LICENSE_KEY"`, `"license_key_tag":"pro"`)
		lite := d.product("Lite", `"access":"FILE_WITH_LICENCE_KEY"`, `"license_key_tag":"lite"`)
		key := func(tag string) keyWire { return d.stock(tag, "K-"+tag+"-"+fmt.Sprint(d.count("license-keys")))[0] }
		assign := func(k keyWire, body string) object {
			t.Helper()
			var got object
			d.ok(200, "POST", "license-keys/"+k.ID+"/assign", body, &got)
			return got
		}
		held := func(o orderSeen) string {
			t.Helper()
			var out []string
			for _, l := range d.show(o.ID).Lines {
				out = append(out, fmt.Sprint(len(l.LicenseKeys)))
			}
			return strings.Join(out, " ")
		}
		lines := `[{"digital_product_id":"` + file + `"},{"digital_product_id":"` + lite + `","quantity":2},{"digital_product_id":"` + pro + `"}]`
		o := d.place(`"customer":{"email":"ana@example.org"}`, lines, `"financial_status":"PENDING"`)

		k := key("pro")
		got := assign(k, `{"order_name":"`+o.Name+`"}`)
		if got["assigned"] != true || got["order_id"] != o.ID || got["order_name"] != o.Name || got["id"] != k.ID || got["key"] != k.Key || got["tag"] != "pro" {
			t.Errorf("%v", got)
		}
		if held(o) != "0 0 1" {
			t.Errorf("the line of the key's tag: %s", held(o))
		}
		assign(key("lite"), `{"order_name":"`+strings.TrimPrefix(o.Name, "#")+`"}`)
		assign(key("lite"), `{"order_name":" `+o.Name+` ","send_email":false}`)
		if held(o) != "0 2 1" {
			t.Errorf("the line of the key's tag: %s", held(o))
		}
		assign(key("pro"), `{"order_name":"`+o.Name+`"}`) // both lines of keys are full: the first that takes keys
		assign(key("other"), `{"order_name":"`+o.Name+`"}`)
		assign(key(""), `{"order_name":"`+o.Name+`"}`)
		if held(o) != "0 5 1" {
			t.Errorf("the first line that takes keys: %s", held(o))
		}
		plain := d.buy(file, `"name":"WEB-7"`)
		assign(key("pro"), `{"order_name":"web-7"}`)
		assign(key("pro"), `{"order_name":"#WEB-7"}`)
		if held(plain) != "2" {
			t.Errorf("the first line: %s", held(plain))
		}
		if n := len(d.hooks("license_key.assigned", o.ID)); n != 6 {
			t.Errorf("%d assignments were told of, want 6", n)
		}

		// A mail goes out only on request, whatever the payment.
		d.sent(o.ID, 0, 0, 0)
		k = key("pro")
		assign(k, `{"order_name":"`+o.Name+`","send_email":true}`)
		d.sent(o.ID, 0, 1, 1)
		if e := d.hooks("digital_order.delivered", o.ID)[0]; !strings.Contains(fmt.Sprint(e.Data["lines"]), k.Key) {
			t.Errorf("the event does not show the key: %v", e.Data["lines"])
		}

		// Conflicts and refusals.
		path := "license-keys/" + k.ID + "/assign"
		e := d.refused(d.call(d.member, "POST", prefix+path, `{"order_name":"`+plain.Name+`","send_email":true}`), 409, "conflict")
		if !strings.Contains(e.Error.Message, "assigned") {
			t.Error(e.Error.Message)
		}
		d.sent(plain.ID, 1, 1, 1)
		free := key("pro")
		for _, body := range []string{`{}`, `{"order_name":""}`, `{"order_name":null}`, `{"order_name":1001}`} {
			d.field("POST", "license-keys/"+free.ID+"/assign", body, "order_name")
		}
		d.field("POST", "license-keys/"+free.ID+"/assign", `{"order_name":"`+o.Name+`","send_email":"yes"}`, "send_email")
		d.refused(d.call(d.member, "POST", prefix+"license-keys/"+free.ID+"/assign", ``), 400, "validation_error")
		for _, name := range []string{"#9999", "", " ", "#", o.ID} {
			if name == "" {
				continue
			}
			d.refused(d.call(d.member, "POST", prefix+"license-keys/"+free.ID+"/assign", `{"order_name":"`+name+`"}`), 404, "not_found")
		}
		for _, id := range []string{"none", "000000000000000000000000"} {
			d.refused(d.call(d.member, "POST", prefix+"license-keys/"+id+"/assign", `{"order_name":"`+o.Name+`"}`), 404, "not_found")
		}

		// Many at once: one wins.
		var wg sync.WaitGroup
		statuses := make([]int, 12)
		for i := range statuses {
			wg.Go(func() {
				name := []string{o.Name, plain.Name}[i%2]
				statuses[i] = d.call(d.member, "POST", prefix+"license-keys/"+free.ID+"/assign", `{"order_name":"`+name+`"}`).status
			})
		}
		wg.Wait()
		won, lost := 0, 0
		for _, s := range statuses {
			switch s {
			case 200:
				won++
			case 409:
				lost++
			}
		}
		if won != 1 || lost != 11 {
			t.Errorf("answers %v, want one 200 and 409 for the others", statuses)
		}
	})
}

// count is how many rows a list has, up to 100.
func (s *shelf) count(path string) int {
	s.t.Helper()
	with := "?"
	if strings.Contains(path, "?") {
		with = "&"
	}
	return len(s.list(path + with + "limit=100").Data)
}

// BDD-14, BDD-15: back to stock, and out of it for good.
func TestBDD14_UnassignAndDelete(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		p := d.product("Pro", `"access":"LICENSE_KEY"`, `"license_key_tag":"pro"`)
		k := d.stock("pro", "PRO-1")[0]
		o := d.buy(p)
		path := "license-keys/" + k.ID
		e := d.refused(d.call(d.member, "DELETE", prefix+path, ""), 409, "conflict")
		if !strings.Contains(e.Error.Message, o.Name) {
			t.Error(e.Error.Message)
		}
		d.clock.Advance(time.Second)
		for i, body := range []string{"", "{}", ""} {
			var got keyWire
			d.ok(200, "POST", path+"/unassign", body, &got)
			if got.Assigned || got.OrderID != nil || got.OrderName != nil || got.ID != k.ID || *got.Tag != "pro" || got.UpdatedAt != "2026-01-05T12:00:01.000Z" {
				t.Errorf("%d: %+v", i, got)
			}
			d.clock.Advance(time.Second)
		}
		if got := d.show(o.ID); len(got.Lines[0].LicenseKeys) != 0 {
			t.Errorf("%+v", got.Lines[0])
		}
		d.sent(o.ID, 1, 1, 1) // nobody is told or mailed
		d.refused(d.call(d.member, "POST", prefix+"license-keys/none/unassign", ""), 404, "not_found")
		d.refused(d.call(d.member, "POST", prefix+path+"/unassign", "{"), 400, "validation_error")

		// A key in stock is sold again.
		again := d.buy(p)
		if fmt.Sprint(again.Lines[0].LicenseKeys) != "[PRO-1]" {
			t.Errorf("%+v", again.Lines[0])
		}
		d.ok(200, "POST", path+"/unassign", "", nil)
		if a := d.ok(200, "DELETE", path, "", nil); a.body != `{"data":{"id":"`+k.ID+`","deleted":true}}` {
			t.Error(a.body)
		}
		for _, call := range [][2]string{{"DELETE", path}, {"GET", path}, {"POST", path + "/unassign"}} {
			d.refused(d.call(d.member, call[0], prefix+call[1], ""), 404, "not_found")
		}
		if got := d.validate("PRO-1"); got != "false false <nil> <nil> <nil>" {
			t.Error(got)
		}
		d.refused(d.call(d.member, "PATCH", prefix+path, `{"key":"X"}`), 405, "method_not_allowed")
		d.refused(d.call(d.member, "PUT", prefix+path, `{"key":"X"}`), 405, "method_not_allowed")
		// A text that was deleted may be created again.
		if got := d.stock("pro", "PRO-1"); len(got) != 1 || got[0].ID == k.ID {
			t.Errorf("%+v", got)
		}
	})
}
