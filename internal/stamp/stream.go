package stamp

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// errUnread is a sound stream that is not unpacked here: in another coding, or
// beyond a limit.
var errUnread = fmt.Errorf("%w: a stream that cannot be unpacked", errOdd)

// raw reads the bytes of a stream as they are in the file, decrypted. A stream
// whose length is wrong is errOdd; a sound one beyond limit is errUnread.
func (d *document) raw(o object, info dict, limit int64) ([]byte, error) {
	n, err := d.integer(info.get("Length"))
	if err != nil {
		return nil, err
	}
	if o.data == 0 || n < 0 || n > d.size-o.data {
		return nil, errOdd
	}
	// The word behind the stream proves that the length is right.
	from := o.data
	if n > limit {
		from += n
	}
	b, err := d.read(from, o.data+n-from+32)
	if err != nil {
		return nil, err
	}
	b, rest := b[:o.data+n-from], b[o.data+n-from:]
	if !bytes.HasPrefix(bytes.TrimLeft(rest, "\r\n \t"), []byte("endstream")) {
		return nil, errOdd
	}
	if n > limit {
		return nil, errUnread
	}
	if err := d.spend(n); err != nil {
		return nil, err
	}
	if d.crypt != nil && !isName(info.get("Type"), "XRef") {
		return d.crypt.openStream(b, o.ref)
	}
	return b, nil
}

// decoded reads a stream that is not compressed or uses FlateDecode alone;
// anything else is errUnread.
func (d *document) decoded(o object, info dict, limit int64) ([]byte, error) {
	filter, err := d.single(info.get("Filter"))
	if err != nil {
		return nil, err
	}
	parms, err := d.single(info.get("DecodeParms"))
	if err != nil {
		return nil, err
	}
	readable := isNull(info.get("F")) && (isNull(filter) || isName(filter, "FlateDecode"))
	if !readable {
		limit = -1 // only to see that the length is right
	}
	b, err := d.raw(o, info, limit)
	if err != nil || isNull(filter) {
		return b, err
	}
	if b, err = d.inflate(b, limit); err != nil || isNull(parms) {
		return b, err
	}
	p, err := asDict(parms)
	if err != nil {
		return nil, err
	}
	return d.unpredict(b, p)
}

// single resolves a value that may be wrapped in an array of one.
func (d *document) single(b []byte) ([]byte, error) {
	o, err := d.resolve(b)
	if err != nil || !isArray(o.value) {
		return o.value, err
	}
	list, err := elements(o.value)
	if err != nil {
		return nil, errOdd
	}
	if len(list) > 1 {
		return o.value, nil // a chain of filters, which nothing here reads
	}
	if len(list) == 0 {
		return nil, nil
	}
	o, err = d.resolve(list[0])
	return o.value, err
}

// inflate unpacks zlib data. Like other readers it does not insist on the
// checksum at the end.
func (d *document) inflate(b []byte, limit int64) ([]byte, error) {
	if len(b) < 2 || b[0]&0x0f != 8 {
		return nil, errUnread
	}
	from := bytes.NewReader(b[2:])
	if d.inflater == nil {
		d.inflater = flate.NewReader(from)
	} else if err := d.inflater.(flate.Resetter).Reset(from, nil); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.Grow(int(min(4*int64(len(b)), limit)) + 512)
	n, err := io.Copy(&out, io.LimitReader(d.inflater, limit+1))
	if n > limit || err != nil {
		return nil, errUnread
	}
	return out.Bytes(), d.spend(n)
}

// unpredict undoes the PNG predictors, which writers use for tables.
func (d *document) unpredict(b []byte, parms dict) ([]byte, error) {
	value := func(key string, otherwise int64) (int64, error) {
		if isNull(parms.get(key)) {
			return otherwise, nil
		}
		return d.integer(parms.get(key))
	}
	predictor, e1 := value("Predictor", 1)
	columns, e2 := value("Columns", 1)
	colors, e3 := value("Colors", 1)
	bits, e4 := value("BitsPerComponent", 8)
	if err := errors.Join(e1, e2, e3, e4); err != nil {
		return nil, errOdd
	}
	if predictor == 1 {
		return b, nil
	}
	if predictor < 10 || predictor > 15 || bits != 8 || columns < 1 || columns > 1<<16 || colors < 1 || colors > 32 {
		return nil, errOdd
	}
	px, row := int(colors), int(columns*colors)
	out := make([]byte, 0, len(b))
	prev := make([]byte, row)
	for len(b) > 0 {
		if len(b) < row+1 {
			return nil, errOdd
		}
		kind, cur := b[0], b[1:row+1]
		b = b[row+1:]
		for i := range cur {
			var left, up, corner byte
			up = prev[i]
			if i >= px {
				left, corner = out[len(out)-px], prev[i-px]
			}
			var add byte
			switch kind {
			case 0:
			case 1:
				add = left
			case 2:
				add = up
			case 3:
				add = byte((int(left) + int(up)) / 2)
			case 4:
				add = paeth(left, up, corner)
			default:
				return nil, errOdd
			}
			out = append(out, cur[i]+add)
		}
		prev = out[len(out)-row:]
	}
	return out, nil
}

func paeth(a, b, c byte) byte {
	p := int(a) + int(b) - int(c)
	dist := func(x byte) int {
		if d := p - int(x); d >= 0 {
			return d
		}
		return int(x) - p
	}
	switch {
	case dist(a) <= dist(b) && dist(a) <= dist(c):
		return a
	case dist(b) <= dist(c):
		return b
	}
	return c
}

// objectStream is a stream that holds objects, unpacked.
type objectStream struct {
	body    []byte
	numbers []int
	places  []int
}

// unpack gives object num, the index-th of object stream stm.
func (d *document) unpack(stm, num, index int) ([]byte, error) {
	s, ok := d.unpacked[stm]
	if !ok {
		var err error
		if s, err = d.openObjectStream(stm); err != nil {
			return nil, err
		}
		if d.unpackedN += len(s.body); d.unpackedN > maxCachedStream {
			clear(d.unpacked)
			d.unpackedN = len(s.body)
		}
		d.unpacked[stm] = s
	}
	if index >= len(s.numbers) || s.numbers[index] != num {
		return nil, errOdd
	}
	at := skipSpace(s.body, s.places[index])
	end, err := skipObject(s.body, at)
	if err != nil {
		return nil, errOdd
	}
	return s.body[at:end], nil
}

func (d *document) openObjectStream(num int) (*objectStream, error) {
	if num >= len(d.slots) || d.slots[num].kind != slotPlain {
		return nil, errOdd
	}
	o, err := d.load(ref{num, int(d.slots[num].sub)})
	if err != nil {
		return nil, err
	}
	info, err := asDict(o.value)
	if err != nil || !isName(info.get("Type"), "ObjStm") {
		return nil, errOdd
	}
	body, err := d.decoded(o, info, maxDecoded)
	if err != nil {
		return nil, err
	}
	n, e1 := d.integer(info.get("N"))
	first, e2 := d.integer(info.get("First"))
	if e1 != nil || e2 != nil || n < 0 || first < 0 || first > int64(len(body)) || n > first {
		return nil, errOdd
	}
	s := &objectStream{body: append(body[:len(body):len(body)], "\nendobj "...)}
	head := bytes.Fields(bytes.ReplaceAll(body[:first], []byte{0}, []byte{' '}))
	if int64(len(head)) < 2*n {
		return nil, errOdd
	}
	for i := range n {
		number, e1 := strconv.Atoi(string(head[2*i]))
		place, e2 := strconv.Atoi(string(head[2*i+1]))
		if e1 != nil || e2 != nil || place < 0 || int64(place) > int64(len(body))-first {
			return nil, errOdd
		}
		s.numbers = append(s.numbers, number)
		s.places = append(s.places, int(first)+place)
	}
	return s, nil
}
