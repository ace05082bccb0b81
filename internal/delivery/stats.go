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

// Counted counts, by line, the copies of orders that count towards a limit. A
// line without any is left out.
func (s *Service) Counted(ctx context.Context, orderIDs []string) (map[string]int64, error) {
	return s.db.CountedOfOrders(ctx, orderIDs)
}

// Downloads gives the copies of orders by order id, oldest first, with what
// was sent until this moment.
func (s *Service) Downloads(ctx context.Context, orderIDs []string) (map[string][]purvey.Download, error) {
	if err := s.Flush(ctx); err != nil {
		return nil, err
	}
	return s.db.DownloadsOfOrders(ctx, orderIDs)
}
