package continuata_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/order"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

// CONT-02, CONT-20: every purchase, of every source, in the shop's own list.
func TestCONT02_Purchases(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		drums, pads := w.product("drums", w.file("a.zip", "a")), w.product("pads", w.file("b.zip", "b"))
		ana := purvey.Customer{Email: "ana@example.org", Firstname: "Ana", Lastname: "Lopez"}
		native := w.place(order.Request{Customer: ana}, drums, pads)
		w.clock.Advance(time.Minute)
		w.place(order.Request{Source: purvey.SourceShopify, ExternalReference: "820", Customer: ana}, pads)
		w.clock.Advance(time.Minute)
		w.place(order.Request{Source: purvey.SourceHLConnect, Number: 77001, Customer: purvey.Customer{Firstname: "Bo Reader"}}, pads)
		w.clock.Advance(time.Minute)
		w.place(order.Request{Financial: purvey.Pending, Customer: ana}, pads)
		gone := w.place(order.Request{Customer: ana}, drums)
		_, err := w.orders.Refund(t.Context(), w.scope, gone.ID, []order.RefundLine{{LineID: gone.Lines[0].ID, Quantity: 1}})
		w.must(err)
		closed := w.place(order.Request{Customer: ana}, drums)
		_, err = w.orders.SetAccess(t.Context(), w.scope, closed.ID, false)
		w.must(err)
		var list []map[string]any
		w.call(w.admin, "GET", "/api/purchases?customerEmail=nobody@example.org", "").want(200).into(&list)
		if len(list) != 6 {
			t.Fatalf("%d purchases: %v", len(list), list)
		}
		row := func(i int, want map[string]any) {
			t.Helper()
			for k, v := range want {
				if list[i][k] != v {
					t.Errorf("row %d: %s is %v, want %v", i, k, list[i][k], v)
				}
			}
			if len(list[i]) != 13 || list[i]["orgId"] != "audio-company" {
				t.Errorf("row %d: %v", i, list[i])
			}
		}
		row(0, map[string]any{"status": "revoked", "vendor": "api", "productId": "drums"})
		row(1, map[string]any{"status": "refunded"})
		row(2, map[string]any{"vendor": "api", "customerEmail": "", "customerName": "Bo Reader", "externalOrderId": "77001", "status": "active"})
		row(3, map[string]any{"vendor": "shopify", "externalOrderId": "820", "externalKey": nil, "quantity": 1.0})
		row(4, map[string]any{
			"id": native.Lines[0].ID, "productId": "drums", "productName": "The drums", "customerEmail": "ana@example.org", "customerName": "Ana Lopez",
			"externalOrderId": nil, "createdAt": "2026-01-05T12:00:00.000Z", "status": "active",
		})
		row(5, map[string]any{"productId": "pads"})
		for _, token := range []string{w.sandbox, w.token(w.newShop("other"), purvey.Admin, purvey.Live)} {
			if a := w.call(token, "GET", "/api/purchases", "").want(200); strings.TrimSpace(a.body) != "[]" {
				t.Errorf("another mode or shop sees %s", a.body)
			}
		}
	})
}

// CONT-33: purchases recorded on minting, which callers of the two documented
// fields never notice.
func TestCONT33_RecordedPurchases(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.product("drums", w.file("a.zip", "a"))
		w.product("pads", w.file("b.zip", "b"))
		purchases := func() []map[string]any {
			t.Helper()
			var list []map[string]any
			w.call(w.admin, "GET", "/api/purchases", "").want(200).into(&list)
			return list
		}
		w.mint(`{"productId":"drums","version":"1.0.0"}`)
		if n := len(purchases()); n != 0 {
			t.Fatalf("%d purchases", n)
		}
		for range 3 {
			w.mint(`{"productId":"drums","customerEmail":"ana@example.org","customerName":"Ana Maria Lopez","orderId":"A-1"}`)
			w.mint(`{"productId":"pads","customerEmail":"Ana@example.org","orderId":"A-1"}`)
			w.mint(`{"productId":"pads","customerEmail":"bo@example.org"}`)
			w.mint(`{"productId":"pads","customerEmail":"bo@example.org","orderId":77}`)
		}
		list := purchases()
		if len(list) != 4 {
			t.Fatalf("%d purchases: %v", len(list), list)
		}
		if p := list[len(list)-2]; p["vendor"] != "api" || p["externalOrderId"] != "A-1" || p["customerName"] != "Ana Maria Lopez" || p["productId"] != "drums" {
			t.Errorf("%v", p)
		}
		mails, err := w.db.Messages(t.Context(), w.scope, store.MessageFilter{}, purvey.Page{Limit: 10})
		w.must(err)
		if len(mails.Items) != 0 {
			t.Errorf("%d mails were made", len(mails.Items))
		}
		w.call(w.admin, "POST", "/api/generate-download-url", `{"productId":"drums","customerEmail":"eve@example.org","orderId":"A-1"}`).refused(409)
		w.call(w.admin, "POST", "/api/generate-download-url", `{"productId":"drums","customerEmail":"eve@example.org","orderId":"`+strings.Repeat("x", 300)+`"}`).refused(400)
		// What is fetched by such a token is a download of the order.
		tied := w.mint(`{"productId":"drums","customerEmail":"ana@example.org","orderId":"A-1"}`)
		ordered, err := w.orders.ByReference(t.Context(), w.scope, "A-1")
		w.must(err)
		page := w.call("", "GET", tied.DownloadURL, "").want(200)
		w.call("", "GET", formAction.FindStringSubmatch(page.body)[1], "").want(200)
		events, err := w.db.EventsOfOrder(t.Context(), w.scope, ordered.ID)
		w.must(err)
		if last := events[len(events)-1]; last.Type != purvey.EventFileDownloaded || last.Data.Download.MintID == "" || last.Data.Download.OrderID != ordered.ID {
			t.Errorf("%+v", last)
		}
		// A refund ends the token with the purchase, and without an order id a
		// new purchase may follow.
		m := w.mint(`{"productId":"pads","customerEmail":"bo@example.org"}`)
		o, err := w.orders.Orders(t.Context(), w.scope, order.Filter{Email: "bo@example.org", Reference: ""}, purvey.Page{Limit: 10, Sort: purvey.SortOldest})
		w.must(err)
		_, err = w.orders.Refund(t.Context(), w.scope, o.Items[0].ID, []order.RefundLine{{LineID: o.Items[0].Lines[0].ID, Quantity: 1}})
		w.must(err)
		w.call("", "GET", m.DownloadURL, "").want(403)
		w.mint(`{"productId":"pads","customerEmail":"bo@example.org"}`)
		if n := len(purchases()); n != 5 {
			t.Errorf("%d purchases", n)
		}
		ref, err := w.orders.ByReference(t.Context(), w.scope, "77")
		w.must(err)
		_, err = w.orders.Refund(t.Context(), w.scope, ref.ID, []order.RefundLine{{LineID: ref.Lines[0].ID, Quantity: 1}})
		w.must(err)
		w.call(w.admin, "POST", "/api/generate-download-url", `{"productId":"pads","customerEmail":"bo@example.org","orderId":"77"}`).refused(409)
	})
}

// CONT-03, CONT-29: one row for each copy, the window by start, inclusive days,
// and figures that agree with the overview.
func TestCONT03_CONT29_Report(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		f := w.file("drums.zip", strings.Repeat("x", 3000))
		w.product("drums", f)
		pads := w.product("pads", w.file("b.zip", "b"))
		m := w.mint(`{"productId":"drums","customerEmail":"ana@example.org","customerName":"=HYPERLINK(1)"}`)
		plain := w.mint(`{"productId":"drums"}`)
		done := 0
		get := func(url string) {
			t.Helper()
			w.call("", "GET", url, "").want(200)
			done++
			w.eventually("the session is complete", func() bool { return len(w.report("?status=completed")) == done })
		}
		file := func(m minted) string { return "/download/files/" + f.ID + "?token=" + m.DownloadToken }
		get(file(m)) // 5 January
		w.clock.Advance(11*time.Hour + 59*time.Minute)
		get(file(plain)) // 23:59
		w.clock.Advance(2 * time.Minute)
		o := w.place(order.Request{Customer: purvey.Customer{Email: "bo@example.org"}}, pads)
		get("/d/" + w.delivery.PageToken(o) + "/files/" + pads.Files[0].ID) // 6 January
		w.call("", "HEAD", file(m), "")                                     // no session

		a := w.call(w.admin, "GET", "/api/reports/downloads?from=2026-01-05&to=2026-01-05", "").want(200)
		if a.header.Get("Content-Type") != "text/csv; charset=utf-8" || a.header.Get("Content-Disposition") != `attachment; filename="downloads-2026-01-05-2026-01-05.csv"` {
			t.Errorf("%v", a.header)
		}
		lines := strings.Split(a.body, "\r\n")
		if lines[0] != "sessionId,productId,productName,version,purchaseId,customerEmail,customerName,status,startedAt,completedAt,bytesDownloaded,bytesTotal" || len(lines) != 4 || lines[3] != "" {
			t.Fatalf("%q", lines)
		}
		first := strings.Split(lines[1], ",")
		if len(first) != 12 || first[1] != "drums" || first[2] != "The drums" || first[3] != "1.0.0" || first[5] != "ana@example.org" || first[6] != "'=HYPERLINK(1)" ||
			first[7] != "completed" || first[8] != "2026-01-05T12:00:00.000Z" || first[9] != "2026-01-05T12:00:00.000Z" || first[10] != "3000" || first[11] != "3000" {
			t.Errorf("%q", first)
		}
		if second := strings.Split(lines[2], ","); second[4] != "" || second[5] != "" || second[8] != "2026-01-05T23:59:00.000Z" {
			t.Errorf("%q", second)
		}
		for query, want := range map[string]int{
			"": 3, "?from=2026-01-06": 1, "?to=2026-01-05": 2, "?productId=pads": 1, "?productId=nothing": 0, "?status=failed": 0, "?status=nonsense": 0,
			"?limit=2": 2, "?limit=1&status=completed": 1, "?from=2027-01-01": 0,
		} {
			if got := w.report(query); len(got) != want && !(want == 0 && len(got) == 0) {
				t.Errorf("%q: %d rows, want %d", query, len(got), want)
			}
		}
		for _, bad := range []string{"?from=today", "?to=2026-13-01", "?from=2026-01-06&to=2026-01-05", "?limit=0", "?limit=x", "?limit=-1", "?from="} {
			w.call(w.admin, "GET", "/api/reports/downloads"+bad, "").refused(400)
		}
		st, err := w.delivery.Stats(t.Context(), w.scope, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC))
		w.must(err)
		if st.Total != 3 || st.Bandwidth != 6001 {
			t.Errorf("the overview has %d downloads of %d bytes", st.Total, st.Bandwidth)
		}
		if got := w.call(w.sandbox, "GET", "/api/reports/downloads", "").want(200).body; strings.Count(got, "\r\n") != 1 {
			t.Errorf("the sandbox sees %q", got)
		}
		// Half a copy is in progress, and fails when it is left.
		w.clock.Advance(time.Hour)
		half := w.mint(`{"productId":"drums"}`)
		req := httptest.NewRequest("GET", file(half), nil)
		req.Header.Set("Range", "bytes=0-1499")
		w.server.Config.Handler.ServeHTTP(httptest.NewRecorder(), req)
		if got := w.report("?status=in_progress"); len(got) != 1 {
			t.Errorf("%q", got)
		}
		w.clock.Advance(8 * 24 * time.Hour)
		if got := w.report("?status=failed"); len(got) != 1 || !strings.Contains(got[0], ",1500,3000") {
			t.Errorf("%q", got)
		}
	})
}

// Lists and reports of any length take the memory of a page.
func TestListsTakeFlatMemory(t *testing.T) {
	// Alone, since it measures the memory of the whole process.
	w := newWorld(t, storetest.Open(t, storetest.Options(t, "sqlite"), storetest.NewClock()), storetest.NewClock(), auth.Options{NoLimits: true})
	p := w.product("drums", w.file("a.zip", "a"))
	const n = 4000
	w.must(w.db.Tx(t.Context(), func(tx *store.Tx) error {
		for i := range n {
			d := purvey.Download{
				ShopID: w.shop.ID, Mode: purvey.Live, Via: purvey.ViaMint, MintID: "m", ProductID: p.ID, FileID: p.Files[0].ID, FileName: "a.zip", Number: i + 1, Size: 1,
				CreatedAt: tx.Now().Add(-time.Duration(i) * time.Second), LastAt: tx.Now(),
			}
			if err := tx.InsertDownload(t.Context(), "m", &d); err != nil {
				return err
			}
		}
		return nil
	}))
	for i := range n / 50 {
		lines := make([]purvey.Product, 50)
		for j := range lines {
			lines[j] = p
		}
		w.place(order.Request{Customer: purvey.Customer{Email: fmt.Sprintf("c%d@example.org", i)}}, lines...)
	}
	for path, rows := range map[string]int{"/api/purchases": n, "/api/reports/downloads": n} {
		sink := &counter{}
		req := httptest.NewRequest("GET", path, nil)
		req.Header.Set("Authorization", "Bearer "+w.admin)
		w.server.Config.Handler.ServeHTTP(sink, req)
		if sink.status != 200 || sink.separators < rows {
			t.Errorf("%s: %d, %d rows", path, sink.status, sink.separators)
		}
		if sink.most > 16<<20 {
			t.Errorf("%s: %d bytes were in use at a time", path, sink.most)
		}
	}
}

// counter is an answer that is thrown away, and looks at the memory while it
// is written.
type counter struct {
	header     http.Header
	status     int
	writes     int
	separators int
	least      uint64
	most       uint64
}

func (c *counter) Header() http.Header {
	if c.header == nil {
		c.header = http.Header{}
	}
	return c.header
}

func (c *counter) WriteHeader(status int) { c.status = status }

func (c *counter) Write(p []byte) (int, error) {
	if c.status == 0 {
		c.status = 200
	}
	c.separators += bytes.Count(p, []byte(`"id"`)) + bytes.Count(p, []byte("\r\n"))
	if c.writes++; c.writes%8 == 1 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		if c.least == 0 {
			c.least = m.HeapAlloc
		}
		if m.HeapAlloc > c.least {
			c.most = max(c.most, m.HeapAlloc-c.least)
		}
	}
	return len(p), nil
}
