package stamp

import (
	"bytes"
	"crypto/sha256"
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"codeberg.org/go-pdf/fpdf"
)

// tool runs one of the independent programs that judge the results. A machine
// without it fails the test.
func tool(t testing.TB, name string, args ...string) string {
	t.Helper()
	out, err := tryTool(t, name, args...)
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return out
}

func tryTool(t testing.TB, name string, args ...string) (string, error) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Fatalf("%s is needed to judge stamped files; install the packages qpdf and poppler-utils", name)
	}
	c := exec.CommandContext(t.Context(), name, args...)
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	err := c.Run()
	if err != nil {
		return stdout.String() + stderr.String(), err
	}
	return stdout.String(), nil
}

// qpdf writes a variant of in and gives its path.
func qpdf(t testing.TB, in string, args ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "variant.pdf")
	tool(t, "qpdf", append(append([]string{in}, args...), out)...)
	return out
}

// book writes a PDF of n pages with fpdf. Pages change their size when sizes
// are given.
func book(t testing.TB, n int, sizes ...fpdf.SizeType) string {
	t.Helper()
	p := fpdf.New("P", "pt", "A4", "")
	p.SetAutoPageBreak(false, 0)
	for i := range n {
		size := fpdf.SizeType{Wd: 595, Ht: 842}
		if len(sizes) > 0 {
			size = sizes[i%len(sizes)]
		}
		p.AddPageFormat("P", size)
		p.SetFont("Helvetica", "", 11)
		for l := range 20 {
			p.Text(30, 40+float64(l)*14, fmt.Sprintf("Page %d line %d of a book", i+1, l+1))
		}
		p.SetFillColor(200, 220, 240)
		p.Rect(30, 400, 100, 50, "F")
	}
	path := filepath.Join(t.TempDir(), "book.pdf")
	if err := p.OutputFileAndClose(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// pdfFile writes objects, numbered from 1, with a correct table and trailer.
func pdfFile(t testing.TB, objects ...string) string {
	t.Helper()
	return writeFile(t, pdfBytes("1.4", objects...))
}

func pdfBytes(version string, objects ...string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%%PDF-%s\n%%\xe2\xe3\xcf\xd3\n", version)
	var places []int
	for i, o := range objects {
		places = append(places, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, p := range places {
		fmt.Fprintf(&b, "%010d 00000 n \n", p)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, at)
	return b.Bytes()
}

func streamObject(dict, data string) string {
	return fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(data), data)
}

// onePage is a PDF with one page: the given entries of the page object and the
// given content. The font is /F1, the objects 1 to 5.
func onePage(t testing.TB, entries, content string) string {
	t.Helper()
	return pdfFile(t, onePageObjects(entries, content)...)
}

func onePageObjects(entries, content string) []string {
	return []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Count 1/Kids[3 0 R]>>",
		"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>" + entries + ">>",
		streamObject("", content),
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
	}
}

func writeFile(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.pdf")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// stampFile stamps in, checks that the original is as it was, and gives the
// path of the result.
func stampFile(t testing.TB, in string, o Options) string {
	t.Helper()
	before := sha256.Sum256(readFile(t, in))
	out := filepath.Join(t.TempDir(), "stamped.pdf")
	if err := PDF(in, out, o); err != nil {
		t.Fatalf("stamp: %v", err)
	}
	if sha256.Sum256(readFile(t, in)) != before {
		t.Fatal("the original was changed")
	}
	return out
}

// checkStamped judges out with qpdf and pdftotext: no complaint about the
// file, the mark once on every page, every other line as it was. mark is the
// text in one line.
func checkStamped(t testing.TB, in, out, mark string) {
	t.Helper()
	tool(t, "qpdf", "--check", out)
	before, after := pageTexts(t, in), pageTexts(t, out)
	if len(before) != len(after) || len(after) == 0 {
		t.Fatalf("%d pages became %d", len(before), len(after))
	}
	for i := range after {
		lines := strings.Split(after[i], "\n")
		at := slices.Index(lines, mark)
		if at < 0 {
			t.Fatalf("page %d does not have the mark:\n%s", i+1, after[i])
		}
		rest := strings.Join(slices.Delete(lines, at, at+1), "\n")
		if clean(rest) != clean(before[i]) {
			t.Fatalf("page %d changed outside the mark:\n%s\n---\n%s", i+1, before[i], rest)
		}
	}
}

// clean drops empty lines, whose number depends on the gap above the mark.
func clean(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' }), "\n")
}

func pageTexts(t testing.TB, path string) []string {
	t.Helper()
	pages := strings.Split(tool(t, "pdftotext", "-enc", "UTF-8", "-layout", path, "-"), "\f")
	pages = pages[:len(pages)-1]
	for i, p := range pages {
		lines := strings.Split(p, "\n")
		for k := range lines {
			lines[k] = strings.TrimSpace(lines[k])
		}
		pages[i] = strings.Join(lines, "\n")
	}
	return pages
}

// word is where a word stands on the visible page, from its upper left corner,
// in points.
type word struct {
	XMin float64 `xml:"xMin,attr"`
	YMin float64 `xml:"yMin,attr"`
	XMax float64 `xml:"xMax,attr"`
	YMax float64 `xml:"yMax,attr"`
	Text string  `xml:",chardata"`
}

type wordPage struct {
	Width  float64 `xml:"width,attr"`
	Height float64 `xml:"height,attr"`
	Words  []word  `xml:"word"`
}

// words lists the words of every page with their places.
func words(t testing.TB, path string) []wordPage {
	t.Helper()
	var doc struct {
		Pages []wordPage `xml:"body>doc>page"`
	}
	d := xml.NewDecoder(strings.NewReader(tool(t, "pdftotext", "-enc", "UTF-8", "-cropbox", "-bbox", path, "-")))
	d.Strict = false
	d.Entity = xml.HTMLEntity
	if err := d.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	return doc.Pages
}

// find gives the place of a word on a page.
func (p wordPage) find(t testing.TB, text string) word {
	t.Helper()
	for _, w := range p.Words {
		if w.Text == text {
			return w
		}
	}
	t.Fatalf("no word %q among %v", text, p.Words)
	return word{}
}

// picture is a page drawn in shades of grey.
type picture struct {
	w, h int
	pix  []byte
}

// draw renders the first page of path at 36 dots an inch.
func draw(t testing.TB, path string) picture {
	t.Helper()
	prefix := filepath.Join(t.TempDir(), "page")
	tool(t, "pdftoppm", "-gray", "-cropbox", "-r", "36", "-f", "1", "-l", "1", "-singlefile", path, prefix)
	b := readFile(t, prefix+".pgm")
	head := bytes.SplitN(b, []byte("\n"), 4)
	size := strings.Fields(string(head[1]))
	w, _ := strconv.Atoi(size[0])
	h, _ := strconv.Atoi(size[1])
	if len(head) != 4 || w*h == 0 || len(head[3]) != w*h {
		t.Fatalf("not a grey picture: %q", b[:min(40, len(b))])
	}
	return picture{w, h, head[3]}
}
