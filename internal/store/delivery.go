package store

import (
	"context"
	"fmt"
	"time"

	"purvey"
)

const webhookDeliveryColumns = `d.id, d.shop_id, d.mode, d.endpoint_id, d.event_id, d.event_type, d.state, d.attempt_count, d.attempts,
	d.next_attempt_at, d.created_at, d.updated_at`

func scanWebhookDelivery(s scanner, d *purvey.WebhookDelivery) error {
	return s.Scan(&d.ID, &d.ShopID, &d.Mode, &d.EndpointID, &d.EventID, &d.EventType, &d.State, &d.AttemptCount, doc{&d.Attempts},
		at{&d.NextAttemptAt}, at{&d.CreatedAt}, at{&d.UpdatedAt})
}

// InsertDelivery has an endpoint told of an event, once: if a delivery of the
// two exists, nothing changes and it is given.
func (tx *Tx) InsertDelivery(ctx context.Context, endpointID string, e purvey.Event) (purvey.WebhookDelivery, error) {
	now := tx.Now()
	d := purvey.WebhookDelivery{
		ID: tx.NewID(), ShopID: e.ShopID, Mode: e.Mode, EndpointID: endpointID, EventID: e.ID, EventType: e.Type,
		State: purvey.DeliveryPending, NextAttemptAt: now, CreatedAt: now, UpdatedAt: now,
	}
	n, err := tx.exec(ctx, `INSERT INTO webhook_delivery (id, shop_id, mode, endpoint_id, event_id, event_type, state, payload, attempt_count,
			attempts, next_attempt_at, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, 'pending', '', 0, '', $7, $7, $7)
		ON CONFLICT (endpoint_id, event_id) DO NOTHING`,
		d.ID, d.ShopID, d.Mode, d.EndpointID, d.EventID, d.EventType, micros(now))
	if err != nil {
		return d, err
	}
	if n == 0 {
		return one(ctx, tx.Queries, "webhook delivery", `SELECT `+webhookDeliveryColumns+` FROM webhook_delivery d
			WHERE d.endpoint_id = $1 AND d.event_id = $2`, []any{endpointID, e.ID}, scanWebhookDelivery)
	}
	return d, tx.Enqueue(ctx, purvey.Job{Kind: purvey.JobSendWebhook, Key: d.ID, Lane: endpointID})
}

// WebhookDelivery gives a delivery of the scope.
func (q Queries) WebhookDelivery(ctx context.Context, scope purvey.Scope, id string) (purvey.WebhookDelivery, error) {
	return one(ctx, q, "webhook delivery", `SELECT `+webhookDeliveryColumns+` FROM webhook_delivery d
		WHERE d.id = $1 AND d.shop_id = $2 AND d.mode = $3`, []any{id, scope.ShopID, scope.Mode}, scanWebhookDelivery)
}

// WebhookDeliveries lists an endpoint's deliveries, of one state or all.
func (q Queries) WebhookDeliveries(ctx context.Context, endpointID, state string, p purvey.Page) (purvey.Listed[purvey.WebhookDelivery], error) {
	w := newWhere(`d.endpoint_id = $1`, endpointID)
	switch state {
	case purvey.DeliveryPending, purvey.DeliveryFailed: // literals, which the partial index asks for
		w.and(`d.state <> 'delivered' AND d.state = '` + state + `'`)
	case purvey.DeliveryDelivered:
		w.and(`d.state = 'delivered'`)
	}
	text, args := w.list(`SELECT `+webhookDeliveryColumns+` FROM webhook_delivery d`, "d", p)
	items, err := collect(ctx, q, text, args, scanWebhookDelivery)
	return listed(items, p), err
}

// OutgoingWebhook is all that one attempt needs. The event's data is there
// only while the payload is not.
type OutgoingWebhook struct {
	purvey.WebhookDelivery
	Payload  string // as rendered for the first attempt; "" before
	Endpoint purvey.Endpoint
	Event    purvey.Event
}

// OutgoingWebhook gives a delivery of any shop with its endpoint and event.
func (q Queries) OutgoingWebhook(ctx context.Context, id string) (OutgoingWebhook, error) {
	return one(ctx, q, "webhook delivery", `SELECT d.payload, v.created_at, v.order_id, CASE WHEN d.payload = '' THEN v.data ELSE '' END,
			d.id, d.shop_id, d.mode, d.endpoint_id, d.event_id, d.event_type, d.state, d.attempt_count, d.attempts, d.created_at,
			e.url, e.dialect, e.secret, e.enabled
		FROM webhook_delivery d JOIN endpoint e ON e.id = d.endpoint_id JOIN event v ON v.id = d.event_id WHERE d.id = $1`, []any{id},
		func(s scanner, o *OutgoingWebhook) error {
			d, p, v := &o.WebhookDelivery, &o.Endpoint, &o.Event
			err := s.Scan(&o.Payload, at{&v.CreatedAt}, &v.OrderID, doc{&v.Data},
				&d.ID, &d.ShopID, &d.Mode, &d.EndpointID, &d.EventID, &d.EventType, &d.State, &d.AttemptCount, doc{&d.Attempts}, at{&d.CreatedAt},
				&p.URL, &p.Dialect, &p.Secret, &p.Enabled)
			p.ID, p.ShopID, p.Mode = d.EndpointID, d.ShopID, d.Mode
			v.ID, v.ShopID, v.Mode, v.Type = d.EventID, d.ShopID, d.Mode, d.EventType
			return err
		})
}

// RecordAttempt writes how a delivery stands after an attempt.
func (tx *Tx) RecordAttempt(ctx context.Context, d purvey.WebhookDelivery, payload string) error {
	_, err := tx.exec(ctx, `UPDATE webhook_delivery SET state = $2, payload = $3, attempt_count = $4, attempts = $5, next_attempt_at = $6,
		updated_at = $7 WHERE id = $1`, d.ID, d.State, payload, d.AttemptCount, asJSON(d.Attempts), micros(d.NextAttemptAt), micros(tx.Now()))
	return err
}

// HoldDelivery notes that a pending delivery waits for its endpoint to be
// switched on.
func (tx *Tx) HoldDelivery(ctx context.Context, id string) error {
	_, err := tx.exec(ctx, `UPDATE webhook_delivery SET next_attempt_at = 0 WHERE id = $1 AND state = 'pending'`, id)
	return err
}

// SendAgain makes a delivery pending, whatever its state, with a new round of
// attempts that begins now.
func (tx *Tx) SendAgain(ctx context.Context, endpointID string, ids ...string) error {
	now := micros(tx.Now())
	for some := range chunks(ids) {
		set, args := inList(2, some)
		if _, err := tx.exec(ctx, `UPDATE webhook_delivery SET state = 'pending', attempt_count = 0, next_attempt_at = $1, updated_at = $1
			WHERE id IN `+set, append([]any{now}, args...)...); err != nil {
			return err
		}
	}
	for _, id := range ids {
		if err := tx.Enqueue(ctx, purvey.Job{Kind: purvey.JobSendWebhook, Key: id, Lane: endpointID}); err != nil {
			return err
		}
	}
	return nil
}

// Missed is an event that an endpoint is to be told of again, or at last.
type Missed struct {
	Event      purvey.Event // without its data
	DeliveryID string       // "" none was ever made
}

// MissedFilter says what to replay.
type MissedFilter struct {
	Since   time.Time // of events
	All     bool      // those that were delivered too
	Before  time.Time // deliveries that changed since are left alone
	AfterID string    // event id to go on after
	Limit   int
}

const missedFrom = ` FROM event v LEFT JOIN webhook_delivery d ON d.endpoint_id = $1 AND d.event_id = v.id`

func missedWhere(p purvey.Endpoint, f MissedFilter) *where {
	// Ids begin with the time, so the bound on them lets the index begin there.
	from := max(f.AfterID, idFrom(f.Since))
	w := newWhere(`v.shop_id = $2 AND v.mode = $3 AND v.id > $4 AND v.created_at >= $5`, p.ID, p.ShopID, p.Mode, from, micros(f.Since))
	types := make([]string, len(p.Events))
	for i, t := range p.Events {
		types[i] = string(t)
	}
	w.in(`v.type`, types)
	w.and(`(d.id IS NULL OR d.updated_at < ?)`, micros(f.Before))
	if !f.All {
		w.and(`(d.id IS NULL OR d.state <> 'delivered')`)
	}
	return w
}

// MissedEvents gives the events an endpoint wants that are to be replayed, in
// their order.
func (q Queries) MissedEvents(ctx context.Context, p purvey.Endpoint, f MissedFilter) ([]Missed, error) {
	w := missedWhere(p, f)
	return collect(ctx, q, `SELECT v.id, v.type, v.created_at, coalesce(d.id, '')`+missedFrom+` WHERE `+w.text.String()+
		fmt.Sprintf(` ORDER BY v.id LIMIT %d`, f.Limit), w.args, func(s scanner, m *Missed) error {
		m.Event.ShopID, m.Event.Mode = p.ShopID, p.Mode
		return s.Scan(&m.Event.ID, &m.Event.Type, at{&m.Event.CreatedAt}, &m.DeliveryID)
	})
}

// CountMissed tells how many events MissedEvents would give without a limit.
func (q Queries) CountMissed(ctx context.Context, p purvey.Endpoint, f MissedFilter) (int64, error) {
	w := missedWhere(p, f)
	var n int64
	err := q.row(ctx, `SELECT count(*)`+missedFrom+` WHERE `+w.text.String(), w.args, &n)
	return n, err
}

// WaitingDeliveries gives ids of an endpoint's pending deliveries that did not
// change since the time, in order, after an id.
func (q Queries) WaitingDeliveries(ctx context.Context, endpointID string, before time.Time, after string, limit int) ([]string, error) {
	return collect(ctx, q, `SELECT d.id FROM webhook_delivery d WHERE d.endpoint_id = $1 AND d.state = 'pending' AND d.state <> 'delivered'
		AND d.updated_at < $2 AND d.id > $3 ORDER BY d.id LIMIT $4`, []any{endpointID, micros(before), after, limit},
		func(s scanner, id *string) error { return s.Scan(id) })
}

// SweepDeliveries removes deliveries made before the time, at most limit of
// them, and gives how many it were.
func (tx *Tx) SweepDeliveries(ctx context.Context, before time.Time, limit int) (int64, error) {
	return tx.exec(ctx, `DELETE FROM webhook_delivery WHERE id IN (SELECT id FROM webhook_delivery WHERE id < $1 AND created_at < $2
		ORDER BY id LIMIT $3)`, idFrom(before), micros(before), limit)
}

// idFrom is a bound that the ids made at a time or later are not below.
func idFrom(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return fmt.Sprintf("%012x", max(0, t.UnixMilli()))
}
