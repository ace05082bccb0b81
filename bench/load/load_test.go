package load_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"purvey/bench/load"
)

func run(t *testing.T, s load.Slot, req load.Request, h http.HandlerFunc) load.Report {
	t.Helper()
	server := httptest.NewServer(h)
	defer server.Close()
	req.URL = server.URL + req.URL
	s.Duration = 50 * time.Millisecond
	r, err := load.New().Run(s, req)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAnswersOfEveryLengthAreReadToTheirEnd(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 300_000)
	for name, h := range map[string]http.HandlerFunc{
		"empty":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"length": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "short") },
		"long": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "300000")
			io.WriteString(w, long)
		},
		"chunked":  func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, long) },
		"no chunk": func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush() },
		"close": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Connection", "close")
			io.WriteString(w, "bye")
		},
		"two writes": func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "a")
			w.(http.Flusher).Flush()
			io.WriteString(w, "b")
		},
	} {
		for _, discard := range []bool{false, true} {
			t.Run(fmt.Sprint(name, discard), func(t *testing.T) {
				t.Parallel()
				r := run(t, load.Slot{Clients: 4, Discard: discard}, load.Request{URL: "/"}, h)
				if r.Requests == 0 || len(r.Latency) != r.Requests || len(r.Refused) > 0 || r.Cut > 0 {
					t.Errorf("%d requests, %d latencies, refused %v, %d cut", r.Requests, len(r.Latency), r.Refused, r.Cut)
				}
				if r.Percentile(0.5) <= 0 || r.Percentile(0.5) > r.Percentile(0.99) {
					t.Errorf("p50 %v, p99 %v", r.Percentile(0.5), r.Percentile(0.99))
				}
			})
		}
	}
}

func TestOnlySuccessCounts(t *testing.T) {
	t.Parallel()
	r := run(t, load.Slot{Clients: 2}, load.Request{URL: "/"}, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusTooManyRequests) })
	if r.Requests != 0 || r.Refused[http.StatusTooManyRequests] == 0 {
		t.Errorf("%d requests, refused %v", r.Requests, r.Refused)
	}
}

func TestConnectionsCutByTheServerAreCounted(t *testing.T) {
	t.Parallel()
	r := run(t, load.Slot{Clients: 2}, load.Request{URL: "/"}, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	if r.Requests != 0 || r.Cut == 0 {
		t.Errorf("%d requests, %d cut", r.Requests, r.Cut)
	}
}

func TestPlaceholders(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := map[string]bool{}
	fault := ""
	run(t, load.Slot{Clients: 3}, load.Request{Method: "POST", URL: "/p/{key}?n={n}", Header: []string{"X-Test: yes"}, Body: `{"k":"{key}","n":{n}}`, Keys: []string{"a", "b"}},
		func(_ http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			key, n := strings.TrimPrefix(r.URL.Path, "/p/"), r.URL.Query().Get("n")
			mu.Lock()
			defer mu.Unlock()
			if want := fmt.Sprintf(`{"k":%q,"n":%s}`, key, n); string(body) != want || seen[n] || r.Header.Get("X-Test") != "yes" {
				fault = fmt.Sprintf("%s %s, seen %v, header %v", r.URL, body, seen[n], r.Header)
			}
			seen[n] = true
		})
	if fault != "" || len(seen) < 2 {
		t.Errorf("%d numbers; %s", len(seen), fault)
	}
}

func TestRefusesWhatItMustNotDo(t *testing.T) {
	t.Parallel()
	for _, req := range []load.Request{
		{URL: "http://192.0.2.1:80/"},
		{URL: "http://example.com:80/"},
		{URL: "http://127.0.0.1:9/{key}"},
	} {
		if _, err := load.New().Run(load.Slot{Clients: 1}, req); err == nil {
			t.Errorf("%s was driven", req.URL)
		}
	}
}
