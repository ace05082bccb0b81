package middleware_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"purvey/internal/middleware"
)

// TestConnectionTellsWhatWasNotSent has a client that reads next to nothing and
// leaves. Paced or not, what did not reach it is known.
func TestConnectionTellsWhatWasNotSent(t *testing.T) {
	t.Parallel()
	for _, paced := range []bool{false, true} {
		type result struct {
			written, unsent int64
			err             error
		}
		done := make(chan result, 1)
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c := middleware.Connection(r.Context())
			c.Pace(!paced)
			c.Pace(paced)
			w.Header().Set("Content-Length", "1073741824") // else the answer is in chunks, and closed when one fails
			n, err := io.Copy(w, io.LimitReader(zeros{}, 1<<30))
			done <- result{n, c.Unsent(), err}
		}))
		s.Config.ConnContext = middleware.KeepConnection
		s.Start()
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(conn, make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		conn.Close()
		got := <-done
		s.Close()
		if got.err == nil || got.written == 0 || got.unsent > got.written {
			t.Fatalf("paced %v: %+v", paced, got)
		}
		if arrived := got.written - got.unsent; runtime.GOOS == "linux" && arrived > 2<<20 {
			t.Errorf("paced %v: %d bytes are said to have arrived, of %+v", paced, arrived, got)
		}
		if runtime.GOOS == "linux" && paced && got.written > 2<<20 {
			t.Errorf("paced, the kernel took %d bytes", got.written)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestConnectionMayBeUnknown(t *testing.T) {
	t.Parallel()
	c := middleware.Connection(context.Background())
	c.Pace(true)
	if n := c.Unsent(); c != nil || n != 0 {
		t.Error(c, n)
	}
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	if ctx := middleware.KeepConnection(context.Background(), a); middleware.Connection(ctx) != nil {
		t.Error("a pipe has no kernel behind it")
	}
}
