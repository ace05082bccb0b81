package stamp

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// PDF puts the mark on every page of the PDF at the path in and writes the
// result to the path out, which appears whole or not at all. The original is
// only read. Errors are the verdicts of this package, a purvey.Invalid error
// about the options, or trouble with the files.
//
// The file may be hostile: a server runs this through a Runner.
func PDF(in, out string, o Options) error {
	o, err := o.Check()
	if err != nil {
		return err
	}
	fs, err := openFonts(o.FontFile)
	if err != nil {
		return err
	}
	t, err := newText(o.Text, fs)
	if err != nil {
		return err
	}
	return whole(out, func(w *os.File) error {
		for _, attempt := range []func(string, *os.File, *text, Options) error{asIs, rebuilt, rewritten} {
			if err = attempt(in, w, t, o); !errors.Is(err, errOdd) {
				return err
			}
		}
		return fmt.Errorf("%w: no reader takes it", ErrBroken)
	})
}

// The attempts, from the quickest. Each starts the copy w anew, and says
// errOdd if it does not take the file.

// asIs goes by the file's own cross-reference sections.
func asIs(in string, w *os.File, t *text, o Options) error {
	return appendTo(in, w, t, o, (*document).open)
}

// rebuilt searches the file for its objects.
func rebuilt(in string, w *os.File, t *text, o Options) error {
	return appendTo(in, w, t, o, (*document).rebuild)
}

// appendTo writes a copy of the file in and an update with the mark to w.
func appendTo(in string, w *os.File, t *text, o Options, open func(*document) error) error {
	r, err := os.Open(in)
	if err != nil {
		return err
	}
	defer r.Close()
	st, err := r.Stat()
	if err != nil {
		return err
	}
	if !st.Mode().IsRegular() || st.Size() == 0 {
		return fmt.Errorf("%w: empty or not a plain file", ErrBroken)
	}
	d, trimmed, err := newDocument(r, st.Size())
	if err != nil {
		return err
	}
	if err := open(d); err != nil {
		return err
	}
	if err := w.Truncate(0); err != nil {
		return err
	}
	if _, err := w.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := r.Seek(trimmed, io.SeekStart); err != nil {
		return err
	}
	if n, err := io.Copy(w, r); err != nil {
		return err
	} else if n != d.size {
		return fmt.Errorf("the file changed while it was read")
	}
	return apply(newUpdate(d, w), t, o)
}

// whole calls write with a new file and puts it in place at path if write
// succeeds. It does not wait for the disk: a copy can be made again.
func whole(path string, write func(w *os.File) error) error {
	w, err := os.CreateTemp(filepath.Dir(path), ".stamp-*")
	if err != nil {
		return err
	}
	err = write(w)
	if e := w.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(w.Name(), path)
	}
	if err != nil {
		os.Remove(w.Name())
	}
	return err
}
