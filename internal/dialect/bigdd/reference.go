package bigdd

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"purvey/internal/middleware"
)

// referenceFiles are the page that shows the OpenAPI document, and Stoplight
// Elements, which draws it. What ends in .gz was compressed beforehand.
//
//go:embed reference
var referenceFiles embed.FS

// elements is the folder of Stoplight Elements, named after its version.
const elements = "elements-9.0.25/"

// referencePolicy lets the page reach this server and no other.
const referencePolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; " +
	"img-src 'self' data:; font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// How long a client may keep what it was given.
const (
	cacheCheck   = "no-cache"                            // it asks each time whether there is another
	cacheForever = "public, max-age=31536000, immutable" // the path names the version
)

// publish puts the OpenAPI document and its reference page on the mux, for
// everybody. Nothing is read or compressed before it is asked for.
func (a *api) publish(mux *http.ServeMux, guard middleware.Middleware) {
	file := func(name string) func() ([]byte, error) {
		return func() ([]byte, error) { return referenceFiles.ReadFile("reference/" + name) }
	}
	for _, f := range []struct {
		path, kind, cache string
		load              func() ([]byte, error)
	}{
		{"openapi.json", "application/json; charset=utf-8", cacheCheck, openapiDocument},
		{"docs", "text/html; charset=utf-8", cacheCheck, file("page.html")},
		{"docs/page.css", "text/css; charset=utf-8", cacheCheck, file("page.css")},
		{"docs/page.js", "text/javascript; charset=utf-8", cacheCheck, file("page.js")},
		{"docs/" + elements + "web-components.min.js", "text/javascript; charset=utf-8", cacheForever, file(elements + "web-components.min.js.gz")},
		{"docs/" + elements + "styles.min.css", "text/css; charset=utf-8", cacheForever, file(elements + "styles.min.css.gz")},
		{"docs/" + elements + "LICENSES.txt", "text/plain; charset=utf-8", cacheForever, file(elements + "LICENSES.txt")},
	} {
		ready := sync.OnceValues(func() (*static, error) {
			body, err := f.load()
			if err != nil {
				return nil, err
			}
			return newStatic(body, f.kind, f.cache)
		})
		mux.Handle("GET /public-api/"+f.path, guard(middleware.PageHeaders(referencePolicy)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s, err := ready()
			if err != nil {
				a.respond(w, r, err)
				return
			}
			s.ServeHTTP(w, r)
		}))))
	}
}

// static is a text that is the same for everybody.
type static struct {
	plain, gzipped []byte
	kind, cache    string
	tag            string // of the plain text, without quotes
}

// newStatic takes a text, compressed or not.
func newStatic(body []byte, kind, cache string) (*static, error) {
	s := &static{kind: kind, cache: cache}
	if isGzip := len(body) > 2 && body[0] == 0x1f && body[1] == 0x8b; isGzip {
		r, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		if s.plain, err = io.ReadAll(r); err != nil {
			return nil, err
		}
		s.gzipped = body
	} else {
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		if _, err := w.Write(body); err != nil {
			return nil, err
		}
		if err := w.Close(); err != nil {
			return nil, err
		}
		s.plain, s.gzipped = body, out.Bytes()
	}
	sum := sha256.Sum256(s.plain)
	s.tag = hex.EncodeToString(sum[:12])
	return s, nil
}

// ServeHTTP answers compressed where the client takes it, and 304 where the
// client has the text already.
func (s *static) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", s.kind)
	h.Set("Cache-Control", s.cache)
	h.Set("Vary", "Accept-Encoding")
	if takesGzip(r) {
		h.Set("Content-Encoding", "gzip")
		h.Set("ETag", `"`+s.tag+`-gzip"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.gzipped))
		return
	}
	h.Set("ETag", `"`+s.tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.plain))
}

// takesGzip tells whether a client asked for gzip, other than with a weight of
// zero.
func takesGzip(r *http.Request) bool {
	for _, field := range r.Header.Values("Accept-Encoding") {
		for coding := range strings.SplitSeq(field, ",") {
			name, weight, weighted := strings.Cut(coding, ";")
			if strings.EqualFold(strings.TrimSpace(name), "gzip") {
				weight = strings.TrimSpace(weight)
				return !weighted || strings.Trim(strings.TrimPrefix(weight, "q="), "0.") != ""
			}
		}
	}
	return false
}
