package bigdd

import (
	"context"
	"net/http"
	"time"

	"purvey"
	"purvey/internal/delivery"
)

func (a *api) routesRequests() {
	const requests = "/public-api/v1/download-requests"
	a.read("GET "+requests, anyRole, a.listRequests)
	a.write("POST "+requests+"/{id}/approve", anyRole, 4<<10, a.approveRequest)
	a.write("POST "+requests+"/{id}/decline", anyRole, 16<<10, a.declineRequest)
}

// objectName is an object of another kind as it is called.
type objectName struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type requestWire struct {
	ID            string     `json:"id"`
	State         string     `json:"state"`
	Order         objectName `json:"order"`
	LineID        string     `json:"line_id"`
	Product       objectName `json:"product"`
	CustomerEmail *string    `json:"customer_email"`
	Message       *string    `json:"message"`
	Reply         *string    `json:"reply"`
	Copies        *int       `json:"copies"`
	OpenUntil     *string    `json:"open_until"`
	CreatedAt     string     `json:"created_at"`
	DecidedAt     *string    `json:"decided_at"`
}

func wireRequest(q purvey.DownloadRequest) requestWire {
	w := requestWire{
		ID: q.ID, State: string(q.State), Order: objectName{q.OrderID, q.OrderName}, LineID: q.LineID, Product: objectName{q.ProductID, q.ProductName},
		CustomerEmail: nullString(q.Email), Message: nullString(q.Message), Reply: nullString(q.Reply), OpenUntil: nullTime(q.Until),
		CreatedAt: wireTime(q.CreatedAt), DecidedAt: nullTime(q.DecidedAt),
	}
	if q.Copies > 0 {
		w.Copies = &q.Copies
	}
	return w
}

func (a *api) listRequests(r *request) (any, error) {
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	state, err := r.enumParam("state", string(purvey.RequestOpen), string(purvey.RequestApproved), string(purvey.RequestDeclined))
	if err != nil {
		return nil, err
	}
	l, err := a.Delivery.Requests(r.Context(), r.Scope(), purvey.RequestState(state), p)
	if err != nil {
		return nil, err
	}
	return listOf(p, l, wireRequest, func(q purvey.DownloadRequest) (string, time.Time) { return q.ID, q.CreatedAt }), nil
}

func (a *api) approveRequest(ctx context.Context, r *request) (int, any, error) {
	var in struct {
		Copies *int `json:"copies"`
		Days   *int `json:"days"`
	}
	if err := r.decodeOptional(&in); err != nil {
		return 0, nil, err
	}
	q, err := a.Delivery.ApproveRequest(ctx, r.Scope(), r.PathValue("id"), delivery.More{Copies: in.Copies, Days: in.Days})
	return http.StatusOK, wireRequest(q), err
}

func (a *api) declineRequest(ctx context.Context, r *request) (int, any, error) {
	var in struct {
		Message *string `json:"message"`
	}
	if err := r.decodeOptional(&in); err != nil {
		return 0, nil, err
	}
	message := ""
	if in.Message != nil {
		message = *in.Message
	}
	q, err := a.Delivery.DeclineRequest(ctx, r.Scope(), r.PathValue("id"), message)
	return http.StatusOK, wireRequest(q), err
}
