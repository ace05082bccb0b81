package admin_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"purvey/internal/web/admin"
)

func appOf(t *testing.T, files fstest.MapFS) http.Handler {
	t.Helper()
	h, err := admin.AppOf(files, []byte(`placeholder <style nonce="__CSP_NONCE__">`))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func get(h http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

var nonceForm = regexp.MustCompile(`script-src 'self' 'nonce-([0-9A-Za-z]{24})'; style-src 'self' 'nonce-([0-9A-Za-z]{24})'`)

// Each answer has a nonce of its own, in the policy and wherever the page
// wants it; nothing else may run.
func TestThePageHasAFreshNonce(t *testing.T) {
	t.Parallel()
	h := appOf(t, fstest.MapFS{
		"index.html": {Data: []byte(`<meta content="__SESSION__"><meta content="__CSP_NONCE__"><script nonce="__CSP_NONCE__">1</script>`)}, ".gitkeep": {},
	})
	seen := map[string]bool{}
	for _, path := range []string{"/admin", "/admin/", "/admin/orders/5", "/admin/reset?token=x", "/admin/index.html", "/admin/.gitkeep"} {
		w := get(h, path)
		policy := w.Header().Get("Content-Security-Policy")
		m := nonceForm.FindStringSubmatch(policy)
		if w.Code != 200 || m == nil || m[1] != m[2] || seen[m[1]] {
			t.Fatalf("%s: %d %s", path, w.Code, policy)
		}
		seen[m[1]] = true
		if want := `<meta content="none"><meta content="` + m[1] + `"><script nonce="` + m[1] + `">1</script>`; w.Body.String() != want {
			t.Errorf("%s: %s", path, w.Body)
		}
		for _, part := range []string{
			"default-src 'none'", "connect-src 'self'", "font-src 'self'", "img-src 'self' data: blob: https:", "frame-src 'self' blob:",
			"worker-src 'self' blob:", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
		} {
			if !strings.Contains(policy, part) {
				t.Errorf("%s: the policy lacks %s", path, part)
			}
		}
		if strings.Contains(policy, "unsafe") {
			t.Errorf("%s: %s", path, policy)
		}
		for name, want := range map[string]string{
			"Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8", "X-Content-Type-Options": "nosniff",
			"X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
	}
}

func TestWithoutABuildAPageSaysSo(t *testing.T) {
	t.Parallel()
	w := get(appOf(t, fstest.MapFS{".gitkeep": {}}), "/admin/products")
	if w.Code != 200 || !strings.HasPrefix(w.Body.String(), "placeholder") || strings.Contains(w.Body.String(), "__CSP") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	script := strings.Repeat("console.log(1);\n", 500)
	h := appOf(t, fstest.MapFS{
		"index.html": {Data: []byte("x")}, "assets/a-1.js": {Data: []byte(script)}, "assets/w-1.mjs": {Data: []byte("1")}, "icon.svg": {Data: []byte("<svg/>")},
	})
	plain := get(h, "/admin/assets/a-1.js")
	if plain.Code != 200 || plain.Body.String() != script || plain.Header().Get("Content-Type") != "text/javascript; charset=utf-8" ||
		plain.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" || plain.Header().Get("Vary") != "Accept-Encoding" {
		t.Errorf("%d %v", plain.Code, plain.Header())
	}
	tag := plain.Header().Get("ETag")
	for _, accept := range []string{"gzip", "br, gzip;q=0.5", "*", "deflate, GZIP"} {
		w := get(h, "/admin/assets/a-1.js", "Accept-Encoding", accept)
		if w.Header().Get("Content-Encoding") != "gzip" || w.Header().Get("ETag") == tag || w.Header().Get("Vary") != "Accept-Encoding" ||
			w.Header().Get("Content-Type") != "text/javascript; charset=utf-8" || w.Body.Len() > len(script)/10 {
			t.Fatalf("%s: %v", accept, w.Header())
		}
		z, err := gzip.NewReader(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(z); err != nil || string(got) != script {
			t.Errorf("%s: unpacked to %d bytes, %v", accept, len(got), err)
		}
		if again := get(h, "/admin/assets/a-1.js", "Accept-Encoding", accept, "If-None-Match", w.Header().Get("ETag")); again.Code != 304 {
			t.Errorf("%s: %d", accept, again.Code)
		}
	}
	for _, accept := range []string{"", "gzip;q=0", "br", "*;q=0", "gzip;q=x", "*, gzip;q=0"} {
		if w := get(h, "/admin/assets/a-1.js", "Accept-Encoding", accept); w.Header().Get("Content-Encoding") != "" || w.Header().Get("ETag") != tag {
			t.Errorf("%q: %v", accept, w.Header())
		}
	}
	if w := get(h, "/admin/assets/a-1.js", "If-None-Match", tag); w.Code != 304 {
		t.Error(w.Code)
	}
	if w := get(h, "/admin/assets/w-1.mjs", "Accept-Encoding", "gzip"); w.Body.String() != "1" || w.Header().Get("Content-Encoding") != "" ||
		w.Header().Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Errorf("%v", w.Header())
	}
	// What is not there is not the page, which would break as a script.
	for _, path := range []string{"/admin/assets/", "/admin/assets/b.js", "/admin/assets/index.html"} {
		if w := get(h, path); w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if w := get(h, "/admin/icon.svg"); w.Code != 200 || w.Header().Get("Cache-Control") != "no-cache" || w.Header().Get("Content-Type") != "image/svg+xml" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}
