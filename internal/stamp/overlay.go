package stamp

import (
	"bytes"
	"crypto/md5"
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode/utf16"
)

// overlay puts the mark on the pages of one document. What pages have in
// common is written once: the fonts, the mark for each size of page, and the
// content streams around the page's own.
type overlay struct {
	u       *update
	o       Options
	text    *text
	fonts   string                // the font resources, written out
	marks   map[[2]float64]formed // by size of the visible page
	forms   map[string]ref        // by what is drawn
	streams map[string]ref        // by content
	shared  map[int]*sharedDict   // dictionaries changed for several pages
	order   []int                 // of shared
	names   map[[2]int]string     // by shared dictionary and form
	weighed int64                 // bytes of page content unpacked
}

// formed is a mark and the form that shows it.
type formed struct {
	mark
	form ref
}

// sharedDict is an object that holds resources of several pages.
type sharedDict struct {
	object
	dict dict
}

// apply stamps every page of d and writes the update to u.
func apply(u *update, t *text, o Options) error {
	v := &overlay{
		u: u, o: o, text: t,
		marks: map[[2]float64]formed{}, forms: map[string]ref{}, streams: map[string]ref{},
		shared: map[int]*sharedDict{}, names: map[[2]int]string{},
	}
	if err := v.writeFonts(); err != nil {
		return err
	}
	if err := u.d.pages(v.page); err != nil {
		return err
	}
	for _, num := range v.order {
		s := v.shared[num]
		if err := u.object(s.ref, s.dict.bytes(), !s.packed); err != nil {
			return err
		}
	}
	return u.finish(layout + o.Text)
}

// page rewrites one page object.
func (v *overlay) page(p page) error {
	w, h := p.visible()
	size := [2]float64{math.Round(w*10) / 10, math.Round(h*10) / 10}
	m, ok := v.marks[size]
	if !ok {
		m.mark = v.text.fit(v.o, w, h)
		var err error
		if m.form, err = v.form(m.mark); err != nil {
			return err
		}
		v.marks[size] = m
	}
	d := p.dict
	name, err := v.name(p, &d, m.form)
	if err != nil {
		return err
	}
	parts, l, err := v.content(d.get("Contents"))
	if err != nil {
		return err
	}
	x, y, angle := m.spot(v.o, w, h)
	show := fmt.Appendf(nil, "q %s cm %s Do Q\n", p.place(x, y, angle), name)
	contents := []byte("[")
	if len(parts) > 0 {
		before, err := v.stream(l.before())
		if err != nil {
			return err
		}
		contents = append(append(contents, before.String()...), ' ')
		for _, part := range parts {
			contents = append(append(contents, part...), ' ')
		}
		show = append(append(l.after(), '\n'), show...)
	}
	after, err := v.stream(show)
	if err != nil {
		return err
	}
	d.set("Contents", append(append(contents, after.String()...), ']'))
	return v.u.object(p.ref, d.bytes(), !p.packed)
}

// content lists the references of a page's content streams and weighs them.
func (v *overlay) content(contents []byte) (parts [][]byte, l balance, err error) {
	if isNull(contents) {
		return nil, l, nil
	}
	o, err := v.u.d.resolve(contents)
	if err != nil {
		return nil, l, err
	}
	switch {
	case isNull(o.value):
		return nil, l, nil
	case isDict(o.value):
		parts = [][]byte{contents}
	default:
		if parts, err = elements(o.value); err != nil {
			return nil, l, err
		}
	}
	var all []byte
	known := true
	for _, part := range parts {
		r, ok := asRef(part)
		if !ok {
			return nil, l, errOdd
		}
		o, err := v.u.d.load(r)
		if err != nil {
			return nil, l, err
		}
		if isNull(o.value) {
			continue
		}
		info, err := asDict(o.value)
		if err != nil || o.data == 0 {
			return nil, l, errOdd
		}
		room := min(maxPageContent-int64(len(all)), maxAllContent-v.weighed)
		if !known {
			room = -1
		}
		b, err := v.u.d.decoded(o, info, room)
		if errors.Is(err, errUnread) {
			known = false
			continue
		}
		if err != nil {
			return nil, l, err
		}
		v.weighed += int64(len(b))
		if len(parts) == 1 {
			all = b // the usual case, without a copy
		} else {
			all = append(append(all, b...), '\n')
		}
	}
	if known {
		if got, ok := weigh(all); ok && got.mild() {
			l = got
		}
	}
	return parts, l, nil
}

// stream writes a content stream unless it was written before.
func (v *overlay) stream(b []byte) (ref, error) {
	if r, ok := v.streams[string(b)]; ok {
		return r, nil
	}
	r := v.u.reserve()
	v.streams[string(b)] = r
	return r, v.u.stream(r, "", b)
}

// form writes the mark as a form that pages can show.
func (v *overlay) form(m mark) (ref, error) {
	drawn, err := v.text.draw(m, v.o)
	if err != nil {
		return ref{}, err
	}
	if r, ok := v.forms[string(drawn)]; ok {
		return r, nil
	}
	r := v.u.reserve()
	v.forms[string(drawn)] = r
	states := ""
	if v.o.Opacity < 1 {
		states = fmt.Sprintf("/ExtGState<</G<</ca %s>>>>", num(v.o.Opacity))
	}
	entries := fmt.Sprintf("/Type/XObject/Subtype/Form/BBox[-1 -1 %s %s]/Resources<</Font<<%s>>%s>>", num(m.w+1), num(m.h+1), v.fonts, states)
	return r, v.u.stream(r, entries, drawn)
}

// name enters the form into the resources of the page, where they are written,
// and gives the name it got, with its slash. d is the page's dictionary, which
// is changed if it holds its resources itself.
func (v *overlay) name(p page, d *dict, form ref) (string, error) {
	switch {
	case p.resources.own:
		value := d.get("Resources")
		if r, ok := asRef(value); ok {
			return v.enter(r, []string{"XObject"}, form)
		}
		changed, name, err := v.enterInline(value, []string{"XObject"}, form)
		if err == nil && changed != nil {
			d.set("Resources", changed)
		}
		return name, err
	case p.resources.node != ref{}:
		return v.enter(p.resources.node, []string{"Resources", "XObject"}, form)
	}
	d.set("Resources", fmt.Appendf(nil, "<</XObject<</PurveyMark %s>>>>", form))
	return "/PurveyMark", nil
}

// enter puts the form into the dictionary that path leads to from object r.
// Other objects on the way take over.
func (v *overlay) enter(r ref, path []string, form ref) (string, error) {
	key := [2]int{r.num, form.num}
	if name, ok := v.names[key]; ok {
		return name, nil
	}
	s, ok := v.shared[r.num]
	if !ok {
		o, err := v.u.d.load(r)
		if err != nil {
			return "", err
		}
		d, err := asDict(o.value)
		if err != nil || o.data != 0 {
			return "", errOdd
		}
		s = &sharedDict{o, d}
		s.ref = r
	}
	changed, name, err := v.enterInline(s.dict.bytes(), path, form)
	if err != nil {
		return "", err
	}
	v.names[key] = name
	if changed == nil { // another object holds it
		return name, nil
	}
	if s.dict, err = asDict(changed); err != nil {
		return "", err
	}
	if !ok {
		v.shared[r.num] = s
		v.order = append(v.order, r.num)
	}
	return name, nil
}

// enterInline puts the form into the dictionary b, under path, and gives the
// changed bytes, or nil if the entry went into another object.
func (v *overlay) enterInline(b []byte, path []string, form ref) ([]byte, string, error) {
	d, err := asDict(b)
	if err != nil {
		return nil, "", err
	}
	if len(path) == 0 {
		name := fmt.Sprintf("PurveyMark%d", form.num)
		for d.get(name) != nil {
			name += "x"
		}
		d.set(name, []byte(form.String()))
		return d.bytes(), "/" + name, nil
	}
	value := d.get(path[0])
	if v.u.d.absent(value) {
		value = []byte("<<>> ")
	}
	if r, ok := asRef(value); ok {
		name, err := v.enter(r, path[1:], form)
		return nil, name, err
	}
	inner, name, err := v.enterInline(value, path[1:], form)
	if err != nil || inner == nil {
		return nil, name, err
	}
	d.set(path[0], inner)
	return d.bytes(), name, nil
}

// writeFonts writes the subset of each font that the text uses.
func (v *overlay) writeFonts() error {
	for i, f := range v.text.fonts {
		runes := v.text.list(i)
		if len(runes) == 0 {
			continue
		}
		var gids []int
		var cids, widths bytes.Buffer
		cids.Write([]byte{0, 0})
		unicodes := &strings.Builder{}
		for k, r := range runes {
			g := v.text.glyphs[r]
			gids = append(gids, g.gid)
			cids.Write([]byte{byte(g.gid >> 8), byte(g.gid)})
			fmt.Fprintf(&widths, "%s ", num(g.width*1000))
			if k%100 == 0 {
				if k > 0 {
					unicodes.WriteString("endbfchar\n")
				}
				fmt.Fprintf(unicodes, "%d beginbfchar\n", min(100, len(runes)-k))
			}
			fmt.Fprintf(unicodes, "<%04X> <", g.code)
			for _, c := range utf16.AppendRune(nil, r) {
				fmt.Fprintf(unicodes, "%04X", c)
			}
			unicodes.WriteString(">\n")
		}
		unicodes.WriteString("endbfchar\n")
		file, err := f.subset(gids)
		if err != nil {
			return err
		}
		name := subsetTag(file) + "+" + f.name
		fontFile, cidMap, toUnicode, descriptor, descendant, top := v.u.reserve(), v.u.reserve(), v.u.reserve(), v.u.reserve(), v.u.reserve(), v.u.reserve()
		k := 1000 / f.em
		for _, s := range []struct {
			ref     ref
			entries string
			data    []byte
		}{
			{fontFile, fmt.Sprintf("/Length1 %d", len(file)), file},
			{cidMap, "", cids.Bytes()},
			{toUnicode, "", []byte(cmapHead + unicodes.String() + cmapTail)},
		} {
			if err := v.u.stream(s.ref, s.entries, s.data); err != nil {
				return err
			}
		}
		for _, s := range []struct {
			ref  ref
			body string
		}{
			{descriptor, fmt.Sprintf("<</Type/FontDescriptor/FontName/%s/Flags 4/FontBBox[%s %s %s %s]/ItalicAngle 0/Ascent %s/Descent %s/CapHeight %s/StemV 80/FontFile2 %s>>",
				name, num(float64(f.box[0])*k), num(float64(f.box[1])*k), num(float64(f.box[2])*k), num(float64(f.box[3])*k),
				num(float64(f.rise)*k), num(float64(f.fall)*k), num(float64(f.rise)*k*0.75), fontFile)},
			{descendant, fmt.Sprintf("<</Type/Font/Subtype/CIDFontType2/BaseFont/%s/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor %s/W[1[%s]]/CIDToGIDMap %s>>",
				name, descriptor, widths.String(), cidMap)},
			{top, fmt.Sprintf("<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H/DescendantFonts[%s]/ToUnicode %s>>", name, descendant, toUnicode)},
		} {
			if err := v.u.object(s.ref, []byte(s.body), false); err != nil {
				return err
			}
		}
		v.fonts += fmt.Sprintf("/F%d %s", i, top)
	}
	return nil
}

const (
	cmapHead = "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n" +
		"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
	cmapTail = "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
)

// subsetTag gives the six letters that mark a font as a part of itself.
func subsetTag(file []byte) string {
	sum := md5.Sum(file)
	tag := make([]byte, 6)
	for i := range tag {
		tag[i] = 'A' + sum[i]%26
	}
	return string(tag)
}
