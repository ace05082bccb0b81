package main

import (
	"debug/buildinfo"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// describe writes what the figures depend on: the command, the machine, the versions.
func describe(w io.Writer, s settings, args []string) {
	fmt.Fprintf(w, "# bench/run %s\n", strings.Join(args, " "))
	fmt.Fprintf(w, "%s; %d rounds of %v (first round thrown away), ratios taken round by round, median (q1-q3)\n",
		time.Now().UTC().Format("2006-01-02 15:04 UTC"), s.rounds, s.slot)
	if s.smoke {
		fmt.Fprintln(w, "SMOKE: this run only shows that everything works; its figures mean nothing")
	}
	fmt.Fprintf(w, "machine: %d x %s, %s memory, %s, Linux %s, load average %s at the start\n", runtime.NumCPU(), lineOf("/proc/cpuinfo", "model name"),
		lineOf("/proc/meminfo", "MemTotal"), fileSystem(s.out), release(), firstWord("/proc/loadavg"))
	fmt.Fprintf(w, "versions: bench built with %s; purvey %s; PocketBase %s; %s; %s; %s\n", runtime.Version(), commit(s),
		moduleVersion((&bench{settings: s}).pocketBase(), "github.com/pocketbase/pocketbase"),
		says("nginx", "-v"), says("postgres", "--version"), says("qpdf", "--version"))
}

func lineOf(file, name string) string {
	text, _ := os.ReadFile(file) // absent: nothing is told
	for line := range strings.Lines(string(text)) {
		if n, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(n) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func firstWord(file string) string {
	text, _ := os.ReadFile(file) // absent: nothing is told
	word, _, _ := strings.Cut(string(text), " ")
	return word
}

func release() string {
	text, _ := os.ReadFile("/proc/sys/kernel/osrelease") // absent: nothing is told
	return strings.TrimSpace(string(text))
}

func fileSystem(folder string) string {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return "unknown file system"
	}
	switch uint32(s.Type) {
	case 0xEF53:
		return "ext4"
	case 0x58465342:
		return "xfs"
	case 0x9123683E:
		return "btrfs"
	case 0x794C7630:
		return "overlayfs"
	case 0x01021994:
		return "tmpfs (NOT A DISK: durable figures mean nothing)"
	}
	return fmt.Sprintf("file system %#x", uint32(s.Type))
}

// commit names the state of the repository and when the binary was made: the binary itself does not tell.
func commit(s settings) string {
	binary, err := os.Stat(s.purvey)
	if err != nil {
		return "not built"
	}
	built := "built " + binary.ModTime().UTC().Format("2006-01-02 15:04")
	out, err := exec.Command("git", "-C", s.root, "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return built
	}
	return built + " (commit now " + strings.TrimSpace(string(out)) + ")"
}

func moduleVersion(program, module string) string {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return "not installed"
	}
	if info.Main.Path == module {
		return info.Main.Version
	}
	for _, d := range info.Deps {
		if d.Path == module {
			return d.Version
		}
	}
	return "unknown"
}

// says is the first line of what a program tells of itself.
func says(program, flag string) string {
	out, err := exec.Command(program, flag).CombinedOutput()
	if err != nil {
		return program + " not installed"
	}
	first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return first
}
