package catalog

import (
	"context"
	"reflect"

	"purvey"
	"purvey/internal/store"
)

// productFields are a product's own fields, by their names in the API.
func productFields(p purvey.Product) purvey.AuditFields {
	f := purvey.AuditFields{
		"name": p.Name, "slug": p.Slug, "external_id": p.ExternalID, "asset_id": p.AssetID, "kind": p.Kind, "status": p.Status,
		"delivering_type": p.Delivering, "access": p.Access, "download_mode": p.DownloadMode, "download_type": p.DownloadType,
		"product_gid": p.ProductGID, "variant_gids": p.VariantGIDs, "use_all_variants": p.UseAllVariants,
		"license_key_tag": p.KeyTag, "license_key_mode": p.KeyMode, "download_in": p.DownloadIn, "max_downloads": p.MaxDownloads,
		"notify_when_updated": p.NotifyWhenUpdated, "scheduled_delivery_date": nil, "scheduled_delivery_timezone": p.ScheduledZone,
		"price_cents": p.PriceCents, "currency": p.Currency, "description": p.Description, "cover_url": p.CoverURL,
		"world": p.World, "countries": p.Countries, "min_quantity": p.MinQuantity, "available": p.Available, "stamping": p.Stamping,
		"period_months": p.PeriodMonths, "partable": p.Partable, "parts": p.Parts, "links": p.Links, "is_archived": p.IsArchived,
		"active_version_id": p.ActiveVersionID, "files": fileNames(p.Files),
	}
	if !p.ScheduledAt.IsZero() {
		f["scheduled_delivery_date"] = p.ScheduledAt.UTC()
	}
	return f
}

// set keeps the fields that have a value: those that a new object was given.
func set(f purvey.AuditFields) purvey.AuditFields {
	for name, v := range f {
		value := reflect.ValueOf(v)
		if !value.IsValid() || value.IsZero() || value.Kind() == reflect.Slice && value.Len() == 0 {
			delete(f, name)
		}
	}
	return f
}

func fileNames(files []purvey.File) []string {
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = f.Name
	}
	return names
}

func auditProduct(ctx context.Context, tx *store.Tx, action string, before, after purvey.AuditFields, p purvey.Product) error {
	return tx.Audit(ctx, purvey.AuditEntry{
		ShopID: p.ShopID, Action: action, Object: purvey.AuditObject{Type: "product", ID: p.ID, Name: p.Name}, Before: before, After: after,
	})
}

// productAction names a change of a product by what differs.
func productAction(before, after purvey.AuditFields) string {
	was, is := purvey.AuditDiff(before, after)
	limits := 0
	for _, name := range []string{"max_downloads", "download_in"} {
		if _, changed := is[name]; changed {
			limits++
		}
	}
	archived, moved := is["is_archived"].(bool)
	switch {
	case moved && len(was) == 1 && archived:
		return "product.archived"
	case moved && len(was) == 1:
		return "product.unarchived"
	case limits > 0 && limits == len(was):
		return "product.limits_changed"
	}
	return "product.updated"
}

func versionFields(v purvey.Version) purvey.AuditFields {
	return purvey.AuditFields{"version": v.Version, "notes": v.Notes, "state": v.State, "files": fileNames(v.Files)}
}

// auditVersion records what was done to a version of a product.
func auditVersion(ctx context.Context, tx *store.Tx, action string, before, after purvey.AuditFields, p *purvey.Product, v purvey.Version) error {
	return tx.Audit(ctx, purvey.AuditEntry{
		ShopID: v.ShopID, Action: action, Object: purvey.AuditObject{Type: "version", ID: v.ID, Name: p.Name + " " + v.Version}, Before: before, After: after,
	})
}

func fileFields(f purvey.File) purvey.AuditFields {
	return purvey.AuditFields{"name": f.Name, "size": f.Size, "type": f.Type, "sha256": f.Digest}
}

func auditFile(ctx context.Context, tx *store.Tx, action string, before, after purvey.AuditFields, f purvey.File) error {
	return tx.Audit(ctx, purvey.AuditEntry{
		ShopID: f.ShopID, Action: action, Object: purvey.AuditObject{Type: "file", ID: f.ID, Name: f.Name}, Before: before, After: after,
	})
}
