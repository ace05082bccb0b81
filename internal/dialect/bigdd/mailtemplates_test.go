package bigdd

import (
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/store"
)

func auditOf(object string) store.AuditFilter { return store.AuditFilter{ObjectType: object} }

// A shop's own wording holds for mails from then on; what was due before keeps
// the older one, even if it is read for the first time later.
func TestMailTemplates(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		d.member = d.admin
		var all []mailTemplateWire
		d.ok(200, "GET", "mail-templates", "", &all)
		if len(all) != 6*5 {
			t.Fatalf("%d templates", len(all))
		}
		for _, w := range all {
			if w.Custom || w.Subject == "" || w.wordingWire != w.Default || len(w.Variables) == 0 {
				t.Errorf("%+v", w)
			}
		}
		product := d.product("Drums & <Bass>", `"file_ids":[`+quoted(d.store("a.txt", "goods"))+`]`)
		first := d.buy(product)
		const path = "mail-templates/delivery/en"
		for body, field := range map[string]string{
			`{"subject":"Hello {nobody}","intro":""}`:                                "subject",
			`{"subject":"Hello","intro":"{code}"}`:                                   "intro",
			`{"subject":" ","intro":""}`:                                             "subject",
			`{"intro":"x"}`:                                                          "subject",
			`{"subject":"x"}`:                                                        "intro",
			`{"subject":"` + strings.Repeat("x", 201) + `","intro":""}`:              "subject",
			`{"subject":"x","intro":"","outro":"` + strings.Repeat("ü", 5001) + `"}`: "outro",
		} {
			d.field("PUT", path, body, field)
			if strings.Contains(body, "nobody") || strings.Contains(body, "code") {
				d.field("POST", path+"/preview", body, field)
			}
		}
		if a := d.call(d.admin, "PUT", prefix+path, `{"subject":"Hello {nobody}","intro":""}`); !strings.Contains(a.body, "{nobody}") {
			t.Errorf("the variable is not named: %s", a.body)
		}
		for _, odd := range []string{"mail-templates/delivery/xx", "mail-templates/owner_warning/en", "mail-templates/x/en"} {
			d.refused(d.call(d.admin, "PUT", prefix+odd, `{"subject":"x","intro":"y"}`), 404, "not_found")
		}
		var seen struct{ Subject, Text, HTML string }
		d.ok(200, "POST", path+"/preview", `{"subject":"{name}: <i>{order}</i>","intro":"<script>alert(1)</script>\n\n{products}"}`, &seen)
		if seen.Subject != "Ana Núñez: <i>#1001</i>" || strings.Contains(seen.HTML, "<script") || !strings.Contains(seen.HTML, "&lt;script&gt;") || !strings.Contains(seen.Text, "<script>") {
			t.Errorf("%+v", seen)
		}
		d.clock.Advance(time.Second)
		for range 2 {
			d.ok(200, "PUT", path, `{"subject":"{shop} sends {order}","intro":"Here you are: {products}.","outro":"Yours, {name}"}`, nil)
		}
		d.clock.Advance(time.Second)
		second := d.buy(product)
		subject := func(o orderSeen) messageWire {
			t.Helper()
			var m []messageWire
			d.ok(200, "GET", "messages?kind=delivery&order_id="+o.ID, "", &m)
			return m[0]
		}
		if m := subject(first); m.Subject != "Your order "+first.Name+" from "+d.shop.Name {
			t.Errorf("the older mail has become %q", m.Subject)
		}
		m := subject(second)
		if m.Subject != d.shop.Name+" sends "+second.Name || !strings.Contains(m.HTML, "Here you are: Drums &amp; &lt;Bass&gt;.") || !strings.Contains(m.Text, "Yours, ana@example.org") {
			t.Errorf("%q %s", m.Subject, m.Text)
		}
		d.clock.Advance(time.Second)
		for range 2 {
			if a := d.call(d.admin, "DELETE", prefix+path, ""); a.status != 204 || a.body != "" {
				t.Fatalf("%d %s", a.status, a.body)
			}
		}
		d.clock.Advance(time.Second)
		if m := subject(d.buy(product)); !strings.HasPrefix(m.Subject, "Your order ") {
			t.Errorf("%q", m.Subject)
		}
		if m := subject(second); m.Subject != d.shop.Name+" sends "+second.Name {
			t.Errorf("the kept mail has become %q", m.Subject)
		}
		log, err := d.db.AuditLog(t.Context(), purvey.Scope{ShopID: d.shop.ID, Mode: purvey.Live}, auditOf("mail_template"), purvey.Page{Limit: 10})
		if err != nil || len(log.Items) != 2 {
			t.Errorf("%d audit entries, %v", len(log.Items), err)
		}
	})
}
