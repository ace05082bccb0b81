package bigdd

import (
	"context"
	"net/http"
)

func (a *api) routesSettings() {
	a.read("GET /public-api/v1/settings", adminOnly, func(r *request) (any, error) {
		return a.Shops.Document(r.Context(), r.Caller.ShopID)
	})
	a.write("PATCH /public-api/v1/settings", adminOnly, 256<<10, a.patchSettings)
}

func (a *api) patchSettings(ctx context.Context, r *request) (int, any, error) {
	if err := a.Shops.Patch(ctx, r.Caller.ShopID, r.Body); err != nil {
		return 0, nil, err
	}
	doc, err := a.Shops.Document(ctx, r.Caller.ShopID)
	return http.StatusOK, doc, err
}
