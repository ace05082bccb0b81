package stamp

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"syscall"
	"time"

	"purvey"
)

// Job is one file to stamp.
type Job struct {
	Kind    Kind    `json:"kind"`
	In      string  `json:"in"`  // path of the original, only read
	Out     string  `json:"out"` // path of the result; its folder must exist
	Options Options `json:"options"`
}

// Kind is what a file is.
type Kind string

// The kinds of files that can be stamped.
const (
	KindPDF  Kind = "pdf"
	KindEPUB Kind = "epub"

	// KindPreview is a PDF of which the result holds the first page alone.
	KindPreview Kind = "pdf-preview"
)

// task is what the worker reads: a job and the limits to keep.
type task struct {
	Job
	Memory  int64         `json:"memory"`
	Timeout time.Duration `json:"timeout"`
}

// answer is the one line that the worker writes.
type answer struct {
	Verdict verdict        `json:"verdict"`
	Detail  string         `json:"detail,omitempty"` // for a log
	Fields  []purvey.Field `json:"fields,omitempty"`
}

type verdict string

const (
	done      verdict = "done"
	encrypted verdict = "encrypted"
	broken    verdict = "broken"
	tooLarge  verdict = "too_large"
	glyphs    verdict = "glyphs"
	invalid   verdict = "invalid"
	noSpace   verdict = "no_space"
	failed    verdict = "failed"
)

// exitUnready is the exit code of a worker that could not begin or answer,
// which says nothing about the file. The Go runtime itself ends with 2.
const exitUnready = 64

// WorkerMain is the whole life of the child process: it limits itself, reads
// one job as JSON from stdin, does it, writes one line of JSON to stdout and
// gives the exit code, 0 whenever it could answer. args are the arguments
// behind the subcommand; there are none to give.
func WorkerMain(stdin io.Reader, stdout io.Writer, args []string) int {
	var t task
	if len(args) > 0 {
		fmt.Fprintln(os.Stderr, "the stamp worker takes its job from standard input")
		return exitUnready
	}
	if err := json.NewDecoder(io.LimitReader(stdin, 1<<20)).Decode(&t); err != nil {
		fmt.Fprintln(os.Stderr, "the stamp worker reads one job as JSON:", err)
		return exitUnready
	}
	if t.Memory > 0 {
		debug.SetMemoryLimit(t.Memory * 3 / 4) // collect harder before the wall
		debug.SetMaxStack(32 << 20)
		if err := limitMemory(t.Memory); err != nil {
			fmt.Fprintln(os.Stderr, "cannot limit memory:", err)
			return exitUnready
		}
	}
	if t.Timeout > 0 {
		// The parent kills at the time-out; this ends a child whose parent is gone.
		time.AfterFunc(t.Timeout+5*time.Second, func() { os.Exit(exitUnready) })
	}
	if err := json.NewEncoder(stdout).Encode(judge(t.run())); err != nil {
		return exitUnready
	}
	return 0
}

func (t task) run() error {
	switch t.Kind {
	case KindPDF:
		return PDF(t.In, t.Out, t.Options)
	case KindPreview:
		return Preview(t.In, t.Out, t.Options)
	case KindEPUB:
		return EPUB(t.In, t.Out, t.Options)
	}
	return purvey.BadField("kind", "must be pdf or epub")
}

// judge writes an error so that it survives the pipe.
func judge(err error) answer {
	if err == nil {
		return answer{Verdict: done}
	}
	a := answer{Verdict: failed, Detail: err.Error()}
	var bad *purvey.Error
	switch {
	case errors.Is(err, ErrEncrypted):
		a.Verdict = encrypted
	case errors.Is(err, ErrGlyphs):
		a.Verdict = glyphs
	case errors.Is(err, ErrTooLarge):
		a.Verdict = tooLarge
	case errors.Is(err, ErrBroken):
		a.Verdict = broken
	case errors.As(err, &bad) && bad.Kind == purvey.Invalid:
		a.Verdict, a.Detail, a.Fields = invalid, bad.Detail, bad.Fields
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		a.Verdict = noSpace
	}
	return a
}

// err is the error that the answer stands for.
func (a answer) err() error {
	wrap := func(verdict error) error { return &judged{verdict, a.Detail} }
	switch a.Verdict {
	case done:
		return nil
	case encrypted:
		return wrap(ErrEncrypted)
	case broken:
		return wrap(ErrBroken)
	case tooLarge:
		return wrap(ErrTooLarge)
	case glyphs:
		return wrap(ErrGlyphs)
	case invalid:
		return &purvey.Error{Kind: purvey.Invalid, Detail: a.Detail, Fields: a.Fields}
	case noSpace:
		return &purvey.Error{Kind: purvey.NoSpace, Detail: "no room for the stamped copy", Cause: errors.New(a.Detail)}
	}
	return fmt.Errorf("stamp worker: %s", a.Detail)
}

// judged is a verdict with the words that the worker had for it.
type judged struct {
	verdict error
	detail  string
}

func (j *judged) Error() string { return j.detail }
func (j *judged) Unwrap() error { return j.verdict }
