package order

import (
	"context"

	"purvey"
	"purvey/internal/store"
)

// weighRisk settles whether an order of high risk is held, by what the shop
// wants at this moment: when the order is placed, when it is paid and when its
// risk changes. What the shop wants later changes none that stand.
func weighRisk(ctx context.Context, tx *store.Tx, o *purvey.Order) error {
	o.RiskAccepted = false
	if o.Risk != purvey.RiskHigh {
		return nil
	}
	shop, err := tx.ShopOf(ctx, o.ShopID)
	o.RiskAccepted = err == nil && !shop.Settings.Policies.HoldHighRisk
	return err
}
