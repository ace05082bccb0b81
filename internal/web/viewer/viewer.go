// Package viewer shows goods in the browser: PDFs page by page, audio, video
// and pictures, at an address that needs no login and ends.
//
// A PDF is drawn by pdf.js, which fetches the pieces of the file that a page
// needs and no more. Everything the page loads comes from this server, and its
// policy allows nothing else. Reading uses up no download.
package viewer

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"

	"purvey"
	"purvey/internal/delivery"
	"purvey/internal/middleware"
	"purvey/internal/web/page"
)

//go:embed template
var templates embed.FS

// Backend is what the viewer needs of the domain.
type Backend struct {
	Delivery *delivery.Service
	Log      *slog.Logger // nil is slog.Default()
}

// handlers answer the paths of this package.
type handlers struct {
	Backend
	page    *template.Template
	refusal *page.Set
	assets  *assets
}

// Register puts the viewer on the mux.
func Register(mux *http.ServeMux, b Backend) {
	if b.Log == nil {
		b.Log = slog.Default()
	}
	h := &handlers{
		Backend: b, page: template.Must(template.ParseFS(templates, "template/viewer.html")),
		refusal: page.New(templates, "template/refused.html"), assets: newAssets(),
	}
	guard := middleware.Guard(b.Log, h.refuse)
	for pattern, fn := range map[string]func(http.ResponseWriter, *http.Request) error{
		"GET /view/{token}":               h.view,
		"GET /view/{token}/files/{file}":  h.bytes,
		"GET /viewer/{edition}/{path...}": h.assets.serve,
		"/view/":                          h.nowhere,
		"/viewer/":                        h.nowhere,
	} {
		mux.Handle(pattern, guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := fn(w, r); err != nil {
				h.refuse(w, r, err)
			}
		})))
	}
}

// policy lets a page load what is its own, run what it loaded, and no more. It
// says nothing of frames: a merchant may show the viewer inside a page of his.
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'; " +
	"img-src 'self' data: blob:; font-src 'self' data:; media-src 'self'; base-uri 'none'; form-action 'none'"

// shown is what the page's template is given.
type shown struct {
	Lang   page.Language
	W      words
	Title  string
	Shop   string
	Accent string
	Root   string // of the viewer's own files
	Kind   string
	Source string // of the bytes
	File   purvey.File
	Files  []entry
}

// entry is one of several files.
type entry struct {
	Name, Address string
	Current       bool
}

// view is the page.
func (h *handlers) view(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Delivery.View(r.Context(), r.PathValue("token"))
	if err != nil {
		return problem{err, v.Shop}
	}
	shop := v.Shop.Settings.Shop
	lang := page.Choose(r.Header.Get("Accept-Language"), shop.Locale)
	f, err := chosen(v.Files, r.URL.Query().Get("file"))
	if err != nil {
		return problem{err, v.Shop}
	}
	out := shown{
		Lang: lang, W: wordsOf(lang), Title: v.Title, Shop: shop.Name, Accent: shop.Accent, Root: h.assets.root,
		Kind: delivery.Viewable(f), Source: "/view/" + v.Bytes + "/files/" + f.ID, File: f,
	}
	if len(v.Files) > 1 {
		for _, each := range v.Files {
			out.Files = append(out.Files, entry{each.Name, "?file=" + each.ID, each.ID == f.ID})
		}
	}
	var body bytes.Buffer
	if err := h.page.ExecuteTemplate(&body, "viewer.html", out); err != nil {
		return fmt.Errorf("the viewer's page: %w", err)
	}
	header := w.Header()
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Robots-Tag", "noindex, nofollow")
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Cache-Control", "private, no-store")
	header.Set("Vary", "Accept-Language")
	header.Set("Content-Language", string(lang))
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(body.Len()))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body.Bytes()) // a client that has gone is the server's matter
	}
	return nil
}

// chosen gives the file with the id; the first without one.
func chosen(files []purvey.File, id string) (purvey.File, error) {
	if id == "" {
		return files[0], nil
	}
	for _, f := range files {
		if f.ID == id {
			return f, nil
		}
	}
	return purvey.File{}, purvey.Missing("file")
}

// bytes serves the file behind a page, whole or by ranges.
func (h *handlers) bytes(w http.ResponseWriter, r *http.Request) error {
	client := delivery.Client{UserAgent: r.UserAgent()}
	if a := middleware.ClientAddr(r.Context()); a.IsValid() {
		client.IP = a.String()
	}
	reading, err := h.Delivery.Read(r.Context(), r.PathValue("token"), r.PathValue("file"), client)
	if err != nil {
		return err
	}
	defer reading.Close() // it was only read
	header := w.Header()
	header.Set("Content-Type", delivery.ContentType(reading.Type))
	if reading.Kind == delivery.ViewPDF {
		header.Set("Content-Type", "application/pdf")
	}
	header.Set("Content-Disposition", "inline")
	header.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Robots-Tag", "noindex, nofollow")
	header.Set("Referrer-Policy", "no-referrer")
	// A canceled purchase ends at the next request, so there has to be one.
	header.Set("Cache-Control", "private, no-store, no-transform")
	header.Set("ETag", reading.ETag)
	http.ServeContent(w, r, "", reading.Modified, reading)
	return nil
}

// nowhere is the rest of the paths.
func (h *handlers) nowhere(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		return purvey.Errorf(purvey.Unsupported, "method")
	}
	return purvey.Missing("page")
}

// problem is an error with the shop whose page it stands on.
type problem struct {
	error
	shop purvey.Shop
}

func (p problem) Unwrap() error { return p.error }

// refuse answers an error with a page that explains it. No page names a file.
func (h *handlers) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var p problem
	errors.As(err, &p)
	shop := p.shop.Settings.Shop
	lang := page.Choose(r.Header.Get("Accept-Language"), shop.Locale)
	status, texts := explain(err, wordsOf(lang))
	if status >= http.StatusInternalServerError {
		h.Log.ErrorContext(r.Context(), "a page of the viewer failed", "path", middleware.SafePath(r.URL.EscapedPath()), "error", err)
	}
	v := page.Of(p.shop, lang, texts.Title)
	v.Data = texts
	if err := h.refusal.Write(w, r, status, "refused.html", v); err != nil {
		h.Log.ErrorContext(r.Context(), "a page cannot be made", "error", err)
		http.Error(w, texts.Title, status)
	}
}

// explain gives the status of an error and the words for it.
func explain(err error, w words) (int, refusal) {
	reason := purvey.ReasonOf(err)
	switch {
	case errors.Is(err, purvey.NotFound):
		return http.StatusNotFound, w.Unknown
	case errors.Is(err, purvey.Unsupported):
		return http.StatusMethodNotAllowed, w.Unknown
	case reason == purvey.ReasonCanceled:
		return http.StatusGone, w.Ended
	case errors.Is(err, purvey.Gone):
		return http.StatusGone, w.Over
	case errors.Is(err, purvey.Denied):
		switch reason {
		case purvey.ReasonBandwidth:
			return http.StatusForbidden, w.Paused
		case purvey.ReasonUnpaid, purvey.ReasonHeld, purvey.ReasonScheduled, purvey.ReasonProcessing, purvey.ReasonNoFiles, purvey.ReasonKeyFollows:
			return http.StatusForbidden, w.Later
		}
		return http.StatusForbidden, w.Ended
	case errors.Is(err, purvey.Unavailable), errors.Is(err, purvey.NoSpace):
		return http.StatusServiceUnavailable, w.Trouble
	default:
		return http.StatusInternalServerError, w.Trouble
	}
}
