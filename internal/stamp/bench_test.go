package stamp

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// picturebook is a PDF of 100 pages and 5 MB: a page of text and a picture of
// noise each.
func picturebook(b *testing.B) string {
	b.Helper()
	var kids strings.Builder
	for i := range 100 {
		fmt.Fprintf(&kids, "%d 0 R ", 4+i*3)
	}
	objects := []string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 100/Kids[" + kids.String() + "]>>", "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"}
	noise := rand.NewChaCha8([32]byte{1})
	for i := range 100 {
		content := "q 400 0 0 400 90 200 cm /I Do Q BT /F1 11 Tf 60 780 Td 14 TL\n"
		for j := range 40 {
			content += fmt.Sprintf("(Page %d line %d of a book that somebody sells, with enough text to look like one.) Tj T*\n", i, j)
		}
		image := make([]byte, 129*129*3)
		_, _ = noise.Read(image)
		objects = append(objects,
			fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>/XObject<</I %d 0 R>>>>/Contents %d 0 R>>", 6+i*3, 5+i*3),
			streamObject("/Filter/FlateDecode", deflated([]byte(content+"ET"))),
			streamObject("/Type/XObject/Subtype/Image/Width 129/Height 129/ColorSpace/DeviceRGB/BitsPerComponent 8", string(image)))
	}
	return writeFile(b, pdfBytes("1.4", objects...))
}

// BenchmarkAgainstQPDF pairs the whole child process, from start to exit, with
// `qpdf --overlay` on the same file, one run of each in turn, and reports the
// median of the ratios.
func BenchmarkAgainstQPDF(b *testing.B) {
	in := picturebook(b)
	dir := b.TempDir()
	overlay := filepath.Join(dir, "overlay.pdf")
	if err := os.WriteFile(overlay, pdfBytes("1.4", onePageObjects("/MediaBox[0 0 595 842]", "BT /F1 9 Tf 180 20 Td (Licensed to buyer@example.com, order 1234) Tj ET")...), 0o600); err != nil {
		b.Fatal(err)
	}
	job := Job{Kind: KindPDF, In: in, Out: filepath.Join(dir, "ours.pdf"), Options: Options{Text: "Licensed to Анна <buyer@example.com>, order 1234"}}
	var ratios []float64
	var ours time.Duration
	for b.Loop() {
		start := time.Now()
		if err := (Runner{}).Run(b.Context(), job); err != nil {
			b.Fatal(err)
		}
		mine := time.Since(start)
		start = time.Now()
		if out, err := exec.CommandContext(b.Context(), "qpdf", in, "--overlay", overlay, "--repeat=1", "--", filepath.Join(dir, "theirs.pdf")).CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
		ratios = append(ratios, float64(mine)/float64(time.Since(start)))
		ours += mine
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "of-qpdf")
	b.ReportMetric(float64(ours.Microseconds())/1000/float64(len(ratios)), "ms/stamp")
}
