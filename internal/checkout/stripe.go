package checkout

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85"

	"purvey"
)

// stripeGateway takes payments through Stripe Checkout.
type stripeGateway struct {
	client *stripe.Client
	key    string
	secret string // of notifications
	now    func() time.Time
}

func newStripe(client *http.Client, base, key, secret string, now func() time.Time) *stripeGateway {
	config := &stripe.BackendConfig{HTTPClient: client, LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull}, EnableTelemetry: stripe.Bool(false)}
	if base != "" {
		config.URL = stripe.String(strings.TrimSuffix(base, "/"))
	}
	return &stripeGateway{stripe.NewClient(key, stripe.WithBackends(stripe.NewBackendsWithConfig(config))), key, secret, now}
}

// maxStripeMonths is the longest period that Stripe takes a price for.
const maxStripeMonths = 36

func (g *stripeGateway) renews(_ purvey.Order, months int) bool { return months <= maxStripeMonths }

func (g *stripeGateway) begin(ctx context.Context, o offer) (string, string, error) {
	amount, ok := minorUnits(o.order.TotalCents, o.order.Currency)
	if !ok {
		return "", "", purvey.BadField("unit_price", "has a fraction that %s does not have", o.order.Currency)
	}
	price := &stripe.CheckoutSessionCreateLineItemPriceDataParams{
		Currency: stripe.String(strings.ToLower(o.order.Currency)), UnitAmount: &amount,
		ProductData: &stripe.CheckoutSessionCreateLineItemPriceDataProductDataParams{Name: &o.title},
	}
	p := &stripe.CheckoutSessionCreateParams{
		Mode: stripe.String("payment"), ClientReferenceID: &o.order.UUID, SuccessURL: &o.success, CancelURL: &o.canceled,
		ExpiresAt: stripe.Int64(o.expires.Unix()),
		LineItems: []*stripe.CheckoutSessionCreateLineItemParams{{Quantity: stripe.Int64(1), PriceData: price}},
	}
	named := map[string]string{metaOrder: o.order.UUID}
	if o.months > 0 {
		p.Mode = stripe.String("subscription")
		price.Recurring = &stripe.CheckoutSessionCreateLineItemPriceDataRecurringParams{Interval: stripe.String("month"), IntervalCount: stripe.Int64(int64(o.months))}
		p.SubscriptionData = &stripe.CheckoutSessionCreateSubscriptionDataParams{Metadata: named}
	} else {
		p.PaymentIntentData = &stripe.CheckoutSessionCreatePaymentIntentDataParams{Metadata: named}
	}
	if o.order.Customer.Email != "" {
		p.CustomerEmail = &o.order.Customer.Email
	}
	p.AddMetadata(metaOrder, o.order.UUID)
	p.SetIdempotencyKey("purvey-" + o.id)
	session, err := g.client.V1CheckoutSessions.Create(ctx, p)
	if err != nil {
		return "", "", unavailable(Stripe, withoutKey(err))
	}
	return session.ID, session.URL, nil
}

func (g *stripeGateway) ask(ctx context.Context, o purvey.Order, p purvey.Payment) (standing, error) {
	session, err := g.client.V1CheckoutSessions.Retrieve(ctx, p.Reference, nil)
	if err != nil {
		return standing{}, unavailable(Stripe, withoutKey(err))
	}
	out := standing{state: purvey.PaymentOpen}
	if session.Subscription != nil {
		out.subscription = session.Subscription.ID
	}
	switch {
	case session.PaymentStatus == stripe.CheckoutSessionPaymentStatusPaid:
		want, _ := minorUnits(o.TotalCents, o.Currency)
		if session.AmountTotal != want || !strings.EqualFold(string(session.Currency), o.Currency) || session.ClientReferenceID != o.UUID {
			return standing{}, wrongAmount(Stripe, p.Reference, o)
		}
		out.state = purvey.PaymentPaid
	case session.Status == stripe.CheckoutSessionStatusExpired:
		out.state = purvey.PaymentDeclined
	case session.Status == stripe.CheckoutSessionStatusComplete:
		out.state = purvey.PaymentPending
	}
	return out, nil
}

func (g *stripeGateway) end(ctx context.Context, p purvey.Payment) error {
	_, err := g.client.V1CheckoutSessions.Expire(ctx, p.Reference, nil)
	var told *stripe.Error
	if errors.As(err, &told) && told.HTTPStatusCode == http.StatusBadRequest {
		return nil // only an open session can be ended
	}
	if err != nil {
		return unavailable(Stripe, withoutKey(err))
	}
	return nil
}

// tolerance is how far a notification's time may be from ours.
const tolerance = 5 * time.Minute

// recent tells whether a signature's time is about now.
func (g *stripeGateway) recent(header string) bool {
	for pair := range strings.SplitSeq(header, ",") {
		if at, ok := strings.CutPrefix(strings.TrimSpace(pair), "t="); ok {
			return near(at, time.Second, g.now())
		}
	}
	return false
}

// withoutKey drops what an error of Stripe may repeat of the key.
func withoutKey(err error) error {
	var e *stripe.Error
	if errors.As(err, &e) {
		return errors.New(string(e.Type) + " " + string(e.Code) + ", request " + e.RequestID)
	}
	return err
}

// minorUnits turns hundredths into Stripe's smallest unit of a currency; false
// when they cannot be told in it.
func minorUnits(cents int64, currency string) (int64, bool) {
	if slices.Contains([]string{"BHD", "JOD", "KWD", "OMR", "TND"}, currency) {
		return cents * 10, true
	}
	if slices.Contains([]string{"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}, currency) {
		return cents / 100, cents%100 == 0
	}
	return cents, true
}
