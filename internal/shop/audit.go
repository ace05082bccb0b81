package shop

import (
	"context"

	"purvey"
	"purvey/internal/store"
)

// AuditFilter narrows the audit log; its zero value narrows nothing.
type AuditFilter = store.AuditFilter

// AuditLog lists what was changed in a shop: what both modes share, and what
// belongs to the scope's.
func (s *Service) AuditLog(ctx context.Context, scope purvey.Scope, f AuditFilter, p purvey.Page) (purvey.Listed[purvey.AuditEntry], error) {
	return s.db.AuditLog(ctx, scope, f, p)
}

func shopChange(action string, before, after purvey.AuditFields, shop purvey.Shop) purvey.AuditEntry {
	return purvey.AuditEntry{
		ShopID: shop.ID, Action: action, Object: purvey.AuditObject{Type: "shop", ID: shop.ID, Name: shop.Name}, Before: before, After: after,
	}
}
