package process_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"purvey/bench/process"
)

func TestChildIsHeardMeasuredAndStopped(t *testing.T) {
	t.Parallel()
	// A shell that announces itself, works for a while in a process of its own, and then waits for the signal.
	script := `echo "srv: listening on http://127.0.0.1:1234"; sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'; read -r x < "$1"`
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := exec.Command("mkfifo", fifo).Run(); err != nil {
		t.Fatal(err)
	}
	c, err := process.Start("sh", filepath.Join(t.TempDir(), "log"), exec.Command("sh", "-c", script, "sh", fifo))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Announced(t.Context(), 10*time.Second); err != nil || c.URL != "http://127.0.0.1:1234" {
		t.Fatal(err, c.URL)
	}
	busy, calm := process.Settle(t.Context(), c.PID(), 30*time.Second)
	if !calm || busy == 0 {
		t.Errorf("busy for %v, calm %v", busy, calm)
	}
	if now, peak := process.Memory(c.PID()); now == 0 || peak < now {
		t.Errorf("memory %d, peak %d", now, peak)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestChildThatEndsEarlyIsReportedWithItsWords(t *testing.T) {
	t.Parallel()
	c, err := process.Start("sh", filepath.Join(t.TempDir(), "log"), exec.Command("sh", "-c", "echo no database; exit 3"))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Announced(t.Context(), 10*time.Second); err == nil || !strings.Contains(err.Error(), "no database") {
		t.Errorf("error %v", err)
	}
}

func TestOwnProcessorTimeGrows(t *testing.T) {
	t.Parallel()
	before := process.CPU(os.Getpid())
	for begin := time.Now(); time.Since(begin) < 30*time.Millisecond; {
		strings.Repeat("x", 1000)
	}
	if got := process.CPU(os.Getpid()) - before; got <= 0 || process.CPU(0) != 0 {
		t.Errorf("%v", got)
	}
}
