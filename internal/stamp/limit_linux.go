package stamp

import (
	"fmt"
	"os"
	"syscall"
)

// limitMemory lets this process allocate n more bytes than it has now.
//
// The limit is on writable private memory (RLIMIT_DATA). One on address space
// would count what the runtime and the C library reserve for each thread and
// never use, hundreds of megabytes that differ from run to run; it is set too,
// that much higher, for whatever the first does not count.
func limitMemory(n int64) error {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return err
	}
	var total, resident, shared, text, library, data int64 // pages
	if _, err := fmt.Sscan(string(b), &total, &resident, &shared, &text, &library, &data); err != nil {
		return err
	}
	page := int64(os.Getpagesize())
	for _, l := range []struct {
		kind  int
		bytes int64
	}{
		{syscall.RLIMIT_DATA, data*page + n},
		{syscall.RLIMIT_AS, total*page + n + 2<<30},
		{syscall.RLIMIT_CORE, 0}, // a core file would hold the pages of a book
	} {
		if err := syscall.Setrlimit(l.kind, &syscall.Rlimit{Cur: uint64(l.bytes), Max: uint64(l.bytes)}); err != nil {
			return err
		}
	}
	return nil
}
