package overview

import (
	"context"
	"fmt"
	"time"

	"purvey"
	"purvey/internal/store"
)

// bandwidth looks at the shop's budget of bandwidth, which is of live mode.
func (s *Service) bandwidth(ctx context.Context, shop purvey.Shop, mode purvey.Mode) (red, amber []Attention, err error) {
	b := purvey.Bandwidth{Budget: shop.Settings.BandwidthBudget()}
	if b.Budget == 0 || mode != purvey.Live {
		return nil, nil, nil
	}
	now := s.db.Now()
	b.Sent, err = s.db.BytesSent(ctx, purvey.Scope{ShopID: shop.ID, Mode: mode}, now.Add(-purvey.BandwidthWindow), now)
	if err != nil || b.Level() == 0 {
		return nil, nil, err
	}
	a := Attention{Kind: "bandwidth", Severity: Amber, Title: fmt.Sprintf("%d %% of the bandwidth budget are used", b.Percent()), Href: "/admin/settings/policies"}
	a.add(store.Concern{Title: fmt.Sprintf("%.1f GB of %d GB in %d days", float64(b.Sent)/purvey.GB, b.Budget/purvey.GB, purvey.BandwidthWindow/(24*time.Hour))})
	if b.Level() < purvey.BandwidthFullAt {
		return nil, []Attention{a}, nil
	}
	if !shop.Settings.Policies.BandwidthStop {
		a.Title = "The bandwidth budget is used up"
		return nil, []Attention{a}, nil
	}
	a.Severity, a.Title = Red, "The bandwidth budget is used up: new downloads are refused"
	return []Attention{a}, nil, nil
}
