// Package webhook tells merchants' servers what happened.
//
// An endpoint is an address with the types of event it wants and a secret.
// Whatever emits an event ([store.Tx.Emit]) writes, in the same transaction, a
// delivery and a job for each endpoint that wants it; [Service.Send] is that
// job. It posts the event, and again after growing waits until the receiver
// answers 2xx or the schedule of [purvey.WebhookDelay] is over. Every attempt
// is kept for a month, and any event of that time can be sent again.
//
// How a body looks and is signed belongs to the endpoint's dialect: it renders
// an event once, and seals the rendered payload afresh for each attempt.
//
// Addresses are the word of strangers. Unless the operator allows it, the
// server talks to public addresses only, checked as it dials (guard.go); it
// follows no redirect and takes no proxy.
//
// An endpoint whose attempts have all failed for three days gets its owner a
// warning, and after five days it is switched off ([Service.Check]). What
// waited then goes out when it is switched on again.
package webhook

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"purvey"
	"purvey/internal/keyring"
	"purvey/internal/store"
)

// Dialect is how a vendor's receivers are spoken to.
type Dialect interface {
	// Render writes an event as the dialect's payload. It is pure: the same
	// event gives the same bytes.
	Render(e purvey.Event) ([]byte, error)

	// Seal makes the body and the headers of one attempt. It does not change
	// the payload.
	Seal(payload []byte, id, secret string, at time.Time) (body []byte, h http.Header, err error)
}

// Delay is the wait after the n-th failed attempt (1 is the first); more is
// false when there is no other. The roll is in [0,1).
type Delay func(n int, roll float64) (wait time.Duration, more bool)

// Options of the service.
type Options struct {
	Dialects      map[string]Dialect // by the name in Endpoint.Dialect
	Delays        map[string]Delay   // by the same name; the others wait as purvey.WebhookDelay says
	AllowInsecure bool               // http:// and addresses that are not public
	Mail          bool               // a mail server is set: warnings leave the house

	// Listening gives the addresses this server listens on. A receiver there
	// is refused even if the address is a public one. It may be nil.
	Listening func() []netip.AddrPort
}

// Service keeps endpoints and sends what they are to be told.
type Service struct {
	db    *store.DB
	keys  *keyring.Keyring
	o     Options
	guard *guard
	http  *http.Transport
	wait  time.Duration // for an answer

	targets sync.Map // *target by endpoint id
}

// New makes the service.
func New(db *store.DB, keys *keyring.Keyring, o Options) *Service {
	g := newGuard(o.AllowInsecure, o.Listening)
	return &Service{db: db, keys: keys, o: o, guard: g, http: newTransport(g, &net.Resolver{PreferGo: true}), wait: purvey.WebhookTimeout}
}

// delay is that of a dialect.
func (s *Service) delay(dialect string) Delay {
	if d, ok := s.o.Delays[dialect]; ok {
		return d
	}
	return purvey.WebhookDelay
}

// secretPurpose is what endpoints' secrets are sealed for.
const secretPurpose = "webhook secret"
