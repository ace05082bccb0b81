package buyer

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"purvey"
	"purvey/internal/web/page"
)

// Sizes of a library's page.
const (
	ordersPerPage = 20
	maxSearch     = 120 // characters
)

// libraryView is what the template of a library speaks of.
type libraryView struct {
	W      words
	L      libraryWords
	Base   string // path of the library
	Who    string
	Query  string
	None   string // why the list is empty
	Older  string // address of the next piece
	Orders []libraryOrder
}

type libraryOrder struct {
	Title string
	Date  string
	Path  string // of the order's own page
	Zip   bool
	Lines []lineView
	W     words
}

// show is the library, or the way into it.
func (h *libraryHandlers) show(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visit(r)
	if err != nil {
		return err
	}
	session, err := h.auth.Session(r.Context(), v.shop.ID, cookie(r, cookieSession))
	switch {
	case errors.Is(err, purvey.Unauthenticated):
		return h.signInPage(w, r, v, signInView{}, http.StatusOK)
	case err != nil:
		return problem{error: err, shop: v.shop}
	}
	return h.list(w, r, v, session)
}

func (h *libraryHandlers) list(w http.ResponseWriter, r *http.Request, v visit, session purvey.Session) error {
	q := r.URL.Query()
	query := strings.TrimSpace(q.Get("q"))
	if utf8.RuneCountInString(query) > maxSearch || !utf8.ValidString(query) {
		query = ""
	}
	found, err := h.Delivery.Library(r.Context(), v.shop, session.Email, query, q.Get("from"), ordersPerPage)
	if err != nil {
		return problem{error: err, shop: v.shop}
	}
	data := libraryView{W: v.words, L: v.library, Base: v.base, Who: fill(v.library.SignedIn, "email", session.Email), Query: query}
	zone := v.shop.Settings.Shop.Timezone
	for _, o := range found.Orders {
		lo := libraryOrder{
			Title: fill(v.library.Order, "order", o.Order.Name), Date: page.Date(v.lang, zone, o.Order.CreatedAt), Path: "/d/" + o.Token, Zip: o.Archive, W: v.words,
		}
		for _, l := range o.Lines {
			lv := lineOf(l, v.words, v.lang, lo.Path, zone)
			lo.Zip = lo.Zip || l.Zip && hasFile(lv.Files)
			lo.Lines = append(lo.Lines, lv)
		}
		data.Orders = append(data.Orders, lo)
	}
	switch {
	case len(data.Orders) > 0:
	case query != "":
		data.None = fill(v.library.NotFound, "query", query)
	default:
		data.None = v.library.Nothing
	}
	if found.Next != "" {
		data.Older = v.base + "?" + url.Values{"q": {query}, "from": {found.Next}}.Encode()
	}
	frame := h.view(v.shop, v.lang, v.library.Title)
	frame.Script, frame.Data = copyScript, data
	return h.pages.Write(w, r, http.StatusOK, "library.html", frame)
}

// libraryPath is where a shop's library is, as its pages say it. Where a shop
// has a host of its own, its pages are there and so is its library.
func libraryPath(shop purvey.Shop) string {
	if shop.Slug == "" || shop.Slug == purvey.DefaultShop || shop.Settings.Shop.PublicURL != "" {
		return "/my"
	}
	return "/s/" + shop.Slug + "/my"
}
