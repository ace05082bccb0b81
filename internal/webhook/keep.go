package webhook

import (
	"context"

	"purvey"
	"purvey/internal/store"
)

// Keep has a dialect's only endpoint in a scope be as p says: Name, URL,
// Events, Dialect and Secret. It is made, changed, or, when URL or Secret is
// "", removed. One that is so already is left alone, switched off or not; a
// changed one is switched on. It joins a transaction that ctx carries.
func (s *Service) Keep(ctx context.Context, scope purvey.Scope, p purvey.Endpoint) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		ctx := tx.With(ctx)
		found, err := tx.Endpoints(ctx, scope, p.Dialect, purvey.Page{Limit: 1})
		if err != nil {
			return err
		}
		wanted := p.URL != "" && p.Secret != ""
		if len(found.Items) == 0 {
			if wanted {
				_, err = s.Create(ctx, scope, p)
			}
			return err
		}
		old := found.Items[0]
		if !wanted {
			return s.remove(ctx, tx, old)
		}
		secret, err := s.keys.Unseal(secretPurpose, old.Secret)
		if err == nil && secret == p.Secret && old.URL == p.URL {
			return nil
		}
		enabled := true
		if _, err := s.Update(ctx, scope, old.ID, Change{Name: &p.Name, URL: &p.URL, Events: &p.Events, Enabled: &enabled}); err != nil {
			return err
		}
		if err := tx.SetEndpointSecret(ctx, old.ID, s.keys.Seal(secretPurpose, p.Secret)); err != nil || secret == p.Secret {
			return err
		}
		return audit(ctx, tx, "endpoint.updated", purvey.AuditFields{"secret": "set"}, purvey.AuditFields{"secret": "changed"}, old)
	})
}
