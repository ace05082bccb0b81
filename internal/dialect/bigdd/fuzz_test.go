package bigdd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"purvey/internal/auth"
	"purvey/internal/store/storetest"
)

// How many requests TestRandomRequests makes, unless PURVEY_FUZZ_REQUESTS says
// another number, and how long it may take.
const (
	randomRequests = 1000
	randomWorkers  = 4
	randomTime     = 5 * time.Minute
)

// operation is one call of the document.
type operation struct {
	method, path string
	item         *openapi3.PathItem
	op           *openapi3.Operation
}

// Requests made at random from the document, good ones and bad ones, from
// several clients at once: none is answered 500, and every answer fits the
// document.
func TestRandomRequests(t *testing.T) {
	t.Parallel()
	total := randomRequests
	if text := os.Getenv("PURVEY_FUZZ_REQUESTS"); text != "" {
		var err error
		if total, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	f := newFrameWith(t, storetest.Open(t, storetest.Options(t, "sqlite"), nil), auth.Options{NoLimits: true})
	var log syncBuffer
	f.backend.Log = slog.New(slog.NewTextHandler(&log, nil))
	mux := http.NewServeMux()
	Register(mux, f.backend)
	srv := httptest.NewServer(documented(t, mux))
	t.Cleanup(srv.Close)

	c, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	var calls []operation
	for _, path := range slices.Sorted(maps.Keys(c.doc.Paths.Map())) {
		item := c.doc.Paths.Value(path)
		for _, method := range slices.Sorted(maps.Keys(item.Operations())) {
			calls = append(calls, operation{method, path, item, item.GetOperation(method)})
		}
	}
	client := *srv.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	seed := f.seeds()
	deadline := time.Now().Add(randomTime)
	answered := make([]map[string]map[int]int, randomWorkers) // by worker, call and status
	var wg sync.WaitGroup
	for w := range randomWorkers {
		p := &prober{
			guesser: guesser{Rand: rand.New(rand.NewPCG(20260515, uint64(w))), known: map[string][]string{}},
			f:       f, url: srv.URL, client: &client, answered: map[string]map[int]int{},
		}
		for noun, ids := range seed {
			p.known[noun] = slices.Clone(ids)
		}
		answered[w] = p.answered
		wg.Go(func() {
			for range total / randomWorkers {
				if time.Now().After(deadline) || t.Failed() {
					return
				}
				p.try(t, one(&p.guesser, calls...))
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		t.Logf("the server's log: %.4000s", log.String())
	}
	silent := 0
	for _, call := range calls {
		name, statuses := call.method+" "+call.path, map[int]int{}
		good := 0
		for _, a := range answered {
			for status, n := range a[name] {
				statuses[status] += n
				if status < 300 {
					good += n
				}
			}
		}
		if good == 0 {
			silent++
		}
		t.Logf("%-85s %v", name, statuses)
	}
	// Else the requests are too poor to say anything.
	if silent > len(calls)/5 && !t.Failed() {
		t.Errorf("%d of %d calls never succeeded", silent, len(calls))
	}
}

// seeds fills the shop and gives the ids of what is in it.
func (f *frame) seeds() map[string][]string {
	f.t.Helper()
	known := map[string][]string{"customers": {"7700", "gid://shopify/Customer/7700"}, "order names": {"#1001", "1002"}}
	object := objects()
	for _, w := range walks(f.backend) {
		if object[w.noun] == nil || known[w.noun] != nil {
			continue
		}
		for range 2 {
			ids := object[w.noun](f, f.admin)
			for name, other := range map[string]string{"id": w.noun, "line": "lines", "version_id": "versions", "tag": w.noun} {
				if ids[name] != "" {
					known[other] = append(known[other], ids[name])
				}
			}
		}
	}
	for range 2 {
		known["customer ids"] = append(known["customer ids"], object["customers"](f, f.admin)["id"])
	}
	known["files"] = append(known["files"], f.file(f.admin), f.file(f.admin))
	return known
}

// prober sends requests of its own making.
type prober struct {
	guesser
	f        *frame
	url      string
	client   *http.Client
	answered map[string]map[int]int
}

// try makes one request of a call.
func (p *prober) try(t *testing.T, call operation) {
	target, header, body := p.request(call)
	times := 1
	if p.chance(5) {
		header.Set("Idempotency-Key", fmt.Sprint("again ", p.Uint64()))
		times = 2
	}
	for range times {
		r, err := http.NewRequestWithContext(t.Context(), call.method, p.url+target, bytes.NewReader(body))
		if err != nil {
			t.Error(err)
			return
		}
		r.Header = header.Clone()
		res, err := p.client.Do(r)
		if err != nil {
			t.Errorf("%s %s: %v", call.method, target, err)
			return
		}
		answer, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode >= 500 {
			t.Errorf("%s %s\n%.1000s\nanswered %d %.1000s %v", call.method, target, body, res.StatusCode, answer, err)
			return
		}
		name := call.method + " " + call.path
		if p.answered[name] == nil {
			p.answered[name] = map[int]int{}
		}
		p.answered[name][res.StatusCode]++
		switch {
		case call.method == http.MethodDelete && res.StatusCode < 300:
			p.forget(nounOf(call.path), p.owner)
		case res.StatusCode < 300:
			p.remember(call, res.Header, answer)
		}
	}
}

// request makes the parts of one.
func (p *prober) request(call operation) (target string, header http.Header, body []byte) {
	header, query := http.Header{}, url.Values{}
	p.owner = ""
	token := p.f.admin
	switch n := p.IntN(100); {
	case n < 5:
		token = p.f.member
	case n < 8:
		token = p.f.sandbox
	case n < 9:
		token = "pv_" + strings.Repeat("0", 40)
	}
	header.Set("Authorization", "Bearer "+token)
	target = call.path
	noun := nounOf(call.path)
	for _, ref := range append(call.item.Parameters, call.op.Parameters...) {
		param := ref.Value
		if param.In == openapi3.ParameterInPath {
			of := noun
			if nouns[param.Name] != "" {
				of = nouns[param.Name]
			}
			if noun == "customers" && param.Name == "id" {
				of = "customer ids"
			}
			id := p.id(of)
			if list := param.Schema.Value.Enum; len(list) > 0 && p.chance(90) {
				id = fmt.Sprint(one(&p.guesser, list...))
			}
			if p.owner == "" {
				p.owner = id
			}
			target = strings.ReplaceAll(target, "{"+param.Name+"}", url.PathEscape(id))
			continue
		}
		wanted := 25
		if param.Required || param.Name == "Upload-Length" && call.path == uploadsPath {
			wanted = 95
		}
		if !p.chance(wanted) {
			continue
		}
		for _, text := range p.texts(param) {
			if param.In == openapi3.ParameterInQuery {
				query.Add(param.Name, text)
			} else if sendable(text) {
				header.Set(param.Name, text)
			}
		}
	}
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	if p.chance(1) {
		target += one(&p.guesser, "?limit=%", "?limit=%00", "?q=%ff", "?;", "/", "//", "%2F", "?include[]=product&include=downloads,product")
	}
	if call.op.RequestBody != nil {
		body = p.body(call.op.RequestBody.Value, header)
	}
	return target, header, body
}

// texts gives a parameter's values as they are sent.
func (p *prober) texts(param *openapi3.Parameter) []string {
	v := p.value(param.Name, param.Schema.Value)
	switch {
	case p.chance(8):
		v = p.oddText()
	case strings.HasPrefix(param.Name, "Upload-") && len(plausible[param.Name]) > 0:
		v = one(&p.guesser, plausible[param.Name]...)
	}
	if list, ok := v.([]any); ok {
		var out []string
		for _, item := range list {
			out = append(out, fmt.Sprint(item))
		}
		return out
	}
	return []string{fmt.Sprint(v)}
}

// sendable tells whether a header may have the value.
func sendable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' })
}

// body makes one of the media type that the call takes, or nearly.
func (p *prober) body(rb *openapi3.RequestBody, header http.Header) []byte {
	switch {
	case rb.Content["multipart/form-data"] != nil:
		name := one(&p.guesser, "file", "file", "file", "file", p.oddText())
		text, kind := form(part{name, one(&p.guesser, "a.txt", "b.pdf", "é.bin", p.oddText()), "", p.letters(p.IntN(200))})
		header.Set("Content-Type", kind)
		if p.chance(5) {
			return []byte(text[:p.IntN(len(text))])
		}
		return []byte(text)
	case rb.Content["application/offset+octet-stream"] != nil:
		if p.chance(80) {
			header.Set("Content-Type", "application/offset+octet-stream")
		}
		return []byte(strings.Repeat("x", p.IntN(8)))
	}
	header.Set("Content-Type", "application/json")
	v := p.value("", rb.Content["application/json"].Schema.Value)
	if p.chance(25) {
		v = p.spoil(v)
	}
	b, err := json.Marshal(v)
	if err != nil {
		b = []byte("{}")
	}
	switch n := p.IntN(100); {
	case n < 2:
		header.Set("Content-Type", one(&p.guesser, "text/plain", "application/json; charset=utf-16", "application/x-www-form-urlencoded", "", "/"))
	case n < 4:
		b = b[:p.IntN(len(b)+1)]
	case n < 5:
		b = append(b, one(&p.guesser, "x", "{}", "\x00", "]", " \n")...)
	case n < 6:
		b = bytes.Replace(b, []byte(`"`), []byte(`"\u0000`), 1)
	case n < 7:
		b = bytes.Replace(b, []byte(`"`), []byte("\"\xff"), 1)
	case n < 8:
		b = []byte(strings.Repeat("[", 20_000))
	}
	return b
}

// nounOf is what a path begins with.
func nounOf(path string) string {
	noun, _, _ := strings.Cut(strings.TrimPrefix(path, prefix), "/")
	return noun
}

// remember learns the ids in an answer.
func (p *prober) remember(call operation, header http.Header, answer []byte) {
	noun := nounOf(call.path)
	switch {
	case strings.Contains(call.path, "/versions"):
		noun = "versions"
	case strings.HasSuffix(call.path, "/deliveries"), strings.HasSuffix(call.path, "/test"):
		noun = "webhook-deliveries"
	case noun == "customers":
		noun = "orders"
	}
	if location := header.Get("Location"); location != "" {
		p.learn(noun, location[strings.LastIndexByte(location, '/')+1:])
	}
	p.learn("files", header.Get("Purvey-File-Id"))
	if noun == "api-tokens" && call.method == http.MethodGet {
		return // revoking the tokens in use would end the test
	}
	var whole struct{ Data any }
	if json.Unmarshal(answer, &whole) != nil {
		return
	}
	p.learnFrom(noun, whole.Data)
}

func (p *prober) learnFrom(noun string, v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			p.learnFrom(noun, item)
		}
	case map[string]any:
		id, _ := v["id"].(string)
		p.learn(noun, id)
		if noun == "lines" || noun == "versions" {
			p.learn(noun+" "+p.owner, id)
		}
		if noun == "orders" {
			p.owner = id
		}
		if name, ok := v["name"].(string); ok && noun == "orders" {
			p.learn("order names", name)
		}
		if key, ok := v["key"].(string); ok {
			p.learn("keys", key)
		}
		p.learnFrom("lines", v["lines"])
		p.learnFrom("license-keys", v["keys"])
	}
}

// syncBuffer takes the log of several goroutines.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
