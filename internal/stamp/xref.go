package stamp

import (
	"bytes"
	"slices"
	"strconv"
)

// readSections follows the cross-reference sections from the newest to the
// oldest. What a newer section says about an object hides what an older does.
func (d *document) readSections() error {
	var seen []int64
	for at := d.start; at != 0; {
		if len(seen) == maxSections || slices.Contains(seen, at) {
			return errOdd
		}
		seen = append(seen, at)
		trailer, err := d.readSection(at)
		if err != nil {
			return err
		}
		if len(seen) == 1 {
			d.trailer = trailer
		}
		at = 0
		if prev := trailer.get("Prev"); !isNull(prev) {
			n, ok := asInt(prev)
			if !ok || n < 0 || n >= d.size {
				return errOdd
			}
			at = n
		}
	}
	if len(d.slots) == 0 {
		return errOdd
	}
	return nil
}

// readSection reads the section at the given place, a table or a stream, and
// gives its trailer.
func (d *document) readSection(at int64) (dict, error) {
	table := false
	err := d.parse(at, maxTableBytes, func(b []byte) error {
		i := skipSpace(b, 0)
		if len(b)-i < 5 {
			return errShort
		}
		table = string(b[i:i+4]) == "xref" && isSpace(b[i+4])
		return nil
	})
	if err != nil {
		return nil, err
	}
	if at == d.start {
		d.streams = !table
	}
	if table {
		return d.readTable(at)
	}
	return d.readXRefStream(at)
}

// put records where object num is, unless a newer section has said so.
func (d *document) put(num int, s slot) error {
	if num < 0 || num >= maxObjects {
		return errOdd
	}
	if num >= len(d.slots) {
		d.slots = append(d.slots, make([]slot, num+1-len(d.slots))...)
	}
	if d.slots[num].kind == slotUnset {
		d.slots[num] = s
	}
	return nil
}

// readTable reads a classic table and its trailer. In a hybrid file a stream
// beside the table names objects that the table calls free, so free entries
// are recorded last.
func (d *document) readTable(at int64) (trailer dict, err error) {
	type row struct {
		num int
		slot
	}
	var rows []row
	err = d.parse(at, maxTableBytes, func(b []byte) error {
		rows = rows[:0]
		i := skipSpace(b, 0) + len("xref")
		for {
			if i = skipSpace(b, i); i >= len(b) {
				return errShort
			}
			if b[i] == 't' {
				break
			}
			first, j, err := field(b, i)
			if err != nil {
				return err
			}
			count, j, err := field(b, j)
			if err != nil {
				return err
			}
			if first+count > maxObjects {
				return errOdd
			}
			for k := range count {
				var place, gen int64
				if place, j, err = field(b, j); err != nil {
					return err
				}
				if gen, j, err = field(b, j); err != nil {
					return err
				}
				if j = skipSpace(b, j); j >= len(b) {
					return errShort
				}
				s := slot{at: place, sub: uint32(gen), kind: slotPlain}
				switch {
				case b[j] == 'f' || b[j] == 'n' && place == 0:
					s.kind = slotFree
				case b[j] != 'n':
					return errOdd
				}
				rows = append(rows, row{int(first + k), s})
				j++
			}
			i = j
		}
		if len(b)-i < 9 {
			return errShort
		}
		if !bytes.HasPrefix(b[i:], []byte("trailer")) {
			return errOdd
		}
		i = skipSpace(b, i+len("trailer"))
		end, err := skipObject(b, i)
		if err != nil {
			return err
		}
		trailer, err = asDict(b[i:end])
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if r.kind != slotFree {
			if err := d.put(r.num, r.slot); err != nil {
				return nil, err
			}
		}
	}
	if extra := trailer.get("XRefStm"); !isNull(extra) {
		n, ok := asInt(extra)
		if !ok {
			return nil, errOdd
		}
		if _, err := d.readXRefStream(n); err != nil {
			return nil, err
		}
	}
	for _, r := range rows {
		if r.kind == slotFree {
			if err := d.put(r.num, r.slot); err != nil {
				return nil, err
			}
		}
	}
	return trailer, nil
}

// field reads a number of up to ten digits and gives the place behind it.
func field(b []byte, i int) (int64, int, error) {
	i = skipSpace(b, i)
	j := i
	for j < len(b) && isDigit(b[j]) {
		j++
	}
	if j == len(b) {
		return 0, 0, errShort
	}
	if !isInteger(b[i:j]) {
		return 0, 0, errOdd
	}
	n, err := strconv.ParseInt(string(b[i:j]), 10, 64)
	return n, j, err
}

// readXRefStream reads a section that is a stream. Its dictionary is also the
// trailer.
func (d *document) readXRefStream(at int64) (dict, error) {
	o, err := d.loadAt(at)
	if err != nil {
		return nil, err
	}
	info, err := asDict(o.value)
	if err != nil || !isName(info.get("Type"), "XRef") {
		return nil, errOdd
	}
	var widths [3]int
	w, err := elements(info.get("W"))
	if err != nil || len(w) != 3 {
		return nil, errOdd
	}
	rowLen := 0
	for i := range widths {
		n, ok := asInt(w[i])
		if !ok || n < 0 || n > 8 {
			return nil, errOdd
		}
		widths[i] = int(n)
		rowLen += int(n)
	}
	size, ok := asInt(info.get("Size"))
	if !ok || size < 0 || rowLen == 0 {
		return nil, errOdd
	}
	ranges := []int64{0, size}
	if index := info.get("Index"); !isNull(index) {
		list, err := elements(index)
		if err != nil || len(list)%2 != 0 {
			return nil, errOdd
		}
		ranges = ranges[:0]
		for _, e := range list {
			n, ok := asInt(e)
			if !ok || n < 0 {
				return nil, errOdd
			}
			ranges = append(ranges, n)
		}
	}
	body, err := d.decoded(o, info, maxDecoded)
	if err != nil {
		return nil, err
	}
	for i := 0; i < len(ranges); i += 2 {
		first, count := ranges[i], ranges[i+1]
		if first+count > maxObjects {
			return nil, errOdd
		}
		for num := first; num < first+count; num++ {
			if len(body) < rowLen {
				return nil, errOdd
			}
			if err := d.put(int(num), streamSlot(body[:rowLen], widths)); err != nil {
				return nil, err
			}
			body = body[rowLen:]
		}
	}
	return info, nil
}

func streamSlot(b []byte, widths [3]int) slot {
	f := [3]uint64{1, 0, 0} // the type is 1 if its field has no bytes
	for i, w := range widths {
		if w > 0 {
			f[i] = 0
		}
		for _, c := range b[:w] {
			f[i] = f[i]<<8 | uint64(c)
		}
		b = b[w:]
	}
	s := slot{at: int64(f[1]), sub: uint32(f[2])}
	switch {
	case f[0] == 1 && s.at > 0:
		s.kind = slotPlain
	case f[0] == 2 && s.at > 0 && s.at < maxObjects:
		s.kind = slotPacked
	default:
		s.kind = slotFree
	}
	return s
}
