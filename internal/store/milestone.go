package store

import (
	"context"
	"database/sql"
	"time"

	"purvey"
)

// Milestone is something that a shop has seen work.
type Milestone struct {
	Name      string
	ObjectID  string
	ReachedAt time.Time // zero: not yet
}

// Milestones gives a shop's milestones by name.
func (q Queries) Milestones(ctx context.Context, shopID string) (map[string]Milestone, error) {
	out := map[string]Milestone{}
	err := q.each(ctx, `SELECT name, object_id, reached_at FROM milestone WHERE shop_id = $1`, []any{shopID}, func(rows *sql.Rows) error {
		var m Milestone
		err := rows.Scan(&m.Name, &m.ObjectID, at{&m.ReachedAt})
		out[m.Name] = m
		return err
	})
	return out, err
}

// PutMilestone writes a milestone; one that was reached stays as it is.
func (tx *Tx) PutMilestone(ctx context.Context, shopID string, m Milestone) error {
	_, err := tx.exec(ctx, `INSERT INTO milestone (shop_id, name, object_id, reached_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (shop_id, name) DO UPDATE SET object_id = excluded.object_id, reached_at = excluded.reached_at WHERE milestone.reached_at = 0`,
		shopID, m.Name, m.ObjectID, micros(m.ReachedAt))
	return err
}

// evidenceLooked bounds the rows in which a milestone is looked for.
const evidenceLooked = 2000

// Evidence gives when a shop first, as far as can be told cheaply, saw a thing
// work, in either mode; the zero time says not yet. Names are those of the
// functions' milestones: webhook, product, order, token.
func (q Queries) Evidence(ctx context.Context, shopID, name string) (time.Time, error) {
	text := map[string]string{
		"webhook": `SELECT coalesce(min(d.updated_at), 0) FROM (SELECT x.updated_at FROM webhook_delivery x JOIN endpoint e ON e.id = x.endpoint_id
			WHERE e.shop_id = $1 AND x.state = 'delivered' LIMIT 1) d`,
		"product": `SELECT coalesce(min(p.created_at), 0) FROM (SELECT p.created_at FROM product p JOIN version_file x ON x.version_id = p.active_version_id
			WHERE p.shop_id = $1 LIMIT 1) p`,
		"token": `SELECT coalesce(min(t.last_used_at), 0) FROM token t WHERE t.shop_id = $1 AND t.last_used_at > 0`,
	}[name]
	if name == "order" {
		return q.firstDelivered(ctx, shopID)
	}
	var found time.Time
	err := q.row(ctx, text, []any{shopID}, at{&found})
	return found, err
}

// firstDelivered looks for a paid order with a complete download.
func (q Queries) firstDelivered(ctx context.Context, shopID string) (time.Time, error) {
	var found time.Time
	for _, mode := range []purvey.Mode{purvey.Live, purvey.Sandbox} {
		err := q.row(ctx, `SELECT coalesce(min(d.completed_at), 0) FROM
			(SELECT x.completed_at, x.order_id FROM download x WHERE x.shop_id = $1 AND x.mode = $2 ORDER BY x.created_at, x.id LIMIT $3) d
			JOIN orders o ON o.id = d.order_id WHERE d.completed_at > 0 AND o.paid_at > 0`, []any{shopID, mode, evidenceLooked}, at{&found})
		if err != nil || !found.IsZero() {
			return found, err
		}
	}
	return found, nil
}
