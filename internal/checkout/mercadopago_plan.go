package checkout

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"purvey"
)

// plan is what is read of a preapproval: a customer's consent to be charged
// again and again.
type plan struct {
	ID        string `json:"id"`
	Status    string `json:"status"` // pending, authorized, paused, cancelled
	Reference string `json:"external_reference"`
	URL       string `json:"init_point"`
}

// planPayment is one payment of a plan, made or to be made.
type planPayment struct {
	ID        json.Number `json:"id"`
	Plan      string      `json:"preapproval_id"`
	Status    string      `json:"status"` // scheduled, processed, recycling, cancelled
	Debit     string      `json:"debit_date"`
	Made      string      `json:"date_created"`
	Reference string      `json:"external_reference"`
	Amount    json.Number `json:"transaction_amount"`
	Currency  string      `json:"currency_id"`
	Payment   struct {
		Status string `json:"status"`
	} `json:"payment"`
}

// due is when the payment's period begins.
func (p planPayment) due() time.Time {
	for _, text := range []string{p.Debit, p.Made} {
		for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05.000-0700", "2006-01-02T15:04:05"} {
			if t, err := time.Parse(form, text); err == nil {
				return t
			}
		}
	}
	return time.Time{}
}

func (p planPayment) paid() bool { return p.Status == "processed" && p.Payment.Status == "approved" }

// renews: a plan needs the address of its payer.
func (g *mercadoPago) renews(o purvey.Order, _ int) bool { return o.Customer.Email != "" }

func (g *mercadoPago) beginPlan(ctx context.Context, o offer) (string, string, error) {
	type recurring struct {
		Frequency int         `json:"frequency"`
		Unit      string      `json:"frequency_type"`
		Amount    json.Number `json:"transaction_amount"`
		Currency  string      `json:"currency_id"`
	}
	in := struct {
		Reason    string    `json:"reason"`
		Reference string    `json:"external_reference"`
		Payer     string    `json:"payer_email"`
		Back      string    `json:"back_url"`
		Status    string    `json:"status"`
		Recurring recurring `json:"auto_recurring"`
	}{o.title, o.order.UUID, o.order.Customer.Email, o.success, "pending", recurring{o.months, "months", json.Number(purvey.FormatCents(o.order.TotalCents)), o.order.Currency}}
	var out plan
	if err := g.call(ctx, http.MethodPost, "/preapproval", o.id, in, &out); err != nil {
		return "", "", err
	}
	if out.ID == "" || !strings.HasPrefix(out.URL, "http") {
		return "", "", unavailable(MercadoPago, fmt.Errorf("the preapproval has no address"))
	}
	return out.ID, out.URL, nil
}

// made gives the payments of a plan, those due first before.
func (g *mercadoPago) made(ctx context.Context, id string) ([]planPayment, error) {
	const piece, most = 100, 5000
	var all []planPayment
	for {
		var found struct {
			Results []planPayment `json:"results"`
		}
		q := url.Values{"preapproval_id": {id}, "limit": {fmt.Sprint(piece)}, "offset": {fmt.Sprint(len(all))}}
		if err := g.call(ctx, http.MethodGet, "/authorized_payments/search?"+q.Encode(), "", nil, &found); err != nil {
			return nil, err
		}
		all = append(all, found.Results...)
		if len(found.Results) < piece || len(all) >= most {
			break
		}
	}
	all = slices.DeleteFunc(all, func(p planPayment) bool { return p.Plan != id })
	slices.SortFunc(all, func(a, b planPayment) int {
		return cmp.Or(a.due().Compare(b.due()), cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	return all, nil
}

// askPlan tells how the first payment of a plan stands.
func (g *mercadoPago) askPlan(ctx context.Context, o purvey.Order, p purvey.Payment) (standing, error) {
	var x plan
	if err := g.call(ctx, http.MethodGet, "/preapproval/"+url.PathEscape(p.Reference), "", nil, &x); err != nil {
		return standing{}, err
	}
	all, err := g.made(ctx, p.Reference)
	if err != nil {
		return standing{}, err
	}
	if i := slices.IndexFunc(all, planPayment.paid); i >= 0 {
		if cents, ok := purvey.ParseCents(all[i].Amount.String()); !ok || cents != o.TotalCents || all[i].Currency != o.Currency {
			return standing{}, wrongAmount(MercadoPago, all[i].ID.String(), o)
		}
		return standing{purvey.PaymentPaid, p.Reference}, nil
	}
	switch x.Status {
	case "cancelled":
		return standing{state: purvey.PaymentDeclined}, nil
	case "authorized", "paused":
		return standing{state: purvey.PaymentPending}, nil
	}
	return standing{state: purvey.PaymentOpen}, nil
}

// charges gives the payments of a plan after the first that was paid.
func (g *mercadoPago) charges(ctx context.Context, _ purvey.Order, s purvey.Subscription) ([]charge, bool, error) {
	var x plan
	if err := g.call(ctx, http.MethodGet, "/preapproval/"+url.PathEscape(s.Reference), "", nil, &x); err != nil {
		return nil, false, err
	}
	all, err := g.made(ctx, s.Reference)
	if err != nil {
		return nil, false, err
	}
	var list []charge
	first := slices.IndexFunc(all, planPayment.paid)
	for i, p := range all {
		c := charge{reference: p.ID.String(), state: purvey.PaymentOpen, currency: p.Currency, due: p.due()}
		var ok bool
		c.cents, ok = purvey.ParseCents(p.Amount.String())
		switch {
		case i <= first || p.Status == "scheduled" || !ok || c.due.IsZero():
			continue
		case p.paid():
			c.state, c.paid = purvey.PaymentPaid, c.due
		case p.Status == "cancelled" || p.Status == "processed":
			c.state = purvey.PaymentDeclined
		}
		list = append(list, c)
	}
	return list, x.Status == "cancelled", nil
}

func (g *mercadoPago) steer(ctx context.Context, reference string, to purvey.SubscriptionState) error {
	status := map[purvey.SubscriptionState]string{
		purvey.SubscriptionRunning: "authorized", purvey.SubscriptionPaused: "paused", purvey.SubscriptionEnded: "cancelled",
	}[to]
	var x plan
	if err := g.call(ctx, http.MethodGet, "/preapproval/"+url.PathEscape(reference), "", nil, &x); err != nil || x.Status == status || x.Status == "cancelled" {
		return err
	}
	return g.call(ctx, http.MethodPut, "/preapproval/"+url.PathEscape(reference), "", map[string]string{"status": status}, &x)
}
