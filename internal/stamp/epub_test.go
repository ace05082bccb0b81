package stamp

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// part is one entry of a test book.
type part struct{ name, body string }

const container = `<?xml version="1.0"?><container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="OEBPS/c.opf" media-type="application/oebps-package+xml"/></rootfiles></container>`

const opf = `<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">urn:uuid:1</dc:identifier><dc:title>T</dc:title><dc:language>en</dc:language><meta property="dcterms:modified">2026-01-01T00:00:00Z</meta></metadata>
<!-- </manifest> --><manifest><item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/><item id="cover" href="cover.xhtml" media-type="application/xhtml+xml"/><item id="c1" href="c1.xhtml" media-type="application/xhtml+xml"/></manifest>
<spine><itemref idref="cover"/><itemref idref="c1"/></spine></package>`

func xhtml(body string) string {
	return `<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><head><title>x</title></head><body>` + body + `</body></html>`
}

func novel() []part {
	return []part{
		{"META-INF/container.xml", container},
		{"OEBPS/c.opf", opf},
		{"OEBPS/nav.xhtml", xhtml(`<nav epub:type="toc"><ol><li><a href="c1.xhtml">One</a></li></ol></nav>`)},
		{"OEBPS/cover.xhtml", xhtml("<p>Cover</p>")},
		{"OEBPS/c1.xhtml", xhtml("<p>" + strings.Repeat("hello world ", 20_000) + "</p>")},
	}
}

func epubFile(t *testing.T, parts []part) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "book.epub")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	add := func(name, body string, method uint16) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC)})
		if err == nil {
			_, err = w.Write([]byte(body))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	add("mimetype", "application/epub+zip", zip.Store)
	for _, p := range parts {
		add(p.name, p.body, zip.Deflate)
	}
	if err := errors.Join(z.SetComment("kept"), z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func entries(t *testing.T, path string) (names []string, bodies map[string]string) {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if z.Comment != "kept" {
		t.Errorf("comment %q", z.Comment)
	}
	bodies = map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, f.Name)
		bodies[f.Name] = string(b)
	}
	if z.File[0].Name != "mimetype" || z.File[0].Method != zip.Store {
		t.Error("the first entry is not a stored mimetype")
	}
	return names, bodies
}

func TestEPUB(t *testing.T) {
	t.Parallel()
	in := epubFile(t, novel())
	before := readFile(t, in)
	out := filepath.Join(t.TempDir(), "out.epub")
	text := "Licensed to Анна <ana@example.com> & Co\norder 1"
	var first []byte
	for range 2 {
		if err := (Runner{}).Run(t.Context(), Job{Kind: KindEPUB, In: in, Out: out, Options: Options{Text: text}}); err != nil {
			t.Fatal(err)
		}
		if got := readFile(t, out); first != nil && !bytes.Equal(got, first) {
			t.Error("the same job gave another file")
		} else {
			first = got
		}
	}
	if !bytes.Equal(readFile(t, in), before) {
		t.Fatal("the original was changed")
	}
	oldNames, old := entries(t, in)
	names, now := entries(t, out)
	if len(names) != len(oldNames)+1 {
		t.Fatalf("entries are %v", names)
	}
	for i, n := range oldNames {
		if names[i] != n || n != "OEBPS/c.opf" && now[n] != old[n] {
			t.Errorf("entry %s changed", n)
		}
	}
	page := now["OEBPS/purvey-mark.xhtml"]
	if !strings.Contains(page, "<p style=\"text-align:center\">Licensed to Анна &lt;ana@example.com&gt; &amp; Co</p>") || !strings.Contains(page, "order 1</p>") {
		t.Errorf("page is %s", page)
	}
	var pack struct {
		Items []struct {
			ID   string `xml:"id,attr"`
			Href string `xml:"href,attr"`
		} `xml:"manifest>item"`
		Spine []struct {
			Ref string `xml:"idref,attr"`
		} `xml:"spine>itemref"`
	}
	if err := xml.Unmarshal([]byte(now["OEBPS/c.opf"]), &pack); err != nil {
		t.Fatal(err)
	}
	if len(pack.Items) != 4 || pack.Items[3].ID != "purvey-mark" || pack.Items[3].Href != "purvey-mark.xhtml" {
		t.Errorf("manifest is %v", pack.Items)
	}
	if len(pack.Spine) != 3 || pack.Spine[0].Ref != "cover" || pack.Spine[1].Ref != "purvey-mark" {
		t.Errorf("spine is %v", pack.Spine)
	}
	// A marked book can be marked again.
	again := filepath.Join(t.TempDir(), "again.epub")
	if err := EPUB(out, again, Options{Text: "Second hand"}); err != nil {
		t.Fatal(err)
	}
	if names, _ := entries(t, again); len(names) != len(oldNames)+2 {
		t.Errorf("entries are %v", names)
	}
}

// TestEPUBShapes: prefixed elements, a package at the top, a single page.
func TestEPUBShapes(t *testing.T) {
	t.Parallel()
	top := strings.Replace(container, "OEBPS/c.opf", "c.opf", 1)
	for name, p := range map[string]string{
		"prefixed":     `<o:package xmlns:o="http://www.idpf.org/2007/opf"><o:manifest><o:item id="a" href="a.xhtml"/></o:manifest><o:spine toc="ncx"><o:itemref idref="a"/></o:spine></o:package>`,
		"long form":    `<package><manifest></manifest><spine><itemref idref="a"></itemref></spine></package>`,
		"entities":     `<!DOCTYPE package [<!ENTITY me "x">]><package><metadata>&me;&nbsp;</metadata><manifest></manifest><spine><itemref idref="a"/></spine></package>`,
		"an empty one": `<package><manifest></manifest><spine></spine></package>`,
	} {
		in := epubFile(t, []part{{"META-INF/container.xml", top}, {"c.opf", p}})
		out := filepath.Join(t.TempDir(), "out.epub")
		if err := EPUB(in, out, Options{Text: "mark"}); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_, now := entries(t, out)
		prefix := ""
		if name == "prefixed" {
			prefix = "o:"
		}
		item, ref := `<`+prefix+`item id="purvey-mark" href="purvey-mark.xhtml" media-type="application/xhtml+xml"/></`+prefix+`manifest>`, `<`+prefix+`itemref idref="purvey-mark"/></`+prefix+`spine>`
		if got := now["c.opf"]; !strings.Contains(got, item) || !strings.Contains(got, ref) || now["purvey-mark.xhtml"] == "" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestEPUBRefused(t *testing.T) {
	t.Parallel()
	with := func(name, body string) []part {
		p := novel()
		for i := range p {
			if p[i].name == name {
				p[i].body = body
			}
		}
		return p
	}
	for name, c := range map[string]struct {
		parts []part
		want  error
	}{
		"no container":       {novel()[1:], ErrBroken},
		"container of junk":  {with("META-INF/container.xml", "<a>"), ErrBroken},
		"package elsewhere":  {with("META-INF/container.xml", strings.Replace(container, "c.opf", "d.opf", 1)), ErrBroken},
		"package of junk":    {with("OEBPS/c.opf", "\x00\x01<"), ErrBroken},
		"package in UTF-16":  {with("OEBPS/c.opf", `<?xml version="1.0" encoding="UTF-16"?><package/>`), ErrBroken},
		"no spine":           {with("OEBPS/c.opf", "<package><manifest></manifest></package>"), ErrBroken},
		"no pages":           {with("OEBPS/c.opf", "<package><manifest></manifest><spine/></package>"), ErrBroken},
		"spine comes first":  {with("OEBPS/c.opf", "<package><spine></spine><manifest></manifest></package>"), ErrBroken},
		"a huge package":     {with("OEBPS/c.opf", strings.Repeat(" ", maxPackage+1)), ErrTooLarge},
		"two of one name":    {append(novel(), novel()[2]), ErrBroken},
		"deep inside itself": {with("OEBPS/c.opf", strings.Repeat("<a>", 500_000)), ErrBroken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := EPUB(epubFile(t, c.parts), filepath.Join(dir, "out.epub"), Options{Text: "mark"}); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			empty(t, dir)
		})
	}
	whole := readFile(t, epubFile(t, novel()))
	for name, b := range map[string][]byte{"empty": nil, "junk": []byte("junk"), "cut": whole[:len(whole)/2], "a PDF": readFile(t, book(t, 1))} {
		if err := EPUB(writeFile(t, b), filepath.Join(t.TempDir(), "out.epub"), Options{Text: "mark"}); !errors.Is(err, ErrBroken) {
			t.Errorf("%s: %v, want ErrBroken", name, err)
		}
	}
	if err := EPUB(filepath.Join(t.TempDir(), "none"), filepath.Join(t.TempDir(), "out.epub"), Options{Text: "mark"}); err == nil || Refused(err) {
		t.Errorf("missing file: %v", err)
	}
}
