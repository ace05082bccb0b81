package order

import (
	"context"
	"fmt"
	"time"

	"purvey"
	"purvey/internal/store"
)

// What is done to orders, as the audit log names it.
const (
	actionPlaced    = "order.placed" // by a member alone: an order that comes in is its own record
	actionUpdated   = "order.updated"
	actionAccess    = "order.access_changed"
	actionReset     = "order.downloads_reset"
	actionFiles     = "order.files_assigned"
	actionKeys      = "order.keys_assigned"
	actionServed    = "order.keys_served"
	actionRefunded  = "order.refunded"
	actionCanceled  = "order.canceled"
	actionEnded     = "order.ended"
	actionCorrected = "order.customer_corrected"
	actionResent    = "order.resent"
	actionRetried   = "order.retried"
	actionDisputed  = "order.disputed"
	actionRenewed   = "order.renewed"
	actionReleased  = "order.released" // at a product's date
	actionFailed    = "order.fulfilment_failed"
)

// audit records what was done to an order. With before, what differs from the
// order as it is now is told, and nothing when nothing does.
func audit(ctx context.Context, tx *store.Tx, action string, before purvey.AuditFields, o *purvey.Order) error {
	return tx.Audit(ctx, purvey.AuditEntry{
		ShopID: o.ShopID, Mode: o.Mode, Action: action, Object: objectOf(o), Before: before, After: auditFields(o),
	})
}

// auditLine is audit of what was done to one line, which it names.
func auditLine(ctx context.Context, tx *store.Tx, action string, before purvey.AuditFields, o *purvey.Order, l *purvey.Line) error {
	was, is := purvey.AuditDiff(before, auditFields(o))
	is[fmt.Sprintf("lines.%d.product", l.Number)] = l.ProductName
	return tx.Audit(ctx, purvey.AuditEntry{ShopID: o.ShopID, Mode: o.Mode, Action: action, Object: objectOf(o), Before: was, After: is})
}

// auditAct records an act by what it was done with.
func auditAct(ctx context.Context, tx *store.Tx, action string, with purvey.AuditFields, o *purvey.Order) error {
	return tx.Audit(ctx, purvey.AuditEntry{ShopID: o.ShopID, Mode: o.Mode, Action: action, Object: objectOf(o), After: with})
}

func objectOf(o *purvey.Order) purvey.AuditObject {
	return purvey.AuditObject{Type: "order", ID: o.ID, Name: o.Name}
}

// auditFields are those fields of an order that can change, its keys by their
// ends.
func auditFields(o *purvey.Order) purvey.AuditFields {
	f := purvey.AuditFields{
		"financial_status": o.Financial, "risk_level": o.Risk, "access": "enabled", "total_cents": o.TotalCents,
		"customer.email": o.Customer.Email, "customer.firstname": o.Customer.Firstname, "customer.lastname": o.Customer.Lastname,
		"customer.locale": o.Customer.Locale, "external_reference": o.ExternalReference, "gid": o.GID,
	}
	if o.AccessDisabled {
		f["access"] = "disabled"
	}
	for _, l := range o.Lines {
		line := func(name string, v any) { f[fmt.Sprintf("lines.%d.%s", l.Number, name)] = v }
		line("product", l.ProductName)
		line("status", l.Status)
		line("quantity", l.Quantity)
		line("refunded_quantity", l.RefundedQuantity)
		line("price_cents", l.PriceCents)
		line("keys_owed", l.KeysOwed)
		for name, t := range map[string]time.Time{
			"expires_at": l.ExpiresAt, "ends_at": l.EndsAt, "open_until": l.OpenUntil, "downloads_counted_from": l.CountFrom,
		} {
			if !t.IsZero() {
				line(name, t.UTC())
			}
		}
		for name, text := range map[string]string{"cancel_reason": l.CancelReason, "version_id": l.VersionID} {
			if text != "" {
				line(name, text)
			}
		}
		if l.GrantedCopies > 0 {
			line("granted_copies", l.GrantedCopies)
		}
		if len(l.Files) > 0 {
			names := make([]string, len(l.Files))
			for i, file := range l.Files {
				names[i] = file.Name
			}
			line("files", names)
		}
		if len(l.Keys) > 0 {
			line("keys", maskedKeys(l.Keys))
		}
	}
	return f
}

func maskedKeys(keys []purvey.LicenseKey) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = purvey.MaskKey(k.Key)
	}
	return out
}
