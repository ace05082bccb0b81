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
	title    string
	success  string // where the customer comes back
	canceled string // the same, having given up
	notify   string // where the gateway tells of changes
	expires  time.Time
}

// gateway is one shop's account at a vendor.
type gateway interface {
	// begin makes a session and gives its id and the address to pay at.
	begin(ctx context.Context, o offer) (reference, url string, err error)
	// ask tells how a payment stands at the gateway, for the order's whole
	// price: another amount is an error.
	ask(ctx context.Context, o purvey.Order, p purvey.Payment) (purvey.PaymentState, error)
	// end sees to it that a session can be paid no more. A session that is
	// over is no error.
	end(ctx context.Context, p purvey.Payment) error
	// notice checks a notification's signature and gives the UUID of the order
	// it is about, "" when it is about none. What else it says is not used.
	notice(ctx context.Context, n Notification) (string, error)
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
