package store

import (
	"context"
	"encoding/json"
	"time"

	"purvey"
)

const shopColumns = `s.id, s.slug, s.name, s.state, s.settings, s.created_at, s.updated_at`

// scanShop reads a shop. What its settings leave unsaid is as on a new shop.
func scanShop(sc scanner, s *purvey.Shop) error {
	var settings string
	if err := sc.Scan(&s.ID, &s.Slug, &s.Name, &s.State, &settings, at{&s.CreatedAt}, at{&s.UpdatedAt}); err != nil {
		return err
	}
	s.Settings = purvey.DefaultSettings(s.Slug)
	return json.Unmarshal([]byte(settings), &s.Settings)
}

// Shop gives a shop by id.
func (q Queries) Shop(ctx context.Context, id string) (purvey.Shop, error) {
	return one(ctx, q, "shop", `SELECT `+shopColumns+` FROM shop s WHERE s.id = $1`, []any{id}, scanShop)
}

// ShopBySlug gives a shop by its slug.
func (q Queries) ShopBySlug(ctx context.Context, slug string) (purvey.Shop, error) {
	return one(ctx, q, "shop", `SELECT `+shopColumns+` FROM shop s WHERE s.slug = $1`, []any{slug}, scanShop)
}

// ShopByHost gives the shop whose public URL has this host (and port, if that
// URL has one), in lower case.
func (q Queries) ShopByHost(ctx context.Context, host string) (purvey.Shop, error) {
	if host == "" {
		return purvey.Shop{}, purvey.Missing("shop")
	}
	return one(ctx, q, "shop", `SELECT `+shopColumns+` FROM shop s WHERE s.host = $1 AND s.host <> ''`, []any{host}, scanShop)
}

// Shops lists every shop of the server by slug.
func (q Queries) Shops(ctx context.Context) ([]purvey.Shop, error) {
	return collect(ctx, q, `SELECT `+shopColumns+` FROM shop s ORDER BY s.slug`, nil, scanShop)
}

// ShopSecrets gives the sealed secrets of a shop by their setting's name.
func (q Queries) ShopSecrets(ctx context.Context, id string) (map[string]string, error) {
	secrets := map[string]string{}
	err := q.row(ctx, `SELECT secrets FROM shop WHERE id = $1`, []any{id}, doc{&secrets})
	return secrets, missing(err, "shop")
}

// InsertShop writes a new shop, setting its id and times. It gives false when
// the slug is taken.
func (tx *Tx) InsertShop(ctx context.Context, s *purvey.Shop) (bool, error) {
	s.ID, s.CreatedAt = tx.NewID(), tx.Now()
	s.UpdatedAt = s.CreatedAt
	n, err := tx.exec(ctx, `INSERT INTO shop (id, slug, name, state, settings, secrets, host, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, '{}', '', $6, $6) ON CONFLICT (slug) DO NOTHING`,
		s.ID, s.Slug, s.Name, s.State, asJSON(s.Settings), micros(s.CreatedAt))
	return n == 1, err
}

// SetShopState disables or enables a shop.
func (tx *Tx) SetShopState(ctx context.Context, id string, state purvey.ShopState) error {
	n, err := tx.exec(ctx, `UPDATE shop SET state = $2, updated_at = `+shopUpdated+` WHERE id = $1`, id, state, micros(tx.Now()))
	if err == nil && n == 0 {
		return purvey.Missing("shop")
	}
	return err
}

// shopUpdated makes updated_at grow with every change, even when two fall
// into one instant: a copy in memory is good as long as it is the same.
const shopUpdated = `CASE WHEN updated_at < $3 THEN $3 ELSE updated_at + 1 END`

// UpdateShop writes a shop's name, settings, sealed secrets and the host of
// its public URL.
func (tx *Tx) UpdateShop(ctx context.Context, s *purvey.Shop, secrets map[string]string, host string) error {
	var updated time.Time
	err := tx.row(ctx, `UPDATE shop SET name = $2, updated_at = `+shopUpdated+`, settings = $4, secrets = $5, host = $6 WHERE id = $1
		RETURNING updated_at`, []any{s.ID, s.Name, micros(tx.Now()), asJSON(s.Settings), asJSON(secrets), host}, at{&updated})
	s.UpdatedAt = updated
	return missing(err, "shop")
}
