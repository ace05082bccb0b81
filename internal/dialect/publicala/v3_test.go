package publicala_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// v3body turns a body of v1 into one of v3.
func v3body(body string) string {
	body = strings.Replace(body, `"external_reference"`, `"external_id"`, 1)
	return strings.ReplaceAll(body, `"type":"content","id"`, `"type":"content","external_id"`)
}

// ids gives the external ids of a v3 list.
func (a answer) ids() string {
	a.t.Helper()
	var out struct {
		Data []struct {
			ID string `json:"external_id"`
		}
	}
	a.want(200).into(&out)
	var names []string
	for _, o := range out.Data {
		names = append(names, o.ID)
	}
	return strings.Join(names, " ")
}

// PUB-38, PUB-39: create, get, update and cancel by the names of v3, of orders
// that v1 shows the same.
func TestPUB38_V3(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.book("bk-1")
		w.plan("gold", 1)
		a := w.call("POST", v3, v3body(sale("bk-1", `"external_reference":"X/1"`))).want(201)
		uuid := strings.Trim(a.at("data.uuid"), `"`)
		a.is("data.external_id", `"X/1"`, "data.id", `"1001"`, "data.type", `"sale"`, "data.status", `"pending"`, "data.unit_price", "10.5", "data.currency_id", `"ARS"`,
			"data.created_at", `"2026-01-05T12:00:00.000000Z"`, "data.updated_at", `"2026-01-05T12:00:00.000000Z"`, "data.user.external_id", `"u1"`,
			"data.user.email", `"ana@example.org"`, "data.products.0.external_id", `"bk-1"`, "data.products.0.id", `"1"`, "data.products.0.type", `"content"`,
			"data.products.0.status", `"pending"`, "data.products.0.cover_url", `"https://cdn.example/cover.jpg"`, "data.pending_checkout.ttl", "3600")
		for _, path := range []string{v3 + "/" + uuid, v3 + "/X%2F1?id_type=external"} {
			w.call("GET", path, "").want(200).is("data.uuid", `"`+uuid+`"`)
		}
		one := w.call("GET", v1+"/"+uuid, "").want(200).is("data.external_reference", `"X/1"`, "data.status", `"pending"`, "data.products.0.id", `"bk-1"`)
		if one.at("data.checkout.token") == "" {
			t.Error(one.body)
		}
		w.call("DELETE", v3+"/"+uuid, "").want(200).is("data.uuid", `"`+uuid+`"`, "data.external_id", `"X/1"`, "data.status", `"cancelled"`, "data.id", `"1001"`)
		w.call("GET", v1+"/"+uuid, "").is("data.status", `"cancelled"`)
		w.call("GET", v3+"/"+uuid, "").is("data.pending_checkout", "null")
		w.call("GET", v3+"/"+uuid+"?include=&fields=uuid,status", "").is("data", `{"status":"cancelled","uuid":"`+uuid+`"}`)
		// Made by v1, seen by v3. A permission needs an id or an address there.
		id := w.call("POST", v1, permission("bk-1")).want(201).id()
		w.call("GET", v3+"/"+id, "").want(200).is("data.type", `"permission"`, "data.unit_price", "null")
		w.call("POST", v3, without(t, v3body(permission("bk-1")), "user.id")).want(201)
		w.call("POST", v3, without(t, v3body(sale("bk-1")), "user.id")).want(422).is("errors", `{"user.id":["user.id is required."]}`)
		w.call("POST", v3, permission("bk-1")).want(422).is("errors", `{"products.0.external_id":["products.0.external_id is required."]}`)
		w.call("POST", v3, `{`).want(400)
		// Only the date, and the state of subscriptions that no gateway was paid for.
		w.call("PUT", v3+"/"+id, `{"status":"paused"}`).want(422)
		w.call("PUT", v3+"/"+id, `{"expiration_date":"2026-09-01"}`).want(200).is("data.products.0.expiration_date", `"2026-09-01"`)
		plan := w.call("POST", v3, strings.Replace(v3body(permission("gold")), `"content"`, `"subscription"`, 1)).want(201)
		uuid = strings.Trim(plan.at("data.uuid"), `"`)
		w.call("PUT", v3+"/"+uuid, `{"status":"paused"}`).want(200).is("data.status", `"paused"`)
		w.call("PUT", v3+"/"+uuid, `{"status":"cancelled"}`).want(422)
		w.call("PUT", v3+"/"+uuid, `{"status":"approved"}`).want(200).is("data.status", `"approved"`)
		w.call("PUT", v3+"/"+uuid, `{}`).want(422)
		w.call("GET", v3+"/nothing", "").want(404).is("message", `"Not found."`)
		w.call("PATCH", v3+"/"+uuid, `{}`).want(405)
		w.call("GET", v3+"/bulk", "").want(404)
	})
}

// PUB-38: of a bulk each order is for itself, whatever the others are.
func TestPUB38_Bulk(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.book("bk-1")
		var orders []string
		for i := range 20 {
			orders = append(orders, v3body(permission("bk-1", fmt.Sprintf(`"external_reference":"B%d"`, i%19))))
		}
		orders[4] = v3body(sale("fresh"))
		orders[5] = `{"type":"report"}`
		orders[6] = `null`
		a := w.call("POST", v3+"/bulk", `{"orders":[`+strings.Join(orders, ",")+`]}`).want(200)
		a.is("meta", `{"created":17,"failed":3,"total":20}`, "data.4.status", `"created"`, "data.4.order.status", `"pending"`, "data.5.status", `"error"`,
			"data.5.index", "5", "data.5.errors.user", `["user is required."]`, "data.3.order.external_id", `"B3"`, "data.6.status", `"error"`,
			"data.6.errors", `{"order":["The body must be an object, and is null."]}`)
		w.call("GET", v1, "").is("meta.total", "17")
		many := strings.Repeat("{},", 100) + "{}"
		for _, body := range []string{`{}`, `{"orders":[]}`, `{"orders":{}}`, `{"orders":[` + many + `]}`} {
			w.call("POST", v3+"/bulk", body).want(422)
		}
	})
}

// PUB-37: cursors both ways, both sorts, and every filter.
func TestPUB37_List(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		book := w.book("bk-1")
		w.plan("gold", 1)
		var uuids []string
		for i := range 7 {
			ref := fmt.Sprintf(`"external_reference":"L%d"`, i)
			body := permission("bk-1", ref)
			switch i {
			case 2:
				body = sale("bk-1", ref)
			case 3:
				body = strings.Replace(permission("gold", ref), `"content"`, `"subscription"`, 1)
			case 4:
				body = strings.Replace(report("bk-1", ref), "ana@", "eva@", 1)
			}
			uuids = append(uuids, w.call("POST", v1, body).want(201).id())
			w.clock.Advance(time.Hour)
		}
		w.call("PUT", v1+"/"+uuids[1], `{"status":"paused"}`).want(201)
		w.call("PUT", v1+"/"+uuids[0], `{"status":"cancelled"}`).want(201)
		user := strings.Trim(w.call("GET", v3+"/"+uuids[4], "").at("data.user.id"), `"`)
		for query, want := range map[string]string{
			"": "L6 L5 L4 L3 L2 L1 L0", "sort=created_at": "L0 L1 L2 L3 L4 L5 L6", "sort=-updated_at": "L1 L0 L6 L5 L4 L3 L2", "per_page=2": "L6 L5",
			"filter[id]=1003": "L2", "filter[id]=9": "", "filter[uuid]=" + uuids[5]: "L5", "filter[uuid]=x": "", "filter[id]=1003&filter[uuid]=" + uuids[5]: "",
			"filter[external_id]=L4": "L4", "filter[status]=paused": "L1", "filter[status]=cancelled": "L0", "filter[status]=pending": "L2",
			"filter[status]=approved": "L6 L5 L4 L3", "filter[type]=sale": "L2", "filter[type]=report,sale": "L4 L2", "filter[type]=internal_report": "",
			"filter[user_id]=" + user: "L4", "filter[user_external_id]=u1&per_page=2": "L6 L5", "filter[user_external_id]=x": "", "filter[user_email]=EVA@example.org": "L4",
			"filter[product_type]=subscription": "L3", "filter[product_external_id]=gold": "L3", "filter[product_external_id]=x": "",
			fmt.Sprintf("filter[product_id]=%d&per_page=1", book.AssetID): "L6", "filter[created_at][from]=2026-01-06": "",
			"filter[created_at][to]=2026-01-05&per_page=1":                                                "L6",
			"filter[created_at][from]=2026-01-05%2013:00:00&filter[created_at][to]=2026-01-05%2014:00:00": "L2 L1",
			"filter[updated_at][from]=2026-01-05%2019:00:00":                                              "L1 L0",
			"colour=red&filter[colour]=red&per_page=1":                                                    "L6",
		} {
			if got := w.call("GET", v3+"?"+query, "").ids(); got != want {
				t.Errorf("%s: %s, want %s", query, got, want)
			}
		}
		for _, sort := range []string{"-created_at", "created_at", "updated_at", "-updated_at"} {
			all := w.call("GET", v3+"?sort="+sort, "").ids()
			var there, back []string
			next := v3 + "?per_page=3&sort=" + sort
			var prev string
			for next != "" {
				a := w.call("GET", next, "")
				there = append(there, a.ids())
				if (a.at("links.next") != "null") != (a.at("meta.has_more") == "true") || (a.at("links.prev") == "null") != (len(there) == 1) {
					t.Errorf("%s", a.body)
				}
				var out struct{ Links struct{ Next, Prev string } }
				a.into(&out)
				next, prev = strings.TrimPrefix(out.Links.Next, "https://shop.example"), strings.TrimPrefix(out.Links.Prev, "https://shop.example")
			}
			for prev != "" {
				a := w.call("GET", prev, "")
				back = append([]string{a.ids()}, back...)
				var out struct{ Links struct{ Prev string } }
				a.into(&out)
				prev = strings.TrimPrefix(out.Links.Prev, "https://shop.example")
			}
			if got := strings.Join(there, " "); got != all || len(there) != 3 {
				t.Errorf("%s: %s, want %s", sort, got, all)
			}
			if got := strings.Join(back, " "); !strings.HasPrefix(all, got) || len(back) != 2 {
				t.Errorf("%s, backwards: %v of %s", sort, back, all)
			}
		}
		w.call("GET", v3+"?per_page=1&sort=created_at", "").is("data.0.user", "", "data.0.products", "", "data.0.pending_checkout", "")
		a := w.call("GET", v3+"?include=user,products,pending_checkout&fields=uuid", "").is("data.4.pending_checkout.ttl", "3600", "data.0.pending_checkout", "null", "data.0.status", "")
		if a.at("data.0.products.0.external_id") != `"bk-1"` || a.at("data.0.user.external_id") != `"u1"` {
			t.Error(a.body)
		}
		for _, query := range []string{"per_page=501", "per_page=0", "sort=id", "include=lines", "cursor=x", "filter[status]=open", "filter[type]=gift",
			"filter[product_type]=x", "filter[user_email]=x", "filter[created_at][from]=x", "filter[id]=x"} {
			w.call("GET", v3+"?"+query, "").want(422)
		}
		w.as(w.sandbox, "GET", v3, "").want(200).is("data", "[]")
	})
}
