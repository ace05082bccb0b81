package purvey_test

import (
	"testing"
	"time"

	"purvey"
)

// PUB-34: periods are calendar months that end at the shop's midnight; they
// follow one another on the day on which the first began, or the month's last.
func TestPUB34_Periods(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/Argentina/Buenos_Aires") // three hours behind
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		begun  string
		months int
		dues   []string // "" is on time, at the end of the period before
		want   string
	}{
		{"2026-01-05 12:00", 1, nil, "2026-02-06 00:00"},
		{"2026-01-31 10:00", 1, nil, "2026-03-01 00:00"},
		{"2026-01-31 10:00", 1, []string{"2026-02-28 10:00"}, "2026-04-01 00:00"},
		{"2026-01-31 10:00", 1, []string{"2026-02-28 10:00", "2026-03-31 10:00"}, "2026-05-01 00:00"},
		{"2026-01-31 10:00", 1, []string{"2026-01-31 10:05", "2026-01-31 10:06"}, "2026-05-01 00:00"}, // paid ahead
		{"2028-02-29 23:59", 12, []string{"2029-02-28 23:59", "2030-02-28 23:59", "2031-02-28 23:59"}, "2032-03-01 00:00"},
		{"2026-11-30 00:00", 3, nil, "2027-03-01 00:00"},
		{"2026-01-10 09:00", 1, []string{"2026-04-10 09:00"}, "2026-05-11 00:00"}, // after a pause it begins anew
		{"2026-12-31 23:00", 1, []string{"2027-01-31 23:00"}, "2027-03-01 00:00"},
	} {
		begun := at(c.begun)
		p := purvey.PeriodFrom(begun, c.months, zone)
		end := p.End(time.Time{}, begun, zone)
		for _, due := range c.dues {
			end = p.End(end, at(due), zone)
		}
		if !end.Equal(at(c.want)) {
			t.Errorf("%s by %d, %v: %s, want %s", c.begun, c.months, c.dues, end.In(zone), c.want)
		}
	}
}
