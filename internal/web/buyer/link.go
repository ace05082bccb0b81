package buyer

import (
	"net/http"
	"strconv"

	"purvey"
	"purvey/internal/web/page"
)

// link shows the page of a share link.
func (h *handlers) link(w http.ResponseWriter, r *http.Request) error {
	p, err := h.Delivery.LinkPage(r.Context(), r.PathValue("id"), r.PathValue("secret"))
	if err == nil && p.Refusal != nil {
		err = purvey.Because(purvey.Denied, p.Refusal.Reason, "the page is closed")
	}
	if err != nil {
		return problem{error: err, shop: p.Shop, link: true}
	}
	lang := page.Choose(r.Header.Get("Accept-Language"), p.Shop.Settings.Shop.Locale)
	words := wordsOf(lang)
	v := h.view(p.Shop, lang, words.Shared)
	data := linkView{W: words, Lang: lang, Path: linkPath(r), Zip: p.Archive, Apart: true, Intro: fill(words.SharedIntro, "shop", v.ShopName)}
	if !p.Link.ExpiresAt.IsZero() {
		data.Until = fill(words.Until, "date", page.When(lang, p.Shop.Settings.Shop.Timezone, p.Link.ExpiresAt))
	}
	for _, f := range p.Files {
		fv := fileOf(f, words, lang, data.Path)
		if f.Reason == purvey.ReasonUsedUp {
			fv.Advice = refusalOf(lang, reasonLinkUsedUp).Do
		}
		if fv.Preparing {
			v.Refresh = 5
		}
		data.Files = append(data.Files, fv)
	}
	v.Data = data
	return h.pages.Write(w, r, http.StatusOK, "link.html", v)
}

// linkView is what the template of a share link's page speaks of.
type linkView struct {
	W     words
	Lang  page.Language
	Path  string
	Intro string
	Until string
	Zip   bool
	Apart bool // files have buttons of their own
	Files []fileView
}

func linkPath(r *http.Request) string {
	return "/link/" + r.PathValue("id") + "/" + r.PathValue("secret")
}

// linkFile sends a file of a share link to a program that knows its address.
func (h *handlers) linkFile(w http.ResponseWriter, r *http.Request) error {
	it, err := h.Delivery.LinkFile(r.Context(), r.PathValue("id"), r.PathValue("secret"), r.PathValue("file"))
	if err == nil {
		err = h.sendItem(w, r, it)
	}
	return h.onLink(r, err)
}

// linkFileButton answers the button of a file.
func (h *handlers) linkFileButton(w http.ResponseWriter, r *http.Request) error {
	to, err := h.Delivery.GrantLinkFile(r.Context(), r.PathValue("id"), r.PathValue("secret"), r.PathValue("file"), client(r))
	if err == nil {
		redirect(w, to)
	}
	return h.onLink(r, err)
}

// onLink adds to an error where on a share link's page it happened.
func (h *handlers) onLink(r *http.Request, err error) error {
	if err == nil {
		return nil
	}
	p := problem{error: err, link: true}
	if shop, open := h.Delivery.LinkOwner(r.Context(), r.PathValue("id"), r.PathValue("secret")); open {
		p.shop, p.back = shop, linkPath(r)
	}
	return p
}

func number(n int) string { return strconv.Itoa(n) }
