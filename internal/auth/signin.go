package auth

import (
	"context"

	"purvey"
	"purvey/internal/store"
)

// SignIn begins a session for a customer whose address the shop itself vouches
// for, and gives the text of its cookie. userAgent is what the browser says of
// itself.
func (s *Service) SignIn(ctx context.Context, shopID, email, userAgent string) (string, error) {
	text := purvey.Secret(40)
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		return tx.InsertSession(ctx, &purvey.Session{
			ShopID: shopID, Hash: purvey.HashToken(text), Email: purvey.Fold(email), Device: deviceOf(userAgent), ExpiresAt: tx.Now().Add(purvey.SessionLife),
		})
	})
	return text, err
}
