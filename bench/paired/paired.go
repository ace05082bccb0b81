// Package paired compares contenders that share a machine with others. Each round runs every contender for one short
// slot (A B C, A B C, ...), and every ratio is taken inside a round before the median over the rounds: what disturbs
// the machine for a minute disturbs both sides of a ratio alike. Absolute figures are printed too, but they hold for
// their minute only.
package paired

import (
	"context"
	"math"
	"slices"
	"time"
)

// Sample is what one slot of one contender gave.
type Sample struct {
	Units   float64 // requests answered with success, batches taken, deliveries made
	Bytes   float64 // of the answers
	Elapsed time.Duration
	P50     time.Duration
	P99     time.Duration
	CPU     time.Duration // of the server's process tree, until it was calm again after the slot
	After   time.Duration // how long it went on working after the slot
	Client  time.Duration // processor time of the measuring side
	Fault   string        // what went wrong beside the units counted, empty when nothing did
}

// Metric is one column.
type Metric int

// The metrics.
const (
	Rate       Metric = iota // units a second
	Finished                 // units a second, the work after the slot included
	Throughput               // MB/s
	P50                      // ms
	P99                      // ms
	CPUPerUnit               // us
	CPUPerGB                 // s
	After                    // ms
	Client                   // processors
)

// Title heads the column.
func (m Metric) Title() string {
	return [...]string{"per s", "done/s", "MB/s", "p50 ms", "p99 ms", "CPU us/unit", "CPU s/GB", "after ms", "client"}[m]
}

// Of takes the metric from a sample; NaN when the slot did not yield it.
func (m Metric) Of(s Sample) float64 {
	switch m {
	case Rate:
		return s.Units / s.Elapsed.Seconds()
	case Finished:
		return s.Units / (s.Elapsed + s.After).Seconds()
	case Throughput:
		return s.Bytes / 1e6 / s.Elapsed.Seconds()
	case P50:
		return milliseconds(s.P50)
	case P99:
		return milliseconds(s.P99)
	case CPUPerUnit:
		return positive(float64(s.CPU.Microseconds()) / s.Units)
	case CPUPerGB:
		return positive(s.CPU.Seconds() / (s.Bytes / 1e9))
	case After:
		return float64(s.After) / float64(time.Millisecond)
	case Client:
		return s.Client.Seconds() / s.Elapsed.Seconds()
	}
	return math.NaN()
}

func milliseconds(d time.Duration) float64 { return positive(float64(d) / float64(time.Millisecond)) }

func positive(v float64) float64 {
	if v > 0 && !math.IsInf(v, 0) {
		return v
	}
	return math.NaN()
}

// Contender is one side of a comparison. When Absent says why it cannot take part, Slot is not called.
type Contender struct {
	Name   string
	Absent string
	Slot   func(context.Context) (Sample, error)
}

// Series is what a contender gave over the rounds.
type Series struct {
	Name    string
	Absent  string // not measured, and why
	Samples []Sample
}

// Run makes one round that is thrown away, then the given number. A contender whose slot fails takes no further part
// and is reported as absent with its error.
func Run(ctx context.Context, rounds int, contenders []Contender, progress func(round int, name string)) []Series {
	all := make([]Series, len(contenders))
	for i, c := range contenders {
		all[i] = Series{Name: c.Name, Absent: c.Absent}
	}
	for round := range rounds + 1 {
		for i, c := range contenders {
			if all[i].Absent != "" {
				continue
			}
			progress(round, c.Name)
			s, err := c.Slot(ctx)
			if ctx.Err() != nil {
				return all
			}
			switch {
			case err != nil:
				all[i] = Series{Name: c.Name, Absent: "failed: " + err.Error()}
			case round > 0:
				all[i].Samples = append(all[i].Samples, s)
			}
		}
	}
	return all
}

// Spread is a median with its quartiles.
type Spread struct{ Median, Q1, Q3 float64 }

// SpreadOf leaves NaN out; without any value all three are NaN.
func SpreadOf(values []float64) Spread {
	v := slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	slices.Sort(v)
	n := len(v)
	if n == 0 {
		return Spread{math.NaN(), math.NaN(), math.NaN()}
	}
	return Spread{(v[(n-1)/2] + v[n/2]) / 2, v[n/4], v[n*3/4]}
}

// Values takes one metric from every round.
func (s Series) Values(m Metric) []float64 {
	v := make([]float64, len(s.Samples))
	for i, x := range s.Samples {
		v[i] = m.Of(x)
	}
	return v
}

// Ratio divides two metrics round by round.
func Ratio(of Series, by Series, m Metric) []float64 {
	a, b := of.Values(m), by.Values(m)
	n := min(len(a), len(b))
	r := make([]float64, n)
	for i := range n {
		r[i] = a[i] / b[i]
		if math.IsInf(r[i], 0) {
			r[i] = math.NaN()
		}
	}
	return r
}
