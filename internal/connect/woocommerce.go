package connect

import (
	"net/http"
	"regexp"
	"strings"
	"time"

	"purvey"
	"purvey/internal/order"
	"purvey/internal/shop"
)

// wooCommerce signs with base64 of HMAC-SHA256 in X-WC-Webhook-Signature.
// Useful topics: order.created and order.updated. When a webhook is saved, the
// store sends an unsigned test and keeps the webhook off unless that is
// answered with 200.
func wooCommerce() sender {
	return sender{
		source: purvey.SourceWooCommerce, secret: shop.SecretWooCommerce,
		topic: func(h http.Header, _ []byte) string { return h.Get("X-WC-Webhook-Topic") },
		verify: func(secret string, h http.Header, body []byte, _ time.Time) bool {
			return signedBase64(secret, h.Get("X-WC-Webhook-Signature"), body)
		},
		ping: wooPing.Match,
	}
}

var wooPing = regexp.MustCompile(`^webhook_id=[0-9]{1,18}$`)

type wooOrder struct {
	ID          text `json:"id"`
	Number      text `json:"number"`
	Status      text `json:"status"`
	Currency    text `json:"currency"`
	Total       text `json:"total"`
	Modified    text `json:"date_modified_gmt"`
	DatePaid    text `json:"date_paid"`
	DatePaidGMT text `json:"date_paid_gmt"`
	Billing     struct {
		Email     text `json:"email"`
		FirstName text `json:"first_name"`
		LastName  text `json:"last_name"`
	} `json:"billing"`
	Lines []struct {
		ID          text `json:"id"`
		Name        text `json:"name"`
		SKU         text `json:"sku"`
		ProductID   text `json:"product_id"`
		VariationID text `json:"variation_id"`
		Quantity    int  `json:"quantity"`
		Total       text `json:"total"`
		Tax         text `json:"total_tax"`
	} `json:"line_items"`
	Refunds []struct {
		ID    text `json:"id"`
		Total text `json:"total"`
	} `json:"refunds"`
}

// readWooCommerce reads an order. Other bodies, such as that of a deleted
// order, say nothing.
func readWooCommerce(body []byte) (order.News, error) {
	m, err := parts(body)
	if err != nil || m["line_items"] == nil || m["status"] == nil {
		return order.News{}, err
	}
	var o wooOrder
	if err := decode(body, &o); err != nil {
		return order.News{}, err
	}
	if o.ID == "" {
		return order.News{}, purvey.Errorf(purvey.Invalid, "the order has no id")
	}
	return o.news(), nil
}

func (o wooOrder) news() order.News {
	n := order.News{Keys: []string{o.ID.String()}}
	closed := false
	switch o.Status {
	case "processing", "completed":
		n.Paid = true
	case "refunded":
		n.Paid, closed = true, true
	case "cancelled", "failed", "trash":
		closed = true
	}
	n.Paid = n.Paid || o.DatePaidGMT != "" || o.DatePaid != ""
	t := &order.Telling{
		Kind: "order", At: instant(o.Modified), Total: o.Total.amount(o.Currency), Closed: closed,
		Request: order.Request{
			Source: purvey.SourceWooCommerce, ExternalReference: o.ID.String(), Currency: o.Currency.code(), SendEmail: true,
			Customer: purvey.Customer{
				Email: o.Billing.Email.String(), Firstname: clipped(o.Billing.FirstName.String()), Lastname: clipped(o.Billing.LastName.String()),
			},
		},
	}
	if o.Number != "" {
		t.Request.Name = clipped("#" + strings.TrimPrefix(o.Number.String(), "#"))
	}
	for _, l := range o.Lines {
		if l.Quantity < 1 {
			continue
		}
		net, tax := l.Total.amount(o.Currency), l.Tax.amount(o.Currency)
		price := each(max(net, 0), l.Quantity)
		t.Lines = append(t.Lines, order.StoreLine{
			ID: l.ID.String(), Keys: keysOf(l.SKU, l.VariationID, l.ProductID), Name: l.Name.String(), Quantity: l.Quantity,
			PriceCents: &price, PaidCents: each(max(net+tax, 0), l.Quantity),
		})
	}
	n.Tells = t
	for _, r := range o.Refunds {
		// The store tells the money alone, below zero, and not for what it was.
		if cents := r.Total.amount(o.Currency); cents != 0 {
			n.Refunds = append(n.Refunds, order.StoreRefund{ID: r.ID.String(), Cents: max(cents, -cents)})
		}
	}
	return n
}
