package publicala

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"purvey"
	"purvey/internal/catalog"
	"purvey/internal/httpjson"
	"purvey/internal/jwt"
	"purvey/internal/order"
	"purvey/internal/shop"
)

// Webhooks writes and signs what this dialect's receivers are sent: a JWT that
// says "sale", fresh for each attempt, since it is good for five minutes. Of a
// payment that renewed an order the data says that it is a "renewal".
type Webhooks struct {
	Shops   *shop.Service
	Catalog *catalog.Service
	Orders  *order.Service
}

// WebhookDialect is the name of Webhooks in purvey.Endpoint.
const WebhookDialect = purvey.DialectPublicala

// WebhookEvents are the events that receivers are told: sales, and each
// payment that renews one.
func WebhookEvents() []purvey.EventType {
	return []purvey.EventType{purvey.EventOrderPurchased, purvey.EventOrderRenewed}
}

// webhookIssuer is the issuer of every token, as the vendor has it.
const webhookIssuer = "farfalla"

// webhookLife is how long a token is good.
const webhookLife = 5 * time.Minute

// WebhookDelay is the wait after the n-th failed attempt: twice the vendor's
// three hours, then longer ones of ours, ten attempts over more than three
// days in all.
func WebhookDelay(n int, roll float64) (time.Duration, bool) {
	waits := [...]time.Duration{3, 3, 6, 6, 12, 12, 12, 12, 12}
	if n < 1 || n > len(waits) {
		return 0, false
	}
	wait := waits[n-1] * time.Hour
	if n > 2 {
		wait += time.Duration(float64(wait) * 0.1 * roll)
	}
	return wait, true
}

// sold is what a token tells, without the claims that change from one attempt
// to the next.
type sold struct {
	Subject  string `json:"sub"`
	Audience string `json:"aud"`
	Data     any    `json:"data"`
}

// sale is the order of an event.
type sale struct {
	EventID  string       `json:"event_id"`
	Event    string       `json:"event"`
	Amount   *json.Number `json:"amount"`
	Currency *string      `json:"currency_id"`
	PaidAt   *string      `json:"paid_at"`
	orderWire
}

// renderTime bounds the reading of what a rendering needs.
const renderTime = 10 * time.Second

// Render writes what a token tells of an event. Serves PUB-34.
func (w Webhooks) Render(e purvey.Event) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), renderTime)
	defer cancel()
	store, err := w.Shops.ByID(ctx, e.ShopID)
	if err != nil {
		return nil, err
	}
	out := sold{Audience: store.Slug}
	switch {
	case e.Type == purvey.EventTest:
		out.Subject, out.Data = "test", map[string]string{"event_id": e.ID, "event": "test", "message": e.Data.Message}
	case (e.Type == purvey.EventOrderPurchased || e.Type == purvey.EventOrderRenewed && e.Data.Payment != nil) && e.Data.Order != nil:
		out.Subject = "sale"
		if out.Data, err = w.sale(ctx, store, e); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("no form for events of type %q", e.Type)
	}
	return httpjson.Encode(out), nil
}

func (w Webhooks) sale(ctx context.Context, of purvey.Shop, e purvey.Event) (sale, error) {
	o := *e.Data.Order
	o.UUID = purvey.UUIDOf(o.ID)
	o.Lines = append([]purvey.Line(nil), o.Lines...)
	for i := range o.Lines {
		if l := &o.Lines[i]; l.Status == purvey.LineUnpaid { // the event is told before the goods go
			l.Status = purvey.LineProcessing
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
	if err != nil {
		return sale{}, err
	}
	a := &api{Backend{Shops: w.Shops, Catalog: w.Catalog, Orders: w.Orders}}
	view, err := a.view(&request{req, purvey.Caller{Scope: purvey.Scope{ShopID: of.ID, Mode: o.Mode}, Shop: of}}, o)
	if err != nil {
		return sale{}, err
	}
	for i := range view.Products {
		view.Products[i].ReaderURL = "" // addresses would have ended before the last attempt
	}
	out := sale{EventID: e.ID, Event: "sale", Amount: money(o.TotalCents), Currency: orNull(o.Currency), orderWire: view}
	if p := e.Data.Payment; p != nil {
		out.Event, out.Amount, o.PaidAt = "renewal", money(p.AmountCents), p.PaidAt
	}
	if !o.PaidAt.IsZero() {
		out.PaidAt = orNull(o.PaidAt.UTC().Format(time.RFC3339))
	}
	return out, nil
}

// Seal makes the token of one attempt.
func (Webhooks) Seal(payload []byte, _, secret string, at time.Time) ([]byte, http.Header, error) {
	var told struct {
		Subject  string          `json:"sub"`
		Audience string          `json:"aud"`
		Data     json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(payload, &told); err != nil {
		return nil, nil, err
	}
	token, err := jwt.Sign([]byte(secret), struct {
		Issuer   string          `json:"iss"`
		Subject  string          `json:"sub"`
		Audience string          `json:"aud"`
		IssuedAt int64           `json:"iat"`
		Expires  int64           `json:"exp"`
		ID       string          `json:"jti"`
		Data     json.RawMessage `json:"data"`
	}{webhookIssuer, told.Subject, told.Audience, at.Unix(), at.Add(webhookLife).Unix(), purvey.Secret(24), told.Data})
	if err != nil {
		return nil, nil, err
	}
	body := httpjson.Encode(map[string]any{"json": map[string]string{"token_type": "jwt", "token": token}})
	return body, http.Header{"Content-Type": {"application/json"}, "User-Agent": {"Purvey-Webhooks/1"}}, nil
}

// WatchSettings keeps a shop's endpoint as its settings say; it is to be told
// of every change of them. Only live sales are told.
func WatchSettings(keep func(ctx context.Context, scope purvey.Scope, p purvey.Endpoint) error) shop.Watcher {
	return func(ctx context.Context, of purvey.Shop, secret func(name string) (string, error)) error {
		key, err := secret(shop.SecretPublicalaWebhook)
		if err != nil {
			return err
		}
		err = keep(ctx, purvey.Scope{ShopID: of.ID, Mode: purvey.Live}, purvey.Endpoint{
			Name: "Publica.la", URL: of.Settings.Publicala.WebhookURL, Events: WebhookEvents(), Dialect: WebhookDialect, Secret: key,
		})
		var e *purvey.Error
		if !errors.As(err, &e) || e.Kind != purvey.Invalid || len(e.Fields) == 0 {
			return err
		}
		return &purvey.Error{Kind: purvey.Invalid, Detail: "publicala.webhook_" + e.Detail, Fields: []purvey.Field{{
			Name: "publicala.webhook_url", Message: e.Fields[0].Message,
		}}}
	}
}
