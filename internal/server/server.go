// Package server runs the HTTP side of the process: it listens, serves until
// it is told to stop, lets running requests end, and closes.
//
// No limit is set on how long an answer may take: a download of 10 GB over a
// slow line is the normal case. What is bounded is the time a client may take
// for the headers of a request and the time a connection may idle.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"purvey/internal/middleware"
)

const (
	// headerTimeout bounds the headers of one request, so that idle openers of
	// connections do not pile up.
	headerTimeout = 10 * time.Second
	// idleTimeout is above the minute that proxies usually keep a connection,
	// so that it is they who close it and no request falls into the gap.
	idleTimeout = 2 * time.Minute
	// maxHeader bounds the headers of one request, in bytes. Single sign-on
	// tokens and long cookies fit.
	maxHeader = 64 << 10

	// unwindTime is what handlers get to return after they were cut.
	unwindTime = 5 * time.Second

	// DefaultGrace is how long running requests may go on after the stop.
	DefaultGrace = 30 * time.Second
)

// ErrCut is returned when requests were still running at the end of the grace
// period and had to be cut.
var ErrCut = errors.New("requests were cut at the end of the grace period")

// Server is a listening socket that is to be served. The address is known as
// soon as it exists, before any handler is made.
type Server struct {
	listener net.Listener
	url      string
}

// Listen opens addr, host:port. Port 0 lets the system pick one.
func Listen(ctx context.Context, addr string) (*Server, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return &Server{listener: l, url: urlOf(addr, l.Addr())}, nil
}

// URL is where the server can be reached from this machine, with the real
// port, as http://127.0.0.1:8080.
func (s *Server) URL() string { return s.url }

// Close gives up a server that was never served.
func (s *Server) Close() error { return s.listener.Close() }

// urlOf takes the host that was asked for and the port that was given. Where
// no host was named it is this machine's own.
func urlOf(asked string, got net.Addr) string {
	host, _, err := net.SplitHostPort(asked)
	if ip, perr := netip.ParseAddr(host); err != nil || host == "" || perr == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	_, port, err := net.SplitHostPort(got.String())
	if err != nil {
		return "http://" + got.String()
	}
	return "http://" + net.JoinHostPort(host, port)
}

// Options are what Serve needs beside the handler. The zero value will do.
type Options struct {
	Log   *slog.Logger
	Ready func(url string) // called once, when connections are taken
	Grace time.Duration    // 0 means DefaultGrace

	// Metrics is a second server, or nil. It serves Debug(Gatherer) and stays up
	// until the first one has drained.
	Metrics  *Server
	Gatherer prometheus.Gatherer
}

// Serve answers requests with h until ctx ends. Then it takes no new
// connection, lets running requests end within the grace period, and cuts
// those that do not: their contexts end and their connections close, and they
// get a moment to put back what they hold. It returns nil after a clean end, ErrCut after a cut, and the
// error of the listener if that failed. A Server is served once.
func (s *Server) Serve(ctx context.Context, h http.Handler, opts Options) error {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Grace == 0 {
		opts.Grace = DefaultGrace
	}
	if opts.Metrics != nil {
		side := make(chan error, 1)
		sideCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
		go func() {
			side <- opts.Metrics.Serve(sideCtx, Debug(opts.Gatherer), Options{Log: opts.Log, Grace: time.Second})
		}()
		defer func() {
			stop()
			if err := <-side; err != nil {
				opts.Log.Warn("metrics listener", "error", err)
			}
		}()
	}

	// Requests must outlive ctx, so theirs is another one.
	requests, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	var running sync.WaitGroup
	counted := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		running.Add(1)
		defer running.Done()
		h.ServeHTTP(w, r)
	})
	srv := &http.Server{
		Handler:           counted,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(opts.Log.Handler(), slog.LevelWarn),
		BaseContext:       func(net.Listener) context.Context { return requests },
		ConnContext:       middleware.KeepConnection,
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(s.listener) }()
	if opts.Ready != nil {
		opts.Ready(s.url)
	}

	select {
	case err := <-failed:
		return fmt.Errorf("serve %s: %w", s.url, err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(requests, opts.Grace)
	defer cancel()
	err := srv.Shutdown(grace)
	if serr := <-failed; err == nil && !errors.Is(serr, http.ErrServerClosed) {
		err = serr
	}
	if errors.Is(err, context.DeadlineExceeded) {
		cut()
		err = errors.Join(ErrCut, srv.Close())
		await(&running, unwindTime)
	}
	return err
}

// await waits for g, but no longer than d.
func await(g *sync.WaitGroup, d time.Duration) {
	done := make(chan struct{})
	go func() { g.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(d):
	}
}
