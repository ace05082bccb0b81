package delivery

import (
	"context"
	"time"

	"purvey"
)

// Stats are a mode's figures over the copies begun in a period, from
// inclusive, to exclusive. What was sent until this moment is in them.
func (s *Service) Stats(ctx context.Context, scope purvey.Scope, from, to time.Time) (purvey.DownloadStats, error) {
	if err := s.Flush(ctx); err != nil {
		return purvey.DownloadStats{}, err
	}
	return s.db.DownloadStats(ctx, scope, from, to)
}

// Downloads gives the copies of orders by order id, oldest first, with what
// was sent until this moment.
func (s *Service) Downloads(ctx context.Context, orderIDs []string) (map[string][]purvey.Download, error) {
	if err := s.Flush(ctx); err != nil {
		return nil, err
	}
	return s.db.DownloadsOfOrders(ctx, orderIDs)
}
