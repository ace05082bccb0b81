package middleware

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// spy is a TCP connection that tells how many bytes came by ReadFrom, which
// is where the kernel's sendfile begins, straight from a file.
type spy struct {
	*net.TCPConn
	bytes *atomic.Int64
}

func (c spy) ReadFrom(src io.Reader) (int64, error) {
	n, err := c.TCPConn.ReadFrom(src)
	if limited, ok := src.(*io.LimitedReader); ok {
		if _, ok := limited.R.(*os.File); ok {
			c.bytes.Add(n)
		}
	}
	return n, err
}

type spyListener struct {
	net.Listener
	bytes *atomic.Int64
}

func (l spyListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return spy{c.(*net.TCPConn), l.bytes}, nil
}

// A file must go from disk to socket inside the kernel, through every
// middleware, and still be counted.
func TestFilesAreSentByTheKernel(t *testing.T) {
	t.Parallel()
	const size = 3 << 20
	content := bytes.Repeat([]byte("0123456789abcdef"), size/16)
	path := filepath.Join(t.TempDir(), "file.bin")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	var counted, sent atomic.Int64
	// The client has the last byte before the server has counted it.
	served := make(chan struct{}, 1)
	serve := func(w http.ResponseWriter, r *http.Request) {
		defer func() { served <- struct{}{} }()
		f, err := os.Open(path)
		if err != nil {
			t.Error(err)
			return
		}
		defer f.Close()
		w.Header().Set("Content-Type", "application/octet-stream")
		http.ServeContent(w, r, "", time.Time{}, f)
		counted.Store(w.(*Recorder).Bytes())
	}
	log := slog.New(slog.DiscardHandler)
	respond := func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(500) }
	srv := httptest.NewUnstartedServer(Chain(http.HandlerFunc(serve),
		Identify(nil), AccessLog(log), Guard(log, respond), BodyLimit(1, respond), PageHeaders(PagePolicy), Guard(log, respond)))
	srv.Listener = spyListener{srv.Listener, &sent}
	srv.Start()
	defer srv.Close()

	for _, c := range []struct {
		rng  string
		want []byte
	}{{"", content}, {"bytes=1000-2000999", content[1000:2001000]}} {
		sent.Store(0)
		r, err := http.NewRequest(http.MethodGet, srv.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.rng != "" {
			r.Header.Set("Range", c.rng)
		}
		res, err := srv.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || !bytes.Equal(got, c.want) {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
		<-served
		// net/http sends the first 512 bytes with the header.
		if n := sent.Load(); n != int64(len(c.want))-512 {
			t.Errorf("%q: %d of %d bytes went by ReadFrom of the connection", c.rng, n, len(c.want))
		}
		if n := counted.Load(); n != int64(len(c.want)) {
			t.Errorf("%q: counted %d bytes", c.rng, n)
		}
	}
}

func TestRecorderCountsEveryWayOfWriting(t *testing.T) {
	t.Parallel()
	below := httptest.NewRecorder() // has no ReadFrom
	w := Record(below)
	if Record(w) != w {
		t.Error("a Recorder is wrapped again")
	}
	w.WriteHeader(http.StatusAccepted)
	w.WriteHeader(http.StatusTeapot)
	_, _ = w.Write([]byte("ab"))
	_, _ = io.WriteString(w, "cde")
	n, err := io.Copy(w, struct{ io.Reader }{bytes.NewReader([]byte("fghi"))})
	if n != 4 || err != nil || w.Bytes() != 9 || below.Body.String() != "abcdefghi" || w.Status() != http.StatusAccepted {
		t.Errorf("copied %d, %v; counted %d of %q, status %d", n, err, w.Bytes(), below.Body, w.Status())
	}
	if err := http.NewResponseController(w).Flush(); err != nil || !below.Flushed {
		t.Errorf("flushed %v, %v", below.Flushed, err)
	}
	var _ http.Flusher = w
	if w.Unwrap() != http.ResponseWriter(below) {
		t.Error("Unwrap gives another writer")
	}
	if w := Record(httptest.NewRecorder()); func() int { w.WriteHeader(http.StatusEarlyHints); return w.Status() }() != 0 {
		t.Error("an informational status counts as the answer")
	}
	if w := Record(httptest.NewRecorder()); func() int { w.Flush(); return w.Status() }() != 200 {
		t.Error("a flush sends no status")
	}
}
