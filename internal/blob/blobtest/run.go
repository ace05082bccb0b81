// Package blobtest proves that a blob.Bucket keeps its promises, and runs the
// real S3 service that tests of S3 storage need.
package blobtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"purvey/internal/blob"
)

// partSize is where S3 begins another part; sizes around it are worth a test.
const partSize = 16 << 20

// Run runs the conformance suite. Each call of open gives a fresh, empty
// bucket. Run must not be called from a parallel test, since it measures the
// memory of the process.
func Run(t *testing.T, open func(t *testing.T) blob.Bucket) {
	t.Run("flat memory", func(t *testing.T) { flatMemory(t, open(t)) })
	for _, c := range slices.Concat(contentCases(), stagingCases()) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, open(t))
		})
	}
}

type testCase struct {
	name string
	run  func(t *testing.T, b blob.Bucket)
}

// Random gives n bytes that depend on seed alone.
func Random(seed uint64, n int64) []byte {
	b := make([]byte, n)
	source(seed).Read(b)
	return b
}

// source gives endless bytes that depend on seed alone.
func source(seed uint64) *rand.ChaCha8 {
	return rand.NewChaCha8(sha256.Sum256(fmt.Append(nil, seed)))
}

// Digest is the digest of b.
func Digest(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// errCut is what a broken connection gives.
var errCut = errors.New("the connection was cut")

// cutReader gives content and then err instead of io.EOF.
func cutReader(content []byte, err error) io.Reader {
	return io.MultiReader(bytes.NewReader(content), failing{err})
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// put stores content and checks the answer.
func put(t testing.TB, b blob.Bucket, content []byte) blob.Stored {
	t.Helper()
	st, err := b.Put(t.Context(), bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatalf("Put of %d bytes: %v", len(content), err)
	}
	wantStored(t, st, content)
	return st
}

func wantStored(t testing.TB, st blob.Stored, content []byte) {
	t.Helper()
	if want := (blob.Stored{Digest: Digest(content), Size: int64(len(content))}); st != want {
		t.Fatalf("stored %+v, want %+v", st, want)
	}
}

// wantContent reads everything under the digest of content.
func wantContent(t testing.TB, b blob.Bucket, content []byte) {
	t.Helper()
	r, err := b.Open(t.Context(), Digest(content))
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	if r.Size() != int64(len(content)) || !bytes.Equal(got, content) {
		t.Fatalf("read %d bytes of %d, right: %v", len(got), r.Size(), bytes.Equal(got, content))
	}
}

// wantErr fails unless err is want.
func wantErr(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got error %v, want %v", what, err, want)
	}
}

// digests lists a bucket.
func digests(t testing.TB, b blob.Bucket) []string {
	t.Helper()
	var all []string
	for o, err := range b.List(t.Context()) {
		if err != nil {
			t.Fatalf("List: %v", err)
		}
		all = append(all, o.Digest)
	}
	return all
}

// wantNothing fails when the bucket holds content or leftovers.
func wantNothing(t testing.TB, b blob.Bucket) {
	t.Helper()
	if all := digests(t, b); len(all) != 0 {
		t.Errorf("content is kept: %v", all)
	}
	wantClean(t, b)
}

// wantClean fails when the bucket holds temporary files or staged uploads.
func wantClean(t testing.TB, b blob.Bucket) {
	t.Helper()
	if n := sweepAll(t, b, nil); n != 0 {
		t.Errorf("%d leftovers", n)
	}
}

// sweepAll sweeps as if everything were old.
func sweepAll(t testing.TB, b blob.Bucket, keep func(string) bool) int {
	t.Helper()
	n, err := b.Sweep(context.WithoutCancel(t.Context()), time.Now().Add(time.Hour), keep)
	if err != nil {
		t.Fatalf("Sweep: %v", err)
	}
	return n
}
