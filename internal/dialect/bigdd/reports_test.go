package bigdd

import (
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/order"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

// ledger is a shop with sales of all kinds.
type ledger struct {
	*frame
	clock   *storetest.Clock
	scope   purvey.Scope
	product map[string]purvey.Product
}

func newLedger(t *testing.T, db *store.DB, clock *storetest.Clock) *ledger {
	l := &ledger{frame: newFrame(t, db), clock: clock, product: map[string]purvey.Product{}}
	l.scope = purvey.Scope{ShopID: l.shop.ID, Mode: purvey.Live}
	for _, name := range []string{"Book", "=cmd|'/c calc'!A0"} {
		id := l.made(l.admin, "/digital-products", fmt.Sprintf(`{"name":%q,"price_cents":1000,"file_ids":["%s"]}`, name, l.file(l.admin)), "id")
		p, err := l.backend.Catalog.Product(t.Context(), l.shop.ID, id)
		if err != nil {
			t.Fatal(err)
		}
		l.product[name] = p
	}
	return l
}

// publish places an order as Publica.la's wire does; prices are of the lines.
func (l *ledger) publish(typ string, total int64, prices ...int64) purvey.Order {
	l.t.Helper()
	p := order.Publication{Type: typ, Reference: "ref-" + purvey.Secret(6), UserID: "u1", UserEmail: "ana@example.org"}
	if typ != purvey.TypePermission {
		p.Price, p.Currency = &total, "ARS"
	}
	for i := range prices {
		p.Items = append(p.Items, order.PublishedItem{Price: &prices[i], Currency: "ARS"})
	}
	o, err := l.backend.Orders.Publish(l.t.Context(), l.scope, p, func(context.Context, int) (purvey.Product, error) { return l.product["Book"], nil })
	if err != nil {
		l.t.Fatal(err)
	}
	return o
}

func (l *ledger) pay(o purvey.Order) {
	l.t.Helper()
	paid := purvey.Paid
	if _, err := l.backend.Orders.Patch(l.t.Context(), l.scope, o.ID, order.Patch{Financial: &paid}); err != nil {
		l.t.Fatal(err)
	}
}

type salesAnswer struct {
	Data       []saleWire
	Pagination pagination
	Totals     []totalWire
}

func (l *ledger) sales(query string) salesAnswer {
	l.t.Helper()
	var out salesAnswer
	a := l.call(l.admin, "GET", "/public-api/v1/reports/sales"+query, "")
	if a.status != 200 {
		l.t.Fatalf("%s: %d %s", query, a.status, a.body)
	}
	a.into(l.t, &out)
	return out
}

func (l *ledger) table(path string) [][]string {
	l.t.Helper()
	a := l.call(l.admin, "GET", "/public-api/v1/reports/"+path, "")
	if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/csv") || strings.Count(a.body, "\n") != strings.Count(a.body, "\r\n") {
		l.t.Fatalf("%s: %d %v", path, a.status, a.header)
	}
	rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	if err != nil {
		l.t.Fatal(err)
	}
	return rows
}

// PUB-35: sale and report orders are in the report, orders without a type that
// were paid are sales too, permissions and unpaid sales never; every figure is
// whole cents and the parts of an order are the whole.
func TestPUB35_Sales(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		l := newLedger(t, db, clock)
		l.publish(purvey.TypePermission, 0, 500)
		pending := l.publish(purvey.TypeSale, 700, 700)
		reported := l.publish(purvey.TypeReport, 1000, 300, 300, 300) // the order's price is what was booked
		free := l.publish(purvey.TypeReport, 50, 0, 0)
		sold := l.publish(purvey.TypeSale, 1050, 1050)
		clock.Advance(time.Hour)
		l.pay(sold)
		native := l.made(l.admin, "/orders", `{"customer":{"email":"bo@example.net","firstname":"Bo","lastname":"Ek"},"currency":"USD",
			"lines":[{"digital_product_id":"`+l.product["Book"].ID+`","quantity":3,"price_cents":333}]}`, "id")
		l.made(l.admin, "/orders", `{"customer":{"email":"bo@example.net"},"financial_status":"PENDING","lines":[{"digital_product_id":"`+l.product["Book"].ID+`"}]}`, "id")
		l.made(l.sandbox, "/orders", `{"customer":{"email":"bo@example.net"},"lines":[{"digital_product_id":"`+l.product["Book"].ID+`"}]}`, "id")
		o, err := l.backend.Orders.Order(t.Context(), l.scope, native)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.backend.Orders.Refund(t.Context(), l.scope, native, []order.RefundLine{{LineID: o.Lines[0].ID, Quantity: 1}}); err != nil {
			t.Fatal(err)
		}
		got := l.sales("")
		var seen []string
		for _, r := range got.Data {
			seen = append(seen, fmt.Sprintf("%s %d/%d/%d", r.OrderID[18:], r.GrossCents, r.RefundedCents, r.NetCents))
		}
		tail := func(id string) string { return id[18:] }
		want := []string{
			tail(native) + " 999/333/666", tail(sold.ID) + " 1050/0/1050", tail(free.ID) + " 50/0/50", tail(free.ID) + " 0/0/0",
			tail(reported.ID) + " 333/0/333", tail(reported.ID) + " 333/0/333", tail(reported.ID) + " 334/0/334",
		}
		if !slices.Equal(seen, want) {
			t.Errorf("%q, want %q", seen, want)
		}
		totals := []totalWire{{"ARS", 6, 2100, 0, 2100}, {"USD", 1, 999, 333, 666}}
		if !slices.Equal(got.Totals, totals) {
			t.Errorf("%+v", got.Totals)
		}
		first := got.Data[0]
		if first.Type != nil || first.Source != "native" || *first.Customer.Name != "Bo Ek" || first.Quantity != 3 || first.RefundedQuantity != 1 || first.PriceCents != 333 ||
			first.FinancialStatus != "PARTIALLY_REFUNDED" || first.Status != "active" || *got.Data[1].Type != "sale" || got.Data[1].PaidAt == got.Data[1].CreatedAt {
			t.Errorf("%+v", got.Data[:2])
		}
		// Page by page, in both directions, and the totals are those of all.
		for _, sort := range []string{"", "&sort=id"} {
			var pages []string
			next := ""
			for {
				p := l.sales("?limit=2" + sort + next)
				for _, r := range p.Data {
					pages = append(pages, fmt.Sprintf("%s %d/%d/%d", r.OrderID[18:], r.GrossCents, r.RefundedCents, r.NetCents))
				}
				if !slices.Equal(p.Totals, totals) {
					t.Errorf("%+v", p.Totals)
				}
				if !p.Pagination.HasMore {
					break
				}
				next = "&cursor=" + *p.Pagination.NextCursor
			}
			if sort == "" && !slices.Equal(pages, want) || len(pages) != len(want) || sort != "" && pages[0] != want[4] {
				t.Errorf("%q", pages)
			}
		}
		for query, n := range map[string]int{
			"?type=sale": 1, "?type=report": 5, "?type=none": 1, "?type=sale,none": 2, "?currency=USD": 1, "?currency=EUR": 0, "?status=refunded": 0, "?status=active": 7,
			"?product_id=" + l.product["Book"].ID: 7, "?product_id=" + l.product["=cmd|'/c calc'!A0"].ID: 0,
		} {
			p := l.sales(query)
			var rows int64
			for _, total := range p.Totals {
				rows += total.Rows
			}
			if len(p.Data) != n || rows != int64(n) || p.Data == nil || p.Totals == nil {
				t.Errorf("%s: %d rows, %d in the totals", query, len(p.Data), rows)
			}
		}
		for _, bad := range []string{"?type=permission", "?currency=usd", "?status=paid", "?start=1/2/2026", "?start=2026-02-02&end=2026-02-01", "?sort=created_at", "?cursor=eyJpZCI6IngifQ=="} {
			if a := l.call(l.admin, "GET", "/public-api/v1/reports/sales"+bad, ""); a.status != 400 {
				t.Errorf("%s: %d", bad, a.status)
			}
		}
		if a := l.call(l.member, "GET", "/public-api/v1/reports/sales", ""); a.status != 403 {
			t.Error(a.status)
		}
		if pending.Financial != purvey.Pending {
			t.Error(pending.Financial)
		}
		rows := l.table("sales.csv")
		if len(rows) != 8 || len(rows[0]) != 21 || rows[0][0] != "order_id" || rows[1][0] != reported.ID || rows[7][0] != native || rows[7][17] != "666" {
			t.Errorf("%q", rows)
		}
	})
}

// PUB-35: days are those of the shop, both inclusive.
func TestPUB35_Days(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		l := newLedger(t, db, clock)
		if err := l.backend.Shops.Patch(t.Context(), l.shop.ID, []byte(`{"shop":{"timezone":"America/Argentina/Buenos_Aires"}}`)); err != nil {
			t.Fatal(err)
		}
		for _, at := range []time.Time{ // the shop's 9, 10, 10 and 11 January
			time.Date(2026, 1, 10, 2, 59, 59, 0, time.UTC), time.Date(2026, 1, 10, 3, 0, 0, 0, time.UTC),
			time.Date(2026, 1, 11, 2, 59, 59, 0, time.UTC), time.Date(2026, 1, 11, 3, 0, 0, 0, time.UTC),
		} {
			clock.Set(at)
			l.publish(purvey.TypeReport, 100, 100)
		}
		for query, n := range map[string]int{
			"": 4, "?start=2026-01-10": 3, "?end=2026-01-10": 3, "?start=2026-01-10&end=2026-01-10": 2, "?start=2026-01-12": 0, "?start=2026-01-09&end=2026-01-11": 4,
		} {
			if got := l.sales(query); len(got.Data) != n {
				t.Errorf("%s: %d rows", query, len(got.Data))
			}
			if rows := l.table("sales.csv" + query); len(rows) != n+1 {
				t.Errorf("%s: %d rows of CSV", query, len(rows)-1)
			}
			if rows := l.table("orders.csv" + query); len(rows) != n+1 {
				t.Errorf("%s: %d orders", query, len(rows)-1)
			}
		}
	})
}

// PUB-35: tables hold all rows, more than are read at a time, and nothing that
// a spreadsheet would run.
func TestPUB35_Tables(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		l := newLedger(t, db, nil)
		evil := l.product["=cmd|'/c calc'!A0"].ID
		id := l.made(l.admin, "/orders", `{"customer":{"email":"eve@example.org","firstname":"+1","lastname":"-2, \"x\"\r\n@SUM(1)"},"lines":[{"digital_product_id":"`+evil+`","price_cents":5}]}`, "id")
		o, err := l.backend.Orders.Order(t.Context(), l.scope, id)
		if err != nil {
			t.Fatal(err)
		}
		keys := make([]string, 1201)
		for i := range keys {
			keys[i] = fmt.Sprintf(`"K-%04d"`, i)
		}
		keys[0] = `"=1+1"`
		for _, half := range [][]string{keys[:700], keys[700:]} {
			if a := l.call(l.admin, "POST", "/public-api/v1/license-keys", `{"tag":"pro","keys":[`+strings.Join(half, ",")+`]}`); a.status != 201 {
				t.Fatal(a.body)
			}
		}
		l.call(l.admin, "POST", "/public-api/v1/license-keys", `{"keys":["plain"]}`)
		if rows := l.table("license-keys.csv"); len(rows) != 1203 {
			t.Errorf("%d keys", len(rows)-1)
		}
		if rows := l.table("license-keys.csv?tag="); len(rows) != 2 || rows[1][1] != "plain" || rows[1][3] != "free" {
			t.Errorf("%q", rows)
		}
		rows := l.table("license-keys.csv?tag=pro")
		seen := map[string]bool{}
		for _, r := range rows[1:] {
			seen[r[1]] = true
		}
		if len(rows) != 1202 || len(seen) != 1201 || !seen["'=1+1"] {
			t.Errorf("%d keys, %d different", len(rows)-1, len(seen))
		}
		err = db.Tx(t.Context(), func(tx *store.Tx) error {
			for i, ip := range []string{"203.0.113.77", "2001:db8:1:2::3", "::ffff:198.51.100.9", ""} {
				d := purvey.Download{
					ShopID: l.shop.ID, Mode: purvey.Live, Via: purvey.ViaOrder, OrderID: id, LineID: o.Lines[0].ID, ProductID: evil, FileID: "f", FileName: "@a.pdf",
					Number: i + 1, Size: 10, Sent: int64(10 + i), Redownload: i > 0, IP: ip, UserAgent: "-curl", CreatedAt: tx.Now(), LastAt: tx.Now(),
				}
				if i == 0 {
					d.CompletedAt = tx.Now()
				}
				if i == 3 {
					d.Via = purvey.ViaReading
				}
				if err := tx.InsertDownload(t.Context(), d.LineID, &d); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		rows = l.table("downloads.csv")
		if len(rows) != 4 || rows[1][9] != "203.0.113.0/24" || rows[2][9] != "2001:db8:1::/48" || rows[3][9] != "198.51.100.0/24" || rows[1][7] != "true" || rows[2][7] != "false" ||
			rows[1][4] != "'@a.pdf" || rows[1][10] != "'-curl" || rows[1][3] != "'=cmd|'/c calc'!A0" || rows[2][6] != "11" || rows[2][8] != "true" || rows[1][1] != o.Name {
			t.Errorf("%q", rows)
		}
		rows = l.table("customers.csv")
		if len(rows) != 2 || rows[1][2] != "'+1" || rows[1][3] != "'-2, \"x\"\n@SUM(1)" { // Go's reader makes one \n of CRLF
			t.Errorf("%q", rows)
		}
		rows = l.table("orders.csv")
		if len(rows) != 2 || rows[1][16] != "'=cmd|'/c calc'!A0" || rows[1][19] != "5" {
			t.Errorf("%q", rows)
		}
		if got := l.table("sales.csv?product_id=" + evil); len(got) != 2 || got[1][11] != "'=cmd|'/c calc'!A0" {
			t.Errorf("%q", got)
		}
		for _, name := range []string{"sales", "downloads", "orders", "customers", "license-keys"} {
			if a := l.call(l.member, "GET", "/public-api/v1/reports/"+name+".csv", ""); a.status != 403 {
				t.Errorf("%s: %d", name, a.status)
			}
		}
		for query, n := range map[string]int{"?financial_status=PAID": 1, "?financial_status=PENDING": 0, "?search=nobody": 0, "?digital_product_id=" + evil: 1, "?dl_access=disabled": 0, "?line_status=refunded": 0} {
			if rows := l.table("orders.csv" + query); len(rows) != n+1 {
				t.Errorf("%s: %d rows", query, len(rows)-1)
			}
		}
		if a := l.call(l.admin, "GET", "/public-api/v1/reports/orders.csv?line_status=x", ""); a.status != 400 {
			t.Error(a.status)
		}
		if a := l.call(l.admin, "GET", "/public-api/v1/reports/orders.csv?end=x", ""); a.status != 400 {
			t.Error(a.status)
		}
	})
}
