package store

import (
	"context"
	"database/sql"

	"purvey"
)

const mappingColumns = `g.id, g.shop_id, g.source, g.external_key, g.product_id, g.created_at`

func scanMapping(s scanner, m *purvey.Mapping) error {
	return s.Scan(&m.ID, &m.ShopID, &m.Source, &m.ExternalKey, &m.ProductID, at{&m.CreatedAt})
}

// Mappings lists a shop's mappings, those of one source unless it is "".
func (q Queries) Mappings(ctx context.Context, shopID string, source purvey.Source, productID string, p purvey.Page) (purvey.Listed[purvey.Mapping], error) {
	w := newWhere(`g.shop_id = $1`, shopID)
	if productID != "" {
		w.and(`g.product_id = ?`, productID)
	}
	if source != "" {
		w.and(`g.source = ?`, source)
	}
	text, args := w.list(`SELECT `+mappingColumns+` FROM mapping g`, "g", p)
	items, err := collect(ctx, q, text, args, scanMapping)
	return listed(items, p), err
}

// Mapping gives one of a shop's mappings.
func (q Queries) Mapping(ctx context.Context, shopID, id string) (purvey.Mapping, error) {
	return one(ctx, q, "mapping", `SELECT `+mappingColumns+` FROM mapping g WHERE g.id = $1 AND g.shop_id = $2`, []any{id, shopID}, scanMapping)
}

// InsertMapping writes a mapping, setting its id and time. It gives false when
// the source's key is mapped already.
func (tx *Tx) InsertMapping(ctx context.Context, m *purvey.Mapping) (bool, error) {
	m.ID, m.CreatedAt = tx.NewID(), tx.Now()
	n, err := tx.exec(ctx, `INSERT INTO mapping (id, shop_id, source, external_key, product_id, created_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (shop_id, source, external_key) DO NOTHING`, m.ID, m.ShopID, m.Source, m.ExternalKey, m.ProductID, micros(m.CreatedAt))
	return n == 1, err
}

// DeleteMapping removes a mapping of the shop.
func (tx *Tx) DeleteMapping(ctx context.Context, shopID, id string) error {
	n, err := tx.exec(ctx, `DELETE FROM mapping WHERE id = $1 AND shop_id = $2`, id, shopID)
	if err == nil && n == 0 {
		err = purvey.Missing("mapping")
	}
	return err
}

// Mapped gives the product ids that a source's keys are mapped to, by key.
func (q Queries) Mapped(ctx context.Context, shopID string, source purvey.Source, keys []string) (map[string]string, error) {
	out := make(map[string]string, len(keys))
	for chunk := range chunks(keys) {
		set, args := inList(3, chunk)
		err := q.each(ctx, `SELECT external_key, product_id FROM mapping WHERE shop_id = $1 AND source = $2 AND external_key IN `+set,
			append([]any{shopID, source}, args...), func(rows *sql.Rows) error {
				var key, product string
				err := rows.Scan(&key, &product)
				out[key] = product
				return err
			})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ProductsByGID gives the products, without files, that name one of the
// platform's product ids as theirs, oldest first.
func (q Queries) ProductsByGID(ctx context.Context, shopID string, gids []string) ([]purvey.Product, error) {
	var out []purvey.Product
	for chunk := range chunks(gids) {
		set, args := inList(2, chunk)
		found, err := collect(ctx, q, `SELECT `+productColumns+` FROM product p WHERE p.shop_id = $1 AND p.product_gid <> '' AND p.product_gid IN `+set+`
			ORDER BY p.id`, append([]any{shopID}, args...), scanProduct)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}
