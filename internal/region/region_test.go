package region_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"purvey/internal/region"
)

func open(t *testing.T, path string) *region.Database {
	t.Helper()
	d, err := region.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// The built-in database is read from the binary and, as an operator's own
// would be, from a file.
func TestCountry(t *testing.T) {
	t.Parallel()
	for _, d := range []*region.Database{open(t, ""), open(t, "data/country.mmdb")} {
		for ip, want := range map[string]string{
			"8.8.8.8": "US", "::ffff:8.8.8.8": "US", "200.147.3.157": "BR", "81.2.69.142": "GB", "2a02:26f7::1": "",
			"198.51.100.24": "", "203.0.113.9": "", "2001:db8::1": "", // documentation
			"10.0.0.1": "", "127.0.0.1": "", "100.64.0.1": "", "::1": "", "fe80::1%eth0": "",
		} {
			code, ok := d.Country(netip.MustParseAddr(ip))
			if ip == "2a02:26f7::1" { // whoever holds it, the form must be right
				want = code
			}
			if code != want || ok != (want != "") {
				t.Errorf("%s: %q, %v; want %q", ip, code, ok, want)
			}
		}
		if _, ok := d.Country(netip.Addr{}); ok {
			t.Error("the zero address has a country")
		}
	}
}

// mmdb writes the smallest database: one tree of a single node, whose both
// records lead to one piece of data.
func mmdb(t *testing.T, data []byte) string {
	t.Helper()
	text := func(s string) []byte { return append([]byte{2<<5 | byte(len(s))}, s...) }
	number := func(n byte) []byte { return []byte{5<<5 | 1, n} }
	b := []byte{0, 0, 17, 0, 0, 17} // node 0: both records are 1 + 16 + 0
	b = append(b, make([]byte, 16)...)
	b = append(b, data...)
	b = append(b, "\xab\xcd\xefMaxMind.com"...)
	b = append(b, 7<<5|9)
	for _, f := range [][]byte{
		append(text("node_count"), number(1)...), append(text("record_size"), number(24)...), append(text("ip_version"), number(4)...),
		append(text("binary_format_major_version"), number(2)...), append(text("binary_format_minor_version"), number(0)...),
		append(text("build_epoch"), number(1)...), append(text("database_type"), text("Test-Country")...),
		append(text("languages"), 0, 4), append(text("description"), 7<<5),
	} {
		b = append(b, f...)
	}
	name := filepath.Join(t.TempDir(), "own.mmdb")
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestOwn reads both forms of record that an operator's file may have.
func TestOwn(t *testing.T) {
	t.Parallel()
	for form, c := range map[string]struct{ data, want string }{
		"MaxMind's":      {"\xe1\x47country\xe1\x48iso_code\x42DE", "DE"},
		"flat":           {"\xe1\x4ccountry_code\x42FR", "FR"},
		"unknown":        {"\xe1\x4ccountry_code\x42ZZ", ""},
		"empty":          {"\xe1\x4ccountry_code\x40", ""},
		"something else": {"\xe1\x44city\x45Paris", ""},
		"a bare country": {"\xe1\x47country\x42DE", ""},
	} {
		d := open(t, mmdb(t, []byte(c.data)))
		if code, ok := d.Country(netip.MustParseAddr("9.9.9.9")); code != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q, %v", form, code, ok)
		}
	}
	if _, err := region.Open(filepath.Join(t.TempDir(), "none.mmdb")); err == nil {
		t.Error("a missing file opened")
	}
	if _, err := region.Open("region.go"); err == nil {
		t.Error("a text opened")
	}
}

func TestPublic(t *testing.T) {
	t.Parallel()
	for ip, want := range map[string]bool{
		"8.8.8.8": true, "198.51.100.24": true, "192.0.2.1": true, "2001:db8::7": true, "2a00:1450:4001:81b::200e": true, "::ffff:8.8.8.8": true,
		"10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "127.0.0.1": false, "169.254.1.1": false, "100.64.0.1": false,
		"100.127.255.255": false, "0.0.0.0": false, "0.1.2.3": false, "224.0.0.1": false, "240.0.0.1": false, "255.255.255.255": false,
		"198.18.0.1": false, "::": false, "::1": false, "fe80::1": false, "fe80::1%eth0": false, "fd00::1": false, "ff02::1": false,
		"::ffff:10.0.0.1": false, "2001:4860:4860::8888%1": false, "100::1": false, "fec0::1": false,
	} {
		if got := region.Public(netip.MustParseAddr(ip)); got != want {
			t.Errorf("%s: %v", ip, got)
		}
	}
	if region.Public(netip.Addr{}) {
		t.Error("the zero address is public")
	}
}

func BenchmarkCountry(b *testing.B) {
	d, err := region.Open("")
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	ip := netip.MustParseAddr("81.2.69.142")
	for b.Loop() {
		d.Country(ip)
	}
}
