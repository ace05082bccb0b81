package bigdd

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"purvey"
)

// post sends a form of the buyer's page and gives the status.
func (d *desk) post(path string, form url.Values) int {
	d.t.Helper()
	client := *d.server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.PostForm(d.server.URL+path, form)
	if err != nil {
		d.t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

func (d *desk) requests(state string) []requestWire {
	d.t.Helper()
	var all []requestWire
	d.ok(200, "GET", "download-requests?state="+state, "", &all)
	return all
}

// A customer whose copies are used up asks once, the shop grants or declines
// once, and each hears of it by mail.
func TestDownloadRequests(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		file := d.store("a.txt", "goods")
		o := d.buy(d.product("Drums", `"max_downloads":2`, `"download_in":10`, `"file_ids":[`+quoted(file)+`]`))
		line, path := o.Lines[0].ID, d.page(o)
		fetch := func(want int) {
			t.Helper()
			if status, body := d.fetch(path + "/files/" + file); status != want {
				t.Fatalf("the file answers %d %s, want %d", status, body, want)
			}
		}
		fetch(200)
		fetch(200)
		fetch(403)
		for _, bad := range []url.Values{{"line": {line}, "message": {strings.Repeat("ü", 501)}}, {"line": {"66b0f3a7c9d2e41f5a6b7c8d"}}, {}} {
			if status := d.post(path+"/request", bad); status < 400 || status >= 500 {
				t.Errorf("%v: %d", bad, status)
			}
		}
		for range 2 {
			if status := d.post(path+"/request", url.Values{"line": {line}, "message": {"A new computer.\r\n<b>\x00"}}); status != 303 {
				t.Fatalf("asking: %d", status)
			}
		}
		open := d.requests("open")
		if len(open) != 1 || open[0].Order.Name != o.Name || open[0].LineID != line || open[0].Product.Name != "Drums" || *open[0].CustomerEmail != "ana@example.org" ||
			*open[0].Message != "A new computer.\n<b>" || open[0].DecidedAt != nil {
			t.Fatalf("%+v", open)
		}
		if n := d.mails(o.ID, "download_request"); n != 1 {
			t.Errorf("the shop has %d mails", n)
		}
		if status, _ := d.fetch(path + "/request"); status != 405 && status != 404 {
			t.Errorf("GET of the request: %d", status)
		}
		id := open[0].ID
		for body, field := range map[string]string{`{"copies":0}`: "copies", `{"copies":1000001}`: "copies", `{"days":0}`: "days", `{"days":100001}`: "days"} {
			d.field("POST", "download-requests/"+id+"/approve", body, field)
		}
		d.field("POST", "download-requests/"+id+"/decline", `{"message":"`+strings.Repeat("x", 501)+`"}`, "message")
		d.clock.Advance(time.Second)
		for range 2 {
			var q requestWire
			d.ok(200, "POST", "download-requests/"+id+"/approve", `{"copies":3}`, &q)
			if q.State != "approved" || *q.Copies != 3 || q.OpenUntil != nil || q.DecidedAt == nil {
				t.Fatalf("%+v", q)
			}
		}
		d.refused(d.call(d.member, "POST", prefix+"download-requests/"+id+"/decline", `{}`), 409, "conflict")
		if n := d.mails(o.ID, "downloads_granted"); n != 1 {
			t.Errorf("the customer has %d mails", n)
		}
		d.clock.Advance(time.Second)
		fetch(200)
		fetch(200)
		fetch(200)
		fetch(403)

		// Time is over: asked again, and declined; then approved with what is usual.
		d.clock.Advance(11 * 24 * time.Hour)
		fetch(403)
		if status := d.post(path+"/request", url.Values{"line": {line}}); status != 303 {
			t.Fatalf("asking for time: %d", status)
		}
		id = d.requests("open")[0].ID
		for range 2 {
			d.ok(200, "POST", "download-requests/"+id+"/decline", `{"message":"Sorry."}`, nil)
		}
		if n := d.mails(o.ID, "downloads_declined"); n != 1 {
			t.Errorf("the customer has %d answers", n)
		}
		fetch(403)
		d.post(path+"/request", url.Values{"line": {line}})
		var q requestWire
		d.ok(200, "POST", "download-requests/"+d.requests("open")[0].ID+"/approve", ``, &q)
		if want := wireTime(d.clock.Now().AddDate(0, 0, 10)); q.OpenUntil == nil || *q.OpenUntil != want {
			t.Fatalf("open until %v, want %s", q.OpenUntil, want)
		}
		d.clock.Advance(time.Second)
		fetch(200)
		fetch(200)
		fetch(403) // the product's own limit again
		if n := len(d.requests("approved")); n != 2 {
			t.Errorf("%d are approved", n)
		}
		log, err := d.db.AuditLog(t.Context(), purvey.Scope{ShopID: d.shop.ID, Mode: purvey.Live}, auditOf("download_request"), purvey.Page{Limit: 10})
		if err != nil || len(log.Items) != 3 {
			t.Errorf("%d audit entries, %v", len(log.Items), err)
		}
	})
}

// There is nothing to ask for where nothing is counted or the money went back,
// and no more than a few requests in a day.
func TestDownloadRequestsAreBounded(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		files := `"file_ids":[` + quoted(d.store("a.txt", "goods")) + `]`
		free := d.buy(d.product("Free", files))
		if status := d.post(d.page(free)+"/request", url.Values{"line": {free.Lines[0].ID}}); status != 409 {
			t.Errorf("without a limit: %d", status)
		}
		o := d.buy(d.product("Drums", `"max_downloads":1`, files))
		path, form := d.page(o)+"/request", url.Values{"line": {o.Lines[0].ID}}
		for i := range purvey.RequestsPerDay {
			if status := d.post(path, form); status != 303 {
				t.Fatalf("request %d: %d", i, status)
			}
			d.ok(200, "POST", "download-requests/"+d.requests("open")[0].ID+"/decline", `{}`, nil)
			d.clock.Advance(time.Minute)
		}
		if status := d.post(path, form); status != 429 {
			t.Errorf("one too many: %d", status)
		}
		d.clock.Advance(24 * time.Hour)
		if status := d.post(path, form); status != 303 {
			t.Errorf("a day later: %d", status)
		}
		id := d.requests("open")[0].ID
		d.ok(200, "POST", "orders/"+o.ID+"/refunds", fmt.Sprintf(`{"lines":[{"line_id":%q,"quantity":1}]}`, o.Lines[0].ID), nil)
		d.refused(d.call(d.member, "POST", prefix+"download-requests/"+id+"/approve", `{}`), 409, "conflict")
		if status := d.post(path, form); status != 403 && status != 409 {
			t.Errorf("after a refund: %d", status)
		}
		if status := d.post("/d/forged/request", form); status != 404 {
			t.Errorf("a forged page: %d", status)
		}
	})
}
