package store

import (
	"context"

	"purvey"
)

// Refer notes that a text of a foreign system stands for an object of ours;
// false when the text is taken already, whatever it stands for.
func (tx *Tx) Refer(ctx context.Context, scope purvey.Scope, system, kind, text, objectID string) (bool, error) {
	n, err := tx.exec(ctx, `INSERT INTO reference (shop_id, mode, system, kind, text, object_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT DO NOTHING`, scope.ShopID, scope.Mode, system, kind, text, objectID, micros(tx.Now()))
	return n == 1, err
}

// Referred gives the id of the object that a text stands for.
func (q Queries) Referred(ctx context.Context, scope purvey.Scope, system, kind, text string) (string, error) {
	var id string
	err := q.row(ctx, `SELECT object_id FROM reference WHERE shop_id = $1 AND mode = $2 AND system = $3 AND kind = $4 AND text = $5`,
		[]any{scope.ShopID, scope.Mode, system, kind, text}, &id)
	return id, missing(err, "reference")
}
