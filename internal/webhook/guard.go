package webhook

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
	"golang.org/x/text/unicode/norm"
)

// errRefused is the error of a dial to an address that is not allowed.
var errRefused = errors.New("the receiver's address is not a public one")

// guard decides which addresses receivers may have.
type guard struct {
	insecure  bool
	public    *ssrf.Guardian
	listening func() []netip.AddrPort
}

// azureHost answers virtual machines of one cloud as 169.254.169.254 does
// those of others, from the public range.
var azureHost = netip.MustParsePrefix("168.63.129.16/32")

func newGuard(insecure bool, listening func() []netip.AddrPort) *guard {
	if listening == nil {
		listening = func() []netip.AddrPort { return nil }
	}
	return &guard{
		insecure: insecure, listening: listening,
		public: ssrf.New(ssrf.WithAnyPort(), ssrf.WithDeniedV4Prefixes(azureHost)),
	}
}

// control is called by the dialer with each address it is about to connect to,
// after names were resolved.
func (g *guard) control(network, address string, c syscall.RawConn) error {
	if g.insecure {
		return nil
	}
	if err := g.public.Safe(network, address, c); err != nil {
		return errRefused
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil || g.own(to) {
		return errRefused
	}
	return nil
}

// own tells whether an address is one that this server listens on.
func (g *guard) own(to netip.AddrPort) bool {
	for _, l := range g.listening() {
		if l.Port() != to.Port() {
			continue
		}
		if l.Addr().Unmap() == to.Addr().Unmap() {
			return true
		}
		if l.Addr().IsUnspecified() || !l.Addr().IsValid() {
			return g.ofThisHost(to.Addr())
		}
	}
	return false
}

// ofThisHost tells whether one of the machine's interfaces has the address.
func (g *guard) ofThisHost(a netip.Addr) bool {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return true
	}
	return slices.ContainsFunc(all, func(n net.Addr) bool {
		p, err := netip.ParsePrefix(n.String())
		return err == nil && p.Addr().Unmap() == a.Unmap()
	})
}

// checkURL tells why an address can't be a receiver's, "" if it can. What a
// name resolves to is seen only when it is dialled.
func (g *guard) checkURL(text string) string {
	const most = 2048
	u, err := url.Parse(text)
	switch {
	case len(text) > most:
		return "must be at most 2048 characters"
	case err != nil || u.Opaque != "" || u.Hostname() == "":
		return "must be an absolute URL such as https://example.com/hooks"
	case u.Scheme != "https" && !(g.insecure && u.Scheme == "http"):
		return "must begin with https://"
	case u.User != nil:
		return "must not hold a user or a password"
	case !goodPort(u):
		return "must have a port from 1 to 65535, or none"
	case u.Fragment != "" || strings.HasSuffix(text, "#"):
		return "must not have a fragment"
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return "must not hold spaces or control characters"
	}
	if g.insecure {
		return ""
	}
	// Full-width digits and dots are read as the plain ones by those who dial.
	host := strings.TrimSuffix(strings.ToLower(strings.ReplaceAll(norm.NFKC.String(u.Hostname()), "。", ".")), ".")
	if a, err := netip.ParseAddr(host); err == nil {
		if a.Zone() != "" || g.public.SafeAddr(a) != nil {
			return "must have a public address"
		}
	} else if last := host[strings.LastIndexByte(host, '.')+1:]; numeric(last) {
		return "must have a public address"
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return "must have a public address"
	}
	return ""
}

// numeric tells a last label that some resolvers read as a part of an IPv4
// address, as in 127.1, 0177.0.0.1 and 0x7f000001. No name on the internet
// ends in one.
func numeric(label string) bool {
	_, err := strconv.ParseUint(label, 0, 64)
	return err == nil || label != "" && strings.Trim(label, "0123456789") == ""
}

func goodPort(u *url.URL) bool {
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	return u.Port() == "" && !strings.HasSuffix(u.Host, ":") || err == nil && n > 0
}

// newTransport makes the one transport of all endpoints. How many requests an
// endpoint gets at once is the job worker's matter.
func newTransport(g *guard, names *net.Resolver) *http.Transport {
	dialer := &net.Dialer{Control: g.control, Resolver: names, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  nil, // a proxy would dial where the guard does not see it
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true,
		MaxIdleConns:           4096,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 16 << 10,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second},
	}
}
