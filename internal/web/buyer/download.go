package buyer

import (
	"net/http"
	"strings"
	"time"

	"purvey"
	"purvey/internal/delivery"
	"purvey/internal/web/page"
)

// order shows the download page of an order.
func (h *handlers) order(w http.ResponseWriter, r *http.Request) error {
	token := r.PathValue("token")
	p, err := h.Delivery.Page(r.Context(), token)
	if err != nil {
		return problem{error: err, shop: p.Shop}
	}
	customer := p.Order.Customer
	if p.Refusal != nil {
		return problem{error: purvey.Because(purvey.Denied, p.Refusal.Reason, "the page is closed"), shop: p.Shop, locale: customer.Locale}
	}
	lang := page.Choose(r.Header.Get("Accept-Language"), p.Shop.Settings.Shop.Locale, customer.Locale)
	words := wordsOf(lang)
	data := orderView{W: words, Lang: lang, Path: "/d/" + token, Order: p.Order.Name, Zip: p.Archive}
	data.About = fill(words.Order, "order", p.Order.Name)
	if m := page.MaskEmail(customer.Email); m != "" {
		data.About = fill(words.OrderFor, "order", p.Order.Name, "email", m)
	}
	data.HelpReply = fill(words.HelpReply, "order", p.Order.Name)
	v := h.view(p.Shop, lang, words.Downloads)
	for _, l := range p.Lines {
		lv := lineOf(l, words, lang, data.Path, p.Shop.Settings.Shop.Timezone)
		for _, f := range lv.Files {
			if f.Preparing {
				v.Refresh = 5
			}
		}
		data.Zip = data.Zip || l.Zip && hasFile(lv.Files)
		data.Lines = append(data.Lines, lv)
	}
	v.Data = data
	return h.pages.Write(w, r, http.StatusOK, "order.html", v)
}

// orderView is what the template of an order's page speaks of.
type orderView struct {
	W         words
	Lang      page.Language
	Path      string
	Order     string
	About     string
	HelpReply string
	Zip       bool
	Lines     []lineView
}

// lineView is one product on the page.
type lineView struct {
	ID       string
	Name     string
	Quantity string
	Until    string
	State    *refusal // why the goods are not there
	Bad      bool     // and waiting will not bring them
	StateDay string   // when they will be
	Keys     []string
	KeysOwed bool
	Files    []fileView
	Links    []purvey.ProductLink
	News     string
	Notes    string
}

// fileView is one file on a page.
type fileView struct {
	ID        string
	Line      string // the line that gives it
	Name      string
	Kind      string
	Size      int64
	Copies    string
	Few       bool   // the last copy, or none
	Advice    string // what to do when it may not be had any more
	Ready     bool
	Zipped    bool // it comes in the archive alone
	Preparing bool
	W         words
	Lang      page.Language
	Path      string // of the page
	Query     string // of the page, with its question mark; "" none
}

func hasFile(files []fileView) bool {
	for _, f := range files {
		if f.Ready {
			return true
		}
	}
	return false
}

func lineOf(l delivery.PageLine, w words, lang page.Language, path, zone string) lineView {
	v := lineView{ID: l.ID, Name: l.Name, Keys: l.Keys, KeysOwed: l.KeysOwed > 0, Links: safeLinks(l.Links), Notes: l.Notes}
	if l.Quantity > 1 {
		v.Quantity = fill(w.Quantity, "n", number(l.Quantity))
	}
	if !l.Expiry.IsZero() && l.Refusal == nil {
		// The last moment that is still within, so that a day is not promised that is over when it begins.
		v.Until = fill(w.Until, "date", page.Date(lang, zone, l.Expiry.Add(-time.Second)))
	}
	if l.Refusal != nil {
		words := refusalOf(lang, l.Refusal.Reason)
		v.State, v.Bad = &words, l.Refusal.Closed || l.Refusal.Reason == purvey.ReasonFailed
		if !l.Release.IsZero() {
			v.StateDay = page.When(lang, first(l.Zone, zone), l.Release)
		}
	}
	if l.Notes != "" {
		v.News = w.NewsPlain
		if l.Version != "" {
			v.News = fill(w.News, "version", l.Version)
		}
	}
	for _, f := range l.Files {
		fv := fileOf(f, w, lang, path)
		fv.Line, fv.Zipped = l.ID, l.Zip
		if f.Reason == purvey.ReasonUsedUp {
			fv.Advice = refusalOf(lang, purvey.ReasonUsedUp).Do
		}
		v.Files = append(v.Files, fv)
	}
	return v
}

func fileOf(f delivery.PageFile, w words, lang page.Language, path string) fileView {
	v := fileView{
		ID: f.File.ID, Name: f.File.Name, Kind: page.Kind(f.File.Name, f.File.Type), Size: f.File.Size,
		Ready: f.Reason == purvey.ReasonNone && !f.Preparing, Preparing: f.Preparing,
		W: w, Lang: lang, Path: path,
	}
	switch {
	case f.Preparing:
		v.Copies = w.Preparing
	case f.Reason == purvey.ReasonNoFiles:
		v.Copies = w.NotYet
	case f.Reason == purvey.ReasonUsedUp:
		v.Copies, v.Few = w.UsedUp, true
	case f.Allowance > 0:
		v.Copies, v.Few = w.copies(f.Left, f.Allowance), f.Left <= 1
		if f.Open {
			v.Copies += " · " + w.Begun
		}
	}
	return v
}

// safeLinks keeps the addresses that a page may lead to.
func safeLinks(links []purvey.ProductLink) []purvey.ProductLink {
	var out []purvey.ProductLink
	for _, l := range links {
		if strings.HasPrefix(l.URL, "https://") || strings.HasPrefix(l.URL, "http://") {
			if l.Name == "" {
				l.Name = l.URL
			}
			out = append(out, l)
		}
	}
	return out
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// orderFile sends a file of an order to a program that knows its address.
func (h *handlers) orderFile(w http.ResponseWriter, r *http.Request) error {
	it, err := h.Delivery.File(r.Context(), r.PathValue("token"), r.PathValue("file"))
	if err == nil {
		err = h.sendItem(w, r, it)
	}
	return h.onOrder(r, err)
}

// orderFileButton answers the button of a file.
func (h *handlers) orderFileButton(w http.ResponseWriter, r *http.Request) error {
	to, err := h.Delivery.GrantFile(r.Context(), r.PathValue("token"), r.PathValue("file"), r.PostFormValue("line"), client(r))
	if err == nil {
		redirect(w, to)
	}
	return h.onOrder(r, err)
}

// redirect leads from a button to the bytes.
func redirect(w http.ResponseWriter, to string) {
	w.Header().Set("Location", to)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(http.StatusSeeOther)
}

// onOrder adds to an error where on an order's page it happened.
func (h *handlers) onOrder(r *http.Request, err error) error {
	if err == nil {
		return nil
	}
	p := problem{error: err}
	if shop, locale, open := h.Delivery.PageOwner(r.Context(), r.PathValue("token")); open {
		p.shop, p.locale, p.back = shop, locale, "/d/"+r.PathValue("token")
	}
	return p
}
