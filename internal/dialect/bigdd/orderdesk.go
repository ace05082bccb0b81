package bigdd

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"purvey"
	"purvey/internal/order"
)

// textParam gives a parameter of at most 120 characters, without outer space.
func (r *request) textParam(name string) (string, error) {
	v := strings.TrimSpace(r.stringParam(name))
	if utf8.RuneCountInString(v) > purvey.MaxQuery {
		return "", purvey.BadField(name, "must be at most %d characters", purvey.MaxQuery)
	}
	return v, nil
}

// deskFilter reads the filters of a list of orders that the vendor's API has
// not.
func (r *request) deskFilter(f *order.Filter) error {
	var err error
	if f.Search, err = r.textParam("search"); err != nil {
		return err
	}
	if f.Sources, err = r.enumList("source", "native", "hlconnect", "continuata", "publicala", "shopify", "woocommerce", "stripe", "fastspring", "vibracartpro", "import"); err != nil {
		return err
	}
	if f.Access, err = r.enumParam("dl_access", "enabled", "disabled"); err != nil {
		return err
	}
	f.LineStatus, err = r.enumList("line_status", "unpaid", "processing", "active", "paused", "failed", "canceled", "refunded")
	if err != nil {
		return err
	}
	// The same as created_after and created_before, by the names of the desk.
	from, err := r.timeParam("created_from")
	if err != nil {
		return err
	}
	to, err := r.timeParam("created_to")
	if err != nil {
		return err
	}
	if from.After(f.From) {
		f.From = from
	}
	if !to.IsZero() && (f.Before.IsZero() || to.Before(f.Before)) {
		f.Before = to
	}
	return nil
}

// orderPageURL gives the address of the buyer's page.
func (a *api) orderPageURL(r *request) (any, error) {
	o, err := a.Orders.Order(r.Context(), r.Scope(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return struct {
		URL string `json:"url"`
	}{a.Orders.PageURL(r.Caller.Shop, o)}, nil
}

// correctCustomer corrects the customer of one order.
func (a *api) correctCustomer(ctx context.Context, r *request) (int, any, error) {
	var b struct {
		Email     *string `json:"email"`
		Firstname *string `json:"firstname"`
		Lastname  *string `json:"lastname"`
		Locale    *string `json:"locale"`
		Resend    bool    `json:"resend"`
	}
	if err := r.decode(&b); err != nil {
		return 0, nil, err
	}
	return answerOrder(a.Orders.Correct(ctx, r.Scope(), r.PathValue("id"), order.Correction{
		Email: b.Email, Firstname: b.Firstname, Lastname: b.Lastname, Locale: b.Locale, Resend: b.Resend,
	}))
}

// cancelOrder ends lines of an order.
func (a *api) cancelOrder(ctx context.Context, r *request) (int, any, error) {
	var b struct {
		Reason  *string  `json:"reason"`
		LineIDs []string `json:"line_ids"`
	}
	if err := r.decodeOptional(&b); err != nil {
		return 0, nil, err
	}
	return answerOrder(a.Orders.Cancel(ctx, r.Scope(), r.PathValue("id"), b.LineIDs, orEmpty(b.Reason)))
}

// giveKeys assigns licence keys by hand.
func (a *api) giveKeys(ctx context.Context, r *request) (int, any, error) {
	var b struct {
		Keys      []string `json:"keys"`
		SendEmail *bool    `json:"send_email"`
	}
	if err := r.decodeOptional(&b); err != nil {
		return 0, nil, err
	}
	return answerOrder(a.Orders.GiveKeys(ctx, r.Scope(), r.PathValue("id"), r.PathValue("line"), b.Keys, b.SendEmail == nil || *b.SendEmail))
}

// retryLine has a line made ready again.
func (a *api) retryLine(ctx context.Context, r *request) (int, any, error) {
	return answerOrder(a.Orders.Retry(ctx, r.Scope(), r.PathValue("id"), r.PathValue("line")))
}

type lineURLsWire struct {
	DownloadURL *string `json:"download_url"`
	ViewURL     *string `json:"view_url"`
	ExpiresAt   string  `json:"expires_at"`
}

// lineURLs makes addresses as HL Connect hands them out.
func (a *api) lineURLs(r *request) (any, error) {
	ctx := r.Context()
	o, err := a.Orders.Order(ctx, r.Scope(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	rights, err := a.Orders.Rights(ctx, o)
	if err != nil {
		return nil, err
	}
	life := time.Duration(r.Caller.Shop.Settings.Lifetimes.AccessURL) * time.Second
	out := lineURLsWire{ExpiresAt: wireTime(a.Orders.Now().Add(life))}
	for _, right := range rights {
		if right.Line.ID != r.PathValue("line") {
			continue
		}
		if right.Line.Status != purvey.LineActive || right.Check(a.Orders.Now()) != nil {
			return out, nil
		}
		download, err := a.Delivery.LineURL(ctx, right, life)
		if err != nil {
			return nil, err
		}
		view, err := a.Delivery.ViewURL(ctx, right, life)
		out.DownloadURL, out.ViewURL = nullString(download), nullString(view)
		return out, err
	}
	return nil, purvey.Missing("order line")
}
