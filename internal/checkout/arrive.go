package checkout

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"purvey"
	"purvey/internal/jwt"
	"purvey/internal/store"
)

// secretExternalAuth is the key that a shop's own tokens are signed with.
const secretExternalAuth = "publicala.external_auth_key"

// Why a token is refused, in the words that the shop is told.
const (
	TokenExpired  = "expired"
	TokenInvalid  = "invalid"
	TokenReplayed = "replayed"
)

// Refused is a token that opens nothing.
type Refused struct {
	Why string // TokenExpired, TokenInvalid or TokenReplayed
	URL string // where the shop wants such customers, "" nowhere

	Shop purvey.Shop
}

func (e *Refused) Error() string { return "the token is " + e.Why }

// Arrival is a customer whose token was good.
type Arrival struct {
	Shop    purvey.Shop
	URL     string // to go on to
	Email   string // whose session begins, "" nobody's: a link opens one order only
	Library string // the path of the library that the session is for
}

// maxTokenLife is how far in the future the end of a caller's token may be.
const maxTokenLife = time.Hour

// clockSkew is how far the clock of a caller may be before ours, for the time
// from which its token is good.
const clockSkew = 30 * time.Second

// Arrive takes a token: of a link made here, which may be opened until it ends,
// or signed by the shop's own server with the key they share, which is good
// once. host is that of the request. The error is *Refused, or NotFound when
// the shop has no key. Serves PUB-14, PUB-40.
func (s *Service) Arrive(ctx context.Context, host, token string) (Arrival, error) {
	var c claims
	if jwt.Verify(s.keys.Key(linkKey), token, &c) == nil {
		return s.arriveByLink(ctx, c)
	}
	peeked := jwt.Peek(token, &c) == nil
	shop, err := s.shopOf(ctx, host, c.Audience)
	if err != nil {
		return Arrival{}, err
	}
	refuse := func(why string) (Arrival, error) {
		return Arrival{}, refusal(shop, why)
	}
	if peeked && c.Issuer == issuer && c.Order != "" {
		return refuse(TokenInvalid)
	}
	key, err := s.o.Secret(ctx, shop.ID, secretExternalAuth)
	switch {
	case err != nil:
		return Arrival{}, err
	case key == "":
		return Arrival{}, purvey.Missing("sign-on by token")
	case jwt.Verify([]byte(key), token, &c) != nil || !s.acceptable(shop, c):
		return refuse(TokenInvalid)
	case s.db.Now().Unix() >= int64(c.Expires):
		return refuse(TokenExpired)
	}
	return s.arriveByKey(ctx, shop, c, host)
}

// shopOf gives the shop of a host, else the one that an audience names, else
// the default one.
func (s *Service) shopOf(ctx context.Context, host string, named audience) (purvey.Shop, error) {
	shop, err := s.db.ShopByHost(ctx, strings.ToLower(host))
	for _, slug := range append(slices.Clone(named), purvey.DefaultShop) {
		if !errors.Is(err, purvey.NotFound) {
			break
		}
		if purvey.ValidSlug(slug) {
			shop, err = s.db.ShopBySlug(ctx, slug)
		}
	}
	if err == nil && shop.State != purvey.ShopActive {
		err = purvey.Because(purvey.Denied, purvey.ReasonShopDisabled, "the shop is closed")
	}
	return shop, err
}

func (s *Service) arriveByLink(ctx context.Context, c claims) (Arrival, error) {
	x, err := s.sale(ctx, c.Order)
	switch {
	case err != nil:
		return Arrival{}, err
	case s.db.Now().Unix() >= int64(c.Expires):
		return Arrival{}, refusal(x.Shop, TokenExpired)
	case !x.Pending():
		return Arrival{Shop: x.Shop, URL: s.ReturnURL(x)}, nil
	}
	return Arrival{Shop: x.Shop, URL: s.page(x, "")}, nil
}

// acceptable checks the claims of a shop's own token, but whether it is over.
func (s *Service) acceptable(shop purvey.Shop, c claims) bool {
	id, email, now := c.User.UUID, c.User.Email, s.db.Now()
	if c.Expires <= 0 || int64(c.Expires) > now.Add(maxTokenLife).Unix() || int64(c.NotBefore) > now.Add(clockSkew).Unix() {
		return false
	}
	return c.Issuer == shop.Settings.Publicala.ExternalAuthIssuer && c.Issuer != "" &&
		(slices.Contains(c.Audience, Audience) || slices.Contains(c.Audience, shop.Slug)) &&
		c.Subject == "user" && c.ID != "" && len(c.ID) <= 255 &&
		!strings.ContainsRune(c.ID+id, 0) && strings.TrimSpace(id) != "" && utf8.RuneCountInString(id) <= 64 && (email == "" || purvey.ValidEmail(email))
}

// arriveByKey makes sure of the user and spends the token, together.
func (s *Service) arriveByKey(ctx context.Context, shop purvey.Shop, c claims, host string) (Arrival, error) {
	scope := purvey.Scope{ShopID: shop.ID, Mode: purvey.Live}
	out := Arrival{Shop: shop, URL: s.intended(shop, c.Intended, host), Library: libraryOf(shop)}
	fresh, deactivated := false, false
	err := s.db.Tx(ctx, func(tx *store.Tx) (err error) {
		if fresh, err = tx.SpendToken(ctx, shop.ID, c.ID, time.Unix(int64(c.Expires), 0)); err != nil || !fresh {
			return err
		}
		user, err := s.orders.User(tx.With(ctx), scope, c.User.UUID, c.User.Email)
		out.Email, deactivated = user.Email, !user.DeactivatedAt.IsZero()
		return err
	})
	switch {
	case errors.Is(err, purvey.Invalid):
		return Arrival{}, refusal(shop, TokenInvalid)
	case err == nil && deactivated:
		return Arrival{}, refusal(shop, TokenInvalid)
	case err == nil && !fresh:
		return Arrival{}, refusal(shop, TokenReplayed)
	case err != nil:
		return out, err
	}
	out.URL, err = s.opened(ctx, shop, out.URL, c.User.UUID)
	return out, err
}

// opened gives the address of a user's own checkout page with the session that
// opens it, so that a shop may sign links to payments itself; any other
// address as it is.
func (s *Service) opened(ctx context.Context, shop purvey.Shop, to, userID string) (string, error) {
	u, err := url.Parse(to)
	if err != nil {
		return to, nil
	}
	uuid, is := strings.CutPrefix(u.Path, "/checkout/")
	if !is {
		return to, nil
	}
	for _, mode := range []purvey.Mode{purvey.Live, purvey.Sandbox} {
		o, err := s.db.OrderByUUID(ctx, purvey.Scope{ShopID: shop.ID, Mode: mode}, uuid)
		if err == nil && o.Type == purvey.TypeSale && o.Customer.ExternalID == userID {
			return s.page(Sale{shop, o}, ""), nil
		}
		if err != nil && !errors.Is(err, purvey.NotFound) {
			return "", err
		}
	}
	return to, nil
}

// intended is where a token wants its user, if that is a page of this server;
// else the home of the shop's customers.
func (s *Service) intended(shop purvey.Shop, want, host string) string {
	u, err := url.Parse(want)
	if err != nil || want == "" || strings.ContainsAny(want, "\\\r\n\t") || u.User != nil || u.Opaque != "" {
		return s.home(shop)
	}
	if u.Host == "" {
		if u.Scheme != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(want, "//") {
			return s.home(shop)
		}
		return s.Origin(shop) + u.String()
	}
	own, err := url.Parse(s.Origin(shop))
	same := err == nil && strings.EqualFold(u.Host, own.Host) || strings.EqualFold(u.Host, host)
	if !same || u.Scheme != "http" && u.Scheme != "https" {
		return s.home(shop)
	}
	return u.String()
}

func refusal(shop purvey.Shop, why string) *Refused {
	return &Refused{Why: why, URL: errorURL(shop, why), Shop: shop}
}

// errorURL is where the shop wants customers whose token was refused.
func errorURL(shop purvey.Shop, why string) string {
	u, err := url.Parse(shop.Settings.Publicala.RedirectURL)
	if err != nil || shop.Settings.Publicala.RedirectURL == "" {
		return ""
	}
	return withQuery(u, "error", why)
}
