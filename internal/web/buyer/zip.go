package buyer

import (
	"net/http"
	"strings"

	"purvey"
	"purvey/internal/delivery"
	"purvey/internal/web/page"
)

// granted sends what a byte URL gives.
func (h *handlers) granted(w http.ResponseWriter, r *http.Request) error {
	it, err := h.Delivery.Granted(r.Context(), r.PathValue("grant"), note)
	if purvey.ReasonOf(err) == purvey.ReasonCanceled {
		// The address was good once and never will be again.
		err = &purvey.Error{Kind: purvey.Gone, Reason: purvey.ReasonCanceled}
	}
	if err == nil {
		err = h.sendItem(w, r, it)
	}
	if err == nil {
		return nil
	}
	p := problem{error: err}
	p.shop, p.locale, p.link = h.Delivery.GrantOwner(r.Context(), r.PathValue("grant"))
	return p
}

// orderZip sends all files of an order as one archive.
func (h *handlers) orderZip(w http.ResponseWriter, r *http.Request) error {
	it, err := h.Delivery.Archive(r.Context(), r.PathValue("token"), note)
	if err == nil {
		err = h.sendItem(w, r, it)
	}
	return h.onOrder(r, err)
}

// orderZipButton answers the button "all files".
func (h *handlers) orderZipButton(w http.ResponseWriter, r *http.Request) error {
	to, err := h.Delivery.GrantArchive(r.Context(), r.PathValue("token"))
	if err == nil {
		redirect(w, to)
	}
	return h.onOrder(r, err)
}

// linkZip sends all files of a share link as one archive.
func (h *handlers) linkZip(w http.ResponseWriter, r *http.Request) error {
	it, err := h.Delivery.LinkArchive(r.Context(), r.PathValue("id"), r.PathValue("secret"), note)
	if err == nil {
		err = h.sendItem(w, r, it)
	}
	return h.onLink(r, err)
}

// linkZipButton answers the button "all files".
func (h *handlers) linkZipButton(w http.ResponseWriter, r *http.Request) error {
	to, err := h.Delivery.GrantLinkArchive(r.Context(), r.PathValue("id"), r.PathValue("secret"))
	if err == nil {
		redirect(w, to)
	}
	return h.onLink(r, err)
}

// note words the list of what an archive leaves out.
func note(locale string, left []delivery.LeftOut) (name, text string) {
	lang := page.Choose("", "", locale)
	w := wordsOf(lang)
	var b strings.Builder
	b.WriteString(w.NoteIntro + "\r\n")
	for _, l := range left {
		why := refusalOf(lang, l.Reason)
		b.WriteString("\r\n- " + l.Name + "\r\n  " + why.Title + ". " + why.Do + "\r\n")
	}
	return w.NoteName, b.String()
}
