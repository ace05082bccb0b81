// Package buyer is what customers see: the download page of an order, the pages
// of a share link and of a download token, the bytes behind their buttons, and
// the library of everything that one customer bought from a shop.
//
// A page holds no address that leads to bytes: its buttons are forms, whose
// POST is answered by a redirect to a short-lived byte URL. So whatever reads
// mails and follows links, scripts included, changes nothing and uses nothing
// up. Programs that know what they want may GET the path of a file directly.
//
// Every page works without scripts and says, when something is refused, why,
// what to do and whom to ask, in the customer's language.
package buyer

import (
	"bytes"
	"embed"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"purvey"
	"purvey/internal/delivery"
	"purvey/internal/middleware"
	"purvey/internal/order"
	"purvey/internal/web/page"
)

//go:embed template
var templates embed.FS

// Backend is what these pages need of the domain.
type Backend struct {
	Delivery *delivery.Service
	Orders   *order.Service // nil: no page offers to send its mail again
	Log      *slog.Logger   // nil is slog.Default()
}

// handlers answer the paths of this package.
type handlers struct {
	Backend
	pages *page.Set
}

// handler is one path. An error it gives becomes a page that explains it.
type handler func(w http.ResponseWriter, r *http.Request) error

// maxForm bounds the body of a button's POST, in bytes.
const maxForm = 8 << 10

// Register puts the pages on the mux.
func Register(mux *http.ServeMux, b Backend) {
	if b.Log == nil {
		b.Log = slog.Default()
	}
	h := &handlers{Backend: b, pages: page.New(templates, "template/*.html")}
	guard := middleware.Guard(b.Log, func(w http.ResponseWriter, r *http.Request, err error) { h.refuse(w, r, err) })
	limit := middleware.BodyLimit(maxForm, func(w http.ResponseWriter, r *http.Request, err error) { h.refuse(w, r, err) })
	for pattern, fn := range map[string]handler{
		"GET /d/{token}":                        h.order,
		"GET /d/{token}/receipt":                h.receipt,
		"POST /d/{token}/request":               h.askMore,
		"POST /d/{token}/mail":                  h.sendAgain,
		"GET /d/{token}/files/{file}":           h.orderFile,
		"POST /d/{token}/files/{file}":          h.orderFileButton,
		"POST /d/{token}/files/{file}/view":     h.orderFileView,
		"GET /d/{token}/zip":                    h.orderZip,
		"POST /d/{token}/zip":                   h.orderZipButton,
		"GET /b/{grant}/{name}":                 h.granted,
		"GET /link/{id}/{secret}":               h.link,
		"GET /link/{id}/{secret}/files/{file}":  h.linkFile,
		"POST /link/{id}/{secret}/files/{file}": h.linkFileButton,
		"GET /link/{id}/{secret}/zip":           h.linkZip,
		"POST /link/{id}/{secret}/zip":          h.linkZipButton,
		"GET /download":                         h.minted,
		"GET /download/files/{file}":            h.mintFile,
		"POST /download/files/{file}":           h.mintFileButton,
		"GET /download/zip":                     h.mintZip,
		"POST /download/zip":                    h.mintZipButton,
		"/download":                             h.nowhere,
		"/download/":                            h.nowhere,
		"/d/":                                   h.nowhere,
		"/b/":                                   h.nowhere,
		"/link/":                                h.nowhere,
	} {
		mux.Handle(pattern, guard(limit(h.answer(fn))))
	}
}

func (h *handlers) answer(fn handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			r = middleware.ActingAs(r, purvey.Actor{Type: purvey.ActorBuyer})
		}
		if err := fn(w, r); err != nil {
			h.refuse(w, r, err)
		}
	})
}

// nowhere is the rest of the paths.
func (h *handlers) nowhere(w http.ResponseWriter, r *http.Request) error {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
		return purvey.Missing("page")
	}
	w.Header().Set("Allow", "GET, HEAD, POST")
	return purvey.Errorf(purvey.Unsupported, "method")
}

// problem is an error with what is known of where it happened, for a page.
type problem struct {
	error
	shop   purvey.Shop
	locale string   // the customer's; "" unknown
	back   string   // path of the page to go back to; "" none
	link   bool     // on a share link
	ask    *askView // how more may be asked for; nil not at all
	note   string   // what has just been done
	order  string   // its number, as the page says it; "" unknown
	about  string   // its number alone
	token  string   // of the page, whose receipt is there in spite of all; "" none
	mint   bool     // on a download token, which the way back leads away from
}

func (p problem) Unwrap() error { return p.error }

// refuse answers an error with a page that explains it, or with one line for
// programs that want no page.
func (h *handlers) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status, reason := statusOf(err)
	if status >= 500 {
		h.Log.ErrorContext(r.Context(), "a page or download failed", "path", middleware.SafePath(r.URL.EscapedPath()), "error", err)
	}
	var p problem
	errors.As(err, &p)
	if p.link {
		switch reason {
		case purvey.ReasonUsedUp:
			reason = reasonLinkUsedUp
		case purvey.ReasonExpired:
			reason = reasonLinkExpired
		}
	}
	if e := (*purvey.Error)(nil); errors.As(err, &e) && status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", strconv.Itoa(max(e.RetryAfter, 1)))
	}
	if reason == reasonTrouble && status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "60")
	}
	lang := page.Choose(r.Header.Get("Accept-Language"), p.shop.Settings.Shop.Locale, p.locale)
	words, back := refusalOf(lang, reason), wordsOf(lang).Back
	if p.back == "" && reason == reasonUnknown && !p.link {
		p.back, back = libraryPath(p.shop), libraryWordsOf(lang).Title
	}
	if p.link && reason == reasonUnknown {
		words.Do = wordsOf(lang).HelpShared
	}
	if p.mint {
		back = libraryWordsOf(lang).Title
		if reason == reasonUnknown {
			words = libraryWordsOf(lang).Over
		}
	}
	if !wantsPage(r) {
		var text bytes.Buffer
		text.WriteString(words.Title + ". " + words.Why + " " + words.Do + "\n")
		page.Headers(w.Header(), "'none'")
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		_, _ = w.Write(text.Bytes())
		return
	}
	v := h.view(p.shop, lang, words.Title)
	v.About = p.about
	v.Data = refusalView{
		refusal: words, Back: p.back, BackText: back, More: p.ask, Notice: p.note, Order: p.order, Token: p.token, Receipt: orderWordsOf(lang).Receipt,
		My: libraryPath(p.shop), Library: libraryWordsOf(lang).Title,
	}
	if err := h.pages.Write(w, r, status, "refused.html", v); err != nil {
		h.Log.ErrorContext(r.Context(), "a page cannot be made", "error", err)
		http.Error(w, words.Title, status)
	}
}

type refusalView struct {
	refusal
	Back     string // path
	BackText string
	More     *askView
	Notice   string
	Order    string
	Token    string
	Receipt  string
	My       string // path of the library
	Library  string
}

// wantsPage tells a browser from a program: browsers name HTML.
func wantsPage(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html") || r.Header.Get("Sec-Fetch-Mode") == "navigate"
}

// statusOf gives the status of an error and the reason to explain.
func statusOf(err error) (int, purvey.Reason) {
	reason := purvey.ReasonOf(err)
	switch {
	case errors.Is(err, purvey.NotFound), errors.Is(err, purvey.Invalid):
		return http.StatusNotFound, reasonUnknown
	case errors.Is(err, purvey.Denied) && reason != purvey.ReasonNone:
		return http.StatusForbidden, reason
	case errors.Is(err, purvey.Gone) && reason != purvey.ReasonNone:
		return http.StatusGone, reason
	case errors.Is(err, purvey.Gone):
		return http.StatusGone, reasonOver
	case errors.Is(err, purvey.Conflict):
		return http.StatusConflict, reasonNothing
	case errors.Is(err, purvey.Limited):
		return http.StatusTooManyRequests, reasonTooMany
	case errors.Is(err, purvey.Unsupported):
		return http.StatusMethodNotAllowed, reasonMethod
	case errors.Is(err, purvey.TooLarge):
		return http.StatusRequestEntityTooLarge, reasonMethod
	case errors.Is(err, purvey.Unavailable), errors.Is(err, purvey.NoSpace):
		return http.StatusServiceUnavailable, reasonTrouble
	default:
		return http.StatusInternalServerError, reasonTrouble
	}
}

// view is the frame of a shop's page.
func (h *handlers) view(shop purvey.Shop, lang page.Language, title string) page.View {
	return page.Of(shop, lang, title)
}
