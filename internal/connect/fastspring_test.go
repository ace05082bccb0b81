package connect_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"purvey"
	"purvey/internal/order"
)

// batch takes the events out of FastSpring's bodies and puts them into one.
func batch(bodies ...[]byte) []byte {
	var all []string
	for _, b := range bodies {
		s := strings.TrimSpace(string(b))
		s = s[strings.Index(s, "[")+1 : strings.LastIndex(s, "]")]
		all = append(all, strings.TrimSpace(s))
	}
	return []byte(`{"events":[` + strings.Join(all, ",") + `]}`)
}

// CONT-13: a paid order becomes an order by its products' paths; returns take
// units away, and part of a unit's price none.
func TestCONT13_FastSpring(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		drums := w.product("drums")
		w.mapping(purvey.SourceFastSpring, "epic-drum-kit", drums)
		w.send("fastspring", w.sample("fastspring/order.completed.json"))
		if n := len(w.all(purvey.Live)); n != 0 {
			t.Fatalf("%d orders before the job", n)
		}
		w.work()
		o := w.only()
		if c := o.Customer; o.Source != purvey.SourceFastSpring || o.Name != "AUD260105-7652-55291" || o.ExternalReference != "AUD260105-7652-55291" || o.Currency != "EUR" ||
			o.Financial != purvey.Paid || c.Email != "jonas@example.org" || c.FullName() != "Jonas Weber" || c.Locale != "de" {
			t.Errorf("%+v", o)
		}
		// The items' subtotals are 70 and 50, with 10 off the first: 110 was paid.
		if l := o.Lines[0]; len(o.Lines) != 1 || l.ProductID != drums.ID || l.Quantity != 2 || l.PriceCents != 3000 || len(l.Keys) != 2 ||
			l.Status != purvey.LineActive || order.ExternalKey(l) != "epic-drum-kit" {
			t.Errorf("%+v", o.Lines)
		}
		if m := w.mails(purvey.MailDelivery); len(m) != 1 || m[0].To != "jonas@example.org" {
			t.Errorf("%+v", m)
		}
		open := w.events(purvey.StoreEventUnmapped)
		if len(open) != 1 || open[0].Topic != "order.completed" || len(open[0].Unmapped) != 1 || fmt.Sprint(open[0].Unmapped[0].Keys) != "[field-strap]" {
			t.Fatal(w.states())
		}
		// The other article gets a mapping: sent again by hand, with another id.
		w.mapping(purvey.SourceFastSpring, "field-strap", w.product("strap"))
		w.send("fastspring", w.sample("fastspring/order.completed.json", "J5MhLkZdQmGgPOI2Fb1Xhw", "resent-by-hand"))
		w.work()
		if o = w.only(); len(o.Lines) != 2 || o.Lines[1].PriceCents != 5000 || len(w.mails(purvey.MailDelivery)) != 2 || len(w.events(purvey.StoreEventDone)) != 2 {
			t.Fatalf("%+v %s", o.Lines, w.states())
		}
		// Part of the price, as a courtesy.
		w.send("fastspring", w.sample("fastspring/return.created.json", "rYZAq4BvSyKmTOeQeSJQZQ", "r0", "qWIaFaLlRgu6NYs7MgHkGA", "courtesy", `"subtotal": 30.0, "subtotalDisplay"`, `"subtotal": 10.0, "subtotalDisplay"`, "35.7", "11.9"))
		w.work()
		if l := w.only().Lines[0]; l.RefundedQuantity != 0 || len(l.Keys) != 2 {
			t.Errorf("a courtesy took goods away: %+v", l)
		}
		// One that has not happened yet.
		w.send("fastspring", w.sample("fastspring/return.created.json", "rYZAq4BvSyKmTOeQeSJQZQ", "r1", `"completed": true`, `"completed": false`))
		w.work()
		if l := w.only().Lines[0]; l.RefundedQuantity != 0 {
			t.Errorf("a return that is not done took goods away: %+v", l)
		}
		// One unit, told twice.
		w.send("fastspring", w.sample("fastspring/return.created.json"))
		w.work()
		w.send("fastspring", w.sample("fastspring/return.created.json", "rYZAq4BvSyKmTOeQeSJQZQ", "told-again"))
		w.work()
		if l := w.only().Lines[0]; l.RefundedQuantity != 1 || len(l.Keys) != 1 || l.Status != purvey.LineActive {
			t.Errorf("after one unit: %+v", l)
		}
		// All of it; the rest of the first line's price was paid back before.
		w.send("fastspring", w.sample("fastspring/return.created.json", "rYZAq4BvSyKmTOeQeSJQZQ", "r2", "qWIaFaLlRgu6NYs7MgHkGA", "all", "35.7", "130.9", `"quantity": 1, "sku": "DRUMS", "subtotal": 30.0`,
			`"quantity": 2, "sku": "DRUMS", "subtotal": 60.0},{"product": "field-strap", "quantity": 1, "subtotal": 50.0`))
		w.work()
		if o = w.only(); o.Financial != purvey.Refunded || o.Lines[0].Status != purvey.LineRefunded || o.Lines[1].Status != purvey.LineRefunded {
			t.Errorf("after all: %+v", o)
		}
		w.replayAll()
		if n := len(w.mails(purvey.MailDelivery)); n != 2 || len(w.events(purvey.StoreEventFailed)) != 0 || len(w.all(purvey.Live)) != 1 {
			t.Errorf("%d mails; %s", n, w.states())
		}
	})
}

// CONT-13: a return may come before its order, and one of money alone acts as
// those of other stores.
func TestCONT13_ReturnsInAnyOrder(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.mapping(purvey.SourceFastSpring, "epic-drum-kit", w.product("drums"))
		w.mapping(purvey.SourceFastSpring, "field-strap", w.product("strap"))
		w.send("fastspring", w.sample("fastspring/return.created.json"))
		w.work()
		w.send("fastspring", w.sample("fastspring/order.completed.json"))
		w.work()
		if o := w.only(); o.Financial != purvey.PartiallyRefunded || o.Lines[0].RefundedQuantity != 1 || o.Lines[1].RefundedQuantity != 0 {
			t.Errorf("%+v", o.Lines)
		}
		// Neither goods nor money: a person must see to it.
		cut := w.sample("fastspring/return.created.json", `"items": [`, `"things": [`, "35.7", "0", "rYZAq4BvSyKmTOeQeSJQZQ", "r3", "qWIaFaLlRgu6NYs7MgHkGA", "x3")
		w.send("fastspring", cut)
		w.work()
		if f := w.events(purvey.StoreEventFailed); len(f) != 1 || !strings.Contains(f[0].Error, "neither goods nor an amount") {
			t.Error(w.states())
		}
	})
}

// CONT-13: a body of several events is kept event by event, each once by its
// id, in whatever company it comes; what is nothing of ours is done.
func TestCONT13_SeveralEventsInOneBody(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.mapping(purvey.SourceFastSpring, "epic-drum-kit", w.product("drums"))
		w.mapping(purvey.SourceFastSpring, "field-strap", w.product("strap"))
		w.mapping(purvey.SourceFastSpring, "loop-club", w.product("club"))
		first, back := w.sample("fastspring/order.completed.json"), w.sample("fastspring/return.created.json")
		second := w.sample("fastspring/order.completed.json", "J5MhLkZdQmGgPOI2Fb1Xhw", "e2", "9qflPQrkR76oKDLObXguyg", "o2", "AUD260105-7652-55291", "AUD-2")
		gift := w.sample("fastspring/order.completed.json", "J5MhLkZdQmGgPOI2Fb1Xhw", "e3", "9qflPQrkR76oKDLObXguyg", "o3", "AUD260105-7652-55291", "AUD-3",
			`{"recipient": {"first": "Jonas", "last": "Weber", "email": "jonas@example.org"`, `{"recipient": {"first": "Lea", "last": "Blum", "email": "lea@example.org"`)
		charge := w.sample("fastspring/subscription.charge.completed.json")
		other := []byte(`{"events":[{"id":"e9","type":"account.updated","live":true,"data":{"id":"x"}},null,7]}`)
		w.send("fastspring", batch(first, back, second, gift, charge, other))
		if n := len(w.events(purvey.StoreEventReceived)); n != 8 {
			t.Fatalf("%d events: %s", n, w.states())
		}
		w.work()
		all := w.all(purvey.Live)
		if len(all) != 4 || len(w.events(purvey.StoreEventDone)) != 6 || len(w.events(purvey.StoreEventFailed)) != 2 {
			t.Fatalf("%d orders; %s", len(all), w.states())
		}
		by := map[string]purvey.Order{}
		for _, o := range all {
			by[o.Name] = o
		}
		if by["AUD260105-7652-55291"].Lines[0].RefundedQuantity != 1 || by["AUD-2"].Lines[0].RefundedQuantity != 0 || by["AUD-3"].Customer.Email != "lea@example.org" {
			t.Errorf("%+v", by)
		}
		if o := by["AUD260131-7891-01112"]; o.Customer.Email != "jane@example.org" || o.Lines[0].PriceCents != 995 {
			t.Errorf("a charge: %+v", o)
		}
		// Again, alone and in other company, with its own mark of what it did.
		again := w.sample("fastspring/order.completed.json", `"processed": false`, `"processed": true`)
		w.send("fastspring", batch(back, again))
		w.send("fastspring", first)
		w.send("fastspring", []byte(`{"events":[]}`))
		w.work()
		if n := len(w.events("")); n != 8 || len(w.all(purvey.Live)) != 4 || len(w.mails(purvey.MailDelivery)) != 4 {
			t.Errorf("%d events, %d mails", n, len(w.mails(purvey.MailDelivery)))
		}
		// Without expansion a charge names no goods.
		w.send("fastspring", []byte(`{"events":[{"id":"c2","type":"subscription.charge.completed","live":true,"data":{"order":"o7","account":"a1","total":9.95}}]}`))
		w.work()
		if f := w.events(purvey.StoreEventFailed); len(f) != 3 || !strings.Contains(f[2].Error, "webhook expansion") {
			t.Error(w.states())
		}
		many := `{"events":[` + strings.Repeat(`{},`, 1000) + `{}]}`
		if a := w.post("/webhooks/audio/fastspring", []byte(many), w.headers("fastspring", []byte(many))); a.status != 413 {
			t.Errorf("too many events: %d", a.status)
		}
	})
}

// CONT-13: test orders are the sandbox's, whatever the address says.
func TestCONT13_TestOrders(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.mapping(purvey.SourceFastSpring, "epic-drum-kit", w.product("drums"))
		test := w.sample("fastspring/order.completed.json", `"live": true`, `"live": false`)
		for _, mode := range []string{"", "?mode=live", "?mode=sandbox"} {
			if a := w.post("/webhooks/audio/fastspring"+mode, test, w.headers("fastspring", test)); a.status != 200 {
				t.Fatal(a)
			}
		}
		xml := w.sample("fastspring/classic-order.xml", "<test>false", "<test>true")
		if a := w.post("/webhooks/audio/fastspring?token="+token, xml, nil); a.status != 200 {
			t.Fatal(a)
		}
		form := w.sample("fastspring/classic-item.txt", "OrderIsTest=false", "OrderIsTest=true")
		if a := w.post("/webhooks/audio/fastspring?token="+token, form, nil); a.status != 200 {
			t.Fatal(a)
		}
		w.work()
		if live, sandbox := len(w.all(purvey.Live)), len(w.all(purvey.Sandbox)); live != 0 || sandbox != 3 {
			t.Errorf("%d live, %d sandbox", live, sandbox)
		}
	})
}

// CONT-13: Classic's notifications, in XML and as form fields, with a token in
// the address.
func TestCONT13_Classic(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		send := func(body []byte) {
			t.Helper()
			if a := w.post("/webhooks/audio/fastspring?token="+token, body, map[string]string{"Content-Type": "text/xml"}); a.status != 200 {
				t.Fatalf("%d %s", a.status, a.body)
			}
			w.work()
		}
		drums, strap := w.product("drums"), w.product("strap")
		w.mapping(purvey.SourceFastSpring, "epic-drum-kit", drums)
		w.mapping(purvey.SourceFastSpring, "/with/slashes", strap)
		w.mapping(purvey.SourceFastSpring, "field-strap", strap)
		for range 2 {
			send(w.sample("fastspring/classic-order.xml"))
		}
		o := w.only()
		if o.Source != purvey.SourceFastSpring || o.Name != "AUD260105-1111-22222" || o.Customer.FullName() != "Zoë Baker" || o.Customer.Email != "zoe@example.org" || len(o.Lines) != 2 ||
			o.Lines[0].ProductID != drums.ID || o.Lines[0].Quantity != 2 || o.Lines[0].PriceCents != 2500 || o.Lines[1].ProductID != strap.ID || o.Lines[1].PriceCents != 1900 {
			t.Errorf("%+v", o)
		}
		for range 2 {
			send(w.sample("fastspring/classic-return.xml"))
		}
		if o = w.only(); o.Lines[0].RefundedQuantity != 1 || o.Lines[1].RefundedQuantity != 0 {
			t.Errorf("after a return: %+v", o.Lines)
		}
		// A notification for each item: they meet in one order. The older encoding is read, too.
		send([]byte(strings.ReplaceAll(string(w.sample("fastspring/classic-item.txt")), "Zo%C3%AB", "Zo%EB")))
		send(w.sample("fastspring/classic-item.txt", "internalProductName=epic-drum-kit&item_name=Epic+Drum+Kit", "internalProductName=field-strap&item_name=Strap", "quantity=2", "quantity=1"))
		all := w.all(purvey.Live)
		if len(all) != 2 || all[1].Name != "AUD260105-1111-33333" || all[1].Customer.Firstname != "Zoë" || len(all[1].Lines) != 2 || all[1].Lines[0].Quantity != 2 || all[1].Lines[1].ProductID != strap.ID {
			t.Errorf("%+v", all)
		}
		if len(w.mails(purvey.MailDelivery)) != 3 || len(w.events(purvey.StoreEventDone)) != 4 {
			t.Errorf("%d mails; %s", len(w.mails(purvey.MailDelivery)), w.states())
		}
		// What a person must see to.
		for body, why := range map[string]string{
			`<order><reference>A1</reference><purchaser><email>a@example.org</email></purchaser></order>`:                                        "names no product",
			`<order><items><item><product>x</product></item></items></order>`:                                                                    "no order reference",
			`<order><reference>A2</reference><items><item><product>epic-drum-kit</product></item></items></order>`:                               "no e-mail address",
			`<return><order>AUD260105-1111-22222</order></return>`:                                                                               "neither goods nor an amount",
			`<return><items><item><product>epic-drum-kit</product></item></items></return>`:                                                      "names no order",
			`<order><reference>A3</reference><email>nobody</email><items><item><product>epic-drum-kit</product></item></items></order>`:          "e-mail",
			`<order><reference>A4</reference><email>a@example.org</email><items><item><product>new</product></item></items></order>`:             "",
			`<order><reference>A6</reference><email>a@example.org</email><items><item><product>/with/slashes</product></item></items></order>`:   "",
			`{"reference":"A5","email":"a@example.org","currency":"USD","items":[{"product":"epic-drum-kit","quantity":1,"subtotal":"$1,025"}]}`: "",
		} {
			send([]byte(body))
			last := w.events("")[len(w.events(""))-1]
			if why != "" && (last.State != purvey.StoreEventFailed || !strings.Contains(last.Error, why)) {
				t.Errorf("%s: %s %q", body, last.State, last.Error)
			}
		}
		if len(w.events(purvey.StoreEventUnmapped)) != 1 {
			t.Error(w.states())
		}
		all = w.all(purvey.Live)
		if len(all) != 4 {
			t.Errorf("%+v", all)
		}
		for _, o := range all[2:] {
			if want := map[string]int64{"A5": 102500}[o.Name]; o.Lines[0].PriceCents != want {
				t.Errorf("%+v", o)
			}
		}
	})
}

// CONT-13: who may send: by a signature or by the token, to a shop that there
// is; what cannot be read at all is refused.
func TestCONT13_WhoMaySend(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		_, err := w.shops.Create(t.Context(), "bare", "")
		w.must(err)
		body, xml := w.sample("fastspring/order.completed.json"), w.sample("fastspring/classic-order.xml")
		good := w.headers("fastspring", body)
		for _, c := range []struct {
			name, path string
			body       []byte
			headers    map[string]string
			status     int
		}{
			{"unknown shop", "/webhooks/nobody/fastspring", body, good, 404},
			{"unknown shop, token", "/webhooks/nobody/fastspring?token=" + token, xml, nil, 404},
			{"no secret", "/webhooks/bare/fastspring", body, good, 401},
			{"no token kept", "/webhooks/bare/fastspring?token=" + token, xml, nil, 401},
			{"an empty token and none kept", "/webhooks/bare/fastspring?token=", xml, nil, 401},
			{"nothing", "/webhooks/audio/fastspring", body, nil, 401},
			{"another body", "/webhooks/audio/fastspring", append([]byte(" "), body...), good, 401},
			{"hex", "/webhooks/audio/fastspring", body, map[string]string{"X-FS-Signature": fmt.Sprintf("%x", mac(secret, body))}, 401},
			{"another secret", "/webhooks/audio/fastspring", body, map[string]string{"X-FS-Signature": base64.StdEncoding.EncodeToString(mac("x", body))}, 401},
			{"Classic without a token", "/webhooks/audio/fastspring", xml, nil, 401},
			{"a wrong token", "/webhooks/audio/fastspring?token=" + token + "x", xml, nil, 401},
			{"the start of the token", "/webhooks/audio/fastspring?token=" + token[:8], xml, nil, 401},
			{"the secret as token", "/webhooks/audio/fastspring?token=" + secret, xml, nil, 401},
			{"no mode", "/webhooks/audio/fastspring?mode=x&token=" + token, xml, nil, 400},
			{"no document", "/webhooks/audio/fastspring?token=" + token, []byte("hello"), nil, 400},
			{"half an element", "/webhooks/audio/fastspring?token=" + token, xml[:400], nil, 400},
			{"a zero byte", "/webhooks/audio/fastspring?token=" + token, []byte("a=\x00"), nil, 400},
			{"nothing at all", "/webhooks/audio/fastspring?token=" + token, nil, nil, 400},
			{"nested too deep", "/webhooks/audio/fastspring?token=" + token, []byte(strings.Repeat("<a>", 99) + strings.Repeat("</a>", 99)), nil, 400},
			{"too many fields", "/webhooks/audio/fastspring?token=" + token, []byte(strings.Repeat("a=1&", 6000) + "a=1"), nil, 400},
		} {
			if a := w.post(c.path, c.body, c.headers); a.status != c.status || !strings.Contains(a.body, `"error":"`) || strings.Contains(a.body, token) {
				t.Errorf("%s: %d %s", c.name, a.status, a.body)
			}
		}
		if n := len(w.events("")); n != 0 {
			t.Errorf("%d events were kept", n)
		}
		// A new token ends the old address at once.
		w.settings(`{"connectors":{"fastspring":{"url_token":"another-token-of-16"}}}`)
		if a, b := w.post("/webhooks/audio/fastspring?token="+token, xml, nil), w.post("/webhooks/audio/fastspring?token=another-token-of-16", xml, nil); a.status != 401 || b.status != 200 {
			t.Error(a.status, b.status)
		}
	})
}

// CONT-13: everything many times, shuffled, in parallel and in changing
// company: one order of each, one set of keys, one mail.
func TestCONT13_Storm(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.mapping(purvey.SourceFastSpring, "epic-drum-kit", w.product("drums"))
		w.mapping(purvey.SourceFastSpring, "field-strap", w.product("strap"))
		w.mapping(purvey.SourceVibraCart, "epic-drums-001", w.product("vibra"))
		w.mapping(purvey.SourceVibraCart, "ambient-pack-002", w.product("ambient"))
		first, back := w.sample("fastspring/order.completed.json"), w.sample("fastspring/return.created.json")
		second := w.sample("fastspring/order.completed.json", "J5MhLkZdQmGgPOI2Fb1Xhw", "e2", "9qflPQrkR76oKDLObXguyg", "o2", "AUD260105-7652-55291", "AUD-2")
		var storm []func() answer
		for _, body := range [][]byte{first, back, batch(back, first), batch(first, second), batch(second, first, back)} {
			storm = append(storm, func() answer { return w.post("/webhooks/audio/fastspring", body, w.headers("fastspring", body)) })
		}
		for path, body := range map[string][]byte{"fastspring": w.sample("fastspring/classic-order.xml"), "vibracartpro": w.sample("vibracartpro/order.json")} {
			storm = append(storm, func() answer { return w.post("/webhooks/audio/"+path+"?token="+token, body, nil) })
		}
		for range 3 {
			storm = append(storm, storm...)
		}
		rand.Shuffle(len(storm), func(i, j int) { storm[i], storm[j] = storm[j], storm[i] })
		var wg sync.WaitGroup
		queue := make(chan func() answer)
		for range 6 {
			wg.Go(func() {
				for send := range queue {
					if a := send(); a.status != 200 {
						t.Errorf("%d %s", a.status, a.body)
					}
					if _, err := w.worker.RunDue(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for _, send := range storm {
			queue <- send
		}
		close(queue)
		wg.Wait()
		w.work()
		for range 2 {
			all := w.all(purvey.Live)
			if len(all) != 4 || len(w.events(purvey.StoreEventDone)) != 5 || len(w.events("")) != 5 || len(w.mails(purvey.MailDelivery)) != 4 {
				t.Fatalf("%d orders, %d mails; %s", len(all), len(w.mails(purvey.MailDelivery)), w.states())
			}
			for _, o := range all {
				if want := map[bool]int{true: 1}[o.Name == "AUD260105-7652-55291"]; len(o.Lines) != 2 || o.Lines[0].RefundedQuantity != want {
					t.Errorf("%s: %+v", o.Name, o.Lines)
				}
				for _, l := range o.Lines {
					if len(l.Keys) != l.Units() {
						t.Errorf("%s: %d keys for %d units", o.Name, len(l.Keys), l.Units())
					}
				}
			}
			w.replayAll()
		}
	})
}
