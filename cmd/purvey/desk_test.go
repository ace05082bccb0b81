package main_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"purvey/internal/store/storetest"
)

// desk is a merchant's desk: what a dashboard does, done by the native calls.
type desk struct {
	t     *testing.T
	url   string
	token string
}

// call makes a call with a token and gives the status and the decoded body.
func (d *desk) call(token, method, path string, body any) (int, map[string]any) {
	d.t.Helper()
	var sent io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			d.t.Fatal(err)
		}
		sent = bytes.NewReader(b)
	}
	req, err := http.NewRequest(method, d.url+path, sent)
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	var out map[string]any
	_ = json.Unmarshal(raw, &out) // an empty or foreign body is nil
	return res.StatusCode, out
}

// HL-35: clients are made, listed and deleted; orders are listed and shown;
// the reference page is there. A deleted client is refused at once.
func TestHL35_WhatTheVendorsDashboardDoes(t *testing.T) {
	t.Parallel()
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			env := []string{}
			if url := storetest.Options(t, engine).URL; url != "" {
				env = append(env, "PURVEY_DATABASE_URL="+url)
			}
			p := startServer(t, data, env...)
			d := &desk{t: t, url: p.url, token: runPurveyEnv(t, env, "token", "create", "--name", "desk", "--data", data)}

			status, made := d.call(d.token, "POST", "/public-api/v1/api-tokens", map[string]any{"name": "retailer", "role": "admin", "mode": "live"})
			if status != 201 {
				t.Fatalf("making a client: %d %v", status, made)
			}
			client := made["data"].(map[string]any)
			if _, list := d.call(d.token, "GET", "/public-api/v1/api-tokens", nil); len(list["data"].([]any)) != 2 {
				t.Errorf("the list of clients is %v", list)
			}
			_, product := d.call(d.token, "POST", "/public-api/v1/digital-products", map[string]any{"name": "Etude", "access": "LICENSE_KEY", "license_key_mode": "GENERATED"})
			asset := product["data"].(map[string]any)["asset_id"]
			retailer := client["token"].(string)
			status, quote := d.call(retailer, "POST", "/purchase/validate-purchase-before-payment", map[string]any{"asset_id": asset, "customer_ip": "198.51.100.24", "quantity": 2})
			if status != 200 {
				t.Fatalf("validating: %d %v", status, quote)
			}
			status, _ = d.call(retailer, "POST", "/purchase/register", map[string]any{
				"token": quote["token"], "order_number": 700123, "order_line_id": 1, "line_item_price": 7.98, "unit_price": 3.99, "customer": "Ada Reader",
			})
			if status != 201 {
				t.Fatalf("registering: %d", status)
			}

			_, list := d.call(d.token, "GET", "/public-api/v1/orders?q=700123", nil)
			orders := list["data"].([]any)
			if len(orders) != 1 {
				t.Fatalf("the list of orders is %v", list)
			}
			_, shown := d.call(d.token, "GET", "/public-api/v1/orders/"+orders[0].(map[string]any)["id"].(string), nil)
			o := shown["data"].(map[string]any)
			line := o["lines"].([]any)[0].(map[string]any)
			if o["order_number"] != float64(700123) || o["source"] != "hlconnect" || line["price_cents"] != float64(399) || line["quantity"] != float64(2) ||
				o["customer"].(map[string]any)["firstname"] != "Ada Reader" || o["customer"].(map[string]any)["email"] != nil {
				t.Errorf("the order is %v", o)
			}
			if status, _ := d.call(d.token, "GET", "/public-api/docs", nil); status != 200 {
				t.Errorf("the reference page: %d", status)
			}
			if status, _ := d.call(d.token, "DELETE", "/public-api/v1/api-tokens/"+client["id"].(string), nil); status != 200 {
				t.Errorf("deleting a client: %d", status)
			}
			if status, _ := d.call(retailer, "GET", "/purchase/info?order_id=700123", nil); status != 401 {
				t.Errorf("a deleted client gets %d, want 401", status)
			}
		})
	}
}
