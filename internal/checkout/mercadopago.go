package checkout

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"purvey"
)

// mercadoPagoBase is the vendor's own API.
const mercadoPagoBase = "https://api.mercadopago.com"

// maxAnswer bounds what is read of a gateway's answer, in bytes.
const maxAnswer = 4 << 20

// mercadoPago takes payments through Checkout Pro.
type mercadoPago struct {
	client *http.Client
	base   string
	token  string
	secret string // of notifications
	now    func() time.Time
}

func newMercadoPago(client *http.Client, base, token, secret string, now func() time.Time) *mercadoPago {
	if base == "" {
		base = mercadoPagoBase
	}
	return &mercadoPago{client, strings.TrimSuffix(base, "/"), token, secret, now}
}

// call makes a request and reads its answer, JSON, into out.
func (g *mercadoPago) call(ctx context.Context, method, path, once string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, g.base+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+g.token)
	req.Header.Set("Content-Type", "application/json")
	if once != "" {
		req.Header.Set("X-Idempotency-Key", once)
	}
	res, err := g.client.Do(req)
	if err != nil {
		return unavailable(MercadoPago, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	switch {
	case err != nil:
		return unavailable(MercadoPago, err)
	case res.StatusCode == http.StatusNotFound:
		return purvey.Missing("payment")
	case res.StatusCode < 200 || res.StatusCode > 299:
		return unavailable(MercadoPago, fmt.Errorf("%s: %w", method, refused(res.StatusCode)))
	}
	if err := json.Unmarshal(b, out); err != nil {
		return unavailable(MercadoPago, err)
	}
	return nil
}

type preferenceItem struct {
	ID       string      `json:"id"`
	Title    string      `json:"title"`
	Quantity int         `json:"quantity"`
	Price    json.Number `json:"unit_price"`
	Currency string      `json:"currency_id"`
}

type backURLs struct {
	Success string `json:"success"`
	Pending string `json:"pending"`
	Failure string `json:"failure"`
}

type payer struct {
	Email string `json:"email"`
}

func (g *mercadoPago) begin(ctx context.Context, o offer) (string, string, error) {
	if o.months > 0 {
		return g.beginPlan(ctx, o)
	}
	in := struct {
		Items     []preferenceItem `json:"items"`
		Payer     *payer           `json:"payer,omitempty"`
		Reference string           `json:"external_reference"`
		Back      backURLs         `json:"back_urls"`
		Return    string           `json:"auto_return"`
		Notify    string           `json:"notification_url"`
		Expires   bool             `json:"expires"`
		Until     string           `json:"expiration_date_to"`
	}{
		Items: []preferenceItem{{
			ID: o.order.UUID, Title: o.title, Quantity: 1, Price: json.Number(purvey.FormatCents(o.order.TotalCents)), Currency: o.order.Currency,
		}},
		Reference: o.order.UUID, Back: backURLs{o.success, o.success, o.canceled}, Return: "approved", Notify: o.notify,
		Expires: true, Until: mercadoPagoTime(o.expires),
	}
	if o.order.Customer.Email != "" {
		in.Payer = &payer{o.order.Customer.Email}
	}
	var out struct {
		ID  string `json:"id"`
		URL string `json:"init_point"`
	}
	if err := g.call(ctx, http.MethodPost, "/checkout/preferences", o.id, in, &out); err != nil {
		return "", "", err
	}
	if out.ID == "" || !strings.HasPrefix(out.URL, "http") {
		return "", "", unavailable(MercadoPago, fmt.Errorf("the preference has no address"))
	}
	return out.ID, out.URL, nil
}

func mercadoPagoTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000-07:00") }

// mercadoPayment is what is read of a payment.
type mercadoPayment struct {
	ID        json.Number `json:"id"`
	Status    string      `json:"status"`
	Detail    string      `json:"status_detail"`
	Reference string      `json:"external_reference"`
	Amount    json.Number `json:"transaction_amount"`
	Currency  string      `json:"currency_id"`
}

// told is what a payment tells of its order.
func (p mercadoPayment) told() told {
	return told{order: p.Reference, after: p.Status == "refunded" || p.Status == "charged_back" || p.Status == "in_mediation"}
}

func (g *mercadoPago) ask(ctx context.Context, o purvey.Order, p purvey.Payment) (standing, error) {
	if p.Months > 0 {
		return g.askPlan(ctx, o, p)
	}
	found, err := g.payments(ctx, o)
	if err != nil {
		return standing{}, err
	}
	out := standing{state: purvey.PaymentOpen}
	for _, x := range found {
		switch x.Status {
		case "approved":
			if cents, ok := purvey.ParseCents(x.Amount.String()); !ok || cents != o.TotalCents || x.Currency != o.Currency {
				return standing{}, wrongAmount(MercadoPago, x.ID.String(), o)
			}
			return standing{state: purvey.PaymentPaid}, nil
		case "pending", "in_process", "authorized":
			out.state = purvey.PaymentPending
		}
	}
	return out, nil // a refused try ends nothing: the customer may try again
}

// payments gives those of an order, the newest first.
func (g *mercadoPago) payments(ctx context.Context, o purvey.Order) ([]mercadoPayment, error) {
	var found struct {
		Results []mercadoPayment `json:"results"`
	}
	q := url.Values{"external_reference": {o.UUID}, "sort": {"date_created"}, "criteria": {"desc"}, "limit": {"50"}}
	err := g.call(ctx, http.MethodGet, "/v1/payments/search?"+q.Encode(), "", nil, &found)
	return slices.DeleteFunc(found.Results, func(x mercadoPayment) bool { return x.Reference != o.UUID }), err
}

func (g *mercadoPago) after(ctx context.Context, o purvey.Order, p purvey.Payment) (aftermath, error) {
	var out aftermath
	if p.Kind != purvey.PaymentFirst {
		return out, nil // the order's payments are all found by the first
	}
	found, err := g.payments(ctx, o)
	for _, x := range found {
		switch {
		case x.Status == "refunded":
			out.refunded = true
		case x.Status == "charged_back" && x.Detail == "settled":
			out.lost = true
		case x.Status == "charged_back" && x.Detail == "reimbursed": // won
		case x.Status == "charged_back", x.Status == "in_mediation":
			out.disputed = true
		}
	}
	return out, err
}

func (g *mercadoPago) known() bool { return g.token != "" }

// mostFound is how many payments are paged through for one span of time; a
// search gives no more than a few thousand.
const mostFound = 1000

// changed looks through the payments that were changed, in pieces of time that
// are small enough to be paged through.
func (g *mercadoPago) changed(ctx context.Context, from, to time.Time) ([]told, error) {
	const piece = 100
	var list []told
	for offset := 0; ; {
		var found struct {
			Results []mercadoPayment `json:"results"`
			Paging  struct {
				Total int `json:"total"`
			} `json:"paging"`
		}
		q := url.Values{
			"range": {"date_last_updated"}, "begin_date": {mercadoPagoTime(from)}, "end_date": {mercadoPagoTime(to)}, "sort": {"date_last_updated"},
			"criteria": {"asc"}, "limit": {strconv.Itoa(piece)}, "offset": {strconv.Itoa(offset)},
		}
		if err := g.call(ctx, http.MethodGet, "/v1/payments/search?"+q.Encode(), "", nil, &found); err != nil {
			return nil, err
		}
		if half := to.Sub(from) / 2; offset == 0 && found.Paging.Total > mostFound && half >= time.Second {
			before, err := g.changed(ctx, from, from.Add(half))
			if err != nil {
				return nil, err
			}
			after, err := g.changed(ctx, from.Add(half), to)
			return append(before, after...), err
		}
		for _, p := range found.Results {
			if about := p.told(); about.after && about.order != "" {
				list = append(list, about)
			}
		}
		n := len(found.Results)
		if offset += n; n == 0 || n < piece && offset >= found.Paging.Total {
			return list, nil
		}
	}
}

func (g *mercadoPago) end(ctx context.Context, p purvey.Payment) error {
	if p.Months > 0 {
		return g.steer(ctx, p.Reference, purvey.SubscriptionEnded)
	}
	in := map[string]any{"expires": true, "expiration_date_to": mercadoPagoTime(g.now())}
	var out struct{}
	return g.call(ctx, http.MethodPut, "/checkout/preferences/"+url.PathEscape(p.Reference), "", in, &out)
}

// notice checks x-signature: an HMAC over the payment's id, the request's id
// and the time, as they stand in query and headers.
func (g *mercadoPago) notice(ctx context.Context, n Notification) (told, error) {
	var ts, signature string
	for pair := range strings.SplitSeq(n.Header.Get("X-Signature"), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		switch strings.TrimSpace(name) {
		case "ts":
			ts = strings.TrimSpace(value)
		case "v1":
			signature = strings.TrimSpace(value)
		}
	}
	id := strings.ToLower(n.Query.Get("data.id"))
	var manifest strings.Builder
	for _, part := range [][2]string{{"id", id}, {"request-id", n.Header.Get("X-Request-Id")}, {"ts", ts}} {
		if part[1] != "" { // what is missing is left out
			manifest.WriteString(part[0] + ":" + part[1] + ";")
		}
	}
	mac, err := hex.DecodeString(signature)
	m := hmac.New(sha256.New, []byte(g.secret))
	m.Write([]byte(manifest.String()))
	if g.secret == "" || err != nil || !hmac.Equal(mac, m.Sum(nil)) || !near(ts, time.Millisecond, g.now()) && !near(ts, time.Second, g.now()) {
		return told{}, errSignature
	}
	kind := n.Query.Get("type")
	if kind == "" {
		kind = n.Query.Get("topic")
	}
	if id == "" {
		return told{}, nil
	}
	switch kind {
	case "payment":
		var p mercadoPayment
		err := g.call(ctx, http.MethodGet, "/v1/payments/"+url.PathEscape(id), "", nil, &p)
		return p.told(), err
	case "subscription_authorized_payment":
		var p planPayment
		err := g.call(ctx, http.MethodGet, "/authorized_payments/"+url.PathEscape(id), "", nil, &p)
		return told{order: p.Reference, subscription: p.Plan}, err
	case "subscription_preapproval":
		var p plan
		err := g.call(ctx, http.MethodGet, "/preapproval/"+url.PathEscape(id), "", nil, &p)
		return told{order: p.Reference, subscription: p.ID}, err
	}
	return told{}, nil
}

// near tells whether a UNIX time, counted in the unit, is about now.
func near(text string, unit time.Duration, now time.Time) bool {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > int64(1<<62)/int64(unit) {
		return false
	}
	age := now.Sub(time.Unix(0, 0).Add(time.Duration(n) * unit))
	return age < tolerance && age > -tolerance
}
