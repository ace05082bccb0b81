// Package load is an HTTP/1.1 load generator made to cost little beside the server that it drives: one thread, epoll,
// raw non-blocking sockets, kept-alive connections, closed loop (a client sends its next request when the last is
// answered). It speaks to 127.0.0.1 only.
package load

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Request is the pattern of the requests of one slot. In URL and Body, {n} is replaced by a number that the Generator
// has not used before, {key} by one of Keys at random (the same one in the URL and in the body).
type Request struct {
	Method string   // GET when empty
	URL    string   // http://127.0.0.1:PORT/...
	Header []string // lines such as "Authorization: Bearer x"
	Body   string   // JSON; none when empty
	Keys   []string
}

// Slot says how long and how hard.
type Slot struct {
	Clients  int
	Duration time.Duration
	Discard  bool // let the kernel throw bodies away (MSG_TRUNC): the cheapest client that can be had
}

// Report is what one slot gave. Only answers with a 2xx status count as Requests and have a latency; requests still
// under way when the slot ends are cut off and counted nowhere, but their bytes are.
type Report struct {
	Requests int
	Bytes    int64
	Elapsed  time.Duration
	Latency  []time.Duration // ascending
	Refused  map[int]int     // how often each status outside 2xx came
	Cut      int             // connections the server closed in the middle of an answer
	CPU      time.Duration   // what the generator itself spent
}

// Percentile gives the latency below which the share p (0 to 1) of the requests lies, 0 when there was none.
func (r Report) Percentile(p float64) time.Duration {
	if len(r.Latency) == 0 {
		return 0
	}
	return r.Latency[min(len(r.Latency)-1, int(p*float64(len(r.Latency))))]
}

// Generator hands out the numbers of {n}. It serves one slot at a time.
type Generator struct{ next int64 }

// New starts the numbers at the clock, so that those of an earlier run do not come again.
func New() *Generator { return &Generator{next: time.Now().UnixMicro()} }

// Run drives the server with req for the length of s.
func (g *Generator) Run(s Slot, req Request) (Report, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	u, err := url.Parse(req.URL)
	if err != nil {
		return Report{}, err
	}
	l := &loop{slot: s, conns: map[int32]*conn{}, buf: make([]byte, 256<<10)}
	l.report.Refused = map[int]int{}
	if l.addr, err = loopback(u.Host); err != nil {
		return Report{}, err
	}
	if l.pattern, err = compile(req, u.Host, g); err != nil {
		return Report{}, err
	}
	if l.epoll, err = syscall.EpollCreate1(syscall.EPOLL_CLOEXEC); err != nil {
		return Report{}, err
	}
	defer l.close()
	return l.run()
}

func loopback(host string) (*syscall.SockaddrInet4, error) {
	h, p, err := net.SplitHostPort(host)
	if err != nil {
		return nil, err
	}
	ip := net.ParseIP(h).To4()
	port, err := strconv.Atoi(p)
	if ip == nil || !ip.IsLoopback() || err != nil {
		return nil, fmt.Errorf("%s is not a loopback address with a port", host)
	}
	addr := &syscall.SockaddrInet4{Port: port}
	copy(addr.Addr[:], ip)
	return addr, nil
}

// loop is one slot under way.
type loop struct {
	slot    Slot
	addr    *syscall.SockaddrInet4
	pattern *pattern
	epoll   int
	conns   map[int32]*conn
	buf     []byte
	report  Report
}

func (l *loop) close() {
	for _, c := range l.conns {
		syscall.Close(c.fd)
	}
	syscall.Close(l.epoll)
}

func (l *loop) open() (*conn, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	c := &conn{fd: fd}
	l.conns[int32(fd)] = c
	if err := syscall.Connect(fd, l.addr); err != nil {
		return nil, fmt.Errorf("connect to port %d: %w", l.addr.Port, err)
	}
	if err := syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1); err != nil {
		return nil, err
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		return nil, err
	}
	return c, syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)})
}

// reopen replaces a connection that the server closed and sends the next request on the new one.
func (l *loop) reopen(c *conn) error {
	delete(l.conns, int32(c.fd))
	syscall.Close(c.fd)
	fresh, err := l.open()
	if err != nil {
		return err
	}
	return l.send(fresh)
}

func (l *loop) send(c *conn) error {
	out := l.pattern.next()
	c.begin()
	for len(out) > 0 {
		n, err := syscall.Write(c.fd, out)
		switch err {
		case nil:
			out = out[n:]
		case syscall.EAGAIN, syscall.EINTR:
		case syscall.EPIPE, syscall.ECONNRESET: // an idle connection was closed under us: the read will see it
			return nil
		default:
			return err
		}
	}
	return nil
}

func (l *loop) run() (Report, error) {
	for range l.slot.Clients {
		if _, err := l.open(); err != nil {
			return Report{}, err
		}
	}
	cpu := ownCPU()
	begin := time.Now()
	end := begin.Add(l.slot.Duration)
	for _, c := range l.conns {
		if err := l.send(c); err != nil {
			return Report{}, err
		}
	}
	events := make([]syscall.EpollEvent, 256)
	for {
		n, err := syscall.EpollWait(l.epoll, events, 20)
		if err != nil && err != syscall.EINTR {
			return Report{}, err
		}
		if !time.Now().Before(end) {
			break
		}
		for _, e := range events[:max(n, 0)] {
			if c := l.conns[e.Fd]; c != nil {
				if err := l.read(c); err != nil {
					return Report{}, err
				}
			}
		}
	}
	l.report.Elapsed = time.Since(begin)
	l.report.CPU = ownCPU() - cpu
	slices.Sort(l.report.Latency)
	return l.report, nil
}

func (l *loop) read(c *conn) error {
	var n int
	var err error
	if size := c.discardable(); l.slot.Discard && size > 0 {
		n, err = receiveNothing(c.fd, size)
	} else {
		n, err = syscall.Read(c.fd, l.buf)
	}
	if err == syscall.EAGAIN || err == syscall.EINTR {
		return nil
	}
	if n <= 0 {
		if c.untilClose() {
			l.done(c)
		} else {
			l.report.Cut++
			if l.report.Cut > 10_000 {
				return fmt.Errorf("the server closes every connection")
			}
		}
		return l.reopen(c)
	}
	l.report.Bytes += int64(n)
	if !c.feed(l.buf[:min(n, len(l.buf))], n) {
		return nil
	}
	l.done(c)
	if c.closing {
		return l.reopen(c)
	}
	return l.send(c)
}

func (l *loop) done(c *conn) {
	if c.status < 200 || c.status > 299 {
		l.report.Refused[c.status]++
		return
	}
	l.report.Requests++
	l.report.Latency = append(l.report.Latency, time.Since(c.start))
}

func receiveNothing(fd, size int) (int, error) {
	n, _, e := syscall.Syscall6(syscall.SYS_RECVFROM, uintptr(fd), 0, uintptr(size), syscall.MSG_TRUNC, 0, 0)
	if e != 0 {
		return -1, e
	}
	return int(n), nil
}

func ownCPU() time.Duration {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// pattern is a request cut at its placeholders once, so that making the next one is a few appends.
type pattern struct {
	head, body []part
	keys       []string
	gen        *Generator
	out, text  []byte
}

type part struct {
	text string
	hole byte // 'n' or 'k' after the text, 0 for none
}

func compile(req Request, host string, g *Generator) (*pattern, error) {
	method := req.Method
	if method == "" {
		method = "GET"
	}
	_, path, ok := strings.Cut(req.URL, host)
	if !ok || len(path) == 0 {
		return nil, fmt.Errorf("%s has no path", req.URL)
	}
	head := method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\n"
	for _, h := range req.Header {
		head += h + "\r\n"
	}
	p := &pattern{head: cut(head), body: cut(req.Body), keys: req.Keys, gen: g}
	for _, x := range slices.Concat(p.head, p.body) {
		if x.hole == 'k' && len(p.keys) == 0 {
			return nil, fmt.Errorf("%s has {key} but no keys were given", req.URL)
		}
	}
	return p, nil
}

func cut(s string) []part {
	var parts []part
	for s != "" {
		n, k := indexOr(s, "{n}"), indexOr(s, "{key}")
		switch {
		case n == len(s) && k == len(s):
			return append(parts, part{text: s})
		case n < k:
			parts, s = append(parts, part{s[:n], 'n'}), s[n+len("{n}"):]
		default:
			parts, s = append(parts, part{s[:k], 'k'}), s[k+len("{key}"):]
		}
	}
	return parts
}

func indexOr(s, sub string) int {
	if i := strings.Index(s, sub); i >= 0 {
		return i
	}
	return len(s)
}

func (p *pattern) next() []byte {
	key := ""
	if len(p.keys) > 0 {
		key = p.keys[rand.IntN(len(p.keys))]
	}
	p.gen.next++
	fill := func(b []byte, parts []part) []byte {
		for _, x := range parts {
			b = append(b, x.text...)
			switch x.hole {
			case 'n':
				b = strconv.AppendInt(b, p.gen.next, 10)
			case 'k':
				b = append(b, key...)
			}
		}
		return b
	}
	p.out = fill(p.out[:0], p.head)
	if len(p.body) > 0 {
		p.text = fill(p.text[:0], p.body)
		p.out = append(p.out, "Content-Type: application/json\r\nContent-Length: "...)
		p.out = strconv.AppendInt(p.out, int64(len(p.text)), 10)
		p.out = append(p.out, "\r\n\r\n"...)
		return append(p.out, p.text...)
	}
	return append(p.out, "\r\n"...)
}
