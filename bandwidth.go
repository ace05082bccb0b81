package purvey

import "time"

// BandwidthWindow is the time that a shop's budget of bandwidth is of: it is
// measured against what was sent of the copies and readings begun in as much
// time up to now, in live mode.
const BandwidthWindow = 30 * 24 * time.Hour

// The levels of a budget at which a shop is told, in percent.
const (
	BandwidthWarnAt = 80
	BandwidthFullAt = 100
)

// Bandwidth is what a shop has sent, in bytes, against its budget.
type Bandwidth struct {
	Sent   int64
	Budget int64 // 0: none
}

// Level is the highest level that was reached, 0 before the first and without
// a budget.
func (b Bandwidth) Level() int {
	switch {
	case b.Budget <= 0:
		return 0
	case b.Sent >= b.Budget:
		return BandwidthFullAt
	case b.Percent() >= BandwidthWarnAt:
		return BandwidthWarnAt
	}
	return 0
}

// Percent is how much of the budget was spent, rounded down.
func (b Bandwidth) Percent() int64 {
	if b.Budget <= 0 {
		return 0
	}
	return b.Sent / max(b.Budget/100, 1) // budgets are whole GB
}

// GB is a number of 10^9 bytes.
const GB = 1_000_000_000

// BandwidthBudget is the shop's budget in bytes; 0 is none.
func (s Settings) BandwidthBudget() int64 {
	if s.Policies.BandwidthGB == nil {
		return 0
	}
	return int64(*s.Policies.BandwidthGB) * GB
}
