package order

import (
	"fmt"
	"slices"
	"strings"

	"purvey"
)

// changes tells what people and programs did with the order, from the audit
// log.
func (t *timeline) changes() error {
	entries, err := t.s.db.AuditOf(t.ctx, t.scope, "order", t.order.ID, purvey.MaxListLimit)
	if err != nil {
		return err
	}
	resets := false
	for _, a := range entries {
		kind, title := "audit", ""
		switch a.Action {
		case actionReleased: // which the lines tell
			continue
		case actionCorrected:
			kind, title = "email.corrected", "Customer corrected"
		case actionReset:
			kind, title, resets = "downloads.reset", "Download counter reset", true
		case actionFiles:
			kind, title = "files.assigned", "Files assigned"
		case actionResent:
			kind, title = "audit", "E-mail sent again"
		}
		if title == "" {
			title = titleOf(a.Action)
		}
		e := t.add(a.At, kind, title, differences(a), map[string]any{"action": a.Action, "before": a.Before, "after": a.After})
		actor := a.Actor
		e.Actor, e.Link = &actor, "/admin/audit?object_id="+t.order.ID
	}
	if resets { // the log tells of each, the line of the last
		kept := t.entries[:0]
		for _, e := range t.entries {
			if e.Kind != "downloads.reset" || e.Actor != nil {
				kept = append(kept, e)
			}
		}
		t.entries = kept
	}
	return nil
}

// titleOf makes words of an action: "order.access_changed" is "Access changed".
func titleOf(action string) string {
	_, what, ok := strings.Cut(action, ".")
	if !ok {
		what = action
	}
	what = strings.ReplaceAll(what, "_", " ")
	if what == "" {
		return action
	}
	return strings.ToUpper(what[:1]) + what[1:]
}

// differences tells in one line what an audit entry changed.
func differences(a purvey.AuditEntry) string {
	var parts []string
	for name, now := range a.After {
		if was, ok := a.Before[name]; ok {
			parts = append(parts, fmt.Sprintf("%s: %v → %v", name, was, now))
		} else {
			parts = append(parts, fmt.Sprintf("%s: %v", name, now))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, "; ")
}

// events tells of refunds and access, which have no rows of their own, and of
// the webhooks that were sent of the order's events.
func (t *timeline) events() error {
	events, err := t.s.db.EventsOfOrder(t.ctx, t.scope, t.order.ID)
	if err != nil {
		return err
	}
	ids := make([]string, 0, len(events))
	given := map[string]int{} // units given back, by line
	for _, e := range events {
		ids = append(ids, e.ID)
		switch e.Type {
		case purvey.EventOrderRefunded:
			t.refund(e, given)
		case purvey.EventAccessChanged:
			t.access(e)
		}
	}
	deliveries, err := t.s.db.DeliveriesOfEvents(t.ctx, t.scope, ids)
	if err != nil {
		return err
	}
	for _, d := range deliveries {
		w := d.Delivery
		title := map[string]string{
			purvey.DeliveryPending: "Webhook waits", purvey.DeliveryDelivered: "Webhook delivered", purvey.DeliveryFailed: "Webhook failed",
		}[w.State]
		at, detail := w.CreatedAt, string(w.EventType)+" to "+d.Endpoint
		data := map[string]any{"delivery_id": w.ID, "endpoint_id": w.EndpointID, "event_type": string(w.EventType), "attempts": w.AttemptCount}
		if n := len(w.Attempts); n > 0 {
			last := w.Attempts[n-1]
			at, data["status"] = last.At, last.Status
			if last.Error != "" {
				detail += ": " + last.Error
			}
		}
		t.add(at, "webhook."+w.State, title, detail, data).Link = "/admin/webhooks"
	}
	return nil
}

func (t *timeline) refund(e purvey.Event, given map[string]int) {
	if e.Data.Order == nil {
		return
	}
	var parts []string
	var cents int64
	for _, l := range e.Data.Order.Lines {
		n := l.RefundedQuantity - given[l.ID]
		if given[l.ID] = l.RefundedQuantity; n <= 0 {
			continue
		}
		cents += int64(n) * l.PriceCents
		parts = append(parts, fmt.Sprintf("%d × %s", n, l.ProductName))
	}
	t.add(e.CreatedAt, "refund", "Refunded", strings.Join(parts, ", "), map[string]any{"amount_cents": cents, "currency": t.order.Currency})
}

func (t *timeline) access(e purvey.Event) {
	if e.Data.Order == nil {
		return
	}
	kind, title := "access.enabled", "Access opened"
	if e.Data.Order.ShownDisabled() {
		kind, title = "access.disabled", "Access closed"
	}
	var states []string
	for _, l := range e.Data.Order.Lines {
		states = append(states, l.ProductName+": "+string(e.Data.Order.ShownStatus(l)))
	}
	t.add(e.CreatedAt, kind, title, strings.Join(states, ", "), nil)
}
