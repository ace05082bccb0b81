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
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"purvey"
	"purvey/internal/blob"
	"purvey/internal/blob/blobtest"
)

const mib = 1 << 20

func TestS3(t *testing.T) {
	server := blobtest.StartS3(t)
	blobtest.Run(t, func(t *testing.T) blob.Bucket { return server.NewBucket(t) })
	for name, run := range map[string]func(*testing.T, *blobtest.S3Server){
		"layout":                           s3Layout,
		"two nodes append":                 s3TwoNodesAppend,
		"two nodes finish":                 s3TwoNodesFinish,
		"finish cut off":                   s3FinishCutOff,
		"pieces with gaps and overlaps":    s3Pieces,
		"a service without conditions":     s3Blind,
		"copy by parts":                    s3CopyParts,
		"headers":                          s3Headers,
		"few requests":                     s3Requests,
		"a cut answer is read on":          s3CutAnswer,
		"a service that ignores ranges":    s3NoRanges,
		"a full service":                   s3Full,
		"a service that is down":           s3Down,
		"refused at the start":             s3Refused,
		"damage":                           s3Damage,
		"temporary credentials":            s3Session,
		"others in the same bucket":        s3Others,
		"killed while it puts and appends": func(t *testing.T, s *blobtest.S3Server) { killed(t, s.NewURL(), t.TempDir(), s) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, server)
		})
	}
}

func openAt(t *testing.T, server *blobtest.S3Server, url string) blob.Bucket {
	t.Helper()
	b, err := blob.Open(t.Context(), url, "", server.Env)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func prefixOf(storageURL string) string {
	u, _ := url.Parse(storageURL)
	return u.Path[1:]
}

func s3Layout(t *testing.T, server *blobtest.S3Server) {
	at := server.NewURL()
	b := openAt(t, server, at)
	content := []byte("layout")
	digest := mustPut(t, b, content)
	mustAppend(t, b, "up", 0, content)
	for _, name := range []string{digest[:2] + "/" + digest, "staging/up/00000000000000000000"} {
		got, err := os.ReadFile(filepath.Join(server.Folder, prefixOf(at), name))
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if r, err := b.Open(t.Context(), digest); err != nil || r.File() != nil {
		t.Errorf("a local file over the network? %v", err)
	}
}

func s3TwoNodesAppend(t *testing.T, server *blobtest.S3Server) {
	at := server.NewURL()
	one, two := openAt(t, server, at), openAt(t, server, at)
	read, write := io.Pipe()
	done := make(chan error, 1)
	go func() {
		n, err := one.Append(t.Context(), "u", 0, read)
		if n != 0 {
			t.Errorf("the loser says it kept %d bytes", n)
		}
		done <- err
	}()
	if _, err := write.Write([]byte("first to come")); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, two, "u", 0, []byte("first to end"))
	write.Close()
	if err := <-done; !errors.Is(err, blob.ErrOffset) {
		t.Errorf("the loser: %v", err)
	}
	mustAppend(t, one, "u", 12, []byte(" wins"))
	st, err := two.Finish(t.Context(), "u")
	if err != nil || st.Digest != blobtest.Digest([]byte("first to end wins")) {
		t.Errorf("%+v, %v", st, err)
	}
}

func s3TwoNodesFinish(t *testing.T, server *blobtest.S3Server) {
	at := server.NewURL()
	nodes := []blob.Bucket{openAt(t, server, at), openAt(t, server, at), openAt(t, server, at)}
	for round := range uint64(4) {
		content := blobtest.Random(round, 17*mib)
		upload := fmt.Sprint("u", round)
		mustAppend(t, nodes[0], upload, 0, content)
		var wg sync.WaitGroup
		for _, node := range nodes {
			wg.Go(func() {
				st, err := node.Finish(t.Context(), upload)
				if err != nil || st.Digest != blobtest.Digest(content) || st.Size != int64(len(content)) {
					t.Errorf("%+v, %v", st, err)
				}
			})
		}
		wg.Wait()
		if err := nodes[1].Verify(t.Context(), blobtest.Digest(content)); err != nil {
			t.Error(err)
		}
	}
}

func s3FinishCutOff(t *testing.T, server *blobtest.S3Server) {
	content := blobtest.Random(40, 17*mib)
	want := blob.Stored{Digest: blobtest.Digest(content), Size: 17 * mib}
	for name, crash := range map[string]func(b blob.Bucket){
		"before the record": func(b blob.Bucket) {
			mustAppend(t, b, "u", 0, content)
			mustPut(t, b, content)
		},
		"before the pieces went": func(b blob.Bucket) {
			mustAppend(t, b, "u", 0, content)
			if _, err := b.Finish(t.Context(), "u"); err != nil {
				t.Fatal(err)
			}
			for at := 0; at < len(content); at += 16 * mib {
				if err := blob.PutPiece(t.Context(), b, "u", int64(at), content[at:min(at+16*mib, len(content))]); err != nil {
					t.Fatal(err)
				}
			}
		},
	} {
		b := server.NewBucket(t)
		crash(b)
		for range 2 {
			if st, err := b.Finish(t.Context(), "u"); err != nil || st != want {
				t.Errorf("%s: %+v, %v", name, st, err)
			}
		}
		if err := b.Verify(t.Context(), want.Digest); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func s3Pieces(t *testing.T, server *blobtest.S3Server) {
	b := server.NewBucket(t)
	content := blobtest.Random(41, 300)
	for _, at := range []int64{0, 200} {
		if err := blob.PutPiece(t.Context(), b, "u", at, content[at:at+100]); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := b.Staged(t.Context(), "u"); n != 100 || err != nil {
		t.Errorf("Staged before the gap: %d, %v", n, err)
	}
	if _, err := b.Finish(t.Context(), "u"); !errors.Is(err, blob.ErrCorrupt) {
		t.Errorf("Finish with a gap: %v", err)
	}
	if n, err := b.Append(t.Context(), "u", 100, bytes.NewReader(content[100:250])); n != 150 || err != nil {
		t.Errorf("Append into the gap: %d, %v", n, err)
	}
	if n, err := b.Staged(t.Context(), "u"); n != 300 || err != nil {
		t.Errorf("Staged with an overlap: %d, %v", n, err)
	}
	if st, err := b.Finish(t.Context(), "u"); err != nil || st.Digest != blobtest.Digest(content) {
		t.Errorf("Finish with an overlap: %+v, %v", st, err)
	}
}

// A proxy stands before the real service to see what is sent and to disturb it.
type proxy struct {
	url  string
	mu   sync.Mutex
	seen []*http.Request
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
	p.url = strings.Replace(server.NewURL(), url.QueryEscape(server.Endpoint), url.QueryEscape(srv.URL), 1)
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
	b := server.NewBucket(t)
	blob.CopyAtMost(b, 6*mib)
	content := blobtest.Random(43, 20*mib)
	if err := b.Verify(t.Context(), mustPut(t, b, content)); err != nil {
		t.Error(err)
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

func s3Refused(t *testing.T, server *blobtest.S3Server) {
	secret := server.Env("AWS_SECRET_ACCESS_KEY")
	at := server.NewURL()
	for what, c := range map[string]struct {
		url string
		env map[string]string
	}{
		"wrong secret":   {at, map[string]string{"AWS_SECRET_ACCESS_KEY": "wrong" + secret}},
		"unknown key":    {at, map[string]string{"AWS_ACCESS_KEY_ID": "unknown"}},
		"missing bucket": {strings.Replace(at, server.Bucket, "missing", 1), nil},
		"bad bucket":     {strings.Replace(at, server.Bucket, "Bad_Bucket!", 1), nil},
	} {
		_, err := blob.Open(t.Context(), c.url, "", func(name string) string {
			if v, ok := c.env[name]; ok {
				return v
			}
			return server.Env(name)
		})
		if !errors.Is(err, purvey.Unavailable) || strings.Contains(fmt.Sprintf("%v %+v", err, err), secret) {
			t.Errorf("%s: %v", what, err)
		}
		t.Logf("%s: %v", what, err)
	}
}

func s3Damage(t *testing.T, server *blobtest.S3Server) {
	at := server.NewURL()
	b := openAt(t, server, at)
	content := blobtest.Random(49, 1000)
	digest := mustPut(t, b, content)
	write(t, filepath.Join(server.Folder, prefixOf(at), digest[:2], digest), append([]byte{content[0] ^ 1}, content[1:]...))
	if err := b.Verify(t.Context(), digest); !errors.Is(err, blob.ErrCorrupt) {
		t.Errorf("Verify of damaged content: %v", err)
	}
	mustPut(t, b, content)
	if err := b.Verify(t.Context(), digest); err != nil {
		t.Errorf("Verify after a new Put: %v", err)
	}
}

func s3Session(t *testing.T, server *blobtest.S3Server) {
	p := newProxy(t, server)
	p.set(func(w http.ResponseWriter, _ *http.Request) bool { return true }) // the service knows no sessions
	b, err := blob.Open(t.Context(), p.url, "", func(name string) string {
		if name == "AWS_SESSION_TOKEN" {
			return "session/token"
		}
		return server.Env(name)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range p.requests("HEAD") {
		if r.Header.Get("X-Amz-Security-Token") != "session/token" {
			t.Error("the session token is not sent")
		}
	}
	u, ok, err := b.Presign(t.Context(), blobtest.Digest(nil), blob.PresignOptions{TTL: time.Minute})
	if !ok || err != nil || !strings.Contains(u, "X-Amz-Security-Token=session%2Ftoken") {
		t.Errorf("%q, %v, %v", u, ok, err)
	}
}

// s3Others: what others keep beside us, outside our prefix or under foreign
// names inside, is neither content nor ours to remove.
func s3Others(t *testing.T, server *blobtest.S3Server) {
	at := server.NewURL()
	b := openAt(t, server, at)
	digest := mustPut(t, b, []byte("ours"))
	inner := openAt(t, server, strings.Replace(at, "?", "/inner?", 1))
	theirs := mustPut(t, inner, []byte("theirs"))
	mustAppend(t, inner, "u", 0, []byte("theirs"))
	if n, err := b.Sweep(t.Context(), time.Now().Add(time.Hour), nil); n != 0 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
	for o, err := range b.List(t.Context()) {
		if err != nil || o.Digest != digest {
			t.Errorf("listed %+v, %v", o, err)
		}
	}
	if err := inner.Verify(t.Context(), theirs); err != nil {
		t.Error(err)
	}
	if n, err := inner.Staged(t.Context(), "u"); n != 6 || err != nil {
		t.Errorf("Staged %d, %v", n, err)
	}
}
