package blob_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"purvey"
	"purvey/internal/blob"
	"purvey/internal/blob/blobtest"
)

// A proxy stands before the real service to see what is sent and to disturb it.
type proxy struct {
	url    string // of a storage behind the proxy
	direct string // of the same storage, past the proxy
	mu     sync.Mutex
	seen   []*http.Request
	// disturb answers a request itself and says so; nil passes all.
	disturb func(w http.ResponseWriter, r *http.Request) bool
}

func newProxy(t *testing.T, server *blobtest.S3Server) *proxy {
	t.Helper()
	target, err := url.Parse(server.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{}
	pass := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // it is signed
	}}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.seen = append(p.seen, r)
		disturb := p.disturb
		p.mu.Unlock()
		if disturb == nil || !disturb(w, r) {
			pass.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	p.direct = server.NewURL()
	p.url = strings.Replace(p.direct, url.QueryEscape(server.Endpoint), url.QueryEscape(srv.URL), 1)
	return p
}

// set changes the disturbance and forgets what was seen.
func (p *proxy) set(disturb func(http.ResponseWriter, *http.Request) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.disturb, p.seen = disturb, nil
}

// requests gives what was sent by a method since set.
func (p *proxy) requests(method string) (list []*http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.seen {
		if r.Method == method {
			list = append(list, r)
		}
	}
	return list
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<?xml version=\"1.0\"?><Error><Code>%s</Code><Message>no</Message></Error>", code)
}

func s3Blind(t *testing.T, server *blobtest.S3Server) {
	p := newProxy(t, server)
	b := openAt(t, server, p.url)
	refused := 0
	p.set(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("If-None-Match") == "" {
			return false
		}
		refused++
		refuse(w, http.StatusNotImplemented, "NotImplemented")
		return true
	})
	content := blobtest.Random(42, 1000)
	mustAppend(t, b, "u", 0, content[:400])
	mustAppend(t, b, "u", 400, content[400:])
	if st, err := b.Finish(t.Context(), "u"); err != nil || st.Digest != blobtest.Digest(content) {
		t.Errorf("%+v, %v", st, err)
	}
	if refused != 1 {
		t.Errorf("asked %d times for what the service cannot", refused)
	}
}

func s3CopyParts(t *testing.T, server *blobtest.S3Server) {
	p := newProxy(t, server)
	b := openAt(t, server, p.url)
	blob.CopyAtMost(b, 6*mib)
	content := blobtest.Random(43, 20*mib)
	if err := b.Verify(t.Context(), mustPut(t, b, content)); err != nil {
		t.Error(err)
	}
	copies := 0
	for _, r := range p.requests("PUT") {
		if r.Header.Get("X-Amz-Copy-Source-Range") != "" {
			copies++
		}
	}
	if copies != 4 {
		t.Errorf("20 MiB are copied by %d requests of at most 6 MiB", copies)
	}
	if n, err := b.Sweep(t.Context(), time.Now().Add(time.Hour), nil); n != 0 || err != nil {
		t.Errorf("left %d, %v", n, err)
	}
}

// s3Headers: every body is signed by its digest, and nothing is sent that older
// services refuse, so no framed bodies and no newer checksums.
func s3Headers(t *testing.T, server *blobtest.S3Server) {
	for _, md5 := range []bool{false, true} {
		p := newProxy(t, server)
		at := p.url
		if md5 {
			at += "&content_md5=1&path_style=1"
		}
		b := openAt(t, server, at)
		p.set(nil)
		mustPut(t, b, blobtest.Random(44, 1000))
		mustPut(t, b, blobtest.Random(44, 17*mib))
		mustAppend(t, b, "u", 0, []byte("x"))
		bodies := 0
		for _, r := range p.requests("PUT") {
			if r.Header.Get("X-Amz-Copy-Source") != "" {
				continue
			}
			bodies++
			if sum := r.Header.Get("X-Amz-Content-Sha256"); len(sum) != 64 {
				t.Errorf("body signed as %q", sum)
			}
			if (r.Header.Get("Content-Md5") != "") != md5 {
				t.Errorf("Content-Md5 %q, wanted: %v", r.Header.Get("Content-Md5"), md5)
			}
			for name := range r.Header {
				if strings.HasPrefix(name, "X-Amz-Checksum") || strings.HasPrefix(name, "X-Amz-Sdk-Checksum") || name == "X-Amz-Trailer" || name == "Content-Encoding" {
					t.Errorf("sends %s", name)
				}
			}
		}
		if bodies != 4 {
			t.Errorf("%d bodies, want an object, two parts and a piece", bodies)
		}
	}
}

// s3Requests: reads do not become requests, one by one.
func s3Requests(t *testing.T, server *blobtest.S3Server) {
	p := newProxy(t, server)
	b := openAt(t, server, p.url)
	content := blobtest.Random(45, 24*mib)
	digest := mustPut(t, b, content)
	p.set(nil)
	r, err := b.Open(t.Context(), digest)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if n := len(p.requests("GET")); n != 0 {
		t.Errorf("Open makes %d GETs before anything is read", n)
	}
	if n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{r}, make([]byte, 700)); err != nil || n != 24*mib {
		t.Fatalf("%d, %v", n, err)
	}
	if n := len(p.requests("GET")); n > 6 {
		t.Errorf("%d GETs for 24 MiB read in small pieces", n)
	}
	p.set(nil)
	for i := range int64(20) { // skips over little are read over
		if _, err := r.Seek(mib+i*1000, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(r, make([]byte, 500)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(p.requests("GET")); n != 1 {
		t.Errorf("%d GETs for 20 reads side by side", n)
	}
	p.set(nil)
	for i := range 10 { // the length of an upload is checked by its last pieces alone
		mustAppend(t, b, "u", int64(i)*17*mib, content[:17*mib])
	}
	if n := len(p.requests("GET")); n != 10 {
		t.Errorf("%d listings for 10 appends", n)
	}
}

func s3CutAnswer(t *testing.T, server *blobtest.S3Server) {
	p := newProxy(t, server)
	b := openAt(t, server, p.url)
	content := blobtest.Random(46, 3*mib)
	digest := mustPut(t, b, content)
	cuts := 0
	cut := func(w http.ResponseWriter, r *http.Request) bool {
		var from, to int64
		if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &from, &to); err != nil || cuts >= 5 {
			return false
		}
		cuts++
		w.Header().Set("Content-Length", fmt.Sprint(to+1-from))
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to, len(content)))
		w.Header().Set("Last-Modified", "Sat, 21 Nov 2026 10:00:00 GMT")
		w.WriteHeader(http.StatusPartialContent)
		w.Write(content[from : from+(to-from)/3])
		panic(http.ErrAbortHandler)
	}
	p.set(cut)
	r, err := b.Open(t.Context(), digest)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, content) || cuts != 5 {
		t.Errorf("%d bytes, right: %v, %v, after %d cuts", len(got), bytes.Equal(got, content), err, cuts)
	}
	p.set(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("Range") == "" {
			return false
		}
		w.Header().Set("Content-Length", fmt.Sprint(256<<10))
		w.Header().Set("Last-Modified", "Sat, 21 Nov 2026 10:00:00 GMT")
		w.WriteHeader(http.StatusPartialContent)
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if n, err := r.Read(make([]byte, 10)); n != 0 || !errors.Is(err, purvey.Unavailable) {
		t.Errorf("read of answers without bytes: %d, %v", n, err)
	}
}

// s3NoRanges: rather an error than the wrong bytes.
func s3NoRanges(t *testing.T, server *blobtest.S3Server) {
	p := newProxy(t, server)
	b := openAt(t, server, p.url)
	content := blobtest.Random(47, mib)
	digest := mustPut(t, b, content)
	p.set(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("Range") == "" {
			return false
		}
		w.Header().Set("Last-Modified", "Sat, 21 Nov 2026 10:00:00 GMT")
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		w.Write(content)
		return true
	})
	r, err := b.Open(t.Context(), digest)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Seek(500, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if n, err := r.Read(make([]byte, 10)); n != 0 || !errors.Is(err, purvey.Unavailable) {
		t.Errorf("read %d, %v", n, err)
	}
}

func s3Full(t *testing.T, server *blobtest.S3Server) {
	p := newProxy(t, server)
	b := openAt(t, server, p.url)
	for code, status := range map[string]int{"InsufficientStorage": 507, "QuotaExceeded": 403, "XMinioStorageFull": 507, "Whatever": 507} {
		p.set(func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == "PUT" && r.Header.Get("X-Amz-Copy-Source") == "" {
				refuse(w, status, code)
				return true
			}
			return false
		})
		for _, n := range []int64{10, 17 * mib} {
			if _, err := b.Put(t.Context(), bytes.NewReader(blobtest.Random(48, n)), 0); !errors.Is(err, blob.ErrNoSpace) {
				t.Errorf("%s: Put of %d: %v", code, n, err)
			}
		}
		if n, err := b.Append(t.Context(), "u", 0, strings.NewReader("x")); n != 0 || !errors.Is(err, blob.ErrNoSpace) {
			t.Errorf("%s: Append: %d, %v", code, n, err)
		}
	}
	p.set(nil)
	if n, err := b.Sweep(t.Context(), time.Now().Add(time.Hour), nil); n != 0 || err != nil {
		t.Errorf("left %d, %v", n, err)
	}
}

func s3Down(t *testing.T, server *blobtest.S3Server) {
	p := newProxy(t, server)
	b := openAt(t, server, p.url)
	digest := mustPut(t, b, []byte("x"))
	p.set(func(w http.ResponseWriter, _ *http.Request) bool {
		refuse(w, http.StatusBadGateway, "BadGateway")
		return true
	})
	_, openErr := blob.Open(t.Context(), p.url, "", server.Env)
	_, statErr := b.Stat(t.Context(), digest)
	for what, err := range map[string]error{"Open": openErr, "Stat": statErr, "Check": b.Check(t.Context())} {
		if !errors.Is(err, purvey.Unavailable) {
			t.Errorf("%s: %v", what, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Check(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Check in an ended context: %v", err)
	}
}
