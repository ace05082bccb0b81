package bigdd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"purvey"
	"purvey/internal/report"
)

func (a *api) routesReports() {
	a.read("GET /public-api/v1/reports/sales", adminOnly, a.salesReport)
	a.export("sales", func(r *request) (table, error) {
		f, err := salesFilter(r)
		return func(ctx context.Context, w io.Writer) error { return a.Reports.WriteSales(ctx, w, r.Scope(), f) }, err
	})
	a.export("downloads", func(r *request) (table, error) {
		p, err := period(r)
		return func(ctx context.Context, w io.Writer) error { return a.Reports.WriteDownloads(ctx, w, r.Scope(), p) }, err
	})
	a.export("orders", func(r *request) (table, error) {
		p, err := period(r)
		if err != nil {
			return nil, err
		}
		f, err := r.orderFilter()
		return func(ctx context.Context, w io.Writer) error { return a.Reports.WriteOrders(ctx, w, r.Scope(), p, f) }, err
	})
	a.export("customers", func(r *request) (table, error) {
		return func(ctx context.Context, w io.Writer) error { return a.Reports.WriteCustomers(ctx, w, r.Scope()) }, nil
	})
	a.export("license-keys", func(r *request) (table, error) {
		var tag *string
		if r.query().Has("tag") {
			t := r.stringParam("tag")
			tag = &t
		}
		return func(ctx context.Context, w io.Writer) error {
			return a.Reports.WriteLicenseKeys(ctx, w, r.Scope(), tag)
		}, nil
	})
}

// table writes all of a CSV table.
type table func(ctx context.Context, w io.Writer) error

// export adds a call that answers a table row by row. One that fails on the
// way is cut off, so that nobody takes the part for the whole.
func (a *api) export(name string, choose func(r *request) (table, error)) {
	a.raw("GET /public-api/v1/reports/"+name+".csv", adminOnly, func(w http.ResponseWriter, r *request) error {
		write, err := choose(r)
		if err != nil {
			return err
		}
		out := &csvBody{w: w, name: name + ".csv"}
		if err = write(r.Context(), out); err == nil || !out.begun {
			return err
		}
		if r.Context().Err() == nil && !errors.Is(err, context.Canceled) {
			a.Log.ErrorContext(r.Context(), "a report could not be written to its end", "report", name, "error", err)
		}
		panic(http.ErrAbortHandler)
	})
}

// csvBody begins the answer with its first bytes.
type csvBody struct {
	w     http.ResponseWriter
	name  string
	begun bool
}

// Write implements io.Writer.
func (b *csvBody) Write(p []byte) (int, error) {
	if !b.begun {
		b.begun = true
		h := b.w.Header()
		h.Set("Content-Type", "text/csv; charset=utf-8; header=present")
		h.Set("Content-Disposition", `attachment; filename="`+b.name+`"`)
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
	}
	return b.w.Write(p)
}

// period reads start and end, days of the shop.
func period(r *request) (report.Period, error) {
	return report.ReadPeriod(r.Caller.Shop, r.stringParam("start"), r.stringParam("end"))
}

func salesFilter(r *request) (f report.Filter, err error) {
	if f.Period, err = period(r); err != nil {
		return f, err
	}
	if f.Types, err = r.enumList("type", purvey.TypeSale, purvey.TypeReport, report.NoType); err != nil {
		return f, err
	}
	f.Currency, f.ProductID = r.stringParam("currency"), r.stringParam("product_id")
	if f.Currency != "" && !purvey.ValidCurrency(f.Currency) {
		return f, purvey.BadField("currency", "must be an ISO 4217 code such as USD")
	}
	f.Status, err = r.enumParam("status", string(purvey.LineProcessing), string(purvey.LineActive), string(purvey.LinePaused), string(purvey.LineFailed),
		string(purvey.LineCanceled), string(purvey.LineRefunded))
	return f, err
}

type saleWire struct {
	OrderID           string       `json:"order_id"`
	OrderName         string       `json:"order_name"`
	ExternalReference *string      `json:"external_reference"`
	Source            string       `json:"source"`
	Type              *string      `json:"type"`
	Renewal           bool         `json:"renewal"`
	CreatedAt         string       `json:"created_at"`
	PaidAt            string       `json:"paid_at"`
	Customer          saleCustomer `json:"customer"`
	LineID            string       `json:"line_id"`
	DigitalProduct    nameWire     `json:"digital_product"`
	Quantity          int          `json:"quantity"`
	PriceCents        int64        `json:"price_cents"`
	RefundedQuantity  int          `json:"refunded_quantity"`
	GrossCents        int64        `json:"gross_cents"`
	RefundedCents     int64        `json:"refunded_cents"`
	NetCents          int64        `json:"net_cents"`
	Currency          string       `json:"currency"`
	Status            string       `json:"status"`
	FinancialStatus   string       `json:"financial_status"`
}

type saleCustomer struct {
	Email *string `json:"email"`
	Name  *string `json:"name"`
}

type totalWire struct {
	Currency      string `json:"currency"`
	Rows          int64  `json:"rows"`
	GrossCents    int64  `json:"gross_cents"`
	RefundedCents int64  `json:"refunded_cents"`
	NetCents      int64  `json:"net_cents"`
}

// salesReport serves PUB-35.
func (a *api) salesReport(r *request) (any, error) {
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	f, err := salesFilter(r)
	if err != nil {
		return nil, err
	}
	if p.ByTime() {
		return nil, purvey.BadField("sort", "must be one of -id, id")
	}
	after, ok := readPlace(p.AfterID)
	if !ok {
		return nil, purvey.BadField("cursor", "is not one that this call gave")
	}
	sales, err := a.Reports.Sales(r.Context(), r.Scope(), f, after, p.Descending(), p.Limit)
	if err != nil {
		return nil, err
	}
	totals, err := a.Reports.Totals(r.Context(), r.Scope(), f)
	if err != nil {
		return nil, err
	}
	out := listOf(p, sales, wireSale, func(x report.Sale) (string, time.Time) {
		return fmt.Sprintf("%s.%d", x.Entry, x.Line.Number), x.PaidAt
	})
	sums := make([]totalWire, 0, len(totals))
	for _, t := range totals {
		sums = append(sums, totalWire{t.Currency, t.Rows, t.GrossCents, t.RefundedCents, t.GrossCents - t.RefundedCents})
	}
	out.totals = sums
	return out, nil
}

// readPlace reads what a cursor of this report holds.
func readPlace(text string) (report.Place, bool) {
	if text == "" {
		return report.Place{}, true
	}
	entry, number, _ := strings.Cut(text, ".")
	n, err := strconv.ParseInt(number, 10, 64)
	return report.Place{Entry: entry, Line: n}, err == nil && purvey.ValidID(entry)
}

func wireSale(x report.Sale) saleWire {
	o, l := x.Order, x.Line
	return saleWire{
		OrderID: o.ID, OrderName: o.Name, ExternalReference: nullString(o.ExternalReference), Source: string(o.Source), Type: nullString(o.Type), Renewal: x.Renewal,
		CreatedAt: wireTime(o.CreatedAt), PaidAt: wireTime(x.PaidAt), Customer: saleCustomer{nullString(o.Customer.Email), nullString(o.Customer.FullName())},
		LineID: l.ID, DigitalProduct: nameWire{l.ProductID, l.ProductName}, Quantity: l.Quantity, PriceCents: l.PriceCents, RefundedQuantity: l.RefundedQuantity,
		GrossCents: x.GrossCents, RefundedCents: x.RefundedCents, NetCents: x.NetCents(), Currency: o.Currency, Status: string(l.Status),
		FinancialStatus: string(o.Financial),
	}
}
