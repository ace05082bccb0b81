package bigdd

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"purvey"
	"purvey/internal/order"
)

// BDD-50: what an order takes by default, and all that may be given.
func TestBDD50_PlaceOrder(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		file := d.store("kit.zip", "kit")
		p := d.product("Kit", `"price_cents":1999`, `"file_ids":["`+file+`"]`)
		var got object
		d.ok(201, "POST", "orders", `{"customer":{"email":"ana@example.org"},"lines":[{"digital_product_id":"`+p+`"}]}`, &got)
		if odd := keys(got, slices.Concat(vendorOrder, nativeOrder, []string{"download_url"})...); odd != "" {
			t.Errorf("order: %s", odd)
		}
		for name, want := range map[string]any{
			"name": "#1001", "order_number": 1001.0, "currency": "USD", "financial_status": "PAID", "risk_level": nil, "gid": nil, "is_imported": false,
			"external_reference": nil, "source": "native", "type": nil, "mode": "live", "total_cents": 1999.0, "dl_access": "enabled",
			"created_at": "2026-01-05T12:00:00.000Z", "updated_at": "2026-01-05T12:00:00.000Z",
		} {
			if got[name] != want {
				t.Errorf("%s is %v, want %v", name, got[name], want)
			}
		}
		line := got["lines"].([]any)[0].(object)
		if line["quantity"] != 1.0 || line["price_cents"] != 1999.0 || line["line_number"] != 1.0 || line["status"] != "active" || line["refunded_quantity"] != 0.0 {
			t.Errorf("%v", line)
		}
		if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(got["uuid"].(string)) ||
			!regexp.MustCompile(`^http://shop\.example/d/[A-Za-z0-9_-]{30,}$`).MatchString(got["download_url"].(string)) {
			t.Errorf("%v %v", got["uuid"], got["download_url"])
		}

		o := d.place(`"customer":{"email":"Ben@Example.org","firstname":"Ben","lastname":"Núñez","locale":"pt-BR","gid":"gid://shopify/Customer/77"}`,
			`[{"digital_product_id":"`+p+`","quantity":3,"price_cents":0},{"digital_product_id":"`+p+`","quantity":2,"price_cents":250,"gid":"gid://shopify/LineItem/4"}]`,
			`"currency":"EUR"`, `"financial_status":"AUTHORIZED"`, `"name":"WEB-1"`, `"gid":"gid://shopify/Order/9"`, `"risk_level":"LOW"`,
			`"external_reference":"cart-17"`, `"send_email":false`, `"colour":"red"`)
		if o.Name != "WEB-1" || o.OrderNumber != 1002 || *o.GID != "gid://shopify/Order/9" || *o.ExternalReference != "cart-17" || *o.RiskLevel != "LOW" ||
			o.TotalCents != 500 || o.Currency != "EUR" || o.FinancialStatus != "AUTHORIZED" || o.Customer.Email != "Ben@Example.org" ||
			o.Customer.Lastname != "Núñez" || o.Customer.GID != "gid://shopify/Customer/77" || o.Customer.Locale != "pt-BR" ||
			o.Lines[1].LineNumber != 2 || o.Lines[0].PriceCents != 0 || o.Lines[1].Quantity != 2 {
			t.Errorf("%+v", o)
		}
		same, shown := o, d.show(o.ID)
		same.DownloadURL = ""
		if fmt.Sprintf("%+v", shown.Lines) != fmt.Sprintf("%+v", o.Lines) || shown.UUID != o.UUID || shown.DownloadURL != "" || shown.TotalCents != o.TotalCents {
			t.Errorf("read again:\n%+v\n%+v", shown, same)
		}
		// The same address in another case is the same customer.
		if again := d.place(`"customer":{"email":"ben@example.org"}`, `[{"digital_product_id":"`+p+`"}]`); again.Customer.ID != o.Customer.ID || again.Customer.Email != "ben@example.org" {
			t.Errorf("%+v", again.Customer)
		}

		// History: its time counts, for lists and for the expiry.
		d.ok(200, "PUT", "digital-products/"+p+"/limits", `{"download_in":30}`, nil)
		old := d.buy(p, `"is_imported":true`, `"created_at":"2025-11-01T10:00:00+01:00"`, `"name":"#17"`)
		if old.CreatedAt != "2025-11-01T09:00:00.000Z" || !old.IsImported || old.Name != "#17" || old.OrderNumber != 1004 || old.UpdatedAt != "2026-01-05T12:00:00.000Z" {
			t.Errorf("%+v", old)
		}
		d.sent(old.ID, 0, 0, 0)
		if status, _ := d.fetch(d.page(old)); status != 403 {
			t.Errorf("an import that has expired: %d", status)
		}
		if got := d.list("orders?created_before=2026-01-01").names("name"); got != "#17" {
			t.Errorf("by its time: %s", got)
		}
		if got := d.list("orders?sort=created_at&limit=1").names("name"); got != "#17" {
			t.Errorf("sorted by time: %s", got)
		}
		mailed := d.buy(p, `"is_imported":true`, `"send_email":true`)
		d.sent(mailed.ID, 0, 1, 1)
		d.refused(d.call(d.member, "PUT", prefix+"orders", `{}`), 405, "method_not_allowed")
		d.refused(d.call(d.member, "DELETE", prefix+"orders/"+o.ID, ``), 405, "method_not_allowed")
	})
}

// BDD-50: numbers, names and references belong to one order of a mode each;
// what is free is found, whatever was taken by hand and however many ask.
func TestBDD50_NamesAndNumbers(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		p := d.product("Kit")
		try := func(token, more string) answer {
			return d.call(token, "POST", prefix+"orders", `{"customer":{"email":"ana@example.org"},"lines":[{"digital_product_id":"`+p+`"}]`+more+`}`)
		}
		d.buy(p, `"name":"#1002"`)
		d.buy(p, `"name":"1003"`, `"external_reference":"ref-1"`)
		for _, more := range []string{`,"name":"#1002"`, `,"name":"1003"`, `,"name":" 1003 "`, `,"external_reference":"ref-1"`, `,"name":"new","external_reference":"ref-1"`} {
			d.refused(try(d.member, more), 409, "conflict")
		}
		// Automatic ones step over names that are taken.
		var seen []string
		for range 3 {
			o := d.buy(p)
			if o.Name != fmt.Sprintf("#%d", o.OrderNumber) {
				t.Errorf("%s has the number %d", o.Name, o.OrderNumber)
			}
			seen = append(seen, o.Name)
		}
		if strings.Join(seen, " ") != "#1003 #1004 #1005" {
			t.Errorf("%v", seen)
		}
		d.buy(p, `"name":"#1007"`) // is the number 1006
		if o := d.buy(p); o.Name != "#1008" || o.OrderNumber != 1008 {
			t.Errorf("behind a taken name: %s %d", o.Name, o.OrderNumber)
		}
		// The other mode counts for itself.
		if a := d.call(d.sandbox, "POST", prefix+"orders", `{"customer":{"email":"ana@example.org"},"lines":[{"digital_product_id":"`+p+`"}],"external_reference":"ref-1"}`); a.status != 201 ||
			!strings.Contains(a.body, `"name":"#1001"`) || !strings.Contains(a.body, `"mode":"sandbox"`) {
			t.Errorf("sandbox: %d %s", a.status, a.body)
		}
		d.refused(d.call(d.sandbox, "POST", prefix+"license-keys/none/assign", `{"order_name":"#1008"}`), 404, "not_found")

		var wg sync.WaitGroup
		names := make([]string, 40)
		for i := range names {
			wg.Go(func() { names[i] = d.buy(p).Name })
		}
		wg.Wait()
		slices.Sort(names)
		for i, name := range names {
			if want := fmt.Sprintf("#%d", 1009+i); name != want {
				t.Fatalf("of 40 at once: %v", names)
			}
		}
		// One name, many at once.
		answers := make([]answer, 10)
		for i := range answers {
			wg.Go(func() { answers[i] = try(d.member, `,"name":"only","external_reference":"only"`) })
		}
		wg.Wait()
		won := 0
		for _, a := range answers {
			if a.status == 201 {
				won++
			} else {
				d.refused(a, 409, "conflict")
			}
		}
		if won != 1 || d.count("orders?q=only") != 1 {
			t.Errorf("%d of 10 got the name", won)
		}
	})
}

// BDD-50: what is wrong is named, and leaves nothing: no order, no customer,
// no key taken, no mail.
func TestBDD50_Refusals(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		p := d.product("Kit", `"access":"LICENSE_KEY"`)
		d.stock("", "KEY-1")
		const who = `"customer":{"email":"ana@example.org"}`
		line := `{"digital_product_id":"` + p + `"}`
		long := strings.Repeat("x", 256)
		with := func(more string) string { return `{` + who + `,"lines":[` + line + `],` + more + `}` }
		one := func(more string) string {
			return `{` + who + `,"lines":[{"digital_product_id":"` + p + `",` + more + `}]}`
		}
		for _, c := range []struct{ body, field string }{
			{`{"lines":[` + line + `]}`, "customer"}, {`{"customer":null,"lines":[` + line + `]}`, "customer"}, {`{"customer":"ana","lines":[` + line + `]}`, "customer"},
			{`{"customer":{},"lines":[` + line + `]}`, "customer.email"}, {`{"customer":{"email":null},"lines":[` + line + `]}`, "customer.email"},
			{`{"customer":{"email":"ana"},"lines":[` + line + `]}`, "customer.email"}, {`{"customer":{"email":["a@b.c"]},"lines":[` + line + `]}`, "customer.email"},
			{`{"customer":{"email":"a@b.c\r\nBcc: x@y.z"},"lines":[` + line + `]}`, "customer.email"},
			{`{"customer":{"email":"a@b.c","firstname":"` + long + `"},"lines":[` + line + `]}`, "customer.firstname"},
			{`{"customer":{"email":"a@b.c","lastname":"` + long + `"},"lines":[` + line + `]}`, "customer.lastname"},
			{`{"customer":{"email":"a@b.c","locale":"` + long + `"},"lines":[` + line + `]}`, "customer.locale"},
			{`{"customer":{"email":"a@b.c","gid":"` + long + `"},"lines":[` + line + `]}`, "customer.gid"},
			{`{` + who + `}`, "lines"}, {`{` + who + `,"lines":null}`, "lines"}, {`{` + who + `,"lines":[]}`, "lines"}, {`{` + who + `,"lines":{}}`, "lines"},
			{`{` + who + `,"lines":[` + strings.Repeat(line+",", 200) + line + `]}`, "lines"}, {`{` + who + `,"lines":[{}]}`, "lines.0.digital_product_id"},
			{`{` + who + `,"lines":[` + line + `,{"digital_product_id":7}]}`, "lines[1].digital_product_id"},
			{one(`"quantity":0`), "lines.0.quantity"}, {one(`"quantity":-1`), "lines.0.quantity"}, {one(`"quantity":100001`), "lines.0.quantity"},
			{one(`"quantity":1.5`), "lines[0].quantity"}, {one(`"quantity":"2"`), "lines[0].quantity"}, {one(`"quantity":99999999999999999999`), "lines[0].quantity"},
			{one(`"price_cents":-1`), "lines.0.price_cents"}, {one(`"price_cents":19.99`), "lines[0].price_cents"}, {one(`"price_cents":9007199254740993`), "lines.0.price_cents"},
			{one(`"price_cents":1125899906842624,"quantity":100000`), "lines"}, {one(`"gid":"` + long + `"`), "lines.0.gid"},
			{with(`"currency":"usd"`), "currency"}, {with(`"currency":"EURO"`), "currency"}, {with(`"currency":7`), "currency"},
			{with(`"financial_status":"paid"`), "financial_status"}, {with(`"risk_level":"EXTREME"`), "risk_level"}, {with(`"name":"` + long + `"`), "name"},
			{with(`"name":"  "`), "name"}, {with(`"name":"#"`), "name"}, {with(`"name":"a\nb"`), "name"}, {with(`"name":7`), "name"}, {with(`"gid":"` + long + `"`), "gid"},
			{with(`"external_reference":"` + long + `"`), "external_reference"}, {with(`"created_at":"2026-01-01"`), "created_at"},
			{with(`"is_imported":true,"created_at":"2026-01-07"`), "created_at"},
			{with(`"is_imported":true,"created_at":"yesterday"`), "created_at"}, {with(`"is_imported":"yes"`), "is_imported"}, {with(`"send_email":1`), "send_email"},
		} {
			d.field("POST", "orders", c.body, c.field)
		}
		for _, body := range []string{``, `{`, `null`, `[]`, `7`, `{` + who + `,"lines":[` + line + `]`, with(`"name":"a\u0000b"`), with(`"name":"` + "\xff" + `"`)} {
			d.refused(d.call(d.member, "POST", prefix+"orders", body), 400, "validation_error")
		}
		d.refused(d.call(d.member, "POST", prefix+"orders", with(`"name":"`+strings.Repeat("x", 2<<20)+`"`)), 413, "payload_too_large")
		for _, id := range []string{"none", "000000000000000000000000", strings.Repeat("9", 5000)} {
			d.refused(d.call(d.member, "POST", prefix+"orders", `{`+who+`,"lines":[`+line+`,{"digital_product_id":"`+id+`"}]}`), 404, "not_found")
		}
		if d.count("orders") != 0 || d.count("messages") != 0 || d.count("license-keys?status=available") != 1 {
			t.Error("a refused order left something")
		}
		if o := d.buy(p); o.OrderNumber != 1001 || o.Lines[0].LicenseKeys[0] != "KEY-1" {
			t.Errorf("%+v", o)
		}
		if events := d.hooks("digital_order.purchased", ""); len(events) != 1 {
			t.Errorf("%d purchases were told of, want 1", len(events))
		}
	})
}

// The table "One state, four words": what a client of this dialect reads in
// each state of a line.
func TestStatesInThisDialectsWords(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		file := d.store("kit.zip", "kit")
		p := d.product("Kit", `"file_ids":["`+file+`"]`)
		two := `[{"digital_product_id":"` + p + `","quantity":2},{"digital_product_id":"` + p + `"}]`
		check := func(what string, o orderSeen, want string) {
			t.Helper()
			o = d.show(o.ID)
			var lines []string
			for _, l := range o.Lines {
				lines = append(lines, fmt.Sprintf("%s/%d", l.Status, l.RefundedQuantity))
			}
			if got := fmt.Sprintf("%s %s %s", o.FinancialStatus, o.DLAccess, strings.Join(lines, " ")); got != want {
				t.Errorf("%s: %s, want %s", what, got, want)
			}
		}
		place := func(more ...string) orderSeen { return d.place(`"customer":{"email":"ana@example.org"}`, two, more...) }
		refund := func(o orderSeen, line, quantity int) orderSeen {
			t.Helper()
			var got orderSeen
			d.ok(200, "POST", "orders/"+o.ID+"/refunds", fmt.Sprintf(`{"lines":[{"line_id":"%s","quantity":%d}]}`, o.Lines[line].ID, quantity), &got)
			return got
		}
		check("unpaid", place(`"financial_status":"PENDING"`), "PENDING enabled unpaid/0 unpaid/0")
		check("processing", place(`"risk_level":"HIGH"`), "PAID enabled processing/0 processing/0")
		o := place()
		check("active", o, "PAID enabled active/0 active/0")
		check("paused", d.closed(o), "PAID disabled paused/0 paused/0")
		o = place(`"risk_level":"HIGH"`)
		check("closed while processing", d.closed(o), "PAID disabled processing/0 processing/0")
		for _, to := range []string{"VOIDED", "EXPIRED"} {
			o = place(`"financial_status":"PENDING"`)
			d.patch(o, `{"financial_status":"`+to+`"}`)
			check(to, o, to+" disabled canceled/0 canceled/0")
			check("made "+to, place(`"financial_status":"`+to+`"`), to+" disabled canceled/0 canceled/0")
			d.refused(d.call(d.member, "PATCH", prefix+"orders/"+o.ID, `{"financial_status":"PAID"}`), 409, "conflict")
			check(to, o, to+" disabled canceled/0 canceled/0")
		}
		o = place()
		refund(o, 0, 1)
		check("one unit of three", o, "PARTIALLY_REFUNDED enabled active/1 active/0")
		refund(o, 0, 1)
		check("a whole line", o, "PARTIALLY_REFUNDED enabled refunded/2 active/0")
		refund(o, 1, 1)
		check("all units", o, "REFUNDED enabled refunded/2 refunded/1")
		d.patch(o, `{"financial_status":"REFUNDED"}`)
		if n := len(d.hooks("order.refunded", o.ID)); n != 3 {
			t.Errorf("%d refunds were told of, want 3", n)
		}
		if status, _ := d.fetch(d.page(o)); status != 403 {
			t.Errorf("a refunded order's page: %d", status)
		}
		o = place()
		d.patch(o, `{"financial_status":"REFUNDED"}`)
		check("refunded by PATCH", o, "REFUNDED enabled refunded/2 refunded/1")
		if n := len(d.hooks("order.refunded", o.ID)); n != 1 {
			t.Errorf("%d refunds were told of, want 1", n)
		}
		check("made refunded", place(`"financial_status":"REFUNDED"`), "REFUNDED enabled refunded/2 refunded/1")

		// States that other dialects bring about.
		scope := purvey.Scope{ShopID: d.shop.ID, Mode: purvey.Live}
		o = place()
		for i := range o.Lines {
			if _, err := d.backend.Orders.CancelLine(t.Context(), scope, o.ID, o.Lines[i].ID, "returned"); err != nil {
				t.Fatal(err)
			}
			check("canceled after payment", o, []string{"PAID enabled canceled/0 active/0", "PAID disabled canceled/0 canceled/0"}[i])
		}
		o = place(`"financial_status":"PENDING"`)
		for i := range o.Lines {
			if _, err := d.backend.Orders.CancelLine(t.Context(), scope, o.ID, o.Lines[i].ID, ""); err != nil {
				t.Fatal(err)
			}
		}
		check("canceled unpaid", o, "VOIDED disabled canceled/0 canceled/0")
		o = place()
		if _, err := d.backend.Orders.ChangeLines(t.Context(), scope, o.ID, order.LineChange{Status: purvey.PublishedPaused}); err != nil {
			t.Fatal(err)
		}
		check("paused line by line", o, "PAID disabled paused/0 paused/0")
		failing := order.New(d.db, order.Options{FileReady: func(context.Context, string) error { return purvey.Missing("file") }})
		made, err := d.backend.Orders.Place(t.Context(), scope, order.Request{
			Customer: purvey.Customer{Firstname: "Ada"}, Lines: []order.LineRequest{{ProductID: p, Quantity: 1, Fulfil: true}},
		})
		if err != nil {
			t.Fatal(err)
		}
		o = orderSeen{ID: made.ID, DownloadURL: d.backend.Orders.PageURL(d.shop, made)}
		check("made ready by a job", o, "PAID enabled processing/0")
		if err := failing.Fulfil(t.Context(), purvey.Job{Kind: purvey.JobFulfil, Key: made.Lines[0].ID, Attempt: 25}); err != nil {
			t.Fatal(err)
		}
		check("failed", o, "PAID enabled failed/0")
		if status, _ := d.fetch(d.page(o) + "/files/" + file); status != 403 {
			t.Errorf("the file of a failed line: %d", status)
		}

		// Moves that make no sense are a conflict and change nothing.
		partly := place()
		refund(partly, 0, 1)
		for from, o := range map[string]orderSeen{"PAID": place(), "PARTIALLY_REFUNDED": partly, "REFUNDED": place(`"financial_status":"REFUNDED"`)} {
			for _, to := range []string{"PENDING", "AUTHORIZED", "PARTIALLY_PAID", "VOIDED", "EXPIRED"} {
				d.refused(d.call(d.member, "PATCH", prefix+"orders/"+o.ID, `{"financial_status":"`+to+`","risk_level":"HIGH"}`), 409, "conflict")
			}
			if got := d.show(o.ID); got.FinancialStatus != from || got.RiskLevel != nil {
				t.Errorf("%s became %s", from, got.FinancialStatus)
			}
		}
		d.refused(d.call(d.member, "PATCH", prefix+"orders/"+partly.ID, `{"financial_status":"PAID"}`), 409, "conflict")
		unpaid := place(`"financial_status":"PENDING"`)
		d.refused(d.call(d.member, "PATCH", prefix+"orders/"+unpaid.ID, `{"financial_status":"REFUNDED"}`), 409, "conflict")
		for body, field := range map[string]string{
			`{"financial_status":"paid"}`: "financial_status", `{"financial_status":7}`: "financial_status", `{"risk_level":"high"}`: "risk_level", `{"risk_level":3}`: "risk_level",
		} {
			d.field("PATCH", "orders/"+unpaid.ID, body, field)
		}
		for _, body := range []string{``, `{}`, `{"name":"x"}`, `[]`} {
			d.refused(d.call(d.member, "PATCH", prefix+"orders/"+unpaid.ID, body), 400, "validation_error")
		}
		d.refused(d.call(d.member, "PATCH", prefix+"orders/none", `{"risk_level":"LOW"}`), 404, "not_found")
	})
}

// Refunds of units: more than is left is refused wholly; keys and rights follow
// by the shop's policy.
func TestRefundsByUnit(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		p := d.product("Pro", `"access":"LICENSE_KEY","license_key_tag":"pro"`)
		d.stock("pro", "P-1", "P-2", "P-3", "P-4", "P-5", "P-6")
		lines := `[{"digital_product_id":"` + p + `","quantity":2},{"digital_product_id":"` + p + `"}]`
		o := d.place(`"customer":{"email":"ana@example.org"}`, lines)
		path := "orders/" + o.ID + "/refunds"
		first, second := o.Lines[0].ID, o.Lines[1].ID
		unit := func(line string, n any) string { return fmt.Sprintf(`{"line_id":"%s","quantity":%v}`, line, n) }
		for _, c := range []struct{ body, field string }{
			{`{"lines":[` + unit(first, 3) + `]}`, "lines.0.quantity"}, {`{"lines":[` + unit(first, 2) + `,` + unit(first, 1) + `]}`, "lines.1.quantity"},
			{`{"lines":[` + unit(second, 1) + `,` + unit(first, 0) + `]}`, "lines.1.quantity"}, {`{"lines":[` + unit(first, -1) + `]}`, "lines.0.quantity"},
			{`{"lines":[` + unit(first, 1.5) + `]}`, "lines[0].quantity"}, {`{"lines":[{"line_id":"` + first + `"}]}`, "lines.0.quantity"},
			{`{"lines":[{"quantity":1}]}`, "lines.0.line_id"}, {`{"lines":[]}`, "lines"}, {`{}`, "lines"}, {`{"lines":null}`, "lines"}, {`{"lines":[` + unit(first, 99999999999) + `]}`, "lines.0.quantity"},
		} {
			d.field("POST", path, c.body, c.field)
		}
		d.refused(d.call(d.member, "POST", prefix+path, `{"lines":[`+unit(second, 1)+`,`+unit("none", 1)+`]}`), 404, "not_found")
		d.refused(d.call(d.member, "POST", prefix+path, ``), 400, "validation_error")
		d.refused(d.call(d.member, "POST", prefix+"orders/none/refunds", `{"lines":[`+unit(first, 1)+`]}`), 404, "not_found")
		if got := d.show(o.ID); got.FinancialStatus != "PAID" || len(got.Lines[0].LicenseKeys)+len(got.Lines[1].LicenseKeys) != 3 {
			t.Errorf("after refusals: %+v", got)
		}
		unpaid := d.buy(p, `"financial_status":"PENDING"`)
		d.refused(d.call(d.member, "POST", prefix+"orders/"+unpaid.ID+"/refunds", `{"lines":[`+unit(unpaid.Lines[0].ID, 1)+`]}`), 409, "conflict")

		// The newest key of the line goes; it is burnt.
		d.ok(200, "POST", path, `{"lines":[`+unit(first, 1)+`,`+unit(second, 1)+`]}`, nil)
		got := d.show(o.ID)
		if fmt.Sprint(got.Lines[0].LicenseKeys) != "[P-1]" || len(got.Lines[1].LicenseKeys) != 0 || got.Lines[1].Status != "refunded" || got.FinancialStatus != "PARTIALLY_REFUNDED" {
			t.Errorf("%+v", got)
		}
		if d.count("license-keys?status=available") != 3 || d.validate("P-2") != "true true pro "+o.Name+" "+o.ID {
			t.Errorf("burnt: %s", d.validate("P-2"))
		}
		d.field("POST", path, `{"lines":[`+unit(second, 1)+`]}`, "lines.0.quantity")
		if n := len(d.hooks("order.refunded", o.ID)); n != 1 {
			t.Errorf("%d refunds were told of, want 1", n)
		}

		policy := func(body string) {
			t.Helper()
			if a := d.call(d.admin, "PATCH", prefix+"settings", `{"policies":`+body+`}`); a.status != 200 {
				t.Fatalf("%d %s", a.status, a.body)
			}
		}
		policy(`{"refunded_keys":"return"}`)
		again := d.buy(p)
		d.patch(again, `{"financial_status":"REFUNDED"}`)
		if got := d.validate(again.Lines[0].LicenseKeys[0]); got != "true false pro <nil> <nil>" {
			t.Errorf("returned: %s", got)
		}
		policy(`{"refund":"keep"}`)
		kept := d.place(`"customer":{"email":"ana@example.org"}`, lines)
		d.patch(kept, `{"financial_status":"REFUNDED"}`)
		after := d.show(kept.ID)
		if after.FinancialStatus != "REFUNDED" || after.Lines[0].Status != "active" || len(after.Lines[0].LicenseKeys) != 2 || after.Lines[0].RefundedQuantity != 2 || after.DLAccess != "enabled" {
			t.Errorf("kept: %+v", after)
		}
		if status, body := d.fetch(d.page(kept)); status != 200 || !strings.Contains(body, kept.Lines[0].LicenseKeys[1]) {
			t.Errorf("kept: the page answers %d", status)
		}
	})
}

// Every writing call with an Idempotency-Key happens once: orders at once, and
// changes repeated.
func TestIdempotentOrderCalls(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		p := d.product("Kit", `"access":"LICENSE_KEY"`)
		d.stock("", "K-1", "K-2", "K-3", "K-4")
		body := `{"customer":{"email":"ana@example.org"},"lines":[{"digital_product_id":"` + p + `","quantity":2}]}`
		answers := make([]answer, 50)
		var wg sync.WaitGroup
		for i := range answers {
			wg.Go(func() { answers[i] = d.call(d.member, "POST", prefix+"orders", body, "Idempotency-Key", "cart-1") })
		}
		wg.Wait()
		replays := 0
		for _, a := range answers {
			if a.status != 201 || a.body != answers[0].body {
				t.Fatalf("%d %s", a.status, a.body)
			}
			if a.header.Get("Idempotency-Replayed") == "true" {
				replays++
			}
		}
		var made struct{ Data orderSeen }
		answers[0].into(t, &made)
		o := made.Data
		if replays != 49 || d.count("orders") != 1 || len(o.Lines[0].LicenseKeys) != 2 || d.count("license-keys?status=available") != 2 {
			t.Errorf("%d replays, %d orders", replays, d.count("orders"))
		}
		d.sent(o.ID, 1, 1, 1)
		d.refused(d.call(d.member, "POST", prefix+"orders", strings.Replace(body, "ana@", "ben@", 1), "Idempotency-Key", "cart-1"), 409, "conflict")

		twice := func(method, path, body string) {
			t.Helper()
			first := d.call(d.member, method, prefix+path, body, "Idempotency-Key", "k")
			d.clock.Advance(time.Second)
			again := d.call(d.member, method, prefix+path, body, "Idempotency-Key", "k")
			if first.status != 200 || first.body != again.body || again.header.Get("Idempotency-Replayed") != "true" || first.header.Get("Idempotency-Replayed") != "" {
				t.Errorf("%s %s: %d %s\n%d %s", method, path, first.status, first.body, again.status, again.body)
			}
			d.refused(d.call(d.member, method, prefix+path, `{"x":1}`, "Idempotency-Key", "k"), 409, "conflict")
		}
		twice("POST", "orders/"+o.ID+"/resend-email", `{}`)
		d.sent(o.ID, 1, 2, 2)
		twice("POST", "orders/"+o.ID+"/refunds", `{"lines":[{"line_id":"`+o.Lines[0].ID+`","quantity":1}]}`)
		if got := d.show(o.ID); got.Lines[0].RefundedQuantity != 1 || len(d.hooks("order.refunded", o.ID)) != 1 {
			t.Errorf("%+v", got.Lines[0])
		}
		twice("POST", "orders/"+o.ID+"/access", `{"access":"disabled"}`)
		twice("PATCH", "orders/"+o.ID, `{"risk_level":"LOW"}`)
		twice("POST", "orders/"+o.ID+"/reset-downloads", `{"line_id":"`+o.Lines[0].ID+`"}`)
		free := d.list("license-keys?status=available").Data[0]["id"].(string)
		twice("POST", "license-keys/"+free+"/assign", `{"order_name":"`+o.Name+`","send_email":true}`)
		d.sent(o.ID, 1, 3, 3)
		twice("POST", "license-keys/"+free+"/unassign", ``)
		// Another order is another request.
		other := d.buy(p, `"financial_status":"PENDING"`)
		d.refused(d.call(d.member, "POST", prefix+"orders/"+other.ID+"/access", `{"access":"disabled"}`, "Idempotency-Key", "k"), 409, "conflict")
		if d.show(other.ID).DLAccess != "enabled" {
			t.Error("a refused call closed an order")
		}
		// A call that fails half-way keeps nothing, and its repeat may succeed.
		late := `{"customer":{"email":"late@example.org"},"lines":[{"digital_product_id":"` + p + `"}],"external_reference":"late"}`
		d.buy(p, `"external_reference":"late"`, `"financial_status":"PENDING"`)
		d.refused(d.call(d.member, "POST", prefix+"orders", late, "Idempotency-Key", "late"), 409, "conflict")
		if _, err := d.db.CustomerByEmail(t.Context(), purvey.Scope{ShopID: d.shop.ID, Mode: purvey.Live}, "late@example.org"); err == nil {
			t.Error("a refused order left its customer")
		}
	})
}
