package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"purvey"
	"purvey/internal/blob"
)

func contentCases() []testCase {
	return []testCase{
		{"put and read sizes around the borders", sizes},
		{"put again", putAgain},
		{"concurrent put of the same content", concurrentPut},
		{"a cut reader leaves nothing", cutPut},
		{"too large leaves nothing", tooLarge},
		{"an ended context leaves nothing", endedContext},
		{"hostile digests", hostileDigests},
		{"ranges at borders", ranges},
		{"ranges over HTTP", httpRanges},
		{"list", list},
		{"check", check},
		{"presign", presign},
	}
}

func sizes(t *testing.T, b blob.Bucket) {
	for _, n := range []int64{0, 1, 64<<10 + 1, 256 << 10, partSize - 1, partSize, partSize + 1, 2 * partSize, 2*partSize + 7} {
		content := Random(uint64(n), n)
		st := put(t, b, content)
		if size, err := b.Stat(t.Context(), st.Digest); err != nil || size != n {
			t.Errorf("Stat of %d bytes: %d, %v", n, size, err)
		}
		wantContent(t, b, content)
		if err := b.Verify(t.Context(), st.Digest); err != nil {
			t.Errorf("Verify of %d bytes: %v", n, err)
		}
		for range 2 { // the second time there is nothing to delete
			if err := b.Delete(t.Context(), st.Digest); err != nil {
				t.Errorf("Delete: %v", err)
			}
		}
		_, err := b.Open(t.Context(), st.Digest)
		wantErr(t, "Open after Delete", err, blob.ErrNotFound)
		wantErr(t, "Open after Delete", err, purvey.NotFound)
		_, err = b.Stat(t.Context(), st.Digest)
		wantErr(t, "Stat after Delete", err, blob.ErrNotFound)
		wantErr(t, "Verify after Delete", b.Verify(t.Context(), st.Digest), blob.ErrNotFound)
	}
	wantNothing(t, b)
}

func putAgain(t *testing.T, b blob.Bucket) {
	for _, n := range []int64{1000, partSize + 1} {
		content := Random(1, n)
		first := put(t, b, content)
		r, err := b.Open(t.Context(), first.Digest)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if second := put(t, b, content); second != first {
			t.Errorf("second Put says %+v, the first said %+v", second, first)
		}
		got, err := io.ReadAll(r) // opened before it was filed anew
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("a reader opened before read %d bytes, %v", len(got), err)
		}
		wantContent(t, b, content)
	}
	if all := digests(t, b); len(all) != 2 {
		t.Errorf("kept %d contents, want 2", len(all))
	}
	wantClean(t, b)
}

func concurrentPut(t *testing.T, b blob.Bucket) {
	for _, n := range []int64{100_000, partSize + 1} {
		content := Random(2, n)
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				st, err := b.Put(t.Context(), bytes.NewReader(content), 0)
				if err != nil || st.Digest != Digest(content) {
					t.Errorf("Put: %+v, %v", st, err)
					return
				}
				if err := b.Verify(t.Context(), st.Digest); err != nil {
					t.Errorf("Verify after Put: %v", err)
				}
			})
		}
		wg.Wait()
	}
	if all := digests(t, b); len(all) != 2 {
		t.Errorf("kept %d contents, want 2", len(all))
	}
	wantClean(t, b)
}

func cutPut(t *testing.T, b blob.Bucket) {
	content := Random(3, 2*partSize+100)
	// A cut HTTP body gives io.ErrUnexpectedEOF, which must not pass for an end.
	for _, cut := range []error{errCut, io.ErrUnexpectedEOF} {
		for _, n := range []int64{0, 1, 100_000, partSize, partSize + 1, 2*partSize + 50} {
			st, err := b.Put(t.Context(), cutReader(content[:n], cut), 0)
			wantErr(t, fmt.Sprintf("Put cut at %d", n), err, cut)
			if st != (blob.Stored{}) {
				t.Errorf("Put cut at %d says %+v", n, st)
			}
		}
	}
	wantNothing(t, b)
}

func tooLarge(t *testing.T, b blob.Bucket) {
	for _, n := range []int64{1, 1000, partSize, partSize + 10} {
		counted := &counter{r: source(4)}
		_, err := b.Put(t.Context(), counted, n)
		wantErr(t, fmt.Sprintf("endless Put with at most %d", n), err, blob.ErrTooLarge)
		wantErr(t, "endless Put", err, purvey.TooLarge)
		if counted.n > n+1 {
			t.Errorf("read %d bytes to refuse more than %d", counted.n, n)
		}
	}
	wantNothing(t, b)
	put(t, b, Random(4, partSize+10)) // exactly the limit
}

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

func endedContext(t *testing.T, b blob.Bucket) {
	for _, after := range []int64{0, 1000, partSize + 1000} {
		ctx, cancel := context.WithCancel(t.Context())
		r := io.MultiReader(io.LimitReader(source(5), after), hook(cancel))
		_, err := b.Put(ctx, r, 0)
		wantErr(t, "Put in an ended context", err, context.Canceled)
	}
	wantNothing(t, b)
}

// hook is an endless reader without bytes that calls f.
type hook func()

func (f hook) Read([]byte) (int, error) {
	f()
	return 0, nil
}

func hostileDigests(t *testing.T, b blob.Bucket) {
	st := put(t, b, []byte("innocent"))
	for _, d := range []string{
		"", "../x", "..", ".", "/etc/passwd", "tmp", "staging/x", `..\x`, "ab/" + st.Digest,
		strings.ToUpper(st.Digest), st.Digest[1:], st.Digest + "0", st.Digest[:63] + "g", st.Digest[:63] + "\x00",
		st.Digest[:61] + "/..", "../" + st.Digest[:61], strings.Repeat("../", 21) + "x", strings.Repeat("0", 64<<10),
	} {
		_, err := b.Open(t.Context(), d)
		wantErr(t, "Open "+d[:min(len(d), 80)], err, blob.ErrNotFound)
		_, err = b.Stat(t.Context(), d)
		wantErr(t, "Stat "+d[:min(len(d), 80)], err, blob.ErrNotFound)
		wantErr(t, "Delete", b.Delete(t.Context(), d), blob.ErrNotFound)
		wantErr(t, "Verify", b.Verify(t.Context(), d), blob.ErrNotFound)
		if url, ok, err := b.Presign(t.Context(), d, blob.PresignOptions{TTL: time.Minute}); ok || url != "" || err != nil && !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("Presign %.80q: %q, %v, %v", d, url, ok, err)
		}
	}
	wantContent(t, b, []byte("innocent"))
}

func ranges(t *testing.T, b blob.Bucket) {
	content := Random(7, 6<<20+13)
	size := int64(len(content))
	st := put(t, b, content)
	r, err := b.Open(t.Context(), st.Digest)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	want := func(from, n int64) {
		t.Helper()
		if got, err := r.Seek(from, io.SeekStart); err != nil || got != from {
			t.Fatalf("Seek to %d: %d, %v", from, got, err)
		}
		var out bytes.Buffer
		got, err := io.CopyN(&out, r, n)
		whole := content[min(from, size):min(from+n, size)]
		if wantEOF := int64(len(whole)) < n; wantEOF != (err == io.EOF) || !wantEOF && err != nil {
			t.Fatalf("read %d at %d: %d, %v", n, from, got, err)
		}
		if !bytes.Equal(out.Bytes(), whole) {
			t.Fatalf("read %d at %d: wrong bytes", n, from)
		}
	}
	for _, border := range []int64{1, 256 << 10, 1<<20 + 256<<10, 2 << 20, 5<<20 + 256<<10, size} {
		for from := border - 1; from <= border+1; from++ {
			for _, n := range []int64{0, 1, 2, 1000, 300 << 10} {
				want(from, n)
			}
		}
	}
	want(0, size)
	want(0, size+1)
	rng := rand.New(source(8))
	for range 60 {
		want(rng.Int64N(size), rng.Int64N(400<<10))
	}
	if end, err := r.Seek(-3, io.SeekEnd); err != nil || end != size-3 {
		t.Errorf("Seek from the end: %d, %v", end, err)
	}
	if at, err := r.Seek(1, io.SeekCurrent); err != nil || at != size-2 {
		t.Errorf("Seek from here: %d, %v", at, err)
	}
	if last, err := io.ReadAll(r); err != nil || !bytes.Equal(last, content[size-2:]) {
		t.Errorf("the last two bytes: %v, %v", last, err)
	}
	if _, err := r.Seek(-1, io.SeekStart); err == nil {
		t.Error("Seek before the beginning is taken")
	}
	if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("read at the end: %d, %v", n, err)
	}
}

// httpRanges hands the reader to net/http as a download does.
func httpRanges(t *testing.T, b blob.Bucket) {
	content := Random(9, 3<<20)
	st := put(t, b, content)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r, err := b.Open(q.Context(), st.Digest)
		if err != nil {
			t.Errorf("Open: %v", err)
			return
		}
		defer r.Close()
		w.Header().Set("Content-Type", "application/octet-stream")
		if q.URL.Path == "/copy" {
			w.Header().Set("Content-Length", fmt.Sprint(r.Size()))
			if n, err := io.CopyN(w, r, r.Size()); err != nil {
				t.Errorf("CopyN: %d, %v", n, err)
			}
			return
		}
		http.ServeContent(w, q, "", time.Time{}, r)
	}))
	defer srv.Close()
	for path, want := range map[string]struct {
		spec string
		body []byte
	}{
		"/copy": {"", content},
		"/a":    {"", content},
		"/b":    {"bytes=0-0", content[:1]},
		"/c":    {"bytes=262143-262144", content[262143:262145]},
		"/d":    {"bytes=-5", content[len(content)-5:]},
		"/e":    {"bytes=1000000-", content[1000000:]},
	} {
		q, err := http.NewRequestWithContext(t.Context(), "GET", srv.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if want.spec != "" {
			q.Header.Set("Range", want.spec)
		}
		res, err := srv.Client().Do(q)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || !bytes.Equal(got, want.body) {
			t.Errorf("%s %s: %s, %d bytes, %v", path, want.spec, res.Status, len(got), err)
		}
	}
}

func list(t *testing.T, b blob.Bucket) {
	before := time.Now().Add(-time.Minute) // clocks of storages differ a little
	var want []string
	for i := range uint64(20) {
		want = append(want, put(t, b, Random(i, int64(i))).Digest)
	}
	slices.Sort(want)
	if _, err := b.Append(t.Context(), "staged", 0, strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	i := 0
	for o, err := range b.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		size, err := b.Stat(t.Context(), o.Digest)
		if i >= len(want) || o.Digest != want[i] || err != nil || o.Size != size {
			t.Fatalf("item %d: %+v, Stat %d, %v", i, o, size, err)
		}
		if o.ModTime.Before(before) || o.ModTime.After(time.Now().Add(time.Minute)) {
			t.Errorf("filed at %v", o.ModTime)
		}
		i++
	}
	if i != len(want) {
		t.Errorf("listed %d of %d", i, len(want))
	}
	for range b.List(t.Context()) {
		break // must not hang nor leak
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var last error
	for _, err := range b.List(ctx) {
		last = err
	}
	wantErr(t, "List in an ended context", last, context.Canceled)
}

func check(t *testing.T, b blob.Bucket) {
	for range 2 {
		if err := b.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	wantNothing(t, b)
}

// presign fetches by URL where the storage makes one.
func presign(t *testing.T, b blob.Bucket) {
	content := Random(10, 1000)
	st := put(t, b, content)
	o := blob.PresignOptions{Name: `attachment; filename="a.pdf"; filename*=UTF-8''%C3%A4.pdf`, ContentType: "application/pdf", TTL: time.Minute}
	url, ok, err := b.Presign(t.Context(), st.Digest, o)
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		if url != "" {
			t.Errorf("no URL, and yet %q", url)
		}
		return
	}
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 || !bytes.Equal(got, content) {
		t.Errorf("%s, %d bytes, %v", res.Status, len(got), err)
	}
	if h := res.Header; h.Get("Content-Disposition") != o.Name || h.Get("Content-Type") != o.ContentType {
		t.Errorf("headers %q, %q", h.Get("Content-Disposition"), h.Get("Content-Type"))
	}
	for _, ttl := range []time.Duration{0, -time.Second, time.Millisecond, 7*24*time.Hour + 1} {
		o.TTL = ttl
		_, ok, err := b.Presign(t.Context(), st.Digest, o)
		wantErr(t, fmt.Sprint("a TTL of ", ttl), err, purvey.Invalid)
		if ok {
			t.Errorf("a TTL of %v is taken", ttl)
		}
	}
}
