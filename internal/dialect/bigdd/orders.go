package bigdd

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"purvey"
	"purvey/internal/order"
)

// maxOrderBody bounds the body of a call on orders, in bytes.
const maxOrderBody = 1 << 20

func (a *api) routesOrders() {
	a.read("GET /public-api/v1/orders", anyRole, a.listOrders)
	a.write("POST /public-api/v1/orders", anyRole, maxOrderBody, a.createOrder)
	a.read("GET /public-api/v1/orders/{id}", anyRole, a.showOrder)
	a.write("PATCH /public-api/v1/orders/{id}", anyRole, maxOrderBody, a.patchOrder)
	a.write("POST /public-api/v1/orders/{id}/access", anyRole, maxOrderBody, a.setAccess)
	a.write("POST /public-api/v1/orders/{id}/reset-downloads", anyRole, maxOrderBody, a.resetDownloads)
	a.write("POST /public-api/v1/orders/{id}/resend-email", anyRole, maxOrderBody, a.resendEmail)
	a.write("POST /public-api/v1/orders/{id}/refunds", anyRole, maxOrderBody, a.refundOrder)
	a.write("PUT /public-api/v1/orders/{id}/lines/{line}/files", anyRole, maxOrderBody, a.assignFiles)
	a.read("GET /public-api/v1/orders/{id}/timeline", anyRole, a.orderTimeline)
	a.read("GET /public-api/v1/orders/{id}/page-url", anyRole, a.orderPageURL)
	a.read("GET /public-api/v1/orders/{id}/lines/{line}/urls", anyRole, a.lineURLs)
	a.write("PATCH /public-api/v1/orders/{id}/customer", anyRole, maxOrderBody, a.correctCustomer)
	a.write("POST /public-api/v1/orders/{id}/cancel", anyRole, maxOrderBody, a.cancelOrder)
	a.write("POST /public-api/v1/orders/{id}/lines/{line}/keys", anyRole, maxOrderBody, a.giveKeys)
	a.write("POST /public-api/v1/orders/{id}/lines/{line}/retry", anyRole, maxOrderBody, a.retryLine)
	a.read("GET /public-api/v1/customers/{gid}/downloads", anyRole, a.customerDownloads)
}

// listOrders serves BDD-04.
func (a *api) listOrders(r *request) (any, error) {
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	f, err := r.orderFilter()
	if err != nil {
		return nil, err
	}
	include, err := r.enumList("include", "product", "downloads", "counts", "rights")
	if err != nil {
		return nil, err
	}
	orders, err := a.Orders.Orders(r.Context(), r.Scope(), f, p)
	if err != nil {
		return nil, err
	}
	return a.orderList(r, p, orders, include)
}

// orderFilter reads the filters of the list of orders.
func (r *request) orderFilter() (f order.Filter, err error) {
	if f.From, err = r.timeParam("created_after"); err != nil {
		return f, err
	}
	if f.Before, err = r.timeParam("created_before"); err != nil {
		return f, err
	}
	statuses := make([]string, 0, 8)
	for _, s := range purvey.FinancialStatuses() {
		statuses = append(statuses, string(s))
	}
	if f.Financial, err = r.enumList("financial_status", statuses...); err != nil {
		return f, err
	}
	if f.Products, err = r.listParam("digital_product_id"); err != nil {
		return f, err
	}
	if err = r.deskFilter(&f); err != nil {
		return f, err
	}
	f.Email = r.stringParam("customer_email")
	f.Query, err = r.search()
	return f, err
}

func (a *api) orderList(r *request, p purvey.Page, orders purvey.Listed[purvey.Order], include []string) (any, error) {
	x, err := a.includes(r.Context(), r.Scope(), orders.Items, include)
	if err != nil {
		return nil, err
	}
	return listOf(p, orders, func(o purvey.Order) orderWire { return wireOrderWith(o, x) }, orderKey), nil
}

// includes reads the parts that were asked for.
func (a *api) includes(ctx context.Context, scope purvey.Scope, orders []purvey.Order, parts []string) (orderIncludes, error) {
	x := orderIncludes{rights: included(parts, "rights")}
	var err error
	if included(parts, "product") {
		var ids []string
		for _, o := range orders {
			for _, l := range o.Lines {
				ids = append(ids, l.ProductID)
			}
		}
		if x.products, err = a.Orders.Products(ctx, scope.ShopID, ids); err != nil {
			return x, err
		}
	}
	ids := make([]string, len(orders))
	for i, o := range orders {
		ids[i] = o.ID
	}
	if included(parts, "counts") {
		if x.counts, err = a.Delivery.Counted(ctx, ids); err != nil {
			return x, err
		}
	}
	if included(parts, "downloads") {
		byOrder, err := a.Delivery.Downloads(ctx, ids)
		if err != nil {
			return x, err
		}
		x.downloads = map[string][]purvey.Download{}
		for _, downloads := range byOrder {
			for _, d := range downloads {
				x.downloads[d.LineID] = append(x.downloads[d.LineID], d)
			}
		}
	}
	return x, nil
}

// showOrder serves BDD-05.
func (a *api) showOrder(r *request) (any, error) {
	include, err := r.enumList("include", "product", "downloads", "counts", "rights")
	if err != nil {
		return nil, err
	}
	o, err := a.Orders.Order(r.Context(), r.Scope(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	x, err := a.includes(r.Context(), r.Scope(), []purvey.Order{o}, include)
	return wireOrderWith(o, x), err
}

// orderBody is the body of POST /orders. Null equals absent.
type orderBody struct {
	Customer *struct {
		Email     string  `json:"email"`
		Firstname *string `json:"firstname"`
		Lastname  *string `json:"lastname"`
		Locale    *string `json:"locale"`
		GID       *string `json:"gid"`
	} `json:"customer"`
	Lines []struct {
		ProductID  string `json:"digital_product_id"`
		Quantity   *int   `json:"quantity"`
		PriceCents *int64 `json:"price_cents"`
		GID        string `json:"gid"`
	} `json:"lines"`
	Currency          string  `json:"currency"`
	FinancialStatus   string  `json:"financial_status"`
	Name              string  `json:"name"`
	GID               string  `json:"gid"`
	RiskLevel         string  `json:"risk_level"`
	IsImported        bool    `json:"is_imported"`
	CreatedAt         *string `json:"created_at"`
	ExternalReference string  `json:"external_reference"`
	SendEmail         *bool   `json:"send_email"`
}

// createOrder serves BDD-50.
func (a *api) createOrder(ctx context.Context, r *request) (int, any, error) {
	var b orderBody
	if err := r.decode(&b); err != nil {
		return 0, nil, err
	}
	req := order.Request{
		Name: b.Name, GID: b.GID, Currency: b.Currency, Financial: purvey.FinancialStatus(b.FinancialStatus), Risk: purvey.Risk(b.RiskLevel),
		Imported: b.IsImported, ExternalReference: b.ExternalReference, NeedEmail: true, SendEmail: !b.IsImported,
	}
	if b.SendEmail != nil {
		req.SendEmail = *b.SendEmail
	}
	if b.CreatedAt != nil {
		at, ok := parseTime(*b.CreatedAt)
		if !ok {
			return 0, nil, purvey.BadField("created_at", "must be an ISO 8601 time such as 2026-05-15T14:30:00Z")
		}
		if at.After(a.Orders.Now().Add(clocksApart)) {
			return 0, nil, purvey.BadField("created_at", "must not be in the future")
		}
		req.CreatedAt = at
	}
	if b.Customer == nil {
		return 0, nil, purvey.BadField("customer", "is required")
	}
	req.Customer = purvey.Customer{
		Email: b.Customer.Email, Firstname: orEmpty(b.Customer.Firstname), Lastname: orEmpty(b.Customer.Lastname),
		Locale: orEmpty(b.Customer.Locale), GID: orEmpty(b.Customer.GID),
	}
	for i, l := range b.Lines {
		lr := order.LineRequest{ProductID: l.ProductID, Quantity: 1, PriceCents: l.PriceCents, GID: l.GID}
		if l.Quantity != nil {
			if lr.Quantity = *l.Quantity; lr.Quantity < 1 {
				return 0, nil, purvey.BadField(fieldOf("lines", i, "quantity"), "must be 1 or more")
			}
		}
		req.Lines = append(req.Lines, lr)
	}
	o, err := a.Orders.Place(ctx, r.Scope(), req)
	if err != nil {
		return 0, nil, err
	}
	w := wireOrder(o)
	w.DownloadURL = a.Orders.PageURL(r.Caller.Shop, o)
	return http.StatusCreated, w, nil
}

// clocksApart is how far another system's clock may be ahead of ours.
const clocksApart = 24 * time.Hour

// patchOrder changes payment or risk. A field that is absent is left alone.
func (a *api) patchOrder(ctx context.Context, r *request) (int, any, error) {
	var b struct {
		FinancialStatus *string         `json:"financial_status"`
		RiskLevel       json.RawMessage `json:"risk_level"`
	}
	if err := r.decode(&b); err != nil {
		return 0, nil, err
	}
	var p order.Patch
	if b.FinancialStatus != nil {
		s := purvey.FinancialStatus(*b.FinancialStatus)
		p.Financial = &s
	}
	if b.RiskLevel != nil {
		var level *string
		if json.Unmarshal(b.RiskLevel, &level) != nil {
			return 0, nil, purvey.BadField("risk_level", "must be LOW, MEDIUM, HIGH or null")
		}
		risk := purvey.Risk(orEmpty(level))
		p.Risk = &risk
	}
	if p.Financial == nil && p.Risk == nil {
		return 0, nil, purvey.Errorf(purvey.Invalid, "financial_status or risk_level is required")
	}
	return answerOrder(a.Orders.Patch(ctx, r.Scope(), r.PathValue("id"), p))
}

// answerOrder answers a change with the order as it is now.
func answerOrder(o purvey.Order, err error) (int, any, error) {
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, wireOrder(o), nil
}

// setAccess serves BDD-06.
func (a *api) setAccess(ctx context.Context, r *request) (int, any, error) {
	var b struct {
		Access string `json:"access"`
	}
	if err := r.decode(&b); err != nil {
		return 0, nil, err
	}
	if b.Access != "enabled" && b.Access != "disabled" {
		return 0, nil, purvey.BadField("access", "must be enabled or disabled")
	}
	return answerOrder(a.Orders.SetAccess(ctx, r.Scope(), r.PathValue("id"), b.Access == "enabled"))
}

// resetDownloads serves BDD-07.
func (a *api) resetDownloads(ctx context.Context, r *request) (int, any, error) {
	var b struct {
		LineID string `json:"line_id"`
	}
	if err := r.decode(&b); err != nil {
		return 0, nil, err
	}
	if b.LineID == "" {
		return 0, nil, purvey.BadField("line_id", "is required")
	}
	return answerOrder(a.Orders.ResetDownloads(ctx, r.Scope(), r.PathValue("id"), b.LineID))
}

// resendEmail serves BDD-08.
func (a *api) resendEmail(ctx context.Context, r *request) (int, any, error) {
	var b struct {
		CustomerEmail *string `json:"customer_email"`
	}
	if err := r.decodeOptional(&b); err != nil {
		return 0, nil, err
	}
	return answerOrder(a.Orders.Resend(ctx, r.Scope(), r.PathValue("id"), b.CustomerEmail))
}

// refundOrder gives units back.
func (a *api) refundOrder(ctx context.Context, r *request) (int, any, error) {
	var b struct {
		Lines []struct {
			LineID   string `json:"line_id"`
			Quantity int    `json:"quantity"`
		} `json:"lines"`
	}
	if err := r.decode(&b); err != nil {
		return 0, nil, err
	}
	lines := make([]order.RefundLine, len(b.Lines))
	for i, l := range b.Lines {
		if l.LineID == "" {
			return 0, nil, purvey.BadField(fieldOf("lines", i, "line_id"), "is required")
		}
		lines[i] = order.RefundLine{LineID: l.LineID, Quantity: l.Quantity}
	}
	return answerOrder(a.Orders.Refund(ctx, r.Scope(), r.PathValue("id"), lines))
}

// assignFiles serves BDD-09.
func (a *api) assignFiles(ctx context.Context, r *request) (int, any, error) {
	var b struct {
		FileIDs   *[]string `json:"file_ids"`
		SendEmail bool      `json:"send_email"`
	}
	if err := r.decode(&b); err != nil {
		return 0, nil, err
	}
	if b.FileIDs == nil {
		return 0, nil, purvey.BadField("file_ids", "is required")
	}
	return answerOrder(a.Orders.AssignFiles(ctx, r.Scope(), r.PathValue("id"), r.PathValue("line"), *b.FileIDs, b.SendEmail))
}

// customerDownloads serves BDD-21.
func (a *api) customerDownloads(r *request) (any, error) {
	number, ok := customerNumber(r.PathValue("gid"))
	if !ok {
		return nil, purvey.BadField("customer_gid", "must be a number or gid://shopify/Customer/<number>")
	}
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	orders, err := a.Orders.Orders(r.Context(), r.Scope(), order.Filter{CustomerNumber: number}, p)
	if err != nil {
		return nil, err
	}
	return a.orderList(r, p, orders, []string{"downloads"})
}

// customerNumber reads a customer's number, bare or at the end of a gid. One
// that is larger than any platform gives is nobody's.
func customerNumber(s string) (n int64, ok bool) {
	digits := s
	if gid, is := strings.CutPrefix(s, "gid://"); is {
		_, digits, _ = strings.Cut(gid, "/Customer/")
	}
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	if n, ok = purvey.NumberOfGID(digits); !ok {
		n = -1 // nobody's
	}
	return n, true
}

// orEmpty is "" for null.
func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
