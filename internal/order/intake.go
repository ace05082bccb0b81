package order

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"
	"unicode/utf8"

	"purvey"
	"purvey/internal/store"
)

// Receive keeps events of a store that were found to be its own, all or none,
// with the jobs that will work on them. Each needs Source, Topic and Body; one
// with a Mode is kept in that. The same Digest, or the same body where none is
// given, changes nothing when it comes again, since stores send what they are
// not sure of more than once; if the event is unmapped or failed, it is worked
// on again.
func (s *Service) Receive(ctx context.Context, scope purvey.Scope, events ...purvey.StoreEvent) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		for _, e := range events {
			if err := receive(ctx, tx, scope, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func receive(ctx context.Context, tx *store.Tx, scope purvey.Scope, e purvey.StoreEvent) error {
	if e.Mode != "" {
		scope.Mode = e.Mode
	}
	if e.Digest == "" {
		sum := sha256.Sum256(e.Body)
		e.Digest = hex.EncodeToString(sum[:])
	}
	e.ShopID, e.Mode, e.Topic = scope.ShopID, scope.Mode, shortened(e.Topic, maxText)
	fresh, err := tx.InsertStoreEvent(ctx, &e)
	if err == nil && !fresh {
		e, err = tx.StoreEventByDigest(ctx, scope, e.Source, e.Digest)
	}
	if err != nil || e.State == purvey.StoreEventDone {
		return err
	}
	return tx.Enqueue(ctx, purvey.Job{Kind: purvey.JobStoreEvent, Key: e.ID})
}

// StoreEvent gives an event of a store.
func (s *Service) StoreEvent(ctx context.Context, scope purvey.Scope, id string) (purvey.StoreEvent, error) {
	return s.db.StoreEvent(ctx, scope, id)
}

// NewsFilter narrows a list of events.
type NewsFilter = store.NewsFilter

// StoreEvents lists the events of stores.
func (s *Service) StoreEvents(ctx context.Context, scope purvey.Scope, f NewsFilter, p purvey.Page) (purvey.Listed[purvey.StoreEvent], error) {
	return s.db.StoreEvents(ctx, scope, f, p)
}

// ReplayStoreEvent has an event worked on again, whatever came of it before.
// What it led to already is not done twice.
func (s *Service) ReplayStoreEvent(ctx context.Context, scope purvey.Scope, id string) (purvey.StoreEvent, error) {
	var e purvey.StoreEvent
	err := s.db.Tx(ctx, func(tx *store.Tx) (err error) {
		if e, err = tx.StoreEvent(ctx, scope, id); err != nil {
			return err
		}
		e.State, e.Error = purvey.StoreEventReceived, ""
		if err := tx.UpdateStoreEvent(ctx, &e); err != nil {
			return err
		}
		if err := tx.Audit(ctx, purvey.AuditEntry{
			ShopID: e.ShopID, Mode: e.Mode, Action: "store_event.replayed", Object: purvey.AuditObject{Type: "store_event", ID: e.ID, Name: e.Topic},
			After: purvey.AuditFields{"source": e.Source},
		}); err != nil {
			return err
		}
		return tx.Enqueue(ctx, purvey.Job{Kind: purvey.JobStoreEvent, Key: e.ID})
	})
	return e, err
}

// TakeStoreEvent works on an event: read says what it means. What cannot be
// understood or obeyed is noted on the event, with its reason; an error is
// given only for what may go better next time. Safe to run again.
func (s *Service) TakeStoreEvent(ctx context.Context, id string, read func(e purvey.StoreEvent) (News, error)) error {
	ctx = store.Later(ctx)
	e, err := s.db.StoreEventByID(ctx, id)
	if errors.Is(err, purvey.NotFound) {
		return nil // it was swept
	}
	if err != nil {
		return err
	}
	ctx = purvey.WithActor(ctx, purvey.Actor{Type: purvey.ActorStore, ID: string(e.Source), Name: string(e.Source)})
	news, err := read(e)
	if err == nil {
		err = s.db.Tx(ctx, func(tx *store.Tx) error { return s.take(tx.With(ctx), tx, e, news) })
	}
	why, ours := plain(err)
	if !ours {
		return err
	}
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		e.State, e.Error, e.ProcessedAt = purvey.StoreEventFailed, why, tx.Now()
		return tx.UpdateStoreEvent(ctx, &e)
	})
}

// plain gives the words of an error that running again would not mend.
func plain(err error) (string, bool) {
	var e *purvey.Error
	if !errors.As(err, &e) || e.Kind == purvey.Unavailable || e.Kind == purvey.NoSpace {
		return "", false
	}
	if e.Detail == "" {
		return string(e.Kind), true
	}
	return e.Detail, true
}

func shortened(s string, most int) string {
	for len(s) > most || !utf8.ValidString(s) {
		s = s[:min(len(s)-1, most)]
	}
	return s
}

// Mappings lists a shop's mappings of one source, or of all for "".
func (s *Service) Mappings(ctx context.Context, shopID string, source purvey.Source, productID string, p purvey.Page) (purvey.Listed[purvey.Mapping], error) {
	return s.db.Mappings(ctx, shopID, source, productID, p)
}

// CreateMapping says which product a store's key stands for. Events that came
// before it are not looked at again by themselves: replay them. Refused with
// Invalid, with NotFound for an unknown product, and with Conflict when the
// key has a mapping.
func (s *Service) CreateMapping(ctx context.Context, shopID string, m purvey.Mapping) (purvey.Mapping, error) {
	m.ShopID = shopID
	var c purvey.Checker
	c.Require(known(m.Source, purvey.Stores()), "source", "must be shopify, woocommerce, stripe, fastspring, vibracartpro or signed")
	n := len(m.ExternalKey)
	c.Require(n >= 1 && n <= purvey.MaxExternalKey && utf8.ValidString(m.ExternalKey), "external_key", "must have 1 to %d bytes", purvey.MaxExternalKey)
	c.Require(m.ProductID != "", "digital_product_id", "is required")
	if err := c.Err(); err != nil {
		return m, err
	}
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		if _, err := tx.Product(ctx, shopID, m.ProductID); err != nil {
			return err
		}
		fresh, err := tx.InsertMapping(ctx, &m)
		if err == nil && !fresh {
			err = purvey.Because(purvey.Conflict, purvey.ReasonDuplicate, "the key %q of %s has a mapping already", m.ExternalKey, m.Source)
		}
		if err != nil {
			return err
		}
		return tx.Audit(ctx, mappingChange("mapping.created", nil, mappingFields(m), m))
	})
	return m, err
}

// DeleteMapping takes a mapping away. Orders made by it stay.
func (s *Service) DeleteMapping(ctx context.Context, shopID, id string) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		m, err := tx.Mapping(ctx, shopID, id)
		if err != nil {
			return err
		}
		if err := tx.DeleteMapping(ctx, shopID, id); err != nil {
			return err
		}
		return tx.Audit(ctx, mappingChange("mapping.deleted", mappingFields(m), nil, m))
	})
}

func mappingChange(action string, before, after purvey.AuditFields, m purvey.Mapping) purvey.AuditEntry {
	return purvey.AuditEntry{
		ShopID: m.ShopID, Action: action, Object: purvey.AuditObject{Type: "mapping", ID: m.ID, Name: m.ExternalKey}, Before: before, After: after,
	}
}

func mappingFields(m purvey.Mapping) purvey.AuditFields {
	return purvey.AuditFields{"source": m.Source, "external_key": m.ExternalKey, "digital_product_id": m.ProductID}
}

// keepStoreEvents is how long an event that is done is kept.
const keepStoreEvents = 90 * 24 * time.Hour

// SweepStoreEvents forgets the bodies of events that were done long ago; what
// they said of their purchases stays. Safe to run again.
func (s *Service) SweepStoreEvents(ctx context.Context) error {
	return s.db.Tx(store.Later(ctx), func(tx *store.Tx) error {
		_, err := tx.DeleteStoreEvents(ctx, tx.Now().Add(-keepStoreEvents))
		return err
	})
}
