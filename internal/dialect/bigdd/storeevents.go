package bigdd

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"purvey"
	"purvey/internal/order"
)

func (a *api) routesStoreEvents() {
	const events = "/public-api/v1/store-events"
	a.read("GET "+events, adminOnly, a.listStoreEvents)
	a.read("GET "+events+"/{id}", adminOnly, a.showStoreEvent)
	a.write("POST "+events+"/{id}/replay", adminOnly, 4<<10, a.replayStoreEvent)
}

type storeEventWire struct {
	ID          string                `json:"id"`
	Source      string                `json:"source"`
	Topic       *string               `json:"topic"`
	State       string                `json:"state"`
	Error       *string               `json:"error"`
	OrderID     *string               `json:"order_id"`
	Unmapped    []purvey.UnmappedLine `json:"unmapped"`
	CreatedAt   string                `json:"created_at"`
	ProcessedAt *string               `json:"processed_at"`
	Payload     json.RawMessage       `json:"payload,omitempty"` // only of a single event
}

func wireStoreEvent(e purvey.StoreEvent) storeEventWire {
	w := storeEventWire{
		ID: e.ID, Source: string(e.Source), Topic: nullString(e.Topic), State: string(e.State), Error: nullString(e.Error), OrderID: nullString(e.OrderID),
		Unmapped: notNull(e.Unmapped), CreatedAt: wireTime(e.CreatedAt), ProcessedAt: nullTime(e.ProcessedAt),
	}
	for i := range w.Unmapped {
		w.Unmapped[i].Keys = notNull(w.Unmapped[i].Keys)
	}
	return w
}

func (a *api) listStoreEvents(r *request) (any, error) {
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	var f order.NewsFilter
	f.State, err = r.enumParam("state", string(purvey.StoreEventReceived), string(purvey.StoreEventDone), string(purvey.StoreEventUnmapped), string(purvey.StoreEventFailed))
	if err != nil {
		return nil, err
	}
	if f.Source, err = r.enumParam("source", stores()...); err != nil {
		return nil, err
	}
	l, err := a.Orders.StoreEvents(r.Context(), r.Scope(), f, p)
	if err != nil {
		return nil, err
	}
	return listOf(p, l, wireStoreEvent, func(e purvey.StoreEvent) (string, time.Time) { return e.ID, e.CreatedAt }), nil
}

func (a *api) showStoreEvent(r *request) (any, error) {
	e, err := a.Orders.StoreEvent(r.Context(), r.Scope(), r.PathValue("id"))
	w := wireStoreEvent(e)
	w.Payload = e.Body
	if err == nil && !json.Valid(e.Body) { // XML or form fields are shown as text
		w.Payload, err = json.Marshal(string(e.Body))
	}
	return w, err
}

// replayStoreEvent has an event worked on again, by a job: the answer shows it
// waiting.
func (a *api) replayStoreEvent(ctx context.Context, r *request) (int, any, error) {
	e, err := a.Orders.ReplayStoreEvent(ctx, r.Scope(), r.PathValue("id"))
	return http.StatusOK, wireStoreEvent(e), err
}
