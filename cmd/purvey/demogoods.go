package main

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"math"

	"codeberg.org/go-pdf/fpdf"
)

// demoFile is a piece of goods that the demo makes itself.
type demoFile struct {
	name    string
	content []byte
}

// demoGoods makes a small PDF and a ZIP with one second of sound.
func demoGoods() ([]demoFile, error) {
	pdf := fpdf.New("P", "mm", "A5", "")
	for _, text := range []string{"Field Recordings, Volume 1", "How to use the recordings", "Licence"} {
		pdf.AddPage()
		pdf.SetFont("Helvetica", "B", 18)
		pdf.Cell(0, 12, text)
		pdf.Ln(16)
		pdf.SetFont("Helvetica", "", 11)
		pdf.MultiCell(0, 6, "This booklet was made by the demo. It is here so that there is a real file to sell, to stamp and to read.", "", "", false)
	}
	var booklet bytes.Buffer
	if err := pdf.Output(&booklet); err != nil {
		return nil, err
	}
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for name, content := range map[string][]byte{"tone.wav": tone(), "README.txt": []byte("One second of A, 440 Hz.\n")} {
		w, err := z.Create(name)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(content); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return []demoFile{{"booklet.pdf", booklet.Bytes()}, {"recordings.zip", archive.Bytes()}}, nil
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
