package bigdd

import (
	"context"
	"net/http"
	"strings"
	"time"

	"purvey"
	"purvey/internal/webhook"
)

func (a *api) routesEndpoints() {
	const endpoints, one = "/public-api/v1/webhook-endpoints", "/public-api/v1/webhook-endpoints/{id}"
	a.read("GET "+endpoints, adminOnly, a.listEndpoints)
	a.write("POST "+endpoints, adminOnly, 64<<10, a.createEndpoint)
	a.read("GET "+one, adminOnly, a.showEndpoint)
	a.write("PATCH "+one, adminOnly, 64<<10, a.updateEndpoint)
	a.write("DELETE "+one, adminOnly, 0, a.deleteEndpoint)
	a.write("POST "+one+"/test", adminOnly, 4<<10, a.testEndpoint)
	a.read("GET "+one+"/deliveries", adminOnly, a.listDeliveries)
	a.write("POST "+one+"/replay", adminOnly, 4<<10, a.replayEndpoint)
	a.read("GET /public-api/v1/webhook-deliveries", adminOnly, a.listHistory)
	a.read("GET /public-api/v1/webhook-deliveries/{id}", adminOnly, a.showDelivery)
	a.write("POST /public-api/v1/webhook-deliveries/{id}/retry", adminOnly, 4<<10, a.retryDelivery)
}

type endpointWire struct {
	ID             string             `json:"id"`
	Name           string             `json:"name"`
	URL            string             `json:"url"`
	Dialect        string             `json:"dialect"` // whose form it is told in
	Events         []purvey.EventType `json:"events"`
	Enabled        bool               `json:"enabled"`
	DisabledReason *string            `json:"disabled_reason"`
	FailingSince   *string            `json:"failing_since"`
	CreatedAt      string             `json:"created_at"`
	UpdatedAt      string             `json:"updated_at"`
	Secret         string             `json:"secret,omitempty"` // only in the answer that made it
}

func wireEndpoint(p purvey.Endpoint) endpointWire {
	return endpointWire{
		ID: p.ID, Name: p.Name, URL: p.URL, Dialect: p.Dialect, Events: notNull(p.Events), Enabled: p.Enabled, DisabledReason: nullString(p.DisabledReason),
		FailingSince: nullTime(p.FailingSince), CreatedAt: wireTime(p.CreatedAt), UpdatedAt: wireTime(p.UpdatedAt),
	}
}

type webhookDeliveryWire struct {
	ID            string        `json:"id"`
	EndpointID    string        `json:"endpoint_id"`
	EventID       string        `json:"event_id"`
	EventType     string        `json:"event_type"`
	State         string        `json:"state"`
	Attempts      []attemptWire `json:"attempts"`
	NextAttemptAt *string       `json:"next_attempt_at"`
	CreatedAt     string        `json:"created_at"`
}

type attemptWire struct {
	At         string  `json:"at"`
	Status     *int    `json:"status"` // null: no answer came
	DurationMS int64   `json:"duration_ms"`
	Error      *string `json:"error"`
	Response   *string `json:"response"`
}

func wireWebhookDelivery(d purvey.WebhookDelivery) webhookDeliveryWire {
	w := webhookDeliveryWire{
		ID: d.ID, EndpointID: d.EndpointID, EventID: eventPrefix + d.EventID, EventType: string(d.EventType), State: d.State,
		Attempts: []attemptWire{}, NextAttemptAt: nullTime(d.NextAttemptAt), CreatedAt: wireTime(d.CreatedAt),
	}
	for _, t := range d.Attempts {
		row := attemptWire{At: wireTime(t.At), DurationMS: t.Duration.Milliseconds(), Error: nullString(t.Error)}
		if t.Status != 0 {
			row.Status, row.Response = &t.Status, &t.Response
		}
		w.Attempts = append(w.Attempts, row)
	}
	return w
}

func (a *api) listEndpoints(r *request) (any, error) {
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	dialect, err := r.enumParam("dialect", WebhookDialect, purvey.DialectPublicala, "any")
	if err != nil {
		return nil, err
	}
	switch dialect {
	case "":
		dialect = WebhookDialect
	case "any":
		dialect = ""
	}
	l, err := a.Webhooks.Endpoints(r.Context(), r.Scope(), dialect, p)
	if err != nil {
		return nil, err
	}
	return listOf(p, l, wireEndpoint, func(p purvey.Endpoint) (string, time.Time) { return p.ID, p.CreatedAt }), nil
}

func (a *api) showEndpoint(r *request) (any, error) {
	p, err := a.Webhooks.Endpoint(r.Context(), r.Scope(), r.PathValue("id"))
	return wireEndpoint(p), err
}

// createEndpoint serves BDD-46.
func (a *api) createEndpoint(ctx context.Context, r *request) (int, any, error) {
	var in struct {
		Name   string             `json:"name"`
		URL    string             `json:"url"`
		Events []purvey.EventType `json:"events"`
	}
	if err := r.decode(&in); err != nil {
		return 0, nil, err
	}
	p, err := a.Webhooks.Create(ctx, r.Scope(), purvey.Endpoint{Name: in.Name, URL: in.URL, Events: in.Events, Dialect: WebhookDialect})
	if err != nil {
		return 0, nil, err
	}
	out := wireEndpoint(p)
	out.Secret = p.Secret
	return http.StatusCreated, out, nil
}

func (a *api) updateEndpoint(ctx context.Context, r *request) (int, any, error) {
	var in struct {
		Name    *string             `json:"name"`
		URL     *string             `json:"url"`
		Events  *[]purvey.EventType `json:"events"`
		Enabled *bool               `json:"enabled"`
	}
	if err := r.decode(&in); err != nil {
		return 0, nil, err
	}
	if in.Name != nil || in.URL != nil || in.Events != nil {
		if err := a.own(ctx, r); err != nil {
			return 0, nil, err
		}
	}
	p, err := a.Webhooks.Update(ctx, r.Scope(), r.PathValue("id"), webhook.Change{Name: in.Name, URL: in.URL, Events: in.Events, Enabled: in.Enabled})
	return http.StatusOK, wireEndpoint(p), err
}

func (a *api) deleteEndpoint(ctx context.Context, r *request) (int, any, error) {
	if err := a.own(ctx, r); err != nil {
		return 0, nil, err
	}
	id := r.PathValue("id")
	return http.StatusOK, deleted{id, true}, a.Webhooks.Delete(ctx, r.Scope(), id)
}

// own refuses an endpoint that is as the settings say: changed here it would
// not be so any more.
func (a *api) own(ctx context.Context, r *request) error {
	p, err := a.Webhooks.Endpoint(ctx, r.Scope(), r.PathValue("id"))
	if err == nil && p.Dialect != WebhookDialect {
		err = purvey.Errorf(purvey.Conflict, "this endpoint follows the settings %[1]s.webhook_url and %[1]s.webhook_key; change those", p.Dialect)
	}
	return err
}

// testEndpoint serves BDD-47, as does listDeliveries.
func (a *api) testEndpoint(ctx context.Context, r *request) (int, any, error) {
	d, err := a.Webhooks.Test(ctx, r.Scope(), r.PathValue("id"))
	return http.StatusOK, wireWebhookDelivery(d), err
}

func (a *api) listDeliveries(r *request) (any, error) {
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	state, err := r.enumParam("state", purvey.DeliveryPending, purvey.DeliveryDelivered, purvey.DeliveryFailed)
	if err != nil {
		return nil, err
	}
	l, err := a.Webhooks.Deliveries(r.Context(), r.Scope(), r.PathValue("id"), state, p)
	if err != nil {
		return nil, err
	}
	return listOf(p, l, wireWebhookDelivery, func(d purvey.WebhookDelivery) (string, time.Time) { return d.ID, d.CreatedAt }), nil
}

// replayEndpoint has what happened since a time sent again. Everything of the
// last month is never meant by an empty body: without since only what was not
// delivered can be asked for.
func (a *api) replayEndpoint(ctx context.Context, r *request) (int, any, error) {
	var in struct {
		Since      *string `json:"since"`
		OnlyFailed bool    `json:"only_failed"`
	}
	if err := r.decodeOptional(&in); err != nil {
		return 0, nil, err
	}
	var since time.Time
	if in.Since != nil {
		var ok bool
		if since, ok = parseTime(*in.Since); !ok {
			return 0, nil, purvey.BadField("since", "must be an ISO 8601 time such as 2026-05-15T14:30:00Z")
		}
	} else if !in.OnlyFailed {
		return 0, nil, purvey.BadField("since", "is required unless only_failed is true")
	}
	n, err := a.Webhooks.Replay(ctx, r.Scope(), r.PathValue("id"), since, in.OnlyFailed)
	return http.StatusOK, struct {
		Replayed int64 `json:"replayed"`
	}{n}, err
}

func (a *api) retryDelivery(ctx context.Context, r *request) (int, any, error) {
	d, err := a.Webhooks.Retry(ctx, r.Scope(), r.PathValue("id"))
	return http.StatusOK, wireWebhookDelivery(d), err
}

// sentWire is a delivery with its endpoint, for lists of all endpoints.
type sentWire struct {
	webhookDeliveryWire
	Endpoint endpointNameWire `json:"endpoint"`
}

type endpointNameWire struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	URL  string `json:"url"`
}

func wireSent(d purvey.WebhookDelivery, p purvey.Endpoint) sentWire {
	return sentWire{wireWebhookDelivery(d), endpointNameWire{d.EndpointID, p.Name, p.URL}}
}

// listHistory lists the deliveries of every endpoint.
func (a *api) listHistory(r *request) (any, error) {
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	f := webhook.Filter{EndpointID: r.stringParam("endpoint_id")}
	if f.State, err = r.enumParam("state", purvey.DeliveryPending, purvey.DeliveryDelivered, purvey.DeliveryFailed); err != nil {
		return nil, err
	}
	var types []string
	for _, t := range append(purvey.SubscribableEvents(), purvey.EventTest) {
		types = append(types, string(t))
	}
	t, err := r.enumParam("event_type", types...)
	if err != nil {
		return nil, err
	}
	f.EventType = purvey.EventType(t)
	l, endpoints, err := a.Webhooks.History(r.Context(), r.Scope(), f, p)
	if err != nil {
		return nil, err
	}
	show := func(d purvey.WebhookDelivery) sentWire { return wireSent(d, endpoints[d.EndpointID]) }
	return listOf(p, l, show, func(d purvey.WebhookDelivery) (string, time.Time) { return d.ID, d.CreatedAt }), nil
}

// sentRequestWire is what the last attempt sent.
type sentRequestWire struct {
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

func (a *api) showDelivery(r *request) (any, error) {
	d, p, sent, err := a.Webhooks.Delivery(r.Context(), r.Scope(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	out := struct {
		sentWire
		Request *sentRequestWire `json:"request"` // null: nothing was sent yet
	}{sentWire: wireSent(d, p)}
	if sent != nil {
		out.Request = &sentRequestWire{URL: sent.URL, Headers: map[string]string{}, Body: string(sent.Body)}
		for name, values := range sent.Header {
			out.Request.Headers[name] = strings.Join(values, ", ")
		}
	}
	return out, nil
}
