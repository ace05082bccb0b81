package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"purvey"
	"purvey/internal/store"
)

var zero time.Time

// Deliveries lists an endpoint's deliveries of one state, or of all with "".
func (s *Service) Deliveries(ctx context.Context, scope purvey.Scope, endpointID, state string, p purvey.Page) (purvey.Listed[purvey.WebhookDelivery], error) {
	if _, err := s.db.Endpoint(ctx, scope, endpointID); err != nil {
		return purvey.Listed[purvey.WebhookDelivery]{}, err
	}
	return s.db.WebhookDeliveries(ctx, endpointID, state, p)
}

// Retry has one delivery sent again now, whatever its state.
func (s *Service) Retry(ctx context.Context, scope purvey.Scope, id string) (purvey.WebhookDelivery, error) {
	var d purvey.WebhookDelivery
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		var err error
		if d, err = tx.WebhookDelivery(ctx, scope, id); err != nil {
			return err
		}
		p, err := tx.Endpoint(ctx, scope, d.EndpointID)
		if err != nil {
			return err
		}
		if err := enabled(p); err != nil {
			return err
		}
		if err := tx.SendAgain(ctx, p.ID, id); err != nil {
			return err
		}
		if err := audit(ctx, tx, "endpoint.retried", nil, purvey.AuditFields{"delivery_id": id, "event_type": d.EventType}, p); err != nil {
			return err
		}
		d, err = tx.WebhookDelivery(ctx, scope, id)
		return err
	})
	return d, err
}

// Replay has an endpoint told again of every event it wants since a time, at
// most a month ago; with onlyFailed, of those it was not told of: failed
// deliveries, waiting ones, and events that came while it was switched off. It
// gives their number; they are sent by a job.
func (s *Service) Replay(ctx context.Context, scope purvey.Scope, id string, since time.Time, onlyFailed bool) (int64, error) {
	var n int64
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		p, err := tx.Endpoint(ctx, scope, id)
		if err != nil {
			return err
		}
		if err := enabled(p); err != nil {
			return err
		}
		r := replay{EndpointID: id, Since: since, All: !onlyFailed, Before: justAfter(tx.Now())}
		if oldest := tx.Now().Add(-purvey.WebhookHistory); r.Since.Before(oldest) {
			r.Since = oldest
		}
		if n, err = tx.CountMissed(ctx, p, r.filter("", 0)); err != nil || n == 0 {
			return err
		}
		what := purvey.AuditFields{"since": r.Since.UTC(), "only_failed": onlyFailed, "events": n}
		if err := audit(ctx, tx, "endpoint.replayed", nil, what, p); err != nil {
			return err
		}
		return s.enqueueReplay(ctx, tx, r)
	})
	return n, err
}

// replay is the argument of the job that sends events again.
type replay struct {
	EndpointID string
	Waiting    bool      `json:",omitempty"` // only deliveries that are pending
	Since      time.Time `json:",omitzero"`
	All        bool      `json:",omitempty"` // those that were delivered too
	Before     time.Time // deliveries that changed since were done by an earlier run
}

func (r replay) filter(after string, limit int) store.MissedFilter {
	return store.MissedFilter{Since: r.Since, All: r.All, Before: r.Before, AfterID: after, Limit: limit}
}

// A replay begins with a small part, so that sending begins at once.
const (
	replayFirst = 50
	replayMost  = 800
)

// justAfter takes in what was written at the very instant.
func justAfter(t time.Time) time.Time { return t.Add(time.Microsecond) }

func (s *Service) enqueueReplay(ctx context.Context, tx *store.Tx, r replay) error {
	args, err := json.Marshal(r)
	if err != nil {
		return err
	}
	key := fmt.Sprintf("%s %t %t %d", r.EndpointID, r.Waiting, r.All, r.Since.UnixMicro())
	return tx.Enqueue(ctx, purvey.Job{Kind: purvey.JobReplay, Key: key, Args: args})
}

// RunReplay is the job that has events sent again, some in each transaction. A
// second run leaves alone what the first has done.
func (s *Service) RunReplay(ctx context.Context, j purvey.Job) error {
	var r replay
	if err := json.Unmarshal(j.Args, &r); err != nil {
		return &purvey.JobDiscard{Cause: err}
	}
	part := sendMissed
	if r.Waiting {
		part = sendWaiting
	}
	after := ""
	for limit := replayFirst; ctx.Err() == nil; limit = min(2*limit, replayMost) {
		var last string
		err := s.db.Tx(ctx, func(tx *store.Tx) error {
			last = ""
			p, err := tx.EndpointByID(ctx, r.EndpointID)
			if err != nil || !p.Enabled {
				return err
			}
			last, err = part(ctx, tx, p, r, after, limit)
			return err
		})
		if errors.Is(err, purvey.NotFound) {
			return nil // the endpoint was deleted
		}
		if err != nil || last == "" {
			return err
		}
		after = last
	}
	return ctx.Err()
}

// sendWaiting has some pending deliveries sent and gives the id of the last;
// "" when there was none.
func sendWaiting(ctx context.Context, tx *store.Tx, p purvey.Endpoint, r replay, after string, limit int) (string, error) {
	ids, err := tx.HeldDeliveries(ctx, p.ID, r.Before, after, limit)
	if err != nil || len(ids) == 0 {
		return "", err
	}
	return ids[len(ids)-1], tx.SendAgain(ctx, p.ID, ids...)
}

// sendMissed has some events sent and gives the id of the last; "" when there
// was none.
func sendMissed(ctx context.Context, tx *store.Tx, p purvey.Endpoint, r replay, after string, limit int) (string, error) {
	missed, err := tx.MissedEvents(ctx, p, r.filter(after, limit))
	if err != nil || len(missed) == 0 {
		return "", err
	}
	var again []string
	for _, m := range missed {
		if m.DeliveryID != "" {
			again = append(again, m.DeliveryID)
		} else if _, err := tx.InsertDelivery(ctx, p.ID, m.Event); err != nil {
			return "", err
		}
	}
	return missed[len(missed)-1].Event.ID, tx.SendAgain(ctx, p.ID, again...)
}
