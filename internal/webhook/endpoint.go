package webhook

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"slices"
	"strings"
	"unicode/utf8"

	"purvey"
	"purvey/internal/store"
)

// Bounds of endpoints.
const (
	MaxEndpoints = 2000 // in one shop and mode
	maxName      = 120  // characters
)

// Endpoint gives one endpoint, without its secret.
func (s *Service) Endpoint(ctx context.Context, scope purvey.Scope, id string) (purvey.Endpoint, error) {
	p, err := s.db.Endpoint(ctx, scope, id)
	p.Secret = ""
	return p, err
}

// Endpoints lists the endpoints of a dialect, or all for "", without their
// secrets.
func (s *Service) Endpoints(ctx context.Context, scope purvey.Scope, dialect string, p purvey.Page) (purvey.Listed[purvey.Endpoint], error) {
	l, err := s.db.Endpoints(ctx, scope, dialect, p)
	for i := range l.Items {
		l.Items[i].Secret = ""
	}
	return l, err
}

// Create makes an enabled endpoint of Name, URL, Events and Dialect. Only its
// answer holds the secret. An endpoint that comes with a Secret keeps it.
func (s *Service) Create(ctx context.Context, scope purvey.Scope, p purvey.Endpoint) (purvey.Endpoint, error) {
	p.ShopID, p.Mode, p.Enabled, p.DisabledReason = scope.ShopID, scope.Mode, true, ""
	if err := s.check(&p); err != nil {
		return p, err
	}
	secret := p.Secret
	if secret == "" {
		secret = newSecret()
	}
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.Lock(ctx, "endpoints "+scope.ShopID+" "+string(scope.Mode)); err != nil {
			return err
		}
		n, err := tx.CountEndpoints(ctx, scope)
		if err != nil {
			return err
		}
		if n >= MaxEndpoints {
			return purvey.Errorf(purvey.Conflict, "there are %d webhook endpoints already, the most there can be", n)
		}
		p.Secret = s.keys.Seal(secretPurpose, secret)
		if err := tx.InsertEndpoint(ctx, &p); err != nil {
			return err
		}
		return audit(ctx, tx, "endpoint.created", nil, fields(p), p)
	})
	p.Secret = secret
	return p, err
}

// newSecret is whsec_ and the base64 of 32 random bytes.
func newSecret() string {
	var b [32]byte
	rand.Read(b[:])
	return "whsec_" + base64.StdEncoding.EncodeToString(b[:])
}

// check trims and checks what an owner may choose.
func (s *Service) check(p *purvey.Endpoint) error {
	var c purvey.Checker
	p.Name = strings.TrimSpace(p.Name)
	c.Require(p.Name != "", "name", "is required")
	c.Require(utf8.RuneCountInString(p.Name) <= maxName, "name", "must be at most %d characters", maxName)
	if p.URL = strings.TrimSpace(p.URL); p.URL == "" {
		c.Require(false, "url", "is required")
	} else if why := s.guard.checkURL(p.URL); why != "" {
		c.Require(false, "url", "%s", why)
	}
	var events []purvey.EventType
	for _, t := range p.Events {
		c.Require(slices.Contains(purvey.SubscribableEvents(), t), "events", "has no type %q", string(t))
		if !slices.Contains(events, t) {
			events = append(events, t)
		}
	}
	p.Events = events
	c.Require(len(events) > 0, "events", "must name at least one type of event")
	return c.Err()
}

// Change is what of an endpoint is to be changed; nil leaves a field alone.
type Change struct {
	Name    *string
	URL     *string
	Events  *[]purvey.EventType
	Enabled *bool
}

// Update changes an endpoint. Switching it on forgets that it failed, and has
// what waited for it sent.
func (s *Service) Update(ctx context.Context, scope purvey.Scope, id string, ch Change) (purvey.Endpoint, error) {
	var p purvey.Endpoint
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		var err error
		if p, err = tx.Endpoint(ctx, scope, id); err != nil {
			return err
		}
		before := fields(p)
		if ch.Name != nil {
			p.Name = *ch.Name
		}
		if ch.URL != nil {
			p.URL = *ch.URL
		}
		if ch.Events != nil {
			p.Events = *ch.Events
		}
		// What was allowed when it was stored need not be now; a change of
		// another field must not fail for it.
		unchanged := ch.Name == nil && ch.URL == nil && ch.Events == nil
		if err := s.check(&p); err != nil && !unchanged {
			return err
		}
		if err := s.toggle(ctx, tx, &p, ch.Enabled); err != nil {
			return err
		}
		s.forget(tx, id)
		if err := tx.UpdateEndpoint(ctx, &p); err != nil {
			return err
		}
		return audit(ctx, tx, "endpoint.updated", before, fields(p), p)
	})
	p.Secret = ""
	return p, err
}

func (s *Service) toggle(ctx context.Context, tx *store.Tx, p *purvey.Endpoint, enabled *bool) error {
	switch {
	case enabled == nil:
	case !*enabled && p.Enabled:
		p.Enabled, p.DisabledReason = false, "switched off by its owner"
	case *enabled:
		was := p.Enabled
		p.Enabled, p.DisabledReason = true, ""
		p.FailingSince, p.WarnedAt = zero, zero
		if !was {
			return s.enqueueReplay(ctx, tx, replay{EndpointID: p.ID, Waiting: true, Before: justAfter(tx.Now())})
		}
	}
	return nil
}

// Delete removes an endpoint; nothing is sent to it any more.
func (s *Service) Delete(ctx context.Context, scope purvey.Scope, id string) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		p, err := tx.Endpoint(ctx, scope, id)
		if err != nil {
			return err
		}
		return s.remove(ctx, tx, p)
	})
}

// remove deletes an endpoint.
func (s *Service) remove(ctx context.Context, tx *store.Tx, p purvey.Endpoint) error {
	s.forget(tx, p.ID)
	if err := tx.DeleteEndpoint(ctx, p.ID); err != nil {
		return err
	}
	return audit(ctx, tx, "endpoint.deleted", fields(p), nil, p)
}

// Test has an event of type webhook.test sent to one endpoint, whatever it
// asked for, and gives its delivery.
func (s *Service) Test(ctx context.Context, scope purvey.Scope, id string) (purvey.WebhookDelivery, error) {
	var d purvey.WebhookDelivery
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		p, err := tx.Endpoint(ctx, scope, id)
		if err != nil {
			return err
		}
		if err := enabled(p); err != nil {
			return err
		}
		d, err = tx.EmitTo(ctx, p, purvey.EventTest, purvey.EventData{Message: "This is a test of the webhook endpoint " + p.Name + "."})
		if err != nil {
			return err
		}
		return audit(ctx, tx, "endpoint.tested", nil, purvey.AuditFields{"delivery_id": d.ID}, p)
	})
	return d, err
}

func enabled(p purvey.Endpoint) error {
	if !p.Enabled {
		return purvey.Errorf(purvey.Conflict, "the webhook endpoint is switched off: %s", p.DisabledReason)
	}
	return nil
}
