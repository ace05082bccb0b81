package publicala_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// PUB-19: one order by either name of it.
func TestPUB19_One(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.book("bk-1")
		id := w.call("POST", v1, permission("bk-1", `"external_reference":"a/b c"`)).want(201).id()
		for _, path := range []string{id, id + "?id_type=internal", strings.ToUpper(id), "a%2Fb%20c?id_type=external", "a/b%20c?id_type=external&user_id=nobody"} {
			w.call("GET", v1+"/"+path, "").want(200).is("data.id", `"`+id+`"`)
		}
		for _, path := range []string{"a%2Fb%20c", id + "?id_type=external", "nothing", "00000000-0000-4000-8000-000000000000"} {
			w.call("GET", v1+"/"+path, "").want(404).is("status", "404", "errors.0.title", `"Not Found"`)
			w.call("DELETE", v1+"/"+path, "").want(404)
			w.call("PUT", v1+"/"+path, `{"status":"paused"}`).want(404)
		}
		w.call("GET", v1+"/"+id+"?id_type=other", "").refused("id_type")
		w.call("GET", v1+"/"+strings.Repeat("x", 65), "").refused("id")
		w.as(w.sandbox, "GET", v1+"/"+id, "").want(404)
	})
}

// PUB-20, PUB-21: pages, newest first, and every filter.
func TestPUB20_List(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.book("bk-1")
		w.book("bk-2")
		w.plan("gold", 1)
		w.settings(`{"shop":{"timezone":"America/Argentina/Buenos_Aires"}}`)
		w.clock.Set(time.Date(2026, 1, 5, 2, 30, 0, 0, time.UTC)) // still the fourth in the shop
		for i := range 5 {
			body := permission(fmt.Sprintf("bk-%d", i%2+1), fmt.Sprintf(`"external_reference":"L%d"`, i))
			if i == 3 {
				body = strings.Replace(strings.Replace(body, `"u1"`, `"u2"`, 1), "ana@", "eva@", 1)
			}
			w.call("POST", v1, body).want(201)
			w.clock.Advance(24 * time.Hour)
		}
		refs := func(a answer) string {
			var out struct {
				Data []struct {
					Ref string `json:"external_reference"`
				}
			}
			a.want(200).into(&out)
			var names []string
			for _, o := range out.Data {
				names = append(names, o.Ref)
			}
			return strings.Join(names, " ")
		}
		for query, want := range map[string]string{
			"": "L4 L3 L2 L1 L0", "?per_page=2": "L4 L3", "?per_page=2&page=3": "L0", "?per_page=2&page=9": "", "?query=x&colour=red": "L4 L3 L2 L1 L0",
			"?user_id=u2": "L3", "?user_id=u2&user_email=ana@example.org": "L3", "?user_email=ANA@example.org": "L4 L2 L1 L0", "?user_id=nobody": "",
			"?product_id=bk-2&product_type=content": "L3 L1", "?product_id=bk-2&product_type=subscription": "", "?product_id=gold&product_type=subscription": "",
			"?start_at=2026-01-06": "L4 L3 L2", "?end_at=2026-01-04": "L0", "?start_at=2026-01-05&end_at=2026-01-05": "L1",
			"?start_at=2026-01-05&user_id=u1&product_id=bk-1&product_type=content": "L4 L2",
		} {
			if got := refs(w.call("GET", v1+query, "")); got != want {
				t.Errorf("%s: %s, want %s", query, got, want)
			}
		}
		a := w.call("GET", v1+"?per_page=2&page=2&user_id=u1", "").is("meta", `{"current_page":2,"last_page":2,"per_page":2,"total":4}`, "links.next", "null",
			"links.prev", `"https://shop.example/integration-api/v1/orders?page=1\u0026per_page=2\u0026user_id=u1"`)
		if refs(a) != "L1 L0" {
			t.Error(a.body)
		}
		w.call("GET", v1, "").is("meta", `{"current_page":1,"last_page":1,"per_page":100,"total":5}`, "data.4.created_at", `"2026-01-04"`)
		for query, field := range map[string]string{
			"page=0": "page", "page=x": "page", "per_page=101": "per_page", "per_page=0": "per_page", "user_email=ana": "user_email",
			"product_id=bk-1": "product_type", "product_type=content": "product_id", "product_id=bk-1&product_type=book": "product_type",
			"start_at=2026-13-01": "start_at", "end_at=6/1/26": "end_at", "start_at=2026-01-06&end_at=2026-01-05": "end_at",
			"user_id=" + strings.Repeat("x", 65): "user_id",
		} {
			w.call("GET", v1+"?"+query, "").refused(field)
		}
		w.as(w.sandbox, "GET", v1, "").want(200).is("data", "[]", "meta.total", "0")
		w.settings(`{"policies":{"paginator_envelope":true}}`)
		w.call("GET", v1+"?per_page=2", "").want(200).is("data.paginator.current_page", "1", "data.paginator.last_page", "3", "data.paginator.total", "5",
			"data.paginator.per_page", "2", "data.paginator.data.0.external_reference", `"L4"`, "meta", "")
	})
}
