package auth

import (
	"context"

	"purvey"
	"purvey/internal/store"
)

// SignIn begins a session for a customer whose address the shop itself vouches
// for, and gives the text of its cookie.
func (s *Service) SignIn(ctx context.Context, shopID, email string) (string, error) {
	text := purvey.Secret(40)
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		return tx.InsertSession(ctx, &purvey.Session{
			ShopID: shopID, Hash: purvey.HashToken(text), Email: purvey.Fold(email), ExpiresAt: tx.Now().Add(purvey.SessionLife),
		})
	})
	return text, err
}
