package store

import (
	"context"

	"purvey"
)

const endpointColumns = `id, shop_id, mode, name, url, events, dialect, secret, enabled, disabled_reason, failing_since, warned_at, created_at, updated_at`

func scanEndpoint(s scanner, p *purvey.Endpoint) error {
	return s.Scan(&p.ID, &p.ShopID, &p.Mode, &p.Name, &p.URL, doc{&p.Events}, &p.Dialect, &p.Secret, &p.Enabled, &p.DisabledReason,
		at{&p.FailingSince}, at{&p.WarnedAt}, at{&p.CreatedAt}, at{&p.UpdatedAt})
}

// InsertEndpoint stores a new endpoint. Its Secret is sealed already.
func (tx *Tx) InsertEndpoint(ctx context.Context, p *purvey.Endpoint) error {
	p.ID = tx.NewID()
	p.CreatedAt = tx.Now()
	p.UpdatedAt = p.CreatedAt
	_, err := tx.exec(ctx, `INSERT INTO endpoint (`+endpointColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		p.ID, p.ShopID, string(p.Mode), p.Name, p.URL, asJSON(p.Events), p.Dialect, p.Secret, p.Enabled, p.DisabledReason,
		micros(p.FailingSince), micros(p.WarnedAt), micros(p.CreatedAt), micros(p.UpdatedAt))
	return err
}
