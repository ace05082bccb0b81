package publicala_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"
)

// edit changes a JSON document at a dotted path; nil in set takes the member
// away.
func edit(t *testing.T, body, path string, set func(in map[string]any, last string)) string {
	t.Helper()
	var doc any
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	names := strings.Split(path, ".")
	in := doc
	for i, name := range names[:len(names)-1] {
		switch x := in.(type) {
		case map[string]any:
			in = x[name]
		case []any:
			n, err := strconv.Atoi(name)
			if err != nil {
				t.Fatal(path)
			}
			in = x[n]
		default:
			t.Fatal(path, i)
		}
	}
	last := names[len(names)-1]
	if list, ok := in.([]any); ok {
		n, err := strconv.Atoi(last)
		if err != nil {
			t.Fatal(path)
		}
		holder := map[string]any{last: list[n]}
		set(holder, last)
		list[n] = holder[last]
	} else {
		set(in.(map[string]any), last)
	}
	out, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func with(t *testing.T, body, path string, v any) string {
	t.Helper()
	return edit(t, body, path, func(in map[string]any, last string) { in[last] = v })
}

func without(t *testing.T, body, path string) string {
	t.Helper()
	return edit(t, body, path, func(in map[string]any, last string) { delete(in, last) })
}

// PUB-22, PUB-23, PUB-27: all sixteen pairs of states, for the order and for
// one product of it, and what they do to access.
func TestPUB23_Transitions(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.book("bk-1")
		states := []string{"pending", "approved", "paused", "cancelled"}
		legal := map[string]bool{"approved paused": true, "approved cancelled": true, "paused approved": true, "paused cancelled": true}
		access := map[string]string{"approved": "open", "paused": "paused", "cancelled": "canceled"}
		for _, query := range []string{"", "?product_id=bk-1&product_type=content"} {
			for _, from := range states {
				for _, to := range states {
					body := permission("bk-1")
					if from == "pending" {
						body = sale("bk-1")
					}
					id := w.call("POST", v1, body).want(201).id()
					if from != "pending" && from != "approved" {
						w.call("PUT", v1+"/"+id, `{"status":"`+from+`"}`).want(201).is("data.status", `"`+from+`"`)
					}
					before := w.open(id)
					a := w.call("PUT", v1+"/"+id+query, `{"status":"`+to+`"}`)
					if !legal[from+" "+to] {
						a.refused("status")
						if w.open(id) != before {
							t.Errorf("%s to %s changed something", from, to)
						}
						continue
					}
					a.want(201).is("data.status", `"`+to+`"`, "data.products.0.status", `"`+to+`"`)
					if got := w.open(id); got != access[to] {
						t.Errorf("%s to %s: %s", from, to, got)
					}
				}
			}
		}
	})
}

// PUB-24, PUB-25, PUB-32: dates begin and end at the shop's midnight; null
// takes one away; both keys are done or neither.
func TestPUB24_Dates(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.settings(`{"shop":{"timezone":"America/Argentina/Buenos_Aires"}}`)
		w.book("bk-1")
		id := w.call("POST", v1, with(t, permission("bk-1"), "products.0.expiration_date", "2026-01-07")).want(201).is("data.products.0.expiration_date", `"2026-01-07"`).id()
		w.clock.Set(time.Date(2026, 1, 7, 2, 59, 59, 0, time.UTC))
		if w.open(id) != "open" {
			t.Error("ended before the shop's midnight")
		}
		w.clock.Set(time.Date(2026, 1, 7, 3, 0, 0, 0, time.UTC))
		if w.open(id) != "expired" {
			t.Error("open after the shop's midnight")
		}
		path := v1 + "/" + id
		w.call("GET", path, "").is("data.status", `"approved"`, "data.products.0.reader_url", `""`)
		w.call("PUT", path, `{"expiration_date":null}`).want(201).is("data.products.0.expiration_date", "null")
		if w.open(id) != "open" {
			t.Error("a date that was taken away counts")
		}
		w.call("PUT", path, `{"expiration_date":"2020-02-29","status":null}`).want(201)
		if w.open(id) != "expired" {
			t.Error("a past date does not count")
		}
		w.call("PUT", path, `{"expiration_date":"2027-01-01","status":"paused"}`).want(201).is("data.status", `"paused"`, "data.products.0.expiration_date", `"2027-01-01"`)
		w.call("PUT", path, `{"expiration_date":"2028-01-01","status":"paused"}`).refused("status")
		w.call("GET", path, "").is("data.products.0.expiration_date", `"2027-01-01"`)
		w.call("PUT", path, `{"expiration_date":"1/2/2028","status":"approved"}`).want(422).is("errors.0.title", `"Incorrect expiration date format"`,
			"errors.0.details.0", `"Update failed due to incorrect expiration date format"`)
		w.call("GET", path, "").is("data.status", `"paused"`)
		for _, body := range []string{`{}`, `{"status":null}`, `{"other":1}`} {
			w.call("PUT", path, body).refused("status")
		}
		w.call("PUT", path, `{"status":"done"}`).refused("status")
		w.call("PUT", path, `{"expiration_date":5}`).refused("expiration_date")
		w.call("PUT", path, `{"status":"cancelled"}`).want(201)
		w.call("PUT", path, `{"expiration_date":null}`).want(422)
	})
}

// PUB-26: one product of an order, and what the order's state is then.
func TestPUB26_OneProduct(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.book("bk-1")
		w.book("bk-2")
		w.book("bk-3")
		body := strings.Replace(permission("bk-1"), `"products":[`, `"products":[{"type":"content","id":"bk-2"},`, 1)
		path := v1 + "/" + w.call("POST", v1, body).want(201).id()
		w.call("PUT", path+"?product_id=bk-1", `{"status":"paused"}`).refused("product_type")
		w.call("PUT", path+"?product_type=content", `{"status":"paused"}`).refused("product_id")
		w.call("PUT", path+"?product_id=bk-3&product_type=content", `{"status":"paused"}`).refused("product_id")
		w.call("PUT", path+"?product_id=bk-1&product_type=subscription", `{"status":"paused"}`).refused("product_id")
		one := path + "?product_id=bk-1&product_type=content"
		w.call("PUT", one, `{"status":"paused","expiration_date":"2026-03-01"}`).want(201).is("data.status", `"approved"`,
			"data.products.1.status", `"paused"`, "data.products.0.status", `"approved"`, "data.products.1.expiration_date", `"2026-03-01"`, "data.products.0.expiration_date", "null")
		w.call("PUT", path+"?product_id=bk-2&product_type=content", `{"status":"cancelled"}`).want(201).is("data.status", `"paused"`)
		w.call("PUT", path, `{"status":"approved"}`).want(201).is("data.status", `"approved"`, "data.products.0.status", `"cancelled"`, "data.products.1.status", `"approved"`)
		w.call("PUT", one, `{"status":"cancelled"}`).want(201).is("data.status", `"cancelled"`)
	})
}

// PUB-28, PUB-30, PUB-31: content is cancelled at once, or at a set date; a
// pending sale at once; what is cancelled stays so.
func TestPUB28_Cancel(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.book("bk-1")
		id := w.call("POST", v1, permission("bk-1", `"external_reference":"D/1"`)).want(201).id()
		w.call("DELETE", v1+"/D%2F1?id_type=external", `{"reason":"`+strings.Repeat("é", 151)+`"}`).refused("reason")
		w.call("DELETE", v1+"/D%2F1?id_type=external", `{"reason":"`+strings.Repeat("é", 150)+`"}`).want(200).is("data", `[{"external_reference":"D/1","id":"`+id+`"}]`)
		if w.open(id) != "canceled" || w.order(id).Lines[0].CancelReason == "" {
			t.Errorf("%s %+v", w.open(id), w.order(id).Lines)
		}
		w.call("DELETE", v1+"/"+id, "").refused("status")

		id = w.call("POST", v1, permission("bk-1")).want(201).id()
		path := v1 + "/" + id
		w.call("DELETE", path, `{"expiration_date":"tomorrow"}`).refused("expiration_date")
		w.call("DELETE", path, `{"expiration_date":"2026-02-01"}`).want(200)
		w.call("GET", path, "").is("data.status", `"approved"`)
		w.call("PUT", path, `{"status":"paused"}`).refused("status")
		w.call("DELETE", path, `{"expiration_date":"2026-02-01"}`).refused("status")
		w.call("DELETE", path, `{"expiration_date":"2026-03-01"}`).refused("status")
		w.call("DELETE", path, `{"expiration_date":"2026-01-20"}`).want(200)
		w.clock.Set(time.Date(2026, 1, 19, 23, 59, 59, 0, time.UTC))
		w.work()
		if w.open(id) != "open" {
			t.Error("ended too early: " + w.open(id))
		}
		w.clock.Set(time.Date(2026, 1, 20, 0, 0, 0, 0, time.UTC))
		if w.open(id) != "expired" {
			t.Error("access after the end: " + w.open(id))
		}
		w.work()
		w.call("GET", path, "").is("data.status", `"cancelled"`)
		w.clock.Set(time.Date(2026, 2, 2, 0, 0, 0, 0, time.UTC))
		w.work() // the job of the later date
		w.call("GET", path, "").is("data.status", `"cancelled"`)

		id = w.call("POST", v1, permission("bk-1")).want(201).id()
		w.call("DELETE", v1+"/"+id, `{"expiration_date":"2026-02-02"}`).want(200)
		w.call("GET", v1+"/"+id, "").is("data.status", `"cancelled"`)

		id = w.call("POST", v1, sale("bk-1")).want(201).id()
		w.call("DELETE", v1+"/"+id, `{"expiration_date":"2027-02-02"}`).want(200)
		w.call("GET", v1+"/"+id, "").is("data.status", `"cancelled"`, "data.checkout", "")
		if o := w.order(id); o.Financial != "VOIDED" {
			t.Error(o.Financial)
		}
		id = w.call("POST", v1, permission("bk-1")).want(201).id()
		w.call("PUT", v1+"/"+id, `{"status":"paused"}`).want(201)
		w.call("DELETE", v1+"/"+id, "").want(200)
		w.call("GET", v1+"/"+id, "").is("data.status", `"cancelled"`)
	})
}

// PUB-29: a subscription ends with the period that runs; other lines of the
// order at once.
func TestPUB29_Subscription(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.clock.Set(time.Date(2026, 1, 31, 10, 0, 0, 0, time.UTC))
		w.plan("gold", 1)
		w.plan("year", 12)
		w.book("bk-1")
		body := strings.Replace(permission("bk-1"), `"products":[`, `"products":[{"type":"subscription","id":"gold"},{"type":"subscription","id":"year","expiration_date":"2026-06-01"},`, 1)
		id := w.call("POST", v1, body).want(201).is("data.products.0.type", `"subscription"`).id()
		path := v1 + "/" + id
		w.call("DELETE", path, "").want(200)
		w.call("GET", path, "").is("data.status", `"approved"`, "data.products.0.status", `"approved"`, "data.products.2.status", `"cancelled"`)
		o := w.order(id)
		if got := o.Lines[0].EndsAt; !got.Equal(time.Date(2026, 2, 28, 10, 0, 0, 0, time.UTC)) {
			t.Errorf("the month ends %s", got)
		}
		if got := o.Lines[1].EndsAt; !got.Equal(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("the year ends %s", got)
		}
		w.call("DELETE", path, "").refused("status")
		w.clock.Set(time.Date(2026, 2, 28, 10, 0, 0, 0, time.UTC))
		w.work()
		w.call("GET", path, "").is("data.status", `"approved"`, "data.products.0.status", `"cancelled"`, "data.products.1.status", `"approved"`)
		w.clock.Set(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
		w.work()
		w.call("GET", path, "").is("data.status", `"cancelled"`)
		w.call("PUT", path, `{"status":"approved"}`).refused("status")
	})
}
