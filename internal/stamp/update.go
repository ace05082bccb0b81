package stamp

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"crypto/md5"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// update appends objects to a copy of the document, and at last the section
// that makes readers find them.
type update struct {
	d       *document
	w       *bufio.Writer
	at      int64
	next    int // the next free object number
	written []place

	deflater *zlib.Writer
}

// place is where an object is: in the file, or inside the object stream whose
// number is at.
type place struct {
	ref
	at     int64
	packed bool
	index  uint32 // inside the object stream
}

// newUpdate starts an update of d written to w, which stands at the end of the
// copy.
func newUpdate(d *document, w io.Writer) *update {
	next := len(d.slots)
	if n, ok := asInt(d.trailer.get("Size")); ok && n > int64(next) && n < maxObjects {
		next = int(n)
	}
	u := &update{d: d, w: bufio.NewWriterSize(w, 64<<10), at: d.size, next: next, deflater: zlib.NewWriter(io.Discard)}
	u.write([]byte("\n")) // the old end may lack one
	return u
}

// reserve gives the number of an object that is written later.
func (u *update) reserve() ref {
	u.next++
	return ref{num: u.next - 1}
}

func (u *update) write(b []byte) {
	n, _ := u.w.Write(b) // bufio keeps the error for finish
	u.at += int64(n)
}

// object writes a whole object. sealed says that its strings are as they have
// to be in the file: those of an object read from the file proper.
func (u *update) object(r ref, body []byte, sealed bool) error {
	if u.d.crypt != nil && !sealed {
		var err error
		if body, err = u.d.crypt.sealStrings(body, r); err != nil {
			return err
		}
	}
	u.written = append(u.written, place{ref: r, at: u.at})
	u.write(fmt.Appendf(nil, "%d %d obj\n", r.num, r.gen))
	u.write(body)
	u.write([]byte("\nendobj\n"))
	return nil
}

// stream writes a new stream with the given further entries in its dictionary.
func (u *update) stream(r ref, entries string, data []byte) error {
	filter := ""
	if len(data) > 128 {
		var z bytes.Buffer
		u.deflater.Reset(&z)
		if _, err := u.deflater.Write(data); err != nil {
			return err
		}
		if err := u.deflater.Close(); err != nil {
			return err
		}
		data, filter = z.Bytes(), "/Filter/FlateDecode"
	}
	if c := u.d.crypt; c != nil {
		var err error
		if data, err = c.seal(c.streams, data, r); err != nil {
			return err
		}
	}
	body := fmt.Appendf(nil, "<<%s%s/Length %d>>\nstream\n", entries, filter, len(data))
	return u.object(r, append(append(body, data...), "\nendstream"...), true)
}

// finish writes the cross-reference section, of the kind the file has, and the
// trailer. mark goes into the second half of the file's identity.
func (u *update) finish(mark string) error {
	slices.SortFunc(u.written, func(a, b place) int { return a.num - b.num })
	for i, p := range u.written {
		if i > 0 && p.num == u.written[i-1].num { // a page that is also somebody's resources
			return errOdd
		}
	}
	t := slices.Clone(u.d.trailer)
	t.drop("Size", "Prev", "XRefStm", "Type", "W", "Index", "Length", "Filter", "DecodeParms", "F", "FFilter", "FDecodeParms", "DL")
	if list, err := elements(t.get("ID")); err == nil && len(list) == 2 {
		sum := md5.Sum(append([]byte(mark), list[0]...))
		t.set("ID", fmt.Appendf(nil, "[%s <%x>]", list[0], sum))
	}
	if u.d.rebuilt {
		u.keep()
	} else {
		t.set("Prev", fmt.Append(nil, u.d.start))
	}
	start := u.at
	if u.d.streams {
		own := u.reserve()
		u.written = append(u.written, place{ref: own, at: start})
		u.writeXRefStream(own, t)
	} else {
		u.writeTable(t)
	}
	u.write(fmt.Appendf(nil, "startxref\n%d\n%%%%EOF\n", start))
	return u.w.Flush()
}

// keep enters the objects that stay as they are, for a section that stands
// alone.
func (u *update) keep() {
	changed := map[int]bool{}
	for _, p := range u.written {
		changed[p.num] = true
	}
	for num, s := range u.d.slots {
		switch {
		case changed[num]:
		case s.kind == slotPlain:
			u.written = append(u.written, place{ref: ref{num, int(s.sub)}, at: s.at})
		case s.kind == slotPacked:
			u.written = append(u.written, place{ref: ref{num: num}, at: s.at, packed: true, index: s.sub})
		}
	}
	slices.SortFunc(u.written, func(a, b place) int { return a.num - b.num })
}

// runs groups the written objects, which are sorted, into stretches of numbers that follow one
// another.
func (u *update) runs() [][]place {
	var out [][]place
	for i, p := range u.written {
		if i == 0 || p.num != u.written[i-1].num+1 {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], p)
	}
	return out
}

func (u *update) writeTable(t dict) {
	u.write([]byte("xref\n"))
	if u.d.rebuilt {
		u.write([]byte("0 1\n0000000000 65535 f \n"))
	}
	for _, run := range u.runs() {
		u.write(fmt.Appendf(nil, "%d %d\n", run[0].num, len(run)))
		for _, p := range run {
			u.write(fmt.Appendf(nil, "%010d %05d n \n", p.at, p.gen))
		}
	}
	t.set("Size", fmt.Append(nil, u.next))
	u.write([]byte("trailer\n"))
	u.write(t.bytes())
	u.write([]byte("\n"))
}

func (u *update) writeXRefStream(own ref, t dict) {
	var index, rows []byte
	if u.d.rebuilt {
		index, rows = []byte("0 1 "), []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}
	}
	for _, run := range u.runs() {
		index = fmt.Appendf(index, "%d %d ", run[0].num, len(run))
		for _, p := range run {
			kind, sub := byte(1), uint32(p.gen)
			if p.packed {
				kind, sub = 2, p.index
			}
			rows = append(rows, kind)
			rows = binary.BigEndian.AppendUint64(rows, uint64(p.at))
			rows = binary.BigEndian.AppendUint32(rows, sub)
		}
	}
	t.set("Type", []byte("/XRef"))
	t.set("W", []byte("[1 8 4]"))
	t.set("Index", slices.Concat([]byte("["), index, []byte("]")))
	t.set("Size", fmt.Append(nil, u.next))
	t.set("Length", fmt.Append(nil, len(rows)))
	u.write(fmt.Appendf(nil, "%d 0 obj\n", own.num))
	u.write(t.bytes())
	u.write([]byte("\nstream\n"))
	u.write(rows)
	u.write([]byte("\nendstream\nendobj\n"))
}
