package bigdd

import (
	"context"
	"net/http"

	"purvey"
)

func (a *api) routesRenewals() {
	a.write("POST /public-api/v1/orders/{id}/renewals", anyRole, maxOrderBody, a.renewOrder)
	a.read("GET /public-api/v1/orders/{id}/payments", anyRole, a.listPayments)
}

// renewOrder is the sandbox gateway's renewal. Serves PUB-34.
func (a *api) renewOrder(ctx context.Context, r *request) (int, any, error) {
	var b struct {
		Outcome string `json:"outcome"`
	}
	if err := r.decode(&b); err != nil {
		return 0, nil, err
	}
	outcome, ok := map[string]purvey.PaymentState{"approve": purvey.PaymentPaid, "decline": purvey.PaymentDeclined}[b.Outcome]
	if !ok {
		return 0, nil, purvey.BadField("outcome", "must be approve or decline")
	}
	o, err := a.Checkout.Renew(ctx, r.Scope(), r.PathValue("id"), outcome)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, wireOrder(o), nil
}

type paymentWire struct {
	ID          string  `json:"id"`
	Kind        string  `json:"kind"`
	Gateway     string  `json:"gateway"`
	Reference   *string `json:"reference"`
	State       string  `json:"state"`
	AmountCents int64   `json:"amount_cents"`
	Currency    string  `json:"currency"`
	DueAt       *string `json:"due_at"`
	PaidAt      *string `json:"paid_at"`
	CreatedAt   string  `json:"created_at"`
	UpdatedAt   string  `json:"updated_at"`
}

// listPayments tells what gateways took for an order, or tried to.
func (a *api) listPayments(r *request) (any, error) {
	o, payments, err := a.Checkout.Payments(r.Context(), r.Scope(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	out := make([]paymentWire, 0, len(payments))
	for _, p := range payments {
		w := paymentWire{
			ID: p.ID, Kind: p.Kind, Gateway: p.Gateway, Reference: nullString(p.Reference), State: string(p.State), AmountCents: p.AmountCents, Currency: o.Currency,
			DueAt: nullTime(p.DueAt), PaidAt: nullTime(p.PaidAt), CreatedAt: wireTime(p.CreatedAt), UpdatedAt: wireTime(p.UpdatedAt),
		}
		if p.Kind == purvey.PaymentFirst {
			w.AmountCents = o.TotalCents
			if p.State == purvey.PaymentPaid {
				w.PaidAt = nullTime(o.PaidAt)
			}
		}
		out = append(out, w)
	}
	return out, nil
}
