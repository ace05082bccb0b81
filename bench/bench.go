package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"purvey/bench/load"
	"purvey/bench/paired"
	"purvey/bench/peer"
	"purvey/bench/probe"
	"purvey/bench/process"
)

// calmLimit is how long a server may go on working after its slot before the next contender starts all the same.
const calmLimit = 2 * time.Minute

// bench is one run.
type bench struct {
	settings
	work      string // data of the scenario under way
	out       io.Writer
	generator *load.Generator
	closers   []func() error
	faults    []string
	servers   int
	terminal  bool
}

// scenario runs x and stops what it started, the last first.
func (b *bench) scenario(ctx context.Context, x scenario) error {
	err := x.run(ctx, b)
	for _, c := range slices.Backward(b.closers) {
		err = errors.Join(err, c())
	}
	b.closers = nil
	b.say("")
	return err
}

// say shows what is under way on standard error, in one line that the next replaces; only to somebody who looks.
func (b *bench) say(format string, args ...any) {
	if b.terminal {
		fmt.Fprintf(os.Stderr, "\r\x1b[K"+format, args...)
	}
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// folder names a new folder for a server; the server makes it.
func (b *bench) folder(name string) string {
	b.servers++
	return filepath.Join(b.work, fmt.Sprintf("%02d-%s", b.servers, name))
}

// file names a new file.
func (b *bench) file(name string) string { return b.folder(name) }

// absence turns the error of a start into what the table says of a contender that takes no part: peers that are not
// installed are left out quietly, anything else is a fault.
func absence(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, peer.ErrAbsent):
		return err.Error()
	default:
		return "failed: " + err.Error()
	}
}

func (b *bench) startPurvey(ctx context.Context, settings ...string) (*peer.Purvey, error) {
	b.say("starting purvey")
	p, err := peer.StartPurvey(ctx, b.purvey, b.folder("purvey"), settings...)
	if err == nil {
		b.closers = append(b.closers, p.Close)
	}
	return p, err
}

// goods puts a product with one small file on sale, so that an order of it is delivered whole.
func goods(ctx context.Context, p *peer.Purvey) (product string, err error) {
	file, err := p.Upload(ctx, "goods.bin", make([]byte, 10<<10))
	if err != nil {
		return "", err
	}
	return p.Product(ctx, file)
}

// startPurveyWith also loads n licence keys.
func (b *bench) startPurveyWith(ctx context.Context, n int64) (*peer.Purvey, error) {
	p, err := b.startPurvey(ctx)
	if err != nil {
		return nil, err
	}
	err = p.LoadKeys(ctx, n, func(done int64) { b.say("purvey: %d of %d keys loaded", done, n) })
	if err != nil {
		return nil, fmt.Errorf("loading keys: %w", err)
	}
	process.Settle(ctx, p.PID(), calmLimit)
	return p, nil
}

func (b *bench) startPocketBase(ctx context.Context, keys string, log bool) (*peer.PocketBase, error) {
	b.say("starting PocketBase")
	p, err := peer.StartPocketBase(ctx, b.pocketBase(), b.folder("pocketbase"), keys, log)
	if err == nil {
		b.closers = append(b.closers, p.Close)
	}
	return p, err
}

func (b *bench) pocketBase() string { return filepath.Join(b.root, ".cache", "bin", "pocketbase") }

func (b *bench) startNginx(ctx context.Context, folder string) (*process.Child, error) {
	c, err := peer.StartNginx(ctx, b.folder("nginx"), folder)
	if err == nil {
		b.closers = append(b.closers, c.Close)
	}
	return c, err
}

func (b *bench) startPostgres(ctx context.Context) (*peer.Postgres, error) {
	b.say("starting PostgreSQL")
	p, err := peer.StartPostgres(ctx, b.folder("postgres"))
	if err == nil {
		b.closers = append(b.closers, p.Close)
	}
	return p, err
}

// startProbe runs one of the probes as a process of its own.
func (b *bench) startProbe(ctx context.Context, name string, args ...string) (*process.Child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c, err := process.Start("probe "+name, b.file("log"), exec.Command(self, append([]string{"probe", name}, args...)...))
	if err != nil {
		return nil, err
	}
	b.closers = append(b.closers, c.Close)
	return c, c.Announced(ctx, 20*time.Second)
}

// keyFile makes a database of n licence keys for a probe.
func (b *bench) keyFile(n int64) (string, error) {
	b.say("writing %d keys", n)
	file := b.file("keys.db")
	return file, probe.WriteKeys(file, n)
}

// driven is a contender that answers HTTP requests from the load generator.
func (b *bench) driven(name string, pid int, slot load.Slot, req load.Request) paired.Contender {
	return paired.Contender{Name: name, Slot: func(ctx context.Context) (paired.Sample, error) {
		before := process.CPU(pid)
		r, err := b.generator.Run(slot, req)
		if err != nil {
			return paired.Sample{}, err
		}
		s := paired.Sample{Units: float64(r.Requests), Bytes: float64(r.Bytes), Elapsed: r.Elapsed,
			P50: r.Percentile(0.5), P99: r.Percentile(0.99), Client: r.CPU, Fault: faults(r)}
		settle(ctx, pid, before, &s)
		return s, nil
	}}
}

// settle waits for the server to become calm, so that no contender works during the slot of another, and books what
// it spent since before.
func settle(ctx context.Context, pid int, before time.Duration, s *paired.Sample) {
	after, calm := process.Settle(ctx, pid, calmLimit)
	s.After = after
	s.CPU = max(0, process.CPU(pid)-before)
	if !calm && ctx.Err() == nil {
		s.Fault = strings.TrimPrefix(fmt.Sprintf("%s; still at work %v after the slot", s.Fault, calmLimit), "; ")
	}
}

func faults(r load.Report) string {
	var f []string
	if len(r.Refused) > 0 {
		f = append(f, fmt.Sprintf("refused (status:times) %v", r.Refused))
	}
	if r.Cut > 0 {
		f = append(f, fmt.Sprintf("%d connections cut", r.Cut))
	}
	return strings.Join(f, ", ")
}

// unless makes a contender of a server that has started; one that has not (err) takes no part and says why.
func unless(err error, name string, make func(name string) paired.Contender) paired.Contender {
	if err != nil {
		return paired.Contender{Name: name, Absent: absence(err)}
	}
	return make(name)
}

// compare runs the rounds and prints the table.
func (b *bench) compare(ctx context.Context, t paired.Table, contenders []paired.Contender) error {
	t.Series = paired.Run(ctx, b.rounds, contenders, func(round int, name string) {
		b.say("%s: round %d of %d, %s", t.Title, round, b.rounds, name)
	})
	b.say("")
	return b.print(t)
}

// memory tells the resident size of servers that are still up.
func (b *bench) memory(names []string, pids []int) {
	for i, pid := range pids {
		if now, peak := process.Memory(pid); now > 0 {
			fmt.Fprintf(b.out, "  memory of %s: %.0f MB now, %.0f MB at its peak\n", names[i], float64(now)/1e6, float64(peak)/1e6)
		}
	}
}
