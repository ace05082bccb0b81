package bigdd

import (
	"strings"
	"testing"

	"purvey"
	"purvey/internal/order"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

// CONT-32: what the integrations page of a back office needs: mappings, and
// the events of stores, which can be mapped and replayed.
func TestCONT32_MappingsAndStoreEvents(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		f := newFrame(t, db)
		product := f.order(f.admin, "REGULAR")["lines"].([]any)[0].(map[string]any)["digital_product"].(map[string]any)["id"].(string)
		const mappings, events = "/public-api/v1/mappings", "/public-api/v1/store-events"
		body := `{"source":"shopify","external_key":"PADS-1","digital_product_id":"` + product + `"}`
		for _, call := range [][2]string{{"GET", mappings}, {"POST", mappings}, {"DELETE", mappings + "/x"}, {"GET", events}, {"GET", events + "/x"}, {"POST", events + "/x/replay"}} {
			sent := ""
			if call[0] == "POST" {
				sent = body
			}
			f.refused(f.call(f.member, call[0], call[1], sent), 403, "forbidden")
		}
		a := f.call(f.admin, "POST", mappings, body, "Idempotency-Key", "m1")
		var made struct{ Data mappingWire }
		a.into(t, &made)
		if m := made.Data; a.status != 201 || m.ID == "" || m.Source != "shopify" || m.ExternalKey != "PADS-1" || m.DigitalProductID != product {
			t.Fatal(a)
		}
		if again := f.call(f.admin, "POST", mappings, body, "Idempotency-Key", "m1"); again.status != 201 || again.body != a.body {
			t.Error(again)
		}
		f.refused(f.call(f.admin, "POST", mappings, body), 409, "conflict")
		f.refused(f.call(f.admin, "POST", mappings, strings.Replace(body, "shopify", "etsy", 1)), 400, "validation_error")
		f.refused(f.call(f.admin, "POST", mappings, strings.Replace(body, "PADS-1", "", 1)), 400, "validation_error")
		f.refused(f.call(f.admin, "POST", mappings, strings.Replace(strings.Replace(body, product, "66a1f0c2b7d94e3f8a101a01", 1), "PADS-1", "X", 1)), 404, "not_found")
		var list struct{ Data []mappingWire }
		f.call(f.sandbox, "GET", mappings+"?source=shopify", "").into(t, &list)
		if len(list.Data) != 1 {
			t.Errorf("%+v", list)
		}
		f.call(f.admin, "GET", mappings+"?source=stripe", "").into(t, &list)
		if len(list.Data) != 0 {
			t.Errorf("%+v", list)
		}
		other := f.token(f.newShop("other"), purvey.Admin, purvey.Live)
		f.refused(f.call(other, "DELETE", mappings+"/"+made.Data.ID, ""), 404, "not_found")
		if a := f.call(f.admin, "DELETE", mappings+"/"+made.Data.ID, ""); a.status != 200 {
			t.Error(a)
		}
		f.refused(f.call(f.admin, "DELETE", mappings+"/"+made.Data.ID, ""), 404, "not_found")

		live := purvey.Scope{ShopID: f.shop.ID, Mode: purvey.Live}
		payload := `{"id":1,"line_items":[]}`
		if err := f.backend.Orders.Receive(t.Context(), live, purvey.StoreEvent{Source: purvey.SourceShopify, Topic: "orders/paid", Body: []byte(payload)}); err != nil {
			t.Fatal(err)
		}
		var events1 struct{ Data []storeEventWire }
		f.call(f.admin, "GET", events+"?state=received", "").into(t, &events1)
		if len(events1.Data) != 1 || *events1.Data[0].Topic != "orders/paid" || events1.Data[0].Payload != nil {
			t.Fatalf("%+v", events1)
		}
		id := events1.Data[0].ID
		read := func(purvey.StoreEvent) (order.News, error) {
			return order.News{}, purvey.Errorf(purvey.Invalid, "no order in it")
		}
		if err := f.backend.Orders.TakeStoreEvent(t.Context(), id, read); err != nil {
			t.Fatal(err)
		}
		var one struct{ Data storeEventWire }
		f.call(f.admin, "GET", events+"/"+id, "").into(t, &one)
		if one.Data.State != "failed" || *one.Data.Error != "no order in it" || one.Data.ProcessedAt == nil || string(one.Data.Payload) != payload {
			t.Errorf("%+v", one.Data)
		}
		f.call(f.admin, "POST", events+"/"+id+"/replay", "").into(t, &one)
		if one.Data.State != "received" || one.Data.Error != nil {
			t.Errorf("%+v", one.Data)
		}
		f.refused(f.call(f.sandbox, "GET", events+"/"+id, ""), 404, "not_found")
		f.refused(f.call(other, "POST", events+"/"+id+"/replay", ""), 404, "not_found")
		f.refused(f.call(f.admin, "GET", events+"?state=lost", ""), 400, "validation_error")
	})
}

// CONT-13, CONT-14: FastSpring and VibraCart Pro among the stores: events,
// with bodies that are no JSON as text, mappings, and orders by source.
func TestCONT13_CONT14_StoresOfTheBackOffice(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		f := newFrame(t, db)
		product := f.order(f.admin, "REGULAR")["lines"].([]any)[0].(map[string]any)["digital_product"].(map[string]any)["id"].(string)
		live := purvey.Scope{ShopID: f.shop.ID, Mode: purvey.Live}
		const xml = "<order>\n<reference>\"A&amp;1\"</reference></order>"
		for source, body := range map[purvey.Source]string{purvey.SourceFastSpring: xml, purvey.SourceVibraCart: `{"itemid":"x"}`} {
			if err := f.backend.Orders.Receive(t.Context(), live, purvey.StoreEvent{Source: source, Topic: "order", Body: []byte(body)}); err != nil {
				t.Fatal(err)
			}
			var list struct{ Data []storeEventWire }
			f.call(f.admin, "GET", "/public-api/v1/store-events?source="+string(source), "").into(t, &list)
			if len(list.Data) != 1 || list.Data[0].Source != string(source) {
				t.Fatalf("%s: %+v", source, list)
			}
			var one struct{ Data struct{ Payload any } }
			f.call(f.admin, "GET", "/public-api/v1/store-events/"+list.Data[0].ID, "").into(t, &one)
			if text, isText := one.Data.Payload.(string); isText != (body == xml) || isText && text != xml {
				t.Errorf("%s: %v", source, one.Data.Payload)
			}
			mapped := f.call(f.admin, "POST", "/public-api/v1/mappings", `{"source":"`+string(source)+`","external_key":"x","digital_product_id":"`+product+`"}`)
			if mapped.status != 201 {
				t.Error(mapped)
			}
			if a := f.call(f.admin, "GET", "/public-api/v1/orders?source="+string(source), ""); a.status != 200 || !strings.Contains(a.body, `"data":[]`) {
				t.Error(a)
			}
		}
		a := f.call(f.admin, "PATCH", "/public-api/v1/settings", `{"connectors":{"vibracartpro":{"url_token":"kQ3vX9_fR-2mLw81"},"fastspring":{"url_token":"short"}}}`)
		f.refused(a, 400, "validation_error")
		a = f.call(f.admin, "PATCH", "/public-api/v1/settings", `{"connectors":{"vibracartpro":{"url_token":"kQ3vX9_fR-2mLw81"}}}`)
		if a.status != 200 || strings.Contains(a.body, "kQ3vX9") || !strings.Contains(a.body, `"vibracartpro":{"url_token":{"last4":"Lw81","set":true}}`) {
			t.Error(a)
		}
	})
}
