package middleware

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"purvey"
)

func get(path string) *http.Request { return httptest.NewRequest(http.MethodGet, path, nil) }

func TestRequestID(t *testing.T) {
	t.Parallel()
	cases := []struct {
		given string
		kept  bool
	}{
		{"", false},
		{"abc-123_4.5:6/7+8=", true},
		{strings.Repeat("x", 128), true},
		{strings.Repeat("x", 129), false},
		{"a b", false},
		{"a\"b", false},
		{"é", false},
	}
	seen := map[string]bool{}
	for _, c := range cases {
		var inside string
		h := Identify(nil)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { inside = RequestID(r.Context()) }))
		r, w := get("/"), httptest.NewRecorder()
		r.Header.Set("X-Request-Id", c.given)
		h.ServeHTTP(w, r)
		out := w.Header().Get("X-Request-Id")
		if out != inside || len(out) < 20 && !c.kept || (out == c.given) != c.kept || seen[out] {
			t.Errorf("given %q: answered %q, inside %q", c.given, out, inside)
		}
		seen[out] = true
	}
	if RequestID(t.Context()) != "" || ClientAddr(t.Context()).IsValid() || Scheme(t.Context()) != "" {
		t.Error("a context without a request knows one")
	}
}

func TestClientAddr(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	cases := []struct {
		name, peer   string
		xff, xfp     []string
		addr, scheme string
	}{
		{"no proxy", "192.0.2.1:5", nil, nil, "192.0.2.1", "http"},
		{"not trusted", "192.0.2.1:5", []string{"198.51.100.7"}, []string{"https"}, "192.0.2.1", "http"},
		{"one proxy", "10.0.0.1:5", []string{"198.51.100.7"}, []string{"https"}, "198.51.100.7", "https"},
		{"trusted, nothing told", "10.0.0.1:5", nil, nil, "10.0.0.1", "http"},
		{"client lies", "10.0.0.1:5", []string{"1.1.1.1, 198.51.100.7"}, nil, "198.51.100.7", "http"},
		{"client lies with a trusted address", "10.0.0.1:5", []string{"10.9.9.9, 198.51.100.7"}, nil, "198.51.100.7", "http"},
		{"two proxies", "10.0.0.1:5", []string{"198.51.100.7, 10.0.0.2"}, []string{"https"}, "198.51.100.7", "https"},
		{"two headers", "10.0.0.1:5", []string{"198.51.100.7", "10.0.0.2"}, nil, "198.51.100.7", "http"},
		{"each proxy told the scheme", "10.0.0.1:5", []string{"198.51.100.7, 10.0.0.2"}, []string{"https, http"}, "198.51.100.7", "https"},
		{"client lies about the scheme", "10.0.0.1:5", []string{"198.51.100.7"}, []string{"https, http"}, "198.51.100.7", "http"},
		{"all trusted", "10.0.0.1:5", []string{"10.0.0.3,10.0.0.2"}, nil, "10.0.0.3", "http"},
		{"garbage ends it", "10.0.0.1:5", []string{"198.51.100.7, unknown, 10.0.0.2"}, nil, "10.0.0.2", "http"},
		{"with ports", "10.0.0.1:5", []string{"198.51.100.7:4711"}, nil, "198.51.100.7", "http"},
		{"IPv6", "[fd00::1]:5", []string{"[2001:db8::7]:443"}, []string{"HTTPS"}, "2001:db8::7", "https"},
		{"IPv6 in brackets", "[fd00::1]:5", []string{"[2001:db8::7]"}, []string{"ftp"}, "2001:db8::7", "http"},
		{"IPv4 in IPv6", "[::ffff:10.0.0.1]:5", []string{"::ffff:198.51.100.7"}, nil, "198.51.100.7", "http"},
		{"zone", "[fe80::1%eth0]:5", nil, nil, "fe80::1", "http"},
		{"not TCP", "@", []string{"198.51.100.7"}, nil, "invalid IP", "http"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := get("/")
			r.RemoteAddr = c.peer
			r.Header["X-Forwarded-For"], r.Header["X-Forwarded-Proto"] = c.xff, c.xfp
			Identify(trusted)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if a, s := ClientAddr(r.Context()), Scheme(r.Context()); a.String() != c.addr || s != c.scheme {
					t.Errorf("%s %s, want %s %s", a, s, c.addr, c.scheme)
				}
			})).ServeHTTP(httptest.NewRecorder(), r)
		})
	}
}

func TestSafePath(t *testing.T) {
	t.Parallel()
	cases := []struct{ in, out string }{
		{"/", "/"},
		{"/public-api/v1/orders/66a1f0c2b7d94e3f8a105d11", "/public-api/v1/orders/66a1f0c2b7d94e3f8a105d11"},
		{"/public-api/v1/download-links", "/public-api/v1/download-links"},
		{"/d/tok", "/d/***"},
		{"/d/tok/files/66a1f0c2b7d94e3f8a105d11", "/d/***/files/66a1f0c2b7d94e3f8a105d11"},
		{"//d//tok/zip", "//d//***/zip"},
		{"/%64/tok", "/%64/***"},
		{"/d/a%2Fb/zip", "/d/***/zip"},
		{"/x/../d/tok", "/x/../d/***"},
		{"/d/d/d", "/d/***/d"},
		{"/b/tok", "/b/***"},
		{"/view/tok/page", "/view/***/page"},
		{"/checkout/7f0c", "/checkout/***"},
		{"/link/66a1f0c2b7d94e3f8a105d11/3e0f2c76-1c7e-4e2e-9d5e-0a52a9e3b1aa", "/link/66a1f0c2b7d94e3f8a105d11/***"},
		{"/link/66a1/uuid/files/ab", "/link/66a1/***/files/ab"},
		{"/download", "/download"},
		{"/download/files/ab", "/download/files/ab"},
		{"/api/download/pack/" + strings.Repeat("0a", 32), "/api/download/pack/" + strings.Repeat("0a", 32)},
		{"/download/tok", "/download/***"},
		{"/elsewhere/0aB1cD2eF3gH4iJ5kL6mN7", "/elsewhere/***"},
		{"/orders/3e0f2c76-1c7e-4e2e-9d5e-0a52a9e3b1aa", "/orders/3e0f2c76-1c7e-4e2e-9d5e-0a52a9e3b1aa"},
	}
	for _, c := range cases {
		if got := SafePath(c.in); got != c.out {
			t.Errorf("%s: %s, want %s", c.in, got, c.out)
		}
	}
}

// logged runs h behind the whole chain and gives what was answered and logged.
func logged(t *testing.T, h http.HandlerFunc, r *http.Request) (*httptest.ResponseRecorder, []map[string]any) {
	t.Helper()
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil))
	respond := func(w http.ResponseWriter, _ *http.Request, err error) {
		status := http.StatusInternalServerError
		if errors.Is(err, purvey.TooLarge) {
			status = http.StatusRequestEntityTooLarge
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"error":true}`)
	}
	w := httptest.NewRecorder()
	func() {
		defer func() {
			v := recover()
			if err, ok := v.(error); v != nil && !(ok && errors.Is(err, http.ErrAbortHandler)) {
				panic(v)
			}
		}()
		Chain(h, Identify(nil), AccessLog(log), Guard(log, respond), BodyLimit(10, respond)).ServeHTTP(w, r)
	}()
	var lines []map[string]any
	for dec := json.NewDecoder(&out); dec.More(); {
		line := map[string]any{}
		if err := dec.Decode(&line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	return w, lines
}

func TestAccessLog(t *testing.T) {
	t.Parallel()
	w, lines := logged(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "tea")
	}, get("/d/hunter2/zip?token=hunter2"))
	if len(lines) != 1 {
		t.Fatalf("lines %v", lines)
	}
	line := lines[0]
	for k, want := range map[string]any{
		"level": "INFO", "msg": "request", "method": "GET", "path": "/d/***/zip", "status": 418.0, "bytes": 3.0, "client": "192.0.2.1",
		"request_id": w.Header().Get("X-Request-Id"), "cut": nil,
	} {
		if line[k] != want {
			t.Errorf("%s is %v, want %v", k, line[k], want)
		}
	}
	if d, ok := line["duration"].(float64); !ok || d < 0 {
		t.Errorf("duration %v", line["duration"])
	}
	// A handler that writes nothing answers 200; health checks are not worth a line.
	if _, lines = logged(t, func(http.ResponseWriter, *http.Request) {}, get("/x")); lines[0]["status"] != 200.0 {
		t.Errorf("lines %v", lines)
	}
	if _, lines = logged(t, func(http.ResponseWriter, *http.Request) {}, get("/healthz")); len(lines) != 0 {
		t.Errorf("lines %v", lines)
	}
	_, lines = logged(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, get("/readyz"))
	if len(lines) != 1 || lines[0]["level"] != "ERROR" {
		t.Errorf("lines %v", lines)
	}
}

func TestGuard(t *testing.T) {
	t.Parallel()
	w, lines := logged(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.Header().Set("ETag", `"x"`)
		panic("inner secret")
	}, get("/view/hunter2"))
	if w.Code != 500 || w.Body.String() != `{"error":true}` || w.Header().Get("Content-Length") != "" || w.Header().Get("ETag") != "" {
		t.Errorf("answer %d %v %s", w.Code, w.Header(), w.Body)
	}
	if len(lines) != 2 || lines[0]["panic"] != "inner secret" || lines[0]["path"] != "/view/***" ||
		!strings.Contains(lines[0]["stack"].(string), "TestGuard") || lines[0]["request_id"] != lines[1]["request_id"] || lines[1]["status"] != 500.0 {
		t.Errorf("lines %v", lines)
	}
	// Once bytes are under way the connection is cut.
	w, lines = logged(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		panic(errors.New("late"))
	}, get("/"))
	if w.Body.String() != "half" || len(lines) != 2 || lines[1]["cut"] != true || lines[1]["status"] != 200.0 {
		t.Errorf("answer %s, lines %v", w.Body, lines)
	}
	// A handler that cuts the connection itself is not reported.
	_, lines = logged(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, get("/"))
	if len(lines) != 1 || lines[0]["cut"] != true || lines[0]["status"] != 0.0 {
		t.Errorf("lines %v", lines)
	}
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	read := func(w http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		var limit *http.MaxBytesError
		if errors.As(err, &limit) && limit.Limit == 10 {
			w.WriteHeader(499)
		}
	}
	for body, want := range map[string]int{"": 200, "0123456789": 200, "0123456789a": 413} {
		if w, _ := logged(t, read, httptest.NewRequest("POST", "/", strings.NewReader(body))); w.Code != want {
			t.Errorf("%q: %d", body, w.Code)
		}
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		if r.ContentLength = -1; want == 413 {
			want = 499
		}
		if w, _ := logged(t, read, r); w.Code != want {
			t.Errorf("%q of unknown length: %d", body, w.Code)
		}
	}
}

func TestPageHeaders(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	PageHeaders(PagePolicy)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Frame-Options", "SAMEORIGIN")
	})).ServeHTTP(w, get("/"))
	h := w.Header()
	if !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") || h.Get("X-Content-Type-Options") != "nosniff" ||
		h.Get("Referrer-Policy") != "same-origin" || h.Get("X-Frame-Options") != "SAMEORIGIN" {
		t.Errorf("headers %v", h)
	}
}

func TestLogHandlerKeepsItsID(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(LogHandler(LogHandler(slog.NewTextHandler(&out, nil)))).With("a", 1)
	Identify(nil)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		log.InfoContext(r.Context(), "inside")
		log.WithGroup("g").InfoContext(r.Context(), "grouped")
		log.Info("outside")
	})).ServeHTTP(httptest.NewRecorder(), get("/"))
	lines := strings.Split(out.String(), "\n")
	for i, want := range []int{1, 1, 0} {
		if strings.Count(lines[i], "request_id=") != want {
			t.Errorf("line %d: %s", i, lines[i])
		}
	}
}
