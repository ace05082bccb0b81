package stamp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
)

// maxFontFile bounds a font named by a setting. Fonts for Chinese, Japanese
// and Korean have up to 25 MB.
const maxFontFile = 64 << 20

// font is a TrueType font to draw with.
type font struct {
	name   string // PostScript name
	lookup *sfnt.Font
	tables map[string][]byte
	em     float64 // units in one letter height
	glyphs int
	long   bool // loca has 32-bit entries
	box    [4]int16
	rise   int16 // ascender
	fall   int16 // descender, negative
	widths int   // entries with a width of their own in hmtx
}

// fonts are the fonts to draw with, the preferred one first.
type fonts []*font

// openFonts gives the built-in font, which has Latin, Greek and Cyrillic, and
// the one in file, if file is not empty, for what the first lacks.
func openFonts(file string) (fonts, error) {
	builtin, err := parseFont(goregular.TTF)
	if err != nil || file == "" {
		return fonts{builtin}, err
	}
	st, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if st.Size() > maxFontFile {
		return nil, fmt.Errorf("font file is larger than %d MB", maxFontFile>>20)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	named, err := parseFont(data)
	if err != nil {
		return nil, fmt.Errorf("font file: %w", err)
	}
	return fonts{builtin, named}, nil
}

// CheckFont tells whether file can be used as Options.FontFile: a TrueType
// font, or a collection whose first font is one, of at most 64 MB.
func CheckFont(file string) error {
	_, err := openFonts(file)
	return err
}

var errFont = fmt.Errorf("not a TrueType font with outlines of its own (CFF outlines are not taken)")

func parseFont(data []byte) (*font, error) {
	start := 0
	var lookup *sfnt.Font
	if bytes.HasPrefix(data, []byte("ttcf")) {
		c, err := sfnt.ParseCollection(data)
		if err != nil {
			return nil, err
		}
		if lookup, err = c.Font(0); err != nil {
			return nil, err
		}
		start = int(binary.BigEndian.Uint32(data[12:]))
	} else {
		var err error
		if lookup, err = sfnt.Parse(data); err != nil {
			return nil, err
		}
	}
	f := &font{lookup: lookup, tables: map[string][]byte{}}
	count := int(binary.BigEndian.Uint16(data[start+4:]))
	for i := range count {
		at := start + 12 + 16*i
		if at+16 > len(data) {
			return nil, errFont
		}
		row := data[at : at+16]
		off, n := uint64(binary.BigEndian.Uint32(row[8:])), uint64(binary.BigEndian.Uint32(row[12:]))
		if off+n > uint64(len(data)) {
			return nil, errFont
		}
		f.tables[string(row[:4])] = data[off : off+n]
	}
	head, hhea, maxp := f.tables["head"], f.tables["hhea"], f.tables["maxp"]
	if len(head) < 54 || len(hhea) < 36 || len(maxp) < 6 || f.tables["glyf"] == nil {
		return nil, errFont
	}
	f.em = float64(binary.BigEndian.Uint16(head[18:]))
	for i := range f.box {
		f.box[i] = int16(binary.BigEndian.Uint16(head[36+2*i:]))
	}
	f.long = binary.BigEndian.Uint16(head[50:]) != 0
	f.rise = int16(binary.BigEndian.Uint16(hhea[4:]))
	f.fall = int16(binary.BigEndian.Uint16(hhea[6:]))
	f.widths = int(binary.BigEndian.Uint16(hhea[34:]))
	f.glyphs = int(binary.BigEndian.Uint16(maxp[4:]))
	if f.em == 0 || f.widths == 0 || f.widths > f.glyphs || len(f.tables["hmtx"]) < 4*f.widths || len(f.tables["loca"]) < (f.glyphs+1)*f.locaSize() {
		return nil, errFont
	}
	name, err := lookup.Name(nil, sfnt.NameIDPostScript)
	if err != nil || name == "" {
		name = "Font"
	}
	f.name = strings.Map(func(r rune) rune {
		if r > ' ' && r < 127 && isRegular(byte(r)) && r != '#' {
			return r
		}
		return -1
	}, name)
	return f, nil
}

func (f *font) locaSize() int {
	if f.long {
		return 4
	}
	return 2
}

// glyph gives the number of the glyph for r; ok is false if there is none.
func (f *font) glyph(buf *sfnt.Buffer, r rune) (gid int, ok bool) {
	g, err := f.lookup.GlyphIndex(buf, r)
	return int(g), err == nil && g != 0 && int(g) < f.glyphs
}

// width of a glyph in thousandths of the letter height.
func (f *font) width(gid int) float64 {
	i := min(gid, f.widths-1)
	return float64(binary.BigEndian.Uint16(f.tables["hmtx"][4*i:])) * 1000 / f.em
}

// outline gives the bytes that draw a glyph, none for a blank.
func (f *font) outline(gid int) ([]byte, error) {
	if gid >= f.glyphs {
		return nil, errFont
	}
	loca, glyf := f.tables["loca"], f.tables["glyf"]
	var from, to uint64
	if f.long {
		from, to = uint64(binary.BigEndian.Uint32(loca[4*gid:])), uint64(binary.BigEndian.Uint32(loca[4*gid+4:]))
	} else {
		from, to = 2*uint64(binary.BigEndian.Uint16(loca[2*gid:])), 2*uint64(binary.BigEndian.Uint16(loca[2*gid+2:]))
	}
	if from > to || to > uint64(len(glyf)) {
		return nil, errFont
	}
	return glyf[from:to], nil
}

// parts lists the glyphs that a compound glyph is made of.
func parts(outline []byte) ([]int, error) {
	if len(outline) < 10 || int16(binary.BigEndian.Uint16(outline)) >= 0 {
		return nil, nil
	}
	var out []int
	for at := 10; ; {
		if at+4 > len(outline) || len(out) > 64 {
			return nil, errFont
		}
		flags := binary.BigEndian.Uint16(outline[at:])
		out = append(out, int(binary.BigEndian.Uint16(outline[at+2:])))
		if flags&0x20 == 0 {
			return out, nil
		}
		at += 6
		if flags&0x01 != 0 {
			at += 2
		}
		switch {
		case flags&0x08 != 0:
			at += 2
		case flags&0x40 != 0:
			at += 4
		case flags&0x80 != 0:
			at += 8
		}
	}
}

// subset writes a font with only the given glyphs, which keep their numbers.
func (f *font) subset(gids []int) ([]byte, error) {
	want := map[int][]byte{}
	todo := append([]int{0}, gids...)
	for len(todo) > 0 {
		g := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if _, have := want[g]; have {
			continue
		}
		o, err := f.outline(g)
		if err != nil {
			return nil, err
		}
		more, err := parts(o)
		if err != nil {
			return nil, err
		}
		want[g] = o
		todo = append(todo, more...)
	}
	last := 0
	for g := range want {
		last = max(last, g)
	}
	var glyf, loca, hmtx []byte
	for g := range last + 1 {
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		glyf = append(glyf, want[g]...)
		for len(glyf)%4 != 0 {
			glyf = append(glyf, 0)
		}
		if _, used := want[g]; used {
			hmtx = append(hmtx, f.metric(g)...)
		} else {
			hmtx = append(hmtx, 0, 0, 0, 0)
		}
	}
	loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
	head, hhea, maxp := bytes.Clone(f.tables["head"]), bytes.Clone(f.tables["hhea"]), bytes.Clone(f.tables["maxp"])
	binary.BigEndian.PutUint32(head[8:], 0)  // the checksum, filled in by no reader
	binary.BigEndian.PutUint16(head[50:], 1) // 32-bit loca
	binary.BigEndian.PutUint16(hhea[34:], uint16(last+1))
	binary.BigEndian.PutUint16(maxp[4:], uint16(last+1))
	out := map[string][]byte{"head": head, "hhea": hhea, "maxp": maxp, "hmtx": hmtx, "loca": loca, "glyf": glyf}
	for _, hints := range []string{"cvt ", "fpgm", "prep"} {
		if t := f.tables[hints]; t != nil {
			out[hints] = t
		}
	}
	return assemble(out), nil
}

// metric gives the width and left bearing of a glyph as hmtx holds them.
func (f *font) metric(g int) []byte {
	hmtx := f.tables["hmtx"]
	if g < f.widths {
		return hmtx[4*g : 4*g+4]
	}
	out := bytes.Clone(hmtx[4*(f.widths-1) : 4*(f.widths-1)+2])
	if at := 4*f.widths + 2*(g-f.widths); at+2 <= len(hmtx) {
		return append(out, hmtx[at:at+2]...)
	}
	return append(out, 0, 0)
}

// assemble puts tables into a TrueType file.
func assemble(tables map[string][]byte) []byte {
	var tags []string
	for t := range tables {
		tags = append(tags, t)
	}
	slices.Sort(tags)
	power, log := 1, 0
	for power*2 <= len(tags) {
		power, log = power*2, log+1
	}
	out := []byte{0, 1, 0, 0}
	for _, n := range []int{len(tags), power * 16, log, (len(tags) - power) * 16} {
		out = binary.BigEndian.AppendUint16(out, uint16(n))
	}
	at := len(out) + 16*len(tags)
	var body []byte
	for _, t := range tags {
		data := tables[t]
		padded := append(bytes.Clone(data), make([]byte, (4-len(data)%4)%4)...)
		sum := uint32(0)
		for i := 0; i < len(padded); i += 4 {
			sum += binary.BigEndian.Uint32(padded[i:])
		}
		out = append(out, t...)
		out = binary.BigEndian.AppendUint32(out, sum)
		out = binary.BigEndian.AppendUint32(out, uint32(at+len(body)))
		out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
		body = append(body, padded...)
	}
	return append(out, body...)
}
