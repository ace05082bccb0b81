package paired

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
)

// Goal is a ratio that matters, and the bound that the project has set itself for its median; without a bound the
// ratio is only told.
type Goal struct {
	Name    string // as in "G7 orders a second"
	Of, By  string // names of contenders
	Metric  Metric
	AtLeast float64 // 0: no lower bound
	AtMost  float64 // 0: no upper bound
}

// Table is one comparison, ready to print. Ratios in the table are to the first contender.
type Table struct {
	Title   string
	Unit    string // what one unit is, as in "order"
	Columns []Metric
	Ratio   Metric
	Series  []Series
	Goals   []Goal
}

// Faults lists what went wrong in any slot: contenders that failed, answers that were refused.
func (t Table) Faults() (faults []string) {
	for _, s := range t.Series {
		if strings.HasPrefix(s.Absent, "failed") {
			faults = append(faults, s.Name+" "+s.Absent)
		}
		for _, x := range s.Samples {
			if x.Fault != "" {
				faults = append(faults, s.Name+": "+x.Fault)
				break
			}
		}
	}
	return faults
}

// Write prints the table, the goals it decides and the faults.
func (t Table) Write(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "\n## %s (unit: %s)\n", t.Title, t.Unit)
	fmt.Fprint(tw, "contender\t")
	for _, c := range t.Columns {
		fmt.Fprintf(tw, "%s\t", c.Title())
	}
	fmt.Fprintf(tw, "ratio of %s\tq1-q3\t\n", t.Ratio.Title())
	for _, s := range t.Series {
		if len(s.Samples) == 0 {
			continue
		}
		fmt.Fprintf(tw, "%s\t", s.Name)
		for _, c := range t.Columns {
			fmt.Fprintf(tw, "%s\t", figure(SpreadOf(s.Values(c)).Median))
		}
		r := SpreadOf(Ratio(s, t.reference(), t.Ratio))
		fmt.Fprintf(tw, "%s\t%s-%s\t\n", ratio(r.Median), ratio(r.Q1), ratio(r.Q3))
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, s := range t.Series {
		if len(s.Samples) == 0 {
			fmt.Fprintf(w, "  not measured: %s (%s)\n", s.Name, orElse(s.Absent, "stopped early"))
		}
	}
	for _, g := range t.Goals {
		fmt.Fprintln(w, "  "+t.verdict(g))
	}
	for _, f := range t.Faults() {
		fmt.Fprintln(w, "  FAULT "+f)
	}
	return nil
}

func (t Table) reference() Series {
	for _, s := range t.Series {
		if len(s.Samples) > 0 {
			return s
		}
	}
	return Series{}
}

func (t Table) series(name string) Series {
	for _, s := range t.Series {
		if s.Name == name {
			return s
		}
	}
	return Series{}
}

func (t Table) verdict(g Goal) string {
	r := SpreadOf(Ratio(t.series(g.Of), t.series(g.By), g.Metric))
	line := fmt.Sprintf("%s: %s / %s in %s = ", g.Name, g.Of, g.By, g.Metric.Title())
	bound, met := "", true
	if g.AtLeast > 0 {
		bound, met = "; goal >= "+ratio(g.AtLeast), r.Median >= g.AtLeast
	}
	if g.AtMost > 0 {
		bound, met = "; goal <= "+ratio(g.AtMost), r.Median <= g.AtMost
	}
	if math.IsNaN(r.Median) {
		return line + "not measured" + bound
	}
	line += fmt.Sprintf("%s (%s-%s)%s", ratio(r.Median), ratio(r.Q1), ratio(r.Q3), bound)
	switch {
	case bound == "":
		return line
	case met:
		return line + ": met"
	}
	return line + ": MISSED"
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func figure(v float64) string {
	switch {
	case math.IsNaN(v):
		return "-"
	case v == 0:
		return "0"
	case v < 10:
		return fmt.Sprintf("%.3f", v)
	case v < 1000:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

func ratio(v float64) string {
	switch {
	case math.IsNaN(v):
		return "-"
	case v < 0.1:
		return fmt.Sprintf("%.4f", v)
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.1f", v)
}
