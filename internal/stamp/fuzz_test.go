package stamp

import (
	"bytes"
	"encoding/xml"
	"errors"
	"testing"

	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
)

// FuzzReader feeds the strict reader and the search for lost objects. What
// they take must come out as a file that they take again, with as many pages.
func FuzzReader(f *testing.F) {
	small := onePage(f, "/MediaBox[0 0 595 842]/Rotate 90/CropBox[1 2 30 40]", "q BT /F1 9 Tf (Body) Tj ET Q")
	f.Add(readFile(f, small))
	for _, args := range [][]string{
		{"--object-streams=generate"},
		{"--linearize"},
		{"--linearize", "--object-streams=generate"},
		{"--encrypt", "", "owner", "256", "--"},
		{"--object-streams=generate", "--encrypt", "", "owner", "256", "--"},
		{"--allow-weak-crypto", "--encrypt", "", "owner", "128", "--use-aes=n", "--"},
	} {
		f.Add(readFile(f, qpdf(f, small, args...)))
	}
	for _, b := range hostile() {
		if len(b) < 10_000 {
			f.Add(b)
		}
	}
	o, err := Options{Text: "Kennung"}.Check()
	if err != nil {
		f.Fatal(err)
	}
	fs, err := openFonts("")
	if err != nil {
		f.Fatal(err)
	}
	tx, err := newText(o.Text, fs)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, open := range []func(*document) error{(*document).open, (*document).rebuild} {
			d, trimmed, err := newDocument(bytes.NewReader(b), int64(len(b)))
			if err != nil {
				return
			}
			var out bytes.Buffer
			if err = open(d); err == nil {
				out.Write(b[trimmed:])
				err = apply(newUpdate(d, &out), tx, o)
			}
			if err != nil {
				if !errors.Is(err, errOdd) && !Refused(err) {
					t.Fatalf("not a verdict: %v", err)
				}
				continue
			}
			want := countPages(t, d)
			again, _, err := newDocument(bytes.NewReader(out.Bytes()), int64(out.Len()))
			if err != nil {
				t.Fatal(err)
			}
			if err := again.open(); err != nil {
				t.Fatalf("the result is not taken: %v", err)
			}
			if got := countPages(t, again); got != want {
				t.Fatalf("%d pages became %d", want, got)
			}
		}
	})
}

func countPages(t *testing.T, d *document) (n int) {
	t.Helper()
	if err := d.pages(func(page) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

func FuzzContent(f *testing.F) {
	for _, s := range []string{"q BT (a\\)(b)) Tj ET Q", "BI /W 1 ID \x00\x01 EI Q", "<</A[<41>]>> BDC EMC", "% q\nQ", "/N#20 q 1.5 -2 re", "(", "<", "<<"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		l, ok := weigh(b)
		if !ok || !l.mild() {
			return
		}
		// What comes before, the content and what comes after make a balanced whole.
		whole := append(append(l.before(), b...), l.after()...)
		got, ok := weigh(whole)
		if ok && (got.open != 0 || got.deficit != 0 || got.text) {
			t.Fatalf("%q is left with %+v", whole, got)
		}
	})
}

func FuzzFont(f *testing.F) {
	f.Add(goregular.TTF)
	f.Add(append([]byte("ttcf\x00\x01\x00\x00\x00\x00\x00\x01\x00\x00\x00\x10"), goregular.TTF...))
	f.Fuzz(func(t *testing.T, b []byte) {
		font, err := parseFont(b)
		if err != nil {
			return
		}
		var buf sfnt.Buffer
		var gids []int
		for _, r := range "Aéя" {
			if gid, ok := font.glyph(&buf, r); ok {
				_ = font.width(gid)
				gids = append(gids, gid)
			}
		}
		_, _ = font.subset(gids)
	})
}

func FuzzPackage(f *testing.F) {
	f.Add([]byte(opf))
	f.Add([]byte("<package><manifest/><spine/></package>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		out, err := addToPackage(b, "mark")
		if err != nil {
			if !errors.Is(err, ErrBroken) {
				t.Fatal(err)
			}
			return
		}
		var before, after any
		if xml.Unmarshal(b, &before) == nil && xml.Unmarshal(out, &after) != nil {
			t.Fatalf("%q became unreadable: %q", b, out)
		}
	})
}
