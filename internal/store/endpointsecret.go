package store

import "context"

// SetEndpointSecret replaces an endpoint's secret, which is sealed already.
func (tx *Tx) SetEndpointSecret(ctx context.Context, id, sealed string) error {
	_, err := tx.exec(ctx, `UPDATE endpoint SET secret = $2 WHERE id = $1`, id, sealed)
	return err
}
