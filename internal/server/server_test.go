package server_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"purvey/internal/middleware"
	"purvey/internal/server"
)

// run serves h on a port of the system's choice until stop is called, which
// gives what Serve returned.
func run(t *testing.T, h http.Handler, opts server.Options) (url string, stop func() error) {
	t.Helper()
	s, err := server.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	opts.Ready = func(url string) { ready <- url }
	go func() { done <- s.Serve(ctx, h, opts) }()
	url = <-ready
	if url != s.URL() || !strings.HasPrefix(url, "http://127.0.0.1:") || strings.HasSuffix(url, ":0") {
		t.Fatalf("ready at %s, URL %s", url, s.URL())
	}
	stop = func() error { cancel(); return <-done }
	t.Cleanup(cancel)
	return url, stop
}

func fetch(t *testing.T, url string) (status int, body string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func TestURL(t *testing.T) {
	t.Parallel()
	for asked, want := range map[string]string{
		":0": "http://127.0.0.1:", "0.0.0.0:0": "http://127.0.0.1:", "127.0.0.1:0": "http://127.0.0.1:", "localhost:0": "http://localhost:",
	} {
		s, err := server.Listen(t.Context(), asked)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.URL(); !strings.HasPrefix(got, want) || strings.HasSuffix(got, ":0") {
			t.Errorf("%s: %s", asked, got)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestListenFails(t *testing.T) {
	t.Parallel()
	s, err := server.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	addr := strings.TrimPrefix(s.URL(), "http://")
	if _, err := server.Listen(t.Context(), addr); err == nil || !strings.Contains(err.Error(), addr) {
		t.Errorf("a taken address: %v", err)
	}
}

func TestDrain(t *testing.T) {
	t.Parallel()
	begun, finish := make(chan struct{}), make(chan struct{})
	url, stop := run(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "first ")
		_ = http.NewResponseController(w).Flush()
		close(begun)
		<-finish
		if r.Context().Err() != nil {
			t.Error("the request was cut")
		}
		_, _ = io.WriteString(w, "last")
	}), server.Options{})

	got := make(chan string, 1)
	go func() {
		res, err := http.Get(url)
		if err != nil {
			got <- err.Error()
			return
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			got <- err.Error()
		}
		got <- string(b)
	}()
	<-begun
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	// New connections are refused while the running request goes on.
	addr := strings.TrimPrefix(url, "http://")
	for refused := false; !refused; {
		c, err := net.Dial("tcp", addr)
		if refused = err != nil; !refused {
			c.Close()
		}
	}
	select {
	case err := <-stopped:
		t.Fatalf("stopped before the request ended: %v", err)
	default:
	}
	close(finish)
	if s := <-got; s != "first last" {
		t.Errorf("got %q", s)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	begun, ended := make(chan struct{}), make(chan struct{})
	url, stop := run(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "10")
		_, _ = io.WriteString(w, "part")
		_ = http.NewResponseController(w).Flush()
		close(begun)
		<-r.Context().Done()
		close(ended)
	}), server.Options{Grace: time.Millisecond})
	broken := make(chan error, 1)
	go func() {
		res, err := http.Get(url)
		if err == nil {
			_, err = io.ReadAll(res.Body)
			res.Body.Close()
		}
		broken <- err
	}()
	<-begun
	if err := stop(); !errors.Is(err, server.ErrCut) {
		t.Errorf("stopped with %v", err)
	}
	select {
	case <-ended:
	default:
		t.Error("Serve returned before the handler did")
	}
	if err := <-broken; err == nil {
		t.Error("the client took a part for the whole")
	}
}

func TestListenerFails(t *testing.T) {
	t.Parallel()
	s, err := server.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(t.Context(), http.NotFoundHandler(), server.Options{}); err == nil || !strings.Contains(err.Error(), s.URL()) {
		t.Errorf("served a closed listener: %v", err)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	side, err := server.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	reg := server.Registry()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /d/{token}", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "page") })
	var log bytes.Buffer
	url, stop := run(t, middleware.Chain(mux, server.Measure(reg)), server.Options{
		Metrics: side, Gatherer: reg, Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	fetch(t, url+"/d/hunter2")
	fetch(t, url+"/d/hunter3")
	fetch(t, url+"/elsewhere")
	status, body := fetch(t, side.URL()+"/metrics")
	if status != 200 || strings.Contains(body, "hunter") {
		t.Errorf("%d\n%s", status, body)
	}
	for _, want := range []string{
		`purvey_http_request_duration_seconds_count{route="GET /d/{token}",status="200"} 2`,
		`purvey_http_response_bytes_total{route="GET /d/{token}",status="200"} 8`,
		`purvey_http_request_duration_seconds_count{route="none",status="404"} 1`,
		"purvey_http_requests_running 0", "go_goroutines ", "process_open_fds ",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q in\n%s", want, body)
		}
	}
	if status, body := fetch(t, side.URL()+"/debug/pprof/goroutine?debug=1"); status != 200 || !strings.Contains(body, "goroutine profile") {
		t.Errorf("pprof: %d %.100s", status, body)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if c, err := net.Dial("tcp", strings.TrimPrefix(side.URL(), "http://")); err == nil {
		c.Close()
		t.Error("the metrics listener outlives the server")
	}
	if log.Len() > 0 {
		t.Errorf("logged %s", &log)
	}
}
