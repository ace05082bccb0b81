package store

import (
	"context"
	"time"

	"purvey"
)

const endpointColumns = `e.id, e.shop_id, e.mode, e.name, e.url, e.events, e.dialect, e.secret, e.enabled, e.disabled_reason,
	e.failing_since, e.warned_at, e.created_at, e.updated_at`

func scanEndpoint(s scanner, p *purvey.Endpoint) error {
	return s.Scan(&p.ID, &p.ShopID, &p.Mode, &p.Name, &p.URL, doc{&p.Events}, &p.Dialect, &p.Secret, &p.Enabled, &p.DisabledReason,
		at{&p.FailingSince}, at{&p.WarnedAt}, at{&p.CreatedAt}, at{&p.UpdatedAt})
}

// Endpoint gives an endpoint of the scope, its secret sealed.
func (q Queries) Endpoint(ctx context.Context, scope purvey.Scope, id string) (purvey.Endpoint, error) {
	return one(ctx, q, "webhook endpoint", `SELECT `+endpointColumns+` FROM endpoint e WHERE e.id = $1 AND e.shop_id = $2 AND e.mode = $3`,
		[]any{id, scope.ShopID, scope.Mode}, scanEndpoint)
}

// EndpointByID gives an endpoint of any shop, for jobs.
func (q Queries) EndpointByID(ctx context.Context, id string) (purvey.Endpoint, error) {
	return one(ctx, q, "webhook endpoint", `SELECT `+endpointColumns+` FROM endpoint e WHERE e.id = $1`, []any{id}, scanEndpoint)
}

// Endpoints lists the scope's endpoints that a dialect made, or all for "".
func (q Queries) Endpoints(ctx context.Context, scope purvey.Scope, dialect string, p purvey.Page) (purvey.Listed[purvey.Endpoint], error) {
	w := newWhere(`e.shop_id = $1 AND e.mode = $2`, scope.ShopID, scope.Mode)
	if dialect != "" {
		w.and(`e.dialect = ?`, dialect)
	}
	text, args := w.list(`SELECT `+endpointColumns+` FROM endpoint e`, "e", p)
	items, err := collect(ctx, q, text, args, scanEndpoint)
	return listed(items, p), err
}

// CountEndpoints tells how many endpoints the scope has.
func (q Queries) CountEndpoints(ctx context.Context, scope purvey.Scope) (int, error) {
	var n int
	err := q.row(ctx, `SELECT count(*) FROM endpoint WHERE shop_id = $1 AND mode = $2`, []any{scope.ShopID, scope.Mode}, &n)
	return n, err
}

// InsertEndpoint writes a new endpoint, whose secret is sealed already; its id
// and times are set here.
func (tx *Tx) InsertEndpoint(ctx context.Context, p *purvey.Endpoint) error {
	p.ID, p.CreatedAt = tx.NewID(), tx.Now()
	p.UpdatedAt = p.CreatedAt
	_, err := tx.exec(ctx, `INSERT INTO endpoint (id, shop_id, mode, name, url, events, dialect, secret, enabled, disabled_reason,
		failing_since, warned_at, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 0, $11, $11)`,
		p.ID, p.ShopID, p.Mode, p.Name, p.URL, asJSON(p.Events), p.Dialect, p.Secret, p.Enabled, p.DisabledReason, micros(p.CreatedAt))
	return err
}

// UpdateEndpoint writes what an owner may change, and the endpoint's health.
func (tx *Tx) UpdateEndpoint(ctx context.Context, p *purvey.Endpoint) error {
	p.UpdatedAt = tx.Now()
	_, err := tx.exec(ctx, `UPDATE endpoint SET name = $2, url = $3, events = $4, enabled = $5, disabled_reason = $6, failing_since = $7,
		warned_at = $8, updated_at = $9 WHERE id = $1`, p.ID, p.Name, p.URL, asJSON(p.Events), p.Enabled, p.DisabledReason,
		micros(p.FailingSince), micros(p.WarnedAt), micros(p.UpdatedAt))
	return err
}

// DeleteEndpoint removes an endpoint. Jobs that still wait find nothing to
// send; the history, which may be long and is seen through the endpoint alone,
// goes when it is swept.
func (tx *Tx) DeleteEndpoint(ctx context.Context, id string) error {
	_, err := tx.exec(ctx, `DELETE FROM endpoint WHERE id = $1`, id)
	return err
}

// EndpointFailed notes that an attempt failed, if it is the first to fail.
func (tx *Tx) EndpointFailed(ctx context.Context, id string, at time.Time) error {
	_, err := tx.exec(ctx, `UPDATE endpoint SET failing_since = $2 WHERE id = $1 AND failing_since = 0`, id, micros(at))
	return err
}

// EndpointWorked notes that an attempt succeeded.
func (tx *Tx) EndpointWorked(ctx context.Context, id string) error {
	_, err := tx.exec(ctx, `UPDATE endpoint SET failing_since = 0, warned_at = 0 WHERE id = $1 AND failing_since <> 0`, id)
	return err
}

// SwitchOff disables an endpoint for a reason; an already disabled one keeps
// its own. It tells whether it was enabled.
func (tx *Tx) SwitchOff(ctx context.Context, id, reason string) (bool, error) {
	n, err := tx.exec(ctx, `UPDATE endpoint SET enabled = FALSE, disabled_reason = $2, updated_at = $3 WHERE id = $1 AND enabled`,
		id, reason, micros(tx.Now()))
	return n == 1, err
}

// EndpointWarned notes that the owner was told of failures. It gives false
// when that was done before.
func (tx *Tx) EndpointWarned(ctx context.Context, id string) (bool, error) {
	n, err := tx.exec(ctx, `UPDATE endpoint SET warned_at = $2 WHERE id = $1 AND warned_at = 0 AND failing_since <> 0`, id, micros(tx.Now()))
	return n == 1, err
}

// FailingEndpoints gives the enabled endpoints of all shops that have failed
// since the time or longer.
func (q Queries) FailingEndpoints(ctx context.Context, since time.Time) ([]purvey.Endpoint, error) {
	return collect(ctx, q, `SELECT `+endpointColumns+` FROM endpoint e WHERE e.enabled AND e.failing_since > 0 AND e.failing_since <= $1
		ORDER BY e.id`, []any{micros(since)}, scanEndpoint)
}

// AdminAddresses gives the e-mail addresses of a shop's owners and admins.
func (q Queries) AdminAddresses(ctx context.Context, shopID string) ([]string, error) {
	return collect(ctx, q, `SELECT m.email FROM membership s JOIN member m ON m.id = s.member_id
		WHERE s.shop_id = $1 AND s.role IN ($2, $3) AND s.state = 'active' AND m.state = 'active' ORDER BY m.id`, []any{shopID, purvey.Owner, purvey.Admin},
		func(s scanner, address *string) error { return s.Scan(address) })
}
