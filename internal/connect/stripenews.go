package connect

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"purvey"
	"purvey/internal/order"
)

// Several events of Stripe tell of one payment, each in its own words. They
// are known to be one by the ids they share, and the goods are taken from the
// best of them that names known ones.
const (
	rankSession = iota
	rankInvoice
	rankIntent
)

func readStripe(body []byte) (order.News, error) {
	var e stripeEvent
	if err := decode(body, &e); err != nil {
		return order.News{}, err
	}
	var kind struct {
		Object text `json:"object"`
	}
	if len(e.Data.Object) == 0 || json.Unmarshal(e.Data.Object, &kind) != nil {
		return order.News{}, purvey.Errorf(purvey.Invalid, "the event has no object")
	}
	switch kind.Object {
	case "checkout.session":
		return readSession(e)
	case "payment_intent":
		return readIntent(e)
	case "invoice":
		return readInvoice(e)
	case "charge":
		return readCharge(e)
	case "dispute":
		return readDispute(e)
	}
	return order.News{}, nil
}

// telling begins a telling of a payment.
func telling(kind string, rank int, currency text, e stripeEvent) *order.Telling {
	return &order.Telling{
		Kind: kind, Rank: rank, At: unix(e.Created),
		Request: order.Request{Source: purvey.SourceStripe, Currency: currency.code(), NeedEmail: true, SendEmail: true},
	}
}

func buyer(email, name, locale text) purvey.Customer {
	first, last := purvey.SplitName(name.String())
	l := locale.String()
	if l == "auto" {
		l = ""
	}
	return purvey.Customer{Email: email.String(), Firstname: clipped(first), Lastname: clipped(last), Locale: clipped(l)}
}

func readSession(e stripeEvent) (order.News, error) {
	var o struct {
		ID            text       `json:"id"`
		PaymentIntent reference  `json:"payment_intent"`
		Invoice       reference  `json:"invoice"`
		PaymentLink   reference  `json:"payment_link"`
		PaymentStatus text       `json:"payment_status"`
		Currency      text       `json:"currency"`
		AmountTotal   int64      `json:"amount_total"`
		Locale        text       `json:"locale"`
		Email         text       `json:"customer_email"`
		Metadata      metadata   `json:"metadata"`
		Items         stripeList `json:"line_items"`
		Details       struct {
			Email text `json:"email"`
			Name  text `json:"name"`
		} `json:"customer_details"`
	}
	if err := decode(e.Data.Object, &o); err != nil {
		return order.News{}, err
	}
	n := order.News{Keys: keysOf(o.ID, o.PaymentIntent.ID, o.Invoice.ID), Paid: o.PaymentStatus == "paid" || o.PaymentStatus == "no_payment_required"}
	if o.Metadata.foreign() {
		return n, nil
	}
	t := telling("session", rankSession, o.Currency, e)
	t.Total = smallest(o.AmountTotal, o.Currency)
	t.Request.ExternalReference = firstOf(o.PaymentIntent.ID, o.Invoice.ID, o.ID)
	email := o.Details.Email
	if email == "" {
		email = o.Email
	}
	t.Request.Customer = buyer(email, o.Details.Name, o.Locale)
	for i, l := range o.Items.Data {
		if line, ok := l.line(i, o.Currency, nil); ok {
			t.Lines = append(t.Lines, line)
		}
	}
	switch {
	case len(o.Items.Data) == 0, len(o.Items.Data) == 1 && o.Metadata.get(metaProduct) != "":
		t.Lines = []order.StoreLine{single(o.Metadata, t.Total, quantityOf(o.Items), o.PaymentLink.ID)}
	case len(t.Lines) == 0:
		return n, nil // no digital goods
	}
	n.Tells = t
	return n, nil
}

// quantityOf is that of the only line, where a session brings its lines along.
func quantityOf(l stripeList) int {
	if len(l.Data) == 1 && l.Data[0].Quantity != nil {
		return max(*l.Data[0].Quantity, 1)
	}
	return 1
}

// single is the line of a payment for one product, which its metadata names.
func single(m metadata, total int64, quantity int, more ...text) order.StoreLine {
	price := each(total, quantity)
	keys := keysOf(append(m.keys(), more...)...)
	name := "Payment without a product"
	if len(keys) > 0 {
		name = keys[0]
	}
	return order.StoreLine{ID: "0", Keys: keys, Product: m.get(metaProduct), Name: name, Quantity: quantity, PriceCents: &price}
}

func readIntent(e stripeEvent) (order.News, error) {
	var o struct {
		ID          text      `json:"id"`
		Status      text      `json:"status"`
		Invoice     reference `json:"invoice"`
		Charge      reference `json:"latest_charge"`
		Currency    text      `json:"currency"`
		Amount      int64     `json:"amount"`
		Received    int64     `json:"amount_received"`
		Email       text      `json:"receipt_email"`
		Description text      `json:"description"`
		Metadata    metadata  `json:"metadata"`
		Shipping    struct {
			Name text `json:"name"`
		} `json:"shipping"`
		Details struct {
			Reference text `json:"order_reference"`
		} `json:"payment_details"`
	}
	if err := decode(e.Data.Object, &o); err != nil {
		return order.News{}, err
	}
	invoice := o.Invoice.ID
	if strings.HasPrefix(o.Details.Reference.String(), "in_") {
		invoice = o.Details.Reference
	}
	n := order.News{Keys: keysOf(o.ID, invoice, o.Charge.ID), Paid: o.Status == "succeeded"}
	// The payment of an invoice names no goods; the invoice does.
	ofInvoice := invoice != "" || strings.HasPrefix(o.Description.String(), "Subscription ")
	if o.Metadata.foreign() || ofInvoice && o.Metadata.get(metaProduct) == "" {
		return n, nil
	}
	t := telling("intent", rankIntent, o.Currency, e)
	t.Total = smallest(max(o.Received, o.Amount), o.Currency)
	t.Request.ExternalReference = firstOf(o.ID)
	t.Request.Customer = buyer(o.Email, o.Shipping.Name, "")
	t.Lines = []order.StoreLine{single(o.Metadata, t.Total, 1)}
	n.Tells = t
	return n, nil
}

func readInvoice(e stripeEvent) (order.News, error) {
	var o struct {
		ID            text         `json:"id"`
		PaymentIntent reference    `json:"payment_intent"`
		Charge        reference    `json:"charge"`
		Status        text         `json:"status"`
		Paid          bool         `json:"paid"`
		Currency      text         `json:"currency"`
		AmountPaid    int64        `json:"amount_paid"`
		Email         text         `json:"customer_email"`
		Name          text         `json:"customer_name"`
		Metadata      metadata     `json:"metadata"`
		Sub           stripeParent `json:"subscription_details"`
		Lines         stripeList   `json:"lines"`
		Parent        struct {
			Sub stripeParent `json:"subscription_details"`
		} `json:"parent"`
		Payments struct {
			Data []struct {
				Payment struct {
					Intent reference `json:"payment_intent"`
					Charge reference `json:"charge"`
				} `json:"payment"`
			} `json:"data"`
		} `json:"payments"`
	}
	if err := decode(e.Data.Object, &o); err != nil {
		return order.News{}, err
	}
	ids := []text{o.ID, o.PaymentIntent.ID, o.Charge.ID}
	for _, p := range o.Payments.Data {
		ids = append(ids, p.Payment.Intent.ID, p.Payment.Charge.ID)
	}
	n := order.News{Keys: keysOf(ids...), Paid: o.Paid || o.Status == "paid"}
	general := metadata{}
	for _, m := range []metadata{o.Metadata, o.Sub.Metadata, o.Parent.Sub.Metadata} {
		for name, v := range m {
			general[name] = v
		}
	}
	t := telling("invoice", rankInvoice, o.Currency, e)
	t.Total = smallest(o.AmountPaid, o.Currency)
	t.Request.ExternalReference = firstOf(o.PaymentIntent.ID, o.ID)
	t.Request.Customer = buyer(o.Email, o.Name, "")
	for i, l := range o.Lines.Data {
		if l.Amount != nil && *l.Amount < 0 {
			continue // the unused rest of an earlier period
		}
		if line, ok := l.line(i, o.Currency, general); ok {
			t.Lines = append(t.Lines, line)
		}
	}
	if len(t.Lines) > 0 {
		n.Tells = t
	}
	return n, nil
}

// line reads a line of a session or an invoice; ok is false when its goods are
// no digital ones. What is said of the whole counts where the line says
// nothing itself.
func (l stripeItem) line(i int, currency text, general metadata) (order.StoreLine, bool) {
	own := []metadata{l.Metadata, l.Price.Metadata, l.Price.Product.Metadata, general}
	if slices.ContainsFunc(own, metadata.foreign) {
		return order.StoreLine{}, false
	}
	out := order.StoreLine{ID: strconv.Itoa(i), Name: l.Description.String(), Quantity: 1}
	var keys []text
	for _, m := range own {
		keys = append(keys, m.keys()...)
		if out.Product == "" {
			out.Product = m.get(metaProduct)
		}
	}
	keys = append(keys, l.Price.ID, l.Pricing.Details.Price, l.Price.LookupKey, l.Price.Product.ID, l.Pricing.Details.Product)
	out.Keys = slices.Compact(keysOf(keys...))
	if l.Quantity != nil {
		out.Quantity = max(*l.Quantity, 1)
	}
	for _, amount := range []*int64{l.Subtotal, l.AmountTotal, l.Amount} {
		if amount != nil {
			price := each(smallest(*amount, currency), out.Quantity)
			out.PriceCents = &price
			break
		}
	}
	if l.AmountTotal != nil {
		out.PaidCents = each(smallest(*l.AmountTotal, currency), out.Quantity)
	}
	return out, true
}

func readCharge(e stripeEvent) (order.News, error) {
	var o struct {
		ID       text      `json:"id"`
		Intent   reference `json:"payment_intent"`
		Invoice  reference `json:"invoice"`
		Currency text      `json:"currency"`
		Refunded int64     `json:"amount_refunded"`
	}
	err := decode(e.Data.Object, &o)
	return order.News{Keys: keysOf(o.ID, o.Intent.ID, o.Invoice.ID), RefundedCents: smallest(o.Refunded, o.Currency)}, err
}

func readDispute(e stripeEvent) (order.News, error) {
	var o struct {
		ID       text      `json:"id"`
		Charge   reference `json:"charge"`
		Intent   reference `json:"payment_intent"`
		Currency text      `json:"currency"`
		Amount   int64     `json:"amount"`
		Status   text      `json:"status"`
	}
	if err := decode(e.Data.Object, &o); err != nil {
		return order.News{}, err
	}
	n := order.News{Keys: keysOf(o.Charge.ID, o.Intent.ID)}
	d := order.StoreDispute{ID: o.ID.String(), State: order.DisputeOpen, Cents: smallest(o.Amount, o.Currency)}
	switch status := o.Status.String(); {
	case strings.HasPrefix(status, "warning_"), status == "prevented":
		return n, nil // an inquiry: no money has moved
	case status == "won":
		d.State = order.DisputeWon
	case status == "lost", status == "charge_refunded":
		d.State = order.DisputeLost
	}
	n.Disputes = []order.StoreDispute{d}
	return n, nil
}

// firstOf is the first id that there is.
func firstOf(ids ...text) string {
	for _, id := range ids {
		if id != "" {
			return id.String()
		}
	}
	return ""
}

// smallest reads an amount, which Stripe counts in a currency's smallest unit as
// every order does, but for two that it counts in hundredths they have not. It
// is kept within what sums can hold.
func smallest(amount int64, currency text) int64 {
	const most = 1 << 50
	amount = min(max(amount, -most), most)
	if c := currency.code(); c == "ISK" || c == "UGX" {
		return amount / 100
	}
	return amount
}
