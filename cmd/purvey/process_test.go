package main_test

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// builtOnce is the program as it is shipped, built once for all tests that
// need a process of its own.
var builtOnce = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "purvey-test")
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "purvey")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", bin, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", &buildError{string(out)}
	}
	return bin, nil
})

type buildError struct{ output string }

func (e *buildError) Error() string { return "the program does not build:\n" + e.output }

func purveyBinary(t *testing.T) string {
	t.Helper()
	bin, err := builtOnce()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// process is a running server.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	url    string
	stderr *errorText
	mu     sync.Mutex
	lines  []string
	gone   chan struct{}
}

// errorText is what a running server has written to stderr so far.
type errorText struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (e *errorText) Write(b []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.buf.Write(b)
}

func (e *errorText) String() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.buf.String()
}

// startServer starts a server on a port of its own choice and waits for its
// ready line.
func startServer(t *testing.T, data string, env ...string) *process {
	t.Helper()
	cmd := exec.Command(purveyBinary(t), "serve", "--data", data, "--addr", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), env...)
	return startCommand(t, cmd)
}

// startCommand is startServer for a command that becomes a server in the end.
func startCommand(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, cmd: cmd, stderr: &errorText{}, gone: make(chan struct{})}
	p.cmd.Stderr = p.stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan string, 1)
	go func() {
		defer close(p.gone)
		scan := bufio.NewScanner(out)
		for scan.Scan() {
			line := scan.Text()
			p.mu.Lock()
			p.lines = append(p.lines, line)
			p.mu.Unlock()
			if url, ok := strings.CutPrefix(line, "purvey: listening on "); ok {
				ready <- url
			}
		}
		_ = p.cmd.Wait()
	}()
	t.Cleanup(p.kill)
	select {
	case p.url = <-ready:
	case <-p.gone:
		t.Fatalf("the server ended:\n%s", p.stderr)
	case <-time.After(30 * time.Second):
		p.kill()
		t.Fatalf("no ready line:\n%s", p.stderr)
	}
	return p
}

// kill is kill -9.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.gone
}

// runPurveyEnv runs a command with more environment and gives what it prints
// on stdout.
func runPurveyEnv(t *testing.T, env []string, args ...string) string {
	t.Helper()
	cmd := exec.Command(purveyBinary(t), args...)
	cmd.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("purvey %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return strings.TrimSpace(string(out))
}
