package middleware

import (
	"context"
	"net"
	"sync/atomic"
	"syscall"
)

// Conn is the connection that a request came over, as far as its kernel tells
// of it. Its methods are safe on a nil *Conn and on systems that tell nothing.
type Conn struct {
	raw   syscall.RawConn
	paced atomic.Bool
}

type connectionKey struct{}

// KeepConnection is an http.Server's ConnContext: it lets handlers ask for the
// Connection of a request.
func KeepConnection(ctx context.Context, c net.Conn) context.Context {
	sc, ok := c.(*net.TCPConn)
	if !ok {
		return ctx
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return ctx
	}
	return context.WithValue(ctx, connectionKey{}, &Conn{raw: raw})
}

// Connection gives the connection of a request, or nil.
func Connection(ctx context.Context) *Conn {
	c, _ := ctx.Value(connectionKey{}).(*Conn)
	return c
}

// backlog is how many bytes may wait in the kernel before they go out, once a
// connection is paced.
const backlog = 128 << 10

// Pace keeps the kernel, as long as it is on, from taking in more of an answer
// than it can soon send: some megabytes on a fast line. A client that leaves is
// then noticed before its answer counts as written. It does not bound what is
// on its way.
func (c *Conn) Pace(on bool) {
	if c == nil || c.paced.Swap(on) == on {
		return
	}
	most := backlog
	if !on {
		most = 1<<31 - 1
	}
	_ = c.raw.Control(func(fd uintptr) { pace(int(fd), most) }) // a closed connection needs none
}

// Unsent is how many of the bytes written to the connection its other end has
// not acknowledged. After a failed write it still tells so if the answer had a
// Content-Length; one in chunks is closed by the server at once.
func (c *Conn) Unsent() int64 {
	if c == nil {
		return 0
	}
	var n int64
	_ = c.raw.Control(func(fd uintptr) { n = unsent(int(fd)) }) // a closed connection tells nothing
	return n
}
