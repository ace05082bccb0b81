package webhook

import (
	"context"

	"purvey"
	"purvey/internal/store"
)

func audit(ctx context.Context, tx *store.Tx, action string, before, after purvey.AuditFields, p purvey.Endpoint) error {
	return tx.Audit(ctx, purvey.AuditEntry{
		ShopID: p.ShopID, Mode: p.Mode, Action: action, Object: purvey.AuditObject{Type: "endpoint", ID: p.ID, Name: p.Name}, Before: before, After: after,
	})
}

// fields are those of an endpoint that its owner chooses, without the secret.
func fields(p purvey.Endpoint) purvey.AuditFields {
	return purvey.AuditFields{
		"name": p.Name, "url": p.URL, "events": p.Events, "enabled": p.Enabled, "disabled_reason": p.DisabledReason,
	}
}
