package overview

import (
	"context"
	"errors"
	"time"

	"purvey"
	"purvey/internal/store"
)

// Item is a step of setting a shop up.
type Item struct {
	Key    string
	DoneAt time.Time // zero: not yet
	Title  string
	Help   string
	Href   string
}

// items of the checklist. Each is done when it has really happened.
var items = [...]Item{
	{Key: "mail", Title: "An e-mail reaches you", Href: "/admin/settings/mail", Help: "Send a test message to yourself. This is done once the mail server has accepted it; without a mail server, once it is in the mailbox kept here."},
	{Key: "storage", Title: "Files are stored and read back", Href: "/admin/settings/storage", Help: "Run the storage check: it writes a small file, reads it and compares."},
	{Key: "product", Title: "A product with a file", Href: "/admin/products/new", Help: "Make a product and give it at least one file."},
	{Key: "order", Title: "A test order is delivered", Href: "/admin/orders", Help: "Make an order, in sandbox mode if you like, open its page as the customer would and download a file to the end."},
	{Key: "webhook", Title: "A webhook is answered", Href: "/admin/webhooks", Help: "Add an endpoint and send it a test event. This is done once it answers with success. Skip it if nothing of yours needs webhooks."},
	{Key: "token", Title: "A program uses the API", Href: "/admin/tokens", Help: "Make an API token and make a call with it. Skip it if you work in the back office alone."},
}

// Checklist gives the steps of setting a shop up and when each was done. What
// was seen once stays done.
func (s *Service) Checklist(ctx context.Context, shopID string) ([]Item, error) {
	reached, err := s.db.Milestones(ctx, shopID)
	if err != nil {
		return nil, err
	}
	out := make([]Item, len(items))
	for i, item := range items {
		out[i] = item
		m := reached[item.Key]
		if out[i].DoneAt = m.ReachedAt; !m.ReachedAt.IsZero() {
			continue
		}
		var at time.Time
		switch item.Key {
		case "mail":
			at, err = s.mailArrived(ctx, m.ObjectID)
		case "storage": // only the check itself can tell
		default:
			at, err = s.db.Evidence(ctx, shopID, item.Key)
		}
		if err != nil {
			return nil, err
		}
		if at.IsZero() {
			continue
		}
		out[i].DoneAt = at
		m.Name, m.ReachedAt = item.Key, at
		err = s.db.Tx(store.Later(ctx), func(tx *store.Tx) error { return tx.PutMilestone(ctx, shopID, m) })
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// mailArrived tells when the test message was accepted.
func (s *Service) mailArrived(ctx context.Context, id string) (time.Time, error) {
	if id == "" {
		return time.Time{}, nil
	}
	m, err := s.db.MessageByID(ctx, id)
	switch {
	case err != nil:
		return time.Time{}, err
	case m.State == purvey.MessageSent:
		return m.SentAt, nil
	case m.State == purvey.MessageKept && !s.mail:
		return m.CreatedAt, nil
	}
	return time.Time{}, nil
}

// TestMail sends a message of kind test to an address. It is a live message,
// whatever the mode, since what it tries is the mail server.
func (s *Service) TestMail(ctx context.Context, shopID, to string) (purvey.Message, error) {
	if !purvey.ValidEmail(to) {
		return purvey.Message{}, purvey.BadField("to", "must be an e-mail address")
	}
	var m purvey.Message
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		shop, err := tx.Shop(ctx, shopID)
		if err != nil {
			return err
		}
		m = purvey.Message{
			ShopID: shopID, Mode: purvey.Live, Kind: purvey.MailTest, State: purvey.MessageKept, To: to, Locale: shop.Settings.Shop.Locale, Data: shop.Settings.MailData(),
		}
		if s.mail {
			m.State = purvey.MessageQueued
		}
		if err := tx.InsertMessage(ctx, &m); err != nil {
			return err
		}
		return tx.PutMilestone(ctx, shopID, store.Milestone{Name: "mail", ObjectID: m.ID})
	})
	return m, err
}

// RoundTrip is what came of a storage check.
type RoundTrip struct {
	OK    bool
	Took  time.Duration
	Error string // in plain words
}

// CheckStorage writes to the storage, reads it back, and remembers that it
// worked.
func (s *Service) CheckStorage(ctx context.Context, shopID string) (RoundTrip, error) {
	start := time.Now()
	var err error
	if s.storage != nil {
		err = s.storage(ctx)
	}
	r := RoundTrip{OK: err == nil, Took: time.Since(start)}
	if err != nil {
		r.Error = "the storage did not give back what was written; the server's log says more"
		var e *purvey.Error
		if errors.As(err, &e) && e.Detail != "" {
			r.Error = e.Detail
		}
		return r, nil
	}
	return r, s.db.Tx(ctx, func(tx *store.Tx) error {
		return tx.PutMilestone(ctx, shopID, store.Milestone{Name: "storage", ReachedAt: tx.Now()})
	})
}
