package admin

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"

	"purvey"
	"purvey/internal/middleware"
)

// dist is the built application. `make ui` fills it; without that a page in
// its place says so.
//
//go:embed all:dist
var dist embed.FS

// noncePlace is the text that the application has where a nonce goes.
const noncePlace = "__CSP_NONCE__"

// sessionPlace is the text that the application has where the page says
// whether the browser brought the cookie of a session: "none" or "some". With
// none the application need not ask who is signed in.
const sessionPlace = "__SESSION__"

// policy is the content security policy of the back office: nothing but the
// server's own files, and of scripts and styles in the page those with the
// nonce. Pictures may come from elsewhere (a shop's logo), previews are frames
// of our own.
func policy(nonce string) string {
	return "default-src 'none'; script-src 'self' 'nonce-" + nonce + "'; style-src 'self' 'nonce-" + nonce + "'; " +
		"img-src 'self' data: blob: https:; connect-src 'self'; font-src 'self'; frame-src 'self' blob:; worker-src 'self' blob:; " +
		"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
}

// app serves the application.
type app struct {
	index  []byte
	assets map[string]*asset // by the path below /admin/
}

// asset is one file, packed when it is first asked for.
type asset struct {
	plain  []byte
	kind   string // media type
	tag    string // of the content, without quotes
	packed func() []byte
}

// minPacked is the size from which packing is worth it, in bytes.
const minPacked = 1024

func newApp(built fs.FS, placeholder []byte) (*app, error) {
	a := &app{index: placeholder, assets: map[string]*asset{}}
	err := fs.WalkDir(built, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		content, err := fs.ReadFile(built, name)
		if err != nil {
			return err
		}
		if name == "index.html" {
			a.index = content
			return nil
		}
		a.assets[name] = newAsset(name, content)
		return nil
	})
	return a, err
}

func newAsset(name string, content []byte) *asset {
	sum := sha256.Sum256(content)
	out := &asset{plain: content, kind: mediaType(name), tag: hex.EncodeToString(sum[:12])}
	out.packed = sync.OnceValue(func() []byte { return pack(content) })
	return out
}

// mediaType is known for what a build holds; the machine's own table is asked
// for the rest.
func mediaType(name string) string {
	switch ext := path.Ext(name); ext {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	case ".json", ".map":
		return "application/json"
	default:
		if kind := mime.TypeByExtension(ext); kind != "" {
			return kind
		}
		return "application/octet-stream"
	}
}

// pack compresses; nil when that is not worth it.
func pack(content []byte) []byte {
	if len(content) < minPacked {
		return nil
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is one that there is
	}
	_, _ = z.Write(content) // a buffer takes everything
	_ = z.Close()
	if b.Len() > len(content)*9/10 {
		return nil
	}
	return b.Bytes()
}

func (p *pages) routesApp(mux *http.ServeMux) {
	placeholder, err := files.ReadFile("template/placeholder.html")
	if err != nil {
		panic(err) // it is embedded
	}
	built, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err)
	}
	a, err := newApp(built, placeholder)
	if err != nil {
		panic(err)
	}
	guard := middleware.Guard(p.Log, p.refuse)
	mux.Handle("GET /admin", guard(http.HandlerFunc(a.page)))
	mux.Handle("GET /admin/", guard(http.HandlerFunc(a.file)))
	mux.Handle("GET /admin/assets/", guard(http.HandlerFunc(a.immutable)))
}

// page answers every path of the application with its one page. Which of them
// exist, and whether somebody is signed in, the application finds out.
func (a *app) page(w http.ResponseWriter, r *http.Request) {
	nonce := purvey.Secret(24)
	session := "some"
	if cookie(r, cookieName) == "" {
		session = "none"
	}
	fill := strings.NewReplacer(noncePlace, nonce, sessionPlace, session)
	middleware.PageHeaders(policy(nonce))(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		_, _ = fill.WriteString(w, string(a.index)) // the server sees a broken connection itself
	})).ServeHTTP(w, r)
}

// file answers a file that stands beside the page, such as an icon, and
// everything else with the page.
func (a *app) file(w http.ResponseWriter, r *http.Request) {
	f, ok := a.assets[strings.TrimPrefix(r.URL.Path, "/admin/")]
	if !ok {
		a.page(w, r)
		return
	}
	f.serve(w, r, "no-cache")
}

// immutable answers a file whose name changes with its content.
func (a *app) immutable(w http.ResponseWriter, r *http.Request) {
	f, ok := a.assets[strings.TrimPrefix(r.URL.Path, "/admin/")]
	if !ok {
		http.Error(w, "There is no such file.", http.StatusNotFound)
		return
	}
	f.serve(w, r, "public, max-age=31536000, immutable")
}

func (f *asset) serve(w http.ResponseWriter, r *http.Request, cache string) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", cache)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Vary", "Accept-Encoding")
	body, tag := f.plain, `"`+f.tag+`"`
	if acceptsGzip(r.Header.Values("Accept-Encoding")) {
		if packed := f.packed(); packed != nil {
			h.Set("Content-Encoding", "gzip")
			body, tag = packed, `"`+f.tag+`-gzip"`
		}
	}
	h.Set("ETag", tag)
	http.ServeContent(w, r, "", noTime, bytes.NewReader(body))
}
