package bigdd

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"purvey/internal/order"
)

type statsSeen struct {
	Period    struct{ Start, End string }
	Total     *int64 `json:"total_downloads"`
	Counted   *int64 `json:"counted_downloads"`
	Billable  *int64 `json:"billable_downloads"`
	Bandwidth *int64 `json:"total_bandwidth_bytes"`
	TopFiles  []struct {
		File      object
		Downloads int64
		Bandwidth int64 `json:"bandwidth_bytes"`
	} `json:"top_files"`
}

func (s statsSeen) figures() string {
	return fmt.Sprintf("%d %d %d %d", *s.Total, *s.Counted, *s.Billable, *s.Bandwidth)
}

// BDD-20, BDD-38: three counts, the bytes and the files of a period.
func TestBDD20_DownloadStats(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		stats := func(query string) statsSeen {
			t.Helper()
			var s statsSeen
			d.ok(200, "GET", "downloads/stats"+query, "", &s)
			if *s.Total < *s.Counted || *s.Counted < *s.Billable || s.TopFiles == nil {
				t.Errorf("%s: %+v", query, s)
			}
			return s
		}
		if s := stats(""); s.figures() != "0 0 0 0" || s.Period.Start != "2025-12-06T12:00:00.000Z" || s.Period.End != "2026-01-05T12:00:00.000Z" || len(s.TopFiles) != 0 {
			t.Errorf("nothing yet: %+v", s)
		}
		var files []string
		for i := range 12 {
			files = append(files, d.store(fmt.Sprintf("track-%02d.wav", i), strings.Repeat("x", 100+i)))
		}
		p := d.product("Album", `"file_ids":["`+strings.Join(files, `","`)+`"]`)
		o := d.buy(p)
		imported := d.buy(p, `"is_imported":true,"created_at":"2025-06-01"`)
		get := func(o string, i int) {
			t.Helper()
			if status, body := d.fetch(o + "/files/" + files[i]); status != 200 || len(body) != 100+i {
				t.Fatalf("file %d: %d", i, status)
			}
		}
		// Each file once, file 3 thrice and file 5 twice, at noon on 5 January.
		for i := range files {
			get(d.page(o), i)
		}
		for _, i := range []int{3, 5, 3} {
			d.clock.Advance(time.Second)
			get(d.page(o), i)
		}
		d.clock.Advance(24 * time.Hour)
		get(d.page(imported), 3) // not billable
		d.sent(o.ID, 1, 1, 1)

		all := int64(12*100 + 66 + 3*103 + 105)
		// The end of the period is now, and what begins at the end is not in it.
		d.clock.Advance(time.Second)
		s := stats("")
		if s.figures() != fmt.Sprintf("16 13 12 %d", all) {
			t.Errorf("all: %s", s.figures())
		}
		if len(s.TopFiles) != 10 {
			t.Fatalf("%d files", len(s.TopFiles))
		}
		top := s.TopFiles[0]
		if odd := keys(top.File, "id", "name", "size", "type"); odd != "" || top.File["id"] != files[3] || top.File["name"] != "track-03.wav" || top.File["size"] != 103.0 ||
			top.Downloads != 4 || top.Bandwidth != 412 || s.TopFiles[1].File["id"] != files[5] || s.TopFiles[1].Downloads != 2 {
			t.Errorf("%s %+v", odd, s.TopFiles[:2])
		}
		for i, want := range []int{11, 10, 9, 8, 7, 6, 4, 2} { // of equal downloads the larger bandwidth is first
			if s.TopFiles[2+i].File["id"] != files[want] || s.TopFiles[2+i].Downloads != 1 {
				t.Errorf("place %d: %+v", 3+i, s.TopFiles[2+i])
			}
		}
		for query, want := range map[string]string{
			"?start=2026-01-05T12:00:00Z&end=2026-01-05T12:00:01Z":     "12 12 12 1266",
			"?start=2026-01-05T12:00:00.001Z&end=2026-01-05T12:00:03Z": "2 0 0 208",
			"?start=2026-01-05T13:00:01%2B01:00&end=2026-01-06":        "3 0 0 311",
			"?start=2026-01-06":                          fmt.Sprintf("1 1 0 %d", 103),
			"?end=2026-01-05T12:00:00Z":                  "0 0 0 0",
			"?end=2026-01-06":                            "15 12 12 1577",
			"?start=2020-01-01&end=2021-01-01":           "0 0 0 0",
			"?start=2026-01-07&end=2026-02-01":           "0 0 0 0",
			"?start=2026-01-05T12:00:00Z&end=2027-01-01": fmt.Sprintf("16 13 12 %d", all),
		} {
			if got := stats(query).figures(); got != want {
				t.Errorf("%s: %s, want %s", query, got, want)
			}
		}
		if s := stats("?end=2026-01-31"); s.Period.Start != "2026-01-01T00:00:00.000Z" || s.Period.End != "2026-01-31T00:00:00.000Z" {
			t.Errorf("end alone: %+v", s.Period)
		}
		if s := stats("?start=2026-01-06"); s.Period.Start != "2026-01-06T00:00:00.000Z" || s.Period.End != wireTime(d.clock.Now()) {
			t.Errorf("start alone: %+v", s.Period)
		}
		for query, field := range map[string]string{
			"?start=soon": "start", "?end=2026-02-30": "end", "?start=2026-01-06&end=2026-01-06": "start", "?start=2026-01-07&end=2026-01-06": "start",
			"?start=2030-01-01": "start",
		} {
			d.field("GET", "downloads/stats"+query, "", field)
		}
		// The other mode has figures of its own.
		a := d.call(d.sandbox, "GET", prefix+"downloads/stats", "")
		if a.status != 200 || !strings.Contains(a.body, `"total_downloads":0,`) {
			t.Errorf("sandbox: %d %s", a.status, a.body)
		}
	})
}

// BDD-21: by number, and by gid raw and encoded; all orders with their events.
func TestBDD21_CustomerDownloads(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		file := d.store("kit.zip", "kit")
		p := d.product("Kit", `"file_ids":["`+file+`"]`)
		line := `[{"digital_product_id":"` + p + `"}]`
		const ana = `"customer":{"email":"ana@example.org","gid":"gid://shopify/Customer/987654321"}`
		before := d.place(`"customer":{"email":"ANA@example.org","firstname":"Ana"}`, line) // its number is not known yet
		d.clock.Advance(time.Minute)
		first := d.place(ana, line)
		d.clock.Advance(time.Minute)
		d.place(`"customer":{"email":"ben@example.org","gid":"gid://shopify/Customer/98765432"}`, line)
		d.place(`"customer":{"email":"eva@example.org"}`, line)
		moved := d.place(`"customer":{"email":"ana.new@example.org","gid":"gid://shopify/Customer/987654321"}`, line) // the same customer elsewhere
		later := d.place(`"customer":{"email":"ana@example.org"}`, line)
		if later.Customer.GID != "gid://shopify/Customer/987654321" || later.Customer.ID != first.Customer.ID || before.Customer.ID != first.Customer.ID {
			t.Errorf("%+v", later.Customer)
		}
		for range 2 {
			if status, _ := d.fetch(d.page(first) + "/files/" + file); status != 200 {
				t.Fatal(status)
			}
			d.clock.Advance(time.Second)
		}
		want := strings.Join([]string{later.Name, moved.Name, first.Name, before.Name}, " ")
		for _, who := range []string{"987654321", "gid%3A%2F%2Fshopify%2FCustomer%2F987654321", "gid:%2F%2Fshopify%2FCustomer%2F987654321", "gid://shopify/Customer/987654321"} {
			l := d.list("customers/" + who + "/downloads?limit=50")
			if got := l.names("name"); got != want {
				t.Errorf("%s: %s, want %s", who, got, want)
			}
			for _, o := range l.Data {
				events, ok := o["lines"].([]any)[0].(object)["downloads"].([]any)
				if n := map[bool]int{true: 2}[o["id"] == first.ID]; !ok || len(events) != n {
					t.Errorf("%v has %d events, want %d", o["name"], len(events), n)
				}
				for i, e := range events {
					e := e.(object)
					if odd := keys(e, "id", "file", "redownload", "counted", "billable", "bytes", "ip", "user_agent", "created_at"); odd != "" ||
						e["redownload"] != (i == 1) || e["counted"] != (i == 0) || e["billable"] != (i == 0) || e["bytes"] != 3.0 || e["user_agent"] == nil || e["ip"] == nil {
						t.Errorf("event %d: %s %v", i, odd, e)
					}
				}
			}
			for query, want := range map[string]string{
				"?sort=id": strings.Join([]string{before.Name, first.Name, moved.Name, later.Name}, " "), "?limit=1&sort=created_at": before.Name,
				"?sort=-created_at&limit=3": strings.Join([]string{later.Name, moved.Name, first.Name}, " "),
			} {
				l := d.list("customers/" + who + "/downloads" + query)
				if got := l.names("name"); got != want {
					t.Errorf("%s%s: %s, want %s", who, query, got, want)
				}
				if cursor := l.Pagination.NextCursor; strings.Contains(query, "limit=3") {
					if got := d.list("customers/" + who + "/downloads?cursor=" + *cursor).names("name"); got != before.Name {
						t.Errorf("the next page: %s", got)
					}
				}
			}
		}
		// Over a real connection, slashes and all.
		for _, who := range []string{"gid://shopify/Customer/987654321", url.QueryEscape("gid://shopify/Customer/987654321"), "gid://shopify%2FCustomer/987654321", "987654321"} {
			req, err := http.NewRequestWithContext(t.Context(), "GET", d.server.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.URL.Opaque = "//" + req.URL.Host + prefix + "customers/" + who + "/downloads"
			req.Header.Set("Authorization", "Bearer "+d.member)
			res, err := d.server.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != 200 || res.Request.URL != req.URL {
				t.Errorf("%s: %d at %s", who, res.StatusCode, res.Request.URL)
			}
		}
		for _, who := range []string{"1", "gid://shopify/Customer/1", "9223372036854775807", "0", "99999999999999999999999999"} {
			if l := d.list("customers/" + who + "/downloads"); len(l.Data) != 0 {
				t.Errorf("%s: %v", who, l.Data)
			}
		}
		for _, who := range []string{"ana@example.org", "gid", "gid://shopify/Customer/", "gid://shopify/Customer/x", "gid://shopify/Order/987654321", "12a", "-1", "+1", first.Customer.ID} {
			d.field("GET", "customers/"+who+"/downloads", "", "customer_gid")
		}
		d.field("GET", "customers/1/downloads?sort=name", "", "sort")
		a := d.call(d.sandbox, "GET", prefix+"customers/987654321/downloads", "")
		if a.status != 200 || !strings.Contains(a.body, `"data":[]`) {
			t.Errorf("sandbox: %d %s", a.status, a.body)
		}
	})
}

// Messages: newest first, by order, kind and state, rendered.
func TestMessageCalls(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		p := d.product("Loops & Beats", `"access":"LICENSE_KEY"`, `"license_key_tag":"loops"`)
		d.stock("loops", "LOOP-1")
		o := d.place(`"customer":{"email":"ana@example.org","firstname":"Ana","locale":"en"}`, `[{"digital_product_id":"`+p+`"}]`)
		d.clock.Advance(time.Second)
		waiting := d.buy(p)
		l := d.list("messages")
		if l.names("kind") != "key_follows delivery" || l.names("order_id") != waiting.ID+" "+o.ID || l.names("state") != "kept kept" {
			t.Fatalf("%v", l.Data)
		}
		var m object
		d.ok(200, "GET", "messages/"+l.Data[1]["id"].(string), "", &m)
		if odd := keys(m, "id", "kind", "state", "to", "subject", "text", "html", "order_id", "error", "created_at", "sent_at"); odd != "" {
			t.Errorf("message: %s", odd)
		}
		text, html := m["text"].(string), m["html"].(string)
		if m["to"] != "ana@example.org" || m["error"] != nil || m["sent_at"] != nil || m["created_at"] != "2026-01-05T12:00:00.000Z" || m["subject"] == "" ||
			!strings.Contains(text, "LOOP-1") || !strings.Contains(text, o.DownloadURL) || !strings.Contains(text, "Loops & Beats") ||
			!strings.Contains(html, "LOOP-1") || !strings.Contains(html, o.DownloadURL) || strings.Contains(html, "Loops & Beats") {
			t.Errorf("%v", m)
		}
		for query, want := range map[string]string{
			"?order_id=" + o.ID: "delivery", "?kind=key_follows": "key_follows", "?state=kept&limit=1": "key_follows", "?state=sent": "", "?sort=id": "delivery key_follows",
			"?to=ana@example.org": "key_follows delivery", "?to=eva@example.org": "", "?order_id=none": "",
		} {
			if got := d.list("messages" + query).names("kind"); got != want {
				t.Errorf("%s: %s, want %s", query, got, want)
			}
		}
		d.field("GET", "messages?state=lost", "", "state")
		d.field("GET", "messages?limit=x", "", "limit")
		d.refused(d.call(d.member, "GET", prefix+"messages/none", ""), 404, "not_found")
		d.refused(d.call(d.sandbox, "GET", prefix+"messages/"+m["id"].(string), ""), 404, "not_found")
		d.refused(d.call(d.member, "DELETE", prefix+"messages/"+m["id"].(string), ""), 405, "method_not_allowed")
	})
}

// With a mail server live mail is queued for it; sandbox mail is kept.
func TestSandboxMailIsKept(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		d.backend.Orders = order.New(d.db, order.Options{PageURL: d.backend.Delivery.PageURL, Mail: true})
		mux := http.NewServeMux()
		Register(mux, d.backend)
		d.handler = documented(t, mux)
		p := d.product("Kit")
		for token, want := range map[string]string{d.member: "queued", d.sandbox: "kept"} {
			a := d.call(token, "POST", prefix+"orders", `{"customer":{"email":"ana@example.org"},"lines":[{"digital_product_id":"`+p+`"}]}`)
			if a.status != 201 {
				t.Fatalf("%d %s", a.status, a.body)
			}
			var l listing
			d.call(token, "GET", prefix+"messages", "").into(t, &l)
			if l.names("state") != want {
				t.Errorf("%v, want one %s", l.Data, want)
			}
		}
	})
}
