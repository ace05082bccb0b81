package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"purvey"
)

// A pending delivery whose endpoint was found switched off is held: it has no
// job, and waits for the endpoint to be switched on. Only the store knows of
// that state.
const deliveryHeld = "held"

// stuck is the condition of the partial index that the few deliveries which
// wait for a person are found by, in its very words.
const stuck = `d.state IN ('failed', 'held')`

const webhookDeliveryColumns = `d.id, d.shop_id, d.mode, d.endpoint_id, d.event_id, d.event_type, d.state, d.attempt_count, d.attempts,
	d.next_attempt_at, d.created_at, d.updated_at`

func scanWebhookDelivery(s scanner, d *purvey.WebhookDelivery) error {
	err := s.Scan(&d.ID, &d.ShopID, &d.Mode, &d.EndpointID, &d.EventID, &d.EventType, &d.State, &d.AttemptCount, doc{&d.Attempts},
		at{&d.NextAttemptAt}, at{&d.CreatedAt}, at{&d.UpdatedAt})
	if d.State == deliveryHeld {
		d.State = purvey.DeliveryPending
	}
	return err
}

// InsertDelivery has an endpoint told of an event, once: if a delivery of the
// two exists, nothing changes and it is given.
func (tx *Tx) InsertDelivery(ctx context.Context, endpointID string, e purvey.Event) (purvey.WebhookDelivery, error) {
	now := tx.Now()
	d := purvey.WebhookDelivery{
		ID: tx.NewID(), ShopID: e.ShopID, Mode: e.Mode, EndpointID: endpointID, EventID: e.ID, EventType: e.Type,
		State: purvey.DeliveryPending, NextAttemptAt: now, CreatedAt: now, UpdatedAt: now,
	}
	n, err := tx.exec(ctx, `INSERT INTO webhook_delivery (id, shop_id, mode, endpoint_id, event_id, event_type, state, attempt_count,
			attempts, next_attempt_at, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, 'pending', 0, '', $7, $7, $7)
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
	case purvey.DeliveryPending:
		w.and(`d.state IN ('pending', 'held')`)
	case purvey.DeliveryFailed:
		w.and(stuck + ` AND d.state = 'failed'`)
	case purvey.DeliveryDelivered:
		w.and(`d.state = 'delivered'`)
	}
	text, args := w.list(`SELECT `+webhookDeliveryColumns+` FROM webhook_delivery d`, "d", p)
	items, err := collect(ctx, q, text, args, scanWebhookDelivery)
	return listed(items, p), err
}

// OutgoingWebhook is a delivery to be attempted.
type OutgoingWebhook struct {
	ID            string
	EventID       string
	State         string
	AttemptCount  int
	NextAttemptAt time.Time
	Payload       []byte // as rendered before; empty: never
	attempts      string // as stored
}

// OutgoingWebhook gives a delivery of any shop and what the dialect rendered
// of its event.
func (q Queries) OutgoingWebhook(ctx context.Context, id, dialect string) (OutgoingWebhook, error) {
	return one(ctx, q, "webhook delivery", outgoingText+` WHERE d.id = $2`, []any{dialect, id}, scanOutgoing)
}

const outgoingText = `SELECT d.id, d.event_id, d.state, d.attempt_count, d.attempts, coalesce(p.payload, '') FROM webhook_delivery d LEFT JOIN webhook_payload p ON p.event_id = d.event_id AND p.dialect = $1`

func scanOutgoing(s scanner, o *OutgoingWebhook) error {
	return s.Scan(&o.ID, &o.EventID, &o.State, &o.AttemptCount, &o.attempts, &o.Payload)
}

// OutgoingWebhooks is OutgoingWebhook for several; what is not there is left
// out.
func (q Queries) OutgoingWebhooks(ctx context.Context, ids []string, dialect string) ([]OutgoingWebhook, error) {
	set, args := inList(2, ids)
	return collect(ctx, q, outgoingText+` WHERE d.id IN `+set, append([]any{dialect}, args...), scanOutgoing)
}

// KeepPayload writes what a dialect rendered of an event, so that every
// attempt and every endpoint gets the same bytes. The first to come wins.
func (tx *Tx) KeepPayload(ctx context.Context, eventID, dialect string, payload []byte) error {
	_, err := tx.exec(ctx, `INSERT INTO webhook_payload (event_id, dialect, payload) VALUES ($1, $2, $3) ON CONFLICT (event_id, dialect) DO NOTHING`,
		eventID, dialect, string(payload))
	return err
}

// RecordAttempt writes how a delivery stands after an attempt. Of the attempts
// the last attemptsKept are kept.
func (tx *Tx) RecordAttempt(ctx context.Context, o OutgoingWebhook, a purvey.Attempt) error {
	_, err := tx.exec(ctx, `UPDATE webhook_delivery SET state = $2, attempt_count = $3, attempts = $4, next_attempt_at = $5, updated_at = $6
		WHERE id = $1`, o.ID, o.State, o.AttemptCount, appendAttempt(o.attempts, a), micros(o.NextAttemptAt), micros(tx.Now()))
	return err
}

const attemptsKept = 30

// appendAttempt adds to a stored list without reading it: an attempt begins
// with a text that no string inside one can hold, since its quotes would be
// escaped.
func appendAttempt(stored string, a purvey.Attempt) string {
	const begin = `{"At":"`
	text := asJSON(a)
	if len(stored) <= len("[]") {
		return "[" + text + "]"
	}
	for strings.Count(stored, begin) >= attemptsKept {
		second := len(begin) + 1 + strings.Index(stored[len(begin)+1:], begin)
		stored = "[" + stored[second:]
	}
	return stored[:len(stored)-1] + "," + text + "]"
}

// HoldDelivery has a pending delivery wait for its endpoint to be switched on.
func (tx *Tx) HoldDelivery(ctx context.Context, id string) error {
	_, err := tx.exec(ctx, `UPDATE webhook_delivery SET state = 'held', next_attempt_at = 0 WHERE id = $1 AND state = 'pending'`, id)
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
	jobs := make([]purvey.Job, len(ids))
	for i, id := range ids {
		jobs[i] = purvey.Job{Kind: purvey.JobSendWebhook, Key: id, Lane: endpointID}
	}
	return tx.EnqueueAll(ctx, jobs)
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

// EndpointSucceeded tells whether a delivery to the endpoint succeeded after
// the time.
func (q Queries) EndpointSucceeded(ctx context.Context, endpointID string, after time.Time) (bool, error) {
	var n int
	err := q.row(ctx, `SELECT count(*) FROM webhook_delivery WHERE endpoint_id = $1 AND state = 'delivered' AND updated_at > $2`,
		[]any{endpointID, micros(after)}, &n)
	return n > 0, err
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

// HeldDeliveries gives ids of deliveries that wait for their endpoint to be
// switched on and did not change since the time, in order, after an id.
func (q Queries) HeldDeliveries(ctx context.Context, endpointID string, before time.Time, after string, limit int) ([]string, error) {
	return collect(ctx, q, `SELECT d.id FROM webhook_delivery d WHERE d.endpoint_id = $1 AND `+stuck+` AND d.state = 'held'
		AND d.updated_at < $2 AND d.id > $3 ORDER BY d.id LIMIT $4`, []any{endpointID, micros(before), after, limit},
		func(s scanner, id *string) error { return s.Scan(id) })
}

// SweepDeliveries removes deliveries, and payloads of events, made before the
// time, at most limit of each, and gives how many it were.
func (tx *Tx) SweepDeliveries(ctx context.Context, before time.Time, limit int) (int64, error) {
	// Ids begin with the time, and never run behind the clock.
	bound := idFrom(before)
	n, err := tx.exec(ctx, `DELETE FROM webhook_delivery WHERE id IN (SELECT id FROM webhook_delivery WHERE id < $1 ORDER BY id LIMIT $2)`, bound, limit)
	if err != nil {
		return n, err
	}
	m, err := tx.exec(ctx, `DELETE FROM webhook_payload WHERE event_id IN (SELECT event_id FROM webhook_payload WHERE event_id < $1
		ORDER BY event_id LIMIT $2)`, bound, limit)
	return max(n, m), err
}

// idFrom is a bound that the ids made at a time or later are not below.
func idFrom(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return fmt.Sprintf("%012x", max(0, t.UnixMilli()))
}
