package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strconv"

	"purvey"
)

const productColumns = `p.id, p.shop_id, p.asset_id, p.slug, p.external_id, p.kind, p.status, p.name, p.delivering, p.access,
	p.download_mode, p.download_type, p.product_gid, p.variant_gids, p.use_all_variants, p.key_tag, p.key_mode, p.download_in, p.max_downloads,
	p.notify_when_updated, p.scheduled_at, p.scheduled_zone, p.price_cents, p.currency, p.description, p.cover_url, p.world, p.countries,
	p.min_quantity, p.available, p.stamping, p.period_months, p.partable, p.parts, p.links, p.is_archived, p.active_version_id, p.extra,
	p.created_at, p.updated_at`

func scanProduct(s scanner, p *purvey.Product) error {
	var extra string
	var in, most sql.NullInt64
	err := s.Scan(&p.ID, &p.ShopID, &p.AssetID, &p.Slug, &p.ExternalID, &p.Kind, &p.Status, &p.Name, &p.Delivering, &p.Access,
		&p.DownloadMode, &p.DownloadType, &p.ProductGID, doc{&p.VariantGIDs}, &p.UseAllVariants, &p.KeyTag, &p.KeyMode, &in, &most,
		&p.NotifyWhenUpdated, at{&p.ScheduledAt}, &p.ScheduledZone, &p.PriceCents, &p.Currency, &p.Description, &p.CoverURL, &p.World, doc{&p.Countries},
		&p.MinQuantity, &p.Available, doc{&p.Stamping}, &p.PeriodMonths, &p.Partable, doc{&p.Parts}, doc{&p.Links}, &p.IsArchived, &p.ActiveVersionID, &extra,
		at{&p.CreatedAt}, at{&p.UpdatedAt})
	p.DownloadIn, p.MaxDownloads = optionalInt(in), optionalInt(most)
	if extra != "" {
		p.Extra = json.RawMessage(extra)
	}
	return err
}

func optionalInt(n sql.NullInt64) *int {
	if !n.Valid {
		return nil
	}
	i := int(n.Int64)
	return &i
}

// ProductFilter narrows a list of products. Its zero value gives those that
// are not archived.
type ProductFilter struct {
	Query    string // anywhere in the name, in any case
	Archived bool   // archived ones too
	Kind     string // only this kind
	Status   string // only this status
}

// The systems in which a product has a name of its own.
const (
	KeySlug     = "slug"     // Continuata
	KeyExternal = "external" // Publica.la
	KeyAsset    = "asset"    // HL Connect, in decimal
)

// Product gives a product of the shop with the files of its active version.
func (q Queries) Product(ctx context.Context, shopID, id string) (purvey.Product, error) {
	return q.product(ctx, `p.id = $1 AND p.shop_id = $2`, id, shopID)
}

// ProductByKey gives the product that a system knows by the value.
func (q Queries) ProductByKey(ctx context.Context, shopID, system, value string) (purvey.Product, error) {
	found, err := q.ProductsByKey(ctx, shopID, system, value)
	if err != nil {
		return purvey.Product{}, err
	}
	if p, ok := found[value]; ok {
		return p, nil
	}
	return purvey.Product{}, purvey.Missing("product")
}

// ProductsByKey gives those products that a system (KeySlug, KeyExternal,
// KeyAsset) knows by one of the values, by value.
func (q Queries) ProductsByKey(ctx context.Context, shopID, system string, values ...string) (map[string]purvey.Product, error) {
	out := make(map[string]purvey.Product, len(values))
	column, key := `p.slug`, func(p purvey.Product) string { return p.Slug }
	switch system {
	case KeyExternal:
		column, key = `p.external_id`, func(p purvey.Product) string { return p.ExternalID }
	case KeyAsset:
		column, key = `p.asset_id`, func(p purvey.Product) string { return strconv.FormatInt(p.AssetID, 10) }
	}
	values = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
	for chunk := range chunks(values) {
		set, args := inList(2, chunk)
		if system == KeyAsset {
			for i := range args {
				// What is not an integer names no product; 0 is nobody's number.
				args[i], _ = strconv.ParseInt(args[i].(string), 10, 64)
			}
		}
		found, err := q.products(ctx, `p.shop_id = $1 AND `+column+` IN `+set, append([]any{shopID}, args...)...)
		if err != nil {
			return nil, err
		}
		for _, p := range found {
			out[key(p)] = p
		}
	}
	return out, nil
}

// ProductsByID gives those of the products that the shop has, by id, with the
// files of their active versions.
func (q Queries) ProductsByID(ctx context.Context, shopID string, ids []string) (map[string]purvey.Product, error) {
	out := make(map[string]purvey.Product, len(ids))
	for chunk := range chunks(ids) {
		set, args := inList(2, chunk)
		found, err := q.products(ctx, `p.shop_id = $1 AND p.id IN `+set, append([]any{shopID}, args...)...)
		if err != nil {
			return nil, err
		}
		for _, p := range found {
			out[p.ID] = p
		}
	}
	return out, nil
}

// Products lists the shop's products.
func (q Queries) Products(ctx context.Context, shopID string, f ProductFilter, p purvey.Page) (purvey.Listed[purvey.Product], error) {
	w := newWhere(`p.shop_id = $1`, shopID)
	if f.Query != "" {
		w.and(`p.name_folded LIKE ? ESCAPE '\'`, likePattern(f.Query))
	}
	if !f.Archived {
		w.and(`p.is_archived = ?`, false)
	}
	if f.Kind != "" {
		w.and(`p.kind = ?`, f.Kind)
	}
	if f.Status != "" {
		w.and(`p.status = ?`, f.Status)
	}
	text, args := w.list(`SELECT `+productColumns+` FROM product p`, "p", p)
	items, err := collect(ctx, q, text, args, scanProduct)
	if err != nil {
		return purvey.Listed[purvey.Product]{}, err
	}
	out := listed(items, p)
	return out, q.fillProducts(ctx, out.Items)
}

func (q Queries) product(ctx context.Context, where string, args ...any) (purvey.Product, error) {
	p, err := one(ctx, q, "product", `SELECT `+productColumns+` FROM product p WHERE `+where, args, scanProduct)
	if err != nil {
		return p, err
	}
	whole := []purvey.Product{p}
	err = q.fillProducts(ctx, whole)
	return whole[0], err
}

func (q Queries) products(ctx context.Context, where string, args ...any) ([]purvey.Product, error) {
	found, err := collect(ctx, q, `SELECT `+productColumns+` FROM product p WHERE `+where, args, scanProduct)
	if err != nil {
		return nil, err
	}
	return found, q.fillProducts(ctx, found)
}

// fillProducts reads the files of the active versions.
func (q Queries) fillProducts(ctx context.Context, products []purvey.Product) error {
	ids := make([]string, 0, len(products))
	for _, p := range products {
		if p.ActiveVersionID != "" {
			ids = append(ids, p.ActiveVersionID)
		}
	}
	files, err := q.filesOfVersions(ctx, ids)
	for i := range products {
		products[i].Files = files[products[i].ActiveVersionID]
	}
	return err
}

// LockProduct is Product; nobody else changes the product, or locks it, until
// the transaction ends.
func (tx *Tx) LockProduct(ctx context.Context, shopID, id string) (purvey.Product, error) {
	return tx.product(ctx, `p.id = $1 AND p.shop_id = $2 {for update}`, id, shopID)
}

// LargestAsset is the largest asset number of the shop, 0 when it has none.
func (q Queries) LargestAsset(ctx context.Context, shopID string) (int64, error) {
	var n int64
	err := q.row(ctx, `SELECT coalesce(max(asset_id), 0) FROM product WHERE shop_id = $1`, []any{shopID}, &n)
	return n, err
}

// InsertProduct adds a product and sets its id, if it has none, and its times.
// The caller has seen that slug, external id and asset number are free.
func (tx *Tx) InsertProduct(ctx context.Context, p *purvey.Product) error {
	if p.ID == "" {
		p.ID = tx.NewID()
	}
	p.CreatedAt = tx.Now()
	p.UpdatedAt = p.CreatedAt
	_, err := tx.exec(ctx, `INSERT INTO product (id, shop_id, created_at, asset_id, slug, external_id, kind, status, name, name_folded, delivering, access,
		download_mode, download_type, product_gid, variant_gids, use_all_variants, key_tag, key_mode, download_in, max_downloads, notify_when_updated,
		scheduled_at, scheduled_zone, price_cents, currency, description, cover_url, world, countries, min_quantity, available, stamping, period_months,
		partable, parts, links, is_archived, active_version_id, extra, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30,
		$31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41)`, append([]any{p.ID, p.ShopID, micros(p.CreatedAt)}, productValues(*p)...)...)
	return err
}

// UpdateProduct writes all of a product but its creation, and sets its time of
// change. It must have been read by LockProduct in the same transaction.
func (tx *Tx) UpdateProduct(ctx context.Context, p *purvey.Product) error {
	p.UpdatedAt = tx.Now()
	_, err := tx.exec(ctx, `UPDATE product SET asset_id = $3, slug = $4, external_id = $5, kind = $6, status = $7, name = $8, name_folded = $9,
		delivering = $10, access = $11, download_mode = $12, download_type = $13, product_gid = $14, variant_gids = $15, use_all_variants = $16,
		key_tag = $17, key_mode = $18, download_in = $19, max_downloads = $20, notify_when_updated = $21, scheduled_at = $22, scheduled_zone = $23,
		price_cents = $24, currency = $25, description = $26, cover_url = $27, world = $28, countries = $29, min_quantity = $30, available = $31,
		stamping = $32, period_months = $33, partable = $34, parts = $35, links = $36, is_archived = $37, active_version_id = $38, extra = $39,
		updated_at = $40 WHERE id = $1 AND shop_id = $2`, append([]any{p.ID, p.ShopID}, productValues(*p)...)...)
	return err
}

// productValues are the columns that both statements write, in their order.
func productValues(p purvey.Product) []any {
	return []any{
		p.AssetID, p.Slug, p.ExternalID, p.Kind, p.Status, p.Name, purvey.Fold(p.Name), p.Delivering, p.Access,
		p.DownloadMode, p.DownloadType, p.ProductGID, asJSON(p.VariantGIDs), p.UseAllVariants, p.KeyTag, p.KeyMode, p.DownloadIn, p.MaxDownloads, p.NotifyWhenUpdated,
		micros(p.ScheduledAt), p.ScheduledZone, p.PriceCents, p.Currency, p.Description, p.CoverURL, p.World, asJSON(p.Countries), p.MinQuantity, p.Available,
		asJSON(p.Stamping), p.PeriodMonths, p.Partable, asJSON(p.Parts), asJSON(p.Links), p.IsArchived, p.ActiveVersionID, string(p.Extra),
		micros(p.UpdatedAt),
	}
}
