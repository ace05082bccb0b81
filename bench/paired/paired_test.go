package paired_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"purvey/bench/paired"
)

func constant(name string, units float64) paired.Contender {
	return paired.Contender{Name: name, Slot: func(context.Context) (paired.Sample, error) {
		return paired.Sample{Units: units, Elapsed: time.Second, After: time.Second, P50: time.Millisecond, CPU: time.Second}, nil
	}}
}

func quiet(int, string) {}

func TestRatiosAreTakenRoundByRound(t *testing.T) {
	t.Parallel()
	// The machine slows down to a tenth in the course of the run, for both alike.
	speed := 1000.0
	side := func(name string, factor float64) paired.Contender {
		return paired.Contender{Name: name, Slot: func(context.Context) (paired.Sample, error) {
			if name == "a" {
				speed *= 0.7
			}
			return paired.Sample{Units: speed * factor, Elapsed: time.Second}, nil
		}}
	}
	s := paired.Run(t.Context(), 7, []paired.Contender{side("a", 1), side("b", 0.5)}, quiet)
	r := paired.SpreadOf(paired.Ratio(s[1], s[0], paired.Rate))
	if len(s[0].Samples) != 7 || math.Abs(r.Median-0.5) > 1e-9 || math.Abs(r.Q1-0.5) > 1e-9 || math.Abs(r.Q3-0.5) > 1e-9 {
		t.Errorf("%d samples, ratio %+v", len(s[0].Samples), r)
	}
}

func TestSpread(t *testing.T) {
	t.Parallel()
	if s := paired.SpreadOf([]float64{4, 1, math.NaN(), 3, 2}); s.Median != 2.5 || s.Q1 != 2 || s.Q3 != 4 {
		t.Errorf("%+v", s)
	}
	if s := paired.SpreadOf(nil); !math.IsNaN(s.Median) {
		t.Errorf("%+v", s)
	}
}

func TestTableTellsWhatIsMissing(t *testing.T) {
	t.Parallel()
	broken := paired.Contender{Name: "broken", Slot: func(context.Context) (paired.Sample, error) { return paired.Sample{}, errors.New("no answer") }}
	table := paired.Table{
		Title: "things", Unit: "thing", Columns: []paired.Metric{paired.Rate, paired.Finished, paired.CPUPerUnit, paired.P99}, Ratio: paired.Rate,
		Series: paired.Run(t.Context(), 3, []paired.Contender{constant("bare", 1000), constant("ours", 800), broken, {Name: "peer", Absent: "peer is not installed"}}, quiet),
		Goals: []paired.Goal{
			{Name: "G1", Of: "ours", By: "bare", Metric: paired.Rate, AtLeast: 0.75},
			{Name: "G2", Of: "ours", By: "bare", Metric: paired.CPUPerUnit, AtMost: 1.1},
			{Name: "G3", Of: "ours", By: "peer", Metric: paired.Rate, AtLeast: 2},
			{Name: "told", Of: "ours", By: "bare", Metric: paired.Finished},
		},
	}
	var out strings.Builder
	if err := table.Write(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"0.80 (0.80-0.80); goal >= 0.75: met\n", "1.25 (1.25-1.25); goal <= 1.10: MISSED\n", "not measured; goal >= 2.00\n", "done/s = 0.80 (0.80-0.80)\n",
		"not measured: peer (peer is not installed)", "not measured: broken (failed: no answer)", "FAULT broken failed: no answer",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
	if f := table.Faults(); len(f) != 1 {
		t.Errorf("faults: %q", f)
	}
}
