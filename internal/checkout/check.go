package checkout

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85"

	"purvey"
)

// Check is what came of trying a gateway's credentials.
type Check struct {
	Account string // what the gateway calls the account; "" it does not say
	Live    *bool  // whether real money is taken; nil unknown
	Error   string // why it does not work, in words for the merchant; "" it does
}

// checkTime bounds a check; somebody waits for it.
const checkTime = 10 * time.Second

// CheckGateway asks a shop's gateway, by its name, something that changes
// nothing and needs what taking payments needs. What is wrong with the
// credentials is told in Check, not as an error; an unknown gateway is
// purvey.NotFound.
func (s *Service) CheckGateway(ctx context.Context, shop purvey.Shop, name string) (Check, error) {
	g, err := s.gateway(ctx, shop, name)
	if err != nil {
		return Check{}, err
	}
	key, title := secretStripeKey, "Stripe"
	if name == MercadoPago {
		key, title = secretMercadoPagoToken, "Mercado Pago"
	}
	credential, err := s.o.Secret(ctx, shop.ID, key)
	if err != nil {
		return Check{}, err
	}
	if credential == "" {
		return Check{Error: "No credentials are kept yet."}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	c, err := g.check(ctx)
	if err == nil {
		return c, nil
	}
	s.o.Log.InfoContext(ctx, "a payment gateway was checked", "gateway", name, "shop", shop.Slug, "error", err)
	var said refused
	switch {
	case !errors.As(err, &said):
		c.Error = title + " could not be reached. Try again; if it goes on, check the address of its API."
	case said == http.StatusUnauthorized:
		c.Error = title + " does not know these credentials."
	case said == http.StatusForbidden:
		c.Error = title + " knows these credentials, but they may not see payments. Give them that right."
	default:
		c.Error = title + " answered with status " + strconv.Itoa(int(said)) + "."
	}
	return c, nil
}

// refused is the status with which a gateway refused a request.
type refused int

func (r refused) Error() string { return "the answer was " + strconv.Itoa(int(r)) }

// check lists one session: what a restricted key must be able to read, too.
func (g *stripeGateway) check(ctx context.Context) (Check, error) {
	p := &stripe.CheckoutSessionListParams{}
	p.Limit = stripe.Int64(1)
	for _, err := range g.client.V1CheckoutSessions.List(ctx, p).All(ctx) {
		var said *stripe.Error
		if errors.As(err, &said) && said.HTTPStatusCode != 0 {
			return Check{}, refused(said.HTTPStatusCode)
		}
		if err != nil {
			return Check{}, withoutKey(err)
		}
		break
	}
	live := !strings.Contains(g.key, "_test_")
	return Check{Live: &live}, nil
}

// check asks whose token it is.
func (g *mercadoPago) check(ctx context.Context) (Check, error) {
	var who struct {
		Nickname string   `json:"nickname"`
		Site     string   `json:"site_id"`
		Tags     []string `json:"tags"`
	}
	if err := g.call(ctx, http.MethodGet, "/users/me", "", nil, &who); err != nil {
		return Check{}, err
	}
	live := true
	for _, tag := range who.Tags {
		live = live && tag != "test_user"
	}
	return Check{Account: strings.TrimSpace(who.Nickname + " " + who.Site), Live: &live}, nil
}
