package stamp

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// runFile stamps through a child process, as a server does.
func runFile(t *testing.T, r Runner, in string, o Options) (string, error) {
	t.Helper()
	dir := t.TempDir()
	out := filepath.Join(dir, "out.pdf")
	err := r.Run(t.Context(), Job{Kind: KindPDF, In: in, Out: out, Options: o})
	if err != nil {
		empty(t, dir)
	}
	return out, err
}

// TestPDFRepaired: damaged files that readers still open are repaired by the
// rewrite and stamped.
func TestPDFRepaired(t *testing.T) {
	t.Parallel()
	plain := book(t, 3)
	good := readFile(t, plain)
	packed := readFile(t, qpdf(t, plain, "--object-streams=generate"))
	locked := readFile(t, qpdf(t, plain, "--encrypt", "", "owner", "256", "--print=none", "--"))
	lockedPacked := readFile(t, qpdf(t, plain, "--object-streams=generate", "--encrypt", "", "owner", "256", "--print=none", "--"))
	cut := func(b []byte, word string) []byte {
		return append(bytes.Clone(b[:bytes.LastIndex(b, []byte(word))]), "\n%%EOF\n"...)
	}
	shift := func(b []byte) []byte {
		i := bytes.LastIndex(b, []byte("startxref"))
		return append(bytes.Clone(b[:i]), "startxref\n77\n%%EOF\n"...)
	}
	for name, b := range map[string][]byte{
		"no startxref":             cut(good, "startxref"),
		"startxref elsewhere":      shift(good),
		"table points elsewhere":   bytes.Replace(good, []byte("%PDF-1.3\n"), []byte("%PDF-1.3\n%one line more\n"), 1),
		"text before the header":   append([]byte("HTTP/1.1 200 OK\r\n\r\n"), good...),
		"text behind the end":      append(bytes.Clone(good), "<!-- served by a bad proxy -->\n"...),
		"stream elsewhere":         shift(packed),
		"encrypted, and elsewhere": shift(locked),
		"encrypted object streams": shift(lockedPacked),
		"trailer alone":            cut(good, "xref\n0"),
		"length wrong":             []byte(strings.ReplaceAll(string(good), "/Filter /FlateDecode /Length ", "/Filter /FlateDecode /Length 9")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := writeFile(t, b)
			out, err := runFile(t, Runner{}, in, Options{Text: line})
			if err != nil {
				t.Fatal(err)
			}
			checkStamped(t, plain, out, line)
			if bytes.Contains(b, []byte("/Encrypt")) {
				if got := tool(t, "qpdf", "--show-encryption", out); !strings.Contains(got, "print low resolution: not allowed") {
					t.Errorf("permission bits are gone:\n%s", got)
				}
			}
		})
	}
}

func deflated(b []byte) string {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	_, _ = w.Write(b)
	_ = w.Close()
	return z.String()
}

// bomb is zlib data that unpacks to so many megabytes of zeros. Only one is
// packed, and its blocks repeated.
func bomb(megabytes int) string {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	_ = w.Flush()
	start := z.Len()
	_, _ = w.Write(make([]byte, 1<<20))
	_ = w.Flush()
	block := z.String()[start:]
	return z.String()[:start] + strings.Repeat(block, megabytes)
}

// hostile are files made to harm: to loop, to fill memory, to overflow stacks.
func hostile() map[string][]byte {
	page := onePageObjects("/MediaBox[0 0 595 842]", "BT ET")
	with := func(i int, object string) []byte {
		o := append([]string{}, page...)
		o[i-1] = object
		return pdfBytes("1.7", o...)
	}
	zeros := bomb(80)
	deep := strings.Repeat("[", 200_000) + strings.Repeat("]", 200_000)
	dicts := strings.Repeat("<</A", 100_000) + " 1 " + strings.Repeat(">>", 100_000)
	good := pdfBytes("1.7", page...)
	chain := []string{"<</Type/Catalog/Pages 2 0 R>>"}
	for i := range 5000 {
		chain = append(chain, fmt.Sprintf("<</Type/Pages/Count 1/Kids[%d 0 R]>>", i+3))
	}
	chain = append(chain, "<</Type/Page/MediaBox[0 0 9 9]>>")
	wide := []string{"<</Type/Catalog/Pages 2 0 R>>"} // 2^30 ways through the tree
	for i := range 30 {
		wide = append(wide, fmt.Sprintf("<</Type/Pages/Count 2/Kids[%d 0 R %d 0 R]>>", i+3, i+3))
	}
	wide = append(wide, "<</Type/Page/MediaBox[0 0 9 9]>>")
	table := func(trailer string) []byte {
		i := bytes.LastIndex(good, []byte("trailer"))
		return append(bytes.Clone(good[:i]), fmt.Sprintf("trailer\n%s\nstartxref\n%d\n%%%%EOF\n", trailer, bytes.Index(good, []byte("xref\n")))...)
	}
	xrefStream := func(object string) []byte {
		return []byte(fmt.Sprintf("%%PDF-1.7\n1 0 obj\n%s\nendobj\nstartxref\n9\n%%%%EOF\n", object))
	}
	return map[string][]byte{
		"empty":                       {},
		"one byte":                    {'%'},
		"header alone":                []byte("%PDF-1.7\n"),
		"junk":                        bytes.Repeat([]byte("PK\x03\x04 not a PDF \xff\xfe"), 5000),
		"junk with a header":          append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("\x00\xff<</[("), 20000)...),
		"half a file":                 good[:len(good)/2],
		"kids in a circle":            with(2, "<</Type/Pages/Count 1/Kids[2 0 R]>>"),
		"kids are the catalog":        with(2, "<</Type/Pages/Count 1/Kids[1 0 R]>>"),
		"catalog is the page tree":    with(1, "<</Type/Catalog/Pages 1 0 R/Kids[1 0 R]>>"),
		"a deep tree":                 pdfBytes("1.7", chain...),
		"a tree that meets itself":    pdfBytes("1.7", wide...),
		"resources are the page":      with(3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources 3 0 R>>"),
		"resources are the tree":      with(3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources 2 0 R>>"),
		"XObject is the page":         with(3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<</XObject 3 0 R>>>>"),
		"resources in a circle":       with(5, "5 0 R"),
		"length in a circle":          with(4, "<</Length 4 0 R>>\nstream\nBT ET\nendstream"),
		"length is negative":          with(4, "<</Length -9>>\nstream\nBT ET\nendstream"),
		"length is huge":              with(4, "<</Length 9999999999>>\nstream\nBT ET\nendstream"),
		"deep arrays":                 with(3, "<</Type/Page/Parent 2 0 R/A "+deep+">>"),
		"deep dictionaries":           with(3, "<</Type/Page/Parent 2 0 R/A "+dicts+">>"),
		"a string without end":        with(3, "<</Type/Page/Parent 2 0 R/A ("+strings.Repeat("(", 100_000)),
		"content bomb":                with(4, fmt.Sprintf("<</Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream", len(zeros), zeros)),
		"table before itself":         table("<</Size 6/Root 1 0 R/Prev " + fmt.Sprint(bytes.Index(good, []byte("xref\n"))) + ">>"),
		"table of billions":           []byte("%PDF-1.7\nxref\n0 9999999999\n0000000000 65535 f \ntrailer<</Size 9999999999/Root 1 0 R>>\nstartxref\n9\n%%EOF\n"),
		"root is missing":             table("<</Size 6>>"),
		"root is a number":            table("<</Size 6/Root 5>>"),
		"size is huge":                table("<</Size 2147483647/Root 1 0 R>>"),
		"encrypted by nobody":         table("<</Size 6/Root 1 0 R/Encrypt<</Filter/Standard/V 2/R 3/O(x)/U(x)/P -4/Length 128>>>>"),
		"encrypted in a circle":       table("<</Size 6/Root 1 0 R/Encrypt 1 0 R>>"),
		"cross-reference bomb":        xrefStream(fmt.Sprintf("<</Type/XRef/W[1 2 1]/Size 50000000/Root 1 0 R/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream", len(zeros), zeros)),
		"cross-reference of nothing":  xrefStream("<</Type/XRef/W[0 0 0]/Size 50000000/Root 1 0 R/Length 0>>\nstream\n\nendstream"),
		"object stream holds itself":  xrefStream("<</Type/XRef/W[1 1 1]/Size 3/Root 2 0 R/Length 9>>\nstream\n\x00\x00\x00\x02\x02\x00\x02\x02\x01\nendstream"),
		"object stream holds a bomb":  objectStreamBomb(zeros),
		"predictor of a billion rows": xrefStream(fmt.Sprintf("<</Type/XRef/W[1 2 1]/Size 9/Root 1 0 R/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 999999999>>/Length %d>>\nstream\n%s\nendstream", len(zeros), zeros)),
	}
}

func objectStreamBomb(zeros string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	first := b.Len()
	fmt.Fprintf(&b, "1 0 obj\n<</Type/ObjStm/N 1/First 5/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream\nendobj\n", len(zeros), zeros)
	at := b.Len()
	rows := []byte{0, 0, 0, 0, 1, 0, byte(first), 0, 2, 0, 1, 0}
	fmt.Fprintf(&b, "3 0 obj\n<</Type/XRef/W[1 2 1]/Size 3/Root 2 0 R/Length %d>>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n", len(rows), rows, at)
	return b.Bytes()
}

// TestPDFHostile: every hostile file is stamped or refused within bounds, and
// the process that asked lives.
func TestPDFHostile(t *testing.T) {
	t.Parallel()
	for name, b := range hostile() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := writeFile(t, b)
			start := time.Now()
			out, err := runFile(t, Runner{MemoryLimit: 384 << 20, Timeout: 30 * time.Second}, in, Options{Text: line})
			switch {
			case err == nil:
				if !strings.Contains(tool(t, "pdftotext", out, "-"), "Licensed to") {
					t.Error("done, and no mark is there")
				}
			case !Refused(err):
				t.Errorf("not a verdict: %v", err)
			}
			t.Logf("%v after %v", err, time.Since(start))
		})
	}
}

// TestPDFBrokenVerdict: what no reader opens is ErrBroken at once.
func TestPDFBrokenVerdict(t *testing.T) {
	t.Parallel()
	files := hostile()
	for _, name := range []string{"empty", "one byte", "header alone", "junk", "junk with a header", "half a file", "kids in a circle", "root is missing"} {
		if _, err := runFile(t, Runner{}, writeFile(t, files[name]), Options{Text: line}); !errors.Is(err, ErrBroken) {
			t.Errorf("%s: %v, want ErrBroken", name, err)
		}
	}
}

// TestStrictReaderAlone: the strict reader by itself holds on every hostile
// file, without the bounds of a child process.
func TestStrictReaderAlone(t *testing.T) {
	t.Parallel()
	for name, b := range hostile() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := tryAppend(t, writeFile(t, b))
			if err != nil && !errors.Is(err, errOdd) && !Refused(err) {
				t.Errorf("not a verdict: %v", err)
			}
			t.Log(err)
		})
	}
}

func TestPDFMissingFile(t *testing.T) {
	t.Parallel()
	_, err := runFile(t, Runner{}, filepath.Join(t.TempDir(), "none.pdf"), Options{Text: line})
	if err == nil || Refused(err) {
		t.Errorf("%v: a missing file is not the file's fault", err)
	}
	if err := PDF(os.DevNull, filepath.Join(t.TempDir(), "out.pdf"), Options{Text: line}); !errors.Is(err, ErrBroken) {
		t.Errorf("a device: %v", err)
	}
}

// TestScanChunks: the search for lost objects finds the same whatever bytes
// happen to be read together.
func TestScanChunks(t *testing.T) {
	t.Parallel()
	b := readFile(t, qpdf(t, book(t, 20), "--object-streams=generate"))
	for _, extra := range []int{0, 1, scanOverlap - 1, scanOverlap, scanOverlap + 1} {
		b := append(bytes.Clone(b), bytes.Repeat([]byte{' '}, extra)...)
		d, _, err := newDocument(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		want, wantTrailers, err := d.scan(scanChunk)
		if err != nil || len(want) < 20 {
			t.Fatalf("%d objects, %v", len(want), err)
		}
		for _, chunk := range []int{97, 512, 1000, len(b) - 512, len(b), len(b) - 9, len(b) - scanOverlap - 9} {
			if chunk < 1 {
				continue
			}
			got, trailers, err := d.scan(chunk)
			if err != nil || !slices.Equal(got, want) || !slices.Equal(trailers, wantTrailers) {
				t.Fatalf("in chunks of %d: %d objects instead of %d, %v", chunk, len(got), len(want), err)
			}
		}
	}
}
