package load

import (
	"bytes"
	"strconv"
	"time"
)

// conn is one kept-alive connection and how far its present answer has come.
type conn struct {
	fd      int
	start   time.Time
	head    []byte // of the answer, until it is complete
	inBody  bool
	status  int
	remain  int64 // bytes of the body still to come, -1 when the length is not known
	chunked bool
	closing bool
	tail    []byte // last bytes of a chunked body
}

func (c *conn) begin() {
	*c = conn{fd: c.fd, head: c.head[:0], tail: c.tail[:0], start: time.Now()}
}

// discardable is how much of the present body may be thrown away unread.
func (c *conn) discardable() int {
	if !c.inBody || c.chunked || c.remain <= 0 {
		return 0
	}
	return int(min(c.remain, 4<<20))
}

// untilClose reports whether the present body ends where the connection does.
func (c *conn) untilClose() bool { return c.inBody && !c.chunked && c.remain < 0 }

// feed takes the next n bytes of the answer, of which b are at hand, and reports whether the answer is complete.
func (c *conn) feed(b []byte, n int) bool {
	if !c.inBody {
		c.head = append(c.head, b...)
		end := bytes.Index(c.head, []byte("\r\n\r\n"))
		if end < 0 {
			return false
		}
		c.header(c.head[:end])
		b = c.head[end+4:]
		n = len(b)
	}
	if c.chunked {
		c.tail = append(c.tail, b...)
		if len(c.tail) > 1024 {
			c.tail = append(c.tail[:0], c.tail[len(c.tail)-16:]...)
		}
		return bytes.HasSuffix(c.tail, []byte("\r\n0\r\n\r\n")) || string(c.tail) == "0\r\n\r\n"
	}
	if c.remain < 0 {
		return false
	}
	c.remain -= int64(n)
	return c.remain <= 0
}

func (c *conn) header(h []byte) {
	c.inBody = true
	c.remain = -1
	if len(h) > 12 {
		c.status, _ = strconv.Atoi(string(h[9:12])) // a malformed status line leaves 0, which counts as refused
	}
	lower := bytes.ToLower(h)
	c.closing = bytes.Contains(lower, []byte("\r\nconnection: close"))
	_, length, ok := bytes.Cut(lower, []byte("\r\ncontent-length:"))
	switch {
	case ok:
		length, _, _ = bytes.Cut(length, []byte("\r"))
		if v, err := strconv.ParseInt(string(bytes.TrimSpace(length)), 10, 64); err == nil {
			c.remain = v
		}
	case bytes.Contains(lower, []byte("\r\ntransfer-encoding: chunked")):
		c.chunked = true
	case c.status == 204 || c.status == 304:
		c.remain = 0
	}
}
