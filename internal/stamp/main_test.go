package stamp

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"testing"
)

// TestMain lets the test binary play the server's program: started with one of
// these words, it is the worker or one of the ways a worker can fail.
func TestMain(m *testing.M) {
	word := ""
	if len(os.Args) > 1 {
		word = os.Args[1]
	}
	// Children leave by syscall.Exit: os.Exit waits a second under the race
	// detector.
	switch word {
	case "stamp-worker":
		syscall.Exit(WorkerMain(os.Stdin, os.Stdout, os.Args[2:]))
	case "chatter": // a library that prints on its own
		fmt.Println("warning: {something}")
		syscall.Exit(WorkerMain(os.Stdin, os.Stdout, nil))
	case "crash":
		debug.SetMaxStack(1 << 20)
		fmt.Println(deeper(1))
	case "panic":
		panic("index out of range")
	case "hang":
		stop := make(chan os.Signal, 1)
		signal.Notify(stop, syscall.SIGUSR1)
		<-stop
	case "hog":
		if err := limitMemory(64 << 20); err != nil {
			syscall.Exit(exitUnready)
		}
		var kept [][]byte
		for {
			kept = append(kept, make([]byte, 1<<20))
			kept[len(kept)-1][0] = byte(len(kept))
		}
	case "killed":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case "mute":
		syscall.Exit(0)
	case "environment":
		if len(os.Environ()) != 1 {
			fmt.Printf("{\"verdict\":\"failed\",\"detail\":%q}\n", fmt.Sprint(os.Environ()))
			syscall.Exit(0)
		}
		_, _ = io.Copy(io.Discard, os.Stdin)
		fmt.Println(`{"verdict":"encrypted","detail":"locked"}`)
		syscall.Exit(0)
	}
	os.Exit(m.Run())
}

func deeper(n int) int {
	if n < 0 { // never
		return 0
	}
	var pad [1024]int
	pad[n%1024] = n
	return deeper(n+1) + pad[0]
}
