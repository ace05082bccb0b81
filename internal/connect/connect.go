// Package connect takes in what other stores say happened in them: orders,
// refunds and disputes of Shopify, WooCommerce, Stripe, FastSpring and
// VibraCart Pro, and of any storefront that signs the native order call.
//
//	POST /webhooks/{shop}/shopify
//	POST /webhooks/{shop}/woocommerce
//	POST /webhooks/{shop}/stripe
//	POST /webhooks/stripe                    the shop is named in the metadata
//	POST /webhooks/{shop}/fastspring         signed, or with ?token=
//	POST /webhooks/{shop}/vibracartpro       with ?token=
//	POST /webhooks/{shop}/signed
//	POST /webhooks/{shop}/download-complete  a downloader is done with a token
//
// A request is verified on its raw body, kept, and answered; a job then reads
// it ([Read]) and has the order service bring the purchase to what is known.
// So an answer takes as long as one write, nothing is lost once it was given,
// and an event that comes ten times, or before the one it follows from, does
// no harm.
//
// What an event means is told by its verified body alone, never by its headers.
// The files of this package, one for each store, say how its bodies are read
// and signed; testdata holds a body of each kind.
package connect

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"purvey"
	"purvey/internal/delivery"
	"purvey/internal/httpjson"
	"purvey/internal/middleware"
	"purvey/internal/order"
	"purvey/internal/shop"
)

// Backend is what the receivers need of the domain.
type Backend struct {
	Shops    *shop.Service
	Orders   *order.Service
	Delivery *delivery.Service
	Log      *slog.Logger // nil is slog.Default()
}

// maxBody bounds the body of a webhook, in bytes. An order of some hundred
// lines takes about one megabyte.
const maxBody = 8 << 20

// receivers holds the handlers.
type receivers struct{ Backend }

// handler answers a call with an object, or with an error in the shape of all.
type handler func(r *http.Request) (any, error)

// Register puts the receivers on the mux.
func Register(mux *http.ServeMux, b Backend) {
	if b.Log == nil {
		b.Log = slog.Default()
	}
	c := &receivers{b}
	guard := middleware.Guard(b.Log, c.refuse)
	post := func(path string, h handler) {
		mux.Handle("POST "+path, guard(c.answer(h)))
		mux.Handle(path, guard(http.HandlerFunc(onlyPOST)))
	}
	post("/webhooks/{shop}/shopify", c.from(shopify()))
	post("/webhooks/{shop}/woocommerce", c.from(wooCommerce()))
	post("/webhooks/{shop}/stripe", c.from(stripe()))
	post("/webhooks/{shop}/fastspring", c.from(fastSpring()))
	post("/webhooks/{shop}/vibracartpro", c.from(vibraCart()))
	post("/webhooks/{shop}/signed", c.from(signed()))
	post("/webhooks/{shop}/download-complete", c.downloadComplete)
	post("/webhooks/stripe", c.anyStripe)
	mux.Handle("/webhooks/", guard(c.answer(func(*http.Request) (any, error) {
		return nil, purvey.Errorf(purvey.NotFound, "there is no such webhook")
	})))
}

// sender is a store that sends webhooks. It signs them, or has a token in the
// address, or either: one proof is enough.
type sender struct {
	source purvey.Source
	secret string // the setting's name; "" it signs nothing
	token  string // the name of the setting with the address's token; "" it has none
	topic  func(h http.Header, body []byte) string
	verify func(secret string, h http.Header, body []byte, now time.Time) bool
	ping   func(body []byte) bool // a body that is a test, unsigned; nil: there is none
	// events takes a body of text apart; an event of another mode than that of
	// the address has one of its own. nil: the body is one event, in JSON.
	events func(body []byte) ([]purvey.StoreEvent, error)
}

// done is the answer to everything that was taken.
type done struct {
	Success bool `json:"success"`
}

// from receives the webhooks of a store for the shop of the path.
func (c *receivers) from(s sender) handler {
	return func(r *http.Request) (any, error) {
		to, err := c.shop(r.Context(), r.PathValue("shop"))
		if err != nil {
			return nil, err
		}
		body, err := read(r)
		if err != nil {
			return nil, err
		}
		return c.receive(r, s, to, body)
	}
}

func (c *receivers) receive(r *http.Request, s sender, to purvey.Shop, body []byte) (any, error) {
	secret, err := c.secret(r, to, s.secret)
	if err != nil {
		return nil, err
	}
	if secret != "" && s.ping != nil && s.ping(body) {
		return done{true}, nil
	}
	known := secret != "" && s.verify(secret, r.Header, body, c.Orders.Now())
	if !known {
		token, err := c.secret(r, to, s.token)
		if err != nil {
			return nil, err
		}
		known = token != "" && same(token, r.URL.Query().Get("token"))
	}
	if !known {
		return nil, unsigned()
	}
	return c.keep(r, s, to, body)
}

// secret gives a secret of the shop's by its setting's name, "" for no name.
func (c *receivers) secret(r *http.Request, to purvey.Shop, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	return c.Shops.Secret(r.Context(), to.ID, name)
}

// same compares a secret in a time that tells nothing of it, its length
// neither.
func same(secret, given string) bool {
	a, b := sha256.Sum256([]byte(secret)), sha256.Sum256([]byte(given))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// keep stores the events of a body that was verified: all of them, or none.
func (c *receivers) keep(r *http.Request, s sender, to purvey.Shop, body []byte) (any, error) {
	scope := purvey.Scope{ShopID: to.ID, Mode: purvey.Live}
	switch r.URL.Query().Get("mode") {
	case "", string(purvey.Live):
	case string(purvey.Sandbox):
		scope.Mode = purvey.Sandbox
	default:
		return nil, purvey.BadField("mode", "must be live or sandbox")
	}
	var events []purvey.StoreEvent
	if s.events != nil {
		body, err := plain(body)
		if err != nil {
			return nil, err
		}
		if events, err = s.events(body); err != nil {
			return nil, err
		}
	} else if utf8.Valid(body) && json.Valid(body) {
		events = []purvey.StoreEvent{{Topic: s.topic(r.Header, body), Body: body}}
	} else {
		return nil, purvey.Errorf(purvey.Invalid, "the body must be JSON")
	}
	for i := range events {
		events[i].Source = s.source
		if scope.Mode == purvey.Sandbox {
			events[i].Mode = purvey.Sandbox
		}
	}
	return done{true}, c.Orders.Receive(r.Context(), scope, events...)
}

func unsigned() error {
	return purvey.Because(purvey.Unauthenticated, purvey.ReasonSignature, "the signature or token is missing or wrong, or this shop has no secret for it")
}

// shop gives the shop of a path.
func (c *receivers) shop(ctx context.Context, slug string) (purvey.Shop, error) {
	if !purvey.ValidSlug(slug) {
		return purvey.Shop{}, purvey.Missing("shop")
	}
	to, err := c.Shops.BySlug(ctx, slug)
	if err == nil && to.State != purvey.ShopActive {
		err = purvey.Because(purvey.Denied, purvey.ReasonShopDisabled, "the shop is disabled")
	}
	return to, err
}

// read reads a body as it was sent.
func read(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		err = purvey.Errorf(purvey.TooLarge, "the body must be at most %d bytes", maxBody)
	} else if err != nil {
		err = purvey.Errorf(purvey.Invalid, "the body could not be read")
	}
	return body, err
}

// downloadComplete notes that a downloader is done with a token. The token is
// the permission to say so.
func (c *receivers) downloadComplete(r *http.Request) (any, error) {
	to, err := c.shop(r.Context(), r.PathValue("shop"))
	if err != nil {
		return nil, err
	}
	var in struct {
		Token string `json:"token"`
	}
	if err := httpjson.Decode(r, &in, 4<<10); err != nil {
		return nil, err
	}
	if in.Token == "" {
		return nil, purvey.BadField("token", "is required")
	}
	err = c.Delivery.CompleteMint(r.Context(), to.ID, in.Token)
	if errors.Is(err, purvey.NotFound) {
		err = purvey.Errorf(purvey.Unauthenticated, "no download token of this shop")
	}
	return done{true}, err
}

func (c *receivers) answer(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out, err := h(r)
		if err != nil {
			c.refuse(w, r, err)
			return
		}
		httpjson.Write(w, http.StatusOK, out)
	})
}

func onlyPOST(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Allow", http.MethodPost)
	writeError(w, http.StatusMethodNotAllowed, "this path takes POST")
}

// refuse answers an error. A store sends again what was not answered with 200,
// so that is what everything must be that sending again would not mend.
func (c *receivers) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var e *purvey.Error
	if !errors.As(err, &e) {
		c.Log.ErrorContext(r.Context(), "a webhook could not be received", "path", middleware.SafePath(r.URL.EscapedPath()), "error", err)
		writeError(w, http.StatusInternalServerError, "something went wrong here")
		return
	}
	status := http.StatusInternalServerError
	switch e.Kind {
	case purvey.Invalid:
		status = http.StatusBadRequest
	case purvey.Unauthenticated:
		status = http.StatusUnauthorized
	case purvey.Denied:
		status = http.StatusForbidden
	case purvey.NotFound, purvey.Gone:
		status = http.StatusNotFound
	case purvey.TooLarge:
		status = http.StatusRequestEntityTooLarge
	case purvey.Unsupported:
		status = http.StatusUnsupportedMediaType
	case purvey.Unavailable:
		status = http.StatusServiceUnavailable
	case purvey.NoSpace:
		status = http.StatusInsufficientStorage
	}
	if status >= http.StatusInternalServerError {
		c.Log.ErrorContext(r.Context(), "a webhook could not be received", "path", middleware.SafePath(r.URL.EscapedPath()), "error", err)
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	writeError(w, status, e.Detail)
}

func writeError(w http.ResponseWriter, status int, message string) {
	httpjson.Write(w, status, struct {
		Error string `json:"error"`
	}{message})
}

// Read says what an event of a store means. Its errors are purvey.Invalid.
func Read(e purvey.StoreEvent) (order.News, error) {
	switch e.Source {
	case purvey.SourceShopify:
		return readShopify(e.Body)
	case purvey.SourceWooCommerce:
		return readWooCommerce(e.Body)
	case purvey.SourceStripe:
		return readStripe(e.Body)
	case purvey.SourceFastSpring:
		return readFastSpring(e)
	case purvey.SourceVibraCart:
		return readVibraCart(e)
	case purvey.SourceSigned:
		return readSigned(e)
	}
	return order.News{}, purvey.Errorf(purvey.Invalid, "there is no store %q", e.Source)
}
