package hlconnect_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"purvey"
	"purvey/internal/order"
)

// HL-10
func TestHL10_ATokenIsForOneSale(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		p := w.score()
		for _, nonsense := range []string{"x", strings.Repeat("é", 16), strings.Repeat("A", 31), strings.Repeat("A", 32), strings.Repeat("A", 33)} {
			w.register(registration(nonsense, 1, 1)).refused(422, 1101)
		}
		token := w.quote(p, 1)
		w.register(registration(token, 1, 1)).want(201)
		w.register(registration(token, 1, 2)).refused(422, 1103)
		w.register(registration(token, 2, 1)).refused(422, 1103)

		late := w.quote(p, 1)
		w.clock.Advance(899 * time.Second)
		w.register(registration(w.quote(p, 1), 3, 1)).want(201)
		w.clock.Advance(time.Second)
		w.register(registration(late, 4, 1)).refused(422, 1102)

		// The other mode and another merchant hear the words for an unknown one.
		fresh := w.quote(p, 1)
		unknown := w.register(registration(strings.Repeat("A", 32), 1, 1))
		for _, caller := range []string{w.sandbox, w.token(w.newShop("other"), purvey.Admin, purvey.Live)} {
			a := w.call(caller, "POST", "/purchase/register", registration(fresh, 1, 1))
			a.refused(422, 1104)
			if strings.Replace(a.body, "1104", "1101", 1) != unknown.body {
				t.Errorf("%s is not in the words of %s", a.body, unknown.body)
			}
		}
		w.register(registration(fresh, 5, 1)).want(201)
		w.must(w.orders.SweepQuotes(t.Context()))
		w.register(registration(late, 4, 1)).refused(422, 1102)
		w.clock.Advance(8 * 24 * time.Hour)
		w.must(w.orders.SweepQuotes(t.Context()))
		w.must(w.orders.SweepQuotes(t.Context()))
		w.register(registration(late, 4, 1)).refused(422, 1101)
		w.register(registration(token, 1, 1)).refused(409, 1201)
	})
}

// HL-11
func TestHL11_RegisterAnswersBeforeFulfilment(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		a := w.register(registration(w.quote(w.score(), 1), 700123, 1)).want(201)
		if a.body != "" || a.header.Get("Location") != "/purchase/info?order_id=700123" {
			t.Errorf("body %q, Location %q", a.body, a.header.Get("Location"))
		}
		w.info(700123).want(202)
		w.work()
		w.info(700123).want(200)
	})
}

// HL-12
func TestHL12_FormOfTheRegistration(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		p := w.score()
		token := w.quote(p, 1)
		for name, wrong := range map[string][]any{
			"order_number":    {absent, nil, "700123", 1.5, 0, -1, int64(1) << 53, json.Number("1.0")},
			"order_line_id":   {absent, nil, "1", true, 0, int64(1) << 53},
			"line_item_price": {absent, nil, "7.98", -1, true, json.Number("1e300"), []int{}},
			"unit_price":      {absent, nil, "3.99", -0.01, json.Number("-0"), json.Number("1e16")},
			"customer":        {absent, nil, "", "   ", 7, strings.Repeat("a", 256), "a\x00b"},
			"token":           {absent, nil, "", 7},
			"parts":           {"x", 7, map[string]int{}, []any{1}, []any{map[string]any{}}, []any{nil}, []any{map[string]any{"asset_id": 1}}},
		} {
			for _, v := range wrong {
				w.register(registration(token, 1, 1, name, v)).refused(422, 1105)
			}
		}
		w.register("").refused(422, 1105)
		w.register("[]").refused(422, 1105)
		w.info(1).refused(404, 0)

		// Prices are stored as sent, however they relate, and the name trimmed.
		w.register(registration(token, 1, 1, "customer", "  "+strings.Repeat("é", 255)+" ", "parts", []any{}, "extra", 1)).want(201)
		w.work()
		if got := w.items(1)[0].Customer; got != strings.Repeat("é", 255) {
			t.Errorf("customer %q", got)
		}
		if body := w.info(1).body; !strings.Contains(body, `"unit_price":3.99,"line_item_price":7.980,`) {
			t.Errorf("prices are not as sent: %s", body)
		}
		o, err := w.orders.ByNumber(t.Context(), purvey.Scope{ShopID: w.shop.ID, Mode: purvey.Live}, 1)
		w.must(err)
		if o.Source != purvey.SourceHLConnect || o.Lines[0].PriceCents != 399 || o.Customer.Email != "" || o.Financial != purvey.Paid || o.Name != "#1" {
			t.Errorf("%+v", o)
		}
	})
}

// HL-13
func TestHL13_ALineIsRegisteredOnce(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		p := w.score()
		w.register(registration(w.quote(p, 1), 1, 1)).want(201)
		second := w.quote(p, 1)
		w.register(registration(second, 1, 1)).refused(409, 1201)
		w.register(registration(second, 1, 2)).want(201) // no refusal consumed it

		// A number that another source has is taken, too.
		_, err := w.orders.Place(t.Context(), purvey.Scope{ShopID: w.shop.ID, Mode: purvey.Live}, order.Request{Number: 9, Lines: []order.LineRequest{{ProductID: p.ID}}})
		w.must(err)
		w.register(registration(w.quote(p, 1), 9, 2)).refused(409, 1201)

		// A failed or canceled line keeps its number.
		w.line("DELETE", "/purchase/cancel", 1, 2).want(201)
		w.register(registration(w.quote(p, 1), 1, 2)).refused(409, 1201)
	})
}

// HL-14
func TestHL14_ARetryReadsAlreadyRegistered(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		token := w.quote(w.score(), 1)
		w.register(registration(token, 1, 1)).want(201)
		w.register(registration(token, 1, 1)).refused(409, 1201)
		w.clock.Advance(time.Hour)
		w.register(registration(token, 1, 1)).refused(409, 1201)
	})
}

// HL-15
func TestHL15_AssetGoneSinceValidation(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		for _, change := range []func(*purvey.Product){
			func(p *purvey.Product) { p.Available = false },
			func(p *purvey.Product) { p.IsArchived = true },
		} {
			p := w.score()
			token := w.quote(p, 1)
			w.change(p, change)
			w.register(registration(token, 1, 1)).refused(404, 0)
			w.change(p, func(*purvey.Product) {})
			w.register(registration(token, p.AssetID, 1)).want(201) // it was not consumed
		}
		// The region is not looked at again.
		p := w.score()
		token := w.quote(p, 1)
		w.change(p, func(p *purvey.Product) { p.World = false })
		w.register(registration(token, 50, 1)).want(201)
	})
}

// HL-16
func TestHL16_PartsBecomeLines(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		flute, horn, stranger := w.score(), w.score(), w.score()
		parts := []purvey.Part{{ProductID: flute.ID, Name: "Flute", Sequence: 1}, {ProductID: horn.ID, Name: "Horn", Sequence: 2}}
		whole := w.product(func(p *purvey.Product) { p.Partable, p.Parts = true, parts }, w.file("set.pdf", "application/pdf", "%PDF set"))
		solid := w.product(func(p *purvey.Product) { p.Parts = parts })
		part := func(p purvey.Product, line int64) map[string]any {
			return map[string]any{"asset_id": p.AssetID, "order_line_id": line}
		}
		token := w.quote(whole, 3)
		refusals := map[string][]any{
			"stranger":   {part(stranger, 2)},
			"line twice": {part(flute, 2), part(horn, 2)},
			"line 0":     {part(flute, 0)},
		}
		for name, list := range refusals {
			a := w.register(registration(token, 1, 1, "parts", list))
			if a.refused(422, 1106); t.Failed() {
				t.Fatal(name)
			}
		}
		w.register(registration(token, 1, 1, "parts", []any{part(purvey.Product{AssetID: 4711}, 2)})).refused(404, 0)
		w.register(registration(w.quote(solid, 1), 1, 1, "parts", []any{part(flute, 2)})).refused(422, 1106)
		many := make([]any, 201)
		for i := range many {
			many[i] = part(flute, int64(i+2))
		}
		w.register(registration(token, 1, 1, "parts", many)).refused(422, 1105)

		w.register(registration(token, 1, 1, "parts", []any{part(flute, 2), part(horn, 3)})).want(201)
		w.work()
		items := w.items(1)
		if len(items) != 3 || items[0].AssetID != whole.AssetID || items[1].AssetID != flute.AssetID || items[2].AssetID != horn.AssetID {
			t.Fatalf("%+v", items)
		}
		for _, i := range items {
			if i.Quantity != 3 || i.Status != "COMPLETED" || i.Customer != "Ada Reader" || i.DownloadURL == nil {
				t.Errorf("%+v", i)
			}
		}
		// A part with the line's own number stands in its place, as in the vendor's sample.
		w.register(registration(w.quote(whole, 1), 2, 1, "parts", []any{part(horn, 1), part(flute, 5)})).want(201)
		w.work()
		if items = w.items(2); len(items) != 2 || items[0].AssetID != horn.AssetID || items[0].OrderLineID != 1 || items[1].OrderLineID != 5 {
			t.Errorf("%+v", items)
		}
		if body := w.info(2).body; !strings.Contains(body, `"unit_price":3.99`) || !strings.Contains(body, `"unit_price":0,`) {
			t.Errorf("the price stands elsewhere: %s", body)
		}
		w.register(registration(w.quote(whole, 1), 1, 9, "parts", []any{part(flute, 3)})).refused(409, 1201)
		// As many parts as are allowed, and the whole.
		w.register(registration(w.quote(whole, 1), 3, 1, "parts", many[:200])).want(201)
		o, err := w.orders.ByNumber(t.Context(), purvey.Scope{ShopID: w.shop.ID, Mode: purvey.Live}, 3)
		if err != nil || len(o.Lines) != 201 {
			t.Errorf("%d lines, %v", len(o.Lines), err)
		}
		// One part goes alone; with the whole go its parts.
		w.line("DELETE", "/purchase/cancel", 1, 3).want(201)
		if items = w.items(1); items[0].Status != "COMPLETED" || items[1].Status != "COMPLETED" || items[2].Status != "CANCELED" {
			t.Errorf("%+v", items)
		}
		w.line("DELETE", "/purchase/cancel", 1, 1).want(201)
		for _, i := range w.items(1) {
			if i.Status != "CANCELED" || i.DownloadURL != nil {
				t.Errorf("%+v", i)
			}
		}
	})
}

// HL-17
func TestHL17_OfManyRegistersOneSucceeds(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		p := w.score()
		const n = 20
		run := func(body func(i int) string) map[int]int {
			var mu sync.Mutex
			var wg sync.WaitGroup
			statuses := map[int]int{}
			for i := range n {
				wg.Go(func() {
					a := w.call(w.live, "POST", "/purchase/register", body(i))
					mu.Lock()
					defer mu.Unlock()
					statuses[a.status]++
				})
			}
			wg.Wait()
			return statuses
		}
		token := w.quote(p, 1)
		for name, got := range map[string]map[int]int{
			"one token, one line":   run(func(int) string { return registration(token, 1, 1) }),
			"one token, many lines": run(manyLines(w.quote(p, 1))),
		} {
			if got[201] != 1 || got[201]+got[409]+got[422] != n {
				t.Errorf("%s: %v", name, got)
			}
		}
		tokens := make([]string, n)
		for i := range tokens {
			tokens[i] = w.quote(p, 1)
		}
		if got := run(func(i int) string { return registration(tokens[i], 3, 1) }); got[201] != 1 || got[409] != n-1 {
			t.Errorf("many tokens, one line: %v", got)
		}
		if got := run(func(i int) string { return registration(w.quote(p, 1), 4, int64(i+1)) }); got[201] != n {
			t.Errorf("many lines of one order: %v", got)
		}
		w.work()
		if got := len(w.items(4)); got != n {
			t.Errorf("%d lines of %d", got, n)
		}
		if got := len(w.items(3)); got != 1 {
			t.Errorf("%d lines of 1", got)
		}
	})
}

func manyLines(token string) func(i int) string {
	return func(i int) string { return registration(token, 2, int64(i+1)) }
}

// HL-18
func TestHL18_SeveralLinesUnderOneNumber(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		p, q := w.score(), w.score()
		w.register(registration(w.quote(p, 2), 1, 30, "customer", "Ada")).want(201)
		w.register(registration(w.quote(q, 1), 1, 10, "customer", "Grace", "unit_price", 10)).want(201)
		w.register(registration(w.quote(p, 1), 1, 20)).want(201) // the same asset once more
		w.work()
		items := w.items(1)
		if len(items) != 3 || items[0].OrderLineID != 10 || items[1].OrderLineID != 20 || items[2].OrderLineID != 30 ||
			items[0].AssetID != q.AssetID || items[0].Customer != "Grace" || items[2].Customer != "Ada" {
			t.Errorf("%+v", items)
		}
		scope := purvey.Scope{ShopID: w.shop.ID, Mode: purvey.Live}
		o, err := w.orders.ByNumber(t.Context(), scope, 1)
		w.must(err)
		if o.TotalCents != 2*399+1000+399 {
			t.Errorf("total %d", o.TotalCents)
		}
		// A line after a refund makes the order partly refunded again.
		_, err = w.orders.Patch(t.Context(), scope, o.ID, order.Patch{Financial: ptr(purvey.Refunded)})
		w.must(err)
		w.register(registration(w.quote(p, 1), 1, 40)).want(201)
		w.work()
		if items = w.items(1); items[0].Status != "CANCELED" || items[3].Status != "COMPLETED" {
			t.Errorf("%+v", items)
		}
	})
}

func ptr[T any](v T) *T { return &v }

// HL-38
func TestHL38_TheOlderRegistration(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		p := w.product(func(p *purvey.Product) { p.World, p.Countries, p.MinQuantity = false, []string{"DE"}, 2 })
		old := func(number int64, country string, quantity any) string {
			return registration("", number, 1, "token", absent, "asset_id", p.AssetID, "country_code", country, "quantity", quantity)
		}
		w.register(old(1, "DE", 2)).refused(422, 1105)
		w.settings(`{"policies":{"register_without_validation":true}}`)
		w.register(old(1, "DE", 2)).want(201)
		w.register(old(1, "DE", 2)).refused(409, 1201)
		w.register(old(2, "FR", 2)).refused(422, 1002)
		w.register(old(2, "DE", 1)).refused(422, 1003)
		for _, country := range []string{"de", "", "DEU", "D1"} {
			w.register(old(2, country, 2)).refused(422, 1105)
		}
		w.register(old(2, "DE", "2")).refused(422, 1105)
		w.register(old(2, "DE", 0)).refused(422, 1105)
		w.register(registration("", 2, 1, "token", absent, "asset_id", 4711, "country_code", "DE", "quantity", 1)).refused(404, 0)
		w.register(registration("", 2, 1, "token", absent)).refused(422, 1105)
		w.work()
		if i := w.items(1)[0]; i.Quantity != 2 || i.CountryCode == nil || *i.CountryCode != "DE" || i.Status != "COMPLETED" {
			t.Errorf("%+v", i)
		}
		// With a token its fields mean nothing.
		q := w.score()
		w.register(registration(w.quote(q, 1), 3, 1, "asset_id", "x", "country_code", 7, "quantity", []int{})).want(201)
	})
}
