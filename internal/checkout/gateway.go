package checkout

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"purvey"
)

// The gateways, by the names that settings and addresses use.
const (
	Stripe      = "stripe"
	MercadoPago = "mercadopago"
	builtIn     = "sandbox"
)

// The secrets of a shop that gateways need, by the names of their settings.
const (
	secretStripeKey          = "gateways.stripe.secret_key"
	secretStripeWebhook      = "gateways.stripe.webhook_secret"
	secretMercadoPagoToken   = "gateways.mercadopago.access_token"
	secretMercadoPagoWebhook = "gateways.mercadopago.webhook_secret"
)

// sessionLife is how long a customer is sent to the same session. Stripe ends
// one after 24 hours.
const sessionLife = 23 * time.Hour

// offer is what a gateway is asked to take money for.
type offer struct {
	id       string // of the payment: repeating it begins no second session
	order    purvey.Order
	months   int // after which it is to take the price again, and so on; 0 for once
	title    string
	success  string // where the customer comes back
	canceled string // the same, having given up
	notify   string // where the gateway tells of changes
	expires  time.Time
}

// gateway is one shop's account at a vendor.
type gateway interface {
	// renews tells whether it can take an order's price again by itself, each
	// time so many months are over.
	renews(o purvey.Order, months int) bool
	// check asks for something harmless; refused tells the gateway's no.
	check(ctx context.Context) (Check, error)
	// begin makes a session and gives its id and the address to pay at.
	begin(ctx context.Context, o offer) (reference, url string, err error)
	// ask tells how a payment stands at the gateway, for the order's whole
	// price: another amount is an error.
	ask(ctx context.Context, o purvey.Order, p purvey.Payment) (standing, error)
	// end sees to it that a session can be paid no more. A session that is
	// over is no error.
	end(ctx context.Context, p purvey.Payment) error
	// charges tells what it has taken, or tried to, for further periods, and
	// whether it will take no more.
	charges(ctx context.Context, o purvey.Order, s purvey.Subscription) (list []charge, over bool, err error)
	// steer has a subscription go on, wait, or end for good. One that is over
	// is no error.
	steer(ctx context.Context, reference string, to purvey.SubscriptionState) error
	// after tells what became of money that was paid.
	after(ctx context.Context, o purvey.Order, p purvey.Payment) (aftermath, error)
	// changed tells of what money was given back or disputed from an instant on,
	// up to another. It may tell of more, and of one thing often.
	changed(ctx context.Context, from, to time.Time) ([]told, error)
	// known tells whether there are credentials to ask with.
	known() bool
	// notice checks a notification's signature and gives what it is about. What
	// else it says is not used.
	notice(ctx context.Context, n Notification) (told, error)
}

// standing is how a payment stands.
type standing struct {
	state        purvey.PaymentState
	subscription string // by which it is taken again; "" it is not
}

// charge is a payment for a further period, in hundredths.
type charge struct {
	reference string
	state     purvey.PaymentState
	cents     int64
	currency  string
	due, paid time.Time // the period's beginning; paid is zero unless it was
}

// aftermath is what became of money that was paid.
type aftermath struct {
	disputed bool // a dispute is open
	lost     bool // a dispute was lost
	refunded bool // all of it was given back
}

// told is what a notification is about; the zero value is nothing of ours.
type told struct {
	order        string // UUID, "" not said
	subscription string // the gateway's id of it, "" none
	after        bool   // money that was paid is disputed or given back
}

// Notification is what a gateway sent to us.
type Notification struct {
	Header http.Header
	Query  url.Values
	Body   []byte
}

// gateway gives a shop's account by the gateway's name.
func (s *Service) gateway(ctx context.Context, shop purvey.Shop, name string) (gateway, error) {
	secrets := func(names ...string) (out [2]string, err error) {
		for i, n := range names {
			if out[i], err = s.o.Secret(ctx, shop.ID, n); err != nil {
				return out, err
			}
		}
		return out, nil
	}
	switch name {
	case Stripe:
		k, err := secrets(secretStripeKey, secretStripeWebhook)
		return newStripe(s.o.Client, shop.Settings.Gateways.Stripe.APIBase, k[0], k[1], s.db.Now), err
	case MercadoPago:
		k, err := secrets(secretMercadoPagoToken, secretMercadoPagoWebhook)
		return newMercadoPago(s.o.Client, shop.Settings.Gateways.Mercadopago.APIBase, k[0], k[1], s.db.Now), err
	}
	return nil, purvey.Missing("payment gateway")
}

// errSignature refuses a notification that nobody we know has signed.
var errSignature error = purvey.Because(purvey.Unauthenticated, purvey.ReasonSignature, "the signature is missing or wrong")

// unavailable is the error of a gateway that does not do its part.
func unavailable(name string, cause error) error {
	return &purvey.Error{Kind: purvey.Unavailable, Detail: "the payment service does not answer as it should", RetryAfter: 30, Cause: fmt.Errorf("%s: %w", name, cause)}
}

// wrongAmount is a payment that is not the order's price.
func wrongAmount(name, reference string, o purvey.Order) error {
	return fmt.Errorf("%s: the payment %s is not of the price of order %s, %s %s", name, reference, o.Name, purvey.FormatCents(o.TotalCents), o.Currency)
}
