package bigdd

import (
	"context"
	"net/http"
	"time"

	"purvey"
	"purvey/internal/catalog"
)

func (a *api) routesVersions() {
	a.read("GET /public-api/v1/digital-products/{id}/versions", anyRole, a.listVersions)
	a.write("POST /public-api/v1/digital-products/{id}/versions", anyRole, maxProductBody, a.createVersion)
	a.read("GET /public-api/v1/digital-products/{id}/versions/{version_id}", anyRole, a.showVersion)
	a.write("POST /public-api/v1/digital-products/{id}/versions/{version_id}/activate", anyRole, 0, a.activateVersion)
	a.write("POST /public-api/v1/digital-products/{id}/versions/{version_id}/withdraw", anyRole, 0, a.withdrawVersion)
}

type versionWire struct {
	ID          string        `json:"id"`
	ProductID   string        `json:"digital_product_id"`
	Version     string        `json:"version"`
	Notes       *string       `json:"notes"`
	State       string        `json:"state"` // processing, ready, withdrawn
	IsActive    bool          `json:"is_active"`
	Files       []lineFileRow `json:"files"`
	CreatedAt   string        `json:"created_at"`
	ActivatedAt *string       `json:"activated_at"`
}

func wireVersion(p purvey.Product, v purvey.Version) versionWire {
	return versionWire{
		ID: v.ID, ProductID: v.ProductID, Version: v.Version, Notes: nullString(v.Notes), State: string(v.State), IsActive: v.ID == p.ActiveVersionID,
		Files: fileRows(v.Files), CreatedAt: wireTime(v.CreatedAt), ActivatedAt: nullTime(v.ActivatedAt),
	}
}

func (a *api) listVersions(r *request) (any, error) {
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	product, l, err := a.Catalog.Versions(r.Context(), r.Caller.ShopID, r.PathValue("id"), p)
	if err != nil {
		return nil, err
	}
	return listOf(p, l, func(v purvey.Version) versionWire { return wireVersion(product, v) },
		func(v purvey.Version) (string, time.Time) { return v.ID, v.CreatedAt }), nil
}

func (a *api) showVersion(r *request) (any, error) {
	p, err := a.Catalog.Product(r.Context(), r.Caller.ShopID, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	v, err := a.Catalog.Version(r.Context(), r.Caller.ShopID, p.ID, r.PathValue("version_id"))
	if err != nil {
		return nil, err
	}
	return wireVersion(p, v), nil
}

func (a *api) createVersion(ctx context.Context, r *request) (int, any, error) {
	b := struct {
		Version  string   `json:"version"`
		Notes    string   `json:"notes"`
		FileIDs  []string `json:"file_ids"`
		Activate bool     `json:"activate"`
	}{Activate: true}
	if err := r.decode(&b); err != nil {
		return 0, nil, err
	}
	p, v, err := a.Catalog.CreateVersion(ctx, r.Caller.ShopID, r.PathValue("id"), catalog.NewVersion(b))
	return http.StatusCreated, wireVersion(p, v), err
}

func (a *api) activateVersion(ctx context.Context, r *request) (int, any, error) {
	p, v, err := a.Catalog.ActivateVersion(ctx, r.Caller.ShopID, r.PathValue("id"), r.PathValue("version_id"))
	return http.StatusOK, wireVersion(p, v), err
}

func (a *api) withdrawVersion(ctx context.Context, r *request) (int, any, error) {
	p, v, err := a.Catalog.WithdrawVersion(ctx, r.Caller.ShopID, r.PathValue("id"), r.PathValue("version_id"))
	return http.StatusOK, wireVersion(p, v), err
}
