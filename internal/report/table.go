package report

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"time"
)

// table writes CSV as RFC 4180 has it: UTF-8, commas, CRLF after each row.
type table struct {
	out   *bufio.Writer
	begun bool // the row has a cell
	err   error
}

func newTable(w io.Writer) *table { return &table{out: bufio.NewWriterSize(w, 16<<10)} }

// text writes a cell that people have written: one that a spreadsheet would
// take for a formula gets an apostrophe before it.
func (t *table) text(s string) *table {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		s = "'" + s
	}
	return t.cell(s)
}

func (t *table) number(n int64) *table { return t.cell(strconv.FormatInt(n, 10)) }

func (t *table) truth(b bool) *table { return t.cell(strconv.FormatBool(b)) }

// time writes an instant in UTC, and nothing for the zero time.
func (t *table) time(at time.Time) *table {
	if at.IsZero() {
		return t.cell("")
	}
	return t.cell(at.UTC().Format("2006-01-02T15:04:05.000Z"))
}

func (t *table) cell(s string) *table {
	if t.begun {
		t.write(",")
	}
	t.begun = true
	if strings.ContainsAny(s, "\",\r\n") {
		s = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	t.write(s)
	return t
}

func (t *table) end() error {
	t.begun = false
	t.write("\r\n")
	return t.err
}

// header writes the first row.
func (t *table) header(names ...string) error {
	for _, n := range names {
		t.cell(n)
	}
	return t.end()
}

func (t *table) write(s string) {
	if t.err == nil {
		_, t.err = t.out.WriteString(s)
	}
}

// close writes what is still held.
func (t *table) close() error {
	if t.err != nil {
		return t.err
	}
	return t.out.Flush()
}
