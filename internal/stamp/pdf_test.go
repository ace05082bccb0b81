package stamp

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codeberg.org/go-pdf/fpdf"
)

const line = "Licensed to Анна Žižková Ελένη <ana@example.com>, order 01JABC"

// TestPDFCorpus stamps one book in the shapes that PDF writers give files.
func TestPDFCorpus(t *testing.T) {
	t.Parallel()
	plain := book(t, 12)
	for _, c := range []struct {
		name string
		args []string
	}{
		{"as written", nil},
		{"version 1.5 object streams", []string{"--object-streams=generate"}},
		{"version 2.0", []string{"--force-version=2.0", "--object-streams=generate"}},
		{"version 2.0 with a table", []string{"--force-version=2.0", "--object-streams=disable"}},
		{"linearised", []string{"--linearize"}},
		{"linearised with object streams", []string{"--linearize", "--object-streams=generate"}},
		{"uncompressed", []string{"--stream-data=uncompress", "--qdf"}},
		{"uncompressed object streams", []string{"--stream-data=uncompress", "--object-streams=generate"}},
		{"flat page tree", []string{"--flatten-rotation", "--pages", ".", "12-1", "--"}},
		{"one page thrice", []string{"--pages", ".", "1,1,1", "--"}},
		{"owner password RC4 40", []string{"--allow-weak-crypto", "--encrypt", "", "owner", "40", "--print=n", "--"}},
		{"owner password RC4 128", []string{"--allow-weak-crypto", "--encrypt", "", "owner", "128", "--use-aes=n", "--print=none", "--"}},
		{"owner password AES 128", []string{"--allow-weak-crypto", "--encrypt", "", "owner", "128", "--use-aes=y", "--modify=none", "--"}},
		{"owner password AES 128 clear metadata", []string{"--allow-weak-crypto", "--encrypt", "", "owner", "128", "--use-aes=y", "--cleartext-metadata", "--"}},
		{"owner password AES 256", []string{"--encrypt", "", "owner", "256", "--print=none", "--modify=none", "--extract=n", "--"}},
		{"owner password AES 256 revision 5", []string{"--allow-weak-crypto", "--encrypt", "", "owner", "256", "--force-R5", "--"}},
		{"owner password AES 256 object streams", []string{"--object-streams=generate", "--encrypt", "", "owner", "256", "--"}},
		{"owner password AES 128 object streams", []string{"--object-streams=generate", "--allow-weak-crypto", "--encrypt", "", "owner", "128", "--use-aes=y", "--"}},
		{"owner password RC4 object streams linearised", []string{"--linearize", "--object-streams=generate", "--allow-weak-crypto", "--encrypt", "", "owner", "128", "--use-aes=n", "--"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := plain
			if c.args != nil {
				in = qpdf(t, plain, c.args...)
			}
			mustAppend(t, in)
			out := stampFile(t, in, Options{Text: line})
			checkStamped(t, in, out, line)
			if !bytes.HasPrefix(readFile(t, out), readFile(t, in)) {
				t.Fatal("the stamped file does not begin with the original")
			}
			if before, after := tool(t, "qpdf", "--show-encryption", in), tool(t, "qpdf", "--show-encryption", out); before != after {
				t.Fatalf("encryption or permissions changed:\n%s\n%s", before, after)
			}
			// What was stamped can be stamped again, for instance for a reseller.
			again := stampFile(t, out, Options{Text: "Second hand", Position: TopRight})
			checkStamped(t, out, again, "Second hand")
		})
	}
}

// mustAppend fails if the strict reader does not take the file.
func mustAppend(t *testing.T, in string) {
	t.Helper()
	if err := tryAppend(t, in); err != nil {
		t.Fatalf("not taken by the strict reader: %v", err)
	}
}

func tryAppend(t *testing.T, in string) error {
	t.Helper()
	o, err := Options{Text: line}.Check()
	if err != nil {
		t.Fatal(err)
	}
	fs, err := openFonts("")
	if err != nil {
		t.Fatal(err)
	}
	tx, err := newText(o.Text, fs)
	if err != nil {
		t.Fatal(err)
	}
	w, err := os.Create(filepath.Join(t.TempDir(), "out.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return asIs(in, w, tx, o)
}

func TestPDFManyPages(t *testing.T) {
	t.Parallel()
	in := book(t, 500, fpdf.SizeType{Wd: 595, Ht: 842}, fpdf.SizeType{Wd: 842, Ht: 595}, fpdf.SizeType{Wd: 300, Ht: 400}, fpdf.SizeType{Wd: 2000, Ht: 1400})
	out := stampFile(t, in, Options{Text: "Order 1"})
	checkStamped(t, in, out, "Order 1")
	if grown := len(readFile(t, out)) - len(readFile(t, in)); grown > 150_000 {
		t.Fatalf("500 pages grew by %d bytes", grown)
	}
}

// TestPDFPlace looks where the mark stands as the reader sees the page.
func TestPDFPlace(t *testing.T) {
	t.Parallel()
	const content = "BT /F1 10 Tf 100 400 Td (Body) Tj ET"
	pages := []struct {
		name, entries string
		w, h          float64
	}{
		{"a4", "/MediaBox[0 0 595 842]", 595, 842},
		{"origin elsewhere", "/MediaBox[-100 -50 495 792]", 595, 842},
		{"corners swapped", "/MediaBox[595 842 0 0]", 595, 842},
		{"turned 90", "/MediaBox[0 0 595 842]/Rotate 90", 842, 595},
		{"turned 180", "/MediaBox[0 0 595 842]/Rotate 180", 595, 842},
		{"turned 270", "/MediaBox[0 0 595 842]/Rotate 270", 842, 595},
		{"turned back", "/MediaBox[0 0 595 842]/Rotate -90", 842, 595},
		{"crop box", "/MediaBox[0 0 595 842]/CropBox[50 100 450 700]", 400, 600},
		{"crop box turned", "/MediaBox[0 0 595 842]/CropBox[50 100 450 700]/Rotate 90", 600, 400},
		{"crop box beyond the paper", "/MediaBox[0 0 595 842]/CropBox[-50 -50 900 900]", 595, 842},
		{"no box at all", "", 612, 792},
	}
	places := []struct {
		position Position
		x, y     float64 // -1 left or top, 0 middle, 1 right or bottom
	}{
		{BottomCenter, 0, 1},
		{BottomLeft, -1, 1},
		{BottomRight, 1, 1},
		{TopCenter, 0, -1},
		{TopLeft, -1, -1},
		{TopRight, 1, -1},
		{"", 0, 1},
	}
	for _, p := range pages {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			in := onePage(t, p.entries, content)
			for _, at := range places {
				out := stampFile(t, in, Options{Text: "Kennung", Position: at.position, Size: 10, Margin: 20})
				w := words(t, out)[0].find(t, "Kennung")
				if high := w.YMax - w.YMin; high < 8 || high > 14 {
					t.Errorf("%s: the word is %g points high, want about 10", at.position, high)
				}
				x, y := (w.XMin+w.XMax)/2, (w.YMin+w.YMax)/2
				half := (w.XMax - w.XMin) / 2
				wantX := []float64{20 + half, p.w / 2, p.w - 20 - half}[int(at.x)+1]
				wantY := []float64{26, p.h / 2, p.h - 26}[int(at.y)+1]
				if abs(x-wantX) > 3 || abs(y-wantY) > 6 {
					t.Errorf("%s: middle of the word at %.0f, %.0f, want %.0f, %.0f", at.position, x, y, wantX, wantY)
				}
			}
			diagonal := words(t, stampFile(t, in, Options{Text: "Kennung", Position: Diagonal, Size: 40}))[0]
			w := word{XMin: 1e9, YMin: 1e9}
			for _, part := range diagonal.Words { // the tool cuts a slanted word up
				if part.Text != "Body" {
					w.XMin, w.XMax = min(w.XMin, part.XMin), max(w.XMax, part.XMax)
					w.YMin, w.YMax = min(w.YMin, part.YMin), max(w.YMax, part.YMax)
				}
			}
			if abs((w.XMin+w.XMax)/2-p.w/2) > 15 || abs((w.YMin+w.YMax)/2-p.h/2) > 15 {
				t.Errorf("diagonal: %+v is not in the middle", w)
			}
		})
	}
}

func abs(f float64) float64 { return max(f, -f) }

// BDD-37: on a poster the mark is as large, for its page, as on a book's.
func TestBDD37_LargePages(t *testing.T) {
	t.Parallel()
	for entries, high := range map[string]float64{"/MediaBox[0 0 595 842]": 8, "/MediaBox[0 0 3000 4000]": 20, "/MediaBox[0 0 14400 14400]": 96} {
		w := words(t, stampFile(t, onePage(t, entries, ""), Options{Text: "Kennung"}))[0].find(t, "Kennung")
		if got := w.YMax - w.YMin; got < 0.9*high || got > 1.4*high {
			t.Errorf("%s: %g points high, want about %g", entries, got, high)
		}
	}
}

// TestPDFUserUnit: on a page whose unit is 5 points, 10 points are 2 units.
func TestPDFUserUnit(t *testing.T) {
	t.Parallel()
	in := onePage(t, "/MediaBox[0 0 200 300]/UserUnit 5", "BT /F1 10 Tf 100 200 Td (Body) Tj ET")
	w := words(t, stampFile(t, in, Options{Text: "Kennung", Size: 10, Margin: 20}))[0]
	got := w.find(t, "Kennung")
	scale := w.Width / 200 // whether the tool counts units or points
	if high := (got.YMax - got.YMin) / scale; high < 1.6 || high > 2.8 {
		t.Fatalf("the word is %g units high, want about 2", high)
	}
	if bottom := (w.Height - got.YMax) / scale; bottom < 3 || bottom > 6 {
		t.Fatalf("the word is %g units above the edge, want about 4", bottom)
	}
}

// TestPDFUnbalanced: pages that leave transformations, clips, text objects or
// hidden content open would take the mark with them.
func TestPDFUnbalanced(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"q without Q":        "q 0.1 0 0 0.1 900 900 cm q BT /F1 10 Tf 1 0 0 1 10 10 Tm (x) Tj ET",
		"Q without q":        "Q Q 1 0 0 1 40 40 cm BT /F1 10 Tf (x) Tj ET",
		"both":               "Q q 2 0 0 2 0 0 cm q",
		"BT without ET":      "BT /F1 10 Tf 300 700 Td 50 Tz (x) Tj",
		"clipped away":       "q 0 0 1 1 re W n",
		"plain cm":           "0.1 0 0 0.1 3000 3000 cm",
		"inline image":       "q BI /W 2 /H 2 /BPC 8 /CS /G ID q Q( EI Q q\n0.1 0 0 0.1 0 0 cm",
		"strings and names":  "q (Q \\) Q) pop /Q gs <51> [ (Q) ] 0 0 1 1 re W n % Q",
		"many":               strings.Repeat("q 1 0 0 1 5 5 cm ", 60),
		"marked content":     "/OC /Hidden BDC q 0.5 0 0 0.5 0 0 cm",
		"nothing":            "",
		"mildly broken":      "q (x) ) 1 0 0 1 0 0 cm Q",
		"dictionary operand": "/Span <</ActualText(q Q)>> BDC q 0.1 0 0 0.1 0 0 cm",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := onePage(t, "/MediaBox[0 0 595 842]", content)
			mustAppend(t, in)
			out := stampFile(t, in, Options{Text: "Kennung", Size: 10, Margin: 20})
			if _, err := tryTool(t, "qpdf", "--check", in); err == nil {
				tool(t, "qpdf", "--check", out)
			}
			p := words(t, out)[0]
			w := p.find(t, "Kennung")
			if w.YMax < 800 || w.YMax > 842 || abs((w.XMin+w.XMax)/2-297) > 4 || w.YMax-w.YMin < 8 {
				t.Fatalf("the mark is at %+v", w)
			}
		})
	}
}

// TestPDFSamePicture: outside the mark, no pixel changes.
func TestPDFSamePicture(t *testing.T) {
	t.Parallel()
	plain := book(t, 1)
	for name, in := range map[string]string{
		"plain":          plain,
		"object streams": qpdf(t, plain, "--object-streams=generate"),
		"encrypted":      qpdf(t, plain, "--encrypt", "", "owner", "256", "--"),
		"turned":         qpdf(t, plain, "--rotate=+90"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, after := draw(t, in), draw(t, stampFile(t, in, Options{Text: line}))
			if before.w != after.w || before.h != after.h {
				t.Fatal("the page changed its size")
			}
			band := before.h - 20 // 40 points at 36 dots an inch
			changed := false
			for i := range before.pix {
				if before.pix[i] == after.pix[i] {
					continue
				}
				if i/before.w < band {
					t.Fatalf("pixel %d, %d changed", i%before.w, i/before.w)
				}
				changed = true
			}
			if !changed {
				t.Fatal("nothing is to be seen of the mark")
			}
		})
	}
}

// TestPDFResources: the mark's name is entered wherever a page keeps its
// resources, and pages that share them are changed once.
func TestPDFResources(t *testing.T) {
	t.Parallel()
	content := streamObject("", "BT /F1 10 Tf 100 400 Td (Body) Tj ET")
	font := "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
	for name, objects := range map[string][]string{
		"inherited": {
			"<</Type/Catalog/Pages 2 0 R>>",
			"<</Type/Pages/Count 2/Kids[3 0 R 4 0 R]/MediaBox[0 0 595 842]/Resources<</Font<</F1 6 0 R>>>>>>",
			"<</Type/Page/Parent 2 0 R/Contents 5 0 R>>", "<</Type/Page/Parent 2 0 R/Contents[5 0 R]>>", content, font,
		},
		"shared object": {
			"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 2/Kids[3 0 R 4 0 R]/MediaBox[0 0 595 842]>>",
			"<</Type/Page/Parent 2 0 R/Contents 5 0 R/Resources 7 0 R>>", "<</Type/Page/Parent 2 0 R/Contents 5 0 R/Resources 7 0 R>>", content, font,
			"<</Font<</F1 6 0 R>>/XObject<<>>>>",
		},
		"shared XObject dictionary": {
			"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 2/Kids[3 0 R 4 0 R]/MediaBox[0 0 595 842]>>",
			"<</Type/Page/Parent 2 0 R/Contents 5 0 R/Resources<</Font<</F1 6 0 R>>/XObject 7 0 R>>>>",
			"<</Type/Page/Parent 2 0 R/Contents 8 0 R/Resources<</Font<</F1 6 0 R>>/XObject 7 0 R>>>>", content, font,
			"<<>>", "[5 0 R]",
		},
		"none": {
			"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 2/Kids 7 0 R/MediaBox 8 0 R>>",
			"<</Type/Page/Parent 2 0 R>>", "<</Type/Page/Parent 2 0 R/Contents null>>", "null", "null", "[3 0 R 4 0 R]", "[0 0 9 0 R 842.0]", "595",
		},
		"references to nothing": {
			"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 3/Kids[3 0 R 4 0 R 5 0 R]/MediaBox[0 0 595 842]/Resources 98 0 R>>",
			"<</Type/Page/Parent 2 0 R/Contents 99 0 R/Resources 98 0 R>>", "<</Type/Page/Parent 2 0 R/Contents 99 0 R>>",
			"<</Type/Page/Parent 2 0 R/Contents 97 0 R/Resources<</Font 96 0 R/XObject 95 0 R>>>>",
		},
		"odd names": {
			"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>",
			"<</Type/P#61ge/Parent 2 0 R/Media#42ox[0 0 595 842]/Contents 5 0 R/Resources<</Font<</F1 6 0 R>>>>/A#20B (x\\)y)>>",
			"null", content, font,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := pdfFile(t, objects...)
			mustAppend(t, in)
			checkStamped(t, in, stampFile(t, in, Options{Text: line}), line)
		})
	}
}

// TestPDFHybrid: a table with a stream beside it, whose objects the table
// calls free.
func TestPDFHybrid(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	b.WriteString("%PDF-1.5\n")
	places := map[int]int{}
	put := func(num int, body string) {
		places[num] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", num, body)
	}
	put(1, "<</Type/Catalog/Pages 2 0 R>>")
	put(2, "<</Type/Pages/Count 1/Kids[3 0 R]>>")
	put(3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources 8 0 R>>")
	put(4, streamObject("", "BT /F1 10 Tf 100 400 Td (Body) Tj ET"))
	resources, font := "<</Font<</F1 5 0 R>>>>", "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
	head := fmt.Sprintf("8 0 5 %d ", len(resources)+1)
	put(6, streamObject(fmt.Sprintf("/Type/ObjStm/N 2/First %d", len(head)), head+resources+" "+font))
	rows := []byte{2, 6, 1, 2, 6, 0}
	put(7, streamObject("/Type/XRef/W[1 1 1]/Index[5 1 8 1]/Size 9", string(rows)))
	at := b.Len()
	b.WriteString("xref\n0 9\n")
	for num := range 9 {
		if places[num] == 0 {
			b.WriteString("0000000000 65535 f \n")
		} else {
			fmt.Fprintf(&b, "%010d 00000 n \n", places[num])
		}
	}
	fmt.Fprintf(&b, "trailer\n<</Size 9/Root 1 0 R/XRefStm %d>>\nstartxref\n%d\n%%%%EOF\n", places[7], at)
	in := writeFile(t, b.Bytes())
	tool(t, "qpdf", "--check", in)
	mustAppend(t, in)
	out := stampFile(t, in, Options{Text: line})
	tool(t, "qpdf", "--check", out)
	// pdftotext does not look into the stream of a hybrid file, qpdf does.
	checkStamped(t, qpdf(t, in, "--object-streams=disable"), qpdf(t, out, "--object-streams=disable"), line)
}

// TestPDFText: long texts are wrapped, and shrink on small pages.
func TestPDFText(t *testing.T) {
	t.Parallel()
	long := strings.TrimSpace(strings.Repeat("Licensed to a buyer whose name does not end. ", 12))
	for _, c := range []struct {
		name, box, text string
	}{
		{"wrapped", "[0 0 595 842]", long},
		{"small page", "[0 0 90 120]", long},
		{"tiny page", "[0 0 12 12]", "Licensed to a buyer"},
		{"one long word", "[0 0 200 300]", strings.Repeat("w", 150)},
		{"own lines", "[0 0 595 842]", "First line\nSecond line\r\nThird line"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := onePage(t, "/MediaBox"+c.box, "")
			out := stampFile(t, in, Options{Text: c.text})
			tool(t, "qpdf", "--check", out)
			squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
			if got := squeeze(tool(t, "pdftotext", "-raw", out, "-")); got != squeeze(c.text) {
				t.Errorf("text is %q", got)
			}
			p := words(t, out)[0]
			for _, w := range p.Words {
				if w.XMin < 0 || w.XMax > p.Width || w.YMin < p.Height*0.6-2 || w.YMax > p.Height+1 {
					t.Errorf("%+v is beyond the lower third of a page of %g x %g", w, p.Width, p.Height)
				}
			}
		})
	}
}

func TestPDFLook(t *testing.T) {
	t.Parallel()
	in := onePage(t, "/MediaBox[0 0 200 200]", "")
	darkest := func(o Options) byte {
		o.Text, o.Size, o.Position = "MMMM", 40, Diagonal
		d := byte(255)
		for _, p := range draw(t, stampFile(t, in, o)).pix {
			d = min(d, p)
		}
		return d
	}
	if d := darkest(Options{Color: "#000000"}); d > 20 {
		t.Errorf("black is %d", d)
	}
	if d := darkest(Options{}); d < 110 || d > 150 {
		t.Errorf("the default grey is %d", d)
	}
	if d := darkest(Options{Color: "#000000", Opacity: 0.25}); d < 170 || d > 210 {
		t.Errorf("black at a quarter is %d", d)
	}
}

func TestPDFUserPassword(t *testing.T) {
	t.Parallel()
	plain := book(t, 1)
	for _, args := range [][]string{
		{"--allow-weak-crypto", "--encrypt", "secret", "owner", "40", "--"},
		{"--allow-weak-crypto", "--encrypt", "secret", "owner", "128", "--use-aes=n", "--"},
		{"--allow-weak-crypto", "--encrypt", "secret", "owner", "128", "--use-aes=y", "--"},
		{"--encrypt", "secret", "owner", "256", "--"},
		{"--allow-weak-crypto", "--encrypt", "secret", "owner", "256", "--force-R5", "--"},
	} {
		in := qpdf(t, plain, args...)
		out := filepath.Join(t.TempDir(), "out.pdf")
		if err := PDF(in, out, Options{Text: line}); !errors.Is(err, ErrEncrypted) || !Refused(err) {
			t.Errorf("%q: %v, want ErrEncrypted", args, err)
		}
		empty(t, filepath.Dir(out))
	}
}

// empty fails if something was left in a folder.
func empty(t *testing.T, dir string) {
	t.Helper()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left in the folder: %v %v", left, err)
	}
}
