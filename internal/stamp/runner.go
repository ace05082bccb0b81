package stamp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Defaults of a Runner.
const (
	DefaultMemory  = 512 << 20 // bytes
	DefaultTimeout = 2 * time.Minute
)

// Runner does jobs in child processes, one for each. The zero value runs this
// program with the argument "stamp-worker". It may be used by many at once;
// how many children run at a time is for the caller to bound.
type Runner struct {
	Exe         string        // the program; empty is this one
	Args        []string      // its arguments; nil is "stamp-worker"
	MemoryLimit int64         // bytes a child may use beyond what it starts with; 0 is DefaultMemory
	Timeout     time.Duration // after which a child is killed; 0 is DefaultTimeout
}

// Run does one job. The file job.Out appears whole or not at all. A child that
// crashed gives ErrBroken; one that ran out of time or memory, ErrTooLarge.
// When ctx ends, the child is killed and Run gives the error of ctx, which
// says nothing about the file.
func (r Runner) Run(ctx context.Context, job Job) error {
	if r.Exe == "" {
		var err error
		if r.Exe, err = os.Executable(); err != nil {
			return err
		}
	}
	if r.Args == nil {
		r.Args = []string{"stamp-worker"}
	}
	if r.MemoryLimit == 0 {
		r.MemoryLimit = DefaultMemory
	}
	if r.Timeout == 0 {
		r.Timeout = DefaultTimeout
	}
	in, err := filepath.Abs(job.In)
	if err != nil {
		return err
	}
	out, err := filepath.Abs(job.Out)
	if err != nil {
		return err
	}
	// A folder of its own, so that a killed child leaves nothing behind.
	dir, err := os.MkdirTemp(filepath.Dir(out), ".stamp-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	job.In, job.Out = in, filepath.Join(dir, "out")
	if f := &job.Options.FontFile; *f != "" {
		if *f, err = filepath.Abs(*f); err != nil {
			return err
		}
	}
	if err := r.child(ctx, task{Job: job, Memory: r.MemoryLimit, Timeout: r.Timeout}); err != nil {
		return err
	}
	return os.Rename(job.Out, out)
}

// child starts the worker, waits for it and reads its answer.
func (r Runner) child(ctx context.Context, t task) error {
	input, err := json.Marshal(t)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	stdout, stderr := &head{max: 64 << 10}, &head{max: 16 << 10}
	c := exec.CommandContext(limited, r.Exe, r.Args...)
	c.Dir = filepath.Dir(t.Out)
	c.Env = []string{"TMPDIR=" + c.Dir} // no secret of the server's environment
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(input), stdout, stderr
	c.WaitDelay = 5 * time.Second
	if err := c.Start(); err != nil {
		return fmt.Errorf("start the stamp worker: %w", err)
	}
	err = c.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if limited.Err() != nil {
		return fmt.Errorf("%w: not done after %v", ErrTooLarge, r.Timeout)
	}
	if err == nil {
		// The answer is the last line; a library may have printed before.
		lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
		var a answer
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &a); err == nil && a.Verdict != "" {
			return a.err()
		}
		return fmt.Errorf("%w: the stamp worker gave no answer", ErrBroken)
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return fmt.Errorf("stamp worker: %w", err)
	}
	first, _, _ := strings.Cut(strings.TrimSpace(stderr.String()), "\n")
	switch {
	case exit.ExitCode() == exitUnready:
		return fmt.Errorf("stamp worker: %s", first)
	case outOfMemory(exit.ProcessState, stderr.String()):
		return fmt.Errorf("%w: out of memory (%v: %s)", ErrTooLarge, exit.ProcessState, first)
	}
	return fmt.Errorf("%w: the stamp worker ended with %v (%s)", ErrBroken, exit.ProcessState, first)
}

// outOfMemory tells a child that hit its limit, or was picked by the kernel
// when the machine ran out, from one that crashed.
func outOfMemory(p *os.ProcessState, stderr string) bool {
	if s, ok := p.Sys().(syscall.WaitStatus); ok && s.Signaled() && s.Signal() == syscall.SIGKILL {
		return true
	}
	for _, sign := range []string{"out of memory", "cannot allocate memory", "failed to allocate", "cannot map pages", "failed to create new OS thread", "pthread_create failed"} {
		if strings.Contains(stderr, sign) {
			return true
		}
	}
	return false
}

// head keeps the first bytes written to it and drops the others.
type head struct {
	bytes.Buffer
	max int
}

func (h *head) Write(p []byte) (int, error) {
	if room := h.max - h.Len(); room > 0 {
		h.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
