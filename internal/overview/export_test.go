package overview

import (
	"context"

	"purvey"
)

// Counted is Today as if nothing was kept.
func (s *Service) Counted(ctx context.Context, shop purvey.Shop, mode purvey.Mode, q Query) (Today, error) {
	return s.today(ctx, shop, mode, q, false)
}
