// Package pdf makes the documents that stamping is measured on.
package pdf

import (
	"bytes"
	"compress/zlib"
	"crypto/rand"
	"fmt"
)

// file collects numbered objects and writes the table of where they are.
type file struct {
	bytes.Buffer
	offsets []int
}

func start() *file {
	f := &file{}
	f.WriteString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	return f
}

// object adds the next object; a stream may follow its dictionary.
func (f *file) object(dictionary string, stream []byte) {
	f.offsets = append(f.offsets, f.Len())
	fmt.Fprintf(f, "%d 0 obj\n%s", len(f.offsets), dictionary)
	if stream != nil {
		f.WriteString("\nstream\n")
		f.Write(stream)
		f.WriteString("\nendstream")
	}
	f.WriteString("\nendobj\n")
}

func (f *file) finish() []byte {
	table := f.Len()
	fmt.Fprintf(f, "xref\n0 %d\n0000000000 65535 f \n", len(f.offsets)+1)
	for _, o := range f.offsets {
		fmt.Fprintf(f, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(f, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(f.offsets)+1, table)
	return f.Bytes()
}

// Book is a document whose pages hold 40 lines of text and a picture of 50 kB that cannot be compressed.
func Book(pages int) []byte {
	f := start()
	kids := ""
	for i := range pages {
		kids += fmt.Sprintf("%d 0 R ", 4+i*3)
	}
	f.object("<</Type/Catalog/Pages 2 0 R>>", nil)
	f.object(fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", pages, kids), nil)
	f.object("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>", nil)
	for i := range pages {
		f.object(fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>/XObject<</I %d 0 R>>>>/Contents %d 0 R>>", 6+i*3, 5+i*3), nil)
		text := deflate(page(i))
		f.object(fmt.Sprintf("<</Length %d/Filter/FlateDecode>>", len(text)), text)
		picture := make([]byte, 129*129*3)
		rand.Read(picture)
		f.object(fmt.Sprintf("<</Type/XObject/Subtype/Image/Width 129/Height 129/ColorSpace/DeviceRGB/BitsPerComponent 8/Length %d>>", len(picture)), picture)
	}
	return f.finish()
}

func page(number int) []byte {
	var b bytes.Buffer
	b.WriteString("q 400 0 0 400 90 200 cm /I Do Q BT /F1 11 Tf 60 780 Td 14 TL\n")
	for line := range 40 {
		fmt.Fprintf(&b, "(Page %d line %d of a book that somebody sells, with enough text to look like one.) Tj T*\n", number, line)
	}
	b.WriteString("ET")
	return b.Bytes()
}

func deflate(text []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write(text) // a bytes.Buffer takes everything
	w.Close()
	return b.Bytes()
}

// Stamp is one page with a small line of text at its foot; text may hold no parentheses or backslashes.
func Stamp(text string) []byte {
	f := start()
	f.object("<</Type/Catalog/Pages 2 0 R>>", nil)
	f.object("<</Type/Pages/Count 1/Kids[3 0 R]>>", nil)
	f.object("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 4 0 R>>>>/Contents 5 0 R>>", nil)
	f.object("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>", nil)
	draw := []byte("BT /F1 9 Tf 180 20 Td (" + text + ") Tj ET")
	f.object(fmt.Sprintf("<</Length %d>>", len(draw)), draw)
	return f.finish()
}
