package store

import (
	"context"
	"slices"

	"purvey"
)

// MessagesOfOrder gives the newest messages about an order, oldest first.
func (q Queries) MessagesOfOrder(ctx context.Context, orderID string, limit int) ([]purvey.Message, error) {
	items, err := collect(ctx, q, `SELECT `+messageColumns+` FROM message m WHERE m.order_id = $1 AND m.order_id <> '' ORDER BY m.id DESC LIMIT $2`,
		[]any{orderID, limit}, scanMessage)
	slices.Reverse(items)
	return items, err
}

// AuditOf gives the newest entries of the audit log about one object, oldest
// first.
func (q Queries) AuditOf(ctx context.Context, scope purvey.Scope, objectType, objectID string, limit int) ([]purvey.AuditEntry, error) {
	page, err := q.AuditLog(ctx, scope, AuditFilter{ObjectType: objectType, ObjectID: objectID}, purvey.Page{Limit: limit})
	slices.Reverse(page.Items)
	return page.Items, err
}

// EventDelivery is a delivery with the name of its endpoint.
type EventDelivery struct {
	Delivery purvey.WebhookDelivery
	Endpoint string
}

// DeliveriesOfEvents gives the deliveries of events to the endpoints that the
// scope has.
func (q Queries) DeliveriesOfEvents(ctx context.Context, scope purvey.Scope, eventIDs []string) ([]EventDelivery, error) {
	var out []EventDelivery
	for chunk := range chunks(eventIDs) {
		set, args := inList(3, chunk)
		some, err := collect(ctx, q, `SELECT e.name, `+webhookDeliveryColumns+` FROM endpoint e JOIN webhook_delivery d ON d.endpoint_id = e.id
			WHERE e.shop_id = $1 AND e.mode = $2 AND d.event_id IN `+set, append([]any{scope.ShopID, scope.Mode}, args...), func(s scanner, d *EventDelivery) error {
			return scanWebhookDelivery(prefixed{s, &d.Endpoint}, &d.Delivery)
		})
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}
