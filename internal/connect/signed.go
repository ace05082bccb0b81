package connect

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"purvey"
	"purvey/internal/httpjson"
	"purvey/internal/order"
	"purvey/internal/shop"
)

// signed is a storefront of one's own: the body of the native call POST
// /orders, with the hex of its HMAC-SHA256 in X-Continuata-Signature. Bodies
// with one external_reference (else gid, else name) speak of one purchase, so
// a payment or a refund that comes later is told by sending it again with
// another financial_status. Without any of the three, equal bodies are one
// purchase.
func signed() sender {
	return sender{
		source: purvey.SourceSigned, secret: shop.SecretSigned,
		topic: func(http.Header, []byte) string { return "order" },
		verify: func(secret string, h http.Header, body []byte, _ time.Time) bool {
			return signedHex(secret, strings.TrimPrefix(h.Get("X-Continuata-Signature"), "sha256="), body)
		},
	}
}

// signedOrder is the native order request.
type signedOrder struct {
	Customer *struct {
		Email     text `json:"email"`
		Firstname text `json:"firstname"`
		Lastname  text `json:"lastname"`
		Locale    text `json:"locale"`
		GID       text `json:"gid"`
	} `json:"customer"`
	Lines []struct {
		ProductID  text   `json:"digital_product_id"`
		Quantity   *int   `json:"quantity"`
		PriceCents *int64 `json:"price_cents"`
		GID        text   `json:"gid"`
	} `json:"lines"`
	Currency  text  `json:"currency"`
	Financial text  `json:"financial_status"`
	Name      text  `json:"name"`
	GID       text  `json:"gid"`
	Risk      text  `json:"risk_level"`
	Imported  bool  `json:"is_imported"`
	CreatedAt text  `json:"created_at"`
	Reference text  `json:"external_reference"`
	SendEmail *bool `json:"send_email"`
}

func readSigned(e purvey.StoreEvent) (order.News, error) {
	var o signedOrder
	if err := httpjson.Parse(e.Body, &o); err != nil {
		return order.News{}, err
	}
	if o.Customer == nil || o.Customer.Email == "" {
		return order.News{}, purvey.BadField("customer.email", "is required")
	}
	financial := purvey.FinancialStatus(o.Financial)
	if financial == "" {
		financial = purvey.Paid
	}
	t := &order.Telling{
		Kind: "order", Unpaid: true,
		Closed: financial == purvey.Refunded || financial == purvey.Voided || financial == purvey.FinancialExpired,
		Request: order.Request{
			Source: purvey.SourceNative, Name: o.Name.String(), GID: o.GID.String(), Currency: o.Currency.String(), Financial: financial,
			Risk: purvey.Risk(o.Risk), Imported: o.Imported, ExternalReference: o.Reference.String(), NeedEmail: true, SendEmail: !o.Imported,
			Customer: purvey.Customer{
				Email: o.Customer.Email.String(), Firstname: o.Customer.Firstname.String(), Lastname: o.Customer.Lastname.String(),
				Locale: o.Customer.Locale.String(), GID: o.Customer.GID.String(),
			},
		},
	}
	if o.SendEmail != nil {
		t.Request.SendEmail = *o.SendEmail
	}
	if o.CreatedAt != "" {
		if t.Request.CreatedAt = instant(o.CreatedAt); t.Request.CreatedAt.IsZero() {
			return order.News{}, purvey.BadField("created_at", "must be an ISO 8601 time such as 2026-05-15T14:30:00Z")
		}
	}
	for i, l := range o.Lines {
		quantity := 1
		if l.Quantity != nil {
			quantity = *l.Quantity
		}
		id := l.ProductID.String()
		if at := "lines." + strconv.Itoa(i); id == "" {
			return order.News{}, purvey.BadField(at+".digital_product_id", "is required")
		} else if quantity < 1 {
			return order.News{}, purvey.BadField(at+".quantity", "must be 1 or more")
		}
		t.Lines = append(t.Lines, order.StoreLine{
			ID: strconv.Itoa(i), Keys: keysOf(l.ProductID), Product: id, Name: id, Quantity: quantity, PriceCents: l.PriceCents, GID: l.GID.String(),
		})
	}
	if len(t.Lines) == 0 {
		return order.News{}, purvey.BadField("lines", "must hold at least one line")
	}
	key := "body " + e.Digest
	switch {
	case o.Reference != "":
		key = "reference " + o.Reference.String()
	case o.GID != "":
		key = "gid " + o.GID.String()
	case o.Name != "":
		key = "name " + purvey.Fold(o.Name.String())
	}
	return order.News{Keys: []string{key}, Tells: t, Paid: financial.WasPaid()}, nil
}
