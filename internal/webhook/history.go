package webhook

import (
	"bytes"
	"context"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"purvey"
	"purvey/internal/store"
)

// Filter narrows the history of what was sent.
type Filter = store.DeliveryFilter

// History lists what was sent, or is to be sent, to the scope's endpoints, with
// the endpoints by their ids, without their secrets.
func (s *Service) History(ctx context.Context, scope purvey.Scope, f Filter, p purvey.Page) (purvey.Listed[purvey.WebhookDelivery], map[string]purvey.Endpoint, error) {
	if f.EndpointID != "" {
		if _, err := s.db.Endpoint(ctx, scope, f.EndpointID); err != nil {
			return purvey.Listed[purvey.WebhookDelivery]{}, nil, err
		}
	}
	l, err := s.db.Deliveries(ctx, scope, f, p)
	if err != nil {
		return l, nil, err
	}
	ids := make([]string, len(l.Items))
	for i, d := range l.Items {
		ids[i] = d.EndpointID
	}
	slices.Sort(ids)
	endpoints, err := s.db.EndpointsByID(ctx, scope, slices.Compact(ids))
	for id, e := range endpoints {
		e.Secret = ""
		endpoints[id] = e
	}
	return l, endpoints, err
}

// Delivery gives one delivery, its endpoint without the secret, and what its
// last attempt sent: nil before the first. When the endpoint has another secret
// by now, what the old one signed can't be made again: headers and body are
// given as far as they do not depend on it.
func (s *Service) Delivery(ctx context.Context, scope purvey.Scope, id string) (purvey.WebhookDelivery, purvey.Endpoint, *purvey.SentRequest, error) {
	d, err := s.db.WebhookDelivery(ctx, scope, id)
	if err != nil {
		return d, purvey.Endpoint{}, nil, err
	}
	p, err := s.db.Endpoint(ctx, scope, d.EndpointID)
	if err != nil {
		return d, p, nil, err
	}
	sealed := p.Secret
	p.Secret = ""
	if len(d.Attempts) == 0 {
		return d, p, nil, nil
	}
	out, err := s.db.OutgoingWebhook(ctx, id, p.Dialect)
	if err != nil {
		return d, p, nil, err
	}
	dialect, ok := s.o.Dialects[p.Dialect]
	if !ok {
		return d, p, nil, nil
	}
	if len(out.Payload) == 0 {
		if out.Payload, err = s.render(ctx, dialect, d.EventID); err != nil {
			return d, p, nil, err
		}
	}
	secret, err := s.keys.Unseal(secretPurpose, sealed)
	last := d.Attempts[len(d.Attempts)-1]
	known := err == nil && (last.Secret == "" || last.Secret == s.mark(secret))
	sent, err := sealedAgain(dialect, out.Payload, d.EventID, secret, last.At, known)
	if err != nil {
		return d, p, nil, err
	}
	if sent.URL = last.URL; sent.URL == "" {
		sent.URL = p.URL
	}
	if u, err := url.Parse(sent.URL); err == nil {
		sent.Header["Host"] = []string{u.Host}
	}
	sent.Header["Content-Length"] = []string{strconv.Itoa(len(sent.Body))}
	return d, p, sent, nil
}

// sealedAgain makes the request of an attempt once more. Without the secret it
// keeps what two others would both make.
func sealedAgain(dialect Dialect, payload []byte, eventID, secret string, at time.Time, known bool) (*purvey.SentRequest, error) {
	if known {
		body, header, err := dialect.Seal(payload, eventID, secret, at)
		if err != nil {
			return nil, err
		}
		return &purvey.SentRequest{Header: header, Body: body}, nil
	}
	body, header, err := dialect.Seal(payload, eventID, newSecret(), at)
	if err != nil {
		return nil, err
	}
	other, others, err := dialect.Seal(payload, eventID, newSecret(), at)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(body, other) {
		body = payload
	}
	kept := http.Header{}
	for name, values := range header {
		if slices.Equal(values, others[name]) {
			kept[name] = values
		}
	}
	return &purvey.SentRequest{Header: kept, Body: body}, nil
}

// mark tells one secret from another, and nothing else of them.
func (s *Service) mark(secret string) string {
	return hex.EncodeToString(s.keys.MAC("webhook secret mark", []byte(secret))[:6])
}
