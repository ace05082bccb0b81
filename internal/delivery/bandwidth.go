package delivery

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"purvey"
	"purvey/internal/store"
)

// readingLife is how long it is believed what a shop has sent lately. A shop
// may send that much longer than its budget lasts, on each node.
const readingLife = time.Minute

// meter remembers what shops have sent lately, so that a copy costs no sum.
type meter struct {
	mu       sync.Mutex
	readings map[string]reading // by shop
}

type reading struct {
	at   time.Time
	sent int64
}

// sentLately gives what a shop has sent in the time that its budget is of. While
// it is summed anew, others go by what it was.
func (s *Service) sentLately(ctx context.Context, shopID string) (int64, error) {
	now := s.db.Now()
	s.meter.mu.Lock()
	r, known := s.meter.readings[shopID]
	if known && now.Sub(r.at) < readingLife {
		s.meter.mu.Unlock()
		return r.sent, nil
	}
	if known {
		s.meter.readings[shopID] = reading{now, r.sent}
	}
	s.meter.mu.Unlock()
	sent, err := s.db.BytesSent(ctx, purvey.Scope{ShopID: shopID, Mode: purvey.Live}, now.Add(-purvey.BandwidthWindow), now)
	s.meter.mu.Lock()
	defer s.meter.mu.Unlock()
	if err != nil {
		delete(s.meter.readings, shopID)
		return 0, err
	}
	s.meter.readings[shopID] = reading{now, sent}
	return sent, nil
}

// spent tells whether the source's shop has spent its budget of bandwidth, and
// wants no new copies then.
func (s *Service) spent(ctx context.Context, src *source) (bool, error) {
	budget := src.shop.Settings.BandwidthBudget()
	if budget == 0 || !src.shop.Settings.Policies.BandwidthStop || src.scope.Mode != purvey.Live {
		return false, nil
	}
	sent, err := s.sentLately(ctx, src.shop.ID)
	return err == nil && sent >= budget, err
}

// CheckBandwidth is the periodic job that warns shops of budgets that are
// nearly or wholly spent: once for each level they reach, and again only after
// they were below it. It is safe to run twice.
func (s *Service) CheckBandwidth(ctx context.Context) error {
	shops, err := s.db.Shops(ctx)
	if err != nil {
		return err
	}
	now := s.db.Now()
	var failed []error
	for _, shop := range shops {
		b := purvey.Bandwidth{Budget: shop.Settings.BandwidthBudget()}
		if b.Budget > 0 {
			scope := purvey.Scope{ShopID: shop.ID, Mode: purvey.Live}
			if b.Sent, err = s.db.BytesSent(ctx, scope, now.Add(-purvey.BandwidthWindow), now); err != nil {
				failed = append(failed, err)
				continue
			}
		}
		failed = append(failed, s.noticeBandwidth(ctx, shop, b))
	}
	return errors.Join(failed...)
}

// noticeBandwidth notes the level that a shop is at, and mails it where that is
// higher than before.
func (s *Service) noticeBandwidth(ctx context.Context, shop purvey.Shop, b purvey.Bandwidth) error {
	level := b.Level()
	if was, err := s.db.BandwidthLevel(ctx, shop.ID); err != nil || was == level {
		return err
	}
	return s.db.Tx(store.Later(ctx), func(tx *store.Tx) error {
		was, err := tx.SetBandwidthLevel(ctx, shop.ID, level)
		if err != nil || level <= was {
			return err
		}
		return s.warnOfBandwidth(ctx, tx, shop, b)
	})
}

// warnOfBandwidth writes to the shop's admins. Of a shop without any, the
// message is kept where the back office shows it.
func (s *Service) warnOfBandwidth(ctx context.Context, tx *store.Tx, shop purvey.Shop, b purvey.Bandwidth) error {
	to, err := tx.AdminAddresses(ctx, shop.ID)
	if err != nil {
		return err
	}
	state := purvey.MessageKept
	if s.mail && len(to) > 0 {
		state = purvey.MessageQueued
	}
	if len(to) == 0 {
		to = []string{""}
	}
	subject, then := fmt.Sprintf("%d %% of the bandwidth budget are used", b.Percent()), "Nothing changes for customers."
	if stop := shop.Settings.Policies.BandwidthStop; b.Level() == purvey.BandwidthFullAt {
		subject = "The bandwidth budget is used up"
		if stop {
			then = "New downloads are refused until it is less, as the shop's settings say. Downloads that have begun can be finished."
		}
	} else if stop {
		then = "When it is used up, new downloads are refused, as the shop's settings say."
	}
	for _, address := range to {
		m := purvey.Message{
			ShopID: shop.ID, Mode: purvey.Live, Kind: purvey.MailOwnerWarning, State: state, To: address, Locale: shop.Settings.Shop.Locale,
			Data: shop.Settings.MailData(),
		}
		m.Data.Subject = subject
		m.Data.Body = fmt.Sprintf("%.1f GB of the budget of %d GB were sent in the last %d days. %s", float64(b.Sent)/purvey.GB, b.Budget/purvey.GB,
			purvey.BandwidthWindow/(24*time.Hour), then)
		if err := tx.InsertMessage(ctx, &m); err != nil {
			return err
		}
	}
	return nil
}
