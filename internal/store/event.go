package store

import (
	"context"
	"fmt"
	"strings"

	"purvey"
)

const eventColumns = `id, shop_id, mode, type, order_id, data, created_at`

func scanEvent(s scanner, e *purvey.Event) error {
	return s.Scan(&e.ID, &e.ShopID, &e.Mode, &e.Type, &e.OrderID, doc{&e.Data}, at{&e.CreatedAt})
}

// Emit records that something happened, in the transaction that makes it
// true, and has every enabled endpoint of the scope that asked for the type
// told of it. orderID may be "".
func (tx *Tx) Emit(ctx context.Context, scope purvey.Scope, t purvey.EventType, orderID string, data purvey.EventData) error {
	return tx.EmitEach(ctx, scope, []purvey.EventType{t}, orderID, data)
}

// EmitEach is Emit for several things, in order, that the same snapshot tells
// of.
func (tx *Tx) EmitEach(ctx context.Context, scope purvey.Scope, types []purvey.EventType, orderID string, data purvey.EventData) error {
	events, err := tx.insertEvents(ctx, scope, types, orderID, data)
	if err != nil {
		return err
	}
	endpoints, err := cached(tx, "endpoints/"+scope.ShopID+"/"+string(scope.Mode), func() ([]purvey.Endpoint, error) {
		return collect(ctx, tx.Queries, `SELECT `+endpointColumns+` FROM endpoint e WHERE e.shop_id = $1 AND e.mode = $2 AND e.enabled`,
			[]any{scope.ShopID, scope.Mode}, scanEndpoint)
	})
	if err != nil {
		return err
	}
	for _, e := range events {
		for _, p := range endpoints {
			if p.Wants(e.Type) && p.Passes(data) {
				if _, err := tx.InsertDelivery(ctx, p.ID, e); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// EmitTo records an event for one endpoint alone and gives its delivery.
func (tx *Tx) EmitTo(ctx context.Context, p purvey.Endpoint, t purvey.EventType, data purvey.EventData) (purvey.WebhookDelivery, error) {
	events, err := tx.insertEvents(ctx, purvey.Scope{ShopID: p.ShopID, Mode: p.Mode}, []purvey.EventType{t}, "", data)
	if err != nil {
		return purvey.WebhookDelivery{}, err
	}
	return tx.InsertDelivery(ctx, p.ID, events[0])
}

// insertEvents writes the events in one statement, and their snapshot once
// for each.
func (tx *Tx) insertEvents(ctx context.Context, scope purvey.Scope, types []purvey.EventType, orderID string, data purvey.EventData) ([]purvey.Event, error) {
	snapshot, now := asJSON(data), tx.Now()
	const columns = 7
	events := make([]purvey.Event, len(types))
	args := make([]any, 0, columns*len(types))
	var text strings.Builder
	text.WriteString(`INSERT INTO event (` + eventColumns + `) VALUES `)
	for i, t := range types {
		e := purvey.Event{ID: tx.NewID(), ShopID: scope.ShopID, Mode: scope.Mode, Type: t, OrderID: orderID, Data: data, CreatedAt: now}
		events[i] = e
		if i > 0 {
			text.WriteString(", ")
		}
		n := i * columns
		fmt.Fprintf(&text, "($%d, $%d, $%d, $%d, $%d, $%d, $%d)", n+1, n+2, n+3, n+4, n+5, n+6, n+7)
		args = append(args, e.ID, e.ShopID, e.Mode, e.Type, e.OrderID, snapshot, micros(now))
	}
	_, err := tx.exec(ctx, text.String(), args...)
	return events, err
}

// Event gives one event.
func (q Queries) Event(ctx context.Context, scope purvey.Scope, id string) (purvey.Event, error) {
	return one(ctx, q, "event", `SELECT `+eventColumns+` FROM event WHERE id = $1 AND shop_id = $2 AND mode = $3`,
		[]any{id, scope.ShopID, scope.Mode}, scanEvent)
}

// EventByID gives an event of any shop, for jobs.
func (q Queries) EventByID(ctx context.Context, id string) (purvey.Event, error) {
	return one(ctx, q, "event", `SELECT `+eventColumns+` FROM event WHERE id = $1`, []any{id}, scanEvent)
}

// EventsOfOrder gives what happened to an order, oldest first.
func (q Queries) EventsOfOrder(ctx context.Context, scope purvey.Scope, orderID string) ([]purvey.Event, error) {
	if orderID == "" {
		return nil, nil
	}
	return collect(ctx, q, `SELECT `+eventColumns+` FROM event WHERE order_id = $1 AND order_id <> '' AND shop_id = $2 AND mode = $3 ORDER BY id`,
		[]any{orderID, scope.ShopID, scope.Mode}, scanEvent)
}
