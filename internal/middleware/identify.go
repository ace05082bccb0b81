package middleware

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"

	"purvey"
)

// maxRequestID bounds an id that a client brings, in bytes.
const maxRequestID = 128

// call is what is known of a request before any surface sees it.
type call struct {
	id     string
	addr   netip.Addr
	scheme string
}

type callKey struct{}

func from(ctx context.Context) call {
	c, _ := ctx.Value(callKey{}).(call)
	return c
}

// RequestID is the id of the request, which the client also gets as
// X-Request-Id; empty outside a request.
func RequestID(ctx context.Context) string { return from(ctx).id }

// ClientAddr is the address of the client, as far as the trusted proxies tell
// it. IPv4 addresses are never in their IPv6 form. It is the zero Addr outside
// a request and on a listener that is not TCP.
func ClientAddr(ctx context.Context) netip.Addr { return from(ctx).addr }

// Scheme is "http" or "https", as the client wrote it; empty outside a request.
func Scheme(ctx context.Context) string { return from(ctx).scheme }

// Identify gives each request an id, the one of its X-Request-Id header if
// that is well-formed, and finds out the client's address and scheme.
//
// X-Forwarded-For is read from right to left, each entry being believed only
// when the one that wrote it is in the trusted networks. The entry where that
// ends is the client, whatever stands further left. X-Forwarded-Proto is
// believed of a trusted peer only.
func Identify(trusted []netip.Prefix) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c := call{id: r.Header.Get("X-Request-Id"), scheme: "http"}
			if !validRequestID(c.id) {
				c.id = purvey.Secret(20)
			}
			if r.TLS != nil {
				c.scheme = "https"
			}
			if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
				c.addr = peer.Addr().Unmap().WithZone("")
			}
			if trusts(trusted, c.addr) {
				c.addr, c.scheme = forwarded(r.Header, trusted, c.addr, c.scheme)
			}
			w.Header().Set("X-Request-Id", c.id)
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callKey{}, c)))
		})
	}
}

// forwarded follows the headers of trusted proxies, from the peer towards the
// client.
func forwarded(h http.Header, trusted []netip.Prefix, addr netip.Addr, scheme string) (netip.Addr, string) {
	hops := entries(h, "X-Forwarded-For")
	protos := entries(h, "X-Forwarded-Proto")
	for i := len(hops); trusts(trusted, addr); {
		// One entry is the rule: a proxy hands on what it was told. Where each
		// appended its own, they run beside the addresses.
		if n := len(protos); n > 0 {
			if p := strings.ToLower(protos[n-1]); p == "http" || p == "https" {
				scheme = p
			}
			protos = protos[:n-1]
		}
		if i--; i < 0 {
			break
		}
		next, ok := parseHop(hops[i])
		if !ok {
			break
		}
		addr = next
	}
	return addr, scheme
}

// entries gives the comma-separated entries of all headers of that name.
func entries(h http.Header, name string) []string {
	var out []string
	for _, line := range h.Values(name) {
		for e := range strings.SplitSeq(line, ",") {
			if e = strings.TrimSpace(e); e != "" {
				out = append(out, e)
			}
		}
	}
	return out
}

// parseHop takes an address, with or without a port.
func parseHop(s string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return a.Unmap().WithZone(""), true
	}
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	return netip.Addr{}, false
}

func trusts(trusted []netip.Prefix, a netip.Addr) bool {
	for _, p := range trusted {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// validRequestID lets through what is safe in a header and in a log line.
func validRequestID(s string) bool {
	if s == "" || len(s) > maxRequestID {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("-_.:/+=", rune(c)) {
			return false
		}
	}
	return true
}

// LogHandler adds the id of the request, as request_id, to each record that
// is logged with its context. It adds it once, however often it is applied.
func LogHandler(h slog.Handler) slog.Handler {
	if _, done := h.(logHandler); done {
		return h
	}
	return logHandler{h}
}

func withRequestID(log *slog.Logger) *slog.Logger { return slog.New(LogHandler(log.Handler())) }

type logHandler struct{ slog.Handler }

func (h logHandler) Handle(ctx context.Context, rec slog.Record) error {
	if id := RequestID(ctx); id != "" {
		rec.AddAttrs(slog.String("request_id", id))
	}
	return h.Handler.Handle(ctx, rec)
}

func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return logHandler{h.Handler.WithAttrs(attrs)}
}

func (h logHandler) WithGroup(name string) slog.Handler { return logHandler{h.Handler.WithGroup(name)} }
