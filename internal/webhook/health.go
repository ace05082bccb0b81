package webhook

import (
	"context"
	"errors"
	"fmt"
	"time"

	"purvey"
	"purvey/internal/store"
)

// warnedFor is how long before it is switched off an endpoint's owner has been
// warned, at least: also when the server was down meanwhile.
const warnedFor = 24 * time.Hour

// Check is the periodic job that looks after endpoints which fail: after
// purvey.WebhookWarnAfter without one success the owner is warned, after
// purvey.WebhookOffAfter the endpoint is switched off. Serves BDD-45.
func (s *Service) Check(ctx context.Context, _ purvey.Job) error {
	failing, err := s.db.FailingEndpoints(ctx, s.db.Now().Add(-purvey.WebhookWarnAfter))
	if err != nil {
		return err
	}
	for _, p := range failing {
		if err := s.db.Tx(ctx, func(tx *store.Tx) error { return s.look(ctx, tx, p.ID) }); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) look(ctx context.Context, tx *store.Tx, id string) error {
	p, err := tx.EndpointByID(ctx, id)
	if err != nil || !p.Enabled || p.FailingSince.IsZero() {
		return ignoreMissing(err)
	}
	now := tx.Now()
	since := now.Sub(p.FailingSince)
	if since < purvey.WebhookWarnAfter {
		return nil
	}
	// Two nodes may have noted a failure and a success the wrong way round.
	if good, err := tx.EndpointSucceeded(ctx, id, p.FailingSince); err != nil || good {
		if err == nil {
			err = tx.EndpointWorked(ctx, id)
		}
		return err
	}
	switch {
	case p.WarnedAt.IsZero():
		if warned, err := tx.EndpointWarned(ctx, id); err != nil || !warned {
			return err
		}
		return s.mail(ctx, tx, p, fmt.Sprintf("Webhooks to %s have been failing for %d days", p.Name, days(since)),
			fmt.Sprintf("Nothing sent to %s has been accepted since %s. Every event is tried for several days, and all of them can be sent "+
				"again for %d days. If it goes on, the webhook endpoint will be switched off after %d days of failures.",
				p.URL, p.FailingSince.Format("2 January 2006, 15:04 UTC"), days(purvey.WebhookHistory), days(purvey.WebhookOffAfter)))
	case since >= purvey.WebhookOffAfter && now.Sub(p.WarnedAt) >= warnedFor:
		return s.switchOff(ctx, tx, id, fmt.Sprintf("every attempt failed for %d days", days(since)))
	}
	return nil
}

// switchOff disables an endpoint and tells its owner.
func (s *Service) switchOff(ctx context.Context, tx *store.Tx, id, why string) error {
	if off, err := tx.SwitchOff(ctx, id, why); err != nil || !off {
		return err
	}
	s.forget(tx, id)
	p, err := tx.EndpointByID(ctx, id)
	if err != nil {
		return err
	}
	if err := audit(ctx, tx, "endpoint.switched_off", purvey.AuditFields{"enabled": true}, purvey.AuditFields{"enabled": false, "disabled_reason": why}, p); err != nil {
		return err
	}
	return s.mail(ctx, tx, p, fmt.Sprintf("The webhook endpoint %s was switched off", p.Name),
		fmt.Sprintf("%s gets no more webhooks: %s. Switch the endpoint on again when the receiver works: what waited is sent then, and what "+
			"it missed in the last %d days can be replayed.", p.URL, why, days(purvey.WebhookHistory)))
}

func days(d time.Duration) int { return int(d / (24 * time.Hour)) }

func ignoreMissing(err error) error {
	if errors.Is(err, purvey.NotFound) {
		return nil
	}
	return err
}

// mail writes to the shop's admins. Of a shop without any, and of a sandbox,
// the message is kept where the back office shows it.
func (s *Service) mail(ctx context.Context, tx *store.Tx, p purvey.Endpoint, subject, body string) error {
	shop, err := tx.Shop(ctx, p.ShopID)
	if err != nil {
		return ignoreMissing(err)
	}
	to, err := tx.AdminAddresses(ctx, p.ShopID)
	if err != nil {
		return err
	}
	state := purvey.MessageKept
	if s.o.Mail && p.Mode == purvey.Live && len(to) > 0 {
		state = purvey.MessageQueued
	}
	if len(to) == 0 {
		to = []string{""}
	}
	for _, address := range to {
		m := purvey.Message{
			ShopID: p.ShopID, Mode: p.Mode, Kind: purvey.MailOwnerWarning, State: state, To: address, Locale: shop.Settings.Shop.Locale,
			Data: shop.Settings.MailData(),
		}
		m.Data.Subject, m.Data.Body = subject, body
		if err := tx.InsertMessage(ctx, &m); err != nil {
			return err
		}
	}
	return nil
}

// Sweep is the periodic job that forgets deliveries older than
// purvey.WebhookHistory.
func (s *Service) Sweep(ctx context.Context, _ purvey.Job) error {
	const some = 500
	for ctx.Err() == nil {
		var n int64
		err := s.db.Tx(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.SweepDeliveries(ctx, tx.Now().Add(-purvey.WebhookHistory), some)
			return err
		})
		if err != nil || n < some {
			return err
		}
	}
	return ctx.Err()
}
