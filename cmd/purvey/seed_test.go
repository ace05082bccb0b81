package main_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestDocumentedCallsInTheirOrder makes the calls that the vendor's document
// shows, in its order and with its parameters, against a shop that has what
// they speak of.
func TestDocumentedCallsInTheirOrder(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, env []string) {
		data := t.TempDir()
		p := startServer(t, data, append(env, "PURVEY_RATE_LIMITS=on")...)
		c := caller{t, p.url, runPurveyEnv(t, env, "token", "create", "--name", "CRM sync", "--data", data)}
		s := seed(c)
		const api = "/public-api/v1"
		get := func(path string) []object {
			t.Helper()
			var rows []object
			r := c.data(200, &rows, "GET", api+path, "")
			var whole struct {
				Pagination *struct {
					HasMore    *bool            `json:"has_more"`
					NextCursor *json.RawMessage `json:"next_cursor"`
				}
			}
			if err := json.Unmarshal([]byte(r.body), &whole); err != nil || whole.Pagination == nil || whole.Pagination.HasMore == nil {
				t.Errorf("%s: no pagination: %s", path, r.body)
			}
			return rows
		}
		one := func(status int, method, path, body string, headers ...string) object {
			t.Helper()
			var got object
			c.data(status, &got, method, api+path, body, headers...)
			return got
		}

		// Authentication. BDD-22
		if rows := get("/digital-products"); len(rows) != 3 {
			t.Errorf("%d products", len(rows))
		}
		stranger := caller{t, p.url, "YOUR_TOKEN_HERE"}
		if r := stranger.do("GET", api+"/digital-products", ""); r.status != 401 || r.code() != "unauthorized" {
			t.Errorf("a wrong token: %d %s", r.status, r.body)
		}

		// Digital products. BDD-01, BDD-03
		rows := get("/digital-products?limit=10&include=product")
		if len(rows) != 3 || rows[2]["name"] != "Photography Preset Pack" || rows[2]["product"].(object)["title"] != "Photography Preset Pack" ||
			rows[2]["download_in"] != 30.0 || rows[2]["max_downloads"] != 5.0 || rows[2]["files"].([]any)[0].(object)["name"] != "presets-v2.zip" {
			t.Errorf("products: %v", rows)
		}
		if got := one(200, "PUT", "/digital-products/"+s.product+"/limits", `{"max_downloads": 10, "download_in": 90}`); got["max_downloads"] != 10.0 || got["download_in"] != 90.0 {
			t.Errorf("limits: %v", got)
		}

		// Orders. BDD-04 to BDD-09
		rows = get("/orders?financial_status=PAID&created_after=2026-05-01T00:00:00Z&created_before=2026-06-01T00:00:00Z&sort=-created_at")
		if len(rows) != 1 || rows[0]["name"] != "#1042" || rows[0]["created_at"] != "2026-05-15T14:30:00.000Z" || rows[0]["gid"] != "gid://shopify/Order/123456789" {
			t.Errorf("paid orders of May: %v", rows)
		}
		rows = get("/orders?customer_email=jane@example.com&include=downloads")
		if len(rows) != 2 {
			t.Fatalf("orders of a customer: %v", rows)
		}
		line := rows[1]["lines"].([]any)[0].(object)
		if line["price_cents"] != 2900.0 || line["license_keys"].([]any)[0] != "PRESET-ABCD-1234-EFGH" || len(line["downloads"].([]any)) != 0 {
			t.Errorf("the order's line: %v", line)
		}
		order := "/orders/" + s.order
		if got := one(200, "POST", order+"/access", `{"access": "disabled"}`); got["dl_access"] != "disabled" {
			t.Errorf("access: %v", got)
		}
		if got := one(200, "POST", order+"/reset-downloads", `{"line_id": "`+s.line+`"}`); got["id"] != s.order {
			t.Errorf("reset: %v", got)
		}
		if got := one(200, "POST", order+"/resend-email", `{}`); got["customer"].(object)["email"] != "jane@example.com" {
			t.Errorf("resend: %v", got)
		}
		if got := one(200, "POST", order+"/resend-email", `{"customer_email": "newemail@example.com"}`); got["customer"].(object)["email"] != "newemail@example.com" {
			t.Errorf("resend elsewhere: %v", got)
		}
		got := one(200, "PUT", "/orders/"+s.unique+"/lines/"+s.uniqueLine+"/files", `{"file_ids": ["`+s.pdf+`", "`+s.zip+`"], "send_email": true}`)
		if files := got["lines"].([]any)[0].(object)["files"].([]any); len(files) != 2 || files[0].(object)["id"] != s.pdf {
			t.Errorf("files of a line: %v", got)
		}
		if rows := get("/messages?order_id=" + s.unique); len(rows) != 1 || rows[0]["to"] != "jane@example.com" {
			t.Errorf("the mail of a line's files: %v", rows)
		}

		// Licence keys. BDD-10 to BDD-15
		rows = get("/license-keys?status=available&tag=photoshop-plugin")
		if len(rows) != 1 || rows[0]["key"] != "PLUG-FREE-0000" || rows[0]["assigned"] != false {
			t.Errorf("free keys: %v", rows)
		}
		free := rows[0]["id"].(string)
		if got := one(200, "GET", "/license-keys/validate?key=PLUG-ABCD-1234-EFGH-5678", ""); got["valid"] != true || got["assigned"] != true ||
			got["tag"] != "photoshop-plugin" || got["order_name"] != "#1042" || got["order_id"] != s.order {
			t.Errorf("validate: %v", got)
		}
		const batch = `{
			"keys": [
				"PLUG-AAAA-1111-BBBB-2222",
				"PLUG-CCCC-3333-DDDD-4444",
				"PLUG-EEEE-5555-FFFF-6666"
			],
			"tag": "photoshop-plugin-v3",
			"duplicates": "skip"
		}`
		if got := one(201, "POST", "/license-keys", batch, "Idempotency-Key", "import-2026-05"); got["created"] != 3.0 || len(got["keys"].([]any)) != 3 {
			t.Errorf("batch: %v", got)
		}
		r := c.do("POST", api+"/license-keys", batch, "Idempotency-Key", "import-2026-05")
		if r.status != 201 || r.header.Get("Idempotency-Replayed") != "true" || !strings.Contains(r.body, `"created":3`) {
			t.Errorf("batch again: %d %s", r.status, r.body)
		}
		if got := one(200, "POST", "/license-keys/"+free+"/assign", `{"order_name": "#1042", "send_email": true}`); got["order_name"] != "#1042" || got["assigned"] != true {
			t.Errorf("assign: %v", got)
		}
		if r := c.do("DELETE", api+"/license-keys/"+free, ""); r.status != 409 || r.code() != "conflict" {
			t.Errorf("delete an assigned key: %d %s", r.status, r.body)
		}
		if got := one(200, "POST", "/license-keys/"+free+"/unassign", ""); got["assigned"] != false || got["order_id"] != nil {
			t.Errorf("unassign: %v", got)
		}
		if got := one(200, "DELETE", "/license-keys/"+free, ""); got["id"] != free || got["deleted"] != true {
			t.Errorf("delete: %v", got)
		}

		// Files. BDD-16 to BDD-18
		rows = get("/files?type=application/pdf&include=products")
		if len(rows) != 1 || rows[0]["name"] != "ebook-photography-basics.pdf" || rows[0]["products"].([]any)[0].(object)["name"] != "Photography Basics" {
			t.Errorf("PDF files: %v", rows)
		}
		body, contentType := form("my-template.zip", "application/zip", "PK\x03\x04")
		made := one(201, "POST", "/files", body, "Content-Type", contentType)
		if made["name"] != "my-template.zip" || made["uploaded"] != true || made["type"] != "application/zip" {
			t.Errorf("upload: %v", made)
		}
		if r := c.do("DELETE", api+"/files/"+s.pdf, ""); r.status != 409 || r.code() != "conflict" {
			t.Errorf("delete a file in use: %d %s", r.status, r.body)
		}
		if got := one(200, "DELETE", "/files/"+made["id"].(string), ""); got["deleted"] != true {
			t.Errorf("delete a file: %v", got)
		}

		// Download links. BDD-19
		link := one(201, "POST", "/download-links", fmt.Sprintf(`{
			"file_ids": [%q, %q],
			"use_download_limit": true,
			"download_limit": 3,
			"use_stamping": true,
			"stamping_text": "Licensed to: jane@example.com — Order #1042"
		}`, s.pdf, s.zip))
		if url, _ := link["url"].(string); !strings.HasPrefix(url, p.url+"/link/") || link["download_limit"] != 3.0 || len(link["files"].([]any)) != 2 {
			t.Errorf("link: %v", link)
		}

		// Statistics and customers. BDD-20, BDD-21
		got = one(200, "GET", "/downloads/stats?start=2026-05-01T00:00:00Z&end=2026-06-01T00:00:00Z", "")
		if period := got["period"].(object); period["start"] != "2026-05-01T00:00:00.000Z" || period["end"] != "2026-06-01T00:00:00.000Z" || got["total_downloads"] != 0.0 ||
			got["top_files"] == nil {
			t.Errorf("statistics: %v", got)
		}
		for _, who := range []string{"987654321", "gid://shopify/Customer/987654321"} {
			rows = get("/customers/" + who + "/downloads?limit=50")
			if len(rows) != 2 || rows[1]["name"] != "#1042" {
				t.Errorf("a customer's orders: %v", rows)
			}
		}

		// Pages, with the cursor as the document shows it. BDD-25
		if rows := get("/orders?cursor=eyJpZCI6IjY3ODlhYmNkIn0=&limit=100"); len(rows) != 2 {
			t.Errorf("orders behind a cursor: %v", rows)
		}
		var page struct {
			Pagination struct {
				NextCursor string `json:"next_cursor"`
			}
		}
		if err := json.Unmarshal([]byte(c.do("GET", api+"/orders?limit=1", "").body), &page); err != nil || page.Pagination.NextCursor == "" {
			t.Fatalf("%v %q", err, page.Pagination.NextCursor)
		}
		if rows := get("/orders?cursor=" + page.Pagination.NextCursor + "&limit=100"); len(rows) != 1 || rows[0]["name"] != "#1042" {
			t.Errorf("the next page: %v", rows)
		}
	})
}

// seeded is what the document's calls speak of.
type seeded struct{ product, order, line, unique, uniqueLine, pdf, zip string }

func seed(c caller) seeded {
	var s seeded
	const api = "/public-api/v1"
	made := func(path, body string) (id string, line string) {
		c.t.Helper()
		var got struct {
			ID    string
			Lines []struct{ ID string }
		}
		c.data(201, &got, "POST", api+path, body)
		if len(got.Lines) > 0 {
			line = got.Lines[0].ID
		}
		return got.ID, line
	}
	s.zip = c.upload("presets-v2.zip", "application/zip", "PK\x05\x06"+strings.Repeat("\x00", 18))
	s.pdf = c.upload("ebook-photography-basics.pdf", "application/pdf", "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
	s.product, _ = made("/digital-products", `{"name":"Photography Preset Pack","file_ids":["`+s.zip+`"],"download_in":30,"max_downloads":5,
		"access":"FILE_WITH_LICENCE_KEY","license_key_tag":"presets","product_gid":"gid://shopify/Product/123456789"}`)
	made("/digital-products", `{"name":"Photography Basics","file_ids":["`+s.pdf+`"]}`)
	portrait, _ := made("/digital-products", `{"name":"Portrait","delivering_type":"UNIQUE"}`)
	made("/license-keys", `{"keys":["PRESET-ABCD-1234-EFGH"],"tag":"presets"}`)
	made("/license-keys", `{"keys":["PLUG-ABCD-1234-EFGH-5678","PLUG-FREE-0000"],"tag":"photoshop-plugin"}`)
	const jane = `"customer":{"email":"jane@example.com","firstname":"Jane","lastname":"Smith","gid":"gid://shopify/Customer/987654321","locale":"en"}`
	s.order, s.line = made("/orders", `{`+jane+`,"name":"#1042","gid":"gid://shopify/Order/123456789","is_imported":true,"created_at":"2026-05-15T14:30:00.000Z",
		"lines":[{"digital_product_id":"`+s.product+`","price_cents":2900,"gid":"gid://shopify/LineItem/111222333"}]}`)
	s.unique, s.uniqueLine = made("/orders", `{`+jane+`,"lines":[{"digital_product_id":"`+portrait+`"}]}`)
	var keys []struct{ ID string }
	c.data(200, &keys, "GET", api+"/license-keys?q=PLUG-ABCD", "")
	c.data(200, nil, "POST", api+"/license-keys/"+keys[0].ID+"/assign", `{"order_name":"1042"}`)
	return s
}
