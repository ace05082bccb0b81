package main_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"purvey/internal/store/storetest"
)

// TestKilledServerLosesNothing kills the server with SIGKILL, 200 times on
// SQLite and 30 times on PostgreSQL, while orders are placed, files are uploaded
// and bytes are fetched. Whatever was acknowledged is there afterwards; a key
// belongs to one line; each order was told of once.
func TestKilledServerLosesNothing(t *testing.T) {
	t.Parallel()
	for engine, kills := range map[string]int{"sqlite": 200, "postgres": 30} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			testKilled(t, engine, kills)
		})
	}
}

// killingTime bounds the time of all kills. A machine too slow for so many
// must at least get through half of them.
const killingTime = 8 * time.Minute

func testKilled(t *testing.T, engine string, kills int) {
	c := &crash{
		t: t, data: t.TempDir(), env: []string{"PURVEY_RATE_LIMITS=off", "PURVEY_WEBHOOK_ALLOW_INSECURE=true"},
		orders: map[string]ackedOrder{}, tried: map[string]bool{}, files: map[string]string{}, events: map[string]map[string]bool{},
	}
	if url := storetest.Options(t, engine).URL; url != "" {
		c.env = append(c.env, "PURVEY_DATABASE_URL="+url)
	}
	receiver := httptest.NewServer(http.HandlerFunc(c.receive))
	defer receiver.Close()
	c.start()
	c.prepare(receiver.URL)
	for begun := time.Now(); c.kills < kills && (c.kills < kills/2 || time.Since(begun) < killingTime); c.kills++ {
		ctx, stop := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		for _, work := range []func(ctx context.Context, client *http.Client){c.placeOrders, c.placeOrders, c.uploadFiles, c.uploadInPieces, c.fetch} {
			wg.Add(1)
			go func() {
				defer wg.Done()
				client := &http.Client{Transport: &http.Transport{}}
				defer client.CloseIdleConnections()
				work(ctx, client)
			}()
		}
		<-time.After(time.Duration(20+rand.IntN(80)) * time.Millisecond)
		c.awaitWork()
		c.kill()
		stop()
		wg.Wait()
		c.start()
	}
	c.check()
}

type ackedOrder struct {
	ID, Page string
	Keys     []string
}

type crash struct {
	t       *testing.T
	data    string
	env     []string
	kills   int // so far
	server  *process
	token   string
	product string
	file    string
	digest  string

	mu     sync.Mutex
	n      int
	orders map[string]ackedOrder      // by name
	tried  map[string]bool            // names sent and not answered
	files  map[string]string          // id → digest
	events map[string]map[string]bool // order id → ids of its purchase events
	tus    tusUpload
}

type tusUpload struct {
	location string
	content  []byte
}

// awaitWork waits, if the machine is busy with other things, until something
// was done since the last kills.
func (c *crash) awaitWork() {
	tick := time.NewTicker(3 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(10 * time.Second)
	for {
		c.mu.Lock()
		enough := len(c.orders) > c.kills && len(c.files) > c.kills/2
		c.mu.Unlock()
		if enough {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			return
		}
	}
}

func (c *crash) start() {
	c.server = startServer(c.t, c.data, c.env...)
}

func (c *crash) kill() {
	c.server.kill()
}

// receive notes which event told of which order.
func (c *crash) receive(_ http.ResponseWriter, r *http.Request) {
	var e struct {
		ID   string
		Data struct{ ID string }
	}
	if json.NewDecoder(r.Body).Decode(&e) == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.events[e.Data.ID] == nil {
			c.events[e.Data.ID] = map[string]bool{}
		}
		c.events[e.Data.ID][e.ID] = true
	}
}

// call makes an API call and decodes data into out. An error means that no
// whole answer came.
func (c *crash) call(ctx context.Context, client *http.Client, method, path, key string, body any, out any) (int, error) {
	var b bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&b).Encode(body); err != nil {
			return 0, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, c.server.url+"/public-api/v1"+path, &b)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err
	}
	if out != nil && res.StatusCode < 300 {
		if err := json.Unmarshal(answer, out); err != nil {
			c.t.Errorf("%s %s: %v in %s", method, path, err, answer)
		}
	}
	if res.StatusCode >= 500 {
		c.t.Errorf("%s %s: %d %s", method, path, res.StatusCode, answer)
	}
	return res.StatusCode, nil
}

func (c *crash) must(method, path string, body any, out any) {
	c.t.Helper()
	status, err := c.call(context.Background(), http.DefaultClient, method, path, "", body, out)
	if err != nil || status >= 300 {
		c.t.Fatalf("%s %s: %d %v", method, path, status, err)
	}
}

func (c *crash) prepare(receiver string) {
	c.token = runPurveyEnv(c.t, c.env, "token", "create", "--name", "crash", "--data", c.data)
	id, err := c.upload(context.Background(), http.DefaultClient, randomBytes(300_000))
	if err != nil {
		c.t.Fatal(err)
	}
	c.file, c.digest = id, c.files[id]
	var product struct{ Data struct{ ID string } }
	c.must("POST", "/digital-products", map[string]any{"name": "Drums", "access": "FILE_WITH_LICENCE_KEY", "file_ids": []string{id}, "license_key_tag": "drums"}, &product)
	c.product = product.Data.ID
	for batch := range 4 {
		keys := make([]string, 5000)
		for i := range keys {
			keys[i] = fmt.Sprintf("DRUMS-%d-%04d", batch, i)
		}
		c.must("POST", "/license-keys", map[string]any{"keys": keys, "tag": "drums"}, nil)
	}
	c.must("POST", "/webhook-endpoints", map[string]any{"name": "crash", "url": receiver, "events": []string{"digital_order.purchased"}}, nil)
}

func (c *crash) nextName() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name := range c.tried { // first what was not answered
		delete(c.tried, name)
		return name
	}
	c.n++
	return "C-" + strconv.Itoa(c.n)
}

func (c *crash) placeOrders(ctx context.Context, client *http.Client) {
	for ctx.Err() == nil {
		name := c.nextName()
		var o struct {
			Data struct {
				ID          string
				DownloadURL string `json:"download_url"`
				Lines       []struct {
					LicenseKeys []string `json:"license_keys"`
				}
			}
		}
		status, err := c.call(ctx, client, "POST", "/orders", "key-"+name, map[string]any{
			"name": name, "customer": map[string]any{"email": strings.ToLower(name) + "@example.com"},
			"lines": []any{map[string]any{"digital_product_id": c.product}},
		}, &o)
		c.mu.Lock()
		switch {
		case err != nil:
			c.tried[name] = true
		case status != 201:
			c.t.Errorf("order %s: %d", name, status)
		default:
			c.orders[name] = ackedOrder{o.Data.ID, o.Data.DownloadURL, o.Data.Lines[0].LicenseKeys}
		}
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	return b
}

func digestOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// upload sends a file in one piece and notes what was acknowledged.
func (c *crash) upload(ctx context.Context, client *http.Client, content []byte) (string, error) {
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile("file", "crash.bin")
	if err != nil {
		return "", err
	}
	part.Write(content)
	form.Close()
	req, err := http.NewRequestWithContext(ctx, "POST", c.server.url+"/public-api/v1/files", &b)
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", form.FormDataContentType())
	res, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	var f struct{ Data struct{ ID string } }
	if err := json.NewDecoder(res.Body).Decode(&f); err != nil {
		return "", err
	}
	if res.StatusCode != 201 {
		return "", fmt.Errorf("POST /files: %d", res.StatusCode)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.files[f.Data.ID] = digestOf(content)
	return f.Data.ID, nil
}

func (c *crash) uploadFiles(ctx context.Context, client *http.Client) {
	for ctx.Err() == nil {
		if _, err := c.upload(ctx, client, randomBytes(1+rand.IntN(200_000))); err != nil {
			return
		}
	}
}

// uploadInPieces sends one file over many kills, going on where the server says.
func (c *crash) uploadInPieces(ctx context.Context, client *http.Client) {
	for ctx.Err() == nil {
		if err := c.tusStep(ctx, client); err != nil {
			return
		}
	}
}

func (c *crash) tusStep(ctx context.Context, client *http.Client) error {
	send := func(method, url string, body io.Reader, header ...string) (*http.Response, error) {
		req, err := http.NewRequestWithContext(ctx, method, url, body)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", "Bearer "+c.token)
		req.Header.Set("Tus-Resumable", "1.0.0")
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		res, err := client.Do(req)
		if err == nil {
			res.Body.Close()
		}
		return res, err
	}
	if c.tus.location == "" {
		c.tus.content = randomBytes(3_000_000)
		res, err := send("POST", c.server.url+"/public-api/v1/uploads", nil, "Upload-Length", strconv.Itoa(len(c.tus.content)))
		if err != nil || res.StatusCode != 201 {
			return fmt.Errorf("creating an upload: %v", err)
		}
		c.tus.location = res.Header.Get("Location")
	}
	url := c.server.url + c.tus.location
	res, err := send("HEAD", url, nil)
	if err != nil {
		return err
	}
	if res.StatusCode != 200 && res.StatusCode != 204 {
		c.t.Errorf("an acknowledged upload is gone: %d", res.StatusCode)
		c.tus.location = ""
		return nil
	}
	if id := res.Header.Get("Purvey-File-Id"); id != "" {
		c.mu.Lock()
		c.files[id] = digestOf(c.tus.content)
		c.mu.Unlock()
		c.tus.location = ""
		return nil
	}
	offset, err := strconv.Atoi(res.Header.Get("Upload-Offset"))
	if err != nil {
		return err
	}
	end := min(offset+400_000, len(c.tus.content))
	res, err = send("PATCH", url, bytes.NewReader(c.tus.content[offset:end]), "Upload-Offset", strconv.Itoa(offset), "Content-Type", "application/offset+octet-stream")
	if err != nil {
		return err
	}
	if res.StatusCode == 423 || res.StatusCode == 204 {
		return nil
	}
	return fmt.Errorf("PATCH: %d", res.StatusCode)
}

// fetch downloads what was bought; a whole answer has the right bytes.
func (c *crash) fetch(ctx context.Context, client *http.Client) {
	for ctx.Err() == nil {
		c.mu.Lock()
		var page string
		for _, o := range c.orders {
			page = o.Page
			break
		}
		c.mu.Unlock()
		if page == "" {
			return
		}
		_, path, _ := strings.Cut(page, "/d/")
		req, err := http.NewRequestWithContext(ctx, "GET", c.server.url+"/d/"+path+"/files/"+c.file, nil)
		if err != nil {
			c.t.Error(err)
			return
		}
		res, err := client.Do(req)
		if err != nil {
			return
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			return
		}
		if res.StatusCode != 200 || digestOf(body) != c.digest {
			c.t.Errorf("a bought file: %d, %d bytes", res.StatusCode, len(body))
		}
	}
}

func (c *crash) check() {
	t := c.t
	t.Logf("%d orders and %d files acknowledged over %d kills", len(c.orders), len(c.files), c.kills)
	if len(c.orders) < c.kills || len(c.files) < c.kills/2 {
		t.Errorf("too little was done between the kills to prove anything")
	}
	byName, holder := map[string]int{}, map[string]string{}
	ids := map[string]bool{}
	for cursor := ""; ; {
		var page struct {
			Data []struct {
				ID, Name string
				Lines    []struct {
					LicenseKeys []string `json:"license_keys"`
				}
			}
			Pagination struct {
				NextCursor string `json:"next_cursor"`
			}
		}
		c.must("GET", "/orders?limit=100&cursor="+cursor, nil, &page)
		for _, o := range page.Data {
			byName[o.Name]++
			ids[o.ID] = true
			for _, k := range o.Lines[0].LicenseKeys {
				if holder[k] != "" {
					t.Errorf("key %s is held by %s and %s", k, holder[k], o.Name)
				}
				holder[k] = o.Name
			}
			if acked, ok := c.orders[o.Name]; ok && (acked.ID != o.ID || !slices.Equal(acked.Keys, o.Lines[0].LicenseKeys)) {
				t.Errorf("order %s was acknowledged as %s with %v and is %s with %v", o.Name, acked.ID, acked.Keys, o.ID, o.Lines[0].LicenseKeys)
			}
		}
		if cursor = page.Pagination.NextCursor; cursor == "" {
			break
		}
	}
	for name := range c.orders {
		if byName[name] != 1 {
			t.Errorf("acknowledged order %s is there %d times", name, byName[name])
		}
	}
	for id, digest := range c.files {
		res, err := http.DefaultClient.Do(c.request("GET", "/files/"+id+"/content"))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != 200 || digestOf(body) != digest {
			t.Errorf("acknowledged file %s: %d, %v", id, res.StatusCode, err)
		}
	}
	c.awaitEvents(ids)
}

func (c *crash) request(method, path string) *http.Request {
	req, err := http.NewRequest(method, c.server.url+"/public-api/v1"+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	return req
}

// awaitEvents waits until every order was told of, which retries of attempts
// that a kill cut off may delay, and checks that each was told of by one event.
func (c *crash) awaitEvents(ids map[string]bool) {
	deadline := time.After(4 * time.Minute)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		missing := 0
		c.mu.Lock()
		for id := range ids {
			switch len(c.events[id]) {
			case 0:
				missing++
			case 1:
			default:
				c.t.Errorf("order %s was told of by %d events", id, len(c.events[id]))
			}
		}
		c.mu.Unlock()
		if missing == 0 || c.t.Failed() {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			c.t.Errorf("%d of %d orders were never told of", missing, len(ids))
			return
		}
	}
}
