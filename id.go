package purvey

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
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

// UUIDOf gives the UUID that stands for an id where a dialect wants one. It has
// the form of version 4 and holds the id, so nothing more needs to be stored:
// 96 of its bits are the id's, the others a check.
func UUIDOf(id string) string {
	raw, err := hex.DecodeString(id)
	if err != nil || len(raw) != 12 {
		return ""
	}
	sum := sha256.Sum256(raw)
	var u [16]byte
	copy(u[0:6], raw[0:6])
	u[6], u[7] = 0x40|sum[0]&0x0f, sum[1]
	u[8], u[9] = 0x80|sum[2]&0x3f, sum[3]
	copy(u[10:16], raw[6:12])
	s := hex.EncodeToString(u[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// IDOfUUID gives the id that a UUID stands for; ok is false for any other
// text. Letters may be of either case.
func IDOfUUID(text string) (id string, ok bool) {
	text = strings.ToLower(text)
	if len(text) != 36 {
		return "", false
	}
	plain := strings.ReplaceAll(text, "-", "")
	if len(plain) != 32 {
		return "", false
	}
	id = plain[:12] + plain[20:]
	return id, ValidID(id) && UUIDOf(id) == text
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
