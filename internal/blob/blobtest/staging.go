package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/blob"
)

func stagingCases() []testCase {
	return []testCase{
		{"append, finish, discard", appendFinish},
		{"append at a wrong offset", wrongOffset},
		{"append after failure resumes", resume},
		{"append keeps what came before its context ended", resumeCanceled},
		{"append takes back what is to be discarded", discardAppend},
		{"an upload without bytes", emptyUpload},
		{"one call at a time", oneAtATime},
		{"finish of content that is there", finishKnown},
		{"finish after the content was deleted", finishDeleted},
		{"hostile uploads", hostileUploads},
		{"sweep", sweep},
	}
}

// add appends and checks how much was written.
func add(t testing.TB, b blob.Bucket, upload string, offset int64, part []byte) {
	t.Helper()
	n, err := b.Append(t.Context(), upload, offset, bytes.NewReader(part))
	if err != nil || n != int64(len(part)) {
		t.Fatalf("Append of %d bytes at %d: %d, %v", len(part), offset, n, err)
	}
	wantStaged(t, b, upload, offset+n)
}

func wantStaged(t testing.TB, b blob.Bucket, upload string, want int64) {
	t.Helper()
	if n, err := b.Staged(t.Context(), upload); err != nil || n != want {
		t.Fatalf("Staged %s: %d, %v; want %d", upload, n, err, want)
	}
}

// finish finishes, twice, and checks the content.
func finish(t testing.TB, b blob.Bucket, upload string, content []byte) {
	t.Helper()
	for range 2 {
		st, err := b.Finish(t.Context(), upload)
		if err != nil {
			t.Fatalf("Finish: %v", err)
		}
		wantStored(t, st, content)
		wantStaged(t, b, upload, int64(len(content)))
	}
	wantContent(t, b, content)
}

func appendFinish(t *testing.T, b blob.Bucket) {
	content := Random(20, 2*partSize+partSize/2)
	wantStaged(t, b, "up-1_a", 0)
	at := int64(0)
	for _, n := range []int64{1, 0, 99, 100_000, partSize, 1, partSize + 7, 0} {
		add(t, b, "up-1_a", at, content[at:at+n])
		at += n
	}
	for ; at < int64(len(content)); at += min(500_000, int64(len(content))-at) {
		add(t, b, "up-1_a", at, content[at:min(at+500_000, int64(len(content)))])
	}
	if all := digests(t, b); len(all) != 0 {
		t.Errorf("content is listed before Finish: %v", all)
	}
	finish(t, b, "up-1_a", content)
	_, err := b.Append(t.Context(), "up-1_a", int64(len(content)), strings.NewReader("more"))
	wantErr(t, "Append after Finish", err, blob.ErrOffset)
	for range 2 {
		if err := b.Discard(t.Context(), "up-1_a"); err != nil {
			t.Fatal(err)
		}
	}
	wantStaged(t, b, "up-1_a", 0)
	_, err = b.Finish(t.Context(), "up-1_a")
	wantErr(t, "Finish after Discard", err, blob.ErrNotFound)
	wantClean(t, b)
	wantContent(t, b, content)
}

func wrongOffset(t *testing.T, b blob.Bucket) {
	_, err := b.Append(t.Context(), "u", 1, strings.NewReader("x"))
	wantErr(t, "Append at 1 of nothing", err, blob.ErrOffset)
	wantStaged(t, b, "u", 0)
	add(t, b, "u", 0, []byte("hello"))
	for _, at := range []int64{-1, 0, 4, 6, 1 << 40, partSize + 5} {
		n, err := b.Append(t.Context(), "u", at, strings.NewReader("x"))
		wantErr(t, fmt.Sprintf("Append at %d of 5", at), err, blob.ErrOffset)
		wantErr(t, "Append", err, purvey.Conflict)
		if purvey.ReasonOf(err) != purvey.ReasonUploadOffset || n != 0 {
			t.Errorf("reason %q, written %d", purvey.ReasonOf(err), n)
		}
	}
	add(t, b, "u", 5, Random(21, partSize+9))
	_, err = b.Append(t.Context(), "u", partSize, strings.NewReader("x"))
	wantErr(t, "Append inside", err, blob.ErrOffset)
	finish(t, b, "u", append([]byte("hello"), Random(21, partSize+9)...))
}

func resume(t *testing.T, b blob.Bucket) {
	content := Random(22, 3*partSize+11)
	at := int64(0)
	for _, n := range []int64{0, 1, 100_000, partSize, partSize + 5, 2*partSize + 1} {
		for _, cut := range []error{errCut, io.ErrUnexpectedEOF} {
			end := min(at+n/2, int64(len(content)))
			wrote, err := b.Append(t.Context(), "u", at, cutReader(content[at:end], cut))
			wantErr(t, "Append of a cut reader", err, cut)
			if wrote != end-at {
				t.Fatalf("kept %d bytes of %d", wrote, end-at)
			}
			at = end
			wantStaged(t, b, "u", at)
		}
	}
	add(t, b, "u", at, content[at:])
	finish(t, b, "u", content)
}

func resumeCanceled(t *testing.T, b blob.Bucket) {
	content := Random(23, 300_000)
	ctx, cancel := context.WithCancel(t.Context())
	r := io.MultiReader(bytes.NewReader(content[:200_000]), hook(cancel))
	n, err := b.Append(ctx, "u", 0, r)
	wantErr(t, "Append", err, context.Canceled)
	if n != 200_000 {
		t.Fatalf("kept %d bytes of 200000", n)
	}
	add(t, b, "u", n, content[n:])
	finish(t, b, "u", content)
}

func discardAppend(t *testing.T, b blob.Bucket) {
	wrong := fmt.Errorf("checksum: %w", blob.ErrDiscard)
	content := Random(25, 1000)
	for _, n := range []int64{0, 10, partSize + 10} {
		wrote, err := b.Append(t.Context(), "u", 0, cutReader(Random(26, n), wrong))
		wantErr(t, "Append of rejected bytes", err, wrong)
		if wrote != 0 {
			t.Errorf("says that %d rejected bytes are kept", wrote)
		}
		wantStaged(t, b, "u", 0)
	}
	_, err := b.Finish(t.Context(), "u")
	wantErr(t, "Finish of nothing", err, blob.ErrNotFound)
	add(t, b, "u", 0, content[:500])
	_, err = b.Append(t.Context(), "u", 500, cutReader(Random(26, 2*partSize+1), wrong))
	wantErr(t, "Append of rejected bytes", err, wrong)
	wantStaged(t, b, "u", 500)
	add(t, b, "u", 500, content[500:])
	finish(t, b, "u", content)
}

func emptyUpload(t *testing.T, b blob.Bucket) {
	_, err := b.Finish(t.Context(), "u")
	wantErr(t, "Finish of an upload that never began", err, blob.ErrNotFound)
	add(t, b, "u", 0, nil)
	add(t, b, "u", 0, nil)
	finish(t, b, "u", nil)
	add(t, b, "late", 0, nil)
	add(t, b, "late", 0, []byte("bytes after all"))
	finish(t, b, "late", []byte("bytes after all"))
}

func oneAtATime(t *testing.T, b blob.Bucket) {
	read, write := io.Pipe()
	done := make(chan error, 1)
	go func() {
		_, err := b.Append(t.Context(), "u", 0, read)
		done <- err
	}()
	if _, err := write.Write([]byte("slow")); err != nil { // taken: the first call is inside
		t.Fatal(err)
	}
	_, err := b.Append(t.Context(), "u", 0, strings.NewReader("fast"))
	wantErr(t, "a second Append", err, blob.ErrLocked)
	if purvey.ReasonOf(err) != purvey.ReasonUploadLocked {
		t.Errorf("reason %q", purvey.ReasonOf(err))
	}
	_, err = b.Finish(t.Context(), "u")
	wantErr(t, "Finish beside Append", err, blob.ErrLocked)
	wantErr(t, "Discard beside Append", b.Discard(t.Context(), "u"), blob.ErrLocked)
	sweepAll(t, b, nil) // leaves it alone
	write.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	finish(t, b, "u", []byte("slow"))
}

func finishKnown(t *testing.T, b blob.Bucket) {
	content := Random(27, 5000)
	put(t, b, content)
	for _, u := range []string{"a", "b"} {
		add(t, b, u, 0, content)
		finish(t, b, u, content)
		if err := b.Discard(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	wantContent(t, b, content)
	if all := digests(t, b); len(all) != 1 {
		t.Errorf("kept %d contents, want 1", len(all))
	}
}

func finishDeleted(t *testing.T, b blob.Bucket) {
	content := Random(28, 5000)
	add(t, b, "u", 0, content)
	finish(t, b, "u", content)
	if err := b.Delete(t.Context(), Digest(content)); err != nil {
		t.Fatal(err)
	}
	_, err := b.Finish(t.Context(), "u")
	wantErr(t, "Finish", err, blob.ErrNotFound)
}

func hostileUploads(t *testing.T, b blob.Bucket) {
	for _, u := range []string{"", ".", "..", "../x", "a/b", `a\b`, "a.done", "A", "ä", "a\x00", "a\n", " a", strings.Repeat("a", 129)} {
		what := fmt.Sprintf("%.40q", u)
		_, err := b.Append(t.Context(), u, 0, strings.NewReader("x"))
		wantErr(t, "Append to "+what, err, blob.ErrUpload)
		wantErr(t, "Append to "+what, err, purvey.Invalid)
		_, err = b.Staged(t.Context(), u)
		wantErr(t, "Staged "+what, err, blob.ErrUpload)
		_, err = b.Finish(t.Context(), u)
		wantErr(t, "Finish "+what, err, blob.ErrUpload)
		wantErr(t, "Discard "+what, b.Discard(t.Context(), u), blob.ErrUpload)
	}
	wantNothing(t, b)
	add(t, b, strings.Repeat("a", 128), 0, []byte("x"))
}

func sweep(t *testing.T, b blob.Bucket) {
	kept := Random(29, 100)
	put(t, b, kept)
	add(t, b, "abandoned", 0, Random(30, partSize+1))
	add(t, b, "wanted", 0, []byte("wanted"))
	add(t, b, "finished", 0, []byte("finished"))
	finish(t, b, "finished", []byte("finished"))
	if n, err := b.Sweep(t.Context(), time.Now().Add(-time.Hour), nil); n != 0 || err != nil {
		t.Errorf("swept %d young uploads, %v", n, err)
	}
	if n := sweepAll(t, b, func(u string) bool { return u == "wanted" }); n != 2 {
		t.Errorf("swept %d, want 2", n)
	}
	wantStaged(t, b, "abandoned", 0)
	wantStaged(t, b, "finished", 0)
	finish(t, b, "wanted", []byte("wanted"))
	if n := sweepAll(t, b, nil); n != 1 {
		t.Errorf("swept %d, want the record of the last", n)
	}
	wantContent(t, b, kept)
	wantContent(t, b, []byte("finished"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := b.Sweep(ctx, time.Now(), nil)
	wantErr(t, "Sweep in an ended context", err, context.Canceled)
}

// flatMemory sends 100 MiB through each way in and out and looks at what the
// process holds on to meanwhile.
func flatMemory(t *testing.T, b blob.Bucket) {
	const size, limit = 100 << 20, 40 << 20
	var base, peak uint64
	live := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	// watch samples every 4 MiB that pass.
	watch := func(r io.Reader) io.Reader {
		base, peak = live(), 0
		return &sampler{r: r, every: 4 << 20, f: func() { peak = max(peak, live()) }}
	}
	held := func(what string) {
		t.Helper()
		if peak > base+limit {
			t.Errorf("%s of %d MiB holds %d MiB", what, size>>20, (peak-base)>>20)
		}
		t.Logf("%s: %.1f MiB", what, float64(int64(peak-base))/(1<<20))
	}
	st, err := b.Put(t.Context(), watch(io.LimitReader(source(31), size)), size)
	if err != nil || st.Size != size {
		t.Fatalf("Put: %+v, %v", st, err)
	}
	held("Put")
	if n, err := b.Append(t.Context(), "u", 0, watch(io.LimitReader(source(31), size))); err != nil || n != size {
		t.Fatalf("Append: %d, %v", n, err)
	}
	held("Append")
	stop := make(chan struct{})
	sampled := make(chan struct{})
	base, peak = live(), 0
	go func() { // Finish has no reader of ours to sample in
		defer close(sampled)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				peak = max(peak, live())
			}
		}
	}()
	again, err := b.Finish(t.Context(), "u")
	close(stop)
	<-sampled
	if err != nil || again != st {
		t.Fatalf("Finish: %+v, %v; Put said %+v", again, err, st)
	}
	peak = max(peak, base)
	held("Finish")
	r, err := b.Open(t.Context(), st.Digest)
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, watch(r))
	if err = errors.Join(err, r.Close()); err != nil || n != size {
		t.Fatalf("read %d, %v", n, err)
	}
	held("read")
}

type sampler struct {
	r           io.Reader
	every, left int64
	f           func()
}

func (s *sampler) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if s.left -= int64(n); s.left <= 0 {
		s.left = s.every
		s.f()
	}
	return n, err
}
