package process

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of /proc/PID/stat, fixed at 100 per second by the kernel's interface.
const tick = 10 * time.Millisecond

// tree lists pid and its descendants.
func tree(pid int) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	parent := map[int]int{}
	for _, e := range entries {
		n, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if f := stat(n); len(f) > 1 {
			parent[n], _ = strconv.Atoi(f[1])
		}
	}
	var pids []int
	for n := range parent {
		for p := n; p > 1; p = parent[p] {
			if p == pid {
				pids = append(pids, n)
				break
			}
		}
	}
	return pids
}

// stat gives the fields of /proc/PID/stat after the name, the state first.
func stat(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	i := bytes.LastIndexByte(text, ')')
	if i < 0 || i+2 > len(text) {
		return nil
	}
	return strings.Fields(string(text[i+2:]))
}

// CPU is the processor time that pid and its descendants have used so far; 0 for pid 0.
func CPU(pid int) time.Duration {
	if pid == 0 {
		return 0
	}
	return cpuOf(tree(pid))
}

// cpuOf adds up the nanosecond counters of all threads, and falls back on the 10 ms counters of the process where the
// kernel keeps no others.
func cpuOf(pids []int) (sum time.Duration) {
	for _, p := range pids {
		var fine time.Duration
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", p))
		for _, t := range threads {
			text, err := os.ReadFile(t)
			if err != nil {
				continue // the thread has ended since
			}
			first, _, _ := strings.Cut(string(text), " ")
			n, _ := strconv.ParseInt(first, 10, 64)
			fine += time.Duration(n)
		}
		if fine == 0 {
			if f := stat(p); len(f) > 12 {
				user, _ := strconv.Atoi(f[11])
				system, _ := strconv.Atoi(f[12])
				fine = time.Duration(user+system) * tick
			}
		}
		sum += fine
	}
	return sum
}

// Memory is the resident size of the process tree now and the sum of its processes' peaks, in bytes.
func Memory(pid int) (now, peak int64) {
	for _, p := range tree(pid) {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			name, rest, _ := strings.Cut(line, ":")
			f := strings.Fields(rest)
			if len(f) == 0 {
				continue
			}
			kb, _ := strconv.ParseInt(f[0], 10, 64)
			switch name {
			case "VmRSS":
				now += kb << 10
			case "VmHWM":
				peak += kb << 10
			}
		}
	}
	return now, peak
}

// Settle waits until the process tree is calm (below 4 % of a processor for three windows of 20 ms running) and says for
// how long it was not. calm is false when limit passed first.
func Settle(ctx context.Context, pid int, limit time.Duration) (busy time.Duration, calm bool) {
	const window = 20 * time.Millisecond
	if pid == 0 {
		return 0, true
	}
	begin := time.Now()
	pids := tree(pid)
	last, quiet := cpuOf(pids), 0
	t := time.NewTicker(window)
	defer t.Stop()
	for busy < limit {
		select {
		case <-ctx.Done():
			return time.Since(begin), false
		case <-t.C:
		}
		now := cpuOf(pids)
		if now-last < window*4/100 {
			quiet++
		} else {
			quiet = 0
			busy = time.Since(begin)
		}
		last = now
		if quiet == 3 {
			return busy, true
		}
	}
	return busy, false
}
