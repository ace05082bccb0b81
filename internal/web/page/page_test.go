package page_test

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"purvey/internal/web/page"
)

func TestChoose(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		accept, fallback string
		locales          []string
		want             page.Language
	}{
		{"", "", nil, "en"},
		{"", "pt-BR", nil, "pt"},
		{"de-CH,de;q=0.9,en;q=0.8", "fr", nil, "de"},
		{"en;q=0.2, fr;q=0.9", "", nil, "fr"},
		{"ja, *;q=0.5", "es", nil, "es"},
		{"fr", "de", []string{"es_MX"}, "es"},
		{"fr", "de", []string{"ja", ""}, "fr"},
		{"de;q=0, fr;q=x", "pt", nil, "pt"},
		{"fr;q=0.5, es;q=0.5", "", nil, "fr"},
	} {
		if got := page.Choose(c.accept, c.fallback, c.locales...); got != c.want {
			t.Errorf("%q, %q, %q: %s, want %s", c.accept, c.fallback, c.locales, got, c.want)
		}
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0 B", 999: "999 B", 1000: "1 kB", 1499: "1 kB", 999_400: "999 kB", 999_500: "1 MB", 12_400_000: "12.4 MB", 99_960_000: "100 MB",
		4_700_000_000: "4.7 GB", 2_500_000_000_000: "2.5 TB", 1 << 62: "4.6 EB",
	} {
		if got := page.Size("en", n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	if got := page.Size("de", 12_400_000); got != "12,4 MB" {
		t.Error(got)
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 31, 23, 30, 0, 0, time.UTC)
	for lang, want := range map[page.Language]string{
		"en": "1 April 2026", "es": "1 de abril de 2026", "pt": "1 de abril de 2026", "de": "1. April 2026", "fr": "1 avril 2026", "xx": "1 April 2026",
	} {
		if got := page.Date(lang, "Europe/Paris", at); got != want {
			t.Errorf("%s: %s", lang, got)
		}
	}
	if got := page.When("en", "America/New_York", at); got != "31 March 2026, 19:30 (America/New York)" {
		t.Error(got)
	}
	if got := page.Date("en", "Nowhere/At all", at); got != "31 March 2026" {
		t.Error(got)
	}
}

func TestKindAndMask(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"a.pdf", "", "PDF"}, {"a.tar.gz", "application/gzip", "GZ"}, {"noext", "application/x-zip", "ZIP"}, {"a.veryLong", "text/plain; charset=utf-8", "TXT"},
		{"a.<b>", "image/png", "PNG"}, {"x", "application/octet-stream", "FILE"}, {"x", "", "FILE"},
	} {
		if got := page.Kind(c[0], c[1]); got != c[2] {
			t.Errorf("%q %q: %s, want %s", c[0], c[1], got, c[2])
		}
	}
	for address, want := range map[string]string{
		"ana@example.org": "a•••@example.org", "é@x.fr": "é•••@x.fr", "日本@x.jp": "日•••@x.jp", `"a@b"@x.org`: `"•••@x.org`, "": "", "@x": "", "none": "",
	} {
		if got := page.MaskEmail(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}

// TestPolicyKnowsTheStyles compares the digests of the policy with those of
// the style elements, as a browser does: a style that does not match is not
// applied.
func TestPolicyKnowsTheStyles(t *testing.T) {
	t.Parallel()
	set := page.New(fstest.MapFS{"a.html": {Data: []byte(`<p>{{.Data}}</p>`)}}, "*.html")
	styles := regexp.MustCompile(`(?s)<style>(.*?)</style>`)
	for accent, ink := range map[string]string{"": "#ffffff", "#0F766E": "#ffffff", "#facc15": "#111418", "#fff": "#ffffff", "red;}*{x": "#ffffff", "#000000": "#ffffff"} {
		w := httptest.NewRecorder()
		v := page.View{Lang: "en", Title: "<T>", ShopName: `S"hop`, LogoURL: "https://cdn.example/l.png", Accent: accent, Refresh: 5, Data: "<script>"}
		if err := set.Write(w, httptest.NewRequest("GET", "/", nil), 200, "a.html", v); err != nil {
			t.Fatal(err)
		}
		body, policy := w.Body.String(), w.Header().Get("Content-Security-Policy")
		found := styles.FindAllStringSubmatch(body, -1)
		if len(found) != 2 || !strings.Contains(body, "--ink:"+ink) {
			t.Fatalf("%q: %s", accent, body)
		}
		for _, m := range found {
			sum := sha256.Sum256([]byte(m[1]))
			if d := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, d) {
				t.Errorf("%q: the policy %s lacks %s", accent, policy, d)
			}
		}
		if strings.Contains(body, "<script>") || strings.Contains(body, "<T>") || !strings.Contains(body, `content="5"`) {
			t.Error(body)
		}
		if len(found[1][1]) > 12_000 {
			t.Errorf("the style has %d bytes", len(found[1][1]))
		}
	}
	w := httptest.NewRecorder()
	if err := set.Write(w, httptest.NewRequest("HEAD", "/", nil), 404, "a.html", page.View{}); err != nil || w.Body.Len() != 0 || w.Code != 404 || w.Header().Get("Content-Length") == "0" {
		t.Errorf("HEAD: %d, %d bytes, %v", w.Code, w.Body.Len(), err)
	}
}

// A page is sent compressed to whoever takes that, and a fifth of its size,
// unless it repeats what the request said.
func TestCompressed(t *testing.T) {
	t.Parallel()
	set := page.New(fstest.MapFS{"a.html": {Data: []byte(`<p>{{.Data}}</p>`)}}, "*.html")
	for _, c := range []struct {
		accept string
		echoes bool
		want   string
	}{
		{"", false, ""}, {"gzip, deflate, br", false, "gzip"}, {"br;q=1, GZIP;q=0.5", false, "gzip"}, {"gzip;q=0", false, ""}, {"gzip;q=x", false, ""}, {"gzip", true, ""},
	} {
		r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
		r.Header.Set("Accept-Encoding", c.accept)
		if err := set.Write(w, r, 200, "a.html", page.View{Echoes: c.echoes, Data: strings.Repeat("word ", 5000)}); err != nil {
			t.Fatal(err)
		}
		h := w.Header()
		if h.Get("Content-Encoding") != c.want || h.Get("Content-Length") != strconv.Itoa(w.Body.Len()) || !slices.Contains(h.Values("Vary"), "Accept-Encoding") {
			t.Errorf("%+v: %v", c, h)
		}
		body := io.Reader(w.Body)
		if c.want != "" {
			if w.Body.Len() > 8_000 {
				t.Errorf("%d bytes", w.Body.Len())
			}
			z, err := gzip.NewReader(body)
			if err != nil {
				t.Fatal(err)
			}
			body = z
		}
		if text, err := io.ReadAll(body); err != nil || strings.Count(string(text), "word ") != 5000 {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
