package stamp

import (
	"os"
	"path/filepath"
)

// Preview writes the first page of the PDF in, stamped as PDF would stamp it,
// to out, which appears whole or not at all. Its verdicts are those of PDF; an
// encrypted file is refused with ErrBroken.
func Preview(in, out string, o Options) error {
	page, err := os.CreateTemp(filepath.Dir(out), ".page-*")
	if err != nil {
		return err
	}
	defer os.Remove(page.Name())
	err = rewritePages(in, page, []int{1})
	if e := page.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return PDF(page.Name(), out, o)
}
