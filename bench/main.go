// Bench measures Purvey beside the bare programs and the products that bound it, in pairs. Start it by bench/run; how
// to read what it prints is told in README.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"purvey/bench/load"
	"purvey/bench/paired"
	"purvey/bench/probe"
)

func main() {
	var err error
	if len(os.Args) > 1 && os.Args[1] == "probe" {
		err = probe.Main(os.Args[2:])
	} else {
		err = measure()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// settings are the flags.
type settings struct {
	root    string // of the repository
	out     string // folder of the report and of the servers' data
	purvey  string
	rounds  int
	slot    time.Duration
	keys    int64
	asked   int
	big     int
	clients clientList
	smoke   bool
	keep    bool
}

// clientList is a flag such as 1,16,64.
type clientList []int

func (c *clientList) String() string {
	s := make([]string, len(*c))
	for i, n := range *c {
		s[i] = strconv.Itoa(n)
	}
	return strings.Join(s, ",")
}

func (c *clientList) Set(s string) error {
	*c = nil
	for f := range strings.SplitSeq(s, ",") {
		n, err := strconv.Atoi(f)
		if err != nil || n < 1 {
			return fmt.Errorf("%q is not a number of clients", f)
		}
		*c = append(*c, n)
	}
	return nil
}

// scenario is one subject; all of them write their tables through b.print.
type scenario struct {
	name string
	run  func(context.Context, *bench) error
}

func scenarios() []scenario {
	return []scenario{{"orders", orders}, {"validate", validate}, {"batch", batch}, {"downloads", downloads}, {"webhooks", webhooks}, {"stamp", stamping}}
}

func parse(args []string) (settings, []scenario, error) {
	s := settings{clients: clientList{1, 16, 64}}
	f := flag.NewFlagSet("bench/run", flag.ContinueOnError)
	f.Usage = func() {
		fmt.Fprintln(f.Output(), "usage: bench/run orders|validate|batch|downloads|webhooks|stamp|all [flags]")
		f.PrintDefaults()
	}
	f.StringVar(&s.root, "root", os.Getenv("BENCH_ROOT"), "the repository (default $BENCH_ROOT, which bench/run sets)")
	f.StringVar(&s.purvey, "purvey", "", "the binary (default bin/purvey of the repository)")
	f.IntVar(&s.rounds, "rounds", 7, "rounds that count")
	f.DurationVar(&s.slot, "slot", 400*time.Millisecond, "length of a slot")
	f.Int64Var(&s.keys, "keys", 1_000_000, "licence keys in the large inventories")
	f.IntVar(&s.asked, "asked", 20_000, "different keys that validate asks for, drawn from the inventory")
	f.IntVar(&s.big, "big", 100, "size of the large file, MB")
	f.Var(&s.clients, "clients", "numbers of clients of orders and validate")
	f.BoolVar(&s.smoke, "smoke", os.Getenv("SMOKE") == "1", "one round of 50 ms on small data: checks that everything runs, measures nothing")
	f.BoolVar(&s.keep, "keep", false, "keep the servers' data and logs")
	var chosen []scenario
	names, flags := split(args)
	if err := f.Parse(flags); err != nil {
		return s, nil, err
	}
	for _, name := range append(names, f.Args()...) {
		known := len(chosen)
		for _, x := range scenarios() {
			if name == x.name || name == "all" {
				chosen = append(chosen, x)
			}
		}
		if known == len(chosen) {
			return s, nil, fmt.Errorf("unknown scenario %q", name)
		}
	}
	if len(chosen) == 0 {
		f.Usage()
		return s, nil, errors.New("name a scenario")
	}
	if s.smoke {
		s.rounds, s.slot, s.keys, s.big = 1, 50*time.Millisecond, 20_000, 30
	}
	return s, chosen, s.paths()
}

func split(args []string) (names, flags []string) {
	for i, a := range args {
		if strings.HasPrefix(a, "-") {
			return args[:i], args[i:]
		}
	}
	return args, nil
}

func (s *settings) paths() (err error) {
	if s.root, err = filepath.Abs(s.root); err != nil {
		return err
	}
	if s.purvey == "" {
		s.purvey = filepath.Join(s.root, "bin", "purvey")
	}
	s.purvey, err = filepath.Abs(s.purvey)
	s.out = filepath.Join(s.root, "bench", "out")
	return err
}

func measure() error {
	s, chosen, err := parse(os.Args[1:])
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := os.MkdirAll(s.out, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(s.out, "work-")
	if err != nil {
		return err
	}
	if !s.keep {
		defer os.RemoveAll(work)
	}
	if err := os.Chmod(work, 0o755); err != nil { // PostgreSQL runs as another user
		return err
	}
	report, err := os.Create(filepath.Join(s.out, "latest.txt"))
	if err != nil {
		return err
	}
	defer report.Close()
	b := &bench{settings: s, work: work, out: io.MultiWriter(os.Stdout, report), generator: load.New(), terminal: isTerminal(os.Stderr)}
	describe(b.out, s, os.Args[1:])
	for _, x := range chosen {
		if err := b.scenario(ctx, x); err != nil {
			b.faults = append(b.faults, x.name+": "+err.Error())
			fmt.Fprintf(b.out, "\n%s stopped: %v\n", x.name, err)
		}
		if ctx.Err() != nil {
			return errors.New("interrupted")
		}
	}
	if len(b.faults) > 0 {
		return fmt.Errorf("%d faults, named in the report", len(b.faults))
	}
	return nil
}

// print writes a table to the report.
func (b *bench) print(t paired.Table) error {
	b.faults = append(b.faults, t.Faults()...)
	return t.Write(b.out)
}
