package buyer

import (
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

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
	customer, settings := p.Order.Customer, p.Shop.Settings.Shop
	lang := page.Choose(r.Header.Get("Accept-Language"), settings.Locale, customer.Locale)
	words, more := wordsOf(lang), orderWordsOf(lang)
	v := h.view(p.Shop, lang, words.Downloads)
	v.About = p.Order.Name
	masked := page.MaskEmail(customer.Email)
	notice := ""
	switch r.URL.Query().Get("done") {
	case doneAsked:
		notice = more.AskedNow
	case doneSent:
		notice = fill(more.SentAgain, "email", masked)
	}
	path := "/d/" + token
	if p.Refusal != nil {
		closed := problem{error: purvey.Because(purvey.Denied, p.Refusal.Reason, "the page is closed"), shop: p.Shop, locale: customer.Locale, note: notice,
			order: fill(words.Order, "order", p.Order.Name), about: p.Order.Name, token: token}
		for _, l := range p.Lines {
			if ask := askOf(l, more, lang, path, v.ShopName, settings.Timezone); ask != nil && closed.ask == nil {
				ask.Name, ask.Open, closed.ask = l.Name, true, ask
			}
		}
		return closed
	}
	data := orderView{
		W: words, O: more, Lang: lang, Path: path, Token: token, Zip: p.Archive, Notice: notice, Message: p.Shop.Settings.Pages.Message,
		About: fill(words.Order, "order", p.Order.Name), Ordered: fill(more.Ordered, "date", page.Date(lang, settings.Timezone, p.Order.CreatedAt)),
		HelpReply: fill(words.HelpReply, "order", p.Order.Name), CanSend: h.Orders != nil && masked != "",
		My: libraryPath(p.Shop), Library: libraryWordsOf(lang),
	}
	if masked != "" {
		data.About = fill(words.OrderFor, "order", p.Order.Name, "email", masked)
		data.Wrong = fill(more.WrongAddress, "email", masked, "order", p.Order.Name)
	}
	for _, l := range p.Lines {
		lv := lineOf(l, words, lang, data.Path, settings.Timezone)
		lv.Ask = askOf(l, more, lang, data.Path, v.ShopName, settings.Timezone)
		if (l.Stamped && len(lv.Files) > 0 || len(lv.Keys) > 0) && masked != "" {
			lv.Status = append(lv.Status, status{Text: fill(more.LicensedTo, "email", masked)})
		}
		lv.Fresh = l.Updated
		if l.Updated {
			lv.Status = append([]status{{Text: more.Updated + ": " + fill(data.Library.Version, "version", l.Version)}}, lv.Status...)
		}
		for _, e := range l.Earlier {
			lv.Earlier = append(lv.Earlier, release{e.Version, page.Date(lang, settings.Timezone, e.At), e.Notes})
		}
		for i, f := range lv.Files {
			if f.Preparing {
				v.Refresh = 5
			}
			if lv.Ask != nil {
				lv.Files[i].Advice = "" // the form says it
			}
			data.Files = true
			data.Apart = data.Apart || f.Ready && !f.Zipped
		}
		if len(lv.Keys) > 0 {
			v.Script = copyScript
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
	O         orderWords
	Library   libraryWords
	Lang      page.Language
	Path      string
	Token     string
	About     string
	Ordered   string
	Message   string // the merchant's own
	Notice    string // what has just been done
	HelpReply string
	Wrong     string // what to do when the address is wrong
	CanSend   bool   // its mail can be sent again
	My        string // path of the library
	Zip       bool
	Files     bool // there are any
	Apart     bool // some have a button of their own
	Lines     []lineView
}

// lineView is one product on the page.
type lineView struct {
	ID       string
	Name     string
	Cover    string
	Initial  string // stands where there is no cover
	Quantity string
	Status   []status
	State    *refusal // why the goods are not there
	Bad      bool     // and waiting will not bring them
	StateDay string   // when they will be
	Keys     []string
	KeysOwed bool
	Files    []fileView
	Links    []linkedView
	W        words
	News     string
	Notes    string
	Fresh    bool // the notes are of an update
	Earlier  []release
	Ask      *askView
}

// status is a part of the line that says how things stand.
type status struct {
	Text string
	Few  bool // it needs attention
}

// linkedView is a place elsewhere that belongs to the goods.
type linkedView struct{ Name, URL, Host string }

// release is an earlier version.
type release struct{ Version, Date, Notes string }

// fileView is one file on a page.
type fileView struct {
	ID        string
	Line      string // the line that gives it
	Name      string
	Kind      string
	Sort      string // class of its icon
	Size      int64
	Copies    string
	Few       bool   // the last copy, or none
	Advice    string // what to do when it may not be had any more
	Ready     bool
	Zipped    bool   // it comes in the archive alone
	Verb      string // of the button that shows it in the browser; "" there is none
	Icon      string // of that button
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
	v := lineView{
		ID: l.ID, Name: l.Name, Cover: safeURL(l.Cover), Initial: initial(l.Name), Keys: l.Keys, KeysOwed: l.KeysOwed > 0, Links: linked(l.Links), Notes: l.Notes, W: w,
	}
	if l.Quantity > 1 {
		v.Quantity = fill(w.Quantity, "n", number(l.Quantity))
	}
	alike := sameCopies(l.Files)
	switch {
	case len(l.Files) == 0 || l.Refusal != nil:
	case alike:
		f := fileOf(l.Files[0], w, lang, path)
		v.Status = append(v.Status, status{f.Copies, f.Few})
	case l.Files[0].Allowance == 0:
		v.Status = append(v.Status, status{Text: w.Unlimited})
	}
	if !l.Expiry.IsZero() && l.Refusal == nil {
		// The last moment that is still within, so that a day is not promised that is over when it begins.
		v.Status = append(v.Status, status{Text: fill(w.Until, "date", page.Date(lang, zone, l.Expiry.Add(-time.Second)))})
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
		if alike {
			fv.Copies, fv.Few = "", false
		}
		v.Files = append(v.Files, fv)
	}
	return v
}

// sameCopies tells whether as many copies are left of every file, none of them
// begun: then it is said once for all.
func sameCopies(files []delivery.PageFile) bool {
	for _, f := range files {
		if f.Allowance == 0 || f.Open || f.Preparing || f.Reason != purvey.ReasonNone || f.Left != files[0].Left {
			return false
		}
	}
	return len(files) > 0
}

// initial is the first letter of a name, in place of a picture.
func initial(name string) string {
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(unicode.ToUpper(r))
		}
	}
	return "•"
}

// safeURL is a picture's address, if a page may load it.
func safeURL(u string) string {
	if strings.HasPrefix(u, "https://") {
		return u
	}
	return ""
}

func fileOf(f delivery.PageFile, w words, lang page.Language, path string) fileView {
	v := fileView{
		ID: f.File.ID, Name: f.File.Name, Kind: page.Kind(f.File.Name, f.File.Type), Sort: sortOf(f.File.Type, f.File.Name), Size: f.File.Size,
		Ready: f.Reason == purvey.ReasonNone && !f.Preparing, Preparing: f.Preparing,
		W: w, Lang: lang, Path: path,
	}
	if v.Ready {
		v.Verb, v.Icon = w.verb(f)
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

// sortOf gives the sort of a file that its icon shows.
func sortOf(mime, name string) string {
	switch page.Kind(name, "") {
	case "PDF", "EPUB", "MOBI", "AZW3", "TXT", "MD", "DOC", "DOCX", "ODT", "RTF":
		return "text"
	case "ZIP", "RAR", "7Z", "GZ", "TAR", "XZ":
		return "archive"
	case "MP3", "WAV", "FLAC", "OGG", "M4A", "AIFF", "AIF", "OPUS":
		return "audio"
	case "MP4", "MOV", "MKV", "WEBM", "AVI":
		return "video"
	case "PNG", "JPG", "JPEG", "GIF", "WEBP", "AVIF", "SVG", "TIF", "TIFF", "PSD":
		return "image"
	}
	switch family, kind, _ := strings.Cut(mime, "/"); {
	case family == "audio", family == "video", family == "image", family == "text":
		return family
	case strings.Contains(kind, "pdf"), strings.Contains(kind, "epub"):
		return "text"
	case strings.Contains(kind, "zip"), strings.Contains(kind, "tar"):
		return "archive"
	}
	return "other"
}

// verb is what a reader, a listener or a viewer does with a file in the
// browser; "" where browsers cannot show it, or the order does not offer it.
func (w words) verb(f delivery.PageFile) (verb, icon string) {
	switch f.View {
	case delivery.ViewPDF:
		return w.Read, "see"
	case delivery.ViewImage:
		return w.Look, "see"
	case delivery.ViewVideo:
		return w.Watch, "play"
	case delivery.ViewAudio:
		switch page.Kind(f.File.Name, "") {
		case "AIF", "AIFF", "MID", "MIDI", "WMA", "CAF": // browsers do not play these
			return "", ""
		}
		return w.Listen, "play"
	}
	return "", ""
}

// linked keeps the addresses that a page may lead to.
func linked(links []purvey.ProductLink) []linkedView {
	var out []linkedView
	for _, l := range links {
		u, err := url.Parse(l.URL)
		if err == nil && (u.Scheme == "https" || u.Scheme == "http") {
			out = append(out, linkedView{first(l.Name, l.URL), l.URL, strings.TrimPrefix(u.Hostname(), "www.")})
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

// orderFileView answers the button that shows a file in the browser.
func (h *handlers) orderFileView(w http.ResponseWriter, r *http.Request) error {
	to, err := h.Delivery.GrantView(r.Context(), r.PathValue("token"), r.PathValue("file"), r.PostFormValue("line"))
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
