package bigdd

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

// audit gives a page of the audit log.
func (f *frame) audit(token, query string) (rows []auditWire, next string) {
	f.t.Helper()
	var l struct {
		Data       []auditWire
		Pagination pagination
	}
	a := f.call(token, "GET", prefix+"audit-log?limit=100"+query, "")
	a.into(f.t, &l)
	if a.status != 200 {
		f.t.Fatalf("%d %s", a.status, a.body)
	}
	if l.Pagination.NextCursor != nil {
		next = *l.Pagination.NextCursor
	}
	return l.Data, next
}

// told checks the newest entry about an object: its action, and what it says of
// before and after.
func (f *frame) told(objectID, action, before, after string) auditWire {
	f.t.Helper()
	rows, _ := f.audit(f.admin, "&object_id="+objectID)
	if len(rows) == 0 || rows[0].Action != action || fmt.Sprint(rows[0].Before) != before || fmt.Sprint(rows[0].After) != after {
		f.t.Errorf("%+v\nwant %s %s %s", rows, action, before, after)
		return auditWire{}
	}
	return rows[0]
}

// Every change that is made through the API is told once, by whom, and with
// nothing but what changed.
func TestAuditLogTellsEveryChange(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		f := d.frame
		file := d.store("a.txt", "bytes")
		f.told(file, "file.uploaded", "map[]", "map[name:a.txt sha256:"+f.sha(file)+" size:5 type:text/plain]")
		d.ok(200, "PATCH", "files/"+file, `{"name":"b.txt"}`, nil)
		f.told(file, "file.renamed", "map[name:a.txt]", "map[name:b.txt]")
		d.ok(200, "PATCH", "files/"+file, `{"name":"b.txt"}`, nil) // nothing changed, nothing told

		p := d.product("Book", `"file_ids":["`+file+`"]`)
		if e := f.told(p, "product.created", "map[]", "map"+fmt.Sprint(f.created(p))[3:]); e.After["name"] != "Book" || fmt.Sprint(e.After["files"]) != "[b.txt]" || e.After["is_archived"] != nil {
			t.Errorf("%+v", e)
		}
		d.ok(200, "PATCH", "digital-products/"+p, `{"name":"Novel","max_downloads":0}`, nil)
		e := f.told(p, "product.updated", "map[max_downloads:<nil> name:Book]", "map[max_downloads:0 name:Novel]")
		if e.Actor.Type != "token" || *e.Actor.Name != "test" || *e.Object.Name != "Novel" || e.IP == nil || e.RequestID == nil || e.Object.Type != "product" {
			t.Errorf("%+v", e)
		}
		d.ok(200, "PUT", "digital-products/"+p+"/limits", `{"max_downloads":3}`, nil)
		f.told(p, "product.limits_changed", "map[max_downloads:0]", "map[max_downloads:3]")
		d.ok(200, "PATCH", "digital-products/"+p, `{"is_archived":true}`, nil)
		f.told(p, "product.archived", "map[is_archived:false]", "map[is_archived:true]")
		d.ok(200, "PATCH", "digital-products/"+p, `{"is_archived":false}`, nil)
		f.told(p, "product.unarchived", "map[is_archived:true]", "map[is_archived:false]")

		var v struct{ ID string }
		d.ok(201, "POST", "digital-products/"+p+"/versions", `{"version":"2.0.0","file_ids":[],"activate":false}`, &v)
		f.told(v.ID, "version.created", "map[]", "map[state:ready version:2.0.0]")
		old := f.product(p)["active_version_id"]
		d.ok(200, "POST", "digital-products/"+p+"/versions/"+v.ID+"/activate", ``, nil)
		f.told(v.ID, "version.activated", fmt.Sprintf("map[active_version_id:%s files:[b.txt]]", old), fmt.Sprintf("map[active_version_id:%s files:[]]", v.ID))
		d.ok(200, "POST", "digital-products/"+p+"/versions/"+v.ID+"/withdraw", ``, nil)
		f.told(v.ID, "version.withdrawn", "map[state:ready]", "map[state:withdrawn]")

		o := d.buy(p)
		if rows, _ := f.audit(f.admin, "&object_id="+o.ID); len(rows) != 0 {
			t.Errorf("an order that comes in is its own record: %+v", rows)
		}
		d.ok(200, "POST", "orders/"+o.ID+"/access", `{"access":"disabled"}`, nil)
		f.told(o.ID, "order.access_changed", "map[access:enabled]", "map[access:disabled]")
		d.ok(200, "PATCH", "orders/"+o.ID, `{"risk_level":"HIGH"}`, nil)
		f.told(o.ID, "order.updated", "map[risk_level:]", "map[risk_level:HIGH]")
		d.ok(200, "POST", "orders/"+o.ID+"/resend-email", `{"customer_email":"leo@example.org"}`, nil)
		f.told(o.ID, "order.customer_corrected", "map[customer.email:ana@example.org]", "map[customer.email:leo@example.org]")
		if rows, _ := f.audit(f.admin, "&action=order.resent"); len(rows) != 1 || fmt.Sprint(rows[0].After) != "map[to:leo@example.org]" || rows[0].Before != nil {
			t.Errorf("%+v", rows)
		}
		d.ok(200, "POST", "orders/"+o.ID+"/refunds", `{"lines":[{"line_id":"`+o.Lines[0].ID+`","quantity":1}]}`, nil)
		f.told(o.ID, "order.refunded", "map[financial_status:PAID lines.1.refunded_quantity:0 lines.1.status:active]",
			"map[financial_status:REFUNDED lines.1.refunded_quantity:1 lines.1.status:refunded]")

		const text = "SECRET-KEY-0123456789"
		key := d.stock("pro", text)[0]
		if rows, _ := f.audit(f.admin, "&action=license_keys.added"); len(rows) != 1 || fmt.Sprint(rows[0].After) != "map[count:1 tag:pro]" {
			t.Errorf("%+v", rows)
		}
		k := d.buy(d.product("Key", `"access":"LICENSE_KEY"`, `"license_key_tag":"none"`))
		d.ok(200, "POST", "license-keys/"+key.ID+"/assign", `{"order_name":"`+k.Name+`"}`, nil)
		f.told(k.ID, "order.keys_assigned", "map[lines.1.keys_owed:1 lines.1.status:processing]", "map[lines.1.keys:[…6789] lines.1.keys_owed:0 lines.1.status:active]")
		d.ok(200, "POST", "license-keys/"+key.ID+"/unassign", ``, nil)
		f.told(key.ID, "license_key.unassigned", fmt.Sprintf("map[order_id:%s order_name:%s tag:pro]", k.ID, k.Name), "map[]")
		d.ok(200, "DELETE", "license-keys/"+key.ID, "", nil)
		f.told(key.ID, "license_key.deleted", "map[tag:pro]", "map[]")

		link := f.made(f.member, "/download-links", `{"file_ids":["`+file+`"],"use_download_limit":true,"download_limit":3}`, "id")
		d.ok(200, "PATCH", "download-links/"+link, `{"download_limit":4}`, nil)
		f.told(link, "link.updated", "map[download_limit:3]", "map[download_limit:4]")
		d.ok(200, "DELETE", "download-links/"+link, "", nil)
		if e := f.told(link, "link.deleted", "map[download_limit:4 files:[b.txt] stamping_text: use_download_limit:true use_stamping:false]", "map[]"); e.Object.Name != nil && *e.Object.Name != "b.txt" {
			t.Errorf("%+v", e)
		}

		token := f.made(f.admin, "/api-tokens", `{"name":"x"}`, "id")
		f.call(f.admin, "DELETE", prefix+"api-tokens/"+token, "")
		if rows, _ := f.audit(f.admin, "&object_id="+token); len(rows) != 2 || rows[0].Action != "token.revoked" || rows[1].Action != "token.created" || rows[1].After["role"] != "admin" {
			t.Errorf("%+v", rows)
		}
		hook := f.made(f.admin, "/webhook-endpoints", `{"name":"x","url":"https://93.184.215.14/hook","events":["file.downloaded"]}`, "id")
		f.call(f.admin, "PATCH", prefix+"webhook-endpoints/"+hook, `{"name":"y"}`)
		f.told(hook, "endpoint.updated", "map[name:x]", "map[name:y]")
		delivery := f.made(f.admin, "/webhook-endpoints/"+hook+"/test", ``, "id")
		f.told(hook, "endpoint.tested", "map[]", "map[delivery_id:"+delivery+"]")
		f.call(f.admin, "POST", prefix+"webhook-deliveries/"+delivery+"/retry", ``)
		f.told(hook, "endpoint.retried", "map[]", "map[delivery_id:"+delivery+" event_type:webhook.test]")
		f.call(f.admin, "DELETE", prefix+"webhook-endpoints/"+hook, "")
		if e := f.told(hook, "endpoint.deleted", "map[disabled_reason: enabled:true events:[file.downloaded] name:y url:https://93.184.215.14/hook]", "map[]"); *e.Object.Name != "y" {
			t.Errorf("%+v", e)
		}
		mapping := f.made(f.admin, "/mappings", `{"source":"shopify","external_key":"k1","digital_product_id":"`+p+`"}`, "id")
		f.call(f.admin, "DELETE", prefix+"mappings/"+mapping, "")
		f.told(mapping, "mapping.deleted", "map[digital_product_id:"+p+" external_key:k1 source:shopify]", "map[]")

		const password = "whsec_very-secret-text"
		for range 2 {
			if a := f.call(f.admin, "PATCH", prefix+"settings", `{"license_keys":{"low_stock":9},"connectors":{"shopify":{"secret":"`+password+`"}}}`); a.status != 200 {
				t.Fatal(a.body)
			}
		}
		rows, _ := f.audit(f.admin, "&action=settings.updated")
		if len(rows) != 2 || rows[1].After["license_keys.low_stock"] != 9.0 || len(rows[1].After) != 2 || len(rows[0].After) != 1 {
			t.Errorf("%+v", rows)
		}
		a := f.call(f.admin, "GET", prefix+"audit-log?limit=100", "")
		for _, secret := range []string{text, password, "whsec_", "pv_"} {
			if strings.Contains(a.body, secret) {
				t.Errorf("%s is in the audit log", secret)
			}
		}
	})
}

func (f *frame) sha(file string) string {
	var out struct{ Data object }
	f.call(f.member, "GET", prefix+"files/"+file, "").into(f.t, &out)
	return fmt.Sprint(out.Data["sha256"])
}

func (f *frame) product(id string) object {
	var out struct{ Data object }
	f.call(f.member, "GET", prefix+"digital-products/"+id, "").into(f.t, &out)
	return out.Data
}

// created gives what the log says of a product that was made.
func (f *frame) created(id string) purvey.AuditFields {
	rows, _ := f.audit(f.admin, "&action=product.created&object_id="+id)
	if len(rows) != 1 {
		f.t.Fatalf("%+v", rows)
	}
	return rows[0].After
}

// The log is an admin's, of one shop; orders are seen in their own mode, the
// catalogue in both. Filters, pages, and what is refused.
func TestAuditLogIsBounded(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		f := d.frame
		begin := d.clock.Now()
		p := d.product("Book")
		d.clock.Advance(time.Second)
		o := d.buy(p)
		d.ok(200, "POST", "orders/"+o.ID+"/access", `{"access":"disabled"}`, nil)
		d.clock.Advance(time.Second)
		ana := f.person("ana@example.org", purvey.Admin, f.shop)
		if a := f.by(ana, "PATCH", prefix+"digital-products/"+p, `{"name":"Novel"}`); a.status != 200 {
			t.Fatal(a.body)
		}
		var placed struct{ Data orderSeen }
		f.by(ana, "POST", prefix+"orders", `{"customer":{"email":"x@example.org"},"lines":[{"digital_product_id":"`+p+`"}]}`).into(t, &placed)
		actions := func(token, query string) string {
			t.Helper()
			var out []string
			for cursor := ""; ; {
				rows, next := f.audit(token, "&object_type=order"+query+"&limit=1&cursor="+url.QueryEscape(cursor))
				for _, r := range rows {
					out = append(out, r.Action)
				}
				if next == "" {
					break
				}
				cursor = next
			}
			return strings.Join(out, " ")
		}
		if got := actions(f.admin, ""); got != "order.placed order.access_changed" {
			t.Error(got)
		}
		if got := actions(f.admin, "&sort=id"); got != "order.access_changed order.placed" {
			t.Error(got)
		}
		if got := actions(f.sandbox, ""); got != "" {
			t.Error("sandbox sees", got)
		}
		for query, want := range map[string]int{
			"&object_type=product": 2, "&actor=member": 3, "&actor=" + f.idOf("ana@example.org"): 3, "&actor=nobody": 0, "&action=product.updated": 1,
			"&object_id=" + placed.Data.ID: 1, "&end=" + begin.Add(time.Second).Format(time.RFC3339) + "&object_type=product": 1,
			"&start=" + begin.Add(time.Second).Format(time.RFC3339) + "&object_type=product": 1,
		} {
			if rows, _ := f.audit(f.admin, query); len(rows) != want {
				t.Errorf("%s: %d, want %d: %+v", query, len(rows), want, rows)
			}
		}
		if rows, _ := f.audit(f.sandbox, "&object_type=product"); len(rows) != 2 || rows[0].Actor.Type != "member" || *rows[0].Actor.ID != f.idOf("ana@example.org") {
			t.Errorf("%+v", rows)
		}
		other := f.token(f.newShop("other"), purvey.Admin, purvey.Live)
		if rows, _ := f.audit(other, "&object_type=product"); len(rows) != 0 {
			t.Errorf("another shop sees %+v", rows)
		}
		f.refused(f.call(f.member, "GET", prefix+"audit-log", ""), 403, "forbidden")
		for _, bad := range []string{"start=x", "end=1", "limit=0", "sort=at", "cursor=x"} {
			f.refused(f.call(f.admin, "GET", prefix+"audit-log?"+bad, ""), 400, "validation_error")
		}
	})
}

// The deliveries of all endpoints, and the request of each as it was sent: also
// after the endpoint has another address.
func TestHistoryOfAllEndpoints(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		f, run := newHooks(t, db, true)
		var seen http.Header
		status, body := 200, ""
		receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen = r.Header.Clone()
			seen.Set("Host", r.Host)
			seen.Set("Content-Length", fmt.Sprint(r.ContentLength))
			raw := make([]byte, r.ContentLength)
			_, _ = r.Body.Read(raw)
			body = string(raw)
			w.WriteHeader(status)
		}))
		t.Cleanup(receiver.Close)
		made := func(name string) string {
			return f.made(f.admin, "/webhook-endpoints", `{"name":"`+name+`","url":"`+receiver.URL+`/`+name+`","events":["license_key.stock_low","file.downloaded"]}`, "id")
		}
		one, two := made("one"), made("two")
		type shown struct {
			Data struct {
				sentWire
				Request *sentRequestWire
			}
		}
		show := func(id string) (out shown) {
			t.Helper()
			a := f.call(f.admin, "GET", prefix+"webhook-deliveries/"+id, "")
			a.into(t, &out)
			if a.status != 200 || strings.Contains(a.body, "whsec_") {
				t.Fatalf("%d %s", a.status, a.body)
			}
			return out
		}
		first := f.made(f.admin, "/webhook-endpoints/"+one+"/test", "", "id")
		if got := show(first); got.Data.Request != nil || got.Data.State != "pending" {
			t.Errorf("%+v", got)
		}
		run()
		sent := show(first).Data
		if sent.Request == nil || sent.Request.URL != receiver.URL+"/one" || sent.Request.Body != body || sent.Endpoint != (endpointNameWire{one, "one", receiver.URL + "/one"}) {
			t.Fatalf("%+v %s", sent, body)
		}
		for name := range seen {
			if sent.Request.Headers[name] != seen.Get(name) {
				t.Errorf("%s was %q and is shown as %q", name, seen.Get(name), sent.Request.Headers[name])
			}
		}
		if len(sent.Request.Headers) != len(seen) {
			t.Errorf("%v, sent %v", sent.Request.Headers, seen)
		}
		f.call(f.admin, "PATCH", prefix+"webhook-endpoints/"+one, `{"url":"`+receiver.URL+`/elsewhere"}`)
		if got := show(first).Data; got.Request.URL != receiver.URL+"/one" || got.Request.Headers["X-Webhook-Signature"] == "" || got.Endpoint.URL != receiver.URL+"/elsewhere" {
			t.Errorf("%+v", got)
		}

		clock.Advance(time.Second)
		scope := purvey.Scope{ShopID: f.shop.ID, Mode: purvey.Live}
		if err := db.Tx(t.Context(), func(tx *store.Tx) error {
			return tx.Emit(t.Context(), scope, purvey.EventStockLow, "", purvey.EventData{Tag: "a"})
		}); err != nil {
			t.Fatal(err)
		}
		status = 410
		run()
		clock.Advance(time.Second)
		status = 500
		third := f.made(f.admin, "/webhook-endpoints/"+made("three")+"/test", "", "id")
		run()
		list := func(query string) string {
			t.Helper()
			var out []string
			for cursor := ""; ; {
				var l struct {
					Data       []sentWire
					Pagination pagination
				}
				a := f.call(f.admin, "GET", prefix+"webhook-deliveries?limit=1"+query+"&cursor="+url.QueryEscape(cursor), "")
				if a.into(t, &l); a.status != 200 {
					t.Fatalf("%d %s", a.status, a.body)
				}
				for _, d := range l.Data {
					out = append(out, d.Endpoint.Name+" "+d.EventType+" "+d.State)
				}
				if l.Pagination.NextCursor == nil {
					return strings.Join(out, "; ")
				}
				cursor = *l.Pagination.NextCursor
			}
		}
		all := "three webhook.test pending; two license_key.stock_low failed; one license_key.stock_low failed; one webhook.test delivered"
		for query, want := range map[string]string{
			"": all, "&sort=-created_at": all, "&state=failed": "two license_key.stock_low failed; one license_key.stock_low failed",
			"&state=pending": "three webhook.test pending", "&state=delivered": "one webhook.test delivered", "&event_type=file.downloaded": "",
			"&event_type=webhook.test": "three webhook.test pending; one webhook.test delivered", "&endpoint_id=" + two: "two license_key.stock_low failed",
			"&endpoint_id=" + one + "&state=failed": "one license_key.stock_low failed", "&endpoint_id=" + one + "&event_type=webhook.test": "one webhook.test delivered",
			"&endpoint_id=" + one + "&state=delivered&sort=id": "one webhook.test delivered",
		} {
			if got := list(query); got != want {
				t.Errorf("%s: %s, want %s", query, got, want)
			}
		}
		f.call(f.admin, "DELETE", prefix+"webhook-endpoints/"+two, "")
		if got := list("&state=failed"); got != "one license_key.stock_low failed" {
			t.Error(got)
		}
		f.refused(f.call(f.admin, "GET", prefix+"webhook-deliveries?endpoint_id="+two, ""), 404, "not_found")
		f.refused(f.call(f.sandbox, "GET", prefix+"webhook-deliveries/"+third, ""), 404, "not_found")
		f.refused(f.call(f.admin, "GET", prefix+"webhook-deliveries?event_type=x", ""), 400, "validation_error")
		f.refused(f.call(f.member, "GET", prefix+"webhook-deliveries", ""), 403, "forbidden")
	})
}
