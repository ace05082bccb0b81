package store

import (
	"context"

	"purvey"
)

const webhookDeliveryColumns = `id, shop_id, mode, endpoint_id, event_id, event_type, state, attempt_count, attempts, next_attempt_at, created_at, updated_at`

func scanWebhookDelivery(s scanner, d *purvey.WebhookDelivery) error {
	return s.Scan(&d.ID, &d.ShopID, &d.Mode, &d.EndpointID, &d.EventID, &d.EventType, &d.State, &d.AttemptCount, doc{&d.Attempts},
		at{&d.NextAttemptAt}, at{&d.CreatedAt}, at{&d.UpdatedAt})
}

// InsertDelivery has an endpoint told of an event, once: if a delivery of the
// two exists, nothing changes and it is given.
func (tx *Tx) InsertDelivery(ctx context.Context, p purvey.Endpoint, e purvey.Event) (purvey.WebhookDelivery, error) {
	now := tx.Now()
	d := purvey.WebhookDelivery{
		ID: tx.NewID(), ShopID: p.ShopID, Mode: p.Mode, EndpointID: p.ID, EventID: e.ID, EventType: e.Type,
		State: purvey.DeliveryPending, NextAttemptAt: now, CreatedAt: now, UpdatedAt: now,
	}
	n, err := tx.exec(ctx, `INSERT INTO webhook_delivery (`+webhookDeliveryColumns+`, payload) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '', $8, $9, $9, '')
		ON CONFLICT (endpoint_id, event_id) DO NOTHING`,
		d.ID, d.ShopID, string(d.Mode), d.EndpointID, d.EventID, string(d.EventType), d.State, micros(d.NextAttemptAt), micros(d.CreatedAt))
	if err != nil {
		return d, err
	}
	if n == 0 {
		return one(ctx, tx.Queries, "webhook delivery", `SELECT `+webhookDeliveryColumns+` FROM webhook_delivery WHERE endpoint_id = $1 AND event_id = $2`,
			[]any{p.ID, e.ID}, scanWebhookDelivery)
	}
	return d, tx.Enqueue(ctx, purvey.Job{Kind: purvey.JobSendWebhook, Key: d.ID, Lane: p.ID})
}
