package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"purvey/internal/store/storetest"
)

// order is what the tests here read of one.
type order struct {
	ID, Name    string
	DownloadURL string `json:"download_url"`
	Lines       []struct {
		LicenseKeys []string `json:"license_keys"`
	}
}

// page is the path of the buyer's page, on whatever node.
func (o order) page() string {
	u, err := url.Parse(o.DownloadURL)
	if err != nil {
		return ""
	}
	return u.Path
}

// nodes are two servers on one database and one folder of files.
type nodes struct {
	t    *testing.T
	env  []string
	data string
	in   *inbox
	node [2]*process
	at   [2]caller
}

func startNodes(t *testing.T) *nodes {
	t.Helper()
	n := &nodes{t: t, data: t.TempDir()}
	var smtpURL, hookURL string
	n.in, smtpURL, hookURL = newInbox(t)
	n.env = []string{
		"PURVEY_DATABASE_URL=" + storetest.Options(t, "postgres").URL, "PURVEY_SMTP_URL=" + smtpURL, "PURVEY_RATE_LIMITS=off",
		"PURVEY_WEBHOOK_ALLOW_INSECURE=true", "PURVEY_LOG_LEVEL=error",
	}
	token := runPurveyEnv(t, n.env, "token", "create", "--name", "two nodes", "--data", n.data)
	for i := range n.node {
		n.node[i] = startServer(t, n.data, n.env...)
		n.at[i] = caller{t, n.node[i].url, token}
	}
	n.at[0].data(201, nil, "POST", "/public-api/v1/webhook-endpoints",
		`{"name":"all","url":"`+hookURL+`","events":["digital_order.purchased","digital_order.delivered","license_key.assigned","file.downloaded"]}`)
	return n
}

// product makes one with a file and a pool of so many keys.
func (n *nodes) product(tag string, keys int) (id, file string) {
	n.t.Helper()
	file = n.at[0].upload(tag+".txt", "text/plain", "goods of "+tag)
	var p struct{ ID string }
	n.at[1].data(201, &p, "POST", "/public-api/v1/digital-products",
		fmt.Sprintf(`{"name":%q,"access":"FILE_WITH_LICENCE_KEY","license_key_tag":%q,"file_ids":[%q]}`, tag, tag, file))
	texts := make([]string, keys)
	for i := range texts {
		texts[i] = fmt.Sprintf("%s-%05d", tag, i)
	}
	body, err := json.Marshal(object{"keys": texts, "tag": tag})
	if err != nil {
		n.t.Fatal(err)
	}
	n.at[0].data(201, nil, "POST", "/public-api/v1/license-keys", string(body))
	return p.ID, file
}

func orderBody(address, product string) string {
	return fmt.Sprintf(`{"customer":{"email":%q},"lines":[{"digital_product_id":%q}]}`, address, product)
}

// BDD-35, BDD-39, BDD-40: orders over both nodes get numbers and keys of their
// own, are seen at once by the other, and are told of and mailed once each.
func TestTwoNodesShareTheWork(t *testing.T) {
	t.Parallel()
	n := startNodes(t)
	const buyers, atOnce = 160, 8
	product, file := n.product("drums", buyers)
	orders := make([]order, buyers)
	var wg sync.WaitGroup
	for w := range atOnce {
		wg.Go(func() {
			for i := w; i < buyers; i += atOnce {
				here, there := n.at[i%2], n.at[1-i%2]
				r, err := here.try("POST", "/public-api/v1/orders", orderBody(fmt.Sprintf("buyer%d@example.org", i), product))
				if err != nil || r.status != 201 {
					t.Errorf("order %d: %d %s %v", i, r.status, r.body, err)
					return
				}
				r.into(t, &orders[i])
				if r, err := there.try("GET", "/public-api/v1/orders/"+orders[i].ID, ""); err != nil || r.status != 200 {
					t.Errorf("order %d on the other node: %d %v", i, r.status, err)
				}
				res, err := http.Get(there.url + orders[i].page() + "/files/" + file)
				if err != nil {
					t.Error(err)
					return
				}
				body, err := io.ReadAll(res.Body)
				res.Body.Close()
				if err != nil || res.StatusCode != 200 || string(body) != "goods of drums" {
					t.Errorf("the file of order %d on the other node: %d %q %v", i, res.StatusCode, body, err)
				}
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	var names, keys []string
	for _, o := range orders {
		names, keys = append(names, o.Name), append(keys, o.Lines[0].LicenseKeys...)
	}
	slices.Sort(names)
	slices.Sort(keys)
	for i := range buyers {
		if want := fmt.Sprintf("#%d", 1001+i); names[i] != want {
			t.Fatalf("the names are %v", names)
		}
	}
	if len(slices.Compact(keys)) != buyers {
		t.Errorf("%d orders hold %d different keys", buyers, len(slices.Compact(keys)))
	}
	kinds := []string{"digital_order.purchased", "digital_order.delivered", "license_key.assigned", "file.downloaded"}
	for i, o := range orders {
		for _, kind := range kinds {
			eventually(t, 2*awhile, kind+" of "+o.Name, func() bool { events, _ := n.in.seen(kind, o.ID); return events > 0 })
		}
		eventually(t, 2*awhile, "the mail of "+o.Name, func() bool { return n.in.mailed(fmt.Sprintf("buyer%d@example.org", i)) > 0 })
	}
	// What was answered 200 is never sent again: each delivery has one attempt,
	// and each mail is sent.
	endpoints := []struct{ ID string }{}
	n.at[1].data(200, &endpoints, "GET", "/public-api/v1/webhook-endpoints", "")
	deliveries := 0
	walkList(n.at[1], "/public-api/v1/webhook-endpoints/"+endpoints[0].ID+"/deliveries", func(row object) {
		deliveries++
		if attempts := row["attempts"].([]any); row["state"] != "delivered" || len(attempts) != 1 || attempts[0].(object)["status"] != 200.0 {
			t.Errorf("delivery %v", row)
		}
	})
	if deliveries != len(kinds)*buyers {
		t.Errorf("%d deliveries, want %d", deliveries, len(kinds)*buyers)
	}
	walkList(n.at[1], "/public-api/v1/messages", func(row object) {
		if row["state"] != "sent" {
			t.Errorf("message to %v is %v", row["to"], row["state"])
		}
	})
	for i, o := range orders {
		for _, kind := range kinds {
			if events, requests := n.in.seen(kind, o.ID); events != 1 || requests != 1 {
				t.Errorf("%s of %s: %d events in %d requests", kind, o.Name, events, requests)
			}
		}
		if mails := n.in.mailed(fmt.Sprintf("buyer%d@example.org", i)); mails != 1 {
			t.Errorf("%s was mailed %d times", o.Name, mails)
		}
	}
}

// BDD-22, BDD-23, BDD-12: what one node changes holds on the other from the
// next request on; a repeated Idempotency-Key is one request wherever it comes.
func TestTwoNodesAgree(t *testing.T) {
	t.Parallel()
	n := startNodes(t)
	product, file := n.product("bass", 20)
	const api = "/public-api/v1"

	t.Run("one hundred equal requests are one order", func(t *testing.T) {
		replies := make([]reply, 100)
		var wg sync.WaitGroup
		for i := range replies {
			wg.Go(func() {
				var err error
				if replies[i], err = n.at[i%2].try("POST", api+"/orders", orderBody("once@example.org", product), "Idempotency-Key", "cart-1"); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		var first order
		replies[0].into(t, &first)
		replays := 0
		for i, r := range replies {
			if r.status != 201 || r.body != replies[0].body {
				t.Fatalf("reply %d: %d %s\nreply 0: %s", i, r.status, r.body, replies[0].body)
			}
			if r.header.Get("Idempotency-Replayed") == "true" {
				replays++
			}
		}
		if replays != 99 {
			t.Errorf("%d say that they are replays, want 99", replays)
		}
		var there []order
		n.at[1].data(200, &there, "GET", api+"/orders?customer_email=once@example.org", "")
		if len(there) != 1 || there[0].ID != first.ID {
			t.Errorf("%d orders: %v", len(there), there)
		}
		for i := range n.at {
			if r := n.at[i].do("POST", api+"/orders", orderBody("twice@example.org", product), "Idempotency-Key", "cart-1"); r.status != 409 {
				t.Errorf("another body on node %d: %d %s", i, r.status, r.body)
			}
		}
		eventually(t, awhile, "the mail", func() bool { return n.in.mailed("once@example.org") == 1 })
	})

	t.Run("a revoked token stops on both", func(t *testing.T) {
		for i := range 10 {
			here, there := n.at[i%2], n.at[1-i%2]
			var made struct{ ID, Token string }
			here.data(201, &made, "POST", api+"/api-tokens", `{"name":"short-lived","role":"member"}`)
			for _, at := range n.at {
				at.token = made.Token
				at.data(200, nil, "GET", api+"/orders", "")
			}
			here.data(200, nil, "DELETE", api+"/api-tokens/"+made.ID, "")
			for _, at := range []caller{there, here} {
				at.token = made.Token
				if r := at.do("GET", api+"/orders", ""); r.status != 401 {
					t.Fatalf("turn %d: a revoked token gets %d", i, r.status)
				}
			}
		}
	})

	t.Run("a buyer's access follows each change", func(t *testing.T) {
		var o order
		n.at[0].data(201, &o, "POST", api+"/orders", orderBody("eva@example.org", product))
		status := func(i int, path string) int {
			t.Helper()
			res, err := http.Get(n.at[i].url + o.page() + path)
			if err != nil {
				t.Fatal(err)
			}
			_, err = io.Copy(io.Discard, res.Body)
			res.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			return res.StatusCode
		}
		// A node knows that a copy of another is complete once that one has written
		// so down, which it does behind the last byte, or when it is asked.
		copied := func(i, copies int) {
			t.Helper()
			eventually(t, awhile, "the copy is written down", func() bool {
				var got struct {
					Lines []struct{ Downloads []struct{ Bytes int } }
				}
				n.at[i].data(200, &got, "GET", api+"/orders/"+o.ID+"?include=downloads", "")
				d := got.Lines[0].Downloads
				return len(d) == copies && d[copies-1].Bytes == len("goods of bass")
			})
		}
		for i := range 6 {
			for _, c := range []struct {
				access string
				page   int
			}{{"disabled", 403}, {"enabled", 200}} {
				n.at[i%2].data(200, nil, "POST", api+"/orders/"+o.ID+"/access", `{"access":"`+c.access+`"}`)
				for node := range n.at {
					if got := status(node, ""); got != c.page {
						t.Fatalf("turn %d, %s: the page on node %d answers %d", i, c.access, node, got)
					}
				}
			}
			if i == 0 && status(1, "/files/"+file) != 200 {
				t.Error("the first copy is refused")
			}
		}
		copied(1, 1)
		n.at[0].data(200, nil, "PUT", api+"/digital-products/"+product+"/limits", `{"max_downloads":1}`)
		for node := range n.at {
			if got := status(node, "/files/"+file); got != 403 {
				t.Errorf("a second copy on node %d, where one is allowed: %d", node, got)
			}
		}
		n.at[1].data(200, nil, "PUT", api+"/digital-products/"+product+"/limits", `{"max_downloads":2}`)
		if got := status(0, "/files/"+file); got != 200 {
			t.Errorf("a second copy, where two are allowed: %d", got)
		}
		copied(0, 2)
		for node := range n.at {
			if got := status(node, "/files/"+file); got != 403 {
				t.Errorf("a third copy on node %d, where two are allowed: %d", node, got)
			}
		}
	})

	t.Run("a disabled shop is closed on both", func(t *testing.T) {
		runPurveyEnv(t, n.env, "shop", "disable", "default", "--data", n.data)
		for i := range n.at {
			if r := n.at[i].do("GET", api+"/orders", ""); r.status != 403 || r.code() != "forbidden" {
				t.Errorf("node %d: %d %s", i, r.status, r.body)
			}
		}
		runPurveyEnv(t, n.env, "shop", "enable", "default", "--data", n.data)
		for i := range n.at {
			n.at[i].data(200, nil, "GET", api+"/orders", "")
		}
	})
}

// A node that dies leaves its work to the other: every order that it
// acknowledged is there, told of and mailed.
func TestTheOtherNodeTakesOver(t *testing.T) {
	t.Parallel()
	n := startNodes(t)
	product, _ := n.product("keys", 5000)
	var mu sync.Mutex
	acked := map[string]string{} // order id → address
	var wg sync.WaitGroup
	enough := make(chan struct{})
	for w := range 4 {
		wg.Go(func() {
			for i := 0; ; i++ {
				address := fmt.Sprintf("w%d-%d@example.org", w, i)
				r, err := n.at[0].try("POST", "/public-api/v1/orders", orderBody(address, product))
				if err != nil {
					return // the node is gone
				}
				if r.status != 201 {
					t.Errorf("%d %s", r.status, r.body)
					return
				}
				var o order
				r.into(t, &o)
				mu.Lock()
				acked[o.ID] = address
				if len(acked) == 60 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	select {
	case <-enough:
	case <-time.After(awhile):
		t.Error("60 orders were not placed in time")
	}
	n.node[0].kill()
	wg.Wait()
	holder := map[string]string{}
	for id, address := range acked {
		var o order
		n.at[1].data(200, &o, "GET", "/public-api/v1/orders/"+id, "")
		for _, k := range o.Lines[0].LicenseKeys {
			if holder[k] != "" {
				t.Errorf("%s is held by %s and %s", k, holder[k], o.Name)
			}
			holder[k] = o.Name
		}
		for _, kind := range []string{"digital_order.purchased", "digital_order.delivered"} {
			eventually(t, 3*awhile, kind+" of "+o.Name, func() bool { events, _ := n.in.seen(kind, id); return events == 1 })
		}
		eventually(t, 3*awhile, "the mail of "+o.Name, func() bool { return n.in.mailed(address) > 0 })
	}
	if len(holder) != len(acked) {
		t.Errorf("%d orders hold %d keys", len(acked), len(holder))
	}
	if s := n.node[1].stderr.String(); strings.Contains(s, "level=ERROR") {
		t.Errorf("the other node complains:\n%s", s)
	}
}
