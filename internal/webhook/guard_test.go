package webhook_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"purvey/internal/webhook"
)

// hostile are hosts no webhook may reach: every special range of RFC 6890 and
// its successors, the forms that stand for them, and clouds' metadata.
var hostile = []string{
	// IPv4
	"0.0.0.0", "0.0.0.1", "0.255.255.255", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.0.0.2",
	"127.255.255.254", "169.254.0.1", "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.254", "192.0.0.1", "192.0.0.170",
	"192.0.0.192", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "192.175.48.1",
	"198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.254",
	"255.255.255.255", "100.100.100.200", "168.63.129.16",
	// IPv6
	"[::]", "[::1]", "[::2]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]", "[::ffff:7f00:1]", "[::ffff:0:127.0.0.1]",
	"[::127.0.0.1]", "[::7f00:1]", "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::a00:1]", "[64:ff9b::a9fe:a9fe]",
	"[64:ff9b:1::1]", "[64:ff9b:1::7f00:1]", "[100::1]", "[100:0:0:1::1]", "[2001::1]", "[2001:0:7f00:1::1]", "[2001:2::1]", "[2001:3::1]",
	"[2001:4:112::1]", "[2001:10::1]", "[2001:20::1]", "[2001:db8::1]", "[2002:7f00:1::1]", "[2002:a00:1::1]", "[2002:a9fe:a9fe::1]",
	"[2620:4f:8000::1]", "[3fff::1]", "[5f00::1]", "[fc00::1]", "[fd00::1]", "[fd00:ec2::254]", "[fe80::1]", "[fe80::1%25lo]",
	"[fec0::1]", "[ff02::1]", "[ff0e::1]", "[4000::1]", "[0:0:0:0:0:0:0:1]",
	// What some resolvers read as IPv4
	"127.1", "2130706433", "0x7f000001", "0X7F.1", "0177.0.0.1", "017700000001", "0", "127.0.0.1.", "127.0.0.089",
	"①②⑦.⓪.⓪.①", "127。0。0。1", "１２７．０．０．１", "1.2.3.4.5",
	// Names that lead inside
	"localhost", "localhost.", "LOCALHOST",
}

func TestHostileTargetsAreNeverDialled(t *testing.T) {
	t.Parallel()
	// Whatever a name resolves to here, the guard sees addresses.
	s := webhook.New(nil, nil, webhook.Options{})
	inside := listen(t)
	_, port, _ := net.SplitHostPort(inside.addr)
	if len(hostile) < 60 {
		t.Fatal(len(hostile))
	}
	for _, host := range hostile {
		for _, p := range []string{"443", port} {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+host+":"+p+"/", strings.NewReader("{}"))
			if err != nil {
				t.Fatalf("%s: %v", host, err)
			}
			res, err := s.RoundTrip(req)
			if err == nil {
				res.Body.Close()
			}
			var unknown *net.DNSError // a name may as well lead nowhere
			if !errors.Is(err, webhook.ErrRefused) && !errors.As(err, &unknown) {
				t.Errorf("%s:%s was not refused: %v", host, p, err)
			}
			cancel()
		}
	}
	if n := inside.accepted.Load(); n != 0 {
		t.Errorf("%d connections came through", n)
	}
}

func TestHostileAddressesAreRefusedWhenStored(t *testing.T) {
	t.Parallel()
	s := webhook.New(nil, nil, webhook.Options{})
	for _, host := range hostile {
		if s.CheckURL("https://"+host+"/hook") == "" {
			t.Errorf("%s was taken", host)
		}
	}
	for _, bad := range []string{
		"", "x", "/hook", "//example.com/", "http://example.com/", "ftp://example.com/", "https:///x", "https://", "https://user@example.com/",
		"https://user:pw@example.com/", "https://example.com/#part", "https://example.com/#", "https://example.com/a b", "https://exa mple.com/",
		"https://example.com/\x00", "https://example.com:port/", "https://example.com:99999999/", "https://example.com:0/", "https://example.com:/", "javascript:alert(1)", "file:///etc/passwd",
		"https:example.com", "https://" + strings.Repeat("a", 2050) + ".com/",
	} {
		if s.CheckURL(bad) == "" {
			t.Errorf("%q was taken", bad)
		}
	}
	for _, good := range []string{
		"https://example.com", "https://example.com/hook?a=b&c=d", "HTTPS://EXAMPLE.COM:8443/x", "https://93.184.216.34/", "https://[2606:2800:220:1::1]:444/x",
		"https://127.0.0.1.example.com/", "https://4you.example/", "https://bücher.example/x",
	} {
		if why := s.CheckURL(good); why != "" {
			t.Errorf("%q %s", good, why)
		}
	}
	insecure := webhook.New(nil, nil, webhook.Options{AllowInsecure: true})
	for _, good := range []string{"http://127.0.0.1:8080/x", "http://localhost/x", "https://10.0.0.1/"} {
		if why := insecure.CheckURL(good); why != "" {
			t.Errorf("%q %s", good, why)
		}
	}
}

// A name is judged by each address it is dialled at, so that one which
// resolves to something else the second time (rebinding) gains nothing.
func TestNamesAreJudgedByTheAddressDialled(t *testing.T) {
	t.Parallel()
	inside := listen(t)
	_, port, _ := net.SplitHostPort(inside.addr)
	s := webhook.New(nil, nil, webhook.Options{})
	s.SetNames(names(t, map[string][]string{
		"inner.example.": {"127.0.0.1"}, "both.example.": {"169.254.169.254", "127.0.0.1"}, "six.example.": {"::1"},
		"mapped.example.": {"::ffff:127.0.0.1"}, "nat.example.": {"64:ff9b::7f00:1"},
	}))
	for _, host := range []string{"inner.example", "both.example", "six.example", "mapped.example", "nat.example"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+host+":"+port+"/", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		res, err := s.RoundTrip(req)
		if err == nil {
			res.Body.Close()
		}
		if !errors.Is(err, webhook.ErrRefused) {
			t.Errorf("%s: %v", host, err)
		}
	}
	if n := inside.accepted.Load(); n != 0 {
		t.Errorf("%d connections came through", n)
	}
}

// The server's own listeners are refused under a public address too.
func TestOwnListenersAreRefused(t *testing.T) {
	t.Parallel()
	public := netip.MustParseAddr("93.184.216.34")
	s := webhook.New(nil, nil, webhook.Options{Listening: func() []netip.AddrPort {
		return []netip.AddrPort{netip.AddrPortFrom(public, 8443), netip.MustParseAddrPort("[::]:9443")}
	}})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://93.184.216.34:8443/", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	res, err := s.RoundTrip(req)
	if err == nil {
		res.Body.Close()
	}
	if !errors.Is(err, webhook.ErrRefused) {
		t.Errorf("%v", err)
	}
}

// A proxy of the environment would dial for us, unseen by the guard.
func TestNoProxyIsUsed(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the proxy was asked") }))
	t.Cleanup(proxy.Close)
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, proxy.URL)
	}
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }))
	t.Cleanup(target.Close)
	u, err := url.Parse(target.URL)
	if err != nil {
		t.Fatal(err)
	}
	s := webhook.New(nil, nil, webhook.Options{AllowInsecure: true})
	s.SetNames(names(t, map[string][]string{"hooks.example.": {"127.0.0.1"}}))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://hooks.example:"+u.Port()+"/", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	res, err := s.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 204 {
		t.Error(res.StatusCode)
	}
}

// listener counts who connects.
type listener struct {
	addr     string
	accepted atomic.Int64
}

func listen(t *testing.T) *listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	out := &listener{addr: l.Addr().String()}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			out.accepted.Add(1)
			c.Close()
		}
	}()
	return out
}

// names is a resolver that asks a server with these addresses.
func names(t *testing.T, hosts map[string][]string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			m.Header = dnsmessage.Header{ID: m.ID, Response: true, Authoritative: true, RecursionAvailable: true}
			m.Additionals = nil
			found, known := hosts[q.Name.String()]
			if !known {
				m.RCode = dnsmessage.RCodeNameError
			}
			for _, text := range found {
				a := netip.MustParseAddr(text)
				head := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 0}
				if a.Is4() && q.Type == dnsmessage.TypeA {
					m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: a.As4()}})
				}
				if a.Is6() && q.Type == dnsmessage.TypeAAAA {
					m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
				}
			}
			if out, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(out, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}
