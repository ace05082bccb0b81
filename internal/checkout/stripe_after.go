package checkout

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85"
	"github.com/stripe/stripe-go/v85/webhook"

	"purvey"
)

// metaOrder is the metadata that names our order on Stripe's objects.
const metaOrder = "order"

// charges reads the invoices of a subscription, but the one that the order
// itself paid and those that will never be paid.
func (g *stripeGateway) charges(ctx context.Context, o purvey.Order, s purvey.Subscription) ([]charge, bool, error) {
	sub, err := g.client.V1Subscriptions.Retrieve(ctx, s.Reference, nil)
	if err != nil {
		return nil, false, unavailable(Stripe, withoutKey(err))
	}
	p := &stripe.InvoiceListParams{Subscription: &s.Reference}
	p.Limit = stripe.Int64(100)
	var list []charge
	for inv, err := range g.client.V1Invoices.List(ctx, p).All(ctx) {
		if err != nil {
			return nil, false, unavailable(Stripe, withoutKey(err))
		}
		state, known := map[stripe.InvoiceStatus]purvey.PaymentState{
			stripe.InvoiceStatusPaid: purvey.PaymentPaid, stripe.InvoiceStatusOpen: purvey.PaymentOpen, stripe.InvoiceStatusUncollectible: purvey.PaymentDeclined,
		}[inv.Status]
		if !known || inv.BillingReason == stripe.InvoiceBillingReasonSubscriptionCreate {
			continue
		}
		c := charge{reference: inv.ID, state: state, currency: strings.ToUpper(string(inv.Currency)), due: time.Unix(inv.Created, 0)}
		c.cents = hundredths(inv.AmountPaid, c.currency)
		if inv.Lines != nil && len(inv.Lines.Data) > 0 && inv.Lines.Data[0].Period != nil {
			c.due = time.Unix(inv.Lines.Data[0].Period.Start, 0)
		}
		if state == purvey.PaymentPaid {
			c.paid = time.Unix(inv.Created, 0)
			if t := inv.StatusTransitions; t != nil && t.PaidAt > 0 {
				c.paid = time.Unix(t.PaidAt, 0)
			}
		}
		list = append(list, c)
	}
	over := sub.Status == stripe.SubscriptionStatusCanceled || sub.Status == stripe.SubscriptionStatusIncompleteExpired
	return list, over, nil
}

func (g *stripeGateway) steer(ctx context.Context, reference string, to purvey.SubscriptionState) error {
	var err error
	switch to {
	case purvey.SubscriptionEnded:
		_, err = g.client.V1Subscriptions.Cancel(ctx, reference, nil)
	case purvey.SubscriptionPaused:
		_, err = g.client.V1Subscriptions.Update(ctx, reference, &stripe.SubscriptionUpdateParams{
			PauseCollection: &stripe.SubscriptionUpdatePauseCollectionParams{Behavior: stripe.String("void")},
		})
	default:
		p := &stripe.SubscriptionUpdateParams{}
		p.AddExtra("pause_collection", "")
		_, err = g.client.V1Subscriptions.Update(ctx, reference, p)
	}
	var said *stripe.Error
	if errors.As(err, &said) && said.HTTPStatusCode == http.StatusNotFound && to == purvey.SubscriptionEnded {
		return nil // it is over
	}
	if err != nil {
		return unavailable(Stripe, withoutKey(err))
	}
	return nil
}

func (g *stripeGateway) after(ctx context.Context, _ purvey.Order, p purvey.Payment) (aftermath, error) {
	var out aftermath
	id, err := g.intentOf(ctx, p)
	if err != nil || id == "" {
		return out, err
	}
	get := &stripe.PaymentIntentRetrieveParams{}
	get.AddExpand("latest_charge")
	intent, err := g.client.V1PaymentIntents.Retrieve(ctx, id, get)
	if err != nil {
		return out, unavailable(Stripe, withoutKey(err))
	}
	if c := intent.LatestCharge; c != nil {
		out.refunded = c.Refunded
	}
	for d, err := range g.client.V1Disputes.List(ctx, &stripe.DisputeListParams{PaymentIntent: &id}).All(ctx) {
		if err != nil {
			return out, unavailable(Stripe, withoutKey(err))
		}
		switch d.Status {
		case stripe.DisputeStatusNeedsResponse, stripe.DisputeStatusUnderReview:
			out.disputed = true
		case stripe.DisputeStatusLost:
			out.lost = true
		}
	}
	return out, nil
}

// intentOf gives Stripe's id of the payment that a session or an invoice was
// paid with, "" when there was none.
func (g *stripeGateway) intentOf(ctx context.Context, p purvey.Payment) (string, error) {
	invoice := p.Reference
	if p.Kind == purvey.PaymentFirst {
		session, err := g.client.V1CheckoutSessions.Retrieve(ctx, p.Reference, nil)
		switch {
		case err != nil:
			return "", unavailable(Stripe, withoutKey(err))
		case session.PaymentIntent != nil:
			return session.PaymentIntent.ID, nil
		case session.Invoice == nil:
			return "", nil
		}
		invoice = session.Invoice.ID
	}
	for x, err := range g.client.V1InvoicePayments.List(ctx, &stripe.InvoicePaymentListParams{Invoice: &invoice}).All(ctx) {
		if err != nil {
			return "", unavailable(Stripe, withoutKey(err))
		}
		if x.Payment != nil && x.Payment.PaymentIntent != nil && x.Status == "paid" {
			return x.Payment.PaymentIntent.ID, nil
		}
	}
	return "", nil
}

func (g *stripeGateway) known() bool { return g.key != "" }

// changed lists refunds and disputes by when they were made.
func (g *stripeGateway) changed(ctx context.Context, from, to time.Time) ([]told, error) {
	span := &stripe.RangeQueryParams{GreaterThanOrEqual: from.Unix(), LesserThan: to.Unix() + 1}
	refunds, disputes := &stripe.RefundListParams{CreatedRange: span}, &stripe.DisputeListParams{CreatedRange: span}
	refunds.Limit, disputes.Limit = stripe.Int64(100), stripe.Int64(100)
	refunds.AddExpand("data.payment_intent")
	disputes.AddExpand("data.payment_intent")
	intents := map[string]*stripe.PaymentIntent{}
	note := func(x *stripe.PaymentIntent) {
		if x != nil && x.ID != "" {
			intents[x.ID] = x
		}
	}
	for r, err := range g.client.V1Refunds.List(ctx, refunds).All(ctx) {
		if err != nil {
			return nil, unavailable(Stripe, withoutKey(err))
		}
		note(r.PaymentIntent)
	}
	for d, err := range g.client.V1Disputes.List(ctx, disputes).All(ctx) {
		if err != nil {
			return nil, unavailable(Stripe, withoutKey(err))
		}
		note(d.PaymentIntent)
	}
	var list []told
	for _, id := range slices.Sorted(maps.Keys(intents)) {
		about, err := g.whatPaid(ctx, intents[id])
		if err != nil {
			return nil, err
		}
		list = append(list, about)
	}
	return list, nil
}

// stripeObject is what is read of the objects that events hold. Where an
// invoice names its subscription has changed with the version of the API.
type stripeObject struct {
	ID           string            `json:"id"`
	Reference    string            `json:"client_reference_id"`
	Metadata     map[string]string `json:"metadata"`
	Subscription reference         `json:"subscription"`
	Intent       reference         `json:"payment_intent"`
	Parent       struct {
		Details struct {
			Subscription reference `json:"subscription"`
		} `json:"subscription_details"`
	} `json:"parent"`
}

// reference is an id, or an object with one.
type reference string

// UnmarshalJSON implements json.Unmarshaler.
func (r *reference) UnmarshalJSON(b []byte) error {
	var o struct {
		ID string `json:"id"`
	}
	if len(b) > 0 && b[0] == '{' {
		err := json.Unmarshal(b, &o)
		*r = reference(o.ID)
		return err
	}
	return json.Unmarshal(b, (*string)(r))
}

func (g *stripeGateway) notice(ctx context.Context, n Notification) (told, error) {
	if g.secret == "" {
		return told{}, errSignature
	}
	// The endpoint's version of the API is the merchant's choice; what is read
	// has been the same in all of them. The clock is ours.
	event, err := webhook.ConstructEventWithOptions(n.Body, n.Header.Get("Stripe-Signature"), g.secret,
		webhook.ConstructEventOptions{IgnoreAPIVersionMismatch: true, IgnoreTolerance: true})
	if err != nil || !g.recent(n.Header.Get("Stripe-Signature")) {
		return told{}, errSignature
	}
	var o stripeObject
	if event.Data == nil || json.Unmarshal(event.Data.Raw, &o) != nil {
		return told{}, nil
	}
	kind := string(event.Type)
	switch {
	case strings.HasPrefix(kind, "checkout.session."):
		return told{order: o.Reference}, nil
	case strings.HasPrefix(kind, "invoice."):
		return told{subscription: string(max(o.Subscription, o.Parent.Details.Subscription))}, nil
	case strings.HasPrefix(kind, "customer.subscription."):
		return told{order: o.Metadata[metaOrder], subscription: o.ID}, nil
	case kind == "charge.refunded", strings.HasPrefix(kind, "charge.dispute."):
		return g.paidBy(ctx, string(o.Intent))
	}
	return told{}, nil
}

// paidBy tells what a payment of Stripe's has paid.
func (g *stripeGateway) paidBy(ctx context.Context, intent string) (told, error) {
	if intent == "" {
		return told{}, nil
	}
	x, err := g.client.V1PaymentIntents.Retrieve(ctx, intent, nil)
	if err != nil {
		return told{}, unavailable(Stripe, withoutKey(err))
	}
	return g.whatPaid(ctx, x)
}

// whatPaid is paidBy for a payment that has been read.
func (g *stripeGateway) whatPaid(ctx context.Context, x *stripe.PaymentIntent) (told, error) {
	if uuid := x.Metadata[metaOrder]; uuid != "" {
		return told{order: uuid, after: true}, nil
	}
	p := &stripe.InvoicePaymentListParams{Payment: &stripe.InvoicePaymentListPaymentParams{Type: stripe.String("payment_intent"), PaymentIntent: &x.ID}}
	p.AddExpand("data.invoice")
	for x, err := range g.client.V1InvoicePayments.List(ctx, p).All(ctx) {
		if err != nil {
			return told{}, unavailable(Stripe, withoutKey(err))
		}
		if i := x.Invoice; i != nil && i.Parent != nil && i.Parent.SubscriptionDetails != nil && i.Parent.SubscriptionDetails.Subscription != nil {
			return told{subscription: i.Parent.SubscriptionDetails.Subscription.ID, after: true}, nil
		}
	}
	return told{}, nil
}

// hundredths is the reverse of minorUnits.
func hundredths(amount int64, currency string) int64 {
	one, _ := minorUnits(100, currency) // the smallest units of one whole
	return amount * 100 / one
}
