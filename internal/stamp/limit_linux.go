package stamp

import (
	"fmt"
	"os"
	"syscall"
)

// limitMemory lets this process map n more bytes than it has mapped now. The
// Go runtime reserves address space at its start that it never uses, so a
// limit counted from zero would say nothing about what is used.
func limitMemory(n int64) error {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return err
	}
	var pages int64
	if _, err := fmt.Sscan(string(b), &pages); err != nil {
		return err
	}
	limit := uint64(pages*int64(os.Getpagesize()) + n)
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
		return err
	}
	// No core file: it would hold the pages of a book.
	return syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})
}
