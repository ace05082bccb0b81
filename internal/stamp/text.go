package stamp

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/norm"
)

// text is the mark with a glyph found for each of its characters.
type text struct {
	fonts  fonts
	words  [][]string      // by line of the source
	glyphs map[rune]glyph  // of every character in words, and the space
	used   []map[rune]bool // by font
	rise   float64         // of the tallest font, in letter heights
	fall   float64         // of the deepest, positive
}

// glyph is how one character is drawn. Its code is its place in the list of
// the font's characters, from 1, so that two characters of one shape, like the
// Latin and the Cyrillic A, stay apart when the text is copied out again.
type glyph struct {
	font, gid, code int
	width           float64 // in letter heights
}

// newText finds the glyphs for s. Characters that no font has are ErrGlyphs.
func newText(s string, fs fonts) (*text, error) {
	t := &text{fonts: fs, glyphs: map[rune]glyph{}, used: make([]map[rune]bool, len(fs))}
	for i := range fs {
		t.used[i] = map[rune]bool{}
	}
	s = norm.NFC.String(s)
	var missing []string
	var buf sfnt.Buffer
	for source := range strings.SplitSeq(s, "\n") {
		words := strings.Fields(strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) {
				return -1 // joiners and marks of direction have no shape
			}
			return r
		}, source))
		t.words = append(t.words, words)
		for _, r := range strings.Join(words, " ") {
			if _, done := t.glyphs[r]; done {
				continue
			}
			if !t.find(&buf, r, r) && !t.find(&buf, r, bare(&buf, fs, r)) {
				t.glyphs[r] = glyph{}
				missing = append(missing, fmt.Sprintf("%U", r))
			}
		}
	}
	if len(t.glyphs) == 0 {
		return nil, fmt.Errorf("%w: nothing to draw", ErrGlyphs)
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("%w: no glyph for %s", ErrGlyphs, strings.Join(missing[:min(len(missing), 20)], " "))
	}
	t.find(&buf, ' ', ' ')
	for i := range fs {
		for code, r := range t.list(i) {
			g := t.glyphs[r]
			g.code = code + 1
			t.glyphs[r] = g
		}
	}
	return t, nil
}

// bare gives the letter that is left of r when as few of its accents as can be
// are taken off for a font to have it, as ê of the Vietnamese ế; 0 if none is.
// What is copied out of the page is r all the same.
func bare(buf *sfnt.Buffer, fs fonts, r rune) rune {
	parts := []rune(norm.NFD.String(string(r)))
	for n := len(parts) - 1; n > 0; n-- {
		left := []rune(norm.NFC.String(string(parts[:n])))
		if len(left) != 1 || !unicode.In(left[0], unicode.Latin, unicode.Greek, unicode.Cyrillic) {
			continue
		}
		if slices.ContainsFunc(fs, func(f *font) bool { _, ok := f.glyph(buf, left[0]); return ok }) {
			return left[0]
		}
	}
	return 0
}

// find has r drawn as the glyph of shape in the first font that has it.
func (t *text) find(buf *sfnt.Buffer, r, shape rune) bool {
	if shape == 0 {
		return false
	}
	for i, f := range t.fonts {
		if gid, ok := f.glyph(buf, shape); ok {
			t.glyphs[r] = glyph{font: i, gid: gid, width: f.width(gid) / 1000}
			t.used[i][r] = true
			t.rise = max(t.rise, float64(f.rise)/f.em)
			t.fall = max(t.fall, -float64(f.fall)/f.em)
			return true
		}
	}
	return false
}

// list gives the characters drawn with font i, in the order of their codes.
func (t *text) list(i int) []rune {
	out := make([]rune, 0, len(t.used[i]))
	for r := range t.used[i] {
		out = append(out, r)
	}
	slices.Sort(out)
	return out
}

func (t *text) width(s string) (w float64) {
	for _, r := range s {
		w += t.glyphs[r].width
	}
	return w
}

// wrap breaks the text into lines no wider than limit letter heights. A word
// that is wider alone is broken between letters.
func (t *text) wrap(limit float64) []string {
	var lines []string
	space := t.glyphs[' '].width
	for _, words := range t.words {
		line, at := "", 0.0
		for _, word := range words {
			w := t.width(word)
			if line != "" && at+space+w <= limit {
				line, at = line+" "+word, at+space+w
				continue
			}
			if line != "" {
				lines = append(lines, line)
			}
			line, at = word, w
			if w <= limit {
				continue
			}
			line, at = "", 0
			for _, r := range word {
				if g := t.glyphs[r].width; line != "" && at+g > limit {
					lines = append(lines, line)
					line, at = string(r), g
				} else {
					line, at = line+string(r), at+g
				}
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// mark is the text laid out for one size of page, in points.
type mark struct {
	lines  []string
	size   float64
	widths []float64
	w, h   float64
}

const leading = 1.25

// leastShare is the least height of letters as a share of the shorter side of a
// page, so that a mark stays readable on posters and plans.
const leastShare = 1.0 / 150

// fit lays the text out for a page of w by h points. It is made larger on
// pages that are large themselves, and smaller when it would cover more than a
// third of the page.
func (t *text) fit(o Options, w, h float64) mark {
	o.Size = max(o.Size, min(w, h)*leastShare)
	room := w - 2*margin(o, w)
	if o.Position == Diagonal {
		room = 0.8 * math.Hypot(w, h)
	}
	m := mark{size: o.Size}
	for ; ; m.size *= 0.85 {
		m.lines = t.wrap(room / m.size)
		m.h = (float64(len(m.lines)-1)*leading + t.rise + t.fall) * m.size
		if m.h <= h/3 || m.size < 1 {
			break
		}
	}
	for _, l := range m.lines {
		m.widths = append(m.widths, t.width(l)*m.size)
		m.w = max(m.w, t.width(l)*m.size)
	}
	return m
}

// margin is smaller on pages that are small themselves.
func margin(o Options, side float64) float64 { return min(o.Margin, side/10) }

// spot gives the lower left corner of the mark on a page of w by h points, and
// its angle.
func (m mark) spot(o Options, w, h float64) (x, y, angle float64) {
	mx, my := margin(o, w), margin(o, h)
	switch o.Position {
	case BottomLeft, TopLeft:
		x = mx
	case BottomRight, TopRight:
		x = w - mx - m.w
	default:
		x = (w - m.w) / 2
	}
	switch o.Position {
	case TopLeft, TopCenter, TopRight:
		y = h - my - m.h
	default:
		y = my
	}
	if o.Position == Diagonal {
		angle = math.Atan2(h, w)
		s, c := math.Sincos(angle)
		x, y = w/2-(m.w*c-m.h*s)/2, h/2-(m.w*s+m.h*c)/2
	}
	return x, y, angle
}

// draw writes the operators that show the mark with its lower left corner at
// the origin. Font i is called /Fi, the graphics state with the opacity /G.
func (t *text) draw(m mark, o Options) ([]byte, error) {
	color, err := o.rgb()
	if err != nil {
		return nil, err
	}
	out := []byte("/Artifact BMC\n")
	if o.Opacity < 1 {
		out = append(out, "/G gs\n"...)
	}
	out = fmt.Appendf(out, "%s rg\nBT\n", color)
	for i, line := range m.lines {
		x := 0.0
		switch o.Position {
		case BottomLeft, TopLeft:
		case BottomRight, TopRight:
			x = m.w - m.widths[i]
		default:
			x = (m.w - m.widths[i]) / 2
		}
		y := (t.fall + float64(len(m.lines)-1-i)*leading) * m.size
		out = fmt.Appendf(out, "1 0 0 1 %s %s Tm\n", num(x), num(y))
		font := -1
		for _, r := range t.visual(line) {
			g := t.glyphs[r]
			if g.font != font {
				if font >= 0 {
					out = append(out, "> Tj\n"...)
				}
				font = g.font
				out = fmt.Appendf(out, "/F%d %s Tf\n<", font, num(m.size))
			}
			out = fmt.Appendf(out, "%04X", g.code)
		}
		if font >= 0 {
			out = append(out, "> Tj\n"...)
		}
	}
	return append(out, "ET\nEMC\n"...), nil
}

// rtl tells letters that are written from right to left.
func rtl(r rune) bool {
	return unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko)
}

// ltr tells letters that are written from left to right.
func ltr(r rune) bool { return unicode.IsLetter(r) && !rtl(r) }

// visual puts a line in the order in which it is drawn. The line as a whole
// runs from left to right; words of Hebrew or Arabic, and the numbers between
// such words, stand from right to left. Letters are not joined: Arabic stays
// readable but plain.
func (t *text) visual(line string) string {
	if !strings.ContainsFunc(line, rtl) {
		return line
	}
	words := strings.Split(line, " ")
	for i := 0; i < len(words); i++ {
		if !strings.ContainsFunc(words[i], rtl) {
			continue
		}
		end := i + 1 // behind the last word of this stretch
		for k := end; k < len(words) && !strings.ContainsFunc(words[k], ltr); k++ {
			if strings.ContainsFunc(words[k], rtl) {
				end = k + 1
			}
		}
		last := strings.TrimRight(words[end-1], ",.;:!?")
		tail := words[end-1][len(last):] // belongs to the line, not to the stretch
		words[end-1] = last
		for k := i; k < end; k++ {
			words[k] = t.turn(words[k])
		}
		slices.Reverse(words[i:end])
		words[end-1] += tail
		i = end - 1
	}
	return strings.Join(words, " ")
}

// turn reverses a word with letters that run from right to left. Numbers and
// other letters in it keep their order, brackets their sense.
func (t *text) turn(word string) string {
	if !strings.ContainsFunc(word, rtl) {
		return word
	}
	in := []rune(word)
	out := make([]rune, 0, len(in))
	for end := len(in); end > 0; {
		start := end - 1
		for kept := func(r rune) bool { return unicode.IsDigit(r) || ltr(r) || strings.ContainsRune("@._-+", r) }; kept(in[start]) && start > 0 && kept(in[start-1]); {
			start--
		}
		out = append(out, in[start:end]...)
		end = start
	}
	const brackets = "()[]{}<>«»"
	pairs := []rune(brackets)
	for i, r := range out {
		if k := slices.Index(pairs, r); k >= 0 {
			if _, ok := t.glyphs[pairs[k^1]]; ok {
				out[i] = pairs[k^1]
			}
		}
	}
	return string(out)
}
