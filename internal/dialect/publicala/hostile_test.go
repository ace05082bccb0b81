package publicala_test

import (
	"net/url"
	"strings"
	"testing"
)

// PUB-06, PUB-18: whatever comes is refused in words, never an error of ours,
// and nothing is half-written.
func TestPUB18_HostileInput(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.book("bk-1")
		id := w.call("POST", v1, permission("bk-1")).want(201).id()
		texts := []string{"\x00", "a\x00b", "\xff\xfe", "'", `\`, "%", "\u202e", strings.Repeat("x", 5000), "{}", "-1", "9223372036854775808", "1e400", "\n", " "}
		for i, text := range texts {
			q := url.QueryEscape(text)
			for _, name := range []string{
				"id_type", "user_id", "user_email", "product_id", "product_type", "start_at", "end_at", "page", "per_page",
				"sort", "cursor", "include", "fields", "filter[id]", "filter[uuid]", "filter[external_id]", "filter[status]", "filter[type]", "filter[user_id]",
				"filter[user_external_id]", "filter[user_email]", "filter[product_type]", "filter[product_id]", "filter[product_external_id]",
				"filter[created_at][from]", "filter[updated_at][to]",
			} {
				for _, path := range []string{v1, v3} {
					if a := w.call("GET", path+"?product_type=content&"+name+"="+q, ""); a.status >= 500 || a.status == 400 {
						t.Errorf("%s %s=%q: %d %s", path, name, text, a.status, a.body)
					}
				}
			}
			for _, path := range []string{v1, v3} {
				for _, query := range []string{"", "?id_type=external"} {
					for method, body := range map[string]string{"GET": "", "DELETE": "", "PUT": `{"expiration_date":null}`} {
						if a := w.call(method, path+"/"+url.PathEscape(text)+query, body); a.status != 404 && a.status != 422 {
							t.Errorf("%s %s/%q%s: %d %s", method, path, text, query, a.status, a.body)
						}
					}
				}
			}
			if strings.Contains(text, "\xff") {
				continue // no JSON
			}
			for _, path := range []string{
				"type", "external_reference", "return_url", "unit_price", "currency_id", "user", "user.id", "user.email", "products", "products.0", "products.0.type",
				"products.0.id", "products.0.name", "products.0.url", "products.0.unit_price", "products.0.currency_id", "products.0.expiration_date",
			} {
				values := []any{text}
				if i == 0 {
					values = append(values, []any{text}, map[string]any{text: text}, 1e300, -0.001, true)
				}
				for _, v := range values {
					if a := w.call("POST", v1, with(t, sale("bk-1"), path, v)); a.status != 422 && a.status != 201 {
						t.Errorf("%s = %v: %d %s", path, v, a.status, a.body)
					}
				}
			}
			for _, name := range []string{"status", "expiration_date", "reason"} {
				for _, method := range []string{"PUT", "DELETE"} {
					a := w.call(method, v1+"/"+id, with(t, `{}`, name, []any{text}))
					if name != "reason" && method == "PUT" && a.status != 422 || a.status >= 500 {
						t.Errorf("%s %s: %d %s", method, name, a.status, a.body)
					}
				}
			}
		}
	})
}
