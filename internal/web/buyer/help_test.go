package buyer_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/catalog"
	"purvey/internal/order"
	"purvey/internal/shop"
	"purvey/internal/web/buyer"
)

// A receipt says what was paid and given back, hides the address, and is there
// when the goods are not.
func TestReceipt(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		cents := int64(1250)
		p := w.productOf(catalog.Change{Name: catalog.Set("Salz <b>"), FileIDs: catalog.Set([]string{w.file("a.pdf", content(10)).ID}), PriceCents: catalog.Set(cents), Currency: catalog.Set("EUR")})
		o, err := w.orders.Place(context.Background(), w.scope, order.Request{
			Currency: "EUR", Customer: purvey.Customer{Email: "ana@example.org", Firstname: "Ana", Lastname: "Núñez"}, Lines: []order.LineRequest{{ProductID: p.ID, Quantity: 3}},
		})
		w.must(err)
		path := w.page(o) + "/receipt"
		w.wantText(w.browse(path, "Accept-Language", "de"), 200, "Beleg zur Bestellung "+o.Name, "Casa Núñez", "Ana Núñez · a•••@example.org", "Salz &lt;b&gt;", "3 × 12,50 EUR", "37,50 EUR", "Bezahlt")
		_, err = w.orders.Refund(context.Background(), w.scope, o.ID, []order.RefundLine{{LineID: o.Lines[0].ID, Quantity: 1}})
		w.must(err)
		w.wantText(w.browse(path), 200, "refunded: 1", "−12.50 EUR", "25.00 EUR", "Partly refunded")
		_, err = w.orders.SetAccess(context.Background(), w.scope, o.ID, false)
		w.must(err)
		page := w.browse(path)
		w.wantText(page, 200, "Receipt for order")
		w.wantNot(page, "ana@example.org", "a.pdf")
		w.want(w.browse("/d/forged/receipt"), 404)
		if n := len(w.copies(o)); n != 0 {
			t.Errorf("%d copies began", n)
		}
	})
}

// The customer has the mail sent again, to the address on record and a few
// times an hour; looking at the page does nothing.
func TestMailIsSentAgain(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		o := w.place(order.Request{SendEmail: true}, w.product(0, w.file("a.pdf", content(10))))
		w.wantNot(w.browse(w.page(o)), "/mail") // this server has nobody to send it
		a, _ := w.press(w.page(o)+"/mail", nil)
		w.want(a, 404)
		mux := http.NewServeMux()
		buyer.Register(mux, buyer.Backend{Delivery: w.delivery, Orders: w.orders, Log: slog.New(slog.DiscardHandler)})
		w.server = httptest.NewServer(mux)
		w.t.Cleanup(w.server.Close)
		mails := func() int {
			n, err := w.db.MessagesSince(context.Background(), o.ID, purvey.MailDelivery, time.Time{})
			w.must(err)
			return n
		}
		w.wantText(w.browse(w.page(o)), 200, "Send the e-mail again")
		w.want(w.get(w.page(o)+"/mail"), 404)
		for i, want := range []int{303, 303, 429} { // it was sent once already
			a, to := w.press(w.page(o)+"/mail", nil)
			if a.StatusCode != want || mails() != min(i+2, 3) {
				t.Fatalf("press %d: %d, %d mails", i, a.StatusCode, mails())
			}
			if want == 303 {
				w.wantText(w.browse(to), 200, "The e-mail is on its way to a•••@example.org.")
			}
		}
		w.clock.Advance(time.Hour + time.Second)
		if a, _ := w.press(w.page(o)+"/mail", nil); a.StatusCode != 303 {
			t.Errorf("an hour later: %d", a.StatusCode)
		}
		_, err := w.orders.SetAccess(context.Background(), w.scope, o.ID, false)
		w.must(err)
		if a, _ := w.press(w.page(o)+"/mail", nil); a.StatusCode != 403 {
			t.Errorf("closed: %d", a.StatusCode)
		}
	})
}

// Pages say whom to ask, and hold the merchant's line.
func TestPagesNameTheShopsHelp(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		s := shop.New(w.db, w.keys)
		w.must(s.Patch(context.Background(), w.shop.ID, []byte(`{"shop":{"support_url":"https://help.example/x"},"mail":{"support_address":"help@casa.example"},"pages":{"message":"<b>Hello</b>"}}`)))
		o := w.order(w.product(0, w.file("a.pdf", content(10))))
		w.wantText(w.browse(w.page(o)), 200, `href="mailto:help@casa.example?subject=%231001"`, `href="https://help.example/x"`, "&lt;b&gt;Hello&lt;/b&gt;")
		_, err := w.orders.SetAccess(context.Background(), w.scope, o.ID, false)
		w.must(err)
		w.wantText(w.browse(w.page(o)), 403, "Order #1001", "/receipt\"", `href="mailto:help@casa.example?subject=%231001"`, `href="https://help.example/x"`)
		for body, field := range map[string]string{
			`{"mail":{"reply_to":"nobody"}}`: "mail.reply_to", `{"mail":{"support_address":"a b"}}`: "mail.support_address", `{"shop":{"support_url":"javascript:x"}}`: "shop.support_url",
			`{"mail":{"from_name":"a\u0007"}}`: "mail.from_name", `{"pages":{"message":"` + strings.Repeat("ü", 501) + `"}}`: "pages.message",
		} {
			var e *purvey.Error
			if err := s.Patch(context.Background(), w.shop.ID, []byte(body)); !errors.As(err, &e) || len(e.Fields) != 1 || e.Fields[0].Name != field {
				t.Errorf("%s: %v", body, err)
			}
		}
	})
}
