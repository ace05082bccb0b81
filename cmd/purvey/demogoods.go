package main

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// demoFile is a piece of goods that the demo makes itself.
type demoFile struct {
	name    string
	content []byte
}

// demoGoods makes a small PDF and a ZIP with one second of sound.
func demoGoods() ([]demoFile, error) {
	archive, err := archiveOf(map[string][]byte{"tone.wav": tone(), "README.txt": []byte("One second of A, 440 Hz.\n")})
	return []demoFile{{"booklet.pdf", booklet("Field Recordings, Volume 1", "How to use the recordings", "Licence")}, {"recordings.zip", archive}}, err
}

// archiveOf is a ZIP of the files.
func archiveOf(files map[string][]byte) ([]byte, error) {
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for name, content := range files {
		w, err := z.Create(name)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(content); err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return archive.Bytes(), err
}

// booklet is a PDF with a page for each title, which must be plain ASCII
// without parentheses.
func booklet(titles ...string) []byte {
	const fixed = 3 // catalogue, page tree, font
	var kids, pages []string
	for i, title := range titles {
		page := fixed + 1 + 2*i
		kids = append(kids, fmt.Sprintf("%d 0 R", page))
		text := fmt.Sprintf("BT /F1 20 Tf 48 520 Td (%s) Tj 0 -36 Td /F1 11 Tf (This booklet was made by the demo, to be sold, stamped and read.) Tj ET", title)
		pages = append(pages,
			fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 420 595]/Resources<</Font<</F1 3 0 R>>>>/Contents %d 0 R>>", page+1),
			fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(text), text))
	}
	objects := append([]string{
		"<</Type/Catalog/Pages 2 0 R>>",
		fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", len(titles), strings.Join(kids, " ")),
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
	}, pages...)
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	table := "0000000000 65535 f \n"
	for i, o := range objects {
		table += fmt.Sprintf("%010d 00000 n \n", b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, table, len(objects)+1, at)
	return b.Bytes()
}

// tone is a WAV file: 440 Hz, one second, 16 bits, 22,050 samples.
func tone() []byte {
	const rate = 22050
	var b bytes.Buffer
	put := func(v any) { _ = binary.Write(&b, binary.LittleEndian, v) } // a Buffer takes everything
	b.WriteString("RIFF")
	put(uint32(36 + 2*rate))
	b.WriteString("WAVEfmt ")
	put(uint32(16))
	put([]uint16{1, 1})
	put([]uint32{rate, 2 * rate})
	put([]uint16{2, 16})
	b.WriteString("data")
	put(uint32(2 * rate))
	for i := range rate {
		put(int16(8000 * math.Sin(2*math.Pi*440*float64(i)/rate)))
	}
	return b.Bytes()
}
