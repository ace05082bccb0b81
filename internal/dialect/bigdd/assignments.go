package bigdd

import (
	"context"
	"net/http"
	"time"

	"purvey"
	"purvey/internal/order"
)

// maxAssignBody bounds the body of an assignment, in bytes.
const maxAssignBody = 4 << 20

func (a *api) routesAssignments() {
	a.write("POST /public-api/v1/assignments", anyRole, maxAssignBody, a.assign)
}

// assignBody is the body of POST /assignments. Null equals absent.
type assignBody struct {
	Rows []struct {
		Email     string  `json:"email"`
		Firstname *string `json:"firstname"`
		Lastname  *string `json:"lastname"`
		ProductID string  `json:"digital_product_id"`
		ExpiresAt *string `json:"expires_at"`
	} `json:"rows"`
	SendEmail *bool `json:"send_email"`
}

type assignedWire struct {
	Row     int         `json:"row"`
	OrderID *string     `json:"order_id"`
	Error   *assignFail `json:"error"`
}

type assignFail struct {
	Code    string        `json:"code"`
	Message string        `json:"message"`
	Details []fieldDetail `json:"details"`
}

type fieldDetail struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// assign gives products to people: each row an approved permission order, and
// none of them a sale. Serves PUB-42.
func (a *api) assign(ctx context.Context, r *request) (int, any, error) {
	var b assignBody
	if err := r.decode(&b); err != nil {
		return 0, nil, err
	}
	if n := len(b.Rows); n < 1 || n > order.MaxAssignments {
		return 0, nil, purvey.BadField("rows", "must hold 1 to %d rows", order.MaxAssignments)
	}
	rows := make([]order.Assignment, len(b.Rows))
	for i, x := range b.Rows {
		rows[i] = order.Assignment{
			Customer:  purvey.Customer{Email: x.Email, Firstname: orEmpty(x.Firstname), Lastname: orEmpty(x.Lastname)},
			ProductID: x.ProductID,
		}
		if x.ExpiresAt == nil {
			continue
		}
		var ok bool
		if rows[i].ExpiresAt, ok = assignUntil(r.Caller.Shop, *x.ExpiresAt); !ok {
			rows[i].Refused = purvey.BadField("expires_at", "must be a day such as 2026-05-15, or an ISO 8601 time")
		}
	}
	done, err := a.Orders.Assign(ctx, r.Scope(), rows, b.SendEmail == nil || *b.SendEmail)
	if err != nil {
		return 0, nil, err
	}
	out := make([]assignedWire, len(done))
	for i, d := range done {
		out[i] = assignedWire{Row: i, OrderID: nullString(d.OrderID)}
		if d.Err != nil {
			out[i].Error = assignError(d.Err)
		}
	}
	return http.StatusCreated, out, nil
}

// assignUntil reads the end of an access: a time, or the midnight with which a
// day of the shop begins.
func assignUntil(shop purvey.Shop, text string) (time.Time, bool) {
	if zone, err := time.LoadLocation(shop.Settings.Shop.Timezone); err == nil {
		if t, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
			return t, t.Year() >= 1970
		}
	}
	t, ok := parseTime(text)
	return t, ok && t.Year() >= 1970
}

func assignError(e *purvey.Error) *assignFail {
	out := &assignFail{Code: byKind[e.Kind].code, Message: e.Detail, Details: []fieldDetail{}}
	for _, f := range e.Fields {
		out.Details = append(out.Details, fieldDetail{f.Name, f.Message})
	}
	return out
}
