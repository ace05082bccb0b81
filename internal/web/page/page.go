// Package page is what all pages for customers share: the frame with the
// shop's name and colour, the one style sheet, the security headers, the
// choice of a language, and how sizes and dates are written in it.
//
// Pages are whole without scripts. The policy of each page names the digests of
// its own two style elements, and of the script if it has one, and allows
// nothing else.
package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"purvey"
)

//go:embed page.css
var style string

//go:embed layout.html
var layout string

// Set is a group of templates in the frame.
type Set struct {
	templates *template.Template
	styleHash string
}

// New parses the files of a group. Each defines a page by its name, which
// Write is given. It panics on a template that does not parse: the files are
// part of the program.
func New(files fs.FS, patterns ...string) *Set {
	t := template.New("").Funcs(functions())
	template.Must(t.New("layout").Parse(layout))
	template.Must(t.ParseFS(files, patterns...))
	return &Set{templates: t, styleHash: hash(style)}
}

// View is what the frame of a page says.
type View struct {
	Lang     Language
	Title    string
	ShopName string
	LogoURL  string // "" the name stands in its place
	Accent   string // #rrggbb; "" the default

	Support    string // address that customers may write to; "" none
	SupportURL string // where they are helped; "" nowhere
	About      string // what a mail to Support is about; "" unknown
	Aside      *Link  // another page, named at the top; nil none

	Refresh int    // seconds after which the page is asked for again; 0 never
	Script  string // a comfort for those whose browser runs it; "" none
	Echoes  bool   // the page repeats what the request said, beside secrets
	Data    any    // what the page itself speaks of
}

// Link leads to another page.
type Link struct{ Name, Path string }

// Of begins the view of a page of the shop.
func Of(shop purvey.Shop, l Language, title string) View {
	s := shop.Settings
	v := View{
		Lang: l, Title: title, ShopName: s.Shop.Name, LogoURL: s.Shop.LogoURL, Accent: s.Shop.Accent,
		Support: s.Support(), SupportURL: s.Shop.SupportURL,
	}
	if v.ShopName == "" {
		v.ShopName = shop.Name
	}
	return v
}

// frame is what the layout's template is given.
type frame struct {
	View
	Style, Colours template.CSS
	Questions      string // before the address
	Help           string
	Script         template.JS
	Body           template.HTML
}

// Write answers with the page of that name. A HEAD request gets the headers.
func (s *Set) Write(w http.ResponseWriter, r *http.Request, status int, name string, v View) error {
	var body, whole bytes.Buffer
	if err := s.templates.ExecuteTemplate(&body, name, v); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	colours := colours(v.Accent)
	words := v.Lang.words()
	f := frame{View: v, Questions: words.questions, Help: words.help, Style: template.CSS(style), Colours: template.CSS(colours), Script: template.JS(v.Script), Body: template.HTML(body.String())}
	if err := s.templates.ExecuteTemplate(&whole, "layout", f); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	h := w.Header()
	Headers(h, s.styleHash+" "+hash(colours))
	if v.Script != "" {
		h.Set("Content-Security-Policy", h.Get("Content-Security-Policy")+"; script-src "+hash(v.Script))
	}
	h.Add("Vary", "Accept-Encoding")
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(v.Lang))
	sent := whole.Bytes()
	if !v.Echoes && takesGzip(r.Header.Get("Accept-Encoding")) {
		sent = compress(sent)
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(len(sent)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(sent) // a client that has gone is the server's matter
	}
	return nil
}

// compress makes a page a fifth of its size. A page that Echoes is not
// compressed: whoever chose what it repeats could learn from its size what else
// stands in it.
func compress(text []byte) []byte {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is a valid one
	}
	_, _ = z.Write(text) // a buffer takes everything
	_ = z.Close()
	return b.Bytes()
}

// takesGzip reads an Accept-Encoding header.
func takesGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		name, weight, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(weight), "q="), 64)
			return strings.TrimSpace(weight) == "" || err == nil && q > 0
		}
	}
	return false
}

// Headers are those of every page: nothing but its own styles and pictures, no
// frames, no address of ours told to others, nothing kept by a cache. Forms are
// left free, since a button's POST may be answered by a redirect to the storage.
func Headers(h http.Header, styles string) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src "+styles+"; img-src 'self' https: data:; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("Cache-Control", "private, no-store")
	h.Set("Vary", "Accept-Language")
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

var colourForm = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// defaultAccent is the colour of shops that chose none.
const defaultAccent = "#1f5fd0"

// colours is the part of the style that a shop chooses: its accent, and black
// or white on it, whichever reads better.
func colours(accent string) string {
	if !colourForm.MatchString(accent) {
		accent = defaultAccent
	}
	n, err := strconv.ParseUint(accent[1:], 16, 32)
	if err != nil {
		n = 0
	}
	ink := "#ffffff"
	if luminance(byte(n>>16), byte(n>>8), byte(n)) > 0.36 {
		ink = "#111418"
	}
	return ":root{--accent:" + strings.ToLower(accent) + ";--ink:" + ink + "}"
}

// luminance is how bright a colour looks, 0 to 1 (WCAG 2, with a plain square
// for the exact curve).
func luminance(r, g, b byte) float64 {
	lin := func(c byte) float64 { v := float64(c) / 255; return v * v }
	return 0.2126*lin(r) + 0.7152*lin(g) + 0.0722*lin(b)
}
