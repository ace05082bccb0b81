// Package process starts the servers under test as children, waits until they answer, measures what their whole
// process tree spends, and stops them.
package process

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"time"
)

var announced = regexp.MustCompile(`listening on (http://[0-9.]+:[0-9]+)`)

// Child is a running server. Its output goes to a file, not through the measuring process.
type Child struct {
	Name string
	URL  string // origin, once known
	Stop os.Signal
	cmd  *exec.Cmd
	log  string
	done chan struct{}
}

// Start runs cmd with both outputs in the file log.
func Start(name, log string, cmd *exec.Cmd) (*Child, error) {
	f, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	cmd.Stdout, cmd.Stderr = f, f
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	c := &Child{Name: name, Stop: syscall.SIGTERM, cmd: cmd, log: log, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // how it ended is told by its log
		close(c.done)
	}()
	return c, nil
}

// PID is the root of the process tree.
func (c *Child) PID() int { return c.cmd.Process.Pid }

// Announced waits until the child has written a line with "listening on http://ADDRESS" and keeps that as its URL.
func (c *Child) Announced(ctx context.Context, limit time.Duration) error {
	return c.wait(ctx, limit, func() bool {
		text, err := os.ReadFile(c.log)
		if err != nil {
			return false
		}
		m := announced.FindSubmatch(text)
		if m == nil {
			return false
		}
		c.URL = string(m[1])
		return true
	})
}

// Answers waits until a GET of url is answered with 200.
func (c *Child) Answers(ctx context.Context, limit time.Duration, url string) error {
	client := http.Client{Timeout: time.Second}
	return c.wait(ctx, limit, func() bool {
		r, err := client.Get(url)
		if err != nil {
			return false
		}
		r.Body.Close()
		return r.StatusCode == http.StatusOK
	})
}

// Until waits until ready says so.
func (c *Child) Until(ctx context.Context, limit time.Duration, ready func() bool) error {
	return c.wait(ctx, limit, ready)
}

func (c *Child) wait(ctx context.Context, limit time.Duration, ready func() bool) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.After(limit)
	for !ready() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-c.done:
			return fmt.Errorf("%s ended before it was ready:\n%s", c.Name, c.Tail())
		case <-late:
			return fmt.Errorf("%s was not ready after %v:\n%s", c.Name, limit, c.Tail())
		}
	}
	return nil
}

// Tail is the end of what the child wrote.
func (c *Child) Tail() string {
	text, err := os.ReadFile(c.log)
	if err != nil {
		return err.Error()
	}
	s := strings.TrimSpace(string(text))
	if len(s) > 600 {
		s = "... " + s[len(s)-600:]
	}
	return s
}

// Close sends the Stop signal and waits; a child that is still there after ten seconds is killed.
func (c *Child) Close() error {
	if err := c.cmd.Process.Signal(c.Stop); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-c.done:
		return nil
	case <-time.After(10 * time.Second):
	}
	if err := c.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-c.done
	return fmt.Errorf("%s had to be killed", c.Name)
}

// FreePort finds a port of 127.0.0.1 for a server that cannot pick one itself.
func FreePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
