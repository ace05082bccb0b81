package bigdd

import (
	"context"
	"html"
	"io"
	"net/http"
	"time"

	"purvey"
	"purvey/internal/mail"
)

func (a *api) routesMessages() {
	a.read("GET /public-api/v1/messages", anyRole, a.listMessages)
	a.read("GET /public-api/v1/messages/{id}", anyRole, a.showMessage)
	a.raw("GET /public-api/v1/messages/{id}/preview", anyRole, a.previewMessage)
	a.write("POST /public-api/v1/messages/{id}/resend", anyRole, 4<<10, a.resendMessage)
}

type messageWire struct {
	ID        string  `json:"id"`
	Kind      string  `json:"kind"`
	State     string  `json:"state"`
	To        string  `json:"to"`
	Subject   string  `json:"subject"`
	Text      string  `json:"text"`
	HTML      string  `json:"html"`
	OrderID   *string `json:"order_id"`
	Error     *string `json:"error"`
	CreatedAt string  `json:"created_at"`
	SentAt    *string `json:"sent_at"`
}

func wireMessage(m purvey.Message) messageWire {
	return messageWire{
		ID: m.ID, Kind: string(m.Kind), State: string(m.State), To: m.To, Subject: m.Subject, Text: m.Text, HTML: m.HTML,
		OrderID: nullString(m.OrderID), Error: nullString(m.Error), CreatedAt: wireTime(m.CreatedAt), SentAt: nullTime(m.SentAt),
	}
}

func (a *api) listMessages(r *request) (any, error) {
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	var f mail.Filter
	f.OrderID = r.stringParam("order_id")
	f.Kind = r.stringParam("kind")
	if f.State, err = r.enumParam("state", "kept", "queued", "sent", "deferred", "failed"); err != nil {
		return nil, err
	}
	f.To = r.stringParam("to")
	if f.Search, err = r.searchText("search"); err != nil {
		return nil, err
	}
	messages, err := a.Mail.Messages(r.Context(), r.Scope(), f, p)
	if err != nil {
		return nil, err
	}
	return listOf(p, messages, wireMessage, func(m purvey.Message) (string, time.Time) { return m.ID, m.CreatedAt }), nil
}

func (a *api) showMessage(r *request) (any, error) {
	m, err := a.Mail.Message(r.Context(), r.Scope(), r.PathValue("id"))
	return wireMessage(m), err
}

// previewPolicy lets a mail show itself and nothing else: no script, no form, no
// frame but one of our own pages. Its links open beside it.
const previewPolicy = "default-src 'none'; img-src https: http: data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; " +
	"frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"

// previewMessage gives the HTML of a message as a page.
func (a *api) previewMessage(w http.ResponseWriter, r *request) error {
	m, err := a.Mail.Message(r.Context(), r.Scope(), r.PathValue("id"))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", previewPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "private, no-store")
	page := m.HTML
	if page == "" {
		page = "<!doctype html><title>" + html.EscapeString(m.Subject) + "</title><pre>" + html.EscapeString(m.Text) + "</pre>"
	}
	_, _ = io.WriteString(w, page) // whoever has gone needs no answer
	return nil
}

func (a *api) resendMessage(ctx context.Context, r *request) (int, any, error) {
	var in struct {
		To string `json:"to"`
	}
	if err := r.decodeOptional(&in); err != nil {
		return 0, nil, err
	}
	m, err := a.Orders.ResendMessage(ctx, r.Scope(), r.PathValue("id"), in.To)
	if err != nil {
		return 0, nil, err
	}
	m, err = a.Mail.Message(ctx, r.Scope(), m.ID)
	return http.StatusCreated, wireMessage(m), err
}
