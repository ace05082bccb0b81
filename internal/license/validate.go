package license

import (
	"context"
	"errors"
	"strings"

	"purvey"
)

// Validate tells what is known of a key's text, outer space aside. An unknown
// key is a verdict, not an error; an empty text is Invalid. Nothing is
// written. Serves BDD-11.
func (s *Service) Validate(ctx context.Context, scope purvey.Scope, text string) (purvey.KeyVerdict, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return purvey.KeyVerdict{}, purvey.BadField("key", "is required")
	}
	q, now := question{scope.ShopID, scope.Mode, text}, s.db.Moment(ctx)
	if v, ok := s.memory.get(q, now); ok {
		return v, nil
	}
	k, err := s.db.LicenseKeyByText(ctx, scope, text)
	if errors.Is(err, purvey.NotFound) {
		return purvey.KeyVerdict{}, nil
	}
	if err != nil {
		return purvey.KeyVerdict{}, err
	}
	v := purvey.KeyVerdict{Valid: true, Assigned: k.Assigned(), Tag: k.Tag, OrderName: k.OrderName, OrderID: k.OrderID}
	if now.Known() {
		s.memory.put(q, v, now)
	}
	return v, nil
}
