package bigdd

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// published is the API without services: what is open to all needs none.
func published() http.Handler {
	mux := http.NewServeMux()
	Register(mux, Backend{Log: slog.New(slog.DiscardHandler)})
	return mux
}

// get fetches without a token. Headers come in pairs.
func get(h http.Handler, target string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", target, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// The reference page and all it loads come from this server.
func TestReferencePageNeedsNoOtherHost(t *testing.T) {
	t.Parallel()
	h := published()
	page := get(h, "/public-api/docs")
	if page.Code != 200 || page.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%d %v", page.Code, page.Header())
	}
	policy := page.Header().Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self' 'unsafe-inline'", "connect-src 'self'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("the policy lacks %s: %s", part, policy)
		}
	}
	for _, w := range regexp.MustCompile(`https?:|['"]//`).FindAllString(page.Body.String(), -1) {
		t.Errorf("the page names another host: %s", w)
	}
	base, err := url.Parse("http://shop.example/public-api/docs")
	if err != nil {
		t.Fatal(err)
	}
	loads := regexp.MustCompile(`(?:src|href|apiDescriptionUrl)="([^"]*)"`).FindAllStringSubmatch(page.Body.String(), -1)
	if len(loads) < 6 {
		t.Fatalf("the page loads %v", loads)
	}
	for _, m := range loads {
		if strings.HasPrefix(m[1], "data:") {
			continue
		}
		u, err := base.Parse(m[1])
		if err != nil || u.Host != base.Host {
			t.Errorf("%s: %v", m[1], err)
			continue
		}
		if w := get(h, u.Path); w.Code != 200 || w.Body.Len() == 0 {
			t.Errorf("%s: %d", u, w.Code)
		}
	}
	for _, sheet := range []string{"page.css", elements + "styles.min.css"} {
		for _, w := range regexp.MustCompile(`(?i)(?:url\(|@import)[^)]{0,60}`).FindAllString(get(h, "/public-api/docs/"+sheet).Body.String(), -1) {
			if !strings.HasPrefix(w, "url(data:") && !strings.HasPrefix(w, `url("data:`) && !strings.HasPrefix(w, `url('data:`) {
				t.Errorf("%s loads %s", sheet, w)
			}
		}
	}
}

// Each file is the same compressed and plain, and 304 for who has it.
func TestPublishedFiles(t *testing.T) {
	t.Parallel()
	h := published()
	for path, cache := range map[string]string{
		"openapi.json": cacheCheck, "docs": cacheCheck, "docs/page.js": cacheCheck, "docs/page.css": cacheCheck,
		"docs/" + elements + "web-components.min.js": cacheForever, "docs/" + elements + "styles.min.css": cacheForever,
		"docs/" + elements + "LICENSES.txt": cacheForever,
	} {
		path = "/public-api/" + path
		plain := get(h, path)
		packed := get(h, path, "Accept-Encoding", "br, gzip;q=0.5")
		if plain.Code != 200 || plain.Header().Get("Content-Encoding") != "" || packed.Code != 200 || packed.Header().Get("Content-Encoding") != "gzip" {
			t.Errorf("%s: %d %v, %d %v", path, plain.Code, plain.Header(), packed.Code, packed.Header())
			continue
		}
		r, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatal(err)
		}
		unpacked, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(unpacked, plain.Body.Bytes()) {
			t.Errorf("%s differs compressed: %v", path, err)
		}
		if packed.Header().Get("ETag") == plain.Header().Get("ETag") {
			t.Errorf("%s: the two forms share the tag %s", path, plain.Header().Get("ETag"))
		}
		for _, w := range []*httptest.ResponseRecorder{plain, packed} {
			if w.Header().Get("Cache-Control") != cache || w.Header().Get("Vary") != "Accept-Encoding" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: %v", path, w.Header())
			}
		}
		again := get(h, path, "If-None-Match", plain.Header().Get("ETag"))
		if again.Code != 304 || again.Body.Len() != 0 {
			t.Errorf("%s again: %d", path, again.Code)
		}
		if w := get(h, path, "Accept-Encoding", "gzip;q=0, deflate"); w.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s: gzip to a client that refuses it", path)
		}
	}
	var doc struct {
		OpenAPI string
		Paths   map[string]any
	}
	if err := json.Unmarshal(get(h, "/public-api/openapi.json").Body.Bytes(), &doc); err != nil || doc.OpenAPI != "3.1.0" || len(doc.Paths) < 30 {
		t.Errorf("%s with %d paths: %v", doc.OpenAPI, len(doc.Paths), err)
	}
	if w := get(h, "/public-api/docs/no-such-file"); w.Code != 404 || !strings.Contains(w.Body.String(), `"not_found"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
