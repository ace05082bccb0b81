package stamp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Limits of the strict reader. A file beyond them is errOdd or ErrTooLarge,
// never a reason to allocate what it asks for.
const (
	maxObjects      = 4 << 20  // entries of the cross-reference table
	maxSections     = 1024     // cross-reference sections, one for each update
	maxObjectBytes  = 16 << 20 // one object without its stream
	maxTableBytes   = 96 << 20 // one cross-reference table
	maxDecoded      = 64 << 20 // one decoded stream
	maxCachedStream = 24 << 20 // decoded object streams kept
	maxEffort       = 1 << 30  // bytes looked at, beside 16 times the file's size
	maxLoadDepth    = 8        // objects that need other objects to be read
)

// document is a PDF opened for reading: where its objects are, and the keys to
// them. Objects are read when asked for.
type document struct {
	r    io.ReaderAt
	size int64

	slots   []slot // by object number
	trailer dict   // of the newest section
	start   int64  // place of the newest section
	streams bool   // the newest section is a stream
	crypt   *crypt // nil in a file without encryption

	window    []byte // the last bytes read, from windowAt on
	windowAt  int64
	unpacked  map[int]*objectStream
	unpackedN int // bytes in unpacked
	loading   int // depth of load
	inflater  io.ReadCloser
	rebuilt   bool  // the slots come from rebuild
	effort    int64 // bytes looked at, to bound files made to be looked at for ever
}

// slot is where one object lives.
type slot struct {
	at   int64  // place in the file, or number of the object stream
	sub  uint32 // generation, or index in the object stream
	kind slotKind
}

type slotKind uint8

const (
	slotUnset slotKind = iota
	slotFree
	slotPlain
	slotPacked // inside an object stream
)

// object is an object as read. The bytes are those of the file.
type object struct {
	ref
	value  []byte
	packed bool  // came out of an object stream: its strings are not encrypted
	data   int64 // place of the stream's first byte; 0 if there is no stream
}

// newDocument checks the header of a PDF of size bytes. Offsets count from the
// header, before which some servers have left other text; trimmed says how
// much.
func newDocument(r io.ReaderAt, size int64) (d *document, trimmed int64, err error) {
	d = &document{r: r, size: size, unpacked: map[int]*objectStream{}}
	head, err := d.read(0, 1024)
	if err != nil {
		return nil, 0, err
	}
	trimmed = int64(bytes.Index(head, []byte("%PDF-")))
	if trimmed < 0 {
		return nil, 0, fmt.Errorf("%w: no PDF header", ErrBroken)
	}
	if trimmed > 0 {
		d.r, d.size, d.window = io.NewSectionReader(r, trimmed, size-trimmed), size-trimmed, nil
	}
	return d, trimmed, nil
}

// open reads the cross-reference sections and the encryption. errOdd means
// that they are damaged.
func (d *document) open() (err error) {
	if d.start, err = d.findStart(); err != nil {
		return err
	}
	if err := d.readSections(); err != nil {
		return err
	}
	if e := d.trailer.get("Encrypt"); !isNull(e) {
		if d.crypt, err = d.openCrypt(e); err != nil {
			return err
		}
	}
	return nil
}

// findStart reads the number behind the last "startxref".
func (d *document) findStart() (int64, error) {
	n := min(d.size, 4096)
	tail, err := d.read(d.size-n, n)
	if err != nil {
		return 0, err
	}
	word := []byte("startxref")
	i := bytes.LastIndex(tail, word)
	if i < 0 {
		return 0, errOdd
	}
	i = skipSpace(tail, i+len(word))
	j := i
	for j < len(tail) && isDigit(tail[j]) {
		j++
	}
	at, err := strconv.ParseInt(string(tail[i:j]), 10, 64)
	if err != nil || at <= 0 || at >= d.size {
		return 0, errOdd
	}
	return at, nil
}

// read gives up to n bytes from off on, fewer only at the end of the file. The
// bytes stay valid; they may be shared.
func (d *document) read(off, n int64) ([]byte, error) {
	if off < 0 || off >= d.size || n <= 0 {
		return nil, errOdd
	}
	n = min(n, d.size-off)
	if at := off - d.windowAt; at >= 0 && at+n <= int64(len(d.window)) {
		return d.window[at : at+n], nil
	}
	// Neighbours are often wanted next: a page, its content.
	b := make([]byte, min(max(n, 8192), d.size-off))
	if _, err := d.r.ReadAt(b, off); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	d.window, d.windowAt = b, off
	return b[:n], nil
}

// parse hands fn the bytes from off on, and more of them as long as fn says
// errShort, up to limit.
func (d *document) parse(off, limit int64, fn func(b []byte) error) error {
	for n := int64(1024); ; n *= 4 {
		if err := d.spend(min(n, limit)); err != nil {
			return err
		}
		b, err := d.read(off, min(n, limit))
		if err != nil {
			return err
		}
		if err = fn(b); !errors.Is(err, errShort) {
			return err
		}
		if n >= limit || off+n >= d.size {
			return errOdd
		}
	}
}

// spend accounts for n bytes looked at or unpacked.
func (d *document) spend(n int64) error {
	if d.effort += n; d.effort > maxEffort+16*d.size {
		return fmt.Errorf("%w: it leads in circles", ErrTooLarge)
	}
	return nil
}

// resolve follows b if it is a reference. A missing object is null, as the
// standard has it.
func (d *document) resolve(b []byte) (object, error) {
	r, ok := asRef(b)
	if !ok {
		return object{value: b}, nil
	}
	return d.load(r)
}

// absent tells whether b is null, or a reference to an object that is not
// there, which is the same. It reads nothing.
func (d *document) absent(b []byte) bool {
	r, ok := asRef(b)
	if !ok {
		return isNull(b)
	}
	return r.num >= len(d.slots) || d.slots[r.num].kind != slotPlain && d.slots[r.num].kind != slotPacked
}

// load reads the object r.
func (d *document) load(r ref) (object, error) {
	null := object{ref: r, value: []byte("null")}
	if r.num >= len(d.slots) {
		return null, nil
	}
	if d.loading++; d.loading > maxLoadDepth {
		d.loading--
		return object{}, errOdd
	}
	defer func() { d.loading-- }()
	switch s := d.slots[r.num]; s.kind {
	case slotPlain:
		o, err := d.loadAt(s.at)
		if err == nil && (o.ref != r || int(s.sub) != r.gen) {
			err = errOdd // the table points elsewhere
		}
		return o, err
	case slotPacked:
		if r.gen != 0 {
			return object{}, errOdd
		}
		v, err := d.unpack(int(s.at), r.num, int(s.sub))
		return object{ref: r, value: v, packed: true}, err
	default:
		return null, nil
	}
}

// loadAt reads the object written at off.
func (d *document) loadAt(off int64) (o object, err error) {
	err = d.parse(off, maxObjectBytes, func(b []byte) error {
		o = object{}
		i, nums := skipSpace(b, 0), [2]int{}
		for k := range nums {
			j := i
			for j < len(b) && isDigit(b[j]) {
				j++
			}
			if j == len(b) {
				return errShort
			}
			if !isInteger(b[i:j]) {
				return errOdd
			}
			nums[k], _ = strconv.Atoi(string(b[i:j]))
			i = skipSpace(b, j)
		}
		o.ref = ref{nums[0], nums[1]}
		if len(b)-i < 4 {
			return errShort
		}
		if string(b[i:i+3]) != "obj" || isRegular(b[i+3]) {
			return errOdd
		}
		i = skipSpace(b, i+3)
		end, err := skipObject(b, i)
		if err != nil {
			return err
		}
		o.value = b[i:end]
		if i = skipSpace(b, end); len(b)-i < 8 {
			return errShort
		}
		switch {
		case string(b[i:i+6]) == "endobj":
			return nil
		case string(b[i:i+6]) != "stream" || !isDict(o.value):
			return errOdd
		case b[i+6] == '\n':
			o.data = off + int64(i+7)
		case b[i+6] == '\r' && b[i+7] == '\n':
			o.data = off + int64(i+8)
		default:
			return errOdd
		}
		return nil
	})
	return o, err
}

// dict reads b, which may be a reference, as a dictionary.
func (d *document) dict(b []byte) (dict, error) {
	o, err := d.resolve(b)
	if err != nil {
		return nil, err
	}
	return asDict(o.value)
}

// integer reads b, which may be a reference, as a whole number.
func (d *document) integer(b []byte) (int64, error) {
	o, err := d.resolve(b)
	if err != nil {
		return 0, err
	}
	n, ok := asInt(o.value)
	if !ok {
		return 0, errOdd
	}
	return n, nil
}
