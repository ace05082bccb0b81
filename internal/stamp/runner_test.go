package stamp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"purvey"
)

func TestRunner(t *testing.T) {
	t.Parallel()
	in := book(t, 3)
	dir := t.TempDir()
	out := filepath.Join(dir, "out.pdf")
	for range 2 { // a job done twice gives the same file
		if err := (Runner{}).Run(t.Context(), Job{Kind: KindPDF, In: in, Out: out, Options: Options{Text: line}}); err != nil {
			t.Fatal(err)
		}
		checkStamped(t, in, out, line)
		if left, _ := os.ReadDir(dir); len(left) != 1 {
			t.Fatalf("left in the folder: %v", left)
		}
	}
	direct := stampFile(t, in, Options{Text: line})
	if !bytes.Equal(readFile(t, out), readFile(t, direct)) {
		t.Error("the child's file differs from one made here")
	}
}

// TestRunnerVerdicts: whatever happens to the child, Run says what it means.
func TestRunnerVerdicts(t *testing.T) {
	t.Parallel()
	in := book(t, 1)
	for _, c := range []struct {
		word string
		want error
	}{
		{"chatter", nil},
		{"crash", ErrBroken},
		{"panic", ErrBroken},
		{"mute", ErrBroken},
		{"hang", ErrTooLarge},
		{"hog", ErrTooLarge},
		{"killed", ErrTooLarge},
		{"environment", ErrEncrypted},
	} {
		t.Run(c.word, func(t *testing.T) {
			t.Parallel()
			r := Runner{Args: []string{c.word}}
			if c.word == "hang" {
				r.Timeout = 300 * time.Millisecond
			}
			_, err := runFile(t, r, in, Options{Text: line})
			if !errors.Is(err, c.want) {
				t.Fatalf("%v, want %v", err, c.want)
			}
		})
	}
}

// TestRunnerMemory: the worker itself keeps to its limit.
func TestRunnerMemory(t *testing.T) {
	t.Parallel()
	// An array of a million numbers takes far more room than the file.
	huge := "[" + strings.Repeat("1 ", 6_000_000) + "]"
	o := onePageObjects("/MediaBox[0 0 595 842]/Annots 6 0 R", "BT ET")
	o = append(o, "<</A "+huge+">>")
	b := pdfBytes("1.4", o...)
	b = b[:bytes.LastIndex(b, []byte("startxref"))]
	b = bytes.ReplaceAll(b, []byte("/Length 5"), []byte("/Length 9")) // only the rewrite takes it
	_, err := runFile(t, Runner{MemoryLimit: 48 << 20}, writeFile(t, b), Options{Text: line})
	if !errors.Is(err, ErrTooLarge) {
		t.Fatalf("%v, want ErrTooLarge", err)
	}
}

// TestRunnerCanceled: a server that stops must not blame the file.
func TestRunnerCanceled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	in, out := book(t, 1), filepath.Join(t.TempDir(), "out.pdf")
	go func() {
		result <- Runner{Args: []string{"hang"}}.Run(ctx, Job{Kind: KindPDF, In: in, Out: out, Options: Options{Text: line}})
	}()
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) || Refused(err) {
		t.Fatalf("%v, want context.Canceled", err)
	}
}

func TestRunnerTrouble(t *testing.T) {
	t.Parallel()
	in := book(t, 1)
	job := Job{Kind: KindPDF, In: in, Out: filepath.Join(t.TempDir(), "out.pdf"), Options: Options{Text: line}}
	if err := (Runner{Exe: filepath.Join(t.TempDir(), "none")}).Run(t.Context(), job); err == nil || Refused(err) {
		t.Errorf("no program: %v", err)
	}
	missing := job
	missing.Out = filepath.Join(t.TempDir(), "none", "out.pdf")
	if err := (Runner{}).Run(t.Context(), missing); err == nil || Refused(err) {
		t.Errorf("no folder: %v", err)
	}
	bad := job
	bad.Options.Position = "middle"
	var e *purvey.Error
	if err := (Runner{}).Run(t.Context(), bad); !errors.As(err, &e) || e.Kind != purvey.Invalid || len(e.Fields) != 1 || e.Fields[0].Name != "position" {
		t.Errorf("bad options: %v", err)
	}
	odd := job
	odd.Kind = "mobi"
	if err := (Runner{}).Run(t.Context(), odd); !errors.Is(err, purvey.Invalid) {
		t.Errorf("bad kind: %v", err)
	}
	glyphs := job
	glyphs.Options.Text = "名前"
	if err := (Runner{}).Run(t.Context(), glyphs); !errors.Is(err, ErrGlyphs) || !strings.Contains(err.Error(), "U+540D") {
		t.Errorf("no glyphs: %v", err)
	}
}

func TestRunnerMany(t *testing.T) {
	t.Parallel()
	in := book(t, 2)
	out := filepath.Join(t.TempDir(), "out.pdf") // all write the same file
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() {
			errs[i] = Runner{}.Run(t.Context(), Job{Kind: KindPDF, In: in, Out: out, Options: Options{Text: line}})
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	checkStamped(t, in, out, line)
}

func TestWorkerMainUsage(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if code := WorkerMain(strings.NewReader("not JSON"), &out, nil); code != exitUnready || out.Len() > 0 {
		t.Errorf("junk: code %d, %q", code, out.String())
	}
	if code := WorkerMain(strings.NewReader("{}"), &out, []string{"file.pdf"}); code != exitUnready || out.Len() > 0 {
		t.Errorf("arguments: code %d, %q", code, out.String())
	}
	job := fmt.Sprintf(`{"kind":"pdf","in":%q,"out":%q,"options":{"text":"x"}}`, book(t, 1), filepath.Join(t.TempDir(), "out.pdf"))
	if code := WorkerMain(strings.NewReader(job), &out, nil); code != 0 || out.String() != "{\"verdict\":\"done\"}\n" {
		t.Errorf("code %d, %q", code, out.String())
	}
}
