package blob_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
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
		"finish overtaken":                 s3FinishOvertaken,
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

// s3FinishOvertaken: the other node finishes, and removes the pieces, while this
// one reads them.
func s3FinishOvertaken(t *testing.T, server *blobtest.S3Server) {
	p := newProxy(t, server)
	slow, fast := openAt(t, server, p.url), openAt(t, server, p.direct)
	content := blobtest.Random(39, 1000)
	mustAppend(t, slow, "u", 0, content)
	var once sync.Once
	p.set(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == "GET" && r.Header.Get("Range") != "" {
			once.Do(func() {
				if _, err := fast.Finish(context.WithoutCancel(t.Context()), "u"); err != nil {
					t.Errorf("the fast one: %v", err)
				}
			})
		}
		return false
	})
	if st, err := slow.Finish(t.Context(), "u"); err != nil || st.Digest != blobtest.Digest(content) {
		t.Errorf("the slow one: %+v, %v", st, err)
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
