package connect_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"purvey"
	"purvey/internal/middleware"
)

// CONT-14: an order of VibraCart Pro by its items' itemid, with a token in the
// address.
func TestCONT14_VibraCartPro(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		send := func(body []byte) {
			t.Helper()
			if a := w.post("/webhooks/audio/vibracartpro?token="+token, body, nil); a.status != 200 || strings.TrimSpace(a.body) != `{"success":true}` {
				t.Fatalf("%d %s", a.status, a.body)
			}
			w.work()
		}
		drums := w.product("drums")
		w.mapping(purvey.SourceVibraCart, "epic-drums-001", drums)
		for range 3 {
			send(w.sample("vibracartpro/order.json"))
		}
		o := w.only()
		if o.Source != purvey.SourceVibraCart || o.Name != "#VC-10241" || o.ExternalReference != "VC-10241" || o.Currency != "USD" || o.Financial != purvey.Paid ||
			o.Customer.Email != "ana@example.org" || o.Customer.FullName() != "Ana López" {
			t.Errorf("%+v", o)
		}
		if l := o.Lines[0]; len(o.Lines) != 1 || l.ProductID != drums.ID || l.Quantity != 2 || l.PriceCents != 2500 || len(l.Keys) != 2 {
			t.Errorf("%+v", o.Lines)
		}
		open := w.events(purvey.StoreEventUnmapped)
		if len(open) != 1 || len(open[0].Unmapped) != 1 || fmt.Sprint(open[0].Unmapped[0].Keys) != "[ambient-pack-002]" || open[0].Unmapped[0].Name != "Ambient Textures" {
			t.Fatal(w.states())
		}
		w.mapping(purvey.SourceVibraCart, "ambient-pack-002", w.product("ambient"))
		w.replayAll()
		w.replayAll()
		if o = w.only(); len(o.Lines) != 2 || len(w.events(purvey.StoreEventDone)) != 1 || len(w.mails(purvey.MailDelivery)) != 2 {
			t.Errorf("%+v; %s", o.Lines, w.states())
		}
		// It says no more than that, but if it does it is heeded.
		send(w.sample("vibracartpro/order.json", `"gateway"`, `"status": "Refunded", "gateway"`))
		if o = w.only(); o.Financial != purvey.Refunded {
			t.Errorf("%+v", o)
		}
	})
}

// CONT-14: the vendor names no more than itemid: other forms of the same are
// read alike.
func TestCONT14_OtherForms(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		drums, pads := w.product("drums"), w.product("pads")
		w.mapping(purvey.SourceVibraCart, "D1", drums)
		w.mapping(purvey.SourceVibraCart, "P2", pads)
		bodies := []string{
			`{"order_number":71,"email":"a@example.org","item_id":"D1","quantity":2}`,
			`{"order":{"orderid":"72","email":"a@example.org","itemid1":"D1","quantity1":"2","price1":"5.00","itemid2":"P2","quantity2":1}}`,
			`{"event":"order","data":{"order":{"id":73},"buyer":{"email":"a@example.org","name":"Ana Paz"},"products":{"1":{"itemid":"D1","qty":2},"2":{"itemid":"P2"}}}}`,
			`orderid=74&email=a%40example.org&items[0][itemid]=D1&items[0][quantity]=2&items[1][itemid]=P2`,
			`{"invoice":"75","payer_email":"a@example.org","itemid":["D1","P2"],"quantity":[2,1],"currency":"EUR"}`,
			`{"email":"a@example.org","total":"5.00","items":[{"itemid":"D1","quantity":2}]}`,
			`{"id":77,"email":"a@example.org","items":[{"itemid":"D1"},{"itemid":"D1"}]}`,
		}
		for _, body := range append(bodies, bodies...) {
			if a := w.post("/webhooks/audio/vibracartpro?token="+token, []byte(body), nil); a.status != 200 {
				t.Errorf("%s: %d %s", body, a.status, a.body)
			}
		}
		w.work()
		all := w.all(purvey.Live)
		if len(all) != len(bodies) || len(w.events(purvey.StoreEventDone)) != len(bodies) {
			t.Fatalf("%d orders: %s", len(all), w.states())
		}
		for i, o := range all {
			two := i >= 1 && i <= 4
			if o.Customer.Email != "a@example.org" || o.Lines[0].ProductID != drums.ID || o.Lines[0].Quantity != 2 || two != (len(o.Lines) == 2) || two && o.Lines[1].ProductID != pads.ID {
				t.Errorf("%s: %+v", bodies[i], o)
			}
		}
		if all[4].Currency != "EUR" || all[0].Currency != "USD" || all[2].Customer.Firstname != "Ana" || all[1].Lines[0].PriceCents != 500 {
			t.Errorf("%+v", all)
		}
		// Not paid yet, then paid; canceled, never paid.
		for _, body := range []string{
			`{"orderid":"80","status":"pending","email":"a@example.org","itemid":"D1"}`, `{"orderid":"81","status":"cancelled","email":"a@example.org","itemid":"D1"}`,
		} {
			w.post("/webhooks/audio/vibracartpro?token="+token, []byte(body), nil)
		}
		w.work()
		if n := len(w.all(purvey.Live)); n != len(bodies) {
			t.Errorf("%d orders", n)
		}
		w.post("/webhooks/audio/vibracartpro?token="+token, []byte(`{"orderid":"80","status":"completed","email":"a@example.org","itemid":"D1"}`), nil)
		w.post("/webhooks/audio/vibracartpro?token="+token, []byte(`{"orderid":"82","email":"a@example.org"}`), nil)
		w.post("/webhooks/audio/vibracartpro?token="+token, []byte(`{"orderid":"83","itemid":"D1"}`), nil)
		w.work()
		if n := len(w.all(purvey.Live)); n != len(bodies)+1 || len(w.events(purvey.StoreEventFailed)) != 2 {
			t.Errorf("%d orders; %s", n, w.states())
		}
	})
}

// CONT-14: who may send; and no log holds the token.
func TestCONT14_WhoMaySend(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		_, err := w.shops.Create(t.Context(), "bare", "")
		w.must(err)
		body := w.sample("vibracartpro/order.json")
		for path, status := range map[string]int{
			"/webhooks/nobody/vibracartpro?token=" + token: 404, "/webhooks/bare/vibracartpro?token=" + token: 401, "/webhooks/bare/vibracartpro?token=": 401,
			"/webhooks/bare/vibracartpro": 401, "/webhooks/audio/vibracartpro": 401, "/webhooks/audio/vibracartpro?token=": 401,
			"/webhooks/audio/vibracartpro?token=" + token[1:]: 401, "/webhooks/audio/vibracartpro?Token=" + token: 401, "/webhooks/audio/vibracartpro/" + token: 404,
			"/webhooks/audio/vibracartpro?mode=test&token=" + token: 400,
		} {
			if a := w.post(path, body, w.headers("fastspring", body)); a.status != status || strings.Contains(a.body, token) {
				t.Errorf("%s: %d %s", path, a.status, a.body)
			}
		}
		if a := w.post("/webhooks/audio/vibracartpro?token="+token, []byte(`{"itemid":`), nil); a.status != 400 {
			t.Errorf("no JSON: %d", a.status)
		}
		if n := len(w.events("")); n != 0 {
			t.Errorf("%d events were kept", n)
		}
		w.settings(`{"connectors":{"vibracartpro":{"url_token":null}}}`)
		if a := w.post("/webhooks/audio/vibracartpro?token="+token, body, nil); a.status != 401 {
			t.Errorf("a token that was taken away: %d", a.status)
		}
		w.settings(`{"connectors":{"vibracartpro":{"url_token":"` + token + `"}}}`)
		var log bytes.Buffer
		logged := middleware.AccessLog(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))(w.handler)
		for _, path := range []string{"/webhooks/audio/vibracartpro?token=" + token, "/webhooks/audio/vibracartpro?token=" + token + "%zz", "/webhooks/audio/fastspring?mode=x&token=" + token} {
			logged.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", path, bytes.NewReader(body)))
		}
		if text := log.String(); strings.Contains(text, token) || strings.Count(text, "/webhooks/audio/") != 3 {
			t.Errorf("logged: %s", text)
		}
	})
}
