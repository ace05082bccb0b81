package bigdd

import (
	"context"
	"net/http"
	"time"

	"purvey"
	"purvey/internal/order"
)

func (a *api) routesCustomers() {
	a.read("GET /public-api/v1/customers", anyRole, a.listCustomers)
	a.read("GET /public-api/v1/customers/{id}", anyRole, a.showCustomer)
	a.read("GET /public-api/v1/customers/{id}/orders", anyRole, a.customerOrders)
	a.write("DELETE /public-api/v1/customers/{id}/sessions", anyRole, 0, a.endCustomerSessions)
	a.write("DELETE /public-api/v1/customers/{id}/sessions/{session}", anyRole, 0, a.endCustomerSession)
	a.write("POST /public-api/v1/customers/{id}/deactivate", anyRole, 4<<10, a.deactivateCustomer(true))
	a.write("POST /public-api/v1/customers/{id}/reactivate", anyRole, 4<<10, a.deactivateCustomer(false))
}

type customerRow struct {
	customerWire
	ExternalID  *string     `json:"external_id"`
	Orders      int         `json:"orders"`
	Spent       []spentWire `json:"spent"`
	LastOrderAt *string     `json:"last_order_at"`
	CreatedAt   string      `json:"created_at"`
	// Since when they neither sign in nor reach their goods.
	DeactivatedAt *string `json:"deactivated_at"`
}

type spentWire struct {
	Currency string `json:"currency"`
	Cents    int64  `json:"cents"`
}

type customerWhole struct {
	customerRow
	Sessions []customerSession `json:"sessions"`
}

type customerSession struct {
	ID         string  `json:"id"`
	Browser    *string `json:"browser"`
	System     *string `json:"system"`
	CreatedAt  string  `json:"created_at"`
	LastSeenAt *string `json:"last_seen_at"`
	ExpiresAt  string  `json:"expires_at"`
}

func wireCustomerRow(c order.Customer) customerRow {
	w := customerRow{
		customerWire: wireCustomer(c.Customer), ExternalID: nullString(c.ExternalID), Orders: c.Totals.Orders, Spent: []spentWire{},
		LastOrderAt: nullTime(c.Totals.LastAt), CreatedAt: wireTime(c.CreatedAt), DeactivatedAt: nullTime(c.DeactivatedAt),
	}
	for _, s := range c.Totals.Spent {
		w.Spent = append(w.Spent, spentWire{s.Currency, s.Cents})
	}
	return w
}

func (a *api) listCustomers(r *request) (any, error) {
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	if p.ByTime() {
		return nil, purvey.BadField("sort", "must be -id or id")
	}
	text, err := r.textParam("search")
	if err != nil {
		return nil, err
	}
	customers, err := a.Orders.Customers(r.Context(), r.Scope(), text, p)
	if err != nil {
		return nil, err
	}
	return listOf(p, customers, wireCustomerRow, func(c order.Customer) (string, time.Time) { return c.ID, c.CreatedAt }), nil
}

func (a *api) showCustomer(r *request) (any, error) { return a.customer(r.Context(), r) }

// deactivateCustomer keeps a customer out, or lets them in again.
func (a *api) deactivateCustomer(off bool) func(ctx context.Context, r *request) (int, any, error) {
	return func(ctx context.Context, r *request) (int, any, error) {
		if err := a.Orders.DeactivateCustomer(ctx, r.Scope(), r.PathValue("id"), off); err != nil {
			return 0, nil, err
		}
		c, err := a.customer(ctx, r)
		return http.StatusOK, c, err
	}
}

func (a *api) customer(ctx context.Context, r *request) (any, error) {
	c, sessions, err := a.Orders.Customer(ctx, r.Scope(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	w := customerWhole{customerRow: wireCustomerRow(c), Sessions: []customerSession{}}
	for _, s := range sessions {
		w.Sessions = append(w.Sessions, customerSession{
			ID: s.ID, Browser: nullString(s.Device.Browser), System: nullString(s.Device.System), CreatedAt: wireTime(s.CreatedAt), ExpiresAt: wireTime(s.ExpiresAt),
		})
	}
	return w, nil
}

func (a *api) customerOrders(r *request) (any, error) {
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	id := r.PathValue("id")
	if _, _, err := a.Orders.Customer(r.Context(), r.Scope(), id); err != nil {
		return nil, err
	}
	include, err := r.enumList("include", "product", "downloads", "rights")
	if err != nil {
		return nil, err
	}
	orders, err := a.Orders.Orders(r.Context(), r.Scope(), order.Filter{CustomerIDs: []string{id}}, p)
	if err != nil {
		return nil, err
	}
	return a.orderList(r, p, orders, include)
}

// endCustomerSessions signs a customer out of the library everywhere.
func (a *api) endCustomerSessions(ctx context.Context, r *request) (int, any, error) {
	id := r.PathValue("id")
	if err := a.Orders.SignOutCustomer(ctx, r.Scope(), id); err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, nil
}

// endCustomerSession signs a customer out of the library in one browser.
func (a *api) endCustomerSession(ctx context.Context, r *request) (int, any, error) {
	if err := a.Orders.SignOutDevice(ctx, r.Scope(), r.PathValue("id"), r.PathValue("session")); err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, nil
}
