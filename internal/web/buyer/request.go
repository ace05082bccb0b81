package buyer

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"purvey"
	"purvey/internal/delivery"
	"purvey/internal/web/page"
)

// askView is the form by which a customer asks for more of a line, or what
// became of it.
type askView struct {
	O       orderWords
	Path    string // of the page
	Line    string
	Name    string // of the product; "" where the page says it already
	Title   string
	Intro   string
	Said    string // of an earlier request
	Waiting bool   // it has not been answered: there is no form
	Max     int    // characters of the message
	Open    bool   // the form is unfolded
}

// askOf gives the form of a line; nil where there is nothing to ask for.
func askOf(l delivery.PageLine, o orderWords, lang page.Language, path, shop, zone string) *askView {
	if !l.MayAsk {
		return nil
	}
	expired := l.Refusal != nil && l.Refusal.Reason == purvey.ReasonExpired
	few := false
	for _, f := range l.Files {
		few = few || f.Allowance > 0 && f.Left <= 1
	}
	if !expired && !few {
		return nil
	}
	v := &askView{O: o, Path: path, Line: l.ID, Title: o.More, Intro: fill(o.MoreIntro, "shop", shop), Max: purvey.MaxRequestMessage}
	if expired {
		v.Title = o.MoreTime
	}
	day := page.Date(lang, zone, l.Asked.CreatedAt)
	switch {
	case l.Asked.State == purvey.RequestOpen:
		v.Said, v.Waiting = fill(o.AskedOn, "date", day), true
	case l.Asked.State == purvey.RequestDeclined && l.Asked.Reply != "":
		v.Said = fill(o.Declined, "date", day, "reply", l.Asked.Reply)
	case l.Asked.State == purvey.RequestDeclined:
		v.Said = fill(o.DeclinedPlain, "date", day)
	}
	return v
}

// askMore takes the form. Its answer is the page again, which says that the
// request is with the shop. The page's address is a secret, so that no other
// site can send the form.
func (h *handlers) askMore(w http.ResponseWriter, r *http.Request) error {
	token := r.PathValue("token")
	err := h.Delivery.AskMore(r.Context(), token, r.PostFormValue("line"), r.PostFormValue("message"))
	if errors.Is(err, purvey.Invalid) {
		err = purvey.Errorf(purvey.TooLarge, "the message is too long")
	}
	if err == nil {
		see(w, "/d/"+token+"?"+url.Values{"done": {doneAsked}}.Encode())
	}
	return h.onOrder(r, err)
}

// What a page says that has just been done.
const (
	doneAsked = "asked"
	doneSent  = "sent"
)

// mailsPerHour bounds how often the holder of a page can have its mail sent
// again.
const mailsPerHour = 3

// sendAgain mails the page's address to the customer on record once more.
func (h *handlers) sendAgain(w http.ResponseWriter, r *http.Request) error {
	token := r.PathValue("token")
	p, err := h.Delivery.Page(r.Context(), token)
	switch {
	case err != nil:
	case h.Orders == nil || p.Order.Customer.Email == "":
		err = purvey.Missing("page")
	case p.Refusal != nil:
		err = purvey.Because(purvey.Denied, p.Refusal.Reason, "the page is closed")
	default:
		err = h.Orders.SendAgain(r.Context(), purvey.Scope{ShopID: p.Order.ShopID, Mode: p.Order.Mode}, p.Order.ID, mailsPerHour, time.Hour)
	}
	if err == nil {
		see(w, "/d/"+token+"?"+url.Values{"done": {doneSent}}.Encode())
	}
	return h.onOrder(r, err)
}
