package bigdd

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/checkout"
	"purvey/internal/order"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

// subscribed places and pays a sandbox sale of a subscription.
func (f *frame) subscribed(months int, price int64) purvey.Order {
	f.t.Helper()
	id := f.made(f.sandbox, "/digital-products", fmt.Sprintf(`{"name":"All books","kind":"subscription","period_months":%d,"links":[{"name":"Read","url":"https://example.com/all"}]}`, months), "id")
	p, err := f.backend.Catalog.Product(f.t.Context(), f.shop.ID, id)
	if err != nil {
		f.t.Fatal(err)
	}
	o, err := f.backend.Orders.Publish(f.t.Context(), purvey.Scope{ShopID: f.shop.ID, Mode: purvey.Sandbox}, order.Publication{
		Type: purvey.TypeSale, UserID: "u1", UserEmail: "ana@example.org", Price: &price, Currency: "ARS", Items: []order.PublishedItem{{Price: &price, Currency: "ARS"}},
	}, func(context.Context, int) (purvey.Product, error) { return p, nil })
	if err != nil {
		f.t.Fatal(err)
	}
	if _, err := f.backend.Checkout.Decide(f.t.Context(), checkout.Sale{Shop: f.shop, Order: o}, purvey.PaymentPaid); err != nil {
		f.t.Fatal(err)
	}
	return o
}

type renewed struct {
	Data struct {
		Lines []struct {
			Status    string
			ExpiresAt *string `json:"expires_at"`
			EndsAt    *string `json:"ends_at"`
		}
	}
}

// PUB-34: the sandbox gateway renews as a real one would: a payment for each
// period, access until the end of what was paid, nothing after an ending.
func TestPUB34_SandboxRenewal(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		f := newFrame(t, db)
		o := f.subscribed(1, 1050) // at noon on 5 January 2026
		scope := purvey.Scope{ShopID: f.shop.ID, Mode: purvey.Sandbox}
		path := "/public-api/v1/orders/" + o.ID
		renew := func(outcome string, status int, headers ...string) string {
			t.Helper()
			a := f.call(f.sandbox, "POST", path+"/renewals", `{"outcome":"`+outcome+`"}`, headers...)
			if a.status != status {
				t.Fatalf("%s: %d %s", outcome, a.status, a.body)
			}
			var out renewed
			if status == 200 {
				a.into(t, &out)
				return *out.Data.Lines[0].ExpiresAt
			}
			return a.body
		}
		open := func() bool {
			t.Helper()
			o, err := f.backend.Orders.Order(t.Context(), scope, o.ID)
			if err != nil {
				t.Fatal(err)
			}
			rights, err := f.backend.Orders.Rights(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			return rights[0].Check(clock.Now()) == nil
		}
		if got := renew("decline", 200); got != "2026-02-06T00:00:00.000Z" {
			t.Errorf("declined: %s", got)
		}
		if got := renew("approve", 200, "Idempotency-Key", "r1"); got != "2026-03-06T00:00:00.000Z" {
			t.Errorf("approved: %s", got)
		}
		if got := renew("approve", 200, "Idempotency-Key", "r1"); got != "2026-03-06T00:00:00.000Z" {
			t.Errorf("repeated: %s", got)
		}
		renew("maybe", 400)
		clock.Set(time.Date(2026, 3, 5, 23, 59, 59, 0, time.UTC))
		if !open() {
			t.Error("closed before the end of what was paid")
		}
		clock.Set(time.Date(2026, 3, 6, 0, 0, 0, 0, time.UTC))
		if open() {
			t.Error("open after the end of what was paid")
		}
		if got := renew("approve", 200); got != "2026-04-06T00:00:00.000Z" || !open() {
			t.Errorf("late, and open: %s", got)
		}
		var list struct{ Data []paymentWire }
		f.call(f.sandbox, "GET", path+"/payments", "").into(t, &list)
		var states []string
		for _, p := range list.Data {
			states = append(states, p.Kind+" "+p.State+" "+p.Gateway)
			if p.AmountCents != 1050 || p.Currency != "ARS" || p.DueAt == nil || (p.PaidAt == nil) != (p.State == "declined") {
				t.Errorf("%+v", p)
			}
		}
		if got := strings.Join(states, ", "); got != "renewal declined sandbox, renewal paid sandbox, renewal paid sandbox" {
			t.Error(got)
		}
		// The report has the sale and each renewal, of the mode alone.
		var sales salesAnswer
		f.call(f.sandbox, "GET", "/public-api/v1/reports/sales?type=sale", "").into(t, &sales)
		if len(sales.Data) != 3 || !sales.Data[0].Renewal || sales.Data[2].Renewal || sales.Totals[0].GrossCents != 3150 || sales.Totals[0].Rows != 3 {
			t.Errorf("%+v", sales)
		}
		if f.call(f.admin, "GET", "/public-api/v1/reports/sales", "").into(t, &sales); len(sales.Data) != 0 {
			t.Errorf("%+v", sales)
		}
		f.call(f.sandbox, "GET", "/public-api/v1/reports/sales?end=2026-02-28", "").into(t, &sales)
		if len(sales.Data) != 2 {
			t.Errorf("%d rows until February", len(sales.Data))
		}
		// A pause closes the order and stops renewals, not the clock.
		if _, err := f.backend.Orders.ChangeLines(t.Context(), scope, o.ID, order.LineChange{Status: purvey.PublishedPaused}); err != nil {
			t.Fatal(err)
		}
		renew("approve", 409)
		if _, err := f.backend.Orders.ChangeLines(t.Context(), scope, o.ID, order.LineChange{Status: purvey.PublishedApproved}); err != nil {
			t.Fatal(err)
		}
		if got := renew("approve", 200); got != "2026-05-06T00:00:00.000Z" {
			t.Errorf("resumed: %s", got)
		}
		// After DELETE nothing is taken, and what was paid for is kept.
		ended, err := f.backend.Orders.End(t.Context(), scope, o.ID, order.Ending{Zone: time.UTC})
		if err != nil || !ended.Lines[0].EndsAt.Equal(time.Date(2026, 5, 6, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%s, %v", ended.Lines[0].EndsAt, err)
		}
		renew("approve", 409)
		if !open() {
			t.Error("closed before its end")
		}
		// Orders that are not renewed: another kind of order, and a live one.
		other := f.made(f.sandbox, "/orders", `{"customer":{"email":"bo@example.net"},"lines":[{"digital_product_id":"`+o.Lines[0].ProductID+`"}]}`, "id")
		live := f.order(f.admin, "REGULAR")["id"].(string)
		for token, id := range map[string]string{f.sandbox: other, f.admin: live} {
			if a := f.call(token, "POST", "/public-api/v1/orders/"+id+"/renewals", `{"outcome":"approve"}`); a.status != 409 {
				t.Errorf("%d %s", a.status, a.body)
			}
		}
		if err := f.backend.Checkout.Sweep(t.Context()); err != nil {
			t.Error(err)
		}
		if sub, err := db.Subscription(t.Context(), o.ID); err != nil || sub.State != purvey.SubscriptionEnded {
			t.Errorf("%+v, %v", sub, err)
		}
	})
}

// PUB-42: products are given to many at once; a bad row stops no other, none
// is a sale, and nobody pays.
func TestPUB42_Assignments(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		f := newFrame(t, db)
		product := f.made(f.admin, "/digital-products", `{"name":"Book","price_cents":900,"file_ids":["`+f.file(f.admin)+`"]}`, "id")
		body := `{"rows":[
			{"email":"ana@example.org","firstname":"Ana","lastname":"Ek","digital_product_id":"` + product + `","expires_at":"2027-01-01"},
			{"email":"no address","digital_product_id":"` + product + `"},
			{"email":"bo@example.net","digital_product_id":"000000000000000000000000"},
			{"email":"bo@example.net","digital_product_id":"` + product + `","expires_at":"soon"},
			{"email":"bo@example.net"},
			{"email":"` + strings.Repeat("x", 300) + `@example.net","digital_product_id":"` + product + `"},
			{"email":"bo@example.net","digital_product_id":"` + product + `","firstname":null,"expires_at":null}]}`
		var out struct{ Data []assignedWire }
		a := f.call(f.member, "POST", "/public-api/v1/assignments", body, "Idempotency-Key", "a1")
		if a.status != 201 {
			t.Fatal(a.status, a.body)
		}
		a.into(t, &out)
		for i, code := range []string{"", "validation_error", "not_found", "validation_error", "validation_error", "validation_error", ""} {
			x := out.Data[i]
			if x.Row != i || (x.OrderID == nil) == (code == "") || (x.Error != nil) == (code == "") || x.Error != nil && (x.Error.Code != code || len(x.Error.Details) == 0) {
				t.Errorf("row %d: %+v %+v", i, x, x.Error)
			}
		}
		if again := f.call(f.member, "POST", "/public-api/v1/assignments", body, "Idempotency-Key", "a1"); again.header.Get("Idempotency-Replayed") != "true" || again.body != a.body {
			t.Error(again.status, again.body)
		}
		var list struct{ Data []orderWire }
		f.call(f.admin, "GET", "/public-api/v1/orders", "").into(t, &list)
		if len(list.Data) != 2 {
			t.Fatalf("%d orders", len(list.Data))
		}
		first := list.Data[1]
		if *first.Type != "permission" || first.FinancialStatus != "PAID" || first.TotalCents != 0 || first.Lines[0].Status != "active" || first.Lines[0].PriceCents != 0 ||
			*first.Lines[0].ExpiresAt != "2027-01-01T00:00:00.000Z" || *first.Customer.Firstname != "Ana" || list.Data[0].Lines[0].ExpiresAt != nil {
			t.Errorf("%+v", first)
		}
		if payments, err := db.PaymentsOfOrder(t.Context(), first.ID); err != nil || len(payments) != 0 {
			t.Errorf("%+v, %v", payments, err)
		}
		var sales salesAnswer
		if f.call(f.admin, "GET", "/public-api/v1/reports/sales", "").into(t, &sales); len(sales.Data) != 0 || len(sales.Totals) != 0 {
			t.Errorf("%+v", sales)
		}
		for _, bad := range []string{`{}`, `{"rows":[]}`, `{"rows":[` + strings.Repeat(`{"email":"a@example.org"},`, 5000) + `{}]}`} {
			if a := f.call(f.member, "POST", "/public-api/v1/assignments", bad); a.status != 400 {
				t.Errorf("%d %s", a.status, a.body)
			}
		}
		many := `{"send_email":false,"rows":[` + strings.Repeat(`{"email":"cy@example.org","digital_product_id":"`+product+`"},`, 249) + `{"email":"cy@example.org","digital_product_id":"` + product + `"}]}`
		f.call(f.member, "POST", "/public-api/v1/assignments", many).into(t, &out)
		ids := map[string]bool{}
		for _, x := range out.Data {
			ids[*x.OrderID] = true
		}
		if len(ids) != 250 {
			t.Errorf("%d orders", len(ids))
		}
	})
}
