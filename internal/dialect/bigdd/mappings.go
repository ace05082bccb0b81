package bigdd

import (
	"context"
	"net/http"
	"time"

	"purvey"
)

func (a *api) routesMappings() {
	const mappings = "/public-api/v1/mappings"
	a.read("GET "+mappings, adminOnly, a.listMappings)
	a.write("POST "+mappings, adminOnly, 64<<10, a.createMapping)
	a.write("DELETE "+mappings+"/{id}", adminOnly, 0, a.deleteMapping)
}

type mappingWire struct {
	ID               string `json:"id"`
	Source           string `json:"source"`
	ExternalKey      string `json:"external_key"`
	DigitalProductID string `json:"digital_product_id"`
	CreatedAt        string `json:"created_at"`
}

func wireMapping(m purvey.Mapping) mappingWire {
	return mappingWire{m.ID, string(m.Source), m.ExternalKey, m.ProductID, wireTime(m.CreatedAt)}
}

// stores are the names of the stores, for parameters.
func stores() []string {
	var out []string
	for _, s := range purvey.Stores() {
		out = append(out, string(s))
	}
	return out
}

func (a *api) listMappings(r *request) (any, error) {
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	source, err := r.enumParam("source", stores()...)
	if err != nil {
		return nil, err
	}
	l, err := a.Orders.Mappings(r.Context(), r.Caller.ShopID, purvey.Source(source), r.stringParam("digital_product_id"), p)
	if err != nil {
		return nil, err
	}
	return listOf(p, l, wireMapping, func(m purvey.Mapping) (string, time.Time) { return m.ID, m.CreatedAt }), nil
}

func (a *api) createMapping(ctx context.Context, r *request) (int, any, error) {
	var in struct {
		Source           string `json:"source"`
		ExternalKey      string `json:"external_key"`
		DigitalProductID string `json:"digital_product_id"`
	}
	if err := r.decode(&in); err != nil {
		return 0, nil, err
	}
	m, err := a.Orders.CreateMapping(ctx, r.Caller.ShopID, purvey.Mapping{
		Source: purvey.Source(in.Source), ExternalKey: in.ExternalKey, ProductID: in.DigitalProductID,
	})
	return http.StatusCreated, wireMapping(m), err
}

func (a *api) deleteMapping(ctx context.Context, r *request) (int, any, error) {
	id := r.PathValue("id")
	return http.StatusOK, deleted{id, true}, a.Orders.DeleteMapping(ctx, r.Caller.ShopID, id)
}
