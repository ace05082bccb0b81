package connect

import (
	"net/http"
	"strings"
	"time"

	"purvey"
	"purvey/internal/order"
	"purvey/internal/shop"
)

// shopify signs with base64 of HMAC-SHA256 in X-Shopify-Hmac-Sha256. Useful
// topics: orders/create, orders/paid, orders/updated, orders/cancelled,
// refunds/create, disputes/create, disputes/update.
func shopify() sender {
	return sender{
		source: purvey.SourceShopify, secret: shop.SecretShopify,
		topic: func(h http.Header, _ []byte) string { return h.Get("X-Shopify-Topic") },
		verify: func(secret string, h http.Header, body []byte, _ time.Time) bool {
			return signedBase64(secret, h.Get("X-Shopify-Hmac-Sha256"), body)
		},
	}
}

type shopifyOrder struct {
	ID              text `json:"id"`
	GID             text `json:"admin_graphql_api_id"`
	Name            text `json:"name"`
	Email           text `json:"email"`
	ContactEmail    text `json:"contact_email"`
	Currency        text `json:"currency"`
	FinancialStatus text `json:"financial_status"`
	CancelledAt     text `json:"cancelled_at"`
	UpdatedAt       text `json:"updated_at"`
	TotalPrice      text `json:"total_price"`
	Locale          text `json:"customer_locale"`
	Customer        *struct {
		GID       text `json:"admin_graphql_api_id"`
		ID        text `json:"id"`
		Email     text `json:"email"`
		FirstName text `json:"first_name"`
		LastName  text `json:"last_name"`
	} `json:"customer"`
	Billing *struct {
		FirstName text `json:"first_name"`
		LastName  text `json:"last_name"`
	} `json:"billing_address"`
	Lines   []shopifyLine   `json:"line_items"`
	Refunds []shopifyRefund `json:"refunds"`
}

type shopifyLine struct {
	ID        text `json:"id"`
	GID       text `json:"admin_graphql_api_id"`
	SKU       text `json:"sku"`
	ProductID text `json:"product_id"`
	VariantID text `json:"variant_id"`
	Title     text `json:"title"`
	Name      text `json:"name"`
	Quantity  int  `json:"quantity"`
	Current   *int `json:"current_quantity"`
	Price     text `json:"price"`
	Discounts []struct {
		Amount text `json:"amount"`
	} `json:"discount_allocations"`
}

type shopifyRefund struct {
	ID      text `json:"id"`
	OrderID text `json:"order_id"`
	Lines   []struct {
		LineID   text `json:"line_item_id"`
		Quantity int  `json:"quantity"`
	} `json:"refund_line_items"`
}

type shopifyDispute struct {
	ID       text `json:"id"`
	OrderID  text `json:"order_id"`
	Type     text `json:"type"`
	Amount   text `json:"amount"`
	Currency text `json:"currency"`
	Status   text `json:"status"`
}

// readShopify tells the three kinds of bodies apart by their members. Others,
// such as that of a deleted order, say nothing.
func readShopify(body []byte) (order.News, error) {
	m, err := parts(body)
	if err != nil {
		return order.News{}, err
	}
	switch {
	case m["line_items"] != nil:
		var o shopifyOrder
		if err := decode(body, &o); err != nil {
			return order.News{}, err
		}
		return o.news()
	case m["refund_line_items"] != nil:
		var r shopifyRefund
		err := decode(body, &r)
		if err != nil || r.OrderID == "" {
			return order.News{}, err
		}
		return order.News{Keys: []string{r.OrderID.String()}, Refunds: []order.StoreRefund{r.refund()}}, nil
	case m["order_id"] != nil && m["status"] != nil && m["reason"] != nil:
		var d shopifyDispute
		err := decode(body, &d)
		if err != nil || d.OrderID == "" {
			return order.News{}, err
		}
		return d.news(), nil
	}
	return order.News{}, nil
}

func (o shopifyOrder) news() (order.News, error) {
	if o.ID == "" {
		return order.News{}, purvey.Errorf(purvey.Invalid, "the order has no id")
	}
	n := order.News{Keys: []string{o.ID.String()}}
	status := strings.ToLower(o.FinancialStatus.String())
	n.Paid = status == "paid" || status == "partially_refunded" || status == "refunded"
	email := o.Email
	c := purvey.Customer{Locale: clipped(o.Locale.String())}
	if x := o.Customer; x != nil {
		c.Firstname, c.Lastname, c.GID = x.FirstName.String(), x.LastName.String(), x.GID.String()
		if c.GID == "" && x.ID != "" {
			c.GID = "gid://shopify/Customer/" + x.ID.String()
		}
		if email == "" {
			email = x.Email
		}
	}
	if b := o.Billing; b != nil && c.FullName() == "" {
		c.Firstname, c.Lastname = b.FirstName.String(), b.LastName.String()
	}
	if email == "" {
		email = o.ContactEmail
	}
	c.Email, c.Firstname, c.Lastname = email.String(), clipped(c.Firstname), clipped(c.Lastname)
	t := &order.Telling{
		Kind: "order", At: instant(o.UpdatedAt), Total: o.TotalPrice.amount(o.Currency),
		Closed: o.CancelledAt != "" || status == "refunded" || status == "voided",
		Request: order.Request{
			Source: purvey.SourceShopify, Name: clipped(o.Name.String()), ExternalReference: o.ID.String(), GID: o.GID.String(),
			Currency: o.Currency.code(), Customer: c, SendEmail: true,
		},
	}
	if t.Request.GID == "" {
		t.Request.GID = "gid://shopify/Order/" + o.ID.String()
	}
	for _, l := range o.Lines {
		if l.Quantity < 1 {
			continue
		}
		t.Lines = append(t.Lines, l.line(o.Currency))
	}
	n.Tells = t
	for _, r := range o.Refunds {
		n.Refunds = append(n.Refunds, r.refund())
	}
	return n, nil
}

func (l shopifyLine) line(currency text) order.StoreLine {
	net := l.Price.amount(currency) * int64(l.Quantity)
	for _, d := range l.Discounts {
		net -= d.Amount.amount(currency)
	}
	price := each(max(net, 0), l.Quantity)
	out := order.StoreLine{
		ID: l.ID.String(), Keys: keysOf(l.SKU, l.VariantID, l.ProductID), Name: l.Name.String(), Quantity: l.Quantity, PriceCents: &price, GID: l.GID.String(),
	}
	if out.Name == "" {
		out.Name = l.Title.String()
	}
	if out.GID == "" {
		out.GID = "gid://shopify/LineItem/" + out.ID
	}
	if l.ProductID != "" {
		out.ProductGID = "gid://shopify/Product/" + l.ProductID.String()
	}
	if l.VariantID != "" {
		out.VariantGID = "gid://shopify/ProductVariant/" + l.VariantID.String()
	}
	if l.Current != nil {
		out.Removed = max(l.Quantity-*l.Current, 0)
	}
	return out
}

// refund gives the units that were given back. Money that was given back
// without naming a line is a courtesy: it takes no goods away.
func (r shopifyRefund) refund() order.StoreRefund {
	out := order.StoreRefund{ID: r.ID.String(), Units: map[string]int{}}
	for _, l := range r.Lines {
		if l.Quantity > 0 {
			out.Units[l.LineID.String()] += l.Quantity
		}
	}
	return out
}

// news of a dispute. An inquiry of the bank moves no money yet.
func (d shopifyDispute) news() order.News {
	n := order.News{Keys: []string{d.OrderID.String()}}
	if d.Type == "inquiry" {
		return n
	}
	state := order.DisputeOpen
	switch d.Status {
	case "won":
		state = order.DisputeWon
	case "lost", "accepted", "charge_refunded":
		state = order.DisputeLost
	}
	n.Disputes = []order.StoreDispute{{ID: d.ID.String(), State: state, Cents: d.Amount.amount(d.Currency)}}
	return n
}
