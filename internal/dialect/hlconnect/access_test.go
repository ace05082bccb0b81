package hlconnect_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/delivery"
	"purvey/internal/order"
	"purvey/internal/store"
)

// HL-19
func TestHL19_ProcessingIsAnObject(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.register(registration(w.quote(w.score(), 1), 1, 1)).want(201)
		a := w.info(1).want(202)
		if a.body != `{"status":"PROCESSING"}` || a.header.Get("Retry-After") != "2" {
			t.Errorf("%s, Retry-After %q", a.body, a.header.Get("Retry-After"))
		}
	})
}

// HL-20
func TestHL20_CompletedIsAnArrayOfWholeItems(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		p := w.score()
		w.register(registration(w.quote(p, 2), 700123, 1)).want(201)
		w.work()
		var got []map[string]json.RawMessage
		a := w.info(700123).want(200)
		a.into(&got)
		if len(got) != 1 || len(got[0]) != 11 {
			t.Fatal(a.body)
		}
		for name, want := range map[string]string{
			"order_id": "700123", "order_line_id": "1", "asset_id": strconv.FormatInt(p.AssetID, 10), "customer": `"Ada Reader"`, "unit_price": "3.99",
			"line_item_price": "7.980", "quantity": "2", "country_code": `"GB"`, "status": `"COMPLETED"`,
		} {
			if string(got[0][name]) != want {
				t.Errorf("%s is %s, want %s", name, got[0][name], want)
			}
		}
		if i := w.items(700123)[0]; i.DownloadURL == nil || !strings.HasPrefix(*i.DownloadURL, "https://shop.example/b/") ||
			i.ViewURL == nil || !strings.HasPrefix(*i.ViewURL, "https://shop.example/view/") {
			t.Errorf("%s", a.body)
		}
		// An order of another source reads the same way.
		price := int64(1250)
		_, err := w.orders.Place(t.Context(), w.scope(), order.Request{
			Number: 5, Customer: purvey.Customer{Email: "a@example.org", Firstname: "Ada", Lastname: "L"},
			Lines: []order.LineRequest{{ProductID: p.ID, Quantity: 3, PriceCents: &price}},
		})
		w.must(err)
		if body := w.info(5).want(200).body; !strings.Contains(body, `"customer":"Ada L","unit_price":12.5,"line_item_price":37.5,"quantity":3,"country_code":null`) {
			t.Error(body)
		}
	})
}

func (w *world) scope() purvey.Scope { return purvey.Scope{ShopID: w.shop.ID, Mode: purvey.Live} }

// HL-21
func TestHL21_FailureIsAnObject(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		f := w.file("lost.pdf", "application/pdf", "soon gone")
		w.register(registration(w.quote(w.product(nil, f), 1), 1, 1, "unit_price", json.Number("3.990"))).want(201)
		w.must(w.bucket.Delete(t.Context(), f.Digest))
		w.work()
		w.info(1).want(202) // it may turn up
		w.clock.Advance(2 * time.Second)
		w.work()
		w.info(1).want(202)
		w.clock.Advance(20 * time.Second)
		w.work()
		a := w.info(1).want(502)
		if a.body != `{"status":"FAILED","message":"A file of this product is missing."}` {
			t.Error(a.body)
		}
		w.line("GET", "/purchase/download-url", 1, 1).refused(404, 0)
		// Failure is not the last word of an order with other lines.
		w.buy(w.score(), 1, 2)
		items := w.items(1)
		if items[0].Status != "FAILED" || items[0].DownloadURL != nil || items[0].ViewURL != nil || items[1].Status != "COMPLETED" {
			t.Errorf("%+v", items)
		}
		if !strings.Contains(w.info(1).body, `"unit_price":3.990`) {
			t.Error("the price as sent was lost")
		}
	})
}

// HL-22
func TestHL22_UnknownOrdersAndMixedLines(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.info(1).refused(404, 0)
		p := w.score()
		w.buy(p, 1, 1)
		w.line("DELETE", "/purchase/cancel", 1, 1).want(201)
		w.register(registration(w.quote(p, 1), 1, 2)).want(201)
		w.info(1).want(202)
		w.work()
		if items := w.items(1); items[0].Status != "CANCELED" || items[1].Status != "COMPLETED" {
			t.Errorf("%+v", items)
		}
	})
}

// HL-23
func TestHL23_QuantityAndCountryComeFromTheValidation(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		p := w.score()
		for i, ip := range []string{"8.8.8.8", "198.51.100.24"} {
			var q struct{ Token string }
			w.call(w.live, "POST", validatePath, validation(p, ip, 4)).want(200).into(&q)
			w.register(registration(q.Token, int64(i+1), 1, "quantity", 9, "country_code", "XX")).want(201)
		}
		w.work()
		us, unknown := w.items(1)[0], w.items(2)[0]
		if us.Quantity != 4 || us.CountryCode == nil || *us.CountryCode != "US" || unknown.CountryCode != nil {
			t.Errorf("%+v, %+v", us, unknown)
		}
	})
}

// HL-24
func TestHL24_DownloadURL(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		p := w.product(nil, w.file("score.pdf", "application/pdf", "%PDF the bytes"))
		w.register(registration(w.quote(p, 1), 1, 1)).want(201)
		for _, path := range []string{"/purchase/download-url", "/purchase/view-url"} {
			w.line("GET", path, 1, 1).refused(404, 0) // processing
			w.line("GET", path, 1, 2).refused(404, 0)
			w.line("GET", path, 2, 1).refused(404, 0)
		}
		w.work()
		url := w.url("/purchase/download-url", 1, 1)
		w.clock.Advance(time.Second)
		if again := w.url("/purchase/download-url", 1, 1); again == url {
			t.Error("the URL is not fresh")
		}
		if got, err := w.fetch(url); err != nil || got != "%PDF the bytes" {
			t.Errorf("%q, %v", got, err)
		}
		// Several files come as an archive; no file is no URL.
		w.buy(w.product(nil, w.file("a.txt", "text/plain", "aaa"), w.file("b.txt", "text/plain", "bbb")), 1, 3)
		if got, err := w.fetch(w.url("/purchase/download-url", 1, 3)); err != nil || !strings.HasPrefix(got, "PK") || !strings.Contains(got, "aaa") ||
			!strings.Contains(got, "bbb") || strings.Contains(got, "the bytes") {
			t.Errorf("%q, %v", got, err)
		}
		w.line("GET", "/purchase/view-url", 1, 3).refused(404, 0)
		w.buy(w.product(nil), 1, 4)
		w.line("GET", "/purchase/download-url", 1, 4).refused(404, 0)
		if i := w.items(1)[2]; i.Status != "COMPLETED" || i.DownloadURL != nil || i.ViewURL != nil {
			t.Errorf("%+v", i)
		}
		// Lines that come later leave an archive's address as it is.
		archive := w.url("/purchase/download-url", 1, 3)
		w.buy(p, 1, 5)
		if _, err := w.fetch(archive); err != nil {
			t.Error(err)
		}
		// While access is off a line is complete and has no URLs.
		o, err := w.orders.ByNumber(t.Context(), w.scope(), 1)
		w.must(err)
		_, err = w.orders.SetAccess(t.Context(), w.scope(), o.ID, false)
		w.must(err)
		if i := w.items(1)[0]; i.Status != "COMPLETED" || i.DownloadURL != nil {
			t.Errorf("%+v", i)
		}
		w.line("GET", "/purchase/download-url", 1, 1).refused(404, 0)
	})
}

// HL-25
func TestHL25_ViewURL(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		for i, f := range []purvey.File{
			w.file("a.pdf", "application/octet-stream", "%PDF"), w.file("a.mp3", "audio/mpeg", "ID3"), w.file("a.mp4", "video/mp4", "mp4"),
			w.file("a.png", "image/png", "png"),
		} {
			line := int64(i + 1)
			w.buy(w.product(nil, w.file("notes.txt", "text/plain", "x"), f), 1, line)
			v, err := w.view(w.url("/purchase/view-url", 1, line))
			if err != nil || len(v.Files) != 1 || v.Files[0].ID != f.ID {
				t.Errorf("%s: %+v, %v", f.Name, v, err)
			}
		}
		w.buy(w.product(nil, w.file("a.svg", "image/svg+xml", "<svg/>"), w.file("a.html", "text/html", "<p>")), 1, 9)
		w.line("GET", "/purchase/view-url", 1, 9).refused(404, 0)
	})
}

func (w *world) view(url string) (delivery.View, error) {
	w.t.Helper()
	token, ok := strings.CutPrefix(url, "https://shop.example/view/")
	if !ok {
		w.t.Fatalf("no viewer's URL: %s", url)
	}
	return w.delivery.View(w.t.Context(), token)
}

// HL-26
func TestHL26_URLsEnd(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.buy(w.score(), 1, 1)
		download, view := w.url("/purchase/download-url", 1, 1), w.url("/purchase/view-url", 1, 1)
		w.clock.Advance(30*time.Minute - time.Second)
		if _, err := w.view(view); err != nil {
			t.Error(err)
		}
		w.clock.Advance(2 * time.Second)
		if _, err := w.fetch(download); !errors.Is(err, purvey.Gone) {
			t.Errorf("download: %v", err)
		}
		if _, err := w.view(view); !errors.Is(err, purvey.Gone) {
			t.Errorf("view: %v", err)
		}
		w.settings(`{"lifetimes":{"access_url":60}}`)
		download = w.url("/purchase/download-url", 1, 1)
		w.clock.Advance(61 * time.Second)
		if _, err := w.fetch(download); !errors.Is(err, purvey.Gone) {
			t.Errorf("a set lifetime is not kept: %v", err)
		}
	})
}

// HL-27
func TestHL27_Cancel(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.buy(w.score(), 1, 1)
		w.line("DELETE", "/purchase/cancel", 1, 2).refused(404, 0)
		w.line("DELETE", "/purchase/cancel", 2, 1).refused(404, 0)
		if a := w.line("DELETE", "/purchase/cancel", 1, 1).want(201); a.body != "" {
			t.Error(a.body)
		}
		o, err := w.orders.ByNumber(t.Context(), w.scope(), 1)
		w.must(err)
		if !o.ShownDisabled() || o.Financial != purvey.Paid {
			t.Errorf("%+v", o)
		}
	})
}

// HL-28
func TestHL28_CancelFromEveryState(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		p := w.score()
		w.register(registration(w.quote(p, 1), 1, 1)).want(201) // processing
		w.line("DELETE", "/purchase/cancel", 1, 1).want(201)
		w.buy(p, 1, 2) // completed
		w.line("DELETE", "/purchase/cancel", 1, 2).want(201)
		w.line("DELETE", "/purchase/cancel", 1, 2).want(201) // canceled
		w.buy(p, 1, 3)
		for _, to := range []purvey.LineStatus{purvey.LineFailed, purvey.LinePaused, purvey.LineUnpaid, purvey.LineRefunded} {
			w.force(1, 3, to)
			w.line("DELETE", "/purchase/cancel", 1, 3).want(201)
			if i := w.items(1)[2]; i.Status != "CANCELED" {
				t.Errorf("from %s: %+v", to, i)
			}
		}
	})
}

// force puts a line into a state, as something else would have.
func (w *world) force(number, line int64, to purvey.LineStatus) {
	w.t.Helper()
	o, err := w.orders.ByNumber(w.t.Context(), w.scope(), number)
	w.must(err)
	for _, l := range o.Lines {
		if l.Number == line {
			l.Status = to
			w.tx(func(tx *store.Tx) error { return tx.UpdateLine(w.t.Context(), &l) })
		}
	}
}

// HL-29
func TestHL29_CancelKillsURLs(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.buy(w.score(), 1, 1)
		download, view := w.url("/purchase/download-url", 1, 1), w.url("/purchase/view-url", 1, 1)
		opened, err := w.view(view)
		w.must(err)
		_, err = w.fetch(download)
		w.must(err)
		w.line("DELETE", "/purchase/cancel", 1, 1).want(201)
		if _, err := w.fetch(download); purvey.ReasonOf(err) != purvey.ReasonCanceled {
			t.Errorf("download: %v", err)
		}
		if _, err := w.view(view); purvey.ReasonOf(err) != purvey.ReasonCanceled {
			t.Errorf("view: %v", err)
		}
		if _, err := w.delivery.Read(t.Context(), opened.Bytes, opened.Files[0].ID, delivery.Client{}); purvey.ReasonOf(err) != purvey.ReasonCanceled {
			t.Errorf("bytes of an open viewer: %v", err)
		}
		w.line("GET", "/purchase/download-url", 1, 1).refused(404, 0)
		w.line("GET", "/purchase/view-url", 1, 1).refused(404, 0)
		if i := w.items(1)[0]; i.Status != "CANCELED" || i.DownloadURL != nil || i.ViewURL != nil {
			t.Errorf("%+v", i)
		}
	})
}

// HL-31
func TestHL31_AssetsList(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		type page struct {
			Assets   []map[string]any
			LastID   *int64  `json:"last_id"`
			NextPage *string `json:"next_page"`
		}
		list := func(target string) (p page) {
			w.call(w.live, "GET", target, "").want(200).into(&p)
			return p
		}
		if a := w.call(w.live, "GET", "/assets/list", "").want(200); a.body != `{"assets":[],"last_id":null,"next_page":null}` {
			t.Error(a.body)
		}
		for range 23 {
			w.product(nil)
		}
		hidden := w.product(func(p *purvey.Product) { p.Available = false })
		w.product(func(p *purvey.Product) { p.IsArchived = true })
		w.product(func(p *purvey.Product) { p.Status = "draft" })
		part := w.score()
		full := w.product(func(p *purvey.Product) {
			p.Description, p.CoverURL, p.ExternalID, p.World, p.Countries = "Long", "https://x.example/c.png", "ext", false, []string{"DE"}
			p.Partable, p.Parts, p.MinQuantity = true, []purvey.Part{{ProductID: part.ID, Name: "Flute", Sequence: 2}, {ProductID: hidden.ID, Name: "Horn", Sequence: 1}}, 5
		}, w.file("a.pdf", "application/pdf", "a"), w.file("a.mp3", "audio/mpeg", "b"), w.file("b.pdf", "application/pdf", "c"))

		var seen []float64
		target := "/assets/list"
		for range 2 {
			p := list(target)
			for _, a := range p.Assets {
				seen = append(seen, a["asset_id"].(float64))
			}
			if p.NextPage == nil {
				break
			}
			target = *p.NextPage
		}
		if len(seen) != 25 || target != "/assets/list?last_id=20&page_size=20" {
			t.Fatalf("%v, %s", seen, target)
		}
		for i := 1; i < len(seen); i++ {
			if seen[i] <= seen[i-1] {
				t.Error("not ascending")
			}
		}
		p := list("/assets/list?page_size=1&last_id=" + strconv.FormatInt(full.AssetID-1, 10))
		if len(p.Assets) != 1 || p.NextPage != nil || *p.LastID != full.AssetID {
			t.Fatalf("%+v", p)
		}
		a := p.Assets[0]
		if len(a) != 35 {
			t.Errorf("%d fields", len(a))
		}
		want := map[string]any{
			"title": full.Name, "description": "Long", "external_ref": "ext", "min_qty": 5.0, "retail_price": 3.99, "world": false, "partable": true,
			"countries": []any{"DE"}, "format_short_name": "PDF", "voicing": nil, "skills": []any{}, "usergens": []any{}, "asset_type": "PCK",
			"prices":     []any{map[string]any{"type_id": 1.0, "type_usage": "retail", "price": 3.99}},
			"images":     []any{map[string]any{"name": "cover", "url": "https://x.example/c.png"}},
			"renderings": []any{map[string]any{"type": "pdf", "usage": "full"}, map[string]any{"type": "audio", "usage": "full"}},
			"packages": []any{
				map[string]any{"asset_id": float64(part.AssetID), "instrumentation_part_code": nil, "instrumentation_part_name": "Flute", "count": 1.0, "sequence": 2.0, "score": false},
				map[string]any{"asset_id": float64(hidden.AssetID), "instrumentation_part_code": nil, "instrumentation_part_name": "Horn", "count": 1.0, "sequence": 1.0, "score": false},
			},
		}
		for name, v := range want {
			if !reflect.DeepEqual(a[name], v) {
				t.Errorf("%s is %v, want %v", name, a[name], v)
			}
		}
		// Bad parameters are bounded or ignored.
		for target, n := range map[string]int{
			"/assets/list?page_size=x": 20, "/assets/list?page_size=0": 20, "/assets/list?page_size=-1": 20, "/assets/list?page_size=1000": 25,
			"/assets/list?last_id=-5": 20, "/assets/list?last_id=x": 20, "/assets/list?last_id=99999": 0, "/assets/list?page_size=99999999999999999999": 20,
		} {
			if got := len(list(target).Assets); got != n {
				t.Errorf("%s: %d assets, want %d", target, got, n)
			}
		}
	})
}

// HL-32
func TestHL32_Health(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		if a := w.call("", "GET", "/health", "").want(200); a.body != `[{"name":"db","health":true},{"name":"storage","health":true},{"name":"lamp","health":false}]` {
			t.Error(a.body)
		}
	})
}
