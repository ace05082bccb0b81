package stamp

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// Limits of an EPUB.
const (
	maxEntries = 50_000
	maxPackage = 8 << 20 // bytes of the package document, unpacked
)

// EPUB adds a page with the mark to the EPUB at the path in and writes the
// result to the path out, which appears whole or not at all. The page stands
// second in the reading order, behind the cover. Nothing else is unpacked or
// changed; only Options.Text counts. Errors are those of PDF.
func EPUB(in, out string, o Options) error {
	o, err := o.Check()
	if err != nil {
		return err
	}
	r, err := zip.OpenReader(in)
	if errors.Is(err, zip.ErrFormat) || errors.Is(err, zip.ErrAlgorithm) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %v", ErrBroken, err)
	}
	if err != nil {
		return err
	}
	defer r.Close()
	if len(r.File) > maxEntries {
		return fmt.Errorf("%w: %d entries", ErrTooLarge, len(r.File))
	}
	names := map[string]*zip.File{}
	for _, f := range r.File {
		if names[f.Name] != nil {
			return fmt.Errorf("%w: two entries of one name", ErrBroken)
		}
		names[f.Name] = f
	}
	opf, err := packagePath(names["META-INF/container.xml"])
	if err != nil {
		return err
	}
	old, err := unzip(names[opf])
	if err != nil {
		return err
	}
	// An id and a name that the book does not use.
	id := "purvey-mark"
	for bytes.Contains(old, []byte(id)) || names[path.Join(path.Dir(opf), id+".xhtml")] != nil {
		id += "-1"
	}
	edited, err := addToPackage(old, id)
	if err != nil {
		return err
	}
	return whole(out, func(w *os.File) error {
		z := zip.NewWriter(w)
		if err := z.SetComment(r.Comment); err != nil {
			return err
		}
		for _, f := range r.File { // the order stays: "mimetype" has to be first
			if f.Name != opf {
				if err := z.Copy(f); err != nil {
					return fmt.Errorf("%w: %v", ErrBroken, err)
				}
				continue
			}
			if err := add(z, f.Name, f, edited); err != nil {
				return err
			}
		}
		if err := add(z, path.Join(path.Dir(opf), id+".xhtml"), names[opf], markPage(o.Text)); err != nil {
			return err
		}
		return z.Close()
	})
}

// add writes an entry with the time that another one has, so that equal input
// gives equal output.
func add(z *zip.Writer, name string, like *zip.File, body []byte) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: like.Modified})
	if err != nil {
		return err
	}
	_, err = w.Write(body)
	return err
}

// unzip gives an entry's content.
func unzip(f *zip.File) ([]byte, error) {
	if f == nil {
		return nil, fmt.Errorf("%w: not an EPUB: a part is missing", ErrBroken)
	}
	if f.Flags&1 != 0 {
		return nil, fmt.Errorf("%w: %s", ErrEncrypted, f.Name)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrBroken, err)
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, maxPackage+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrBroken, err)
	}
	if len(b) > maxPackage {
		return nil, fmt.Errorf("%w: %s", ErrTooLarge, f.Name)
	}
	return b, nil
}

// packagePath reads where the first rendition's package document is.
func packagePath(container *zip.File) (string, error) {
	b, err := unzip(container)
	if err != nil {
		return "", err
	}
	var c struct {
		Roots []struct {
			Path string `xml:"full-path,attr"`
		} `xml:"rootfiles>rootfile"`
	}
	if err := xml.Unmarshal(b, &c); err != nil || len(c.Roots) == 0 {
		return "", fmt.Errorf("%w: container.xml names no package", ErrBroken)
	}
	return c.Roots[0].Path, nil
}

// addToPackage enters the page into the manifest and the spine. The rest of
// the document keeps every byte.
func addToPackage(old []byte, id string) ([]byte, error) {
	d := xml.NewDecoder(bytes.NewReader(old))
	d.Strict = false               // a document type may declare entities of its own
	var manifestEnd, spineAt int64 // where to insert
	var manifest, spine string     // prefixes of the elements, with their colon
	depth, items := 0, 0
	inSpine := false
	for {
		before := d.InputOffset()
		tok, err := d.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%w: package document: %v", ErrBroken, err)
		}
		switch e := tok.(type) {
		case xml.StartElement:
			depth++
			switch {
			case depth == 2 && e.Name.Local == "spine" && spineAt == 0:
				inSpine, spine = true, prefix(e.Name)
				if bytes.HasSuffix(bytes.TrimRight(old[before:d.InputOffset()], " \t\r\n"), []byte("/>")) {
					return nil, fmt.Errorf("%w: the book has no pages", ErrBroken)
				}
				spineAt = d.InputOffset()
			}
		case xml.EndElement:
			switch {
			case depth == 2 && e.Name.Local == "manifest" && manifestEnd == 0:
				manifestEnd, manifest = before, prefix(e.Name)
			case depth == 2 && e.Name.Local == "spine":
				inSpine = false
			case depth == 3 && inSpine && e.Name.Local == "itemref":
				if items++; items == 1 {
					spineAt = d.InputOffset()
				}
			}
			depth--
		}
	}
	if manifestEnd == 0 || spineAt < manifestEnd {
		return nil, fmt.Errorf("%w: package document without manifest and spine", ErrBroken)
	}
	var out bytes.Buffer
	out.Write(old[:manifestEnd])
	fmt.Fprintf(&out, `<%sitem id="%s" href="%s.xhtml" media-type="application/xhtml+xml"/>`, manifest, id, id)
	out.Write(old[manifestEnd:spineAt])
	fmt.Fprintf(&out, `<%sitemref idref="%s"/>`, spine, id)
	out.Write(old[spineAt:])
	return out.Bytes(), nil
}

func prefix(n xml.Name) string { // RawToken leaves the prefix where the name space would be
	if n.Space == "" {
		return ""
	}
	return n.Space + ":"
}

// markPage is the page with the text, a paragraph for each line.
func markPage(text string) []byte {
	var b bytes.Buffer
	escape := func(s string) string {
		var e strings.Builder
		_ = xml.EscapeText(&e, []byte(s)) // a strings.Builder takes everything
		return e.String()
	}
	lines := strings.Split(text, "\n")
	fmt.Fprintf(&b, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<html xmlns=\"http://www.w3.org/1999/xhtml\"><head><title>%s</title></head><body>\n", escape(lines[0]))
	for _, line := range lines {
		fmt.Fprintf(&b, "<p style=\"text-align:center\">%s</p>\n", escape(line))
	}
	b.WriteString("</body></html>\n")
	return b.Bytes()
}
