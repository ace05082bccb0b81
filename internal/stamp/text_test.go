package stamp

import (
	"encoding/binary"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/sfnt"

	"purvey"
)

func TestExpand(t *testing.T) {
	t.Parallel()
	f := Fields{Email: "ana@example.com", Name: "Ana\n  {email}", Order: "#7", Date: "21.11.2026"}
	for in, want := range map[string]string{
		"For {name} <{email}>, {order} of {date}": "For Ana {email} <ana@example.com>, #7 of 21.11.2026",
		"{Name} {nome} {} {{email}} {email":       "{Name} {nome} {} {ana@example.com} {email",
		"plain":                                   "plain",
		"":                                        "",
	} {
		if got := Expand(in, f); got != want {
			t.Errorf("Expand(%q) = %q, want %q", in, got, want)
		}
	}
	if got := Expand("{name}{order}", Fields{}); got != "" {
		t.Errorf("without values: %q", got)
	}
}

// TestPlain: whatever a merchant pastes or a customer is called, a mark comes
// of it.
func TestPlain(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		" a\tb ": "a b", "a\x07b\x00": "ab", "a\r\nb": "a\nb", "a\rb": "a\nb", "a\u2028b\u0085c": "a\nb\nc", "\x01\t": "", "a\xffb": "a\uFFFDb",
		strings.Repeat("é", MaxText+5): strings.Repeat("é", MaxText),
	} {
		got := Plain(in)
		if got != want {
			t.Errorf("Plain(%q) = %q, want %q", in, got, want)
		}
		if _, err := (Options{Text: got}).Check(); got != "" && err != nil {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	o, err := Options{Text: "  a\r\nb "}.Check()
	if err != nil || o.Text != "a\nb" || o.Position != BottomCenter || o.Size != 8 || o.Color != "#808080" || o.Opacity != 1 {
		t.Errorf("%+v %v", o, err)
	}
	if again, err := o.Check(); err != nil || again != o {
		t.Errorf("a second check: %+v %v", again, err)
	}
	for field, bad := range map[string][]Options{
		"text":     {{}, {Text: " \n"}, {Text: strings.Repeat("a", MaxText+1)}, {Text: "a\x00"}, {Text: "a\xff"}, {Text: "a\u2028b"}, {Text: "a\tb"}},
		"position": {{Text: "a", Position: "center"}},
		"size":     {{Text: "a", Size: -1}, {Text: "a", Size: 3.9}, {Text: "a", Size: 1000}},
		"margin":   {{Text: "a", Margin: -1}, {Text: "a", Margin: 201}},
		"opacity":  {{Text: "a", Opacity: 1.1}, {Text: "a", Opacity: -0.1}},
		"color":    {{Text: "a", Color: "grey"}, {Text: "a", Color: "#80808"}, {Text: "a", Color: "#80 080"}, {Text: "a", Color: "#+80808"}},
	} {
		for _, o := range bad {
			_, err := o.Check()
			var e *purvey.Error
			if !errors.As(err, &e) || e.Kind != purvey.Invalid || e.Fields[0].Name != field {
				t.Errorf("%+v: %v, want a refusal of %s", o, err, field)
			}
			if err := PDF("none", "none", o); !errors.Is(err, purvey.Invalid) {
				t.Errorf("PDF with %+v: %v", o, err)
			}
		}
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	font := filepath.Join(t.TempDir(), "font.ttf")
	if err := os.WriteFile(font, gomono.TTF, 0o600); err != nil {
		t.Fatal(err)
	}
	base := Options{Text: "a"}
	seen := map[string]bool{}
	for _, k := range []string{
		Key("d1", base), Key("d2", base), Key("d1", Options{Text: "b"}), Key("d1", Options{Text: "a", Position: TopLeft}),
		Key("d1", Options{Text: "a", Size: 9}), Key("d1", Options{Text: "a", Color: "#000000"}), Key("d1", Options{Text: "a", Opacity: 0.5}),
		Key("d1", Options{Text: "a", Margin: 5}), Key("d1", Options{Text: "a", FontFile: font}), Key("", Options{}), Key("d1a", Options{}),
	} {
		if len(k) != 64 || seen[k] {
			t.Errorf("key %q is short or not new", k)
		}
		seen[k] = true
	}
	if Key("d1", base) != Key("d1", Options{Text: "a ", Position: BottomCenter, Size: 8, Opacity: 1}) {
		t.Error("defaults written out give another key")
	}
	before := Key("d1", Options{Text: "a", FontFile: font})
	if err := os.WriteFile(font, append(slices.Clone(gomono.TTF), 0), 0o600); err != nil {
		t.Fatal(err)
	}
	if Key("d1", Options{Text: "a", FontFile: font}) == before {
		t.Error("another font gives the same key")
	}
}

// TestGlyphs: the built-in font draws the three alphabets of Europe, and says
// what it cannot draw.
func TestGlyphs(t *testing.T) {
	t.Parallel()
	alphabets := "The quick brown fox 0123456789 @#&€£©™ «„“”‘’»… – — ÀÉÎÕÜßçñøåæœ ŠšŽžČčĆćĐđŁłĄąĘęŚśŹźŻżŐőŰűŢţȘșȚțĞğİıŞş ĀāĒēĪīŪūĢģĶķĻļŅņ ŊŋŦŧ " +
		"ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ αβγδεζηθικλμνξοπρστυφχψως άέήίόύώ ΰΐϊϋ " +
		"АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ абвгдежзийклмнопрстуфхцчшщъыьэюя ЁёЂђЃѓЄєЅѕІіЇїЈјЉљЊњЋћЌќЎўЏџҐґ"
	in := onePage(t, "/MediaBox[0 0 595 842]", "")
	out := stampFile(t, in, Options{Text: alphabets})
	tool(t, "qpdf", "--check", out)
	got := strings.Join(strings.Fields(tool(t, "pdftotext", "-enc", "UTF-8", "-raw", out, "-")), " ")
	if got != strings.Join(strings.Fields(alphabets), " ") {
		t.Errorf("read back:\n%s\nwant\n%s", got, alphabets)
	}
	// Letters of one shape in three alphabets stay what they were.
	same := "A\u0391\u0410 o\u03bf\u043e"
	if got := strings.TrimSpace(tool(t, "pdftotext", "-enc", "UTF-8", stampFile(t, in, Options{Text: same}), "-")); got != same {
		t.Errorf("read back %+q, want %+q", got, same)
	}
	// Letters typed with a loose accent are drawn with a fixed one.
	if got := strings.TrimSpace(tool(t, "pdftotext", "-enc", "UTF-8", stampFile(t, in, Options{Text: "Zizkova\u0301 n\u0303\u200b!"}), "-")); got != "Zizková ñ!" {
		t.Errorf("read back %+q", got)
	}
	// Letters with more accents than the font has are drawn with fewer, and
	// read back whole.
	const rich = "Tiếng Việt Nguyễn Thị Ngọc ἀρχή Pīnyīn ǎ"
	if got := strings.TrimSpace(tool(t, "pdftotext", "-enc", "UTF-8", stampFile(t, in, Options{Text: rich}), "-")); got != rich {
		t.Errorf("read back %+q", got)
	}
	for _, bad := range []string{"名前", "각", "が", "क़", "שם", "नाम", "a🎉", "\u200b\u200d"} {
		if err := PDF(in, filepath.Join(t.TempDir(), "out.pdf"), Options{Text: bad}); !errors.Is(err, ErrGlyphs) {
			t.Errorf("%q: %v, want ErrGlyphs", bad, err)
		}
	}
}

// hebrewFont is Go Mono with its letters given to Hebrew: a font for what the
// built-in one lacks.
func hebrewFont(t *testing.T) []byte {
	t.Helper()
	f, err := parseFont(gomono.TTF)
	if err != nil {
		t.Fatal(err)
	}
	var buf sfnt.Buffer
	a, ok := f.glyph(&buf, 'a')
	if !ok {
		t.Fatal("no letter a")
	}
	cmap := []byte{0, 0, 0, 1, 0, 3, 0, 10, 0, 0, 0, 12, 0, 12, 0, 0}    // one table, for Windows, format 12
	for _, n := range []uint32{16 + 12, 0, 1, 0x5d0, 0x5ea, uint32(a)} { // its one group
		cmap = binary.BigEndian.AppendUint32(cmap, n)
	}
	tables := maps.Clone(f.tables)
	tables["cmap"] = cmap
	return assemble(tables)
}

// TestFontFile: a second font draws what the first lacks, and Hebrew runs from
// right to left.
func TestFontFile(t *testing.T) {
	t.Parallel()
	in := onePage(t, "/MediaBox[0 0 595 842]", "")
	font := filepath.Join(t.TempDir(), "font.ttf")
	if err := os.WriteFile(font, hebrewFont(t), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := CheckFont(font); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"For \u05e9\u05dc\u05d5\u05dd, order 1", "\u05e9\u05dd"} {
		o := Options{Text: text, FontFile: font}
		out := stampFile(t, in, o)
		tool(t, "qpdf", "--check", out)
		got := strings.NewReplacer("\u202b", "", "\u202c", "", "\u202a", "", "\f", "").Replace(tool(t, "pdftotext", "-enc", "UTF-8", out, "-"))
		if strings.TrimSpace(got) != text {
			t.Errorf("read back %+q, want %+q", strings.TrimSpace(got), text)
		}
	}
	fs, err := openFonts(font)
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"a \u05d0\u05d1 12 \u05d2 b":                "a \u05d2 12 \u05d1\u05d0 b",
		"a \u05d0\u05d1 b \u05d2":                   "a \u05d1\u05d0 b \u05d2",
		"a \u05d0 (\u05d1) b":                       "a (\u05d1) \u05d0 b",
		"\u05d0\u05d1":                              "\u05d1\u05d0",
		"plain (text)":                              "plain (text)",
		"\u05d0 12345 (7) \u05d1 x (y)":             "\u05d1 (7) 12345 \u05d0 x (y)",
		"\u05d0\u05d112\u05d2, \u05d3x@y.z \u05d4!": "\u05d212\u05d1\u05d0, \u05d4 x@y.z\u05d3!",
	} {
		tx, err := newText(in, fs)
		if err != nil {
			t.Fatal(err)
		}
		if got := tx.visual(in); got != want {
			t.Errorf("%+q is drawn as %+q, want %+q", in, got, want)
		}
	}
	bad := filepath.Join(t.TempDir(), "bad.ttf")
	for name, b := range map[string][]byte{"empty": nil, "junk": []byte("\x00\x01\x00\x00 junk and more junk"), "cut": gomono.TTF[:3000], "CFF": append([]byte("OTTO"), gomono.TTF[4:]...)} {
		if err := os.WriteFile(bad, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := CheckFont(bad); err == nil {
			t.Errorf("%s was taken as a font", name)
		}
		if err := PDF(in, filepath.Join(t.TempDir(), "out.pdf"), Options{Text: "a", FontFile: bad}); err == nil || Refused(err) {
			t.Errorf("%s: %v: a bad font is not the file's fault", name, err)
		}
	}
}
