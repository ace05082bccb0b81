// Package checkout takes the money for sales: it makes the links that lead a
// customer to the payment of one order, signs customers in by tokens, talks to
// the gateways, and brings what they say into the order.
//
// A link holds a signed token ([Service.Link]); opening it ([Service.SignIn])
// leads to the order's checkout page, whose address is signed in turn. In
// sandbox mode that page is the gateway: the customer, or a test, says how the
// payment ends. In live mode a session at Stripe or Mercado Pago is begun, and
// its outcome is always asked of the gateway itself: when the customer comes
// back, when a notification arrives, and by a sweep for orders that neither
// told of. What a browser or a notification says is never believed. What
// became of the money afterwards, given back or disputed, is asked for in the
// same way.
package checkout

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"
	"time"

	"purvey"
	"purvey/internal/jwt"
	"purvey/internal/keyring"
	"purvey/internal/order"
	"purvey/internal/store"
)

// Options say what the service needs beside the database.
type Options struct {
	Origin string // of the server, for shops without a public URL
	// Secret gives one of a shop's secrets, "" when it is not set.
	Secret func(ctx context.Context, shopID, name string) (string, error)
	Client *http.Client // to the gateways; nil is one with a time limit
	Log    *slog.Logger // nil is slog.Default()
}

// Service takes payments. It may be used by several goroutines.
type Service struct {
	db     *store.DB
	orders *order.Service
	keys   *keyring.Keyring
	o      Options
}

// gatewayTimeout bounds one request to a gateway.
const gatewayTimeout = 15 * time.Second

// New makes the service.
func New(db *store.DB, orders *order.Service, keys *keyring.Keyring, o Options) *Service {
	if o.Client == nil {
		o.Client = &http.Client{Timeout: gatewayTimeout}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Service{db: db, orders: orders, keys: keys, o: o}
}

// Origin is what the shop's addresses begin with.
func (s *Service) Origin(shop purvey.Shop) string {
	if u := shop.Settings.Shop.PublicURL; u != "" {
		return u
	}
	return s.o.Origin
}

// Ready is nil when sales of the mode can be paid; else it is Invalid and says
// what is missing.
func (s *Service) Ready(shop purvey.Shop, mode purvey.Mode) error {
	if mode == purvey.Live && shop.Settings.Gateways.Live == "" {
		return purvey.BadField("type", "cannot be sale: the shop has no gateway for live payments (setting gateways.live)")
	}
	return nil
}

// Link leads a customer to the payment of one order, without a password.
type Link struct {
	URL       string
	TTL       int // seconds
	ExpiresAt time.Time
}

// Audience is that of every token, as the vendor has it.
const Audience = "farfalla"

// issuer is that of the tokens made here.
const issuer = "purvey"

// linkKey is the purpose of the key that signs links.
const linkKey = "checkout link"

// claims are those of both kinds of token: of a link and of a caller.
type claims struct {
	Issuer    string   `json:"iss"`
	Audience  audience `json:"aud"`
	Subject   string   `json:"sub"`
	ID        string   `json:"jti"`
	Expires   seconds  `json:"exp"`
	NotBefore seconds  `json:"nbf,omitempty"` // only in those of a caller
	User      struct {
		UUID  string `json:"uuid"`
		Email string `json:"email,omitempty"`
	} `json:"user"`
	Intended string `json:"intended_url,omitempty"`
	Order    string `json:"order,omitempty"` // only in links
}

// Link makes a fresh link to the payment of a pending sale. Links made before
// stay good until their own time is over.
func (s *Service) Link(shop purvey.Shop, o purvey.Order) (Link, error) {
	ttl := shop.Settings.Lifetimes.Checkout
	l := Link{TTL: ttl, ExpiresAt: s.db.Now().Add(time.Duration(ttl) * time.Second)}
	c := claims{Issuer: issuer, Audience: audience{Audience}, Subject: "user", ID: newUUID(), Expires: seconds(l.ExpiresAt.Unix()), Order: o.ID}
	c.User.UUID, c.User.Email = o.Customer.ExternalID, o.Customer.Email
	c.Intended = s.Origin(shop) + "/checkout/" + o.UUID
	token, err := jwt.Sign(s.keys.Key(linkKey), c)
	l.URL = s.Origin(shop) + "/auth/token?" + TokenParam + "=" + token
	return l, err
}

// TokenParam is the name of the parameter, header or cookie with a token.
const TokenParam = "external-auth-token"

// newUUID gives a random UUID.
func newUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
