package publicala_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"purvey"
)

// PUB-41: the calls of the public PHP client, as it makes them: the headers of
// JSON on every call, no id_type, per_page always, no body with a cancellation.
func TestPUB41_PHPClient(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.book("bk-1")
		send := func(method, target, body string) answer {
			t.Helper()
			r := httptest.NewRequest(method, target, strings.NewReader(body))
			r.Header.Set("X-User-Token", w.live)
			r.Header.Set("Accept", "application/json")
			r.Header.Set("Content-Type", "application/json")
			return w.do(r)
		}
		id := send("POST", v1, permission("bk-1")).want(201).id()
		send("GET", v1+"?per_page=10&page=1&query=ana&user_email=ana%40example.org&product_id=bk-1&product_type=content&start_at=2026-01-01&end_at=2026-12-31", "").
			want(200).is("data.0.id", `"`+id+`"`, "meta.per_page", "10")
		send("GET", v1+"/"+id, "").want(200).is("data.id", `"`+id+`"`)
		send("PUT", v1+"/"+id, `{"status":"paused"}`).want(201)
		send("DELETE", v1+"/"+id, "").want(200)
		send("DELETE", v1+"?id_type=external", `{"reason":"x"}`).want(405)
	})
}

// PUB-28: a cancellation may come with a body and no Content-Type.
func TestPUB28_NoContentType(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.book("bk-1")
		id := w.call("POST", v1, permission("bk-1")).want(201).id()
		r := httptest.NewRequest("DELETE", v1+"/"+id, strings.NewReader(`{"reason":"no more"}`))
		r.Header.Set("X-User-Token", w.live)
		w.do(r).want(200)
		if got := w.order(id).Lines[0].CancelReason; got != "no more" {
			t.Error(got)
		}
	})
}

// PUB-30: a reason may have several lines; a body without members may be an
// empty array, as PHP writes it.
func TestPUB30_Reason(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.book("bk-1")
		id := w.call("POST", v1, permission("bk-1")).want(201).id()
		w.call("DELETE", v1+"/"+id, `{"reason":"bell \u0007"}`).refused("reason")
		w.call("DELETE", v1+"/"+id, `{"reason":"asked\r\n\tby mail"}`).want(200)
		if got := w.order(id).Lines[0].CancelReason; got != "asked\r\n\tby mail" {
			t.Errorf("%q", got)
		}
		id = w.call("POST", v1, permission("bk-1")).want(201).id()
		for _, body := range []string{`[1]`, `"x"`, `5`} {
			w.call("DELETE", v1+"/"+id, body).want(400)
		}
		w.call("DELETE", v1+"/"+id, `[]`).want(200)
		w.call("POST", v1, permission("bk-1", `"external_reference":"two\nlines"`)).refused("external_reference")
	})
}

// PUB-27: an order whose access was closed elsewhere reads paused, and can be
// opened here; one product of it cannot.
func TestPUB27_AccessClosed(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.book("bk-1")
		id := w.call("POST", v1, permission("bk-1")).want(201).id()
		scope := purvey.Scope{ShopID: w.shop.ID, Mode: purvey.Live}
		_, err := w.orders.SetAccess(t.Context(), scope, w.order(id).ID, false)
		w.must(err)
		w.call("GET", v1+"/"+id, "").is("data.status", `"paused"`, "data.products.0.status", `"paused"`)
		w.call("GET", v3+"?filter[status]=paused&include=products", "").is("data.0.uuid", `"`+id+`"`)
		w.call("PUT", v1+"/"+id+"?product_id=bk-1&product_type=content", `{"status":"approved"}`).refused("status")
		w.call("PUT", v1+"/"+id, `{"status":"approved"}`).want(201).is("data.status", `"approved"`)
		if w.open(id) != "open" {
			t.Error(w.open(id))
		}
	})
}
