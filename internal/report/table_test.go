package report

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"purvey"
)

// PUB-35: cells as RFC 4180 has them, and nothing that a spreadsheet would run.
func TestPUB35_Cells(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "plain": "plain", "a,b": `"a,b"`, `say "x"`: `"say ""x"""`, "two\nlines": "\"two\nlines\"", "é ñ 漢": "é ñ 漢",
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM": "'@SUM", "\tx": "'\tx", "\rx": "\"'\rx\"", "=a,\"b\"": `"'=a,""b"""`, "a=1": "a=1", "'=1": "'=1",
	} {
		var out bytes.Buffer
		w := newTable(&out)
		if err := w.text(in).number(-5).truth(true).time(time.Time{}).end(); err != nil {
			t.Fatal(err)
		}
		if err := w.close(); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); got != want+",-5,true,\r\n" {
			t.Errorf("%q is written as %q, want %q", in, got, want)
		}
	}
}

// full is a writer that fails after some bytes.
type full struct{ left int }

func (f *full) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

func TestPUB35_TableEndsWithItsReader(t *testing.T) {
	t.Parallel()
	w := newTable(&full{left: 20 << 10})
	var err error
	n := 0
	for ; err == nil && n < 1000; n++ {
		err = w.text(strings.Repeat("x", 1000)).end()
	}
	if !errors.Is(err, io.ErrShortWrite) || n > 50 || !errors.Is(w.close(), io.ErrShortWrite) {
		t.Errorf("%d rows, %v", n, err)
	}
}

func TestPUB35_Period(t *testing.T) {
	t.Parallel()
	shop := purvey.Shop{Settings: purvey.DefaultSettings("x")}
	shop.Settings.Shop.Timezone = "Europe/Berlin"
	p, err := ReadPeriod(shop, "2026-03-29", "2026-03-29") // 23 hours long
	if err != nil || p.before().Sub(p.Start) != 23*time.Hour {
		t.Errorf("%v, %v", p, err)
	}
	for _, bad := range [][2]string{{"2026-02-30", ""}, {"", "x"}, {"2026-02-02", "2026-02-01"}, {"0001-01-01", ""}} {
		if _, err := ReadPeriod(shop, bad[0], bad[1]); !errors.Is(err, purvey.Invalid) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

// PUB-35: an address tells the network alone.
func TestPUB35_Network(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"203.0.113.77": "203.0.113.0/24", "2001:db8:1:2::3": "2001:db8:1::/48", "::ffff:198.51.100.9": "198.51.100.0/24", "fe80::1%eth0": "fe80::/48", "": "", "x": "",
	} {
		if got := network(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}
