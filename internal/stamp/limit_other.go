//go:build !linux

package stamp

// limitMemory has no hard limit to set here; the garbage collector's own and
// the time-out remain.
func limitMemory(int64) error { return nil }
