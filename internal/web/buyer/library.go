package buyer

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"purvey"
	"purvey/internal/delivery"
	"purvey/internal/web/page"
)

// Sizes of a library's page.
const (
	ordersPerPage = 20
	ordersSorted  = 100 // where they are sorted by more than their age
	maxSearch     = 120 // characters
)

// The parts of a library.
const (
	tabLibrary = ""
	tabKeys    = "keys"
	tabOrders  = "orders"
	tabDevices = "devices"
)

// The orders of a shelf.
const (
	sortNewest  = ""
	sortUpdated = "updated"
	sortTitle   = "title"
)

// libraryView is what the template of a library speaks of.
type libraryView struct {
	W       words
	O       orderWords
	L       libraryWords
	Base    string // path of the library
	Tab     string
	Tabs    []tabView
	Who     string
	Query   string
	Sort    string
	Sorts   []choice
	None    string // why the list is empty
	Older   string // address of the next piece
	Cards   []cardView
	Keyed   []cardView  // those with keys
	Orders  []orderRow  // of the orders' tab
	Devices []deviceRow // of the devices' tab
}

type tabView struct {
	Name, Path string
	Current    bool
}

type choice struct {
	Value, Name string
	Chosen      bool
}

// cardView is one product that was bought.
type cardView struct {
	lineView
	Order   string
	Date    string
	Path    string // of the order's own page
	Badges  []status
	Inside  string // of what there is to unfold: files, keys, links or news; "" nothing
	updated time.Time
}

// orderRow is one order of the library.
type orderRow struct {
	Title, Date, Goods, Total, Status, Path string
	Zip                                     bool
	W                                       words
}

type deviceRow struct {
	ID, Name, Text string
	This           bool
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
	q, o := r.URL.Query(), orderWordsOf(v.lang)
	query := strings.TrimSpace(q.Get("q"))
	if utf8.RuneCountInString(query) > maxSearch || !utf8.ValidString(query) {
		query = ""
	}
	sort := q.Get("sort")
	if sort != sortUpdated && sort != sortTitle {
		sort = sortNewest
	}
	data := libraryView{W: v.words, O: o, L: v.library, Base: v.base, Who: fill(v.library.SignedIn, "email", session.Email), Query: query, Sort: sort}
	for _, t := range [][2]string{{tabLibrary, o.TabLibrary}, {tabKeys, o.TabKeys}, {tabOrders, o.TabOrders}, {tabDevices, o.TabDevices}} {
		path := v.base
		if t[0] != "" {
			path += "?tab=" + t[0]
		}
		current := q.Get("tab") == t[0]
		if current {
			data.Tab = t[0]
		}
		data.Tabs = append(data.Tabs, tabView{t[1], path, current})
	}
	data.Tabs[0].Current = data.Tab == tabLibrary
	for _, s := range [][2]string{{sortNewest, o.SortNewest}, {sortUpdated, o.SortUpdated}, {sortTitle, o.SortTitle}} {
		data.Sorts = append(data.Sorts, choice{s[0], s[1], data.Sort == s[0]})
	}
	fillIn := h.goods
	if data.Tab == tabDevices {
		fillIn = h.devices
	}
	if err := fillIn(r, v, session, &data); err != nil {
		return problem{error: err, shop: v.shop}
	}
	frame := h.view(v.shop, v.lang, v.library.Title)
	frame.Script, frame.Data = copyScript, data
	// What somebody else's page had searched for stands beside secrets.
	site := r.Header.Get("Sec-Fetch-Site")
	frame.Echoes = query != "" && site != "same-origin" && site != "none"
	return h.pages.Write(w, r, http.StatusOK, "library.html", frame)
}

// goods puts what was bought into the view.
func (h *libraryHandlers) goods(r *http.Request, v visit, session purvey.Session, data *libraryView) error {
	most := ordersPerPage
	if data.Sort == sortUpdated || data.Sort == sortTitle {
		most = ordersSorted
	}
	found, err := h.Delivery.Library(r.Context(), v.shop, session.Email, data.Query, r.URL.Query().Get("from"), most)
	if err != nil {
		return err
	}
	now := h.orders.Now()
	for _, entry := range found.Orders {
		h.addOrder(data, v, entry, now)
	}
	switch data.Sort {
	case sortUpdated:
		slices.SortStableFunc(data.Cards, func(a, b cardView) int { return b.updated.Compare(a.updated) })
	case sortTitle:
		slices.SortStableFunc(data.Cards, func(a, b cardView) int { return strings.Compare(purvey.Fold(a.Name), purvey.Fold(b.Name)) })
	}
	for _, c := range data.Cards {
		if len(c.Keys) > 0 || c.KeysOwed {
			data.Keyed = append(data.Keyed, c)
		}
	}
	switch {
	case len(found.Orders) == 0 && data.Query != "":
		data.None = fill(v.library.NotFound, "query", data.Query)
	case len(found.Orders) == 0:
		data.None = v.library.Nothing
	case data.Tab == tabKeys && len(data.Keyed) == 0:
		data.None = data.O.NoKeys
	}
	if found.Next != "" {
		next := url.Values{"from": {found.Next}}
		for name, value := range map[string]string{"q": data.Query, "tab": data.Tab, "sort": data.Sort} {
			if value != "" {
				next.Set(name, value)
			}
		}
		data.Older = v.base + "?" + next.Encode()
	}
	return nil
}

// addOrder puts one order into the view, as a row and as a card for each line.
func (h *libraryHandlers) addOrder(data *libraryView, v visit, entry delivery.LibraryOrder, now time.Time) {
	zone, o := v.shop.Settings.Shop.Timezone, entry.Order
	row := orderRow{
		Title: fill(v.library.Order, "order", o.Name), Date: page.Date(v.lang, zone, o.CreatedAt), Path: "/d/" + entry.Token,
		Total: money(data.O, v.lang, o.TotalCents, o.Currency), Status: data.O.status(o), Zip: entry.Archive, W: v.words,
	}
	if o.TotalCents == 0 && o.Financial.WasPaid() {
		row.Status = ""
	}
	var goods []string
	for _, l := range entry.Lines {
		lv := lineOf(l, v.words, v.lang, row.Path, zone)
		row.Zip = row.Zip || l.Zip && hasFile(lv.Files)
		goods = append(goods, l.Name)
		c := cardView{
			lineView: lv, Order: row.Title, Date: row.Date, Path: row.Path, Badges: badges(l, data.O, now),
			Inside: inside(lv, data.O), updated: o.CreatedAt,
		}
		if l.UpdatedAt.After(c.updated) {
			c.updated = l.UpdatedAt
		}
		data.Cards = append(data.Cards, c)
	}
	row.Goods = strings.Join(goods, ", ")
	data.Orders = append(data.Orders, row)
}

// inside names what a card unfolds: 3 files · 1 key.
func inside(l lineView, o orderWords) string {
	var parts []string
	for _, p := range []struct {
		n         int
		one, many string
	}{{len(l.Files), l.W.File1, l.W.FilesN}, {len(l.Keys), o.Key1, o.KeysN}, {len(l.Links), l.W.Link1, l.W.LinksN}} {
		switch {
		case p.n == 1:
			parts = append(parts, p.one)
		case p.n > 1:
			parts = append(parts, fill(p.many, "n", number(p.n)))
		}
	}
	switch {
	case len(parts) > 0:
		return strings.Join(parts, " · ")
	case l.KeysOwed:
		return l.W.Key
	}
	return l.News
}

// device names a browser in plain words.
func (w orderWords) device(d purvey.Device) string {
	switch {
	case d.Browser != "" && d.System != "":
		return fill(w.BrowserOn, "browser", d.Browser, "system", d.System)
	case d.Browser+d.System != "":
		return d.Browser + d.System
	}
	return w.BrowserUnknown
}

// soon is how many days before its end a card warns.
const soon = 14

// badges are the few words on a card.
func badges(l delivery.PageLine, o orderWords, now time.Time) []status {
	var out []status
	if l.Updated {
		out = append(out, status{Text: o.Updated})
	}
	switch n := len(l.Keys); {
	case n == 1:
		out = append(out, status{Text: o.Key1})
	case n > 1:
		out = append(out, status{Text: fill(o.KeysN, "n", number(n))})
	}
	if l.Refusal == nil && !l.Expiry.IsZero() {
		switch days := int(l.Expiry.Sub(now) / (24 * time.Hour)); {
		case days < 1:
			out = append(out, status{o.EndsToday, true})
		case days == 1:
			out = append(out, status{o.EndsTomorrow, true})
		case days <= soon:
			out = append(out, status{fill(o.EndsIn, "n", number(days)), days <= 3})
		}
	}
	return out
}

// devices puts the browsers that are signed in into the view.
func (h *libraryHandlers) devices(r *http.Request, v visit, session purvey.Session, data *libraryView) error {
	all, err := h.auth.SessionsOf(r.Context(), session)
	if err != nil {
		return err
	}
	zone := v.shop.Settings.Shop.Timezone
	for _, s := range all {
		text := fill(data.O.SignedInOn, "date", page.When(v.lang, zone, s.CreatedAt), "date2", page.Date(v.lang, zone, s.ExpiresAt))
		data.Devices = append(data.Devices, deviceRow{s.ID, data.O.device(s.Device), text, s.ID == session.ID})
	}
	return nil
}

// libraryPath is where a shop's library is, as its pages say it. Where a shop
// has a host of its own, its pages are there and so is its library.
func libraryPath(shop purvey.Shop) string {
	if shop.Slug == "" || shop.Slug == purvey.DefaultShop || shop.Settings.Shop.PublicURL != "" {
		return "/my"
	}
	return "/s/" + shop.Slug + "/my"
}
