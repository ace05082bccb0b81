package overview

import (
	"sort"
	"time"

	"purvey"
)

// Granularity is the length of one step of a series.
type Granularity string

// The granularities. Days and weeks are those of the shop's time zone; a week
// begins on Monday.
const (
	Hour Granularity = "hour"
	Day  Granularity = "day"
	Week Granularity = "week"
)

// Query asks for a period.
type Query struct {
	Start, End  time.Time // zero: the last 28 days, today included; the end is now
	Granularity Granularity
}

const (
	daysShown = 28
	maxSteps  = 1000
)

// Period is a time and the steps it is shown in. A step begins where the local
// hour, day or week does, the first of them at the period's start.
type Period struct {
	Start, End time.Time
	steps      []time.Time
}

// step gives the number of the step that a time of the period lies in.
func (p Period) step(t time.Time) int {
	return max(0, sort.Search(len(p.steps), func(i int) bool { return p.steps[i].After(t) })-1)
}

// periods gives the asked period and the one before, which has as many steps
// and begins and ends at the same hour of the local clock.
func (q Query) periods(now time.Time, zone *time.Location) (p, before Period, err error) {
	if q.Granularity == "" {
		q.Granularity = Day
	}
	if q.End.IsZero() {
		q.End = now
	}
	if q.Start.IsZero() {
		y, m, d := q.End.In(zone).Date()
		q.Start = time.Date(y, m, d-daysShown+1, 0, 0, 0, 0, zone)
	}
	if !q.Start.Before(q.End) {
		return p, before, purvey.BadField("start", "must be before end")
	}
	p = Period{Start: q.Start.UTC(), End: q.End.UTC()}
	if p.steps = q.Granularity.steps(p, zone); len(p.steps) > maxSteps {
		return p, before, purvey.BadField("granularity", "must leave at most %d steps between start and end", maxSteps)
	}
	n := len(p.steps)
	before = Period{Start: q.Granularity.back(p.Start, n, zone), End: q.Granularity.back(p.End, n, zone)}
	if !before.Start.Before(before.End) { // an hour that the clock left out
		before.End = before.Start.Add(p.End.Sub(p.Start))
	}
	before.steps = q.Granularity.steps(before, zone)
	for len(before.steps) < n { // a clock that was put forward has fewer hours
		before.steps = append(before.steps, before.End)
	}
	before.steps = before.steps[:n]
	return p, before, nil
}

// back goes some steps back from a time.
func (g Granularity) back(t time.Time, n int, zone *time.Location) time.Time {
	switch g {
	case Hour:
		return t.Add(-time.Duration(n) * time.Hour)
	case Week:
		n *= 7
	}
	return t.In(zone).AddDate(0, 0, -n).UTC()
}

// steps cuts a period. It stops soon after the bound of steps.
func (g Granularity) steps(p Period, zone *time.Location) []time.Time {
	out := []time.Time{p.Start}
	for len(out) <= maxSteps {
		next := g.after(out[len(out)-1], zone)
		if !next.Before(p.End) {
			break
		}
		out = append(out, next)
	}
	return out
}

// after gives the beginning of the next step.
func (g Granularity) after(t time.Time, zone *time.Location) time.Time {
	local := t.In(zone)
	y, m, d := local.Date()
	switch g {
	case Hour:
		into := time.Duration(local.Minute())*time.Minute + time.Duration(local.Second())*time.Second + time.Duration(local.Nanosecond())
		return t.Add(time.Hour - into).UTC()
	case Week:
		since := (int(local.Weekday()) + 6) % 7 // Monday is 0
		return startOfDay(y, m, d+7-since, zone)
	default:
		return startOfDay(y, m, d+1, zone)
	}
}

// startOfDay is the first moment of a day, also where the clock is put forward
// at midnight.
func startOfDay(y int, m time.Month, d int, zone *time.Location) time.Time {
	t := time.Date(y, m, d, 0, 0, 0, 0, zone)
	if _, _, day := t.Date(); day != time.Date(y, m, d, 12, 0, 0, 0, zone).Day() {
		// Midnight does not exist, and was taken for the evening before.
		_, t = t.ZoneBounds()
	}
	return t.UTC()
}
