package store

import (
	"context"
	"time"

	"purvey"
)

const messageColumns = `m.id, m.shop_id, m.mode, m.kind, m.state, m.recipient, m.locale, m.data, m.subject, m.body_text, m.body_html,
	m.order_id, m.error, m.attempts, m.created_at, m.sent_at`

func scanMessage(s scanner, m *purvey.Message) error {
	return s.Scan(&m.ID, &m.ShopID, &m.Mode, &m.Kind, &m.State, &m.To, &m.Locale, doc{&m.Data}, &m.Subject, &m.Text, &m.HTML,
		&m.OrderID, &m.Error, &m.Attempts, at{&m.CreatedAt}, at{&m.SentAt})
}

// Message gives a message of the scope.
func (q Queries) Message(ctx context.Context, scope purvey.Scope, id string) (purvey.Message, error) {
	return one(ctx, q, "message", `SELECT `+messageColumns+` FROM message m WHERE m.id = $1 AND m.shop_id = $2 AND m.mode = $3`,
		[]any{id, scope.ShopID, scope.Mode}, scanMessage)
}

// MessageByID gives a message of any shop, for the job that sends it.
func (q Queries) MessageByID(ctx context.Context, id string) (purvey.Message, error) {
	return one(ctx, q, "message", `SELECT `+messageColumns+` FROM message m WHERE m.id = $1`, []any{id}, scanMessage)
}

// MessageFilter narrows a list of messages.
type MessageFilter struct {
	OrderID string
	Kind    string
	State   string
	To      string // exact, any case
	Search  string // the beginning of an address, the name of an order, or part of the subject of a message that is of no order; any case
}

// and narrows the messages m. Where an index holds only some states or kinds,
// its condition is repeated in its very words.
func (f MessageFilter) and(w *where) {
	if f.OrderID != "" {
		// A planner that is left to itself reads all messages of the shop.
		w.and(`m.id IN (SELECT x.id FROM message x WHERE x.order_id = ? AND x.order_id <> '')`, f.OrderID)
	}
	switch purvey.MessageKind(f.Kind) {
	case "":
	case purvey.MailDelivery:
		w.and(`m.kind = ?`, f.Kind)
	default:
		w.and(`m.kind <> 'delivery' AND m.kind = ?`, f.Kind)
	}
	switch purvey.MessageState(f.State) {
	case "":
	case purvey.MessageQueued: // each has its job
		w.and(`m.state = ? AND m.id IN (SELECT j.key FROM job j WHERE j.kind = ?)`, f.State, purvey.JobSendMessage)
	default:
		w.and(`m.state <> 'queued' AND m.state = ?`, f.State)
	}
}

// Messages lists the scope's messages.
func (q Queries) Messages(ctx context.Context, scope purvey.Scope, f MessageFilter, p purvey.Page) (purvey.Listed[purvey.Message], error) {
	p = byID(p)
	w := newWhere(`m.shop_id = $1 AND m.mode = $2`, scope.ShopID, scope.Mode)
	if f.To != "" || f.Search != "" {
		ids, err := q.searchMessages(ctx, scope, f, p)
		if err != nil || len(ids) == 0 {
			return purvey.Listed[purvey.Message]{}, err
		}
		w.in(`m.id`, ids)
	} else {
		f.and(w)
	}
	text, args := w.list(`SELECT `+messageColumns+` FROM message m`, "m", p)
	items, err := collect(ctx, q, text, args, scanMessage)
	return listed(items, p), err
}

// InsertMessage writes a message; its id and time are set here. A queued one
// gets its job in the same transaction.
func (tx *Tx) InsertMessage(ctx context.Context, m *purvey.Message) error {
	m.ID, m.CreatedAt = tx.NewID(), tx.Now()
	_, err := tx.exec(ctx, `INSERT INTO message (id, shop_id, mode, kind, state, recipient, locale, data, subject, body_text, body_html, order_id,
		error, attempts, created_at, sent_at, search) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
		m.ID, m.ShopID, m.Mode, m.Kind, m.State, m.To, m.Locale, asJSON(m.Data), m.Subject, m.Text, m.HTML, m.OrderID,
		m.Error, m.Attempts, micros(m.CreatedAt), micros(m.SentAt), messageSearch(m))
	if err != nil || m.State != purvey.MessageQueued {
		return err
	}
	return tx.Enqueue(ctx, purvey.Job{Kind: purvey.JobSendMessage, Key: m.ID})
}

// UpdateMessage writes the outcome of an attempt to send.
func (tx *Tx) UpdateMessage(ctx context.Context, m *purvey.Message) error {
	_, err := tx.exec(ctx, `UPDATE message SET state = $2, subject = $3, body_text = $4, body_html = $5, error = $6, attempts = $7, sent_at = $8,
		search = CASE WHEN order_id = '' THEN $9 ELSE search END WHERE id = $1`,
		m.ID, m.State, m.Subject, m.Text, m.HTML, m.Error, m.Attempts, micros(m.SentAt), messageSearch(m))
	return err
}

// MessagesSince counts the messages of a kind that were made for an order
// after an instant.
func (q Queries) MessagesSince(ctx context.Context, orderID string, kind purvey.MessageKind, after time.Time) (int, error) {
	var n int
	err := q.row(ctx, `SELECT count(*) FROM message WHERE order_id = $1 AND order_id <> '' AND kind = $2 AND created_at > $3`,
		[]any{orderID, kind, micros(after)}, &n)
	return n, err
}
