package blobtest

import (
	"context"
	"crypto/rand"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"purvey/internal/blob"
)

// S3Server is a real S3 service on this machine, with one bucket.
type S3Server struct {
	Endpoint string // http://127.0.0.1:port
	Bucket   string
	Folder   string // where it keeps the objects of the bucket, each a plain file
	keyID    string
	secret   string
}

// StartS3 runs scripts/s3-server on a free port until the test is over. It
// fails the test when the server cannot be built or does not answer.
func StartS3(t testing.TB) *S3Server {
	t.Helper()
	script := filepath.Join(moduleRoot(t), "scripts", "s3-server")
	build := exec.Command(script, "build")
	var why strings.Builder
	build.Stderr = &why
	if err := build.Run(); err != nil {
		t.Fatalf("the S3 server for tests cannot be built (%v): run scripts/s3-server build\n%s", err, why.String())
	}
	folder := t.TempDir()
	s := &S3Server{Bucket: "purvey-test", keyID: "k" + strings.ToLower(rand.Text()), secret: rand.Text()}
	s.Folder = filepath.Join(folder, "data", s.Bucket)
	if err := os.MkdirAll(s.Folder, 0o700); err != nil {
		t.Fatal(err)
	}
	// Between our look for a free port and the server's start somebody else may
	// take it; then the server ends at once and the next port is tried.
	for range 5 {
		if s.start(t, script, folder) {
			return s
		}
	}
	out, _ := os.ReadFile(filepath.Join(folder, "log"))
	t.Fatalf("the S3 server for tests does not start:\n%s", out)
	return nil
}

// start tries one port.
func (s *S3Server) start(t testing.TB, script, folder string) bool {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	log, err := os.OpenFile(filepath.Join(folder, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(script, "run", addr, folder)
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+s.keyID, "ROOT_SECRET_KEY="+s.secret)
	cmd.Stdout, cmd.Stderr = log, log
	alive, err := cmd.StdinPipe() // the server ends when this is closed, also by our death
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	s.Endpoint = "http://" + addr
	if !s.answers(ended) {
		alive.Close()
		<-ended
		return false
	}
	t.Cleanup(func() {
		alive.Close()
		<-ended
	})
	return true
}

// answers waits for the server to take our key, which no other one would.
func (s *S3Server) answers(ended chan error) bool {
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	late := time.After(30 * time.Second)
	for {
		select {
		case err := <-ended:
			ended <- err
			return false
		case <-late:
			return false
		case <-poll.C:
			c, err := net.Dial("tcp", strings.TrimPrefix(s.Endpoint, "http://"))
			if err != nil {
				continue
			}
			c.Close()
			if _, err := blob.Open(context.Background(), s.NewURL(), "", s.Env); err == nil {
				return true
			}
		}
	}
}

// NewURL is the storage URL of a prefix in the bucket that nobody used.
func (s *S3Server) NewURL() string {
	return "s3://" + s.Bucket + "/" + strings.ToLower(rand.Text()) + "?region=us-east-1&endpoint=" + url.QueryEscape(s.Endpoint)
}

// Env gives the credentials as environment variables.
func (s *S3Server) Env(name string) string {
	switch name {
	case "AWS_ACCESS_KEY_ID":
		return s.keyID
	case "AWS_SECRET_ACCESS_KEY":
		return s.secret
	}
	return ""
}

// Environ is Env in the form of a process environment.
func (s *S3Server) Environ() []string {
	return []string{"AWS_ACCESS_KEY_ID=" + s.keyID, "AWS_SECRET_ACCESS_KEY=" + s.secret}
}

// NewBucket opens the storage of a fresh prefix.
func (s *S3Server) NewBucket(t testing.TB) blob.Bucket {
	t.Helper()
	b, err := blob.Open(context.Background(), s.NewURL(), "", s.Env)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// moduleRoot is the folder of go.mod, above the folder of the running test.
func moduleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the folder of the test")
		}
		dir = up
	}
}
