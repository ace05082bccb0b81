package bigdd

import (
	"time"

	"purvey"
	"purvey/internal/mail"
)

func (a *api) routesMessages() {
	a.read("GET /public-api/v1/messages", anyRole, a.listMessages)
	a.read("GET /public-api/v1/messages/{id}", anyRole, a.showMessage)
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
