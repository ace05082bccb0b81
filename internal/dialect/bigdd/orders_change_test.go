package bigdd

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// BDD-06: disabled closes page, files and keys and nothing else; both ways,
// as often as one likes, without a mail.
func TestBDD06_Access(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		file := d.store("kit.zip", "the kit")
		p := d.product("Kit", `"access":"FILE_WITH_LICENCE_KEY"`, `"file_ids":["`+file+`"]`)
		d.stock("", "KIT-1", "KIT-2")
		o, other := d.buy(p), d.buy(p)
		page := d.page(o)
		access := func(value string) orderSeen {
			t.Helper()
			var got orderSeen
			d.ok(200, "POST", "orders/"+o.ID+"/access", `{"access":"`+value+`"}`, &got)
			return got
		}
		for range 2 {
			got := access("disabled")
			if got.DLAccess != "disabled" || got.FinancialStatus != "PAID" || got.Lines[0].Status != "paused" || len(got.Lines[0].LicenseKeys) != 1 {
				t.Errorf("disabled: %+v", got)
			}
		}
		if status, body := d.fetch(page); status != 403 || strings.Contains(body, "KIT-1") {
			t.Errorf("page: %d %s", status, body)
		}
		if status, _ := d.fetch(page + "/files/" + file); status != 403 {
			t.Errorf("file: %d", status)
		}
		if status, body := d.fetch(d.page(other)); status != 200 || !strings.Contains(body, "KIT-2") {
			t.Errorf("the other order: %d", status)
		}
		var v verdictWire
		if d.ok(200, "GET", "license-keys/validate?key=KIT-1", "", &v); !v.Valid || !v.Assigned || *v.OrderID != o.ID {
			t.Errorf("validate: %+v", v)
		}
		for range 2 {
			if got := access("enabled"); got.DLAccess != "enabled" || got.Lines[0].Status != "active" {
				t.Errorf("enabled: %+v", got)
			}
		}
		if status, body := d.fetch(page); status != 200 || !strings.Contains(body, "KIT-1") {
			t.Errorf("page: %d", status)
		}
		if status, body := d.fetch(page + "/files/" + file); status != 200 || body != "the kit" {
			t.Errorf("file: %d %q", status, body)
		}
		d.sent(o.ID, 1, 1, 1)
		if n := len(d.hooks("order.access_changed", o.ID)); n != 2 {
			t.Errorf("%d changes were told of, want 2", n)
		}
		for _, body := range []string{`{}`, `{"access":null}`, `{"access":"Enabled"}`, `{"access":""}`, `{"access":true}`} {
			d.field("POST", "orders/"+o.ID+"/access", body, "access")
		}
		for _, body := range []string{``, `[]`, `"disabled"`, `{"access":"disabled"`, `{"access":"disabled"}x`} {
			d.refused(d.call(d.member, "POST", prefix+"orders/"+o.ID+"/access", body), 400, "validation_error")
		}
		if d.show(o.ID).DLAccess != "enabled" {
			t.Error("a refused call changed something")
		}
		d.refused(d.call(d.member, "POST", prefix+"orders/"+other.ID[:23]+"/access", `{"access":"disabled"}`), 404, "not_found")
	})
}

// BDD-07: one line's counter begins again; what happened stays.
func TestBDD07_ResetDownloads(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		drums, bass := d.store("drums.wav", "drums"), d.store("bass.wav", "bass")
		limits := `"max_downloads":1,"download_in":10`
		o := d.place(`"customer":{"email":"ana@example.org"}`, `[{"digital_product_id":"`+d.product("Drums", `"file_ids":["`+drums+`"]`, limits)+
			`"},{"digital_product_id":"`+d.product("Bass", `"file_ids":["`+bass+`"]`, limits)+`"}]`)
		get := func(file string, want int) {
			t.Helper()
			d.clock.Advance(time.Minute)
			if status, _ := d.fetch(d.page(o) + "/files/" + file); status != want {
				t.Errorf("%s: %d, want %d", file, status, want)
			}
		}
		get(drums, 200)
		get(bass, 200)
		get(drums, 403)
		get(bass, 403)
		d.clock.Advance(time.Minute)
		var got orderSeen
		d.ok(200, "POST", "orders/"+o.ID+"/reset-downloads", `{"line_id":"`+o.Lines[0].ID+`"}`, &got)
		if got.ID != o.ID || len(got.Lines) != 2 {
			t.Errorf("%+v", got)
		}
		get(drums, 200)
		get(drums, 403)
		get(bass, 403) // the counter of one line alone
		first, again := d.hooks("file.downloaded", o.ID), d.hooks("file.redownloaded", o.ID)
		if len(first) != 2 || len(again) != 1 {
			t.Errorf("%d first and %d repeated downloads were told of, want 2 and 1", len(first), len(again))
		}
		d.ok(200, "GET", "orders/"+o.ID+"?include=downloads", "", &got)
		if n := len(got.Lines[0].Downloads); n != 2 || !got.Lines[0].Downloads[1].Redownload || got.Lines[0].Downloads[1].Counted {
			t.Errorf("history: %+v", got.Lines[0].Downloads)
		}
		if got.Lines[0].Counted != nil {
			t.Error("counts come unasked")
		}
		d.ok(200, "GET", "orders/"+o.ID+"?include=counts", "", &got)
		if l := got.Lines; l[0].Counted == nil || *l[0].Counted != 1 || *l[1].Counted != 1 {
			t.Errorf("counts: %+v", got.Lines)
		}
		// The expiry does not move.
		d.ok(200, "POST", "orders/"+o.ID+"/reset-downloads", `{"line_id":"`+o.Lines[0].ID+`"}`, nil)
		d.clock.Advance(10 * 24 * time.Hour)
		get(drums, 403)
		d.sent(o.ID, 1, 1, 1)

		path := "orders/" + o.ID + "/reset-downloads"
		d.field("POST", path, `{}`, "line_id")
		d.field("POST", path, `{"line_id":""}`, "line_id")
		d.field("POST", path, `{"line_id":7}`, "line_id")
		for _, line := range []string{"000000000000000000000000", "x", d.buy(d.product("Keys")).Lines[0].ID} {
			d.refused(d.call(d.member, "POST", prefix+path, `{"line_id":"`+line+`"}`), 404, "not_found")
		}
	})
}

// BDD-08, BDD-40: whatever the order's state; a new address first becomes the
// order's, and no other's.
func TestBDD08_ResendEmail(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		p := d.product("Kit", `"file_ids":["`+d.store("kit.zip", "kit")+`"]`)
		o, other := d.buy(p), d.buy(p)
		path := "orders/" + o.ID + "/resend-email"
		d.sent(o.ID, 1, 1, 1)
		for i, body := range []string{``, `{}`, `{"customer_email":null}`} {
			var got orderSeen
			d.ok(200, "POST", path, body, &got)
			if got.Customer.Email != "ana@example.org" {
				t.Errorf("%q: %+v", body, got.Customer)
			}
			d.sent(o.ID, 1, i+2, i+2)
		}
		for _, address := range []string{"nobody", "", "a b@example.org", "ana@example.org, eve@example.org", "Ana <ana@example.org>", " ana@example.org",
			"ana@example.org\\r\\nBcc: eve@example.org", strings.Repeat("a", 250) + "@example.org"} {
			d.field("POST", path, `{"customer_email":"`+address+`"}`, "customer_email")
		}
		d.field("POST", path, `{"customer_email":["new@example.org"]}`, "customer_email")
		if got := d.show(o.ID); got.Customer.Email != "ana@example.org" {
			t.Errorf("a refused address: %+v", got.Customer)
		}
		d.sent(o.ID, 1, 4, 4)

		var got orderSeen
		d.ok(200, "POST", path, `{"customer_email":"new@example.org"}`, &got)
		if got.Customer.Email != "new@example.org" || d.show(o.ID).Customer.Email != "new@example.org" || d.show(other.ID).Customer.Email != "ana@example.org" {
			t.Errorf("%+v", got.Customer)
		}
		if l := d.list("orders?customer_email=new@example.org"); l.names("id") != o.ID {
			t.Errorf("by the new address: %v", l.names("id"))
		}
		if l := d.list("orders?customer_email=ana@example.org"); l.names("id") != other.ID {
			t.Errorf("by the old address: %v", l.names("id"))
		}
		if mail := d.list("messages?limit=1").Data[0]; mail["to"] != "new@example.org" || mail["order_id"] != o.ID {
			t.Errorf("the mail: %v", mail)
		}
		events := d.hooks("digital_order.delivered", o.ID)
		if last := events[len(events)-1]; last.Data["customer"].(object)["email"] != "new@example.org" || len(events) != 5 {
			t.Errorf("%d events, the last %v", len(events), last.Data["customer"])
		}

		for what, o := range map[string]orderSeen{
			"unpaid": d.buy(p, `"financial_status":"PENDING"`), "risky": d.buy(p, `"risk_level":"HIGH"`), "unsent": d.buy(p, `"send_email":false`),
			"imported": d.buy(p, `"is_imported":true`), "disabled": d.closed(d.buy(p, `"send_email":false`)),
		} {
			before := len(d.hooks("digital_order.delivered", o.ID))
			if before != 0 || d.mails(o.ID, "delivery") != 0 {
				t.Errorf("%s: %d delivered before", what, before)
			}
			d.ok(200, "POST", "orders/"+o.ID+"/resend-email", `{}`, nil)
			if n := len(d.hooks("digital_order.delivered", o.ID)); n != 1 || d.mails(o.ID, "delivery") != 1 {
				t.Errorf("%s: %d delivered", what, n)
			}
		}
		d.refused(d.call(d.member, "POST", prefix+"orders/none/resend-email", `{}`), 404, "not_found")
	})
}

// closed disables an order.
func (d *desk) closed(o orderSeen) orderSeen {
	d.t.Helper()
	d.ok(200, "POST", "orders/"+o.ID+"/access", `{"access":"disabled"}`, nil)
	return o
}

// BDD-09, BDD-32: files of a UNIQUE line; nothing is delivered until it has
// some, and nothing once it has none.
func TestBDD09_LineFiles(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		one, two := d.store("one.png", "one"), d.store("two.png", "two")
		portrait := d.product("Portrait", `"delivering_type":"UNIQUE"`)
		o := d.buy(portrait)
		line := o.Lines[0].ID
		path := "orders/" + o.ID + "/lines/" + line + "/files"
		files := func(body string) string {
			t.Helper()
			var got orderSeen
			d.ok(200, "PUT", path, body, &got)
			var names []string
			for _, f := range got.Lines[0].Files {
				names = append(names, f.Name)
			}
			return got.Lines[0].Status + " " + strings.Join(names, " ")
		}
		if o.Lines[0].Status != "processing" || o.Lines[0].Files == nil || len(o.Lines[0].Files) != 0 {
			t.Errorf("before: %+v", o.Lines[0])
		}
		d.sent(o.ID, 1, 0, 0)
		if status, body := d.fetch(d.page(o)); status != 200 || strings.Contains(body, "one.png") {
			t.Errorf("page before: %d", status)
		}
		if got := files(`{"file_ids":["` + two + `","` + one + `","` + two + `"]}`); got != "active two.png one.png" {
			t.Error(got)
		}
		d.sent(o.ID, 1, 0, 0)
		if status, body := d.fetch(d.page(o) + "/files/" + one); status != 200 || body != "one" {
			t.Errorf("file: %d %q", status, body)
		}
		if got := files(`{"file_ids":["` + one + `"],"send_email":true}`); got != "active one.png" {
			t.Error(got)
		}
		d.sent(o.ID, 1, 1, 1)
		if status, _ := d.fetch(d.page(o) + "/files/" + two); status == 200 {
			t.Error("a file that was taken away is served")
		}
		var got object
		d.ok(200, "GET", "orders/"+o.ID, "", &got)
		if row := got["lines"].([]any)[0].(object)["files"].([]any)[0].(object); keys(row, "id", "name", "size", "type", "is_encrypted", "uploaded") != "" ||
			row["id"] != one || row["type"] != "image/png" && row["size"] != 3.0 {
			t.Errorf("%v", row)
		}
		if got := files(`{"file_ids":[],"send_email":false}`); got != "processing " {
			t.Error(got)
		}
		if status, _ := d.fetch(d.page(o) + "/files/" + one); status == 200 {
			t.Error("a file is served after all were taken away")
		}
		if got := files(`{"file_ids":["` + one + `"],"send_email":true}`); got != "active one.png" {
			t.Error(got)
		}
		d.sent(o.ID, 1, 2, 2)

		// Refusals leave the line as it is.
		d.field("PUT", path, `{}`, "file_ids")
		d.field("PUT", path, `{"file_ids":null}`, "file_ids")
		d.field("PUT", path, `{"file_ids":"`+one+`"}`, "file_ids")
		d.field("PUT", path, `{"file_ids":[],"send_email":true}`, "send_email")
		d.field("PUT", path, `{"file_ids":["`+one+`"],"send_email":"yes"}`, "send_email")
		many := strings.Repeat(`"`+one+`",`, 99)
		if got := files(`{"file_ids":[` + many + `"` + one + `"]}`); got != "active one.png" {
			t.Error(got)
		}
		var different []string
		for i := range 101 {
			different = append(different, fmt.Sprintf(`"%024d"`, i))
		}
		d.field("PUT", path, `{"file_ids":[`+strings.Join(different, ",")+`]}`, "file_ids")
		stranger := d.frame.file(d.token(d.newShop("other"), "admin", "live"))
		for _, file := range []string{"none", "000000000000000000000000", stranger} {
			d.refused(d.call(d.member, "PUT", prefix+path, `{"file_ids":["`+two+`","`+file+`"]}`), 404, "not_found")
		}
		regular := d.buy(d.product("Kit"))
		d.refused(d.call(d.member, "PUT", prefix+"orders/"+regular.ID+"/lines/"+regular.Lines[0].ID+"/files", `{"file_ids":["`+one+`"]}`), 400, "validation_error")
		d.refused(d.call(d.member, "PUT", prefix+"orders/"+o.ID+"/lines/"+regular.Lines[0].ID+"/files", `{"file_ids":["`+one+`"]}`), 404, "not_found")
		d.refused(d.call(d.member, "PUT", prefix+"orders/none/lines/"+line+"/files", `{"file_ids":["`+one+`"]}`), 404, "not_found")
		if o := d.show(o.ID); len(o.Lines[0].Files) != 1 || o.Lines[0].Files[0].ID != one {
			t.Errorf("%+v", o.Lines[0])
		}
		if _, regular := d.show(regular.ID), regular; regular.Lines[0].Files != nil {
			t.Error("a REGULAR line shows files")
		}

		// An unpaid order is held all the same; a person may mail it.
		unpaid := d.buy(portrait, `"financial_status":"PENDING"`)
		d.ok(200, "PUT", "orders/"+unpaid.ID+"/lines/"+unpaid.Lines[0].ID+"/files", `{"file_ids":["`+one+`"],"send_email":true}`, nil)
		if o := d.show(unpaid.ID); o.Lines[0].Status != "unpaid" {
			t.Errorf("unpaid: %+v", o.Lines[0])
		}
		d.sent(unpaid.ID, 0, 1, 1)
		d.ok(200, "PATCH", "orders/"+unpaid.ID, `{"financial_status":"PAID"}`, nil)
		if o := d.show(unpaid.ID); o.Lines[0].Status != "active" {
			t.Errorf("paid: %+v", o.Lines[0])
		}
	})
}
