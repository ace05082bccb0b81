package purvey

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"sync"
	"time"
)

// IDs makes identifiers of 24 lower-case hex digits that sort by creation:
// 48 bits of Unix milliseconds, then 48 bits that start at random in each
// millisecond and only grow. One IDs never gives a smaller id after a larger
// one, even when the clock is set back. Ids are not secrets.
// The zero value is ready; an IDs may be used by several goroutines.
type IDs struct {
	mu   sync.Mutex
	ms   uint64
	tail uint64
}

const tailMask = 1<<48 - 1

// New gives the next id at the given time.
func (g *IDs) New(now time.Time) string {
	var r [8]byte
	rand.Read(r[:])
	n := binary.BigEndian.Uint64(r[:])
	g.mu.Lock()
	if ms := uint64(now.UnixMilli()); ms > g.ms {
		// The first tail of a millisecond leaves the upper half free to grow into.
		g.ms, g.tail = ms, n&(tailMask>>1)
	} else if g.tail += 1 + n&0xffff; g.tail > tailMask {
		g.ms, g.tail = g.ms+1, n&(tailMask>>1)
	}
	ms, tail := g.ms, g.tail
	g.mu.Unlock()
	var b [16]byte
	binary.BigEndian.PutUint64(b[0:8], ms<<16)
	binary.BigEndian.PutUint64(b[6:14], tail<<16)
	return hex.EncodeToString(b[:12])
}

// ValidID tells whether s has the form of an id. Lookups may use it to answer
// NotFound without asking the database.
func ValidID(s string) bool {
	if len(s) != 24 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// Secret gives n random letters and digits, 5.95 bits each, from the
// operating system's generator.
func Secret(n int) string {
	out := make([]byte, 0, n)
	buf := make([]byte, n+n/4+8)
	for len(out) < n {
		rand.Read(buf)
		for _, b := range buf {
			if b < 248 && len(out) < n {
				out = append(out, base62[b%62])
			}
		}
	}
	return string(out)
}
