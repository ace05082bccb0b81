package bigdd

import (
	"net/url"
	"strings"
	"testing"

	"purvey"
	"purvey/internal/store"
)

// Messages are found by their address, their order and what they are about,
// also after the order's address was corrected, and in their state and kind.
func TestMessageSearch(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		p := d.product("Book", `"file_ids":["`+d.store("a.txt", "bytes")+`"]`)
		ana := d.place(`"customer":{"email":"Ana@Example.org"}`, `[{"digital_product_id":"`+p+`"}]`)
		leo := d.place(`"customer":{"email":"leo_x@example.org"}`, `[{"digital_product_id":"`+p+`"}]`)
		for _, m := range []purvey.Message{
			{Kind: purvey.MailLoginCode, State: purvey.MessageKept, To: "eve@example.org", Data: purvey.MessageData{ShopName: "audio", Code: "123456"}},
			{Kind: purvey.MailOwnerWarning, State: purvey.MessageQueued, To: "owner@example.org", Data: purvey.MessageData{Subject: "Webhooks to CRM have been failing"}},
		} {
			m.ShopID, m.Mode, m.Locale = d.shop.ID, purvey.Live, "en"
			if err := d.db.Tx(t.Context(), func(tx *store.Tx) error { return tx.InsertMessage(t.Context(), &m) }); err != nil {
				t.Fatal(err)
			}
		}
		d.ok(200, "POST", "orders/"+ana.ID+"/resend-email", `{"customer_email":"anna@example.org"}`, nil)
		check := func(query, want string) {
			t.Helper()
			var got []string
			for cursor := ""; ; {
				l := d.list("messages?limit=1&" + query + "&cursor=" + url.QueryEscape(cursor))
				for _, r := range l.Data {
					got = append(got, r["to"].(string))
				}
				if l.Pagination.NextCursor == nil {
					break
				}
				cursor = *l.Pagination.NextCursor
			}
			if s := strings.Join(got, " "); s != want {
				t.Errorf("%s: %s, want %s", query, s, want)
			}
		}
		all := "anna@example.org owner@example.org eve@example.org leo_x@example.org Ana@Example.org"
		for query, want := range map[string]string{
			"": all, "sort=-created_at": all, "search=an": "anna@example.org Ana@Example.org", "search=ANA@": "Ana@Example.org", "search=anna": "anna@example.org",
			"search=leo_": "leo_x@example.org", "search=leo%25": "", "search=l_o": "", "search=crm": "owner@example.org", "search=eve": "eve@example.org",
			"search=" + url.QueryEscape(leo.Name): "leo_x@example.org", "search=" + strings.TrimPrefix(ana.Name, "#"): "anna@example.org Ana@Example.org",
			"search=nobody": "", "to=ana@example.ORG": "Ana@Example.org", "to=ana@example": "", "to=EVE@example.org": "eve@example.org",
			"search=example.org": "owner@example.org eve@example.org Ana@Example.org", "search=a&sort=id": "Ana@Example.org eve@example.org owner@example.org anna@example.org",
			"state=queued": "owner@example.org", "state=kept": "anna@example.org eve@example.org leo_x@example.org Ana@Example.org", "state=failed": "",
			"kind=login_code": "eve@example.org", "kind=delivery": "anna@example.org leo_x@example.org Ana@Example.org", "kind=other": "",
			"kind=delivery&search=an": "anna@example.org Ana@Example.org", "order_id=" + leo.ID: "leo_x@example.org", "order_id=" + leo.ID + "&search=ana": "",
		} {
			check(query, want)
		}
		d.field("GET", "messages?search="+strings.Repeat("x", 121), "", "search")
	})
}

// A message is seen as a page that can do nothing, and sent again as a new one.
func TestMessagePreviewAndResend(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		p := d.product("<b>Book</b>", `"file_ids":["`+d.store("a.txt", "bytes")+`"]`)
		o := d.buy(p)
		first := d.list("messages").Data[0]["id"].(string)
		a := d.call(d.member, "GET", prefix+"messages/"+first+"/preview", "")
		policy := a.header.Get("Content-Security-Policy")
		if a.status != 200 || a.header.Get("Content-Type") != "text/html; charset=utf-8" || !strings.Contains(a.body, "&lt;b&gt;Book") ||
			!strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'self'") || !strings.Contains(policy, "sandbox") ||
			strings.Contains(policy, "script-src") {
			t.Errorf("%d %s %s", a.status, policy, a.body)
		}
		d.refused(d.call(d.sandbox, "GET", prefix+"messages/"+first+"/preview", ""), 404, "not_found")

		var m messageWire
		d.ok(201, "POST", "messages/"+first+"/resend", ``, &m)
		if m.ID == first || m.To != "ana@example.org" || m.Kind != "delivery" || m.State != "kept" || *m.OrderID != o.ID || !strings.Contains(m.Text, d.page(o)) {
			t.Errorf("%+v", m)
		}
		d.ok(201, "POST", "messages/"+first+"/resend", `{"to":"leo@example.org"}`, &m)
		if m.To != "leo@example.org" || d.show(o.ID).Customer.Email != "ana@example.org" || d.list("messages?search=leo").names("to") != "leo@example.org" {
			t.Errorf("%+v", m)
		}
		// The address of the order is corrected: the old link is dead, and a
		// message that is sent again has the new one.
		d.ok(200, "POST", "orders/"+o.ID+"/resend-email", `{"customer_email":"eve@example.org"}`, nil)
		d.ok(201, "POST", "messages/"+first+"/resend", `{}`, &m)
		var link struct{ URL string }
		d.ok(200, "GET", "orders/"+o.ID+"/page-url", "", &link)
		now := link.URL
		if strings.HasSuffix(now, d.page(o)) || !strings.Contains(m.Text, now) || m.To != "ana@example.org" {
			t.Errorf("%s: %+v", now, m)
		}
		a = d.call(d.member, "POST", prefix+"messages/"+first+"/resend", `{}`, "Idempotency-Key", "r")
		if again := d.call(d.member, "POST", prefix+"messages/"+first+"/resend", `{}`, "Idempotency-Key", "r"); again.body != a.body {
			t.Errorf("%s\n%s", a.body, again.body)
		}
		d.field("POST", "messages/"+first+"/resend", `{"to":"nobody"}`, "to")
		rows, _ := d.audit(d.admin, "&action=message.resent")
		if len(rows) != 4 || rows[2].After["to"] != "leo@example.org" || *rows[2].Object.ID != first {
			t.Errorf("%+v", rows)
		}
		code := purvey.Message{
			ShopID: d.shop.ID, Mode: purvey.Live, Kind: purvey.MailLoginCode, State: purvey.MessageKept, To: "ana@example.org", Locale: "en",
			Data: purvey.MessageData{Code: "123456"},
		}
		if err := d.db.Tx(t.Context(), func(tx *store.Tx) error { return tx.InsertMessage(t.Context(), &code) }); err != nil {
			t.Fatal(err)
		}
		d.refused(d.call(d.member, "POST", prefix+"messages/"+code.ID+"/resend", ``), 409, "conflict")
	})
}

// A file gets another name, of which its users are not asked.
func TestFileIsRenamed(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		file := d.store("a.pdf", "%PDF-1.4")
		p := d.product("Book", `"file_ids":["`+file+`"]`)
		o := d.buy(p)
		var f object
		d.ok(200, "PATCH", "files/"+file, `{"name":" Übung 2.pdf "}`, &f)
		if f["name"] != "Übung 2.pdf" || d.list("files?q=%C3%9Cbung").names("id") != file || d.list("files?q=a.pdf").names("id") != "" {
			t.Errorf("%v", f)
		}
		if got := d.list("files?include=products&sort=created_at").Data[0]["used_by"].([]any); len(got) != 1 || got[0].(object)["name"] != "Book" {
			t.Errorf("%v", got)
		}
		if status, page := d.fetch(d.page(o)); status != 200 || !strings.Contains(page, "Übung 2.pdf") {
			t.Errorf("%d %s", status, page)
		}
		for _, bad := range []string{`{}`, `{"name":""}`, `{"name":"a/b.pdf"}`, `{"name":"a\u0001b"}`, `{"name":".."}`, `{"name":"` + strings.Repeat("x", 256) + `"}`} {
			d.field("PATCH", "files/"+file, bad, "name")
		}
	})
}
