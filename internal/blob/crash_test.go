package blob_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"purvey/internal/blob"
	"purvey/internal/blob/blobtest"
)

// The tests of crashes run this program again as a child, feed it through its
// standard input and kill it in the middle. childCall says what a child does.
const childCall = "BLOB_TEST_CHILD"

func TestMain(m *testing.M) {
	if call := os.Getenv(childCall); call != "" {
		if err := child(call); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func child(call string) error {
	ctx := context.Background()
	b, err := blob.Open(ctx, os.Getenv("BLOB_TEST_URL"), os.Getenv("BLOB_TEST_DATA"), os.Getenv)
	if err != nil {
		return err
	}
	if call == "put" {
		_, err = b.Put(ctx, os.Stdin, 0)
		return err
	}
	at, err := b.Staged(ctx, "u")
	if err == nil {
		_, err = b.Append(ctx, "u", at, os.Stdin)
	}
	return err
}

// feedAndKill starts a child, gives it content and kills it when it has read
// all but what a pipe holds.
func feedAndKill(t *testing.T, call string, env []string, content []byte) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), append(env, childCall+"="+call)...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Write(content); err != nil {
		t.Errorf("the child went too early: %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the child was not killed")
	}
}

// killed kills a process in Put, where a leftover must be swept and nothing
// else remain, and again and again in Append, where the upload must go on from
// what is staged.
func killed(t *testing.T, url, data string, server *blobtest.S3Server) {
	env := []string{"BLOB_TEST_URL=" + url, "BLOB_TEST_DATA=" + data}
	getenv := func(string) string { return "" }
	if server != nil {
		env, getenv = append(env, server.Environ()...), server.Env
	}
	b, err := blob.Open(t.Context(), url, data, getenv)
	if err != nil {
		t.Fatal(err)
	}
	sweep := func() int {
		n, err := b.Sweep(t.Context(), time.Now().Add(time.Hour), nil)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	feedAndKill(t, "put", env, blobtest.Random(60, 40*mib))
	for o, err := range b.List(t.Context()) {
		t.Errorf("a part of a content is kept: %+v, %v", o, err)
	}
	if n := sweep(); n != 1 {
		t.Errorf("swept %d leftovers, want 1", n)
	}
	if n := sweep(); n != 0 {
		t.Errorf("swept %d leftovers again", n)
	}
	content := blobtest.Random(61, 60*mib)
	rng := rand.New(rand.NewPCG(62, 0))
	at := int64(0)
	for range 6 {
		next := at + rng.Int64N(min(int64(len(content))-at, 20*mib))
		feedAndKill(t, "append", env, content[at:next])
		staged, err := b.Staged(t.Context(), "u")
		if err != nil || staged < at || staged > next {
			t.Fatalf("staged %d after %d to %d were sent: %v", staged, at, next, err)
		}
		at = staged
	}
	mustAppend(t, b, "u", at, content[at:])
	st, err := b.Finish(t.Context(), "u")
	if err != nil || !bytes.Equal([]byte(st.Digest), []byte(blobtest.Digest(content))) {
		t.Errorf("Finish: %+v, %v", st, err)
	}
	if err := b.Verify(t.Context(), st.Digest); err != nil {
		t.Error(err)
	}
}

func TestDirKilled(t *testing.T) {
	t.Parallel()
	killed(t, "", t.TempDir(), nil)
}
