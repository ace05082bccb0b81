package purvey

import "testing"

// A budget's levels are reached by the very byte.
func TestBandwidthLevels(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sent, budget int64
		level        int
		percent      int64
	}{
		{5, 0, 0, 0}, {0, GB, 0, 0}, {800_000_000 - 1, GB, 0, 79}, {800_000_000, GB, 80, 80}, {GB - 1, GB, 80, 99}, {GB, GB, 100, 100}, {3 * GB, GB, 100, 300},
		{2_400_000_000 - 1, 3 * GB, 0, 79}, {2_400_000_000, 3 * GB, 80, 80}, {10_000_000*GB - 1, 10_000_000 * GB, 80, 99}, {10_000_000 * GB, 10_000_000 * GB, 100, 100},
	} {
		b := Bandwidth{Sent: c.sent, Budget: c.budget}
		if b.Level() != c.level || b.Percent() != c.percent {
			t.Errorf("%+v: level %d, %d %%, want %d, %d", b, b.Level(), b.Percent(), c.level, c.percent)
		}
	}
}
