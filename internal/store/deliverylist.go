package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"purvey"
)

// DeliveryFilter narrows a list of a scope's deliveries; its zero value narrows
// nothing.
type DeliveryFilter struct {
	State      string
	EndpointID string
	EventType  purvey.EventType
}

// Deliveries lists the deliveries to the scope's endpoints, or to the one
// named, which is the scope's, by id. Its pieces
// are found in indexes that are in the order of the ids: those of each type of
// event, those that failed or are held, and for what is on its way the jobs,
// whose keys are the deliveries' ids.
func (q Queries) Deliveries(ctx context.Context, scope purvey.Scope, f DeliveryFilter, p purvey.Page) (purvey.Listed[purvey.WebhookDelivery], error) {
	p = byID(p)
	var parts []string
	var args []any
	part := func(from, condition, id string, of ...purvey.EventType) {
		w := &where{args: args}
		w.text.WriteString(condition)
		if f.EndpointID != "" {
			w.and(`d.endpoint_id = ?`, f.EndpointID)
		} else {
			// What was sent to an endpoint is seen no more when that is deleted.
			w.and(`d.shop_id = ? AND d.mode = ? AND EXISTS (SELECT 1 FROM endpoint e WHERE e.id = d.endpoint_id)`, scope.ShopID, scope.Mode)
		}
		for _, t := range of {
			w.and(`d.event_type = ?`, t)
		}
		if len(of) == 0 && f.EventType != "" { // not by the index of types
			w.and(`d.event_type || '' = ?`, f.EventType)
		}
		op, dir := ">", ""
		if p.Descending() {
			op, dir = "<", " DESC"
		}
		if p.AfterID != "" {
			w.and(id+` `+op+` ?`, p.AfterID)
		}
		args = w.args
		parts = append(parts, fmt.Sprintf(`SELECT id FROM (SELECT %s AS id FROM %s WHERE %s ORDER BY %s%s LIMIT %d) x%d`,
			id, from, w.text.String(), id, dir, p.Limit+1, len(parts)))
	}
	const deliveries = `webhook_delivery d`
	switch f.State {
	case purvey.DeliveryFailed:
		part(deliveries, stuck+` AND d.state = 'failed'`, `d.id`)
	case purvey.DeliveryPending:
		part(deliveries, stuck+` AND d.state = 'held'`, `d.id`)
		// The planner of SQLite takes the tables of a cross join in their order.
		part(`job j CROSS JOIN webhook_delivery d`, `j.kind = '`+string(purvey.JobSendWebhook)+`' AND d.id = j.key AND d.state = 'pending'`, `j.key`)
	default:
		all := `d.id <> ''`
		if f.State == purvey.DeliveryDelivered {
			all = `d.state = 'delivered'`
		}
		switch {
		case f.EndpointID != "":
			part(deliveries, all, `d.id`)
		case f.EventType != "":
			part(deliveries, all, `d.id`, f.EventType)
		default:
			for _, t := range append(purvey.SubscribableEvents(), purvey.EventTest) {
				part(deliveries, all, `d.id`, t)
			}
		}
	}
	ids, err := collect(ctx, q, strings.Join(parts, ` UNION ALL `), args, func(s scanner, id *string) error { return s.Scan(id) })
	if err != nil || len(ids) == 0 {
		return purvey.Listed[purvey.WebhookDelivery]{}, err
	}
	slices.SortFunc(ids, func(a, b string) int {
		if p.Descending() {
			a, b = b, a
		}
		return strings.Compare(a, b)
	})
	set, args := inList(1, ids[:min(len(ids), p.Limit+1)])
	items, err := collect(ctx, q, `SELECT `+webhookDeliveryColumns+` FROM webhook_delivery d WHERE d.id IN `+set, args, scanWebhookDelivery)
	slices.SortFunc(items, func(a, b purvey.WebhookDelivery) int {
		if p.Descending() {
			a, b = b, a
		}
		return strings.Compare(a.ID, b.ID)
	})
	return listed(items, p), err
}

// EndpointsByID gives those of the endpoints that the scope has, by id, their
// secrets sealed.
func (q Queries) EndpointsByID(ctx context.Context, scope purvey.Scope, ids []string) (map[string]purvey.Endpoint, error) {
	out := make(map[string]purvey.Endpoint, len(ids))
	for some := range chunks(ids) {
		set, args := inList(3, some)
		items, err := collect(ctx, q, `SELECT `+endpointColumns+` FROM endpoint e WHERE e.shop_id = $1 AND e.mode = $2 AND e.id IN `+set,
			append([]any{scope.ShopID, scope.Mode}, args...), scanEndpoint)
		if err != nil {
			return nil, err
		}
		for _, e := range items {
			out[e.ID] = e
		}
	}
	return out, nil
}
