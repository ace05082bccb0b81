package connect

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"purvey"
)

// seed adds the bodies of testdata that a store sends, and odd ones.
func seed(f *testing.F, store string) {
	f.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", store, "*"))
	if err != nil || len(names) == 0 {
		f.Fatal(store, err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, s := range []string{
		``, `{}`, `[]`, `null`, `{"events":[{"id":1,"type":"order.completed","data":{"items":[{"product":{},"quantity":-1e9}]}}]}`, `{"events":{}}`, `a[b][c]=1&a[b]=2&itemid9=x`,
		`<a><!DOCTYPE x><b c="d">&eacute;</b></a>`, `{"itemid":[[["x"]],{"itemid":"y"}],"quantity":"9e99","price":"-1.2.3,4"}`, "email=%ff&product=%00",
	} {
		f.Add([]byte(s))
	}
}

// taken takes a body as it is received and read: what is kept can be written,
// and what is read can be obeyed or has a reason that a client may see.
func taken(t *testing.T, s sender, body []byte) {
	t.Helper()
	body, err := plain(body)
	if err != nil {
		return
	}
	events, err := s.events(body)
	if err != nil {
		invalid(t, err)
		return
	}
	for _, e := range events {
		if e.Source = s.source; !utf8.Valid(e.Body) || !utf8.ValidString(e.Topic) {
			t.Fatalf("no text is kept: %q", e.Body)
		}
		n, err := Read(e)
		if err != nil {
			invalid(t, err)
			continue
		}
		if again, err := Read(e); err != nil || written(t, again) != written(t, n) {
			t.Fatalf("read twice, it says something else: %v %v", n, again)
		}
		for _, k := range n.Keys {
			if k == "" || !utf8.ValidString(k) {
				t.Fatalf("a key that is none: %q", n.Keys)
			}
		}
		for _, r := range n.Refunds {
			if r.ID == "" && e.Digest != "" || r.Cents < 0 || len(r.Units) == 0 && r.Cents == 0 {
				t.Fatalf("%+v", r)
			}
		}
		if n.Tells == nil {
			continue
		}
		seen := map[string]bool{}
		for _, l := range n.Tells.Lines {
			if l.ID == "" || seen[l.ID] || l.Quantity < 1 || l.PriceCents != nil && *l.PriceCents < 0 {
				t.Fatalf("%+v", l)
			}
			seen[l.ID] = true
		}
	}
}

func invalid(t *testing.T, err error) {
	t.Helper()
	var e *purvey.Error
	if !errors.As(err, &e) || e.Kind != purvey.Invalid && e.Kind != purvey.TooLarge || e.Detail == "" {
		t.Fatal(err)
	}
}

func written(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func FuzzReadFastSpring(f *testing.F) {
	seed(f, "fastspring")
	f.Fuzz(func(t *testing.T, body []byte) { taken(t, fastSpring(), body) })
}

func FuzzReadVibraCart(f *testing.F) {
	seed(f, "vibracartpro")
	f.Fuzz(func(t *testing.T, body []byte) { taken(t, vibraCart(), body) })
}

func TestMoney(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int64{
		"12.50": 1250, "USD 1,234.50": 123450, "12,50 €": 1250, "1.234,50": 123450, "$1,025": 102500, "25": 2500, "-3.10": -310, "1.234.567": 123456700, "€ 9.": 900,
	} {
		if got, ok := text(in).money("USD"); !ok || got != want {
			t.Errorf("%q is %d %v, want %d", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "free", "1-2", "-", "--1", "99999999999999999"} {
		if got, ok := text(in).money("USD"); ok {
			t.Errorf("%q is %d", in, got)
		}
	}
	if got, ok := text("1,200").money("JPY"); !ok || got != 1200 {
		t.Error(got, ok)
	}
}
