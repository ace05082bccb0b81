package delivery

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"purvey"
	"purvey/internal/store"
)

// layout collects the pieces of a ZIP.
type layout struct {
	s        *Service
	names    map[string]bool
	entries  []*zipEntry
	pieces   []piece
	size     int64
	identity hash.Hash
}

// zipEntry is one file of a ZIP. Its checksum is found out when it is needed.
type zipEntry struct {
	name   string
	made   time.Time
	size   int64
	offset int64
	sum    func(ctx context.Context) (uint32, error)
}

func (l *layout) addFile(folder string, g *goods) {
	e := l.add(folder+g.file.Name, g.file.CreatedAt, g.size, g.digest)
	e.sum = func(ctx context.Context) (uint32, error) { return l.s.checksum(ctx, g.digest) }
	l.put(piece{size: g.size, goods: g})
}

func (l *layout) addText(name, text string, made time.Time) {
	sum := crc32.ChecksumIEEE([]byte(text))
	e := l.add(name, made, int64(len(text)), text)
	e.sum = func(context.Context) (uint32, error) { return sum, nil }
	l.put(piece{size: int64(len(text)), text: func(context.Context) ([]byte, error) { return []byte(text), nil }})
}

// add begins an entry with its header.
func (l *layout) add(name string, made time.Time, size int64, content string) *zipEntry {
	if l.identity == nil {
		l.identity = sha256.New()
	}
	e := &zipEntry{name: l.unique(name), made: made, size: size, offset: l.size}
	fmt.Fprintf(l.identity, "%q %d %d %q\n", e.name, e.made.Unix(), e.size, content)
	l.entries = append(l.entries, e)
	l.put(piece{size: int64(len(e.header(0))), text: func(ctx context.Context) ([]byte, error) {
		sum, err := e.sum(ctx)
		return e.header(sum), err
	}})
	return e
}

func (l *layout) put(p piece) {
	l.pieces = append(l.pieces, p)
	l.size += p.size
}

// unique makes a name that no entry has yet, whatever the case of letters.
func (l *layout) unique(name string) string {
	stem, ext := name, ""
	if i := strings.LastIndexByte(name, '.'); i > strings.LastIndexByte(name, '/')+1 {
		stem, ext = name[:i], name[i:]
	}
	for n := 2; l.names[purvey.Fold(name)]; n++ {
		name = stem + " (" + strconv.Itoa(n) + ")" + ext
	}
	l.names[purvey.Fold(name)] = true
	return name
}

// end adds the directory.
func (l *layout) end() {
	entries, at := slices.Clone(l.entries), l.size
	sums := make([]uint32, len(entries))
	directory := func(ctx context.Context) (b []byte, err error) {
		for i, e := range entries {
			if sums[i], err = e.sum(ctx); err != nil {
				return nil, err
			}
		}
		return zipDirectory(entries, sums, at), nil
	}
	l.put(piece{size: int64(len(zipDirectory(entries, sums, at))), text: directory})
}

// checksum gives the CRC-32 that a ZIP wants of stored content. Content is
// read for it once in its life.
func (s *Service) checksum(ctx context.Context, digest string) (uint32, error) {
	sum, known, err := s.db.Checksum(ctx, digest)
	if err != nil || known {
		return sum, err
	}
	r, err := s.bucket.Open(ctx, digest)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	h := crc32.NewIEEE()
	if _, err := io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{r}, make([]byte, 256<<10)); err != nil {
		return 0, err
	}
	err = s.db.Tx(store.Later(ctx), func(tx *store.Tx) error { return tx.InsertChecksum(ctx, digest, h.Sum32()) })
	return h.Sum32(), err
}

// The constants of the ZIP format (APPNOTE 6.3) that are used.
const (
	zip32Max       = 1<<32 - 1
	zipVersion     = 20
	zip64Version   = 45
	zipUTF8        = 1 << 11
	zipHeaderMark  = 0x04034b50
	zipEntryMark   = 0x02014b50
	zipEndMark     = 0x06054b50
	zip64EndMark   = 0x06064b50
	zip64PlaceMark = 0x07064b50
	zipUnix        = 3 << 8
	zipFileMode    = 0o100644
)

// large tells whether the entry needs the 64-bit form of its sizes.
func (e *zipEntry) large() bool { return e.size >= zip32Max }

func (e *zipEntry) header(sum uint32) []byte {
	var extra []byte
	size := uint32(e.size)
	version := uint16(zipVersion)
	if e.large() {
		extra = le(extra, uint16(1), uint16(16), uint64(e.size), uint64(e.size))
		size, version = zip32Max, zip64Version
	}
	extra = e.timestamp(extra)
	date, clock := dosTime(e.made)
	b := le(nil, uint32(zipHeaderMark), version, uint16(zipUTF8), uint16(0), clock, date, sum, size, size, uint16(len(e.name)), uint16(len(extra)))
	return append(append(b, e.name...), extra...)
}

// timestamp adds the time in UTC; the old fields have no zone.
func (e *zipEntry) timestamp(extra []byte) []byte {
	return le(extra, uint16(0x5455), uint16(5), uint8(1), uint32(e.made.Unix()))
}

// zipDirectory is the end of a ZIP whose directory begins at the offset.
func zipDirectory(entries []*zipEntry, sums []uint32, at int64) []byte {
	var b []byte
	for i, e := range entries {
		var wide []byte
		size, offset, version := uint32(e.size), uint32(e.offset), uint16(zipVersion)
		if e.large() {
			wide = le(wide, uint64(e.size), uint64(e.size))
			size = zip32Max
		}
		if e.offset >= zip32Max {
			wide = le(wide, uint64(e.offset))
			offset = zip32Max
		}
		var extra []byte
		if len(wide) > 0 {
			extra = append(le(extra, uint16(1), uint16(len(wide))), wide...)
			version = zip64Version
		}
		extra = e.timestamp(extra)
		date, clock := dosTime(e.made)
		b = le(b, uint32(zipEntryMark), uint16(zipUnix)|version, version, uint16(zipUTF8), uint16(0), clock, date, sums[i], size, size,
			uint16(len(e.name)), uint16(len(extra)), uint16(0), uint16(0), uint16(0), uint32(zipFileMode)<<16, offset)
		b = append(append(b, e.name...), extra...)
	}
	size, count := uint64(len(b)), uint64(len(entries))
	if at >= zip32Max || size >= zip32Max || count >= 1<<16-1 {
		end := uint64(at) + size
		b = le(b, uint32(zip64EndMark), uint64(44), uint16(zipUnix|zip64Version), uint16(zip64Version), uint32(0), uint32(0), count, count, size, uint64(at))
		b = le(b, uint32(zip64PlaceMark), uint32(0), end, uint32(1))
	}
	few := uint16(min(count, 1<<16-1))
	return le(b, uint32(zipEndMark), uint16(0), uint16(0), few, few, uint32(min(size, zip32Max)), uint32(min(uint64(at), zip32Max)), uint16(0))
}

// le appends numbers in little-endian order.
func le(b []byte, numbers ...any) []byte {
	for _, n := range numbers {
		switch n := n.(type) {
		case uint8:
			b = append(b, n)
		case uint16:
			b = binary.LittleEndian.AppendUint16(b, n)
		case uint32:
			b = binary.LittleEndian.AppendUint32(b, n)
		case uint64:
			b = binary.LittleEndian.AppendUint64(b, n)
		}
	}
	return b
}

// dosTime is a time in the old form, which begins in 1980.
func dosTime(t time.Time) (date, clock uint16) {
	t = t.UTC()
	if t.Year() < 1980 {
		t = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return uint16(t.Day() | int(t.Month())<<5 | (t.Year()-1980)<<9), uint16(t.Second()/2 | t.Minute()<<5 | t.Hour()<<11)
}
