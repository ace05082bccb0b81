package stamp

import (
	"os"
	"testing"
)

// TestMain lets the test binary play the server's program: started with one of
// these words, it is the worker or one of the ways a worker can fail.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "stamp-worker":
			os.Exit(WorkerMain(os.Stdin, os.Stdout, os.Args[2:]))
		}
	}
	os.Exit(m.Run())
}
