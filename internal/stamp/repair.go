package stamp

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// rebuild finds the objects of a file whose cross-reference sections are
// missing or wrong, by looking for "12 0 obj" all over it. Of several objects
// of one number the last in the file counts. The update written to such a file
// has a complete section that takes the place of the old ones.
func (d *document) rebuild() error {
	d.slots, d.trailer, d.crypt, d.rebuilt = nil, nil, nil, true
	clear(d.unpacked)
	d.unpackedN, d.streams = 0, false
	found, trailers, err := d.scan(scanChunk)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fmt.Errorf("%w: a header and nothing behind it", ErrBroken)
	}
	for _, f := range found {
		d.set(f.num, slot{at: f.at, sub: uint32(f.gen), kind: slotPlain})
	}
	if err := d.findTrailer(found, trailers); err != nil {
		return err
	}
	if e := d.trailer.get("Encrypt"); !isNull(e) {
		if d.crypt, err = d.openCrypt(e); err != nil {
			return err
		}
	}
	// Once more in the order of the file, now that object streams can be read:
	// what they hold counts from where they stand.
	for _, f := range found {
		if f.sections {
			d.set(f.num, slot{kind: slotFree}) // of no use any more
			continue
		}
		d.set(f.num, slot{at: f.at, sub: uint32(f.gen), kind: slotPlain})
		if !f.packs {
			continue
		}
		s, err := d.openObjectStream(f.num)
		if errors.Is(err, errOdd) {
			continue
		}
		if err != nil {
			return err
		}
		d.streams = true
		for i, num := range s.numbers {
			if num > 0 && num < maxObjects {
				d.set(num, slot{at: int64(f.num), sub: uint32(i), kind: slotPacked})
			}
		}
	}
	return nil
}

// set is put for sections that are read from the oldest to the newest.
func (d *document) set(num int, s slot) {
	if num >= len(d.slots) {
		d.slots = append(d.slots, make([]slot, num+1-len(d.slots))...)
	}
	d.slots[num] = s
}

// finding is an object seen by scan.
type finding struct {
	place
	packs    bool // may be an object stream
	sections bool // may be a cross-reference stream; after findTrailer, is one
}

const (
	scanChunk   = 1 << 20
	scanOverlap = 16 << 10 // what is looked at before and behind a word
)

// scan lists the objects in the order of the file, and the places of the word
// "trailer". It reads chunk bytes at a time.
func (d *document) scan(chunk int) (found []finding, trailers []int64, err error) {
	for at := int64(0); at < d.size; at += int64(chunk) {
		b, err := d.read(at, int64(chunk+2*scanOverlap))
		if err != nil {
			return nil, nil, err
		}
		// Words in the first overlap were seen with the chunk before.
		from := scanOverlap
		if at == 0 {
			from = 0
		}
		if from >= len(b) {
			break
		}
		for i := from; ; {
			k := bytes.Index(b[i:], []byte("obj"))
			if i += k; k < 0 || i >= chunk+scanOverlap {
				break
			}
			if f, ok := header(b, i); ok {
				rest := b[i:min(i+scanOverlap, len(b))]
				if end := bytes.Index(rest[3:], []byte("obj")); end >= 0 {
					rest = rest[:3+end]
				}
				f.packs, f.sections = bytes.Contains(rest, []byte("/ObjStm")), bytes.Contains(rest, []byte("/XRef"))
				f.at += at
				if found = append(found, f); len(found) > maxObjects {
					return nil, nil, errOdd
				}
			}
			i += len("obj")
		}
		for i := from; ; {
			k := bytes.Index(b[i:], []byte("trailer"))
			if i += k; k < 0 || i >= chunk+scanOverlap {
				break
			}
			i += len("trailer")
			if trailers = append(trailers, at+int64(i)); len(trailers) > maxSections {
				return nil, nil, errOdd
			}
		}
	}
	return found, trailers, nil
}

// header reads the numbers in front of the word "obj" at i.
func header(b []byte, i int) (f finding, ok bool) {
	if i+3 < len(b) && isRegular(b[i+3]) {
		return f, false
	}
	number := func(end int) (n, start int) {
		for end > 0 && isSpace(b[end-1]) {
			end--
		}
		start = end
		for start > 0 && isDigit(b[start-1]) {
			start--
		}
		if !isInteger(b[start:end]) {
			return 0, -1
		}
		n, _ = strconv.Atoi(string(b[start:end]))
		return n, start
	}
	gen, start := number(i)
	if start <= 0 || start == i || !isSpace(b[start-1]) || gen > 65535 {
		return f, false
	}
	num, start := number(start)
	if start < 0 || num < 1 || num >= maxObjects {
		return f, false
	}
	f.ref, f.at = ref{num, gen}, int64(start)
	return f, true
}

// findTrailer takes the last trailer, or dictionary of a cross-reference
// stream, that names a catalog with pages.
func (d *document) findTrailer(found []finding, trailers []int64) error {
	var best dict
	bestAt := int64(-1)
	consider := func(at int64, t dict) {
		root, ok := asRef(t.get("Root"))
		if !ok || at < bestAt {
			return
		}
		o, err := d.load(root)
		if err != nil {
			return
		}
		// Inside an object stream it cannot be seen yet, and is null.
		if c, err := asDict(o.value); !isNull(o.value) && (err != nil || c.get("Pages") == nil) {
			return
		}
		best, bestAt = t, at
	}
	for _, at := range trailers {
		var t dict
		err := d.parse(at, maxObjectBytes, func(b []byte) error {
			i := skipSpace(b, 0)
			end, err := skipObject(b, i)
			if err != nil {
				return err
			}
			t, err = asDict(b[i:end])
			return err
		})
		if err == nil {
			consider(at, t)
		}
	}
	for i := range found {
		f := &found[i]
		if !f.sections {
			continue
		}
		f.sections = false
		o, err := d.loadAt(f.at)
		if err != nil {
			continue
		}
		if t, err := asDict(o.value); err == nil && isName(t.get("Type"), "XRef") {
			f.sections = true
			consider(f.at, t)
		}
	}
	if best == nil {
		return errOdd
	}
	for _, e := range best {
		switch e.key {
		case "Root", "Info", "ID", "Encrypt":
			d.trailer = append(d.trailer, e)
		}
	}
	return nil
}
