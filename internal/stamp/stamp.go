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
		err := appendTo(in, w, t, o)
		if !errors.Is(err, errOdd) {
			return err
		}
		return viaRewrite(in, w, t, o)
	})
}

// appendTo writes a copy of the file in and an update with the mark to w.
// errOdd says that the strict reader does not take the file.
func appendTo(in string, w *os.File, t *text, o Options) error {
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
	d, err := open(r, st.Size())
	if err != nil {
		return err
	}
	if n, err := io.Copy(w, r); err != nil {
		return err
	} else if n != st.Size() {
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
